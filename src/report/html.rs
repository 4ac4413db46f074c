//! `report.html`: one page for people, in one file, without script and without network.
//!
//! Everything it shows is made ready here as text; the template only lays it out and escapes it.

mod measures;
mod proof;
pub(super) mod prose;

use std::collections::HashMap;
use std::io::{self, Write};

use askama::Template;

use self::prose::{advice, catalog, caveats, doubts, heard, made_by, oddities, process, profile, scope};
use super::pictures::Differs;
use super::summary::{percent, period, ratio, remark, stamp};
use super::tree::TroubleRow;
use super::waivers::Shown;
use super::{Camera, Exporter, GroupRates, OutputFile, Report, confirmation};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped, visible};
use crate::base::time::Timestamp;
use crate::catalog::Kind;
use crate::evidence::ProbePlan;
use crate::indicator::{CameraFacts, RateResult, RateVerdict};
use crate::manscdp::item::Element;
use crate::probe::cause::Why;
use crate::probe::outcome::{Attempt, Blame, ProbeRecord, ProbeVerdict};
use crate::profile::RateId;
use crate::rules::waiver::WaiverState;
use crate::rules::{BatchFinding, FieldId, FieldVerdict, Rule, Severity};

/// The format.
pub static EXPORTER: Exporter = Exporter { name: "html", files: &[OutputFile::new("report.html", write)] };

/// Cameras listed one by one; a page of more is too heavy for a browser, and `devices.jsonl` has them all.
const MAX_CAMERAS: usize = 5_000;
/// Recorders and nodes listed, the worst first.
const MAX_GROUPS: usize = 200;
/// Recorders named as the place to begin.
const MAX_WORST: usize = 10;
/// Waivers listed.
const MAX_WAIVERS: usize = 200;
/// Cameras of 共享核对 listed.
const MAX_ESTATE: usize = 200;
/// Examples of a rule.
const MAX_EXAMPLES: usize = 10;
/// Cameras without a picture that are told step by step; `probes.jsonl` has them all.
const MAX_STORIES: usize = 1_000;
/// Attempts told of one camera.
const MAX_ATTEMPTS: usize = 6;
/// Longest text of a cell.
const MAX_CELL: usize = 200;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    lang: Lang,
    title: String,
    period: String,
    overall: &'static str,
    tally: String,
    incomplete: Option<String>,
    void: Option<String>,
    caveats: Vec<String>,
    confirmed: String,
    rates: Vec<RateRow>,
    scope: Vec<(String, String)>,
    profile: Vec<(String, String)>,
    fields: Vec<FieldRow>,
    recorders: List<GroupRow>,
    nodes: List<GroupRow>,
    worst: List<GroupRow>,
    units: List<super::units::UnitRow>,
    areas: List<super::areas::AreaRow>,
    classes: Vec<(String, [String; 6])>,
    beside: Vec<super::beside::BesideRow>,
    positions: List<[String; 17]>,
    readings: Vec<ReadingRow>,
    blames: Vec<BlameRow>,
    causes: Vec<CauseRow>,
    no_causes: String,
    rules: Vec<RuleRow>,
    batch: Vec<BatchRow>,
    not_judged: String,
    advice: Vec<String>,
    doubts: Vec<String>,
    waivers: Option<Waivers>,
    process: Vec<(String, String)>,
    heard: Vec<(String, String)>,
    cameras: List<CameraRow>,
    catalog: Vec<(String, String)>,
    proof: proof::Section,
    estate: Vec<(&'static str, String)>,
    estate_list: List<EstateRow>,
    measures: Option<measures::Section>,
    tree: Vec<(String, String)>,
    troubles: Vec<TroubleRow>,
    oddities: Vec<OddityRow>,
    made_by: String,
}

impl Page<'_> {
    /// Both wordings stand side by side in the template too.
    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// Rows, and a word on those that are left out.
pub(super) struct List<T> {
    pub(super) rows: Vec<T>,
    pub(super) rest: Option<String>,
}

