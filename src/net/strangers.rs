//! How much of strangers is looked at: whoever writes from an address no platform of ours is at.
//!
//! A stranger gets one short answer a message up to a rate, then none; its octets are not even read as SIP. What is
//! held of strangers has a fixed size, however many of them there are and however often they write. Pure: told the time.
//! What is said of them is bounded by [`crate::platform`]'s lines.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::{Clock as _, Mono, SystemClock};
use crate::evidence::heard::HeardKind;

/// Messages a second that are looked at from one address, and so many at once after a quiet time: fifty platforms
/// behind one address register within some seconds.
pub const SOURCE: Rate = Rate { each_second: 20, at_once: 40 };
/// The same for all strangers together: what two cores answer beside a platform in full flow.
pub const ALL: Rate = Rate { each_second: 500, at_once: 1_000 };
/// Addresses of strangers that are told apart; the one longest silent makes room.
pub const MAX_SOURCES: usize = SETS * WAYS;
/// How often one and the same limit is said again.
pub const SAID_EVERY: Duration = Duration::from_mins(1);
/// Addresses that are named in that time; who comes after them is counted only.
pub const MAX_NAMED: u32 = 10;
/// Connections at once, TCP and TLS together.
pub const MAX_CONNECTIONS: usize = 1_024;
/// Connections at once from the address of a platform: some open one for every message.
pub const MAX_PLATFORM_CONNECTIONS: u32 = 256;
/// Connections at once from one address of strangers.
pub const MAX_STRANGER_CONNECTIONS: u32 = 32;
/// Octets of an unfinished message that are kept for a stranger: a whole header block and a body as large.
pub const MAX_STRANGER_BYTES: usize = 128 * 1024;
/// A stranger's connection that is silent for so long is closed.
pub const STRANGER_PATIENCE: Duration = Duration::from_mins(1);

const SETS: usize = 1_024;
const WAYS: usize = 4;

/// A token bucket: so many a second, so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that are added a second.
    pub each_second: u32,
    /// Tokens a full bucket holds.
    pub at_once: u32,
}

/// A bucket, told by the moment at which it is full again.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket(Mono);

impl Bucket {
    /// Takes a token, if there is one.
    fn take(&mut self, rate: Rate, now: Mono) -> bool {
        let each = Duration::from_secs(1) / rate.each_second.max(1);
        let full = self.0.max(now);
        let there = full.since(now) <= each * rate.at_once.saturating_sub(1);
        if there {
            self.0 = full.plus(each);
        }
        there
    }
}

/// What is to be done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is read.
    Look,
    /// It is not, and perhaps that is said.
    Ignore(Option<(HeardKind, String)>),
}

#[derive(Debug, Clone, Copy)]
struct Source {
    key: IpAddr,
    bucket: Bucket,
    seen: Mono,
    said: Option<Mono>,
    ignored: u64,
}

/// Who is known, and how much the others have written.
#[derive(Debug)]
pub struct Gate {
    known: HashSet<IpAddr>,
    hasher: RandomState,
    sources: Vec<Option<Source>>,
    all: Bucket,
    all_said: Option<Mono>,
    all_ignored: u64,
    forgotten: u64,
    /// When the first of the addresses named in this minute was named, and how many were.
    named: (Mono, u32),
    connections: HashMap<IpAddr, u32>,
    connected: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            known: HashSet::new(),
            hasher: RandomState::new(),
            sources: vec![None; MAX_SOURCES],
            all: Bucket::default(),
            all_said: None,
            all_ignored: 0,
            forgotten: 0,
            named: (Mono::ZERO, 0),
            connections: HashMap::new(),
            connected: 0,
        }
    }
}

impl Gate {
    /// The addresses platforms of ours are at.
    pub fn set_known(&mut self, known: impl IntoIterator<Item = IpAddr>) {
        self.known = known.into_iter().map(key).collect();
    }

    /// Whether a platform of ours is there.
    #[must_use]
    pub fn knows(&self, source: IpAddr) -> bool {
        self.known.contains(&key(source))
    }

