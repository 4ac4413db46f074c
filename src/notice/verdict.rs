//! Rows that do not say 达标 or 未达标, and verdicts that their own figure refutes.

use super::claim::{Made, has_a_rate, name, verdict};
use super::percent::exact;
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    for (number, reading) in draft.read().filter(|(_, reading)| reading.is_row) {
        let asks = reading.is_titled || has_a_rate(&reading.result);
        let said = reading.verdict.is_some() || verdict(&reading.result).is_some();
        if asks && !said {
            found.push(Finding {
                check: "verdict",
                answer: Answer::Missing,
                block: number,
                says: reading.result.clone(),
                wrong: say!(lang, "本行没有写达标或未达标", "the row does not say whether it is reached"),
                instead: say!(lang, "写“达标”或“未达标”；测不了的写“无法测量”和原因", "达标 or 未达标, or 无法测量 and why"),
            });
        }
    }
    for claim in &draft.claims {
        let (Some(percent), Some(word), Some(bound)) = (claim.percent.as_deref(), claim.verdict, draft.bound(claim)) else {
            continue;
        };
        let Some((own, asked)) = exact(percent).zip(exact(bound)) else { continue };
        let refuted = match word {
            "达标" => own < asked,
            "未达标" => own >= asked && claim.made != Made::Unclear,
            _ => false,
        };
        if refuted {
            let (rate, right) = (name(claim.id), if own < asked { "未达标" } else { "达标" });
            found.push(Finding {
                check: "verdict",
                answer: Answer::Contradicts,
                block: claim.block,
                says: claim.text.clone(),
                wrong: say!(
                    lang,
                    "{rate} {percent}%，标准 {bound}%，却写“{word}”",
                    "{rate} is {percent}% where {bound}% is asked for, and the draft says {word}"
                ),
                instead: say!(lang, "写“{right}”，或改正数值", "{right}, or another figure"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn a_row_says_reached_or_missed() {
        assert_eq!(found("verdict", "序号\t标准要求\t本社区完成情况\n4\t≥90%\t已完成\n5\t有\t达标\n"), 1);
        assert_eq!(found("verdict", "序号\t完成情况\t是否达标\n4\t已完成\t达标\n5\t已完成\t\n"), 1);
        assert_eq!(found("verdict", "序号\t完成情况\t是否达标\n4\t已完成\t否\n"), 0);
        assert_eq!(found("verdict", "序号\t完成情况\n4\t已完成,达标\n检测时间\t2026年11月20日\n"), 0);
    }

    #[test]
    fn a_verdict_follows_from_its_figure() {
        for (draft, wanted) in [
            ("出图率≥80%,实测78.33%(47/60),达标。\n", 1),
            ("标准要求\t检测结果\n出图率≥80%\t出图率78.33%(47/60,达标)\n", 1),
            ("标准要求\t检测结果\n出图率≥80%\t出图率80.00%(8/10,未达标)\n", 1),
            ("标准要求\t检测结果\n出图率≥80%\t出图率80.00%(8/10,达标)\n", 0),
            ("标准要求\t检测结果\n出图率≥80%\t出图率78.33%(47/60,待复测)\n", 0),
            ("标准要求:出图率不低于80%。\n出图率79.99%,达标。\n", 1),
        ] {
            assert_eq!(found("verdict", draft), wanted, "{draft}");
        }
    }
}
