//! From evidence to report: parse, assemble, classify, judge, conclude, count. Pure.
//!
//! `audit`, `check` and `report` all end here, so the same evidence gives the same numbers whoever asks.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::AssessError;
use super::areas::Ground;
use super::basis::Basis;
use super::calls;
use super::catalogued::{Catalogued, catalogued};
use super::positions::{Positions, Seeing};
use super::sampled;
use crate::base::fraction::Fraction;
use crate::base::keyed::KeyMap;
use crate::base::lang::{Lang, say};
use crate::catalog::field::Field;
use crate::catalog::item::Status;
use crate::catalog::tree::Tree;
use crate::catalog::tree_health;
use crate::catalog::{Catalog, CatalogState, Edit, Item, Kind};
use crate::evidence::members;
use crate::evidence::soundness::{self, When};
use crate::evidence::{Evidence, Header, Incomplete, ProbePlan};
use crate::indicator::{self, CameraFacts, Circumstances, Overall};
use crate::manscdp::item::Element;
use crate::probe::cause::network::{self, Looked};
use crate::probe::cause::{self, Why};
use crate::probe::outcome::Demand;
use crate::probe::outcome::{Cause, Level, ProbeRecord, ProbeVerdict, Untested};
use crate::profile::{Profile, RateId};
use crate::report::audience::Audience;
use crate::report::document::Typeface;
use crate::report::{Camera, GroupRates, Node, ProbeShown, Report, RuleCount, Tally, ranking};
use crate::rules::waiver::{self, Waivers};
use crate::rules::{Context, FieldVerdict, Judgement, REGISTER, judge_all, judge_catalogue};

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
    let head = members::chain(&evidence).head().clone();
    let Evidence { header, messages, tables, probes } = evidence;
    let profile = Profile::parse(&say!(lang, "口径", "profile"), &header.profile, lang).map_err(AssessError::Profile)?;
    let basis = Basis::new(&header, lang)?;
    let mut waivers = waivers(&header, &basis, lang)?;
    let mut inventory = super::positions::inventory(&header, lang)?;
    super::positions::narrow(&mut inventory);
    let Catalogued { mut catalog, kinds } = catalogued(&header, messages, &tables, lang)?;
    drop(tables);
    let mut probes: BTreeMap<String, ProbeRecord> = probes.into_iter().map(|r| (r.device_id.clone(), r)).collect();
    for edit in edits.iter().filter(|edit| edit.element == Element::DeviceID) {
        let known = catalog.items.get(edit.item).and_then(|item| probes.get(item.id())).cloned();
        if let Some(record) = known {
            probes.entry(edit.value.clone()).or_insert(record);
        }
    }
    catalog.edit(edits);
    let setting = basis.setting(&header, &profile.compliance, catalog.counts(), lang);
    let context = Context::new(&catalog.items, &kinds, setting);
    let regions = basis.regions(context.tolerance_m);
    let uncalled = uncalled(&header);
    // Every camera is judged by itself; the order of the lines stays.
    let mut cameras = judge_all(&context, |index, item, judgement| {
        one_camera(index, item, judgement, &context.tree, &probes, (&profile, uncalled))
    });
    if let Some(scope) = super::positions::scope(&inventory) {
        cameras.retain(|camera| catalog.items.get(camera.item).is_some_and(|item| scope.contains(item.id())));
    }
    blame_the_path(&mut cameras, &catalog, &probes, &header.soundness.controls);
    let facts = cameras.par_iter().map(|camera| {
        let item = catalog.items.get(camera.item);
        facts_of(item, camera, item.and_then(|item| probes.get(item.id())), &profile)
    });
    let mut facts: Vec<CameraFacts> = facts.collect();
    let told = super::positions::told_public(&inventory);
    for (camera, fact) in cameras.iter().zip(&mut facts) {
        fact.public = catalog.items.get(camera.item).is_none_or(|item| super::positions::is_public(item, &profile, &told));
    }
    drop(told);
    if let Some(waivers) = &mut waivers {
        for (camera, fact) in cameras.iter_mut().zip(&mut facts) {
            let Some(item) = catalog.items.get(camera.item) else { continue };
            let (waived, compliant) = waivers.apply(item, &context, &camera.judgement);
            (camera.waived, fact.compliant_with_waivers) = (waived.into(), compliant);
            fact.exempt = waivers.exempts(item.id()).is_some();
        }
    }
    let transports = calls::transports(&catalog, &cameras, &probes);
    let limits = calls::limits(&header, &catalog, &cameras, &probes);
    let called = |camera: &Camera| {
        let id = catalog.items.get(camera.item).map_or("", Item::id);
        probes.get(id).is_some_and(|r| !r.attempts.is_empty())
    };
    let all_called = cameras.iter().all(called);
    let same_pictures = super::estate::same_pictures(&catalog, (&cameras, &facts), &probes);
    let earlier = super::estate::earlier(&header);
    let reviews = super::reviewed::of(&header, lang)?;
    let reviewed = reviews.as_ref().map(|(_, rows)| rows.clone()).unwrap_or_default();
    let compared = super::pictures::Compared { exact: &same_pictures, earlier: earlier.as_ref(), reviews, day: basis.day() };
    let pictures = super::pictures::pictures(&catalog, (&mut cameras, &mut facts), &probes, compared);
    let circumstances = Circumstances {
        waivers: waivers.is_some(),
        looked: pictures.looked > 0,
        withdrawn: pictures.withdrawn > 0,
        strata: sampled::strata(header.conduct.sampling.as_ref(), (&cameras, &facts), &catalog),
        ..circumstances(&catalog, (&header, &profile), all_called)
    };
    let measures = super::measures::measures(&header, &catalog, profile.clock_tolerance_s);
    let day = basis.day();
    let seeing = Seeing {
        header: &header,
        catalog: &catalog,
        cameras: &cameras,
        facts: &facts,
        probes: &probes,
        reviews: &reviewed,
        day: &day,
        measures: measures.as_ref(),
        profile: &profile,
    };
    let Positions { facts: key_facts, shown: key_positions } = super::positions::positions(&inventory, &seeing, label.is_some());
    let rates = indicator::rates(&facts, &key_facts, &profile, &circumstances);
    let readings = indicator::readings(&facts, &key_facts, &profile, &circumstances);
    let asked: Vec<RateId> = RateId::ALL.into_iter().filter(|r| header.rates.iter().any(|k| k == r.key())).collect();
    let counting: Vec<RateId> =
        asked.iter().copied().filter(|id| *id != RateId::Output || header.probing != ProbePlan::No).collect();
    let ground =
        Ground { inventory: &inventory, tables: basis.tables(), divisions: basis.divisions(), county: basis.only_county() };
    let items: Vec<_> = cameras.iter().map(|camera| catalog.items.get(camera.item)).collect();
    let (areas, places) = super::areas::areas(
        &ground,
        &context,
        &items,
        (&facts, &key_facts, &key_positions),
        (&profile, &circumstances, &counting),
    );
    drop(items);
    let beside = super::beside::beside(&catalog, (&cameras, &facts), &probes, &places, &profile, pictures.looked > 0);
    let others = context.counts_others().then(|| tally(facts.iter().map(|camera| camera.others)));
    let batch = judge_catalogue(&context);
    let without_table = context.without_table().to_vec();
    let tree = tree_health::health(&catalog.items, &kinds, &header.platform.id);
    let estate = super::estate::estate(&header, &catalog, &kinds, (&cameras, &facts), (earlier, same_pictures), lang)?;
    let (nodes, recorders) = groups(&catalog, &kinds, &context.tree, &cameras, &facts);
    let units = super::units::units((&catalog.items, &kinds), &context.tree, (&mut cameras, &facts), basis.tables());
    drop(context);
    let probed = header.probing != ProbePlan::No;
    let mut report = Report {
        lang,
        fields: tallies(&facts),
        others,
        rules: rule_counts(&cameras),
        causes: causes(&facts),
        whys: whys(&cameras, &facts),
        overall: Overall::Undecided,
        header,
        head,
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
        ranking: ranking::ranking(&units, probed),
        units,
        areas,
        beside,
        places,
        key_facts,
        key_positions,
        batch,
        without_table,
        estate,
        pictures,
        measures,
        transports,
        limits,
        tree,
        // Told once all else is.
        lately: Vec::new(),
        platform_label: label,
        audience: Audience::default(),
        typeface: Typeface::default(),
    };
    report.lately = super::lately::lately(&report, &inventory.seen_alive, &inventory.history);
    let verdicts: Vec<_> = report.verdicts().collect();
    report.overall = Overall::of(verdicts.iter());
    Ok(report)
}

