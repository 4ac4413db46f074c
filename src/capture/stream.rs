//! One direction of a TCP connection, put in order: repeats dropped, overlaps cut, gaps waited for and then said.
//!
//! What was captured of a connection that was there before begins where it begins.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::packet::Tcp;
use crate::base::clock::Mono;

/// Octets one direction keeps while something before them is missing.
pub const MAX_PENDING_BYTES: usize = 1024 * 1024;
/// How long something missing may still come: a sender repeats within seconds.
const GAP_PATIENCE: Duration = Duration::from_secs(10);
/// What a piece that waits costs beside its octets: a flood of tiny ones is bounded too.
const PIECE_OVERHEAD_BYTES: usize = 64;
/// Numbers further off than this belong to another connection.
const MAX_DISTANCE: u32 = 64 * 1024 * 1024;
/// So many of those in a row, and another connection it is, whose beginning was not captured.
const MAX_STRAYS: u32 = 3;

/// What comes out, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A connection begins; what follows has nothing to do with what was before.
    Opened,
    /// Octets.
    Octets(Cow<'a, [u8]>),
    /// So many octets are not in the capture.
    Gap(u64),
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// The number expected next, and how many octets came before it.
    next: Option<(u32, u64)>,
    /// What waits, by its distance from the beginning.
    pending: BTreeMap<u64, (Vec<u8>, u32)>,
    pending_bytes: usize,
    waiting_since: Mono,
    ended: bool,
    strays: u32,
}

impl Stream {
    /// Takes a piece, gives what is in order now.
    pub fn push<'a>(&mut self, tcp: &'a Tcp<'_>, now: Mono, mut out: impl FnMut(Piece<'a>)) {
        let data_number = tcp.number.wrapping_add(u32::from(tcp.syn));
        let carries = !tcp.payload.is_empty() || tcp.cut > 0;
        let is_far = self.next.is_some_and(|(next, _)| distance(data_number, next).unsigned_abs() > MAX_DISTANCE);
        self.strays = match (carries, is_far) {
            (true, true) => self.strays.saturating_add(1),
            (true, false) => 0,
            (false, _) => self.strays,
        };
        let begins = match self.next {
            None => true,
            // A repeated SYN names the number this one began with; a new connection's is anywhere.
            Some((next, before)) if tcp.syn => self.ended || u64::from(next.wrapping_sub(data_number)) != before,
            Some(_) => carries && is_far && (self.ended || self.strays >= MAX_STRAYS),
        };
        if begins {
            self.pending.clear();
            self.pending_bytes = 0;
            self.ended = false;
            self.strays = 0;
            self.next = Some((data_number, 0));
            out(Piece::Opened);
        }
        self.ended |= tcp.end;
        if !carries {
            return;
        }
        let Some((next, before)) = self.next else { return };
        let ahead = distance(data_number, next);
        if ahead.unsigned_abs() > MAX_DISTANCE {
            return;
        }
        if ahead > 0 {
            self.wait(before + u64::from(ahead.unsigned_abs()), tcp, now);
            if self.pending_bytes > MAX_PENDING_BYTES {
                self.give_up(&mut out);
            }
        } else {
            let known = ahead.unsigned_abs() as usize;
            let octets: Cow<'a, [u8]> = Cow::Borrowed(tcp.payload.get(known..).unwrap_or_default());
            // What the capture cut counts as far as it is new.
            let cut = u64::from(tcp.cut).min((tcp.payload.len() as u64 + u64::from(tcp.cut)).saturating_sub(known as u64));
            self.deliver(octets, cut, &mut out);
            self.drain(&mut out);
        }
        self.tick(now, out);
    }

    /// Time has passed: what is missing for too long is given up.
    pub fn tick<'a>(&mut self, now: Mono, mut out: impl FnMut(Piece<'a>)) {
        if !self.pending.is_empty() && now.since(self.waiting_since) >= GAP_PATIENCE {
            self.give_up(&mut out);
            self.waiting_since = now;
        }
    }

    /// The capture ends: nothing missing will come.
    pub fn finish<'a>(&mut self, mut out: impl FnMut(Piece<'a>)) {
        while !self.pending.is_empty() {
            self.give_up(&mut out);
        }
    }

    /// Octets kept.
    #[must_use]
    pub const fn pending_bytes(&self) -> usize {
        self.pending_bytes
    }

    fn wait(&mut self, at: u64, tcp: &Tcp<'_>, now: Mono) {
        if self.pending.is_empty() {
            self.waiting_since = now;
        }
        // Of two pieces that begin at one place the longer stays.
        if self.pending.get(&at).is_none_or(|(kept, _)| kept.len() < tcp.payload.len()) {
            self.pending_bytes += tcp.payload.len() + PIECE_OVERHEAD_BYTES;
            if let Some((old, _)) = self.pending.insert(at, (tcp.payload.to_vec(), tcp.cut)) {
                self.pending_bytes -= old.len() + PIECE_OVERHEAD_BYTES;
            }
        }
    }

    fn deliver<'a>(&mut self, octets: Cow<'a, [u8]>, cut: u64, out: &mut impl FnMut(Piece<'a>)) {
        let Some((next, before)) = &mut self.next else { return };
        let length = octets.len() as u64 + cut;
        *next = next.wrapping_add(u32::try_from(length).unwrap_or(u32::MAX));
        *before += length;
        if !octets.is_empty() {
            out(Piece::Octets(octets));
        }
        if cut > 0 {
            out(Piece::Gap(cut));
        }
    }

    fn drain<'a>(&mut self, out: &mut impl FnMut(Piece<'a>)) {
        while let Some(entry) = self.pending.first_entry() {
            let Some((_, before)) = self.next else { return };
            let at = *entry.key();
            if at > before {
                return;
            }
            let (mut octets, cut) = entry.remove();
            self.pending_bytes -= octets.len() + PIECE_OVERHEAD_BYTES;
            let known = usize::try_from(before - at).unwrap_or(usize::MAX);
            let cut = u64::from(cut).min((octets.len() as u64 + u64::from(cut)).saturating_sub(known as u64));
            octets.drain(..known.min(octets.len()));
            self.deliver(Cow::Owned(octets), cut, out);
        }
    }

    /// Steps over the gap before the first piece that waits.
    fn give_up<'a>(&mut self, out: &mut impl FnMut(Piece<'a>)) {
        let (Some((next, before)), Some(at)) = (&mut self.next, self.pending.keys().next().copied()) else { return };
        let gap = at.saturating_sub(*before);
        *next = next.wrapping_add(u32::try_from(gap).unwrap_or(u32::MAX));
        *before += gap;
        out(Piece::Gap(gap));
        self.drain(out);
    }
}

