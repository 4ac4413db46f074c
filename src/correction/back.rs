//! A correction table that came back filled in: which edits it asks for, and which rows cannot be taken.

use std::collections::{BTreeMap, HashMap};

use super::join;
use super::key::{self, KeyProblem};
use super::sheet::{COLUMNS, CORRECTED, DEVICES, KEY, RESULT};
use crate::base::device_id::{is_rounded_by_excel, is_scientific};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, trim, visible};
use crate::catalog::Edit;
use crate::catalog::import::Grid;
use crate::manscdp::item::Element;
use crate::report::Report;

/// Rows in which the titles are looked for; somebody may have put a heading above.
const TITLES_WITHIN: usize = 5;
/// Longest value taken.
const MAX_VALUE_CHARS: usize = 1_000;

/// A row that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its number in the sheet, from 1.
    pub row: usize,
    /// The camera's place in the report.
    pub camera: usize,
    /// The edit.
    pub edit: Edit,
}

/// A row that was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the sheet, from 1.
    pub row: usize,
    /// Why, in the user's language.
    pub why: String,
}

/// What a table that came back says.
#[derive(Debug, Default)]
pub struct Back {
    /// Rows with an edit.
    pub taken: Vec<Taken>,
    /// Rows without a corrected value, or with the value that stands there.
    pub unchanged: usize,
    /// Rows that cannot be taken.
    pub refused: Vec<Refused>,
    /// 处理结果 and how many rows say so.
    pub results: BTreeMap<String, usize>,
}

/// Reads a table against the report it was made from.
///
/// # Errors
/// One sentence in the user's language, when it is no correction table.
pub fn read(report: &Report, grids: &[Grid], lang: Lang) -> Result<Back, String> {
    let title = |index: usize| COLUMNS.get(index).copied();
    let column = |cells: &[String], index: usize| {
        let title = title(index)?;
        cells.iter().position(|cell| [title.zh, title.en].contains(&trim(cell)))
    };
    let found = grids.iter().find_map(|grid| {
        grid.rows
            .iter()
            .take(TITLES_WITHIN)
            .enumerate()
            .find_map(|(row, cells)| Some((grid, row, column(cells, CORRECTED)?, column(cells, KEY)?)))
    });
    let Some((grid, head, corrected, keys)) = found else {
        let sheet = DEVICES.get(lang);
        return Err(say!(
            lang,
            "没有“{sheet}”表，或缺少“修正值”“行标识（勿改）”两列；应为 gbaudit fix 生成的整改清单",
            "there is no sheet \"{sheet}\" with the columns \"corrected value\" and \"row key (do not change)\"; it must be a table made by gbaudit fix"
        ));
    };
    let shown_columns = SHOWN.map(|place| grid.rows.get(head).and_then(|cells| column(cells, place)));
    let result = grid.rows.get(head).and_then(|cells| column(cells, RESULT));
    let mut back = Back::default();
    let mut seen: HashMap<(usize, Element), usize> = HashMap::new();
    for (index, cells) in grid.rows.iter().enumerate().skip(head + 1) {
        let row = index + 1;
        let cell = |column: usize| cells.get(column).map_or("", |text| trim(text));
        if cells.iter().all(|text| trim(text).is_empty()) {
            continue;
        }
        let value = cell(corrected);
        if let Some(said) = result.map(cell).filter(|said| !said.is_empty()) {
            *back.results.entry(excerpt(&visible(said), 40)).or_default() += 1;
        }
        if value.is_empty() {
            back.unchanged += 1;
            continue;
        }
        let mut refuse = |why: String| back.refused.push(Refused { row, why });
        let (camera, element) = match key::read(report, cell(keys)) {
            Ok(found) => found,
            Err(KeyProblem::Unreadable) => {
                refuse(say!(lang, "行标识缺失或被改动", "the row key is missing or was changed"));
                continue;
            }
            Err(KeyProblem::Stale) => {
                refuse(say!(
                    lang,
                    "这一行不属于这一批次，或记录后来变了；请用同一批次重新生成清单",
                    "the row is of another run, or its record has changed; make the table again from this run"
                ));
                continue;
            }
        };
        if let Some(why) = disagrees(report, (camera, element), &shown_columns, &cell, lang) {
            refuse(why);
            continue;
        }
        if let Some(why) = unfit(element, value, grid.damaged.contains(&(index, corrected)), lang) {
            refuse(why);
            continue;
        }
        if let Some(first) = seen.insert((camera, element), row) {
            refuse(say!(lang, "与第 {first} 行改同一处", "row {first} changes the same value"));
            continue;
        }
        let Some(place) = report.cameras.get(camera).map(|c| c.item) else { continue };
        if report.item(place).and_then(|item| item.sent(element)) == Some(value) {
            back.unchanged += 1;
            continue;
        }
        back.taken.push(Taken { row, camera, edit: Edit { item: place, element, value: value.to_owned() } });
    }
    Ok(back)
}

