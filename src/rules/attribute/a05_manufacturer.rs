//! `A05`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use super::placeholder;
use crate::base::device_id::is_digits;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Autofix, Basis, Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 厂商缺失、为占位值或编码
    /// ## 查什么
    /// Manufacturer 写厂商名称：不空，不是元素名或“未知”之类的占位值，也不是公安档案表的厂商代码（1 至 15、99）。
    /// `General` 是贴牌设备的固件写的，只作说明。
    /// ## 为什么
    /// 厂商用来判断故障与兼容问题；代码只在公安档案表中有意义，在国标目录里没人认得。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A：当为设备时 Manufacturer 为必选。占位值与代码按公开抓包与公开档案工具。
    /// ## 示例
    /// 提示：空、`Manufacturer`、`1`。对：`海康威视`。
    /// ## 怎么改
    /// 到平台设备档案中选择或填写厂商。建议值由公安档案表的代码换算，请核对。
    ///
    /// # The manufacturer is missing, a placeholder or a number
    /// ## What it checks
    /// Manufacturer is a name: not blank, not the element's own name or a word like "unknown", and no code of the
    /// police archive's list (1 to 15, 99). `General` is what firmware of rebranded devices says: a note only.
    /// ## Why it matters
    /// Faults and incompatibilities are told by maker; a code means something in the police archive only.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A: Manufacturer is mandatory for devices. Placeholders and codes: public captures
    /// and archive tools.
    /// ## Examples
    /// Remarked: nothing, `Manufacturer`, `1`. Right: `Hikvision`.
    /// ## How to put it right
    /// Choose or enter the maker in the platform's archive. The proposal is read from the police archive's list: check
    /// it.
    A05 {
        field: Attributes, elements: [Manufacturer], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: Suggest,
    }
}

static VENDORS: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::Manufacturer, WHAT, "vendor"));
const WHAT: Text = Text::new("设备厂商", "manufacturer");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::Manufacturer) else { return super::missing(case, context, WHAT, Basis::Clause) };
    let lang = context.lang;
    if let Some(what) = placeholder::of(Element::Manufacturer, text) {
        let told = what.told(lang);
        let finding = Finding::new(text, say!(lang, "厂商为占位值：{told}", "a placeholder as manufacturer: {told}"));
        let finding = finding.worth(Autofix::None);
        // V14: the brand is only hidden.
        return if what.id == "V14" { Verdict::Advice(Severity::Info, finding) } else { Verdict::Fail(finding) };
    }
    if !is_digits(text) {
        return Verdict::Pass;
    }
    // Of the names only those of makers can be proposed; 99 is "other".
    let maker = VENDORS.police_meaning(text, lang).filter(|_| text.trim_start_matches('0') != "99");
    let message = match maker {
        Some(maker) => say!(
            lang,
            "厂商写成了代码 {text}；公安档案表中是“{maker}”",
            "the manufacturer is the number {text}, \"{maker}\" in the police archive"
        ),
        None => say!(lang, "厂商写成了数字 {text}", "the manufacturer is the number {text}"),
    };
    let finding = Finding::new(text, message).propose(Element::Manufacturer, maker.map(ToOwned::to_owned));
    Verdict::Fail(if maker.is_none() { finding.worth(Autofix::None) } else { finding })
}
