//! What is wrong with a whole recorder, unit, installer's batch or catalogue at once: told once for the group, largest
//! group first, and never put right by itself.
//!
//! Which groups: the catalogue; the unit (ManagementUnit, else the virtual organisation above, else digits 1 to 8 of the
//! code); the recorder; the installer's batch, that is codes that follow each other without a hole, of one maker, model
//! and day of installation.

use std::collections::{HashMap, HashSet};

use super::points::{cell, hash_of, packed};
use super::{g03_degrees_minutes, g04_scaled, g05_swapped};
use crate::base::datum::{MAX_SHIFT_M, Shift};
use crate::base::device_id::DeviceId;
use crate::base::geo::Position;
use crate::base::lang::{Lang, Text, say};
use crate::catalog::Item;
use crate::division::{Area, Shape};
use crate::manscdp::item::Element;
use crate::rules::tables::TableKind;
use crate::rules::{BatchFinding, Context, Rule, Severity};

/// A smaller group is not spoken of as a group.
const MIN_GROUP: u32 = 5;
/// A shorter run of codes is no batch.
const MIN_RUN: u32 = 10;
/// Percent of a group that must show a fault for the group to have it.
const MIN_PERCENT: u32 = 90;
/// Cameras with a known position that a group needs for the reference test.
const MIN_KNOWN: usize = 3;
/// Cameras that a group needs for the polygon test.
const MIN_FOR_OUTLINES: u32 = 30;
/// Groups told of per rule; how many more there are is said.
const MAX_GROUPS: usize = 200;
/// Codes named per group.
const MAX_EXAMPLES: usize = 5;
/// Width of the cells in which the polygon test counts, degrees: about a kilometre. A hundred cameras in one street tell
/// no more of an outline than one.
const CELL_DEGREES: f64 = 0.01;
/// Half the diagonal of such a cell, rounded up, metres.
const CELL_REACH_M: f64 = 800.0;

/// Faults of single records that a group can have as a whole.
#[derive(Debug, Clone, Copy)]
struct Sign {
    rule: &'static Rule,
    text: Text,
}

static SIGNS: [Sign; 6] = [
    Sign { rule: &g03_degrees_minutes::G03, text: Text::new("不是十进制度", "are not in decimal degrees") },
    Sign { rule: &g04_scaled::G04, text: Text::new("量纲错误（整数或弧度）", "are scaled or in radians") },
    Sign { rule: &g05_swapped::G05, text: Text::new("经度与纬度填反", "are swapped") },
    Sign { rule: &super::g10_stack::G10, text: Text::new("与其他多路重叠在同一点", "stand in a crowd on one point") },
    Sign { rule: &super::g11_jitter::G11, text: Text::new("疑似人为微调", "look spread by hand") },
    Sign { rule: &super::g12_default_point::G12, text: Text::new("落在默认点上", "stand on a default point") },
];
/// The bit of [`Member::told`] for the shift of coordinates.
const SHIFTED: u8 = 1 << 6;

/// A camera with a pair of coordinates.
struct Member {
    place: u32,
    /// It is said to stand in China.
    placed: bool,
    /// One bit a sign, in the order of [`SIGNS`].
    signs: u8,
    /// The same, for what a larger group was told of.
    told: u8,
}

/// Kinds of groups, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum GroupKind {
    Catalogue,
    Unit,
    Recorder,
    Batch,
}

impl GroupKind {
    const ALL: [Self; 4] = [Self::Catalogue, Self::Unit, Self::Recorder, Self::Batch];

    const fn title(self) -> Text {
        match self {
            Self::Catalogue => Text::new("整个目录", "the whole catalogue"),
            Self::Unit => Text::new("该单位", "this unit"),
            Self::Recorder => Text::new("该录像机下", "this recorder"),
            Self::Batch => Text::new("编码连续的这一批", "this batch of consecutive codes"),
        }
    }

    const fn least(self) -> u32 {
        match self {
            Self::Batch => MIN_RUN,
            _ => MIN_GROUP,
        }
    }
}

