//! 抓拍上传: where cameras put the pictures they were asked for (`SnapShotConfig`, 2022). One small HTTP receiver, off by default, on
//! a set address alone.
//!
//! The standard leaves the request open: POST and PUT are taken, with the picture as body or as a part of a form. Who uploads
//! has to name a path that was made for one picture and cannot be guessed; anything else is refused before its body is read. What
//! was uploaded is octets here: whether it is a picture is looked at elsewhere.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::tcp::ACCEPT_PAUSE;
use super::{Address, NetError, Protocol, random};
use crate::base::text::hex;

/// Largest picture, octets: a JPEG of eight million pixels is smaller.
pub const MAX_UPLOAD: usize = 4 * 1024 * 1024;
/// Largest head of a request, and most headers in it.
const MAX_HEAD: usize = 8 * 1024;
const MAX_HEADERS: usize = 64;
/// Connections at once; others wait for one to end.
const MAX_CONNECTIONS: usize = 16;
/// How long a connection may take altogether.
const PATIENCE: Duration = Duration::from_secs(20);
/// Paths waited for at once.
const MAX_PATHS: usize = 1_024;

/// What was uploaded to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// These octets.
    Octets(Vec<u8>),
    /// More than [`MAX_UPLOAD`].
    TooLarge,
}

/// Paths that are waited for.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<Upload>>>>;

/// The receiver.
#[derive(Debug)]
pub struct Uploads {
    address: SocketAddr,
    waiting: Waiting,
    task: JoinHandle<()>,
}

