//! 整改清单.xlsx: the correction table as a workbook that a clerk fills in and sends back.
//!
//! Made for Excel 2010 and WPS: codes are text cells, long lists stand on a sheet of their own, nothing is merged, and
//! only what is to be filled in can be written to. Memory does not grow with the rows, and the texts of the next rows are
//! made while these are written.

use std::io::{Seek, Write};

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula, ProtectionOptions, Workbook, XlsxError};

use super::fold::{self, Fold};
use super::gap::{Gap, Work};
use super::{Correction, Grade, change, key};
use crate::base::lang::{Text, say};
use crate::base::text::grouped;
use crate::division::Divisions;
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::report::Report;
pub use crate::report::workbook::MAX_ROWS;
use crate::report::workbook::{self, Lines, Style, cell, height, row_number, sheet};
use crate::rules::Rule;

/// Folds and steps shown.
const MAX_FOLDS: usize = 1_000;

/// The columns of 设备整改.
pub const COLUMNS: [Text; 19] = [
    Text::new("序号", "No."),
    Text::new("社区", "community"),
    Text::new("责任单位", "unit"),
    Text::new("设备编码", "device code"),
    Text::new("设备名称", "name"),
    Text::new("所属录像机", "recorder"),
    Text::new("问题代码", "rule"),
    Text::new("问题说明", "what is wrong"),
    Text::new("依据", "basis"),
    Text::new("字段", "field"),
    Text::new("当前值", "value now"),
    Text::new("建议值", "proposed value"),
    Text::new("把握程度", "confidence"),
    Text::new("修正值", "corrected value"),
    Text::new("在哪改", "where to change it"),
    Text::new("同步后以谁为准", "who wins after the next sync"),
    Text::new("处理结果", "result"),
    Text::new("备注", "remark"),
    Text::new("行标识（勿改）", "row key (do not change)"),
];
/// The column to fill in.
pub const CORRECTED: usize = 13;
/// The column of 处理结果.
pub const RESULT: usize = 16;
/// The column of 备注.
const REMARK: usize = 17;
/// Columns to write in.
static OPEN: [usize; 3] = [CORRECTED, RESULT, REMARK];
/// The hidden column.
pub const KEY: usize = 18;
/// In characters; together they fit a sheet of A4 that can still be read.
const WIDTHS: [u16; 19] = [5, 8, 10, 20, 18, 20, 7, 24, 9, 8, 20, 20, 8, 20, 18, 8, 8, 8, 10];
/// Columns that are hidden where nothing stands in them.
const OFTEN_EMPTY: [usize; 2] = [1, 2];
/// Rows made while as many are written.
const BATCH: usize = 512;

/// The sheet that is read back.
pub const DEVICES: Text = Text::new("设备整改", "devices");

/// What stands in 处理结果.
const RESULTS: [Text; 5] = [
    Text::new("已改", "changed"),
    Text::new("不改", "not changed"),
    Text::new("待核实", "to be checked"),
    Text::new("申请豁免", "waiver applied for"),
    Text::new("已拆除", "removed"),
];

/// What the workbook is made from.
pub struct Content<'a> {
    /// The report.
    pub report: &'a Report,
    /// The rows.
    pub rows: &'a [Correction],
    /// The same by cause.
    pub folds: &'a [Fold],
    /// The ways to the thresholds.
    pub gaps: &'a [Gap],
}

/// Writes the workbook.
///
/// # Errors
/// When the writer refuses, or the disk that holds rows on their way.
pub fn write(content: &Content<'_>, out: impl Write + Seek + Send) -> Result<(), XlsxError> {
    let (report, style) = (content.report, Style::new());
    let mut book = workbook::begin(report)?;
    guide(content, &style, &mut book)?;
    summary(content, &style, &mut book)?;
    gaps(content, &style, &mut book)?;
    devices(content, &style, &mut book)?;
    pictures(content, &style, &mut book)?;
    codes(content, &style, &mut book)?;
    dictionary(content, &style, &mut book)?;
    book.save_to_writer(out)
}

