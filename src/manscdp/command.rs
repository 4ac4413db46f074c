//! The bodies we write: queries, keep-alives, and the answers of a platform (annex A.2).

use std::fmt::Write as _;

use crate::base::charset::Charset;

/// How a peer wants its XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The octets.
    pub charset: Charset,
    /// What the declaration says; towards peers up to 2016 `GB2312` stands over GB 18030 octets.
    pub declared: &'static str,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { charset: Charset::Gb18030, declared: "GB2312" }
    }
}

impl Dialect {
    /// A body with its declaration, in octets.
    #[must_use]
    pub fn body(self, root: &str, content: &str) -> Vec<u8> {
        let declared = self.declared;
        self.charset.encode(&format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\r\n<{root}>\r\n{content}</{root}>\r\n"))
    }
}

/// 目录查询 and its like: `Catalog`, `DeviceInfo`, `DeviceStatus`.
#[must_use]
pub fn query(dialect: Dialect, command: &str, sn: u32, device_id: &str) -> Vec<u8> {
    dialect.body("Query", &head(command, sn, device_id))
}

/// 文件检索: what was recorded from one time to another, each `YYYY-MM-DDThh:mm:ss` in Beijing. Recordings of the device and of
/// the platform both count (IndistinctQuery 1), and `Type` is there, for recorders that answer nothing without it.
#[must_use]
pub fn records(dialect: Dialect, sn: u32, device_id: &str, from: &str, to: &str) -> Vec<u8> {
    let head = head("RecordInfo", sn, device_id);
    let (from, to) = (escape(from), escape(to));
    let rest = "<Secrecy>0</Secrecy>\r\n<Type>all</Type>\r\n<IndistinctQuery>1</IndistinctQuery>\r\n";
    dialect.body("Query", &format!("{head}<StartTime>{from}</StartTime>\r\n<EndTime>{to}</EndTime>\r\n{rest}"))
}

/// One message of an answer to it; `items` are whole `<Item>` elements. Without recordings there is no list (2022).
#[must_use]
pub fn record_list(dialect: Dialect, sn: u64, device_id: &str, sum_num: u64, items: &[String]) -> Vec<u8> {
    let mut content = head("RecordInfo", sn, device_id);
    let _ = write!(content, "<SumNum>{sum_num}</SumNum>\r\n");
    if !items.is_empty() {
        let _ = write!(content, "<RecordList Num=\"{}\">\r\n{}</RecordList>\r\n", items.len(), items.concat());
    }
    dialect.body("Response", &content)
}

/// 状态信息报送.
#[must_use]
pub fn keepalive(dialect: Dialect, sn: u32, device_id: &str) -> Vec<u8> {
    dialect.body("Notify", &format!("{}<Status>OK</Status>\r\n", head("Keepalive", sn, device_id)))
}

/// 图像抓拍配置 (2022): one picture, to be uploaded to a URL.
#[must_use]
pub fn snapshot(dialect: Dialect, sn: u32, device_id: &str, url: &str, session: &str) -> Vec<u8> {
    let (head, url, session) = (head("DeviceConfig", sn, device_id), escape(url), escape(session));
    let config = format!(
        "<SnapShotConfig>\r\n<SnapNum>1</SnapNum>\r\n<Interval>1</Interval>\r\n<UploadURL>{url}</UploadURL>\r\n<SessionID>{session}</SessionID>\r\n</SnapShotConfig>\r\n"
    );
    dialect.body("Control", &format!("{head}{config}"))
}

/// A notice about a device, under SN 1: nobody answers it.
#[must_use]
pub fn notify(dialect: Dialect, command: &str, device_id: &str, elements: &[(&str, &str)]) -> Vec<u8> {
    let mut content = head(command, 1, device_id);
    for (name, text) in elements {
        let _ = write!(content, "<{name}>{}</{name}>\r\n", escape(text));
    }
    dialect.body("Notify", &content)
}

/// One message of a catalogue answer; `items` are whole `<Item>` elements.
#[must_use]
pub fn catalog(dialect: Dialect, sn: u32, device_id: &str, sum_num: u64, num: u64, items: &[String]) -> Vec<u8> {
    let mut content = head("Catalog", sn, device_id);
    let _ = write!(content, "<SumNum>{sum_num}</SumNum>\r\n<DeviceList Num=\"{num}\">\r\n");
    for item in items {
        content.push_str(item);
    }
    content.push_str("</DeviceList>\r\n");
    dialect.body("Response", &content)
}

/// A plain answer: the given elements after the head.
#[must_use]
pub fn response(dialect: Dialect, command: &str, sn: u64, device_id: &str, elements: &[(&str, &str)]) -> Vec<u8> {
    let mut content = head(command, sn, device_id);
    for (name, text) in elements {
        let _ = write!(content, "<{name}>{}</{name}>\r\n", escape(text));
    }
    dialect.body("Response", &content)
}

/// One `<Item>` from element names and texts; names with `Info/` in front go into the `Info` structure.
#[must_use]
pub fn item(elements: &[(&str, &str)]) -> String {
    let mut out = String::from("<Item>\r\n");
    let mut info = String::new();
    for (name, text) in elements {
        match name.strip_prefix("Info/") {
            Some(name) => {
                let _ = write!(info, "<{name}>{}</{name}>\r\n", escape(text));
            }
            None => {
                let _ = write!(out, "<{name}>{}</{name}>\r\n", escape(text));
            }
        }
    }
    if !info.is_empty() {
        let _ = write!(out, "<Info>\r\n{info}</Info>\r\n");
    }
    out.push_str("</Item>\r\n");
    out
}

fn head(command: &str, sn: impl std::fmt::Display, device_id: &str) -> String {
    format!("<CmdType>{command}</CmdType>\r\n<SN>{sn}</SN>\r\n<DeviceID>{}</DeviceID>\r\n", escape(device_id))
}

/// Text as XML content.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::document::Document;
    use crate::manscdp::item::Element;

