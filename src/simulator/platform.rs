//! The simulated platform on the wire: registers, keeps alive, answers queries and calls.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::answer::{Messages, dialect};
use super::archive;
use super::behaviour::{Answer, Options};
use super::channel::Call;
use super::line::Line;
use super::registering::Registering;
use super::scene::Scene;
use super::scenery::{self, SECOND, View};
use super::sending::Sending;
use super::trouble::Trouble;
use super::world::{Random, World};
use crate::base::charset::Charset;
use crate::base::clock::{Clock as _, SystemClock};
use crate::manscdp::command;
use crate::manscdp::document::Document;
use crate::net::endpoint::{ALLOW, Bound, Endpoint, Event, Incoming};
use crate::net::peer::{Peer, Whereabouts, response};
use crate::net::relay::Relay;
use crate::net::{Address, LocalSetting, NetError, Protocol, Stop, random_name};
use crate::sip::builder::{Builder, MANSCDP};
use crate::sip::dialog::Dialog;
use crate::sip::header::uri::SipUri;
use crate::sip::message::Method;
use crate::sip::transaction::{Link, ServerId, TIMEOUT};

/// How long an upload may take.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long unregistering at the end may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a platform that is slow to acknowledge takes.
const SLOW_200: Duration = Duration::from_secs(2);
/// Validity of a subscription that asks for none, seconds.
const SUBSCRIPTION_S: u64 = 600;
/// Subscriptions that are kept; more are refused.
const MAX_SUBSCRIPTIONS: usize = 64;

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
    fallbacks: AtomicU64,
    subscriptions: AtomicU64,
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
    /// Catalogue messages after which WVP's way went on without the 200.
    pub fallbacks: u64,
    /// Subscriptions accepted.
    pub subscriptions: u64,
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

    pub(super) fn fell_back(&self) {
        self.fallbacks.fetch_add(1, Ordering::Relaxed);
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
            fallbacks: get(&self.fallbacks),
            subscriptions: get(&self.subscriptions),
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

/// Our own settings as a platform. Behind a line that is made bad the endpoint itself is seen by nobody.
#[must_use]
pub fn local_setting(scene: &Scene) -> LocalSetting {
    let hidden = is_lined(scene) && scene.address.protocol == Protocol::Udp;
    let loopback = if scene.address.socket.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let listen = if hidden { Address { socket: SocketAddr::new(loopback, 0), ..scene.listen } } else { scene.listen };
    LocalSetting {
        party: scene.party.clone(),
        listen: vec![listen],
        advertise: None,
        media_ip: None,
        media_ports: 40_000..=40_001,
        identity: None,
        version: scene.version.clone(),
    }
}

fn is_lined(scene: &Scene) -> bool {
    Line::new(&scene.troubles, scene.address.socket).is_some()
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
    let mut setting = local_setting(&scene);
    let (stopper, ending) = Stop::new();
    let mut superior = scene.address;
    let mut relaying = None;
    if let Some(line) = Line::new(&scene.troubles, scene.address.socket) {
        let seen = bound.addresses().into_iter().map(|a| a.socket).next().unwrap_or(scene.listen.socket);
        let listen = if scene.address.protocol == Protocol::Udp { scene.listen.socket } else { seen };
        let relay = Relay::bind(listen, scene.address).await?;
        (superior, setting.advertise, setting.media_ip) = (relay.inner, Some(relay.outer), Some(relay.outer.ip()));
        // It goes on while the platform unregisters.
        relaying = Some(tokio::spawn(relay.run(line, ending.clone())));
    }
    let (endpoint, mut events) = Endpoint::start(setting, bound, clock.clone())?;
    let leave = Arc::new(Notify::new());
    let (broken, breaking) = watch::channel(None);
    let registering = Registering {
        endpoint: endpoint.clone(),
        scene,
        superior,
        said: said.clone(),
        leave: leave.clone(),
        broken: breaking,
        clock: clock.clone(),
    };
    let (leaver, leaving) = Stop::new();
    let registering = tokio::spawn(registering.run(leaving));
    let mut one = Running {
        world,
        endpoint: endpoint.clone(),
        tally,
        said,
        waiting: HashMap::new(),
        ongoing: HashMap::new(),
        calls: HashMap::new(),
        sessions: None,
        recorders: HashMap::new(),
        queries: 0,
        subscriptions: HashMap::new(),
        leave,
        broken,
        clock,
        tasks: JoinSet::new(),
    };
    loop {
        tokio::select! {
            () = stop.stopped() => break,
            event = events.recv() => match event {
                Some(event) => one.event(event).await,
                None => break,
            },
            Some(_) = one.tasks.join_next() => (),
        }
    }
    leaver.stop();
    let _ = tokio::time::timeout(FAREWELL, registering).await;
    endpoint.stop().await;
    stopper.stop();
    if let Some(relaying) = relaying {
        let _ = relaying.await;
    }
    Ok(())
}

/// Sends a request and waits for what is answered; nobody looks at that.
async fn put(host: &str, request: &[u8]) {
    let sending = async {
        let mut connection = TcpStream::connect(host).await?;
        connection.write_all(request).await?;
        connection.read(&mut [0; 256]).await
    };
    let _ = tokio::time::timeout(UPLOAD_PATIENCE, sending).await;
}

struct Running {
    world: Arc<World>,
    endpoint: Endpoint,
    tally: Arc<Tally>,
    said: mpsc::Sender<Said>,
    /// Calls that wait for their ACK.
    waiting: HashMap<ServerId, oneshot::Sender<()>>,
    /// Calls that go on, by Call-ID.
    ongoing: HashMap<String, mpsc::Sender<Incoming>>,
    /// How often a channel was called.
    calls: HashMap<String, u32>,
    /// Calls the platform takes at once, where that is limited.
    sessions: Option<Arc<Semaphore>>,
    /// The same of each recorder.
    recorders: HashMap<usize, Arc<Semaphore>>,
    /// Catalogue queries answered so far.
    queries: u32,
    /// By Call-ID.
    subscriptions: HashMap<String, Dialog>,
    leave: Arc<Notify>,
    /// The connection that broke last.
    broken: watch::Sender<Option<Link>>,
    clock: Arc<SystemClock>,
    tasks: JoinSet<()>,
}

impl Running {
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
                Some(Method::Subscribe) => self.subscribe(incoming).await,
                Some(Method::Bye | Method::Cancel) => self.end_of_call(incoming).await,
                Some(Method::Options | Method::Info) => self.answer(&incoming, 200).await,
                Some(Method::Ack) | None => (),
                Some(_) => self.answer(&incoming, 405).await,
            },
            Event::LinkLost(link) => {
                self.broken.send_replace(Some(link));
            }
            Event::Heard(..) | Event::Unasked(..) => (),
        }
    }

    /// A CANCEL or BYE that came before its call was watched, right behind the INVITE, is that call's; one of no call is answered so.
    async fn end_of_call(&mut self, incoming: Incoming) {
        let call = incoming.message.call_id().and_then(|id| self.ongoing.get(id));
        let astray = match call {
            Some(call) => call.try_send(incoming).err().map(mpsc::error::TrySendError::into_inner),
            None => Some(incoming),
        };
        if let Some(incoming) = astray {
            self.answer(&incoming, 481).await;
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
        let Ok((handed, requests)) = self.endpoint.watch_also(&call_id, None).await else { return };
        self.ongoing.retain(|_, call| !call.is_closed());
        self.ongoing.insert(call_id, handed);
        let (sender, acknowledged) = oneshot::channel();
        self.waiting.insert(invite.id, sender);
        self.waiting.retain(|_, waiting| !waiting.is_closed());
        if self.calls.is_empty() {
            let _ = self.said.try_send(Said::Called);
        }
        let mut options = self.world.behaviour(camera).options;
        let mut turns = Vec::new();
        match self.admit(camera) {
            Ok(admitted) => turns = admitted,
            Err(code) => options = Options { answer: Answer::Status(code, 0), ..options },
        }
        let view = self.view(camera, &device_id);
        let before = self.calls.entry(device_id.clone()).or_default();
        let call = Call {
            endpoint: self.endpoint.clone(),
            invite,
            requests,
            acknowledged,
            options,
            turns,
            before: *before,
            device_id,
            view,
            party: self.world.scene().superior.clone(),
            dialect: dialect(self.world.scene().charset),
            tally: self.tally.clone(),
        };
        *before += 1;
        self.tasks.spawn(call.run());
    }

    /// What a camera sees from now on.
    fn view(&self, camera: usize, device_id: &str) -> View {
        let (scene, began) = (self.world.scene(), self.clock.wall());
        let gop = scene.media.key_interval_s.saturating_mul(SECOND).max(1);
        let joined = if scene.media.joined_anywhere {
            Random::new(scene.seed ^ (camera as u64).rotate_left(32) ^ began.micros().unsigned_abs()).next() % gop
        } else {
            0
        };
        View {
            seed: scene.seed,
            camera,
            code: device_id.to_owned(),
            began,
            looped: false,
            gop,
            joined,
            kbit_s: scene.media.kbit_s,
        }
    }

    /// The turns of one more call, or how it is refused: 486 by its recorder, 503 by the platform.
    fn admit(&mut self, camera: usize) -> Result<Vec<OwnedSemaphorePermit>, u16> {
        let scene = self.world.scene();
        let (all, each) = (scene.sessions, scene.sessions_per_recorder);
        let mut turns = Vec::new();
        if each > 0 {
            let recorder = self.recorders.entry(self.world.recorder_of(camera)).or_insert_with(|| Arc::new(Semaphore::new(each)));
            turns.push(recorder.clone().try_acquire_owned().map_err(|_| 486_u16)?);
        }
        if all > 0 {
            let sessions = self.sessions.get_or_insert_with(|| Arc::new(Semaphore::new(all)));
            turns.push(sessions.clone().try_acquire_owned().map_err(|_| 503_u16)?);
        }
        Ok(turns)
    }

    /// Acknowledges a query, late where the platform is slow at it; whether it is answered at all.
    async fn acknowledge(&mut self, incoming: &Incoming, command: &str) -> bool {
        let scene = self.world.scene();
        let (catalogue, incoming_is_records) = (command == "Catalog", command == "RecordInfo");
        let code = match () {
            () if catalogue && scene.has(Trouble::Refused) => 403,
            () if incoming_is_records && scene.has(Trouble::RecordsBusy) => 486,
            () if catalogue && scene.has(Trouble::BusyOnce) && self.queries == 0 => 503,
            () => 200,
        };
        if code == 200 && scene.has(Trouble::Slow200) {
            let (endpoint, id) = (self.endpoint.clone(), incoming.id);
            let octets = response(&incoming.message, incoming.hop, code).header("Allow", ALLOW).build();
            self.tasks.spawn(async move {
                sleep(SLOW_200).await;
                let _ = endpoint.respond(id, code, octets).await;
            });
        } else {
            self.answer(incoming, code).await;
        }
        code == 200
    }

    async fn message(&mut self, incoming: Incoming) {
        let Ok(query) = Document::parse(&incoming.message.body, None) else { return self.answer(&incoming, 200).await };
        let (Some(sn), "Query" | "Control") = (query.sn(), query.root.as_str()) else {
            return self.answer(&incoming, 200).await;
        };
        let catalogue = query.command() == "Catalog";
        let is_answered = self.acknowledge(&incoming, query.command()).await;
        let round = self.queries;
        self.queries += u32::from(catalogue);
        if catalogue {
            self.tally.queries.fetch_add(1, Ordering::Relaxed);
            let _ = self.said.try_send(Said::CatalogAsked);
        }
        if !is_answered {
            return;
        }
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
                let sending = Sending {
                    world: self.world.clone(),
                    endpoint: self.endpoint.clone(),
                    peer,
                    sn: u32::try_from(sn).unwrap_or(u32::MAX),
                    asked: query.get("DeviceID").map_or(own, ToOwned::to_owned),
                    round,
                    said: self.said.clone(),
                    tally: self.tally.clone(),
                    leave: self.leave.clone(),
                };
                self.tasks.spawn(sending.run());
            }
            command @ ("DeviceInfo" | "DeviceStatus") => {
                let skew = if scene.has(Trouble::ClockSkew) { super::registering::SKEW_S } else { 0 };
                let time = self.clock.wall().plus_seconds(skew).beijing("%Y-%m-%dT%H:%M:%S");
                let asked = query.get("DeviceID").unwrap_or(&own).to_owned();
                let elements: Vec<(&str, String)> = if command == "DeviceInfo" {
                    vec![
                        ("DeviceName", scene.name.clone()),
                        ("Result", "OK".into()),
                        ("Manufacturer", "gbaudit".into()),
                        ("Model", "simulator".into()),
                        ("Firmware", env!("CARGO_PKG_VERSION").into()),
                        ("Channel", scene.cameras.to_string()),
                    ]
                } else {
                    let Some(status) = archive::status(&self.world, &asked, &time) else { return };
                    status
                };
                let elements: Vec<(&str, &str)> = elements.iter().map(|(name, text)| (*name, text.as_str())).collect();
                // About a device in its own name; a platform answers about itself as before.
                let own = if self.world.camera(&asked).is_some() { asked } else { own };
                let charset = match (scene.has(Trouble::InfoCharset), scene.charset) {
                    (false, charset) => charset,
                    (true, Charset::Utf8) => Charset::Gb18030,
                    (true, Charset::Gb18030) => Charset::Utf8,
                };
                let body = command::response(dialect(charset), command, sn, &own, &elements);
                let endpoint = self.endpoint.clone();
                self.tasks.spawn(async move {
                    let _ = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
                });
            }
            "DeviceConfig" => {
                let asked = query.get("DeviceID").unwrap_or_default().to_owned();
                let (Some(camera), Some((result, url))) =
                    (self.world.camera(&asked), archive::snapshot(&self.world, &incoming.message.body))
                else {
                    return;
                };
                let view = self.view(camera, &asked);
                let body = command::response(dialect(scene.charset), "DeviceConfig", sn, &asked, &[("Result", result)]);
                let (endpoint, world) = (self.endpoint.clone(), self.world.clone());
                self.tasks.spawn(async move {
                    let _ = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
                    let Some(url) = url else { return };
                    let jpeg = tokio::task::spawn_blocking(move || scenery::jpeg(view)).await.unwrap_or_default();
                    if let Some((host, request)) = archive::upload(&world, &url, &jpeg) {
                        put(&host, &request).await;
                    }
                });
            }
            "RecordInfo" => {
                let bodies = archive::records(&self.world, &query, dialect(scene.charset));
                let endpoint = self.endpoint.clone();
                self.tasks.spawn(async move {
                    for body in bodies {
                        let _ = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
                    }
                });
            }
            _ => (),
        }
    }

    /// Accepts a subscription to the catalogue, refreshes it, ends it. The first notification tells what is off line.
    async fn subscribe(&mut self, incoming: Incoming) {
        let request = &incoming.message;
        let scene = self.world.scene();
        let event = request.header("event").unwrap_or_default().to_owned();
        let of_catalogue = event.get(..7).is_some_and(|kind| kind.eq_ignore_ascii_case("catalog"));
        let expires = request.header("expires").and_then(|v| v.trim().parse().ok()).unwrap_or(SUBSCRIPTION_S);
        let call_id = request.call_id().unwrap_or_default().to_owned();
        let code = match () {
            () if !of_catalogue || scene.has(Trouble::SubscriptionRefused) => 489,
            () if request.contact().is_none() && scene.has(Trouble::SubscriptionContact) => 400,
            () if self.subscriptions.len() >= MAX_SUBSCRIPTIONS && !self.subscriptions.contains_key(&call_id) => 503,
            () => 200,
        };
        if code != 200 {
            return self.answer(&incoming, code).await;
        }
        let tag = random_name();
        let known = self.subscriptions.remove(&call_id);
        let is_new = known.is_none();
        let Some(mut dialog) = known.or_else(|| Dialog::callee(request, &tag)) else { return self.answer(&incoming, 400).await };
        let local = self.endpoint.local(incoming.hop);
        let octets = Builder::response(request, incoming.hop.peer, 200, crate::sip::builder::reason_phrase(200), &tag)
            .header("Contact", &local.contact())
            .header("Expires", &expires.to_string())
            .build();
        let _ = self.endpoint.respond(incoming.id, 200, octets).await;
        let mut notify = |state: &str, body: Option<Vec<u8>>| {
            let mut builder = dialog
                .request("NOTIFY", &local, &random_name())
                .header("Contact", &local.contact())
                .header("Event", &event)
                .header("Subscription-State", state);
            if let Some(body) = body {
                builder = builder.body(MANSCDP, body);
            }
            builder.build()
        };
        let first: Bytes = if expires == 0 {
            notify("terminated;reason=timeout", None)
        } else if is_new {
            self.tally.subscriptions.fetch_add(1, Ordering::Relaxed);
            notify(&format!("active;expires={expires}"), Some(Messages::offline(&self.world)))
        } else {
            self.subscriptions.insert(call_id, dialog);
            return;
        };
        if expires > 0 {
            self.subscriptions.insert(call_id, dialog);
        }
        let (endpoint, hop) = (self.endpoint.clone(), incoming.hop);
        self.tasks.spawn(async move {
            let _ = endpoint.ask(first, hop, TIMEOUT).await;
        });
    }
}
