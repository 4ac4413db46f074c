//! Several platforms audited together: one summary above their folders, with the rates of all cameras.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;
use serde::Serialize;

use super::document::Typeface;
use super::html::{RateRow, Waivers, rate_row, tally, waivers};
use super::json::{BlameJson, CauseJson, FieldJson, RateJson, ReadingJson, RuleJson, SCHEMA, WhyJson};
use super::overview::{self, Listed, Overview};
use super::summary::{blames_line, percent, rate_table, span};
use super::waivers::{Shown, WaiversJson};
use super::workbook::{self, Cell};
use super::xlsx::Column;
use super::{Exit, OutputFile, RuleCount, Tally, blames};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, file_name, grouped, visible};
use crate::catalog::CatalogState;
use crate::evidence::seal::Hashes;
use crate::evidence::{Footprint, Header, ProbePlan};
use crate::indicator::{Overall, RateResult, Reading};
use crate::probe::cause::Why;
use crate::probe::outcome::Cause;
use crate::profile::{Profile, RateId};
use crate::rules::FieldId;
use crate::rules::waiver::WaiverTally;

/// The files of the folder above.
pub const FILES: &[OutputFile<Union>] = &[
    OutputFile::new("report.json", json),
    OutputFile::new("report.html", html),
    OutputFile::new("shared_codes.csv", shared_codes),
    OutputFile::new("report.xlsx", xlsx),
    OutputFile::new("report.docx", docx),
    OutputFile::new("report.pdf", pdf),
];

/// A camera as one of the platforms has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnPlatform {
    /// The platform's place in [`Union::parts`].
    pub part: usize,
    /// Its name there.
    pub name: Box<str>,
    /// Its Status there, as sent.
    pub status: Box<str>,
    /// Whether that says it is on line.
    pub online: bool,
    /// Its parents there, apart by `/`.
    pub parents: Box<str>,
}

/// A camera whose code stands in the catalogues of several platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// Its code.
    pub code: Box<str>,
    /// The platforms, in their order.
    pub on: Vec<OnPlatform>,
}

impl Shared {
    /// The parents on all platforms, each once (GB/T 28181—2022 annex H: the union).
    fn parents(&self) -> String {
        let mut parents: Vec<&str> = Vec::new();
        for part in self.on.iter().flat_map(|on| on.parents.split('/')).filter(|part| !part.is_empty()) {
            if !parents.contains(&part) {
                parents.push(part);
            }
        }
        parents.join("/")
    }

    /// ON where any platform says so (annex H).
    fn status(&self) -> &'static str {
        if self.on.iter().any(|on| on.online) { "ON" } else { "OFF" }
    }
}

/// One platform of several.
#[derive(Debug)]
pub struct Part {
    /// Its name in the settings; [`file_name`] of it is its folder.
    pub name: String,
    /// Its code.
    pub id: String,
    /// What its catalogue is worth.
    pub state: CatalogState,
    /// Items its catalogue declared.
    pub declared: u64,
    /// Items received.
    pub received: u64,
    /// Items missing.
    pub missing: u64,
    /// Its cameras.
    pub cameras: u64,
    /// Its own rates.
    pub rates: Vec<RateResult>,
    /// Its own conclusion.
    pub overall: Overall,
    /// How its audit ended.
    pub exit: Exit,
    /// 证据摘要
    pub head: Hashes,
}

