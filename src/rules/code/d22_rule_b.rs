//! `D22`

use crate::base::device_id::is_digits;
use crate::edition::{is_province_prefix, rule_b_type_name};
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 18 位旧编码
    /// ## 查什么
    /// 编码不是 2016 版附录D.2 编码规则B 的 18 位形式（中心编码 8 位、行业 2 位、序号 6 位、类型 2 位）。
    /// ## 为什么
    /// 规则B 在 2022 版中已删除，多数平台只认 20 位编码。
    /// ## 依据
    /// GB/T 28181—2016 附录D.2 曾允许；GB/T 28181—2022 已删除。2022 版平台上按 D05 判断。
    /// ## 示例
    /// 错：`371723000100000160`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 重新编制 20 位编码。两种编码的序号和类型位置不同，也没有网络标识，不能自动换算。
    ///
    /// # The 18-digit form
    /// ## What it checks
    /// The code is not of coding rule B, 2016 annex D.2 (centre 8, industry 2, serial 6, type 2).
    /// ## Why it matters
    /// Rule B was deleted in 2022, and most platforms know the 20-digit form only.
    /// ## Source
    /// Allowed by GB/T 28181—2016 annex D.2, deleted in 2022, where D05 judges it.
    /// ## Examples
    /// Wrong: `371723000100000160`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Make a new code of 20 digits. Serial and type stand elsewhere and there is no network digit, so nothing
    /// can be converted.
    D22 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: Until2016,
        step: Step::OtherForm(4), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let by_rule_b = case.id.len() == 18 && is_digits(case.id) && is_province_prefix(case.id.get(..2).unwrap_or_default());
    let name = case.id.get(16..18).and_then(|k| k.parse().ok()).and_then(rule_b_type_name);
    let (true, Some(name)) = (by_rule_b, name) else { return Verdict::Pass };
    let name = name.get(context.lang);
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "18 位旧编码（规则B），类型：{name}", "18-digit code of rule B, type: {name}"),
    ))
}
