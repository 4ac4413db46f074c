//! Joins sockets with the transaction layer: one task owns both, everybody else talks to it by channel.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::strangers::{Guard, MAX_SOURCES, SAID_EVERY, Seat};
use super::tcp::Stream;
use super::tls::Identity;
use super::{Address, LocalSetting, NetError, Protocol, Trust, peer, route_to, tcp, udp};
use crate::base::clock::{Clock as _, Mono, SystemClock};
use crate::base::text::excerpt;
use crate::evidence::heard::HeardKind;
use crate::evidence::tape::{Kind, Recorder, Way};
pub use crate::sip::admission::ALLOW;
use crate::sip::admission::{Admission, admit};
use crate::sip::dialog::Local;
use crate::sip::message::{Message, MessageError, Method};
use crate::sip::transaction::{Action, ClientId, Failure, Hop, Link, MAX_HELD_BYTES, ServerId, Transactions};

/// Messages read and not yet handled.
pub const INPUT_QUEUE: usize = 4_096;
/// Requests handled and not yet taken by whoever answers them; beyond it they are dropped and come again.
pub const EVENT_QUEUE: usize = 8_192;
/// Orders to the endpoint.
pub const COMMAND_QUEUE: usize = 4_096;
/// Events of one request of ours; provisional ones beyond half of it are dropped.
pub const CALL_QUEUE: usize = 64;
/// How long a connection may take to be made.
pub const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Inputs handled before actions are carried out.
const BATCH: usize = 256;

/// What the readers bring.
pub(super) enum Input {
    Message { message: Box<Message>, hop: Hop },
    Unreadable { error: MessageError, length: usize, hop: Hop },
    TooLarge { head: Box<Message>, length: usize, hop: Hop },
    Lost { why: &'static str, hop: Hop },
    Accepted { stream: Stream, peer: SocketAddr, seat: Seat },
    Heard { kind: HeardKind, peer: SocketAddr, detail: String },
    Closed { hop: Hop, half: usize },
}

/// A request of a peer's.
#[derive(Debug)]
pub struct Incoming {
    /// To respond with.
    pub id: ServerId,
    /// The request.
    pub message: Box<Message>,
    /// Where it came from.
    pub hop: Hop,
    /// For CANCEL: the INVITE it ends.
    pub cancels: Option<ServerId>,
}

/// What the endpoint tells whoever runs it.
#[derive(Debug)]
pub enum Event {
    /// A request outside of the dialogs somebody watches.
    Request(Incoming),
    /// The ACK of a 2xx we sent.
    Ack(ServerId),
    /// Something worth a line: what, from where, the detail.
    Heard(HeardKind, SocketAddr, String),
    /// A connection is gone.
    LinkLost(Link),
    /// A 2xx to an INVITE of ours that is over, perhaps of another process: it has to be acknowledged and hung up.
    Unasked(Box<Message>, Hop),
}

/// What comes back for a request of ours.
#[derive(Debug)]
pub enum ClientEvent {
    /// A response.
    Response {
        /// It.
        message: Box<Message>,
        /// A 200 seen and acknowledged before.
        repeated: bool,
    },
    /// No final response.
    Failed(Failure),
}

/// A request of ours under way.
#[derive(Debug)]
pub struct Call {
    /// Its transaction.
    pub id: ClientId,
    events: mpsc::Receiver<ClientEvent>,
}

impl Call {
    /// A call of which nothing more comes.
    #[must_use]
    pub fn closed() -> Self {
        Self { id: ClientId::NONE, events: mpsc::channel(1).1 }
    }

    /// What came next; `None` when the endpoint has ended.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        self.events.recv().await
    }
}

enum Command {
    Request { octets: Bytes, hop: Hop, patience: Duration, sent: bool, reply: oneshot::Sender<Call> },
    Respond { id: ServerId, code: u16, octets: Bytes },
    Transmit { octets: Bytes, hop: Hop },
    Acknowledge { id: ClientId, to_tag: String, ack: Bytes },
    ExpectEnd { id: ClientId, patience: Duration },
    Watch { call_id: String, requests: mpsc::Sender<Incoming>, tape: Option<Recorder> },
    Unwatch { call_id: String },
    Connected { stream: Stream, peer: SocketAddr, reply: oneshot::Sender<Hop> },
    Stop,
}

