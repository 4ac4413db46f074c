//! Order, loss and repeats of RTP packets of one source.
//!
//! Packets wait for a missing one until so many came after it or so much time went by; then the gap is told
//! and reading goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::clock::Mono;

/// Packets that may wait for a missing one: at 1,400 octets some 90 kB, a key frame.
pub const WINDOW_PACKETS: usize = 64;
/// How long they may wait.
pub const WINDOW_TIME: Duration = Duration::from_millis(300);
/// The first packets wait for so many, or so long: the very first ones may come out of order too.
const FIRST_PACKETS: usize = 16;
/// How far before the one that came first another may stand.
const FIRST_NUMBERS: std::ops::RangeInclusive<i64> = 1..=16;
/// See [`FIRST_PACKETS`].
const FIRST_TIME: Duration = Duration::from_millis(120);
/// So many packets in a row that are all too late are a new numbering.
const RESTARTED: u32 = 16;
/// A jump further than this is a new numbering, not a loss.
const MAX_JUMP: i64 = 3_000;

/// A packet in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered<T> {
    /// Packets are missing in front of it.
    pub after_gap: bool,
    /// The packet.
    pub packet: T,
}

/// Puts packets into order.
#[derive(Debug)]
pub struct Reorder<T> {
    next: Option<i64>,
    /// Nothing was given out yet: what comes now may have been sent before the first.
    fresh: bool,
    waiting: BTreeMap<i64, T>,
    waiting_since: Option<Mono>,
    gap: bool,
    /// The number after a packet that was too far off.
    probation: Option<u16>,
    /// The number after a packet that came too late, and how many came so in a row.
    behind: (u16, u32),
    /// Packets that never came.
    pub lost: u64,
    /// Packets that came after a later one.
    pub reordered: u64,
    /// Packets that came twice, or too late.
    pub repeated: u64,
}

impl<T> Default for Reorder<T> {
    fn default() -> Self {
        Self {
            next: None,
            fresh: true,
            waiting: BTreeMap::new(),
            waiting_since: None,
            gap: false,
            probation: None,
            behind: (0, 0),
            lost: 0,
            reordered: 0,
            repeated: 0,
        }
    }
}

impl<T> Reorder<T> {
    /// Takes a packet. TCP delivers in order, but a relay may have taken it from UDP out of order.
    pub fn push(&mut self, sequence: u16, packet: T, now: Mono) {
        let Some(next) = self.next else {
            // Above 0, so that a number before the first is one too.
            let number = i64::from(sequence) + 0x1_0000;
            self.next = Some(number);
            self.waiting.insert(number, packet);
            self.waiting_since = Some(now);
            return;
        };
        let number = extend(next, sequence);
        let next = if self.fresh && FIRST_NUMBERS.contains(&(next - number)) {
            self.next = Some(number);
            number
        } else {
            next
        };
        if (number - next).abs() > MAX_JUMP {
            // One wild packet is dropped; two in a row are a new numbering (RFC 3550 appendix A.1).
            if self.probation.replace(sequence.wrapping_add(1)) != Some(sequence) {
                return;
            }
            self.lost += u64::try_from(self.waiting.len()).unwrap_or(0) + 1;
            self.waiting.clear();
            self.waiting_since = None;
            self.gap = true;
            self.next = Some(i64::from(sequence));
            self.waiting.insert(i64::from(sequence), packet);
            return;
        }
        self.probation = None;
        if number >= next {
            self.behind = (0, 0);
        } else if self.behind.0 == sequence {
            self.behind = (sequence.wrapping_add(1), self.behind.1 + 1);
            if self.behind.1 >= RESTARTED {
                // No late packets, but a numbering that began anew a little lower.
                self.behind = (0, 0);
                self.waiting.clear();
                self.waiting_since = None;
                self.gap = true;
                self.next = Some(number);
                self.waiting.insert(number, packet);
                return;
            }
        } else {
            self.behind = (sequence.wrapping_add(1), 1);
        }
        if number < next || self.waiting.contains_key(&number) {
            self.repeated += 1;
            return;
        }
        if self.waiting.keys().next_back().is_some_and(|last| number < *last) {
            self.reordered += 1;
        }
        self.waiting.insert(number, packet);
        if number > next {
            self.waiting_since.get_or_insert(now);
        }
    }

    /// The next packet in order, if it is there or has been waited for long enough.
    pub fn pop(&mut self, now: Mono) -> Option<Ordered<T>> {
        let next = self.next?;
        let first = self.waiting.keys().next().copied()?;
        if self.fresh {
            let early =
                self.waiting.len() < FIRST_PACKETS && self.waiting_since.is_some_and(|since| now.since(since) < FIRST_TIME);
            if early {
                return None;
            }
            self.fresh = false;
        }
        if first > next {
            let patient =
                self.waiting.len() < WINDOW_PACKETS && self.waiting_since.is_none_or(|since| now.since(since) < WINDOW_TIME);
            if patient {
                return None;
            }
            self.skip_to(first);
        }
        let (number, packet) = self.waiting.pop_first()?;
        self.next = Some(number + 1);
        if self.waiting.keys().next().is_none_or(|n| *n == number + 1) {
            self.waiting_since = None;
        } else {
            self.waiting_since = Some(now);
        }
        Some(Ordered { after_gap: std::mem::take(&mut self.gap), packet })
    }

