//! SIP messages (RFC 3261 section 7) from octets, put up with as the field sends them.
//!
//! Body octets are never touched. Header octets are UTF-8, else GB 18030. Not for: framing of streams,
//! see [`super::framer`].

use bytes::Bytes;
use encoding_rs::GB18030;

use super::header::cseq::CSeq;
use super::header::name_addr::NameAddr;
use super::header::split_outside_quotes;
use super::header::via::Via;
use super::note;
use crate::base::oddity::{self, Oddity};

/// Longest header block we read, start line included.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Most header lines in a message; more are dropped.
pub const MAX_HEADERS: usize = 256;

/// A request method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the protocol's")]
pub enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Message,
    Notify,
    Subscribe,
    Info,
    Other(String),
}

impl Method {
    /// Methods are case-sensitive; the field's lower-case ones are taken for what they mean.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "REGISTER" => Self::Register,
            "OPTIONS" => Self::Options,
            "MESSAGE" => Self::Message,
            "NOTIFY" => Self::Notify,
            "SUBSCRIBE" => Self::Subscribe,
            "INFO" => Self::Info,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// As it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Message => "MESSAGE",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Info => "INFO",
            Self::Other(name) => name,
        }
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A request.
    Request {
        /// What is asked.
        method: Method,
        /// Of whom.
        uri: String,
    },
    /// A response.
    Response {
        /// Status code, 100 to 699.
        code: u16,
        /// The reason phrase, may be empty.
        reason: String,
    },
}

/// A header line; names are lower case and never compact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Full name in lower case.
    pub name: String,
    /// The value, unfolded and trimmed.
    pub value: String,
}

/// A message as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Request or status line.
    pub start: Start,
    /// The header lines in their order.
    pub headers: Vec<Header>,
    /// The octets of start line and header lines as they came, the blank line included.
    pub head: Bytes,
    /// The body's octets, untouched.
    pub body: Bytes,
    /// The first line names another version than 2.0.
    pub foreign_version: bool,
    /// What was put up with.
    pub oddities: Vec<Oddity>,
}

/// Why octets are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Keep-alive: blank lines, or a few octets as some stacks send (`jaK\0`).
    #[error("keep-alive of {0} octets")]
    KeepAlive(usize),
    /// The first line is neither a request nor a status line.
    #[error("not a SIP start line: {0:?}")]
    StartLine(String),
    /// The header block does not end within the limit.
    #[error("header block over {MAX_HEAD_BYTES} octets")]
    HeadTooLarge,
}

