//! `diff.json`, `mirror.json`, and the rows of their tables: a line a change.

use std::io::{self, Write};

use serde::Serialize;

use super::fields::FieldChange;
use super::mirror::{DEEDS, Difference, Mirror};
use super::sums::{Group, Sums};
use super::words::{absent, picture};
use super::{Diff, Moves, Note, RateChange, Recoded};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::visible;
use crate::catalog::Item;
use crate::indicator::RateResult;
use crate::manscdp::item::Element;
use crate::report::Report;
use crate::rules::Rule;

/// The schema of `diff.json`.
pub const DIFF_SCHEMA: &str = "gbaudit.diff/1";
/// The schema of `mirror.json`.
pub const MIRROR_SCHEMA: &str = "gbaudit.mirror/1";
/// Codes named as examples of an element that was changed on the way.
const EXAMPLES: usize = 3;

/// The columns of the tables, in order.
pub const COLUMNS: [Text; 10] = [
    Text::new("序号", "No."),
    Text::new("变化", "change"),
    Text::new("设备编码", "device code"),
    Text::new("原编码", "old code"),
    Text::new("设备名称", "name"),
    Text::new("字段或规则", "element or rule"),
    Text::new("前", "before"),
    Text::new("后", "after"),
    Text::new("责任单位", "responsible unit"),
    Text::new("所属录像机", "recorder"),
];

/// The columns of the table of sums, in order.
pub const GROUP_COLUMNS: [Text; 12] = [
    Text::new("序号", "No."),
    Text::new("分类", "by"),
    Text::new("编码", "code"),
    Text::new("名称", "name"),
    Text::new("类型", "kind"),
    Text::new("新增", "new"),
    Text::new("其中反复", "of these came back"),
    Text::new("消除", "closed"),
    Text::new("仍在", "still open"),
    Text::new("无法判断", "cannot tell"),
    Text::new("随不再出现的摄像机", "with cameras no longer there"),
    Text::new("随新出现的摄像机", "with cameras not there before"),
];

/// The columns of the mirror's table: what stands below comes before what stands above.
pub const MIRROR_COLUMNS: [Text; 8] = [
    Text::new("序号", "No."),
    Text::new("情况", "what was done"),
    Text::new("上级编码", "code above"),
    Text::new("下级编码", "code below"),
    Text::new("设备名称", "name"),
    Text::new("字段", "element"),
    Text::new("下级", "below"),
    Text::new("上级", "above"),
];

/// One row, without its number.
pub(super) type Row = Vec<String>;

fn shown(text: &str) -> String {
    visible(text).into_owned()
}

fn id(item: Option<&Item>) -> &str {
    item.map_or("", Item::id)
}

fn name(item: Option<&Item>) -> &str {
    item.and_then(|item| item.text(Element::Name)).unwrap_or_default()
}

fn row(what: &str, item: Option<&Item>, old: &str, about: &str, before: &str, after: &str) -> Row {
    [what, id(item), old, name(item), about, before, after].map(shown).to_vec()
}

/// Who answers for a camera, and what it hangs under.
fn placed(report: &Report, camera: usize) -> [String; 2] {
    let camera = report.cameras.get(camera);
    let unit = camera.and_then(|camera| report.units.get(camera.unit)).map_or("", |unit| &unit.unit);
    [shown(unit), shown(camera.and_then(|camera| camera.recorder.as_deref()).unwrap_or_default())]
}

