//! Which part of a block says what has been reached: all of a paragraph; of a row the column its titles name.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::claim::{Claim, From, Made, Pattern, all, has_a_rate, is_of_others, name, names, read, verdict};
use super::percent::{Budget, Kind, Percent, has_percent, in_digits, percents, plain};
use super::text::{Block, Place};
use super::{Draft, MAX_PLACES, Measured};
use crate::base::fraction::Fraction;
use crate::profile::RateId;

/// Titles of the column of results.
const RESULT: [&str; 12] = [
    "完成情况",
    "验收结果",
    "检测结果",
    "测评结果",
    "测试结果",
    "核查结果",
    "实测结果",
    "实测值",
    "达到情况",
    "完成值",
    "比率",
    "比例",
];
/// Titles of the column of verdicts.
const VERDICT: [&str; 7] = ["是否达标", "是否合格", "达标情况", "结论", "判定", "评定", "达标与否"];
/// Titles of the column of what is asked for.
const ASKED: [&str; 5] = ["标准", "要求", "阈值", "目标值", "指标值"];
/// Titles of columns of what a rate is made of.
const COUNTS: [&str; 5] = ["数", "数量", "分子", "分母", "总量"];
/// First words of rows that are of the notice itself.
const NOTES: [&str; 9] = ["检测时间", "检测日期", "验收时间", "公示", "备注", "说明", "注:", "联系", "报告编号"];
/// Characters of a title, at most.
const MAX_TITLE: usize = 16;
/// Characters of a cell that holds a verdict and nothing else, at most.
const MAX_VERDICT: usize = 8;

static COMMUNITY: Pattern = LazyLock::new(|| Regex::new(r"(\p{Lo}{1,10}?)社区").ok());
/// Words before 社区 that are no name of one.
const NO_NAME: [&str; 9] = ["智慧", "本", "该", "各", "全", "我", "型", "示范", "个"];

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Result,
    Verdict,
    Asked,
    Count,
    Rate(RateId),
    Other,
}

/// A block as the checks read it.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// What it says of results.
    pub(super) result: String,
    /// Whether it is a row of a table, but not its titles.
    pub(super) is_row: bool,
    /// Whether the table has titles that name a column of results.
    pub(super) is_titled: bool,
    /// Whose results they are: the community.
    pub(super) whose: String,
    /// The verdict in the columns behind.
    pub(super) verdict: Option<&'static str>,
    /// What the row asks for.
    pub(super) asked: Vec<Claim>,
    /// Whether the result is what is asked for once more, percentage by percentage.
    pub(super) repeats: bool,
    /// Whether all percentages of a row's result are bounds.
    pub(super) is_bound: bool,
    /// A percentage of a row that names rates, but not whose it is.
    pub(super) is_nameless: bool,
}

impl<'a> Draft<'a> {
    /// Reads a draft.
    pub(super) fn of(blocks: &'a [Block], measured: &'a [Measured]) -> Self {
        let mut draft = Self { blocks, measured, readings: Vec::new(), claims: Vec::new(), asked: BTreeMap::new(), unread: None };
        let mut titles: HashMap<usize, Vec<Role>> = HashMap::new();
        let mut asked = Vec::new();
        let mut budget = Budget::new(MAX_PLACES);
        for (number, block) in blocks.iter().enumerate() {
            let (reading, mut claims) = match block.place {
                Place::Paragraph(_) => {
                    let text = in_digits(block.cells.first().map_or("", String::as_str));
                    let (claims, own) = read(&text, number, From::Paragraph, &mut budget);
                    asked.extend(own);
                    (Reading { result: text, ..Reading::default() }, claims)
                }
                Place::Row { table, .. } => match title(&block.cells) {
                    Some(roles) => {
                        titles.insert(table, roles);
                        (Reading::default(), Vec::new())
                    }
                    None => row(&block.cells, titles.get(&table).map(Vec::as_slice), number, &mut budget),
                },
            };
            let mut reading = reading;
            if reading.whose.is_empty() {
                reading.whose = block.cells.iter().find_map(|cell| community(cell)).unwrap_or_default();
            }
            if draft.unread.is_none() && budget.is_spent {
                draft.unread = Some(number);
            }
            draft.claims.append(&mut claims);
            draft.readings.push(reading);
        }
        for claim in asked {
            if let Some(bound) = claim.bound {
                draft.asked.entry(claim.id).or_default().push(bound);
            }
        }
        draft
    }