impl Drop for Uploads {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Uploads {
    /// Listens on an address.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn bind(address: SocketAddr) -> Result<Self, NetError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| NetError::Listen { address: Address { protocol: Protocol::Tcp, socket: address }, source })?;
        let address = listener.local_addr().unwrap_or(address);
        let waiting = Waiting::default();
        let task = tokio::spawn(listen(listener, waiting.clone()));
        Ok(Self { address, waiting, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A path for one picture, and where it comes to; nothing while too many are waited for.
    #[must_use]
    pub fn expect(&self) -> Option<(String, oneshot::Receiver<Upload>)> {
        let token = hex(&random::<16>());
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Who does not wait any longer has dropped its end.
        waiting.retain(|_, sender| !sender.is_closed());
        if waiting.len() >= MAX_PATHS {
            return None;
        }
        waiting.insert(token.clone(), sender);
        Some((token, receiver))
    }
}

async fn listen(listener: TcpListener, waiting: Waiting) {
    let turns = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        let Ok((mut connection, peer)) = listener.accept().await else {
            // Wait for a descriptor instead of spinning.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let waiting = waiting.clone();
        tokio::spawn(async move {
            let served = timeout(PATIENCE, serve(&mut connection, &waiting)).await;
            tracing::debug!(%peer, ?served, "an upload");
            let _ = connection.shutdown().await;
            drop(turn);
        });
    }
}

/// One request; the connection is closed after it.
async fn serve(connection: &mut (impl AsyncRead + AsyncWrite + Unpin), waiting: &Waiting) -> std::io::Result<u16> {
    let mut octets = Vec::new();
    let head = loop {
        match Head::read(&octets) {
            Read::Whole(head) => break head,
            Read::Part if octets.len() < MAX_HEAD => (),
            Read::Part | Read::Wrong => return answer(connection, 400, "Bad Request").await,
        }
        if connection.read_buf(&mut octets).await? == 0 {
            return Ok(0);
        }
    };
    if !head.takes {
        return answer(connection, 405, "Method Not Allowed").await;
    }
    // From here on the path is used up, whatever comes.
    let sender = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&head.token);
    let Some(sender) = sender else { return answer(connection, 404, "Not Found").await };
    if head.length.is_some_and(|length| length > MAX_UPLOAD) {
        let _ = sender.send(Upload::TooLarge);
        return answer(connection, 413, "Payload Too Large").await;
    }
    if head.waits {
        connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let mut body = octets.split_off(head.octets.min(octets.len()));
    loop {
        let is_whole = match (head.chunked, head.length) {
            // Taken apart only where it may end: not anew with every piece.
            (true, _) => body.ends_with(b"\r\n\r\n") && dechunked(&body).is_some(),
            (false, Some(length)) => body.len() >= length,
            (false, None) => false,
        };
        if is_whole {
            break;
        }
        if body.len() > MAX_UPLOAD + MAX_HEAD {
            let _ = sender.send(Upload::TooLarge);
            return answer(connection, 413, "Payload Too Large").await;
        }
        // Without a length the end of the connection is the end of the picture.
        if connection.read_buf(&mut body).await? == 0 {
            break;
        }
    }
    if head.chunked {
        body = dechunked(&body).unwrap_or_default();
    } else if let Some(length) = head.length {
        body.truncate(length);
    }
    let _ = sender.send(Upload::Octets(picture_of(body, head.boundary.as_deref())));
    answer(connection, 200, "OK").await
}

async fn answer(connection: &mut (impl AsyncWrite + Unpin), code: u16, reason: &str) -> std::io::Result<u16> {
    let text = format!("HTTP/1.1 {code} {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(text.as_bytes()).await?;
    Ok(code)
}

/// What is needed of the head of a request.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    /// Octets of it.
    octets: usize,
    /// POST or PUT.
    takes: bool,
    /// The first part of the path; some append the name of their file.
    token: String,
    length: Option<usize>,
    chunked: bool,
    /// 100 is waited for.
    waits: bool,
    /// Of a form.
    boundary: Option<String>,
}

enum Read {
    Whole(Head),
    Part,
    Wrong,
}

impl Head {
    fn read(octets: &[u8]) -> Read {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(octets) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Read::Part,
            Err(_) => return Read::Wrong,
        };
        let header = |name: &str| {
            let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.and_then(|header| str::from_utf8(header.value).ok()).map(str::trim)
        };
        let has = |name: &str, word: &str| header(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
        let path = request.path.unwrap_or_default();
        // Some send the whole URL.
        let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let token = path.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
        let boundary = header("content-type").filter(|kind| kind.to_ascii_lowercase().starts_with("multipart/"));
        let boundary = boundary.and_then(|kind| kind.split_once("boundary=")).map(|(_, rest)| {
            let rest = rest.split(';').next().unwrap_or_default().trim();
            rest.trim_matches('"').to_owned()
        });
        Read::Whole(Self {
            octets: length,
            takes: matches!(request.method, Some("POST" | "PUT")),
            token: token.to_owned(),
            length: header("content-length").and_then(|value| value.parse().ok()),
            chunked: has("transfer-encoding", "chunked"),
            waits: has("expect", "100-continue"),
            boundary,
        })
    }
}

/// The octets of a body sent in chunks, once its end is there.
fn dechunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(body) {
            Ok(httparse::Status::Complete(read)) => read,
            // What is no chunk ends it.
            Err(_) => return Some(out),
            Ok(httparse::Status::Partial) => return None,
        };
        if size == 0 {
            return Some(out);
        }
        let size = usize::try_from(size).ok().filter(|size| *size <= MAX_UPLOAD)?;
        out.extend_from_slice(body.get(start..start + size)?);
        body = body.get(start + size..)?.strip_prefix(b"\r\n")?;
    }
}

/// Of a form the part that is a JPEG; of one without, and of anything else, all of it.
fn picture_of(body: Vec<u8>, boundary: Option<&str>) -> Vec<u8> {
    let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else { return body };
    let delimiter = format!("--{boundary}");
    let mut rest = body.as_slice();
    while let Some(at) = memchr::memmem::find(rest, delimiter.as_bytes()) {
        let Some(part) = rest.get(at + delimiter.len()..) else { break };
        let end = memchr::memmem::find(part, delimiter.as_bytes()).unwrap_or(part.len());
        let content = memchr::memmem::find(part, b"\r\n\r\n").and_then(|head| part.get(head + 4..end));
        if let Some(content) = content.filter(|content| content.starts_with(&[0xFF, 0xD8])) {
            return content.strip_suffix(b"\r\n").unwrap_or(content).to_vec();
        }
        rest = part;
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the receiver answers to a request, and what comes of it.
    async fn upload(request: &str, body: &[u8]) -> (String, Option<Upload>) {
        let waiting = Waiting::default();
        let (sender, receiver) = oneshot::channel();
        waiting.lock().unwrap().insert("secret".into(), sender);
        let (mut theirs, mut ours) = tokio::io::duplex(64 * 1024);
        let octets = [request.as_bytes(), body].concat();
        let sending = async move {
            let _ = theirs.write_all(&octets).await;
            let mut answer = Vec::new();
            let (mut read, write) = tokio::io::split(theirs);
            let _ = read.read_to_end(&mut answer).await;
            drop(write);
            String::from_utf8(answer).unwrap()
        };
        let serving = async {
            let _ = serve(&mut ours, &waiting).await;
            drop(ours);
        };
        let (answer, ()) = tokio::join!(sending, serving);
        drop(waiting);
        (answer, receiver.await.ok())
    }

    #[tokio::test]
    async fn a_picture_comes_as_body_in_chunks_or_in_a_form() {
        let jpeg = b"\xFF\xD8picture\xFF\xD9".to_vec();
        let form = b"--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n1\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n\xFF\xD8picture\xFF\xD9\r\n--b--\r\n";
        for (head, body) in [
            ("PUT /secret HTTP/1.1\r\nContent-Length: 11\r\n\r\n", jpeg.as_slice()),
            ("POST /secret/0001.jpg?a=b HTTP/1.0\r\nContent-Length: 11\r\n\r\n", &jpeg),
            (
                "POST http://192.0.2.1:8/secret HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"5\r\n\xFF\xD8pic\r\n6\r\nture\xFF\xD9\r\n0\r\n\r\n",
            ),
            ("POST /secret HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=\"b\"\r\nContent-Length: FORM\r\n\r\n", form),
        ] {
            let head = head.replace("FORM", &form.len().to_string());
            let (answer, got) = upload(&head, body).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{head}: {answer}");
            assert_eq!(got, Some(Upload::Octets(jpeg.clone())), "{head}");
        }
        let (answer, _) = upload("POST /secret HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n", &jpeg).await;
        assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn a_stranger_a_large_one_and_nonsense_are_refused() {
        let large = format!("POST /secret HTTP/1.1\r\nContent-Length: {}\r\n\r\n", MAX_UPLOAD + 1);
        let endless = format!("GET /{} HTTP/1.1\r\n", "a".repeat(2 * MAX_HEAD));
        for (head, code, came) in [
            ("POST /guessed HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "404", None),
            ("GET /secret HTTP/1.1\r\n\r\n", "405", None),
            ("nonsense\r\n\r\n", "400", None),
            (endless.as_str(), "400", None),
            (large.as_str(), "413", Some(Upload::TooLarge)),
        ] {
            let (answer, got) = upload(head, b"").await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{code}: {answer}");
            assert_eq!(got, came, "{code}");
        }
    }

    #[test]
    fn chunks_that_lie_about_their_size_end_nothing_early() {
        assert_eq!(dechunked(b"FFFFFFFFFF\r\nabc"), None);
        assert_eq!(dechunked(b"3\r\nab"), None);
        assert_eq!(dechunked(b"3\r\nabc\r\n0\r\n\r\n"), Some(b"abc".to_vec()));
    }
}