/// Several platforms, counted as one. Everything shown stands here.
#[derive(Debug)]
pub struct Union {
    /// The language of texts for people.
    pub lang: Lang,
    /// What its pages are set in.
    pub typeface: Typeface,
    /// The run, as the first platform's evidence has it.
    pub header: Header,
    /// When the first began, microseconds.
    pub started: i64,
    /// When the last ended.
    pub finished: i64,
    /// The profile, the same for all.
    pub profile: Profile,
    /// The platforms, in the order of the settings.
    pub parts: Vec<Part>,
    /// The rates of all cameras.
    pub rates: Vec<RateResult>,
    /// The rates this run answers for.
    pub asked: Vec<RateId>,
    /// The asked rates that bear on the conclusion.
    pub counting: Vec<RateId>,
    /// The conclusion.
    pub overall: Overall,
    /// Other readings.
    pub readings: Vec<Reading>,
    /// Fields of all cameras.
    pub fields: [Tally; 4],
    /// Rules of all cameras.
    pub rules: Vec<RuleCount>,
    /// Causes of all cameras.
    pub causes: Vec<(Cause, u64)>,
    /// The same in the fine.
    pub whys: Vec<(&'static Why, u64)>,
    /// What was done to all platforms together.
    pub footprint: Footprint,
    /// Cameras whose code stands in more than one platform's catalogue, in order; such a camera counts in each.
    pub shared: Vec<Shared>,
    /// What the waivers came to on all platforms, if any were given.
    pub waivers: Option<WaiverTally>,
}

impl Union {
    /// The worst end of any platform.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let parts = self.parts.iter().map(|p| p.exit).max_by_key(|e| e.rank()).unwrap_or(Exit::Incomplete);
        // Key positions are counted over all platforms and nowhere else.
        let key = [RateId::Coverage, RateId::Networking, RateId::Intactness];
        let verdicts = self.rates.iter().filter(|rate| key.contains(&rate.id) && self.counting.contains(&rate.id));
        let verdicts: Vec<_> = verdicts.map(|rate| rate.verdict).collect();
        let own = match Overall::of(verdicts.iter()) {
            _ if verdicts.is_empty() => Exit::Reached,
            Overall::Pass => Exit::Reached,
            Overall::Fail => Exit::Missed,
            Overall::Undecided => Exit::Undecided,
        };
        if own.rank() > parts.rank() { own } else { parts }
    }

    fn cameras(&self) -> u64 {
        self.parts.iter().map(|p| p.cameras).sum()
    }

    fn period(&self) -> String {
        span(
            crate::base::time::Timestamp::from_micros(self.started),
            crate::base::time::Timestamp::from_micros(self.finished),
            self.lang,
        )
    }

    /// Whose the missing pictures are, where any platform was called.
    fn blames_line(&self) -> Option<String> {
        if self.header.probing == ProbePlan::No { None } else { blames_line(&blames(&self.whys), self.lang) }
    }

    fn waivers(&self) -> Option<Shown<'_>> {
        Shown::together(self, self.cameras())
    }

    /// How often cameras were counted beyond the first time.
    fn repeats(&self) -> u64 {
        self.shared.iter().map(|shared| shared.on.len() as u64 - 1).sum()
    }

    fn shared(&self) -> Option<String> {
        let (n, repeats) = (grouped(self.shared.len() as u64), grouped(self.repeats()));
        let once = grouped(self.cameras().saturating_sub(self.repeats()));
        (!self.shared.is_empty()).then(|| {
            say!(
                self.lang,
                "{n} 路摄像机经多个平台都能看到，在各平台分别计数，合计中重复 {repeats} 路；只计一次为 {once} 路。名单见 shared_codes.csv。",
                "{n} cameras are seen through several platforms; they count in each, {repeats} times too often in the sum; each counted once there are {once}. The list: shared_codes.csv."
            )
        })
    }
}

/// What stands on the screen below the platforms' own summaries.
#[must_use]
pub fn render(union: &Union) -> String {
    let lang = union.lang;
    let (n, cameras, period, run) = (union.parts.len(), grouped(union.cameras()), union.period(), &union.header.run_id);
    let mut out = say!(
        lang,
        "合计  {n} 个平台，摄像机 {cameras} 路\n{period}  批次 {run}\n",
        "together  {n} platforms, {cameras} cameras\n{period}  run {run}\n"
    );
    out.push_str(&rate_table(&union.rates, &union.asked, lang, |_, _| ()));
    if let Some(line) = union.blames_line() {
        let _ = writeln!(out, "{line}");
    }
    if let Some(line) = union.shared() {
        let _ = writeln!(out, "{line}");
    }
    if let Some(waivers) = union.waivers() {
        let _ = writeln!(out, "{}", waivers.summary());
    }
    let (overall, tally) = (union.overall.title().get(lang), tally(&union.rates, &union.counting, lang));
    let _ = writeln!(out, "{}", say!(lang, "总结论  {overall}（{tally}）", "overall   {overall} ({tally})"));
    out
}

