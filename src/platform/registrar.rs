//! Subordinate platforms register with us (GB/T 28181 section 9.1; RFC 3261 section 10). Pure: told the time.
//!
//! A peer is known by the user part of From, never by its host. What an unregistered peer sends is not believed.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::PlatformSetting;
use crate::base::clock::Mono;
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::edition;
use crate::evidence::heard::HeardKind;
use crate::net::Protocol;
use crate::net::strangers::key;
use crate::sip::digest::{Challenge, Credentials, MAX_NONCES, NonceUse, Nonces};
use crate::sip::header::param;
use crate::sip::message::Message;
use crate::sip::transaction::{Hop, Link};

/// Keepalive interval until it is learnt (2.3: 60 s).
const INTERVAL: Duration = Duration::from_mins(1);
/// Keepalives that may be missed (2.3: 3).
const MISSES: u32 = 3;
/// Bounds of a learnt interval: configurations hold odd values.
const INTERVAL_BOUNDS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(10));
/// Grace on top, so that a late packet is no outage.
const GRACE: Duration = Duration::from_secs(5);
/// Validity granted, seconds; outside of it the bound is granted.
const EXPIRES_BOUNDS: (u64, u64) = (300, 604_800);
/// Validity when none is asked for.
const EXPIRES_DEFAULT: u64 = 3_600;
/// Wrong answers after which a peer is refused instead of challenged again.
const WRONG_ANSWERS: usize = 2;
/// So many wrong answers of one source for one code within [`WRONG_WITHIN`] lock it out for [`LOCKED_FOR`]: 403, and
/// nothing is computed. Shorter than a run waits, so that a corrected password still gets in.
pub const MAX_WRONG: usize = 5;
/// See [`MAX_WRONG`].
pub const WRONG_WITHIN: Duration = Duration::from_mins(5);
/// See [`MAX_WRONG`].
pub const LOCKED_FOR: Duration = Duration::from_mins(2);
/// Sources and codes of which wrong answers are remembered; the oldest makes room.
pub const MAX_ATTEMPTS: usize = 1_024;

/// A registered platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Where it was last heard.
    pub hop: Hop,
    /// Its Contact, as information.
    pub contact: String,
    /// When it runs out.
    pub expires: Mono,
    /// The same on the wall clock, to be kept.
    pub expires_wall: Timestamp,
    /// Its User-Agent.
    pub user_agent: String,
    /// Its `X-GB-Ver`.
    pub version: Option<String>,
    /// When anything of it last came.
    pub last_seen: Mono,
    /// Kept from an earlier run, and not proven by this one.
    pub kept: bool,
    /// Gaps between keepalives, the last five.
    gaps: Vec<Duration>,
    last_keepalive: Option<Mono>,
}

impl Registration {
    /// One kept from an earlier run.
    #[must_use]
    pub const fn restored(
        hop: Hop,
        expires: Mono,
        expires_wall: Timestamp,
        user_agent: String,
        version: Option<String>,
        now: Mono,
    ) -> Self {
        Self {
            hop,
            contact: String::new(),
            expires,
            expires_wall,
            user_agent,
            version,
            last_seen: now,
            kept: true,
            gaps: Vec::new(),
            last_keepalive: None,
        }
    }

    /// How long it may be silent.
    #[must_use]
    pub fn patience(&self) -> Duration {
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable();
        let learnt = gaps.get(gaps.len() / 2).copied().filter(|_| gaps.len() >= 2).unwrap_or(INTERVAL);
        learnt.clamp(INTERVAL_BOUNDS.0, INTERVAL_BOUNDS.1).max(INTERVAL) * MISSES + GRACE
    }

    fn keepalive(&mut self, now: Mono) {
        if let Some(last) = self.last_keepalive.replace(now) {
            self.gaps.push(now.since(last));
            if self.gaps.len() > 5 {
                self.gaps.remove(0);
            }
        }
    }
}

/// One platform that may register.
#[derive(Debug)]
struct Entry {
    setting: PlatformSetting,
    registration: Option<Registration>,
}

/// What came of the answers one source gave for one code. By source, so that nobody locks another one out.
#[derive(Debug, Default)]
struct Attempts {
    /// When it answered wrongly, lately.
    wrong: Vec<Mono>,
    /// Wrong answers in a row.
    in_a_row: usize,
    locked_until: Option<Mono>,
    /// It did not answer with qop: it is challenged without.
    without_qop: bool,
    seen: Mono,
}

