//! 噪声. Grain everywhere, also where there is nothing to see: the snow of a dead analogue input, gain far too high. Measured
//! where a picture is smoothest (Immerkaer's operator, block by block), so that leaves and gravel are not taken for it. What an
//! encoder smoothed away is not told.

use super::{Check, Scene};
use crate::base::lang::Text;

/// Side of a block, samples.
const BLOCK: usize = 16;
/// Bands of blocks looked at: a picture of 1080 rows has four times as many.
const BANDS: usize = 16;
/// The share of blocks that are smoothest, percent; the noisiest of these is what counts.
const SMOOTHEST: usize = 20;
/// Standard deviation of the grain, luma. Cameras at night at full gain have 3 to 8.
const LIMIT: u32 = 12;

pub(super) static CHECK: Check = Check {
    id: "noise",
    title: Text::new("噪声", "noise"),
    measures: Text::new("噪声的标准差，0—255", "standard deviation of the grain, 0 to 255"),
    ends: false,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    let plane = scene.picture.luma();
    let bands = plane.height() / BLOCK;
    let mut blocks: Vec<u32> = Vec::new();
    for band in 0..bands.min(BANDS) {
        let top = band * bands / bands.min(BANDS) * BLOCK;
        let mut sums = vec![0_u32; plane.width().saturating_sub(2) / BLOCK];
        let mut before: [Vec<i16>; 2] = [curvature(plane.row(top)), curvature(plane.row(top + 1))];
        for y in top + 2..top + BLOCK {
            let here = curvature(plane.row(y));
            let [above, middle] = &before;
            let rough = above.iter().zip(middle).zip(&here).map(|((a, b), c)| u32::from((a - 2 * b + c).unsigned_abs()));
            let rough: Vec<u32> = rough.collect();
            sums.iter_mut().zip(rough.as_chunks::<BLOCK>().0).for_each(|(sum, block)| *sum += block.iter().sum::<u32>());
            let [_, middle] = before;
            before = [middle, here];
        }
        blocks.append(&mut sums);
    }
    if blocks.is_empty() {
        return None;
    }
    let place = blocks.len() * SMOOTHEST / 100;
    let (_, rough, _) = blocks.select_nth_unstable(place);
    // sqrt(pi / 2) / 6 of the mean is sigma.
    let samples = u64::try_from(BLOCK * (BLOCK - 2)).unwrap_or(1);
    let sigma = u64::from(*rough) * 2_089 / (10_000 * samples);
    u32::try_from(sigma).ok().filter(|sigma| *sigma >= LIMIT)
}

/// The second difference along a row.
fn curvature(row: &[u8]) -> Vec<i16> {
    let next = row.get(1..).unwrap_or_default();
    let after = row.get(2..).unwrap_or_default();
    row.iter().zip(next).zip(after).map(|((a, b), c)| i16::from(*a) - 2 * i16::from(*b) + i16::from(*c)).collect()
}
