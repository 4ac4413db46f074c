//! SIP URI, RFC 3261 section 19.1: `sip:37172300002000000001@3717230000`.

use super::{Params, parse_params};

/// A `sip:` or `sips:` URI as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SipUri {
    /// `sips:` instead of `sip:`
    pub secure: bool,
    /// The part before `@`, unescaped.
    pub user: String,
    /// Domain, numeric realm, IPv4 or bracketed IPv6 literal.
    pub host: String,
    /// Port, if one stands there.
    pub port: Option<u16>,
    /// `;transport=tcp` and the like.
    pub params: Params,
}

impl SipUri {
    /// Reads a URI with or without scheme; `None` when there is no host in it.
    ///
    /// The grammar is `rsip`'s where it is sound; what it refuses though the field sends it (IPv6
    /// literals, missing schemes, odd users) is read by hand.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if (text.starts_with("sip:") || text.starts_with("sips:"))
            && let Some(uri) = Self::by_grammar(text)
        {
            return Some(uri);
        }
        Self::by_hand(text)
    }

    /// Whether [`Self::parse`] reads it; the cheaper way is tried first, for this is asked of every request.
    #[must_use]
    pub fn reads(text: &str) -> bool {
        Self::by_hand(text.trim()).is_some() || Self::parse(text).is_some()
    }

    fn by_grammar(text: &str) -> Option<Self> {
        // rsip keeps no URI headers (`?a=b`) and no escapes; both are left to the other way.
        if !text.is_ascii() || text.contains(['[', '?', '%']) {
            return None;
        }
        let uri = rsip::Uri::try_from(text).ok()?;
        let user = match &uri.auth {
            Some(auth) if auth.password.is_none() => auth.user.clone(),
            Some(_) => return None,
            None => String::new(),
        };
        let port = uri.host_with_port.port.as_ref().map(|port| *port.value());
        let host = uri.host_with_port.host.to_string();
        if !is_host(&host) {
            return None;
        }
        let params = text.split_once('@').map_or(text, |(_, rest)| rest).split_once(';');
        Some(Self {
            secure: text.starts_with("sips:"),
            user,
            host,
            port,
            params: params.map(|(_, p)| parse_params(p, ';')).unwrap_or_default(),
        })
    }

    fn by_hand(text: &str) -> Option<Self> {
        let (secure, rest) = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sip") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sips") => (true, rest),
            _ => (false, text),
        };
        let rest = rest.split('?').next().unwrap_or_default();
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (user.split(':').next().unwrap_or_default(), rest),
            None => ("", rest),
        };
        let (hostport, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = split_host_port(hostport.trim())?;
        Some(Self { secure, user: unescape(user), host, port, params: parse_params(params, ';') })
    }
}

/// `host:port`, `[v6]:port`, `host`. `None` for an empty host or a port that is no number.
#[must_use]
pub fn split_host_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if text.starts_with('[') {
        let end = text.find(']')? + 1;
        (text.get(..end)?, text.get(end..)?.strip_prefix(':'))
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if !is_host(host) {
        return None;
    }
    let port = match port.map(str::trim) {
        Some("") | None => None,
        Some(digits) if digits.starts_with('+') => return None,
        Some(digits) => Some(digits.parse().ok()?),
    };
    Some((host.to_owned(), port))
}

/// Brackets and quotes are what is left of an address that was not read right.
fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '@'))
}

/// Whether a text that is no SIP URI begins with the scheme of another kind.
#[must_use]
pub fn foreign_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.trim().split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    is_scheme && !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips")
}

/// Writes a user part so that any visible code survives: everything outside the unreserved set of
/// RFC 3261 section 25.1 becomes `%XX`.
#[must_use]
pub fn escape_user(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'~' | b'*' => {
                out.push(char::from(byte));
            }
            _ => {
                out.push('%');
                out.push_str(&format!("{byte:02X}"));
            }
        }
    }
    out
}

fn unescape(user: &str) -> String {
    let bytes = user.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = user.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                i += 3;
            }
            _ => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, user: &str, host: &str, port: Option<u16>) {
        let uri = SipUri::parse(text).unwrap_or_else(|| panic!("{text} refused"));
        assert_eq!((uri.user.as_str(), uri.host.as_str(), uri.port), (user, host, port), "{text}");
    }

    #[test]
    fn reads_the_forms_of_the_field() {
        check("sip:37172300002000000001@3717230000", "37172300002000000001", "3717230000", None);
        check("sip:37172300002000000001@10.1.2.3:5060", "37172300002000000001", "10.1.2.3", Some(5060));
        check("sip:3717@[2001:db8::1]:5061", "3717", "[2001:db8::1]", Some(5061));
        check("SIP:3717@3717230000.spvmn.cn;transport=tcp", "3717", "3717230000.spvmn.cn", None);
        check("sip:3717230000", "", "3717230000", None);
        check("37172300002000000001@10.1.2.3", "37172300002000000001", "10.1.2.3", None);
        check("sip:a%20b@h", "a b", "h", None);
        check("sip:user:pass@h:1", "user", "h", Some(1));
    }

    #[test]
    fn keeps_parameters() {
        let uri = SipUri::parse("sip:1@10.0.0.1:5060;transport=tcp;lr").unwrap();
        assert_eq!(super::super::param(&uri.params, "transport"), Some("tcp"));
        assert_eq!(super::super::param(&uri.params, "lr"), Some(""));
    }

    #[test]
    fn refuses_what_has_no_host() {
        for text in ["", "sip:", "sip:1@", "sip:1@:5060", "sip:1@h:x"] {
            assert_eq!(SipUri::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn any_visible_code_survives_the_way_out_and_back() {
        for code in ["37172300011320000001", "9B02/ A#?@;:%", "cam&1"] {
            let uri = SipUri::parse(&format!("sip:{}@3717230000", escape_user(code))).unwrap();
            assert_eq!(uri.user, code);
        }
    }
}
