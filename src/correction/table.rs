//! Tables as CSV: with a BOM, CRLF, and no cell that a spreadsheet takes for a formula.

use super::Correction;
use super::sheet::{COLUMNS, line};
use crate::base::text::defuse_cell;
use crate::report::Report;

/// Lines of cells as CSV; they need not be of one length.
#[must_use]
pub fn csv_of<C: AsRef<str>>(lines: impl IntoIterator<Item = impl IntoIterator<Item = C>>) -> String {
    let mut table =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).flexible(true).from_writer(b"\xEF\xBB\xBF".to_vec());
    for cells in lines {
        // Writing into memory does not fail.
        let _ = table.write_record(cells.into_iter().map(|cell| defuse_cell(cell.as_ref()).into_owned()));
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The correction table, of the same columns as the workbook.
#[must_use]
pub fn csv(report: &Report, rows: &[Correction]) -> String {
    let titles = COLUMNS.map(|c| c.get(report.lang).to_owned());
    let lines = rows.iter().enumerate().map(|(index, row)| line(report, index, row));
    csv_of(std::iter::once(titles).chain(lines))
}
