//! Who knocks, and how that goes: the registrar for a platform nobody has met yet. Whoever brings the password may be accepted by the
//! person who sits there; what keeps somebody from getting so far is named.
//!
//! Pure: told the time. Not for: what comes after the acceptance; that is [`super::brought`] and the audit's own.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use super::trouble::Trouble;
use crate::base::clock::Mono;
use crate::base::device_id::is_digits;
use crate::base::secret::Secret;
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::evidence::heard::HeardKind;
use crate::net::{Address, Protocol};
use crate::platform::lines::{Line, Lines};
use crate::platform::registrar::{Change, Registrar, Registration, Standing, identity};
use crate::platform::{PlatformSetting, Role};
use crate::sip::dialog::Party;
use crate::sip::digest::Credentials;
use crate::sip::header::uri::SipUri;
use crate::sip::message::Message;
use crate::sip::transaction::Hop;

/// Codes that are heard out; of any more it is only said that they knocked.
pub const MAX_CODES: usize = 64;
/// Troubles that are kept, and said once each.
pub const MAX_TROUBLES: usize = 200;
/// Shown of what a peer calls itself.
const MAX_NAME: usize = 60;

/// A platform that has registered with the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    /// Its code.
    pub id: String,
    /// Where it came from.
    pub hop: Hop,
    /// The same as the settings write it: over a connection with the port it is to be called at.
    pub socket: SocketAddr,
    /// What it calls itself.
    pub user_agent: String,
    /// Its code is the one that was given, or none was given.
    pub expected: bool,
    /// It is where it says it is. Behind NAT, or with a port of the moment, its address may change.
    pub settled: bool,
}

impl Knock {
    /// Its address as the settings write it; none where it may change.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        let protocol = match self.hop.transport() {
            "TCP" => Protocol::Tcp,
            "TLS" => Protocol::Tls,
            _ => Protocol::Udp,
        };
        self.settled.then_some(Address { protocol, socket: self.socket })
    }
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something is wrong.
    Trouble(Trouble, String),
    /// Something happened.
    Heard(HeardKind, String),
    /// Somebody may be accepted.
    Knocked(Knock),
}

/// How a request is answered, and what is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub code: u16,
    /// Headers besides the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// News.
    pub news: Vec<News>,
}

/// Whom we wait for.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Ourselves.
    pub own: Party,
    /// The platform; its code says nothing where `id` is none.
    pub setting: PlatformSetting,
    /// Its code, as far as that is known.
    pub id: Option<String>,
    /// Codes other than the known one are heard out too: somebody is there to decide.
    pub open: bool,
}

/// The door.
#[derive(Debug)]
pub struct Door {
    expected: Expected,
    registrar: Registrar,
    codes: Vec<String>,
    refused: HashSet<String>,
    /// Troubles met: what, whose, in which words.
    met: Vec<(Trouble, String, String)>,
    lines: Lines,
    /// Anything at all has come.
    visited: bool,
}

impl Door {
    /// Opens it.
    #[must_use]
    pub fn new(expected: Expected) -> Self {
        let registrar = Registrar::new(&expected.own.domain, Vec::new());
        let mut door = Self {
            registrar,
            codes: Vec::new(),
            refused: HashSet::new(),
            met: Vec::new(),
            lines: Lines::default(),
            visited: false,
            expected,
        };
        if let Some(id) = door.expected.id.clone() {
            door.admit(&id);
        }
        door
    }

