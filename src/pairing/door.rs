//! Who knocks, and how that goes: the registrar for a platform nobody has met yet. Whoever brings the password may be accepted by the
//! person who sits there; what keeps somebody from getting so far is named.
//!
//! Pure: told the time. Not for: what comes after the acceptance; that is [`super::brought`] and the audit's own.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::trouble::Trouble;
use crate::base::clock::Mono;
use crate::base::device_id::is_digits;
use crate::base::lang::{Lang, say};
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
use crate::sip::transaction::{Hop, Link};

/// Codes that are heard out at a time. One more takes the place of whichever was silent longest, so that a flood of codes shuts
/// nobody out.
pub const MAX_CODES: usize = 64;
/// Troubles that are kept; of more the oldest are only counted.
pub const MAX_TROUBLES: usize = 200;
/// Codes of which one trouble is told as it is met; of others it is only counted.
pub const MAX_TOLD: u32 = 8;
/// Codes named with a trouble at the end.
const MAX_NAMED: usize = 3;
/// Shown of what a peer calls itself.
const MAX_NAME: usize = 60;

/// Where a platform is to be called, which is what the settings hold it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// There, as long as its own settings stay the same.
    Settled(Address),
    /// It says another address than its packets come from.
    Translated,
    /// Its packets come from another port than the one it says, or it says none: the next may come from a third.
    Unsettled {
        /// The port it says.
        says: Option<u16>,
        /// The port its packets come from.
        from: u16,
    },
}

impl Reach {
    fn of(message: &Message, hop: Hop) -> Self {
        let (protocol, from) = (spoken(hop), hop.peer.port());
        if translated(message, hop).is_some() {
            return Self::Translated;
        }
        // A Contact without a port means the usual one (RFC 3261, 19.1.2).
        let says = message.contact().map(|contact| contact.uri.port.unwrap_or(protocol.default_port()));
        match says {
            // A connection has a port of its own each time; the one to call is what it says.
            Some(port) if hop.is_reliable() || port == from => {
                Self::Settled(Address { protocol, socket: SocketAddr::new(hop.peer.ip(), port) })
            }
            says => Self::Unsettled { says, from },
        }
    }

    /// The address as the settings write it; none where it may change.
    #[must_use]
    pub const fn address(self) -> Option<Address> {
        match self {
            Self::Settled(address) => Some(address),
            Self::Translated | Self::Unsettled { .. } => None,
        }
    }

    /// Why there is no address to write, for people; nothing where there is one.
    #[must_use]
    pub fn why_not(self, lang: Lang) -> Option<String> {
        match self {
            Self::Settled(_) => None,
            Self::Translated => Some(say!(
                lang,
                "平台自报的地址与实际来源不同，经过地址转换，来源可能改变",
                "the address it gives is not the one its packets come from: behind NAT that may change"
            )),
            Self::Unsettled { says: Some(says), from } => Some(say!(
                lang,
                "报文来自端口 {from}，平台自报的端口为 {says}，来源端口可能改变",
                "its packets come from port {from} and it says {says}: the former may change"
            )),
            Self::Unsettled { says: None, from } => Some(say!(
                lang,
                "报文来自端口 {from}，平台没有自报地址（Contact），来源端口可能改变",
                "its packets come from port {from} and it gives no Contact: that port may change"
            )),
        }
    }
}

/// A platform that has registered with the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    /// Its code.
    pub id: String,
    /// Where it came from.
    pub hop: Hop,
    /// Where it is to be called.
    pub reach: Reach,
    /// What it calls itself.
    pub user_agent: String,
    /// Its code is the one that was given, or none was given.
    pub expected: bool,
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

/// A code that may register; the registrar knows it by its place.
#[derive(Debug)]
struct Code {
    id: String,
    /// When it last tried, counted in tries of all; 0: never.
    tried: u64,
}

/// A trouble, whose, and in which words.
#[derive(Debug)]
struct Met {
    trouble: Trouble,
    id: String,
    detail: String,
}

