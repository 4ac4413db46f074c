//! What a run tells beside indicator 4, counted. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::claims_offline;
use crate::base::fraction::Fraction;
use crate::catalog::{Catalog, Item};
use crate::indicator::CameraFacts;
use crate::manscdp::item::Element;
use crate::probe::outcome::{Ending, Level, ProbeRecord};
use crate::profile::Profile;
use crate::report::Camera;
use crate::report::areas::Places;
use crate::report::beside::{Beside, REGISTER};

/// Words of cameras on a perimeter.
const PERIMETER: [&str; 3] = ["周界", "围墙", "电子围栏"];
/// Words of cameras against objects thrown from above.
const HIGH_THROW: &str = "高空抛物";
/// Words of cameras in lifts.
const LIFT: [&str; 3] = ["电梯", "轿厢", "梯内"];

/// The rates of the register that have something to count.
pub(super) fn beside(
    catalog: &Catalog,
    (cameras, facts): (&[Camera], &[CameraFacts]),
    probes: &BTreeMap<String, ProbeRecord>,
    places: &Places,
    profile: &Profile,
    looked: bool,
) -> Vec<Beside> {
    let items: Vec<Option<&Item>> = cameras.iter().map(|camera| catalog.items.get(camera.item)).collect();
    let all = cameras.len() as u64;
    let count = |of: &dyn Fn(&Item, &CameraFacts) -> bool| {
        items.iter().zip(facts).filter(|(item, facts)| item.is_some_and(|item| of(item, facts))).count() as u64
    };
    let calls = Calls::of(&items, probes, profile.output.first_frame_ms);
    let named =
        |item: &Item, words: &[&str]| item.text(Element::Name).is_some_and(|name| words.iter().any(|word| name.contains(word)));
    let compounds = Compounds::of(places);
    let of_compounds = |of: &dyn Fn(&Item) -> bool| {
        let with: BTreeSet<u32> = (0..)
            .zip(&items)
            .filter(|(_, item)| item.is_some_and(of))
            .filter_map(|(line, _)| compounds.of_camera(line, places))
            .collect();
        Fraction::new(with.len() as u64, compounds.all.len() as u64)
    };
    let visible = facts.iter().filter(|facts| facts.level >= Level::Visible).count() as u64;
    let value = |id: &str| match id {
        "online" => Fraction::new(count(&|_, facts| facts.online), all),
        "calls.attempts" => calls.attempts,
        "calls.first" => calls.first,
        "calls.cameras" => calls.cameras,
        "quality" if looked => Fraction::new(count(&|_, facts| facts.level >= Level::Quality), visible),
        "perimeter" => of_compounds(&|item| named(item, &PERIMETER)),
        "high_throw" => Fraction::new(
            count(&|item, facts| named(item, &[HIGH_THROW]) && facts.level >= Level::Visible),
            count(&|item, _| named(item, &[HIGH_THROW])),
        ),
        "lift" => of_compounds(&|item| named(item, &LIFT)),
        "security_level" => Fraction::new(count(&|item, _| is_one_of(item, Element::SecurityLevelCode, &["A", "B", "C"])), all),
        "certificates" => Fraction::new(count(&|item, _| is_one_of(item, Element::RegisterWay, &["3", "4"])), all),
        _ => Fraction::default(),
    };
    let counted = REGISTER.iter().map(|about| Beside { about, value: value(about.id) });
    counted.filter(|beside| beside.value.denominator > 0).collect()
}

fn is_one_of(item: &Item, element: Element, wanted: &[&str]) -> bool {
    item.text(element).is_some_and(|text| wanted.contains(&text))
}

/// The compounds that are known, as places.
struct Compounds {
    all: BTreeSet<u32>,
}

impl Compounds {
    fn of(places: &Places) -> Self {
        let known = (0..).zip(&places.all).filter(|(_, place)| !place.compound.is_empty());
        Self { all: known.map(|(number, _)| number).collect() }
    }

    fn of_camera(&self, line: usize, places: &Places) -> Option<u32> {
        places.cameras.get(line).copied().filter(|place| self.all.contains(place))
    }
}

/// Calls to cameras the platform does not call off line; each code once.
#[derive(Default)]
struct Calls {
    attempts: Fraction,
    first: Fraction,
    cameras: Fraction,
}

impl Calls {
    fn of(items: &[Option<&Item>], probes: &BTreeMap<String, ProbeRecord>, limit: u64) -> Self {
        let online: BTreeSet<&str> = items.iter().flatten().filter(|item| !claims_offline(item)).map(|item| item.id()).collect();
        let mut calls = Self::default();
        for record in online.iter().filter_map(|code| probes.get(*code)) {
            let sent = || record.attempts.iter().filter(|attempt| attempt.ending != Ending::NotSent);
            let good = |attempt: &&crate::probe::outcome::Attempt| attempt.level(limit) >= Level::Decoded;
            let n = sent().count() as u64;
            if n == 0 {
                continue;
            }
            let succeeded = sent().filter(good).count() as u64;
            calls.attempts = plus(calls.attempts, succeeded, n);
            calls.first = plus(calls.first, u64::from(sent().next().is_some_and(|attempt| good(&attempt))), 1);
            calls.cameras = plus(calls.cameras, u64::from(succeeded > 0), 1);
        }
        calls
    }
}

const fn plus(sum: Fraction, numerator: u64, denominator: u64) -> Fraction {
    Fraction::new(sum.numerator + numerator, sum.denominator + denominator)
}
