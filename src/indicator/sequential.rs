//! When what was called so far already says what calling all would say: the rest cannot change it, or only with a small risk.
//!
//! The codes are called in a random order, so what was called is a sample without replacement of them all. Looking after each
//! wave whether an ordinary interval clears the threshold would be wrong far more often than it says; here every look counts.
//! Source: Ville, 1939; Waudby-Smith and Ramdas, Confidence sequences for sampling without replacement, 2020 (the prior-posterior
//! ratio). `docs/design/0010` has the formula.

use crate::base::fraction::Fraction;

/// The risk of a wrong end in one direction, one in so many: 2.5 % each, 5 % together, however often it is looked.
const ONE_IN: f64 = 40.0;
/// That of both directions together, for the interval.
const ONE_IN_BOTH: f64 = 20.0;
/// The risk of both directions, for people: percent.
pub const RISK_PERCENT: u32 = 5;

/// What is called from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// Codes.
    pub codes: u64,
    /// Lines of the catalogue these stand on: what the rate is divided by.
    pub lines: u64,
}

/// What is known so far: of the codes called first, in the order that was drawn, with none left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Codes settled.
    pub called: u64,
    /// Of these, with a picture.
    pub pictures: u64,
    /// Of these, such as prove nothing.
    pub doubtful: u64,
}

/// Whether the answer is certain: `true` reached, `false` missed even if all that is doubtful turned out well.
#[must_use]
pub fn certain(population: Population, seen: Seen, threshold: u32) -> Option<bool> {
    let Population { codes, lines } = population;
    if codes == 0 || seen.called > codes || seen.pictures + seen.doubtful > seen.called {
        return None;
    }
    let need = Fraction::new(0, lines).needs(threshold);
    // A code with a picture is at least one line, and each line more than there are codes is one more at most.
    let extra = lines.saturating_sub(codes);
    let reached = match need.checked_sub(1) {
        None => true,
        Some(most) => {
            most < codes
                && excluded(codes, seen.called, seen.pictures, most, ONE_IN)
                && below(codes, seen.called, seen.pictures, most)
        }
    };
    if reached {
        return Some(true);
    }
    let best = seen.pictures + seen.doubtful;
    let missed = match need.checked_sub(extra).filter(|least| *least > 0) {
        None => false,
        Some(least) if least > codes => true,
        Some(least) => excluded(codes, seen.called, best, least, ONE_IN) && above(codes, seen.called, best, least),
    };
    missed.then_some(false)
}

/// The numbers of pictures among all codes that cannot be excluded at 95 % at any look, as hundredths of a percent: the lower
/// cut, the upper rounded up. Nothing before anything was called.
#[must_use]
pub fn interval_95(codes: u64, seen: Seen) -> Option<(u32, u32)> {
    let Seen { called, pictures, .. } = seen;
    if called == 0 || called > codes || pictures > called {
        return None;
    }
    let is_out = |wanted: u64| excluded(codes, called, pictures, wanted, ONE_IN_BOTH);
    // The likeliest number; on either side of it the odds only fall.
    let top = u64::try_from(u128::from(pictures) * (u128::from(codes) + 1) / u128::from(called)).unwrap_or(codes);
    let top = top.clamp(pictures, codes - (called - pictures));
    let (mut out, mut low) = (pictures, top);
    while out < low {
        let middle = out + (low - out) / 2;
        if is_out(middle) { out = middle + 1 } else { low = middle }
    }
    let (mut high, mut end) = (top, codes - (called - pictures));
    while high < end {
        let middle = high + (end - high).div_ceil(2);
        if is_out(middle) { end = middle - 1 } else { high = middle }
    }
    let hundredths = |n: u64, up: bool| {
        let scaled = u128::from(n) * 10_000;
        let all = u128::from(codes);
        u32::try_from(if up { scaled.div_ceil(all) } else { scaled / all }).unwrap_or(10_000)
    };
    Some((hundredths(low, false), hundredths(high, true)))
}

/// Whether `wanted` and all numbers below it are less likely the smaller they are.
fn below(codes: u64, called: u64, pictures: u64, wanted: u64) -> bool {
    (u128::from(wanted) + 1) * u128::from(called) <= u128::from(pictures) * (u128::from(codes) + 1)
}

