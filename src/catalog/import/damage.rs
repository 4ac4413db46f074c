//! Codes a spreadsheet turned into numbers: fifteen digits are all it keeps, the others become noughts.

use crate::base::device_id::{is_rounded_by_excel, is_scientific};

/// From here on a number has more digits than a spreadsheet keeps.
const TOO_LONG_FROM: f64 = 1e15;

/// Damaged codes of one table, counted.
#[derive(Debug, Default)]
pub(super) struct Damage {
    seen: u64,
    sure: u64,
    rounded: u64,
    example: String,
}

impl Damage {
    /// Looks at one code. `numeric`: it stood there as a number.
    pub(super) fn see(&mut self, code: &str, numeric: bool) {
        let code = code.strip_prefix('\'').unwrap_or(code);
        let rounded = is_rounded_by_excel(code);
        self.seen += 1;
        if is_scientific(code) || (rounded && numeric) {
            self.sure += 1;
        } else if rounded {
            self.rounded += 1;
        } else {
            return;
        }
        if self.example.is_empty() {
            code.clone_into(&mut self.example);
        }
    }

    /// How many, and the first of them. A text that ends in five noughts may be a code (serial numbers begin at 000000
    /// in every county); a spreadsheet damages whole columns.
    pub(super) fn found(&self) -> Option<(u64, &str)> {
        let most = self.rounded > 1 && self.rounded * 2 > self.seen;
        let count = self.sure + if most || self.sure > 0 { self.rounded } else { 0 };
        (count > 0).then_some((count, self.example.as_str()))
    }
}

/// A number as a spreadsheet shows it: all its digits while it keeps them (shortest form that reads back the same),
/// then fifteen and noughts, or `3.71723E+19` where the format is `General`.
pub(super) fn shown(number: f64, general: bool) -> String {
    if !number.is_finite() || number.abs() < TOO_LONG_FROM {
        return format!("{number}");
    }
    let fifteen = format!("{number:.14e}");
    let Some((mantissa, exponent)) = fifteen.split_once('e') else { return fifteen };
    if general {
        let six = format!("{number:.5e}");
        let (mantissa, exponent) = six.split_once('e').unwrap_or((&six, exponent));
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        return format!("{mantissa}E+{exponent:0>2}");
    }
    // No spreadsheet shows a number of hundreds of digits; the form it is written in stands then.
    let Some(places) = exponent.parse::<usize>().ok().filter(|e| *e < 40) else { return format!("{number:E}") };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{digits}{}", "0".repeat((places + 1).saturating_sub(digits.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_the_spreadsheet_does() {
        for (number, general, text) in [
            (115.8896, true, "115.8896"),
            (34.0, true, "34"),
            (371_723.0, true, "371723"),
            (371_723_001_132.0, true, "371723001132"),
            (0.000_012, true, "0.000012"),
            (-1.5, true, "-1.5"),
            (3.717_230_001_132e19, true, "3.71723E+19"),
            (3.717_230_001_132e19, false, "37172300011320000000"),
            (37_172_300_011_320_001_000.0, false, "37172300011320000000"),
            (123_456_789_012_345_680.0, false, "123456789012346000"),
            (3e19, true, "3E+19"),
            (1e300, false, "1E300"),
        ] {
            assert_eq!(shown(number, general), text);
        }
    }

    #[test]
    fn a_number_is_damaged_and_a_text_only_among_many() {
        let count = |codes: &[(&str, bool)]| {
            let mut damage = Damage::default();
            codes.iter().for_each(|(code, numeric)| damage.see(code, *numeric));
            damage.found().map(|(n, example)| (n, example.to_owned()))
        };
        assert_eq!(count(&[("37172300011320000001", false), ("371723", true)]), None);
        assert_eq!(count(&[("37172300011320000000", false)]), None);
        assert_eq!(count(&[("37172300011320000000", true)]), Some((1, "37172300011320000000".into())));
        assert_eq!(count(&[("37172300011320000000", false), ("37172400011320000000", false)]).unwrap().0, 2);
        let sound = ("37172300011320000001", false);
        assert_eq!(count(&[("37172300011320000000", false), ("37172400011320000000", false), sound, sound]), None);
        assert_eq!(count(&[("x", false), ("'3.71723E+19", false)]), Some((1, "3.71723E+19".into())));
    }
}
