//! One audit of live platforms: register, catalogue, probe, and what was seen of it all as evidence.

mod collecting;
mod control;
mod frames;
mod header;
mod measured;
mod probing;
mod taping;

use std::collections::HashMap;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use self::frames::Frames;
use self::probing::Called;
use self::taping::Taping;
use super::AuditSetting;
use super::history::History;
use super::targets::Selection;
use crate::base::charset::Charset;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::time::Timestamp;
use crate::edition::{self, Edition};
use crate::evidence::conduct::Conduct;
use crate::evidence::heard::Heard;
use crate::evidence::measured::{Measure, MeasureSetting, Measured};
use crate::evidence::soundness::{Control, OwnClock, When};
use crate::evidence::{Evidence, Footprint, Header, Incomplete, Message, ProbePlan, Resumption, Witnesses};
use crate::manscdp::command::Dialect;
use crate::net::endpoint::{Bound, Endpoint, Event};
use crate::net::media::MediaPool;
use crate::net::peer::{Peer, Whereabouts};
use crate::net::upload::Uploads;
use crate::net::{LocalSetting, NetError, Stop, random};
use crate::platform::hub::{Hub, Inbound, Online, PeerState};
use crate::platform::query::{self, Collected, Line};
use crate::platform::registrar::Registration;
use crate::platform::{CatalogSetting, PlatformSetting, Role, subscribe};
use crate::probe::decode::Decoders;
use crate::probe::outcome::ProbeRecord;
use crate::probe::prober::Tally;
use crate::probe::replay::Replayed;
use crate::probe::setting::ProbeSetting;
use crate::probe::switchboard::Switchboard;
use crate::probe::traffic::Traffic;
use crate::sip::transaction::Hop;
use crate::store::ledger::Ledger;
use crate::store::ledger::book::OpenCall;
use crate::store::{KeptCapacity, KeptRegistration};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// 检测批次
    pub run_id: String,
    /// Ourselves.
    pub local: LocalSetting,
    /// The platforms to audit.
    pub platforms: Vec<PlatformSetting>,
    /// What is asked.
    pub audit: AuditSetting,
    /// Which cameras are called.
    pub plan: ProbePlan,
    /// Their codes, where they are named.
    pub named: Vec<String>,
    /// How they are called.
    pub probe: ProbeSetting,
    /// How sure their catalogues are made.
    pub catalog: CatalogSetting,
    /// What is measured beside the rates.
    pub measure: MeasureSetting,
    /// How long to wait for the platforms.
    pub wait: Duration,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone)]
pub enum Progress {
    /// Waiting for these platforms.
    Waiting {
        /// Seconds so far.
        waited: u64,
        /// Seconds at most.
        limit: u64,
        /// Names.
        missing: Vec<String>,
    },
    /// Something was heard.
    Heard(Heard),
    /// A catalogue is coming.
    Catalog {
        /// Whose.
        platform: String,
        /// Distinct items.
        received: u64,
        /// Declared total.
        declared: Option<u64>,
    },
    /// It has ended.
    CatalogDone {
        /// Whose.
        platform: String,
    },
    /// What a killed run had left open has been ended.
    Replayed {
        /// Whose.
        platform: String,
        /// What came of it.
        replayed: Replayed,
    },
    /// Cameras are about to be called.
    Planned {
        /// Whose.
        platform: String,
        /// How many.
        cameras: u64,
        /// Sessions at once.
        sessions: u64,
        /// How long it may take if all goes well.
        seconds: u64,
        /// What it may take of the line, Mbit/s.
        mbit: u64,
    },
    /// Nothing new is called for a while.
    Held {
        /// Whose.
        platform: String,
        /// Why.
        hold: Hold,
    },
    /// A camera is settled.
    Probed {
        /// Whose.
        platform: String,
        /// How far it is.
        tally: Tally,
        /// Seconds left at this pace.
        left: Option<u64>,
    },
    /// Recordings, statuses or clocks are asked for.
    Measuring {
        /// Whose.
        platform: String,
        /// Cameras.
        cameras: u64,
    },
    /// All cameras of a platform are settled.
    ProbeDone {
        /// Whose.
        platform: String,
    },
}

