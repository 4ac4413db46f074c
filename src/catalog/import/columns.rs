//! Which element a column holds, by the name in its header. The names are data (`data/columns.csv`), and the user can
//! add his own. Not for: what the cells say.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::base::text::{excerpt, is_blank, is_invisible};
use crate::manscdp::item::Element;

/// Largest file of the user's own names, octets.
pub const MAX_COLUMNS_FILE_BYTES: usize = 1024 * 1024;
/// Most names of the user's own.
const MAX_OWN_NAMES: usize = 10_000;
/// Characters of a header that are looked at; more is no name.
const MAX_HEADER_CHARS: usize = 100;
/// An element and a word are taken for a slip of the pen from this likeness on (Jaro-Winkler, 0 to 1).
const NEAR_ENOUGH: f64 = 0.75;

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It holds this element. Of several columns the one with the lowest rank stands.
    Element(Element, u32),
    /// It is known and not wanted.
    Ignored,
}

/// The names of columns: ours, and the user's before them.
#[derive(Debug, Default)]
pub struct Columns {
    own: HashMap<String, Use>,
}

/// Ranks below this one are the user's, in the order of his file.
const OUR_RANKS_FROM: u32 = 1_000_000;

impl Columns {
    /// Reads the user's names: two columns, the header and the element's name, or 忽略 (`ignore`).
    ///
    /// # Errors
    /// Every line that cannot be used, with what to write.
    pub fn parse(file: &str, octets: &[u8], lang: Lang) -> Result<Self, Vec<Problem>> {
        let problem = |line, message| Problem { file: file.to_owned(), line, message };
        if octets.len() > MAX_COLUMNS_FILE_BYTES {
            let limit = MAX_COLUMNS_FILE_BYTES / 1024;
            return Err(vec![problem(
                0,
                say!(lang, "超过 {limit} kB，不是列名对照表", "over {limit} kB, no table of column names"),
            )]);
        }
        let text = charset::decode(octets, None, None).text;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let (mut own, mut problems) = (HashMap::new(), Vec::new());
        for (number, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    problems.push(problem(number + 1, say!(lang, "不是正确的 CSV：{error}", "not valid CSV: {error}")));
                    break;
                }
            };
            let line = record.position().map_or(number + 1, |p| usize::try_from(p.line()).unwrap_or(0));
            let cell = |n| record.get(n).map(str::trim).unwrap_or_default();
            let (header, word) = (cell(0), cell(1));
            let is_title = number == 0 && matches!(word.to_lowercase().as_str(), "要素" | "字段" | "element" | "field");
            if is_title || (header.is_empty() && word.is_empty()) {
                continue;
            }
            if own.len() >= MAX_OWN_NAMES {
                problems.push(problem(line, say!(lang, "超过 {MAX_OWN_NAMES} 行", "more than {MAX_OWN_NAMES} lines")));
                break;
            }
            let keys = keys(header);
            let (Some(key), false) = (keys.first(), word.is_empty()) else {
                problems.push(problem(
                    line,
                    say!(
                        lang,
                        "每行写两列：表头中的列名，要素名（如 设备编号,DeviceID）；不用的列写“忽略”",
                        "write two columns a line: the name in the header, the element (such as camera_no,DeviceID); \"ignore\" for a column not wanted"
                    ),
                ));
                continue;
            };
            let rank = u32::try_from(own.len()).unwrap_or(OUR_RANKS_FROM);
            match meaning(word, rank) {
                Some(used) => match own.insert(key.clone(), used) {
                    Some(before) if !same(before, used) => {
                        let header = excerpt(header, 40);
                        problems.push(problem(
                            line,
                            say!(
                                lang,
                                "“{header}”前面已写作另一要素，留一行",
                                "\"{header}\" stands above for something else, keep one line"
                            ),
                        ));
                    }
                    _ => (),
                },
                None => problems.push(problem(line, unknown(word, lang))),
            }
        }
        if problems.is_empty() { Ok(Self { own }) } else { Err(problems) }
    }

    /// Whether the user brought names.
    #[must_use]
    pub fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// What a column is used for, by its header; `None` for a name nobody knows.
    #[must_use]
    pub fn of(&self, header: &str) -> Option<Use> {
        let keys = keys(header);
        keys.iter().find_map(|key| self.own.get(key).copied()).or_else(|| keys.iter().find_map(|key| ours(key)))
    }
}