impl Attempts {
    /// How long it is still locked out.
    fn locked(&self, now: Mono) -> Option<Duration> {
        self.locked_until.map(|until| until.since(now)).filter(|left| !left.is_zero())
    }

    fn wrong(&mut self, now: Mono) {
        self.seen = now;
        self.in_a_row += 1;
        self.wrong.retain(|at| now.since(*at) < WRONG_WITHIN);
        self.wrong.push(now);
        if self.wrong.len() >= MAX_WRONG {
            self.wrong.clear();
            self.locked_until = Some(now.plus(LOCKED_FOR));
        }
        // Some devices cannot do the offered qop and do not say so.
        self.without_qop = true;
    }
}

/// What changed for a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has registered.
    Registered,
    /// It has registered again, or moved.
    Refreshed,
    /// It has unregistered.
    Unregistered,
}

/// How a REGISTER is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub code: u16,
    /// Headers besides the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// What to tell.
    pub heard: Option<(HeardKind, String)>,
    /// What was put up with when it registered first.
    pub oddities: Vec<(HeardKind, String)>,
    /// Which platform changed.
    pub change: Option<(usize, Change)>,
}

/// How a MESSAGE stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Of a registered platform.
    Known(usize),
    /// The same, from another port than before.
    Moved(usize, String),
    /// Of a platform in the settings that is not registered (from there).
    Unregistered(usize),
    /// Of nobody we know.
    Stranger,
}

/// The registrar.
#[derive(Debug)]
pub struct Registrar {
    realm: String,
    nonces: Nonces,
    entries: Vec<Entry>,
    attempts: HashMap<(IpAddr, usize), Attempts>,
    guessers_forgotten: u64,
}

impl Registrar {
    /// For these platforms, under our domain.
    #[must_use]
    pub fn new(realm: &str, platforms: Vec<PlatformSetting>) -> Self {
        let entries = platforms.into_iter().map(|setting| Entry { setting, registration: None }).collect();
        Self { realm: realm.to_owned(), nonces: Nonces::default(), entries, attempts: HashMap::new(), guessers_forgotten: 0 }
    }

    /// Lets one more platform register; its number.
    pub fn admit(&mut self, setting: PlatformSetting) -> usize {
        self.entries.push(Entry { setting, registration: None });
        self.entries.len() - 1
    }

    /// Puts another platform in the place of one that may register; nothing of that one is remembered.
    pub fn replace(&mut self, index: usize, setting: PlatformSetting) {
        if let Some(entry) = self.entries.get_mut(index) {
            *entry = Entry { setting, registration: None };
            self.attempts.retain(|(_, of), _| *of != index);
        }
    }

    /// The registration of a platform.
    #[must_use]
    pub fn registration(&self, index: usize) -> Option<&Registration> {
        self.entries.get(index)?.registration.as_ref()
    }

