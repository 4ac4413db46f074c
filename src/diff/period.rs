//! 周报、月报: what happened to the problems of a platform in a time, by unit, and how its rates went. Pure.

use std::collections::BTreeMap;
use std::io::{self, Write};

use askama::Template;
use serde::Serialize;

use super::trend::{CHART, Line, comparable, lines, percent};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, grouped, visible};
use crate::base::time::Timestamp;
use crate::evidence::problems::{PICTURE, Problem, RunRates, Turn, days_open};
use crate::profile::RateId;

/// Units listed on the page; `period.csv` has them all.
const MAX_UNITS: usize = 500;
/// Problems listed on the page, those that stand open longest first.
const MAX_OLDEST: usize = 50;
/// Characters shown of a name.
const MAX_NAME: usize = 80;
/// Days of a week.
pub const WEEK: i64 = 7;
const DAY_S: i64 = 86_400;

/// The problems of a unit in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// 发生: first seen in it.
    pub occurred: u64,
    /// 反复: closed before, and seen again in it.
    pub returned: u64,
    /// 已修复: closed in it.
    pub repaired: u64,
    /// 未修复: open at its end.
    pub open: u64,
}

impl Counts {
    /// 修复率: repaired of all that were there to repair.
    #[must_use]
    pub const fn repair_rate(self) -> Fraction {
        Fraction::new(self.repaired, self.repaired + self.open)
    }

    fn add(&mut self, problem: &Problem, (from, to): (Timestamp, Timestamp)) {
        let within = |at: Timestamp| at >= from && at < to;
        self.occurred += u64::from(within(problem.first));
        self.returned += u64::from(problem.returns > 0 && problem.since != problem.first && within(problem.since));
        match problem.closed {
            Some(closed) if within(closed) => self.repaired += 1,
            // Repaired after it: it was open at its end.
            Some(closed) if closed < from => (),
            Some(_) | None => self.open += 1,
        }
    }
}

/// A week, counted back from the end of the time: what its runs made of the problems, and its last rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// Its runs.
    pub runs: u64,
    /// The sums of its runs, and what stood open after the last of them; nothing where a run did not count.
    pub counts: Option<Counts>,
    /// In the order of the indicator: of its last complete run that measured it, under the profile of the last run of all.
    pub rates: [Option<Fraction>; 5],
}

/// The weeks with runs, the earliest first; the week before the time among them, to hold the first one against.
fn weeks(runs: &[RunRates], (from, to): (Timestamp, Timestamp)) -> Vec<Week> {
    let mut weeks = Vec::new();
    let mut end = to;
    loop {
        let begin = end.plus_seconds(-WEEK * DAY_S);
        let own: Vec<&RunRates> = runs.iter().filter(|run| run.at >= begin && run.at < end).collect();
        if let Some(last) = own.last() {
            let turns: Option<Vec<[u64; 5]>> = own.iter().map(|run| run.problems).collect();
            let counts = turns.zip(last.open()).map(|(turns, open)| {
                let sum = |place: usize| turns.iter().filter_map(|turns| turns.get(place)).sum();
                Counts { occurred: sum(0), returned: sum(1), repaired: sum(4), open }
            });
            let value = |slot: usize| {
                let own = comparable(runs).filter(|run| run.at >= begin && run.at < end);
                own.rev().find_map(|run| run.rates.get(slot).copied().flatten())
            };
            weeks.push(Week { from: begin, to: end, runs: own.len() as u64, counts, rates: std::array::from_fn(value) });
        }
        if begin < from {
            weeks.reverse();
            return weeks;
        }
        end = begin;
    }
}

/// A platform in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The language of texts for people.
    pub lang: Lang,
    /// The platform's code.
    pub platform: String,
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// Its runs, by their times.
    pub runs: Vec<RunRates>,
    /// All problems together.
    pub total: Counts,
    /// By unit, in the order of their names; what nobody is known to answer for comes last.
    pub units: Vec<(String, Counts)>,
    /// By rule, or [`PICTURE`].
    pub rules: Vec<(String, Counts)>,
    /// Week by week, where there are two with runs.
    pub weeks: Vec<Week>,
    /// Open at the end, those that stand longest first: with the days in a row.
    pub oldest: Vec<(Problem, u64)>,
}

