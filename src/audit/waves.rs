//! Calls that may end early: in waves, in the order that was drawn, and after each wave the question whether the rest can still
//! change the answer. Pure; `indicator/sequential` knows the answer, `docs/design/0010` why it may be asked again and again.
//!
//! A camera with a picture is settled sooner than one without, so whatever was settled by some moment is no fair sample; the
//! codes of whole waves are.

use std::collections::HashMap;

use super::assess::witnesses;
use crate::evidence::conduct::{Look, Sampling};
use crate::evidence::soundness::Control;
use crate::indicator::sequential::{self, Population, Seen};
use crate::probe::cause::network::{self, Looked};
use crate::probe::cause::{self, Why};
use crate::probe::outcome::Demand;
use crate::probe::outcome::{ProbeRecord, ProbeVerdict, Untested};
use crate::probe::plan::Target;
use crate::profile::{Profile, RateId};

/// Codes of the first wave.
const FIRST_WAVE: usize = 100;

/// What a look needs to know of a code beside its record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Lines it stands on that count in the rate.
    pub lines: u64,
    /// The platform says it is off line.
    pub offline: bool,
    /// The recorder it hangs under.
    pub recorder: Option<String>,
}

/// The waves of one platform.
#[derive(Debug)]
pub struct Waves<'p> {
    profile: &'p Profile,
    sampling: Sampling,
    codes: HashMap<String, Counted>,
    targets: HashMap<String, Target>,
    /// Control cameras that were called before; those after come too late for a look.
    controls: &'p [Control],
    /// Codes of the waves so far, as many of those drawn.
    reached: usize,
}

impl<'p> Waves<'p> {
    /// Over what was drawn. `targets`: those that are to be called.
    #[must_use]
    pub fn new(
        profile: &'p Profile,
        sampling: Sampling,
        codes: HashMap<String, Counted>,
        targets: Vec<Target>,
        controls: &'p [Control],
    ) -> Self {
        let targets = targets.into_iter().map(|target| (target.device_id.clone(), target)).collect();
        Self { profile, sampling: Sampling { looks: Vec::new(), ..sampling }, codes, targets, controls, reached: 0 }
    }

    /// The codes to be called next; nothing when the answer is certain, or all were called. `records`: everything settled so far.
    pub fn next(&mut self, records: &[ProbeRecord]) -> Option<Vec<Target>> {
        if self.reached > 0 {
            let look = self.look(records)?;
            self.sampling.looks.push(look);
            if look.certain.is_some() {
                return None;
            }
        }
        loop {
            if self.reached >= self.sampling.drawn.len() {
                return None;
            }
            let from = self.reached;
            self.reached = (from + (from / 2).max(FIRST_WAVE)).min(self.sampling.drawn.len());
            let wave = self.sampling.drawn.get(from..self.reached).unwrap_or_default();
            let wave: Vec<Target> = wave.iter().filter_map(|one| self.targets.remove(&one.code)).collect();
            // Where all of them were settled before, there is nothing to call.
            if !wave.is_empty() {
                return Some(wave);
            }
        }
    }

