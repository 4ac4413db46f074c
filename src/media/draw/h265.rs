//! H.265 (ISO/IEC 23008-2) in its smallest form: key frames whose coding units are PCM, and pictures all of whose units are skipped.
//!
//! What is coded by contexts has the same value every time and that value is the likely one from the start, so that the arithmetic
//! coder never codes an unlikely one: half of its tables are not needed.

use super::bits::BitWriter;
use super::{Canvas, MACROBLOCK};
use crate::media::mux::Frame;

/// Bits of a sample in PCM. What is lost of it is seen by nobody in a mosaic.
const LUMA_BITS: u32 = 5;
const CHROMA_BITS: u32 = 4;
/// Bits of the order count.
const COUNT_BITS: u32 = 8;
/// The quantiser of slices, at which skipping is the likely thing (table 9-10).
const SLICE_QP: i32 = 51;
const NAL_KEY: u8 = 19;
const NAL_PICTURE: u8 = 1;
const NAL_VPS: u8 = 32;
const NAL_SPS: u8 = 33;
const NAL_PPS: u8 = 34;

/// Codes the pictures of one stream.
#[derive(Debug, Default)]
pub struct Coder {
    /// Bits of a sample as it is shown: 8 or 10.
    depth: u32,
    shown: u32,
    /// The rows of units of the last key frame: PCM ends at an octet, and what is arithmetic is the same every time.
    rows: Vec<Vec<u8>>,
}

impl Coder {
    /// Of a stream of so many bits a sample: 8, or 10 (Main 10).
    #[must_use]
    pub const fn new(depth: u32) -> Self {
        Self { depth, shown: 0, rows: Vec::new() }
    }

    /// A key frame, with its parameter sets. Rows that have not `moved` are as in the last one.
    pub fn key(&mut self, canvas: &Canvas, moved: impl Fn(usize) -> bool) -> Frame {
        self.shown = 0;
        let (across, down) = canvas.macroblocks();
        let is_first = self.rows.len() != down;
        self.rows.resize(down, Vec::new());
        for (number, row) in self.rows.iter_mut().enumerate().filter(|(number, _)| is_first || moved(*number)) {
            let mut bits = BitWriter::default();
            for column in 0..across {
                let before = number * across + column;
                let mut whole = Context::new(184);
                whole.state = (whole.state + before).min(62);
                let mut coder = Arithmetic::default();
                if before > 0 {
                    coder.end_of_slice(&mut bits, false);
                }
                // Undivided, and PCM.
                coder.likely(&mut bits, &mut whole);
                coder.last(&mut bits);
                pcm(&mut bits, canvas, (column, number));
            }
            *row = bits.octets().to_vec();
        }
        let mut bits = BitWriter::default();
        // The first slice of its picture, which needs no earlier one; picture parameter set 0; an I slice.
        bits.bits(0b10, 2);
        bits.ue(0);
        bits.ue(2);
        bits.se(SLICE_QP - 26);
        bits.trailing();
        self.rows.iter().for_each(|row| bits.append(row));
        Arithmetic::default().end_of_slice(&mut bits, true);
        Frame { nals: vec![self.vps(), self.sps(canvas), Self::pps(), bits.nal(&header(NAL_KEY))], key: true }
    }

    /// The next picture, the same as the one before.
    pub fn next(&mut self, canvas: &Canvas) -> Frame {
        self.shown = (self.shown + 1) % (1 << COUNT_BITS);
        let (across, down) = canvas.macroblocks();
        let mut bits = BitWriter::default();
        bits.bits(1, 1);
        bits.ue(0);
        bits.ue(1);
        bits.bits(self.shown, COUNT_BITS);
        // The one set of reference pictures there is; the number of them as it is set; one candidate to merge with.
        bits.bits(0b10, 2);
        bits.ue(4);
        bits.se(SLICE_QP - 26);
        bits.trailing();
        let mut coder = Arithmetic::default();
        let mut skipped = [197, 185, 201].map(Context::new);
        for unit in 0..across * down {
            let neighbours = usize::from(unit % across > 0) + usize::from(unit >= across);
            if let Some(context) = skipped.get_mut(neighbours) {
                coder.likely(&mut bits, context);
            }
            coder.end_of_slice(&mut bits, unit + 1 == across * down);
        }
        Frame { nals: vec![bits.nal(&header(NAL_PICTURE))], key: false }
    }

    /// profile_tier_level (7.3.3): Main or Main 10, level 3.
    fn profile(&self, bits: &mut BitWriter) {
        let profile = if self.depth > 8 { 2 } else { 1 };
        bits.bits(profile, 8);
        // Compatible with itself, and Main with Main 10.
        bits.bits(if profile == 1 { 0x6000_0000 } else { 0x2000_0000 }, 32);
        // Progressive, frames only.
        bits.bits(0b1001, 4);
        bits.bits(0, 32);
        bits.bits(0, 12);
        bits.bits(90, 8);
    }

