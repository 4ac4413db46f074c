//! 模糊. Edges are so soft that blurring the picture once more hardly changes it (Crete's measure: the part of the difference
//! between neighbours that a mean over nine samples leaves). It asks for a picture with something to see, so that fog and a clear
//! sky are not called blurred. A picture blurred in one direction only, by motion, is not told.

use super::{Check, Scene};
use crate::base::lang::Text;

/// Percent that is left. A sharp edge leaves 11, one that rises over three samples 33, over ten 78; a street out of focus by one
/// sample (sigma) 50, by two 70, by five 82.
const LIMIT: u32 = 80;
/// Luma between the first and the ninety-ninth percent of the samples below which there is nothing to be blurred.
const SPAN: u8 = 80;
/// Every so many rows is looked at.
const EVERY: usize = 8;
/// A smaller change between neighbours is rounding, which is sharp whatever it rounds.
const FINE: u8 = 2;
/// Samples of the mean to either side.
const REACH: usize = 4;

pub(super) static CHECK: Check = Check {
    id: "blur",
    title: Text::new("模糊", "blurred"),
    measures: Text::new("再次模糊后剩余的邻差，%", "difference between neighbours that blurring leaves, percent"),
    ends: false,
    find,
};

/// Differences between neighbours, and what blurring takes of them, in ninths.
#[derive(Default)]
struct Change {
    all: u64,
    taken: u64,
}

impl Change {
    /// Two neighbours, and the two samples that the mean over nine gains and loses from one to the other.
    fn add(&mut self, (a, b): (&[u8], &[u8]), (gained, lost): (&[u8], &[u8])) {
        let (mut all, mut taken) = (0_u32, 0_u32);
        for ((a, b), (gained, lost)) in a.iter().zip(b).zip(gained.iter().zip(lost)) {
            let change = a.abs_diff(*b);
            let sharp = if change < FINE { 0 } else { u32::from(change) * 9 };
            all += sharp;
            taken += sharp.saturating_sub(u32::from(gained.abs_diff(*lost)));
        }
        self.all += u64::from(all);
        self.taken += u64::from(taken);
    }

    fn left(&self) -> Option<u32> {
        let left = (self.all - self.taken) * 100;
        left.checked_div(self.all).and_then(|percent| u32::try_from(percent).ok())
    }
}

fn find(scene: &Scene<'_>) -> Option<u32> {
    if scene.span() < SPAN {
        return None;
    }
    let plane = scene.picture.luma();
    let (mut along, mut down) = (Change::default(), Change::default());
    for y in (REACH + 1..plane.height().saturating_sub(REACH)).step_by(EVERY) {
        let row = plane.row(y);
        let from = |at: usize| row.get(at..).unwrap_or_default();
        along.add((from(REACH + 1), from(REACH)), (from(2 * REACH + 1), row));
        down.add((row, plane.row(y - 1)), (plane.row(y + REACH), plane.row(y - REACH - 1)));
    }
    Some(along.left()?.min(down.left()?)).filter(|left| *left >= LIMIT)
}