fn guide(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let sheet = sheet(book, style, report, say!(lang, "填写说明", "how to fill in").as_str(), &[])?;
    sheet.set_column_width(0, 110)?;
    let (platform, run) = (cell(&report.header.platform.name), &report.header.run_id);
    let (rows, all) = (grouped(content.rows.len() as u64), grouped(MAX_ROWS as u64));
    let mut lines = vec![
        say!(lang, "{platform}　整改清单", "{platform}: corrections"),
        say!(lang, "检测批次 {run}，共 {rows} 条。", "Run {run}, {rows} rows."),
        String::new(),
        say!(
            lang,
            "1. 只填“设备整改”表中浅黄色的列：修正值、处理结果、备注。其他列已锁定，请勿插入、删除或重排列。",
            "1. Fill in only the yellow columns of the sheet \"devices\": corrected value, result, remark. The others are locked; do not insert, delete or move columns."
        ),
        say!(
            lang,
            "2. “可直接采用”的建议值已填入修正值，确认后不用改；“建议核对”的请核对后照抄建议值；“需填写”的由责任单位填写。",
            "2. Proposals that can be taken as they are stand in the corrected value already; those to be checked are copied there once checked; the rest is for the unit to fill in."
        ),
        say!(
            lang,
            "3. 修正值留空表示不改。编码、经纬度等都按文本填写，不要让表格软件改成数字或科学计数。",
            "3. An empty corrected value means no change. Codes and positions are text: do not let the spreadsheet turn them into numbers."
        ),
        say!(
            lang,
            "4. “在哪改”写明到哪里去改；“同步后以谁为准”写明下次同步后以谁的值为准，只在别处改会被覆盖；详见“汇总”。",
            "4. \"Where to change it\" says where; \"who wins\" says whether a change elsewhere is overwritten."
        ),
        say!(
            lang,
            "5. 填好后运行：gbaudit check 整改清单.xlsx --against 批次号（或结果文件夹）。先看每处修改对各项比率的影响，再到平台上改。本工具不写平台。",
            "5. Then run: gbaudit check corrections.xlsx --against RUN (or the results folder). See what every edit does to the rates before anything is changed on a platform. This tool never writes to a platform."
        ),
        say!(
            lang,
            "6. 最后一列是行标识，已隐藏，用来核对这一行说的是哪一台设备，请勿改动。",
            "6. The last column is hidden; it tells which device a row is about. Do not change it."
        ),
    ];
    lines.extend(crate::report::summary::stamp(report));
    if content.rows.len() > MAX_ROWS {
        lines.push(say!(
            lang,
            "本表只列前 {all} 条，其余请分批整改后重新生成。",
            "Only the first {all} rows are listed; make the table again after these are done."
        ));
    }
    for (row, line) in (0_u32..).zip(&lines) {
        sheet.write_string_with_format(row, 0, line, if row == 0 { &style.large } else { &style.plain })?;
    }
    Ok(())
}

