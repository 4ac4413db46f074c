//! A publicity period whose days do not fit its dates. Holidays are not known here: working days are held to what any year allows.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate, Weekday};
use regex::{Captures, Regex};

use super::claim::{Pattern, all, has};
use super::percent::{count, first, last};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};

/// Days after the words of a period: not the day of a date, and not the days after it.
static DAYS: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"公示(?:期限|期间|期|时间|时限)?(?:\s|为|是|共计?|[:,(]|限|定|自?(?:发布|公示|公布)之日起|自?即日起|起|(不少于|至少))*",
        r"(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*个?\s*(工作日|自然日|日|天)(?:[^\d内前后]|$)"
    ))
    .ok()
});
/// Days right behind the dates: `至11月29日，共5天`.
static DAYS_BEHIND: Pattern = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([^()\d]{0,8}\))?\s*(?:(?:[上下]午)?\d{1,2}(?:[时点]|:\d{2}))?止?\s*[,、(]?\s*(?:公示期?|为期|共计?|合计|期限)*:?\s*(不少于|至少)?(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*个?\s*(工作日|自然日|日|天)(?:[^\d内前后]|$)").ok()
});
static RANGE: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?(?:\s*\([^()\d]{0,8}\))?\s*(?:[上下]午)?(?:\d{1,2}(?:[时点]|:\d{2})(?:整|\d{2}分)?)?起?\s*",
        r"(?:至|到|~|〜|—|–|-)+\s*(?:(\d{4})\s*[年./-]\s*)?(?:(\d{1,2})\s*[月./-]\s*)?(\d{1,2})\s*日?"
    ))
    .ok()
});
/// What leads from the words of a period to its dates: no other time, no other days.
static LEADS: Pattern = LazyLock::new(|| Regex::new(r"公示(?:期限|期间|期|时间|时限|日期)?([^。;\n]*)$").ok());
static OTHER_TIME: Pattern =
    LazyLock::new(|| Regex::new(r"检测|测试|测评|验收|建设|施工|整改|反馈|申诉|异议|联系|满|结束|内|年|月|\d[./-]\d").ok());
/// Dates named afterwards: `…至11月29日为公示期`.
static NAMED_AFTER: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?:,\s*)?(?:为|系|是|予以|进行)?\s*公示").ok());
/// Days of a holiday with the days off around it, at most.
const HOLIDAYS: i64 = 9;
/// Characters between the words of a period and its dates, at most.
const MAX_BETWEEN: usize = 40;
/// A year for dates that name none: in five days of February nobody is wrong by more than the first day is.
const ANY_YEAR: u32 = 2027;

/// Days as they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    number: i64,
    working: bool,
    /// 不少于
    or_more: bool,
}

