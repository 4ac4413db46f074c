//! The data set both sides are measured on, the same octets for the same seed: a catalogue of `MESSAGE` bodies of four
//! items, 20 elements each, in GB 2312; one point a camera; a ledger and rows of a correction table as tab-separated text.
//!
//! The jurisdiction is Shandong. One camera in ten has one thing wrong. Nobody's data: names are put together from lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gbaudit::base::charset::Charset;
use gbaudit::base::geo::Position;
use gbaudit::division::{Area, Boundaries, Divisions};

/// What `check` is told, and where the cameras stand.
pub const JURISDICTION: &str = "37";
const PLATFORM: &str = "37000000002000000002";
const ITEMS_PER_BODY: usize = 4;
/// Every so many points of `points.tsv` lie next to an outline instead of where the camera is.
const BORDER_EVERY: usize = 20;

const COLUMNS: [(&str, &str); 20] = [
    ("DeviceID", "设备编码"),
    ("Name", "设备名称"),
    ("Manufacturer", "设备厂商"),
    ("Model", "设备型号"),
    ("Owner", "设备归属"),
    ("CivilCode", "行政区划"),
    ("Address", "安装地址"),
    ("Parental", "是否有子设备"),
    ("ParentID", "父设备编码"),
    ("SafetyWay", "信令安全模式"),
    ("RegisterWay", "注册方式"),
    ("Secrecy", "保密属性"),
    ("IPAddress", "IP地址"),
    ("Port", "端口"),
    ("Status", "设备状态"),
    ("Longitude", "经度"),
    ("Latitude", "纬度"),
    ("PTZType", "摄像机类型"),
    ("DirectionType", "监视方位"),
    ("Resolution", "分辨率"),
];
/// The last three stand in `Info`.
const IN_INFO: usize = 3;
const MAKERS: [(&str, &str); 4] =
    [("海康威视", "DS-2CD3T46"), ("大华", "DH-IPC-HFW"), ("宇视", "IPC-B2A2"), ("天地伟业", "TC-C34GP")];
const ROADS: [&str; 12] =
    ["人民路", "建设路", "解放路", "永昌路", "文亭街", "和平大街", "中华路", "迎宾大道", "滨河路", "工业路", "青年路", "长江路"];
const SIDES: [&str; 8] = ["东", "西", "南", "北", "东南", "东北", "西南", "西北"];
const FORMS: [&str; 4] = ["枪机", "球机", "半球", "全景"];

/// The files of one data set.
pub struct Data {
    pub folder: PathBuf,
    pub cameras: usize,
}

