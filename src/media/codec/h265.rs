//! H.265 (ISO/IEC 23008-2): what a NAL unit is, and one key frame to a picture.

use rust_h265::{DecodeError as Inner, Decoder, PixelData, parse_annex_b};
use scuffle_h265::SpsNALUnit;

use super::bits::Bits;
use super::{Codec, DecodeError, NalKind, annex_b, guarded, recovery_point};
use crate::media::nal::PayloadFormat;
use crate::media::picture::{Picture, Plane};

/// The codec.
pub static CODEC: Codec =
    Codec { name: "H.265", sdp_name: "H265", stream_type: 0x24, payload_format: PayloadFormat::H265, kind, identifies, decode };

/// Table 7-1; the first bit of a slice says whether it is the first of its picture (7.3.6.1).
fn kind(nal: &[u8]) -> NalKind {
    let Some(([first, second], payload)) = nal.split_first_chunk::<2>() else { return NalKind::Invalid };
    let layer = (first & 1) << 5 | second >> 3;
    if first & 0x80 != 0 || second & 7 == 0 {
        return NalKind::Invalid;
    }
    if layer != 0 {
        return NalKind::Other;
    }
    match first >> 1 & 0x3F {
        kind @ (0..=9 | 16..=21) => {
            let Some(begins) = Bits::new(payload).bit() else { return NalKind::Invalid };
            let key = kind >= 16;
            NalKind::Slice { first: begins, key, intra: key }
        }
        32..=34 => NalKind::Parameters,
        39 => recovery_point(payload).map_or(NalKind::Leading, |at_once| NalKind::RecoveryPoint { at_once }),
        35 => NalKind::Leading,
        22..=31 | 41..=47 | 48..=63 => NalKind::Invalid,
        _ => NalKind::Other,
    }
}

/// A VPS or SPS of the base layer: fixed header octets, and reserved bits that are set in every VPS.
fn identifies(nal: &[u8]) -> bool {
    match nal {
        // vps_reserved_0xffff_16bits (7.3.2.1).
        [0x40, 0x01, _, _, 0xFF, 0xFF, ..] => true,
        // general_profile_space 0, profile 1 to 11 (7.3.3).
        [0x42, 0x01, ids, profile, ..] => ids & 0x0E <= 0x0C && profile & 0xC0 == 0 && (1..=11).contains(&(profile & 0x1F)),
        _ => false,
    }
}

fn decode(nals: &[Vec<u8>]) -> Result<Picture, DecodeError> {
    let stream = annex_b(nals);
    let full_range = nals.iter().rev().find_map(|nal| full_range_of(nal)).unwrap_or(false);
    guarded(|| {
        // The decoder's own limits hold: level 6.2, 512 MB.
        let mut decoder = Decoder::new();
        let mut frame = None;
        let mut refused = None;
        for unit in &parse_annex_b(&stream) {
            match decoder.decode_nal(unit) {
                Ok(decoded) => frame = frame.or(decoded),
                Err(error) => refused = refused.or_else(|| Some(told(&error))),
            }
        }
        let Some(frame) = frame.or_else(|| decoder.flush()) else {
            return Err(refused.unwrap_or_else(|| DecodeError::Broken("no picture came out".into())));
        };
        // A slice that failed leaves grey blocks: that is no picture of the camera's.
        if let Some(error) = refused {
            return Err(error);
        }
        let (width, height) = (frame.width as usize, frame.height as usize);
        let (chroma_width, chroma_height) = match frame.chroma_format_idc {
            1 => (width / 2, height / 2),
            2 => (width / 2, height),
            _ => (width, height),
        };
        let plane = |data: PixelData, width: usize, height: usize| match data {
            PixelData::U8(octets) => Plane::from_octets(octets, width, height),
            PixelData::U16(samples) => Plane::from_u16(&samples, frame.bit_depth, width, height),
        };
        let (y, u, v) = (
            plane(frame.y, width, height),
            plane(frame.u, chroma_width, chroma_height),
            plane(frame.v, chroma_width, chroma_height),
        );
        Picture::new(y, u, v, full_range).ok_or_else(|| DecodeError::Broken("planes of the wrong size".into()))
    })
}

fn full_range_of(nal: &[u8]) -> Option<bool> {
    if nal.first() != Some(&0x42) {
        return None;
    }
    let sps = std::panic::catch_unwind(|| SpsNALUnit::parse(nal).ok()).ok()??;
    Some(sps.rbsp.vui_parameters.is_some_and(|vui| vui.video_signal_type.video_full_range_flag))
}

fn told(error: &Inner) -> DecodeError {
    match error {
        Inner::Unsupported(what) | Inner::ResourceLimit(what) => DecodeError::Unsupported((*what).to_owned()),
        other => DecodeError::Broken(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_by_type_layer_and_first_bit() {
        assert_eq!(kind(&[0x26, 0x01, 0x80]), NalKind::Slice { first: true, key: true, intra: true });
        assert_eq!(kind(&[0x4E, 0x01, 6, 1, 0b0010_0000, 0x80]), NalKind::RecoveryPoint { at_once: false });
        assert_eq!(kind(&[0x4E, 0x01, 5, 1, 0, 0x80]), NalKind::Leading);
        assert_eq!(kind(&[0x02, 0x01, 0x00]), NalKind::Slice { first: false, key: false, intra: false });
        assert_eq!(kind(&[0x40, 0x01]), NalKind::Parameters);
        assert_eq!(kind(&[0x40, 0x00]), NalKind::Invalid, "temporal id plus one is never 0");
        assert_eq!(kind(&[0x26, 0x09, 0x80]), NalKind::Other, "another layer");
    }
}
