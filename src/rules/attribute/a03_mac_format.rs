//! `A03`

use super::enumeration::QUOTED;
use crate::base::lang::Text;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::{Autofix, Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # MAC 地址格式错误
    /// ## 查什么
    /// MAC 写成六组两位十六进制数、用 `-` 连接；不是全 0、全 F，也不是组播地址（第一组的末位为奇数）。字母大小写都可以。
    /// 没有填写的不判断。
    /// ## 为什么
    /// 格式不一，同一地址就认不出来；全 0 和全 F 是没有读到地址时的默认值。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：MAC 格式为 XX-XX-XX-XX-XX-XX；2016 版没有这一项。全 0、全 F、组播按通行做法判断。
    /// ## 示例
    /// 提示：`001A.2B3C.4D5E`、`00:1a:2b:3c:4d:5e`、`00-00-00-00-00-00`。对：`00-1A-2B-3C-4D-5E`。
    /// ## 怎么改
    /// 只是写法不同的，建议值（大写、以 `-` 连接）可直接采用；其余到设备网络设置页查看后填写。
    ///
    /// # A MAC in a wrong form
    /// ## What it checks
    /// MAC is six pairs of hexadecimal digits joined by `-`; not all 0, not all F, and no multicast address (an odd
    /// first pair). Capitals or small letters, as one likes. Where there is none nothing is said.
    /// ## Why it matters
    /// In other forms the same address is not recognised; all 0 and all F are what stands there when it was never read.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: MAC has the form XX-XX-XX-XX-XX-XX; 2016 has no such element. All 0,
    /// all F and multicast: common practice.
    /// ## Examples
    /// Remarked: `001A.2B3C.4D5E`, `00:1a:2b:3c:4d:5e`, `00-00-00-00-00-00`. Right: `00-1A-2B-3C-4D-5E`.
    /// ## How to put it right
    /// Where only the form is another, the proposal (capitals, joined by `-`) can be taken as it is; else read the
    /// address from the device's network page.
    A03 {
        field: Attributes, elements: [MAC], severity: Warn, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: Safe,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::MAC) else { return Verdict::Exempt };
    let sent = case.sent(Element::MAC).unwrap_or_default();
    let lang = context.lang;
    let Some(number) = super::hex_number(text) else {
        let shown = excerpt(text, QUOTED);
        let message = say!(lang, "“{shown}”不是六组两位十六进制数", "\"{shown}\" is not six pairs of hexadecimal digits");
        return Verdict::Fail(Finding::new(sent, message).worth(Autofix::None));
    };
    let nobodys = match number {
        0 => Some(Text::new("全 0", "all 0")),
        0xFFFF_FFFF_FFFF => Some(Text::new("全 F", "all F")),
        _ if number >> 40 & 1 == 1 => Some(Text::new("组播地址", "a multicast address")),
        _ => None,
    };
    if let Some(what) = nobodys {
        let what = what.get(lang);
        let message = say!(lang, "MAC 是{what}，不会是设备的地址", "the MAC is {what}, no device's");
        return Verdict::Fail(Finding::new(sent, message).worth(Autofix::None).on(Basis::Practice));
    }
    if is_standard_form(sent) {
        return Verdict::Pass;
    }
    let pairs = number.to_be_bytes().iter().skip(2).map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join("-");
    let message = say!(lang, "MAC 应写成 {pairs}", "the MAC is written {pairs}");
    Verdict::Fail(Finding::new(sent, message).propose(Element::MAC, Some(pairs)))
}

/// Six pairs joined by `-`.
fn is_standard_form(text: &str) -> bool {
    text.len() == 17 && text.bytes().enumerate().all(|(i, b)| if i % 3 == 2 { b == b'-' } else { b.is_ascii_hexdigit() })
}
