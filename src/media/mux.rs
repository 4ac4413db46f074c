//! The other way round, for the simulator and the tests: pictures to program stream and RTP packets.
//!
//! Written plainly; deviations of the field are options, so that every one of them can be sent on purpose.

use super::codec::{Codec, NalKind};
use super::nal::{AnnexB, PayloadFormat};
use super::rtp;

/// Payload octets of one RTP packet.
pub const MTU_PAYLOAD: usize = 1_400;

/// One picture of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its NAL units, parameter sets in front.
    pub nals: Vec<Vec<u8>>,
    /// Whether it is a key frame.
    pub key: bool,
}

/// A clip cut into pictures.
#[derive(Debug, Clone)]
pub struct Clip {
    /// What it is coded with.
    pub codec: &'static Codec,
    /// The pictures in decoding order.
    pub frames: Vec<Frame>,
}

impl Clip {
    /// Cuts an Annex B stream.
    #[must_use]
    pub fn parse(codec: &'static Codec, annex_b: &[u8]) -> Self {
        let mut splitter = AnnexB::default();
        splitter.push(annex_b);
        splitter.flush();
        let mut frames: Vec<Frame> = Vec::new();
        let mut current = Frame { nals: Vec::new(), key: false };
        let mut has_slice = false;
        for nal in splitter.take() {
            let kind = (codec.kind)(&nal.octets);
            let begins = match kind {
                NalKind::Parameters | NalKind::Leading | NalKind::RecoveryPoint { .. } => has_slice,
                NalKind::Slice { first, .. } => has_slice && first,
                NalKind::Other | NalKind::Invalid => false,
            };
            if begins {
                frames.push(std::mem::replace(&mut current, Frame { nals: Vec::new(), key: false }));
                has_slice = false;
            }
            if let NalKind::Slice { key, .. } = kind {
                has_slice = true;
                current.key |= key;
            }
            current.nals.push(nal.octets);
        }
        if has_slice {
            frames.push(current);
        }
        Self { codec, frames }
    }
}

/// How a program stream deviates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PsOptions {
    /// No program stream map.
    pub no_map: bool,
    /// The map names this stream type instead of the codec's.
    pub map_type: Option<u8>,
    /// The lengths in the map do not fit each other.
    pub map_broken: bool,
    /// PES length 0.
    pub length_zero: bool,
    /// A private stream 0xBD in every pack.
    pub private: bool,
    /// G.711 in every pack, in front of the video.
    pub audio: bool,
    /// Octets between packs.
    pub garbage: bool,
    /// Only audio.
    pub audio_only: bool,
    /// Stuffing octets in the pack header, 0 to 7.
    pub stuffing: u8,
    /// The pack header is only its start code.
    pub short_pack: bool,
}

/// One picture as one pack. `pts_90k` is its time.
#[must_use]
pub fn ps_pack(frame: &Frame, codec: &Codec, pts_90k: u64, options: PsOptions) -> Vec<u8> {
    let mut out = Vec::new();
    if options.short_pack {
        out.extend_from_slice(&[0, 0, 1, 0xBA]);
    } else {
        out.extend_from_slice(&pack_header(pts_90k, options.stuffing & 7));
    }
    if frame.key && !options.short_pack {
        out.extend_from_slice(&[0, 0, 1, 0xBB, 0, 12, 0x80, 0x04, 0xE1, 0x04, 0xE1, 0x7F, 0xE0, 0xE0, 0xE8, 0xC0, 0xC0, 0x20]);
        if !options.no_map {
            let mut map = map(options.map_type.unwrap_or(codec.stream_type), options.audio_only);
            // The length of the program's descriptors, over the end of the map.
            if let Some(low) = map.get_mut(9).filter(|_| options.map_broken) {
                *low = 0x20;
            }
            out.extend_from_slice(&map);
        }
    }
    if options.private {
        out.extend_from_slice(&[0, 0, 1, 0xBD, 0, 8, 0, 0, 1, 0xBA, 0, 0, 1, 0xE0]);
    }
    if options.audio {
        out.extend_from_slice(&pes(0xC0, &[0xD5; 320], Some(pts_90k), false));
    }
    if options.audio_only {
        out.extend_from_slice(&pes(0xC0, &[0xD5; 320], Some(pts_90k), false));
        return out;
    }
    let es = frame.nals.iter().flat_map(|nal| [0, 0, 0, 1].into_iter().chain(nal.iter().copied())).collect::<Vec<_>>();
    // Pictures over 64 kB take several packets, only the first with a time (4.8.2 of the reference).
    for (i, part) in es.chunks(65_000).enumerate() {
        out.extend_from_slice(&pes(0xE0, part, (i == 0).then_some(pts_90k), options.length_zero));
    }
    if options.garbage {
        out.extend_from_slice(b"private data between packs");
    }
    out
}

fn pack_header(scr_90k: u64, stuffing: u8) -> Vec<u8> {
    let octet = |shift: u32| u8::try_from(scr_90k >> shift & 0xFF).unwrap_or(0);
    let mut out = vec![0, 0, 1, 0xBA];
    out.push(0x44 | (octet(27) & 0x38) | (octet(28) & 0x03));
    out.push(octet(20));
    out.push(0x04 | (octet(12) & 0xF8) | (octet(13) & 0x03));
    out.push(octet(5));
    out.push(0x04 | (octet(0) << 3));
    out.extend_from_slice(&[0x01, 0x00, 0x00, 0x03, 0xF8 | stuffing]);
    out.extend(std::iter::repeat_n(0xFF, usize::from(stuffing)));
    out
}

