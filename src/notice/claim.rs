//! What a draft says of the five rates: which, how much, made of what, reached or not.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::percent::{Budget, Kind, Percent, first, has_percent, last, percents};
use crate::base::fraction::Fraction;
use crate::profile::RateId;

/// A pattern, or nothing where it is none; a test holds that each of them is one. Chinese characters are `\p{Lo}`: scripts are not
/// among the features `regex` is built with, though those of the tests have them.
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
/// What may stand between names that share what follows: `联网率、摄像机完好率`.
static LISTED: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?:、|,|和|与|及|以及|/)\s*\p{Lo}{0,8}\s*$").ok());
static CHAIN: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:\d{1,3}(?:,\d{3})+(?-u:\b)|\d{1,12})(?:\s*[处台路条个套只部]?\s*[/÷]\s*(?:\d{1,3}(?:,\d{3})+(?-u:\b)|\d{1,12}))+",
        r"|分子\D{0,6}?(\d{1,12})\D{0,12}?分母\D{0,6}?(\d{1,12})"
    ))
    .ok()
});
/// What stands before a day written as 11/20.
static DAY: Pattern = LazyLock::new(|| Regex::new(r"(?:时间|日期|截至|截止|[.\-/])\s*:?\s*$").ok());
static COUNT: Pattern = LazyLock::new(|| Regex::new(r"(\d{1,3}(?:,\d{3})+|\d{1,12})\s*(?:处|台|路|条|个|套|只|部)").ok());
/// What is counted, but not cameras.
static NOT_CAMERAS: Pattern =
    LazyLock::new(|| Regex::new("^(?:小区|社区|工作日|自然日|月|比率|指标|百分点|街道|单元|平台|项目|小组|工作组|批次)").ok());
/// Words of a count that is the whole.
static WHOLE: Pattern = LazyLock::new(|| Regex::new("共|总|规划|应建|应有|登记|安装|资源|记录").ok());
static ASIDE: Pattern = LazyLock::new(|| Regex::new(r"\([^()]*\)").ok());
static ASIDES: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?:\([^()]*\)\s*)+").ok());
static VERDICT: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"是否达标\s*:?\s*(是|否)?|达标(?:率|情况|标准|要求|线|验收)",
        r"|((?:未|不|没有|没|尚不)(?:能|完全|全部|全面|予|曾)?(?:达标|合格))|(无法测量|不适用|待复测|未判定|达标)"
    ))
    .ok()
});
/// The same said of a rate in other words; a row of a table has to say 达标 or 未达标.
static MISSES: Pattern = LazyLock::new(|| Regex::new("(?:未能?|不|没有?|不能)(?:达到|符合|满足)").ok());
static MEETS: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[^应须需否要如若])(?:(?:符合|满足|达到)[^,%\d]{0,6}(?:标准|要求)|(?:为|:|,|核验|验收|检测|^)\s*合格(?:$|[,。;)]))",
    )
    .ok()
});
/// A verdict of everything before it.
static ALL: Pattern = LazyLock::new(|| Regex::new("(?:均|全部|都|皆)已?达标").ok());
/// A verdict that leads to the rates it is of: `达标指标：覆盖率、联网率`.
static LEADING: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:达标|合格)(?:的?(?:指标|比率|项目|项)(?:有|为|包括|是)?\s*:?|的?(?:有|为|包括|是)\s*:?|\s*:)\s*\p{Lo}{0,6}$")
        .ok()
});
/// Words of a count of what is not in order, and of a count that is all.
static FAILING: Pattern = LazyLock::new(|| {
    Regex::new("^[^,。;、()]{0,6}?(?:黑屏|无图|故障|离线|掉线|损坏|异常|缺失|(?:未|不|没有|无法)(?:能|正常)?(?:出图|合规|联网|覆盖|在线|达标|完好))").ok()
});
static EVERY: Pattern = LazyLock::new(|| Regex::new("全部|均|都").ok());
/// Words of what is asked for, and of what has been reached.
static ASKS: Pattern = LazyLock::new(|| Regex::new("要求|标准|应当|应达|应为|须|规定|目标|阈值").ok());
static REACHED: Pattern =
    LazyLock::new(|| Regex::new("符合|满足|实测|实际|经检测|经验收|经测|经核|已达|完成|达标|结果|优于|高于标准").ok());
