//! 4-1 覆盖率、联网率、完好率: over the key positions of the user's plan and the cameras of the user's ledger.
//!
//! Coverage: N positions a camera is proven to watch, D planned positions that apply. Networking: N installed cameras of key
//! positions that are in the platform's catalogue and were seen alive within the profile's days, D installed cameras of key
//! positions. Intactness: N those whose picture passed the gate, same D. Left out: positions declared not to apply, cameras
//! removed by the ledger. Doubtful: cameras nobody watched long enough to call dead; pictures as in 出图率.
//! Source: indicator 4-1 gives the thresholds; the formulas are ours, the other readings stand beside them.

use super::{CLASS_UNDECLARED, COUNTED_TOGETHER, NO_LEDGER, NO_PLAN, NO_POSITION_NAMED, NO_RECORDINGS, SAMPLE_ONLY};
use super::{CameraFacts, Circumstances, Formula, RateResult, RateWhy, Reading, decide};
use super::{Part, RateVerdict};
use crate::base::fraction::Fraction;
use crate::base::lang::Text;
use crate::position::seen::Alive;
use crate::probe::outcome::{Level, ProbeVerdict};
use crate::profile::{IntactBy, IntactLevel, NetworkingBy, PositionClass, Profile, RateId};

/// What is counted of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionFacts {
    /// Its class.
    pub class: PositionClass,
    /// It has to be watched.
    pub applies: bool,
    /// A camera is proven to watch it.
    pub covered: bool,
    /// A camera of the catalogue is.
    pub by_catalogue: bool,
    /// A camera that watches it is in the catalogue, and whether any was alive.
    pub networked: Alive,
}

/// What is counted of an installed camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFacts {
    /// What tells it from others on any platform: its code, or its number in the ledger.
    pub label: Box<str>,
    /// Its codes in the catalogue.
    pub codes: Box<[Box<str>]>,
    /// The ledger has it, and not only the plan.
    pub in_ledger: bool,
    /// The classes of the key positions it watches, by [`PositionClass::slot`].
    pub classes: [bool; 5],
    /// It watches a key position.
    pub key: bool,
    /// The platform has it.
    pub listed: bool,
    /// Whether it was alive.
    pub alive: Alive,
    /// The platform says it is on line.
    pub online: bool,
    /// What came of calling it.
    pub probe: ProbeVerdict,
    /// How far it got within the limit.
    pub level: Level,
    /// Why there is no picture proves nothing.
    pub doubtful: bool,
    /// The recordings that were asked for are there; nothing where they were not asked for.
    pub recording: Option<bool>,
    /// No picture is expected of it.
    pub exempt: bool,
    /// The tables do not say that it is no public video.
    pub public: bool,
}

impl InstalledFacts {
    /// Takes over what its lines in the catalogue show: the best of them, for it is one camera.
    pub fn see(&mut self, facts: &CameraFacts) {
        let first = !self.listed;
        self.listed = true;
        self.online |= facts.online;
        self.exempt |= facts.exempt;
        self.level = self.level.max(facts.level);
        if facts.probe == ProbeVerdict::Picture {
            (self.probe, self.doubtful) = (ProbeVerdict::Picture, false);
        } else if self.probe != ProbeVerdict::Picture {
            self.doubtful |= facts.doubtful;
            if first || self.probe == ProbeVerdict::Untested {
                self.probe = facts.probe;
            }
        }
    }

    /// The same anew, of several rounds together.
    pub fn see_again<'f>(&mut self, facts: impl Iterator<Item = &'f CameraFacts>) {
        let listed = self.listed;
        (self.listed, self.probe, self.level, self.doubtful) = (false, ProbeVerdict::Untested, Level::Nothing, false);
        facts.for_each(|facts| self.see(facts));
        self.listed = listed;
    }

    const fn networked(&self) -> bool {
        self.listed && matches!(self.alive, Alive::Yes)
    }
}

/// What the user's tables and the catalogue come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFacts {
    /// By position; `None` without a plan.
    pub positions: Option<Vec<PositionFacts>>,
    /// Installed cameras; `None` without a plan and a ledger.
    pub installed: Option<Vec<InstalledFacts>>,
    /// A ledger was given.
    pub ledger: bool,
    /// A community has planned nothing in one of the classes and not said that it has none.
    pub undeclared: bool,
    /// One platform of several: only together they answer.
    pub one_of_several: bool,
}

