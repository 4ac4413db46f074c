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
/// Cells across a masked snapshot: a face is smaller than one unless it fills the picture.
const MASK_CELLS: usize = 32;

/// Whether snapshots are kept, and how much they show (抓图).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// None.
    Off,
    /// A mosaic: that there is a picture is to be seen, and nobody in it.
    Masked,
    /// The picture, small.
    On,
}

impl Snapshots {
    /// The words of settings.
    pub const NAMES: [(&'static str, Self); 3] = [("on", Self::On), ("masked", Self::Masked), ("off", Self::Off)];
}

/// A picture, each pixel as a square of so many.
struct Rows<'a>(&'a Picture, usize);

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        u16::try_from(self.0.width() * self.1).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.0.height() * self.1).unwrap_or(u16::MAX)
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (luma, blue, red) = self.0.rows(usize::from(y) / self.1);
        let [first, second, third, _] = buffers;
        for (buffer, row) in [(first, luma), (second, blue), (third, red)] {
            buffer.extend(row.iter().flat_map(|value| std::iter::repeat_n(*value, self.1)));
        }
    }
}

/// A snapshot of at most [`MAX_WIDTH`] pixels width; nothing where none is wanted, or the encoder refuses the size.
#[must_use]
pub fn snapshot(picture: &Picture, wanted: Snapshots) -> Option<Vec<u8>> {
    match wanted {
        Snapshots::Off => None,
        Snapshots::On => encoded(&picture.reduced(MAX_WIDTH), 1).ok(),
        // What is left out here is nowhere in the file.
        Snapshots::Masked => encoded(&picture.reduced(MASK_CELLS), MAX_WIDTH / MASK_CELLS).ok(),
    }
}

fn encoded(picture: &Picture, scale: usize) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY).encode_image(Rows(picture, scale))?;
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
    use crate::profile::Black;

    #[test]
    fn what_was_written_is_read_and_what_is_no_jpeg_is_refused() {
        let plane = |w: usize, h: usize, value: u8| {
            Plane::from_octets((0..w * h).map(|i| u8::try_from(i % w * 200 / w).unwrap() / 2 + value).collect(), w, h)
        };
        let picture = Picture::new(plane(320, 192, 60), plane(160, 96, 90), plane(160, 96, 40), true).unwrap();
        let jpeg = snapshot(&picture, Snapshots::On).unwrap();
        let back = read(&jpeg).unwrap();
        assert_eq!((back.width(), back.height(), back.sight(Black::default())), (320, 192, picture.sight(Black::default())));
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
        let jpeg = snapshot(&picture, Snapshots::On).unwrap();
        assert!(jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]));
        assert!(jpeg.len() < 100_000, "{}", jpeg.len());
        assert_eq!(snapshot(&picture, Snapshots::Off), None);
        let masked = snapshot(&picture, Snapshots::Masked).unwrap();
        assert!(masked.starts_with(&[0xFF, 0xD8]) && masked.len() < jpeg.len(), "{} {}", masked.len(), jpeg.len());
        // Its size stands in the frame header: 480 pixels wide, as the other one.
        let size = |jpeg: &[u8]| jpeg.windows(9).find(|w| w[..2] == [0xFF, 0xC0]).map(|w| [w[7], w[8]]);
        assert_eq!(size(&masked), Some([0x01, 0xE0]));
    }
}