/// The handle everybody has.
#[derive(Debug, Clone)]
pub struct Endpoint {
    commands: mpsc::Sender<Command>,
    setting: Arc<LocalSetting>,
    udp: Arc<Vec<SocketAddr>>,
    tcp_port: Option<u16>,
    tls_port: Option<u16>,
    guard: Arc<Guard>,
    routes: Arc<Mutex<HashMap<SocketAddr, std::net::IpAddr>>>,
    /// Our ends of the connections.
    locals: Locals,
}

/// Our ends of the connections there are.
type Locals = Arc<Mutex<HashMap<Link, SocketAddr>>>;

/// Sockets bound before anything is sent, so that a taken port is found in time.
pub struct Bound {
    udp: Vec<UdpSocket>,
    tcp: Vec<TcpListener>,
    tls: Vec<(TcpListener, Identity)>,
}

impl Bound {
    /// The addresses really bound, where port 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let at = |protocol| move |socket: std::io::Result<SocketAddr>| socket.ok().map(|socket| Address { protocol, socket });
        let udp = self.udp.iter().map(UdpSocket::local_addr).filter_map(at(Protocol::Udp));
        let tcp = self.tcp.iter().map(TcpListener::local_addr).filter_map(at(Protocol::Tcp));
        let tls = self.tls.iter().map(|(listener, _)| listener.local_addr()).filter_map(at(Protocol::Tls));
        udp.chain(tcp).chain(tls).collect()
    }
}

/// Binds every listening socket.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind(setting: &LocalSetting) -> Result<Bound, NetError> {
    let mut bound = Bound { udp: Vec::new(), tcp: Vec::new(), tls: Vec::new() };
    for address in &setting.listen {
        let failed = |source| NetError::Listen { address: *address, source };
        match address.protocol {
            Protocol::Udp => bound.udp.push(udp::listen(address.socket).map_err(failed)?),
            Protocol::Tcp => bound.tcp.push(tcp::listen(address.socket).map_err(failed)?),
            Protocol::Tls => {
                let identity = setting.identity.clone().ok_or(NetError::NoCertificate)?;
                bound.tls.push((tcp::listen(address.socket).map_err(failed)?, identity));
            }
        }
    }
    Ok(bound)
}

/// Kernel buffer that a signalling socket asks for.
pub const RECEIVE_BUFFER_BYTES: usize = udp::RECEIVE_BUFFER_BYTES;

/// What the kernel grants of it.
///
/// # Errors
/// When no socket is to be had.
pub fn granted_buffer(address: SocketAddr) -> std::io::Result<usize> {
    udp::granted(address)
}

impl Endpoint {
    /// Starts the endpoint on bound sockets.
    ///
    /// # Errors
    /// When a socket has no address.
    pub fn start(
        setting: LocalSetting,
        bound: Bound,
        clock: Arc<SystemClock>,
    ) -> Result<(Self, mpsc::Receiver<Event>), NetError> {
        let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
        let (events, event_queue) = mpsc::channel(EVENT_QUEUE);
        let (inputs, input_queue) = mpsc::channel(INPUT_QUEUE);
        let guard = Arc::new(Guard::new(clock.clone()));
        let mut sockets = Vec::new();
        let mut addresses = Vec::new();
        for (index, socket) in bound.udp.into_iter().enumerate() {
            let socket = Arc::new(socket);
            addresses.push(socket.local_addr()?);
            tokio::spawn(udp::read(socket.clone(), index, inputs.clone(), guard.clone()));
            sockets.push(socket);
        }
        let mut tcp_port = None;
        for listener in bound.tcp {
            tcp_port.get_or_insert(listener.local_addr()?.port());
            tokio::spawn(tcp::accept(listener, None, inputs.clone(), guard.clone()));
        }
        let mut tls_port = None;
        for (listener, identity) in bound.tls {
            tls_port.get_or_insert(listener.local_addr()?.port());
            tokio::spawn(tcp::accept(listener, Some(identity), inputs.clone(), guard.clone()));
        }
        let locals = Locals::default();
        let actor = Actor {
            transactions: Transactions::default(),
            sockets,
            streams: HashMap::new(),
            next_stream: 0,
            calls: HashMap::new(),
            watched: HashMap::new(),
            taped: 0,
            events,
            inputs,
            guard: guard.clone(),
            locals: locals.clone(),
            refused: None,
            requests_said: None,
            strangers_said: (None, 0),
            clock,
        };
        tokio::spawn(actor.run(command_queue, input_queue));
        let endpoint = Self {
            commands,
            setting: Arc::new(setting),
            udp: Arc::new(addresses),
            tcp_port,
            tls_port,
            guard,
            routes: Arc::default(),
            locals,
        };
        Ok((endpoint, event_queue))
    }

