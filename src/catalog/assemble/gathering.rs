//! Takes bodies in one by one, tells whose answer each is, and makes the catalogue of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

use super::proof::{Basis, Changes, MAX_PARTS, Named, Part, Proof};
use super::{
    ANSWERS_DIFFER, BRANCH_HAS_MORE, Catalog, CatalogState, INTERRUPTED, ITEMS_MISSING, MORE_THAN_DECLARED, Purpose, QueryEnd,
    QueryRecord, SN_UNCONFIRMED, Why, collisions, counts_up, merge, note_message, reason_for_nothing, union,
};
use crate::base::device_id::{DeviceId, is_digits};
use crate::base::oddity::{self, Oddities};
use crate::catalog::answer::AnswerSet;
use crate::catalog::arrival::Arrival;
use crate::catalog::item::Item;
use crate::catalog::journal::{Journal, Standing, Taken};
use crate::catalog::notice::Notices;
use crate::manscdp::item::{Element, RawItem};

/// Groups of foreign messages that are told apart; more are a peer that answers at random.
const MAX_FOREIGN_GROUPS: usize = 1_000;
/// DeviceIDs kept of one answer.
const MAX_DEVICES: usize = 4;

/// What came under one SN.
#[derive(Debug)]
struct Own {
    sn: Option<u64>,
    set: AnswerSet,
    /// DeviceIDs the answer names.
    devices: BTreeSet<String>,
    late: u64,
    foreign: u64,
}

/// What came under a foreign SN while one query was open, and speaks of one total.
#[derive(Debug)]
struct Foreign {
    window: usize,
    total: Option<u64>,
    set: AnswerSet,
    key: Key,
    adopted: bool,
}

/// Which foreign messages belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// Their SNs count up from the query's.
    CountingUp,
    /// They have this SN.
    Sn(u64),
    /// More SNs than are told apart, or none.
    Rest,
}

/// Foreign messages that can be one answer.
struct Candidate {
    total: u64,
    groups: Vec<usize>,
    items: HashSet<u128>,
}

impl Candidate {
    /// As many items as it declares.
    fn is_exact(&self) -> bool {
        self.items.len() as u64 == self.total
    }

    /// How much came of it. What several SNs bring together and is more than they declare is no one's answer.
    fn weight(&self) -> usize {
        let overfull = self.groups.len() > 1 && self.items.len() as u64 > self.total;
        if overfull { 0 } else { self.items.len() }
    }
}

/// Bodies being taken in.
pub(super) struct Gathering<'a> {
    platform_id: &'a str,
    queries: &'a [QueryRecord],
    from_files: bool,
    own: Vec<Own>,
    by_sn: HashMap<Option<u64>, usize>,
    foreign: Vec<Foreign>,
    groups: HashMap<(usize, Option<u64>, Key), usize>,
    /// Journal entries of foreign messages, with their group.
    foreign_entries: Vec<(usize, usize)>,
    /// The query open by now.
    open: usize,
    taken: u64,
    notices: Notices,
    journal: Journal,
    oddities: Oddities,
}

fn number(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |n| n.saturating_add(1))
}

impl<'a> Gathering<'a> {
    pub(super) fn new(platform_id: &'a str, queries: &'a [QueryRecord]) -> Self {
        let mut new = Self {
            platform_id,
            queries,
            from_files: queries.is_empty(),
            own: Vec::new(),
            by_sn: HashMap::new(),
            foreign: Vec::new(),
            groups: HashMap::new(),
            foreign_entries: Vec::new(),
            open: 0,
            taken: 0,
            notices: Notices::default(),
            journal: Journal::default(),
            oddities: Oddities::default(),
        };
        for query in queries {
            new.begin(Some(u64::from(query.sn)));
        }
        new
    }

    fn begin(&mut self, sn: Option<u64>) -> usize {
        let place = self.own.len();
        self.by_sn.insert(sn, place);
        let set = AnswerSet::new(true);
        self.own.push(Own { sn, set, devices: BTreeSet::new(), late: 0, foreign: 0 });
        place
    }