impl Message {
    /// Reads one datagram, which is one message.
    ///
    /// # Errors
    /// When it is a keep-alive or has no SIP start line.
    pub fn parse_datagram(datagram: &Bytes) -> Result<Self, MessageError> {
        let skipped = datagram.iter().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | 0)).count();
        let octets = datagram.slice(skipped..);
        // Some stacks keep their NAT mapping open with four octets; a start line is never this short.
        if octets.len() < 12 {
            return Err(MessageError::KeepAlive(datagram.len()));
        }
        let (head_len, body_start) = find_head_end(&octets).unwrap_or((octets.len(), octets.len()));
        if head_len > MAX_HEAD_BYTES {
            return Err(MessageError::HeadTooLarge);
        }
        let mut message = Self::parse_head(octets.get(..head_len).unwrap_or_default())?;
        if skipped > 0 {
            message.oddities.push(oddity::LEADING_BLANK.at(format!("{skipped}")));
        }
        message.head = octets.slice(..body_start);
        let rest = octets.slice(body_start..);
        message.body = match message.content_length() {
            None => {
                if !rest.is_empty() {
                    message.oddities.push(match message.header("content-length") {
                        None => oddity::CONTENT_LENGTH_MISSING.at(format!("{}", rest.len())),
                        Some(sent) => {
                            oddity::CONTENT_LENGTH_WRONG.at(format!("{} / {}", crate::base::text::excerpt(sent, 20), rest.len()))
                        }
                    });
                }
                rest
            }
            Some(declared) if declared < rest.len() => {
                message.oddities.push(oddity::CONTENT_LENGTH_WRONG.at(format!("{declared} / {}", rest.len())));
                // A length counted in characters cuts the end off; then the datagram is the better frame.
                let cut_is_whole = ends_in_tag(rest.get(..declared).unwrap_or_default());
                let next = rest.get(declared..).unwrap_or_default();
                if !cut_is_whole && ends_in_tag(&rest) && !begins_message(next) { rest } else { rest.slice(..declared) }
            }
            Some(declared) => {
                if declared > rest.len() {
                    message.oddities.push(oddity::CONTENT_LENGTH_WRONG.at(format!("{declared} / {}", rest.len())));
                }
                rest
            }
        };
        Ok(message)
    }

    /// Reads start line and headers, without the blank line; the body is left empty.
    ///
    /// # Errors
    /// When the first line is no SIP start line.
    pub fn parse_head(head: &[u8]) -> Result<Self, MessageError> {
        let mut oddities = Vec::new();
        let mut lines = head_lines(head, &mut oddities);
        let first = if lines.is_empty() { String::new() } else { lines.remove(0) };
        let start =
            parse_start(&first, &mut oddities).ok_or_else(|| MessageError::StartLine(crate::base::text::excerpt(&first, 80)))?;
        let mut headers = Vec::with_capacity(lines.len().min(MAX_HEADERS));
        for line in lines.into_iter().take(MAX_HEADERS) {
            match line.split_once(':') {
                Some((name, value)) => {
                    let trimmed = name.trim_end();
                    if trimmed.len() != name.len() {
                        note(&mut oddities, oddity::SPACE_BEFORE_COLON, trimmed);
                    }
                    headers.push(Header { name: full_name(trimmed), value: value.trim().to_owned() });
                }
                None => note(&mut oddities, oddity::HEADER_WITHOUT_COLON, &line),
            }
        }
        let foreign_version = oddities.iter().any(|o| o.kind == oddity::SIP_VERSION);
        Ok(Self { start, headers, head: Bytes::new(), body: Bytes::new(), foreign_version, oddities })
    }

    /// The first header of a (lower-case, full) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name == name).map(|h| h.value.as_str())
    }

    /// Every value of a header that may be a list.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|h| h.name == name).flat_map(|h| split_outside_quotes(&h.value, ',')).collect()
    }

    /// The method of a request.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The code of a response.
    #[must_use]
    pub const fn code(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { code, .. } => Some(*code),
        }
    }

    /// The Request-URI as sent; `None` for responses.
    #[must_use]
    pub fn request_uri(&self) -> Option<&str> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// The reason phrase of a response.
    #[must_use]
    pub fn reason(&self) -> &str {
        match &self.start {
            Start::Request { .. } => "",
            Start::Response { reason, .. } => reason,
        }
    }

    /// The topmost Via.
    #[must_use]
    pub fn via(&self) -> Option<Via> {
        self.header_values("via").first().and_then(|v| Via::parse(v))
    }

    /// From.
    #[must_use]
    pub fn from(&self) -> Option<NameAddr> {
        self.header("from").and_then(NameAddr::parse)
    }

    /// To.
    #[must_use]
    pub fn to(&self) -> Option<NameAddr> {
        self.header("to").and_then(NameAddr::parse)
    }

    /// The first Contact.
    #[must_use]
    pub fn contact(&self) -> Option<NameAddr> {
        self.header_values("contact").first().and_then(|v| NameAddr::parse(v))
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> Option<&str> {
        self.header("call-id").filter(|v| !v.is_empty())
    }

    /// `CSeq`.
    #[must_use]
    pub fn cseq(&self) -> Option<CSeq> {
        self.header("cseq").and_then(CSeq::parse)
    }

    /// Content-Length, if it is a number, and the same one wherever it stands.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        let mut lengths = self.headers.iter().filter(|h| h.name == "content-length").map(|h| length(&h.value));
        let first = lengths.next()??;
        lengths.all(|other| other == Some(first)).then_some(first)
    }
}

