//! `A01`

use std::net::IpAddr;

use super::enumeration::QUOTED;
use crate::base::lang::Text;
use crate::base::text::excerpt;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::{Autofix, Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # IP 地址错误
    /// ## 查什么
    /// IPAddress 是一个 IPv4 或 IPv6 地址，且可以指向一台设备：不是 0.0.0.0、回环（127 开头）、自动分配（169.254 开头）、
    /// 组播或广播地址，前后没有空白。私网地址（如 192.168 开头）正常。没有填写的不判断。
    /// ## 为什么
    /// 地址错误的设备无法核查、无法定位；0.0.0.0 和 127.0.0.1 说明从未配置。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A 目录项：IPAddress 为设备或系统的 IP 地址（选填）；2011 版未见原文。不可用地址按通行
    /// 做法判断。
    /// ## 示例
    /// 提示：`0.0.0.0`、`127.0.0.1`、`192.168.1`、`192.168.1.64:80`。对：`192.168.1.64`、`2001:db8::64`。
    /// ## 怎么改
    /// 到设备网络设置页查看地址，在平台的设备档案中改正。只多了空白的，建议值可直接采用。
    ///
    /// # A wrong IP address
    /// ## What it checks
    /// IPAddress is an IPv4 or IPv6 address that can be a device's: not 0.0.0.0, loopback (127), self-assigned
    /// (169.254), multicast or broadcast, and without blanks around it. Private addresses (192.168 and the like) are
    /// normal. Where there is none nothing is said.
    /// ## Why it matters
    /// A device with a wrong address cannot be found; 0.0.0.0 and 127.0.0.1 show that it was never set.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A, catalogue item: IPAddress is the address of the device or system (optional);
    /// the text of 2011 was not seen. Addresses that cannot be used: common practice.
    /// ## Examples
    /// Remarked: `0.0.0.0`, `127.0.0.1`, `192.168.1`, `192.168.1.64:80`. Right: `192.168.1.64`, `2001:db8::64`.
    /// ## How to put it right
    /// Read the address from the device's network page and correct the archive. Where only blanks are too many, the
    /// proposal can be taken as it is.
    A01 {
        field: Attributes, elements: [IPAddress], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: Safe,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::IPAddress) else { return Verdict::Exempt };
    let sent = case.sent(Element::IPAddress).unwrap_or_default();
    let lang = context.lang;
    let Some(address) = case.address else {
        let shown = excerpt(text, QUOTED);
        let message = say!(lang, "“{shown}”不是 IPv4 或 IPv6 地址", "\"{shown}\" is no IPv4 or IPv6 address");
        return Verdict::Fail(Finding::new(sent, message).worth(Autofix::None));
    };
    if let Some(kind) = unusable(address) {
        let kind = kind.get(lang);
        let message = say!(lang, "{text} 是{kind}，不会是设备的地址", "{text} is {kind}, no device's");
        return Verdict::Fail(Finding::new(sent, message).worth(Autofix::None).on(Basis::Practice));
    }
    if sent == text {
        return Verdict::Pass;
    }
    let message = say!(lang, "IP 地址前后有空白", "blanks around the address");
    Verdict::Fail(Finding::new(sent, message).propose(Element::IPAddress, Some(text.to_owned())))
}

/// What an address is that no device can have; `None` for one that a device may have.
fn unusable(address: IpAddr) -> Option<Text> {
    let address = address.to_canonical();
    let self_assigned = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let nowhere = matches!(address, IpAddr::V4(v4) if v4.octets().starts_with(&[0]));
    match () {
        () if address.is_unspecified() || nowhere => Some(Text::new("空地址", "the empty address")),
        () if address.is_loopback() => Some(Text::new("回环地址", "a loopback address")),
        () if self_assigned => Some(Text::new("自动分配地址", "a self-assigned address")),
        () if address.is_multicast() => Some(Text::new("组播地址", "a multicast address")),
        () if matches!(address, IpAddr::V4(v4) if v4.is_broadcast()) => Some(Text::new("广播地址", "the broadcast address")),
        () => None,
    }
}

/// Whether a device can have an address.
pub(super) fn is_usable(address: IpAddr) -> bool {
    unusable(address).is_none()
}

/// The address of an item, where a device can have it; of IPv4 in IPv6 the IPv4.
pub(super) fn usable(item: &Item) -> Option<IpAddr> {
    let address: IpAddr = item.text(Element::IPAddress)?.parse().ok()?;
    unusable(address).is_none().then(|| address.to_canonical())
}
