//! Small work on texts that came from outside or go to a person.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Characters that show nothing and change how a text compares: zero-width marks, direction marks, BOM.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

/// Trims blanks, control and invisible characters at both ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    // Nearly every text begins and ends in a character that shows, and this is asked some fifty times an item.
    if begins_plain(text.as_bytes()) && ends_plain(text.as_bytes()) {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Printable ASCII, or the first octet of a character from U+4000 to U+DFFF: Chinese for the most part, no blank among them.
const fn is_plain(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7E | 0xE4..=0xED)
}

fn begins_plain(utf8: &[u8]) -> bool {
    utf8.first().is_some_and(|first| is_plain(*first))
}

fn ends_plain(utf8: &[u8]) -> bool {
    match utf8 {
        [.., last] if last.is_ascii() => is_plain(*last),
        [.., first, _, _] => is_plain(*first) && !first.is_ascii(),
        _ => false,
    }
}

/// Whether nothing readable is in the text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// A text as it may stand in a terminal or a log line: control characters, direction marks and other
/// invisible ones are written as escapes, so that what a platform sent cannot repaint the screen.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// At most `max` characters of the visible form, with an ellipsis where something was cut.
#[must_use]
pub fn excerpt(text: &str, max: usize) -> String {
    let shown = visible(text);
    // A text has no more characters than octets: most need no counting.
    let cut = if shown.len() > max { shown.char_indices().nth(max) } else { None };
    match cut {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}

/// A CSV cell that no spreadsheet takes for a formula.
///
/// Cells that begin with `= + - @`, a tab or a carriage return get an apostrophe in front, the
/// spreadsheets' own mark for "this is text".
#[must_use]
pub fn defuse_cell(text: &str) -> Cow<'_, str> {
    let first = text.trim_start_matches([' ', '\u{3000}', '\u{FEFF}']).chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Pads to `columns` terminal columns; a Chinese character takes two.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(text.width())));
    out
}

/// Pads on the left instead.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    let mut out: String = std::iter::repeat_n(' ', columns.saturating_sub(text.width())).collect();
    out.push_str(text);
    out
}

/// Cuts to `columns` terminal columns.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let mut out = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Hundredths, with two decimals.
#[must_use]
pub fn hundredths(value: u32) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// `1,204`: thousands grouped, for people.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1.2 MB`: an amount of bytes for people, in powers of a thousand, cut.
#[must_use]
pub fn bytes(n: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| n >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", grouped(n / unit), n % unit * 10 / unit),
        None => format!("{n} B"),
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A name as that of one file or folder, on any system: names that others wrote lead nowhere else.
#[must_use]
pub fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let plain: String = name.chars().map(plain).collect();
    if plain.is_empty() || plain.starts_with('.') { format!("_{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_bytes_never_vanish() {
        assert_eq!(
            [0, 999, 1_000, 544_246, 1_999_999, 12_345_600_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "544.2 kB", "1.9 MB", "12.3 GB"]
        );
    }

    #[test]
    fn trims_what_cannot_be_seen() {
        assert_eq!(trim("\u{feff} 3717\u{200b}\r\n"), "3717");
        assert!(is_blank("\u{3000}\u{200b} \t"));
    }

    #[test]
    fn a_hostile_name_cannot_repaint_the_screen() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
        assert_eq!(excerpt("东门东门东门", 4), "东门东门…");
    }

    #[test]
    fn formulas_become_text() {
        for cell in ["=1+1", "+A1", "-1", "@x", "\t=1", " =1", "\u{3000}=1"] {
            assert!(defuse_cell(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(defuse_cell("东门"), "东门");
    }

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(pad("覆盖率", 8), "覆盖率  ");
        assert_eq!(pad_left("9/10", 6), "  9/10");
        assert_eq!(fit("覆盖率覆盖率", 7), "覆盖率…");
    }

    #[test]
    fn groups_thousands() {
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1000, 1_234_567].map(grouped).map(|s| Box::leak(s.into_boxed_str()) as &str)
        );
    }
}
