//! What went over the wires in one attempt (报文留存): SIP messages and the first media, octet for octet, for whoever disputes
//! it. Bounded; digest answers and device passwords are masked before anything is kept.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Mono;
use crate::base::time::Timestamp;
use crate::manscdp::mask::mask_passwords;

/// Octets of SIP kept of one attempt: an INVITE with all its repeats and answers is under a third of it.
pub const MAX_SIGNALLING_BYTES: usize = 64 * 1024;
/// Octets of media kept whole: a second of 2 Mbit/s. With what is kept of later packets a session stays below half a megabyte.
pub const MAX_MEDIA_BYTES: usize = 256 * 1024;
/// Packets past it of which only the beginning is kept: when it came, how long it was, its RTP header.
pub const MAX_BARE_PACKETS: usize = 4_096;
/// That beginning.
const BARE_BYTES: usize = 12;
/// SIP messages kept of one attempt.
const MAX_MESSAGES: usize = 256;
/// How a tape begins where it is stored.
const MAGIC: &[u8] = b"GBTAPE1\n";
/// Largest tape that is read again.
const MAX_STORED_BYTES: usize = 4 * 1024 * 1024;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A SIP message as a datagram.
    SipUdp,
    /// A SIP message in a TCP stream.
    SipTcp,
    /// A SIP message that was inside TLS.
    SipTls,
    /// A datagram on the media port.
    MediaUdp,
    /// A TCP connection for media came to be.
    MediaOpened,
    /// We began to try to connect; nothing says that anybody answered.
    MediaTried,
    /// Octets of a TCP connection for media.
    MediaTcp,
}

impl Kind {
    /// Whether it is signalling.
    #[must_use]
    pub const fn is_sip(self) -> bool {
        matches!(self, Self::SipUdp | Self::SipTcp | Self::SipTls)
    }
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Our address.
    pub ours: SocketAddr,
    /// The peer's.
    pub theirs: SocketAddr,
    /// We sent it.
    pub from_us: bool,
}

/// One message, packet or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// From where to where.
    pub way: Way,
    /// What is kept of it.
    pub octets: Vec<u8>,
    /// How long it was.
    pub length: u32,
}

/// The tape of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    wall: Timestamp,
    mono: Mono,
    pieces: Vec<Piece>,
    signalling_bytes: usize,
    messages: usize,
    media_bytes: usize,
    bare: usize,
    /// Pieces of which nothing was kept.
    left_out: u64,
    /// Our end of signalling, where the socket itself does not know it: it is bound to any address.
    signalling: Option<SocketAddr>,
}

/// Stored before the octets.
#[derive(Serialize, Deserialize)]
struct Index {
    left_out: u64,
    addresses: Vec<SocketAddr>,
    pieces: Vec<Stored>,
}

/// Time, kind, from us, our address, theirs, octets kept, length.
type Stored = (i64, Kind, bool, u16, u16, u32, u32);

impl Tape {
    /// An empty one. Its times go by the watch from here on, so that they never go back.
    #[must_use]
    pub const fn new(wall: Timestamp, mono: Mono) -> Self {
        Self {
            wall,
            mono,
            pieces: Vec::new(),
            signalling_bytes: 0,
            messages: 0,
            media_bytes: 0,
            bare: 0,
            left_out: 0,
            signalling: None,
        }
    }

    /// What is on it, in the order of time.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Pieces of which nothing was kept: a limit was reached.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Pieces of which only the beginning was kept.
    #[must_use]
    pub const fn shortened(&self) -> usize {
        self.bare
    }

    /// Our end of signalling.
    #[must_use]
    pub const fn signalling(&self) -> Option<SocketAddr> {
        self.signalling
    }

    fn at(&self, now: Mono) -> Timestamp {
        let since = i64::try_from(now.since(self.mono).as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.wall.micros().saturating_add(since))
    }

    /// A SIP message, as handed to the socket or as it came.
    pub fn sip(&mut self, kind: Kind, way: Way, octets: &[&[u8]], now: Mono) {
        let length: usize = octets.iter().map(|part| part.len()).sum();
        if self.signalling_bytes.saturating_add(length) > MAX_SIGNALLING_BYTES || self.messages >= MAX_MESSAGES {
            self.left_out += 1;
            return;
        }
        self.signalling_bytes += length;
        self.messages += 1;
        let mut octets = octets.concat();
        mask_credentials(&mut octets);
        mask_passwords(&mut octets);
        self.push(kind, way, octets, length, now);
    }

    /// A datagram or a read on the media port.
    pub fn media(&mut self, kind: Kind, way: Way, octets: &[u8], now: Mono) {
        let kept = if self.media_bytes.saturating_add(octets.len()) <= MAX_MEDIA_BYTES {
            self.media_bytes += octets.len();
            octets
        } else if self.bare < MAX_BARE_PACKETS {
            // From here on nothing whole: what is missing is to be seen at a glance.
            self.media_bytes = MAX_MEDIA_BYTES;
            self.bare += 1;
            octets.get(..BARE_BYTES).unwrap_or(octets)
        } else {
            self.left_out += 1;
            return;
        };
        self.push(kind, way, kept.to_vec(), octets.len(), now);
    }

