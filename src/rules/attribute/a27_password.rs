//! `A27`

use crate::base::text::is_blank;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 目录携带口令
    /// ## 查什么
    /// 目录中的 Password 是空的。有内容就作为安全问题报告；口令本身在收到时即被遮盖，不保存，也不出现在任何报告中。
    /// ## 为什么
    /// 目录会逐级上报、存盘、导出，写在里面的设备口令等于公开。
    /// ## 依据
    /// 通行做法；GB/T 28181 各版目录项都有 Password（选填），标准没有禁止。
    /// ## 示例
    /// 提示：Password 有任何内容。对：留空或不推送。
    /// ## 怎么改
    /// 在平台上清空该项并关闭推送，然后更换这些设备的口令。
    ///
    /// # A password in the catalogue
    /// ## What it checks
    /// Password is empty in the catalogue. One with any content is reported as a matter of security; the text itself is
    /// masked as it arrives, is not kept and stands in no report.
    /// ## Why it matters
    /// Catalogues are passed on, stored and exported; a device password in them is as good as public.
    /// ## Source
    /// Common practice; every edition of GB/T 28181 has the optional element Password and none forbids it.
    /// ## Examples
    /// Remarked: a Password with any content. Right: empty, or not sent.
    /// ## How to put it right
    /// Clear it on the platform, switch its sending off, then change the passwords of these devices.
    A27 {
        field: Attributes, elements: [Password], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(sent) = case.sent(Element::Password) else { return Verdict::Exempt };
    if is_blank(sent) {
        return Verdict::Pass;
    }
    // Never the value, not even its stars: their number could tell its length.
    Verdict::Fail(Finding::new("", say!(context.lang, "目录中带有设备口令", "the catalogue carries a device password")))
}
