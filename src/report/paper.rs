//! The report in official layout (公文), to be signed and filed: `report.docx` and `report.pdf`. Page one has the numbers; lists
//! that would fill it stand in `report.xlsx`.

use super::audience::Audience;
use super::document::{Column, Document, Layout};
use super::html::{not_judged, prose, tally, worst_cells};
use super::problems::{Told, places};
use super::proof::Shown as Proof;
use super::summary::{percent, period, ratio, remark, stamp};
use super::units::{self, NamedBy};
use super::waivers::Shown as Waivers;
use super::workbook::cell;
use super::{Report, Tally, beside, choices, confirmation, key_positions, notice};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::grouped;
use crate::evidence::ProbePlan;
use crate::indicator::RateResult;
use crate::manscdp::item::Element;
use crate::profile::RateId;
use crate::rules::{FieldId, Rule};

/// Rows of a list that stands in the document; of a longer one only so many do.
pub(super) const MAX_ROWS: usize = 100;
/// Units listed.
const MAX_UNITS: usize = 50;
/// Empty rows of a form.
const FORM_ROWS: usize = 6;

/// One report being laid out.
struct Paper<'a> {
    report: &'a Report,
    document: Document,
    lang: Lang,
}

type Rows = Vec<Vec<String>>;

/// The document of a report.
pub(super) fn paper(report: &Report) -> Document {
    let lang = report.lang;
    let name = cell(&report.header.platform.name);
    let title =
        say!(lang, "{name}　视频监控设施（指标4）检测报告", "{name}: report on indicator 4, video surveillance facilities");
    let document = Document::new(&title, Some(report.header.finished()), Layout::Official);
    let mut paper = Paper { report, document: document.marked(Some(report.audience.mark().get(lang))), lang };
    paper.conclusion();
    paper.scope();
    paper.profile();
    paper.rates();
    paper.readings();
    paper.beside();
    paper.causes();
    paper.records();
    paper.advice();
    paper.doubts();
    paper.process();
    paper.notice();
    paper.attachments();
    paper.document
}

