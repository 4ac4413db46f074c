//! 出图率: cameras whose picture was seen within the limit, of all public camera lines.
//!
//! N: cameras that reached the profile's gate within its limit. D: every camera line of the catalogue (or, by
//! profile, those the platform says are on line; in a sample, the draw). Left out: nothing. Doubtful: capacity,
//! our own fault, a codec we cannot decode, interrupted, the network where the evidence shows the path. Compared exactly; printed cut to two decimals.
//! Source: indicator 4-2 of the Shandong smart-community indicators gives the threshold; the formula is ours.

use super::key_positions::{KeyFacts, ledger, of_ledger};
use super::{
    CameraFacts, Circumstances, Formula, Interval, NO_LEDGER_ROWS, Part, RateResult, RateVerdict, Reading, SAMPLE_TOO_SMALL,
    Stratum, decide, wilson,
};
use crate::base::fraction::Fraction;
use crate::base::lang::Text;
use crate::probe::outcome::{Level, ProbeVerdict};
use crate::profile::{Denominator, Gate, Profile, RateId, SampleBy};

fn formula(profile: &Profile) -> Formula {
    if profile.output.denominator == Denominator::Ledger {
        return Formula {
            id: "output.ledger",
            text: Text::new(
                "限时内达到口径要求的摄像机 ÷ 台账中的全部摄像机",
                "cameras that reached what the profile asks in time / all cameras of the ledger",
            ),
        };
    }
    if profile.output.least != (0, 0) {
        return Formula {
            id: "output.sized",
            text: Text::new(
                "限时内达到口径要求、画面不小于口径要求分辨率的摄像机 ÷ 口径规定的分母",
                "cameras that reached what the profile asks in time, with a picture no smaller than it asks / what the profile divides by",
            ),
        };
    }
    match (profile.output.gate, profile.output.denominator) {
        (Gate::Quality, Denominator::Catalogue | Denominator::Ledger) => Formula {
            id: "output.quality.all",
            text: Text::new(
                "限时内看到画面且画面质量检查无异常的摄像机 ÷ 目录中的全部摄像机",
                "cameras whose picture was seen in time and has no fault / all cameras of the catalogue",
            ),
        },
        (Gate::Quality, Denominator::Online) => Formula {
            id: "output.quality.online",
            text: Text::new(
                "限时内看到画面且画面质量检查无异常的摄像机 ÷ 目录状态在线的摄像机",
                "cameras whose picture was seen in time and has no fault / cameras on line by the catalogue",
            ),
        },
        (Gate::Visible, Denominator::Catalogue | Denominator::Ledger) => Formula {
            id: "output.visible.all",
            text: Text::new(
                "限时内看到非黑屏、非纯色画面的摄像机 ÷ 目录中的全部摄像机",
                "cameras whose picture, not black and not one colour, was seen in time / all cameras of the catalogue",
            ),
        },
        (Gate::Visible, Denominator::Online) => Formula {
            id: "output.visible.online",
            text: Text::new(
                "限时内看到非黑屏、非纯色画面的摄像机 ÷ 目录状态在线的摄像机",
                "cameras whose picture, not black and not one colour, was seen in time / cameras on line by the catalogue",
            ),
        },
        (Gate::Decoded, Denominator::Catalogue | Denominator::Ledger) => Formula {
            id: "output.decoded.all",
            text: Text::new(
                "限时内解出关键帧的摄像机 ÷ 目录中的全部摄像机",
                "cameras whose key frame decoded in time / all cameras of the catalogue",
            ),
        },
        (Gate::Decoded, Denominator::Online) => Formula {
            id: "output.decoded.online",
            text: Text::new(
                "限时内解出关键帧的摄像机 ÷ 目录状态在线的摄像机",
                "cameras whose key frame decoded in time / cameras on line by the catalogue",
            ),
        },
        (Gate::Rtp, _) => Formula {
            id: "output.rtp",
            text: Text::new("限时内收到码流的摄像机 ÷ 摄像机", "cameras whose media arrived in time / cameras"),
        },
        (Gate::Signalling, _) => Formula {
            id: "output.signalling",
            text: Text::new("限时内应答点播的摄像机 ÷ 摄像机", "cameras that answered the call in time / cameras"),
        },
    }
}

fn counted<'a>(cameras: &'a [CameraFacts], profile: &Profile) -> impl Iterator<Item = &'a CameraFacts> + Clone + use<'a> {
    let online_only = profile.output.denominator == Denominator::Online;
    let exempting = profile.exemptions.headline;
    let public = public(cameras, profile);
    public.filter(move |c| c.drawn && (c.online || !online_only) && !(exempting && c.exempt))
}