/// Why nothing new is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Quiet hours, until then.
    Quiet(Timestamp),
    /// The budget of bandwidth is used up.
    Line {
        /// On the line, Mbit/s.
        mbit: u64,
        /// The budget.
        most: u64,
    },
}

/// Whoever watches a run.
pub trait Observer: Send + Sync {
    /// Is told what happens.
    fn told(&self, progress: Progress);
}

/// Where a run is kept while it goes on, so that a killed one loses little. Trouble is the keeper's to remember.
pub trait Keeper: Send + Sync {
    /// The catalogue of a platform is in.
    fn catalogued(&self, header: &Header, messages: &[Message]);
    /// A run that had stopped is gone on with: what is known of it now.
    fn resumed(&self, header: &Header);
    /// A code is settled, or was called once more.
    fn probed(&self, platform: &str, record: &ProbeRecord);
    /// A picture, by the name it is kept under.
    fn snapshot(&self, platform: &str, name: &str, jpeg: &[u8]);
    /// A key frame, by the name it is kept under.
    fn key_frame(&self, platform: &str, name: &str, stream: Vec<u8>) {
        let _ = (platform, name, stream);
    }
    /// The tape of an attempt of a code, as it is stored.
    fn tape(&self, platform: &str, device_id: &str, number: u32, octets: Vec<u8>);
    /// The tapes of a code are not wanted any more.
    fn untape(&self, platform: &str, device_id: &str);
    /// How a platform that registers with us stands at the end, by its code.
    fn registration(&self, platform: &str, kept: Option<KeptRegistration>);
    /// What recorders and platforms were found to bear.
    fn capacities(&self, learnt: Vec<KeptCapacity>);
}

/// What earlier runs left for this one.
#[derive(Debug, Default)]
pub struct Memory {
    /// Registrations that may still be valid.
    pub registrations: Vec<KeptRegistration>,
    /// Registrations taken a moment ago on the same endpoint, by the platform's code.
    pub present: Vec<(String, Registration)>,
    /// What recorders and platforms were found to bear.
    pub capacities: Vec<KeptCapacity>,
    /// Where calls are written down.
    pub ledger: Ledger,
    /// Calls a killed run left open.
    pub left_open: Vec<OpenCall>,
    /// The run that is gone on with, a platform each.
    pub resumed: Vec<Evidence>,
    /// What earlier runs know of the cameras, by the platform's name in the settings.
    pub histories: HashMap<String, Arc<History>>,
}

/// Runs an audit on bound sockets. Gives the evidence of each platform, in the order of the settings.
///
/// # Errors
/// When the endpoint cannot be started; everything after that is in the evidence.
pub async fn run(
    order: Order,
    bound: Bound,
    memory: Memory,
    stop: Stop,
    clock: Arc<SystemClock>,
    watchers: (Arc<dyn Observer>, Arc<dyn Keeper>),
) -> Result<Vec<Evidence>, NetError> {
    let door = Endpoint::start(order.local.clone(), bound, clock.clone())?;
    run_on(order, door, memory, stop, clock, watchers).await
}

