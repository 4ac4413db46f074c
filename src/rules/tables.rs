//! Tables only the user can supply: local codes, points, outlines, an earlier catalogue. One line in [`TABLES`].
//!
//! A rule that needs one which was not given answers "cannot tell", never "in order".

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::{MultiPolygon, Polygon};
use serde::Deserialize;

use super::record::Shared;
use crate::base::geo::Position;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::trim;
use crate::catalog::Item;
use crate::catalog::import::rows_from_csv;
use crate::division::Shape;
use crate::manscdp::item::Element;

/// Most rows of a supplied table.
pub const MAX_ROWS: usize = 2_000_000;

/// What a supplied table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// 基层接入单位表
    AccessUnits,
    /// 默认点位表
    DefaultPoints,
    /// 已知点位表
    ReferencePoints,
    /// 社区范围
    Communities,
    /// 画面文字
    Osd,
    /// 上次目录
    Previous,
    /// 村居代码表
    Villages,
    /// 地方采集部位代码表
    CapturePositions,
    /// 国民经济行业分类代码表
    IndustryClasses,
    /// 编码变更对照表
    CodeChanges,
    /// 责任单位对照表
    Units,
}

/// One kind of table, described.
#[derive(Debug)]
pub struct TableAbout {
    /// Which.
    pub kind: TableKind,
    /// Its key in `[tables]` and in `--table KEY=FILE`.
    pub key: &'static str,
    /// Its columns, or its form.
    pub columns: &'static str,
    /// What it is.
    pub text: Text,
}

/// Every kind there is.
pub static TABLES: [TableAbout; 11] = [
    TableAbout {
        kind: TableKind::AccessUnits,
        key: "access_units",
        columns: "code,name",
        text: Text::new("基层接入单位表：8 位代码和名称", "local access units: code of 8 digits and name"),
    },
    TableAbout {
        kind: TableKind::DefaultPoints,
        key: "default_points",
        columns: "name,longitude,latitude",
        text: Text::new(
            "默认点位表：政府、派出所、平台默认点、区县和街镇中心等不应出现在摄像机上的点",
            "default points: seats of government, police stations, platform defaults, centroids",
        ),
    },
    TableAbout {
        kind: TableKind::ReferencePoints,
        key: "reference_points",
        columns: "device_id,longitude,latitude",
        text: Text::new("已知点位表：实测过的摄像机坐标（WGS-84）", "reference points: surveyed positions of cameras (WGS-84)"),
    },
    TableAbout {
        kind: TableKind::Communities,
        key: "communities",
        columns: "GeoJSON: properties.code, properties.name",
        text: Text::new(
            "社区范围：GeoJSON 面，code 为 12 位统计代码或虚拟组织编码",
            "community outlines: GeoJSON polygons, code = 12-digit statistical code or the code of the virtual organisation",
        ),
    },
    TableAbout {
        kind: TableKind::Osd,
        key: "osd",
        columns: "device_id,text",
        text: Text::new("画面文字：画面上叠加的名称", "OSD: the name shown in the picture"),
    },
    TableAbout {
        kind: TableKind::Previous,
        key: "previous",
        columns: "DeviceID,Name,IPAddress,MAC,Longitude,Latitude,Address",
        text: Text::new("上次目录：此前某次的目录（CSV）", "an earlier catalogue (CSV)"),
    },
    TableAbout {
        kind: TableKind::Villages,
        key: "villages",
        columns: "code,name",
        text: Text::new("村居代码表：12 位统计代码和名称", "villages and communities: statistical code of 12 digits and name"),
    },
    TableAbout {
        kind: TableKind::CapturePositions,
        key: "capture_positions",
        columns: "code,name",
        text: Text::new("地方采集部位代码表：7 位代码和名称", "the province's own capture positions: code of 7 digits and name"),
    },
    TableAbout {
        kind: TableKind::IndustryClasses,
        key: "industry_classes",
        columns: "code,name",
        text: Text::new("国民经济行业分类代码表（GB/T 4754）", "classes of economic activity (GB/T 4754)"),
    },
    TableAbout {
        kind: TableKind::CodeChanges,
        key: "code_changes",
        columns: "old,new,date,who",
        text: Text::new("编码变更对照表：旧编码、新编码、日期、经办人", "changed codes: old, new, date, who"),
    },
    TableAbout {
        kind: TableKind::Units,
        key: "units",
        columns: "code,unit",
        text: Text::new(
            "责任单位对照表：编码可为摄像机、录像机、组织节点的编码，或编码的开头几位；就近取值",
            "responsible units: the code of a camera, a recorder or a node above it, or the beginning of a code; the nearest holds",
        ),
    },
];

