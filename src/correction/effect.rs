//! What edits do: to each row's camera, to every rate, and to cameras nobody edited.

use std::collections::BTreeSet;

use super::back::Taken;
use crate::base::lang::{Lang, say};
use crate::profile::RateId;
use crate::report::Report;

/// What one row does to its camera, with all the edits in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEffect {
    /// The row's number in the sheet.
    pub row: usize,
    /// Rules that no longer fail.
    pub gone: Vec<&'static str>,
    /// Rules about its element that still fail.
    pub left: Vec<&'static str>,
    /// Rules that fail now and did not before.
    pub new: Vec<&'static str>,
    /// Whether the camera is compliant: before, after.
    pub compliant: [bool; 2],
}

/// What all the edits do.
#[derive(Debug)]
pub struct Effect {
    /// Row by row.
    pub rows: Vec<RowEffect>,
    /// Cameras nobody edited that are compliant now and were not.
    pub helped: u64,
    /// Cameras nobody edited that were compliant and are not.
    pub harmed: u64,
}

fn failing(report: &Report, camera: usize) -> BTreeSet<&'static str> {
    let findings = report.cameras.get(camera).into_iter().flat_map(|c| &c.judgement.findings);
    findings.filter(|f| f.counts).map(|f| f.rule).collect()
}

/// Compares the report with the one that has the edits in.
#[must_use]
pub fn effect(before: &Report, after: &Report, taken: &[Taken]) -> Effect {
    let compliant = |report: &Report, camera: usize| report.cameras.get(camera).is_some_and(|c| c.judgement.is_compliant());
    let rows = taken.iter().map(|taken| {
        let (was, is) = (failing(before, taken.camera), failing(after, taken.camera));
        let about =
            |id: &&'static str| crate::rules::Rule::find(id).is_some_and(|rule| rule.elements.contains(&taken.edit.element));
        RowEffect {
            row: taken.row,
            gone: was.difference(&is).copied().filter(|id| about(id)).collect(),
            left: was.intersection(&is).copied().filter(|id| about(id)).collect(),
            new: is.difference(&was).copied().filter(|id| about(id)).collect(),
            compliant: [compliant(before, taken.camera), compliant(after, taken.camera)],
        }
    });
    let rows = rows.collect();
    let edited: BTreeSet<usize> = taken.iter().map(|t| t.camera).collect();
    let others = (0..before.cameras.len()).filter(|camera| !edited.contains(camera));
    let (mut helped, mut harmed) = (0, 0);
    for camera in others {
        match (compliant(before, camera), compliant(after, camera)) {
            (false, true) => helped += 1,
            (true, false) => harmed += 1,
            _ => (),
        }
    }
    Effect { rows, helped, harmed }
}

impl RowEffect {
    /// In words: 消除 N03；仍有 D05.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let list = |ids: &[&str]| ids.join(say!(lang, "、", ", ").as_str());
        let (gone, left, new) = (list(&self.gone), list(&self.left), list(&self.new));
        let mut parts = Vec::new();
        if !self.gone.is_empty() {
            parts.push(say!(lang, "消除 {gone}", "{gone} gone"));
        }
        if !self.left.is_empty() {
            parts.push(say!(lang, "仍有 {left}", "{left} still there"));
        }
        if !self.new.is_empty() {
            parts.push(say!(lang, "新增 {new}", "{new} is new"));
        }
        match self.compliant {
            [false, true] => parts.push(say!(lang, "该路变为合规", "the camera becomes compliant")),
            [true, false] => parts.push(say!(lang, "该路变为不合规", "the camera is no longer compliant")),
            _ if parts.is_empty() => parts.push(say!(lang, "不影响比率", "costs and gains nothing")),
            _ => (),
        }
        parts.join(say!(lang, "；", "; ").as_str())
    }
}

/// A rate before and after, as text.
#[must_use]
pub fn rate_line(before: &Report, after: &Report, rate: RateId, lang: Lang) -> Option<String> {
    let value = |report: &Report| report.rates.iter().find(|r| r.id == rate).cloned();
    let (was, is) = (value(before)?, value(after)?);
    let shown = |result: &crate::indicator::RateResult| {
        result.value.map_or_else(
            || result.verdict.title().get(lang).to_owned(),
            |v| {
                let percent = v.percent().unwrap_or_default();
                format!("{}/{} = {percent}% {}", v.numerator, v.denominator, result.verdict.title().get(lang))
            },
        )
    };
    Some(format!("{}  {} → {}", rate.title().get(lang), shown(&was), shown(&is)))
}
