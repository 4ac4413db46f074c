//! Answers to one catalogue: what was declared, what came, what is missing, and the lines to judge.
//!
//! A pure function of the recorded messages: whoever has them gets the same catalogue.

mod gathering;
mod proof;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hasher};

use self::gathering::Gathering;
pub use self::proof::{Basis, Changes, MAX_NAMED, Named, Part, Proof};
use super::answer::AnswerSet;
use super::arrival::Arrival;
use super::item::{Item, MAX_PARENTS, PARENT_SEPARATORS};
use super::journal::Journal;
use super::notice::Notices;
use crate::base::lang::Text;
use crate::base::oddity::{self, Oddities};
use crate::manscdp::document::Document;
use crate::manscdp::item::{Element, RawItem};

/// Whether the catalogue can carry a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogState {
    /// 目录应答完整: everything declared came.
    Complete,
    /// 不完整
    Incomplete,
    /// 有争议: more came than was declared, or two whole answers differ.
    Disputed,
    /// Files that declare no number.
    Unstated,
}

impl CatalogState {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Disputed => "disputed",
            Self::Unstated => "unstated",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Complete => Text::new("应答完整", "answer complete"),
            Self::Incomplete => Text::new("不完整", "incomplete"),
            Self::Disputed => Text::new("有争议", "disputed"),
            Self::Unstated => Text::new("文件未声明总数", "the files declare no total"),
        }
    }

    /// Whether rates on it are void.
    #[must_use]
    pub const fn voids(self) -> bool {
        matches!(self, Self::Incomplete | Self::Disputed)
    }
}

/// Why a catalogue is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    /// Stable id.
    pub id: &'static str,
    /// For people.
    pub text: Text,
}

macro_rules! whys {
    ($($name:ident $id:literal $zh:literal $en:literal;)+) => {
        $(#[doc = $en] pub const $name: Why = Why { id: $id, text: Text::new($zh, $en) };)+
        /// Every reason there is.
        pub const WHYS: &[Why] = &[$($name),+];
    };
}

whys! {
    NO_ANSWER "no_answer" "平台没有应答目录查询" "the platform did not answer the catalogue query";
    QUERY_REFUSED "query_refused" "平台拒绝目录查询" "the platform refused the catalogue query";
    ITEMS_MISSING "items_missing" "实收少于声明数" "fewer items came than were declared";
    SUM_NUM_ABSENT "sum_num_absent" "应答没有声明总数" "the answer declares no total";
    MORE_THAN_DECLARED "more_than_declared" "实收多于声明数" "more items came than were declared";
    BRANCH_HAS_MORE "branch_has_more" "分支查询收到全量应答中没有的条目" "a query of a branch brought items the full answer lacks";
    ANSWERS_DIFFER "answers_differ" "两次完整应答不一致" "two whole answers differ";
    SN_UNCONFIRMED "sn_unconfirmed" "应答只以别的 SN 到来，且未能重复证实" "an answer came only under another SN and could not be confirmed";
    NOT_ASKED "not_asked" "平台没有注册，未能查询目录" "the platform was not registered, so its catalogue was not asked for";
    NOT_CAPTURED "not_captured" "抓包中没有目录查询和应答" "the capture holds neither a catalogue query nor an answer";
    INTERRUPTED "interrupted" "收取目录时中断" "interrupted while the catalogue was coming";
}

/// How one query of ours ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryEnd {
    /// Everything declared came, or nothing more did.
    #[default]
    Answered,
    /// Nothing came in time.
    Silent,
    /// Refused with this code.
    Refused(u16),
    /// We stopped.
    Interrupted,
}

/// What a query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// The whole catalogue: what it declares is what has to come.
    #[default]
    Full,
    /// One branch of the tree: repairs a short answer, checks a whole one, and declares nothing for the whole.
    Branch,
    /// The whole catalogue once more at the end of a long run, to be compared with the first.
    Poll,
}

/// One query of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryRecord {
    /// Its SN.
    pub sn: u32,
    /// Bodies recorded before it was asked.
    pub before: u64,
    /// How it ended.
    pub end: QueryEnd,
    /// What it is for.
    pub purpose: Purpose,
    /// The node it asks about; empty for the platform.
    pub about: String,
}

