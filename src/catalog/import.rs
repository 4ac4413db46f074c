//! The same catalogue from files: MANSCDP bodies saved to disk, and CSV tables exported from a platform.

use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, trim};
use crate::manscdp::document::Document;
use crate::manscdp::item::{Element, ItemBuilder, RawItem};

/// Largest file read.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;
/// Line breaks in a cell; more is a quotation mark nobody closed.
const MAX_CELL_BREAKS: usize = 3;
/// Most columns of a table.
const MAX_COLUMNS: usize = 256;

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// One or many MANSCDP bodies.
    Manscdp,
    /// A table with a header line.
    Csv,
    /// A zip container: XLSX, not read yet.
    Spreadsheet,
    /// A packet capture, not read yet.
    Capture,
    /// JSON, not read yet.
    Json,
    /// Text in UTF-16, which nobody asks for.
    Utf16,
}

impl FileKind {
    /// Tells by the first octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        let start = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets).trim_ascii_start();
        if start.starts_with(b"<") {
            Self::Manscdp
        } else if octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"\xD0\xCF\x11\xE0") {
            Self::Spreadsheet
        } else if [b"\xD4\xC3\xB2\xA1", b"\xA1\xB2\xC3\xD4", b"\x0A\x0D\x0D\x0A"].iter().any(|magic| octets.starts_with(*magic)) {
            Self::Capture
        } else if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
            Self::Utf16
        } else if start.starts_with(b"{") || start.starts_with(b"[") {
            Self::Json
        } else {
            Self::Csv
        }
    }
}

/// Cuts a file into MANSCDP bodies: at every XML declaration, and after every closing root tag.
#[must_use]
pub fn split_bodies(octets: &[u8]) -> Vec<&[u8]> {
    const CLOSING: [&[u8]; 4] = [b"</Response>", b"</Notify>", b"</Query>", b"</Control>"];
    let mut bodies = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = octets.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'<')) {
        let here = at + found;
        let rest = octets.get(here..).unwrap_or_default();
        at = here + 1;
        if let Some(closing) = CLOSING.iter().find(|c| rest.starts_with(c)) {
            bodies.push(octets.get(start..here + closing.len()).unwrap_or_default());
            start = here + closing.len();
            at = start;
        } else if rest.starts_with(b"<?xml") && here > start {
            // The one before was never closed.
            let before = octets.get(start..here).unwrap_or_default();
            if before.contains(&b'<') {
                bodies.push(before);
            }
            start = here;
        }
    }
    let rest = octets.get(start..).unwrap_or_default();
    if rest.contains(&b'<') {
        bodies.push(rest);
    }
    bodies
}

/// The catalogue bodies among those of a file.
#[must_use]
pub fn catalog_documents(bodies: &[&[u8]]) -> Vec<Document> {
    // Two rounds: what the unambiguous bodies are in decides the others.
    let sure = bodies.iter().find_map(|body| match charset::decode(body, None, None) {
        d if d.certainty == charset::Certainty::Sure => Some(d.charset),
        _ => None,
    });
    bodies.iter().filter_map(|body| Document::parse(body, sure).ok()).filter(is_catalog).collect()
}

/// Whether a document is (part of) a catalogue answer.
#[must_use]
pub fn is_catalog(document: &Document) -> bool {
    document.root == "Response"
        && (document.command().eq_ignore_ascii_case("Catalog") || (document.command().is_empty() && !document.items.is_empty()))
}

