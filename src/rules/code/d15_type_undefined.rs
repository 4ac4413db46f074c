//! `D15`

use crate::edition::TypeClass;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 类型编码未定义
    /// ## 查什么
    /// 编码第 11 至 13 位是标准定义的类型编码；摄像机应为 131 或 132。
    /// ## 为什么
    /// 预留或扩展的类型编码，别的平台不知道是什么设备，多半不当作摄像机显示。
    /// ## 依据
    /// GB/T 28181—2022 附录E 表E.1；2016 附录D 表D.3。按平台所用版本判断。
    /// ## 示例
    /// 错：`37172300016000000001`（600）。对：`37172300011320000001`（132）。
    /// ## 怎么改
    /// 网络摄像机用 132，录像机通道用 131。
    ///
    /// # The type in the code is not defined
    /// ## What it checks
    /// Digits 11 to 13 are a type the standard defines; a camera is 131 or 132.
    /// ## Why it matters
    /// Other platforms cannot know what a reserved or extension type is and rarely show it as a camera.
    /// ## Source
    /// GB/T 28181—2022 annex E, table E.1; 2016 annex D, table D.3. Judged by the edition the platform speaks.
    /// ## Examples
    /// Wrong: `37172300016000000001` (600). Right: `37172300011320000001` (132).
    /// ## How to put it right
    /// Use 132 for network cameras and 131 for channels of a recorder.
    D15 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(9), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let kind = code.kind();
    let (zh, en) = match context.edition.type_code(kind).map(|t| t.class) {
        Some(TypeClass::Camera | TypeClass::Other | TypeClass::Maybe) => return Verdict::Pass,
        Some(TypeClass::Extension) => ("是扩展类型", "is an extension type"),
        Some(TypeClass::Undefined) => ("是预留类型", "is reserved"),
        None => ("没有定义", "is not defined"),
    };
    Verdict::Fail(Finding::new(case.id, say!(context.lang, "类型编码 {kind:03} {zh}", "type {kind:03} {en}")))
}
