//! `D21`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 通道编码等于平台编码
    /// ## 查什么
    /// 摄像机的编码不是平台（类型 200）的编码，也不是本工具或被测平台的编码。
    /// ## 为什么
    /// 平台编码用于信令路由，摄像机占用后请求会回到平台自身。
    /// ## 依据
    /// 通行做法。
    /// ## 示例
    /// 错：摄像机编码为 `37172300002000000002`（被测平台的编码）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 为该通道另编摄像机编码。
    ///
    /// # The channel has the code of a platform
    /// ## What it checks
    /// A camera's code is not that of a platform (type 200), of ourselves, or of the audited platform.
    /// ## Why it matters
    /// Platform codes route signalling; a camera that takes one sends requests back to the platform.
    /// ## Source
    /// Common practice.
    /// ## Examples
    /// Wrong: a camera with `37172300002000000002` (the audited platform). Right: `37172300011320000001`.
    /// ## How to put it right
    /// Give the channel a camera code of its own.
    D21 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.id.is_empty() {
        return Verdict::Exempt;
    }
    let of_system = case.code.is_some_and(|c| c.kind() == 200) || context.is_system(case.id);
    if of_system || case.id == context.platform_id || case.id == context.local_id {
        return Verdict::Fail(Finding::new(case.id, say!(context.lang, "编码是平台的编码", "the code is that of a platform")));
    }
    Verdict::Pass
}
