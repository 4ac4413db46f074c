//! Where cameras and positions belong, and the five rates of each place. Pure.
//!
//! The user's tables say it first; then GrassrootsCode, then the virtual organisation a camera hangs under, then CivilCode, and its code
//! last. What belongs to no community is counted apart and shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::fraction::Fraction;
use crate::catalog::{Item, Kind};
use crate::division::codes::{parse_six, six};
use crate::division::{Divisions, Towns};
use crate::indicator::key_positions::KeyFacts;
use crate::indicator::{self, CameraFacts, Circumstances, Overall, RateResult};
use crate::manscdp::item::Element;
use crate::position::link::is_same;
use crate::position::{Community, Inventory};
use crate::profile::{Profile, RateId};
use crate::report::areas::{AreaKind, AreaRates, MIN_RANKED, Place, Places};
use crate::report::key_positions::KeyPositions;
use crate::rules::Context;
use crate::rules::tables::{TableKind, Tables};

/// What places are told by.
pub(super) struct Ground<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) tables: &'a Tables,
    pub(super) divisions: &'a Divisions,
    /// The only county that is audited, if it is one.
    pub(super) county: Option<u32>,
}

/// The places of all that is counted: numbers, for many cameras stand in few places.
#[derive(Default)]
struct Numbered {
    all: Vec<Place>,
    numbers: HashMap<Place, u32>,
    cameras: Vec<u32>,
    positions: Vec<u32>,
    installed: Vec<u32>,
}

impl Numbered {
    fn number(&mut self, place: Place) -> u32 {
        if let Some(known) = self.numbers.get(&place) {
            return *known;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(place.clone());
        self.numbers.insert(place, number);
        number
    }

    /// A community lies where most of its cameras are: one wrong CivilCode makes no second one of it.
    fn counties(&self) -> BTreeMap<Community, u32> {
        let mut cameras = vec![0_u64; self.all.len()];
        for number in &self.cameras {
            if let Some(n) = cameras.get_mut(*number as usize) {
                *n += 1;
            }
        }
        let mut votes: BTreeMap<&Community, BTreeMap<u32, u64>> = BTreeMap::new();
        for (place, n) in self.all.iter().zip(cameras).filter(|(place, _)| !place.community.is_none()) {
            if let Some(county) = place.county {
                *votes.entry(&place.community).or_default().entry(county).or_default() += n;
            }
        }
        let most = |counties: BTreeMap<u32, u64>| counties.into_iter().max_by_key(|(county, n)| (*n, std::cmp::Reverse(*county)));
        votes.into_iter().filter_map(|(community, counties)| Some((community.clone(), most(counties)?.0))).collect()
    }
}

/// The county of a camera: the one that is audited; else its record's, CivilCode first, its code last. A wrong CivilCode takes no
/// camera out of the county that answers for it.
fn county_of(item: &Item, ground: &Ground<'_>) -> Option<u32> {
    let counts = |text: &str| parse_six(text.get(..6)?).filter(|county| ground.divisions.is_county(*county));
    ground.county.or_else(|| item.text(Element::CivilCode).and_then(counts)).or_else(|| counts(item.id()))
}

impl Ground<'_> {
    /// A statistical code names its county and its community.
    fn place(&self, mut community: Community, compound: &str, county: Option<u32>) -> Place {
        if community.name.is_empty() && !community.code.is_empty() {
            let named = self.tables.name_of(TableKind::Villages, &community.code);
            named.unwrap_or_default().clone_into(&mut community.name);
        }
        let own = Some(community.code.as_str()).filter(|code| code.len() == 12).and_then(|code| parse_six(code.get(..6)?));
        let county = own.filter(|county| self.divisions.is_county(*county)).or(county);
        Place { community, compound: compound.to_owned(), county }
    }

    fn town(place: &Place) -> Option<(String, String)> {
        let nine = place.community.code.get(..9).filter(|_| place.community.code.len() == 12)?;
        let name = Towns::embedded().find_nine(nine).map(|town| town.name);
        Some((nine.to_owned(), name.unwrap_or_else(|| nine.to_owned())))
    }