    /// A message came.
    pub fn message(&mut self, source: IpAddr, now: Mono) -> Verdict {
        let key = key(source);
        if self.known.contains(&key) {
            return Verdict::Look;
        }
        let at = self.place(key, now);
        let Some(Some(one)) = self.sources.get_mut(at) else { return Verdict::Ignore(None) };
        one.seen = now;
        if !one.bucket.take(SOURCE, now) {
            one.ignored += 1;
            if !due(one.said, now) {
                return Verdict::Ignore(None);
            }
            if now.since(self.named.0) >= SAID_EVERY {
                self.named = (now, 0);
            }
            if self.named.1 >= MAX_NAMED {
                return Verdict::Ignore(None);
            }
            self.named.1 += 1;
            one.said = Some(now);
            let (rate, ignored) = (SOURCE.each_second, one.ignored);
            return Verdict::Ignore(Some((HeardKind::StrangerTooMany, format!("{source} > {rate}/s, {ignored}"))));
        }
        if self.all.take(ALL, now) {
            return Verdict::Look;
        }
        self.all_ignored += 1;
        if !due(self.all_said, now) {
            return Verdict::Ignore(None);
        }
        self.all_said = Some(now);
        let (rate, ignored) = (ALL.each_second, self.all_ignored);
        Verdict::Ignore(Some((HeardKind::StrangersTooMany, format!("> {rate}/s, {ignored}"))))
    }

    /// A connection came: whether there is a seat for it.
    pub fn connect(&mut self, source: IpAddr) -> bool {
        let key = key(source);
        let most = if self.known.contains(&key) { MAX_PLATFORM_CONNECTIONS } else { MAX_STRANGER_CONNECTIONS };
        let there = self.connections.get(&key).copied().unwrap_or(0);
        if there >= most || self.connected >= MAX_CONNECTIONS {
            return false;
        }
        self.connections.insert(key, there + 1);
        self.connected += 1;
        true
    }

    /// A connection that had a seat has ended.
    pub fn disconnect(&mut self, source: IpAddr) {
        let key = key(source);
        let Some(there) = self.connections.get_mut(&key) else { return };
        *there -= 1;
        if *there == 0 {
            self.connections.remove(&key);
        }
        self.connected -= 1;
    }

    /// Where an address is in the table; whoever was silent longest makes room for a new one.
    fn place(&mut self, key: IpAddr, now: Mono) -> usize {
        let hash = usize::try_from(self.hasher.hash_one(key) % SETS as u64).unwrap_or(0);
        let set = hash * WAYS..(hash + 1) * WAYS;
        let ways = self.sources.get(set.clone()).unwrap_or_default();
        let there = ways.iter().position(|s| s.is_some_and(|s| s.key == key));
        if let Some(way) = there {
            return set.start + way;
        }
        let oldest = ways.iter().enumerate().min_by_key(|(_, s)| s.map(|s| s.seen)).map_or(0, |(way, _)| way);
        let at = set.start + oldest;
        if let Some(slot) = self.sources.get_mut(at) {
            // Whoever has been silent until its bucket was full is as good as never seen.
            self.forgotten += u64::from(slot.is_some_and(|old| old.bucket.0 > now));
            *slot = Some(Source { key, bucket: Bucket::default(), seen: now, said: None, ignored: 0 });
        }
        at
    }
}

fn due(said: Option<Mono>, now: Mono) -> bool {
    said.is_none_or(|at| now.since(at) >= SAID_EVERY)
}

