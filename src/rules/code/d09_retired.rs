//! `D09`

use crate::division::CodeStatus;
use crate::division::codes::six;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码中的区划代码已废止
    /// ## 查什么
    /// 编码第 1 至 6 位是否为已撤销的行政区划代码。默认只作提示。
    /// ## 为什么
    /// 区划调整前发的编码当时是对的；但新建设备继续沿用旧代码，会与现行区划对不上。
    /// ## 依据
    /// GB/T 28181—2022 附录E 要求使用最新行政区划代码；2016 附录D 引用 GB/T 2260—2007。
    /// ## 示例
    /// 提示：`37172700011320000001`（371727 定陶县，2016 年改为 371703 定陶区）。对：`37170300011320000001`。
    /// ## 怎么改
    /// 在用设备不要急于改编码：录像、订阅、权限和上级引用都会断。列入计划，随设备更换逐步改用新代码。
    ///
    /// # The region in the code is no longer in force
    /// ## What it checks
    /// Whether digits 1 to 6 are a region code that was withdrawn. A remark only, by default.
    /// ## Why it matters
    /// A code issued before the change was right then; new devices under the old code match no present region.
    /// ## Source
    /// GB/T 28181—2022 annex E asks for the newest region codes; 2016 annex D cites GB/T 2260—2007.
    /// ## Examples
    /// Remarked: `37172700011320000001` (371727 became 371703 in 2016). Right: `37170300011320000001`.
    /// ## How to put it right
    /// Do not renumber devices in use in haste: recordings, subscriptions, rights and references break. Plan it
    /// with the replacement of devices.
    D09 {
        field: Code, elements: [DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(8), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let region = code.county();
    let CodeStatus::Retired { name, successors, .. } = context.divisions.status_of(region) else { return Verdict::Pass };
    let now = successors.iter().map(|s| six(*s)).collect::<Vec<_>>().join("、");
    let message = say!(
        context.lang,
        "{region}（{name}）已撤销，现为 {now}；改编码会断开录像和引用，宜列入计划",
        "{region} ({name}) was withdrawn and is {now} now; renumbering breaks recordings and references, so plan it"
    );
    // Before 2022 the codes of 2007 were asked for.
    let basis = if context.edition.wants_newest_regions() { Basis::Clause } else { Basis::Practice };
    Verdict::Fail(Finding::new(case.id, message).on(basis))
}
