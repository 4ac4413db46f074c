//! A document as pages: PDF/A-2b, one typeface, bookmarks from its headings. First everything gets its place, then it is drawn.
//!
//! What Word would do is done here by the same numbers: margins, line heights, rows that stay together, a head that comes again.

use std::io::{self, Write};

use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document as Pdf, SerializeSettings};

use super::lines::{Set, lines};
use super::typeface::{Letter, Letters};
use super::{
    Align, BELOW_TABLE, Block, CELL_MARGIN, Document, Line, Look, MARK, PAGE_HEIGHT, PAGE_WIDTH, Style, Table, Typeface,
};
use crate::base::time::Timestamp;

/// Points of a twip.
const TWIP: f32 = 0.05;
/// Of a line, of the size of its letters: how far below its middle they stand.
const BELOW_MIDDLE: f32 = 0.38;
/// Least height of a line, of the size of its letters.
const LINE: f32 = 1.3;
/// What is left free above and below the text of a cell, points; and in small print.
const CELL_GAP: [f32; 2] = [1.5, 0.5];
/// How much wider a line that stands at both edges may become, of the size of its letters.
const MOST_STRETCH: f32 = 2.0;
/// The edge of letters that stand out, of their size.
const EDGE: f32 = 0.028;
/// The lines of a table, points.
const RULE: f32 = 0.5;
/// The ground of a head.
const SHADE: u8 = 0xED;
/// Half points of the number of a page.
const NUMBER: u32 = 28;
/// Lines of a paragraph that stay together at the foot and at the head of a page.
const TOGETHER: usize = 2;

/// A number of lines or letters of a paragraph; few.
#[allow(clippy::cast_precision_loss)]
const fn count(n: usize) -> f32 {
    n as f32
}

/// Points of twips. Those of a page are far below what a float holds exactly.
#[allow(clippy::cast_precision_loss)]
const fn points(twips: u32) -> f32 {
    twips as f32 * TWIP
}

/// What is drawn on a page.
enum Mark {
    /// Letters from a point on, the height counted from the top.
    Text { x: f32, y: f32, size: f32, heavy: bool, text: Run },
    /// A line.
    Rule { from: (f32, f32), to: (f32, f32) },
    /// The ground of a cell: left, top, right, bottom.
    Shade(f32, f32, f32, f32),
}

/// A line of text, ready to be drawn.
struct Run {
    text: String,
    letters: Vec<Letter>,
    /// Added after every letter, of the size of the letters.
    wider: f32,
}

/// A heading to be found again.
struct Bookmark {
    level: usize,
    title: String,
    page: usize,
    y: f32,
}

/// Text broken into lines.
struct Para {
    look: Look,
    text: String,
    lines: Vec<Set>,
}

impl Para {
    fn size(&self) -> f32 {
        points(self.look.half_points) * 10.0
    }

    fn line(&self) -> f32 {
        match self.look.line {
            Line::Exact(line) => points(line),
            Line::AtLeast(line) => points(line).max(self.size() * LINE),
        }
    }

    /// Points of so many lines.
    fn height(&self, lines: usize) -> f32 {
        count(lines) * self.line()
    }

    /// Some of its lines from a height on, between two edges.
    fn marks(&self, range: std::ops::Range<usize>, top: f32, left: f32, right: f32) -> Vec<Mark> {
        let (size, line) = (self.size(), self.line());
        let shown = self.lines.iter().enumerate().skip(range.start).take(range.len());
        shown
            .filter_map(|(index, set)| {
                let (first, last) = (set.letters.first()?, set.letters.last()?);
                let begin = first.at.start;
                let text = self.text.get(begin..last.at.end)?.to_owned();
                let moved = |letter: &Letter| Letter { at: letter.at.start - begin..letter.at.end - begin, ..letter.clone() };
                let letters: Vec<Letter> = set.letters.iter().map(moved).collect();
                let left = if index == 0 { left + points(self.look.indent) } else { left };
                let slack = (right - left - set.width * size).max(0.0);
                let gaps = count(letters.len().saturating_sub(1));
                let (x, wider) = match self.look.align {
                    Align::Center => (left + slack / 2.0, 0.0),
                    Align::Right => (left + slack, 0.0),
                    Align::Both if !set.is_last && gaps > 0.0 && slack < MOST_STRETCH * size => (left, slack / gaps / size),
                    Align::Left | Align::Both => (left, 0.0),
                };
                let y = top + self.height(index - range.start) + line / 2.0 + size * BELOW_MIDDLE;
                Some(Mark::Text { x, y, size, heavy: self.look.heavy, text: Run { text, letters, wider } })
            })
            .collect()
    }
}

