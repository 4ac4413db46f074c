//! `A23`

use super::enumeration::QUOTED;
use crate::base::device_id::{DeviceId, is_digits};
use crate::base::lang::{Lang, Text};
use crate::base::text::{excerpt, trim};
use crate::catalog::field::is_absent;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 父节点错误
    /// ## 查什么
    /// ParentID 的每一段（用 `/` 分开）是目录中的节点、设备，或被测平台自己的编码；不是上级平台（本工具）的编码，也不是
    /// 序列号、8 个 0 开头或长度不对的编码。目录中有的 2、4、6、8 位区划节点可以作父节点。来自文件、不知道平台编码时，
    /// 不在目录中的 200 类型编码无法判断；没有填写的、等于自己的（见 D20）不在此判断。
    /// ## 为什么
    /// 父节点错了，摄像机在目录树上没有位置，按单位统计时会漏掉。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A 目录项：ParentID 为父设备、区域或系统的编码，多个用 `/` 分开；2011 版未见原文。
    /// ## 示例
    /// 提示：上级平台的编码、`9B02A1`、`00000000001180000001`、目录中没有的编码。对：所属录像机的编码；
    /// `37172300002000000002/37172300002160000001`。
    /// ## 怎么改
    /// 设备把上级平台当父节点的，在设备的国标接入页改正或升级固件；录像机没有推送的，把它也共享上来。
    ///
    /// # A wrong parent
    /// ## What it checks
    /// Each part of ParentID (apart by `/`) is a node or device of the catalogue or the audited platform's own code;
    /// not the code of the platform above (this program), no serial number, no code that begins with eight zeros and
    /// none of a wrong length. A region node of 2, 4, 6 or 8 digits that is in the catalogue may be a parent. Where the
    /// platform's code is not known (files), a code of type 200 outside the catalogue cannot be told. A missing parent,
    /// and one that is the item itself (D20), is not this rule's business.
    /// ## Why it matters
    /// With a wrong parent the camera has no place in the tree and is lost in counts by unit.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A, catalogue item: ParentID is the code of the parent device, region or system,
    /// several apart by `/`; the text of 2011 was not seen.
    /// ## Examples
    /// Remarked: the code of the platform above, `9B02A1`, `00000000001180000001`, a code that is not in the catalogue.
    /// Right: the code of its recorder; `37172300002000000002/37172300002160000001`.
    /// ## How to put it right
    /// Where a device names the platform above, correct its GB/T 28181 page or its firmware; where the recorder is not
    /// sent, share it too.
    A23 {
        field: Attributes, elements: [ParentID], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

/// Why a parent cannot be told.
const UNKNOWN_PLATFORM: Text = Text::new("不知道被测平台的编码", "the code of the audited platform is not known");

/// What is wrong with one part.
enum Wrong {
    Above,
    Form,
    Absent,
    /// It may be the platform's own code.
    Unknown,
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::ParentID).into_iter();
    let mut verdict = Verdict::Exempt;
    for text in sent.chain(case.item.other_parents.iter().map(AsRef::as_ref)).filter(|text| !is_absent(text)) {
        for part in text.split('/').map(trim) {
            match wrong(part, case, context) {
                None if matches!(verdict, Verdict::Exempt) => verdict = Verdict::Pass,
                None => (),
                Some(Wrong::Unknown) => verdict = Verdict::Unjudged(&UNKNOWN_PLATFORM),
                Some(wrong) => return Verdict::Fail(Finding::new(text, told(&wrong, part, context.lang))),
            }
        }
    }
    verdict
}

fn wrong(part: &str, case: &Case<'_>, context: &Context<'_>) -> Option<Wrong> {
    let code = DeviceId::new_checked(part);
    let region = matches!(part.len(), 2 | 4 | 6 | 8) && is_digits(part);
    match () {
        () if part.is_empty() => Some(Wrong::Form),
        () if part == context.platform_id || part == case.id => None,
        // V16
        () if part == context.local_id => Some(Wrong::Above),
        () if context.tree.contains(part) => None,
        // V17
        () if !region && (code.is_none() || part.starts_with("00000000")) => Some(Wrong::Form),
        () if context.platform_id.is_empty() && code.is_some_and(|code| code.kind() == SYSTEM) => Some(Wrong::Unknown),
        () => Some(Wrong::Absent),
    }
}

/// 系统
const SYSTEM: u16 = 200;

fn told(wrong: &Wrong, part: &str, lang: Lang) -> String {
    let part = excerpt(part, QUOTED);
    match wrong {
        Wrong::Above => say!(lang, "父节点 {part} 是上级平台的编码（V16）", "the parent {part} is the platform above (V16)"),
        Wrong::Form => say!(lang, "父节点“{part}”不是 20 位编码（V17）", "the parent \"{part}\" is no code of 20 digits (V17)"),
        Wrong::Absent | Wrong::Unknown => say!(lang, "父节点 {part} 不在目录中", "the parent {part} is not in the catalogue"),
    }
}