#[derive(Serialize)]
struct UnionJson<'a> {
    schema: &'static str,
    run: RunJson<'a>,
    platforms: Vec<PartJson<'a>>,
    catalog: CatalogJson,
    rates: BTreeMap<&'static str, RateJson>,
    overall: &'static str,
    fields: BTreeMap<&'static str, FieldJson>,
    readings: Vec<ReadingJson>,
    rules: Vec<RuleJson>,
    causes: Vec<CauseJson>,
    whys: Vec<WhyJson>,
    blames: Vec<BlameJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waivers: Option<WaiversJson<'a>>,
    footprint: Footprint,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: &'a str,
    started: String,
    finished: String,
    complete: bool,
    mode: &'static str,
    version: &'a str,
    profile: &'a str,
    profile_version: u64,
    profile_hash: String,
    rates: Vec<&'static str>,
    jurisdiction: &'a [String],
}

#[derive(Serialize)]
struct PartJson<'a> {
    name: &'a str,
    id: &'a str,
    folder: String,
    complete: bool,
    state: &'static str,
    declared: u64,
    received: u64,
    missing: u64,
    cameras: u64,
    rates: BTreeMap<&'static str, RateJson>,
    overall: &'static str,
    evidence: &'a Hashes,
}

#[derive(Serialize)]
struct CatalogJson {
    declared: u64,
    received: u64,
    missing: u64,
    cameras: u64,
    shared_codes: u64,
    distinct_cameras: u64,
}

