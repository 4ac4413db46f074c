//! Several rounds of one day as one result (验收批次): the rates on the screen, `report.json`, `report.html`, and `rounds.csv` with a
//! camera a line. Each round has its own report beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;
use serde::Serialize;

use super::document::Typeface;
use super::html::{RateRow, rate_row, tally};
use super::json::{FieldJson, RateJson, ReadingJson, SCHEMA};
use super::overview::{self, Listed, Overview};
use super::summary::{percent, rate_table, ratio, span};
use super::workbook::{self, Cell};
use super::xlsx::Column;
use super::{Exit, OutputFile, Tally};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, grouped, visible};
use crate::base::time::Timestamp;
use crate::catalog::CatalogState;
use crate::evidence::Confirmation;
use crate::evidence::seal::Hashes;
use crate::indicator::{Overall, RateResult, Reading};
use crate::probe::cause::Why;
use crate::probe::outcome::ProbeVerdict;
use crate::profile::{MAX_ROUNDS, Profile, RateId};
use crate::rules::FieldId;

/// The files of rounds put together.
pub const FILES: &[OutputFile<Rounds>] = &[
    OutputFile::new("report.json", json),
    OutputFile::new("report.html", html),
    OutputFile::new("rounds.csv", csv),
    OutputFile::new("report.xlsx", xlsx),
    OutputFile::new("report.docx", docx),
    OutputFile::new("report.pdf", pdf),
];

/// Cameras listed on the page; `rounds.csv` has them all.
const MAX_CAMERAS: usize = 5_000;
/// Longest text of a cell.
const MAX_CELL: usize = 200;

/// What one round shows of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InRound {
    /// 出图
    Picture,
    /// 未出图
    NoPicture(Option<&'static Why>),
    /// Not tested, or what was seen proves nothing.
    Open(Option<&'static Why>),
    /// The catalogue of the round is whole and has it not.
    NotListed,
    /// The catalogue of the round is not whole.
    NotReceived,
}

impl InRound {
    /// Whether it may as well have given a picture.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open(_) | Self::NotReceived)
    }

    /// The word in results.
    const fn id(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::NoPicture(_) => "no_picture",
            Self::Open(_) => "open",
            Self::NotListed => "not_listed",
            Self::NotReceived => "not_received",
        }
    }

    fn told(self, lang: Lang) -> String {
        let because = |word: String, why: Option<&Why>| match why.map(|why| why.title.get(lang)) {
            Some(why) => say!(lang, "{word}：{why}", "{word}: {why}"),
            None => word,
        };
        match self {
            Self::Picture => say!(lang, "出图", "picture"),
            Self::NoPicture(why) => because(say!(lang, "未出图", "no picture"), why),
            Self::Open(why) => because(say!(lang, "存疑", "doubtful"), why),
            Self::NotListed => say!(lang, "目录中没有", "not in the catalogue"),
            Self::NotReceived => say!(lang, "未收到（目录不完整）", "not received (the catalogue is not whole)"),
        }
    }
}

/// One camera over all rounds.
#[derive(Debug, Clone)]
pub struct RoundCamera {
    /// Its code.
    pub code: Box<str>,
    /// Its name, in the last round that has one.
    pub name: Box<str>,
    /// Lines it counts for.
    pub lines: u64,
    /// What each round shows.
    pub cells: Vec<InRound>,
    /// Rounds with a picture.
    pub lit: usize,
    /// Whether they are enough.
    pub verdict: ProbeVerdict,
    /// They are not, and may have been.
    pub doubtful: bool,
}

impl RoundCamera {
    fn told(&self, lang: Lang) -> String {
        match (self.verdict, self.doubtful) {
            (ProbeVerdict::Picture, _) => say!(lang, "出图", "picture"),
            (_, true) => say!(lang, "待复测", "to be retested"),
            (_, false) => say!(lang, "未出图", "no picture"),
        }
    }

    const fn class(&self) -> &'static str {
        match (self.verdict, self.doubtful) {
            (ProbeVerdict::Picture, _) => "pass",
            (_, true) => "retest",
            (_, false) => "fail",
        }
    }
}