/// The door.
#[derive(Debug)]
pub struct Door {
    expected: Expected,
    registrar: Registrar,
    codes: Vec<Code>,
    tries: u64,
    refused: HashSet<String>,
    met: Vec<Met>,
    /// How often each trouble was told, and how many of it are no longer kept.
    told: HashMap<Trouble, (u32, usize)>,
    lines: Lines,
    /// Anything at all has come.
    visited: bool,
    /// Somebody registered with the password.
    knocked: bool,
}

impl Door {
    /// Opens it.
    #[must_use]
    pub fn new(expected: Expected) -> Self {
        let mut door = Self {
            registrar: Registrar::new(&expected.own.domain, Vec::new()),
            codes: Vec::new(),
            tries: 0,
            refused: HashSet::new(),
            met: Vec::new(),
            told: HashMap::new(),
            lines: Lines::default(),
            visited: false,
            knocked: false,
            expected,
        };
        if let Some(id) = door.expected.id.clone() {
            door.registrar.admit(door.setting(&id));
            door.codes.push(Code { id, tried: 0 });
        }
        door
    }

    fn setting(&self, id: &str) -> PlatformSetting {
        let mut setting = PlatformSetting { role: Role::Subordinate, ..self.expected.setting.clone() };
        id.clone_into(&mut setting.party.id);
        setting
    }

    fn is_expected(&self, id: &str) -> bool {
        self.expected.id.as_deref() == Some(id)
    }

