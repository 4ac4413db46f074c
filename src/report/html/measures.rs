//! 附件7: the optional measurements, as text.

use super::{List, MAX_CELL};
use crate::base::lang::say;
use crate::base::text::{excerpt, grouped, visible};
use crate::report::Report;
use crate::report::measures::{Found, Line, Sum, counted};
use crate::report::summary::percent;

/// Devices listed: those of which something is to be said.
const MAX_LINES: usize = 200;

pub(super) struct Section {
    pub(super) sums: Vec<Row>,
    pub(super) note: String,
    pub(super) lines: List<LineRow>,
}

pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) numerator: String,
    pub(super) denominator: String,
    pub(super) percent: String,
    pub(super) devices: String,
    pub(super) formula: &'static str,
    pub(super) blind: &'static str,
}

pub(super) struct LineRow {
    pub(super) measure: &'static str,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) found: &'static str,
    pub(super) why: &'static str,
    pub(super) measured: String,
    pub(super) gaps: String,
}

/// The section; nothing where nothing was to be measured.
pub(super) fn section(report: &Report) -> Option<Section> {
    let measures = report.measures.as_ref()?;
    let lang = report.lang;
    let row = |sum: &Sum| {
        let about = sum.measure.about()?;
        Some(Row {
            title: about.title.get(lang),
            numerator: grouped(sum.value.numerator),
            denominator: grouped(sum.value.denominator),
            percent: percent(sum.value),
            devices: counted(sum, lang),
            formula: about.formula.get(lang),
            blind: about.blind.get(lang),
        })
    };
    let line = |line: &Line| LineRow {
        measure: line.measure.about().map_or("", |about| about.title.get(lang)),
        code: excerpt(&visible(&line.device_id), MAX_CELL),
        name: excerpt(&visible(&line.name), MAX_CELL),
        found: line.reason.found.title().get(lang),
        why: line.why(lang),
        measured: excerpt(&visible(&line.measured), MAX_CELL),
        gaps: line.gaps_shown(lang),
    };
    let said = || measures.lines.iter().filter(|line| line.reason.found != Found::Right);
    let rest = said().count().checked_sub(MAX_LINES).filter(|rest| *rest > 0);
    let [from, to] = [measures.window.0, measures.window.1].map(|at| at.beijing("%Y-%m-%d %H:%M"));
    let (beyond, tolerance) = (grouped(measures.beyond), measures.tolerance_s);
    Some(Section {
        sums: measures.sums.iter().filter_map(row).collect(),
        note: say!(
            lang,
            "录像检索时段 {from} 至 {to}（北京时间）；时钟容差 {tolerance} 秒；超过上限未问的摄像机 {beyond} 路。分母只含测得的；无法判断和本工具原因的另列。全部逐台结果见 measures.csv。",
            "Recordings from {from} to {to} (Beijing time); clocks may be off by {tolerance} s; {beyond} cameras past the limit were not asked. Only what was measured stands in a denominator. Device by device: measures.csv."
        ),
        lines: List {
            rows: said().take(MAX_LINES).map(line).collect(),
            rest: rest.map(|rest| {
                let rest = grouped(rest as u64);
                say!(lang, "另有 {rest} 行见 measures.csv。", "{rest} more rows: measures.csv.")
            }),
        },
    })
}
