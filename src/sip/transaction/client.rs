//! Client transactions: INVITE (figure 5 of RFC 3261) and all others (figure 6).

use std::time::Duration;

use bytes::Bytes;

use super::{Action, ClientId, Failure, Hop, T1, T2, T4, TIMEOUT, Timer, Transactions};
use crate::base::clock::Mono;
use crate::base::oddity;
use crate::sip::builder::Builder;
use crate::sip::message::{Message, Method};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calling (INVITE) or Trying: nothing heard.
    Trying,
    /// A provisional response was heard.
    Proceeding,
    /// A 2xx to an INVITE: repeats of it are acknowledged again (RFC 6026).
    Accepted,
    /// A final response; repeats are swallowed (and acknowledged, for INVITE).
    Completed,
}

#[derive(Debug)]
pub(super) struct ClientTransaction {
    state: State,
    hop: Hop,
    method: Method,
    request: Bytes,
    branch: String,
    call: (String, u32),
    interval: Duration,
    repeat_at: Option<Mono>,
    end_at: Option<Mono>,
    /// ACKs by the To tag they acknowledge.
    acks: Vec<(String, Bytes)>,
}

impl ClientTransaction {
    pub(super) const fn hop(&self) -> Hop {
        self.hop
    }

    /// Whether somebody still waits for a final response.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }

    pub(super) const fn is_invite(&self) -> bool {
        matches!(self.method, Method::Invite)
    }
}

impl Transactions {
    /// Sends a request. It fails with [`Failure::Timeout`] when no final response came within `patience`
    /// (INVITE: no response at all; once one is provisional, whoever called decides).
    pub fn request(&mut self, octets: Bytes, hop: Hop, patience: Duration, now: Mono) -> ClientId {
        self.transmit(hop, octets.clone());
        let id = self.adopt(octets, hop, patience, now);
        if let Some(transaction) = self.clients.get_mut(&id) {
            transaction.state = State::Trying;
        }
        if !hop.is_reliable() {
            self.set_client_timer(id, Some(now.plus(T1)), Timer::ClientRepeat(id));
        }
        id
    }

    /// Waits for the answer to a request that another process sent. It fails with [`Failure::Timeout`] after `patience`.
    pub fn adopt(&mut self, octets: Bytes, hop: Hop, patience: Duration, now: Mono) -> ClientId {
        let id = ClientId(self.new_id());
        // Our own builder wrote it; what it lacks cannot be matched and would only time out.
        let (branch, call, method) = match Message::parse_datagram(&octets) {
            Ok(message) => {
                let branch = message.via().and_then(|v| v.branch().map(ToOwned::to_owned));
                let number = message.cseq().map_or(0, |c| c.number);
                let call_id = message.call_id().unwrap_or_default().to_owned();
                let method = message.method().cloned();
                (branch.unwrap_or_default(), (call_id, number), method.unwrap_or(Method::Options))
            }
            Err(_) => (String::new(), (String::new(), 0), Method::Options),
        };
        self.by_branch.insert((branch.clone(), method.clone()), id);
        self.by_call.insert((call.0.clone(), call.1, method.clone()), id);
        let transaction = ClientTransaction {
            state: State::Proceeding,
            hop,
            method,
            request: octets,
            branch,
            call,
            interval: T1,
            repeat_at: None,
            end_at: None,
            acks: Vec::new(),
        };
        self.clients.insert(id, transaction);
        self.set_client_timer(id, Some(now.plus(patience)), Timer::ClientEnd(id));
        id
    }