/// One rate, as text.
pub(super) struct RateRow {
    pub(super) title: &'static str,
    pub(super) ratio: String,
    pub(super) numerator: String,
    pub(super) denominator: String,
    pub(super) percent: String,
    pub(super) best: String,
    pub(super) measured: bool,
    pub(super) width: String,
    pub(super) best_width: String,
    pub(super) threshold: u32,
    pub(super) needed: String,
    pub(super) verdict: String,
    pub(super) class: &'static str,
    pub(super) remark: String,
    pub(super) formula: &'static str,
}

/// The waivers, as text.
pub(super) struct Waivers {
    pub(super) counts: String,
    pub(super) effect: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) list: List<WaiverRow>,
}

pub(super) struct WaiverRow {
    pub(super) line: usize,
    pub(super) rule: &'static str,
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) approver: String,
    pub(super) until: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) cameras: String,
    pub(super) findings: String,
}

struct FieldRow {
    title: &'static str,
    pass: String,
    fail: String,
    unjudged: String,
    exempt: String,
    percent: String,
}

struct GroupRow {
    id: String,
    name: String,
    output: String,
    output_percent: String,
    compliance: String,
    compliance_percent: String,
    dark: String,
    wrong: String,
}

struct ReadingRow {
    rate: &'static str,
    text: &'static str,
    ratio: String,
    percent: String,
    verdict: &'static str,
    class: &'static str,
}

struct BlameRow {
    title: &'static str,
    cameras: String,
    doubtful: String,
}

struct CauseRow {
    blame: &'static str,
    cause: &'static str,
    title: &'static str,
    general: bool,
    cameras: String,
    width: String,
    doubtful: bool,
    means: &'static str,
    todo: &'static str,
}

struct RuleRow {
    id: &'static str,
    field: &'static str,
    title: String,
    basis: &'static str,
    fail: String,
    advice: String,
    remedy: String,
    examples: Vec<Example>,
}

struct BatchRow {
    rule: &'static str,
    about: String,
    message: String,
    cameras: String,
    examples: String,
}

impl BatchRow {
    fn of(finding: &BatchFinding) -> Self {
        Self {
            rule: finding.rule,
            about: cell(&finding.about),
            message: excerpt(&visible(&finding.message), MAX_CELL * 2),
            cameras: number(finding.cameras),
            examples: finding.examples.iter().map(|code| cell(code)).collect::<Vec<_>>().join(" "),
        }
    }
}

struct Example {
    code: String,
    name: String,
    message: String,
    proposal: String,
}

struct FieldCell {
    text: &'static str,
    class: &'static str,
}

struct CameraRow {
    code: String,
    name: String,
    status: String,
    fields: Vec<FieldCell>,
    verdict: &'static str,
    class: &'static str,
    cause: String,
    /// What happened, a line an attempt; of cameras without a picture.
    story: Vec<String>,
    times: String,
    snapshot: Option<String>,
}

struct EstateRow {
    kind: &'static str,
    code: String,
    name: String,
    other: String,
    status: String,
}