/// Whether `wanted` and all numbers above it are less likely the larger they are.
fn above(codes: u64, called: u64, pictures: u64, wanted: u64) -> bool {
    (u128::from(wanted) + 1) * u128::from(called) >= u128::from(pictures) * (u128::from(codes) + 1)
}

/// Whether what was seen speaks so much against there being `wanted` pictures among all codes that it would come about at any
/// look with a chance below one in `one_in`: the mean over all numbers, over the odds of this one.
fn excluded(codes: u64, called: u64, pictures: u64, wanted: u64, one_in: f64) -> bool {
    let dark = called - pictures;
    let (Some(lit_left), Some(dark_left)) =
        (wanted.checked_sub(pictures), codes.checked_sub(wanted).and_then(|all| all.checked_sub(dark)))
    else {
        // It cannot be: more were seen.
        return true;
    };
    let mean = ln_factorial(pictures) + ln_factorial(dark) - ln_factorial(called + 1);
    let odds = ln_factorial(wanted) - ln_factorial(lit_left) + ln_factorial(codes - wanted)
        - ln_factorial(dark_left)
        - (ln_factorial(codes) - ln_factorial(codes - called));
    mean - odds >= one_in.ln()
}

/// The logarithm of n!, by Stirling's series where that is exact to twelve digits.
fn ln_factorial(n: u64) -> f64 {
    const EXACT: u64 = 32;
    if n < EXACT {
        return (2..=n).map(real).map(f64::ln).sum();
    }
    let n = real(n);
    let (inverse, half_ln_two_pi) = (n.recip(), 0.918_938_533_204_672_7);
    let series = inverse / 12.0 - inverse.powi(3) / 360.0 + inverse.powi(5) / 1_260.0;
    (n + 0.5) * n.ln() - n + half_ln_two_pi + series
}

