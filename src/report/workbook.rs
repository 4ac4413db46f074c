//! What our workbooks have in common: formats, sheets ready to print, rows that go out as they are written.
//!
//! Made for Excel 2010 and WPS. A text is a text cell whatever it says, no cell is a formula, control characters are made
//! visible, and a cell is cut long before the program's own limit. Memory does not grow with the rows.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::Report;
use crate::base::lang::Lang;
use crate::base::text::excerpt;
use crate::base::time::Timestamp;

/// Rows of a sheet; Excel holds 1,048,576 with the title row.
pub const MAX_ROWS: usize = 1_000_000;
/// Points of a line of text.
pub const LINE: f64 = 12.0;
/// Points of a row that nobody gave a height: the format's own.
const NO_LINE: f64 = 15.0;
/// How hard the files of the container are packed, 1 to 9. The usual 6 takes three times as long and saves a quarter.
const PACKING: u8 = 2;
/// Lines shown of a cell; what is longer can be read by widening the row.
const MAX_LINES: usize = 12;
/// Characters of a cell; Excel holds 32,767.
const MAX_CELL: usize = 2_000;

/// The formats of cells.
pub struct Style {
    /// Of titles of columns.
    pub title: Format,
    /// Of texts.
    pub text: Format,
    /// Of texts on one line.
    pub line: Format,
    /// Of numbers.
    pub number: Format,
    /// Of what is to be filled in.
    pub open: Format,
    /// Of explanations.
    pub plain: Format,
    /// Of the title of a page.
    pub large: Format,
    /// Of a cell of a small table.
    pub boxed: Format,
    /// Of a number in a small table.
    pub count: Format,
}

impl Default for Style {
    fn default() -> Self {
        Self::new()
    }
}

impl Style {
    /// As every workbook of ours has them.
    #[must_use]
    pub fn new() -> Self {
        let small = Format::new().set_font_size(9).set_align(FormatAlign::Top);
        let text = Format::new().set_num_format("@").set_font_size(9).set_align(FormatAlign::Top).set_text_wrap();
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(9)
                .set_background_color(Color::RGB(0x00DC_E6F1))
                .set_border(FormatBorder::Thin)
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter),
            open: text.clone().set_unlocked().set_background_color(Color::RGB(0x00FF_F8DC)).set_border(FormatBorder::Thin),
            plain: Format::new().set_align(FormatAlign::Top).set_text_wrap(),
            large: Format::new().set_bold().set_font_size(14),
            line: small.clone().set_num_format("@"),
            boxed: text.clone().set_border(FormatBorder::Thin),
            count: small.clone().set_align(FormatAlign::Center).set_border(FormatBorder::Thin),
            number: small.set_align(FormatAlign::Center),
            text,
        }
    }
}

/// Whose workbook it is.
#[derive(Debug, Clone, Copy)]
pub struct Imprint<'a> {
    /// The run, or the runs.
    pub run: &'a str,
    /// When the last of them ended.
    pub finished: Timestamp,
    /// The language of texts for people.
    pub lang: Lang,
}

impl<'a> From<&'a Report> for Imprint<'a> {
    fn from(report: &'a Report) -> Self {
        Self { run: &report.header.run_id, finished: report.header.finished(), lang: report.lang }
    }
}

/// A workbook of a run.
///
/// # Errors
/// When the time of the run is none a workbook can hold.
pub fn begin<'a>(imprint: impl Into<Imprint<'a>>) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    book.set_zip_compression_level(PACKING);
    book.set_properties(&properties(imprint)?);
    Ok(book)
}

/// The time of the run, not of the writing: the same evidence gives the same file.
///
/// # Errors
/// When it is none a workbook can hold.
pub fn properties<'a>(imprint: impl Into<Imprint<'a>>) -> Result<DocProperties, XlsxError> {
    let made = ExcelDateTime::parse_from_str(&imprint.into().finished.beijing("%Y-%m-%dT%H:%M:%S"))?;
    Ok(DocProperties::new().set_author("gbaudit").set_creation_datetime(&made))
}

/// Foreign text as a cell shows it.
#[must_use]
pub fn cell(text: &str) -> String {
    let shown = excerpt(text, MAX_CELL);
    // What no XML may hold.
    if shown.contains(['\u{FFFE}', '\u{FFFF}']) { shown.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}") } else { shown }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text, whatever it looks like.
    Text(String),
    /// A count of ours.
    Number(u64),
}

impl Cell {
    /// A number, or an empty cell.
    #[must_use]
    pub fn number(number: Option<u64>) -> Self {
        number.map_or_else(|| Self::Text(String::new()), Self::Number)
    }

    /// Whether nothing stands in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Name, paper, header and footer of a sheet.
fn paper(sheet: &mut Worksheet, imprint: Imprint<'_>, name: &str) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3);
    // A header is cut by the program at 255 characters, and rounds are several runs.
    let run = excerpt(imprint.run, 120).replace('&', "&&");
    sheet.set_header(format!("&L&A&R{run}")).set_footer("&C&P / &N");
    Ok(())
}

/// A sheet of a few rows that is laid out like a page: nothing of it is a list.
///
/// # Errors
/// When the writer refuses.
pub fn page<'a, 'b>(
    book: &'b mut Workbook,
    imprint: impl Into<Imprint<'a>>,
    name: &str,
    widths: &[u16],
) -> Result<&'b mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    paper(sheet, imprint.into(), name)?;
    for (column, width) in (0_u16..).zip(widths) {
        sheet.set_column_width(column, f64::from(*width))?;
    }
    Ok(sheet)
}