/// Why a rule cannot tell.
pub const NOT_SUPPLIED: Text = Text::new("未提供所需的表", "table not supplied");

impl TableKind {
    /// Its description.
    #[must_use]
    pub fn about(self) -> &'static TableAbout {
        // The register names every kind; the test below holds it to that.
        let [first, ..] = &TABLES;
        TABLES.iter().find(|t| t.kind == self).unwrap_or(first)
    }

    /// From its key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        TABLES.iter().find(|t| t.key == key).map(|t| t.kind)
    }
}

/// A named point.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPoint {
    /// What stands there.
    pub name: String,
    /// Where.
    pub at: Position,
}

/// An outline of the user's.
pub struct Outline {
    /// What it is called.
    pub name: String,
    shape: Shape,
}

impl std::fmt::Debug for Outline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outline({})", self.name)
    }
}

impl Outline {
    /// Metres outside; 0 inside.
    #[must_use]
    pub fn metres_outside(&self, at: Position) -> f64 {
        self.shape.metres_outside(at)
    }

    /// The outline itself.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// What a camera was in an earlier catalogue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Its code.
    pub id: String,
    /// Its address.
    pub address: String,
    /// Where it was.
    pub at: Option<Position>,
}

/// An earlier catalogue, indexed. Of what several codes share the code is empty: it tells none of them.
#[derive(Debug, Default)]
pub struct Previous {
    /// By code.
    pub by_id: HashMap<String, Earlier>,
    /// Codes by MAC.
    pub by_mac: HashMap<String, String>,
    /// Codes by IP.
    pub by_address: HashMap<String, String>,
    /// Codes by IP, port and channel name.
    pub by_endpoint: HashMap<String, String>,
    /// Codes by name and place.
    pub by_place: HashMap<String, String>,
}

/// One row of 编码变更对照表.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// 旧编码
    pub old: String,
    /// 新编码
    pub new: String,
    /// 日期
    pub date: String,
    /// 经办人
    pub who: String,
}

/// All supplied tables, read.
#[derive(Debug, Default)]
pub struct Tables {
    /// Which were given.
    given: HashSet<TableKind>,
    /// Codes with their names, for the kinds that are plain lists of codes.
    codes: HashMap<TableKind, BTreeMap<String, String>>,
    /// [`TableKind::DefaultPoints`]
    pub default_points: Vec<NamedPoint>,
    /// [`TableKind::ReferencePoints`], by code.
    pub reference_points: HashMap<String, Position>,
    /// [`TableKind::Communities`], by code.
    pub communities: HashMap<String, Outline>,
    /// [`TableKind::Osd`], by code.
    pub osd: HashMap<String, String>,
    /// [`TableKind::Previous`]
    pub previous: Previous,
    /// [`TableKind::CodeChanges`], by the new code.
    pub code_changes: Vec<CodeChange>,
}

/// Why a table cannot be used: the line, and what to write.
pub type TableProblem = (usize, String);

impl Tables {
    /// Whether a table was given.
    #[must_use]
    pub fn has(&self, kind: TableKind) -> bool {
        self.given.contains(&kind)
    }

    /// The name of a code in one of the plain lists; `None` when it is not listed.
    #[must_use]
    pub fn name_of(&self, kind: TableKind, code: &str) -> Option<&str> {
        self.codes.get(&kind)?.get(code).map(String::as_str)
    }

    /// Whether one of the plain lists has codes that begin with these digits.
    #[must_use]
    pub fn lists_below(&self, kind: TableKind, digits: &str) -> bool {
        let codes = self.codes.get(&kind);
        codes.and_then(|codes| codes.range(digits.to_owned()..).next()).is_some_and(|(code, _)| code.starts_with(digits))
    }

