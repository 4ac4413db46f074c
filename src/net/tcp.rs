//! Connections for signalling, TCP and TLS: accepted or opened, read into messages, written from a queue.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsStream;

use super::endpoint::Input;
use super::strangers::{Guard, MAX_STRANGER_BYTES, STRANGER_PATIENCE, Seat, Verdict};
use super::tls::{HANDSHAKE_PATIENCE, Identity, MAX_HANDSHAKES};
use crate::evidence::heard::HeardKind;
use crate::sip::framer::{Frame, StreamFramer};
use crate::sip::transaction::Hop;

/// How long the rest of a begun message may take.
pub const HALF_MESSAGE_PATIENCE: Duration = Duration::from_secs(30);
/// A connection on which nothing comes for so long is closed; keepalives come every minute.
pub const IDLE_PATIENCE: Duration = Duration::from_mins(15);
/// Messages waiting to be written to one connection.
pub const WRITE_QUEUE: usize = 1_024;
/// How long a write may take before the peer counts as gone.
pub const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// Octets read at once.
const READ_BYTES: usize = 16 * 1024;
/// How long a stranger that writes too much is not read.
const STRANGER_PAUSE: Duration = Duration::from_millis(250);
/// Wait after a connection could not be accepted: out of descriptors.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Our end of it.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.local_addr(),
            Self::Tls(stream) => stream.get_ref().0.local_addr(),
        }
        .ok()
    }
}

/// Binds a listener.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Accepts connections until the endpoint is gone; with an identity, over TLS.
pub(super) async fn accept(listener: TcpListener, identity: Option<Identity>, inputs: mpsc::Sender<Input>, guard: Arc<Guard>) {
    let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if inputs.is_closed() {
                    return;
                }
                // Wait for a descriptor instead of spinning.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(seat) = guard.seat(peer.ip()) else {
            let input = Input::Heard { kind: HeardKind::TooManyConnections, peer, detail: peer.to_string() };
            if inputs.send(input).await.is_err() {
                return;
            }
            continue;
        };
        let Some(identity) = identity.clone() else {
            if inputs.send(Input::Accepted { stream: Stream::Plain(stream), peer, seat }).await.is_err() {
                return;
            }
            continue;
        };
        let (inputs, handshakes) = (inputs.clone(), handshakes.clone());
        tokio::spawn(async move {
            let Ok(Ok(_turn)) = timeout(HANDSHAKE_PATIENCE, handshakes.acquire()).await else {
                let detail = format!("{peer} > {MAX_HANDSHAKES}");
                let _ = inputs.send(Input::Heard { kind: HeardKind::TlsFailed, peer, detail }).await;
                return;
            };
            let input = match identity.accept(stream).await {
                Ok(stream) => Input::Accepted { stream: Stream::Tls(Box::new(stream)), peer, seat },
                Err(why) => Input::Heard { kind: HeardKind::TlsFailed, peer, detail: format!("{peer} {why}") },
            };
            let _ = inputs.send(input).await;
        });
    }
}

/// Runs a connection; gives the queue to write to. `seat`: of one that was accepted.
pub(super) fn run(
    stream: Stream,
    hop: Hop,
    seat: Option<Seat>,
    inputs: mpsc::Sender<Input>,
    guard: Arc<Guard>,
) -> mpsc::Sender<Bytes> {
    match stream {
        Stream::Plain(stream) => {
            let _ = stream.set_nodelay(true);
            let (reader, writer) = stream.into_split();
            start(reader, writer, hop, seat, inputs, guard)
        }
        Stream::Tls(stream) => {
            let _ = stream.get_ref().0.set_nodelay(true);
            let (reader, writer) = tokio::io::split(*stream);
            start(reader, writer, hop, seat, inputs, guard)
        }
    }
}

fn start(
    reader: impl AsyncRead + Unpin + Send + 'static,
    mut writer: impl AsyncWrite + Unpin + Send + 'static,
    hop: Hop,
    seat: Option<Seat>,
    inputs: mpsc::Sender<Input>,
    guard: Arc<Guard>,
) -> mpsc::Sender<Bytes> {
    let (queue, mut waiting) = mpsc::channel::<Bytes>(WRITE_QUEUE);
    let closing = inputs.clone();
    tokio::spawn(async move {
        while let Some(octets) = waiting.recv().await {
            let written = timeout(WRITE_PATIENCE, async {
                writer.write_all(&octets).await?;
                writer.flush().await
            });
            match written.await {
                Ok(Ok(())) => (),
                Ok(Err(_)) | Err(_) => break,
            }
        }
        let _ = timeout(WRITE_PATIENCE, writer.shutdown()).await;
        let _ = closing.send(Input::Closed { hop, half: 0 }).await;
    });
    tokio::spawn(async move {
        if let Some(half) = read(reader, hop, &inputs, &guard).await {
            let _ = inputs.send(Input::Closed { hop, half }).await;
        }
        drop(seat);
    });
    queue
}

/// Reads messages to the end; octets of a half one then, or `None` when the endpoint is gone.
async fn read(mut reader: impl AsyncRead + Unpin, hop: Hop, inputs: &mpsc::Sender<Input>, guard: &Guard) -> Option<usize> {
    let source = hop.peer.ip();
    let mut framer = StreamFramer::default();
    let mut buffer = vec![0; READ_BYTES];
    let mut first = true;
    loop {
        let pending = framer.pending_bytes();
        let stranger = guard.is_stranger(source);
        if stranger && framer.held_bytes() > MAX_STRANGER_BYTES {
            let (kind, peer) = (HeardKind::StrangerTooLarge, hop.peer);
            let detail = format!("{peer} > {MAX_STRANGER_BYTES} B");
            return inputs.send(Input::Heard { kind, peer, detail }).await.ok().map(|()| 0);
        }
        let patience = match (pending, stranger) {
            (1.., _) => HALF_MESSAGE_PATIENCE,
            (0, true) => STRANGER_PATIENCE,
            (0, false) => IDLE_PATIENCE,
        };
        let read = match timeout(patience, reader.read(&mut buffer)).await {
            Err(_) | Ok(Err(_) | Ok(0)) => return Some(pending),
            Ok(Ok(read)) => read,
        };
        let octets = buffer.get(..read).unwrap_or_default();
        // A TLS record of kind handshake.
        if std::mem::take(&mut first) && octets.starts_with(&[0x16, 0x03]) {
            let (kind, peer) = (HeardKind::TlsOnPlainPort, hop.peer);
            return inputs.send(Input::Heard { kind, peer, detail: peer.to_string() }).await.ok().map(|()| 0);
        }
        framer.push(octets);
        while let Some(frame) = framer.next_frame() {
            // A stranger that writes too much is not read meanwhile: nothing is lost and nothing piles up.
            while let Verdict::Ignore(line) = guard.message(source) {
                if let Some((kind, detail)) = line {
                    inputs.send(Input::Heard { kind, peer: hop.peer, detail }).await.ok()?;
                }
                tokio::time::sleep(STRANGER_PAUSE).await;
                if inputs.is_closed() {
                    return None;
                }
            }
            let (input, lost) = match frame {
                Frame::Message(message) => (Input::Message { message, hop }, false),
                Frame::TooLarge { head, length } => (Input::TooLarge { head, length, hop }, false),
                Frame::Lost(why) => (Input::Lost { why, hop }, true),
            };
            inputs.send(input).await.ok()?;
            if lost {
                return Some(0);
            }
        }
    }
}
