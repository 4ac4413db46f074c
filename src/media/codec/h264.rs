//! H.264 (ISO/IEC 14496-10): what a NAL unit is, and one key frame to a picture.

use rust_h264::decoder::{ChromaFormat, Decoder};
use rust_h264::error::DecodeError as Inner;
use rust_h264::nal::{NalUnitType, parse_annex_b, parse_sps_info};

use super::bits::Bits;
use super::{Codec, DecodeError, MAX_PICTURE_SAMPLES, NalKind, annex_b, guarded, recovery_point};
use crate::media::nal::PayloadFormat;
use crate::media::picture::{Picture, Plane};

/// The codec.
pub static CODEC: Codec =
    Codec { name: "H.264", sdp_name: "H264", stream_type: 0x1B, payload_format: PayloadFormat::H264, kind, identifies, decode };

/// Table 7-1; the first slice of a picture has first_mb_in_slice 0 (7.3.3).
fn kind(nal: &[u8]) -> NalKind {
    let Some((header, payload)) = nal.split_first() else { return NalKind::Invalid };
    if header & 0x80 != 0 {
        return NalKind::Invalid;
    }
    match header & 0x1F {
        kind @ (1 | 2 | 5) => {
            let mut bits = Bits::new(payload);
            let (Some(first_mb), Some(slice_type)) = (bits.ue(), bits.ue()) else { return NalKind::Invalid };
            if slice_type > 9 {
                return NalKind::Invalid;
            }
            NalKind::Slice { first: first_mb == 0, key: kind == 5, intra: matches!(slice_type % 5, 2 | 4) }
        }
        6 => recovery_point(payload).map_or(NalKind::Leading, |at_once| NalKind::RecoveryPoint { at_once }),
        9 => NalKind::Leading,
        7 | 8 | 13 => NalKind::Parameters,
        0 | 24..=31 => NalKind::Invalid,
        _ => NalKind::Other,
    }
}

/// An SPS with a known profile and a picture size that can be.
fn identifies(nal: &[u8]) -> bool {
    let Some([header, profile, _, level]) = nal.get(..4) else { return false };
    let known = matches!(profile, 66 | 77 | 88 | 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134);
    header & 0x9F == 7 && header & 0x60 != 0 && known && (9..=62).contains(level)
}

fn decode(nals: &[Vec<u8>]) -> Result<Picture, DecodeError> {
    let stream = annex_b(nals);
    guarded(|| {
        let units = parse_annex_b(&stream);
        let mut full_range = false;
        for unit in units.iter().filter(|u| u.nal_unit_type == NalUnitType::Sps) {
            let info = parse_sps_info(unit).map_err(|e| told(&e))?;
            if u64::from(info.coded_width) * u64::from(info.coded_height) > MAX_PICTURE_SAMPLES {
                let size = format!("{} x {} samples", info.coded_width, info.coded_height);
                return Err(DecodeError::Unsupported(size));
            }
            full_range = info.full_range;
        }
        let mut decoder = Decoder::new();
        let mut frame = None;
        let mut refused = None;
        for unit in &units {
            match decoder.decode_nal(unit) {
                Ok(decoded) => frame = frame.or(decoded),
                // Part of the picture would be missing, and the decoder hides where.
                Err(error) if matches!(unit.nal_unit_type, NalUnitType::Slice | NalUnitType::SliceIdr) => {
                    return Err(told(&error));
                }
                Err(error) => refused = Some(told(&error)),
            }
        }
        let Some(frame) = frame.or_else(|| decoder.flush()) else {
            return Err(refused.unwrap_or_else(|| DecodeError::Broken("no picture came out".into())));
        };
        let (width, height) = (frame.width as usize, frame.height as usize);
        let chroma_height = match frame.chroma_format {
            ChromaFormat::Yuv420 => height / 2,
            ChromaFormat::Yuv422 => height,
        };
        let plane = |octets: &[u8], width: usize, height: usize| {
            if frame.bit_depth > 8 {
                Plane::from_le16(octets, frame.bit_depth, width, height)
            } else {
                Plane::from_octets(octets.to_vec(), width, height)
            }
        };
        let y = plane(&frame.y, width, height);
        let u = plane(&frame.u, width / 2, chroma_height);
        let v = plane(&frame.v, width / 2, chroma_height);
        Picture::new(y, u, v, full_range).ok_or_else(|| DecodeError::Broken("planes of the wrong size".into()))
    })
}

fn told(error: &Inner) -> DecodeError {
    match error {
        Inner::Unsupported(what) => DecodeError::Unsupported((*what).to_owned()),
        Inner::InvalidSyntax(what) => DecodeError::Broken((*what).to_owned()),
        Inner::UnexpectedEof => DecodeError::Broken("ends in the middle".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_tell_where_a_picture_begins() {
        assert_eq!(kind(&[0x65, 0b1011_0000]), NalKind::Slice { first: true, key: true, intra: true });
        assert_eq!(kind(&[0x41, 0b1100_0000]), NalKind::Slice { first: true, key: false, intra: false });
        assert_eq!(kind(&[0x41, 0b0101_0000]), NalKind::Slice { first: false, key: false, intra: false });
        assert_eq!(kind(&[0xE5, 0x80]), NalKind::Invalid);
        assert_eq!(kind(&[]), NalKind::Invalid);
    }

    #[test]
    fn a_recovery_point_of_this_very_picture_is_told_from_one_of_a_later_picture() {
        assert_eq!(kind(&[6, 6, 1, 0b1000_0000, 0x80]), NalKind::RecoveryPoint { at_once: true });
        assert_eq!(kind(&[6, 6, 2, 0b0000_1100, 0x80, 0x80]), NalKind::RecoveryPoint { at_once: false });
        assert_eq!(kind(&[6, 5, 2, 0, 0, 6, 1, 0b1000_0000, 0x80]), NalKind::RecoveryPoint { at_once: true });
        assert_eq!(kind(&[6, 5, 2, 0, 0, 0x80]), NalKind::Leading);
    }
}