    /// Reads a table and adds it.
    ///
    /// # Errors
    /// The line, what is wrong there, and what to write instead.
    pub fn add(&mut self, kind: TableKind, text: &str, lang: Lang) -> Result<(), TableProblem> {
        match kind {
            TableKind::AccessUnits => self.list(kind, text, 8, lang)?,
            TableKind::Villages => self.list(kind, text, 12, lang)?,
            TableKind::CapturePositions => self.list(kind, text, 7, lang)?,
            TableKind::IndustryClasses => self.list(kind, text, 0, lang)?,
            TableKind::DefaultPoints => {
                for row in rows(text, &[NAME, LONGITUDE, LATITUDE], lang)? {
                    let at = row.position(1, lang)?;
                    self.default_points.push(NamedPoint { name: row.cell(0).to_owned(), at });
                }
            }
            TableKind::ReferencePoints => {
                for row in rows(text, &[DEVICE, LONGITUDE, LATITUDE], lang)? {
                    let at = row.position(1, lang)?;
                    self.reference_points.insert(row.cell(0).to_owned(), at);
                }
            }
            TableKind::Osd => {
                for row in rows(text, &[DEVICE, SHOWN], lang)? {
                    self.osd.insert(row.cell(0).to_owned(), row.cell(1).to_owned());
                }
            }
            TableKind::CodeChanges => {
                for row in rows(text, &[OLD, NEW, DATE, WHO], lang)? {
                    let [old, new, date, who] = [0, 1, 2, 3].map(|i| row.cell(i).to_owned());
                    if old.is_empty() || new.is_empty() {
                        let message = say!(lang, "旧编码和新编码都要填写", "both the old and the new code are needed");
                        return Err((row.line, message));
                    }
                    self.code_changes.push(CodeChange { old, new, date, who });
                }
            }
            TableKind::Units => {
                let units = self.codes.entry(kind).or_default();
                for row in rows(text, &[CODE, UNIT], lang)? {
                    let (code, unit) = (row.cell(0), row.cell(1));
                    if code.is_empty() || unit.is_empty() {
                        return Err((row.line, say!(lang, "编码和责任单位都要填写", "both the code and the unit are needed")));
                    }
                    units.insert(code.to_owned(), unit.to_owned());
                }
            }
            TableKind::Communities => self.outlines(text, lang)?,
            TableKind::Previous => self.earlier(text, lang)?,
        }
        self.given.insert(kind);
        Ok(())
    }

    /// Adds the catalogue of an earlier run.
    pub fn add_previous<'i>(&mut self, items: impl Iterator<Item = &'i Item>) {
        for item in items {
            self.previous.add(item);
        }
        self.given.insert(TableKind::Previous);
    }

    fn list(&mut self, kind: TableKind, text: &str, digits: usize, lang: Lang) -> Result<(), TableProblem> {
        let list = self.codes.entry(kind).or_default();
        for row in rows(text, &[CODE, NAME], lang)? {
            let code = row.cell(0);
            if digits > 0 && (code.len() != digits || !crate::base::device_id::is_digits(code)) {
                let message = say!(lang, "代码“{code}”应为 {digits} 位数字", "the code \"{code}\" must be {digits} digits");
                return Err((row.line, message));
            }
            list.insert(code.to_owned(), row.cell(1).to_owned());
        }
        Ok(())
    }

    fn earlier(&mut self, text: &str, lang: Lang) -> Result<(), TableProblem> {
        for raw in rows_from_csv(text.as_bytes(), lang)?.items {
            self.previous.add(&Item::new(raw));
        }
        Ok(())
    }

    fn outlines(&mut self, text: &str, lang: Lang) -> Result<(), TableProblem> {
        let told = |error: &serde_json::Error| {
            let what = error.to_string();
            (error.line(), say!(lang, "不是 GeoJSON 面要素集：{what}", "not a GeoJSON collection of polygons: {what}"))
        };
        let collection: Collection = serde_json::from_str(text).map_err(|e| told(&e))?;
        for feature in collection.features.into_iter().take(MAX_ROWS) {
            let polygons = match feature.geometry {
                Geometry::Polygon { coordinates } => vec![coordinates],
                Geometry::MultiPolygon { coordinates } => coordinates,
            };
            let polygons: Vec<Polygon<f64>> = polygons.into_iter().filter_map(polygon).collect();
            let polygons = MultiPolygon::new(polygons);
            let outline = Outline { name: feature.properties.name, shape: Shape::new(polygons) };
            self.communities.insert(feature.properties.code, outline);
        }
        Ok(())
    }
}

