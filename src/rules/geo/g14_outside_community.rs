//! `G14`

use crate::base::lang::Text;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 与社区范围不符
    /// ## 查什么
    /// 坐标在所属社区的范围之内，界外 100 米以内放过（口径 `community_tolerance_m`）。社区由基层组织代码
    /// （加行政区划前 6 位）或所挂的虚拟组织确定，范围由用户提供；没有提供，或其中没有该社区时，无法判断。
    /// 不知道属于哪个社区的，不适用。
    /// ## 为什么
    /// 智慧社区按社区验收，摄像机落在别的社区，这个社区的覆盖就少了一处。
    /// ## 依据
    /// 通行做法；标准没有规定。
    /// ## 示例
    /// 提示：基层组织代码指向的社区在坐标以西 2 公里。对：坐标在该社区范围内。
    /// ## 怎么改
    /// 核对坐标；坐标无误的，核对基层组织代码或所挂的组织。
    ///
    /// # Outside the community
    /// ## What it checks
    /// The position lies in the outline of its community, 100 m outside put up with (profile key
    /// `community_tolerance_m`). The community is named by GrassrootsCode (with the first 6 digits of CivilCode) or
    /// by the virtual organisation above; outlines are the user's. Without them, or without this one, it cannot be told;
    /// a camera of no known community is exempt.
    /// ## Why it matters
    /// Smart communities are accepted one by one; a camera in another leaves a gap in this one.
    /// ## Source
    /// Common practice; the standard says nothing.
    /// ## Examples
    /// Remarked: the community GrassrootsCode names is 2 km to the west. Right: a position inside it.
    /// ## How to put it right
    /// Check the position; if it is right, check GrassrootsCode or the organisation above.
    G14 {
        field: Coordinates, elements: [Longitude, Latitude, GrassrootsCode], severity: Warn, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        needs: Communities,
    }
}

/// Why a camera cannot be held against its community.
const NO_OUTLINE: Text = Text::new("社区范围中没有该社区", "the community is not among the outlines");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(community) = case.community.as_deref().filter(|_| !case.mobile) else { return Verdict::Exempt };
    let Some(at) = case.position.filter(|at| at.in_china_bounds()) else { return Verdict::Pass };
    let Some(outline) = context.tables.communities.get(community) else { return Verdict::Unjudged(&NO_OUTLINE) };
    let metres = outline.metres_outside(at);
    if metres <= context.profile.community_tolerance_m {
        return Verdict::Pass;
    }
    let name = if outline.name.is_empty() { community } else { &outline.name };
    let message = say!(
        context.lang,
        "经纬度在社区“{name}”范围之外约 {metres:.0} 米",
        "the position is some {metres:.0} m outside the community \"{name}\""
    );
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
