//! Digest authentication, as server and as client (RFC 2617 and 8760; GB/T 28181 section 8.1 asks for it).
//!
//! Ours, because the field needs what typed headers refuse: parameters quoted or not, upper-case hex,
//! answers without the offered qop, `algorithm` always named (a Dahua device refuses a challenge without).
//! Not for: GB 35114 certificates, which are detected and refused by name.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::header::{Params, param, parse_params, quote};
use crate::base::clock::Mono;
use crate::base::secret::{Secret, constant_time_eq};
use crate::base::text::hex;

/// How long a nonce may be answered.
pub const NONCE_LIFETIME: Duration = Duration::from_mins(5);
/// Nonces kept at once; beyond it the oldest is forgotten and its owner is challenged again.
pub const MAX_NONCES: usize = 10_000;

/// The hash of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// MD5, in every known implementation
    #[default]
    Md5,
    /// SHA-256, named in RFC 8760
    Sha256,
}

impl Algorithm {
    /// As it stands in headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "MD5" | "" => Some(Self::Md5),
            "SHA-256" | "SHA256" => Some(Self::Sha256),
            _ => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// `WWW-Authenticate` or `Proxy-Authenticate`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Challenge {
    /// The domain the password belongs to.
    pub realm: String,
    /// To be hashed in.
    pub nonce: String,
    /// The hash.
    pub algorithm: Algorithm,
    /// Whether `auth` is among the offered qualities.
    pub qop_auth: bool,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// The password was right, only the nonce is too old.
    pub stale: bool,
}

impl Challenge {
    /// Reads the header; `None` for other schemes and for hashes we do not have.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let params = digest_params(value)?;
        let get = |name| param(&params, name);
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            algorithm: Algorithm::parse(get("algorithm").unwrap_or_default())?,
            qop_auth: get("qop").is_some_and(|q| q.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth"))),
            opaque: get("opaque").map(ToOwned::to_owned),
            stale: get("stale").is_some_and(|s| s.eq_ignore_ascii_case("true")),
        })
    }

    /// The header value; `algorithm` is always named.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out =
            format!("Digest realm={},nonce={},algorithm={}", quote(&self.realm), quote(&self.nonce), self.algorithm.name());
        if self.qop_auth {
            out.push_str(",qop=\"auth\"");
        }
        if let Some(opaque) = &self.opaque {
            out.push_str(&format!(",opaque={}", quote(opaque)));
        }
        if self.stale {
            out.push_str(",stale=true");
        }
        out
    }
}

/// `Authorization` or `Proxy-Authorization`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Who answers; any name may stand here, the password decides.
    pub username: String,
    /// As challenged.
    pub realm: String,
    /// As challenged.
    pub nonce: String,
    /// The URI that was hashed in, not necessarily the Request-URI.
    pub uri: String,
    /// The digest, hexadecimal in either case.
    pub response: String,
    /// The hash.
    pub algorithm: Algorithm,
    /// `auth` if it was used, with its nonce count and client nonce.
    pub qop: Option<Qop>,
    /// As challenged.
    pub opaque: Option<String>,
}

/// What `qop=auth` adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Qop {
    /// Nonce count, eight hexadecimal digits.
    pub nc: String,
    /// The client's own nonce.
    pub cnonce: String,
}

