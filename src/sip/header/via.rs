//! Via: `SIP/2.0/UDP host:port;rport;branch=z9hG4bK..`, RFC 3261 section 20.42 and RFC 3581.

use std::net::SocketAddr;

use super::uri::split_host_port;
use super::{Params, normalise, param, parse_params, split_outside_quotes};

/// The magic cookie of RFC 3261 branches.
pub const COOKIE: &str = "z9hG4bK";

/// One Via value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, as sent.
    pub transport: String,
    /// Host of the sender as it sees itself.
    pub host: String,
    /// Its port, if one stands there.
    pub port: Option<u16>,
    /// `branch`, `rport`, `received`.
    pub params: Params,
}

impl Via {
    /// Reads one value; a list has been split before.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = normalise(value);
        // Parameters may hold blanks and slashes too.
        let (head, params) = value.split_once(';').unwrap_or((&value, ""));
        let (protocol, rest) = head.split_once(char::is_whitespace)?;
        // `SIP / 2.0 / UDP` with blanks around the slashes is legal.
        let (protocol, rest) = if protocol.matches('/').count() == 2 && !protocol.ends_with('/') {
            (protocol.to_owned(), rest)
        } else {
            let end = head.rfind('/')? + 1;
            let tail = head.get(end..)?.trim_start();
            let (transport, rest) = tail.split_once(char::is_whitespace)?;
            (format!("SIP/2.0/{transport}"), rest)
        };
        let transport = protocol.rsplit('/').next()?.trim().to_owned();
        let (host, port) = split_host_port(rest.trim())?;
        Some(Self { transport, host, port, params: parse_params(params, ';') })
    }

    /// The transaction's name, if there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        param(&self.params, "branch").filter(|b| !b.is_empty())
    }

    /// Whether the sender asks for the port it really came from (RFC 3581).
    #[must_use]
    pub fn wants_rport(&self) -> bool {
        param(&self.params, "rport").is_some()
    }

    /// `host:port` as sent, for the transaction key.
    #[must_use]
    pub fn sent_by(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

/// The Via of a request as its response has to carry it: where it really came from is filled in.
/// `received` is always added where it says something, `rport` when asked for.
#[must_use]
pub fn with_source(value: &str, source: SocketAddr) -> String {
    let Some(via) = Via::parse(value) else { return value.to_owned() };
    let mut out = String::with_capacity(value.len() + 40);
    let (head, params) = value.split_once(';').unwrap_or((value, ""));
    out.push_str(head.trim_end());
    // The sender's own parameters stand as they came, quotes and all.
    for text in split_outside_quotes(params, ';').into_iter().filter(|text| !text.is_empty()) {
        let name = text.split('=').next().unwrap_or_default().trim_end();
        if !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport") {
            out.push(';');
            out.push_str(text);
        }
    }
    let ip = source.ip().to_string();
    if via.host.trim_matches(['[', ']']) != ip || via.wants_rport() {
        out.push_str(";received=");
        out.push_str(&ip);
    }
    if via.wants_rport() {
        out.push_str(&format!(";rport={}", source.port()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_before_a_semicolon_loses_no_branch() {
        let via = Via::parse("SIP/2.0/UDP 10.0.0.1:5060 ; branch=z9hG4bK1 ;rport").unwrap();
        assert_eq!((via.branch(), via.wants_rport(), via.sent_by()), (Some("z9hG4bK1"), true, "10.0.0.1:5060".into()));
    }

    #[test]
    fn reads_blanks_around_slashes_and_ipv6() {
        let via = Via::parse("SIP / 2.0 / TCP [2001:db8::9]:5061;branch=x").unwrap();
        assert_eq!((via.transport.as_str(), via.host.as_str(), via.port), ("TCP", "[2001:db8::9]", Some(5061)));
        let via = Via::parse("SIP / 2.0 / UDP 192.0.2.1;branch=z9hG4bKa/b").unwrap();
        assert_eq!((via.transport.as_str(), via.branch()), ("UDP", Some("z9hG4bKa/b")));
    }

    #[test]
    fn the_source_is_filled_in() {
        let source = "192.0.2.7:40000".parse().unwrap();
        assert_eq!(
            with_source("SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1", source),
            "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;received=192.0.2.7;rport=40000"
        );
        assert_eq!(
            with_source("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1", source),
            "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1"
        );
    }

    #[test]
    fn a_quoted_parameter_stays_quoted() {
        let source = "192.0.2.7:40000".parse().unwrap();
        let value = with_source("SIP/2.0/UDP 192.0.2.7;x=\"a;branch=b\";branch=z9hG4bK1", source);
        assert_eq!(value, "SIP/2.0/UDP 192.0.2.7;x=\"a;branch=b\";branch=z9hG4bK1");
        assert_eq!(Via::parse(&value).unwrap().branch(), Some("z9hG4bK1"));
    }

    #[test]
    fn what_cannot_be_read_is_sent_back_unchanged() {
        let source = "192.0.2.7:40000".parse().unwrap();
        assert_eq!(with_source("nonsense", source), "nonsense");
    }
}
