//! Which characters a body's octets mean: decided by content, whatever the declaration says.
//!
//! Editions up to 2016 ask for GB 2312, 2022 for GB 18030; the field sends either of them under either
//! name, and UTF-8 too. Nothing is lost: what neither reading accepts is decoded with replacement
//! characters and reported.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16LE};
use memchr::{memchr2, memmem};

/// Below this many multi-byte sequences a text that is valid in both readings may be either.
pub const AMBIGUOUS_BELOW: usize = 8;

/// The two readings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// GB 18030, which contains GBK and GB 2312
    Gb18030,
    /// UTF-8
    Utf8,
}

impl Charset {
    /// The name for reports and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gb18030 => "GB18030",
            Self::Utf8 => "UTF-8",
        }
    }

    /// Reads a declaration such as `GB2312`, `gbk` or `utf-8`.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        match Encoding::for_label(label.trim().as_bytes())? {
            e if e == UTF_8 => Some(Self::Utf8),
            e if e == GB18030 || e.name() == "GBK" => Some(Self::Gb18030),
            _ => None,
        }
    }

    /// A text as octets of this charset.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Gb18030 => GB18030.encode(text).0.into_owned(),
        }
    }
}

/// How sure the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Only ASCII: the question does not arise.
    Ascii,
    /// Only one reading is valid, or there is enough text to tell.
    Sure,
    /// Both readings are valid and there is little text: the peer's other messages or the declaration decided.
    Ambiguous,
    /// No reading is valid: decoded with replacement characters.
    Damaged,
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The reading that was used.
    pub charset: Charset,
    /// How sure it is.
    pub certainty: Certainty,
}

/// Decodes octets by content. `usual` is what the same peer's unambiguous messages use, `declared` what
/// this message says of itself; both matter only where content cannot tell.
#[must_use]
pub fn decode(bytes: &[u8], usual: Option<Charset>, declared: Option<Charset>) -> Decoded<'_> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let utf8 = std::str::from_utf8(bytes).ok();
    if let Some(text) = utf8.filter(|t| t.is_ascii()) {
        return Decoded { text: Cow::Borrowed(text), charset: Charset::Utf8, certainty: Certainty::Ascii };
    }
    if let Some(text) = utf8.filter(|text| multi_byte(text) >= AMBIGUOUS_BELOW) {
        // Whatever GB 18030 would make of it.
        return Decoded { text: Cow::Borrowed(text), charset: Charset::Utf8, certainty: Certainty::Sure };
    }
    let gb = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    match (utf8, gb) {
        (Some(text), None) => Decoded { text: Cow::Borrowed(text), charset: Charset::Utf8, certainty: Certainty::Sure },
        (None, Some(text)) => Decoded { text, charset: Charset::Gb18030, certainty: Certainty::Sure },
        (Some(text), Some(gb_text)) => {
            let charset = usual.or(declared).unwrap_or(Charset::Utf8);
            let text = match charset {
                Charset::Utf8 => Cow::Borrowed(text),
                Charset::Gb18030 => gb_text,
            };
            Decoded { text, charset, certainty: Certainty::Ambiguous }
        }
        (None, None) => {
            // Damage is told from the reading that loses less: UTF-8 names with one bad octet stay readable.
            let as_gb = GB18030.decode_without_bom_handling(bytes).0;
            let as_utf8 = String::from_utf8_lossy(bytes);
            let lost = |t: &str| t.matches('\u{FFFD}').count();
            let better_as_utf8 = match lost(&as_utf8).cmp(&lost(&as_gb)) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Greater => false,
                std::cmp::Ordering::Equal => usual.or(declared) == Some(Charset::Utf8),
            };
            let (text, charset) = if better_as_utf8 { (as_utf8, Charset::Utf8) } else { (as_gb, Charset::Gb18030) };
            Decoded { text, charset, certainty: Certainty::Damaged }
        }
    }
}

