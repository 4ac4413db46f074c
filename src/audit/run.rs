//! One audit of live platforms: register, catalogue, probe, and what was seen of it all as evidence.

mod control;
mod frames;
mod taping;

use std::collections::HashMap;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use self::frames::Frames;
use self::taping::Taping;
use super::AuditSetting;
use super::catalogued::{Catalogued, catalogued};
use super::history::History;
use super::measuring::{look, whom};
use super::targets::{Choice, Selection, select};
use super::waves::Waves;
use crate::base::charset::Charset;
use crate::base::clock::{Clock as _, Mono, SystemClock};
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::assemble::ITEMS_MISSING;
use crate::catalog::{Kind, branch};
use crate::edition::{self, Edition};
use crate::evidence::conduct::{Conduct, Limit, Sampling};
use crate::evidence::heard::Heard;
use crate::evidence::measured::{Measure, MeasureSetting, Measured, window};
use crate::evidence::soundness::{Control, OwnClock, Soundness, When};
use crate::evidence::tape::Tape;
use crate::evidence::{
    Evidence, Footprint, Header, Incomplete, Message, Mode, Noted, PlatformFacts, ProbePlan, Resumption, Supplied, Witnesses,
};
use crate::manscdp::command::Dialect;
use crate::net::endpoint::{Bound, Endpoint, Event};
use crate::net::media::MediaPool;
use crate::net::peer::{Peer, Whereabouts};
use crate::net::upload::Uploads;
use crate::net::{LocalSetting, NetError, Stop, random};
use crate::platform::hub::{Hub, Inbound, Online, PeerState};
use crate::platform::measure;
use crate::platform::query::{self, Collected, Line};
use crate::platform::registrar::Registration;
use crate::platform::subscribe;
use crate::platform::{CatalogSetting, CrossCheck, PlatformSetting, Role};
use crate::position::Inventory;
use crate::probe::capacity::Learnt;
use crate::probe::decode::{Decoders, Looking, frame_name};
use crate::probe::outcome::{Attempt, ProbeRecord, Untested};
use crate::probe::plan::{Limits, Plan};
use crate::probe::prober::{self, Surroundings, Tally};
use crate::probe::replay::{HungUp, Replayed, replay};
use crate::probe::session::Terms;
use crate::probe::setting::ProbeSetting;
use crate::probe::switchboard::Switchboard;
use crate::probe::traffic::{STREAM_MBIT, Traffic};
use crate::sip::transaction::Hop;
use crate::store::ledger::Ledger;
use crate::store::ledger::book::OpenCall;
use crate::store::{KeptCapacity, KeptRegistration};

/// What one call takes on the whole, for the estimate before probing: answer, first key frame, hanging up.
const CALL_SECONDS: u64 = 3;
/// How long until it is looked again whether a new call may be begun.
const HOLD: Duration = Duration::from_millis(500);

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

