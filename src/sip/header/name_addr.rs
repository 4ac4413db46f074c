//! From, To, Contact, Route: `"name" <sip:user@host>;tag=x`, RFC 3261 section 20.

use super::uri::SipUri;
use super::{Params, normalise, param, parse_params};

/// A name-addr or addr-spec with its header parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameAddr {
    /// The address.
    pub uri: SipUri,
    /// Parameters of the header (`tag`, `expires`), not of the URI.
    pub params: Params,
}

impl NameAddr {
    /// Reads one value; a list has been split before.
    ///
    /// The grammar is `rsip`'s; by hand goes what it refuses.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = normalise(value);
        Self::by_grammar(&value).or_else(|| Self::by_hand(&value))
    }

    /// Whether [`Self::parse`] reads it; the cheaper way is tried first, for this is asked of every request.
    #[must_use]
    pub fn reads(value: &str) -> bool {
        Self::by_hand(&normalise(value)).is_some() || Self::parse(value).is_some()
    }

    fn by_grammar(value: &str) -> Option<Self> {
        use rsip::headers::{ToTypedHeader, UntypedHeader};
        let typed = rsip::headers::From::new(value.to_owned()).typed().ok()?;
        let uri = SipUri::parse(&typed.uri.to_string())?;
        let params = typed.params.iter().map(ToString::to_string).collect::<String>();
        Some(Self { uri, params: parse_params(&params, ';') })
    }

    fn by_hand(value: &str) -> Option<Self> {
        if let Some(open) = open_bracket(value) {
            let rest = value.get(open + 1..)?;
            let (uri, params) = rest.split_once('>').unwrap_or((rest, ""));
            return Some(Self { uri: SipUri::parse(uri)?, params: parse_params(params, ';') });
        }
        // Without brackets every parameter belongs to the header (RFC 3261 section 20.10).
        let (uri, params) = value.split_once(';').unwrap_or((value, ""));
        Some(Self { uri: SipUri::parse(uri)?, params: parse_params(params, ';') })
    }

    /// The dialog tag; empty ones count as absent.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        param(&self.params, "tag").filter(|tag| !tag.is_empty())
    }
}

fn open_bracket(value: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    value.char_indices().find_map(|(i, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => return Some(i),
            _ => (),
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, user: &str, host: &str, tag: Option<&str>) {
        let parsed = NameAddr::parse(value).unwrap_or_else(|| panic!("{value} refused"));
        assert_eq!((parsed.uri.user.as_str(), parsed.uri.host.as_str(), parsed.tag()), (user, host, tag), "{value}");
    }

    #[test]
    fn reads_the_forms_of_the_field() {
        check("<sip:3717@3717230000>;tag=abc", "3717", "3717230000", Some("abc"));
        check("<sip:3717@3717230000> ; tag = abc", "3717", "3717230000", Some("abc"));
        check("sip:3717@10.0.0.1:5060;tag=1", "3717", "10.0.0.1", Some("1"));
        check("\"成武平台\" <sip:3717@3717230000>;tag=1", "3717", "3717230000", Some("1"));
        check("成武 <sip:3717@3717230000>", "3717", "3717230000", None);
        check("\"a;<b>\" <sip:1@[::1]:5060>;tag=2", "1", "[::1]", Some("2"));
        check("<sip:3717@10.0.0.1:5060;transport=tcp>;expires=3600", "3717", "10.0.0.1", None);
        check("<sip:3717@10.0.0.1", "3717", "10.0.0.1", None);
    }

    #[test]
    fn uri_and_header_parameters_stay_apart() {
        let contact = NameAddr::parse("<sip:1@10.0.0.1:5060;transport=tcp>;expires=60;q=0.5").unwrap();
        assert_eq!(param(&contact.params, "expires"), Some("60"));
        assert_eq!(param(&contact.params, "transport"), None);
        assert!(param(&contact.uri.params, "transport").is_some_and(|t| t.eq_ignore_ascii_case("tcp")));
    }

    #[test]
    fn refuses_what_has_no_address() {
        for value in ["", "<>", "*", "\"x\""] {
            assert!(NameAddr::parse(value).is_none_or(|n| n.uri.user.is_empty()), "{value:?}");
        }
    }
}
