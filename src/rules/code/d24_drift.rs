//! `D24`

use crate::base::lang::Text;
use crate::rules::record::Shared;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码漂移
    /// ## 查什么
    /// MAC、IP 地址（或 IP、端口和通道名）、名称加坐标与上次目录中某一路相同，编码却变了。编码变更对照表里登记过的，写明“改码”，不算漂移。
    /// ## 为什么
    /// 编码变了，原来的录像、授权、收藏和台账都对不上，同一路在前后两次检测里会像一路消失、一路新增。
    /// ## 依据
    /// 通行做法：编码全局唯一且应当稳定，标准没有规定如何比对。需要提供上次目录（`previous`）。上次或这次有几路共用的 MAC、IP
    /// （如录像机的各通道）不能说明问题，不作依据；旧编码这次还在用的，不算漂移。
    /// ## 示例
    /// 提示：MAC `00-1A-2B-3C-4D-5E` 上次是 `37172300011320000001`，这次是 `37172300011320000101`。
    /// 对：编码不变，或在对照表中登记旧编码、新编码和日期。
    /// ## 怎么改
    /// 查明是谁改的。误改的改回原编码；有意改的登记到编码变更对照表（`code_changes`），并通知上级平台。
    ///
    /// # The code has drifted
    /// ## What it checks
    /// MAC, IP address (or IP, port and channel name), or name and position are those of a camera of the earlier
    /// catalogue, the code is not. A change listed in the table of changed codes is told as such and is no drift.
    /// ## Why it matters
    /// Recordings, permissions and ledgers hang on the code; between two audits one camera seems to vanish and another
    /// to appear.
    /// ## Source
    /// Common practice: codes are unique and should last; the standard does not say how to compare. Needs the earlier
    /// catalogue (`previous`). A MAC or address several cameras share, as channels of a recorder do, proves nothing and
    /// is left out, and so is an old code that is still in use for the same thing.
    /// ## Examples
    /// Remarked: the camera with MAC `00-1A-2B-3C-4D-5E` was `37172300011320000001` and is `37172300011320000101`.
    /// Right: the code stays, or the table names old code, new code and date.
    /// ## How to put it right
    /// Find out who changed it. Undo a mistake; enter an intended change in the table (`code_changes`) and tell the
    /// superior platform.
    D24 {
        field: Code, elements: [DeviceID, MAC, IPAddress, Name, Longitude, Latitude], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        needs: Previous,
    }
}

/// Where the table has no date.
const NO_DATE: Text = Text::new("未写日期", "no date");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.id.is_empty() {
        return Verdict::Exempt;
    }
    let previous = &context.tables.previous;
    if let Some(change) = context.listed_change(case.id) {
        let old = &change.old;
        let date = Some(change.date.as_str()).filter(|date| !date.is_empty());
        let date = date.unwrap_or_else(|| NO_DATE.get(context.lang));
        let message = say!(
            context.lang,
            "改码：上次为 {old}，变更对照表已登记（{date}）",
            "code changed: it was {old}, as the table of changed codes says ({date})"
        );
        return Verdict::Advice(Severity::Info, Finding::new(case.id, message));
    }
    let known = previous.by_id.contains_key(case.id);
    let mut old = None;
    let mut any = false;
    for shared in Shared::ALL {
        let Some(key) = shared.key(case.item) else { continue };
        any = true;
        match previous.code_with(shared, &key).filter(|_| shared.tells(case.item)) {
            Some(code) if code == case.id => return Verdict::Pass,
            Some(code) => old = old.or(Some((code, shared, key))),
            None => (),
        }
    }
    let Some((old, shared, key)) = old else { return if any || known { Verdict::Pass } else { Verdict::Exempt } };
    // The old code still stands for it: a second record (X01), not a change.
    let still = context.tree.find(old).filter_map(|place| context.items.get(place));
    if still.into_iter().any(|item| shared.key(item).as_ref() == Some(&key)) {
        return Verdict::Pass;
    }
    let what = shared.title().get(context.lang);
    let message = say!(
        context.lang,
        "{what}与上次目录中的 {old} 相同，编码却变了",
        "{what} is that of {old} in the earlier catalogue, but the code changed"
    );
    Verdict::Fail(Finding::new(case.id, message))
}
