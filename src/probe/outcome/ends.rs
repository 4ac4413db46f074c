//! Who spoke with whom in an attempt (两端): addresses, SSRC, and how far the peer's clock was from ours. Plain data, for
//! whoever disputes a verdict and looks for the call in records of his own.

use serde::{Deserialize, Serialize};

use crate::base::text::excerpt;
use crate::base::time::Timestamp;

/// Characters kept of what the peer wrote.
const MAX_CHARS: usize = 40;

/// Both ends of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ends {
    /// Of signalling.
    pub signalling: Signalling,
    /// Of media; absent where we had no port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// The numbers of the stream.
    pub ssrc: Ssrc,
    /// The peer's clock, where it said what it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<PeerClock>,
}

/// The way of INVITE.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signalling {
    /// `UDP`, `TCP`, `TLS`.
    pub transport: String,
    /// The caller's address.
    pub ours: String,
    /// The called platform's.
    pub theirs: String,
}

/// The way of media.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Media {
    /// Where it was asked to be sent.
    pub ours: String,
    /// Where the answer says it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// Where the first packet came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// SSRC as ten digits, as in `y=`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ssrc {
    /// `y=` of the offer.
    pub asked: String,
    /// `y=` of the answer, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// Of the first packet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// A clock held against ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerClock {
    /// Theirs minus ours, milliseconds.
    pub offset_ms: i64,
    /// The message whose Date header says so: `answer` (to this INVITE) or `registration`.
    pub from: String,
    /// That header, as sent.
    pub date: String,
    /// The offset may be wrong by so much, milliseconds: the round trip, and what the header does not resolve; absent where
    /// the way is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
    /// When it was read, by our clock.
    pub at: String,
}

impl PeerClock {
    /// Reads a Date header that came at `at`; `round_trip_ms` where it was asked for.
    #[must_use]
    pub fn read(date: &str, from: &str, at: Timestamp, round_trip_ms: Option<u64>) -> Option<Self> {
        let (theirs, resolution_ms) = Timestamp::parse_date_header(date)?;
        Some(Self {
            offset_ms: (theirs.micros() - at.micros()) / 1_000,
            from: from.to_owned(),
            date: excerpt(date, MAX_CHARS),
            within_ms: round_trip_ms.map(|ms| ms.saturating_add(resolution_ms)),
            at: at.rfc3339_millis(),
        })
    }
}

/// What a peer wrote, short enough to be kept.
#[must_use]
pub fn kept(text: &str) -> String {
    excerpt(text, MAX_CHARS)
}

/// An SSRC as it stands in `y=`.
#[must_use]
pub fn ssrc(number: u32) -> String {
    format!("{number:010}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_read_from_either_form_of_the_header() {
        let now = Timestamp::parse_rfc3339("2026-11-24T01:00:00.500Z").unwrap();
        let of = |date: &str| PeerClock::read(date, "answer", now, Some(30)).map(|c| (c.offset_ms, c.within_ms));
        assert_eq!(of("2026-11-24T09:00:02.750"), Some((2_250, Some(31))));
        assert_eq!(of("2026-11-24T08:59:59"), Some((-1_500, Some(1_030))), "a header in whole seconds says less");
        assert_eq!(of("Tue, 24 Nov 2026 01:00:01 GMT"), Some((500, Some(1_030))));
        assert_eq!(of("2026-11-24T01:00:01Z"), Some((500, Some(1_030))), "a zone that is written holds");
        assert_eq!((of("yesterday"), of("")), (None, None));
        assert_eq!(PeerClock::read("2026-11-24T09:00:00.500", "registration", now, None).unwrap().within_ms, None);
    }
}
