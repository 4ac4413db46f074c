//! CSV tables: read for judging, and looked at when they are taken in.

use std::borrow::Cow;

use super::canonical::{Canonical, ROW_HEADER, too_much};
use super::columns::{Columns, Layout, Use};
use super::grid::{Grid, MAX_GRID_CELLS};
use super::spreadsheet::MAX_ROWS;
use super::{HEADER_WITHIN_ROWS, Intake, MAX_CELL_BYTES, MAX_COLUMNS, no_code_column, too_many_columns};
use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::base::text::is_blank;
use crate::manscdp::item::{Element, ItemBuilder, RawItem};

/// Line breaks in a cell; more is a quotation mark nobody closed.
const MAX_CELL_BREAKS: usize = 3;

/// Where it went wrong and what to do: the line, and a sentence.
type Wrong = (usize, String);

/// The rows of a table.
#[derive(Debug, Default)]
pub struct Rows {
    /// The items.
    pub items: Vec<RawItem>,
    /// Where each stood in the original, from 1: the row of the sheet, the line of the file, the number of the object.
    pub numbers: Vec<u64>,
}

/// A table whose header was found; the reader stands behind it.
struct Open<'t> {
    reader: csv::Reader<&'t [u8]>,
    layout: Layout,
    /// The first column says the rows of the original: a table we wrote.
    numbered: bool,
}

fn open<'t>(text: &'t str, columns: &Columns, lang: Lang) -> Result<Open<'t>, Wrong> {
    let separator = separator_of(text);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let (mut record, mut first, mut shown) = (csv::StringRecord::new(), true, Vec::new());
    for _ in 0..HEADER_WITHIN_ROWS {
        if !reader.read_record(&mut record).map_err(|e| told(&e, lang))? {
            break;
        }
        if record.iter().all(is_blank) {
            continue;
        }
        if let Some(layout) = Layout::of(record.iter().take(MAX_COLUMNS), first, columns) {
            if record.iter().skip(MAX_COLUMNS).any(|cell| !is_blank(cell)) {
                return Err((line(&record, text), too_many_columns(lang)));
            }
            if let Some(line) = open_quote(text, separator) {
                return Err((line, unpaired(lang)));
            }
            let numbered = record.get(0) == Some(ROW_HEADER);
            return Ok(Open { reader, layout, numbered });
        }
        if shown.is_empty() {
            shown = record.iter().map(ToOwned::to_owned).collect();
        }
        first = false;
    }
    match open_quote(text, separator) {
        Some(line) => Err((line, unpaired(lang))),
        None => Err((1, no_code_column(shown.iter().map(String::as_str), lang))),
    }
}

/// The separator, by the lines around the header.
fn separator_of(text: &str) -> u8 {
    let head = || text.lines().take(HEADER_WITHIN_ROWS);
    let many = |c: char| head().map(|line| line.matches(c).count()).max().unwrap_or(0);
    // Of as many the comma, then the tab. In our own tables a cell may hold more semicolons than there are columns.
    let separators: &[char] = if is_ours(text.as_bytes()) { &[','] } else { &[';', '\t', ','] };
    let separator = separators.iter().copied().max_by_key(|c| many(*c)).unwrap_or(',');
    u8::try_from(separator).unwrap_or(b',')
}

/// A CSV table held whole, its rows as they stand, for tables that go back to the user with something filled in.
///
/// # Errors
/// In the user's language: what is wrong and on which line.
pub fn grid_from_csv(octets: &[u8], lang: Lang) -> Result<Grid, Wrong> {
    let text = &*text_of(octets);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let separator = separator_of(text);
    if let Some(line) = open_quote(text, separator) {
        return Err((line, unpaired(lang)));
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut grid = Grid { visible: true, ..Grid::default() };
    let (mut record, mut room) = (csv::StringRecord::new(), MAX_GRID_CELLS);
    let mut expected = 1;
    while next(&mut reader, &mut record, text, lang)? {
        let here = line(&record, text);
        // The reader skips empty lines; a row has to be found again by its number.
        let empty = here.saturating_sub(expected).min((MAX_ROWS as usize).saturating_sub(grid.rows.len()));
        grid.rows.resize_with(grid.rows.len() + empty, Vec::new);
        expected = here + 1 + record.iter().flat_map(str::bytes).filter(|b| *b == b'\n').count();
        if record.iter().skip(MAX_COLUMNS).any(|cell| !is_blank(cell)) {
            return Err((here, too_many_columns(lang)));
        }
        if grid.rows.len() >= MAX_ROWS as usize {
            return Err((here, say!(lang, "超过 {MAX_ROWS} 行，请分成几个文件", "over {MAX_ROWS} rows, split it")));
        }
        room = room.checked_sub(record.len().min(MAX_COLUMNS) + 1).ok_or_else(|| (here, too_much(lang)))?;
        grid.rows.push(record.iter().take(MAX_COLUMNS).map(ToOwned::to_owned).collect());
    }
    Ok(grid)
}

/// Whether a table is one we wrote.
fn is_ours(octets: &[u8]) -> bool {
    octets.strip_prefix(ROW_HEADER.as_bytes()).is_some_and(|rest| rest.starts_with(b","))
}

/// The text of a table: by content, and UTF-8 where it is ours.
fn text_of(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) if is_ours(octets) => Cow::Borrowed(text),
        _ => charset::decode(octets, None, None).text,
    }
}

