//! How items hang together: who has children, which recorder and which nodes a camera is under.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rayon::prelude::*;

use super::item::Item;
use super::kind::{Kind, is_recorder};
use crate::base::keyed::{KeyMap, KeySet, State};

/// Items read by one thread before it takes the next.
const CHUNK: usize = 4_096;

/// Index of a catalogue by code and parent. The codes stay in the items: kept are their places.
#[derive(Debug)]
pub struct Tree<'a> {
    items: &'a [Item],
    state: State,
    /// The place of the first item of each code.
    first: HashTable<u32>,
    /// By that place: those of the others with the same code.
    others: KeyMap<u32, Vec<u32>>,
    parents: KeySet<&'a str>,
}

impl<'a> Tree<'a> {
    /// Indexes items.
    #[must_use]
    pub fn new(items: &'a [Item]) -> Self {
        let mut tree = Self {
            items,
            state: State::default(),
            first: HashTable::with_capacity(items.len()),
            others: KeyMap::default(),
            parents: KeySet::default(),
        };
        // The items are read on all threads, and put in one after the other by what was read of them.
        let read = items.par_chunks(CHUNK).map(|items| {
            let mut parents: KeySet<&'a str> = KeySet::default();
            let mut before = "";
            for parent in items.iter().flat_map(Item::each_parent) {
                // Neighbours mostly hang under one recorder.
                if parent != before {
                    parents.insert(parent);
                    before = parent;
                }
            }
            let hash = |item: &Item| Some(item.id()).filter(|id| !id.is_empty()).map(|id| tree.state.hash_one(id));
            (items.iter().map(hash).collect::<Vec<Option<u64>>>(), parents)
        });
        let read: Vec<_> = read.collect();
        let mut place = 0;
        for (hashes, parents) in read {
            tree.parents.extend(parents);
            for hash in hashes {
                if let Some(hash) = hash {
                    tree.add(hash, place);
                }
                place += 1;
            }
        }
        tree
    }

    fn add(&mut self, hash: u64, place: u32) {
        let Self { items, state, first, others, .. } = self;
        let id_of = |place: u32| items.get(place as usize).map_or("", Item::id);
        let entry = first.entry(hash, |other| id_of(*other) == id_of(place), |place| state.hash_one(id_of(*place)));
        match entry {
            hashbrown::hash_table::Entry::Occupied(entry) => others.entry(*entry.get()).or_default().push(place),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                entry.insert(place);
            }
        }
    }

    /// The places of the items with this code, in their order.
    pub fn find<'t>(&'t self, id: &str) -> impl Iterator<Item = usize> + use<'t, 'a> {
        let first = self.first(id);
        let others = first.and_then(|first| self.others.get(&first)).map_or(&[][..], Vec::as_slice);
        first.into_iter().chain(others.iter().copied()).map(|place| place as usize)
    }

    /// Whether an item has this code.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.first(id).is_some()
    }

    fn first(&self, id: &str) -> Option<u32> {
        let is = |place: &u32| self.items.get(*place as usize).is_some_and(|item| item.id() == id);
        self.first.find(self.state.hash_one(id), is).copied()
    }

    /// Whether some item names this code as its parent.
    #[must_use]
    pub fn has_children(&self, id: &str) -> bool {
        self.parents.contains(id)
    }

    /// The device a camera's sessions are counted under: the first parent in the catalogue that is a main
    /// front-end device.
    #[must_use]
    pub fn recorder<'b>(&self, item: &'b Item) -> Option<&'b str> {
        item.each_parent().find(|p| is_recorder(p) && self.contains(p))
    }

    /// Every node above an item, each once: parents upwards, and the region nodes its CivilCode begins with.
    #[must_use]
    pub fn ancestors(&self, items: &'a [Item], kinds: &[Kind], item: &'a Item) -> Vec<usize> {
        use crate::manscdp::item::Element;
        let mut found: Vec<usize> = Vec::new();
        let mut seen: KeySet<usize> = KeySet::default();
        let mut open: Vec<&str> = item.parents();
        if let Some(civil) = item.text(Element::CivilCode) {
            open.extend([2, 4, 6, 8].into_iter().filter_map(|n| civil.get(..n)));
        }
        while let Some(id) = open.pop() {
            for index in self.find(id) {
                let Some(node) = items.get(index) else { continue };
                // Cameras are no nodes, and a cycle is walked once.
                if kinds.get(index) == Some(&Kind::Camera) || !seen.insert(index) {
                    continue;
                }
                found.push(index);
                open.extend(node.parents());
                // 2022: a virtual organisation may name only its business group.
                open.extend(node.text(Element::BusinessGroupID));
            }
        }
        found.sort_unstable();
        found
    }
}

impl Tree<'_> {
    /// The region nodes nearest above an item, by its parents upwards. What stands above a region is not looked at.
    #[must_use]
    pub fn regions_above<'b>(&self, items: &'b [Item], kinds: &[Kind], item: &'b Item) -> Vec<&'b str> {
        let mut found: Vec<&str> = Vec::new();
        let mut seen: KeySet<usize> = KeySet::default();
        let mut open: Vec<&str> = item.parents();
        while let Some(id) = open.pop() {
            for index in self.find(id) {
                let Some(node) = items.get(index).filter(|_| seen.insert(index)) else { continue };
                match kinds.get(index) {
                    Some(Kind::Region) => found.push(node.id()),
                    Some(Kind::Camera) | None => (),
                    Some(_) => open.extend(node.parents()),
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    #[test]
    fn ancestors_are_found_once_and_cycles_end() {
        let nvr = "37172300011180000001";
        let group = "37172300002150000001";
        let organisation = "37172300002160000001";
        let items = [
            item(&[
                ("DeviceID", "37172300011320000001"),
                ("ParentID", &format!("{nvr}/{organisation}")),
                ("CivilCode", "371723"),
            ]),
            item(&[("DeviceID", nvr), ("ParentID", nvr)]),
            item(&[("DeviceID", organisation), ("BusinessGroupID", group)]),
            item(&[("DeviceID", group), ("ParentID", organisation)]),
            item(&[("DeviceID", "371723"), ("Name", "成武县")]),
        ];
        let kinds = [Kind::Camera, Kind::Device, Kind::VirtualOrganisation, Kind::BusinessGroup, Kind::Region];
        let tree = Tree::new(&items);
        assert_eq!(tree.ancestors(&items, &kinds, &items[0]), [1, 2, 3, 4]);
        assert_eq!(tree.recorder(&items[0]), Some(nvr));
        assert!(tree.has_children(nvr) && !tree.has_children("371723"));
    }
}
