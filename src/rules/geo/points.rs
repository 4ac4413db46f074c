//! Points of the whole catalogue: many cameras on one (G10), one spread by hand (G11), default points (G12).
//!
//! Cells are numbers, and what is in order leaves nothing behind: a clean million costs two sorted lists for a moment.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::axis::Axis;
use crate::base::geo::Position;
use crate::base::text::trim;
use crate::catalog::{Item, Kind};
use crate::manscdp::item::Element;
use crate::rules::Context;
use crate::rules::context::{digits_of, normalise_name};
use crate::rules::tables::{NamedPoint, TableKind};

/// Cameras on one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) struct Stack {
    /// How many cameras.
    pub(super) cameras: u32,
    /// How many sites: cameras of one pole, one building, one recorder indoors or one device count once.
    pub(super) sites: u32,
}

/// By cell of 1e-5 degree: those with more cameras than the profile lets pass.
pub(in crate::rules) type Stacks = HashMap<u64, Stack>;

/// The same whenever it is asked, unlike the hash of a `HashMap`.
pub(super) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The cell a point of China lies in, `width` degrees wide.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "degrees of China over 1e-5 fit, and saturate elsewhere"
)]
pub(super) fn cell(at: Position, width: (f64, f64)) -> (u32, u32) {
    ((at.lon / width.0).round() as u32, (at.lat / width.1).round() as u32)
}

/// Two numbers in one.
pub(super) const fn packed((x, y): (u32, u32)) -> u64 {
    (x as u64) << 32 | y as u64
}

/// The cell that G10 counts in: 1e-5 degree, about a metre.
fn metre_cell(at: Position) -> u64 {
    packed(cell(at, (1e-5, 1e-5)))
}

/// A camera that stands at a point of China.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Placed {
    /// Its place in the catalogue.
    pub(super) place: u32,
    /// It was sent with more than six decimals.
    fine: bool,
    pub(super) at: Position,
}

impl Placed {
    pub(super) const fn place(self) -> usize {
        self.place as usize
    }
}

/// Cameras that stand still: read once for all rules about points.
#[derive(Debug, Default)]
pub(in crate::rules) struct Places {
    /// Those at a point of China.
    pub(super) placed: Vec<Placed>,
    /// Places in the catalogue of those that send a pair which is none.
    pub(super) odd: Vec<u32>,
}

impl Places {
    /// Adds a camera by its place in the catalogue and what it sends; in the order of the places.
    pub(in crate::rules) fn add(&mut self, place: u32, lon: Option<&str>, lat: Option<&str>) {
        let (lon, lat) = (lon.map_or("", trim), lat.map_or("", trim));
        if let Some(at) = super::position((Axis::read(lon), Axis::read(lat))).filter(|at| at.in_china_bounds()) {
            let long = |axis: &str| !axis.is_ascii() || axis.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 6);
            self.placed.push(Placed { place, fine: long(lon) || long(lat), at });
        } else if !lon.is_empty() && !lat.is_empty() {
            self.odd.push(place);
        }
    }

    /// Adds those behind these.
    pub(in crate::rules) fn extend(&mut self, others: Self) {
        self.placed.extend(others.placed);
        self.odd.extend(others.odd);
    }
}

impl Context<'_> {
    /// Cameras that stand still, by where they are said to.
    pub(super) const fn places(&self) -> &Places {
        &self.places
    }

    /// All points with more cameras than the profile lets pass.
    pub(in crate::rules) fn stacks(&self) -> &Stacks {
        self.index.stacks.get_or_init(|| stacks(self))
    }

    /// All points that were spread by hand.
    pub(in crate::rules) fn jitters(&self) -> &HashMap<u64, u32> {
        self.index.jitters.get_or_init(|| jitters(self))
    }

    /// The crowd a position stands in, if there is one.
    pub(super) fn stack(&self, at: Position) -> Option<Stack> {
        let stacks = self.stacks();
        if stacks.is_empty() {
            return None;
        }
        stacks.get(&metre_cell(at)).copied()
    }

    /// How many cameras an item shares its six decimals with, where these points were spread by hand.
    pub(super) fn jitter(&self, item: &Item) -> Option<u32> {
        let jitters = self.jitters();
        if jitters.is_empty() {
            return None;
        }
        jitters.get(&Fine::of(item)?.cell).copied()
    }

    /// The default point a position is on, and how many metres from it.
    pub(super) fn default_point(&self, at: Position) -> Option<(&NamedPoint, f64)> {
        self.index.default_points.get_or_init(|| DefaultPoints::new(self)).find(at, self.profile.default_point_m)
    }
}

fn stacks(context: &Context<'_>) -> Stacks {
    let limit = context.profile.stack_size as usize;
    let mut cells: Vec<(u64, u32)> = context.places().placed.iter().map(|p| (metre_cell(p.at), p.place)).collect();
    cells.sort_unstable();
    let crowds = cells.chunk_by(|a, b| a.0 == b.0).filter(|crowd| crowd.len() > limit);
    crowds
        .filter_map(|crowd| {
            let items = crowd.iter().filter_map(|(_, place)| context.items.get(*place as usize).map(|item| (*place, item)));
            let sites: HashSet<u64> = items.map(|(place, item)| site(item, place, context)).collect();
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Some((crowd.first()?.0, Stack { cameras: count(crowd.len()), sites: count(sites.len()) }))
        })
        .collect()
}

