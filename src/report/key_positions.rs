//! 关键位置: position by position what is proven, and the installed cameras; for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::estate::Told;
use super::summary::{percent, ratio};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, grouped, visible};
use crate::position::link::{Hint, MAX_HINTS};
use crate::position::seen::Alive;
use crate::position::table::Note;
use crate::position::{Community, LifeState, PlanState};
use crate::probe::outcome::ProbeVerdict;
use crate::profile::{PositionClass, Proof};

/// Positions and installed cameras listed in `report.json`; the CSV files have them all.
const MAX_LISTED: usize = 500;
/// Characters shown of a name.
const MAX_NAME: usize = 80;
/// Characters shown of a cell.
const MAX_CELL: usize = 200;
/// Things named one by one in a line.
const MAX_NAMED: usize = 5;

const PLAN: Text = Text::new("点位表", "plan");
const LEDGER: Text = Text::new("台账", "ledger");
const UNDECLARED: Text = Text::new("未规划", "class not planned");

/// One position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionLine {
    /// Where it belongs.
    pub community: Community,
    /// 小区
    pub compound: String,
    /// 点位编号
    pub id: String,
    /// 类别
    pub class: PositionClass,
    /// What the plan calls a class beyond the four.
    pub class_name: String,
    /// 说明
    pub description: String,
    /// Whether it has to be watched.
    pub state: PlanState,
    /// Why not, and who agreed.
    pub reason: String,
    /// Who fixed the list, and when.
    pub surveyed: String,
    /// 覆盖
    pub covered: bool,
    /// The strongest proof there is, whether it counts or not.
    pub proof: Option<Proof>,
    /// The cameras that watch it: codes, or numbers of the ledger.
    pub cameras: Vec<String>,
    /// 联网: whether one of them is; nothing where none watches it.
    pub networked: Option<Alive>,
    /// 完好: whether one of them gives a picture; nothing where none watches it or none was called.
    pub intact: Option<bool>,
    /// Who saw it in a picture, and when.
    pub reviewed: Option<(String, String)>,
    /// Cameras that may watch it.
    pub hints: Vec<(String, Hint)>,
}

/// One installed camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledLine {
    /// Its code, or its number in the ledger.
    pub label: String,
    /// Its name, by the ledger or the catalogue.
    pub name: String,
    /// Where it belongs.
    pub community: Community,
    /// 小区
    pub compound: String,
    /// 责任单位, by the ledger.
    pub unit: String,
    /// Positions it watches.
    pub positions: Vec<String>,
    /// Positions it is named for beyond the profile's limit, which do not count.
    pub beyond: Vec<String>,
    /// What became of it.
    pub state: LifeState,
    /// The ledger has it, and not only the plan.
    pub in_ledger: bool,
    /// It is counted in networking and intactness.
    pub key: bool,
    /// 联网
    pub listed: bool,
    /// Whether it was alive within the days.
    pub alive: Alive,
    /// 完好; nothing where it cannot be told.
    pub intact: Option<bool>,
    /// What came of calling it.
    pub probe: ProbeVerdict,
    /// Why there is no picture proves nothing.
    pub doubtful: bool,
    /// No picture is expected of it.
    pub exempt: bool,
}

/// What the user's tables come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPositions {
    /// A plan was given.
    pub plan: bool,
    /// A ledger was given.
    pub ledger: bool,
    /// In the order of the plan.
    pub positions: Vec<PositionLine>,
    /// Of the ledger in its order, then those only the plan names, then those found.
    pub installed: Vec<InstalledLine>,
    /// Cameras the ledger says are gone, or never were: by state.
    pub gone: Vec<(String, LifeState)>,
    /// The three rates of each class.
    pub classes: Vec<(PositionClass, [Fraction; 3])>,
    /// Communities that have planned nothing in a class and not said that they have none.
    pub undeclared: Vec<(Community, PositionClass)>,
    /// Positions the ledger names and the plan does not have, with the row.
    pub unknown: Vec<(usize, String)>,
    /// Cells that were understood though they are not written as the table asks.
    pub notes: Vec<(String, Note)>,
    /// Days back cameras were looked for alive, and how many of our own runs told.
    pub lookback_days: u64,
    /// Runs that told.
    pub runs: u64,
    /// Cameras of the catalogue that are no public video.
    pub not_public: u64,
    /// Cameras with an approved exemption.
    pub exempt: u64,
    /// More of them than the profile lets pass without a word.
    pub many_exempt: bool,
    /// The community the run is about; empty: the whole platform.
    pub scope: String,
}