/// Whether a column holds passwords, by its name.
#[must_use]
pub fn is_secret(header: &str, used: Option<Use>) -> bool {
    let name = header.to_lowercase();
    matches!(used, Some(Use::Element(Element::Password, _)))
        || ["密码", "口令", "password", "passwd", "pwd"].iter().any(|w| name.contains(w))
}

fn same(a: Use, b: Use) -> bool {
    match (a, b) {
        (Use::Element(a, _), Use::Element(b, _)) => a == b,
        (Use::Ignored, Use::Ignored) => true,
        _ => false,
    }
}

/// What the second column of a table of names says.
fn meaning(word: &str, rank: u32) -> Option<Use> {
    if matches!(word.to_lowercase().as_str(), "忽略" | "ignore") {
        return Some(Use::Ignored);
    }
    let element = Element::parse(word).or_else(|| {
        keys(word).iter().find_map(|key| match ours(key) {
            Some(Use::Element(element, _)) => Some(element),
            _ => None,
        })
    })?;
    Some(Use::Element(element, rank))
}

fn unknown(word: &str, lang: Lang) -> String {
    let likeness = |e: &Element| strsim::jaro_winkler(&e.name().to_lowercase(), &word.to_lowercase());
    let nearest = Element::ALL.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let word = excerpt(word, 40);
    match nearest.filter(|e| likeness(e) >= NEAR_ENOUGH) {
        Some(element) => {
            let name = element.name();
            say!(lang, "没有要素“{word}”，是否应为 {name}？", "there is no element \"{word}\", was it meant to be {name}?")
        }
        None => say!(
            lang,
            "没有要素“{word}”；写目录项的要素名，如 DeviceID、Name、CivilCode，或写“忽略”",
            "there is no element \"{word}\"; write one of a catalogue item, such as DeviceID, Name, CivilCode, or \"ignore\""
        ),
    }
}

/// What our own table says of a name.
fn ours(key: &str) -> Option<Use> {
    static TABLE: OnceLock<HashMap<String, Use>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        // Elements the file does not list stand under their own name, before all others.
        for element in Element::ALL {
            table.insert(element.name().to_lowercase(), Use::Element(*element, OUR_RANKS_FROM));
        }
        let mut reader = csv::Reader::from_reader(include_str!("data/columns.csv").as_bytes());
        for (rank, record) in (OUR_RANKS_FROM..).zip(reader.records().map_while(Result::ok)) {
            let (Some(header), Some(word)) = (record.get(0), record.get(1)) else { continue };
            if let (Some(key), Some(used)) = (keys(header).into_iter().next(), read_word(word, rank)) {
                table.insert(key, used);
            }
        }
        table
    });
    let known = |key: &str| table.get(key).copied();
    // WVP puts `gb` before the element; nested JSON and XML paths name `Info` first.
    known(key).or_else(|| key.strip_prefix("gb").and_then(known)).or_else(|| key.strip_prefix("info").and_then(known))
}

fn read_word(word: &str, rank: u32) -> Option<Use> {
    if word == "忽略" { Some(Use::Ignored) } else { Element::parse(word).map(|e| Use::Element(e, rank)) }
}

