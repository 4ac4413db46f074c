//! The section 目录完整性证明: the same words and figures as `gbaudit catalog --explain`.

use crate::base::lang::say;
use crate::base::text::grouped;
use crate::report::Report;
use crate::report::proof::{JournalRow, PartRow, Shown, SourceRow};

/// The section, as text.
pub(super) struct Section {
    pub(super) verdict: String,
    pub(super) void: bool,
    pub(super) caveat: Option<String>,
    pub(super) parts: Vec<PartRow>,
    pub(super) parts_rest: Option<String>,
    pub(super) sources: Vec<SourceRow>,
    pub(super) meanwhile: Vec<String>,
    pub(super) journal: String,
    pub(super) head: Vec<JournalRow>,
    pub(super) between: Option<String>,
    pub(super) tail: Vec<JournalRow>,
    pub(super) damaged: Vec<JournalRow>,
}

pub(super) fn section(report: &Report) -> Section {
    let lang = report.lang;
    let shown = Shown::new(&report.catalog, &report.header, lang);
    let (parts, left) = shown.parts();
    let left = (left > 0).then(|| grouped(left));
    let journal = shown.journal();
    let between = (journal.between > 0).then(|| grouped(journal.between));
    Section {
        verdict: shown.verdict(),
        void: report.catalog.state.voids(),
        caveat: shown.caveat(),
        parts,
        parts_rest: left.map(|left| say!(lang, "另有 {left} 次查询见 report.json。", "{left} more queries: see report.json.")),
        sources: shown.sources(),
        meanwhile: shown.meanwhile(),
        journal: journal.title,
        head: journal.head,
        between: between.map(|n| say!(lang, "……中间 {n} 条略", "... {n} between them")),
        tail: journal.tail,
        damaged: journal.damaged,
    }
}
