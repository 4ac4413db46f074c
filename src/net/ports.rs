//! Media ports as a counted resource: even ones, the one idle longest first.
//!
//! A port just given back may still receive the last packets of the call before, so it rests as long as others
//! are free, and the streams met on it go with it.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::media::receiver::Straggler;

/// Streams remembered of a port's last calls.
const MAX_STRAGGLERS: usize = 8;

/// A port, and who sent to it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPort {
    /// The port.
    pub number: u16,
    /// Streams met on it before.
    pub stragglers: Vec<Straggler>,
}

/// The ports there are.
#[derive(Debug)]
pub struct Ports {
    free: VecDeque<MediaPort>,
}

impl Ports {
    /// The even ports of a range (RTP; RFC 3550 section 11).
    #[must_use]
    pub fn new(range: RangeInclusive<u16>) -> Self {
        let free = range.filter(|p| p % 2 == 0).map(|number| MediaPort { number, stragglers: Vec::new() }).collect();
        Self { free }
    }

    /// How many are free.
    #[must_use]
    pub fn available(&self) -> usize {
        self.free.len()
    }

    /// Takes the one idle longest.
    pub fn take(&mut self) -> Option<MediaPort> {
        self.free.pop_front()
    }

    /// Gives one back, with the streams met on it.
    pub fn give_back(&mut self, mut port: MediaPort, met: impl IntoIterator<Item = Straggler>) {
        for met in met {
            // The last call says how it ended.
            port.stragglers.retain(|s| (s.ssrc, s.source) != (met.ssrc, met.source));
            port.stragglers.push(met);
        }
        let excess = port.stragglers.len().saturating_sub(MAX_STRAGGLERS);
        port.stragglers.drain(..excess);
        self.free.push_back(port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_ports_in_turn_with_their_memory() {
        let mut ports = Ports::new(30_000..=30_005);
        assert_eq!(ports.available(), 3);
        let first = ports.take().unwrap();
        assert_eq!(first.number, 30_000);
        let seven = Straggler { ssrc: 7, source: "192.0.2.1:9000".parse().unwrap(), next: 0, until: None };
        ports.give_back(first, [seven, seven]);
        assert_eq!((ports.take().unwrap().number, ports.take().unwrap().number), (30_002, 30_004));
        assert_eq!(ports.take().unwrap(), MediaPort { number: 30_000, stragglers: vec![seven] });
        assert!(ports.take().is_none());
    }
}