/// The pages being filled.
struct Pages<'a> {
    letters: Letters<'a>,
    /// The edges of the text, points from the left and from the top.
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    sheets: Vec<Vec<Mark>>,
    /// Where the next text begins.
    y: f32,
    bookmarks: Vec<Bookmark>,
}

impl Pages<'_> {
    fn width(&self) -> f32 {
        self.right - self.left
    }

    fn room(&self) -> f32 {
        self.bottom - self.y
    }

    fn is_fresh(&self) -> bool {
        self.y <= self.top
    }

    fn next_page(&mut self) {
        self.sheets.push(Vec::new());
        self.y = self.top;
    }

    fn draw(&mut self, marks: impl IntoIterator<Item = Mark>) {
        if let Some(page) = self.sheets.last_mut() {
            page.extend(marks);
        }
    }

    fn para(&self, look: Look, text: &str, width: f32) -> Para {
        let text = self.letters.printable(text);
        let size = points(look.half_points) * 10.0;
        let of_size = |length: f32| (length / size).max(0.0);
        let lines = lines(&self.letters, &text, of_size(width - points(look.indent)), of_size(width));
        Para { look, text, lines }
    }

    /// What has to fit below a block that stays with what follows it.
    fn least(&self, block: Option<&Block>) -> f32 {
        match block {
            Some(Block::Text(style, text)) => {
                let para = self.para(style.look(), text, self.width());
                points(para.look.before) + para.height(para.lines.len().min(TOGETHER))
            }
            Some(Block::Table(table)) => self.least_table(table, self.head(table).as_ref()),
            Some(Block::NewPage) | None => 0.0,
        }
    }

    fn text(&mut self, style: Style, text: &str, next: Option<&Block>) {
        let para = self.para(style.look(), text, self.width());
        let look = para.look;
        let all = para.lines.len();
        if look.keeps && !self.is_fresh() {
            let wanted = points(look.before) + para.height(all) + self.least(next);
            if wanted > self.room() {
                self.next_page();
            }
        }
        self.y += points(look.before);
        let mut done = 0;
        while done < all {
            let left = all - done;
            let mut fit = 0;
            while fit < left && para.height(fit + 1) <= self.room() + RULE {
                fit += 1;
            }
            if fit < left {
                // Neither the first line alone at the foot nor the last alone at the head of a page.
                if left - fit < TOGETHER {
                    fit = left.saturating_sub(TOGETHER);
                }
                if done == 0 && fit < TOGETHER {
                    fit = 0;
                }
                if fit == 0 && self.is_fresh() {
                    fit = 1;
                }
            }
            if done == 0
                && fit > 0
                && let Some(level) = look.level
            {
                let (title, page, y) = (para.text.clone(), self.sheets.len().saturating_sub(1), self.y);
                self.bookmarks.push(Bookmark { level, title, page, y });
            }
            let marks = para.marks(done..done + fit, self.y, self.left, self.right);
            self.draw(marks);
            self.y += para.height(fit);
            done += fit;
            if done < all {
                self.next_page();
            }
        }
        self.y += points(look.after);
    }

    fn row(&self, table: &Table, style: Style, texts: &[String]) -> Row {
        let cells = table.columns.iter().zip(texts).map(|((_, width, align), text)| {
            let look = style.look();
            let align = if look.align == Align::Left { *align } else { look.align };
            let width = points(*width);
            (width, self.para(Look { align, ..look }, text, width - 2.0 * points(CELL_MARGIN)))
        });
        let [plain, fine] = CELL_GAP;
        let gap = if table.fine { fine } else { plain };
        Row { cells: cells.collect(), shaded: matches!(style, Style::Head | Style::FineHead), gap }
    }

    fn head(&self, table: &Table) -> Option<Row> {
        let titles: Vec<String> = table.columns.iter().map(|(title, ..)| title.clone()).collect();
        table.has_head().then(|| self.row(table, table.styles().0, &titles))
    }

    fn table(&mut self, table: &Table) {
        let head = self.head(table);
        let least = self.least_table(table, head.as_ref());
        if least > self.room() && !self.is_fresh() {
            self.next_page();
        }
        if let Some(head) = &head {
            self.put(head, 0..head.lines());
        }
        for texts in &table.rows {
            let row = self.row(table, table.styles().1, texts);
            self.put_row(&row, head.as_ref(), Table::is_long(texts));
        }
        self.y += points(BELOW_TABLE);
    }

    fn least_table(&self, table: &Table, head: Option<&Row>) -> f32 {
        let first = table.rows.first().map(|texts| (self.row(table, table.styles().1, texts), Table::is_long(texts)));
        let first = first.map_or(0.0, |(row, long)| if long { row.height_of(TOGETHER) } else { row.height() });
        head.map_or(0.0, Row::height) + first
    }

    /// A row where it fits; a long one, and one that fits on no page, in pieces.
    fn put_row(&mut self, row: &Row, head: Option<&Row>, long: bool) {
        let page = self.bottom - self.top - head.map_or(0.0, Row::height);
        let (mut done, all) = (0, row.lines());
        while done < all {
            let left = all - done;
            let mut fit = left;
            while fit > 0 && row.height_of(fit) > self.room() + RULE {
                fit -= 1;
            }
            let whole = !long && row.height() <= page;
            if fit < left && (whole || fit < TOGETHER) {
                fit = 0;
            }
            if fit == 0 {
                let begun = self.is_fresh();
                if !begun {
                    self.next_page();
                    if let Some(head) = head {
                        self.put(head, 0..head.lines());
                    }
                }
                // A line that fits on no page is drawn all the same.
                fit = (1..=left).rev().find(|&lines| row.height_of(lines) <= self.room() + RULE).unwrap_or(1);
            }
            self.put(row, done..done + fit);
            done += fit;
        }
    }

    /// Draws lines of a row here.
    fn put(&mut self, row: &Row, range: std::ops::Range<usize>) {
        let height = row.height_of(range.len());
        let (top, bottom) = (self.y, self.y + height);
        let left = self.left;
        let right = left + row.cells.iter().map(|(width, _)| width).sum::<f32>();
        if row.shaded {
            self.draw([Mark::Shade(left, top, right, bottom)]);
        }
        let upright = |x| Mark::Rule { from: (x, top), to: (x, bottom) };
        let mut x = left;
        for (width, para) in &row.cells {
            let own = range.start.min(para.lines.len())..range.end.min(para.lines.len());
            let free = height - 2.0 * row.gap - para.height(own.len());
            let margin = points(CELL_MARGIN);
            let marks = para.marks(own, top + row.gap + free.max(0.0) / 2.0, x + margin, x + width - margin);
            self.draw(marks.into_iter().chain([upright(x)]));
            x += width;
        }
        let level = |y| Mark::Rule { from: (left, y), to: (right, y) };
        self.draw([upright(right), level(top), level(bottom)]);
        self.y = bottom;
    }
}

