//! How failures, remarks and missing pictures moved: over all, by rule, by 责任单位 and by recorder. One count, told several ways:
//! each camera stands in one unit and under one recorder, or under the platform, so that every table comes to the same sums.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::pair::Pair;
use super::{FindingChange, Moves, PictureChange, RuleMoves, could_tell};
use crate::base::time::Timestamp;
use crate::evidence::problems::{PICTURE, Problem};
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::report::units::NamedBy;
use crate::report::{Camera, Report};
use crate::rules::REGISTER;

/// How a group's problems moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Findings that cost a field.
    pub failures: Moves,
    /// Findings that do not.
    pub remarks: Moves,
    /// Pictures that are missing.
    pub missing: Moves,
}

impl Sums {
    /// What is worst in it: how many problems are new, how many stand open.
    fn weight(&self) -> (u64, u64) {
        let open = |moves: Moves| moves.still + moves.only_after + moves.untold;
        (self.failures.new + self.missing.new, open(self.failures) + open(self.missing))
    }
}

/// The problems of a unit or of a recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The unit, or the recorder's code; nothing for cameras nobody is known to answer for, or that hang under the platform itself.
    pub key: Option<String>,
    /// The recorder's name, where it has one.
    pub name: String,
    /// Its problems.
    pub sums: Sums,
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Counted<'r> {
    pub(super) rules: Vec<RuleMoves>,
    pub(super) findings: Vec<FindingChange<'r>>,
    pub(super) pictures: Vec<PictureChange>,
    pub(super) total: Sums,
    pub(super) units: Vec<Group>,
    pub(super) recorders: Vec<Group>,
}

/// What is wrong.
#[derive(Clone, Copy)]
enum What {
    Finding(&'static str, bool),
    Picture,
}

/// Which count.
type Of = fn(&mut Moves) -> &mut u64;

#[derive(Default)]
struct Tally<'r> {
    rules: BTreeMap<&'static str, [Moves; 2]>,
    total: Sums,
    units: BTreeMap<Option<&'r str>, Sums>,
    recorders: BTreeMap<Option<&'r str>, Sums>,
}

impl<'r> Tally<'r> {
    fn add(&mut self, (report, camera): (&'r Report, &'r Camera), what: What, of: Of) {
        let unit = report.units.get(camera.unit).filter(|unit| unit.named_by != NamedBy::Nothing);
        let unit = self.units.entry(unit.map(|unit| unit.unit.as_str())).or_default();
        let recorder = self.recorders.entry(camera.recorder.as_deref()).or_default();
        for sums in [&mut self.total, unit, recorder] {
            *of(match what {
                What::Finding(_, true) => &mut sums.failures,
                What::Finding(_, false) => &mut sums.remarks,
                What::Picture => &mut sums.missing,
            }) += 1;
        }
        if let What::Finding(rule, counts) = what {
            let [remarks, failures] = self.rules.entry(rule).or_default();
            *of(if counts { failures } else { remarks }) += 1;
        }
    }
}

/// Codes and what is wrong with them that the book knows to have come back between two moments.
fn came_back(book: &[Problem], (from, to): (Timestamp, Timestamp)) -> HashSet<(&str, &str)> {
    let back = book.iter().filter(|problem| problem.returns > 0 && problem.since > from && problem.since <= to);
    back.map(|problem| (problem.device_id.as_str(), problem.what.as_str())).collect()
}