struct OddityRow {
    text: &'static str,
    count: String,
    example: String,
}

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let page = page(report);
    let text = page.render().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn page(report: &Report) -> Page<'_> {
    let lang = report.lang;
    let name = cell(&report.header.platform.name);
    let names = names(report);
    Page {
        report,
        lang,
        title: say!(lang, "{name}　指标4 视频监控设施检测报告", "{name}: indicator 4, video surveillance facilities"),
        period: period(report),
        overall: report.overall.title().get(lang),
        tally: tally(&report.rates, &report.counting(), lang),
        incomplete: report.header.incomplete.map(|why| {
            let why = why.text().get(lang);
            say!(
                lang,
                "检测未完成：{why}。已测部分照常保留，不作结论。",
                "Not completed: {why}. What was measured is kept; it decides nothing."
            )
        }),
        void: stamp(report),
        caveats: caveats(report),
        confirmed: confirmation::sentence(report.header.confirmation.as_ref(), &report.profile, lang),
        rates: report.rates.iter().map(|rate| rate_row(rate, &report.asked, lang)).collect(),
        scope: scope(report),
        profile: profile(report),
        fields: fields(report),
        recorders: groups(report, recorders(report, &names)),
        nodes: groups(report, nodes(report)),
        worst: worst(report, &names),
        units: super::units::rows(report),
        areas: super::areas::rows(report),
        classes: super::key_positions::class_rows(report),
        beside: super::beside::rows(report),
        positions: super::key_positions::rows(report),
        readings: readings(report),
        blames: blames(report),
        causes: causes(report),
        no_causes: match report.header.probing {
            ProbePlan::No => say!(lang, "本次没有点播。", "No camera was called."),
            _ if report.cameras.is_empty() => {
                say!(lang, "没有摄像机可点播（目录为空）。", "There is no camera to call: the catalogue is empty.")
            }
            _ => say!(lang, "全部摄像机都已出图。", "Every camera gave a picture."),
        },
        rules: rules(report),
        batch: report.batch.iter().map(BatchRow::of).collect(),
        not_judged: not_judged(report),
        advice: advice(report),
        doubts: doubts(report),
        waivers: Shown::of(report).map(|w| waivers(&w, lang)),
        process: process(report),
        heard: heard(report),
        cameras: cameras(report),
        catalog: catalog(report),
        proof: proof::section(report),
        measures: measures::section(report),
        estate: super::told(report).into_iter().map(|(title, text)| (title.get(lang), text)).collect(),
        estate_list: estate_list(report),
        tree: super::tree::numbers(report),
        troubles: super::tree::rows(report),
        oddities: oddities(report),
        made_by: made_by(report),
    }
}

/// Foreign text for a cell: nothing invisible, not too long.
fn cell(text: &str) -> String {
    excerpt(&visible(text), MAX_CELL)
}

fn number(n: u64) -> String {
    grouped(n)
}

/// A fraction as a width, percent with two decimals.
fn width(value: Fraction) -> String {
    value.percent().unwrap_or_else(|| "0".into())
}

pub(super) fn waivers(shown: &Shown<'_>, lang: Lang) -> Waivers {
    let rows: Vec<WaiverRow> = shown
        .rows()
        .take(MAX_WAIVERS)
        .map(|used| WaiverRow {
            line: used.waiver.line,
            rule: used.waiver.rule_key(),
            code: cell(&used.waiver.code),
            reason: cell(&used.waiver.reason),
            approver: cell(&used.waiver.approver),
            until: used.waiver.until.clone(),
            state: used.state().title().get(lang),
            class: match used.state() {
                WaiverState::Effective => "pass",
                WaiverState::Expired => "fail",
                WaiverState::Unused | WaiverState::Pending => "unjudged",
            },
            cameras: number(used.cameras),
            findings: number(used.findings),
        })
        .collect();
    let rest = shown.rows().count().saturating_sub(rows.len()) as u64;
    let rest = (rest > 0).then(|| {
        let rest = number(rest);
        say!(lang, "另有 {rest} 条未列出；全部见 report.json。", "{rest} more are not listed; report.json has them all.")
    });
    Waivers { counts: shown.counts(), effect: shown.effect(), warning: shown.warning(), list: List { rows, rest } }
}

/// Verdicts by kind: 达标 1 项，未达标 1 项.
pub(super) fn tally(rates: &[RateResult], counting: &[RateId], lang: Lang) -> String {
    let all = [RateVerdict::Pass, RateVerdict::Fail, RateVerdict::Retest, RateVerdict::NotMeasurable, RateVerdict::NotApplicable];
    let parts = all.into_iter().filter_map(|wanted| {
        let n = rates.iter().filter(|r| counting.contains(&r.id) && r.verdict == wanted).count();
        let title = wanted.title().get(lang);
        (n > 0).then(|| say!(lang, "{title} {n} 项", "{n} {title}"))
    });
    parts.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str())
}

