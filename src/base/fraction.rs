//! Counts stay integers to the last step; a percentage is made once, when it is printed.

/// A numerator over a denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fraction {
    /// 达到数
    pub numerator: u64,
    /// 应有数
    pub denominator: u64,
}

impl Fraction {
    /// `numerator` of `denominator`.
    #[must_use]
    pub const fn new(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator }
    }

    /// `88.88`: two decimals, cut and never rounded up, so that a missed threshold cannot look reached.
    /// `None` when there is nothing to count.
    #[must_use]
    pub fn percent(self) -> Option<String> {
        let hundredths = (u128::from(self.numerator) * 10_000).checked_div(u128::from(self.denominator))?;
        Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
    }

    /// Whether the fraction reaches `threshold` percent, compared exactly.
    #[must_use]
    pub fn reaches(self, threshold: u32) -> bool {
        self.denominator > 0 && u128::from(self.numerator) * 100 >= u128::from(self.denominator) * u128::from(threshold)
    }

    /// How many more are needed to reach `threshold` percent with this denominator; 0 if reached.
    #[must_use]
    pub fn needs(self, threshold: u32) -> u64 {
        let need = (u128::from(self.denominator) * u128::from(threshold)).div_ceil(100);
        u64::try_from(need.saturating_sub(u128::from(self.numerator))).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_cut_and_never_rounded_up() {
        assert_eq!(Fraction::new(8, 9).percent().unwrap(), "88.88");
        assert_eq!(Fraction::new(58, 60).percent().unwrap(), "96.66");
        assert_eq!(Fraction::new(9, 10).percent().unwrap(), "90.00");
        assert_eq!(Fraction::new(89_999, 100_000).percent().unwrap(), "89.99");
        assert_eq!(Fraction::new(0, 0).percent(), None);
    }

    #[test]
    fn thresholds_are_compared_exactly() {
        assert!(Fraction::new(9, 10).reaches(90));
        assert!(!Fraction::new(8_999_999, 10_000_000).reaches(90));
        assert!(!Fraction::new(0, 0).reaches(0));
    }

    #[test]
    fn needs_counts_what_is_missing() {
        assert_eq!(Fraction::new(8, 9).needs(90), 1);
        assert_eq!(Fraction::new(5, 9).needs(90), 4);
        assert_eq!(Fraction::new(2301, 2996).needs(80), 96);
        assert_eq!(Fraction::new(9, 10).needs(90), 0);
    }
}
