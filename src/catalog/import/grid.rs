//! Tables held whole, as shown: those that go back to the user with something filled in, or come back from him.

use std::collections::BTreeSet;

use calamine::{Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use super::canonical::too_much;
use super::spreadsheet::{MAX_ROWS, Metered, inspected, text_of, unreadable};
use super::{MAX_CELL_BYTES, MAX_COLUMNS, cell_too_long, too_many_columns};
use crate::base::device_id::{is_rounded_by_excel, is_scientific};
use crate::base::lang::Lang;

/// A worksheet, held whole: for tables that go back to the user with something filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// Its name.
    pub name: String,
    /// Whether the user sees it.
    pub visible: bool,
    /// Its rows, as shown; the first stands in row 1.
    pub rows: Vec<Vec<String>>,
    /// Cells that hold numbers of more digits than a spreadsheet keeps: row and column, from 0.
    pub damaged: BTreeSet<(usize, usize)>,
}

/// Most cells of a workbook that is held whole.
pub(super) const MAX_GRID_CELLS: usize = 20_000_000;

/// Every worksheet of a workbook, hidden ones too.
///
/// # Errors
/// One sentence in the user's language.
pub fn grids(octets: &[u8], lang: Lang) -> Result<Vec<Grid>, String> {
    inspected(octets, lang, |book| read_grids(book, lang)).map(|(_, grids)| grids)
}

fn read_grids(mut book: Xlsx<Metered<'_>>, lang: Lang) -> Result<Vec<Grid>, String> {
    let told = |error: XlsxError| unreadable(&error.to_string(), lang);
    let mut grids = Vec::new();
    let mut room = MAX_GRID_CELLS;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let mut grid = Grid { visible: sheet.visible == SheetVisible::Visible, name: sheet.name.clone(), ..Grid::default() };
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(told)?;
        while let Some((cell, _)) = cells.next_cell_with_style_id().map_err(told)? {
            let (row, column) = cell.get_position();
            let (row, column) = (row as usize, column as usize);
            let Some((text, numeric)) = text_of(cell.get_value(), false) else { continue };
            if column >= MAX_COLUMNS {
                return Err(too_many_columns(lang));
            } else if text.len() > MAX_CELL_BYTES {
                return Err(cell_too_long(lang));
            } else if row >= MAX_ROWS as usize {
                return Err(too_much(lang));
            }
            let wide = grid.rows.get(row).map_or(0, Vec::len);
            let needed = (row + 1).saturating_sub(grid.rows.len()) + (column + 1).saturating_sub(wide);
            room = room.checked_sub(needed).ok_or_else(|| too_much(lang))?;
            if numeric && (is_scientific(&text) || is_rounded_by_excel(&text)) {
                grid.damaged.insert((row, column));
            }
            if grid.rows.len() <= row {
                grid.rows.resize_with(row + 1, Vec::new);
            }
            if let Some(cells) = grid.rows.get_mut(row) {
                if cells.len() <= column {
                    cells.resize(column + 1, String::new());
                }
                if let Some(cell) = cells.get_mut(column) {
                    *cell = text.into_owned();
                }
            }
        }
        grids.push(grid);
    }
    Ok(grids)
}
