//! Messages out of a TCP stream: split and joined reads, by Content-Length (RFC 3261 section 18.3).
//!
//! A sender that counts its body wrongly costs itself one message, never the connection: after a broken
//! frame the next line that looks like a start line begins a new message.

use bytes::BytesMut;

use super::message::{MAX_HEAD_BYTES, Message, MessageError, find_head_end, parse_start};
use crate::base::oddity;

/// Largest body we keep. 10,000 items of 2 kB, the most one message may carry, are 20 MB; the field
/// stays far below, and what is larger is refused with 413.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// A refused body up to this size is read and thrown away, so that the connection lives on.
const MAX_DISCARDED_BODY_BYTES: usize = 64 * 1024 * 1024;
/// A status line shows itself in so many octets, whatever its reason phrase.
const MAX_STATUS_BYTES: usize = 64;
/// Longest name of a root element.
const MAX_ROOT_BYTES: usize = 256;
/// So much that is not SIP ends the connection.
const MAX_GARBAGE_BYTES: usize = 64 * 1024;

/// What comes out of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole message.
    Message(Box<Message>),
    /// A message whose body is over the limit: its head, to be answered with 413. The body is skipped.
    TooLarge {
        /// The message without its body.
        head: Box<Message>,
        /// The length it announced.
        length: usize,
    },
    /// The stream cannot be followed any more and has to be closed.
    Lost(&'static str),
}

/// Cuts a stream into messages. Feed it with [`StreamFramer::push`], then take frames until `None`.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buffer: BytesMut,
    /// A head that waits for its body.
    waiting: Option<(Box<Message>, Length)>,
    /// Octets of a refused body still to come.
    discard: usize,
    garbage: usize,
}

impl StreamFramer {
    /// Adds what a read brought.
    pub fn push(&mut self, octets: &[u8]) {
        if self.discard >= octets.len() {
            self.discard -= octets.len();
            return;
        }
        self.buffer.extend_from_slice(octets.get(self.discard..).unwrap_or_default());
        self.discard = 0;
    }

    /// Octets of a message that is not complete yet: half a message, then silence, is worth a line.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len() + self.waiting.as_ref().map_or(0, |_| 1) + self.discard
    }

    /// Octets that are kept; those of a refused body are not.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// The next frame, if one is complete.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((mut message, mut length)) = self.waiting.take() {
                let Some(length) = length.within(&self.buffer) else {
                    if matches!(length, Length::Sought(_)) && self.buffer.len() > MAX_BODY_BYTES {
                        return Some(Frame::Lost("no Content-Length and no end of the body"));
                    }
                    self.waiting = Some((message, length));
                    return None;
                };
                message.body = self.buffer.split_to(length).freeze();
                return Some(Frame::Message(message));
            }
            let blank = self.buffer.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            if blank > 0 {
                let _ = self.buffer.split_to(blank);
            }
            if self.buffer.is_empty() {
                return None;
            }
            match self.skip_garbage() {
                Garbage::None => (),
                Garbage::Skipped => continue,
                Garbage::Wait => return None,
                Garbage::TooMuch => return Some(Frame::Lost("no SIP message in 64 KiB")),
            }
            let Some((head_len, body_start)) = find_head_end(&self.buffer) else {
                // The line end that ends the block is not counted.
                return (self.buffer.len() > MAX_HEAD_BYTES + 1).then_some(Frame::Lost("header block over 64 KiB"));
            };
            if head_len > MAX_HEAD_BYTES {
                return Some(Frame::Lost("header block over 64 KiB"));
            }
            let head = Message::parse_head(self.buffer.get(..head_len).unwrap_or_default());
            let mut message = match head {
                Ok(message) => Box::new(message),
                // skip_garbage has seen a start line; whatever else this is, it is not a message.
                Err(MessageError::StartLine(_) | MessageError::KeepAlive(_) | MessageError::HeadTooLarge) => {
                    self.garbage += body_start;
                    let _ = self.buffer.split_to(body_start);
                    continue;
                }
            };
            if std::mem::take(&mut self.garbage) > 0 {
                message.oddities.push(oddity::STREAM_GARBAGE.at(""));
            }
            message.head = self.buffer.split_to(body_start).freeze();
            let Some(length) = message.content_length() else {
                let kind = match message.header("content-length") {
                    None => oddity::CONTENT_LENGTH_MISSING,
                    Some(_) => oddity::CONTENT_LENGTH_WRONG,
                };
                message.oddities.push(kind.at(""));
                let none = message.header("content-type").is_none();
                self.waiting = Some((message, if none { Length::Told(0) } else { Length::Sought(End::default()) }));
                continue;
            };
            if length > MAX_BODY_BYTES {
                if length > MAX_DISCARDED_BODY_BYTES {
                    return Some(Frame::Lost("Content-Length over 64 MiB"));
                }
                let here = length.min(self.buffer.len());
                let _ = self.buffer.split_to(here);
                self.discard = length - here;
                return Some(Frame::TooLarge { head: message, length });
            }
            self.waiting = Some((message, Length::Told(length)));
        }
    }

    /// Drops what stands before the next start line.
    fn skip_garbage(&mut self) -> Garbage {
        let first_line = self.buffer.iter().position(|b| *b == b'\n');
        let Some(end) = first_line else {
            return if self.buffer.len() > MAX_GARBAGE_BYTES { Garbage::TooMuch } else { Garbage::Wait };
        };
        if looks_like_start(self.buffer.get(..end).unwrap_or_default()) {
            return Garbage::None;
        }
        // The rest of a body with a wrong length may run into the start line without a line end.
        let line = self.buffer.get(..end).unwrap_or_default();
        let skip = start_within(line).unwrap_or(end + 1);
        self.garbage += skip;
        if self.garbage > MAX_GARBAGE_BYTES {
            return Garbage::TooMuch;
        }
        let _ = self.buffer.split_to(skip);
        Garbage::Skipped
    }
}

