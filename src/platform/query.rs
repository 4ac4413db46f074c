//! Asks a platform for its catalogue, follows the answer, and asks once more where it came short.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::hub::{Inbound, PeerState};
use crate::base::charset::{self, Certainty, Charset};
use crate::base::clock::{Clock as _, SystemClock};
use crate::catalog::assemble::QueryEnd;
use crate::catalog::collect::{Collector, Progress};
use crate::catalog::import::is_catalog;
use crate::evidence::{MAX_MESSAGE_BYTES, Message, Query, Way};
use crate::manscdp::command::{self, Dialect};
use crate::manscdp::document::Document;
use crate::manscdp::mask::mask_passwords;
use crate::net::endpoint::Endpoint;
use crate::net::peer::{Answer, Peer};
use crate::net::{Stop, random};
use crate::sip::builder::MANSCDP;
use crate::sip::transaction::{Failure, Hop, TIMEOUT};

/// Between two queries to one platform.
pub const SPACING: Duration = Duration::from_millis(200);
/// Before a query that was refused for now is asked again.
const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// How often a platform may move before it has answered.
const MAX_MOVES: u32 = 3;
/// How long one whose connection broke is waited for.
const BACK_PATIENCE: Duration = Duration::from_mins(1);
/// How long the answer to a small query may take.
const SMALL_ANSWER: Duration = Duration::from_secs(5);

/// What collecting brought.
#[derive(Debug, Default)]
pub struct Collected {
    /// The queries.
    pub queries: Vec<Query>,
    /// The ways on which bodies came.
    pub ways: Vec<Way>,
    /// The bodies, passwords masked.
    pub messages: Vec<Message>,
    /// Passwords masked.
    pub masked: u64,
    /// Queries about the platform itself.
    pub small_queries: u64,
    /// Octets of the bodies.
    bytes: u64,
    /// The platform was lost while it answered.
    pub lost: bool,
    /// The query was never answered on the SIP level: the address may be an old one.
    pub unreachable: bool,
}

/// Tells how far it is: distinct items, and the declared total.
pub type OnProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// Collects the catalogue: one full query, and one more if it came short or was refused for now.
pub async fn catalog(
    endpoint: &Endpoint,
    peer: &Peer,
    inbox: &mut mpsc::Receiver<Inbound>,
    state: &mut watch::Receiver<PeerState>,
    dialect: Dialect,
    (stop, clock): (&mut Stop, &Arc<SystemClock>),
    progress: OnProgress<'_>,
) -> Collected {
    let mut collected = Collected::default();
    let mut usual: Option<Charset> = None;
    let mut peer = peer.clone();
    let (mut rounds, mut moves) = (0, 0);
    let mut pause = SPACING;
    loop {
        if rounds + moves > 0 {
            tokio::time::sleep(pause).await;
        }
        let sn = fresh_sn();
        let earlier = collected.queries.iter().map(|q| u64::from(q.sn)).collect();
        let before = collected.messages.len() as u64;
        let sent = clock.wall().micros();
        // The collector is there before the query is sent: an answer may overtake our reading of the 200.
        let mut collector = Collector::new(sn, earlier, clock.mono());
        let body = command::query(dialect, "Catalog", sn, &peer.party.id);
        let there = peer.clone();
        let asking = there.message(endpoint, MANSCDP, body, TIMEOUT);
        tokio::pin!(asking);
        let (mut asked, mut broken) = (false, false);
        let end = loop {
            let until = match collector.progress(clock.mono()) {
                Progress::Wait(until) => until,
                Progress::Whole | Progress::Short => break QueryEnd::Answered,
                Progress::Silent => break QueryEnd::Silent,
            };
            tokio::select! {
                answer = &mut asking, if !asked => {
                    asked = true;
                    match answer {
                        Ok(Answer::Final(response)) => match response.code() {
                            Some(code) if code >= 300 => break QueryEnd::Refused(code),
                            Some(_) | None => (),
                        },
                        // No transport answer. The business answer may come all the same; if not, it is over.
                        Ok(Answer::Failed(_)) | Err(_) if collector.counts().0 == 0 => {
                            broken = matches!(answer, Ok(Answer::Failed(Failure::LinkLost)));
                            collected.unreachable = true;
                            break QueryEnd::Silent;
                        }
                        Ok(Answer::Failed(_)) | Err(_) => (),
                    }
                }
                inbound = inbox.recv() => {
                    let Some(inbound) = inbound else { break QueryEnd::Interrupted };
                    let mono = inbound.mono;
                    let Some((document, message, masked)) = read(inbound, &mut usual, &mut collected.ways) else { continue };
                    if is_catalog(&document) && collected.keep(message, masked) {
                        collector.message(document, mono);
                    }
                    let (received, declared) = collector.counts();
                    progress(received, declared);
                }
                changed = state.changed() => {
                    if changed.is_err() || matches!(*state.borrow_and_update(), PeerState::Lost(_) | PeerState::Refused(_)) {
                        collected.lost = true;
                        break QueryEnd::Interrupted;
                    }
                    // Nothing of it will come from where it no longer is.
                    if collector.counts().0 == 0 && peer.now().is_some_and(|now| now != peer.hop) {
                        break QueryEnd::Silent;
                    }
                }
                () = sleep_until(clock.instant(until).into()) => (),
                () = stop.stopped() => break QueryEnd::Interrupted,
            }
        };
        collected.queries.push(Query { sn, before, sent, end: Query::end_word(end) });
        let whole = collector.progress(clock.mono()) == Progress::Whole;
        if whole || collected.lost || stop.is_stopped() {
            break;
        }
        // A platform that has moved meanwhile was never asked: that is no second query.
        if collector.counts().0 == 0
            && end == QueryEnd::Silent
            && moves < MAX_MOVES
            && let Some(hop) = moved(&peer, broken, state, stop).await
        {
            (peer.hop, peer.local) = (hop, endpoint.local(hop));
            collected.unreachable = false;
            moves += 1;
            continue;
        }
        rounds += 1;
        // A platform that starts up or is overloaded may answer later.
        let is_busy = matches!(end, QueryEnd::Refused(408 | 480 | 486 | 500..=599));
        if !(is_busy || end == QueryEnd::Answered) || rounds >= 2 {
            break;
        }
        pause = if is_busy { BUSY_PAUSE } else { SPACING };
    }
    collected
}

