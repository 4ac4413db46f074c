//! Asks a platform for its catalogue, follows the answer, and asks once more where it came short; asks about branches and
//! recorders where somebody says which. Never two catalogue queries at once, and [`SPACING`] between any two.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::hub::{Inbound, PeerState};
use crate::base::blocks::Blocks;
use crate::base::charset::{self, Certainty, Charset};
use crate::base::clock::{Clock as _, SystemClock};
use crate::catalog::arrival::is_notice;
use crate::catalog::assemble::QueryEnd;
use crate::catalog::branch::MAX_VAIN;
use crate::catalog::collect::{Collector, Progress};
use crate::catalog::import::is_catalog;
use crate::evidence::{Channels, Header, MAX_MESSAGE_BYTES, Message, Query, Way};
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
    blocks: Blocks,
    /// The largest total of the full answers.
    declared: Option<u64>,
    /// The charset of its unambiguous bodies.
    usual: Option<Charset>,
    /// The platform was lost while it answered.
    pub lost: bool,
    /// The query was never answered on the SIP level: the address may be an old one.
    pub unreachable: bool,
}

impl Collected {
    /// What an earlier part of the run collected.
    #[must_use]
    pub fn kept(header: &Header, messages: Vec<Message>) -> Self {
        Self {
            queries: header.queries.clone(),
            ways: header.ways.clone(),
            bytes: messages.iter().map(|message| message.body.len() as u64).sum(),
            messages,
            masked: header.masked_passwords,
            ..Self::default()
        }
    }
}

/// Tells how far it is: distinct items, and the declared total.
pub type OnProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// What is needed to ask a platform and to hear what it says.
pub struct Line<'a> {
    /// Our sockets.
    pub endpoint: &'a Endpoint,
    /// What comes from it.
    pub inbox: &'a mut mpsc::Receiver<Inbound>,
    /// How it stands.
    pub state: &'a mut watch::Receiver<PeerState>,
    /// How it wants its XML.
    pub dialect: Dialect,
    /// When everything has to end.
    pub stop: &'a mut Stop,
    /// The time.
    pub clock: &'a Arc<SystemClock>,
    /// Who is told how far it is.
    pub progress: OnProgress<'a>,
}

/// How one query went.
struct Went {
    end: QueryEnd,
    whole: bool,
    /// Nothing came of it.
    nothing: bool,
    /// The connection broke before it was answered.
    broken: bool,
    /// The answer names another node, or declares as much as the whole catalogue.
    ignored: bool,
}

impl Line<'_> {
    /// Asks once, about the platform or a branch of it, and follows the answer to its end.
    async fn ask(&mut self, peer: &Peer, about: &str, poll: bool, collected: &mut Collected) -> Went {
        let sn = fresh_sn();
        let earlier = collected.queries.iter().map(|q| u64::from(q.sn)).collect();
        let before = collected.messages.len() as u64;
        let sent = self.clock.wall().micros();
        // The collector is there before the query is sent: an answer may overtake our reading of the 200.
        let now = self.clock.mono();
        let mut collector = if about.is_empty() { Collector::new(sn, earlier, now) } else { Collector::of_branch(sn, now) };
        if about.is_empty() && collected.queries.last().is_some_and(|q| q.end == Query::end_word(QueryEnd::Silent)) {
            collector = collector.once_more();
        }
        let body = command::query(self.dialect, "Catalog", sn, if about.is_empty() { &peer.party.id } else { about });
        let asking = peer.message(self.endpoint, MANSCDP, body, TIMEOUT);
        tokio::pin!(asking);
        let (mut asked, mut broken, mut another) = (false, false, false);
        let end = loop {
            let until = match collector.progress(self.clock.mono()) {
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
                inbound = self.inbox.recv() => {
                    let Some(inbound) = inbound else { break QueryEnd::Interrupted };
                    let (mono, notify) = (inbound.mono, inbound.notify);
                    // What a subscription tells waits until the sync is over.
                    if let Some(document) = collected.hear(inbound).filter(is_catalog) {
                        let ours = document.sn() == Some(u64::from(sn));
                        if notify && !ours {
                            continue;
                        }
                        another |= ours && document.get("DeviceID").is_some_and(|device| device != about);
                        collector.message(document, mono);
                        let (received, declared) = collector.counts();
                        (self.progress)(received, declared);
                    }
                }
                changed = self.state.changed() => {
                    if changed.is_err() || matches!(*self.state.borrow_and_update(), PeerState::Lost(_) | PeerState::Refused(_)) {
                        collected.lost = true;
                        break QueryEnd::Interrupted;
                    }
                    // Nothing of it will come from where it no longer is.
                    if collector.counts().0 == 0 && peer.now().is_some_and(|now| now != peer.hop) {
                        break QueryEnd::Silent;
                    }
                }
                () = sleep_until(self.clock.instant(until).into()) => (),
                () = self.stop.stopped() => break QueryEnd::Interrupted,
            }
        };
        collected.queries.push(Query { sn, before, sent, end: Query::end_word(end), about: about.to_owned(), poll });
        let whole = collector.progress(self.clock.mono()) == Progress::Whole;
        let (received, declared) = collector.counts();
        let ignored = !about.is_empty() && (another || (received > 0 && declared == collected.declared));
        if about.is_empty() && !poll {
            collected.declared = collected.declared.max(declared);
        }
        Went { end, whole, nothing: received == 0, broken, ignored }
    }

    fn is_over(&self, collected: &Collected) -> bool {
        collected.lost || self.stop.is_stopped()
    }
}