/// Whether a live picture was seen.
fn visible(record: &ProbeRecord) -> bool {
    record.attempts.iter().any(|attempt| attempt.picture.as_ref().is_some_and(|picture| picture.visible))
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

/// What came of calling the cameras of a platform.
struct Called {
    probed: prober::Probed,
    sampling: Option<Sampling>,
    limits: Vec<Limit>,
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

    /// Waits for the platform and collects its catalogue.
    async fn collect(
        &mut self,
        found: &mut Found,
        state: &mut watch::Receiver<PeerState>,
        inbox: &mut mpsc::Receiver<Inbound>,
    ) -> Result<(Peer, Dialect), Incomplete> {
        loop {
            let online = self.wait_online(state).await?;
            let restored = online.restored;
            let peer = self.peer(&online);
            found.transport = peer.local.transport;
            if !restored && self.setting.role == Role::Subordinate {
                // A killed run too leaves it to the next.
                keep_registration(&self.hub, self.index, &self.setting, &self.board.endpoint, &*self.keeper);
            }
            self.replay(found, &peer, restored).await;
            let dialect = self.dialect(&online);
            found.online = Some(online);
            if found.kept_catalogue {
                if restored && !query::lives(&self.board.endpoint, &peer, dialect).await {
                    if self.wait_fresh(state).await {
                        continue;
                    }
                    return Err(Incomplete::NotAnswering);
                }
                self.keeper.resumed(&Header { incomplete: Some(Incomplete::Stopped), ..self.header(found) });
                return Ok((peer, dialect));
            }
            let (observer, platform) = (self.observer.clone(), self.setting.name.clone());
            let progress = move |received, declared| {
                observer.told(Progress::Catalog { platform: platform.clone(), received, declared });
            };
            let mut stop = self.stop.clone();
            let (endpoint, clock) = (&self.board.endpoint, &self.board.clock);
            let mut line =
                Line { endpoint, inbox: &mut *inbox, state: &mut *state, dialect, stop: &mut stop, clock, progress: &progress };
            let check = self.order.catalog.cross_check;
            found.collected = query::catalog(&mut line, &peer, check != CrossCheck::Off).await;
            let refused = found.collected.queries.last().is_some_and(|q| q.end.starts_with("refused:"));
            if restored && (found.collected.unreachable || refused) && !self.stop.is_stopped() {
                // The registration kept from an earlier run leads nowhere: wait for a new one.
                found.collected = Collected::default();
                if self.wait_fresh(state).await {
                    continue;
                }
                return Err(Incomplete::NotAnswering);
            }
            self.branches(found, &mut line, &peer).await;
            self.observer.told(Progress::CatalogDone { platform: self.setting.name.clone() });
            self.keeper
                .catalogued(&Header { incomplete: Some(Incomplete::Stopped), ..self.header(found) }, &found.collected.messages);
            if found.collected.lost {
                return Err(Incomplete::PlatformLost);
            }
            if self.stop.is_stopped() {
                return Err(Incomplete::Stopped);
            }
            // It may have moved while it was asked.
            let peer = state.borrow().online().map_or(peer, |online| self.peer(online));
            return Ok((peer, dialect));
        }
    }

    /// Ends what a killed run left open on the platform, before anything is asked of it. Only what was never answered is
    /// followed further while the run goes on.
    async fn replay(&mut self, found: &mut Found, peer: &Peer, restored: bool) {
        if self.left_open.is_empty() {
            return;
        }
        let (hub, index) = (self.hub.clone(), self.index);
        let hung_up: HungUp = Arc::new(move |call_id| hub.has_hung_up(index, call_id));
        let again = |calls| replay(self.board.clone(), peer.clone(), calls, hung_up.clone(), self.stop.clone());
        let (dialogs, asked): (Vec<_>, Vec<_>) = self.left_open.iter().cloned().partition(|call| !call.dialogs.is_empty());
        let ended = again(dialogs).await;
        // Where a kept registration leads nowhere nobody was told; that is tried once more when it has registered.
        if restored && ended.calls > 0 && ended.unanswered == ended.calls {
            return;
        }
        if !asked.is_empty() {
            found.taken_back = Some(tokio::spawn(again(asked)));
        }
        self.left_open.clear();
        found.replayed = ended;
        self.tell_replayed(ended);
    }

    fn tell_replayed(&self, replayed: Replayed) {
        if replayed.calls > 0 {
            self.observer.told(Progress::Replayed { platform: self.setting.name.clone(), replayed });
        }
    }

    /// Asks about the branches that can lack items of an answer that came short, or about all of them to check a whole one.
    async fn branches(&self, found: &mut Found, line: &mut Line<'_>, peer: &Peer) {
        let check = self.order.catalog.cross_check;
        check.name().clone_into(&mut found.witnesses.cross_check);
        let may_be_short = found.collected.queries.len() > 1;
        if found.collected.lost || self.stop.is_stopped() || (check != CrossCheck::Tree && !may_be_short) {
            return;
        }
        let Some(Catalogued { catalog, kinds }) = self.catalogued(found) else { return };
        let short = catalog.why.contains(&ITEMS_MISSING);
        if catalog.items.is_empty() || !(short || (check == CrossCheck::Tree && !catalog.state.voids())) {
            return;
        }
        let recorders = branch::recorders(&catalog.items);
        found.witnesses.channels = query::channels(line, peer, &recorders, &mut found.collected).await;
        let own = [self.setting.party.id.as_str(), self.board.endpoint.setting().party.id.as_str()];
        let branches = if check == CrossCheck::Tree {
            branch::all(&catalog.items, &kinds, &own)
        } else {
            let numbers = found.witnesses.channels.iter().filter_map(|c| Some((c.device_id.clone(), c.number()?)));
            branch::lacking(&catalog.items, &kinds, &numbers.collect::<Vec<_>>(), &own)
        };
        found.witnesses.branches_left_out = branches.left_out;
        for (code, reason) in &branches.asked {
            tracing::info!(platform = %self.setting.name, branch = %code, reason = reason.title().en, "asking about a branch");
        }
        let codes: Vec<String> = branches.asked.into_iter().map(|(code, _)| code).collect();
        query::branches(line, peer, &codes, &mut found.collected).await;
    }

    /// Measures what the order asks for beside the rates.
    async fn measure(&self, found: &mut Found, line: &mut Line<'_>, peer: &Peer) {
        let setting = &self.order.measure;
        let Some(catalogued) = self.catalogued(found) else { return };
        let (cameras, beyond) = whom(&catalogued, setting.cameras, |_| true);
        let seen: HashMap<&str, bool> = found
            .probes
            .iter()
            .map(|record| (record.device_id.as_str(), record.attempts.is_empty() || visible(record)))
            .collect();
        // Not those that were not called: whether they give a picture is not known.
        let (dark, _) = whom(&catalogued, setting.cameras, |id| seen.get(id) == Some(&false));
        drop(catalogued);
        self.observer.told(Progress::Measuring { platform: self.setting.name.clone(), cameras: cameras.len() as u64 });
        let (from, to) = window(self.board.clock.wall(), setting.hours);
        let has_command = self.edition(found.online.as_ref()) == Edition::Gb2022;
        let look = |octets: &[u8]| {
            let (shown, jpeg) = tokio::task::block_in_place(|| look(octets, self.looking()));
            if let (Some(name), Some(jpeg)) = (&shown.snapshot, &jpeg) {
                self.keeper.snapshot(&self.setting.name, name, jpeg);
            }
            shown
        };
        let order = measure::Order {
            what: &setting.what,
            window: (from.micros(), to.micros()),
            whom: &cameras,
            dark: &dark,
            uploads: self.uploads.as_deref().filter(|_| has_command),
            look: &look,
        };
        let (measured, asked) = measure::measure(line, peer, &order).await;
        found.collected.small_queries += asked;
        found.measured = Some(Measured { beyond, ..measured });
    }

    /// The catalogue as it stands.
    fn catalogued(&self, found: &Found) -> Option<Catalogued> {
        let header = self.header(found);
        // A million items are worth a second of a core; other platforms go on meanwhile.
        let catalogued = tokio::task::block_in_place(|| catalogued(&header, &found.collected.messages, &[], Lang::default()));
        // Only tables fail, and a live run has none.
        catalogued.inspect_err(|error| tracing::error!(%error, "the catalogue could not be put together")).ok()
    }

    /// Which codes are called, and in what order.
    fn select(&self, found: &mut Found) -> Selection {
        if matches!(self.order.plan, ProbePlan::No) {
            // Nobody is: a record a camera that says so is made when it is judged, and a million of them are not kept for it.
            return Selection::default();
        }
        let Some(mut catalogued) = self.catalogued(found) else { return Selection::default() };
        self.narrow(&mut catalogued);
        let output = &self.order.audit.profile.output;
        // On a catalogue that decides nothing, nothing becomes certain.
        let stop = self.order.probe.stop_when_certain.filter(|_| !catalogued.catalog.state.voids());
        let choice =
            Choice { plan: self.order.plan, named: &self.order.named, stop: stop.map(|seed| (seed, output.denominator)) };
        let mut selection = select(&catalogued, choice, &self.order.probe);
        if stop.is_none() {
            found.conduct.first = self.history.order(&mut selection.targets, &catalogued);
        }
        selection
    }

    /// Outside the scope nothing is a camera of this run, and nobody is called.
    fn narrow(&self, catalogued: &mut Catalogued) {
        let tables = self.order.audit.supplied.iter().map(Supplied::parts);
        let Ok(inventory) = Inventory::of(tables, Lang::default()) else { return };
        let Some(scope) = super::positions::scope(&inventory) else { return };
        for (item, kind) in catalogued.catalog.items.iter().zip(&mut catalogued.kinds) {
            if *kind == Kind::Camera && !scope.contains(item.id()) {
                *kind = Kind::Unclassified;
            }
        }
    }

    /// Calls all of them, or wave after wave until the answer is certain. `known`: what is settled already; `begun`: calls that
    /// were made of others.
    async fn probe(
        &self,
        mut selection: Selection,
        (known, begun): (Vec<ProbeRecord>, Vec<ProbeRecord>),
        controls: &[Control],
        state: watch::Receiver<PeerState>,
    ) -> Called {
        let sampling = selection.sampling.take();
        let (capacities, recorders) = (selection.capacities.clone(), selection.recorders.clone());
        let (Some(counted), Some(sampling)) = (selection.counted.take(), sampling.clone()) else {
            let probed = self.wave(selection, &begun, &[], state).await;
            return Called { limits: self.borne(&probed.learnt, &capacities, &recorders), probed, sampling };
        };
        let mut waves =
            Waves::new(&self.order.audit.profile, sampling, counted, std::mem::take(&mut selection.targets), controls);
        let settled = known.len();
        let mut probed = prober::Probed::of(known);
        while let Some(targets) = waves.next(&probed.records) {
            let wave = Selection { targets, ..selection.clone() };
            let learnt = probed.learnt.clone();
            probed.add(self.wave(wave, &begun, &learnt, state.clone()).await);
            if probed.lost || self.stop.is_stopped() {
                break;
            }
        }
        let broken_off = if probed.lost { Untested::PlatformLost } else { Untested::Interrupted };
        let (sampling, left) = waves.finish(broken_off);
        probed.records.drain(..settled);
        probed.records.extend(left);
        Called { limits: self.borne(&probed.learnt, &capacities, &recorders), probed, sampling: Some(sampling) }
    }

    /// What was learnt of recorders and of the platform, for the report.
    fn borne(&self, learnt: &[(Option<usize>, Learnt)], capacities: &[usize], recorders: &[String]) -> Vec<Limit> {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let limit = |(recorder, learnt): &(Option<usize>, Learnt)| {
            let code = match recorder {
                None => None,
                Some(number) => Some(recorders.get(*number)?.clone()),
            };
            Some(Limit {
                set: recorder.map_or(self.parallel(), |n| number(capacities.get(n).copied().unwrap_or(1))),
                sessions: number(learnt.sessions),
                wall: learnt.wall.map(number),
                remembered: self.capacities.iter().any(|kept| kept.recorder == code),
                recorder: code,
            })
        };
        learnt.iter().filter_map(limit).collect()
    }

    /// Sessions at once on this platform, as set.
    fn parallel(&self) -> u32 {
        let setting = &self.order.probe;
        self.setting.parallel.unwrap_or(setting.parallel_per_platform).min(setting.parallel)
    }

    /// Calls all codes of a selection. `learnt`: what the wave before has learnt of recorders and of the platform.
    async fn wave(
        &self,
        selection: Selection,
        begun: &[ProbeRecord],
        learnt: &[(Option<usize>, Learnt)],
        state: watch::Receiver<PeerState>,
    ) -> prober::Probed {
        if selection.targets.is_empty() {
            return prober::Probed::default();
        }
        let (setting, output) = (&self.order.probe, &self.order.audit.profile.output);
        let parallel = self.parallel();
        let cameras = selection.targets.len() as u64;
        let reachable: usize = selection.capacities.iter().sum();
        let ports = self.board.ports.available() as u64;
        let sessions = u64::from(parallel).min(reachable as u64).min(cameras).min(ports).max(1);
        let gap = u64::try_from(setting.invite_gap.as_millis()).unwrap_or(u64::MAX);
        self.observer.told(Progress::Planned {
            platform: self.setting.name.clone(),
            cameras,
            sessions,
            seconds: (cameras * (CALL_SECONDS + output.observe_ms / 1_000) / sessions)
                .max(cameras.saturating_mul(gap) / 1_000)
                .max(1),
            mbit: sessions * STREAM_MBIT,
        });
        let clock = &self.board.clock;
        let limits = self.limits(selection.capacities);
        let terms = self.terms(&state);
        let numbers: HashMap<String, usize> =
            selection.targets.iter().enumerate().map(|(n, target)| (target.device_id.clone(), n)).collect();
        let mut plan = Plan::new(selection.targets, limits, clock.mono());
        self.remember(&mut plan, &selection.recorders);
        learnt.iter().for_each(|(recorder, learnt)| plan.remember(*recorder, *learnt));
        let mut settled = Vec::new();
        for record in begun {
            let Some(number) = numbers.get(&record.device_id) else { continue };
            settled.extend(plan.resume(*number, record.clone(), clock.mono()));
        }
        let around = Around { one: self, state, began: Instant::now(), last: Mutex::new(None), held: Mutex::new(None) };
        let mut probed = prober::probe(&self.board, plan, terms, self.sessions.clone(), &around, self.stop.clone()).await;
        probed.records.extend(settled);
        self.keep_learnt(&probed.learnt, &selection.recorders);
        self.observer.told(Progress::ProbeDone { platform: self.setting.name.clone() });
        probed
    }

    /// The limits of a plan.
    fn limits(&self, capacities: Vec<usize>) -> Limits {
        let (setting, output) = (&self.order.probe, &self.order.audit.profile.output);
        Limits {
            transports: setting.transports.clone(),
            parallel: usize::try_from(self.parallel()).unwrap_or(1),
            capacities,
            gap: setting.invite_gap,
            attempts: usize::try_from(output.attempts).unwrap_or(1),
            delays: output.retry_delay_s.iter().map(|s| Duration::from_secs(*s)).collect(),
            retry_on: output.retry_on.clone(),
        }
    }

    /// How calls are made.
    fn terms(&self, state: &watch::Receiver<PeerState>) -> Terms {
        let output = &self.order.audit.profile.output;
        Terms {
            limit: Duration::from_millis(output.first_frame_ms),
            listen: Duration::from_millis(output.listen_ms),
            observe: Duration::from_millis(output.observe_ms),
            ps_only: self.edition(state.borrow().online()).offers_ps_only(),
            looking: self.looking(),
            taped: self.taping.is_on(),
        }
    }

    /// How pictures are looked at.
    fn looking(&self) -> Looking {
        Looking { snapshots: self.order.probe.snapshots, black: self.order.audit.profile.output.black }
    }

    /// A plan begins with what the nights before have learnt.
    fn remember(&self, plan: &mut Plan, recorders: &[String]) {
        let numbers: HashMap<&str, usize> = recorders.iter().enumerate().map(|(n, code)| (code.as_str(), n)).collect();
        for kept in &self.capacities {
            let recorder = match &kept.recorder {
                None => None,
                Some(code) => match numbers.get(code.as_str()) {
                    Some(number) => Some(*number),
                    None => continue,
                },
            };
            let wall = kept.wall.and_then(|wall| usize::try_from(wall).ok());
            plan.remember(recorder, Learnt { sessions: usize::try_from(kept.sessions).unwrap_or(1), wall });
        }
    }

    fn keep_learnt(&self, learnt: &[(Option<usize>, Learnt)], recorders: &[String]) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let kept = learnt.iter().filter_map(|(recorder, learnt)| {
            let recorder = match recorder {
                None => None,
                Some(number) => Some(recorders.get(*number)?.clone()),
            };
            Some(KeptCapacity {
                platform: self.setting.party.id.clone(),
                recorder,
                sessions: number(learnt.sessions),
                wall: learnt.wall.map(number),
                at: self.board.clock.wall(),
            })
        });
        let kept: Vec<KeptCapacity> = kept.collect();
        if !kept.is_empty() {
            self.keeper.capacities(kept);
        }
    }

    /// Waits until the platform is registered, by the deadline of the whole run.
    async fn wait_online(&mut self, state: &mut watch::Receiver<PeerState>) -> Result<Online, Incomplete> {
        loop {
            match &*state.borrow_and_update() {
                PeerState::Online(online) => return Ok(online.clone()),
                PeerState::Refused(_) => return Err(Incomplete::RegistrationRefused),
                PeerState::Waiting | PeerState::Lost(_) => (),
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return Err(Incomplete::NeverRegistered);
                },
                () = sleep_until(self.deadline) => return Err(Incomplete::NeverRegistered),
                () = self.stop.stopped() => return Err(Incomplete::Stopped),
            }
        }
    }

    /// Waits until the platform itself has been heard of.
    async fn wait_fresh(&mut self, state: &mut watch::Receiver<PeerState>) -> bool {
        loop {
            if matches!(&*state.borrow_and_update(), PeerState::Online(online) if !online.restored) {
                return true;
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return false;
                },
                () = sleep_until(self.deadline) => return false,
                () = self.stop.stopped() => return false,
            }
        }
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

    fn header(&self, found: &Found) -> Header {
        let (order, setting) = (&self.order, &self.setting);
        let online = found.online.as_ref();
        let before = || self.earlier.as_ref().map(|earlier| earlier.header.platform.clone()).unwrap_or_default();
        let (edition, source) = edition::choose(setting.edition, online.and_then(|o| o.version.as_deref()));
        let platform = PlatformFacts {
            name: setting.name.clone(),
            id: setting.party.id.clone(),
            role: setting.role.name().to_owned(),
            transport: found.transport.to_owned(),
            address: online.map_or_else(|| before().address, |o| o.hop.peer.to_string()),
            user_agent: online.map_or_else(|| before().user_agent, |o| o.user_agent.clone()),
            edition: edition.name().to_owned(),
            edition_source: source.name().to_owned(),
            device: found.device.clone(),
            expected: setting.expected,
            expected_source: setting.expected_source.clone(),
        };
        Header {
            run_id: order.run_id.clone(),
            mode: Mode::Live,
            started: self.started.micros(),
            finished: self.board.clock.wall().micros(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            incomplete: found.incomplete,
            profile: order.audit.profile.source.clone(),
            jurisdiction: order.audit.jurisdiction.clone(),
            rates: order.audit.rates.iter().map(|r| r.key().to_owned()).collect(),
            platform,
            local_id: order.local.party.id.clone(),
            queries: found.collected.queries.clone(),
            ways: found.collected.ways.clone(),
            witnesses: Witnesses { gb_version: online.and_then(|o| o.version.clone()), ..found.witnesses.clone() },
            probing: order.plan,
            conduct: Conduct { stop_seed: order.probe.stop_when_certain, ..found.conduct.clone() },
            resumed: found.resumed.clone(),
            footprint: Footprint::default(),
            heard: self.hub.heard(),
            signalling: self
                .hub
                .oddities(self.index)
                .iter()
                .map(|(kind, count, example)| Noted::new(kind, count, example))
                .collect(),
            masked_passwords: found.collected.masked,
            soundness: Soundness {
                clock: Some(self.own_clock.clone()),
                peer_clock: self.hub.clock(self.index),
                controls: found.controls.clone(),
                tapes: self.taping.tapes(&setting.name),
            },
            boundaries: order.audit.boundaries.clone(),
            supplied: order.audit.supplied.clone(),
            waivers: order.audit.waivers.clone(),
            measured: found.measured.clone().or_else(|| Measured::nothing(&order.measure.what)),
            confirmation: order.audit.confirmation.clone(),
            carried: None,
        }
    }
}

