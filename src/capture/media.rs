//! The media of a capture, brought to the calls it belongs to: by the addresses of the session descriptions, else by
//! SSRC. What belongs to no call is looked at too, and told beside the results.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::MAX_SNAPSHOT_BYTES;
use super::call::{Answer, Call};
use super::packet::{Segment, Tcp, Transport};
use super::signalling::{MAX_STREAMS, MAX_WAITING_BYTES};
use super::stream::{Piece, Stream};
use super::watch::{Terms, Watch};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::media::framing::{Framing, TcpFramer};
use crate::media::receiver::{Negotiated, Source, Straggler};
use crate::media::rtp::RtpPacket;

/// Streams without a call that are looked at.
pub const MAX_ORPHANS: usize = 64;
/// Packets in a row before octets on an unknown port are believed to be RTP.
const ORPHAN_PACKETS: u64 = 8;
/// An unproven one silent for so long gives way.
const ORPHAN_IDLE: Duration = Duration::from_secs(5);
/// How often time is told to those who wait.
const TICK: Duration = Duration::from_millis(50);
/// How long after the end of a call packets may still be on their way.
const STRAGGLING: Duration = Duration::from_secs(2);
/// Octets of a connection's beginning that are looked at: framing and the head of RTP.
const MAX_TCP_HEAD_BYTES: usize = 16;
/// Calls looked at of those that share an address or an SSRC, the last first.
const MAX_SHARING: usize = 64;

/// A stream without its call.
#[derive(Debug)]
pub struct Orphan {
    /// From where to where.
    pub ends: (SocketAddr, SocketAddr),
    /// Its SSRC.
    pub ssrc: u32,
    /// From the first packet to the last.
    pub first: Mono,
    /// The last packet.
    pub last: Mono,
    /// Over TCP.
    pub tcp: bool,
    /// What was seen.
    pub watch: Watch,
    next: u16,
    consecutive: u64,
}

impl Orphan {
    /// Whether it is a stream at all.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.consecutive >= ORPHAN_PACKETS
    }
}

/// Where a packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Call(usize),
    /// Media of a call that is not looked at (any more).
    Passed,
    Nobody,
}

#[derive(Debug)]
struct Flow {
    stream: Stream,
    framer: TcpFramer,
    target: Option<Target>,
    discarded: usize,
    resyncs: u64,
    last: Mono,
}

impl Flow {
    fn new(now: Mono) -> Self {
        Self { stream: Stream::default(), framer: TcpFramer::default(), target: None, discarded: 0, resyncs: 0, last: now }
    }
}

/// Looks for the media of calls.
#[derive(Debug)]
pub struct Media<'a> {
    calls: &'a [Call],
    terms: Terms,
    by_address: HashMap<SocketAddr, Vec<usize>>,
    listening: HashMap<SocketAddr, Vec<usize>>,
    by_ssrc: HashMap<u32, Vec<usize>>,
    watches: BTreeMap<usize, Watch>,
    open: Vec<usize>,
    flows: HashMap<(SocketAddr, SocketAddr), Flow>,
    waiting_bytes: usize,
    orphans: Vec<Orphan>,
    ticked: Mono,
    /// Octets of pictures kept.
    snapshot_bytes: usize,
    /// Hosts media was captured towards, and how many packets.
    hosts: HashMap<IpAddr, u64>,
    /// What the capture lacks, and limits that were reached.
    pub oddities: Oddities,
}

impl<'a> Media<'a> {
    /// For these calls.
    #[must_use]
    pub fn new(calls: &'a [Call], terms: Terms) -> Self {
        let mut media = Self {
            calls,
            terms,
            by_address: HashMap::new(),
            listening: HashMap::new(),
            by_ssrc: HashMap::new(),
            watches: BTreeMap::new(),
            open: Vec::new(),
            flows: HashMap::new(),
            waiting_bytes: 0,
            orphans: Vec::new(),
            ticked: Mono::ZERO,
            snapshot_bytes: 0,
            hosts: HashMap::new(),
            oddities: Oddities::default(),
        };
        for (number, call) in calls.iter().enumerate() {
            for address in call.receiving() {
                media.by_address.entry(address).or_default().push(number);
            }
            for address in call.listening() {
                media.listening.entry(address).or_default().push(number);
            }
            let mut ssrcs = call.ssrcs();
            ssrcs.dedup();
            for ssrc in ssrcs {
                media.by_ssrc.entry(ssrc).or_default().push(number);
            }
        }
        media
    }