    /// The blocks with what they say, titles and empty ones too.
    pub(super) fn read(&self) -> impl Iterator<Item = (usize, &Reading)> {
        self.readings.iter().enumerate()
    }

    /// The claims of a block.
    pub(super) fn claims_of(&self, block: usize) -> &[Claim] {
        let from = self.claims.partition_point(|claim| claim.block < block);
        let rest = self.claims.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|claim| claim.block == block)).unwrap_or_default()
    }

    /// What the draft asks of a rate: beside the claim, in its row, or in a sentence of its own where all of them say the same.
    pub(super) fn bound<'b>(&'b self, claim: &'b Claim) -> Option<&'b str> {
        let row = || self.readings.get(claim.block)?.asked.iter().find(|one| one.id == claim.id)?.bound.as_deref();
        let sentence = || {
            let bounds = self.asked.get(&claim.id)?;
            let (one, others) = bounds.split_first()?;
            others.iter().all(|other| plain(other) == plain(one)).then_some(one.as_str())
        };
        claim.bound.as_deref().or_else(row).or_else(sentence)
    }
}

/// The first community a text names, without what leads to its name: 东苑 of `关于某街道东苑社区`.
fn community(text: &str) -> Option<String> {
    let names = all(&COMMUNITY, text).filter_map(|found| found.get(1)).map(|found| found.as_str());
    let mut own = names.filter(|name| !NO_NAME.iter().any(|word| name.ends_with(word)));
    own.find_map(|name| {
        name.rsplit(['道', '镇', '乡', '县', '区', '市', '于', '在', '将', '对', '和', '与', '及', '中'])
            .find(|part| !part.is_empty())
            .map(str::to_owned)
    })
}

/// The roles of the columns, if a row holds titles.
fn title(cells: &[String]) -> Option<Vec<Role>> {
    if cells.iter().any(|cell| has_percent(cell)) {
        return None;
    }
    let roles: Vec<Role> = cells.iter().map(|cell| role(cell)).collect();
    let of = |wanted: fn(&Role) -> bool| roles.iter().filter(|role| wanted(role)).count();
    let (results, verdicts, rates) =
        (of(|role| *role == Role::Result), of(|role| *role == Role::Verdict), of(|role| matches!(role, Role::Rate(_))));
    let digits = cells.iter().any(|cell| cell.chars().any(|sign| sign.is_ascii_digit()));
    (results > 0 || !digits && (rates > 1 || rates == 1 && verdicts > 0)).then_some(roles)
}

fn role(cell: &str) -> Role {
    let cell = cell.trim_end_matches("(%)").trim();
    if cell.chars().count() >= MAX_TITLE {
        return Role::Other;
    }
    let bare = cell.split('(').next().unwrap_or_default().trim();
    let is = |words: &[&str]| words.iter().any(|word| bare.ends_with(word) || cell.ends_with(word));
    match names(cell).as_slice() {
        _ if is(&VERDICT) => Role::Verdict,
        _ if is(&RESULT) => Role::Result,
        [one] if cell.ends_with(name(*one)) && !is_of_others(cell) => Role::Rate(*one),
        _ if is(&ASKED) => Role::Asked,
        _ if is(&COUNTS) => Role::Count,
        _ => Role::Other,
    }
}

