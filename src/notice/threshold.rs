//! A threshold repeated as a result: `≥90%`, `达到90%以上`, or the very percentages of the requirement.

use super::claim::{is_bound, is_title, names_a_rate, percents, result};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use crate::notice::text::Place;

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    for (number, block) in draft.blocks.iter().enumerate().filter(|(_, block)| !is_title(block)) {
        let (text, is_row) = (result(block), matches!(block.place, Place::Row { .. }));
        let own = percents(text);
        let repeated = is_row && !own.is_empty() && {
            let asked: Vec<&str> = block.cells.iter().rev().skip(1).flat_map(|cell| percents(cell)).collect();
            asked == own
        };
        let counts = draft.claims.iter().any(|claim| claim.block == number && claim.made != super::claim::Made::Unsaid);
        if counts || own.is_empty() || !(repeated || is_bound(text) && (is_row || names_a_rate(text))) {
            continue;
        }
        found.push(Finding {
            check: "threshold",
            answer: Answer::Contradicts,
            block: number,
            says: text.to_owned(),
            wrong: say!(
                lang,
                "把标准当作结果，没有实测数值",
                "the threshold stands where the result should, no figure was measured"
            ),
            instead: say!(
                lang,
                "写实测的分子、分母和比率，如“规划点位10处，已覆盖9处，覆盖率90.00%（达标）”",
                "the numerator, denominator and rate measured, as in the row of the report"
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn thresholds_are_no_results() {
        assert_eq!(found("threshold", "基础设施\t4\t均≥90%\t均达到90%以上,达标\n"), 1);
        assert_eq!(found("threshold", "基础设施\t4\t90%、80%\t90%、80%达标\n"), 1);
        assert_eq!(found("threshold", "基础设施\t4\t≥90%\t规划点位10处,已覆盖9处,覆盖率90.00%(达标)\n"), 0);
    }
}
