//! Key positions of a run: the user's tables, the catalogue and the calls put together. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::AssessError;
use super::assess::claims_offline;
use super::catalogued::{Catalogued, catalogued};
use crate::base::lang::Lang;
use crate::catalog::{Catalog, Item, Kind};
use crate::evidence::measured::Measure;
use crate::evidence::{Evidence, Header, Supplied};
use crate::indicator::CameraFacts;
use crate::indicator::key_positions::{InstalledFacts, KeyFacts, PositionFacts, by_class, intact};
use crate::manscdp::item::Element;
use crate::position::link::{Links, Seen, Watcher, link};
use crate::position::seen::{self, Alive};
use crate::position::{Community, Inventory, LifeState, PlanState, Planned};
use crate::probe::outcome::{Level, ProbeRecord, ProbeVerdict};
use crate::profile::{PositionClass, Profile, Proof};
use crate::report::key_positions::{InstalledLine, KeyPositions, PositionLine};
use crate::report::measures::{Found, Measures};
use crate::report::{Camera, Report};

use super::reviewed::Review;

/// The user's tables out of a run's evidence.
///
/// # Errors
/// The first table that cannot be read, with its row.
pub(super) fn inventory(header: &Header, lang: Lang) -> Result<Inventory, AssessError> {
    Inventory::of(header.supplied.iter().map(Supplied::parts), lang).map_err(|(name, wrong)| {
        let first = wrong.into_iter().next();
        let (line, message) = first.map(|wrong| (wrong.row, wrong.render(lang))).unwrap_or_default();
        AssessError::Table { name, line, message }
    })
}

/// The codes of the cameras a run is about; `None`: all of them.
#[must_use]
pub fn scope(inventory: &Inventory) -> Option<HashSet<&str>> {
    let scope = inventory.scope.as_str();
    if scope.is_empty() {
        return None;
    }
    let is = |community: &Community| community.code == scope || community.name == scope;
    let installed = inventory.installed.iter().flatten().filter(|row| is(&row.community)).flat_map(|row| &row.codes);
    let planned = inventory.plan.iter().flatten().filter(|row| is(&row.community)).flat_map(|row| &row.cameras);
    Some(installed.chain(planned).map(String::as_str).collect())
}

/// Keeps of the tables what the scope is about.
pub(super) fn narrow(inventory: &mut Inventory) {
    if inventory.scope.is_empty() {
        return;
    }
    let scope = inventory.scope.clone();
    let is = |community: &Community| community.code == scope || community.name == scope;
    if let Some(plan) = &mut inventory.plan {
        plan.retain(|row| is(&row.community));
    }
    let named: HashSet<String> = inventory.plan.iter().flatten().flat_map(|row| row.cameras.iter().cloned()).collect();
    if let Some(rows) = &mut inventory.installed {
        rows.retain(|row| is(&row.community) || row.codes.iter().chain([&row.id]).any(|key| named.contains(key)));
    }
}

/// What a run has besides the tables.
pub(super) struct Seeing<'a> {
    pub(super) header: &'a Header,
    pub(super) catalog: &'a Catalog,
    pub(super) cameras: &'a [Camera],
    pub(super) facts: &'a [CameraFacts],
    pub(super) probes: &'a BTreeMap<String, ProbeRecord>,
    pub(super) reviews: &'a [Review],
    /// The day of judgment: what a person saw holds until its last day.
    pub(super) day: &'a str,
    pub(super) measures: Option<&'a Measures>,
    pub(super) profile: &'a Profile,
}

/// Whether a camera was alive in this very run: the platform says so, or a call to it was answered.
pub(super) fn alive_now(item: &Item, record: Option<&ProbeRecord>) -> bool {
    let answered = |record: &ProbeRecord| {
        record.attempts.iter().any(|attempt| attempt.status.is_some_and(|code| (200..300).contains(&code)))
    };
    !claims_offline(item) || record.is_some_and(answered)
}

