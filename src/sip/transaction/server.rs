//! Server transactions: INVITE (figure 7 of RFC 3261) and all others (figure 8).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::Bytes;

use super::{Action, Hop, MAX_HELD_BYTES, ServerId, T1, T2, T4, TIMEOUT, Timer, Transactions};
use crate::base::clock::Mono;
use crate::base::oddity;
use crate::sip::header::via::COOKIE;
use crate::sip::message::{Message, Method};

/// What makes two requests the same one: the branch as RFC 3261 section 17.2.3 says, and, because devices
/// reuse branches, Call-ID, number, method, sender and what the body says. A real repeat is equal in all of
/// them; a new message under an old branch is not lost.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ServerKey {
    branch: String,
    call_id: String,
    number: u32,
    method: Method,
    content: u64,
}

impl ServerKey {
    fn of(message: &Message, method: Method) -> Self {
        let via = message.via();
        let branch = via.as_ref().map(|v| {
            let branch = v.branch().unwrap_or_default();
            format!("{branch}|{}", v.sent_by())
        });
        let mut hasher = DefaultHasher::new();
        if method != Method::Invite {
            message.body.hash(&mut hasher);
        }
        message.from().and_then(|f| f.tag().map(ToOwned::to_owned)).hash(&mut hasher);
        Self {
            branch: branch.unwrap_or_default(),
            call_id: message.call_id().unwrap_or_default().to_owned(),
            number: message.cseq().map_or(0, |c| c.number),
            method,
            content: hasher.finish(),
        }
    }

    fn held_bytes(&self) -> usize {
        // Two copies of the key stand in the tables; 200 octets for the tables themselves.
        2 * (self.branch.len() + self.call_id.len()) + 200
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing final was said yet.
    Proceeding,
    /// A 2xx to an INVITE, repeated until the ACK.
    Accepted,
    /// A final response, sent again to every repeat (INVITE: repeated until the ACK).
    Completed,
    /// The ACK of a refusal came.
    Confirmed,
}

#[derive(Debug)]
pub(super) struct ServerTransaction {
    state: State,
    key: ServerKey,
    hop: Hop,
    response: Bytes,
    interval: Duration,
    repeat_at: Option<Mono>,
    end_at: Option<Mono>,
    held_bytes: usize,
}

impl ServerTransaction {
    pub(super) const fn hop(&self) -> Hop {
        self.hop
    }

    const fn is_invite(&self) -> bool {
        matches!(self.key.method, Method::Invite)
    }
}

impl Transactions {
    pub(super) fn receive_request(&mut self, mut message: Box<Message>, hop: Hop, now: Mono) {
        let Some(method) = message.method().cloned() else { return };
        if method == Method::Ack {
            self.receive_ack(message);
            return;
        }
        let key = ServerKey::of(&message, method.clone());
        if let Some(transaction) = self.by_key.get(&key).and_then(|id| self.servers.get(id)) {
            // A repeat: answered again if there is an answer, never handled twice.
            if !transaction.response.is_empty() {
                let (hop, octets) = (transaction.hop, transaction.response.clone());
                self.transmit(hop, octets);
            }
            return;
        }
        if let Some(branch) = message.via().as_ref().and_then(|v| v.branch())
            && !branch.starts_with(COOKIE)
        {
            message.oddities.push(oddity::BRANCH_WITHOUT_COOKIE.at(crate::base::text::excerpt(branch, 120)));
        }
        let cancels = (method == Method::Cancel).then(|| self.invite_of(&key)).flatten();
        let id = ServerId(self.new_id());
        if method == Method::Invite {
            self.invites.insert((key.call_id.clone(), key.number), id);
        }
        self.by_key.insert(key.clone(), id);
        let held_bytes = key.held_bytes();
        self.held_bytes += held_bytes;
        let transaction = ServerTransaction {
            state: State::Proceeding,
            key,
            hop,
            response: Bytes::new(),
            interval: T1,
            repeat_at: None,
            end_at: None,
            held_bytes,
        };
        self.servers.insert(id, transaction);
        // Whoever forgets to respond holds this for ever; INVITE callers wait as long as we let them.
        let patience = if method == Method::Invite { 3 * TIMEOUT } else { TIMEOUT };
        self.set_server_timer(id, Some(now.plus(patience)), Timer::ServerEnd(id));
        self.actions.push_back(Action::Request { id, message, hop, cancels });
    }

