//! From evidence to report: parse, assemble, classify, judge, conclude, count. Pure.
//!
//! `audit`, `check` and `report` all end here, so the same evidence gives the same numbers whoever asks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::AssessError;
use super::catalogued::{Catalogued, catalogued};
use crate::base::fraction::Fraction;
use crate::base::keyed::KeyMap;
use crate::base::lang::{Lang, say};
use crate::base::time::Timestamp;
use crate::catalog::field::Field;
use crate::catalog::item::Status;
use crate::catalog::tree::Tree;
use crate::catalog::{Catalog, CatalogState, Edit, Item, Kind};
use crate::division::codes::{CODES_UNTIL, STATISTICS_UNTIL};
use crate::division::{Boundaries, Divisions, Jurisdiction};
use crate::edition::EditionSource;
use crate::evidence::{Evidence, Header, Mode, ProbePlan};
use crate::indicator::{self, CameraFacts, Circumstances, Overall};
use crate::manscdp::item::Element;
use crate::probe::outcome::{Cause, Level, ProbeRecord, ProbeVerdict, Untested};
use crate::profile::{Profile, RateId};
use crate::report::{Camera, GroupRates, Node, ProbeShown, RegionBasis, Report, RuleCount, Tally};
use crate::rules::context::Setting;
use crate::rules::tables::{TableKind, Tables};
use crate::rules::waiver::{self, Waivers};
use crate::rules::{Context, FieldVerdict, Judgement, REGISTER, judge_all, judge_catalogue};

/// The day of the first release.
const FIRST_RELEASE: &str = "2026-11-01";

/// Makes the report of a run. `label`: the platform's name on every line, when several were audited together.
///
/// # Errors
/// When the profile, a table or the jurisdiction in the evidence cannot be read.
pub fn assess(evidence: Evidence, lang: Lang, label: Option<String>) -> Result<Report, AssessError> {
    assess_edited(evidence, &[], lang, label)
}

/// The report as it would be with these edits in the catalogue: the same lines are cameras, each keeps what came of
/// probing it.
///
/// # Errors
/// As [`assess`].
pub fn assess_edited(evidence: Evidence, edits: &[Edit], lang: Lang, label: Option<String>) -> Result<Report, AssessError> {
    let Evidence { header, messages, tables, probes } = evidence;
    let profile = Profile::parse(&say!(lang, "口径", "profile"), &header.profile, lang).map_err(AssessError::Profile)?;
    let day = day_of_judgment(&header);
    let codes = Divisions::at(day);
    let divisions = codes.as_ref();
    let jurisdiction =
        Jurisdiction::new(&header.jurisdiction, divisions).map_err(|e| AssessError::Jurisdiction(format!("{e:?}")))?;
    let own_boundaries = match &header.boundaries {
        Some(text) => Some(Boundaries::from_topojson(text).map_err(|e| AssessError::Boundaries(e.to_string()))?),
        None => None,
    };
    let mut supplied = Tables::default();
    for table in &header.supplied {
        let Some(kind) = TableKind::parse(&table.key) else { continue };
        supplied.add(kind, &table.text, lang).map_err(|(line, message)| AssessError::Table {
            name: table.name.clone(),
            line,
            message,
        })?;
    }
    let mut waivers = waivers(&header, lang)?;
    let Catalogued { mut catalog, kinds, edition } = catalogued(&header, messages, &tables, lang)?;
    drop(tables);
    let mut probes: BTreeMap<String, ProbeRecord> = probes.into_iter().map(|r| (r.device_id.clone(), r)).collect();
    for edit in edits.iter().filter(|edit| edit.element == Element::DeviceID) {
        let known = catalog.items.get(edit.item).and_then(|item| probes.get(item.id())).cloned();
        if let Some(record) = known {
            probes.entry(edit.value.clone()).or_insert(record);
        }
    }
    catalog.edit(edits);
    let context = Context::new(
        &catalog.items,
        &kinds,
        Setting {
            edition,
            edition_source: EditionSource::parse(&header.platform.edition_source).unwrap_or(EditionSource::Default),
            counts: Some(catalog.counts()),
            jurisdiction: jurisdiction.as_ref(),
            divisions,
            boundaries: own_boundaries.as_ref().or_else(|| Boundaries::embedded()),
            profile: &profile.compliance,
            tables: &supplied,
            at: header.started(),
            platform_id: &header.platform.id,
            local_id: &header.local_id,
            lang,
        },
    );
    let regions = RegionBasis {
        as_of: day.beijing("%Y-%m-%d"),
        historic: matches!(codes, Cow::Owned(_)),
        codes_until: CODES_UNTIL,
        statistics_until: STATISTICS_UNTIL,
        own_outlines: own_boundaries.is_some(),
        datum_known: own_boundaries.as_ref().is_none_or(Boundaries::is_own_datum),
        tolerance_m: context.tolerance_m,
    };
    // Every camera is judged by itself; the order of the lines stays.
    let mut cameras = judge_all(&context, |index, item, judgement| {
        one_camera(index, item, judgement, &context.tree, &probes, (&profile, header.probing))
    });
    let facts = cameras.par_iter().map(|camera| {
        let item = catalog.items.get(camera.item);
        facts_of(item, camera, item.and_then(|item| probes.get(item.id())), &profile)
    });
    let mut facts: Vec<CameraFacts> = facts.collect();
    if let Some(waivers) = &mut waivers {
        for (camera, fact) in cameras.iter_mut().zip(&mut facts) {
            let Some(item) = catalog.items.get(camera.item) else { continue };
            let (waived, compliant) = waivers.apply(item, &context, &camera.judgement);
            (camera.waived, fact.compliant_with_waivers) = (waived.into(), compliant);
        }
    }
    let called = |camera: &Camera| {
        let id = catalog.items.get(camera.item).map_or("", Item::id);
        probes.get(id).is_some_and(|r| !r.attempts.is_empty())
    };
    let all_called = cameras.iter().all(called);
    let circumstances = Circumstances { waivers: waivers.is_some(), ..circumstances(&catalog, header.probing, all_called) };
    let rates = indicator::rates(&facts, &profile, &circumstances);
    let readings = indicator::readings(&facts, &profile, &circumstances);
    let asked: Vec<RateId> = RateId::ALL.into_iter().filter(|r| header.rates.iter().any(|k| k == r.key())).collect();
    let others = context.counts_others().then(|| tally(facts.iter().map(|camera| camera.others)));
    let batch = judge_catalogue(&context);
    let without_table = context.without_table().to_vec();
    let (nodes, recorders) = groups(&catalog, &kinds, &context.tree, &cameras, &facts);
    drop(context);
    let mut report = Report {
        lang,
        fields: tallies(&facts),
        others,
        rules: rule_counts(&cameras),
        causes: causes(&facts),
        overall: Overall::Undecided,
        header,
        profile,
        regions,
        catalog,
        cameras,
        nodes,
        rates,
        asked,
        readings,
        probes,
        facts,
        circumstances,
        waivers: waivers.map(Waivers::finish),
        recorders,
        batch,
        without_table,
        platform_label: label,
    };
    let verdicts: Vec<_> = report.verdicts().collect();
    report.overall = Overall::of(verdicts.iter());
    Ok(report)
}