/// The members of one kind of groups.
struct Grouping {
    kind: GroupKind,
    /// The group of each member.
    of: Vec<Option<u32>>,
    groups: Vec<Group>,
    /// The members of every group, one group after the other.
    order: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Group {
    size: u32,
    /// Where its members begin in [`Grouping::order`].
    start: usize,
    /// The members with the lowest and the highest code.
    first: usize,
    last: usize,
}

/// A finding on its way, with what it is sorted by.
struct Told {
    kind: GroupKind,
    finding: BatchFinding,
}

/// What is wrong with groups of cameras.
pub(super) fn findings(context: &Context<'_>) -> Vec<BatchFinding> {
    let evidence = Evidence { known: known(context), edges: edges(context) };
    let crowded = context.stacks().values().any(|stack| stack.sites > context.profile.stack_size);
    let odd = crowded || !context.places().odd.is_empty() || !context.jitters().is_empty();
    if evidence.is_empty() && !odd && !context.tables.has(TableKind::DefaultPoints) {
        return Vec::new();
    }
    let mut members = members(context);
    let mut told = Vec::new();
    let signs = members.iter().any(|member| member.signs != 0);
    for kind in GroupKind::ALL {
        if !signs && !evidence.may_speak(kind, context) {
            continue;
        }
        let grouping = Grouping::new(kind, &members, context);
        for (bit, sign) in SIGNS.iter().enumerate() {
            by_sign(1 << bit, sign, &grouping, &mut members, context, &mut told);
        }
        by_shift(&evidence, &grouping, &mut members, context, &mut told);
    }
    in_order(told, context.lang)
}

/// By rule, largest first, those beyond the limit counted.
fn in_order(mut told: Vec<Told>, lang: Lang) -> Vec<BatchFinding> {
    told.sort_by(|a, b| {
        let key = |t: &Told| (t.finding.rule, t.kind, std::cmp::Reverse(t.finding.cameras));
        key(a).cmp(&key(b)).then_with(|| a.finding.about.cmp(&b.finding.about))
    });
    let mut findings: Vec<BatchFinding> = Vec::new();
    for one_rule in told.chunk_by(|a, b| a.finding.rule == b.finding.rule) {
        let (shown, rest) = one_rule.split_at_checked(MAX_GROUPS).unwrap_or((one_rule, &[]));
        findings.extend(shown.iter().map(|t| t.finding.clone()));
        if let Some(first) = rest.first() {
            let more = rest.len();
            findings.push(BatchFinding {
                about: say!(lang, "其余 {more} 组", "{more} more groups"),
                message: say!(lang, "另有 {more} 组同样如此，未逐一列出", "{more} more groups are like this and not listed"),
                cameras: rest.iter().map(|t| t.finding.cameras).sum(),
                examples: Vec::new(),
                ..first.finding.clone()
            });
        }
    }
    findings
}

/// Whether the profile lets a rule count; `None` where the rule is not asked.
fn counts(rule: &Rule, context: &Context<'_>) -> Option<bool> {
    let mut asked = context.plan.fields.iter().flat_map(|(_, asked)| asked);
    asked.find(|asked| asked.rule.id == rule.id).map(|asked| asked.counts)
}

/// Cameras that stand still and send a pair, with what is wrong with each: first those of [`Places`](super::points::Places), in its order.
fn members(context: &Context<'_>) -> Vec<Member> {
    let asked: Vec<bool> = SIGNS.iter().map(|sign| counts(sign.rule, context).is_some()).collect();
    let bits = |found: [bool; 6]| {
        let set = found.iter().zip(&asked).enumerate().filter(|(_, (found, asked))| **found && **asked);
        set.fold(0, |bits, (bit, _)| bits | 1 << bit)
    };
    let defaults = context.tables.has(TableKind::DefaultPoints);
    let placed = context.places().placed.iter().filter_map(|placed| {
        let (item, at) = (context.items.get(placed.place())?, placed.at);
        let stacked = context.stack(at).is_some_and(|stack| stack.sites > context.profile.stack_size);
        let default = defaults && context.default_point(at).is_some();
        let signs = bits([false, false, false, stacked, context.jitter(item).is_some(), default]);
        Some(Member { place: placed.place, placed: true, signs, told: 0 })
    });
    let odd = context.places().odd.iter().filter_map(|place| {
        let item = context.items.get(*place as usize)?;
        let sent = super::position_of(item);
        let text = g03_degrees_minutes::converted(super::axes(item)).is_some();
        let scaled = sent.is_some_and(|at| g04_scaled::rescaled(at, context).is_some());
        let swapped = sent.is_some_and(|at| g05_swapped::swapped(at, context).is_some());
        Some(Member { place: *place, placed: false, signs: bits([text, scaled, swapped, false, false, false]), told: 0 })
    });
    placed.chain(odd).collect()
}

impl Grouping {
    fn new(kind: GroupKind, members: &[Member], context: &Context<'_>) -> Self {
        if kind == GroupKind::Batch {
            return Self::batches(members, context);
        }
        let keys = members.iter().map(|member| key(kind, context.items.get(member.place as usize)?, context));
        Self::from_keys(kind, keys, members, context)
    }

    fn from_keys(kind: GroupKind, keys: impl Iterator<Item = Option<u64>>, members: &[Member], context: &Context<'_>) -> Self {
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut grouping = Self { kind, of: Vec::with_capacity(members.len()), groups: Vec::new(), order: Vec::new() };
        for (index, key) in keys.enumerate() {
            let number = key.map(|key| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(key).or_insert(next)
            });
            grouping.of.push(number);
            let Some(number) = number else { continue };
            match grouping.groups.get_mut(number as usize) {
                Some(group) => group.add(index, members, context),
                None => grouping.groups.push(Group { size: 1, start: 0, first: index, last: index }),
            }
        }
        let mut start = 0;
        for group in &mut grouping.groups {
            group.start = start;
            start += group.size as usize;
        }
        let mut free: Vec<usize> = grouping.groups.iter().map(|group| group.start).collect();
        grouping.order = vec![0; start];
        for (index, of) in grouping.of.iter().enumerate() {
            let Some(free) = of.and_then(|number| free.get_mut(number as usize)) else { continue };
            if let Some(slot) = grouping.order.get_mut(*free) {
                *slot = u32::try_from(index).unwrap_or(u32::MAX);
            }
            *free += 1;
        }
        grouping
    }

