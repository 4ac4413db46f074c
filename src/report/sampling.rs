//! 抽样: what was drawn and why it ended where it did, for people and for programs.

use std::collections::HashMap;

use serde::Serialize;

use super::estate::Told;
use super::{Camera, Report};
use crate::base::lang::{Text, say};
use crate::base::text::grouped;
use crate::evidence::conduct::{Look, Sampling, Stratum};
use crate::evidence::{Header, ProbePlan};
use crate::indicator::sequential::RISK_PERCENT;
use crate::manscdp::item::Element;
use crate::probe::outcome::{ProbeVerdict, Untested};
use crate::profile::PositionClass;
use crate::profile::RateId;

/// Strata listed in `report.json`; `sample.csv` has every camera with its own.
const MAX_STRATA: usize = 2_000;

const ROUND: Text = Text::new("轮次", "rounds");
const SAMPLE: Text = Text::new("抽样", "sample");
const CERTAIN: Text = Text::new("已可断定", "certain");

/// What there is to say; nothing where every camera was called.
pub(super) fn told(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let header = &report.header;
    let mut told = Vec::new();
    told.extend(round(report));
    let Some(sampling) = &header.conduct.sampling else { return told };
    if let ProbePlan::Sample { seed, .. } = header.probing {
        let (all, drawn) = (grouped(sampling.population), grouped(sampling.drawn.len() as u64));
        let strata = grouped(sampling.strata.len() as u64);
        told.push((
            SAMPLE,
            if sampling.strata.is_empty() {
                say!(
                    lang,
                    "从 {all} 路中随机抽取 {drawn} 路（种子 {seed}）：社区与类别的组合多于抽样数，未分层；名单见 sample.csv",
                    "{drawn} of {all} drawn at random (seed {seed}): there are more communities and classes than cameras to draw; the list is sample.csv"
                )
            } else {
                say!(
                    lang,
                    "从 {all} 路中按社区和类别分 {strata} 层抽取 {drawn} 路（种子 {seed}），每层至少 1 路；名单见 sample.csv",
                    "{drawn} of {all} drawn (seed {seed}) from {strata} communities and classes, at least one of each; the list is sample.csv"
                )
            },
        ));
    }
    if let Some(look) = ended_early(sampling) {
        let (called, of) = (grouped(look.called), grouped(look.of));
        told.push((
            CERTAIN,
            if look.certain == Some(true) {
                say!(
                    lang,
                    "点播 {called} 路（共 {of} 路）后，出图率达标已可断定，错判风险不超过 {RISK_PERCENT}%，其余未点播",
                    "after {called} of {of} it is certain that the output rate is reached (risk of being wrong at most {RISK_PERCENT} %); the rest was not called"
                )
            } else {
                say!(
                    lang,
                    "点播 {called} 路（共 {of} 路）后，出图率未达标已可断定，错判风险不超过 {RISK_PERCENT}%，其余未点播",
                    "after {called} of {of} it is certain that the output rate is missed (risk of being wrong at most {RISK_PERCENT} %); the rest was not called"
                )
            },
        ));
    }
    told
}

/// Which round of several this is.
fn round(report: &Report) -> Option<Told> {
    let (lang, schedule) = (report.lang, report.profile.schedule);
    if schedule.is_one_round() || !report.counts(RateId::Output) {
        return None;
    }
    let (rounds, need) = (schedule.rounds, schedule.need);
    let Some(before) = &report.header.conduct.earlier_rounds else {
        return Some((
            ROUND,
            say!(
                lang,
                "口径为 {rounds} 轮中 {need} 轮出图：这里的出图率只是一轮的，不作结论",
                "the profile asks for a picture in {need} of {rounds} rounds: the output rate here is that of one, and decides nothing"
            ),
        ));
    };
    let number = before.len() + 1;
    let runs = before.iter().map(String::as_str).chain([report.header.run_id.as_str()]).collect::<Vec<_>>().join(" ");
    Some((
        ROUND,
        say!(
            lang,
            "今天第 {number} 轮（口径为 {rounds} 轮中 {need} 轮出图）：出图率只是这一轮的，不作结论；合并：gbaudit report --rounds {runs}",
            "round {number} of today (the profile asks for a picture in {need} of {rounds}): the output rate is that of this round and decides nothing; together: gbaudit report --rounds {runs}"
        ),
    ))
}

/// The last look, where calling ended before all were called.
fn ended_early(sampling: &Sampling) -> Option<Look> {
    sampling.looks.last().copied().filter(|look| look.certain.is_some() && look.called < look.of)
}