    fn vps(&self) -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.bits(0b00_0011, 6);
        // One layer, one sub-layer, which does not change between pictures.
        bits.bits(0, 6);
        bits.bits(0, 3);
        bits.bit(true);
        bits.bits(0xFFFF, 16);
        self.profile(&mut bits);
        buffering(&mut bits);
        bits.bits(0, 6);
        bits.ue(0);
        bits.bits(0, 2);
        bits.trailing();
        bits.nal(&header(NAL_VPS))
    }

    /// seq_parameter_set_rbsp (7.3.2.2.1).
    fn sps(&self, canvas: &Canvas) -> Vec<u8> {
        let (across, down) = canvas.macroblocks();
        let size = |blocks: usize| u32::try_from(blocks * MACROBLOCK).unwrap_or(0);
        let (wide, high) = (size(across), size(down));
        let mut bits = BitWriter::default();
        bits.bits(0, 7);
        bits.bit(true);
        self.profile(&mut bits);
        bits.ue(0);
        bits.ue(1);
        bits.ue(wide);
        bits.ue(high);
        let (right, below) = (wide.saturating_sub(canvas.size.0) / 2, high.saturating_sub(canvas.size.1) / 2);
        bits.bit(right + below > 0);
        if right + below > 0 {
            [0, right, 0, below].into_iter().for_each(|value| bits.ue(value));
        }
        bits.ue(self.depth - 8);
        bits.ue(self.depth - 8);
        bits.ue(COUNT_BITS - 4);
        buffering(&mut bits);
        // Coding blocks of 16 samples and no others; transforms of 4 to 16.
        [1, 0, 0, 2, 0, 0].into_iter().for_each(|value| bits.ue(value));
        // No scaling lists, no asymmetric parts, no sample adaptive offset; PCM.
        bits.bits(0b0001, 4);
        bits.bits(LUMA_BITS - 1, 4);
        bits.bits(CHROMA_BITS - 1, 4);
        bits.ue(1);
        bits.ue(0);
        bits.bit(true);
        // One set of reference pictures: the picture before.
        bits.ue(1);
        bits.ue(1);
        bits.ue(0);
        bits.ue(0);
        bits.bit(true);
        // No long-term ones, no motion from other pictures, no smoothing; nothing more.
        bits.bits(0, 5);
        bits.trailing();
        bits.nal(&header(NAL_SPS))
    }

    /// pic_parameter_set_rbsp (7.3.2.3.1).
    fn pps() -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.ue(0);
        bits.ue(0);
        // No dependent slices, no output flag, no extra bits, no sign hiding, no initial contexts of a slice's own.
        bits.bits(0, 7);
        (0..2).for_each(|_| bits.ue(0));
        bits.se(0);
        // No constrained prediction, no skipped transforms, no quantiser of a unit's own.
        bits.bits(0, 3);
        (0..2).for_each(|_| bits.se(0));
        // No offsets of chroma in slices, no weights, no lossless units, no tiles, no rows by themselves, nothing across slices;
        // then deblocking: said here, and off.
        bits.bits(0, 7);
        bits.bits(0b101, 3);
        // No scaling lists, no other order of references; merging level; nothing more.
        bits.bits(0, 2);
        bits.ue(0);
        bits.bits(0, 2);
        bits.trailing();
        bits.nal(&header(NAL_PPS))
    }
}

/// The header of a unit: layer 0, the first sub-layer.
const fn header(kind: u8) -> [u8; 2] {
    [kind << 1, 1]
}

/// Sub-layer ordering, the same for all: two pictures kept, none shown out of order.
fn buffering(bits: &mut BitWriter) {
    bits.bit(true);
    [1, 0, 0].into_iter().for_each(|value| bits.ue(value));
}

/// pcm_sample (7.3.8.7).
fn pcm(bits: &mut BitWriter, canvas: &Canvas, (column, row): (usize, usize)) {
    let half = MACROBLOCK / 2;
    for y in 0..MACROBLOCK {
        for x in 0..MACROBLOCK {
            let sample = canvas.sample(column * MACROBLOCK + x, row * MACROBLOCK + y);
            bits.bits(u32::from(sample) >> (8 - LUMA_BITS), LUMA_BITS);
        }
    }
    for mosaic in [&canvas.u, &canvas.v] {
        for at in 0..half * half {
            let sample = mosaic.get(column * 2 + at % half / 4, row * 2 + at / half / 4);
            // To the nearest: grey stays grey.
            bits.bits((u32::from(sample) + 7).min(255) >> (8 - CHROMA_BITS), CHROMA_BITS);
        }
    }
}

/// A context variable whose value is always the likely one (9.3.2.2).
#[derive(Debug, Clone, Copy)]
struct Context {
    state: usize,
    likely: bool,
}

