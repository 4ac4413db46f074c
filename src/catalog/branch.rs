//! Which branches of the tree are asked about: those that can lack items, or, to check a whole answer, all of them. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::item::Item;
use super::kind::{Kind, is_recorder};
use super::tree::Tree;
use crate::base::device_id::is_digits;
use crate::base::lang::Text;

/// Branches asked about in one run. Reaching it is reported.
pub const MAX_BRANCHES: usize = 256;
/// Branches in a row that are not answered, or answered with the whole list; then the platform does not support it.
pub const MAX_VAIN: usize = 3;

/// Why a branch is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Items name it as their parent, and it did not come itself.
    NotReceived,
    /// It has, or should have, children, and none came.
    NoChildren,
    /// A recorder says it has more channels than came.
    FewerChannels,
    /// To check a whole answer.
    Check,
}

impl Reason {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::NotReceived => Text::new("有下级而本身未收到", "has children and did not come itself"),
            Self::NoChildren => Text::new("应有下级而未收到", "should have children, none came"),
            Self::FewerChannels => Text::new("自报通道数多于收到的", "says it has more channels than came"),
            Self::Check => Text::new("核对", "to check"),
        }
    }
}

/// The branches to ask about, and how many more there are than the limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Branches {
    /// Codes of their nodes, with the reason.
    pub asked: Vec<(String, Reason)>,
    /// Past [`MAX_BRANCHES`].
    pub left_out: u64,
}

impl Branches {
    fn of(found: BTreeSet<(Reason, &str)>) -> Self {
        let left_out = found.len().saturating_sub(MAX_BRANCHES) as u64;
        let asked = found.into_iter().take(MAX_BRANCHES).map(|(reason, code)| (code.to_owned(), reason)).collect();
        Self { asked, left_out }
    }
}

/// The recorders whose channel count is worth asking for, in their order, at most [`MAX_BRANCHES`].
#[must_use]
pub fn recorders(items: &[Item]) -> Vec<String> {
    let codes: BTreeSet<&str> = items.iter().map(Item::id).filter(|code| is_recorder(code)).collect();
    codes.into_iter().take(MAX_BRANCHES).map(ToOwned::to_owned).collect()
}

/// Branches that can lack items. `channels`: what recorders say of themselves.
#[must_use]
pub fn lacking(items: &[Item], kinds: &[Kind], channels: &[(String, u64)], own: &[&str]) -> Branches {
    let tree = Tree::new(items);
    let mut found: BTreeSet<(Reason, &str)> = BTreeSet::new();
    let mut children: HashMap<&str, HashSet<&str>> = HashMap::new();
    for item in items {
        for parent in item.parents() {
            children.entry(parent).or_default().insert(item.id());
            if is_node_code(parent) && tree.find(parent).next().is_none() {
                found.insert((Reason::NotReceived, parent));
            }
        }
    }
    let regions: HashSet<&str> = items
        .iter()
        .filter_map(|item| item.text(crate::manscdp::item::Element::CivilCode))
        .flat_map(|code| [2, 4, 6, 8].into_iter().filter_map(|n| code.get(..n)))
        .collect();
    for (item, kind) in items.iter().zip(kinds) {
        let is_folder = match kind {
            Kind::Region => !regions.contains(item.id()),
            Kind::System | Kind::BusinessGroup | Kind::VirtualOrganisation => true,
            Kind::Device => item.parental().value() == Some(&true),
            Kind::Camera | Kind::Unclassified => false,
        };
        if is_folder && is_node_code(item.id()) && !tree.has_children(item.id()) {
            found.insert((Reason::NoChildren, item.id()));
        }
    }
    for (recorder, said) in channels {
        if *said > children.get(recorder.as_str()).map_or(0, |c| c.len() as u64) {
            found.insert((Reason::FewerChannels, recorder));
        }
    }
    found.retain(|(_, code)| !own.contains(code));
    // One reason is enough.
    let mut seen: HashSet<&str> = HashSet::new();
    found.retain(|(_, code)| seen.insert(code));
    Branches::of(found)
}

/// Every node there is.
#[must_use]
pub fn all(items: &[Item], kinds: &[Kind], own: &[&str]) -> Branches {
    let is_node = |kind: &Kind| matches!(kind, Kind::Region | Kind::System | Kind::BusinessGroup | Kind::VirtualOrganisation);
    let nodes =
        items.iter().zip(kinds).filter(|(item, kind)| is_node(kind) || (**kind == Kind::Device && is_recorder(item.id())));
    let found = nodes.map(|(item, _)| item.id()).filter(|code| is_node_code(code) && !own.contains(code));
    Branches::of(found.map(|code| (Reason::Check, code)).collect())
}

/// A code a query can name: of a region, or of twenty digits.
fn is_node_code(code: &str) -> bool {
    matches!(code.len(), 2 | 4 | 6 | 8 | 20) && is_digits(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    const PLATFORM: &str = "37172300002000000002";
    const GROUP: &str = "37172300002150000001";
    const EMPTY: &str = "37172300002160000002";
    const LOST: &str = "37172300002160000001";
    const NVR: &str = "37172300011180000001";

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    fn sample() -> (Vec<Item>, Vec<Kind>) {
        let items = vec![
            item(&[("DeviceID", "37172300011320000001"), ("ParentID", &format!("{NVR}/{LOST}")), ("CivilCode", "371723")]),
            item(&[("DeviceID", NVR), ("ParentID", PLATFORM), ("Parental", "1")]),
            item(&[("DeviceID", EMPTY), ("BusinessGroupID", GROUP), ("ParentID", "x y")]),
            item(&[("DeviceID", "371723")]),
            item(&[("DeviceID", "371724")]),
        ];
        let kinds = vec![Kind::Camera, Kind::Device, Kind::VirtualOrganisation, Kind::Region, Kind::Region];
        (items, kinds)
    }

    #[test]
    fn only_branches_that_can_lack_items_are_asked_about() {
        let (items, kinds) = sample();
        let branches = lacking(&items, &kinds, &[(NVR.into(), 2)], &[PLATFORM]);
        let expected = [
            (LOST, Reason::NotReceived),
            (EMPTY, Reason::NoChildren),
            ("371724", Reason::NoChildren),
            (NVR, Reason::FewerChannels),
        ];
        assert_eq!(branches.asked, expected.map(|(code, reason)| (code.to_owned(), reason)));
        let none = lacking(&items, &kinds, &[(NVR.into(), 1)], &[PLATFORM]);
        assert!(!none.asked.iter().any(|(code, _)| code == NVR), "as many channels as it says");
        assert_eq!(recorders(&items), [NVR]);
    }

    #[test]
    fn all_of_them_and_not_more_than_the_limit() {
        let (items, kinds) = sample();
        assert_eq!(all(&items, &kinds, &[PLATFORM]).asked.len(), 4);
        let many: Vec<Item> = (0..400).map(|n| item(&[("DeviceID", &format!("37172300002160{n:06}"))])).collect();
        let branches = all(&many, &vec![Kind::VirtualOrganisation; 400], &[]);
        assert_eq!((branches.asked.len(), branches.left_out), (MAX_BRANCHES, 144));
    }
}