    /// A connection for media was made, or is tried.
    pub fn connection(&mut self, kind: Kind, way: Way, now: Mono) {
        if self.messages < MAX_MESSAGES {
            self.messages += 1;
            self.push(kind, way, Vec::new(), 0, now);
        }
    }

    fn push(&mut self, kind: Kind, way: Way, octets: Vec<u8>, length: usize, now: Mono) {
        let at = self.at(now);
        let at = self.pieces.last().map_or(at, |last| at.max(last.at));
        self.pieces.push(Piece { at, kind, way, octets, length: u32::try_from(length).unwrap_or(u32::MAX) });
    }

    /// As it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut addresses: Vec<SocketAddr> = Vec::new();
        let mut place = |address: SocketAddr| {
            let known = addresses.iter().position(|known| *known == address);
            let place = known.unwrap_or_else(|| {
                addresses.push(address);
                addresses.len() - 1
            });
            // There are fewer pieces than that.
            u16::try_from(place).unwrap_or(u16::MAX)
        };
        let pieces = self.pieces.iter().map(|piece| {
            let kept = u32::try_from(piece.octets.len()).unwrap_or(u32::MAX);
            let (ours, theirs) = (place(piece.way.ours), place(piece.way.theirs));
            (piece.at.micros(), piece.kind, piece.way.from_us, ours, theirs, kept, piece.length)
        });
        let pieces: Vec<Stored> = pieces.collect();
        // Numbers, words and addresses: there is nothing in them that cannot be written.
        let index = serde_json::to_vec(&Index { left_out: self.left_out, addresses, pieces }).unwrap_or_default();
        let mut out = MAGIC.to_vec();
        out.extend(u32::try_from(index.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(index);
        self.pieces.iter().for_each(|piece| out.extend(&piece.octets));
        out
    }

    /// Reads what was stored; nothing where it is none of ours.
    #[must_use]
    pub fn decode(stored: &[u8]) -> Option<Self> {
        if stored.len() > MAX_STORED_BYTES {
            return None;
        }
        let rest = stored.strip_prefix(MAGIC)?;
        let length = u32::from_le_bytes(*rest.first_chunk::<4>()?) as usize;
        let index: Index = serde_json::from_slice(rest.get(4..)?.get(..length)?).ok()?;
        let mut octets = rest.get(4 + length..)?;
        let mut tape = Self::new(Timestamp::default(), Mono::ZERO);
        tape.left_out = index.left_out;
        for (at, kind, from_us, ours, theirs, kept, length) in index.pieces {
            let (own, more) = octets.split_at_checked(kept as usize)?;
            octets = more;
            tape.bare += usize::from(own.len() < length as usize);
            let ours = *index.addresses.get(usize::from(ours))?;
            let theirs = *index.addresses.get(usize::from(theirs))?;
            let way = Way { ours, theirs, from_us };
            tape.pieces.push(Piece { at: Timestamp::from_micros(at), kind, way, octets: own.to_vec(), length });
        }
        Some(tape)
    }
}

/// A tape that signalling and media are both written on while a call goes on.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<Tape>>);

impl Recorder {
    /// With an empty tape. `signalling`: our end of it.
    #[must_use]
    pub fn new(wall: Timestamp, mono: Mono, signalling: SocketAddr) -> Self {
        Self(Arc::new(Mutex::new(Tape { signalling: Some(signalling), ..Tape::new(wall, mono) })))
    }

    /// Writes on it.
    pub fn record(&self, write: impl FnOnce(&mut Tape)) {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The tape as it is now; the recorder begins anew.
    #[must_use]
    pub fn take(&self) -> Tape {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = Tape::new(tape.wall, tape.mono);
        std::mem::replace(&mut *tape, empty)
    }
}

/// For how long what is kept of disputes and pictures stays in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Snapshots, days.
    pub snapshot_days: u32,
    /// Tapes, days.
    pub tape_days: u32,
    /// Whole runs, days; 0: for ever, for they are the evidence everything else is drawn from.
    pub run_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { snapshot_days: 30, tape_days: 30, run_days: 0 }
    }
}

impl Retention {
    /// Days as a span.
    #[must_use]
    pub const fn span(days: u32) -> Duration {
        Duration::from_secs(days as u64 * 86_400)
    }
}

/// Header lines whose values answer a challenge.
const CREDENTIALS: [&[u8]; 3] = [b"authorization:", b"proxy-authorization:", b"authentication-info:"];
/// What in them is made from the password.
const SECRETS: [&[u8]; 3] = [b"response=", b"rspauth=", b"cnonce="];