pub(super) fn rate_row(rate: &RateResult, asked: &[RateId], lang: Lang) -> RateRow {
    let asked = asked.contains(&rate.id);
    let value = rate.value.filter(|_| asked);
    let dash = || "—".to_owned();
    RateRow {
        title: rate.id.title().get(lang),
        ratio: value.map_or_else(dash, ratio),
        numerator: value.map_or_else(dash, |v| number(v.numerator)),
        denominator: value.map_or_else(dash, |v| number(v.denominator)),
        percent: value.map_or_else(dash, percent),
        best: rate.best().filter(|_| asked).map_or_else(dash, percent),
        measured: value.is_some(),
        width: value.map(width).unwrap_or_default(),
        best_width: rate.best().map(width).unwrap_or_default(),
        threshold: rate.threshold,
        needed: if asked { format!("≥{}%", rate.threshold) } else { String::new() },
        verdict: if asked { rate.verdict.title().get(lang).to_owned() } else { say!(lang, "本次不作答", "not asked") },
        class: if asked { rate.verdict.key() } else { "not_applicable" },
        remark: if asked { remark(rate, lang) } else { String::new() },
        formula: rate.formula.text.get(lang),
    }
}

fn fields(report: &Report) -> Vec<FieldRow> {
    let row = |(field, tally): (&FieldId, super::Tally)| FieldRow {
        title: field.title().get(report.lang),
        pass: number(tally.pass),
        fail: number(tally.fail),
        unjudged: number(tally.unjudged),
        exempt: number(tally.exempt),
        percent: percent(tally.fraction()),
    };
    FieldId::ALL.iter().zip(report.fields).map(row).collect()
}

/// The rules whose table was not supplied, with the tables' names.
pub(super) fn not_judged(report: &Report) -> String {
    let named = |rule: &&Rule| match rule.needs {
        Some(kind) => {
            let (id, what) = (rule.id, kind.about().text.get(report.lang));
            let what = what.split(['：', ':']).next().unwrap_or_default();
            say!(report.lang, "{id}（{what}）", "{id} ({what})")
        }
        None => rule.id.to_owned(),
    };
    report.without_table.iter().map(named).collect::<Vec<_>>().join(say!(report.lang, "、", ", ").as_str())
}

/// Names by code, of the first item that bears it.
fn names(report: &Report) -> HashMap<&str, &str> {
    let mut names = HashMap::new();
    for item in &report.catalog.items {
        names.entry(item.id()).or_insert(item.sent(Element::Name).unwrap_or_default());
    }
    names
}

type Group = (String, String, GroupRates);

/// What a group's rates say: nobody was called is no picture missing.
fn told(report: &Report, rates: GroupRates) -> GroupRates {
    match report.header.probing {
        ProbePlan::No => GroupRates { output: Fraction::default(), ..rates },
        _ => rates,
    }
}

fn recorders(report: &Report, names: &HashMap<&str, &str>) -> Vec<Group> {
    let named = |id: &str| cell(names.get(id).copied().unwrap_or_default());
    report.recorders.iter().map(|(id, rates)| (cell(id), named(id), told(report, *rates))).collect()
}

fn nodes(report: &Report) -> Vec<Group> {
    let nodes = report.nodes.iter().filter(|n| n.kind != Kind::Device && n.rates.compliance.denominator > 0);
    let group = |node: &super::Node| {
        let item = report.item(node.item)?;
        Some((cell(item.id()), cell(item.sent(Element::Name).unwrap_or_default()), told(report, node.rates)))
    };
    nodes.filter_map(group).collect()
}

/// What a group lacks: cameras without a picture, cameras that are not compliant.
const fn lacks(rates: GroupRates) -> (u64, u64) {
    (
        rates.output.denominator.saturating_sub(rates.output.numerator),
        rates.compliance.denominator.saturating_sub(rates.compliance.numerator),
    )
}

fn group_row((id, name, rates): Group) -> GroupRow {
    let (dark, wrong) = lacks(rates);
    let shown = |value: Fraction| {
        if value.denominator == 0 { ("—".to_owned(), "—".to_owned()) } else { (ratio(value), percent(value)) }
    };
    let (output, output_percent) = shown(rates.output);
    let (compliance, compliance_percent) = shown(rates.compliance);
    GroupRow { id, name, output, output_percent, compliance, compliance_percent, dark: number(dark), wrong: number(wrong) }
}