impl KeyPositions {
    /// Whether there is anything to show.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.plan || self.ledger
    }
}

/// A community for people.
#[must_use]
pub fn community_name(community: &Community, lang: Lang) -> String {
    match (community.name.as_str(), community.code.as_str()) {
        ("", "") => say!(lang, "未归属", "not assigned"),
        ("", code) => excerpt(&visible(code), MAX_NAME),
        (name, _) => excerpt(&visible(name), MAX_NAME),
    }
}

/// A class for people.
#[must_use]
pub fn class_name(line: &PositionLine, lang: Lang) -> String {
    if line.class_name.is_empty() {
        line.class.title().get(lang).to_owned()
    } else {
        excerpt(&visible(&line.class_name), MAX_NAME)
    }
}

/// Whether a position has to be watched, for people.
#[must_use]
pub const fn state_title(state: PlanState) -> Text {
    match state {
        PlanState::Active => Text::new("启用", "active"),
        PlanState::NotApplicable => Text::new("不适用", "does not apply"),
        PlanState::UnderConstruction => Text::new("在建", "under construction"),
    }
}

/// What became of a camera, for people.
#[must_use]
pub const fn life_title(state: LifeState) -> Text {
    match state {
        LifeState::InUse => Text::new("在用", "in use"),
        LifeState::Suspended => Text::new("停用", "suspended"),
        LifeState::Repair => Text::new("维修", "in repair"),
        LifeState::Removed => Text::new("拆除", "removed"),
        LifeState::NoCamera => Text::new("无摄像机", "no camera"),
    }
}

/// 覆盖判定 of a position, for people.
#[must_use]
pub const fn covered_title(line: &PositionLine) -> Text {
    match (line.state, line.covered) {
        (PlanState::NotApplicable, _) => Text::new("不适用", "does not apply"),
        (_, true) => Text::new("已覆盖", "covered"),
        (_, false) => Text::new("未覆盖", "not covered"),
    }
}

/// Whether a camera was alive, for people.
#[must_use]
pub const fn alive_title(alive: Option<Alive>) -> Text {
    match alive {
        Some(Alive::Yes) => Text::new("联网", "networked"),
        Some(Alive::No) => Text::new("未联网", "not networked"),
        Some(Alive::Unknown) => Text::new("无法判断", "cannot be told"),
        None => Text::new("—", "—"),
    }
}

/// 完好 of a camera, for people.
#[must_use]
pub const fn intact_title(intact: Option<bool>) -> Text {
    match intact {
        Some(true) => Text::new("完好", "intact"),
        Some(false) => Text::new("不完好", "not intact"),
        None => Text::new("无法判断", "cannot be told"),
    }
}

/// Why a camera may watch a position, for people.
#[must_use]
pub const fn hint_title(hint: Hint) -> Text {
    match hint {
        Hint::Capture => Text::new("采集部位编码相符", "its capture position agrees"),
        Hint::Word => Text::new("名称中有该类关键词", "its name has a word of the class"),
        Hint::Near => Text::new("距离相近", "it stands near"),
    }
}

fn yes_no(value: Option<bool>, lang: Lang) -> String {
    match value {
        Some(true) => say!(lang, "是", "yes"),
        Some(false) => say!(lang, "否", "no"),
        None => "—".to_owned(),
    }
}