impl Data {
    pub fn at(folder: &Path, cameras: usize) -> Self {
        Self { folder: folder.to_owned(), cameras }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes `catalogue.xml`, `points.tsv`, `ledger.tsv` and `corrections.tsv`.
    pub fn write(&self, seed: u64) {
        std::fs::create_dir_all(&self.folder).unwrap();
        let mut random = Random(seed);
        let counties = counties();
        let mut catalogue = Vec::new();
        let (mut points, mut corrections) = (String::new(), String::new());
        let mut ledger = COLUMNS.map(|(_, title)| title).join("\t") + "\n";
        let mut body = String::new();
        let mut before: Option<[String; 20]> = None;
        for number in 0..self.cameras {
            let county = &counties[random.below(counties.len())];
            let mut row = camera(number, county, &mut random);
            if random.below(10) == 0 {
                spoil(&mut row, before.as_ref(), &counties, &mut random);
            }
            item(&row, &mut body);
            if number % ITEMS_PER_BODY == ITEMS_PER_BODY - 1 || number + 1 == self.cameras {
                let items = number % ITEMS_PER_BODY + 1;
                let whole = format!(
                    "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>17</SN>\r\n\
                     <DeviceID>{PLATFORM}</DeviceID>\r\n<SumNum>{}</SumNum>\r\n<DeviceList Num=\"{items}\">\r\n{body}</DeviceList>\r\n</Response>\r\n",
                    self.cameras
                );
                catalogue.extend(gb2312(&whole));
                body.clear();
            }
            let at = if number % BORDER_EVERY == 0 {
                beside_the_outline(county, &mut random)
            } else {
                let sent = row[15].parse().ok().zip(row[16].parse().ok()).map(|(lon, lat)| Position { lon, lat });
                sent.unwrap_or_else(|| inside(county, &mut random))
            };
            let _ = writeln!(points, "{}\t{}\t{}", county.code, at.lon, at.lat);
            let _ = writeln!(ledger, "{}", row.join("\t"));
            let _ = writeln!(
                corrections,
                "{}\tCivilCode\t{}\t{}\tsuggest\tR05\t行政区划代码 {} 不存在",
                row[0], row[5], county.code, row[5]
            );
            before = Some(row);
        }
        std::fs::write(self.file("catalogue.xml"), catalogue).unwrap();
        for (name, text) in [("points.tsv", points), ("ledger.tsv", ledger), ("corrections.tsv", corrections)] {
            std::fs::write(self.file(name), text).unwrap();
        }
    }
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

struct County {
    code: String,
    name: String,
    /// Neighbouring vertices of its outline.
    edges: Vec<[Position; 2]>,
    low: Position,
    high: Position,
    area: Area<'static>,
}

/// The counties of the jurisdiction, outlines read here and not through the code that is measured.
fn counties() -> Vec<County> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/division/data/county-boundaries.topojson");
    let topology: serde_json::Value = serde_json::from_slice(&std::fs::read(root).unwrap()).unwrap();
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let (scale, translate) = (&topology["transform"]["scale"], &topology["transform"]["translate"]);
    let arc = |index: i64| -> Vec<Position> {
        let index = if index < 0 { !index } else { index };
        let (mut x, mut y) = (0.0, 0.0);
        topology["arcs"][usize::try_from(index).unwrap()]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                x += number(&step[0]);
                y += number(&step[1]);
                Position {
                    lon: x * number(&scale[0]) + number(&translate[0]),
                    lat: y * number(&scale[1]) + number(&translate[1]),
                }
            })
            .collect()
    };
    let boundaries = Boundaries::embedded().unwrap();
    let mut found = BTreeMap::new();
    for geometry in topology["objects"]["counties"]["geometries"].as_array().unwrap() {
        let code = geometry["properties"]["code"].as_str().unwrap();
        if !code.starts_with(JURISDICTION) {
            continue;
        }
        let mut edges = Vec::new();
        for index in numbers(&geometry["arcs"]) {
            edges.extend(arc(index).windows(2).map(|pair| [pair[0], pair[1]]));
        }
        let bound = |better: fn(f64, f64) -> f64| {
            let ends = edges.iter().flatten().copied();
            ends.reduce(|a, b| Position { lon: better(a.lon, b.lon), lat: better(a.lat, b.lat) }).unwrap()
        };
        let county = County {
            code: code.to_owned(),
            name: geometry["properties"]["name"].as_str().unwrap().to_owned(),
            low: bound(f64::min),
            high: bound(f64::max),
            edges,
            area: Area::of_code(code, boundaries, Divisions::embedded()).unwrap(),
        };
        found.insert(county.code.clone(), county);
    }
    found.into_values().collect()
}

/// Every whole number in nested lists.
fn numbers(value: &serde_json::Value) -> Vec<i64> {
    match value.as_array() {
        Some(list) => list.iter().flat_map(numbers).collect(),
        None => vec![value.as_i64().unwrap()],
    }
}

fn inside(county: &County, random: &mut Random) -> Position {
    loop {
        let at = Position {
            lon: county.low.lon + random.unit() * (county.high.lon - county.low.lon),
            lat: county.low.lat + random.unit() * (county.high.lat - county.low.lat),
        };
        // As a platform sends it.
        let at = Position { lon: (at.lon * 1e6).round() / 1e6, lat: (at.lat * 1e6).round() / 1e6 };
        if county.area.contains(at) {
            return at;
        }
    }
}