    /// Sends the ACK of a 2xx and keeps it for repeats of that 2xx.
    pub fn acknowledge(&mut self, id: ClientId, to_tag: &str, ack: Bytes) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        transaction.acks.retain(|(tag, _)| tag != to_tag);
        transaction.acks.push((to_tag.to_owned(), ack.clone()));
        let hop = transaction.hop;
        self.transmit(hop, ack);
    }

    /// An INVITE that was cancelled ends by itself within `patience` even if no 487 comes.
    pub fn expect_end(&mut self, id: ClientId, patience: Duration, now: Mono) {
        if self.clients.get(&id).is_some_and(ClientTransaction::is_open) {
            self.set_client_timer(id, Some(now.plus(patience)), Timer::ClientEnd(id));
        }
    }

    pub(super) fn receive_response(&mut self, mut message: Box<Message>, hop: Hop, now: Mono) {
        let Some(id) = self.match_response(&mut message) else {
            self.actions.push_back(Action::Stray { message, hop });
            return;
        };
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        let code = message.code().unwrap_or_default();
        let invite = transaction.is_invite();
        let tag = message.to().and_then(|to| to.tag().map(ToOwned::to_owned)).unwrap_or_default();
        match (transaction.state, code) {
            (State::Trying | State::Proceeding, 100..=199) => {
                transaction.state = State::Proceeding;
                if invite {
                    // Heard: no repeats, and no timeout but the caller's.
                    self.set_client_timer(id, None, Timer::ClientRepeat(id));
                    self.set_client_timer(id, None, Timer::ClientEnd(id));
                }
                self.actions.push_back(Action::Response { id, message, repeated: false });
            }
            (State::Trying | State::Proceeding, 200..=299) if invite => {
                transaction.state = State::Accepted;
                if transaction.hop.link != hop.link {
                    transaction.hop = hop;
                }
                self.set_client_timer(id, None, Timer::ClientRepeat(id));
                self.set_client_timer(id, Some(now.plus(TIMEOUT)), Timer::ClientEnd(id));
                self.actions.push_back(Action::Response { id, message, repeated: false });
            }
            (State::Accepted, 200..=299) => {
                let hop = transaction.hop;
                let known = transaction.acks.iter().find(|(t, _)| *t == tag).map(|(_, ack)| ack.clone());
                let repeated = known.is_some();
                if let Some(ack) = known {
                    self.transmit(hop, ack);
                }
                self.actions.push_back(Action::Response { id, message, repeated });
            }
            (State::Trying | State::Proceeding, _) => {
                transaction.state = State::Completed;
                let hop = transaction.hop;
                let (linger, ack) = if invite { (TIMEOUT, ack_for_failure(&transaction.request, &message)) } else { (T4, None) };
                if let Some(ack) = &ack {
                    transaction.acks.push((String::new(), ack.clone()));
                }
                self.set_client_timer(id, None, Timer::ClientRepeat(id));
                if let Some(ack) = ack {
                    self.transmit(hop, ack);
                }
                if hop.is_reliable() {
                    self.forget_client(id);
                } else {
                    self.set_client_timer(id, Some(now.plus(linger)), Timer::ClientEnd(id));
                }
                self.actions.push_back(Action::Response { id, message, repeated: false });
            }
            (State::Completed, 300..) => {
                let hop = transaction.hop;
                if let Some((_, ack)) = transaction.acks.first().cloned() {
                    self.transmit(hop, ack);
                }
            }
            _ => (),
        }
    }

    fn match_response(&self, message: &mut Message) -> Option<ClientId> {
        let cseq = message.cseq()?;
        let branch = message.via().and_then(|v| v.branch().map(ToOwned::to_owned)).unwrap_or_default();
        if let Some(id) = self.by_branch.get(&(branch.clone(), cseq.method.clone())) {
            return Some(*id);
        }
        let call_id = message.call_id()?.to_owned();
        let id = self.by_call.get(&(call_id, cseq.number, cseq.method)).copied()?;
        message.oddities.push(oddity::RESPONSE_VIA_CHANGED.at(branch));
        Some(id)
    }

    pub(super) fn client_repeat(&mut self, id: ClientId, now: Mono) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        transaction.repeat_at = None;
        transaction.interval = match (transaction.is_invite(), transaction.state) {
            (true, _) => transaction.interval * 2,
            (false, State::Trying) => (transaction.interval * 2).min(T2),
            (false, _) => T2,
        };
        let (hop, octets, next) = (transaction.hop, transaction.request.clone(), transaction.interval);
        self.transmit(hop, octets);
        self.set_client_timer(id, Some(now.plus(next)), Timer::ClientRepeat(id));
    }

    pub(super) fn client_end(&mut self, id: ClientId) {
        if self.clients.get(&id).is_some_and(ClientTransaction::is_open) {
            self.actions.push_back(Action::Failed { id, failure: Failure::Timeout });
        }
        self.forget_client(id);
    }

    pub(super) fn forget_client(&mut self, id: ClientId) {
        self.set_client_timer(id, None, Timer::ClientRepeat(id));
        self.set_client_timer(id, None, Timer::ClientEnd(id));
        let Some(transaction) = self.clients.remove(&id) else { return };
        let ClientTransaction { method, branch, call, .. } = transaction;
        self.by_branch.remove(&(branch, method.clone()));
        self.by_call.remove(&(call.0, call.1, method));
    }

    fn set_client_timer(&mut self, id: ClientId, at: Option<Mono>, timer: Timer) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        let slot = match timer {
            Timer::ClientRepeat(_) => &mut transaction.repeat_at,
            _ => &mut transaction.end_at,
        };
        if let Some(old) = std::mem::replace(slot, at) {
            self.timers.remove(&(old, timer));
        }
        if let Some(at) = at {
            self.timers.insert((at, timer));
        }
    }
}

/// The ACK of a refusal belongs to the transaction: same branch, To from the response (section 17.1.1.3).
fn ack_for_failure(request: &Bytes, response: &Message) -> Option<Bytes> {
    let request = Message::parse_datagram(request).ok()?;
    let crate::sip::message::Start::Request { uri, .. } = &request.start else { return None };
    let number = request.cseq()?.number;
    let mut ack = Builder::request("ACK", uri)
        .header("Via", request.header_values("via").first()?)
        .header("From", request.header("from")?)
        .header("To", response.header("to").or_else(|| request.header("to"))?)
        .header("Call-ID", request.call_id()?)
        .header("CSeq", &format!("{number} ACK"))
        .header("Max-Forwards", "70");
    for route in request.header_values("route") {
        ack = ack.header("Route", route);
    }
    Some(ack.build())
}