    fn members_of(&self, group: Group) -> &[u32] {
        self.order.get(group.start..group.start + group.size as usize).unwrap_or_default()
    }

    /// Codes in order: a batch ends where a number is left out, and where maker, model, day of installation or what is
    /// wrong changes.
    fn batches(members: &[Member], context: &Context<'_>) -> Self {
        let mut codes: Vec<(u64, u32, u32)> = members
            .iter()
            .enumerate()
            .filter_map(|(index, member)| {
                let item = context.items.get(member.place as usize)?;
                let code = DeviceId::new_checked(item.id())?;
                let day = item.text(Element::InstallTime).map(|time| time.get(..10).unwrap_or(time));
                let made = [item.text(Element::Manufacturer), item.text(Element::Model), day];
                let series = item.id().get(..14)?;
                Some((hash_of((series, made, member.signs)), code.serial().parse().ok()?, u32::try_from(index).ok()?))
            })
            .collect();
        codes.sort_unstable();
        let mut runs: Vec<Option<u32>> = vec![None; members.len()];
        for (run, number) in codes.chunk_by(|a, b| a.0 == b.0 && b.1 <= a.1 + 1).zip(0..) {
            for (_, _, index) in run {
                if let Some(slot) = runs.get_mut(*index as usize) {
                    *slot = Some(number);
                }
            }
        }
        drop(codes);
        Self::from_keys(GroupKind::Batch, runs.into_iter().map(|run| run.map(u64::from)), members, context)
    }

    fn label(&self, group: Group, members: &[Member], context: &Context<'_>) -> String {
        let item = |index: usize| members.get(index).and_then(|member| context.items.get(member.place as usize));
        let (Some(first), Some(last)) = (item(group.first), item(group.last)) else { return String::new() };
        match self.kind {
            GroupKind::Catalogue => self.kind.title().get(context.lang).to_owned(),
            GroupKind::Unit => unit_of(first, context).unwrap_or_default().to_owned(),
            GroupKind::Recorder => context.tree.recorder(first).unwrap_or_default().to_owned(),
            GroupKind::Batch => format!("{}-{}", first.id(), last.id()),
        }
    }

    /// How many are chosen and the codes of a few of them, lowest first; all of them are marked as told.
    fn mark(
        &self,
        group: Group,
        bit: u8,
        chosen: impl Fn(&Member) -> bool,
        members: &mut [Member],
        context: &Context<'_>,
    ) -> (u64, Vec<String>) {
        let (mut cameras, mut lowest): (u64, Vec<&str>) = (0, Vec::new());
        for index in self.members_of(group) {
            let Some(member) = members.get_mut(*index as usize).filter(|member| chosen(member)) else { continue };
            member.told |= bit;
            cameras += 1;
            let id = context.items.get(member.place as usize).map_or("", Item::id);
            let place = lowest.partition_point(|other| *other < id);
            if place < MAX_EXAMPLES {
                lowest.insert(place, id);
                lowest.truncate(MAX_EXAMPLES);
            }
        }
        (cameras, lowest.into_iter().map(ToOwned::to_owned).collect())
    }
}

impl Group {
    fn add(&mut self, index: usize, members: &[Member], context: &Context<'_>) {
        let id = |index: usize| members.get(index).and_then(|m| context.items.get(m.place as usize)).map_or("", Item::id);
        self.size += 1;
        if id(index) < id(self.first) {
            self.first = index;
        }
        if id(index) > id(self.last) {
            self.last = index;
        }
    }
}

fn key(kind: GroupKind, item: &Item, context: &Context<'_>) -> Option<u64> {
    match kind {
        GroupKind::Catalogue => Some(0),
        GroupKind::Unit => unit_of(item, context).map(hash_of),
        GroupKind::Recorder => context.tree.recorder(item).map(hash_of),
        GroupKind::Batch => None,
    }
}

/// Who looks after a camera, as far as its record tells.
fn unit_of<'a>(item: &'a Item, context: &Context<'_>) -> Option<&'a str> {
    item.text(Element::ManagementUnit)
        .or_else(|| item.each_parent().find(|id| context.is_organisation(id)))
        .or_else(|| item.id().get(..8).filter(|_| DeviceId::new_checked(item.id()).is_some()))
}