    fn region(&self, code: u32) -> (String, String) {
        let text = six(code);
        let name = self.divisions.name(code).map_or_else(|| text.clone(), ToOwned::to_owned);
        (text, name)
    }
}

fn places<'a>(ground: &Ground<'_>, context: &Context<'a>, items: &[Option<&'a Item>], shown: &KeyPositions) -> Numbered {
    // Of a community that one table knows by its code and another by its name the code is taken.
    let mut codes: HashMap<&str, &str> = HashMap::new();
    let rows = ground.inventory.installed.iter().flatten().map(|row| &row.community);
    for known in rows.clone().chain(ground.inventory.plan.iter().flatten().map(|row| &row.community)) {
        if !known.code.is_empty() && !known.name.is_empty() {
            codes.entry(&known.name).or_insert(&known.code);
        }
    }
    let whole = |community: &Community| match codes.get(community.name.as_str()) {
        Some(code) if community.code.is_empty() => Community { code: (*code).to_owned(), name: community.name.clone() },
        _ => community.clone(),
    };
    let mut by_code: HashMap<&str, (Community, &str)> = HashMap::new();
    for row in ground.inventory.installed.iter().flatten().filter(|row| !row.community.is_none()) {
        for code in &row.codes {
            by_code.entry(code).or_insert((whole(&row.community), &row.compound));
        }
    }
    for planned in ground.inventory.plan.iter().flatten() {
        for code in &planned.cameras {
            by_code.entry(code).or_insert((whole(&planned.community), &planned.compound));
        }
    }
    let of_item = |item: Option<&'a Item>| {
        let Some(item) = item else { return Place::default() };
        let county = county_of(item, ground);
        if let Some((community, compound)) = by_code.get(item.id()) {
            return ground.place(community.clone(), compound, county);
        }
        let organisation = |id: &str| {
            let mut found = context.tree.find(id).filter(|place| context.kinds.get(*place) == Some(&Kind::VirtualOrganisation));
            found.find_map(|place| context.items.get(place)?.text(Element::Name)).unwrap_or(id).to_owned()
        };
        let community = match (item.grassroots(), context.community(item)) {
            (Some(code), _) => Community { code, name: String::new() },
            (None, Some(id)) => whole(&Community { name: organisation(&id), code: id.into_owned() }),
            (None, None) => Community::default(),
        };
        ground.place(community, "", county)
    };
    let mut by_record = Numbered::default();
    for item in items {
        let number = by_record.number(of_item(*item));
        by_record.cameras.push(number);
    }
    let counties = by_record.counties();
    let mut places = Numbered::default();
    let numbers: Vec<u32> = std::mem::take(&mut by_record.all)
        .into_iter()
        .map(|mut place| {
            place.county = counties.get(&place.community).copied().or(place.county);
            places.number(place)
        })
        .collect();
    places.cameras = by_record.cameras.iter().filter_map(|number| numbers.get(*number as usize)).copied().collect();
    let of = |community: &Community, compound: &str| {
        let mut place = ground.place(whole(community), compound, ground.county);
        place.county = counties.get(&place.community).copied().or(place.county);
        place
    };
    for line in &shown.positions {
        let number = places.number(of(&line.community, &line.compound));
        places.positions.push(number);
    }
    for line in &shown.installed {
        let number = places.number(of(&line.community, &line.compound));
        places.installed.push(number);
    }
    places
}

/// What a place is counted under: its kind, its code or name, its name, what it lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    kind: AreaKind,
    code: String,
    name: String,
    within: String,
}

