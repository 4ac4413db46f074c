//! `G09`

use crate::rules::context::digits_of;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 小数位不足
    /// ## 查什么
    /// 按收到的原文数小数位：经度和纬度都只有 4 位或更少为不合规；只有一个如此，或只有 5 位，作为提示。
    /// ## 为什么
    /// 4 位小数约合 11 米，5 位约 1 米，6 位约 0.1 米；位数太少，多个点会重叠在一起。
    /// ## 依据
    /// 通行做法：公开的建档工具存 6 位；标准没有规定位数。
    /// ## 示例
    /// 错：`115.88,34.95`。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 按 6 位小数重新填写；末尾补 0 并不提高精度。
    ///
    /// # Too few decimals
    /// ## What it checks
    /// Decimals are counted in the text as sent: both axes with 4 or fewer fail; one of them, or 5 decimals, is a
    /// remark.
    /// ## Why it matters
    /// Four decimals are some 11 m, five 1 m, six 0.1 m; with too few, several points fall on one another.
    /// ## Source
    /// Common practice: public archive tools keep six; the standard sets no number.
    /// ## Examples
    /// Wrong: `115.88,34.95`. Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// Enter six decimals; zeros at the end make nothing more precise.
    G09 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    // Text that is no number has no decimals to count; that is other rules' business.
    if case.position.is_none() {
        return Verdict::Pass;
    }
    let (lon, lat) = super::sent_of(case);
    let (lon, lat) = (decimals(lon), decimals(lat));
    let (fail, warn) = (context.profile.decimals_fail, context.profile.decimals_warn);
    let fails = lon <= fail && lat <= fail;
    if !fails && lon.min(lat) > warn {
        return Verdict::Pass;
    }
    let message =
        say!(context.lang, "小数位不足：经度 {lon} 位，纬度 {lat} 位", "too few decimals: longitude {lon}, latitude {lat}");
    let finding = Finding::new(&super::pair(case), message);
    if fails { Verdict::Fail(finding) } else { Verdict::Advice(Severity::Warn, finding) }
}

fn decimals(text: &str) -> u32 {
    let text = digits_of(text);
    let places = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    u32::try_from(places).unwrap_or(u32::MAX)
}
