//! 复测记录: cameras called once more, each beside what an earlier run found, as lines for a screen and a paper for both parties.

use std::collections::HashMap;
use std::io::{self, Write};

use askama::Template;
use serde::Serialize;

use super::document::{Column, Document, Layout};
use super::summary::period;
use super::workbook::cell;
use super::{Camera, Exit, Report, confirmation};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, grouped, pad};
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;

/// Lines of the paper; of more the first, and it says so.
const MAX_ROWS: usize = 500;
/// Lines on the screen.
const MAX_LINES: usize = 200;
/// Characters of a name on the screen.
const MAX_NAME: usize = 24;

/// What a run found of a camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// 检测批次
    pub run: String,
    /// When it was called, or when the run ended.
    pub at: String,
    /// `picture`, `no_picture` or `untested`.
    pub result: &'static str,
    /// The fine cause; absent where there is a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The same for people.
    pub told: String,
    /// Milliseconds until the first picture that is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_ms: Option<u64>,
}

/// A camera called once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its code.
    pub device_id: String,
    /// Its name, as sent.
    pub name: String,
    /// What was found before.
    pub before: Option<Found>,
    /// What is found now; absent where the catalogue does not have it.
    pub now: Option<Found>,
    /// The name its snapshot is kept under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
}

/// A run of cameras that were named.
#[derive(Debug)]
pub struct Retest<'a> {
    report: &'a Report,
    lines: Vec<Line>,
    /// What each of them counts for; nothing where the catalogue does not have it.
    ends: Vec<Option<Exit>>,
}

/// Holds a run against an earlier one. `named`: the codes, in the order in which they are shown; none: every camera.
#[must_use]
pub fn retest<'a>(report: &'a Report, earlier: Option<&Report>, named: &[String]) -> Retest<'a> {
    let (now, before) = (by_code(report), earlier.map(by_code).unwrap_or_default());
    let every: Vec<String>;
    let named = if named.is_empty() {
        let mut codes: Vec<&str> = Vec::new();
        for camera in &report.cameras {
            codes.extend(report.item(camera.item).map(crate::catalog::Item::id));
        }
        codes.dedup();
        every = codes.into_iter().map(ToOwned::to_owned).collect();
        &every
    } else {
        named
    };
    let mut retest = Retest { report, lines: Vec::new(), ends: Vec::new() };
    for code in named {
        let camera = now.get(code.as_str()).copied();
        let old = earlier.zip(before.get(code.as_str()).copied());
        let name = camera.map(|camera| name(report, camera)).or_else(|| old.map(|(report, camera)| self::name(report, camera)));
        retest.ends.push(camera.map(end));
        retest.lines.push(Line {
            device_id: code.clone(),
            name: name.unwrap_or_default(),
            before: old.map(|(report, camera)| found(report, camera)),
            now: camera.map(|camera| found(report, camera)),
            snapshot: report.probes.get(code.as_str()).and_then(|record| record.snapshot.clone()),
        });
    }
    retest
}

/// The first line of each code.
fn by_code(report: &Report) -> HashMap<&str, &Camera> {
    let mut cameras = HashMap::new();
    for camera in &report.cameras {
        if let Some(item) = report.item(camera.item) {
            cameras.entry(item.id()).or_insert(camera);
        }
    }
    cameras
}

/// What a camera counts for by itself: what is doubtful proves nothing.
fn end(camera: &Camera) -> Exit {
    match camera.probe.verdict {
        ProbeVerdict::Picture => Exit::Reached,
        ProbeVerdict::NoPicture if camera.probe.why.is_none_or(|why| !why.doubtful) => Exit::Missed,
        ProbeVerdict::NoPicture | ProbeVerdict::Untested => Exit::Undecided,
    }
}

fn name(report: &Report, camera: &Camera) -> String {
    report.item(camera.item).and_then(|item| item.sent(Element::Name)).unwrap_or_default().to_owned()
}

