//! Which camera watches which position, and what proves it: levels A to E of the profile. Pure.
//!
//! Named cameras come first. Only a position that nobody is named for is given to a camera by its capture position or by a word of
//! its name, and only where both stand in a system whose distances mean something; such a camera watches one position.

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::{Distance as _, Haversine, Point};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::{Community, Inventory, PlanState, Planned};
use crate::base::geo::Position;
use crate::profile::{KeyPositions, PositionClass, Proof};

/// Hints shown of one position; that there are more is said.
pub const MAX_HINTS: usize = 5;

/// A camera of the catalogue, as far as linking asks.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Where its record says it stands.
    pub at: Option<Position>,
    /// Its capture position.
    pub capture: Option<&'a str>,
}

/// An installed camera: of the ledger, named by the plan, or found to watch a position.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watcher {
    /// Its place in the ledger, where that has it.
    pub ledger: Option<usize>,
    /// Its code, or its number in the ledger.
    pub label: String,
    /// Its places in the catalogue.
    pub cameras: Vec<usize>,
    /// The positions it watches, with their proof, each once.
    pub positions: Vec<(usize, Proof)>,
    /// Positions it is named for beyond the limit.
    pub beyond: Vec<usize>,
}

/// Why a camera may watch a position, where that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// Its capture position is one of the class's.
    Capture,
    /// Its name has a word of the class.
    Word,
    /// It stands near.
    Near,
}

/// Who watches what.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Links {
    /// Installed cameras: of the ledger in its order, then those only the plan names, then those found.
    pub watchers: Vec<Watcher>,
    /// By position: watchers with their proof, strongest first.
    pub positions: Vec<Vec<(usize, Proof)>>,
    /// By position: cameras that may watch it.
    pub hints: Vec<Vec<(usize, Hint)>>,
    /// Positions the ledger names and the plan does not have: its row, the position.
    pub unknown: Vec<(usize, String)>,
}

/// Links cameras to positions. `reviewed`: whether a person has seen a position in the picture of a camera.
#[must_use]
pub fn link(inventory: &Inventory, cameras: &[Seen<'_>], profile: &KeyPositions, reviewed: &dyn Fn(&str, &str) -> bool) -> Links {
    let plan = inventory.plan.as_deref().unwrap_or_default();
    let mut by_code: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, camera) in cameras.iter().enumerate() {
        by_code.entry(camera.code).or_default().push(index);
    }
    let mut watchers: Vec<Watcher> = Vec::new();
    let mut by_key: HashMap<&str, usize> = HashMap::new();
    for (place, row) in inventory.installed.iter().flatten().enumerate().filter(|(_, row)| row.state.is_installed()) {
        let label = row.codes.first().unwrap_or(&row.id);
        for key in row.codes.iter().chain((!row.id.is_empty()).then_some(&row.id)) {
            by_key.entry(key).or_insert(watchers.len());
        }
        let found: HashSet<usize> = row.codes.iter().filter_map(|code| by_code.get(code.as_str())).flatten().copied().collect();
        let mut found: Vec<usize> = found.into_iter().collect();
        found.sort_unstable();
        watchers.push(Watcher { ledger: Some(place), label: label.clone(), cameras: found, ..Watcher::default() });
    }
    let mut named: Vec<(usize, usize)> = Vec::new();
    for (position, planned) in plan.iter().enumerate() {
        for key in &planned.cameras {
            let watcher = *by_key.entry(key).or_insert_with(|| {
                let cameras = by_code.get(key.as_str()).cloned().unwrap_or_default();
                watchers.push(Watcher { label: key.clone(), cameras, ..Watcher::default() });
                watchers.len() - 1
            });
            named.push((watcher, position));
        }
    }
    let unknown = named_by_ledger(inventory, plan, &watchers, &mut named);
    named.sort_unstable();
    named.dedup();
    for (watcher, position) in named {
        let Some((own, planned)) = watchers.get_mut(watcher).zip(plan.get(position)) else { continue };
        if own.positions.len() >= profile.max_per_camera {
            own.beyond.push(position);
            continue;
        }
        let seen = own.cameras.iter().filter_map(|index| cameras.get(*index)).any(|camera| reviewed(camera.code, &planned.id));
        own.positions.push((position, if seen { Proof::A } else { Proof::B }));
    }
    let mut links = Links { watchers, unknown, ..Links::default() };
    links.infer(plan, cameras, profile);
    links.positions = vec![Vec::new(); plan.len()];
    for (index, watcher) in links.watchers.iter().enumerate() {
        for (position, proof) in &watcher.positions {
            if let Some(slot) = links.positions.get_mut(*position) {
                slot.push((index, *proof));
            }
        }
    }
    links.positions.iter_mut().for_each(|slot| slot.sort_by_key(|(index, proof)| (*proof, *index)));
    links
}

