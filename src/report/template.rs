//! Tables to fill in: 关键位置点位表, 摄像机台账 and 点位归属表 as workbooks with drop-downs and a sheet that explains them. The last is filled
//! in from a catalogue as far as that tells: guesses in grey, each with its reason, and no row counts before a person has
//! confirmed it.

use std::collections::HashMap;
use std::io::{Seek, Write};

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet,
    XlsxError,
};

use super::Report;
use super::workbook::{self, MAX_ROWS};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, visible};
use crate::manscdp::item::Element;
use crate::position::table::Column;
use crate::position::{assignment, ledger, plan};
use crate::profile::PositionClass;

/// Rows of an empty table that have drop-downs.
const EMPTY_ROWS: u32 = 2_000;

/// A table that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// 关键位置点位表
    Plan,
    /// 摄像机台账
    Ledger,
    /// 点位归属表
    Assignment,
}

impl Template {
    /// The words of the command.
    pub const ALL: [(&'static str, Self); 3] = [("plan", Self::Plan), ("ledger", Self::Ledger), ("assignment", Self::Assignment)];

    /// Its name for people, which is its sheet's too.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Plan => Text::new("关键位置点位表", "key positions"),
            Self::Ledger => Text::new("摄像机台账", "ledger of cameras"),
            Self::Assignment => Text::new("点位归属表", "assignment table"),
        }
    }

    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Plan => &plan::COLUMNS,
            Self::Ledger => &ledger::COLUMNS,
            Self::Assignment => &assignment::COLUMNS,
        }
    }
}

/// What a table to fill in has beside the formats of all our workbooks.
struct Style {
    own: workbook::Style,
    /// The title of a column that has to be filled in.
    needed: Format,
    /// A cell of twenty digits stays a text, also one that is typed in.
    text: Format,
    guess: Format,
}

impl Style {
    fn new() -> Self {
        let own = workbook::Style::new();
        let text = Format::new().set_num_format("@").set_align(FormatAlign::Top);
        Self {
            needed: own.title.clone().set_font_color(Color::RGB(0x00B0_0020)),
            guess: text.clone().set_italic().set_font_color(Color::RGB(0x0080_8080)),
            text,
            own,
        }
    }
}

/// Writes an empty table, or 点位归属表 filled in from a catalogue. The same catalogue gives the same octets.
///
/// # Errors
/// When it cannot be written.
pub fn fill_in(template: Template, report: Option<&Report>, lang: Lang, out: impl Write + Seek + Send) -> Result<(), XlsxError> {
    let style = Style::new();
    let mut book = Workbook::new();
    let made = report.map_or(0, |report| report.header.finished / 1_000_000);
    let properties = DocProperties::new()
        .set_title(template.title().get(lang))
        .set_author("gbaudit")
        .set_creation_datetime(&ExcelDateTime::from_timestamp(made)?);
    book.set_properties(&properties);
    match report.filter(|_| template == Template::Assignment) {
        Some(report) => filled(report, &style, &mut book, lang)?,
        None => {
            let sheet = table(&mut book, template.title().get(lang), template.columns(), &style, lang)?;
            choices(sheet, template.columns(), EMPTY_ROWS, lang)?;
        }
    }
    explained(template, &style, &mut book, lang)?;
    book.save_to_writer(out)
}

fn number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn table<'b>(
    book: &'b mut Workbook,
    name: &str,
    columns: &[Column],
    style: &Style,
    lang: Lang,
) -> Result<&'b mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    sheet
        .set_name(name)?
        .set_freeze_panes(1, 1)?
        .set_repeat_rows(0, 0)?
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0);
    for (index, column) in columns.iter().enumerate() {
        let width = match unicode_width::UnicodeWidthStr::width(column.about.get(lang)) {
            0..=24 => 14.0,
            _ => 20.0,
        };
        let code = index == 0 || column.title.en.contains("id") || column.title.en.contains("code");
        sheet.set_column_width(number(index), if code { 24.0 } else { width })?;
        // Codes of twenty digits stay text, also those that are typed in.
        sheet.set_column_format(number(index), &style.text)?;
        let title = if column.required { &style.needed } else { &style.own.title };
        sheet.write_string_with_format(0, number(index), column.title.get(lang), title)?;
    }
    Ok(sheet)
}

