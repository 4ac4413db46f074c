//! Floor 5: count. One rate a file, on plain facts about cameras; counts stay integers.

pub mod compliance;
pub mod key_positions;
pub mod output;
pub mod sequential;
pub mod wilson;

use crate::base::fraction::Fraction;
use crate::base::lang::Text;
use crate::probe::outcome::{Cause, Level, ProbeVerdict};
use crate::profile::{Profile, RateId};
use crate::rules::FieldVerdict;
use key_positions::KeyFacts;

/// What the rates are counted from: one line of the catalogue that is a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraFacts {
    /// In the order of [`crate::rules::FieldId::ALL`].
    pub fields: [FieldVerdict; 4],
    /// What the profile counts beside the four.
    pub others: FieldVerdict,
    /// No field fails on a clause of the standard.
    pub compliant_by_clause: bool,
    /// No field fails or is unjudged when waived failures do not count.
    pub compliant_with_waivers: bool,
    /// The platform does not say it is off line.
    pub online: bool,
    /// Whether it was drawn, in a sample; always otherwise.
    pub drawn: bool,
    /// What came of probing it.
    pub probe: ProbeVerdict,
    /// Why not.
    pub cause: Option<Cause>,
    /// 存疑: why not proves nothing about the camera.
    pub doubtful: bool,
    /// How far it got within the limit.
    pub level: Level,
    /// How far it got in all the time it was listened to.
    pub late_level: Level,
    /// How far its first attempt got within the limit.
    pub first_level: Level,
    /// Other cameras show the very same picture, or this one did on an earlier night: it proves nothing until a person has looked.
    pub withdrawn: bool,
    /// 公共视频: the assignment table and the profile do not say otherwise.
    pub public: bool,
    /// No picture is expected of it, by an approved exemption.
    pub exempt: bool,
}

impl CameraFacts {
    /// No field fails or is unjudged.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.fields.iter().all(|f| f.is_good()) && self.others.is_good()
    }
}

/// 结论 of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateVerdict {
    /// 达标
    Pass,
    /// 未达标
    Fail,
    /// 待复测: fails, but the best case passes.
    Retest,
    /// 无法测量
    NotMeasurable,
    /// 不适用
    NotApplicable,
}

impl RateVerdict {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Retest => "retest",
            Self::NotMeasurable => "not_measurable",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Pass => Text::new("达标", "reached"),
            Self::Fail => Text::new("未达标", "missed"),
            Self::Retest => Text::new("待复测", "to be retested"),
            Self::NotMeasurable => Text::new("无法测量", "cannot be measured"),
            Self::NotApplicable => Text::new("不适用", "does not apply"),
        }
    }
}

/// Why a rate cannot be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateWhy {
    /// Stable id.
    pub id: &'static str,
    /// For people.
    pub text: Text,
}

