//! A decoded picture, and whether there is anything to see in it.

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

    fn row(&self, y: usize) -> &[u8] {
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

/// Below this mean luma (and [`BLACK_SIGMA`]) a picture is black.
pub const BLACK_MEAN: f64 = 16.0;
/// Below this standard deviation (and [`BLACK_MEAN`]) a picture is black.
pub const BLACK_SIGMA: f64 = 4.0;
/// Below this standard deviation of Y, U and V a picture has one colour.
pub const COLOR_SIGMA: f64 = 3.0;
/// The share of a picture an OSD may take, percent of its samples.
pub const OSD_PERCENT: usize = 5;

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

    /// Mean and standard deviation of luma.
    #[must_use]
    pub fn light(&self) -> Light {
        let (mean, sigma) = statistics(&histogram(self.y.samples.iter().copied()));
        Light { mean, sigma }
    }

    /// Whether there is anything to see.
    #[must_use]
    pub fn sight(&self) -> Sight {
        let light = self.light();
        if light.mean < BLACK_MEAN && light.sigma < BLACK_SIGMA {
            return Sight::Black;
        }
        if self.is_single_color() { Sight::SingleColor } else { Sight::Visible }
    }

    /// One colour: after taking away the 5 % of samples furthest from the most common colour, the rest
    /// hardly differs in any plane.
    fn is_single_color(&self) -> bool {
        let middle = |plane: &Plane| median(&histogram(plane.samples.iter().copied()));
        let (my, mu, mv) = (middle(&self.y), middle(&self.u), middle(&self.v));
        let colours = || {
            (0..self.y.height).flat_map(move |row| {
                let chroma_row = row * self.u.height / self.y.height;
                let (u, v) = (self.u.row(chroma_row), self.v.row(chroma_row));
                self.y.row(row).iter().enumerate().map(move |(x, y)| {
                    let x = x * self.u.width / self.y.width;
                    (*y, u.get(x).copied().unwrap_or(128), v.get(x).copied().unwrap_or(128))
                })
            })
        };
        let distance = |(y, u, v): (u8, u8, u8)| y.abs_diff(my).max(u.abs_diff(mu)).max(v.abs_diff(mv));
        let distances = histogram(colours().map(distance));
        let keep = self.y.samples.len() - self.y.samples.len() * OSD_PERCENT / 100;
        let limit = quantile(&distances, keep);
        let near = || colours().filter(|c| distance(*c) <= limit);
        let planes =
            [histogram(near().map(|(y, ..)| y)), histogram(near().map(|(_, u, _)| u)), histogram(near().map(|(.., v)| v))];
        planes.iter().all(|h| statistics(h).1 < COLOR_SIGMA)
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

type Histogram = [u64; 256];

fn histogram(samples: impl Iterator<Item = u8>) -> Histogram {
    let mut counts = [0; 256];
    for sample in samples {
        if let Some(count) = counts.get_mut(usize::from(sample)) {
            *count += 1;
        }
    }
    counts
}

fn statistics(counts: &Histogram) -> (f64, f64) {
    let (mut n, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
    for (value, count) in (0_u64..).zip(counts) {
        n += count;
        sum += count * value;
        squares += count * value * value;
    }
    if n == 0 {
        return (0.0, 0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "sums of pictures are far below 2^52")]
    let (n, sum, squares) = (n as f64, sum as f64, squares as f64);
    let mean = sum / n;
    (mean, (squares / n - mean * mean).max(0.0).sqrt())
}

/// The smallest value that at least `wanted` samples do not exceed.
fn quantile(counts: &Histogram, wanted: usize) -> u8 {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let mut seen = 0;
    for (value, count) in (0_u8..=255).zip(counts) {
        seen += count;
        if seen >= wanted {
            return value;
        }
    }
    u8::MAX
}

fn median(counts: &Histogram) -> u8 {
    let total: u64 = counts.iter().sum();
    quantile(counts, usize::try_from(total.div_ceil(2)).unwrap_or(usize::MAX))
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
        assert_eq!(flat(16, 128, 128, false).sight(), Sight::Black);
        assert_eq!(flat(41, 240, 110, false).sight(), Sight::SingleColor);
        assert_eq!(flat(16, 128, 128, true).sight(), Sight::SingleColor, "full-range 16 is grey, not black");
        let mut gradient = flat(0, 128, 128, true);
        for (i, sample) in gradient.y.samples.iter_mut().enumerate() {
            *sample = u8::try_from(i % 64 * 3).unwrap();
        }
        assert_eq!(gradient.sight(), Sight::Visible);
    }

    #[test]
    fn an_osd_does_not_make_a_card_a_picture_and_a_scene_does() {
        let card = flat(41, 240, 110, false);
        assert_eq!(painted(&card, 4, 255).sight(), Sight::SingleColor);
        assert_eq!(painted(&card, 12, 255).sight(), Sight::Visible);
        assert_eq!(painted(&flat(16, 128, 128, false), 4, 255).sight(), Sight::SingleColor);
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
