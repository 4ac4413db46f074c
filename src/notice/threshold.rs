//! A threshold repeated as a result: `≥90%`, `达到90%以上`, or the very percentages of the requirement.

use super::claim::{Claim, Made};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    for (number, reading) in draft.read() {
        let claims = draft.claims_of(number);
        let bound = claims.iter().find(|claim| claim.is_bound_only());
        let repeats = reading.repeats && claims.iter().all(|claim| claim.made == Made::Unsaid);
        // A row need not name a rate.
        let bare = reading.is_bound && claims.is_empty();
        if bound.is_none() && !repeats && !bare {
            continue;
        }
        let whole = repeats || bare || claims.iter().all(Claim::is_bound_only);
        let says = bound.filter(|_| !whole).map_or_else(|| reading.result.clone(), |claim| claim.text.clone());
        found.push(Finding {
            check: "threshold",
            answer: Answer::Contradicts,
            block: number,
            says,
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
        for (draft, wanted) in [
            ("基础设施\t4\t均≥90%\t均达到90%以上,达标\n", 1),
            ("基础设施\t4\t90%、80%\t90%、80%达标\n", 1),
            ("基础设施\t4\t≥90%\t规划点位10处,已覆盖9处,覆盖率90.00%(达标)\n", 0),
            ("基础设施\t4\t≥80%\t出图率≥80%,实测为95.00%(17/20)\n", 0),
            ("基础设施\t4\t≥80%\t出图率要求达到80%以上,实际达到85%\n", 0),
            // One figure excuses no bound beside it.
            ("基础设施\t4\t≥90%\t覆盖率90.00%(9/10),出图率达到80%以上\n", 1),
            ("检测结果:出图率≥80%,达标。\n", 1),
            ("出图率达到80%以上,符合要求。\n", 1),
            ("标准要求:覆盖率≥90%,出图率≥80%。\n", 0),
            ("出图率应达到80%以上。\n", 0),
            ("出图率没有达到80%的标准。\n", 0),
            ("出图率达到85.00%(17/20)。\n", 0),
        ] {
            assert_eq!(found("threshold", draft), wanted, "{draft}");
        }
    }
}
