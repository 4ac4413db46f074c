//! 画面查看表: pictures a person has looked at and found to be live, so that they prove something again. Pure.
//!
//! A row names a code, who looked and when. It holds for pictures taken up to its last day: a person who looked at a wall in March
//! says nothing of it in December.

use super::AssessError;
use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, trim};
use crate::base::time::Timestamp;
use crate::evidence::Header;
use crate::evidence::compared::REVIEWED;

/// Octets of a table.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Rows of a table.
const MAX_ROWS: usize = 100_000;
/// How long a row without a last day of its own holds, days.
const HOLDS_DAYS: i64 = 90;

/// What is wrong, with its line.
pub type Wrong = (usize, String);

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its line.
    pub line: usize,
    /// The camera's code.
    pub code: String,
    /// Who looked.
    pub reviewer: String,
    /// When, `2026-11-25`.
    pub date: String,
    /// The last day it holds.
    pub until: String,
    /// What was seen.
    pub note: String,
    /// The key position that was seen; empty: the row only says that the picture is live.
    pub position: String,
}

/// The columns, by what they may be called; the last three may be absent.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("设备编码", &["设备编码", "编码", "device_id", "code", "device code"]),
    ("查看人", &["查看人", "reviewer"]),
    ("日期", &["日期", "查看日期", "date"]),
    ("有效期", &["有效期", "有效期至", "until"]),
    ("说明", &["说明", "备注", "note"]),
    ("点位编号", &["点位编号", "点位", "position_id", "position"]),
];
/// Columns that have to be there.
const REQUIRED: usize = 3;

/// Reads a table.
///
/// # Errors
/// In the user's language: the first thing that is wrong, on which line, and what to write instead.
pub fn parse(octets: &[u8], lang: Lang) -> Result<Vec<Review>, Wrong> {
    if octets.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES / (1024 * 1024);
        return Err((0, say!(lang, "超过 {limit} MB", "over {limit} MB")));
    }
    let text = charset::decode(octets, None, None).text;
    let text = text.trim_start_matches('\u{FEFF}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let line_of = |position: Option<&csv::Position>| position.map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
    let unreadable = |e: &csv::Error| (line_of(e.position()), say!(lang, "不是正确的 CSV：{e}", "not valid CSV: {e}"));
    let headers = reader.headers().map_err(|e| unreadable(&e))?.clone();
    let place = |names: &[&str]| headers.iter().position(|h| names.iter().any(|n| n.eq_ignore_ascii_case(trim(h))));
    let places = COLUMNS.map(|(_, names)| place(names));
    if places.iter().take(REQUIRED).any(Option::is_none) {
        let found = excerpt(&headers.iter().collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str()), 200);
        return Err((
            1,
            say!(
                lang,
                "表头应有 设备编码、查看人、日期（可有 有效期、说明、点位编号），现有：{found}",
                "the header must have device_id, reviewer, date (and may have until, note, position_id); there are: {found}"
            ),
        ));
    }
    let mut reviews = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|e| unreadable(&e))?;
        let line = line_of(record.position());
        if record.iter().all(|cell| trim(cell).is_empty()) {
            continue;
        }
        let [code, reviewer, date, until, note, position] =
            places.map(|place| place.and_then(|p| record.get(p)).map(trim).unwrap_or_default());
        reviews.push(review(line, [code, reviewer, date, until, note, position], lang).map_err(|message| (line, message))?);
        if reviews.len() > MAX_ROWS {
            return Err((line, say!(lang, "超过 {MAX_ROWS} 行", "over {MAX_ROWS} rows")));
        }
    }
    Ok(reviews)
}

fn review(line: usize, [code, reviewer, date, until, note, position]: [&str; 6], lang: Lang) -> Result<Review, String> {
    // An apostrophe keeps a spreadsheet from making a number of it.
    let code = code.trim_start_matches('\'');
    if code.is_empty() || code.contains(['*', '?']) {
        return Err(say!(
            lang,
            "设备编码须写全，逐路查看，不用通配符",
            "write the whole device code: each camera is looked at by itself"
        ));
    }
    if reviewer.is_empty() {
        return Err(say!(lang, "缺少查看人", "the reviewer is missing"));
    }
    let wrong = |text: &str| {
        let text = excerpt(text, 40);
        say!(lang, "日期 \"{text}\" 应写作 2026-11-25", "the date \"{text}\" must be written 2026-11-25")
    };
    let from = day(date).ok_or_else(|| wrong(date))?;
    let until =
        if until.is_empty() { Some(from.plus_seconds(HOLDS_DAYS * 86_400)) } else { day(until) }.ok_or_else(|| wrong(until))?;
    if until < from {
        return Err(say!(lang, "有效期早于查看日期", "until is before the date"));
    }
    let shown = |at: Timestamp| at.beijing("%Y-%m-%d");
    Ok(Review {
        line,
        code: code.to_owned(),
        reviewer: excerpt(reviewer, 80),
        date: shown(from),
        until: shown(until),
        note: excerpt(note, 200),
        position: excerpt(position, 80),
    })
}

/// `2026-11-25`, also as spreadsheets write it: `2026/11/5`.
fn day(text: &str) -> Option<Timestamp> {
    let mut parts = text.split(['-', '/', '.']);
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    if parts.next().is_some() {
        return None;
    }
    Timestamp::from_beijing_date(&format!("{year:04}-{month:02}-{day:02}"))
}

/// The rows that stand in a run's evidence, with the file's name; nothing where none were given.
///
/// # Errors
/// When the table in the evidence cannot be read.
pub fn of(header: &Header, lang: Lang) -> Result<Option<(String, Vec<Review>)>, AssessError> {
    let Some(table) = header.tables_of(REVIEWED).next() else { return Ok(None) };
    let wrong = |(line, message)| AssessError::Table { name: table.name.clone(), line, message };
    Ok(Some((table.name.clone(), parse(table.text.as_bytes(), lang).map_err(wrong)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_people_write_them() {
        let text = "\u{FEFF}设备编码,查看人,日期,有效期,说明\n37172300011320000001,甲,2026-11-25,,两路同杆\n\
                    '37172300011320000002,乙,2026/1/5,2026/12/31,\n,,,,\n";
        let read = parse(text.as_bytes(), Lang::Zh).unwrap();
        let shown: Vec<_> = read.iter().map(|r| (r.line, &r.code[18..], r.date.as_str(), r.until.as_str())).collect();
        assert_eq!(shown, [(2, "01", "2026-11-25", "2027-02-23"), (3, "02", "2026-01-05", "2026-12-31")]);
        let english = parse(b"device_id\treviewer\tdate\n1\tx\t2026-11-25\n", Lang::En).unwrap();
        assert_eq!(english.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, said) in [
            ("code,who\n", 1, "the header must have device_id, reviewer, date"),
            ("code,reviewer,date\n3717*,x,2026-11-25\n", 2, "write the whole device code"),
            ("code,reviewer,date\n1,,2026-11-25\n", 2, "the reviewer is missing"),
            ("code,reviewer,date\n1,x,yesterday\n", 2, "must be written 2026-11-25"),
            ("code,reviewer,date\n1,x,2026-02-30\n", 2, "must be written 2026-11-25"),
            ("code,reviewer,date,until\n1,x,2026-11-25,2026-11-24\n", 2, "until is before the date"),
        ] {
            let (at, message) = parse(text.as_bytes(), Lang::En).unwrap_err();
            assert!(at == line && message.contains(said), "{text:?}: {at} {message}");
        }
    }
}
