//! 还差多少路: what lifts a rate over its threshold, cheapest first.
//!
//! Lossless corrections come first, then computed ones, then what the owner has to fill in; computed ones and the
//! owner's go by recorder or unit, for somebody has to open that device or call that unit once.

use std::collections::{BTreeMap, HashMap};

use super::{Correction, Grade};
use crate::base::lang::{Lang, Text, say};
use crate::probe::outcome::ProbeVerdict;
use crate::profile::RateId;
use crate::report::Report;

/// What a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Corrections of this grade.
    Records(Grade),
    /// Pictures.
    Pictures,
}

impl Work {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Records(Grade::Safe) => Text::new("采用可直接采用的建议值", "take the proposals that can be taken as they are"),
            Self::Records(Grade::Suggest) => Text::new("核对并采用建议值", "check the proposals and take them"),
            Self::Records(Grade::Ask) => Text::new("由责任单位填写", "to be filled in by the unit"),
            Self::Pictures => Text::new("恢复出图", "bring back the picture"),
        }
    }
}

/// One step: one recorder, one unit, or all lossless corrections at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is to be done.
    pub work: Work,
    /// With which recorder or unit; empty: with all of them.
    pub group: String,
    /// The cameras it lifts, by their places in the report.
    pub cameras: Vec<usize>,
    /// Rows to work off.
    pub rows: usize,
}

/// The way to one threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The rate.
    pub rate: RateId,
    /// Cameras missing.
    pub needs: u64,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Gap {
    /// Cameras that the steps lift.
    #[must_use]
    pub fn gains(&self) -> u64 {
        self.steps.iter().map(|step| step.cameras.len() as u64).sum()
    }

    /// Whether the steps reach the threshold.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.gains() >= self.needs
    }
}

/// Whether each camera is compliant now, after the lossless corrections, and after the computed ones too: as the
/// rules say of the catalogue with them in it.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// As it is.
    pub now: Vec<bool>,
    /// With every correction of [`Grade::Safe`].
    pub safe: Vec<bool>,
    /// With those of [`Grade::Suggest`] too.
    pub suggest: Vec<bool>,
}

/// The recorder a camera hangs under, else the unit that gave its code.
fn group_of(report: &Report, camera: usize, lang: Lang) -> String {
    let Some(camera) = report.cameras.get(camera) else { return String::new() };
    if let Some(recorder) = &camera.recorder {
        return say!(lang, "录像机 {recorder}", "recorder {recorder}");
    }
    let item = report.item(camera.item);
    match item.and_then(|i| i.id().get(..8)).filter(|unit| crate::base::device_id::is_digits(unit)) {
        Some(unit) => say!(lang, "接入单位 {unit}", "unit {unit}"),
        None => say!(lang, "编码无法识别的摄像机", "cameras without a usable code"),
    }
}

/// The way to the threshold of 合规率; `None` when it is reached or was not measured.
#[must_use]
pub fn compliance(report: &Report, rows: &[Correction], judged: &Judged, lang: Lang) -> Option<Gap> {
    let rate = report.rates.iter().find(|r| r.id == RateId::Compliance)?;
    let needs = rate.needs();
    if needs == 0 || rate.value.is_none() {
        return None;
    }
    // What has to be done for a camera: the rows up to the grade that lifts it.
    let mut work: HashMap<(usize, Grade), usize> = HashMap::new();
    for row in rows.iter().filter(|row| row.counts) {
        *work.entry((row.camera, row.grade)).or_default() += 1;
    }
    let rows_to = |worst: Grade, camera: usize| {
        Grade::ALL.iter().filter(|grade| **grade <= worst).filter_map(|grade| work.get(&(camera, *grade))).sum::<usize>()
    };
    let at = |list: &[bool], camera: usize| list.get(camera).copied().unwrap_or(false);
    let mut gap = Gap { rate: RateId::Compliance, needs, steps: Vec::new() };
    let (mut safe, mut suggest, mut ask) = (Vec::new(), Vec::new(), Vec::new());
    for camera in 0..report.cameras.len() {
        match (at(&judged.now, camera), at(&judged.safe, camera), at(&judged.suggest, camera)) {
            (true, ..) => (),
            (false, true, _) => safe.push(camera),
            (false, false, true) => suggest.push(camera),
            (false, false, false) => ask.push(camera),
        }
    }
    // A lossless correction costs a look; those with the fewest rows first.
    safe.sort_by_key(|camera| (rows_to(Grade::Safe, *camera), *camera));
    safe.truncate(usize::try_from(needs).unwrap_or(usize::MAX));
    if !safe.is_empty() {
        let rows = safe.iter().map(|camera| rows_to(Grade::Safe, *camera)).sum();
        gap.steps.push(Step { work: Work::Records(Grade::Safe), group: String::new(), cameras: safe, rows });
    }
    for (grade, cameras) in [(Grade::Suggest, suggest), (Grade::Ask, ask)] {
        by_group(&mut gap, Work::Records(grade), grouped(report, cameras, lang), |camera| rows_to(grade, camera));
    }
    Some(gap)
}

