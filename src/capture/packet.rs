//! Frames to UDP datagrams and TCP segments: link headers, IP, fragments put together. Headers are read by
//! `etherparse`, laxly, because a capture may have cut them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::{
    EtherType, Ipv6ExtensionSlice, LaxNetSlice, LaxSlicedPacket, LenSource, TcpSlice, TransportSlice, UdpSlice, ip_number,
};

use super::container::{Frame, Link};
use crate::base::clock::Mono;

/// Packets being put together from fragments at once; the oldest gives way.
pub const MAX_PARTIAL_PACKETS: usize = 256;
/// Fragments of one packet; 64 KiB over the smallest link there is are fewer.
pub const MAX_FRAGMENTS: usize = 1_024;
/// Largest IP packet.
const MAX_PACKET_BYTES: usize = 65_535;
/// Octets kept of the fragments of one packet: repeats and overlaps are no reason to keep more.
const MAX_FRAGMENT_BYTES: usize = 2 * MAX_PACKET_BYTES;
/// Fragments of a packet that was put together already are copies, for so long; numbers come round later.
const COPY_PATIENCE: Duration = Duration::from_secs(1);
/// How long the rest of a packet is waited for (RFC 8200 section 4.5).
const PARTIAL_PATIENCE: Duration = Duration::from_mins(1);

/// What a segment carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport<'a> {
    /// A datagram.
    Udp(Cow<'a, [u8]>),
    /// A piece of a stream.
    Tcp(Tcp<'a>),
}

/// A piece of a TCP stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp<'a> {
    /// Number of the first octet (or of SYN).
    pub number: u32,
    /// It opens the stream.
    pub syn: bool,
    /// It closes the stream, in order or not.
    pub end: bool,
    /// The octets.
    pub payload: Cow<'a, [u8]>,
    /// Octets that were sent and not captured.
    pub cut: u32,
}

/// A segment from somebody to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// What.
    pub transport: Transport<'a>,
    /// All of it was captured.
    pub whole: bool,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<'a> {
    /// A segment.
    Segment(Segment<'a>),
    /// A fragment whose packet is not complete yet.
    Fragment,
    /// A link type we do not read.
    UnknownLink(u32),
    /// ARP, ICMP and what else there is; also what is cut inside its headers.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    protocol: u8,
}

#[derive(Debug)]
struct Partial {
    /// Offset and octets, as they came; the first to name an octet wins.
    pieces: Vec<(usize, Vec<u8>)>,
    bytes: usize,
    total: Option<usize>,
    since: Mono,
    /// It was put together.
    done: bool,
}

/// Reads frames; keeps what is not whole yet.
#[derive(Debug, Default)]
pub struct Reader {
    partial: HashMap<Key, Partial>,
    /// Packets of which a fragment never came.
    pub fragments_lost: u64,
    /// Packets put together.
    pub reassembled: u64,
}