/// The catalogue, counted.
#[derive(Debug)]
pub struct Catalog {
    /// Whether it can carry a number.
    pub state: CatalogState,
    /// Why not.
    pub why: Vec<Why>,
    /// Largest `SumNum` of the last full query.
    pub declared: u64,
    /// Distinct items received.
    pub received: u64,
    /// Declared and not received.
    pub missing: u64,
    /// Identical repeats.
    pub duplicates: u64,
    /// Accepted messages.
    pub messages: u64,
    /// Messages nobody asked for.
    pub unsolicited: u64,
    /// Codes that stand on more than one line.
    pub collisions: u64,
    /// Items picked out of broken XML.
    pub salvaged: u64,
    /// The lines, in order of DeviceID, then of content.
    pub items: Vec<Item>,
    /// What was put up with.
    pub oddities: Oddities,
    /// What the verdict rests on.
    pub proof: Proof,
    /// Every body, in a line.
    pub journal: Journal,
    /// What a subscription told while the run went on.
    pub notices: Notices,
}

/// Puts recorded messages together. `queries` in the order they were asked; none for files, where every SN
/// is a query of somebody's.
#[must_use]
pub fn assemble(platform_id: &str, queries: &[QueryRecord], arrivals: impl IntoIterator<Item = impl Into<Arrival>>) -> Catalog {
    let mut gathering = Gathering::new(platform_id, queries);
    for arrival in arrivals {
        gathering.take(arrival.into());
    }
    gathering.finish()
}

/// Whether a message under another SN may belong to an answer that began under the right one: a peer that counts its
/// SN up with every message. Ours is drawn at random, so nobody else's falls there.
pub(super) const fn counts_up(asked: u64, sn: u64, total: u64) -> bool {
    sn > asked && sn <= asked.saturating_add(total)
}

pub(super) fn note_message(document: &Document, asked: &str, from_files: bool, oddities: &mut Oddities) {
    let items = document.items.len() as u64 + document.cut_off;
    match document.num {
        Some(num) if num != items => oddities.add(oddity::NUM_MISMATCH.at(format!("{num} / {items}"))),
        _ => (),
    }
    if document.sum_num() == Some(0) && document.has_list {
        oddities.note(oddity::EMPTY_LIST);
    }
    if document.sum_num().is_none() {
        oddities.add(oddity::SUM_NUM_MISSING.at(document.get("SN").unwrap_or_default()));
    }
    if !from_files && document.get("DeviceID").is_some_and(|id| id != asked) {
        oddities.add(oddity::ANSWER_DEVICE_ID.at(document.get("DeviceID").unwrap_or_default()));
    }
    for item in &document.items {
        if item.get(Element::DeviceID).is_none_or(crate::base::text::is_blank) {
            oddities.add(oddity::ITEM_WITHOUT_ID.at(item.get(Element::Name).unwrap_or_default()));
        }
        let parent = item.get(Element::ParentID).unwrap_or_default();
        if parent.contains(|c| c != '/' && PARENT_SEPARATORS.contains(&c)) {
            oddities.add(oddity::PARENT_SEPARATOR.at(parent));
        }
        if parent.len() > MAX_PARENTS && parent.split(PARENT_SEPARATORS).count() > MAX_PARENTS {
            oddities.add(oddity::PARENTS_CUT.at(item.get(Element::DeviceID).unwrap_or_default()));
        }
        let status = item.get(Element::Status).map(crate::base::text::trim).unwrap_or_default();
        if !matches!(status, "" | "ON" | "OFF") {
            oddities.add(oddity::STATUS_SPELLING.at(status));
        }
    }
}

/// What was declared and what came.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// Whether the catalogue can carry a number.
    pub state: CatalogState,
    /// Why not.
    pub why: &'a [Why],
    /// Largest `SumNum` of the last full query.
    pub declared: u64,
    /// Distinct items received.
    pub received: u64,
}

