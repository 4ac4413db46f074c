//! What a simulated camera sees: a street of its own, with clouds, houses, a road, something that drives by, the time above and its
//! code below. Pure, and the same for the same seed, camera and second.
//!
//! Made so that no check of a picture finds anything, and that no two cameras look alike: what is to be found is what a
//! behaviour says.

use std::collections::VecDeque;

use super::behaviour::ClipName;
use super::world::Random;
use crate::base::time::Timestamp;
use crate::media::codec::{Codec, h264 as h264_codec, h265 as h265_codec};
use crate::media::draw::{Canvas, h264, h265};
use crate::media::jpeg::{Snapshots, snapshot};
use crate::media::mux::Frame;

/// Pictures a second.
pub const SECOND: u64 = 25;
/// Seconds after which a looped recording begins again.
const LOOP_S: i64 = 4;
/// The view is laid out on a grid of so many cells, whatever the size of the picture.
const GRID: (usize, usize) = (160, 90);
/// Where the ground begins.
const GROUND: usize = 54;
/// Where traffic passes, and how large it is.
const LANE: usize = 62;
const CAR: (usize, usize) = (14, 6);
/// Samples of a dot of a letter, and dots from one letter to the next.
const DOT: usize = 2;
const LETTER: usize = 6;
/// Rows of macroblocks the time stands in.
const CLOCK_ROWS: usize = 2;
/// Where letters stand: from the left, from the top and from the bottom, samples.
const MARGIN: usize = 8;

/// Whose view it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Of the scene.
    pub seed: u64,
    /// The camera's number.
    pub camera: usize,
    /// What stands in the picture: its code.
    pub code: String,
    /// When the stream begins.
    pub began: Timestamp,
    /// A recording played over and over instead, its clock and all.
    pub looped: bool,
    /// Pictures from one key frame to the next.
    pub gop: u64,
    /// Pictures of the first group that are over when the stream begins.
    pub joined: u64,
    /// Kilobits a second the stream is filled up to; 0 = as it comes.
    pub kbit_s: u64,
}

/// How a clip's name is drawn; nothing of those that are files.
fn size(name: ClipName) -> Option<(u32, u32)> {
    Some(match name {
        ClipName::Baseline => (640, 360),
        ClipName::High => (704, 576),
        ClipName::Large => (1_920, 1_080),
        ClipName::Slices => (1_280, 720),
        ClipName::H265 | ClipName::H265Ten => (320, 192),
        ClipName::H265Wide | ClipName::Black | ClipName::Blue | ClipName::TestCard => return None,
    })
}

#[derive(Debug)]
enum Coder {
    H264(h264::Coder),
    H265(h265::Coder),
}

/// The pictures of one stream.
#[derive(Debug)]
pub struct Drawn {
    view: View,
    coder: Coder,
    high: bool,
    /// The view without what moves, once it was looked at.
    base: Option<Canvas>,
    canvas: Canvas,
    number: u64,
    waiting: VecDeque<Frame>,
    /// Where the car was.
    car: Option<(usize, usize)>,
}

impl Drawn {
    /// Of a clip's name; nothing where that is a file.
    #[must_use]
    pub fn new(view: View, name: ClipName) -> Option<Self> {
        let (width, height) = size(name)?;
        let canvas = Canvas::new(width, height);
        let high = name == ClipName::High;
        let coder = match name {
            ClipName::H265 => Coder::H265(h265::Coder::new(8)),
            ClipName::H265Ten => Coder::H265(h265::Coder::new(10)),
            _ => {
                // What changes stands in slices of its own, so that the rest is coded once.
                let (_, down) = canvas.macroblocks();
                let lane = lane(&canvas);
                let mut slices = vec![CLOCK_ROWS, lane.start, lane.end];
                if name == ClipName::Slices {
                    slices.extend((1..4).map(|quarter| quarter * down / 4));
                    slices.sort_unstable();
                    slices.dedup();
                }
                Coder::H264(h264::Coder::new(h264::Shape { high, slices }))
            }
        };
        Some(Self { number: view.joined, view, coder, high, base: None, canvas, waiting: VecDeque::new(), car: None })
    }