/// The columns of `sample.csv`.
pub(super) const COLUMNS: [Text; 7] = [
    Text::new("点播次序", "turn"),
    Text::new("设备编码", "device code"),
    Text::new("设备名称", "name"),
    Text::new("社区", "community"),
    Text::new("类别", "class"),
    Text::new("结果", "result"),
    Text::new("原因", "why not"),
];

/// One row a code that was drawn, in the order of the calls.
pub(super) fn rows(report: &Report) -> impl Iterator<Item = [String; 7]> {
    let lang = report.lang;
    let coded = report.cameras.iter().rev().filter_map(|camera| Some((report.item(camera.item)?.id(), camera)));
    let cameras: HashMap<&str, &Camera> = coded.collect();
    let sampling = report.header.conduct.sampling.as_ref();
    let strata = sampling.map_or(&[][..], |sampling| &sampling.strata);
    let drawn = sampling.map_or(&[][..], |sampling| &sampling.drawn);
    (1_u64..).zip(drawn).map(move |(turn, one)| {
        let stratum = one.stratum.and_then(|place| strata.get(place as usize));
        let camera = cameras.get(one.code.as_str());
        let item = camera.and_then(|camera| report.item(camera.item));
        let not_needed = report.probes.get(&one.code).is_some_and(|record| record.untested == Some(Untested::NotNeeded));
        let result = match camera.map_or(ProbeVerdict::Untested, |camera| camera.probe.verdict) {
            ProbeVerdict::Picture => say!(lang, "出图", "picture"),
            ProbeVerdict::NoPicture => say!(lang, "未出图", "no picture"),
            ProbeVerdict::Untested if not_needed => say!(lang, "未点播", "not called"),
            ProbeVerdict::Untested => say!(lang, "未检测", "not tested"),
        };
        [
            turn.to_string(),
            one.code.clone(),
            item.and_then(|item| item.text(Element::Name)).unwrap_or_default().to_owned(),
            stratum.map(|stratum| stratum.community.clone()).unwrap_or_default(),
            stratum.map(|stratum| class_title(&stratum.class).get(lang).to_owned()).unwrap_or_default(),
            result,
            camera.map(|camera| camera.probe.told(lang)).unwrap_or_default(),
        ]
    })
}

#[derive(Serialize)]
pub(super) struct SampleJson<'a> {
    size: u64,
    seed: u64,
    population: u64,
    drawn: u64,
    strata: &'a [Stratum],
    #[serde(skip_serializing_if = "Option::is_none")]
    strata_left_out: Option<u64>,
}

impl<'a> SampleJson<'a> {
    /// Nothing where no sample was drawn.
    pub(super) fn of(header: &'a Header) -> Option<Self> {
        let ProbePlan::Sample { size, seed } = header.probing else { return None };
        let sampling = header.conduct.sampling.as_ref();
        let strata = sampling.map_or(&[][..], |sampling| &sampling.strata);
        Some(Self {
            size,
            seed,
            population: sampling.map_or(0, |sampling| sampling.population),
            drawn: sampling.map_or(0, |sampling| sampling.drawn.len() as u64),
            strata: strata.get(..MAX_STRATA).unwrap_or(strata),
            strata_left_out: Some(strata.len().saturating_sub(MAX_STRATA) as u64).filter(|n| *n > 0),
        })
    }
}

/// A run whose calls were to end when the answer is certain.
#[derive(Serialize)]
pub(super) struct EarlyJson<'a> {
    seed: u64,
    risk_percent: u32,
    certain: Option<&'static str>,
    ended: bool,
    looks: &'a [Look],
}

impl<'a> EarlyJson<'a> {
    /// Nothing where every camera was to be called.
    pub(super) fn of(header: &'a Header) -> Option<Self> {
        let seed = header.conduct.stop_seed?;
        let sampling = header.conduct.sampling.as_ref();
        let certain = sampling.and_then(Sampling::certain).map(|reached| if reached { "pass" } else { "fail" });
        Some(Self {
            seed,
            risk_percent: RISK_PERCENT,
            certain,
            ended: sampling.and_then(ended_early).is_some(),
            looks: sampling.map_or(&[][..], |sampling| &sampling.looks),
        })
    }
}
/// A class by its word; nothing of the name said which.
fn class_title(key: &str) -> Text {
    match PositionClass::parse(key) {
        Some(class) if class != PositionClass::Other => class.title(),
        _ => Text::new("其他", "other"),
    }
}
