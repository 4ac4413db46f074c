//! Several rounds of one day put together: a camera gives a picture if it did in as many of them as the profile needs. Pure.
//!
//! Three answers, as for one run: it did often enough; it cannot any more, whatever the open rounds show; or it is open. A round is
//! open for a camera that was not tested in it, or whose failure proves nothing, or whose catalogue answer was not whole and
//! lacked it; and a round that was not run is open for all. What a whole catalogue does not have gave no picture in that round.
//! `docs/design/0009`.

use std::collections::BTreeMap;

use crate::evidence::ProbePlan;
use crate::indicator::key_positions::KeyFacts;
use crate::indicator::{self, CameraFacts, Circumstances, Overall, RateResult, Reading};
use crate::manscdp::item::Element;
use crate::probe::outcome::{Level, ProbeVerdict};
use crate::profile::{Profile, RateId, Schedule};
use crate::report::rounds::{InRound, Round, RoundCamera, Rounds};
use crate::report::{Exit, Report};

/// Why rounds cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The profile has one round.
    OneRound,
    /// More than the profile has: which of them count would be somebody's choice.
    TooMany(usize),
    /// One run named twice.
    Twice(String),
    /// A run is of another platform, profile, jurisdiction, or answers for other rates.
    Other(String),
    /// A run is of another day in Beijing.
    OtherDay(String),
    /// A run did not call every camera it could.
    NotACensus(String),
}

/// A camera in one round.
#[derive(Debug, Clone)]
struct Seen {
    facts: CameraFacts,
    in_round: InRound,
}

#[derive(Debug, Default)]
struct Gathered {
    name: Box<str>,
    /// Lines of its code, the most of any round.
    lines: u64,
    rounds: BTreeMap<usize, Seen>,
}

/// Gathers what is needed of each round, so that no two rounds' records are held at once.
#[derive(Debug, Default)]
pub struct Together {
    rounds: Option<Rounds>,
    jurisdiction: Vec<String>,
    circumstances: Vec<Circumstances>,
    key_facts: KeyFacts,
    cameras: BTreeMap<Box<str>, Gathered>,
}

impl Together {
    /// Adds a round, in the order of their times.
    ///
    /// # Errors
    /// When it cannot be put together with those before.
    pub fn add(&mut self, report: &Report) -> Result<(), Refused> {
        let header = &report.header;
        let run = || header.run_id.clone();
        let day = header.started().beijing("%Y-%m-%d");
        if report.profile.schedule.is_one_round() {
            return Err(Refused::OneRound);
        }
        if header.probing != ProbePlan::All || header.carried.is_some() || header.conduct.stop_seed.is_some() {
            return Err(Refused::NotACensus(run()));
        }
        let place = match &mut self.rounds {
            None => {
                self.jurisdiction.clone_from(&header.jurisdiction);
                self.rounds = Some(Rounds {
                    lang: report.lang,
                    typeface: report.typeface.clone(),
                    platform: header.platform.name.clone(),
                    platform_id: header.platform.id.clone(),
                    version: header.version.clone(),
                    day,
                    profile: report.profile.clone(),
                    confirmation: header.confirmation.clone(),
                    rounds: Vec::new(),
                    not_named: Vec::new(),
                    batch: None,
                    rates: report.rates.clone(),
                    asked: report.asked.clone(),
                    counting: report.counting(),
                    overall: Overall::Undecided,
                    readings: Vec::new(),
                    fields: report.fields,
                    records_of: 0,
                    cameras: Vec::new(),
                });
                0
            }
            Some(rounds) => {
                let same = rounds.platform_id == header.platform.id
                    && rounds.profile.source == report.profile.source
                    && rounds.asked == report.asked
                    && self.jurisdiction == header.jurisdiction;
                if rounds.rounds.iter().any(|round| round.run == header.run_id) {
                    return Err(Refused::Twice(run()));
                }
                if !same {
                    return Err(Refused::Other(run()));
                }
                if rounds.confirmation != header.confirmation {
                    rounds.confirmation = None;
                }
                if rounds.day != day {
                    return Err(Refused::OtherDay(run()));
                }
                let most = rounds.profile.schedule.rounds as usize;
                if rounds.rounds.len() >= most {
                    return Err(Refused::TooMany(most));
                }
                rounds.rounds.len()
            }
        };
        self.gather(place, report);
        self.circumstances.push(report.circumstances.clone());
        let Some(rounds) = &mut self.rounds else { return Ok(()) };
        let whole = !report.catalog.state.voids();
        rounds.rounds.push(Round {
            run: header.run_id.clone(),
            started: header.started,
            finished: header.finished,
            state: report.catalog.state,
            cameras: report.cameras.len() as u64,
            output: report.rate(RateId::Output).and_then(|rate| rate.value),
            doubtful: report.rate(RateId::Output).map_or(0, |rate| rate.doubtful),
            complete: report.exit() != Exit::Incomplete,
            head: report.head.clone(),
        });
        // The records are those of the last round with a whole catalogue.
        if whole || place == 0 {
            rounds.records_of = place;
            self.key_facts.clone_from(&report.key_facts);
            rounds.rates.clone_from(&report.rates);
            rounds.fields = report.fields;
            rounds.readings = report.readings.iter().filter(|reading| !PICTURES.contains(&reading.rate)).copied().collect();
        }
        Ok(())
    }

