//! `--join`: the proposals filled into the export of any platform, whatever its columns. Rows and cameras find each
//! other by device code, then by address and channel, then by a name that stands once. Where two could be meant, or
//! where the export holds another value than the run saw, nothing is filled in and the row says so. Pure.

use std::collections::{BTreeSet, HashMap};

use super::table::csv_of;
use super::{Correction, Grade, by_camera};
use crate::base::device_id::{DeviceId, is_digits, is_rounded_by_excel, is_scientific};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, is_blank, is_invisible, trim};
use crate::catalog::Item;
use crate::catalog::import::{Columns, Grid, HEADER_WITHIN_ROWS, Use};
use crate::manscdp::item::Element;
use crate::report::Report;

/// The columns that are put behind those of the export.
pub const ADDED: [Text; 5] = [
    Text::new("匹配方式", "matched by"),
    Text::new("问题代码", "rules"),
    Text::new("问题说明", "what is wrong"),
    Text::new("建议值", "proposed, not filled in"),
    Text::new("原值", "value before"),
];
/// Characters of a cell of ours.
const MAX_CELL: usize = 2_000;
/// Characters of a value that is only named.
const MAX_VALUE: usize = 60;
/// Names of the column of the channel's number; it is no element of the standard.
const CHANNEL: [&str; 9] =
    ["通道号", "通道序号", "通道", "视频通道号", "设备通道号", "channel", "channelno", "channelnumber", "channelindex"];
/// Rows in which codes of the run are looked for.
const ROWS_LOOKED_AT: usize = 1_000;
/// Digits at the end of a code in which recorders number their channels.
const CHANNEL_DIGITS: usize = 3;

/// How a row found its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// 编码
    Code,
    /// IP 地址、端口、通道
    Address,
    /// 名称
    Name,
}

impl Way {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Code => Text::new("编码", "code"),
            Self::Address => Text::new("IP地址", "address"),
            Self::Name => Text::new("名称", "name"),
        }
    }
}

/// A row of which no cell was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// 未匹配
    Unmatched,
    /// 不唯一
    Ambiguous,
}

/// What is to be seen in a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// The row of the titles, from 0.
    pub head: usize,
    /// The first of the columns that were added.
    pub added: usize,
    /// Cells that were filled in: row and column, from 0.
    pub changed: BTreeSet<(usize, usize)>,
    /// Rows without a camera.
    pub doubts: HashMap<usize, Doubt>,
}

/// A sheet with the proposals in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedSheet {
    /// The sheet.
    pub grid: Grid,
    /// What is to be seen in it; `None` for one that was only carried along.
    pub marks: Option<Marks>,
}

/// How many of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows with content below the titles.
    pub rows: usize,
    /// Rows matched, in the order of [`Way`].
    pub matched: [usize; 3],
    /// Rows without a camera in the run.
    pub unmatched: usize,
    /// Rows that may mean several cameras, or share one with other rows.
    pub ambiguous: usize,
    /// Cells filled with a proposal.
    pub filled: usize,
    /// Cells that hold the proposal already.
    pub already: usize,
    /// Proposals left out, for the export holds another value than the run saw.
    pub differing: usize,
    /// Codes damaged by a spreadsheet that were put back.
    pub restored: usize,
    /// Cameras with corrections that no row is about.
    pub left: usize,
}

/// An export with the proposals in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Its sheets, in their order.
    pub sheets: Vec<JoinedSheet>,
    /// How many of what.
    pub counts: Counts,
    /// The names of columns that were used, with the element or 忽略, in the form that `--columns` reads.
    pub mapping: Vec<(String, &'static str)>,
}

