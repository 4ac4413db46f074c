//! Percentages of a text, and what each of them is by the words beside it: a figure, a bound, or neither.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::claim::{Pattern, all, has};

static PERCENT: Pattern = LazyLock::new(|| Regex::new(r"(\d{1,6}(?:\.\d{1,9})?)\s*%").ok());
/// What stands directly before a bound.
static BEFORE_BOUND: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:[≥≧\x{2a7e}≮≤>]=?|<=?|不低于|不少于|不小于|大于或?等于|大于|高于|超过|至少|低于|小于|不足|不到|未达到?",
        r"|\d\s*%?\s*[~—–-]",
        r"|(?:应当?|须|需)(?:达到?|为|在)",
        r"|(?:要求|标准|目标|规定|阈值|门槛)(?:值|为|是|的|:|应|须|需|在|覆盖率|联网率|完好率|出图率|合规率)*(?:达到?)?)\s*$"
    ))
    .ok()
});
/// What stands directly behind a bound.
static AFTER_BOUND: Pattern = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\(含[^()]{0,6}\))?\s*(?:[及或]?其?以上|[~—–-]\s*\d|的?(?:标准|要求|阈值|门槛|目标))").ok()
});
/// `由60%提升至85%`: the second one is the figure.
static CHANGED_TO: Pattern =
    LazyLock::new(|| Regex::new(r"(?:提升|提高|上升|增长|增加|恢复|下降|降低|改善)[至到为]了?\s*$").ok());
/// A difference or a weight.
static NO_RATE: Pattern =
    LazyLock::new(|| Regex::new(r"(?:(?:提升|提高|上升|增长|增加|下降|降低)了?约?|权重:?|占比?:?|分值:?|[×xX*])\s*$").ok());
static WORDS: Pattern = LazyLock::new(|| Regex::new(r"百分之([零〇一二两三四五六七八九十百点\d.]{1,12})").ok());
/// `率(%):85.00`, `率为0.95`, `率达九成五`.
static SIGN_BEFORE: Pattern = LazyLock::new(|| Regex::new(r"率\s*\(%\)\s*[:为]?\s*(\d{1,3}(?:\.\d{1,9})?)").ok());
static SHARE: Pattern = LazyLock::new(|| Regex::new(r"率(为|是|:|达到?)?\s*0\.(\d{2,6})([^\d%]|$)").ok());
static TENTHS: Pattern = LazyLock::new(|| {
    Regex::new("([率到为达约近超过于逾])([一二三四五六七八九])成([一二三四五六七八九半])?(以上|左右|[,。;、)]|$)").ok()
});

/// Characters beside a percentage that say what it is.
const BESIDE: usize = 16;

/// What a percentage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A figure.
    Figure,
    /// The figure after a change.
    Changed,
    /// A bound: `≥80%`, `80%以上`, `要求80%`.
    Bound,
    /// A difference, a weight.
    Other,
}

/// One percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percent<'t> {
    /// How much, without its sign.
    pub(super) value: &'t str,
    /// Where it ends.
    pub(super) end: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// How much of a draft is still read.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    /// Whether there was more.
    pub(super) is_spent: bool,
}

impl Budget {
    pub(super) const fn new(left: usize) -> Self {
        Self { left, is_spent: false }
    }

    /// Whether one more is read.
    pub(super) const fn take(&mut self) -> bool {
        self.is_spent |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.is_spent
    }
}

/// The percentages of a text from an octet on.
pub(super) fn percents<'t>(text: &'t str, from: usize, budget: &mut Budget) -> Vec<Percent<'t>> {
    let of = |found: Captures<'_>| {
        let (whole, digits) = (found.get(0)?, found.get(1)?);
        let (start, end) = (from + whole.start(), from + whole.end());
        let (before, after) = (last(text.get(..start)?, BESIDE), first(text.get(end..)?, BESIDE));
        let kind = if has(&BEFORE_BOUND, before) || has(&AFTER_BOUND, after) {
            Kind::Bound
        } else if has(&CHANGED_TO, before) {
            Kind::Changed
        } else if has(&NO_RATE, before) {
            Kind::Other
        } else {
            Kind::Figure
        };
        Some(Percent { value: text.get(from + digits.start()..from + digits.end())?, end, kind })
    };
    all(&PERCENT, text.get(from..).unwrap_or_default()).take_while(|_| budget.take()).filter_map(of).collect()
}

/// Whether a text has a percentage.
pub(super) fn has_percent(text: &str) -> bool {
    has(&PERCENT, text)
}

