//! Tables people fill in: a header by the names people use, cells read one by one, and of each that is wrong where it
//! stands, what was found and what to write instead. Nothing is guessed silently: what is understood though it is not
//! written as asked leaves a note.

use std::collections::BTreeSet;

use super::{Community, Crs};
use crate::base::device_id::{is_rounded_by_excel, is_scientific};
use crate::base::geo::Position;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, is_invisible, trim, visible};
use crate::base::time::Timestamp;
use crate::catalog::import::{Grid, HEADER_WITHIN_ROWS, grid_from_csv};
use crate::profile::PositionClass;

/// Rows of a table.
pub const MAX_ROWS: usize = 1_000_000;
/// Wrong cells that are told one by one.
pub const MAX_WRONG: usize = 200;
/// Notes of one table that are kept one by one.
pub const MAX_NOTES: usize = 500;
/// Longest text of a cell, characters.
const MAX_TEXT: usize = 500;
/// Codes in one cell.
const MAX_CODES: usize = 50;

/// A column.
pub struct Column {
    /// What it is called in our templates.
    pub title: Text,
    /// What else it may be called.
    pub names: &'static [&'static str],
    /// Whether it has to be there.
    pub required: bool,
    /// What stands in it, for the sheet of explanations.
    pub about: Text,
    /// What may be chosen; empty: anything.
    pub choices: &'static [Text],
}

/// 社区代码, in every table.
pub const COMMUNITY_CODE: Column = Column {
    title: Text::new("社区代码", "community_code"),
    names: &["社区编码", "居委会代码", "统计代码"],
    required: false,
    about: Text::new("12 位统计代码；没有可不填", "statistical code of 12 digits, if there is one"),
    choices: &[],
};
/// 小区
pub const COMPOUND: Column = Column {
    title: Text::new("小区", "compound"),
    names: &["小区名称", "所属小区"],
    required: false,
    about: Text::new("小区名称；一个社区可有多个小区", "name of the compound; a community may have several"),
    choices: &[],
};
/// What may be chosen as class; others are written as `其他:名称`.
pub const CLASS_CHOICES: &[Text] = &[
    Text::new("小区出入口", "gate"),
    Text::new("停车库（场）出入口", "parking"),
    Text::new("社区主干道", "road"),
    Text::new("消防通道", "fire"),
];
/// What may be chosen as state of a position.
pub const STATE_CHOICES: &[Text] =
    &[Text::new("启用", "active"), Text::new("不适用", "not_applicable"), Text::new("在建", "under_construction")];
/// What may be chosen as state of a camera.
pub const LIFE_CHOICES: &[Text] = &[
    Text::new("在用", "in_use"),
    Text::new("停用", "suspended"),
    Text::new("维修", "repair"),
    Text::new("拆除", "removed"),
    Text::new("无摄像机", "no_camera"),
];
/// Yes or no.
pub const YES_NO_CHOICES: &[Text] = &[Text::new("是", "yes"), Text::new("否", "no")];

/// A cell that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Its row, counted from 1; 0: the whole table.
    pub row: usize,
    /// Its column, as the user knows it; empty: the whole row.
    pub column: String,
    /// What is wrong and what to write.
    pub message: String,
}

impl Wrong {
    /// One line for people.
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        let (column, message) = (&self.column, &self.message);
        if column.is_empty() {
            return message.clone();
        }
        say!(lang, "“{column}”列：{message}", "column \"{column}\": {message}")
    }
}

/// A cell that was understood though it is not written as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub column: &'static str,
    /// What stands there.
    pub cell: String,
    /// How it was understood.
    pub understood: String,
}

/// A table with its header found.
pub struct Sheet<'c> {
    rows: Vec<Vec<String>>,
    head: usize,
    places: Vec<Option<usize>>,
    columns: &'c [Column],
    lang: Lang,
    wrong: Vec<Wrong>,
    left_out: usize,
    doubts: Vec<Note>,
    not_noted: std::cell::Cell<usize>,
}

/// A name as it is compared: without blanks, invisible signs and what stands in brackets.
pub(super) fn plain(name: &str) -> String {
    let bare: String = name.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c) && *c != '*').collect();
    bare.split(['(', '（']).next().unwrap_or_default().to_lowercase()
}

