//! 验收批次: the rounds of one acceptance, at the times agreed on, with inputs that nobody changes in between. Pure: it is told the time.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use super::AuditSetting;
use crate::base::text::hex;
use crate::base::time::Timestamp;
use crate::evidence::Confirmation;

/// The form of the file.
pub const SCHEMA: u32 = 1;
/// A round may begin so long after its time; later it is missed.
pub const LATEST_S: i64 = 30 * 60;
/// Rounds of a batch.
pub const MAX_ROUNDS: usize = 24;

const DAY_MINUTES: u32 = 24 * 60;

/// An input as it was frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is.
    pub what: String,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// SM3.
    pub sm3: String,
}

impl Input {
    fn new(what: impl Into<String>, octets: &[u8]) -> Self {
        Self { what: what.into(), sha256: hex(&Sha256::digest(octets)), sm3: hex(&Sm3::digest(octets)) }
    }
}

/// What a batch rests on beside the platform: everything that could turn a verdict, and no secret. `more`: what else has to stay the
/// same, by name.
#[must_use]
pub fn inputs(setting: &AuditSetting, more: &[(&str, String)]) -> Vec<Input> {
    let mut inputs = vec![
        Input::new("profile", setting.profile.source.as_bytes()),
        Input::new("jurisdiction", setting.jurisdiction.join(",").as_bytes()),
        Input::new("rates", setting.rates.iter().map(|rate| rate.key()).collect::<Vec<_>>().join(",").as_bytes()),
    ];
    let confirmed =
        |own: &Confirmation| [Some(own.number.clone()), own.by.clone(), own.hash.clone()].map(Option::unwrap_or_default);
    inputs.extend(setting.confirmation.as_ref().map(|own| Input::new("confirmation", confirmed(own).join("\n").as_bytes())));
    inputs.extend(setting.boundaries.as_ref().map(|text| Input::new("boundaries", text.as_bytes())));
    inputs.extend(setting.waivers.as_ref().map(|file| Input::new(format!("waivers {}", file.name), file.text.as_bytes())));
    inputs
        .extend(setting.supplied.iter().map(|table| Input::new(format!("{} {}", table.key, table.name), table.text.as_bytes())));
    inputs.extend(more.iter().map(|(what, text)| Input::new(*what, text.as_bytes())));
    inputs
}

/// A round.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Its time of the day, minutes after midnight in Beijing.
    pub minute: u32,
    /// The run it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The run came to its end.
    #[serde(default)]
    pub ended: bool,
    /// Nobody began it in time.
    #[serde(default)]
    pub missed: bool,
}

/// A batch, as it is kept beside its results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The form.
    pub schema: u32,
    /// 验收批次
    pub id: String,
    /// The day in Beijing, `2026-11-27`.
    pub day: String,
    /// Nobody waits for the times: the rounds follow each other, and prove nothing of different hours.
    pub rehearsal: bool,
    /// What it rests on.
    pub inputs: Vec<Input>,
    /// The rounds, in the order of their times.
    pub rounds: Vec<Turn>,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this time.
    Wait(Timestamp),
    /// Begin a round.
    Begin(usize),
    /// Go on with the run of a round.
    Resume(usize, String),
    /// A round was not begun in time.
    Missed(usize),
    /// Put the rounds together.
    PutTogether,
}

impl Batch {
    /// A new one.
    #[must_use]
    pub fn new(id: String, now: Timestamp, minutes: &[u32], rehearsal: bool, inputs: Vec<Input>) -> Self {
        let rounds = minutes.iter().map(|&minute| Turn { minute, ..Turn::default() }).collect();
        Self { schema: SCHEMA, id, day: now.beijing("%Y-%m-%d"), rehearsal, inputs, rounds }
    }

    /// When a round is to begin.
    #[must_use]
    pub fn time_of(&self, round: usize) -> Option<Timestamp> {
        let minute = self.rounds.get(round)?.minute;
        Some(Timestamp::from_beijing_date(&self.day)?.plus_seconds(i64::from(minute) * 60))
    }

    /// What is to be done at this time.
    #[must_use]
    pub fn step(&self, now: Timestamp) -> Step {
        let Some(round) = self.rounds.iter().position(|turn| !turn.ended && !turn.missed) else { return Step::PutTogether };
        if let Some(run) = self.rounds.get(round).and_then(|turn| turn.run.clone()) {
            return Step::Resume(round, run);
        }
        match self.time_of(round) {
            _ if self.rehearsal => Step::Begin(round),
            Some(time) if now < time => Step::Wait(time),
            Some(time) if now <= time.plus_seconds(LATEST_S) => Step::Begin(round),
            Some(_) | None => Step::Missed(round),
        }
    }