#[expect(clippy::cast_precision_loss, reason = "cameras: far below 2^52")]
const fn real(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seen(called: u64, pictures: u64, doubtful: u64) -> Seen {
        Seen { called, pictures, doubtful }
    }

    const fn plain(codes: u64) -> Population {
        Population { codes, lines: codes }
    }

    #[test]
    fn what_the_rest_cannot_change_is_certain() {
        assert_eq!(certain(plain(10), seen(8, 8, 0), 80), Some(true), "8 of 10 whatever the last two show");
        assert_eq!(certain(plain(10), seen(3, 0, 0), 80), Some(false), "7 at most");
        assert_eq!(certain(plain(10), seen(2, 0, 0), 80), None, "8 may still be");
        assert_eq!(certain(plain(10), seen(3, 0, 1), 80), None, "and so they may if one proves nothing");
        assert_eq!(certain(plain(10), seen(0, 0, 0), 80), None);
        assert_eq!(certain(plain(0), seen(0, 0, 0), 80), None);
        assert_eq!(certain(plain(10), seen(0, 0, 0), 0), Some(true));
    }

    #[test]
    fn lines_beyond_the_codes_are_taken_for_the_worse() {
        let twins = Population { codes: 10, lines: 12 };
        assert_eq!(certain(twins, seen(8, 8, 0), 80), None, "10 lines are needed");
        assert_eq!(certain(twins, seen(10, 10, 0), 80), Some(true));
        assert_eq!(certain(twins, seen(2, 0, 0), 80), None, "8 codes may be 10 lines");
        assert_eq!(certain(twins, seen(3, 0, 0), 80), Some(false));
    }

    #[test]
    fn a_large_estate_is_settled_by_a_small_part_of_it() {
        let first =
            |share: u64| (1..=98).map(|n| n * 100).find(|n| certain(plain(9_800), seen(*n, n * share / 100, 0), 80).is_some());
        assert_eq!(first(95), Some(100));
        assert_eq!(first(90), Some(200));
        assert_eq!(first(60), Some(100));
        assert!(first(81).unwrap() > 5_000);
    }

    #[test]
    fn factorials_agree_where_the_series_begins() {
        let sum: f64 = (2..=200_u64).map(|n| real(n).ln()).sum();
        assert!((ln_factorial(200) - sum).abs() < 1e-9);
        let sum: f64 = (2..=32_u64).map(|n| real(n).ln()).sum();
        assert!((ln_factorial(32) - sum).abs() < 1e-10);
    }

    #[test]
    fn the_interval_holds_what_was_seen_and_closes_when_all_was() {
        assert_eq!(interval_95(40, seen(40, 33, 0)), Some((8_250, 8_250)));
        let (low, high) = interval_95(9_800, seen(214, 193, 0)).unwrap();
        assert!(low > 8_000 && low < 9_018 && high > 9_018 && high < 9_700, "{low} {high}");
        assert_eq!(interval_95(40, seen(0, 0, 0)), None);
    }

    /// xorshift64*: the tests draw themselves.
    fn draw(state: &mut u64, below: u64) -> u64 {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D) % below
    }

    /// Calls an estate of so many, of which so many give a picture and so many prove nothing, in random orders, looking after
    /// every single call: how often it ends with each answer.
    fn ends(codes: u64, good: u64, doubtful: u64, runs: u64) -> (u64, u64, u64) {
        let mut state = 0x9E37_79B9_7F4A_7C15 ^ (codes << 32) ^ good;
        let (mut reached, mut missed, mut calls) = (0, 0, 0);
        for _ in 0..runs {
            let mut left = (good, doubtful, codes - good - doubtful);
            let mut so_far = Seen::default();
            while so_far.called < codes {
                let pick = draw(&mut state, left.0 + left.1 + left.2);
                if pick < left.0 {
                    left.0 -= 1;
                    so_far.pictures += 1;
                } else if pick < left.0 + left.1 {
                    left.1 -= 1;
                    so_far.doubtful += 1;
                } else {
                    left.2 -= 1;
                }
                so_far.called += 1;
                if let Some(answer) = certain(plain(codes), so_far, 80) {
                    reached += u64::from(answer);
                    missed += u64::from(!answer);
                    break;
                }
            }
            calls += so_far.called;
        }
        (reached, missed, calls / runs)
    }

    #[test]
    fn an_end_is_wrong_less_often_than_the_risk_however_often_it_is_looked() {
        // Just below and just at the threshold, where it is hardest.
        for (codes, runs) in [(60, 4_000), (400, 2_000), (1_500, 400)] {
            let need = codes * 4 / 5;
            let (reached, ..) = ends(codes, need - 1, 0, runs);
            assert!(reached * 1_000 <= runs * 25, "{codes}: {reached} of {runs} passed wrongly");
            let (_, missed, _) = ends(codes, need, 0, runs);
            assert!(missed * 1_000 <= runs * 25, "{codes}: {missed} of {runs} failed wrongly");
            // Between the two nothing is certain but by chance: 待复测.
            let (reached, missed, _) = ends(codes, need - 1, 1, runs);
            assert!((reached + missed) * 100 <= runs * 5, "{codes}: {reached} and {missed} of {runs}");
        }
    }

    #[test]
    fn looking_again_and_again_with_an_ordinary_interval_would_be_wrong_more_often() {
        let (codes, good) = (1_500_u64, 1_199_u64);
        let mut state = 7;
        let mut wrong = 0;
        for _ in 0..500 {
            let (mut lit, mut dark, mut called, mut pictures) = (good, codes - good, 0, 0);
            while called < codes {
                if draw(&mut state, lit + dark) < lit {
                    (lit, pictures) = (lit - 1, pictures + 1);
                } else {
                    dark -= 1;
                }
                called += 1;
                let interval = crate::indicator::wilson::interval_95(Fraction::new(pictures, called));
                if called >= 20 && interval.is_some_and(|(low, _)| low >= 8_000) {
                    wrong += 1;
                    break;
                }
            }
        }
        assert!(wrong * 100 > 500 * 10, "{wrong} of 500: one in forty is what it says of itself");
    }

    #[test]
    fn what_is_clear_ends_soon() {
        let (reached, missed, calls) = ends(1_500, 1_425, 0, 300);
        assert_eq!(missed, 0);
        assert!(reached == 300 && calls < 120, "{calls} calls");
    }
}
