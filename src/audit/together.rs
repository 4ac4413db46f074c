//! Several platforms of one run counted as one: the facts of all cameras, counted by the same indicators.

use std::collections::{BTreeMap, HashMap};

use crate::catalog::item::Status;
use crate::evidence::Footprint;
use crate::indicator::key_positions::KeyFacts;
use crate::indicator::{self, CameraFacts, Circumstances, Overall};
use crate::manscdp::item::Element;
use crate::probe::cause;
use crate::probe::outcome::Cause;
use crate::profile::RateId;
use crate::report::union::{OnPlatform, Part, Shared, Union};
use crate::report::{Report, Tally};
use crate::rules::REGISTER;
use crate::rules::waiver::WaiverTally;

/// Gathers what is needed of each report, so that no two platforms' records are held at once.
#[derive(Debug, Default)]
pub struct Together {
    facts: Vec<CameraFacts>,
    key_facts: KeyFacts,
    circumstances: Circumstances,
    rules: HashMap<&'static str, (u64, u64)>,
    causes: BTreeMap<Cause, u64>,
    whys: HashMap<&'static str, u64>,
    fields: [Tally; 4],
    footprint: Footprint,
    waivers: Option<WaiverTally>,
    /// On which platforms a camera's code stands.
    codes: HashMap<Box<str>, Vec<OnPlatform>>,
    union: Option<Union>,
}

impl Together {
    /// Adds a platform.
    pub fn add(&mut self, report: &Report) {
        self.facts.extend_from_slice(&report.facts);
        self.key_facts.add(&report.key_facts);
        // One platform whose catalogue is void voids the sum.
        self.circumstances.void = self.circumstances.void.or(report.circumstances.void);
        self.circumstances.output_void = self.circumstances.output_void.or(report.circumstances.output_void);
        self.circumstances.no_output = self.circumstances.no_output.or(report.circumstances.no_output);
        let part = report.circumstances.part;
        self.circumstances.part = if self.union.is_none() { part.with(part) } else { self.circumstances.part.with(part) };
        self.circumstances.waivers |= report.circumstances.waivers;
        self.circumstances.looked |= report.circumstances.looked;
        self.circumstances.withdrawn |= report.circumstances.withdrawn;
        if let Some(tally) = &report.waivers {
            self.waivers.get_or_insert_default().add(tally);
        }
        for count in &report.rules {
            let sum = self.rules.entry(count.rule).or_default();
            sum.0 += count.fail;
            sum.1 += count.advice;
        }
        for (cause, n) in &report.causes {
            *self.causes.entry(*cause).or_default() += n;
        }
        for (why, n) in &report.whys {
            *self.whys.entry(why.id).or_default() += n;
        }
        for (sum, tally) in self.fields.iter_mut().zip(report.fields) {
            *sum = sum.plus(tally);
        }
        self.footprint = self.footprint.plus(report.header.footprint);
        self.add_codes(report);
        let union = self.union.get_or_insert_with(|| Union {
            lang: report.lang,
            typeface: report.typeface.clone(),
            header: report.header.clone(),
            started: report.header.started,
            finished: report.header.finished,
            profile: report.profile.clone(),
            parts: Vec::new(),
            rates: Vec::new(),
            asked: report.asked.clone(),
            counting: report.asked.iter().copied().filter(|id| *id != RateId::Output || report.counts(*id)).collect(),
            overall: Overall::Undecided,
            readings: Vec::new(),
            fields: [Tally::default(); 4],
            rules: Vec::new(),
            causes: Vec::new(),
            whys: Vec::new(),
            footprint: Footprint::default(),
            shared: Vec::new(),
            waivers: None,
        });
        union.started = union.started.min(report.header.started);
        union.finished = union.finished.max(report.header.finished);
        union.parts.push(Part {
            name: report.header.platform.name.clone(),
            id: report.header.platform.id.clone(),
            state: report.catalog.state,
            declared: report.catalog.declared,
            received: report.catalog.received,
            missing: report.catalog.missing,
            cameras: report.cameras.len() as u64,
            rates: report.rates.clone(),
            overall: report.overall,
            exit: report.exit(),
            head: report.head.clone(),
        });
    }

    /// Notes on which platform each camera stands: once, whatever lines its code has there.
    fn add_codes(&mut self, report: &Report) {
        let part = self.union.as_ref().map_or(0, |union| union.parts.len());
        for item in report.cameras.iter().filter_map(|camera| report.item(camera.item)).filter(|item| !item.id().is_empty()) {
            let on = self.codes.entry(item.id().into()).or_default();
            if on.last().is_some_and(|last| last.part == part) {
                continue;
            }
            let text = |element| item.text(element).unwrap_or_default().into();
            on.push(OnPlatform {
                part,
                name: text(Element::Name),
                status: text(Element::Status),
                online: item.status().value() == Some(&Status::On),
                parents: item.parents().join("/").into(),
            });
        }
    }

    /// The sum; nothing when no platform was added.
    #[must_use]
    pub fn finish(self) -> Option<Union> {
        let mut union = self.union?;
        union.rates = indicator::rates(&self.facts, &self.key_facts, &union.profile, &self.circumstances);
        union.readings = indicator::readings(&self.facts, &self.key_facts, &union.profile, &self.circumstances);
        let verdicts: Vec<_> = union.rates.iter().filter(|r| union.counting.contains(&r.id)).map(|r| r.verdict).collect();
        union.overall = Overall::of(verdicts.iter());
        union.fields = self.fields;
        union.rules = REGISTER
            .iter()
            .filter_map(|rule| {
                let (fail, advice) = *self.rules.get(rule.id)?;
                Some(crate::report::RuleCount { rule: rule.id, fail, advice })
            })
            .collect();
        union.causes = Cause::ALL.iter().filter_map(|cause| Some((*cause, *self.causes.get(cause)?))).collect();
        union.whys = cause::register().filter_map(|why| Some((why, *self.whys.get(why.id)?))).collect();
        union.footprint = self.footprint;
        union.waivers = self.waivers;
        let shared = self.codes.into_iter().filter(|(_, on)| on.len() > 1);
        union.shared = shared.map(|(code, on)| Shared { code, on }).collect();
        union.shared.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        Some(union)
    }
}