impl Catalog {
    /// Its numbers, for the rules.
    #[must_use]
    pub fn counts(&self) -> Counts<'_> {
        Counts { state: self.state, why: &self.why, declared: self.declared, received: self.received }
    }

    /// Takes the rows of a table in: a table declares no total.
    pub fn add_table(&mut self, rows: Vec<RawItem>) {
        let before = std::mem::take(&mut self.items);
        if before.is_empty() && self.messages == 0 {
            self.state = CatalogState::Unstated;
            self.why.clear();
        }
        let mut raw: Vec<RawItem> = before.into_iter().map(Item::into_raw).collect();
        let mut set = AnswerSet::new(true);
        for row in rows {
            set.add(Document { items: vec![row], ..Document::default() });
        }
        let offered = raw.len() as u64 + set.received() + set.repeats;
        raw.extend(set.into_items());
        let (items, _) = merge(raw.into_iter().map(|raw| (0, Item::new(raw))).collect(), &mut self.oddities);
        self.received = items.len() as u64;
        self.duplicates += offered.saturating_sub(self.received);
        self.items = items;
        self.collisions = collisions(&self.items);
    }
}

/// A value of one item that is to be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its place in [`Catalog::items`].
    pub item: usize,
    /// The element.
    pub element: Element,
    /// The new text.
    pub value: String,
}

/// What a catalogue was before it was edited.
#[derive(Debug)]
pub struct Unedited {
    items: Vec<(usize, Item)>,
    /// Line and lines of every item, and the codes that several share, where edits changed codes.
    lines: Option<(Vec<(u32, u32)>, u64)>,
}

impl Catalog {
    /// The catalogue as it would be with these edits: the same items in the same order, shared codes counted anew.
    /// What it gives back undoes it.
    pub fn edit(&mut self, edits: &[Edit]) -> Unedited {
        let mut before = Unedited { items: Vec::new(), lines: None };
        let mut changes: BTreeMap<usize, Vec<(Element, &str)>> = BTreeMap::new();
        for edit in edits {
            changes.entry(edit.item).or_default().push((edit.element, &edit.value));
        }
        for (place, changes) in changes {
            if let Some(item) = self.items.get_mut(place) {
                let edited = item.with(&changes);
                before.items.push((place, std::mem::replace(item, edited)));
            }
        }
        if !edits.iter().any(|edit| edit.element == Element::DeviceID) {
            return before;
        }
        before.lines = Some((self.items.iter().map(|i| (i.occurrence, i.occurrences)).collect(), self.collisions));
        let mut lines: HashMap<String, (u32, u32)> = HashMap::new();
        for item in &self.items {
            lines.entry(item.id().to_owned()).or_default().1 += 1;
        }
        for item in &mut self.items {
            if let Some((seen, all)) = lines.get_mut(item.id()) {
                *seen += 1;
                (item.occurrence, item.occurrences) = (*seen, *all);
            }
        }
        self.collisions = collisions(&self.items);
        before
    }

    /// The catalogue as it was before [`Self::edit`].
    pub fn undo(&mut self, before: Unedited) {
        for (place, item) in before.items {
            if let Some(slot) = self.items.get_mut(place) {
                *slot = item;
            }
        }
        let Some((lines, collisions)) = before.lines else { return };
        for (item, line) in self.items.iter_mut().zip(lines) {
            (item.occurrence, item.occurrences) = line;
        }
        self.collisions = collisions;
    }
}

pub(super) fn collisions(items: &[Item]) -> u64 {
    let codes: BTreeSet<&str> = items.iter().filter(|i| i.occurrences > 1 && !i.id().is_empty()).map(Item::id).collect();
    codes.len() as u64
}

pub(super) fn reason_for_nothing(queries: &[QueryRecord], answered: bool) -> Why {
    match queries.iter().rfind(|q| q.purpose == Purpose::Full).map(|q| q.end) {
        Some(QueryEnd::Refused(_)) => QUERY_REFUSED,
        Some(QueryEnd::Interrupted) => INTERRUPTED,
        _ if answered => SUM_NUM_ABSENT,
        _ => NO_ANSWER,
    }
}