    fn gather(&mut self, place: usize, report: &Report) {
        let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
        for (camera, facts) in report.cameras.iter().zip(&report.facts) {
            let Some(item) = report.item(camera.item) else { continue };
            *lines.entry(item.id()).or_default() += 1;
            let gathered = self.cameras.entry(item.id().into()).or_default();
            if let Some(name) = item.text(Element::Name) {
                gathered.name = name.into();
            }
            let in_round = match facts.probe {
                ProbeVerdict::Picture => InRound::Picture,
                _ if facts.doubtful => InRound::Open(camera.probe.why),
                _ => InRound::NoPicture(camera.probe.why),
            };
            gathered.rounds.entry(place).or_insert(Seen { facts: *facts, in_round });
        }
        for (code, lines) in lines {
            if let Some(gathered) = self.cameras.get_mut(code) {
                gathered.lines = gathered.lines.max(lines);
            }
        }
    }

    /// The rounds together; nothing when none was added.
    #[must_use]
    pub fn finish(self) -> Option<Rounds> {
        let mut rounds = self.rounds?;
        let schedule = rounds.profile.schedule;
        let whole: Vec<bool> = rounds.rounds.iter().map(|round| !round.state.voids()).collect();
        let mut facts: Vec<CameraFacts> = Vec::new();
        let mut by_code: BTreeMap<Box<str>, CameraFacts> = BTreeMap::new();
        for (code, gathered) in self.cameras {
            let camera = one_camera(&code, &gathered, &whole, schedule);
            let Some(combined) = combined(&gathered, &camera, schedule) else { continue };
            by_code.insert(code, combined);
            facts.extend(std::iter::repeat_n(combined, usize::try_from(gathered.lines).unwrap_or(1)));
            rounds.cameras.push(camera);
        }
        let circumstances = circumstances(&self.circumstances, &whole, facts.iter().any(|facts| facts.withdrawn));
        let mut key_facts = self.key_facts;
        for camera in key_facts.installed.iter_mut().flatten() {
            camera.see_again(camera.codes.clone().iter().filter_map(|code| by_code.get(code)));
        }
        let (counted, readings) = of_pictures((&facts, &key_facts), &rounds.profile, &circumstances);
        for rate in counted {
            if let Some(slot) = rounds.rates.iter_mut().find(|own| own.id == rate.id) {
                *slot = rate;
            }
        }
        rounds.readings.splice(0..0, readings);
        let verdicts: Vec<_> = rounds.rates.iter().filter(|rate| rounds.counting.contains(&rate.id)).map(|r| r.verdict).collect();
        rounds.overall = Overall::of(verdicts.iter());
        Some(rounds)
    }
}

/// The rates that hang on pictures.
const PICTURES: [RateId; 2] = [RateId::Output, RateId::Intactness];

fn of_pictures(
    (facts, key_facts): (&[CameraFacts], &KeyFacts),
    profile: &Profile,
    circumstances: &Circumstances,
) -> (Vec<RateResult>, Vec<Reading>) {
    let rates = indicator::rates(facts, key_facts, profile, circumstances);
    let readings = indicator::readings(facts, key_facts, profile, circumstances);
    (
        rates.into_iter().filter(|rate| PICTURES.contains(&rate.id)).collect(),
        readings.into_iter().filter(|reading| PICTURES.contains(&reading.rate)).collect(),
    )
}

/// The number stands on any one whole catalogue: what others lacked of it is open there.
fn circumstances(of_rounds: &[Circumstances], whole: &[bool], withdrawn: bool) -> Circumstances {
    let void = if whole.contains(&true) { None } else { of_rounds.iter().find_map(|one| one.void) };
    Circumstances { void, withdrawn, looked: of_rounds.iter().any(|one| one.looked), ..Circumstances::default() }
}

fn one_camera(code: &str, gathered: &Gathered, whole: &[bool], schedule: Schedule) -> RoundCamera {
    let cells: Vec<InRound> = whole
        .iter()
        .enumerate()
        .map(|(place, whole)| match gathered.rounds.get(&place) {
            Some(seen) => seen.in_round,
            None if *whole => InRound::NotListed,
            None => InRound::NotReceived,
        })
        .collect();
    let need = schedule.need as usize;
    let lit = cells.iter().filter(|cell| matches!(cell, InRound::Picture)).count();
    let open = cells.iter().filter(|cell| cell.is_open()).count() + (schedule.rounds as usize).saturating_sub(cells.len());
    let (verdict, doubtful) = match lit {
        lit if lit >= need => (ProbeVerdict::Picture, false),
        lit if lit + open >= need => (ProbeVerdict::NoPicture, true),
        _ => (ProbeVerdict::NoPicture, false),
    };
    RoundCamera { code: code.into(), name: gathered.name.clone(), lines: gathered.lines, cells, lit, verdict, doubtful }
}

/// What is counted of a camera: what it reached in as many rounds as are needed.
fn combined(gathered: &Gathered, camera: &RoundCamera, schedule: Schedule) -> Option<CameraFacts> {
    let need = schedule.need as usize;
    let reached = |of: fn(&CameraFacts) -> Level| {
        let mut levels: Vec<Level> = gathered.rounds.values().map(|seen| of(&seen.facts)).collect();
        levels.sort_unstable_by(|a, b| b.cmp(a));
        levels.get(need.saturating_sub(1)).copied().unwrap_or(Level::Nothing)
    };
    let proven = gathered.rounds.values().filter(|seen| seen.in_round == InRound::Picture && !seen.facts.withdrawn).count();
    let last = gathered.rounds.values().next_back()?.facts;
    Some(CameraFacts {
        drawn: true,
        probe: camera.verdict,
        doubtful: camera.doubtful,
        level: reached(|facts| facts.level),
        late_level: reached(|facts| facts.late_level),
        first_level: reached(|facts| facts.first_level),
        withdrawn: camera.verdict == ProbeVerdict::Picture && proven < need,
        ..last
    })
}
