//! `G04`

use crate::base::geo::Position;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 量纲错误
    /// ## 查什么
    /// 经纬度没有被放大成整数（乘以 10 的 5 至 7 次方），也不是弧度。
    /// ## 为什么
    /// 接口之间约定不一，整数或弧度被原样写入，位置就错到天外。
    /// ## 依据
    /// 通行做法。换算后落在辖区内（未设辖区时为全国范围内）才判为此错误。
    /// ## 示例
    /// 错：`115889600,34952800`、`2.022655,0.610041`。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 建议值已换算，请核对后填写；整批如此时应改接口。
    ///
    /// # The wrong unit
    /// ## What it checks
    /// The axes are not scaled to integers (times 10^5 to 10^7) and not in radians.
    /// ## Why it matters
    /// Interfaces that agree on different units write integers or radians through, and the place is nowhere.
    /// ## Source
    /// Common practice. Told only where the converted place lies in the jurisdiction (without one: in China).
    /// ## Examples
    /// Wrong: `115889600,34952800`, `2.022655,0.610041`. Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// The converted value is proposed; check it. If a whole batch is like this, put the interface right.
    G04 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(4), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(right) = case.position.and_then(|at| rescaled(at, context)) else { return Verdict::Pass };
    let message = say!(context.lang, "经纬度量纲错误（整数或弧度）", "the position is scaled or in radians");
    Verdict::Fail(Finding::new(&super::pair(case), message).changes(super::changes(right)))
}

/// The pair in degrees, where it is scaled or in radians.
pub(super) fn rescaled(at: Position, context: &Context<'_>) -> Option<Position> {
    if at.in_china_bounds() {
        return None;
    }
    let scaled = |factor: f64| Position { lon: at.lon / factor, lat: at.lat / factor };
    let whole = at.lon.fract() == 0.0 && at.lat.fract() == 0.0;
    let candidates = [1e5, 1e6, 1e7].into_iter().filter(|_| whole).chain([std::f64::consts::PI / 180.0]);
    candidates.map(scaled).find(|p| p.in_china_bounds() && context.is_plausible(*p))
}
