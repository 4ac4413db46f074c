//! Who is called first: cameras earlier runs have never seen, whose records have changed, or that gave a picture on some nights
//! and none on others. A run that is broken off has then looked where something is to be found. What comes of the calls does
//! not depend on their order; where calling may end early the order is drawn instead (`audit/draw`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::catalogued::{Catalogued, catalogued};
use super::recall::MAX_BYTES;
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::{Item, Kind};
use crate::evidence::conduct::First;
use crate::manscdp::item::Element;
use crate::probe::outcome::{ProbeRecord, ProbeVerdict};
use crate::probe::plan::Target;
use crate::store::{Store, StoreError};

/// Earlier runs whose pictures are looked at.
pub const MAX_RUNS: u32 = 3;

/// What is known of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Known {
    /// Of its records in the newest run; nothing where it was not in that.
    content: Option<u64>,
    /// Runs in which it gave a picture.
    lit: u32,
    /// Runs in which it gave none.
    dark: u32,
}

/// What earlier runs know of the cameras of a platform.
#[derive(Debug, Default)]
pub struct History {
    codes: HashMap<Box<str>, Known>,
}

/// Why a camera comes early, the first first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    NeverSeen,
    Changed,
    Flapping,
    AsEver,
}

/// What a platform says of a code, on all its lines; its state of the moment left out.
fn content<'i>(items: impl Iterator<Item = &'i Item>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for item in items {
        item.raw().iter().filter(|(element, _)| *element != Element::Status).for_each(|said| said.hash(&mut hasher));
    }
    hasher.finish()
}

/// The cameras of a catalogue by their codes.
fn by_code(catalogued: &Catalogued) -> HashMap<&str, Vec<&Item>> {
    let mut codes: HashMap<&str, Vec<&Item>> = HashMap::new();
    for (item, _) in catalogued.catalog.items.iter().zip(&catalogued.kinds).filter(|(_, kind)| **kind == Kind::Camera) {
        codes.entry(item.id()).or_default().push(item);
    }
    codes
}

impl History {
    /// Adds the catalogue of the newest run.
    pub fn catalogue(&mut self, newest: &Catalogued) {
        for (code, items) in by_code(newest) {
            self.codes.entry(code.into()).or_default().content = Some(content(items.into_iter()));
        }
    }

    /// Adds what came of a run's calls. `lit`: whether a record is one of a picture.
    pub fn calls(&mut self, records: &[ProbeRecord], verdict: impl Fn(&ProbeRecord) -> ProbeVerdict) {
        for record in records {
            let known = self.codes.entry(record.device_id.as_str().into()).or_default();
            match verdict(record) {
                ProbeVerdict::Picture => known.lit += 1,
                ProbeVerdict::NoPicture => known.dark += 1,
                ProbeVerdict::Untested => (),
            }
        }
    }

    /// Brings those to the front that something may be found of; of equals the order stays.
    pub fn order(&self, targets: &mut [Target], now: &Catalogued) -> Option<First> {
        // Without an earlier run all are new, and none is before another.
        if self.codes.values().all(|known| known.content.is_none()) {
            return None;
        }
        let codes = by_code(now);
        let turn = |target: &Target| {
            let known = self.codes.get(target.device_id.as_str()).copied().unwrap_or_default();
            let is = codes.get(target.device_id.as_str()).map(|items| content(items.iter().copied()));
            match known.content {
                None => Turn::NeverSeen,
                was if was != is => Turn::Changed,
                _ if known.lit > 0 && known.dark > 0 => Turn::Flapping,
                _ => Turn::AsEver,
            }
        };
        let turns: HashMap<String, Turn> = targets.iter().map(|target| (target.device_id.clone(), turn(target))).collect();
        targets.sort_by_key(|target| turns.get(&target.device_id).copied().unwrap_or(Turn::AsEver));
        let count = |wanted: Turn| turns.values().filter(|turn| **turn == wanted).count() as u64;
        let first = First { never_seen: count(Turn::NeverSeen), changed: count(Turn::Changed), flapping: count(Turn::Flapping) };
        (first != First::default()).then_some(first)
    }
}

/// Reads what the store has of a platform. What cannot be read costs the new run nothing: it is logged, and the order is that of
/// the catalogue.
pub fn recollect(
    store: &Store,
    (name, id): (&str, &str),
    now: Timestamp,
    verdict: impl Fn(&ProbeRecord) -> ProbeVerdict,
    lang: Lang,
) -> History {
    let mut history = History::default();
    if let Err(error) = read(&mut history, store, (name, id), now, verdict, lang) {
        tracing::warn!(%error, platform = name, "earlier runs cannot be read from the store");
    }
    history
}

