//! A document in official layout (公文, GB/T 9704): the few parts a text with tables needs, one description, a writer a format.
//!
//! Not for: pictures, fields of data, anything that is computed on opening. Times come from the run, so that equal reports give
//! equal bytes.

mod lines;
mod pdf;
mod typeface;
mod word;

use std::io::{self, Write};

pub use typeface::{Typeface, Unusable};

use crate::base::time::Timestamp;

/// Twips from the left to the right edge of A4.
const PAGE_WIDTH: u32 = 11_906;
/// Twips from its top to its bottom.
const PAGE_HEIGHT: u32 = 16_838;
/// Twips from the edge of the page to the mark above it and to the number below.
const MARK: u32 = 567;
/// Twips between the edge of a cell and its text.
const CELL_MARGIN: u32 = 70;
/// Twips below a table.
const BELOW_TABLE: u32 = 120;
/// Octets of a cell whose row may be split between pages.
const LONG_CELL: usize = 600;

/// Where a text stands in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right, for numbers.
    Right,
    /// At both edges.
    Both,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its share of the width.
    pub share: u32,
    /// Where its texts stand.
    pub align: Align,
}

impl<'a> Column<'a> {
    /// Of texts.
    #[must_use]
    pub const fn text(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Left }
    }

    /// Of short words.
    #[must_use]
    pub const fn word(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Center }
    }

    /// Of numbers.
    #[must_use]
    pub const fn number(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Right }
    }
}

/// The margins of a page, twips: top, right, bottom, left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As official letters have them: 37, 26, 35 and 28 mm.
    Official,
    /// A form that has to fit on one page.
    Form,
}

impl Layout {
    const fn margins(self) -> [u32; 4] {
        match self {
            Self::Official => [2_098, 1_474, 1_984, 1_588],
            Self::Form => [1_021, 1_134, 907, 1_134],
        }
    }

    /// Twips between the margins.
    const fn width(self) -> u32 {
        let [_, right, _, left] = self.margins();
        PAGE_WIDTH - right - left
    }
}

/// How high a line is, twips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// This, whatever stands in it.
    Exact(u32),
    /// This or what its letters need.
    AtLeast(u32),
}

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Body,
    Title,
    Meta,
    Heading,
    Subheading,
    Note,
    Cell,
    Head,
    Lead,
    FineCell,
    FineHead,
}

/// How a paragraph looks; lengths in twips.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Its name in the file.
    id: &'static str,
    /// Its name for people.
    name: &'static str,
    /// What official letters take for it.
    font: &'static str,
    half_points: u32,
    line: Line,
    before: u32,
    after: u32,
    /// Of its first line.
    indent: u32,
    align: Align,
    /// It stays on the page of what follows it.
    keeps: bool,
    /// As a bookmark.
    level: Option<usize>,
    /// It stands out: where one font has to do for all, it is drawn bolder.
    heavy: bool,
}

/// What the text of official letters is set in.
const BODY: &str = "仿宋_GB2312";
/// Two characters of the text.
const INDENT: u32 = 640;

impl Look {
    /// A plain one, at the left.
    const fn plain(id: &'static str, name: &'static str, half_points: u32, line: Line) -> Self {
        Self {
            id,
            name,
            font: BODY,
            half_points,
            line,
            before: 0,
            after: 0,
            indent: 0,
            align: Align::Left,
            keeps: false,
            level: None,
            heavy: false,
        }
    }

    /// One that stands out.
    const fn heavy(id: &'static str, name: &'static str, font: &'static str, half_points: u32, line: Line) -> Self {
        Self { font, heavy: true, ..Self::plain(id, name, half_points, line) }
    }
}

impl Style {
    const ALL: [Self; 11] = [
        Self::Body,
        Self::Title,
        Self::Meta,
        Self::Heading,
        Self::Subheading,
        Self::Note,
        Self::Cell,
        Self::Head,
        Self::Lead,
        Self::FineCell,
        Self::FineHead,
    ];

