//! What can be told of a picture by looking at it: one check a file, one line in [`CHECKS`].
//!
//! A check is a pure function of a [`Scene`], whose measures are taken once for all of them. Black and one colour decide under
//! the gate `visible`; everything else is advice, unless the profile's gate is `quality`. Each is made to stay silent of a night,
//! of fog, of snow and of the sky: what it says is a reason to go and look, and its file says what it misses.

mod black;
mod blur;
mod color_cast;
pub mod fingerprint;
mod low_contrast;
mod no_signal;
mod noise;
mod occlusion;
mod overexposed;
mod scene;
mod single_color;
mod stripes;

pub use scene::Scene;

use self::fingerprint::Fingerprint;
use super::picture::{Light, Picture, Sight};
use crate::base::lang::Text;
use crate::profile::Black;

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Its id in results.
    pub id: &'static str,
    /// What is wrong, for people.
    pub title: Text,
    /// What its number is, with its unit.
    pub measures: Text,
    /// Nothing more can be said of such a picture.
    pub ends: bool,
    /// The number, where it is so.
    pub find: fn(&Scene<'_>) -> Option<u32>,
}

/// All checks of one picture, in the order they are asked.
pub static CHECKS: &[&Check] = &[
    &black::CHECK,
    &single_color::CHECK,
    &no_signal::CHECK,
    &overexposed::CHECK,
    &low_contrast::CHECK,
    &color_cast::CHECK,
    &occlusion::CHECK,
    &stripes::CHECK,
    &noise::CHECK,
    &blur::CHECK,
];

/// 画面静止: told of two pictures of one call, not of one; its number is the milliseconds between them.
pub const FROZEN: &str = "frozen";

/// A check that is so, with its number.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Which.
    pub check: &'static Check,
    /// Its number.
    pub value: u32,
}

/// All that was seen in a picture.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Mean and standard deviation of luma.
    pub light: Light,
    /// Whether there is anything to see.
    pub sight: Sight,
    /// The checks that are so.
    pub hits: Vec<Hit>,
    /// What it looks like; nothing where it has too little of a shape to be told from others.
    pub fingerprint: Option<Fingerprint>,
    /// Two pictures with one of these are the same, cell by cell.
    pub digest: String,
}

/// Looks at a picture; black is what the profile says.
#[must_use]
pub fn look(picture: &Picture, black: Black) -> Looked {
    let scene = Scene::new(picture, black);
    let mut hits = Vec::new();
    for check in CHECKS.iter().copied() {
        if let Some(value) = (check.find)(&scene) {
            hits.push(Hit { check, value });
            if check.ends {
                break;
            }
        }
    }
    // A card and a black picture are alike everywhere.
    let plain = hits.iter().any(|hit| hit.check.ends);
    Looked {
        light: scene.light,
        sight: scene.sight,
        hits,
        fingerprint: if plain { None } else { Fingerprint::of(&scene.small.y) },
        digest: fingerprint::digest(&scene.small.y),
    }
}

/// What a check is called, for people; the frozen picture's too.
#[must_use]
pub fn title(id: &str) -> Option<Text> {
    if id == FROZEN {
        return Some(Text::new("画面静止", "frozen"));
    }
    CHECKS.iter().find(|check| check.id == id).map(|check| check.title)
}

#[cfg(test)]
mod tests;
