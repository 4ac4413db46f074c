//! `D16`

use crate::edition::TypeClass;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 类型编码与设备不符
    /// ## 查什么
    /// 表现为摄像机的目录项，类型编码应是摄像机（131、132），而不是录像机、报警设备或平台。
    /// ## 为什么
    /// 用 118、134、200、215 等编码的摄像机会被上级当成录像机、报警点或目录节点，点不出画面，也统计不到。
    /// ## 依据
    /// GB/T 28181—2022 附录E 表E.1；2016 附录D 表D.3。
    /// ## 示例
    /// 错：`37172300011180000001`（118 网络视频录像机，却带有云台类型且没有下级）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 把该通道的类型编码改为 131（录像机通道）或 132（网络摄像机）。
    ///
    /// # The type in the code is that of another device
    /// ## What it checks
    /// An item that behaves like a camera has the type of a camera (131, 132), not of a recorder, an alarm or a
    /// platform.
    /// ## Why it matters
    /// Under 118, 134, 200 or 215 a superior platform takes the camera for a recorder, an alarm or a folder: no
    /// picture comes and nobody counts it.
    /// ## Source
    /// GB/T 28181—2022 annex E, table E.1; 2016 annex D, table D.3.
    /// ## Examples
    /// Wrong: `37172300011180000001` (118 is a recorder, but it has a PTZ type and no children). Right:
    /// `37172300011320000001`.
    /// ## How to put it right
    /// Change the type to 131 (channel of a recorder) or 132 (network camera).
    D16 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(9), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let kind = code.kind();
    match context.edition.type_code(kind) {
        Some(t) if t.class == TypeClass::Other => {
            let name = t.name.get(context.lang);
            Verdict::Fail(Finding::new(
                case.id,
                say!(context.lang, "类型编码 {kind:03} 是“{name}”，不是摄像机", "type {kind:03} is \"{name}\", not a camera"),
            ))
        }
        _ => Verdict::Pass,
    }
}
