//! A decoded picture, and whether there is anything to see in it.

use super::histogram::{Histogram, spread};
use crate::profile::Black;

/// One plane of samples, 8 bits each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    samples: Vec<u8>,
    width: usize,
    height: usize,
}

impl Plane {
    /// From 8-bit samples, row by row.
    #[must_use]
    pub const fn from_octets(samples: Vec<u8>, width: usize, height: usize) -> Self {
        Self { samples, width, height }
    }

    /// From samples of more bits, two little-endian octets each.
    #[must_use]
    pub fn from_le16(octets: &[u8], bit_depth: u8, width: usize, height: usize) -> Self {
        let wide: Vec<u16> = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        Self::from_u16(&wide, bit_depth, width, height)
    }

    /// From samples of more bits; the lowest bits are dropped.
    #[must_use]
    pub fn from_u16(samples: &[u16], bit_depth: u8, width: usize, height: usize) -> Self {
        let shift = u32::from(bit_depth.saturating_sub(8));
        let samples = samples.iter().map(|s| u8::try_from(s >> shift).unwrap_or(u8::MAX)).collect();
        Self { samples, width, height }
    }

    /// Width in samples.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// Height in samples.
    pub(super) const fn height(&self) -> usize {
        self.height
    }

    /// All samples, row by row.
    pub(super) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// One row; empty beyond the last.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        self.samples.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    fn is_whole(&self) -> bool {
        self.width > 0 && self.height > 0 && self.samples.len() == self.width * self.height
    }

    fn map(&mut self, table: &[u8; 256]) {
        for sample in &mut self.samples {
            *sample = table.get(usize::from(*sample)).copied().unwrap_or_default();
        }
    }

    /// The plane as the means of cells of one size, evenly spread; samples between two cells are left out. Never more cells
    /// than samples.
    pub(super) fn cells(&self, columns: usize, rows: usize) -> Self {
        let (columns, rows) = (columns.clamp(1, self.width.max(1)), rows.clamp(1, self.height.max(1)));
        let (wide, high) = (self.width / columns, self.height / rows);
        let area = u32::try_from(wide * high).unwrap_or(u32::MAX).max(1);
        let mut samples = Vec::with_capacity(columns * rows);
        // Down the columns first: whole rows are added up at once.
        let mut sums = vec![0_u32; self.width];
        for cell in 0..rows {
            sums.fill(0);
            let top = cell * self.height / rows;
            for y in top..top + high {
                sums.iter_mut().zip(self.row(y)).for_each(|(sum, sample)| *sum += u32::from(*sample));
            }
            for cell in 0..columns {
                let left = cell * self.width / columns;
                let sum: u32 = sums.get(left..left + wide).unwrap_or_default().iter().sum();
                samples.push(u8::try_from((sum + area / 2) / area).unwrap_or(u8::MAX));
            }
        }
        Self { samples, width: columns, height: rows }
    }

    /// The plane at another size, each new sample the mean of those it covers.
    fn resized(&self, width: usize, height: usize) -> Self {
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = y * self.height / height..((y + 1) * self.height).div_ceil(height).max(y * self.height / height + 1);
            for x in 0..width {
                let columns = x * self.width / width..((x + 1) * self.width).div_ceil(width).max(x * self.width / width + 1);
                let (mut sum, mut count) = (0_u32, 0_u32);
                for row in rows.clone() {
                    for sample in self.row(row).get(columns.clone()).unwrap_or_default() {
                        sum += u32::from(*sample);
                        count += 1;
                    }
                }
                samples.push(u8::try_from((sum + count / 2).checked_div(count).unwrap_or(0)).unwrap_or(u8::MAX));
            }
        }
        Self { samples, width, height }
    }
}

/// A decoded picture in full range (0 to 255), luma and two chroma planes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    y: Plane,
    u: Plane,
    v: Plane,
    hole: bool,
}

/// What is to be seen in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Something.
    Visible,
    /// 黑屏: mean luma below 16 and standard deviation below 4, in full range.
    Black,
    /// 纯色画面: one colour but for an OSD.
    SingleColor,
}

