//! The mirror audit: one estate seen at two hops, above and below. What the upper platform dropped, invented, renamed,
//! re-coded, hung elsewhere, shifted, or said falsely about status.
//!
//! What differs was changed on the way up, or in the time between the two runs; a note says how long that was.

use std::collections::{BTreeMap, HashSet};

use super::fields::{self, Displacement, Move, displacement, parents};
use super::pair::{How, Pair, Pairing, pair};
use super::words::picture;
use super::{Note, Recoded, items};
use crate::base::lang::{Lang, Text, say};
use crate::catalog::Item;
use crate::catalog::item::Status;
use crate::catalog::kind::is_recorder;
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::report::{Camera, Report};

/// Differences listed one by one; what is over is counted only.
pub const MAX_DIFFERENCES: usize = 500_000;
/// Two runs further apart in time than this are said to be.
const APART_MS: i64 = 2 * 3_600 * 1_000;

/// What was done to a camera's record, or to its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// The name is another.
    Renamed,
    /// It hangs elsewhere, as cascades may: the recorder it was a channel of is still named, or there was none.
    Reparented,
    /// The recorder it was a channel of is no longer named, or no parent is.
    ParentLost,
    /// The position moved.
    Shifted,
    /// ON above, OFF below.
    OnAboveOffBelow,
    /// OFF above, ON below.
    OffAboveOnBelow,
    /// The upper platform does not pass the status on.
    StatusLost,
    /// ON above, and neither run got a picture.
    OnAboveNoPicture,
    /// OFF above, and a run got a picture.
    OffAbovePicture,
    /// A picture below, none through the upper platform.
    PictureLost,
    /// A picture through the upper platform, none below: below was another moment, or another path.
    PictureAboveOnly,
    /// Another element says something else.
    Altered,
    /// An element that stands below is missing above.
    Emptied,
    /// An element stands above that is missing below.
    Filled,
}

/// Every deed, in the order of results.
pub const DEEDS: [Deed; 14] = [
    Deed::Renamed,
    Deed::ParentLost,
    Deed::Reparented,
    Deed::Shifted,
    Deed::OnAboveOffBelow,
    Deed::OffAboveOnBelow,
    Deed::StatusLost,
    Deed::OnAboveNoPicture,
    Deed::OffAbovePicture,
    Deed::PictureLost,
    Deed::PictureAboveOnly,
    Deed::Altered,
    Deed::Emptied,
    Deed::Filled,
];

impl Deed {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Renamed => "renamed",
            Self::Reparented => "reparented",
            Self::ParentLost => "parent_lost",
            Self::Shifted => "shifted",
            Self::OnAboveOffBelow => "on_above_off_below",
            Self::OffAboveOnBelow => "off_above_on_below",
            Self::StatusLost => "status_lost",
            Self::OnAboveNoPicture => "on_above_no_picture",
            Self::OffAbovePicture => "off_above_picture",
            Self::PictureLost => "picture_lost",
            Self::PictureAboveOnly => "picture_above_only",
            Self::Altered => "altered",
            Self::Emptied => "emptied",
            Self::Filled => "filled",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Renamed => Text::new("改名", "renamed"),
            Self::Reparented => Text::new("改挂（级联允许）", "hung elsewhere (as cascades may)"),
            Self::ParentLost => Text::new("父节点丢失", "parent lost"),
            Self::Shifted => Text::new("坐标改动", "position moved"),
            Self::OnAboveOffBelow => Text::new("上级报在线，下级报离线", "ON above, OFF below"),
            Self::OffAboveOnBelow => Text::new("上级报离线，下级报在线", "OFF above, ON below"),
            Self::StatusLost => Text::new("状态没有上传", "status not passed on"),
            Self::OnAboveNoPicture => Text::new("上级报在线，点播都不出图", "ON above, no picture in either run"),
            Self::OffAbovePicture => Text::new("上级报离线，点播出图", "OFF above, and there is a picture"),
            Self::PictureLost => Text::new("下级出图，经上级不出图", "a picture below, none through the upper platform"),
            Self::PictureAboveOnly => Text::new("经上级出图，下级未出图", "a picture through the upper platform, none below"),
            Self::Altered => Text::new("其他字段改动", "another element changed"),
            Self::Emptied => Text::new("字段丢失", "an element lost"),
            Self::Filled => Text::new("字段增加", "an element added"),
        }
    }
}

