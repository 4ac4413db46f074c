//! Floor 7: what to put right. Findings become rows that a clerk can fill in, fold, take back and count. Pure.
//!
//! The auditor never writes to a platform: everything here ends in a file that a person reads first.

pub mod back;
pub mod change;
pub mod codes;
pub mod effect;
pub mod fold;
pub mod gap;
pub mod join;
pub mod join_file;
pub mod key;
pub mod layout;
pub mod place;
pub mod script;
pub mod sheet;
pub mod table;

use std::collections::HashMap;

use crate::base::lang::{Lang, Text, say};
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::report::{Camera, Report};
use crate::rules::{Autofix, FieldId, JudgedFinding, Rule};
use place::Place;

/// How far a proposal can be relied on (把握程度).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// 可直接采用: one lossless outcome.
    Safe,
    /// 建议核对: computed.
    Suggest,
    /// 需填写: only the owner knows.
    Ask,
}

impl Grade {
    /// All of them, the surest first.
    pub const ALL: [Self; 3] = [Self::Safe, Self::Suggest, Self::Ask];

    /// The word on the command line and in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Suggest => "suggest",
            Self::Ask => "ask",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Safe => Text::new("可直接采用", "can be taken as it is"),
            Self::Suggest => Text::new("建议核对", "to be checked"),
            Self::Ask => Text::new("需填写", "to be filled in"),
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.key() == word)
    }
}

/// One value of one camera that is to be put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its place in [`Report::cameras`].
    pub camera: usize,
    /// The element.
    pub element: Element,
    /// As sent.
    pub current: String,
    /// What to put there; `None`: only the owner knows.
    pub proposed: Option<String>,
    /// Values of which one is right, where no single one can be proposed.
    pub candidates: Vec<String>,
    /// How far the proposal can be relied on.
    pub grade: Grade,
    /// The rules that ask for it, the first one's proposal is shown.
    pub rules: Vec<&'static str>,
    /// What they say.
    pub reasons: Vec<String>,
    /// Whether a field fails for it.
    pub counts: bool,
    /// Where to change it.
    pub place: Place,
}

/// Which rows are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The grades; remarks without a proposal are in no table.
    pub grades: Vec<Grade>,
    /// Remarks too, not only what fails.
    pub remarks: bool,
}

/// Every correction of a report, camera by camera, elements in the order of their rules.
#[must_use]
pub fn corrections(report: &Report, wanted: &Wanted) -> Vec<Correction> {
    let mut rows = Vec::new();
    let mut free = codes::Free::new(report);
    let hosts = place::Hosts::new(report);
    for (index, camera) in report.cameras.iter().enumerate() {
        let start = rows.len();
        for judged in &camera.judgement.findings {
            if judged.counts || (wanted.remarks && !judged.finding.proposal.is_empty()) {
                add(report, index, camera, judged, start, &mut rows);
            }
        }
        for row in rows.iter_mut().skip(start) {
            row.place = hosts.place(report, camera, row.element);
            if row.rules.contains(&"D19") && row.proposed.is_none() {
                row.proposed = free.code_for(report, camera);
                if row.proposed.is_some() {
                    row.grade = Grade::Suggest;
                } else if report.item(camera.item).is_some_and(|item| item.occurrence == 1) {
                    row.reasons.push(say!(
                        report.lang,
                        "同码的另一路改后即可，这一路不必填写",
                        "once the others with this code are changed, nothing is to be done here"
                    ));
                }
            }
        }
    }
    rows.retain(|row| wanted.grades.contains(&row.grade));
    rows
}

fn add(report: &Report, index: usize, camera: &Camera, judged: &JudgedFinding, start: usize, rows: &mut Vec<Correction>) {
    let Some((rule, item)) = Rule::find(judged.rule).zip(report.item(camera.item)) else { return };
    let changes: Vec<(Element, Option<String>)> = if judged.finding.proposal.is_empty() {
        // A position is two cells to fill in; of the other rules the first element is the one to change.
        let wanted = if rule.field == FieldId::Coordinates { 2 } else { 1 };
        rule.elements.iter().take(wanted).map(|element| (*element, None)).collect()
    } else {
        judged.finding.proposal.iter().map(|change| (change.element, Some(change.value.clone()))).collect()
    };
    let grade = match judged.finding.grade.unwrap_or(rule.autofix) {
        Autofix::Safe => Grade::Safe,
        Autofix::Suggest => Grade::Suggest,
        Autofix::None => Grade::Ask,
    };
    for (element, proposed) in changes {
        let grade = if proposed.is_some() { grade.min(Grade::Suggest) } else { Grade::Ask };
        let counts = judged.counts;
        let known = rows.iter_mut().skip(start).find(|row| row.element == element);
        let Some(row) = known else {
            rows.push(Correction {
                camera: index,
                element,
                current: current(item, element, &judged.finding.value),
                proposed,
                candidates: judged.finding.candidates.clone(),
                grade,
                rules: vec![judged.rule],
                reasons: vec![judged.finding.message.clone()],
                counts,
                place: Place::Here,
            });
            continue;
        };
        row.counts |= counts;
        row.rules.push(judged.rule);
        row.reasons.push(judged.finding.message.clone());
        if grade < row.grade {
            (row.proposed, row.grade) = (proposed, grade);
        }
        if row.candidates.is_empty() {
            row.candidates.clone_from(&judged.finding.candidates);
        }
    }
}

/// The value as it stands. Of what must not go from hand to hand the finding has a masked form.
fn current(item: &Item, element: Element, masked: &str) -> String {
    match element {
        Element::ContactInfo | Element::Password => masked.to_owned(),
        _ => item.sent(element).unwrap_or_default().to_owned(),
    }
}

impl Correction {
    /// What is wrong, in one line.
    #[must_use]
    pub fn reason(&self, lang: Lang) -> String {
        self.reasons.join(say!(lang, "；", "; ").as_str())
    }

    /// The proposal as shown: the value, or those to choose from; for a code these are its first six digits.
    #[must_use]
    pub fn shown(&self, lang: Lang) -> String {
        let listed = self.candidates.join("/");
        match &self.proposed {
            Some(value) => value.clone(),
            None if self.element == Element::DeviceID && !listed.is_empty() => {
                say!(lang, "前六位可为 {listed}", "first six digits: {listed}")
            }
            None => listed,
        }
    }
}

/// Rows by camera.
#[must_use]
pub fn by_camera(rows: &[Correction]) -> HashMap<usize, Vec<&Correction>> {
    let mut cameras: HashMap<usize, Vec<&Correction>> = HashMap::new();
    for row in rows {
        cameras.entry(row.camera).or_default().push(row);
    }
    cameras
}