/// The waivers of a run as they hold on its day, in Beijing.
fn waivers(header: &Header, basis: &Basis, lang: Lang) -> Result<Option<Waivers>, AssessError> {
    let Some(file) = &header.waivers else { return Ok(None) };
    let read = waiver::parse(file.text.as_bytes(), lang).map_err(|wrong| {
        let (line, message) = wrong.into_iter().next().unwrap_or_default();
        AssessError::Waivers { name: file.name.clone(), line, message }
    })?;
    Ok(Some(Waivers::new(read, &basis.day(), &basis.tables().code_changes)))
}

/// Whether each camera of a report would be compliant with these edits in its catalogue: what was promised, said by the
/// same rules. The report is as before when this returns.
pub(super) fn compliant_with(report: &mut Report, basis: &Basis, edits: &[Edit]) -> Vec<bool> {
    if edits.is_empty() {
        return report.cameras.iter().map(|camera| camera.judgement.is_compliant()).collect();
    }
    let mut kinds = vec![Kind::Camera; report.catalog.items.len()];
    for node in &report.nodes {
        if let Some(kind) = kinds.get_mut(node.item) {
            *kind = node.kind;
        }
    }
    let before = report.catalog.edit(edits);
    let catalog = &report.catalog;
    let setting = basis.setting(&report.header, &report.profile.compliance, catalog.counts(), report.lang);
    let context = Context::new(&catalog.items, &kinds, setting);
    let compliant = judge_all(&context, |_, _, judgement| judgement.is_compliant());
    drop(context);
    report.catalog.undo(before);
    compliant
}

