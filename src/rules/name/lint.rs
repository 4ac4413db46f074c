//! Bad-name patterns, as data: `data/name_lint_patterns.csv`.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

/// The class of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Class {
    /// A factory default.
    VendorDefault,
    /// A code instead of a name.
    Code,
    /// An address instead of a name.
    Address,
    /// Says nothing.
    Meaningless,
}

struct Patterns {
    set: RegexSet,
    of: Vec<(String, Class)>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut of = Vec::new();
    let table = include_str!("../data/name_lint_patterns.csv");
    for row in csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok) {
        let class = match row.get(1) {
            Some("vendor_default") => Class::VendorDefault,
            Some("meaningless") => Class::Meaningless,
            Some("address_as_name") => Class::Address,
            Some("code_as_name") => Class::Code,
            // The other classes belong to rules that are advice.
            _ => continue,
        };
        let Some(pattern) = row.get(2).filter(|p| !p.starts_with("fn:")) else { continue };
        patterns.push(pattern.to_owned());
        of.push((row.get(0).unwrap_or_default().to_owned(), class));
    }
    // A table that does not compile is found by the test below; then nothing matches.
    Patterns { set: RegexSet::new(patterns).unwrap_or_else(|_| RegexSet::empty()), of }
});

/// All patterns of this file in one: most names match none, and are gone through once to see that. `None` where they do
/// not compile together.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let all = PATTERNS.set.patterns().iter().map(String::as_str).chain(MARKS.iter().map(Regex::as_str));
    Regex::new(&all.map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|")).ok()
});

/// Whether a normalised name may match a pattern or bear a mark.
pub(super) fn may_match(name: &str) -> bool {
    ANY.as_ref().is_none_or(|any| any.is_match(name))
}

/// The most telling pattern a normalised name matches, where it may match one.
pub(super) fn first(name: &str, may_match: bool) -> Option<(&'static str, Class)> {
    if may_match {
        let patterns = &*PATTERNS;
        let hits = patterns.set.matches(name).into_iter().filter_map(|i| patterns.of.get(i));
        if let Some((id, class)) = hits.min_by_key(|(_, class)| *class) {
            return Some((id, *class));
        }
    }
    // L14, a built-in of the table: one character over and over.
    let mut chars = name.chars();
    let head = chars.next()?;
    (name.len() > head.len_utf8() && chars.all(|c| c == head)).then_some(("L14", Class::Meaningless))
}

/// Words that mark a test or a device out of use: the classes `test` and `lifecycle` of the table.
static MARKS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let table = include_str!("../data/name_lint_patterns.csv");
    let rows = csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok);
    rows.filter(|row| matches!(row.get(1), Some("test" | "lifecycle"))).filter_map(|row| Regex::new(row.get(2)?).ok()).collect()
});

/// The word in a normalised name that marks it as a test or as out of use.
pub(super) fn mark(name: &str) -> Option<&str> {
    MARKS.iter().find_map(|pattern| pattern.find(name)).map(|found| found.as_str().trim_matches(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_own_examples_match_their_class() {
        let table = include_str!("../data/name_lint_patterns.csv");
        let mut checked = 0;
        for row in csv::Reader::from_reader(table.as_bytes()).into_records().map(Result::unwrap) {
            let class = match &row[1] {
                "vendor_default" => Class::VendorDefault,
                "meaningless" => Class::Meaningless,
                "address_as_name" => Class::Address,
                "code_as_name" => Class::Code,
                _ => continue,
            };
            let found = first(&row[3], may_match(&row[3])).map(|(_, class)| class);
            assert_eq!(found, Some(class), "{} {}", &row[0], &row[3]);
            checked += 1;
        }
        assert_eq!(checked, 17);
    }

    #[test]
    fn marks_of_tests_and_of_devices_out_of_use() {
        for (name, found) in [
            ("测试1号球机", Some("测试")),
            ("东门枪机(备用)", Some("备用")),
            ("Gate test 2", Some("test")),
            ("contest", None),
            ("离线", Some("离线")),
            ("幸福小区东门枪机", None),
        ] {
            assert_eq!(mark(name), found, "{name}");
        }
        assert_eq!(MARKS.len(), 2);
    }

    #[test]
    fn ordinary_names_pass() {
        for name in ["成武县伯乐大街与永昌路交叉口枪机1", "东门", "3号楼2单元", "幸福小区北门车行入口", "D区停车场"]
        {
            assert_eq!(first(name, may_match(name)), None, "{name}");
        }
    }
}
