//! 黑屏. The rule, and its two limits, are [`Picture::sight`](crate::media::picture::Picture::sight)'s.

use super::{Check, Scene};
use crate::base::lang::Text;
use crate::media::picture::Sight;

pub(super) static CHECK: Check = Check {
    id: "black",
    title: Text::new("黑屏", "black"),
    measures: Text::new("平均亮度，0—255", "mean luma, 0 to 255"),
    ends: true,
    find,
};

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of octets")]
fn find(scene: &Scene<'_>) -> Option<u32> {
    (scene.sight == Sight::Black).then_some(scene.light.mean as u32)
}
