//! Layouts: what a table of corrections looks like for a platform, as data. Embedded ones in `layouts/`, or a file of the
//! user's. One line a camera that has something to put right.

use std::collections::{BTreeMap, HashSet};
use std::io::{Seek, Write};

use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::table::csv_of;
use super::{Correction, join_file};
use crate::base::lang::{Lang, say};
use crate::base::settings_file::{Problem, Reader, Section};
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::report::Report;

/// The layouts of this build: name and text.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("standard", include_str!("layouts/standard.toml")),
    ("wvp", include_str!("layouts/wvp.toml")),
    ("wvp-script", include_str!("layouts/wvp-script.toml")),
];

/// Largest file of a layout, octets.
pub const MAX_LAYOUT_BYTES: usize = 256 * 1024;
/// Most columns.
const MAX_COLUMNS: usize = 256;
/// Characters of a title.
const MAX_TITLE_CHARS: usize = 100;
/// Characters of a cell.
const MAX_CELL: usize = 2_000;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// 整改清单: the workbook of [`super::sheet`].
    Workbook,
    /// One table as CSV.
    Csv,
    /// One table as XLSX.
    Xlsx,
    /// A Python script that writes to WVP when its reader runs it.
    WvpScript,
}

impl Shape {
    const WORDS: [(&'static str, Self); 4] =
        [("workbook", Self::Workbook), ("csv", Self::Csv), ("xlsx", Self::Xlsx), ("wvp-script", Self::WvpScript)];

    /// The end of the file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Workbook | Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::WvpScript => "py",
        }
    }
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The element as the run saw it.
    Old(Element),
    /// The element with the proposal in it, where there is one.
    New(Element),
    /// 问题代码
    Rules,
    /// 问题说明
    Reasons,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its title; in a script the field of the platform's API.
    pub title: String,
    /// What stands in it.
    pub content: Content,
    /// The platform takes it as a number.
    pub is_number: bool,
}

/// A layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What is written.
    pub shape: Shape,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

impl Layout {
    /// An embedded layout's text.
    #[must_use]
    pub fn embedded(name: &str) -> Option<&'static str> {
        EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads a layout.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its line.
    pub fn parse(file: &str, source: &str, lang: Lang) -> Result<Self, Vec<Problem>> {
        if source.len() > MAX_LAYOUT_BYTES {
            let limit = MAX_LAYOUT_BYTES / 1024;
            let message = say!(lang, "超过 {limit} kB，不是版式文件", "over {limit} kB, no layout");
            return Err(vec![Problem { file: file.to_owned(), line: 0, message }]);
        }
        let reader = Reader::new(file, source, lang)?;
        let root = reader.root();
        let _ = root.required_text("form", "\"csv\"");
        let shape = root.word("form", &Shape::WORDS);
        let sections = root.sections("column");
        let mut columns = Vec::new();
        for section in sections.iter().take(MAX_COLUMNS) {
            columns.extend(column(section, shape, lang));
            section.finish();
        }
        let is_table = shape.is_some_and(|shape| shape != Shape::Workbook);
        if sections.is_empty() && is_table {
            root.problem("form", say!(lang, "至少要有一个 [[column]]", "at least one [[column]] is needed"));
        } else if !sections.is_empty() && shape == Some(Shape::Workbook) {
            root.problem(
                "column",
                say!(lang, "form = \"workbook\" 的列是固定的，不写 [[column]]", "the columns of form = \"workbook\" are fixed"),
            );
        } else if sections.len() > MAX_COLUMNS {
            root.problem("column", say!(lang, "超过 {MAX_COLUMNS} 列", "over {MAX_COLUMNS} columns"));
        }
        let mut titles = HashSet::new();
        if let Some(twice) = columns.iter().find(|c| !titles.insert(c.title.as_str())) {
            let title = excerpt(&twice.title, 40);
            root.problem("column", say!(lang, "列名“{title}”写了两次", "the title \"{title}\" stands twice"));
        }
        root.finish();
        let problems = reader.into_problems();
        match shape {
            Some(shape) if problems.is_empty() => Ok(Self { shape, columns }),
            _ => Err(problems),
        }
    }
}