/// The day whose region codes hold: that of `--as-of`, or of the run. No run is older than the program: a clock that
/// says so was wrong, and no camera answers for that.
fn day_of_judgment(header: &Header) -> Timestamp {
    match header.mode {
        Mode::File => header.started(),
        Mode::Live => header.started().max(Timestamp::from_beijing_date(FIRST_RELEASE).unwrap_or_default()),
    }
}

/// The waivers of a run as they hold on its day, in Beijing.
fn waivers(header: &Header, lang: Lang) -> Result<Option<Waivers>, AssessError> {
    let Some(file) = &header.waivers else { return Ok(None) };
    let read = waiver::parse(file.text.as_bytes(), lang).map_err(|wrong| {
        let (line, message) = wrong.into_iter().next().unwrap_or_default();
        AssessError::Waivers { name: file.name.clone(), line, message }
    })?;
    Ok(Some(Waivers::new(read, &day_of_judgment(header).beijing("%Y-%m-%d"))))
}

/// Whether the platform says a camera is off line. Missing and unreadable count as on line.
#[must_use]
pub fn claims_offline(item: &Item) -> bool {
    matches!(item.status(), Field::Present { value: Status::Off, .. })
}

fn one_camera(
    index: usize,
    item: &Item,
    judgement: Judgement,
    tree: &Tree<'_>,
    probes: &BTreeMap<String, ProbeRecord>,
    (profile, probing): (&Profile, ProbePlan),
) -> Camera {
    let needed = indicator::output::needed(profile.output.gate);
    let absent;
    let record = match probes.get(item.id()) {
        Some(record) => record,
        None => {
            let why = if probing == ProbePlan::Captured { Untested::NotInvited } else { Untested::NoProbe };
            absent = ProbeRecord::untested(item.id(), why);
            &absent
        }
    };
    let conclusion = record.conclude(needed, profile.output.first_frame_ms, claims_offline(item));
    let deciding = conclusion.deciding.and_then(|a| record.attempts.iter().position(|b| b.number == a.number));
    Camera {
        item: index,
        judgement,
        probe: ProbeShown { verdict: conclusion.verdict, cause: conclusion.cause, detail: conclusion.detail.into(), deciding },
        recorder: tree.recorder(item).map(ToOwned::to_owned),
        waived: Box::default(),
    }
}