    #[test]
    fn what_we_write_reads_back_without_oddity() {
        let dialect = Dialect { charset: Charset::Gb18030, declared: "GB18030" };
        let items = [item(&[("DeviceID", "37172300011320000001"), ("Name", "成武县 A&B<门>枪机"), ("Info/PTZType", "3")])];
        let document = Document::parse(&catalog(dialect, 7, "37172300002000000002", 1, 1, &items), None).unwrap();
        assert_eq!((document.command(), document.sn(), document.sum_num(), document.num), ("Catalog", Some(7), Some(1), Some(1)));
        assert_eq!(document.items[0].get(Element::Name), Some("成武县 A&B<门>枪机"));
        assert!(document.oddities.is_empty(), "{:?}", document.oddities);
    }

    #[test]
    fn a_list_of_recordings_reads_back_with_its_times() {
        let items = [item(&[("DeviceID", "1"), ("StartTime", "2026-11-24T08:00:00"), ("EndTime", "2026-11-24T09:00:00")])];
        let document = Document::parse(&record_list(Dialect::default(), 7, "1", 1, &items), None).unwrap();
        assert_eq!((document.command(), document.sum_num(), document.num), ("RecordInfo", Some(1), Some(1)));
        let times = [Element::StartTime, Element::EndTime].map(|element| document.items[0].get(element));
        assert_eq!(times, [Some("2026-11-24T08:00:00"), Some("2026-11-24T09:00:00")]);
        let empty = Document::parse(&record_list(Dialect::default(), 7, "1", 0, &[]), None).unwrap();
        assert!(!empty.has_list && empty.sum_num() == Some(0));
        let query = records(Dialect::default(), 7, "1", "2026-11-24T08:00:00", "2026-11-24T09:00:00");
        let query = Document::parse(&query, None).unwrap();
        assert_eq!((query.get("Type"), query.get("EndTime")), (Some("all"), Some("2026-11-24T09:00:00")));
    }

    #[test]
    fn queries_and_keepalives_are_below_the_size_of_a_datagram() {
        let query = query(Dialect::default(), "Catalog", u32::MAX, "37172300002000000002");
        assert!(query.len() < 300);
        let document = Document::parse(&keepalive(Dialect::default(), 1, "37172300002000000002"), None).unwrap();
        assert_eq!((document.root.as_str(), document.command(), document.get("Status")), ("Notify", "Keepalive", Some("OK")));
    }
}
