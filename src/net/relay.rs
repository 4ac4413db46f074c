//! A line between an endpoint of ours and its peer on which messages can be changed, held up, lost, or sent from
//! elsewhere: what a simulated platform does to its octets, below its SIP stack. The endpoint talks to the relay over
//! loopback; the relay talks to the peer.
//!
//! What happens to a message is decided by a [`Bend`], which knows no sockets.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};

use super::{Address, NetError, Protocol, Stop, route_to};

/// Largest datagram there can be.
const MAX_DATAGRAM_BYTES: usize = 65_535;
/// Octets of one TCP message that are waited for; beyond it they are passed on as they come.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// How long a connection to the peer may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long the endpoint's next message is waited for where several go into one write.
const GATHERING: Duration = Duration::from_millis(5);

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// These octets are one datagram, or one write.
    Octets(Bytes),
    /// From now on the peer sees another port: a new socket, or a new connection.
    Reopen,
}

/// Decides it. Pure.
pub trait Bend: Send + 'static {
    /// A message of the endpoint on its way to the peer.
    fn out(&mut self, message: Bytes) -> Vec<Pass>;
    /// A message of the peer, and where it came from.
    fn back(&mut self, message: Bytes, from: SocketAddr) -> Vec<Pass>;
    /// Several messages of the endpoint go into one write, where they can.
    fn gathers(&self) -> bool;
}

/// A relay, before it runs.
#[derive(Debug)]
pub struct Relay {
    peer: SocketAddr,
    inside: Inside,
    /// What the endpoint takes for its peer.
    pub inner: Address,
    /// What the peer sees.
    pub outer: SocketAddr,
}

#[derive(Debug)]
enum Inside {
    Udp { inner: UdpSocket, outer: UdpSocket },
    Tcp(TcpListener),
}

impl Relay {
    /// A relay to a peer; `listen` is where the peer is to see the endpoint.
    ///
    /// # Errors
    /// When its sockets are not to be had.
    pub async fn bind(listen: SocketAddr, peer: Address) -> Result<Self, NetError> {
        let loopback: SocketAddr =
            if peer.socket.is_ipv4() { (Ipv4Addr::LOCALHOST, 0).into() } else { (Ipv6Addr::LOCALHOST, 0).into() };
        let failed = |source| NetError::Listen { address: Address { socket: listen, ..peer }, source };
        let (inside, inner, mut outer) = match peer.protocol {
            Protocol::Udp => {
                let (inner, outer) = (UdpSocket::bind(loopback).await?, UdpSocket::bind(listen).await.map_err(failed)?);
                let (at, seen) = (inner.local_addr()?, outer.local_addr()?);
                (Inside::Udp { inner, outer }, at, seen)
            }
            // Octets of TLS cannot be bent; scenes that want it are refused where they are read.
            Protocol::Tcp | Protocol::Tls => {
                let listener = TcpListener::bind(loopback).await?;
                let at = listener.local_addr()?;
                (Inside::Tcp(listener), at, listen)
            }
        };
        if outer.ip().is_unspecified() {
            outer.set_ip(route_to(peer.socket)?);
        }
        Ok(Self { peer: peer.socket, inside, inner: Address { socket: inner, ..peer }, outer })
    }

