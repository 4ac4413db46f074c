//! Each check on pictures made for it, and on those that look like it and are no fault.

#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "painting by numbers")]

use super::*;
use crate::media::picture::Plane;

const WIDE: usize = 640;
const HIGH: usize = 360;

/// A picture being painted: luma, blue, red for every sample.
#[derive(Clone)]
struct Canvas(Vec<[f64; 3]>);

/// The same numbers every time, -1 to 1.
fn grain(x: usize, y: usize, seed: u32) -> f64 {
    let mut n = u32::try_from(x * 7_919 + y * 104_729).unwrap().wrapping_add(seed.wrapping_mul(2_654_435_761));
    for _ in 0..3 {
        n = (n ^ (n >> 15)).wrapping_mul(0x2C1B_3C6D);
    }
    f64::from(n >> 8) / f64::from(1_u32 << 23) - 1.0
}

impl Canvas {
    fn new(paint: impl Fn(usize, usize) -> [f64; 3]) -> Self {
        Self((0..WIDE * HIGH).map(|at| paint(at % WIDE, at / WIDE)).collect())
    }

    fn map(&self, change: impl Fn(usize, usize, [f64; 3]) -> [f64; 3]) -> Self {
        Self(self.0.iter().enumerate().map(|(at, sample)| change(at % WIDE, at / WIDE, *sample)).collect())
    }

    /// A mean over so many samples in both directions, twice: near enough to a lens out of focus.
    fn blurred(&self, reach: usize) -> Self {
        let mut canvas = self.clone();
        for step in [1, WIDE, 1, WIDE] {
            let before = canvas.clone();
            canvas = canvas.map(|x, y, _| {
                let at = if step == 1 { x } else { y };
                let most = if step == 1 { WIDE } else { HIGH };
                let (from, to) = (at.saturating_sub(reach), (at + reach).min(most - 1));
                let place = |n: usize| if step == 1 { y * WIDE + n } else { n * WIDE + x };
                std::array::from_fn(|plane| (from..=to).map(|n| before.0[place(n)][plane]).sum::<f64>() / (to - from + 1) as f64)
            });
        }
        canvas
    }

    fn picture(&self) -> Picture {
        let octet = |value: f64| value.round().clamp(0.0, 255.0) as u8;
        let luma = self.0.iter().map(|sample| octet(sample[0])).collect();
        let chroma = |plane: usize| {
            let samples = (0..WIDE / 2 * (HIGH / 2)).map(|at| self.0[at / (WIDE / 2) * 2 * WIDE + at % (WIDE / 2) * 2][plane]);
            Plane::from_octets(samples.map(octet).collect(), WIDE / 2, HIGH / 2)
        };
        Picture::new(Plane::from_octets(luma, WIDE, HIGH), chroma(1), chroma(2), true).unwrap()
    }

    #[track_caller]
    fn shows(&self, ids: &[&str]) {
        let looked = look(&self.picture(), Black::default());
        let found: Vec<_> = looked.hits.iter().map(|hit| (hit.check.id, hit.value)).collect();
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "{found:?}, {:?}", looked.light);
    }
}

/// A street by day: sky, houses with windows, trees, a road with cars.
fn street(seed: u32) -> Canvas {
    Canvas::new(|x, y| {
        let house = x / 80;
        let roof = 70.0 + 40.0 * grain(house, 1, seed);
        if (y as f64) < roof {
            return [205.0 - 0.2 * y as f64, 138.0, 122.0];
        }
        if y < 240 {
            let window = x % 20 > 11 && (y / 3) % 8 > 4 && grain(x / 20, y / 24, seed) > -0.3;
            let wall = 120.0 + 50.0 * grain(house, 2, seed) + 3.0 * grain(x, y, seed);
            let tint = 6.0 * grain(house, 3, seed);
            return if window { [45.0, 128.0, 128.0] } else { [wall, 128.0 - tint, 128.0 + tint] };
        }
        if x % 160 < 40 && y < 290 {
            return [60.0 + 35.0 * grain(x / 2, y / 2, seed), 112.0, 118.0];
        }
        let car = (x / 45 + y / 30) % 3 == 0 && grain(x / 45, y / 30, seed) > 0.2;
        let luma = if car { 200.0 * (0.5 + 0.5 * grain(x / 45, y / 30, seed + 9)) } else { 95.0 };
        [luma + 4.0 * grain(x, y, seed), 128.0, 128.0]
    })
}

#[test]
fn a_street_by_day_has_nothing() {
    for seed in 1..6 {
        street(seed).shows(&[]);
    }
}