/// A row, and what it claims.
fn row(cells: &[String], roles: Option<&[Role]>, number: usize, budget: &mut Budget) -> (Reading, Vec<Claim>) {
    let roles = roles.unwrap_or_default();
    let with = |wanted: Role| roles.iter().zip(cells).filter(move |(role, _)| **role == wanted).map(|(_, cell)| cell.as_str());
    let rates: Vec<(RateId, &str)> = roles
        .iter()
        .zip(cells)
        .filter_map(|(role, cell)| if let Role::Rate(id) = role { Some((*id, cell.as_str())) } else { None })
        .collect();
    let titled = roles.iter().position(|role| *role == Role::Result).filter(|at| *at < cells.len());
    let at = titled.or_else(|| if rates.is_empty() { untitled(cells, budget) } else { None });
    let is_note = cells.iter().find(|cell| !cell.is_empty()).is_some_and(|cell| NOTES.iter().any(|word| cell.starts_with(word)));
    let mut reading = Reading { is_row: true, is_titled: titled.is_some() && !is_note, ..Reading::default() };
    let behind = at.map_or(0, |at| at + 1);
    reading.verdict = with(Role::Verdict)
        .find_map(verdict_cell)
        .or_else(|| cells.iter().skip(behind).filter(|_| at.is_some()).find_map(|cell| verdict(cell)));
    let mut claims = Vec::new();
    if !rates.is_empty() {
        reading.is_titled = rates.iter().any(|(_, cell)| !cell.is_empty());
        reading.whose = cells.iter().find(|cell| cell.chars().any(char::is_alphabetic)).cloned().unwrap_or_default();
        for (id, cell) in rates {
            // Under a title with its sign a figure may stand without.
            let sign = if cell.parse::<f64>().is_ok() { "%" } else { "" };
            claims.extend(read(&in_digits(&format!("{}{cell}{sign}", name(id))), number, From::Result, budget).0);
        }
        reading.result = claims.iter().map(|claim| claim.text.as_str()).collect::<Vec<_>>().join(",");
    }
    if let Some(at) = at {
        reading.result = in_digits(cells.get(at).map_or("", String::as_str));
        let before = cells.get(..at).unwrap_or_default().join(" ");
        let asked = Some(with(Role::Asked).collect::<Vec<_>>().join(" ")).filter(|asked| !asked.is_empty());
        let asked = in_digits(&asked.unwrap_or_else(|| before.clone()));
        let own = percents(&reading.result, 0, budget);
        let same = |other: &[Percent<'_>]| {
            own.len() == other.len() && own.iter().zip(other).all(|(a, b)| plain(a.value) == plain(b.value))
        };
        reading.repeats = !own.is_empty() && same(&percents(&asked, 0, budget));
        reading.is_bound = !own.is_empty() && own.iter().all(|one| one.kind == Kind::Bound);
        if !is_of_others(&before) {
            // A result without a name is of the rates its row is about.
            let about = Some(names(&asked)).filter(|about| !about.is_empty()).unwrap_or_else(|| names(&before));
            let about = about.iter().map(|id| name(*id)).collect::<Vec<_>>().join("、");
            let of = |text: &str| if names(text).is_empty() { format!("{about}{text}") } else { text.to_owned() };
            let result = of(&reading.result);
            claims.extend(read(&result, number, From::Result, budget).0);
            reading.asked = read(&of(&asked), number, From::Asked, budget).1;
            reading.is_nameless = claims.is_empty() && has_a_rate(&result);
        }
    }
    // Numerator and denominator in columns of their own: the whole is the larger one.
    let counts: Vec<u64> = with(Role::Count).filter_map(|cell| cell.replace(',', "").parse().ok()).collect();
    if let ([claim], [one, other]) = (claims.as_mut_slice(), counts.as_slice())
        && claim.made == Made::Unsaid
    {
        claim.made = Made::Of(Fraction::new(*one.min(other), *one.max(other)));
    }
    // A sentence of its own is of the whole cell: `…合规率85.00%。达标`.
    let apart = || reading.result.split(['。', ';', '\n']).filter(|clause| names(clause).is_empty()).find_map(verdict);
    let word = reading.verdict.or_else(apart);
    let silent = claims.iter().filter(|claim| claim.verdict.is_none()).count();
    // One missed rate makes a row missed: which of several it is, only 达标 says.
    for claim in claims.iter_mut().filter(|claim| claim.verdict.is_none()) {
        claim.verdict = word.filter(|word| silent == 1 || *word == "达标");
    }
    (reading, claims)
}

/// The cell of the result where no title says it: the last one that is not just a verdict or empty.
fn untitled(cells: &[String], budget: &mut Budget) -> Option<usize> {
    let full = |(_, cell): &(usize, &String)| !cell.is_empty();
    let last = cells.iter().enumerate().rev().find(full)?;
    let before = cells.iter().enumerate().take(last.0).rev().find(full);
    let is_verdict = verdict(last.1).is_some() && !has_percent(last.1) && last.1.chars().count() <= MAX_VERDICT;
    // `4, ≥90%, 达标` has no result but its verdict.
    before
        .filter(|(_, cell)| is_verdict && percents(cell, 0, budget).iter().any(|one| one.kind != Kind::Bound))
        .or(Some(last))
        .map(|(at, _)| at)
}