/// Groups of which nearly every member shows a sign.
fn by_sign(bit: u8, sign: &Sign, grouping: &Grouping, members: &mut [Member], context: &Context<'_>, told: &mut Vec<Told>) {
    let shows = |member: &Member| member.signs & bit != 0 && member.told & bit == 0;
    let mut shown = vec![0_u32; grouping.groups.len()];
    for (_, of) in members.iter().zip(&grouping.of).filter(|(member, _)| shows(member)) {
        if let Some(count) = of.and_then(|number| shown.get_mut(number as usize)) {
            *count += 1;
        }
    }
    for (group, shown) in grouping.groups.iter().zip(shown) {
        if shown < grouping.kind.least() || u64::from(shown) * 100 < u64::from(group.size) * u64::from(MIN_PERCENT) {
            continue;
        }
        let (cameras, examples) = grouping.mark(*group, bit, shows, members, context);
        let (title, what, size) = (grouping.kind.title().get(context.lang), sign.text.get(context.lang), group.size);
        let message = say!(
            context.lang,
            "{title} {size} 路中有 {shown} 路{what}，是成批的问题，宜从源头一次改正",
            "of {size} cameras of {title}, {shown} {what}: a fault of the batch, to be put right at its source"
        );
        let finding = BatchFinding {
            rule: sign.rule.id,
            severity: sign.rule.weight(counts(sign.rule, context) == Some(true)),
            about: grouping.label(*group, members, context),
            message,
            cameras,
            examples,
        };
        told.push(Told { kind: grouping.kind, finding });
    }
}

/// What speaks for or against a shift.
#[derive(Default)]
struct Evidence {
    /// Cameras with a known position, by their number as in [`Edge::member`]: metres between it and what is sent, as sent and under each shift.
    known: Vec<(usize, [f64; 4])>,
    /// Cameras near an outline.
    edges: Vec<Edge>,
}

/// A camera near the outline of its county or community.
struct Edge {
    /// Its number in [`Places`](super::points::Places), and so among the members.
    member: usize,
    cell: u64,
    inside: bool,
    /// The same after each shift is taken back.
    inside_after: [bool; 3],
}

/// An outline a camera should lie in.
enum Region<'a> {
    County(Area<'a>),
    Community(&'a Shape),
}

impl Region<'_> {
    fn contains(&self, at: Position) -> bool {
        match self {
            Self::County(area) => area.contains(at),
            Self::Community(shape) => shape.contains(at),
        }
    }

    fn metres_to_line(&self, at: Position) -> f64 {
        match self {
            Self::County(area) => area.metres_to_line(at),
            Self::Community(shape) => shape.metres_to_line(at),
        }
    }
}

impl Evidence {
    const fn is_empty(&self) -> bool {
        self.known.is_empty() && self.edges.is_empty()
    }

    /// Whether some group of a kind may hold enough: told from the few cameras outside, before all are put into groups.
    fn may_speak(&self, kind: GroupKind, context: &Context<'_>) -> bool {
        if !self.known.is_empty() {
            return true;
        }
        let mut cells: HashMap<(u64, usize), HashSet<u64>> = HashMap::new();
        for edge in self.edges.iter().filter(|edge| !edge.inside) {
            let item = context.places().placed.get(edge.member).and_then(|placed| context.items.get(placed.place()));
            // A batch lies in one series of codes.
            let group = item.and_then(|item| match kind {
                GroupKind::Batch => item.id().get(..14).map(hash_of),
                _ => key(kind, item, context),
            });
            let Some(group) = group else { continue };
            for (slot, _) in edge.inside_after.iter().enumerate().filter(|(_, after)| **after) {
                cells.entry((group, slot)).or_default().insert(edge.cell);
            }
        }
        cells.values().any(|cells| is_significant(cells.len(), 0))
    }
}

fn known(context: &Context<'_>) -> Vec<(usize, [f64; 4])> {
    let table = &context.tables.reference_points;
    if table.is_empty() {
        return Vec::new();
    }
    let metres = |a: Position, b: Position| {
        let (east, north) = a.metres_from(b);
        east.hypot(north)
    };
    let placed = context.places().placed.iter().enumerate();
    placed
        .filter_map(|(index, placed)| {
            let (at, truth) = (placed.at, *table.get(context.items.get(placed.place())?.id())?);
            let [gcj, bd, reconverted] = Shift::ALL.map(|shift| metres(at, shift.sent(truth)));
            Some((index, [metres(at, truth), gcj, bd, reconverted]))
        })
        .collect()
}

/// What takes each shift back, degrees east and north.
type Ways = [(f64, f64); 3];