    /// Puts a registration of an earlier run back.
    pub fn restore(&mut self, index: usize, registration: Registration) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.registration = Some(registration);
        }
    }

    /// Which of its limits made it forget something since this was asked last, and how much.
    pub fn take_forgotten(&mut self) -> impl Iterator<Item = (HeardKind, String)> + use<> {
        let nonces = (HeardKind::NoncesForgotten, MAX_NONCES, self.nonces.take_forgotten());
        let guessers = (HeardKind::GuessersForgotten, MAX_ATTEMPTS, std::mem::take(&mut self.guessers_forgotten));
        let reached = [nonces, guessers].into_iter().filter(|(.., count)| *count > 0);
        reached.map(|(kind, limit, count)| (kind, format!("> {limit}, {count}")))
    }

    /// Which platform a request claims to be of.
    #[must_use]
    pub fn claims(&self, message: &Message) -> Option<usize> {
        self.find(&identity(message))
    }

    /// Takes a REGISTER. The answer, success or not, bears our `X-GB-Ver` where the edition has it.
    pub fn register(&mut self, message: &Message, hop: Hop, now: Mono, wall: Timestamp, random: [u8; 16]) -> Reply {
        let mut reply = self.answer(message, hop, now, wall, random);
        if let Some(entry) = self.claims(message).and_then(|index| self.entries.get(index)) {
            let (edition, _) = edition::choose(entry.setting.edition, message.header("x-gb-ver"));
            reply.headers.extend(edition.own_header().map(|version| ("X-GB-Ver", version.to_owned())));
        }
        reply
    }

    fn answer(&mut self, message: &Message, hop: Hop, now: Mono, wall: Timestamp, random: [u8; 16]) -> Reply {
        let id = identity(message);
        let who = format!("{} {}", excerpt(&id, 40), hop.peer);
        let Some(index) = self.find(&id) else {
            return refuse(403, HeardKind::Stranger, who);
        };
        let Some(entry) = self.entries.get_mut(index) else { return refuse(403, HeardKind::Stranger, who) };
        if !address_fits(&entry.setting, hop) {
            return refuse(403, HeardKind::AddressRefused, format!("{who} {}", hop.transport()));
        }
        let mut old_digest = false;
        if let Some(password) = entry.setting.password.clone() {
            let value = message.header("authorization");
            let credentials = value.and_then(Credentials::parse);
            let challenge = |nonces: &mut Nonces, stale: bool, qop: bool, heard: HeardKind| Reply {
                code: 401,
                headers: vec![(
                    "WWW-Authenticate",
                    Challenge {
                        realm: self.realm.clone(),
                        nonce: nonces.issue(now, random),
                        qop_auth: qop,
                        stale,
                        ..Challenge::default()
                    }
                    .render(),
                )],
                heard: Some((heard, who.clone())),
                oddities: Vec::new(),
                change: None,
            };
            let source = (key(hop.peer.ip()), index);
            let attempts = self.attempts.get(&source);
            // Where a platform is registered it is nobody else: not even somebody at its address locks it out.
            let at_home = entry.registration.as_ref().is_some_and(|r| r.hop == hop);
            if let Some(left) = attempts.and_then(|a| a.locked(now)).filter(|_| !at_home) {
                let until = wall.plus_seconds(i64::try_from(left.as_secs() + 1).unwrap_or(0)).beijing("%H:%M:%S");
                return refuse(403, HeardKind::LockedOut, format!("{who} -> {until}"));
            }
            let qop = !attempts.is_some_and(|a| a.without_qop);
            let Some(credentials) = credentials else {
                let certificate = value.is_some_and(|v| {
                    let scheme = v.split_whitespace().next().unwrap_or_default();
                    scheme.eq_ignore_ascii_case("Capability") || scheme.eq_ignore_ascii_case("Bidirection")
                });
                let heard = if certificate { HeardKind::Certificate } else { HeardKind::Challenged };
                return challenge(&mut self.nonces, false, qop, heard);
            };
            if entry.setting.username.as_ref().is_some_and(|name| *name != credentials.username) {
                return refuse(403, HeardKind::WrongUser, format!("{who} {}", excerpt(&credentials.username, 40)));
            }
            if !self.nonces.gave(&credentials.nonce) {
                // Of an earlier run, too old, or made up: whoever sends from a borrowed address never saw one.
                return challenge(&mut self.nonces, true, qop, HeardKind::Challenged);
            }
            if !credentials.verify("REGISTER", &password) {
                self.guessers_forgotten += u64::from(make_room(&mut self.attempts, source));
                let attempts = self.attempts.entry(source).or_default();
                attempts.wrong(now);
                if attempts.locked(now).is_some() || attempts.in_a_row >= WRONG_ANSWERS {
                    // The next round begins anew, so that a corrected password gets in.
                    attempts.in_a_row = 0;
                    return refuse(403, HeardKind::WrongPassword, who);
                }
                return challenge(&mut self.nonces, false, false, HeardKind::WrongPassword);
            }
            old_digest = qop && credentials.qop.is_none();
            match self.nonces.spend(&credentials, now) {
                NonceUse::Fresh => (),
                NonceUse::Stale => return challenge(&mut self.nonces, true, qop, HeardKind::Challenged),
                NonceUse::Replayed => return challenge(&mut self.nonces, true, qop, HeardKind::Replayed),
            }
        }
        if let Some(attempts) = self.attempts.get_mut(&(key(hop.peer.ip()), index)) {
            *attempts = Attempts { without_qop: attempts.without_qop, seen: now, ..Attempts::default() };
        }
        let (expires, granted) = expiry(message);
        let mut headers = Vec::new();
        if let Some(contact) = message.header("contact") {
            headers.push(("Contact", contact.to_owned()));
        }
        headers.push(("Expires", granted.to_string()));
        // Beijing time and not the form of RFC 3261 (2022, 9.10); the peer sets its clock by it.
        headers.push(("Date", wall.beijing("%Y-%m-%dT%H:%M:%S%.3f")));
        if expires == Some(0) {
            let was = entry.registration.take();
            let heard = Some((HeardKind::Unregistered, who));
            let change = was.map(|_| (index, Change::Unregistered));
            return Reply { code: 200, headers, heard, oddities: Vec::new(), change };
        }
        let before = entry.registration.take();
        let moved = before.as_ref().is_some_and(|r| r.hop != hop);
        let (gaps, last_keepalive) = before.as_ref().map(|r| (r.gaps.clone(), r.last_keepalive)).unwrap_or_default();
        entry.registration = Some(Registration {
            hop,
            contact: message.header("contact").unwrap_or_default().to_owned(),
            expires: now.plus(Duration::from_secs(granted)),
            expires_wall: wall.plus_seconds(i64::try_from(granted).unwrap_or(i64::MAX)),
            user_agent: message.header("user-agent").unwrap_or_default().to_owned(),
            // Some declare it only once.
            version: message.header("x-gb-ver").map(ToOwned::to_owned).or_else(|| before.as_ref()?.version.clone()),
            last_seen: now,
            kept: false,
            gaps,
            last_keepalive,
        });
        let (kind, change) = match before {
            None => (HeardKind::Registered, Change::Registered),
            Some(_) if moved => (HeardKind::AddressChanged, Change::Refreshed),
            Some(_) => (HeardKind::Refreshed, Change::Refreshed),
        };
        let mut oddities = Vec::new();
        if change == Change::Registered {
            oddities.extend(expires.is_none().then(|| (HeardKind::ExpiresMissing, who.clone())));
            oddities.extend(old_digest.then(|| (HeardKind::DigestWithoutQop, who.clone())));
            let elsewhere = contact_elsewhere(message, hop).map(|host| format!("{who} {}", excerpt(&host, 60)));
            oddities.extend(elsewhere.map(|detail| (HeardKind::ContactNotSource, detail)));
        }
        Reply { code: 200, headers, heard: Some((kind, who)), oddities, change: Some((index, change)) }
    }

    /// Whose a MESSAGE is. Registered peers are known by where they write from, then by what they say; a changed
    /// port of the same address is followed, a changed address is not (a MESSAGE is not authenticated).
    pub fn message(&mut self, message: &Message, hop: Hop, keepalive: bool, now: Mono) -> Standing {
        // One gateway may register several platforms from one socket: then the name decides among them.
        let here = |e: &Entry| e.registration.as_ref().is_some_and(|r| r.hop == hop);
        let mut at_hop = self.entries.iter().enumerate().filter(|(_, e)| here(e)).map(|(index, _)| index);
        let index = match (at_hop.next(), at_hop.next()) {
            (Some(only), None) => Some(only),
            (Some(first), Some(_)) => {
                let named = self.claims(message).filter(|index| self.entries.get(*index).is_some_and(here));
                named.or(Some(first))
            }
            (None, _) => self.claims(message),
        };
        let Some(index) = index else { return Standing::Stranger };
        let Some(entry) = self.entries.get_mut(index) else { return Standing::Stranger };
        let fits = address_fits(&entry.setting, hop);
        let Some(registration) = entry.registration.as_mut().filter(|r| now < r.expires) else {
            return Standing::Unregistered(index);
        };
        if registration.hop == hop {
            registration.last_seen = now;
            if keepalive {
                registration.keepalive(now);
            }
            return Standing::Known(index);
        }
        if registration.hop.peer.ip() != hop.peer.ip() || !fits {
            return Standing::Unregistered(index);
        }
        // A new connection of a platform that is registered: some reconnect and send only keepalives.
        let moved = format!("{} -> {}", registration.hop.peer, hop.peer);
        registration.hop = hop;
        registration.last_seen = now;
        if keepalive {
            registration.keepalive(now);
        }
        Standing::Moved(index, moved)
    }

    /// Platforms that were silent too long, or whose registration ran out; they count as off line now.
    pub fn lost(&mut self, now: Mono) -> Vec<(usize, String)> {
        let mut lost = Vec::new();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let Some(registration) = &entry.registration else { continue };
            let silent = now.since(registration.last_seen) > registration.patience();
            let expired = now > registration.expires.plus(GRACE);
            if silent || expired {
                lost.push((index, format!("{} {}", entry.setting.party.id, registration.hop.peer)));
                entry.registration = None;
            }
        }
        lost
    }

    /// A platform showed that it lives.
    pub fn seen(&mut self, index: usize, at: Mono) {
        if let Some(registration) = self.entries.get_mut(index).and_then(|e| e.registration.as_mut()) {
            registration.last_seen = registration.last_seen.max(at);
        }
    }

    /// Something came from there: whoever is registered there lives.
    pub fn seen_at(&mut self, hop: Hop, at: Mono) {
        for registration in self.entries.iter_mut().filter_map(|e| e.registration.as_mut()).filter(|r| r.hop == hop) {
            registration.last_seen = registration.last_seen.max(at);
        }
    }

    /// Platforms registered over a connection that broke. They stay registered: some reconnect and only send
    /// keepalives.
    #[must_use]
    pub fn on_link(&self, link: Link) -> Vec<usize> {
        let over = |e: &Entry| e.registration.as_ref().is_some_and(|r| r.hop.link == link);
        self.entries.iter().enumerate().filter(|(_, e)| over(e)).map(|(i, _)| i).collect()
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.entries.iter().position(|e| e.setting.party.id == id)
    }
}