/// One round.
#[derive(Debug, Clone)]
pub struct Round {
    /// 检测批次
    pub run: String,
    /// Microseconds.
    pub started: i64,
    /// Microseconds.
    pub finished: i64,
    /// What its catalogue is worth.
    pub state: CatalogState,
    /// Its cameras.
    pub cameras: u64,
    /// 出图率 of this round alone.
    pub output: Option<Fraction>,
    /// Its doubtful cameras.
    pub doubtful: u64,
    /// It came to its end on a whole catalogue.
    pub complete: bool,
    /// 证据摘要
    pub head: Hashes,
}

/// All rounds. Everything shown stands here.
#[derive(Debug)]
pub struct Rounds {
    /// The language of texts for people.
    pub lang: Lang,
    /// What its pages are set in.
    pub typeface: Typeface,
    /// The platform's name.
    pub platform: String,
    /// Its code.
    pub platform_id: String,
    /// The version that ran.
    pub version: String,
    /// The day, in Beijing.
    pub day: String,
    /// The profile, the same for all.
    pub profile: Profile,
    /// 检测口径确认单, where every round names the same.
    pub confirmation: Option<Confirmation>,
    /// The rounds, in the order of their times.
    pub rounds: Vec<Round>,
    /// 验收批次, where the rounds were run as one.
    pub batch: Option<String>,
    /// Runs of the same platform, day and profile that were not named.
    pub not_named: Vec<String>,
    /// The rates: output over all rounds, the others of the round the records are of.
    pub rates: Vec<RateResult>,
    /// The rates the runs answer for.
    pub asked: Vec<RateId>,
    /// Those that bear on the conclusion.
    pub counting: Vec<RateId>,
    /// 总结论
    pub overall: Overall,
    /// Other readings.
    pub readings: Vec<Reading>,
    /// Fields of the round the records are of.
    pub fields: [Tally; 4],
    /// The round whose records were judged: the last with a whole catalogue.
    pub records_of: usize,
    /// The cameras of all rounds, in the order of their codes.
    pub cameras: Vec<RoundCamera>,
}

impl Rounds {
    /// Whether all rounds the profile asks for were run to their ends.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing() == 0 && self.rounds.iter().all(|round| round.complete)
    }

    /// The exit code's meaning.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.overall {
            _ if !self.is_complete() => Exit::Incomplete,
            Overall::Pass => Exit::Reached,
            Overall::Fail => Exit::Missed,
            Overall::Undecided => Exit::Undecided,
        }
    }

    fn missing(&self) -> usize {
        (self.profile.schedule.rounds as usize).saturating_sub(self.rounds.len())
    }

    /// One id for all: those of the runs.
    fn id(&self) -> String {
        self.rounds.iter().map(|round| round.run.as_str()).collect::<Vec<_>>().join("+")
    }

    fn rule(&self) -> String {
        let (rounds, need, given) = (self.profile.schedule.rounds, self.profile.schedule.need, self.rounds.len());
        say!(
            self.lang,
            "口径要求 {rounds} 轮中 {need} 轮出图；本次合并 {given} 轮",
            "the profile asks for a picture in {need} of {rounds} rounds; {given} are put together here"
        )
    }

    /// What keeps the batch from being complete, and what was left out of it.
    fn notes(&self) -> Vec<String> {
        let lang = self.lang;
        let mut notes = Vec::new();
        let missing = self.missing();
        if missing > 0 {
            notes.push(say!(
                lang,
                "还缺 {missing} 轮：所缺的轮次对每一路都按存疑计，整批未完成",
                "{missing} rounds are missing: each is open for every camera, and the batch is not complete"
            ));
        }
        let broken: Vec<&str> = self.rounds.iter().filter(|round| !round.complete).map(|round| round.run.as_str()).collect();
        if !broken.is_empty() {
            let broken = broken.join(say!(lang, "、", ", ").as_str());
            notes.push(say!(
                lang,
                "未完成的轮次：{broken}；没测到的摄像机在这些轮次按存疑计",
                "rounds that were not completed: {broken}; what was not tested in them is doubtful there"
            ));
        }
        if !self.not_named.is_empty() {
            let (n, runs) = (self.not_named.len(), self.not_named.join(say!(lang, "、", ", ").as_str()));
            notes.push(say!(
                lang,
                "同一天、同一口径另有 {n} 轮没有列入：{runs}　须说明",
                "{n} more rounds of this day and profile were not named: {runs}, to be explained"
            ));
        }
        notes
    }

    fn records_of(&self) -> String {
        let run = self.rounds.get(self.records_of).map(|round| round.run.clone()).unwrap_or_default();
        say!(
            self.lang,
            "合规率取自 {run} 的目录（最近一轮完整的）",
            "records are those of {run}, the last round with a whole catalogue"
        )
    }

    fn period(&self) -> String {
        let from = self.rounds.iter().map(|round| round.started).min().unwrap_or_default();
        let to = self.rounds.iter().map(|round| round.finished).max().unwrap_or_default();
        span(Timestamp::from_micros(from), Timestamp::from_micros(to), self.lang)
    }

    fn count(&self, of: impl Fn(&RoundCamera) -> bool) -> String {
        grouped(self.cameras.iter().filter(|camera| of(camera)).map(|camera| camera.lines).sum())
    }
}