    /// What is known after the waves so far; nothing where one of their codes has no answer because the calls were broken off.
    fn look(&self, records: &[ProbeRecord]) -> Option<Look> {
        let by_code: HashMap<&str, &ProbeRecord> = records.iter().map(|record| (record.device_id.as_str(), record)).collect();
        let asked = Demand::of(&self.profile.output);
        let mut looked = Vec::new();
        let mut seen = Seen::default();
        for one in self.sampling.drawn.get(..self.reached)? {
            let counted = self.codes.get(&one.code).filter(|counted| counted.lines > 0);
            let Some(counted) = counted else { continue };
            let record = by_code.get(one.code.as_str())?;
            if matches!(record.untested, Some(Untested::Interrupted | Untested::PlatformLost)) {
                return None;
            }
            let conclusion = record.conclude(&asked, counted.offline);
            seen.called += 1;
            seen.pictures += u64::from(conclusion.verdict == ProbeVerdict::Picture);
            looked.push(Looked { record, recorder: counted.recorder.as_deref(), why: cause::of(record, &conclusion) });
        }
        let joined = network::join(&looked, &witnesses(self.controls));
        let whys = looked.iter().zip(joined).filter_map(|(looked, joined): (_, Option<&'static Why>)| joined.or(looked.why));
        seen.doubtful = whys.filter(|why| why.doubtful).count() as u64;
        let counted = self.sampling.drawn.iter().filter_map(|one| self.codes.get(&one.code)).filter(|counted| counted.lines > 0);
        let population = counted.fold(Population { codes: 0, lines: 0 }, |sum, counted| Population {
            codes: sum.codes + 1,
            lines: sum.lines + counted.lines,
        });
        let certain = sequential::certain(population, seen, self.profile.threshold(RateId::Output));
        Some(Look { of: population.codes, called: seen.called, pictures: seen.pictures, doubtful: seen.doubtful, certain })
    }

    /// The draw with what was seen, and the codes nobody had to call any more; where nothing is certain, those that were not
    /// called for this reason.
    #[must_use]
    pub fn finish(self, broken_off: Untested) -> (Sampling, Vec<ProbeRecord>) {
        let why = if self.sampling.certain().is_some() { Untested::NotNeeded } else { broken_off };
        let mut left: Vec<&String> = self.targets.keys().collect();
        left.sort_unstable();
        let records = left.into_iter().map(|code| ProbeRecord::untested(code, why)).collect();
        (self.sampling, records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::lang::Lang;
    use crate::evidence::conduct::Drawn;
    use crate::probe::outcome::Cause;
    use crate::probe::outcome::tests::attempt;

    fn profile() -> Profile {
        Profile::parse("x", Profile::embedded("sd-2022-basic").unwrap(), Lang::En).unwrap()
    }

    fn code(n: usize) -> String {
        format!("{n:020}")
    }

    fn waves(profile: &Profile, codes: usize) -> Waves<'_> {
        let drawn = (0..codes).map(|n| Drawn { code: code(n), stratum: None }).collect();
        let sampling = Sampling { population: codes as u64, drawn, ..Sampling::default() };
        let counted = (0..codes).map(|n| (code(n), Counted { lines: 1, ..Counted::default() })).collect();
        let targets = (0..codes).map(|n| Target { device_id: code(n), recorder: 0, once: false }).collect();
        Waves::new(profile, sampling, counted, targets, &[])
    }

    fn record(code: &str, lit: bool) -> ProbeRecord {
        let mut call = attempt(1, if lit { None } else { Some(Cause::NoMedia) });
        (call.status, call.answer_ms) = (Some(200), Some(1));
        if lit {
            (call.first_packet_ms, call.first_picture_ms, call.first_visible_ms) = (Some(2), Some(3), Some(3));
        }
        ProbeRecord { device_id: code.to_owned(), attempts: vec![call], untested: None, snapshot: None }
    }

    /// Calls to the end; gives the draw, the records, and those nobody had to call.
    fn run(mut waves: Waves<'_>, lit: impl Fn(usize) -> bool) -> (Sampling, usize, Vec<ProbeRecord>) {
        let mut records = Vec::new();
        while let Some(wave) = waves.next(&records) {
            records.extend(wave.iter().map(|t| record(&t.device_id, lit(t.device_id.parse().unwrap()))));
        }
        let (sampling, rest) = waves.finish(Untested::Interrupted);
        (sampling, records.len(), rest)
    }

    #[test]
    fn a_clear_estate_ends_after_a_few_waves_and_says_what_it_saw() {
        let profile = profile();
        let (sampling, called, rest) = run(waves(&profile, 9_800), |n| n % 10 != 0);
        assert_eq!((sampling.certain(), called, called + rest.len()), (Some(true), 200, 9_800));
        assert!(rest.iter().all(|record| record.untested == Some(Untested::NotNeeded)));
        let looks: Vec<_> = sampling.looks.iter().map(|look| (look.called, look.pictures, look.certain)).collect();
        assert_eq!(looks, [(100, 90, None), (200, 180, Some(true))]);
        let (sampling, called, _) = run(waves(&profile, 9_800), |n| n % 2 == 0);
        assert_eq!((sampling.certain(), called), (Some(false), 100));
    }

    #[test]
    fn where_nothing_is_clear_all_are_called() {
        let profile = profile();
        let (sampling, called, rest) = run(waves(&profile, 500), |n| n % 5 != 0);
        assert_eq!((called, rest.len()), (500, 0));
        assert_eq!(sampling.certain(), Some(true), "400 of 500, to the last one");
        assert!(sampling.looks.iter().rev().skip(1).all(|look| look.certain.is_none()));
    }

    #[test]
    fn calls_that_were_broken_off_are_no_answer() {
        let profile = profile();
        let mut waves = waves(&profile, 300);
        let wave = waves.next(&[]).unwrap();
        let mut records: Vec<ProbeRecord> = wave.iter().map(|target| record(&target.device_id, true)).collect();
        records[7] = ProbeRecord::untested(&wave[7].device_id, Untested::Interrupted);
        assert_eq!(waves.next(&records), None);
        let (sampling, rest) = waves.finish(Untested::Interrupted);
        assert_eq!((sampling.certain(), sampling.looks.len(), rest.len()), (None, 0, 200));
        assert!(rest.iter().all(|record| record.untested == Some(Untested::Interrupted)));
    }
}