/// Reads the next record, `false` at the end.
fn next(reader: &mut csv::Reader<&[u8]>, record: &mut csv::StringRecord, text: &str, lang: Lang) -> Result<bool, Wrong> {
    if !reader.read_record(record).map_err(|e| told(&e, lang))? {
        return Ok(false);
    }
    // Our own tables are paired, and a cell of a workbook may have as many lines as it likes.
    if !is_ours(text.as_bytes()) && record.iter().any(|cell| cell.bytes().filter(|b| *b == b'\n').count() > MAX_CELL_BREAKS) {
        return Err((line(record, text), unpaired(lang)));
    }
    if record.iter().any(|cell| cell.len() > MAX_CELL_BYTES) {
        return Err((line(record, text), super::cell_too_long(lang)));
    }
    Ok(true)
}

/// Reads a table of the evidence. Charset by content, separator by the lines around the header.
///
/// # Errors
/// In the user's language: what is wrong, on which line, and what to write instead.
pub fn rows_from_csv(octets: &[u8], lang: Lang) -> Result<Rows, Wrong> {
    let text = &*text_of(octets);
    let Open { mut reader, layout, numbered } = open(text, &Columns::default(), lang)?;
    // For each element its columns, the one that stands first.
    let mut picks: Vec<(Element, Vec<(u32, usize)>)> = Vec::new();
    for (number, used) in layout.uses.iter().enumerate() {
        if let Some(Use::Element(element, rank)) = used {
            match picks.iter_mut().find(|(e, _)| e == element) {
                Some((_, columns)) => columns.push((*rank, number)),
                None => picks.push((*element, vec![(*rank, number)])),
            }
        }
    }
    picks.iter_mut().for_each(|(_, columns)| columns.sort_unstable());
    let mut rows = Rows::default();
    let (mut record, mut builder) = (csv::StringRecord::new(), ItemBuilder::default());
    while next(&mut reader, &mut record, text, lang)? {
        if record.iter().skip(usize::from(numbered)).all(is_blank) {
            continue;
        }
        builder.clear();
        for (element, columns) in &picks {
            let cells = || columns.iter().filter_map(|(_, number)| record.get(*number));
            let cell = cells().find(|cell| !is_blank(cell)).or_else(|| cells().next()).unwrap_or_default();
            // An empty cell is an absent element; spreadsheets put an apostrophe before text cells.
            if !cell.is_empty() {
                builder.push_known(*element, false, cell.strip_prefix('\'').unwrap_or(cell));
            }
        }
        let own = if numbered { record.get(0).and_then(|n| n.parse().ok()) } else { None };
        rows.items.push(builder.finish(false));
        rows.numbers.push(own.unwrap_or(line(&record, text) as u64));
    }
    Ok(rows)
}

/// Takes a CSV table in. It stays as it is, to the octet, unless it holds passwords or is read by names of the user's.
pub(super) fn take(octets: Vec<u8>, name: &str, columns: &Columns, lang: Lang, into: &mut Intake) -> Result<(), Problem> {
    let (table, layout) =
        look(&octets, columns, lang).map_err(|(line, message)| Problem { file: name.to_owned(), line, message })?;
    table.finish(name.to_owned(), &layout, octets, into);
    Ok(())
}

fn look(octets: &[u8], columns: &Columns, lang: Lang) -> Result<(Canonical, Layout), Wrong> {
    let text = &*text_of(octets);
    let Open { mut reader, layout, .. } = open(text, columns, lang)?;
    let mut table = Canonical::new(columns.has_own() || layout.secret.contains(&true), &layout);
    let mut record = csv::StringRecord::new();
    while next(&mut reader, &mut record, text, lang)? {
        for ((used, secret), cell) in layout.uses.iter().zip(&layout.secret).zip(record.iter()) {
            if *secret && !is_blank(cell) {
                table.hide();
            }
            if let Some(used) = used {
                table.put(*used, cell, false);
            }
        }
        let line = line(&record, text);
        table.end_row(line as u64, lang).map_err(|message| (line, message))?;
    }
    Ok((table, layout))
}

