//! 检测结论: what is signed. Whose numbers, when, under which profile, and the rates with what they are made of.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{cameras, problems, spread};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::grouped;
use crate::indicator::RateResult;
use crate::profile::RateId;
use crate::report::audience::Audience;
use crate::report::html::{prose, tally};
use crate::report::summary::{percent, period, remark, shared_line, stamp, state_text};
use crate::report::workbook::{self, Style, cell, row_number};
use crate::report::{Report, Tally, confirmation};
use crate::rules::FieldId;

pub(super) const WIDTHS: [u16; 9] = [15, 10, 10, 11, 9, 11, 9, 32, 42];

/// Writes a sheet downwards.
pub(super) struct Down<'a> {
    pub sheet: &'a mut Worksheet,
    pub style: &'a Style,
    pub row: u32,
    pub lang: Lang,
}

impl Down<'_> {
    pub fn line(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, name, &self.style.line)?;
        self.sheet.write_string_with_format(self.row, 1, cell(text), &self.style.line)?;
        self.row += 1;
        Ok(())
    }

    fn titles(&mut self, titles: &[&str]) -> Result<(), XlsxError> {
        for (column, title) in (0_u16..).zip(titles) {
            self.sheet.write_string_with_format(self.row, column, *title, &self.style.title)?;
        }
        self.row += 1;
        Ok(())
    }
}

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook, most: usize) -> Result<(), XlsxError> {
    let lang = report.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let sheet = workbook::page(book, report, t("检测结论", "conclusion"), &WIDTHS)?;
    let header = &report.header;
    let name = cell(&header.platform.name);
    let title = say!(lang, "{name}　指标4 视频监控设施检测结果", "{name}: indicator 4, video surveillance facilities");
    sheet.write_string_with_format(0, 0, title, &style.large)?.set_row_height(0, 24)?;
    let mut down = Down { sheet, style, row: 1, lang };
    down.line(t("版本", "edition"), report.audience.mark().get(lang))?;
    down.line(t("检测批次", "run"), &header.run_id)?;
    down.line(t("被测平台", "platform"), format!("{name} {}", cell(&header.platform.id)).trim())?;
    down.line(t("检测时间", "time"), &period(report))?;
    let (id, version, profile_title) = (&report.profile.id, report.profile.version, report.profile.title(lang));
    down.line(
        t("口径", "profile"),
        &say!(lang, "{id} 第{version}版　{profile_title}", "{id} version {version}, {profile_title}"),
    )?;
    down.line(t("口径哈希", "its hash"), &report.profile.hash())?;
    down.line(t("口径确认", "confirmation"), &confirmation::line(header.confirmation.as_ref(), &report.profile, lang))?;
    let (sm3, sha256) = (&report.head.sm3, &report.head.sha256);
    down.line(t("证据摘要", "evidence digest"), &format!("SM3 {sm3}"))?;
    down.line("", &format!("SHA-256 {sha256}"))?;
    let c = &report.catalog;
    let (declared, received, missing) = (grouped(c.declared), grouped(c.received), grouped(c.missing));
    let (cameras_found, state) = (grouped(report.cameras.len() as u64), state_text(report));
    down.line(
        t("目录应答", "catalogue"),
        &say!(
            lang,
            "{state}：声明 {declared} 条，实收 {received} 条，缺 {missing} 条；其中摄像机 {cameras_found} 路",
            "{state}: declared {declared}, received {received}, missing {missing}; {cameras_found} cameras"
        ),
    )?;
    down.line(t("共享核对", "shared"), shared_line(report).trim_start_matches("共享核对").trim_start_matches("shared").trim())?;
    let (overall, tally) = (report.overall.title().get(lang), tally(&report.rates, &report.counting(), lang));
    down.line(t("总结论", "overall"), &say!(lang, "{overall}（{tally}）", "{overall} ({tally})"))?;
    if let Some(incomplete) = header.incomplete {
        let why = incomplete.text().get(lang);
        down.line(
            t("未完成", "not completed"),
            &say!(lang, "{why}；已测部分照列，不作结论", "{why}; what was measured decides nothing"),
        )?;
    }
    for text in stamp(report).into_iter().chain(prose::caveats(report)) {
        down.line(t("注意", "note"), &text)?;
    }
    down.row += 1;
    rates(&mut down, &report.rates, &report.asked)?;
    down.row += 1;
    fields(&mut down, report.fields, report.others)?;
    down.row += 1;
    down.line(t("明细", "lists"), &spread(cameras::NAME, report.cameras.len(), most, lang))?;
    if report.audience == Audience::Internal {
        down.line("", &spread(problems::NAME, crate::report::problems::places(report).len(), most, lang))?;
    }
    down.line("", &prose::made_by(report))?;
    Ok(())
}

