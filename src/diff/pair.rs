//! Which line of one catalogue is which line of another: by its code, by 编码变更对照表, by what only one camera has.
//!
//! Sorted and joined, so that a million lines under one code cost no more than a million under their own.

use std::collections::HashMap;

use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::Shared;

/// Steps a chain of listed changes is followed.
pub const MAX_CHANGES: usize = 16;

/// What is compared beside the code, in the order of its weight. An IP address alone is left out: it passes on to the
/// camera that is put up in place of another.
pub const MEANS: [Shared; 3] = [Shared::Mac, Shared::Endpoint, Shared::Place];

/// By what two lines were found to be one camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The same code.
    Code,
    /// 编码变更对照表 names both codes.
    Listed,
    /// Both, and no other line of either catalogue, have the same of this.
    Same(Shared),
}

/// Two lines that are one camera, by their places in the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// In the first list.
    pub before: usize,
    /// In the second.
    pub after: usize,
    /// Why.
    pub how: How,
}

/// Two lists held against each other. Every place stands in exactly one of the three, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// In both.
    pub pairs: Vec<Pair>,
    /// In the first only.
    pub only_before: Vec<usize>,
    /// In the second only.
    pub only_after: Vec<usize>,
}

/// Holds two lists of items against each other. `changes`: old and new codes, in the order of time; they are followed both
/// ways, as the later list may be given first.
#[must_use]
pub fn pair(before: &[&Item], after: &[&Item], changes: &[(&str, &str)]) -> Pairing {
    let id = |items: &[&Item], place: usize| items.get(place).map_or(String::new(), |item| item.id().to_owned());
    let mut pairs = Vec::new();
    let (mut old, mut new) = by_code(before, after, &mut pairs);
    // A changed code is looked for only among what no code explains.
    for (from, to) in listed(before, after, (&old, &new), changes) {
        pairs.push(Pair { before: from, after: to, how: How::Listed });
    }
    drop_paired(&pairs, (before.len(), after.len()), &mut old, &mut new);
    for shared in MEANS {
        if old.is_empty() || new.is_empty() {
            break;
        }
        for (from, to) in alike(before, after, (&old, &new), shared) {
            // Two lines without a code, or of one code, are no changed code; they are still one camera.
            let how = if id(before, from) == id(after, to) { How::Code } else { How::Same(shared) };
            pairs.push(Pair { before: from, after: to, how });
        }
        drop_paired(&pairs, (before.len(), after.len()), &mut old, &mut new);
    }
    pairs.sort_unstable_by_key(|pair| pair.before);
    Pairing { pairs, only_before: old, only_after: new }
}

/// Pairs lines of one code: the same camera by all that tells it, then by its name, then in order. Gives what is left.
fn by_code(before: &[&Item], after: &[&Item], pairs: &mut Vec<Pair>) -> (Vec<usize>, Vec<usize>) {
    let sorted = |items: &[&Item]| {
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_by(|a, b| id_at(items, *a).cmp(id_at(items, *b)));
        places
    };
    let (old, new) = (sorted(before), sorted(after));
    let (mut old_left, mut new_left) = (Vec::new(), Vec::new());
    let mut found = |list: Vec<(usize, usize)>| {
        pairs.extend(list.into_iter().map(|(before, after)| Pair { before, after, how: How::Code }));
    };
    let mut new_groups = new.chunk_by(|a, b| id_at(after, *a) == id_at(after, *b)).peekable();
    for group in old.chunk_by(|a, b| id_at(before, *a) == id_at(before, *b)) {
        let code = group.first().map_or("", |place| id_at(before, *place));
        while let Some(skipped) = new_groups.next_if(|other| other.first().is_some_and(|p| id_at(after, *p) < code)) {
            new_left.extend_from_slice(skipped);
        }
        let Some(other) = new_groups.next_if(|other| other.first().is_some_and(|p| id_at(after, *p) == code)) else {
            old_left.extend_from_slice(group);
            continue;
        };
        if let ([one], [its], false) = (group, other, code.is_empty()) {
            found(vec![(*one, *its)]);
            continue;
        }
        let whole = |items: &[&Item], place: usize| items.get(place).map(|item| item.identity().map(ToOwned::to_owned));
        let (same, a, b) = join(group.to_vec(), other.to_vec(), |p| whole(before, p), |p| whole(after, p));
        found(same);
        if code.is_empty() {
            old_left.extend(a);
            new_left.extend(b);
            continue;
        }
        let name = |items: &[&Item], place: usize| items.get(place).and_then(|i| i.text(Element::Name)).map(ToOwned::to_owned);
        let (same, a, b) = join(a, b, |p| name(before, p), |p| name(after, p));
        found(same);
        let n = a.len().min(b.len());
        found(a.iter().copied().zip(b.iter().copied()).collect());
        old_left.extend(a.into_iter().skip(n));
        new_left.extend(b.into_iter().skip(n));
    }
    new_left.extend(new_groups.flatten());
    old_left.sort_unstable();
    new_left.sort_unstable();
    (old_left, new_left)
}

