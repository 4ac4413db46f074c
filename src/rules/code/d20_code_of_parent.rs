//! `D20`, fingerprint V20.

use crate::base::text::trim;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 通道编码等于父设备编码
    /// ## 查什么
    /// 摄像机的编码与其父节点（ParentID）的编码、与应答目录的设备编码都不相同。
    /// ## 为什么
    /// 通道直接用了设备的编码，上级无法区分设备和通道。
    /// ## 依据
    /// 通行做法：公开抓包中的大华设备有此现象。
    /// ## 示例
    /// 错：DeviceID 与 ParentID 都是 `37172300011180000001`。对：通道另编 `37172300011310000001`。
    /// ## 怎么改
    /// 在录像机的通道编码页为该通道单独编码。
    ///
    /// # The channel has the code of its device
    /// ## What it checks
    /// A camera's code differs from its parent's (ParentID) and from that of the device that answered.
    /// ## Why it matters
    /// A superior platform cannot tell the channel from the device.
    /// ## Source
    /// Common practice: seen with Dahua devices in public captures.
    /// ## Examples
    /// Wrong: DeviceID and ParentID are both `37172300011180000001`. Right: the channel is
    /// `37172300011310000001`.
    /// ## How to put it right
    /// Give the channel its own code on the recorder's channel page.
    D20 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.id.is_empty() {
        return Verdict::Exempt;
    }
    let parents = case.sent(Element::ParentID).into_iter();
    let parents = parents.chain(case.item.other_parents.iter().map(AsRef::as_ref));
    let own = parents.flat_map(|text| text.split(['/', ',', ';', '|', '，', '；'])).any(|part| trim(part) == case.id);
    if own || case.id == context.platform_id {
        return Verdict::Fail(Finding::new(
            case.id,
            say!(context.lang, "编码与父设备编码相同", "the code is that of its parent device"),
        ));
    }
    Verdict::Pass
}