/// Counts a platform's time. `runs` and `problems` reach back to the week before it.
#[must_use]
pub fn period(
    platform: &str,
    (from, to): (Timestamp, Timestamp),
    runs: Vec<RunRates>,
    problems: &[Problem],
    lang: Lang,
) -> Period {
    let mut total = Counts::default();
    let mut units: BTreeMap<(bool, &str), Counts> = BTreeMap::new();
    let mut rules: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut weeks = weeks(&runs, (from, to));
    if weeks.len() < 2 {
        weeks.clear();
    }
    let runs: Vec<RunRates> = runs.into_iter().filter(|run| run.at >= from && run.at < to).collect();
    // What began after the time, or was gone before it, is not of it.
    let is_of = |problem: &&Problem| problem.first < to && problem.closed.is_none_or(|closed| closed >= from);
    for problem in problems.iter().filter(is_of) {
        total.add(problem, (from, to));
        units.entry((problem.unit.is_empty(), &problem.unit)).or_default().add(problem, (from, to));
        rules.entry(&problem.what).or_default().add(problem, (from, to));
    }
    let last = runs.last().map_or(to, |run| run.at);
    let mut oldest: Vec<(Problem, u64)> = problems
        .iter()
        .filter(|problem| problem.closed.is_none_or(|closed| closed >= to) && problem.first < to)
        .map(|problem| (problem.clone(), days_open(problem, last)))
        .collect();
    oldest.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.id.cmp(&b.id)));
    oldest.truncate(MAX_OLDEST);
    Period {
        lang,
        platform: platform.to_owned(),
        from,
        to,
        runs,
        total,
        units: units.into_iter().map(|((_, unit), counts)| (unit.to_owned(), counts)).collect(),
        rules: rules.into_iter().map(|(rule, counts)| (rule.to_owned(), counts)).collect(),
        weeks,
        oldest,
    }
}

/// What is wrong, for people.
#[must_use]
pub fn what_title(what: &str, lang: Lang) -> String {
    if what == PICTURE {
        return say!(lang, "未出图", "no picture");
    }
    let title = crate::rules::Rule::find(what).map(|rule| rule.page().side(lang).title.clone()).unwrap_or_default();
    format!("{what} {title}").trim_end().to_owned()
}

fn unit_name(unit: &str, lang: Lang) -> String {
    if unit.is_empty() { say!(lang, "未归属", "not known") } else { excerpt(&visible(unit), MAX_NAME) }
}

impl Period {
    fn span(&self) -> String {
        let (from, to) = (self.from.beijing("%Y-%m-%d"), self.to.plus_seconds(-1).beijing("%Y-%m-%d"));
        say!(self.lang, "{from} 至 {to}（北京时间）", "{from} to {to} (Beijing)")
    }

    /// The week before the last one, where both have runs.
    fn week_before(&self) -> Option<&Week> {
        let [.., before, last] = self.weeks.as_slice() else { return None };
        (before.to == last.from).then_some(before)
    }

    /// The first and the last run that measured a rate under one profile.
    fn ends(&self, slot: usize) -> Option<(Fraction, Fraction)> {
        let mut values = comparable(&self.runs).filter_map(|run| run.rates.get(slot).copied().flatten());
        let first = values.next()?;
        Some((first, values.next_back().unwrap_or(first)))
    }
}

/// What stands on the screen.
#[must_use]
pub fn screen(period: &Period) -> String {
    let lang = period.lang;
    let (platform, span) = (&period.platform, period.span());
    let (runs, complete) = (period.runs.len(), period.runs.iter().filter(|run| run.complete).count());
    let mut out = say!(
        lang,
        "平台 {platform}  {span}\n检测 {runs} 次，其中完整 {complete} 次\n",
        "platform {platform}  {span}\n{runs} runs, {complete} of them complete\n"
    );
    for (slot, id) in RateId::ALL.into_iter().enumerate() {
        let Some((first, last)) = period.ends(slot) else { continue };
        let (title, was, is) = (id.title().get(lang), percent(first), percent(last));
        let (n, d) = (last.numerator, last.denominator);
        out.push_str(&say!(lang, "{title}  {was} → {is}（{n}/{d}）", "{title}  {was} → {is} ({n}/{d})"));
        if let Some(earlier) = period.week_before().and_then(|week| week.rates.get(slot).copied().flatten()) {
            let earlier = percent(earlier);
            out.push_str(&say!(lang, "，前一周 {earlier}", ", the week before {earlier}"));
        }
        out.push('\n');
    }
    let Counts { occurred, returned, repaired, open } = period.total;
    let rate = percent(period.total.repair_rate());
    out.push_str(&say!(
        lang,
        "问题  发生 {occurred}  反复 {returned}  已修复 {repaired}  未修复 {open}  修复率 {rate}\n",
        "problems  occurred {occurred}  came back {returned}  repaired {repaired}  open {open}  repair rate {rate}\n"
    ));
    if let (Some(before), Some(last)) = (period.week_before(), period.weeks.last()) {
        let mut parts: Vec<String> = Vec::new();
        if let (Some(was), Some(is)) = (before.counts, last.counts) {
            let mut add = |zh: &'static str, en: &'static str, was: u64, is: u64| {
                parts.push(format!("{} {was} → {is}", Text::new(zh, en).get(lang)));
            };
            add("发生", "occurred", was.occurred, is.occurred);
            add("反复", "came back", was.returned, is.returned);
            add("已修复", "repaired", was.repaired, is.repaired);
            add("未修复", "open", was.open, is.open);
        }
        if !parts.is_empty() {
            let list = parts.join(say!(lang, "，", ", ").as_str());
            out.push_str(&say!(lang, "末周较前一周  {list}\n", "last week against the one before  {list}\n"));
        }
    }
    out
}