/// The way to the threshold of 出图率; `None` when it is reached or was not measured.
#[must_use]
pub fn output(report: &Report, lang: Lang) -> Option<Gap> {
    let rate = report.rates.iter().find(|r| r.id == RateId::Output)?;
    let needs = rate.needs();
    if needs == 0 || rate.value.is_none() {
        return None;
    }
    let mut gap = Gap { rate: RateId::Output, needs, steps: Vec::new() };
    let dark = |(_, camera): &(usize, &crate::report::Camera)| camera.probe.verdict == ProbeVerdict::NoPicture;
    let cameras = report.cameras.iter().enumerate().filter(dark).map(|(index, _)| index).collect();
    by_group(&mut gap, Work::Pictures, grouped(report, cameras, lang), |_| 1);
    Some(gap)
}

fn grouped(report: &Report, cameras: Vec<usize>, lang: Lang) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for camera in cameras {
        groups.entry(group_of(report, camera, lang)).or_default().push(camera);
    }
    groups
}

/// Adds groups until the gap is closed: the largest first, and last the smallest that suffices. Every camera stands
/// in one group, so no smaller number of groups would do.
fn by_group(gap: &mut Gap, work: Work, groups: BTreeMap<String, Vec<usize>>, rows_of: impl Fn(usize) -> usize) {
    let mut groups: Vec<(String, Vec<usize>)> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    while !groups.is_empty() && !gap.is_closed() {
        let missing = usize::try_from(gap.needs - gap.gains()).unwrap_or(usize::MAX);
        let smallest = groups.iter().rposition(|(_, cameras)| cameras.len() >= missing).unwrap_or(0);
        let (group, cameras) = groups.remove(smallest);
        let rows = cameras.iter().map(|camera| rows_of(*camera)).sum();
        gap.steps.push(Step { work, group, cameras, rows });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(needs: u64) -> Gap {
        Gap { rate: RateId::Compliance, needs, steps: Vec::new() }
    }

    fn taken(needs: u64, groups: &[(&str, usize)]) -> Vec<(String, usize)> {
        let mut gap = gap(needs);
        let groups = groups.iter().map(|(name, n)| ((*name).to_owned(), (0..*n).collect())).collect();
        by_group(&mut gap, Work::Pictures, groups, |_| 1);
        gap.steps.into_iter().map(|step| (step.group, step.cameras.len())).collect()
    }

    #[test]
    fn one_group_that_suffices_is_the_smallest_of_those() {
        assert_eq!(taken(4, &[("a", 9), ("b", 4), ("c", 5), ("d", 1)]), [("b".to_owned(), 4)]);
    }

    #[test]
    fn the_largest_groups_come_first_and_the_last_is_no_larger_than_needed() {
        assert_eq!(
            taken(12, &[("a", 9), ("b", 4), ("c", 5), ("d", 3)]),
            [("a".to_owned(), 9), ("d".to_owned(), 3)],
            "nine and three are twelve"
        );
    }

    #[test]
    fn what_cannot_be_closed_says_so() {
        let mut open = gap(12);
        by_group(&mut open, Work::Pictures, BTreeMap::from([("a".to_owned(), vec![1, 2])]), |_| 1);
        assert!(!open.is_closed() && open.gains() == 2);
    }
}
