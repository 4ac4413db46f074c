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

/// Datagrams the kernel dropped at these ports because the buffer was full; nothing where it does not say.
pub(super) fn lost(ports: &[u16]) -> Option<u64> {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].map(std::fs::read_to_string);
    let found: Vec<u64> = tables.iter().flatten().map(|table| lost_by(table, ports)).collect();
    (!found.is_empty()).then(|| found.iter().sum())
}

/// The same by one table of the kernel's.
fn lost_by(table: &str, ports: &[u16]) -> u64 {
    let of = |line: &str| {
        let local = line.split_ascii_whitespace().nth(1)?.rsplit_once(':')?.1;
        let port = u16::from_str_radix(local, 16).ok()?;
        let lost = line.split_ascii_whitespace().last()?.parse::<u64>().ok()?;
        ports.contains(&port).then_some(lost)
    };
    table.lines().skip(1).filter_map(of).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_datagrams_are_read_from_the_kernels_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                     14: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 17\n\
                     15: 0100007F:13C5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0 3\n";
        assert_eq!([lost_by(table, &[5_060]), lost_by(table, &[5_060, 5_061]), lost_by(table, &[9])], [17, 20, 0]);
        assert_eq!(lost_by("head\nrubbish\n", &[5_060]), 0);
    }
}