    /// The runs of the rounds that came to their ends.
    #[must_use]
    pub fn runs(&self) -> Vec<String> {
        self.rounds.iter().filter(|turn| turn.ended).filter_map(|turn| turn.run.clone()).collect()
    }

    /// The inputs that are not what they were, by name.
    #[must_use]
    pub fn changed(&self, now: &[Input]) -> Vec<String> {
        let gone = self.inputs.iter().filter(|input| !now.contains(input));
        let new = now.iter().filter(|input| !self.inputs.contains(input));
        let mut names: Vec<String> = gone.chain(new).map(|input| input.what.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// One hash over all inputs, SHA-256.
    #[must_use]
    pub fn seal(&self) -> String {
        let mut hash = Sha256::new();
        for input in &self.inputs {
            hash.update(format!("{}\n{}\n", input.what, input.sha256));
        }
        hex(&hash.finalize())
    }
}

/// Times of the day, `09:30,15:00,20:30`, as minutes after midnight. Nothing where they are none, or not one after the other.
#[must_use]
pub fn times(text: &str) -> Option<Vec<u32>> {
    let one = |word: &str| {
        let (hour, minute) = word.trim().split_once([':', '：'])?;
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let times: Vec<u32> = text.split([',', '，', '、']).map(one).collect::<Option<_>>()?;
    let sound = times.len() <= MAX_ROUNDS && times.is_sorted_by(|a, b| a < b) && times.iter().all(|&time| time < DAY_MINUTES);
    sound.then_some(times)
}

/// A time of the day, `09:30`.
#[must_use]
pub fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("2026-11-27T{time}:00+08:00")).unwrap()
    }

    fn batch() -> Batch {
        Batch::new("20261127-0900-ab12".into(), at("09:00"), &times("09:30，15:00,20:30").unwrap(), false, Vec::new())
    }

    #[test]
    fn times_of_a_day_one_after_the_other() {
        assert_eq!(times("09:30,15:00,20:30"), Some(vec![570, 900, 1_230]));
        for wrong in ["", "9", "15:00,09:30", "09:30,09:30", "24:00", "09:60", "09:30,"] {
            assert_eq!(times(wrong), None, "{wrong}");
        }
        assert_eq!(clock(570), "09:30");
    }

    #[test]
    fn each_round_at_its_time_or_not_at_all() {
        let mut batch = batch();
        assert_eq!(batch.step(at("09:00")), Step::Wait(at("09:30")));
        assert_eq!(batch.step(at("09:30")), Step::Begin(0));
        assert_eq!(batch.step(at("10:00")), Step::Begin(0));
        assert_eq!(batch.step(at("10:01")), Step::Missed(0));
        batch.rounds[0].run = Some("one".into());
        assert_eq!(batch.step(at("13:00")), Step::Resume(0, "one".into()), "what has begun in time is gone on with");
        batch.rounds[0].ended = true;
        assert_eq!(batch.step(at("13:00")), Step::Wait(at("15:00")));
        batch.rounds[1].missed = true;
        batch.rounds[2] = Turn { run: Some("three".into()), ended: true, ..batch.rounds[2].clone() };
        assert_eq!(batch.step(at("21:00")), Step::PutTogether);
        assert_eq!(batch.runs(), ["one", "three"]);
        assert_eq!(serde_json::from_str::<Batch>(&serde_json::to_string(&batch).unwrap()).unwrap(), batch);
    }

    #[test]
    fn a_rehearsal_waits_for_nothing() {
        assert_eq!(Batch { rehearsal: true, ..batch() }.step(at("03:00")), Step::Begin(0));
    }

    #[test]
    fn an_input_that_changed_is_named() {
        let input = |what: &str, text: &str| Input::new(what, text.as_bytes());
        let batch = Batch { inputs: vec![input("profile", "a"), input("plan p.csv", "b")], ..batch() };
        assert!(batch.changed(&batch.inputs.clone()).is_empty());
        let now = [input("profile", "a"), input("plan p.csv", "c"), input("waivers w.csv", "d")];
        assert_eq!(batch.changed(&now), ["plan p.csv", "waivers w.csv"]);
        assert_ne!(batch.seal(), Batch { inputs: now.to_vec(), ..batch.clone() }.seal());
    }
}
