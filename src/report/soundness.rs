//! What is said of our own side: clocks, control cameras, tapes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{bytes, excerpt, grouped, visible};
use crate::base::time::Timestamp;
use crate::evidence::soundness::{Control, OwnClock, Tapes, When};
use crate::probe::outcome::Demand;
use crate::probe::outcome::ends::PeerClock;
use crate::probe::outcome::{ProbeRecord, ProbeVerdict};

/// Longest code shown.
const MAX_CODE: usize = 64;

#[derive(Serialize)]
pub(super) struct SoundnessJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<&'a OwnClock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_clock: Option<&'a PeerClock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<ControlsJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tapes: Option<Tapes>,
}

#[derive(Serialize)]
struct ControlsJson<'a> {
    outcome: &'static str,
    text: String,
    before: CountJson,
    after: CountJson,
    cameras: Vec<ControlJson<'a>>,
}

#[derive(Serialize)]
struct CountJson {
    cameras: u64,
    pictures: u64,
}

#[derive(Serialize)]
struct ControlJson<'a> {
    device_id: &'a str,
    when: &'static str,
    verdict: &'static str,
    cause: Option<&'static str>,
    attempts: &'a [crate::probe::outcome::Attempt],
}

/// What control cameras gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All of them a picture, before and after.
    Fine,
    /// On some side none of them a picture.
    Failed,
    /// Anything else, or called on one side only.
    Mixed,
}

impl Outcome {
    const fn id(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Failed => "failed",
            Self::Mixed => "mixed",
        }
    }
}

/// The controls of a run, counted: how many on each side, how many of them with a picture.
struct Counted {
    before: (u64, u64),
    after: (u64, u64),
}

impl Counted {
    fn of(report: &Report) -> Option<Self> {
        let controls = &report.header.soundness.controls;
        let count = |when: When| {
            // Of a code called again when the run was gone on with, the last call stands.
            let last: BTreeMap<&str, &ProbeRecord> =
                controls.iter().filter(|c| c.when == when).map(|c| (c.record.device_id.as_str(), &c.record)).collect();
            let pictures = last.values().filter(|record| verdict(report, record) == ProbeVerdict::Picture).count();
            (last.len() as u64, pictures as u64)
        };
        (!controls.is_empty()).then(|| Self { before: count(When::Before), after: count(When::After) })
    }

    const fn outcome(&self) -> Outcome {
        if (self.before.0 > 0 && self.before.1 == 0) || (self.after.0 > 0 && self.after.1 == 0) {
            Outcome::Failed
        } else if all_shown(self.before) && all_shown(self.after) {
            Outcome::Fine
        } else {
            Outcome::Mixed
        }
    }

    fn text(&self, lang: Lang) -> String {
        let ((before, before_shown), (after, after_shown)) = (self.before, self.after);
        let numbers = say!(
            lang,
            "检测前 {before} 路中 {before_shown} 路出图，检测后 {after} 路中 {after_shown} 路出图",
            "before the run {before_shown} of {before} gave a picture, after it {after_shown} of {after}"
        );
        match self.outcome() {
            Outcome::Fine => say!(
                lang,
                "{numbers}：平台到本工具的路在检测前后都通，其他摄像机无码流不归于检测方网络",
                "{numbers}: the way from the platform to us worked before and after; missing media of other cameras is not put down to our network"
            ),
            Outcome::Failed => say!(
                lang,
                "{numbers}：路或平台当时有问题，在没有任何摄像机出图的那段时间里情形相同的摄像机计为存疑",
                "{numbers}: the way or the platform had a trouble then; cameras that failed in the same way while nobody gave a picture are doubtful"
            ),
            Outcome::Mixed => say!(
                lang,
                "{numbers}：不足以说明路是否正常，不改变任何归因",
                "{numbers}: not enough to say that the way worked or did not; nothing is put down otherwise for it"
            ),
        }
    }
}

const fn all_shown((called, shown): (u64, u64)) -> bool {
    called > 0 && shown == called
}

fn verdict(report: &Report, record: &ProbeRecord) -> ProbeVerdict {
    let output = &report.profile.output;
    record.conclude(&Demand::of(output), false).verdict
}