/// Runs an audit on an endpoint that is there already; it ends with the audit.
///
/// # Errors
/// When the place for snapshots cannot be had.
pub async fn run_on(
    order: Order,
    (endpoint, events): (Endpoint, mpsc::Receiver<Event>),
    memory: Memory,
    stop: Stop,
    clock: Arc<SystemClock>,
    (observer, keeper): (Arc<dyn Observer>, Arc<dyn Keeper>),
) -> Result<Vec<Evidence>, NetError> {
    let started = clock.wall();
    let Memory { registrations, present, capacities, ledger, left_open, mut resumed, histories } = memory;
    let order = Arc::new(order);
    let wants_snapshots = order.measure.what.contains(&Measure::Snapshot);
    let uploads = match order.measure.snapshot_listen.filter(|_| wants_snapshots) {
        Some(address) => Some(Arc::new(Uploads::bind(address).await?)),
        None => None,
    };
    let here =
        |p: &PlatformSetting| present.iter().find(|(id, _)| *id == p.party.id).map(|(_, registration)| registration.clone());
    let restored = order.platforms.iter().map(|p| here(p).or_else(|| restore(p, &registrations, &endpoint, &clock))).collect();
    let (live, mut heard) = mpsc::channel(1_024);
    let (stopper, hub_stop) = Stop::new();
    let hub = Arc::new(Hub::start(endpoint.clone(), events, order.platforms.clone(), restored, live, hub_stop, clock.clone()));
    let watcher = observer.clone();
    let listening = tokio::spawn(async move {
        while let Some(heard) = heard.recv().await {
            watcher.told(Progress::Heard(heard));
        }
    });

    let deadline = Instant::now() + order.wait;
    let ports = MediaPool::new(order.local.media_ports.clone());
    // A call without a port would be our own failure.
    let parallel = usize::try_from(order.probe.parallel).unwrap_or(1).min(ports.available());
    let sessions = Arc::new(Semaphore::new(parallel.max(1)));
    let decoders = Decoders::default();
    // Somewhere else each run, so that two runs do not ask for one stream.
    let traffic = Arc::new(Traffic::default());
    let streams = Arc::new(AtomicU16::new(u16::from_be_bytes(random()) % 10_000));
    let taping = Arc::new(Taping::new(order.probe.tape));
    let frames = Arc::new(Frames::new(order.probe.key_frame_bytes));
    let own_clock = super::own_clock::read();
    let mut tasks = JoinSet::new();
    for (index, setting) in order.platforms.iter().enumerate() {
        let earlier = resumed.iter().position(|e| e.header.platform.name == setting.name).map(|n| resumed.swap_remove(n));
        let one = OnePlatform {
            index,
            order: order.clone(),
            setting: setting.clone(),
            board: Switchboard {
                endpoint: endpoint.clone(),
                ports: ports.clone(),
                decoders: decoders.clone(),
                clock: clock.clone(),
                streams: streams.clone(),
                footprint: Arc::default(),
                traffic: traffic.clone(),
                ledger: ledger.clone(),
            },
            left_open: left_open.iter().filter(|call| call.asked.platform == setting.party.id).cloned().collect(),
            capacities: capacities.iter().filter(|kept| kept.platform == setting.party.id).cloned().collect(),
            history: histories.get(&setting.name).cloned().unwrap_or_default(),
            hub: hub.clone(),
            uploads: uploads.clone(),
            sessions: sessions.clone(),
            taping: taping.clone(),
            frames: frames.clone(),
            own_clock: own_clock.clone(),
            stop: stop.clone(),
            observer: observer.clone(),
            keeper: keeper.clone(),
            started: earlier.as_ref().map_or(started, |earlier| earlier.header.started()),
            earlier,
            deadline,
        };
        tasks.spawn(async move {
            let spare = one.clone();
            // A bug that ends one platform's audit is said in its report; the others go on.
            tokio::spawn(one.run()).await.unwrap_or_else(|error| {
                tracing::error!(platform = %spare.setting.name, %error, "the audit of a platform ended by a bug");
                spare.ended_by_bug()
            })
        });
    }
    let waiting = tokio::spawn(tell_waiting(hub.clone(), order.clone(), deadline, stop.clone(), observer.clone()));
    let mut found: Vec<(usize, Evidence)> = Vec::new();
    while let Some(result) = tasks.join_next().await {
        match result {
            Ok(one) => found.push(one),
            Err(error) => tracing::error!(%error, "a platform has no result"),
        }
    }
    waiting.abort();
    found.sort_by_key(|(index, _)| *index);

    for (index, platform) in order.platforms.iter().enumerate().filter(|(_, p)| p.role == Role::Subordinate) {
        keep_registration(&hub, index, platform, &endpoint, &*keeper);
    }
    // Superiors are unregistered; then everything is closed.
    stopper.stop();
    hub.farewell().await;
    let all_heard = hub.heard();
    endpoint.stop().await;
    listening.abort();
    let left = ledger.finish().await;
    if left > 0 {
        tracing::warn!(left, "calls nobody answered the end of; the next start tries again");
    }
    let finished = clock.wall();
    let complete = found.into_iter().map(|(index, mut evidence)| {
        evidence.header.footprint.late_answers += hub.late(index);
        evidence.header.finished = finished.micros();
        evidence.header.heard.clone_from(&all_heard);
        evidence
    });
    Ok(complete.collect())
}

