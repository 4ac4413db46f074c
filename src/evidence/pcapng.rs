//! Tapes as a pcapng file (pcapng, draft-ietf-opsawg-pcapng). Octets and times are those of the wire; Ethernet, IP, UDP and TCP
//! headers were never seen by us and are made anew, with right checksums, and every packet says so.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use etherparse::PacketBuilder;

use crate::base::time::Timestamp;
use crate::evidence::tape::{Kind, Piece};

/// What the description of our interface begins with where media ports were listened at; the addresses follow, one blank
/// between two. Whoever reads the file knows by it that media that is not there did not come.
pub const LISTENED: &str = "gbaudit-listened ";
/// Between them and the words for people.
pub const LISTENED_END: char = ';';
/// Largest payload of one segment: an IP packet is smaller than 64 KiB.
const MAX_SEGMENT_BYTES: usize = 16 * 1024;
/// Largest datagram over IPv6 and IPv4 alike.
const MAX_DATAGRAM_BYTES: usize = 65_000;
/// A link has no addresses in it that anybody knows: ours, theirs (locally administered).
const LINK: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
const TTL: u8 = 64;
const WINDOW: u16 = 65_535;
/// Longest comment.
const MAX_COMMENT_BYTES: usize = 1_024;

/// Writes a file.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    /// Octets sent so far in each direction of a TCP connection.
    sent: HashMap<(SocketAddr, SocketAddr), u32>,
    /// Packets written.
    packets: u64,
    /// Pieces no packet can be made of.
    unfit: u64,
}

/// What is written beside a packet: what it is, in both languages.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a>(pub &'a str);

impl Writer {
    /// Begins a file. `about` is the comment of the whole; `listened`: our media addresses.
    #[must_use]
    pub fn new(program: &str, about: &str, listened: &[SocketAddr]) -> Self {
        let mut writer = Self { out: Vec::new(), sent: HashMap::new(), packets: 0, unfit: 0 };
        let mut section = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
        section.extend([1, 0, 0, 0]);
        // The length of the section is not said.
        section.extend([0xFF; 8]);
        option(&mut section, 1, about.as_bytes());
        option(&mut section, 4, program.as_bytes());
        option(&mut section, 0, b"");
        writer.block(0x0A0D_0D0A, &section);
        // Ethernet, and frames as long as they are.
        let mut interface = vec![1, 0, 0, 0, 0, 0, 0, 0];
        let ports = listened.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let words = "链路层、IP、UDP、TCP 头为重建 · link, IP, UDP and TCP headers are reconstructed";
        let described = if ports.is_empty() { words.to_owned() } else { format!("{LISTENED}{ports}{LISTENED_END} {words}") };
        option(&mut interface, 2, b"gbaudit");
        option(&mut interface, 3, described.as_bytes());
        // Microseconds.
        option(&mut interface, 9, &[6]);
        option(&mut interface, 0, b"");
        writer.block(1, &interface);
        writer
    }

    /// A piece of a tape.
    pub fn piece(&mut self, piece: &Piece, told: Told<'_>) {
        let way = piece.way;
        let (from, to) = if way.from_us { (way.ours, way.theirs) } else { (way.theirs, way.ours) };
        match piece.kind {
            Kind::SipUdp | Kind::MediaUdp => self.datagram(piece.at, from, to, (&piece.octets, piece.length as usize), told),
            Kind::SipTcp | Kind::SipTls | Kind::MediaTcp => {
                self.segments(piece.at, from, to, (&piece.octets, piece.length as usize), told);
            }
            Kind::MediaTried => self.control(piece.at, from, to, (true, false), told),
            Kind::MediaOpened => {
                self.control(piece.at, from, to, (true, false), told);
                self.control(piece.at, to, from, (true, true), told);
                self.control(piece.at, from, to, (false, true), told);
            }
        }
    }

    /// A datagram. `length`: as it was, where less of it is kept.
    pub fn datagram(
        &mut self,
        at: Timestamp,
        from: SocketAddr,
        to: SocketAddr,
        (octets, length): (&[u8], usize),
        told: Told<'_>,
    ) {
        if octets.len().max(length) > MAX_DATAGRAM_BYTES {
            self.unfit += 1;
            return;
        }
        let Some(ip) = ip(from.ip(), to.ip()) else {
            self.unfit += 1;
            return;
        };
        let builder = ip.udp(from.port(), to.port());
        let payload = padded(octets, length);
        let mut frame = Vec::with_capacity(builder.size(payload.len()));
        if builder.write(&mut frame, &payload).is_ok() {
            let missing = payload.len() - octets.len();
            self.packet(at, &frame, missing, told);
        }
    }