/// The verdict of a cell under a title that asks for one.
fn verdict_cell(cell: &str) -> Option<&'static str> {
    match cell.trim() {
        "是" | "√" | "✓" | "\u{2714}" | "合格" | "通过" => Some("达标"),
        "否" | "×" | "\u{2717}" | "\u{2718}" | "不通过" => Some("未达标"),
        other => verdict(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::text;

    fn claims(draft: &str) -> Vec<(RateId, Option<String>, Option<&'static str>)> {
        let blocks = text::read(draft.as_bytes()).unwrap();
        Draft::of(&blocks, &[]).claims.into_iter().map(|c| (c.id, c.percent, c.verdict)).collect()
    }

    fn figure(id: RateId, percent: &str, verdict: &'static str) -> (RateId, Option<String>, Option<&'static str>) {
        (id, Some(percent.to_owned()), Some(verdict))
    }

    #[test]
    fn the_titles_say_where_the_result_is() {
        assert!(COMMUNITY.is_some());
        let one = [figure(RateId::Output, "85.00", "达标")];
        for draft in [
            "序号\t标准要求\t检测结果\t是否达标\t备注\n4\t出图率≥80%\t出图率85.00%(17/20)\t达标\t合规率另报\n",
            "序号\t标准要求\t检测结果\t是否达标\n4\t出图率≥80%\t85.00%(17/20)\t是\n",
            "标准要求\t验收结果\t备注\t\n出图率≥80%\t出图率85.00%(17/20),达标\t\t\n",
            "\t标准要求\t验收结果\n\t出图率≥80%\t出图率85.00%(17/20),达标\n",
            "| 标准要求 | 验收结果 |\n|---|---|\n| 出图率≥80% | 出图率85.00%(17/20),达标 |\n",
            "出图率\t≥80%\t85.00%(17/20)\t达标\n",
            "社区\t出图率(%)\t是否达标\n东苑\t85.00\t√\n",
        ] {
            assert_eq!(claims(draft), one, "{draft}");
        }
    }

    #[test]
    fn numerators_in_columns_of_their_own() {
        let blocks = text::read("指标\t要求\t检测数\t合格数\t比率\t结论\n出图率\t≥80%\t20\t17\t85%\t达标\n".as_bytes()).unwrap();
        let claim = Draft::of(&blocks, &[]).claims.remove(0);
        assert_eq!((claim.made, claim.verdict), (Made::Of(Fraction::new(17, 20)), Some("达标")));
    }

    #[test]
    fn a_row_of_several_rates() {
        let found = claims("标准要求\t完成情况\n覆盖率、联网率≥90%,出图率≥80%\t95%、92%、85%,均达标\n");
        let wanted = [(RateId::Coverage, "95"), (RateId::Networking, "92"), (RateId::Output, "85")];
        assert_eq!(found, wanted.map(|(id, percent)| figure(id, percent, "达标")));
        let found = claims("标准要求\t完成情况\n出图率≥80%,合规率≥90%\t出图率85.00%(17/20)。合规率85.00%(17/20)。均达标\n");
        assert!(found.len() == 2 && found.iter().all(|claim| claim.2 == Some("达标")), "{found:?}");
        // Which of them is missed is not said.
        let found = claims("指标\t检测结果\t结论\n视频\t出图率75%,合规率92%\t未达标\n");
        assert!(found.iter().all(|claim| claim.2.is_none()), "{found:?}");
    }

    #[test]
    fn communities_and_what_only_looks_like_one() {
        let wanted = [
            ("关于某街道东苑社区智慧社区建设", Some("东苑")),
            ("智慧社区建设", None),
            ("本社区完成情况", None),
            ("位于东苑社区", Some("东苑")),
        ];
        for (text, name) in wanted {
            assert_eq!(community(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn rows_of_other_indicators_claim_nothing() {
        assert!(claims("指标\t标准要求\t完成情况\n宽带网络\t覆盖率≥90%\t覆盖率100%,达标\n").is_empty());
        assert!(claims("指标\t标准要求\t完成情况\n绿化\t≥30%\t35%,达标\n").is_empty());
    }
}
