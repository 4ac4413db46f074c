//! CSeq: `20 INVITE`, RFC 3261 section 20.16.

use crate::sip::message::Method;

/// Sequence number and method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// The number, below 2^31 by the standard; the field also sends larger ones.
    pub number: u32,
    /// The method the number counts.
    pub method: Method,
}

impl CSeq {
    /// Reads the header; leading zeros and tabs are accepted.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        use rsip::headers::{ToTypedHeader, UntypedHeader};
        if let Ok(typed) = rsip::headers::CSeq::new(value.to_owned()).typed() {
            return Some(Self { number: typed.seq, method: Method::parse(&typed.method.to_string()) });
        }
        // rsip knows a closed list of methods only.
        let mut parts = value.split_whitespace();
        let number = parts.next()?.parse().ok()?;
        Some(Self { number, method: Method::parse(parts.next()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_number_and_any_method() {
        assert_eq!(CSeq::parse("20 INVITE"), Some(CSeq { number: 20, method: Method::Invite }));
        assert_eq!(CSeq::parse("0009\tMESSAGE"), Some(CSeq { number: 9, method: Method::Message }));
        assert_eq!(CSeq::parse("1 NEWMETHOD").map(|c| c.method), Some(Method::Other("NEWMETHOD".into())));
        assert_eq!(CSeq::parse("x INVITE"), None);
        assert_eq!(CSeq::parse("4294967296 INVITE"), None);
    }
}
