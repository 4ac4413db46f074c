//! Snapshots: a small JPEG of a judged picture (抓图); and the other way round, for pictures that cameras upload (抓拍).

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::codec::{DecodeError, MAX_PICTURE_SAMPLES, guarded};
use super::picture::{Picture, Plane};

/// Widest snapshot, in pixels: enough to see what the camera sees, small enough to keep three thousand.
pub const MAX_WIDTH: usize = 480;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 70;

struct Rows<'a>(&'a Picture);

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        u16::try_from(self.0.width()).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.0.height()).unwrap_or(u16::MAX)
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (luma, blue, red) = self.0.rows(usize::from(y));
        let [first, second, third, _] = buffers;
        first.extend_from_slice(luma);
        second.extend_from_slice(blue);
        third.extend_from_slice(red);
    }
}

/// A snapshot of at most [`MAX_WIDTH`] pixels width.
///
/// # Errors
/// When the encoder refuses the size.
pub fn snapshot(picture: &Picture) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY).encode_image(Rows(&picture.reduced(MAX_WIDTH)))?;
    Ok(out)
}

/// Widest and highest picture that is read.
const MAX_SIDE: usize = 8_192;

/// Reads a JPEG that somebody else wrote: a grey or a coloured one, baseline or progressive.
///
/// # Errors
/// When it is none, or one we do not read.
pub fn read(octets: &[u8]) -> Result<Picture, DecodeError> {
    guarded(|| {
        let broken = |what: &dyn std::fmt::Display| DecodeError::Broken(what.to_string());
        let options = DecoderOptions::default().set_max_width(MAX_SIDE).set_max_height(MAX_SIDE);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(octets), options);
        decoder.decode_headers().map_err(|error| broken(&error))?;
        let (Some(info), Some(colours)) = (decoder.info(), decoder.input_colorspace()) else {
            return Err(broken(&"no size"));
        };
        let (width, height) = (usize::from(info.width), usize::from(info.height));
        if (width * height) as u64 > MAX_PICTURE_SAMPLES {
            return Err(DecodeError::Unsupported(format!("{width} x {height} samples")));
        }
        if !matches!(colours, ColorSpace::YCbCr | ColorSpace::Luma) {
            return Err(DecodeError::Unsupported(format!("{colours:?}")));
        }
        decoder.set_options(options.jpeg_set_out_colorspace(colours));
        let samples = decoder.decode().map_err(|error| broken(&error))?;
        let plane = |samples: Vec<u8>| Plane::from_octets(samples, width, height);
        let every = |step: usize, from: usize| samples.iter().skip(from).step_by(step).copied().collect::<Vec<u8>>();
        let planes = match colours {
            ColorSpace::Luma => [plane(every(1, 0)), plane(vec![128; width * height]), plane(vec![128; width * height])],
            _ => [0, 1, 2].map(|from| plane(every(3, from))),
        };
        let [y, u, v] = planes;
        Picture::new(y, u, v, true).ok_or_else(|| broken(&"planes of the wrong size"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_no_jpeg_is_refused() {
        let plane = |w: usize, h: usize, value: u8| {
            Plane::from_octets((0..w * h).map(|i| u8::try_from(i % w * 200 / w).unwrap() / 2 + value).collect(), w, h)
        };
        let picture = Picture::new(plane(320, 192, 60), plane(160, 96, 90), plane(160, 96, 40), true).unwrap();
        let jpeg = snapshot(&picture).unwrap();
        let back = read(&jpeg).unwrap();
        assert_eq!((back.width(), back.height(), back.sight()), (320, 192, picture.sight()));
        assert!((back.light().mean - picture.light().mean).abs() < 3.0);
        for octets in [&b""[..], b"<html>", b"\xFF\xD8\xFF\xE0", jpeg.get(..200).unwrap()] {
            let read = read(octets);
            assert!(read.is_err() || octets.len() == 200, "{octets:?}");
        }
    }

    #[test]
    fn a_snapshot_is_a_small_jpeg() {
        let plane = |w: usize, h: usize| Plane::from_octets((0..w * h).map(|i| u8::try_from(i % 251).unwrap()).collect(), w, h);
        let picture = Picture::new(plane(1920, 1080), plane(960, 540), plane(960, 540), true).unwrap();
        let jpeg = snapshot(&picture).unwrap();
        assert!(jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]));
        assert!(jpeg.len() < 100_000, "{}", jpeg.len());
    }
}