/// The rows of `diff.csv`.
#[must_use]
pub fn rows(diff: &Diff<'_>) -> Vec<Row> {
    let lang = diff.after.lang;
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |(report, camera): (&Report, usize), row: Row| {
        rows.push(row.into_iter().chain(placed(report, camera)).collect());
    };
    let (before, after) = (diff.before, diff.after);
    let new = if diff.new_is_sure { say!(lang, "新增", "new") } else { say!(lang, "不能断定是否新增", "perhaps new") };
    diff.new.iter().for_each(|place| add((after, *place), row(&new, diff.young(*place), "", "", "", "")));
    let vanished = if diff.vanished_is_sure {
        say!(lang, "消失", "vanished")
    } else {
        say!(lang, "未收到，不能断定是否消失", "not received, perhaps vanished")
    };
    diff.vanished.iter().for_each(|place| add((before, *place), row(&vanished, diff.old(*place), "", "", "", "")));
    let recoded = say!(lang, "改码", "code changed");
    for Recoded { before, after: place, how } in &diff.recoded {
        let (old, young) = (diff.old(*before), diff.young(*place));
        add((after, *place), row(&recoded, young, id(old), how.title().get(lang), id(old), id(young)));
    }
    let changed = say!(lang, "字段变化", "record changed");
    for one in &diff.changed {
        for change in &one.fields {
            let (old, young) = (diff.old(one.before), diff.young(one.after));
            let old = if id(old) == id(young) { "" } else { id(old) };
            let title = change.element.title().get(lang);
            let row = row(&changed, young, old, title, absent(change.before), absent(change.after));
            add((after, one.after), row);
        }
    }
    for one in &diff.pictures {
        let pictures = if one.reopened {
            say!(lang, "出图变化（反复）", "picture changed (again)")
        } else {
            say!(lang, "出图变化", "picture changed")
        };
        add((after, one.after), row(&pictures, diff.young(one.after), "", "", picture(one.was, lang), picture(one.is, lang)));
    }
    let replayed = say!(lang, "画面与前次逐像素相同", "the very picture of the earlier run");
    diff.replayed.iter().for_each(|(_, place)| add((after, *place), row(&replayed, diff.young(*place), "", "", "", "")));
    for one in &diff.findings {
        let what = match (one.is_new, one.counts) {
            (true, true) if one.reopened => say!(lang, "新增不合规（反复）", "failure came back"),
            (true, true) => say!(lang, "新增不合规", "new failure"),
            (true, false) => say!(lang, "新增提示", "new remark"),
            (false, true) => say!(lang, "不合规消除", "failure closed"),
            (false, false) => say!(lang, "提示消除", "remark closed"),
        };
        let item = if one.is_new { diff.young(one.camera) } else { diff.old(one.camera) };
        let (was, is) = if one.is_new { ("", one.message) } else { (one.message, "") };
        add((if one.is_new { after } else { before }, one.camera), row(&what, item, "", one.rule, was, is));
    }
    rows
}

/// What a unit nobody knows, or a camera under no recorder, is called.
pub(super) fn group_name(group: &Group, nothing: Text, lang: Lang) -> String {
    match (&group.key, group.name.as_str()) {
        (None, _) => nothing.get(lang).to_owned(),
        (Some(key), "") => shown(key),
        (Some(_), name) => shown(name),
    }
}

/// Cameras nobody is known to answer for.
pub(super) const NO_UNIT: Text = Text::new("未归属", "not known");
/// Cameras that hang under no recorder of the catalogue.
pub(super) const NO_RECORDER: Text = Text::new("平台（不在录像机下）", "the platform (no recorder)");

/// The rows of `diff_groups.csv`: all together, by rule, by unit, by recorder; a kind of problem a row.
#[must_use]
pub fn group_rows(diff: &Diff<'_>) -> Vec<Row> {
    let lang = diff.after.lang;
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |by: &str, code: &str, name: &str, (kind, moves, in_book): (Text, Moves, bool)| {
        if moves.is_nothing() {
            return;
        }
        let Moves { new, reopened, closed, still, untold, only_before, only_after } = moves;
        // The book has no remarks.
        let back = if diff.has_book && in_book { reopened.to_string() } else { String::new() };
        let counts = [closed, still, untold, only_before, only_after].map(|n| n.to_string());
        let words = [by, code, name, kind.get(lang)].map(shown);
        rows.push(words.into_iter().chain([new.to_string(), back]).chain(counts).collect());
    };
    let kinds = |sums: &Sums| [(FAILURE, sums.failures, true), (REMARK, sums.remarks, false), (MISSING, sums.missing, true)];
    let all = say!(lang, "合计", "all");
    kinds(&diff.total).into_iter().for_each(|one| add(&all, "", "", one));
    let by = say!(lang, "规则", "rule");
    for rule in &diff.rules {
        let title = rule_title(rule.rule, lang);
        add(&by, rule.rule, &title, (FAILURE, rule.failures, true));
        add(&by, rule.rule, &title, (REMARK, rule.remarks, false));
    }
    let by = say!(lang, "责任单位", "unit");
    for group in &diff.units {
        let name = group_name(group, NO_UNIT, lang);
        kinds(&group.sums).into_iter().for_each(|one| add(&by, "", &name, one));
    }
    let by = say!(lang, "录像机", "recorder");
    for group in &diff.recorders {
        let name = if group.key.is_none() { NO_RECORDER.get(lang) } else { &group.name };
        kinds(&group.sums).into_iter().for_each(|one| add(&by, group.key.as_deref().unwrap_or_default(), name, one));
    }
    rows
}