static DEFINES: Pattern = LazyLock::new(|| Regex::new(r"%[^,%]{0,6}(?:视?为|方|算|即)(?:达标|合格)").ok());
/// Only what is asked for follows.
static STANDARD: Pattern = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\(?[\d一二三四五六七八九十]{1,2}[).、]\s*)?(?:验收|指标|评价|建设)?(?:标准|要求)+\s*:").ok()
});
/// Rates of other things, as other rows of a notice have them.
static OTHERS: Pattern = LazyLock::new(|| {
    Regex::new("(?i)网络|宽带|光纤|[45]G|wi-?fi|wlan|无线|信号|绿化|消防设施|消防器材|灭火器|电梯|路灯|门禁|道闸|充电|服务|医疗|养老|垃圾|资金|合同").ok()
});
static OURS: Pattern = LazyLock::new(|| Regex::new("视频|监控|摄像|关键位置|点位|目录|出图率").ok());
/// Kinds of key positions: a rate of one of them is no rate of all.
static KINDS: Pattern = LazyLock::new(|| Regex::new("出入口|停车|主干道|消防通道|周界|电梯厅|广场").ok());

/// Characters before a name in which its numbers are looked for.
const MAX_LEAD: usize = 200;
/// Characters of a claim that are kept to show it.
const MAX_SAYS: usize = 160;
/// Characters before a name that say whose rate it is.
const BEFORE_NAME: usize = 12;

/// The verdict a text has, 未达标 for its other names.
pub(super) fn verdict(text: &str) -> Option<&'static str> {
    all(&VERDICT, text).find_map(|found| match (found.get(1), found.get(2), found.get(3)) {
        (Some(asked), ..) => Some(if asked.as_str() == "是" { "达标" } else { "未达标" }),
        (_, Some(_), _) => Some("未达标"),
        (.., Some(word)) => ["无法测量", "不适用", "待复测", "未判定", "达标"].into_iter().find(|one| *one == word.as_str()),
        _ => None,
    })
}

/// Whether a text is of other things than cameras.
pub(super) fn is_of_others(text: &str) -> bool {
    has(&OTHERS, text) && !has(&OURS, text)
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
    /// The kind of key positions, where it is the rate of one kind.
    pub(super) part: Option<String>,
    /// The figure, without its sign.
    pub(super) percent: Option<String>,
    /// The bound beside it.
    pub(super) bound: Option<String>,
    /// Of what.
    pub(super) made: Made,
    /// 达标, 未达标 ...
    pub(super) verdict: Option<&'static str>,
    /// The words.
    pub(super) text: String,
}

impl Claim {
    /// Whether a bound stands where a figure should; what says that it was missed claims nothing by it.
    pub(super) fn is_bound_only(&self) -> bool {
        self.bound.is_some() && self.percent.is_none() && self.made == Made::Unsaid && self.verdict != Some("未达标")
    }

    fn says_something(&self) -> bool {
        self.percent.is_some() || self.bound.is_some() || self.verdict.is_some() || self.made != Made::Unsaid
    }
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

/// The rates a text names, each once, in the order of the text.
pub(super) fn names(text: &str) -> Vec<RateId> {
    let mut found = Vec::new();
    for id in all(&NAME, text).filter_map(|one| one.get(0)).map(|one| rate(one.as_str())) {
        if !found.contains(&id) {
            found.push(id);
        }
        if found.len() == RateId::ALL.len() {
            break;
        }
    }
    found
}

/// What is said in a text, by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// A paragraph: it may say what is asked for.
    Paragraph,
    /// What a row has reached.
    Result,
    /// What a row asks for: every percentage is a bound.
    Asked,
}

/// What a text says of rates: what is reached, and what is asked for.
pub(super) fn read(text: &str, block: usize, from: From, budget: &mut Budget) -> (Vec<Claim>, Vec<Claim>) {
    let (mut reached, mut asked) = (Vec::new(), Vec::new());
    for clause in text.split(['。', ';', '\n']) {
        let standard = from == From::Asked || has(&STANDARD, clause) && !has(&REACHED, clause);
        let mut own = in_clause(clause, block, standard, budget);
        let defines = standard || from == From::Paragraph && has(&DEFINES, clause);
        let asks = defines || from == From::Paragraph && has(&ASKS, clause) && !has(&REACHED, clause);
        if asks {
            let is_asked = |one: &mut Claim| one.percent.is_none() && one.bound.is_some() && (defines || one.verdict.is_none());
            asked.extend(own.extract_if(.., is_asked));
        }
        reached.append(&mut own);
        if budget.is_spent {
            break;
        }
    }
    (reached, asked)
}

