//! 可选测量: recordings, statuses and clocks, where the settings ask for them. Beside indicator 4, never in it.

use serde::Serialize;

use super::Report;
use super::estate::Told;
use super::summary::{percent, ratio};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::grouped;
use crate::base::time::Timestamp;
use crate::evidence::measured::Measure;

/// Devices listed in `report.json`; `measures.csv` has them all.
const MAX_DEVICES: usize = 1_000;
/// Gaps shown of one camera.
const MAX_GAPS: usize = 20;

/// What came of one measurement of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Measured, and right.
    Right,
    /// Measured, and wrong.
    Wrong,
    /// 无法判断: the answer does not tell.
    CannotTell,
    /// We failed.
    Failed,
}

impl Found {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Right, Self::Wrong, Self::CannotTell, Self::Failed];

    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::CannotTell => "cannot_tell",
            Self::Failed => "failed",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Right => Text::new("正常", "right"),
            Self::Wrong => Text::new("不符", "wrong"),
            Self::CannotTell => Text::new("无法判断", "cannot tell"),
            Self::Failed => Text::new("本工具原因", "our fault"),
        }
    }
}

/// Why it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Stable id.
    pub id: &'static str,
    /// What it comes to.
    pub found: Found,
    /// For people.
    pub text: Text,
}

macro_rules! reasons {
    ($($name:ident $id:literal $found:ident $zh:literal $en:literal;)+) => {
        $(#[doc = concat!("`", $id, "`")] pub const $name: Reason = Reason { id: $id, found: Found::$found, text: Text::new($zh, $en) };)+
        /// Every reason there is.
        pub const REASONS: &[Reason] = &[$($name),+];
    };
}

reasons! {
    COVERED "covered" Right "时段内录像连续" "recorded without a gap";
    GAPS "gaps" Wrong "录像有缺口" "there are gaps";
    NOTHING_RECORDED "nothing_recorded" Wrong "应答称该时段没有录像（SumNum 0）" "the answer says that nothing was recorded (SumNum 0)";
    LIST_SHORT "list_short" CannotTell "清单不全：实收少于声明数" "the list is short: fewer came than were declared";
    LIST_OVER "list_over" CannotTell "清单有争议：实收多于声明数" "the list is disputed: more came than were declared";
    NO_TOTAL "no_total" CannotTell "清单没有声明总数，无从证明完整" "the list declares no total, nothing proves it whole";
    OTHER_DEVICE "other_device" CannotTell "清单中有别的设备编码的录像" "the list names recordings of another device";
    TIMES_UNREADABLE "times_unreadable" CannotTell "起止时间读不懂或颠倒" "times that cannot be read, or end before they begin";
    TOO_MANY "too_many" CannotTell "录像段数超过上限，只保留了一部分" "more recordings than are kept";
    AGREES "agrees" Right "与目录状态一致" "as the catalogue says";
    DIFFERS "differs" Wrong "与目录状态不一致" "not as the catalogue says";
    STATUS_UNREADABLE "status_unreadable" CannotTell "Online 或目录状态读不懂或没有" "Online, or Status in the catalogue, is missing or cannot be read";
    IN_TIME "in_time" Right "时钟在容差之内" "the clock is within the tolerance";
    CLOCK_OFF "clock_off" Wrong "时钟超出容差" "the clock is beyond the tolerance";
    CLOCK_UNCLEAR "clock_unclear" CannotTell "应答太慢，偏差与容差分不开" "the answer took too long to tell the offset from the tolerance";
    NO_TIME "no_time" CannotTell "应答中没有时间或读不懂" "the answer tells no time that can be read";
    SNAPSHOT_SHOWS "snapshot_shows" Right "抓拍有画面，实时点播没有出图" "the snapshot shows something, live there was no picture";
    SNAPSHOT_DARK "snapshot_dark" Wrong "抓拍是黑屏或纯色" "the snapshot is black or of one colour";
    SNAPSHOT_BROKEN "snapshot_broken" Wrong "上传的不是 JPEG 或解不开" "what was uploaded is no JPEG that can be decoded";
    SNAPSHOT_TOO_LARGE "snapshot_too_large" CannotTell "上传超过上限，没有收" "the upload is over the limit and was not taken";
    SNAPSHOT_REFUSED "snapshot_refused" CannotTell "设备应答 ERROR" "the device answers ERROR";
    NOT_OF_2022 "not_of_2022" CannotTell "平台不是 2022 版，没有这个命令；可在 [[platform]] edition 写明" "the platform is not of 2022 and has no such command; edition of [[platform]] may say otherwise";
    NO_ANSWER "no_answer" CannotTell "没有业务应答（可能不支持）" "no answer came (it may not be supported)";
    REFUSED "refused" CannotTell "被拒绝" "refused";
    NOT_TAKEN "not_taken" CannotTell "平台没有收下查询" "the platform did not take the query";
    GIVEN_UP "given_up" CannotTell "前面连续没有应答，不再查询" "not asked: those before had no answer";
    INTERRUPTED "interrupted" Failed "检测中断，没有问到或没有等到" "the run stopped before it was asked or answered";
}

/// A time without a recording.
pub type Gap = (Timestamp, Timestamp);

/// One device in one measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Of which.
    pub measure: Measure,
    /// Its code.
    pub device_id: String,
    /// Its name.
    pub name: String,
    /// Why it is what it is.
    pub reason: Reason,
    /// What it adds to the measurement's fraction; nothing where it does not tell.
    pub value: Option<Fraction>,
    /// What was measured, for people and for programs alike: `86400/86400 s`, `ON / OFFLINE`, `+3600 s ± 1 s`.
    pub measured: String,
    /// Recordings: the gaps, of a list that is short those it leaves at most.
    pub gaps: Vec<Gap>,
}