/// Whether the platform says a camera is off line. Missing and unreadable count as on line.
#[must_use]
pub fn claims_offline(item: &Item) -> bool {
    matches!(item.status(), Field::Present { value: Status::Off, .. })
}

/// Why a camera has no record of calls.
const fn uncalled(header: &Header) -> Untested {
    match (header.probing, header.incomplete) {
        (ProbePlan::Captured, _) => Untested::NotInvited,
        (ProbePlan::No, _) | (_, None) => Untested::NoProbe,
        (_, Some(Incomplete::PlatformLost | Incomplete::NotAnswering)) => Untested::PlatformLost,
        (_, Some(_)) => Untested::Interrupted,
    }
}

fn one_camera(
    index: usize,
    item: &Item,
    judgement: Judgement,
    tree: &Tree<'_>,
    probes: &BTreeMap<String, ProbeRecord>,
    (profile, uncalled): (&Profile, Untested),
) -> Camera {
    let absent;
    let record = match probes.get(item.id()) {
        Some(record) => record,
        None => {
            absent = ProbeRecord::untested(item.id(), uncalled);
            &absent
        }
    };
    let conclusion = record.conclude(&Demand::of(&profile.output), claims_offline(item));
    let deciding = conclusion.deciding.and_then(|a| record.attempts.iter().position(|b| b.number == a.number));
    let picture = conclusion.deciding.and_then(|attempt| attempt.picture.as_ref());
    Camera {
        item: index,
        judgement,
        probe: ProbeShown {
            verdict: conclusion.verdict,
            cause: conclusion.cause,
            detail: conclusion.detail.into(),
            why: cause::of(record, &conclusion),
            call: conclusion.deciding.filter(|_| conclusion.cause == Some(Cause::Offline)).map(cause::of_attempt),
            deciding,
            failed: record.failed_transports(&conclusion).into(),
            // Told once all pictures are known.
            reviewed: None,
            differs: picture.map(|picture| super::pictures::differs(item, picture)).unwrap_or_default(),
        },
        recorder: tree.recorder(item).map(ToOwned::to_owned),
        waived: Box::default(),
        // Told once all units are known.
        unit: 0,
    }
}