fn column(section: &Section<'_, '_>, shape: Option<Shape>, lang: Lang) -> Option<Column> {
    let elements: Vec<(&str, Element)> = Element::ALL.iter().map(|e| (e.name(), *e)).collect();
    let title = section.required_text("title", "\"名称\"");
    let element = section.word("element", &elements);
    let is_old = section.word("value", &[("old", true), ("new", false)]);
    let fact = section.word("fact", &[("rules", Content::Rules), ("reasons", Content::Reasons)]);
    let is_number = section.flag("number").unwrap_or_default();
    let title = title?;
    let is_script = shape == Some(Shape::WvpScript);
    if title.chars().nth(MAX_TITLE_CHARS).is_some() || (is_script && !title.bytes().all(|b| b.is_ascii_alphanumeric())) {
        section.problem(
            "title",
            say!(
                lang,
                "列名过长，或不是接口的字段名（如 gbName）",
                "the title is too long, or no field of the API (such as gbName)"
            ),
        );
    }
    if section.has("element") == section.has("fact") {
        section.problem("title", say!(lang, "element 和 fact 写其中一个", "write either element or fact"));
        return None;
    }
    if is_script && (fact.is_some() || is_old.is_some()) {
        section
            .problem("title", say!(lang, "脚本的列只写 element 和 number", "a column of a script has element and number only"));
    }
    if element == Some(Element::Password) {
        section.problem("element", say!(lang, "口令不写入任何结果", "passwords are written nowhere"));
    }
    let content = fact.or_else(|| element.map(|e| if is_old == Some(true) { Content::Old(e) } else { Content::New(e) }))?;
    Some(Column { title, content, is_number })
}

/// The corrections of a camera, in the order of the cameras, of those that have a proposal.
#[must_use]
pub fn by_camera(rows: &[Correction]) -> BTreeMap<usize, Vec<&Correction>> {
    let mut cameras: BTreeMap<usize, Vec<&Correction>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.proposed.is_some()) {
        cameras.entry(row.camera).or_default().push(row);
    }
    cameras
}

/// A cell, and whether a proposal changed it.
type Cell = (String, bool);

fn line(report: &Report, layout: &Layout, camera: usize, rows: &[&Correction]) -> Vec<Cell> {
    let item = report.cameras.get(camera).and_then(|c| report.item(c.item));
    let sent = |element| item.and_then(|i| i.sent(element)).unwrap_or_default();
    let cell = |column: &Column| match column.content {
        Content::Old(element) => (sent(element).to_owned(), false),
        Content::New(element) => {
            let new = rows.iter().find(|row| row.element == element).and_then(|row| row.proposed.as_deref());
            (new.unwrap_or_else(|| sent(element)).to_owned(), new.is_some())
        }
        Content::Rules => (once(rows.iter().flat_map(|row| row.rules.iter().copied()), "、", ", ", report.lang), false),
        Content::Reasons => {
            (once(rows.iter().flat_map(|row| row.reasons.iter().map(String::as_str)), "；", "; ", report.lang), false)
        }
    };
    layout.columns.iter().map(cell).map(|(text, is_new)| (excerpt(&text, MAX_CELL), is_new)).collect()
}

/// Every text once, joined.
pub(super) fn once<'t>(texts: impl Iterator<Item = &'t str>, zh: &'static str, en: &'static str, lang: Lang) -> String {
    let mut seen = HashSet::new();
    let texts: Vec<&str> = texts.filter(|text| seen.insert(*text)).collect();
    texts.join(crate::base::lang::Text::new(zh, en).get(lang))
}

/// The table as CSV, with BOM; no cell is taken for a formula.
#[must_use]
pub fn csv(report: &Report, layout: &Layout, rows: &[Correction]) -> String {
    let titles = layout.columns.iter().map(|column| column.title.clone()).collect::<Vec<_>>();
    let lines = by_camera(rows).into_iter().map(|(camera, rows)| {
        let cells = line(report, layout, camera, &rows).into_iter().map(|(cell, _)| cell);
        cells.collect::<Vec<_>>()
    });
    csv_of(std::iter::once(titles).chain(lines))
}