    /// Takes a segment.
    pub fn take(&mut self, segment: &Segment<'_>, now: Mono) {
        if now.since(self.ticked) >= TICK {
            self.tick(now);
        }
        let ends = (segment.source, segment.destination);
        match &segment.transport {
            Transport::Udp(octets) => {
                let target = self.target(ends, RtpPacket::new_checked(octets).ok().map(|p| p.ssrc()), now);
                if segment.whole {
                    self.packet(target, octets, ends, false, now);
                } else if let Target::Call(number) = target {
                    self.missing(number, 1);
                }
            }
            Transport::Tcp(tcp) => self.stream(ends, tcp, now),
        }
    }

    /// The capture ends. Gives what was seen of each call, and the streams without one.
    #[must_use]
    pub fn finish(mut self, now: Mono) -> (BTreeMap<usize, Watch>, Vec<Orphan>, HashMap<IpAddr, u64>, Oddities) {
        let mut all: Vec<_> = self.flows.keys().copied().collect();
        all.sort();
        for ends in all {
            let Some(mut flow) = self.flows.remove(&ends) else { continue };
            let mut packets = Vec::new();
            let Flow { stream, framer, .. } = &mut flow;
            let mut gaps = 0;
            stream.finish(|piece| piece_of(piece, framer, &mut packets, &mut gaps));
            while let Some(packet) = framer.next_packet(true) {
                packets.push(packet);
            }
            self.packets(&mut flow, ends, packets, gaps, now);
        }
        for watch in self.watches.values_mut() {
            watch.advance(now);
            watch.finish(now);
            kept(watch, &mut self.snapshot_bytes, &mut self.oddities);
        }
        for orphan in &mut self.orphans {
            orphan.watch.advance(now);
            orphan.watch.finish(now);
        }
        self.orphans.retain(Orphan::is_proven);
        self.orphans.sort_by_key(|o| (o.first, o.ends, o.ssrc));
        (self.watches, self.orphans, self.hosts, self.oddities)
    }

    fn tick(&mut self, now: Mono) {
        self.ticked = now;
        let (watches, bytes, oddities) = (&mut self.watches, &mut self.snapshot_bytes, &mut self.oddities);
        self.open.retain(|number| {
            let Some(watch) = watches.get_mut(number) else { return false };
            watch.advance(now);
            kept(watch, bytes, oddities);
            !watch.over
        });
        for orphan in &mut self.orphans {
            orphan.watch.advance(now);
        }
    }

    /// Whether a call had begun and not ended, so that packets may be its.
    fn is_on(&self, number: usize, now: Mono) -> bool {
        let Some(call) = self.calls.get(number) else { return false };
        let refused = call.answered.filter(|_| matches!(call.answer, Some(Answer::Refused)));
        let ended = [call.left, call.peer_left, refused].into_iter().flatten().min();
        call.started <= now && ended.is_none_or(|end| now.since(end) <= STRAGGLING)
    }

    /// The calls among some that are going on, the last first; calls stand in the order they began.
    fn on<'b>(&'b self, numbers: &'b [usize], now: Mono) -> impl Iterator<Item = usize> + 'b {
        let begun = numbers.partition_point(|n| self.calls.get(*n).is_some_and(|c| c.started <= now));
        let begun = numbers.get(..begun).unwrap_or_default();
        begun.iter().rev().take(MAX_SHARING).copied().filter(move |n| self.is_on(*n, now))
    }

    /// The call of an SSRC, among all or those at one address.
    fn by_ssrc(&self, ssrc: u32, among: Option<&[usize]>, now: Mono) -> Option<usize> {
        let numbers = self.by_ssrc.get(&ssrc)?;
        self.on(numbers, now).find(|n| among.is_none_or(|among| among.binary_search(n).is_ok()))
    }

    /// Looked at or not: it is after a live picture, and listened to for as long as the live probe listens.
    fn looked_at(&self, number: usize, now: Mono) -> Target {
        let Some(call) = self.calls.get(number) else { return Target::Passed };
        let listened = now.since(call.started) < self.terms.listen.max(self.terms.limit);
        if call.live && listened { Target::Call(number) } else { Target::Passed }
    }