/// What there is to say.
pub(super) fn told(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let own = &report.key_positions;
    let mut told = Vec::new();
    if !own.scope.is_empty() {
        let scope = excerpt(&visible(&own.scope), MAX_NAME);
        let title = Text::new("范围", "scope");
        told.push((title, say!(lang, "只统计社区：{scope}", "this run is about the community {scope} only")));
    }
    let many = |list: Vec<String>, n: usize| {
        let shown = list.join(say!(lang, "、", ", ").as_str());
        if n > MAX_NAMED { say!(lang, "{shown} 等 {n} 处", "{shown} and others, {n} in all") } else { shown }
    };
    if own.plan {
        let n = grouped(own.positions.len() as u64);
        let off = own.positions.iter().filter(|line| line.state == PlanState::NotApplicable).count();
        let building = own.positions.iter().filter(|line| line.state == PlanState::UnderConstruction).count();
        let text = say!(
            lang,
            "点位 {n} 处，其中不适用 {off} 处（不计入分母），在建 {building} 处（计入分母，未覆盖）",
            "{n} positions; {off} do not apply (left out), {building} under construction (counted, not covered)"
        );
        told.push((PLAN, text));
    }
    let unplanned = super::areas::without_plan(report);
    if unplanned > 0 {
        let n = grouped(unplanned);
        let text = say!(
            lang,
            "另有 {n} 个社区有摄像机而没有点位，不在覆盖率之内，各自无法测量",
            "{n} more communities have cameras and no position; they are no part of coverage and cannot be measured"
        );
        told.push((PLAN, text));
    }
    if !own.undeclared.is_empty() {
        let name = |(community, class): &(Community, PositionClass)| {
            let (community, class) = (community_name(community, lang), class.title().get(lang));
            say!(lang, "{community}的{class}", "{class} of {community}")
        };
        let list = many(own.undeclared.iter().take(MAX_NAMED).map(name).collect(), own.undeclared.len());
        let text = say!(
            lang,
            "既没有规划也没有说明不适用：{list}；这几项不能判为达标，请在点位表中补充",
            "neither planned nor declared not to be there: {list}; these cannot be judged reached, put them into the plan"
        );
        told.push((UNDECLARED, text));
    }
    let missed: Vec<String> = own
        .classes
        .iter()
        .filter_map(|(class, values)| {
            let threshold = report.rates.first().map_or(0, |rate| rate.threshold);
            let value = values.first().filter(|value| value.denominator > 0 && !value.reaches(threshold))?;
            let (class, ratio, percent) = (class.title().get(lang), ratio(*value), percent(*value));
            Some(format!("{class} {ratio} {percent}"))
        })
        .collect();
    if !missed.is_empty() {
        let list = missed.join(say!(lang, "，", ", ").as_str());
        let title = Text::new("分类覆盖", "coverage by class");
        told.push((title, say!(lang, "单独看未到要求：{list}", "missed by themselves: {list}")));
    }
    if own.ledger {
        told.extend(told_of_ledger(report));
    }
    if own.not_public > 0 {
        let n = grouped(own.not_public);
        let title = Text::new("非公共", "no public video");
        let text = say!(lang, "{n} 路，不计入出图率", "{n} cameras, not counted in image output");
        told.push((title, text));
    }
    if own.exempt > 0 {
        let n = grouped(own.exempt);
        let title = Text::new("豁免", "exempted");
        let text = if own.many_exempt {
            say!(
                lang,
                "{n} 路已批准不要求出图，超过口径提示的比例，请核对",
                "{n} cameras are exempted from pictures, more than the profile lets pass without a word"
            )
        } else {
            say!(lang, "{n} 路已批准不要求出图，另列算法", "{n} cameras are exempted from pictures, see the other readings")
        };
        told.push((title, text));
    }
    if !own.notes.is_empty() {
        let n = grouped(own.notes.len() as u64);
        let title = Text::new("填表", "tables");
        let text = say!(
            lang,
            "{n} 个单元格写法与要求不同，已按含义理解，见 tables.csv",
            "{n} cells are not written as the tables ask and were understood; see tables.csv"
        );
        told.push((title, text));
    }
    told
}

