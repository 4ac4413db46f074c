//! One MANSCDP body: `Query`, `Control`, `Notify` or `Response`, with its items if it is a catalogue.

use super::item::RawItem;
use super::packed::{self, Cursor};
use super::{plain, salvage, walk};
use crate::base::charset::{self, Certainty, Charset};
use crate::base::oddity::{self, Oddity};

/// Deepest nesting we follow. The standard's own bodies need six levels.
pub const MAX_DEPTH: usize = 32;
/// Items we read from one message. The standard allows 10,000.
pub const MAX_ITEMS_PER_MESSAGE: usize = 100_000;
/// Direct children of the root we keep.
pub(super) const MAX_ELEMENTS: usize = 1_000;

/// A body as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Name of the root element: `Response`, `Notify` ...
    pub root: String,
    /// Direct children of the root that are plain texts, as sent.
    pub elements: Elements,
    /// `Num` of the list.
    pub num: Option<u64>,
    /// A list element stands there, even an empty one.
    pub has_list: bool,
    /// The items.
    pub items: Vec<RawItem>,
    /// Items begun at the end of the body and cut off there.
    pub cut_off: u64,
    /// The charset the octets are in, and how sure that is.
    pub charset: Option<(Charset, Certainty)>,
    /// What was put up with.
    pub oddities: Vec<Oddity>,
}

/// Names and texts of elements, in the order sent.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Elements {
    /// Name and text of each in turn.
    packed: String,
    count: usize,
}

impl Elements {
    pub(super) fn push(&mut self, name: &str, text: &str) {
        packed::push(&mut self.packed, name);
        packed::push(&mut self.packed, text);
        self.count += 1;
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut cursor = Cursor::new(&self.packed);
        std::iter::from_fn(move || Some((self.packed.get(cursor.text()?)?, self.packed.get(cursor.text()?)?)))
    }
}

impl std::fmt::Debug for Elements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Why octets are not a MANSCDP body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// There is no element in it at all.
    #[error("no XML element in {0} octets")]
    NotXml(usize),
}

impl Document {
    /// The DeviceID of a body, read from what stands before its items where it is there.
    #[must_use]
    pub fn device_id(body: &[u8]) -> Option<String> {
        let list = memchr::memmem::find(body, b"<DeviceList").or_else(|| memchr::memmem::find(body, b"<Item"));
        let head = list.and_then(|end| body.get(..end));
        let plain = head.filter(|head| head.is_ascii()).and_then(|head| str::from_utf8(head).ok());
        if let Some(id) = plain.and_then(|head| plain::envelope(head, "DeviceID")) {
            return Some(id.to_owned());
        }
        let head = head.and_then(|head| Self::parse(head, None).ok());
        let read = |document: &Self| document.get("DeviceID").map(ToOwned::to_owned);
        head.as_ref().and_then(read).or_else(|| Self::parse(body, None).ok().as_ref().and_then(read))
    }

    /// Reads a body. `usual` is the charset of the peer's unambiguous messages.
    ///
    /// # Errors
    /// When there is no XML in it.
    pub fn parse(body: &[u8], usual: Option<Charset>) -> Result<Self, DocumentError> {
        let declared = charset::declared_in_xml(body);
        let decoded = charset::decode(body, usual, declared);
        let read = plain::document(&decoded.text).map_or_else(|| walk::document(&decoded.text), Ok);
        let mut document = read.unwrap_or_else(|broken| {
            let mut document = salvage::document(&decoded.text);
            document.oddities.insert(0, oddity::XML_NOT_WELL_FORMED.at(broken));
            document
        });
        if document.root.is_empty() {
            return Err(DocumentError::NotXml(body.len()));
        }
        // A quarter of a million of them wait to be put together.
        document.items.shrink_to_fit();
        document.elements.packed.shrink_to_fit();
        document.charset = Some((decoded.charset, decoded.certainty));
        note_charset(&mut document, declared, body.is_ascii());
        Ok(document)
    }

    /// The text of a direct child of the root, trimmed; blank and "null" count as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.elements
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, text)| crate::base::text::trim(text))
            .filter(|text| !text.is_empty())
    }

    /// `CmdType`.
    #[must_use]
    pub fn command(&self) -> &str {
        self.get("CmdType").unwrap_or_default()
    }

    /// `SN`.
    #[must_use]
    pub fn sn(&self) -> Option<u64> {
        self.get("SN").and_then(whole_number)
    }

    /// `SumNum`.
    #[must_use]
    pub fn sum_num(&self) -> Option<u64> {
        self.get("SumNum").and_then(whole_number)
    }
}

/// `1`, `01`, ` 1 `, `1.0`.
#[must_use]
pub fn whole_number(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('+');
    let digits = text.split_once('.').map_or(text, |(whole, rest)| if rest.bytes().all(|b| b == b'0') { whole } else { text });
    digits.parse().ok()
}