    /// The call at an address. Media servers exist that receive every stream on one port: then the SSRC tells, or
    /// else the address the answer names; what neither tells is nobody's rather than somebody else's.
    fn at_address(&self, numbers: &[usize], ssrc: Option<u32>, source: SocketAddr, now: Mono) -> Target {
        let mut on = self.on(numbers, now);
        let Some(first) = on.next() else { return Target::Passed };
        let Some(second) = on.next() else { return self.looked_at(first, now) };
        if let Some(number) = ssrc.and_then(|ssrc| self.by_ssrc(ssrc, Some(numbers), now)) {
            return self.looked_at(number, now);
        }
        let sends = |n: &usize| self.calls.get(*n).is_some_and(|c| c.sending().contains(&source));
        let mut from = [first, second].into_iter().chain(on).filter(sends);
        match (from.next(), from.next()) {
            (Some(number), None) => self.looked_at(number, now),
            _ => Target::Nobody,
        }
    }

    fn target(&self, (source, destination): (SocketAddr, SocketAddr), ssrc: Option<u32>, now: Mono) -> Target {
        if let Some(numbers) = self.by_address.get(&destination) {
            return self.at_address(numbers, ssrc, source, now);
        }
        // RTCP goes one port up, and what we send goes the other way.
        let beside = destination.port().checked_sub(1).map(|port| SocketAddr::new(destination.ip(), port));
        if beside.is_some_and(|beside| self.by_address.contains_key(&beside)) || self.by_address.contains_key(&source) {
            return Target::Passed;
        }
        match ssrc.filter(|ssrc| self.by_ssrc.contains_key(ssrc)) {
            Some(ssrc) => self.by_ssrc(ssrc, None, now).map_or(Target::Passed, |number| self.looked_at(number, now)),
            None => Target::Nobody,
        }
    }

    fn watch(&mut self, number: usize) -> Option<&mut Watch> {
        if !self.watches.contains_key(&number) {
            let call = self.calls.get(number)?;
            let watch = Watch::new(negotiated(call), self.stragglers(number), call.started, call.peer_left, self.terms);
            self.watches.insert(number, watch);
            self.open.push(number);
        }
        self.watches.get_mut(&number)
    }

    /// Streams of the call before on the same address.
    fn stragglers(&self, number: usize) -> Vec<Straggler> {
        let Some(call) = self.calls.get(number) else { return Vec::new() };
        let mut met = Vec::new();
        for address in call.receiving() {
            let Some(numbers) = self.by_address.get(&address) else { continue };
            let before = numbers.iter().rev().find(|n| **n < number);
            if let Some((watch, earlier)) = before.and_then(|n| Some((self.watches.get(n)?, self.calls.get(*n)?))) {
                let ended = [earlier.left, earlier.peer_left].into_iter().flatten().min();
                met.extend(watch.stragglers(ended.map(|end| end.plus(STRAGGLING))));
            }
        }
        met
    }

    /// So much of a call's media is not in the capture as it was sent.
    fn missing(&mut self, number: usize, count: u64) {
        if let Some(watch) = self.watch(number) {
            watch.cut += count;
        }
    }

    fn packet(&mut self, target: Target, octets: &[u8], ends: (SocketAddr, SocketAddr), tcp: bool, now: Mono) {
        let source = Source { address: ends.0, tcp };
        match target {
            Target::Call(number) => {
                if RtpPacket::new_checked(octets).is_ok() {
                    *self.hosts.entry(ends.1.ip()).or_default() += 1;
                }
                let Some(watch) = self.watch(number) else { return };
                watch.packet(octets, source, now);
                if let Some(watch) = self.watches.get_mut(&number) {
                    kept(watch, &mut self.snapshot_bytes, &mut self.oddities);
                }
            }
            Target::Nobody => self.orphan(octets, ends, tcp, now),
            Target::Passed => (),
        }
    }