/// The codes of a run's cameras, each once, and whether it was alive in it.
///
/// # Errors
/// When a table in its evidence cannot be read.
pub fn seen_now(evidence: &Evidence, lang: Lang) -> Result<BTreeMap<String, bool>, AssessError> {
    let Catalogued { catalog, kinds } = catalogued(&evidence.header, &evidence.messages, &evidence.tables, lang)?;
    let by_code: HashMap<&str, &ProbeRecord> = evidence.probes.iter().map(|record| (record.device_id.as_str(), record)).collect();
    let cameras = catalog.items.iter().zip(kinds).filter(|(_, kind)| *kind == Kind::Camera).map(|(item, _)| item);
    let mut seen = BTreeMap::new();
    for item in cameras.filter(|item| !item.id().is_empty()) {
        // One line of a code that is alive is enough.
        *seen.entry(item.id().to_owned()).or_insert(false) |= alive_now(item, by_code.get(item.id()).copied());
    }
    Ok(seen)
}

/// The codes of a finished report's cameras that were alive.
#[must_use]
pub fn alive(report: &Report) -> Vec<String> {
    let items = report.cameras.iter().filter_map(|camera| report.item(camera.item)).filter(|item| !item.id().is_empty());
    items.filter(|item| alive_now(item, report.probes.get(item.id()))).map(|item| item.id().to_owned()).collect()
}

/// Who watches what, with what was counted and what is shown of it.
pub(super) struct Positions {
    pub(super) facts: KeyFacts,
    pub(super) shown: KeyPositions,
}

/// The facts of the key positions and what is shown of them.
pub(super) fn positions(inventory: &Inventory, seeing: &Seeing<'_>, several: bool) -> Positions {
    let items: Vec<Option<&Item>> = seeing.cameras.iter().map(|camera| seeing.catalog.items.get(camera.item)).collect();
    let seen: Vec<Seen<'_>> = items
        .iter()
        .map(|item| Seen {
            code: item.map_or("", |item| item.id()),
            name: item.and_then(|item| item.text(Element::Name)).unwrap_or_default(),
            at: item.and_then(crate::rules::position_of),
            capture: item.and_then(|item| item.text(Element::CapturePositionType)),
        })
        .collect();
    let reviewed: HashMap<(&str, &str), &Review> = seeing
        .reviews
        .iter()
        .filter(|r| !r.position.is_empty() && r.until.as_str() >= seeing.day)
        .map(|r| ((r.code.as_str(), r.position.as_str()), r))
        .collect();
    let settings = &seeing.profile.positions;
    let links = if inventory.is_given() {
        link(inventory, &seen, settings, &|code, id| reviewed.contains_key(&(code, id)))
    } else {
        Links::default()
    };
    let alive = |camera: usize| {
        let Some(item) = items.get(camera).copied().flatten() else { return Alive::Unknown };
        if alive_now(item, seeing.probes.get(item.id())) {
            return Alive::Yes;
        }
        seen::alive(item.id(), seeing.header.started(), settings.lookback_days, (&inventory.seen_alive, &inventory.history))
    };
    let plan = inventory.plan.as_deref().unwrap_or_default();
    let with_plan = inventory.plan.is_some();
    let counted = |(position, proof): &(usize, Proof)| {
        plan.get(*position).is_some_and(|planned| planned.state == PlanState::Active) && settings.accepts(*proof)
    };
    let recordings = recordings(seeing.measures);
    let of_watcher = |own: &Watcher| {
        let row = own.ledger.and_then(|place| inventory.installed.as_ref()?.get(place));
        let mut classes = [false; 5];
        for planned in own.positions.iter().filter(|one| counted(one)).filter_map(|(position, _)| plan.get(*position)) {
            if let Some(slot) = classes.get_mut(planned.class.slot()) {
                *slot = true;
            }
        }
        let key = classes.contains(&true) || (!with_plan && row.is_some_and(|row| !row.positions.is_empty()));
        let codes: Vec<Box<str>> =
            own.cameras.iter().filter_map(|camera| seen.get(*camera)).map(|seen| seen.code.into()).collect();
        let mut facts = InstalledFacts {
            label: own.label.as_str().into(),
            in_ledger: row.is_some(),
            classes,
            key,
            listed: false,
            alive: Alive::No,
            online: false,
            probe: ProbeVerdict::Untested,
            level: Level::Nothing,
            doubtful: false,
            recording: codes.iter().filter_map(|code| recordings.get(&**code).copied()).max(),
            exempt: false,
            public: row.is_none_or(|row| row.public != Some(false)),
            codes: codes.into(),
        };
        for camera in &own.cameras {
            if let Some(seen) = seeing.facts.get(*camera) {
                facts.see(seen);
            }
            facts.alive = facts.alive.or(alive(*camera));
        }
        facts
    };
    let installed: Vec<InstalledFacts> = links.watchers.iter().map(of_watcher).collect();
    let of_position = |(position, planned): (usize, &Planned)| {
        let watching = links.positions.get(position).map(Vec::as_slice).unwrap_or_default();
        let counting = || {
            let own = watching.iter().filter(|(_, proof)| counted(&(position, *proof)));
            own.filter_map(|(watcher, _)| installed.get(*watcher)).filter(|own| own.listed || !settings.require_networked)
        };
        let networked = counting().filter(|own| own.listed).map(|own| own.alive);
        let networked = networked.fold(Alive::No, Alive::or);
        PositionFacts {
            class: planned.class,
            applies: planned.state != PlanState::NotApplicable,
            covered: counting().next().is_some(),
            by_catalogue: counting().any(|own| own.listed),
            networked,
        }
    };
    let positions: Vec<PositionFacts> = plan.iter().enumerate().map(of_position).collect();
    let undeclared = undeclared(plan, &settings.classes);
    let facts = KeyFacts {
        positions: with_plan.then_some(positions),
        installed: inventory.is_given().then_some(installed),
        ledger: inventory.installed.is_some(),
        undeclared: !undeclared.is_empty(),
        one_of_several: several,
    };
    let shown = shown(inventory, seeing, (&links, &facts, undeclared), &seen, &reviewed);
    Positions { facts, shown }
}

