//! `D17`

use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 网络标识预留或不符
    /// ## 查什么
    /// 编码第 14 位应是本地在用的网络（口径中的 `networks`）；口径没有列出时，只提示预留的 9。2011 版不查。默认只作提示。
    /// ## 为什么
    /// 第 14 位写明信号来自哪个网。填错后，按网络划分的授权和统计都会出错。
    /// ## 依据
    /// GB/T 28181—2022 附录E：0、1 公安视频传输网，2 行业专网，3 政法信息网，4 公安移动信息网，5 公安信息网，6 电子政务外网，
    /// 7 互联网，8 专线，9 预留；GB/T 28181—2016 表D.1：0 至 4 监控报警专网，5 公安信息网，6 政务网，7 Internet，
    /// 8 社会资源接入网，9 预留。2016 版正文仍写 7 位序号（2011 版的写法），照它编的号第 14 位没有含义，所以默认只看 9。
    /// 口径写明在用的（包括本地给 9 定的用途）不提示。
    /// ## 示例
    /// 提示：`37172300011329000001`（9）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 按摄像机实际所在的网络核对。改编码会断开录像和引用，已在用的宜列入计划。
    ///
    /// # The network in the code is reserved or not in use
    /// ## What it checks
    /// Digit 14 is a network in use here (`networks` of the profile); where the profile names none, only the reserved
    /// 9 is remarked. Not asked of 2011. A remark only, by default.
    /// ## Why it matters
    /// Digit 14 says from which network the signal comes; permissions and counts by network rest on it.
    /// ## Source
    /// GB/T 28181—2022 annex E: 0 and 1 public security video, 2 industry, 3 political and legal, 4 police mobile,
    /// 5 police, 6 e-government, 7 Internet, 8 leased line, 9 reserved; GB/T 28181—2016 table D.1: 0 to 4
    /// surveillance, 5 police, 6 government, 7 Internet, 8 social resources, 9 reserved. The prose of 2016 still speaks
    /// of a serial of 7 digits, as 2011 has it; with codes made by it digit 14 means nothing, so by default only 9 is
    /// remarked. What the profile says is in use passes, 9 included.
    /// ## Examples
    /// Remarked: `37172300011329000001` (9). Right: `37172300011320000001`.
    /// ## How to put it right
    /// Compare with the network the camera is on. Renumbering breaks recordings and references, so plan it.
    D17 {
        field: Code, elements: [DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(9), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(digit) = case.code.map(crate::base::device_id::DeviceId::network) else { return Verdict::Exempt };
    // An edition without the table has no such digit.
    let Some(network) = context.edition.network(digit) else { return Verdict::Exempt };
    let in_use = &context.profile.networks;
    let (good, listed) = (in_use.iter().any(|n| n == digit), !in_use.is_empty());
    let name = network.name.get(context.lang);
    let message = match (good, listed, network.reserved) {
        (true, ..) | (false, false, false) => return Verdict::Pass,
        (false, true, _) => {
            say!(context.lang, "网络标识 {digit}（{name}）不是本地在用的网络", "network {digit} ({name}) is not in use here")
        }
        (false, false, true) => say!(context.lang, "网络标识 {digit} 是预留的", "network {digit} is reserved"),
    };
    let finding = Finding::new(case.id, message);
    Verdict::Fail(if network.reserved { finding } else { finding.on(Basis::Local) })
}