/// One difference of one camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'r> {
    /// The camera's place below.
    pub lower: usize,
    /// Above.
    pub upper: usize,
    /// What was done.
    pub deed: Deed,
    /// The element, where it is about one.
    pub element: Option<Element>,
    /// What stands below.
    pub below: Option<&'r str>,
    /// Above.
    pub above: Option<&'r str>,
    /// Metres and how, of a position.
    pub moved: Option<(u64, Option<Move>)>,
}

/// One element over all cameras seen at both hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ElementTally {
    /// Stands at both hops and says the same.
    pub same: u64,
    /// Stands at both and says something else.
    pub altered: u64,
    /// Stands below only.
    pub emptied: u64,
    /// Stands above only.
    pub filled: u64,
}

/// Nodes by their codes: at both hops, below only, above only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeTally {
    /// At both hops.
    pub both: u64,
    /// Below only.
    pub dropped: u64,
    /// Above only.
    pub invented: u64,
}

/// One estate at two hops.
#[derive(Debug)]
pub struct Mirror<'r> {
    /// As the upper platform shows it.
    pub upper: &'r Report,
    /// As the lower one does.
    pub lower: &'r Report,
    /// What to know before the numbers are read.
    pub notes: Vec<Note>,
    /// Cameras at both hops.
    pub both: u64,
    /// Cameras below only, by their places there.
    pub dropped: Vec<usize>,
    /// Whether the upper platform does not have them: its catalogue is whole.
    pub dropped_is_sure: bool,
    /// Cameras above only, by their places there.
    pub invented: Vec<usize>,
    /// Whether the lower platform does not have them.
    pub invented_is_sure: bool,
    /// Cameras under another code above. `before` is below, `after` above.
    pub recoded: Vec<Recoded>,
    /// Folders and devices.
    pub nodes: NodeTally,
    /// Elements that stand anywhere.
    pub elements: BTreeMap<Element, ElementTally>,
    /// How often each deed was done.
    pub deeds: BTreeMap<Deed, u64>,
    /// How positions moved.
    pub moves: BTreeMap<Move, u64>,
    /// One by one.
    pub differences: Vec<Difference<'r>>,
    /// Those that are counted and not listed.
    pub unlisted: u64,
}

/// What came of one camera before it is listed.
struct Seen<'r> {
    pair: Pair,
    below: &'r Item,
    above: &'r Item,
}

/// Holds two runs of one estate against each other. `changes`: codes known to have become others.
#[must_use]
pub fn mirror<'r>(upper: &'r Report, lower: &'r Report, changes: &[(&str, &str)]) -> Mirror<'r> {
    let (below, above) = (items(lower), items(upper));
    let Pairing { pairs, only_before, only_after } = pair(&below, &above, changes);
    let mut mirror = Mirror {
        upper,
        lower,
        notes: notes(upper, lower),
        both: pairs.len() as u64,
        dropped: only_before,
        dropped_is_sure: !upper.catalog.state.voids(),
        invented: only_after,
        invented_is_sure: !lower.catalog.state.voids(),
        recoded: Vec::new(),
        nodes: nodes(upper, lower),
        elements: BTreeMap::new(),
        deeds: BTreeMap::new(),
        moves: BTreeMap::new(),
        differences: Vec::new(),
        unlisted: 0,
    };
    for pair in pairs {
        let (Some(below), Some(above)) = (below.get(pair.before), above.get(pair.after)) else { continue };
        if pair.how != How::Code {
            mirror.recoded.push(Recoded { before: pair.before, after: pair.after, how: pair.how });
        }
        let seen = Seen { pair, below, above };
        mirror.count_elements(&seen);
        mirror.compare_records(&seen);
        mirror.compare_claims(&seen);
    }
    mirror
}

