//! 统一编码: the 20-digit code of GB/T 28181 (2016 annex D, 2022 annex E), cut into its segments.

/// A view of a code that is exactly 20 ASCII digits: checked once, afterwards no accessor can fail.
///
/// `CCCCCCCC II TTT N SSSSSS`: 中心编码 8, 行业编码 2, 类型编码 3, 网络标识 1, 序号 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceId<'a>(&'a str);

impl<'a> DeviceId<'a> {
    /// `None` unless `code` is exactly 20 ASCII digits.
    #[must_use]
    pub fn new_checked(code: &'a str) -> Option<Self> {
        (code.len() == 20 && is_digits(code)).then_some(Self(code))
    }

    /// 中心编码: digits 1 to 8, the region and unit of the centre the device belongs to.
    #[must_use]
    pub fn center(self) -> &'a str {
        self.part(0, 8)
    }

    /// The county part of the centre code: digits 1 to 6.
    #[must_use]
    pub fn county(self) -> &'a str {
        self.part(0, 6)
    }

    /// 行业编码: digits 9 and 10.
    #[must_use]
    pub fn industry(self) -> &'a str {
        self.part(8, 10)
    }

    /// 类型编码: digits 11 to 13 as a number, 0 to 999.
    #[must_use]
    pub fn kind(self) -> u16 {
        self.part(10, 13).parse().unwrap_or(0)
    }

    /// 网络标识: digit 14.
    #[must_use]
    pub fn network(self) -> &'a str {
        self.part(13, 14)
    }

    /// 序号: digits 15 to 20.
    #[must_use]
    pub fn serial(self) -> &'a str {
        self.part(14, 20)
    }

    fn part(self, from: usize, to: usize) -> &'a str {
        self.0.get(from..to).unwrap_or_default()
    }
}

/// Whether a text is made of ASCII digits only, and of at least one.
#[must_use]
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Digits a spreadsheet keeps of a number.
const EXCEL_DIGITS: usize = 15;

/// Whether a text is a number in scientific notation, as a spreadsheet shows a long code: `3.71723E+19`.
#[must_use]
pub fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    is_digits(whole) && is_digits(part) && is_digits(exponent.strip_prefix('+').unwrap_or(exponent))
}

/// Whether everything behind the digits a spreadsheet keeps is noughts, as in `37172300011320000000`.
#[must_use]
pub fn is_rounded_by_excel(text: &str) -> bool {
    text.len() > EXCEL_DIGITS
        && is_digits(text)
        && text.bytes().skip(EXCEL_DIGITS).all(|b| b == b'0')
        && text.bytes().any(|b| b != b'0')
}

/// The SIP domain of a platform: by default the first ten digits of its code.
/// Source: GB/T 28181, SIP domain naming.
#[must_use]
pub fn default_domain(code: &str) -> &str {
    code.get(..10).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_makes_of_a_long_code() {
        for (text, scientific, rounded) in [
            ("3.71723E+19", true, false),
            ("3.7172300011320001e19", true, false),
            ("4E+19", true, false),
            ("37172300011320000000", false, true),
            ("371723000113200000", false, true),
            ("37172300011320000001", false, false),
            ("371723000113200", false, false),
            ("00000000000000000000", false, false),
            ("9B0212345678", false, false),
            ("E10", false, false),
            ("1E", false, false),
        ] {
            assert_eq!((is_scientific(text), is_rounded_by_excel(text)), (scientific, rounded), "{text}");
        }
    }

    #[test]
    fn cuts_the_five_segments() {
        let id = DeviceId::new_checked("37172300011320000001").unwrap();
        assert_eq!(
            (id.center(), id.county(), id.industry(), id.kind(), id.network(), id.serial()),
            ("37172300", "371723", "01", 132, "0", "000001")
        );
    }

    #[test]
    fn refuses_what_is_not_twenty_digits() {
        assert_eq!(DeviceId::new_checked("3717230001132000000"), None);
        assert_eq!(DeviceId::new_checked("3717230001132000000a"), None);
        assert_eq!(DeviceId::new_checked("３７１７２３0001132000"), None);
    }
}
