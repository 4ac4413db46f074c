//! `N09`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};

declare_rule! {
    /// # 名称中的区划与行政区划不符
    /// ## 查什么
    /// 名称开头、符号之后或上级区划名之后写有的省、市、县全称，是否与行政区划（CivilCode）的一致；上级、下级和沿革中的名称都算一致。
    /// 只认确切的：道路名（单县路）和各地重名的区（市中区）不算。行政区划不可用的不适用。默认只作提示。
    /// ## 为什么
    /// 名称与行政区划说的不是一处，其中一个填错了，多见于成批复制。
    /// ## 依据
    /// 通行做法。
    /// ## 示例
    /// 提示：行政区划 `371723`（成武县），名称 `单县东门枪机`。对：`成武县东门枪机`。
    /// ## 怎么改
    /// 看摄像机立在哪个县，改名称或行政区划。
    ///
    /// # The name names another region than CivilCode
    /// ## What it checks
    /// Whether a province, prefecture or county whose full name stands at the beginning of the name, behind a sign or
    /// behind the name of the region above is the one of CivilCode; one above it, one below it and earlier names of it
    /// are right too. Only what is sure: not the names of roads (单县路) nor districts many cities have (市中区). Does
    /// not apply where CivilCode cannot be used. A remark only, by default.
    /// ## Why it matters
    /// Name and CivilCode speak of different places: one of them is wrong, often in whole batches that were copied.
    /// ## Source
    /// Common practice.
    /// ## Examples
    /// Remarked: CivilCode `371723` (成武县) and the name 单县东门枪机. Right: 成武县东门枪机.
    /// ## How to put it right
    /// See in which county the camera stands, and correct the name or CivilCode.
    N09 {
        field: Name, elements: [Name, CivilCode], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(8), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if !context.naming.knows_region(case.item) {
        return Verdict::Exempt;
    }
    match context.naming.other_region(case.item, &case.name, context.lang) {
        None => Verdict::Pass,
        Some(message) => Verdict::Fail(Finding::new(case.sent(Element::Name).unwrap_or_default(), message)),
    }
}
