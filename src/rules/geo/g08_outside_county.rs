//! `G08`

use crate::division::Standing;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 超出区县边界
    /// ## 查什么
    /// 坐标在区县边界之内；在边界外 500 米以内只作提示（可在口径中调整）。依据哪个区县与 G07 相同。
    /// 自备的边界文件若未写明坐标系（datum 为 CGCS2000 或 WGS-84），余量至少 1000 米。
    /// ## 为什么
    /// 坐标在别的区县，说明坐标或行政区划有一个是错的。内置边界经过概化，误差约百米，所以留有余量。
    /// ## 依据
    /// 通行做法。边界为国家地理信息公共服务平台 2025-09 版，CGCS2000。
    /// ## 示例
    /// 辖区 371723 时，错：`116.100000,34.800000`（单县）。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 核对坐标；若坐标无误，核对行政区划。整批向东偏约 500 米，多为 GCJ-02 坐标未转换。
    ///
    /// # Outside the county
    /// ## What it checks
    /// The position lies inside the county's outline; up to 500 m outside it is a remark only (a profile key).
    /// Which county, as for G07. Outlines of your own that do not say their datum (CGCS2000 or WGS-84) are read with
    /// a margin of at least 1000 m.
    /// ## Why it matters
    /// In another county, either the position or the region is wrong. The built-in outlines are generalised by
    /// some hundred metres, hence the margin.
    /// ## Source
    /// Common practice. Outlines of the national geographic information platform, edition 2025-09, CGCS2000.
    /// ## Examples
    /// With jurisdiction 371723, wrong: `116.100000,34.800000` (Shan county). Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// Check the position; if it is right, check the region. A whole batch some 500 m to the east is GCJ-02 that
    /// was not converted.
    G08 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(8), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    if case.position.is_none() {
        return Verdict::Pass;
    }
    let Some(area) = context.area(case) else { return Verdict::Unjudged(&super::NO_AREA) };
    let Some(Standing::Outside { metres }) = context.standing(case) else { return Verdict::Pass };
    let label = &area.label;
    let message = say!(
        context.lang,
        "经纬度在 {label} 边界之外约 {metres:.0} 米",
        "the position is some {metres:.0} m outside the outline of {label}"
    );
    let finding = Finding::new(&super::pair(case), message);
    if metres > context.tolerance_m { Verdict::Fail(finding) } else { Verdict::Advice(Severity::Warn, finding) }
}