    /// Relays until stopped.
    pub async fn run(self, mut bend: impl Bend, mut stop: Stop) {
        let relaying = async {
            match self.inside {
                Inside::Udp { inner, outer } => datagrams(&inner, outer, self.peer, &mut bend).await,
                Inside::Tcp(listener) => {
                    let mut next = None;
                    loop {
                        let Some((stream, _)) = next.take() else {
                            next = listener.accept().await.ok();
                            continue;
                        };
                        // An endpoint has one connection to its superior: one that connects again has given up the other.
                        tokio::select! {
                            () = connection(stream, self.peer, &mut bend) => (),
                            accepted = listener.accept() => next = accepted.ok(),
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = relaying => (),
            () = stop.stopped() => (),
        }
    }
}

async fn datagrams(inner: &UdpSocket, mut outer: UdpSocket, peer: SocketAddr, bend: &mut impl Bend) {
    let (mut there, mut here) = (vec![0; MAX_DATAGRAM_BYTES], vec![0; MAX_DATAGRAM_BYTES]);
    // The endpoint is known by where it first writes from.
    let mut endpoint = None;
    loop {
        let (passes, outward) = tokio::select! {
            received = inner.recv_from(&mut here) => {
                let Ok((length, from)) = received else { continue };
                endpoint = Some(from);
                (bend.out(Bytes::copy_from_slice(here.get(..length).unwrap_or_default())), true)
            }
            received = outer.recv_from(&mut there) => {
                let Ok((length, from)) = received else { continue };
                (bend.back(Bytes::copy_from_slice(there.get(..length).unwrap_or_default()), from), false)
            }
        };
        for pass in passes {
            match pass {
                Pass::Octets(octets) if outward => {
                    let _ = outer.send_to(&octets, peer).await;
                }
                Pass::Octets(octets) => {
                    if let Some(endpoint) = endpoint {
                        let _ = inner.send_to(&octets, endpoint).await;
                    }
                }
                Pass::Reopen => {
                    let ip = outer.local_addr().map(|a| a.ip());
                    if let Ok(ip) = ip
                        && let Ok(next) = UdpSocket::bind((ip, 0)).await
                    {
                        outer = next;
                    }
                }
            }
        }
    }
}

async fn connection(mut inner: TcpStream, peer: SocketAddr, bend: &mut impl Bend) {
    let _ = inner.set_nodelay(true);
    let Some(mut outer) = connect(peer).await else { return };
    let (mut from_inner, mut from_outer) = (BytesMut::new(), BytesMut::new());
    loop {
        let outward = tokio::select! {
            read = inner.read_buf(&mut from_inner) => match read {
                Ok(1..) => true,
                Ok(0) | Err(_) => return,
            },
            read = outer.read_buf(&mut from_outer) => match read {
                Ok(1..) => false,
                Ok(0) | Err(_) => return,
            },
        };
        if outward && bend.gathers() {
            while let Ok(Ok(1..)) = timeout(GATHERING, inner.read_buf(&mut from_inner)).await {}
        }
        let mut joined = BytesMut::new();
        loop {
            let buffer = if outward { &mut from_inner } else { &mut from_outer };
            let Some(message) = next_message(buffer) else { break };
            let passes = if outward { bend.out(message) } else { bend.back(message, peer) };
            for pass in passes {
                let written = match pass {
                    Pass::Octets(octets) if outward && bend.gathers() => {
                        joined.extend_from_slice(&octets);
                        Ok(())
                    }
                    Pass::Octets(octets) if outward => outer.write_all(&octets).await,
                    Pass::Octets(octets) => inner.write_all(&octets).await,
                    Pass::Reopen => {
                        drop(outer);
                        from_outer.clear();
                        match connect(peer).await {
                            Some(next) => outer = next,
                            None => return,
                        }
                        Ok(())
                    }
                };
                if written.is_err() {
                    return;
                }
            }
        }
        if !joined.is_empty() && outer.write_all(&joined).await.is_err() {
            return;
        }
    }
}

/// A connection to the peer, tried again once: a peer that restarts is back in a moment.
async fn connect(peer: SocketAddr) -> Option<TcpStream> {
    for _ in 0..2 {
        if let Ok(Ok(stream)) = timeout(CONNECT_PATIENCE, TcpStream::connect(peer)).await {
            let _ = stream.set_nodelay(true);
            return Some(stream);
        }
        sleep(Duration::from_millis(200)).await;
    }
    None
}

/// The first whole message of a stream, by its Content-Length; blank lines before it go with it.
fn next_message(buffer: &mut BytesMut) -> Option<Bytes> {
    const END: &[u8] = b"\r\n\r\n";
    let blank = buffer.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let head = match memchr::memmem::find(buffer.get(blank..).unwrap_or_default(), END) {
        Some(at) => blank + at + END.len(),
        None if buffer.len() > MAX_MESSAGE_BYTES => return Some(buffer.split().freeze()),
        None => return None,
    };
    let text = String::from_utf8_lossy(buffer.get(..head).unwrap_or_default());
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| ["content-length", "l"].contains(&name.trim().to_ascii_lowercase().as_str()))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    let whole = head.saturating_add(length);
    if buffer.len() >= whole || buffer.len() > MAX_MESSAGE_BYTES {
        let whole = whole.min(buffer.len());
        return Some(buffer.split_to(whole).freeze());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_into_its_messages_wherever_its_reads_end() {
        let stream = b"\r\n\r\nMESSAGE sip:1@2 SIP/2.0\r\nl: 4\r\n\r\n<a/>SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\nBYE sip:1@2 SIP/2.0\r\n\r\n";
        for size in 1..stream.len() {
            let (mut buffer, mut messages) = (BytesMut::new(), Vec::new());
            for part in stream.chunks(size) {
                buffer.extend_from_slice(part);
                messages.extend(std::iter::from_fn(|| next_message(&mut buffer)));
            }
            assert_eq!((messages.len(), messages.concat()), (3, stream.to_vec()), "reads of {size}");
            assert!(messages[0].ends_with(b"<a/>") && messages[1].starts_with(b"SIP/2.0 200"));
        }
    }
}
