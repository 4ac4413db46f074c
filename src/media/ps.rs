//! Program stream (ISO/IEC 13818-1, GB/T 28181 annex C) to the octets of its video.
//!
//! Incremental, and put up with what the field sends: missing or wrong PSM, PES length 0 or wrong, private
//! streams, octets between packs. After a loss only a pack header is believed, since the payload may look
//! like anything.

use crate::base::oddity::{self, Oddities};

/// Octets held while a header or a doubtful stretch is incomplete.
const MAX_EXCESS_BYTES: usize = 1024 * 1024;
/// So much without a pack header: the stream has none, other start codes are believed too.
const PATIENCE_FOR_PACK_BYTES: usize = 64 * 1024;
/// A map longer than this is none (13818-1: at most 1018).
const MAX_MAP_BYTES: usize = 1018;

const PACK: u8 = 0xBA;
const SYSTEM: u8 = 0xBB;
const MAP: u8 = 0xBC;
const PRIVATE_1: u8 = 0xBD;
const END: u8 = 0xB9;

/// Receives the video.
pub trait VideoSink {
    /// Octets of the elementary stream, in order.
    fn video(&mut self, octets: &[u8]);
    /// Octets are missing here.
    fn gap(&mut self);
    /// A PES packet ended before its length was reached: something was lost on the way, or its sender
    /// cannot count.
    fn short_pes(&mut self);
}

/// What was seen of a program stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PsSeen {
    /// Pack headers.
    pub packs: u64,
    /// Octets of video.
    pub video_bytes: u64,
    /// Octets of audio.
    pub audio_bytes: u64,
    /// PES packets of video.
    pub video_pes: u64,
    /// Stream type and stream id as mapped; empty without a PSM.
    pub map: Vec<(u8, u8)>,
    /// Octets that were nothing.
    pub discarded_bytes: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Looking for a start code.
    Seek { pack_only: bool },
    /// Inside a stream that does not matter.
    Skip { left: usize },
    /// Inside video; `left` of a declared length, or until the next start code.
    Video { declared: usize, left: usize },
    /// Video without length.
    Unbounded,
    /// After a video packet, where a start code should be.
    Excess {
        declared: usize,
        /// Octets already looked at, so that small packets cost linear time.
        looked: usize,
    },
}

/// Takes a program stream apart.
#[derive(Debug)]
pub struct Demuxer {
    buffer: Vec<u8>,
    at: usize,
    state: State,
    searched: usize,
    /// Counts.
    pub seen: PsSeen,
    /// What was put up with.
    pub oddities: Oddities,
}

impl Default for Demuxer {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            state: State::Seek { pack_only: true },
            searched: 0,
            seen: PsSeen::default(),
            oddities: Oddities::default(),
        }
    }
}

impl Demuxer {
    /// Adds octets of the stream.
    pub fn push(&mut self, octets: &[u8], sink: &mut impl VideoSink) {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(octets);
        while self.step(sink) {}
    }

    /// Octets are missing here.
    pub fn gap(&mut self, sink: &mut impl VideoSink) {
        self.buffer.clear();
        self.at = 0;
        self.searched = 0;
        self.state = State::Seek { pack_only: true };
        sink.gap();
    }

    /// Nothing more will come: octets that were held back are given out.
    pub fn flush(&mut self, sink: &mut impl VideoSink) {
        if matches!(self.state, State::Unbounded | State::Video { .. }) {
            let rest = self.buffer.len() - self.at;
            self.emit(rest, sink);
        }
    }

    /// Goes one step; `false` when more octets are needed.
    fn step(&mut self, sink: &mut impl VideoSink) -> bool {
        match self.state {
            State::Seek { pack_only } => self.seek(pack_only, sink),
            State::Skip { left } => {
                let here = left.min(self.rest().len());
                self.at += here;
                self.state = if here == left { State::Seek { pack_only: false } } else { State::Skip { left: left - here } };
                here == left
            }
            State::Video { declared, left } => self.bounded(declared, left, sink),
            State::Unbounded => {
                let found = find_start(self.rest(), 0);
                let end = found.unwrap_or_else(|| self.rest().len().saturating_sub(3));
                self.emit(end, sink);
                if found.is_some() {
                    self.state = State::Seek { pack_only: false };
                }
                found.is_some()
            }
            State::Excess { declared, looked } => self.excess(declared, looked, sink),
        }
    }