/// Who a request says it is: From, else Contact, else the name in its authorization.
#[must_use]
pub fn identity(message: &Message) -> String {
    let from = message.from().map(|f| f.uri.user).filter(|u| !u.is_empty());
    let contact = || message.contact().map(|c| c.uri.user).filter(|u| !u.is_empty());
    let name = || message.header("authorization").and_then(Credentials::parse).map(|c| c.username);
    from.or_else(contact).or_else(name).unwrap_or_default()
}

/// Forgets the source that was silent longest, where there is no room for another one. Whether it did.
fn make_room(attempts: &mut HashMap<(IpAddr, usize), Attempts>, source: (IpAddr, usize)) -> bool {
    if attempts.len() < MAX_ATTEMPTS || attempts.contains_key(&source) {
        return false;
    }
    let oldest = attempts.iter().min_by_key(|(_, a)| a.seen).map(|(source, _)| *source);
    oldest.is_some_and(|oldest| attempts.remove(&oldest).is_some())
}

/// Whether a source is the one the settings allow. Over another transport than the set one only the address can
/// be compared: the port there is not the one of the settings. Where TLS is set nothing else will do.
fn address_fits(setting: &PlatformSetting, hop: Hop) -> bool {
    let Some(allowed) = setting.address else { return true };
    if allowed.protocol == Protocol::Tls && !matches!(hop.link, Link::Secure(_)) {
        return false;
    }
    let udp = matches!(hop.link, Link::Udp(_));
    if udp && allowed.protocol == Protocol::Udp {
        return allowed.socket == hop.peer;
    }
    same_ip(allowed.socket, hop.peer)
}

