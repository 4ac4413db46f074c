//! SIP messages out of the segments of a capture, told by their content and not by their port. Repeats of the
//! transport (RFC 3261 section 17) come out once.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::packet::{Segment, Tcp, Transport};
use super::stream::{Piece, Stream};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::sip::framer::{Frame, StreamFramer};
use crate::sip::message::{Message, Start};

/// Directions of TCP connections followed at once.
pub const MAX_STREAMS: usize = 65_536;
/// Octets of all of them that wait for something missing.
pub const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// So much of a connection without SIP in it: it carries something else.
const MAX_UNDECIDED_BYTES: usize = 64 * 1024;
/// A connection silent for so long gives way when the table is full.
const IDLE: Duration = Duration::from_mins(1);
/// Messages known again; twice as many at most.
const KNOWN_MESSAGES: usize = 500_000;
/// How far into a datagram its first line is looked for.
const MAX_FIRST_LINE_BYTES: usize = 1_024;

/// What every first line of SIP holds.
const SIP: &[u8] = b"SIP/2.0";

/// A SIP message, when and between whom.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When its last octet was captured.
    pub at: Mono,
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// Over TCP.
    pub tcp: bool,
    /// The capture has all of it; else its length says nothing of the sender.
    pub whole: bool,
    /// The message.
    pub message: Message,
}

#[derive(Debug)]
enum State {
    /// What came so far may be SIP.
    Undecided(Vec<u8>),
    Sip(StreamFramer),
    Other,
}

#[derive(Debug)]
struct Flow {
    stream: Stream,
    state: State,
    last: Mono,
    /// Something is missing before what comes next.
    torn: bool,
}

/// Finds the messages.
#[derive(Debug, Default)]
pub struct Signalling {
    flows: HashMap<(SocketAddr, SocketAddr), Flow>,
    waiting_bytes: usize,
    recent: HashSet<u128>,
    older: HashSet<u128>,
    /// Messages found, repeats not counted.
    pub messages: u64,
    /// What the capture lacks.
    pub oddities: Oddities,
}

impl Signalling {
    /// Takes a segment, gives the messages complete with it.
    pub fn take(&mut self, segment: &Segment<'_>, now: Mono, mut out: impl FnMut(Seen)) {
        let (source, destination) = (segment.source, segment.destination);
        match &segment.transport {
            Transport::Udp(octets) if is_sip(octets) => {
                let Ok(message) = Message::parse_datagram(&Bytes::copy_from_slice(octets)) else { return };
                self.give(Seen { at: now, source, destination, tcp: false, whole: segment.whole, message }, &mut out);
            }
            Transport::Udp(_) => (),
            Transport::Tcp(tcp) => self.stream((source, destination), tcp, now, &mut out),
        }
    }

    /// The capture ends.
    pub fn finish(&mut self, now: Mono, mut out: impl FnMut(Seen)) {
        let mut ends: Vec<_> = self.flows.keys().copied().collect();
        ends.sort();
        for ends in ends {
            let Some(mut flow) = self.flows.remove(&ends) else { continue };
            let mut found = Found::default();
            let (stream, state, torn) = (&mut flow.stream, &mut flow.state, &mut flow.torn);
            stream.finish(|piece| piece_of(piece, state, torn, &mut found));
            self.found(found, ends, now, &mut out);
        }
    }