impl<'r> Mirror<'r> {
    fn count_elements(&mut self, seen: &Seen<'r>) {
        for element in Element::ALL.iter().copied().filter(|e| !matches!(e, Element::DeviceID | Element::Password)) {
            let (below, above) = (seen.below.text(element), seen.above.text(element));
            if below.is_none() && above.is_none() {
                continue;
            }
            let tally = self.elements.entry(element).or_default();
            match (below, above) {
                (Some(_), None) => tally.emptied += 1,
                (None, _) => tally.filled += 1,
                (Some(a), Some(b)) if a == b || element == Element::ParentID && parents(seen.below) == parents(seen.above) => {
                    tally.same += 1;
                }
                _ => tally.altered += 1,
            }
        }
    }

    fn add(
        &mut self,
        seen: &Seen<'r>,
        deed: Deed,
        (element, below, above): (Option<Element>, Option<&'r str>, Option<&'r str>),
        moved: Option<Displacement>,
    ) {
        *self.deeds.entry(deed).or_default() += 1;
        if let Some(how) = moved.and_then(|moved| moved.how) {
            *self.moves.entry(how).or_default() += 1;
        }
        if self.differences.len() >= MAX_DIFFERENCES {
            self.unlisted += 1;
            return;
        }
        self.differences.push(Difference {
            lower: seen.pair.before,
            upper: seen.pair.after,
            deed,
            element,
            below,
            above,
            moved: moved.map(|moved| (moved.metres, moved.how)),
        });
    }

    fn compare_records(&mut self, seen: &Seen<'r>) {
        let mut position_told = false;
        for change in fields::changes(seen.below, seen.above) {
            let texts = (Some(change.element), change.before, change.after);
            let moved = match change.element {
                Element::Longitude | Element::Latitude => displacement(seen.below, seen.above),
                _ => None,
            };
            let deed = match (change.element, change.before, change.after) {
                // Compared with the claim, below.
                (Element::Status, ..) => continue,
                (Element::Name, Some(_), Some(_)) => Deed::Renamed,
                (Element::ParentID, ..) => parent_deed(seen.below, seen.above),
                (Element::Longitude | Element::Latitude, Some(_), Some(_)) => match moved {
                    // One place, written otherwise.
                    Some(Displacement { how: None, .. }) => Deed::Altered,
                    _ if position_told => continue,
                    _ => {
                        position_told = true;
                        Deed::Shifted
                    }
                },
                (_, Some(_), None) => Deed::Emptied,
                (_, None, _) => Deed::Filled,
                _ => Deed::Altered,
            };
            self.add(seen, deed, texts, moved.filter(|_| deed == Deed::Shifted));
        }
    }

    /// What the platforms say of the camera's state, against each other and against what was seen.
    fn compare_claims(&mut self, seen: &Seen<'r>) {
        let (lower, upper) = (self.lower.cameras.get(seen.pair.before), self.upper.cameras.get(seen.pair.after));
        let (Some(lower), Some(upper)) = (lower, upper) else { return };
        let claim = |item: &'r Item| (item.text(Element::Status), item.status().value().copied());
        let ((below, was), (above, is)) = (claim(seen.below), claim(seen.above));
        let texts = (Some(Element::Status), below, above);
        match (was, is) {
            (Some(Status::Off), Some(Status::On)) => self.add(seen, Deed::OnAboveOffBelow, texts, None),
            (Some(Status::On), Some(Status::Off)) => self.add(seen, Deed::OffAboveOnBelow, texts, None),
            (Some(_), None) if above.is_none() => self.add(seen, Deed::StatusLost, texts, None),
            (None, Some(_)) if below.is_none() => self.add(seen, Deed::Filled, texts, None),
            _ if below != above && was != is => self.add(seen, Deed::Altered, texts, None),
            _ => (),
        }
        let lang = self.upper.lang;
        let shown = |camera: &Camera| Some(picture((camera.probe.verdict, camera.probe.cause), lang));
        let pictures = (None, shown(lower), shown(upper));
        let verdicts = (lower.probe.verdict, upper.probe.verdict);
        match verdicts {
            (ProbeVerdict::Picture, ProbeVerdict::NoPicture) if proves(upper) => {
                self.add(seen, Deed::PictureLost, pictures, None);
            }
            (ProbeVerdict::NoPicture, ProbeVerdict::Picture) if proves(lower) => {
                self.add(seen, Deed::PictureAboveOnly, pictures, None);
            }
            _ => (),
        }
        let picture = verdicts.0 == ProbeVerdict::Picture || verdicts.1 == ProbeVerdict::Picture;
        match is {
            Some(Status::On) if !picture && [lower, upper].into_iter().any(proves) => {
                self.add(seen, Deed::OnAboveNoPicture, pictures, None);
            }
            Some(Status::Off) if picture => self.add(seen, Deed::OffAbovePicture, pictures, None),
            _ => (),
        }
    }
}

