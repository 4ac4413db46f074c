//! Messages we write: headers in ASCII, body octets as given, never through a text serialiser.

use bytes::Bytes;

use super::header::via::with_source;
use super::message::Message;
use std::net::SocketAddr;

/// What we call ourselves.
pub const USER_AGENT: &str = concat!("gbaudit/", env!("CARGO_PKG_VERSION"));
/// Media type of the XML command set. Upper and lower case vary in the field; this is the standard's own.
pub const MANSCDP: &str = "Application/MANSCDP+xml";
/// Media type of session descriptions.
pub const SDP: &str = "Application/SDP";

/// Vias and Record-Routes taken over into a response: RFC 3261 section 8.1.1.6 lets no request make more hops, and a list of
/// thousands of empty ones would come back many times as large.
const MAX_HOPS: usize = 70;

/// A message being written.
#[derive(Debug, Clone)]
pub struct Builder {
    head: String,
    body: Vec<u8>,
}

impl Builder {
    /// Begins a request. `via`, `from`, `to` are whole header values.
    #[must_use]
    pub fn request(method: &str, uri: &str) -> Self {
        Self { head: format!("{method} {uri} SIP/2.0\r\n"), body: Vec::new() }
    }

    /// Begins the response to a request: Via, From, To, Call-ID and `CSeq` are taken over, the source is
    /// filled into the topmost Via, and `tag` is added to To where it has none.
    #[must_use]
    pub fn response(request: &Message, source: SocketAddr, code: u16, reason: &str, tag: &str) -> Self {
        let mut builder = Self { head: format!("SIP/2.0 {code} {reason}\r\n"), body: Vec::new() };
        let vias = request.header_values("via").into_iter().filter(|via| !via.is_empty());
        for (i, via) in vias.take(MAX_HOPS).enumerate() {
            let value = if i == 0 { with_source(via, source) } else { via.to_owned() };
            builder = builder.header("Via", &value);
        }
        for (name, key) in [("From", "from"), ("To", "to"), ("Call-ID", "call-id"), ("CSeq", "cseq")] {
            let Some(value) = request.header(key) else { continue };
            if key == "to" && code > 100 && request.to().is_none_or(|to| to.tag().is_none()) {
                builder = builder.header(name, &format!("{value};tag={tag}"));
            } else {
                builder = builder.header(name, value);
            }
        }
        for route in request.headers.iter().filter(|h| h.name == "record-route").take(MAX_HOPS) {
            builder = builder.header("Record-Route", &route.value);
        }
        builder
    }

    /// Adds a header. Line ends in a value are removed, so that nothing a peer sent can add headers.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(name);
        self.head.push_str(": ");
        self.head.extend(value.chars().filter(|c| !c.is_control()));
        self.head.push_str("\r\n");
        self
    }

    /// Sets the body and its media type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self = self.header("Content-Type", content_type);
        self.body = body;
        self
    }

    /// The message's octets.
    #[must_use]
    pub fn build(self) -> Bytes {
        let mut out = self.head.into_bytes();
        out.extend_from_slice(format!("User-Agent: {USER_AGENT}\r\nContent-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        out.extend_from_slice(&self.body);
        out.into()
    }
}

/// The usual reason phrase of a code.
#[must_use]
pub const fn reason_phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_takes_over_what_it_must() {
        let request = Message::parse_datagram(&Bytes::from_static(
            b"MESSAGE sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>\r\nCall-ID: x\r\nCSeq: 7 MESSAGE\r\n\r\n",
        ))
        .unwrap();
        let octets = Builder::response(&request, "192.0.2.1:40000".parse().unwrap(), 200, "OK", "t1").build();
        let response = Message::parse_datagram(&octets).unwrap();
        assert_eq!(response.header_values("via").len(), 2);
        assert_eq!(response.via().unwrap().branch(), Some("z9hG4bK1"));
        assert_eq!(response.header("via"), Some("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;received=192.0.2.1;rport=40000"));
        assert_eq!(response.to().unwrap().tag(), Some("t1"));
        assert_eq!(response.cseq().unwrap().number, 7);
    }

    #[test]
    fn no_list_of_vias_makes_a_response_grow() {
        let text = format!(
            "MESSAGE sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP a{}\r\nVia: {}\r\n\r\n",
            ",b".repeat(20_000),
            ",".repeat(20_000)
        );
        let request = Message::parse_datagram(&Bytes::from(text)).unwrap();
        let octets = Builder::response(&request, "192.0.2.1:40000".parse().unwrap(), 400, "", "t").build();
        assert!(octets.len() < 2_000, "{}", octets.len());
        assert_eq!(Message::parse_datagram(&octets).unwrap().header_values("via").len(), MAX_HOPS);
    }

    #[test]
    fn a_value_cannot_add_headers() {
        let octets = Builder::request("MESSAGE", "sip:1@2").header("Subject", "a\r\nEvil: 1").build();
        let message = Message::parse_datagram(&octets).unwrap();
        assert_eq!(message.header("evil"), None);
        assert_eq!(message.header("subject"), Some("aEvil: 1"));
    }
}
