//! `X01`

use super::Shared;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 同一摄像机多条记录
    /// ## 查什么
    /// 不同编码的两条记录，MAC 相同，或 IP、端口和通道名都相同，或名称和坐标都相同。同一台录像机、多目设备的各通道 MAC 相同是正常的；
    /// 只有 IP 相同、通道名是默认名（如 `Camera 01`）的不算。
    /// ## 为什么
    /// 一台摄像机登记了两次，路数虚增，两条记录的在线、出图和整改各算一遍。
    /// ## 依据
    /// 通行做法；标准要求编码全局唯一，没有规定一台设备只能有一条记录如何核对。
    /// ## 示例
    /// 提示：`37172300011320000001` 和 `37172300011320000101` 都叫“成武县伯乐大街枪机”，坐标也相同。对：只留一条。
    /// ## 怎么改
    /// 现场或看画面确认是不是同一台。是，删去不用的那一条（保留有录像和授权的编码）；不是，改正抄错的 MAC、地址、名称或坐标。
    ///
    /// # One camera in several records
    /// ## What it checks
    /// Two records with different codes have the same MAC; or the same IP, port and channel name; or the same name and
    /// position. Channels of one recorder or multi-lens device share its MAC rightly; the same IP alone, or with a
    /// default as name (`Camera 01`), says nothing.
    /// ## Why it matters
    /// A camera filed twice is counted twice: as on line, as shown, as to be corrected.
    /// ## Source
    /// Common practice; codes are globally unique, but the standard does not say how to find a device filed twice.
    /// ## Examples
    /// Remarked: `37172300011320000001` and `37172300011320000101` have one name and one position. Right: one record.
    /// ## How to put it right
    /// Look at the pictures or the site. If they are one, delete the record that is not used (keep the code that has
    /// recordings and permissions); if not, correct the MAC, address, name or position that was copied.
    X01 {
        field: Record, elements: [DeviceID, MAC, IPAddress, Port, Name, Longitude, Latitude], severity: Warn, core: No,
        editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.id.is_empty() {
        return Verdict::Exempt;
    }
    let twin = [Shared::Mac, Shared::Endpoint, Shared::Place]
        .into_iter()
        .find_map(|shared| context.twin(case, shared).map(|twin| (shared, twin)));
    let Some((shared, twin)) = twin else { return Verdict::Pass };
    let (what, id) = (shared.title().get(context.lang), twin.id());
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "与 {id} 的{what}相同，疑为同一台", "{what} is that of {id}: probably one camera"),
    ))
}
