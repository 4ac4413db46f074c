//! An export with the proposals in it, as a workbook or as CSV. Every cell is text: codes keep their twenty digits, and
//! nothing is taken for a formula. Memory does not grow with the rows.

use std::collections::HashSet;
use std::io::{Seek, Write};

use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::join::{ADDED, Doubt, Joined, JoinedSheet};
use super::table::csv_of;
use crate::report::Report;

/// Characters a worksheet's name may have.
const MAX_NAME: usize = 31;
/// Widths of the columns that were added, in characters.
const WIDTHS: [f64; ADDED.len()] = [24.0, 14.0, 40.0, 40.0, 40.0];

/// Writes the workbook.
///
/// # Errors
/// When the writer refuses: a cell over the 32,767 characters a workbook holds, or the disk that holds rows on their way.
pub fn workbook(report: &Report, joined: &Joined, out: impl Write + Seek + Send) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@");
    let coloured = |rgb| text.clone().set_background_color(Color::RGB(rgb));
    let (title, changed) = (coloured(0x00DC_E6F1).set_bold(), coloured(0x00FF_EB9C));
    let (unmatched, ambiguous) = (coloured(0x00F8_CBAD), coloured(0x00FC_E4D6));
    let mut book = Workbook::new();
    book.set_properties(&crate::report::workbook::properties(report)?);
    let (mut names, mut is_first) = (HashSet::new(), true);
    for JoinedSheet { grid, marks } in &joined.sheets {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name(&grid.name, &mut names))?;
        if !grid.visible {
            sheet.set_hidden(true);
        } else if std::mem::take(&mut is_first) {
            sheet.set_active(true).set_first_tab(true);
        }
        if let Some(marks) = marks {
            for (column, width) in (marks.added..).zip(WIDTHS) {
                sheet.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), width)?;
            }
        }
        for (row, cells) in grid.rows.iter().enumerate() {
            let doubt = marks.as_ref().and_then(|marks| marks.doubts.get(&row));
            for (column, cell) in cells.iter().enumerate() {
                if cell.is_empty() {
                    continue;
                }
                let format = match (marks, doubt) {
                    (Some(marks), _) if row == marks.head => &title,
                    (Some(marks), _) if marks.changed.contains(&(row, column)) => &changed,
                    (_, Some(Doubt::Unmatched)) => &unmatched,
                    (_, Some(Doubt::Ambiguous)) => &ambiguous,
                    _ => &text,
                };
                let (row, column) = (u32::try_from(row).unwrap_or(u32::MAX), u16::try_from(column).unwrap_or(u16::MAX));
                sheet.write_string_with_format(row, column, cell, format)?;
            }
        }
    }
    book.save_to_writer(out)
}

/// A name a worksheet may have: without what the format forbids, not too long, and not there yet.
pub(super) fn name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let plain: String = wanted.chars().filter(|c| !c.is_control() && !"[]:*?/\\".contains(*c)).collect();
    let plain = plain.trim_matches('\'');
    let cut = |room: usize| {
        let mut left = room;
        let fits = |c: &char| {
            left.checked_sub(c.len_utf16()).is_some_and(|rest| {
                left = rest;
                true
            })
        };
        plain.chars().take_while(fits).collect::<String>()
    };
    let mut name = cut(MAX_NAME);
    let mut number = taken.len();
    while name.is_empty() || !taken.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{}{number}", cut(MAX_NAME - 8));
    }
    name
}

/// A sheet as CSV, with BOM and commas.
#[must_use]
pub fn csv(sheet: &JoinedSheet) -> String {
    csv_of(&sheet.grid.rows)
}
