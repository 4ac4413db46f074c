//! The same catalogue from files: MANSCDP bodies saved to disk, and tables in CSV, XLSX and JSON.
//!
//! What is taken in stands on its own: a plain CSV stays as it is, every other table is rewritten as CSV whose headers
//! are element names, without passwords. [`rows_from_csv`] reads both.

mod bodies;
mod canonical;
mod columns;
mod csv;
mod damage;
mod gate;
mod grid;
mod json;
mod spreadsheet;

use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::oddity::OddityKind;
use crate::base::settings_file::Problem;
use crate::base::text::excerpt;

pub use bodies::{catalog_documents, into_bodies, is_catalog, split_bodies};
pub use columns::{Columns, MAX_COLUMNS_FILE_BYTES, Use};
pub use csv::{Rows, grid_from_csv, rows_from_csv};
pub use grid::{Grid, grids};
pub use spreadsheet::MAX_SPREADSHEET_BYTES;

/// Largest file read, octets.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;
/// Most columns of a table.
pub const MAX_COLUMNS: usize = 256;
/// Rows in which the header is looked for.
pub const HEADER_WITHIN_ROWS: usize = 20;
/// Longest text of a cell, octets: the 32,767 characters a spreadsheet allows.
pub const MAX_CELL_BYTES: usize = 32_767 * 4;

/// How captures begin: pcap in both orders with micro- and nanoseconds, Kuznetzov's form, pcapng.
const CAPTURES: [[u8; 4]; 7] = [
    *b"\xD4\xC3\xB2\xA1",
    *b"\xA1\xB2\xC3\xD4",
    *b"\x4D\x3C\xB2\xA1",
    *b"\xA1\xB2\x3C\x4D",
    *b"\x34\xCD\xB2\xA1",
    *b"\xA1\xB2\xCD\x34",
    *b"\x0A\x0D\x0D\x0A",
];
/// How packed files begin: gzip, zstd, bzip2, xz.
const PACKED: [&[u8]; 4] = [b"\x1F\x8B", b"\x28\xB5\x2F\xFD", b"BZh", b"\xFD7zXZ"];

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// One or many MANSCDP bodies.
    Manscdp,
    /// A table with a header line.
    Csv,
    /// A zip container: XLSX.
    Spreadsheet,
    /// An OLE container: XLS, or a workbook with a password.
    OldSpreadsheet,
    /// A web page, which some platforms export under the name of XLS.
    WebPage,
    /// A packet capture.
    Capture,
    /// Packed by gzip, zstd, bzip2 or xz.
    Compressed,
    /// JSON: one object a line, an array of objects, or either inside what a web service answers.
    Json,
    /// Text in UTF-16.
    Utf16,
}

impl FileKind {
    /// Tells by the first octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        let start = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets).trim_ascii_start();
        let tag = start.get(..start.len().min(9)).unwrap_or_default().to_ascii_lowercase();
        if [b"<html".as_slice(), b"<!doctype", b"<table", b"<meta", b"<style"].iter().any(|page| tag.starts_with(page)) {
            Self::WebPage
        } else if start.starts_with(b"<") {
            Self::Manscdp
        } else if octets.starts_with(b"PK\x03\x04") {
            Self::Spreadsheet
        } else if octets.starts_with(b"\xD0\xCF\x11\xE0") {
            Self::OldSpreadsheet
        } else if PACKED.iter().any(|magic| octets.starts_with(magic)) {
            Self::Compressed
        } else if CAPTURES.iter().any(|magic| octets.starts_with(magic)) {
            Self::Capture
        } else if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
            Self::Utf16
        } else if start.starts_with(b"{") || start.starts_with(b"[") {
            Self::Json
        } else {
            Self::Csv
        }
    }
}

/// One table as it goes into the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name, and the worksheet's behind a slash.
    pub name: String,
    /// CSV, for [`rows_from_csv`].
    pub octets: Vec<u8>,
}

/// Something to be said about a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The table.
    pub table: String,
    /// What it is.
    pub kind: OddityKind,
    /// How often.
    pub count: u64,
    /// Which ones, or the first of them.
    pub detail: String,
}

impl Note {
    /// `台账.xlsx: 表中未使用的列 (2): 备注、负责人`
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        let (table, what, count, detail) = (&self.table, self.kind.text.get(lang), self.count, &self.detail);
        if detail.is_empty() {
            return say!(lang, "{table}：{what}（{count}）", "{table}: {what} ({count})");
        }
        say!(lang, "{table}：{what}（{count}）：{detail}", "{table}: {what} ({count}): {detail}")
    }
}

/// What was taken in from tables.
#[derive(Debug, Default)]
pub struct Intake {
    /// The tables.
    pub sheets: Vec<Sheet>,
    /// Their rows with content.
    pub rows: u64,
    /// Passwords that were masked.
    pub masked: u64,
    /// What there is to say about them.
    pub notes: Vec<Note>,
}