/// Fills the proposals of these grades into the visible sheets of an export.
///
/// # Errors
/// One sentence in the user's language, when no sheet has a header.
pub fn join(
    report: &Report,
    corrections: &[Correction],
    grades: &[Grade],
    grids: Vec<Grid>,
    columns: &Columns,
) -> Result<Joined, String> {
    let lang = report.lang;
    let cameras = Cameras::new(report);
    let rows = by_camera(corrections);
    let mut joined = Joined { sheets: Vec::with_capacity(grids.len()), counts: Counts::default(), mapping: Vec::new() };
    let (mut mapping, mut seen) = (Vec::new(), BTreeSet::new());
    let mut first = String::new();
    for grid in grids {
        let head = if grid.visible { Head::find(&grid, columns) } else { None };
        let head = head.map(|head| head.with_codes_of(&grid, &cameras));
        let Some(head) = head else {
            if first.is_empty() && grid.visible {
                let names = grid.rows.iter().find(|row| row.iter().any(|cell| !is_blank(cell)));
                let names: Vec<&str> = names.into_iter().flatten().map(|n| trim(n)).filter(|n| !n.is_empty()).collect();
                first = excerpt(&names.join("、"), 200);
            }
            joined.sheets.push(JoinedSheet { grid, marks: None });
            continue;
        };
        mapping.extend(head.names.iter().cloned());
        let sheet = Sheet { report, cameras: &cameras, corrections: &rows, grades, head: &head };
        joined.sheets.push(sheet.fill(grid, &mut joined.counts, &mut seen));
    }
    if joined.sheets.iter().all(|sheet| sheet.marks.is_none()) {
        return Err(say!(
            lang,
            "没有找到表头：要有“设备编码”列，或“设备名称”“IP地址”等至少两列（也可用 --columns 给出列名对照）；现有：{first}",
            "no header was found: it wants a column for the device code, or at least two such as name and IP address (or give --columns); there are: {first}"
        ));
    }
    // What stands first in the file counts first among columns of one element.
    mapping.sort_by_key(|(rank, _, _)| *rank);
    for (_, header, word) in mapping {
        if !joined.mapping.iter().any(|(known, _)| *known == header) {
            joined.mapping.push((header, word));
        }
    }
    joined.counts.left = rows.keys().filter(|camera| !seen.contains(*camera)).count();
    Ok(joined)
}

/// How texts are compared: half width, lower case, without blanks and marks nobody sees.
fn key(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let plain = |c: &char| !c.is_whitespace() && !c.is_control() && !is_invisible(*c);
    if text.is_ascii() {
        return text.chars().filter(plain).map(|c| c.to_ascii_lowercase()).collect();
    }
    text.nfkc().filter(plain).collect::<String>().to_lowercase()
}

/// An address as it is compared; empty when there is none.
fn address_key(text: &str) -> String {
    let text = key(text);
    match text.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_unspecified() || address.is_loopback() => String::new(),
        Ok(address) => address.to_string(),
        Err(_) => String::new(),
    }
}

/// A cell without the apostrophe that keeps a spreadsheet from computing it.
fn plain(cell: &str) -> &str {
    let cell = trim(cell);
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// Whether a cell says what the run saw. Positions are compared as numbers: `115.8896` is `115.889600`.
pub(super) fn same(cell: &str, value: &str) -> bool {
    let number = |text: &str| trim(text).parse::<f64>().ok().filter(|n| n.is_finite() && trim(text).len() < 16);
    match (number(cell), number(value)) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        _ => key(cell) == key(value),
    }
}

/// Whether a code damaged by a spreadsheet may have been this one: the digits that were kept are the same.
fn may_be(damaged: &str, code: &str) -> bool {
    if is_scientific(damaged) {
        let (mantissa, _) = damaged.split_once(['E', 'e']).unwrap_or((damaged, ""));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        // The last digit shown is rounded.
        return code.starts_with(digits.get(..digits.len().saturating_sub(1)).unwrap_or_default());
    }
    code.starts_with(damaged.get(..14).unwrap_or(damaged))
}

/// The cameras of the run, by what rows know of them.
struct Cameras<'r> {
    items: Vec<&'r Item>,
    codes: HashMap<String, Vec<usize>>,
    addresses: HashMap<String, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
}

impl<'r> Cameras<'r> {
    fn new(report: &'r Report) -> Self {
        let items = report.cameras.iter().filter_map(|camera| report.item(camera.item)).collect();
        let mut cameras = Self { items, codes: HashMap::new(), addresses: HashMap::new(), names: HashMap::new() };
        for (index, item) in cameras.items.iter().enumerate() {
            let text = |element| item.text(element).unwrap_or_default();
            let keys = [key(item.id()), address_key(text(Element::IPAddress)), key(text(Element::Name))];
            for (map, key) in [&mut cameras.codes, &mut cameras.addresses, &mut cameras.names].into_iter().zip(keys) {
                if !key.is_empty() {
                    map.entry(key).or_default().push(index);
                }
            }
        }
        cameras
    }

