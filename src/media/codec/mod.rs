//! The video codecs we know: one file a codec, one line in [`CODECS`].
//!
//! A codec is a few plain functions over NAL units. What has a name but no decoder here is listed in
//! [`stream_type_name`], so that a report can say what was sent.

mod bits;
pub mod h264;
pub mod h265;

use self::bits::Bits;
use super::nal::PayloadFormat;
use super::picture::Picture;

/// Largest picture we decode, luma samples: 8K (7680 x 4320), the top of level 6.2 of either codec.
pub const MAX_PICTURE_SAMPLES: u64 = 35_651_584;

/// What one NAL unit is to whoever looks for a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NalKind {
    /// SPS, PPS, VPS.
    Parameters,
    /// A delimiter or SEI: stands in front of a picture's slices.
    Leading,
    /// An SEI that says decoding can begin at this picture.
    RecoveryPoint {
        /// The picture itself is right; otherwise only one that comes later (gradual refresh).
        at_once: bool,
    },
    /// A slice.
    Slice {
        /// The first of its picture.
        first: bool,
        /// Of an IDR (IRAP) picture.
        key: bool,
        /// Coded without reference to other pictures.
        intra: bool,
    },
    /// Nothing that matters here.
    Other,
    /// Not a unit of this codec.
    Invalid,
}

/// Whether an SEI has a recovery point in it (D.2.8 of H.264, D.3.8 of H.265), and whether decoding is right at once there: its
/// count of pictures or of their order is 0.
fn recovery_point(payload: &[u8]) -> Option<bool> {
    let mut at = 0;
    while at + 2 < payload.len() {
        let value = |at: &mut usize| {
            let mut total = 0_usize;
            while let Some(octet) = payload.get(*at).copied() {
                *at += 1;
                total += usize::from(octet);
                if octet != 0xFF {
                    break;
                }
            }
            total
        };
        let (kind, size) = (value(&mut at), value(&mut at));
        if kind == 6 {
            return Bits::new(payload.get(at..).unwrap_or_default()).ue().map(|count| count == 0);
        }
        at += size;
    }
    None
}

/// Why a key frame gave no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A profile or tool our decoder does not have: our limit, not the camera's.
    #[error("not supported by our decoder: {0}")]
    Unsupported(String),
    /// The octets make no picture.
    #[error("cannot be decoded: {0}")]
    Broken(String),
    /// The decoder did not come to its end: its bug, not the camera's.
    #[error("the decoder gave up")]
    GaveUp,
}

/// One codec.
#[derive(Debug)]
pub struct Codec {
    /// `H.264`, as in results.
    pub name: &'static str,
    /// The name in `a=rtpmap`.
    pub sdp_name: &'static str,
    /// `stream_type` in a program stream map (annex C).
    pub stream_type: u8,
    /// How it travels without PS.
    pub payload_format: PayloadFormat,
    /// What a NAL unit is.
    pub kind: fn(&[u8]) -> NalKind,
    /// Whether a NAL unit can only be one of this codec (a valid parameter set).
    pub identifies: fn(&[u8]) -> bool,
    /// Decodes parameter sets and one key picture.
    pub decode: fn(&[Vec<u8>]) -> Result<Picture, DecodeError>,
}

/// The codecs with a decoder.
pub static CODECS: &[&Codec] = &[&h264::CODEC, &h265::CODEC];

/// The codec a NAL unit identifies by being a valid parameter set of it.
#[must_use]
pub fn identify(nal: &[u8]) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| (codec.identifies)(nal))
}

/// The codec of a PSM stream type.
#[must_use]
pub fn by_stream_type(stream_type: u8) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.stream_type == stream_type)
}

/// The codec of an encoding name in SDP.
#[must_use]
pub fn by_sdp_name(name: &str) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.sdp_name.eq_ignore_ascii_case(name))
}

