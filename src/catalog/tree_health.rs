//! How the tree of a catalogue holds together: orphans, cycles, depth, parents of the wrong kind, groups, several roots.
//!
//! About the tree as a whole, counted by kind; whether one camera's ParentID is in order is rule A23's. Linear: each item has
//! its edges walked once, and of items that share a code only the first is a parent.

use std::collections::HashMap;

use super::item::Item;
use super::kind::Kind;
use crate::base::device_id::{DeviceId, is_digits};
use crate::base::lang::Text;
use crate::manscdp::item::Element;

/// Levels below the platform that a tree may have: regions of four levels, systems, groups, organisations, recorder and
/// camera come to fewer.
pub const DEPTH_LIMIT: u32 = 12;
/// Codes named of each trouble.
pub const MAX_EXAMPLES: usize = 10;
/// Codes named of one cycle.
const MAX_CYCLE_SHOWN: usize = 6;
/// 业务分组 and 系统 as types of codes.
const GROUP: u16 = 215;
const SYSTEM: u16 = 200;

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident $key:literal $zh:literal $en:literal => $todo_zh:literal $todo_en:literal;)+) => {
        /// Something wrong with the tree.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trouble { $($(#[$doc])* $name),+ }

        impl Trouble {
            /// All of them, in the order of results.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in results.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key),+ }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }

            /// What to do.
            #[must_use]
            pub const fn todo(self) -> Text {
                match self { $(Self::$name => Text::new($todo_zh, $todo_en)),+ }
            }
        }
    };
}

troubles! {
    /// No parent that is named was received.
    Orphan "orphan" "父节点没有收到" "no parent that is named was received"
        => "把所属的录像机、系统或虚拟组织也共享上来，或改正父节点编码" "share the recorder, system or organisation too, or correct ParentID";
    /// Some parents that are named were not received.
    HalfOrphan "half_orphan" "部分父节点没有收到" "some parents that are named were not received"
        => "核对 ParentID 的每一段，把缺的节点共享上来或删去该段" "look at each part of ParentID: share the node, or take the part out";
    /// Items that are, over some steps, below themselves.
    Cycle "cycle" "父子关系成环" "parents that form a cycle"
        => "断开环：最上面一级的父节点应为空或为平台编码" "break the cycle: the topmost has no parent, or the platform";
    /// Deeper than [`DEPTH_LIMIT`].
    TooDeep "too_deep" "层级过深" "deeper than the limit"
        => "检查是否把目录重复嵌套推送，合并多余的层级" "see whether the tree was nested in itself, and merge levels";
    /// A parent that cannot have such a child.
    WrongParent "wrong_parent" "父节点类型不对" "a parent of the wrong kind"
        => "节点改挂：系统挂系统，业务分组挂系统，虚拟组织挂业务分组或虚拟组织，录像机不挂摄像机"
           "hang it elsewhere: systems under systems, groups under systems, organisations under groups or organisations, no folder or recorder under a camera";
    /// BusinessGroupID is no code of a business group.
    GroupCode "group_code" "业务分组编码不是 215 类型" "BusinessGroupID is no code of type 215"
        => "BusinessGroupID 填所属业务分组（类型 215）的编码" "give BusinessGroupID the code of the business group, of type 215";
    /// The business group was not received.
    GroupAbsent "group_absent" "所属业务分组没有收到" "the business group was not received"
        => "把该业务分组（215）也共享上来，或改正 BusinessGroupID" "share the business group (215) too, or correct BusinessGroupID";
    /// A virtual organisation that is in no group.
    NoGroup "no_group" "虚拟组织不属于任何业务分组" "a virtual organisation in no business group"
        => "填写 BusinessGroupID（2022），或以业务分组为父节点（2016 的做法）" "fill in BusinessGroupID (2022), or name the group as parent (2016)";
    /// A virtual organisation under one of another group.
    GroupDiffers "group_differs" "与父节点不在同一业务分组" "in another business group than its parent"
        => "核对 BusinessGroupID 和父节点，两者应属于同一业务分组" "compare BusinessGroupID and parent: both belong to one group";
    /// A folder of another region than what hangs in it.
    FolderRegion "folder_region" "节点的行政区划与其下的不一致" "a folder's region does not fit what hangs in it"
        => "核对节点的 CivilCode，挂错的移到所属节点下" "look at the folder's CivilCode, and move what hangs in the wrong one";
    /// Systems without a parent beside the platform.
    SeveralRoots "several_roots" "有几个没有父节点的系统" "several systems without a parent"
        => "下级系统的 ParentID 填上一级系统的编码" "give lower systems the code of the system above as ParentID";
}