    fn stream(&mut self, ends: (SocketAddr, SocketAddr), tcp: &Tcp<'_>, now: Mono, out: &mut impl FnMut(Seen)) {
        if self.flows.len() >= MAX_STREAMS && !self.flows.contains_key(&ends) {
            self.flows.retain(|_, f| now.since(f.last) < IDLE);
            self.waiting_bytes = self.flows.values().map(|f| f.stream.pending_bytes()).sum();
            if self.flows.len() >= MAX_STREAMS {
                self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_STREAMS} TCP")));
                return;
            }
        }
        let new = || Flow { stream: Stream::default(), state: State::Undecided(Vec::new()), last: now, torn: false };
        let flow = self.flows.entry(ends).or_insert_with(new);
        flow.last = now;
        if matches!(flow.state, State::Other) {
            if !tcp.syn && !is_sip(&tcp.payload) {
                return;
            }
            *flow = new();
        }
        let before = flow.stream.pending_bytes();
        let mut found = Found::default();
        let (stream, state, torn) = (&mut flow.stream, &mut flow.state, &mut flow.torn);
        stream.push(tcp, now, |piece| piece_of(piece, state, torn, &mut found));
        if matches!(flow.state, State::Other) {
            flow.stream = Stream::default();
        }
        self.waiting_bytes = (self.waiting_bytes + flow.stream.pending_bytes()).saturating_sub(before);
        if self.waiting_bytes > MAX_WAITING_BYTES {
            // This one gives up what it waits for.
            let (stream, state, torn) = (&mut flow.stream, &mut flow.state, &mut flow.torn);
            self.waiting_bytes -= stream.pending_bytes().min(self.waiting_bytes);
            stream.finish(|piece| piece_of(piece, state, torn, &mut found));
            self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_WAITING_BYTES} B")));
        }
        self.found(found, ends, now, out);
    }

    fn found(&mut self, found: Found, (source, destination): (SocketAddr, SocketAddr), at: Mono, out: &mut impl FnMut(Seen)) {
        if found.gaps > 0 {
            self.oddities.add_many(oddity::CAPTURE_GAP, found.gaps, &format!("{source} > {destination}"));
        }
        if found.lost > 0 {
            self.oddities.add_many(oddity::CAPTURE_LOST_SYNC, found.lost, &format!("{source} > {destination}"));
        }
        if found.too_large > 0 {
            self.oddities.add_many(oddity::CAPTURE_LIMIT, found.too_large, "SIP body");
        }
        for (message, whole) in found.messages {
            self.give(Seen { at, source, destination, tcp: true, whole, message }, out);
        }
    }

    fn give(&mut self, seen: Seen, out: &mut impl FnMut(Seen)) {
        if self.recent.len() >= KNOWN_MESSAGES {
            self.older = std::mem::take(&mut self.recent);
        }
        let key = fingerprint(&seen.message);
        if !self.older.contains(&key) && self.recent.insert(key) {
            self.messages += 1;
            out(seen);
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    messages: Vec<(Message, bool)>,
    gaps: u64,
    lost: u64,
    too_large: u64,
}

fn piece_of(piece: Piece<'_>, state: &mut State, torn: &mut bool, found: &mut Found) {
    match piece {
        Piece::Opened => {
            *state = State::Undecided(Vec::new());
            *torn = false;
        }
        Piece::Gap(_) => {
            if let State::Sip(framer) = state {
                found.gaps += 1;
                *framer = StreamFramer::default();
            }
            *torn = true;
        }
        Piece::Octets(octets) => {
            match state {
                State::Other => return,
                State::Sip(framer) => framer.push(&octets),
                State::Undecided(head) => {
                    // Not what was looked at before, but for what may stand across the seam.
                    let seam = head.len().saturating_sub(SIP.len() - 1);
                    head.extend_from_slice(&octets);
                    if holds_sip(head.get(seam..).unwrap_or_default()) {
                        // A connection met in the middle begins with the end of something.
                        *torn |= !is_sip(head);
                        let mut framer = StreamFramer::default();
                        framer.push(head);
                        *state = State::Sip(framer);
                    } else if head.len() > MAX_UNDECIDED_BYTES {
                        *state = State::Other;
                    }
                }
            }
            let State::Sip(framer) = state else { return };
            while let Some(frame) = framer.next_frame() {
                match frame {
                    Frame::Message(message) => found.messages.push((*message, !std::mem::take(torn))),
                    Frame::TooLarge { .. } => found.too_large += 1,
                    Frame::Lost(_) => {
                        found.lost += 1;
                        *state = State::Undecided(Vec::new());
                        *torn = true;
                        return;
                    }
                }
            }
        }
    }
}

/// Whether the first line is one of SIP.
fn is_sip(octets: &[u8]) -> bool {
    let blank = octets.iter().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | 0)).count();
    let head = octets.get(blank..octets.len().min(blank + MAX_FIRST_LINE_BYTES)).unwrap_or_default();
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    line.first().is_some_and(u8::is_ascii_alphabetic) && line.windows(SIP.len()).any(|w| w.eq_ignore_ascii_case(SIP))
}