/// The table as a workbook of one sheet, every cell a text, proposals coloured. At most [`super::sheet::MAX_ROWS`] lines.
///
/// # Errors
/// When the writer refuses, or the disk that holds rows on their way.
pub fn xlsx(
    report: &Report,
    layout: &Layout,
    name: &str,
    rows: &[Correction],
    out: impl Write + Seek + Send,
) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@");
    let title = text.clone().set_bold().set_background_color(Color::RGB(0x00DC_E6F1));
    let changed = text.clone().set_background_color(Color::RGB(0x00FF_EB9C));
    let mut book = Workbook::new();
    book.set_properties(&crate::report::workbook::properties(report)?);
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(join_file::name(name, &mut HashSet::new()))?;
    for (column, described) in (0_u16..).zip(&layout.columns) {
        sheet.set_column_width(column, 22)?;
        sheet.write_string_with_format(0, column, &described.title, &title)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, (camera, rows)) in (1_u32..).zip(by_camera(rows).into_iter().take(super::sheet::MAX_ROWS)) {
        for (column, (cell, is_new)) in (0_u16..).zip(line(report, layout, camera, &rows)) {
            if !cell.is_empty() {
                sheet.write_string_with_format(row, column, cell, if is_new { &changed } else { &text })?;
            }
        }
    }
    book.save_to_writer(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_layouts_are_good_layouts() {
        for (name, text) in EMBEDDED {
            let layout = Layout::parse(name, text, Lang::Zh).unwrap();
            assert_eq!(layout.columns.is_empty(), layout.shape == Shape::Workbook, "{name}");
        }
        let script = Layout::parse("x", Layout::embedded("wvp-script").unwrap(), Lang::Zh).unwrap();
        let numbers: Vec<&str> = script.columns.iter().filter(|c| c.is_number).map(|c| c.title.as_str()).collect();
        assert_eq!(numbers, ["gbLongitude", "gbLatitude", "gbPort"]);
    }

    #[test]
    fn what_is_wrong_with_a_layout_is_said_with_its_line() {
        let said = |source: &str| {
            let problems = Layout::parse("l.toml", source, Lang::Zh).unwrap_err();
            problems.iter().map(Problem::render).collect::<Vec<_>>().join("\n")
        };
        assert!(said("form = \"csv\"\n").contains("[[column]]"));
        assert!(said("[[column]]\ntitle = \"a\"\nelement = \"Name\"\n").contains("缺少 form"));
        assert!(said("form = \"workbook\"\n[[column]]\ntitle = \"a\"\nelement = \"Name\"\n").contains("固定"));
        let one = |column: &str| said(&format!("form = \"csv\"\n[[column]]\n{column}\n"));
        assert!(
            one("title = \"a\"\nelement = \"Nam\"").contains("l.toml:4: ")
                && one("title = \"a\"\nelement = \"Nam\"").contains("Name")
        );
        assert!(one("title = \"a\"\nelement = \"Name\"\ncolour = \"red\"").contains("l.toml:5: 不认识的设置 column.colour"));
        assert!(one("title = \"a\"").contains("写其中一个"));
        assert!(one("title = \"a\"\nelement = \"Name\"\nfact = \"rules\"").contains("写其中一个"));
        assert!(one("title = \"a\"\nelement = \"Password\"").contains("口令"));
        assert!(one("element = \"Name\"").contains("缺少 column.title"));
        let script = |title: &str, more: &str| {
            said(&format!("form = \"wvp-script\"\n[[column]]\ntitle = \"{title}\"\nelement = \"Name\"\n{more}\n"))
        };
        assert!(script("gb'Name", "").contains("接口的字段名") && script("gbName", "value = \"old\"").contains("脚本的列"));
        let twice = "[[column]]\ntitle = \"a\"\nelement = \"Name\"\n".repeat(2);
        assert!(said(&format!("form = \"csv\"\n{twice}")).contains("写了两次"));
        let many: String =
            (0..=MAX_COLUMNS).map(|n| format!("[[column]]\ntitle = \"{n}\"\nelement = \"Name\"\n")).collect::<Vec<_>>().concat();
        assert!(said(&format!("form = \"csv\"\n{many}")).contains("256 列"));
        assert!(said(&"#".repeat(MAX_LAYOUT_BYTES + 1)).contains("kB"));
    }
}
