//! `A20`

use super::enumeration::QUOTED;
use crate::base::device_id::is_digits;
use crate::base::lang::Text;
use crate::base::text::{excerpt, trim};
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 联系方式错误
    /// ## 查什么
    /// ContactInfo 用 `/` 分开的每一段都是手机号（1 开头共 11 位，可加 86）或带区号的固定电话（0 开头的区号加 7 至 8 位，
    /// 可加分机）。一类点位必须填写。报告中不显示号码：字母、汉字和数字一律写成 *。
    /// ## 为什么
    /// 出了问题要打得通电话；多一位少一位都打不通。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：ContactInfo 一类点位必选，多个用 `/` 分开；2016 版没有这一项。号码格式按通行做法。
    /// 规则表只查错值，一类点位缺失按条文一并提示。
    /// ## 示例
    /// 提示：`12345`、少一位的手机号、没有区号的固定电话、姓名加号码。对：11 位手机号；`区号-号码`。
    /// ## 怎么改
    /// 在平台档案中改正号码，姓名不要写在这里。
    ///
    /// # A wrong contact
    /// ## What it checks
    /// Each part of ContactInfo, apart by `/`, is a mobile number (11 digits beginning with 1, 86 may stand in front)
    /// or a landline with its area code (0 and 2 or 3 digits, then 7 or 8, an extension may follow). Class 1 points
    /// must have one. Reports show no numbers: letters and digits are written as *.
    /// ## Why it matters
    /// Somebody has to answer the telephone; with one digit more or less nobody does.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: ContactInfo is mandatory for class 1, several apart by `/`; 2016 has no
    /// such element. The form of numbers: common practice. The register asks for wrong values only; a class 1 point
    /// without one is remarked by the clause.
    /// ## Examples
    /// Remarked: `12345`, a mobile number that lacks a digit, a landline without its area code, a name with a number.
    /// Right: 11 digits; area code, `-`, number.
    /// ## How to put it right
    /// Correct the number in the archive; do not write names here.
    A20 {
        field: Attributes, elements: [ContactInfo], severity: Warn, core: Profile, editions: From2022,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

const WHAT: Text = Text::new("联系方式", "contact");
/// Most digits of an extension.
const EXTENSION: usize = 6;

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::ContactInfo) else {
        let asked = super::is_class_one(case.item);
        return if asked { super::missing(case, context, WHAT, Basis::Clause) } else { Verdict::Exempt };
    };
    let Some(part) = text.split('/').map(trim).find(|part| !is_mobile(part) && !is_landline(part)) else {
        return Verdict::Pass;
    };
    let shown = excerpt(&masked(part), QUOTED);
    let message = say!(
        context.lang,
        "“{shown}”既不是手机号，也不是带区号的固定电话（号码已隐去）",
        "\"{shown}\" is neither a mobile number nor a landline with its area code (digits hidden)"
    );
    Verdict::Fail(Finding::new(&masked(text), message))
}

/// Every letter and digit as a star: numbers and names are personal data.
fn masked(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { '*' } else { c }).collect()
}

fn is_mobile(part: &str) -> bool {
    let part = part.strip_prefix("+86").or_else(|| part.strip_prefix("86")).unwrap_or(part).trim_start_matches(['-', ' ']);
    part.len() == 11 && is_digits(part) && part.starts_with('1') && part.as_bytes().get(1).is_some_and(|b| *b >= b'3')
}

/// Area code and number, with or without a sign between, and an extension behind `-` or `转`.
fn is_landline(part: &str) -> bool {
    let part = part.strip_prefix("+86-").unwrap_or(part);
    let (area, rest) = match part.strip_prefix(['(', '（']) {
        Some(inner) => match inner.split_once([')', '）']) {
            Some((area, rest)) => (area, rest),
            None => return false,
        },
        None => match part.split_once(['-', ' ']) {
            Some((area, rest)) if area.len() <= 4 => (area, rest),
            // Written in one: 3 digits of area code for the largest cities (010, 02x), 4 for the others.
            _ => {
                let width = if part.starts_with("01") || part.starts_with("02") { 3 } else { 4 };
                part.split_at_checked(width).unwrap_or((part, ""))
            }
        },
    };
    let (number, extension) =
        rest.trim_start_matches(['-', ' ']).split_once(['-', '转']).map_or((rest, None), |(n, e)| (n, Some(e)));
    let number = number.trim_start_matches(['-', ' ']);
    let area_is_good = matches!(area.len(), 3 | 4) && is_digits(area) && area.starts_with('0') && !area.starts_with("00");
    let number_is_good = matches!(number.len(), 7 | 8) && is_digits(number) && !number.starts_with('0');
    area_is_good && number_is_good && extension.is_none_or(|e| (1..=EXTENSION).contains(&e.len()) && is_digits(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_what_is_none() {
        let mobile = format!("1{}", "3".repeat(10));
        for (text, good) in [
            (mobile.as_str(), true),
            (&format!("+86{mobile}"), true),
            (&format!("86-{mobile}"), true),
            (&mobile[..10], false),
            (&format!("12{}", &mobile[..9]), false),
            ("0530-0000000", false),
            ("0530-5555555", true),
            ("05305555555", true),
            ("(0530)5555555", true),
            ("（0530）5555555", true),
            ("0530-5555555-801", true),
            ("0530 5555555转801", true),
            ("010-55555555", true),
            ("01055555555", true),
            ("5555555", false),
            ("0530-555555", false),
            ("110", false),
            ("值班室", false),
            ("", false),
        ] {
            assert_eq!(is_mobile(text) || is_landline(text), good, "{text}");
        }
    }

    #[test]
    fn nothing_of_a_number_or_a_name_is_left() {
        assert_eq!(masked("值班室 0530-5555555/x"), "*** ****-*******/*");
    }
}