fn note_charset(document: &mut Document, declared: Option<Charset>, ascii: bool) {
    let Some((actual, certainty)) = document.charset else { return };
    match certainty {
        _ if ascii => (),
        Certainty::Damaged => document.oddities.push(oddity::CHARSET_DAMAGED.at(actual.name())),
        Certainty::Ambiguous => document.oddities.push(oddity::CHARSET_AMBIGUOUS.at(actual.name())),
        Certainty::Ascii | Certainty::Sure => match declared {
            Some(declared) if declared != actual => {
                let detail = format!("{} / {}", declared.name(), actual.name());
                document.oddities.push(oddity::CHARSET_NOT_AS_DECLARED.at(detail));
            }
            Some(_) => (),
            None => document.oddities.push(oddity::CHARSET_NOT_DECLARED.at(actual.name())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::Element;

    fn parse(text: &str) -> Document {
        Document::parse(text.as_bytes(), None).unwrap()
    }

    fn kinds(document: &Document) -> Vec<&'static str> {
        document.oddities.iter().map(|o| o.kind.id).collect()
    }

    fn names(document: &Document) -> Vec<&str> {
        document.items.iter().map(|i| i.get(Element::Name).unwrap_or("-")).collect()
    }

    const WHOLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n<CmdType>Catalog</CmdType><SN>4711</SN><DeviceID>37172300002000000002</DeviceID><SumNum>2</SumNum>\n<DeviceList Num=\"2\">\n<Item><DeviceID>37172300011320000001</DeviceID><Name>成武县东门枪机一号</Name><Info><PTZType>3</PTZType></Info></Item>\n<Item><DeviceID>37172300011320000002</DeviceID><Name>成武县西门枪机二号</Name></Item>\n</DeviceList></Response>";

    #[test]
    fn reads_a_catalogue_answer() {
        let document = parse(WHOLE);
        assert_eq!(
            (document.root.as_str(), document.command(), document.sn(), document.sum_num(), document.num),
            ("Response", "Catalog", Some(4711), Some(2), Some(2))
        );
        assert_eq!(names(&document), ["成武县东门枪机一号", "成武县西门枪机二号"]);
        assert_eq!(document.items[0].get(Element::PTZType), Some("3"));
        assert_eq!(kinds(&document), Vec::<&str>::new());
    }

    #[test]
    fn a_lying_declaration_is_noted() {
        let body = Charset::Gb18030.encode(WHOLE);
        let document = Document::parse(&body, None).unwrap();
        assert_eq!(names(&document), ["成武县东门枪机一号", "成武县西门枪机二号"]);
        assert_eq!(kinds(&document), ["charset_not_as_declared"]);
    }

    #[test]
    fn one_broken_item_never_costs_its_neighbours() {
        for broken in ["成武<西门", "成武</Foo>西门", "成武<西门<Name>", "成武<!西门", "西门<b>1</b", "<?西门"]
        {
            let text = WHOLE.replace("成武县西门枪机二号", broken);
            let document = parse(&text);
            assert_eq!(document.items.len(), 2, "{broken}");
            assert_eq!(names(&document)[0], "成武县东门枪机一号", "{broken}");
            assert_eq!((document.sn(), document.sum_num(), document.num), (Some(4711), Some(2), Some(2)), "{broken}");
            assert!(kinds(&document).contains(&"xml_not_well_formed"), "{broken}: {:?}", kinds(&document));
            assert_eq!(document.items.iter().filter(|i| i.salvaged()).count(), 1, "{broken}");
        }
        let document = parse(&WHOLE.replace("成武县西门枪机二号", "成武<西门"));
        assert_eq!(names(&document)[1], "成武<西门");
    }

    #[test]
    fn stray_ampersands_and_entities_are_put_up_with() {
        let document = parse(&WHOLE.replace("成武县东门枪机一号", "成武县 A&B &amp; &lt;C&gt; &#19996; &nbsp; 门"));
        assert_eq!(names(&document)[0], "成武县 A&B & <C> 东 &nbsp; 门");
        assert_eq!(kinds(&document), ["xml_stray_ampersand", "xml_unknown_entity"]);
    }

    #[test]
    fn an_item_is_salvaged_also_where_every_name_has_a_prefix() {
        let document = parse(
            "<?xml version=\"1.0\"?><gb:Response xmlns:gb=\"urn:x\"><gb:CmdType>Catalog</gb:CmdType><gb:SN>7</gb:SN><gb:SumNum>2</gb:SumNum>\
             <gb:DeviceList Num=\"2\"><gb:Item><gb:DeviceID>1</gb:DeviceID><gb:Address>A&B < 3</gb:Address><gb:Name>a</gb:Name></gb:Item>\
             <gb:Item><gb:DeviceID>2</gb:DeviceID><gb:Name>b</gb:Name></gb:Item></gb:DeviceList></gb:Response>",
        );
        assert_eq!((document.command(), document.sn(), names(&document)), ("Catalog", Some(7), vec!["a", "b"]));
        assert!(kinds(&document).contains(&"xml_namespace_prefix"));
    }

    #[test]
    fn of_two_roots_only_the_first_is_salvaged() {
        let body = "<Response><CmdType>Catalog</CmdType><SN>7</SN><SumNum>1</SumNum><DeviceList Num=\"1\"><Item><DeviceID>1</DeviceID>\
                    <Name>a & < b</Name></Item></DeviceList></Response>";
        let document = parse(&format!("{body}{}", body.replace("a &", "c &")));
        assert_eq!((document.sn(), document.items.len()), (Some(7), 1));
        assert!(kinds(&document).contains(&"xml_trailing"), "{:?}", kinds(&document));
    }

    #[test]
    fn an_item_cut_off_at_the_end_is_missing_not_half_there() {
        let cut = WHOLE.find("西门").unwrap();
        let document = parse(&WHOLE[..cut]);
        assert_eq!((names(&document), document.cut_off), (vec!["成武县东门枪机一号"], 1));
        assert!(kinds(&document).contains(&"item_cut_off"));
    }

    #[test]
    fn a_missing_end_tag_costs_neither_item() {
        let document = parse(&WHOLE.replace("</Info></Item>", "</Info>"));
        assert_eq!(names(&document), ["成武县东门枪机一号", "成武县西门枪机二号"]);
        let document = parse(&WHOLE.replace("一号</Name>", "一号"));
        assert_eq!(names(&document), ["成武县东门枪机一号", "成武县西门枪机二号"]);
        assert_eq!(document.items[0].get(Element::PTZType), Some("3"));
    }

    #[test]
    fn a_dtd_is_refused_and_no_bomb_goes_off() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;\">]><Response><CmdType>Catalog</CmdType><SN>1</SN><SumNum>1</SumNum><DeviceList Num=\"1\"><Item><DeviceID>1</DeviceID><Name>&c;</Name></Item></DeviceList></Response>";
        let document = parse(bomb);
        assert_eq!(names(&document), ["&c;"]);
        assert_eq!(kinds(&document), ["xml_dtd_refused", "xml_unknown_entity"]);
    }

    #[test]
    fn two_hundred_thousand_levels_are_refused_quickly() {
        let deep = format!("<Response><CmdType>Catalog</CmdType>{}", "<a>".repeat(200_000));
        let document = parse(&deep);
        assert!(document.items.is_empty());
        assert!(kinds(&document).contains(&"xml_not_well_formed"));
    }

    #[test]
    fn hostile_bodies_cost_linear_time() {
        let size = 256 * 1024;
        for unit in
            ["<Item>", "<Item><Name>", "<Name>", "<Password>", "<Item><Password>x", "</Item>", "<", "&", "<!--", "<Item><a"]
        {
            let text = format!("<Response><DeviceList Num=\"1\"><Item>{}", unit.repeat(size / unit.len()));
            // Quadratic work would take minutes here, not milliseconds.
            assert!(kinds(&parse(&text)).contains(&"xml_not_well_formed"), "{unit}");
            let mut octets = text.into_bytes();
            crate::manscdp::mask::mask_passwords(&mut octets);
        }
    }

    #[test]
    fn prefixes_cdata_comments_and_trailing_octets_are_put_up_with() {
        let text = "<g:Response xmlns:g='x'><g:CmdType>Catalog</g:CmdType><!-- <Item> --><g:DeviceList Num=' 1 '><g:Item><g:Name><![CDATA[a<b]]></g:Name></g:Item></g:DeviceList></g:Response>\0\0";
        let document = parse(text);
        assert_eq!((names(&document), document.num), (vec!["a<b"], Some(1)));
        assert_eq!(kinds(&document), ["xml_trailing", "xml_namespace_prefix"]);
    }

    #[test]
    fn what_old_platforms_write_into_the_root_is_read_where_no_element_says_it() {
        let document =
            parse(r#"<?xml version="1.0"?><Response CmdType="Catalog" sn="7"><SN>8</SN><SumNum>0</SumNum></Response>"#);
        assert_eq!((document.command(), document.sn(), document.sum_num()), ("Catalog", Some(8), Some(0)));
        assert!(kinds(&document).contains(&"xml_root_attributes"));
    }

    #[test]
    fn numbers_come_in_many_forms() {
        assert_eq!(["1", "01", " 1 ", "1.0", "+7"].map(whole_number), [Some(1), Some(1), Some(1), Some(1), Some(7)]);
        assert_eq!(["", "x", "1.5", "-1"].map(whole_number), [None; 4]);
    }

    #[test]
    fn what_is_not_xml_is_refused() {
        for body in [&b""[..], b"hello", b"\xFF\xFE\0\0", b"< < <"] {
            assert!(Document::parse(body, None).is_err(), "{body:?}");
        }
    }

    #[test]
    fn an_empty_list_is_seen() {
        let document = parse("<Response><CmdType>Catalog</CmdType><SumNum>0</SumNum><DeviceList Num=\"0\"/></Response>");
        assert!(document.has_list && document.items.is_empty());
        assert_eq!(document.num, Some(0));
    }
}