/// A name in a clause; none that is of other things.
struct Name {
    start: usize,
    end: usize,
    id: Option<RateId>,
    part: Option<String>,
}

fn named(clause: &str, budget: &mut Budget) -> Vec<Name> {
    let of = |found: Captures<'_>| {
        let found = found.get(0)?;
        let before = last(clause.get(..found.start())?, BEFORE_NAME);
        // What stands before the last sign or number is not of this name.
        let before = before.rsplit(|sign: char| !(sign.is_alphabetic() || sign == '-' || sign == '5' || sign == '4')).next()?;
        let part = if before.contains("关键位置") { None } else { all(&KINDS, before).find_map(|kind| kind.get(0)) };
        Some(Name {
            start: found.start(),
            end: found.end(),
            id: Some(rate(found.as_str())).filter(|id| *id == RateId::Output || !is_of_others(before)),
            part: part.map(|kind| kind.as_str().to_owned()),
        })
    };
    all(&NAME, clause).take_while(|_| budget.take()).filter_map(of).collect()
}

fn in_clause(clause: &str, block: usize, standard: bool, budget: &mut Budget) -> Vec<Claim> {
    let names = named(clause, budget);
    let mut found: Vec<Claim> = Vec::new();
    let (mut before, mut rest) = (0, names.as_slice());
    while let Some(start) = rest.first().map(|name| name.start) {
        // Names in a row share what follows: `覆盖率、联网率分别为95%、92%`.
        let listed = |pair: &[Name]| match pair {
            [one, next] => {
                one.id.is_some() == next.id.is_some()
                    && clause.get(one.end..next.start).is_some_and(|between| has(&LISTED, between))
            }
            _ => false,
        };
        let size = 1 + rest.windows(2).take_while(|pair| listed(pair)).count();
        let (group, others) = rest.split_at(size.min(rest.len()));
        rest = others;
        let end = rest.first().map_or(clause.len(), |next| next.start);
        let tail_start = group.last().map_or(start, |name| name.end);
        let segment = Segment { clause, before, start, tail_start, end, is_last: rest.is_empty() };
        let (claims, used) = segment.claims(group, block, standard, budget);
        // What stands between these figures and the next name leads to the next.
        before = used.unwrap_or(before);
        found.extend(claims.into_iter().filter(Claim::says_something));
    }
    if has(&ALL, clause) {
        for claim in found.iter_mut().filter(|claim| claim.verdict.is_none()) {
            claim.verdict = Some("达标");
        }
    }
    found
}

/// Names and what is said of them.
struct Segment<'t> {
    clause: &'t str,
    /// Where the words before the names begin.
    before: usize,
    /// Where the first name begins.
    start: usize,
    /// Where the last name ends.
    tail_start: usize,
    /// Where the next name begins.
    end: usize,
    /// Whether no name follows.
    is_last: bool,
}

