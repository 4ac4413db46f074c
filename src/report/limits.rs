//! 并发上限: how many sessions at once a recorder or the platform was found to bear, and what it refused. What the next night
//! begins with.

use serde::Serialize;

use super::Report;
use super::estate::Told;
use crate::base::lang::{Text, say};
use crate::base::text::{excerpt, grouped};
use crate::evidence::conduct::Limit;

/// Limits listed in `report.json`, the platform's and those that refused most first.
const MAX_LIMITS: usize = 1_000;
/// Recorders named on the page.
const MAX_NAMED: usize = 20;

/// What was learnt of one recorder or of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learnt {
    /// As kept with the run.
    pub limit: Limit,
    /// Calls it refused for want of a session.
    pub refusals: u64,
}

/// All that was learnt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// The platform first, then those that refused most.
    pub learnt: Vec<Learnt>,
    /// Calls refused for want of a session (486, 503, 600), by whomever.
    pub refusals: u64,
}

const LIMITS: Text = Text::new("并发上限", "sessions");

/// What there is to say; nothing where nobody was found to bear less than set, and nobody refused.
pub(super) fn told(report: &Report) -> Option<Told> {
    let (lang, limits) = (report.lang, &report.limits);
    let lowered = || limits.learnt.iter().filter(|one| one.limit.sessions < one.limit.set);
    if limits.refusals == 0 && lowered().next().is_none() {
        return None;
    }
    let mut parts = Vec::new();
    if let Some(platform) = lowered().find(|one| one.limit.recorder.is_none()) {
        let (set, sessions) = (platform.limit.set, platform.limit.sessions);
        parts.push(say!(lang, "平台 {sessions} 路（设置 {set} 路）", "the platform bears {sessions} (set: {set})"));
    }
    let recorders: Vec<&Learnt> = lowered().filter(|one| one.limit.recorder.is_some()).collect();
    if let (Some(least), Some(most)) =
        (recorders.iter().map(|one| one.limit.sessions).min(), recorders.iter().map(|one| one.limit.sessions).max())
    {
        let n = grouped(recorders.len() as u64);
        let span = if least == most { least.to_string() } else { format!("{least}—{most}") };
        parts.push(say!(lang, "{n} 台录像机 {span} 路，低于设置", "{n} recorders bear {span}, less than set"));
    }
    if limits.refusals > 0 {
        let n = grouped(limits.refusals);
        parts.push(say!(lang, "因无空闲会话被拒 {n} 次（486/503）", "{n} calls refused for want of a session (486, 503)"));
    }
    let remembered = limits.learnt.iter().filter(|one| one.limit.remembered).count() as u64;
    if remembered > 0 {
        let n = grouped(remembered);
        parts.push(say!(lang, "{n} 个上限沿用此前学到的", "{n} limits remembered from earlier nights"));
    }
    Some((LIMITS, parts.join(say!(lang, "；", "; ").as_str())))
}

/// One by one, for the page.
pub(super) fn rows(report: &Report) -> Vec<String> {
    let lang = report.lang;
    let limits = report.limits.learnt.iter().filter(|one| one.limit.sessions < one.limit.set || one.refusals > 0);
    limits
        .take(MAX_NAMED)
        .map(|one| {
            let name = match one.limit.recorder.as_deref() {
                None => say!(lang, "平台", "the platform"),
                Some("") => say!(lang, "不在录像机下的摄像机", "cameras under no recorder"),
                Some(code) => excerpt(code, 40),
            };
            let (set, sessions, refusals) = (one.limit.set, one.limit.sessions, grouped(one.refusals));
            let remembered = if one.limit.remembered { say!(lang, "，沿用此前", ", remembered") } else { String::new() };
            say!(
                lang,
                "{name}：{sessions} 路（设置 {set}），拒绝 {refusals} 次{remembered}",
                "{name}: {sessions} (set: {set}), {refusals} refused{remembered}"
            )
        })
        .collect()
}

#[derive(Serialize)]
pub(super) struct LimitsJson<'a> {
    refusals: u64,
    learnt: Vec<LearntJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

#[derive(Serialize)]
struct LearntJson<'a> {
    of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    set: u32,
    sessions: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_at: Option<u32>,
    refusals: u64,
    remembered: bool,
}

impl<'a> LimitsJson<'a> {
    /// Nothing where nothing was learnt and nothing refused.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let limits = &report.limits;
        (*limits != super::limits::Limits::default()).then(|| Self {
            refusals: limits.refusals,
            learnt: limits
                .learnt
                .iter()
                .take(MAX_LIMITS)
                .map(|one| LearntJson {
                    of: match one.limit.recorder.as_deref() {
                        None => "platform",
                        Some("") => "no_recorder",
                        Some(_) => "recorder",
                    },
                    device_id: one.limit.recorder.as_deref().filter(|code| !code.is_empty()),
                    set: one.limit.set,
                    sessions: one.limit.sessions,
                    refused_at: one.limit.wall,
                    refusals: one.refusals,
                    remembered: one.limit.remembered,
                })
                .collect(),
            left_out: Some(limits.learnt.len().saturating_sub(MAX_LIMITS) as u64).filter(|n| *n > 0),
        })
    }
}