/// What the prober is told about its platform, and tells.
struct Around<'a> {
    one: &'a OnePlatform,
    state: watch::Receiver<PeerState>,
    began: Instant,
    last: Mutex<Option<Peer>>,
    /// Why nothing new was called when that was last told.
    held: Mutex<Option<Hold>>,
}

impl Around<'_> {
    fn hold(&self) -> Option<Hold> {
        let (setting, clock) = (&self.one.order.probe, &self.one.board.clock);
        if let Some(until) = setting.quiet_hours.until(clock.wall()) {
            return Some(Hold::Quiet(until));
        }
        let most = setting.max_mbit?;
        let mbit = self.one.board.traffic.has_room(most, clock.mono()).err()?;
        Some(Hold::Line { mbit, most })
    }
}

impl Surroundings for Around<'_> {
    fn peer(&self) -> Option<Peer> {
        let state = self.state.borrow();
        let online = state.online().filter(|o| o.reachable)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(peer) if peer.hop == online.hop => Some(peer.clone()),
            _ => {
                let peer = self.one.peer(online);
                *last = Some(peer.clone());
                Some(peer)
            }
        }
    }

    fn answered(&self, at: Mono) {
        self.one.hub.answered(self.one.index, at);
    }

    async fn lives(&self) -> bool {
        let Some(peer) = self.peer() else { return false };
        let dialect = self.state.borrow().online().map_or_else(Dialect::default, |online| self.one.dialect(online));
        query::lives(&self.one.board.endpoint, &peer, dialect).await
    }

    fn holds(&self) -> Option<Duration> {
        let hold = self.hold();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Of the line only that it is full, not each figure.
        let same = match (&*held, &hold) {
            (Some(Hold::Line { .. }), Some(Hold::Line { .. })) => true,
            (before, now) => before == now,
        };
        if let (false, Some(hold)) = (same, hold) {
            self.one.observer.told(Progress::Held { platform: self.one.setting.name.clone(), hold });
        }
        // What the line bears changes by the moment: it is told once, until something else holds.
        if hold.is_some() || !matches!(*held, Some(Hold::Line { .. })) {
            *held = hold;
        }
        hold.map(|_| HOLD)
    }

    fn snapshot(&self, name: &str, jpeg: &[u8]) {
        self.one.keeper.snapshot(&self.one.setting.name, name, jpeg);
    }

    fn key_frame(&self, stream: Vec<u8>) -> Option<String> {
        self.one.frames.take(stream.len()).then(|| {
            let name = frame_name(&stream);
            self.one.keeper.key_frame(&self.one.setting.name, &name, stream);
            name
        })
    }

    fn taped(&self, device_id: &str, attempt: &Attempt, tape: &Tape) {
        let platform = &self.one.setting.name;
        if let Some(octets) = self.one.taping.ended(platform, device_id, attempt, tape) {
            self.one.keeper.tape(platform, device_id, attempt.number, octets);
        }
    }

    fn attempted(&self, so_far: &ProbeRecord) {
        self.one.keeper.probed(&self.one.setting.name, so_far);
    }

    fn settled(&self, record: &ProbeRecord, tally: Tally) {
        if self.one.taping.settled(&self.one.setting.name, record) {
            self.one.keeper.untape(&self.one.setting.name, &record.device_id);
        }
        self.one.keeper.probed(&self.one.setting.name, record);
        let left = (tally.settled > 0).then(|| {
            let rest = (tally.total - tally.settled) as u64;
            self.began.elapsed().as_secs().saturating_mul(rest) / tally.settled as u64
        });
        self.one.observer.told(Progress::Probed { platform: self.one.setting.name.clone(), tally, left });
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