/// How often something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubleCount {
    /// What.
    pub trouble: Trouble,
    /// Items that are no cameras; of [`Trouble::FolderRegion`] the folders.
    pub nodes: u64,
    /// Cameras; of [`Trouble::FolderRegion`] those of another region than their folder.
    pub cameras: u64,
    /// Codes of some of them; of a cycle the way round.
    pub examples: Vec<String>,
}

/// The tree, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeHealth {
    /// Items that are no cameras.
    pub nodes: u64,
    /// Nodes without a received parent.
    pub roots: u64,
    /// The most levels from a root to an item, both counted.
    pub depth: u32,
    /// Cycles; items that hang on each other in several ways are one.
    pub cycles: u64,
    /// Items that name several parents (`a/b`), which the standard allows.
    pub several_parents: u64,
    /// What is wrong, in the order of [`Trouble::ALL`].
    pub troubles: Vec<TroubleCount>,
    /// What is wrong with each node, in the order of their places; cameras left out.
    by_node: Vec<(usize, Trouble)>,
}

impl TreeHealth {
    /// What is wrong with a node.
    pub fn of_item(&self, item: usize) -> impl Iterator<Item = Trouble> {
        let from = self.by_node.partition_point(|(place, _)| *place < item);
        let rest = self.by_node.get(from..).unwrap_or_default();
        rest.iter().take_while(move |(place, _)| *place == item).map(|(_, trouble)| *trouble)
    }
}

/// Items with the received parents of each, by places.
struct Graph<'i> {
    items: &'i [Item],
    kinds: &'i [Kind],
    first: HashMap<&'i str, usize>,
    /// Where each item's edges begin in `edges`; one more than items.
    starts: Vec<usize>,
    edges: Vec<usize>,
}

impl<'i> Graph<'i> {
    fn new(items: &'i [Item], kinds: &'i [Kind]) -> Self {
        let mut first = HashMap::with_capacity(items.len());
        for (place, item) in items.iter().enumerate().filter(|(_, item)| !item.id().is_empty()) {
            first.entry(item.id()).or_insert(place);
        }
        Self { items, kinds, first, starts: vec![0], edges: Vec::new() }
    }

    fn find(&self, code: &str) -> Option<usize> {
        self.first.get(code).copied()
    }

    fn kind(&self, place: usize) -> Kind {
        self.kinds.get(place).copied().unwrap_or(Kind::Unclassified)
    }

    fn id(&self, place: usize) -> &'i str {
        self.items.get(place).map_or("", |item| item.id())
    }

    fn parents(&self, place: usize) -> &[usize] {
        let (from, to) = (self.starts.get(place).copied(), self.starts.get(place + 1).copied());
        from.zip(to).and_then(|(from, to)| self.edges.get(from..to)).unwrap_or_default()
    }
}

/// What is found, item by item.
struct Findings<'g, 'i> {
    graph: &'g Graph<'i>,
    counts: HashMap<Trouble, TroubleCount>,
    by_node: Vec<(usize, Trouble)>,
}

impl Findings<'_, '_> {
    fn count(&mut self, trouble: Trouble) -> &mut TroubleCount {
        let none = || TroubleCount { trouble, nodes: 0, cameras: 0, examples: Vec::new() };
        self.counts.entry(trouble).or_insert_with(none)
    }