/// Column names of the exports we know, besides the element names themselves.
const COLUMNS: &[(&str, Element)] = &[
    ("设备编码", Element::DeviceID),
    ("国标编码", Element::DeviceID),
    ("国标ID", Element::DeviceID),
    ("通道编码", Element::DeviceID),
    ("通道国标编号", Element::DeviceID),
    ("设备国标编码", Element::DeviceID),
    ("监控点编码", Element::DeviceID),
    ("编码", Element::DeviceID),
    ("设备ID", Element::DeviceID),
    ("设备名称", Element::Name),
    ("通道名称", Element::Name),
    ("监控点名称", Element::Name),
    ("名称", Element::Name),
    ("行政区划", Element::CivilCode),
    ("行政区域", Element::CivilCode),
    ("行政区划代码", Element::CivilCode),
    ("行政区划编码", Element::CivilCode),
    ("区划代码", Element::CivilCode),
    ("经度", Element::Longitude),
    ("纬度", Element::Latitude),
    ("设备状态", Element::Status),
    ("状态", Element::Status),
    ("在线状态", Element::Status),
    ("父节点", Element::ParentID),
    ("父节点编码", Element::ParentID),
    ("父设备编码", Element::ParentID),
    ("父节点ID", Element::ParentID),
    ("设备厂商", Element::Manufacturer),
    ("厂商", Element::Manufacturer),
    ("生产厂商", Element::Manufacturer),
    ("设备型号", Element::Model),
    ("型号", Element::Model),
    ("安装地址", Element::Address),
    ("地址", Element::Address),
    ("IP地址", Element::IPAddress),
    ("设备IP", Element::IPAddress),
    ("IP", Element::IPAddress),
    ("端口", Element::Port),
    ("MAC地址", Element::MAC),
    ("摄像机类型", Element::PTZType),
    ("摄像机结构类型", Element::PTZType),
    ("监视方位", Element::DirectionType),
    ("基层组织编码", Element::GrassrootsCode),
    ("监控点位类型", Element::PointType),
    ("点位类型", Element::PointType),
    ("业务分组", Element::BusinessGroupID),
    ("设备口令", Element::Password),
    ("密码", Element::Password),
    ("longitude", Element::Longitude),
    ("latitude", Element::Latitude),
    ("lng", Element::Longitude),
    ("lat", Element::Latitude),
    ("device_id", Element::DeviceID),
    ("parent_id", Element::ParentID),
    ("civil_code", Element::CivilCode),
    ("ip_address", Element::IPAddress),
];

/// The element a column holds.
#[must_use]
pub fn column(header: &str) -> Option<Element> {
    let plain: String = header.chars().filter(|c| !c.is_whitespace() && !crate::base::text::is_invisible(*c)).collect();
    let plain = plain.split(['(', '（']).next().unwrap_or_default();
    Element::parse(plain)
        .or_else(|| COLUMNS.iter().find(|(name, _)| name.eq_ignore_ascii_case(plain)).map(|(_, element)| *element))
}

/// Reads a CSV table. Charset by content, separator by the header line.
///
/// # Errors
/// In the user's language: what is wrong, on which line, and what to write instead.
pub fn items_from_csv(octets: &[u8], lang: Lang) -> Result<Vec<RawItem>, (usize, String)> {
    let decoded = charset::decode(octets, None, None);
    let (mut reader, separator) = open(&decoded.text);
    let headers = reader.headers().map_err(|e| told(&e, lang))?.clone();
    let columns: Vec<Option<Element>> = headers.iter().take(MAX_COLUMNS).map(column).collect();
    if !columns.contains(&Some(Element::DeviceID)) {
        let found = excerpt(&headers.iter().collect::<Vec<_>>().join("、"), 200);
        return Err((
            1,
            say!(
                lang,
                "表头中没有“设备编码”列（可写 设备编码、国标编码 或 DeviceID），现有：{found}",
                "no column for the device code in the header (write 设备编码, 国标编码 or DeviceID); there are: {found}"
            ),
        ));
    }
    if let Some(line) = open_quote(&decoded.text, separator) {
        return Err((line, unpaired(lang)));
    }
    let mut items = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|e| told(&e, lang))?;
        if record.iter().any(|cell| cell.matches('\n').count() > MAX_CELL_BREAKS) {
            let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
            return Err((line, unpaired(lang)));
        }
        if record.iter().all(|cell| trim(cell).is_empty()) {
            continue;
        }
        let mut builder = ItemBuilder::default();
        for (element, cell) in columns.iter().zip(record.iter()) {
            // An empty cell is an absent element; spreadsheets put an apostrophe before text cells.
            if let (Some(element), false) = (element, cell.is_empty()) {
                builder.push_known(*element, false, cell.strip_prefix('\'').unwrap_or(cell));
            }
        }
        items.push(builder.finish(false));
    }
    Ok(items)
}