/// The last characters of a text.
pub(super) fn last(text: &str, characters: usize) -> &str {
    let start = text.char_indices().rev().take(characters).last().map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// The first characters of a text.
pub(super) fn first(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// The same text with other ways to write a percentage in digits: 百分之八十五, `率(%):85`, `率为0.85`, 八成五.
pub(super) fn in_digits(text: &str) -> String {
    let mut text = replaced(&WORDS, text.to_owned(), |found| Some(format!("{}%", value(found.get(1)?.as_str())?)));
    text = replaced(&SIGN_BEFORE, text, |found| Some(format!("率{}%", found.get(1)?.as_str())));
    text = replaced(&SHARE, text, |found| {
        let (whole, rest) = found.get(2)?.as_str().split_at_checked(2)?;
        let point = if rest.is_empty() { "" } else { "." };
        let whole = whole.strip_prefix('0').unwrap_or(whole);
        Some(format!("率{}{whole}{point}{rest}%{}", found.get(1).map_or("", |word| word.as_str()), found.get(3)?.as_str()))
    });
    replaced(&TENTHS, text, |found| {
        let one = |at: usize| found.get(at).map_or("", |part| part.as_str());
        let ones = if one(3) == "半" { 5 } else { count(one(3)).unwrap_or(0) };
        Some(format!("{}{}{ones}%{}", one(1), count(one(2))?, one(4)))
    })
}

fn replaced(pattern: &Pattern, text: String, with: impl Fn(&Captures<'_>) -> Option<String>) -> String {
    let Some(pattern) = pattern.as_ref().filter(|pattern| pattern.is_match(&text)) else { return text };
    let own = |found: &Captures<'_>| with(found).unwrap_or_else(|| found.get(0).map_or("", |all| all.as_str()).to_owned());
    pattern.replace_all(&text, own).into_owned()
}

fn value(said: &str) -> Option<String> {
    let (whole, rest) = said.split_once('点').map_or((said, None), |(whole, rest)| (whole, Some(rest)));
    if whole.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.') {
        return rest.is_none().then(|| whole.to_owned());
    }
    let whole = if whole == "百" || whole == "一百" { 100 } else { count(whole)? };
    let Some(rest) = rest else { return Some(whole.to_string()) };
    let digits: Option<String> = rest.chars().map(|one| digit(one).map(|digit| digit.to_string())).collect();
    Some(format!("{whole}.{}", digits?))
}

fn digit(sign: char) -> Option<i64> {
    match sign {
        '零' | '〇' => Some(0),
        '两' => Some(2),
        other => "一二三四五六七八九".chars().zip(1..).find(|(one, _)| *one == other).map(|(_, digit)| digit),
    }
}

/// `5`, 五, 十, 十五, 二十.
pub(super) fn count(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let ones = |text: &str| {
        let mut signs = text.chars();
        let own = digit(signs.next()?)?;
        signs.next().is_none().then_some(own)
    };
    match text.split_once('十') {
        Some((tens, rest)) => {
            let tens = if tens.is_empty() { 1 } else { ones(tens)? };
            Some(tens * 10 + if rest.is_empty() { 0 } else { ones(rest)? })
        }
        None => ones(text),
    }
}

/// A percentage without zeros at its end: 85 for 85.00.
pub(super) fn plain(value: &str) -> &str {
    if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value }
}

/// A percentage in thousand millionths of a percent, to compare it exactly.
pub(super) fn exact(value: &str) -> Option<u64> {
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    format!("{whole}{rest:0<9}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        percents(text, 0, &mut Budget::new(9)).iter().map(|one| one.kind).collect()
    }

    #[test]
    fn a_bound_belongs_to_its_own_percentage() {
        use Kind::{Bound, Changed, Figure, Other};
        for pattern in [&PERCENT, &BEFORE_BOUND, &AFTER_BOUND, &CHANGED_TO, &NO_RATE, &WORDS, &SIGN_BEFORE, &SHARE, &TENTHS] {
            assert!(pattern.is_some());
        }
        for (text, wanted) in [
            ("出图率≥80%,实测为95.00%(17/20)", vec![Bound, Figure]),
            ("要求达到80%以上,实际达到85%", vec![Bound, Figure]),
            ("出图率85%(标准80%)", vec![Figure, Bound]),
            ("出图率达到85.00%", vec![Figure]),
            ("出图率达到80%及以上", vec![Bound]),
            ("出图率85%,符合80%的标准要求", vec![Figure, Bound]),
            ("出图率80%(含)以上", vec![Bound]),
            ("出图率>=80%;合规率 >= 90 %", vec![Bound, Bound]),
            ("要求出图率80%", vec![Bound]),
            ("出图率\u{2a7e}80%", vec![Bound]),
            ("出图率由60%提升至85%,提高了25%", vec![Figure, Changed, Other]),
            ("出图率80%~90%", vec![Bound, Bound]),
            ("出图率80-90%", vec![Bound]),
            ("出图率17/20×100%=85.00%", vec![Other, Figure]),
            ("出图率(权重20%)85%", vec![Other, Figure]),
        ] {
            assert_eq!(kinds(text), wanted, "{text}");
        }
    }

    #[test]
    fn numbers_in_words() {
        assert_eq!(in_digits("出图率百分之八十五点三三,百分之百,百分之90"), "出图率85.33%,100%,90%");
        assert_eq!(
            in_digits("出图率(%):85.00;合规率:0.95,联网率为0.9051,完好率0.05"),
            "出图率85.00%;合规率:95%,联网率为90.51%,完好率5%"
        );
        assert_eq!(in_digits("出图率达八成以上,合规率九成五,已完成"), "出图率达80%以上,合规率95%,已完成");
        assert_eq!(["五", "十", "十五", "二十", "二十一", "两", "5"].map(count), [5, 10, 15, 20, 21, 2, 5].map(Some));
        assert_eq!(["十十", "三五", ""].map(count), [None; 3]);
    }

    #[test]
    fn values_are_compared_exactly() {
        assert!(exact("89.99") < exact("90") && exact("90") == exact("90.000000000"));
        assert_eq!((plain("85.00"), plain("100"), plain("85.50")), ("85", "100", "85.5"));
    }
}