/// What the ledger says its cameras watch; the positions it names that the plan does not have.
fn named_by_ledger(
    inventory: &Inventory,
    plan: &[Planned],
    watchers: &[Watcher],
    named: &mut Vec<(usize, usize)>,
) -> Vec<(usize, String)> {
    let mut unknown = Vec::new();
    if inventory.plan.is_none() {
        return unknown;
    }
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (position, planned) in plan.iter().enumerate() {
        by_id.entry(planned.id.as_str()).or_default().push(position);
    }
    for (watcher, own) in watchers.iter().enumerate() {
        let Some(row) = own.ledger.and_then(|place| inventory.installed.as_ref()?.get(place)) else { continue };
        for id in &row.positions {
            let of_id = by_id.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
            let same = |position: &&usize| plan.get(**position).is_some_and(|p| is_same(&p.community, &row.community));
            // The number of another community's position is not this one's.
            match of_id.iter().find(same).or_else(|| of_id.first().filter(|_| of_id.len() == 1 && row.community.is_none())) {
                Some(position) => named.push((watcher, *position)),
                None => unknown.push((row.row, id.clone())),
            }
        }
    }
    unknown
}

/// Whether two tables mean one community: by the codes where both have one, else by the names.
#[must_use]
pub fn is_same(one: &Community, other: &Community) -> bool {
    if one.code.is_empty() || other.code.is_empty() { one.name == other.name } else { one.code == other.code }
}

fn metres(a: Position, b: Position) -> f64 {
    Haversine.distance(Point::new(a.lon, a.lat), Point::new(b.lon, b.lat))
}