/// On a vertex, on a line, or off it by between a hundred-millionth and a thousandth of a degree.
fn beside_the_outline(county: &County, random: &mut Random) -> Position {
    let [a, b] = *random.of(&county.edges);
    let somewhere = random.unit();
    let along = *random.of(&[0.0, 0.5, somewhere]);
    let off = *random.of(&[0.0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]);
    let turn = random.unit() * std::f64::consts::TAU;
    Position { lon: a.lon + along * (b.lon - a.lon) + off * turn.cos(), lat: a.lat + along * (b.lat - a.lat) + off * turn.sin() }
}

fn camera(number: usize, county: &County, random: &mut Random) -> [String; 20] {
    let at = inside(county, random);
    let (maker, model) = *random.of(&MAKERS);
    let (road, cross, side) = (*random.of(&ROADS), *random.of(&ROADS), *random.of(&SIDES));
    let name = format!("{}{road}与{cross}交叉口{side}侧{}{number}", county.name, random.of(&FORMS));
    [
        format!("{}00001320{:06}", county.code, number % 1_000_000),
        name,
        maker.to_owned(),
        model.to_owned(),
        "雪亮工程".to_owned(),
        county.code.clone(),
        format!("{}{road}{}号", county.name, random.below(900) + 1),
        "0".to_owned(),
        PLATFORM.to_owned(),
        "0".to_owned(),
        "1".to_owned(),
        "0".to_owned(),
        format!("10.{}.{}.{}", random.below(256), random.below(256), random.below(254) + 1),
        "5060".to_owned(),
        if random.below(20) == 0 { "OFF" } else { "ON" }.to_owned(),
        format!("{:.6}", at.lon),
        format!("{:.6}", at.lat),
        (random.below(4) + 1).to_string(),
        (random.below(8) + 1).to_string(),
        "1920x1080".to_owned(),
    ]
}

/// One thing wrong, over the fields and their rules.
fn spoil(row: &mut [String; 20], before: Option<&[String; 20]>, counties: &[County], random: &mut Random) {
    match random.below(16) {
        0 => row[0].truncate(18),
        1 => row[0].push('1'),
        // A true collision: the neighbour's code, nothing else of it.
        2 | 3 => row[0] = before.map_or_else(|| row[0].clone(), |b| b[0].clone()),
        4 => row[0].replace_range(..6, "340200"),
        5 => "379999".clone_into(&mut row[5]),
        6 => row[5].clear(),
        7 => row[5].push_str("001"),
        8 => row[1].clear(),
        9 => row[1] = before.map_or_else(|| row[1].clone(), |b| b[1].clone()),
        10 => "Camera 01".clone_into(&mut row[1]),
        11 => (row[15], row[16]) = (String::new(), String::new()),
        12 => (row[15], row[16]) = ("0.000000".to_owned(), "0.000000".to_owned()),
        13 => row.swap(15, 16),
        14 => {
            let elsewhere = inside(&counties[random.below(counties.len())], random);
            (row[15], row[16]) = (format!("{:.6}", elsewhere.lon), format!("{:.6}", elsewhere.lat));
        }
        _ => (row[15], row[16]) = (row[15][..7].to_owned(), row[16][..6].to_owned()),
    }
}

fn item(row: &[String; 20], body: &mut String) {
    body.push_str("<Item>\r\n");
    for (k, ((element, _), text)) in COLUMNS.iter().zip(row).enumerate() {
        if k == COLUMNS.len() - IN_INFO {
            body.push_str("<Info>\r\n");
        }
        let _ = write!(body, "<{element}>{text}</{element}>\r\n");
    }
    body.push_str("</Info>\r\n</Item>\r\n");
}

/// Strictly GB 2312, as declared: two octets from A1 to F7 and A1 to FE, which `lxml` insists on.
fn gb2312(text: &str) -> Vec<u8> {
    let octets = Charset::Gb18030.encode(text);
    let mut rest = octets.as_slice();
    while let [first, tail @ ..] = rest {
        rest = match tail {
            _ if first.is_ascii() => tail,
            [0xA1..=0xFE, tail @ ..] if (0xA1..=0xF7).contains(first) => tail,
            _ => panic!("not in GB 2312: {text}"),
        };
    }
    octets
}