/// Numbers a picture is judged by, in full range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Mean luma.
    pub mean: f64,
    /// Standard deviation of luma.
    pub sigma: f64,
}

impl Light {
    /// Of luma as counted.
    #[must_use]
    pub fn of(luma: &Histogram) -> Self {
        let (mean, sigma) = luma.statistics();
        Self { mean, sigma }
    }
}

/// Below this standard deviation of Y, U and V a picture has one colour.
pub const COLOR_SIGMA: f64 = 3.0;
/// The share of a picture an OSD may take, percent of its samples.
pub const OSD_PERCENT: usize = 5;
/// Luma between the tenth and the ninetieth percent of the samples from which on no picture has one colour: of the samples an
/// OSD leaves, a twentieth lies on either side, and then sigma is at least sqrt(2 * 0.05) / 2 * 20 = 3.16.
const SEVERAL_COLORS: u8 = 20;

/// Side of a block, luma samples; both codecs work on multiples of it.
const BLOCK: usize = 16;

fn has_hole(y: &Plane, u: &Plane, v: &Plane) -> bool {
    let (wide, high) = (y.width / BLOCK, y.height / BLOCK);
    let (chroma_wide, chroma_high) = (BLOCK * u.width / y.width.max(1), BLOCK * u.height / y.height.max(1));
    (0..wide * high).any(|n| {
        let (column, row) = (n % wide, n / wide);
        let empty = |plane: &Plane, w: usize, h: usize| {
            (row * h..(row + 1) * h).all(|line| {
                let start = line * plane.width + column * w;
                plane.samples.get(start..start + w).is_some_and(|samples| samples.iter().all(|s| *s == 0))
            })
        };
        empty(y, BLOCK, BLOCK) && empty(u, chroma_wide, chroma_high) && empty(v, chroma_wide, chroma_high)
    })
}

impl Picture {
    /// From three planes; `full_range` as the stream says. `None` when sizes do not fit together.
    #[must_use]
    pub fn new(mut y: Plane, mut u: Plane, mut v: Plane, full_range: bool) -> Option<Self> {
        if !(y.is_whole() && u.is_whole() && v.is_whole()) || (u.width, u.height) != (v.width, v.height) {
            return None;
        }
        let hole = has_hole(&y, &u, &v);
        if !full_range {
            let luma = std::array::from_fn(|i| expand(i, 16, 219));
            let chroma = std::array::from_fn(expand_chroma);
            y.map(&luma);
            u.map(&chroma);
            v.map(&chroma);
        }
        Some(Self { y, u, v, hole })
    }

    /// Whether a block of it was never written. Decoders begin with zeros, a green no camera sees: a slice is missing,
    /// lost before the packets we could count.
    #[must_use]
    pub const fn has_hole(&self) -> bool {
        self.hole
    }

