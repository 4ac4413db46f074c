//! 首次在线、末次在线: since when cameras are seen alive, and when those that are silent today were last seen, by our own runs and by
//! the user's account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::{Column, Note, Sheet, Wrong};
use crate::base::lang::{Lang, Text};
use crate::base::time::Timestamp;

/// The columns of the user's table.
pub const COLUMNS: [Column; 2] = [
    Column {
        title: Text::new("设备编码", "device_id"),
        names: &["国标编码", "编码", "code"],
        required: true,
        about: Text::new("20 位设备编码", "device code of 20 digits"),
        choices: &[],
    },
    Column {
        title: Text::new("末次在线", "last_seen"),
        names: &["末次在线时间", "最后在线时间", "最近在线"],
        required: true,
        about: Text::new("最后一次在线的日期，如 2026-11-25", "the day it was last on line, such as 2026-11-25"),
        choices: &[],
    },
];

/// By the user's account: a code and its last day, in Beijing, at its end.
pub type SeenAlive = BTreeMap<String, Timestamp>;

const DAY_S: i64 = 86_400;

/// Reads the user's table.
///
/// # Errors
/// Every wrong cell.
pub fn parse(text: &str, notes: &mut Vec<Note>, lang: Lang) -> Result<SeenAlive, Vec<Wrong>> {
    let mut sheet = Sheet::open(text, &COLUMNS, lang)?;
    let mut seen = SeenAlive::new();
    for row in sheet.numbers() {
        let codes = sheet.codes(row, 0);
        if codes.is_empty() {
            sheet.needed(row, 0);
        }
        sheet.needed(row, 1);
        let Some(at) = sheet.day(row, 1, notes).and_then(|day| Timestamp::from_beijing_date(&day)) else { continue };
        for code in codes {
            // Any hour of that day.
            let at = at.plus_seconds(DAY_S - 1);
            let last = seen.entry(code).or_insert(at);
            *last = (*last).max(at);
        }
    }
    notes.extend(sheet.finish()?);
    Ok(seen)
}

/// What our own earlier runs of the platform saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Since when runs are kept, microseconds; nothing where there are none.
    pub since: Option<i64>,
    /// Runs looked at.
    pub runs: u64,
    /// Of cameras that are silent in this run: when they were last seen alive, microseconds.
    pub alive: BTreeMap<String, i64>,
    /// When the cameras were first seen alive, this run among them.
    #[serde(default, skip_serializing_if = "Firsts::is_empty")]
    pub first: Firsts,
    /// Problems that stood open before this run: what is wrong, since when it stands open (microseconds), whose. Nothing where
    /// no book was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<BTreeMap<String, BTreeMap<i64, Vec<String>>>>,
}

/// When cameras were first seen alive. Most of an estate was there when it was first looked at, so what most cameras have is kept
/// once, and the others one by one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Firsts {
    /// What most cameras have, microseconds; nothing where it is not known.
    most: Option<i64>,
    /// The others, by code.
    others: BTreeMap<String, Option<i64>>,
}

impl Firsts {
    /// Of cameras by their codes.
    #[must_use]
    pub fn of(cameras: &BTreeMap<&str, Option<i64>>) -> Self {
        let mut times: BTreeMap<Option<i64>, u64> = BTreeMap::new();
        cameras.values().for_each(|first| *times.entry(*first).or_default() += 1);
        // Of equals the earliest.
        let most = times.iter().max_by_key(|(first, n)| (**n, std::cmp::Reverse(**first))).and_then(|(first, _)| *first);
        let others = cameras.iter().filter(|(_, first)| **first != most);
        Self { most, others: others.map(|(code, first)| ((*code).to_owned(), *first)).collect() }
    }

    /// When a camera of the run was first seen alive, microseconds.
    #[must_use]
    pub fn first(&self, code: &str) -> Option<i64> {
        self.others.get(code).copied().unwrap_or(self.most)
    }

    fn is_empty(&self) -> bool {
        self.most.is_none() && self.others.is_empty()
    }
}

impl History {
    /// As kept among the supplied tables.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Whether a camera was alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alive {
    /// Seen within the days that count.
    Yes,
    /// Silent for longer.
    No,
    /// Nobody watched long enough to tell.
    Unknown,
}

impl Alive {
    /// What two witnesses come to: one that saw it is enough, and silence of both is told only where both can tell.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::No, Self::No) => Self::No,
        }
    }
}

/// Whether a code that is silent in a run was alive within so many days before it.
#[must_use]
pub fn alive(code: &str, at: Timestamp, days: u64, (told, history): (&SeenAlive, &History)) -> Alive {
    let from = at.plus_seconds(-i64::try_from(days).unwrap_or(i64::MAX / DAY_S).saturating_mul(DAY_S));
    let own = history.alive.get(code).map(|micros| Timestamp::from_micros(*micros));
    let told = told.get(code).copied();
    match own.into_iter().chain(told).max() {
        Some(last) if last >= from => Alive::Yes,
        // Who keeps an account of it says that it was not on line since.
        Some(_) if told.is_some() => Alive::No,
        _ if history.since.is_some_and(|since| Timestamp::from_micros(since) <= from) => Alive::No,
        _ => Alive::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_only_told_by_whoever_watched() {
        let at = Timestamp::from_beijing_date("2026-11-25").unwrap();
        let day = |days: i64| at.plus_seconds(-days * DAY_S);
        let told = parse("设备编码,末次在线\n1,2026-11-20\n2,2026-9-1\n", &mut Vec::new(), Lang::Zh).unwrap();
        let alive_then = [("3".to_owned(), day(8).micros())].into();
        let young = History { since: Some(day(9).micros()), runs: 3, alive: alive_then, ..History::default() };
        let of = |code: &str, history: &History| alive(code, at, 30, (&told, history));
        assert_eq!([of("1", &young), of("2", &young), of("3", &young)], [Alive::Yes, Alive::No, Alive::Yes]);
        assert_eq!(of("4", &young), Alive::Unknown, "nine days of runs say nothing of thirty");
        let old = History { since: Some(day(40).micros()), ..young };
        assert_eq!(of("4", &old), Alive::No);
        assert_eq!(of("4", &History::default()), Alive::Unknown);
        assert_eq!(History::parse(&serde_json::to_string(&old).unwrap()), Some(old));
    }

    #[test]
    fn what_most_cameras_have_is_kept_once() {
        let cameras = [("1", Some(5)), ("2", Some(5)), ("3", None), ("4", Some(9))].into();
        let firsts = Firsts::of(&cameras);
        assert!(cameras.iter().all(|(code, first)| firsts.first(code) == *first), "{firsts:?}");
        assert_eq!(serde_json::to_string(&firsts).unwrap(), r#"{"most":5,"others":{"3":null,"4":9}}"#);
        assert!(Firsts::of(&BTreeMap::new()).is_empty() && Firsts::of(&[("1", None)].into()).is_empty());
        // An older program kept none.
        let old = History::parse(r#"{"since":1,"runs":2,"alive":{}}"#).unwrap();
        assert_eq!((old.first.first("1"), old.open), (None, None));
    }
}