    const fn look(self) -> Look {
        match self {
            Self::Body => Look { indent: INDENT, ..Look::plain("Body", "正文", 32, Line::Exact(560)) },
            Self::Title => {
                Look {
                    after: 240, align: Align::Center, ..Look::heavy("Title", "标题", "方正小标宋简体", 44, Line::Exact(640))
                }
            }
            Self::Meta => Look { align: Align::Center, ..Look::plain("Meta", "题下说明", 24, Line::Exact(380)) },
            Self::Heading => Look {
                before: 160,
                indent: INDENT,
                keeps: true,
                level: Some(0),
                ..Look::heavy("Heading1", "一级标题", "黑体", 32, Line::Exact(560))
            },
            Self::Subheading => Look {
                indent: INDENT,
                keeps: true,
                level: Some(1),
                ..Look::heavy("Heading2", "二级标题", "楷体_GB2312", 32, Line::Exact(560))
            },
            Self::Note => Look { before: 60, align: Align::Both, ..Look::plain("Note", "说明", 24, Line::Exact(360)) },
            Self::Cell => Look::plain("Cell", "表格", 21, Line::AtLeast(290)),
            Self::Head => Look { align: Align::Center, ..Look::heavy("Head", "表头", "黑体", 21, Line::AtLeast(290)) },
            Self::Lead => Look { indent: INDENT, keeps: true, ..Look::plain("Lead", "引出下表", 32, Line::Exact(560)) },
            Self::FineCell => Look::plain("FineCell", "小字表格", 18, Line::AtLeast(240)),
            Self::FineHead => {
                Look { align: Align::Center, ..Look::heavy("FineHead", "小字表头", "黑体", 18, Line::AtLeast(240)) }
            }
        }
    }
}

/// A table.
#[derive(Debug)]
struct Table {
    /// Title, width in twips, and where the texts stand.
    columns: Vec<(String, u32, Align)>,
    rows: Vec<Vec<String>>,
    /// In small print.
    fine: bool,
}

impl Table {
    /// Whether it has a row of titles.
    fn has_head(&self) -> bool {
        self.columns.iter().any(|(title, ..)| !title.is_empty())
    }

    /// The styles of its titles and of its cells.
    const fn styles(&self) -> (Style, Style) {
        if self.fine { (Style::FineHead, Style::FineCell) } else { (Style::Head, Style::Cell) }
    }

    /// Whether a row may run over to the next page; a short one stays together.
    fn is_long(row: &[String]) -> bool {
        row.iter().any(|text| text.len() > LONG_CELL)
    }
}

/// A part of a document.
#[derive(Debug)]
enum Block {
    Text(Style, String),
    Table(Table),
    NewPage,
}

/// A document being written.
#[derive(Debug)]
pub struct Document {
    layout: Layout,
    title: String,
    made: Option<Timestamp>,
    mark: Option<&'static str>,
    fine: bool,
    blocks: Vec<Block>,
}

impl Document {
    /// A document of this title, made at this time; a form has none.
    #[must_use]
    pub fn new(title: &str, made: Option<Timestamp>, layout: Layout) -> Self {
        let mut document =
            Self { layout, title: title.to_owned(), made, mark: None, fine: layout == Layout::Form, blocks: Vec::new() };
        document.styled(Style::Title, title);
        document
    }

    /// With a mark above every page.
    #[must_use]
    pub const fn marked(mut self, mark: Option<&'static str>) -> Self {
        self.mark = mark;
        self
    }

    /// With tables in small print.
    #[must_use]
    pub const fn in_small_print(mut self) -> Self {
        self.fine = true;
        self
    }

    /// A line below the title.
    pub fn meta(&mut self, text: &str) {
        self.styled(Style::Meta, text);
    }

    /// 一、
    pub fn heading(&mut self, text: &str) {
        self.styled(Style::Heading, text);
    }

    /// （一）
    pub fn subheading(&mut self, text: &str) {
        self.styled(Style::Subheading, text);
    }

    /// A paragraph of the text.
    pub fn paragraph(&mut self, text: &str) {
        self.styled(Style::Body, text);
    }

    /// A paragraph that stays on the page of what follows it.
    pub fn lead(&mut self, text: &str) {
        self.styled(Style::Lead, text);
    }

    /// A small paragraph without indent.
    pub fn note(&mut self, text: &str) {
        self.styled(Style::Note, text);
    }

    /// What follows begins on a new page.
    pub fn new_page(&mut self) {
        self.blocks.push(Block::NewPage);
    }

    fn styled(&mut self, style: Style, text: &str) {
        self.blocks.push(Block::Text(style, text.to_owned()));
    }

    /// A table; its title row comes again on every page. A line break in a cell is one.
    pub fn table<'r>(&mut self, columns: &[Column<'_>], rows: impl IntoIterator<Item = &'r [String]>) {
        let shares = columns.iter().map(|column| column.share).sum::<u32>().max(1);
        let width = self.layout.width();
        let columns = columns.iter().map(|column| (column.title.to_owned(), column.share * width / shares, column.align));
        let rows = rows.into_iter().map(<[String]>::to_vec).collect();
        self.blocks.push(Block::Table(Table { columns: columns.collect(), rows, fine: self.fine }));
    }

    /// Writes it for Word.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, out: &mut dyn Write) -> io::Result<()> {
        word::write(self, out)
    }

    /// Writes it as pages (PDF/A-2b), in this typeface.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_pages(&self, typeface: &Typeface, out: &mut dyn Write) -> io::Result<()> {
        pdf::write(self, typeface, out)
    }
}
