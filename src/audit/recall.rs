//! Holds a run that has ended against the latest earlier one in the store. What cannot be read of an old run costs the new one
//! nothing: it is logged, and the report says nothing of an earlier run.

use std::collections::BTreeMap;

use super::estate::remember;
use super::positions::seen_now;
use crate::base::lang::Lang;
use crate::evidence::{Evidence, Supplied};
use crate::position::seen::History;
use crate::position::{ASSIGNMENT, HISTORY, INSTALLED, PLAN};
use crate::profile::Profile;
use crate::store::{Store, StoreError};

/// Earlier runs looked at for one that is complete.
pub const MAX_TRIED: u32 = 8;
/// Octets of catalogue bodies of an earlier run that are read beside those of this one: some 250,000 cameras.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Finds the latest earlier run of the platform that ended and whose catalogue is whole, and keeps what came of holding this
/// run against it with this run's evidence.
pub fn recall(store: &Store, evidence: &mut Evidence, lang: Lang) {
    if let Err(error) = tried(store, evidence, lang) {
        tracing::warn!(%error, "earlier runs cannot be read from the store");
    }
}

/// Keeps with the run what earlier runs know of its cameras: when they were first and last seen alive, and which problems stood open;
/// where there were earlier runs, or a table of the user's asks for it.
pub fn watch(store: &Store, evidence: &mut Evidence, lang: Lang) {
    let asked = evidence.header.supplied.iter().any(|table| [PLAN, INSTALLED, ASSIGNMENT].contains(&table.key.as_str()));
    match watched(store, evidence, asked, lang) {
        Ok(Some(history)) => {
            evidence.header.supplied.retain(|table| table.key != HISTORY);
            if let Ok(text) = serde_json::to_string(&history) {
                evidence.header.supplied.push(Supplied { key: HISTORY.to_owned(), name: String::new(), text });
            }
        }
        Ok(None) => (),
        Err(error) => tracing::warn!(%error, "what earlier runs know of the cameras cannot be read from the store"),
    }
}

fn watched(store: &Store, evidence: &Evidence, asked: bool, lang: Lang) -> Result<Option<History>, StoreError> {
    let header = &evidence.header;
    let (platform, at) = (&header.platform.id, header.started());
    let kept = store.has_rates_before(platform, at)?;
    // The catalogue is read once more only where there is something to be told of it.
    if !asked && !kept && store.alive(platform, at, std::iter::empty())?.since.is_none() {
        return Ok(None);
    }
    let seen = match seen_now(evidence, lang) {
        Ok(seen) => seen,
        Err(error) => {
            tracing::warn!(%error, "the cameras that are alive cannot be told");
            return Ok(None);
        }
    };
    let mut history = store.alive(platform, at, seen.iter().map(|(code, alive)| (code.as_str(), *alive)))?;
    if kept {
        let mut open: BTreeMap<String, BTreeMap<i64, Vec<String>>> = BTreeMap::new();
        for problem in store.problems(platform, at)?.into_iter().filter(|problem| problem.closed.is_none()) {
            open.entry(problem.what).or_default().entry(problem.since.micros()).or_default().push(problem.device_id);
        }
        history.open = Some(open);
    }
    Ok(Some(history))
}

/// Notes which rounds of the day came before this run, where its profile asks for several.
pub fn count_rounds(store: &Store, evidence: &mut Evidence, profile: &Profile) {
    if profile.schedule.is_one_round() {
        return;
    }
    let before = store.rounds_like(&evidence.header).unwrap_or_else(|error| {
        tracing::warn!(%error, "earlier rounds cannot be read from the store");
        Vec::new()
    });
    let own = &evidence.header.run_id;
    // The store has this run too, if it was kept while it went on.
    let before = before.into_iter().take_while(|run| run != own).collect();
    evidence.header.conduct.earlier_rounds = Some(before);
}

fn tried(store: &Store, evidence: &mut Evidence, lang: Lang) -> Result<(), StoreError> {
    let (run, platform) = (evidence.header.run_id.clone(), evidence.header.platform.name.clone());
    for earlier in store.earlier(&run, &platform, evidence.header.started(), MAX_TRIED)? {
        let octets = store.catalogue_bytes(&earlier, &platform)?;
        if octets > MAX_BYTES {
            tracing::warn!(run = %earlier, octets, "the earlier run is too large to be compared here: use gbaudit diff");
            return Ok(());
        }
        let Some(before) = store.load_platform(&earlier, &platform)? else { continue };
        // A name in the settings may have gone to another platform.
        if before.header.platform.id != evidence.header.platform.id {
            continue;
        }
        match remember(evidence, &before, lang) {
            Ok(true) => return Ok(()),
            Ok(false) => (),
            Err(error) => tracing::warn!(run = %earlier, %error, "the earlier run cannot be compared"),
        }
    }
    Ok(())
}
