//! `G06`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 超出全国范围
    /// ## 查什么
    /// 经度在 73 至 136 度、纬度在 3 至 54 度之间。
    /// ## 为什么
    /// 超出这个范围不可能是境内摄像机的位置。
    /// ## 依据
    /// 通行做法；范围向外取整。
    /// ## 示例
    /// 错：`15.889600,34.952800`。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 填写实测坐标。
    ///
    /// # Outside China
    /// ## What it checks
    /// Longitude is between 73 and 136, latitude between 3 and 54 degrees.
    /// ## Why it matters
    /// Outside of it there is no place for a camera of ours.
    /// ## Source
    /// Common practice; the bounds are rounded outward.
    /// ## Examples
    /// Wrong: `15.889600,34.952800`. Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// Enter the measured position.
    G06 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(6), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    if case.position.is_none_or(crate::base::geo::Position::in_china_bounds) {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "经纬度超出全国范围", "the position is outside China");
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