impl Context {
    fn new(initial: i32) -> Self {
        let (slope, offset) = ((initial >> 4) * 5 - 45, ((initial & 15) << 3) - 16);
        let state = (((slope * SLICE_QP) >> 4) + offset).clamp(1, 126);
        let likely = state > 63;
        let state = if likely { state - 64 } else { 63 - state };
        Self { state: usize::try_from(state).unwrap_or(0), likely }
    }
}

/// The arithmetic coder (9.3.4.5, as an encoder).
#[derive(Debug)]
struct Arithmetic {
    low: u32,
    range: u32,
    first: bool,
    outstanding: u32,
}

impl Default for Arithmetic {
    fn default() -> Self {
        Self { low: 0, range: 510, first: true, outstanding: 0 }
    }
}

impl Arithmetic {
    /// Codes the likely value.
    fn likely(&mut self, bits: &mut BitWriter, context: &mut Context) {
        debug_assert!(context.likely, "the value coded is 1, and has to be the likely one");
        let quarter = usize::try_from(self.range >> 6 & 3).unwrap_or(0);
        let unlikely = RANGES.get(context.state).and_then(|ranges| ranges.get(quarter)).copied().unwrap_or(2);
        self.range -= u32::from(unlikely);
        context.state = (context.state + 1).min(62);
        self.renormalise(bits);
    }

    /// Codes 1 before what is not arithmetic, or at the end; then the coder is done, and the octet is filled.
    fn last(&mut self, bits: &mut BitWriter) {
        self.low += self.range - 2;
        self.range = 2;
        self.renormalise(bits);
        self.put(bits, self.low >> 9 & 1 == 1);
        bits.bits(self.low >> 7 & 3 | 1, 2);
        bits.align();
    }

    fn end_of_slice(&mut self, bits: &mut BitWriter, is_end: bool) {
        if is_end {
            self.last(bits);
        } else {
            self.range -= 2;
            self.renormalise(bits);
        }
    }

    fn renormalise(&mut self, bits: &mut BitWriter) {
        while self.range < 256 {
            match self.low {
                0..256 => self.put(bits, false),
                512.. => {
                    self.low -= 512;
                    self.put(bits, true);
                }
                _ => {
                    self.low -= 256;
                    self.outstanding += 1;
                }
            }
            self.range <<= 1;
            self.low <<= 1;
        }
    }

    fn put(&mut self, bits: &mut BitWriter, bit: bool) {
        if self.first {
            self.first = false;
        } else {
            bits.bit(bit);
        }
        (0..std::mem::take(&mut self.outstanding)).for_each(|_| bits.bit(!bit));
    }
}

/// Table 9-46.
const RANGES: [[u8; 4]; 64] = [
    [128, 176, 208, 240],
    [128, 167, 197, 227],
    [128, 158, 187, 216],
    [123, 150, 178, 205],
    [116, 142, 169, 195],
    [111, 135, 160, 185],
    [105, 128, 152, 175],
    [100, 122, 144, 166],
    [95, 116, 137, 158],
    [90, 110, 130, 150],
    [85, 104, 123, 142],
    [81, 99, 117, 135],
    [77, 94, 111, 128],
    [73, 89, 105, 122],
    [69, 85, 100, 116],
    [66, 80, 95, 110],
    [62, 76, 90, 104],
    [59, 72, 86, 99],
    [56, 69, 81, 94],
    [53, 65, 77, 89],
    [51, 62, 73, 85],
    [48, 59, 69, 80],
    [46, 56, 66, 76],
    [43, 53, 63, 72],
    [41, 50, 59, 69],
    [39, 48, 56, 65],
    [37, 45, 54, 62],
    [35, 43, 51, 59],
    [33, 41, 48, 56],
    [32, 39, 46, 53],
    [30, 37, 43, 50],
    [29, 35, 41, 48],
    [27, 33, 39, 45],
    [26, 31, 37, 43],
    [24, 30, 35, 41],
    [23, 28, 33, 39],
    [22, 27, 32, 37],
    [21, 26, 30, 35],
    [20, 24, 29, 33],
    [19, 23, 27, 31],
    [18, 22, 26, 30],
    [17, 21, 25, 28],
    [16, 20, 23, 27],
    [15, 19, 22, 25],
    [14, 18, 21, 24],
    [14, 17, 20, 23],
    [13, 16, 19, 22],
    [12, 15, 18, 21],
    [12, 14, 17, 20],
    [11, 14, 16, 19],
    [11, 13, 15, 18],
    [10, 12, 15, 17],
    [10, 12, 14, 16],
    [9, 11, 13, 15],
    [9, 11, 12, 14],
    [8, 10, 12, 14],
    [8, 9, 11, 13],
    [7, 9, 11, 12],
    [7, 9, 10, 12],
    [7, 8, 10, 11],
    [6, 8, 9, 11],
    [6, 7, 9, 10],
    [6, 7, 8, 9],
    [2, 2, 2, 2],
];