fn id_at<'i>(items: &[&'i Item], place: usize) -> &'i str {
    items.get(place).map_or("", |item| item.id())
}

/// Joins two lists of places by a key: pairs, and what is left of either. Of equals the first goes with the first.
fn join<K: Ord>(
    mut before: Vec<usize>,
    mut after: Vec<usize>,
    old_key: impl Fn(usize) -> K,
    new_key: impl Fn(usize) -> K,
) -> (Vec<(usize, usize)>, Vec<usize>, Vec<usize>) {
    before.sort_by_cached_key(|place| (old_key(*place), *place));
    after.sort_by_cached_key(|place| (new_key(*place), *place));
    let (mut pairs, mut old_left, mut new_left) = (Vec::new(), Vec::new(), Vec::new());
    let mut others = after.into_iter().map(|place| (new_key(place), place)).peekable();
    for place in before {
        let key = old_key(place);
        while let Some((_, other)) = others.next_if(|(other, _)| *other < key) {
            new_left.push(other);
        }
        match others.next_if(|(other, _)| *other == key) {
            Some((_, other)) => pairs.push((place, other)),
            None => old_left.push(place),
        }
    }
    new_left.extend(others.map(|(_, place)| place));
    old_left.sort_unstable();
    new_left.sort_unstable();
    (pairs, old_left, new_left)
}

/// Unpaired lines that the table of changed codes makes one.
fn listed(before: &[&Item], after: &[&Item], (old, new): (&[usize], &[usize]), changes: &[(&str, &str)]) -> Vec<(usize, usize)> {
    if changes.is_empty() {
        return Vec::new();
    }
    let forth: HashMap<&str, &str> = changes.iter().copied().collect();
    let back: HashMap<&str, &str> = changes.iter().map(|(old, new)| (*new, *old)).collect();
    let mut free: HashMap<&str, usize> = new.iter().map(|place| (id_at(after, *place), *place)).collect();
    let mut found = Vec::new();
    for place in old {
        let to = [&forth, &back].into_iter().find_map(|way| {
            let mut code = id_at(before, *place);
            for _ in 0..MAX_CHANGES {
                code = way.get(code)?;
                if let Some(to) = free.remove(code) {
                    return Some(to);
                }
            }
            None
        });
        found.extend(to.map(|to| (*place, to)));
    }
    found
}

