//! `report.xlsx`: the audit as a workbook, for whoever signs and for whoever repairs.
//!
//! One sheet a file here. Short sheets are laid out like pages; long ones are lists whose memory does not grow with the rows
//! and which go on in a further sheet where Excel's own end is near.

mod cameras;
mod conclusion;
pub mod overview;
mod positions;
mod problems;
mod profile;
mod ranking;
pub(super) mod readings;

use std::io::{self, Cursor, Write};

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::workbook::{self, Cell, Imprint, Lines, MAX_ROWS, Style, row_number};
use super::{Exporter, OutputFile, Report};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::grouped;

/// The format. `corrections.xlsx`, which comes back, is written beside it.
pub static EXPORTER: Exporter = Exporter { name: "xlsx", files: &[OutputFile::new("report.xlsx", write)] };

/// Excel's number of the paper.
const A3: u8 = 8;
/// Characters across that can still be read on A4.
const A4_WIDTH: u32 = 230;
/// Rows made while as many are written.
const BATCH: usize = 512;

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut octets = Cursor::new(Vec::new());
    book(report, MAX_ROWS).and_then(|mut book| book.save_to_writer(&mut octets)).map_err(io::Error::other)?;
    out.write_all(octets.get_ref())
}

/// The workbook; a list goes on in a further sheet after `most` rows.
///
/// # Errors
/// When the writer refuses, or the disk that holds rows on their way.
pub fn book(report: &Report, most: usize) -> Result<Workbook, XlsxError> {
    let style = Style::new();
    let mut book = workbook::begin(report)?;
    conclusion::sheet(report, &style, &mut book, most)?;
    readings::sheet(report, &style, &mut book)?;
    readings::beside(report, &style, &mut book)?;
    positions::sheets(report, &style, &mut book, most)?;
    cameras::sheet(report, &style, &mut book, most)?;
    problems::sheet(report, &style, &mut book, most)?;
    ranking::sheet(report, &style, &mut book)?;
    profile::sheet(report, &style, &mut book)?;
    Ok(book)
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its title.
    pub title: Text,
    /// In characters of half a Chinese one.
    pub width: u16,
    /// Its cells are numbers.
    pub is_number: bool,
}

impl Column {
    /// Of texts.
    #[must_use]
    pub const fn text(zh: &'static str, en: &'static str, width: u16) -> Self {
        Self { title: Text::new(zh, en), width, is_number: false }
    }

    /// Of numbers.
    #[must_use]
    pub const fn number(zh: &'static str, en: &'static str, width: u16) -> Self {
        Self { title: Text::new(zh, en), width, is_number: true }
    }
}

/// A list of a report: its rows are made from their numbers, while those before them are written.
struct List<'a, M> {
    name: Text,
    columns: &'a [Column],
    /// Columns to write in.
    open: &'static [usize],
    /// Columns that stay when one scrolls to the right.
    frozen: u16,
    rows: usize,
    /// Texts are on one line, whatever they say.
    on_one_line: bool,
    make: M,
}

impl<M: Fn(usize) -> Vec<Cell> + Sync> List<'_, M> {
    /// Writes it, on as many sheets as it needs. `finish` is told each of them with its last row.
    fn write<'m>(
        &self,
        (imprint, style, book): (impl Into<Imprint<'m>>, &Style, &mut Workbook),
        most: usize,
        finish: impl Fn(&mut Worksheet, u32) -> Result<(), XlsxError>,
    ) -> Result<(), XlsxError> {
        let imprint = imprint.into();
        let lang = imprint.lang;
        let titles: Vec<(&str, u16)> = self.columns.iter().map(|c| (c.title.get(lang), c.width)).collect();
        let widths: Vec<u16> = self.columns.iter().map(|c| c.width).collect();
        let sheets = sheets(self.rows, most);
        for number in 0..sheets {
            let (from, to) = (number * most, ((number + 1) * most).min(self.rows));
            let sheet = workbook::sheet(book, style, imprint, &named(self.name, number, lang), &titles)?;
            for (place, column) in (0_u16..).zip(self.columns) {
                if column.is_number {
                    sheet.set_column_format(place, &style.number)?;
                } else if self.on_one_line {
                    sheet.set_column_format(place, &style.line)?;
                }
            }
            sheet.set_freeze_panes(1, self.frozen)?.set_print_gridlines(true);
            if widths.iter().map(|width| u32::from(*width)).sum::<u32>() > A4_WIDTH {
                // A3, and on as many sheets of paper side by side as can still be read; what names a line stands on each.
                sheet.set_paper_size(A3).set_print_fit_to_pages(2, 0);
                if let Some(last) = self.frozen.checked_sub(1) {
                    sheet.set_repeat_columns(0, last)?;
                }
            }
            let height = |cells: &[Cell]| {
                if self.on_one_line { workbook::LINE + 2.0 } else { workbook::height_of(cells, &widths) }
            };
            let made = |rows: std::ops::Range<usize>| {
                rows.map(|index| {
                    let cells = (self.make)(index);
                    let height = height(&cells);
                    (row_number(index - from + 1), cells, height)
                })
                .collect::<Vec<_>>()
            };
            let mut lines = Lines::new(&mut *sheet, style).with_open(self.open);
            let mut at = from;
            let batch = |at: usize| at..(at + BATCH).min(to);
            let mut next = made(batch(at));
            while at < to {
                at += BATCH;
                let write = || next.drain(..).try_for_each(|(row, cells, height)| lines.write(row, cells, height));
                let (written, following) = rayon::join(write, || if at < to { made(batch(at)) } else { Vec::new() });
                written?;
                next = following;
            }
            let last = lines.last();
            if number + 1 < sheets {
                let name = named(self.name, number + 1, lang);
                lines.special(last + 1, &[&say!(lang, "续见“{name}”", "goes on in \"{name}\"")], &style.plain)?;
            }
            lines.end()?;
            let last_column = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(0);
            sheet.autofilter(0, 0, last.max(1), last_column)?;
            finish(sheet, last.max(1))?;
        }
        Ok(())
    }
}

/// Sheets of a list; an empty one has its titles.
fn sheets(rows: usize, most: usize) -> usize {
    rows.div_ceil(most).max(1)
}

fn named(name: Text, number: usize, lang: Lang) -> String {
    let name = name.get(lang);
    if number == 0 {
        name.to_owned()
    } else {
        let number = number + 1;
        say!(lang, "{name}（{number}）", "{name} ({number})")
    }
}

/// How a list is spread, where it is.
fn spread(name: Text, rows: usize, most: usize, lang: Lang) -> String {
    let (name, shown, sheets) = (name.get(lang), grouped(rows as u64), sheets(rows, most));
    if sheets == 1 {
        say!(lang, "{name} {shown} 行", "{name}: {shown} rows")
    } else {
        let most = grouped(most as u64);
        say!(
            lang,
            "{name} {shown} 行，每张表最多 {most} 行，分为 {sheets} 张表",
            "{name}: {shown} rows, at most {most} on a sheet, on {sheets} sheets"
        )
    }
}