/// Drop-downs; what is not among them is a warning, for some columns take more.
fn choices(sheet: &mut Worksheet, columns: &[Column], rows: u32, lang: Lang) -> Result<(), XlsxError> {
    for (index, column) in columns.iter().enumerate().filter(|(_, column)| !column.choices.is_empty()) {
        let words: Vec<&str> = column.choices.iter().map(|choice| choice.get(lang)).collect();
        let list = DataValidation::new()
            .allow_list_strings(&words)?
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_input_message(excerpt(column.about.get(lang), 200))?;
        sheet.add_data_validation(1, number(index), rows.max(1), number(index), &list)?;
    }
    Ok(())
}

fn explained(template: Template, style: &Style, book: &mut Workbook, lang: Lang) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(say!(lang, "填写说明", "how to fill it in").as_str())?;
    for (column, width) in [20.0, 8.0, 70.0, 40.0].into_iter().enumerate() {
        sheet.set_column_width(number(column), width)?;
    }
    let heads = [
        Text::new("列名", "name of the column"),
        Text::new("必填", "needed"),
        Text::new("怎么填", "what to write"),
        Text::new("也可叫", "may be called"),
    ];
    for (column, head) in heads.iter().enumerate() {
        sheet.write_string_with_format(0, number(column), head.get(lang), &style.own.title)?;
    }
    let mut row = 0;
    for column in template.columns() {
        row += 1;
        let needed = if column.required { say!(lang, "是", "yes") } else { String::new() };
        let names = column.names.join(say!(lang, "、", ", ").as_str());
        let cells = [column.title.get(lang), needed.as_str(), column.about.get(lang), names.as_str()];
        for (index, cell) in cells.into_iter().enumerate() {
            sheet.write_string_with_format(row, number(index), cell, &style.own.plain)?;
        }
    }
    let notes: &[Text] = match template {
        Template::Assignment => &[
            Text::new(
                "灰色斜体是本工具的推测，理由在“推测依据”列。核对、修改后在“确认”列选“是”；没有确认的行一律不采用。",
                "What is grey and slanted is a guess of ours; the column beside says why. Check it, change it, and choose yes in \"confirmed\"; rows that are not confirmed are not used.",
            ),
            Text::new(
                "没有联网的摄像机：设备编码留空，填台账编号。没有摄像机的点位：两者都留空，只填点位。",
                "A camera that is not networked: leave the device code empty and write its ledger number. A position without a camera: leave both empty.",
            ),
        ],
        Template::Plan => &[Text::new(
            "道路和消防通道须先按口径中的规则化为点位（如每个路口、转弯、直线每 80 米一处）。某类确实没有的，也写一行，状态选“不适用”，并写原因和批准单位。",
            "Roads and fire lanes are made points of by the rule of the profile (each crossing, each bend, every 80 m). Of a class that is not there write a row too: not_applicable, with the reason and who agreed.",
        )],
        Template::Ledger => &[Text::new(
            "每台已安装的摄像机一行，没有联网的也要写（填台账编号）。同一台摄像机在平台上有两个编码的，两个编码写在一格里。",
            "A row for each camera that was installed, also those not networked (with their ledger number). Where one camera has two codes, write both in one cell.",
        )],
    };
    for note in notes {
        row += 1;
        sheet.merge_range(row + 1, 0, row + 1, 3, note.get(lang), &style.own.plain)?.set_row_height(row + 1, 32)?;
    }
    Ok(())
}

/// What a guess is and why.
struct Guess {
    text: String,
    why: Option<Text>,
}

impl Guess {
    const fn none() -> Self {
        Self { text: String::new(), why: None }
    }

    fn by(text: String, why: Text) -> Self {
        Self { why: (!text.is_empty()).then_some(why), text }
    }
}

/// Short forms for numbers of positions, by class.
const SHORT: [&str; 4] = ["CRK", "TCK", "ZGD", "XFT"];
const BY_NAME: Text = Text::new("类别、点位编号：名称中的关键词", "class and position: words of its name");
const BY_RECORD: Text = Text::new(
    "社区：目录中的基层组织编码或所属虚拟组织",
    "community: GrassrootsCode or the virtual organisation of the catalogue",
);
const BY_TABLE: Text = Text::new("社区：已有的表", "community: a table there is already");
const BY_UNIT: Text = Text::new("责任单位：目录 ManagementUnit", "unit: ManagementUnit of the record");
const BY_CODE: Text = Text::new("公共视频：口径中的行业编码", "public: the industry codes of the profile");
const WHY: Text = Text::new("推测依据", "why we guess so");