    /// Lets a code try its password. Whether another one had to make room for it.
    fn admit(&mut self, id: &str) -> bool {
        self.tries += 1;
        let tried = self.tries;
        if let Some(code) = self.codes.iter_mut().find(|code| code.id == id) {
            code.tried = tried;
            return false;
        }
        let is_open = self.expected.open || self.expected.id.is_none();
        let is_usable = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic());
        if !is_open || !is_usable {
            return false;
        }
        let (setting, code) = (self.setting(id), Code { id: id.to_owned(), tried });
        if self.codes.len() < MAX_CODES {
            self.registrar.admit(setting);
            self.codes.push(code);
            return false;
        }
        // Whoever has brought the password stays as long as there is somebody who has not; the one waited for stays always.
        let places = self.codes.iter().enumerate().filter(|(_, code)| !self.is_expected(&code.id));
        let oldest = places.min_by_key(|(place, code)| (self.registrar.registration(*place).is_some(), code.tried));
        let Some((place, _)) = oldest else { return false };
        self.registrar.replace(place, setting);
        if let Some(old) = self.codes.get_mut(place) {
            *old = code;
        }
        true
    }

    /// Whoever sits there will not have it: from now on it is refused.
    pub fn refuse(&mut self, id: &str) {
        self.refused.insert(id.to_owned());
    }

    /// The registration of a code, if it is still there: neither run out, nor silent for too long, nor refused.
    pub fn registration(&mut self, id: &str, now: Mono) -> Option<&Registration> {
        self.registrar.lost(now);
        let place = self.codes.iter().position(|code| code.id == id && !self.refused.contains(id))?;
        self.registrar.registration(place).filter(|registration| now < registration.expires)
    }

    /// Whether anybody has registered with the password.
    #[must_use]
    pub const fn knocked(&self) -> bool {
        self.knocked
    }

    /// Takes a REGISTER.
    pub fn register(&mut self, message: &Message, hop: Hop, now: Mono, wall: Timestamp, random: [u8; 16]) -> Answer {
        self.visited = true;
        let id = identity(message);
        if self.refused.contains(&id) {
            return Answer { code: 403, headers: Vec::new(), news: Vec::new() };
        }
        let mut news = Vec::new();
        if self.admit(&id) {
            // Once a minute, whoever it was.
            news.extend(self.heard(HeardKind::StrangersForgotten, Ipv4Addr::UNSPECIFIED.into(), format!("> {MAX_CODES}"), now));
        }
        let who = format!("{} {}", excerpt(&id, 40), hop.peer);
        let reply = self.registrar.register(message, hop, now, wall, random);
        self.forget(&id, &[Trouble::KeepaliveOnly]);
        self.compare(message, &id, &who, &mut news);
        match translated(message, hop) {
            Some(from) => self.meet(Trouble::BehindNat, &id, format!("{who} ≠ {from}"), &mut news),
            None => self.forget(&id, &[Trouble::BehindNat]),
        }
        let answers = message.header("authorization").is_some();
        if answers {
            // Right or wrong, it has heard the challenge.
            self.forget(&id, &[Trouble::ChallengeUnanswered]);
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
            // Every registration begins so: kept, and said only at the end. Whoever came back with a wrong password has heard us.
            Some((HeardKind::Challenged, detail)) => {
                if !answers && !self.has_met(Trouble::WrongPassword, &id) {
                    self.keep(Trouble::ChallengeUnanswered, &id, detail);
                }
            }
            Some((HeardKind::Registered | HeardKind::Refreshed | HeardKind::AddressChanged, _)) | None => (),
            Some((kind, detail)) => news.extend(self.heard(kind, hop.peer.ip(), detail, now)),
        }
        if matches!(reply.change, Some((_, Change::Registered | Change::Refreshed))) {
            self.knocked = true;
            self.forget(&id, &[Trouble::ChallengeUnanswered, Trouble::WrongPassword]);
            news.push(News::Knocked(Knock {
                expected: self.expected.id.as_ref().is_none_or(|expected| *expected == id),
                user_agent: excerpt(message.header("user-agent").unwrap_or_default(), MAX_NAME),
                reach: Reach::of(message, hop),
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
                let registers =
                    self.codes.iter().any(|code| code.id == id && code.tried > 0) || self.met.iter().any(|m| m.id == id);
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

    /// What is wrong, when nobody could be accepted: each trouble once, with the codes that have it, the one waited for before all
    /// others. Nothing where somebody could be accepted and was not. `listening`: where.
    #[must_use]
    pub fn verdict(&self, listening: &str) -> Vec<(Trouble, String)> {
        if self.met.is_empty() && !self.knocked {
            let trouble = if self.visited { Trouble::NoRegistration } else { Trouble::NobodyKnocked };
            return vec![(trouble, listening.to_owned())];
        }
        let mut met: Vec<&Met> = self.met.iter().collect();
        met.sort_by_key(|met| !self.is_expected(&met.id));
        let mut troubles: Vec<(Trouble, Vec<&str>)> = Vec::new();
        for Met { trouble, detail, .. } in met {
            match troubles.iter_mut().find(|(other, _)| other == trouble) {
                Some((_, details)) => details.push(detail),
                None => troubles.push((*trouble, vec![detail])),
            }
        }
        let named = |(trouble, details): (Trouble, Vec<&str>)| {
            let forgotten = self.told.get(&trouble).map_or(0, |(_, forgotten)| *forgotten);
            let mut text = details.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join("; ");
            let others = details.len().saturating_sub(MAX_NAMED) + forgotten;
            if others > 0 {
                text.push_str(&format!("; +{others}"));
            }
            (trouble, text)
        };
        troubles.into_iter().map(named).collect()
    }

    fn has_met(&self, trouble: Trouble, id: &str) -> bool {
        self.met.iter().any(|met| met.trouble == trouble && met.id == id)
    }

    /// Keeps a trouble, in the latest words; whether it is new.
    fn keep(&mut self, trouble: Trouble, id: &str, detail: String) -> bool {
        if let Some(known) = self.met.iter_mut().find(|met| met.trouble == trouble && met.id == id) {
            known.detail = detail;
            return false;
        }
        if self.met.len() >= MAX_TROUBLES {
            let oldest = self.met.iter().position(|met| !self.is_expected(&met.id));
            if let Some(forgotten) = oldest.map(|place| self.met.remove(place)) {
                self.told.entry(forgotten.trouble).or_default().1 += 1;
            }
        }
        self.met.push(Met { trouble, id: id.to_owned(), detail });
        true
    }

    fn meet(&mut self, trouble: Trouble, id: &str, detail: String, news: &mut Vec<News>) {
        if !self.keep(trouble, id, detail.clone()) {
            return;
        }
        let is_expected = self.is_expected(id);
        let told = &mut self.told.entry(trouble).or_default().0;
        if is_expected || *told < MAX_TOLD {
            news.push(News::Trouble(trouble, detail));
        } else if *told == MAX_TOLD {
            news.push(News::Heard(HeardKind::LinesLeftOut, trouble.id().to_owned()));
        }
        *told = told.saturating_add(u32::from(!is_expected));
    }

    /// What was put right is no trouble any more.
    fn forget(&mut self, id: &str, troubles: &[Trouble]) {
        self.met.retain(|met| met.id != id || !troubles.contains(&met.trouble));
    }

    /// Holds what the platform was given for us against what we are. What it does not say neither proves nor refutes anything.
    fn compare(&mut self, message: &Message, id: &str, who: &str, news: &mut Vec<News>) {
        let own = self.expected.own.clone();
        let Some(uri) = message.request_uri().and_then(SipUri::parse) else { return };
        if !uri.user.is_empty() && uri.user != own.id && uri.user != id {
            let (told, right) = (excerpt(&uri.user, 40), &own.id);
            self.meet(Trouble::WrongServer, id, format!("{who}: {told} ≠ {right}"), news);
        } else if !uri.user.is_empty() {
            self.forget(id, &[Trouble::WrongServer]);
        }
        let realm = message.header("authorization").and_then(Credentials::parse).map(|credentials| credentials.realm);
        // An address instead of the domain is usual.
        let domains: Vec<String> = Some(uri.host).filter(|host| is_digits(host)).into_iter().chain(realm).collect();
        if let Some(domain) = domains.iter().find(|domain| **domain != own.domain) {
            let (told, right) = (excerpt(domain, 40), &own.domain);
            self.meet(Trouble::WrongDomain, id, format!("{who}: {told} ≠ {right}"), news);
        } else if !domains.is_empty() {
            self.forget(id, &[Trouble::WrongDomain]);
        }
    }
}

/// The transport a request came over.
fn spoken(hop: Hop) -> Protocol {
    match hop.link {
        Link::Udp(_) => Protocol::Udp,
        Link::Stream(_) => Protocol::Tcp,
        Link::Secure(_) => Protocol::Tls,
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::base::secret::Secret;
    use crate::sip::digest::Challenge;

    const ID: &str = "37172300002000000002";
    const OWN: &str = "37172300002000990001";

    /// The setting of a platform that is known by its password alone.
    fn setting() -> PlatformSetting {
        PlatformSetting {
            name: "p".to_owned(),
            party: Party { id: String::new(), domain: String::new() },
            role: Role::Subordinate,
            address: None,
            username: None,
            password: Some(Secret::new("pw")),
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

    struct Bench {
        door: Door,
        count: u32,
        hop: Hop,
        uri: String,
        /// Nothing: none is given.
        contact: String,
        now: Mono,
    }

    impl Bench {
        fn new(id: Option<&str>, open: bool) -> Self {
            let own = Party { id: OWN.into(), domain: "3717230000".into() };
            let expected = Expected { own, setting: setting(), id: id.map(Into::into), open };
            let hop = Hop { link: Link::Udp(0), peer: "10.0.0.8:5060".parse().unwrap() };
            let uri = format!("sip:{OWN}@3717230000");
            Self { door: Door::new(expected), count: 0, hop, uri, contact: "10.0.0.8:5060".into(), now: Mono::ZERO }
        }

        fn message(&mut self, method: &str, id: &str, more: &str) -> Message {
            self.count += 1;
            let (uri, count) = (&self.uri, self.count);
            let contact =
                if self.contact.is_empty() { String::new() } else { format!("Contact: <sip:{id}@{}>\r\n", self.contact) };
            let via = if self.contact.is_empty() { "10.0.0.8" } else { &self.contact };
            let text = format!(
                "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{count}\r\nFrom: <sip:{id}@3717230000>;tag=a\r\n\
                 To: <sip:{id}@3717230000>\r\nCall-ID: c\r\nCSeq: {count} {method}\r\n{contact}\
                 User-Agent: Demo\r\nExpires: 3600\r\n{more}\r\n"
            );
            Message::parse_datagram(&Bytes::from(text)).unwrap()
        }

        fn register(&mut self, id: &str, more: &str) -> Answer {
            let message = self.message("REGISTER", id, more);
            let random = u128::from(self.count).to_be_bytes();
            self.door.register(&message, self.hop, self.now, Timestamp::from_micros(0), random)
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
            self.door.message(&message, self.hop, true, self.now)
        }

        fn is_there(&mut self, id: &str) -> bool {
            self.door.registration(id, self.now).is_some()
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
        assert!(knock.expected);
        assert_eq!(knock.reach.address().unwrap().to_string(), "udp:10.0.0.8:5060");
        assert!(bench.is_there(ID) && bench.door.knocked());
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
        // Whoever answers wrongly has heard the challenge.
        assert_eq!(bench.verdict(), [Trouble::WrongPassword]);
        assert_eq!(troubles(&bench.log_in(ID, "other")), []);
        bench.register(ID, "");
        assert_eq!(bench.verdict(), [Trouble::WrongPassword]);
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
        assert!(!bench.is_there("37172300002000000009"));
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
    fn a_domain_and_a_code_for_us_that_were_put_right_are_no_trouble_any_more() {
        let mut bench = Bench::new(Some(ID), false);
        let right = std::mem::replace(&mut bench.uri, "sip:34020000002000000001@3402000000".into());
        assert_eq!(troubles(&bench.register(ID, "")), [Trouble::WrongServer, Trouble::WrongDomain]);
        // Another wrong one takes its place and is not told anew.
        bench.uri = "sip:34020000002000000001@3403000000".into();
        assert_eq!(troubles(&bench.register(ID, "")), []);
        let verdict = bench.door.verdict("");
        assert!(verdict.iter().any(|(t, detail)| *t == Trouble::WrongDomain && detail.contains("3403000000")), "{verdict:?}");
        // An address says nothing of the domain.
        bench.uri = format!("sip:{OWN}@10.0.0.5:5060");
        bench.register(ID, "");
        assert!(bench.verdict().contains(&Trouble::WrongDomain) && !bench.verdict().contains(&Trouble::WrongServer));
        bench.uri = right;
        assert!(knock(&bench.log_in(ID, "pw")).is_some());
        assert_eq!(bench.verdict(), []);
    }

    #[test]
    fn nobody_is_there_whose_registration_ran_out_or_who_was_silent_for_too_long() {
        let mut bench = Bench::new(None, true);
        bench.log_in(ID, "pw");
        for minute in 1..60 {
            bench.now = Mono::from_millis(minute * 60_000);
            bench.keepalive(ID);
        }
        assert!(bench.is_there(ID));
        bench.now = Mono::from_millis(3_600_001);
        assert!(!bench.is_there(ID), "asked for an hour");
        let mut bench = Bench::new(None, true);
        bench.log_in(ID, "pw");
        bench.now = Mono::from_millis(10 * 60_000);
        assert!(!bench.is_there(ID), "no keepalive for ten minutes");
        // It did register: that is no platform that only keeps alive.
        assert_eq!((bench.keepalive(ID).code, bench.verdict()), (403, vec![]));
        assert!(knock(&bench.log_in(ID, "pw")).is_some() && bench.is_there(ID));
    }

    #[test]
    fn an_address_that_is_not_the_source_is_nat_and_is_not_written_down() {
        let mut bench = Bench::new(None, false);
        bench.contact = "192.168.1.7:5060".into();
        let asked = bench.register(ID, "");
        assert_eq!(troubles(&asked), [Trouble::BehindNat]);
        let answer = bench.log_in(ID, "pw");
        let knock = knock(&answer).unwrap();
        assert_eq!((knock.reach, knock.reach.address()), (Reach::Translated, None));
        assert!(knock.reach.why_not(Lang::Zh).unwrap().contains("地址转换"));
        // Once it says its own address there is nothing to say.
        bench.contact = "10.0.0.8:5060".into();
        bench.log_in(ID, "pw");
        assert_eq!(bench.verdict(), []);
    }

    #[test]
    fn over_tcp_the_port_is_that_of_its_contact_and_over_udp_it_has_to_be_the_same() {
        let reach = |link, port: u16, contact: &str| {
            let mut bench = Bench::new(None, false);
            bench.hop = Hop { link, peer: SocketAddr::new("10.0.0.8".parse().unwrap(), port) };
            contact.clone_into(&mut bench.contact);
            knock(&bench.log_in(ID, "pw")).unwrap().reach
        };
        let at = |reach: Reach| reach.address().map(|address| address.to_string()).unwrap_or_default();
        assert_eq!(at(reach(Link::Stream(1), 43_210, "10.0.0.8:5070")), "tcp:10.0.0.8:5070");
        assert_eq!(at(reach(Link::Stream(1), 43_210, "10.0.0.8")), "tcp:10.0.0.8:5060", "none written is the usual one");
        assert_eq!(at(reach(Link::Secure(1), 43_210, "10.0.0.8")), "tls:10.0.0.8:5061");
        assert_eq!(at(reach(Link::Udp(0), 5060, "3717230000")), "udp:10.0.0.8:5060", "a domain instead of an address is usual");
        // A datagram from another port than that: the next one comes from a third.
        for (port, contact, says) in [(5060, "10.0.0.8:15060", Some(15_060)), (43_210, "10.0.0.8", Some(5060)), (5060, "", None)]
        {
            let unsettled = reach(Link::Udp(0), port, contact);
            assert_eq!(unsettled, Reach::Unsettled { says, from: port }, "{contact}");
            assert!(unsettled.address().is_none() && unsettled.why_not(Lang::Zh).unwrap().contains(&port.to_string()));
        }
        assert_eq!(reach(Link::Stream(1), 43_210, "").address(), None);
    }

    #[test]
    fn a_flood_of_codes_fills_nothing_and_shuts_nobody_out() {
        let flood = |bench: &mut Bench, from: u32| {
            for n in 0..2_000 {
                bench.register(&format!("3717230000200{:07}", from + n), "");
            }
        };
        let mut bench = Bench::new(None, false);
        flood(&mut bench, 1_000_000);
        assert_eq!((bench.door.codes.len(), bench.door.met.len()), (MAX_CODES, MAX_TROUBLES));
        assert_eq!(bench.register("not a code", "").code, 403);
        // An honest one gets in, also when the flood comes between challenge and answer, and stays.
        let asked = bench.register(ID, "");
        flood(&mut bench, 3_000_000);
        let challenge = Challenge::parse(&asked.headers[0].1).unwrap();
        let answer = Credentials::answer(&challenge, ID, &Secret::new("pw"), ("REGISTER", "sip:x@y"), (1, "cn"));
        assert!(knock(&bench.register(ID, &format!("Authorization: {}\r\n", answer.render()))).is_some());
        flood(&mut bench, 5_000_000);
        assert!(bench.is_there(ID));
        // So does the one that is waited for, and its trouble stands before theirs.
        let mut bench = Bench::new(Some(ID), true);
        assert_eq!(troubles(&bench.log_in(ID, "other")), [Trouble::WrongPassword]);
        flood(&mut bench, 1_000_000);
        let verdict = bench.door.verdict("");
        assert_eq!(
            verdict.iter().map(|(trouble, _)| *trouble).collect::<Vec<_>>(),
            [Trouble::WrongPassword, Trouble::ChallengeUnanswered]
        );
        assert!(verdict[1].1.ends_with("; +1997"), "{}", verdict[1].1);
        assert!(knock(&bench.log_in(ID, "pw")).is_some() && bench.is_there(ID));
    }

    #[test]
    fn strangers_are_told_one_by_one_and_then_only_counted() {
        let mut bench = Bench::new(Some(ID), false);
        let mut told = Vec::new();
        for n in 0..20 {
            told.extend(bench.register(&format!("3717230000200{n:07}"), "").news);
        }
        let lines = told.iter().filter(|news| matches!(news, News::Trouble(Trouble::Stranger, _))).count();
        assert_eq!((lines, told.len()), (8, 9));
        assert_eq!(told.last(), Some(&News::Heard(HeardKind::LinesLeftOut, "stranger".into())));
        assert_eq!(troubles(&bench.log_in(ID, "other")), [Trouble::WrongPassword], "the one waited for is always told of");
    }
}
