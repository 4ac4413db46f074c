//! 其他算法: what the same facts come to when they are counted otherwise.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::{Cell, Column, List};
use crate::base::lang::{Lang, Text};
use crate::indicator::Reading;
use crate::report::Report;
use crate::report::summary::percent;
use crate::report::workbook::Style;

pub(in crate::report) const NAME: Text = Text::new("其他算法", "other readings");

pub(in crate::report) const COLUMNS: [Column; 7] = [
    Column::text("指标", "rate", 16),
    Column::text("算法", "reading", 70),
    Column::number("达到（分子）", "reached", 14),
    Column::number("应有（分母）", "due", 14),
    Column::text("比率（截断）", "percent (cut)", 14),
    Column::text("要求", "needed", 10),
    Column::text("按此算法", "under it", 14),
];

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let lang = report.lang;
    let readings: Vec<_> = report.readings.iter().filter(|reading| report.asked.contains(&reading.rate)).collect();
    let make = |index: usize| readings.get(index).map(|reading| row(reading, lang)).unwrap_or_default();
    let list = List { name: NAME, columns: &COLUMNS, open: &[], frozen: 0, rows: readings.len(), on_one_line: false, make };
    list.write((report, style, book), super::MAX_ROWS, |_, _| Ok(()))
}

/// One reading.
pub(in crate::report) fn row(reading: &Reading, lang: Lang) -> Vec<Cell> {
    vec![
        reading.rate.title().get(lang).into(),
        reading.text.get(lang).into(),
        Cell::Number(reading.value.numerator),
        Cell::Number(reading.value.denominator),
        percent(reading.value).into(),
        format!("≥{}%", reading.threshold).into(),
        reading.verdict().title().get(lang).into(),
    ]
}

const BESIDE: [Column; 7] = [
    Column::number("所属指标", "indicator", 10),
    Column::text("名称", "rate", 30),
    Column::number("达到（分子）", "reached", 12),
    Column::number("应有（分母）", "due", 12),
    Column::text("比率（截断）", "percent (cut)", 12),
    Column::text("公式", "formula", 56),
    Column::text("看不到的", "cannot see", 50),
];

/// 另列指标: what the run tells beside the five rates.
pub(super) fn beside(report: &Report, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    if report.beside.is_empty() {
        return Ok(());
    }
    let lang = report.lang;
    let make = |index: usize| {
        let Some(beside) = report.beside.get(index) else { return Vec::new() };
        vec![
            Cell::Number(u64::from(beside.about.indicator)),
            beside.about.title.get(lang).into(),
            Cell::Number(beside.value.numerator),
            Cell::Number(beside.value.denominator),
            percent(beside.value).into(),
            beside.about.formula.get(lang).into(),
            beside.about.blind.get(lang).into(),
        ]
    };
    let list = List {
        name: Text::new("另列指标", "beside indicator 4"),
        columns: &BESIDE,
        open: &[],
        frozen: 0,
        rows: report.beside.len(),
        on_one_line: false,
        make,
    };
    list.write((report, style, book), super::MAX_ROWS, |_, _| Ok(()))
}
