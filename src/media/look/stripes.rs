//! 条纹干扰. Fine stripes at equal distances across the whole picture, as a ground loop or a failing sensor makes them: the same
//! profile in both halves, from one end to the other, and it repeats itself. A blind or a fence that fills the picture looks the same
//! and is told too; broad bands, slanted stripes and those of one part of the picture are not.

use super::{Check, Scene};
use crate::base::lang::Text;
use crate::media::picture::Plane;

/// Every so many rows are added up for the profile of the columns.
const EVERY: usize = 2;
/// At least so many stripes over the length of a picture.
const STRIPES: usize = 8;
/// Parts of a profile that each have to show them.
const PARTS: usize = 4;
/// Shorter profiles tell nothing.
const SHORTEST: usize = 64;
/// Standard deviation of the profile, luma.
const DEPTH: f64 = 4.0;
/// The weakest part has at least so much of the strongest one's: houses and fences end somewhere.
const EVEN: f64 = 0.5;
/// Least correlation of the profiles of the two halves.
const ALIKE: f64 = 0.85;
/// Least correlation of a profile with itself one stripe further on.
const REPEATS: f64 = 0.7;

pub(super) static CHECK: Check = Check {
    id: "stripes",
    title: Text::new("条纹干扰", "stripes"),
    measures: Text::new("条纹的标准差，0—255", "standard deviation of the stripes, 0 to 255"),
    ends: false,
    find,
};

fn find(scene: &Scene<'_>) -> Option<u32> {
    let plane = scene.picture.luma();
    depth(&down(plane).map(|half| fine(&half))).max(depth(&along(plane).map(|half| fine(&half))))
}

/// From the top down: the means of the rows, of the left half and the right.
fn down(plane: &Plane) -> [Vec<f64>; 2] {
    let half = plane.width() / 2;
    let mean = |samples: &[u8]| scaled(samples.iter().map(|sample| u32::from(*sample)).sum(), samples.len());
    [0..half, half..2 * half]
        .map(|columns| (0..plane.height()).map(|y| mean(plane.row(y).get(columns.clone()).unwrap_or_default())).collect())
}

/// From the left to the right: the means of the columns, of the upper half and the lower.
fn along(plane: &Plane) -> [Vec<f64>; 2] {
    let half = plane.height() / 2;
    [0..half, half..2 * half].map(|rows| {
        let (mut sums, mut added) = (vec![0_u32; plane.width()], 0);
        for y in rows.step_by(EVERY) {
            sums.iter_mut().zip(plane.row(y)).for_each(|(sum, sample)| *sum += u32::from(*sample));
            added += 1;
        }
        sums.into_iter().map(|sum| scaled(sum, added)).collect()
    })
}

fn scaled(sum: u32, of: usize) -> f64 {
    f64::from(sum) / f64::from(u32::try_from(of).unwrap_or(u32::MAX).max(1))
}

/// What is fine in a profile: its mean over the length of a broad stripe is taken away.
fn fine(profile: &[f64]) -> Vec<f64> {
    let reach = profile.len() / STRIPES / 2;
    let mut total = 0.0;
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(profile.iter().map(|value| {
            total += value;
            total
        }))
        .collect();
    let around = |at: usize| {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(profile.len()));
        let sum = sums.get(to).unwrap_or(&0.0) - sums.get(from).unwrap_or(&0.0);
        sum / f64::from(u32::try_from(to - from).unwrap_or(1).max(1))
    };
    profile.iter().enumerate().map(|(at, value)| value - around(at)).collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let norm = (product(a, a) * product(b, b)).sqrt();
    if norm > 0.0 { product(a, b) / norm } else { 0.0 }
}

fn sigma(profile: &[f64]) -> f64 {
    (product(profile, profile) / f64::from(u32::try_from(profile.len()).unwrap_or(u32::MAX).max(1))).sqrt()
}

/// The standard deviation of stripes that both halves show from one end to the other.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 255")]
fn depth([first, second]: &[Vec<f64>; 2]) -> Option<u32> {
    let part = first.len() / PARTS;
    let parts = || [first, second].into_iter().flat_map(|half| half.chunks_exact(part.max(1))).map(sigma);
    let (least, most) = (parts().fold(f64::MAX, f64::min), parts().fold(0.0, f64::max));
    if first.len() < SHORTEST || least < DEPTH.max(EVEN * most) || correlation(first, second) < ALIKE {
        return None;
    }
    let ahead = |by: usize| correlation(first.get(by..).unwrap_or_default(), first.get(..first.len() - by).unwrap_or_default());
    // Near itself every profile is like itself: the first place where it is its own opposite ends that.
    let mut lags = (1..first.len() / STRIPES).map(ahead).skip_while(|like| *like > 0.0);
    lags.any(|like| like >= REPEATS).then_some(least as u32)
}
