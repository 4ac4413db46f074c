//! Quiet hours: times of the day at which nothing new is called, by the clock on the wall in Beijing. Pure.

use crate::base::time::Timestamp;

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Spans of the day, each from a minute to a minute; one that ends before it begins goes past midnight.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuietHours(Vec<(u32, u32)>);

impl QuietHours {
    /// Reads `07:00-09:00`; all of them, or the one that cannot be read.
    ///
    /// # Errors
    /// The text that is no span of a day.
    pub fn parse(spans: &[String]) -> Result<Self, &str> {
        let read = |text: &'_ str| {
            let (from, to) = text.split_once('-')?;
            let (from, to) = (minute(from.trim())?, minute(to.trim())?);
            (from != to && from < DAY).then_some((from, to))
        };
        let spans = spans.iter().map(|text| read(text).ok_or(text.as_str()));
        Ok(Self(spans.collect::<Result<_, _>>()?))
    }

    /// When it is over, where it is quiet now.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        // Told again a moment later it is the same moment.
        let now = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(1_000_000));
        let mut end = now;
        // One span may begin where another ends; each is looked at once.
        for _ in 0..=self.0.len() {
            let Some(seconds) = self.0.iter().filter_map(|span| left(*span, end)).max() else { break };
            end = end.plus_seconds(seconds);
        }
        (end != now).then_some(end)
    }
}

/// Minute of the day; `24:00` is its end.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok());
    let (hour, minute) = (digits(hour)??, digits(minute)??);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY).then_some(at)
}

/// Seconds until a span is over, where it has begun.
fn left((from, to): (u32, u32), now: Timestamp) -> Option<i64> {
    let clock = now.beijing("%H:%M:%S");
    let mut parts = clock.split(':').filter_map(|part| part.parse::<u32>().ok());
    let second = parts.next()? * 3_600 + parts.next()? * 60 + parts.next()?;
    let (from, to) = (from * 60, to * 60);
    let inside = if from < to { (from..to).contains(&second) } else { second >= from || second < to };
    let left = if second < to { to - second } else { DAY * 60 - second + to };
    inside.then_some(i64::from(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(spans: &[&str]) -> QuietHours {
        let spans: Vec<String> = spans.iter().map(|s| (*s).to_owned()).collect();
        QuietHours::parse(&spans).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    fn until(hours: &QuietHours, at: &str) -> Option<String> {
        let now = Timestamp::parse_rfc3339(&format!("2026-11-24T{at}+08:00")).unwrap();
        hours.until(now).map(|end| end.beijing("%d %H:%M"))
    }

    #[test]
    fn a_span_is_quiet_from_its_beginning_to_its_end_in_beijing() {
        let hours = quiet(&["07:00-09:00"]);
        assert_eq!(until(&hours, "06:59:59"), None);
        assert_eq!(until(&hours, "07:00:00").as_deref(), Some("24 09:00"));
        assert_eq!(until(&hours, "08:59:59").as_deref(), Some("24 09:00"));
        assert_eq!(until(&hours, "09:00:00"), None);
        assert_eq!(until(&QuietHours::default(), "08:00:00"), None);
    }

    #[test]
    fn midnight_is_no_end_and_spans_that_touch_are_one() {
        let hours = quiet(&["22:30-06:00", "06:00-07:15"]);
        assert_eq!(until(&hours, "23:00:00").as_deref(), Some("25 07:15"));
        assert_eq!(until(&hours, "00:00:00").as_deref(), Some("24 07:15"));
        assert_eq!(until(&hours, "07:15:00"), None);
        assert_eq!(until(&quiet(&["23:00-24:00"]), "23:30:00").as_deref(), Some("25 00:00"));
        assert!(until(&quiet(&["00:00-24:00"]), "12:00:00").is_some(), "whoever wants it never called");
    }

    #[test]
    fn what_is_no_span_is_named() {
        for wrong in
            ["", "7-9", "07:00", "07:00-07:00", "07:60-09:00", "24:00-06:00", "07:00-24:01", "７:00-09:00", "07:00–09:00"]
        {
            let spans = ["01:00-02:00".to_owned(), wrong.to_owned()];
            assert_eq!(QuietHours::parse(&spans), Err(wrong));
        }
    }
}