/// Digits alone: no sign, nothing after them.
fn length(value: &str) -> Option<usize> {
    value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

/// Where the header block ends: its length and where the body begins. Lines end in CRLF, LF, or a mix.
#[must_use]
pub fn find_head_end(octets: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = octets.get(from..)?.iter().position(|b| *b == b'\n') {
        let lf = from + at;
        match octets.get(lf + 1..)? {
            [b'\n', ..] => return Some((lf + 1, lf + 2)),
            [b'\r', b'\n', ..] => return Some((lf + 1, lf + 3)),
            _ => from = lf + 1,
        }
    }
    None
}

/// Cuts a header block into unfolded lines.
fn head_lines(head: &[u8], oddities: &mut Vec<Oddity>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut bare_lf = false;
    for raw in head.split(|b| *b == b'\n') {
        let line = match raw.strip_suffix(b"\r") {
            Some(line) => line,
            None if raw.is_empty() => continue,
            None => {
                bare_lf = true;
                raw
            }
        };
        if line.is_empty() {
            continue;
        }
        let text = decode_header(line, oddities);
        match lines.last_mut() {
            Some(last) if text.starts_with([' ', '\t']) => {
                note(oddities, oddity::FOLDED_HEADER, last.split(':').next().unwrap_or_default());
                last.push(' ');
                last.push_str(text.trim());
            }
            _ => lines.push(text),
        }
    }
    if bare_lf {
        oddities.push(oddity::BARE_LF.at(""));
    }
    lines
}

fn decode_header(line: &[u8], oddities: &mut Vec<Oddity>) -> String {
    if let Ok(text) = std::str::from_utf8(line) {
        return text.to_owned();
    }
    if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(line) {
        note(oddities, oddity::HEADER_NOT_UTF8, &text);
        return text.into_owned();
    }
    let text = String::from_utf8_lossy(line).into_owned();
    note(oddities, oddity::HEADER_UNREADABLE, &text);
    text
}

/// Reads the first line of a message.
pub(super) fn parse_start(line: &str, oddities: &mut Vec<Oddity>) -> Option<Start> {
    let line = line.trim();
    if line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("SIP/")) {
        let mut parts = line.splitn(3, ' ');
        let version = parts.next()?;
        let code: u16 = parts.next()?.trim().parse().ok()?;
        if !(100..700).contains(&code) {
            return None;
        }
        let reason = parts.next().unwrap_or_default().trim().to_owned();
        if reason.is_empty() {
            note(oddities, oddity::STATUS_WITHOUT_REASON, line);
        }
        note_version(version, oddities);
        return Some(Start::Response { code, reason });
    }
    let mut parts = line.split_whitespace();
    let method = parts.next()?;
    let uri = parts.next()?;
    let version = parts.next()?;
    if parts.next().is_some() || !version.get(..4)?.eq_ignore_ascii_case("SIP/") {
        return None;
    }
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
    if !method.bytes().all(is_token) {
        return None;
    }
    note_version(version, oddities);
    Some(Start::Request { method: Method::parse(method), uri: uri.to_owned() })
}

fn note_version(version: &str, oddities: &mut Vec<Oddity>) {
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        note(oddities, oddity::SIP_VERSION, version);
    }
}

/// Full lower-case name; compact forms of RFC 3261 section 7.3.3 are spelt out.
fn full_name(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    let full = match lower.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "m" => "contact",
        "l" => "content-length",
        "c" => "content-type",
        "e" => "content-encoding",
        "s" => "subject",
        "k" => "supported",
        "o" => "event",
        // 2022 annex N spells the header of SUBSCRIBE without the s.
        "expire" => "expires",
        _ => return lower,
    };
    full.to_owned()
}