/// What stands on the screen.
#[must_use]
pub fn render(rounds: &Rounds) -> String {
    let lang = rounds.lang;
    let (name, period, rule) = (excerpt(&rounds.platform, 24), rounds.period(), rounds.rule());
    let mut out = say!(
        lang,
        "{name}  指标4 视频监控设施验收：各轮合并\n{period}\n轮次      {rule}\n",
        "{name}  indicator 4, video surveillance: rounds put together\n{period}\nrounds    {rule}\n"
    );
    if let Some(batch) = &rounds.batch {
        let _ = writeln!(out, "{}", say!(lang, "验收批次  {batch}", "batch     {batch}"));
    }
    for (number, round) in (1..).zip(&rounds.rounds) {
        let number: u32 = number;
        let (run, cameras) = (&round.run, grouped(round.cameras));
        let rate = round.output.map_or_else(|| "—".to_owned(), |value| format!("{} = {}", ratio(value), percent(value)));
        let state = if round.complete { String::new() } else { say!(lang, "　未完成", ", not completed") };
        let _ = writeln!(
            out,
            "{}",
            say!(
                lang,
                "  第 {number} 轮  {run}  摄像机 {cameras} 路，本轮出图 {rate}{state}",
                "  round {number}  {run}  {cameras} cameras, pictures in this round {rate}{state}"
            )
        );
    }
    for note in rounds.notes() {
        let _ = writeln!(out, "{}", say!(lang, "注意      {note}", "note      {note}"));
    }
    out.push_str(&rate_table(&rounds.rates, &rounds.asked, lang, |_, _| ()));
    let lit = rounds.count(|camera| camera.verdict == ProbeVerdict::Picture);
    let (open, dark) = (
        rounds.count(|camera| camera.doubtful),
        rounds.count(|camera| camera.verdict != ProbeVerdict::Picture && !camera.doubtful),
    );
    let records = rounds.records_of();
    let _ = writeln!(
        out,
        "{}",
        say!(
            lang,
            "逐路合并  出图 {lit} 路｜待复测 {open} 路｜未出图 {dark} 路；{records}",
            "cameras   picture {lit} | to be retested {open} | no picture {dark}; {records}"
        )
    );
    let (overall, tally) = (rounds.overall.title().get(lang), tally(&rounds.rates, &rounds.counting, lang));
    let _ = writeln!(out, "{}", say!(lang, "总结论  {overall}（{tally}）", "overall   {overall} ({tally})"));
    out
}

#[derive(Serialize)]
struct RoundsJson<'a> {
    schema: &'static str,
    run: RunJson<'a>,
    platform: PlatformJson<'a>,
    rounds: Vec<RoundJson<'a>>,
    rates: BTreeMap<&'static str, RateJson>,
    overall: &'static str,
    fields: BTreeMap<&'static str, FieldJson>,
    readings: Vec<ReadingJson>,
    cameras: CamerasJson,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<&'a str>,
    started: String,
    finished: String,
    complete: bool,
    version: &'a str,
    profile: &'a str,
    profile_version: u64,
    profile_hash: String,
    rates: Vec<&'static str>,
    rounds_asked: u32,
    rounds_needed: u32,
    rounds_missing: usize,
    records_of: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_named: &'a [String],
}

