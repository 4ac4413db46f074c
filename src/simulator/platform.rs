//! The simulated platform on the wire: registers, keeps alive, answers queries and calls.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::answer::{Messages, dialect};
use super::channel::Call;
use super::scene::Scene;
use super::world::World;
use crate::base::clock::SystemClock;
use crate::manscdp::command;
use crate::manscdp::document::Document;
use crate::net::endpoint::{ALLOW, Bound, Endpoint, Event, Incoming};
use crate::net::peer::{Peer, Whereabouts, response};
use crate::net::{LocalSetting, NetError, Stop};
use crate::platform::registrant::{self, Told};
use crate::platform::{PlatformSetting, Role};
use crate::sip::builder::MANSCDP;
use crate::sip::header::uri::SipUri;
use crate::sip::message::Method;
use crate::sip::transaction::{ServerId, TIMEOUT};

/// What a simulated platform did.
#[derive(Debug, Default)]
pub struct Tally {
    calls: AtomicU64,
    open: AtomicU64,
    peak: AtomicU64,
    answered: AtomicU64,
    hung_up: AtomicU64,
    cancelled: AtomicU64,
    refused: AtomicU64,
    queries: AtomicU64,
}

/// The same, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// INVITEs.
    pub calls: u64,
    /// Most calls at once.
    pub peak: u64,
    /// Calls answered with 200.
    pub answered: u64,
    /// Of those, ended by BYE of either side.
    pub hung_up: u64,
    /// Calls ended by CANCEL.
    pub cancelled: u64,
    /// Calls refused.
    pub refused: u64,
    /// Catalogue queries.
    pub queries: u64,
    /// Calls that have not ended.
    pub open: u64,
}

impl Tally {
    pub(super) fn begin(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hung_up(&self) {
        self.hung_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How it stands.
    #[must_use]
    pub fn read(&self) -> Count {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Count {
            calls: get(&self.calls),
            peak: get(&self.peak),
            answered: get(&self.answered),
            hung_up: get(&self.hung_up),
            cancelled: get(&self.cancelled),
            refused: get(&self.refused),
            queries: get(&self.queries),
            open: get(&self.open),
        }
    }
}

/// What it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Registered.
    Registered,
    /// Not registered, and why.
    NotRegistered(String),
    /// A catalogue was asked for.
    CatalogAsked,
    /// It was sent: messages.
    CatalogSent(u64),
    /// The first call came.
    Called,
}

/// Our own settings as a platform.
#[must_use]
pub fn local_setting(scene: &Scene) -> LocalSetting {
    LocalSetting {
        party: scene.party.clone(),
        listen: vec![scene.listen],
        advertise: None,
        media_ip: None,
        media_ports: 40_000..=40_001,
        identity: None,
        version: scene.version.clone(),
    }
}

/// Runs a platform until stopped; then it unregisters.
///
/// # Errors
/// When its sockets cannot be used.
pub async fn run(
    world: Arc<World>,
    bound: Bound,
    tally: Arc<Tally>,
    said: mpsc::Sender<Said>,
    mut stop: Stop,
    clock: Arc<SystemClock>,
) -> Result<(), NetError> {
    let scene = world.scene().clone();
    let (endpoint, mut events) = Endpoint::start(local_setting(&scene), bound, clock.clone())?;
    let superior = PlatformSetting {
        name: scene.name.clone(),
        party: scene.superior.clone(),
        role: Role::Superior,
        address: Some(scene.address),
        username: scene.username.clone(),
        password: scene.password.clone(),
        edition: None,
        charset: Some(scene.charset),
        media_ip: None,
        parallel: None,
        product: None,
        expected: None,
        expected_source: String::new(),
        trust: scene.trust.clone(),
    };
    let (told, mut telling) = mpsc::channel(16);
    let (stopper, registrant_stop) = Stop::new();
    let registering =
        tokio::spawn(registrant::run(endpoint.clone(), superior, scene.address, told, registrant_stop, clock.clone()));
    let mut one = Running {
        world,
        endpoint: endpoint.clone(),
        tally,
        said,
        waiting: HashMap::new(),
        calls: HashMap::new(),
        tasks: JoinSet::new(),
    };
    loop {
        tokio::select! {
            () = stop.stopped() => break,
            event = events.recv() => match event {
                Some(event) => one.event(event).await,
                None => break,
            },
            Some(told) = telling.recv() => one.told(told),
            Some(_) = one.tasks.join_next() => (),
        }
    }
    stopper.stop();
    let _ = tokio::time::timeout(Duration::from_secs(2), registering).await;
    endpoint.stop().await;
    Ok(())
}

struct Running {
    world: Arc<World>,
    endpoint: Endpoint,
    tally: Arc<Tally>,
    said: mpsc::Sender<Said>,
    /// Calls that wait for their ACK.
    waiting: HashMap<ServerId, oneshot::Sender<()>>,
    /// How often a channel was called.
    calls: HashMap<String, u32>,
    tasks: JoinSet<()>,
}

impl Running {
    fn told(&self, told: Told) {
        let said = match told {
            Told::Online { .. } => Said::Registered,
            Told::Lost(why) | Told::Refused(why) => Said::NotRegistered(why),
            Told::Heard(..) => return,
        };
        let _ = self.said.try_send(said);
    }

