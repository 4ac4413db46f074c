//! Bits written one after the other, and made into NAL units.

/// Bits being written.
#[derive(Debug, Default, Clone)]
pub(super) struct BitWriter {
    octets: Vec<u8>,
    /// Bits that fill no octet yet, the last ones lowest, and how many.
    open: u64,
    count: u32,
}

impl BitWriter {
    pub(super) fn bit(&mut self, bit: bool) {
        self.bits(u32::from(bit), 1);
    }

    /// u(n): the lowest `n` bits of a value, at most 32.
    pub(super) fn bits(&mut self, value: u32, n: u32) {
        let value = u64::from(value) & ((1 << n) - 1);
        self.open = self.open << n | value;
        self.count += n;
        while self.count >= 8 {
            self.count -= 8;
            let [.., octet] = (self.open >> self.count).to_be_bytes();
            self.octets.push(octet);
        }
        self.open &= (1 << self.count) - 1;
    }

    /// A word of a table, as the standard prints it.
    pub(super) fn word(&mut self, word: &str) {
        let value = word.bytes().fold(0, |value, bit| value << 1 | u32::from(bit == b'1'));
        self.bits(value, u32::try_from(word.len()).unwrap_or(0));
    }

    /// Bits so far.
    pub(super) fn len(&self) -> usize {
        self.octets.len() * 8 + usize::try_from(self.count).unwrap_or(0)
    }

    /// Turns over a bit that was written; only of whole octets.
    pub(super) fn flip(&mut self, at: usize) {
        if let Some(octet) = self.octets.get_mut(at / 8) {
            *octet ^= 0x80 >> (at % 8);
        }
    }

    /// Whole octets, where nothing is open.
    pub(super) fn append(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// What was written, in whole octets.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// ue(v)
    pub(super) fn ue(&mut self, value: u32) {
        let value = value + 1;
        let length = 32 - value.leading_zeros();
        self.bits(0, length - 1);
        self.bits(value, length);
    }

    /// se(v)
    pub(super) fn se(&mut self, value: i32) {
        let magnitude = value.unsigned_abs() * 2;
        self.ue(if value > 0 { magnitude - 1 } else { magnitude });
    }

    /// Zeros up to the next octet.
    pub(super) fn align(&mut self) {
        if self.count > 0 {
            self.bits(0, 8 - self.count);
        }
    }

    /// rbsp_trailing_bits.
    pub(super) fn trailing(&mut self) {
        self.bit(true);
        self.align();
    }

    /// The unit with its header in front and its start codes broken up (7.4.1 of either standard).
    pub(super) fn nal(&self, header: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(header.len() + self.octets.len() + 16);
        out.extend_from_slice(header);
        let mut zeros = 0;
        for octet in self.octets.iter().copied() {
            if zeros >= 2 && octet <= 3 {
                out.push(3);
                zeros = 0;
            }
            zeros = if octet == 0 { zeros + 1 } else { 0 };
            out.push(octet);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_codes_are_the_ones_of_the_standard() {
        let mut bits = BitWriter::default();
        (0..4).for_each(|n| bits.ue(n));
        [1, -1, 2].into_iter().for_each(|n| bits.se(n));
        // 1 010 011 00100 010 011 00100, then the end.
        bits.trailing();
        assert_eq!(bits.nal(&[]), [0b1010_0110, 0b0100_0100, 0b1100_1001]);
    }

    #[test]
    fn a_unit_holds_no_start_code() {
        let mut bits = BitWriter::default();
        bits.bits(1, 24);
        bits.bits(0, 32);
        assert_eq!(bits.nal(&[0x65]), [0x65, 0, 0, 3, 1, 0, 0, 3, 0, 0]);
    }
}
