//! One call's media: packets in, key frames out, and what was seen on the way.
//!
//! Every source (SSRC) on the port is followed by itself; whichever carries video wins. Nothing that was not
//! negotiated passes without an oddity.

mod marks;
mod stream;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub use self::marks::{FirstPacket, Marks};
use self::stream::{Piece, Stream};
use super::access_unit::{KeyFrame, Seen};
use super::codec::{self, Codec};
use super::meter::Rates;
use super::rtp::{RtpError, RtpPacket};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};

/// How far the numbers of a straggling stream may have gone on unseen.
const STRAGGLER_NUMBERS: u16 = 2_048;
/// Sources followed at once on one port.
const MAX_SOURCES: usize = 4;
/// After so much silence a picture whose last packet bore the marker is complete.
const QUIET: Duration = Duration::from_secs(1);
/// So much video without a single start code is encrypted, or no codec we know.
const OPAQUE_VIDEO_BYTES: u64 = 16 * 1024;

/// What was agreed in SDP.
#[derive(Debug, Clone, Default)]
pub struct Negotiated {
    /// The SSRCs of offer and answer.
    pub ssrcs: Vec<u32>,
    /// Payload types of the answer with their encoding names.
    pub payloads: Vec<(u8, String)>,
    /// Where media was announced from, as far as it was.
    pub address: Option<IpAddr>,
    /// The announced port; not looked at over TCP.
    pub port: Option<u16>,
    /// TCP was agreed.
    pub tcp: bool,
}

/// How a packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// From where.
    pub address: SocketAddr,
    /// Over TCP.
    pub tcp: bool,
}

/// A stream of an earlier call on the same port, whose packets are none of the next call's.
///
/// Gateways exist that send every stream under one SSRC and from one port: so it is known by its numbering too, and a
/// call that was hung up properly is forgotten soon (section 4.4: the first consistent SSRC is the stream).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Straggler {
    /// Its SSRC.
    pub ssrc: u32,
    /// Where it came from.
    pub source: SocketAddr,
    /// The number after the last packet met: its packets go on from there, a new stream hardly ever does.
    pub next: u16,
    /// Until when it may still come; nothing where nobody answered the BYE.
    pub until: Option<Mono>,
}

impl Straggler {
    fn is(&self, packet: &RtpPacket<'_>, source: Source, now: Mono) -> bool {
        let goes_on = packet.sequence().wrapping_sub(self.next) < STRAGGLER_NUMBERS;
        (self.ssrc, self.source) == (packet.ssrc(), source.address) && goes_on && self.until.is_none_or(|until| now < until)
    }
}

/// What kind of stream a source sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// Not known (yet).
    Unknown,
    /// Program stream.
    Ps,
    /// H.264 or H.265 without container.
    Raw,
    /// MPEG transport stream.
    TransportStream,
}

/// What was seen of a call's media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSeen {
    /// RTP packets.
    pub packets: u64,
    /// Octets of them.
    pub bytes: u64,
    /// When the first came.
    pub first_packet: Option<Mono>,
    /// Packets lost.
    pub lost: u64,
    /// Who sent (the source with the most video).
    pub ssrc: Option<u32>,
    /// Its payload type.
    pub payload_type: Option<u8>,
    /// Its kind.
    pub kind: StreamKind,
    /// The codec its units are in.
    pub codec: Option<&'static str>,
    /// The codec it was announced with, by PSM or SDP.
    pub announced: Option<&'static str>,
    /// Octets of video.
    pub video_bytes: u64,
    /// Octets of audio.
    pub audio_bytes: u64,
    /// NAL units.
    pub nals: u64,
    /// Units by kind.
    pub seen: Seen,
    /// RTCP packets, which are none of `packets`.
    pub rtcp: u64,
    /// When it came how far.
    pub marks: Marks,
    /// How fast it runs.
    pub rates: Rates,
}