    /// What it is coded with.
    #[must_use]
    pub fn codec(name: ClipName) -> Option<&'static Codec> {
        size(name)?;
        Some(if matches!(name, ClipName::H265 | ClipName::H265Ten) { &h265_codec::CODEC } else { &h264_codec::CODEC })
    }

    /// The next picture in the order it is sent.
    pub fn next_frame(&mut self) -> Frame {
        if let Some(frame) = self.waiting.pop_front() {
            self.number += 1;
            return frame;
        }
        let is_key = self.number.is_multiple_of(self.view.gop);
        if is_key {
            self.look();
        }
        let drove = self.drive();
        self.number += 1;
        let canvas = &self.canvas;
        let lane = lane(canvas);
        let moved = |row: usize| row < CLOCK_ROWS || lane.contains(&row);
        match &mut self.coder {
            Coder::H264(coder) if is_key => coder.key(canvas, moved),
            Coder::H264(coder) => {
                let (across, _) = canvas.macroblocks();
                let frame = coder
                    .next(canvas, |macroblock| drove.iter().any(|area| area.holds(macroblock % across, macroblock / across)));
                // A key frame comes when it is due: none stands between it and the last picture before.
                if self.high && !self.number.is_multiple_of(self.view.gop) {
                    self.waiting.push_back(coder.between(canvas));
                }
                frame
            }
            Coder::H265(coder) if is_key => coder.key(canvas, moved),
            Coder::H265(coder) => coder.next(canvas),
        }
    }

    /// The view as it is in this second: the street is painted once, the clock and some grain every time.
    fn look(&mut self) {
        let second = i64::try_from(self.number / SECOND).unwrap_or(0);
        let now = if self.view.looped {
            // Recorded on some day, and the same on every other.
            Timestamp::from_micros(1_700_000_000_000_000).plus_seconds(second % LOOP_S)
        } else {
            self.view.began.plus_seconds(second)
        };
        let (view, size) = (&self.view, self.canvas.size);
        let base = self.base.get_or_insert_with(|| painted(view, size));
        let mut canvas = base.clone();
        let (across, _) = canvas.macroblocks();
        let mut grain = Random::new(self.view.seed ^ now.micros().unsigned_abs().rotate_left(17) ^ self.view.camera as u64);
        for y in 0..CLOCK_ROWS * 4 {
            for x in 0..across * 4 {
                let noise = u8::try_from(grain.next() % 5).unwrap_or(0);
                canvas.y.set(x, y, canvas.y.get(x, y).saturating_add(noise).min(235));
            }
        }
        write(&mut canvas, &now.beijing("%Y-%m-%d %H:%M:%S"), MARGIN);
        self.canvas = canvas;
        self.car = None;
    }

    /// Moves what drives by. Gives the places that changed.
    fn drive(&mut self) -> Vec<Area> {
        let Some(base) = &self.base else { return Vec::new() };
        let mut random = Random::new(self.view.seed ^ (self.view.camera as u64).rotate_left(40) ^ 0xCA7);
        let ahead = random.next() % GRID.0 as u64 * 2;
        let shade = if random.next().is_multiple_of(2) { 208 } else { 48 };
        let at = usize::try_from((self.number + ahead) % (2 * GRID.0 as u64)).unwrap_or(0);
        let car = blocks(&self.canvas, CAR);
        let mut changed = Vec::new();
        if let Some((x, y)) = self.car.take() {
            changed.push(Area::of((x, y), car));
            for y in y..y + car.1 {
                for x in x..x + car.0 {
                    self.canvas.y.set(x, y, base.y.get(x, y));
                }
            }
        }
        // Half of the time the road is empty.
        if at + CAR.0 < GRID.0 {
            let place = blocks(&self.canvas, (at, LANE));
            changed.push(Area::of(place, car));
            for y in place.1..place.1 + car.1 {
                for x in place.0..place.0 + car.0 {
                    let window = (y - place.1) * 3 < car.1 && (x - place.0) > car.0 / 3;
                    self.canvas.y.set(x, y, if window { 40 } else { shade });
                }
            }
            self.car = Some(place);
        }
        changed
    }
}

