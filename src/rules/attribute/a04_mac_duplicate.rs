//! `A04`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # MAC 地址重复
    /// ## 查什么
    /// 不同设备不使用同一个 MAC 地址；同一台录像机或多目设备下的各通道除外。
    /// ## 为什么
    /// MAC 地址全网唯一。两台设备相同，多半是复制档案时没有改，或同一台设备登记了两次。
    /// ## 依据
    /// 通行做法；2022 版目录项才有 MAC。
    /// ## 示例
    /// 提示：两台不同父设备的摄像机都写 `00-1A-2B-3C-4D-5E`。对：各写各的。
    /// ## 怎么改
    /// 到设备网络设置页查看 MAC 地址，在平台档案中改正；若是同一台设备的两条记录，删去多余的一条。
    ///
    /// # MAC used twice
    /// ## What it checks
    /// Different devices do not bear the same address; channels of one recorder or multi-lens device may.
    /// ## Why it matters
    /// The address is unique. Two devices with one were copied in the archive, or are one device filed twice.
    /// ## Source
    /// Common practice; catalogue items have a MAC since 2022.
    /// ## Examples
    /// Remarked: two cameras of different parents with `00-1A-2B-3C-4D-5E`. Right: each with its own.
    /// ## How to put it right
    /// Read the address from the device's network page and correct the archive; delete a record that is there twice.
    A04 {
        field: Attributes, elements: [MAC], severity: Warn, core: No, editions: From2022,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if super::mac_number(case.item).is_none() {
        return Verdict::Exempt;
    }
    let Some(other) = context.same_mac(case) else { return Verdict::Pass };
    let id = other.id();
    let sent = case.text(Element::MAC).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "与 {id} 的 MAC 地址相同", "{id} has the same MAC address")))
}