/// Cameras near the outline they should lie in; none where no shift could be shown.
fn edges(context: &Context<'_>) -> Vec<Edge> {
    let mut regions: Vec<Option<Region<'_>>> = Vec::new();
    let mut numbers: HashMap<u64, u32> = HashMap::new();
    let mut squares: HashMap<(u32, u64), Option<Ways>> = HashMap::new();
    let mut edges = Vec::new();
    let mut places = Vec::new();
    let mut speaking: [HashSet<u64>; 3] = Default::default();
    for (index, placed) in context.places().placed.iter().enumerate() {
        let at = placed.at;
        let Some(item) = context.items.get(placed.place()) else { continue };
        let Some(number) = region_of(item, context, &mut numbers, &mut regions) else { continue };
        let Some(Some(region)) = regions.get(number as usize) else { continue };
        let square = cell(at, (CELL_DEGREES, CELL_DEGREES));
        let found = squares.entry((number, packed(square))).or_insert_with(|| ways_back(square, region));
        let Some(ways) = *found else { continue };
        let inside = region.contains(at);
        let mut inside_after = [inside; 3];
        if !inside {
            inside_after = ways.map(|way| region.contains(moved(at, way)));
            for (speaking, _) in speaking.iter_mut().zip(inside_after).filter(|(_, after)| *after) {
                speaking.insert(packed(square));
            }
        }
        edges.push(Edge { member: index, cell: packed(square), inside, inside_after });
        places.push((number, square));
    }
    if !speaking.iter().any(|cells| is_significant(cells.len(), 0)) {
        return Vec::new();
    }
    for (edge, (number, square)) in edges.iter_mut().zip(places).filter(|(edge, _)| edge.inside) {
        let at = context.places().placed.get(edge.member).map(|placed| placed.at);
        let ways = squares.get(&(number, packed(square))).copied().flatten();
        if let (Some(Some(region)), Some(at), Some(ways)) = (regions.get(number as usize), at, ways) {
            edge.inside_after = ways.map(|way| region.contains(moved(at, way)));
        }
    }
    edges
}

/// What takes each shift back in a square, in degrees; `None` where the line is out of reach of any shift. Within a square
/// the ways differ by some metres at most, a tenth of what the outlines are generalised by.
fn ways_back(square: (u32, u32), region: &Region<'_>) -> Option<Ways> {
    let middle = Position { lon: f64::from(square.0) * CELL_DEGREES, lat: f64::from(square.1) * CELL_DEGREES };
    let near = region.metres_to_line(middle) <= MAX_SHIFT_M + CELL_REACH_M;
    let way = |shift: Shift| {
        let truth = shift.truth(middle);
        (truth.lon - middle.lon, truth.lat - middle.lat)
    };
    near.then(|| Shift::ALL.map(way))
}

fn moved(at: Position, way: (f64, f64)) -> Position {
    Position { lon: at.lon + way.0, lat: at.lat + way.1 }
}

/// The number of the outline an item should lie in: its community's where that was given, else its county's.
fn region_of<'a>(
    item: &Item,
    context: &Context<'a>,
    numbers: &mut HashMap<u64, u32>,
    regions: &mut Vec<Option<Region<'a>>>,
) -> Option<u32> {
    let mut number = |key: u64, make: &dyn Fn() -> Option<Region<'a>>| {
        *numbers.entry(key).or_insert_with(|| {
            regions.push(make());
            u32::try_from(regions.len() - 1).unwrap_or(u32::MAX)
        })
    };
    if context.tables.has(TableKind::Communities) {
        let tables = context.tables;
        let outline = context.community(item).and_then(|community| tables.communities.get_key_value(community.as_ref()));
        if let Some((code, outline)) = outline {
            return Some(number(hash_of((1, code)), &|| Some(Region::Community(outline.shape()))));
        }
    }
    let boundaries = context.boundaries?;
    let civil = item.text(Element::CivilCode).filter(|civil| matches!(civil.len(), 6 | 8)).and_then(|civil| civil.get(..6));
    let county = civil.or_else(|| DeviceId::new_checked(item.id()).map(DeviceId::county))?;
    let numeric = crate::division::codes::parse_six(county)?;
    Some(number(u64::from(numeric), &|| Area::of_code(county, boundaries, context.divisions).map(Region::County)))
}

/// Whether so many cells for and against are more than a fair coin gives: three standard deviations, so at least 11.
fn is_significant(toward: usize, away: usize) -> bool {
    let lead = toward.saturating_sub(away).saturating_sub(1);
    lead * lead >= 9 * (toward + away).max(1)
}

/// What one group's evidence says.
#[derive(Debug, PartialEq)]
enum Ruling {
    Known { shift: Shift, cameras: usize, as_sent: f64, shifted: f64 },
    Outlines { shift: Shift, or: Option<Shift>, toward: usize, away: usize },
}

impl Ruling {
    const fn shift(&self) -> Shift {
        match self {
            Self::Known { shift, .. } | Self::Outlines { shift, .. } => *shift,
        }
    }
}

/// Known positions decide where there are enough of them; else the outlines.
fn ruling(known: &mut [[f64; 4]], edges: &[&Edge], size: u32) -> Option<Ruling> {
    if known.len() >= MIN_KNOWN {
        return by_known(known);
    }
    if size < MIN_FOR_OUTLINES {
        return None;
    }
    by_outlines(edges)
}

/// The smallest median wins if it is under a third of the next.
fn by_known(known: &mut [[f64; 4]]) -> Option<Ruling> {
    let cameras = known.len();
    let mut medians = [0, 1, 2, 3].map(|slot: usize| {
        let metres = |row: &[f64; 4]| row.get(slot).copied().unwrap_or(f64::INFINITY);
        known.sort_by(|a, b| metres(a).total_cmp(&metres(b)));
        (known.get(cameras / 2).map_or(f64::INFINITY, metres), slot)
    });
    let as_sent = medians.first().map_or(0.0, |(metres, _)| *metres);
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(best, slot), (next, _), ..] = medians;
    let shift = slot.checked_sub(1).and_then(|slot| Shift::ALL.get(slot))?;
    (best * 3.0 < next).then_some(Ruling::Known { shift: *shift, cameras, as_sent, shifted: best })
}

