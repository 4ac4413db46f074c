//! `A25`

use super::enumeration::QUOTED;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 状态值错误
    /// ## 查什么
    /// Status 写成 `ON` 或 `OFF`。没有填写的不判断，点播时按 ON 处理。
    /// ## 为什么
    /// 别的写法有的平台认作离线，摄像机就不会被点播。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A：设备状态类型只有 ON、OFF 两个值；2011 版未见原文。
    /// ## 示例
    /// 提示：`online`、`1`、`在线`、`on`。对：`ON`。
    /// ## 怎么改
    /// 由平台厂商改正推送的状态值；本工具认得常见写法，不影响出图率。
    ///
    /// # A wrong status
    /// ## What it checks
    /// Status is `ON` or `OFF`. Where there is none nothing is said; the camera is called as if it were ON.
    /// ## Why it matters
    /// Some platforms take any other text for off line, and the camera is never called.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A: the status type has the two values ON and OFF; the text of 2011 was not seen.
    /// ## Examples
    /// Remarked: `online`, `1`, `在线`, `on`. Right: `ON`.
    /// ## How to put it right
    /// The maker of the platform has to correct what it sends; this program knows the common spellings, and no rate
    /// depends on it.
    A25 {
        field: Attributes, elements: [Status], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::Status) else { return Verdict::Exempt };
    if matches!(text, "ON" | "OFF") {
        return Verdict::Pass;
    }
    let shown = excerpt(text, QUOTED);
    Verdict::Fail(Finding::new(
        text,
        say!(context.lang, "状态“{shown}”不是 ON 或 OFF", "the status \"{shown}\" is neither ON nor OFF"),
    ))
}
