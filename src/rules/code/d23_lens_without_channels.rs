//! `D23`

use crate::base::device_id::DeviceId;
use crate::catalog::{Item, Kind};
use crate::manscdp::item::Element;
use crate::rules::record::{EXAMPLES, address_of};
use crate::rules::{BatchFinding, Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 多目设备通道编码缺失
    /// ## 查什么
    /// 多目设备（类型 122）的每一路视频都单独编码为摄像机（131、132），摄像机类型填 6（多目全景、拼接）或 7（多目分割）。
    /// 只有一路的多目通道、没有通道的 122 设备会提示。
    /// ## 为什么
    /// 几个镜头合用一个编码，只能点出其中一路，其余镜头既看不到，也统计不到。
    /// ## 依据
    /// GB/T 28181—2022 附录E 表E.1 的注：多目设备的各视频通道单独编码。2016 版没有这种类型，不查。
    /// 同一台设备的判断：先看 122 的父设备，再看录像机和 IP 地址，都没有时看父节点。
    /// ## 示例
    /// 提示：目录里有多目设备 `37172300011220000001`，却没有以它为父节点的摄像机。对：`37172300011320000001`、
    /// `37172300011320000002` 两路都以它为父节点。
    /// ## 怎么改
    /// 在多目摄像机的国标参数页给每个镜头分别填写通道编码，再让平台重新同步目录。
    ///
    /// # A multi-lens device without coded channels
    /// ## What it checks
    /// Every picture of a multi-lens device (type 122) has its own camera code (131, 132) and PTZType 6 (panorama,
    /// stitched) or 7 (split). Remarked: such a channel that stands alone, and a 122 without channels.
    /// ## Why it matters
    /// Of lenses that share a code only one can be called up; nobody sees or counts the others.
    /// ## Source
    /// GB/T 28181—2022 annex E, notes to table E.1: each channel of a multi-lens device is coded separately. 2016 does
    /// not know the type and is not asked. What is one device is told by the parent of type 122, then by recorder and
    /// IP address, and where there is neither by the parent.
    /// ## Examples
    /// Remarked: the catalogue has the device `37172300011220000001` and no camera under it. Right:
    /// `37172300011320000001` and `37172300011320000002`, both under it.
    /// ## How to put it right
    /// Give each lens its own channel code on the GB/T 28181 page of the device and fetch the catalogue again.
    D23 {
        field: Code, elements: [DeviceID, PTZType, ParentID], severity: Warn, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
        asks: Both,
    }
}

/// 多目设备
const MULTI_LENS: u16 = 122;

fn is_multi_lens(code: &str) -> bool {
    DeviceId::new_checked(code).is_some_and(|c| c.kind() == MULTI_LENS)
}

/// PTZType 6 and 7: 多目全景/拼接通道, 多目分割通道
pub(in crate::rules) fn is_lens(item: &Item) -> bool {
    matches!(item.text(Element::PTZType), Some("6" | "7"))
}

/// What tells one multi-lens device from another; `None` for cameras that are no channels of one.
pub(in crate::rules) fn device_of(item: &Item) -> Option<String> {
    let lens = is_lens(item);
    if !lens && item.sent(Element::ParentID).is_none() {
        return None;
    }
    let parents = item.parents();
    if let Some(device) = parents.iter().find(|p| is_multi_lens(p)) {
        return Some((*device).to_owned());
    }
    if !lens {
        return None;
    }
    let recorder = parents.iter().find(|p| crate::catalog::kind::is_recorder(p)).copied();
    let address = address_of(item).map(|a| a.to_string());
    Some(match (recorder, address) {
        (None, None) => format!("|{}", parents.first().copied().unwrap_or_default()),
        (recorder, address) => format!("{}|{}", recorder.unwrap_or_default(), address.unwrap_or_default()),
    })
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let lonely = if is_multi_lens(case.id) {
        // A camera by what it carries, so that nothing hangs under it.
        true
    } else if is_lens(case.item) {
        device_of(case.item).is_some_and(|device| context.channels_of(&device) < 2)
    } else {
        return Verdict::Exempt;
    };
    if !lonely {
        return Verdict::Pass;
    }
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "多目设备没有给各通道单独编码", "the channels of the multi-lens device have no codes of their own"),
    ))
}

fn check_catalogue(context: &Context<'_>) -> Vec<BatchFinding> {
    let devices = context.items.iter().zip(context.kinds).filter(|(_, kind)| **kind != Kind::Camera).map(|(item, _)| item.id());
    let bare: Vec<&str> = devices.filter(|id| is_multi_lens(id) && context.channels_of(id) == 0).collect();
    if bare.is_empty() {
        return Vec::new();
    }
    let n = bare.len();
    vec![BatchFinding {
        rule: D23.id,
        severity: Severity::Warn,
        about: MULTI_LENS.to_string(),
        message: say!(
            context.lang,
            "{n} 台多目设备在目录中没有摄像机通道，它们的镜头没有计入",
            "{n} multi-lens devices have no camera under them; their lenses are not counted"
        ),
        cameras: 0,
        examples: bare.into_iter().take(EXAMPLES).map(ToOwned::to_owned).collect(),
    }]
}
