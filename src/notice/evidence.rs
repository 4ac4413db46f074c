//! Figures that differ from those of the run named.

use std::sync::LazyLock;

use regex::Regex;

use super::arithmetic::is_cut_of;
use super::claim::{Claim, Made, Pattern, all, name};
use super::{Answer, Draft, Finding, Measured};
use crate::base::lang::{Lang, say};

static RUN: Pattern = LazyLock::new(|| Regex::new(r"报告编号\s*:\s*([0-9A-Za-z_-]{4,64})").ok());

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let Some(first) = draft.measured.first() else { return };
    for claim in draft.claims.iter().filter(|claim| !claim.bound) {
        // Of several platforms one has to be meant.
        let wrongs: Vec<_> = draft.measured.iter().filter_map(|one| against(claim, one, lang)).collect();
        if let (true, Some((answer, wrong, instead))) = (wrongs.len() == draft.measured.len(), wrongs.into_iter().next()) {
            found.push(Finding { check: "evidence", answer, block: claim.block, says: claim.text.clone(), wrong, instead });
        }
    }
    let run = &first.run;
    let mut named = false;
    for (number, block) in draft.blocks.iter().enumerate() {
        let text = block.cells.join(" ");
        for written in all(&RUN, &text).filter_map(|c| c.get(1)) {
            named = true;
            if written.as_str() != run {
                found.push(Finding {
                    check: "evidence",
                    answer: Answer::Contradicts,
                    block: number,
                    says: written.as_str().to_owned(),
                    wrong: say!(lang, "报告编号与所核对的批次不同", "this is not the run it is held against"),
                    instead: say!(lang, "写 {run}，或用 --run 指定该批次", "{run}, or name that run with --run"),
                });
            }
        }
    }
    if let (false, Some(claim)) = (named, draft.claims.first()) {
        found.push(Finding {
            check: "evidence",
            answer: Answer::Missing,
            block: claim.block,
            says: claim.text.clone(),
            wrong: say!(lang, "没有报告编号", "the id of the run is missing"),
            instead: say!(lang, "写“报告编号：{run}”", "报告编号:{run}"),
        });
    }
}

fn against(claim: &Claim, measured: &Measured, lang: Lang) -> Option<(Answer, String, String)> {
    let rate = name(claim.id);
    let one = measured.rates.iter().find(|one| one.id == claim.id)?;
    let verdict = one.verdict;
    let Some(value) = one.value.filter(|value| value.denominator > 0) else {
        let differs = claim.percent.is_some() || claim.verdict.is_some_and(|own| own != verdict);
        return differs.then(|| {
            (
                Answer::Contradicts,
                say!(lang, "该批次{rate}{verdict}，没有数值", "the run has no figure for {rate}: {verdict}"),
                say!(lang, "写“{rate}{verdict}”和原因", "{rate}{verdict}, and why"),
            )
        });
    };
    let (n, d, share) = (value.numerator, value.denominator, value.percent().unwrap_or_default());
    let wrong = claim.percent.as_deref().is_some_and(|own| !is_cut_of(own, value))
        || matches!(claim.made, Made::Of(of) if of != value)
        || claim.percent.is_some() && claim.verdict.is_some_and(|own| own != verdict);
    let right = say!(lang, "{rate}{n}/{d}，{share}%（{verdict}）", "{rate} {n}/{d}, {share}% ({verdict})");
    wrong.then(|| {
        let wrong = say!(lang, "与批次的证据不符：{right}", "the evidence of the run has {right}");
        (Answer::Contradicts, wrong, right)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fraction::Fraction;
    use crate::notice::{MeasuredRate, check as checked, text};
    use crate::profile::RateId;

    fn found(draft: &str) -> usize {
        let rates = vec![MeasuredRate { id: RateId::Output, value: Some(Fraction::new(17, 20)), verdict: "达标" }];
        let measured = [Measured { run: "RUN-0001".to_owned(), rates }];
        let blocks = text::read(draft.as_bytes()).unwrap();
        checked(&blocks, &measured, Lang::Zh).iter().filter(|one| one.check == "evidence").count()
    }

    #[test]
    fn figures_are_those_of_the_run() {
        assert!(RUN.is_some());
        assert_eq!(found("公共视频资源20路,出图17路,出图率85.00%(达标)。报告编号:RUN-0001。"), 0);
        assert_eq!(found("公共视频资源20路,出图18路,出图率90.00%(达标)。报告编号:RUN-0001。"), 1);
        assert_eq!(found("公共视频资源20路,出图17路,出图率85.00%(未达标)。报告编号:RUN-0001。"), 1);
        assert_eq!(found("公共视频资源20路,出图17路,出图率85.00%(达标)。报告编号:RUN-0002。"), 1);
        assert_eq!(found("公共视频资源20路,出图17路,出图率85.00%(达标)。"), 1);
    }
}