/// What a camera sees as JPEG; nothing where it cannot be written.
#[must_use]
pub fn jpeg(view: View) -> Vec<u8> {
    let frame = Drawn::new(View { joined: 0, ..view }, ClipName::Baseline).map(|mut drawn| drawn.next_frame());
    let picture = frame.and_then(|frame| (h264_codec::CODEC.decode)(&frame.nals).ok());
    picture.and_then(|picture| snapshot(&picture, Snapshots::On)).unwrap_or_default()
}

/// A place of the grid, in blocks of a canvas.
fn blocks(canvas: &Canvas, (x, y): (usize, usize)) -> (usize, usize) {
    let (wide, high) = canvas.size;
    let of = |cells: usize, samples: u32, all: usize| cells * usize::try_from(samples / 4).unwrap_or(1) / all;
    (of(x, wide, GRID.0), of(y, high, GRID.1))
}

/// The rows of macroblocks in which something drives.
fn lane(canvas: &Canvas) -> std::ops::Range<usize> {
    let ((_, from), (_, high)) = (blocks(canvas, (0, LANE)), blocks(canvas, CAR));
    let area = Area::of((0, from), (0, high));
    area.from.1..area.to.1 + 1
}

/// The view without what changes.
fn painted(view: &View, (width, height): (u32, u32)) -> Canvas {
    let mut canvas = Canvas::new(width, height);
    let street = Street::new(view);
    let (across, down) = canvas.macroblocks();
    let (wide, high) = (usize::try_from(width / 4).unwrap_or(1), usize::try_from(height / 4).unwrap_or(1));
    let columns: Vec<usize> = (0..across * 4).map(|x| (x * GRID.0 / wide).min(GRID.0 - 1)).collect();
    let mut before = None;
    let mut grain = Random::new(street.key);
    let mut shades = vec![0; columns.len()];
    for y in 0..down * 4 {
        let row = (y * GRID.1 / high).min(GRID.1 - 1);
        // Rows of a large picture share one of the grid.
        if before.replace(row) != Some(row) {
            shades = columns.iter().map(|x| street.luma(*x, row).clamp(16, 235)).collect();
        }
        for (x, shade) in shades.iter().enumerate() {
            let noise = u8::try_from(grain.next() % 5).unwrap_or(0);
            canvas.y.set(x, y, shade.saturating_add(noise).min(235));
        }
    }
    for y in 0..down * 2 {
        for x in 0..across * 2 {
            let (u, v) = street.tint((x * 2 * GRID.0 / wide).min(GRID.0 - 1), (y * 2 * GRID.1 / high).min(GRID.1 - 1));
            canvas.u.set(x, y, u);
            canvas.v.set(x, y, v);
        }
    }
    let below = usize::try_from(height).unwrap_or(0).saturating_sub(MARGIN + 7 * DOT);
    write(&mut canvas, &view.code, below);
    canvas
}

/// Macroblocks that changed, from one corner to the other.
struct Area {
    from: (usize, usize),
    to: (usize, usize),
}

impl Area {
    /// Of blocks.
    const fn of((x, y): (usize, usize), (wide, high): (usize, usize)) -> Self {
        Self { from: (x / 4, y / 4), to: ((x + wide) / 4, (y + high) / 4) }
    }

    const fn holds(&self, column: usize, row: usize) -> bool {
        column >= self.from.0 && column <= self.to.0 && row >= self.from.1 && row <= self.to.1
    }
}

/// A street, as it is laid out.
struct Street {
    /// What all that is drawn of it follows from.
    key: u64,
    /// By column: which house, where its roof is, how far from its left edge.
    houses: Vec<(u64, usize, usize)>,
}

