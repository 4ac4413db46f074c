//! Snapshots: a small JPEG of a judged picture (抓图).

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType};

use super::picture::Picture;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::picture::Plane;

    #[test]
    fn a_snapshot_is_a_small_jpeg() {
        let plane = |w: usize, h: usize| Plane::from_octets((0..w * h).map(|i| u8::try_from(i % 251).unwrap()).collect(), w, h);
        let picture = Picture::new(plane(1920, 1080), plane(960, 540), plane(960, 540), true).unwrap();
        let jpeg = snapshot(&picture).unwrap();
        assert!(jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]));
        assert!(jpeg.len() < 100_000, "{}", jpeg.len());
    }
}
