//! `report.html`: one page for people, in one file, without script and without network.
//!
//! Everything it shows is made ready here as text; the template only lays it out and escapes it.

use std::collections::HashMap;
use std::io::{self, Write};

use askama::Template;

use super::summary::{percent, period, ratio, remark, shared_line, state_text};
use super::{Camera, Exporter, GroupRates, OutputFile, Report};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{bytes, excerpt, grouped, visible};
use crate::catalog::Kind;
use crate::evidence::{Mode, ProbePlan};
use crate::indicator::{RateResult, RateVerdict};
use crate::manscdp::item::Element;
use crate::probe::outcome::{Blame, ProbeVerdict};
use crate::profile::RateId;
use crate::rules::{FieldId, FieldVerdict, Rule, Severity};

/// The format.
pub static EXPORTER: Exporter = Exporter { name: "html", files: &[OutputFile { name: "report.html", write }] };

/// Cameras listed one by one; a page of more is too heavy for a browser, and `devices.jsonl` has them all.
const MAX_CAMERAS: usize = 5_000;
/// Recorders and nodes listed, the worst first.
const MAX_GROUPS: usize = 200;
/// Recorders named as the place to begin.
const MAX_WORST: usize = 10;
/// Examples of a rule.
const MAX_EXAMPLES: usize = 10;
/// Lines of what was heard.
const MAX_HEARD: usize = 200;
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
    rates: Vec<RateRow>,
    scope: Vec<(String, String)>,
    profile: Vec<(String, String)>,
    fields: Vec<FieldRow>,
    recorders: List<GroupRow>,
    nodes: List<GroupRow>,
    worst: List<GroupRow>,
    readings: Vec<ReadingRow>,
    causes: Vec<CauseRow>,
    no_causes: String,
    rules: Vec<RuleRow>,
    advice: Vec<String>,
    doubts: Vec<String>,
    process: Vec<(String, String)>,
    heard: Vec<(String, String)>,
    cameras: List<CameraRow>,
    catalog: Vec<(String, String)>,
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
struct List<T> {
    rows: Vec<T>,
    rest: Option<String>,
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

struct CauseRow {
    blame: &'static str,
    title: &'static str,
    cameras: String,
    width: String,
    doubtful: bool,
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
    times: String,
    snapshot: Option<String>,
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
        void: report.catalog.state.voids().then(|| {
            let state = state_text(report);
            say!(
                lang,
                "目录应答{state}：数字照列，但不能作为结论。",
                "Catalogue {state}: the numbers are shown, and decide nothing."
            )
        }),
        rates: report.rates.iter().map(|rate| rate_row(rate, &report.asked, lang)).collect(),
        scope: scope(report),
        profile: profile(report),
        fields: fields(report),
        recorders: groups(report, recorders(report, &names)),
        nodes: groups(report, nodes(report)),
        worst: worst(report, &names),
        readings: readings(report),
        causes: causes(report),
        no_causes: match report.header.probing {
            ProbePlan::No => say!(lang, "本次没有点播。", "No camera was called."),
            _ => say!(lang, "全部摄像机都已出图。", "Every camera gave a picture."),
        },
        rules: rules(report),
        advice: advice(report),
        doubts: doubts(report),
        process: process(report),
        heard: heard(report),
        cameras: cameras(report),
        catalog: catalog(report),
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

/// What an element of DeviceInfo and DeviceStatus is called.
fn device_fact(element: &str, lang: Lang) -> String {
    let zh = match element {
        "DeviceName" => "名称",
        "Manufacturer" => "厂商",
        "Model" => "型号",
        "Firmware" => "固件",
        "Channel" => "通道数",
        "Online" => "在线",
        "Status" => "工作状态",
        _ => return cell(element),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => element.to_owned(),
    }
}

fn scope(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let header = &report.header;
    let p = &header.platform;
    let mut rows = Vec::new();
    let mut add = |name: String, value: String| {
        if !value.is_empty() {
            rows.push((name, value));
        }
    };
    if header.mode == Mode::File {
        let files = cell(&p.name);
        add(
            say!(lang, "来源", "source"),
            say!(lang, "文件 {files}（未连接平台，未点播）", "files {files} (no platform, no probing)"),
        );
    } else {
        add(say!(lang, "被测平台", "platform"), format!("{} {}", cell(&p.name), cell(&p.id)));
        let role = match p.role.as_str() {
            "superior" => say!(lang, "上级平台（本工具向其注册）", "superior platform (we registered with it)"),
            _ => say!(lang, "下级平台（向本工具注册）", "subordinate platform (it registered with us)"),
        };
        add(say!(lang, "身份", "role"), role);
        let (edition, transport) = (&p.edition, &p.transport);
        let source = match p.edition_source.as_str() {
            "setting" => say!(lang, "设置", "set"),
            "header" => say!(lang, "平台声明", "declared"),
            _ => say!(lang, "推定", "assumed"),
        };
        add(say!(lang, "标准版本", "edition"), say!(lang, "GB/T 28181-{edition}（{source}）", "GB/T 28181-{edition} ({source})"));
        add(say!(lang, "信令", "signalling"), transport.clone());
        add(say!(lang, "平台自称", "it calls itself"), cell(&p.user_agent));
        let told: Vec<String> =
            p.device.iter().map(|(name, value)| format!("{} {}", device_fact(name, lang), cell(value))).collect();
        add(say!(lang, "平台自述", "it says of itself"), told.join(say!(lang, "；", "; ").as_str()));
    }
    let regions = if header.jurisdiction.is_empty() {
        say!(lang, "未设置，不核对", "none set, not checked")
    } else {
        header.jurisdiction.join("、")
    };
    add(say!(lang, "辖区", "jurisdiction"), regions);
    let cameras = number(report.cameras.len() as u64);
    add(say!(lang, "摄像机", "cameras"), say!(lang, "{cameras} 路", "{cameras}"));
    let unclassified = report.nodes.iter().filter(|n| n.kind == Kind::Unclassified).count() as u64;
    if unclassified > 0 {
        let unclassified = number(unclassified);
        add(say!(lang, "无法归类", "unclassified"), say!(lang, "{unclassified} 条，不计入", "{unclassified}, not counted"));
    }
    let shared = shared_line(report);
    add(say!(lang, "共享核对", "shared"), shared.trim_start_matches("共享核对").trim_start_matches("shared").trim().to_owned());
    match header.probing {
        ProbePlan::All => (),
        ProbePlan::No => add(say!(lang, "点播", "probing"), say!(lang, "本次未点播", "none")),
        ProbePlan::Limit(n) => add(say!(lang, "点播", "probing"), say!(lang, "试运行，只点播 {n} 路", "a trial of {n} cameras")),
        ProbePlan::Sample { size, seed } => {
            add(say!(lang, "点播", "probing"), say!(lang, "抽查 {size} 路，种子 {seed}", "a sample of {size}, seed {seed}"));
        }
    }
    rows
}

fn profile(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let p = &report.profile;
    let (limit, listen) = (p.output.first_frame_ms, p.output.listen_ms);
    let attempts = p.output.attempts;
    vec![
        (say!(lang, "口径", "profile"), format!("{} v{}　{}", p.id, p.version, p.title(lang))),
        (say!(lang, "口径哈希", "hash"), p.hash()),
        (
            say!(lang, "出图", "a picture"),
            say!(
                lang,
                "发出点播后 {limit} 毫秒内收齐可解码的关键帧；继续监听到 {listen} 毫秒作为证据；每路最多点播 {attempts} 次",
                "a key frame that decodes, complete within {limit} ms of the call; listened to until {listen} ms as evidence; at most {attempts} calls a camera"
            ),
        ),
        (say!(lang, "计入合规率的规则", "rules that count"), p.compliance.count.join(" ")),
    ]
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

/// Names by code, of the first item that bears it.
fn names(report: &Report) -> HashMap<&str, &str> {
    let mut names = HashMap::new();
    for item in &report.catalog.items {
        names.entry(item.id()).or_insert(item.sent(Element::Name).unwrap_or_default());
    }
    names
}

type Group = (String, String, GroupRates);

fn recorders(report: &Report, names: &HashMap<&str, &str>) -> Vec<Group> {
    let named = |id: &str| cell(names.get(id).copied().unwrap_or_default());
    report.recorders.iter().map(|(id, rates)| (cell(id), named(id), *rates)).collect()
}

fn nodes(report: &Report) -> Vec<Group> {
    let nodes = report.nodes.iter().filter(|n| n.kind != Kind::Device && n.rates.compliance.denominator > 0);
    let group = |node: &super::Node| {
        let item = report.item(node.item)?;
        Some((cell(item.id()), cell(item.sent(Element::Name).unwrap_or_default()), node.rates))
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
    let most = report.causes.iter().map(|(_, n)| *n).max().unwrap_or(1);
    let mut rows: Vec<(Blame, CauseRow)> = report
        .causes
        .iter()
        .map(|(cause, n)| {
            let row = CauseRow {
                blame: cause.blame().title().get(report.lang),
                title: cause.title().get(report.lang),
                cameras: number(*n),
                width: width(Fraction::new(*n, most)),
                doubtful: cause.is_doubtful(),
            };
            (cause.blame(), row)
        })
        .collect();
    rows.sort_by_key(|(blame, _)| *blame);
    rows.into_iter().map(|(_, row)| row).collect()
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
                    proposal: finding.finding.proposal.as_deref().map(|p| format!("→ {}", cell(p))).unwrap_or_default(),
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

fn advice(report: &Report) -> Vec<String> {
    let lang = report.lang;
    let mut lines: Vec<String> = report
        .rates
        .iter()
        .filter(|r| report.asked.contains(&r.id) && r.value.is_some() && r.needs() > 0)
        .map(|rate| {
            let (title, needs, threshold) = (rate.id.title().get(lang), number(rate.needs()), rate.threshold);
            say!(lang, "{title}：还差 {needs} 路达到 {threshold}%。", "{title}: {needs} more reach {threshold} %.")
        })
        .collect();
    if lines.is_empty() {
        lines.push(say!(lang, "已测量的指标没有差额。", "The measured rates lack nothing."));
    } else if !report.recorders.is_empty() {
        lines.push(say!(
            lang,
            "问题常集中在少数录像机：改好一台，其下各路一并解决。下表按未出图与不合规之和排列。",
            "Problems often gather on a few recorders: one put right settles all its channels. By the sum of what each lacks:"
        ));
    }
    lines
}

fn doubts(report: &Report) -> Vec<String> {
    let lang = report.lang;
    let lines = report.rates.iter().filter(|r| r.doubtful > 0 && report.asked.contains(&r.id)).map(|rate| {
        let (title, n, best) = (rate.id.title().get(lang), number(rate.doubtful), rate.best().map(percent).unwrap_or_default());
        match rate.id {
            RateId::Compliance => say!(
                lang,
                "{title}：{n} 路有字段无法判断，留在分母中、不计入分子；全部合规时可达 {best}。",
                "{title}: {n} cameras have a field that cannot be told; they stay in the denominator, and at best it is {best}."
            ),
            _ => say!(
                lang,
                "{title}：{n} 路存疑（并发已满、本工具原因、编码格式不支持、中断），留在分母中、不计入分子；全部出图时可达 {best}。",
                "{title}: {n} cameras are doubtful (capacity, our own fault, codec, interrupted); they stay in the denominator, and at best it is {best}."
            ),
        }
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { vec![say!(lang, "没有存疑的摄像机。", "No camera is doubtful.")] } else { lines }
}

fn process(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let header = &report.header;
    let f = header.footprint;
    let mut rows = vec![(say!(lang, "起止", "from and to"), period(report))];
    if header.mode == Mode::Live {
        let (local, address) = (&header.local_id, cell(&header.platform.address));
        rows.push((say!(lang, "检测方编码", "auditor"), local.clone()));
        rows.push((say!(lang, "平台地址", "address of the platform"), address));
        rows.push((say!(lang, "查询", "queries"), number(f.queries)));
        let (invites, peak) = (number(f.invites), number(f.peak_sessions));
        rows.push((
            say!(lang, "点播", "calls"),
            say!(lang, "{invites} 次，同时最多 {peak} 路", "{invites}, at most {peak} at once"),
        ));
        let (dialogs, ended) = (number(f.dialogs), number(f.ended));
        let (cancelled, silent) = (number(f.cancelled), number(f.byes_unanswered));
        rows.push((
            say!(lang, "会话", "sessions"),
            say!(
                lang,
                "建立 {dialogs}，挂断 {ended}，取消 {cancelled}；BYE 无应答 {silent}",
                "{dialogs} made, {ended} hung up, {cancelled} cancelled; {silent} BYEs unanswered"
            ),
        ));
        rows.push((say!(lang, "接收码流", "media received"), bytes(f.media_bytes)));
    }
    if header.masked_passwords > 0 {
        let n = number(header.masked_passwords);
        rows.push((
            say!(lang, "设备口令", "device passwords"),
            say!(lang, "收到 {n} 个，存储前已抹去", "{n} received, masked before anything was kept"),
        ));
    }
    rows.push((
        say!(lang, "证据", "evidence"),
        say!(
            lang,
            "evidence.db（平台原文与每次点播的记录），gbaudit report 可据此重新生成本报告",
            "evidence.db (what the platform sent, every call); gbaudit report draws this page from it again"
        ),
    ));
    rows
}

fn heard(report: &Report) -> Vec<(String, String)> {
    let shown = report.header.heard.iter().take(MAX_HEARD);
    shown
        .map(|heard| {
            let at = crate::base::time::Timestamp::from_micros(heard.at).beijing("%H:%M:%S");
            (at, heard.render(report.lang))
        })
        .collect()
}

fn cameras(report: &Report) -> List<CameraRow> {
    let rows = report.cameras.iter().take(MAX_CAMERAS).filter_map(|camera| camera_row(report, camera)).collect();
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

fn camera_row(report: &Report, camera: &Camera) -> Option<CameraRow> {
    let lang = report.lang;
    let item = report.item(camera.item)?;
    let record = report.probes.get(item.id());
    let attempt = camera.probe.deciding.and_then(|i| record?.attempts.get(i));
    let ms = |value: Option<u64>| value.map_or_else(|| "—".to_owned(), number);
    let times = attempt.filter(|a| a.answer_ms.is_some());
    let (verdict, class) = match camera.probe.verdict {
        ProbeVerdict::Picture => (Text::new("出图", "picture").get(lang), "pass"),
        ProbeVerdict::NoPicture => (Text::new("未出图", "no picture").get(lang), "fail"),
        ProbeVerdict::Untested => (Text::new("未检测", "not tested").get(lang), "exempt"),
    };
    let cause = camera.probe.cause.filter(|_| camera.probe.verdict != ProbeVerdict::Picture).map_or_else(String::new, |cause| {
        let title = cause.title().get(lang);
        let detail = &camera.probe.detail;
        if detail.is_empty() || detail == cause.id() { title.to_owned() } else { format!("{title} ({})", cell(detail)) }
    });
    let field = |verdict: &FieldVerdict| match verdict {
        FieldVerdict::Pass => FieldCell { text: Text::new("合规", "pass").get(lang), class: "pass" },
        FieldVerdict::Fail => FieldCell { text: Text::new("不合规", "fail").get(lang), class: "fail" },
        FieldVerdict::Exempt => FieldCell { text: Text::new("不适用", "exempt").get(lang), class: "exempt" },
        FieldVerdict::Unjudged => FieldCell { text: Text::new("无法判断", "cannot be told").get(lang), class: "unjudged" },
    };
    let code = cell(item.sent(Element::DeviceID).unwrap_or_default());
    Some(CameraRow {
        code: if item.occurrences > 1 { format!("{code} #{}", item.occurrence) } else { code },
        name: cell(item.sent(Element::Name).unwrap_or_default()),
        status: cell(item.sent(Element::Status).unwrap_or_default()),
        fields: camera.judgement.fields.iter().map(field).collect(),
        verdict,
        class,
        cause,
        times: times.map_or_else(String::new, |a| {
            format!("{} / {} / {}", ms(a.answer_ms), ms(a.first_packet_ms), ms(a.first_picture_ms))
        }),
        // A name of ours: digits and letters.
        snapshot: record.and_then(|r| r.snapshot.as_ref()).map(|name| format!("snapshots/{name}")),
    })
}

fn catalog(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let c = &report.catalog;
    vec![
        (say!(lang, "状态", "state"), state_text(report)),
        (say!(lang, "声明数", "declared"), number(c.declared)),
        (say!(lang, "实收数", "received"), number(c.received)),
        (say!(lang, "缺失", "missing"), number(c.missing)),
        (say!(lang, "重复", "repeated"), number(c.duplicates)),
        (say!(lang, "未请求而收到", "unsolicited"), number(c.unsolicited)),
        (say!(lang, "编码重复", "codes used twice"), number(c.collisions)),
        (say!(lang, "从损坏报文抢救", "salvaged"), number(c.salvaged)),
        (say!(lang, "报文", "messages"), number(c.messages)),
    ]
}

fn oddities(report: &Report) -> Vec<OddityRow> {
    let row = |(kind, count, example): (crate::base::oddity::OddityKind, u64, &str)| OddityRow {
        text: kind.text.get(report.lang),
        count: number(count),
        example: cell(example),
    };
    report.catalog.oddities.iter().map(row).collect()
}

fn made_by(report: &Report) -> String {
    let (version, run) = (&report.header.version, &report.header.run_id);
    say!(
        report.lang,
        "由 gbaudit {version} 生成，批次 {run}。同一证据在任何机器上生成的报告逐字节相同。",
        "Made by gbaudit {version}, run {run}. The same evidence gives the same report, to the byte, on any machine."
    )
}
