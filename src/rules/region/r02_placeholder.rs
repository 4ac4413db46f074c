//! `R02`, fingerprints V02, V03, V04, V06.

use std::borrow::Cow;

use crate::base::device_id::is_digits;
use crate::division::CodeStatus;
use crate::division::codes::parse_six;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划为占位值
    /// ## 查什么
    /// 行政区划不是软件或厂商写入的占位值：元素名本身（CivilCode）、`null`、固定值 `6532`、9 至 19 位的 SIP 域或其他长数字。
    /// 以县级代码开头的 9 位、12 位统计代码由 R03 判断。
    /// ## 为什么
    /// 占位值说明这一项从未配置过。
    /// ## 依据
    /// 通行做法：公开抓包与议题中大量出现。辖区为和田地区（6532）时 `6532` 不按占位值处理。
    /// ## 示例
    /// 错：`CivilCode`、`null`、`6532`、`34020000000`。对：`371723`。
    /// ## 怎么改
    /// 在平台的通道编辑页填写县级 6 位代码。
    ///
    /// # A placeholder as region
    /// ## What it checks
    /// The region is no placeholder of a software or vendor: the element name itself (CivilCode), `null`, the
    /// fixed value `6532`, a SIP domain or another number of 9 to 19 digits. Statistical codes of 9 or 12 digits
    /// that begin with a county are R03's business.
    /// ## Why it matters
    /// A placeholder shows that nobody ever set this field.
    /// ## Source
    /// Common practice: seen in many public captures and threads. Where the jurisdiction is Hotan (6532), `6532`
    /// is no placeholder.
    /// ## Examples
    /// Wrong: `CivilCode`, `null`, `6532`, `34020000000`. Right: `371723`.
    /// ## How to put it right
    /// Enter the six-digit county code on the platform's channel page.
    R02 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(2), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let statistical = matches!(code.len(), 9 | 12)
        && code.get(..6).and_then(parse_six).is_some_and(|six| {
            context.divisions.is_county(six) || matches!(context.divisions.status(six), CodeStatus::Zone { .. })
        });
    let lower = if is_digits(code) { Cow::Borrowed(code) } else { Cow::Owned(code.to_ascii_lowercase()) };
    let (zh, en) = match lower.as_ref() {
        "civilcode" => ("元素名被当作值发送", "the element name was sent as its value"),
        "null" | "(null)" | "none" | "undefined" | "unknown" => ("软件空值", "a software null"),
        "6532" if !context.jurisdiction.is_some_and(|j| j.touches("6532")) => ("厂商固定值", "a vendor's fixed value"),
        text if is_digits(text) && (9..=19).contains(&text.len()) && !statistical => {
            ("像 SIP 域或其他长数字", "looks like a SIP domain or another long number")
        }
        _ => return Verdict::Pass,
    };
    let message = say!(context.lang, "行政区划为占位值：{zh}", "a placeholder as region: {en}");
    Verdict::Fail(Finding::new(super::sent(case), message).propose(Element::CivilCode, context.county_of_code(case)))
}