    /// Our settings.
    #[must_use]
    pub fn setting(&self) -> &LocalSetting {
        &self.setting
    }

    /// Sends a request of ours.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn request(&self, octets: Bytes, hop: Hop, patience: Duration) -> Result<Call, NetError> {
        let (reply, call) = oneshot::channel();
        self.command(Command::Request { octets, hop, patience, sent: false, reply }).await?;
        call.await.map_err(|_| NetError::Closed)
    }

    /// Waits for the answer to a request an earlier process sent.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn adopt(&self, octets: Bytes, hop: Hop, patience: Duration) -> Result<Call, NetError> {
        let (reply, call) = oneshot::channel();
        self.command(Command::Request { octets, hop, patience, sent: true, reply }).await?;
        call.await.map_err(|_| NetError::Closed)
    }

    /// Responds to a request of a peer's.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn respond(&self, id: ServerId, code: u16, octets: Bytes) -> Result<(), NetError> {
        self.command(Command::Respond { id, code, octets }).await
    }

    /// Sends octets outside of any transaction, as a simulated platform does that repeats itself.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn transmit(&self, octets: Bytes, hop: Hop) -> Result<(), NetError> {
        self.command(Command::Transmit { octets, hop }).await
    }

    /// Acknowledges a 2xx, now and whenever it comes again.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn acknowledge(&self, id: ClientId, to_tag: &str, ack: Bytes) -> Result<(), NetError> {
        self.command(Command::Acknowledge { id, to_tag: to_tag.to_owned(), ack }).await
    }

    /// A cancelled INVITE ends by itself within `patience`.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn expect_end(&self, id: ClientId, patience: Duration) -> Result<(), NetError> {
        self.command(Command::ExpectEnd { id, patience }).await
    }

    /// From now on requests with this Call-ID go to the receiver given back, and all its messages on the tape.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn watch(&self, call_id: &str, tape: Option<Recorder>) -> Result<mpsc::Receiver<Incoming>, NetError> {
        Ok(self.watch_also(call_id, tape).await?.1)
    }

    /// The same, with the other end: for whoever was handed a request of this Call-ID before it was watched.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn watch_also(
        &self,
        call_id: &str,
        tape: Option<Recorder>,
    ) -> Result<(mpsc::Sender<Incoming>, mpsc::Receiver<Incoming>), NetError> {
        let (requests, receiver) = mpsc::channel(CALL_QUEUE);
        self.command(Command::Watch { call_id: call_id.to_owned(), requests: requests.clone(), tape }).await?;
        Ok((requests, receiver))
    }

    /// No longer.
    pub async fn unwatch(&self, call_id: &str) {
        let _ = self.command(Command::Unwatch { call_id: call_id.to_owned() }).await;
    }

    /// Opens a connection to a peer, over TLS if it is told whose certificate to believe.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn connect(&self, address: SocketAddr, trust: Option<&Trust>) -> Result<Hop, NetError> {
        let failed = |source| NetError::Connect { address, source };
        let stream = timeout(CONNECT_PATIENCE, TcpStream::connect(address))
            .await
            .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
            .map_err(failed)?;
        let stream = match trust {
            None => Stream::Plain(stream),
            Some(trust) => {
                let secured = trust.connect(stream).await.map_err(|source| NetError::Tls { address, source })?;
                Stream::Tls(Box::new(secured))
            }
        };
        let (reply, hop) = oneshot::channel();
        self.command(Command::Connected { stream, peer: address, reply }).await?;
        hop.await.map_err(|_| NetError::Closed)
    }

    /// Datagrams that were lost because we did not read fast enough, so far; nothing where the system does not say.
    #[must_use]
    pub fn datagrams_lost(&self) -> Option<u64> {
        let ports: Vec<u16> = self.udp.iter().map(SocketAddr::port).collect();
        udp::lost(&ports)
    }

    /// From now on whoever writes from another address than these is a stranger: see [`super::strangers`].
    pub fn know(&self, platforms: impl IntoIterator<Item = std::net::IpAddr>) {
        self.guard.close(platforms);
    }

    /// The way to a UDP address: from the first socket of its family.
    ///
    /// # Errors
    /// When we listen on none.
    pub fn udp_hop(&self, peer: SocketAddr) -> Result<Hop, NetError> {
        let index = self.udp.iter().position(|a| a.is_ipv4() == peer.is_ipv4());
        index.map(|index| Hop { link: Link::Udp(index), peer }).ok_or(NetError::NoSocket(Protocol::Udp))
    }

    /// Which of our sockets a link is, as it can be kept for another run.
    #[must_use]
    pub fn socket_address(&self, link: Link) -> Option<SocketAddr> {
        match link {
            Link::Udp(index) => self.udp.get(index).copied(),
            Link::Stream(_) | Link::Secure(_) => None,
        }
    }

    /// The UDP socket bound to this address.
    #[must_use]
    pub fn udp_link(&self, bound: SocketAddr) -> Option<Link> {
        self.udp.iter().position(|a| *a == bound).map(Link::Udp)
    }

    /// Ourselves on the way to a peer: what Via and Contact say.
    #[must_use]
    pub fn local(&self, hop: Hop) -> Local {
        let ip = self.ip_towards(hop);
        let port = match hop.link {
            Link::Udp(index) => self.udp.get(index).map_or(Protocol::Udp.default_port(), SocketAddr::port),
            Link::Stream(_) => self.tcp_port.unwrap_or(Protocol::Tcp.default_port()),
            Link::Secure(_) => self.tls_port.unwrap_or(Protocol::Tls.default_port()),
        };
        let sent_by = match self.setting.advertise {
            Some(address) => address,
            None => SocketAddr::new(ip, port),
        };
        Local { party: self.setting.party.clone(), transport: hop.transport(), sent_by: sent_by.to_string() }
    }

    /// Our end of the way to a peer, as the network has it.
    #[must_use]
    pub fn ours(&self, hop: Hop) -> SocketAddr {
        match hop.link {
            Link::Udp(_) => {
                let port = self.socket_address(hop.link).map_or(Protocol::Udp.default_port(), |a| a.port());
                SocketAddr::new(self.ip_towards(hop), port)
            }
            Link::Stream(_) | Link::Secure(_) => {
                let known = self.locals.lock().unwrap_or_else(PoisonError::into_inner).get(&hop.link).copied();
                known.unwrap_or_else(|| SocketAddr::new(self.ip_towards(hop), self.tcp_port.unwrap_or_default()))
            }
        }
    }

    /// The address of ours a peer's media is to be sent to.
    #[must_use]
    pub fn media_ip(&self, hop: Hop) -> std::net::IpAddr {
        self.setting.media_ip.or(self.setting.advertise.map(|a| a.ip())).unwrap_or_else(|| self.ip_towards(hop))
    }

    /// The address the socket in use is bound to, or, where that is "any", the one that routes there.
    fn ip_towards(&self, hop: Hop) -> std::net::IpAddr {
        let fits = |ip: &std::net::IpAddr| !ip.is_unspecified() && ip.is_ipv4() == hop.peer.is_ipv4();
        let own = self.socket_address(hop.link).map(|a| a.ip()).filter(fits);
        if let Some(ip) = own.or_else(|| self.udp.iter().map(SocketAddr::ip).find(fits)) {
            return ip;
        }
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        *routes.entry(hop.peer).or_insert_with(|| route_to(hop.peer).unwrap_or(std::net::Ipv4Addr::LOCALHOST.into()))
    }

    /// Ends the endpoint.
    pub async fn stop(&self) {
        let _ = self.command(Command::Stop).await;
    }

    async fn command(&self, command: Command) -> Result<(), NetError> {
        self.commands.send(command).await.map_err(|_| NetError::Closed)
    }
}

