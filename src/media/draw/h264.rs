//! H.264 (ISO/IEC 14496-10) in its smallest form: intra macroblocks whose blocks are flat (`Intra_16x16`, prediction by the mean,
//! DC coefficients alone), letters as `I_PCM`, and skipped macroblocks for what stays. CAVLC, without deblocking, so that what a
//! decoder shows is known here without decoding.

use std::collections::BTreeMap;

use super::bits::BitWriter;
use super::{CHROMA_BLOCKS, Canvas, LUMA_BLOCKS, MACROBLOCK};
use crate::media::mux::Frame;

/// At this quantiser one step of a DC coefficient is one step of luma.
const QP: i32 = 28;
const NAL_KEY: u8 = 0x65;
const NAL_PICTURE: u8 = 0x41;
/// Of a picture no other refers to.
const NAL_PASSING: u8 = 0x01;
const NAL_SPS: u8 = 0x67;
const NAL_PPS: u8 = 0x68;
/// Bits of `frame_num` and of the order count.
const COUNT_BITS: u32 = 8;

/// In what a stream differs from the plainest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// High profile, and every second picture between the key frames a B picture.
    pub high: bool,
    /// Rows of macroblocks at which a slice begins, besides the first. What stays from key frame to key frame is not coded again, slice
    /// by slice.
    pub slices: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Predicted,
    Between,
}

/// The samples of a macroblock that its neighbours are predicted from, as sums over the length of what they predict.
#[derive(Debug, Clone, Copy, Default)]
struct Edges {
    below: i32,
    right: i32,
    chroma_below: [[i32; CHROMA_BLOCKS]; 2],
    chroma_right: [[i32; CHROMA_BLOCKS]; 2],
    /// I_PCM, which counts as sixteen coefficients.
    letters: bool,
}

/// Codes the pictures of one stream.
#[derive(Debug)]
pub struct Coder {
    shape: Shape,
    edges: Vec<Edges>,
    frame_num: u32,
    idr: u32,
    /// The slices of the last key frame, with the place of the bit in which the numbers of key frames differ.
    kept: BTreeMap<usize, (BitWriter, usize)>,
    /// Pictures since the key frame, in the order they are shown.
    shown: u32,
}

impl Coder {
    /// Of a stream of this shape.
    #[must_use]
    pub const fn new(shape: Shape) -> Self {
        Self { shape, edges: Vec::new(), frame_num: 0, idr: 0, kept: BTreeMap::new(), shown: 0 }
    }

    /// A key frame, with its parameter sets. Rows that have not `moved` are as in the last one.
    pub fn key(&mut self, canvas: &Canvas, moved: impl Fn(usize) -> bool) -> Frame {
        let (across, down) = canvas.macroblocks();
        self.edges.resize(across * down, Edges::default());
        (self.frame_num, self.shown) = (0, 0);
        self.idr = 1 - self.idr;
        let mut nals = vec![self.sps(canvas), Self::pps()];
        for (first, end) in self.slices(down) {
            let kept = self.kept.get_mut(&first).filter(|_| !(first..end).any(&moved));
            nals.push(match kept {
                Some((bits, place)) => {
                    bits.flip(*place);
                    bits.nal(&[NAL_KEY])
                }
                None => {
                    let (bits, place) = self.slice(canvas, Kind::Key, (first * across, end * across), &|_| true);
                    let nal = bits.nal(&[NAL_KEY]);
                    self.kept.insert(first, (bits, place));
                    nal
                }
            });
        }
        Frame { nals, key: true }
    }

    /// The next picture: what is `changed` anew, the rest as it was.
    pub fn next(&mut self, canvas: &Canvas, changed: impl Fn(usize) -> bool) -> Frame {
        self.frame_num = (self.frame_num + 1) % (1 << COUNT_BITS);
        self.shown += if self.shape.high { 2 } else { 1 };
        self.picture(canvas, Kind::Predicted, &changed)
    }