fn json(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    let lang = union.lang;
    let rates = |rates: &[RateResult]| rates.iter().map(|r| (r.id.key(), RateJson::of(r, lang))).collect();
    let time = |micros| crate::base::time::Timestamp::from_micros(micros).rfc3339();
    let sum = |of: fn(&Part) -> u64| union.parts.iter().map(of).sum();
    let json = UnionJson {
        schema: SCHEMA,
        run: RunJson {
            id: &union.header.run_id,
            started: time(union.started),
            finished: time(union.finished),
            complete: union.parts.iter().all(|p| p.exit != Exit::Incomplete),
            mode: union.header.mode.key(),
            version: &union.header.version,
            profile: &union.profile.id,
            profile_version: union.profile.version,
            profile_hash: union.profile.hash(),
            rates: union.asked.iter().map(|id| id.key()).collect(),
            jurisdiction: &union.header.jurisdiction,
        },
        platforms: union
            .parts
            .iter()
            .map(|p| PartJson {
                name: &p.name,
                id: &p.id,
                folder: file_name(&p.name),
                complete: p.exit != Exit::Incomplete,
                state: p.state.name(),
                declared: p.declared,
                received: p.received,
                missing: p.missing,
                cameras: p.cameras,
                rates: rates(&p.rates),
                overall: p.overall.key(),
                evidence: &p.head,
            })
            .collect(),
        catalog: CatalogJson {
            declared: sum(|p| p.declared),
            received: sum(|p| p.received),
            missing: sum(|p| p.missing),
            cameras: union.cameras(),
            shared_codes: union.shared.len() as u64,
            distinct_cameras: union.cameras().saturating_sub(union.repeats()),
        },
        rates: rates(&union.rates),
        overall: union.overall.key(),
        fields: FieldId::ALL.iter().zip(union.fields).map(|(field, tally)| (field.key(), FieldJson::of(tally))).collect(),
        readings: union.readings.iter().map(|r| ReadingJson::of(r, lang)).collect(),
        rules: union.rules.iter().map(RuleJson::of).collect(),
        causes: union.causes.iter().map(|(cause, n)| CauseJson::of(*cause, *n, lang)).collect(),
        whys: union.whys.iter().map(|(why, n)| WhyJson::of(why, *n, lang)).collect(),
        blames: blames(&union.whys).into_iter().map(|blame| BlameJson::of(blame, lang)).collect(),
        waivers: union.waivers().map(|waivers| waivers.json()),
        footprint: union.footprint,
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

/// The columns of `shared_codes.csv`.
const SHARED_COLUMNS: [Text; 8] = [
    Text::new("序号", "No."),
    Text::new("设备编码", "device code"),
    Text::new("平台", "platforms"),
    Text::new("设备名称", "name"),
    Text::new("名称一致", "names agree"),
    Text::new("各平台状态", "status on each"),
    Text::new("合并状态", "status merged"),
    Text::new("合并父节点", "parents merged"),
];

/// Their widths.
const SHARED_WIDTHS: [u16; 8] = [7, 24, 24, 30, 30, 16, 12, 40];

/// A camera that several platforms have.
fn shared_row(union: &Union, number: u64, shared: &Shared) -> [String; 8] {
    let lang = union.lang;
    let name = |on: &OnPlatform| union.parts.get(on.part).map(|part| part.name.clone()).unwrap_or_default();
    let list = |of: &dyn Fn(&OnPlatform) -> String| shared.on.iter().map(of).collect::<Vec<_>>().join("；");
    let agree = shared.on.windows(2).all(|pair| matches!(pair, [a, b] if a.name == b.name));
    let agree = if agree { say!(lang, "是", "yes") } else { list(&|on| on.name.to_string()) };
    [
        number.to_string(),
        shared.code.to_string(),
        list(&name),
        shared.on.first().map(|on| on.name.to_string()).unwrap_or_default(),
        agree,
        list(&|on| on.status.to_string()),
        shared.status().to_owned(),
        shared.parents(),
    ]
}

/// One row a camera that several platforms have; status and parents merged as GB/T 28181—2022 annex H does.
fn shared_codes(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    let lang = union.lang;
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(SHARED_COLUMNS.map(|column| column.get(lang)))?;
    for (number, shared) in (1_u64..).zip(&union.shared) {
        let cells = shared_row(union, number, shared);
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

/// The columns of the platforms.
const PARTS: [Column; 11] = [
    Column::text("平台", "platform", 24),
    Column::text("编码", "code", 24),
    Column::number("摄像机", "cameras", 10),
    Column::text("目录", "catalogue", 14),
    Column::number("声明", "declared", 10),
    Column::number("实收", "received", 10),
    Column::number("缺", "missing", 8),
    Column::text("出图率", "image output", 24),
    Column::text("合规率", "compliance", 24),
    Column::text("结论", "verdict", 12),
    Column::text("证据摘要（SM3）", "evidence digest (SM3)", 40),
];

fn title(lang: Lang) -> String {
    say!(lang, "指标4 视频监控设施检测汇总", "Indicator 4, several platforms together")
}

/// As a paper.
fn overview(union: &Union) -> Overview<'_> {
    let lang = union.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang).to_owned();
    let (id, version, name) = (&union.profile.id, union.profile.version, union.profile.title(lang));
    let (overall, tally) = (union.overall.title().get(lang), tally(&union.rates, &union.counting, lang));
    let mut facts = vec![
        (t("检测批次", "run"), union.header.run_id.clone()),
        (t("检测时间", "time"), union.period()),
        (t("口径", "profile"), say!(lang, "{id} 第{version}版　{name}", "{id} version {version}, {name}")),
        (t("口径哈希", "its hash"), union.profile.hash()),
        (t("口径确认", "confirmation"), super::confirmation::line(union.header.confirmation.as_ref(), &union.profile, lang)),
        (t("总结论", "overall"), say!(lang, "{overall}（{tally}）", "{overall} ({tally})")),
    ];
    if union.exit() == Exit::Incomplete {
        let text = t(
            "有平台的检测未完成，见“各平台”：合计的数字照列，不能作为结论。",
            "The audit of a platform was not completed, see the platforms: the sums are shown, and decide nothing.",
        );
        facts.push((t("未完成", "not completed"), text));
    }
    facts.extend(union.shared().map(|text| (t("同一摄像机", "seen twice"), text)));
    facts.extend(union.blames_line().map(|text| (t("未出图", "no picture"), text)));
    facts.extend(union.waivers().map(|waivers| (t("豁免", "waivers"), waivers.summary())));
    let parts = Listed {
        name: Text::new("各平台", "platforms"),
        columns: PARTS.to_vec(),
        frozen: 1,
        rows: union.parts.len(),
        make: Box::new(move |index| {
            let Some(part) = union.parts.get(index) else { return Vec::new() };
            let row = part_row(part, lang);
            vec![
                row.name.into(),
                row.id.into(),
                Cell::Number(part.cameras),
                row.state.into(),
                Cell::Number(part.declared),
                Cell::Number(part.received),
                Cell::Number(part.missing),
                row.output.into(),
                row.compliance.into(),
                row.verdict.into(),
                part.head.sm3.as_str().into(),
            ]
        }),
    };
    let shared = Listed {
        name: Text::new("同码摄像机", "shared codes"),
        columns: SHARED_COLUMNS
            .iter()
            .zip(SHARED_WIDTHS)
            .map(|(title, width)| Column { title: *title, width, is_number: false })
            .collect(),
        frozen: 2,
        rows: union.shared.len(),
        make: Box::new(move |index| {
            let cells = union.shared.get(index).map(|shared| shared_row(union, index as u64 + 1, shared));
            cells.into_iter().flatten().map(|text| workbook::cell(&text).into()).collect()
        }),
    };
    let mut lists = vec![parts, overview::readings(&union.readings, &union.asked, lang)];
    lists.extend((shared.rows > 0).then_some(shared));
    Overview {
        title: title(lang),
        run: union.header.run_id.clone(),
        finished: crate::base::time::Timestamp::from_micros(union.finished),
        lang,
        facts,
        rates: &union.rates,
        asked: &union.asked,
        fields: union.fields,
        lists,
    }
}

fn xlsx(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    super::xlsx::overview::write(&overview(union), out)
}

fn docx(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    overview(union).paper().save(out)
}

fn pdf(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    overview(union).paper().save_pages(&union.typeface, out)
}

#[derive(Template)]
#[template(path = "union.html")]
struct Page<'a> {
    union: &'a Union,
    lang: Lang,
    title: String,
    period: String,
    overall: &'static str,
    tally: String,
    incomplete: bool,
    confirmed: String,
    shared: Option<String>,
    dark: Option<String>,
    waivers: Option<Waivers>,
    rates: Vec<RateRow>,
    parts: Vec<PartRow<'a>>,
    made_by: String,
}

struct PartRow<'a> {
    name: String,
    folder: String,
    id: String,
    cameras: String,
    state: &'static str,
    output: String,
    compliance: String,
    verdict: &'static str,
    class: &'static str,
    head: &'a Hashes,
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

fn html(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    let lang = union.lang;
    let version = &union.header.version;
    let page = Page {
        union,
        lang,
        title: title(lang),
        period: union.period(),
        overall: union.overall.title().get(lang),
        tally: tally(&union.rates, &union.counting, lang),
        incomplete: union.exit() == Exit::Incomplete,
        confirmed: super::confirmation::sentence(union.header.confirmation.as_ref(), &union.profile, lang),
        shared: union.shared(),
        dark: union.blames_line(),
        waivers: union.waivers().map(|w| waivers(&w, lang)),
        rates: union.rates.iter().map(|rate| rate_row(rate, &union.asked, lang)).collect(),
        parts: union.parts.iter().map(|part| part_row(part, lang)).collect(),
        made_by: say!(lang, "由 gbaudit {version} 生成", "made by gbaudit {version}"),
    };
    out.write_all(page.render().map_err(io::Error::other)?.as_bytes())
}

fn part_row(part: &Part, lang: Lang) -> PartRow<'_> {
    let rate = |id: RateId| {
        let value = part.rates.iter().find(|r| r.id == id).and_then(|r| r.value);
        value.map_or_else(|| "—".to_owned(), |v| format!("{}/{} = {}", grouped(v.numerator), grouped(v.denominator), percent(v)))
    };
    let (verdict, class) = match part.exit {
        Exit::Incomplete => (super::INCOMPLETE.get(lang), "undecided"),
        _ => (part.overall.title().get(lang), part.overall.key()),
    };
    PartRow {
        name: excerpt(&visible(&part.name), 80),
        folder: file_name(&part.name),
        id: excerpt(&visible(&part.id), 80),
        cameras: grouped(part.cameras),
        state: part.state.title().get(lang),
        output: rate(RateId::Output),
        compliance: rate(RateId::Compliance),
        verdict,
        class,
        head: &part.head,
    }
}