fn summary(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let columns = [
        (t("指标", "rate"), 30),
        (t("达到/应有", "reached/due"), 24),
        (t("比率", "percent"), 16),
        (t("要求", "needed"), 34),
        (t("结论", "verdict"), 40),
        (t("还差", "missing"), 12),
        (t("公式", "formula"), 44),
    ];
    let widths = columns.map(|(_, width)| width);
    let mut lines = Lines::new(sheet(book, style, report, t("汇总", "summary"), &columns)?, style);
    let mut row = 1;
    for rate in &report.rates {
        let value = rate.value;
        let cells = [
            rate.id.title().get(lang).to_owned(),
            value.map_or_else(|| "—".to_owned(), |v| format!("{}/{}", v.numerator, v.denominator)),
            value.and_then(crate::base::fraction::Fraction::percent).map_or_else(|| "—".to_owned(), |p| format!("{p}%")),
            format!("≥{}%", rate.threshold),
            rate.verdict.title().get(lang).to_owned(),
            value.map_or_else(|| "—".to_owned(), |_| rate.needs().to_string()),
            rate.formula.text.get(lang).to_owned(),
        ];
        lines.fitted(row, cells, &widths)?;
        row += 1;
    }
    row += 1;
    let causes = [
        t("原因", "cause"),
        t("问题", "what is wrong"),
        t("字段", "field"),
        t("在哪改", "where to change it"),
        t("同步后以谁为准", "who wins after the next sync"),
        t("条数", "rows"),
        t("做法", "what to do"),
    ];
    lines.special(row, &causes, &style.title)?;
    for fold in content.folds.iter().take(MAX_FOLDS) {
        row += 1;
        let title = Rule::find(fold.rule).map(|rule| rule.page().side(lang).title.clone()).unwrap_or_default();
        let cells = [
            format!("{} {}", fold.by.title().get(lang), cell(&fold.id)).trim_end().to_owned(),
            format!("{} {title}", fold.rule),
            fold::title(fold.element).get(lang).to_owned(),
            cell(&fold.place.title(lang)),
            fold.place.winner(lang),
            fold.rows.len().to_string(),
            fold.say(lang),
        ];
        lines.fitted(row, cells, &widths)?;
    }
    lines.end()
}

fn gaps(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let columns = [
        (t("指标", "rate"), 16),
        (t("还差（路）", "missing"), 12),
        (t("步骤", "step"), 8),
        (t("做什么", "what to do"), 36),
        (t("对象", "with"), 36),
        (t("可增加（路）", "cameras gained"), 14),
        (t("需改（条）", "rows"), 12),
        (t("累计增加（路）", "gained so far"), 14),
        (t("是否达标", "reached"), 12),
    ];
    let widths = columns.map(|(_, width)| width);
    let mut lines = Lines::new(sheet(book, style, report, t("还差多少路", "missing cameras"), &columns)?, style);
    if content.gaps.is_empty() {
        let none = t("没有未达标的比率，或未能测量。", "No rate is below its threshold, or none was measured.");
        lines.special(1, &[none], &style.plain)?;
    }
    let mut row = 0;
    for gap in content.gaps {
        let mut gained = 0_u64;
        for (number, step) in gap.steps.iter().take(MAX_FOLDS).enumerate() {
            row += 1;
            gained += step.cameras.len() as u64;
            let cells = [
                gap.rate.title().get(lang).to_owned(),
                gap.needs.to_string(),
                (number + 1).to_string(),
                step.work.title().get(lang).to_owned(),
                cell(&step.group),
                step.cameras.len().to_string(),
                if step.work == Work::Pictures { String::new() } else { step.rows.to_string() },
                gained.to_string(),
                if gained >= gap.needs { t("达标", "yes").to_owned() } else { String::new() },
            ];
            lines.fitted(row, cells, &widths)?;
        }
    }
    lines.end()
}