impl Previous {
    /// The one code that had this in the earlier catalogue.
    pub(super) fn code_with(&self, shared: Shared, key: &str) -> Option<&str> {
        let codes = match shared {
            Shared::Mac => &self.by_mac,
            Shared::Address => &self.by_address,
            Shared::Endpoint => &self.by_endpoint,
            Shared::Place => &self.by_place,
        };
        codes.get(key).map(String::as_str).filter(|code| !code.is_empty())
    }

    const fn codes_with(&mut self, shared: Shared) -> &mut HashMap<String, String> {
        match shared {
            Shared::Mac => &mut self.by_mac,
            Shared::Address => &mut self.by_address,
            Shared::Endpoint => &mut self.by_endpoint,
            Shared::Place => &mut self.by_place,
        }
    }

    fn add(&mut self, item: &Item) {
        let id = item.id().to_owned();
        if id.is_empty() {
            return;
        }
        for shared in Shared::ALL {
            let Some(key) = shared.key(item) else { continue };
            let code = self.codes_with(shared).entry(key).or_insert_with(|| id.clone());
            if *code != id {
                code.clear();
            }
        }
        let address = item.text(Element::Address).unwrap_or_default().to_owned();
        self.by_id.insert(id.clone(), Earlier { id, address, at: super::geo::position_of(item) });
    }
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    code: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Geometry {
    Polygon { coordinates: Vec<Vec<Vec<f64>>> },
    MultiPolygon { coordinates: Vec<Vec<Vec<Vec<f64>>>> },
}

fn polygon(rings: Vec<Vec<Vec<f64>>>) -> Option<Polygon<f64>> {
    let ring = |points: Vec<Vec<f64>>| -> geo::LineString<f64> {
        points.iter().filter_map(|p| Some(geo::Coord { x: *p.first()?, y: *p.get(1)? })).collect()
    };
    let mut rings = rings.into_iter().map(ring);
    let exterior = rings.next()?;
    Some(Polygon::new(exterior, rings.collect()))
}

/// The names a column may have.
type Column = &'static [&'static str];
const CODE: Column = &["code", "代码", "编码"];
const NAME: Column = &["name", "名称"];
const DEVICE: Column = &["device_id", "DeviceID", "设备编码", "国标编码", "编码"];
const LONGITUDE: Column = &["longitude", "Longitude", "经度", "lon", "lng"];
const LATITUDE: Column = &["latitude", "Latitude", "纬度", "lat"];
const SHOWN: Column = &["text", "画面文字", "OSD"];
const OLD: Column = &["old", "旧编码", "原编码"];
const NEW: Column = &["new", "新编码"];
const DATE: Column = &["date", "日期", "变更日期"];
const UNIT: Column = &["unit", "责任单位", "单位", "管理单位"];
const WHO: Column = &["who", "经办人", "操作人"];

struct Row {
    line: usize,
    cells: Vec<String>,
}

impl Row {
    fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", |c| trim(c))
    }

    fn position(&self, index: usize, lang: Lang) -> Result<Position, TableProblem> {
        let axis = |i: usize| self.cell(i).parse::<f64>().ok().filter(|v| v.is_finite());
        match (axis(index), axis(index + 1)) {
            (Some(lon), Some(lat)) if Position { lon, lat }.in_china_bounds() => Ok(Position { lon, lat }),
            _ => {
                let (lon, lat) = (self.cell(index), self.cell(index + 1));
                let message = say!(
                    lang,
                    "经纬度“{lon},{lat}”应为十进制度（WGS-84），如 115.889600,34.952800",
                    "the position \"{lon},{lat}\" must be decimal degrees (WGS-84) such as 115.889600,34.952800"
                );
                Err((self.line, message))
            }
        }
    }
}