/// Cameras that are public video; the others are in no denominator and shown as a count.
fn public<'a>(cameras: &'a [CameraFacts], profile: &Profile) -> impl Iterator<Item = &'a CameraFacts> + Clone + use<'a> {
    let all = !profile.output.public_only;
    cameras.iter().filter(move |c| all || c.public)
}

pub(super) fn rate(cameras: &[CameraFacts], key: &KeyFacts, profile: &Profile, circumstances: &Circumstances) -> RateResult {
    let formula = formula(profile);
    let by_ledger = profile.output.denominator == Denominator::Ledger;
    let without = (by_ledger && !key.ledger).then_some(NO_LEDGER_ROWS);
    if let Some(why) = circumstances.no_output.or(without) {
        return RateResult {
            id: RateId::Output,
            value: None,
            threshold: profile.threshold(RateId::Output),
            verdict: RateVerdict::NotMeasurable,
            doubtful: 0,
            why: vec![why],
            formula,
            interval: None,
        };
    }
    let (value, doubtful) = if by_ledger {
        let doubtful = ledger(key, profile).filter(|c| c.probe != ProbeVerdict::Picture && c.doubtful).count() as u64;
        (of_ledger(key, &|c| c.probe == ProbeVerdict::Picture, profile).unwrap_or_default(), doubtful)
    } else {
        let cameras = counted(cameras, profile);
        let lit = cameras.clone().filter(|c| c.probe == ProbeVerdict::Picture).count() as u64;
        let doubtful = cameras.clone().filter(|c| c.probe != ProbeVerdict::Picture && c.doubtful).count() as u64;
        (Fraction::new(lit, cameras.count() as u64), doubtful)
    };
    let mut result = decide(RateId::Output, value, doubtful, formula, profile, circumstances.void.or(circumstances.output_void));
    result.interval = match circumstances.part {
        Part::Census | Part::Mixed => None,
        Part::Sample => wilson::interval_95(value).map(|(low, high)| Interval { low, high, of: None }),
        Part::Early(interval) => Some(interval),
    };
    let by_bound = profile.output.sample == SampleBy::LowerBound && circumstances.part != Part::Census;
    // Where several platforms are different parts there is no bound to go by.
    let reached = || result.interval.is_some_and(|interval| interval.low >= result.threshold * 100);
    if by_bound && result.verdict == RateVerdict::Pass && !reached() {
        (result.verdict, result.why) = (RateVerdict::Retest, vec![SAMPLE_TOO_SMALL]);
    }
    result
}