fn facts_of(item: Option<&Item>, camera: &Camera, record: Option<&ProbeRecord>, profile: &Profile) -> CameraFacts {
    let limit = profile.output.first_frame_ms;
    let level = |ms: u64| record.map_or(Level::Nothing, |r| r.level(ms));
    CameraFacts {
        fields: camera.judgement.fields,
        others: camera.judgement.others,
        compliant_by_clause: camera.judgement.compliant_by_clause,
        compliant_with_waivers: camera.judgement.is_compliant(),
        online: !item.is_some_and(claims_offline),
        drawn: record.is_none_or(|r| r.untested != Some(Untested::NotSampled)),
        probe: camera.probe.verdict,
        cause: camera.probe.cause,
        level: level(limit),
        late_level: level(profile.output.listen_ms),
        first_level: record.and_then(|r| r.attempts.first()).map_or(Level::Nothing, |a| a.level(limit)),
    }
}

fn circumstances(catalog: &Catalog, probing: ProbePlan, all_called: bool) -> Circumstances {
    let partly = matches!(probing, ProbePlan::Captured) && !all_called;
    Circumstances {
        void: match catalog.state {
            CatalogState::Incomplete => Some(indicator::CATALOG_INCOMPLETE),
            CatalogState::Disputed => Some(indicator::CATALOG_DISPUTED),
            CatalogState::Complete | CatalogState::Unstated => None,
        },
        output_void: partly.then_some(indicator::CAPTURED_ONLY),
        no_output: match probing {
            ProbePlan::No => Some(indicator::NO_PROBE),
            ProbePlan::Limit(_) => Some(indicator::PROBE_LIMIT),
            ProbePlan::All | ProbePlan::Sample { .. } | ProbePlan::Captured => None,
        },
        sampled: matches!(probing, ProbePlan::Sample { .. }),
        ..Circumstances::default()
    }
}

fn tallies(facts: &[CameraFacts]) -> [Tally; 4] {
    std::array::from_fn(|slot| tally(facts.iter().filter_map(|camera| camera.fields.get(slot).copied())))
}

fn tally(verdicts: impl Iterator<Item = FieldVerdict>) -> Tally {
    let mut tally = Tally::default();
    for verdict in verdicts {
        match verdict {
            FieldVerdict::Pass => tally.pass += 1,
            FieldVerdict::Fail => tally.fail += 1,
            FieldVerdict::Exempt => tally.exempt += 1,
            FieldVerdict::Unjudged => tally.unjudged += 1,
        }
    }
    tally
}

fn rule_counts(cameras: &[Camera]) -> Vec<RuleCount> {
    let mut counts: KeyMap<&'static str, (u64, u64)> = KeyMap::default();
    for finding in cameras.iter().flat_map(|c| &c.judgement.findings) {
        let entry = counts.entry(finding.rule).or_default();
        if finding.counts {
            entry.0 += 1;
        } else {
            entry.1 += 1;
        }
    }
    REGISTER
        .iter()
        .filter_map(|rule| counts.get(rule.id).map(|(fail, advice)| RuleCount { rule: rule.id, fail: *fail, advice: *advice }))
        .collect()
}

fn causes(facts: &[CameraFacts]) -> Vec<(Cause, u64)> {
    Cause::ALL
        .iter()
        .map(|cause| (*cause, facts.iter().filter(|f| f.drawn && f.cause == Some(*cause)).count() as u64))
        .filter(|(_, n)| *n > 0)
        .collect()
}

/// The rates by node and by recorder, every camera once under each node above it.
fn groups(
    catalog: &Catalog,
    kinds: &[Kind],
    tree: &Tree<'_>,
    cameras: &[Camera],
    facts: &[CameraFacts],
) -> (Vec<Node>, Vec<(String, GroupRates)>) {
    let mut by_node: KeyMap<usize, GroupRates> = KeyMap::default();
    let mut by_recorder: BTreeMap<&str, GroupRates> = BTreeMap::new();
    for (camera, facts) in cameras.iter().zip(facts) {
        let Some(item) = catalog.items.get(camera.item) else { continue };
        for node in tree.ancestors(&catalog.items, kinds, item) {
            count(by_node.entry(node).or_default(), facts);
        }
        if let Some(recorder) = &camera.recorder {
            count(by_recorder.entry(recorder).or_default(), facts);
        }
    }
    let nodes = kinds
        .iter()
        .enumerate()
        .filter(|(_, kind)| **kind != Kind::Camera)
        .map(|(item, kind)| Node { item, kind: *kind, rates: by_node.get(&item).copied().unwrap_or_default() })
        .collect();
    (nodes, by_recorder.into_iter().map(|(recorder, rates)| (recorder.to_owned(), rates)).collect())
}

fn count(rates: &mut GroupRates, facts: &CameraFacts) {
    let add = |f: &mut Fraction, reached: bool| {
        f.denominator += 1;
        f.numerator += u64::from(reached);
    };
    if facts.drawn {
        add(&mut rates.output, facts.probe == ProbeVerdict::Picture);
    }
    add(&mut rates.compliance, facts.is_compliant());
}