fn week_name(week: &Week) -> String {
    let (from, to) = (week.from.beijing("%Y-%m-%d"), week.to.plus_seconds(-1).beijing("%m-%d"));
    format!("{from}—{to}")
}

/// The columns of `period.csv`.
const COLUMNS: [Text; 7] = [
    Text::new("分类", "by"),
    Text::new("名称", "name"),
    Text::new("发生", "occurred"),
    Text::new("反复", "came back"),
    Text::new("已修复", "repaired"),
    Text::new("未修复", "open"),
    Text::new("修复率%", "repair rate %"),
];

/// `period.csv`
///
/// # Errors
/// When it cannot be written.
pub fn csv(period: &Period, out: &mut dyn Write) -> io::Result<()> {
    let lang = period.lang;
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS.map(|column| column.get(lang)))?;
    let total = std::iter::once((say!(lang, "合计", "all"), String::new(), period.total));
    let units = period.units.iter().map(|(unit, counts)| (say!(lang, "责任单位", "unit"), unit_name(unit, lang), *counts));
    let rules = period.rules.iter().map(|(what, counts)| (say!(lang, "问题", "problem"), what_title(what, lang), *counts));
    let weeks = period.weeks.iter().filter_map(|week| Some((say!(lang, "周", "week"), week_name(week), week.counts?)));
    for (kind, name, counts) in total.chain(units).chain(rules).chain(weeks) {
        let numbers = [counts.occurred, counts.returned, counts.repaired, counts.open].map(|n| n.to_string());
        let cells = [kind, name].into_iter().chain(numbers).chain([counts.repair_rate().percent().unwrap_or_default()]);
        table.write_record(cells.map(|cell| defuse_cell(&cell).into_owned()))?;
    }
    table.flush()
}

#[derive(Serialize)]
struct CountsJson {
    occurred: u64,
    came_back: u64,
    repaired: u64,
    open: u64,
    repair_rate: Option<String>,
}

impl CountsJson {
    fn of(counts: Counts) -> Self {
        Self {
            occurred: counts.occurred,
            came_back: counts.returned,
            repaired: counts.repaired,
            open: counts.open,
            repair_rate: counts.repair_rate().percent(),
        }
    }
}

#[derive(Serialize)]
struct RunJson<'a> {
    run: &'a str,
    started: String,
    complete: bool,
    cameras: u64,
    profile_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<BTreeMap<&'static str, u64>>,
    rates: BTreeMap<&'static str, [u64; 2]>,
}

#[derive(Serialize)]
struct WeekJson {
    from: String,
    to: String,
    runs: u64,
    #[serde(flatten)]
    counts: Option<CountsJson>,
    rates: BTreeMap<&'static str, [u64; 2]>,
}

#[derive(Serialize)]
struct PeriodJson<'a> {
    schema: &'static str,
    platform: &'a str,
    from: String,
    to: String,
    total: CountsJson,
    units: BTreeMap<&'a str, CountsJson>,
    problems: BTreeMap<&'a str, CountsJson>,
    weeks: Vec<WeekJson>,
    runs: Vec<RunJson<'a>>,
}