fn holds_sip(octets: &[u8]) -> bool {
    octets.windows(SIP.len()).any(|w| w == SIP)
}

/// What two copies of one message share; another message differs in something of it, even where a sender never
/// changes its branch.
fn fingerprint(message: &Message) -> u128 {
    let mut digest = Sha256::new();
    let mut add = |text: &[u8]| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    match &message.start {
        Start::Request { method, uri } => {
            add(method.as_str().as_bytes());
            add(uri.as_bytes());
        }
        Start::Response { code, .. } => add(&code.to_be_bytes()),
    }
    // A sender that does not count on names its password beside the same number.
    for name in ["call-id", "cseq", "from", "to", "authorization"] {
        add(message.header(name).unwrap_or_default().as_bytes());
    }
    let via = message.via();
    add(via.as_ref().and_then(|v| v.branch()).unwrap_or_default().as_bytes());
    add(&message.body);
    let digest = digest.finalize();
    digest.first_chunk().map_or(0, |octets| u128::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn ends() -> (SocketAddr, SocketAddr) {
        ("10.0.0.2:7000".parse().unwrap(), "10.0.0.1:5061".parse().unwrap())
    }

    fn message(number: u32, body: &str) -> Vec<u8> {
        format!(
            "MESSAGE sip:1@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK{number}\r\nCall-ID: c{number}\r\nCSeq: {number} MESSAGE\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn udp(octets: &[u8]) -> Segment<'_> {
        let (source, destination) = ends();
        Segment { source, destination, transport: Transport::Udp(Cow::Borrowed(octets)), whole: true }
    }

    fn tcp(number: u32, octets: &[u8]) -> Segment<'_> {
        let (source, destination) = ends();
        let payload = Cow::Borrowed(octets);
        Segment {
            source,
            destination,
            transport: Transport::Tcp(Tcp { number, syn: false, end: false, payload, cut: 0 }),
            whole: true,
        }
    }

    fn bodies(segments: &[Segment<'_>]) -> (Vec<(String, bool)>, Vec<&'static str>) {
        let mut signalling = Signalling::default();
        let mut found = Vec::new();
        let mut take = |seen: Seen| found.push((String::from_utf8(seen.message.body.to_vec()).unwrap(), seen.whole));
        for segment in segments {
            signalling.take(segment, Mono::ZERO, &mut take);
        }
        signalling.finish(Mono::ZERO, &mut take);
        (found, signalling.oddities.ids().collect())
    }

    #[test]
    fn datagrams_by_content_and_repeats_once() {
        let (one, two) = (message(1, "one"), message(2, "two"));
        let (found, oddities) = bodies(&[udp(&one), udp(b"\x80\x60 not SIP"), udp(&one), udp(&two), udp(b"")]);
        assert_eq!(found, [("one".to_owned(), true), ("two".to_owned(), true)]);
        assert!(oddities.is_empty());
    }

    #[test]
    fn a_stream_met_in_the_middle_and_with_a_hole_costs_the_messages_there() {
        let mut sent = b"</Item></Response>".to_vec();
        let mut starts = Vec::new();
        for n in 1..=4 {
            starts.push(sent.len());
            sent.extend(message(n, &format!("body{n}")));
        }
        let hole = starts[1] + 20..starts[2] - 2;
        let first = tcp(100, &sent[..hole.start]);
        let late = tcp(100 + u32::try_from(hole.end).unwrap(), &sent[hole.end..]);
        let (found, oddities) = bodies(&[first, late]);
        assert_eq!(found, [("body1".to_owned(), false), ("body3".to_owned(), false), ("body4".to_owned(), true)]);
        assert_eq!(oddities, ["capture_gap"]);
    }

    #[test]
    fn other_connections_are_dropped_and_taken_up_again_where_sip_begins() {
        let noise = vec![b'x'; 40_000];
        let sip = message(1, "body");
        let (found, _) = bodies(&[tcp(0, &noise), tcp(40_000, &noise), tcp(80_000, &noise), tcp(500_000_000, &sip)]);
        assert_eq!(found, [("body".to_owned(), true)]);
    }
}
