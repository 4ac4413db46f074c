//! `R06`

use crate::division::CodeStatus;
use crate::division::codes::six;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划代码已废止
    /// ## 查什么
    /// 行政区划的 6 位部分是现行代码。以往日期判断时，按当年的代码和当年的后继代码。
    /// ## 为什么
    /// 撤县设区、区划合并后旧代码不再对应现在的单位，例如定陶县 371727 已改为定陶区 371703。
    /// ## 依据
    /// GB/T 28181—2022 要求采用最新代码（国标条文）；按 2016 版的平台属通行做法。
    /// ## 示例
    /// 错：`371727`。对：`371703`。
    /// ## 怎么改
    /// 改为现行代码；一对一时给出新代码，一对多时按坐标给出所在的一个，没有可用坐标时请自行核对。
    ///
    /// # The region is retired
    /// ## What it checks
    /// The six-digit part is in force. For a day of the past the codes of its year hold, and their successors then.
    /// ## Why it matters
    /// After counties became districts or merged, old codes name no unit of today: Dingtao county 371727 is now
    /// Dingtao district 371703.
    /// ## Source
    /// GB/T 28181—2022 asks for the newest codes (clause); on a 2016 platform it is common practice.
    /// ## Examples
    /// Wrong: `371727`. Right: `371703`.
    /// ## How to put it right
    /// Enter the code in force. Where there is one successor it is given; where there are several, the one the
    /// position lies in, if there is a usable position.
    R06 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(6), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let county = code.get(..6).unwrap_or(code);
    let CodeStatus::Retired { name, successors, .. } = context.divisions.status_of(county) else { return Verdict::Pass };
    let list = successors.iter().map(|s| six(*s)).collect::<Vec<_>>().join("、");
    let message = say!(
        context.lang,
        "行政区划代码 {county}（{name}）已废止，现为 {list}",
        "region {county} ({name}) is retired, now {list}"
    );
    // Of several the one the camera stands in; else all of them, to choose from.
    let by_position = || {
        let here = context.county_at(case.position.filter(|_| !case.mobile)?)?;
        successors.iter().find(|s| context.divisions.territory(**s).contains(&here)).map(|s| six(*s))
    };
    let proposal = match successors {
        [one] => Some(six(*one)),
        _ => by_position(),
    };
    let choice = if proposal.is_none() { successors.iter().map(|s| six(*s)).collect() } else { Vec::new() };
    let basis = if context.edition.wants_newest_regions() { Basis::Clause } else { Basis::Practice };
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, proposal).choose(choice).on(basis))
}
