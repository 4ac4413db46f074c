//! Time as an argument. State machines are told a [`Mono`]; nobody below `net` asks the machine.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::time::Timestamp;

/// Monotonic time: how long the program has run. Never goes back, has no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(Duration);

impl Mono {
    /// The beginning of time for this process or this test.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A moment `ms` milliseconds after the beginning.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// Time from `earlier` to `self`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The same as whole milliseconds.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.since(earlier).as_millis()).unwrap_or(u64::MAX)
    }

    /// A later moment.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// Both clocks of a machine.
pub trait Clock: Send + Sync {
    /// What a watch shows.
    fn wall(&self) -> Timestamp;
    /// How long we have been running.
    fn mono(&self) -> Mono;
}

/// The clocks of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl SystemClock {
    /// The runtime's instant for a moment of ours, to sleep until it.
    #[must_use]
    pub fn instant(&self, at: Mono) -> Instant {
        self.start + at.0
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn mono(&self) -> Mono {
        Mono(self.start.elapsed())
    }
}
