//! One source of packets: put in order, told what it carries, cut into units and pictures.

use super::{Source, StreamKind};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::media::access_unit::{AccessUnits, KeyFrame};
use crate::media::codec::{self, Codec, NalKind};
use crate::media::meter::Meter;
use crate::media::nal::{AnnexB, Depacketizer, Nal, PayloadFormat};
use crate::media::ps::{Demuxer, PsSeen, VideoSink};
use crate::media::reorder::Reorder;

/// Packets kept while it is not known what they carry.
const MAX_UNDECIDED_PACKETS: usize = 64;
/// Units kept while the codec is not known.
const MAX_PENDING_NALS: usize = 16;
/// Units after which the announced codec is believed although no parameter set came.
const BELIEVE_AFTER_NALS: u64 = 64;
/// Packets that look like slices before raw video without parameter sets is believed.
const RAW_EVIDENCE_PACKETS: usize = 20;

pub(super) struct Piece {
    pub(super) payload: Vec<u8>,
    pub(super) marker: bool,
    pub(super) at: Mono,
    pub(super) timestamp_90k: u32,
    /// Octets of the packet.
    pub(super) bytes: usize,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({})", self.payload.len())
    }
}

#[derive(Debug)]
pub(super) enum Form {
    /// Not known: the packets are kept to be read again.
    Undecided(Vec<Vec<u8>>),
    Ps(Box<Demuxer>),
    Raw(Depacketizer),
    TransportStream,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) ssrc: u32,
    /// Where its first packet came from.
    pub(super) source: Source,
    pub(super) payload_type: u8,
    /// Number of the packet that came last.
    pub(super) last: u16,
    pub(super) announced: Option<&'static Codec>,
    /// Announced in the session description, and we have no decoder for it.
    pub(super) unsupported: Option<&'static str>,
    pub(super) reorder: Reorder<Piece>,
    pub(super) form: Form,
    pub(super) video: Video,
    pub(super) meter: Meter,
    pub(super) packets: u64,
    pub(super) last_at: Option<Mono>,
    pub(super) marker: bool,
}

/// The units of one stream, whatever carried them.
#[derive(Debug, Default)]
pub(super) struct Video {
    pub(super) splitter: AnnexB,
    pub(super) units: Option<AccessUnits>,
    pub(super) pending: Vec<Nal>,
    pub(super) hint: Option<&'static Codec>,
    /// A codec without decoder was announced: only parameter sets make it another one.
    pub(super) foreign: bool,
    pub(super) nals: u64,
    /// When the octets before the ones being handled came.
    pub(super) before: Mono,
    pub(super) key_frame: Option<(KeyFrame, Mono)>,
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
    pub(super) fn new(ssrc: u32, source: Source) -> Self {
        Self {
            ssrc,
            source,
            payload_type: 0,
            last: 0,
            announced: None,
            unsupported: None,
            reorder: Reorder::default(),
            form: Form::Undecided(Vec::new()),
            video: Video::default(),
            meter: Meter::default(),
            packets: 0,
            last_at: None,
            marker: false,
        }
    }

    pub(super) fn take(&mut self, piece: Piece) {
        self.packets += 1;
        self.meter.packet(piece.bytes, piece.timestamp_90k, piece.at);
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

    pub(super) fn feed(&mut self, payload: &[u8]) {
        match &mut self.form {
            Form::Ps(demuxer) => {
                demuxer.push(payload, &mut self.video);
                let mapped = demuxer.seen.map.iter().find_map(|(kind, _)| codec::by_stream_type(*kind));
                let video = demuxer.seen.map.iter().any(|(kind, _)| codec::stream_type_name(*kind).is_some());
                // The map of the stream itself knows better than the session description.
                self.video.foreign = video && mapped.is_none();
                self.video.hint = mapped.or(self.video.hint);
            }
            Form::Raw(depacketizer) => {
                depacketizer.push(payload);
                let nals = depacketizer.take();
                self.video.units(nals);
            }
            Form::Undecided(_) | Form::TransportStream => (),
        }
    }

    pub(super) fn switch(&mut self, form: Form) {
        if let Form::Undecided(kept) = std::mem::replace(&mut self.form, form) {
            kept.iter().for_each(|payload| self.feed(payload));
        }
    }

    pub(super) fn gap(&mut self) {
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
    pub(super) fn decide_at_end(&mut self) {
        let Form::Undecided(kept) = &self.form else { return };
        let Some(announced) = self.announced else { return };
        let slices = kept.iter().filter(|p| looks_like_slice(p, announced)).count();
        if slices >= RAW_EVIDENCE_PACKETS.min(kept.len()) && slices * 10 >= kept.len() * 8 {
            self.switch(Form::Raw(Depacketizer::new(announced.payload_format)));
        }
    }

    pub(super) fn close_picture(&mut self) {
        self.video.before = self.last_at.unwrap_or_default();
        if let Form::Ps(demuxer) = &mut self.form {
            demuxer.flush(&mut self.video);
        }
        self.video.close();
    }

    pub(super) fn kind(&self) -> StreamKind {
        match &self.form {
            Form::Undecided(_) => StreamKind::Unknown,
            Form::Ps(_) => StreamKind::Ps,
            Form::Raw(_) => StreamKind::Raw,
            Form::TransportStream => StreamKind::TransportStream,
        }
    }

    pub(super) fn ps(&self) -> Option<&PsSeen> {
        match &self.form {
            Form::Ps(demuxer) => Some(&demuxer.seen),
            _ => None,
        }
    }

    pub(super) fn video_bytes(&self) -> u64 {
        self.ps().map_or(self.video.nals, |ps| ps.video_bytes)
    }

    pub(super) fn announced_name(&self) -> Option<&'static str> {
        let mapped = self.ps().and_then(|ps| ps.map.iter().find_map(|(kind, _)| codec::stream_type_name(*kind)));
        mapped.or(self.unsupported).or_else(|| self.announced.map(|c| c.name))
    }

    pub(super) fn note_oddities(&self, all: &mut Oddities) {
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
            PayloadFormat::H264 if last.first().is_some_and(|b| b & 0x1F == 24) => last.get(3..),
            PayloadFormat::H265 if last.first().is_some_and(|b| b >> 1 & 0x3F == 48) => last.get(4..),
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
        PayloadFormat::H264 => payload.first().is_some_and(|b| b & 0x80 == 0 && b & 0x1F == 28),
        PayloadFormat::H265 => payload.first().is_some_and(|b| b >> 1 & 0x3F == 49) && payload.get(1).is_some_and(|b| *b == 1),
    };
    fragment || matches!((codec.kind)(payload), NalKind::Slice { .. })
}