    fn invite_of(&self, cancel: &ServerKey) -> Option<ServerId> {
        self.invites.get(&(cancel.call_id.clone(), cancel.number)).copied()
    }

    fn receive_ack(&mut self, message: Box<Message>) {
        let number = message.cseq().map_or(0, |c| c.number);
        let call = (message.call_id().unwrap_or_default().to_owned(), number);
        let Some(id) = self.invites.get(&call).copied() else { return };
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        match transaction.state {
            State::Completed => {
                transaction.state = State::Confirmed;
                // Late copies of the ACK are swallowed until the transaction ends by itself.
                self.set_server_timer(id, None, Timer::ServerRepeat(id));
            }
            State::Accepted => {
                self.set_server_timer(id, None, Timer::ServerRepeat(id));
                self.actions.push_back(Action::Ack { id, message });
            }
            State::Proceeding | State::Confirmed => (),
        }
    }

    /// Sends a response of ours and keeps it for repeats of the request.
    pub fn respond(&mut self, id: ServerId, code: u16, octets: Bytes, now: Mono) {
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        if transaction.state != State::Proceeding {
            return;
        }
        let hop = transaction.hop;
        let invite = transaction.is_invite();
        self.held_bytes = self.held_bytes + octets.len() - transaction.response.len();
        transaction.held_bytes = transaction.held_bytes + octets.len() - transaction.response.len();
        transaction.response = octets.clone();
        self.transmit(hop, octets);
        if code < 200 {
            return;
        }
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        if !invite {
            transaction.state = State::Completed;
            self.set_server_timer(id, None, Timer::ServerEnd(id));
            if hop.is_reliable() {
                self.forget_server(id);
            } else {
                self.finished.push_back((now.plus(TIMEOUT), id));
                self.enforce_limit();
            }
            return;
        }
        transaction.state = if code < 300 { State::Accepted } else { State::Completed };
        if code < 300 || !hop.is_reliable() {
            self.set_server_timer(id, Some(now.plus(T1)), Timer::ServerRepeat(id));
        }
        self.set_server_timer(id, Some(now.plus(TIMEOUT + T4)), Timer::ServerEnd(id));
    }

    fn enforce_limit(&mut self) {
        while self.held_bytes > MAX_HELD_BYTES {
            let Some((_, oldest)) = self.finished.pop_front() else { return };
            self.forget_server(oldest);
            self.forgotten += 1;
        }
    }

    pub(super) fn server_repeat(&mut self, id: ServerId, now: Mono) {
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        transaction.repeat_at = None;
        transaction.interval = (transaction.interval * 2).min(T2);
        let (hop, octets, next) = (transaction.hop, transaction.response.clone(), transaction.interval);
        self.transmit(hop, octets);
        self.set_server_timer(id, Some(now.plus(next)), Timer::ServerRepeat(id));
    }

    pub(super) fn forget_server(&mut self, id: ServerId) {
        self.set_server_timer(id, None, Timer::ServerRepeat(id));
        self.set_server_timer(id, None, Timer::ServerEnd(id));
        let Some(transaction) = self.servers.remove(&id) else { return };
        self.held_bytes = self.held_bytes.saturating_sub(transaction.held_bytes);
        if transaction.is_invite() {
            self.invites.remove(&(transaction.key.call_id.clone(), transaction.key.number));
        }
        self.by_key.remove(&transaction.key);
    }

    fn set_server_timer(&mut self, id: ServerId, at: Option<Mono>, timer: Timer) {
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        let slot = match timer {
            Timer::ServerRepeat(_) => &mut transaction.repeat_at,
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
