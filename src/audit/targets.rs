//! Which codes are called: every distinct one of the cameras, the first so many, or a draw. Pure.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::catalogued::Catalogued;
use super::draw::{Candidate, all, draw};
use super::waves::Counted;
use crate::audit::assess::claims_offline;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::evidence::ProbePlan;
use crate::evidence::conduct::Sampling;
use crate::manscdp::item::Element;
use crate::probe::outcome::{ProbeRecord, Untested};
use crate::probe::plan::Target;
use crate::probe::setting::{OfflinePolicy, ProbeSetting};
use crate::profile::{Denominator, KeyPositions, PositionClass};

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
    /// What was drawn, or is to be called in a drawn order.
    pub sampling: Option<Sampling>,
    /// What the codes count for, where calling may end early.
    pub counted: Option<HashMap<String, Counted>>,
}

/// What is to be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Which cameras.
    pub plan: ProbePlan,
    /// Their codes, where they are named.
    pub named: &'a [String],
    /// Calling may end early: the seed of the order of the calls, and what the rate is divided by.
    pub stop: Option<(u64, Denominator)>,
}

impl From<ProbePlan> for Choice<'_> {
    fn from(plan: ProbePlan) -> Self {
        Self { plan, named: &[], stop: None }
    }
}

/// A code that can stand in a Request-URI.
#[must_use]
pub fn is_callable(code: &str) -> bool {
    (1..=MAX_CODE_CHARS).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic())
}