fn told_of_ledger(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let own = &report.key_positions;
    let mut told = Vec::new();
    let key = own.installed.iter().filter(|line| line.key);
    let (n, off) = (grouped(key.clone().count() as u64), grouped(key.clone().filter(|line| !line.listed).count() as u64));
    let gone = own.gone.len();
    let text = say!(
        lang,
        "关键位置摄像机 {n} 台，其中 {off} 台不在目录中（无法点播，按未证实完好计）；台账注明拆除或无摄像机 {gone} 台，不计入",
        "{n} cameras of key positions, {off} of them not in the catalogue (they cannot be called and count as not proven intact); {gone} removed or no camera by the ledger, left out"
    );
    told.push((LEDGER, text));
    let open = key.clone().filter(|line| line.listed && line.alive == Alive::Unknown).count();
    if open > 0 {
        let (days, runs) = (own.lookback_days, own.runs);
        let title = Text::new("联网存疑", "networking in doubt");
        let text = say!(
            lang,
            "{open} 台本次未见在线，历史不足 {days} 天（可用检测 {runs} 次），是否联网无法判断",
            "{open} cameras were not seen alive, and there are not {days} days of history ({runs} runs): whether they are networked cannot be told"
        );
        told.push((title, text));
    }
    let beyond = own.installed.iter().filter(|line| !line.beyond.is_empty()).count();
    if beyond > 0 {
        let title = Text::new("一机多点", "one camera, many positions");
        let text = say!(
            lang,
            "{beyond} 台摄像机被指定的点位超过口径上限，超出部分不计覆盖",
            "{beyond} cameras are named for more positions than the profile allows; those beyond do not count"
        );
        told.push((title, text));
    }
    if !own.unknown.is_empty() {
        let list: Vec<String> =
            own.unknown.iter().take(MAX_NAMED).map(|(row, id)| format!("{} ({row})", excerpt(&visible(id), 40))).collect();
        let (list, n) = (list.join(say!(lang, "、", ", ").as_str()), own.unknown.len());
        let title = Text::new("点位不符", "ledger and plan");
        let text = say!(
            lang,
            "台账中有 {n} 处点位编号不在点位表中：{list}（括号内为行号）",
            "{n} positions of the ledger are not in the plan: {list} (the row in brackets)"
        );
        told.push((title, text));
    }
    told
}

#[derive(Serialize)]
struct PositionJson<'a> {
    community: &'a str,
    community_code: &'a str,
    compound: &'a str,
    position_id: &'a str,
    class: &'static str,
    state: &'static str,
    covered: bool,
    proof: Option<&'static str>,
    cameras: &'a [String],
    networked: Option<bool>,
    intact: Option<bool>,
}

#[derive(Serialize)]
struct ClassJson {
    numerator: u64,
    denominator: u64,
    percent: Option<String>,
}

#[derive(Serialize)]
pub(super) struct KeyPositionsJson<'a> {
    plan: bool,
    ledger: bool,
    scope: &'a str,
    positions: u64,
    not_applicable: u64,
    under_construction: u64,
    installed: u64,
    key_cameras: u64,
    not_listed: u64,
    gone: u64,
    not_public: u64,
    exempt: u64,
    lookback_days: u64,
    history_runs: u64,
    undeclared: Vec<(&'a str, &'static str)>,
    classes: BTreeMap<&'static str, BTreeMap<&'static str, ClassJson>>,
    understood_cells: u64,
    list: Vec<PositionJson<'a>>,
}

/// The word of a state in results.
const fn state_key(state: PlanState) -> &'static str {
    match state {
        PlanState::Active => "active",
        PlanState::NotApplicable => "not_applicable",
        PlanState::UnderConstruction => "under_construction",
    }
}

/// For `report.json`.
pub(super) fn json(report: &Report) -> Option<KeyPositionsJson<'_>> {
    let own = &report.key_positions;
    if !own.is_given() {
        return None;
    }
    let of_state = |state| own.positions.iter().filter(|line| line.state == state).count() as u64;
    let value =
        |value: &Fraction| ClassJson { numerator: value.numerator, denominator: value.denominator, percent: value.percent() };
    let classes = own.classes.iter().map(|(class, values)| {
        (class.key(), ["coverage", "networking", "intactness"].into_iter().zip(values.iter().map(value)).collect())
    });
    let list = own.positions.iter().take(MAX_LISTED).map(|line| PositionJson {
        community: &line.community.name,
        community_code: &line.community.code,
        compound: &line.compound,
        position_id: &line.id,
        class: line.class.key(),
        state: state_key(line.state),
        covered: line.covered,
        proof: line.proof.map(Proof::key),
        cameras: &line.cameras,
        networked: line.networked.and_then(|alive| match alive {
            Alive::Yes => Some(true),
            Alive::No => Some(false),
            Alive::Unknown => None,
        }),
        intact: line.intact,
    });
    Some(KeyPositionsJson {
        plan: own.plan,
        ledger: own.ledger,
        scope: &own.scope,
        positions: own.positions.len() as u64,
        not_applicable: of_state(PlanState::NotApplicable),
        under_construction: of_state(PlanState::UnderConstruction),
        installed: own.installed.len() as u64,
        key_cameras: own.installed.iter().filter(|line| line.key).count() as u64,
        not_listed: own.installed.iter().filter(|line| line.key && !line.listed).count() as u64,
        gone: own.gone.len() as u64,
        not_public: own.not_public,
        exempt: own.exempt,
        lookback_days: own.lookback_days,
        history_runs: own.runs,
        undeclared: own
            .undeclared
            .iter()
            .map(|(community, class)| {
                (if community.name.is_empty() { community.code.as_str() } else { community.name.as_str() }, class.key())
            })
            .collect(),
        classes: classes.collect(),
        understood_cells: own.notes.len() as u64,
        list: list.collect(),
    })
}

