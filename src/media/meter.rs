//! How fast a stream runs: pictures and bits a second, jitter. From time stamps and arrivals alone; one source a meter.

use std::time::Duration;

use crate::base::clock::Mono;

/// A shorter look tells no rate.
const SHORTEST: Duration = Duration::from_millis(400);
/// Fewer pictures tell no rate.
const MIN_PICTURES: u64 = 8;
/// Two pictures further apart are a pause, or another clock.
const MAX_STEP_90K: u32 = 90_000 * 5;
/// Ticks of a millisecond on the clock of video.
const TICKS_MS: i64 = 90;

/// Measures of a stream. Each is absent where too little came for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Pictures a second, hundredths.
    pub frame_rate_x100: Option<u32>,
    /// Thousand bits a second.
    pub bitrate_kbps: Option<u32>,
    /// Jitter of the first packets of pictures, microseconds.
    pub jitter_us: Option<u32>,
}

/// Measures one source.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    first: Option<Mono>,
    last: Mono,
    bytes: u64,
    /// The time stamp of the packet before.
    current: u32,
    /// The latest time stamp, and when its first packet came.
    newest: Option<(u32, Mono)>,
    /// Steps from picture to picture, and the ticks they went forward.
    steps: u64,
    ticks: u64,
    /// Sixteenths of a tick (RFC 3550 appendix A.8).
    jitter_x16: u64,
}

impl Meter {
    /// A packet in its order: all its octets, its time stamp, when it came.
    pub fn packet(&mut self, bytes: usize, timestamp_90k: u32, at: Mono) {
        self.first.get_or_insert(at);
        self.last = self.last.max(at);
        self.bytes += bytes as u64;
        let Some((newest, arrived)) = self.newest else {
            (self.current, self.newest) = (timestamp_90k, Some((timestamp_90k, at)));
            return;
        };
        if timestamp_90k == self.current {
            return;
        }
        self.current = timestamp_90k;
        let (ahead, back) = (timestamp_90k.wrapping_sub(newest), newest.wrapping_sub(timestamp_90k));
        if back <= MAX_STEP_90K {
            // A picture that is shown before the one it was coded after.
            self.steps += 1;
            return;
        }
        self.newest = Some((timestamp_90k, at));
        if ahead > MAX_STEP_90K {
            return;
        }
        self.steps += 1;
        self.ticks += u64::from(ahead);
        let waited = i64::try_from(at.since(arrived).as_micros()).unwrap_or(i64::MAX).saturating_mul(TICKS_MS) / 1_000;
        let off = (waited - i64::from(ahead)).unsigned_abs();
        self.jitter_x16 = self.jitter_x16.saturating_add(off) - (self.jitter_x16 + 8) / 16;
    }

    /// What was measured so far.
    #[must_use]
    pub fn rates(&self) -> Rates {
        let span = self.first.map_or(Duration::ZERO, |first| self.last.since(first));
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let long = span >= SHORTEST;
        let many = self.steps + 1 >= MIN_PICTURES;
        let whole = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
        Rates {
            frame_rate_x100: whole((self.steps * 9_000_000).checked_div(self.ticks).filter(|_| many)),
            bitrate_kbps: whole((self.bytes * 8).checked_div(millis).filter(|_| long)),
            jitter_us: whole(Some(self.jitter_x16 * 1_000 / (16 * TICKS_MS.unsigned_abs())).filter(|_| many && long)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures of three packets of 1,000 octets each, so many, each so late.
    fn run(pictures: u32, step_90k: u32, late_ms: impl Fn(u32) -> u64) -> Rates {
        let mut meter = Meter::default();
        for n in 0..pictures {
            let at = Mono::from_millis(u64::from(n * step_90k / 90) + late_ms(n));
            for _ in 0..3 {
                meter.packet(1_000, (u32::MAX - 40_000).wrapping_add(n * step_90k), at);
            }
        }
        meter.rates()
    }

    #[test]
    fn a_steady_stream_over_the_end_of_the_numbers() {
        let rates = run(26, 3_600, |_| 0);
        assert_eq!(rates, Rates { frame_rate_x100: Some(2_500), bitrate_kbps: Some(624), jitter_us: Some(0) });
        assert_eq!(run(30, 7_200, |_| 0).frame_rate_x100, Some(1_250));
    }

    #[test]
    fn jitter_is_what_arrivals_differ_by() {
        // Every second picture comes 8 ms late: each step is off by 8 ms.
        let jitter = run(200, 3_600, |n| u64::from(n % 2) * 8).jitter_us.unwrap();
        assert!((7_500..=8_100).contains(&jitter), "{jitter}");
    }

    #[test]
    fn too_little_tells_nothing_and_a_jump_of_the_clock_is_no_rate() {
        assert_eq!(run(3, 3_600, |_| 0), Rates::default());
        let mut meter = Meter::default();
        for n in 0..20 {
            let jump = if n < 10 { 0 } else { 900_000_000 };
            meter.packet(100, n * 3_600 + jump, Mono::from_millis(u64::from(n) * 40));
        }
        assert_eq!(meter.rates().frame_rate_x100, Some(2_500));
        meter.packet(100, 5, Mono::from_millis(900));
        assert_eq!(meter.rates().frame_rate_x100, Some(2_500), "and back");
    }

    #[test]
    fn pictures_are_counted_in_whatever_order_they_are_coded() {
        let mut meter = Meter::default();
        for n in 0..10_u32 {
            for shown in [3, 1, 2] {
                meter.packet(100, (n * 3 + shown) * 3_600, Mono::from_millis(u64::from(n) * 120));
            }
        }
        let rate = meter.rates().frame_rate_x100.unwrap();
        assert!((2_500..=2_700).contains(&rate), "{rate}");
    }
}
