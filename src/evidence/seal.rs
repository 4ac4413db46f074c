//! Floor 4: 证据摘要, two hashes over everything a run rests on, chained member by member.
//!
//! A line of the list names a member, its octets and both its hashes, and carries the chain value of the line before it: the
//! hashes of that line. Whoever holds the last value holds all of them. No key is in it: it shows that something was changed
//! after the value was handed over, and not who made it.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::base::text::hex;

/// Hexadecimal digits of either hash.
pub const DIGITS: usize = 64;
/// Chain value before the first line.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Both hashes of the same octets, or of a chain up to a line of it: 64 lower-case hexadecimal digits each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hashes {
    /// GB/T 32905
    pub sm3: String,
    /// FIPS 180-4
    pub sha256: String,
}

impl Hashes {
    /// Of octets that lie in memory.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        let mut hashing = Hashing::default();
        hashing.update(octets);
        hashing.finish()
    }
}

/// Both hashes and the length of what is written to it.
#[derive(Debug, Clone, Default)]
pub struct Hashing {
    sm3: Sm3,
    sha256: Sha256,
    octets: u64,
}

impl Hashing {
    /// Takes more.
    pub fn update(&mut self, octets: &[u8]) {
        self.sm3.update(octets);
        self.sha256.update(octets);
        self.octets += octets.len() as u64;
    }

    /// Octets so far.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The hashes.
    #[must_use]
    pub fn finish(self) -> Hashes {
        Hashes { sm3: hex(&self.sm3.finalize()), sha256: hex(&self.sha256.finalize()) }
    }
}

impl Write for Hashing {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The list of members, grown line by line.
#[derive(Debug, Clone)]
pub struct Chain {
    text: String,
    lines: u64,
    head: Hashes,
}

impl Default for Chain {
    fn default() -> Self {
        Self { text: String::new(), lines: 0, head: Hashes { sm3: NOTHING.to_owned(), sha256: NOTHING.to_owned() } }
    }
}

impl Chain {
    /// Adds a member.
    pub fn add(&mut self, name: &str, octets: u64, hashes: &Hashes) {
        self.lines += 1;
        let (number, before) = (self.lines, &self.head);
        let line = format!("{number}\t{octets}\t{}\t{}\t{}\t{}\t{name}\n", hashes.sm3, hashes.sha256, before.sm3, before.sha256);
        self.head = Hashes::of(line.as_bytes());
        self.text.push_str(&line);
    }

    /// The chain value of the last line.
    #[must_use]
    pub const fn head(&self) -> &Hashes {
        &self.head
    }

    /// All lines.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hashes_are_those_of_their_standards() {
        let of = Hashes::of(b"abc");
        assert_eq!(of.sm3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_eq!(of.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let mut hashing = Hashing::default();
        hashing.write_all(b"a").unwrap();
        hashing.write_all(b"bc").unwrap();
        assert_eq!((hashing.octets(), hashing.finish()), (3, of));
    }

    #[test]
    fn a_line_carries_the_value_of_the_line_before_it() {
        let mut chain = Chain::default();
        chain.add("A", 1, &Hashes::of(b"a"));
        let first = chain.head().clone();
        chain.add("B", 1, &Hashes::of(b"b"));
        let lines: Vec<&str> = chain.text().lines().collect();
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cells(lines[0])[4..], [NOTHING, NOTHING, "A"]);
        assert_eq!(cells(lines[1])[4..], [first.sm3.as_str(), &first.sha256, "B"]);
        assert_eq!(Hashes::of(format!("{}\n", lines[1]).as_bytes()), *chain.head());
        let mut other = Chain::default();
        other.add("A", 1, &Hashes::of(b"x"));
        other.add("B", 1, &Hashes::of(b"b"));
        assert_ne!(other.head(), chain.head(), "what stands before changes what comes after");
    }
}