    /// The picture between the last two, the mean of both; only after [`Self::next`], and only in high profile.
    pub fn between(&mut self, canvas: &Canvas) -> Frame {
        self.picture(canvas, Kind::Between, &|_| false)
    }

    fn picture(&mut self, canvas: &Canvas, kind: Kind, changed: &impl Fn(usize) -> bool) -> Frame {
        let (across, down) = canvas.macroblocks();
        let header = if kind == Kind::Between { NAL_PASSING } else { NAL_PICTURE };
        let slices = self.slices(down).into_iter();
        let nals = slices.map(|(first, end)| self.slice(canvas, kind, (first * across, end * across), changed).0.nal(&[header]));
        Frame { nals: nals.collect(), key: false }
    }

    /// The rows of each slice, from one to before another.
    fn slices(&self, down: usize) -> Vec<(usize, usize)> {
        let starts: Vec<usize> =
            [0].into_iter().chain(self.shape.slices.iter().copied().filter(|row| (1..down).contains(row))).collect();
        let ends = starts.iter().skip(1).copied().chain([down]);
        starts.iter().copied().zip(ends).collect()
    }

    fn slice(
        &mut self,
        canvas: &Canvas,
        kind: Kind,
        (first, end): (usize, usize),
        changed: &impl Fn(usize) -> bool,
    ) -> (BitWriter, usize) {
        let mut bits = BitWriter::default();
        let place = self.head(&mut bits, kind, first);
        let mut skipped = 0;
        for macroblock in first..end {
            if kind == Kind::Between || !changed(macroblock) {
                skipped += 1;
                continue;
            }
            if kind != Kind::Key {
                bits.ue(skipped);
                skipped = 0;
            }
            self.macroblock(&mut bits, canvas, kind, (macroblock, first));
        }
        if skipped > 0 {
            bits.ue(skipped);
        }
        bits.trailing();
        (bits, place)
    }

    /// slice_header (7.3.3). Gives the place of the bit in which the numbers of two key frames differ.
    fn head(&self, bits: &mut BitWriter, kind: Kind, first: usize) -> usize {
        bits.ue(u32::try_from(first).unwrap_or(0));
        // All slices of the picture are of this type.
        bits.ue(match kind {
            Kind::Key => 7,
            Kind::Predicted => 5,
            Kind::Between => 6,
        });
        bits.ue(0);
        let passing = u32::from(kind == Kind::Between);
        bits.bits((self.frame_num + passing) % (1 << COUNT_BITS), COUNT_BITS);
        if kind == Kind::Key {
            // 1 and 2 are written in as many bits.
            bits.ue(self.idr + 1);
        }
        let place = bits.len().saturating_sub(1);
        if self.shape.high {
            bits.bits((self.shown - passing) * 2 % (1 << COUNT_BITS), COUNT_BITS);
        }
        match kind {
            Kind::Key => (),
            // No other number of reference pictures, no other order of them.
            Kind::Predicted => bits.bits(0, 2),
            // The same for both lists; spatial direct prediction.
            Kind::Between => bits.bits(0b1000, 4),
        }
        match kind {
            Kind::Key => bits.bits(0, 2),
            Kind::Predicted => bits.bits(0, 1),
            Kind::Between => (),
        }
        bits.se(0);
        // No deblocking.
        bits.ue(1);
        place
    }