pub(super) fn readings(
    cameras: &[CameraFacts],
    key: &KeyFacts,
    profile: &Profile,
    circumstances: &Circumstances,
) -> Vec<Reading> {
    let threshold = profile.threshold(RateId::Output);
    let headline = formula(profile).id;
    let drawn = || public(cameras, profile).filter(|c| c.drawn);
    let of = |of_online: bool, reached: &dyn Fn(&CameraFacts) -> bool| {
        let chosen = || drawn().filter(|c| c.online || !of_online);
        Fraction::new(chosen().filter(|c| reached(c)).count() as u64, chosen().count() as u64)
    };
    let all: [(&'static str, Text, Fraction); 8] = [
        (
            "output.visible.all",
            Text::new("限时内有可见画面，全部摄像机", "visible picture in time, all cameras"),
            of(false, &|c| c.level >= Level::Visible),
        ),
        (
            "output.visible.online",
            Text::new("限时内有可见画面，仅状态在线的摄像机", "visible picture in time, cameras on line only"),
            of(true, &|c| c.level >= Level::Visible),
        ),
        (
            "output.decoded.all",
            Text::new("限时内解出关键帧，全部摄像机", "key frame decoded in time, all cameras"),
            of(false, &|c| c.level >= Level::Decoded),
        ),
        (
            "output.decoded.online",
            Text::new("限时内解出关键帧，仅状态在线的摄像机", "key frame decoded in time, cameras on line only"),
            of(true, &|c| c.level >= Level::Decoded),
        ),
        (
            "output.rtp.all",
            Text::new("限时内收到码流，全部摄像机", "media arrived in time, all cameras"),
            of(false, &|c| c.level >= Level::Rtp),
        ),
        (
            "output.signalling.all",
            Text::new("限时内应答点播，全部摄像机", "call answered in time, all cameras"),
            of(false, &|c| c.level >= Level::Signalling),
        ),
        (
            "output.visible.late",
            Text::new("延长监听时间内有可见画面，全部摄像机", "visible picture in the longer listening time, all cameras"),
            of(false, &|c| c.late_level >= Level::Visible),
        ),
        (
            "output.visible.first_attempt",
            Text::new("首次点播即有可见画面，全部摄像机", "visible picture at the first attempt, all cameras"),
            of(false, &|c| c.first_level >= Level::Visible),
        ),
    ];
    let quality = circumstances.looked.then(|| {
        (
            "output.quality.all",
            Text::new("限时内有可见画面且画面质量检查无异常，全部摄像机", "visible picture in time without a fault, all cameras"),
            of(false, &|c| c.level >= Level::Quality),
        )
    });
    // What the profile counts, in its own denominator, without what several cameras share.
    let proven = counted(cameras, profile).filter(|c| c.probe == ProbeVerdict::Picture && !c.withdrawn).count() as u64;
    let alone = circumstances.withdrawn.then(|| {
        (
            "output.not_withdrawn",
            Text::new(
                "按本口径，画面与其他摄像机或上次相同、未经人工查看的不计出图",
                "by this profile, without pictures that several cameras or an earlier night show and nobody has looked at",
            ),
            Fraction::new(proven, counted(cameras, profile).count() as u64),
        )
    });
    let kept = |reached: &dyn Fn(&CameraFacts) -> bool| {
        let chosen = || drawn().filter(|c| !c.exempt);
        Fraction::new(chosen().filter(|c| reached(c)).count() as u64, chosen().count() as u64)
    };
    let exempting = drawn().any(|c| c.exempt).then(|| {
        [
            (
                "output.visible.no_exempt",
                Text::new("限时内有可见画面，不含已批准豁免的摄像机", "visible picture in time, without exempted cameras"),
                kept(&|c| c.level >= Level::Visible),
            ),
            (
                "output.decoded.no_exempt",
                Text::new("限时内解出关键帧，不含已批准豁免的摄像机", "key frame decoded in time, without exempted cameras"),
                kept(&|c| c.level >= Level::Decoded),
            ),
        ]
    });
    let ledger = [
        (
            "output.visible.ledger",
            Text::new("限时内有可见画面，以台账为分母", "visible picture in time, by the ledger"),
            Level::Visible,
        ),
        (
            "output.decoded.ledger",
            Text::new("限时内解出关键帧，以台账为分母", "key frame decoded in time, by the ledger"),
            Level::Decoded,
        ),
    ];
    let by_ledger = profile.output.denominator == Denominator::Ledger;
    let ledger = ledger
        .into_iter()
        .filter_map(|(id, text, level)| Some((id, text, of_ledger(key, &|c| c.level >= level, profile).filter(|_| !by_ledger)?)));
    let everything = (profile.output.public_only && cameras.iter().any(|c| !c.public)).then(|| {
        let all = || cameras.iter().filter(|c| c.drawn);
        (
            "output.visible.not_only_public",
            Text::new(
                "限时内有可见画面，含非公共视频的摄像机",
                "visible picture in time, also of cameras that are no public video",
            ),
            Fraction::new(all().filter(|c| c.level >= Level::Visible).count() as u64, all().count() as u64),
        )
    });
    let weighted = weighted(&circumstances.strata).map(|value| {
        (
            "output.sample.weighted",
            Text::new(
                "按社区和类别的路数加权，由样本推算全部摄像机",
                "weighted by community and class, the sample taken to all cameras",
            ),
            value,
        )
    });
    all.into_iter()
        .chain(quality)
        .chain(alone)
        .chain(weighted)
        .chain(exempting.into_iter().flatten())
        .chain(ledger)
        .chain(everything)
        .filter(|(id, ..)| *id != headline)
        .map(|(id, text, value)| Reading { id, rate: RateId::Output, text, value, threshold })
        .collect()
}

/// How many of all cameras give a picture if each community and class is as what was drawn of it; cut. Small ones are drawn more
/// than their share, at least one of each: a plain count leans towards them. Nothing where one of them was not called at all.
fn weighted(strata: &[Stratum]) -> Option<Fraction> {
    /// Parts of a camera that are kept until all are added up.
    const PARTS: u128 = 1_000_000_000_000;
    let mut sum = 0_u128;
    for stratum in strata {
        sum += (u128::from(stratum.cameras) * u128::from(stratum.pictures) * PARTS).checked_div(u128::from(stratum.called))?;
    }
    // What was cut off each is less than a camera in all: a whole number stays whole.
    let lit = (sum + strata.len() as u128) / PARTS;
    let all = strata.iter().map(|stratum| stratum.cameras).sum();
    (all > 0).then(|| Fraction::new(u64::try_from(lit).unwrap_or(all).min(all), all))
}
