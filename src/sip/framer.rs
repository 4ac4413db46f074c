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
    waiting: Option<(Box<Message>, usize)>,
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
            if let Some((mut message, length)) = self.waiting.take() {
                if self.buffer.len() < length {
                    self.waiting = Some((message, length));
                    return None;
                }
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
                return (self.buffer.len() > MAX_HEAD_BYTES).then_some(Frame::Lost("header block over 64 KiB"));
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
            let length = match message.content_length() {
                Some(length) => length,
                None => {
                    let rest = self.buffer.get(body_start..).unwrap_or_default();
                    match length_without_header(&message, rest) {
                        Some(length) => {
                            message.oddities.push(oddity::CONTENT_LENGTH_MISSING.at(format!("{length}")));
                            length
                        }
                        // The body of a message that must have one is still coming.
                        None if rest.len() <= MAX_BODY_BYTES => return None,
                        None => return Some(Frame::Lost("no Content-Length and no end of the body")),
                    }
                }
            };
            let _ = self.buffer.split_to(body_start);
            if length > MAX_BODY_BYTES {
                if length > MAX_DISCARDED_BODY_BYTES {
                    return Some(Frame::Lost("Content-Length over 64 MiB"));
                }
                let here = length.min(self.buffer.len());
                let _ = self.buffer.split_to(here);
                self.discard = length - here;
                return Some(Frame::TooLarge { head: message, length });
            }
            self.waiting = Some((message, length));
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
        let inner = (1..line.len()).find(|at| {
            line.get(at.wrapping_sub(1)).is_some_and(|b| *b == b'>' || b.is_ascii_whitespace())
                && line.get(*at).is_some_and(u8::is_ascii_uppercase)
                && looks_like_start(line.get(*at..).unwrap_or_default())
        });
        let skip = inner.unwrap_or(end + 1);
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

/// The length of a body without Content-Length: up to its closing root tag, or nothing where there is no
/// content type. `None` while the end has not come.
fn length_without_header(message: &Message, rest: &[u8]) -> Option<usize> {
    if message.header("content-type").is_none() {
        return Some(0);
    }
    let text_start = rest.iter().position(|b| !b.is_ascii_whitespace())?;
    let xml = rest.get(text_start..)?;
    if !xml.starts_with(b"<") {
        // SDP has no end mark; it ends where the next message begins, which cannot be waited for.
        return Some(0);
    }
    let root = root_name(xml)?;
    let mut closing = b"</".to_vec();
    closing.extend_from_slice(root);
    closing.push(b'>');
    let at = xml.windows(closing.len()).position(|w| w == closing)?;
    Some(text_start + at + closing.len())
}

fn root_name(xml: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    loop {
        let open = from + xml.get(from..)?.iter().position(|b| *b == b'<')?;
        let name = xml.get(open + 1..)?;
        if name.first().is_some_and(u8::is_ascii_alphabetic) {
            let end = name.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))?;
            return name.get(..end);
        }
        from = open + 1;
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
}
