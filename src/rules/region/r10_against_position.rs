//! `R10`

use crate::base::lang::Text;
use crate::division::codes::six;
use crate::division::{CodeStatus, Standing};
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

const NO_OUTLINE: Text = Text::new("没有该区县的边界", "there is no outline of this county");

declare_rule! {
    /// # 行政区划与坐标所在区县不一致
    /// ## 查什么
    /// 坐标是否落在行政区划所指的区县。边界外的余量与 G08 相同（默认 500 米），余量以内不算不一致；移动设备、没有可用坐标、
    /// 行政区划不是区县的，不比较。默认只作提示。
    /// ## 为什么
    /// 两者必有一个填错了：改一处，区划和坐标两项就都对上了。
    /// ## 依据
    /// 通行做法。边界为国家地理信息公共服务平台 2025-09 版；已废止的代码按现在的边界判断。
    /// ## 示例
    /// 提示：行政区划 `371722`（单县）配坐标 `115.889600,34.952800`（成武县）。对：`371723`。
    /// ## 怎么改
    /// 先核对坐标。坐标是实测的，按建议改为坐标所在的区县；坐标是抄来的，改坐标。
    ///
    /// # Region and position disagree
    /// ## What it checks
    /// Whether the position lies in the county CivilCode names. The margin is that of G08 (500 m by default), and
    /// inside it nothing is said; mobile devices, cameras without a usable position and regions that are no county are
    /// not compared. A remark only, by default.
    /// ## Why it matters
    /// One of the two is wrong; put right, both fields are.
    /// ## Source
    /// Common practice. Outlines of the national geographic information platform, edition 2025-09; retired codes by the
    /// outlines of today.
    /// ## Examples
    /// Remarked: region `371722` (Shan county) with position `115.889600,34.952800` (Chengwu). Right: `371723`.
    /// ## How to put it right
    /// Check the position first. If it was measured, take the county it lies in, as proposed; if it was copied, correct
    /// the position.
    R10 {
        field: Region, elements: [CivilCode, Longitude, Latitude], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(at) = case.position.filter(|at| at.in_china_bounds() && !case.mobile) else { return Verdict::Exempt };
    let Some(county) = case.county else { return Verdict::Exempt };
    let Some(area) = context.county_area(county) else { return Verdict::Unjudged(&NO_OUTLINE) };
    if context.is_in_county(case) {
        return Verdict::Pass;
    }
    // Mostly the area G08 asks about too.
    let same = context.area(case).is_some_and(|other| other.is_same(area));
    let standing = if same { context.standing(case) } else { Some(area.standing(at)) };
    let Some(Standing::Outside { metres }) = standing else { return Verdict::Pass };
    if metres <= context.tolerance_m {
        return Verdict::Pass;
    }
    // Outside every county it is the position that is wrong (G08).
    let Some(here) = context.county_at(at) else { return Verdict::Pass };
    // A polygon that still bears an old code of this county.
    let own = context.divisions.territory(county);
    if context.divisions.territory(here).iter().any(|code| own.contains(code)) {
        return Verdict::Pass;
    }
    let name = context.divisions.name(here).unwrap_or_default();
    let (region, here) = (six(county), six(here));
    let message = say!(
        context.lang,
        "坐标在 {here}（{name}），不在行政区划 {region}，相距约 {metres:.0} 米",
        "the position lies in {here} ({name}), some {metres:.0} m outside region {region}"
    );
    let in_force = matches!(context.divisions.status_of(&here), CodeStatus::Current { .. });
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, in_force.then_some(here)))
}
