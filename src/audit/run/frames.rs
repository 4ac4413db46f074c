//! Which key frames are kept (关键帧留存), within the limit of a run.

use std::sync::{Mutex, PoisonError};

/// Room for the key frames of one run, all platforms together.
#[derive(Debug)]
pub(super) struct Frames(Mutex<u64>);

impl Frames {
    pub(super) const fn new(max_bytes: u64) -> Self {
        Self(Mutex::new(max_bytes))
    }

    /// Takes room for a key frame, if there is so much.
    pub(super) fn take(&self, octets: usize) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let after = left.checked_sub(octets as u64);
        *left = after.unwrap_or(*left);
        after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_of_the_room() {
        let frames = Frames::new(10);
        assert_eq!([4, 7, 6, 1].map(|octets| frames.take(octets)), [true, false, true, false]);
    }
}