pub(super) fn rates(down: &mut Down<'_>, rates: &[RateResult], asked: &[RateId]) -> Result<(), XlsxError> {
    let lang = down.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    down.titles(&[
        t("指标", "rate"),
        t("达到（分子）", "reached"),
        t("应有（分母）", "due"),
        t("比率（截断）", "percent (cut)"),
        t("要求", "needed"),
        t("结论", "verdict"),
        t("还差（路）", "missing"),
        t("说明", "note"),
        t("公式", "formula"),
    ])?;
    for rate in rates {
        let asked = asked.contains(&rate.id);
        let value = rate.value.filter(|_| asked);
        let style = down.style;
        let (sheet, row) = (&mut *down.sheet, down.row);
        for (column, number) in
            [(1, value.map(|v| v.numerator)), (2, value.map(|v| v.denominator)), (6, value.map(|_| rate.needs()))]
        {
            match number {
                Some(number) => workbook::count(sheet, row, column, number, &style.count)?,
                None => drop(sheet.write_string_with_format(row, column, "—", &style.count)?),
            }
        }
        let verdict = if asked { rate.verdict.title().get(lang) } else { t("本次不作答", "not asked") };
        let note = if asked { remark(rate, lang) } else { String::new() };
        let cells = [
            (0, rate.id.title().get(lang).to_owned()),
            (3, value.map_or_else(|| "—".to_owned(), percent)),
            (4, if asked { format!("≥{}%", rate.threshold) } else { String::new() }),
            (5, verdict.to_owned()),
            (7, note),
            (8, rate.formula.text.get(lang).to_owned()),
        ];
        let height = cells.iter().map(|(column, text)| (text.clone(), WIDTHS.get(usize::from(*column)).copied().unwrap_or(10)));
        let (texts, widths): (Vec<String>, Vec<u16>) = height.unzip();
        for (column, text) in cells {
            sheet.write_string_with_format(row, column, text, &style.boxed)?;
        }
        sheet.set_row_height(row_number(row as usize), workbook::height(&texts, &widths))?;
        down.row += 1;
    }
    Ok(())
}

pub(super) fn fields(down: &mut Down<'_>, fields: [Tally; 4], others: Option<Tally>) -> Result<(), XlsxError> {
    let lang = down.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    down.titles(&[
        t("合规率的字段", "field"),
        t("合规", "pass"),
        t("不合规", "fail"),
        t("无法判断", "cannot tell"),
        t("不适用", "exempt"),
        t("比率（截断）", "percent (cut)"),
    ])?;
    let four = FieldId::ALL.iter().map(|field| field.title().get(lang)).zip(fields);
    let others = others.map(|tally| (t("其他计入的规则", "other rules that count"), tally));
    for (title, tally) in four.chain(others) {
        let style = down.style;
        down.sheet.write_string_with_format(down.row, 0, title, &style.boxed)?;
        for (column, number) in (1_u16..).zip([tally.pass, tally.fail, tally.unjudged, tally.exempt]) {
            workbook::count(down.sheet, down.row, column, number, &style.count)?;
        }
        down.sheet.write_string_with_format(down.row, 5, percent(tally.fraction()), &style.count)?;
        down.row += 1;
    }
    Ok(())
}