/// Whoever takes the requests of a call, and what it is taped on.
struct Watched {
    requests: mpsc::Sender<Incoming>,
    tape: Option<Recorder>,
}

/// The Call-ID of a message of ours, as we write it.
fn call_id_of(octets: &[u8]) -> Option<&str> {
    const NAME: &[u8] = b"\r\nCall-ID: ";
    let begin = memchr::memmem::find(octets, NAME)? + NAME.len();
    let rest = octets.get(begin..)?;
    std::str::from_utf8(rest.get(..memchr::memchr(b'\r', rest)?)?).ok()
}

struct Actor {
    transactions: Transactions,
    sockets: Vec<Arc<UdpSocket>>,
    streams: HashMap<Link, mpsc::Sender<Bytes>>,
    next_stream: u64,
    calls: HashMap<ClientId, mpsc::Sender<ClientEvent>>,
    watched: HashMap<String, Watched>,
    /// How many of them are taped.
    taped: usize,
    events: mpsc::Sender<Event>,
    inputs: mpsc::Sender<Input>,
    guard: Arc<Guard>,
    locals: Locals,
    /// Requests nobody could take lately, and of whom the last one was.
    refused: Option<(u64, SocketAddr)>,
    /// When it was last said that requests had to be forgotten.
    requests_said: Option<Mono>,
    /// The same of strangers, and how many had been by then.
    strangers_said: (Option<Mono>, u64),
    clock: Arc<SystemClock>,
}

