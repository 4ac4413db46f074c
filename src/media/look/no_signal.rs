//! 无信号画面: a blue card or colour bars, as recorders draw them where an input is dead. Half of the picture and more is flat
//! and of a strong colour. A card in black, white or grey is not told; one of one colour is [`super::single_color`]'s.

use super::{Check, Scene};
use crate::base::lang::Text;
use crate::media::picture::Plane;

/// Distance of chroma from grey. The deepest sky and lawn stay under 40, the weakest colour bar has 60.
const STRONG: u8 = 50;
/// Cells this near to their neighbours are flat; light on a painted wall changes more.
const FLAT: u8 = 2;
/// Percent of the cells.
const SHARE: u64 = 50;

pub(super) static CHECK: Check = Check {
    id: "no_signal",
    title: Text::new("无信号画面", "a no-signal card"),
    measures: Text::new("均匀强色所占面积，%", "area of flat strong colour, percent"),
    ends: true,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    let small = &scene.small;
    let width = small.y.width();
    let flat = |plane: &[u8], at: usize| {
        let here = plane.get(at).copied().unwrap_or_default();
        // The last cell of a row is held against the first of the next: one in a row, and it hardly ever is alike.
        [at + 1, at + width].iter().filter_map(|next| plane.get(*next)).all(|next| next.abs_diff(here) <= FLAT)
    };
    let planes = [&small.y, &small.u, &small.v].map(Plane::samples);
    let found = small.colours().enumerate().filter(|(_, (_, strength))| *strength >= STRONG);
    let found = found.filter(|(at, _)| planes.iter().all(|plane| flat(plane, *at))).count() as u64;
    let share = (found * 100).checked_div(small.y.samples().len() as u64).unwrap_or(0);
    (share >= SHARE).then(|| u32::try_from(share).unwrap_or(100))
}