/// Where a platform is by now, if that is somewhere else. One whose connection is `broken` is waited for; it may not
/// be known yet to those who tell where it is.
async fn moved(peer: &Peer, broken: bool, state: &mut watch::Receiver<PeerState>, stop: &mut Stop) -> Option<Hop> {
    let until = Instant::now() + BACK_PATIENCE;
    loop {
        match peer.now() {
            Some(now) if now != peer.hop => return Some(now),
            Some(_) if !broken => return None,
            Some(_) | None => tokio::select! {
                changed = state.changed() => changed.ok()?,
                () = sleep_until(until) => return None,
                () = stop.stopped() => return None,
            },
        }
    }
}

/// Reads one body: masked before anything else. `None` if it is no MANSCDP.
fn read(inbound: Inbound, usual: &mut Option<Charset>, ways: &mut Vec<Way>) -> Option<(Document, Message, u64)> {
    let mut body = inbound.body.to_vec();
    let masked = mask_passwords(&mut body) as u64;
    let decoded = charset::decode(&body, None, None);
    if decoded.certainty == Certainty::Sure {
        *usual = Some(decoded.charset);
    }
    let document = Document::parse(&body, *usual).ok()?;
    let way = Way::place(ways, inbound.hop.transport(), &inbound.hop.peer.to_string());
    Some((document, Message { at: inbound.at, way, notify: inbound.notify, call_id: inbound.call_id, body }, masked))
}

impl Collected {
    /// Keeps a catalogue body. Past the limit the answer comes short, and is reported as that.
    fn keep(&mut self, message: Message, masked: u64) -> bool {
        self.bytes += message.body.len() as u64;
        if self.bytes > MAX_MESSAGE_BYTES {
            return false;
        }
        self.masked += masked;
        self.messages.push(message);
        true
    }
}

/// What the platform is asked about itself, and what of the answer is kept. No answer is no fault.
const SMALL_QUERIES: [(&str, &[&str]); 2] = [
    ("DeviceInfo", &["DeviceName", "Manufacturer", "Model", "Firmware", "Channel"]),
    ("DeviceStatus", &["Online", "Status", "DeviceTime"]),
];

/// A small query under way.
struct Small {
    command: &'static str,
    wanted: &'static [&'static str],
    sn: u32,
    until: Instant,
}

/// Whether a platform answers anything at all.
pub async fn lives(endpoint: &Endpoint, peer: &Peer, dialect: Dialect) -> bool {
    let body = command::query(dialect, "DeviceStatus", fresh_sn(), &peer.party.id);
    matches!(peer.message(endpoint, MANSCDP, body, TIMEOUT).await, Ok(Answer::Final(_)))
}

/// Asks the small questions, and keeps catalogue messages that come late, until `done`. What the platform says of
/// itself comes back.
pub async fn attend(
    endpoint: &Endpoint,
    peer: &Peer,
    inbox: &mut mpsc::Receiver<Inbound>,
    dialect: Dialect,
    collected: &mut Collected,
    (stop, done): (&mut Stop, impl Future<Output = ()>),
) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut usual = None;
    let mut questions = SMALL_QUERIES.into_iter();
    let mut open: Option<Small> = None;
    let mut wake = Some(Instant::now() + SPACING);
    let mut is_done = false;
    tokio::pin!(done);
    loop {
        if is_done && open.is_none() && wake.is_none() {
            return facts;
        }
        tokio::select! {
            () = &mut done, if !is_done => is_done = true,
            () = stop.stopped() => return facts,
            inbound = inbox.recv() => {
                let Some(inbound) = inbound else { return facts };
                let Some((document, message, masked)) = read(inbound, &mut usual, &mut collected.ways) else { continue };
                if is_catalog(&document) {
                    collected.keep(message, masked);
                } else if let Some(small) = open.take_if(|s| s.command == document.command() && document.sn() == Some(u64::from(s.sn))) {
                    let texts = small.wanted.iter().filter_map(|name| Some(((*name).to_owned(), document.get(name)?.to_owned())));
                    facts.extend(texts);
                    wake = Some(Instant::now() + SPACING);
                }
            }
            () = sleep_to(wake) => {
                wake = None;
                if let Some((command, wanted)) = questions.next() {
                    let sn = fresh_sn();
                    let until = Instant::now() + SMALL_ANSWER;
                    open = Some(Small { command, wanted, sn, until });
                    collected.small_queries += 1;
                    let (endpoint, peer) = (endpoint.clone(), peer.clone());
                    let body = command::query(dialect, command, sn, &peer.party.id);
                    tokio::spawn(async move { peer.message(&endpoint, MANSCDP, body, SMALL_ANSWER).await });
                }
            }
            () = sleep_to(open.as_ref().map(|s| s.until)) => {
                open = None;
                wake = Some(Instant::now() + SPACING);
            }
        }
    }
}

async fn sleep_to(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A number for a query: random, so that an answer to somebody else's is not taken for ours.
fn fresh_sn() -> u32 {
    let number = u32::from_be_bytes(random());
    (number & 0x7FFF_FFFF).max(1)
}
