//! How often what strangers do becomes a line: once a minute for each kind and source, and not more than some in all,
//! counted apart for each platform of ours they claim to be.
//! Pure: told the time.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::base::clock::Mono;
use crate::evidence::heard::HeardKind;
use crate::net::strangers::{SAID_EVERY, key};

/// Lines a minute about what anybody may send; as many about each platform that is ours, by the name it gives, so that a
/// flood of strangers hides no platform and one platform no other.
pub const MAX_LINES: u32 = 60;
/// Kinds and sources that are told apart.
pub const MAX_SUBJECTS: usize = 1_024;

/// Whose doing something was: kind, address, and the platform it claimed to be, if that is one of ours.
type Subject = (HeardKind, IpAddr, Option<usize>);

/// What becomes of something heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A line, and how often the same happened since the last one without.
    Say(u64),
    /// The last line of this minute: from here on it is only counted.
    Last,
    /// Only counted.
    Hush,
}

/// What was said lately.
#[derive(Debug, Default)]
pub struct Lines {
    recent: HashMap<Subject, (Mono, u64)>,
    since: Mono,
    said: HashMap<Option<usize>, u32>,
}

impl Lines {
    /// Something was heard.
    pub fn heard(&mut self, kind: HeardKind, source: IpAddr, platform: Option<usize>, now: Mono) -> Line {
        if now.since(self.since) >= SAID_EVERY {
            self.since = now;
            self.said.clear();
        }
        let subject = (kind, key(source), platform);
        let before = match self.recent.get_mut(&subject) {
            Some((at, held)) if now.since(*at) < SAID_EVERY => {
                *held += 1;
                return Line::Hush;
            }
            Some((_, held)) => *held,
            None => 0,
        };
        if self.recent.len() >= MAX_SUBJECTS {
            self.recent.retain(|_, (at, _)| now.since(*at) < SAID_EVERY);
        }
        let said = self.said.entry(platform).or_default();
        if *said >= MAX_LINES || self.recent.len() >= MAX_SUBJECTS {
            let first = *said == MAX_LINES;
            *said = said.saturating_add(1);
            return if first { Line::Last } else { Line::Hush };
        }
        *said += 1;
        self.recent.insert(subject, (now, 0));
        Line::Say(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn a_kind_of_one_source_is_said_once_a_minute_with_what_came_meanwhile() {
        let mut lines = Lines::default();
        let mut at = |ms, kind, platform| lines.heard(kind, ip(1), platform, Mono::from_millis(ms));
        assert_eq!(at(0, HeardKind::Stranger, None), Line::Say(0));
        assert_eq!(at(1, HeardKind::Stranger, None), Line::Hush);
        assert_eq!(at(2, HeardKind::Malformed, None), Line::Say(0), "another kind");
        assert_eq!(at(3, HeardKind::WrongPassword, Some(0)), Line::Say(0));
        assert_eq!(at(4, HeardKind::WrongPassword, Some(1)), Line::Say(0), "two platforms behind one address");
        assert_eq!(at(59_999, HeardKind::Stranger, None), Line::Hush);
        assert_eq!(at(60_000, HeardKind::Stranger, None), Line::Say(2));
    }

    #[test]
    fn a_flood_of_sources_gives_a_few_lines_and_one_that_says_so() {
        let mut lines = Lines::default();
        let said: Vec<_> = (0..30_000).map(|n| lines.heard(HeardKind::Stranger, ip(n), None, Mono::from_millis(5))).collect();
        let count = |wanted: fn(&Line) -> bool| said.iter().filter(|l| wanted(l)).count();
        assert_eq!(count(|l| matches!(l, Line::Say(_))), MAX_LINES as usize);
        assert_eq!(count(|l| *l == Line::Last), 1);
        assert!(lines.recent.len() <= MAX_SUBJECTS);
        let ours = lines.heard(HeardKind::WrongPassword, ip(9), Some(0), Mono::from_millis(6));
        assert_eq!(ours, Line::Say(0), "a flood hides no platform of ours");
        assert_eq!(lines.heard(HeardKind::Stranger, ip(1), None, Mono::from_millis(60_006)), Line::Say(0), "a minute later");
    }
}
