//! One audit of live platforms: register, catalogue, probe, and what was seen of it all as evidence.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::AuditSetting;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::time::Timestamp;
use crate::edition::{self, Edition, EditionSource};
use crate::evidence::heard::Heard;
use crate::evidence::{Evidence, Footprint, Header, Incomplete, Mode, PlatformFacts, ProbePlan};
use crate::manscdp::command::Dialect;
use crate::net::endpoint::{Bound, Endpoint};
use crate::net::peer::Peer;
use crate::net::{LocalSetting, NetError, Stop};
use crate::platform::PlatformSetting;
use crate::platform::hub::{Hub, Inbound, Online, PeerState};
use crate::platform::query::{self, Collected};
use crate::platform::registrar::Registration;

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
    /// How long to wait for them.
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
}

/// Whoever watches a run.
pub trait Observer: Send + Sync {
    /// Is told what happens.
    fn told(&self, progress: Progress);
}

/// Runs an audit on bound sockets. Gives the evidence of each platform, in the order of the settings.
///
/// # Errors
/// When the endpoint cannot be started; everything after that is in the evidence.
pub async fn run(
    order: Order,
    bound: Bound,
    restored: Vec<Option<Registration>>,
    stop: Stop,
    clock: Arc<SystemClock>,
    observer: Arc<dyn Observer>,
) -> Result<Vec<Evidence>, NetError> {
    let started = clock.wall();
    let (endpoint, events) = Endpoint::start(order.local.clone(), bound, clock.clone())?;
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
    let mut tasks = JoinSet::new();
    for (index, setting) in order.platforms.iter().enumerate() {
        let one = OnePlatform {
            index,
            setting: setting.clone(),
            endpoint: endpoint.clone(),
            hub: hub.clone(),
            clock: clock.clone(),
            stop: stop.clone(),
            observer: observer.clone(),
            deadline,
        };
        tasks.spawn(one.run());
    }
    let waiting = tokio::spawn(tell_waiting(hub.clone(), order.clone(), deadline, stop.clone(), observer.clone()));
    let mut found: Vec<(usize, Found)> = Vec::new();
    while let Some(result) = tasks.join_next().await {
        // A task that panicked has measured nothing; its platform is reported as not heard of.
        if let Ok(one) = result {
            found.push(one);
        }
    }
    waiting.abort();
    found.sort_by_key(|(index, _)| *index);

    // Superiors are unregistered; then everything is closed.
    stopper.stop();
    hub.farewell().await;
    let all_heard = hub.heard();
    endpoint.stop().await;
    listening.abort();
    let finished = clock.wall();
    Ok(found
        .into_iter()
        .filter_map(|(index, found)| {
            let setting = order.platforms.get(index)?;
            Some(evidence(&order, setting, found, (started, finished), &all_heard))
        })
        .collect())
}

/// What was found of one platform.
#[derive(Debug, Default)]
struct Found {
    online: Option<Online>,
    transport: &'static str,
    collected: Collected,
    device: Vec<(String, String)>,
    incomplete: Option<Incomplete>,
    queries: u64,
}

struct OnePlatform {
    index: usize,
    setting: PlatformSetting,
    endpoint: Endpoint,
    hub: Arc<Hub>,
    clock: Arc<SystemClock>,
    stop: Stop,
    observer: Arc<dyn Observer>,
    deadline: Instant,
}

impl OnePlatform {
    async fn run(mut self) -> (usize, Found) {
        let index = self.index;
        let mut found = Found::default();
        let (Some(mut state), Some(mut inbox)) = (self.hub.state(index), self.hub.inbox(index)) else {
            return (index, found);
        };
        loop {
            let online = match self.wait_online(&mut state).await {
                Ok(online) => online,
                Err(why) => {
                    found.incomplete = Some(why);
                    return (index, found);
                }
            };
            let restored = online.restored;
            let peer = self.peer(&online);
            found.transport = self.endpoint.local(online.hop).transport;
            let dialect = self.dialect(&online);
            found.online = Some(online);
            let (observer, platform) = (self.observer.clone(), self.setting.name.clone());
            let progress = move |received, declared| {
                observer.told(Progress::Catalog { platform: platform.clone(), received, declared });
            };
            found.collected =
                query::catalog(&self.endpoint, &peer, &mut inbox, &mut state, dialect, (&mut self.stop, &self.clock), &progress)
                    .await;
            found.queries += found.collected.queries.len() as u64;
            if restored && found.collected.unreachable && !self.stop.is_stopped() {
                // The registration kept from an earlier run leads nowhere: wait for a new one.
                found.collected = Collected::default();
                if self.wait_fresh(&mut state).await {
                    continue;
                }
                found.incomplete = Some(Incomplete::NeverRegistered);
                return (index, found);
            }
            self.observer.told(Progress::CatalogDone { platform: self.setting.name.clone() });
            if found.collected.lost {
                found.incomplete = Some(Incomplete::PlatformLost);
            } else if self.stop.is_stopped() {
                found.incomplete = Some(Incomplete::Stopped);
            } else if !found.collected.messages.is_empty() {
                found.device = self.small_queries(&peer, &mut inbox, dialect).await;
                found.queries += 2;
            }
            return (index, found);
        }
    }

