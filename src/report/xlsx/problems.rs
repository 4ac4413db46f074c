//! 整改清单: one row a problem, with room for what became of it. `corrections.xlsx` is the table of values that comes back;
//! this one is for following up.

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Workbook, XlsxError};

use super::{Cell, Column, List};
use crate::base::lang::Text;
use crate::report::Report;
use crate::report::audience::Audience;
use crate::report::problems::{Told, places};
use crate::report::units;
use crate::report::workbook::{Style, cell};

pub(super) const NAME: Text = Text::new("整改清单", "problems");

const COLUMNS: [Column; 16] = [
    Column::number("序号", "No.", 6),
    Column::text("问题编号", "problem", 17),
    Column::text("问题代码", "kind", 14),
    Column::text("问题描述", "what is wrong", 34),
    Column::text("对象（设备编码）", "device code", 22),
    Column::text("设备名称", "name", 22),
    Column::text("发现时间", "found", 16),
    Column::text("等级", "level", 14),
    Column::text("责任单位", "responsible unit", 18),
    Column::text("建议措施", "what to do", 40),
    Column::text("要求完成时间", "due", 12),
    Column::text("整改情况", "what was done", 14),
    Column::text("复核结果", "second look", 10),
    Column::text("复核时间", "when", 12),
    Column::text("复核证据", "evidence", 14),
    Column::text("备注", "remark", 12),
];
/// Columns to write in.
static OPEN: [usize; 6] = [10, 11, 12, 13, 14, 15];
/// The column of 复核结果.
const RESULT: u16 = 12;
/// What stands in it.
const RESULTS: [Text; 3] = [Text::new("通过", "passed"), Text::new("未通过", "not passed"), Text::new("豁免", "waived")];

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook, most: usize) -> Result<(), XlsxError> {
    // Its ids and values would tell which camera it is.
    if report.audience == Audience::Public {
        return Ok(());
    }
    let lang = report.lang;
    let (places, told) = (places(report), Told::new(report));
    let found = report.header.started().beijing("%Y-%m-%d %H:%M");
    let make = |index: usize| {
        let Some(problem) = places.get(index).and_then(|place| told.at(*place)) else { return Vec::new() };
        let unit = report.units.get(problem.unit()).map(|unit| units::name(unit, lang)).unwrap_or_default();
        let mut cells: Vec<Cell> = vec![
            Cell::Number(index as u64 + 1),
            told.id(&problem).into(),
            problem.kind().into(),
            cell(&problem.message()).into(),
            cell(problem.code()).into(),
            cell(problem.name()).into(),
            found.as_str().into(),
            problem.level().into(),
            cell(&unit).into(),
            cell(&told.measure(&problem)).into(),
        ];
        cells.resize(COLUMNS.len(), "".into());
        cells
    };
    let list = List { name: NAME, columns: &COLUMNS, open: &OPEN, frozen: 4, rows: places.len(), on_one_line: false, make };
    let results = RESULTS.map(|result| result.get(lang));
    list.write((report, style, book), most, |sheet, last| {
        let list = DataValidation::new().allow_list_strings(&results)?.set_error_style(DataValidationErrorStyle::Warning);
        sheet.add_data_validation(1, RESULT, last, RESULT, &list)?;
        Ok(())
    })
}