    fn add(&mut self, trouble: Trouble, place: usize) {
        let (is_camera, id) = (self.graph.kind(place) == Kind::Camera, self.graph.id(place).to_owned());
        let count = self.count(trouble);
        if is_camera {
            count.cameras += 1;
        } else {
            count.nodes += 1;
        }
        if count.examples.len() < MAX_EXAMPLES {
            count.examples.push(id);
        }
        if !is_camera {
            self.by_node.push((place, trouble));
        }
    }
}

/// Looks a tree through. `platform`: the code of the audited platform; empty where it is not known.
#[must_use]
pub fn health(items: &[Item], kinds: &[Kind], platform: &str) -> TreeHealth {
    let mut graph = Graph::new(items, kinds);
    let (mut missing, mut several) = (Vec::new(), 0);
    for (place, item) in items.iter().enumerate() {
        let named = item.parents();
        several += u64::from(named.len() > 1);
        let absent = edges(&graph, place, item, &named, platform);
        graph.edges.extend(absent.edges);
        graph.starts.push(graph.edges.len());
        if absent.missing > 0 {
            missing.push((place, if absent.missing == named.len() { Trouble::Orphan } else { Trouble::HalfOrphan }));
        }
    }
    let mut found = Findings { graph: &graph, counts: HashMap::new(), by_node: Vec::new() };
    for (place, trouble) in missing {
        found.add(trouble, place);
    }
    let Walked { depths, cycles } = walk(&graph);
    for cycle in &cycles {
        for place in cycle {
            found.add(Trouble::Cycle, *place);
        }
    }
    if !cycles.is_empty() {
        // Of a cycle the way round is told, not each code of it.
        found.count(Trouble::Cycle).examples = cycles.iter().take(MAX_EXAMPLES).map(|cycle| way_round(&graph, cycle)).collect();
    }
    for (place, depth) in depths.iter().enumerate() {
        if *depth > DEPTH_LIMIT {
            found.add(Trouble::TooDeep, place);
        }
    }
    kinds_and_groups(&mut found);
    folder_regions(&mut found);
    let roots = roots(&mut found, platform);
    let Findings { mut counts, mut by_node, .. } = found;
    by_node.sort_unstable();
    by_node.dedup();
    TreeHealth {
        nodes: kinds.iter().filter(|kind| **kind != Kind::Camera).count() as u64,
        roots,
        depth: depths.iter().copied().max().unwrap_or(0),
        cycles: cycles.len() as u64,
        several_parents: several,
        troubles: Trouble::ALL.iter().filter_map(|trouble| counts.remove(trouble)).collect(),
        by_node,
    }
}

/// An item's received parents, and how many of those it names were not received.
struct Edges {
    edges: Vec<usize>,
    missing: usize,
}

fn edges(graph: &Graph<'_>, place: usize, item: &Item, named: &[&str], platform: &str) -> Edges {
    let mut found = Edges { edges: Vec::new(), missing: 0 };
    for code in named {
        match graph.find(code) {
            Some(parent) if parent != place => found.edges.push(parent),
            Some(_) => (),
            None if *code == platform => (),
            // Without the platform's code a system that was not received may be the platform itself.
            None if platform.is_empty() && DeviceId::new_checked(code).is_some_and(|code| code.kind() == SYSTEM) => (),
            None => found.missing += 1,
        }
    }
    match graph.kind(place) {
        // A region hangs in the nearest region its code begins with.
        Kind::Region if found.edges.is_empty() => {
            let above = [6, 4, 2].into_iter().filter(|n| *n < item.id().len()).find_map(|n| graph.find(item.id().get(..n)?));
            found.edges.extend(above);
        }
        // 2022: directly under the group there is no ParentID.
        Kind::VirtualOrganisation if found.edges.is_empty() => {
            let group = item.text(Element::BusinessGroupID).and_then(|code| graph.find(code));
            found.edges.extend(group.filter(|group| graph.kind(*group) == Kind::BusinessGroup));
        }
        _ => (),
    }
    found
}

