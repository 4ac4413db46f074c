//! `R12`

use crate::division::CodeStatus;
use crate::division::codes::parse_six;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划不属本辖区
    /// ## 查什么
    /// 行政区划在检测辖区内。已废止的代码，其现行代码在辖区内即算在内；功能区按其所在区县判断。
    /// ## 为什么
    /// 别的区县的摄像机混入本辖区，会影响两边的统计。
    /// ## 依据
    /// 通行做法。没有设置辖区（jurisdiction）时不查。
    /// ## 示例
    /// 辖区 371723 时，错：`371722`。对：`371723`、`37172301`。
    /// ## 怎么改
    /// 核对摄像机所在区县；确属外区县的，不应共享到本平台，或由辖区设置纳入。
    ///
    /// # The region is outside the jurisdiction
    /// ## What it checks
    /// The region lies inside the audited jurisdiction. A retired code is inside if one of its successors is; a
    /// development zone if a county it lies in is.
    /// ## Why it matters
    /// Cameras of another county spoil the figures of both.
    /// ## Source
    /// Common practice. Not asked when no jurisdiction is set.
    /// ## Examples
    /// With jurisdiction 371723, wrong: `371722`. Right: `371723`, `37172301`.
    /// ## How to put it right
    /// See in which county the camera stands. If it is another one, it should not be shared here, or the
    /// jurisdiction has to include it.
    R12 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if context.jurisdiction.is_none() {
        return Verdict::Off;
    }
    let code = super::normal(case);
    // Only where a county is known: a statistical code begins with one, a placeholder has none.
    let county = code.get(..6).and_then(parse_six).filter(|c| {
        context.divisions.is_county(*c)
            || matches!(context.divisions.status(*c), CodeStatus::Zone { .. } | CodeStatus::Unofficial { .. })
    });
    let known = county.is_some() && matches!(code.len(), 6 | 8 | 9 | 12);
    if !known {
        return Verdict::Pass;
    }
    let judged = code.get(..if code.len() == 8 { 8 } else { 6 }).unwrap_or_default();
    if context.inside(judged) == Some(true) {
        return Verdict::Pass;
    }
    let name = county.and_then(|c| context.divisions.name(c)).unwrap_or_default();
    let message =
        say!(context.lang, "行政区划 {judged}（{name}）不在检测辖区内", "region {judged} ({name}) is outside the jurisdiction");
    Verdict::Fail(Finding::new(super::sent(case), message))
}