/// For `report.json`; nothing where nothing is known.
pub(super) fn json(report: &Report) -> Option<SoundnessJson<'_>> {
    let soundness = &report.header.soundness;
    if soundness.is_empty() {
        return None;
    }
    let output = &report.profile.output;
    let row = |control: &'_ Control| -> (&'static str, Option<&'static str>) {
        let concluded = control.record.conclude(&Demand::of(output), false);
        (concluded.verdict.id(), concluded.cause.map(crate::probe::outcome::Cause::id))
    };
    let controls = Counted::of(report).map(|counted| ControlsJson {
        outcome: counted.outcome().id(),
        text: counted.text(report.lang),
        before: CountJson { cameras: counted.before.0, pictures: counted.before.1 },
        after: CountJson { cameras: counted.after.0, pictures: counted.after.1 },
        cameras: soundness
            .controls
            .iter()
            .map(|control| {
                let (verdict, cause) = row(control);
                ControlJson {
                    device_id: &control.record.device_id,
                    when: control.when.id(),
                    verdict,
                    cause,
                    attempts: &control.record.attempts,
                }
            })
            .collect(),
    });
    Some(SoundnessJson {
        clock: soundness.clock.as_ref(),
        peer_clock: soundness.peer_clock.as_ref(),
        controls,
        tapes: soundness.tapes,
    })
}

/// What control cameras showed, where there are any.
pub(super) fn controls(report: &Report) -> Option<(Text, String)> {
    Counted::of(report).map(|counted| (Text::new("对照摄像机", "controls"), counted.text(report.lang)))
}

/// Our clock, in words.
#[must_use]
pub fn own_clock(clock: &OwnClock, lang: Lang) -> String {
    let (state, by) = (clock.state.title().get(lang), &clock.by);
    let marked = clock.marked.as_deref().and_then(Timestamp::parse_rfc3339).map(|at| at.beijing("%Y-%m-%d %H:%M:%S"));
    let named = if by.is_empty() { state.to_owned() } else { say!(lang, "{state}（{by}）", "{state} ({by})") };
    match marked {
        Some(at) => say!(lang, "{named}，最近记录 {at}（北京时间）", "{named}, its last mark is of {at} Beijing time"),
        None => named,
    }
}

/// A peer's clock, in words.
#[must_use]
pub fn peer_clock(clock: &PeerClock, lang: Lang) -> String {
    let (offset, date) = (clock.offset_ms, excerpt(&visible(&clock.date), MAX_CODE));
    let from = match clock.from.as_str() {
        "registration" => Text::new("注册报文", "its registration"),
        _ => Text::new("点播应答", "its answer to the call"),
    };
    let from = from.get(lang);
    let within = match clock.within_ms {
        Some(ms) => say!(lang, "，误差不超过 {ms} 毫秒", ", within {ms} ms"),
        None => say!(lang, "，含单程时延", ", the way included"),
    };
    say!(
        lang,
        "比本工具 {offset:+} 毫秒（{from}的 Date：{date}{within}）",
        "{offset:+} ms to ours (Date of {from}: {date}{within})"
    )
}

/// Clocks and tapes, for the page.
pub(super) fn rows(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let soundness = &report.header.soundness;
    let mut rows = Vec::new();
    if let Some(clock) = &soundness.clock {
        rows.push((say!(lang, "本机时钟", "our clock"), own_clock(clock, lang)));
    }
    if let Some(clock) = &soundness.peer_clock {
        rows.push((say!(lang, "平台时钟", "the platform's clock"), peer_clock(clock, lang)));
    }
    if let Some((title, text)) = controls(report) {
        rows.push((title.get(lang).to_owned(), text));
        for control in &soundness.controls {
            let (when, code) = (control.when.title().get(lang), excerpt(&visible(&control.record.device_id), MAX_CODE));
            let shown = verdict(report, &control.record) == ProbeVerdict::Picture;
            let shown = if shown { Text::new("出图", "picture") } else { Text::new("未出图", "no picture") };
            let at = control.record.attempts.last().and_then(|a| Timestamp::parse_rfc3339(&a.started));
            let at = at.map(|at| at.beijing("%H:%M:%S%.3f")).unwrap_or_default();
            rows.push((format!("{when} {code}"), format!("{} {at}", shown.get(lang))));
        }
    }
    if let Some(tapes) = soundness.tapes {
        let (kept, size, left_out) = (grouped(tapes.kept), bytes(tapes.bytes), grouped(tapes.left_out));
        rows.push((
            say!(lang, "报文留存", "tapes"),
            say!(
                lang,
                "留存 {kept} 次点播（{size}），因总量上限未留 {left_out} 次；导出：gbaudit evidence 设备编码",
                "{kept} calls ({size}), {left_out} not kept for the limit of all; export: gbaudit evidence DEVICE_ID"
            ),
        ));
    }
    rows
}
