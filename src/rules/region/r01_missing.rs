//! `R01`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划缺失
    /// ## 查什么
    /// 目录项带有行政区划（CivilCode），且不为空。
    /// ## 为什么
    /// 上级按行政区划组织目录和授权；缺了它，摄像机落不到任何区县。
    /// ## 依据
    /// GB/T 28181—2022 A.2.1.9；2016 附录A：必选。
    /// ## 示例
    /// 错：没有 CivilCode。对：`<CivilCode>371723</CivilCode>`。
    /// ## 怎么改
    /// 在平台的通道编辑页填写县级 6 位代码。编码有效时，建议值为编码前 6 位，请核对。
    ///
    /// # The region is missing
    /// ## What it checks
    /// An item carries a region (CivilCode), and it is not empty.
    /// ## Why it matters
    /// Superior platforms sort and authorise by region; without one a camera belongs to no county.
    /// ## Source
    /// GB/T 28181—2022 A.2.1.9; 2016 annex A: mandatory.
    /// ## Examples
    /// Wrong: no CivilCode. Right: `<CivilCode>371723</CivilCode>`.
    /// ## How to put it right
    /// Enter the six-digit county code on the platform's channel page. Where the code is valid its first six
    /// digits are proposed; check them.
    R01 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(1), basis: Clause, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if !super::is_missing(case) {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "没有行政区划", "there is no region");
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, context.county_of_code(case)))
}