    /// Lets a code try its password.
    fn admit(&mut self, id: &str) {
        let is_open = self.expected.open || self.expected.id.as_deref().is_none_or(|expected| expected == id);
        let usable = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic());
        let known = self.codes.iter().any(|code| code == id) || self.refused.contains(id);
        if is_open && usable && !known && self.codes.len() < MAX_CODES {
            let mut setting = PlatformSetting { role: Role::Subordinate, ..self.expected.setting.clone() };
            id.clone_into(&mut setting.party.id);
            self.registrar.admit(setting);
            self.codes.push(id.to_owned());
        }
    }

    /// Whoever sits there will not have it: from now on it is refused.
    pub fn refuse(&mut self, id: &str) {
        self.refused.insert(id.to_owned());
    }

    /// The registration of a code.
    #[must_use]
    pub fn registration(&self, id: &str) -> Option<&Registration> {
        let number = self.codes.iter().position(|code| code == id && !self.refused.contains(id))?;
        self.registrar.registration(number)
    }

    /// Takes a REGISTER.
    pub fn register(&mut self, message: &Message, hop: Hop, now: Mono, wall: Timestamp, random: [u8; 16]) -> Answer {
        self.visited = true;
        let id = identity(message);
        if self.refused.contains(&id) {
            return Answer { code: 403, headers: Vec::new(), news: Vec::new() };
        }
        self.admit(&id);
        let who = format!("{} {}", excerpt(&id, 40), hop.peer);
        let reply = self.registrar.register(message, hop, now, wall, random);
        let mut news = Vec::new();
        self.forget(&id, &[Trouble::KeepaliveOnly]);
        self.compare(message, &id, &who, &mut news);
        let natted = translated(message, hop);
        if let Some(from) = &natted {
            self.meet(Trouble::BehindNat, &id, format!("{who} ≠ {from}"), &mut news);
        }
        match reply.heard {
            Some((kind @ HeardKind::WrongPassword, detail)) => {
                // The remedy once; that another one is wrong too, once a minute.
                let (again, told) = (self.heard(kind, hop.peer.ip(), detail.clone(), now), news.len());
                self.meet(Trouble::WrongPassword, &id, detail, &mut news);
                news.extend(again.filter(|_| news.len() == told));
            }
            Some((HeardKind::Stranger, detail)) => {
                let expected = self.expected.id.clone().unwrap_or_default();
                self.meet(Trouble::Stranger, &id, format!("{detail} ≠ {expected}").trim_end_matches(" ≠ ").to_owned(), &mut news);
            }
            Some((HeardKind::Challenged, detail)) => {
                // Kept, and said only at the end: every registration begins so.
                self.meet(Trouble::ChallengeUnanswered, &id, detail, &mut Vec::new());
            }
            Some((HeardKind::Registered | HeardKind::Refreshed | HeardKind::AddressChanged, _)) | None => (),
            Some((kind, detail)) => news.extend(self.heard(kind, hop.peer.ip(), detail, now)),
        }
        if matches!(reply.change, Some((_, Change::Registered | Change::Refreshed))) {
            self.forget(&id, &[Trouble::ChallengeUnanswered, Trouble::WrongPassword]);
            news.push(News::Knocked(Knock {
                expected: self.expected.id.as_ref().is_none_or(|expected| *expected == id),
                user_agent: excerpt(message.header("user-agent").unwrap_or_default(), MAX_NAME),
                settled: natted.is_none() && (hop.is_reliable() || called_at(message).is_none_or(|port| port == hop.peer.port())),
                socket: match called_at(message).filter(|_| hop.is_reliable()) {
                    Some(port) => SocketAddr::new(hop.peer.ip(), port),
                    None => hop.peer,
                },
                id,
                hop,
            }));
        }
        Answer { code: reply.code, headers: reply.headers, news }
    }

    /// Takes a MESSAGE or NOTIFY. Before the acceptance nobody has been asked for anything.
    pub fn message(&mut self, message: &Message, hop: Hop, keepalive: bool, now: Mono) -> Answer {
        self.visited = true;
        let id = identity(message);
        let who = format!("{} {}", excerpt(&id, 40), hop.peer);
        let mut news = Vec::new();
        let code = match self.registrar.message(message, hop, keepalive, now) {
            Standing::Known(_) | Standing::Moved(..) if !self.refused.contains(&id) => 200,
            _ => {
                let registers = self.met.iter().any(|(_, whose, _)| *whose == id);
                if keepalive && !registers {
                    self.meet(Trouble::KeepaliveOnly, &id, who, &mut news);
                }
                403
            }
        };
        Answer { code, headers: Vec::new(), news }
    }

    /// Something else came, or happened; not a line a packet.
    pub fn heard(&mut self, kind: HeardKind, source: IpAddr, detail: String, now: Mono) -> Option<News> {
        self.visited = true;
        match self.lines.heard(kind, source, None, now) {
            Line::Hush => None,
            Line::Last => Some(News::Heard(HeardKind::LinesLeftOut, kind.id().to_owned())),
            Line::Say(0) => Some(News::Heard(kind, detail)),
            Line::Say(before) => Some(News::Heard(kind, format!("{detail}, +{before}"))),
        }
    }

    /// What is wrong, when nobody could be accepted; nothing where somebody could and was not. `listening`: where.
    #[must_use]
    pub fn verdict(&self, listening: &str) -> Vec<(Trouble, String)> {
        let might = |code: &String| self.refused.contains(code) || self.registration(code).is_some();
        if self.met.is_empty() && !self.codes.iter().any(might) {
            let trouble = if self.visited { Trouble::NoRegistration } else { Trouble::NobodyKnocked };
            return vec![(trouble, listening.to_owned())];
        }
        self.met.iter().map(|(trouble, _, detail)| (*trouble, detail.clone())).collect()
    }

    fn meet(&mut self, trouble: Trouble, id: &str, detail: String, news: &mut Vec<News>) {
        let known = self.met.iter().any(|(other, whose, _)| *other == trouble && whose == id);
        if known || self.met.len() >= MAX_TROUBLES {
            return;
        }
        self.met.push((trouble, id.to_owned(), detail.clone()));
        news.push(News::Trouble(trouble, detail));
    }

    fn forget(&mut self, id: &str, troubles: &[Trouble]) {
        self.met.retain(|(trouble, whose, _)| whose != id || !troubles.contains(trouble));
    }

    /// Holds what the platform was given for us against what we are.
    fn compare(&mut self, message: &Message, id: &str, who: &str, news: &mut Vec<News>) {
        let own = self.expected.own.clone();
        let Some(uri) = message.request_uri().and_then(SipUri::parse) else { return };
        if !uri.user.is_empty() && uri.user != own.id && uri.user != id {
            let (told, right) = (excerpt(&uri.user, 40), &own.id);
            self.meet(Trouble::WrongServer, id, format!("{who}: {told} ≠ {right}"), news);
        }
        let realm = message.header("authorization").and_then(Credentials::parse).map(|credentials| credentials.realm);
        // An address instead of the domain is usual.
        let written = Some(uri.host).filter(|host| is_digits(host));
        let domain = written.into_iter().chain(realm).find(|domain| *domain != own.domain);
        if let Some(domain) = domain {
            let (told, right) = (excerpt(&domain, 40), &own.domain);
            self.meet(Trouble::WrongDomain, id, format!("{who}: {told} ≠ {right}"), news);
        }
    }
}

