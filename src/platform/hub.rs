//! Answers what comes in, and tells each platform's state: the one task that reads the endpoint's events.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::lines::{Line, Lines};
use super::registrant::{self, MAX_SKEW, REGISTRATION, Told, skew_seconds, skewed};
use super::registrar::{Change, Registrar, Registration, Standing};
use super::{PlatformSetting, Role};
use crate::base::clock::{Clock as _, Mono, SystemClock};
use crate::base::oddity::Oddities;
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::evidence::heard::{Heard, HeardKind, MAX_HEARD};
use crate::manscdp::command::{self, Dialect};
use crate::manscdp::document::Document;
use crate::net::endpoint::{ALLOW, Endpoint, Event, Incoming};
use crate::net::peer::{self, Answer, Peer, Whereabouts};
use crate::net::{Stop, random, random_name};
use crate::probe::outcome::ends::PeerClock;
use crate::sip::builder::MANSCDP;
use crate::sip::dialog::Dialog;
use crate::sip::message::{Message, Method};
use crate::sip::transaction::Hop;

/// Bodies received and not yet looked at, a platform; then senders are told 503 and nothing is lost silently.
pub const INBOX: usize = 65_536;
/// The same in octets: thirty answers of the largest size.
pub const INBOX_BYTES: usize = 256 * 1024 * 1024;
/// How long unregistering may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Of the lines a run keeps, those about what anybody may send.
pub const MAX_HEARD_OF_ANYBODY: usize = MAX_HEARD / 2;
/// Late answers remembered as hung up, so that their copies are only acknowledged.
const MAX_LATE: usize = 4_096;
/// How long the answer to the BYE of a late answer may take.
const BYE_PATIENCE: Duration = Duration::from_secs(4);
/// How often silence is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// How a platform stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerState {
    /// Not heard of.
    Waiting,
    /// Registered.
    Online(Online),
    /// It was registered and is gone.
    Lost(String),
    /// It will not have us.
    Refused(String),
}

impl PeerState {
    /// The platform, if it is registered.
    #[must_use]
    pub const fn online(&self) -> Option<&Online> {
        match self {
            Self::Online(online) => Some(online),
            Self::Waiting | Self::Lost(_) | Self::Refused(_) => None,
        }
    }
}

/// A registered platform, as met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Online {
    /// Where it is.
    pub hop: Hop,
    /// What it calls itself.
    pub user_agent: String,
    /// Its `X-GB-Ver`.
    pub version: Option<String>,
    /// When its registration runs out.
    pub expires: Timestamp,
    /// Kept from an earlier run and not heard of since.
    pub restored: bool,
    /// There is a way to it: false between the loss of its connection and whatever it sends over the next.
    pub reachable: bool,
}

/// A body that came from a platform.
#[derive(Debug)]
pub struct Inbound {
    /// When.
    pub at: Timestamp,
    /// The same, monotonic.
    pub mono: Mono,
    /// Where it came from.
    pub hop: Hop,
    /// It came as NOTIFY.
    pub notify: bool,
    /// Its Call-ID.
    pub call_id: Arc<str>,
    /// Its octets.
    pub body: Bytes,
    /// Its part of the inbox.
    _room: Room,
}

/// Octets that wait in an inbox; given back when they are taken out.
#[derive(Debug)]
struct Room {
    bytes: usize,
    waiting: Arc<AtomicUsize>,
}