const FAILURE: Text = Text::new("不合规", "failure");
const REMARK: Text = Text::new("提示", "remark");
const MISSING: Text = Text::new("未出图", "no picture");

/// What a rule is about, for people.
pub(super) fn rule_title(rule: &str, lang: Lang) -> String {
    Rule::find(rule).map(|rule| rule.page().side(lang).title.clone()).unwrap_or_default()
}

/// The rows of `mirror.csv`.
#[must_use]
pub fn mirror_rows(mirror: &Mirror<'_>) -> Vec<Row> {
    let lang = mirror.upper.lang;
    let below = |place: usize| mirror.lower.cameras.get(place).and_then(|camera| mirror.lower.item(camera.item));
    let above = |place: usize| mirror.upper.cameras.get(place).and_then(|camera| mirror.upper.item(camera.item));
    let one = |what: &str, up: &str, down: &str, item: Option<&Item>, about: &str, was: &str, is: &str| -> Row {
        [what, up, down, name(item), about, was, is].map(shown).to_vec()
    };
    let mut rows = Vec::new();
    let dropped = dropped_title(mirror, lang);
    rows.extend(mirror.dropped.iter().map(|p| one(&dropped, "", id(below(*p)), below(*p), "", "", "")));
    let invented = invented_title(mirror, lang);
    rows.extend(mirror.invented.iter().map(|p| one(&invented, id(above(*p)), "", above(*p), "", "", "")));
    let recoded = say!(lang, "改码", "code changed");
    for Recoded { before, after, how } in &mirror.recoded {
        let (down, up) = (below(*before), above(*after));
        rows.push(one(&recoded, id(up), id(down), up, how.title().get(lang), id(down), id(up)));
    }
    for difference in &mirror.differences {
        let (down, up) = (below(difference.lower), above(difference.upper));
        let about = difference.element.map_or("", |element| element.title().get(lang));
        let what = match difference.moved {
            Some((metres, how)) => {
                let (deed, way) = (difference.deed.title().get(lang), how.map_or("", |how| how.title().get(lang)));
                say!(lang, "{deed}：{way}（{metres} 米）", "{deed}: {way} ({metres} m)")
            }
            None => difference.deed.title().get(lang).to_owned(),
        };
        rows.push(one(&what, id(up), id(down), up, about, absent(difference.below), absent(difference.above)));
    }
    rows
}

/// What a camera below only is called.
pub(super) fn dropped_title(mirror: &Mirror<'_>, lang: Lang) -> String {
    if mirror.dropped_is_sure {
        say!(lang, "上级丢弃", "dropped")
    } else {
        say!(lang, "上级未收全，不能断定", "not received above, perhaps dropped")
    }
}

/// What a camera above only is called.
pub(super) fn invented_title(mirror: &Mirror<'_>, lang: Lang) -> String {
    if mirror.invented_is_sure {
        say!(lang, "上级多出", "invented")
    } else {
        say!(lang, "下级未收全，不能断定", "not received below, perhaps invented")
    }
}

#[derive(Serialize)]
struct RunJson<'a> {
    run: &'a str,
    started: String,
    platform: &'a str,
    platform_id: &'a str,
    state: &'static str,
    cameras: u64,
    profile: &'a str,
    profile_hash: String,
}

impl<'a> RunJson<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            run: &report.header.run_id,
            started: report.header.started().rfc3339(),
            platform: &report.header.platform.name,
            platform_id: &report.header.platform.id,
            state: report.catalog.state.name(),
            cameras: report.cameras.len() as u64,
            profile: &report.profile.id,
            profile_hash: report.profile.hash(),
        }
    }
}

#[derive(Serialize)]
struct NoteJson<'a> {
    id: &'static str,
    text: &'a str,
}

fn notes(notes: &[Note]) -> Vec<NoteJson<'_>> {
    notes.iter().map(|note| NoteJson { id: note.id, text: &note.text }).collect()
}

#[derive(Serialize)]
struct RateSideJson {
    numerator: Option<u64>,
    denominator: Option<u64>,
    percent: Option<String>,
    verdict: Option<&'static str>,
}

