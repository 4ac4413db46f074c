//! Floor 7: a draft 公示 held against itself and against a run. Pure: octets and figures in, findings out.

mod agreement;
mod arithmetic;
mod basis;
mod claim;
mod evidence;
mod period;
pub mod text;
mod threshold;
mod verdict;

use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text};
use crate::profile::RateId;
use crate::report::Report;
use text::{Block, Place};

/// Findings of a draft that are listed; the rest is counted.
pub const MAX_FINDINGS: usize = 500;

/// Every check, in the order of what a reader meets first.
const CHECKS: &[fn(&Draft<'_>, Lang, &mut Vec<Finding>)] =
    &[period::check, threshold::check, verdict::check, basis::check, arithmetic::check, agreement::check, evidence::check];

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
        let asked = report.rates.iter().filter(|rate| report.asked.contains(&rate.id));
        let rates = asked.map(|rate| MeasuredRate { id: rate.id, value: rate.value, verdict: rate.verdict.title().zh });
        Self { run: report.header.run_id.clone(), rates: rates.collect() }
    }
}

/// A draft as the checks see it.
struct Draft<'a> {
    blocks: &'a [Block],
    claims: Vec<claim::Claim>,
    measured: &'a [Measured],
}

/// Everything to put right, in the order of the draft.
#[must_use]
pub fn check(blocks: &[Block], measured: &[Measured], lang: Lang) -> Vec<Finding> {
    let draft = Draft { blocks, claims: claim::claims(blocks), measured };
    let mut found = Vec::new();
    for check in CHECKS {
        check(&draft, lang, &mut found);
    }
    found.sort_by_key(|finding| finding.block);
    found
}

/// Where a block stands, for people.
#[must_use]
pub fn place(block: Option<&Block>, lang: Lang) -> String {
    use crate::base::lang::say;
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
}
