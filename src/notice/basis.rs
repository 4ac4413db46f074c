//! A rate without what it is made of, or without its date.

use super::claim::{Claim, Made, Pattern, has, name};
use super::text::Block;
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use regex::Regex;
use std::sync::LazyLock;

/// Words of the date of a measurement.
const MEASURED: [&str; 6] = ["检测时间", "测试时间", "检测日期", "测试日期", "验收时间", "测评时间"];
static DATE: Pattern = LazyLock::new(|| Regex::new(r"\d{4}\s*(?:年|[-./])\s*\d{1,2}\s*(?:月|[-./])\s*\d{1,2}").ok());

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let dated = |block: &Block| block.cells.iter().any(|cell| has(&DATE, cell));
    let names = |block: &Block| block.cells.iter().any(|cell| MEASURED.iter().any(|word| cell.contains(word)));
    // A date of the measurement anywhere will do; that of the publicity will not.
    let mut undated = !draft.blocks.iter().any(|block| names(block) && dated(block));
    for (number, _) in draft.read().filter(|(_, reading)| reading.is_nameless) {
        found.push(Finding {
            check: "basis",
            answer: Answer::CannotTell,
            block: number,
            says: draft.readings.get(number).map_or_else(String::new, |reading| reading.result.clone()),
            wrong: say!(lang, "看不出百分数是哪个比率的", "which rate a percentage is of is unclear"),
            instead: say!(lang, "在每个百分数前写比率名称", "the name of the rate before each percentage"),
        });
    }
    for (number, reading) in draft.read() {
        let claims = draft.claims_of(number);
        let mut add = |answer, says: &str, wrong, instead| {
            found.push(Finding { check: "basis", answer, block: number, says: says.to_owned(), wrong, instead });
        };
        // A row of five rates is one line, not five.
        let says = |of: &[&Claim]| match of {
            [one] => one.text.clone(),
            _ => reading.result.clone(),
        };
        let rates = |of: &[&Claim]| of.iter().map(|claim| name(claim.id)).collect::<Vec<_>>().join("、");
        let unsaid: Vec<&Claim> = claims.iter().filter(|claim| claim.percent.is_some() && claim.made == Made::Unsaid).collect();
        if !unsaid.is_empty() {
            let which = rates(&unsaid);
            add(
                Answer::Missing,
                &says(&unsaid),
                say!(lang, "{which}没有分子、分母", "{which} without numerator and denominator"),
                say!(lang, "写明“共…，其中…”或“分子/分母”", "write what it is made of: n/d"),
            );
        }
        let unclear: Vec<&Claim> = claims.iter().filter(|claim| claim.made == Made::Unclear).collect();
        if !unclear.is_empty() {
            let which = rates(&unclear);
            add(
                Answer::CannotTell,
                &says(&unclear),
                say!(
                    lang,
                    "{which}：看不出哪个数是它的，哪个是分子、哪个是分母",
                    "{which}: which number is the figure, the numerator or the denominator is unclear"
                ),
                say!(lang, "在比率后写“分子/分母”，如（9/10）", "write n/d behind the rate, as in (9/10)"),
            );
        }
        let first = claims.iter().find(|claim| claim.percent.is_some());
        if let Some(claim) = first.filter(|_| undated && !draft.blocks.get(number).is_some_and(dated)) {
            undated = false;
            add(
                Answer::Missing,
                &claim.text,
                say!(lang, "没有检测时间", "the date of the measurement is missing"),
                say!(lang, "写“检测时间：年-月-日”", "write 检测时间 and the date"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn a_rate_needs_its_parts_and_its_date() {
        assert!(super::DATE.is_some());
        assert_eq!(found("basis", "出图率85.00%,达标。\n"), 2);
        assert_eq!(found("basis", "出图率85.00%(17/20),达标。检测时间:2026-11-20。\n"), 0);
        assert_eq!(found("basis", "检测时间\t检测结果\n2026年11月20日\t出图率85.00%(17/20),达标\n"), 0);
        assert_eq!(found("basis", "检测时间:2026-11-20。\n覆盖率、联网率、完好率分别为95%、92%。\n"), 1);
        assert_eq!(found("basis", "检测时间:2026-11-20。\n覆盖率95%,联网率92%。\n"), 1);
    }
}