/// What cameras that may share a point have in common: a device with several lenses, a recorder indoors, a building, a
/// pole. A camera with none of them is a site of its own.
fn site(item: &Item, place: u32, context: &Context<'_>) -> u64 {
    let is_camera = |id: &&str| context.tree.find(id).any(|i| context.kinds.get(i) == Some(&Kind::Camera));
    if let Some(device) = item.each_parent().find(is_camera) {
        return hash_of((1, device));
    }
    let recorder = context.tree.recorder(item);
    if let Some(recorder) = recorder.filter(|_| item.text(Element::RoomType) == Some("2")) {
        return hash_of((2, recorder));
    }
    // The channels of a recorder may all bear the recorder's address.
    if let Some(mac) = crate::rules::attribute::mac_of(item).filter(|_| recorder.is_none()) {
        return hash_of((3, mac));
    }
    let texts = [Element::Name, Element::Address].into_iter().filter_map(|element| item.sent(element)).map(normalise_name);
    match texts.flat_map(|text| [building(&text), pole(&text)]).flatten().next() {
        Some(shared) => hash_of((4, shared)),
        None => hash_of((5, place)),
    }
}

fn is_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || "一二三四五六七八九十百".contains(c)
}

/// `幸福小区3号楼` of `幸福小区3号楼2单元电梯`.
fn building(text: &str) -> Option<String> {
    ["号楼", "栋", "幢", "座"].into_iter().find_map(|mark| {
        let end = text.find(mark)?;
        let numbered = text.get(..end)?.chars().next_back().is_some_and(is_number);
        text.get(..end + mark.len()).filter(|_| numbered).map(ToOwned::to_owned)
    })
}

/// `永昌路12号杆` or `永昌路杆0012` of the same with more behind it.
fn pole(text: &str) -> Option<String> {
    let at = text.find('杆')?;
    let (before, after) = (text.get(..at)?, text.get(at + '杆'.len_utf8()..)?);
    if before.trim_end_matches('号').chars().next_back().is_some_and(is_number) {
        return text.get(..at + '杆'.len_utf8()).map(ToOwned::to_owned);
    }
    let rest = after.trim_start_matches(['号', '#', ':', '：', '-', ' ']);
    let number = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
    let end = text.len() - rest.len() + number;
    text.get(..end).filter(|_| number > 0).map(ToOwned::to_owned)
}

/// Fewer points than this on six decimals prove nothing.
pub(super) const JITTER_POINTS: usize = 3;
/// Decimals nobody measures and no conversion leaves: a converted number has 13 or more.
const PADDED: std::ops::RangeInclusive<usize> = 9..=12;

/// A pair with more than six decimals on an axis, zeros at the end not counted.
struct Fine {
    /// Both axes cut off behind the sixth decimal.
    cell: u64,
    /// What stands behind it.
    rest: u64,
    padded: bool,
}

impl Fine {
    fn of(item: &Item) -> Option<Self> {
        let (lon, lat) = super::sent(item);
        if lon.is_ascii() && lat.is_ascii() { Self::read(lon, lat) } else { Self::read(&digits_of(lon), &digits_of(lat)) }
    }

    fn read(lon: &str, lat: &str) -> Option<Self> {
        let ((lon, lon_rest), (lat, lat_rest)) = (cut(lon)?, cut(lat)?);
        let rest = lon_rest.len().max(lat_rest.len());
        (rest > 0).then(|| Self {
            cell: packed((lon, lat)),
            rest: hash_of((lon_rest, lat_rest)),
            padded: PADDED.contains(&(6 + rest)),
        })
    }
}

/// Millionths of a degree, and the decimals behind the sixth.
fn cut(text: &str) -> Option<(u32, &str)> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() > 3 || !crate::base::device_id::is_digits(whole) || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    let (six, rest) = decimals.split_at_checked(6).unwrap_or((decimals, ""));
    let millionths = six.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
    Some((whole.parse::<u32>().ok()? * 1_000_000 + millionths, rest))
}

fn jitters(context: &Context<'_>) -> HashMap<u64, u32> {
    let fine = context.places().placed.iter().filter(|placed| placed.fine);
    let fine = fine.filter_map(|placed| Fine::of(context.items.get(placed.place())?));
    let mut points: Vec<(u64, u64, bool)> = fine.map(|fine| (fine.cell, fine.rest, fine.padded)).collect();
    points.sort_unstable();
    let clusters = points.chunk_by(|a, b| a.0 == b.0).filter(|cluster| cluster.len() >= JITTER_POINTS);
    let spread = |cluster: &&[(u64, u64, bool)]| {
        cluster.iter().any(|p| p.2) || cluster.windows(2).any(|p| matches!(p, [a, b] if a.1 != b.1))
    };
    let count = |cluster: &[(u64, u64, bool)]| Some((cluster.first()?.0, u32::try_from(cluster.len()).unwrap_or(u32::MAX)));
    clusters.filter(spread).filter_map(count).collect()
}