    fn macroblock(&mut self, bits: &mut BitWriter, canvas: &Canvas, kind: Kind, (macroblock, first): (usize, usize)) {
        let (across, _) = canvas.macroblocks();
        let edges = |place: Option<usize>| place.filter(|n| *n >= first).and_then(|n| self.edges.get(n)).copied();
        let left = edges(if macroblock.is_multiple_of(across) { None } else { macroblock.checked_sub(1) });
        let above = edges(macroblock.checked_sub(across));
        let base = if kind == Kind::Key { 0 } else { 5 };
        let mut own = Edges::default();
        let (column, row) = (macroblock % across, macroblock / across);
        let chroma = |plane: usize, n: usize| {
            let mosaic = if plane == 0 { &canvas.u } else { &canvas.v };
            i32::from(mosaic.get(column * CHROMA_BLOCKS + n % CHROMA_BLOCKS, row * CHROMA_BLOCKS + n / CHROMA_BLOCKS))
        };
        if let Some(samples) = canvas.letters(macroblock) {
            bits.ue(base + 25);
            bits.align();
            samples.iter().for_each(|sample| bits.bits(u32::from(*sample), 8));
            for plane in 0..2 {
                for at in 0..64 {
                    let n = at / 32 * CHROMA_BLOCKS + at % 8 / 4;
                    bits.bits(chroma(plane, n).unsigned_abs(), 8);
                }
            }
            let sum = |of: &mut dyn Iterator<Item = usize>| of.filter_map(|at| samples.get(at)).map(|s| i32::from(*s)).sum();
            own.below = sum(&mut (MACROBLOCK * (MACROBLOCK - 1)..MACROBLOCK * MACROBLOCK));
            own.right = sum(&mut (MACROBLOCK - 1..MACROBLOCK * MACROBLOCK).step_by(MACROBLOCK));
            own.letters = true;
            for plane in 0..2 {
                own.close(plane, std::array::from_fn(|n| chroma(plane, n)));
            }
        } else {
            // Intra_16x16, prediction by the mean; with DC coefficients of chroma, without AC ones of luma.
            bits.ue(base + 7);
            bits.ue(0);
            bits.se(0);
            let mean = match (left, above) {
                (Some(left), Some(above)) => (left.right + above.below + 16) >> 5,
                (Some(left), None) => (left.right + 8) >> 4,
                (None, Some(above)) => (above.below + 8) >> 4,
                (None, None) => 128,
            };
            let wanted: [i32; 16] = std::array::from_fn(|n| {
                let block = (column * LUMA_BLOCKS + n % LUMA_BLOCKS, row * LUMA_BLOCKS + n / LUMA_BLOCKS);
                i32::from(canvas.y.get(block.0, block.1)) - mean
            });
            let coefficients = hadamard(wanted).map(|value| rounded(value, 16));
            let shown = hadamard(coefficients).map(|value| (value + mean).clamp(0, 255));
            let count = |edges: Option<Edges>| edges.map(|e| if e.letters { 16 } else { 0 });
            let neighbours = match (count(left), count(above)) {
                (Some(a), Some(b)) => (a + b + 1) >> 1,
                (one, other) => one.or(other).unwrap_or(0),
            };
            let scanned: [i32; 16] = ZIGZAG.map(|at| coefficients.get(at).copied().unwrap_or_default());
            residual(bits, &scanned, if neighbours < 2 { Table::Luma } else { Table::Crowded });
            let at = |n: usize| shown.get(n).copied().unwrap_or_default();
            own.below = 4 * (12..16).map(at).sum::<i32>();
            own.right = 4 * (3..16).step_by(4).map(at).sum::<i32>();
            for plane in 0..2 {
                let predicted = predicted_chroma(plane, left, above);
                let wanted: [i32; 4] = std::array::from_fn(|n| chroma(plane, n) - predicted.get(n).copied().unwrap_or_default());
                let coefficients = hadamard_of_four(wanted).map(|value| rounded(value, 8));
                residual(bits, &coefficients, Table::Chroma);
                let mut shown = hadamard_of_four(coefficients);
                shown.iter_mut().zip(predicted).for_each(|(value, mean)| *value = (2 * *value + mean).clamp(0, 255));
                own.close(plane, shown);
            }
        }
        if let Some(edges) = self.edges.get_mut(macroblock) {
            *edges = own;
        }
    }

