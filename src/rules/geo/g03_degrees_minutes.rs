//! `G03`

use super::axis::{Axis, run_together};
use crate::base::geo::Position;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 度分秒格式
    /// ## 查什么
    /// 经纬度用十进制度表示，不用度分秒、度分连写、半球字母或逗号小数。
    /// ## 为什么
    /// 上级按小数解析，度分秒会被读成错误的位置或读不出来。
    /// ## 依据
    /// GB/T 28181 中经纬度为 double 类型；格式检查属通行做法。
    /// ## 示例
    /// 错：`115°53'24"`、`11553.40`、`E115.89`、`115,89`。对：`115.890000`。
    /// ## 怎么改
    /// 度 + 分/60 + 秒/3600。建议值已换算，请核对。
    ///
    /// # Degrees, minutes and seconds
    /// ## What it checks
    /// The axes are decimal degrees: no minutes and seconds, no degrees and minutes run together, no hemisphere
    /// letters, no decimal comma.
    /// ## Why it matters
    /// Superior platforms read decimals; degrees and minutes become a wrong place or none.
    /// ## Source
    /// The axes are of type double in GB/T 28181; checking the form is common practice.
    /// ## Examples
    /// Wrong: `115°53'24"`, `11553.40`, `E115.89`, `115,89`. Right: `115.890000`.
    /// ## How to put it right
    /// Degrees + minutes/60 + seconds/3600. The converted value is proposed; check it.
    G03 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(2), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(at) = converted(case.axes) else { return Verdict::Pass };
    let message =
        say!(context.lang, "经纬度不是十进制度（度分秒、半球字母或逗号小数）", "the position is not in decimal degrees");
    let changes = if at.in_china_bounds() { super::changes(at) } else { Vec::new() };
    Verdict::Fail(Finding::new(&super::pair(case), message).changes(changes))
}

/// The pair in decimal degrees, where it is written in another way.
pub(super) fn converted((lon, lat): (Axis, Axis)) -> Option<Position> {
    let converted = |axis: Axis, degrees: std::ops::RangeInclusive<f64>| match axis {
        Axis::Sexagesimal(value) => Some((value, true)),
        Axis::Number(value) => Some(run_together(value, degrees).map_or((value, false), |v| (v, true))),
        Axis::Missing | Axis::Text => None,
    };
    let ((lon, lon_changed), (lat, lat_changed)) = (converted(lon, 73.0..=136.0)?, converted(lat, 3.0..=54.0)?);
    (lon_changed || lat_changed).then_some(Position { lon, lat })
}