    fn query(&self, place: usize) -> Option<&'a QueryRecord> {
        self.queries.get(place)
    }

    fn purpose(&self, place: usize) -> Purpose {
        self.query(place).map_or(Purpose::Full, |q| q.purpose)
    }

    /// Takes a body.
    pub(super) fn take(&mut self, mut arrival: Arrival) {
        while self.queries.get(self.open + 1).is_some_and(|next| next.before <= self.taken) {
            self.open += 1;
        }
        self.taken += 1;
        let mut met = Oddities::default();
        met.extend(std::mem::take(&mut arrival.document.oddities));
        let sn = arrival.document.sn();
        let mut own = self.by_sn.get(&sn).copied();
        // Some answer a query by NOTIFY; its SN tells.
        if arrival.is_notice() || (arrival.notify && own.is_none()) {
            if !arrival.is_notice() {
                met.note(oddity::NOTIFY_AS_RESPONSE);
            }
            let items = std::mem::take(&mut arrival.document.items);
            let count = Taken { items: items.len() as u64, new: 0, salvaged: 0 };
            self.journal.push(&arrival, count, &met, Standing::Notified);
            self.notices.wait(arrival.at, items);
            self.oddities.absorb(&met);
            return;
        }
        let about = own.and_then(|place| self.query(place)).map(|q| q.about.as_str()).filter(|about| !about.is_empty());
        note_message(&arrival.document, about.unwrap_or(self.platform_id), self.from_files, &mut met);
        self.oddities.absorb(&met);
        // In files the order of first appearance stands for the order of asking.
        if own.is_none() && self.from_files {
            own = Some(self.begin(sn));
        }
        let items = std::mem::take(&mut arrival.document.items);
        let salvaged = items.iter().filter(|i| i.salvaged()).count() as u64;
        let mut count = Taken { items: items.len() as u64, new: 0, salvaged };
        let (total, cut_off) = (arrival.document.sum_num(), arrival.document.cut_off);
        let standing = match own.and_then(|place| Some((place, self.own.get_mut(place)?))) {
            Some((place, own)) => {
                count.new = own.set.take(total, cut_off, items);
                let device = arrival.document.get("DeviceID").filter(|device| !own.devices.contains(*device));
                if let Some(device) = device.filter(|_| own.devices.len() < MAX_DEVICES) {
                    own.devices.insert(device.to_owned());
                }
                let is_late = self.open > place && !self.from_files;
                own.late += u64::from(is_late);
                if is_late { Standing::Late(number(place)) } else { Standing::Answer(number(place)) }
            }
            None => {
                let group = self.group(sn, total);
                self.foreign_entries.push((self.journal.entries().len(), group));
                if let Some(group) = self.foreign.get_mut(group) {
                    count.new = group.set.take(total, cut_off, items);
                }
                Standing::Unsolicited
            }
        };
        self.journal.push(&arrival, count, &met, standing);
    }

    /// The group of a foreign message.
    fn group(&mut self, sn: Option<u64>, total: Option<u64>) -> usize {
        let window = self.open;
        // Only a full query can have been answered under another SN, and only by who says a total.
        let total = total.filter(|_| self.purpose(window) == Purpose::Full);
        let asked = self.own.get(window).and_then(|own| own.sn);
        let mut key = match (sn, asked, total) {
            (Some(sn), Some(asked), Some(total)) if counts_up(asked, sn, total) => Key::CountingUp,
            (Some(sn), _, Some(_)) => Key::Sn(sn),
            _ => Key::Rest,
        };
        let mut total = total;
        if self.groups.len() >= MAX_FOREIGN_GROUPS && !self.groups.contains_key(&(window, total, key)) {
            key = Key::Rest;
            total = total.filter(|total| {
                self.groups.len() < 2 * MAX_FOREIGN_GROUPS || self.groups.contains_key(&(window, Some(*total), key))
            });
        }
        let foreign = &mut self.foreign;
        *self.groups.entry((window, total, key)).or_insert_with(|| {
            foreign.push(Foreign { window, total, set: AnswerSet::new(total.is_some()), key, adopted: false });
            foreign.len() - 1
        })
    }

    /// Gives answers what came for them under foreign SNs. False when nothing shows that it was meant for us.
    fn adopt(&mut self) -> bool {
        if self.from_files {
            return true;
        }
        let full: Vec<usize> = (0..self.own.len()).filter(|place| self.purpose(*place) == Purpose::Full).collect();
        for place in &full {
            let Some(own) = self.own.get(*place).filter(|own| !own.set.is_whole()) else { continue };
            let said = own.set.declared();
            let counting = self.foreign.iter().enumerate().filter(|(_, g)| g.window == *place && g.key == Key::CountingUp);
            let counting = counting.filter(|(_, g)| said.is_none() || said == g.total);
            if let Some((group, _)) = counting.max_by_key(|(_, g)| g.total) {
                self.absorb(*place, &[group]);
            }
        }
        if full.iter().any(|place| self.own.get(*place).is_some_and(|own| own.set.messages > 0)) {
            return true;
        }
        // A single answer under a foreign SN may be anybody's; two that agree are the peer's way of counting.
        let candidates: Vec<(usize, Vec<Candidate>)> = full.iter().map(|place| (*place, self.candidates(*place))).collect();
        // Nor is what agrees but is less than something else that came: a stray answer comes twice as well.
        let largest = candidates.iter().flat_map(|(_, of)| of).map(Candidate::weight).max().unwrap_or(0);
        let mut chosen: Vec<(usize, Vec<usize>)> = Vec::new();
        for (n, (first, of_first)) in candidates.iter().enumerate() {
            for (second, of_second) in candidates.iter().skip(n + 1) {
                let pairs = of_first.iter().flat_map(|a| of_second.iter().map(move |b| (a, b)));
                let agreeing = pairs
                    .into_iter()
                    .find(|(a, b)| a.is_exact() && a.items.len() >= largest && a.total == b.total && a.items == b.items);
                if let (Some((a, b)), true) = (agreeing, chosen.is_empty()) {
                    chosen = vec![(*first, a.groups.clone()), (*second, b.groups.clone())];
                }
            }
        }
        let confirmed = !chosen.is_empty();
        if !confirmed {
            for (place, of_place) in candidates {
                let best = of_place.into_iter().max_by_key(|c| (c.weight(), c.is_exact(), c.total));
                chosen.extend(best.map(|best| (place, best.groups)));
            }
        }
        for (place, groups) in chosen {
            self.absorb(place, &groups);
        }
        confirmed
    }

    /// What can be the answer to a query that was not answered under its SN: the messages of one SN, or all that speak of
    /// one total.
    fn candidates(&self, window: usize) -> Vec<Candidate> {
        let mut by_total: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let mut candidates = Vec::new();
        for (number, group) in self.foreign.iter().enumerate().filter(|(_, g)| g.window == window) {
            let Some(total) = group.total else { continue };
            by_total.entry(total).or_default().push(number);
            candidates.push(Candidate { total, groups: vec![number], items: group.set.fingerprints().collect() });
        }
        for (total, groups) in by_total.into_iter().filter(|(_, groups)| groups.len() > 1) {
            let items = groups.iter().filter_map(|g| self.foreign.get(*g)).flat_map(|g| g.set.fingerprints()).collect();
            candidates.push(Candidate { total, groups, items });
        }
        candidates
    }

    fn absorb(&mut self, place: usize, groups: &[usize]) {
        for number in groups {
            let (Some(own), Some(group)) = (self.own.get_mut(place), self.foreign.get_mut(*number)) else { return };
            self.oddities.add(oddity::SN_MISMATCH.at(format!("SumNum {}", group.total.unwrap_or(0))));
            own.foreign += group.set.messages;
            own.set.absorb(std::mem::take(&mut group.set));
            group.adopted = true;
        }
    }

    pub(super) fn finish(mut self) -> Catalog {
        let confirmed = self.adopt();
        self.own.iter_mut().for_each(|own| own.set.mend());
        let mut unsolicited = 0;
        for group in self.foreign.iter().filter(|g| !g.adopted) {
            unsolicited += group.set.messages;
            let total = group.total.map_or_else(|| "-".to_owned(), |total| total.to_string());
            self.oddities.add_many(oddity::UNSOLICITED, group.set.messages, &format!("SumNum {total}"));
        }
        for (entry, group) in std::mem::take(&mut self.foreign_entries) {
            if let Some(group) = self.foreign.get(group).filter(|g| g.adopted) {
                self.journal.stand(entry, Standing::Foreign(number(group.window)));
            }
        }
        for own in self.own.iter().filter(|own| own.set.sum_nums.len() > 1) {
            let values: Vec<_> = own.set.sum_nums.iter().take(10).map(ToString::to_string).collect();
            self.oddities.add(oddity::SUM_NUM_CHANGES.at(values.join(", ")));
        }
        let mut catalog = self.count(unsolicited);
        // What may be anybody's answer proves nothing, neither that items are missing nor that sources disagree.
        if !confirmed && catalog.messages > 0 {
            catalog.state = CatalogState::Incomplete;
            catalog.why = vec![SN_UNCONFIRMED];
            catalog.proof.basis = Basis::Nothing;
        }
        catalog
    }

    fn count(mut self, unsolicited: u64) -> Catalog {
        let (mut parts, sets) = self.parts();
        let full: Vec<&Part> = parts.iter().filter(|p| p.purpose == Purpose::Full && p.messages > 0).collect();
        let messages = full.iter().map(|p| p.messages).sum();
        let duplicates = full.iter().map(|p| p.repeated).sum();
        let declared = full.iter().filter_map(|p| p.declared).next_back();
        let whole: HashSet<u32> = full.iter().filter(|p| p.is_whole() && p.received > 0).map(|p| p.number).collect();
        let single = match full.as_slice() {
            [one] => Some(one.received),
            _ => None,
        };
        let mut all: Vec<(usize, Item)> = Vec::new();
        let (mut branches, mut polled) = (Vec::new(), None);
        for (place, items) in sets {
            match self.purpose(place) {
                Purpose::Full => all.extend(items.into_iter().map(|raw| (place, Item::new(raw)))),
                Purpose::Branch => branches.push((place, items)),
                Purpose::Poll => polled = Some((place, items)),
            }
        }
        let differ = self.differ(&all, &whole);
        let doubtful_twins = whole.is_empty() && full.len() > 1 && twins_across(&all);
        if full.len() + branches.len() > 1 {
            collisions_by_part(&all, &mut parts);
        }
        let mut proof = Proof::default();
        // What the full answers come to by themselves; branches are only looked at where there are any.
        let alone = (!branches.is_empty()).then(|| union(&all));
        let extra = Self::branches(branches, &all, declared, &mut parts, &mut proof);
        let short = alone.zip(declared).is_some_and(|(alone, declared)| alone < declared);
        let lacking = parts.iter().map(|p| p.extra).sum::<u64>();
        let with_branches = short || lacking > 0;
        if with_branches {
            all.extend(extra);
        }
        let (items, union) = merge(all, &mut self.oddities);
        let received = single.filter(|_| !with_branches).unwrap_or(union);
        proof.from_branches = if with_branches { received.saturating_sub(alone.unwrap_or(received)) } else { 0 };
        let has_more = !short && lacking > 0;
        let (state, why) = self.verdict(declared, received, (differ, has_more), messages > 0);
        if why.contains(&MORE_THAN_DECLARED) {
            self.oddities.add(oddity::MORE_THAN_DECLARED.at(format!("{received} / {}", declared.unwrap_or(0))));
        }
        if state == CatalogState::Complete {
            proof.basis = match () {
                () if short => Basis::Branches,
                () if whole.len() > 1 => Basis::TwoAnswers,
                () if !whole.is_empty() || received == 0 => Basis::Declared,
                () => Basis::Union,
            };
            if short {
                self.oddities.add(oddity::BRANCHES_REPAIRED.at(proof.from_branches.to_string()));
            }
            if doubtful_twins {
                self.oddities.note(oddity::TWIN_OR_CHANGED);
            }
        }
        proof.changes = polled.map(|(place, raw)| changes(&items, &raw, parts.get(place).is_some_and(Part::is_whole)));
        proof.parts_left_out = parts.len().saturating_sub(MAX_PARTS) as u64;
        parts.truncate(MAX_PARTS);
        let collisions = collisions(&items);
        if let [only] = parts.as_mut_slice() {
            only.colliding = collisions;
        }
        proof.parts = parts;
        let salvaged = items.iter().filter(|i| i.raw().salvaged()).count() as u64;
        self.notices.apply(&items);
        Catalog {
            state,
            why,
            declared: declared.unwrap_or(0),
            received,
            missing: declared.unwrap_or(0).saturating_sub(received),
            duplicates,
            messages,
            unsolicited,
            collisions,
            salvaged,
            items,
            oddities: self.oddities,
            proof,
            journal: self.journal,
            notices: self.notices,
        }
    }

    /// What came of each query, and its items.
    fn parts(&mut self) -> (Vec<Part>, Vec<(usize, Vec<RawItem>)>) {
        let mut parts = Vec::with_capacity(self.own.len());
        let mut sets = Vec::with_capacity(self.own.len());
        for (place, own) in std::mem::take(&mut self.own).into_iter().enumerate() {
            let query = self.query(place);
            let about = query.map(|q| q.about.clone()).unwrap_or_default();
            parts.push(Part {
                number: number(place),
                sn: own.sn,
                purpose: self.purpose(place),
                end: query.map_or(QueryEnd::Answered, |q| q.end),
                declared: own.set.declared(),
                received: own.set.received(),
                repeated: own.set.repeats,
                colliding: 0,
                salvaged: own.set.salvaged,
                cut_off: own.set.cut_off,
                messages: own.set.messages,
                foreign: own.foreign,
                late: own.late,
                ignored: !about.is_empty() && own.devices.iter().any(|device| *device != about),
                extra: 0,
                about,
            });
            sets.push((place, own.set.into_items()));
        }
        (parts, sets)
    }

    /// Whether two whole answers differ in more than Status, which is a claim of the moment.
    fn differ(&mut self, all: &[(usize, Item)], whole: &HashSet<u32>) -> bool {
        if whole.len() < 2 {
            return false;
        }
        let differ = |with_status: bool| {
            let mut contents: BTreeMap<usize, HashSet<u64>> = BTreeMap::new();
            for (place, item) in all.iter().filter(|(place, _)| whole.contains(&number(*place))) {
                contents.entry(*place).or_default().insert(content(item.raw(), with_status));
            }
            let contents: Vec<_> = contents.into_values().collect();
            contents.windows(2).any(|w| matches!(w, [a, b] if a != b))
        };
        let lasting = differ(false);
        if !lasting && differ(true) {
            self.oddities.note(oddity::STATUS_CHANGED);
        }
        lasting
    }

    /// Looks at the answers to queries of branches. Gives the items that count towards the declared total.
    fn branches(
        branches: Vec<(usize, Vec<RawItem>)>,
        all: &[(usize, Item)],
        declared: Option<u64>,
        parts: &mut [Part],
        proof: &mut Proof,
    ) -> Vec<(usize, Item)> {
        let mut counted = Vec::new();
        if branches.is_empty() {
            return counted;
        }
        let codes: HashSet<&str> = all.iter().map(|(_, item)| item.id()).collect();
        let classes: HashSet<u16> = codes.iter().filter_map(|code| node_class(code)).collect();
        for (place, items) in branches {
            let Some(part) = parts.get_mut(place) else { continue };
            // The whole list in place of a branch, whatever DeviceID stands over it.
            part.ignored |= part.declared.is_some_and(|n| n > 0) && part.declared == declared;
            for item in items.into_iter().map(Item::new) {
                let known = codes.contains(item.id());
                // A list without nodes does not count them: one that a branch brings is none of the missing.
                if !known && node_class(item.id()).is_some_and(|class| !classes.contains(&class)) {
                    proof.doubted += 1;
                    continue;
                }
                part.extra += u64::from(!known && !part.ignored);
                counted.push((place, item));
            }
        }
        counted
    }

    fn verdict(
        &self,
        declared: Option<u64>,
        received: u64,
        (differ, has_more): (bool, bool),
        answered: bool,
    ) -> (CatalogState, Vec<Why>) {
        match declared {
            None if self.from_files => (CatalogState::Unstated, Vec::new()),
            None => (CatalogState::Incomplete, vec![reason_for_nothing(self.queries, answered)]),
            Some(_) if has_more => (CatalogState::Disputed, vec![BRANCH_HAS_MORE]),
            Some(declared) if received >= declared && differ => (CatalogState::Disputed, vec![ANSWERS_DIFFER]),
            Some(declared) if received > declared => (CatalogState::Disputed, vec![MORE_THAN_DECLARED]),
            Some(declared) if received < declared => {
                let mut why = vec![ITEMS_MISSING];
                if self.queries.iter().any(|q| q.end == QueryEnd::Interrupted) {
                    why.push(INTERRUPTED);
                }
                (CatalogState::Incomplete, why)
            }
            Some(_) => (CatalogState::Complete, Vec::new()),
        }
    }
}