impl Reader {
    /// Reads a frame.
    pub fn read<'a>(&mut self, frame: Frame<'a>, now: Mono) -> Read<'a> {
        let sliced = match frame.link {
            Link::Ethernet => LaxSlicedPacket::from_ethernet(frame.octets).ok(),
            Link::Ip => LaxSlicedPacket::from_ip(frame.octets).ok(),
            // The family's number differs between systems, and the packet tells its version itself.
            Link::Null => frame.octets.get(4..).and_then(|packet| LaxSlicedPacket::from_ip(packet).ok()),
            Link::LinuxSll => after_type(frame.octets, 14, 16),
            Link::LinuxSll2 => after_type(frame.octets, 0, 20),
            Link::Other(number) => return Read::UnknownLink(number),
        };
        let Some(sliced) = sliced else { return Read::Nothing };
        let (source, destination, fragment) = match &sliced.net {
            Some(LaxNetSlice::Ipv4(ip)) => {
                let header = ip.header();
                let fragment = (
                    usize::from(header.fragments_offset().byte_offset()),
                    header.more_fragments(),
                    u32::from(header.identification()),
                );
                (IpAddr::from(header.source_addr()), IpAddr::from(header.destination_addr()), Some(fragment))
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                let header = ip.header();
                let fragment = ip.extensions().clone().into_iter().find_map(|extension| match extension {
                    Ipv6ExtensionSlice::Fragment(f) => {
                        Some((usize::from(f.fragment_offset().byte_offset()), f.more_fragments(), f.identification()))
                    }
                    _ => None,
                });
                (IpAddr::from(header.source_addr()), IpAddr::from(header.destination_addr()), fragment)
            }
            _ => return Read::Nothing,
        };
        let Some(payload) = sliced.ip_payload() else { return Read::Nothing };
        let whole = !payload.incomplete && (frame.whole || payload.len_source != LenSource::Slice);
        if payload.fragmented {
            let Some((offset, more, id)) = fragment else { return Read::Nothing };
            if !matches!(payload.ip_number, ip_number::UDP | ip_number::TCP) {
                return Read::Nothing;
            }
            let key = Key { source, destination, id, protocol: payload.ip_number.0 };
            // A fragment that was cut leaves a hole, and its packet is never whole.
            let fragment = Fragment { offset, more, whole, octets: payload.payload };
            let Some(packet) = self.fragment(key, fragment, now) else { return Read::Fragment };
            return reassembled(source, destination, payload.ip_number.0, &packet).map_or(Read::Nothing, Read::Segment);
        }
        match &sliced.transport {
            Some(TransportSlice::Udp(udp)) => {
                let (source, destination) = ends(source, udp.source_port(), destination, udp.destination_port());
                let sent = usize::from(udp.length());
                let whole = whole && udp.slice().len() >= sent;
                Read::Segment(Segment { source, destination, transport: Transport::Udp(Cow::Borrowed(udp.payload())), whole })
            }
            Some(TransportSlice::Tcp(tcp)) => {
                let (source, destination) = ends(source, tcp.source_port(), destination, tcp.destination_port());
                let cut = if whole { 0 } else { missing(&sliced) };
                let tcp = piece(tcp, Cow::Borrowed(tcp.payload()), cut);
                Read::Segment(Segment { source, destination, transport: Transport::Tcp(tcp), whole })
            }
            _ => Read::Nothing,
        }
    }

    /// Packets that still wait when the capture ends are lost.
    pub fn finish(&mut self) {
        for (_, partial) in self.partial.drain() {
            self.fragments_lost += u64::from(!partial.done);
        }
    }

    fn fragment(&mut self, key: Key, fragment: Fragment<'_>, now: Mono) -> Option<Vec<u8>> {
        let lost = &mut self.fragments_lost;
        self.partial.retain(|_, p| {
            let stays = now.since(p.since) < if p.done { COPY_PATIENCE } else { PARTIAL_PATIENCE };
            *lost += u64::from(!stays && !p.done);
            stays
        });
        if self.partial.len() >= MAX_PARTIAL_PACKETS && !self.partial.contains_key(&key) {
            let oldest = self.partial.iter().min_by_key(|(_, p)| (!p.done, p.since)).map(|(key, _)| *key);
            let oldest = oldest.and_then(|oldest| self.partial.remove(&oldest));
            self.fragments_lost += u64::from(oldest.is_some_and(|p| !p.done));
        }
        let new = || Partial { pieces: Vec::new(), bytes: 0, total: None, since: now, done: false };
        let partial = self.partial.entry(key).or_insert_with(new);
        let end = fragment.offset + fragment.octets.len();
        if partial.done || end > MAX_PACKET_BYTES {
            return None;
        }
        if partial.pieces.len() >= MAX_FRAGMENTS || partial.bytes + fragment.octets.len() > MAX_FRAGMENT_BYTES {
            // Nobody sends this; what is kept of it is given up.
            self.fragments_lost += 1;
            self.partial.remove(&key);
            return None;
        }
        partial.bytes += fragment.octets.len();
        partial.pieces.push((fragment.offset, fragment.octets.to_vec()));
        if !fragment.more && fragment.whole {
            partial.total.get_or_insert(end);
        }
        let packet = partial.whole()?;
        (partial.pieces, partial.done, partial.since) = (Vec::new(), true, now);
        self.reassembled += 1;
        Some(packet)
    }
}