fn unpaired(lang: Lang) -> String {
    say!(
        lang,
        "单元格里的引号没有配对，其后的行会被吞掉；请补上引号，或把单元格中的 \" 写成 \"\"",
        "a quotation mark in a cell is not paired and would swallow the lines behind it; close it, or write \" as \"\""
    )
}

/// The line of a quoted cell that never ends.
fn open_quote(text: &str, separator: u8) -> Option<usize> {
    let (mut line, mut opened, mut at_start) = (1, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (opened, byte) {
            (Some(_), b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (Some(_), b'"') => opened = None,
            (None, b'"') if at_start => opened = Some(line),
            _ => (),
        }
        at_start = opened.is_none() && (byte == separator || byte == b'\n');
        line += usize::from(byte == b'\n');
    }
    opened
}

/// Whether a column holds passwords, by its name.
fn is_secret(header: &str) -> bool {
    let name = header.to_lowercase();
    column(header) == Some(Element::Password) || ["密码", "口令", "password", "passwd", "pwd"].iter().any(|w| name.contains(w))
}

/// A reader of a table, and its separator by the header line.
fn open(text: &str) -> (csv::Reader<&[u8]>, u8) {
    let first = text.lines().next().unwrap_or_default();
    let separator = [',', '\t', ';'].into_iter().max_by_key(|c| first.matches(*c).count()).unwrap_or(',');
    let separator = u8::try_from(separator).unwrap_or(b',');
    (csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes()), separator)
}

/// A table without its device passwords, and how many there were. One without such a column stays as it is, to the
/// octet; another is written anew in UTF-8.
#[must_use]
pub fn mask_table(octets: Vec<u8>) -> (Vec<u8>, u64) {
    let decoded = charset::decode(&octets, None, None);
    let (mut reader, separator) = open(&decoded.text);
    let headers = reader.headers().cloned().unwrap_or_default();
    let secret: Vec<bool> = headers.iter().map(is_secret).collect();
    if !secret.contains(&true) {
        drop(reader);
        drop(decoded);
        return (octets, 0);
    }
    let mut writer = csv::WriterBuilder::new().delimiter(separator).flexible(true).from_writer(Vec::new());
    let mut masked = 0;
    // Writing to memory does not fail; a line that is no CSV ends the table, here as where it is read.
    let _ = writer.write_record(&headers);
    for record in reader.records().map_while(Result::ok) {
        let cells = record.iter().enumerate().map(|(i, cell)| {
            let hide = !cell.is_empty() && secret.get(i).copied().unwrap_or_default();
            masked += u64::from(hide);
            if hide { "*" } else { cell }
        });
        let _ = writer.write_record(cells.collect::<Vec<_>>());
    }
    (writer.into_inner().unwrap_or_default(), masked)
}

