//! Texts one behind the other in one text, each behind its length: one allocation for all of them.

use std::ops::Range;

/// Bits of a length in one character.
const BITS: u32 = 6;
/// More characters of the length follow.
const MORE: u8 = 1 << BITS;

/// Adds a text with its length before it: the length as ASCII characters, the lowest bits first.
pub(super) fn push(packed: &mut String, text: &str) {
    let mut length = text.len();
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= BITS;
        let digit = low & (MORE - 1);
        if length == 0 {
            packed.push(char::from(digit));
            break;
        }
        packed.push(char::from(digit | MORE));
    }
    packed.push_str(text);
}

/// Reads what was packed, from its beginning.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    packed: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(packed: &'a str) -> Self {
        Self { packed: packed.as_bytes(), at: 0 }
    }

    /// The next octet by itself.
    pub(super) fn octet(&mut self) -> Option<u8> {
        let octet = self.packed.get(self.at).copied();
        self.at += 1;
        octet
    }

    /// Where the next text stands.
    pub(super) fn text(&mut self) -> Option<Range<usize>> {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let digit = self.octet()?;
            length |= usize::from(digit & (MORE - 1)).checked_shl(shift)?;
            if digit & MORE == 0 {
                break;
            }
            shift += BITS;
        }
        let start = self.at;
        self.at = start.checked_add(length)?;
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_come_back() {
        let texts = [0, 1, 63, 64, 4_095, 4_096, 300_000].map(|n| "x".repeat(n));
        let mut packed = String::new();
        texts.iter().for_each(|text| push(&mut packed, text));
        let mut cursor = Cursor::new(&packed);
        for text in &texts {
            assert_eq!(packed.get(cursor.text().unwrap()), Some(text.as_str()));
        }
        assert_eq!(cursor.text(), None);
    }
}
