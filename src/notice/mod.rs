//! Floor 7: a draft 公示 held against itself and against a run. Pure: octets and figures in, findings out.

mod agreement;
mod arithmetic;
mod basis;
mod claim;
mod evidence;
mod percent;
mod period;
mod reading;
pub mod text;
mod threshold;
mod verdict;

use std::collections::BTreeMap;

use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::evidence::ProbePlan;
use crate::profile::RateId;
use crate::report::Report;
use text::{Block, Place};

/// Findings of a draft that are listed; the rest is counted.
pub const MAX_FINDINGS: usize = 500;

/// Names of rates and percentages of a draft that are read; a notice of a hundred communities has some thousand.
pub const MAX_PLACES: usize = 50_000;

/// Something a draft is held against.
pub struct Check {
    /// For programs.
    pub id: &'static str,
    /// What is marked.
    pub text: Text,
    /// A draft that raises it, beside the run of [`example_run`].
    pub example: &'static str,
    run: fn(&Draft<'_>, Lang, &mut Vec<Finding>),
}

/// Every check, in the order of what a reader meets first. `docs/NOTICE_CHECKS.md` is made from it.
pub const REGISTER: &[Check] = &[
    Check {
        id: "period",
        text: Text::new(
            "公示天数与起止日期不符，前后不一，或缺起止日期。只认写明“公示”“公示期”“公示时间”的日期；节假日安排不在此核对",
            "Days of the publicity that do not fit its dates, differ, or have no dates. Only dates named as 公示, 公示期 or 公示时间 \
             count; public holidays are not known here",
        ),
        example: "公示期5天，自2026年10月20日至2026年11月24日。",
        run: period::check,
    },
    Check {
        id: "threshold",
        text: Text::new(
            "把标准当作结果：`≥90%`、`达到90%以上`，或照抄标准要求中的百分数。“达到85.00%”是实测数值；同一句可以既写标准又写实测",
            "A threshold where the result should stand: `≥90%`, `达到90%以上`, or the percentages of the requirement once more. \
             `达到85.00%` is a figure; a sentence may hold both the threshold and the figure",
        ),
        example: "标准要求\t完成情况\n出图率≥80%\t出图率达到80%以上，达标\n",
        run: threshold::check,
    },
    Check {
        id: "verdict",
        text: Text::new(
            "表格行没有写达标或未达标；写的数值低于所写标准却写达标，或达到标准却写未达标",
            "A row without 达标 or 未达标; 达标 beside a figure below the threshold the draft names, or 未达标 beside one that reaches it",
        ),
        example: "标准要求\t完成情况\n出图率≥80%\t出图率78.33%（47/60，达标）\n",
        run: verdict::check,
    },
    Check {
        id: "basis",
        text: Text::new(
            "比率没有分子、分母或检测时间，或看不出是哪个比率的",
            "A rate without its numerator and denominator or the date of its measurement, or a percentage without its rate",
        ),
        example: "出图率85.00%，达标。",
        run: basis::check,
    },
    Check {
        id: "arithmetic",
        text: Text::new(
            "比率不等于分子除以分母（保留两位小数，只舍不入），分母为 0，或超过 100%",
            "A rate that is not its numerator over its denominator (two decimals, cut and never rounded up), a denominator of 0, more than 100 %",
        ),
        example: "公共视频资源60路，出图47路，出图率78.34%（未达标）。",
        run: arithmetic::check,
    },
    Check {
        id: "agreement",
        text: Text::new("同一社区的同一比率前后数值不同", "One rate of one community with two figures"),
        example: "出图率85.00%（17/20）。\n经检测，出图率90.00%（18/20）。",
        run: agreement::check,
    },
    Check {
        id: "evidence",
        text: Text::new(
            "与 `--run` 的批次不符：数值、分子分母、达标与否、报告编号；该批次没有测量的比率列为无法核对",
            "What differs from the run of `--run`: figures, what they are made of, verdicts, the id of the run; a rate it did not \
             measure cannot be told",
        ),
        example: "出图率90.00%（18/20，达标）。报告编号：RUN-0001。",
        run: evidence::check,
    },
];

/// The run the examples are held against.
#[must_use]
pub fn example_run() -> Measured {
    let output = MeasuredRate { id: RateId::Output, value: Some(Fraction::new(17, 20)), verdict: "达标" };
    Measured { run: "RUN-0001".to_owned(), rates: vec![output] }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 矛盾
    Contradicts,
    /// 无法核对
    CannotTell,
    /// 缺少
    Missing,
}

impl Answer {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Contradicts => Text::new("矛盾", "contradicts"),
            Self::CannotTell => Text::new("无法核对", "cannot tell"),
            Self::Missing => Text::new("缺少", "missing"),
        }
    }

    /// For programs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Contradicts => "contradicts",
            Self::CannotTell => "cannot_tell",
            Self::Missing => "missing",
        }
    }
}