/// Cameras whose recordings were looked for: whether they are there.
fn recordings(measures: Option<&Measures>) -> HashMap<&str, bool> {
    let lines = measures.map(|measures| measures.lines.as_slice()).unwrap_or_default();
    let records = lines.iter().filter(|line| line.measure == Measure::Records);
    let told = records.filter_map(|line| match line.reason.found {
        Found::Right => Some((line.device_id.as_str(), true)),
        Found::Wrong => Some((line.device_id.as_str(), false)),
        Found::CannotTell | Found::Failed => None,
    });
    told.collect()
}

/// Classes a community has neither planned nor declared not to have.
fn undeclared(plan: &[Planned], classes: &[PositionClass]) -> Vec<(Community, PositionClass)> {
    let mut known: BTreeMap<&Community, HashSet<PositionClass>> = BTreeMap::new();
    for planned in plan {
        known.entry(&planned.community).or_default().insert(planned.class);
    }
    let lacking = known.into_iter().flat_map(|(community, has)| {
        let lacks = classes.iter().filter(move |class| !has.contains(class));
        lacks.map(|class| (community.clone(), *class)).collect::<Vec<_>>()
    });
    lacking.collect()
}

fn shown(
    inventory: &Inventory,
    seeing: &Seeing<'_>,
    (links, facts, undeclared): (&Links, &KeyFacts, Vec<(Community, PositionClass)>),
    seen: &[Seen<'_>],
    reviewed: &HashMap<(&str, &str), &Review>,
) -> KeyPositions {
    let plan = inventory.plan.as_deref().unwrap_or_default();
    let installed = facts.installed.as_deref().unwrap_or_default();
    let label = |watcher: &usize| links.watchers.get(*watcher).map(|own| own.label.clone());
    let line = |(position, (planned, counted)): (usize, (&Planned, &PositionFacts))| {
        let watching = links.positions.get(position).map(Vec::as_slice).unwrap_or_default();
        let own = || watching.iter().filter_map(|(watcher, _)| installed.get(*watcher));
        let seen_by = watching.iter().filter_map(|(watcher, _)| links.watchers.get(*watcher)).find_map(|own| {
            let codes = own.cameras.iter().filter_map(|camera| seen.get(*camera)).map(|seen| seen.code);
            codes.into_iter().find_map(|code| reviewed.get(&(code, planned.id.as_str())))
        });
        let tested = own().any(|own| own.probe != ProbeVerdict::Untested);
        let why = [planned.reason.as_str(), planned.approver.as_str()];
        PositionLine {
            community: planned.community.clone(),
            compound: planned.compound.clone(),
            id: planned.id.clone(),
            class: planned.class,
            class_name: planned.class_name.clone(),
            description: planned.description.clone(),
            state: planned.state,
            reason: why.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("；"),
            surveyed: planned.surveyed.clone(),
            covered: counted.covered,
            proof: watching.first().map(|(_, proof)| *proof),
            cameras: watching.iter().filter_map(|(watcher, _)| label(watcher)).collect(),
            networked: (!watching.is_empty()).then_some(counted.networked),
            intact: tested.then(|| own().any(|own| own.probe == ProbeVerdict::Picture)),
            reviewed: seen_by.map(|review| (review.reviewer.clone(), review.date.clone())),
            hints: links
                .hints
                .get(position)
                .into_iter()
                .flatten()
                .filter_map(|(camera, hint)| Some((seen.get(*camera)?.code.to_owned(), *hint)))
                .collect(),
        }
    };
    let positions = plan.iter().zip(facts.positions.as_deref().unwrap_or_default()).enumerate().map(line).collect();
    let camera = |(own, counted): (&Watcher, &InstalledFacts)| {
        let row = own.ledger.and_then(|place| inventory.installed.as_ref()?.get(place));
        let planned = own.positions.first().and_then(|(position, _)| plan.get(*position));
        let names = |all: &mut dyn Iterator<Item = usize>| all.filter_map(|p| plan.get(p)).map(|p| p.id.clone()).collect();
        let community = row.map(|row| &row.community).filter(|community| !community.is_none());
        let name = row.map(|row| row.name.as_str()).filter(|name| !name.is_empty());
        InstalledLine {
            label: own.label.clone(),
            name: name.or_else(|| own.cameras.first().and_then(|c| seen.get(*c)).map(|s| s.name)).unwrap_or_default().to_owned(),
            community: community.or(planned.map(|planned| &planned.community)).cloned().unwrap_or_default(),
            compound: row
                .map(|row| row.compound.as_str())
                .filter(|compound| !compound.is_empty())
                .or(planned.map(|planned| planned.compound.as_str()))
                .unwrap_or_default()
                .to_owned(),
            unit: row.map(|row| row.unit.clone()).unwrap_or_default(),
            positions: names(&mut own.positions.iter().map(|(position, _)| *position)),
            beyond: names(&mut own.beyond.iter().copied()),
            state: row.map(|row| row.state).unwrap_or_default(),
            in_ledger: counted.in_ledger,
            key: counted.key,
            listed: counted.listed,
            alive: counted.alive,
            intact: intact(counted, seeing.profile.positions.intact),
            probe: counted.probe,
            doubtful: counted.doubtful,
            exempt: counted.exempt,
        }
    };
    let gone = inventory.installed.iter().flatten().filter(|row| !row.state.is_installed());
    let gone = gone.map(|row| (row.codes.first().unwrap_or(&row.id).clone(), row.state)).collect::<Vec<(String, LifeState)>>();
    let exempt = seeing.facts.iter().filter(|facts| facts.exempt).count() as u64;
    KeyPositions {
        plan: inventory.plan.is_some(),
        ledger: inventory.installed.is_some(),
        positions,
        installed: links.watchers.iter().zip(installed).map(camera).collect(),
        gone,
        classes: by_class(facts, seeing.profile),
        undeclared,
        unknown: links.unknown.clone(),
        notes: inventory.notes.clone(),
        lookback_days: seeing.profile.positions.lookback_days,
        runs: inventory.history.runs,
        not_public: seeing.facts.iter().filter(|facts| !facts.public).count() as u64,
        exempt,
        many_exempt: exempt * 100 > seeing.facts.len() as u64 * seeing.profile.exemptions.warn_above_percent,
        scope: inventory.scope.clone(),
    }
}

/// Whether the tables and the profile leave a camera in 公共视频.
pub(super) fn is_public(item: &Item, profile: &Profile, told: &HashMap<&str, bool>) -> bool {
    if let Some(public) = told.get(item.id()) {
        return *public;
    }
    let industry = item.id().get(8..10).unwrap_or_default();
    item.id().len() != 20 || !profile.output.non_public.iter().any(|code| code == industry)
}

/// What the tables say of public video, by code; a channel without a camera is none.
pub(super) fn told_public(inventory: &Inventory) -> HashMap<&str, bool> {
    let mut told = HashMap::new();
    for row in inventory.installed.iter().flatten() {
        let public = if row.state.is_installed() { row.public } else { Some(false) };
        for code in &row.codes {
            if let Some(public) = public {
                told.insert(code.as_str(), public);
            }
        }
    }
    told
}
