//! `report.json`, `devices.jsonl`, `nodes.jsonl`, `probes.jsonl`: the contract's shapes, for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::areas::AreaJson;
use super::beside::BesideJson;
use super::confirmation::ConfirmationJson;
use super::estate::EstateJson;
use super::key_positions::KeyPositionsJson;
use super::limits::LimitsJson;
use super::measures::MeasuresJson;
use super::pictures::{Differs, PicturesJson};
use super::proof::{ProofJson, Shown as Proof};
use super::sampling::{EarlyJson, SampleJson};
use super::soundness::SoundnessJson;
use super::transports::TransportsJson;
use super::tree::TreeJson;
use super::units::UnitJson;
use super::waivers::{Shown, WaiversJson};
use super::{Camera, Exporter, GroupRates, OutputFile, Report, RuleCount, Tally, confirmation};
use crate::base::fraction::Fraction;
use crate::base::lang::Lang;
use crate::base::text::hundredths;
use crate::catalog::Kind;
use crate::catalog::notice::Noticed;
use crate::catalog::tree_health::Trouble;
use crate::evidence::Footprint;
use crate::evidence::conduct::First;
use crate::evidence::seal::Hashes;
use crate::indicator::{CameraFacts, RateResult, Reading};
use crate::manscdp::item::Element;
use crate::probe::cause::Why;
use crate::probe::outcome::{Attempt, Blame, Cause, Look, ProbeRecord};
use crate::rules::tables::NOT_SUPPLIED;
use crate::rules::{BatchFinding, FieldId, Rule};

/// The schema of `report.json`; a change that removes or renames makes it grow.
pub const SCHEMA: &str = "gbaudit.report/1";

/// The format.
pub static EXPORTER: Exporter = Exporter {
    name: "json",
    files: &[
        OutputFile::new("report.json", report),
        OutputFile::new("devices.jsonl", devices),
        OutputFile::new("nodes.jsonl", nodes),
        OutputFile::new("probes.jsonl", probes),
    ],
};

/// What is not there is not written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The key of what the profile counts beside the four fields.
const OTHERS: &str = "others";

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    run: RunJson<'a>,
    platform: PlatformJson<'a>,
    catalog: CatalogJson<'a>,
    rates: BTreeMap<&'static str, RateJson>,
    overall: &'static str,
    fields: BTreeMap<&'static str, FieldJson>,
    readings: Vec<ReadingJson>,
    rules: Vec<RuleJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    catalogue_findings: Vec<BatchJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_judged: Vec<NotJudgedJson>,
    causes: Vec<CauseJson>,
    whys: Vec<WhyJson>,
    blames: Vec<BlameJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waivers: Option<WaiversJson<'a>>,
    estate: EstateJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures: Option<PicturesJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measures: Option<MeasuresJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transports: Option<TransportsJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsJson<'a>>,
    recorders: Vec<RecorderJson<'a>>,
    units: Vec<UnitJson<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    units_left_out: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_positions: Option<KeyPositionsJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<BesideJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    areas: Vec<AreaJson<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    areas_left_out: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    soundness: Option<SoundnessJson<'a>>,
    footprint: Footprint,
    heard: Vec<HeardJson>,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: &'a str,
    started: String,
    finished: String,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<&'static str>,
    mode: &'static str,
    version: &'a str,
    profile: &'a str,
    profile_version: u64,
    profile_hash: String,
    evidence: &'a Hashes,
    rates: Vec<&'static str>,
    left_out: Vec<&'static str>,
    jurisdiction: &'a [String],
    regions: RegionsJson<'a>,
    language: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<SampleJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    early: Option<EarlyJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<First>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resumed: Vec<ResumedJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carried: Option<CarriedJson<'a>>,
    masked_passwords: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation: Option<ConfirmationJson<'a>>,
}

#[derive(Serialize)]
struct CarriedJson<'a> {
    run: &'a str,
    at: String,
}