fn read(
    history: &mut History,
    store: &Store,
    (name, id): (&str, &str),
    now: Timestamp,
    verdict: impl Fn(&ProbeRecord) -> ProbeVerdict,
    lang: Lang,
) -> Result<(), StoreError> {
    let mut newest = true;
    for run in store.earlier("", name, now, MAX_RUNS)? {
        if store.bytes_of_run(&run, name)? > MAX_BYTES {
            tracing::warn!(%run, "the earlier run is too large to order this one by it");
            return Ok(());
        }
        let Some(earlier) = store.load_platform(&run, name)? else { continue };
        // A name in the settings may have gone to another platform.
        if earlier.header.platform.id != id {
            return Ok(());
        }
        // What an incomplete answer lacks was seen before all the same.
        let before = catalogued(&earlier.header, &earlier.messages, &earlier.tables, lang);
        if newest && let Some(catalogued) = before.ok().filter(|before| !before.catalog.state.voids()) {
            history.catalogue(&catalogued);
            newest = false;
        }
        history.calls(&earlier.probes, &verdict);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::import::{catalog_documents, split_bodies};
    use crate::catalog::{assemble, kind::kind_of, tree::Tree};
    use crate::edition::Edition;
    use crate::probe::outcome::Untested;

    fn body(cameras: &[(u32, &str)]) -> String {
        let items = cameras.iter().map(|(n, more)| {
            format!("<Item><DeviceID>37172300011310{n:06}</DeviceID><Name>n</Name><Parental>0</Parental>{more}</Item>")
        });
        let items: String = items.collect();
        let total = cameras.len();
        format!(
            "<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>37172300002000000002</DeviceID><SumNum>{total}</SumNum>\
             <DeviceList Num=\"{total}\">{items}</DeviceList></Response>"
        )
    }

    fn catalogue(cameras: &[(u32, &str)]) -> Catalogued {
        let body = body(cameras);
        let catalog = assemble("37172300002000000002", &[], catalog_documents(&split_bodies(body.as_bytes())));
        let tree = Tree::new(&catalog.items);
        let kinds = catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), Edition::Gb2016)).collect();
        drop(tree);
        Catalogued { catalog, kinds }
    }

    #[test]
    fn new_ones_come_first_then_changed_then_those_that_come_and_go() {
        let code = |n: u32| format!("37172300011310{n:06}");
        let mut history = History::default();
        let target = |n: u32| Target { device_id: code(n), recorder: 0, once: false };
        let now = catalogue(&[(1, ""), (2, "<Status>OFF</Status>"), (3, "<Model>b</Model>"), (4, ""), (5, "")]);
        let mut targets: Vec<Target> = (1..=5).map(target).collect();
        assert_eq!(history.order(&mut targets, &now), None, "nothing is known");
        history.catalogue(&catalogue(&[(1, ""), (2, "<Status>ON</Status>"), (3, "<Model>a</Model>"), (4, "")]));
        let record = |n: u32| ProbeRecord::untested(&code(n), Untested::NoProbe);
        let night = |lit: u32| {
            move |r: &ProbeRecord| {
                if r.device_id.ends_with(&lit.to_string()) { ProbeVerdict::Picture } else { ProbeVerdict::NoPicture }
            }
        };
        history.calls(&[record(1), record(4)], night(4));
        history.calls(&[record(1), record(4)], night(9));
        let first = history.order(&mut targets, &now).unwrap();
        let order: Vec<&str> = targets.iter().map(|t| &t.device_id[19..]).collect();
        assert_eq!(order, ["5", "3", "4", "1", "2"]);
        assert_eq!(first, First { never_seen: 1, changed: 1, flapping: 1 });
    }

    #[test]
    fn the_last_runs_are_read_from_the_store_those_of_another_platform_of_that_name_are_not() {
        let path = std::env::temp_dir().join(format!("gbaudit-history-{}.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut store = Store::open(&path).unwrap();
        for (night, cameras) in [(1, &[(1, ""), (2, "")][..]), (2, &[(1, ""), (2, ""), (3, "<Model>a</Model>")])] {
            let mut evidence = crate::evidence::tests::evidence(&format!("r{night}"), "chengwu");
            evidence.header.started = night * 1_000_000;
            evidence.header.platform.id = "37172300002000000002".into();
            evidence.header.mode = crate::evidence::Mode::File;
            evidence.header.queries.clear();
            evidence.tables.clear();
            evidence.messages = vec![crate::evidence::Message { body: body(cameras).into_bytes().into(), ..Default::default() }];
            store.put(&evidence).unwrap();
        }
        let now = catalogue(&[(1, ""), (2, ""), (3, "<Model>b</Model>"), (4, "")]);
        let order = |id: &str| {
            let later = Timestamp::from_micros(9_000_000);
            let history = recollect(&store, ("chengwu", id), later, |_| ProbeVerdict::Untested, Lang::En);
            let mut targets: Vec<Target> =
                (1..=4).map(|n| Target { device_id: format!("37172300011310{n:06}"), recorder: 0, once: false }).collect();
            let first = history.order(&mut targets, &now);
            (first, targets.iter().map(|t| t.device_id[19..].to_owned()).collect::<String>())
        };
        assert_eq!(order("37172300002000000002"), (Some(First { never_seen: 1, changed: 1, flapping: 0 }), "4312".into()));
        assert_eq!(order("37172300002000000009"), (None, "1234".into()));
        drop(store);
        let _ = std::fs::remove_file(&path);
    }
}
