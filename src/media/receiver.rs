//! One call's media: packets in, key frames out, and what was seen on the way.
//!
//! Every source (SSRC) on the port is followed by itself; whichever carries video wins. Nothing that was not
//! negotiated passes without an oddity.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::access_unit::{AccessUnits, KeyFrame, Seen};
use super::codec::{self, Codec, NalKind};
use super::nal::{AnnexB, Depacketizer, Nal};
use super::ps::{Demuxer, PsSeen, VideoSink};
use super::reorder::Reorder;
use super::rtp::{RtpError, RtpPacket};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};

/// Sources followed at once on one port.
const MAX_SOURCES: usize = 4;
/// Packets kept while it is not known what they carry.
const MAX_UNDECIDED_PACKETS: usize = 64;
/// Units kept while the codec is not known.
const MAX_PENDING_NALS: usize = 16;
/// Units after which the announced codec is believed although no parameter set came.
const BELIEVE_AFTER_NALS: u64 = 64;
/// After so much silence a picture whose last packet bore the marker is complete.
const QUIET: Duration = Duration::from_secs(1);
/// So much video without a single start code is encrypted, or no codec we know.
const OPAQUE_VIDEO_BYTES: u64 = 16 * 1024;
/// Packets that look like slices before raw video without parameter sets is believed.
const RAW_EVIDENCE_PACKETS: usize = 20;

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
/// Gateways exist that send every stream under one SSRC: so it is known by its source too, and a call that was hung up
/// properly is forgotten soon (section 4.4: the first consistent SSRC is the stream).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Straggler {
    /// Its SSRC.
    pub ssrc: u32,
    /// Where it came from.
    pub source: SocketAddr,
    /// Until when it may still come; nothing where nobody answered the BYE.
    pub until: Option<Mono>,
}

impl Straggler {
    fn is(&self, ssrc: u32, source: Source, now: Mono) -> bool {
        self.ssrc == ssrc && self.source == source.address && self.until.is_none_or(|until| now < until)
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
            Err(RtpError::Rtcp(_)) => return,
            Err(RtpError::Truncated { .. } | RtpError::Version(_)) => {
                // Not RTP, but something did arrive: "no packet" would be wrong.
                self.count(octets.len(), now);
                return;
            }
        };
        let ssrc = packet.ssrc();
        if self.stragglers.iter().any(|s| s.is(ssrc, source, now)) && !self.negotiated.ssrcs.contains(&ssrc) {
            self.oddities.note(oddity::STALE_MEDIA);
            return;
        }
        self.count(octets.len(), now);
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
        stream.announced = stream.announced.or(known);
        stream.unsupported = stream.unsupported.or(unsupported);
        let piece = Piece { payload: packet.payload().to_vec(), marker: packet.marker(), at: now };
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
        self.sources.iter().map(|s| Straggler { ssrc: s.ssrc, source: s.source.address, until }).collect()
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
            stream.take(ordered.packet);
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

struct Piece {
    payload: Vec<u8>,
    marker: bool,
    at: Mono,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({})", self.payload.len())
    }
}

#[derive(Debug)]
enum Form {
    /// Not known: the packets are kept to be read again.
    Undecided(Vec<Vec<u8>>),
    Ps(Box<Demuxer>),
    Raw(Depacketizer),
    TransportStream,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// Where its first packet came from.
    source: Source,
    payload_type: u8,
    announced: Option<&'static Codec>,
    /// Announced in the session description, and we have no decoder for it.
    unsupported: Option<&'static str>,
    reorder: Reorder<Piece>,
    form: Form,
    video: Video,
    packets: u64,
    last_at: Option<Mono>,
    marker: bool,
}

/// The units of one stream, whatever carried them.
#[derive(Debug, Default)]
struct Video {
    splitter: AnnexB,
    units: Option<AccessUnits>,
    pending: Vec<Nal>,
    hint: Option<&'static Codec>,
    /// A codec without decoder was announced: only parameter sets make it another one.
    foreign: bool,
    nals: u64,
    /// When the octets before the ones being handled came.
    before: Mono,
    key_frame: Option<(KeyFrame, Mono)>,
}

impl Video {
    fn units(&mut self, nals: Vec<Nal>) {
        for nal in nals {
            self.nals += 1;
            if self.units.is_none() {
                let found = codec::identify(&nal.octets).or_else(|| {
                    // No parameter set for a long time: the announced codec, else the commonest.
                    (self.nals > BELIEVE_AFTER_NALS && !self.foreign).then(|| self.hint.unwrap_or(&codec::h264::CODEC))
                });
                match found {
                    Some(codec) => {
                        let mut units = AccessUnits::new(codec);
                        std::mem::take(&mut self.pending).into_iter().for_each(|n| units.push(n));
                        self.units = Some(units);
                    }
                    None => {
                        if self.pending.len() >= MAX_PENDING_NALS {
                            self.pending.remove(0);
                        }
                        self.pending.push(nal);
                        continue;
                    }
                }
            }
            if let Some(units) = &mut self.units {
                units.push(nal);
                if let Some(frame) = units.take() {
                    self.key_frame = Some((frame, self.before));
                }
            }
        }
    }