fn devices(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let titles = COLUMNS.map(|c| c.get(lang));
    let columns: Vec<(&str, u16)> = titles.iter().copied().zip(WIDTHS).collect();
    let sheet = sheet(book, style, report, DEVICES.get(lang), &columns)?;
    let rows = content.rows.get(..MAX_ROWS.min(content.rows.len())).unwrap_or_default();
    let made = |(batch, corrections): (usize, &[Correction])| {
        let numbered = (batch * BATCH..).zip(corrections);
        let row = |(index, correction)| {
            let cells = line(report, index, correction);
            let height = height(cells.get(..KEY).unwrap_or_default(), &WIDTHS);
            (row_number(index + 1), cells, height)
        };
        numbered.map(row).collect::<Vec<_>>()
    };
    let mut said = [false; OFTEN_EMPTY.len()];
    let mut lines = Lines::new(&mut *sheet, style).with_open(&OPEN);
    let mut batches = rows.chunks(BATCH).enumerate();
    let mut next = batches.next().map(made);
    while let Some(batch) = next {
        let write = || {
            for (row, cells, height) in batch {
                for (seen, place) in said.iter_mut().zip(OFTEN_EMPTY) {
                    *seen |= cells.get(place).is_some_and(|text| !text.is_empty());
                }
                lines.write(row, cells, height)?;
            }
            Ok::<_, XlsxError>(())
        };
        let (written, following) = rayon::join(write, || batches.next().map(made));
        written?;
        next = following;
    }
    lines.end()?;
    let last = row_number(rows.len().max(1));
    let column = |index: usize| u16::try_from(index).unwrap_or(0);
    sheet.set_column_hidden(column(KEY))?;
    for (place, _) in OFTEN_EMPTY.into_iter().zip(said).filter(|(_, said)| !said) {
        sheet.set_column_hidden(column(place))?;
    }
    sheet.set_freeze_panes(1, 5)?;
    sheet.autofilter(0, 0, last, column(KEY))?;
    let dictionary = Text::new("数据字典", "dictionary").get(lang);
    let results = Formula::new(format!("='{dictionary}'!$A$2:$A${}", RESULTS.len() + 1));
    let result = DataValidation::new().allow_list_formula(results).set_error_style(DataValidationErrorStyle::Warning);
    sheet.add_data_validation(1, column(RESULT), last, column(RESULT), &result)?;
    // The rows of regions stand together: one list serves them.
    let regions = regions(report);
    if !regions.is_empty() {
        let list = Formula::new(format!("='{dictionary}'!$C$2:$C${}", regions.len() + 1));
        let list = DataValidation::new().allow_list_formula(list).set_error_style(DataValidationErrorStyle::Warning);
        let mut from = 0;
        while from < rows.len() {
            let count = rows.iter().skip(from).take_while(|r| r.element == Element::CivilCode).count();
            if count > 0 {
                let (first, to) = (row_number(from + 1), row_number(from + count));
                sheet.add_data_validation(first, column(CORRECTED), to, column(CORRECTED), &list)?;
            }
            from += count.max(1);
        }
    }
    let options = ProtectionOptions {
        format_columns: true,
        format_rows: true,
        use_autofilter: true,
        sort: true,
        ..ProtectionOptions::new()
    };
    sheet.protect_with_options(&options);
    Ok(())
}

/// One row of 设备整改.
pub fn line(report: &Report, index: usize, correction: &Correction) -> [String; 19] {
    let lang = report.lang;
    let camera = report.cameras.get(correction.camera);
    let item = camera.and_then(|c| report.item(c.item));
    let text = |element: Element| item.and_then(|i| i.text(element)).map(cell).unwrap_or_default();
    let basis = correction.rules.first().and_then(|id| Rule::find(id)).map_or("", |rule| rule.basis.title().get(lang));
    let taken = correction.proposed.as_ref().filter(|_| correction.grade == Grade::Safe);
    [
        (index + 1).to_string(),
        text(Element::GrassrootsCode),
        text(Element::ManagementUnit),
        item.and_then(|i| i.sent(Element::DeviceID)).map(cell).unwrap_or_default(),
        item.and_then(|i| i.sent(Element::Name)).map(cell).unwrap_or_default(),
        camera.and_then(|c| c.recorder.as_deref()).map(cell).unwrap_or_default(),
        correction.rules.join(say!(lang, "、", ", ").as_str()),
        cell(&correction.reason(lang)),
        basis.to_owned(),
        correction.element.title().get(lang).to_owned(),
        cell(&correction.current),
        cell(&correction.shown(lang)),
        correction.grade.title().get(lang).to_owned(),
        taken.map(|value| cell(value)).unwrap_or_default(),
        cell(&correction.place.title(lang)),
        correction.place.wins().get(lang).to_owned(),
        String::new(),
        String::new(),
        key::of(report, correction),
    ]
}

