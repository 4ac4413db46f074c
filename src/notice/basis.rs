//! A rate without what it is made of, or without its date.

use super::claim::{Made, Pattern, has, result};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use regex::Regex;
use std::sync::LazyLock;

static DATE: Pattern = LazyLock::new(|| Regex::new(r"\d{4}\s*(?:年|[-./])\s*\d{1,2}\s*(?:月|[-./])\s*\d{1,2}").ok());

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let dated = |text: &str| has(&DATE, text);
    // A date of the measurement anywhere will do; that of the publicity will not.
    let any = draft
        .blocks
        .iter()
        .map(result)
        .any(|text| ["检测时间", "测试时间", "检测日期"].iter().any(|w| text.contains(w)) && dated(text));
    let mut undated = !any;
    for claim in draft.claims.iter().filter(|claim| claim.percent.is_some() && !claim.bound) {
        let mut add = |answer, wrong, instead| {
            found.push(Finding { check: "basis", answer, block: claim.block, says: claim.text.clone(), wrong, instead });
        };
        match claim.made {
            Made::Unsaid => add(
                Answer::Missing,
                say!(lang, "比率没有分子、分母", "the rate has no numerator and denominator"),
                say!(lang, "写明“共…，其中…”或“分子/分母”", "write what it is made of: n/d"),
            ),
            Made::Unclear => add(
                Answer::CannotTell,
                say!(
                    lang,
                    "看不出哪个数是分子、哪个是分母",
                    "which number is the numerator and which the denominator is unclear"
                ),
                say!(lang, "在比率后写“分子/分母”，如（9/10）", "write n/d behind the rate, as in (9/10)"),
            ),
            Made::Of(_) => (),
        }
        if undated && !draft.blocks.get(claim.block).is_some_and(|block| dated(result(block))) {
            undated = false;
            add(
                Answer::Missing,
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
    }
}
