//! Who is who in a capture: the platforms that answer, what they were asked, what they answered, whether they
//! registered. A platform is known by its code and by where its superior is.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

use super::call::Calls;
use super::signalling::Seen;
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::catalog::assemble::QueryEnd;
use crate::catalog::collect::{FIRST_MESSAGE, GAP};
use crate::catalog::import::is_catalog;
use crate::evidence::heard::{Heard, HeardKind, MAX_HEARD};
use crate::evidence::{Message as Body, Query, Way};
use crate::manscdp::document::Document;
use crate::manscdp::mask::mask_passwords;
use crate::sip::digest::Challenge;
use crate::sip::header::name_addr::NameAddr;
use crate::sip::header::param;
use crate::sip::header::uri::SipUri;
use crate::sip::message::{Message, Method};

/// Platforms (and devices that register by themselves) followed.
pub const MAX_PLATFORMS: usize = 256;
/// Catalogue queries followed of one platform.
pub const MAX_QUERIES: usize = 10_000;
/// Addresses one platform is known by.
const MAX_ADDRESSES: usize = 256;
/// Transactions whose answer is waited for.
const MAX_OPEN: usize = 100_000;
/// Longest code.
const MAX_CODE_CHARS: usize = 64;

/// A query of the superior's.
#[derive(Debug, Clone)]
struct Asked {
    sn: u32,
    before: u64,
    sent: i64,
    at: Mono,
    refused: Option<u16>,
    /// Messages of any SN since, the items in them, and the largest total they speak of.
    messages: u64,
    items: u64,
    total: u64,
    last: Mono,
}

/// How its registration went last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Registration {
    /// None was seen.
    #[default]
    Unseen,
    /// It asked, and the answer was not seen, or was a challenge.
    Asked,
    /// Accepted.
    Registered,
    /// Given up by itself.
    Ended,
    /// Refused.
    Refused,
}

/// A platform as seen.
#[derive(Debug)]
pub struct Platform {
    /// Its code.
    pub code: String,
    /// Where its superior is.
    pub superior_ip: IpAddr,
    /// The superior's code.
    pub superior: String,
    /// Where it was met last.
    pub address: SocketAddr,
    /// Everywhere it was met.
    pub addresses: BTreeSet<SocketAddr>,
    /// Over TCP.
    pub tcp: bool,
    /// Its User-Agent.
    pub user_agent: String,
    /// Its `X-GB-Ver`.
    pub version: Option<String>,
    /// How its registration went.
    pub registration: Registration,
    /// Keepalives.
    pub keepalives: u64,
    /// The ways on which bodies came.
    pub ways: Vec<Way>,
    /// Catalogue bodies, passwords masked.
    pub messages: Vec<Body>,
    /// Passwords masked.
    pub masked: u64,
    /// What was put up with.
    pub oddities: Oddities,
    /// What was heard of it.
    pub heard: Vec<Heard>,
    asked: Vec<Asked>,
    /// SNs of queries for a part of the catalogue.
    partial: BTreeSet<u64>,
}