fn same_ip(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip().to_canonical() == b.ip().to_canonical()
}

/// The validity asked for, and the one granted, in seconds.
fn expiry(message: &Message) -> (Option<u64>, u64) {
    let header = message.header("expires").and_then(|v| v.trim().parse::<u64>().ok());
    let contact = || message.contact().and_then(|c| param(&c.params, "expires")?.trim().parse::<u64>().ok());
    let asked = header.or_else(contact);
    match asked {
        Some(0) => (Some(0), 0),
        Some(n) => (Some(n), n.clamp(EXPIRES_BOUNDS.0, EXPIRES_BOUNDS.1)),
        None => (None, EXPIRES_DEFAULT),
    }
}

/// The address of Contact, where it is not the one the REGISTER came from.
fn contact_elsewhere(message: &Message, hop: Hop) -> Option<String> {
    let host = message.contact()?.uri.host;
    let ip: IpAddr = host.trim_matches(['[', ']']).parse().ok()?;
    (ip.to_canonical() != hop.peer.ip().to_canonical()).then_some(host)
}

fn refuse(code: u16, kind: HeardKind, who: String) -> Reply {
    Reply { code, headers: Vec::new(), heard: Some((kind, who)), oddities: Vec::new(), change: None }
}

#[cfg(test)]
mod tests;
