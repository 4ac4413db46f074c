//! What all checks need of a picture, measured once.

use crate::media::histogram::Histogram;
use crate::media::picture::{Light, Picture, Plane, Sight};
use crate::profile::Black;

/// Cells across a reduced picture: enough for what a person sees at arm's length, and a two-hundredth of the work at 1080p.
const COLUMNS: usize = 240;
/// A cell is at least so many samples wide, so that every cell has chroma of its own.
const MIN_CELL: usize = 2;

/// A picture in cells, its three planes of one size.
#[derive(Debug, Clone)]
pub struct Small {
    /// Luma.
    pub(super) y: Plane,
    /// Blue.
    pub(super) u: Plane,
    /// Red.
    pub(super) v: Plane,
}

impl Small {
    fn of(picture: &Picture) -> Self {
        let cell = (picture.width() / COLUMNS).max(MIN_CELL);
        let (columns, rows) = (picture.width() / cell, picture.height() / cell);
        let [u, v] = picture.chroma().map(|plane| plane.cells(columns, rows));
        Self { y: picture.luma().cells(columns, rows), u, v }
    }

    /// Every cell: luma, and how far its chroma is from grey, the larger of the two.
    pub(super) fn colours(&self) -> impl Iterator<Item = (u8, u8)> {
        let chroma = self.u.samples().iter().zip(self.v.samples());
        let strength = chroma.map(|(u, v)| u.abs_diff(128).max(v.abs_diff(128)));
        self.y.samples().iter().copied().zip(strength)
    }
}

/// A picture with its measures.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The picture itself, for what is fine.
    pub(super) picture: &'a Picture,
    /// Its luma, counted.
    pub luma: Histogram,
    /// Mean and standard deviation of luma.
    pub light: Light,
    /// Whether there is anything to see.
    pub sight: Sight,
    /// The picture in cells.
    pub(super) small: Small,
}

impl<'a> Scene<'a> {
    /// Measures a picture.
    #[must_use]
    pub fn new(picture: &'a Picture, black: Black) -> Self {
        let luma = Histogram::of(picture.luma().samples());
        Self { light: Light::of(&luma), sight: picture.sight_by(&luma, black), small: Small::of(picture), luma, picture }
    }

    /// Luma between the first and the ninety-ninth percent of the samples: what a screen shows of contrast.
    pub(super) fn span(&self) -> u8 {
        self.luma.percentile(99).saturating_sub(self.luma.percentile(1))
    }
}
