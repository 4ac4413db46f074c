//! 日报: one night of a platform beside the one before it, by unit: what is on line, off line, on line without a picture, and how
//! that changed. Pure.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;

use super::trend::{CHART, Line, lines, percent};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, grouped, visible};
use crate::catalog::Item;
use crate::evidence::problems::RunRates;
use crate::probe::outcome::ProbeVerdict;
use crate::profile::RateId;
use crate::report::Report;
use crate::report::units::NamedBy;

/// Units named as the best and the worst.
const NAMED: usize = 3;
/// Fewer cameras, and a unit is neither.
const MIN_RANKED: u64 = 10;
/// Days whose runs are drawn.
pub const NIGHTS: i64 = 14;
/// Causes named.
const CAUSES: usize = 3;
/// Units listed on the page; `nightly.csv` has them all.
const MAX_UNITS: usize = 500;
/// Characters shown of a name.
const MAX_NAME: usize = 80;

/// The cameras of a unit on a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All.
    pub cameras: u64,
    /// Not in the night before.
    pub new: u64,
    /// On line by the catalogue.
    pub online: u64,
    /// Off line.
    pub offline: u64,
    /// 异常: on line, and no picture by its own doing.
    pub abnormal: u64,
    /// On line or off, and it could not be told.
    pub untold: u64,
    /// 出图
    pub pictures: u64,
}

impl Counts {
    const fn of(self, value: u64) -> Fraction {
        Fraction::new(value, self.cameras)
    }
}

/// A night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nightly {
    /// The language of texts for people.
    pub lang: Lang,
    /// The platform, as it is called.
    pub platform: String,
    /// The run.
    pub run: String,
    /// The run before it; empty where there is none that is whole.
    pub before: String,
    /// When, for people.
    pub period: String,
    /// All together, this night and the one before.
    pub total: (Counts, Option<Counts>),
    /// By unit, in the order of their names; what nobody is known to answer for comes last.
    pub units: Vec<(String, Counts, Option<Counts>)>,
    /// 出图率 and 合规率, this night and before.
    pub rates: [(Option<Fraction>, Option<Fraction>); 2],
    /// Causes of missing pictures, the most frequent first.
    pub causes: Vec<(&'static str, u64)>,
    /// Problems by what became of them, where the book was kept: new, came back, closed.
    pub problems: Option<[u64; 3]>,
    /// The runs of the last nights, this one among them, by their times; empty where the book was not kept.
    pub nights: Vec<RunRates>,
}

fn count(report: &Report, known: Option<&HashSet<&str>>) -> (Counts, BTreeMap<(bool, String), Counts>) {
    let (mut total, mut units) = (Counts::default(), BTreeMap::<(bool, String), Counts>::new());
    for (camera, facts) in report.cameras.iter().zip(&report.facts) {
        let code = report.item(camera.item).map_or("", |item| item.id());
        let unit = report.units.get(camera.unit).filter(|unit| unit.named_by != NamedBy::Nothing);
        let name = unit.map(|unit| unit.unit.clone()).unwrap_or_default();
        let picture = facts.probe == ProbeVerdict::Picture;
        let told = facts.probe == ProbeVerdict::NoPicture && !facts.doubtful;
        for own in [&mut total, units.entry((name.is_empty(), name)).or_default()] {
            own.cameras += 1;
            own.new += u64::from(known.is_some_and(|known| !known.contains(code)));
            own.online += u64::from(facts.online);
            own.offline += u64::from(!facts.online);
            own.abnormal += u64::from(facts.online && told);
            own.untold += u64::from(!picture && !told);
            own.pictures += u64::from(picture);
        }
    }
    (total, units)
}

