//! Cameras that bear the same value: found by sorting numbers once, kept by their places in the catalogue.
//!
//! Who is alone leaves nothing behind. A value is compared as it is, never by its hash alone.

use std::hash::{BuildHasher as _, Hash};

use rayon::prelude::*;

use crate::base::keyed::{KeyMap, State};
use crate::catalog::Item;

/// Half the hash of a value and a place in one number: eight octets a camera, and nothing else to compare.
pub(super) fn key(value: impl Hash, place: u32, state: &State) -> u64 {
    state.hash_one(value) & !u64::from(u32::MAX) | u64::from(place)
}

/// Goes through the groups of two or more cameras whose [`key`]s are of one value, each in the order of the catalogue.
/// Others may stand among them: half a hash tells values apart, but not all.
pub(super) fn roughly(mut keys: Vec<u64>, mut each: impl FnMut(&[u32])) {
    keys.par_sort_unstable();
    let mut group = Vec::new();
    for run in keys.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
        group.clear();
        group.extend(run.iter().filter_map(|key| u32::try_from(key & u64::from(u32::MAX)).ok()));
        each(&group);
    }
}

/// Goes through the groups of two or more of these cameras that have exactly the same value, each in the order of the
/// catalogue. Sorted, so that a million alike cost no more than a million unlike.
pub(super) fn exactly<'a, V: Ord>(
    places: &[u32],
    items: &'a [Item],
    value: impl Fn(&'a Item) -> Option<V>,
    mut each: impl FnMut(&[(V, u32)]),
) {
    let valued = places.iter().filter_map(|place| Some((value(items.get(*place as usize)?)?, *place)));
    let mut valued: Vec<(V, u32)> = valued.collect();
    valued.sort_unstable();
    valued.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1).for_each(&mut each);
}

/// How many cameras bear the same, of those that do not bear it alone.
#[derive(Debug, Default)]
pub(super) struct Counts(KeyMap<u32, u32>);

impl Counts {
    pub(super) fn add<V>(&mut self, group: &[(V, u32)]) {
        let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
        self.0.extend(group.iter().map(|(_, place)| (*place, count)));
    }

    /// With the camera at this place.
    pub(super) fn of(&self, place: u32) -> u32 {
        self.0.get(&place).copied().unwrap_or(1)
    }
}

/// Cameras that share a value with one of another owner: the place of that one, by their own.
#[derive(Debug, Default)]
pub(super) struct Sharers(KeyMap<u32, u32>);

impl Sharers {
    /// Adds cameras with one value. Whoever shares it with another owner shares it with one of two, so that nobody has to
    /// look through a long list.
    pub(super) fn add<V>(&mut self, group: &[(V, u32)], items: &[Item], differ: impl Fn(&Item, &Item) -> bool) {
        let item = |place: u32| items.get(place as usize);
        let apart = |a: u32, b: u32| item(a).zip(item(b)).is_some_and(|(a, b)| differ(a, b));
        let places = || group.iter().map(|(_, place)| *place);
        let Some(first) = places().next() else { return };
        let Some(other) = places().find(|place| apart(first, *place)) else { return };
        for place in places() {
            let shared = [first, other].into_iter().find(|other| apart(place, *other));
            self.0.extend(shared.map(|other| (place, other)));
        }
    }

    /// The other for the camera at this place.
    pub(super) fn of<'a>(&self, place: u32, items: &'a [Item]) -> Option<&'a Item> {
        items.get(*self.0.get(&place)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn item(id: &str, name: &str) -> Item {
        let mut builder = ItemBuilder::default();
        builder.push("DeviceID", false, id);
        builder.push("Name", false, name);
        Item::new(builder.finish(false))
    }

    #[test]
    fn one_half_of_a_hash_brings_together_and_the_value_decides() {
        let items = [item("1", "a"), item("2", "b"), item("1", "a"), item("3", "b"), item("4", "b"), item("5", "c")];
        let name = |item: &Item| item.text(crate::manscdp::item::Element::Name).map(ToOwned::to_owned);
        let (mut sharers, mut counts) = (Sharers::default(), Counts::default());
        let same_hash: Vec<u64> = (0..6).rev().collect();
        roughly(same_hash, |places| {
            exactly(places, &items, name, |group| {
                counts.add(group);
                sharers.add(group, &items, |a, b| a.id() != b.id());
            });
        });
        let others = [0, 1, 2, 3, 4, 5].map(|place| sharers.of(place, &items).map(Item::id));
        assert_eq!(others, [None, Some("3"), None, Some("2"), Some("2"), None], "two lines of one code are one owner");
        assert_eq!([0, 1, 2, 3, 4, 5].map(|place| counts.of(place)), [2, 3, 2, 3, 3, 1]);
    }

    #[test]
    fn the_same_value_has_the_same_half_wherever_it_stands() {
        let state = State::default();
        assert_eq!(key("x", 7, &state) >> 32, key("x", 8, &state) >> 32);
        assert_eq!(key("x", 7, &state) & u64::from(u32::MAX), 7);
    }
}