    /// Octets of a TCP connection, in as many segments as they need.
    pub fn segments(
        &mut self,
        at: Timestamp,
        from: SocketAddr,
        to: SocketAddr,
        (octets, length): (&[u8], usize),
        told: Told<'_>,
    ) {
        let payload = padded(octets, length);
        let mut written = 0;
        for part in payload.chunks(MAX_SEGMENT_BYTES) {
            let kept = octets.len().saturating_sub(written).min(part.len());
            written += part.len();
            let (number, acknowledged) = (self.number(from, to), self.number(to, from));
            let Some(ip) = ip(from.ip(), to.ip()) else {
                self.unfit += 1;
                return;
            };
            let builder = ip.tcp(from.port(), to.port(), number, WINDOW).ack(acknowledged).psh();
            let mut frame = Vec::with_capacity(builder.size(part.len()));
            if builder.write(&mut frame, part).is_err() {
                self.unfit += 1;
                return;
            }
            self.advance(from, to, u32::try_from(part.len()).unwrap_or(0));
            self.packet(at, &frame, part.len() - kept, told);
        }
    }

    /// A segment that only opens a connection.
    fn control(&mut self, at: Timestamp, from: SocketAddr, to: SocketAddr, (syn, ack): (bool, bool), told: Told<'_>) {
        let (number, acknowledged) = (self.number(from, to), self.number(to, from));
        // SYN takes the number before the first octet.
        let number = if syn { number.wrapping_sub(1) } else { number };
        let Some(ip) = ip(from.ip(), to.ip()) else {
            self.unfit += 1;
            return;
        };
        let mut builder = ip.tcp(from.port(), to.port(), number, WINDOW);
        if syn {
            builder = builder.syn();
        }
        if ack {
            builder = builder.ack(acknowledged);
        }
        let mut frame = Vec::new();
        if builder.write(&mut frame, &[]).is_ok() {
            self.packet(at, &frame, 0, told);
        }
    }

    /// The number of the next octet.
    fn number(&self, from: SocketAddr, to: SocketAddr) -> u32 {
        self.sent.get(&(from, to)).copied().unwrap_or(0).wrapping_add(1)
    }

    fn advance(&mut self, from: SocketAddr, to: SocketAddr, by: u32) {
        let sent = self.sent.entry((from, to)).or_default();
        *sent = sent.wrapping_add(by);
    }