/// The columns of `key_positions.csv`.
pub const POSITION_COLUMNS: [Text; 17] = [
    Text::new("社区", "community"),
    Text::new("小区", "compound"),
    Text::new("点位", "position"),
    Text::new("类别", "class"),
    Text::new("位置说明", "description"),
    Text::new("是否适用", "applies"),
    Text::new("覆盖判定", "coverage"),
    Text::new("证据等级", "proof"),
    Text::new("证据说明", "what proves it"),
    Text::new("摄像机", "cameras"),
    Text::new("联网", "networked"),
    Text::new("完好", "intact"),
    Text::new("复核人", "reviewer"),
    Text::new("复核时间", "reviewed on"),
    Text::new("原因及批准", "reason and approval"),
    Text::new("核定", "surveyed"),
    Text::new("线索（不计入）", "hints (do not count)"),
];

/// The hints of a position, and that there are more than are listed.
fn hints_told(hints: &[(String, Hint)], lang: Lang) -> Vec<String> {
    let hint = |(code, hint): &(String, Hint)| format!("{code} ({})", hint_title(*hint).get(lang));
    let mut told: Vec<String> = hints.iter().take(MAX_HINTS).map(hint).collect();
    if hints.len() > MAX_HINTS {
        told.push(say!(lang, "等，只列 {MAX_HINTS} 条", "and more, {MAX_HINTS} are listed"));
    }
    told
}

/// A row of `key_positions.csv`, as text.
#[must_use]
pub fn position_cells(line: &PositionLine, lang: Lang) -> [String; 17] {
    let list = |all: &[String]| all.join(say!(lang, "、", ", ").as_str());
    let hints = hints_told(&line.hints, lang);
    let (who, when) = line.reviewed.clone().unwrap_or_default();
    [
        community_name(&line.community, lang),
        line.compound.clone(),
        line.id.clone(),
        class_name(line, lang),
        line.description.clone(),
        state_title(line.state).get(lang).to_owned(),
        covered_title(line).get(lang).to_owned(),
        line.proof.map_or("", Proof::key).to_owned(),
        line.proof.map_or("", |proof| proof.title().get(lang)).to_owned(),
        list(&line.cameras),
        alive_title(line.networked).get(lang).to_owned(),
        yes_no(line.intact, lang),
        who,
        when,
        line.reason.clone(),
        line.surveyed.clone(),
        list(&hints),
    ]
}

/// The three rates of each class, as text.
pub(super) fn class_rows(report: &Report) -> Vec<(String, [String; 6])> {
    let cells = |values: &[Fraction; 3]| {
        let [coverage, networking, intactness] = values
            .map(|value| if value.denominator == 0 { ["—".to_owned(), "—".to_owned()] } else { [ratio(value), percent(value)] });
        let mut cells = [coverage, networking, intactness].into_iter().flatten();
        std::array::from_fn(|_| cells.next().unwrap_or_default())
    };
    report
        .key_positions
        .classes
        .iter()
        .map(|(class, values)| (class.title().get(report.lang).to_owned(), cells(values)))
        .collect()
}