    /// seq_parameter_set_rbsp (7.3.2.1).
    fn sps(&self, canvas: &Canvas) -> Vec<u8> {
        let (across, down) = canvas.macroblocks();
        let level = match across * down {
            0..=1_620 => 30,
            1_621..=3_600 => 31,
            _ => 40,
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(0);
        let mut bits = BitWriter::default();
        let (profile, constraints) = if self.shape.high { (100, 0) } else { (66, 0xC0) };
        bits.bits(profile, 8);
        bits.bits(constraints, 8);
        bits.bits(level, 8);
        bits.ue(0);
        if self.shape.high {
            // 4:2:0, 8 bits, no scaling.
            bits.ue(1);
            bits.ue(0);
            bits.ue(0);
            bits.bits(0, 2);
        }
        bits.ue(COUNT_BITS - 4);
        if self.shape.high {
            bits.ue(0);
            bits.ue(COUNT_BITS - 4);
            bits.ue(2);
        } else {
            // Shown in the order they are coded.
            bits.ue(2);
            bits.ue(1);
        }
        bits.bits(0, 1);
        bits.ue(number(across.saturating_sub(1)));
        bits.ue(number(down.saturating_sub(1)));
        // Frames only; direct prediction by eights.
        bits.bits(0b11, 2);
        let cut = |blocks: usize, samples: u32| (number(blocks * MACROBLOCK).saturating_sub(samples)) / 2;
        let (right, below) = (cut(across, canvas.size.0), cut(down, canvas.size.1));
        bits.bit(right + below > 0);
        if right + below > 0 {
            [0, right, 0, below].into_iter().for_each(|value| bits.ue(value));
        }
        bits.bit(false);
        bits.trailing();
        bits.nal(&[NAL_SPS])
    }

    /// pic_parameter_set_rbsp (7.3.2.2).
    fn pps() -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.ue(0);
        bits.ue(0);
        bits.bits(0, 2);
        (0..3).for_each(|_| bits.ue(0));
        bits.bits(0, 3);
        bits.se(QP - 26);
        bits.se(0);
        bits.se(0);
        // Deblocking is said slice by slice.
        bits.bits(0b100, 3);
        bits.trailing();
        bits.nal(&[NAL_PPS])
    }
}

impl Edges {
    /// Takes the four blocks of a chroma plane.
    fn close(&mut self, plane: usize, [_, top_right, bottom_left, bottom_right]: [i32; 4]) {
        if let (Some(below), Some(right)) = (self.chroma_below.get_mut(plane), self.chroma_right.get_mut(plane)) {
            *below = [4 * bottom_left, 4 * bottom_right];
            *right = [4 * top_right, 4 * bottom_right];
        }
    }
}

/// Intra chroma prediction by means (8.3.4.1 to 8.3.4.3), block by block.
fn predicted_chroma(plane: usize, left: Option<Edges>, above: Option<Edges>) -> [i32; 4] {
    let of = |sides: [[i32; CHROMA_BLOCKS]; 2], n: usize| sides.get(plane).and_then(|side| side.get(n)).copied();
    std::array::from_fn(|n| {
        let (x, y) = (n % CHROMA_BLOCKS, n / CHROMA_BLOCKS);
        let left = left.and_then(|edges| of(edges.chroma_right, y));
        let above = above.and_then(|edges| of(edges.chroma_below, x));
        let one = |sum: i32| (sum + 2) >> 2;
        match (left, above) {
            (Some(_), Some(above)) if x > y => one(above),
            (Some(left), Some(_)) if y > x => one(left),
            (Some(left), Some(above)) => (left + above + 4) >> 3,
            (one_side, other) => one_side.or(other).map_or(128, one),
        }
    })
}

/// To the nearest, halves away from zero.
const fn rounded(value: i32, by: i32) -> i32 {
    let half = if value < 0 { -by / 2 } else { by / 2 };
    (value + half) / by
}