/// A fragment of an IP packet.
#[derive(Debug, Clone, Copy)]
struct Fragment<'a> {
    offset: usize,
    more: bool,
    /// All of it was captured.
    whole: bool,
    octets: &'a [u8],
}

impl Partial {
    fn whole(&self) -> Option<Vec<u8>> {
        let total = self.total?;
        if self.pieces.iter().map(|(_, octets)| octets.len()).sum::<usize>() < total {
            return None;
        }
        let mut order: Vec<&(usize, Vec<u8>)> = self.pieces.iter().collect();
        order.sort_by_key(|(offset, _)| *offset);
        let mut packet = Vec::with_capacity(total);
        for (offset, octets) in order {
            if *offset > packet.len() {
                return None;
            }
            let known = packet.len() - offset;
            packet.extend_from_slice(octets.get(known..).unwrap_or_default());
        }
        packet.truncate(total);
        (packet.len() == total).then_some(packet)
    }
}

/// A packet behind a header that holds an EtherType.
fn after_type(octets: &[u8], kind_at: usize, payload_at: usize) -> Option<LaxSlicedPacket<'_>> {
    let kind = u16::from_be_bytes(*octets.get(kind_at..)?.first_chunk()?);
    Some(LaxSlicedPacket::from_ether_type(EtherType(kind), octets.get(payload_at..)?))
}

fn ends(source: IpAddr, source_port: u16, destination: IpAddr, destination_port: u16) -> (SocketAddr, SocketAddr) {
    (SocketAddr::new(source, source_port), SocketAddr::new(destination, destination_port))
}

fn piece<'a>(tcp: &TcpSlice<'_>, payload: Cow<'a, [u8]>, cut: u32) -> Tcp<'a> {
    Tcp { number: tcp.sequence_number(), syn: tcp.syn(), end: tcp.fin() || tcp.rst(), payload, cut }
}

/// Octets an IP packet says it has beyond those captured.
fn missing(sliced: &LaxSlicedPacket<'_>) -> u32 {
    let Some(payload) = sliced.ip_payload() else { return 0 };
    let said = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => usize::from(ip.header().total_len()).saturating_sub(ip.header().slice().len()),
        Some(LaxNetSlice::Ipv6(ip)) => usize::from(ip.header().payload_length()),
        _ => 0,
    };
    u32::try_from(said.saturating_sub(payload.payload.len())).unwrap_or(0)
}