/// Both wordings stand side by side.
const fn t(lang: Lang, zh: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// The rates with their verdicts.
pub(super) fn conclusions(document: &mut Document, rates: &[RateResult], asked: &[RateId], lang: Lang) {
    let columns = [
        Column::text(t(lang, "指标", "rate"), 18),
        Column::number(t(lang, "达到/应有", "reached/due"), 18),
        Column::number(t(lang, "比率", "percent"), 13),
        Column::number(t(lang, "要求", "needed"), 10),
        Column::word(t(lang, "结论", "verdict"), 13),
        Column::text(t(lang, "还差及说明", "missing, notes"), 28),
    ];
    let rows = rates.iter().map(|rate| {
        let asked = asked.contains(&rate.id);
        let value = rate.value.filter(|_| asked);
        let dash = || "—".to_owned();
        vec![
            rate.id.title().get(lang).to_owned(),
            value.map_or_else(dash, ratio),
            value.map_or_else(dash, percent),
            if asked { format!("≥{}%", rate.threshold) } else { String::new() },
            if asked { rate.verdict.title().get(lang).to_owned() } else { t(lang, "本次不作答", "not asked").to_owned() },
            if asked { remark(rate, lang) } else { String::new() },
        ]
    });
    table(document, &columns, &rows.collect());
}

/// The rates with their formulas.
pub(super) fn formulas(document: &mut Document, rates: &[RateResult], asked: &[RateId], lang: Lang) {
    let columns = [
        Column::text(t(lang, "指标", "rate"), 16),
        Column::number(t(lang, "分子", "numerator"), 11),
        Column::number(t(lang, "分母", "denominator"), 11),
        Column::number(t(lang, "比率", "percent"), 12),
        Column::number(t(lang, "最好情况", "best case"), 12),
        Column::text(t(lang, "公式", "formula"), 38),
    ];
    let rows = rates.iter().map(|rate| {
        let value = rate.value.filter(|_| asked.contains(&rate.id));
        let best = value.and_then(|_| rate.best());
        let dash = || "—".to_owned();
        vec![
            rate.id.title().get(lang).to_owned(),
            value.map_or_else(dash, |v| grouped(v.numerator)),
            value.map_or_else(dash, |v| grouped(v.denominator)),
            value.map_or_else(dash, percent),
            best.map_or_else(dash, percent),
            rate.formula.text.get(lang).to_owned(),
        ]
    });
    table(document, &columns, &rows.collect());
}

/// The fields of compliance, and what the profile counts beside them.
pub(super) fn fields(document: &mut Document, fields: [Tally; 4], others: Option<Tally>, lang: Lang) {
    let columns = [
        Column::text(t(lang, "字段", "field"), 25),
        Column::number(t(lang, "合规", "pass"), 15),
        Column::number(t(lang, "不合规", "fail"), 15),
        Column::number(t(lang, "无法判断", "cannot tell"), 15),
        Column::number(t(lang, "不适用", "exempt"), 15),
        Column::number(t(lang, "比率", "percent"), 15),
    ];
    let four = FieldId::ALL.iter().map(|field| field.title().get(lang)).zip(fields);
    let others = others.map(|tally| (t(lang, "其他计入的规则", "other rules that count"), tally));
    let rows = four.chain(others).map(|(title, tally)| {
        let mut row = vec![title.to_owned()];
        row.extend([tally.pass, tally.fail, tally.unjudged, tally.exempt].map(grouped));
        row.push(percent(tally.fraction()));
        row
    });
    table(document, &columns, &rows.collect());
}

/// Names and values.
pub(super) fn facts(document: &mut Document, rows: Vec<(String, String)>, lang: Lang) {
    let columns = [Column::word(t(lang, "项目", "what"), 24), Column::text(t(lang, "内容", "how"), 76)];
    table(document, &columns, &rows.into_iter().map(|(name, value)| vec![name, value]).collect());
}

/// How many rows are not in the document, if any.
pub(super) fn rest(document: &mut Document, shown: usize, all: usize, lang: Lang) {
    if shown < all {
        let (shown, all) = (grouped(shown as u64), grouped(all as u64));
        document.note(&say!(
            lang,
            "共 {all} 条，此处列出前 {shown} 条；全部见 report.xlsx。",
            "{all} in all, the first {shown} are listed; report.xlsx has them all."
        ));
    }
}

fn table(document: &mut Document, columns: &[Column<'_>], rows: &Rows) {
    document.table(columns, rows.iter().map(Vec::as_slice));
}

impl Paper<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        t(self.lang, zh, en)
    }

    fn heading(&mut self, zh: &'static str, en: &'static str) {
        let text = self.t(zh, en);
        self.document.heading(text);
    }

    fn paragraph(&mut self, zh: &'static str, en: &'static str) {
        let text = self.t(zh, en);
        self.document.paragraph(text);
    }

    fn table(&mut self, columns: &[Column<'_>], rows: &Rows) {
        table(&mut self.document, columns, rows);
    }

    fn facts(&mut self, rows: Vec<(String, String)>) {
        facts(&mut self.document, rows, self.lang);
    }

    fn rest(&mut self, shown: usize, all: usize) {
        rest(&mut self.document, shown, all, self.lang);
    }

    fn conclusion(&mut self) {
        let (report, lang) = (self.report, self.lang);
        let header = &report.header;
        let (when, run, id) = (period(report), &header.run_id, cell(&header.platform.id));
        self.document.meta(&say!(lang, "检测批次 {run}　{when}", "run {run}, {when}"));
        let (profile, version, hash) = (&report.profile.id, report.profile.version, report.profile.hash());
        let hash = confirmation::short(&hash);
        let platform = if id.is_empty() { String::new() } else { say!(lang, "被测平台 {id}　", "platform {id}, ") };
        self.document.meta(&say!(
            lang,
            "{platform}口径 {profile} 第{version}版（哈希 {hash}…）",
            "{platform}profile {profile} version {version} (hash {hash}...)"
        ));
        let confirmed = confirmation::line(header.confirmation.as_ref(), &report.profile, lang);
        self.document.meta(&confirmed);
        let sm3 = &report.head.sm3;
        self.document.meta(&say!(lang, "证据摘要（SM3）\n{sm3}", "evidence digest (SM3)\n{sm3}"));
        self.heading("一、检测结论", "1. Conclusion");
        conclusions(&mut self.document, &report.rates, &report.asked, lang);
        let (overall, tally) = (report.overall.title().get(lang), tally(&report.rates, &report.counting(), lang));
        self.document.paragraph(&say!(lang, "总结论：{overall}（{tally}）。", "Overall: {overall} ({tally})."));
        if let Some(incomplete) = header.incomplete {
            let why = incomplete.text().get(lang);
            self.document.paragraph(&say!(
                lang,
                "检测未完成：{why}。已测部分照常保留，不作结论。",
                "Not completed: {why}. What was measured is kept; it decides nothing."
            ));
        }
        for text in stamp(report).into_iter().chain(prose::caveats(report)) {
            self.document.paragraph(&text);
        }
        if !report.profile.verified {
            self.paragraph(
                "本口径的门限未与公布文件核对。",
                "The thresholds of the profile were not checked against a published text.",
            );
        }
        let text = self.t(
            "比率截断到两位小数，达标与否按分数精确比较。本报告说明测得的结果，是否通过验收由工作组决定。",
            "Percentages are cut to two decimals; verdicts compare exact fractions. The report says what was measured; acceptance is the work group's to decide.",
        );
        self.document.note(text);
    }

    fn scope(&mut self) {
        self.heading("二、检测对象与范围（含未共享、不纳入）", "2. What was audited");
        self.facts(prose::scope(self.report));
    }

    fn profile(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("三、检测口径及依据", "3. Profile and sources");
        let confirmed = confirmation::line(report.header.confirmation.as_ref(), &report.profile, lang);
        let mut rows = vec![(self.t("口径确认", "confirmation").to_owned(), confirmed)];
        rows.extend(prose::profile(report));
        rows.extend(choices::choices(&report.profile, lang).into_iter().map(|c| (c.title.to_owned(), c.chosen(lang))));
        self.facts(rows);
        self.paragraph(
            "各选项中未采用的算法见附件4。每条问题都注明依据等级：国标条文、地方标准、通行做法、本工具建议。",
            "What was not chosen stands in attachment 4. Every finding names its basis.",
        );
    }

    fn rates(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("四、五项指标结果（分子、分母、公式）", "4. The five rates: numerator, denominator, formula");
        formulas(&mut self.document, &report.rates, &report.asked, lang);
        let text = self.t("（一）合规率的字段", "Fields of compliance");
        self.document.subheading(text);
        fields(&mut self.document, report.fields, report.others, lang);
        self.units();
    }

    fn units(&mut self) {
        let (report, lang) = (self.report, self.lang);
        if report.units.iter().all(|unit| unit.named_by == NamedBy::Nothing) {
            return;
        }
        let text = self.t("（二）责任单位", "Responsible units");
        self.document.subheading(text);
        let columns = [
            Column::number(self.t("名次", "rank"), 8),
            Column::text(self.t("责任单位", "unit"), 34),
            Column::number(self.t("出图", "pictures"), 17),
            Column::number(self.t("出图率", "image output"), 12),
            Column::number(self.t("合规", "compliant"), 17),
            Column::number(self.t("合规率", "compliance"), 12),
        ];
        let probed = report.header.probing != ProbePlan::No;
        let ranked = report.ranking.iter().filter_map(|ranked| Some((ranked, report.units.get(ranked.unit)?)));
        let rows: Rows = ranked
            .take(MAX_UNITS)
            .map(|(ranked, unit)| {
                let rank = if probed { ranked.output } else { ranked.compliance };
                let output = units::output(report, unit);
                let counted = |value: crate::base::fraction::Fraction| {
                    if value.denominator == 0 { ("—".to_owned(), "—".to_owned()) } else { (ratio(value), percent(value)) }
                };
                let ((output, output_percent), (compliance, compliance_percent)) =
                    (counted(output), counted(unit.rates.compliance));
                vec![
                    rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string()),
                    cell(&units::name(unit, lang)),
                    output,
                    output_percent,
                    compliance,
                    compliance_percent,
                ]
            })
            .collect();
        self.table(&columns, &rows);
        let least = super::ranking::LEAST;
        let text = say!(
            lang,
            "不足 {least} 路的单位列出不排名，比率相同的名次相同。",
            "Units with fewer than {least} cameras are shown and not ranked; equals share a rank."
        );
        self.document.note(&text);
        self.rest(rows.len(), report.units.len());
    }

    fn readings(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("五、不同算法对照", "5. Other readings of the same facts");
        let rows: Rows = report
            .readings
            .iter()
            .filter(|reading| report.asked.contains(&reading.rate))
            .map(|reading| {
                vec![
                    reading.rate.title().get(lang).to_owned(),
                    reading.text.get(lang).to_owned(),
                    ratio(reading.value),
                    percent(reading.value),
                    reading.verdict().title().get(lang).to_owned(),
                ]
            })
            .collect();
        if rows.is_empty() || report.cameras.is_empty() {
            self.paragraph("没有可对照的指标。", "There is nothing to compare.");
            return;
        }
        let columns = [
            Column::text(self.t("指标", "rate"), 16),
            Column::text(self.t("算法", "reading"), 40),
            Column::number(self.t("达到/应有", "reached/due"), 18),
            Column::number(self.t("比率", "percent"), 13),
            Column::word(self.t("按此算法", "under it"), 13),
        ];
        self.table(&columns, &rows);
        self.paragraph(
            "以上为同一事实的其他算法，不是本次结论。",
            "These are other readings of the same facts, and not the conclusion.",
        );
    }

    fn beside(&mut self) {
        let rows: Rows = beside::rows(self.report)
            .into_iter()
            .map(|row| vec![row.title.to_owned(), row.ratio, row.percent, row.formula.to_owned(), row.blind.to_owned()])
            .collect();
        if rows.is_empty() {
            return;
        }
        let text = self.t("另列指标（不计入指标4）", "Rates beside indicator 4");
        self.document.subheading(text);
        let columns = [
            Column::text(self.t("名称", "rate"), 18),
            Column::number(self.t("达到/应有", "reached/due"), 15),
            Column::number(self.t("比率", "percent"), 12),
            Column::text(self.t("公式", "formula"), 29),
            Column::text(self.t("看不到的", "cannot see"), 26),
        ];
        self.table(&columns, &rows);
    }

    fn causes(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("六、未出图原因与责任归属", "6. Why there was no picture, and whose it is");
        if report.header.probing == ProbePlan::No {
            self.paragraph("本次没有点播。", "No camera was called.");
            return;
        }
        if report.whys.is_empty() {
            self.paragraph("没有未出图的摄像机。", "No camera is without a picture.");
            return;
        }
        let columns = [
            Column::text(self.t("责任归属", "put down to"), 40),
            Column::number(self.t("摄像机", "cameras"), 30),
            Column::number(self.t("其中存疑", "of these doubtful"), 30),
        ];
        let rows: Rows = report
            .blames()
            .into_iter()
            .map(|(blame, all, doubtful)| vec![blame.title().get(lang).to_owned(), grouped(all), grouped(doubtful)])
            .collect();
        self.table(&columns, &rows);
        let columns = [
            Column::text(self.t("原因", "cause"), 26),
            Column::text(self.t("责任归属", "put down to"), 16),
            Column::number(self.t("摄像机", "cameras"), 11),
            Column::word(self.t("存疑", "doubtful"), 9),
            Column::text(self.t("处理", "what to do"), 38),
        ];
        let rows: Rows = report
            .whys
            .iter()
            .map(|(why, cameras)| {
                vec![
                    why.title.get(lang).to_owned(),
                    why.blame.title().get(lang).to_owned(),
                    grouped(*cameras),
                    if why.doubtful { t(lang, "存疑", "yes").to_owned() } else { String::new() },
                    why.todo.get(lang).to_owned(),
                ]
            })
            .collect();
        self.table(&columns, &rows);
        self.paragraph(
            "存疑的不证明摄像机不出图，留在分母中、不计入分子。",
            "What is doubtful does not prove that a camera gives no picture; it stays in the denominator and out of the numerator.",
        );
    }

    fn records(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("七、数据不合规情况（编码、名称、行政区划、经纬度）", "7. Records that are not compliant");
        if report.cameras.is_empty() {
            self.paragraph("没有收到记录，未作判断。", "There were no records to judge.");
            return;
        }
        let rows: Rows = report
            .rules
            .iter()
            .filter_map(|count| {
                let rule = Rule::find(count.rule)?;
                Some(vec![
                    rule.id.to_owned(),
                    rule.field.title().get(lang).to_owned(),
                    rule.page().side(lang).title.clone(),
                    rule.basis.title().get(lang).to_owned(),
                    grouped(count.fail),
                    grouped(count.advice),
                ])
            })
            .collect();
        if rows.is_empty() {
            self.paragraph("没有发现问题。", "Nothing was found.");
            return;
        }
        let columns = [
            Column::word(self.t("代码", "rule"), 9),
            Column::text(self.t("字段", "field"), 14),
            Column::text(self.t("问题", "what is wrong"), 37),
            Column::text(self.t("依据", "basis"), 16),
            Column::number(self.t("不合规", "fail"), 12),
            Column::number(self.t("提示", "remarks"), 12),
        ];
        self.table(&columns, &rows);
        self.paragraph(
            "同一摄像机可有多条问题，各行相加可大于不合规路数。",
            "A camera may have several findings, so the rows may add up to more than the cameras that fail.",
        );
        let not_judged = not_judged(report);
        if !not_judged.is_empty() {
            let text = say!(
                lang,
                "未检查（没有提供所需的表）：{not_judged}。",
                "Not judged, because a table was not supplied: {not_judged}."
            );
            self.document.paragraph(&text);
        }
    }

    fn advice(&mut self) {
        self.heading("八、还差多少路及整改建议", "8. What is missing, and what to do");
        for line in prose::advice(self.report) {
            self.document.paragraph(&line);
        }
        let rows: Rows = worst_cells(self.report).into_iter().map(Vec::from).collect();
        if !rows.is_empty() {
            let columns = [
                Column::text(self.t("录像机", "recorder"), 28),
                Column::text(self.t("名称", "name"), 36),
                Column::number(self.t("未出图（路）", "no picture"), 18),
                Column::number(self.t("不合规（路）", "not compliant"), 18),
            ];
            self.table(&columns, &rows);
        }
        if self.report.audience == Audience::Internal {
            self.paragraph(
                "逐条问题见 report.xlsx 的“整改清单”；可填写并交回的整改表见 corrections.xlsx。",
                "Every problem: the sheet \"problems\" of report.xlsx; the table that comes back: corrections.xlsx.",
            );
        }
    }

    fn doubts(&mut self) {
        let report = self.report;
        self.heading("九、豁免与存疑", "9. Waivers and doubts");
        for line in prose::doubts(report) {
            self.document.paragraph(&line);
        }
        match Waivers::of(report) {
            None => self.paragraph("本次没有提供豁免表。", "No waivers were given."),
            Some(waivers) => {
                let lines = [Some(waivers.counts()), waivers.effect(), waivers.warning()];
                for line in lines.into_iter().flatten() {
                    let line = say!(self.lang, "{line}。", "{line}.");
                    self.document.paragraph(&line);
                }
            }
        }
    }

    fn process(&mut self) {
        self.heading("十、检测过程与证据", "10. How it was done, and the evidence");
        self.facts(prose::process(self.report));
        let text = prose::made_by(self.report);
        self.document.note(&text);
    }

    fn notice(&mut self) {
        let lang = self.lang;
        self.document.new_page();
        self.heading("附表　公示用表（可直接粘贴）", "The row of the notice, to be pasted");
        let titles = notice::COLUMNS.map(|title| title.get(lang));
        let shares = [9, 6, 10, 14, 14, 47];
        let columns: Vec<Column<'_>> = titles.iter().zip(shares).map(|(title, share)| Column::text(title, share)).collect();
        self.table(&columns, &vec![notice::row(self.report).to_vec()]);
        self.paragraph(
            "第四、五列由口径的 [text] definition 和 requirement 写入；未写的，请按官方文本填写。",
            "Columns four and five come from [text] of the profile; where it is empty, fill in the official text.",
        );
    }

    fn attachments(&mut self) {
        self.positions();
        self.cameras();
        self.problems();
        self.choices();
        self.catalogue();
        self.objections();
    }

    fn positions(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.document.new_page();
        self.heading("附件1　关键位置覆盖明细", "Attachment 1: key positions");
        let own = &report.key_positions;
        if !own.plan {
            self.paragraph(
                "本次没有关键位置点位表，覆盖率无法测量。",
                "There is no table of key positions; coverage cannot be measured.",
            );
        }
        let classes = key_positions::class_rows(report);
        if !classes.is_empty() {
            let columns = [
                Column::text(self.t("类别", "class"), 22),
                Column::number(self.t("覆盖", "coverage"), 13),
                Column::number(self.t("覆盖率", "percent"), 13),
                Column::number(self.t("联网", "networking"), 13),
                Column::number(self.t("联网率", "percent"), 13),
                Column::number(self.t("完好", "intactness"), 13),
                Column::number(self.t("完好率", "percent"), 13),
            ];
            let rows: Rows = classes.into_iter().map(|(class, cells)| std::iter::once(class).chain(cells).collect()).collect();
            self.table(&columns, &rows);
        }
        if own.positions.is_empty() {
            return;
        }
        let columns = [
            Column::text(self.t("社区/小区", "community, compound"), 17),
            Column::text(self.t("点位", "position"), 14),
            Column::text(self.t("类别", "class"), 14),
            Column::word(self.t("覆盖判定", "coverage"), 11),
            Column::word(self.t("证据", "proof"), 7),
            Column::text(self.t("摄像机", "cameras"), 19),
            Column::word(self.t("联网", "networked"), 10),
            Column::word(self.t("完好", "intact"), 8),
        ];
        let rows: Rows = own
            .positions
            .iter()
            .take(MAX_ROWS)
            .map(|line| {
                let [community, compound, id, class, _, _, covered, proof, _, cameras, networked, intact, ..] =
                    key_positions::position_cells(line, lang);
                let place = if compound.is_empty() { community } else { format!("{community}/{compound}") };
                let cells = [place, id, class, covered, proof, cameras, networked, intact];
                cells.iter().map(|text| cell(text)).collect()
            })
            .collect();
        self.table(&columns, &rows);
        self.rest(rows.len(), own.positions.len());
        let text = self.t(
            "证据：A 点位表指定且画面已由人核对；B 点位表或台账指定；C、D 由编码或名称和距离推定。",
            "Proof: A named by the plan and seen by a person; B named by plan or ledger; C and D inferred.",
        );
        self.document.note(text);
    }

    fn cameras(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("附件2　摄像机检测明细", "Attachment 2: cameras");
        let columns = [
            Column::number(self.t("序号", "No."), 7),
            Column::text(self.t("设备编码", "device code"), 29),
            Column::text(self.t("设备名称", "name"), 24),
            Column::word(self.t("出图", "output"), 10),
            Column::text(self.t("未出图原因", "why not"), 18),
            Column::word(self.t("记录", "record"), 12),
        ];
        let lines = report.cameras.iter().zip(&report.facts).zip(1_u64..).take(MAX_ROWS);
        let rows: Rows = lines
            .map(|((camera, facts), number)| {
                let sent = |element| report.item(camera.item).and_then(|item| item.sent(element)).map(cell).unwrap_or_default();
                let record = if facts.is_compliant() { Text::new("合规", "pass") } else { Text::new("不合规", "fail") };
                vec![
                    number.to_string(),
                    sent(Element::DeviceID),
                    sent(Element::Name),
                    camera.probe.verdict.title().get(lang).to_owned(),
                    cell(&camera.probe.told(lang)),
                    record.get(lang).to_owned(),
                ]
            })
            .collect();
        if rows.is_empty() {
            self.paragraph("目录中没有摄像机。", "There is no camera in the catalogue.");
            return;
        }
        self.table(&columns, &rows);
        self.rest(rows.len(), report.cameras.len());
    }

    fn problems(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("附件3　不合规记录清单", "Attachment 3: records that are not compliant");
        let (told, mut places) = (Told::new(report), places(report));
        places.retain(|place| place.finding.is_some());
        let columns = [
            Column::number(self.t("序号", "No."), 7),
            Column::text(self.t("设备编码", "device code"), 29),
            Column::text(self.t("设备名称", "name"), 22),
            Column::word(self.t("代码", "rule"), 8),
            Column::text(self.t("问题", "what is wrong"), 34),
        ];
        let rows: Rows = (1_u64..)
            .zip(&places)
            .take(MAX_ROWS)
            .filter_map(|(number, place)| {
                let problem = told.at(*place)?;
                let mut row = vec![number.to_string(), cell(problem.code()), cell(problem.name())];
                row.extend([problem.kind().to_owned(), cell(&problem.message())]);
                Some(row)
            })
            .collect();
        if rows.is_empty() {
            self.paragraph("没有不合规的记录。", "No record is out of order.");
            return;
        }
        self.table(&columns, &rows);
        self.rest(rows.len(), places.len());
        let text = say!(lang, "依据和改法：gbaudit rule 代码。", "Basis and remedy: gbaudit rule CODE.");
        self.document.note(&text);
    }

    fn choices(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("附件4　口径说明", "Attachment 4: the profile");
        let mut rows: Vec<(String, String)> =
            choices::choices(&report.profile, lang).into_iter().map(|c| (c.title.to_owned(), c.boxes())).collect();
        rows.insert(0, (self.t("要求", "thresholds").to_owned(), choices::thresholds(&report.profile, lang)));
        self.facts(rows);
    }

    fn catalogue(&mut self) {
        let (report, lang) = (self.report, self.lang);
        self.heading("附件5　目录应答与共享核对", "Attachment 5: the catalogue, and what is shared");
        let proof = Proof::new(&report.catalog, &report.header, lang);
        self.document.paragraph(&proof.verdict());
        if let Some(caveat) = proof.caveat() {
            self.document.paragraph(&caveat);
        }
        self.facts(prose::catalog(report));
        let shared = super::summary::shared_line(report);
        self.document.paragraph(shared.trim_start_matches("shared").trim());
    }

    fn objections(&mut self) {
        self.heading("附件6　异议与复测记录", "Attachment 6: objections and second measurements");
        let columns = [
            Column::number(self.t("序号", "No."), 8),
            Column::text(self.t("对象（编码）", "about"), 22),
            Column::text(self.t("异议内容", "objection"), 22),
            Column::text(self.t("提出单位", "by"), 14),
            Column::text(self.t("复测时间和批次", "measured again"), 18),
            Column::text(self.t("结果", "result"), 16),
        ];
        let row = |number: usize| {
            let mut row = vec![String::new(); columns.len()];
            if let Some(first) = row.first_mut() {
                *first = number.to_string();
            }
            row
        };
        let rows: Rows = (1..=FORM_ROWS).map(row).collect();
        self.table(&columns, &rows);
    }
}
