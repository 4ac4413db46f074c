//! GCJ-02 and BD-09 by the formulas in public use. Nothing here changes a record: values are compared, and at most proposed.

use std::f64::consts::PI;

use super::geo::Position;

/// How the values of a batch may be away from WGS-84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shift {
    /// Sent in GCJ-02 (国测局坐标): some 500 m off.
    Gcj02,
    /// Sent in BD-09 (百度坐标): some 1,200 m off.
    Bd09,
    /// WGS-84 that a platform took for GCJ-02 and converted: some 500 m off, the other way.
    Reconverted,
}

impl Shift {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gcj02, Self::Bd09, Self::Reconverted];

    /// What stands in a record for a camera that stands at `truth`.
    #[must_use]
    pub fn sent(self, truth: Position) -> Position {
        match self {
            Self::Gcj02 => gcj02(truth),
            Self::Bd09 => bd09(gcj02(truth)),
            Self::Reconverted => inverse(gcj02, truth),
        }
    }

    /// Where the camera stands if `sent` is shifted in this way.
    #[must_use]
    pub fn truth(self, sent: Position) -> Position {
        match self {
            Self::Gcj02 => inverse(gcj02, sent),
            Self::Bd09 => inverse(|at| bd09(gcj02(at)), sent),
            Self::Reconverted => gcj02(sent),
        }
    }
}

/// No shift is larger than this within China, metres; the test below walks the country.
pub const MAX_SHIFT_M: f64 = 2_000.0;

/// Semi-major axis of the Krasovsky ellipsoid, metres, and its first eccentricity squared.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;

/// WGS-84 to GCJ-02, within China.
fn gcj02(at: Position) -> Position {
    let (x, y) = (at.lon - 105.0, at.lat - 35.0);
    let wave = |t: f64, near: f64, far: f64| (near * (t * PI).sin() + far * (t / 3.0 * PI).sin()) * 2.0 / 3.0;
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + wave(y, 20.0, 40.0)
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y / 30.0 * PI).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + wave(x, 20.0, 40.0)
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let sine = at.lat.to_radians().sin();
    let bend = 1.0 - ECCENTRICITY * sine * sine;
    let meridian = AXIS_M * (1.0 - ECCENTRICITY) / (bend * bend.sqrt());
    let parallel = AXIS_M / bend.sqrt() * at.lat.to_radians().cos();
    Position { lon: at.lon + (east / parallel).to_degrees(), lat: at.lat + (north / meridian).to_degrees() }
}

/// GCJ-02 to BD-09.
fn bd09(at: Position) -> Position {
    const TURN: f64 = PI * 3000.0 / 180.0;
    let radius = at.lon.hypot(at.lat) + 0.000_02 * (at.lat * TURN).sin();
    let angle = at.lat.atan2(at.lon) + 0.000_003 * (at.lon * TURN).cos();
    Position { lon: radius * angle.cos() + 0.0065, lat: radius * angle.sin() + 0.006 }
}

/// The point that `forward` takes to `goal`. The offset changes by under a fiftieth of the way, so that each round wins
/// more than a decimal; ten are far below a millimetre.
fn inverse(forward: impl Fn(Position) -> Position, goal: Position) -> Position {
    let mut at = goal;
    for _ in 0..10 {
        let reached = forward(at);
        let (east, north) = (goal.lon - reached.lon, goal.lat - reached.lat);
        at = Position { lon: at.lon + east, lat: at.lat + north };
        if east.abs().max(north.abs()) < 1e-10 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHENGWU: Position = Position { lon: 115.8896, lat: 34.9528 };

    fn offset(shift: Shift, at: Position) -> (f64, f64) {
        shift.sent(at).metres_from(at)
    }

    #[test]
    fn the_offsets_at_published_places_are_the_published_ones() {
        let sent = Shift::Gcj02.sent(CHENGWU);
        assert!(
            (sent.lon - CHENGWU.lon - 0.0054).abs() < 0.000_15 && (sent.lat - CHENGWU.lat + 0.0009).abs() < 0.000_15,
            "{sent:?}"
        );
        let (east, north) = offset(Shift::Gcj02, CHENGWU);
        assert!((east.hypot(north) - 503.0).abs() < 8.0, "{east} {north}");
        let (east, north) = offset(Shift::Bd09, CHENGWU);
        assert!((east.hypot(north) - 1226.0).abs() < 12.0 && east > 3.0 * north / 2.0 && north > 0.0, "{east} {north}");
        let heze = Position { lon: 115.48, lat: 35.233 };
        let (east, north) = offset(Shift::Gcj02, heze);
        assert!((east.hypot(north) - 533.0).abs() < 15.0, "{east} {north}");
        let (east, _) = offset(Shift::Reconverted, CHENGWU);
        assert!(east < -450.0, "the other way: {east}");
        // The example of the widely copied conversion scripts, for Beijing.
        let beijing = Shift::Gcj02.sent(Position { lon: 116.404, lat: 39.915 });
        assert!((beijing.lon - 116.410_244_499_169_38).abs() < 1e-9 && (beijing.lat - 39.916_404_281_501_64).abs() < 1e-9);
        let baidu = bd09(Position { lon: 116.404, lat: 39.915 });
        assert!(
            (baidu.lon - 116.410_369_494_920_84).abs() < 1e-7 && (baidu.lat - 39.921_336_993_510_21).abs() < 1e-7,
            "{baidu:?}"
        );
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lon in 73.0..136.0_f64, lat in 3.0..54.0_f64) {
            let at = Position { lon, lat };
            for shift in Shift::ALL {
                let sent = shift.sent(at);
                let (east, north) = sent.metres_from(at);
                proptest::prop_assert!(east.hypot(north) < MAX_SHIFT_M, "{shift:?} {at:?}: {east} {north}");
                for back in [shift.truth(sent), shift.sent(shift.truth(at))] {
                    proptest::prop_assert!((back.lon - lon).abs() < 1e-9 && (back.lat - lat).abs() < 1e-9, "{shift:?} {at:?} {back:?}");
                }
            }
        }
    }
}