impl KeyFacts {
    /// Another platform's: what either shows.
    pub fn add(&mut self, other: &Self) {
        match (&mut self.positions, &other.positions) {
            (Some(own), Some(theirs)) => {
                for (own, theirs) in own.iter_mut().zip(theirs) {
                    own.covered |= theirs.covered;
                    own.by_catalogue |= theirs.by_catalogue;
                    own.networked = own.networked.or(theirs.networked);
                }
            }
            (own @ None, Some(theirs)) => *own = Some(theirs.clone()),
            (_, None) => (),
        }
        match (&mut self.installed, &other.installed) {
            (Some(own), Some(theirs)) => add_installed(own, theirs),
            (own @ None, Some(theirs)) => *own = Some(theirs.clone()),
            (_, None) => (),
        }
        self.ledger |= other.ledger;
        self.undeclared |= other.undeclared;
        self.one_of_several = false;
    }

    fn applying(&self) -> Option<impl Iterator<Item = &PositionFacts> + Clone> {
        self.positions.as_ref().map(|all| all.iter().filter(|position| position.applies))
    }

    fn key(&self) -> Option<impl Iterator<Item = &InstalledFacts> + Clone> {
        self.installed.as_ref().map(|all| all.iter().filter(|camera| camera.key))
    }
}

fn add_installed(own: &mut Vec<InstalledFacts>, theirs: &[InstalledFacts]) {
    let mut places: std::collections::HashMap<Box<str>, usize> =
        own.iter().enumerate().map(|(place, camera)| (camera.label.clone(), place)).collect();
    for camera in theirs {
        let Some(known) = places.get(&camera.label).and_then(|place| own.get_mut(*place)) else {
            places.insert(camera.label.clone(), own.len());
            own.push(camera.clone());
            continue;
        };
        known.key |= camera.key;
        known.classes.iter_mut().zip(camera.classes).for_each(|(own, theirs)| *own |= theirs);
        if !camera.listed {
            continue;
        }
        if !known.listed {
            let (key, classes) = (known.key, known.classes);
            *known = InstalledFacts { classes, key, ..camera.clone() };
            continue;
        }
        known.alive = known.alive.or(camera.alive);
        known.online |= camera.online;
        known.level = known.level.max(camera.level);
        known.exempt |= camera.exempt;
        known.recording = known.recording.max(camera.recording);
        if camera.probe == ProbeVerdict::Picture {
            (known.probe, known.doubtful) = (ProbeVerdict::Picture, false);
        } else if known.probe != ProbeVerdict::Picture {
            known.doubtful |= camera.doubtful;
        }
    }
}

const COVERAGE: Formula = Formula {
    id: "coverage.position",
    text: Text::new(
        "有摄像机且证据等级达到口径要求的关键位置 ÷ 点位表中应有的全部关键位置",
        "key positions that a camera is proven to watch / all key positions of the plan that apply",
    ),
};
const NETWORKING: Formula = Formula {
    id: "networking.installed",
    text: Text::new(
        "在本平台目录中且规定天数内在线过的关键位置摄像机 ÷ 已安装的全部关键位置摄像机",
        "cameras of key positions in the catalogue and alive within the days / all installed cameras of key positions",
    ),
};
const NETWORKING_PLANNED: Formula = Formula {
    id: "networking.planned",
    text: Text::new(
        "有联网摄像机的关键位置 ÷ 点位表中应有的全部关键位置",
        "key positions with a networked camera / all key positions of the plan that apply",
    ),
};
const INTACT: Formula = Formula {
    id: "intactness.image",
    text: Text::new(
        "画面合格的关键位置摄像机 ÷ 已安装的全部关键位置摄像机（未联网的计入分母）",
        "cameras of key positions whose picture passed / all installed cameras of key positions, also those not networked",
    ),
};
const INTACT_ONLINE: Formula = Formula {
    id: "intactness.online",
    text: Text::new(
        "平台显示在线的关键位置摄像机 ÷ 关键位置摄像机",
        "cameras of key positions the platform says are on line / cameras of key positions",
    ),
};
const INTACT_RECORDING: Formula = Formula {
    id: "intactness.image_and_recording",
    text: Text::new(
        "画面合格且录像完整的关键位置摄像机 ÷ 关键位置摄像机",
        "cameras of key positions whose picture passed and whose recordings are there / cameras of key positions",
    ),
};

/// The formula of a rate under a profile.
fn formula(id: RateId, profile: &Profile) -> Formula {
    match id {
        RateId::Networking if profile.positions.networking_by == NetworkingBy::Planned => NETWORKING_PLANNED,
        RateId::Networking => NETWORKING,
        RateId::Intactness => match profile.positions.intact {
            IntactLevel::Online => INTACT_ONLINE,
            IntactLevel::Image => INTACT,
            IntactLevel::ImageAndRecording => INTACT_RECORDING,
        },
        _ => COVERAGE,
    }
}

/// N, D and how many are doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    value: Fraction,
    doubtful: u64,
}