impl Credentials {
    /// Reads the header; `None` for other schemes, missing parts and hashes we do not have.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let params = digest_params(value)?;
        let get = |name| param(&params, name);
        let text = |name| get(name).unwrap_or_default().to_owned();
        let qop = get("qop").filter(|q| q.eq_ignore_ascii_case("auth"));
        Some(Self {
            username: get("username")?.to_owned(),
            realm: text("realm"),
            nonce: get("nonce")?.to_owned(),
            uri: text("uri"),
            response: get("response")?.to_owned(),
            algorithm: Algorithm::parse(get("algorithm").unwrap_or_default())?,
            qop: qop.map(|_| Qop { nc: text("nc"), cnonce: text("cnonce") }),
            opaque: get("opaque").map(ToOwned::to_owned),
        })
    }

    /// Answers a challenge for one request.
    #[must_use]
    pub fn answer(
        challenge: &Challenge,
        username: &str,
        password: &Secret,
        (method, uri): (&str, &str),
        (nc, cnonce): (u32, &str),
    ) -> Self {
        let mut credentials = Self {
            username: username.to_owned(),
            realm: challenge.realm.clone(),
            nonce: challenge.nonce.clone(),
            uri: uri.to_owned(),
            response: String::new(),
            algorithm: challenge.algorithm,
            qop: challenge.qop_auth.then(|| Qop { nc: format!("{nc:08x}"), cnonce: cnonce.to_owned() }),
            opaque: challenge.opaque.clone(),
        };
        credentials.response = credentials.expected(method, password);
        credentials
    }

    /// The header value.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = format!(
            "Digest username={},realm={},nonce={},uri={},response={},algorithm={}",
            quote(&self.username),
            quote(&self.realm),
            quote(&self.nonce),
            quote(&self.uri),
            quote(&self.response),
            self.algorithm.name()
        );
        if let Some(qop) = &self.qop {
            out.push_str(&format!(",qop=auth,nc={},cnonce={}", qop.nc, quote(&qop.cnonce)));
        }
        if let Some(opaque) = &self.opaque {
            out.push_str(&format!(",opaque={}", quote(opaque)));
        }
        out
    }

    /// Whether the digest is that of this password.
    #[must_use]
    pub fn verify(&self, method: &str, password: &Secret) -> bool {
        let expected = self.expected(method, password);
        constant_time_eq(expected.as_bytes(), self.response.to_ascii_lowercase().as_bytes())
    }

    /// RFC 2617 section 3.2.2.
    fn expected(&self, method: &str, password: &Secret) -> String {
        let ha1 = self.algorithm.hash(&format!("{}:{}:{}", self.username, self.realm, password.expose()));
        let ha2 = self.algorithm.hash(&format!("{method}:{}", self.uri));
        self.algorithm.hash(&match &self.qop {
            Some(Qop { nc, cnonce }) => format!("{ha1}:{}:{nc}:{cnonce}:auth:{ha2}", self.nonce),
            None => format!("{ha1}:{}:{ha2}", self.nonce),
        })
    }
}

fn digest_params(value: &str) -> Option<Params> {
    let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
    // Blanks around `=` are seen; the parameters are a comma list here.
    scheme
        .eq_ignore_ascii_case("digest")
        .then(|| parse_params(rest, ',').into_iter().map(|(name, value)| (name.trim().to_owned(), value)).collect())
}

/// What a nonce is worth when somebody answers with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceUse {
    /// Ours, in time, not used before.
    Fresh,
    /// Not ours (any more), or too old: challenge again with `stale=true`.
    Stale,
    /// Answered before with this count: somebody repeats an old answer.
    Replayed,
}

/// The nonces a server gave out. An answer without qop uses its nonce up; with qop the count must grow.
#[derive(Debug, Default)]
pub struct Nonces {
    given: HashMap<String, (Mono, u64)>,
    order: VecDeque<String>,
    forgotten: u64,
}

impl Nonces {
    /// A new nonce from random octets.
    pub fn issue(&mut self, now: Mono, random: [u8; 16]) -> String {
        let nonce = hex(&random);
        while self.order.len() >= MAX_NONCES {
            if let Some(oldest) = self.order.pop_front() {
                // One that was used, or is too old, is no loss.
                let lost = self.given.remove(&oldest).is_some_and(|(at, used)| used == 0 && now.since(at) <= NONCE_LIFETIME);
                self.forgotten += u64::from(lost);
            }
        }
        self.given.insert(nonce.clone(), (now, 0));
        self.order.push_back(nonce.clone());
        nonce
    }

    /// How many had to go before anybody could answer them, since this was asked last.
    pub const fn take_forgotten(&mut self) -> u64 {
        std::mem::replace(&mut self.forgotten, 0)
    }

    /// Whether a nonce is one of ours: an answer to any other needs no digest to be refused.
    #[must_use]
    pub fn gave(&self, nonce: &str) -> bool {
        self.given.contains_key(nonce)
    }