/// The default points by cell: a look at nine cells finds those near a position.
#[derive(Debug)]
pub(in crate::rules) struct DefaultPoints {
    points: Vec<NamedPoint>,
    width: (f64, f64),
    cells: HashMap<u64, Vec<u32>>,
}

impl DefaultPoints {
    /// Those of the table, and the middles of the communities that were given.
    fn new(context: &Context<'_>) -> Self {
        let mut points = context.tables.default_points.clone();
        if context.tables.has(TableKind::Communities) {
            let middle = |outline: &crate::rules::tables::Outline| {
                Some(NamedPoint { name: outline.name.clone(), at: outline.shape().centre()? })
            };
            points.extend(context.tables.communities.values().filter_map(middle));
        }
        points.sort_by(|a, b| a.name.cmp(&b.name));
        Self::from_points(points, context.profile.default_point_m)
    }

    /// Cells are as wide as the tolerance at the north of China, so that a neighbour is never two cells away.
    fn from_points(points: Vec<NamedPoint>, tolerance_m: f64) -> Self {
        let north = Position { lon: 0.0, lat: 54.0 }.metres_per_degree();
        let width = (tolerance_m.max(1.0) / north.0, tolerance_m.max(1.0) / north.1);
        let mut cells: HashMap<u64, Vec<u32>> = HashMap::new();
        for (point, number) in points.iter().zip(0..) {
            cells.entry(packed(cell(point.at, width))).or_default().push(number);
        }
        Self { points, width, cells }
    }

    /// The nearest within the tolerance.
    fn find(&self, at: Position, tolerance_m: f64) -> Option<(&NamedPoint, f64)> {
        let (x, y) = cell(at, self.width);
        let around = (x.saturating_sub(1)..=x.saturating_add(1))
            .flat_map(|x| (y.saturating_sub(1)..=y.saturating_add(1)).map(move |y| (x, y)));
        let near = around.filter_map(|place| self.cells.get(&packed(place))).flatten();
        near.filter_map(|number| {
            let point = self.points.get(*number as usize)?;
            let (east, north) = at.metres_from(point.at);
            Some((point, east.hypot(north)))
        })
        .filter(|(_, metres)| *metres <= tolerance_m)
        .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buildings_and_poles_are_known_by_their_numbers() {
        for (text, expected) in [
            ("幸福小区3号楼2单元电梯", Some("幸福小区3号楼")),
            ("幸福小区A座大厅", Some("幸福小区A座")),
            ("讲座教室", None),
            ("东门枪机", None),
        ] {
            assert_eq!(building(text).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("永昌路12号杆东向", Some("永昌路12号杆")),
            ("永昌路GA012杆西向", Some("永昌路GA012杆")),
            ("永昌路杆号:0012 枪机1", Some("永昌路杆号:0012")),
            ("永昌路立杆", None),
        ] {
            assert_eq!(pole(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn decimals_are_cut_as_text() {
        assert_eq!(cut("115.8896"), Some((115_889_600, "")));
        assert_eq!(cut("34.9528000001"), Some((34_952_800, "0001")));
        assert_eq!(cut("34.95280000"), Some((34_952_800, "")));
        assert_eq!(cut("34"), Some((34_000_000, "")));
        for text in ["-1.5", "1e2", "", ".5", "1.2.3", "1234.5"] {
            assert_eq!(cut(text), None, "{text}");
        }
        assert!(Fine::read("115.889600", "34.952800").is_none());
        assert!(Fine::read("115.889600", "34.9528000001").unwrap().padded);
        assert!(
            !Fine::read("115.88960012", "34.95280001").unwrap().padded
                && !Fine::read("115.88960012345678", "34.9").unwrap().padded
        );
    }

    proptest::proptest! {
        #[test]
        fn the_grid_finds_what_measuring_every_point_finds(
            places in proptest::collection::vec((115.0..115.02_f64, 34.0..34.02_f64), 1..60),
            at in (115.0..115.02_f64, 34.0..34.02_f64),
            tolerance in 0.0..500.0_f64,
        ) {
            let at = Position { lon: at.0, lat: at.1 };
            let points: Vec<NamedPoint> =
                places.iter().map(|(lon, lat)| NamedPoint { name: String::new(), at: Position { lon: *lon, lat: *lat } }).collect();
            let metres = |p: &NamedPoint| { let (e, n) = at.metres_from(p.at); e.hypot(n) };
            let nearest = points.iter().map(metres).fold(f64::INFINITY, f64::min);
            let grid = DefaultPoints::from_points(points, tolerance);
            proptest::prop_assert_eq!(grid.find(at, tolerance).map(|(_, m)| m), (nearest <= tolerance).then_some(nearest));
        }
    }
}