    fn item(&self, camera: usize) -> Option<&'r Item> {
        self.items.get(camera).copied()
    }

    fn is_named(&self, camera: usize, name: &str) -> bool {
        !name.is_empty() && self.item(camera).and_then(|i| i.text(Element::Name)).is_some_and(|text| key(text) == name)
    }

    fn is_at(&self, camera: usize, row: &Row) -> bool {
        let text = |element| self.item(camera).and_then(|i| i.text(element)).unwrap_or_default();
        let port = key(text(Element::Port));
        !row.address.is_empty()
            && address_key(text(Element::IPAddress)) == row.address
            && (row.port.is_empty() || port.is_empty() || port == row.port)
    }

    /// The number of a camera's channel: recorders number them in the last digits of the code.
    fn channel(&self, camera: usize) -> Option<u32> {
        let serial = DeviceId::new_checked(self.item(camera)?.id())?.serial();
        serial.get(serial.len().saturating_sub(CHANNEL_DIGITS)..)?.parse().ok()
    }
}

/// The columns of a sheet.
#[derive(Debug, Default)]
struct Head {
    row: usize,
    /// For each element its columns, the one that stands first.
    columns: HashMap<Element, Vec<usize>>,
    channel: Option<usize>,
    /// Rank, title and word of every column that is used.
    names: Vec<(u32, String, &'static str)>,
}

impl Head {
    /// The header among the first rows: one with the device code and, below the first row, something else (a row of a
    /// data dictionary is none); otherwise one with a name or an address and another element.
    fn find(grid: &Grid, columns: &Columns) -> Option<Self> {
        let said = |row: &[String]| row.iter().any(|cell| !is_blank(cell));
        let heads: Vec<(usize, Self)> = (grid.rows.iter().enumerate())
            .filter(|(_, row)| said(row))
            .take(HEADER_WITHIN_ROWS)
            .enumerate()
            .map(|(tried, (number, row))| (tried, Self::of(number, row, columns)))
            .collect();
        let has_code = |(tried, head): &(usize, Self)| {
            let alone = grid.rows.get(head.row).is_some_and(|row| row.iter().filter(|cell| !is_blank(cell)).count() == 1);
            head.columns.contains_key(&Element::DeviceID) && (*tried == 0 || head.columns.len() > 1 || alone)
        };
        let has_others = |(_, head): &(usize, Self)| {
            head.columns.len() > 1 && [Element::Name, Element::IPAddress].iter().any(|e| head.columns.contains_key(e))
        };
        let found = heads.iter().position(has_code).or_else(|| heads.iter().position(has_others))?;
        heads.into_iter().nth(found).map(|(_, head)| head)
    }

    fn of(row: usize, cells: &[String], columns: &Columns) -> Self {
        let mut head = Self { row, ..Self::default() };
        let mut ranked: HashMap<Element, Vec<(u32, usize)>> = HashMap::new();
        for (column, cell) in cells.iter().enumerate() {
            let title = || trim(cell).to_owned();
            match columns.of(cell) {
                Some(Use::Element(element, rank)) => {
                    ranked.entry(element).or_default().push((rank, column));
                    head.names.push((rank, title(), element.name()));
                }
                Some(Use::Ignored) => head.names.push((u32::MAX, title(), "忽略")),
                None if head.channel.is_none() && CHANNEL.contains(&key(cell).as_str()) => head.channel = Some(column),
                None => (),
            }
        }
        for (element, mut places) in ranked {
            places.sort_unstable();
            head.columns.insert(element, places.into_iter().map(|(_, column)| column).collect());
        }
        head
    }

    /// The same, with the column of the device code that holds codes of the run: exports have several columns of that
    /// name, and of other names.
    fn with_codes_of(mut self, grid: &Grid, cameras: &Cameras<'_>) -> Self {
        let mut found: HashMap<usize, usize> = HashMap::new();
        for cells in grid.rows.iter().skip(self.row + 1).take(ROWS_LOOKED_AT) {
            for (column, cell) in cells.iter().enumerate() {
                if plain(cell).len() > 9 && cameras.codes.contains_key(&key(plain(cell))) {
                    *found.entry(column).or_default() += 1;
                }
            }
        }
        let stands = self.columns.get(&Element::DeviceID).and_then(|columns| columns.first()).copied();
        let hits = |column: usize| found.get(&column).copied().unwrap_or(0);
        let best = found.keys().copied().max_by_key(|column| (hits(*column), std::cmp::Reverse(*column)));
        let Some(best) = best.filter(|best| stands.is_none_or(|stands| hits(*best) > hits(stands))) else { return self };
        for columns in self.columns.values_mut() {
            columns.retain(|column| *column != best);
        }
        self.columns.retain(|_, columns| !columns.is_empty());
        self.columns.insert(Element::DeviceID, vec![best]);
        let title = grid.rows.get(self.row).and_then(|row| row.get(best)).map_or("", |cell| trim(cell)).to_owned();
        self.names.retain(|(_, name, word)| *name != title && *word != Element::DeviceID.name());
        self.names.push((0, title, Element::DeviceID.name()));
        self
    }

