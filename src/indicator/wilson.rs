//! The interval a sample's rate lies in with 95 % confidence (Wilson score interval).

use crate::base::fraction::Fraction;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Lower and upper bound in hundredths of a percent: the lower cut, the upper rounded up, so that the interval
/// is never shown narrower than it is.
#[must_use]
pub fn interval_95(value: Fraction) -> Option<(u32, u32)> {
    let exact = |n: u64| u32::try_from(n).ok().map(f64::from);
    let (n, k) = (exact(value.denominator)?, exact(value.numerator)?);
    if value.denominator == 0 {
        return None;
    }
    let p = k / n;
    let z2 = Z * Z;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let hundredths = |share: f64| (share * 10_000.0).clamp(0.0, 10_000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10000")]
    let bounds = (hundredths(middle - half).floor() as u32, hundredths(middle + half).ceil() as u32);
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_values() {
        // 59 of 59: the lower bound is 93.88 %; 8 of 10: 49.01 % to 94.34 %.
        assert_eq!(interval_95(Fraction::new(59, 59)), Some((9388, 10_000)));
        assert_eq!(interval_95(Fraction::new(8, 10)), Some((4901, 9434)));
        assert_eq!(interval_95(Fraction::new(0, 0)), None);
    }
}