/// Multi-byte sequences of a text, no more than are asked for.
fn multi_byte(text: &str) -> usize {
    text.chars().filter(|c| !c.is_ascii()).take(AMBIGUOUS_BELOW).count()
}

/// Reads UTF-16 by its byte order mark; little-endian without one.
#[must_use]
pub fn from_utf16(bytes: &[u8]) -> String {
    UTF_16LE.decode(bytes).0.into_owned()
}

/// The charset an XML declaration names, read from the octets.
#[must_use]
pub fn declared_in_xml(bytes: &[u8]) -> Option<Charset> {
    let head = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    let decl = head.get(memmem::find(head, b"<?xml")?..)?;
    let decl = decl.get(..memmem::find(decl, b"?>")?)?;
    let value = decl.get(memmem::find(decl, b"encoding")?..)?;
    let quoted = value.get(memchr2(b'"', b'\'', value)? + 1..)?;
    let label = quoted.get(..memchr2(b'"', b'\'', quoted)?)?;
    Charset::parse(&String::from_utf8_lossy(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], charset: Charset, certainty: Certainty, text: &str) {
        let decoded = decode(bytes, None, None);
        assert_eq!((decoded.charset, decoded.certainty, &*decoded.text), (charset, certainty, text));
    }

    #[test]
    fn tells_the_two_by_content() {
        let name = "成武县伯乐大街与永昌路交叉口";
        check(&Charset::Gb18030.encode(name), Charset::Gb18030, Certainty::Sure, name);
        check(name.as_bytes(), Charset::Utf8, Certainty::Sure, name);
        check(b"Camera 01", Charset::Utf8, Certainty::Ascii, "Camera 01");
    }

    #[test]
    fn rare_characters_survive_gb18030() {
        let name = "萳㛃𠮷路口";
        check(&Charset::Gb18030.encode(name), Charset::Gb18030, Certainty::Sure, name);
    }

    #[test]
    fn two_characters_valid_in_both_follow_the_peer_then_the_declaration() {
        // 东门 in UTF-8 is six octets that are three valid GBK characters.
        let bytes = "东门".as_bytes();
        let reading = |usual, declared| decode(bytes, usual, declared).charset;
        assert_eq!(decode(bytes, None, None).certainty, Certainty::Ambiguous);
        assert_eq!(reading(Some(Charset::Gb18030), Some(Charset::Utf8)), Charset::Gb18030);
        assert_eq!(reading(Some(Charset::Utf8), Some(Charset::Gb18030)), Charset::Utf8);
        assert_eq!(reading(None, Some(Charset::Gb18030)), Charset::Gb18030);
        assert_eq!(reading(None, None), Charset::Utf8);
    }

    #[test]
    fn much_text_valid_in_both_is_utf8_whatever_the_peer_and_the_declaration_say() {
        let bytes = "东门东门东门东门".as_bytes();
        assert!(GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some());
        let decoded = decode(bytes, Some(Charset::Gb18030), Some(Charset::Gb18030));
        assert_eq!((decoded.charset, decoded.certainty), (Charset::Utf8, Certainty::Sure));
    }

    #[test]
    fn damage_is_kept_visible() {
        let mut bytes = Charset::Gb18030.encode("东门枪机");
        bytes.push(0xFF);
        let decoded = decode(&bytes, None, None);
        assert_eq!(decoded.certainty, Certainty::Damaged);
        assert_eq!(decoded.text, "东门枪机\u{FFFD}");
    }

    #[test]
    fn reads_the_declaration() {
        assert_eq!(declared_in_xml(b"<?xml version=\"1.0\" encoding=\"GB2312\"?><a/>"), Some(Charset::Gb18030));
        assert_eq!(declared_in_xml(b"\r\n<?xml version='1.0' encoding='utf-8' ?>"), Some(Charset::Utf8));
        assert_eq!(declared_in_xml(b"<a/>"), None);
    }
}
