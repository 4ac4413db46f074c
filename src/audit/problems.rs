//! The book of problems after a run: what the report says is wrong, held against what stood open. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::evidence::problems::{Observed, PICTURE, Problem, RunRates, Seen, Turn, advance};
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::profile::RateId;
use crate::report::units::NamedBy;
use crate::report::{Camera, Report};
use crate::rules::Rule;

/// The book after a run whose report is finished. `book`: as it stood before; a run that carries no numbers closes nothing.
#[must_use]
pub fn after(report: &Report, book: Vec<Problem>) -> Vec<(Problem, Turn)> {
    let mut bad: BTreeMap<(String, String), Seen> = BTreeMap::new();
    let mut lines: HashMap<&str, Vec<(usize, &Camera)>> = HashMap::new();
    for (line, camera) in report.cameras.iter().enumerate() {
        let Some(item) = report.item(camera.item) else { continue };
        lines.entry(item.id()).or_default().push((line, camera));
        let unit = report.units.get(camera.unit).filter(|unit| unit.named_by != NamedBy::Nothing);
        let seen = || Seen {
            occurrence: item.occurrence,
            name: item.text(Element::Name).unwrap_or_default().to_owned(),
            unit: unit.map(|unit| unit.unit.clone()).unwrap_or_default(),
        };
        let mut add = |what: &str| {
            bad.entry((item.id().to_owned(), what.to_owned())).or_insert_with(seen);
        };
        camera.judgement.findings.iter().filter(|finding| finding.counts).for_each(|finding| add(finding.rule));
        let facts = report.facts.get(line);
        if facts.is_some_and(|facts| facts.drawn && facts.probe == ProbeVerdict::NoPicture && !facts.doubtful) {
            add(PICTURE);
        }
    }
    let whole = !report.catalog.state.voids() && report.header.incomplete.is_none();
    let untold: HashSet<&str> = report.without_table.iter().map(|rule| rule.id).collect();
    let is_good = |code: &str, what: &str| {
        let Some(own) = lines.get(code) else {
            // What a whole catalogue does not have any more is no problem any more; of another scope nothing is known.
            return whole && report.key_positions.scope.is_empty();
        };
        own.iter().all(|(line, camera)| match what {
            PICTURE => report.facts.get(*line).is_some_and(|facts| facts.probe == ProbeVerdict::Picture),
            // In a field another rule has ended this one was not asked any more; as a remark it is still there.
            rule => {
                let judged = &camera.judgement;
                let field = Rule::find(rule).map(|rule| rule.field);
                let ended = judged.findings.iter().any(|f| f.rule == rule || (f.counts && Some(f.field) == field));
                let off = report.profile.compliance.off.iter().any(|id| id == rule);
                !ended && !off && !untold.contains(rule) && !judged.unjudged.iter().any(|(id, _)| *id == rule)
            }
        })
    };
    advance(&report.header.platform.id, book, &Observed { bad, is_good: &is_good }, report.header.started())
}

/// The rates of a run, for the book, with what became of the problems in it.
#[must_use]
pub fn rates(report: &Report, problems: Option<[u64; 5]>) -> RunRates {
    let value = |id: RateId| report.rate(id).and_then(|rate| rate.value).filter(|value| value.denominator > 0);
    RunRates {
        run: report.header.run_id.clone(),
        at: report.header.started(),
        complete: report.is_complete(),
        cameras: report.cameras.len() as u64,
        rates: RateId::ALL.map(value),
        profile: report.profile.hash(),
        problems,
    }
}

/// How many of each.
#[must_use]
pub fn counted(after: &[(Problem, Turn)]) -> [u64; 5] {
    Turn::ALL.map(|turn| after.iter().filter(|(_, own)| *own == turn).count() as u64)
}
