//! Several platforms audited together: one summary above their folders, with the rates of all cameras.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;
use serde::Serialize;

use super::html::{RateRow, Waivers, rate_row, tally, waivers};
use super::json::{CauseJson, FieldJson, RateJson, ReadingJson, RuleJson, SCHEMA};
use super::summary::{percent, rate_table, span};
use super::waivers::{Shown, WaiversJson};
use super::{Exit, OutputFile, RuleCount, Tally};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped, visible};
use crate::catalog::CatalogState;
use crate::evidence::{Footprint, Header};
use crate::indicator::{Overall, RateResult, Reading};
use crate::probe::outcome::Cause;
use crate::profile::{Profile, RateId};
use crate::rules::FieldId;
use crate::rules::waiver::WaiverTally;

/// The files of the folder above.
pub const FILES: &[OutputFile<Union>] =
    &[OutputFile { name: "report.json", write: json }, OutputFile { name: "report.html", write: html }];

/// One platform of several.
#[derive(Debug)]
pub struct Part {
    /// Its name in the settings, which is its folder's too.
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
}

/// Several platforms, counted as one. Everything shown stands here.
#[derive(Debug)]
pub struct Union {
    /// The language of texts for people.
    pub lang: Lang,
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
    /// What was done to all platforms together.
    pub footprint: Footprint,
    /// Camera codes that stand in more than one platform's catalogue; such a camera counts in each.
    pub shared_codes: u64,
    /// What the waivers came to on all platforms, if any were given.
    pub waivers: Option<WaiverTally>,
}

impl Union {
    /// The worst end of any platform.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.parts.iter().map(|p| p.exit).max_by_key(|e| e.rank()).unwrap_or(Exit::Incomplete)
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

    fn waivers(&self) -> Option<Shown<'_>> {
        Shown::together(self, self.cameras())
    }

    fn shared(&self) -> Option<String> {
        let n = grouped(self.shared_codes);
        (self.shared_codes > 0).then(|| {
            say!(
                self.lang,
                "{n} 个摄像机编码出现在多个平台的目录中，在各平台分别计数，合计中未去重。",
                "{n} camera codes stand in the catalogues of several platforms; they count in each, and so more than once in the sum."
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
    folder: &'a str,
    complete: bool,
    state: &'static str,
    declared: u64,
    received: u64,
    missing: u64,
    cameras: u64,
    rates: BTreeMap<&'static str, RateJson>,
    overall: &'static str,
}

#[derive(Serialize)]
struct CatalogJson {
    declared: u64,
    received: u64,
    missing: u64,
    cameras: u64,
    shared_codes: u64,
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
                folder: &p.name,
                complete: p.exit != Exit::Incomplete,
                state: p.state.name(),
                declared: p.declared,
                received: p.received,
                missing: p.missing,
                cameras: p.cameras,
                rates: rates(&p.rates),
                overall: p.overall.key(),
            })
            .collect(),
        catalog: CatalogJson {
            declared: sum(|p| p.declared),
            received: sum(|p| p.received),
            missing: sum(|p| p.missing),
            cameras: union.cameras(),
            shared_codes: union.shared_codes,
        },
        rates: rates(&union.rates),
        overall: union.overall.key(),
        fields: FieldId::ALL.iter().zip(union.fields).map(|(field, tally)| (field.key(), FieldJson::of(tally))).collect(),
        readings: union.readings.iter().map(|r| ReadingJson::of(r, lang)).collect(),
        rules: union.rules.iter().map(RuleJson::of).collect(),
        causes: union.causes.iter().map(|(cause, n)| CauseJson::of(*cause, *n, lang)).collect(),
        waivers: union.waivers().map(|waivers| waivers.json()),
        footprint: union.footprint,
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

#[derive(Template)]
#[template(path = "union.html")]
struct Page<'a> {
    union: &'a Union,
    lang: Lang,
    period: String,
    overall: &'static str,
    tally: String,
    incomplete: bool,
    shared: Option<String>,
    waivers: Option<Waivers>,
    rates: Vec<RateRow>,
    parts: Vec<PartRow<'a>>,
    made_by: String,
}

struct PartRow<'a> {
    name: String,
    folder: &'a str,
    id: String,
    cameras: String,
    state: &'static str,
    output: String,
    compliance: String,
    verdict: &'static str,
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

fn html(union: &Union, out: &mut dyn Write) -> io::Result<()> {
    let lang = union.lang;
    let version = &union.header.version;
    let page = Page {
        union,
        lang,
        period: union.period(),
        overall: union.overall.title().get(lang),
        tally: tally(&union.rates, &union.counting, lang),
        incomplete: union.exit() == Exit::Incomplete,
        shared: union.shared(),
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
        folder: &part.name,
        id: excerpt(&visible(&part.id), 80),
        cameras: grouped(part.cameras),
        state: part.state.title().get(lang),
        output: rate(RateId::Output),
        compliance: rate(RateId::Compliance),
        verdict,
        class,
    }
}