/// How far a stream got without a picture; the first half of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortfall {
    /// No packet.
    NoPacket,
    /// Packets without video.
    NoVideo,
    /// Video in a format we have no decoder for, by name.
    Unsupported(&'static str),
    /// Video without any structure: encrypted, or unknown.
    Opaque,
    /// Parameter sets or slices without a key frame.
    NoKeyFrame,
    /// Key frames without the parameter sets they need.
    NoParameterSets,
    /// Every key frame was damaged on the way.
    DamagedInTransit,
}

/// A call's media.
#[derive(Debug)]
pub struct Receiver {
    negotiated: Negotiated,
    stragglers: Vec<Straggler>,
    sources: Vec<Stream>,
    packets: u64,
    bytes: u64,
    first_packet: Option<Mono>,
    short_keys: u32,
    /// The first of them: taken after all when nothing better comes.
    doubted: Option<(KeyFrame, &'static Codec, Mono)>,
    ready: Option<(KeyFrame, &'static Codec, Mono)>,
    /// One was given out already.
    given: bool,
    rtcp: u64,
    marks: Marks,
    oddities: Oddities,
}

impl Receiver {
    /// For one call. `stragglers` are streams of earlier calls on the same port.
    #[must_use]
    pub fn new(negotiated: Negotiated, stragglers: Vec<Straggler>) -> Self {
        Self {
            negotiated,
            stragglers,
            sources: Vec::new(),
            packets: 0,
            bytes: 0,
            first_packet: None,
            short_keys: 0,
            doubted: None,
            ready: None,
            given: false,
            rtcp: 0,
            marks: Marks::default(),
            oddities: Oddities::default(),
        }
    }

    /// The answer has come: what packets are held against from now on.
    pub fn negotiate(&mut self, negotiated: Negotiated) {
        self.negotiated = negotiated;
    }

    /// Takes one packet.
    pub fn packet(&mut self, octets: &[u8], source: Source, now: Mono) {
        let packet = match RtpPacket::new_checked(octets) {
            Ok(packet) => packet,
            Err(RtpError::Rtcp(_)) => return self.control(octets, source),
            Err(RtpError::Truncated { .. } | RtpError::Version(_)) => {
                // Not RTP, but something did arrive: "no packet" would be wrong.
                self.count(octets.len(), now);
                self.marks.packet(now, source, None);
                return;
            }
        };
        let ssrc = packet.ssrc();
        let straggler = self.stragglers.iter_mut().find(|s| s.is(&packet, source, now));
        if let Some(straggler) = straggler.filter(|_| !self.negotiated.ssrcs.contains(&ssrc)) {
            straggler.next = packet.sequence().wrapping_add(1);
            self.oddities.note(oddity::STALE_MEDIA);
            return;
        }
        self.count(octets.len(), now);
        self.marks.packet(now, source, Some((ssrc, packet.payload_type())));
        self.note_source(source);
        let Some(index) = self.stream_of(ssrc, source) else { return };
        if !self.negotiated.ssrcs.is_empty() && !self.negotiated.ssrcs.contains(&ssrc) {
            self.oddities.note(oddity::SSRC_MISMATCH);
        }
        let payload_type = packet.payload_type();
        let encoding = self.negotiated.payloads.iter().find(|(pt, _)| *pt == payload_type).map(|(_, name)| name.as_str());
        if encoding.is_none() && !self.negotiated.payloads.is_empty() {
            self.oddities.note(oddity::PAYLOAD_TYPE_MISMATCH);
        }
        let (known, unsupported) = (encoding.and_then(codec::by_sdp_name), encoding.and_then(codec::unsupported_sdp_name));
        let Some(stream) = self.sources.get_mut(index) else { return };
        stream.payload_type = payload_type;
        stream.last = packet.sequence();
        stream.announced = stream.announced.or(known);
        stream.unsupported = stream.unsupported.or(unsupported);
        let piece = Piece {
            payload: packet.payload().to_vec(),
            marker: packet.marker(),
            at: now,
            timestamp_90k: packet.timestamp_90k(),
            bytes: octets.len(),
        };
        stream.reorder.push(packet.sequence(), piece, now);
        self.drain(index, now);
    }

    /// Time has passed: packets that waited for a lost one, and pictures nothing follows, are let through.
    pub fn tick(&mut self, now: Mono) {
        for index in 0..self.sources.len() {
            self.drain(index, now);
            let Some(stream) = self.sources.get_mut(index) else { continue };
            if stream.marker && stream.last_at.is_some_and(|at| now.since(at) >= QUIET) {
                stream.close_picture();
                self.collect(index);
            }
        }
    }

    /// Nothing more will come.
    pub fn flush(&mut self, now: Mono) {
        for index in 0..self.sources.len() {
            // Each round steps over one gap.
            for _ in 0..super::reorder::WINDOW_PACKETS {
                if let Some(stream) = self.sources.get_mut(index) {
                    stream.reorder.flush();
                }
                self.drain(index, now);
            }
            if let Some(stream) = self.sources.get_mut(index) {
                stream.decide_at_end();
                stream.close_picture();
                self.marks.stream(stream, stream.last_at.unwrap_or(now));
            }
            self.collect(index);
        }
        if self.ready.is_none() && !self.given {
            self.ready = self.doubted.take();
        }
    }

    /// A key frame worth decoding: its codec, and when its last octet came.
    pub fn take_key_frame(&mut self) -> Option<(KeyFrame, &'static Codec, Mono)> {
        let ready = self.ready.take();
        self.given |= ready.is_some();
        ready
    }

    /// What was put up with.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        let mut all = self.oddities.clone();
        for stream in &self.sources {
            stream.note_oddities(&mut all);
        }
        if self.sources.iter().filter(|s| s.packets >= 3).count() > 1 {
            all.note(oddity::TWO_SSRCS);
        }
        all
    }

    /// The streams met, for the next call on this port.
    #[must_use]
    pub fn stragglers(&self, until: Option<Mono>) -> Vec<Straggler> {
        self.sources
            .iter()
            .map(|s| Straggler { ssrc: s.ssrc, source: s.source.address, next: s.last.wrapping_add(1), until })
            .collect()
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> MediaSeen {
        let main = self.main();
        MediaSeen {
            packets: self.packets,
            bytes: self.bytes,
            first_packet: self.first_packet,
            lost: self.sources.iter().map(|s| s.reorder.lost).sum(),
            ssrc: main.map(|s| s.ssrc),
            payload_type: main.map(|s| s.payload_type),
            kind: main.map_or(StreamKind::Unknown, Stream::kind),
            codec: main.and_then(|s| s.video.units.as_ref()).map(|u| u.codec().name),
            announced: main.and_then(Stream::announced_name),
            video_bytes: main.map_or(0, Stream::video_bytes),
            audio_bytes: main.and_then(Stream::ps).map_or(0, |ps| ps.audio_bytes),
            nals: main.map_or(0, |s| s.video.nals),
            seen: main.and_then(|s| s.video.units.as_ref()).map_or_else(Seen::default, |u| u.seen),
            rtcp: self.rtcp,
            marks: self.marks,
            rates: main.map_or_else(Rates::default, |s| s.meter.rates()),
        }
    }

    /// How far it got, when no picture came of it.
    #[must_use]
    pub fn shortfall(&self) -> Shortfall {
        let seen = self.seen();
        if seen.packets == 0 {
            return Shortfall::NoPacket;
        }
        match seen.kind {
            StreamKind::TransportStream => return Shortfall::Unsupported("MPEG-TS"),
            StreamKind::Unknown => {
                let unsupported = self.main().and_then(|s| s.unsupported);
                return unsupported.map_or(Shortfall::NoVideo, Shortfall::Unsupported);
            }
            StreamKind::Ps | StreamKind::Raw => (),
        }
        if seen.seen.damaged_keys > 0 {
            return Shortfall::DamagedInTransit;
        }
        if seen.seen.keys_without_parameters > 0 {
            return Shortfall::NoParameterSets;
        }
        if let (None, Some(name)) = (seen.codec, seen.announced)
            && codec::CODECS.iter().all(|c| c.name != name)
        {
            return Shortfall::Unsupported(name);
        }
        if seen.seen.parameters > 0 || seen.seen.slices > 0 {
            return Shortfall::NoKeyFrame;
        }
        if seen.nals == 0 && seen.video_bytes >= OPAQUE_VIDEO_BYTES {
            return Shortfall::Opaque;
        }
        Shortfall::NoVideo
    }

    fn main(&self) -> Option<&Stream> {
        self.sources.iter().max_by_key(|s| (s.video.nals, s.video_bytes(), s.packets))
    }

    fn count(&mut self, bytes: usize, now: Mono) {
        self.packets += 1;
        self.bytes += bytes as u64;
        self.first_packet.get_or_insert(now);
    }

    /// RTCP: no media, but a sign that somebody sends; that of an earlier call on the port is none.
    fn control(&mut self, octets: &[u8], source: Source) {
        let ssrc = octets.get(4..8).map(|four| four.iter().fold(0_u32, |acc, b| acc << 8 | u32::from(*b)));
        let stale = self.stragglers.iter().any(|s| Some(s.ssrc) == ssrc && s.source.ip() == source.address.ip());
        self.rtcp += u64::from(!stale);
    }

    fn note_source(&mut self, source: Source) {
        let named = self.negotiated.address.filter(|a| !a.is_unspecified());
        if named.is_some_and(|named| named != source.address.ip()) {
            self.oddities.note(oddity::SOURCE_ADDRESS_MISMATCH);
        }
        if !source.tcp && !self.negotiated.tcp && self.negotiated.port.is_some_and(|p| p != source.address.port()) {
            self.oddities.note(oddity::SOURCE_PORT_MISMATCH);
        }
        if self.negotiated.tcp && !source.tcp {
            self.oddities.note(oddity::UDP_INSTEAD_OF_TCP);
        }
    }

    /// The stream of a source; a new one takes the place of one that hardly sent anything.
    fn stream_of(&mut self, ssrc: u32, source: Source) -> Option<usize> {
        if let Some(index) = self.sources.iter().position(|s| s.ssrc == ssrc) {
            return Some(index);
        }
        if self.sources.len() < MAX_SOURCES {
            self.sources.push(Stream::new(ssrc, source));
            return Some(self.sources.len() - 1);
        }
        let index = self.sources.iter().position(|s| s.packets < 3)?;
        *self.sources.get_mut(index)? = Stream::new(ssrc, source);
        Some(index)
    }

    fn drain(&mut self, index: usize, now: Mono) {
        let Some(stream) = self.sources.get_mut(index) else { return };
        while let Some(ordered) = stream.reorder.pop(now) {
            if ordered.after_gap {
                stream.gap();
            }
            let at = ordered.packet.at;
            stream.take(ordered.packet);
            self.marks.stream(stream, at);
        }
        self.collect(index);
    }

    fn collect(&mut self, index: usize) {
        let Some(stream) = self.sources.get_mut(index) else { return };
        let Some(units) = stream.video.units.as_mut() else { return };
        let codec = units.codec();
        let Some((frame, at)) = stream.video.key_frame.take() else { return };
        if !frame.whole {
            self.oddities.note(oddity::KEY_FRAME_DAMAGED);
            return;
        }
        self.marks.key_frame.get_or_insert(at);
        if frame.short {
            // Once may be a loss before it reached us; a sender whose lengths are always wrong is believed.
            self.short_keys += 1;
            if self.short_keys < 2 {
                self.oddities.note(oddity::KEY_FRAME_DAMAGED);
                self.doubted = Some((frame, codec, at));
                return;
            }
        }
        if !frame.idr {
            self.oddities.note(oddity::NON_IDR_ENTRY);
        }
        self.ready = Some((frame, codec, at));
    }
}

#[cfg(test)]
mod tests;
