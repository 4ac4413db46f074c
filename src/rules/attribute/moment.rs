//! Times as devices write them: xs:dateTime, and the two forms people write instead.

use chrono::NaiveDate;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `2020-05-01T08:30:00`, with or without fraction and zone.
    DateTime,
    /// A blank instead of `T`.
    Blank,
    /// No time of day.
    DateOnly,
}

/// A time on Beijing's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Seconds since 1970-01-01T00:00:00 in Beijing.
    pub(super) seconds: i64,
    pub(super) form: Form,
}

/// 1990-01-01T00:00:00 in Beijing.
pub(super) const YEAR_1990: i64 = 631_152_000;
/// Beijing's clocks are so much ahead of UTC.
pub(super) const BEIJING_S: i64 = 8 * 3600;
const DAY_S: i64 = 86_400;

impl Moment {
    /// Whether a time of day is told: midnight is what a date becomes in a program.
    pub(super) const fn has_time_of_day(self) -> bool {
        self.seconds.rem_euclid(DAY_S) != 0
    }
}

/// Reads a trimmed text.
pub(super) fn read(text: &str) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let form = match rest.chars().next() {
        None => Form::DateOnly,
        Some('T') => Form::DateTime,
        Some(' ') => Form::Blank,
        Some(_) => return None,
    };
    if form == Form::DateOnly {
        return Some(Moment { seconds: date.and_hms_opt(0, 0, 0)?.and_utc().timestamp(), form });
    }
    let (time, rest) = rest.get(1..)?.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let seconds = date.and_hms_opt(hour, minute, second)?.and_utc().timestamp();
    Some(Moment { seconds: seconds + ahead_of(zone(rest)?)?, form })
}

/// Numbers of these widths with a separator between.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && crate::base::device_id::is_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// What stands behind the seconds and their fraction.
fn zone(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else { return Some(text) };
    let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (zone.len() < fraction.len()).then_some(zone)
}

/// Seconds to add to get Beijing's time; without a zone it is Beijing's already.
fn ahead_of(zone: &str) -> Option<i64> {
    let (sign, offset) = match zone {
        "" => return Some(0),
        "Z" => return Some(BEIJING_S),
        _ => (if zone.starts_with('-') { -1 } else { 1 }, zone.strip_prefix(['+', '-'])?),
    };
    let [hours, minutes] = numbers(offset, ':', [2, 2])?;
    (hours <= 14 && minutes < 60).then(|| BEIJING_S - sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_told_apart_and_read_alike() {
        let at = 1_588_321_800;
        for (text, expected) in [
            ("2020-05-01T08:30:00", Some((at, Form::DateTime))),
            ("2020-05-01T08:30:00.000", Some((at, Form::DateTime))),
            ("2020-05-01T08:30:00+08:00", Some((at, Form::DateTime))),
            ("2020-05-01T00:30:00.5Z", Some((at, Form::DateTime))),
            ("2020-04-30T19:30:00-05:00", Some((at, Form::DateTime))),
            ("2020-05-01 08:30:00", Some((at, Form::Blank))),
            ("2020-05-01", Some((1_588_291_200, Form::DateOnly))),
            ("1990-01-01", Some((YEAR_1990, Form::DateOnly))),
            ("2020-02-30T08:30:00", None),
            ("2020-05-01T8:30:00", None),
            ("2020-05-01T08:30", None),
            ("2020-05-01T08:30:00.", None),
            ("2020-05-01T08:30:00+0800", None),
            ("2020/05/01", None),
            ("20200501", None),
            ("2020年5月1日", None),
            ("", None),
        ] {
            assert_eq!(read(text).map(|m| (m.seconds, m.form)), expected, "{text}");
        }
        assert!(!read("2020-05-01T00:00:00").unwrap().has_time_of_day());
        assert!(read("2020-05-01T08:30:00").unwrap().has_time_of_day());
    }
}