/// A night beside the one before it. `nights`: what the book says of the last nights.
#[must_use]
pub fn nightly(before: Option<&Report>, after: &Report, problems: Option<[u64; 3]>, nights: Vec<RunRates>) -> Nightly {
    let lang = after.lang;
    let codes: Option<HashSet<&str>> =
        before.map(|before| before.cameras.iter().filter_map(|camera| before.item(camera.item)).map(Item::id).collect());
    let (total, units) = count(after, codes.as_ref());
    let was = before.map(|before| count(before, None));
    let unit = |((_, name), counts): ((bool, String), Counts)| {
        let earlier = was.as_ref().and_then(|(_, units)| units.get(&(name.is_empty(), name.clone())).copied());
        (name, counts, earlier)
    };
    let value = |report: &Report, id: RateId| report.rate(id).and_then(|rate| rate.value).filter(|value| value.denominator > 0);
    let mut causes: Vec<(&'static str, u64)> = after.whys.iter().map(|(why, n)| (why.title.get(lang), *n)).collect();
    causes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    causes.truncate(CAUSES);
    let header = &after.header;
    Nightly {
        lang,
        platform: header.platform.name.clone(),
        run: header.run_id.clone(),
        before: before.map(|before| before.header.run_id.clone()).unwrap_or_default(),
        period: header.started().beijing("%Y-%m-%d %H:%M"),
        total: (total, was.as_ref().map(|(total, _)| *total)),
        units: units.into_iter().map(unit).collect(),
        rates: [RateId::Output, RateId::Compliance].map(|id| (value(after, id), before.and_then(|before| value(before, id)))),
        causes,
        problems,
        nights,
    }
}

/// `+3`, `-2`, `0`; nothing where there is nothing to hold it against.
fn change(is: u64, was: Option<u64>) -> String {
    was.map_or_else(|| "—".to_owned(), |was| format!("{:+}", i128::from(is) - i128::from(was)))
}

fn unit_name(name: &str, lang: Lang) -> String {
    if name.is_empty() { say!(lang, "未归属", "not known") } else { excerpt(&visible(name), MAX_NAME) }
}

impl Nightly {
    /// The units with enough cameras by the share of pictures: the best first.
    fn ranked(&self) -> Vec<&(String, Counts, Option<Counts>)> {
        let mut units: Vec<_> =
            self.units.iter().filter(|(name, counts, _)| !name.is_empty() && counts.cameras >= MIN_RANKED).collect();
        let order = |counts: Counts, other: Counts| {
            (u128::from(other.pictures) * u128::from(counts.cameras))
                .cmp(&(u128::from(counts.pictures) * u128::from(other.cameras)))
        };
        units.sort_by(|(name, a, _), (other, b, _)| order(*a, *b).then_with(|| name.cmp(other)));
        units
    }
}

/// The opening sentences: totals, rates, change against the night before; best and worst units; causes.
#[must_use]
pub fn opening(nightly: &Nightly) -> String {
    let lang = nightly.lang;
    let ((is, was), when) = (nightly.total, &nightly.period);
    let platform = excerpt(&visible(&nightly.platform), MAX_NAME);
    let was_of = |of: fn(Counts) -> u64| was.map(of);
    let (cameras, new) = (grouped(is.cameras), grouped(is.new));
    let (online, online_percent, online_change) =
        (grouped(is.online), percent(is.of(is.online)), change(is.online, was_of(|c| c.online)));
    let (offline, abnormal, untold) = (grouped(is.offline), grouped(is.abnormal), grouped(is.untold));
    let mut out = say!(
        lang,
        "{when}（北京时间），{platform}共有摄像机 {cameras} 路（新增 {new}），在线 {online} 路，在线率 {online_percent}（较上次 {online_change} 路），离线 {offline} 路，在线而未出图 {abnormal} 路，未能判断 {untold} 路。",
        "{when} (Beijing): {platform} has {cameras} cameras ({new} new), {online} on line, {online_percent} ({online_change} since the last run), {offline} off line, {abnormal} on line without a picture, {untold} that could not be told."
    );
    for (id, (value, before)) in [RateId::Output, RateId::Compliance].into_iter().zip(nightly.rates) {
        let Some(value) = value else { continue };
        let (title, share, n, d) = (id.title().get(lang), percent(value), value.numerator, value.denominator);
        let before = before.map_or_else(|| "—".to_owned(), percent);
        out.push_str(&say!(lang, "{title} {share}（{n}/{d}，上次 {before}）。", " {title} {share} ({n}/{d}, last {before})."));
    }
    if let Some([new, back, closed]) = nightly.problems {
        out.push_str(&say!(
            lang,
            "问题新增 {new}，反复 {back}，销号 {closed}。",
            " Problems: {new} new, {back} came back, {closed} closed."
        ));
    }
    out.push('\n');
    let ranked = nightly.ranked();
    let names = |units: &mut dyn Iterator<Item = &&(String, Counts, Option<Counts>)>| {
        let one = |(name, counts, _): &(String, Counts, Option<Counts>)| {
            format!("{} {}", unit_name(name, lang), percent(counts.of(counts.pictures)))
        };
        units.take(NAMED).map(|unit| one(unit)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str())
    };
    if ranked.len() > NAMED {
        let (best, worst) = (names(&mut ranked.iter()), names(&mut ranked.iter().rev()));
        let _ = writeln!(
            out,
            "{}",
            say!(
                lang,
                "出图最好：{best}；最差：{worst}（不足 10 路的不列）",
                "most pictures: {best}; fewest: {worst} (of ten cameras and more)"
            )
        );
    }
    if !nightly.causes.is_empty() {
        let causes = nightly.causes.iter().map(|(title, n)| format!("{title} {n}")).collect::<Vec<_>>();
        let causes = causes.join(say!(lang, "、", ", ").as_str());
        let _ = writeln!(out, "{}", say!(lang, "主要原因：{causes}", "chief causes: {causes}"));
    }
    out
}

/// The columns of the table.
pub const COLUMNS: [Text; 14] = [
    Text::new("单位", "unit"),
    Text::new("摄像机", "cameras"),
    Text::new("新增", "new"),
    Text::new("在线数", "on line"),
    Text::new("在线率", "on line %"),
    Text::new("较上次", "change"),
    Text::new("离线数", "off line"),
    Text::new("离线率", "off line %"),
    Text::new("较上次", "change"),
    Text::new("异常数", "no picture"),
    Text::new("异常率", "no picture %"),
    Text::new("较上次", "change"),
    Text::new("出图率", "image output"),
    Text::new("未能判断", "not told"),
];

fn cells(name: &str, is: Counts, was: Option<Counts>) -> [String; 14] {
    let was = |of: fn(Counts) -> u64| was.map(of);
    [
        name.to_owned(),
        is.cameras.to_string(),
        is.new.to_string(),
        is.online.to_string(),
        percent(is.of(is.online)),
        change(is.online, was(|c| c.online)),
        is.offline.to_string(),
        percent(is.of(is.offline)),
        change(is.offline, was(|c| c.offline)),
        is.abnormal.to_string(),
        percent(is.of(is.abnormal)),
        change(is.abnormal, was(|c| c.abnormal)),
        percent(is.of(is.pictures)),
        is.untold.to_string(),
    ]
}

fn rows(nightly: &Nightly) -> impl Iterator<Item = [String; 14]> {
    let lang = nightly.lang;
    let total = cells(&say!(lang, "合计", "all"), nightly.total.0, nightly.total.1);
    let units = nightly.units.iter().map(move |(name, is, was)| cells(&unit_name(name, lang), *is, *was));
    std::iter::once(total).chain(units)
}

/// `nightly.csv`
///
/// # Errors
/// When it cannot be written.
pub fn csv(nightly: &Nightly, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS.map(|column| column.get(nightly.lang)))?;
    for row in rows(nightly) {
        table.write_record(row.iter().map(|cell| defuse_cell(cell).into_owned()))?;
    }
    table.flush()
}

