//! `N05`

use crate::manscdp::item::Element;
use crate::rules::context::tidy_name;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称含有非法字符
    /// ## 查什么
    /// 名称中没有控制字符和不可见字符、`& < > " ' \ / : * ? |`、全角字母数字和标点、私用区字符；首尾没有空格，中间没有连续空格。
    /// 口径的 name_allow 中的字符除外，默认是全角括号（）。默认只作提示。
    /// ## 为什么
    /// 看不见的字符使两个看似相同的名称查不到一起；XML 和文件名的保留字符在导出、截图和录像命名时会出错。
    /// ## 依据
    /// 地方要求：各地的名称规则；国标没有规定名称的字符。
    /// ## 示例
    /// 提示：`东门１号`、` 东门枪机`、`东门/枪机`。对：`东门1号枪机`。
    /// ## 怎么改
    /// 只涉及空格、全角和不可见字符的，建议值可直接采用；含有其他符号的，请改用文字或连接号。
    ///
    /// # The name has characters it should not have
    /// ## What it checks
    /// The name has no control or invisible character, none of `& < > " ' \ / : * ? |`, no full-width letter, digit or
    /// sign and no character of private use; no blank at an end and no two in a row. Characters of name_allow in the
    /// profile are let pass, by default the full-width brackets （）. A remark only, by default.
    /// ## Why it matters
    /// Characters nobody sees keep two names that look alike apart; what XML and file names reserve breaks exports,
    /// snapshots and recordings named after the camera.
    /// ## Source
    /// Local rules: those of cities on names; the standard names no characters.
    /// ## Examples
    /// Remarked: `东门１号`, ` 东门枪机`, `东门/枪机`. Right: `东门1号枪机`.
    /// ## How to put it right
    /// Where only blanks, widths and invisible characters are concerned the proposal can be taken over as it is; write
    /// words or a dash instead of other signs.
    N05 {
        field: Name, elements: [Name], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(6), basis: Local, autofix: Safe,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::Name).unwrap_or_default();
    let allow = context.profile.name_allow.as_str();
    if crate::base::text::is_blank(sent) {
        // Nothing stands there: N01.
        return Verdict::Exempt;
    }
    let Some(wrong) = first(sent, allow) else { return Verdict::Pass };
    let tidy = tidy_name(sent, |c| allow.contains(c));
    let proposal = first(&tidy, allow).is_none().then(|| tidy.into_owned());
    let message = match wrong {
        Wrong::Blank => say!(context.lang, "名称首尾有空格或中间有连续空格", "blanks stand at an end of the name or in a row"),
        Wrong::Character(c) => {
            let shown = crate::base::text::excerpt(&c.to_string(), 12);
            say!(context.lang, "名称含有“{shown}”", "the name has \"{shown}\"")
        }
    };
    Verdict::Fail(Finding::new(sent, message).propose(Element::Name, proposal))
}

enum Wrong {
    Blank,
    Character(char),
}

/// What is wrong first with a name as sent: the classes `charset` and `spacing` of `name_lint_patterns.csv`.
fn first(name: &str, allow: &str) -> Option<Wrong> {
    if name.bytes().all(is_of_plain) {
        return None;
    }
    let mut before = ' ';
    for c in name.chars() {
        if c.is_whitespace() && before.is_whitespace() {
            return Some(Wrong::Blank);
        }
        if is_wrong(c) && !allow.contains(c) {
            return Some(Wrong::Character(c));
        }
        before = c;
    }
    (!name.is_empty() && before.is_whitespace()).then_some(Wrong::Blank)
}

/// An octet of a character that is never wrong: ASCII letters and digits, hyphen and full stop, and U+4000 to U+9FFF.
const fn is_of_plain(octet: u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | 0x80..=0xBF | 0xE4..=0xE9)
}

const fn is_wrong(c: char) -> bool {
    matches!(c, '\0'..='\x1F' | '\x7F' | '\u{80}'..='\u{9F}' | '\u{FFFD}')
        || crate::base::text::is_invisible(c)
        || matches!(c, '&' | '<' | '>' | '"' | '\'' | '\\' | '/' | ':' | '*' | '?' | '|')
        || matches!(c, '\u{FF01}'..='\u{FF5E}' | '\u{3000}' | '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Option<String> {
        first(name, "（）").map(|wrong| match wrong {
            Wrong::Blank => "blank".to_owned(),
            Wrong::Character(c) => c.to_string(),
        })
    }

    #[test]
    fn the_first_wrong_character_is_named() {
        for (name, wrong) in [
            ("东门枪机", None),
            ("幸福小区（北门） 枪机-1#", None),
            ("", None),
            (" 东门", Some("blank")),
            ("东门 ", Some("blank")),
            ("东  门", Some("blank")),
            ("东门１号", Some("１")),
            ("东门\u{200B}", Some("\u{200B}")),
            ("东门\u{7}", Some("\u{7}")),
            ("A&B", Some("&")),
            ("东门\u{E001}", Some("\u{E001}")),
        ] {
            assert_eq!(found(name).as_deref(), wrong, "{name:?}");
        }
        assert!(first("东门：１", "：").is_some() && first("东门：1", "：").is_none());
    }

    #[test]
    fn the_tables_own_patterns_agree() {
        let table = include_str!("../data/name_lint_patterns.csv");
        let rows: Vec<_> = csv::Reader::from_reader(table.as_bytes()).into_records().map(Result::unwrap).collect();
        let patterns: Vec<_> = rows
            .iter()
            .filter(|row| matches!(&row[1], "charset" | "spacing"))
            .map(|row| regex::Regex::new(&row[2]).unwrap())
            .collect();
        assert_eq!(patterns.len(), 6);
        let all = (0..0x3_0000_u32).filter_map(char::from_u32);
        for c in all.filter(|c| !c.is_whitespace()) {
            let name = format!("东{c}门");
            let by_table = patterns.iter().any(|p| p.is_match(&name));
            // Beside the table: the second block of controls and what else nobody sees.
            let more = matches!(c, '\u{80}'..='\u{9F}') || crate::base::text::is_invisible(c);
            assert_eq!(first(&name, "").is_some(), by_table || more, "{c:?}");
        }
    }
}