/// One measurement of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Which.
    pub measure: Measure,
    /// Numerator and denominator.
    pub value: Fraction,
    /// Devices, in the order of [`Found::ALL`].
    pub devices: [u64; 4],
}

/// All measurements of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// The window of recordings.
    pub window: Gap,
    /// Cameras past the limit, which were not asked.
    pub beyond: u64,
    /// Seconds a clock may be off.
    pub tolerance_s: u64,
    /// In the order of the register.
    pub sums: Vec<Sum>,
    /// Device by device.
    pub lines: Vec<Line>,
}

impl Line {
    /// The gaps, for people.
    pub(super) fn gaps_shown(&self, lang: Lang) -> String {
        let shown = self.gaps.iter().take(MAX_GAPS).map(|(from, to)| {
            let (from, to) = (from.beijing("%m-%d %H:%M:%S"), to.beijing("%m-%d %H:%M:%S"));
            say!(lang, "{from} 至 {to}", "{from} to {to}")
        });
        let mut text = shown.collect::<Vec<_>>().join(say!(lang, "；", "; ").as_str());
        if let Some(more) = self.gaps.len().checked_sub(MAX_GAPS).filter(|more| *more > 0) {
            text.push_str(&say!(lang, "；另 {more} 处", "; {more} more"));
        }
        text
    }

    /// Why, with what the answer said.
    pub(super) fn why(&self, lang: Lang) -> &'static str {
        self.reason.text.get(lang)
    }
}

/// What is so of how many, in words.
pub(super) fn counted(sum: &Sum, lang: Lang) -> String {
    let counts = Found::ALL.iter().zip(sum.devices).filter(|(_, n)| *n > 0);
    let counts = counts.map(|(found, n)| {
        let (title, n) = (found.title().get(lang), grouped(n));
        say!(lang, "{title} {n}", "{n} {title}")
    });
    counts.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str())
}

/// A line each for the screen.
pub(super) fn told(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let Some(measures) = &report.measures else { return Vec::new() };
    let told = measures.sums.iter().filter_map(|sum| {
        let about = sum.measure.about()?;
        let (ratio, percent, counted) = (ratio(sum.value), percent(sum.value), counted(sum, lang));
        let unit = if sum.measure == Measure::Records { say!(lang, " 秒", " s") } else { String::new() };
        let text = if sum.devices == [0; 4] {
            say!(lang, "没有问到任何设备（不计入指标4）", "no device was asked (not part of indicator 4)")
        } else if sum.value.denominator == 0 {
            say!(lang, "没有测得（{counted}；不计入指标4）", "nothing could be measured ({counted}; not part of indicator 4)")
        } else {
            say!(
                lang,
                "{ratio}{unit} = {percent}（{counted}；不计入指标4）",
                "{ratio}{unit} = {percent} ({counted}; not part of indicator 4)"
            )
        };
        Some((about.title, text))
    });
    told.collect()
}

#[derive(Serialize)]
pub(super) struct MeasuresJson<'a> {
    from: String,
    to: String,
    not_asked: u64,
    clock_tolerance_s: u64,
    measures: Vec<MeasureJson>,
    devices: Vec<DeviceJson<'a>>,
    devices_left_out: u64,
}

#[derive(Serialize)]
struct MeasureJson {
    measure: &'static str,
    text: &'static str,
    numerator: u64,
    denominator: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    right: u64,
    wrong: u64,
    cannot_tell: u64,
    failed: u64,
    formula: &'static str,
    cannot_see: &'static str,
}

#[derive(Serialize)]
struct DeviceJson<'a> {
    measure: &'static str,
    device_id: &'a str,
    found: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u64>,
    measured: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<[String; 2]>,
}

impl<'a> MeasuresJson<'a> {
    /// Nothing where nothing was to be measured.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let measures = report.measures.as_ref()?;
        let lang = report.lang;
        let of_sum = |sum: &Sum| {
            let about = sum.measure.about()?;
            let [right, wrong, cannot_tell, failed] = sum.devices;
            Some(MeasureJson {
                measure: about.id,
                text: about.title.get(lang),
                numerator: sum.value.numerator,
                denominator: sum.value.denominator,
                percent: sum.value.percent(),
                right,
                wrong,
                cannot_tell,
                failed,
                formula: about.formula.get(lang),
                cannot_see: about.blind.get(lang),
            })
        };
        let of_line = |line: &'a Line| DeviceJson {
            measure: line.measure.id(),
            device_id: &line.device_id,
            found: line.reason.found.id(),
            reason: line.reason.id,
            numerator: line.value.map(|value| value.numerator),
            denominator: line.value.map(|value| value.denominator),
            measured: &line.measured,
            gaps: line.gaps.iter().take(MAX_GAPS).map(|(from, to)| [from.rfc3339(), to.rfc3339()]).collect(),
        };
        Some(Self {
            from: measures.window.0.rfc3339(),
            to: measures.window.1.rfc3339(),
            not_asked: measures.beyond,
            clock_tolerance_s: measures.tolerance_s,
            measures: measures.sums.iter().filter_map(of_sum).collect(),
            devices: measures.lines.iter().take(MAX_DEVICES).map(of_line).collect(),
            devices_left_out: measures.lines.len().saturating_sub(MAX_DEVICES) as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_reasons_are_unique() {
        let ids: std::collections::BTreeSet<_> = REASONS.iter().map(|reason| reason.id).collect();
        assert_eq!(ids.len(), REASONS.len());
    }
}