/// Unpaired lines that have the same of something, which no other line of either catalogue has.
fn alike(before: &[&Item], after: &[&Item], (old, new): (&[usize], &[usize]), shared: Shared) -> Vec<(usize, usize)> {
    /// Who has it: how many lines of each catalogue, and the unpaired ones.
    #[derive(Default)]
    struct Owners {
        before: u32,
        after: u32,
        old: Option<usize>,
        new: Option<usize>,
    }
    let mut owners: HashMap<String, Owners> = HashMap::new();
    for place in old {
        let Some(item) = before.get(*place).filter(|item| shared.tells(item)) else { continue };
        if let Some(key) = shared.key(item) {
            owners.entry(key).or_default().old = Some(*place);
        }
    }
    if owners.is_empty() {
        return Vec::new();
    }
    for place in new {
        if let Some(slot) = after.get(*place).and_then(|item| shared.key(item)).and_then(|key| owners.get_mut(&key)) {
            slot.new = Some(*place);
        }
    }
    owners.retain(|_, slot| slot.new.is_some());
    if owners.is_empty() {
        return Vec::new();
    }
    let mut count = |items: &[&Item], of: fn(&mut Owners) -> &mut u32| {
        for item in items {
            if let Some(slot) = shared.key(item).and_then(|key| owners.get_mut(&key)) {
                *of(slot) += 1;
            }
        }
    };
    count(before, |slot| &mut slot.before);
    count(after, |slot| &mut slot.after);
    owners.values().filter(|slot| slot.before == 1 && slot.after == 1).filter_map(|slot| Some((slot.old?, slot.new?))).collect()
}

