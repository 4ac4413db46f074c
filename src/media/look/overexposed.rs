//! 过曝. A picture most of which is at the top of the scale. A bright sky fills half of a badly pointed camera's picture, and snow
//! that is exposed at all stays below the top.

use super::{Check, Scene};
use crate::base::lang::Text;

/// Luma from which on nothing is told apart any more.
const TOP: u8 = 250;
/// Percent of the samples.
const SHARE: u32 = 60;

pub(super) static CHECK: Check = Check {
    id: "overexposed",
    title: Text::new("过曝", "overexposed"),
    measures: Text::new("全白所占面积，%", "area at the top of the scale, percent"),
    ends: false,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    Some(scene.luma.percent(TOP..=u8::MAX)).filter(|share| *share >= SHARE)
}