    /// Width in luma samples.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.y.width
    }

    /// Height in luma samples.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.y.height
    }

    /// The luma plane.
    pub(super) const fn luma(&self) -> &Plane {
        &self.y
    }

    /// The two chroma planes.
    pub(super) const fn chroma(&self) -> [&Plane; 2] {
        [&self.u, &self.v]
    }

    /// Mean and standard deviation of luma.
    #[must_use]
    pub fn light(&self) -> Light {
        Light::of(&Histogram::of(&self.y.samples))
    }

    /// Whether there is anything to see.
    #[must_use]
    pub fn sight(&self, black: Black) -> Sight {
        self.sight_by(&Histogram::of(&self.y.samples), black)
    }

    /// The same, where the luma was counted already.
    pub(super) fn sight_by(&self, luma: &Histogram, black: Black) -> Sight {
        let light = Light::of(luma);
        if light.mean * 100.0 < f64::from(black.mean_x100) && light.sigma * 100.0 < f64::from(black.sigma_x100) {
            return Sight::Black;
        }
        // Nearly every picture is told by its luma alone.
        if luma.percentile(90).saturating_sub(luma.percentile(10)) >= SEVERAL_COLORS {
            return Sight::Visible;
        }
        if self.is_single_color(luma) { Sight::SingleColor } else { Sight::Visible }
    }

    /// One colour: after taking away the 5 % of samples furthest from the most common colour, the rest
    /// hardly differs in any plane.
    fn is_single_color(&self, luma: &Histogram) -> bool {
        let middle = |counts: &Histogram| counts.percentile(50);
        let (my, mu, mv) = (middle(luma), middle(&Histogram::of(&self.u.samples)), middle(&Histogram::of(&self.v.samples)));
        let mut distances = Vec::with_capacity(self.y.samples.len());
        self.each_row(|_, [y, u, v]| {
            let chroma = u.iter().zip(v).map(|(u, v)| u.abs_diff(mu).max(v.abs_diff(mv)));
            distances.extend(y.iter().zip(chroma).map(|(y, chroma)| y.abs_diff(my).max(chroma)));
        });
        let keep = self.y.samples.len() - self.y.samples.len() * OSD_PERCENT / 100;
        let limit = Histogram::of(&distances).quantile(u64::try_from(keep).unwrap_or(u64::MAX));
        let mut sums = [[0_u64; 3]; 3];
        self.each_row(|row, planes| {
            let distances = distances.get(row * self.y.width..).unwrap_or_default();
            for ([n, sum, squares], plane) in sums.iter_mut().zip(planes) {
                // A row of 8,192 samples is far below what these hold.
                let (mut near, mut total, mut square) = (0_u32, 0_u32, 0_u32);
                for (sample, distance) in plane.iter().zip(distances) {
                    let kept = u16::from(*distance <= limit);
                    let sample = u16::from(*sample) * kept;
                    near += u32::from(kept);
                    total += u32::from(sample);
                    // 255 squared still fits.
                    square += u32::from(sample * sample);
                }
                *n += u64::from(near);
                *sum += u64::from(total);
                *squares += u64::from(square);
            }
        });
        sums.into_iter().all(|[n, sum, squares]| spread(n, sum, squares).1 < COLOR_SIGMA)
    }

    /// Every row, its chroma drawn out to the width of luma.
    fn each_row(&self, mut each: impl FnMut(usize, [&[u8]; 3])) {
        let places: Vec<usize> = (0..self.y.width).map(|x| x * self.u.width / self.y.width).collect();
        let mut wide = [vec![128_u8; self.y.width], vec![128_u8; self.y.width]];
        let mut drawn = None;
        for row in 0..self.y.height {
            let chroma_row = row * self.u.height / self.y.height;
            if drawn.replace(chroma_row) != Some(chroma_row) {
                for (wide, plane) in wide.iter_mut().zip([&self.u, &self.v]) {
                    let narrow = plane.row(chroma_row);
                    if plane.width * 2 == self.y.width {
                        wide.as_chunks_mut::<2>().0.iter_mut().zip(narrow).for_each(|(two, sample)| *two = [*sample; 2]);
                    } else {
                        wide.iter_mut().zip(&places).for_each(|(sample, at)| *sample = narrow.get(*at).copied().unwrap_or(128));
                    }
                }
            }
            let [u, v] = &wide;
            each(row, [self.y.row(row), u, v]);
        }
    }

    /// The picture at most `max_width` wide, its proportions kept, for a snapshot.
    #[must_use]
    pub fn reduced(&self, max_width: usize) -> Self {
        let width = self.width().min(max_width.max(2)) & !1;
        let height = (self.height() * width / self.width().max(1)).max(2) & !1;
        let plane = |p: &Plane| p.resized(width.max(2), height);
        Self { y: plane(&self.y), u: plane(&self.u), v: plane(&self.v), hole: self.hole }
    }

    /// One row of the three planes; only for pictures whose planes have one size ([`Self::reduced`]).
    pub(super) fn rows(&self, y: usize) -> (&[u8], &[u8], &[u8]) {
        (self.y.row(y), self.u.row(y), self.v.row(y))
    }
}

