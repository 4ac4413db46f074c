//! `D19`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码重复
    /// ## 查什么
    /// 同一编码只对应一个目录项。名称、IP、MAC 或坐标不同的两项用了同一编码，各项都不合规。
    /// ## 为什么
    /// 多由两台录像机用同样的默认通道号造成；级联后后一个覆盖前一个，其中一路永远看不到。
    /// 同一项重复发送、或同一摄像机挂在多个父节点下，不算重复。
    /// ## 依据
    /// GB/T 28181—2022 附录E、2016 附录D：编码全局唯一。
    /// ## 示例
    /// 错：东门和西门两路都是 `37172300011320000001`。对：分别为 `…000001` 与 `…000002`。
    /// ## 怎么改
    /// 给其中一台录像机的通道换一段没有用过的序号。
    ///
    /// # The code is used twice
    /// ## What it checks
    /// A code stands for one item. Two items that differ in name, IP, MAC or position under one code all fail.
    /// ## Why it matters
    /// Usually two recorders number their channels from the same default; cascaded, one overwrites the other
    /// and is never seen. The same item sent twice, or one camera under several parents, is no duplicate.
    /// ## Source
    /// GB/T 28181—2022 annex E, 2016 annex D: codes are globally unique.
    /// ## Examples
    /// Wrong: east gate and west gate are both `37172300011320000001`. Right: `...000001` and `...000002`.
    /// ## How to put it right
    /// Give the channels of one of the recorders serials that are free.
    D19 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let count = case.item.occurrences;
    if case.id.is_empty() {
        return Verdict::Exempt;
    }
    if count < 2 {
        return Verdict::Pass;
    }
    Verdict::Fail(Finding::new(case.id, say!(context.lang, "{count} 个目录项使用同一编码", "{count} items use this code")))
}