    fn bounded(&mut self, declared: usize, left: usize, sink: &mut impl VideoSink) -> bool {
        let here = left.min(self.rest().len());
        let inside = self.rest().get(..here).unwrap_or_default();
        if let Some(early) = find_start(inside, 0) {
            // NAL units cannot contain such a code (emulation prevention): the packet ended early.
            self.emit(early, sink);
            self.oddities.note(oddity::PES_LENGTH_WRONG);
            sink.short_pes();
            self.state = State::Seek { pack_only: false };
            return true;
        }
        // A code may begin in the last three octets of what is here so far.
        let safe = if here == left { here } else { here.saturating_sub(3) };
        self.emit(safe, sink);
        if safe == left {
            self.state = State::Excess { declared, looked: 0 };
            true
        } else {
            self.state = State::Video { declared, left: left - safe };
            false
        }
    }

    /// Where a start code should be. One 16-bit overflow of the length is made good: then the excess is a
    /// multiple of 65,536 long and still video.
    fn excess(&mut self, declared: usize, looked: usize, sink: &mut impl VideoSink) -> bool {
        let Some(found) = find_start(self.rest(), looked) else {
            self.state = State::Excess { declared, looked: self.rest().len().saturating_sub(3) };
            if self.rest().len() > MAX_EXCESS_BYTES {
                self.discard(self.rest().len());
                self.state = State::Seek { pack_only: true };
                sink.gap();
            }
            return false;
        };
        if found > 0 && found % 65_536 == 0 && declared > 0 {
            self.oddities.note(oddity::PES_LENGTH_WRONG);
            self.emit(found, sink);
        } else if found > 0 {
            self.discard(found);
        }
        self.state = State::Seek { pack_only: false };
        true
    }

    fn seek(&mut self, pack_only: bool, sink: &mut impl VideoSink) -> bool {
        let Some(found) = find_start(self.rest(), 0) else {
            let keep = self.rest().len().min(3);
            let gone = self.rest().len() - keep;
            self.discard(gone);
            return false;
        };
        self.discard(found);
        let Some(code) = self.rest().get(3).copied() else { return false };
        if pack_only && code != PACK {
            self.searched += 4;
            if self.searched > PATIENCE_FOR_PACK_BYTES {
                self.state = State::Seek { pack_only: false };
            }
            self.discard(4);
            return true;
        }
        self.searched = 0;
        match code {
            PACK => self.pack(),
            SYSTEM => self.sized(|_| ()),
            MAP => self.map(),
            PRIVATE_1 => {
                self.oddities.note(oddity::PS_PRIVATE_STREAM);
                self.sized(|_| ())
            }
            0xC0..=0xDF => self.sized(|d| d.seen.audio_bytes += 1),
            0xE0..=0xEF => self.video_header(sink),
            END => {
                self.at += 4;
                true
            }
            _ => self.sized(|_| ()),
        }
    }

    /// Pack header: MPEG-2 14 octets and stuffing, MPEG-1 12, or four octets and nothing, as some devices send.
    fn pack(&mut self) -> bool {
        let rest = self.rest();
        let Some(mark) = rest.get(4).copied() else { return false };
        let length = if mark & 0xC0 == 0x40 {
            let Some(stuffing) = rest.get(13).copied() else { return self.short_pack_or_wait() };
            14 + usize::from(stuffing & 7)
        } else if mark & 0xF0 == 0x20 {
            self.oddities.note(oddity::PS_MPEG1);
            12
        } else {
            return self.short_pack_or_wait();
        };
        if self.rest().len() < length {
            return false;
        }
        self.seen.packs += 1;
        self.at += length;
        self.state = State::Seek { pack_only: false };
        true
    }

