//! 整改清单 as life cycle: one line a finding that counts, one a picture that is missing. A problem keeps its id from night to
//! night, whatever the run.

use std::collections::HashMap;

use super::csv::confidence;
use super::{Camera, Report};
use crate::base::lang::{Lang, Text, say};
use crate::catalog::Item;
use crate::evidence::problems::PICTURE;
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::rules::{Autofix, JudgedFinding, Rule};

/// Where a problem stands in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The camera.
    pub camera: usize,
    /// The finding; a missing picture where there is none.
    pub finding: Option<usize>,
}

/// Every problem, in the order of the lines: of a camera first its record, then its picture.
#[must_use]
pub fn places(report: &Report) -> Vec<Place> {
    let mut places = Vec::new();
    for (camera, (shown, facts)) in report.cameras.iter().zip(&report.facts).enumerate() {
        let counting = shown.judgement.findings.iter().enumerate().filter(|(_, finding)| finding.counts);
        places.extend(counting.map(|(finding, _)| Place { camera, finding: Some(finding) }));
        if facts.drawn && shown.probe.verdict == ProbeVerdict::NoPicture {
            places.push(Place { camera, finding: None });
        }
    }
    places
}

/// What is told of problems once, not for each of them.
pub struct Told<'a> {
    report: &'a Report,
    remedies: HashMap<&'static str, String>,
}

/// One problem.
pub struct Problem<'a> {
    lang: Lang,
    camera: &'a Camera,
    item: &'a Item,
    finding: Option<&'a JudgedFinding>,
}

impl<'a> Told<'a> {
    /// Of a report.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let remedy = |rule: &'static Rule| {
            let page = rule.page();
            let text =
                page.side(report.lang).sections.last().map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" "));
            (rule.id, text.unwrap_or_default())
        };
        let told = report.rules.iter().filter_map(|count| Rule::find(count.rule)).map(remedy);
        Self { report, remedies: told.collect() }
    }

    /// The problem at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<Problem<'a>> {
        let camera = self.report.cameras.get(place.camera)?;
        let item = self.report.item(camera.item)?;
        let finding = match place.finding {
            Some(index) => Some(camera.judgement.findings.get(index)?),
            None => None,
        };
        Some(Problem { lang: self.report.lang, camera, item, finding })
    }

    /// What is to be done about it.
    #[must_use]
    pub fn measure(&self, problem: &Problem<'_>) -> String {
        let lang = problem.lang;
        let Some(found) = problem.finding else {
            return problem.camera.probe.why.map_or("", |why| why.todo.get(lang)).to_owned();
        };
        match found.finding.proposed() {
            Some(value) => {
                let rule = Rule::find(found.rule);
                let autofix = found.finding.grade.or(rule.map(|r| r.autofix)).unwrap_or(Autofix::None);
                let (field, grade) = (found.field.title().get(lang), confidence(autofix, true).get(lang));
                say!(lang, "{field}改为 {value}（{grade}）", "{field}: change it to {value} ({grade})")
            }
            None => self.remedies.get(found.rule).cloned().unwrap_or_default(),
        }
    }

    /// Its id: the same for the same platform, code, line and kind of problem.
    #[must_use]
    pub fn id(&self, problem: &Problem<'_>) -> String {
        let occurrence = problem.item.occurrence.to_string();
        let what = problem.finding.map_or(PICTURE, |found| found.rule);
        crate::evidence::problems::id(&self.report.header.platform.id, problem.code(), &occurrence, what)
    }
}

impl<'a> Problem<'a> {
    /// The code as sent.
    #[must_use]
    pub fn code(&self) -> &'a str {
        self.item.sent(Element::DeviceID).unwrap_or_default()
    }

    /// The name as sent.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.item.sent(Element::Name).unwrap_or_default()
    }

    /// The rule, or the fine cause of no picture.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.finding {
            Some(found) => found.rule,
            None => self.camera.probe.why.map_or(PICTURE, |why| why.id),
        }
    }

    /// The rule, where it is a record that is wrong.
    #[must_use]
    pub fn rule(&self) -> Option<&'static str> {
        self.finding.map(|found| found.rule)
    }

    /// Neither doubtful nor waived.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        match self.finding {
            Some(found) => !self.camera.waived.iter().any(|waived| waived.rule == found.rule),
            None => !self.camera.probe.why.is_some_and(|why| why.doubtful),
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> String {
        match self.finding {
            Some(found) => found.finding.message.clone(),
            None => {
                let told = self.camera.probe.told(self.lang);
                say!(self.lang, "未出图：{told}", "no picture: {told}")
            }
        }
    }

    /// What it is worth.
    #[must_use]
    pub fn level(&self) -> String {
        let lang = self.lang;
        let Some(found) = self.finding else {
            let doubtful = self.camera.probe.why.is_some_and(|why| why.doubtful);
            let level = if doubtful {
                Text::new("未出图（存疑）", "no picture (doubtful)")
            } else {
                Text::new("未出图", "no picture")
            };
            return level.get(lang).to_owned();
        };
        match self.camera.waived.iter().find(|waived| waived.rule == found.rule) {
            Some(waived) => {
                let line = waived.line;
                say!(lang, "不合规（豁免表第 {line} 行）", "not compliant (waived by line {line})")
            }
            None => Text::new("不合规", "not compliant").get(lang).to_owned(),
        }
    }

    /// Who answers for the camera: a place in [`Report::units`].
    #[must_use]
    pub const fn unit(&self) -> usize {
        self.camera.unit
    }
}
