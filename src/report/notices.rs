//! 整改通知书: one document a responsible unit, with its problems. Names of files are ours alone; no person's name is in it.

use std::io::{self, Write};

use super::document::{Column, Document, Layout};
use super::problems::{Place, Told, places};
use super::summary::{percent, period, ratio};
use super::units::{self, NamedBy};
use super::workbook::cell;
use super::{Report, confirmation};
use crate::base::fraction::Fraction;
use crate::base::lang::{Text, say};
use crate::base::text::grouped;

/// Problems listed in one notice; of more the first, and it says so.
const MAX_PROBLEMS: usize = 500;

/// One notice to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The unit's place in [`Report::units`].
    unit: usize,
    /// The number of the notice, from 1, in the order of the names.
    number: usize,
    /// Its problems.
    problems: Vec<Place>,
}

impl Notice {
    /// The name of its file: number and run, nothing from outside.
    #[must_use]
    pub fn file(&self) -> String {
        format!("notice-{:04}.docx", self.number)
    }

    /// Problems in it.
    #[must_use]
    pub const fn problems(&self) -> usize {
        self.problems.len()
    }

    /// The unit, for people.
    #[must_use]
    pub fn name(&self, report: &Report) -> String {
        report.units.get(self.unit).map(|unit| units::name(unit, report.lang)).unwrap_or_default()
    }
}

/// The notices of a report, a unit each in the order of the names; units without a problem get none. Cameras nobody is known to
/// answer for have one too, addressed to whoever runs the platform.
#[must_use]
pub fn notices(report: &Report) -> Vec<Notice> {
    let mut by_unit: Vec<Vec<Place>> = vec![Vec::new(); report.units.len()];
    for place in places(report) {
        let unit = report.cameras.get(place.camera).and_then(|camera| by_unit.get_mut(camera.unit));
        if let Some(problems) = unit {
            problems.push(place);
        }
    }
    let due = by_unit.into_iter().enumerate().filter(|(_, problems)| !problems.is_empty());
    due.zip(1..).map(|((unit, problems), number)| Notice { unit, number, problems }).collect()
}

/// `index.csv`: which notice is whose.
///
/// # Errors
/// When it cannot be written.
pub fn index(report: &Report, notices: &[Notice], out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        Text::new("文件", "file"),
        Text::new("责任单位", "responsible unit"),
        Text::new("依据", "named by"),
        Text::new("问题", "problems"),
    ];
    let rows = notices.iter().map(|notice| {
        let named_by = report.units.get(notice.unit).map_or("", |unit| unit.named_by.title().get(report.lang));
        vec![notice.file(), notice.name(report), named_by.to_owned(), notice.problems.len().to_string()]
    });
    super::key_positions::table(out, &columns, report.lang, rows)
}

/// Writes one of them.
///
/// # Errors
/// When it cannot be written.
pub fn write(report: &Report, told: &Told<'_>, notice: &Notice, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let Some(unit) = report.units.get(notice.unit) else { return Ok(()) };
    let header = &report.header;
    let document = Document::new(t("整改通知书", "Notice of problems"), Some(header.finished()), Layout::Official);
    let mut document = document.marked(Some(report.audience.mark().get(lang))).in_small_print();
    let (run, number, when) = (&header.run_id, notice.number, period(report));
    document.meta(&say!(lang, "通知编号 {run}-{number:04}", "notice {run}-{number:04}"));
    document.meta(&when);
    let name = match unit.named_by {
        NamedBy::Nothing => t("被测平台管理单位", "To whoever runs the platform").to_owned(),
        _ => cell(&units::name(unit, lang)),
    };
    document.note(&say!(lang, "{name}：", "{name}:"));
    let (platform, profile, version) = (cell(&header.platform.name), &report.profile.id, report.profile.version);
    let (output, compliance) = (units::output(report, unit), unit.rates.compliance);
    let of = |value: Fraction| {
        let (n, share) = (ratio(value), percent(value));
        say!(lang, "{n}（{share}）", "{n} ({share})")
    };
    let mut shares = Vec::new();
    if output.denominator > 0 {
        let output = of(output);
        shares.push(say!(lang, "出图 {output}", "pictures {output}"));
    }
    let (cameras, all, records) = (grouped(compliance.denominator), grouped(notice.problems.len() as u64), of(compliance));
    shares.push(say!(lang, "记录合规 {records}", "records in order {records}"));
    let shares = shares.join(say!(lang, "，", ", ").as_str());
    document.paragraph(&say!(
        lang,
        "按口径 {profile} 第{version}版对“{platform}”检测，你单位负责的摄像机 {cameras} 路：{shares}；发现问题 {all} 项，列于下表，请逐项整改，填写整改情况后交回，由下次检测自动复核。",
        "Audited on \"{platform}\" under {profile} version {version}: {cameras} cameras of yours, {shares}; {all} problems, listed below. Put them right, fill in what was done and send this back; the next audit looks again."
    ));
    document.note(&confirmation::sentence(header.confirmation.as_ref(), &report.profile, lang));
    let columns = [
        Column::number(t("序号", "No."), 5),
        Column::text(t("问题编号", "problem"), 19),
        Column::text(t("设备编码和名称", "device"), 23),
        Column::text(t("问题", "what is wrong"), 21),
        Column::text(t("建议措施", "what to do"), 22),
        Column::text(t("整改情况", "what was done"), 10),
    ];
    let rows: Vec<Vec<String>> = (1_u64..)
        .zip(&notice.problems)
        .take(MAX_PROBLEMS)
        .filter_map(|(number, place)| {
            let problem = told.at(*place)?;
            let mut wrong = cell(&problem.message());
            if let Some(rule) = problem.rule() {
                wrong = format!("{rule} {wrong}");
            }
            if !problem.is_plain() {
                wrong = format!("{wrong}\n{}", problem.level());
            }
            Some(vec![
                number.to_string(),
                told.id(&problem),
                format!("{}\n{}", cell(problem.code()), cell(problem.name())),
                wrong,
                cell(&told.measure(&problem)),
                String::new(),
            ])
        })
        .collect();
    document.table(&columns, rows.iter().map(Vec::as_slice));
    if notice.problems.len() > MAX_PROBLEMS {
        let most = grouped(MAX_PROBLEMS as u64);
        document.note(&say!(
            lang,
            "共 {all} 项，此处列出前 {most} 项；全部见 report.xlsx 的“整改清单”。",
            "{all} in all, the first {most} are listed; the sheet \"problems\" of report.xlsx has them all."
        ));
    }
    document.lead(t(
        "整改完成时间：______年____月____日前。如有异议，请在收到之日起书面提出，可申请复测。",
        "To be done by: ____________. Objections in writing; a second measurement can be asked for.",
    ));
    let columns = [Column::text("", 50), Column::text("", 50)];
    let rows = [vec![
        t("发出单位（盖章）：\n\n日期：", "issued by (seal):\n\ndate:").to_owned(),
        t("签收单位（盖章）：\n\n日期：", "received by (seal):\n\ndate:").to_owned(),
    ]];
    document.table(&columns, rows.iter().map(Vec::as_slice));
    document.save(out)
}
