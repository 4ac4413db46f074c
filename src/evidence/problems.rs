//! 问题台账: one problem keeps one id across nights. What stood open before a run, and what the run made of it; and the rates of
//! each run, so that a week and a month can be told. Pure.
//!
//! A problem is a camera and what is wrong with it: a rule that costs a field, or no picture that proves something. It is closed when
//! a run judged it and found it gone, never by silence; one that comes back within a week is the same problem, opened again.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::base::fraction::Fraction;
use crate::base::text::hex;
use crate::base::time::Timestamp;

/// What is wrong where there is no picture; otherwise it is a rule.
pub const PICTURE: &str = "picture";
/// Days within which a closed problem that comes back is the same one.
pub const RETURN_DAYS: i64 = 7;

const DAY_S: i64 = 86_400;
/// Digits of an id.
const ID_DIGITS: usize = 12;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its id, the same every night.
    pub id: String,
    /// The camera's code.
    pub device_id: String,
    /// A rule, or [`PICTURE`].
    pub what: String,
    /// When it was first seen.
    pub first: Timestamp,
    /// Since when it stands open without a break.
    pub since: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// When a run found it gone.
    pub closed: Option<Timestamp>,
    /// How often it came back.
    pub returns: u32,
    /// The camera's name, when it was last seen.
    pub name: String,
    /// Who answers for the camera, when it was last seen.
    pub unit: String,
}

/// The rates of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRates {
    /// Its id.
    pub run: String,
    /// When it began.
    pub at: Timestamp,
    /// It came to its end on a catalogue that carries numbers.
    pub complete: bool,
    /// Cameras of its catalogue.
    pub cameras: u64,
    /// In the order of the indicator; nothing where it was not measured.
    pub rates: [Option<Fraction>; 5],
    /// The profile's hash: rates of two profiles are not compared.
    pub profile: String,
    /// Problems by what became of them, in the order of [`Turn::ALL`]; nothing where they were not counted.
    pub problems: Option<[u64; 5]>,
}

impl RunRates {
    /// Problems that stood open when it had ended.
    #[must_use]
    pub fn open(&self) -> Option<u64> {
        let [new, reopened, still, untold, _] = self.problems?;
        Some(new + reopened + still + untold)
    }
}

/// What became of a problem in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// 新增
    New,
    /// 反复: it was closed, and came back within a week.
    Reopened,
    /// 仍在
    Still,
    /// 未能复核: it stood open, and this run could not tell.
    Untold,
    /// 销号
    Closed,
}

impl Turn {
    /// In the order they are shown.
    pub const ALL: [Self; 5] = [Self::New, Self::Reopened, Self::Still, Self::Untold, Self::Closed];

    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Reopened => "reopened",
            Self::Still => "still",
            Self::Untold => "untold",
            Self::Closed => "closed",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> crate::base::lang::Text {
        use crate::base::lang::Text;
        match self {
            Self::New => Text::new("新增", "new"),
            Self::Reopened => Text::new("反复", "came back"),
            Self::Still => Text::new("仍在", "still open"),
            Self::Untold => Text::new("未能复核", "could not be looked at"),
            Self::Closed => Text::new("销号", "closed"),
        }
    }
}

/// A camera with a problem, as a run saw it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Seen {
    /// Which of the lines of its code.
    pub occurrence: u32,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub unit: String,
}

/// What a run saw.
pub struct Observed<'o> {
    /// Codes and what is wrong with them.
    pub bad: BTreeMap<(String, String), Seen>,
    /// Whether a code and what was wrong with it was judged and found in order.
    pub is_good: &'o dyn Fn(&str, &str) -> bool,
}

/// The id of a problem: the same for the same platform, code, line and kind of problem, whatever the night.
#[must_use]
pub fn id(platform: &str, device_id: &str, occurrence: &str, what: &str) -> String {
    let mut digest = Sha256::new();
    for text in [platform, device_id, occurrence, what] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    let hash = hex(digest.finalize().get(..ID_DIGITS / 2).unwrap_or_default());
    format!("WT-{hash}")
}