impl Platform {
    /// Whether anything of its catalogue is in the capture.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        !self.messages.is_empty() || !self.asked.is_empty()
    }

    /// The queries, as kept. `end`: when the capture ended.
    #[must_use]
    pub fn queries(&self, end: Mono) -> Vec<Query> {
        let ended = |asked: &Asked| match asked.refused {
            Some(code) => QueryEnd::Refused(code),
            None if asked.messages == 0 && end.since(asked.at) < FIRST_MESSAGE => QueryEnd::Interrupted,
            None if asked.messages == 0 => QueryEnd::Silent,
            None if asked.items < asked.total && end.since(asked.last) < GAP => QueryEnd::Interrupted,
            None => QueryEnd::Answered,
        };
        let kept = |asked: &Asked| Query {
            sn: asked.sn,
            before: asked.before,
            sent: asked.sent,
            end: Query::end_word(ended(asked)),
            ..Query::default()
        };
        self.asked.iter().map(kept).collect()
    }

    fn hear(&mut self, at: i64, kind: HeardKind, registration: Registration) {
        // A registration that is refreshed every minute is one line.
        let news = self.registration != registration || kind == HeardKind::WrongPassword;
        self.registration = registration;
        if news && self.heard.len() < MAX_HEARD {
            let transport = if self.tcp { "TCP" } else { "UDP" };
            self.heard.push(Heard { at, kind, detail: format!("{} {transport} {}", self.code, self.address) });
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Open {
    Register { platform: usize, answered_challenge: bool, ends: bool },
    Query { platform: usize, query: usize },
}

/// Reads messages in the order they were captured.
#[derive(Debug, Default)]
pub struct Story {
    /// The platforms, in the order they were met.
    pub platforms: Vec<Platform>,
    /// The calls.
    pub calls: Calls,
    /// What was reached of our limits.
    pub oddities: Oddities,
    open: HashMap<(String, u32), Open>,
}

impl Story {
    /// Takes a message; `wall` is when, microseconds.
    pub fn take(&mut self, seen: &Seen, wall: i64) {
        self.calls.take(seen);
        match seen.message.method() {
            Some(Method::Register) => self.register(seen),
            Some(Method::Message | Method::Notify) => self.body(seen, wall),
            Some(_) => (),
            None => self.response(seen, wall),
        }
    }

    /// The platform of this code below that superior, known or new.
    fn platform(&mut self, code: &str, superior_ip: IpAddr, met: SocketAddr) -> Option<usize> {
        let code = excerpt(code.trim(), MAX_CODE_CHARS);
        if code.is_empty() {
            return None;
        }
        let known = self.platforms.iter().position(|p| p.superior_ip == superior_ip && p.code == code);
        if known.is_some() {
            return known;
        }
        if self.platforms.len() >= MAX_PLATFORMS {
            self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_PLATFORMS} platforms")));
            return None;
        }
        self.platforms.push(Platform {
            code,
            superior_ip,
            superior: String::new(),
            address: met,
            addresses: BTreeSet::new(),
            tcp: false,
            user_agent: String::new(),
            version: None,
            registration: Registration::Unseen,
            keepalives: 0,
            ways: Vec::new(),
            messages: Vec::new(),
            masked: 0,
            oddities: Oddities::default(),
            heard: Vec::new(),
            asked: Vec::new(),
            partial: BTreeSet::new(),
        });
        Some(self.platforms.len() - 1)
    }

    /// The platform a request of its own comes from.
    fn sender(&mut self, seen: &Seen, code: &str) -> Option<usize> {
        let number = self.platform(code, seen.destination.ip(), seen.source)?;
        let platform = self.platforms.get_mut(number)?;
        (platform.address, platform.tcp) = (seen.source, seen.tcp);
        if platform.addresses.len() < MAX_ADDRESSES {
            platform.addresses.insert(seen.source);
        }
        if let Some(agent) = seen.message.header("user-agent") {
            platform.user_agent = excerpt(agent, 120);
        }
        if let Some(version) = seen.message.header("x-gb-ver") {
            platform.version = Some(excerpt(version, 20));
        }
        // What the capture cut is none of its doing.
        if seen.whole {
            platform.oddities.extend(seen.message.oddities.iter().cloned());
        }
        Some(number)
    }

    fn wait(&mut self, message: &Message, open: Open) {
        let (Some(call_id), Some(cseq)) = (message.call_id(), message.cseq()) else { return };
        if self.open.len() >= MAX_OPEN {
            // Nobody answers after so many others; what is lost is told.
            self.oddities.add_many(oddity::CAPTURE_LIMIT, self.open.len() as u64, &format!("{MAX_OPEN} transactions"));
            self.open.clear();
        }
        self.open.insert((call_id.to_owned(), cseq.number), open);
    }

    fn register(&mut self, seen: &Seen) {
        let message = &seen.message;
        let code = user(message.to()).or_else(|| user(message.from())).unwrap_or_default();
        let Some(number) = self.sender(seen, &code) else { return };
        let superior = message.request_uri().and_then(SipUri::parse).map(|uri| uri.user);
        if let Some(platform) = self.platforms.get_mut(number) {
            if let Some(superior) = superior.filter(|s| !s.is_empty() && *s != code) {
                platform.superior = excerpt(&superior, MAX_CODE_CHARS);
            }
            if platform.registration == Registration::Unseen {
                platform.registration = Registration::Asked;
            }
        }
        let expires = message.header("expires").map(ToOwned::to_owned).or_else(|| {
            let contact = message.contact()?;
            param(&contact.params, "expires").map(ToOwned::to_owned)
        });
        let ends = expires.is_some_and(|e| e.trim() == "0");
        let answered_challenge = message.header("authorization").is_some();
        self.wait(message, Open::Register { platform: number, answered_challenge, ends });
    }

    fn response(&mut self, seen: &Seen, wall: i64) {
        let message = &seen.message;
        let (Some(call_id), Some(cseq), Some(code)) = (message.call_id(), message.cseq(), message.code()) else { return };
        let key = (call_id.to_owned(), cseq.number);
        if code < 200 {
            return;
        }
        match self.open.remove(&key) {
            Some(Open::Register { platform, answered_challenge, ends }) if cseq.method == Method::Register => {
                let Some(platform) = self.platforms.get_mut(platform) else { return };
                let stale = message.header("www-authenticate").and_then(Challenge::parse).is_some_and(|c| c.stale);
                match code {
                    200..=299 if ends => platform.hear(wall, HeardKind::Unregistered, Registration::Ended),
                    200..=299 => platform.hear(wall, HeardKind::Registered, Registration::Registered),
                    401 | 407 if answered_challenge && !stale => {
                        platform.hear(wall, HeardKind::WrongPassword, Registration::Refused);
                    }
                    401 | 407 => (),
                    403 if answered_challenge => platform.hear(wall, HeardKind::WrongPassword, Registration::Refused),
                    _ => platform.hear(wall, HeardKind::RefusedBySuperior, Registration::Refused),
                }
            }
            Some(Open::Query { platform, query }) if code >= 300 => {
                let asked = self.platforms.get_mut(platform).and_then(|p| p.asked.get_mut(query));
                if let Some(asked) = asked {
                    asked.refused = Some(code);
                }
            }
            _ => (),
        }
    }

    fn body(&mut self, seen: &Seen, wall: i64) {
        if seen.message.body.is_empty() {
            return;
        }
        let Ok(document) = Document::parse(&seen.message.body, None) else { return };
        let sender = user(seen.message.from()).unwrap_or_else(|| document.get("DeviceID").unwrap_or_default().to_owned());
        let catalogue = document.command().eq_ignore_ascii_case("Catalog");
        let notified = seen.message.method() == Some(&Method::Notify) || document.root == "Notify";
        if notified && (catalogue || is_catalog(&document)) {
            if let Some(platform) = self.sender(seen, &sender).and_then(|n| self.platforms.get_mut(n)) {
                platform.oddities.add(oddity::UNSOLICITED.at("NOTIFY"));
            }
        } else if document.root == "Notify" && document.command().eq_ignore_ascii_case("Keepalive") {
            if let Some(platform) = self.sender(seen, &sender).and_then(|n| self.platforms.get_mut(n)) {
                platform.keepalives += 1;
            }
        } else if document.root == "Query" && catalogue {
            self.query(seen, &document, wall);
        } else if is_catalog(&document) {
            self.answer(seen, &document, &sender, wall);
        }
    }

    fn query(&mut self, seen: &Seen, document: &Document, wall: i64) {
        let asked = document.get("DeviceID").unwrap_or_default().to_owned();
        let named = user(seen.message.to()).unwrap_or_else(|| asked.clone());
        let superior = user(seen.message.from()).unwrap_or_default();
        let ip = seen.source.ip();
        // The whole catalogue is asked for by the platform's own code.
        let is_known = self.platforms.iter().any(|p| p.superior_ip == ip && p.code == asked);
        let (code, whole) = if is_known || asked.is_empty() || asked == named {
            (if asked.is_empty() { named } else { asked }, true)
        } else {
            (named, false)
        };
        let Some(number) = self.platform(&code, ip, seen.destination) else { return };
        let Some(platform) = self.platforms.get_mut(number) else { return };
        if !superior.is_empty() {
            platform.superior = excerpt(&superior, MAX_CODE_CHARS);
        }
        if platform.addresses.len() < MAX_ADDRESSES {
            platform.addresses.insert(seen.destination);
        }
        if !whole {
            if platform.partial.len() < MAX_QUERIES {
                platform.partial.extend(document.sn());
            }
            return;
        }
        let Some(sn) = document.sn().and_then(|sn| u32::try_from(sn).ok()) else { return };
        if platform.asked.len() >= MAX_QUERIES {
            self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_QUERIES} queries")));
            return;
        }
        let before = platform.messages.len() as u64;
        let query = platform.asked.len();
        platform.asked.push(Asked {
            sn,
            before,
            sent: wall,
            at: seen.at,
            refused: None,
            messages: 0,
            items: 0,
            total: 0,
            last: seen.at,
        });
        self.wait(&seen.message, Open::Query { platform: number, query });
    }

    fn answer(&mut self, seen: &Seen, document: &Document, sender: &str, wall: i64) {
        // Some name a device of theirs as the sender; the document still says who was asked.
        let ip = seen.destination.ip();
        let is_asked = |code: &str| self.platforms.iter().any(|p| p.superior_ip == ip && p.code == code && p.is_audited());
        let device = document.get("DeviceID").unwrap_or_default().trim();
        let sender = if !is_asked(sender) && is_asked(device) { device } else { sender };
        let Some(platform) = self.sender(seen, sender).and_then(|n| self.platforms.get_mut(n)) else { return };
        if document.sn().is_some_and(|sn| platform.partial.contains(&sn)) {
            platform.oddities.add(oddity::CAPTURE_PART_QUERY.at(document.get("DeviceID").unwrap_or_default()));
            return;
        }
        if let Some(asked) = platform.asked.last_mut() {
            asked.messages += 1;
            asked.items += document.items.len() as u64;
            asked.total = asked.total.max(document.sum_num().unwrap_or(0));
            asked.last = seen.at;
        }
        let mut body = seen.message.body.to_vec();
        platform.masked += mask_passwords(&mut body) as u64;
        let call_id = excerpt(seen.message.call_id().unwrap_or_default(), 200).into();
        let way = Way::place(&mut platform.ways, if seen.tcp { "TCP" } else { "UDP" }, &seen.source.to_string());
        let notify = seen.message.method() == Some(&Method::Notify);
        platform.messages.push(Body { at: Timestamp::from_micros(wall), way, notify, call_id, body: body.into() });
    }
}

fn user(named: Option<NameAddr>) -> Option<String> {
    named.map(|n| n.uri.user).filter(|user| !user.is_empty())
}