/// The columns that say to a person what the key says to us: code, field, value now, name.
const SHOWN: [usize; 4] = [3, 9, 10, 4];

/// Why a row is not about what its key says: columns sorted or filled in without the others.
fn disagrees<'c>(
    report: &Report,
    (camera, element): (usize, Element),
    columns: &[Option<usize>; 4],
    cell: &impl Fn(usize) -> &'c str,
    lang: Lang,
) -> Option<String> {
    let item = report.cameras.get(camera).and_then(|c| report.item(c.item))?;
    let sent = |element| crate::report::workbook::cell(item.sent(element).unwrap_or_default());
    let title = element.title();
    let same =
        |place: usize, is: &dyn Fn(&str) -> bool| columns.get(place).copied().flatten().is_none_or(|column| is(cell(column)));
    let code = sent(Element::DeviceID);
    let now = match element {
        // Masked in the table.
        Element::ContactInfo | Element::Password => None,
        _ => Some(sent(element)),
    };
    // A CSV that a spreadsheet has opened shows numbers in its own way; the key tells which row it is all the same.
    let good = same(0, &|text| text == trim(&code) || is_scientific(text) || is_rounded_by_excel(text))
        && same(1, &|text| text == title.zh || text == title.en)
        && same(2, &|text| now.as_ref().is_none_or(|now| join::same(text, now) || is_scientific(text)))
        && same(3, &|text| text == trim(&sent(Element::Name)));
    (!good).then(|| {
        say!(
            lang,
            "行标识与这一行的设备编码、字段或当前值不符，可能只排序或复制了部分列；请用原清单重新填写",
            "the row key does not belong to the code, field or value of this row, perhaps only some columns were sorted or copied; fill in the original table again"
        )
    })
}

/// What a spreadsheet shows where a formula has no value.
const ERRORS: [&str; 9] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "TRUE", "FALSE"];

/// Why a value cannot be what was meant; what it is worth the rules say.
fn unfit(element: Element, value: &str, as_number: bool, lang: Lang) -> Option<String> {
    let shown = excerpt(&visible(value), 40);
    if value.chars().count() > MAX_VALUE_CHARS {
        return Some(say!(lang, "修正值超过 {MAX_VALUE_CHARS} 个字符", "the value is over {MAX_VALUE_CHARS} characters"));
    }
    if value.chars().any(char::is_control) {
        return Some(say!(
            lang,
            "修正值“{shown}”含换行或控制字符",
            "the value \"{shown}\" has line breaks or control characters"
        ));
    }
    let damaged = as_number || is_scientific(value);
    if damaged && matches!(element, Element::DeviceID | Element::CivilCode | Element::ParentID) {
        return Some(say!(
            lang,
            "修正值“{shown}”被表格软件改成了数字，后几位已丢失，请按文本重新填写",
            "the spreadsheet turned \"{shown}\" into a number and lost its last digits; enter it again as text"
        ));
    }
    let is_date = value.len() == 19 && value.as_bytes().get(10) == Some(&b'T') && value.as_bytes().get(4) == Some(&b'-');
    let takes_dates = matches!(element, Element::InstallTime | Element::EndTime);
    if ERRORS.contains(&value) || (is_date && !takes_dates) {
        return Some(say!(
            lang,
            "修正值“{shown}”是公式错误、逻辑值或日期，不是所填的内容；请按文本填写",
            "the value \"{shown}\" is an error, a truth value or a date, not what was meant; enter it as text"
        ));
    }
    let degrees = value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && value.parse::<f64>().is_ok();
    if matches!(element, Element::Longitude | Element::Latitude) && !degrees {
        return Some(say!(
            lang,
            "修正值“{shown}”应写作十进制度，如 115.889600",
            "the value \"{shown}\" must be decimal degrees such as 115.889600"
        ));
    }
    None
}
