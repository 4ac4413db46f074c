//! Which codes are called: every distinct one of the cameras, the first so many, or a draw. Pure.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::catalogued::Catalogued;
use crate::audit::assess::claims_offline;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::evidence::ProbePlan;
use crate::probe::outcome::{ProbeRecord, Untested};
use crate::probe::plan::Target;
use crate::probe::setting::{OfflinePolicy, ProbeSetting};

/// Longest code that is called; the standard's own has 20 digits.
pub const MAX_CODE_CHARS: usize = 64;

/// Who is called, and who is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// To be called.
    pub targets: Vec<Target>,
    /// Sessions at once, by recorder; number 0 is the platform itself, for the cameras that hang under none.
    pub capacities: Vec<usize>,
    /// Their codes, by number; that of number 0 is empty.
    pub recorders: Vec<String>,
    /// Settled without a call.
    pub settled: Vec<ProbeRecord>,
}

/// A code that can stand in a Request-URI.
#[must_use]
pub fn is_callable(code: &str) -> bool {
    (1..=MAX_CODE_CHARS).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic())
}

/// Chooses.
#[must_use]
pub fn select(catalogued: &Catalogued, plan: ProbePlan, setting: &ProbeSetting) -> Selection {
    let items = &catalogued.catalog.items;
    let tree = Tree::new(items);
    let mut codes: Vec<(&str, Vec<&Item>)> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for (item, kind) in items.iter().zip(&catalogued.kinds) {
        if *kind != Kind::Camera {
            continue;
        }
        let number = *numbers.entry(item.id()).or_insert_with(|| {
            codes.push((item.id(), Vec::new()));
            codes.len() - 1
        });
        if let Some((_, items)) = codes.get_mut(number) {
            items.push(item);
        }
    }
    let drawn = drawn(&codes, plan);
    let per_device = usize::try_from(setting.parallel_per_device).unwrap_or(1).max(1);
    let mut selection = Selection { capacities: vec![per_device], recorders: vec![String::new()], ..Selection::default() };
    let mut recorders: HashMap<&str, usize> = HashMap::new();
    let mut left = match plan {
        ProbePlan::Limit(limit) => limit,
        // Whoever was called was called by somebody else.
        ProbePlan::No | ProbePlan::Captured => 0,
        ProbePlan::All | ProbePlan::Sample { .. } => u64::MAX,
    };
    for (number, (code, items)) in codes.iter().enumerate() {
        let offline = items.iter().all(|i| claims_offline(i));
        let why = if matches!(plan, ProbePlan::No) {
            Some(Untested::NoProbe)
        } else if !drawn.get(number).copied().unwrap_or_default() {
            Some(Untested::NotSampled)
        } else if !is_callable(code) {
            Some(Untested::NoUsableCode)
        } else if offline && setting.offline == OfflinePolicy::Skip {
            Some(Untested::OfflineSkipped)
        } else if left == 0 {
            Some(Untested::ProbeLimit)
        } else {
            None
        };
        if let Some(why) = why {
            selection.settled.push(ProbeRecord::untested(code, why));
            continue;
        }
        left -= 1;
        let recorder = items.iter().find_map(|i| tree.recorder(i));
        let recorder = recorder.map_or(0, |id| {
            *recorders.entry(id).or_insert_with(|| {
                selection.capacities.push(per_device);
                selection.recorders.push(id.to_owned());
                selection.capacities.len() - 1
            })
        });
        selection.targets.push(Target { device_id: (*code).to_owned(), recorder, once: offline });
    }
    selection
}