#[test]
fn cards_end_the_looking() {
    Canvas::new(|_, _| [0.0, 128.0, 128.0]).shows(&["black"]);
    Canvas::new(|_, _| [41.0, 240.0, 110.0]).shows(&["single_color"]);
    // 无信号 in large letters: more than an OSD.
    let letters = |x: usize, y: usize| (120..520).contains(&x) && (140..220).contains(&y) && (x / 20).is_multiple_of(2);
    Canvas::new(|x, y| if letters(x, y) { [235.0, 128.0, 128.0] } else { [41.0, 240.0, 110.0] }).shows(&["no_signal"]);
    let bars = [[180.0, 128.0, 128.0], [162.0, 44.0, 142.0], [131.0, 156.0, 44.0], [112.0, 72.0, 58.0]];
    let more = [[84.0, 184.0, 198.0], [65.0, 100.0, 212.0], [35.0, 212.0, 114.0], [35.0, 212.0, 114.0]];
    Canvas::new(|x, _| *bars.iter().chain(&more).nth(x / 80).unwrap()).shows(&["no_signal"]);
}

#[test]
fn a_deep_blue_sky_and_a_lawn_are_no_cards_and_no_cast() {
    let sky = street(1).map(|_, y, sample| if y < 220 { [110.0 + 0.2 * y as f64, 160.0, 105.0] } else { sample });
    sky.shows(&[]);
    let lawn = street(1).map(|x, y, sample| if y > 120 { [90.0 + 12.0 * grain(x, y, 4), 108.0, 112.0] } else { sample });
    lawn.shows(&[]);
}

#[test]
fn overexposed_is_more_than_a_white_sky_or_snow() {
    street(2).map(|_, _, [y, u, v]| [y * 3.0 + 40.0, u, v]).shows(&["overexposed"]);
    street(2).map(|_, y, sample| if y < 190 { [255.0, 128.0, 128.0] } else { sample }).shows(&[]);
    // Snow on everything but the windows and the trees.
    street(3)
        .map(|x, y, [luma, ..]| if luma > 80.0 { [225.0 + 5.0 * grain(x, y, 3), 130.0, 127.0] } else { [luma, 128.0, 128.0] })
        .shows(&[]);
}

#[test]
fn low_contrast_is_more_than_fog_and_not_a_night() {
    street(2).map(|_, _, [y, u, v]| [110.0 + y / 12.0, u, v]).shows(&["low_contrast"]);
    fog().shows(&[]);
    night().shows(&[]);
    night().map(|_, _, [y, u, v]| [y.min(35.0), u, v]).shows(&[]);
}

/// What is far is grey and soft, what is near is not.
fn fog() -> Canvas {
    let far = street(4).blurred(3);
    street(4).map(|x, y, near| {
        let clear = (y as f64 / HIGH as f64).powi(2) * 0.6;
        let far = far.0[y * WIDE + x];
        [near[0] * clear + (170.0 + far[0] * 0.1) * (1.0 - clear), 128.0, 128.0]
    })
}

/// Dark, with lamps and the grain of a camera at full gain.
fn night() -> Canvas {
    street(5).map(|x, y, [luma, ..]| {
        let lamp = [(100.0, 120.0), (330.0, 110.0), (560.0, 130.0)].map(|(lx, ly)| (lx - x as f64).hypot(ly - y as f64));
        let light: f64 = lamp.iter().map(|away| 220.0 * (-away / 25.0).exp()).sum();
        [luma * 0.15 + light + 5.0 * grain(x, y, 5), 124.0, 133.0]
    })
}

#[test]
fn a_cast_tints_everything_and_sodium_light_does_not() {
    street(1).map(|_, _, [y, u, v]| [y, u + 12.0, v + 26.0]).shows(&["color_cast"]);
    street(1).map(|_, _, [y, u, v]| [y, u + 4.0, v + 5.0]).shows(&[]);
    // Orange where the lamps shine, grey where they do not.
    let sodium = night().map(|_, _, [y, ..]| [y, 128.0 - y * 0.25, 128.0 + y * 0.2]);
    sodium.shows(&[]);
    street(1).map(|_, _, [y, ..]| [y, 128.0, 128.0]).shows(&[]);
}