fn keys(place: &Place, ground: &Ground<'_>) -> Vec<Key> {
    let community = if place.community.name.is_empty() { &place.community.code } else { &place.community.name };
    let key = |kind, (code, name): (String, String), within: &str| Key { kind, code, name, within: within.to_owned() };
    let county = place.county.map(|county| ground.region(county)).unwrap_or_default();
    let town = Ground::town(place).unwrap_or_default();
    let mut keys = Vec::with_capacity(6);
    if !place.compound.is_empty() {
        keys.push(key(AreaKind::Compound, (String::new(), place.compound.clone()), community));
    }
    let within = if town.1.is_empty() { &county.1 } else { &town.1 };
    keys.push(key(
        AreaKind::Community,
        (place.community.code.clone(), community.clone()),
        if community.is_empty() { "" } else { within },
    ));
    if !town.0.is_empty() {
        keys.push(key(AreaKind::Town, town.clone(), &county.1));
    }
    if let Some(code) = place.county {
        let (city, province) = (ground.region(code / 100 * 100), ground.region(code / 10_000 * 10_000));
        keys.push(key(AreaKind::County, county, &city.1));
        keys.push(key(AreaKind::City, city, &province.1));
        keys.push(key(AreaKind::Province, province, ""));
    }
    keys
}

/// What is counted of an area, by its place in what is counted.
#[derive(Default)]
struct Members {
    cameras: Vec<u32>,
    positions: Vec<u32>,
    installed: Vec<u32>,
    communities: BTreeSet<Community>,
    undeclared: bool,
}

fn picked<T: Clone>(all: &[T], numbers: &[u32]) -> Vec<T> {
    numbers.iter().filter_map(|number| all.get(*number as usize)).cloned().collect()
}

/// The rates of every place, from the smallest, and where each camera belongs; no rates where only one place is known and that is
/// none.
pub(super) fn areas(
    ground: &Ground<'_>,
    context: &Context<'_>,
    items: &[Option<&Item>],
    (facts, key_facts, shown): (&[CameraFacts], &KeyFacts, &KeyPositions),
    (profile, circumstances, counting): (&Profile, &Circumstances, &[RateId]),
) -> (Vec<AreaRates>, Places) {
    let places = places(ground, context, items, shown);
    let mut members: Vec<(Key, Members)> = Vec::new();
    let mut by_key: HashMap<Key, usize> = HashMap::new();
    // The areas of each place.
    let mut of_place: Vec<Vec<usize>> = Vec::with_capacity(places.all.len());
    for place in &places.all {
        let mut own = Vec::new();
        for key in keys(place, ground) {
            let number = *by_key.entry(key.clone()).or_insert_with(|| {
                members.push((key.clone(), Members::default()));
                members.len() - 1
            });
            if let Some((key, area)) = members.get_mut(number) {
                if !place.community.is_none() && key.kind > AreaKind::Community {
                    area.communities.insert(place.community.clone());
                }
                if key.kind >= AreaKind::Community {
                    area.undeclared |= shown.undeclared.iter().any(|(community, _)| is_same(community, &place.community));
                }
            }
            own.push(number);
        }
        of_place.push(own);
    }
    let mut put = |places: &[u32], list: fn(&mut Members) -> &mut Vec<u32>| {
        for (number, place) in (0_u32..).zip(places) {
            for area in of_place.get(*place as usize).into_iter().flatten() {
                if let Some((_, area)) = members.get_mut(*area) {
                    list(area).push(number);
                }
            }
        }
    };
    put(&places.cameras, |area| &mut area.cameras);
    put(&places.positions, |area| &mut area.positions);
    put(&places.installed, |area| &mut area.installed);
    if members.iter().all(|(key, _)| key.kind == AreaKind::Community && key.name.is_empty()) {
        return (Vec::new(), Places { all: places.all, cameras: places.cameras });
    }
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    let count = |(key, own): (Key, Members)| {
        let cameras = picked(facts, &own.cameras);
        let facts = KeyFacts {
            positions: key_facts.positions.as_ref().map(|all| picked(all, &own.positions)),
            installed: key_facts.installed.as_ref().map(|all| picked(all, &own.installed)),
            ledger: key_facts.ledger,
            undeclared: own.undeclared,
            one_of_several: key_facts.one_of_several,
        };
        let rates = indicator::rates(&cameras, &facts, profile, circumstances);
        let verdicts: Vec<_> = rates.iter().filter(|rate| counting.contains(&rate.id)).map(|rate| rate.verdict).collect();
        let area = AreaRates {
            kind: key.kind,
            code: key.code,
            name: key.name,
            within: key.within,
            cameras: own.cameras.len() as u64,
            rates,
            overall: Overall::of(verdicts.iter()),
            communities: (0, 0),
            rank: None,
            means: [None; 5],
        };
        (area, own.communities)
    };
    let mut areas: Vec<(AreaRates, BTreeSet<Community>)> = members.into_iter().map(count).collect();
    sum_up(&mut areas);
    let mut areas: Vec<AreaRates> = areas.into_iter().map(|(area, _)| area).collect();
    rank(&mut areas);
    (areas, Places { all: places.all, cameras: places.cameras })
}