/// The address a platform gives for itself, where it is not the one its packets come from.
fn translated(message: &Message, hop: Hop) -> Option<IpAddr> {
    let source = hop.peer.ip().to_canonical();
    let contact = message.contact().map(|contact| contact.uri.host);
    let via = message.via().map(|via| via.host);
    let address = |host: String| host.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    let mut told = [contact, via].into_iter().flatten().filter_map(address);
    told.find(|ip| *ip != source && !ip.is_unspecified() && !ip.is_loopback())
}

/// The port a platform says it is to be called at; that of a connection is another each time.
fn called_at(message: &Message) -> Option<u16> {
    message.contact()?.uri.port
}

/// The setting of a platform that is known by its password alone.
#[must_use]
pub fn setting(name: &str, password: Secret) -> PlatformSetting {
    PlatformSetting {
        name: name.to_owned(),
        party: Party { id: String::new(), domain: String::new() },
        role: Role::Subordinate,
        address: None,
        username: None,
        password: Some(password),
        edition: None,
        charset: None,
        media_ip: None,
        parallel: None,
        product: None,
        expected: None,
        expected_source: String::new(),
        control_cameras: Vec::new(),
        trust: None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::sip::digest::Challenge;
    use crate::sip::transaction::Link;

    const ID: &str = "37172300002000000002";
    const OWN: &str = "37172300002000990001";

    struct Bench {
        door: Door,
        count: u32,
        hop: Hop,
        uri: String,
        contact: String,
    }

    impl Bench {
        fn new(id: Option<&str>, open: bool) -> Self {
            let own = Party { id: OWN.into(), domain: "3717230000".into() };
            let expected = Expected { own, setting: setting("p", Secret::new("pw")), id: id.map(Into::into), open };
            let hop = Hop { link: Link::Udp(0), peer: "10.0.0.8:5060".parse().unwrap() };
            let uri = format!("sip:{OWN}@3717230000");
            Self { door: Door::new(expected), count: 0, hop, uri, contact: "10.0.0.8:5060".into() }
        }

        fn message(&mut self, method: &str, id: &str, more: &str) -> Message {
            self.count += 1;
            let (uri, contact, count) = (&self.uri, &self.contact, self.count);
            let text = format!(
                "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {contact};branch=z9hG4bK{count}\r\nFrom: <sip:{id}@3717230000>;tag=a\r\n\
                 To: <sip:{id}@3717230000>\r\nCall-ID: c\r\nCSeq: {count} {method}\r\nContact: <sip:{id}@{contact}>\r\n\
                 User-Agent: Demo\r\nExpires: 3600\r\n{more}\r\n"
            );
            Message::parse_datagram(&Bytes::from(text)).unwrap()
        }

        fn register(&mut self, id: &str, more: &str) -> Answer {
            let message = self.message("REGISTER", id, more);
            let random = u128::from(self.count).to_be_bytes();
            self.door.register(&message, self.hop, Mono::ZERO, Timestamp::from_micros(0), random)
        }

        fn log_in(&mut self, id: &str, password: &str) -> Answer {
            let asked = self.register(id, "");
            assert_eq!(asked.code, 401, "{asked:?}");
            let challenge = Challenge::parse(&asked.headers[0].1).unwrap();
            let answer = Credentials::answer(&challenge, id, &Secret::new(password), ("REGISTER", "sip:x@y"), (1, "cn"));
            self.register(id, &format!("Authorization: {}\r\n", answer.render()))
        }

        fn keepalive(&mut self, id: &str) -> Answer {
            let message = self.message("MESSAGE", id, "");
            self.door.message(&message, self.hop, true, Mono::ZERO)
        }

        fn verdict(&self) -> Vec<Trouble> {
            self.door.verdict("udp:0.0.0.0:5060").into_iter().map(|(trouble, _)| trouble).collect()
        }
    }

    fn troubles(answer: &Answer) -> Vec<Trouble> {
        let trouble = |news: &News| if let News::Trouble(trouble, _) = news { Some(*trouble) } else { None };
        answer.news.iter().filter_map(trouble).collect()
    }

    fn knock(answer: &Answer) -> Option<&Knock> {
        answer.news.iter().find_map(|news| if let News::Knocked(knock) = news { Some(knock) } else { None })
    }

    #[test]
    fn a_platform_nobody_named_is_heard_out_and_may_be_accepted() {
        let mut bench = Bench::new(None, false);
        let answer = bench.log_in(ID, "pw");
        let knock = knock(&answer).unwrap();
        assert_eq!((answer.code, knock.id.as_str(), knock.user_agent.as_str()), (200, ID, "Demo"));
        assert!(knock.expected && knock.settled);
        assert_eq!(knock.address().unwrap().to_string(), "udp:10.0.0.8:5060");
        assert!(bench.door.registration(ID).is_some());
        assert_eq!((troubles(&answer), bench.verdict()), (vec![], vec![]));
        assert_eq!(bench.keepalive(ID).code, 200);
    }

    #[test]
    fn nobody_knocked() {
        let mut bench = Bench::new(None, false);
        assert_eq!(bench.verdict(), [Trouble::NobodyKnocked]);
        let heard = |bench: &mut Bench, ms| {
            bench.door.heard(HeardKind::Malformed, "10.0.0.8".parse().unwrap(), "x".into(), Mono::from_millis(ms))
        };
        assert_eq!(heard(&mut bench, 0), Some(News::Heard(HeardKind::Malformed, "x".into())));
        assert_eq!(heard(&mut bench, 1), None, "a line a minute, not a line a packet");
        assert_eq!(heard(&mut bench, 60_000), Some(News::Heard(HeardKind::Malformed, "x, +1".into())));
        assert_eq!(bench.verdict(), [Trouble::NoRegistration]);
    }

    #[test]
    fn a_wrong_password_is_said_once_and_forgotten_when_it_is_right() {
        let mut bench = Bench::new(Some(ID), false);
        let answer = bench.log_in(ID, "other");
        assert_eq!((answer.code, troubles(&answer)), (401, vec![Trouble::WrongPassword]));
        assert_eq!(troubles(&bench.log_in(ID, "other")), []);
        assert!(bench.verdict().contains(&Trouble::WrongPassword));
        assert!(knock(&bench.log_in(ID, "pw")).is_some());
        assert_eq!(bench.verdict(), []);
    }

    #[test]
    fn a_challenge_nobody_comes_back_to_stands_in_the_verdict() {
        let mut bench = Bench::new(Some(ID), false);
        let answer = bench.register(ID, "");
        assert_eq!((troubles(&answer), bench.verdict()), (vec![], vec![Trouble::ChallengeUnanswered]));
    }

    #[test]
    fn a_stranger_is_refused_unless_somebody_is_there_to_decide() {
        let mut bench = Bench::new(Some(ID), false);
        let answer = bench.register("37172300002000000009", "");
        assert_eq!((answer.code, troubles(&answer)), (403, vec![Trouble::Stranger]));
        let (_, detail) = bench.door.verdict("").remove(0);
        assert!(detail.contains("37172300002000000009") && detail.contains(ID), "{detail}");
        let mut bench = Bench::new(Some(ID), true);
        let answer = bench.log_in("37172300002000000009", "pw");
        assert!(!knock(&answer).unwrap().expected);
        bench.door.refuse("37172300002000000009");
        assert!(bench.door.registration("37172300002000000009").is_none());
        assert_eq!(bench.register("37172300002000000009", "").code, 403);
        assert!(knock(&bench.log_in(ID, "pw")).is_some());
    }

    #[test]
    fn another_domain_or_code_for_us_is_named() {
        let mut bench = Bench::new(Some(ID), false);
        bench.uri = format!("sip:{OWN}@3402000000");
        assert_eq!(troubles(&bench.register(ID, "")), [Trouble::WrongDomain]);
        let mut bench = Bench::new(Some(ID), false);
        bench.uri = "sip:34020000002000000001@10.0.0.5:5060".into();
        assert_eq!(troubles(&bench.register(ID, "")), [Trouble::WrongServer]);
        let mut bench = Bench::new(Some(ID), false);
        let realm = format!(
            "Authorization: Digest username=\"{ID}\", realm=\"3402000000\", nonce=\"n\", uri=\"sip:a@b\", response=\"{:032}\"\r\n",
            0
        );
        assert_eq!(troubles(&bench.register(ID, &realm)), [Trouble::WrongDomain]);
        // An address instead of the domain is usual, and so is a missing user.
        let mut bench = Bench::new(Some(ID), false);
        bench.uri = "sip:10.0.0.5:5060".into();
        assert_eq!(troubles(&bench.register(ID, "")), []);
    }

    #[test]
    fn keepalives_without_a_registration_are_named_until_it_comes() {
        let mut bench = Bench::new(Some(ID), false);
        let answer = bench.keepalive(ID);
        assert_eq!((answer.code, troubles(&answer)), (403, vec![Trouble::KeepaliveOnly]));
        assert_eq!(bench.verdict(), [Trouble::KeepaliveOnly]);
        assert!(knock(&bench.log_in(ID, "pw")).is_some());
        assert_eq!(bench.verdict(), []);
    }

    #[test]
    fn an_address_that_is_not_the_source_is_nat_and_is_not_written_down() {
        let mut bench = Bench::new(None, false);
        bench.contact = "192.168.1.7:5060".into();
        let asked = bench.register(ID, "");
        assert_eq!(troubles(&asked), [Trouble::BehindNat]);
        let answer = bench.log_in(ID, "pw");
        let knock = knock(&answer).unwrap();
        assert!(knock.address().is_none());
    }

    #[test]
    fn over_tcp_the_port_is_that_of_its_contact_and_over_udp_it_has_to_be_the_same() {
        let mut bench = Bench::new(None, false);
        bench.hop = Hop { link: Link::Stream(1), peer: "10.0.0.8:43210".parse().unwrap() };
        let answer = bench.log_in(ID, "pw");
        assert_eq!(knock(&answer).unwrap().address().unwrap().to_string(), "tcp:10.0.0.8:5060");
        // A datagram from another port than that: the next one comes from a third.
        let mut bench = Bench::new(None, false);
        bench.contact = "10.0.0.8:15060".into();
        assert_eq!(knock(&bench.log_in(ID, "pw")).unwrap().address(), None);
    }

    #[test]
    fn a_flood_of_codes_fills_nothing() {
        let mut bench = Bench::new(None, false);
        for n in 0..2_000 {
            bench.register(&format!("3717230000200{n:07}"), "");
        }
        assert_eq!(bench.door.codes.len(), MAX_CODES);
        assert!(bench.door.met.len() <= MAX_TROUBLES);
        assert_eq!(bench.register("not a code", "").code, 403);
    }
}