/// Collects the catalogue: one full query, and one more if it came short or `twice` is asked for; one that
/// was refused for now, or taken and forgotten, does not count, once.
pub async fn catalog(line: &mut Line<'_>, peer: &Peer, twice: bool) -> Collected {
    let mut collected = Collected::default();
    let mut peer = peer.clone();
    let (mut rounds, mut moves, mut repeats) = (0, 0, 0);
    let mut pause = SPACING;
    loop {
        if rounds + moves + repeats > 0 {
            tokio::time::sleep(pause).await;
        }
        let went = line.ask(&peer, "", false, &mut collected).await;
        if line.is_over(&collected) {
            break;
        }
        // A platform that has moved meanwhile was never asked: that is no second query.
        if went.nothing
            && went.end == QueryEnd::Silent
            && moves < MAX_MOVES
            && let Some(hop) = moved(&peer, went.broken, line.state, line.stop).await
        {
            (peer.hop, peer.local) = (hop, line.endpoint.local(hop));
            collected.unreachable = false;
            moves += 1;
            continue;
        }
        // A platform that starts up or is overloaded may answer later; one that took the query and forgot it, the next.
        let is_busy = matches!(went.end, QueryEnd::Refused(408 | 480 | 486 | 500..=599));
        let is_forgotten = went.end == QueryEnd::Silent && !collected.unreachable;
        if is_busy || is_forgotten {
            repeats += 1;
        } else {
            rounds += 1;
        }
        let is_over = !(is_busy || is_forgotten || went.end == QueryEnd::Answered);
        if (went.whole && !twice) || is_over || repeats >= 2 || rounds >= 2 {
            break;
        }
        pause = if is_busy { BUSY_PAUSE } else { SPACING };
    }
    collected
}

/// Asks about branches, one after the other. A platform that answers none of the first few, or sends the whole list
/// whatever is asked, is left alone.
pub async fn branches(line: &mut Line<'_>, peer: &Peer, codes: &[String], collected: &mut Collected) {
    let mut vain = 0;
    for code in codes {
        tokio::time::sleep(SPACING).await;
        if line.is_over(collected) || vain >= MAX_VAIN {
            return;
        }
        let mut peer = peer.clone();
        if let Some(hop) = peer.now() {
            (peer.hop, peer.local) = (hop, line.endpoint.local(hop));
        }
        let went = line.ask(&peer, code, false, collected).await;
        let in_vain = went.nothing || went.end != QueryEnd::Answered || went.ignored;
        vain = if in_vain { vain + 1 } else { 0 };
    }
}

/// The whole catalogue once more, to be compared with the first.
pub async fn poll(line: &mut Line<'_>, peer: &Peer, collected: &mut Collected) {
    tokio::time::sleep(SPACING).await;
    if !line.is_over(collected) {
        line.ask(peer, "", true, collected).await;
    }
}

/// Asks recorders how many channels they have. Those that do not answer are not waited for one after the other.
pub async fn channels(line: &mut Line<'_>, peer: &Peer, codes: &[String], collected: &mut Collected) -> Vec<Channels> {
    let (mut told, mut vain) = (Vec::new(), 0);
    for code in codes {
        tokio::time::sleep(SPACING).await;
        if line.is_over(collected) || vain >= MAX_VAIN {
            break;
        }
        let sn = fresh_sn();
        collected.small_queries += 1;
        let body = command::query(line.dialect, "DeviceInfo", sn, code);
        let asking = peer.message(line.endpoint, MANSCDP, body, SMALL_ANSWER);
        tokio::pin!(asking);
        let until = Instant::now() + SMALL_ANSWER;
        let mut asked = false;
        let sent = loop {
            tokio::select! {
                answer = &mut asking, if !asked => {
                    asked = true;
                    if !matches!(answer, Ok(Answer::Final(response)) if response.code().is_some_and(|code| code < 300)) {
                        break None;
                    }
                }
                inbound = line.inbox.recv() => {
                    let Some(inbound) = inbound else { break None };
                    let answer = collected.hear(inbound).filter(|d| d.command() == "DeviceInfo" && d.sn() == Some(u64::from(sn)));
                    if let Some(document) = answer {
                        break Some(document.get("Channel").unwrap_or_default().to_owned());
                    }
                }
                () = sleep_until(until) => break None,
                () = line.stop.stopped() => break None,
            }
        };
        vain = if sent.is_none() { vain + 1 } else { 0 };
        told.push(Channels { device_id: code.clone(), sent });
    }
    told
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
fn read(
    inbound: Inbound,
    usual: &mut Option<Charset>,
    ways: &mut Vec<Way>,
    blocks: &mut Blocks,
) -> Option<(Document, Message, u64)> {
    let mut body = inbound.body.to_vec();
    let masked = mask_passwords(&mut body) as u64;
    let decoded = charset::decode(&body, None, None);
    if decoded.certainty == Certainty::Sure {
        *usual = Some(decoded.charset);
    }
    let document = Document::parse(&body, *usual).ok()?;
    let way = Way::place(ways, inbound.hop.transport(), &inbound.hop.peer.to_string());
    let body = blocks.keep(&body);
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

    /// Reads a body, and keeps it if it is about the catalogue. Nothing comes back of what cannot be read or kept.
    fn hear(&mut self, inbound: Inbound) -> Option<Document> {
        let (document, message, masked) = read(inbound, &mut self.usual, &mut self.ways, &mut self.blocks)?;
        let about_catalogue = is_catalog(&document) || is_notice(&document);
        (!about_catalogue || self.keep(message, masked)).then_some(document)
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
                let Some(document) = collected.hear(inbound) else { continue };
                let is_answer = |s: &mut Small| s.command == document.command() && document.sn() == Some(u64::from(s.sn));
                if let Some(small) = open.take_if(is_answer) {
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
pub(super) fn fresh_sn() -> u32 {
    let number = u32::from_be_bytes(random());
    (number & 0x7FFF_FFFF).max(1)
}