    fn short_pack_or_wait(&mut self) -> bool {
        match self.rest().get(4..8) {
            None => false,
            Some([0, 0, 1, code]) if *code >= END => {
                self.oddities.note(oddity::PS_SHORT_PACK_HEADER);
                self.seen.packs += 1;
                self.at += 4;
                self.state = State::Seek { pack_only: false };
                true
            }
            Some([mark, ..]) if mark & 0xC0 == 0x40 => false,
            Some(_) => {
                self.oddities.note(oddity::PS_SHORT_PACK_HEADER);
                self.seen.packs += 1;
                self.discard(4);
                true
            }
        }
    }

    /// A part with a length that is skipped; length 0 means "until the next start code".
    fn sized(&mut self, note: impl Fn(&mut Self)) -> bool {
        let Some([high, low]) = self.rest().get(4..6) else { return false };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let audio_before = self.seen.audio_bytes;
        note(self);
        if self.seen.audio_bytes > audio_before {
            self.seen.audio_bytes = audio_before + length as u64;
        }
        self.at += 6;
        self.state = if length == 0 { State::Seek { pack_only: false } } else { State::Skip { left: length } };
        true
    }

    /// Program stream map (2.5.4): the length of the whole is believed, inner lengths are clamped to it.
    fn map(&mut self) -> bool {
        let Some([high, low]) = self.rest().get(4..6) else { return false };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if !(10..=MAX_MAP_BYTES).contains(&length) {
            self.discard(4);
            return true;
        }
        let Some(body) = self.rest().get(6..6 + length) else { return false };
        let info = body.get(2..4).map_or(0, |b| b.iter().fold(0, |acc, x| acc << 8 | usize::from(*x)));
        let mut at = (4 + info).min(length) + 2;
        let end = length - 4;
        let mut map = Vec::new();
        while let Some([stream_type, id, high, low]) = body.get(at..(at + 4).min(end)) {
            map.push((*stream_type, *id));
            at += 4 + usize::from(u16::from_be_bytes([*high, *low]));
        }
        if !map.is_empty() {
            self.seen.map = map;
        }
        self.at += 6 + length;
        true
    }

    /// PES header (2.4.3.6), or its MPEG-1 form.
    fn video_header(&mut self, sink: &mut impl VideoSink) -> bool {
        let rest = self.rest();
        let (Some([high, low]), Some(flags)) = (rest.get(4..6), rest.get(6).copied()) else { return false };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let header = if flags & 0xC0 == 0x80 {
            let Some(more) = rest.get(8).copied() else { return false };
            9 + usize::from(more)
        } else {
            match mpeg1_header(rest) {
                Some(header) => header,
                None if rest.len() < 64 => return false,
                None => 6,
            }
        };
        if self.rest().len() < header {
            return false;
        }
        self.seen.video_pes += 1;
        self.at += header;
        if length == 0 {
            self.oddities.note(oddity::PES_LENGTH_ZERO);
            self.state = State::Unbounded;
            return true;
        }
        match (length + 6).checked_sub(header) {
            Some(left) => self.state = State::Video { declared: length, left },
            None => {
                // A length shorter than its own header.
                self.oddities.note(oddity::PES_LENGTH_WRONG);
                sink.short_pes();
                self.state = State::Unbounded;
            }
        }
        true
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    fn emit(&mut self, length: usize, sink: &mut impl VideoSink) {
        if let Some(octets) = self.buffer.get(self.at..self.at + length).filter(|o| !o.is_empty()) {
            sink.video(octets);
            self.seen.video_bytes += length as u64;
            self.at += length;
        }
    }

    fn discard(&mut self, length: usize) {
        if length > 0 {
            self.at += length;
            self.seen.discarded_bytes += length as u64;
            // What comes before the first pack is only the picture we joined in.
            if self.seen.packs > 0 {
                self.oddities.note(oddity::PS_RESYNC);
            }
        }
    }
}

/// Where the next start code of the system layer stands (`00 00 01 B9` and above). The codes of NAL units
/// stay below: their first bit is 0.
fn find_start(octets: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        // The 01 is rarer than zeros.
        let one = at + octets.get(at..)?.iter().position(|b| *b == 1)?;
        if one >= 2 && octets.get(one - 2..one) == Some(&[0, 0]) && *octets.get(one + 1)? >= END {
            return Some(one - 2);
        }
        at = one + 1;
    }
}

