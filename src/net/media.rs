//! The media sockets of one call: a UDP socket, and for media over TCP a listener or a connection beside it.
//!
//! UDP is received also when TCP was agreed: a peer that falls back to it sends to the same number. Octets come out
//! as RTP packets; what they mean is `media`'s business.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::ports::{MediaPort, Ports};
use super::{NetError, tcp, udp};
use crate::media::framing::{Framing, TcpFramer};
use crate::media::receiver::{Source, Straggler};

/// Kernel buffer for one call: a second of 16 Mbit/s; the kernel may grant less.
const RECEIVE_BUFFER_BYTES: usize = 2 * 1024 * 1024;
/// Largest datagram there can be.
const MAX_DATAGRAM_BYTES: usize = 65_535;
/// Datagrams taken at one go.
const BATCH: usize = 64;
/// TCP connections taken for one call; a peer reconnects at most three times.
pub const MAX_MEDIA_CONNECTIONS: u32 = 4;
/// The number of the connection we made ourselves; those that were accepted count from 1.
const CONNECTED: u32 = 0;
/// Octets read at one go from a connection.
const READ_BYTES: usize = 16 * 1024;
/// Reads of all connections waiting to be taken.
const READ_QUEUE: usize = 16;
/// Between two tries to connect (section 4.7 of the standard's annex: at least a second apart).
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// The media ports of the program, shared by all calls.
#[derive(Debug, Clone)]
pub struct MediaPool(Arc<Mutex<Ports>>);

impl MediaPool {
    /// The even ports of a range.
    #[must_use]
    pub fn new(range: RangeInclusive<u16>) -> Self {
        Self(Arc::new(Mutex::new(Ports::new(range))))
    }

    /// Opens the sockets of a call on a free port. `tcp`: media over TCP will be offered.
    ///
    /// # Errors
    /// When every free port is taken by other programs, or none is free.
    pub fn open(&self, ipv4: bool, tcp: bool) -> Result<MediaSocket, NetError> {
        let any: IpAddr = if ipv4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let mut refused = Vec::new();
        let mut opened = Err(NetError::NoMediaPort);
        while let Some(port) = self.lock().take() {
            match bind(SocketAddr::new(any, port.number), tcp) {
                Ok((udp, listener)) => {
                    opened = Ok(MediaSocket::new(self.clone(), port, udp, listener));
                    break;
                }
                Err(error) => {
                    tracing::debug!(port = port.number, %error, "a media port is not to be had");
                    refused.push(port);
                }
            }
        }
        let mut ports = self.lock();
        refused.into_iter().for_each(|port| ports.give_back(port, []));
        drop(ports);
        opened
    }

    /// Ports that are free.
    #[must_use]
    pub fn available(&self) -> usize {
        self.lock().available()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ports> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bind(address: SocketAddr, tcp: bool) -> std::io::Result<(UdpSocket, Option<TcpListener>)> {
    let udp = udp::open(address, RECEIVE_BUFFER_BYTES)?;
    let listener = if tcp { Some(tcp::listen(address)?) } else { None };
    Ok((udp, listener))
}

/// What came.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// A packet.
    Packet(&'a [u8], Source),
    /// Octets over TCP that are no packets.
    Noise(usize),
    /// A TCP connection came to be: our end, theirs, whether we made it.
    Opened(SocketAddr, SocketAddr, bool),
    /// Octets of a connection as they were read, before packets are made of them: our end, theirs.
    Read(&'a [u8], SocketAddr, SocketAddr),
}

enum Chunk {
    Opened { connection: u32, local: SocketAddr, peer: SocketAddr, task: AbortHandle },
    Octets { connection: u32, octets: Vec<u8> },
    Closed { connection: u32 },
}

struct Connection {
    number: u32,
    local: SocketAddr,
    peer: SocketAddr,
    task: AbortHandle,
    framer: TcpFramer,
    packets: u64,
    discarded: usize,
    closed: bool,
}

/// The sockets of one call. Dropping it closes them and gives the port back.
pub struct MediaSocket {
    pool: MediaPool,
    port: Option<MediaPort>,
    udp: UdpSocket,
    buffer: Vec<u8>,
    chunks: mpsc::Receiver<Chunk>,
    sender: mpsc::Sender<Chunk>,
    tasks: JoinSet<()>,
    connections: Vec<Connection>,
    met: Vec<Straggler>,
}

impl std::fmt::Debug for MediaSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MediaSocket({})", self.number())
    }
}

impl MediaSocket {
    fn new(pool: MediaPool, port: MediaPort, udp: UdpSocket, listener: Option<TcpListener>) -> Self {
        let (sender, chunks) = mpsc::channel(READ_QUEUE);
        let mut tasks = JoinSet::new();
        if let Some(listener) = listener {
            tasks.spawn(accept(listener, sender.clone()));
        }
        Self {
            pool,
            port: Some(port),
            udp,
            buffer: vec![0; MAX_DATAGRAM_BYTES],
            chunks,
            sender,
            tasks,
            connections: Vec::new(),
            met: Vec::new(),
        }
    }

    /// The port.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.port.as_ref().map_or(0, |p| p.number)
    }

    /// Streams met on this port in earlier calls.
    #[must_use]
    pub fn stragglers(&self) -> Vec<Straggler> {
        self.port.as_ref().map(|p| p.stragglers.clone()).unwrap_or_default()
    }

    /// Streams met in this call: their stragglers are no part of the next one.
    pub fn remember(&mut self, met: Vec<Straggler>) {
        self.met.extend(met);
    }

    /// Begins to connect to the first of some addresses that answers, until `patience` is over. Refused is not
    /// final: peers begin to listen when the ACK reaches them.
    pub fn connect(&mut self, addresses: Vec<SocketAddr>, patience: Duration) {
        self.tasks.spawn(connect(addresses, Instant::now() + patience, self.sender.clone()));
    }

