//! What all calls of a run show beside each camera's answer: which transports brought pictures, what was refused for want of a
//! session. Pure.

use std::collections::{BTreeMap, HashMap};

use crate::catalog::{Catalog, Item};
use crate::evidence::Header;
use crate::probe::outcome::{Cause, MediaTransport, ProbeRecord, ProbeVerdict};
use crate::report::Camera;
use crate::report::limits::{Learnt, Limits};
use crate::report::transports::{Group, Transports, Used};

/// The cameras that were called, each code once, with what was tried.
fn called<'a>(
    catalog: &'a Catalog,
    cameras: &'a [Camera],
    probes: &'a BTreeMap<String, ProbeRecord>,
) -> impl Iterator<Item = (&'a Camera, &'a ProbeRecord)> {
    let mut last = "";
    cameras.iter().filter_map(move |camera| {
        let code = catalog.items.get(camera.item).map(Item::id)?;
        // Lines of one code stand together, and were called once.
        let again = std::mem::replace(&mut last, code) == code;
        let record = probes.get(code).filter(|record| !again && !record.attempts.is_empty())?;
        Some((camera, record))
    })
}

/// Over which transports pictures came.
pub(super) fn transports(catalog: &Catalog, cameras: &[Camera], probes: &BTreeMap<String, ProbeRecord>) -> Transports {
    let mut used: BTreeMap<usize, Used> = BTreeMap::new();
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    let mut pictures: HashMap<&str, u64> = HashMap::new();
    let mut fallback = 0;
    let place = |transport: MediaTransport| MediaTransport::NAMES.iter().position(|(_, one)| *one == transport).unwrap_or(0);
    for (camera, record) in called(catalog, cameras, probes) {
        let worked = (camera.probe.verdict == ProbeVerdict::Picture)
            .then(|| camera.probe.deciding.and_then(|n| record.attempts.get(n)))
            .flatten()
            .map(|attempt| attempt.transport);
        let tried = record.transports();
        for transport in &tried {
            let used = used.entry(place(*transport)).or_default();
            used.tried += 1;
            used.pictures += u64::from(worked == Some(*transport));
            used.failed += u64::from(worked.is_some() && camera.probe.failed.contains(transport));
        }
        let Some(worked) = worked else { continue };
        let recorder = camera.recorder.as_deref().unwrap_or_default();
        *pictures.entry(recorder).or_default() += 1;
        if let Some(failed) = camera.probe.failed.first() {
            fallback += 1;
            let group = groups.entry(recorder).or_insert_with(|| Group {
                recorder: recorder.to_owned(),
                pictures: 0,
                fallback: 0,
                failed: *failed,
                worked,
            });
            group.fallback += 1;
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.pictures = pictures.get(group.recorder.as_str()).copied().unwrap_or_default();
    }
    groups.sort_by(|a, b| b.fallback.cmp(&a.fallback).then_with(|| a.recorder.cmp(&b.recorder)));
    let named = |(place, used): (usize, Used)| Some((MediaTransport::NAMES.get(place)?.1, used));
    Transports { used: used.into_iter().filter_map(named).collect(), fallback, groups }
}

/// What recorders and the platform were found to bear, and what they refused.
pub(super) fn limits(header: &Header, catalog: &Catalog, cameras: &[Camera], probes: &BTreeMap<String, ProbeRecord>) -> Limits {
    let mut refusals: HashMap<&str, u64> = HashMap::new();
    let mut all = 0;
    for (camera, record) in called(catalog, cameras, probes) {
        let refused = record.attempts.iter().filter(|attempt| attempt.cause == Some(Cause::Capacity)).count() as u64;
        all += refused;
        *refusals.entry(camera.recorder.as_deref().unwrap_or_default()).or_default() += refused;
    }
    let mut learnt: Vec<Learnt> = header
        .conduct
        .limits
        .iter()
        .map(|limit| {
            let of = |code: &String| refusals.get(code.as_str()).copied().unwrap_or_default();
            Learnt { limit: limit.clone(), refusals: limit.recorder.as_ref().map_or(all, of) }
        })
        .collect();
    learnt.sort_by(|a, b| {
        let key = |one: &Learnt| (one.limit.recorder.is_some(), std::cmp::Reverse(one.refusals));
        key(a).cmp(&key(b)).then_with(|| a.limit.recorder.cmp(&b.limit.recorder))
    });
    Limits { learnt, refusals: all }
}