    /// A frame of which the last `missing` octets are not known.
    fn packet(&mut self, at: Timestamp, frame: &[u8], missing: usize, told: Told<'_>) {
        let kept = frame.get(..frame.len() - missing).unwrap_or(frame);
        let micros = u64::try_from(at.micros()).unwrap_or(0);
        let mut body = vec![0; 4];
        // The higher half first.
        for half in [micros >> 32, micros & 0xFFFF_FFFF] {
            body.extend(u32::try_from(half).unwrap_or(u32::MAX).to_le_bytes());
        }
        for length in [kept.len(), frame.len()] {
            body.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        body.extend(kept);
        pad(&mut body);
        option(&mut body, 1, cut(told.0).as_bytes());
        option(&mut body, 0, b"");
        self.block(6, &body);
        self.packets += 1;
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
        self.out.extend(kind.to_le_bytes());
        self.out.extend(length);
        self.out.extend(body);
        self.out.extend(length);
    }

    /// Packets so far, and pieces no packet could be made of.
    #[must_use]
    pub const fn counts(&self) -> (u64, u64) {
        (self.packets, self.unfit)
    }

    /// The file.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// As many octets as there were; what is not known is nothing, and is cut off again behind the headers.
fn padded(octets: &[u8], length: usize) -> Vec<u8> {
    let mut payload = octets.to_vec();
    payload.resize(octets.len().max(length), 0);
    payload
}

/// Link and IP headers, where both are of one family.
fn ip(from: IpAddr, to: IpAddr) -> Option<etherparse::PacketBuilderStep<etherparse::IpHeaders>> {
    // The direction is to be seen from the link addresses too: the lower address is the first.
    let [first, second] = LINK;
    let (source, destination) = if from <= to { (first, second) } else { (second, first) };
    let link = PacketBuilder::ethernet2(source, destination);
    match (from.to_canonical(), to.to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => Some(link.ipv4(from.octets(), to.octets(), TTL)),
        (IpAddr::V6(from), IpAddr::V6(to)) => Some(link.ipv6(from.octets(), to.octets(), TTL)),
        _ => None,
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_COMMENT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..value.len().min(usize::from(u16::MAX) - 3)).unwrap_or_default();
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tape::Way;

    fn piece(kind: Kind, from_us: bool, octets: &[u8], length: u32) -> Piece {
        let way = Way { ours: "192.0.2.9:30000".parse().unwrap(), theirs: "192.0.2.7:9000".parse().unwrap(), from_us };
        Piece { at: Timestamp::from_micros(1_700_000_000_123_456), kind, way, octets: octets.to_vec(), length }
    }

    #[test]
    fn every_checksum_is_right_and_what_is_cut_is_said() {
        let mut writer = Writer::new("gbaudit", "about", &[]);
        writer.piece(&piece(Kind::MediaOpened, false, b"", 0), Told("opened"));
        writer.piece(&piece(Kind::MediaTcp, false, b"abc", 3), Told("tcp"));
        writer.piece(&piece(Kind::MediaTcp, true, b"de", 2), Told("tcp"));
        writer.piece(&piece(Kind::MediaUdp, false, b"odd", 3), Told("udp"));
        writer.piece(&piece(Kind::MediaUdp, false, b"head", 1_000), Told("cut"));
        assert_eq!(writer.counts(), (7, 0));
        let file = writer.finish();
        let mut rest = file.as_slice();
        let mut frames = Vec::new();
        while let Some(head) = rest.first_chunk::<8>() {
            let number = |at: usize| u32::from_le_bytes(*head[at..].first_chunk::<4>().unwrap());
            let (kind, length) = (number(0), number(4) as usize);
            assert_eq!(rest[length - 4..length], head[4..8], "the length stands at both ends");
            if kind == 6 {
                let of = |at: usize| u32::from_le_bytes(*rest[at..].first_chunk::<4>().unwrap()) as usize;
                frames.push((rest[28..28 + of(20)].to_vec(), of(24)));
            }
            rest = &rest[length..];
        }
        let numbers: Vec<Option<(u32, u32)>> = frames
            .iter()
            .filter(|(frame, length)| frame.len() == *length)
            .map(|(frame, _)| {
                let headers = etherparse::PacketHeaders::from_ethernet_slice(frame).unwrap();
                let (Some(etherparse::NetHeaders::Ipv4(ip, _)), Some(transport)) = (&headers.net, &headers.transport) else {
                    panic!()
                };
                assert_eq!(ip.header_checksum, ip.calc_header_checksum());
                let payload = headers.payload.slice();
                match transport {
                    etherparse::TransportHeader::Udp(udp) => {
                        assert_eq!(udp.checksum, udp.calc_checksum_ipv4(ip, payload).unwrap());
                        None
                    }
                    etherparse::TransportHeader::Tcp(tcp) => {
                        assert_eq!(tcp.checksum, tcp.calc_checksum_ipv4(ip, payload).unwrap());
                        Some((tcp.sequence_number, tcp.acknowledgment_number))
                    }
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        assert_eq!(numbers, [Some((0, 0)), Some((0, 1)), Some((1, 1)), Some((1, 1)), Some((1, 4)), None]);
        assert_eq!(frames.last().map(|(frame, length)| (frame.len(), *length)), Some((14 + 20 + 8 + 4, 14 + 20 + 8 + 1_000)));
    }

    #[test]
    fn what_no_packet_can_hold_is_counted_and_comments_are_cut_at_a_character() {
        let mut writer = Writer::new("gbaudit", "", &["192.0.2.9:30000".parse().unwrap()]);
        writer.piece(&piece(Kind::SipUdp, true, &vec![b'x'; 65_001], 65_001), Told(""));
        let mixed = Way { ours: "[2001:db8::1]:1".parse().unwrap(), theirs: "192.0.2.7:2".parse().unwrap(), from_us: true };
        writer.piece(&Piece { way: mixed, ..piece(Kind::SipUdp, true, b"x", 1) }, Told(""));
        assert_eq!(writer.counts(), (0, 2));
        assert!(cut(&"路".repeat(1_000)).len() <= MAX_COMMENT_BYTES);
        writer.segments(
            Timestamp::default(),
            "[::1]:1".parse().unwrap(),
            "[::1]:2".parse().unwrap(),
            (&vec![0; 40_000], 40_000),
            Told(""),
        );
        assert_eq!(writer.counts(), (3, 2));
    }
}