fn days(found: &Captures<'_>) -> Option<Days> {
    Some(Days {
        number: count(found.get(2)?.as_str())?,
        working: found.get(3)?.as_str() == "工作日",
        or_more: found.get(1).is_some(),
    })
}

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let texts: Vec<String> = draft.blocks.iter().map(|block| block.cells.join(" ")).collect();
    let texts = || texts.iter().enumerate().filter(|(_, text)| text.contains("公示"));
    let named: Vec<(usize, Days)> =
        texts().filter_map(|(number, text)| Some((number, all(&DAYS, text).find_map(|one| days(&one))?))).collect();
    let mut add = |answer, block, says: String, wrong, instead| {
        found.push(Finding { check: "period", answer, block, says, wrong, instead });
    };
    let fit = || say!(lang, "改正起止日期或天数，两者一致", "dates and days that fit each other");
    let one_period = || say!(lang, "各处写同一个公示期", "one period in every place");
    let mut earlier: Option<(NaiveDate, NaiveDate)> = None;
    let mut dated = false;
    for (number, text) in texts() {
        for dates in all(&RANGE, text).filter(|dates| is_period(text, dates)) {
            dated = true;
            let Some(whole) = dates.get(0) else { continue };
            let behind = text.get(whole.end()..).unwrap_or_default();
            // The days named in the same place, else the first ones named.
            let said = all(&DAYS_BEHIND, first(behind, MAX_BETWEEN)).find_map(|one| days(&one));
            let said = said.or_else(|| named.iter().find(|(at, _)| *at == number).or(named.first()).map(|(_, days)| *days));
            let read = span(&dates);
            if let Some((answer, wrong)) = judged(&dates, read, said, lang) {
                add(answer, number, whole.as_str().to_owned(), wrong, fit());
                // Of a block the first wrong one tells.
                break;
            }
            let other = read.zip(earlier).is_some_and(|(own, other)| own != other);
            if other {
                let wrong = say!(lang, "公示起止日期与前面写的不同", "the dates of the period differ from those above");
                add(Answer::Contradicts, number, whole.as_str().to_owned(), wrong, one_period());
                break;
            }
            earlier = earlier.or(read);
        }
    }
    if let (false, Some((number, _))) = (dated, named.first()) {
        add(
            Answer::Missing,
            *number,
            draft.blocks.get(*number).map_or_else(String::new, |block| block.cells.join(" ")),
            say!(lang, "写了公示天数，没有起止日期", "the days are named, the dates are not"),
            say!(lang, "写“公示时间：某年某月某日至某月某日”", "公示时间 with its first and last day"),
        );
    }
    if let Some((_, one)) = named.first() {
        let differs = |other: &Days| (one.number, one.working) != (other.number, other.working);
        if let Some((number, other)) = named.iter().find(|(_, other)| differs(other)) {
            let unit =
                |days: &Days| if days.working { say!(lang, "个工作日", "working days") } else { say!(lang, "天", "days") };
            let (a, a_unit, b, b_unit) = (one.number, unit(one), other.number, unit(other));
            let wrong = say!(
                lang,
                "公示期前面写 {a} {a_unit}，这里写 {b} {b_unit}",
                "the period is {a} {a_unit} above and {b} {b_unit} here"
            );
            let says = draft.blocks.get(*number).map_or_else(String::new, |block| block.cells.join(" "));
            add(Answer::Contradicts, *number, says, wrong, one_period());
        }
    }
}

/// Whether dates are named as those of the publicity.
fn is_period(text: &str, dates: &Captures<'_>) -> bool {
    let Some(whole) = dates.get(0) else { return false };
    // `2026-11` of a longer number is no date.
    let (before, behind) = (text.get(..whole.start()).unwrap_or_default(), text.get(whole.end()..).unwrap_or_default());
    if before.ends_with(|sign: char| sign.is_ascii_digit()) {
        return false;
    }
    let before = last(before, MAX_BETWEEN);
    let lead = LEADS.as_ref().and_then(|leads| leads.captures(before)?.get(1));
    if lead.is_some_and(|lead| !has(&OTHER_TIME, lead.as_str())) {
        return true;
    }
    let own = before.rsplit(['。', ';', ',', '\n']).next().unwrap_or_default();
    !has(&OTHER_TIME, own) && has(&NAMED_AFTER, first(behind, MAX_BETWEEN))
}

/// The first and the last day; none where there is no such day.
fn span(dates: &Captures<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let part = |n: usize| dates.get(n).and_then(|text| text.as_str().parse::<u32>().ok());
    let day = |y: u32, m: u32, d: u32| NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, m, d);
    let (year, month) = (part(1).unwrap_or(ANY_YEAR), part(2)?);
    let last_month = part(5).unwrap_or(month);
    // From December to January, where the second year is not named.
    let turn = part(4).is_none() && last_month < month && month > 10;
    Some((day(year, month, part(3)?)?, day(part(4).unwrap_or(year + u32::from(turn)), last_month, part(6)?)?))
}