/// Counts: good, and doubtful where it is not good.
fn count<T>(all: impl Iterator<Item = T>, mut of: impl FnMut(&T) -> (bool, bool)) -> Count {
    let mut sum = Count::default();
    for one in all {
        let (good, doubtful) = of(&one);
        sum.value.denominator += 1;
        sum.value.numerator += u64::from(good);
        sum.doubtful += u64::from(!good && doubtful);
    }
    sum
}

fn is_networked(camera: &InstalledFacts) -> (bool, bool) {
    (camera.networked(), camera.listed && camera.alive == Alive::Unknown)
}

fn is_intact(camera: &InstalledFacts, level: IntactLevel) -> (bool, bool) {
    let picture = camera.probe == ProbeVerdict::Picture;
    match level {
        IntactLevel::Online => (camera.listed && camera.online, false),
        IntactLevel::Image => (picture, camera.doubtful),
        IntactLevel::ImageAndRecording => {
            (picture && camera.recording == Some(true), camera.doubtful || (picture && camera.recording.is_none()))
        }
    }
}

/// 完好 of one camera, as the rate counts it; nothing where that cannot be told.
#[must_use]
pub fn intact(camera: &InstalledFacts, level: IntactLevel) -> Option<bool> {
    match is_intact(camera, level) {
        (true, _) => Some(true),
        (false, true) => None,
        // Not called is not broken.
        (false, false) => (level == IntactLevel::Online || camera.probe != ProbeVerdict::Untested).then_some(false),
    }
}

/// One of the three rates.
pub(super) fn rate(id: RateId, facts: &KeyFacts, profile: &Profile, circumstances: &Circumstances) -> RateResult {
    let own = formula(id, profile);
    let cannot = |why: RateWhy| RateResult {
        id,
        value: None,
        threshold: profile.threshold(id),
        verdict: RateVerdict::NotMeasurable,
        doubtful: 0,
        why: vec![why],
        formula: own,
        interval: None,
    };
    let settings = &profile.positions;
    let counted = match id {
        RateId::Coverage => match facts.applying() {
            Some(positions) => count(positions, |position| (position.covered, false)),
            None => return cannot(NO_PLAN),
        },
        RateId::Networking if settings.networking_by == NetworkingBy::Planned => match facts.applying() {
            Some(positions) => {
                count(positions, |position| (position.networked == Alive::Yes, position.networked == Alive::Unknown))
            }
            None => return cannot(NO_PLAN),
        },
        _ => {
            let Some(cameras) = facts.key() else { return cannot(NO_LEDGER) };
            if facts.positions.is_none() && cameras.clone().next().is_none() {
                return cannot(NO_POSITION_NAMED);
            }
            if id == RateId::Networking {
                count(cameras, |camera| is_networked(camera))
            } else {
                if settings.intact != IntactLevel::Online {
                    if let Some(why) = circumstances.no_output {
                        return cannot(why);
                    }
                    if circumstances.part != Part::Census {
                        return cannot(SAMPLE_ONLY);
                    }
                }
                if settings.intact == IntactLevel::ImageAndRecording && cameras.clone().all(|c| c.recording.is_none()) {
                    return cannot(NO_RECORDINGS);
                }
                let left = cameras
                    .filter(|camera| settings.intact_by == IntactBy::Installed || camera.networked())
                    .filter(|camera| !(profile.exemptions.headline && camera.exempt));
                count(left, |camera| is_intact(camera, settings.intact))
            }
        }
    };
    let pictures = id == RateId::Intactness && settings.intact != IntactLevel::Online;
    let void = circumstances
        .void
        .or(facts.one_of_several.then_some(COUNTED_TOGETHER))
        .or(circumstances.output_void.filter(|_| pictures));
    let mut result = decide(id, counted.value, counted.doubtful, own, profile, void);
    if counted.value.denominator == 0 && void.is_none() {
        // Nothing of nothing is neither all nor none; and where nobody planned anything, nothing was declared not to be there.
        let declared = facts.positions.as_ref().is_none_or(|all| !all.is_empty());
        (result.verdict, result.why) =
            if declared { (RateVerdict::NotApplicable, Vec::new()) } else { (RateVerdict::NotMeasurable, vec![NO_PLAN]) };
    }
    let missed = result.verdict == RateVerdict::Pass && settings.per_class_required && {
        settings.classes.iter().any(|class| {
            let value = of_class(id, *class, facts, profile).value;
            value.denominator > 0 && !value.reaches(result.threshold)
        })
    };
    if missed {
        result.verdict = RateVerdict::Fail;
        result.why = vec![super::CLASS_MISSED];
    }
    if facts.undeclared && matches!(result.verdict, RateVerdict::Pass | RateVerdict::NotApplicable | RateVerdict::Retest) {
        result.verdict = RateVerdict::NotMeasurable;
        result.why = vec![CLASS_UNDECLARED];
    }
    result
}