#[derive(Template)]
#[template(path = "nightly.html")]
struct Page {
    lang: Lang,
    title: String,
    runs: String,
    opening: String,
    columns: [&'static str; 14],
    rows: Vec<[String; 14]>,
    note: &'static str,
    rest: Option<String>,
    charts: Vec<Line>,
    chart: (u64, u64),
    nights: String,
}

/// `nightly.html`
///
/// # Errors
/// When it cannot be written.
pub fn html(nightly: &Nightly, out: &mut dyn Write) -> io::Result<()> {
    let lang = nightly.lang;
    let (run, before) = (&nightly.run, if nightly.before.is_empty() { "—" } else { &nightly.before });
    let (total, most) = (grouped(nightly.units.len() as u64), grouped(MAX_UNITS as u64));
    let runs = nightly.nights.len();
    let page = Page {
        charts: lines(&nightly.nights, lang),
        chart: CHART,
        nights: say!(lang, "近 {NIGHTS} 天的趋势（检测 {runs} 次）", "The last {NIGHTS} days ({runs} runs)"),
        lang,
        title: say!(lang, "视频监控设施检测日报", "the night's report"),
        runs: say!(lang, "批次 {run}　上次 {before}　内部资料　注意保管", "run {run} · before {before} · internal"),
        opening: opening(nightly),
        columns: COLUMNS.map(|column| column.get(lang)),
        rows: rows(nightly).take(MAX_UNITS + 1).collect(),
        note: Text::new(
            "离线：平台目录显示离线。异常：在线而未出图，且可归于摄像机、录像机或平台；存疑和未检测的列在“未能判断”。“上次”是上一次目录完整的检测。",
            "Off line: by the platform's catalogue. No picture: on line, and put down to camera, recorder or platform; what is doubtful or was not tested stands in the last column. The last run is the one before it whose catalogue was whole.",
        )
        .get(lang),
        rest: (nightly.units.len() > MAX_UNITS).then(|| {
            say!(lang, "共 {total} 个单位，只列 {most} 个；全部见 nightly.csv。", "{total} units, {most} are shown; nightly.csv has them all.")
        }),
    };
    page.write_into(&mut *out).map_err(io::Error::other)
}