impl Segment<'_> {
    /// The claims, and how far the clause is used up.
    fn claims(&self, group: &[Name], block: usize, standard: bool, budget: &mut Budget) -> (Vec<Claim>, Option<usize>) {
        let until = self.clause.get(..self.end).unwrap_or_default();
        let tail = until.get(self.tail_start..).unwrap_or_default();
        let lead = last(self.clause.get(self.before..self.start).unwrap_or_default(), MAX_LEAD);
        let mut figures = percents(until, self.tail_start, budget);
        let mut bounds: Vec<Percent<'_>> = figures.extract_if(.., |one| standard || one.kind == Kind::Bound).collect();
        bounds.retain(|one| one.kind != Kind::Other);
        if figures.iter().any(|one| one.kind == Kind::Changed) {
            figures.retain(|one| one.kind == Kind::Changed);
        }
        figures.retain(|one| one.kind != Kind::Other);
        let fractions = fractions(tail);
        let mut used = figures.first().map(|one| one.end);
        if group.len() > 1 {
            used = figures.last().map(|one| one.end);
        }
        let behind = used.and_then(|at| until.get(at..)).unwrap_or_default();
        let aside = ASIDES.as_ref().and_then(|asides| asides.find(behind));
        let made = match (group.len(), fractions.first()) {
            (1, Some((made, _))) => *made,
            (1, None) => self.counted(lead, tail, aside.map_or("", |aside| aside.as_str())),
            _ => Made::Unsaid,
        };
        let fraction_end = fractions.get(group.len().saturating_sub(1)).map(|(_, end)| self.tail_start + end);
        let aside_end = used.zip(aside).map(|(at, aside)| at + aside.end());
        let used = used.max(fraction_end).max(aside_end);
        let leading = || verdict(last(lead, BEFORE_NAME)).filter(|_| has(&LEADING, lead));
        let implied = || has(&MISSES, tail).then_some("未达标").or_else(|| has(&MEETS, tail).then_some("达标"));
        let own_verdict = verdict(tail).or_else(leading).or_else(implied);
        // Once for all of them, and no more of a long text than is shown.
        let own = first(self.clause.get(self.start..self.end).unwrap_or_default(), MAX_SAYS);
        let text = format!("{}{own}", lead.trim_start_matches(['%', ',', '、', ')', ' ']));
        let one = |(at, name): (usize, &Name)| {
            let (figure, clear) = share(&figures, at, group.len());
            let (bound, _) = share(&bounds, at, group.len());
            let made = match fractions.get(at) {
                _ if !clear => Made::Unclear,
                Some((made, _)) if fractions.len() == group.len() => *made,
                _ => made,
            };
            Some(Claim {
                block,
                id: name.id?,
                part: name.part.clone(),
                percent: figure.map(|one| one.value.to_owned()),
                bound: bound.map(|one| one.value.to_owned()),
                made,
                verdict: own_verdict,
                text: text.clone(),
            })
        };
        (group.iter().enumerate().filter_map(one).collect(), used)
    }

    /// Numerator and denominator from counts beside a rate.
    fn counted(&self, lead: &str, tail: &str, aside: &str) -> Made {
        let before = fractions(lead);
        if let Some((made, _)) = before.last() {
            return *made;
        }
        // What stands in brackets is of something else, unless nothing else is there.
        let plain = ASIDE.as_ref().map_or(lead.into(), |brackets| brackets.replace_all(lead, ""));
        let places = [&*plain, lead, aside, if self.is_last { first(tail, MAX_LEAD) } else { "" }];
        let Some((place, mut found)) =
            places.into_iter().map(|place| (place, counts(place))).find(|(_, found)| !found.is_empty())
        else {
            return Made::Unsaid;
        };
        if found.len() > 2 {
            found.retain(|count| !count.is_failing);
        }
        let of = |n, d| Made::Of(Fraction::new(n, d));
        match found.as_slice() {
            [one] if !one.is_failing && has(&EVERY, place) => of(one.number, one.number),
            [one, other] if one.is_failing != other.is_failing => {
                let (failing, whole) = if one.is_failing { (one, other) } else { (other, one) };
                whole.number.checked_sub(failing.number).map_or(Made::Unclear, |n| of(n, whole.number))
            }
            [one, other] if one.is_whole != other.is_whole => {
                let (n, whole) = if one.is_whole { (other, one) } else { (one, other) };
                of(n.number, whole.number)
            }
            // The whole is named first or last; it is the larger one.
            [one, other] => of(one.number.min(other.number), one.number.max(other.number)),
            _ => Made::Unclear,
        }
    }
}

/// Which of several belongs to the name at a place, and whether that is clear.
fn share<'a, 't>(of: &'a [Percent<'t>], at: usize, names: usize) -> (Option<&'a Percent<'t>>, bool) {
    match of.len() {
        0 => (None, true),
        _ if names == 1 => (of.first(), true),
        1 => (of.first(), true),
        n if n == names => (of.get(at), true),
        _ => (None, false),
    }
}

