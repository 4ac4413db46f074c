//! 责任单位排名, as it was ranked when the report was made.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::{Cell, Column, List};
use crate::base::lang::{Text, say};
use crate::evidence::ProbePlan;
use crate::profile::RateId;
use crate::report::Report;
use crate::report::ranking::LEAST;
use crate::report::summary::percent;
use crate::report::units::{self, NamedBy};
use crate::report::workbook::{Style, cell};

const COLUMNS: [Column; 14] = [
    Column::number("出图率名次", "rank by output", 8),
    Column::text("责任单位", "responsible unit", 30),
    Column::text("依据", "named by", 16),
    Column::number("摄像机", "cameras", 9),
    Column::number("出图", "pictures", 9),
    Column::number("应出图", "due", 9),
    Column::text("出图率", "image output", 10),
    Column::number("其中存疑", "doubtful", 9),
    Column::number("合规率名次", "rank by compliance", 8),
    Column::number("合规", "compliant", 9),
    Column::number("应合规", "due", 9),
    Column::text("合规率", "compliance", 10),
    Column::text("未出图归因", "no picture, put down to", 40),
    Column::text("说明", "note", 26),
];

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let lang = report.lang;
    let make = |index: usize| {
        let Some(ranked) = report.ranking.get(index) else { return Vec::new() };
        let Some(unit) = report.units.get(ranked.unit) else { return Vec::new() };
        let (output, compliance) = (units::output(report, unit), unit.rates.compliance);
        let probed = report.header.probing != ProbePlan::No;
        let rank = |rate: RateId| Cell::number(ranked.by(rate).map(u64::from));
        let note = match (unit.named_by, compliance.denominator < LEAST) {
            (NamedBy::Nothing, _) => say!(lang, "没有责任单位，不排名", "nobody's, not ranked"),
            (_, true) => say!(lang, "不足 {LEAST} 路，列出不排名", "fewer than {LEAST} cameras, shown and not ranked"),
            _ => String::new(),
        };
        let due = |number: u64| Cell::number(probed.then_some(number));
        vec![
            rank(RateId::Output),
            cell(&units::name(unit, lang)).into(),
            unit.named_by.title().get(lang).into(),
            Cell::Number(compliance.denominator),
            due(output.numerator),
            due(output.denominator),
            percent(output).into(),
            due(unit.doubtful),
            rank(RateId::Compliance),
            Cell::Number(compliance.numerator),
            Cell::Number(compliance.denominator),
            percent(compliance).into(),
            if probed { units::blames(unit, lang).into() } else { "".into() },
            note.into(),
        ]
    };
    let list = List {
        name: Text::new("责任单位排名", "ranking of units"),
        columns: &COLUMNS,
        open: &[],
        frozen: 2,
        rows: report.ranking.len(),
        on_one_line: false,
        make,
    };
    list.write((report, style, book), super::MAX_ROWS, |_, _| Ok(()))
}