macro_rules! rate_whys {
    ($($name:ident $id:literal $zh:literal $en:literal;)+) => {
        $(#[doc = $en] pub const $name: RateWhy = RateWhy { id: $id, text: Text::new($zh, $en) };)+
    };
}

rate_whys! {
    NO_PLAN "no_plan" "缺《关键位置点位表》" "there is no table of key positions";
    NO_LEDGER "no_ledger" "缺《摄像机台账》" "there is no ledger of installed cameras";
    NO_PROBE "no_probe" "本次未点播" "this run did not probe";
    PROBE_LIMIT "probe_limit" "本次只试点播部分摄像机" "this run probed some cameras for a trial";
    NAMED_ONLY "named_only" "本次只点播指定的摄像机" "this run called the cameras that were named";
    CAPTURED_ONLY "captured_only" "抓包中只有部分摄像机被点播" "only some of the cameras were called in the capture";
    ONE_ROUND "one_round" "只是其中一轮，须合并各轮才有结论" "one round of several: only all of them together decide";
    NO_CAMERAS "no_cameras" "目录中没有摄像机" "there is no camera in the catalogue";
    NO_POSITION_NAMED "no_position_named" "缺《关键位置点位表》，台账也没有写明点位" "there is no table of key positions, and the ledger names none";
    CLASS_UNDECLARED "class_undeclared" "有社区的某类关键位置既没有规划，也没有说明不适用" "a community has neither planned a class of key positions nor said that it has none";
    CLASS_MISSED "class_missed" "口径要求各类分别达标，有一类未达标" "each class has to reach the threshold by itself, and one does not";
    COUNTED_TOGETHER "counted_together" "关键位置按全部平台合并计算，见汇总" "key positions are counted over all platforms, see the summary";
    SAMPLE_ONLY "sample_only" "本次只抽样点播，完好率须全部点播" "this run called a sample, intactness needs them all";
    NO_RECORDINGS "no_recordings" "口径要求录像，本次没有核查录像" "the profile asks for recordings, and none were looked for";
    NO_LEDGER_ROWS "no_ledger_rows" "口径以台账为分母，缺《摄像机台账》" "the profile divides by the ledger, and there is none";
    SAMPLE_TOO_SMALL "sample_too_small" "口径要求抽样区间的下限达到门限，须加大样本或全部点播" "the profile asks the lower bound of the sample to reach the threshold: draw more, or call them all";
    CATALOG_INCOMPLETE "catalog_incomplete" "目录应答不完整" "the catalogue is incomplete";
    CATALOG_DISPUTED "catalog_disputed" "目录应答有争议" "the catalogue is disputed";
}

/// How a rate is computed, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formula {
    /// Stable id.
    pub id: &'static str,
    /// For people.
    pub text: Text,
}

/// A rate, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateResult {
    /// Which.
    pub id: RateId,
    /// N/D; absent when nothing was measured.
    pub value: Option<Fraction>,
    /// Percent to reach.
    pub threshold: u32,
    /// The verdict.
    pub verdict: RateVerdict,
    /// Cameras that prove nothing either way.
    pub doubtful: u64,
    /// Why it cannot be measured.
    pub why: Vec<RateWhy>,
    /// How it is computed.
    pub formula: Formula,
    /// Where it may lie for all that were not called.
    pub interval: Option<Interval>,
}

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Hundredths of a percent.
    pub low: u32,
    /// Hundredths of a percent.
    pub high: u32,
    /// Set where calling ended early: of how many codes it speaks. It holds however often it was looked; that of a plain sample
    /// does not.
    pub of: Option<u64>,
}

impl RateResult {
    /// The value if everything doubtful turned out well.
    #[must_use]
    pub fn best(&self) -> Option<Fraction> {
        self.value.map(|v| Fraction::new(v.numerator + self.doubtful, v.denominator))
    }

    /// How many more are missing.
    #[must_use]
    pub fn needs(&self) -> u64 {
        self.value.map_or(0, |v| v.needs(self.threshold))
    }
}

/// Another way to count the same facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Stable id.
    pub id: &'static str,
    /// The rate it reads.
    pub rate: RateId,
    /// In words.
    pub text: Text,
    /// N/D.
    pub value: Fraction,
    /// Percent to reach.
    pub threshold: u32,
}

impl Reading {
    /// Whether the threshold is reached under this reading.
    #[must_use]
    pub fn verdict(&self) -> RateVerdict {
        match self.value.denominator {
            0 => RateVerdict::NotApplicable,
            _ if self.value.reaches(self.threshold) => RateVerdict::Pass,
            _ => RateVerdict::Fail,
        }
    }
}

/// What else bears on the rates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// Why numbers on this catalogue are void, if they are.
    pub void: Option<RateWhy>,
    /// Why the numbers of pictures decide nothing, if they do not.
    pub output_void: Option<RateWhy>,
    /// Why pictures were not measured, if they were not.
    pub no_output: Option<RateWhy>,
    /// What the pictures that were asked for are of all.
    pub part: Part,
    /// By community and class what was drawn and called, where it was drawn so.
    pub strata: Vec<Stratum>,
    /// Waivers were given.
    pub waivers: bool,
    /// Pictures were looked at for their quality.
    pub looked: bool,
    /// Cameras share pictures.
    pub withdrawn: bool,
}