impl Actor {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, mut inputs: mpsc::Receiver<Input>) {
        let mut armed = None;
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        loop {
            // The deadline changes seldom, the loop turns for every message: the timer is touched only when it has to be.
            let deadline = self.transactions.next_deadline();
            if deadline != armed
                && let Some(at) = deadline
            {
                sleep.as_mut().reset(self.clock.instant(at).into());
            }
            armed = deadline;
            tokio::select! {
                command = commands.recv() => {
                    let Some(command) = command.filter(|c| !matches!(c, Command::Stop)) else { return };
                    self.command(command);
                    for _ in 0..BATCH {
                        match commands.try_recv() {
                            Ok(Command::Stop) => return,
                            Ok(command) => self.command(command),
                            Err(_) => break,
                        }
                    }
                }
                Some(input) = inputs.recv() => {
                    self.input(input);
                    for _ in 0..BATCH {
                        match inputs.try_recv() {
                            Ok(input) => self.input(input),
                            Err(_) => break,
                        }
                    }
                }
                () = &mut sleep, if armed.is_some() => {
                    armed = None;
                    self.transactions.tick(self.clock.mono());
                }
            }
            while let Some(action) = self.transactions.poll() {
                self.act(action);
            }
            // Said when there is room again to say it.
            if self.events.capacity() > EVENT_QUEUE / 2 {
                if let Some((count, peer)) = self.refused.take() {
                    self.heard(HeardKind::QueueFull, peer, format!("{peer} {count}"));
                }
                self.say_forgotten();
            }
        }
    }

    /// What the limits made us forget, each once a minute.
    fn say_forgotten(&mut self) {
        let strangers = self.guard.forgotten();
        if strangers == self.strangers_said.1 && !self.transactions.has_forgotten() {
            return;
        }
        let (now, nobody) = (self.clock.mono(), SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let due = |said: Option<Mono>| said.is_none_or(|at| now.since(at) >= SAID_EVERY);
        if strangers > self.strangers_said.1 && due(self.strangers_said.0) {
            let more = strangers - self.strangers_said.1;
            self.heard(HeardKind::StrangersForgotten, nobody, format!("> {MAX_SOURCES}, {more}"));
            self.strangers_said = (Some(now), strangers);
        }
        if self.transactions.has_forgotten() && due(self.requests_said) {
            let (held, requests) = (MAX_HELD_BYTES / (1024 * 1024), self.transactions.take_forgotten());
            self.heard(HeardKind::RepeatsForgotten, nobody, format!("> {held} MiB, {requests}"));
            self.requests_said = Some(now);
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.clock.mono();
        match command {
            Command::Request { octets, hop, patience, sent, reply } => {
                let id = if sent {
                    self.transactions.adopt(octets, hop, patience, now)
                } else {
                    self.transactions.request(octets, hop, patience, now)
                };
                let (sender, events) = mpsc::channel(CALL_QUEUE);
                self.calls.insert(id, sender);
                let _ = reply.send(Call { id, events });
            }
            Command::Respond { id, code, octets } => self.transactions.respond(id, code, octets, now),
            Command::Transmit { octets, hop } => self.transmit(hop, octets),
            Command::Acknowledge { id, to_tag, ack } => self.transactions.acknowledge(id, &to_tag, ack),
            Command::ExpectEnd { id, patience } => self.transactions.expect_end(id, patience, now),
            Command::Watch { call_id, requests, tape } => {
                self.taped += usize::from(tape.is_some());
                if let Some(before) = self.watched.insert(call_id, Watched { requests, tape }) {
                    self.taped -= usize::from(before.tape.is_some());
                }
            }
            Command::Unwatch { call_id } => {
                if let Some(watched) = self.watched.remove(&call_id) {
                    self.taped -= usize::from(watched.tape.is_some());
                }
            }
            Command::Connected { stream, peer, reply } => {
                let link = self.adopt(stream, peer, None);
                let _ = reply.send(Hop { link, peer });
            }
            Command::Stop => (),
        }
    }

    fn adopt(&mut self, stream: Stream, peer: SocketAddr, seat: Option<Seat>) -> Link {
        self.next_stream += 1;
        let link = match stream {
            Stream::Plain(_) => Link::Stream(self.next_stream),
            Stream::Tls(_) => Link::Secure(self.next_stream),
        };
        if let Some(local) = stream.local() {
            self.locals.lock().unwrap_or_else(PoisonError::into_inner).insert(link, local);
        }
        let queue = tcp::run(stream, Hop { link, peer }, seat, self.inputs.clone(), self.guard.clone());
        self.streams.insert(link, queue);
        link
    }

    fn input(&mut self, input: Input) {
        let now = self.clock.mono();
        match input {
            Input::Message { message, hop } => {
                self.tape_received(&message, hop);
                if self.refuse_unusable(&message, hop) {
                    return;
                }
                self.transactions.receive(message, hop, now);
            }
            Input::Unreadable { error: MessageError::KeepAlive(_), .. } => (),
            Input::Unreadable { error, length, hop } => {
                self.heard(HeardKind::Malformed, hop.peer, format!("{} {length} B: {error}", hop.peer));
            }
            Input::TooLarge { head, length, hop } => {
                self.heard(HeardKind::TooLarge, hop.peer, format!("{} {length} B", hop.peer));
                if head.method().is_some() {
                    let octets = peer::response(&head, hop, 413).build();
                    self.transmit(hop, octets);
                }
            }
            Input::Lost { why, hop } => self.heard(HeardKind::Malformed, hop.peer, format!("{} {why}", hop.peer)),
            Input::Accepted { stream, peer, seat } => {
                self.adopt(stream, peer, Some(seat));
            }
            Input::Heard { kind, peer, detail } => self.heard(kind, peer, detail),
            Input::Closed { hop, half } => {
                if half > 0 {
                    self.heard(HeardKind::HalfMessage, hop.peer, format!("{} {half} B", hop.peer));
                }
                self.locals.lock().unwrap_or_else(PoisonError::into_inner).remove(&hop.link);
                if self.streams.remove(&hop.link).is_some() {
                    self.transactions.link_lost(hop.link);
                    let _ = self.events.try_send(Event::LinkLost(hop.link));
                }
            }
        }
    }

    /// Requests that cannot be matched or answered properly get their answer here, without a transaction.
    fn refuse_unusable(&mut self, message: &Message, hop: Hop) -> bool {
        let refusal = match admit(message, hop.is_reliable()) {
            Admission::Taken => return false,
            Admission::Dropped => return true,
            Admission::Refused(refusal) => refusal,
        };
        let method = excerpt(message.method().map_or("", |m| m.as_str()), 20);
        match refusal.code {
            405 => self.heard(HeardKind::UnknownMethod, hop.peer, format!("{} {method}", hop.peer)),
            code => self.heard(HeardKind::UnusableRequest, hop.peer, format!("{} {method} {code} {}", hop.peer, refusal.at)),
        }
        let mut builder = peer::response(message, hop, refusal.code);
        if let Some((name, value)) = &refusal.header {
            builder = builder.header(name, value);
        }
        let octets = builder.build();
        self.transmit(hop, octets);
        true
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Transmit { hop, octets } => self.transmit(hop, octets),
            Action::Request { id, message, hop, cancels } => {
                let incoming = Incoming { id, message, hop, cancels };
                let call_id = incoming.message.call_id().unwrap_or_default();
                let watcher = self.watched.get(call_id).map(|w| &w.requests).filter(|w| !w.is_closed());
                let refused = match watcher {
                    Some(watcher) => watcher.try_send(incoming).is_err(),
                    None => self.events.try_send(Event::Request(incoming)).is_err(),
                };
                if refused {
                    // Nobody can take it now; forgotten, its repeat gets another chance.
                    self.transactions.forget(id);
                    self.refused = Some((self.refused.map_or(0, |(count, _)| count) + 1, hop.peer));
                }
            }
            Action::Ack { id, .. } => {
                let _ = self.events.try_send(Event::Ack(id));
            }
            Action::Response { id, message, repeated } => {
                let Some(call) = self.calls.get(&id) else { return };
                let provisional = message.code().is_some_and(|c| c < 200);
                if provisional && call.capacity() < CALL_QUEUE / 2 {
                    return;
                }
                if call.try_send(ClientEvent::Response { message, repeated }).is_err() && call.is_closed() {
                    self.calls.remove(&id);
                }
            }
            Action::Failed { id, failure } => {
                if let Some(call) = self.calls.get(&id) {
                    let _ = call.try_send(ClientEvent::Failed(failure));
                }
                // An INVITE whose connection broke may still be answered over the next one.
                if failure != Failure::LinkLost {
                    self.calls.remove(&id);
                }
            }
            Action::Stray { message, hop } if self.is_unasked(&message) => {
                // Lost here, it comes again until it is acknowledged.
                let _ = self.events.try_send(Event::Unasked(message, hop));
            }
            Action::Stray { message, hop } => {
                tracing::debug!(peer = %hop.peer, code = message.code(), "a response that belongs to nothing");
            }
        }
        if self.calls.len() > 2 * EVENT_QUEUE {
            self.calls.retain(|_, call| !call.is_closed());
        }
    }

    /// A 2xx that makes a dialog nobody here knows. One of a call that goes on is its copy, come late.
    fn is_unasked(&self, response: &Message) -> bool {
        let accepts = response.code().is_some_and(|code| (200..300).contains(&code));
        let invite = || response.cseq().is_some_and(|cseq| cseq.method == Method::Invite);
        let watched = || response.call_id().is_some_and(|id| self.watched.contains_key(id));
        accepts && invite() && !watched()
    }

    fn transmit(&mut self, hop: Hop, octets: Bytes) {
        self.tape_sent(&octets, hop);
        match hop.link {
            Link::Udp(index) => {
                if let Some(socket) = self.sockets.get(index) {
                    // A full send buffer loses a datagram as the network might; the transaction repeats it.
                    if let Err(error) = socket.try_send_to(&octets, hop.peer) {
                        tracing::debug!(peer = %hop.peer, %error, "a datagram could not be sent");
                    }
                }
            }
            Link::Stream(_) | Link::Secure(_) => {
                let gone = self.streams.get(&hop.link).is_none_or(|queue| queue.try_send(octets).is_err());
                if gone {
                    self.streams.remove(&hop.link);
                    self.transactions.link_lost(hop.link);
                    let _ = self.events.try_send(Event::LinkLost(hop.link));
                }
            }
        }
    }

    /// A message of a call that is taped, as it came.
    fn tape_received(&self, message: &Message, hop: Hop) {
        if self.taped == 0 {
            return;
        }
        let watched = message.call_id().and_then(|id| self.watched.get(id));
        if let Some(tape) = watched.and_then(|w| w.tape.as_ref()) {
            self.tape(tape, hop, false, &[&message.head, &message.body]);
        }
    }

    /// A message of a call that is taped, as it is handed to the socket.
    fn tape_sent(&self, octets: &[u8], hop: Hop) {
        if self.taped == 0 {
            return;
        }
        let watched = call_id_of(octets).and_then(|id| self.watched.get(id));
        if let Some(tape) = watched.and_then(|w| w.tape.as_ref()) {
            self.tape(tape, hop, true, &[octets]);
        }
    }

    fn tape(&self, tape: &Recorder, hop: Hop, from_us: bool, octets: &[&[u8]]) {
        let kind = match hop.link {
            Link::Udp(_) => Kind::SipUdp,
            Link::Stream(_) => Kind::SipTcp,
            Link::Secure(_) => Kind::SipTls,
        };
        let local = self.locals.lock().unwrap_or_else(PoisonError::into_inner).get(&hop.link).copied();
        let now = self.clock.mono();
        tape.record(|tape| {
            // What cannot be known here is told when the tape is begun.
            let ours = local.or(tape.signalling()).unwrap_or(hop.peer);
            tape.sip(kind, Way { ours, theirs: hop.peer, from_us }, octets, now);
        });
    }

    fn heard(&self, kind: HeardKind, peer: SocketAddr, detail: String) {
        let _ = self.events.try_send(Event::Heard(kind, peer, detail));
    }
}
