//! 问题台账: one problem keeps one id across nights. What stood open before a run, and what the run made of it. Pure.
//!
//! A problem is a camera and what is wrong with it: a rule that costs a field, or no picture that proves something. It is closed when
//! a run judged it and found it gone, never by silence; one that comes back within a week is the same problem, opened again.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::text::hex;
use crate::base::time::Timestamp;
use sha2::{Digest as _, Sha256};

/// The key of the book among the supplied tables.
pub const PROBLEMS: &str = "problems";
/// What is wrong where there is no picture; otherwise it is a rule.
pub const PICTURE: &str = "picture";
/// Days within which a closed problem that comes back is the same one.
pub const RETURN_DAYS: i64 = 7;

const DAY_S: i64 = 86_400;
/// Digits of an id.
const ID_DIGITS: usize = 10;

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
    /// Who answers for the camera, when it was last seen.
    pub unit: String,
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

/// What a run saw.
#[derive(Debug, Default)]
pub struct Observed {
    /// Cameras and what is wrong with them, with who answers for each.
    pub bad: BTreeMap<(String, String), String>,
    /// Cameras and what was judged and found in order.
    pub good: BTreeSet<(String, String)>,
}

fn id(platform: &str, device_id: &str, what: &str, first: Timestamp) -> String {
    let mut digest = Sha256::new();
    for part in [platform, device_id, what, &first.micros().to_string()] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digits = hex(&digest.finalize());
    format!("W{}", digits.get(..ID_DIGITS).unwrap_or_default().to_uppercase())
}

/// The book after a run: every problem that was open or was closed a short while ago, and those that are new; with what became
/// of each. `book`: as it stood before.
#[must_use]
pub fn advance(platform: &str, book: Vec<Problem>, observed: &Observed, at: Timestamp) -> Vec<(Problem, Turn)> {
    let mut bad = observed.bad.clone();
    let mut after = Vec::new();
    for mut problem in book {
        let key = (problem.device_id.clone(), problem.what.clone());
        let unit = bad.get(&key).cloned();
        match (unit, problem.closed) {
            (Some(unit), None) => {
                bad.remove(&key);
                (problem.last, problem.unit) = (at, unit);
                after.push((problem, Turn::Still));
            }
            (Some(unit), Some(closed)) if at <= closed.plus_seconds(RETURN_DAYS * DAY_S) => {
                bad.remove(&key);
                (problem.last, problem.since, problem.closed, problem.unit) = (at, at, None, unit);
                problem.returns += 1;
                after.push((problem, Turn::Reopened));
            }
            (None, None) if observed.good.contains(&key) => {
                problem.closed = Some(at);
                after.push((problem, Turn::Closed));
            }
            (None, None) => after.push((problem, Turn::Untold)),
            // Closed before, and it stays closed, or what came back is another problem.
            (_, Some(_)) => (),
        }
    }
    for ((device_id, what), unit) in bad {
        let id = id(platform, &device_id, &what, at);
        let problem = Problem { id, device_id, what, first: at, since: at, last: at, closed: None, returns: 0, unit };
        after.push((problem, Turn::New));
    }
    after.sort_by(|(a, _), (b, _)| (&a.device_id, &a.what).cmp(&(&b.device_id, &b.what)));
    after
}

/// 连续异常天数: days in Beijing on which it stood open in a row, that of `at` among them.
#[must_use]
pub fn days_open(problem: &Problem, at: Timestamp) -> u64 {
    let day = |at: Timestamp| Timestamp::from_beijing_date(&at.beijing("%Y-%m-%d")).unwrap_or(at);
    day(at).millis_since(day(problem.since)) / 86_400_000 + 1
}