/// How many communities of each larger area reached everything, and the means of their rates.
fn sum_up(areas: &mut [(AreaRates, BTreeSet<Community>)]) {
    let communities: BTreeMap<Community, (Overall, Vec<Option<Fraction>>)> = areas
        .iter()
        .filter(|(area, _)| area.kind == AreaKind::Community && !area.name.is_empty())
        .map(|(area, _)| {
            let name = if area.name == area.code { String::new() } else { area.name.clone() };
            let values = area.rates.iter().map(|rate: &RateResult| rate.value.filter(|value| value.denominator > 0)).collect();
            (Community { code: area.code.clone(), name }, (area.overall, values))
        })
        .collect();
    for (area, own) in areas.iter_mut().filter(|(area, _)| area.kind > AreaKind::Community) {
        let found: Vec<_> = own.iter().filter_map(|community| communities.get(community)).collect();
        area.communities = (found.len() as u64, found.iter().filter(|(overall, _)| *overall == Overall::Pass).count() as u64);
        for (slot, mean) in area.means.iter_mut().enumerate() {
            let values: Vec<Fraction> = found.iter().filter_map(|(_, values)| values.get(slot).copied().flatten()).collect();
            *mean = mean_of(&values);
        }
    }
}

/// The mean of rates in hundredths of a percent, cut.
fn mean_of(values: &[Fraction]) -> Option<u32> {
    /// Parts of a hundredth kept until all are added up.
    const PARTS: u128 = 1_000_000_000;
    let sum: u128 = values
        .iter()
        .map(|value| {
            (u128::from(value.numerator) * 10_000 * PARTS).checked_div(u128::from(value.denominator)).unwrap_or_default()
        })
        .sum();
    // What was cut off each is less than a part: a whole number stays whole.
    let mean = (sum + values.len() as u128).checked_div(values.len() as u128 * PARTS)?;
    u32::try_from(mean).ok()
}

/// The places by image output among areas of a kind.
fn rank(areas: &mut [AreaRates]) {
    for kind in AreaKind::ALL {
        let value = |area: &AreaRates| area.rates.iter().find(|rate| rate.id == RateId::Output).and_then(|rate| rate.value);
        let mut ranked: Vec<(usize, Fraction)> = areas
            .iter()
            .enumerate()
            .filter(|(_, area)| area.kind == kind && !area.name.is_empty())
            .filter_map(|(place, area)| Some((place, value(area).filter(|value| value.denominator >= MIN_RANKED)?)))
            .collect();
        let order = |a: &Fraction, b: &Fraction| {
            (u128::from(b.numerator) * u128::from(a.denominator)).cmp(&(u128::from(a.numerator) * u128::from(b.denominator)))
        };
        ranked.sort_by(|(_, a), (_, b)| order(a, b));
        // The only one of its kind is neither first nor last.
        if ranked.len() < 2 {
            continue;
        }
        let mut last: Option<(u32, Fraction)> = None;
        for (number, (place, value)) in (1_u32..).zip(ranked) {
            let rank = match last {
                Some((rank, before)) if order(&before, &value).is_eq() => rank,
                _ => number,
            };
            last = Some((rank, value));
            if let Some(area) = areas.get_mut(place) {
                area.rank = Some(rank);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_rates_is_cut_and_whole_where_it_is_whole() {
        let third = Fraction::new(1, 3);
        assert_eq!(mean_of(&[third, third, third]), Some(3_333));
        assert_eq!(mean_of(&[third, Fraction::new(2, 3)]), Some(5_000));
        assert_eq!(mean_of(&[Fraction::new(8, 9)]), Some(8_888));
        assert_eq!(mean_of(&[]), None);
    }
}
