//! Counts of 8-bit samples, and what follows from them.

use std::ops::RangeInclusive;

/// How often each value stands in a plane. The largest picture decoded has fewer samples than `u32` counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram([u32; 256]);

impl Histogram {
    /// Of samples that lie in one piece.
    #[must_use]
    pub fn of(samples: &[u8]) -> Self {
        // Four tables, because neighbours are often equal and a count has to wait for the one before it.
        let mut tables = [[0_u32; 256]; 4];
        let (fours, rest) = samples.as_chunks::<4>();
        for four in fours {
            for (table, sample) in tables.iter_mut().zip(four) {
                add(table, *sample);
            }
        }
        let [mut counts, others @ ..] = tables;
        rest.iter().for_each(|sample| add(&mut counts, *sample));
        for table in others {
            counts.iter_mut().zip(table).for_each(|(count, more)| *count += more);
        }
        Self(counts)
    }

    /// Samples counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|n| u64::from(*n)).sum()
    }

    /// Samples within a range of values.
    #[must_use]
    pub fn count(&self, values: RangeInclusive<u8>) -> u64 {
        self.0.iter().zip(0_u8..=255).filter(|(_, value)| values.contains(value)).map(|(n, _)| u64::from(*n)).sum()
    }

    /// The same in whole percent, cut; 0 of nothing.
    #[must_use]
    pub fn percent(&self, values: RangeInclusive<u8>) -> u32 {
        let percent = (self.count(values) * 100).checked_div(self.total()).unwrap_or(0);
        u32::try_from(percent).unwrap_or(100)
    }

    /// Mean and standard deviation; 0 and 0 of nothing.
    #[must_use]
    pub fn statistics(&self) -> (f64, f64) {
        let (mut n, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
        for (value, count) in (0_u64..).zip(&self.0) {
            let count = u64::from(*count);
            n += count;
            sum += count * value;
            squares += count * value * value;
        }
        spread(n, sum, squares)
    }

    /// The smallest value that at least `wanted` samples do not exceed.
    #[must_use]
    pub fn quantile(&self, wanted: u64) -> u8 {
        let mut seen = 0;
        for (value, count) in (0_u8..=255).zip(&self.0) {
            seen += u64::from(*count);
            if seen >= wanted {
                return value;
            }
        }
        u8::MAX
    }

    /// The smallest value that at least so many percent of the samples do not exceed.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> u8 {
        self.quantile((self.total() * percent).div_ceil(100))
    }
}

impl FromIterator<u8> for Histogram {
    fn from_iter<I: IntoIterator<Item = u8>>(samples: I) -> Self {
        let mut counts = [0; 256];
        samples.into_iter().for_each(|sample| add(&mut counts, sample));
        Self(counts)
    }
}

/// Mean and standard deviation of samples by their number, their sum and that of their squares; 0 and 0 of nothing.
#[must_use]
pub fn spread(n: u64, sum: u64, squares: u64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "sums of pictures are far below 2^52")]
    let (n, sum, squares) = (n as f64, sum as f64, squares as f64);
    let mean = sum / n;
    (mean, (squares / n - mean * mean).max(0.0).sqrt())
}

fn add(counts: &mut [u32; 256], sample: u8) {
    if let Some(count) = counts.get_mut(usize::from(sample)) {
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_in_one_piece_count_as_one_by_one() {
        let samples: Vec<u8> = (0..1_003_u32).map(|i| u8::try_from(i * i % 251).unwrap()).collect();
        let whole = Histogram::of(&samples);
        assert_eq!(whole, samples.iter().copied().collect());
        assert_eq!(whole.total(), 1_003);
    }

    #[test]
    fn quantiles_and_shares() {
        let histogram = Histogram::of(&[10, 10, 10, 20, 30, 200, 200, 200, 200, 255]);
        assert_eq!([1, 3, 4, 5, 9, 10].map(|wanted| histogram.quantile(wanted)), [10, 10, 20, 30, 200, 255]);
        assert_eq!((histogram.percentile(50), histogram.percent(200..=255), histogram.count(11..=30)), (30, 50, 2));
        assert_eq!(Histogram::of(&[]).statistics(), (0.0, 0.0));
    }
}
