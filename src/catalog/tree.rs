//! How items hang together: who has children, which recorder and which nodes a camera is under.

use std::collections::{HashMap, HashSet};

use super::item::Item;
use super::kind::{Kind, is_recorder};

/// Index of a catalogue by code and parent.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    by_id: HashMap<&'a str, Vec<usize>>,
    parents: HashSet<&'a str>,
}

impl<'a> Tree<'a> {
    /// Indexes items.
    #[must_use]
    pub fn new(items: &'a [Item]) -> Self {
        let mut tree = Self::default();
        for (i, item) in items.iter().enumerate() {
            if !item.id().is_empty() {
                tree.by_id.entry(item.id()).or_default().push(i);
            }
            tree.parents.extend(item.parents());
        }
        tree
    }

    /// Items with this code.
    #[must_use]
    pub fn find(&self, id: &str) -> &[usize] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
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
        item.parents().into_iter().find(|p| is_recorder(p) && self.by_id.contains_key(p))
    }

    /// Every node above an item, each once: parents upwards, and the region nodes its CivilCode begins with.
    #[must_use]
    pub fn ancestors(&self, items: &'a [Item], kinds: &[Kind], item: &'a Item) -> Vec<usize> {
        use crate::manscdp::item::Element;
        let mut found: Vec<usize> = Vec::new();
        let mut seen: HashSet<usize> = HashSet::new();
        let mut open: Vec<&str> = item.parents();
        if let Some(civil) = item.text(Element::CivilCode) {
            open.extend([2, 4, 6, 8].into_iter().filter_map(|n| civil.get(..n)));
        }
        while let Some(id) = open.pop() {
            for index in self.find(id).iter().copied() {
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
        let mut seen: HashSet<usize> = HashSet::new();
        let mut open: Vec<&str> = item.parents();
        while let Some(id) = open.pop() {
            for index in self.find(id).iter().copied() {
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
