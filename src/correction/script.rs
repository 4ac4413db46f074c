//! The script that writes corrections to a platform when its reader runs it. The auditor itself writes to none.
//!
//! What a platform sent goes into the script as JSON in a text literal of a fixed alphabet, so that no name can end it.

use serde::Serialize;

use super::Correction;
use super::layout::{Content, Layout, by_camera, once};
use crate::base::lang::Lang;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::report::Report;

/// The script; `__DATA__` is where the rows go.
const WVP: &str = include_str!("layouts/wvp.py");
/// The line that is replaced.
const DATA: &str = "__DATA__";
/// Most cameras of one script.
pub const MAX_ROWS: usize = 100_000;
/// Characters of a name that is only shown.
const MAX_NAME: usize = 60;

/// The first line of the data.
#[derive(Serialize)]
struct Head<'a> {
    lang: &'a str,
    run: &'a str,
    platform: &'a str,
}

/// One camera.
#[derive(Serialize)]
struct Row<'a> {
    code: &'a str,
    name: String,
    rules: String,
    changes: Vec<Change<'a>>,
}

/// One field of it.
#[derive(Serialize)]
struct Change<'a> {
    field: &'a str,
    number: bool,
    old: &'a str,
    new: &'a str,
}

/// A script, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// Cameras in it.
    pub cameras: usize,
    /// Corrections whose element has no field in the layout, or whose camera has no code to find it by.
    pub without_field: usize,
    /// Cameras left out for [`MAX_ROWS`].
    pub over: usize,
}

/// The script for WVP, for the rows that have a proposal.
#[must_use]
pub fn wvp(report: &Report, layout: &Layout, rows: &[Correction]) -> Script {
    let lang = if report.lang == Lang::Zh { "zh" } else { "en" };
    let head = Head { lang, run: &report.header.run_id, platform: &report.header.platform.name };
    let mut data = literal(&head);
    let (mut cameras, mut without_field, mut over) = (0, 0, 0);
    for (camera, rows) in by_camera(rows) {
        let Some(item) = report.cameras.get(camera).and_then(|c| report.item(c.item)) else { continue };
        let changes: Vec<Change<'_>> = (layout.columns.iter())
            .filter_map(|column| {
                let Content::New(element) = column.content else { return None };
                let row = rows.iter().find(|row| row.element == element)?;
                let new = row.proposed.as_deref()?;
                Some(Change { field: &column.title, number: column.is_number, old: item.sent(element).unwrap_or_default(), new })
            })
            .collect();
        let code = item.id();
        let changed = if code.is_empty() { 0 } else { changes.len() };
        without_field += rows.len() - changed.min(rows.len());
        if changed == 0 {
            continue;
        }
        if cameras == MAX_ROWS {
            over += 1;
            continue;
        }
        cameras += 1;
        let name = excerpt(item.text(Element::Name).unwrap_or_default(), MAX_NAME);
        let rules = once(rows.iter().flat_map(|row| row.rules.iter().copied()), "、", ", ", report.lang);
        data.push('\n');
        data.push_str(&literal(&Row { code, name, rules, changes }));
    }
    Script { text: WVP.replacen(DATA, &data, 1), cameras, without_field, over }
}

/// A value as a line of JSON in a Python text literal. Letters and digits of any script stand as they are; what could
/// end a text, a line or a page, or cannot be seen, is written by its number.
fn literal(value: &impl Serialize) -> String {
    // These structures hold texts and truths only: they always are JSON.
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut text = String::with_capacity(json.len() + 16);
    text.push_str("    \"");
    for c in json.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '<' | '>' | '&' => text.push_str(&format!("\\x{:02x}", u32::from(c))),
            ' '..='~' => text.push(c),
            c if c.is_alphanumeric() => text.push(c),
            c if u32::from(c) <= 0xFFFF => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    text.push_str("\\n\"");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_literal() {
        for hostile in [
            "\"\n\"",
            "'''\"\"\"\\",
            "\\\" + x + \"",
            "\u{2028}\u{2029}\u{85}\r\n\0",
            "</script>",
            "{x}%s\\N{DEL}",
            "\u{202E}东门",
        ] {
            let text = literal(&hostile);
            let inner = text.strip_prefix("    \"").and_then(|t| t.strip_suffix("\\n\"")).unwrap();
            let mut rest = inner.chars();
            while let Some(c) = rest.next() {
                assert!(c != '"' && c != '<' && c != '\n' && (c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric()), "{text}");
                // What follows a backslash is spoken for.
                if c == '\\' {
                    assert!(matches!(rest.next(), Some('"' | '\\' | 'x' | 'u' | 'U')), "{text}");
                }
            }
        }
        assert_eq!(literal(&"东门1 枪机"), "    \"\\\"东门1 枪机\\\"\\n\"");
    }

    #[test]
    fn the_script_has_one_place_for_its_data() {
        assert_eq!(WVP.matches(DATA).count(), 1);
        assert!(WVP.lines().any(|line| line == DATA));
    }
}
