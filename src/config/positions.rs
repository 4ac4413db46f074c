//! The user's tables of key positions, read from CSV or a workbook and seen to be usable before the first packet.

use std::io::Read as _;
use std::path::Path;

use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::catalog::import::{FileKind, grids, utf8};
use crate::evidence::Supplied;
use crate::position::table::{Column, Note, Sheet, Wrong, csv_of};
use crate::position::{self, assignment, ledger, named, plan, seen};

use super::MAX_TABLE_BYTES;

/// Whether a text is a table of a kind.
type Try = fn(&str, &mut Vec<Note>, Lang) -> Result<(), Vec<Wrong>>;

/// A kind of table: its key, its columns, whether it can be used.
struct Kind {
    key: &'static str,
    columns: &'static [Column],
    try_it: Try,
}

const KINDS: [Kind; 5] = [
    Kind {
        key: position::PLAN,
        columns: &plan::COLUMNS,
        try_it: |text, notes, lang| plan::parse(text, notes, lang).and_then(|rows| plan::unique(&rows, lang)),
    },
    Kind {
        key: position::INSTALLED,
        columns: &ledger::COLUMNS,
        try_it: |text, notes, lang| ledger::parse(text, notes, lang).map(|_| ()),
    },
    Kind {
        key: position::ASSIGNMENT,
        columns: &assignment::COLUMNS,
        try_it: |text, notes, lang| assignment::parse(text, notes, lang).map(|_| ()),
    },
    Kind {
        key: position::SEEN_ALIVE,
        columns: &seen::COLUMNS,
        try_it: |text, notes, lang| seen::parse(text, notes, lang).map(|_| ()),
    },
    Kind {
        key: position::NAMED,
        columns: &named::COLUMNS,
        try_it: |text, notes, lang| named::parse(text, notes, lang).map(|_| ()),
    },
];

/// Reads a table by its key; `shown`: the file as the user named it. Of a workbook the sheets with its header are taken.
///
/// # Errors
/// Every wrong cell, with its row and what to write.
pub fn load(key: &'static str, path: &Path, shown: &str, lang: Lang) -> Result<Vec<Supplied>, Vec<Problem>> {
    let problem = |line, message| Problem { file: shown.to_owned(), line, message };
    let Some(kind) = KINDS.iter().find(|kind| kind.key == key) else { return Ok(Vec::new()) };
    let mut octets = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_TABLE_BYTES + 1).read_to_end(&mut octets));
    read.map_err(|e| vec![problem(0, say!(lang, "读不到表：{e}", "the table cannot be read: {e}"))])?;
    if octets.len() as u64 > MAX_TABLE_BYTES {
        let limit = MAX_TABLE_BYTES / (1024 * 1024);
        return Err(vec![problem(0, say!(lang, "超过 {limit} MB", "over {limit} MB"))]);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match FileKind::of(&octets) {
        FileKind::Spreadsheet => workbook(kind, &octets, &name, lang)
            .map_err(|wrong| wrong.into_iter().map(|(sheet, wrong)| told(shown, sheet.as_deref(), &wrong, lang)).collect()),
        FileKind::OldSpreadsheet => {
            let message = say!(
                lang,
                "是旧版或带密码的 Excel 文件，请另存为 .xlsx 或 CSV",
                "an Excel file of the old form or with a password; save it as .xlsx or CSV"
            );
            Err(vec![problem(0, message)])
        }
        other => {
            let octets = if other == FileKind::Utf16 { utf8(&octets) } else { octets };
            let text = charset::decode(&octets, None, None).text.into_owned();
            (kind.try_it)(&text, &mut Vec::new(), lang)
                .map_err(|wrong| wrong.iter().map(|wrong| told(shown, None, wrong, lang)).collect::<Vec<_>>())?;
            Ok(vec![Supplied { key: kind.key.to_owned(), name, text }])
        }
    }
}

type InSheet = (Option<String>, Wrong);

fn workbook(kind: &Kind, octets: &[u8], name: &str, lang: Lang) -> Result<Vec<Supplied>, Vec<InSheet>> {
    let whole = |message| vec![(None, Wrong { row: 0, column: String::new(), message })];
    let grids = grids(octets, lang).map_err(whole)?;
    let mut tables = Vec::new();
    // Of a workbook without a sheet of the kind: what the first visible one lacks.
    let mut lacking: Option<Vec<InSheet>> = None;
    for grid in grids.iter().filter(|grid| grid.visible && !grid.rows.is_empty()) {
        let in_sheet = |wrong: Vec<Wrong>| wrong.into_iter().map(|wrong| (Some(grid.name.clone()), wrong)).collect::<Vec<_>>();
        let text = match csv_of(grid, lang) {
            Ok(text) => text,
            Err(wrong) => return Err(in_sheet(wrong)),
        };
        if let Err(wrong) = Sheet::open(&text, kind.columns, lang) {
            lacking.get_or_insert_with(|| in_sheet(wrong));
            continue;
        }
        (kind.try_it)(&text, &mut Vec::new(), lang).map_err(in_sheet)?;
        let name = if grids.len() > 1 { format!("{name} / {}", grid.name) } else { name.to_owned() };
        tables.push(Supplied { key: kind.key.to_owned(), name, text });
    }
    match (tables.is_empty(), lacking) {
        (false, _) => Ok(tables),
        (true, Some(wrong)) => Err(wrong),
        (true, None) => Err(whole(say!(lang, "工作簿中没有内容", "the workbook is empty"))),
    }
}

fn told(shown: &str, sheet: Option<&str>, wrong: &Wrong, lang: Lang) -> Problem {
    let message = wrong.render(lang);
    let message = match sheet {
        Some(sheet) => say!(lang, "工作表“{sheet}”：{message}", "sheet \"{sheet}\": {message}"),
        None => message,
    };
    Problem { file: shown.to_owned(), line: wrong.row, message }
}

/// The scope, a community that one of the tables names.
///
/// # Errors
/// What the tables name instead.
pub fn scope(name: &str, supplied: &[Supplied], lang: Lang) -> Result<Supplied, String> {
    let inventory = position::Inventory::of(supplied.iter().map(Supplied::parts), lang).unwrap_or_default();
    let rows = inventory.installed.iter().flatten().map(|row| &row.community);
    let mut known: Vec<&str> = Vec::new();
    for community in rows.chain(inventory.plan.iter().flatten().map(|row| &row.community)) {
        if community.code == name || community.name == name {
            return Ok(Supplied { key: position::SCOPE.to_owned(), name: String::new(), text: name.to_owned() });
        }
        if !community.name.is_empty() && !known.contains(&community.name.as_str()) && known.len() < 10 {
            known.push(&community.name);
        }
    }
    let known = known.join(say!(lang, "、", ", ").as_str());
    Err(say!(
        lang,
        "点位归属表、点位表和台账中没有社区 \"{name}\"；现有：{known}",
        "no table names the community \"{name}\"; there are: {known}"
    ))
}