/// Merges items, each with the number of its answer, by identity: the newest answer's other fields win, copies under
/// several parents become one camera, and what differs in identity under one code stays apart. Gives the lines and how
/// many distinct items that makes towards `SumNum`.
pub(super) fn merge(all: Vec<(usize, Item)>, oddities: &mut Oddities) -> (Vec<Item>, u64) {
    // Copies of one camera, by their places in `all`; nearly always there is one. Only those with the same hash are
    // looked at, for the identities of a million items would take more room than the items.
    let hashes = std::hash::RandomState::new();
    let mut order: Vec<(u64, usize)> =
        all.iter().zip(0..).map(|((_, item), place)| (hashes.hash_one(item.identity()), place)).collect();
    order.sort_unstable();
    let mut union = 0;
    let mut shared: Vec<([&str; 6], Vec<usize>)> = Vec::new();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        if same.len() == 1 {
            union += 1;
            continue;
        }
        let mut groups: BTreeMap<[&str; 6], Vec<usize>> = BTreeMap::new();
        for (place, (_, item)) in same.iter().filter_map(|(_, place)| Some((*place, all.get(*place)?))) {
            groups.entry(item.identity()).or_default().push(place);
        }
        for (identity, places) in groups {
            union += most_under_each_parent(&all, &places);
            shared.push((identity, places));
        }
    }
    drop(order);
    shared.sort_unstable();
    let shared: Vec<Vec<usize>> = shared.into_iter().map(|(_, places)| places).collect();
    let mut all: Vec<Option<(usize, Item)>> = all.into_iter().map(Some).collect();
    let mut lines = Vec::with_capacity(all.len());
    for places in shared {
        let copies: Vec<(usize, Item)> = places.iter().filter_map(|place| all.get_mut(*place)?.take()).collect();
        let newest = copies.iter().map(|(number, _)| *number).max();
        let contents = copies.into_iter().filter(|(number, _)| Some(*number) == newest).map(|(_, item)| item).collect();
        lines.extend(one_camera(contents, oddities));
    }
    lines.extend(all.into_iter().flatten().map(|(_, item)| item));
    lines.sort_by(|a, b| a.id().cmp(b.id()).then_with(|| a.raw().iter().cmp(b.raw().iter())));
    let mut from = 0;
    while let Some(first) = lines.get(from) {
        let count = lines.iter().skip(from).take_while(|i| i.id() == first.id()).count();
        for (item, k) in lines.iter_mut().skip(from).take(count).zip(1..) {
            item.occurrence = k;
            item.occurrences = u32::try_from(count).unwrap_or(u32::MAX);
        }
        from += count;
    }
    (lines, union)
}

/// How many distinct items answers make towards `SumNum`.
pub(super) fn union(all: &[(usize, Item)]) -> u64 {
    let mut groups: HashMap<[&str; 6], Vec<usize>> = HashMap::with_capacity(all.len());
    for (place, (_, item)) in all.iter().enumerate() {
        groups.entry(item.identity()).or_default().push(place);
    }
    groups.values().map(|places| if places.len() == 1 { 1 } else { most_under_each_parent(all, places) }).sum()
}

/// For each ParentID text of one camera's copies the most distinct contents any one answer has under it, summed.
fn most_under_each_parent(all: &[(usize, Item)], places: &[usize]) -> u64 {
    let mut counts: BTreeMap<(&str, usize), u64> = BTreeMap::new();
    for (number, item) in places.iter().filter_map(|place| all.get(*place)) {
        *counts.entry((item.sent(Element::ParentID).unwrap_or_default(), *number)).or_default() += 1;
    }
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for ((parent, _), count) in counts {
        let entry = most.entry(parent).or_default();
        *entry = (*entry).max(count);
    }
    most.values().sum()
}

/// Copies of one camera become one line; which content stands does not depend on arrival.
fn one_camera(mut contents: Vec<Item>, oddities: &mut Oddities) -> Option<Item> {
    contents.sort_by_cached_key(|item| item.raw().iter().map(|(e, t)| (e, t.to_owned())).collect::<Vec<_>>());
    let fingerprint = |item: &Item| {
        let mut hasher = std::hash::DefaultHasher::new();
        item.hash_without_parent(&mut hasher);
        hasher.finish()
    };
    let mut copies = contents.into_iter();
    let mut first = copies.next()?;
    let same = fingerprint(&first);
    for copy in copies {
        if fingerprint(&copy) != same {
            oddities.add(oddity::ITEM_CONTRADICTS.at(copy.id()));
        }
        if let Some(parent) = copy.sent(Element::ParentID) {
            first.other_parents.push(parent.into());
        }
    }
    Some(first)
}

#[cfg(test)]
mod tests;
