//! A percentage that is not its numerator over its denominator: cut to two decimals, never rounded up.

use super::claim::Made;
use super::percent::plain;
use super::{Answer, Draft, Finding};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, say};

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    for claim in &draft.claims {
        let Some(written) = claim.percent.as_deref() else { continue };
        let mut add = |answer, wrong, instead| {
            found.push(Finding { check: "arithmetic", answer, block: claim.block, says: claim.text.clone(), wrong, instead });
        };
        if over(written) {
            add(
                Answer::Contradicts,
                say!(lang, "比率超过 100%", "the rate is over 100 %"),
                say!(lang, "核对分子、分母", "look at numerator and denominator again"),
            );
            continue;
        }
        let Made::Of(of) = claim.made else { continue };
        let (n, d) = (of.numerator, of.denominator);
        let Some(right) = of.percent() else {
            add(
                Answer::Contradicts,
                say!(lang, "分母为 0，没有比率", "the denominator is 0, there is no rate"),
                say!(lang, "写“不适用”和原因", "不适用, and why"),
            );
            continue;
        };
        if n > d || !is_cut_of(written, of) {
            add(
                Answer::Contradicts,
                say!(
                    lang,
                    "{n}/{d} 不是 {written}%（保留两位小数，只舍不入）",
                    "{n}/{d} is not {written}% (two decimals, cut and never rounded up)"
                ),
                say!(lang, "写 {right}%，或改正分子、分母", "{right}%, or other numbers"),
            );
        }
    }
}

fn over(written: &str) -> bool {
    let (whole, rest) = written.split_once('.').unwrap_or((written, ""));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    whole > 100 || whole == 100 && rest.chars().any(|digit| digit != '0')
}

/// Whether a percentage is the fraction, cut at two decimals; trailing zeros may be left out.
pub(super) fn is_cut_of(written: &str, of: Fraction) -> bool {
    of.percent().is_some_and(|right| plain(&right) == plain(written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::tests::found;

    #[test]
    fn cut_and_never_rounded_up() {
        let of = Fraction::new(8, 9);
        assert!(is_cut_of("88.88", of) && !is_cut_of("88.89", of) && !is_cut_of("89", of));
        assert!(is_cut_of("90", Fraction::new(9, 10)) && is_cut_of("90.00", Fraction::new(9, 10)));
        assert_eq!(found("arithmetic", "共9路,出图8路,出图率88.89%。\n"), 1);
        assert_eq!(found("arithmetic", "出图率100.5%。\n"), 1);
        assert_eq!(found("arithmetic", "出图率100%(9/9)。\n"), 0);
    }
}