/// What an item says, with or without its Status.
fn content(raw: &RawItem, with_status: bool) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for (element, text) in raw.iter().filter(|(e, _)| with_status || *e != Element::Status) {
        (element, text).hash(&mut hasher);
    }
    hasher.finish()
}

/// The class of a code that is no camera's: a list counts all nodes of a class or none.
fn node_class(code: &str) -> Option<u16> {
    match DeviceId::new_checked(code) {
        Some(code) => Some(code.kind()).filter(|kind| matches!(kind, 111..=130 | 200..=299)),
        None => (matches!(code.len(), 2 | 4 | 6 | 8) && is_digits(code)).then_some(0),
    }
}

/// Whether one code has different items in different answers, and never as many in one of them: two cameras, or one that
/// was changed between the answers.
fn twins_across(all: &[(usize, Item)]) -> bool {
    let mut identities: HashMap<&str, BTreeSet<[&str; 6]>> = HashMap::new();
    let mut by_answer: HashMap<(&str, usize), usize> = HashMap::new();
    for (place, item) in all {
        identities.entry(item.id()).or_default().insert(item.identity());
        *by_answer.entry((item.id(), *place)).or_default() += 1;
    }
    let mut most: HashMap<&str, usize> = HashMap::new();
    for ((code, _), count) in by_answer {
        let entry = most.entry(code).or_default();
        *entry = (*entry).max(count);
    }
    identities.iter().any(|(code, identities)| identities.len() > most.get(code).copied().unwrap_or(0))
}

