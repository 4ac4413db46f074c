//! What stands above single reports, as a workbook.

use std::io::{self, Cursor, Write};

use rust_xlsxwriter::{Workbook, XlsxError};

use super::conclusion::{self, Down};
use super::{List, MAX_ROWS};
use crate::base::lang::Text;
use crate::report::overview::Overview;
use crate::report::workbook::{self, Style};

/// Writes it.
///
/// # Errors
/// When the writer refuses, or the disk.
pub fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut octets = Cursor::new(Vec::new());
    book(overview).and_then(|mut book| book.save_to_writer(&mut octets)).map_err(io::Error::other)?;
    out.write_all(octets.get_ref())
}

fn book(overview: &Overview<'_>) -> Result<Workbook, XlsxError> {
    let (imprint, lang, style) = (overview.imprint(), overview.lang, Style::new());
    let mut book = workbook::begin(imprint)?;
    let sheet = workbook::page(&mut book, imprint, Text::new("检测结论", "conclusion").get(lang), &conclusion::WIDTHS)?;
    sheet.write_string_with_format(0, 0, workbook::cell(&overview.title), &style.large)?.set_row_height(0, 24)?;
    let mut down = Down { sheet, style: &style, row: 1, lang };
    for (name, text) in &overview.facts {
        down.line(name, text)?;
    }
    down.row += 1;
    conclusion::rates(&mut down, overview.rates, overview.asked)?;
    down.row += 1;
    conclusion::fields(&mut down, overview.fields, None)?;
    for listed in &overview.lists {
        let list = List {
            name: listed.name,
            columns: &listed.columns,
            open: &[],
            frozen: listed.frozen,
            rows: listed.rows,
            on_one_line: false,
            make: &listed.make,
        };
        list.write((imprint, &style, &mut book), MAX_ROWS, |_, _| Ok(()))?;
    }
    Ok(book)
}