enum Garbage {
    None,
    Skipped,
    Wait,
    TooMuch,
}

fn looks_like_start(line: &[u8]) -> bool {
    // The start line is ASCII but for the reason phrase.
    let text = String::from_utf8_lossy(line);
    parse_start(text.trim_end_matches('\r'), &mut Vec::new()).is_some()
}

/// Where in a line a start line begins behind something else. A request is the last three words of the line, so that no line,
/// however long, is read more than twice.
fn start_within(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let begins = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        before.is_some_and(|b| *b == b'>' || b.is_ascii_whitespace()) && line.get(at).is_some_and(u8::is_ascii_uppercase)
    };
    let response = memchr::memmem::find_iter(line, b"SIP/")
        .find(|at| begins(*at) && looks_like_start(line.get(*at..line.len().min(at + MAX_STATUS_BYTES)).unwrap_or_default()));
    let word_before = |end: usize| {
        let head = line.get(..end).unwrap_or_default().trim_ascii_end();
        head.iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1)
    };
    let word = word_before(word_before(word_before(line.len())));
    let glued = line.get(word..)?.iter().take_while(|b| !b.is_ascii_whitespace()).enumerate();
    let request = glued.filter(|(_, b)| **b == b'>').last().map_or(word, |(at, _)| word + at + 1);
    let request = Some(request).filter(|at| begins(*at) && looks_like_start(line.get(*at..).unwrap_or_default()));
    response.into_iter().chain(request).min()
}

/// How long a body is.
#[derive(Debug)]
enum Length {
    /// As its head says.
    Told(usize),
    /// To be seen from the body itself.
    Sought(End),
}

impl Length {
    /// The length once so much has come.
    fn within(&mut self, body: &[u8]) -> Option<usize> {
        match self {
            Self::Told(length) => (body.len() >= *length).then_some(*length),
            Self::Sought(end) => end.find(body),
        }
    }
}

/// Looks for the closing root tag of a body without a length; goes on where it stopped, so that a body in many small pieces
/// is read once.
#[derive(Debug, Default)]
struct End {
    /// Looked at up to here.
    at: usize,
    /// The first `<` was seen.
    begun: bool,
    /// The closing tag looked for.
    closing: Vec<u8>,
}