/// The transform of DC coefficients (8.5.10), which but for a factor of 16 is its own inverse.
fn hadamard(block: [i32; 16]) -> [i32; 16] {
    let mut block = block;
    for _ in 0..2 {
        let mut turned = [0; 16];
        for (place, [a, b, c, d]) in block.as_chunks::<4>().0.iter().enumerate() {
            let line = [a + b + c + d, a + b - c - d, a - b - c + d, a - b + c - d];
            // Turned over, so that the second step goes down the columns.
            turned.iter_mut().skip(place).step_by(4).zip(line).for_each(|(to, value)| *to = value);
        }
        block = turned;
    }
    block
}

const fn hadamard_of_four([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d]
}

/// Where the coefficients stand in a block, in the order they are sent (8.5.6).
const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// Which codes a block is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// Its neighbours have fewer than two coefficients.
    Luma,
    /// They have eight and more.
    Crowded,
    Chroma,
}

/// residual_block_cavlc (7.3.5.3.2).
fn residual(bits: &mut BitWriter, coefficients: &[i32], table: Table) {
    let levels: Vec<(usize, i32)> = coefficients.iter().copied().enumerate().filter(|(_, level)| *level != 0).rev().collect();
    let total = levels.len();
    let ones = levels.iter().take(3).take_while(|(_, level)| level.abs() == 1).count();
    token(bits, (total, ones), table);
    let Some((last, _)) = levels.first() else { return };
    levels.iter().take(ones).for_each(|(_, level)| bits.bit(*level < 0));
    let mut suffix = u32::from(total > 10 && ones < 3);
    for (place, (_, level)) in levels.iter().skip(ones).enumerate() {
        let mut code = level.unsigned_abs() * 2 - if *level > 0 { 2 } else { 1 };
        if place == 0 && ones < 3 {
            code -= 2;
        }
        write_level(bits, code, suffix);
        suffix = suffix.max(1);
        if level.unsigned_abs() > 3 << (suffix - 1) && suffix < 6 {
            suffix += 1;
        }
    }
    let mut zeros = last + 1 - total;
    if total < coefficients.len() {
        let tables: &[&[&str]] = if table == Table::Chroma { &CHROMA_ZEROS } else { &TOTAL_ZEROS };
        let word = tables.get(total - 1).and_then(|words| words.get(zeros)).copied().unwrap_or_default();
        bits.word(word);
    }
    for pair in levels.windows(2) {
        let [(place, _), (next, _)] = pair else { continue };
        if zeros == 0 {
            break;
        }
        let run = place - next - 1;
        run_before(bits, zeros, run);
        zeros -= run;
    }
}

fn token(bits: &mut BitWriter, (total, ones): (usize, usize), table: Table) {
    let words: &[[&str; 4]] = match table {
        Table::Luma => &COEFF_TOKEN,
        Table::Chroma => &CHROMA_TOKEN,
        Table::Crowded => {
            let number = |n: usize| u32::try_from(n).unwrap_or(0);
            let code = if total == 0 { 3 } else { number(total - 1) << 2 | number(ones) };
            return bits.bits(code, 6);
        }
    };
    bits.word(words.get(total).and_then(|words| words.get(ones)).copied().unwrap_or_default());
}

/// level_prefix and level_suffix (9.2.2.1).
fn write_level(bits: &mut BitWriter, code: u32, suffix: u32) {
    let mut send = |prefix: u32, value: u32, length: u32| {
        bits.bits(0, prefix);
        bits.bit(true);
        bits.bits(value, length);
    };
    match (suffix, code) {
        (0, 0..14) => send(code, 0, 0),
        (0, 14..30) => send(14, code - 14, 4),
        (0, _) => send(15, code - 30, 12),
        _ if code < 15 << suffix => send(code >> suffix, code & ((1 << suffix) - 1), suffix),
        _ => send(15, code - (15 << suffix), 12),
    }
}