/// Which codes are in the draw: those whose hash with the seed comes first, so that anybody can draw again.
fn drawn(codes: &[(&str, Vec<&Item>)], plan: ProbePlan) -> Vec<bool> {
    let ProbePlan::Sample { size, seed } = plan else { return vec![true; codes.len()] };
    let mut order: Vec<([u8; 32], usize)> = codes
        .iter()
        .enumerate()
        .map(|(number, (code, _))| (Sha256::new().chain_update(seed.to_be_bytes()).chain_update(code).finalize().into(), number))
        .collect();
    order.sort_unstable();
    let mut drawn = vec![false; codes.len()];
    for (_, number) in order.into_iter().take(usize::try_from(size).unwrap_or(usize::MAX)) {
        if let Some(flag) = drawn.get_mut(number) {
            *flag = true;
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::import::{catalog_documents, split_bodies};
    use crate::catalog::{assemble, kind::kind_of};
    use crate::edition::Edition;

    fn catalogued(items: &str) -> Catalogued {
        let body = format!(
            "<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>37172300002000000002</DeviceID><DeviceList>{items}</DeviceList></Response>"
        );
        let documents = catalog_documents(&split_bodies(body.as_bytes()));
        let catalog = assemble("37172300002000000002", &[], documents);
        let tree = Tree::new(&catalog.items);
        let kinds = catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), Edition::Gb2016)).collect();
        drop(tree);
        Catalogued { catalog, kinds }
    }

    fn camera(n: u32, extra: &str) -> String {
        format!("<Item><DeviceID>37172300011310{n:06}</DeviceID><Name>n{n}</Name>{extra}</Item>")
    }

    #[test]
    fn every_distinct_code_once_with_its_recorder() {
        let nvr = "<Item><DeviceID>37172300011180000001</DeviceID><Name>nvr</Name></Item>";
        let under = "<ParentID>37172300011180000001</ParentID>";
        let items =
            [camera(1, under), camera(2, under), camera(3, ""), camera(3, "<Model>x</Model><IPAddress>192.0.2.1</IPAddress>")];
        let catalogued = catalogued(&format!("{nvr}{}", items.concat()));
        let selection = select(&catalogued, ProbePlan::All, &ProbeSetting::default());
        let found: Vec<_> = selection.targets.iter().map(|t| (t.device_id.get(14..).unwrap(), t.recorder)).collect();
        assert_eq!(found, [("000001", 1), ("000002", 1), ("000003", 0)]);
        assert_eq!(selection.capacities, [4, 4]);
    }

    #[test]
    fn who_is_not_called_and_why() {
        let bad = "<Item><DeviceID>编码</DeviceID><Name>x</Name><PTZType>1</PTZType></Item>";
        let off = camera(2, "<Status>OFF</Status>");
        let catalogued = catalogued(&format!("{}{off}{bad}{}", camera(1, ""), camera(3, "")));
        let skip = ProbeSetting { offline: OfflinePolicy::Skip, ..ProbeSetting::default() };
        let why = |plan, setting: &ProbeSetting| {
            let mut why: Vec<_> =
                select(&catalogued, plan, setting).settled.iter().filter_map(|r| r.untested).map(Untested::id).collect();
            why.sort_unstable();
            why
        };
        assert_eq!(why(ProbePlan::All, &ProbeSetting::default()), ["no_usable_code"]);
        assert_eq!(why(ProbePlan::All, &skip), ["no_usable_code", "not_tried"]);
        assert_eq!(why(ProbePlan::Limit(1), &skip), ["no_usable_code", "not_tried", "probe_limit"]);
        assert_eq!(why(ProbePlan::No, &skip), ["no_probe"; 4]);
        let once = select(&catalogued, ProbePlan::All, &ProbeSetting::default());
        assert_eq!(once.targets.iter().filter(|t| t.once).count(), 1);
    }

    #[test]
    fn a_draw_can_be_repeated_and_another_seed_draws_others() {
        let items: String = (1..=100).map(|n| camera(n, "")).collect();
        let catalogued = catalogued(&items);
        let draw = |seed| {
            let plan = ProbePlan::Sample { size: 10, seed };
            let selection = select(&catalogued, plan, &ProbeSetting::default());
            selection.targets.into_iter().map(|t| t.device_id).collect::<Vec<_>>()
        };
        assert_eq!(draw(7).len(), 10);
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