    /// Waits until the platform is registered, by the deadline of the whole run.
    async fn wait_online(&mut self, state: &mut tokio::sync::watch::Receiver<PeerState>) -> Result<Online, Incomplete> {
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
    async fn wait_fresh(&mut self, state: &mut tokio::sync::watch::Receiver<PeerState>) -> bool {
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
        let username = self.setting.username.clone().unwrap_or_else(|| self.endpoint.setting().party.id.clone());
        Peer {
            party: self.setting.party.clone(),
            hop: online.hop,
            local: self.endpoint.local(online.hop),
            credentials: self.setting.password.clone().map(|password| (username, password)),
        }
    }

    fn dialect(&self, online: &Online) -> Dialect {
        let (edition, _) = edition::choose(self.setting.edition, online.version.as_deref());
        let charset = self.setting.charset.unwrap_or(crate::base::charset::Charset::Gb18030);
        let declared = match charset {
            crate::base::charset::Charset::Utf8 => "UTF-8",
            crate::base::charset::Charset::Gb18030 => edition.declared_charset(),
        };
        Dialect { charset, declared }
    }

    /// What the platform says of itself: asked once, no answer is no fault.
    async fn small_queries(
        &mut self,
        peer: &Peer,
        inbox: &mut mpsc::Receiver<Inbound>,
        dialect: Dialect,
    ) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        for (command, wanted) in [
            ("DeviceInfo", &["DeviceName", "Manufacturer", "Model", "Firmware", "Channel"][..]),
            ("DeviceStatus", &["Online", "Status", "DeviceTime"][..]),
        ] {
            tokio::time::sleep(query::SPACING).await;
            let answer = tokio::select! {
                answer = query::small(&self.endpoint, peer, inbox, command, dialect, &self.clock) => answer,
                () = self.stop.stopped() => return facts,
            };
            let Some(answer) = answer else { continue };
            for name in wanted {
                if let Some(text) = answer.get(name) {
                    facts.push(((*name).to_owned(), text.to_owned()));
                }
            }
        }
        facts
    }
}

async fn tell_waiting(hub: Arc<Hub>, order: Order, deadline: Instant, mut stop: Stop, observer: Arc<dyn Observer>) {
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
            .filter(|(i, _)| hub.state(*i).is_some_and(|s| !matches!(&*s.borrow(), PeerState::Online(_))))
            .map(|(_, p)| p.name.clone())
            .collect();
        if missing.is_empty() || Instant::now() >= deadline {
            return;
        }
        observer.told(Progress::Waiting { waited: began.elapsed().as_secs(), limit: order.wait.as_secs(), missing });
    }
}

fn evidence(
    order: &Order,
    setting: &PlatformSetting,
    found: Found,
    (started, finished): (Timestamp, Timestamp),
    heard: &[Heard],
) -> Evidence {
    let version = found.online.as_ref().and_then(|o| o.version.as_deref());
    let (edition, source): (Edition, EditionSource) = edition::choose(setting.edition, version);
    let platform = PlatformFacts {
        name: setting.name.clone(),
        id: setting.party.id.clone(),
        role: setting.role.name().to_owned(),
        transport: found.transport.to_owned(),
        address: found.online.as_ref().map(|o| o.hop.peer.to_string()).unwrap_or_default(),
        user_agent: found.online.as_ref().map(|o| o.user_agent.clone()).unwrap_or_default(),
        edition: edition.name().to_owned(),
        edition_source: source.name().to_owned(),
        device: found.device,
        expected: setting.expected,
        expected_source: setting.expected_source.clone(),
    };
    let header = Header {
        run_id: order.run_id.clone(),
        mode: Mode::Live,
        started: started.micros(),
        finished: finished.micros(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        incomplete: found.incomplete,
        profile: order.audit.profile.source.clone(),
        jurisdiction: order.audit.jurisdiction.clone(),
        rates: order.audit.rates.iter().map(|r| r.key().to_owned()).collect(),
        platform,
        local_id: order.local.party.id.clone(),
        queries: found.collected.queries,
        probing: ProbePlan::No,
        footprint: Footprint { queries: found.queries, ..Footprint::default() },
        heard: heard.to_vec(),
        masked_passwords: found.collected.masked,
        boundaries: order.audit.boundaries.clone(),
    };
    Evidence { header, messages: found.collected.messages, tables: Vec::new(), probes: Vec::new() }
}
