//! Texts that stand for nothing: factory defaults as data (`data/vendor_default_fingerprints.csv`), the element's own
//! name, and words of software and clerks.

use std::sync::LazyLock;

use regex::Regex;

use crate::base::lang::{Lang, say};
use crate::manscdp::item::Element;

/// Longer texts are no placeholder.
const MAX_BYTES: usize = 64;

enum Pattern {
    Equals(String),
    Regex(Regex),
}

struct Fingerprint {
    id: String,
    element: Element,
    pattern: Pattern,
    zh: String,
    en: String,
}

static FINGERPRINTS: LazyLock<Vec<Fingerprint>> = LazyLock::new(|| {
    let table = include_str!("../data/vendor_default_fingerprints.csv");
    let rows = csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok);
    let read = |row: csv::StringRecord| {
        let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
        let pattern = match row.get(2)? {
            "equals" => Pattern::Equals(text(3)),
            // One that does not compile is found by the test below.
            _ => Pattern::Regex(Regex::new(row.get(3)?).ok()?),
        };
        Some(Fingerprint { id: text(0), element: Element::parse(row.get(1)?)?, pattern, zh: text(4), en: text(5) })
    };
    rows.filter_map(read).collect()
});

/// Words that say nothing.
const WORDS: [&str; 18] = [
    "null",
    "(null)",
    "none",
    "undefined",
    "unknown",
    "n/a",
    "na",
    "nil",
    "default",
    "无",
    "暂无",
    "未知",
    "不详",
    "空",
    "默认",
    "待定",
    "待补充",
    "未填写",
];

/// Octets of the longest of them.
const LONGEST_WORD: usize = 9;

/// A letter most texts begin with: the tables of the others cost more.
const fn is_usual(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '1'..='9' | '\u{4E00}'..='\u{9FFF}')
}

/// Which placeholder a text is.
pub(super) struct Placeholder {
    /// Of the table; empty for words.
    pub(super) id: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Placeholder {
    /// What it is, for people.
    pub(super) fn told(&self, lang: Lang) -> String {
        let Self { id, zh, en } = self;
        if id.is_empty() { say!(lang, "{zh}", "{en}") } else { say!(lang, "{zh}（{id}）", "{en} ({id})") }
    }
}

/// The factory default a trimmed text is.
pub(super) fn fingerprint(element: Element, text: &str) -> Option<Placeholder> {
    // All patterns are ASCII: what people wrote in Chinese costs nothing.
    if text.len() > MAX_BYTES || !text.is_ascii() {
        return None;
    }
    let matches = |f: &&Fingerprint| match &f.pattern {
        Pattern::Equals(pattern) => pattern.eq_ignore_ascii_case(text),
        Pattern::Regex(regex) => regex.is_match(text),
    };
    let found = FINGERPRINTS.iter().filter(|f| f.element == element).find(matches)?;
    Some(Placeholder { id: &found.id, zh: &found.zh, en: &found.en })
}

/// The placeholder a trimmed text is.
pub(super) fn of(element: Element, text: &str) -> Option<Placeholder> {
    let word = |zh, en| Some(Placeholder { id: "", zh, en });
    match () {
        () if text.len() > MAX_BYTES => None,
        () if text.eq_ignore_ascii_case(element.name()) => word("元素名被当作值", "the name of the element"),
        () if text.len() <= LONGEST_WORD && WORDS.iter().any(|w| w.eq_ignore_ascii_case(text)) => {
            word("没有内容的词", "a word that says nothing")
        }
        () if !text.starts_with(is_usual) && text.chars().all(|c| c == '0' || !c.is_alphanumeric()) => {
            word("只有符号或 0", "only signs or zeros")
        }
        () => fingerprint(element, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let table = include_str!("../data/vendor_default_fingerprints.csv");
        assert_eq!(FINGERPRINTS.len() + 1, table.lines().count());
    }

    #[test]
    fn placeholders_are_told_from_values() {
        let id = |element, text| of(element, text).map(|p| p.id);
        for (element, text, expected) in [
            (Element::Address, "axy", Some("V08")),
            (Element::Address, "192.168.1.64", Some("V09")),
            (Element::Address, "ADDRESS", Some("")),
            (Element::Address, "--", Some("")),
            (Element::Address, "暂无", Some("")),
            (Element::Address, "伯乐大街 192 号", None),
            (Element::Model, "IP Camera", Some("V15")),
            (Element::Model, "DS-2CD3T46", None),
            (Element::Model, "000", Some("")),
            (Element::ManagementUnit, "axy", None),
        ] {
            assert_eq!(id(element, text), expected, "{text}");
        }
        assert!(of(Element::Address, "null").unwrap().told(Lang::En).contains("nothing"));
        assert!(of(Element::Address, "axy").unwrap().told(Lang::Zh).contains("V08"));
    }
}
