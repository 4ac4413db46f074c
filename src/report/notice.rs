//! The row of the public notice: six columns, of which the sixth is ours. Numbers with what they are made of, never "reached 90 %"
//! alone.

use super::Report;
use super::summary::{percent, period};
use crate::base::lang::{Text, say};
use crate::base::text::{excerpt, grouped, visible};
use crate::indicator::{RateResult, RateVerdict};
use crate::profile::RateId;

/// Characters of a text of the profile.
const MAX_TEXT: usize = 2_000;

/// The titles of the six columns.
pub const COLUMNS: [Text; 6] = [
    Text::new("一级指标", "first level"),
    Text::new("序号", "No."),
    Text::new("二级指标", "second level"),
    Text::new("指标释义", "definition"),
    Text::new("标准要求", "requirement"),
    Text::new("本社区完成情况", "what this community has reached"),
];

/// The row.
#[must_use]
pub fn row(report: &Report) -> [String; 6] {
    let lang = report.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang).to_owned();
    let official = |text: &str| {
        if text.trim().is_empty() {
            t("（按官方文本填写）", "(as the official text has it)")
        } else {
            excerpt(&visible(text.trim()), MAX_TEXT)
        }
    };
    [
        t("基础设施", "infrastructure"),
        "4".to_owned(),
        t("视频监控设施", "video surveillance facilities"),
        official(&report.profile.wording.definition),
        official(&report.profile.wording.requirement),
        completion(report),
    ]
}

/// The sixth column.
#[must_use]
pub fn completion(report: &Report) -> String {
    let lang = report.lang;
    let counting: Vec<&RateResult> = report.rates.iter().filter(|rate| report.counts(rate.id)).collect();
    let reached = counting.iter().filter(|rate| rate.verdict == RateVerdict::Pass).count();
    let (overall, all) = (report.overall.title().get(lang), counting.len());
    let mut lines =
        vec![say!(lang, "{overall}（{all}个比率中{reached}个达标）。", "{overall} ({reached} of {all} rates reached).")];
    let positions: Vec<String> = [RateId::Coverage, RateId::Networking, RateId::Intactness]
        .into_iter()
        .filter_map(|id| key_position(report, id))
        .collect();
    let mut number = 0;
    let mut add = |text: String| {
        number += 1;
        lines.push(format!("{number}. {text}"));
    };
    if !positions.is_empty() {
        let positions = positions.join(say!(lang, "；", "; ").as_str());
        add(say!(lang, "关键位置：{positions}。", "key positions: {positions}."));
    }
    if let Some(text) = output(report) {
        add(text);
    }
    if let Some(text) = compliance(report) {
        add(text);
    }
    let (when, profile, version, run) = (period(report), &report.profile.id, report.profile.version, &report.header.run_id);
    let confirmed = super::confirmation::line(report.header.confirmation.as_ref(), &report.profile, lang);
    lines.push(say!(
        lang,
        "检测时间：{when}；口径：{profile} 第{version}版，{confirmed}；报告编号：{run}；详见附件1—4。",
        "Audited: {when}; profile {profile} version {version}, {confirmed}; report {run}; see attachments 1 to 4."
    ));
    lines.join("\n")
}

/// A rate that is asked for.
fn asked(report: &Report, id: RateId) -> Option<&RateResult> {
    report.rate(id).filter(|_| report.asked.contains(&id))
}

/// `覆盖率无法测量（缺《关键位置点位表》）`
fn unmeasured(rate: &RateResult, report: &Report) -> String {
    let lang = report.lang;
    let (name, verdict) = (short(rate.id).get(lang), rate.verdict.title().get(lang));
    let why = rate.why.iter().map(|why| why.text.get(lang)).collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
    if why.is_empty() {
        say!(lang, "{name}{verdict}", "{name} {verdict}")
    } else {
        say!(lang, "{name}{verdict}（{why}）", "{name} {verdict} ({why})")
    }
}

/// Its name without its number.
const fn short(id: RateId) -> Text {
    match id {
        RateId::Coverage => Text::new("覆盖率", "coverage"),
        RateId::Networking => Text::new("联网率", "networking"),
        RateId::Intactness => Text::new("完好率", "intactness"),
        RateId::Output => Text::new("出图率", "image output"),
        RateId::Compliance => Text::new("合规率", "compliance"),
    }
}

fn key_position(report: &Report, id: RateId) -> Option<String> {
    let lang = report.lang;
    let rate = asked(report, id)?;
    let Some(value) = rate.value.filter(|value| value.denominator > 0) else { return Some(unmeasured(rate, report)) };
    let (n, d, share, verdict) =
        (grouped(value.numerator), grouped(value.denominator), percent(value), rate.verdict.title().get(lang));
    Some(match id {
        RateId::Coverage => say!(
            lang,
            "规划点位{d}处，已覆盖{n}处，覆盖率{share}（{verdict}）",
            "{d} positions planned, {n} covered, coverage {share} ({verdict})"
        ),
        RateId::Networking => say!(
            lang,
            "已安装摄像机{d}台，联网{n}台，联网率{share}（{verdict}）",
            "{d} cameras installed, {n} networked, networking {share} ({verdict})"
        ),
        _ => say!(
            lang,
            "已安装摄像机{d}台，完好{n}台，完好率{share}（{verdict}）",
            "{d} cameras installed, {n} intact, intactness {share} ({verdict})"
        ),
    })
}

fn output(report: &Report) -> Option<String> {
    let lang = report.lang;
    let rate = asked(report, RateId::Output)?;
    let Some(value) = rate.value.filter(|value| value.denominator > 0) else {
        let text = unmeasured(rate, report);
        return Some(say!(lang, "公共视频资源：{text}。", "public video: {text}."));
    };
    let (n, d, share, verdict) =
        (grouped(value.numerator), grouped(value.denominator), percent(value), rate.verdict.title().get(lang));
    let shared = report.header.platform.expected.map_or_else(String::new, |total| {
        let (total, shared) = (grouped(total), grouped(report.cameras.len() as u64));
        say!(lang, "（平台登记总数 {total} 路，共享 {shared} 路）", " (the platform has {total}, shares {shared})")
    });
    Some(say!(
        lang,
        "公共视频资源{d}路{shared}，出图{n}路，出图率{share}（{verdict}）。",
        "{d} cameras of public video{shared}, {n} with a picture, image output {share} ({verdict})."
    ))
}

fn compliance(report: &Report) -> Option<String> {
    let lang = report.lang;
    let rate = asked(report, RateId::Compliance)?;
    let Some(value) = rate.value.filter(|value| value.denominator > 0) else {
        let text = unmeasured(rate, report);
        return Some(say!(lang, "目录记录：{text}。", "records: {text}."));
    };
    let (n, d, share, verdict) =
        (grouped(value.numerator), grouped(value.denominator), percent(value), rate.verdict.title().get(lang));
    Some(say!(
        lang,
        "目录记录{d}条，编码、名称、行政区划、经纬度全部合规{n}条，合规率{share}（{verdict}）。",
        "{d} records, {n} of them with code, name, region and coordinates in order, compliance {share} ({verdict})."
    ))
}