    fn orphan(&mut self, octets: &[u8], ends: (SocketAddr, SocketAddr), tcp: bool, now: Mono) {
        let Ok(packet) = RtpPacket::new_checked(octets) else { return };
        // Numbers the standard gives to video; audio alone is nobody's picture.
        if !(96..=127).contains(&packet.payload_type()) || ends.1.port() < 1_024 {
            return;
        }
        let (ssrc, number) = (packet.ssrc(), packet.sequence());
        // Nobody is shown a picture without its camera.
        let terms = Terms { looking: self.terms.looking.only(), ..self.terms };
        let known = self.orphans.iter().position(|o| o.ends == ends && o.ssrc == ssrc);
        let index = match known {
            Some(index) => index,
            None => {
                let orphan = Orphan {
                    ends,
                    ssrc,
                    first: now,
                    last: now,
                    tcp,
                    watch: Watch::new(Negotiated::default(), Vec::new(), now, None, terms),
                    next: number,
                    consecutive: 0,
                };
                if self.orphans.len() < MAX_ORPHANS {
                    self.orphans.push(orphan);
                    self.orphans.len() - 1
                } else {
                    let idle = |o: &Orphan| !o.is_proven() && now.since(o.last) > ORPHAN_IDLE;
                    let Some(index) = self.orphans.iter().position(idle) else {
                        self.oddities.note(oddity::CAPTURE_LIMIT);
                        return;
                    };
                    if let Some(place) = self.orphans.get_mut(index) {
                        *place = orphan;
                    }
                    index
                }
            }
        };
        let Some(orphan) = self.orphans.get_mut(index) else { return };
        orphan.consecutive += u64::from(number == orphan.next);
        orphan.next = number.wrapping_add(1);
        orphan.last = now;
        if orphan.is_proven() {
            *self.hosts.entry(ends.1.ip()).or_default() += 1;
        }
        orphan.watch.packet(octets, Source { address: ends.0, tcp }, now);
    }

    fn stream(&mut self, ends: (SocketAddr, SocketAddr), tcp: &Tcp<'_>, now: Mono) {
        if self.flows.len() >= MAX_STREAMS && !self.flows.contains_key(&ends) {
            self.flows.retain(|_, f| now.since(f.last) < Duration::from_mins(1));
            self.waiting_bytes = self.flows.values().map(|f| f.stream.pending_bytes()).sum();
            if self.flows.len() >= MAX_STREAMS {
                self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_STREAMS} TCP")));
                return;
            }
        }
        let mut flow = self.flows.remove(&ends).unwrap_or_else(|| Flow::new(now));
        flow.last = now;
        if tcp.syn {
            flow.target = None;
        }
        if flow.target.is_none() && !tcp.payload.is_empty() {
            flow.target = Some(self.tcp_target(ends, &tcp.payload, now));
        }
        if flow.target.is_none() {
            self.connection(ends, !tcp.syn && !tcp.end, now);
        }
        let before = flow.stream.pending_bytes();
        // What is no media is not put in order.
        if flow.target == Some(Target::Passed) {
            flow.stream = Stream::default();
            flow.framer = TcpFramer::default();
            self.waiting_bytes = self.waiting_bytes.saturating_sub(before);
            self.flows.insert(ends, flow);
            return;
        }
        let (mut packets, mut gaps) = (Vec::new(), 0);
        let Flow { stream, framer, .. } = &mut flow;
        stream.push(tcp, now, |piece| piece_of(piece, framer, &mut packets, &mut gaps));
        self.waiting_bytes = (self.waiting_bytes + stream.pending_bytes()).saturating_sub(before);
        if self.waiting_bytes > MAX_WAITING_BYTES {
            self.waiting_bytes -= stream.pending_bytes().min(self.waiting_bytes);
            stream.finish(|piece| piece_of(piece, framer, &mut packets, &mut gaps));
            self.oddities.add(oddity::CAPTURE_LIMIT.at(format!("{MAX_WAITING_BYTES} B")));
        }
        self.packets(&mut flow, ends, packets, gaps, now);
        if flow.framer.is_lost() {
            flow.target = Some(Target::Passed);
        }
        self.flows.insert(ends, flow);
    }

    /// Somebody connects to where media is to arrive, or to where it is fetched from.
    fn connection(&mut self, (source, destination): (SocketAddr, SocketAddr), succeeds: bool, now: Mono) {
        // Either side's octets prove the connection; a refusal has none but its end.
        let fetched = || [source, destination].into_iter().find_map(|from| Some((self.listening.get(&from)?, from)));
        let found = self.by_address.get(&destination).map(|numbers| (numbers, source)).or_else(fetched);
        let found = found.map(|(numbers, from)| self.at_address(numbers, None, from, now));
        if let Some(Target::Call(number)) = found
            && let Some(watch) = self.watch(number)
        {
            watch.tried = true;
            watch.connected = watch.connected.or(succeeds.then_some(now));
        }
    }

    fn packets(&mut self, flow: &mut Flow, ends: (SocketAddr, SocketAddr), packets: Vec<Vec<u8>>, gaps: u64, now: Mono) {
        let Some(target) = flow.target else { return };
        if let Target::Call(number) = target {
            if gaps > 0 {
                self.oddities.add_many(oddity::CAPTURE_GAP, gaps, &format!("{} > {}", ends.0, ends.1));
                self.missing(number, gaps);
            }
            let (discarded, resyncs) = (flow.framer.discarded(), flow.framer.resyncs);
            let dollar = flow.framer.framing() == Some(Framing::Dollar);
            let (noise, lost) = (discarded.saturating_sub(flow.discarded), resyncs.saturating_sub(flow.resyncs));
            (flow.discarded, flow.resyncs) = (discarded, resyncs);
            // A connection alone is a sign that media was let through to here.
            if let Some(watch) = self.watch(number) {
                // Octets after a hole are no sign of a bad sender.
                if watch.cut == 0 {
                    watch.noise = watch.noise.saturating_add(noise);
                    if lost > 0 {
                        watch.beside.note(oddity::TCP_RESYNC);
                    }
                }
                if dollar {
                    watch.beside.note(oddity::DOLLAR_FRAMING);
                }
            }
        }
        for packet in packets {
            // A connection from nowhere may still name the call by its SSRC.
            let target = match (target, RtpPacket::new_checked(packet.as_slice())) {
                (Target::Nobody, Ok(rtp)) => self.target(ends, Some(rtp.ssrc()), now),
                _ => target,
            };
            self.packet(target, &packet, ends, true, now);
        }
    }

    fn tcp_target(&self, (source, destination): (SocketAddr, SocketAddr), head: &[u8], now: Mono) -> Target {
        let ssrc = head_ssrc(head);
        // The called side connects to us, or we fetched it from where it listens.
        let numbers = self.by_address.get(&destination).or_else(|| self.listening.get(&source));
        match (numbers, ssrc) {
            (Some(numbers), _) => self.at_address(numbers, ssrc, source, now),
            (None, Some(_)) => Target::Nobody,
            (None, None) => Target::Passed,
        }
    }
}