/// How far `number` is ahead of `next`, around the end of the numbers.
const fn distance(number: u32, next: u32) -> i32 {
    number.wrapping_sub(next).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(number: u32, payload: &[u8]) -> Tcp<'_> {
        Tcp { number, syn: false, end: false, payload: Cow::Borrowed(payload), cut: 0 }
    }

    #[derive(Debug, Default, PartialEq, Eq)]
    struct Got {
        octets: Vec<u8>,
        gaps: Vec<(usize, u64)>,
        opened: u32,
    }

    impl Got {
        fn take(&mut self, piece: Piece<'_>) {
            match piece {
                Piece::Opened => self.opened += 1,
                Piece::Octets(octets) => self.octets.extend_from_slice(&octets),
                Piece::Gap(gap) => self.gaps.push((self.octets.len(), gap)),
            }
        }
    }

    fn run(pieces: &[Tcp<'_>]) -> Got {
        let (mut stream, mut got) = (Stream::default(), Got::default());
        for piece in pieces {
            stream.push(piece, Mono::ZERO, |p| got.take(p));
        }
        stream.finish(|p| got.take(p));
        assert_eq!(stream.pending_bytes(), 0);
        got
    }

    #[test]
    fn order_repeats_and_overlaps_around_the_end_of_the_numbers() {
        let start = u32::MAX - 3;
        let syn = Tcp { syn: true, ..piece(start.wrapping_sub(1), b"") };
        let got = run(&[
            syn.clone(),
            syn,
            piece(start.wrapping_add(6), b"ghij"),
            piece(start, b"abc"),
            piece(start, b"abc"),
            piece(start.wrapping_add(2), b"cdefgh"),
            piece(start.wrapping_add(10), b"k"),
        ]);
        assert_eq!(got, Got { octets: b"abcdefghijk".to_vec(), gaps: vec![], opened: 1 });
    }

    #[test]
    fn what_is_missing_is_a_gap_where_it_was() {
        let cut = Tcp { cut: 5, ..piece(20, b"yz") };
        assert_eq!(
            run(&[piece(0, b"abc"), piece(7, b"hij"), cut, piece(27, b"end")]),
            Got { octets: b"abchijyzend".to_vec(), gaps: vec![(3, 4), (6, 10), (8, 5)], opened: 1 }
        );
    }

    #[test]
    fn patience_and_memory_are_bounded_and_a_new_connection_begins_anew() {
        let (mut stream, mut got) = (Stream::default(), Got::default());
        stream.push(&piece(0, b"a"), Mono::ZERO, |p| got.take(p));
        stream.push(&piece(5, b"f"), Mono::ZERO, |p| got.take(p));
        stream.tick(Mono::from_millis(9_000), |p| got.take(p));
        assert_eq!(got.octets, b"a");
        stream.tick(Mono::from_millis(10_000), |p| got.take(p));
        assert_eq!((got.octets.as_slice(), got.gaps.as_slice()), (b"af".as_slice(), [(1, 4)].as_slice()));
        let big = vec![0; 60_000];
        for n in 0..40_u32 {
            stream.push(&piece(100 + n * 60_000, &big), Mono::from_millis(10_001), |p| got.take(p));
            assert!(stream.pending_bytes() <= MAX_PENDING_BYTES + big.len() + PIECE_OVERHEAD_BYTES);
        }
        let syn = Tcp { syn: true, ..piece(900_000_000, b"") };
        stream.push(&syn, Mono::from_millis(10_002), |p| got.take(p));
        stream.push(&piece(900_000_001, b"new"), Mono::from_millis(10_003), |p| got.take(p));
        assert!(got.opened == 2 && got.octets.ends_with(b"new"));
    }

    #[test]
    fn a_connection_on_the_same_ports_whose_beginning_is_missing_is_followed() {
        let far = 2_000_000_000;
        let end = Tcp { end: true, ..piece(3, b"d") };
        let got = run(&[piece(0, b"abc"), end, piece(far, b"new")]);
        assert_eq!((got.octets.as_slice(), got.opened), (b"abcdnew".as_slice(), 2));
        // Without an end a single stray is nothing, several are another connection.
        let got = run(&[
            piece(0, b"abc"),
            piece(far, b"x"),
            piece(3, b"d"),
            piece(far, b"1"),
            piece(far + 1, b"2"),
            piece(far + 2, b"3"),
        ]);
        assert_eq!((got.octets.as_slice(), got.opened), (b"abcd3".as_slice(), 2));
    }

    #[test]
    fn what_waits_is_bounded_by_pieces_too() {
        let (mut stream, mut got) = (Stream::default(), Got::default());
        stream.push(&piece(0, b"a"), Mono::ZERO, |p| got.take(p));
        let mut most = 0;
        for n in 0..100_000_u32 {
            let empty = Tcp { cut: 1, ..piece(10 + 2 * n, b"") };
            stream.push(&empty, Mono::ZERO, |p| got.take(p));
            most = most.max(stream.pending.len());
        }
        assert!(most <= MAX_PENDING_BYTES / PIECE_OVERHEAD_BYTES + 1, "{most}");
    }

    proptest! {
        /// Cut anywhere, repeated, in any order within the window: the same octets come out.
        #[test]
        fn any_order_gives_the_same_octets(
            sent in proptest::collection::vec(any::<u8>(), 1..600),
            cuts in proptest::collection::vec((0..600_usize, 1..80_usize), 0..40),
            order in proptest::collection::vec(any::<u32>(), 60),
            start in any::<u32>(),
        ) {
            let mut pieces: Vec<(usize, &[u8])> = sent.chunks(37).enumerate().map(|(n, c)| (n * 37, c)).collect();
            for (from, length) in cuts {
                let from = from % sent.len();
                pieces.push((from, &sent[from..sent.len().min(from + length)]));
            }
            let mut keyed: Vec<_> = pieces.into_iter().zip(order.into_iter().cycle()).collect();
            keyed.sort_by_key(|(_, key)| *key);
            let mut tcp = vec![Tcp { syn: true, ..piece(start.wrapping_sub(1), b"") }];
            tcp.extend(keyed.iter().map(|((at, octets), _)| piece(start.wrapping_add(u32::try_from(*at).unwrap()), octets)));
            let got = run(&tcp);
            prop_assert_eq!(got.octets, sent);
            prop_assert!(got.gaps.is_empty());
        }
    }
}