    /// Whether a TCP connection was ever there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether a connection uses the four-octet `$` header, and how often one lost its framing.
    #[must_use]
    pub fn framing(&self) -> (bool, u64) {
        let dollar = self.connections.iter().any(|c| c.framer.framing() == Some(Framing::Dollar));
        (dollar, self.connections.iter().map(|c| c.framer.resyncs).sum())
    }

    /// Waits for octets and hands them on. Safe to be dropped in the middle.
    pub async fn receive(&mut self, mut take: impl FnMut(Arrival<'_>)) {
        tokio::select! {
            ready = self.udp.readable() => {
                if ready.is_err() {
                    return;
                }
                for _ in 0..BATCH {
                    // An error is the ICMP of something earlier, or there is nothing left.
                    let Ok((length, address)) = self.udp.try_recv_from(&mut self.buffer) else { return };
                    let octets = self.buffer.get(..length).unwrap_or_default();
                    take(Arrival::Packet(octets, Source { address, tcp: false }));
                }
            }
            chunk = self.chunks.recv() => {
                if let Some(chunk) = chunk {
                    self.chunk(chunk, &mut take);
                }
            }
        }
    }

    /// Nothing more will be received: what is left in the framers.
    pub fn finish(&mut self, mut take: impl FnMut(Arrival<'_>)) {
        for connection in &mut self.connections {
            drain(connection, true, &mut take);
        }
    }

    fn chunk(&mut self, chunk: Chunk, take: &mut impl FnMut(Arrival<'_>)) {
        match chunk {
            Chunk::Opened { connection, local, peer, task } => {
                take(Arrival::Opened(local, peer, connection == CONNECTED));
                self.connections.push(Connection {
                    number: connection,
                    local,
                    peer,
                    task,
                    framer: TcpFramer::default(),
                    packets: 0,
                    discarded: 0,
                    closed: false,
                });
            }
            Chunk::Octets { connection, octets } => {
                let Some(connection) = self.connections.iter_mut().find(|c| c.number == connection) else { return };
                take(Arrival::Read(&octets, connection.local, connection.peer));
                connection.framer.push(&octets);
                drain(connection, false, take);
                if connection.framer.is_lost() {
                    connection.task.abort();
                }
            }
            Chunk::Closed { connection } => {
                if let Some(connection) = self.connections.iter_mut().find(|c| c.number == connection) {
                    drain(connection, true, take);
                }
            }
        }
    }
}

impl Drop for MediaSocket {
    fn drop(&mut self) {
        if let Some(port) = self.port.take() {
            self.pool.lock().give_back(port, self.met.drain(..));
        }
    }
}

/// Hands on the packets that are complete, and says what could not be one.
fn drain(connection: &mut Connection, at_end: bool, take: &mut impl FnMut(Arrival<'_>)) {
    if connection.closed {
        return;
    }
    connection.closed = at_end;
    let source = Source { address: connection.peer, tcp: true };
    while let Some(packet) = connection.framer.next_packet(at_end) {
        connection.packets += 1;
        take(Arrival::Packet(&packet, source));
    }
    let mut discarded = connection.framer.discarded();
    if at_end && connection.packets == 0 {
        // A length that was never fulfilled was no length.
        discarded += connection.framer.pending();
    }
    if discarded > connection.discarded {
        take(Arrival::Noise(discarded - connection.discarded));
        connection.discarded = discarded;
    }
}

async fn accept(listener: TcpListener, chunks: mpsc::Sender<Chunk>) {
    let mut readers = JoinSet::new();
    for connection in 1..=MAX_MEDIA_CONNECTIONS {
        let Ok((stream, peer)) = listener.accept().await else { break };
        let (ready, opened) = tokio::sync::oneshot::channel();
        let Ok(local) = stream.local_addr() else { continue };
        let task = readers.spawn(read(stream, connection, opened, chunks.clone()));
        if chunks.send(Chunk::Opened { connection, local, peer, task }).await.is_err() {
            return;
        }
        let _ = ready.send(());
    }
    while readers.join_next().await.is_some() {}
}

async fn connect(addresses: Vec<SocketAddr>, deadline: Instant, chunks: mpsc::Sender<Chunk>) {
    let mut readers = JoinSet::new();
    loop {
        for address in &addresses {
            let patience = RECONNECT_PAUSE.min(deadline.saturating_duration_since(Instant::now()));
            let Ok(Ok(stream)) = timeout(patience, TcpStream::connect(address)).await else { continue };
            let (ready, opened) = tokio::sync::oneshot::channel();
            let Ok(local) = stream.local_addr() else { continue };
            let task = readers.spawn(read(stream, CONNECTED, opened, chunks.clone()));
            if chunks.send(Chunk::Opened { connection: CONNECTED, local, peer: *address, task }).await.is_ok() {
                let _ = ready.send(());
                while readers.join_next().await.is_some() {}
            }
            return;
        }
        if Instant::now() + RECONNECT_PAUSE >= deadline {
            return;
        }
        sleep(RECONNECT_PAUSE).await;
    }
}

/// Reads a connection, once it has been announced.
async fn read(mut stream: TcpStream, connection: u32, opened: tokio::sync::oneshot::Receiver<()>, chunks: mpsc::Sender<Chunk>) {
    if opened.await.is_err() {
        return;
    }
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let chunk = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => Chunk::Closed { connection },
            Ok(read) => Chunk::Octets { connection, octets: buffer.get(..read).unwrap_or_default().to_vec() },
        };
        let last = matches!(chunk, Chunk::Closed { .. });
        if chunks.send(chunk).await.is_err() || last {
            return;
        }
    }
}