#[derive(Serialize)]
struct ResumedJson {
    at: String,
    kept: u64,
    catalogue: bool,
}

#[derive(Serialize)]
struct RegionsJson<'a> {
    as_of: &'a str,
    codes_until: &'static str,
    statistics_until: &'static str,
    outlines: &'static str,
    datum_known: bool,
    tolerance_m: f64,
}

#[derive(Serialize)]
struct PlatformJson<'a> {
    name: &'a str,
    id: &'a str,
    edition: &'a str,
    edition_source: &'a str,
    role: &'a str,
    transport: &'a str,
    address: &'a str,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gb_version: Option<&'a str>,
    device: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct CatalogJson<'a> {
    state: &'static str,
    declared: u64,
    received: u64,
    duplicates: u64,
    missing: u64,
    unsolicited: u64,
    collisions: u64,
    salvaged: u64,
    messages: u64,
    cameras: u64,
    nodes: u64,
    unclassified: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<FractionJson>,
    tree: TreeJson<'a>,
    proof: &'static str,
    why: Vec<&'static str>,
    why_text: Vec<&'static str>,
    oddities: Vec<OddityJson<'a>>,
    #[serde(flatten)]
    more: ProofJson<'a>,
}

#[derive(Serialize)]
struct OddityJson<'a> {
    kind: &'static str,
    text: &'static str,
    count: u64,
    example: &'a str,
}

#[derive(Serialize)]
pub(super) struct RateJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    threshold: String,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why_text: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubtful: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_95: Option<[String; 2]>,
    formula: &'static str,
    formula_id: &'static str,
}

#[derive(Serialize)]
pub(super) struct FieldJson {
    pass: u64,
    fail: u64,
    unjudged: u64,
    exempt: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ReadingJson {
    id: &'static str,
    rate: &'static str,
    reading: &'static str,
    numerator: u64,
    denominator: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    verdict: &'static str,
}

#[derive(Serialize)]
pub(super) struct RuleJson {
    rule: &'static str,
    fail: u64,
    advice: u64,
}

#[derive(Serialize)]
pub(super) struct CauseJson {
    cause: &'static str,
    cameras: u64,
    doubtful: bool,
    text: &'static str,
}

/// A fine cause.
#[derive(Serialize)]
pub(super) struct WhyJson {
    why: &'static str,
    cause: &'static str,
    blame: &'static str,
    cameras: u64,
    doubtful: bool,
    text: &'static str,
}

/// Who it is put down to; `doubtful` are cameras.
#[derive(Serialize)]
pub(super) struct BlameJson {
    blame: &'static str,
    cameras: u64,
    doubtful: u64,
    text: &'static str,
}

#[derive(Serialize)]
struct RecorderJson<'a> {
    device_id: &'a str,
    #[serde(flatten)]
    rates: GroupJson,
}

#[derive(Serialize)]
pub(super) struct GroupJson {
    cameras: u64,
    output: FractionJson,
    compliance: FractionJson,
}

#[derive(Serialize)]
struct FractionJson {
    numerator: u64,
    denominator: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
}

#[derive(Serialize)]
struct HeardJson {
    at: String,
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct DeviceJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<u32>,
    name: Option<&'a str>,
    civil_code: Option<&'a str>,
    status: Option<&'a str>,
    parent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notified: Option<NotifiedJson>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    other_parents: &'a [Box<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    recorder: Option<&'a str>,
    fields: BTreeMap<&'static str, &'static str>,
    compliant: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    compliant_with_waivers: Option<bool>,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<WaivedJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unjudged: Vec<UnjudgedJson>,
    probe: ProbeJson<'a>,
}

