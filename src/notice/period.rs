//! A publicity period whose days do not fit its dates. Holidays are not known here: working days are held to what any year allows.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate, Weekday};
use regex::{Captures, Regex};

use super::claim::{Pattern, all};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};

static DAYS: Pattern = LazyLock::new(|| {
    Regex::new(r"公示(?:期|时间|时限|期限)?[^。;\n]{0,12}?(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*个?\s*(工作日|自然日|日|天)(?:[^\d]|$)").ok()
});
static DATES: Pattern = LazyLock::new(|| {
    Regex::new(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?[^。;\n\d]{0,6}?(?:至|到|~|—|–|-)+\s*(?:(\d{4})\s*[年./-]\s*)?(?:(\d{1,2})\s*[月./-]\s*)?(\d{1,2})\s*日?").ok()
});
/// Days of a holiday with the days off around it, at most.
const HOLIDAYS: i64 = 9;

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let texts = || draft.blocks.iter().enumerate().map(|(number, block)| (number, block.cells.join(" ")));
    let days: Vec<(usize, i64, bool)> = texts()
        .flat_map(|(number, text)| {
            let named = |c: Captures<'_>| Some((number, count(c.get(1)?.as_str())?, c.get(2)?.as_str() == "工作日"));
            all(&DAYS, &text).filter_map(named).collect::<Vec<_>>()
        })
        .collect();
    let mut dated = false;
    for (number, text) in texts().filter(|(_, text)| text.contains("公示")) {
        for dates in all(&DATES, &text) {
            dated = true;
            let says = dates.get(0).map_or("", |all| all.as_str()).to_owned();
            // The days named in the same place, else the only ones named.
            let said = days.iter().find(|(at, ..)| *at == number).or(days.first());
            let Some((answer, wrong)) = judged(&dates, said.map(|(_, n, working)| (*n, *working)), lang) else { continue };
            found.push(Finding {
                check: "period",
                answer,
                block: number,
                says,
                wrong,
                instead: say!(lang, "改正起止日期或天数，两者一致", "dates and days that fit each other"),
            });
        }
    }
    if let (false, Some((number, ..))) = (dated, days.first()) {
        found.push(Finding {
            check: "period",
            answer: Answer::Missing,
            block: *number,
            says: draft.blocks.get(*number).map_or_else(String::new, |block| block.cells.join(" ")),
            wrong: say!(lang, "写了公示天数，没有起止日期", "the days are named, the dates are not"),
            instead: say!(lang, "写“公示时间：某年某月某日至某月某日”", "公示时间 with its first and last day"),
        });
    }
}

fn judged(dates: &Captures<'_>, said: Option<(i64, bool)>, lang: Lang) -> Option<(Answer, String)> {
    let part = |n: usize| dates.get(n).and_then(|text| text.as_str().parse::<u32>().ok());
    let (year, month) = (part(1)?, part(2)?);
    let day = |y: u32, m: u32, d: u32| NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, m, d);
    let first = day(year, month, part(3)?);
    let last = day(part(4).unwrap_or(year), part(5).unwrap_or(month), part(6)?);
    let Some((first, last)) = first.zip(last) else {
        return Some((Answer::Contradicts, say!(lang, "没有这一天", "there is no such day")));
    };
    let span = (last - first).num_days() + 1;
    if span < 1 {
        return Some((Answer::Contradicts, say!(lang, "截止日期早于起始日期", "it ends before it begins")));
    }
    let Some((n, working)) = said else {
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
    if days == n || days == n + 1 {
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

/// `5`, 五, 十, 十五, 二十.
fn count(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digit = |text: &str| match text {
        "" => Some(1),
        "两" => Some(2),
        other => "一二三四五六七八九".chars().position(|c| other.chars().eq([c])).and_then(|at| i64::try_from(at + 1).ok()),
    };
    match text.split_once('十') {
        Some((tens, "")) => Some(digit(tens)? * 10),
        Some((tens, ones)) => Some(digit(tens)? * 10 + digit(ones)?),
        None => digit(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::tests::found;

    #[test]
    fn days_fit_dates() {
        assert!(DAYS.is_some() && DATES.is_some());
        assert_eq!(found("period", "公示期5天,公示时间:2024年11月7日至12月12日。\n"), 1);
        assert_eq!(found("period", "公示期5天,公示时间:2024年11月7日至11月11日。\n"), 0);
        assert_eq!(found("period", "公示期为五个工作日(2024年11月7日-11月13日)。\n"), 0);
        assert_eq!(found("period", "公示时间:2024年11月7日至2024年11月1日,公示期5天。\n"), 1);
        assert_eq!(found("period", "公示期5天。\n"), 1);
        assert_eq!(found("period", "公示期5天:2024-11-07至2024-11-31。\n"), 1);
    }

    #[test]
    fn chinese_numbers() {
        assert_eq!(["五", "十", "十五", "二十", "二十一", "两"].map(count), [5, 10, 15, 20, 21, 2].map(Some));
    }
}
