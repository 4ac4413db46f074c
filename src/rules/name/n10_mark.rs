//! `N10`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称带测试或停用标记
    /// ## 查什么
    /// 名称中是否有“测试”“备用”“停用”“拆除”“故障”等字样。默认只作提示。
    /// ## 为什么
    /// 测试设备和已停用的设备留在目录里，会计入分母、拉低出图率；正式设备也不应带这样的名称。
    /// ## 依据
    /// 通行做法。
    /// ## 示例
    /// 提示：`东门枪机(备用)`、`测试1号球机`。对：`幸福小区东门枪机`。
    /// ## 怎么改
    /// 确已停用的，从平台上取消共享；在用的，改成正式名称。
    ///
    /// # The name is marked as a test or as out of use
    /// ## What it checks
    /// Whether the name holds a word such as 测试 (test), 备用 (spare), 停用 (out of use), 拆除 (removed). A remark only.
    /// ## Why it matters
    /// Devices under test or out of use stay in the denominator while they are in the catalogue, and lower the
    /// image output rate.
    /// ## Source
    /// Common practice.
    /// ## Examples
    /// Remarked: 东门枪机(备用), 测试1号球机. Right: 幸福小区东门枪机.
    /// ## How to put it right
    /// Stop sharing what is out of use; give what is in use its proper name.
    N10 {
        field: Name, elements: [Name], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(5), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if !super::may_match(case) {
        return Verdict::Pass;
    }
    let Some(mark) = super::lint::mark(&case.name) else { return Verdict::Pass };
    let sent = case.sent(Element::Name).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "名称中有“{mark}”字样", "the name holds \"{mark}\"")))
}
