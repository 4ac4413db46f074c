//! `A02`

use std::net::IpAddr;

use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # IP 地址重复
    /// ## 查什么
    /// 不同设备不使用同一个 IP 地址和端口；同一台录像机或多目设备下的各通道除外。A01 判为错误的地址不参加比较。
    /// ## 为什么
    /// 地址相同，多半是复制档案时没有改，或同一台设备登记了两次。各小区私网网段相同、互不连通时也会出现，属正常，可不改。
    /// ## 依据
    /// 通行做法；标准没有规定。
    /// ## 示例
    /// 提示：两台不同父设备的摄像机都写 `192.168.1.64` 端口 `5060`。对：各写各的；一台录像机的 16 个通道写录像机的地址。
    /// ## 怎么改
    /// 到设备网络设置页查看地址，在平台档案中改正；若是同一台设备的两条记录，删去多余的一条；若确为互不连通的网络，可办
    /// 豁免。
    ///
    /// # IP address used twice
    /// ## What it checks
    /// Different devices do not bear the same address and port; channels of one recorder or multi-lens device may.
    /// Addresses that A01 calls wrong take no part.
    /// ## Why it matters
    /// Two devices with one address were copied in the archive, or are one device filed twice. Estates with separate
    /// private networks may use the same addresses: that is in order and may stay.
    /// ## Source
    /// Common practice; the standard says nothing.
    /// ## Examples
    /// Remarked: two cameras of different parents with `192.168.1.64` port `5060`. Right: each with its own; 16
    /// channels with the address of their recorder.
    /// ## How to put it right
    /// Read the address from the device's network page and correct the archive; delete a record that is there twice;
    /// ask for a waiver where the networks are separate.
    A02 {
        field: Attributes, elements: [IPAddress, Port], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(other) = context.same_endpoint(case) else {
        return if case.address.is_some_and(super::a01_ip_address::is_usable) { Verdict::Pass } else { Verdict::Exempt };
    };
    let id = other.id();
    let sent = case.text(Element::IPAddress).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "与 {id} 的 IP 地址和端口相同", "{id} has the same address and port")))
}

/// Address and port, where the address is one of a device.
pub(in crate::rules) fn endpoint(item: &Item) -> Option<(IpAddr, Option<&str>)> {
    Some((super::a01_ip_address::usable(item)?, item.text(Element::Port)))
}
