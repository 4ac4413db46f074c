//! `G01`

use super::axis::Axis;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 坐标缺失
    /// ## 查什么
    /// 经度和纬度都有值，并且是数字。
    /// ## 为什么
    /// 没有坐标的摄像机不能上图，也不能按地点调用。
    /// ## 依据
    /// 指标4 把经纬度列为合规字段（地方标准）；GB/T 28181—2022 A.2.1.9 对一类、二类视频监控点为必选（国标条文）。
    /// ## 示例
    /// 错：缺经度，或填“待测”。对：`115.889600`、`34.952800`。
    /// ## 怎么改
    /// 现场测量或在地图上取点（WGS-84），在平台的通道编辑页填写，保留 6 位小数。
    ///
    /// # The position is missing
    /// ## What it checks
    /// Longitude and latitude are both there, and they are numbers.
    /// ## Why it matters
    /// A camera without a position is not on the map and cannot be called up by place.
    /// ## Source
    /// Indicator 4 counts the position (local rule); GB/T 28181—2022 A.2.1.9 makes it mandatory for points of class
    /// 1 and 2 (clause).
    /// ## Examples
    /// Wrong: no longitude, or "to be measured". Right: `115.889600`, `34.952800`.
    /// ## How to put it right
    /// Measure it or take it from a map (WGS-84) and enter it on the platform's channel page, with six decimals.
    G01 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(1), basis: Local, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let (lon, lat) = case.axes;
    let bad = |axis: Axis| matches!(axis, Axis::Missing | Axis::Text);
    let message = match (bad(lon), bad(lat)) {
        (false, false) => return Verdict::Pass,
        _ if lon == Axis::Text || lat == Axis::Text => say!(context.lang, "经纬度不是数字", "the position is no number"),
        (true, true) => say!(context.lang, "没有经纬度", "there is no position"),
        (true, false) => say!(context.lang, "没有经度", "there is no longitude"),
        (false, true) => say!(context.lang, "没有纬度", "there is no latitude"),
    };
    // Malformed text is wrong in every edition; absence by the clause only for classes 1 and 2 of 2022.
    let class_one_or_two = matches!(case.text(Element::PointType), Some("1" | "2"));
    let clause = context.edition.wants_coordinates_by_class() && class_one_or_two;
    let finding = Finding::new(&super::pair(case), message);
    Verdict::Fail(if clause { finding.on(Basis::Clause) } else { finding })
}