/// ISO/IEC 11172-1: stuffing, an optional buffer size, then PTS, PTS and DTS, or 0F.
fn mpeg1_header(rest: &[u8]) -> Option<usize> {
    let mut at = 6;
    while rest.get(at) == Some(&0xFF) && at < 6 + 16 {
        at += 1;
    }
    if rest.get(at)? & 0xC0 == 0x40 {
        at += 2;
    }
    let mark = *rest.get(at)?;
    match mark {
        0x0F => Some(at + 1),
        _ if mark & 0xF0 == 0x20 => Some(at + 5),
        _ if mark & 0xF0 == 0x30 => Some(at + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Collected {
        octets: Vec<u8>,
        gaps: usize,
        short: usize,
    }

    impl VideoSink for Collected {
        fn video(&mut self, octets: &[u8]) {
            self.octets.extend_from_slice(octets);
        }
        fn gap(&mut self) {
            self.gaps += 1;
        }
        fn short_pes(&mut self) {
            self.short += 1;
        }
    }

    const PACK_HEADER: [u8; 14] = [0, 0, 1, 0xBA, 0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xF8];
    const MAP_H264: [u8; 20] = [0, 0, 1, 0xBC, 0, 14, 0xE1, 0xFF, 0, 0, 0, 4, 0x1B, 0xE0, 0, 0, 0, 0, 0, 0];

    fn pes(length: Option<usize>, es: &[u8]) -> Vec<u8> {
        let length = length.unwrap_or(es.len() + 8);
        let mut out = vec![0, 0, 1, 0xE0];
        out.extend(u16::try_from(length & 0xFFFF).unwrap().to_be_bytes());
        out.extend([0x80, 0x80, 5, 0x21, 0, 1, 0, 1]);
        out.extend(es);
        out
    }

    fn run(stream: &[u8], chunk: usize) -> (Collected, Demuxer) {
        let mut demuxer = Demuxer::default();
        let mut sink = Collected::default();
        stream.chunks(chunk).for_each(|part| demuxer.push(part, &mut sink));
        demuxer.flush(&mut sink);
        (sink, demuxer)
    }

    fn check(stream: &[u8], es: &[u8], oddities: &[&str]) -> Demuxer {
        let mut last = None;
        for chunk in [1, 2, 3, 5, 13, 100, 4096, stream.len().max(1)] {
            let (sink, demuxer) = run(stream, chunk);
            assert!(sink.octets == es, "chunks of {chunk}: {} of {} octets", sink.octets.len(), es.len());
            assert_eq!(demuxer.oddities.ids().collect::<Vec<_>>(), oddities, "chunks of {chunk}");
            last = Some(demuxer);
        }
        last.unwrap()
    }

    const ES: &[u8] = &[0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x65, 9, 9, 0];

    #[test]
    fn a_plain_pack() {
        let demuxer = check(&[&PACK_HEADER[..], &MAP_H264, &pes(None, ES)].concat(), ES, &[]);
        assert_eq!((demuxer.seen.map, demuxer.seen.packs), (vec![(0x1B, 0xE0)], 1));
    }

    #[test]
    fn stuffing_system_header_audio_and_private_streams_are_stepped_over() {
        let mut header = PACK_HEADER.to_vec();
        header[13] = 0xFB;
        header.extend([0xFF; 3]);
        let stream = [
            &header[..],
            &[0, 0, 1, 0xBB, 0, 6, 0x80, 0, 1, 0, 0xFF, 0xE1],
            &MAP_H264,
            &[0, 0, 1, 0xBD, 0, 5, 0, 0, 1, 0xBA, 9],
            &pes(None, ES),
            &[0, 0, 1, 0xC0, 0, 6, 0x80, 0, 0, 0xD5, 0xD5, 0xD5],
            &PACK_HEADER,
            &pes(None, ES),
        ]
        .concat();
        let demuxer = check(&stream, &[ES, ES].concat(), &["ps_private_stream"]);
        assert_eq!(demuxer.seen.audio_bytes, 6);
    }

    #[test]
    fn length_zero_ends_at_the_next_start_code() {
        let stream = [&PACK_HEADER[..], &pes(Some(0), ES), &PACK_HEADER, &pes(Some(0), ES)].concat();
        check(&stream, &[ES, ES].concat(), &["pes_length_zero"]);
    }

    #[test]
    fn one_picture_in_several_packets() {
        let big: Vec<u8> = (0..150_000_usize).map(|i| u8::try_from(i % 200 + 2).unwrap()).collect();
        let parts: Vec<u8> = big.chunks(65_000).flat_map(|part| pes(None, part)).collect();
        check(&[&PACK_HEADER[..], &parts].concat(), &big, &[]);
    }

    #[test]
    fn a_length_that_overflowed_its_sixteen_bits_is_made_good() {
        let big: Vec<u8> = (0..100_000_usize).map(|i| u8::try_from(i % 200 + 2).unwrap()).collect();
        let stream = [&PACK_HEADER[..], &pes(Some(big.len() + 8), &big), &PACK_HEADER, &pes(None, ES)].concat();
        check(&stream, &[&big[..], ES].concat(), &["pes_length_wrong"]);
    }

    #[test]
    fn octets_between_packs_are_not_video() {
        let stream = [&PACK_HEADER[..], &pes(None, ES), b"PRIVATE DATA", &PACK_HEADER, &pes(None, ES)].concat();
        check(&stream, &[ES, ES].concat(), &["ps_resync"]);
    }

    #[test]
    fn a_packet_that_ends_early_is_known_to_be_short() {
        let stream = [&PACK_HEADER[..], &pes(Some(500), ES), &PACK_HEADER, &pes(None, ES)].concat();
        let (sink, demuxer) = run(&stream, 7);
        assert_eq!((sink.octets, sink.short), ([ES, ES].concat(), 1));
        assert_eq!(demuxer.oddities.ids().collect::<Vec<_>>(), ["pes_length_wrong"]);
    }

    #[test]
    fn incomplete_and_mpeg1_pack_headers() {
        check(&[&[0, 0, 1, 0xBA][..], &pes(None, ES)].concat(), ES, &["ps_short_pack_header"]);
        let mpeg1 = [0, 0, 1, 0xBA, 0x21, 0, 1, 0, 1, 0x80, 0, 1];
        let mut packet = vec![0, 0, 1, 0xE0];
        packet.extend(u16::try_from(ES.len() + 5).unwrap().to_be_bytes());
        packet.extend([0x21, 0, 1, 0, 1]);
        packet.extend(ES);
        check(&[&mpeg1[..], &packet].concat(), ES, &["ps_mpeg1"]);
    }

    #[test]
    fn joining_in_the_middle_waits_for_a_pack() {
        let stream = [&[7, 7, 0, 0, 1, 0xE0, 0, 9, 7][..], &PACK_HEADER, &pes(None, ES)].concat();
        check(&stream, ES, &[]);
    }

    #[test]
    fn after_a_loss_only_a_pack_is_believed() {
        let mut demuxer = Demuxer::default();
        let mut sink = Collected::default();
        demuxer.push(&[&PACK_HEADER[..], &pes(None, ES)].concat(), &mut sink);
        demuxer.gap(&mut sink);
        demuxer.push(&pes(None, &[9, 9, 9]), &mut sink);
        demuxer.push(&[&PACK_HEADER[..], &pes(None, ES)].concat(), &mut sink);
        assert_eq!((sink.octets, sink.gaps), ([ES, ES].concat(), 1));
    }

    #[test]
    fn a_map_with_wrong_inner_lengths_is_clamped() {
        let mut map = MAP_H264;
        map[14..16].copy_from_slice(&[0xFF, 0xFF]);
        let demuxer = check(&[&PACK_HEADER[..], &map, &pes(None, ES)].concat(), ES, &[]);
        assert_eq!(demuxer.seen.map, [(0x1B, 0xE0)]);
        map[8..10].copy_from_slice(&[0xFF, 0xFF]);
        check(&[&PACK_HEADER[..], &map, &pes(None, ES)].concat(), ES, &[]);
    }

    #[test]
    fn random_octets_give_no_video_and_no_panic() {
        let mut state = 7_u64;
        let noise: Vec<u8> = (0..300_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                u8::try_from(state >> 56).unwrap()
            })
            .collect();
        let (_, demuxer) = run(&noise, 1400);
        assert!(demuxer.seen.packs < 3);
    }
}