    /// Uses a nonce up for one verified answer.
    pub fn spend(&mut self, credentials: &Credentials, now: Mono) -> NonceUse {
        let Some((issued, last)) = self.given.get_mut(&credentials.nonce) else { return NonceUse::Stale };
        if now.since(*issued) > NONCE_LIFETIME {
            return NonceUse::Stale;
        }
        let count = match &credentials.qop {
            Some(qop) => u64::from(u32::from_str_radix(&qop.nc, 16).unwrap_or(0)),
            None => u64::MAX,
        };
        if *last != 0 && count <= *last {
            return NonceUse::Replayed;
        }
        *last = count.max(1);
        NonceUse::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(challenge: &Challenge, nc: u32) -> Credentials {
        Credentials::answer(challenge, "3717", &Secret::new("pw"), ("REGISTER", "sip:1@2"), (nc, "cn"))
    }

    #[test]
    fn the_example_of_rfc_2617_comes_out() {
        let challenge = Challenge::parse(
            "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )
        .unwrap();
        let answer = Credentials::answer(
            &challenge,
            "Mufasa",
            &Secret::new("Circle Of Life"),
            ("GET", "/dir/index.html"),
            (1, "0a4f113b"),
        );
        assert_eq!(answer.response, "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn answers_without_qop_and_in_upper_case_verify() {
        let challenge = Challenge { realm: "3717230000".into(), nonce: "n".into(), ..Challenge::default() };
        let mut answer = credentials(&challenge, 1);
        assert!(answer.qop.is_none());
        answer.response = answer.response.to_ascii_uppercase();
        assert!(answer.verify("REGISTER", &Secret::new("pw")));
        assert!(!answer.verify("REGISTER", &Secret::new("other")));
        assert!(!answer.verify("MESSAGE", &Secret::new("pw")));
    }

    #[test]
    fn reads_any_order_unquoted_and_with_blanks() {
        let answer = Credentials::parse(
            "digest  response = \"AB\" , uri=sip:1@2 ,nonce=\"n,1\",username=\"a\\\"b\",realm=r, nc=00000001,cnonce=c,qop=auth",
        )
        .unwrap();
        assert_eq!(
            (answer.username.as_str(), answer.nonce.as_str(), answer.uri.as_str(), answer.qop.unwrap().nc.as_str()),
            ("a\"b", "n,1", "sip:1@2", "00000001")
        );
    }

    #[test]
    fn other_schemes_and_hashes_are_refused() {
        assert_eq!(Credentials::parse("Capability algorithm=\"A:SM2\""), None);
        assert_eq!(Challenge::parse("Digest realm=\"r\",nonce=\"n\",algorithm=SM3"), None);
    }

    #[test]
    fn a_challenge_always_names_its_algorithm_and_reads_back() {
        let challenge = Challenge { realm: "r".into(), nonce: "n".into(), qop_auth: true, ..Challenge::default() };
        assert!(challenge.render().contains("algorithm=MD5"));
        assert_eq!(Challenge::parse(&challenge.render()), Some(challenge));
    }

    #[test]
    fn an_old_answer_cannot_be_repeated() {
        let mut nonces = Nonces::default();
        let now = Mono::ZERO;
        let nonce = nonces.issue(now, [1; 16]);
        let mut challenge = Challenge { realm: "r".into(), nonce, ..Challenge::default() };
        assert_eq!(nonces.spend(&credentials(&challenge, 1), now), NonceUse::Fresh);
        assert_eq!(nonces.spend(&credentials(&challenge, 1), now), NonceUse::Replayed);

        challenge.nonce = nonces.issue(now, [2; 16]);
        challenge.qop_auth = true;
        assert_eq!(nonces.spend(&credentials(&challenge, 1), now), NonceUse::Fresh);
        assert_eq!(nonces.spend(&credentials(&challenge, 1), now), NonceUse::Replayed);
        assert_eq!(nonces.spend(&credentials(&challenge, 2), now), NonceUse::Fresh);
    }

    #[test]
    fn nonces_age_and_their_number_is_bounded() {
        let mut nonces = Nonces::default();
        let nonce = nonces.issue(Mono::ZERO, [1; 16]);
        let challenge = Challenge { realm: "r".into(), nonce, ..Challenge::default() };
        let late = Mono::ZERO.plus(NONCE_LIFETIME).plus(Duration::from_secs(1));
        assert_eq!(nonces.spend(&credentials(&challenge, 1), late), NonceUse::Stale);
        for i in 0..=MAX_NONCES {
            let mut random = [0; 16];
            random[..8].copy_from_slice(&i.to_be_bytes());
            nonces.issue(Mono::ZERO, random);
        }
        assert_eq!(nonces.given.len(), MAX_NONCES);
        assert_eq!((nonces.take_forgotten(), nonces.take_forgotten()), (2, 0));
        assert_eq!(nonces.spend(&credentials(&challenge, 1), Mono::ZERO), NonceUse::Stale);
    }

    #[test]
    fn quotes_and_backslashes_survive_the_way_over_the_wire() {
        let challenge = Challenge::parse("Digest realm=\"a\\\"b\\\\c\",nonce=\"n\",opaque=\"\\\"\"").unwrap();
        assert_eq!((challenge.realm.as_str(), challenge.opaque.as_deref()), ("a\"b\\c", Some("\"")));
        let received = Credentials::parse(&credentials(&challenge, 1).render()).unwrap();
        assert_eq!(received.realm, challenge.realm);
        assert!(received.verify("REGISTER", &Secret::new("pw")));
    }
}
