//! Instants as we observe them, printed in UTC for machines and in Beijing time for people.
//!
//! Not for: what a device wrote. MANSCDP times carry no zone and stay text.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Utc};

/// Beijing is eight hours ahead of UTC the whole year; a fixed offset needs no zone database.
const BEIJING_OFFSET_S: i32 = 8 * 3600;

/// A point in time, microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Midnight in Beijing at the beginning of a day written `2026-11-24`.
    #[must_use]
    pub fn from_beijing_date(text: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let midnight = date.and_hms_opt(0, 0, 0)?;
        let zoned = beijing().from_local_datetime(&midnight).single()?;
        Some(Self(zoned.timestamp_micros()))
    }

    /// Reads a time as devices write it: on Beijing's clocks unless it names a zone, with `T` or a blank, with or without leading
    /// zeros and fractions of a second.
    #[must_use]
    pub fn from_device(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let (time, ahead_s) = match time.trim().split_once(['Z', 'z', '+']) {
            Some((time, "")) => (time, 0),
            Some((time, zone)) => {
                let (hours, minutes) = zone.split_once(':')?;
                (time, i64::from(hours.parse::<u8>().ok()?) * 3_600 + i64::from(minutes.parse::<u8>().ok()?) * 60)
            }
            None => (time.trim(), i64::from(BEIJING_OFFSET_S)),
        };
        let number = |part: &str| part.parse::<u32>().ok();
        let mut parts = date.split(['-', '/']);
        let (year, month, day) = (parts.next()?, number(parts.next()?)?, number(parts.next()?)?);
        let date = NaiveDate::from_ymd_opt(year.parse().ok().filter(|_| year.len() == 4)?, month, day)?;
        let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let mut hands = whole.split(':');
        let (hour, minute, second) = (number(hands.next()?)?, number(hands.next()?)?, number(hands.next().unwrap_or("0"))?);
        let is_over = parts.next().is_some() || hands.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit());
        // The end of a day is written as 24:00:00 too.
        let days = i64::from(hour == 24 && minute == 0 && second == 0);
        let moment = date.and_hms_opt(if days == 1 { 0 } else { hour }, minute, second).filter(|_| !is_over)?;
        let seconds = moment.and_utc().timestamp() + days * 86_400 - ahead_s;
        let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        Some(Self(seconds.checked_mul(1_000_000)? + micros))
    }

    /// Reads RFC 3339, any offset.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        Some(Self(DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros()))
    }

    /// Reads a Date header: as GB/T 28181 writes it (Beijing time without a zone) or as RFC 3261 does. With it how finely it is
    /// written, milliseconds.
    #[must_use]
    pub fn parse_date_header(text: &str) -> Option<(Self, u64)> {
        let text = text.trim();
        let resolution_ms = if text.contains('.') { 1 } else { 1_000 };
        let at = Self::parse_rfc3339(&format!("{text}+08:00"))
            .or_else(|| Self::parse_rfc3339(text))
            .or_else(|| Some(Self(DateTime::parse_from_rfc2822(text).ok()?.timestamp_micros())))?;
        Some((at, resolution_ms))
    }

    /// `2026-11-24T01:00:00Z`, for machines.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// `2026-11-24T01:00:00.123Z`, for evidence.
    #[must_use]
    pub fn rfc3339_millis(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// Beijing wall time by a `strftime` pattern, for people and for the `Date` header of GB/T 28181.
    #[must_use]
    pub fn beijing(self, pattern: &str) -> String {
        self.utc().with_timezone(&beijing()).format(pattern).to_string()
    }

    /// `self` plus (or minus) whole seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Milliseconds from `earlier` to `self`, zero if the clock went back.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0) / 1000).unwrap_or(0)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

#[expect(clippy::expect_used, reason = "eight hours is inside the range of an offset")]
fn beijing() -> FixedOffset {
    FixedOffset::east_opt(BEIJING_OFFSET_S).expect("+08:00 is an offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_both_zones() {
        let t = Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap();
        assert_eq!(t.rfc3339(), "2026-11-24T01:00:00Z");
        assert_eq!(t.beijing("%Y-%m-%d %H:%M"), "2026-11-24 09:00");
    }

    #[test]
    fn a_beijing_day_begins_at_sixteen_utc_of_the_day_before() {
        let t = Timestamp::from_beijing_date("2026-11-24").unwrap();
        assert_eq!(t.rfc3339(), "2026-11-23T16:00:00Z");
        assert_eq!(Timestamp::from_beijing_date("24.11.2026"), None);
    }

    #[test]
    fn times_of_devices_come_in_many_forms() {
        let wanted = Timestamp::parse_rfc3339("2026-01-02T03:04:05+08:00");
        for text in [
            "2026-01-02T03:04:05",
            "2026-1-2 3:4:5",
            " 2026/01/02 03:04:05 ",
            "2026-01-01T19:04:05Z",
            "2026-01-02T04:04:05+09:00",
        ] {
            assert_eq!(Timestamp::from_device(text), wanted, "{text}");
        }
        let half = Timestamp::from_device("2026-01-02T03:04:05.5").unwrap();
        assert_eq!(half.micros() - wanted.unwrap().micros(), 500_000);
        assert_eq!(Timestamp::from_device("2026-01-02T24:00:00"), Timestamp::from_device("2026-01-03T00:00:00"));
        for text in [
            "",
            "2026-01-02",
            "26-01-02T03:04:05",
            "2026-13-02T03:04:05",
            "2026-01-02T25:00:00",
            "2026-01-02T03:04:05x",
            "1-2-3-4T1:2:3",
        ] {
            assert_eq!(Timestamp::from_device(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_gives_zero() {
        let t = Timestamp::from_micros(5_000_000);
        assert_eq!(t.millis_since(t.plus_seconds(1)), 0);
        assert_eq!(t.plus_seconds(1).millis_since(t), 1000);
    }
}
