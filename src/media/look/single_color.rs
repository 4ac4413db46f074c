//! 纯色画面. The rule, and its limits, are [`Picture::sight`](crate::media::picture::Picture::sight)'s.

use super::{Check, Scene};
use crate::base::lang::Text;
use crate::media::picture::Sight;

pub(super) static CHECK: Check = Check {
    id: "single_color",
    title: Text::new("纯色画面", "one colour"),
    measures: Text::new("亮度的中位数，0—255", "median of luma, 0 to 255"),
    ends: true,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    (scene.sight == Sight::SingleColor).then(|| u32::from(scene.luma.percentile(50)))
}
