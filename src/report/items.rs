//! The catalogue itself as a table: every item as sent, in CSV, XLSX or JSON Lines. What `gbaudit catalog --out` writes.
//!
//! Passwords were never kept, so there is no column for them. Codes are text cells, and no cell is a formula.

use std::io::{self, Seek, Write};

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};
use serde::ser::{SerializeMap as _, Serializer as _};

use crate::base::lang::{Lang, Text};
use crate::base::text::{defuse_cell, excerpt, visible};
use crate::catalog::{Catalog, Item, Kind};
use crate::manscdp::item::Element;

/// Rows of a sheet; Excel holds 1,048,576 with the title row.
pub const MAX_ROWS: usize = 1_000_000;
/// Characters of a cell; Excel holds 32,767.
const MAX_CELL: usize = 32_000;

/// Columns behind the elements.
const BEHIND: [Text; 4] = [
    Text::new("条目类别", "kind"),
    Text::new("其他父节点", "other parents"),
    Text::new("同码序号", "occurrence"),
    Text::new("检测期间通知", "notified"),
];

/// The elements that have a column.
fn elements() -> impl Iterator<Item = Element> {
    Element::ALL.iter().copied().filter(|e| !matches!(e, Element::Password | Element::Event))
}

fn titles(lang: Lang) -> Vec<&'static str> {
    elements().map(|e| e.title().get(lang)).chain(BEHIND.map(|t| t.get(lang))).collect()
}

/// What was told of an item while the run went on.
fn notified(catalog: &Catalog, item: &Item, lang: Lang) -> String {
    let Some(told) = catalog.notices.by_code.get(item.id()) else { return String::new() };
    let status = told.status.map(|event| event.title().get(lang));
    let deleted = told.deleted.then(|| crate::catalog::notice::Event::Del.title().get(lang));
    let updated = told.now.is_some().then(|| crate::catalog::notice::Event::Update.title().get(lang));
    [status, updated, deleted].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn cells(catalog: &Catalog, item: &Item, kind: Kind, lang: Lang) -> Vec<String> {
    let occurrence = if item.occurrences > 1 { item.occurrence.to_string() } else { String::new() };
    let behind = [kind.name().to_owned(), item.other_parents.join(" "), occurrence, notified(catalog, item, lang)];
    elements().map(|e| item.sent(e).unwrap_or_default().to_owned()).chain(behind).collect()
}

/// CSV with a BOM.
///
/// # Errors
/// When it cannot be written.
pub fn csv(catalog: &Catalog, kinds: &[Kind], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(titles(lang))?;
    for (item, kind) in catalog.items.iter().zip(kinds) {
        let cells = cells(catalog, item, *kind, lang);
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

/// One object a line, elements by their names on the wire, texts as sent.
///
/// # Errors
/// When it cannot be written.
pub fn jsonl(catalog: &Catalog, kinds: &[Kind], out: &mut dyn Write) -> io::Result<()> {
    for (item, kind) in catalog.items.iter().zip(kinds) {
        let mut serializer = serde_json::Serializer::new(&mut *out);
        let mut map = serializer.serialize_map(None)?;
        for element in elements() {
            if let Some(text) = item.sent(element) {
                map.serialize_entry(element.name(), text)?;
            }
        }
        map.serialize_entry("kind", kind.name())?;
        if !item.other_parents.is_empty() {
            map.serialize_entry("other_parents", &item.other_parents)?;
        }
        if item.occurrences > 1 {
            map.serialize_entry("occurrence", &item.occurrence)?;
        }
        if let Some(told) = catalog.notices.by_code.get(item.id()) {
            map.serialize_entry("notified", &super::json::NotifiedJson::of(told))?;
        }
        map.end()?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A workbook of one sheet: title row frozen, every cell text. Memory does not grow with the rows.
///
/// # Errors
/// When the writer refuses, or the disk that holds rows on their way.
pub fn xlsx(catalog: &Catalog, kinds: &[Kind], lang: Lang, out: impl Write + Seek + Send) -> Result<(), XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(Text::new("目录", "catalogue").get(lang))?;
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    let title = Format::new().set_bold().set_align(FormatAlign::Top);
    let text = Format::new().set_num_format("@");
    for (column, name) in (0_u16..).zip(titles(lang)) {
        sheet.set_column_width(column, if column < 2 { 24.0 } else { 14.0 })?;
        sheet.write_string_with_format(0, column, name, &title)?;
    }
    for (row, (item, kind)) in (1_u32..).zip(catalog.items.iter().zip(kinds)).take(MAX_ROWS) {
        for (column, cell) in (0_u16..).zip(cells(catalog, item, *kind, lang)) {
            if !cell.is_empty() {
                sheet.write_string_with_format(row, column, excerpt(&visible(&cell), MAX_CELL), &text)?;
            }
        }
    }
    book.save_to_writer(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::assemble;
    use crate::catalog::import::rows_from_csv;
    use crate::manscdp::command::{Dialect, catalog, item};
    use crate::manscdp::document::Document;

    fn sample() -> (Catalog, Vec<Kind>) {
        let items = [
            item(&[("DeviceID", "37172300011320000001"), ("Name", "=cmd()"), ("Password", "secret"), ("Info/PTZType", "3")]),
            item(&[("DeviceID", "37172300011320000002"), ("Name", "东门"), ("Longitude", "115.889600")]),
        ];
        let body = catalog(Dialect::default(), 7, "37172300002000000002", 2, 2, &items);
        let catalog = assemble("37172300002000000002", &[], [Document::parse(&body, None).unwrap()]);
        (catalog, vec![Kind::Camera; 2])
    }

    #[test]
    fn csv_is_defused_and_comes_back_through_check() {
        let (catalog, kinds) = sample();
        for lang in [Lang::Zh, Lang::En] {
            let mut octets = Vec::new();
            csv(&catalog, &kinds, lang, &mut octets).unwrap();
            let text = String::from_utf8(octets.clone()).unwrap();
            assert!(text.contains("'=cmd()") && !text.contains("secret"), "{text}");
            let rows = rows_from_csv(&octets, lang).unwrap().items;
            for (row, item) in rows.iter().zip(&catalog.items) {
                for element in [Element::DeviceID, Element::Longitude, Element::PTZType] {
                    assert_eq!(row.get(element).unwrap_or_default(), item.sent(element).unwrap_or_default(), "{element:?}");
                }
            }
            assert_eq!(rows.len(), 2);
        }
    }

    #[test]
    fn json_lines_hold_what_was_sent() {
        let (catalog, kinds) = sample();
        let mut octets = Vec::new();
        jsonl(&catalog, &kinds, &mut octets).unwrap();
        let lines: Vec<serde_json::Value> =
            String::from_utf8(octets).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            (&lines[0]["Name"], &lines[1]["Longitude"], &lines[1]["kind"]),
            (&"=cmd()".into(), &"115.889600".into(), &"camera".into())
        );
        assert_eq!(lines[0].get("Password"), None);
    }

    #[test]
    fn the_workbook_has_text_cells() {
        let (catalog, kinds) = sample();
        let mut out = io::Cursor::new(Vec::new());
        xlsx(&catalog, &kinds, Lang::Zh, &mut out).unwrap();
        let mut archive = zip::ZipArchive::new(out).unwrap();
        let mut sheet = String::new();
        io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
        assert!(sheet.contains("37172300011320000001") && sheet.contains("state=\"frozen\"") && !sheet.contains("<f>"));
        assert!(sheet.contains("=cmd()"), "a text cell is no formula");
    }
}