/// Table 9-10.
fn run_before(bits: &mut BitWriter, zeros: usize, run: usize) {
    let tables: [&[&str]; 6] = [
        &["1", "0"],
        &["1", "01", "00"],
        &["11", "10", "01", "00"],
        &["11", "10", "01", "001", "000"],
        &["11", "10", "011", "010", "001", "000"],
        &["11", "000", "001", "011", "010", "101", "100"],
    ];
    match (tables.get(zeros - 1), u32::try_from(run).unwrap_or(0)) {
        (Some(words), _) => bits.word(words.get(run).copied().unwrap_or_default()),
        (None, run @ 0..7) => bits.bits(7 - run, 3),
        (None, run) => {
            bits.bits(0, run - 4);
            bits.bit(true);
        }
    }
}

/// Table 9-5, nC below two: by total_coeff, then by trailing ones.
const COEFF_TOKEN: [[&str; 4]; 17] = [
    ["1", "", "", ""],
    ["000101", "01", "", ""],
    ["00000111", "000100", "001", ""],
    ["000000111", "00000110", "0000101", "00011"],
    ["0000000111", "000000110", "00000101", "000011"],
    ["00000000111", "0000000110", "000000101", "0000100"],
    ["0000000001111", "00000000110", "0000000101", "00000100"],
    ["0000000001011", "0000000001110", "00000000101", "000000100"],
    ["0000000001000", "0000000001010", "0000000001101", "0000000100"],
    ["00000000001111", "00000000001110", "0000000001001", "00000000100"],
    ["00000000001011", "00000000001010", "00000000001101", "0000000001100"],
    ["000000000001111", "000000000001110", "00000000001001", "00000000001100"],
    ["000000000001011", "000000000001010", "000000000001101", "00000000001000"],
    ["0000000000001111", "000000000000001", "000000000001001", "000000000001100"],
    ["0000000000001011", "0000000000001110", "0000000000001101", "000000000001000"],
    ["0000000000000111", "0000000000001010", "0000000000001001", "0000000000001100"],
    ["0000000000000100", "0000000000000110", "0000000000000101", "0000000000001000"],
];

/// The same for the DC coefficients of chroma.
const CHROMA_TOKEN: [[&str; 4]; 5] = [
    ["01", "", "", ""],
    ["000111", "1", "", ""],
    ["000100", "000110", "001", ""],
    ["000011", "0000011", "0000010", "000101"],
    ["000010", "00000011", "00000010", "0000000"],
];

/// Tables 9-7 and 9-8, by total_coeff.
const TOTAL_ZEROS: [&[&str]; 15] = [
    &[
        "1",
        "011",
        "010",
        "0011",
        "0010",
        "00011",
        "00010",
        "000011",
        "000010",
        "0000011",
        "0000010",
        "00000011",
        "00000010",
        "000000011",
        "000000010",
        "000000001",
    ],
    &[
        "111", "110", "101", "100", "011", "0101", "0100", "0011", "0010", "00011", "00010", "000011", "000010", "000001",
        "000000",
    ],
    &["0101", "111", "110", "101", "0100", "0011", "100", "011", "0010", "00011", "00010", "000001", "00001", "000000"],
    &["00011", "111", "0101", "0100", "110", "101", "100", "0011", "011", "0010", "00010", "00001", "00000"],
    &["0101", "0100", "0011", "111", "110", "101", "100", "011", "0010", "00001", "0001", "00000"],
    &["000001", "00001", "111", "110", "101", "100", "011", "010", "0001", "001", "000000"],
    &["000001", "00001", "101", "100", "011", "11", "010", "0001", "001", "000000"],
    &["000001", "0001", "00001", "011", "11", "10", "010", "001", "000000"],
    &["000001", "000000", "0001", "11", "10", "001", "01", "00001"],
    &["00001", "00000", "001", "11", "10", "01", "0001"],
    &["0000", "0001", "001", "010", "1", "011"],
    &["0000", "0001", "01", "1", "001"],
    &["000", "001", "1", "01"],
    &["00", "01", "1"],
    &["0", "1"],
];

/// Table 9-9, likewise.
const CHROMA_ZEROS: [&[&str]; 3] = [&["1", "01", "001", "000"], &["1", "01", "00"], &["1", "0"]];