/// The book after a run: every problem that was open or was closed a short while ago, and those that are new; with what became
/// of each. `book`: as it stood before.
#[must_use]
pub fn advance(platform: &str, book: Vec<Problem>, observed: &Observed<'_>, at: Timestamp) -> Vec<(Problem, Turn)> {
    let mut bad = observed.bad.clone();
    let mut after = Vec::new();
    for mut problem in book {
        let key = (problem.device_id.clone(), problem.what.clone());
        let seen = bad.get(&key).cloned();
        match (seen, problem.closed) {
            (Some(seen), None) => {
                bad.remove(&key);
                (problem.last, problem.name, problem.unit) = (at, seen.name, seen.unit);
                after.push((problem, Turn::Still));
            }
            (Some(seen), Some(closed)) if at <= closed.plus_seconds(RETURN_DAYS * DAY_S) => {
                bad.remove(&key);
                (problem.last, problem.since, problem.closed) = (at, at, None);
                (problem.name, problem.unit) = (seen.name, seen.unit);
                problem.returns += 1;
                after.push((problem, Turn::Reopened));
            }
            (None, None) if (observed.is_good)(&key.0, &key.1) => {
                problem.closed = Some(at);
                after.push((problem, Turn::Closed));
            }
            (None, None) => after.push((problem, Turn::Untold)),
            // Closed before, and it stays closed, or what came back is another problem.
            (_, Some(_)) => (),
        }
    }
    for ((device_id, what), seen) in bad {
        let id = id(platform, &device_id, &seen.occurrence.to_string(), &what);
        let (name, unit) = (seen.name, seen.unit);
        let problem = Problem { id, device_id, what, first: at, since: at, last: at, closed: None, returns: 0, name, unit };
        after.push((problem, Turn::New));
    }
    after.sort_by(|(a, _), (b, _)| (&a.device_id, &a.what).cmp(&(&b.device_id, &b.what)));
    after
}

/// The book as it was kept with a run: problems that stood open before it, of which no more is known than whose they are, what they
/// are, and since when.
#[must_use]
pub fn known_open(open: &BTreeMap<String, BTreeMap<i64, Vec<String>>>) -> Vec<Problem> {
    let one = |what: &str, since: i64, code: &str| {
        let since = Timestamp::from_micros(since);
        Problem {
            id: String::new(),
            device_id: code.to_owned(),
            what: what.to_owned(),
            first: since,
            since,
            last: since,
            closed: None,
            returns: 0,
            name: String::new(),
            unit: String::new(),
        }
    };
    let times = open.iter().flat_map(|(what, times)| times.iter().map(move |(since, codes)| (what, *since, codes)));
    times.flat_map(|(what, since, codes)| codes.iter().map(move |code| one(what, since, code))).collect()
}

/// 连续异常天数: days in Beijing on which it stood open in a row, that of `at` among them.
#[must_use]
pub fn days_open(problem: &Problem, at: Timestamp) -> u64 {
    let day = |at: Timestamp| Timestamp::from_beijing_date(&at.beijing("%Y-%m-%d")).unwrap_or(at);
    day(at).millis_since(day(problem.since)) / 86_400_000 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own((code, what): &(&str, &str)) -> (String, String) {
        ((*code).to_owned(), (*what).to_owned())
    }

    fn after(book: Vec<Problem>, bad: &[(&str, &str)], good: &[(&str, &str)], at: Timestamp) -> Vec<(Problem, Turn)> {
        let bad = bad.iter().map(|one| (own(one), Seen { unit: "甲公司".into(), ..Seen::default() })).collect();
        let is_good = |code: &str, what: &str| good.contains(&(code, what));
        advance("p", book, &Observed { bad, is_good: &is_good }, at)
    }

    fn night(day: i64) -> Timestamp {
        Timestamp::from_beijing_date("2026-11-01").unwrap().plus_seconds(day * DAY_S + 3_600)
    }

    fn book(after: &[(Problem, Turn)]) -> Vec<Problem> {
        after.iter().map(|(problem, _)| problem.clone()).collect()
    }

    #[test]
    fn one_problem_keeps_its_id_until_it_is_seen_to_be_gone() {
        let first = after(Vec::new(), &[("1", "N03"), ("1", "picture")], &[], night(0));
        assert_eq!(first.iter().map(|(_, turn)| *turn).collect::<Vec<_>>(), [Turn::New; 2]);
        let id = first[0].0.id.clone();
        // The next night the picture could not be told, and the name is as it was.
        let second = after(book(&first), &[("1", "N03")], &[], night(1));
        assert_eq!(second.iter().map(|(_, turn)| *turn).collect::<Vec<_>>(), [Turn::Still, Turn::Untold]);
        assert_eq!((second[0].0.id.as_str(), days_open(&second[0].0, night(1))), (id.as_str(), 2));
        let third = after(book(&second), &[], &[("1", "N03"), ("1", "picture")], night(2));
        assert!(third.iter().all(|(problem, turn)| *turn == Turn::Closed && problem.closed == Some(night(2))));
        // Within a week it came back; after that it begins anew, under the id of its camera and rule.
        let back = after(book(&third), &[("1", "N03")], &[], night(9));
        assert_eq!((back.len(), back[0].1, back[0].0.id.as_str(), back[0].0.returns), (1, Turn::Reopened, id.as_str(), 1));
        assert_eq!(days_open(&back[0].0, night(9)), 1, "the days in a row begin again");
        let late = after(book(&third), &[("1", "N03")], &[], night(10));
        assert!(late[0].1 == Turn::New && late[0].0.first == night(10) && late[0].0.returns == 0, "{late:?}");
    }
}