impl RateSideJson {
    fn of(rate: Option<&RateResult>) -> Self {
        let value = rate.and_then(|rate| rate.value);
        Self {
            numerator: value.map(|v| v.numerator),
            denominator: value.map(|v| v.denominator),
            percent: value.and_then(crate::base::fraction::Fraction::percent),
            verdict: rate.map(|rate| rate.verdict.key()),
        }
    }
}

#[derive(Serialize)]
struct RateJson {
    rate: &'static str,
    before: RateSideJson,
    after: RateSideJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<DifferenceJson>,
}

#[derive(Serialize)]
struct DifferenceJson {
    numerator: i128,
    denominator: i128,
}

impl RateJson {
    fn of(change: &RateChange<'_>) -> Self {
        Self {
            rate: change.rate.key(),
            before: RateSideJson::of(change.before),
            after: RateSideJson::of(change.after),
            difference: change.difference().map(|(numerator, denominator)| DifferenceJson { numerator, denominator }),
        }
    }
}

#[derive(Serialize)]
struct CountsJson {
    before: u64,
    after: u64,
    new: Option<u64>,
    vanished: Option<u64>,
    only_before: u64,
    only_after: u64,
    recoded: u64,
    changed: u64,
    unchanged: u64,
}

#[derive(Serialize)]
struct CameraJson<'a> {
    device_id: &'a str,
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
}

impl<'a> CameraJson<'a> {
    fn of(item: Option<&'a Item>) -> Self {
        let text = |element| item.and_then(|item| item.text(element));
        Self { device_id: id(item), name: text(Element::Name), status: text(Element::Status) }
    }
}

#[derive(Serialize)]
struct RecodedJson<'a> {
    old: &'a str,
    new: &'a str,
    name: Option<&'a str>,
    by: &'static str,
}

#[derive(Serialize)]
struct FieldJson<'a> {
    element: &'static str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangedJson<'a> {
    device_id: &'a str,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize)]
struct PictureJson<'a> {
    device_id: &'a str,
    before: &'static str,
    before_cause: Option<&'static str>,
    after: &'static str,
    after_cause: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reopened: bool,
}

#[derive(Serialize)]
struct MovesJson {
    new: u64,
    /// Of the new ones; nothing where the book of problems was not kept.
    reopened: Option<u64>,
    closed: u64,
    still: u64,
    untold: u64,
    only_before: u64,
    only_after: u64,
}

impl MovesJson {
    fn of(moves: Moves, has_book: bool) -> Self {
        let Moves { new, reopened, closed, still, untold, only_before, only_after } = moves;
        Self { new, reopened: has_book.then_some(reopened), closed, still, untold, only_before, only_after }
    }
}

#[derive(Serialize)]
struct SumsJson {
    failures: MovesJson,
    remarks: MovesJson,
    no_picture: MovesJson,
}

impl SumsJson {
    fn of(sums: &Sums, has_book: bool) -> Self {
        Self {
            failures: MovesJson::of(sums.failures, has_book),
            remarks: MovesJson::of(sums.remarks, false),
            no_picture: MovesJson::of(sums.missing, has_book),
        }
    }
}

#[derive(Serialize)]
struct UnitJson<'a> {
    unit: Option<&'a str>,
    #[serde(flatten)]
    sums: SumsJson,
}

#[derive(Serialize)]
struct RecorderJson<'a> {
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(flatten)]
    sums: SumsJson,
}

#[derive(Serialize)]
struct RuleJson {
    rule: &'static str,
    failures: MovesJson,
    remarks: MovesJson,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'static str,
    state: &'static str,
    counts: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reopened: bool,
    device_id: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct FieldCountJson {
    element: &'static str,
    cameras: u64,
}

#[derive(Serialize)]
struct DiffJson<'a> {
    schema: &'static str,
    before: RunJson<'a>,
    after: RunJson<'a>,
    notes: Vec<NoteJson<'a>>,
    rates: Vec<RateJson>,
    cameras: CountsJson,
    elements: Vec<FieldCountJson>,
    /// Whether the book of problems was kept in both runs.
    book: bool,
    total: SumsJson,
    rules: Vec<RuleJson>,
    units: Vec<UnitJson<'a>>,
    recorders: Vec<RecorderJson<'a>>,
    only_after: Vec<CameraJson<'a>>,
    only_before: Vec<CameraJson<'a>>,
    recoded: Vec<RecodedJson<'a>>,
    changed: Vec<ChangedJson<'a>>,
    pictures: Vec<PictureJson<'a>>,
    replayed: Vec<&'a str>,
    findings: Vec<FindingJson<'a>>,
}