/// The line a record stands on. Its position is that of the blank lines before it, if there are some.
fn line(record: &csv::StringRecord, text: &str) -> usize {
    let Some(position) = record.position() else { return 0 };
    let before = usize::try_from(position.byte()).ok().and_then(|at| text.as_bytes().get(at..)).unwrap_or_default();
    let blank = before.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    usize::try_from(position.line()).unwrap_or(0) + blank
}

fn unpaired(lang: Lang) -> String {
    say!(
        lang,
        "单元格里的引号没有配对，其后的行会被吞掉；请补上引号，或把单元格中的 \" 写成 \"\"",
        "a quotation mark in a cell is not paired and would swallow the lines behind it; close it, or write \" as \"\""
    )
}

/// The line of a quoted cell that never ends.
fn open_quote(text: &str, separator: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut from, mut opened) = (0, None);
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr(b'"', rest)) {
        let here = from + found;
        from = here + 1;
        let at_start = || here.checked_sub(1).and_then(|b| bytes.get(b)).is_none_or(|b| *b == separator || *b == b'\n');
        match opened {
            Some(_) if bytes.get(from) == Some(&b'"') => from += 1,
            Some(_) => opened = None,
            None if at_start() => opened = Some(here),
            None => (),
        }
    }
    opened.map(|at| 1 + memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count())
}