/// Control cameras, as the path is judged by them.
pub(super) fn witnesses(controls: &[soundness::Control]) -> Vec<network::Control<'_>> {
    controls.iter().map(|c| network::Control { record: &c.record, before: c.when == When::Before }).collect()
}

/// What all cameras show of the path to them takes the place of what each shows by itself, where it shows anything.
fn blame_the_path(
    cameras: &mut [Camera],
    catalog: &Catalog,
    probes: &BTreeMap<String, ProbeRecord>,
    controls: &[soundness::Control],
) {
    let looked = cameras.iter().enumerate().filter_map(|(index, camera)| {
        let record = probes.get(catalog.items.get(camera.item)?.id())?;
        Some((index, Looked { record, recorder: camera.recorder.as_deref(), why: camera.probe.why }))
    });
    let (indices, looked): (Vec<_>, Vec<_>) = looked.unzip();
    let joined = network::join(&looked, &witnesses(controls));
    for (index, why) in indices.into_iter().zip(joined) {
        if let (Some(camera), Some(_)) = (cameras.get_mut(index), why) {
            camera.probe.why = why;
        }
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
        drawn: record.and_then(|r| r.untested).is_none_or(|why| !why.is_left_out()),
        probe: camera.probe.verdict,
        cause: camera.probe.cause,
        doubtful: camera.probe.why.is_some_and(|why| why.doubtful),
        level: level(limit),
        late_level: level(profile.output.listen_ms),
        first_level: record.and_then(|r| r.attempts.first()).map_or(Level::Nothing, |a| a.level(limit)),
        // Told once all pictures are known.
        withdrawn: false,
        // Told by the tables.
        public: true,
        exempt: false,
    }
}

fn circumstances(catalog: &Catalog, (header, profile): (&Header, &Profile), all_called: bool) -> Circumstances {
    let probing = header.probing;
    let partly = matches!(probing, ProbePlan::Captured) && !all_called;
    let one_round = !profile.schedule.is_one_round();
    Circumstances {
        void: match catalog.state {
            CatalogState::Incomplete => Some(indicator::CATALOG_INCOMPLETE),
            CatalogState::Disputed => Some(indicator::CATALOG_DISPUTED),
            CatalogState::Complete | CatalogState::Unstated => None,
        },
        output_void: partly.then_some(indicator::CAPTURED_ONLY).or(one_round.then_some(indicator::ONE_ROUND)),
        no_output: match probing {
            ProbePlan::No => Some(indicator::NO_PROBE),
            ProbePlan::Limit(_) => Some(indicator::PROBE_LIMIT),
            ProbePlan::Named(_) => Some(indicator::NAMED_ONLY),
            ProbePlan::All | ProbePlan::Sample { .. } | ProbePlan::Captured => None,
        },
        part: sampled::part(header),
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

fn whys(cameras: &[Camera], facts: &[CameraFacts]) -> Vec<(&'static Why, u64)> {
    let mut counts: KeyMap<&'static str, u64> = KeyMap::default();
    for why in cameras.iter().zip(facts).filter(|(_, f)| f.drawn).filter_map(|(camera, _)| camera.probe.why) {
        *counts.entry(why.id).or_default() += 1;
    }
    cause::register().filter_map(|why| Some((why, *counts.get(why.id)?))).collect()
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

pub(super) fn count(rates: &mut GroupRates, facts: &CameraFacts) {
    let add = |f: &mut Fraction, reached: bool| {
        f.denominator += 1;
        f.numerator += u64::from(reached);
    };
    if facts.drawn {
        add(&mut rates.output, facts.probe == ProbeVerdict::Picture);
    }
    add(&mut rates.compliance, facts.is_compliant());
}