/// Groups in their order; of too many, those that lack most.
fn groups(report: &Report, mut groups: Vec<Group>) -> List<GroupRow> {
    let total = groups.len();
    if total > MAX_GROUPS {
        groups.sort_by_key(|(_, _, rates)| std::cmp::Reverse(lacks(*rates)));
        groups.truncate(MAX_GROUPS);
    }
    let (shown, all) = (groups.len(), number(total as u64));
    let rest = (shown < total).then(|| {
        say!(
            report.lang,
            "共 {all} 个，只列问题最多的 {shown} 个；全部见 nodes.jsonl 和 report.json。",
            "{all} in all, the {shown} with most problems are shown; the others are in nodes.jsonl and report.json."
        )
    });
    List { rows: groups.into_iter().map(group_row).collect(), rest }
}

fn worst(report: &Report, names: &HashMap<&str, &str>) -> List<GroupRow> {
    let mut groups: Vec<Group> = recorders(report, names);
    groups.retain(|(_, _, rates)| lacks(*rates) != (0, 0));
    groups.sort_by(|a, b| {
        let (a_lacks, b_lacks) = (lacks(a.2), lacks(b.2));
        (b_lacks.0 + b_lacks.1).cmp(&(a_lacks.0 + a_lacks.1)).then_with(|| a.0.cmp(&b.0))
    });
    groups.truncate(MAX_WORST);
    List { rows: groups.into_iter().map(group_row).collect(), rest: None }
}

/// The recorders to begin with: code, name, cameras without a picture, cameras that are not compliant.
pub(super) fn worst_cells(report: &Report) -> Vec<[String; 4]> {
    worst(report, &names(report)).rows.into_iter().map(|row| [row.id, row.name, row.dark, row.wrong]).collect()
}

fn readings(report: &Report) -> Vec<ReadingRow> {
    let row = |reading: &crate::indicator::Reading| ReadingRow {
        rate: reading.rate.title().get(report.lang),
        text: reading.text.get(report.lang),
        ratio: ratio(reading.value),
        percent: percent(reading.value),
        verdict: reading.verdict().title().get(report.lang),
        class: reading.verdict().key(),
    };
    report.readings.iter().filter(|r| report.asked.contains(&r.rate)).map(row).collect()
}

fn causes(report: &Report) -> Vec<CauseRow> {
    if report.header.probing == ProbePlan::No {
        return Vec::new();
    }
    let lang = report.lang;
    let most = report.whys.iter().map(|(_, n)| *n).max().unwrap_or(1);
    let mut whys = report.whys.clone();
    whys.sort_by_key(|(why, _)| why.blame);
    let row = |(why, n): (&'static Why, u64)| CauseRow {
        blame: why.blame.title().get(lang),
        cause: why.cause.title().get(lang),
        title: why.title.get(lang),
        general: why.is_general(),
        cameras: number(n),
        width: width(Fraction::new(n, most)),
        doubtful: why.doubtful,
        means: why.means.get(lang),
        todo: why.todo.get(lang),
    };
    whys.into_iter().map(row).collect()
}

fn blames(report: &Report) -> Vec<BlameRow> {
    if report.header.probing == ProbePlan::No {
        return Vec::new();
    }
    let row = |(blame, cameras, doubtful): (Blame, u64, u64)| BlameRow {
        title: blame.title().get(report.lang),
        cameras: number(cameras),
        doubtful: number(doubtful),
    };
    report.blames().into_iter().map(row).collect()
}

