//! What a draft says of the five rates: which, how much, made of what, reached or not.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::text::{Block, Place};
use crate::base::fraction::Fraction;
use crate::profile::RateId;

/// A pattern, or nothing where it is none; a test holds that each of them is one.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// What a pattern finds.
pub(super) fn all<'t>(pattern: &'t Pattern, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
    pattern.as_ref().into_iter().flat_map(move |regex| regex.captures_iter(text))
}

/// Whether a pattern finds something.
pub(super) fn has(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

static NAME: Pattern = LazyLock::new(|| Regex::new("覆盖率|联网率|完好率|出图率|合规率").ok());
static PERCENT: Pattern = LazyLock::new(|| Regex::new(r"(\d{1,6}(?:\.\d{1,9})?)\s*%").ok());
static SLASH: Pattern = LazyLock::new(|| Regex::new(r"(\d[\d,]{0,11})\s*/\s*(\d[\d,]{0,11})").ok());
static COUNT: Pattern = LazyLock::new(|| Regex::new(r"(\d[\d,]{0,11})\s*(?:处|台|路|条|个|套|只)").ok());
static ASIDE: Pattern = LazyLock::new(|| Regex::new(r"\([^()]*\)").ok());
static BOUND: Pattern =
    LazyLock::new(|| Regex::new(r"(?:≥|>=?|达到?了?|不低于|不少于|超过)\s*\d[\d.]*\s*%|\d\s*%\s*(?:及?以上)").ok());

/// Words of a verdict, the longer ones first: 未达标 has 达标 in it.
pub(super) const VERDICTS: [&str; 8] = ["未达标", "不达标", "无法测量", "不适用", "待复测", "未判定", "不合格", "达标"];
/// Words of a result column.
const RESULT: [&str; 4] = ["完成情况", "验收结果", "检测结果", "测评结果"];

/// The verdict a text has, 未达标 for its other names.
pub(super) fn verdict(text: &str) -> Option<&'static str> {
    let first = VERDICTS.iter().filter_map(|word| Some((text.find(word)?, *word))).min_by_key(|(at, _)| *at)?;
    Some(if matches!(first.1, "不达标" | "不合格") { "未达标" } else { first.1 })
}

/// Whether a text names a bound: `≥90%`, `达到90%以上`.
pub(super) fn is_bound(text: &str) -> bool {
    has(&BOUND, text)
}

/// The percentages of a text.
pub(super) fn percents(text: &str) -> Vec<&str> {
    all(&PERCENT, text).filter_map(|found| found.get(1)).map(|found| found.as_str()).collect()
}

/// Whether a text names a rate.
pub(super) fn names_a_rate(text: &str) -> bool {
    has(&NAME, text)
}

/// What a rate is said to be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Nothing is said.
    Unsaid,
    /// Numerator and denominator.
    Of(Fraction),
    /// Numbers, but not which is which.
    Unclear,
}

/// One rate in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The block it stands in.
    pub(super) block: usize,
    /// Which rate.
    pub(super) id: RateId,
    /// How much, without its sign.
    pub(super) percent: Option<String>,
    /// Of what.
    pub(super) made: Made,
    /// 达标, 未达标 ...
    pub(super) verdict: Option<&'static str>,
    /// Whether the percentage is a bound.
    pub(super) bound: bool,
    /// The words.
    pub(super) text: String,
}

/// The rate of a name.
fn rate(name: &str) -> RateId {
    match name {
        "覆盖率" => RateId::Coverage,
        "联网率" => RateId::Networking,
        "完好率" => RateId::Intactness,
        "出图率" => RateId::Output,
        _ => RateId::Compliance,
    }
}

/// The name of a rate, as notices have it.
pub(super) const fn name(id: RateId) -> &'static str {
    match id {
        RateId::Coverage => "覆盖率",
        RateId::Networking => "联网率",
        RateId::Intactness => "完好率",
        RateId::Output => "出图率",
        RateId::Compliance => "合规率",
    }
}

