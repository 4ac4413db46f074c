//! TCP connections for signalling: accepted or opened, read into messages, written from a queue.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::endpoint::Input;
use crate::sip::framer::{Frame, StreamFramer};
use crate::sip::transaction::{Hop, Link};

/// How long the rest of a begun message may take.
pub const HALF_MESSAGE_PATIENCE: Duration = Duration::from_secs(30);
/// A connection on which nothing comes for so long is closed; keepalives come every minute.
const IDLE_PATIENCE: Duration = Duration::from_mins(15);
/// Messages waiting to be written to one connection.
const WRITE_QUEUE: usize = 1_024;
/// How long a write may take before the peer counts as gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Binds a listener.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Accepts connections until the endpoint is gone.
pub(super) async fn accept(listener: TcpListener, inputs: mpsc::Sender<Input>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if inputs.send(Input::Accepted { stream, peer }).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                if inputs.is_closed() {
                    return;
                }
                // Out of descriptors: wait for one instead of spinning.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Runs a connection; gives the queue to write to.
pub(super) fn run(stream: TcpStream, id: u64, peer: SocketAddr, inputs: mpsc::Sender<Input>) -> mpsc::Sender<Bytes> {
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    let (queue, mut waiting) = mpsc::channel::<Bytes>(WRITE_QUEUE);
    let hop = Hop { link: Link::Stream(id), peer };
    let closing = inputs.clone();
    tokio::spawn(async move {
        while let Some(octets) = waiting.recv().await {
            match timeout(WRITE_PATIENCE, writer.write_all(&octets)).await {
                Ok(Ok(())) => (),
                Ok(Err(_)) | Err(_) => break,
            }
        }
        let _ = writer.shutdown().await;
        let _ = closing.send(Input::Closed { hop, half: 0 }).await;
    });
    tokio::spawn(async move {
        let mut framer = StreamFramer::default();
        let mut buffer = vec![0; 64 * 1024];
        let half = loop {
            let pending = framer.pending_bytes();
            let patience = if pending > 0 { HALF_MESSAGE_PATIENCE } else { IDLE_PATIENCE };
            let read = match timeout(patience, reader.read(&mut buffer)).await {
                Err(_) | Ok(Err(_) | Ok(0)) => break pending,
                Ok(Ok(read)) => read,
            };
            framer.push(buffer.get(..read).unwrap_or_default());
            let mut lost = false;
            while let Some(frame) = framer.next_frame() {
                let input = match frame {
                    Frame::Message(message) => Input::Message { message, hop },
                    Frame::TooLarge { head, length } => Input::TooLarge { head, length, hop },
                    Frame::Lost(why) => {
                        lost = true;
                        Input::Lost { why, hop }
                    }
                };
                if inputs.send(input).await.is_err() {
                    return;
                }
                if lost {
                    break;
                }
            }
            if lost {
                break 0;
            }
        };
        let _ = inputs.send(Input::Closed { hop, half }).await;
    });
    queue
}