fn told(error: &csv::Error, lang: Lang) -> Wrong {
    let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
    (line, say!(lang, "不是正确的 CSV：{error}", "not valid CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::charset::Charset;
    use crate::base::oddity;

    fn items(octets: &[u8]) -> Result<Vec<RawItem>, Wrong> {
        rows_from_csv(octets, Lang::Zh).map(|rows| rows.items)
    }

    fn taken(text: &str, own: &str) -> Intake {
        let columns = Columns::parse("columns.csv", own.as_bytes(), Lang::Zh).unwrap();
        let mut into = Intake::default();
        take(text.as_bytes().to_vec(), "t.csv", &columns, Lang::Zh, &mut into).unwrap();
        into
    }

    fn text(into: &Intake) -> &str {
        std::str::from_utf8(&into.sheets[0].octets).unwrap()
    }

    #[test]
    fn a_table_in_chinese_or_english_in_either_charset() {
        let table = "设备编码,设备名称,行政区划（6位）,经度,纬度,备注\n37172300011320000001,成武县东门枪机,371723,115.889600,34.952800,x\n,,,,,\n";
        for octets in [table.as_bytes().to_vec(), Charset::Gb18030.encode(table)] {
            let items = items(&octets).unwrap();
            assert_eq!(items.len(), 1);
            assert_eq!(items[0].get(Element::Name), Some("成武县东门枪机"));
            assert_eq!(items[0].get(Element::Longitude), Some("115.889600"));
        }
        let items = items(b"DeviceID\tName\tStatus\n'37172300011320000001\tx\tON\n").unwrap();
        assert_eq!(items[0].get(Element::DeviceID), Some("37172300011320000001"));
    }

    #[test]
    fn the_header_may_stand_below_titles() {
        let table = "成武县摄像机台账;;\n;;\n填报单位：公安局;2026年;\n设备编码;设备名称;行政区划\n1;东门;371723\n";
        let rows = rows_from_csv(table.as_bytes(), Lang::Zh).unwrap();
        assert_eq!(rows.items[0].get(Element::CivilCode), Some("371723"));
        assert_eq!(rows.numbers, [5]);
        let into = taken(table, "");
        assert_eq!((text(&into), into.rows), (table, 1));
        let deep = format!("{}设备编码,设备名称\n1,x\n", "标题,\n".repeat(HEADER_WITHIN_ROWS));
        assert!(items(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_table_without_codes_says_what_to_write() {
        let (line, message) = items("序号,名称\n1,x\n".as_bytes()).unwrap_err();
        assert_eq!(line, 1);
        assert!(message.contains("设备编码") && message.contains("序号、名称"), "{message}");
    }

    #[test]
    fn more_columns_than_the_limit_are_refused() {
        let header: Vec<String> = (0..=MAX_COLUMNS).map(|n| format!("列{n}")).collect();
        let table = format!("设备编码,{}\n", header.join(","));
        assert!(items(table.as_bytes()).unwrap_err().1.contains("256"));
    }

    #[test]
    fn a_cell_longer_than_a_spreadsheets_is_refused() {
        let table = format!("设备编码,设备名称\n1,{}\n", "x".repeat(MAX_CELL_BYTES + 1));
        assert_eq!(items(table.as_bytes()).unwrap_err().0, 2);
    }

    #[test]
    fn a_password_column_leaves_only_presence() {
        let items = items("设备编码,设备口令\n1,secret\n".as_bytes()).unwrap();
        assert_eq!(items[0].get(Element::Password), Some("*"));
    }

    #[test]
    fn a_quotation_mark_nobody_closed_is_named_and_swallows_nothing() {
        let row = |n: u32, name: &str| format!("3717230001132{n:07},{name},371723\n");
        let table = |name: &str| {
            let rows: String = (1..=10).map(|n| if n == 5 { row(n, name) } else { row(n, "东门") }).collect();
            format!("设备编码,名称,行政区划\n{rows}")
        };
        let (line, message) = items(table("\"东门").as_bytes()).unwrap_err();
        assert_eq!(line, 6);
        assert!(message.contains("引号"), "{message}");
        for closed in ["\"东\"\"门\"", "东\"门", "\"东\n门\""] {
            assert_eq!(items(table(closed).as_bytes()).unwrap().len(), 10, "{closed}");
        }
        let closed_later = table("\"东门").replace("0000010,东门", "0000010,\"东门\"");
        assert!(items(closed_later.as_bytes()).is_err());
        assert_eq!(items("\"设备编码,名称\n1,x\n".as_bytes()).unwrap_err().0, 1);
    }

    #[test]
    fn every_column_of_passwords_is_masked_and_only_tables_with_one_change() {
        for name in ["密码", "设备密码", "口令", "Password", "admin_pwd"] {
            let into = taken(&format!("设备编码,{name}\n1,secret\n2,\n"), "");
            assert!(into.masked == 1 && !text(&into).contains("secret"), "{name}: {}", text(&into));
        }
        let into = taken("设备编码,设备口令,名称\n1,secret,a\n\n2,,b\n3,x,\"c,d\"\n", "");
        assert_eq!(text(&into), "#row,DeviceID,Password,Name\n2,1,*,a\n4,2,,b\n5,3,*,\"c,d\"\n");
        let rows = rows_from_csv(text(&into).as_bytes(), Lang::Zh).unwrap();
        assert_eq!((rows.items[2].get(Element::Name), rows.numbers), (Some("c,d"), vec![2, 4, 5]));
        let plain = Charset::Gb18030.encode("设备编码;名称\r\n1;x\r\n");
        let mut into = Intake::default();
        take(plain.clone(), "t.csv", &Columns::default(), Lang::Zh, &mut into).unwrap();
        assert_eq!((&into.sheets[0].octets, into.masked), (&plain, 0));
    }

    #[test]
    fn names_of_the_users_own_are_written_as_elements() {
        let into = taken("点位号,叫法,设备名称\n1,东门,x\n", "点位号,DeviceID\n叫法,Name\n");
        assert_eq!(text(&into), "#row,DeviceID,Name\n2,1,东门\n");
        let note = into.notes.iter().find(|n| n.kind == oddity::COLUMN_TWICE).unwrap();
        assert_eq!((note.count, note.detail.as_str()), (1, "Name: 叫法 > 设备名称"));
    }

    #[test]
    fn of_two_columns_of_one_element_the_first_by_name_stands() {
        let table = "编码,国标编码,设备名称\nA1,37172300011320000001,x\nA2,,y\n";
        let items = items(table.as_bytes()).unwrap();
        assert_eq!(items.iter().map(|i| i.get(Element::DeviceID).unwrap()).collect::<Vec<_>>(), ["37172300011320000001", "A2"]);
        let into = taken(table, "");
        assert_eq!(into.notes[0].detail, "DeviceID: 国标编码 > 编码");
        assert_eq!(text(&into), table);
    }

    #[test]
    fn our_own_table_is_read_whatever_its_cells_hold() {
        let ours = "#row,DeviceID,Name\n2,1,\"a;b;c;d;e\n\n\n\n\n东\tx\ty\tz\"\n3,2,\"\"\"\"\n";
        let items = items(ours.as_bytes()).unwrap();
        assert_eq!(items[0].get(Element::Name), Some("a;b;c;d;e\n\n\n\n\n东\tx\ty\tz"));
        assert_eq!((items.len(), items[1].get(Element::Name)), (2, Some("\"")));
    }

    #[test]
    fn an_empty_table_says_so() {
        for empty in ["", "\r\n\r\n", ",,,\n,,\n", "\u{FEFF}"] {
            assert!(items(empty.as_bytes()).unwrap_err().1.contains("表格是空的"), "{empty:?}");
        }
    }

    #[test]
    fn damaged_codes_and_columns_nobody_reads_are_said() {
        let into = taken("设备编码,设备名称,备注,负责人\n3.71723E+19,a,,\n37172300011320000001,b,,\n", "");
        let said: Vec<_> = into.notes.iter().map(|n| (n.kind.id, n.count, n.detail.as_str())).collect();
        assert_eq!(said, [("excel_damaged_code", 1, "3.71723E+19"), ("column_not_used", 2, "备注、负责人")]);
    }
}