impl Room {
    fn take(waiting: &Arc<AtomicUsize>, bytes: usize) -> Self {
        waiting.fetch_add(bytes, Ordering::Relaxed);
        Self { bytes, waiting: waiting.clone() }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What everybody may look at.
#[derive(Debug)]
pub struct Hub {
    states: Vec<watch::Receiver<PeerState>>,
    inboxes: Mutex<Vec<Option<mpsc::Receiver<Inbound>>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    shared: Vec<Arc<Shared>>,
    registrants: Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

/// What the hub and those who work with a platform tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// When it last answered a request of ours, milliseconds.
    answered: AtomicU64,
    /// Octets in its inbox.
    waiting_bytes: Arc<AtomicUsize>,
    /// What was put up with in its SIP.
    oddities: Mutex<Oddities>,
    /// Answers to calls that were over.
    late: AtomicU64,
    /// Call-IDs of those whose BYE was answered.
    hung_up: Mutex<HashSet<String>>,
    /// Its clock, as its last registration said.
    clock: Mutex<Option<PeerClock>>,
}

struct Slot {
    setting: PlatformSetting,
    state: watch::Sender<PeerState>,
    inbox: mpsc::Sender<Inbound>,
    shared: Arc<Shared>,
    /// Where a superior is registered with.
    superior: Option<Hop>,
}

struct Task {
    endpoint: Endpoint,
    registrar: Registrar,
    /// Registrar number of a slot, for subordinates.
    numbers: Vec<Option<usize>>,
    slots: Vec<Slot>,
    heard: Arc<Mutex<Vec<Heard>>>,
    lines: Lines,
    /// Limits of ours that were said to be reached.
    limits: HashSet<HeardKind>,
    /// Lines kept about what anybody may send.
    kept: usize,
    /// Datagrams lost so far.
    datagrams_lost: u64,
    live: mpsc::Sender<Heard>,
    clock: Arc<SystemClock>,
    sn: u32,
    /// Late answers hung up.
    late: HashSet<(String, String)>,
}

impl Hub {
    /// Starts it. `restored` are registrations of earlier runs, or taken a moment ago, by platform; `live` is told everything
    /// as it happens.
    #[must_use]
    pub fn start(
        endpoint: Endpoint,
        events: mpsc::Receiver<Event>,
        platforms: Vec<PlatformSetting>,
        restored: Vec<Option<Registration>>,
        live: mpsc::Sender<Heard>,
        stop: Stop,
        clock: Arc<SystemClock>,
    ) -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let (mut states, mut inboxes, mut slots, mut numbers, mut subordinates) = (vec![], vec![], vec![], vec![], vec![]);
        let mut shared = Vec::new();
        let (told_sender, told) = mpsc::channel(256);
        let mut registrants = Vec::new();
        for (index, setting) in platforms.into_iter().enumerate() {
            let (state, watched) = watch::channel(PeerState::Waiting);
            let (inbox, received) = mpsc::channel(INBOX);
            states.push(watched);
            let ours = Arc::new(Shared::default());
            shared.push(ours.clone());
            inboxes.push(Some(received));
            match (setting.role, setting.address) {
                (Role::Superior, Some(address)) => {
                    numbers.push(None);
                    let (one, mut from_one) = mpsc::channel(16);
                    let all: mpsc::Sender<(usize, Told)> = told_sender.clone();
                    let run = registrant::run(endpoint.clone(), setting.clone(), address, one, stop.clone(), clock.clone());
                    registrants.push(tokio::spawn(run));
                    tokio::spawn(async move {
                        while let Some(told) = from_one.recv().await {
                            if all.send((index, told)).await.is_err() {
                                return;
                            }
                        }
                    });
                }
                _ => {
                    numbers.push(Some(subordinates.len()));
                    subordinates.push(setting.clone());
                }
            }
            slots.push(Slot { setting, state, inbox, shared: ours, superior: None });
        }
        let realm = endpoint.setting().party.domain.clone();
        let mut task = Task {
            registrar: Registrar::new(&realm, subordinates),
            endpoint,
            numbers,
            slots,
            heard: heard.clone(),
            lines: Lines::default(),
            limits: HashSet::new(),
            kept: 0,
            datagrams_lost: 0,
            live,
            clock,
            sn: 0,
            late: HashSet::new(),
        };
        for (index, registration) in restored.into_iter().enumerate() {
            if let Some(registration) = registration {
                task.restore(index, registration);
            }
        }
        task.know();
        tokio::spawn(task.run(events, told));
        Self { states, inboxes: Mutex::new(inboxes), heard, shared, registrants: Mutex::new(registrants) }
    }

    /// A platform's state, as it changes.
    #[must_use]
    pub fn state(&self, index: usize) -> Option<watch::Receiver<PeerState>> {
        self.states.get(index).cloned()
    }

    /// A platform's bodies; once.
    #[must_use]
    pub fn inbox(&self, index: usize) -> Option<mpsc::Receiver<Inbound>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index)?.take()
    }

    /// A platform answered a request of ours: it lives, keepalive or not.
    pub fn answered(&self, index: usize, now: Mono) {
        if let Some(shared) = self.shared.get(index) {
            shared.answered.fetch_max(now.millis_since(Mono::ZERO), Ordering::Relaxed);
        }
    }

    /// What was put up with in a platform's requests.
    #[must_use]
    pub fn oddities(&self, index: usize) -> Oddities {
        let shared = self.shared.get(index);
        shared.map(|s| s.oddities.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// Answers of a platform to calls that were over.
    #[must_use]
    pub fn late(&self, index: usize) -> u64 {
        self.shared.get(index).map_or(0, |shared| shared.late.load(Ordering::Relaxed))
    }

    /// Whether a platform answered a call that was over, and then our BYE.
    #[must_use]
    pub fn has_hung_up(&self, index: usize, call_id: &str) -> bool {
        let shared = self.shared.get(index);
        shared.is_some_and(|s| s.hung_up.lock().unwrap_or_else(PoisonError::into_inner).contains(call_id))
    }

    /// A platform's clock, as its last registration said.
    #[must_use]
    pub fn clock(&self, index: usize) -> Option<PeerClock> {
        self.shared.get(index)?.clock.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything heard so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// After the stop: waits until superiors have been told that we leave.
    pub async fn farewell(&self) {
        let registrants = std::mem::take(&mut *self.registrants.lock().unwrap_or_else(PoisonError::into_inner));
        for registrant in registrants {
            let _ = tokio::time::timeout(FAREWELL, registrant).await;
        }
    }
}

impl Task {
    /// Runs as long as the endpoint: requests are answered to the end, a late BYE gets its 200.
    async fn run(mut self, mut events: mpsc::Receiver<Event>, mut told: mpsc::Receiver<(usize, Told)>) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.event(event).await,
                    None => return,
                },
                Some((index, told)) = told.recv() => self.told(index, told),
                _ = look.tick() => self.look(),
            }
        }
    }

    fn restore(&mut self, index: usize, registration: Registration) {
        let Some(number) = self.numbers.get(index).copied().flatten() else { return };
        let who = format!("{} {}", self.id(index), registration.hop.peer);
        self.set_state(
            index,
            PeerState::Online(Online {
                hop: registration.hop,
                user_agent: registration.user_agent.clone(),
                version: registration.version.clone(),
                expires: registration.expires_wall,
                restored: registration.kept,
                reachable: true,
            }),
        );
        let kind = if registration.kept { HeardKind::Restored } else { HeardKind::Registered };
        self.registrar.restore(number, registration);
        self.say(kind, who);
    }

    async fn event(&mut self, event: Event) {
        match event {
            Event::Request(incoming) => self.request(incoming).await,
            Event::Ack(_) => (),
            Event::Unasked(answer, hop) => self.unasked(&answer, hop).await,
            Event::Heard(kind, peer, detail) => self.say_of(kind, peer.ip(), None, detail),
            Event::LinkLost(link) => {
                for number in self.registrar.on_link(link) {
                    let Some(index) = self.index_of(number) else { continue };
                    if let Some(slot) = self.slots.get(index) {
                        slot.state.send_if_modified(|state| match state {
                            PeerState::Online(online) => std::mem::take(&mut online.reachable),
                            _ => false,
                        });
                    }
                    let id = self.id(index);
                    self.say(HeardKind::ConnectionLost, id);
                }
                let over = |s: &Slot| s.superior.is_some_and(|hop| hop.link == link);
                if let Some(index) = self.slots.iter().position(over) {
                    if let Some(slot) = self.slots.get_mut(index) {
                        slot.superior = None;
                    }
                    let id = self.id(index);
                    self.say(HeardKind::ConnectionLost, id.clone());
                    self.set_state(index, PeerState::Lost(id));
                }
            }
        }
    }

    /// A 2xx to a call that is over, perhaps one of a process that was killed: acknowledged each time, hung up once. Only a
    /// platform we work with can have been called.
    async fn unasked(&mut self, answer: &Message, hop: Hop) {
        let own = &self.endpoint.setting().party.id;
        let ours = answer.from().is_some_and(|from| from.uri.user == *own);
        let is_there = |slot: &Slot| slot.state.borrow().online().is_some_and(|online| online.hop.peer.ip() == hop.peer.ip());
        let (true, Some(index)) = (ours, self.slots.iter().position(is_there)) else { return };
        let Some(dialog) = Dialog::unasked(answer, hop.peer) else { return };
        let local = self.endpoint.local(hop);
        let _ = self.endpoint.transmit(dialog.ack(&local, &random_name()), hop).await;
        if self.late.len() >= MAX_LATE {
            self.late.clear();
        }
        if !self.late.insert((dialog.call_id().to_owned(), dialog.remote_tag().to_owned())) {
            return;
        }
        let Some(shared) = self.slots.get(index).map(|slot| slot.shared.clone()) else { return };
        shared.late.fetch_add(1, Ordering::Relaxed);
        let call_id = dialog.call_id().to_owned();
        let who = format!("{} {}", self.id(index), excerpt(dialog.call_id(), 40));
        self.say_of(HeardKind::LateAnswer, hop.peer.ip(), None, who);
        let endpoint = self.endpoint.clone();
        let bye = dialog.taken_over().request("BYE", &local, &random_name()).build();
        tokio::spawn(async move {
            let answered = matches!(endpoint.ask(bye, hop, BYE_PATIENCE).await, Ok(Answer::Final(_)));
            let mut hung_up = shared.hung_up.lock().unwrap_or_else(PoisonError::into_inner);
            if answered && hung_up.len() < MAX_LATE {
                hung_up.insert(call_id);
            }
        });
    }

    fn keep_clock(&self, index: usize, clock: PeerClock) {
        if let Some(slot) = self.slots.get(index) {
            *slot.shared.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock);
        }
    }

    fn told(&mut self, index: usize, told: Told) {
        match told {
            Told::Heard(kind, detail) => self.say(kind, detail),
            Told::Clock(clock) => self.keep_clock(index, clock),
            Told::Online { hop, user_agent, version } => {
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.superior = Some(hop);
                }
                let who = format!("{} {}", self.id(index), hop.peer);
                self.say(HeardKind::Registered, who);
                let expires = self.clock.wall().plus_seconds(3_600);
                self.set_state(
                    index,
                    PeerState::Online(Online { hop, user_agent, version, expires, restored: false, reachable: true }),
                );
            }
            Told::Lost(why) => {
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.superior = None;
                }
                self.say(HeardKind::Offline, why.clone());
                self.set_state(index, PeerState::Lost(why));
            }
            Told::Refused(why) => self.set_state(index, PeerState::Refused(why)),
        }
    }

    fn look(&mut self) {
        let lost = self.endpoint.datagrams_lost().unwrap_or_default();
        if lost > self.datagrams_lost {
            let own = IpAddr::from([0; 4]);
            self.say_of(HeardKind::DatagramsLost, own, None, format!("{lost}"));
            self.datagrams_lost = lost;
        }
        for (index, slot) in self.slots.iter().enumerate() {
            let answered = Mono::from_millis(slot.shared.answered.load(Ordering::Relaxed));
            if let Some(number) = self.numbers.get(index).copied().flatten() {
                self.registrar.seen(number, answered);
            }
        }
        for (number, who) in self.registrar.lost(self.clock.mono()) {
            self.say(HeardKind::Offline, who.clone());
            if let Some(index) = self.index_of(number) {
                self.set_state(index, PeerState::Lost(who));
            }
        }
    }

    async fn request(&mut self, incoming: Incoming) {
        let Some(method) = incoming.message.method().cloned() else { return };
        // Any request of a platform shows that it lives, not only its keepalives.
        self.registrar.seen_at(incoming.hop, self.clock.mono());
        match method {
            Method::Register => self.register(incoming).await,
            Method::Message | Method::Notify => self.message(incoming).await,
            Method::Options => self.answer(&incoming, 200, &[("Allow", ALLOW)]).await,
            Method::Info => self.answer(&incoming, 200, &[]).await,
            // Calls of ours are watched; what comes here belongs to none of them.
            Method::Bye => self.answer(&incoming, 481, &[]).await,
            Method::Cancel => {
                let code = if incoming.cancels.is_some() { 200 } else { 481 };
                self.answer(&incoming, code, &[]).await;
            }
            // We only ever ask for pictures.
            Method::Invite => self.answer(&incoming, 488, &[]).await,
            Method::Subscribe => self.answer(&incoming, 403, &[]).await,
            Method::Ack | Method::Other(_) => (),
        }
    }

    async fn register(&mut self, incoming: Incoming) {
        let (now, wall) = (self.clock.mono(), self.clock.wall());
        let reply = self.registrar.register(&incoming.message, incoming.hop, now, wall, random());
        let headers: Vec<(&str, &str)> = reply.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        self.answer(&incoming, reply.code, &headers).await;
        match reply.heard {
            Some((kind @ (HeardKind::Registered | HeardKind::Unregistered), detail)) => self.say(kind, detail),
            Some((kind, detail)) => {
                let platform = self.registrar.claims(&incoming.message);
                self.say_of(kind, incoming.hop.peer.ip(), platform, detail);
            }
            None => (),
        }
        // Of nobody in particular, so once a minute whoever came last.
        for (kind, detail) in self.registrar.take_forgotten() {
            self.say_of(kind, IpAddr::V4(Ipv4Addr::UNSPECIFIED), None, detail);
        }
        let Some((number, change)) = reply.change else { return };
        for (kind, detail) in reply.oddities {
            self.say_of(kind, incoming.hop.peer.ip(), Some(number), detail);
        }
        let Some(index) = self.index_of(number) else { return };
        let date = incoming.message.header("date");
        if let Some(clock) = date.and_then(|date| PeerClock::read(date, REGISTRATION, wall, None)) {
            self.keep_clock(index, clock);
        }
        let skew = date.and_then(|date| skew_seconds(date, wall));
        if let Some(skew) = skew.filter(|s| s.abs() > MAX_SKEW) {
            let detail = skewed(&self.id(index), skew);
            self.say_of(HeardKind::ClockSkew, incoming.hop.peer.ip(), Some(number), detail);
        }
        match (change, self.registrar.registration(number)) {
            (Change::Registered | Change::Refreshed, Some(r)) => {
                let online = Online {
                    hop: r.hop,
                    user_agent: r.user_agent.clone(),
                    version: r.version.clone(),
                    expires: r.expires_wall,
                    restored: false,
                    reachable: true,
                };
                self.set_state(index, PeerState::Online(online));
            }
            _ => {
                let id = self.id(index);
                self.set_state(index, PeerState::Lost(id));
            }
        }
    }

    async fn message(&mut self, incoming: Incoming) {
        let keepalive = is_keepalive(&incoming.message.body);
        let index = match self.standing(&incoming, keepalive) {
            Ok(index) => index,
            Err((code, kind, who)) => {
                let platform = self.registrar.claims(&incoming.message);
                self.say_of(kind, incoming.hop.peer.ip(), platform, who);
                self.answer(&incoming, code, &[]).await;
                return;
            }
        };
        if keepalive {
            self.answer(&incoming, 200, &[]).await;
            self.confirm(index);
            return;
        }
        if incoming.message.body.is_empty() {
            self.answer(&incoming, 200, &[]).await;
            return;
        }
        if is_query(&incoming.message.body) {
            self.answer(&incoming, 200, &[]).await;
            self.reply_to_query(index, &incoming);
            return;
        }
        let Some(slot) = self.slots.get(index) else { return };
        if !incoming.message.oddities.is_empty() {
            let mut oddities = slot.shared.oddities.lock().unwrap_or_else(PoisonError::into_inner);
            oddities.extend(incoming.message.oddities.iter().cloned());
        }
        let room = Room::take(&slot.shared.waiting_bytes, incoming.message.body.len());
        let inbound = Inbound {
            _room: room,
            at: self.clock.wall(),
            mono: self.clock.mono(),
            hop: incoming.hop,
            notify: incoming.message.method() == Some(&Method::Notify),
            call_id: incoming.message.call_id().unwrap_or_default().into(),
            body: incoming.message.body.clone(),
        };
        // 200 goes out before anything is parsed; what cannot be kept is not acknowledged.
        let kept = slot.shared.waiting_bytes.load(Ordering::Relaxed) <= INBOX_BYTES
            && !matches!(slot.inbox.try_send(inbound), Err(mpsc::error::TrySendError::Full(_)));
        self.answer(&incoming, if kept { 200 } else { 503 }, &[]).await;
        if !kept {
            let detail = format!("{} > {INBOX}, {} MiB", self.id(index), INBOX_BYTES / (1024 * 1024));
            self.say_of(HeardKind::InboxFull, incoming.hop.peer.ip(), Some(index), detail);
        }
        self.confirm(index);
    }

    /// Whose a MESSAGE is, or how it is refused.
    fn standing(&mut self, incoming: &Incoming, keepalive: bool) -> Result<usize, (u16, HeardKind, String)> {
        let by_way = || self.slots.iter().position(|s| s.superior == Some(incoming.hop));
        if let Some(index) = self.superior_by_name(incoming).or_else(by_way) {
            return Ok(index);
        }
        let who = || {
            let user = incoming.message.from().map(|f| f.uri.user).unwrap_or_default();
            format!("{} {}", excerpt(&user, 40), incoming.hop.peer)
        };
        match self.registrar.message(&incoming.message, incoming.hop, keepalive, self.clock.mono()) {
            Standing::Known(number) => self.index_of(number).ok_or_else(|| (403, HeardKind::MessageUnregistered, who())),
            Standing::Moved(number, how) => {
                self.say_of(HeardKind::AddressChanged, incoming.hop.peer.ip(), Some(number), how);
                let index = self.index_of(number).ok_or_else(|| (403, HeardKind::MessageUnregistered, who()))?;
                if let Some(slot) = self.slots.get(index) {
                    slot.state.send_if_modified(|state| match state {
                        PeerState::Online(online) => {
                            online.hop = incoming.hop;
                            online.reachable = true;
                            true
                        }
                        _ => false,
                    });
                }
                Ok(index)
            }
            Standing::Unregistered(_) if keepalive => Err((403, HeardKind::KeepaliveUnregistered, who())),
            Standing::Unregistered(_) | Standing::Stranger => Err((403, HeardKind::MessageUnregistered, who())),
        }
    }

    /// A superior we are registered with, writing from another port of its address.
    fn superior_by_name(&self, incoming: &Incoming) -> Option<usize> {
        if self.slots.iter().all(|s| s.superior.is_none()) {
            return None;
        }
        let user = incoming.message.from()?.uri.user;
        self.slots
            .iter()
            .position(|s| s.setting.party.id == user && s.superior.is_some_and(|hop| hop.peer.ip() == incoming.hop.peer.ip()))
    }

    /// A registration kept from an earlier run has shown that it lives.
    fn confirm(&self, index: usize) {
        if let Some(slot) = self.slots.get(index) {
            slot.state.send_if_modified(|state| match state {
                PeerState::Online(online) if online.restored => {
                    online.restored = false;
                    true
                }
                _ => false,
            });
        }
    }

    /// A superior may ask who we are: one item, ourselves.
    fn reply_to_query(&mut self, index: usize, incoming: &Incoming) {
        let Ok(query) = Document::parse(&incoming.message.body, None) else { return };
        let (Some(sn), Some(slot)) = (query.sn(), self.slots.get(index)) else { return };
        let own = self.endpoint.setting().party.id.clone();
        let dialect = Dialect::default();
        self.sn += 1;
        let body = match query.command() {
            "Catalog" => {
                let civil = own.get(..6).unwrap_or_default();
                let item = command::item(&[
                    ("DeviceID", own.as_str()),
                    ("Name", "gbaudit"),
                    ("Manufacturer", "gbaudit"),
                    ("Model", env!("CARGO_PKG_VERSION")),
                    ("CivilCode", civil),
                    ("Address", "-"),
                    ("RegisterWay", "1"),
                    ("Secrecy", "0"),
                    ("Status", "ON"),
                ]);
                command::catalog(dialect, u32::try_from(sn).unwrap_or(0), &own, 1, 1, &[item])
            }
            "DeviceInfo" => command::response(
                dialect,
                "DeviceInfo",
                sn,
                &own,
                &[
                    ("DeviceName", "gbaudit"),
                    ("Result", "OK"),
                    ("Manufacturer", "gbaudit"),
                    ("Model", "gbaudit"),
                    ("Firmware", env!("CARGO_PKG_VERSION")),
                    ("Channel", "0"),
                ],
            ),
            "DeviceStatus" => command::response(
                dialect,
                "DeviceStatus",
                sn,
                &own,
                &[
                    ("Result", "OK"),
                    ("Online", "ONLINE"),
                    ("Status", "OK"),
                    ("DeviceTime", &self.clock.wall().beijing("%Y-%m-%dT%H:%M:%S")),
                ],
            ),
            _ => return,
        };
        let peer = Peer {
            party: slot.setting.party.clone(),
            hop: incoming.hop,
            local: self.endpoint.local(incoming.hop),
            credentials: None,
            media_ip: None,
            whereabouts: Whereabouts::default(),
        };
        let endpoint = self.endpoint.clone();
        tokio::spawn(async move {
            let _ = peer.message(&endpoint, MANSCDP, body, Duration::from_secs(10)).await;
        });
    }

    async fn answer(&self, incoming: &Incoming, code: u16, headers: &[(&str, &str)]) {
        let mut builder = peer::response(&incoming.message, incoming.hop, code);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let _ = self.endpoint.respond(incoming.id, code, builder.build()).await;
    }

    /// A line about what anybody may send: not one a packet.
    fn say_of(&mut self, kind: HeardKind, source: IpAddr, platform: Option<usize>, detail: String) {
        let line = self.lines.heard(kind, source, platform, self.clock.mono());
        let hidden = !matches!(line, Line::Say(_)) || self.kept >= MAX_HEARD_OF_ANYBODY;
        if kind.is_limit() && self.limits.insert(kind) && hidden {
            // A flood that uses the lines up does not hide that it reached this limit.
            self.say(kind, detail);
            return;
        }
        if line == Line::Hush || self.kept >= MAX_HEARD_OF_ANYBODY {
            return;
        }
        self.kept += 1;
        let last = line == Line::Last || self.kept == MAX_HEARD_OF_ANYBODY;
        match line {
            _ if last => self.say(HeardKind::LinesLeftOut, kind.id().to_owned()),
            Line::Say(before @ 1..) => self.say(kind, format!("{detail}, +{before}")),
            _ => self.say(kind, detail),
        }
    }

    fn say(&self, kind: HeardKind, detail: String) {
        let heard = Heard { at: self.clock.wall().micros(), kind, detail };
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MAX_HEARD {
            all.push(heard.clone());
        }
        drop(all);
        let _ = self.live.try_send(heard);
    }

    fn set_state(&self, index: usize, state: PeerState) {
        if let Some(slot) = self.slots.get(index) {
            slot.state.send_replace(state);
        }
        self.know();
    }

    /// Whoever is where a platform is, or where the settings say it is, is no stranger.
    fn know(&self) {
        let set = self.slots.iter().filter_map(|s| s.setting.address).map(|a| a.socket.ip());
        let registered = self.numbers.iter().filter_map(|n| self.registrar.registration((*n)?)).map(|r| r.hop.peer.ip());
        let superiors = self.slots.iter().filter_map(|s| s.superior).map(|hop| hop.peer.ip());
        self.endpoint.know(set.chain(registered).chain(superiors));
    }

    fn index_of(&self, number: usize) -> Option<usize> {
        self.numbers.iter().position(|n| *n == Some(number))
    }

    fn id(&self, index: usize) -> String {
        self.slots.get(index).map(|s| s.setting.party.id.clone()).unwrap_or_default()
    }
}

/// Whether a body is a keepalive, by its octets: nothing is parsed before it is answered.
#[must_use]
pub fn is_keepalive(body: &[u8]) -> bool {
    find(body, b"<CmdType>").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"Keepalive"))
}

fn is_query(body: &[u8]) -> bool {
    find(body, b"<Query").is_some()
}

fn find<'a>(body: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    // The head of a body is enough: both marks stand at its beginning.
    let head = body.get(..body.len().min(1_024))?;
    let at = memchr::memmem::find(head, wanted)?;
    body.get(at + wanted.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepalives_and_queries_are_known_by_their_octets() {
        assert!(is_keepalive(&command::keepalive(Dialect::default(), 1, "3717")));
        assert!(!is_keepalive(&command::query(Dialect::default(), "Catalog", 1, "3717")));
        assert!(is_query(&command::query(Dialect::default(), "Catalog", 1, "3717")));
        assert!(!is_query(b""));
    }
}