    async fn event(&mut self, event: Event) {
        match event {
            Event::Ack(id) => {
                if let Some(waiting) = self.waiting.remove(&id) {
                    let _ = waiting.send(());
                }
            }
            Event::Request(incoming) => match incoming.message.method() {
                Some(Method::Invite) => self.invite(incoming).await,
                Some(Method::Message) => self.message(incoming).await,
                Some(Method::Bye | Method::Cancel) => self.answer(&incoming, 481).await,
                Some(Method::Options | Method::Info) => self.answer(&incoming, 200).await,
                Some(Method::Ack) | None => (),
                Some(_) => self.answer(&incoming, 405).await,
            },
            Event::Heard(..) | Event::LinkLost(_) => (),
        }
    }

    async fn answer(&self, incoming: &Incoming, code: u16) {
        let octets = response(&incoming.message, incoming.hop, code).header("Allow", ALLOW).build();
        let _ = self.endpoint.respond(incoming.id, code, octets).await;
    }

    async fn invite(&mut self, invite: Incoming) {
        let uri = invite.message.request_uri().and_then(SipUri::parse);
        let device_id = uri.map(|u| u.user).unwrap_or_default();
        let Some(camera) = self.world.camera(&device_id) else { return self.answer(&invite, 404).await };
        let call_id = invite.message.call_id().unwrap_or_default().to_owned();
        let Ok(requests) = self.endpoint.watch(&call_id).await else { return };
        let (sender, acknowledged) = oneshot::channel();
        self.waiting.insert(invite.id, sender);
        self.waiting.retain(|_, waiting| !waiting.is_closed());
        if self.calls.is_empty() {
            let _ = self.said.try_send(Said::Called);
        }
        let before = self.calls.entry(device_id.clone()).or_default();
        let call = Call {
            endpoint: self.endpoint.clone(),
            invite,
            requests,
            acknowledged,
            options: self.world.behaviour(camera).options,
            before: *before,
            device_id,
            tally: self.tally.clone(),
        };
        *before += 1;
        self.tasks.spawn(call.run());
    }

    async fn message(&mut self, incoming: Incoming) {
        self.answer(&incoming, 200).await;
        let Ok(query) = Document::parse(&incoming.message.body, None) else { return };
        let (Some(sn), "Query") = (query.sn(), query.root.as_str()) else { return };
        let scene = self.world.scene();
        let peer = Peer {
            party: scene.superior.clone(),
            hop: incoming.hop,
            local: self.endpoint.local(incoming.hop),
            credentials: None,
            media_ip: None,
            whereabouts: Whereabouts::default(),
        };
        let own = scene.party.id.clone();
        match query.command() {
            "Catalog" => {
                self.tally.queries.fetch_add(1, Ordering::Relaxed);
                let _ = self.said.try_send(Said::CatalogAsked);
                let sn = u32::try_from(sn).unwrap_or(u32::MAX);
                let asked = query.get("DeviceID").map_or(own, ToOwned::to_owned);
                self.tasks.spawn(send_catalog(self.world.clone(), self.endpoint.clone(), peer, sn, asked, self.said.clone()));
            }
            command @ ("DeviceInfo" | "DeviceStatus") => {
                let elements: &[(&str, &str)] = if command == "DeviceInfo" {
                    &[
                        ("DeviceName", scene.name.as_str()),
                        ("Result", "OK"),
                        ("Manufacturer", "gbaudit"),
                        ("Model", "simulator"),
                        ("Firmware", env!("CARGO_PKG_VERSION")),
                        ("Channel", "0"),
                    ]
                } else {
                    &[("Result", "OK"), ("Online", "ONLINE"), ("Status", "OK")]
                };
                let body = command::response(dialect(scene.charset), command, sn, &own, elements);
                let endpoint = self.endpoint.clone();
                self.tasks.spawn(async move {
                    let _ = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
                });
            }
            _ => (),
        }
    }
}

/// Sends a catalogue, so many messages at once.
async fn send_catalog(world: Arc<World>, endpoint: Endpoint, peer: Peer, sn: u32, asked: String, said: mpsc::Sender<Said>) {
    let window = Arc::new(Semaphore::new(world.scene().sending.window.max(1)));
    let mut sent = 0;
    for body in Messages::new(&world, sn, &asked) {
        let Ok(turn) = window.clone().acquire_owned().await else { return };
        let (endpoint, peer) = (endpoint.clone(), peer.clone());
        tokio::spawn(async move {
            let _ = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
            drop(turn);
        });
        sent += 1;
    }
    let _ = said.try_send(Said::CatalogSent(sent));
}