fn map(video_type: u8, audio_only: bool) -> Vec<u8> {
    let mut entries = Vec::new();
    if !audio_only {
        entries.extend_from_slice(&[video_type, 0xE0, 0, 0]);
    }
    entries.extend_from_slice(&[0x90, 0xC0, 0, 0]);
    let length = u8::try_from(entries.len() + 10).unwrap_or(18);
    let mut out = vec![0, 0, 1, 0xBC, 0, length, 0xE1, 0xFF, 0, 0, 0, length - 10];
    out.extend_from_slice(&entries);
    // The CRC is not looked at in the field (a Dahua device sends 0).
    out.extend_from_slice(&[0; 4]);
    out
}

fn pes(id: u8, data: &[u8], pts_90k: Option<u64>, length_zero: bool) -> Vec<u8> {
    let header: Vec<u8> = match pts_90k {
        Some(pts) => {
            let bits = |shift: u32, mask: u64| u8::try_from(pts >> shift & mask).unwrap_or(0);
            vec![
                0x80,
                0x80,
                5,
                0x21 | bits(29, 0x0E),
                bits(22, 0xFF),
                0x01 | bits(14, 0xFE),
                bits(7, 0xFF),
                0x01 | (bits(0, 0x7F) << 1),
            ]
        }
        None => vec![0x80, 0x00, 0],
    };
    let length = if length_zero { 0 } else { u16::try_from(header.len() + data.len()).unwrap_or(0) };
    let mut out = vec![0, 0, 1, id];
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(data);
    out
}

/// Numbers RTP packets of one source.
#[derive(Debug, Clone)]
pub struct Packetizer {
    /// Who sends.
    pub ssrc: u32,
    /// Payload type.
    pub payload_type: u8,
    /// The next sequence number.
    pub sequence: u16,
}

impl Packetizer {
    /// One picture's octets as packets.
    #[must_use]
    pub fn octets(&mut self, data: &[u8], timestamp_90k: u32) -> Vec<Vec<u8>> {
        self.octets_by(data, timestamp_90k, MTU_PAYLOAD)
    }

    /// The same with so many octets in a packet.
    #[must_use]
    pub fn octets_by(&mut self, data: &[u8], timestamp_90k: u32, payload: usize) -> Vec<Vec<u8>> {
        let payload = payload.clamp(1, MTU_PAYLOAD);
        let count = data.chunks(payload).count();
        data.chunks(payload).enumerate().map(|(i, part)| self.packet(i + 1 == count, timestamp_90k, part)).collect()
    }

    /// One picture as RFC 6184 or RFC 7798 payloads: single units, large ones in pieces.
    #[must_use]
    pub fn raw(&mut self, frame: &Frame, format: PayloadFormat, timestamp_90k: u32) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        for (i, nal) in frame.nals.iter().enumerate() {
            let last_nal = i + 1 == frame.nals.len();
            if nal.len() <= MTU_PAYLOAD {
                packets.push(self.packet(last_nal, timestamp_90k, nal));
                continue;
            }
            let header_len = if format == PayloadFormat::H264 { 1 } else { 2 };
            let (header, data) = nal.split_at(header_len);
            let count = data.chunks(MTU_PAYLOAD - 3).count();
            for (k, part) in data.chunks(MTU_PAYLOAD - 3).enumerate() {
                let marks = (u8::from(k == 0) << 7) | (u8::from(k + 1 == count) << 6);
                let first = header.first().copied().unwrap_or(0);
                let mut payload = match format {
                    PayloadFormat::H264 => vec![(first & 0xE0) | 0x1C, marks | (first & 0x1F)],
                    PayloadFormat::H265 => {
                        vec![(first & 0x81) | (49 << 1), header.get(1).copied().unwrap_or(1), marks | (first >> 1 & 0x3F)]
                    }
                };
                payload.extend_from_slice(part);
                packets.push(self.packet(last_nal && k + 1 == count, timestamp_90k, &payload));
            }
        }
        packets
    }

    fn packet(&mut self, marker: bool, timestamp_90k: u32, payload: &[u8]) -> Vec<u8> {
        let packet = rtp::write(self.payload_type, marker, self.sequence, timestamp_90k, self.ssrc, payload);
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::codec::{h264, h265};

    #[test]
    fn a_clip_is_cut_into_its_pictures() {
        for (codec, name, frames, keys) in [
            (&h264::CODEC, "h264_baseline_640x360.h264", 100, 4),
            (&h264::CODEC, "h264_multi_slice_1280x720.h264", 50, 2),
            (&h265::CODEC, "h265_main10_640x360.h265", 100, 4),
        ] {
            let path = format!("{}/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
            let clip = Clip::parse(codec, &std::fs::read(path).unwrap());
            assert_eq!((clip.frames.len(), clip.frames.iter().filter(|f| f.key).count()), (frames, keys), "{name}");
        }
    }
}
