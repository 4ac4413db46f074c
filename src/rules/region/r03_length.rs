//! `R03`

use crate::division::codes::parse_six;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划长度错误
    /// ## 查什么
    /// 行政区划为 2、4、6 或 8 位。
    /// ## 为什么
    /// 常见的是填了统计局的 9 位乡镇代码或 12 位村居代码，上级按位数归类时会丢弃。
    /// ## 依据
    /// GB/T 28181—2022 A.2.1.9：2、4、6 或 8 位；2016 同。
    /// ## 示例
    /// 错：`371723001`、`371723001001`。对：`371723`，村居部分写入 GrassrootsCode `001001`（2022 版）。
    /// ## 怎么改
    /// 截取前 6 位；2022 版平台把其余部分填入基层组织编码。
    ///
    /// # The region has the wrong length
    /// ## What it checks
    /// The region has 2, 4, 6 or 8 digits.
    /// ## Why it matters
    /// Usually a statistical code of 9 digits (town) or 12 (village) was entered; platforms that sort by length
    /// drop it.
    /// ## Source
    /// GB/T 28181—2022 A.2.1.9: 2, 4, 6 or 8 digits; 2016 likewise.
    /// ## Examples
    /// Wrong: `371723001`, `371723001001`. Right: `371723`, with the rest in GrassrootsCode `001001` (2022).
    /// ## How to put it right
    /// Keep the first six digits; on a 2022 platform the rest goes into GrassrootsCode.
    R03 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(3), basis: Clause, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let length = code.chars().count();
    if matches!(length, 2 | 4 | 6 | 8) {
        return Verdict::Pass;
    }
    // A statistical code of a town or village begins with its county.
    let county = code.get(..6).filter(|six| length > 8 && parse_six(six).is_some_and(|six| context.divisions.is_county(six)));
    let proposal = county.map(ToOwned::to_owned).or_else(|| context.county_of_code(case));
    let message = say!(
        context.lang,
        "行政区划为 {length} 位，应为 2、4、6 或 8 位",
        "the region has {length} digits instead of 2, 4, 6 or 8"
    );
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, proposal))
}