    fn close(&mut self) {
        self.splitter.flush();
        let nals = self.splitter.take();
        self.units(nals);
        if self.units.is_none() && self.nals > 0 && !self.foreign {
            // Never identified: count what there is as the announced codec.
            let mut units = AccessUnits::new(self.hint.unwrap_or(&codec::h264::CODEC));
            std::mem::take(&mut self.pending).into_iter().for_each(|n| units.push(n));
            self.units = Some(units);
        }
        if let Some(units) = &mut self.units {
            units.close();
            if let Some(frame) = units.take() {
                self.key_frame = Some((frame, self.before));
            }
        }
    }
}

impl VideoSink for Video {
    fn video(&mut self, octets: &[u8]) {
        self.splitter.push(octets);
        let nals = self.splitter.take();
        self.units(nals);
    }

    fn gap(&mut self) {
        self.splitter.gap();
        let nals = self.splitter.take();
        self.units(nals);
        if let Some(units) = &mut self.units {
            units.gap();
        }
    }

    fn short_pes(&mut self) {
        if let Some(units) = &mut self.units {
            units.short_pes();
        }
    }
}

impl Stream {
    fn new(ssrc: u32, source: Source) -> Self {
        Self {
            ssrc,
            source,
            payload_type: 0,
            announced: None,
            unsupported: None,
            reorder: Reorder::default(),
            form: Form::Undecided(Vec::new()),
            video: Video::default(),
            packets: 0,
            last_at: None,
            marker: false,
        }
    }

    fn take(&mut self, piece: Piece) {
        self.packets += 1;
        self.video.before = self.last_at.unwrap_or(piece.at);
        self.last_at = Some(piece.at);
        self.marker = piece.marker;
        if self.video.hint.is_none() {
            self.video.hint = self.announced;
        }
        match &mut self.form {
            Form::Undecided(kept) => {
                if kept.len() >= MAX_UNDECIDED_PACKETS {
                    kept.remove(0);
                }
                kept.push(piece.payload);
                if let Some(form) = decide(kept, self.announced) {
                    self.switch(form);
                }
            }
            Form::Ps(_) | Form::Raw(_) => self.feed(&piece.payload),
            Form::TransportStream => (),
        }
    }

    fn feed(&mut self, payload: &[u8]) {
        match &mut self.form {
            Form::Ps(demuxer) => {
                demuxer.push(payload, &mut self.video);
                if self.video.hint.is_none() {
                    self.video.hint = demuxer.seen.map.iter().find_map(|(kind, _)| codec::by_stream_type(*kind));
                    let video = demuxer.seen.map.iter().any(|(kind, _)| codec::stream_type_name(*kind).is_some());
                    self.video.foreign = video && self.video.hint.is_none();
                }
            }
            Form::Raw(depacketizer) => {
                depacketizer.push(payload);
                let nals = depacketizer.take();
                self.video.units(nals);
            }
            Form::Undecided(_) | Form::TransportStream => (),
        }
    }

    fn switch(&mut self, form: Form) {
        if let Form::Undecided(kept) = std::mem::replace(&mut self.form, form) {
            kept.iter().for_each(|payload| self.feed(payload));
        }
    }

    fn gap(&mut self) {
        match &mut self.form {
            // What was kept before the loss may still tell what it is; the loss itself is forgotten, and
            // the picture in which it lies begins without its pack header.
            Form::Undecided(_) | Form::TransportStream => (),
            Form::Ps(demuxer) => demuxer.gap(&mut self.video),
            Form::Raw(depacketizer) => {
                depacketizer.gap();
                let nals = depacketizer.take();
                self.video.units(nals);
                if let Some(units) = &mut self.video.units {
                    units.gap();
                }
            }
        }
    }

    /// No more packets: raw video without a parameter set is told from noise by its slices.
    fn decide_at_end(&mut self) {
        let Form::Undecided(kept) = &self.form else { return };
        let Some(announced) = self.announced else { return };
        let slices = kept.iter().filter(|p| looks_like_slice(p, announced)).count();
        if slices >= RAW_EVIDENCE_PACKETS.min(kept.len()) && slices * 10 >= kept.len() * 8 {
            self.switch(Form::Raw(Depacketizer::new(announced.payload_format)));
        }
    }