fn place(cells: &[String], column: &Column) -> Option<usize> {
    let wanted: Vec<String> =
        [column.title.zh, column.title.en].into_iter().chain(column.names.iter().copied()).map(plain).collect();
    cells.iter().position(|cell| wanted.contains(&plain(cell)))
}

impl<'c> Sheet<'c> {
    /// Finds the header among the first rows.
    ///
    /// # Errors
    /// When it is no such table: the columns that are lacking.
    pub fn open(text: &str, columns: &'c [Column], lang: Lang) -> Result<Self, Vec<Wrong>> {
        let whole = |row, message| vec![Wrong { row, column: String::new(), message }];
        let grid = grid_from_csv(text.as_bytes(), lang).map_err(|(row, message)| whole(row, message))?;
        if grid.rows.len() > MAX_ROWS {
            return Err(whole(MAX_ROWS, say!(lang, "超过 {MAX_ROWS} 行", "over {MAX_ROWS} rows")));
        }
        let places = |cells: &[String]| columns.iter().map(|column| place(cells, column)).collect::<Vec<_>>();
        let heads = grid.rows.iter().take(HEADER_WITHIN_ROWS).map(|cells| places(cells));
        // Of equally many the first.
        let head = heads
            .enumerate()
            .max_by_key(|(row, places)| (places.iter().flatten().count(), std::cmp::Reverse(*row)))
            .filter(|(_, places)| places.iter().any(Option::is_some));
        let Some((head, places)) = head else {
            let all = titles(columns.iter().filter(|column| column.required), lang);
            return Err(whole(1, say!(lang, "没有表头，须有：{all}", "there is no header, it must have: {all}")));
        };
        let lacking = columns.iter().zip(&places).filter(|(column, place)| column.required && place.is_none());
        let lacking = titles(lacking.map(|(column, _)| column), lang);
        if !lacking.is_empty() {
            let found = grid.rows.get(head).map(|cells| cells.join(say!(lang, "、", ", ").as_str())).unwrap_or_default();
            let found = excerpt(&visible(&found), 200);
            return Err(whole(
                head + 1,
                say!(lang, "表头缺少：{lacking}；现有：{found}", "the header lacks: {lacking}; there are: {found}"),
            ));
        }
        Ok(Self {
            rows: grid.rows,
            head,
            places,
            columns,
            lang,
            wrong: Vec::new(),
            left_out: 0,
            doubts: Vec::new(),
            not_noted: std::cell::Cell::new(0),
        })
    }

    /// The rows below the header that hold anything in our columns.
    #[must_use]
    pub fn numbers(&self) -> Vec<usize> {
        let holds = |cells: &Vec<String>| {
            self.places.iter().flatten().any(|place| cells.get(*place).is_some_and(|cell| !trim(cell).is_empty()))
        };
        let rows = self.rows.iter().enumerate().skip(self.head + 1);
        rows.filter(|(_, cells)| holds(cells)).map(|(row, _)| row + 1).collect()
    }