fn filled(report: &Report, style: &Style, book: &mut Workbook, lang: Lang) -> Result<(), XlsxError> {
    let columns = &assignment::COLUMNS;
    let mut numbers: HashMap<(&str, PositionClass), u32> = HashMap::new();
    for (part, cameras) in report.cameras.chunks(MAX_ROWS).enumerate() {
        let title = Template::Assignment.title().get(lang);
        let name = if part == 0 { title.to_owned() } else { format!("{title} {}", part + 1) };
        let sheet = table(book, &name, columns, style, lang)?;
        let why_column = number(columns.len());
        sheet.set_column_width(why_column, 44.0)?;
        sheet.write_string_with_format(0, why_column, WHY.get(lang), &style.own.title)?;
        for (index, camera) in cameras.iter().enumerate() {
            let row = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let line = part * MAX_ROWS + index;
            let Some(item) = report.item(camera.item) else { continue };
            let sent = |text: &str| workbook::cell(&visible(text));
            let name = item.text(Element::Name).unwrap_or_default();
            let place = report.places.of(line);
            let community = place.map(|place| &place.community).filter(|community| !community.is_none());
            let told = report.key_positions.is_given();
            let class = report.profile.positions.class_of_name(name).0;
            let key = community.map_or("", |community| if community.code.is_empty() { &community.name } else { &community.code });
            let position = class.map(|class| {
                let n = numbers.entry((key, class)).or_default();
                *n += 1;
                format!("{}-{n:02}", SHORT.get(class.slot()).copied().unwrap_or("QT"))
            });
            let public = report.facts.get(line).is_none_or(|facts| facts.public);
            let by = if told { BY_TABLE } else { BY_RECORD };
            let guesses = [
                (3, Guess::by(community.map(|c| sent(&c.code)).unwrap_or_default(), by)),
                (4, Guess::by(community.map(|c| sent(&c.name)).unwrap_or_default(), by)),
                (5, Guess::by(place.map(|place| sent(&place.compound)).unwrap_or_default(), by)),
                (
                    6,
                    Guess {
                        text: if public { say!(lang, "是", "yes") } else { say!(lang, "否", "no") },
                        why: (!public).then_some(BY_CODE),
                    },
                ),
                (7, Guess::by(class.map(|class| class.title().get(lang).to_owned()).unwrap_or_default(), BY_NAME)),
                (8, Guess::by(position.unwrap_or_default(), BY_NAME)),
                (10, Guess::by(sent(item.text(Element::ManagementUnit).unwrap_or_default()), BY_UNIT)),
                (11, Guess { text: say!(lang, "在用", "in_use"), ..Guess::none() }),
            ];
            sheet.write_string_with_format(row, 0, sent(item.id()), &style.text)?;
            sheet.write_string_with_format(row, 1, sent(name), &style.text)?;
            let mut why: Vec<&str> = Vec::new();
            for (column, guess) in &guesses {
                if !guess.text.is_empty() {
                    sheet.write_string_with_format(row, *column, guess.text.as_str(), &style.guess)?;
                }
                if let Some(text) = guess.why.map(|why| why.get(lang)).filter(|text| !why.contains(text)) {
                    why.push(text);
                }
            }
            sheet.write_string_with_format(row, why_column, why.join(say!(lang, "；", "; ").as_str()), &style.guess)?;
        }
        let rows = u32::try_from(cameras.len()).unwrap_or(u32::MAX);
        choices(sheet, columns, rows.saturating_add(EMPTY_ROWS), lang)?;
        sheet.autofilter(0, 0, rows.max(1), why_column)?;
    }
    if report.cameras.is_empty() {
        let sheet = table(book, Template::Assignment.title().get(lang), columns, style, lang)?;
        choices(sheet, columns, EMPTY_ROWS, lang)?;
    }
    Ok(())
}