impl Street {
    fn new(view: &View) -> Self {
        let mut random = Random::new(view.seed.rotate_left(32) ^ view.camera as u64);
        let key = random.next();
        let mut houses = Vec::with_capacity(GRID.0);
        let mut house = 0;
        while houses.len() < GRID.0 {
            let draw = random.next();
            let wide = 9 + usize::try_from(draw % 13).unwrap_or(0);
            let roof = 8 + usize::try_from(draw >> 8 & 0xFF).unwrap_or(0) * 26 / 256;
            houses.extend((0..wide).map(|left| (house, roof, left)));
            house += 1;
        }
        Self { key, houses }
    }

    /// A number that is this street's, for a kind of thing at a place: 0 to 255.
    fn draw(&self, kind: u64, a: u64, b: u64) -> u32 {
        let n = self.key ^ kind.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ a.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ b.rotate_left(48);
        let n = (n ^ n >> 32).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        u32::try_from((n ^ n >> 29) & 0xFF).unwrap_or(0)
    }

    fn luma(&self, x: usize, y: usize) -> u8 {
        let (house, roof, left) = self.houses.get(x).copied().unwrap_or_default();
        let (a, b) = (x as u64, y as u64);
        let shade = if y < roof.min(GROUND) {
            // Clouds, brighter above.
            130 + self.draw(1, (a + 3) / 18, (b + 2) / 9) * 80 / 255
        } else if y < GROUND {
            let storey = (y - roof) / 8;
            let in_window = left % 5 > 2 && (y - roof) % 8 > 3;
            let window = self.draw(2, house << 8 | (left / 5) as u64, storey as u64);
            match (in_window, window) {
                (true, 0..110) => 38,
                (true, 240..) => 200,
                _ => 44 + self.draw(3, house, storey as u64) * 130 / 255,
            }
        } else if y.abs_diff(LANE + CAR.1 + 4) < 1 && x % 16 < 9 {
            196
        } else {
            48 + self.draw(4, (a + 7) / 17, (b - GROUND as u64) / 8) * 110 / 255
        };
        u8::try_from(shade).unwrap_or(235)
    }

    /// Blue and red.
    fn tint(&self, x: usize, y: usize) -> (u8, u8) {
        let (house, roof, _) = self.houses.get(x).copied().unwrap_or_default();
        if y < roof.min(GROUND) {
            (138, 122)
        } else if y < GROUND {
            let tint = u8::try_from(self.draw(5, house, 0) * 16 / 255).unwrap_or(0);
            (136 - tint, 120 + tint)
        } else if self.draw(6, (x as u64 + 7) / 17, (y as u64 - GROUND as u64) / 8) > 190 {
            // Grass.
            (114, 118)
        } else {
            (128, 128)
        }
    }
}

/// Writes digits and what stands between them, white with a dark edge.
fn write(canvas: &mut Canvas, text: &str, top: usize) {
    let most = usize::try_from(canvas.size.0).unwrap_or(0).saturating_sub(2 * MARGIN) / (LETTER * DOT);
    for (n, letter) in text.chars().take(most).enumerate() {
        let rows = glyph(letter);
        let left = MARGIN + n * LETTER * DOT;
        for (y, row) in rows.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                for dot in 0..DOT * DOT {
                    let (x, y) = (left + x * DOT + dot % DOT, top + y * DOT + dot / DOT);
                    canvas.dot(x + 1, y + 1, 16);
                }
            }
        }
        for (y, row) in rows.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                for dot in 0..DOT * DOT {
                    canvas.dot(left + x * DOT + dot % DOT, top + y * DOT + dot / DOT, 235);
                }
            }
        }
    }
}

