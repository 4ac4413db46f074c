//! `findings.csv`: one row a finding; `estate.csv`: one row a camera the catalogue was held against; `sample.csv`: one row a camera that
//! was drawn; `measures.csv`: one row a device and an optional measurement. All begin with a BOM; no cell can be taken for a formula.

use std::io::{self, Write};

use super::audience::Audience;
use super::{Exporter, OutputFile, Report, sampling};
use crate::base::lang::Text;
use crate::base::text::{defuse_cell, visible};
use crate::manscdp::item::Element;
use crate::rules::{Autofix, Rule, Severity};

/// The format.
pub static EXPORTER: Exporter = Exporter {
    name: "csv",
    files: &[
        OutputFile::new("findings.csv", findings),
        OutputFile::new("estate.csv", estate),
        OutputFile {
            name: "sample.csv",
            write: sample,
            is_due: |report| report.header.conduct.sampling.is_some() && report.audience == Audience::Internal,
        },
        OutputFile::new("measures.csv", measures),
        OutputFile::new("units.csv", super::units::csv),
        OutputFile { name: "areas.csv", write: super::areas::csv, is_due: |report| !report.areas.is_empty() },
        OutputFile {
            name: "key_positions.csv",
            write: super::key_positions::positions_csv,
            is_due: |report| report.key_positions.plan,
        },
        OutputFile {
            name: "installed.csv",
            write: super::key_positions::installed_csv,
            is_due: |report| report.key_positions.is_given(),
        },
        OutputFile {
            name: "tables.csv",
            write: super::key_positions::notes_csv,
            is_due: |report| !report.key_positions.notes.is_empty(),
        },
    ],
};

/// The columns, in order. `docs/CONTRACT.md` lists them.
const COLUMNS: [Text; 14] = [
    Text::new("序号", "No."),
    Text::new("设备编码", "device code"),
    Text::new("同码序号", "occurrence"),
    Text::new("设备名称", "name"),
    Text::new("所属录像机", "recorder"),
    Text::new("问题代码", "rule"),
    Text::new("字段", "field"),
    Text::new("级别", "severity"),
    Text::new("依据", "basis"),
    Text::new("当前值", "value now"),
    Text::new("问题说明", "what is wrong"),
    Text::new("建议值", "proposed value"),
    Text::new("把握程度", "confidence"),
    Text::new("豁免（行）", "waiver (line)"),
];

const fn severity(severity: Severity) -> Text {
    match severity {
        Severity::Error => Text::new("不合规", "not compliant"),
        Severity::Warn => Text::new("提示", "remark"),
        Severity::Info => Text::new("说明", "note"),
    }
}

/// How far a proposal can be relied on.
pub(super) const fn confidence(autofix: Autofix, has_proposal: bool) -> Text {
    match autofix {
        Autofix::Safe if has_proposal => Text::new("可直接采用", "can be taken as it is"),
        Autofix::Suggest | Autofix::Safe if has_proposal => Text::new("建议核对", "to be checked"),
        _ => Text::new("需填写", "to be filled in"),
    }
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS.map(|c| c.get(report.lang)))?;
    let mut number = 0_u64;
    for camera in &report.cameras {
        let Some(item) = report.item(camera.item) else { continue };
        for finding in &camera.judgement.findings {
            number += 1;
            let rule = Rule::find(finding.rule);
            let autofix = finding.finding.grade.or(rule.map(|r| r.autofix)).unwrap_or(Autofix::None);
            let proposal = finding.finding.proposed();
            let waived = camera.waived.iter().find(|w| w.rule == finding.rule && finding.counts);
            let cells = [
                number.to_string(),
                item.sent(Element::DeviceID).unwrap_or_default().to_owned(),
                if item.occurrences > 1 { item.occurrence.to_string() } else { String::new() },
                item.sent(Element::Name).unwrap_or_default().to_owned(),
                camera.recorder.clone().unwrap_or_default(),
                finding.rule.to_owned(),
                finding.field.title().get(report.lang).to_owned(),
                severity(finding.severity).get(report.lang).to_owned(),
                finding.basis.title().get(report.lang).to_owned(),
                finding.finding.value.clone(),
                finding.finding.message.clone(),
                proposal.clone().unwrap_or_default(),
                confidence(autofix, proposal.is_some()).get(report.lang).to_owned(),
                waived.map(|w| w.line.to_string()).unwrap_or_default(),
            ];
            table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
        }
    }
    table.flush()
}

/// The columns of `estate.csv`.
const ESTATE: [Text; 6] = [
    Text::new("序号", "No."),
    Text::new("情况", "what is so"),
    Text::new("设备编码", "device code"),
    Text::new("设备名称", "name"),
    Text::new("原编码", "old code"),
    Text::new("状态", "status"),
];

fn estate(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(ESTATE.map(|c| c.get(report.lang)))?;
    let lines = report.estate.lines(!report.catalog.state.voids()).into_iter().chain(report.pictures.lines());
    for (number, line) in (1_u64..).zip(lines) {
        let number = number.to_string();
        let cells = [number.as_str(), line.kind.get(report.lang), line.id, line.name, line.other, line.status];
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

fn sample(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(sampling::COLUMNS.map(|c| c.get(report.lang)))?;
    for cells in sampling::rows(report) {
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}

/// The columns of `measures.csv`.
const MEASURES: [Text; 10] = [
    Text::new("序号", "No."),
    Text::new("测量", "measurement"),
    Text::new("设备编码", "device code"),
    Text::new("设备名称", "name"),
    Text::new("结论", "found"),
    Text::new("原因", "why"),
    Text::new("分子", "numerator"),
    Text::new("分母", "denominator"),
    Text::new("测得", "measured"),
    Text::new("无录像的时间", "without a recording"),
];

fn measures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(MEASURES.map(|c| c.get(lang)))?;
    let lines = report.measures.iter().flat_map(|measures| &measures.lines);
    for (number, line) in (1_u64..).zip(lines) {
        let number_of =
            |of: fn(crate::base::fraction::Fraction) -> u64| line.value.map(|v| of(v).to_string()).unwrap_or_default();
        let cells = [
            number.to_string(),
            line.measure.about().map_or("", |about| about.title.get(lang)).to_owned(),
            line.device_id.clone(),
            line.name.clone(),
            line.reason.found.title().get(lang).to_owned(),
            line.why(lang).to_owned(),
            number_of(|v| v.numerator),
            number_of(|v| v.denominator),
            line.measured.clone(),
            line.gaps_shown(lang),
        ];
        table.write_record(cells.iter().map(|cell| defuse_cell(&visible(cell)).into_owned()))?;
    }
    table.flush()
}