#[derive(Serialize)]
struct PlatformJson<'a> {
    name: &'a str,
    id: &'a str,
}

#[derive(Serialize)]
struct RoundJson<'a> {
    run: &'a str,
    started: String,
    finished: String,
    complete: bool,
    state: &'static str,
    cameras: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    doubtful: u64,
    evidence: &'a Hashes,
}

#[derive(Serialize)]
struct CamerasJson {
    picture: u64,
    retest: u64,
    no_picture: u64,
}

fn json(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    let lang = rounds.lang;
    let time = |micros| Timestamp::from_micros(micros).rfc3339();
    let sum = |of: fn(&RoundCamera) -> bool| rounds.cameras.iter().filter(|camera| of(camera)).map(|camera| camera.lines).sum();
    let schedule = rounds.profile.schedule;
    let json = RoundsJson {
        schema: SCHEMA,
        run: RunJson {
            id: rounds.id(),
            batch: rounds.batch.as_deref(),
            started: time(rounds.rounds.iter().map(|round| round.started).min().unwrap_or_default()),
            finished: time(rounds.rounds.iter().map(|round| round.finished).max().unwrap_or_default()),
            complete: rounds.is_complete(),
            version: &rounds.version,
            profile: &rounds.profile.id,
            profile_version: rounds.profile.version,
            profile_hash: rounds.profile.hash(),
            rates: rounds.asked.iter().map(|id| id.key()).collect(),
            rounds_asked: schedule.rounds,
            rounds_needed: schedule.need,
            rounds_missing: rounds.missing(),
            records_of: rounds.rounds.get(rounds.records_of).map(|round| round.run.as_str()),
            not_named: &rounds.not_named,
        },
        platform: PlatformJson { name: &rounds.platform, id: &rounds.platform_id },
        rounds: rounds
            .rounds
            .iter()
            .map(|round| RoundJson {
                run: &round.run,
                started: time(round.started),
                finished: time(round.finished),
                complete: round.complete,
                state: round.state.name(),
                cameras: round.cameras,
                numerator: round.output.map(|value| value.numerator),
                denominator: round.output.map(|value| value.denominator),
                percent: round.output.and_then(Fraction::percent),
                doubtful: round.doubtful,
                evidence: &round.head,
            })
            .collect(),
        rates: rounds.rates.iter().map(|rate| (rate.id.key(), RateJson::of(rate, lang))).collect(),
        overall: rounds.overall.key(),
        fields: FieldId::ALL.iter().zip(rounds.fields).map(|(field, tally)| (field.key(), FieldJson::of(tally))).collect(),
        readings: rounds.readings.iter().map(|reading| ReadingJson::of(reading, lang)).collect(),
        cameras: CamerasJson {
            picture: sum(|camera| camera.verdict == ProbeVerdict::Picture),
            retest: sum(|camera| camera.doubtful),
            no_picture: sum(|camera| camera.verdict != ProbeVerdict::Picture && !camera.doubtful),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

/// One row a camera: what each round shows, how many rounds have its picture, and what follows.
fn csv(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    let lang = rounds.lang;
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    let numbers = 1..=rounds.rounds.len();
    let mut titles = vec![say!(lang, "序号", "No."), say!(lang, "设备编码", "device code"), say!(lang, "设备名称", "name")];
    titles.extend(numbers.clone().map(|number| say!(lang, "第{number}轮", "round {number}")));
    titles.extend(numbers.map(|number| say!(lang, "第{number}轮说明", "round {number}, in words")));
    titles.extend([say!(lang, "出图轮数", "rounds with a picture"), say!(lang, "行数", "lines"), say!(lang, "结论", "result")]);
    table.write_record(&titles)?;
    for (number, camera) in (1_u64..).zip(&rounds.cameras) {
        let mut cells = vec![number.to_string(), camera.code.to_string(), camera.name.to_string()];
        cells.extend(camera.cells.iter().map(|cell| cell.id().to_owned()));
        cells.extend(camera.cells.iter().map(|cell| cell.told(lang)));
        cells.extend([camera.lit.to_string(), camera.lines.to_string(), camera.told(lang)]);
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

/// The columns of the rounds.
const ROUNDS: [Column; 8] = [
    Column::number("轮次", "round", 7),
    Column::text("批次", "run", 24),
    Column::text("时间", "time", 36),
    Column::text("目录", "catalogue", 14),
    Column::number("摄像机", "cameras", 10),
    Column::text("本轮出图", "pictures", 24),
    Column::number("存疑", "doubtful", 8),
    Column::text("证据摘要（SM3）", "evidence digest (SM3)", 40),
];

/// The titles of what each round shows of a camera; a day has no more of them.
const NUMBERED: [Text; MAX_ROUNDS as usize] = [
    Text::new("第1轮", "round 1"),
    Text::new("第2轮", "round 2"),
    Text::new("第3轮", "round 3"),
    Text::new("第4轮", "round 4"),
    Text::new("第5轮", "round 5"),
    Text::new("第6轮", "round 6"),
    Text::new("第7轮", "round 7"),
    Text::new("第8轮", "round 8"),
    Text::new("第9轮", "round 9"),
];

fn title(rounds: &Rounds) -> String {
    let name = excerpt(&visible(&rounds.platform), MAX_CELL);
    say!(rounds.lang, "{name}　指标4 视频监控设施验收：各轮合并", "{name}: indicator 4, rounds put together")
}

/// As a paper.
fn overview(rounds: &Rounds) -> Overview<'_> {
    let lang = rounds.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang).to_owned();
    let (id, version, name) = (&rounds.profile.id, rounds.profile.version, rounds.profile.title(lang));
    let (overall, tally) = (rounds.overall.title().get(lang), tally(&rounds.rates, &rounds.counting, lang));
    let mut facts = vec![
        (t("被测平台", "platform"), format!("{} {}", rounds.platform, rounds.platform_id)),
        (t("检测时间", "time"), rounds.period()),
        (t("轮次", "rounds"), rounds.rule()),
        (t("口径", "profile"), say!(lang, "{id} 第{version}版　{name}", "{id} version {version}, {name}")),
        (t("口径哈希", "its hash"), rounds.profile.hash()),
        (t("口径确认", "confirmation"), super::confirmation::line(rounds.confirmation.as_ref(), &rounds.profile, lang)),
        (t("总结论", "overall"), say!(lang, "{overall}（{tally}）", "{overall} ({tally})")),
        (t("记录", "records"), rounds.records_of()),
    ];
    facts.extend(rounds.batch.iter().map(|batch| (t("验收批次", "batch"), batch.clone())));
    facts.extend(rounds.notes().into_iter().map(|note| (t("注意", "note"), note)));
    let parts = Listed {
        name: Text::new("各轮", "rounds"),
        columns: ROUNDS.to_vec(),
        frozen: 0,
        rows: rounds.rounds.len(),
        make: Box::new(move |index| {
            let Some(round) = rounds.rounds.get(index) else { return Vec::new() };
            vec![
                Cell::Number(index as u64 + 1),
                workbook::cell(&round.run).into(),
                span(Timestamp::from_micros(round.started), Timestamp::from_micros(round.finished), lang).into(),
                round.state.title().get(lang).into(),
                Cell::Number(round.cameras),
                round.output.map_or_else(|| "—".to_owned(), |value| format!("{} = {}", ratio(value), percent(value))).into(),
                Cell::Number(round.doubtful),
                round.head.sm3.as_str().into(),
            ]
        }),
    };
    let mut columns =
        vec![Column::number("序号", "No.", 7), Column::text("设备编码", "device code", 24), Column::text("设备名称", "name", 34)];
    let numbered = NUMBERED.iter().take(rounds.rounds.len());
    columns.extend(numbered.map(|title| Column { title: *title, width: 22, is_number: false }));
    columns.extend([
        Column::number("出图轮数", "rounds with a picture", 10),
        Column::number("行数", "lines", 7),
        Column::text("结论", "result", 14),
    ]);
    let cameras = Listed {
        name: Text::new("摄像机", "cameras"),
        columns,
        frozen: 3,
        rows: rounds.cameras.len(),
        make: Box::new(move |index| {
            let Some(camera) = rounds.cameras.get(index) else { return Vec::new() };
            let mut cells: Vec<Cell> =
                vec![Cell::Number(index as u64 + 1), workbook::cell(&camera.code).into(), workbook::cell(&camera.name).into()];
            cells.extend(camera.cells.iter().map(|cell| cell.told(lang).into()));
            cells.extend([Cell::Number(camera.lit as u64), Cell::Number(camera.lines), camera.told(lang).into()]);
            cells
        }),
    };
    let finished = rounds.rounds.iter().map(|round| round.finished).max().unwrap_or_default();
    Overview {
        title: title(rounds),
        run: rounds.id(),
        finished: Timestamp::from_micros(finished),
        lang,
        facts,
        rates: &rounds.rates,
        asked: &rounds.asked,
        fields: rounds.fields,
        lists: vec![parts, overview::readings(&rounds.readings, &rounds.asked, lang), cameras],
    }
}

fn xlsx(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    super::xlsx::overview::write(&overview(rounds), out)
}

fn docx(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    overview(rounds).paper().save(out)
}

fn pdf(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    overview(rounds).paper().save_pages(&rounds.typeface, out)
}

#[derive(Template)]
#[template(path = "rounds.html")]
struct Page<'a> {
    rounds: &'a Rounds,
    lang: Lang,
    title: String,
    period: String,
    rule: String,
    notes: Vec<String>,
    confirmed: String,
    complete: bool,
    overall: &'static str,
    tally: String,
    rates: Vec<RateRow>,
    records: String,
    parts: Vec<PartRow>,
    cameras: Vec<CameraRow>,
    rest: Option<String>,
    made_by: String,
}

struct PartRow {
    number: usize,
    run: String,
    period: String,
    state: &'static str,
    cameras: String,
    output: String,
    doubtful: String,
    complete: bool,
    head: Hashes,
}

struct CameraRow {
    code: String,
    name: String,
    cells: Vec<String>,
    lit: usize,
    verdict: String,
    class: &'static str,
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

fn html(rounds: &Rounds, out: &mut dyn Write) -> io::Result<()> {
    let lang = rounds.lang;
    let version = &rounds.version;
    let text = |text: &str| excerpt(&visible(text), MAX_CELL);
    // Those that passed in every round have nothing to be explained.
    let telling = || rounds.cameras.iter().filter(|camera| camera.cells.iter().any(|cell| *cell != InRound::Picture));
    let rest = telling().count().saturating_sub(MAX_CAMERAS) as u64;
    let page = Page {
        rounds,
        lang,
        title: title(rounds),
        period: rounds.period(),
        rule: rounds.rule(),
        notes: rounds.notes(),
        confirmed: super::confirmation::sentence(rounds.confirmation.as_ref(), &rounds.profile, lang),
        complete: rounds.is_complete(),
        overall: rounds.overall.title().get(lang),
        tally: tally(&rounds.rates, &rounds.counting, lang),
        rates: rounds.rates.iter().map(|rate| rate_row(rate, &rounds.asked, lang)).collect(),
        records: rounds.records_of(),
        parts: (1..)
            .zip(&rounds.rounds)
            .map(|(number, round)| PartRow {
                number,
                run: text(&round.run),
                period: span(Timestamp::from_micros(round.started), Timestamp::from_micros(round.finished), lang),
                state: round.state.title().get(lang),
                cameras: grouped(round.cameras),
                output: round.output.map_or_else(|| "—".to_owned(), |value| format!("{} = {}", ratio(value), percent(value))),
                doubtful: grouped(round.doubtful),
                complete: round.complete,
                head: round.head.clone(),
            })
            .collect(),
        cameras: telling()
            .take(MAX_CAMERAS)
            .map(|camera| CameraRow {
                code: text(&camera.code),
                name: text(&camera.name),
                cells: camera.cells.iter().map(|cell| cell.told(lang)).collect(),
                lit: camera.lit,
                verdict: camera.told(lang),
                class: camera.class(),
            })
            .collect(),
        rest: (rest > 0).then(|| {
            let rest = grouped(rest);
            say!(lang, "另有 {rest} 路未列出；全部见 rounds.csv。", "{rest} more are not listed; rounds.csv has them all.")
        }),
        made_by: say!(lang, "由 gbaudit {version} 生成", "made by gbaudit {version}"),
    };
    out.write_all(page.render().map_err(io::Error::other)?.as_bytes())
}