fn told(error: &csv::Error, lang: Lang) -> (usize, String) {
    let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
    (line, say!(lang, "不是正确的 CSV：{error}", "not valid CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::charset::Charset;

    #[test]
    fn kinds_are_told_by_content() {
        assert_eq!(FileKind::of(b"\xEF\xBB\xBF\r\n<?xml"), FileKind::Manscdp);
        assert_eq!(FileKind::of(b"PK\x03\x04.."), FileKind::Spreadsheet);
        assert_eq!(FileKind::of("设备编码,名称".as_bytes()), FileKind::Csv);
        assert_eq!(FileKind::of(b"\xFF\xFE<\0"), FileKind::Utf16);
        assert_eq!(FileKind::of(b"\xD4\xC3\xB2\xA1.."), FileKind::Capture);
        assert_eq!(FileKind::of(b"{\"device_id\": 1}"), FileKind::Json);
    }

    #[test]
    fn a_file_of_many_bodies_is_cut_at_roots_and_declarations() {
        let file = b"<?xml version=\"1.0\"?>\n<Response><a/></Response>\n\n<Response><b/></Response><?xml version=\"1.0\"?><Response><c/><?xml version=\"1.0\"?><Notify/>";
        let bodies: Vec<_> = split_bodies(file).into_iter().map(|b| String::from_utf8_lossy(b).trim().to_owned()).collect();
        assert_eq!(
            bodies,
            [
                "<?xml version=\"1.0\"?>\n<Response><a/></Response>",
                "<Response><b/></Response>",
                "<?xml version=\"1.0\"?><Response><c/>",
                "<?xml version=\"1.0\"?><Notify/>"
            ]
        );
    }

    #[test]
    fn a_table_in_chinese_or_english_in_either_charset() {
        let table = "设备编码,设备名称,行政区划（6位）,经度,纬度,备注\n37172300011320000001,成武县东门枪机,371723,115.889600,34.952800,x\n,,,,,\n";
        for octets in [table.as_bytes().to_vec(), Charset::Gb18030.encode(table)] {
            let items = items_from_csv(&octets, Lang::Zh).unwrap();
            assert_eq!(items.len(), 1);
            assert_eq!(items[0].get(Element::Name), Some("成武县东门枪机"));
            assert_eq!(items[0].get(Element::Longitude), Some("115.889600"));
        }
        let items = items_from_csv(b"DeviceID\tName\tStatus\n'37172300011320000001\tx\tON\n", Lang::Zh).unwrap();
        assert_eq!(items[0].get(Element::DeviceID), Some("37172300011320000001"));
    }

    #[test]
    fn a_table_without_codes_says_what_to_write() {
        let (line, message) = items_from_csv("序号,名称\n1,x\n".as_bytes(), Lang::Zh).unwrap_err();
        assert_eq!(line, 1);
        assert!(message.contains("设备编码") && message.contains("序号、名称"), "{message}");
    }

    #[test]
    fn a_password_column_leaves_only_presence() {
        let items = items_from_csv("设备编码,设备口令\n1,secret\n".as_bytes(), Lang::Zh).unwrap();
        assert_eq!(items[0].get(Element::Password), Some("*"));
    }

    #[test]
    fn a_quotation_mark_nobody_closed_is_named_and_swallows_nothing() {
        let row = |n: u32, name: &str| format!("3717230001132{n:07},{name},371723\n");
        let table = |name: &str| {
            let rows: String = (1..=10).map(|n| if n == 5 { row(n, name) } else { row(n, "东门") }).collect();
            format!("设备编码,名称,行政区划\n{rows}")
        };
        let (line, message) = items_from_csv(table("\"东门").as_bytes(), Lang::Zh).unwrap_err();
        assert_eq!(line, 6);
        assert!(message.contains("引号"), "{message}");
        for closed in ["\"东\"\"门\"", "东\"门", "\"东\n门\""] {
            assert_eq!(items_from_csv(table(closed).as_bytes(), Lang::Zh).unwrap().len(), 10, "{closed}");
        }
        let closed_later = table("\"东门").replace("0000010,东门", "0000010,\"东门\"");
        assert!(items_from_csv(closed_later.as_bytes(), Lang::Zh).is_err());
    }

    #[test]
    fn every_column_of_passwords_is_masked() {
        for name in ["密码", "设备密码", "口令", "Password", "admin_pwd"] {
            let (masked, count) = mask_table(format!("设备编码,{name}\n1,secret\n").into_bytes());
            assert!(count == 1 && !String::from_utf8(masked).unwrap().contains("secret"), "{name}");
        }
    }

    #[test]
    fn a_stored_table_holds_no_password_and_is_else_untouched() {
        let table = "设备编码,设备口令,名称\n1,secret,a\n2,,b\n3,密码,\"c,d\"\n";
        let (masked, count) = mask_table(table.as_bytes().to_vec());
        assert_eq!(
            (String::from_utf8(masked).unwrap().as_str(), count),
            ("设备编码,设备口令,名称\n1,*,a\n2,,b\n3,*,\"c,d\"\n", 2)
        );
        let plain = Charset::Gb18030.encode("设备编码;名称\r\n1;x\r\n");
        assert_eq!(mask_table(plain.clone()), (plain, 0));
    }
}