/// What one stranger is told from another by: an IPv4 address, the network half of an IPv6 address, of which whoever
/// has one has all the rest.
#[must_use]
pub fn key(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The gate as the readers of sockets share it. Open until somebody says who is known.
#[derive(Debug)]
pub(super) struct Guard {
    gate: Mutex<Gate>,
    closed: AtomicBool,
    /// Of [`Gate`], where it is read without a lock.
    forgotten: AtomicU64,
    clock: Arc<SystemClock>,
}

impl Guard {
    pub(super) fn new(clock: Arc<SystemClock>) -> Self {
        Self { gate: Mutex::default(), closed: AtomicBool::new(false), forgotten: AtomicU64::new(0), clock }
    }

    pub(super) fn close(&self, known: impl IntoIterator<Item = IpAddr>) {
        self.with(|gate| gate.set_known(known));
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn message(&self, source: IpAddr) -> Verdict {
        if !self.closed.load(Ordering::Relaxed) {
            return Verdict::Look;
        }
        let now = self.clock.mono();
        self.with(|gate| {
            let verdict = gate.message(source, now);
            self.forgotten.store(gate.forgotten, Ordering::Relaxed);
            verdict
        })
    }

    /// Addresses that made room for others while something was still counted against them.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }

    pub(super) fn is_stranger(&self, source: IpAddr) -> bool {
        self.closed.load(Ordering::Relaxed) && !self.with(|gate| gate.knows(source))
    }

    /// A seat for a connection, given back when it is dropped.
    pub(super) fn seat(self: &Arc<Self>, source: IpAddr) -> Option<Seat> {
        self.with(|gate| gate.connect(source)).then(|| Seat { guard: self.clone(), source })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Gate) -> T) -> T {
        work(&mut self.gate.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection's part of what there may be.
#[derive(Debug)]
pub(super) struct Seat {
    guard: Arc<Guard>,
    source: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.guard.with(|gate| gate.disconnect(self.source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4((0xC000_0200 + n).into())
    }

    /// `count` messages of one source, evenly over a second: looked at, lines said.
    fn second(gate: &mut Gate, sources: u32, count: u64, from: u64) -> (u64, Vec<(HeardKind, String)>) {
        let (mut looked, mut said) = (0, Vec::new());
        for n in 0..count {
            let source = ip(u32::try_from(n).unwrap() % sources);
            match gate.message(source, Mono::from_millis(from + n * 1_000 / count)) {
                Verdict::Look => looked += 1,
                Verdict::Ignore(line) => said.extend(line),
            }
        }
        (looked, said)
    }

    #[test]
    fn a_stranger_is_looked_at_up_to_its_rate_and_said_once_a_minute() {
        let mut gate = Gate::default();
        let (looked, said) = second(&mut gate, 1, 30_000, 0);
        assert_eq!(looked, u64::from(SOURCE.at_once + SOURCE.each_second) - 1);
        assert_eq!(said, [(HeardKind::StrangerTooMany, "192.0.2.0 > 20/s, 1".into())]);
        for s in 1..60 {
            let (looked, said) = second(&mut gate, 1, 30_000, s * 1_000);
            assert_eq!((looked, said.len()), (u64::from(SOURCE.each_second), 0), "second {s}");
        }
        assert_eq!(second(&mut gate, 1, 30_000, 61_000).1.len(), 1, "again after a minute");
    }

    #[test]
    fn all_strangers_together_have_a_rate_and_a_table_of_fixed_size() {
        let mut gate = Gate::default();
        let (looked, said) = second(&mut gate, 30_000, 30_000, 0);
        assert_eq!(looked, u64::from(ALL.at_once + ALL.each_second) - 1);
        assert_eq!(said, [(HeardKind::StrangersTooMany, "> 500/s, 1".into())]);
        assert_eq!(gate.sources.len(), MAX_SOURCES);
        assert!(gate.forgotten > 0, "some made room for others and that is counted");
        // Few addresses all have their place, and those long silent are no loss.
        let mut gate = Gate::default();
        second(&mut gate, 5, 30_000, 0);
        second(&mut gate, 5, 30_000, 1_000);
        assert_eq!(gate.forgotten, 0);
    }

    #[test]
    fn not_more_than_some_addresses_are_named() {
        let mut gate = Gate::default();
        let (_, said) = second(&mut gate, 100, 30_000, 0);
        let named = said.iter().filter(|(kind, _)| *kind == HeardKind::StrangerTooMany).count();
        assert_eq!(named, usize::try_from(MAX_NAMED).unwrap());
    }

    #[test]
    fn a_platform_is_never_held_back_by_strangers() {
        let mut gate = Gate::default();
        gate.set_known([ip(7)]);
        second(&mut gate, 5, 30_000, 0);
        for _ in 0..30_000 {
            assert_eq!(gate.message(ip(7), Mono::from_millis(1_000)), Verdict::Look);
        }
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(192, 0, 2, 7).to_ipv6_mapped());
        assert!(gate.knows(mapped), "written as IPv6 it is the same address");
    }

    #[test]
    fn a_quiet_stranger_is_heard_again() {
        let mut gate = Gate::default();
        second(&mut gate, 1, 30_000, 0);
        assert_eq!(gate.message(ip(0), Mono::from_millis(1_001)), Verdict::Look, "one token was added");
        assert_eq!(gate.message(ip(0), Mono::from_millis(1_002)), Verdict::Ignore(None));
        assert_eq!(gate.message(ip(0), Mono::from_millis(2_000)), Verdict::Look);
    }

    #[test]
    fn whoever_has_an_ipv6_network_is_one_stranger() {
        let of = |text: &str| key(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    }

    #[test]
    fn connections_are_counted_by_address_and_given_back() {
        let mut gate = Gate::default();
        gate.set_known([ip(9)]);
        let seats = |gate: &mut Gate, n| std::iter::repeat_with(|| gate.connect(ip(n))).take_while(|s| *s).count();
        assert_eq!(seats(&mut gate, 1), MAX_STRANGER_CONNECTIONS as usize);
        assert_eq!(seats(&mut gate, 9), MAX_PLATFORM_CONNECTIONS as usize);
        gate.disconnect(ip(1));
        assert!(gate.connect(ip(1)) && !gate.connect(ip(1)));
        let others: usize = (100..200).map(|n| seats(&mut gate, n)).sum();
        assert_eq!(others, MAX_CONNECTIONS - (MAX_STRANGER_CONNECTIONS + MAX_PLATFORM_CONNECTIONS) as usize);
        gate.disconnect(ip(250));
        assert_eq!(gate.connected, MAX_CONNECTIONS, "whoever had no seat gives none back");
    }
}