/// A registration kept from an earlier run, if it is this platform's and its socket is there again.
fn restore(
    platform: &PlatformSetting,
    kept: &[KeptRegistration],
    endpoint: &Endpoint,
    clock: &SystemClock,
) -> Option<Registration> {
    let one = kept.iter().find(|k| platform.role == Role::Subordinate && k.platform == platform.party.id)?;
    let hop = Hop { link: endpoint.udp_link(one.socket)?, peer: one.peer };
    let (now, wall) = (clock.mono(), clock.wall());
    let left = Duration::from_millis(one.expires.millis_since(wall));
    let (agent, version) = (one.user_agent.clone(), one.version.clone());
    (!left.is_zero()).then(|| Registration::restored(hop, now.plus(left), one.expires, agent, version, now))
}

/// What the next run may use: a platform that is registered over UDP. A TCP connection ends with us.
fn keep_registration(hub: &Hub, index: usize, platform: &PlatformSetting, endpoint: &Endpoint, keeper: &dyn Keeper) {
    let Some(state) = hub.state(index) else { return };
    let kept = match &*state.borrow() {
        // Not heard of: what is kept stays.
        PeerState::Waiting => return,
        PeerState::Online(online) => endpoint.socket_address(online.hop.link).map(|socket| KeptRegistration {
            platform: platform.party.id.clone(),
            socket,
            peer: online.hop.peer,
            expires: online.expires,
            user_agent: online.user_agent.clone(),
            version: online.version.clone(),
        }),
        PeerState::Lost(_) | PeerState::Refused(_) => None,
    };
    keeper.registration(&platform.party.id, kept);
}

#[derive(Clone)]
struct OnePlatform {
    index: usize,
    order: Arc<Order>,
    setting: PlatformSetting,
    board: Switchboard,
    left_open: Vec<OpenCall>,
    capacities: Vec<KeptCapacity>,
    history: Arc<History>,
    hub: Arc<Hub>,
    /// Where snapshots are uploaded to.
    uploads: Option<Arc<Uploads>>,
    sessions: Arc<Semaphore>,
    taping: Arc<Taping>,
    frames: Arc<Frames>,
    own_clock: OwnClock,
    stop: Stop,
    observer: Arc<dyn Observer>,
    keeper: Arc<dyn Keeper>,
    started: Timestamp,
    /// What an earlier part of the run found.
    earlier: Option<Evidence>,
    deadline: Instant,
}

/// What was found of one platform so far.
#[derive(Debug, Default)]
struct Found {
    online: Option<Online>,
    transport: &'static str,
    collected: Collected,
    witnesses: Witnesses,
    device: Vec<(String, String)>,
    incomplete: Option<Incomplete>,
    measured: Option<Measured>,
    probes: Vec<ProbeRecord>,
    controls: Vec<Control>,
    peak: u64,
    replayed: Replayed,
    conduct: Conduct,
    /// The catalogue is one of an earlier part of the run.
    kept_catalogue: bool,
    /// When it was gone on with.
    resumed: Vec<Resumption>,
    /// INVITEs of a killed run that nobody had answered.
    taken_back: Option<JoinHandle<Replayed>>,
}

impl Found {
    /// What an earlier part of the run settled is not called again; of what it had begun the calls are given.
    fn leave_out_settled(&mut self, selection: &mut Selection) -> Vec<ProbeRecord> {
        let (mut begun, mut settled) = (Vec::new(), HashMap::new());
        for record in std::mem::take(&mut self.probes).into_iter().filter(|record| !record.attempts.is_empty()) {
            if record.untested.is_some() {
                begun.push(record);
            } else {
                settled.insert(record.device_id.clone(), record);
            }
        }
        self.probes.clone_from(&selection.settled);
        selection.targets.retain(|target| match settled.remove(&target.device_id) {
            Some(record) => {
                self.probes.push(record);
                false
            }
            None => true,
        });
        if let Some(last) = self.resumed.last_mut() {
            last.kept = (self.probes.len() - selection.settled.len()) as u64;
        }
        begun
    }
}