impl Intake {
    /// Takes a file of tables in.
    ///
    /// # Errors
    /// One sentence in the user's language: what is wrong with the file, where, and what to do.
    pub fn take(&mut self, kind: FileKind, octets: Vec<u8>, name: &str, columns: &Columns, lang: Lang) -> Result<(), Problem> {
        let refused = |message| Problem { file: name.to_owned(), line: 0, message };
        match kind {
            FileKind::Csv => csv::take(octets, name, columns, lang, self),
            FileKind::Json => json::take(&octets, name, columns, lang, self),
            FileKind::Spreadsheet => spreadsheet::take(&octets, name, columns, lang, self).map_err(refused),
            FileKind::OldSpreadsheet => Err(refused(spreadsheet::old(&octets, lang))),
            FileKind::WebPage => Err(refused(say!(
                lang,
                "内容是网页（有的平台导出的 .xls 如此）；请用 Excel 或 WPS 打开，另存为 .xlsx",
                "it is a web page (some platforms export one as .xls); open it in Excel or WPS and save it as .xlsx"
            ))),
            FileKind::Manscdp | FileKind::Capture | FileKind::Compressed | FileKind::Utf16 => {
                Err(refused(say!(lang, "不是表格", "it is no table")))
            }
        }
    }
}

/// Text in UTF-16, as a spreadsheet exports "Unicode text", in UTF-8.
#[must_use]
pub fn utf8(octets: &[u8]) -> Vec<u8> {
    charset::from_utf16(octets).into_bytes()
}

fn no_code_column<'a>(found: impl Iterator<Item = &'a str>, lang: Lang) -> String {
    let found = excerpt(&found.map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>().join("、"), 200);
    if found.is_empty() {
        return say!(
            lang,
            "表格是空的；要有表头，其中有“设备编码”列",
            "the table is empty; it wants a header with a column for the device code"
        );
    }
    say!(
        lang,
        "表头中没有“设备编码”列（可写 设备编码、国标编码 或 DeviceID，也可用 --columns 给出列名对照），现有：{found}",
        "no column for the device code in the header (write 设备编码, 国标编码 or DeviceID, or give --columns); there are: {found}"
    )
}

fn too_many_columns(lang: Lang) -> String {
    say!(lang, "表头超过 {MAX_COLUMNS} 列，请删去不用的列", "the header has over {MAX_COLUMNS} columns, remove some")
}

fn cell_too_long(lang: Lang) -> String {
    let limit = MAX_CELL_BYTES / 1000;
    say!(lang, "单元格的文字超过 {limit} kB", "the text of a cell is over {limit} kB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content() {
        assert_eq!(FileKind::of(b"\xEF\xBB\xBF\r\n<?xml"), FileKind::Manscdp);
        assert_eq!(FileKind::of(b"PK\x03\x04.."), FileKind::Spreadsheet);
        assert_eq!(FileKind::of(b"\xD0\xCF\x11\xE0.."), FileKind::OldSpreadsheet);
        assert_eq!(FileKind::of("设备编码,名称".as_bytes()), FileKind::Csv);
        assert_eq!(FileKind::of(b"\xFF\xFE<\0"), FileKind::Utf16);
        assert_eq!(FileKind::of(b"\xD4\xC3\xB2\xA1.."), FileKind::Capture);
        assert_eq!(FileKind::of(b"\x0A\x0D\x0D\x0A.."), FileKind::Capture);
        assert_eq!(FileKind::of(b"\x1F\x8B\x08.."), FileKind::Compressed);
        assert_eq!(FileKind::of(b"{\"device_id\": 1}"), FileKind::Json);
        assert_eq!(FileKind::of(b"\r\n<HTML xmlns:x=\"urn\">"), FileKind::WebPage);
    }

    #[test]
    fn what_is_no_readable_table_says_what_to_do() {
        for (kind, octets, word) in [
            (FileKind::WebPage, b"<html>".as_slice(), ".xlsx"),
            (FileKind::OldSpreadsheet, b"\xD0\xCF\x11\xE0", ".xlsx"),
            (FileKind::OldSpreadsheet, b"\xD0\xCF\x11\xE0..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", "密码"),
            (FileKind::Spreadsheet, b"PK\x03\x04....", "Excel"),
        ] {
            let problem = Intake::default().take(kind, octets.to_vec(), "a.xls", &Columns::default(), Lang::Zh).unwrap_err();
            assert!(problem.render().starts_with("a.xls: ") && problem.message.contains(word), "{}", problem.render());
        }
    }

    #[test]
    fn unicode_text_of_a_spreadsheet_is_read() {
        let text = "设备编码\t设备名称\r\n37172300011320000001\t东门𠮷\r\n";
        let mut octets = b"\xFF\xFE".to_vec();
        octets.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(utf8(&octets), text.as_bytes());
        assert_eq!(FileKind::of(&utf8(&octets)), FileKind::Csv);
    }
}
