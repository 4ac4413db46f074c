//! What is decided about a request before anybody sees it: taken, refused with a code, or dropped.
//!
//! Lenient, never wrong: what can be read in one way only is taken, what contradicts itself or lacks what a response needs is
//! refused. The torture messages of RFC 4475 and RFC 5118 are the cases (`fixtures/sip/torture`). Not for: who may ask, and
//! whether the body makes sense; both are decided later.

use super::header::name_addr::NameAddr;
use super::header::uri::{SipUri, foreign_scheme};
use super::message::{Message, Method};
use crate::base::text::excerpt;

/// What we understand, as it stands in `Allow`.
pub const ALLOW: &str = "INVITE, ACK, INFO, CANCEL, BYE, OPTIONS, MESSAGE, NOTIFY, REGISTER";

/// Headers a request has one of; two that differ leave nothing to hold on to.
const SINGLE: [&str; 5] = ["call-id", "cseq", "from", "to", "content-length"];

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is handed on.
    Taken,
    /// Nothing is done and nothing answered: an ACK that cannot be used.
    Dropped,
    /// It is answered at once, without a transaction.
    Refused(Refusal),
}

/// The answer to a request that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Status code.
    pub code: u16,
    /// The header the code asks for: `Allow` or `Unsupported`.
    pub header: Option<(&'static str, String)>,
    /// The header or line that is at fault.
    pub at: &'static str,
}

impl Refusal {
    const fn of(code: u16, at: &'static str) -> Self {
        Self { code, header: None, at }
    }
}

/// Decides about a request; responses are always taken. `stream`: it came over a transport without datagrams.
#[must_use]
pub fn admit(message: &Message, stream: bool) -> Admission {
    let Some(method) = message.method() else { return Admission::Taken };
    match refusal(message, method, stream) {
        None => Admission::Taken,
        Some(_) if *method == Method::Ack => Admission::Dropped,
        Some(refusal) => Admission::Refused(refusal),
    }
}

fn refusal(message: &Message, method: &Method, stream: bool) -> Option<Refusal> {
    // Without these no response finds its way back to what was asked (RFC 3261 section 8.1.1).
    if message.call_id().is_none() {
        return Some(Refusal::of(400, "Call-ID"));
    }
    let Some(cseq) = message.cseq() else { return Some(Refusal::of(400, "CSeq")) };
    for (name, at) in [("from", "From"), ("to", "To")] {
        if !message.header(name).is_some_and(NameAddr::reads) {
            return Some(Refusal::of(400, at));
        }
    }
    if let Some(name) = contradiction(message) {
        return Some(Refusal::of(400, name));
    }
    if message.foreign_version {
        return Some(Refusal::of(505, "SIP-Version"));
    }
    if cseq.method != *method {
        return Some(Refusal::of(400, "CSeq"));
    }
    if matches!(method, Method::Other(_)) {
        return Some(Refusal { header: Some(("Allow", ALLOW.to_owned())), ..Refusal::of(405, "Method") });
    }
    let uri = message.request_uri().unwrap_or_default();
    if !SipUri::reads(uri) {
        return Some(Refusal::of(if foreign_scheme(uri) { 416 } else { 400 }, "Request-URI"));
    }
    // RFC 3261 section 8.2.2.3: nothing that may be required is supported here.
    let required = message.header_values("require").into_iter().filter(|option| !option.is_empty()).collect::<Vec<_>>();
    if !required.is_empty() && *method != Method::Cancel && *method != Method::Ack {
        let unsupported = excerpt(&required.join(", "), 200);
        return Some(Refusal { header: Some(("Unsupported", unsupported)), ..Refusal::of(420, "Require") });
    }
    // In a stream nothing but the length tells where such a body ends: what we have is half a request.
    if stream && message.body.is_empty() && message.header("content-type").is_some() && message.content_length().is_none() {
        return Some(Refusal::of(400, "Content-Length"));
    }
    None
}

/// A header that must be there once and is there with two values.
fn contradiction(message: &Message) -> Option<&'static str> {
    SINGLE.into_iter().find(|name| {
        let mut values = message.headers.iter().filter(|h| h.name == *name).map(|h| &h.value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const GOOD: &str = "MESSAGE sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n\r\n";

    fn code(text: &str, stream: bool) -> u16 {
        match admit(&Message::parse_datagram(&Bytes::from(text.to_owned())).unwrap(), stream) {
            Admission::Taken => 200,
            Admission::Dropped => 0,
            Admission::Refused(refusal) => refusal.code,
        }
    }

    #[test]
    fn what_lacks_or_contradicts_is_refused() {
        assert_eq!(code(GOOD, false), 200);
        for header in ["From: <sip:1@2>;tag=a\r\n", "To: <sip:3@4>\r\n", "Call-ID: x\r\n", "CSeq: 1 MESSAGE\r\n"] {
            assert_eq!(code(&GOOD.replace(header, ""), false), 400, "{header}");
            assert_eq!(code(&GOOD.replace(header, &header.repeat(2)), false), 200, "the same twice: {header}");
        }
        assert_eq!(code(&GOOD.replace("Call-ID: x", "Call-ID: x\r\ni: y"), false), 400);
    }

    #[test]
    fn an_ack_is_never_answered() {
        let ack = GOOD.replace("MESSAGE", "ACK");
        assert_eq!(code(&ack, false), 200);
        assert_eq!(code(&ack.replace("Call-ID: x\r\n", ""), false), 0);
        assert_eq!(code(&ack.replace("Call-ID", "Require: a\r\nCall-ID"), false), 200);
    }

    #[test]
    fn what_is_required_is_named_in_the_refusal() {
        let text = GOOD.replace("Call-ID", "Require: 100rel, path\r\nCall-ID");
        let message = Message::parse_datagram(&Bytes::from(text)).unwrap();
        let Admission::Refused(refusal) = admit(&message, false) else { panic!("taken") };
        assert_eq!((refusal.code, refusal.header), (420, Some(("Unsupported", "100rel, path".to_owned()))));
    }

    #[test]
    fn a_body_that_may_be_anywhere_is_refused_in_a_stream_only() {
        let text = GOOD.replace("\r\n\r\n", "\r\nContent-Type: Application/SDP\r\n\r\n");
        assert_eq!((code(&text, false), code(&text, true)), (200, 400));
        let text = text.replace("Content-Type", "Content-Length: 0\r\nContent-Type");
        assert_eq!(code(&text, true), 200);
    }

    #[test]
    fn hostile_heads_cost_linear_time() {
        let source = "192.0.2.7:40000".parse().unwrap();
        let units = [
            "<", ">", "\"", ";", ",", "a;", "=", "\\", "[", "%41", "@", ":", "?", "<sip:", "a=\"", "SIP/", "1", "\r\n ", "\r\na:",
        ];
        for unit in units {
            for at in ["<sip:1@2>", "<sip:3@4>", "SIP/2.0/UDP h;", "Call-ID: ", "CSeq: 1"] {
                let text = GOOD.replace(at, &format!("{at}{}", unit.repeat(50_000 / unit.len())));
                let message = Message::parse_datagram(&Bytes::from(text)).unwrap();
                // Quadratic work would take minutes here, not milliseconds.
                let _ = (admit(&message, true), message.via(), message.contact());
                let response = crate::sip::builder::Builder::response(&message, source, 400, "", "t").build();
                assert_eq!(Message::parse_datagram(&response).unwrap().code(), Some(400), "{unit:?} {at}");
            }
        }
    }
}