/// Writes `diff.json`.
///
/// # Errors
/// When it cannot be written.
pub fn json(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sure = |list: &[usize], is_sure: bool| is_sure.then_some(list.len() as u64);
    let json = DiffJson {
        schema: DIFF_SCHEMA,
        before: RunJson::of(diff.before),
        after: RunJson::of(diff.after),
        notes: notes(&diff.notes),
        rates: diff.rates.iter().map(RateJson::of).collect(),
        cameras: CountsJson {
            before: diff.before.cameras.len() as u64,
            after: diff.after.cameras.len() as u64,
            new: sure(&diff.new, diff.new_is_sure),
            vanished: sure(&diff.vanished, diff.vanished_is_sure),
            only_before: diff.vanished.len() as u64,
            only_after: diff.new.len() as u64,
            recoded: diff.recoded.len() as u64,
            changed: diff.changed.len() as u64,
            unchanged: diff.unchanged,
        },
        elements: diff.fields.iter().map(|(e, n)| FieldCountJson { element: e.name(), cameras: *n }).collect(),
        book: diff.has_book,
        total: SumsJson::of(&diff.total, diff.has_book),
        rules: diff
            .rules
            .iter()
            .map(|r| RuleJson {
                rule: r.rule,
                failures: MovesJson::of(r.failures, diff.has_book),
                remarks: MovesJson::of(r.remarks, false),
            })
            .collect(),
        units: diff
            .units
            .iter()
            .map(|one| UnitJson { unit: one.key.as_deref(), sums: SumsJson::of(&one.sums, diff.has_book) })
            .collect(),
        recorders: diff
            .recorders
            .iter()
            .map(|one| RecorderJson {
                device_id: one.key.as_deref(),
                name: &one.name,
                sums: SumsJson::of(&one.sums, diff.has_book),
            })
            .collect(),
        only_after: diff.new.iter().map(|place| CameraJson::of(diff.young(*place))).collect(),
        only_before: diff.vanished.iter().map(|place| CameraJson::of(diff.old(*place))).collect(),
        recoded: diff.recoded.iter().map(|one| recoded(one, diff.old(one.before), diff.young(one.after))).collect(),
        changed: diff
            .changed
            .iter()
            .map(|one| ChangedJson { device_id: id(diff.young(one.after)), fields: one.fields.iter().map(field).collect() })
            .collect(),
        pictures: diff
            .pictures
            .iter()
            .map(|one| PictureJson {
                device_id: id(diff.young(one.after)),
                before: one.was.0.id(),
                before_cause: one.was.1.map(crate::probe::outcome::Cause::id),
                after: one.is.0.id(),
                after_cause: one.is.1.map(crate::probe::outcome::Cause::id),
                reopened: one.reopened,
            })
            .collect(),
        replayed: diff.replayed.iter().map(|(_, after)| id(diff.young(*after))).collect(),
        findings: diff
            .findings
            .iter()
            .map(|one| FindingJson {
                rule: one.rule,
                state: if one.is_new { "new" } else { "closed" },
                counts: one.counts,
                reopened: one.reopened,
                device_id: id(if one.is_new { diff.young(one.camera) } else { diff.old(one.camera) }),
                message: one.message,
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

const fn field<'a>(change: &FieldChange<'a>) -> FieldJson<'a> {
    FieldJson { element: change.element.name(), before: change.before, after: change.after }
}

fn recoded<'a>(one: &Recoded, old: Option<&'a Item>, young: Option<&'a Item>) -> RecodedJson<'a> {
    RecodedJson { old: id(old), new: id(young), name: young.and_then(|i| i.text(Element::Name)), by: one.how.key() }
}

#[derive(Serialize)]
struct MirrorJson<'a> {
    schema: &'static str,
    upper: RunJson<'a>,
    lower: RunJson<'a>,
    notes: Vec<NoteJson<'a>>,
    cameras: MirrorCountsJson,
    nodes: NodesJson,
    elements: Vec<ElementJson<'a>>,
    deeds: Vec<CountJson>,
    moves: Vec<CountJson>,
    dropped: Vec<CameraJson<'a>>,
    invented: Vec<CameraJson<'a>>,
    recoded: Vec<RecodedJson<'a>>,
    differences: Vec<MirrorLineJson<'a>>,
    unlisted: u64,
}

#[derive(Serialize)]
struct MirrorCountsJson {
    upper: u64,
    lower: u64,
    both: u64,
    dropped: Option<u64>,
    invented: Option<u64>,
    only_lower: u64,
    only_upper: u64,
    recoded: u64,
}

#[derive(Serialize)]
struct NodesJson {
    both: u64,
    only_lower: u64,
    only_upper: u64,
}

#[derive(Serialize)]
struct CountJson {
    kind: &'static str,
    cameras: u64,
}

#[derive(Serialize)]
struct ElementJson<'a> {
    element: &'static str,
    same: u64,
    altered: u64,
    emptied: u64,
    filled: u64,
    examples: Vec<&'a str>,
}