impl Links {
    /// Levels C and D for positions nobody is named for, and hints for those that stay open.
    fn infer(&mut self, plan: &[Planned], cameras: &[Seen<'_>], profile: &KeyPositions) {
        self.hints = vec![Vec::new(); plan.len()];
        let taken: HashSet<usize> =
            self.watchers.iter().filter(|own| !own.positions.is_empty()).flat_map(|own| own.cameras.iter().copied()).collect();
        let named: HashSet<usize> = self.watchers.iter().flat_map(|own| &own.positions).map(|(position, _)| *position).collect();
        let open: Vec<usize> = plan
            .iter()
            .enumerate()
            .filter(|(position, planned)| planned.state == PlanState::Active && !named.contains(position))
            .map(|(position, _)| position)
            .collect();
        if open.is_empty() {
            return;
        }
        let speaks: Vec<(Option<PositionClass>, Option<PositionClass>)> = cameras
            .iter()
            .map(|camera| (camera.capture.and_then(|code| profile.class_of_capture(code)), profile.class_of_name(camera.name).0))
            .collect();
        let placed = cameras.iter().enumerate().filter(|(index, _)| !taken.contains(index));
        let placed = placed.filter_map(|(index, camera)| {
            let at = profile.record_crs.wgs84(camera.at?)?;
            Some(GeomWithData::new([at.lon, at.lat], index))
        });
        let near = RTree::bulk_load(placed.collect());
        let mut found: Vec<(Proof, u64, usize, usize)> = Vec::new();
        for position in &open {
            let Some(planned) = plan.get(*position) else { continue };
            let radius = profile.radius(planned.class);
            for (camera, metres) in around(&near, planned, radius) {
                let (capture, word) = speaks.get(camera).copied().unwrap_or_default();
                let own = Some(planned.class).filter(|class| *class != PositionClass::Other);
                let proof = match own {
                    Some(_) if capture == own => Proof::C,
                    Some(_) if word == own => Proof::D,
                    _ => Proof::E,
                };
                found.push((proof, metres, *position, camera));
            }
        }
        // The strongest proof first, then the nearest; of equals by the plan and by the catalogue.
        found.sort_unstable();
        let mut given: HashSet<usize> = HashSet::new();
        let mut of_position: BTreeMap<usize, Vec<(usize, Proof)>> = BTreeMap::new();
        for (proof, _, position, camera) in found {
            if proof == Proof::E {
                self.hint(position, camera, Hint::Near);
            } else if given.insert(camera) {
                of_position.entry(position).or_default().push((camera, proof));
            }
        }
        self.give(&of_position, cameras);
        for position in open.iter().filter(|position| !of_position.contains_key(position)) {
            let Some(planned) = plan.get(*position) else { continue };
            let place = [planned.compound.as_str(), planned.community.name.as_str()];
            let place = || place.iter().copied().filter(|name| name.chars().count() > 1);
            for (index, (camera, (capture, word))) in cameras.iter().zip(&speaks).enumerate() {
                if taken.contains(&index) || given.contains(&index) || !place().any(|name| camera.name.contains(name)) {
                    continue;
                }
                let own = Some(planned.class).filter(|class| *class != PositionClass::Other);
                if own.is_some() && *capture == own {
                    self.hint(*position, index, Hint::Capture);
                } else if own.is_some() && *word == own {
                    self.hint(*position, index, Hint::Word);
                }
            }
        }
    }

    fn hint(&mut self, position: usize, camera: usize, hint: Hint) {
        // One more than is shown, so that it is known that there are more.
        let slot = self.hints.get_mut(position).filter(|slot| slot.len() <= MAX_HINTS);
        if let Some(slot) = slot.filter(|slot| !slot.iter().any(|(known, _)| *known == camera)) {
            slot.push((camera, hint));
        }
    }

    /// Cameras that were found, as watchers: of the ledger where that has them.
    fn give(&mut self, of_position: &BTreeMap<usize, Vec<(usize, Proof)>>, cameras: &[Seen<'_>]) {
        let mut of_camera: HashMap<usize, usize> = HashMap::new();
        for (watcher, own) in self.watchers.iter().enumerate() {
            for camera in &own.cameras {
                of_camera.entry(*camera).or_insert(watcher);
            }
        }
        for (position, found) in of_position {
            for (camera, proof) in found {
                let watcher = *of_camera.entry(*camera).or_insert_with(|| {
                    let label = cameras.get(*camera).map_or("", |camera| camera.code).to_owned();
                    self.watchers.push(Watcher { label, cameras: vec![*camera], ..Watcher::default() });
                    self.watchers.len() - 1
                });
                if let Some(own) = self.watchers.get_mut(watcher).filter(|own| own.positions.is_empty()) {
                    own.positions.push((*position, *proof));
                }
            }
        }
    }
}

/// The cameras within a radius of a position, with their distance in whole millimetres.
fn around<'t>(
    near: &'t RTree<GeomWithData<[f64; 2], usize>>,
    planned: &Planned,
    radius: f64,
) -> impl Iterator<Item = (usize, u64)> + use<'t> {
    let at = planned.at.and_then(|at| planned.crs.wgs84(at));
    let found = at.map(|at| {
        let (east, north) = at.metres_per_degree();
        let (dx, dy) = (radius * 1.01 / east.max(1.0), radius * 1.01 / north);
        let within = AABB::from_corners([at.lon - dx, at.lat - dy], [at.lon + dx, at.lat + dy]);
        let cameras = near.locate_in_envelope(&within).filter_map(move |camera| {
            let [lon, lat] = *camera.geom();
            let away = metres(at, Position { lon, lat });
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "millimetres within a kilometre")]
            (away <= radius).then(|| (camera.data, (away * 1_000.0).round() as u64))
        });
        let mut cameras: Vec<(usize, u64)> = cameras.collect();
        // The tree's order is its own.
        cameras.sort_unstable();
        cameras
    });
    found.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{Crs, Installed, LifeState};

    fn planned(id: &str, class: PositionClass, cameras: &[&str], at: Option<(f64, f64)>) -> Planned {
        Planned {
            row: 2,
            community: Community { code: String::new(), name: "示例社区".into() },
            compound: String::new(),
            id: id.into(),
            class,
            class_name: String::new(),
            description: String::new(),
            at: at.map(|(lon, lat)| Position { lon, lat }),
            crs: Crs::Wgs84,
            cameras: cameras.iter().map(|code| (*code).to_owned()).collect(),
            state: PlanState::Active,
            reason: String::new(),
            approver: String::new(),
            surveyed: String::new(),
        }
    }

    fn installed(id: &str, codes: &[&str], positions: &[&str], state: LifeState) -> Installed {
        let own = |list: &[&str]| list.iter().map(|code| (*code).to_owned()).collect();
        Installed {
            row: 2,
            id: id.into(),
            codes: own(codes),
            name: String::new(),
            positions: own(positions),
            community: Community::default(),
            compound: String::new(),
            unit: String::new(),
            public: None,
            state,
        }
    }

    fn seen<'a>(code: &'a str, name: &'a str, at: Option<(f64, f64)>) -> Seen<'a> {
        Seen { code, name, at: at.map(|(lon, lat)| Position { lon, lat }), capture: None }
    }

    fn proofs(links: &Links) -> Vec<Vec<(&str, Proof)>> {
        let label = |watcher: &usize| links.watchers[*watcher].label.as_str();
        links.positions.iter().map(|slot| slot.iter().map(|(watcher, proof)| (label(watcher), *proof)).collect()).collect()
    }

    #[test]
    fn a_named_camera_covers_and_a_seen_one_proves() {
        let inventory = Inventory {
            plan: Some(vec![
                planned("K01", PositionClass::Gate, &["1"], None),
                planned("K02", PositionClass::Gate, &["C02"], None),
                planned("K03", PositionClass::Gate, &[], None),
                planned("K04", PositionClass::Gate, &["4"], None),
            ]),
            installed: Some(vec![
                installed("C01", &["1"], &[], LifeState::InUse),
                installed("C02", &[], &[], LifeState::InUse),
                installed("C03", &["3"], &["K03", "K99"], LifeState::InUse),
                installed("C04", &["4"], &[], LifeState::Removed),
            ]),
            ..Inventory::default()
        };
        let cameras = [seen("1", "a", None), seen("3", "b", None)];
        let links = link(&inventory, &cameras, &KeyPositions::default(), &|code, id| code == "1" && id == "K01");
        assert_eq!(
            proofs(&links),
            [
                vec![("1", Proof::A)],
                vec![("C02", Proof::B)],
                vec![("3", Proof::B)],
                // Removed by the ledger, named by the plan: declared, and the report says that the ledger lacks it.
                vec![("4", Proof::B)],
            ]
        );
        assert_eq!(links.unknown, [(2, "K99".to_owned())]);
        assert_eq!(links.watchers.iter().map(|w| w.cameras.len()).collect::<Vec<_>>(), [1, 0, 1, 0]);
    }

    #[test]
    fn a_camera_watches_no_more_than_the_profile_allows() {
        let plan = ["K01", "K02", "K03", "K04"].map(|id| planned(id, PositionClass::Gate, &["1"], None)).to_vec();
        let inventory = Inventory { plan: Some(plan), ..Inventory::default() };
        let links = link(&inventory, &[seen("1", "", None)], &KeyPositions::default(), &|_, _| false);
        assert_eq!(links.positions.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 0]);
        assert_eq!(links.watchers[0].beyond, [3]);
    }

    #[test]
    fn a_word_and_a_distance_together_prove_and_either_alone_hints() {
        let at = Some((115.9, 34.95));
        let plan =
            vec![planned("K01", PositionClass::Gate, &[], at), planned("K02", PositionClass::Road, &[], Some((115.95, 34.95)))];
        let inventory = Inventory { plan: Some(plan), ..Inventory::default() };
        let cameras = [
            seen("far", "示例社区北门", Some((115.901, 34.95))),
            seen("near", "示例社区北门", Some((115.9002, 34.95))),
            seen("wordless", "示例社区3号", Some((115.9001, 34.95))),
            seen("road", "示例社区主干道", None),
        ];
        let known = KeyPositions { record_crs: Crs::Wgs84, ..KeyPositions::default() };
        let links = link(&inventory, &cameras, &known, &|_, _| false);
        assert_eq!(proofs(&links), [vec![("near", Proof::D)], vec![]]);
        assert_eq!(links.hints, [vec![(2, Hint::Near)], vec![(3, Hint::Word)]]);
        let unknown = link(&inventory, &cameras, &KeyPositions::default(), &|_, _| false);
        assert!(unknown.positions.iter().all(Vec::is_empty), "in an unknown system a distance proves nothing");
        assert_eq!(unknown.hints[0], [(0, Hint::Word), (1, Hint::Word)]);
    }

    #[test]
    fn two_systems_are_compared_in_one() {
        use crate::base::datum::Shift;
        let truth = Position { lon: 115.9, lat: 34.95 };
        let (gcj, bd) = (Shift::Gcj02.sent(truth), Shift::Bd09.sent(truth));
        let gate = |crs, at: Position| Planned { crs, ..planned("K01", PositionClass::Gate, &[], Some((at.lon, at.lat))) };
        let found = |plan: Planned, record_crs, camera: Position| {
            let inventory = Inventory { plan: Some(vec![plan]), ..Inventory::default() };
            let known = KeyPositions { record_crs, ..KeyPositions::default() };
            let cameras = [seen("1", "南门", Some((camera.lon, camera.lat)))];
            proofs(&link(&inventory, &cameras, &known, &|_, _| false)) == [vec![("1", Proof::D)]]
        };
        for (plan, camera, agree) in [
            ((Crs::Gcj02, gcj), (Crs::Wgs84, truth), true),
            ((Crs::Bd09, bd), (Crs::Gcj02, gcj), true),
            ((Crs::Cgcs2000, truth), (Crs::Bd09, bd), true),
            ((Crs::Wgs84, gcj), (Crs::Wgs84, truth), false),
            ((Crs::Local, truth), (Crs::Wgs84, truth), false),
            ((Crs::Wgs84, truth), (Crs::Unknown, truth), false),
        ] {
            assert_eq!(found(gate(plan.0, plan.1), camera.0, camera.1), agree, "{plan:?} {camera:?}");
        }
    }

    #[test]
    fn an_inferred_camera_watches_one_position() {
        let plan = vec![
            planned("K01", PositionClass::Gate, &[], Some((115.9, 34.95))),
            planned("K02", PositionClass::Gate, &[], Some((115.9001, 34.95))),
        ];
        let inventory = Inventory { plan: Some(plan), ..Inventory::default() };
        let known = KeyPositions { record_crs: Crs::Cgcs2000, ..KeyPositions::default() };
        let links = link(&inventory, &[seen("1", "南门", Some((115.90008, 34.95)))], &known, &|_, _| false);
        assert_eq!(proofs(&links), [vec![], vec![("1", Proof::D)]], "the nearer one");
    }
}