fn rules(report: &Report) -> Vec<RuleRow> {
    let lang = report.lang;
    let mut examples: HashMap<&str, Vec<Example>> = HashMap::new();
    for camera in &report.cameras {
        let Some(item) = report.item(camera.item) else { continue };
        for finding in &camera.judgement.findings {
            let list = examples.entry(finding.rule).or_default();
            // What fails comes before what is only remarked.
            if list.len() < MAX_EXAMPLES && finding.severity == Severity::Error {
                list.push(Example {
                    code: cell(item.sent(Element::DeviceID).unwrap_or_default()),
                    name: cell(item.sent(Element::Name).unwrap_or_default()),
                    message: cell(&finding.finding.message),
                    proposal: finding.finding.proposed().map(|p| format!("→ {}", cell(&p))).unwrap_or_default(),
                });
            }
        }
    }
    report
        .rules
        .iter()
        .filter_map(|count| {
            let rule = Rule::find(count.rule)?;
            let page = rule.page();
            let side = page.side(lang);
            Some(RuleRow {
                id: rule.id,
                field: rule.field.title().get(lang),
                title: side.title.clone(),
                basis: rule.basis.title().get(lang),
                fail: number(count.fail),
                advice: number(count.advice),
                remedy: side.sections.last().map(|(_, text)| text.trim().to_owned()).unwrap_or_default(),
                examples: examples.remove(rule.id).unwrap_or_default(),
            })
        })
        .collect()
}

fn estate_list(report: &Report) -> List<EstateRow> {
    let mut lines = report.estate.lines(!report.catalog.state.voids());
    lines.extend(report.pictures.lines());
    let (total, most) = (number(lines.len() as u64), number(MAX_ESTATE as u64));
    let rest = (lines.len() > MAX_ESTATE).then(|| {
        say!(
            report.lang,
            "共 {total} 条，此处列出前 {most} 条；全部见 estate.csv。",
            "{total} in all, the first {most} are listed; estate.csv has them all."
        )
    });
    let row = |line: super::estate::Line<'_>| EstateRow {
        kind: line.kind.get(report.lang),
        code: cell(line.id),
        name: cell(line.name),
        other: cell(line.other),
        status: cell(line.status),
    };
    List { rows: lines.into_iter().take(MAX_ESTATE).map(row).collect(), rest }
}

fn cameras(report: &Report) -> List<CameraRow> {
    let shown = report.cameras.iter().zip(&report.facts).take(MAX_CAMERAS);
    let mut rows: Vec<CameraRow> = shown.filter_map(|(camera, facts)| camera_row(report, camera, facts)).collect();
    // Of very many only the first are told step by step.
    rows.iter_mut().filter(|row| !row.story.is_empty()).skip(MAX_STORIES).for_each(|row| row.story = vec![untold(report.lang)]);
    let (total, most) = (number(report.cameras.len() as u64), number(MAX_CAMERAS as u64));
    let rest = (report.cameras.len() > MAX_CAMERAS).then(|| {
        say!(
            report.lang,
            "共 {total} 路，此处列出前 {most} 路；全部见 devices.jsonl。",
            "{total} in all, the first {most} are listed; devices.jsonl has them all."
        )
    });
    List { rows, rest }
}

fn untold(lang: Lang) -> String {
    say!(lang, "经过见 probes.jsonl。", "What happened: see probes.jsonl.")
}

/// What happened with a camera, a line an attempt.
fn story(record: &ProbeRecord, lang: Lang) -> Vec<String> {
    let told: Vec<_> = record.attempts.iter().filter(|attempt| !attempt.stages.is_empty()).collect();
    let more = (told.len() > MAX_ATTEMPTS).then(|| untold(lang));
    told.into_iter().take(MAX_ATTEMPTS).map(|attempt| told_attempt(attempt, lang)).chain(more).collect()
}

fn told_attempt(attempt: &Attempt, lang: Lang) -> String {
    let stages = attempt.stages.all().iter().map(|stage| {
        let (title, ms, evidence) = (stage.step.title().get(lang), number(u64::from(stage.ms)), cell(&stage.evidence));
        if evidence.is_empty() {
            format!("{title} {ms}")
        } else {
            say!(lang, "{title} {ms}（{evidence}）", "{title} {ms} ({evidence})")
        }
    });
    let stages = stages.collect::<Vec<_>>().join(" → ");
    let started = Timestamp::parse_rfc3339(&attempt.started).map(|at| at.beijing("%H:%M:%S%.3f")).unwrap_or_default();
    let (n, transport) = (attempt.number, attempt.transport.name());
    say!(lang, "第{n}次 {transport} 北京时间 {started}：{stages}", "call {n} {transport} {started} Beijing time: {stages}")
}

