//! The four transaction state machines of RFC 3261 section 17 (INVITE with the corrections of RFC 6026).
//!
//! Pure: fed messages and moments, gives actions. Knows no sockets; a [`Hop`] is only a name for "this way
//! to that peer". What a peer may make us hold is bounded by octets: past the limit the oldest finished
//! transactions are forgotten, which costs at most that a very late repeat is seen twice.

mod client;
mod server;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::message::{Message, Method};
use crate::base::clock::Mono;
use client::ClientTransaction;
use server::{ServerKey, ServerTransaction};

/// Round-trip estimate, RFC 3261 section 17.1.1.1.
pub const T1: Duration = Duration::from_millis(500);
/// Longest interval between repeats.
pub const T2: Duration = Duration::from_secs(4);
/// How long a message may linger in the network.
pub const T4: Duration = Duration::from_secs(5);
/// Timers B, D, F, H, J, M: 64 times T1.
pub const TIMEOUT: Duration = Duration::from_secs(32);
/// Octets of finished server transactions we keep to answer repeats with. At one kilobyte a transaction
/// that is the last 64,000 requests: four seconds of the heaviest intake we are built for.
pub const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;

/// One of our sockets, as named by `net`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// A UDP socket of ours.
    Udp(usize),
    /// A TCP connection.
    Stream(u64),
    /// A connection over TLS.
    Secure(u64),
}

/// The way to a peer: which socket, which address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hop {
    /// Our socket.
    pub link: Link,
    /// The peer's address.
    pub peer: SocketAddr,
}

impl Hop {
    /// Whether the transport delivers by itself, so that nothing is repeated.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        matches!(self.link, Link::Stream(_) | Link::Secure(_))
    }

    /// The transport, as in Via and in results.
    #[must_use]
    pub const fn transport(self) -> &'static str {
        match self.link {
            Link::Udp(_) => "UDP",
            Link::Stream(_) => "TCP",
            Link::Secure(_) => "TLS",
        }
    }
}

/// A request we sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u64);

impl ClientId {
    /// No request at all; ids count from 1.
    pub const NONE: Self = Self(0);
}

/// A request we received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(u64);

/// Why a request of ours got no final response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing came in time.
    Timeout,
    /// The connection broke.
    LinkLost,
}

/// What the layer wants done or known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Put these octets on the wire.
    Transmit {
        /// Which way.
        hop: Hop,
        /// The message.
        octets: Bytes,
    },
    /// A request that is not a repeat.
    Request {
        /// To respond with.
        id: ServerId,
        /// The request.
        message: Box<Message>,
        /// Where it came from.
        hop: Hop,
        /// For CANCEL: the INVITE it ends.
        cancels: Option<ServerId>,
    },
    /// The ACK of a 2xx of ours.
    Ack {
        /// The INVITE it acknowledges.
        id: ServerId,
        /// The ACK; may carry a body.
        message: Box<Message>,
    },
    /// A response to a request of ours.
    Response {
        /// The request.
        id: ClientId,
        /// The response.
        message: Box<Message>,
        /// A final response seen before (the 200 of an INVITE, sent again).
        repeated: bool,
    },
    /// A request of ours failed.
    Failed {
        /// The request.
        id: ClientId,
        /// Why.
        failure: Failure,
    },
    /// A response that belongs to nothing of ours.
    Stray {
        /// The response.
        message: Box<Message>,
        /// Where it came from.
        hop: Hop,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    ClientRepeat(ClientId),
    ClientEnd(ClientId),
    ServerRepeat(ServerId),
    ServerEnd(ServerId),
}

/// All transactions of one endpoint.
#[derive(Debug, Default)]
pub struct Transactions {
    next_id: u64,
    clients: HashMap<ClientId, ClientTransaction>,
    /// Branch and method of a request of ours.
    by_branch: HashMap<(String, Method), ClientId>,
    /// The same by Call-ID, number and method, for peers that change the Via.
    by_call: HashMap<(String, u32, Method), ClientId>,
    servers: HashMap<ServerId, ServerTransaction>,
    by_key: HashMap<ServerKey, ServerId>,
    /// INVITEs by Call-ID and number: the ACK of a 2xx has a branch of its own.
    invites: HashMap<(String, u32), ServerId>,
    /// Finished non-INVITE transactions in the order they end (Timer J), cheaper than a timer each.
    finished: VecDeque<(Mono, ServerId)>,
    held_bytes: usize,
    forgotten: u64,
    timers: BTreeSet<(Mono, Timer)>,
    actions: VecDeque<Action>,
}

impl Transactions {
    /// The next thing to do; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Answered requests that had to go before their time, since this was asked last: repeats of them are handled anew.
    pub const fn take_forgotten(&mut self) -> u64 {
        std::mem::replace(&mut self.forgotten, 0)
    }

    /// Whether there are such.
    #[must_use]
    pub const fn has_forgotten(&self) -> bool {
        self.forgotten > 0
    }

    /// When [`Self::tick`] has to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Mono> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let finished = self.finished.front().map(|(at, _)| *at);
        match (timer, finished) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Mono) {
        while let Some((at, id)) = self.finished.front().copied() {
            if at > now {
                break;
            }
            self.finished.pop_front();
            self.forget_server(id);
        }
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, timer));
            match timer {
                Timer::ClientRepeat(id) => self.client_repeat(id, now),
                Timer::ClientEnd(id) => self.client_end(id),
                Timer::ServerRepeat(id) => self.server_repeat(id, now),
                Timer::ServerEnd(id) => self.forget_server(id),
            }
        }
    }

    /// Takes a message that arrived.
    pub fn receive(&mut self, message: Box<Message>, hop: Hop, now: Mono) {
        if message.method().is_some() {
            self.receive_request(message, hop, now);
        } else {
            self.receive_response(message, hop, now);
        }
    }

    /// A connection broke: what was asked over it fails, what was to be answered over it is forgotten.
    pub fn link_lost(&mut self, link: Link) {
        let lost = self.clients.iter().filter(|(_, t)| t.hop().link == link).map(|(id, _)| *id);
        let mut lost: Vec<_> = lost.collect();
        lost.sort_unstable();
        for id in lost {
            let Some(transaction) = self.clients.get(&id) else { continue };
            let (open, invite) = (transaction.is_open(), transaction.is_invite());
            if open {
                self.actions.push_back(Action::Failed { id, failure: Failure::LinkLost });
            }
            // A platform may answer an INVITE over its next connection: that answer has to be ended too.
            if !invite {
                self.forget_client(id);
            }
        }
        let unanswered = self.servers.iter().filter(|(_, t)| t.hop().link == link).map(|(id, _)| *id);
        for id in unanswered.collect::<Vec<_>>() {
            self.forget_server(id);
        }
    }

    /// Forgets a request of a peer's that nobody can take now: its repeat is a new one.
    pub fn forget(&mut self, id: ServerId) {
        self.forget_server(id);
    }

    /// Transactions in memory: ours, the peers'.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.clients.len(), self.servers.len())
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn transmit(&mut self, hop: Hop, octets: Bytes) {
        self.actions.push_back(Action::Transmit { hop, octets });
    }
}

#[cfg(test)]
mod tests;