fn judged(
    dates: &Captures<'_>,
    read: Option<(NaiveDate, NaiveDate)>,
    said: Option<Days>,
    lang: Lang,
) -> Option<(Answer, String)> {
    let Some((first, last)) = read else {
        return Some((Answer::Contradicts, say!(lang, "没有这一天", "there is no such day")));
    };
    let span = (last - first).num_days() + 1;
    if span < 1 {
        return Some((Answer::Contradicts, say!(lang, "截止日期早于起始日期", "it ends before it begins")));
    }
    let Some(Days { number: n, working, or_more }) = said else {
        let wrong = say!(
            lang,
            "起止共 {span} 天，没有写公示期几天，无法核对",
            "the dates span {span} days, how many are meant is not said"
        );
        return Some((Answer::CannotTell, wrong));
    };
    let weekdays = first.iter_days().take(usize::try_from(span.min(4_000)).unwrap_or(0));
    let weekdays = weekdays.filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)).count();
    let weekdays = i64::try_from(weekdays).unwrap_or(i64::MAX);
    // The first day may count or not.
    let days = if working { weekdays } else { span };
    // Without a year nobody knows the days of the week.
    let weekless = working && dates.get(1).is_none() && (n..=n + n / 5 * 2 + 4 + HOLIDAYS).contains(&span);
    if days == n || days == n + 1 || or_more && days > n || weekless {
        return None;
    }
    if working && span >= n && days <= n + 1 + HOLIDAYS {
        let wrong = say!(
            lang,
            "公示期 {n} 个工作日，起止之间不计节假日有 {weekdays} 个工作日，请按放假安排核对",
            "{n} working days are announced, the dates have {weekdays} of them before holidays"
        );
        return Some((Answer::CannotTell, wrong));
    }
    let unit = if working { say!(lang, "个工作日", "working days") } else { say!(lang, "天", "days") };
    let wrong = say!(
        lang,
        "公示期写 {n} {unit}，起止日期共 {span} 天（其中工作日 {weekdays} 天）",
        "{n} {unit} are announced, the dates span {span} days ({weekdays} working days)"
    );
    Some((Answer::Contradicts, wrong))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::tests::found;

    #[test]
    fn days_fit_dates() {
        for pattern in [&DAYS, &DAYS_BEHIND, &RANGE, &LEADS, &OTHER_TIME, &NAMED_AFTER] {
            assert!(pattern.is_some());
        }
        assert_eq!(found("period", "公示期5天,公示时间:2024年11月7日至12月12日。\n"), 1);
        assert_eq!(found("period", "公示期5天,公示时间:2024年11月7日至11月11日。\n"), 0);
        assert_eq!(found("period", "公示期为五个工作日(2024年11月7日-11月13日)。\n"), 0);
        assert_eq!(found("period", "公示时间:2024年11月7日至2024年11月1日,公示期5天。\n"), 1);
        assert_eq!(found("period", "公示期5天。\n"), 1);
        assert_eq!(found("period", "公示期5天:2024-11-07至2024-11-31。\n"), 1);
    }

    #[test]
    fn only_what_is_named_as_the_period_is_one() {
        for (draft, wanted) in [
            // The day of a date is no number of days.
            ("公示期5月1日至5月5日,共5天。\n", 0),
            ("公示期自2026年5月1日起至2026年5月5日止,公示期5天。\n", 0),
            ("公示期自五月一日开始。\n", 0),
            // Dates of the measurement are no period.
            ("检测时间:2026年10月1日至2026年11月20日。公示期5天,自2026年11月25日至11月29日。\n", 0),
            ("现将2026年10月1日至2026年11月20日检测的结果予以公示,公示期5天:2026年11月25日至11月29日。\n", 0),
            ("现公示如下,检测时间2026年10月1日至2026年11月20日。\n", 0),
            ("公示期内如有异议,请于5日内反映。公示期满后10个工作日内答复。\n", 0),
            ("公示时间:2026年11月25日8时至2026年12月29日18时(公示期5天)。\n", 1),
            ("自2026年11月25日至2026年12月29日公示,公示期5天。\n", 1),
            ("公示时间|2026年11月25日至12月29日,共5天\n", 1),
            ("公示期5天,自11月25日至12月29日。\n", 1),
            ("公示时间:2026年12月30日至1月3日,共5天。\n", 0),
            ("公示期不少于5天,自2026年11月25日至2026年12月4日。\n", 0),
            ("公示期为5个工作日,自11月25日至12月1日。\n", 0),
            ("公示时间:2026年11月25日至12月1日,为期7天,期间(2026年11月20日至12月20日为整改期)可反映。\n", 0),
            ("公示期自11月25日起至12月29日止,共计五天。\n", 1),
            ("公示期限:自本公示发布之日起五个工作日,即2026年11月25日(星期三)上午9:00至2026年12月1日(星期二)下午17:00。\n", 0),
            // Two periods.
            ("公示期5天。\n公示期7天,自2026年11月25日至12月1日。\n", 1),
            ("公示期5天,自2026年11月25日至11月29日。\n公示时间:2026年11月26日至11月30日。\n", 1),
        ] {
            assert_eq!(found("period", draft), wanted, "{draft}");
        }
    }
}