struct Walked {
    /// Levels from a root, by place; items of a cycle are on one level.
    depths: Vec<u32>,
    /// Places of each cycle, in order.
    cycles: Vec<Vec<usize>>,
}

/// Strongly connected components after Tarjan, without recursion: a chain of a million items has no room on a stack.
/// Parents are finished before what hangs under them, so depths come along.
fn walk(graph: &Graph<'_>) -> Walked {
    const NEW: usize = usize::MAX;
    let n = graph.items.len();
    let (mut order, mut low, mut on_stack) = (vec![NEW; n], vec![NEW; n], vec![false; n]);
    let mut walked = Walked { depths: vec![0; n], cycles: Vec::new() };
    let (mut stack, mut open): (Vec<usize>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
    let mut next = 0;
    let at = |list: &[usize], place: usize| list.get(place).copied().unwrap_or(NEW);
    let set = |list: &mut [usize], place: usize, value: usize| {
        if let Some(slot) = list.get_mut(place) {
            *slot = value;
        }
    };
    for root in 0..n {
        if at(&order, root) != NEW {
            continue;
        }
        open.push((root, 0));
        while let Some((place, edge)) = open.pop() {
            if edge == 0 {
                set(&mut order, place, next);
                set(&mut low, place, next);
                next += 1;
                stack.push(place);
                if let Some(slot) = on_stack.get_mut(place) {
                    *slot = true;
                }
            } else if let Some(done) = graph.parents(place).get(edge - 1) {
                let lowest = at(&low, place).min(at(&low, *done));
                if on_stack.get(*done).copied().unwrap_or(false) {
                    set(&mut low, place, lowest);
                }
            }
            // On to the next parent nobody has seen; one that is still open closes a cycle.
            let mut edge = edge;
            let mut descend = None;
            while let Some(parent) = graph.parents(place).get(edge) {
                edge += 1;
                if at(&order, *parent) == NEW {
                    descend = Some(*parent);
                    break;
                }
                if on_stack.get(*parent).copied().unwrap_or(false) {
                    let lowest = at(&low, place).min(at(&order, *parent));
                    set(&mut low, place, lowest);
                }
            }
            if let Some(parent) = descend {
                open.push((place, edge));
                open.push((parent, 0));
                continue;
            }
            if at(&low, place) != at(&order, place) {
                continue;
            }
            let from = stack.iter().rposition(|on| *on == place).unwrap_or(0);
            let members = stack.split_off(from);
            for member in &members {
                if let Some(slot) = on_stack.get_mut(*member) {
                    *slot = false;
                }
            }
            let above = members.iter().flat_map(|member| graph.parents(*member));
            let depth = above.filter_map(|parent| walked.depths.get(*parent)).max().copied().unwrap_or(0) + 1;
            for member in &members {
                if let Some(slot) = walked.depths.get_mut(*member) {
                    *slot = depth;
                }
            }
            if members.len() > 1 {
                let mut members = members;
                members.sort_unstable();
                walked.cycles.push(members);
            }
        }
    }
    walked.cycles.sort_unstable();
    walked
}

/// `a → b → a`, from the first member along parents that are members.
fn way_round(graph: &Graph<'_>, members: &[usize]) -> String {
    let mut way: Vec<usize> = members.first().copied().into_iter().collect();
    while let Some(last) = way.last().copied() {
        let next = graph.parents(last).iter().copied().find(|parent| members.binary_search(parent).is_ok());
        let Some(next) = next else { break };
        let closes = way.contains(&next);
        way.push(next);
        if closes || way.len() > MAX_CYCLE_SHOWN {
            break;
        }
    }
    let mut text = way.iter().map(|place| graph.id(*place)).collect::<Vec<_>>().join(" → ");
    if way.len() > MAX_CYCLE_SHOWN {
        text.push_str(" → …");
    }
    text
}

/// Whether something of one kind may hang under something of another.
const fn may_hang(child: Kind, parent: Kind) -> bool {
    match child {
        // A device of several lenses is a camera with cameras below it (D23).
        Kind::Camera | Kind::Unclassified => true,
        Kind::Device => !matches!(parent, Kind::Camera),
        Kind::System | Kind::Region | Kind::BusinessGroup => matches!(parent, Kind::System | Kind::Region | Kind::Unclassified),
        Kind::VirtualOrganisation => {
            matches!(parent, Kind::VirtualOrganisation | Kind::BusinessGroup | Kind::Unclassified)
        }
    }
}

fn kinds_and_groups(found: &mut Findings<'_, '_>) {
    let graph = found.graph;
    for (place, item) in graph.items.iter().enumerate() {
        let kind = graph.kind(place);
        if graph.parents(place).iter().any(|parent| !may_hang(kind, graph.kind(*parent))) {
            found.add(Trouble::WrongParent, place);
        }
        let group = item.text(Element::BusinessGroupID);
        if let Some(code) = group {
            if DeviceId::new_checked(code).is_none_or(|code| code.kind() != GROUP) {
                found.add(Trouble::GroupCode, place);
            } else if graph.find(code).is_none() {
                found.add(Trouble::GroupAbsent, place);
            }
        }
        if kind != Kind::VirtualOrganisation {
            continue;
        }
        let mut grouped = group.is_some();
        let mut differs = false;
        for parent in graph.parents(place) {
            let theirs = match graph.kind(*parent) {
                Kind::BusinessGroup => Some(graph.id(*parent)),
                Kind::VirtualOrganisation => {
                    grouped = true;
                    graph.items.get(*parent).and_then(|item| item.text(Element::BusinessGroupID))
                }
                _ => continue,
            };
            grouped |= theirs.is_some();
            differs |= group.zip(theirs).is_some_and(|(own, theirs)| own != theirs);
        }
        if !grouped {
            found.add(Trouble::NoGroup, place);
        }
        if differs {
            found.add(Trouble::GroupDiffers, place);
        }
    }
}

/// A region code without the zeros that stand for "all of it": 370000 means 37. `None` where it is none.
fn region(item: &Item) -> Option<&str> {
    let code = item.text(Element::CivilCode).filter(|code| matches!(code.len(), 2 | 4 | 6 | 8) && is_digits(code))?;
    Some(if code.len() == 6 { code.strip_suffix("0000").or(code.strip_suffix("00")).unwrap_or(code) } else { code })
}

fn folder_regions(found: &mut Findings<'_, '_>) {
    let graph = found.graph;
    let mut wrong: Vec<usize> = Vec::new();
    let mut cameras = 0;
    for (place, item) in graph.items.iter().enumerate() {
        let Some(own) = region(item) else { continue };
        let mut other = false;
        for parent in graph.parents(place) {
            if !matches!(graph.kind(*parent), Kind::System | Kind::BusinessGroup | Kind::VirtualOrganisation) {
                continue;
            }
            let above = graph.items.get(*parent).and_then(region);
            if above.is_some_and(|above| !above.starts_with(own) && !own.starts_with(above)) {
                wrong.push(*parent);
                other = true;
            }
        }
        cameras += u64::from(other && graph.kind(place) == Kind::Camera);
    }
    wrong.sort_unstable();
    wrong.dedup();
    for folder in wrong {
        found.add(Trouble::FolderRegion, folder);
    }
    if cameras > 0 {
        found.count(Trouble::FolderRegion).cameras = cameras;
    }
}

/// Counts nodes without a received parent. The platform's own system is one; others that name no parent are too many.
fn roots(found: &mut Findings<'_, '_>, platform: &str) -> u64 {
    let graph = found.graph;
    let is_root = |place: &usize| graph.kind(*place) != Kind::Camera && graph.parents(*place).is_empty();
    let roots: Vec<usize> = (0..graph.items.len()).filter(is_root).collect();
    let nameless = |place: &&usize| graph.items.get(**place).is_some_and(|item| item.parents().is_empty());
    let systems = roots.iter().filter(|place| graph.kind(**place) == Kind::System && graph.id(**place) != platform);
    let systems: Vec<usize> = systems.filter(nameless).copied().collect();
    let own = graph.find(platform).is_some() && !platform.is_empty();
    if systems.len() > usize::from(!own) {
        for place in systems {
            found.add(Trouble::SeveralRoots, place);
        }
    }
    roots.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::kind::kind_of;
    use crate::catalog::tree::Tree;
    use crate::edition::Edition;
    use crate::manscdp::item::ItemBuilder;

    const PLATFORM: &str = "37172300002000000002";

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    fn code(kind: u16, n: u32) -> String {
        format!("3717230000{kind}{n:07}")
    }

    fn look(items: &[Item]) -> TreeHealth {
        let tree = Tree::new(items);
        let kinds: Vec<Kind> = items.iter().map(|i| kind_of(i, tree.has_children(i.id()), Edition::Gb2016)).collect();
        health(items, &kinds, PLATFORM)
    }

    fn troubles(health: &TreeHealth) -> Vec<(Trouble, u64, u64)> {
        health.troubles.iter().map(|t| (t.trouble, t.nodes, t.cameras)).collect()
    }

    /// Device, its ParentID and, where there is one, its BusinessGroupID.
    fn hung(code: &str, parent: &str) -> Item {
        item(&[("DeviceID", code), ("ParentID", parent)])
    }

    #[test]
    fn a_tree_in_order_has_no_trouble() {
        let (group, organisation, below) = (code(215, 1), code(216, 1), code(216, 2));
        let health = look(&[
            item(&[("DeviceID", PLATFORM), ("CivilCode", "371723")]),
            item(&[("DeviceID", "3717"), ("Name", "菏泽")]),
            item(&[("DeviceID", "371723"), ("Name", "成武")]),
            hung(&group, PLATFORM),
            item(&[("DeviceID", &organisation), ("BusinessGroupID", &group)]),
            item(&[("DeviceID", &below), ("BusinessGroupID", &group), ("ParentID", &organisation)]),
            hung(&code(118, 1), PLATFORM),
            item(&[("DeviceID", &code(131, 1)), ("ParentID", &format!("{}/{below}", code(118, 1))), ("CivilCode", "371723")]),
        ]);
        assert_eq!(troubles(&health), []);
        assert_eq!((health.nodes, health.roots, health.depth, health.several_parents), (7, 2, 5, 1));
    }

    #[test]
    fn what_is_wrong_is_counted_by_kind_and_told_of_each_node() {
        let (group, organisation) = (code(215, 1), code(216, 1));
        let items = [
            item(&[("DeviceID", PLATFORM)]),
            hung(&code(118, 1), &code(118, 9)),
            hung(&code(131, 1), &format!("{}/{}", code(118, 1), code(118, 8))),
            hung(&code(131, 2), &code(118, 9)),
            hung(&group, &code(131, 1)),
            item(&[("DeviceID", &organisation), ("BusinessGroupID", &code(215, 9))]),
            item(&[("DeviceID", &code(216, 2)), ("BusinessGroupID", &group), ("ParentID", &organisation)]),
            item(&[("DeviceID", &code(216, 3)), ("BusinessGroupID", &organisation)]),
            item(&[("DeviceID", &code(216, 4))]),
            item(&[("DeviceID", &code(200, 5))]),
        ];
        let health = look(&items);
        assert_eq!(
            troubles(&health),
            [
                (Trouble::Orphan, 1, 1),
                (Trouble::HalfOrphan, 0, 1),
                (Trouble::WrongParent, 1, 0),
                (Trouble::GroupCode, 1, 0),
                (Trouble::GroupAbsent, 1, 0),
                (Trouble::NoGroup, 1, 0),
                (Trouble::GroupDiffers, 1, 0),
                (Trouble::SeveralRoots, 1, 0),
            ]
        );
        assert_eq!(health.of_item(4).collect::<Vec<_>>(), [Trouble::WrongParent]);
        assert_eq!(health.of_item(0).count(), 0);
    }

    #[test]
    fn a_system_that_was_not_received_may_be_a_platform_nobody_told_us() {
        let items = [hung(&code(118, 1), PLATFORM)];
        assert_eq!(health(&items, &[Kind::Device], "").troubles, []);
        assert_eq!(health(&items, &[Kind::Device], &code(200, 7)).troubles.len(), 1);
    }

    #[test]
    fn cycles_are_found_once_and_the_way_round_is_told() {
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| code(216, n));
        let group = code(215, 1);
        let organisation = |id: &str, parent: &str| item(&[("DeviceID", id), ("ParentID", parent), ("BusinessGroupID", &group)]);
        let health = look(&[
            hung(&group, PLATFORM),
            organisation(&a, &b),
            organisation(&b, &c),
            organisation(&c, &a),
            organisation(&d, &a),
            hung(&code(131, 1), &d),
        ]);
        assert_eq!((health.cycles, troubles(&health)), (1, vec![(Trouble::Cycle, 3, 0)]));
        assert_eq!(health.troubles[0].examples, [format!("{a} → {b} → {c} → {a}")]);
        assert_eq!(health.depth, 3);
    }

    #[test]
    fn depth_is_counted_and_its_limit_reached_is_told() {
        let group = code(215, 1);
        let mut items = vec![hung(&group, PLATFORM)];
        for n in 1..=DEPTH_LIMIT {
            let parent = if n == 1 { group.clone() } else { code(216, n - 1) };
            items.push(hung(&code(216, n), &parent));
        }
        let health = look(&items);
        assert_eq!((health.depth, troubles(&health)), (DEPTH_LIMIT + 1, vec![(Trouble::TooDeep, 1, 0)]));
    }

    #[test]
    fn a_folder_of_another_region_is_named_once() {
        let group = code(215, 1);
        let camera = |n, civil: &str| item(&[("DeviceID", &code(131, n)), ("ParentID", &group), ("CivilCode", civil)]);
        let folder = item(&[("DeviceID", &group), ("ParentID", PLATFORM), ("CivilCode", "371700")]);
        let health = look(&[folder, camera(1, "371723"), camera(2, "37"), camera(3, "340100"), camera(4, "370100")]);
        assert_eq!(troubles(&health), [(Trouble::FolderRegion, 1, 2)]);
    }

    proptest::proptest! {
        /// A chain, however long, ends; and what hangs on itself over steps is found, as by a plain search.
        #[test]
        fn cycles_are_those_a_plain_search_finds(parents in proptest::collection::vec((0..12_u32, 0..12_u32), 0..12)) {
            let items: Vec<Item> = (0_u32..).zip(&parents)
                .map(|(n, (a, b))| hung(&code(216, n), &format!("{}/{}", code(216, *a), code(216, *b)))).collect();
            let n = items.len();
            let edge = |from: usize, to: usize| { let (a, b) = parents[from]; from != to && (a as usize == to || b as usize == to) };
            let mut reach: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| edge(i, j)).collect()).collect();
            for k in 0..n { for i in 0..n { for j in 0..n { reach[i][j] |= reach[i][k] && reach[k][j]; } } }
            let in_cycle = (0..n).filter(|i| reach[*i][*i]).count() as u64;
            let health = look(&items);
            let counted = health.troubles.iter().find(|t| t.trouble == Trouble::Cycle).map_or(0, |t| t.nodes);
            proptest::prop_assert_eq!(counted, in_cycle);
        }
    }
}