/// Codes under which several different items came, answer by answer.
fn collisions_by_part(all: &[(usize, Item)], parts: &mut [Part]) {
    let mut first: HashMap<(usize, &str), Option<[&str; 6]>> = HashMap::new();
    for (place, item) in all.iter().filter(|(_, item)| !item.id().is_empty()) {
        let identity = item.identity();
        match first.get_mut(&(*place, item.id())) {
            None => {
                first.insert((*place, item.id()), Some(identity));
            }
            Some(known) if known.is_some_and(|known| known != identity) => {
                *known = None;
                if let Some(part) = parts.get_mut(*place) {
                    part.colliding += 1;
                }
            }
            Some(_) => (),
        }
    }
}

/// What is another at the end, by code.
fn changes(items: &[Item], later: &[RawItem], whole: bool) -> Changes {
    fn gather<'a>(items: impl Iterator<Item = &'a RawItem>) -> BTreeMap<&'a str, BTreeSet<u64>> {
        let mut by_code: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for raw in items {
            let code = raw.get(Element::DeviceID).map_or("", crate::base::text::trim);
            by_code.entry(code).or_default().insert(content(raw, false));
        }
        by_code
    }
    let (before, after) = (gather(items.iter().map(Item::raw)), gather(later.iter()));
    let vanished = before.keys().filter(|code| whole && !after.contains_key(*code));
    let changed = after.iter().filter(|(code, now)| before.get(*code).is_some_and(|then| then.is_disjoint(now)));
    Changes {
        added: Named::of(after.keys().filter(|code| !before.contains_key(*code)).copied()),
        vanished: Named::of(vanished.copied()),
        changed: Named::of(changed.map(|(code, _)| *code)),
        whole,
    }
}