    fn close_picture(&mut self) {
        self.video.before = self.last_at.unwrap_or_default();
        if let Form::Ps(demuxer) = &mut self.form {
            demuxer.flush(&mut self.video);
        }
        self.video.close();
    }

    fn kind(&self) -> StreamKind {
        match &self.form {
            Form::Undecided(_) => StreamKind::Unknown,
            Form::Ps(_) => StreamKind::Ps,
            Form::Raw(_) => StreamKind::Raw,
            Form::TransportStream => StreamKind::TransportStream,
        }
    }

    fn ps(&self) -> Option<&PsSeen> {
        match &self.form {
            Form::Ps(demuxer) => Some(&demuxer.seen),
            _ => None,
        }
    }

    fn video_bytes(&self) -> u64 {
        self.ps().map_or(self.video.nals, |ps| ps.video_bytes)
    }

    fn announced_name(&self) -> Option<&'static str> {
        let mapped = self.ps().and_then(|ps| ps.map.iter().find_map(|(kind, _)| codec::stream_type_name(*kind)));
        mapped.or(self.unsupported).or_else(|| self.announced.map(|c| c.name))
    }

    fn note_oddities(&self, all: &mut Oddities) {
        for (count, kind) in [
            (self.reorder.lost, oddity::PACKETS_LOST),
            (self.reorder.reordered, oddity::PACKETS_REORDERED),
            (self.reorder.repeated, oddity::PACKETS_REPEATED),
        ] {
            if count > 0 {
                all.add(kind.at(count.to_string()));
            }
        }
        match &self.form {
            Form::Raw(_) => all.note(oddity::RAW_ELEMENTARY),
            Form::Ps(demuxer) => {
                demuxer.oddities.ids().filter_map(oddity::OddityKind::by_id).for_each(|kind| all.note(kind));
                if demuxer.seen.map.is_empty() && demuxer.seen.video_bytes > 0 {
                    all.note(oddity::PS_WITHOUT_PSM);
                }
                let mapped = demuxer.seen.map.iter().find_map(|(kind, _)| codec::stream_type_name(*kind));
                let actual = self.video.units.as_ref().filter(|u| u.seen.parameters > 0).map(|u| u.codec().name);
                if let (Some(mapped), Some(actual)) = (mapped, actual)
                    && mapped != actual
                {
                    all.add(oddity::PSM_WRONG.at(format!("{mapped} / {actual}")));
                }
            }
            Form::Undecided(_) | Form::TransportStream => (),
        }
    }
}

/// What packets carry: by content, never by the payload type alone.
fn decide(kept: &[Vec<u8>], announced: Option<&'static Codec>) -> Option<Form> {
    let last = kept.last()?;
    if last.windows(4).any(|w| w == [0, 0, 1, 0xBA]) {
        return Some(Form::Ps(Box::default()));
    }
    let sync = |payload: &[u8]| {
        payload.len() >= 188 && payload.len().is_multiple_of(188) && payload.iter().step_by(188).all(|b| *b == 0x47)
    };
    if kept.len() >= 3 && kept.iter().rev().take(3).all(|p| sync(p)) {
        return Some(Form::TransportStream);
    }
    // A parameter set, by itself or first in an aggregate.
    let unit = |payload: &[u8], codec: &'static Codec| (codec.identifies)(payload);
    for codec in codec::CODECS.iter().copied() {
        let inner = match codec.payload_format {
            super::nal::PayloadFormat::H264 if last.first().is_some_and(|b| b & 0x1F == 24) => last.get(3..),
            super::nal::PayloadFormat::H265 if last.first().is_some_and(|b| b >> 1 & 0x3F == 48) => last.get(4..),
            _ => last.get(..),
        };
        // Noise looks like a parameter set now and then: the announcement or a second look must agree.
        let agrees = announced.is_some_and(|a| a.name == codec.name)
            || kept.iter().filter(|p| (codec.kind)(p) != NalKind::Invalid).count() * 10 >= kept.len() * 8;
        if agrees && inner.is_some_and(|i| unit(i, codec)) {
            return Some(Form::Raw(Depacketizer::new(codec.payload_format)));
        }
    }
    None
}

fn looks_like_slice(payload: &[u8], codec: &'static Codec) -> bool {
    let fragment = match codec.payload_format {
        super::nal::PayloadFormat::H264 => payload.first().is_some_and(|b| b & 0x80 == 0 && b & 0x1F == 28),
        super::nal::PayloadFormat::H265 => {
            payload.first().is_some_and(|b| b >> 1 & 0x3F == 49) && payload.get(1).is_some_and(|b| *b == 1)
        }
    };
    fragment || matches!((codec.kind)(payload), NalKind::Slice { .. })
}

#[cfg(test)]
mod tests;