/// A count as a cell holds it: exact up to 2^32, a text above.
///
/// # Errors
/// When the writer refuses.
pub fn count(sheet: &mut Worksheet, row: u32, column: u16, number: u64, format: &Format) -> Result<(), XlsxError> {
    match u32::try_from(number) {
        Ok(number) => sheet.write_number_with_format(row, column, number, format)?,
        Err(_) => sheet.write_string_with_format(row, column, number.to_string(), format)?,
    };
    Ok(())
}

/// A sheet with its title row, ready to print on A4.
///
/// # Errors
/// When the writer refuses, or the disk that holds rows on their way.
pub fn sheet<'a, 'b>(
    book: &'b mut Workbook,
    style: &Style,
    imprint: impl Into<Imprint<'a>>,
    name: &str,
    columns: &[(&str, u16)],
) -> Result<&'b mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet_with_constant_memory()?;
    paper(sheet, imprint.into(), name)?;
    for (column, (_, width)) in (0_u16..).zip(columns) {
        // Texts take the format of their column: to look a cell's own up for every cell takes longer than to write it.
        sheet.set_column_width(column, f64::from(*width))?.set_column_format(column, &style.text)?;
    }
    if !columns.is_empty() {
        for (column, (title, _)) in (0_u16..).zip(columns) {
            sheet.write_string_with_format(0, column, *title, &style.title)?;
        }
        sheet.set_default_row_height(2.0 * LINE + 2.0).set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    }
    Ok(sheet)
}

/// The rows of a sheet below its title, written from the top down.
///
/// A row goes out when the next one begins, with the height that is the usual one by then. A height of its own would stay
/// in memory for every row, and the writer puts the last row of a sheet into the file twice when it has one.
pub struct Lines<'b> {
    sheet: &'b mut Worksheet,
    style: &'b Style,
    /// Columns of cells that can be written to.
    open: &'static [usize],
    /// The row written last.
    last: u32,
}

impl<'b> Lines<'b> {
    /// Of a sheet that has its title row.
    pub const fn new(sheet: &'b mut Worksheet, style: &'b Style) -> Self {
        Self { sheet, style, open: &[], last: 0 }
    }

    /// With columns of cells that can be written to.
    #[must_use]
    pub const fn with_open(self, open: &'static [usize]) -> Self {
        Self { open, ..self }
    }

    /// The row written last.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// Writes a row of this height.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn write<C: Into<Cell>>(&mut self, row: u32, cells: impl IntoIterator<Item = C>, height: f64) -> Result<(), XlsxError> {
        for (column, cell) in (0_u16..).zip(cells) {
            let cell = cell.into();
            match (self.open.contains(&usize::from(column)), cell) {
                (true, cell) if cell.is_empty() => drop(self.sheet.write_blank(row, column, &self.style.open)?),
                (true, Cell::Text(text)) => drop(self.sheet.write_string_with_format(row, column, text, &self.style.open)?),
                (false, cell) if cell.is_empty() => continue,
                (false, Cell::Text(text)) => drop(self.sheet.write_string(row, column, text)?),
                (_, Cell::Number(number)) => count(self.sheet, row, column, number, &self.style.number)?,
            }
            self.last = row;
        }
        if self.last == row {
            self.sheet.set_default_row_height(height);
        }
        Ok(())
    }

    /// Writes a row as high as its texts are.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn fitted(&mut self, row: u32, cells: impl Into<Vec<String>>, widths: &[u16]) -> Result<(), XlsxError> {
        let cells = cells.into();
        let height = height(&cells, widths);
        self.write(row, cells, height)
    }

    /// Writes a row of its own format among the others.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn special(&mut self, row: u32, texts: &[&str], format: &Format) -> Result<(), XlsxError> {
        for (column, text) in (0_u16..).zip(texts) {
            self.sheet.write_string_with_format(row, column, *text, format)?;
        }
        self.sheet.set_default_row_height(NO_LINE);
        self.last = row;
        Ok(())
    }

    /// Sends the last row out: with a cell below it that says nothing.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn end(self) -> Result<(), XlsxError> {
        self.sheet.write_blank(self.last + 1, 0, &self.style.text)?.set_default_row_height(NO_LINE);
        Ok(())
    }
}

/// The number of a row of a sheet.
#[must_use]
pub fn row_number(index: usize) -> u32 {
    // MAX_ROWS keeps it far below.
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The height of a row whose texts are wrapped: not every program finds it out by itself.
#[must_use]
pub fn height(cells: &[String], widths: &[u16]) -> f64 {
    let lines = cells.iter().zip(widths).map(|(text, width)| lines(text, *width)).max().unwrap_or(1).clamp(1, MAX_LINES);
    LINE * f64::from(u32::try_from(lines).unwrap_or(1)) + 2.0
}

/// The same of cells.
#[must_use]
pub fn height_of(cells: &[Cell], widths: &[u16]) -> f64 {
    let lines = cells.iter().zip(widths).map(|(cell, width)| match cell {
        Cell::Text(text) => lines(text, *width),
        Cell::Number(_) => 1,
    });
    LINE * f64::from(u32::try_from(lines.max().unwrap_or(1).clamp(1, MAX_LINES)).unwrap_or(1)) + 2.0
}

/// Lines a text takes under this width, in characters of half a Chinese one.
fn lines(text: &str, width: u16) -> usize {
    let room = usize::from(width).max(1);
    text.lines().map(|line| unicode_width::UnicodeWidthStr::width(line).div_ceil(room).max(1)).sum()
}