/// Whether another message follows, so that the length was right.
fn begins_message(octets: &[u8]) -> bool {
    let line = octets.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).is_ok_and(|line| parse_start(line, &mut Vec::new()).is_some())
}

fn ends_in_tag(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b">")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Message {
        Message::parse_datagram(&Bytes::copy_from_slice(text)).unwrap()
    }

    fn kinds(message: &Message) -> Vec<&'static str> {
        message.oddities.iter().map(|o| o.kind.id).collect()
    }

    #[test]
    fn reads_a_request() {
        let m = parse(b"MESSAGE sip:3717@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\nContent-Length: 4\r\n\r\n<a/>");
        assert_eq!(m.method(), Some(&Method::Message));
        assert_eq!(m.body, "<a/>");
        assert_eq!(m.from().unwrap().tag(), Some("a"));
        assert!(m.oddities.is_empty(), "{:?}", m.oddities);
    }

    #[test]
    fn compact_names_folding_lf_and_blanks_are_put_up_with() {
        let m = parse(
            b"\r\n\r\nSIP/2.0 200\nv: SIP/2.0/UDP h\nf : <sip:1@2>;tag=a\nt: <sip:3@4>\n ;tag=b\ni: x\nCSeq: 1 MESSAGE\n\n",
        );
        assert_eq!(m.code(), Some(200));
        assert_eq!(m.call_id(), Some("x"));
        assert_eq!(m.to().unwrap().tag(), Some("b"));
        assert_eq!(kinds(&m), ["folded_header", "bare_lf", "status_without_reason", "space_before_colon", "leading_blank"]);
    }

    #[test]
    fn header_octets_in_gbk_lose_nothing() {
        let mut text = b"MESSAGE sip:1@2 SIP/2.0\r\nFrom: \"".to_vec();
        text.extend(GB18030.encode("成武平台").0.iter());
        text.extend(b"\" <sip:1@2>;tag=a\r\nCall-ID: x\r\nContent-Length: 2\r\n\r\nab");
        let m = parse(&text);
        assert_eq!(m.header("from"), Some("\"成武平台\" <sip:1@2>;tag=a"));
        assert_eq!((m.call_id(), &m.body[..]), (Some("x"), &b"ab"[..]));
        assert_eq!(kinds(&m), ["header_not_utf8"]);
    }

    #[test]
    fn a_missing_or_wrong_length_costs_no_body() {
        let body_of = |head: &str| {
            let m = parse(format!("MESSAGE sip:1@2 SIP/2.0\r\n{head}\r\n<a>x</a>").as_bytes());
            String::from_utf8(m.body.to_vec()).unwrap()
        };
        assert_eq!(body_of(""), "<a>x</a>");
        assert_eq!(body_of("Content-Length: 5\r\n"), "<a>x</a>", "counted in characters");
        assert_eq!(body_of("Content-Length: 99\r\n"), "<a>x</a>");
        assert_eq!(body_of("Content-Length: 3\r\n"), "<a>", "a whole tag stays cut");
    }

    #[test]
    fn keep_alives_are_told_from_messages() {
        for octets in [&b"jaK\0"[..], b"\r\n\r\n", b"\0", b""] {
            let error = Message::parse_datagram(&Bytes::copy_from_slice(octets)).unwrap_err();
            assert!(matches!(error, MessageError::KeepAlive(_)), "{octets:?}");
        }
    }

    #[test]
    fn what_is_not_sip_is_refused() {
        for text in ["GET / HTTP/1.1\r\n\r\n", "SIP/2.0 abc x\r\n\r\n", "SIP/2.0 999 x\r\n\r\n", "<a>b c SIP/2.0\r\n\r\n"] {
            assert!(Message::parse_datagram(&Bytes::copy_from_slice(text.as_bytes())).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_methods_pass() {
        assert_eq!(parse(b"NEWTHING sip:1@2 SIP/2.0\r\n\r\n").method(), Some(&Method::Other("NEWTHING".into())));
    }
}
