//! Octets that are kept for long, one behind the other in large blocks.
//!
//! A million bodies received on one thread, read on another and let go as they are read would each leave a hole in the
//! memory of the thread that received them, which nobody else can use. A block goes back as a whole.

use bytes::{Bytes, BytesMut};

/// Octets of a block. What is longer has one of its own.
const BLOCK: usize = 4 * 1024 * 1024;

/// Where they are put.
#[derive(Debug, Default)]
pub struct Blocks {
    open: BytesMut,
}

impl Blocks {
    /// Keeps a copy.
    pub fn keep(&mut self, octets: &[u8]) -> Bytes {
        if octets.len() > BLOCK {
            return Bytes::copy_from_slice(octets);
        }
        if self.open.capacity() - self.open.len() < octets.len() {
            self.open = BytesMut::with_capacity(BLOCK);
        }
        self.open.extend_from_slice(octets);
        self.open.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_given_also_across_blocks() {
        let mut blocks = Blocks::default();
        let given: Vec<Vec<u8>> =
            [3, BLOCK - 2, 0, 7, BLOCK, BLOCK + 1, 5].map(|n| vec![u8::try_from(n % 251).unwrap(); n]).into();
        let kept: Vec<Bytes> = given.iter().map(|octets| blocks.keep(octets)).collect();
        assert!(kept.iter().zip(&given).all(|(kept, given)| kept == given));
    }
}