/// How a header is looked up: lower case, half width, without blanks, joints and marks; then once more without what
/// stands in brackets (`行政区划（6位）`).
fn keys(header: &str) -> Vec<String> {
    use unicode_normalization::UnicodeNormalization as _;
    if header.chars().nth(MAX_HEADER_CHARS).is_some() {
        return Vec::new();
    }
    let plain = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c) && !"_-./、·*＊:：'\"".contains(*c)).collect::<String>()
    };
    let folded = header.nfkc().collect::<String>().to_lowercase();
    let (mut outside, mut depth) = (String::new(), 0_u32);
    for c in folded.chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => (),
        }
    }
    let mut keys = vec![plain(&folded), plain(&outside)];
    keys.dedup();
    keys.retain(|key| !key.is_empty());
    keys
}

/// The columns of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// For every column: what it is used for.
    pub(super) uses: Vec<Option<Use>>,
    /// For every column: whether it holds passwords.
    pub(super) secret: Vec<bool>,
    /// Names of columns nobody knows.
    pub(super) unknown: Vec<String>,
    /// Elements that more than one column holds, with the names, the one that stands first.
    pub(super) twice: Vec<(Element, Vec<String>)>,
}

impl Layout {
    /// The layout with the names of a second header row under it (位置 above 经度 and 纬度): one whose cell for the device
    /// code is blank, and that names elements in columns nobody knows yet.
    pub(super) fn with_second_row(&self, cells: &[String], columns: &Columns) -> Option<Self> {
        let blank = |column: usize| cells.get(column).is_none_or(|cell| is_blank(cell));
        let codes = |used: &Option<Use>| matches!(used, Some(Use::Element(Element::DeviceID, _)));
        if !self.uses.iter().enumerate().any(|(column, used)| codes(used) && blank(column)) {
            return None;
        }
        let mut layout = self.clone();
        let mut found = false;
        for (column, cell) in cells.iter().enumerate() {
            if layout.uses.len() <= column {
                layout.uses.resize(column + 1, None);
                layout.secret.resize(column + 1, false);
            }
            let used = columns.of(cell);
            if let (Some(place), Some(Use::Element(..))) = (layout.uses.get_mut(column).filter(|place| place.is_none()), used) {
                *place = used;
                found = true;
            }
            if let Some(secret) = layout.secret.get_mut(column) {
                *secret |= is_secret(cell, used);
            }
        }
        found.then_some(layout)
    }

