//! 对比度低. Hardly any difference between the darkest and the brightest part. Fog leaves what is near, with two or three times
//! the limit; a dark night is no fault and is left out by its mean.

use super::{Check, Scene};
use crate::base::lang::Text;

/// Luma between the first and the ninety-ninth percent of the samples.
const SPAN: u8 = 30;
/// A darker picture is a night, or black.
const NIGHT: f64 = 40.0;

pub(super) static CHECK: Check = Check {
    id: "low_contrast",
    title: Text::new("对比度低", "low contrast"),
    measures: Text::new("亮度跨度，0—255", "span of luma, 0 to 255"),
    ends: false,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    (scene.light.mean >= NIGHT).then(|| scene.span()).filter(|span| *span < SPAN).map(u32::from)
}
