//! Two that read one container at once: one looks at it, the other takes it in behind him. What the first has not inflated
//! and counted the second cannot touch, and when the first refuses it gets nothing more.

use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What may be read.
pub(super) struct Gate {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    /// Octets of the container that were not looked at yet.
    closed: Range<u64>,
    /// Whether somebody still looks.
    looking: bool,
}

impl Gate {
    /// Closed, with somebody about to look.
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State { closed: 0..u64::MAX, looking: true }), moved: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No state is left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever looks holds this: once it is gone nothing more is let through than was.
    pub(super) const fn look(&self) -> Look<'_> {
        Look { gate: self }
    }

    /// Waits until these octets were looked at; an error when nobody will.
    pub(super) fn wait(&self, octets: &Range<u64>) -> std::io::Result<()> {
        let mut state = self.state();
        while octets.start < state.closed.end && state.closed.start < octets.end {
            if !state.looking {
                return Err(std::io::Error::other("not looked at"));
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

/// The one who looks.
pub(super) struct Look<'g> {
    gate: &'g Gate,
}

impl Look<'_> {
    /// Everything was looked at but this.
    pub(super) fn all_but(&self, closed: Range<u64>) {
        self.gate.state().closed = closed;
        self.gate.moved.notify_all();
    }

    /// Everything was looked at up to here.
    pub(super) fn passed(&self, to: u64) {
        let mut state = self.gate.state();
        if to > state.closed.start {
            state.closed.start = to;
            self.gate.moved.notify_all();
        }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.gate.state().looking = false;
        self.gate.moved.notify_all();
    }
}

/// The container as it is looked at. Whoever inflates it asks for more once what he has is used up: what lies before the
/// octets asked for last is inflated.
pub(super) struct Watched<'o> {
    octets: Cursor<&'o [u8]>,
    asked: &'o Cell<u64>,
}

impl<'o> Watched<'o> {
    pub(super) const fn new(octets: &'o [u8], asked: &'o Cell<u64>) -> Self {
        Self { octets: Cursor::new(octets), asked }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.asked.set(self.octets.position());
        self.octets.read(buffer)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.octets.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_before_it_was_looked_at() {
        let gate = Gate::new();
        let look = gate.look();
        look.all_but(10..20);
        assert!(gate.wait(&(0..10)).is_ok() && gate.wait(&(20..30)).is_ok());
        look.passed(15);
        assert!(gate.wait(&(0..15)).is_ok());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.wait(&(14..16)));
            look.passed(16);
            assert!(waiting.join().unwrap().is_ok());
            let refused = scope.spawn(|| gate.wait(&(14..17)));
            drop(look);
            assert!(refused.join().unwrap().is_err());
        });
        assert!(gate.wait(&(0..16)).is_ok() && gate.wait(&(15..17)).is_err());
    }
}