/// Cells on either side of the outline, by the shift that explains most of them.
fn by_outlines(edges: &[&Edge]) -> Option<Ruling> {
    let mut cells: HashMap<u64, [(bool, bool); 3]> = HashMap::new();
    let mut outside: HashSet<u64> = HashSet::new();
    for edge in edges {
        let cell = cells.entry(edge.cell).or_default();
        for ((toward, away), after) in cell.iter_mut().zip(edge.inside_after) {
            *toward |= !edge.inside && after;
            *away |= edge.inside && !after;
        }
        if !edge.inside {
            outside.insert(edge.cell);
        }
    }
    let mut counts: Vec<(usize, usize, Shift)> = Vec::new();
    for (slot, shift) in Shift::ALL.into_iter().enumerate() {
        let count = |wanted: (bool, bool)| cells.values().filter(|cell| cell.get(slot) == Some(&wanted)).count();
        let (toward, away) = (count((true, false)), count((false, true)));
        // One that leaves most of what lies outside unexplained explains nothing.
        if is_significant(toward, away) && toward * 2 >= outside.len() {
            counts.push((toward, away, shift));
        }
    }
    counts.sort_by_key(|(toward, away, shift)| (std::cmp::Reverse(toward - away), *shift));
    let (toward, away, shift) = *counts.first()?;
    let or = counts.get(1).filter(|(t, a, _)| t - a == toward - away).map(|(_, _, shift)| *shift);
    Some(Ruling::Outlines { shift, or, toward, away })
}

/// Groups whose coordinates are shifted.
fn by_shift(evidence: &Evidence, grouping: &Grouping, members: &mut [Member], context: &Context<'_>, told: &mut Vec<Told>) {
    let group_of = |member: usize| {
        let untold = members.get(member).is_some_and(|m| m.told & SHIFTED == 0);
        grouping.of.get(member).copied().flatten().filter(|_| untold)
    };
    let mut groups: HashMap<u32, (Vec<[f64; 4]>, Vec<&Edge>)> = HashMap::new();
    for (member, metres) in &evidence.known {
        if let Some(number) = group_of(*member) {
            groups.entry(number).or_default().0.push(*metres);
        }
    }
    for edge in &evidence.edges {
        if let Some(number) = group_of(edge.member) {
            groups.entry(number).or_default().1.push(edge);
        }
    }
    for (number, (mut known, edges)) in groups {
        let Some(group) = grouping.groups.get(number as usize).copied() else { continue };
        let Some(ruling) = ruling(&mut known, &edges, group.size) else { continue };
        let chosen = |member: &Member| member.placed && member.told & SHIFTED == 0;
        let (cameras, examples) = grouping.mark(group, SHIFTED, chosen, members, context);
        let finding = BatchFinding {
            rule: "G13",
            severity: Severity::Warn,
            about: grouping.label(group, members, context),
            message: message(&ruling, grouping.kind, examples.first(), context),
            cameras,
            examples,
        };
        told.push(Told { kind: grouping.kind, finding });
    }
}