/// Fractions of a text and where they end; days are none.
fn fractions(text: &str) -> Vec<(Made, usize)> {
    let made = |n: Option<u64>, d: Option<u64>| n.zip(d).map_or(Made::Unclear, |(n, d)| Made::Of(Fraction::new(n, d)));
    let of = |found: Captures<'_>| {
        let whole = found.get(0)?;
        if let (Some(n), Some(d)) = (found.get(1), found.get(2)) {
            return Some((made(number(n.as_str()), number(d.as_str())), whole.end()));
        }
        let mut parts = whole
            .as_str()
            .split(['/', '÷'])
            .map(|part| number(part.trim_end_matches(|sign: char| !sign.is_ascii_digit()).trim()));
        let (n, d) = (parts.next()?, parts.next()?);
        let is_day = parts.next().is_some()
            || matches!((n, d), (Some(1990..=2099), Some(1..=12)))
            || has(&DAY, last(text.get(..whole.start())?, 6));
        (!is_day).then(|| (made(n, d), whole.end()))
    };
    all(&CHAIN, text).filter_map(of).collect()
}

/// A number of cameras or records.
struct Count {
    number: u64,
    /// Said to be the whole.
    is_whole: bool,
    /// Of what is not in order.
    is_failing: bool,
}

fn counts(text: &str) -> Vec<Count> {
    let of = |found: Captures<'_>| {
        let (whole, digits) = (found.get(0)?, found.get(1)?);
        let behind = text.get(whole.end()..)?;
        if has(&NOT_CAMERAS, behind) {
            return None;
        }
        let phrase = text.get(..whole.start())?.rsplit([',', '、', '(', ')', ':']).next()?;
        let is_failing = has(&FAILING, behind) || has(&FAILING, phrase);
        Some(Count { number: number(digits.as_str())?, is_whole: has(&WHOLE, phrase), is_failing })
    };
    all(&COUNT, text).filter_map(of).collect()
}