/// A row of a table, its cells broken into lines.
struct Row {
    /// Their widths, and what stands in them.
    cells: Vec<(f32, Para)>,
    shaded: bool,
    /// What is left free above and below their texts.
    gap: f32,
}

impl Row {
    /// Lines of the longest cell.
    fn lines(&self) -> usize {
        self.cells.iter().map(|(_, para)| para.lines.len()).max().unwrap_or_default().max(1)
    }

    fn height(&self) -> f32 {
        self.height_of(self.lines())
    }

    /// Points of a piece of so many lines.
    fn height_of(&self, lines: usize) -> f32 {
        let highest = self.cells.iter().map(|(_, para)| para.height(lines.min(para.lines.len()))).fold(0.0, f32::max);
        highest + 2.0 * self.gap
    }
}

fn unusable() -> io::Error {
    io::Error::other("the typeface cannot be read")
}

/// Gives everything its place. Nothing where the typeface cannot be read.
fn laid_out<'a>(document: &Document, typeface: &'a Typeface) -> Option<Pages<'a>> {
    let letters = typeface.letters()?;
    let [top, right, bottom, left] = document.layout.margins();
    let (right, bottom) = (points(PAGE_WIDTH - right), points(PAGE_HEIGHT - bottom));
    let (left, top) = (points(left), points(top));
    let mut pages = Pages { letters, left, top, right, bottom, sheets: vec![Vec::new()], y: top, bookmarks: Vec::new() };
    for (index, block) in document.blocks.iter().enumerate() {
        match block {
            Block::Text(style, text) => pages.text(*style, text, document.blocks.get(index + 1)),
            Block::Table(table) => pages.table(table),
            Block::NewPage if pages.is_fresh() => {}
            Block::NewPage => pages.next_page(),
        }
    }
    pages.mark(document.mark.unwrap_or_default());
    Some(pages)
}