fn of_class(id: RateId, class: PositionClass, facts: &KeyFacts, profile: &Profile) -> Count {
    let settings = &profile.positions;
    let positions = || facts.applying().into_iter().flatten().filter(|position| position.class == class);
    let cameras =
        || facts.key().into_iter().flatten().filter(|camera| camera.classes.get(class.slot()).is_some_and(|watches| *watches));
    match id {
        RateId::Coverage => count(positions(), |position| (position.covered, false)),
        RateId::Networking if settings.networking_by == NetworkingBy::Planned => {
            count(positions(), |position| (position.networked == Alive::Yes, position.networked == Alive::Unknown))
        }
        RateId::Networking => count(cameras(), |camera| is_networked(camera)),
        _ => {
            let left = cameras()
                .filter(|camera| settings.intact_by == IntactBy::Installed || camera.networked())
                .filter(|camera| !(profile.exemptions.headline && camera.exempt));
            count(left, |camera| is_intact(camera, settings.intact))
        }
    }
}

/// 分类别: the three rates of each class that is planned.
#[must_use]
pub fn by_class(facts: &KeyFacts, profile: &Profile) -> Vec<(PositionClass, [Fraction; 3])> {
    let rates = [RateId::Coverage, RateId::Networking, RateId::Intactness];
    let all = PositionClass::ALL.map(|class| (class, rates.map(|id| of_class(id, class, facts, profile).value)));
    all.into_iter().filter(|(_, values)| values.iter().any(|value| value.denominator > 0)).collect()
}

pub(super) fn readings(facts: &KeyFacts, profile: &Profile, circumstances: &Circumstances) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut add = |id, rate: RateId, text, value: Fraction| {
        readings.push(Reading { id, rate, text, value, threshold: profile.threshold(rate) });
    };
    if let Some(positions) = facts.applying() {
        add(
            "coverage.catalogue",
            RateId::Coverage,
            Text::new("仅凭目录中的摄像机", "by cameras of the catalogue only"),
            count(positions.clone(), |position| (position.covered && position.by_catalogue, false)).value,
        );
        if profile.positions.networking_by != NetworkingBy::Planned {
            add(
                NETWORKING_PLANNED.id,
                RateId::Networking,
                Text::new("按规划点位计算", "by planned positions"),
                count(positions, |position| (position.networked == Alive::Yes, false)).value,
            );
        }
    }
    let Some(cameras) = facts.key() else { return readings };
    let networked = || cameras.clone().filter(|camera| camera.networked());
    if profile.positions.networking_by != NetworkingBy::Installed {
        let value = count(cameras.clone(), |camera| is_networked(camera)).value;
        let text = Text::new("按已安装的摄像机计算", "by installed cameras");
        add(NETWORKING.id, RateId::Networking, text, value);
    }
    add(
        "networking.catalogue",
        RateId::Networking,
        Text::new("以目录自身为分母（自证，不应采用）", "the catalogue as its own denominator (circular, not to be used)"),
        count(cameras.clone().filter(|camera| camera.listed), |camera| (camera.networked(), false)).value,
    );
    let online = |camera: &&InstalledFacts| (camera.listed && camera.online, false);
    if circumstances.no_output.is_none() && circumstances.part == Part::Census {
        add(
            "intactness.image.networked",
            RateId::Intactness,
            Text::new("仅已联网的摄像机", "networked cameras only"),
            count(networked(), |camera| is_intact(camera, IntactLevel::Image)).value,
        );
    }
    add(
        "intactness.online.networked",
        RateId::Intactness,
        Text::new("“在线即完好”，仅已联网的摄像机", "on line is intact, networked cameras only"),
        count(networked(), online).value,
    );
    if profile.positions.intact != IntactLevel::Online {
        add(
            "intactness.online.installed",
            RateId::Intactness,
            Text::new("“在线即完好”，已安装的全部摄像机", "on line is intact, all installed cameras"),
            count(cameras.clone(), online).value,
        );
    }
    readings
}

/// Cameras of the ledger that 出图率 is divided by, where it is.
pub(super) fn ledger<'f>(facts: &'f KeyFacts, profile: &Profile) -> impl Iterator<Item = &'f InstalledFacts> + use<'f> {
    let all = !profile.output.public_only;
    let exempting = profile.exemptions.headline;
    facts.installed.iter().flatten().filter(move |c| c.in_ledger && (all || c.public) && !(exempting && c.exempt))
}

/// How many of them are so; nothing without a ledger.
pub(super) fn of_ledger(facts: &KeyFacts, is_so: &dyn Fn(&InstalledFacts) -> bool, profile: &Profile) -> Option<Fraction> {
    facts.ledger.then(|| count(ledger(facts, profile), |camera| (is_so(camera), false)).value)
}
