//! Whether two pictures show the same: 128 comparisons of neighbouring cells (dHash along and down), and for the same picture to
//! the last cell a digest.
//!
//! Sixty-four comparisons are not enough here: they are of one direction, and among ten thousand cameras there are fifty million
//! pairs, of which streets under a sky share half the answers. [`SAME`] of 128 or fewer differ where it is one picture, coded
//! again or seen a moment later; a picture with too few edges to say has no fingerprint.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::base::text::hex;
use crate::media::picture::Plane;

/// Comparisons in which two pictures may differ and be the same: what coding a picture anew changes.
pub const SAME: u32 = 4;
/// Cells of a side.
const CELLS: usize = 8;
/// Luma by which two cells differ that are told apart whatever is done to the picture.
const CLEAR: u8 = 4;
/// So many of the 128 comparisons have to be clear: fewer are a wall, a fog, a night, and those are all alike.
const MIN_CLEAR: usize = 64;
/// Characters of a digest: 96 bits.
const DIGEST_CHARS: usize = 24;

/// What a picture looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// Of the luma of a picture; nothing where it has too little of a shape.
    pub(super) fn of(luma: &Plane) -> Option<Self> {
        let (mut bits, mut clear) = (0_u128, 0);
        let mut compare = |a: u8, b: u8| {
            bits = bits << 1 | u128::from(a < b);
            clear += usize::from(a.abs_diff(b) >= CLEAR);
        };
        let along = luma.cells(CELLS + 1, CELLS);
        for row in (0..along.height()).map(|y| along.row(y)) {
            row.iter().zip(row.iter().skip(1)).for_each(|(a, b)| compare(*a, *b));
        }
        let down = luma.cells(CELLS, CELLS + 1);
        for y in 1..down.height() {
            down.row(y - 1).iter().zip(down.row(y)).for_each(|(a, b)| compare(*a, *b));
        }
        (clear >= MIN_CLEAR).then_some(Self(bits))
    }

    /// In how many comparisons two differ.
    #[must_use]
    pub const fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }

    /// Whether two are of one picture.
    #[must_use]
    pub const fn is_same(self, other: Self) -> bool {
        self.distance(other) <= SAME
    }

    /// Eight parts with their places. Two that are the same have at least one of them in common, since [`SAME`] is less than eight.
    pub fn parts(self) -> impl Iterator<Item = (u8, u16)> {
        (0..8_u8).zip(self.0.to_be_bytes().as_chunks::<2>().0.to_vec()).map(|(place, part)| (place, u16::from_be_bytes(part)))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// The digest of a picture in cells.
pub(super) fn digest(luma: &Plane) -> String {
    let mut text = hex(&Sha256::digest(luma.samples()));
    text.truncate(DIGEST_CHARS);
    text
}