/// Crosses out what was made from a password, in place, so that no length changes.
fn mask_credentials(octets: &mut [u8]) {
    let head = memchr::memmem::find(octets, b"\r\n\r\n").unwrap_or(octets.len());
    let mut begin = 0;
    while begin < head {
        let end = memchr::memchr(b'\n', octets.get(begin..head).unwrap_or_default()).map_or(head, |at| begin + at + 1);
        // A folded value goes on in the next line.
        let mut stop = end;
        while octets.get(stop).is_some_and(|b| matches!(b, b' ' | b'\t')) && stop < head {
            stop = memchr::memchr(b'\n', octets.get(stop..head).unwrap_or_default()).map_or(head, |at| stop + at + 1);
        }
        let line = octets.get_mut(begin..stop).unwrap_or_default();
        let named = |name: &&[u8]| line.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
        if CREDENTIALS.iter().any(named) {
            SECRETS.iter().for_each(|secret| cross_out(line, secret));
        }
        begin = stop.max(begin + 1);
    }
}

fn cross_out(line: &mut [u8], name: &[u8]) {
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| rest.windows(name.len()).position(|w| w.eq_ignore_ascii_case(name))) {
        at += found + name.len();
        let quoted = line.get(at) == Some(&b'"');
        at += usize::from(quoted);
        while let Some(octet) = line
            .get_mut(at)
            .filter(|b| if quoted { !matches!(**b, b'"' | b'\r' | b'\n') } else { !matches!(**b, b',' | b' ' | b'\r' | b'\n') })
        {
            *octet = b'x';
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from_us: bool) -> Way {
        Way { ours: "192.0.2.9:5060".parse().unwrap(), theirs: "192.0.2.7:5060".parse().unwrap(), from_us }
    }

    fn tape() -> Tape {
        Tape::new(Timestamp::from_micros(1_000_000), Mono::from_millis(5))
    }

    #[test]
    fn what_is_stored_is_read_again_and_what_is_not_ours_is_nothing() {
        let mut tape = tape();
        tape.sip(Kind::SipUdp, way(true), &[b"INVITE sip:1@2 SIP/2.0\r\n\r\n"], Mono::from_millis(6));
        tape.media(Kind::MediaUdp, way(false), &[7; 40], Mono::from_millis(9));
        tape.connection(Kind::MediaOpened, way(false), Mono::from_millis(8));
        let stored = tape.encode();
        let read = Tape::decode(&stored).unwrap();
        assert_eq!(read.pieces(), tape.pieces());
        let times: Vec<i64> = read.pieces().iter().map(|p| p.at.micros()).collect();
        assert_eq!(times, [1_001_000, 1_004_000, 1_004_000], "time does not go back");
        for cut in 0..stored.len() {
            assert!(Tape::decode(&stored[..cut]).is_none(), "cut at {cut}");
        }
        assert!(Tape::decode(b"GBTAPE1\n\xff\xff\xff\xff{}").is_none());
    }

    #[test]
    fn past_the_limits_the_beginning_is_kept_and_then_a_number() {
        let mut tape = tape();
        let packet = vec![0x80; 1_400];
        let total = MAX_MEDIA_BYTES / packet.len() + MAX_BARE_PACKETS + 10;
        (0..total).for_each(|_| tape.media(Kind::MediaUdp, way(false), &packet, Mono::from_millis(9)));
        assert_eq!((tape.shortened(), tape.left_out()), (MAX_BARE_PACKETS, 10));
        let last = tape.pieces().last().unwrap();
        assert_eq!((last.octets.len(), last.length), (BARE_BYTES, 1_400));
        tape.media(Kind::MediaUdp, way(false), &[1; 20], Mono::from_millis(9));
        assert_eq!(tape.left_out(), 11, "a small one does not come in again");
        let message = vec![b'a'; 8_000];
        (0..20).for_each(|_| tape.sip(Kind::SipUdp, way(true), &[&message], Mono::from_millis(9)));
        assert_eq!(tape.left_out(), 11 + 12);
        let held: usize = tape.pieces().iter().map(|p| p.octets.len() + size_of::<Piece>()).sum();
        assert!(held < 900_000, "{held} octets a session");
        assert_eq!(Tape::decode(&tape.encode()).unwrap().shortened(), MAX_BARE_PACKETS);
    }

    #[test]
    fn what_is_made_from_a_password_is_crossed_out_and_no_length_changes() {
        let sent = "INVITE sip:1@2 SIP/2.0\r\nAuthorization: Digest username=\"u\", nonce=\"n1\",\r\n response=\"0123456789abcdef\", \
                    cnonce=\"secret\", uri=\"sip:1@2\"\r\nproxy-authorization: Digest response=0011,qop=auth\r\nSubject: response=\"kept\"\r\n\r\n\
                    <Password>swordfish</Password>";
        let mut tape = tape();
        tape.sip(Kind::SipUdp, way(true), &[sent.as_bytes()], Mono::from_millis(6));
        let kept = String::from_utf8(tape.pieces()[0].octets.clone()).unwrap();
        assert_eq!(kept.len(), sent.len());
        for secret in ["0123456789abcdef", "\"secret\"", "response=0011", "swordfish"] {
            assert!(!kept.contains(secret), "{kept}");
        }
        assert!(
            kept.contains("nonce=\"n1\"") && kept.contains("Subject: response=\"kept\"") && kept.contains("qop=auth"),
            "{kept}"
        );
        assert!(kept.contains("response=\"xxxxxxxxxxxxxxxx\""), "{kept}");
    }
}