impl OnePlatform {
    async fn run(mut self) -> (usize, Evidence) {
        let mut found = Found::default();
        let before = self.take_up(&mut found);
        if let (Some(mut state), Some(mut inbox)) = (self.hub.state(self.index), self.hub.inbox(self.index)) {
            found.incomplete = self.audit(&mut found, &mut state, &mut inbox).await.err();
        }
        if let Some(taken_back) = found.taken_back.take() {
            let taken_back = taken_back.await.unwrap_or_default();
            self.tell_replayed(taken_back);
            found.replayed = found.replayed.plus(taken_back);
        }
        let mut footprint = *self.board.footprint.lock().unwrap_or_else(PoisonError::into_inner);
        footprint.queries = found.collected.queries.len() as u64 + found.collected.small_queries;
        footprint.peak_sessions = found.peak;
        footprint.replayed = found.replayed.calls - found.replayed.unanswered;
        footprint.replayed_unanswered = found.replayed.unanswered + self.left_open.len() as u64;
        let header = Header { footprint: before.plus(footprint), ..self.header(&found) };
        (self.index, Evidence { header, messages: found.collected.messages, tables: Vec::new(), probes: found.probes })
    }

    fn ended_by_bug(&self) -> (usize, Evidence) {
        let found = Found { incomplete: Some(Incomplete::OurFault), ..Found::default() };
        (self.index, Evidence { header: self.header(&found), messages: Vec::new(), tables: Vec::new(), probes: Vec::new() })
    }

    /// Takes up what an earlier part of the run found: its catalogue if that is whole, and its calls. Gives what that did to
    /// the platform.
    fn take_up(&mut self, found: &mut Found) -> Footprint {
        let Some(earlier) = &mut self.earlier else { return Footprint::default() };
        let header = &earlier.header;
        found.resumed.clone_from(&header.resumed);
        found.resumed.push(Resumption { at: self.board.clock.wall().micros(), kept: 0, catalogue: false });
        found.probes.clone_from(&earlier.probes);
        found.collected = Collected::kept(header, std::mem::take(&mut earlier.messages));
        found.witnesses = header.witnesses.clone();
        found.controls.clone_from(&header.soundness.controls);
        let before = header.footprint;
        let before = if before == Footprint::default() { Footprint::of_calls(&earlier.probes) } else { before };
        found.kept_catalogue = self.catalogued(found).is_some_and(|c| !c.catalog.items.is_empty() && !c.catalog.state.voids());
        if let Some(last) = found.resumed.last_mut() {
            last.catalogue = found.kept_catalogue;
        }
        before
    }