    /// A cell, trimmed, without the apostrophe spreadsheets put before text.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let place = self.places.get(column).copied().flatten();
        let cell = row.checked_sub(1).and_then(|row| self.rows.get(row)).zip(place).and_then(|(cells, place)| cells.get(place));
        let cell = cell.map_or("", |cell| trim(cell));
        trim(cell.strip_prefix('\'').unwrap_or(cell))
    }

    /// A cell as its own text, without signs that cannot be seen; too long is wrong.
    pub fn text(&mut self, row: usize, column: usize) -> String {
        let cell = self.cell(row, column);
        if cell.chars().count() > MAX_TEXT {
            let message = say!(self.lang, "超过 {MAX_TEXT} 个字符", "over {MAX_TEXT} characters");
            self.wrong(row, column, message);
            return String::new();
        }
        cell.chars().filter(|c| !is_invisible(*c)).collect()
    }

    /// A cell that has to hold something.
    pub fn needed(&mut self, row: usize, column: usize) -> String {
        let text = self.text(row, column);
        if text.is_empty() {
            let about = self.columns.get(column).map_or("", |column| column.about.get(self.lang));
            let message = say!(self.lang, "为空，应填：{about}", "empty, write: {about}");
            self.wrong(row, column, message);
        }
        text
    }

    /// Several codes in a cell, apart by blanks, commas, semicolons or line breaks.
    pub fn codes(&mut self, row: usize, column: usize) -> Vec<String> {
        let cell = self.cell(row, column).to_owned();
        let parts = cell.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、' | '|'));
        let mut codes: Vec<String> = Vec::new();
        for code in parts.map(|part| trim(part.trim_start_matches('\''))).filter(|part| !part.is_empty()) {
            if is_rounded_by_excel(code) {
                // A serial may end in zeros: nobody can tell, so it is said.
                let understood = say!(
                    self.lang,
                    "按原样采用；末几位全是零，请核对是否被表格软件改过",
                    "taken as it stands; it ends in zeros, see that no spreadsheet has changed it"
                );
                let mut doubts = std::mem::take(&mut self.doubts);
                self.note((row, column), understood, &mut doubts);
                self.doubts = doubts;
            }
            if is_scientific(code) {
                let code = excerpt(&visible(code), 40);
                let message = say!(
                    self.lang,
                    "编码 {code} 已被表格软件改成数字，后几位丢失；请把该列设为文本后重填",
                    "the code {code} was turned into a number by a spreadsheet and lost its last digits; make the column text and fill it in again"
                );
                self.wrong(row, column, message);
            } else if code.chars().count() > 64 {
                let message = say!(self.lang, "编码超过 64 个字符", "a code of over 64 characters");
                self.wrong(row, column, message);
            } else if codes.len() >= MAX_CODES {
                let message = say!(self.lang, "一格中的编码超过 {MAX_CODES} 个", "over {MAX_CODES} codes in one cell");
                self.wrong(row, column, message);
                break;
            } else if !codes.iter().any(|known| known == code) {
                codes.push(code.to_owned());
            }
        }
        codes
    }

    /// One of some words; what is left empty has a value of its own. A word that is understood and not the one asked for
    /// leaves a note.
    pub fn word<T: Copy>(
        &mut self,
        (row, column): (usize, usize),
        words: &[(Text, &[&str], T)],
        empty: Option<T>,
        notes: &mut Vec<Note>,
    ) -> Option<T> {
        let cell = self.cell(row, column).to_owned();
        if cell.is_empty() {
            if empty.is_none() {
                self.needed(row, column);
            }
            return empty;
        }
        let bare = plain(&cell);
        for (title, names, value) in words {
            if [title.zh, title.en].contains(&cell.as_str()) || [title.zh, title.en].map(plain).contains(&bare) {
                return Some(*value);
            }
            if names.iter().any(|name| plain(name) == bare) {
                self.note((row, column), title.get(self.lang).to_owned(), notes);
                return Some(*value);
            }
        }
        let all = words.iter().map(|(title, ..)| title.get(self.lang)).collect::<Vec<_>>();
        let all = all.join(say!(self.lang, "、", ", ").as_str());
        let cell = excerpt(&visible(&cell), 40);
        let message = say!(self.lang, "\"{cell}\" 不认识，应为其一：{all}", "\"{cell}\" is not known, write one of: {all}");
        self.wrong(row, column, message);
        None
    }

    /// A day, `2026-11-25`.
    pub fn day(&mut self, row: usize, column: usize, notes: &mut Vec<Note>) -> Option<String> {
        let cell = self.cell(row, column).to_owned();
        if cell.is_empty() {
            return None;
        }
        match day(&cell) {
            Some(day) => {
                if day != cell {
                    self.note((row, column), day.clone(), notes);
                }
                Some(day)
            }
            None => {
                let cell = excerpt(&visible(&cell), 40);
                let message =
                    say!(self.lang, "日期 \"{cell}\" 应写作 2026-11-25", "the date \"{cell}\" must be written 2026-11-25");
                self.wrong(row, column, message);
                None
            }
        }
    }

    /// A place, in two columns; half a place is wrong.
    pub fn position(&mut self, row: usize, [lon, lat]: [usize; 2], crs: Crs) -> Option<Position> {
        if self.cell(row, lon).is_empty() && self.cell(row, lat).is_empty() {
            return None;
        }
        let mut number = |column: usize| {
            let cell = self.cell(row, column);
            let found = cell.parse::<f64>().ok().filter(|value| value.is_finite());
            if found.is_none() {
                let shown = excerpt(&visible(cell), 40);
                let message = say!(
                    self.lang,
                    "\"{shown}\" 应为十进制度，如 115.889012（经度、纬度须同时填写）",
                    "\"{shown}\" must be decimal degrees, such as 115.889012 (both longitude and latitude)"
                );
                self.wrong(row, column, message);
            }
            found
        };
        let (x, y) = (number(lon), number(lat));
        let at = Position { lon: x?, lat: y? };
        if crs != Crs::Local && !at.in_china_bounds() {
            let (x, y) = (at.lon, at.lat);
            let swapped = at.swapped().in_china_bounds();
            let message = match (swapped, self.lang) {
                (true, Lang::Zh) => format!("{x}, {y} 的经度和纬度填反了"),
                (true, Lang::En) => format!("longitude and latitude of {x}, {y} are the wrong way round"),
                (false, Lang::Zh) => format!("{x}, {y} 不在中国范围内；城市坐标请把坐标系填为“地方坐标”"),
                (false, Lang::En) => format!("{x}, {y} is not in China; write \"local\" as the system of a city's own grid"),
            };
            self.wrong(row, lon, message);
            return None;
        }
        Some(at)
    }

    /// Says what is wrong with a cell.
    pub fn wrong(&mut self, row: usize, column: usize, message: String) {
        if self.wrong.len() >= MAX_WRONG {
            self.left_out += 1;
            return;
        }
        let column = self.columns.get(column).map_or("", |column| column.title.get(self.lang)).to_owned();
        self.wrong.push(Wrong { row, column, message });
    }

    /// Says how a cell was understood.
    pub fn note(&self, (row, column): (usize, usize), understood: String, notes: &mut Vec<Note>) {
        if notes.len() < MAX_NOTES {
            let title = self.columns.get(column).map_or("", |column| column.title.get(self.lang));
            notes.push(Note { row, column: title, cell: excerpt(&visible(self.cell(row, column)), 80), understood });
        } else {
            self.not_noted.set(self.not_noted.get() + 1);
        }
    }

    /// The end: whether every cell was right, and the codes that may not be.
    ///
    /// # Errors
    /// Every one that was not, up to [`MAX_WRONG`].
    pub fn finish(mut self) -> Result<Vec<Note>, Vec<Wrong>> {
        if self.left_out > 0 {
            let n = self.left_out;
            let message = say!(self.lang, "另有 {n} 处有误", "{n} more cells are wrong");
            self.wrong.push(Wrong { row: 0, column: String::new(), message });
        }
        let more = self.not_noted.get();
        if more > 0 {
            let understood = say!(self.lang, "另有 {more} 格，未逐一列出", "{more} more cells, not listed one by one");
            self.doubts.push(Note { row: 0, column: "", cell: String::new(), understood });
        }
        if self.wrong.is_empty() { Ok(self.doubts) } else { Err(self.wrong) }
    }
}