/// Pictures are kept as long as there is room for them.
fn kept(watch: &mut Watch, bytes: &mut usize, oddities: &mut Oddities) {
    let Some(jpeg) = watch.jpeg.as_ref().filter(|_| watch.over && !watch.counted) else { return };
    watch.counted = true;
    if bytes.saturating_add(jpeg.len()) > MAX_SNAPSHOT_BYTES {
        watch.jpeg = None;
        oddities.add(oddity::CAPTURE_LIMIT.at(format!("snapshots {MAX_SNAPSHOT_BYTES} B")));
    } else {
        *bytes += jpeg.len();
    }
}

/// What is agreed by offer and answer.
fn negotiated(call: &Call) -> Negotiated {
    let Some(sdp) = call.agreed() else {
        return Negotiated { ssrcs: call.ssrcs(), ..Negotiated::default() };
    };
    let video = sdp.video().cloned().unwrap_or_default();
    Negotiated {
        ssrcs: call.ssrcs(),
        payloads: video.payloads.iter().map(|pt| (*pt, video.encoding(*pt).unwrap_or_default())).collect(),
        address: sdp.address(),
        port: (!video.tcp).then_some(video.port),
        tcp: call.transport() != crate::probe::outcome::MediaTransport::Udp,
    }
}

fn piece_of(piece: Piece<'_>, framer: &mut TcpFramer, packets: &mut Vec<Vec<u8>>, gaps: &mut u64) {
    match piece {
        Piece::Opened => *framer = TcpFramer::default(),
        Piece::Gap(_) => {
            *gaps += 1;
            *framer = TcpFramer::default();
        }
        Piece::Octets(octets) => {
            framer.push(&octets);
            while let Some(packet) = framer.next_packet(false) {
                packets.push(packet);
            }
        }
    }
}

/// The SSRC where a connection begins like RTP with a dynamic payload type, in either framing.
fn head_ssrc(head: &[u8]) -> Option<u32> {
    let head = head.get(..head.len().min(MAX_TCP_HEAD_BYTES))?;
    let rtp = match head {
        [b'$', _, rest @ ..] if rest.get(2).is_some_and(|first| first >> 6 == 2) => rest,
        _ => head,
    };
    let (length, rtp) = rtp.split_first_chunk::<2>()?;
    let [first, second, ..] = rtp else { return None };
    let is_rtp = u16::from_be_bytes(*length) >= 12 && first >> 6 == 2 && (96..=127).contains(&(second & 0x7F));
    let ssrc = rtp.get(8..12)?.first_chunk::<4>()?;
    is_rtp.then(|| u32::from_be_bytes(*ssrc))
}