    /// Nothing more will come: what waits is given out by `pop` from now on.
    pub fn flush(&mut self) {
        self.fresh = false;
        if let Some(first) = self.waiting.keys().next().copied()
            && self.next.is_some_and(|next| first > next)
        {
            self.skip_to(first);
        }
    }

    fn skip_to(&mut self, number: i64) {
        if let Some(next) = self.next {
            self.lost += u64::try_from(number - next).unwrap_or(0);
        }
        self.gap = true;
        self.next = Some(number);
        self.waiting_since = None;
    }
}

/// The full number nearest to `next` that ends in these 16 bits.
fn extend(next: i64, sequence: u16) -> i64 {
    let base = next & !0xFFFF;
    let candidate = base | i64::from(sequence);
    [candidate - 0x1_0000, candidate, candidate + 0x1_0000].into_iter().min_by_key(|c| (c - next).abs()).unwrap_or(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes the numbers and tells what came out; `!` marks a gap in front.
    fn run(numbers: &[u16], flush: bool) -> (Vec<String>, Reorder<u16>) {
        let mut reorder = Reorder::default();
        let mut out = Vec::new();
        let mut take = |reorder: &mut Reorder<u16>| {
            while let Some(ordered) = reorder.pop(Mono::ZERO) {
                out.push(format!("{}{}", if ordered.after_gap { "!" } else { "" }, ordered.packet));
            }
        };
        for number in numbers {
            reorder.push(*number, *number, Mono::ZERO);
            take(&mut reorder);
        }
        if flush {
            for _ in 0..numbers.len() {
                reorder.flush();
                take(&mut reorder);
            }
        }
        (out, reorder)
    }

    #[test]
    fn swapped_packets_come_out_in_order() {
        let (out, reorder) = run(&[1, 3, 2, 6, 4, 5], true);
        assert_eq!(out, ["1", "2", "3", "4", "5", "6"]);
        assert_eq!((reorder.reordered, reorder.lost), (3, 0));
    }

    #[test]
    fn the_very_first_packets_may_be_swapped_too() {
        let (out, reorder) = run(&[2, 1, 3, 4, 5], true);
        assert_eq!((out.join(" "), reorder.reordered, reorder.repeated), ("1 2 3 4 5".into(), 1, 0));
        assert_eq!(run(&[0, 65_535, 1, 2], true).0, ["65535", "0", "1", "2"]);
    }

    #[test]
    fn a_numbering_that_begins_anew_a_little_lower_is_followed_too() {
        let numbers: Vec<u16> = (500..600).chain(100..200).collect();
        let (out, _) = run(&numbers, false);
        assert!(out.contains(&"!115".to_owned()) && out.last().is_some_and(|n| n == "199"), "{out:?}");
        let late: Vec<u16> = (500..600).chain([520, 530, 540]).chain(600..620).collect();
        assert_eq!(run(&late, false).1.repeated, 3);
    }

    #[test]
    fn numbers_wrap_around() {
        assert_eq!(run(&[65_534, 0, 65_535, 1], true).0, ["65534", "65535", "0", "1"]);
    }

    #[test]
    fn a_lost_packet_is_told_as_a_gap() {
        let (out, reorder) = run(&[1, 2, 4, 5], true);
        assert_eq!((out, reorder.lost), (vec!["1".into(), "2".into(), "!4".into(), "5".into()], 1));
        let numbers: Vec<u16> = [1].into_iter().chain(3..80).collect();
        assert!(run(&numbers, false).0.contains(&"!3".to_owned()), "the window is bounded");
    }

    #[test]
    fn waiting_ends_by_time() {
        let mut reorder = Reorder::default();
        reorder.push(1, 1, Mono::ZERO);
        reorder.push(3, 3, Mono::ZERO);
        assert_eq!(reorder.pop(Mono::from_millis(119)), None, "something before the first may still come");
        assert_eq!(reorder.pop(Mono::from_millis(120)).map(|o| o.packet), Some(1));
        assert_eq!(reorder.pop(Mono::from_millis(419)), None);
        assert_eq!(reorder.pop(Mono::from_millis(420)), Some(Ordered { after_gap: true, packet: 3 }));
    }

    #[test]
    fn repeats_are_dropped() {
        let (out, reorder) = run(&[1, 2, 2, 1, 3], true);
        assert_eq!((out, reorder.repeated), (vec!["1".into(), "2".into(), "3".into()], 2));
    }

    #[test]
    fn a_new_numbering_is_followed() {
        let numbers: Vec<u16> = (1..=20).chain([40_000, 40_001, 40_002]).collect();
        assert!(run(&numbers, false).0.ends_with(&["20".into(), "!40001".into(), "40002".into()]));
        assert_eq!(run(&[10, 11, 40_000, 12, 13], true).0, ["10", "11", "12", "13"], "one wild packet is no numbering");
    }
}