fn found(report: &Report, camera: &Camera) -> Found {
    let probe = &camera.probe;
    let record = report.item(camera.item).and_then(|item| report.probes.get(item.id()));
    let attempt = probe.deciding.and_then(|index| record?.attempts.get(index));
    let began = attempt.and_then(|attempt| crate::base::time::Timestamp::parse_rfc3339(&attempt.started));
    Found {
        run: report.header.run_id.clone(),
        at: began.unwrap_or_else(|| report.header.finished()).beijing("%Y-%m-%d %H:%M:%S"),
        result: probe.verdict.id(),
        cause: probe.why.map(|why| why.id),
        told: match probe.verdict {
            ProbeVerdict::Picture => probe.verdict.title().get(report.lang).to_owned(),
            _ => {
                let (verdict, told) = (probe.verdict.title().get(report.lang), probe.told(report.lang));
                say!(report.lang, "{verdict}（{told}）", "{verdict} ({told})")
            }
        },
        picture_ms: attempt.and_then(|attempt| attempt.first_visible_ms).filter(|_| probe.verdict == ProbeVerdict::Picture),
    }
}

impl Retest<'_> {
    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How it ended: every camera gives a picture; one is proved to give none; one is not known, or not in the catalogue; the run
    /// did not come to its end.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.report.header.incomplete.is_some() || self.report.catalog.state.voids() {
            return Exit::Incomplete;
        }
        self.ends.iter().map(|end| end.unwrap_or(Exit::Undecided)).max_by_key(|end| end.rank()).unwrap_or(Exit::Undecided)
    }

    /// For a screen.
    #[must_use]
    pub fn render(&self) -> String {
        let lang = self.report.lang;
        let mut out = String::new();
        for line in self.lines.iter().take(MAX_LINES) {
            let now = line.now.as_ref().map_or_else(|| absent(lang), |now| now.told.clone());
            let seconds = line.now.as_ref().and_then(|now| now.picture_ms).map(|ms| seconds(ms, lang)).unwrap_or_default();
            let (code, name) = (excerpt(&line.device_id, 64), pad(&excerpt(&line.name, MAX_NAME), MAX_NAME));
            out.push_str(&format!("{code}  {name}  {}{seconds}\n", excerpt(&now, 120)));
            if let Some(before) = &line.before {
                let (told, run, at) = (excerpt(&before.told, 120), &before.run, &before.at);
                out.push_str(&say!(lang, "    原结果　{told}（批次 {run}，{at}）\n", "    before: {told} (run {run}, {at})\n"));
            }
        }
        if self.lines.len() > MAX_LINES {
            let (shown, all) = (MAX_LINES, grouped(self.lines.len() as u64));
            out.push_str(&say!(lang, "共 {all} 路，以上为前 {shown} 路\n", "{all} cameras, the first {shown} of them above\n"));
        }
        out.push_str(&self.sum());
        out.push('\n');
        out
    }

    /// How many of each end.
    fn sum(&self) -> String {
        let lang = self.report.lang;
        let of = |end| self.ends.iter().filter(|own| **own == end).count();
        let (lit, dark, absent) = (of(Some(Exit::Reached)), of(Some(Exit::Missed)), of(None));
        let (all, open) = (self.lines.len(), self.lines.len() - lit - dark - absent);
        say!(
            lang,
            "共 {all} 路：出图 {lit}，未出图 {dark}，存疑或未点播 {open}，目录中没有 {absent}",
            "{all} cameras: {lit} with a picture, {dark} without, {open} doubtful or not called, {absent} not in the catalogue"
        )
    }

    /// 复测记录表, to be signed by both parties.
    #[must_use]
    pub fn paper(&self) -> Document {
        let (report, lang) = (self.report, self.report.lang);
        let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
        let header = &report.header;
        let document =
            Document::new(t("复测记录表", "Record of a second measurement"), Some(header.finished()), Layout::Official);
        let mut document = document.marked(Some(report.audience.mark().get(lang))).in_small_print();
        let (run, when, name, id) = (&header.run_id, period(report), cell(&header.platform.name), cell(&header.platform.id));
        document.meta(&say!(lang, "复测批次 {run}　{when}", "run {run}, {when}"));
        document.meta(&say!(lang, "被测平台 {name}　{id}", "platform {name}, {id}"));
        document.note(&confirmation::sentence(header.confirmation.as_ref(), &report.profile, lang));
        document.note(t(
            "双方在场，对下列摄像机重新点播；原结果与复测结果并列，原结果不因复测而改写。",
            "With both parties watching, these cameras were called again; what was found before stands beside and is not rewritten.",
        ));
        let columns = [
            Column::number(t("序号", "No."), 6),
            Column::text(t("设备编码和名称", "device"), 30),
            Column::text(t("原结果", "before"), 26),
            Column::text(t("复测结果", "now"), 26),
            Column::text(t("双方意见", "remarks"), 12),
        ];
        let told = |found: &Found| {
            let picture = found.picture_ms.map(|ms| seconds(ms, lang)).unwrap_or_default();
            format!("{}{picture}\n{}\n{}", cell(&found.told), found.at, found.run)
        };
        let rows: Vec<Vec<String>> = (1_u64..)
            .zip(&self.lines)
            .take(MAX_ROWS)
            .map(|(number, line)| {
                vec![
                    number.to_string(),
                    format!("{}\n{}", cell(&line.device_id), cell(&line.name)),
                    line.before.as_ref().map_or_else(|| t("没有原结果", "nothing known").to_owned(), told),
                    line.now.as_ref().map_or_else(|| absent(lang), told),
                    String::new(),
                ]
            })
            .collect();
        document.table(&columns, rows.iter().map(Vec::as_slice));
        super::paper::rest(&mut document, rows.len(), self.lines.len(), lang);
        let sm3 = &report.head.sm3;
        document.note(&say!(lang, "复测证据摘要（SM3）　{sm3}", "digest of the evidence (SM3): {sm3}"));
        let columns = [Column::text("", 50), Column::text("", 50)];
        let sign = [vec![
            t("检测单位（盖章）：\n\n日期：", "who audits (seal):\n\ndate:").to_owned(),
            t("被测平台管理单位（盖章）：\n\n日期：", "who runs the platform (seal):\n\ndate:").to_owned(),
        ]];
        document.table(&columns, sign.iter().map(Vec::as_slice));
        document
    }
}

