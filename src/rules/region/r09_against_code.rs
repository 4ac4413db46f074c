//! `R09`

use crate::division::codes::{parse_six, six};
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划与编码不一致
    /// ## 查什么
    /// 行政区划的前 6 位与编码第 1 至 6 位是否相同；两者都有效时才比较，编码为省、市级中心的不比较。默认只作提示。
    /// ## 为什么
    /// 编码写的是所属监控中心，行政区划写的是所在地，两者可以不同；成批不同则多半有一个填错了。
    /// ## 依据
    /// 通行做法：公开的建档工具要求编码以行政区划开头；标准没有这样规定。
    /// ## 示例
    /// 提示：编码 `37172300011320000001` 配行政区划 `371722`。对：`371723`。
    /// ## 怎么改
    /// 看摄像机立在哪个县：以所在地为准改行政区划；编码不要为此改动。坐标落在编码所指的县时，
    /// 建议改为该县；落在行政区划所指的县时，行政区划是对的。
    ///
    /// # Region and code disagree
    /// ## What it checks
    /// Whether the first 6 digits of CivilCode are digits 1 to 6 of the code; compared only where both are valid,
    /// and not with codes of provincial or prefectural centres. A remark only, by default.
    /// ## Why it matters
    /// The code names the centre, CivilCode the place, so they may differ; in numbers one of them is wrong.
    /// ## Source
    /// Common practice: public archive tools ask for it; the standard does not.
    /// ## Examples
    /// Remarked: code `37172300011320000001` with CivilCode `371722`. Right: `371723`.
    /// ## How to put it right
    /// See in which county the camera stands and correct CivilCode by that; do not change the code for it.
    /// Where the position lies in the county of the code, that is proposed; where it lies in that of CivilCode, CivilCode
    /// is right.
    R09 {
        field: Region, elements: [CivilCode, DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let county = parse_six(code.county()).filter(|n| context.divisions.is_county(*n));
    let (Some(region), Some(county)) = (case.county, county) else { return Verdict::Exempt };
    let territories = [region, county].map(|code| context.divisions.territory(code));
    // A retired code and its successor are the same place.
    if region == county || territories[0].iter().any(|c| territories[1].contains(c)) {
        return Verdict::Pass;
    }
    let here = case.position.filter(|_| !case.mobile).and_then(|at| context.county_at(at));
    let (zh, en, proposal) = match here.map(|here| territories.map(|codes| codes.contains(&here))) {
        Some([true, _]) => ("，坐标在前者之内", "; the position lies in the former", None),
        Some([_, true]) => ("，坐标在后者之内", "; the position lies in the latter", context.county_of_code(case)),
        _ => ("", "", None),
    };
    let (region, county) = (six(region), six(county));
    let message = say!(
        context.lang,
        "行政区划 {region} 与编码中的 {county} 不同{zh}",
        "region {region} differs from {county} in the code{en}"
    );
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, proposal))
}
