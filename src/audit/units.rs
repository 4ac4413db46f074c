//! Who answers for each camera (责任单位): by the table of the user's, else by ManagementUnit of the record. Owner is not looked at:
//! in the field it holds anything ("Owner" itself, a zero, a vendor).

use std::collections::BTreeMap;

use super::assess::count;
use crate::base::keyed::KeySet;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::indicator::CameraFacts;
use crate::manscdp::item::Element;
use crate::probe::outcome::ProbeVerdict;
use crate::report::units::{NamedBy, UnitRates};
use crate::report::{Camera, GroupRates};
use crate::rules::tables::{TableKind, Tables};

/// Nodes looked at above one camera.
const MAX_ABOVE: usize = 64;
/// Shortest code of a region that names a unit.
const MIN_DIGITS: usize = 2;

/// The rates by unit, in the order of the names; cameras nobody is known to answer for come last. Each camera is told its unit.
pub(super) fn units(
    (items, kinds): (&[Item], &[Kind]),
    tree: &Tree<'_>,
    (cameras, facts): (&mut [Camera], &[CameraFacts]),
    tables: &Tables,
) -> Vec<UnitRates> {
    let mut sums: BTreeMap<(bool, &str, NamedBy), (usize, UnitRates)> = BTreeMap::new();
    for (camera, facts) in cameras.iter_mut().zip(facts) {
        let Some(item) = items.get(camera.item) else { continue };
        let (unit, named_by) = unit_of(item, (items, kinds), tree, tables);
        let met = sums.len();
        let (number, sum) = sums.entry((named_by == NamedBy::Nothing, unit, named_by)).or_insert_with(|| {
            let unit = unit.to_owned();
            let blames = BTreeMap::new();
            (met, UnitRates { unit, named_by, rates: GroupRates::default(), doubtful: 0, blames })
        });
        camera.unit = *number;
        count(&mut sum.rates, facts);
        if let Some(why) = camera.probe.why.filter(|_| facts.drawn && facts.probe != ProbeVerdict::Picture) {
            let doubtful = u64::from(why.doubtful);
            sum.doubtful += doubtful;
            let blamed = sum.blames.entry(why.blame).or_default();
            *blamed = (blamed.0 + 1, blamed.1 + doubtful);
        }
    }
    // From the order they were met in to that of the names.
    let mut places = vec![0; sums.len()];
    for (place, (number, _)) in sums.values().enumerate() {
        if let Some(of) = places.get_mut(*number) {
            *of = place;
        }
    }
    for camera in cameras {
        camera.unit = places.get(camera.unit).copied().unwrap_or(0);
    }
    sums.into_values().map(|(_, rates)| rates).collect()
}

/// The nearest row that names it: of its own code, of what it hangs under, upwards, of the longest beginning of its code.
fn unit_of<'a>(item: &'a Item, (items, kinds): (&'a [Item], &[Kind]), tree: &Tree<'a>, tables: &'a Tables) -> (&'a str, NamedBy) {
    let listed = |code: &str| tables.name_of(TableKind::Units, code);
    if tables.has(TableKind::Units) {
        let found =
            listed(item.id()).or_else(|| above(item, (items, kinds), tree, &listed)).or_else(|| beginning(item.id(), &listed));
        if let Some(unit) = found {
            return (unit, NamedBy::Table);
        }
    }
    match item.text(Element::ManagementUnit) {
        Some(unit) => (unit, NamedBy::Record),
        None => ("", NamedBy::Nothing),
    }
}

/// By breadth: the nearest node with a row. A cycle is walked once.
fn above<'a>(
    item: &Item,
    (items, kinds): (&[Item], &[Kind]),
    tree: &Tree<'_>,
    listed: &impl Fn(&str) -> Option<&'a str>,
) -> Option<&'a str> {
    let mut seen: KeySet<&str> = KeySet::default();
    let mut open: Vec<&str> = item.parents();
    while !open.is_empty() && seen.len() < MAX_ABOVE {
        if let Some(unit) = open.iter().find_map(|code| listed(code)) {
            return Some(unit);
        }
        let mut next = Vec::new();
        for code in open {
            if seen.len() >= MAX_ABOVE || !seen.insert(code) {
                continue;
            }
            let nodes = tree.find(code).filter(|index| kinds.get(*index) != Some(&Kind::Camera));
            next.extend(nodes.filter_map(|index| items.get(index)).flat_map(Item::parents).take(MAX_ABOVE));
        }
        open = next;
    }
    None
}

fn beginning<'a>(code: &str, listed: &impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    (MIN_DIGITS..code.len()).rev().find_map(|digits| listed(code.get(..digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::lang::Lang;
    use crate::manscdp::item::ItemBuilder;

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    #[test]
    fn the_nearest_row_names_the_unit_and_owner_never_does() {
        let nvr = "37172300011180000001";
        let group = "37172300002160000001";
        let mut tables = Tables::default();
        let text = format!("code,unit\n37172300011320000001,甲公司\n{group},文亭街道\n37172301,孙寺派出所\n");
        tables.add(TableKind::Units, &text, Lang::Zh).unwrap();
        let items = [
            item(&[("DeviceID", "37172300011320000001"), ("ParentID", nvr), ("ManagementUnit", "乙公司")]),
            item(&[("DeviceID", "37172300011320000002"), ("ParentID", nvr), ("Owner", "丙公司")]),
            item(&[("DeviceID", "37172301011320000003"), ("Owner", "丙公司")]),
            item(&[("DeviceID", "38172300011320000004"), ("ManagementUnit", " 乙公司 ")]),
            item(&[("DeviceID", "38172300011320000005"), ("Owner", "丙公司"), ("ManagementUnit", "null")]),
            item(&[("DeviceID", nvr), ("ParentID", &format!("{group}/{nvr}"))]),
            item(&[("DeviceID", group), ("ParentID", nvr)]),
        ];
        let kinds =
            [Kind::Camera, Kind::Camera, Kind::Camera, Kind::Camera, Kind::Camera, Kind::Device, Kind::VirtualOrganisation];
        let tree = Tree::new(&items);
        let of = |index: usize, tables: &Tables| {
            let (unit, by) = unit_of(&items[index], (&items, &kinds), &tree, tables);
            (unit.to_owned(), by.id())
        };
        assert_eq!(of(0, &tables), ("甲公司".into(), "table"));
        assert_eq!(of(1, &tables), ("文亭街道".into(), "table"), "what its recorder hangs under");
        assert_eq!(of(2, &tables), ("孙寺派出所".into(), "table"), "the longest beginning of its code");
        assert_eq!(of(3, &tables), ("乙公司".into(), "record"));
        assert_eq!(of(4, &tables), (String::new(), "unknown"));
        assert_eq!(of(0, &Tables::default()), ("乙公司".into(), "record"));
        let wrong = Tables::default().add(TableKind::Units, "code,unit\n371723,\n", Lang::En).unwrap_err();
        assert_eq!(wrong.0, 2, "a row without a unit is said");
    }
}
