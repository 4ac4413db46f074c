//! The correction table as CSV, of the same columns as the workbook. Begins with a BOM; no cell is taken for a formula.

use super::Correction;
use super::sheet::{COLUMNS, line};
use crate::base::text::defuse_cell;
use crate::report::Report;

/// The rows as CSV.
#[must_use]
pub fn csv(report: &Report, rows: &[Correction]) -> String {
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    let titles = COLUMNS.map(|c| c.get(report.lang).to_owned());
    let lines = rows.iter().enumerate().map(|(index, row)| line(report, index, row));
    for cells in std::iter::once(titles).chain(lines) {
        // Writing into memory does not fail.
        let _ = table.write_record(cells.iter().map(|cell| defuse_cell(cell).into_owned()));
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}