fn number(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

/// Whether a text names a rate beside a percentage.
pub(super) fn has_a_rate(text: &str) -> bool {
    has(&NAME, text) && has_percent(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Vec<Claim> {
        read(text, 0, From::Paragraph, &mut Budget::new(100)).0
    }

    fn of(text: &str) -> Vec<(RateId, Option<String>, Made, Option<&'static str>)> {
        claims(text).into_iter().map(|c| (c.id, c.percent, c.made, c.verdict)).collect()
    }

    fn figures(text: &str) -> Vec<(Option<String>, Option<String>)> {
        claims(text).into_iter().map(|c| (c.percent, c.bound)).collect()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    const fn made(n: u64, d: u64) -> Made {
        Made::Of(Fraction::new(n, d))
    }

    #[test]
    fn every_pattern_is_one() {
        for pattern in [
            &NAME,
            &LISTED,
            &CHAIN,
            &DAY,
            &COUNT,
            &NOT_CAMERAS,
            &WHOLE,
            &ASIDE,
            &VERDICT,
            &ALL,
            &MISSES,
            &MEETS,
            &ASKS,
            &REACHED,
            &DEFINES,
            &STANDARD,
            &OTHERS,
            &OURS,
            &KINDS,
        ] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn counts_before_and_fractions_after() {
        let one = (RateId::Networking, some("88.88"), made(8, 9), Some("未达标"));
        assert_eq!(of("已安装摄像机9台,联网8台,联网率88.88%(未达标)"), std::slice::from_ref(&one));
        assert_eq!(of("联网率88.88%(8/9,未达标)"), [one]);
        assert_eq!(of("公共视频资源9路(平台登记总数 12 路,共享 9 路),出图5路,出图率55.55%")[0].2, made(5, 9));
        assert_eq!(of("出图率55.55%")[0].2, Made::Unsaid);
        assert_eq!(of("出图率85%(共20路,出图17路)")[0].2, made(17, 20));
        assert_eq!(of("出图率85%,其中20路共享、17路出图")[0].2, made(17, 20));
        assert_eq!(of("3个小区共20路,出图17路,出图率85%")[0].2, made(17, 20));
        assert_eq!(of("出图率85%(17路/20路)")[0].2, made(17, 20));
        assert_eq!(of("出图率85.00%(17/20,2026-11-20检测)")[0].2, made(17, 20));
        assert_eq!(of("出图率=17÷20=85.00%")[0].2, made(17, 20));
        assert_eq!(of("出图率85%(分子17,分母20)")[0].2, made(17, 20));
        assert_eq!(of("20路视频全部出图,出图率100%")[0].2, made(20, 20));
        assert_eq!(of("公共视频资源20路,3路黑屏,出图率85%")[0].2, made(17, 20));
        assert_eq!(of("共20路,17路出图,3路未出图,出图率85%")[0].2, made(17, 20));
        // What is more than the whole is not turned round.
        assert_eq!(of("共17路,出图20路,出图率85%")[0].2, made(20, 17));
        // The fraction of one rate is not that of the next.
        assert_eq!(of("出图率85.00%(17/20)、合规率90.00%")[1].2, Made::Unsaid);
    }

    #[test]
    fn days_are_no_fractions() {
        for text in ["出图率85%,2026/11/20检测", "2026/11/20检测,出图率85%", "出图率85%,检测时间:11/20", "出图率85%(2026/11)"]
        {
            assert_eq!(of(text)[0].2, Made::Unsaid, "{text}");
        }
        assert_eq!(of("2026/11/20检测,出图率85%(17/20)")[0].2, made(17, 20));
        assert_eq!(of("出图率85%(1,700/2,000)")[0].2, made(1700, 2000));
    }

    #[test]
    fn a_clause_may_hold_a_bound_and_a_figure() {
        assert_eq!(figures("出图率≥80%,实测为95.00%(17/20)"), [(some("95.00"), some("80"))]);
        assert_eq!(figures("出图率要求达到80%以上,实际达到85%"), [(some("85"), some("80"))]);
        assert_eq!(figures("出图率达到85.00%"), [(some("85.00"), None)]);
        assert_eq!(figures("出图率达到85%以上,达标"), [(None, some("85"))]);
        assert_eq!(figures("出图率由60%提升至85%"), [(some("85"), None)]);
    }

    #[test]
    fn names_in_a_row_share_what_follows() {
        let all = |text: &str| claims(text).into_iter().map(|c| c.percent.or(c.bound).unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(all("覆盖率、联网率、摄像机完好率分别为95%、92%、91%"), ["95", "92", "91"]);
        assert_eq!(all("覆盖率、联网率和完好率均达到90%以上"), ["90", "90", "90"]);
        assert_eq!(of("覆盖率、联网率均达标")[0].3, Some("达标"));
        for (text, wanted) in [
            ("出图率没有达到80%的标准", Some("未达标")),
            ("出图率尚未达到标准", Some("未达标")),
            ("出图率不满足要求", Some("未达标")),
            ("出图率符合标准要求", Some("达标")),
            ("经现场核验,出图率合格", Some("达标")),
            ("出图率为85%,高于标准", None),
        ] {
            assert_eq!(of(text)[0].3, wanted, "{text}");
        }
        assert!(claims("出图率应符合标准要求").is_empty());
        assert_eq!(of("达标指标:覆盖率、联网率")[1].3, Some("达标"));
        assert_eq!(of("未达标的比率有:出图率")[0].3, Some("未达标"));
        assert_eq!(of("覆盖率95%,联网率96%,均达标")[0].3, Some("达标"));
        assert_eq!(of("覆盖率、联网率、完好率分别为95%、92%")[0].2, Made::Unclear);
    }

    #[test]
    fn what_is_asked_for_is_no_result() {
        for text in ["标准要求:覆盖率90%、出图率80%", "出图率应达到80%以上", "出图率≥80%为达标", "验收标准为出图率不低于80%"]
        {
            assert!(claims(text).is_empty(), "{text}");
        }
        assert_eq!(claims("出图率达到80%以上,符合标准要求").len(), 1);
        assert!(claims("为提高出图率,社区更换了设备").is_empty());
    }

    #[test]
    fn rates_of_other_things_are_left_alone() {
        assert!(claims("5G网络覆盖率100%,千兆光纤覆盖率95%,电梯完好率99%").is_empty());
        assert_eq!(of("出图率达标,宽带覆盖率100%"), [(RateId::Output, None, Made::Unsaid, Some("达标"))]);
        assert_eq!(claims("小区出入口覆盖率100%")[0].part.as_deref(), Some("出入口"));
        assert_eq!(claims("小区出入口等关键位置覆盖率100%")[0].part, None);
    }

    #[test]
    fn verdicts_and_what_only_looks_like_one() {
        for (text, wanted) in [
            ("未全部达标", Some("未达标")),
            ("没有达标", Some("未达标")),
            ("不合格", Some("未达标")),
            ("基本达标", Some("达标")),
            ("达标率100%", None),
            ("是否达标", None),
            ("是否达标:否", Some("未达标")),
            ("无法测量(未点播)", Some("无法测量")),
        ] {
            assert_eq!(verdict(text), wanted, "{text}");
        }
    }
}