/// What is to be said of a picture that counts.
fn advised(report: &Report, camera: &Camera, attempt: Option<&Attempt>, facts: &CameraFacts) -> String {
    let lang = report.lang;
    let looks = attempt.and_then(|a| a.picture.as_ref()?.looks.as_ref()).into_iter().flatten();
    let mut parts: Vec<String> = looks.map(|look| cell(super::pictures::named(&look.id, lang))).collect();
    for differs in &camera.probe.differs {
        parts.push(match differs {
            Differs::Resolution => say!(lang, "分辨率与目录不符", "not the size the catalogue says"),
            Differs::Encoding => say!(lang, "编码格式与目录不符", "not the codec the catalogue says"),
        });
    }
    if !camera.probe.failed.is_empty() {
        let failed = camera.probe.failed.iter().map(|transport| transport.name()).collect::<Vec<_>>();
        let failed = failed.join(say!(lang, "、", ", ").as_str());
        let worked = attempt.map_or("", |attempt| attempt.transport.name());
        parts.push(say!(lang, "{failed} 不通，{worked} 出图", "nothing over {failed}, the picture over {worked}"));
    }
    if facts.withdrawn {
        parts.push(say!(
            lang,
            "画面与其他摄像机或上次相同，待人工查看",
            "the picture of another camera or of the earlier run, to be looked at"
        ));
    }
    if let Some(line) = camera.probe.reviewed {
        parts.push(say!(
            lang,
            "画面已由人工查看（表中第 {line} 行）",
            "a person has looked at the picture (line {line} of the table)"
        ));
    }
    if parts.is_empty() {
        return String::new();
    }
    let parts = parts.join(say!(lang, "；", "; ").as_str());
    say!(lang, "提示：{parts}", "advice: {parts}")
}

fn camera_row(report: &Report, camera: &Camera, facts: &CameraFacts) -> Option<CameraRow> {
    let lang = report.lang;
    let item = report.item(camera.item)?;
    let record = report.probes.get(item.id());
    let attempt = camera.probe.deciding.and_then(|i| record?.attempts.get(i));
    let ms = |value: Option<u64>| value.map_or_else(|| "—".to_owned(), number);
    let times = attempt.filter(|a| a.answer_ms.is_some());
    let verdict = camera.probe.verdict.title().get(lang);
    let class = match camera.probe.verdict {
        ProbeVerdict::Picture => "pass",
        ProbeVerdict::NoPicture => "fail",
        ProbeVerdict::Untested => "exempt",
    };
    let cause = cell(&camera.probe.told(lang));
    let story = record.filter(|_| camera.probe.verdict != ProbeVerdict::Picture).map_or_else(Vec::new, |r| story(r, lang));
    let advice =
        if camera.probe.verdict == ProbeVerdict::Picture { advised(report, camera, attempt, facts) } else { String::new() };
    let field = |verdict: &FieldVerdict| FieldCell { text: verdict.title().get(lang), class: verdict.key() };
    let code = cell(item.sent(Element::DeviceID).unwrap_or_default());
    Some(CameraRow {
        code: if item.occurrences > 1 { format!("{code} #{}", item.occurrence) } else { code },
        name: cell(item.sent(Element::Name).unwrap_or_default()),
        status: cell(item.sent(Element::Status).unwrap_or_default()),
        fields: camera.judgement.fields.iter().map(field).collect(),
        verdict,
        class,
        cause: if cause.is_empty() { advice } else { cause },
        story,
        times: times.map_or_else(String::new, |a| {
            format!("{} / {} / {}", ms(a.answer_ms), ms(a.first_packet_ms), ms(a.first_picture_ms))
        }),
        // A name of ours: digits and letters.
        snapshot: record.and_then(|r| r.snapshot.as_ref()).map(|name| format!("snapshots/{name}")),
    })
}