/// The positions of the page, and a word on those that are left out.
pub(super) fn rows(report: &Report) -> super::html::List<[String; 17]> {
    let lang = report.lang;
    let all = &report.key_positions.positions;
    let shown = |line: &PositionLine| position_cells(line, lang).map(|cell| excerpt(&visible(&cell), MAX_CELL));
    let (total, most) = (grouped(all.len() as u64), grouped(MAX_LISTED as u64));
    let rest = (all.len() > MAX_LISTED).then(|| {
        say!(
            lang,
            "共 {total} 处，只列 {most} 处；全部见 key_positions.csv。",
            "{total} in all, {most} are shown; key_positions.csv has them all."
        )
    });
    super::html::List { rows: all.iter().take(MAX_LISTED).map(shown).collect(), rest }
}

/// `key_positions.csv`
pub(super) fn positions_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    table(out, &POSITION_COLUMNS, lang, report.key_positions.positions.iter().map(|line| position_cells(line, lang).to_vec()))
}

/// The columns of `installed.csv`.
pub const INSTALLED_COLUMNS: [Text; 12] = [
    Text::new("社区", "community"),
    Text::new("责任单位", "responsible unit"),
    Text::new("编码或台账编号", "code or ledger number"),
    Text::new("设备名称", "name"),
    Text::new("点位", "positions"),
    Text::new("超出上限的点位", "positions beyond the limit"),
    Text::new("台账状态", "state by the ledger"),
    Text::new("在台账中", "in the ledger"),
    Text::new("计入4-1", "counted in 4-1"),
    Text::new("在平台目录中", "in the catalogue"),
    Text::new("联网", "networked"),
    Text::new("出图", "picture"),
];

/// A row of `installed.csv`, as text.
#[must_use]
pub fn installed_cells(line: &InstalledLine, lang: Lang) -> [String; 12] {
    let list = |all: &[String]| all.join(say!(lang, "、", ", ").as_str());
    let picture = match line.probe {
        ProbeVerdict::Picture => say!(lang, "出图", "picture"),
        ProbeVerdict::NoPicture if line.doubtful => say!(lang, "未出图（存疑）", "no picture (doubtful)"),
        ProbeVerdict::NoPicture => say!(lang, "未出图", "no picture"),
        ProbeVerdict::Untested => say!(lang, "未检测", "not tested"),
    };
    [
        community_name(&line.community, lang),
        line.unit.clone(),
        line.label.clone(),
        line.name.clone(),
        list(&line.positions),
        list(&line.beyond),
        life_title(line.state).get(lang).to_owned(),
        yes_no(Some(line.in_ledger), lang),
        yes_no(Some(line.key), lang),
        yes_no(Some(line.listed), lang),
        alive_title(Some(if line.listed { line.alive } else { Alive::No })).get(lang).to_owned(),
        picture,
    ]
}

/// `installed.csv`
pub(super) fn installed_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    let lines = report.key_positions.installed.iter();
    table(out, &INSTALLED_COLUMNS, lang, lines.map(|line| installed_cells(line, lang).to_vec()))
}

const NOTE_COLUMNS: [Text; 5] = [
    Text::new("表", "table"),
    Text::new("行", "row"),
    Text::new("列", "column"),
    Text::new("原文", "cell"),
    Text::new("理解为", "understood as"),
];

/// `tables.csv`: what was understood in the user's tables.
pub(super) fn notes_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let notes = report.key_positions.notes.iter().map(|(name, note)| {
        vec![name.clone(), note.row.to_string(), note.column.to_owned(), note.cell.clone(), note.understood.clone()]
    });
    table(out, &NOTE_COLUMNS, report.lang, notes)
}

/// A table as CSV for spreadsheets.
pub(super) fn table(
    out: &mut dyn Write,
    columns: &[Text],
    lang: Lang,
    rows: impl Iterator<Item = Vec<String>>,
) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(columns.iter().map(|column| column.get(lang)))?;
    for cells in rows {
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_hints_than_are_listed_are_said() {
        let hints = |n: usize| vec![("37172300011320000001".to_owned(), Hint::Near); n];
        assert_eq!(hints_told(&hints(MAX_HINTS), Lang::Zh).len(), MAX_HINTS);
        let told = hints_told(&hints(MAX_HINTS + 1), Lang::Zh);
        assert_eq!((told.len(), told.last().map(String::as_str)), (MAX_HINTS + 1, Some("等，只列 5 条")));
    }
}