/// Video by its encoding name in SDP that we have no decoder for. A maker's name stands for its own format.
#[must_use]
pub fn unsupported_sdp_name(name: &str) -> Option<&'static str> {
    let known = [
        ("SVAC", "SVAC"),
        ("SVACV", "SVAC"),
        ("MPEG4", "MPEG-4"),
        ("MP4V-ES", "MPEG-4"),
        ("JPEG", "JPEG"),
        ("AV1", "AV1"),
        ("H263", "H.263"),
        ("DAHUA", "DAHUA"),
        ("HIKVISION", "HIKVISION"),
    ];
    let is = |wanted: &str| wanted.eq_ignore_ascii_case(name);
    let ordinary = ["", "PS", "MP2P", "MP2T", "H264", "H265", "HEVC"].into_iter().any(is) || audio_sdp_name(name);
    known.into_iter().find(|(theirs, _)| is(theirs)).map(|(_, ours)| ours).or((!ordinary).then_some("private"))
}

/// Audio by its encoding name in SDP.
fn audio_sdp_name(name: &str) -> bool {
    let audio = ["PCMA", "PCMU", "SVACA", "AAC", "MPEG4-GENERIC", "MP4A-LATM", "MPA", "L16", "OPUS", "TELEPHONE-EVENT", "CN"];
    audio.into_iter().any(|a| a.eq_ignore_ascii_case(name)) || name.get(..2).is_some_and(|g| g.eq_ignore_ascii_case("G7"))
}

/// Names of the stream types of annex C, decoder or not. `None` for audio and unknown ones.
#[must_use]
pub fn stream_type_name(stream_type: u8) -> Option<&'static str> {
    match stream_type {
        0x10 => Some("MPEG-4"),
        0x1B => Some("H.264"),
        0x24 => Some("H.265"),
        0x80 => Some("SVAC"),
        _ => None,
    }
}

/// Annex B octets of some units.
fn annex_b(nals: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nals.iter().map(|n| n.len() + 4).sum());
    for nal in nals {
        out.extend_from_slice(&[0, 0, 0, 1]);
        out.extend_from_slice(nal);
    }
    out
}

/// Runs a decoder that is not ours: a panic in it ends this picture, not the program.
pub(in crate::media) fn guarded(decode: impl FnOnce() -> Result<Picture, DecodeError>) -> Result<Picture, DecodeError> {
    let decoded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or(Err(DecodeError::GaveUp))?;
    if decoded.has_hole() { Err(DecodeError::Broken("part of the picture is missing".into())) } else { Ok(decoded) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::nal::AnnexB;

    pub(super) fn clip(name: &str) -> Vec<Vec<u8>> {
        let path = format!("{}/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut splitter = AnnexB::default();
        splitter.push(&std::fs::read(path).unwrap());
        splitter.flush();
        splitter.take().into_iter().map(|n| n.octets).collect()
    }

    #[test]
    fn a_key_frame_without_one_of_its_slices_is_no_picture() {
        let nals = clip("h264_multi_slice_1280x720.h264");
        let first: Vec<Vec<u8>> = nals.iter().take_while(|n| n[0] & 0x1F != 1).cloned().collect();
        let slices: Vec<usize> = (0..first.len()).filter(|i| first[*i][0] & 0x1F == 5).collect();
        assert_eq!(slices.len(), 4);
        assert!((h264::CODEC.decode)(&first).is_ok());
        for missing in &slices[1..] {
            let mut damaged = first.clone();
            damaged.remove(*missing);
            assert!((h264::CODEC.decode)(&damaged).is_err(), "without slice at {missing}");
        }
    }

    #[test]
    fn parameter_sets_identify_exactly_one_codec() {
        for (name, codec) in [
            ("h264_baseline_640x360.h264", "H.264"),
            ("h264_high_b_frames_704x576.h264", "H.264"),
            ("h265_main_640x360.h265", "H.265"),
            ("h265_main10_640x360.h265", "H.265"),
        ] {
            let named: Vec<_> = clip(name).iter().filter_map(|nal| identify(nal).map(|c| c.name)).collect();
            assert!(!named.is_empty() && named.iter().all(|n| *n == codec), "{name}: {named:?}");
        }
    }

    #[test]
    fn random_octets_identify_nothing_often() {
        let mut state = 1_u64;
        let mut found = 0;
        for _ in 0..20_000 {
            let nal: Vec<u8> = (0..24)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    u8::try_from(state >> 56).unwrap()
                })
                .collect();
            found += usize::from(identify(&nal).is_some());
        }
        assert!(found < 20, "{found} of 20000");
    }
}