/// Something to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: &'static str,
    /// What it comes to.
    pub answer: Answer,
    /// The block, by its number from 0.
    pub block: usize,
    /// What the draft says.
    pub says: String,
    /// What is wrong.
    pub wrong: String,
    /// What to write.
    pub instead: String,
}

/// What a run measured, of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The run.
    pub run: String,
    /// The rates that count.
    pub rates: Vec<MeasuredRate>,
}

/// One rate of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredRate {
    /// Which.
    pub id: RateId,
    /// How much, if it could be measured.
    pub value: Option<Fraction>,
    /// 达标, 未达标 ...
    pub verdict: &'static str,
}

impl Measured {
    /// Of a finished report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        // Where nothing was called, pictures were not measured.
        let measured = |id: RateId| id != RateId::Output || report.header.probing != ProbePlan::No;
        let asked = report.rates.iter().filter(|rate| report.asked.contains(&rate.id) && measured(rate.id));
        let rates = asked.map(|rate| MeasuredRate { id: rate.id, value: rate.value, verdict: rate.verdict.title().zh });
        Self { run: report.header.run_id.clone(), rates: rates.collect() }
    }
}

/// A draft as the checks see it.
struct Draft<'a> {
    blocks: &'a [Block],
    measured: &'a [Measured],
    /// What each block says of results.
    readings: Vec<reading::Reading>,
    /// What is said of rates, in the order of the blocks.
    claims: Vec<claim::Claim>,
    /// What sentences outside of tables ask for.
    asked: BTreeMap<RateId, Vec<String>>,
    /// Where claims were left unread.
    unread: Option<usize>,
}

/// Everything to put right, in the order of the draft.
#[must_use]
pub fn check(blocks: &[Block], measured: &[Measured], lang: Lang) -> Vec<Finding> {
    let draft = Draft::of(blocks, measured);
    let mut found = Vec::new();
    for check in REGISTER {
        (check.run)(&draft, lang, &mut found);
    }
    if let Some(block) = draft.unread {
        found.push(Finding {
            check: "limit",
            answer: Answer::CannotTell,
            block,
            says: draft.readings.get(block).map_or_else(String::new, |reading| reading.result.clone()),
            wrong: say!(
                lang,
                "比率名称和百分数超过 {MAX_PLACES} 处，从这里起没有核对",
                "more than {MAX_PLACES} names of rates and percentages: from here on they were not read"
            ),
            instead: say!(lang, "按社区分成几份公示稿，逐份核对", "several drafts, each checked by itself"),
        });
    }
    found.sort_by_key(|finding| finding.block);
    found
}

/// Where a block stands, for people.
#[must_use]
pub fn place(block: Option<&Block>, lang: Lang) -> String {
    match block.map(|block| block.place) {
        Some(Place::Paragraph(n)) => say!(lang, "第 {n} 段", "paragraph {n}"),
        Some(Place::Row { table, row }) => say!(lang, "第 {table} 个表第 {row} 行", "table {table} row {row}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many findings of a check a draft has.
    pub(super) fn found(check_name: &str, draft: &str) -> usize {
        let blocks = text::read(draft.as_bytes()).unwrap();
        check(&blocks, &[], Lang::Zh).iter().filter(|one| one.check == check_name).count()
    }

    #[test]
    fn every_check_has_an_example_that_raises_it() {
        for one in REGISTER {
            let blocks = text::read(one.example.as_bytes()).unwrap();
            let found = check(&blocks, &[example_run()], Lang::Zh);
            assert!(found.iter().any(|finding| finding.check == one.id), "{}", one.id);
        }
        let ids: Vec<&str> = REGISTER.iter().map(|one| one.id).collect();
        let known = |check: &str| ids.contains(&check) || check == "limit";
        let blocks = text::read(REGISTER.iter().map(|one| one.example).collect::<Vec<_>>().join("\n").as_bytes()).unwrap();
        assert!(check(&blocks, &[example_run()], Lang::Zh).iter().all(|finding| known(finding.check)));
    }

    #[test]
    fn full_width_signs_are_read() {
        assert_eq!(found("arithmetic", "公共视频资源６０路，出图４７路，出图率７８．３４％（未达标）。"), 1);
        assert_eq!(found("arithmetic", "联网率：８８．８８％（８／９），完好率：７７．７７﹪（７／９）。"), 0);
        assert_eq!(found("threshold", "检测结果：出图率＞＝８０％，达标。"), 1);
        assert_eq!(found("period", "公示期：５天（２０２６年１１月２５日～１２月２９日）。"), 1);
    }

    #[test]
    fn the_limit_of_claims_is_said() {
        assert_eq!(found("limit", "出图率85.00%(17/20)。\n"), 0);
        // Of five megabytes in one sentence no more is read than the limit, whatever they repeat.
        for piece in ["出图率85.00%(17/20)。", "覆盖率、", "覆盖率", "出图率8%9%", "联网率(1/"] {
            assert_eq!(found("limit", &piece.repeat((5 << 20) / piece.len())), 1, "{piece}");
        }
    }
}
