//! `G07`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 超出辖区范围
    /// ## 查什么
    /// 坐标在辖区的外接矩形之内，向外放宽的距离与 G08 相同（默认 500 米）。没有设置辖区时，按行政区划所指的区县，
    /// 再按编码前 6 位的区县；都不可用时无法判断。
    /// ## 为什么
    /// 落在矩形之外的点离本地很远，一般是填错或沿用了别处的坐标。
    /// ## 依据
    /// 通行做法。
    /// ## 示例
    /// 辖区 371723 时，错：`120.380000,36.060000`（青岛）。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 填写实测坐标。
    ///
    /// # Outside the bounds of the jurisdiction
    /// ## What it checks
    /// The position lies in the bounding box of the jurisdiction, widened as far as G08 allows (500 m by default).
    /// Without a jurisdiction the county CivilCode names is taken, then that of the code's first six digits; with
    /// none of them it cannot be told.
    /// ## Why it matters
    /// A point outside the box is far away: mistyped, or copied from elsewhere.
    /// ## Source
    /// Common practice.
    /// ## Examples
    /// With jurisdiction 371723, wrong: `120.380000,36.060000` (Qingdao). Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// Enter the measured position.
    G07 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(at) = case.position else { return Verdict::Pass };
    let Some(area) = context.area(case) else { return Verdict::Unjudged(&super::NO_AREA) };
    let metres = area.metres_outside_box(at);
    if metres <= context.tolerance_m {
        return Verdict::Pass;
    }
    let (label, km) = (&area.label, metres / 1000.0);
    let message = say!(
        context.lang,
        "经纬度在 {label} 范围之外约 {km:.1} 公里",
        "the position is some {km:.1} km outside the bounds of {label}"
    );
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