/// Counts. What stands on a camera of both runs counts for the unit and the recorder it has in the second.
pub(super) fn count<'r>(
    before: &'r Report,
    after: &'r Report,
    (pairs, only_before, only_after): (&[Pair], &[usize], &[usize]),
    book: Option<&[Problem]>,
) -> Counted<'r> {
    let back = came_back(book.unwrap_or_default(), (before.header.started(), after.header.started()));
    let is_back = |camera: &Camera, what: &str| after.item(camera.item).is_some_and(|item| back.contains(&(item.id(), what)));
    let (mut tally, mut findings, mut pictures) = (Tally::default(), Vec::new(), Vec::new());
    for pair in pairs {
        let (Some(was), Some(is)) = (before.cameras.get(pair.before), after.cameras.get(pair.after)) else { continue };
        let place = (after, is);
        for (here, there, other, is_new) in [(was, is, after, false), (is, was, before, true)] {
            for finding in &here.judgement.findings {
                let (rule, counts) = (finding.rule, finding.counts);
                let what = What::Finding(rule, counts);
                let same = there.judgement.findings.iter().any(|f| f.rule == rule && f.counts == counts);
                match (same, is_new) {
                    (true, false) => tally.add(place, what, |moves| &mut moves.still),
                    (true, true) => (),
                    (false, _) if !could_tell(rule, there, other) => tally.add(place, what, |moves| &mut moves.untold),
                    (false, _) => {
                        let reopened = is_new && counts && is_back(is, rule);
                        tally.add(place, what, if is_new { |m| &mut m.new } else { |m| &mut m.closed });
                        if reopened {
                            tally.add(place, what, |moves| &mut moves.reopened);
                        }
                        let camera = if is_new { pair.after } else { pair.before };
                        let message = &finding.finding.message;
                        findings.push(FindingChange { rule, counts, is_new, reopened, camera, message });
                    }
                }
            }
        }
        let shown = |camera: &Camera| (camera.probe.verdict, camera.probe.cause);
        let mut changed = |reopened: bool| {
            pictures.push(PictureChange { before: pair.before, after: pair.after, was: shown(was), is: shown(is), reopened });
        };
        match (was.probe.verdict, is.probe.verdict) {
            (ProbeVerdict::NoPicture, ProbeVerdict::NoPicture) => tally.add(place, What::Picture, |moves| &mut moves.still),
            (ProbeVerdict::Picture, ProbeVerdict::NoPicture) => {
                let reopened = is_back(is, PICTURE);
                changed(reopened);
                tally.add(place, What::Picture, |moves| &mut moves.new);
                if reopened {
                    tally.add(place, What::Picture, |moves| &mut moves.reopened);
                }
            }
            (ProbeVerdict::NoPicture, ProbeVerdict::Picture) => {
                changed(false);
                tally.add(place, What::Picture, |moves| &mut moves.closed);
            }
            (ProbeVerdict::NoPicture, ProbeVerdict::Untested) | (ProbeVerdict::Untested, ProbeVerdict::NoPicture) => {
                tally.add(place, What::Picture, |moves| &mut moves.untold);
            }
            (ProbeVerdict::Picture | ProbeVerdict::Untested, ProbeVerdict::Picture | ProbeVerdict::Untested) => (),
        }
    }
    for (report, places, of) in
        [(before, only_before, (|m| &mut m.only_before) as Of), (after, only_after, (|m| &mut m.only_after) as Of)]
    {
        for camera in places.iter().filter_map(|place| report.cameras.get(*place)) {
            camera.judgement.findings.iter().for_each(|f| tally.add((report, camera), What::Finding(f.rule, f.counts), of));
            if camera.probe.verdict == ProbeVerdict::NoPicture {
                tally.add((report, camera), What::Picture, of);
            }
        }
    }
    let rules = REGISTER.iter().filter_map(|rule| {
        let [remarks, failures] = *tally.rules.get(rule.id)?;
        Some(RuleMoves { rule: rule.id, failures, remarks })
    });
    let names = names(before, after);
    Counted {
        rules: rules.collect(),
        findings,
        pictures,
        total: tally.total,
        units: groups(tally.units, &HashMap::new()),
        recorders: groups(tally.recorders, &names),
    }
}

/// The worst first: most problems that are new, then most that stand open; of equals by name.
fn groups(sums: BTreeMap<Option<&str>, Sums>, names: &HashMap<&str, &str>) -> Vec<Group> {
    let mut groups: Vec<Group> = sums
        .into_iter()
        .map(|(key, sums)| {
            let name = key.and_then(|key| names.get(key).copied()).unwrap_or_default().to_owned();
            Group { key: key.map(ToOwned::to_owned), name, sums }
        })
        .collect();
    groups.sort_by_key(|group| Reverse(group.sums.weight()));
    groups
}

/// What the nodes of both catalogues are called; the second holds.
fn names<'r>(before: &'r Report, after: &'r Report) -> HashMap<&'r str, &'r str> {
    let of = |report: &'r Report| {
        report
            .nodes
            .iter()
            .filter_map(|node| report.item(node.item))
            .filter_map(|item| Some((item.id(), item.text(Element::Name)?)))
    };
    of(before).chain(of(after)).collect()
}