/// Whether a row holds the titles of its table.
pub(super) fn is_title(block: &Block) -> bool {
    matches!(block.place, Place::Row { .. })
        && block
            .cells
            .iter()
            .any(|cell| RESULT.iter().any(|word| cell.contains(word)) && percents(cell).is_empty() && cell.chars().count() < 16)
}

/// What a block says of results: all of a paragraph, of a row its last cell.
pub(super) fn result(block: &Block) -> &str {
    block.cells.last().map_or("", String::as_str)
}

/// What every block says of rates.
pub(super) fn claims(blocks: &[Block]) -> Vec<Claim> {
    let mut found = Vec::new();
    for (number, block) in blocks.iter().enumerate().filter(|(_, block)| !is_title(block)) {
        for clause in result(block).split(['。', ';', '\n']) {
            in_clause(clause, number, &mut found);
        }
    }
    found
}

fn in_clause(clause: &str, block: usize, found: &mut Vec<Claim>) {
    let names: Vec<(usize, &str)> = all(&NAME, clause).filter_map(|n| n.get(0)).map(|n| (n.start(), n.as_str())).collect();
    let mut before = 0;
    for (at, (start, name)) in names.iter().enumerate() {
        let end = names.get(at + 1).map_or(clause.len(), |next| next.0);
        let after = clause.get(*start..end).unwrap_or_default();
        let percent = all(&PERCENT, after).find_map(|p| p.get(1));
        let lead = clause.get(before..*start).unwrap_or_default();
        // What stands between this percentage and the next name leads to the next.
        before = percent.map_or(before, |p| start + p.end());
        found.push(Claim {
            block,
            id: rate(name),
            percent: percent.map(|p| p.as_str().to_owned()),
            made: made(lead, after),
            verdict: verdict(after),
            bound: is_bound(after),
            text: format!("{}{after}", lead.trim_start_matches(['%', ',', ' '])),
        });
    }
}

fn made(lead: &str, after: &str) -> Made {
    let slash = all(&SLASH, after).chain(all(&SLASH, lead)).next();
    if let Some(pair) = slash {
        let part = |n: usize| pair.get(n).and_then(|text| number(text.as_str()));
        return part(1).zip(part(2)).map_or(Made::Unclear, |(n, d)| Made::Of(Fraction::new(n, d)));
    }
    // What stands in brackets is of something else.
    let plain = ASIDE.as_ref().map_or(lead.into(), |aside| aside.replace_all(lead, ""));
    let counts: Vec<u64> = all(&COUNT, &plain).filter_map(|c| number(c.get(1)?.as_str())).collect();
    match counts.as_slice() {
        [] => Made::Unsaid,
        // The whole is named first or last; it is the larger one.
        [one, other] => Made::Of(Fraction::new(*one.min(other), *one.max(other))),
        _ => Made::Unclear,
    }
}

fn number(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(RateId, Option<String>, Made, Option<&'static str>)> {
        let block = Block { place: Place::Paragraph(1), cells: vec![text.to_owned()] };
        claims(&[block]).into_iter().map(|c| (c.id, c.percent, c.made, c.verdict)).collect()
    }

    #[test]
    fn every_pattern_is_one() {
        for pattern in [&NAME, &PERCENT, &SLASH, &COUNT, &ASIDE, &BOUND] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn counts_before_and_fractions_after() {
        let of_9 = Made::Of(Fraction::new(8, 9));
        let one = (RateId::Networking, Some("88.88".to_owned()), of_9, Some("未达标"));
        assert_eq!(of("已安装摄像机9台,联网8台,联网率88.88%(未达标)"), std::slice::from_ref(&one));
        assert_eq!(of("联网率88.88%(8/9,未达标)"), [one]);
        assert_eq!(of("公共视频资源9路(平台登记总数 12 路,共享 9 路),出图5路,出图率55.55%")[0].2, Made::Of(Fraction::new(5, 9)));
        assert_eq!(of("出图率55.55%")[0].2, Made::Unsaid);
    }
}
