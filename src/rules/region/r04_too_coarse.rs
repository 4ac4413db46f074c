//! `R04`

use crate::base::device_id::is_digits;
use crate::division::codes::parse_six;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划层级不足
    /// ## 查什么
    /// 摄像机的行政区划至少到县级；不是省、市代码，也不以 `00` 结尾。不设区县的地级市（东莞、中山、儋州、嘉峪关）除外。
    /// ## 为什么
    /// 只到省市，就无法说明摄像机属于哪个区县。有些网关用上级目录的区划覆盖本级，造成整批偏粗。
    /// ## 依据
    /// 通行做法；标准一般性地允许 2、4 位代码。
    /// ## 示例
    /// 错：`37`、`3717`、`371700`。对：`371723`。
    /// ## 怎么改
    /// 填写县级代码；若整批如此，请检查上级网关是否覆盖了区划。
    ///
    /// # The region is too coarse
    /// ## What it checks
    /// A camera's region goes down to the county: no province or prefecture, nothing that ends in `00`. The
    /// prefectures without counties (Dongguan, Zhongshan, Danzhou, Jiayuguan) are counties here.
    /// ## Why it matters
    /// A prefecture does not say in which county a camera stands. Some gateways overwrite the field with the
    /// region of the folder above, for whole batches.
    /// ## Source
    /// Common practice; the standard allows 2 and 4 digits in general.
    /// ## Examples
    /// Wrong: `37`, `3717`, `371700`. Right: `371723`.
    /// ## How to put it right
    /// Enter the county. If a whole batch is like this, see whether a gateway overwrites the field.
    R04 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(4), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let six = code.get(..6);
    let county = six.and_then(parse_six).is_some_and(|c| context.divisions.is_county(c));
    // What is no number names nothing at all (R05).
    if !county && is_digits(code) && (matches!(code.len(), 2 | 4) || six.is_some_and(|s| s.ends_with("00"))) {
        let message = say!(
            context.lang,
            "行政区划 {code} 只到省或市，应到县级",
            "region {code} names a province or prefecture, not a county"
        );
        return Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, context.county_of_code(case)));
    }
    Verdict::Pass
}