/// `period.json`
///
/// # Errors
/// When it cannot be written.
pub fn json(period: &Period, out: &mut dyn Write) -> io::Result<()> {
    let rates_of = |rates: [Option<Fraction>; 5]| -> BTreeMap<&'static str, [u64; 2]> {
        let rates = RateId::ALL.iter().zip(rates);
        rates.filter_map(|(id, value)| Some((id.key(), [value?.numerator, value?.denominator]))).collect()
    };
    let json = PeriodJson {
        schema: "gbaudit.period/1",
        platform: &period.platform,
        from: period.from.rfc3339(),
        to: period.to.rfc3339(),
        total: CountsJson::of(period.total),
        units: period.units.iter().map(|(unit, counts)| (unit.as_str(), CountsJson::of(*counts))).collect(),
        problems: period.rules.iter().map(|(what, counts)| (what.as_str(), CountsJson::of(*counts))).collect(),
        weeks: period
            .weeks
            .iter()
            .map(|week| WeekJson {
                from: week.from.rfc3339(),
                to: week.to.rfc3339(),
                runs: week.runs,
                counts: week.counts.map(CountsJson::of),
                rates: rates_of(week.rates),
            })
            .collect(),
        runs: period
            .runs
            .iter()
            .map(|one| RunJson {
                run: &one.run,
                started: one.at.rfc3339(),
                complete: one.complete,
                cameras: one.cameras,
                profile_hash: &one.profile,
                problems: one.problems.map(|turns| Turn::ALL.iter().map(|turn| turn.key()).zip(turns).collect()),
                rates: rates_of(one.rates),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

/// A week as text.
struct WeekRow {
    name: String,
    runs: u64,
    counts: [String; 4],
    rates: Vec<String>,
}

struct UnitRow {
    name: String,
    counts: Counts,
    rate: String,
}

struct OldRow {
    id: String,
    code: String,
    name: String,
    what: String,
    unit: String,
    first: String,
    days: u64,
    returns: u32,
}

#[derive(Template)]
#[template(path = "period.html")]
struct Page {
    lang: Lang,
    title: String,
    summary: String,
    charts: Vec<Line>,
    chart: (u64, u64),
    /// The rates that any week has.
    week_rates: Vec<&'static str>,
    weeks: Vec<WeekRow>,
    units: Vec<UnitRow>,
    rules: Vec<UnitRow>,
    oldest: Vec<OldRow>,
    rest: Option<String>,
}

impl Page {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        Text::new(zh, en).get(self.lang)
    }
}

/// `period.html`
///
/// # Errors
/// When it cannot be written.
pub fn html(period: &Period, out: &mut dyn Write) -> io::Result<()> {
    let lang = period.lang;
    let row = |name: String, counts: Counts| UnitRow { name, counts, rate: percent(counts.repair_rate()) };
    let old = |(problem, days): &(Problem, u64)| OldRow {
        id: problem.id.clone(),
        code: excerpt(&visible(&problem.device_id), MAX_NAME),
        name: excerpt(&visible(&problem.name), MAX_NAME),
        what: what_title(&problem.what, lang),
        unit: unit_name(&problem.unit, lang),
        first: problem.first.beijing("%Y-%m-%d"),
        days: *days,
        returns: problem.returns,
    };
    let has = |slot: &usize| period.weeks.iter().any(|week| week.rates.get(*slot).copied().flatten().is_some());
    let measured: Vec<usize> = (0..RateId::ALL.len()).filter(has).collect();
    let none = || "—".to_owned();
    let week = |week: &Week| WeekRow {
        name: week_name(week),
        runs: week.runs,
        counts: week.counts.map_or_else(
            || [none(), none(), none(), none()],
            |counts| [counts.occurred, counts.returned, counts.repaired, counts.open].map(grouped),
        ),
        rates: measured.iter().map(|slot| week.rates.get(*slot).copied().flatten().map_or_else(none, percent)).collect(),
    };
    let (total, most) = (grouped(period.units.len() as u64), grouped(MAX_UNITS as u64));
    let page = Page {
        lang,
        title: say!(lang, "视频监控设施检测 问题处理情况", "problems and rates over a time"),
        summary: screen(period),
        charts: lines(&period.runs, lang),
        chart: CHART,
        week_rates: measured.iter().filter_map(|slot| RateId::ALL.get(*slot)).map(|id| id.title().get(lang)).collect(),
        weeks: period.weeks.iter().map(week).collect(),
        units: period.units.iter().take(MAX_UNITS).map(|(unit, counts)| row(unit_name(unit, lang), *counts)).collect(),
        rules: period.rules.iter().map(|(what, counts)| row(what_title(what, lang), *counts)).collect(),
        oldest: period.oldest.iter().map(old).collect(),
        rest: (period.units.len() > MAX_UNITS).then(|| {
            say!(
                lang,
                "共 {total} 个单位，只列 {most} 个；全部见 period.csv。",
                "{total} units, {most} are shown; period.csv has them all."
            )
        }),
    };
    page.write_into(&mut *out).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_beijing_date("2026-11-01").unwrap().plus_seconds(day * 86_400 + 7_200)
    }

    fn problem(id: &str, unit: &str, (first, since): (i64, i64), closed: Option<i64>, returns: u32) -> Problem {
        Problem {
            id: id.to_owned(),
            device_id: id.to_owned(),
            what: "N03".into(),
            first: at(first),
            since: at(since),
            last: at(since),
            closed: closed.map(at),
            returns,
            name: "<b>".into(),
            unit: unit.to_owned(),
        }
    }

    fn made() -> Period {
        let problems = [
            problem("old", "甲公司", (-20, -20), None, 0),
            problem("new", "甲公司", (2, 2), None, 0),
            problem("gone", "乙公司", (-3, -3), Some(3), 0),
            problem("back", "", (-9, 4), None, 1),
            problem("later", "", (30, 30), None, 0),
            problem("long_gone", "丙公司", (-9, -9), Some(-2), 0),
            problem("repaired_later", "乙公司", (3, 3), Some(9), 0),
        ];
        let run = |day: i64, n: u64| RunRates {
            run: format!("r{day}"),
            at: at(day),
            complete: day != 1,
            cameras: 10,
            rates: [None, None, None, Some(Fraction::new(n, 10)), None],
            profile: "h".into(),
            problems: (day != -9).then_some([1, 0, n, 0, 2]),
        };
        let (from, to) = (at(0).plus_seconds(-7_200), at(7).plus_seconds(-7_200));
        let runs = vec![run(-9, 1), run(-2, 4), run(0, 5), run(1, 0), run(5, 8)];
        period("p", (from, to), runs, &problems, Lang::Zh)
    }

    #[test]
    fn a_week_is_told_by_unit_with_what_came_back() {
        let period = made();
        assert_eq!(period.total, Counts { occurred: 2, returned: 1, repaired: 1, open: 4 });
        assert_eq!(period.units.iter().map(|(unit, _)| unit.as_str()).collect::<Vec<_>>(), ["乙公司", "甲公司", ""]);
        assert_eq!(period.units[0].1.repair_rate().percent().unwrap(), "50.00", "one of its two was repaired after the time");
        assert_eq!(period.oldest[0].1, 26, "days in a row up to the last run");
        let shown = screen(&period);
        assert!(shown.contains("2026-11-01 至 2026-11-07") && shown.contains("4-2 出图率  50.00% → 80.00%（8/10）"), "{shown}");
    }

    #[test]
    fn a_week_stands_beside_the_one_before_it() {
        let period = made();
        let weeks: Vec<_> = period.weeks.iter().map(|week| (week.from, week.runs, week.counts, week.rates[3])).collect();
        let counts = |occurred, repaired, open| Some(Counts { occurred, returned: 0, repaired, open });
        assert_eq!(
            weeks,
            [
                (at(-7).plus_seconds(-7_200), 1, counts(1, 2, 5), Some(Fraction::new(4, 10))),
                (at(0).plus_seconds(-7_200), 3, counts(3, 6, 9), Some(Fraction::new(8, 10))),
            ],
            "what came before the week before is not looked at"
        );
        assert!(screen(&period).contains("4-2 出图率  50.00% → 80.00%（8/10），前一周 40.00%\n"));
        assert!(screen(&period).contains("末周较前一周  发生 1 → 3，反复 0 → 0，已修复 2 → 6，未修复 5 → 9\n"));
        assert_eq!(period.runs.len(), 3, "the time itself is as it was asked for");
        // A run that was not counted makes no sum.
        let uncounted = RunRates { problems: None, ..period.runs[0].clone() };
        assert_eq!(weeks_of(&[uncounted, period.runs[2].clone()], &period)[0].counts, None);
        let mut out = Vec::new();
        html(&period, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(page.contains("2026-10-25—10-31") && page.contains("未销号问题　6 → 9"), "{page}");
    }

    fn weeks_of(runs: &[RunRates], period: &Period) -> Vec<Week> {
        weeks(runs, (period.from, period.to))
    }

    #[test]
    fn the_page_escapes_and_draws_only_complete_runs() {
        let mut out = Vec::new();
        html(&made(), &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(!page.contains("<b>") && page.contains("0,1000 10000,400"), "{page}");
        let mut table = Vec::new();
        csv(&made(), &mut table).unwrap();
        assert!(String::from_utf8(table).unwrap().contains("责任单位,未归属,0,1,0,1,0.00"));
        let mut out = Vec::new();
        json(&made(), &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["total"]["open"], 4);
    }
}
