//! The first fields of a slice header or SEI, through the emulation prevention.

/// Reads bits of a NAL unit's payload.
pub(super) struct Bits<'a> {
    octets: &'a [u8],
    at: usize,
    zeros: u32,
    current: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0, zeros: 0, current: 0, left: 0 }
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            let mut octet = *self.octets.get(self.at)?;
            self.at += 1;
            if self.zeros >= 2 && octet == 3 {
                self.zeros = 0;
                octet = *self.octets.get(self.at)?;
                self.at += 1;
            }
            self.zeros = if octet == 0 { self.zeros + 1 } else { 0 };
            self.current = octet;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1 == 1)
    }

    /// An unsigned Exp-Golomb number, ue(v).
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut value = 1_u32;
        for _ in 0..zeros {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exp_golomb_numbers() {
        // 1 | 010 | 011 | 00100 | 1...
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_1000]);
        assert_eq!([bits.ue(), bits.ue(), bits.ue(), bits.ue(), bits.ue()], [Some(0), Some(1), Some(2), Some(3), Some(0)]);
    }

    #[test]
    fn emulation_prevention_is_stepped_over() {
        let mut bits = Bits::new(&[0, 0, 3, 0x80]);
        let read: Vec<_> = std::iter::from_fn(|| bits.bit()).collect();
        assert_eq!((read.len(), read.iter().position(|b| *b)), (24, Some(16)));
    }
}
