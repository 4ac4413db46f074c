//! Asks a platform for its catalogue, follows the answer, and asks once more where it came short.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;

use super::hub::{Inbound, PeerState};
use crate::base::charset::{self, Certainty, Charset};
use crate::base::clock::{Clock as _, SystemClock};
use crate::catalog::assemble::QueryEnd;
use crate::catalog::collect::{Collector, Progress};
use crate::catalog::import::is_catalog;
use crate::evidence::{MAX_MESSAGE_BYTES, Message, Query};
use crate::manscdp::command::{self, Dialect};
use crate::manscdp::document::Document;
use crate::manscdp::mask::mask_passwords;
use crate::net::endpoint::Endpoint;
use crate::net::peer::{Answer, Peer};
use crate::net::{Stop, random};
use crate::sip::builder::MANSCDP;
use crate::sip::transaction::TIMEOUT;

/// Between two queries to one platform.
pub const SPACING: Duration = Duration::from_millis(200);
/// How long the answer to a small query may take.
const SMALL_ANSWER: Duration = Duration::from_secs(5);

/// What collecting brought.
#[derive(Debug, Default)]
pub struct Collected {
    /// The queries.
    pub queries: Vec<Query>,
    /// The bodies, passwords masked.
    pub messages: Vec<Message>,
    /// Passwords masked.
    pub masked: u64,
    /// Octets of the bodies.
    bytes: u64,
    /// The platform was lost while it answered.
    pub lost: bool,
    /// The query was never answered on the SIP level: the address may be an old one.
    pub unreachable: bool,
}

/// Tells how far it is: distinct items, and the declared total.
pub type OnProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// Collects the catalogue: one full query, and one more if it came short.
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
    for round in 0..2 {
        if round > 0 {
            tokio::time::sleep(SPACING).await;
        }
        let sn = fresh_sn();
        let earlier = collected.queries.iter().map(|q| u64::from(q.sn)).collect();
        let before = collected.messages.len() as u64;
        let sent = clock.wall().micros();
        // The collector is there before the query is sent: an answer may overtake our reading of the 200.
        let mut collector = Collector::new(sn, earlier, clock.mono());
        let body = command::query(dialect, "Catalog", sn, &peer.party.id);
        let asking = peer.message(endpoint, MANSCDP, body, TIMEOUT);
        tokio::pin!(asking);
        let mut asked = false;
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
                            collected.unreachable = true;
                            break QueryEnd::Silent;
                        }
                        Ok(Answer::Failed(_)) | Err(_) => (),
                    }
                }
                inbound = inbox.recv() => {
                    let Some(inbound) = inbound else { break QueryEnd::Interrupted };
                    take(inbound, &mut collected, &mut collector, &mut usual);
                    let (received, declared) = collector.counts();
                    progress(received, declared);
                }
                changed = state.changed() => {
                    if changed.is_err() || matches!(*state.borrow_and_update(), PeerState::Lost(_) | PeerState::Refused(_)) {
                        collected.lost = true;
                        break QueryEnd::Interrupted;
                    }
                }
                () = sleep_until(clock.instant(until).into()) => (),
                () = stop.stopped() => break QueryEnd::Interrupted,
            }
        };
        collected.queries.push(Query { sn, before, sent, end: Query::end_word(end) });
        let whole = collector.progress(clock.mono()) == Progress::Whole;
        if whole || end != QueryEnd::Answered || collected.lost || stop.is_stopped() {
            break;
        }
    }
    collected
}

/// Takes one body: masked before it is kept, and given to the collector if it is a catalogue answer.
fn take(inbound: Inbound, collected: &mut Collected, collector: &mut Collector, usual: &mut Option<Charset>) {
    let mut body = inbound.body.to_vec();
    let masked = mask_passwords(&mut body);
    let decoded = charset::decode(&body, None, None);
    if decoded.certainty == Certainty::Sure {
        *usual = Some(decoded.charset);
    }
    let Ok(document) = Document::parse(&body, *usual) else { return };
    if !is_catalog(&document) {
        return;
    }
    // Past the limit the answer comes short, and is reported as that.
    collected.bytes += body.len() as u64;
    if collected.bytes > MAX_MESSAGE_BYTES {
        return;
    }
    collector.message(document, inbound.mono);
    collected.masked += masked as u64;
    collected.messages.push(Message { at: inbound.at, call_id: inbound.call_id, body });
}

/// Asks a small question (`DeviceInfo`, `DeviceStatus`); no answer in time means it is not supported.
pub async fn small(
    endpoint: &Endpoint,
    peer: &Peer,
    inbox: &mut mpsc::Receiver<Inbound>,
    command_type: &str,
    dialect: Dialect,
    clock: &Arc<SystemClock>,
) -> Option<Document> {
    let sn = fresh_sn();
    let body = command::query(dialect, command_type, sn, &peer.party.id);
    let deadline = clock.instant(clock.mono().plus(SMALL_ANSWER));
    let asking = peer.message(endpoint, MANSCDP, body, SMALL_ANSWER);
    tokio::pin!(asking);
    let mut asked = false;
    loop {
        tokio::select! {
            answer = &mut asking, if !asked => {
                asked = true;
                match answer {
                    Ok(Answer::Final(response)) if response.code() == Some(200) => (),
                    _ => return None,
                }
            }
            inbound = inbox.recv() => {
                let document = Document::parse(&inbound?.body, None).ok()?;
                if document.command() == command_type && document.sn() == Some(u64::from(sn)) {
                    return Some(document);
                }
            }
            () = sleep_until(deadline.into()) => return None,
        }
    }
}

/// A number for a query: random, so that an answer to somebody else's is not taken for ours.
fn fresh_sn() -> u32 {
    let number = u32::from_be_bytes(random());
    (number & 0x7FFF_FFFF).max(1)
}