/// As kept with a run: a line a problem.
#[must_use]
pub fn write(problems: &[(Problem, Turn)]) -> String {
    let mut out = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for (problem, turn) in problems {
        let moments = [problem.first, problem.since, problem.last].map(|at| at.micros().to_string());
        let closed = problem.closed.map(|at| at.micros().to_string()).unwrap_or_default();
        let returns = problem.returns.to_string();
        let [first, since, last] = &moments;
        let cells =
            [turn.key(), &problem.id, &problem.device_id, &problem.what, first, since, last, &closed, &returns, &problem.unit];
        // Into memory: there is nothing that could fail.
        let _ = out.write_record(cells);
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The same, read; a line that is none is left out.
#[must_use]
pub fn read(text: &str) -> Vec<(Problem, Turn)> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let lines = reader.into_records().filter_map(Result::ok);
    let problem = |line: csv::StringRecord| {
        let cell = |place: usize| line.get(place).unwrap_or_default();
        let moment = |place: usize| cell(place).parse().ok().map(Timestamp::from_micros);
        let turn = Turn::ALL.into_iter().find(|turn| turn.key() == cell(0))?;
        let problem = Problem {
            id: cell(1).to_owned(),
            device_id: cell(2).to_owned(),
            what: cell(3).to_owned(),
            first: moment(4)?,
            since: moment(5)?,
            last: moment(6)?,
            closed: moment(7),
            returns: cell(8).parse().ok()?,
            unit: cell(9).to_owned(),
        };
        Some((problem, turn))
    };
    lines.filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(bad: &[(&str, &str)], good: &[(&str, &str)]) -> Observed {
        let own = |(code, what): &(&str, &str)| ((*code).to_owned(), (*what).to_owned());
        Observed { bad: bad.iter().map(|one| (own(one), "甲公司".to_owned())).collect(), good: good.iter().map(own).collect() }
    }

    fn night(day: i64) -> Timestamp {
        Timestamp::from_beijing_date("2026-11-01").unwrap().plus_seconds(day * DAY_S + 3_600)
    }

    fn book(after: &[(Problem, Turn)]) -> Vec<Problem> {
        after.iter().map(|(problem, _)| problem.clone()).collect()
    }

    #[test]
    fn one_problem_keeps_its_id_until_it_is_seen_to_be_gone() {
        let first = advance("p", Vec::new(), &observed(&[("1", "N03"), ("1", "picture")], &[]), night(0));
        assert_eq!(first.iter().map(|(_, turn)| *turn).collect::<Vec<_>>(), [Turn::New; 2]);
        let id = first[0].0.id.clone();
        // The next night the picture could not be told, and the name is as it was.
        let second = advance("p", book(&first), &observed(&[("1", "N03")], &[]), night(1));
        assert_eq!(second.iter().map(|(_, turn)| *turn).collect::<Vec<_>>(), [Turn::Still, Turn::Untold]);
        assert_eq!((second[0].0.id.as_str(), days_open(&second[0].0, night(1))), (id.as_str(), 2));
        let third = advance("p", book(&second), &observed(&[], &[("1", "N03"), ("1", "picture")]), night(2));
        assert!(third.iter().all(|(problem, turn)| *turn == Turn::Closed && problem.closed == Some(night(2))));
        // Within a week it is the same problem, after that another one.
        let back = advance("p", book(&third), &observed(&[("1", "N03")], &[]), night(9));
        assert_eq!((back.len(), back[0].1, back[0].0.id.as_str(), back[0].0.returns), (1, Turn::Reopened, id.as_str(), 1));
        assert_eq!(days_open(&back[0].0, night(9)), 1, "the days in a row begin again");
        let late = advance("p", book(&third), &observed(&[("1", "N03")], &[]), night(10));
        assert!(late[0].1 == Turn::New && late[0].0.id != id, "{late:?}");
    }

    #[test]
    fn what_is_kept_reads_back() {
        let after = advance("p", Vec::new(), &observed(&[("1,\"x\n", "N03"), ("2", PICTURE)], &[]), night(0));
        assert_eq!(read(&write(&after)), after);
        assert_eq!(read("nonsense\nnew,W1,1\n"), []);
    }
}