fn reassembled<'a>(source: IpAddr, destination: IpAddr, protocol: u8, packet: &[u8]) -> Option<Segment<'a>> {
    if protocol == ip_number::UDP.0 {
        let udp = UdpSlice::from_slice_lax(packet).ok()?;
        let (source, destination) = ends(source, udp.source_port(), destination, udp.destination_port());
        let whole = udp.slice().len() >= usize::from(udp.length());
        return Some(Segment { source, destination, transport: Transport::Udp(Cow::Owned(udp.payload().to_vec())), whole });
    }
    let tcp = TcpSlice::from_slice(packet).ok()?;
    let (source, destination) = ends(source, tcp.source_port(), destination, tcp.destination_port());
    let transport = Transport::Tcp(piece(&tcp, Cow::Owned(tcp.payload().to_vec()), 0));
    Some(Segment { source, destination, transport, whole: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    fn frame(link: Link, octets: &[u8]) -> Frame<'_> {
        Frame { at: Some(0), link, octets, whole: true }
    }

    fn udp(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).udp(5060, 5061).write(&mut out, payload).unwrap();
        out
    }

    fn payload(read: Read<'_>) -> Vec<u8> {
        match read {
            Read::Segment(Segment { transport: Transport::Udp(octets), whole: true, .. }) => octets.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_link_leads_to_the_datagram() {
        let ip = udp(b"hello");
        let with = |head: &[u8]| [head, &ip].concat();
        let ethernet = [[1; 12].as_slice(), &[8, 0]].concat();
        let vlan = [[1; 12].as_slice(), &[0x81, 0, 0, 7, 8, 0]].concat();
        let qinq = [[1; 12].as_slice(), &[0x88, 0xA8, 0, 9, 0x81, 0, 0, 7, 8, 0]].concat();
        let sll = [[0; 14].as_slice(), &[8, 0]].concat();
        let sll2 = [&[8, 0], [0; 18].as_slice()].concat();
        for (link, octets) in [
            (Link::Ip, ip.clone()),
            (Link::Ethernet, with(&ethernet)),
            (Link::Ethernet, with(&vlan)),
            (Link::Ethernet, with(&qinq)),
            (Link::LinuxSll, with(&sll)),
            (Link::LinuxSll2, with(&sll2)),
            (Link::Null, with(&[2, 0, 0, 0])),
        ] {
            assert_eq!(payload(Reader::default().read(frame(link, &octets), Mono::ZERO)), b"hello", "{link:?}");
            let padded = [octets.as_slice(), &[0; 9]].concat();
            assert_eq!(payload(Reader::default().read(frame(link, &padded), Mono::ZERO)), b"hello", "{link:?}, padded");
        }
        assert_eq!(Reader::default().read(frame(Link::Other(147), &ip), Mono::ZERO), Read::UnknownLink(147));
        assert_eq!(Reader::default().read(frame(Link::Ethernet, b"short"), Mono::ZERO), Read::Nothing);
    }

    #[test]
    fn what_the_capture_cut_is_not_whole() {
        let ip = udp(&[7; 100]);
        let cut = Frame { whole: false, ..frame(Link::Ip, &ip[..60]) };
        match Reader::default().read(cut, Mono::ZERO) {
            Read::Segment(segment) => assert!(!segment.whole),
            other => panic!("{other:?}"),
        }
        let mut tcp = Vec::new();
        PacketBuilder::ipv6([1; 16], [2; 16], 64).tcp(1, 2, 1_000, 9).write(&mut tcp, &[7; 100]).unwrap();
        let cut = Frame { whole: false, ..frame(Link::Ip, &tcp[..tcp.len() - 30]) };
        match Reader::default().read(cut, Mono::ZERO) {
            Read::Segment(Segment { transport: Transport::Tcp(tcp), .. }) => {
                assert_eq!((tcp.number, tcp.payload.len(), tcp.cut), (1_000, 70, 30));
            }
            other => panic!("{other:?}"),
        }
    }

    /// Cuts an IPv4 packet into fragments of so many payload octets.
    fn fragments(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
        let body = &packet[20..];
        let count = body.len().div_ceil(size);
        (0..count)
            .map(|n| {
                let part = &body[n * size..body.len().min((n + 1) * size)];
                let mut out = packet[..20].to_vec();
                out[2..4].copy_from_slice(&u16::try_from(20 + part.len()).unwrap().to_be_bytes());
                out[4..6].copy_from_slice(&[0x12, 0x34]);
                let offset = u16::try_from(n * size / 8).unwrap() | if n + 1 < count { 0x2000 } else { 0 };
                out[6..8].copy_from_slice(&offset.to_be_bytes());
                out.extend(part);
                out
            })
            .collect()
    }

    #[test]
    fn fragments_come_together_in_any_order_and_a_lost_one_is_said() {
        let sent: Vec<u8> = (0..3_000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let mut parts = fragments(&udp(&sent), 800);
        parts.reverse();
        parts.insert(1, parts[0].clone());
        let mut reader = Reader::default();
        let (last, first) = parts.split_last().unwrap();
        for part in first {
            assert_eq!(reader.read(frame(Link::Ip, part), Mono::ZERO), Read::Fragment);
        }
        assert_eq!(payload(reader.read(frame(Link::Ip, last), Mono::ZERO)), sent);
        // A copy, as captures of all interfaces hold; seconds later the number stands for another packet.
        assert_eq!(reader.read(frame(Link::Ip, &parts[0]), Mono::ZERO), Read::Fragment);
        reader.finish();
        assert_eq!((reader.reassembled, reader.fragments_lost), (1, 0));
        assert_eq!(reader.read(frame(Link::Ip, &parts[0]), Mono::from_millis(5_000)), Read::Fragment);
        reader.finish();
        assert_eq!(reader.fragments_lost, 1);
    }

    #[test]
    fn a_last_fragment_that_was_cut_makes_no_packet() {
        let parts = fragments(&udp(&[3; 1_000]), 800);
        let mut reader = Reader::default();
        assert_eq!(reader.read(frame(Link::Ip, &parts[0]), Mono::ZERO), Read::Fragment);
        let cut = Frame { whole: false, ..frame(Link::Ip, &parts[1][..parts[1].len() - 8]) };
        assert_eq!(reader.read(cut, Mono::ZERO), Read::Fragment);
        reader.finish();
        assert_eq!((reader.reassembled, reader.fragments_lost), (0, 1));
    }

    #[test]
    fn a_flood_of_fragments_of_one_packet_is_given_up() {
        let part = fragments(&udp(&[1; 100]), 64).remove(0);
        let mut reader = Reader::default();
        for _ in 0..3 * MAX_FRAGMENTS {
            let _ = reader.read(frame(Link::Ip, &part), Mono::ZERO);
            assert!(reader.partial.values().all(|p| p.bytes <= MAX_FRAGMENT_BYTES && p.pieces.len() <= MAX_FRAGMENTS));
        }
        assert!(reader.fragments_lost >= 2);
    }

    /// Segmentation done by the network card: the length is written later, and read as zero.
    #[test]
    fn a_length_of_zero_is_all_there_is() {
        let mut tcp = Vec::new();
        PacketBuilder::ipv4([1; 4], [2; 4], 64).tcp(1, 2, 1_000, 9).write(&mut tcp, &[7; 100]).unwrap();
        tcp[2..4].copy_from_slice(&[0, 0]);
        match Reader::default().read(frame(Link::Ip, &tcp), Mono::ZERO) {
            Read::Segment(Segment { transport: Transport::Tcp(tcp), whole, .. }) => {
                assert_eq!((tcp.payload.len(), tcp.cut, whole), (100, 0, true));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ipv6_fragments_too() {
        let mut whole = Vec::new();
        PacketBuilder::ipv6([1; 16], [2; 16], 64).udp(5060, 5061).write(&mut whole, &[9; 500]).unwrap();
        let body = whole[40..].to_vec();
        let part = |from: usize, to: usize, more: bool| {
            let mut out = whole[..40].to_vec();
            out[4..6].copy_from_slice(&u16::try_from(8 + to - from).unwrap().to_be_bytes());
            out[6] = 44;
            out.extend([17, 0]);
            out.extend((u16::try_from(from).unwrap() | u16::from(more)).to_be_bytes());
            out.extend([0, 0, 0, 77]);
            out.extend(&body[from..to]);
            out
        };
        let mut reader = Reader::default();
        let (one, two) = (part(0, 256, true), part(256, body.len(), false));
        assert_eq!(reader.read(frame(Link::Ip, &one), Mono::ZERO), Read::Fragment);
        assert_eq!(payload(reader.read(frame(Link::Ip, &two), Mono::ZERO)), [9; 500]);
    }

    #[test]
    fn the_table_of_fragments_is_bounded() {
        let mut reader = Reader::default();
        let part = fragments(&udp(&[1; 100]), 64).remove(0);
        for id in 0..u16::try_from(MAX_PARTIAL_PACKETS + 10).unwrap() {
            let mut part = part.clone();
            part[4..6].copy_from_slice(&id.to_be_bytes());
            let _ = reader.read(frame(Link::Ip, &part), Mono::from_millis(u64::from(id)));
        }
        assert_eq!((reader.partial.len(), reader.fragments_lost), (MAX_PARTIAL_PACKETS, 10));
    }
}
