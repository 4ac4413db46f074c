//! One UDP socket for signalling.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use socket2::{Domain, Protocol as SocketProtocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::endpoint::Input;
use super::strangers::{Guard, Verdict};
use crate::sip::message::Message;
use crate::sip::transaction::{Hop, Link};

/// Kernel buffer for what arrives in a burst: a platform that sends its whole catalogue at once.
pub(super) const RECEIVE_BUFFER_BYTES: usize = 8 * 1024 * 1024;
/// Largest datagram there can be.
const MAX_DATAGRAM_BYTES: usize = 65_535;

/// Opens a socket with a large buffer.
pub(super) fn open(address: SocketAddr, buffer_bytes: usize) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(SocketProtocol::UDP))?;
    // The kernel may grant less; that is no error.
    let _ = socket.set_recv_buffer_size(buffer_bytes);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// The buffer a signalling socket gets.
pub(super) fn granted(address: SocketAddr) -> std::io::Result<usize> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(SocketProtocol::UDP))?;
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
    // Linux counts its own bookkeeping in and says twice as much.
    socket.recv_buffer_size().map(|bytes| if cfg!(target_os = "linux") { bytes / 2 } else { bytes })
}

/// Opens the signalling socket.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<UdpSocket> {
    open(address, RECEIVE_BUFFER_BYTES)
}

/// Reads datagrams until the endpoint is gone.
pub(super) async fn read(socket: Arc<UdpSocket>, index: usize, inputs: mpsc::Sender<Input>, guard: Arc<Guard>) {
    let mut buffer = BytesMut::with_capacity(4 * MAX_DATAGRAM_BYTES);
    loop {
        if buffer.capacity() < MAX_DATAGRAM_BYTES {
            buffer.reserve(4 * MAX_DATAGRAM_BYTES);
        }
        let received = socket.recv_buf_from(&mut buffer).await;
        let (length, peer) = match received {
            Ok(received) => received,
            // ICMP of an earlier send; nothing is wrong with the socket.
            Err(_) if inputs.is_closed() => return,
            Err(error) => {
                tracing::debug!(%error, "receiving a datagram failed");
                continue;
            }
        };
        let datagram: Bytes = buffer.split_to(length).freeze();
        let hop = Hop { link: Link::Udp(index), peer };
        if let Verdict::Ignore(line) = guard.message(peer.ip()) {
            if let Some((kind, detail)) = line
                && inputs.send(Input::Heard { kind, peer, detail }).await.is_err()
            {
                return;
            }
            continue;
        }
        let input = match Message::parse_datagram(&datagram) {
            Ok(message) => Input::Message { message: Box::new(message), hop },
            Err(error) => Input::Unreadable { error, length, hop },
        };
        if inputs.send(input).await.is_err() {
            return;
        }
    }
}