/// Whether a camera was seen to give no picture, and it was nothing that proves nothing.
fn proves(camera: &Camera) -> bool {
    camera.probe.verdict == ProbeVerdict::NoPicture && camera.probe.why.is_some_and(|why| !why.doubtful)
}

/// A cascade may put its own system in place of the lower one's, and add organisations; it may not lose the recorder.
fn parent_deed(below: &Item, above: &Item) -> Deed {
    let (was, is) = (parents(below), parents(above));
    let recorder_lost =
        was.iter().any(|code| is_recorder(code) && !is.contains(code)) && !is.iter().any(|code| is_recorder(code));
    if recorder_lost || (is.is_empty() && !was.is_empty()) { Deed::ParentLost } else { Deed::Reparented }
}

fn nodes(upper: &Report, lower: &Report) -> NodeTally {
    let codes = |report: &'_ Report| -> HashSet<String> {
        report.nodes.iter().filter_map(|node| report.item(node.item)).map(|item| item.id().to_owned()).collect()
    };
    let (above, below) = (codes(upper), codes(lower));
    let both = above.intersection(&below).count() as u64;
    NodeTally { both, dropped: below.len() as u64 - both, invented: above.len() as u64 - both }
}

fn notes(upper: &Report, lower: &Report) -> Vec<Note> {
    let lang: Lang = upper.lang;
    let mut notes = Vec::new();
    let apart = (upper.header.started().micros() - lower.header.started().micros()).abs() / 1_000;
    if apart > APART_MS {
        let hours = apart / 3_600_000;
        let text = say!(
            lang,
            "两次检测相隔 {hours} 小时：状态、画面以及期间的修改不一定是上级平台造成的",
            "the runs are {hours} hours apart: status, pictures and edits in between need not be the upper platform's doing"
        );
        notes.push(Note { id: "apart", text });
    }
    for (report, id) in [(upper, "upper_not_whole"), (lower, "lower_not_whole")] {
        if report.catalog.state.voids() {
            let state = report.catalog.state.title().get(lang);
            let text = match (id, lang) {
                ("upper_not_whole", Lang::Zh) => format!("上级的目录{state}：没有收到的摄像机不能断定被丢弃"),
                ("upper_not_whole", Lang::En) => format!("the upper catalogue is {state}: what did not come may not be dropped"),
                (_, Lang::Zh) => format!("下级的目录{state}：只在上级中的摄像机不能断定是多出的"),
                (_, Lang::En) => format!("the lower catalogue is {state}: what only stands above may not be invented"),
            };
            notes.push(Note { id, text });
        }
    }
    if upper.header.platform.id == lower.header.platform.id && !upper.header.platform.id.is_empty() {
        let text = say!(
            lang,
            "两次检测的是同一个平台编码：比较同一平台的两次检测请去掉 --mirror",
            "both runs are of one platform code: leave --mirror out to compare two runs of one platform"
        );
        notes.push(Note { id: "one_platform", text });
    }
    notes
}
