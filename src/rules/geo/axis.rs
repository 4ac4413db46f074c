//! One axis as people and devices write it.

use crate::rules::context::digits_of;

/// What stands in one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::rules) enum Axis {
    /// Nothing.
    Missing,
    /// A decimal number.
    Number(f64),
    /// Degrees and minutes, hemisphere letters, or a decimal comma; converted to decimal degrees.
    Sexagesimal(f64),
    /// Something else.
    Text,
}

impl Axis {
    pub(super) fn read(text: &str) -> Self {
        let text = digits_of(text);
        if crate::catalog::field::is_absent(&text) {
            return Self::Missing;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        if let Some(value) = text.parse::<f64>().ok().filter(|v| plain && v.is_finite()) {
            return Self::Number(value);
        }
        sexagesimal(&text).map_or(Self::Text, Self::Sexagesimal)
    }
}

/// `115°53'24"`, `115度53分24秒`, `E115.89`, `115:53:24`, `115,8896`.
fn sexagesimal(text: &str) -> Option<f64> {
    const MARKS: &[char] = &['°', '\'', '"', '′', '″', '’', '”', '度', '分', '秒', ':', ' ', 'º', '˚', '`'];
    const HEMISPHERES: &[char] = &['N', 'S', 'E', 'W', '东', '西', '南', '北', '经', '纬'];
    let upper = text.to_uppercase();
    let marked = upper.contains(MARKS) || upper.contains(HEMISPHERES);
    let only = upper
        .chars()
        .all(|c| c.is_ascii_digit() || MARKS.contains(&c) || HEMISPHERES.contains(&c) || matches!(c, '.' | ',' | '-'));
    if !only {
        return None;
    }
    if !marked {
        // A decimal comma, or dots between all parts.
        let parts: Vec<&str> = upper.split([',', '.']).collect();
        return match (parts.as_slice(), upper.contains(',')) {
            ([whole, rest], true) => format!("{whole}.{rest}").parse().ok(),
            ([degrees, minutes, seconds], _) => combine(&[degrees, minutes, seconds]),
            ([degrees, minutes, seconds, rest], _) => combine(&[degrees, minutes, &format!("{seconds}.{rest}")]),
            _ => None,
        };
    }
    let numbers: Vec<String> = upper
        .split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .filter(|part| !part.is_empty())
        .map(|part| part.replace(',', "."))
        .collect();
    let value = combine(&numbers.iter().map(String::as_str).collect::<Vec<_>>())?;
    let negative = upper.contains(['S', 'W', '南', '西']) || upper.starts_with('-');
    Some(if negative { -value } else { value })
}

fn combine(parts: &[&str]) -> Option<f64> {
    let value = |part: &&str| part.parse::<f64>().ok();
    match parts {
        [degrees] => value(degrees),
        [degrees, minutes] => Some(value(degrees)? + below_sixty(value(minutes)?)? / 60.0),
        [degrees, minutes, seconds] => {
            Some(value(degrees)? + below_sixty(value(minutes)?)? / 60.0 + below_sixty(value(seconds)?)? / 3600.0)
        }
        _ => None,
    }
}

fn below_sixty(value: f64) -> Option<f64> {
    (0.0..60.0).contains(&value).then_some(value)
}

/// `11553.40`: degrees and minutes run together, as GPS receivers write them. `degrees` bounds what can be.
pub(super) fn run_together(value: f64, degrees: std::ops::RangeInclusive<f64>) -> Option<f64> {
    let whole = (value / 100.0).trunc();
    let minutes = value - whole * 100.0;
    (degrees.contains(&whole) && minutes < 60.0).then_some(whole + minutes / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(text: &str, expected: f64) {
        match Axis::read(text) {
            Axis::Sexagesimal(value) => assert!((value - expected).abs() < 1e-6, "{text}: {value}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_and_absences() {
        assert_eq!(Axis::read("115.8896"), Axis::Number(115.8896));
        assert_eq!(Axis::read(" １１５.８８ "), Axis::Number(115.88));
        assert_eq!(Axis::read("null"), Axis::Missing);
        for text in ["abc", "nan", "inf", "0x10", "115.8m", "--"] {
            assert_eq!(Axis::read(text), Axis::Text, "{text}");
        }
    }

    #[test]
    fn degrees_minutes_seconds_in_the_ways_they_are_written() {
        close("115°53'24\"", 115.89);
        close("115度53分24秒", 115.89);
        close("东经115°53′24″", 115.89);
        close("E115.89", 115.89);
        close("34.95N", 34.95);
        close("115:53:24", 115.89);
        close("115 53.4", 115.89);
        close("115,89", 115.89);
        close("115.53.24", 115.89);
        assert_eq!(Axis::read("115°73'24\""), Axis::Text, "no 73 minutes");
    }

    #[test]
    fn degrees_and_minutes_run_together() {
        assert!((run_together(11_553.40, 73.0..=136.0).unwrap() - 115.89).abs() < 1e-6);
        assert_eq!(run_together(11_593.40, 73.0..=136.0), None);
        assert_eq!(run_together(115.89, 73.0..=136.0), None);
    }
}
