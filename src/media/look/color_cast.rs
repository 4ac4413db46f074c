//! 偏色. Everything is tinted the same way, and nothing that is neither dark nor bright is grey: an infrared filter that stuck, a
//! broken wire of a colour channel. Lawn, sky and sodium light leave roads, walls and clouds grey; a monochrome picture is all
//! grey. A faint tint is not told.

use super::{Check, Scene};
use crate::base::lang::Text;

/// Distance of the mean chroma from grey. The mean of green parks was seen at half of it.
const TINT: f64 = 20.0;
/// Distance of chroma from grey up to which a cell is grey.
const GREY: u8 = 8;
/// Percent of the cells in the middle of the scale that may be grey all the same.
const GREY_SHARE: usize = 2;
/// The middle of the scale; what is darker or brighter has little colour whatever tints it.
const MIDDLE: std::ops::RangeInclusive<u8> = 40..=235;
/// Percent of the cells that have to lie in it.
const MIDDLE_SHARE: usize = 10;

pub(super) static CHECK: Check = Check {
    id: "color_cast",
    title: Text::new("偏色", "colour cast"),
    measures: Text::new("平均色度离灰色的距离，0—181", "distance of the mean chroma from grey, 0 to 181"),
    ends: false,
    find,
};

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 181")]
fn find(scene: &Scene<'_>) -> Option<u32> {
    let small = &scene.small;
    let (mut middle, mut grey) = (0_usize, 0_usize);
    for (_, strength) in small.colours().filter(|(luma, _)| MIDDLE.contains(luma)) {
        middle += 1;
        grey += usize::from(strength <= GREY);
    }
    if middle * 100 < small.y.samples().len() * MIDDLE_SHARE || grey * 100 > middle * GREY_SHARE {
        return None;
    }
    let [u, v] = [&small.u, &small.v].map(|plane| mean(plane.samples()) - 128.0);
    Some(u.hypot(v)).filter(|tint| *tint >= TINT).map(|tint| tint as u32)
}

fn mean(samples: &[u8]) -> f64 {
    let sum: u32 = samples.iter().map(|sample| u32::from(*sample)).sum();
    f64::from(sum) / f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX).max(1))
}
