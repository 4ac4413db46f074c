//! 关键位置覆盖明细: one row a position of the plan. The other two lists of the tables, installed cameras and areas, stand in sheets
//! of their own. Nothing of it where no plan or ledger was given.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::{Column, List};
use crate::base::lang::Text;
use crate::report::key_positions::{INSTALLED_COLUMNS, POSITION_COLUMNS, installed_cells, position_cells};
use crate::report::workbook::{Cell, Style, cell};
use crate::report::{Report, areas};

/// Widths of the columns of `key_positions.csv`.
const POSITIONS: [u16; 17] = [14, 14, 14, 14, 22, 10, 10, 8, 26, 24, 10, 8, 10, 12, 22, 18, 26];
/// Widths of the columns of `installed.csv`.
const INSTALLED: [u16; 12] = [14, 18, 23, 26, 16, 14, 10, 9, 9, 11, 10, 14];
/// Widths of the columns of `areas.csv`.
const AREAS: [u16; 19] = [7, 22, 20, 16, 9, 10, 9, 10, 9, 10, 9, 12, 9, 12, 9, 10, 12, 9, 86];

fn columns<const N: usize>(titles: [Text; N], widths: [u16; N]) -> Vec<Column> {
    titles.into_iter().zip(widths).map(|(title, width)| Column { title, width, is_number: false }).collect()
}

fn shown(cells: impl IntoIterator<Item = String>) -> Vec<Cell> {
    cells.into_iter().map(|text| cell(&text).into()).collect()
}

pub(super) fn sheets(report: &Report, style: &Style, book: &mut Workbook, most: usize) -> Result<(), XlsxError> {
    let (own, lang) = (&report.key_positions, report.lang);
    if own.plan {
        let columns = columns(POSITION_COLUMNS, POSITIONS);
        let make = |index: usize| own.positions.get(index).map_or_else(Vec::new, |line| shown(position_cells(line, lang)));
        let list = List {
            name: Text::new("关键位置覆盖明细", "key positions"),
            columns: &columns,
            open: &[],
            frozen: 3,
            rows: own.positions.len(),
            on_one_line: false,
            make,
        };
        list.write((report, style, book), most, |_, _| Ok(()))?;
    }
    if own.is_given() {
        let columns = columns(INSTALLED_COLUMNS, INSTALLED);
        let make = |index: usize| own.installed.get(index).map_or_else(Vec::new, |line| shown(installed_cells(line, lang)));
        let list = List {
            name: Text::new("已安装摄像机", "installed cameras"),
            columns: &columns,
            open: &[],
            frozen: 3,
            rows: own.installed.len(),
            on_one_line: true,
            make,
        };
        list.write((report, style, book), most, |_, _| Ok(()))?;
    }
    if report.areas.is_empty() {
        return Ok(());
    }
    let columns = columns(areas::COLUMNS, AREAS);
    let make = |index: usize| report.areas.get(index).map_or_else(Vec::new, |area| shown(areas::cells(area, lang)));
    let list = List {
        name: Text::new("区域汇总", "areas"),
        columns: &columns,
        open: &[],
        frozen: 3,
        rows: report.areas.len(),
        on_one_line: true,
        make,
    };
    list.write((report, style, book), most, |_, _| Ok(()))
}
