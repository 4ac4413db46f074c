//! `D01`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码缺失
    /// ## 查什么
    /// 目录项必须带有设备编码（DeviceID），且不为空。
    /// ## 为什么
    /// 没有编码的摄像机无法点播、无法授权，也无法在任何台账里找到。
    /// ## 依据
    /// GB/T 28181—2022 A.2.1.9、附录E；GB/T 28181—2016 附录A、附录D：必选。
    /// ## 示例
    /// 错：`<DeviceID></DeviceID>`。对：`<DeviceID>37172300011320000001</DeviceID>`。
    /// ## 怎么改
    /// 在摄像机或录像机的国标参数页给该通道填写 20 位编码，再让平台重新同步目录。
    ///
    /// # The code is missing
    /// ## What it checks
    /// An item carries a device code (DeviceID), and it is not empty.
    /// ## Why it matters
    /// A camera without a code cannot be called up, authorised, or found in any list.
    /// ## Source
    /// GB/T 28181—2022 A.2.1.9, annex E; GB/T 28181—2016 annexes A and D: mandatory.
    /// ## Examples
    /// Wrong: `<DeviceID></DeviceID>`. Right: `<DeviceID>37172300011320000001</DeviceID>`.
    /// ## How to put it right
    /// Enter a 20-digit code for the channel on the GB/T 28181 page of the camera or recorder, then let the
    /// platform fetch its catalogue again.
    D01 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(1), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.text(Element::DeviceID).is_some() {
        return Verdict::Pass;
    }
    let sent = case.sent(Element::DeviceID).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "没有设备编码", "there is no device code")))
}
