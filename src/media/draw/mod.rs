//! Pictures made by numbers, and coded: what simulated cameras see. Written plainly and for that alone; nothing of it is asked
//! when a picture is judged.
//!
//! A [`Canvas`] is a mosaic of flat blocks with some macroblocks in which every sample counts, for letters. Both coders write what
//! their standards define and any decoder reads; neither is fit for anything else.

mod bits;
pub mod h264;
pub mod h265;

use std::collections::BTreeMap;

/// Samples of a macroblock's side.
pub const MACROBLOCK: usize = 16;
/// Blocks of luma, and of chroma, along it.
const LUMA_BLOCKS: usize = 4;
const CHROMA_BLOCKS: usize = 2;

/// One colour plane in blocks of four samples.
#[derive(Debug, Clone, Default)]
pub struct Mosaic {
    wide: usize,
    cells: Vec<u8>,
}

impl Mosaic {
    fn new(wide: usize, high: usize, value: u8) -> Self {
        Self { wide, cells: vec![value; wide * high] }
    }

    /// A block; the nearest there is beyond the edges.
    #[must_use]
    pub fn get(&self, x: usize, y: usize) -> u8 {
        let x = x.min(self.wide.saturating_sub(1));
        let rows = self.cells.len() / self.wide.max(1);
        self.cells.get(y.min(rows.saturating_sub(1)) * self.wide + x).copied().unwrap_or_default()
    }

    /// Paints a block; nothing beyond the edges.
    pub fn set(&mut self, x: usize, y: usize, value: u8) {
        if x < self.wide
            && let Some(cell) = self.cells.get_mut(y * self.wide + x)
        {
            *cell = value;
        }
    }
}

/// A picture to be coded.
#[derive(Debug, Clone, Default)]
pub struct Canvas {
    /// Its size in samples; what is beyond it in the last macroblocks is cut off when it is shown.
    pub size: (u32, u32),
    across: usize,
    down: usize,
    /// Luma, in blocks of 4 x 4 samples.
    pub y: Mosaic,
    /// Blue, in blocks of 8 x 8 samples of luma.
    pub u: Mosaic,
    /// Red, likewise.
    pub v: Mosaic,
    /// The luma of macroblocks that are no mosaic, row by row.
    letters: BTreeMap<usize, Box<[u8; MACROBLOCK * MACROBLOCK]>>,
}

impl Canvas {
    /// A grey one.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let blocks = |samples: u32| usize::try_from(samples).unwrap_or(0).div_ceil(MACROBLOCK);
        let (across, down) = (blocks(width), blocks(height));
        let chroma = || Mosaic::new(across * CHROMA_BLOCKS, down * CHROMA_BLOCKS, 128);
        Self {
            size: (width, height),
            across,
            down,
            y: Mosaic::new(across * LUMA_BLOCKS, down * LUMA_BLOCKS, 128),
            u: chroma(),
            v: chroma(),
            letters: BTreeMap::new(),
        }
    }

    /// Macroblocks across and down.
    #[must_use]
    pub const fn macroblocks(&self) -> (usize, usize) {
        (self.across, self.down)
    }

    /// Paints one sample of luma; its macroblock is a mosaic no longer.
    pub fn dot(&mut self, x: usize, y: usize, value: u8) {
        if x >= self.across * MACROBLOCK || y >= self.down * MACROBLOCK {
            return;
        }
        let (column, row) = (x / MACROBLOCK, y / MACROBLOCK);
        let plane = &self.y;
        let samples = self.letters.entry(row * self.across + column).or_insert_with(|| {
            Box::new(std::array::from_fn(|at| {
                let (x, y) = (column * MACROBLOCK + at % MACROBLOCK, row * MACROBLOCK + at / MACROBLOCK);
                plane.get(x / LUMA_BLOCKS, y / LUMA_BLOCKS)
            }))
        });
        if let Some(sample) = samples.get_mut(y % MACROBLOCK * MACROBLOCK + x % MACROBLOCK) {
            *sample = value;
        }
    }

    /// The luma of a macroblock that is no mosaic.
    fn letters(&self, macroblock: usize) -> Option<&[u8; MACROBLOCK * MACROBLOCK]> {
        self.letters.get(&macroblock).map(AsRef::as_ref)
    }

    /// A sample of luma.
    fn sample(&self, x: usize, y: usize) -> u8 {
        let macroblock = y / MACROBLOCK * self.across + x / MACROBLOCK;
        match self.letters.get(&macroblock) {
            Some(samples) => samples.get(y % MACROBLOCK * MACROBLOCK + x % MACROBLOCK).copied().unwrap_or_default(),
            None => self.y.get(x / LUMA_BLOCKS, y / LUMA_BLOCKS),
        }
    }
}

#[cfg(test)]
mod tests;