#[test]
fn a_cover_is_dark_and_plain_by_day() {
    street(3).map(|x, _, sample| if x < 380 { [28.0, 128.0, 128.0] } else { sample }).shows(&["occlusion"]);
    // A dark gate with bars, a dark sky over a lit square, and a night are none.
    street(3).map(|x, _, sample| if x < 380 && x % 8 < 5 { [28.0, 128.0, 128.0] } else { sample }).shows(&[]);
    street(3).map(|_, y, sample| if y < 200 { [22.0, 128.0, 128.0] } else { sample }).shows(&[]);
}

#[test]
fn stripes_run_through_the_whole_picture() {
    let wave = |at: usize| 14.0 * (at as f64 * std::f64::consts::TAU / 11.0).sin();
    street(2).map(|_, y, [luma, u, v]| [luma * 0.8 + 20.0 + wave(y), u, v]).shows(&["stripes"]);
    // A grid with its own rhythm on one house, and one broad shadow, are none.
    street(2).map(|x, y, [luma, u, v]| [if x < 200 { luma + wave(y) } else { luma }, u, v]).shows(&[]);
    street(2).map(|_, y, [luma, u, v]| [if (120..240).contains(&y) { luma * 0.6 } else { luma }, u, v]).shows(&[]);
}

#[test]
fn noise_is_everywhere_and_leaves_are_not() {
    let gauss = |x: usize, y: usize| (0..4).map(|n| grain(x, y, 20 + n)).sum::<f64>();
    street(2).map(|x, y, [luma, u, v]| [luma + 22.0 * gauss(x, y), u, v]).shows(&["noise"]);
    street(2).map(|x, y, [luma, u, v]| [luma + 4.0 * gauss(x, y), u, v]).shows(&[]);
    street(2).map(|x, y, s| if y > 130 { [90.0 + 60.0 * grain(x / 2, y / 2, 8), 118.0, 120.0] } else { s }).shows(&[]);
}

#[test]
fn blurred_is_out_of_focus_and_not_a_soft_lens() {
    street(2).blurred(6).shows(&["blur"]);
    street(2).blurred(1).shows(&[]);
}

#[test]
fn a_fingerprint_stays_with_its_picture() {
    let print = |canvas: &Canvas| look(&canvas.picture(), Black::default()).fingerprint.unwrap();
    let one = print(&street(1));
    let coded_again = street(1).blurred(1).map(|x, y, [luma, u, v]| [luma + 3.0 * grain(x, y, 77), u, v]);
    assert!(one.is_same(print(&coded_again)), "{}", one.distance(print(&coded_again)));
    // Two cars have moved.
    let later =
        street(1).map(|x, y, s| if (300..345).contains(&x) && (300..330).contains(&y) { [180.0, 128.0, 128.0] } else { s });
    assert!(one.is_same(print(&later)), "{}", one.distance(print(&later)));
    for seed in 2..30 {
        let other = print(&street(seed));
        assert!(!one.is_same(other), "{seed}: {}", one.distance(other));
    }
    assert_eq!(
        look(&night().map(|_, _, [y, u, v]| [y.min(30.0), u, v]).picture(), Black::default()).fingerprint,
        None,
        "a dark street is any street"
    );
    assert_eq!(one.to_string().parse(), Ok(one));
    let parts = |print: Fingerprint| print.parts().collect::<Vec<_>>();
    assert!(parts(one).iter().any(|part| parts(print(&later)).contains(part)));
}

#[test]
fn a_digest_is_of_every_cell() {
    let digest = |canvas: &Canvas| look(&canvas.picture(), Black::default()).digest;
    assert_eq!(digest(&street(1)), digest(&street(1)));
    let other = street(1).map(|x, y, [luma, u, v]| [if x < 8 && y < 8 { luma + 2.0 } else { luma }, u, v]);
    assert_ne!(digest(&street(1)), digest(&other));
}

#[test]
fn ids_are_unique_and_have_titles() {
    let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).chain([FROZEN]).collect();
    assert!(ids.iter().all(|id| title(id).is_some()));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CHECKS.len() + 1);
}

#[test]
fn a_picture_of_any_size_is_looked_at() {
    for (wide, high) in [(2, 2), (16, 16), (17, 33), (48, 2), (2, 48), (66, 130), (1_366, 768)] {
        let plane = |w: usize, h: usize| Plane::from_octets((0..w * h).map(|i| (i * 37 % 251) as u8).collect(), w, h);
        let picture = Picture::new(plane(wide, high), plane(wide / 2, high / 2), plane(wide / 2, high / 2), true).unwrap();
        let looked = look(&picture, Black::default());
        assert_eq!(looked.digest.len(), 24, "{wide} x {high}: {:?}", looked.hits);
    }
}