impl End {
    fn find(&mut self, body: &[u8]) -> Option<usize> {
        while !self.begun {
            match body.get(self.at)? {
                b'<' => self.begun = true,
                blank if blank.is_ascii_whitespace() => self.at += 1,
                // SDP has no end mark; it ends where the next message begins, which cannot be waited for.
                _ => return Some(0),
            }
        }
        while self.closing.is_empty() {
            let Some(open) = memchr::memchr(b'<', body.get(self.at..)?) else {
                self.at = body.len();
                return None;
            };
            self.at += open;
            let name = body.get(self.at + 1..)?;
            if !name.first()?.is_ascii_alphabetic() {
                self.at += 1;
                continue;
            }
            let Some(end) = name.iter().take(MAX_ROOT_BYTES).position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
            else {
                return (name.len() >= MAX_ROOT_BYTES).then_some(0);
            };
            self.closing = [b"</", name.get(..end).unwrap_or_default(), b">"].concat();
        }
        let from = body.get(self.at..)?;
        match memchr::memmem::find(from, &self.closing) {
            Some(at) => Some(self.at + at + self.closing.len()),
            None => {
                self.at += from.len().saturating_sub(self.closing.len());
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        format!("MESSAGE sip:1@2 SIP/2.0\r\nCall-ID: {}\r\nContent-Length: {}\r\n\r\n{body}", body.len(), body.len())
    }

    fn bodies(framer: &mut StreamFramer) -> Vec<String> {
        std::iter::from_fn(|| framer.next_frame())
            .map(|frame| match frame {
                Frame::Message(m) => String::from_utf8(m.body.to_vec()).unwrap(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn any_split_gives_the_same_messages() {
        let stream = [message("<a>1</a>"), "\r\n\r\n".into(), message(""), message("<b/>")].concat();
        for size in 1..=stream.len() {
            let mut framer = StreamFramer::default();
            let mut got = Vec::new();
            for chunk in stream.as_bytes().chunks(size) {
                framer.push(chunk);
                got.extend(bodies(&mut framer));
            }
            assert_eq!(got, ["<a>1</a>", "", "<b/>"], "reads of {size}");
            assert_eq!(framer.pending_bytes(), 0);
        }
    }

    #[test]
    fn a_length_too_small_costs_one_message_at_most() {
        let mut framer = StreamFramer::default();
        framer.push(b"MESSAGE sip:1@2 SIP/2.0\r\nContent-Length: 3\r\n\r\n<a>1</a>");
        framer.push(message("<b/>").as_bytes());
        assert_eq!(bodies(&mut framer), ["<a>", "<b/>"]);
    }

    #[test]
    fn a_missing_length_ends_at_the_closing_root_tag() {
        let mut framer = StreamFramer::default();
        framer
            .push(b"MESSAGE sip:1@2 SIP/2.0\r\nContent-Type: Application/MANSCDP+xml\r\n\r\n<?xml version=\"1.0\"?>\r\n<R><x/>");
        assert_eq!(bodies(&mut framer), Vec::<String>::new());
        framer.push(b"</R>");
        framer.push(message("<b/>").as_bytes());
        assert_eq!(bodies(&mut framer), ["<?xml version=\"1.0\"?>\r\n<R><x/></R>", "<b/>"]);
    }

    #[test]
    fn a_body_over_the_limit_is_skipped_and_the_connection_lives_on() {
        let mut framer = StreamFramer::default();
        let length = 10 * 1024 * 1024;
        framer.push(format!("MESSAGE sip:1@2 SIP/2.0\r\nCall-ID: big\r\nContent-Length: {length}\r\n\r\n").as_bytes());
        let Some(Frame::TooLarge { head, length: told }) = framer.next_frame() else { panic!("accepted") };
        assert_eq!((head.call_id(), told), (Some("big"), length));
        let chunk = vec![b'x'; 64 * 1024];
        for _ in 0..length / chunk.len() {
            framer.push(&chunk);
            assert!(framer.next_frame().is_none());
        }
        framer.push(message("<b/>").as_bytes());
        assert_eq!(bodies(&mut framer), ["<b/>"]);
    }

    #[test]
    fn endless_nonsense_ends_the_connection() {
        let mut framer = StreamFramer::default();
        let mut lost = false;
        for _ in 0..70 {
            framer.push(&[b'z'; 1024]);
            lost |= matches!(framer.next_frame(), Some(Frame::Lost(_)));
        }
        assert!(lost);
    }

    #[test]
    fn half_a_message_is_seen_waiting() {
        let mut framer = StreamFramer::default();
        framer.push(b"MESSAGE sip:1@2 SIP/2.0\r\nContent-Length: 50\r\n\r\n<a>");
        assert!(framer.next_frame().is_none());
        assert!(framer.pending_bytes() > 0);
    }

    #[test]
    fn a_message_behind_the_rest_of_a_body_is_found() {
        for rest in ["<x>MESSAGE", "rest of it MESSAGE", "a>b>MESSAGE", "> MESSAGE"] {
            let mut framer = StreamFramer::default();
            framer.push(message("<b/>").replacen("MESSAGE", rest, 1).as_bytes());
            assert_eq!(bodies(&mut framer), ["<b/>"], "{rest}");
        }
        assert_eq!(start_within(b"<x>SIP/2.0 200 Fine and more words"), Some(3));
        assert_eq!(start_within(b"<x>SIP/2.0 2000"), None);
        assert_eq!(start_within(b"xMESSAGE sip:1@2 SIP/2.0"), None);
    }

    #[test]
    fn the_largest_head_may_come_in_any_pieces() {
        let head = "MESSAGE sip:1@2 SIP/2.0\r\nContent-Length: 0\r\nX: ";
        let whole = format!("{head}{}\r\n\r\n", "x".repeat(MAX_HEAD_BYTES - head.len() - 2));
        for size in [1, 4_096, MAX_HEAD_BYTES + 1, whole.len()] {
            let mut framer = StreamFramer::default();
            let mut frames = Vec::new();
            for chunk in whole.as_bytes().chunks(size) {
                framer.push(chunk);
                if size > 1 || framer.buffer.len() > MAX_HEAD_BYTES {
                    frames.extend(std::iter::from_fn(|| framer.next_frame()));
                }
            }
            assert!(matches!(frames.as_slice(), [Frame::Message(_)]), "{size}: {}", frames.len());
        }
    }

    #[test]
    fn hostile_streams_cost_linear_time() {
        // Each would take minutes if it were read again with every piece or from every word.
        let words = "A ".repeat(30_000);
        let no_end = "<a>".repeat(1_000_000);
        let no_root = "<?".repeat(1_000_000);
        let blank = " ".repeat(2_000_000);
        for body in [words, no_end, no_root, blank] {
            let mut framer = StreamFramer::default();
            framer.push(b"MESSAGE sip:1@2 SIP/2.0\r\nContent-Type: Application/MANSCDP+xml\r\n\r\n");
            for chunk in [body.as_bytes(), b"\r\n"].concat().chunks(100) {
                framer.push(chunk);
                if let Some(Frame::Lost(why)) = framer.next_frame() {
                    panic!("{why}");
                }
            }
        }
    }
}