/// The rows of a CSV with these columns, whatever their order.
fn rows(text: &str, columns: &[Column], lang: Lang) -> Result<Vec<Row>, TableProblem> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let told = |error: &csv::Error| {
        let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        (line, say!(lang, "不是正确的 CSV：{error}", "not valid CSV: {error}"))
    };
    let headers = reader.headers().map_err(|e| told(&e))?.clone();
    let mut places = Vec::new();
    for names in columns {
        match headers.iter().position(|h| names.iter().any(|n| n.eq_ignore_ascii_case(trim(h)))) {
            Some(place) => places.push(place),
            None => {
                let wanted = names.join(say!(lang, " 或 ", " or ").as_str());
                return Err((1, say!(lang, "表头缺少列 {wanted}", "the header has no column {wanted}")));
            }
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| told(&e))?;
        let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        if rows.len() >= MAX_ROWS {
            return Err((line, say!(lang, "超过 {MAX_ROWS} 行", "over {MAX_ROWS} rows")));
        }
        if record.iter().any(|cell| !trim(cell).is_empty()) {
            let cells = places.iter().map(|p| record.get(*p).unwrap_or_default().to_owned()).collect();
            rows.push(Row { line, cells });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: TableKind, text: &str) -> Result<Tables, TableProblem> {
        let mut tables = Tables::default();
        tables.add(kind, text, Lang::Zh).map(|()| tables)
    }

    #[test]
    fn the_register_names_every_kind_once_and_keys_are_unique() {
        let keys: HashSet<&str> = TABLES.iter().map(|t| t.key).collect();
        assert_eq!(keys.len(), TABLES.len());
        for table in &TABLES {
            assert_eq!(TableKind::parse(table.key), Some(table.kind));
            assert_eq!(table.kind.about().key, table.key);
        }
    }

    #[test]
    fn lists_are_read_by_their_headers_in_either_language() {
        let tables = read(TableKind::AccessUnits, "名称,代码\n文亭派出所,37172301\n\n").unwrap();
        assert!(tables.has(TableKind::AccessUnits) && !tables.has(TableKind::Villages));
        assert_eq!(tables.name_of(TableKind::AccessUnits, "37172301"), Some("文亭派出所"));
        assert_eq!(tables.name_of(TableKind::AccessUnits, "37172302"), None);
    }

    #[test]
    fn a_wrong_row_is_named_by_its_line() {
        let (line, message) = read(TableKind::AccessUnits, "code,name\n37172301,a\n371723,b\n").unwrap_err();
        assert!(line == 3 && message.contains("8 位"), "{message}");
        let (line, message) = read(TableKind::DefaultPoints, "name,longitude,latitude\na,34.9,115.8\n").unwrap_err();
        assert!(line == 2 && message.contains("115.889600"), "{message}");
        let (line, message) = read(TableKind::Osd, "device_id,name\n").unwrap_err();
        assert!(line == 1 && message.contains("画面文字"), "{message}");
    }

    #[test]
    fn outlines_know_inside_and_metres_outside() {
        let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"371723001001","name":"社区"},
            "geometry":{"type":"Polygon","coordinates":[[[115.88,34.95],[115.90,34.95],[115.90,34.96],[115.88,34.96],[115.88,34.95]]]}}]}"#;
        let tables = read(TableKind::Communities, square).unwrap();
        let outline = &tables.communities["371723001001"];
        assert!(outline.metres_outside(Position { lon: 115.89, lat: 34.955 }) < 1e-9);
        let outside = outline.metres_outside(Position { lon: 115.89, lat: 34.961 });
        assert!((110.0..113.0).contains(&outside), "{outside}");
        assert!(read(TableKind::Communities, "[]").is_err());
    }

    #[test]
    fn an_earlier_catalogue_is_indexed() {
        let text = "DeviceID,Name,MAC,Longitude,Latitude\n37172300011320000001,东门,00-11-22-33-44-55,115.889600,34.952800\n";
        let tables = read(TableKind::Previous, text).unwrap();
        assert_eq!(tables.previous.by_mac["001122334455"], "37172300011320000001");
        assert!(tables.previous.by_id["37172300011320000001"].at.is_some());
    }
}