/// What was told of an item while the run went on; its Status stands as sent.
#[derive(Serialize)]
pub(super) struct NotifiedJson {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updated: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

impl NotifiedJson {
    pub(super) fn of(told: &Noticed) -> Self {
        Self {
            at: told.at.rfc3339_millis(),
            status: told.status.map(crate::catalog::notice::Event::name),
            updated: told.now.is_some(),
            deleted: told.deleted,
        }
    }
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'static str,
    severity: &'static str,
    basis: &'static str,
    field: &'static str,
    value: &'a str,
    message: &'a str,
    proposal: Option<String>,
}

/// What is true of the whole catalogue.
#[derive(Serialize)]
struct BatchJson<'a> {
    rule: &'static str,
    severity: &'static str,
    about: &'a str,
    message: &'a str,
    cameras: u64,
    examples: &'a [String],
}

impl<'a> BatchJson<'a> {
    fn of(finding: &'a BatchFinding) -> Self {
        Self {
            rule: finding.rule,
            severity: finding.severity.key(),
            about: &finding.about,
            message: &finding.message,
            cameras: finding.cameras,
            examples: &finding.examples,
        }
    }
}

/// A rule whose table was not supplied.
#[derive(Serialize)]
struct NotJudgedJson {
    rule: &'static str,
    table: Option<&'static str>,
    reason: &'static str,
}

impl NotJudgedJson {
    fn of(rule: &Rule, lang: Lang) -> Self {
        Self { rule: rule.id, table: rule.needs.map(|kind| kind.about().key), reason: NOT_SUPPLIED.get(lang) }
    }
}

#[derive(Serialize)]
struct WaivedJson {
    rule: &'static str,
    line: usize,
}

#[derive(Serialize)]
struct UnjudgedJson {
    rule: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
struct ProbeJson<'a> {
    verdict: &'static str,
    cause: Option<&'static str>,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blame: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubtful: bool,
    attempts: usize,
    transport: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transports_failed: Vec<&'static str>,
    codec: Option<&'a str>,
    width: Option<u32>,
    height: Option<u32>,
    answer_ms: Option<u64>,
    first_packet_ms: Option<u64>,
    first_picture_ms: Option<u64>,
    snapshot: Option<String>,
    oddities: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    looks: Option<&'a [Look]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewed: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shared_code: bool,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence: Option<u32>,
    name: Option<&'a str>,
    kind: &'static str,
    civil_code: Option<&'a str>,
    parent_id: Option<&'a str>,
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trouble: Vec<&'static str>,
    #[serde(flatten)]
    rates: GroupJson,
}

#[derive(Serialize)]
struct ProbeLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<&'static str>,
    snapshot: Option<String>,
    attempts: &'a [Attempt],
}

fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let header = &report.header;
    let catalog = &report.catalog;
    let lang = report.lang;
    let keys = |wanted: bool| -> Vec<&'static str> {
        report
            .rates
            .iter()
            .map(|r| r.id)
            .filter(|id| report.asked.contains(id) == wanted)
            .map(crate::profile::RateId::key)
            .collect()
    };
    let json = ReportJson {
        schema: SCHEMA,
        run: RunJson {
            id: &header.run_id,
            started: header.started().rfc3339(),
            finished: header.finished().rfc3339(),
            complete: report.is_complete(),
            incomplete: header.incomplete.map(crate::evidence::Incomplete::id),
            mode: header.mode.key(),
            version: &header.version,
            profile: &report.profile.id,
            profile_version: report.profile.version,
            profile_hash: report.profile.hash(),
            evidence: &report.head,
            rates: keys(true),
            left_out: keys(false),
            jurisdiction: &header.jurisdiction,
            regions: RegionsJson {
                as_of: &report.regions.as_of,
                codes_until: report.regions.codes_until,
                statistics_until: report.regions.statistics_until,
                outlines: if report.regions.own_outlines { "own" } else { "embedded" },
                datum_known: report.regions.datum_known,
                tolerance_m: report.regions.tolerance_m,
            },
            language: lang.tag(),
            sample: SampleJson::of(header),
            early: EarlyJson::of(header),
            first: header.conduct.first,
            resumed: header
                .resumed
                .iter()
                .map(|r| ResumedJson {
                    at: crate::base::time::Timestamp::from_micros(r.at).rfc3339(),
                    kept: r.kept,
                    catalogue: r.catalogue,
                })
                .collect(),
            carried: header.carried.as_ref().map(|carried| CarriedJson {
                run: &carried.run,
                at: crate::base::time::Timestamp::from_micros(carried.at).rfc3339(),
            }),
            masked_passwords: header.masked_passwords,
            confirmation: confirmation::json(header.confirmation.as_ref(), &report.profile),
        },
        platform: PlatformJson {
            name: &header.platform.name,
            id: &header.platform.id,
            edition: &header.platform.edition,
            edition_source: &header.platform.edition_source,
            role: &header.platform.role,
            transport: &header.platform.transport,
            address: &header.platform.address,
            user_agent: &header.platform.user_agent,
            gb_version: header.witnesses.gb_version.as_deref(),
            device: header.platform.device.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        },
        catalog: CatalogJson {
            state: catalog.state.name(),
            declared: catalog.declared,
            received: catalog.received,
            duplicates: catalog.duplicates,
            missing: catalog.missing,
            unsolicited: catalog.unsolicited,
            collisions: catalog.collisions,
            salvaged: catalog.salvaged,
            messages: catalog.messages,
            cameras: report.cameras.len() as u64,
            nodes: report.nodes.len() as u64,
            unclassified: report.nodes.iter().filter(|n| n.kind == Kind::Unclassified).count() as u64,
            expected: header.platform.expected,
            expected_source: header.platform.expected.map(|_| header.platform.expected_source.as_str()),
            proof: catalog.proof.basis.name(),
            share: report.estate.share.map(fraction),
            tree: TreeJson::of(report),
            why: catalog.why.iter().map(|w| w.id).collect(),
            why_text: catalog.why.iter().map(|w| w.text.get(lang)).collect(),
            oddities: catalog
                .oddities
                .iter()
                .map(|(kind, count, example)| OddityJson { kind: kind.id, text: kind.text.get(lang), count, example })
                .collect(),
            more: Proof::new(catalog, header, lang).json(),
        },
        rates: report.rates.iter().map(|r| (r.id.key(), RateJson::of(r, lang))).collect(),
        overall: report.overall.key(),
        fields: FieldId::ALL
            .iter()
            .map(|field| field.key())
            .zip(report.fields)
            .chain(report.others.map(|tally| (OTHERS, tally)))
            .map(|(field, tally)| (field, FieldJson::of(tally)))
            .collect(),
        readings: report.readings.iter().map(|r| ReadingJson::of(r, lang)).collect(),
        rules: report.rules.iter().map(RuleJson::of).collect(),
        catalogue_findings: report.batch.iter().map(BatchJson::of).collect(),
        not_judged: report.without_table.iter().map(|rule| NotJudgedJson::of(rule, lang)).collect(),
        causes: report.causes.iter().map(|(cause, n)| CauseJson::of(*cause, *n, lang)).collect(),
        whys: report.whys.iter().map(|(why, n)| WhyJson::of(why, *n, lang)).collect(),
        blames: report.blames().into_iter().map(|blame| BlameJson::of(blame, lang)).collect(),
        waivers: Shown::of(report).map(|waivers| waivers.json()),
        estate: EstateJson::of(report),
        pictures: PicturesJson::of(report),
        measures: MeasuresJson::of(report),
        transports: TransportsJson::of(report),
        limits: LimitsJson::of(report),
        recorders: report.recorders.iter().map(|(id, rates)| RecorderJson { device_id: id, rates: group(*rates) }).collect(),
        units: super::units::json(report),
        units_left_out: super::units::left_out(report),
        key_positions: super::key_positions::json(report),
        beside: super::beside::json(report),
        areas: super::areas::json(report),
        areas_left_out: super::areas::left_out(report),
        soundness: super::soundness::json(report),
        footprint: header.footprint,
        heard: header
            .heard
            .iter()
            .map(|h| HeardJson {
                at: crate::base::time::Timestamp::from_micros(h.at).rfc3339_millis(),
                kind: h.kind.id(),
                text: h.render(lang),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

impl RateJson {
    pub(super) fn of(result: &RateResult, lang: Lang) -> Self {
        Self {
            numerator: result.value.map(|v| v.numerator),
            denominator: result.value.map(|v| v.denominator),
            percent: result.value.and_then(Fraction::percent),
            threshold: result.threshold.to_string(),
            verdict: result.verdict.key(),
            why: result.why.iter().map(|w| w.id).collect(),
            why_text: result.why.iter().map(|w| w.text.get(lang)).collect(),
            needs: result.value.map(|_| result.needs()),
            doubtful: result.value.map(|_| result.doubtful),
            best: result.best().and_then(Fraction::percent),
            interval_95: result.interval.map(|interval| [hundredths(interval.low), hundredths(interval.high)]),
            formula: result.formula.text.get(lang),
            formula_id: result.formula.id,
        }
    }
}

impl FieldJson {
    pub(super) fn of(tally: Tally) -> Self {
        Self {
            pass: tally.pass,
            fail: tally.fail,
            unjudged: tally.unjudged,
            exempt: tally.exempt,
            percent: tally.fraction().percent(),
        }
    }
}

impl ReadingJson {
    pub(super) fn of(reading: &Reading, lang: Lang) -> Self {
        Self {
            id: reading.id,
            rate: reading.rate.key(),
            reading: reading.text.get(lang),
            numerator: reading.value.numerator,
            denominator: reading.value.denominator,
            percent: reading.value.percent(),
            verdict: reading.verdict().key(),
        }
    }
}

impl RuleJson {
    pub(super) fn of(count: &RuleCount) -> Self {
        Self { rule: count.rule, fail: count.fail, advice: count.advice }
    }
}

impl WhyJson {
    pub(super) const fn of(why: &Why, cameras: u64, lang: Lang) -> Self {
        let (cause, blame) = (why.cause.id(), why.blame.id());
        Self { why: why.id, cause, blame, cameras, doubtful: why.doubtful, text: why.title.get(lang) }
    }
}

impl BlameJson {
    pub(super) const fn of((blame, cameras, doubtful): (Blame, u64, u64), lang: Lang) -> Self {
        Self { blame: blame.id(), cameras, doubtful, text: blame.title().get(lang) }
    }
}

impl CauseJson {
    pub(super) fn of(cause: Cause, cameras: u64, lang: Lang) -> Self {
        Self { cause: cause.id(), cameras, doubtful: cause.is_doubtful(), text: cause.title().get(lang) }
    }
}

fn fraction(f: Fraction) -> FractionJson {
    FractionJson { numerator: f.numerator, denominator: f.denominator, percent: f.percent() }
}

pub(super) fn group(rates: GroupRates) -> GroupJson {
    GroupJson { cameras: rates.compliance.denominator, output: fraction(rates.output), compliance: fraction(rates.compliance) }
}

fn devices(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (camera, facts) in report.cameras.iter().zip(&report.facts) {
        line(out, device(report, camera, facts).as_ref())?;
    }
    Ok(())
}

fn device<'a>(report: &'a Report, camera: &'a Camera, facts: &CameraFacts) -> Option<DeviceJson<'a>> {
    let item = report.item(camera.item)?;
    let record = report.probes.get(item.id());
    let deciding = record.and_then(|r| r.attempts.get(camera.probe.deciding?));
    let picture = deciding.and_then(|a| a.picture.as_ref());
    Some(DeviceJson {
        platform: report.platform_label.as_deref(),
        device_id: item.sent(Element::DeviceID).unwrap_or_default(),
        occurrence: (item.occurrences > 1).then_some(item.occurrence),
        name: item.sent(Element::Name),
        civil_code: item.sent(Element::CivilCode),
        status: item.sent(Element::Status),
        parent_id: item.sent(Element::ParentID),
        notified: report.catalog.notices.by_code.get(item.id()).map(NotifiedJson::of),
        other_parents: &item.other_parents,
        recorder: camera.recorder.as_deref(),
        fields: FieldId::ALL
            .iter()
            .map(|field| field.key())
            .zip(camera.judgement.fields)
            .chain(report.others.map(|_| (OTHERS, camera.judgement.others)))
            .map(|(field, verdict)| (field, verdict.key()))
            .collect(),
        compliant: camera.judgement.is_compliant(),
        compliant_with_waivers: report.waivers.is_some().then_some(facts.compliant_with_waivers),
        findings: camera
            .judgement
            .findings
            .iter()
            .map(|f| FindingJson {
                rule: f.rule,
                severity: f.severity.key(),
                basis: f.basis.key(),
                field: f.field.key(),
                value: &f.finding.value,
                message: &f.finding.message,
                proposal: f.finding.proposed(),
            })
            .collect(),
        waived: camera.waived.iter().map(|w| WaivedJson { rule: w.rule, line: w.line }).collect(),
        unjudged: camera
            .judgement
            .unjudged
            .iter()
            .map(|(rule, reason)| UnjudgedJson { rule, reason: reason.get(report.lang) })
            .collect(),
        probe: ProbeJson {
            verdict: camera.probe.verdict.id(),
            cause: camera.probe.cause.map(crate::probe::outcome::Cause::id),
            detail: &camera.probe.detail,
            why: camera.probe.why.map(|why| why.id),
            blame: camera.probe.why.map(|why| why.blame.id()),
            doubtful: facts.doubtful,
            attempts: record.map_or(0, |r| r.attempts.len()),
            transport: deciding.map(|a| a.transport.name()),
            transports_failed: camera.probe.failed.iter().map(|transport| transport.name()).collect(),
            codec: picture.map(|p| p.codec.as_str()),
            width: picture.map(|p| p.width),
            height: picture.map(|p| p.height),
            answer_ms: deciding.and_then(|a| a.answer_ms),
            first_packet_ms: deciding.and_then(|a| a.first_packet_ms),
            first_picture_ms: deciding.and_then(|a| a.first_picture_ms),
            snapshot: record.and_then(|r| r.snapshot.as_ref()).map(|name| format!("snapshots/{name}")),
            oddities: deciding.map_or(&[], |a| a.oddities.as_slice()),
            looks: picture.and_then(|p| p.looks.as_deref()),
            differs: camera.probe.differs.iter().copied().map(Differs::id).collect(),
            withdrawn: facts.withdrawn,
            reviewed: camera.probe.reviewed,
            shared_code: item.occurrences > 1 && record.is_some(),
        },
    })
}

fn nodes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for node in &report.nodes {
        let shown = report.item(node.item).map(|item| NodeJson {
            platform: report.platform_label.as_deref(),
            device_id: item.sent(Element::DeviceID).unwrap_or_default(),
            occurrence: (item.occurrences > 1).then_some(item.occurrence),
            name: item.sent(Element::Name),
            kind: node.kind.name(),
            civil_code: item.sent(Element::CivilCode),
            parent_id: item.sent(Element::ParentID),
            status: item.sent(Element::Status),
            trouble: report.tree.of_item(node.item).map(Trouble::key).collect(),
            rates: group(node.rates),
        });
        line(out, shown.as_ref())?;
    }
    Ok(())
}

fn probes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for record in report.probes.values() {
        probe_line(report, record, out)?;
    }
    Ok(())
}

/// The line of one code.
///
/// # Errors
/// When it cannot be written.
pub fn probe_line(report: &Report, record: &ProbeRecord, out: &mut dyn Write) -> io::Result<()> {
    let shown = ProbeLine {
        platform: report.platform_label.as_deref(),
        device_id: &record.device_id,
        untested: record.untested.map(crate::probe::outcome::Untested::id),
        snapshot: record.snapshot.as_ref().map(|name| format!("snapshots/{name}")),
        attempts: &record.attempts,
    };
    line(out, Some(&shown))
}

fn line<T: Serialize>(out: &mut dyn Write, value: Option<&T>) -> io::Result<()> {
    if let Some(value) = value {
        serde_json::to_writer(&mut *out, value)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