#[derive(Template)]
#[template(path = "retest.html")]
struct Page<'a> {
    lang: Lang,
    title: String,
    about: String,
    how: String,
    sum: String,
    cameras: Vec<Shown<'a>>,
    made_by: String,
}

impl Page<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        Text::new(zh, en).get(self.lang)
    }
}

struct Shown<'a> {
    number: usize,
    code: &'a str,
    name: String,
    result: String,
    picture: Option<String>,
}

/// A page with the pictures of cameras that were drawn, one file. `pictures`: their snapshots, in the order of the lines.
///
/// # Errors
/// When it cannot be written.
pub fn page(retest: &Retest<'_>, seed: u64, pictures: &[Option<Vec<u8>>], out: &mut dyn Write) -> io::Result<()> {
    let (report, lang) = (retest.report, retest.report.lang);
    let (run, when, name) = (&report.header.run_id, period(report), cell(&report.header.platform.name));
    let population = report.header.conduct.sampling.as_ref().map_or(0, |sampling| sampling.population);
    let (all, drawn) = (grouped(population), retest.lines.len());
    let cameras = retest.lines.iter().zip(pictures).zip(1..).map(|((line, picture), number)| Shown {
        number,
        code: &line.device_id,
        name: cell(&line.name),
        result: line.now.as_ref().map_or_else(
            || absent(lang),
            |now| {
                let taken = now.picture_ms.map(|ms| seconds(ms, lang)).unwrap_or_default();
                format!("{}{taken}", now.told)
            },
        ),
        picture: picture.as_deref().map(super::kit::data_uri),
    });
    let page = Page {
        lang,
        title: say!(lang, "{name}　现场抽查", "{name}: a check on the spot"),
        about: say!(lang, "批次 {run}　{when}", "run {run}, {when}"),
        how: say!(
            lang,
            "居民报出的数字（种子）{seed}，从目录的 {all} 路摄像机中抽取 {drawn} 路",
            "the number the residents named (the seed) is {seed}; {drawn} of the {all} cameras of the catalogue were drawn"
        ),
        sum: retest.sum(),
        cameras: cameras.collect(),
        made_by: super::html::prose::made_by(report),
    };
    page.write_into(out)
}

fn absent(lang: Lang) -> String {
    say!(lang, "目录中没有这个编码", "not in the catalogue")
}

fn seconds(ms: u64, lang: Lang) -> String {
    let (whole, tenths) = (ms / 1_000, ms % 1_000 / 100);
    say!(lang, "，{whole}.{tenths} 秒", ", {whole}.{tenths} s")
}