    async fn audit(
        &mut self,
        found: &mut Found,
        state: &mut watch::Receiver<PeerState>,
        inbox: &mut mpsc::Receiver<Inbound>,
    ) -> Result<(), Incomplete> {
        let (peer, dialect) = self.collect(found, state, inbox).await?;
        let mut selection = self.select(found);
        let begun = found.leave_out_settled(&mut selection);
        let known = if selection.counted.is_some() { found.probes.clone() } else { Vec::new() };
        let (finished, mut done) = watch::channel(false);
        let (mut stop, mut other_stop) = (self.stop.clone(), self.stop.clone());
        let (endpoint, clock, watched) = (self.board.endpoint.clone(), self.board.clock.clone(), state.clone());
        let synced = Instant::now();
        let probing = async {
            let controlled = !selection.targets.is_empty();
            let mut controls = if controlled { self.call_controls(When::Before, watched.clone()).await } else { Vec::new() };
            let probed = self.probe(selection, (known, begun), &controls, watched.clone()).await;
            if controlled && !probed.probed.lost {
                controls.extend(self.call_controls(When::After, watched).await);
            }
            finished.send_replace(true);
            (probed, controls)
        };
        let mut also_done = done.clone();
        let subscribing = async {
            if !self.order.catalog.subscribe {
                return None;
            }
            let over = async {
                let _ = also_done.wait_for(|done| *done).await;
            };
            Some(subscribe::keep(&endpoint, &peer, dialect, &clock, (&mut other_stop, over)).await)
        };
        let done = async {
            let _ = done.wait_for(|done| *done).await;
        };
        let attending = query::attend(&endpoint, &peer, inbox, dialect, &mut found.collected, (&mut stop, done));
        let ((Called { probed, sampling, limits }, controls), device, subscription) =
            tokio::join!(probing, attending, subscribing);
        (found.conduct.sampling, found.conduct.limits) = (sampling, limits);
        found.device = device;
        // Nobody watched between the parts of a run.
        let polls = found.kept_catalogue || subscribe::has_to_poll(subscription.as_ref(), synced.elapsed());
        found.witnesses.subscription = subscription;
        if polls && !probed.lost && !self.stop.is_stopped() {
            let peer = state.borrow().online().map_or(peer, |online| self.peer(online));
            let mut line =
                Line { endpoint: &endpoint, inbox, state, dialect, stop: &mut stop, clock: &clock, progress: &|_, _| () };
            query::poll(&mut line, &peer, &mut found.collected).await;
        }
        found.controls.extend(controls);
        found.peak = probed.peak;
        found.probes.extend(probed.records);
        found.probes.sort_by(|a, b| a.device_id.cmp(&b.device_id));
        let peer = state.borrow().online().map(|online| self.peer(online));
        if let Some(peer) = peer.filter(|_| !self.order.measure.what.is_empty()) {
            let mut line =
                Line { endpoint: &endpoint, inbox, state, dialect, stop: &mut stop, clock: &clock, progress: &|_, _| () };
            self.measure(found, &mut line, &peer).await;
        }
        if probed.lost {
            return Err(Incomplete::PlatformLost);
        }
        if self.stop.is_stopped() { Err(Incomplete::Stopped) } else { Ok(()) }
    }

    fn peer(&self, online: &Online) -> Peer {
        let state = self.hub.state(self.index);
        let now = move || state.as_ref()?.borrow().online().filter(|o| o.reachable).map(|o| o.hop);
        let username = self.setting.username.clone().unwrap_or_else(|| self.board.endpoint.setting().party.id.clone());
        Peer {
            party: self.setting.party.clone(),
            hop: online.hop,
            whereabouts: Whereabouts::new(now),
            local: self.board.endpoint.local(online.hop),
            credentials: self.setting.password.clone().map(|password| (username, password)),
            media_ip: self.setting.media_ip,
        }
    }

    fn edition(&self, online: Option<&Online>) -> Edition {
        edition::choose(self.setting.edition, online.and_then(|o| o.version.as_deref())).0
    }

    fn dialect(&self, online: &Online) -> Dialect {
        let charset = self.setting.charset.unwrap_or(Charset::Gb18030);
        let declared = match charset {
            Charset::Utf8 => "UTF-8",
            Charset::Gb18030 => self.edition(Some(online)).declared_charset(),
        };
        Dialect { charset, declared }
    }
}

async fn tell_waiting(hub: Arc<Hub>, order: Arc<Order>, deadline: Instant, mut stop: Stop, observer: Arc<dyn Observer>) {
    let began = Instant::now();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = second.tick() => (),
            () = stop.stopped() => return,
        }
        let missing: Vec<String> = order
            .platforms
            .iter()
            .enumerate()
            .filter(|(i, _)| hub.state(*i).is_some_and(|s| s.borrow().online().is_none()))
            .map(|(_, p)| p.name.clone())
            .collect();
        if missing.is_empty() || Instant::now() >= deadline {
            return;
        }
        observer.told(Progress::Waiting { waited: began.elapsed().as_secs(), limit: order.wait.as_secs(), missing });
    }
}