fn expand(sample: usize, low: usize, span: usize) -> u8 {
    u8::try_from((sample.saturating_sub(low) * 255 + span / 2) / span).unwrap_or(u8::MAX)
}

fn expand_chroma(sample: usize) -> u8 {
    let away = sample.abs_diff(128);
    let away = (away * 255 + 112) / 224;
    let value = if sample >= 128 { (128 + away).min(255) } else { 128_usize.saturating_sub(away) };
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(y: u8, u: u8, v: u8, full_range: bool) -> Picture {
        let plane = |value: u8, w: usize, h: usize| Plane::from_octets(vec![value; w * h], w, h);
        Picture::new(plane(y, 64, 36), plane(u, 32, 18), plane(v, 32, 18), full_range).unwrap()
    }

    fn painted(base: &Picture, share_percent: usize, value: u8) -> Picture {
        let mut picture = base.clone();
        let count = picture.y.samples.len() * share_percent / 100;
        picture.y.samples[..count].fill(value);
        picture
    }

    #[test]
    fn limited_range_is_expanded_before_anything_is_judged() {
        assert_eq!(flat(16, 128, 128, false).light(), Light { mean: 0.0, sigma: 0.0 });
        assert!((flat(235, 128, 128, false).light().mean - 255.0).abs() < 0.01);
        assert!((flat(16, 128, 128, true).light().mean - 16.0).abs() < 0.01);
    }

    #[test]
    fn black_single_colour_and_something_are_told_apart() {
        assert_eq!(flat(16, 128, 128, false).sight(Black::default()), Sight::Black);
        assert_eq!(flat(41, 240, 110, false).sight(Black::default()), Sight::SingleColor);
        assert_eq!(flat(16, 128, 128, true).sight(Black::default()), Sight::SingleColor, "full-range 16 is grey, not black");
        let (black, strict) = (flat(16, 128, 128, false), Black { mean_x100: 0, ..Black::default() });
        assert_eq!(
            black.sight(strict),
            Sight::SingleColor,
            "where the profile calls nothing black, it is one colour all the same"
        );
        assert_eq!(flat(16, 128, 128, true).sight(Black { mean_x100: 1_601, sigma_x100: 1 }), Sight::Black);
        let mut gradient = flat(0, 128, 128, true);
        for (i, sample) in gradient.y.samples.iter_mut().enumerate() {
            *sample = u8::try_from(i % 64 * 3).unwrap();
        }
        assert_eq!(gradient.sight(Black::default()), Sight::Visible);
    }

    #[test]
    fn an_osd_does_not_make_a_card_a_picture_and_a_scene_does() {
        let card = flat(41, 240, 110, false);
        assert_eq!(painted(&card, 4, 255).sight(Black::default()), Sight::SingleColor);
        assert_eq!(painted(&card, 12, 255).sight(Black::default()), Sight::Visible);
        assert_eq!(painted(&flat(16, 128, 128, false), 4, 255).sight(Black::default()), Sight::SingleColor);
    }

    #[test]
    fn a_snapshot_keeps_proportions() {
        let small = flat(100, 128, 128, true).reduced(32);
        assert_eq!((small.width(), small.height()), (32, 18));
        assert!((small.light().mean - 100.0).abs() < 0.01);
    }

    #[test]
    fn planes_that_do_not_fit_are_refused() {
        let plane = |n: usize, w: usize, h: usize| Plane::from_octets(vec![0; n], w, h);
        assert_eq!(Picture::new(plane(9, 4, 4), plane(4, 2, 2), plane(4, 2, 2), true), None);
        assert_eq!(Picture::new(plane(16, 4, 4), plane(4, 2, 2), plane(2, 2, 1), true), None);
    }

    #[test]
    fn ten_bits_become_eight() {
        let plane = Plane::from_le16(&[0xAC, 0x03, 0x40, 0x00], 10, 2, 1);
        assert_eq!(plane.samples, [0xEB, 0x10]);
    }
}
