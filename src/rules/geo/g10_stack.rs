//! `G10`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 多机同点
    /// ## 查什么
    /// 坐标先取到小数点后 5 位（约 1 米），同一点上的摄像机不超过 29 处（口径 `stack_size`）。同一根编号杆、同一栋楼、
    /// 同一录像机的室内摄像机（室内属性为 2）、同一多目设备的各路合计算 1 处；由此不超过的为不适用。
    /// ## 为什么
    /// 几十路摄像机不会立在同一点上，多半是没有实测，复制了同一个坐标。
    /// ## 依据
    /// 通行做法：有一种公开的建档工具把每个点控制在 29 路以内，可见有的验收这样查；标准没有规定。
    /// ## 示例
    /// 提示：40 路不同道路的摄像机都写 `115.889600,34.952800`。对：各填各的实测坐标。
    /// ## 怎么改
    /// 到现场或在地图上逐路取点。确在同一根杆或同一栋楼的，在名称或地址中写明杆号、楼号。
    ///
    /// # Many cameras on one point
    /// ## What it checks
    /// Rounded to 5 decimals (about a metre), no point has more than 29 sites (profile key `stack_size`). Cameras of
    /// one numbered pole, of one building, of one recorder indoors (RoomType 2) or of one device with several lenses
    /// are one site; where that brings a point below the limit, the rule does not speak about it.
    /// ## Why it matters
    /// Dozens of cameras do not stand on one point: the position was copied, not measured.
    /// ## Source
    /// Common practice: a public archive tool keeps every point at 29 or fewer, so somebody inspects for it; the
    /// standard sets no number.
    /// ## Examples
    /// Remarked: 40 cameras of different streets at `115.889600,34.952800`. Right: each where it was measured.
    /// ## How to put it right
    /// Take the point of each camera on site or on a map. Where they do share a pole or a building, write its number
    /// into Name or Address.
    G10 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Warn, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(at) = case.position.filter(|at| at.in_china_bounds()) else { return Verdict::Pass };
    let Some(stack) = context.stack(at) else { return Verdict::Pass };
    if stack.sites <= context.profile.stack_size {
        return Verdict::Exempt;
    }
    let (cameras, sites) = (stack.cameras, stack.sites);
    let message = say!(
        context.lang,
        "{cameras} 路摄像机（{sites} 处）的坐标在同一点",
        "{cameras} cameras ({sites} sites) stand on this one point"
    );
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