/// Writes a document.
pub(super) fn write(document: &Document, typeface: &Typeface, out: &mut dyn Write) -> io::Result<()> {
    let pages = laid_out(document, typeface).ok_or_else(unusable)?;
    let font = typeface.font().ok_or_else(unusable)?;
    let settings = SerializeSettings {
        configuration: ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish().map_err(|_| unusable())?,
        // Signed and filed, not read aloud: the tree of PDF/UA is not made.
        enable_tagging: false,
        ..SerializeSettings::default()
    };
    let mut pdf = Pdf::new_with(settings);
    let size = PageSettings::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT)).ok_or_else(unusable)?;
    for marks in &pages.sheets {
        let mut page = pdf.start_page_with(size.clone());
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, &font);
        }
        surface.finish();
        page.finish();
    }
    pdf.set_outline(outline(&pages.bookmarks));
    pdf.set_metadata(metadata(document));
    let octets = pdf.finish().map_err(|error| io::Error::other(format!("{error:?}")))?;
    out.write_all(&octets)
}

impl Pages<'_> {
    /// The mark above every page and its number below.
    fn mark(&mut self, mark: &str) {
        let above = self.para(Look { align: Align::Right, ..Style::Cell.look() }, mark, self.width());
        let below = Look { align: Align::Center, half_points: NUMBER, line: Line::AtLeast(0), ..Style::Cell.look() };
        let foot = points(PAGE_HEIGHT - MARK);
        for index in 0..self.sheets.len() {
            let number = self.para(below, &format!("— {} —", index + 1), self.width());
            let mut marks = above.marks(0..above.lines.len(), points(MARK), self.left, self.right);
            marks.extend(number.marks(0..1, foot - number.height(1), self.left, self.right));
            if let Some(page) = self.sheets.get_mut(index) {
                page.extend(marks);
            }
        }
    }
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, font: &Font) {
    let ink = || Some(Fill { paint: luma::Color::black().into(), ..Fill::default() });
    let edge = |width: f32| Some(Stroke { paint: luma::Color::black().into(), width, ..Stroke::default() });
    match mark {
        Mark::Text { x, y, size, heavy, text } => {
            surface.set_fill(ink());
            surface.set_stroke(edge(size * EDGE).filter(|_| *heavy));
            let glyph = |letter: &Letter| {
                let (glyph, width) = (GlyphId::new(letter.glyph), letter.width + text.wider);
                KrillaGlyph::new(glyph, width, 0.0, 0.0, 0.0, letter.at.clone(), None)
            };
            let glyphs: Vec<KrillaGlyph> = text.letters.iter().map(glyph).collect();
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, font.clone(), &text.text, *size, false);
        }
        Mark::Rule { from, to } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            surface.set_stroke(edge(RULE));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Shade(left, top, right, bottom) => {
            let mut path = PathBuilder::new();
            if let Some(ground) = Rect::from_ltrb(*left, *top, *right, *bottom) {
                path.push_rect(ground);
            }
            surface.set_fill(Some(Fill { paint: luma::Color::new(SHADE).into(), ..Fill::default() }));
            surface.set_stroke(None);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

/// The bookmarks: the smaller headings below the larger one before them.
fn outline(bookmarks: &[Bookmark]) -> Outline {
    let node =
        |mark: &Bookmark| OutlineNode::new(mark.title.clone(), XyzDestination::new(mark.page, Point::from_xy(0.0, mark.y)));
    let mut outline = Outline::new();
    let mut large: Option<OutlineNode> = None;
    for mark in bookmarks {
        match &mut large {
            Some(large) if mark.level > 0 => large.push_child(node(mark)),
            _ => {
                if let Some(done) = large.replace(node(mark)) {
                    outline.push_child(done);
                }
            }
        }
    }
    if let Some(last) = large {
        outline.push_child(last);
    }
    outline
}

fn metadata(document: &Document) -> Metadata {
    let metadata = Metadata::new().title(document.title.clone()).creator("gbaudit".to_owned()).producer("gbaudit".to_owned());
    metadata.creation_date(date(document.made.unwrap_or(Timestamp::from_micros(0))))
}

/// A time in Beijing. A form has none, and an archive wants one: the beginning of time stands for it.
fn date(made: Timestamp) -> DateTime {
    let part = |pattern: &str| made.beijing(pattern).parse::<u16>().unwrap_or_default();
    let small = |pattern: &str| u8::try_from(part(pattern)).unwrap_or_default();
    DateTime::new(part("%Y"))
        .month(small("%m"))
        .day(small("%d"))
        .hour(small("%H"))
        .minute(small("%M"))
        .second(small("%S"))
        .utc_offset_hour(8)
        .utc_offset_minute(0)
}

#[cfg(test)]
mod tests {
    use super::super::{Column, Layout};
    use super::*;

    fn pages(fill: impl Fn(&mut Document)) -> Vec<Vec<String>> {
        let mut document = Document::new("标题", Some(Timestamp::from_micros(0)), Layout::Official).marked(Some("内部资料"));
        fill(&mut document);
        let typeface = Typeface::default();
        let pages = laid_out(&document, &typeface).unwrap();
        let shown = |mark: &Mark| if let Mark::Text { text, .. } = mark { Some(text.text.clone()) } else { None };
        pages.sheets.iter().map(|page| page.iter().filter_map(shown).collect()).collect()
    }

    #[test]
    fn a_head_comes_again_and_a_row_stays_whole_or_is_split_where_it_is_long() {
        let long = "长".repeat(3_000);
        let pages = pages(|document| {
            let rows: Vec<Vec<String>> = (0..60).map(|n| vec![n.to_string(), "甲\n乙".to_owned()]).collect();
            document.table(&[Column::number("序号", 1), Column::text("内容", 3)], rows.iter().map(Vec::as_slice));
            let rows = [vec!["一".to_owned(), long.clone()]];
            document.table(&[Column::number("序号", 1), Column::text("内容", 3)], rows.iter().map(Vec::as_slice));
        });
        assert!(pages.len() > 3, "{}", pages.len());
        for (number, page) in pages.iter().enumerate() {
            assert!(page.contains(&"序号".to_owned()), "page {number} without a head: {page:?}");
            assert!(page.contains(&format!("— {} —", number + 1)) && page.contains(&"内部资料".to_owned()), "{page:?}");
            let of = |text: &str| page.iter().filter(|own| own.as_str() == text).count();
            assert_eq!(of("甲"), of("乙"), "a short row was split on page {number}");
        }
        let all: String = pages.iter().flatten().filter(|line| line.starts_with('长')).map(String::as_str).collect();
        assert_eq!(all, long);
    }

    #[test]
    fn a_heading_stands_on_the_page_of_what_follows_it() {
        for before in 10..40 {
            let pages = pages(|document| {
                for _ in 0..before {
                    document.paragraph("一行。");
                }
                document.heading("一、结论");
                document.paragraph("第一行文字，足够长，要占两行以上，才能看出标题是否与正文同页，还要再长一些才行。");
            });
            let page = pages.iter().find(|page| page.contains(&"一、结论".to_owned())).unwrap();
            assert!(page.iter().any(|line| line.starts_with("第一行文字")), "{before}: {pages:?}");
            assert!(page.iter().filter(|line| !line.contains("一行。")).count() >= 4, "{before}: {page:?}");
        }
    }

    #[test]
    fn equal_documents_have_equal_bytes_whatever_stands_in_them() {
        let make = || {
            let mut document = Document::new("标题 \u{1F600}", Some(Timestamp::from_micros(0)), Layout::Official);
            document.heading("一、检测结论 \u{1b}]0;x\u{7}");
            document.subheading("（一）\u{202E}反");
            document.paragraph("\u{FEFF}\u{E000}\u{FFFF}%PDF-1.7 endobj \\) stream\nEMOJI \u{1F469}\u{200D}\u{1F527}");
            document.table(&[Column::text("", 1)], [[String::new()].as_slice(), ["\n\n".to_owned()].as_slice()]);
            let mut out = Vec::new();
            document.save_pages(&Typeface::default(), &mut out).unwrap();
            out
        };
        let octets = make();
        assert!(octets.starts_with(b"%PDF-1.7") && octets == make());
        assert!(octets.len() < 100_000, "only the letters used are embedded: {}", octets.len());
    }
}