    /// The column of an element in a row: the first that is not blank, or the first.
    fn column(&self, cells: &[String], element: Element) -> Option<usize> {
        let columns = self.columns.get(&element)?;
        let full = columns.iter().find(|column| cells.get(**column).is_some_and(|cell| !is_blank(cell)));
        full.or_else(|| columns.first()).copied()
    }

    fn cell<'c>(&self, cells: &'c [String], element: Element) -> &'c str {
        self.column(cells, element).and_then(|column| cells.get(column)).map_or("", |cell| plain(cell))
    }
}

/// What a row knows of its camera.
struct Row {
    number: usize,
    code: String,
    /// The code is not the one that once stood there.
    is_damaged: bool,
    address: String,
    port: String,
    channel: Option<u32>,
    name: String,
}

/// What a row was found to be about.
enum Found {
    /// This camera; `sure`: more than the address alone says so.
    One { camera: usize, way: Way, sure: bool },
    /// Nothing may be filled in, and why.
    No(Doubt, String),
}

/// One sheet being filled.
struct Sheet<'a> {
    report: &'a Report,
    cameras: &'a Cameras<'a>,
    corrections: &'a HashMap<usize, Vec<&'a Correction>>,
    grades: &'a [Grade],
    head: &'a Head,
}

impl Sheet<'_> {
    fn fill(&self, mut grid: Grid, counts: &mut Counts, seen: &mut BTreeSet<usize>) -> JoinedSheet {
        let lang = self.report.lang;
        let rows = self.rows(&grid);
        let found = self.settle(&rows, rows.iter().map(|row| self.find(row)).collect());
        let added = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut marks = Marks { head: self.head.row, added, changed: BTreeSet::new(), doubts: HashMap::new() };
        let put = |grid: &mut Grid, row: usize, texts: [String; 5]| {
            if let Some(cells) = grid.rows.get_mut(row) {
                cells.resize(added, String::new());
                cells.extend(texts.iter().map(|text| excerpt(text, MAX_CELL)));
            }
        };
        put(&mut grid, self.head.row, ADDED.map(|title| title.get(lang).to_owned()));
        for (row, found) in rows.iter().zip(found) {
            counts.rows += 1;
            match found {
                Found::No(doubt, why) => {
                    let said = match doubt {
                        Doubt::Unmatched => {
                            counts.unmatched += 1;
                            say!(lang, "未匹配：{why}", "not matched: {why}")
                        }
                        Doubt::Ambiguous => {
                            counts.ambiguous += 1;
                            say!(lang, "不唯一，未填：{why}", "not unique, not filled in: {why}")
                        }
                    };
                    marks.doubts.insert(row.number, doubt);
                    put(&mut grid, row.number, [said, String::new(), String::new(), String::new(), String::new()]);
                }
                Found::One { camera, way, .. } => {
                    if let Some(count) = counts.matched.get_mut(way as usize) {
                        *count += 1;
                    }
                    seen.insert(camera);
                    let [rules, reasons, proposed, before] = self.correct(&mut grid, row, camera, counts, &mut marks.changed);
                    put(&mut grid, row.number, [way.title().get(lang).to_owned(), rules, reasons, proposed, before]);
                }
            }
        }
        JoinedSheet { grid, marks: Some(marks) }
    }

    /// The rows below the header that say something.
    fn rows(&self, grid: &Grid) -> Vec<Row> {
        let below = || grid.rows.iter().enumerate().skip(self.head.row + 1);
        let code = |cells| self.head.cell(cells, Element::DeviceID);
        // A text that ends in noughts may be a code; a spreadsheet damages whole columns.
        let (mut codes, mut rounded, mut sure) = (0_usize, 0_usize, 0_usize);
        for (number, cells) in below() {
            let code = code(cells);
            let is_number =
                self.head.column(cells, Element::DeviceID).is_some_and(|column| grid.damaged.contains(&(number, column)));
            codes += usize::from(!code.is_empty());
            sure += usize::from(is_scientific(code) || is_number);
            rounded += usize::from(is_rounded_by_excel(code) && !is_number);
        }
        let is_spoilt = sure > 0 || (rounded > 1 && rounded * 2 > codes);
        below()
            .filter(|(_, cells)| cells.iter().any(|cell| !is_blank(cell)))
            .map(|(number, cells)| {
                let code = code(cells).to_owned();
                let channel = self.head.channel.and_then(|column| cells.get(column)).map(|cell| key(plain(cell)));
                Row {
                    number,
                    is_damaged: is_scientific(&code) || (is_spoilt && is_rounded_by_excel(&code)),
                    code,
                    address: address_key(self.head.cell(cells, Element::IPAddress)),
                    port: key(self.head.cell(cells, Element::Port)),
                    channel: channel.filter(|c| is_digits(c)).and_then(|c| c.parse().ok()),
                    name: key(self.head.cell(cells, Element::Name)),
                }
            })
            .collect()
    }

    fn find(&self, row: &Row) -> Found {
        let (lang, cameras) = (self.report.lang, self.cameras);
        let one = |camera, way, sure| Found::One { camera, way, sure };
        let ambiguous = |why: String| Found::No(Doubt::Ambiguous, why);
        if !row.code.is_empty()
            && !row.is_damaged
            && let Some(those) = cameras.codes.get(&key(&row.code))
        {
            if let [camera] = those.as_slice() {
                return one(*camera, Way::Code, true);
            }
            let narrowed = only(those, |c| cameras.is_named(c, &row.name))
                .or_else(|| only(those, |c| cameras.is_at(c, row)))
                .or_else(|| only(those, |c| cameras.is_at(c, row) && cameras.is_named(c, &row.name)));
            let count = those.len();
            return narrowed.map_or_else(
                || ambiguous(say!(lang, "{count} 路摄像机共用这个编码", "{count} cameras share this code")),
                |camera| one(camera, Way::Code, true),
            );
        }
        // The row's code may be the platform's own; a sound one that is another camera's rules this camera out.
        let is_other = |camera: usize| {
            let sound = |code: &str| DeviceId::new_checked(code).is_some();
            let code = cameras.item(camera).map_or("", Item::id);
            if row.is_damaged { !may_be(&row.code, code) } else { sound(&row.code) && sound(code) }
        };
        let at: Vec<usize> =
            cameras.addresses.get(&row.address).into_iter().flatten().copied().filter(|c| cameras.is_at(*c, row)).collect();
        let by_channel = row.channel.and_then(|number| {
            let numbers: BTreeSet<_> = at.iter().map(|c| cameras.channel(*c)).collect();
            if numbers.len() == at.len() { only(&at, |c| cameras.channel(c) == Some(number)) } else { None }
        });
        let by_name = only(&at, |c| cameras.is_named(c, &row.name));
        let address = match (by_channel, by_name, at.as_slice()) {
            (Some(a), Some(b), _) if a != b => {
                return ambiguous(say!(lang, "通道号与名称指向不同的摄像机", "channel number and name mean different cameras"));
            }
            (_, Some(camera), _) => Some((camera, true)),
            (Some(camera), None, _) => Some((camera, !is_other(camera))),
            (None, None, [camera]) => Some((*camera, false)),
            _ => None,
        };
        match address {
            // At a recorder's address the only camera the run knows is not yet the one of the row.
            Some((camera, sure)) if sure || !is_other(camera) => return one(camera, Way::Address, sure),
            Some(_) => {
                return Found::No(
                    Doubt::Unmatched,
                    say!(lang, "同一地址的摄像机编码不同", "the camera at this address has another code"),
                );
            }
            None => (),
        }
        match cameras.names.get(&row.name).map(Vec::as_slice) {
            Some([camera]) if is_other(*camera) => {
                ambiguous(say!(lang, "有同名的摄像机，但编码不同", "a camera has this name and another code"))
            }
            Some([camera]) => one(*camera, Way::Name, true),
            Some(those) => {
                let count = those.len();
                ambiguous(say!(lang, "{count} 路摄像机同名", "{count} cameras have this name"))
            }
            None if at.len() > 1 => {
                let count = at.len();
                ambiguous(say!(lang, "同一地址有 {count} 路摄像机", "{count} cameras have this address"))
            }
            None if row.is_damaged => Found::No(
                Doubt::Unmatched,
                say!(lang, "编码被表格软件改成了数字", "the code was turned into a number by a spreadsheet"),
            ),
            None => Found::No(Doubt::Unmatched, say!(lang, "这一批次没有这一路", "the run has no such camera")),
        }
    }

    /// Of rows that ask for one camera the one with the best claim gets it; rows that are alike share it.
    fn settle(&self, rows: &[Row], mut found: Vec<Found>) -> Vec<Found> {
        let lang = self.report.lang;
        let mut claims: HashMap<usize, Vec<(Way, bool, usize)>> = HashMap::new();
        for (index, found) in found.iter().enumerate() {
            if let Found::One { camera, way, sure } = found {
                claims.entry(*camera).or_default().push((*way, !*sure, index));
            }
        }
        for mut claims in claims.into_values().filter(|claims| claims.len() > 1) {
            claims.sort_unstable();
            let Some(&(way, unsure, first)) = claims.first() else { continue };
            let best = claims.iter().take_while(|(w, u, _)| (*w, *u) == (way, unsure)).count();
            let look = |index: usize| rows.get(index).map(|row| (&row.name, &row.address, &row.port, row.channel));
            let alike = claims.iter().take(best).all(|(_, _, index)| look(*index) == look(first));
            let winners = if best == 1 || (way == Way::Code && alike) { best } else { 0 };
            let number = rows.get(first).map_or(0, |row| row.number + 1);
            for (_, _, index) in claims.iter().skip(winners) {
                let why = if winners == 0 {
                    say!(lang, "表中有几行对应同一路", "several rows are about one camera")
                } else {
                    say!(lang, "这一路已与第 {number} 行匹配", "row {number} is about this camera")
                };
                if let Some(slot) = found.get_mut(*index) {
                    *slot = Found::No(Doubt::Ambiguous, why);
                }
            }
        }
        found
    }

    /// Fills one row in. Gives rules, reasons, what was not filled in, and what stood there before.
    fn correct(
        &self,
        grid: &mut Grid,
        row: &Row,
        camera: usize,
        counts: &mut Counts,
        changed: &mut BTreeSet<(usize, usize)>,
    ) -> [String; 4] {
        let lang = self.report.lang;
        let corrections = self.corrections.get(&camera).map(Vec::as_slice).unwrap_or_default();
        let (mut left, mut before) = (Vec::new(), Vec::new());
        let joint = say!(lang, "；", "; ");
        let titled = |element: Element, text: &str| {
            let title = element.title().get(lang);
            say!(lang, "{title}：{text}", "{title}: {text}")
        };
        let Some(cells) = grid.rows.get(row.number) else { return Default::default() };
        let plans: Vec<Plan> = corrections.iter().map(|c| self.plan(cells, row, c)).collect();
        // Half a position is worse than none.
        let is_position = |c: &Correction| [Element::Longitude, Element::Latitude].contains(&c.element);
        let torn = || corrections.iter().zip(&plans).filter(|(c, _)| is_position(c)).map(|(_, plan)| plan);
        let is_torn = torn().any(|plan| matches!(plan, Plan::Differs(_) | Plan::Leave(_)));
        for (correction, plan) in corrections.iter().zip(&plans) {
            let proposed = correction.proposed.as_deref().unwrap_or_default();
            match plan {
                Plan::Already => counts.already += 1,
                Plan::Fill(_) if is_torn && is_position(correction) => left.push(titled(correction.element, proposed)),
                Plan::Fill(column) => {
                    let column = *column;
                    let Some(cells) = grid.rows.get_mut(row.number) else { continue };
                    if cells.len() <= column {
                        cells.resize(column + 1, String::new());
                    }
                    if let Some(cell) = cells.get_mut(column) {
                        before.push(titled(correction.element, &excerpt(plain(cell), MAX_VALUE)));
                        let mark = if trim(cell).starts_with('\'') { "'" } else { "" };
                        *cell = format!("{mark}{proposed}");
                        changed.insert((row.number, column));
                        counts.filled += 1;
                    }
                }
                Plan::Differs(now) => {
                    counts.differing += 1;
                    let (proposed, now) = (excerpt(proposed, MAX_VALUE), excerpt(now, MAX_VALUE));
                    let was = excerpt(&correction.current, MAX_VALUE);
                    let said = say!(
                        lang,
                        "{proposed}（表中为“{now}”，检测时为“{was}”，未填）",
                        "{proposed} (here it is \"{now}\", the run saw \"{was}\"; not filled in)"
                    );
                    left.push(titled(correction.element, &said));
                }
                Plan::Leave(said) => left.push(titled(correction.element, said)),
            }
        }
        // A code that a spreadsheet damaged comes back from the run, unless a new one is proposed.
        let id = self.cameras.item(camera).map_or("", Item::id);
        let place = grid.rows.get(row.number).and_then(|cells| self.head.column(cells, Element::DeviceID));
        if row.is_damaged
            && DeviceId::new_checked(id).is_some()
            && let Some(column) = place.filter(|column| !changed.contains(&(row.number, *column)))
            && let Some(cell) = grid.rows.get_mut(row.number).and_then(|cells| cells.get_mut(column))
        {
            before.push(titled(Element::DeviceID, plain(cell)));
            id.clone_into(cell);
            changed.insert((row.number, column));
            counts.restored += 1;
        }
        let mut rules: Vec<&str> = corrections.iter().flat_map(|c| c.rules.iter().copied()).collect();
        let mut reasons: Vec<&str> = corrections.iter().flat_map(|c| c.reasons.iter().map(String::as_str)).collect();
        // A rule about a position stands at both of its elements.
        let mut once = BTreeSet::new();
        rules.retain(|rule| once.insert(*rule));
        let mut once = BTreeSet::new();
        reasons.retain(|reason| once.insert(*reason));
        let listed = rules.join(say!(lang, "、", ", ").as_str());
        [listed, reasons.join(joint.as_str()), left.join(joint.as_str()), before.join(joint.as_str())]
    }

    fn plan(&self, cells: &[String], row: &Row, correction: &Correction) -> Plan {
        let lang = self.report.lang;
        let grade = correction.grade.title().get(lang);
        let Some(proposed) = &correction.proposed else {
            let shown = correction.shown(lang);
            return Plan::Leave(if shown.is_empty() {
                grade.to_owned()
            } else {
                say!(lang, "{shown}（{grade}）", "{shown} ({grade})")
            });
        };
        let column = self.head.column(cells, correction.element).filter(|_| correction.element != Element::Password);
        let Some(column) = column else { return Plan::Leave(proposed.clone()) };
        let cell = cells.get(column).map_or("", |cell| plain(cell));
        // A blank behind a code is what the correction is about.
        let raw = cells.get(column).map_or("", |cell| cell.strip_prefix('\'').unwrap_or(cell));
        if raw == proposed || (cell != proposed && same(cell, proposed) && !same(cell, &correction.current)) {
            return Plan::Already;
        }
        if !self.grades.contains(&correction.grade) {
            return Plan::Leave(say!(lang, "{proposed}（{grade}）", "{proposed} ({grade})"));
        }
        let damaged = row.is_damaged && correction.element == Element::DeviceID;
        if !cell.is_empty() && !damaged && !same(cell, &correction.current) {
            return Plan::Differs(cell.to_owned());
        }
        Plan::Fill(column)
    }
}

/// What to do with one correction.
enum Plan {
    /// Into this column.
    Fill(usize),
    /// It stands there already.
    Already,
    /// The export holds this, which the run did not see.
    Differs(String),
    /// It is only said.
    Leave(String),
}

/// The only one of these that is so.
fn only(those: &[usize], is_so: impl Fn(usize) -> bool) -> Option<usize> {
    let mut found = those.iter().copied().filter(|camera| is_so(*camera));
    found.next().filter(|_| found.next().is_none())
}

/// The mapping as a table that `--columns` reads.
#[must_use]
pub fn mapping_csv(mapping: &[(String, &'static str)], lang: Lang) -> String {
    let titles = [Text::new("列名", "column").get(lang), Text::new("要素", "element").get(lang)];
    csv_of(std::iter::once(titles).chain(mapping.iter().map(|(header, word)| [header.as_str(), *word])))
}