fn message(ruling: &Ruling, kind: GroupKind, example: Option<&String>, context: &Context<'_>) -> String {
    let lang = context.lang;
    let title = kind.title().get(lang);
    let name = |shift: Shift| super::g13_shifted::name(shift).get(lang);
    let shift = name(ruling.shift());
    let mut message = match ruling {
        Ruling::Known { cameras, as_sent, shifted, .. } => say!(
            lang,
            "{title}坐标疑似{shift}：与 {cameras} 个已知点相比，按原样偏差的中位数为 {as_sent:.0} 米，按此换算后为 {shifted:.0} 米",
            "coordinates of {title} seem to be {shift}: against {cameras} known points the median is {as_sent:.0} m as sent, {shifted:.0} m converted"
        ),
        Ruling::Outlines { or, toward, away, .. } => {
            let shift = or.map_or_else(|| shift.to_owned(), |or| format!("{shift} / {}", name(or)));
            say!(
                lang,
                "{title}坐标疑似{shift}：按公里格计，原样在界外、换算后落入界内的有 {toward} 处，相反的 {away} 处",
                "coordinates of {title} seem to be {shift}: counted in squares of a kilometre, {toward} come inside the outline when converted, {away} leave it"
            )
        }
    };
    let converted = example.and_then(|id| {
        let places = context.tree.find(id).filter_map(|place| super::position_of(context.items.get(place)?));
        let at = places.min_by(|a, b| a.lon.total_cmp(&b.lon).then(a.lat.total_cmp(&b.lat)))?;
        let truth = ruling.shift().truth(at);
        Some((id, at, truth))
    });
    if let Some((id, at, truth)) = converted {
        let (from, to) = (format!("{:.6},{:.6}", at.lon, at.lat), format!("{:.6},{:.6}", truth.lon, truth.lat));
        message.push_str(&say!(
            lang,
            "。换算示例（建议核对，不自动修改）：{id} {from} → {to}",
            ". Converted, to be checked and never put in by itself: {id} {from} -> {to}"
        ));
    }
    message
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy as _};

    use super::*;
    use crate::base::time::Timestamp;
    use crate::catalog::Kind;
    use crate::catalog::tree::Tree;
    use crate::division::{Boundaries, Divisions};
    use crate::edition::Edition;
    use crate::manscdp::item::ItemBuilder;
    use crate::profile::Profile;
    use crate::rules::context::Setting;
    use crate::rules::tables::Tables;

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    fn camera(serial: usize, parent: &str, unit: &str, at: (f64, f64)) -> Item {
        item(&[
            ("DeviceID", &format!("37172300011320{serial:06}")),
            ("ParentID", parent),
            ("CivilCode", "371723"),
            ("ManagementUnit", unit),
            ("Longitude", &format!("{:.6}", at.0)),
            ("Latitude", &format!("{:.6}", at.1)),
        ])
    }

    fn told(items: &[Item], tables: &Tables) -> Vec<BatchFinding> {
        let profile = Profile::embedded("sd-2022-basic").unwrap().replacen("[compliance]\n", "[compliance]\nstack_size = 3\n", 1);
        let profile = Profile::parse("p", &profile, Lang::Zh).unwrap();
        let kinds: Vec<Kind> = {
            let tree = Tree::new(items);
            items.iter().map(|i| crate::catalog::kind::kind_of(i, tree.has_children(i.id()), Edition::Gb2022)).collect()
        };
        let context = Context::new(
            items,
            &kinds,
            Setting {
                edition: Edition::Gb2022,
                edition_source: crate::edition::EditionSource::Default,
                counts: None,
                jurisdiction: None,
                divisions: Divisions::embedded(),
                boundaries: Boundaries::embedded(),
                profile: &profile.compliance,
                tables,
                at: Timestamp::from_micros(1_790_000_000_000_000),
                platform_id: "",
                local_id: "",
                lang: Lang::Zh,
            },
        );
        findings(&context)
    }

    /// Cameras all over a county, each where `sent` puts what stands at a true place.
    fn county(sent: impl Fn(Position) -> Position) -> Vec<Item> {
        let area = Area::of_code("371723", Boundaries::embedded().unwrap(), Divisions::embedded()).unwrap();
        let places = (0..50_u8).flat_map(|x| (0..40_u8).map(move |y| (x, y)));
        let places = places.map(|(x, y)| Position { lon: 115.7 + f64::from(x) * 0.01, lat: 34.79 + f64::from(y) * 0.01 });
        let sent = places.filter(|at| area.contains(*at)).map(sent);
        sent.enumerate().map(|(n, at)| camera(n * 3, "", "成武", (at.lon, at.lat))).collect()
    }

    #[test]
    fn a_county_that_sends_another_datum_is_told_once_as_a_whole() {
        assert_eq!(told(&county(|at| at), &Tables::default()), []);
        for (shift, word) in [(Shift::Gcj02, "GCJ-02（"), (Shift::Bd09, "BD-09"), (Shift::Reconverted, "多转换了一次")] {
            let items = county(|at| shift.sent(at));
            let found = told(&items, &Tables::default());
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].rule == "G13" && found[0].about == "整个目录" && found[0].message.contains(word), "{found:?}");
            assert_eq!((found[0].cameras, found[0].examples.len()), (items.len() as u64, MAX_EXAMPLES));
            assert!(found[0].message.contains("建议核对"), "a value to check is shown: {}", found[0].message);
        }
    }

    #[test]
    fn the_known_points_of_one_recorder_speak_for_that_recorder() {
        let nvr = |n: u8| format!("3717230001118000000{n}");
        let mut items: Vec<Item> = (1..3).map(|n| item(&[("DeviceID", &nvr(n)), ("Name", "录像机")])).collect();
        let mut table = "device_id,longitude,latitude\n".to_owned();
        for serial in 0..24_u8 {
            let truth = Position { lon: 115.85 + f64::from(serial) * 0.003, lat: 34.95 };
            let wrong = serial % 2 == 0;
            let at = if wrong { Shift::Gcj02.sent(truth) } else { truth };
            items.push(camera(usize::from(serial) * 2, &nvr(if wrong { 1 } else { 2 }), "成武", (at.lon, at.lat)));
            if serial < 16 {
                table.push_str(&format!("37172300011320{:06},{:.6},{:.6}\n", serial * 2, truth.lon, truth.lat));
            }
        }
        let mut tables = Tables::default();
        tables.add(TableKind::ReferencePoints, &table, Lang::Zh).unwrap();
        let found = told(&items, &tables);
        assert_eq!(
            found.iter().map(|f| (f.rule, f.about.as_str(), f.cameras)).collect::<Vec<_>>(),
            [("G13", nvr(1).as_str(), 12)]
        );
        let truth = "115.850000,34.950000";
        assert!(found[0].message.contains("8 个已知点") && found[0].message.contains(truth), "{}", found[0].message);
    }

    /// A recorder that is swapped, a unit in integers, a batch in degrees and minutes, a stack, jitter, and good ones.
    fn mixed() -> Vec<Item> {
        let nvr = "37172300011180000001";
        let mut items = vec![item(&[("DeviceID", nvr), ("Name", "录像机")])];
        let place = |n: usize| (115.8 + f64::from(u32::try_from(n).unwrap()) * 0.0011, 34.95);
        items.extend((0..6).map(|n| camera(1000 + n * 5, nvr, "甲", (place(n).1, place(n).0))));
        items.extend((0..7).map(|n| camera(2000 + n * 5, "", "乙", (place(n).0 * 1e6, place(n).1 * 1e6))));
        items.extend((0..12).map(|n| {
            item(&[
                ("DeviceID", &format!("37172300011320{:06}", 3000 + n)),
                ("CivilCode", "371723"),
                ("ManagementUnit", "甲"),
                ("Longitude", "115°53'24\""),
                ("Latitude", &format!("34°57'{n}\"")),
            ])
        }));
        items.extend((0..8).map(|n| camera(4000 + n * 5, "", "丙", (115.9, 34.96))));
        items.extend((0..40).map(|n| camera(5000 + n * 5, "", "甲", place(n + 20))));
        items
    }

    #[test]
    fn each_group_is_told_once_at_its_own_size() {
        let found = told(&mixed(), &Tables::default());
        let short: Vec<_> = found.iter().map(|f| (f.rule, f.about.as_str(), f.cameras)).collect();
        let batch = "37172300011320003000-37172300011320003011";
        assert_eq!(short, [("G03", batch, 12), ("G04", "乙", 7), ("G05", "37172300011180000001", 6), ("G10", "丙", 8)]);
        assert_eq!(found[2].examples[..2], ["37172300011320001000", "37172300011320001005"]);
        assert!(found[2].severity == Severity::Error && found[3].severity == Severity::Warn);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(32))]
        #[test]
        fn the_order_of_items_changes_nothing(items in Just(mixed()).prop_shuffle()) {
            proptest::prop_assert_eq!(told(&items, &Tables::default()), told(&mixed(), &Tables::default()));
        }
    }

    fn edge(cell: u64, inside: bool, after: [bool; 3]) -> Edge {
        Edge { member: 0, cell, inside, inside_after: after }
    }

    #[test]
    fn known_points_decide_by_a_third() {
        let shifted = [503.0, 2.0, 760.0, 1000.0];
        let ruling = by_known(&mut [shifted, [498.0, 4.0, 750.0, 990.0], [3000.0, 2900.0, 3100.0, 3000.0]]);
        assert_eq!(ruling, Some(Ruling::Known { shift: Shift::Gcj02, cameras: 3, as_sent: 503.0, shifted: 4.0 }));
        assert_eq!(by_known(&mut [[1.0, 503.0, 1226.0, 503.0]; 3]), None, "as sent is right");
        assert_eq!(by_known(&mut [[700.0, 300.0, 800.0, 900.0]; 3]), None, "not a third");
    }

    #[test]
    fn outlines_decide_by_cells_and_not_by_cameras() {
        let east: Vec<Edge> = (0..11).map(|cell| edge(cell, false, [true, true, false])).collect();
        let all = |edges: &[Edge]| by_outlines(&edges.iter().collect::<Vec<_>>());
        let both = Some(Ruling::Outlines { shift: Shift::Gcj02, or: Some(Shift::Bd09), toward: 11, away: 0 });
        assert_eq!(all(&east), both);
        // The west of the county tells one from the other: only BD-09 would put these outside.
        let west: Vec<Edge> = (20..22).map(|cell| edge(cell, true, [true, false, true])).collect();
        let told = all(&[east, west].into_iter().flatten().collect::<Vec<_>>());
        assert_eq!(told, Some(Ruling::Outlines { shift: Shift::Gcj02, or: None, toward: 11, away: 0 }));
        let one_street: Vec<Edge> = (0..500).map(|n| edge(n % 3, false, [true, false, false])).collect();
        assert_eq!(all(&one_street), None);
        let elsewhere: Vec<Edge> = (0..40).map(|n| edge(n, false, [n < 15, false, false])).collect();
        assert_eq!(all(&elsewhere), None, "most of what lies outside is not explained");
    }

    #[test]
    fn groups_beyond_the_limit_are_counted() {
        let finding = |n: usize| BatchFinding {
            rule: "G05",
            severity: Severity::Warn,
            about: format!("{n:05}"),
            message: String::new(),
            cameras: 7,
            examples: Vec::new(),
        };
        let told = (0..MAX_GROUPS + 3).rev().map(|n| Told { kind: GroupKind::Recorder, finding: finding(n) }).collect();
        let findings = in_order(told, Lang::Zh);
        assert_eq!((findings.len(), findings[0].about.as_str()), (MAX_GROUPS + 1, "00000"));
        assert!(findings[MAX_GROUPS].cameras == 21 && findings[MAX_GROUPS].message.contains("另有 3 组"));
    }
}