    /// The layout of a header row, if it is one: it has a column for the device code and, below the first row, a second
    /// known column or nothing else. A row of a data dictionary (`1 | 设备编码 | 必填`) is none.
    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a str>, first_row: bool, columns: &Columns) -> Option<Self> {
        let mut layout = Self::default();
        let mut holders: BTreeMap<Element, Vec<(u32, String)>> = BTreeMap::new();
        let mut named = 0_usize;
        for cell in cells {
            let used = columns.of(cell);
            layout.uses.push(used);
            layout.secret.push(is_secret(cell, used));
            let shown = crate::base::text::trim(cell);
            if shown.is_empty() {
                continue;
            }
            named += 1;
            match used {
                Some(Use::Element(element, rank)) => holders.entry(element).or_default().push((rank, excerpt(shown, 40))),
                Some(Use::Ignored) => (),
                None => layout.unknown.push(excerpt(shown, 40)),
            }
        }
        if !holders.contains_key(&Element::DeviceID) || !(first_row || holders.len() > 1 || named == 1) {
            return None;
        }
        for (element, mut names) in holders {
            if names.len() > 1 {
                names.sort_by_key(|(rank, _)| *rank);
                layout.twice.push((element, names.into_iter().map(|(_, name)| name).collect()));
            }
        }
        Some(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(header: &str) -> Option<Element> {
        match Columns::default().of(header) {
            Some(Use::Element(element, _)) => Some(element),
            _ => None,
        }
    }

    #[test]
    fn every_element_has_a_chinese_name_and_its_own() {
        for wanted in Element::ALL {
            assert_eq!(element(wanted.name()), Some(*wanted));
            let mut reader = csv::Reader::from_reader(include_str!("data/columns.csv").as_bytes());
            let chinese = reader.records().map(Result::unwrap).any(|r| !r[0].is_ascii() && &r[1] == wanted.name());
            assert!(chinese, "{}", wanted.name());
        }
    }

    #[test]
    fn our_table_says_nothing_twice_and_names_elements_only() {
        let mut seen = std::collections::BTreeSet::new();
        let mut reader = csv::Reader::from_reader(include_str!("data/columns.csv").as_bytes());
        for record in reader.records().map(Result::unwrap) {
            assert!(seen.insert(keys(&record[0])[0].clone()), "{} stands twice", &record[0]);
            assert!(read_word(&record[1], 0).is_some(), "{}", &record[1]);
        }
    }

    #[test]
    fn headers_in_every_spelling_of_the_field() {
        for (header, wanted) in [
            ("设备编码", Element::DeviceID),
            (" * 设备编码\n(20位国标)", Element::DeviceID),
            ("【必填】设备名称：", Element::Name),
            ("行政区域", Element::CivilCode),
            ("行政区划（6位）", Element::CivilCode),
            ("ＩＰ地址", Element::IPAddress),
            ("IPv6地址", Element::IPAddress),
            ("civil_code", Element::CivilCode),
            ("civilCode", Element::CivilCode),
            ("gbCivilCode", Element::CivilCode),
            ("gbPtzType", Element::PTZType),
            ("Info.PTZType", Element::PTZType),
            ("建设单位/设备归属", Element::Owner),
            ("lng", Element::Longitude),
            ("device-id", Element::DeviceID),
        ] {
            assert_eq!(element(header), Some(wanted), "{header}");
        }
        for unknown in ["原设备编码", "父设备名称", "备注", "", "管理员姓名", "存储设备编码"] {
            assert_eq!(element(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_users_table_stands_before_ours_and_can_ignore() {
        let own = Columns::parse("c.csv", "列名,要素\n点位,Name\n台账号,设备编码\n设备名称,忽略\n".as_bytes(), Lang::Zh).unwrap();
        assert_eq!(own.of("点位"), Some(Use::Element(Element::Name, 0)));
        assert_eq!(own.of("台账号"), Some(Use::Element(Element::DeviceID, 1)));
        assert_eq!(own.of("设备名称"), Some(Use::Ignored));
        assert!(matches!(own.of("经度"), Some(Use::Element(Element::Longitude, _))) && own.has_own());
    }

    #[test]
    fn a_wrong_line_of_a_users_table_says_what_to_write() {
        let problems = Columns::parse("c.csv", "a,DeviceId\nb,Longitud\nc\nd,不明\na,Name\n".as_bytes(), Lang::Zh).unwrap_err();
        let said: Vec<_> = problems.iter().map(Problem::render).collect();
        assert!(said[0].starts_with("c.csv:2:") && said[0].contains("Longitude"), "{said:?}");
        assert!(said[1].starts_with("c.csv:3:") && said[1].contains("两列"), "{said:?}");
        assert!(said[2].starts_with("c.csv:4:") && said[2].contains("忽略"), "{said:?}");
        assert!(said[3].starts_with("c.csv:5:") && said[3].contains("留一行"), "{said:?}");
        assert_eq!(said.len(), 4);
        assert!(Columns::parse("c.csv", &vec![b'x'; MAX_COLUMNS_FILE_BYTES + 1], Lang::En).is_err());
    }

    #[test]
    fn a_row_of_a_data_dictionary_is_no_header() {
        let layout = |cells: &[&str], first| Layout::of(cells.iter().copied(), first, &Columns::default());
        assert!(layout(&["1", "设备编码", "必填"], false).is_none());
        assert!(layout(&["设备编码", "备注"], true).is_some());
        let found = layout(&["设备编码", "", "国标编码", "设备名称", "备注", "设备密码"], false).unwrap();
        assert_eq!(found.unknown, ["备注"]);
        assert_eq!(found.twice, [(Element::DeviceID, vec!["国标编码".to_owned(), "设备编码".to_owned()])]);
        assert_eq!(found.secret, [false, false, false, false, false, true]);
    }
}