fn titles<'c>(columns: impl Iterator<Item = &'c Column>, lang: Lang) -> String {
    columns.map(|column| column.title.get(lang)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str())
}

/// A day as spreadsheets and people write it, as `2026-11-25`.
pub(super) fn day(text: &str) -> Option<String> {
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    let mut parts = text.trim_end_matches('日').split(['-', '/', '.', '年', '月']);
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    if parts.next().is_some() {
        return None;
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    Timestamp::from_beijing_date(&day).map(|_| day)
}

/// The words for a coordinate system.
pub const CRS: [(Text, &[&str], Crs); 6] = [
    (Text::new("WGS84", "wgs84"), &["wgs-84", "wgs 84", "gps", "epsg:4326"], Crs::Wgs84),
    (Text::new("CGCS2000", "cgcs2000"), &["国家2000", "2000国家大地坐标系", "cgcs 2000", "epsg:4490"], Crs::Cgcs2000),
    (Text::new("GCJ02", "gcj02"), &["gcj-02", "火星坐标", "高德", "腾讯"], Crs::Gcj02),
    (Text::new("BD09", "bd09"), &["bd-09", "百度"], Crs::Bd09),
    (Text::new("地方坐标", "local"), &["城市坐标", "地方", "城建坐标"], Crs::Local),
    (Text::new("不清楚", "unknown"), &["未知", "不详"], Crs::Unknown),
];

/// The words for a class; `其他:名称` besides.
pub const CLASSES: [(Text, &[&str], PositionClass); 4] = [
    (Text::new("小区出入口", "gate"), &["出入口", "大门", "小区大门", "小区出入"], PositionClass::Gate),
    (
        Text::new("停车库（场）出入口", "parking"),
        &["停车库出入口", "停车场出入口", "车库出入口", "车库口", "停车库(场)出入口", "停车场"],
        PositionClass::Parking,
    ),
    (Text::new("社区主干道", "road"), &["主干道", "主路", "道路"], PositionClass::Road),
    (Text::new("消防通道", "fire"), &["消防车道", "消防"], PositionClass::Fire),
];

/// A class, by its word or as `其他:名称` (`other:name`).
pub(super) fn class(
    sheet: &mut Sheet<'_>,
    (row, column): (usize, usize),
    empty: Option<PositionClass>,
    notes: &mut Vec<Note>,
) -> Option<(PositionClass, String)> {
    let cell = sheet.cell(row, column).to_owned();
    if let Some((head, name)) = cell.split_once([':', '：']).filter(|(head, _)| ["其他", "other"].contains(&trim(head))) {
        let name = trim(name);
        if name.is_empty() {
            let message = say!(sheet.lang, "\"{head}:\" 后应写名称", "write a name after \"{head}:\"");
            sheet.wrong(row, column, message);
            return None;
        }
        return Some((PositionClass::Other, name.to_owned()));
    }
    sheet.word((row, column), &CLASSES, empty, notes).map(|class| (class, String::new()))
}

/// A community, in two columns; its code is 12 digits where it is a statistical one.
pub(super) fn community(sheet: &mut Sheet<'_>, row: usize, [code, name]: [usize; 2]) -> Community {
    let mut codes = sheet.codes(row, code);
    if codes.len() > 1 {
        let message = say!(sheet.lang, "只能填一个社区代码", "write one code of a community");
        sheet.wrong(row, code, message);
    }
    let found = if codes.is_empty() { String::new() } else { codes.remove(0) };
    Community { code: found, name: sheet.text(row, name) }
}

/// A worksheet as CSV, row for row, so that a cell is found again by its row.
///
/// # Errors
/// Cells that a spreadsheet has spoilt: their rows and columns.
pub fn csv_of(grid: &Grid, lang: Lang) -> Result<String, Vec<Wrong>> {
    let spoilt = spoilt(&grid.damaged, lang);
    if !spoilt.is_empty() {
        return Err(spoilt);
    }
    let mut out = csv::WriterBuilder::new().flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    for cells in &grid.rows {
        // An empty row keeps its place.
        let written = if cells.is_empty() { out.write_record([""]) } else { out.write_record(cells) };
        if let Err(error) = written {
            return Err(vec![Wrong { row: 0, column: String::new(), message: error.to_string() }]);
        }
    }
    let octets = out.into_inner().unwrap_or_default();
    Ok(String::from_utf8(octets).unwrap_or_default())
}

fn spoilt(cells: &BTreeSet<(usize, usize)>, lang: Lang) -> Vec<Wrong> {
    let told = cells.iter().take(MAX_WRONG).map(|(row, column)| {
        let (row, column) = (row + 1, column + 1);
        let message = say!(
            lang,
            "第 {column} 列的编码已成为数字，后几位丢失；请把该列设为文本后重填",
            "the code in column {column} has become a number and lost its last digits; make the column text and fill it in again"
        );
        Wrong { row, column: String::new(), message }
    });
    told.collect()
}
