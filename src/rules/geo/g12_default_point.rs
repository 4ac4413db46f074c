//! `G12`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 疑似默认点
    /// ## 查什么
    /// 坐标不在默认点 20 米之内（口径 `default_point_m`）。默认点由《默认点位表》给出；给了社区范围的，社区中心也算。
    /// 没有这张表时无法判断。
    /// ## 为什么
    /// 没有实测坐标时，有的程序填上派出所、政府或平台的默认位置。
    /// ## 依据
    /// 通行做法：有一种公开的建档工具缺坐标时填派出所的位置。程序中没有各地这些点的坐标，须由用户提供。
    /// ## 示例
    /// 提示：坐标离表中的“文亭派出所”3 米。对：实测坐标。
    /// ## 怎么改
    /// 逐路实测取点。摄像机确实装在该处的，可在豁免表中写明。
    ///
    /// # On a default point
    /// ## What it checks
    /// No camera stands within 20 m (profile key `default_point_m`) of a point of the table `default_points`; where
    /// community outlines are given, their middles count too. Without the table it cannot be told.
    /// ## Why it matters
    /// Where no position was measured, some programs fill in the police station, the seat of government or the
    /// platform's default.
    /// ## Source
    /// Common practice: a public archive tool fills in the police station. The program knows no such points; the user
    /// gives them.
    /// ## Examples
    /// Remarked: 3 m from the police station of the table. Right: the measured position.
    /// ## How to put it right
    /// Measure each camera. One that does stand there can be waived.
    G12 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Warn, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        needs: DefaultPoints,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(at) = case.position.filter(|at| at.in_china_bounds()) else { return Verdict::Pass };
    let Some((point, metres)) = context.default_point(at) else { return Verdict::Pass };
    let name = &point.name;
    let message = say!(context.lang, "距默认点“{name}”{metres:.0} 米", "{metres:.0} m from the default point \"{name}\"");
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