#[derive(Serialize)]
struct MirrorLineJson<'a> {
    kind: &'static str,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<&'static str>,
    lower: Option<&'a str>,
    upper: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metres: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<&'static str>,
}

/// Codes of cameras of which this element was changed on the way, the first few.
pub(super) fn examples<'r>(mirror: &Mirror<'r>, element: Element) -> Vec<&'r str> {
    let lower = mirror.lower;
    let of = |difference: &Difference<'r>| lower.cameras.get(difference.lower).and_then(|c| lower.item(c.item)).map(Item::id);
    mirror.differences.iter().filter(|d| d.element == Some(element)).filter_map(of).take(EXAMPLES).collect()
}

/// Writes `mirror.json`.
///
/// # Errors
/// When it cannot be written.
pub fn mirror_json(mirror: &Mirror<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (upper, lower) = (mirror.upper, mirror.lower);
    let below = |place: usize| lower.cameras.get(place).and_then(|camera| lower.item(camera.item));
    let above = |place: usize| upper.cameras.get(place).and_then(|camera| upper.item(camera.item));
    let sure = |list: &[usize], is_sure: bool| is_sure.then_some(list.len() as u64);
    let json = MirrorJson {
        schema: MIRROR_SCHEMA,
        upper: RunJson::of(upper),
        lower: RunJson::of(lower),
        notes: notes(&mirror.notes),
        cameras: MirrorCountsJson {
            upper: upper.cameras.len() as u64,
            lower: lower.cameras.len() as u64,
            both: mirror.both,
            dropped: sure(&mirror.dropped, mirror.dropped_is_sure),
            invented: sure(&mirror.invented, mirror.invented_is_sure),
            only_lower: mirror.dropped.len() as u64,
            only_upper: mirror.invented.len() as u64,
            recoded: mirror.recoded.len() as u64,
        },
        nodes: NodesJson { both: mirror.nodes.both, only_lower: mirror.nodes.dropped, only_upper: mirror.nodes.invented },
        elements: mirror
            .elements
            .iter()
            .map(|(element, tally)| ElementJson {
                element: element.name(),
                same: tally.same,
                altered: tally.altered,
                emptied: tally.emptied,
                filled: tally.filled,
                examples: examples(mirror, *element),
            })
            .collect(),
        deeds: DEEDS.iter().filter_map(|deed| Some(CountJson { kind: deed.key(), cameras: *mirror.deeds.get(deed)? })).collect(),
        moves: mirror.moves.iter().map(|(how, n)| CountJson { kind: how.key(), cameras: *n }).collect(),
        dropped: mirror.dropped.iter().map(|place| CameraJson::of(below(*place))).collect(),
        invented: mirror.invented.iter().map(|place| CameraJson::of(above(*place))).collect(),
        recoded: mirror.recoded.iter().map(|one| recoded(one, below(one.before), above(one.after))).collect(),
        differences: mirror
            .differences
            .iter()
            .map(|d| MirrorLineJson {
                kind: d.deed.key(),
                device_id: id(below(d.lower)),
                element: d.element.map(Element::name),
                lower: d.below,
                upper: d.above,
                metres: d.moved.map(|(metres, _)| metres),
                moved: d.moved.and_then(|(_, how)| how).map(super::fields::Move::key),
            })
            .collect(),
        unlisted: mirror.unlisted,
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}