/// What the pictures that were asked for are of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// All.
    #[default]
    Census,
    /// A drawn sample.
    Sample,
    /// Calling ended early; the interval of what is left open.
    Early(Interval),
    /// Of several platforms these are different parts.
    Mixed,
}

impl Part {
    /// That of two platforms together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Census, Self::Census) => Self::Census,
            (Self::Sample, Self::Sample) => Self::Sample,
            _ => Self::Mixed,
        }
    }
}

/// Codes of one community and class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stratum {
    /// In the catalogue.
    pub cameras: u64,
    /// Drawn and called.
    pub called: u64,
    /// Of these, with a picture.
    pub pictures: u64,
}

/// The five rates.
#[must_use]
pub fn rates(cameras: &[CameraFacts], key: &KeyFacts, profile: &Profile, circumstances: &Circumstances) -> Vec<RateResult> {
    RateId::ALL
        .into_iter()
        .map(|id| match id {
            RateId::Coverage | RateId::Networking | RateId::Intactness => key_positions::rate(id, key, profile, circumstances),
            RateId::Output => output::rate(cameras, key, profile, circumstances),
            RateId::Compliance => compliance::rate(cameras, profile, circumstances),
        })
        .collect()
}

/// Other readings of the measured rates.
#[must_use]
pub fn readings(cameras: &[CameraFacts], key: &KeyFacts, profile: &Profile, circumstances: &Circumstances) -> Vec<Reading> {
    let mut readings = key_positions::readings(key, profile, circumstances);
    if circumstances.no_output.is_none() {
        readings.extend(output::readings(cameras, key, profile, circumstances));
    }
    readings.extend(compliance::readings(cameras, profile, circumstances));
    readings
}

/// The verdict of a counted rate: numbers on a void catalogue are written and decide nothing.
fn decide(id: RateId, value: Fraction, doubtful: u64, formula: Formula, profile: &Profile, void: Option<RateWhy>) -> RateResult {
    let threshold = profile.threshold(id);
    let best = Fraction::new(value.numerator + doubtful, value.denominator);
    let (verdict, why) = match void {
        _ if value.denominator == 0 => (RateVerdict::NotMeasurable, vec![void.unwrap_or(NO_CAMERAS)]),
        Some(void) => (RateVerdict::NotMeasurable, vec![void]),
        None if value.reaches(threshold) => (RateVerdict::Pass, vec![]),
        None if best.reaches(threshold) => (RateVerdict::Retest, vec![]),
        None => (RateVerdict::Fail, vec![]),
    };
    RateResult { id, value: Some(value), threshold, verdict, doubtful, why, formula, interval: None }
}

/// 总结论
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// 达标
    Pass,
    /// 未达标
    Fail,
    /// 未判定
    Undecided,
}

impl Overall {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Pass => Text::new("达标", "reached"),
            Self::Fail => Text::new("未达标", "missed"),
            Self::Undecided => Text::new("未判定", "undecided"),
        }
    }

    /// Fail if any rate fails; else undecided if any is to be retested or cannot be measured, or none was asked; else
    /// pass.
    #[must_use]
    pub fn of<'a>(verdicts: impl Iterator<Item = &'a RateVerdict> + Clone) -> Self {
        let any = |wanted: &[RateVerdict]| verdicts.clone().any(|v| wanted.contains(v));
        if any(&[RateVerdict::Fail]) {
            Self::Fail
        } else if any(&[RateVerdict::Retest, RateVerdict::NotMeasurable]) || verdicts.clone().next().is_none() {
            Self::Undecided
        } else {
            Self::Pass
        }
    }
}

#[cfg(test)]
mod tests;
