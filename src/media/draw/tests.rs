//! What is coded comes out of the decoders as it was painted.

use super::*;
use crate::media::codec::{Codec, h264 as h264_codec, h265 as h265_codec};
use crate::media::mux::{Clip, Frame};
use crate::media::picture::{Picture, Plane};

/// Blocks of many shades, strong steps among them, and letters in three places.
fn painted(width: u32, height: u32) -> Canvas {
    let mut canvas = Canvas::new(width, height);
    let mut n = 7_u32;
    let mut next = || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(n >> 24).unwrap() / 2 + 64
    };
    let (wide, high) = (canvas.across * LUMA_BLOCKS, canvas.down * LUMA_BLOCKS);
    for y in 0..high {
        for x in 0..wide {
            // Flat, gentle and rough by turns.
            let value = if y < high / 3 {
                100
            } else if x < wide / 2 {
                60 + u8::try_from(x % 60).unwrap()
            } else {
                next()
            };
            canvas.y.set(x, y, value);
        }
    }
    for y in 0..canvas.down * CHROMA_BLOCKS {
        for x in 0..canvas.across * CHROMA_BLOCKS {
            let (u, v) = (next(), next());
            canvas.u.set(x, y, u);
            canvas.v.set(x, y, if x < 4 { 128 } else { v });
        }
    }
    for x in 20..60 {
        canvas.dot(x, 5, 235);
        canvas.dot(x, 37, 16);
        canvas.dot(x + 100, 70, 235);
    }
    canvas
}

/// The canvas as a decoder has to show it, in the range it is coded in.
fn shown(canvas: &Canvas, luma: impl Fn(u8) -> u8, chroma: impl Fn(u8) -> u8) -> Picture {
    let (width, height) = (canvas.size.0 as usize, canvas.size.1 as usize);
    let y = (0..width * height).map(|at| luma(canvas.sample(at % width, at / width))).collect();
    let plane = |mosaic: &Mosaic| {
        let (wide, high) = (width / 2, height / 2);
        let samples = (0..wide * high).map(|at| chroma(mosaic.get(at % wide / 4, at / wide / 4))).collect();
        Plane::from_octets(samples, wide, high)
    };
    Picture::new(Plane::from_octets(y, width, height), plane(&canvas.u), plane(&canvas.v), false).unwrap()
}

fn decoded(codec: &Codec, frame: &Frame) -> Picture {
    (codec.decode)(&frame.nals).unwrap_or_else(|error| panic!("{error:?}"))
}

#[test]
fn h264_of_every_shape_is_shown_as_painted() {
    for (width, height, shape) in [
        (640, 360, h264::Shape::default()),
        (704, 576, h264::Shape { high: true, ..h264::Shape::default() }),
        (1_280, 720, h264::Shape { slices: vec![2, 9, 18], ..h264::Shape::default() }),
        (1_920, 1_080, h264::Shape::default()),
    ] {
        let canvas = painted(width, height);
        let mut coder = h264::Coder::new(shape);
        coder.key(&canvas, |_| true);
        // Nothing moved: what was coded is sent again, as another key frame.
        let picture = decoded(&h264_codec::CODEC, &coder.key(&canvas, |row| row == 3));
        let wanted = shown(&canvas, |y| y, |c| c);
        // Sixteen coefficients of luma and four of chroma are rounded, each by half a step at most.
        let far = |a: &Plane, b: &Plane| a.samples().iter().zip(b.samples()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert_eq!((picture.width(), picture.height()), (width as usize, height as usize));
        assert!(far(picture.luma(), wanted.luma()) <= 9, "{width}x{height}: {}", far(picture.luma(), wanted.luma()));
        let [u, v] = picture.chroma();
        let [wanted_u, wanted_v] = wanted.chroma();
        assert!(far(u, wanted_u) <= 6 && far(v, wanted_v) <= 6, "{width}x{height}");
    }
}

#[test]
fn h265_of_both_depths_is_shown_as_painted() {
    for depth in [8, 10] {
        let canvas = painted(320, 192);
        let mut coder = h265::Coder::new(depth);
        coder.key(&canvas, |_| true);
        let picture = decoded(&h265_codec::CODEC, &coder.key(&canvas, |row| row == 3));
        let wanted = shown(&canvas, |y| y >> 3 << 3, |c| (c + 7) >> 4 << 4);
        assert!(picture == wanted, "{depth} bits");
    }
}

/// The frames as a file, to be looked at with other decoders.
fn stream(frames: &[Frame]) -> Vec<u8> {
    let nals = frames.iter().flat_map(|frame| &frame.nals);
    nals.flat_map(|nal| [0, 0, 0, 1].into_iter().chain(nal.iter().copied())).collect()
}

/// Keeps a stream where `GBAUDIT_DRAWN` says, for `ffmpeg -v error -i FILE -f null -`.
fn kept(name: &str, frames: &[Frame]) {
    if let Some(folder) = std::env::var_os("GBAUDIT_DRAWN") {
        std::fs::write(std::path::Path::new(&folder).join(name), stream(frames)).unwrap();
    }
}

#[test]
fn pictures_between_key_frames_are_pictures_of_their_own() {
    let mut canvas = painted(640, 360);
    let mut plain = h264::Coder::new(h264::Shape::default());
    let mut frames = vec![plain.key(&canvas, |_| true)];
    for n in 0..6 {
        (0..8).for_each(|x| canvas.y.set(40 + 4 * n + x, 60, 200));
        frames.push(plain.next(&canvas, |macroblock| macroblock / 40 == 15));
    }
    let clip = Clip::parse(&h264_codec::CODEC, &stream(&frames));
    assert_eq!((clip.frames.len(), clip.frames.iter().filter(|frame| frame.key).count()), (7, 1));
    kept("plain.h264", &frames);

    let canvas = painted(704, 576);
    let mut high = h264::Coder::new(h264::Shape { high: true, ..h264::Shape::default() });
    let mut frames = vec![high.key(&canvas, |_| true)];
    (0..3).for_each(|_| frames.extend([high.next(&canvas, |macroblock| macroblock < 5), high.between(&canvas)]));
    assert_eq!(Clip::parse(&h264_codec::CODEC, &stream(&frames)).frames.len(), 7);
    kept("high.h264", &frames);

    let canvas = painted(320, 192);
    let mut h265 = h265::Coder::new(8);
    let mut frames = vec![h265.key(&canvas, |_| true)];
    (0..3).for_each(|_| frames.push(h265.next(&canvas)));
    assert_eq!(Clip::parse(&h265_codec::CODEC, &stream(&frames)).frames.len(), 4);
    kept("drawn.h265", &frames);
}