fn pictures(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let columns = [
        (t("设备编码", "device code"), 24),
        (t("设备名称", "name"), 30),
        (t("所属录像机", "recorder"), 24),
        (t("责任归属", "put down to"), 16),
        (t("原因", "cause"), 26),
        (t("详细", "detail"), 40),
        (t("怎么办", "what to do"), 60),
    ];
    let widths = columns.map(|(_, width)| width);
    let mut lines = Lines::new(sheet(book, style, report, t("未出图", "no picture"), &columns)?, style);
    let dark = report.cameras.iter().filter(|c| c.probe.verdict == ProbeVerdict::NoPicture);
    for (row, camera) in (1_u32..).zip(dark.take(MAX_ROWS)) {
        let Some(item) = report.item(camera.item) else { continue };
        let cause = camera.probe.cause;
        let cells = [
            cell(item.sent(Element::DeviceID).unwrap_or_default()),
            cell(item.sent(Element::Name).unwrap_or_default()),
            camera.recorder.as_deref().map(cell).unwrap_or_default(),
            camera.probe.blamed(lang).to_owned(),
            cause.map_or("", |c| c.title().get(lang)).to_owned(),
            cell(&camera.probe.told(lang)),
            camera.probe.why.map_or("", |why| why.todo.get(lang)).to_owned(),
        ];
        lines.fitted(row, cells, &widths)?;
    }
    lines.end()
}

fn codes(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let columns = [(t("旧编码", "old"), 26), (t("新编码", "new"), 26), (t("日期", "date"), 14), (t("经办人", "who"), 14)];
    let widths = columns.map(|(_, width)| width);
    let mut lines = Lines::new(sheet(book, style, report, t("编码变更对照", "changed codes"), &columns)?, style);
    let edits = change::edits(report, content.rows.iter());
    for (row, change) in (1_u32..).zip(change::code_changes(report, &edits, "", "")) {
        lines.fitted(row, [cell(&change.old), cell(&change.new)], &widths)?;
    }
    lines.end()
}

/// The regions a camera of this audit may lie in: code and name.
fn regions(report: &Report) -> Vec<(String, String)> {
    let divisions = Divisions::embedded();
    let Ok(Some(jurisdiction)) = crate::division::Jurisdiction::new(&report.header.jurisdiction, divisions) else {
        return Vec::new();
    };
    let counties = divisions.counties().map(|(code, name)| (crate::division::codes::six(code), name.to_owned()));
    let mut inside: Vec<_> = counties.filter(|(code, _)| jurisdiction.contains(code, divisions)).collect();
    inside.sort();
    inside
}

fn dictionary(content: &Content<'_>, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let (report, lang) = (content.report, content.report.lang);
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let columns = [
        (t("处理结果", "result"), 14),
        ("", 2),
        (t("行政区划", "region"), 12),
        (t("名称", "name"), 24),
        ("", 2),
        (t("问题代码", "rule"), 10),
        (t("问题", "what is wrong"), 26),
        (t("怎么改", "how to put it right"), 90),
    ];
    let widths = columns.map(|(_, width)| width);
    let mut lines = Lines::new(sheet(book, style, report, t("数据字典", "dictionary"), &columns)?, style);
    let regions = regions(report);
    let mut rules: Vec<&'static str> = content.rows.iter().flat_map(|row| row.rules.iter().copied()).collect();
    rules.sort_unstable();
    rules.dedup();
    let count = RESULTS.len().max(regions.len()).max(rules.len());
    for index in 0..count {
        let rule = rules.get(index).and_then(|id| Rule::find(id));
        let page = rule.map(Rule::page);
        let side = page.as_ref().map(|page| page.side(lang));
        let (region, name) = regions.get(index).cloned().unwrap_or_default();
        let cells = [
            RESULTS.get(index).map_or("", |r| r.get(lang)).to_owned(),
            String::new(),
            region,
            name,
            String::new(),
            rule.map(|rule| rule.id).unwrap_or_default().to_owned(),
            side.map(|side| side.title.clone()).unwrap_or_default(),
            side.and_then(|side| side.sections.last())
                .map(|(_, text)| cell(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
                .unwrap_or_default(),
        ];
        lines.fitted(row_number(index + 1), cells, &widths)?;
    }
    lines.end()
}
