//! Figures that differ from those of the run named.

use std::sync::LazyLock;

use regex::Regex;

use super::arithmetic::is_cut_of;
use super::claim::{Claim, Made, Pattern, all, has, name, names};
use super::percent::exact;
use super::{Answer, Draft, Finding, Measured};
use crate::base::lang::{Lang, say};

static RUN: Pattern = LazyLock::new(|| Regex::new(r"报告编号\s*[:为]?\s*([0-9A-Za-z_-]{4,64})").ok());

static EVERYTHING: Pattern = LazyLock::new(|| {
    Regex::new("(?:指标|比率)[^。;,未不]{0,6}(?:均|全部|都|皆)已?达标|(?:各项|全部|所有|五项|5项|五个|5个)(?:指标|比率)[^。;,未不]{0,6}达标").ok()
});

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let Some(first) = draft.measured.first() else { return };
    // One run is of one community: of several in a draft, which is meant is not known here.
    let mut whose: Vec<&str> =
        draft.readings.iter().map(|reading| reading.whose.as_str()).filter(|name| !name.is_empty()).collect();
    whose.sort_unstable();
    whose.dedup();
    for claim in draft.claims.iter().filter(|claim| claim.part.is_none()) {
        // Of several platforms one has to be meant.
        let wrongs: Vec<_> = draft.measured.iter().filter_map(|one| against(claim, one, lang)).collect();
        if wrongs.len() < draft.measured.len() {
            continue;
        }
        let unclear = wrongs.iter().find(|wrong| wrong.0 == Answer::CannotTell);
        let Some((answer, wrong, instead)) = unclear.or(wrongs.first()).cloned() else { continue };
        let (answer, wrong) = if whose.len() > 1 && answer == Answer::Contradicts {
            let several = say!(
                lang,
                "公示稿含多个社区，无法确定所核对的是哪一个；",
                "of several communities, which one the run is of cannot be told; "
            );
            (Answer::CannotTell, several + &wrong)
        } else {
            (answer, wrong)
        };
        found.push(Finding { check: "evidence", answer, block: claim.block, says: claim.text.clone(), wrong, instead });
    }
    overall(draft, lang, found);
    let run = &first.run;
    let mut named = false;
    for (number, block) in draft.blocks.iter().enumerate() {
        let text = block.cells.join(" ");
        let mut written = all(&RUN, &text).filter_map(|found| found.get(1)).map(|id| id.as_str()).peekable();
        named |= written.peek().is_some();
        // Of a block the first wrong one tells.
        let Some(wrong) = written.find(|id| !draft.measured.iter().any(|one| one.run == *id)) else { continue };
        found.push(Finding {
            check: "evidence",
            answer: Answer::Contradicts,
            block: number,
            says: wrong.to_owned(),
            wrong: say!(lang, "报告编号与所核对的批次不同", "this is not the run it is held against"),
            instead: say!(lang, "写 {run}，或用 --run 指定该批次", "{run}, or name that run with --run"),
        });
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

/// A sentence that says of all indicators that they are reached, names none, and is refuted by one.
fn overall(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let missed = |one: &Measured| one.rates.iter().find(|rate| rate.verdict == "未达标").map(|rate| rate.id);
    let missed: Vec<_> = draft.measured.iter().filter_map(missed).collect();
    let (true, Some(id)) = (missed.len() == draft.measured.len(), missed.first()) else { return };
    for (number, reading) in draft.read().filter(|(_, reading)| !reading.is_row && names(&reading.result).is_empty()) {
        if has(&EVERYTHING, &reading.result) {
            let rate = name(*id);
            found.push(Finding {
                check: "evidence",
                answer: Answer::Contradicts,
                block: number,
                says: reading.result.clone(),
                wrong: say!(lang, "该批次{rate}未达标", "the run has {rate}未达标"),
                instead: say!(lang, "逐个写明各比率达标或未达标", "达标 or 未达标 of each rate"),
            });
        }
    }
}

fn against(claim: &Claim, measured: &Measured, lang: Lang) -> Option<(Answer, String, String)> {
    let rate = name(claim.id);
    let Some(one) = measured.rates.iter().find(|one| one.id == claim.id) else {
        // What says that nothing was measured needs no proof.
        let claims = claim.percent.is_some() || claim.bound.is_some() || matches!(claim.verdict, Some("达标" | "未达标"));
        return claims.then(|| {
            let wrong = say!(lang, "该批次没有测量{rate}，无法核对", "the run did not measure {rate}");
            (
                Answer::CannotTell,
                wrong,
                say!(lang, "写“{rate}无法测量”和原因，或用测量过的批次核对", "{rate}无法测量, and why, or another run"),
            )
        });
    };
    let verdict = one.verdict;
    let other_word = claim.verdict.is_some_and(|own| own != verdict);
    let Some(value) = one.value.filter(|value| value.denominator > 0) else {
        let differs = claim.percent.is_some() || claim.bound.is_some() || other_word;
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
        || claim.is_bound_only()
            && claim.bound.as_deref().and_then(exact).zip(exact(&share)).is_some_and(|(bound, own)| own < bound)
        || other_word;
    let right = say!(lang, "{rate}{n}/{d}，{share}%（{verdict}）", "{rate} {n}/{d}, {share}% ({verdict})");
    wrong.then(|| {
        let wrong = say!(lang, "与批次的证据不符：{right}", "the evidence of the run has {right}");
        (Answer::Contradicts, wrong, say!(lang, "写“{right}”", "{right}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fraction::Fraction;
    use crate::notice::{MeasuredRate, check as checked, text};
    use crate::profile::RateId;

    fn answers(draft: &str) -> Vec<Answer> {
        let rate = |id, value, verdict| MeasuredRate { id, value, verdict };
        let rates = vec![
            rate(RateId::Output, Some(Fraction::new(17, 20)), "达标"),
            rate(RateId::Compliance, Some(Fraction::new(17, 20)), "未达标"),
            rate(RateId::Coverage, None, "无法测量"),
        ];
        let measured = [Measured { run: "RUN-0001".to_owned(), rates }];
        let blocks = text::read(draft.as_bytes()).unwrap();
        checked(&blocks, &measured, Lang::Zh).iter().filter(|one| one.check == "evidence").map(|one| one.answer).collect()
    }

    fn found(draft: &str) -> usize {
        answers(draft).len()
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

    #[test]
    fn a_bound_beside_a_figure_hides_nothing() {
        assert_eq!(answers("出图率≥80%,实测为95.00%(17/20)。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("出图率要求达到80%以上,实际达到86%。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("出图率达到90%以上。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("出图率由60%提升至85%。报告编号:RUN-0001。"), []);
    }

    #[test]
    fn a_verdict_alone_is_held_against_the_run() {
        assert_eq!(answers("出图率达标。报告编号:RUN-0001。"), []);
        assert_eq!(answers("合规率没有达到90%的标准。报告编号:RUN-0001。"), []);
        assert_eq!(answers("出图率没有达到80%的标准。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("合规率符合标准要求。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("合规率达标。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("出图率、合规率均达标。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("覆盖率达标。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("覆盖率95%(19/20)。报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("覆盖率无法测量。报告编号:RUN-0001。"), []);
    }

    #[test]
    fn a_rate_the_run_did_not_measure_cannot_be_told() {
        for said in ["联网率达标", "联网率95%(19/20)", "联网率达到90%以上"] {
            assert_eq!(answers(&format!("{said}。报告编号:RUN-0001。")), [Answer::CannotTell], "{said}");
        }
        assert_eq!(answers("联网率无法测量(没有点位表)。报告编号:RUN-0001。"), []);
    }

    #[test]
    fn everything_reached_is_refuted_by_one_rate_that_is_not() {
        assert!(EVERYTHING.is_some());
        assert_eq!(answers("视频监控设施各项指标均达标。\n报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("五项指标全部达标。\n报告编号:RUN-0001。"), [Answer::Contradicts]);
        assert_eq!(answers("各项指标未全部达标。\n报告编号:RUN-0001。"), []);
    }

    #[test]
    fn one_run_is_of_one_community() {
        let draft = "东苑社区出图率85.00%(17/20)。\n西苑社区出图率95.00%(19/20)。\n报告编号:RUN-0001。";
        assert_eq!(answers(draft), [Answer::CannotTell]);
    }
}