fn drop_paired(pairs: &[Pair], (before, after): (usize, usize), old: &mut Vec<usize>, new: &mut Vec<usize>) {
    let (mut gone, mut come) = (vec![false; before], vec![false; after]);
    for pair in pairs {
        for (list, place) in [(&mut gone, pair.before), (&mut come, pair.after)] {
            if let Some(slot) = list.get_mut(place) {
                *slot = true;
            }
        }
    }
    old.retain(|place| !gone.get(*place).copied().unwrap_or(false));
    new.retain(|place| !come.get(*place).copied().unwrap_or(false));
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

    fn code(n: u32) -> String {
        format!("3717230001132{n:07}")
    }

    fn paired(before: &[Item], after: &[Item], changes: &[(&str, &str)]) -> Pairing {
        pair(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>(), changes)
    }

    #[test]
    fn the_same_code_is_the_same_camera_whatever_else_changed() {
        let before = [item(&[("DeviceID", &code(1)), ("Name", "东门")]), item(&[("DeviceID", &code(2))])];
        let after = [item(&[("DeviceID", &code(3))]), item(&[("DeviceID", &code(1)), ("Name", "西门")])];
        let found = paired(&before, &after, &[]);
        assert_eq!(found.pairs, [Pair { before: 0, after: 1, how: How::Code }]);
        assert_eq!((found.only_before, found.only_after), (vec![1], vec![0]));
    }

    #[test]
    fn a_changed_code_is_found_by_mac_by_endpoint_and_by_name_and_point() {
        let mac = |n| item(&[("DeviceID", &code(n)), ("MAC", "00-1A-2B-3C-4D-5E"), ("Name", &format!("东门街{n}号枪机"))]);
        let endpoint =
            |n| item(&[("DeviceID", &code(n)), ("IPAddress", "192.0.2.9"), ("Port", "5060"), ("Name", "西门街路口球机")]);
        let place = |n, ip: &str| {
            item(&[
                ("DeviceID", &code(n)),
                ("IPAddress", ip),
                ("Name", "南门街路口枪机"),
                ("Longitude", "115.889600"),
                ("Latitude", "34.952800"),
            ])
        };
        let before = [mac(1), endpoint(2), place(3, "192.0.2.3")];
        let after = [mac(11), endpoint(12), place(13, "192.0.2.4")];
        let found = paired(&before, &after, &[]);
        assert_eq!(found.pairs.iter().map(|p| p.how).collect::<Vec<_>>(), MEANS.map(How::Same));
        assert!(found.only_before.is_empty() && found.only_after.is_empty());
    }

    #[test]
    fn what_two_cameras_share_tells_neither() {
        let mac = |n| item(&[("DeviceID", &code(n)), ("MAC", "00-1A-2B-3C-4D-5E")]);
        let found = paired(&[mac(1), mac(2)], &[mac(1), mac(12)], &[]);
        assert_eq!((found.pairs.len(), found.only_before, found.only_after), (1, vec![1], vec![1]));
        // The old code is still there: a second record, not a changed code.
        let found = paired(&[mac(1)], &[mac(1), mac(2)], &[]);
        assert_eq!((found.pairs.len(), found.only_after), (1, vec![1]));
        // A default name does not tell a channel.
        let named = |n| item(&[("DeviceID", &code(n)), ("IPAddress", "192.0.2.9"), ("Name", "Camera 01")]);
        assert!(paired(&[named(1)], &[named(2)], &[]).pairs.is_empty());
    }

    #[test]
    fn the_table_of_changed_codes_is_followed_over_steps_and_either_way() {
        let (one, two, three) = (code(1), code(2), code(3));
        let changes = [(one.as_str(), two.as_str()), (two.as_str(), three.as_str())];
        let (old, new) = ([item(&[("DeviceID", &one)])], [item(&[("DeviceID", &three)])]);
        let expected = [Pair { before: 0, after: 0, how: How::Listed }];
        assert_eq!(paired(&old, &new, &changes).pairs, expected);
        assert_eq!(paired(&new, &old, &changes).pairs, expected);
        let circle = [(one.as_str(), two.as_str()), (two.as_str(), one.as_str())];
        assert!(paired(&old, &new, &circle).pairs.is_empty());
    }

    #[test]
    fn lines_of_one_code_go_by_what_tells_them_then_by_name_then_in_order() {
        let line = |name: &str, ip: &str| item(&[("DeviceID", &code(1)), ("Name", name), ("IPAddress", ip)]);
        let before = [line("a", "192.0.2.1"), line("b", "192.0.2.2"), line("c", "192.0.2.3"), line("d", "192.0.2.4")];
        let after = [line("b", "192.0.2.9"), line("z", "192.0.2.8"), line("a", "192.0.2.1")];
        let found = paired(&before, &after, &[]);
        let places: Vec<_> = found.pairs.iter().map(|p| (p.before, p.after)).collect();
        assert_eq!((places, found.only_before), (vec![(0, 2), (1, 0), (2, 1)], vec![3]));
        let nameless = |name: &str| item(&[("Name", name)]);
        let found = paired(&[nameless("a"), nameless("b")], &[nameless("b"), nameless("c")], &[]);
        assert_eq!((found.pairs.len(), found.only_before, found.only_after), (1, vec![0], vec![1]));
    }

    proptest::proptest! {
        #[test]
        fn every_line_is_accounted_for_once(before in proptest::collection::vec((0..6_u32, 0..4_u8), 0..12),
                                            after in proptest::collection::vec((0..6_u32, 0..4_u8), 0..12)) {
            let lines = |list: &[(u32, u8)]| list.iter().map(|(n, mac)| {
                let (id, mac) = (if *n == 0 { String::new() } else { code(*n) }, format!("00-1A-2B-3C-4D-0{mac}"));
                item(&[("DeviceID", &id), ("MAC", &mac)])
            }).collect::<Vec<_>>();
            let (a, b) = (lines(&before), lines(&after));
            let found = paired(&a, &b, &[("37172300011320000001", "37172300011320000002")]);
            let mut olds: Vec<usize> = found.pairs.iter().map(|p| p.before).chain(found.only_before).collect();
            let mut news: Vec<usize> = found.pairs.iter().map(|p| p.after).chain(found.only_after).collect();
            olds.sort_unstable();
            news.sort_unstable();
            proptest::prop_assert_eq!(olds, (0..a.len()).collect::<Vec<_>>());
            proptest::prop_assert_eq!(news, (0..b.len()).collect::<Vec<_>>());
        }
    }
}
