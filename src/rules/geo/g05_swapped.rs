//! `G05`

use crate::base::geo::Position;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 经纬度颠倒
    /// ## 查什么
    /// 经度和纬度没有填反。
    /// ## 为什么
    /// 填反后位置落在国外，地图上找不到。
    /// ## 依据
    /// 通行做法。按原样在全国范围之外、对调后在辖区内（未设辖区时为全国范围内）才判为此错误。
    /// ## 示例
    /// 错：经度 `34.952800`、纬度 `115.889600`。对：经度 `115.889600`、纬度 `34.952800`。
    /// ## 怎么改
    /// 对调两个值。建议值已对调，请核对。
    ///
    /// # The axes are swapped
    /// ## What it checks
    /// Longitude and latitude do not stand in each other's place.
    /// ## Why it matters
    /// Swapped, the place lies abroad and is not found on the map.
    /// ## Source
    /// Common practice. Told only where the pair lies outside China and the swapped one in the jurisdiction
    /// (without one: in China).
    /// ## Examples
    /// Wrong: longitude `34.952800`, latitude `115.889600`. Right: longitude `115.889600`, latitude `34.952800`.
    /// ## How to put it right
    /// Swap them. The swapped pair is proposed; check it.
    G05 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(5), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(swapped) = case.position.and_then(|at| swapped(at, context)) else { return Verdict::Pass };
    let message = say!(context.lang, "经度与纬度填反", "longitude and latitude are swapped");
    Verdict::Fail(Finding::new(&super::pair(case), message).changes(super::changes(swapped)))
}

/// The pair the other way round, where that is what is wrong with it.
pub(super) fn swapped(at: Position, context: &Context<'_>) -> Option<Position> {
    let swapped = at.swapped();
    (!at.in_china_bounds() && swapped.in_china_bounds() && context.is_plausible(swapped)).then_some(swapped)
}
