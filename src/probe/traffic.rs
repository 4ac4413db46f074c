//! What all sessions together bring over the line, and whether one more fits into the budget. Counting is shared by every
//! platform; judging is pure.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::Mono;

/// What one stream takes until it is known: a main stream of a common camera, Mbit/s.
pub const STREAM_MBIT: u64 = 4;
/// The least that is expected of one that has begun: what is measured of it lags behind.
const LEAST_MBIT: u64 = 1;
/// Over which the rate is taken.
const WINDOW: Duration = Duration::from_secs(2);
/// Not looked at more often.
const EVERY: Duration = Duration::from_millis(50);

/// The line to the program, as far as media is concerned.
#[derive(Debug, Default)]
pub struct Traffic {
    octets: AtomicU64,
    open: AtomicUsize,
    flowing: AtomicUsize,
    meter: Mutex<Meter>,
}

/// One session that is open, or one that brings media; counted until it is dropped.
#[derive(Debug)]
pub struct Counted {
    traffic: Arc<Traffic>,
    which: fn(&Traffic) -> &AtomicUsize,
}

impl Counted {
    fn new(traffic: &Arc<Traffic>, which: fn(&Traffic) -> &AtomicUsize) -> Self {
        which(traffic).fetch_add(1, Ordering::Relaxed);
        Self { traffic: traffic.clone(), which }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.which)(&self.traffic).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Traffic {
    /// A session is about to be opened.
    #[must_use]
    pub fn opens(self: &Arc<Self>) -> Counted {
        Counted::new(self, |traffic| &traffic.open)
    }

    /// A session brings media.
    #[must_use]
    pub fn flows(self: &Arc<Self>) -> Counted {
        Counted::new(self, |traffic| &traffic.flowing)
    }

    /// It brought so many octets more.
    pub fn brought(&self, octets: u64) {
        self.octets.fetch_add(octets, Ordering::Relaxed);
    }

    /// Whether one more session fits into so many Mbit/s; else the Mbit/s there are.
    ///
    /// # Errors
    /// What is on the line now, Mbit/s.
    pub fn has_room(&self, max_mbit: u64, now: Mono) -> Result<(), u64> {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.take(now, self.octets.load(Ordering::Relaxed));
        let (open, flowing) = (self.open.load(Ordering::Relaxed), self.flowing.load(Ordering::Relaxed));
        let bits = meter.bits_per_second();
        if fits(max_mbit, bits, open, flowing) { Ok(()) } else { Err(bits.div_ceil(1_000_000)) }
    }
}

/// Whether one more session fits: those that bring nothing yet will bring what the others do. A single one always does.
fn fits(max_mbit: u64, bits_per_second: u64, open: usize, flowing: usize) -> bool {
    let max = max_mbit.saturating_mul(1_000_000);
    let each = match flowing as u64 {
        0 => STREAM_MBIT * 1_000_000,
        flowing => (bits_per_second / flowing).max(LEAST_MBIT * 1_000_000),
    };
    let silent = open.saturating_sub(flowing) as u64 + 1;
    open == 0 || bits_per_second.saturating_add(each.saturating_mul(silent)) <= max
}

/// Octets as they were counted lately.
#[derive(Debug, Default)]
struct Meter {
    counts: VecDeque<(Mono, u64)>,
}

impl Meter {
    fn take(&mut self, now: Mono, octets: u64) {
        if self.counts.back().is_some_and(|(last, _)| now.since(*last) < EVERY) {
            return;
        }
        self.counts.push_back((now, octets));
        // The one before the window begins is what the window is counted from.
        while self.counts.get(1).is_some_and(|(at, _)| now.since(*at) >= WINDOW) {
            self.counts.pop_front();
        }
    }

    fn bits_per_second(&self) -> u64 {
        let (Some((from, before)), Some((to, after))) = (self.counts.front(), self.counts.back()) else { return 0 };
        let millis = to.millis_since(*from);
        (after - before).saturating_mul(8_000).checked_div(millis).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_two_seconds() {
        let mut meter = Meter::default();
        let mut octets = 0;
        for ms in (0..10_000).step_by(10) {
            // A megabyte a second, then half of it.
            octets += if ms < 5_000 { 10_000 } else { 5_000 };
            meter.take(Mono::from_millis(ms), octets);
            assert!(meter.counts.len() <= 42, "{}", meter.counts.len());
            if ms == 4_990 {
                assert_eq!(meter.bits_per_second(), 8_000_000);
            }
        }
        assert_eq!(meter.bits_per_second(), 4_000_000);
    }

    #[test]
    fn one_more_fits_as_long_as_all_that_are_open_may_bring_fits() {
        assert!(fits(1, 0, 0, 0), "one has to be possible");
        assert!(fits(8, 0, 1, 0) && !fits(8, 0, 2, 0), "as long as nothing is known each is taken for 4 Mbit/s");
        // Two bring 2 Mbit/s each.
        assert!(fits(10, 4_000_000, 4, 2) && !fits(10, 4_000_000, 5, 2));
        assert!(!fits(3, 4_000_000, 2, 2), "over it already");
    }

    #[test]
    fn what_was_counted_is_counted_until_it_is_dropped() {
        let traffic = Arc::new(Traffic::default());
        let at = Mono::from_millis;
        let one = (traffic.opens(), traffic.flows());
        assert_eq!(traffic.has_room(3, at(0)), Ok(()));
        for ms in (50..=2_000).step_by(50) {
            traffic.brought(12_500);
            let _ = traffic.has_room(3, at(ms));
        }
        assert_eq!(traffic.has_room(3, at(2_000)), Err(2), "a second one would make it four");
        assert_eq!(traffic.has_room(4, at(2_000)), Ok(()));
        drop(one);
        assert_eq!(traffic.has_room(1, at(2_050)), Ok(()));
    }
}