/// Chooses.
#[must_use]
pub fn select(catalogued: &Catalogued, choice: Choice<'_>, setting: &ProbeSetting) -> Selection {
    let plan = choice.plan;
    let items = &catalogued.catalog.items;
    let tree = Tree::new(items);
    let mut codes: Vec<Code<'_>> = Vec::new();
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
    let sampling = drawn(&codes, catalogued, &tree, choice);
    let chosen: Option<HashSet<&str>> =
        sampling.as_ref().map(|sampling| sampling.drawn.iter().map(|one| one.code.as_str()).collect());
    let per_device = usize::try_from(setting.parallel_per_device).unwrap_or(1).max(1);
    let mut selection = Selection { capacities: vec![per_device], recorders: vec![String::new()], ..Selection::default() };
    let mut recorders: HashMap<&str, usize> = HashMap::new();
    let mut left = match plan {
        ProbePlan::Limit(limit) => limit,
        // Whoever was called was called by somebody else.
        ProbePlan::No | ProbePlan::Captured => 0,
        ProbePlan::All | ProbePlan::Sample { .. } | ProbePlan::Named(_) => u64::MAX,
    };
    let named: Option<HashSet<&str>> =
        matches!(plan, ProbePlan::Named(_)).then(|| choice.named.iter().map(String::as_str).collect());
    for (code, items) in &codes {
        let offline = items.iter().all(|i| claims_offline(i));
        let why = if matches!(plan, ProbePlan::No) {
            Some(Untested::NoProbe)
        } else if named.as_ref().is_some_and(|named| !named.contains(code)) {
            Some(Untested::NotNamed)
        } else if chosen.as_ref().is_some_and(|chosen| !chosen.contains(code)) {
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
    drop(chosen);
    selection.counted = choice.stop.map(|(_, denominator)| counted(&codes, &tree, denominator));
    selection.sampling = sampling;
    selection
}

/// A camera's code with the lines it stands on.
type Code<'c> = (&'c str, Vec<&'c Item>);

/// What is drawn of the codes; nothing where all of them are called.
fn drawn(codes: &[Code<'_>], catalogued: &Catalogued, tree: &Tree<'_>, choice: Choice<'_>) -> Option<Sampling> {
    let is_organisation = |id: &str| tree.find(id).any(|place| catalogued.kinds.get(place) == Some(&Kind::VirtualOrganisation));
    // By its first line, which the content says and not the arrival.
    let first = |items: &[&Item]| items.first().copied().map(|item| (community(item, is_organisation), class(item)));
    let described: Vec<(String, &'static str)> =
        codes.iter().map(|(_, items)| first(items).unwrap_or_else(|| (String::new(), PositionClass::Other.key()))).collect();
    let candidates: Vec<Candidate<'_>> =
        codes.iter().zip(&described).map(|((code, _), (community, class))| Candidate { code, community, class }).collect();
    match (choice.plan, choice.stop) {
        (ProbePlan::Sample { size, seed }, _) => Some(draw(&candidates, size, seed)),
        (ProbePlan::All, Some((seed, _))) => Some(all(&candidates, seed)),
        _ => None,
    }
}

/// The community an item is known to belong to; empty where it is not.
fn community(item: &Item, is_organisation: impl Fn(&str) -> bool) -> String {
    let organisation = || item.each_parent().find(|id| is_organisation(id)).map(ToOwned::to_owned);
    item.grassroots().or_else(organisation).unwrap_or_default()
}

/// By the words everybody looks for: what is drawn must not hang on a profile's own.
fn class(item: &Item) -> &'static str {
    static WORDS: LazyLock<KeyPositions> = LazyLock::new(KeyPositions::default);
    WORDS.class_of_name(item.text(Element::Name).unwrap_or_default()).0.unwrap_or(PositionClass::Other).key()
}

/// What a look after each wave of calls needs to know of the codes.
fn counted(codes: &[Code<'_>], tree: &Tree<'_>, denominator: Denominator) -> HashMap<String, Counted> {
    let of = |(code, items): &Code<'_>| {
        let lines = items.iter().filter(|item| denominator == Denominator::Catalogue || !claims_offline(item)).count() as u64;
        let offline = items.iter().all(|item| claims_offline(item));
        let recorder = items.iter().find_map(|item| tree.recorder(item)).map(ToOwned::to_owned);
        ((*code).to_owned(), Counted { lines, offline, recorder })
    };
    codes.iter().map(of).collect()
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
        let selection = select(&catalogued, ProbePlan::All.into(), &ProbeSetting::default());
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
        let why = |plan: ProbePlan, setting: &ProbeSetting| {
            let mut why: Vec<_> =
                select(&catalogued, plan.into(), setting).settled.iter().filter_map(|r| r.untested).map(Untested::id).collect();
            why.sort_unstable();
            why
        };
        assert_eq!(why(ProbePlan::All, &ProbeSetting::default()), ["no_usable_code"]);
        assert_eq!(why(ProbePlan::All, &skip), ["no_usable_code", "not_tried"]);
        assert_eq!(why(ProbePlan::Limit(1), &skip), ["no_usable_code", "not_tried", "probe_limit"]);
        let named = select(
            &catalogued,
            Choice { plan: ProbePlan::Named(2), named: &["37172300011310000003".into(), "elsewhere".into()], stop: None },
            &ProbeSetting::default(),
        );
        assert_eq!(named.targets.iter().map(|target| target.device_id.as_str()).collect::<Vec<_>>(), ["37172300011310000003"]);
        assert!(named.settled.iter().all(|record| record.attempts.is_empty()) && !named.settled.is_empty());
        assert_eq!(why(ProbePlan::No, &skip), ["no_probe"; 4]);
        let once = select(&catalogued, ProbePlan::All.into(), &ProbeSetting::default());
        assert_eq!(once.targets.iter().filter(|t| t.once).count(), 1);
    }

    #[test]
    fn a_draw_can_be_repeated_and_another_seed_draws_others() {
        let items: String = (1..=100).map(|n| camera(n, "")).collect();
        let catalogued = catalogued(&items);
        let draw = |seed| {
            let plan = ProbePlan::Sample { size: 10, seed };
            let selection = select(&catalogued, plan.into(), &ProbeSetting::default());
            selection.targets.into_iter().map(|t| t.device_id).collect::<Vec<_>>()
        };
        assert_eq!(draw(7).len(), 10);
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn a_draw_takes_of_every_community_and_class_and_says_so() {
        let of = |n: u32, name: &str, grassroots: &str| {
            format!(
                "<Item><DeviceID>37172300011310{n:06}</DeviceID><Name>{name}{n}</Name><CivilCode>371723</CivilCode>\
                 <Info><GrassrootsCode>{grassroots}</GrassrootsCode></Info></Item>"
            )
        };
        let organisation = "<Item><DeviceID>37172300002160000001</DeviceID><Name>文亭街道</Name></Item>";
        let hung = camera(900, "<ParentID>37172300002160000001</ParentID>");
        let many: String = (1..=60).map(|n| of(n, "花园北门", "001001")).collect();
        let few: String = (61..=66).map(|n| of(n, "花园消防通道", "001001")).collect();
        let other = of(67, "枪机", "001002");
        let catalogued = catalogued(&format!("{organisation}{many}{few}{other}{hung}"));
        let stop = Some((3, Denominator::Catalogue));
        let choice = Choice { plan: ProbePlan::Sample { size: 20, seed: 3 }, named: &[], stop };
        let selection = select(&catalogued, choice, &ProbeSetting::default());
        let sampling = selection.sampling.unwrap();
        let strata: Vec<_> =
            sampling.strata.iter().map(|s| (s.community.as_str(), s.class.as_str(), s.cameras, s.drawn)).collect();
        assert_eq!(
            strata,
            [
                ("37172300002160000001", "other", 1, 1),
                ("371723001001", "fire", 6, 2),
                ("371723001001", "gate", 60, 16),
                ("371723001002", "other", 1, 1),
            ]
        );
        assert_eq!((selection.targets.len(), sampling.drawn.len(), sampling.population), (20, 20, 68));
        assert_eq!(selection.settled.len(), 48);
        assert!(selection.counted.unwrap().values().all(|counted| counted.lines == 1));
    }
}