/// Five dots across, seven down; nothing for what is no digit.
const fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111],
        '3' => [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        '-' => [0, 0, 0, 0b11111, 0, 0, 0],
        ':' => [0, 0b00100, 0b00100, 0, 0b00100, 0b00100, 0],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::look::fingerprint::{Fingerprint, SAME};
    use crate::media::look::{Looked, look};
    use crate::profile::Black;

    const DRAWN: [ClipName; 6] =
        [ClipName::Baseline, ClipName::High, ClipName::Large, ClipName::Slices, ClipName::H265, ClipName::H265Ten];

    fn view(camera: usize, second: i64) -> View {
        let began = Timestamp::from_beijing_date("2026-11-26").unwrap().plus_seconds(second);
        View {
            seed: 20_261_124,
            camera,
            code: format!("3717230001132{camera:07}"),
            began,
            looped: false,
            gop: SECOND,
            joined: 0,
            kbit_s: 0,
        }
    }

    fn seen(view: View, name: ClipName) -> Looked {
        let frame = Drawn::new(view, name).unwrap().next_frame();
        look(&(Drawn::codec(name).unwrap().decode)(&frame.nals).unwrap(), Black::default())
    }

    #[test]
    fn a_stream_may_be_joined_between_two_key_frames() {
        for name in DRAWN {
            let view = View { gop: 100, joined: 93, ..view(1, 0) };
            let mut drawn = Drawn::new(view, name).unwrap();
            let frames: Vec<Frame> = (0..120).map(|_| drawn.next_frame()).collect();
            let keys: Vec<usize> = frames.iter().enumerate().filter(|(_, frame)| frame.key).map(|(n, _)| n).collect();
            assert_eq!(keys, [7, 107], "{name:?}");
            let picture = (Drawn::codec(name).unwrap().decode)(&frames[7].nals).unwrap();
            assert!(look(&picture, Black::default()).hits.is_empty(), "{name:?}");
        }
    }

    #[test]
    fn no_check_finds_anything_whatever_it_is_coded_with() {
        for (n, name) in DRAWN.into_iter().enumerate() {
            for camera in 0..4 {
                let looked = seen(view(camera * 7 + n, 40_000), name);
                let found: Vec<_> = looked.hits.iter().map(|hit| (hit.check.id, hit.value)).collect();
                assert!(found.is_empty() && looked.fingerprint.is_some(), "{name:?} of {camera}: {found:?}, {:?}", looked.light);
            }
        }
    }

    #[test]
    fn no_two_cameras_look_alike_and_no_two_seconds_are_the_same() {
        let looked: Vec<Looked> = (0..48).map(|camera| seen(view(camera, 40_000), ClipName::H265)).collect();
        let prints: Vec<Fingerprint> = looked.iter().map(|looked| looked.fingerprint.unwrap()).collect();
        let pairs = prints.iter().enumerate().flat_map(|(n, a)| prints.iter().skip(n + 1).map(move |b| a.distance(*b)));
        let nearest = pairs.min().unwrap();
        // Fifty million pairs of ten thousand cameras lie within six deviations of the middle of 64, of some six each.
        assert!(nearest > 5 * SAME, "{nearest}");
        let later = seen(view(3, 40_001), ClipName::H265);
        assert!(later.digest != looked[3].digest && later.fingerprint.unwrap().is_same(prints[3]));
        let looped = |second| seen(View { looped: true, ..view(3, second) }, ClipName::H265).digest;
        assert_eq!(looped(0), looped(90_000), "a recording is the same on another day");
    }

    #[test]
    fn a_stream_has_a_key_frame_a_second_and_something_that_moves() {
        for name in DRAWN {
            let mut drawn = Drawn::new(view(1, 0), name).unwrap();
            let frames: Vec<Frame> = (0..60).map(|_| drawn.next_frame()).collect();
            let keys: Vec<usize> = frames.iter().enumerate().filter(|(_, frame)| frame.key).map(|(n, _)| n).collect();
            assert_eq!(keys, [0, 25, 50], "{name:?}");
            let octets = |frame: &Frame| frame.nals.iter().map(Vec::len).sum::<usize>();
            // Larger than a PES packet can say, where the behaviour says so.
            let least = if name == ClipName::Large { 65_536 } else { 20_000 };
            assert!(octets(&frames[0]) > least, "{name:?}: {}", octets(&frames[0]));
        }
    }
}
