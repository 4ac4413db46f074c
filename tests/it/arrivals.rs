//! The proof against a generator of arrivals: order, loss, repeats, twins, cut bodies, strays, late answers, wrong SNs,
//! branch answers and notices. What is true is known by construction: the platform's list, and which octets of which answer
//! were let through. No verdict may be wrong, and none may cost an item.
//!
//! `GBAUDIT_ARRIVALS=100000 cargo test --test it arrivals` runs the large one; `GBAUDIT_ARRIVALS_FROM=N` begins at a case.

use std::collections::BTreeSet;

use gbaudit::base::charset::Charset;
use gbaudit::base::clock::Mono;
use gbaudit::catalog::arrival::is_notice;
use gbaudit::catalog::assemble::{ITEMS_MISSING, Purpose, QueryEnd, QueryRecord, SN_UNCONFIRMED};
use gbaudit::catalog::collect::{Collector, Progress};
use gbaudit::catalog::import::is_catalog;
use gbaudit::catalog::kind::kind_of;
use gbaudit::catalog::tree::Tree;
use gbaudit::catalog::{Arrival, Catalog, CatalogState, Kind, assemble, branch};
use gbaudit::edition::Edition;
use gbaudit::manscdp::document::Document;

use crate::support::{AUDITOR, PLATFORM};

/// Cases of an ordinary run.
const CASES: u64 = 5_000;

/// splitmix64
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }

    fn sn(&mut self) -> u32 {
        u32::try_from(self.next() & 0x7FFF_FFFF).unwrap().max(1)
    }
}

/// One item of the platform's list.
#[derive(Clone)]
struct Thing {
    code: String,
    xml: String,
    parents: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SnWay {
    Right,
    Constant,
    Absent,
    CountsUp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BranchWay {
    Supported,
    /// The whole list, under the platform's code.
    WholeList,
    /// The whole list, under the code that was asked about.
    Echo,
    Silent,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    Off,
    Second,
    Tree,
}

struct Platform {
    list: Vec<Thing>,
    nodes_listed: bool,
    sn_way: SnWay,
    branch_way: BranchWay,
    per_message: usize,
    loss: usize,
    repeat: usize,
    cut: usize,
    late: usize,
    strays: usize,
    notices: usize,
    in_order: bool,
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{text}</{name}>\r\n")
}

fn thing(code: &str, name: &str, parents: &[String], more: &str) -> Thing {
    let parent = if parents.is_empty() { String::new() } else { element("ParentID", &parents.join("/")) };
    let xml = format!("<Item>\r\n{}{}{parent}{more}</Item>\r\n", element("DeviceID", code), element("Name", name));
    Thing { code: code.to_owned(), xml, parents: parents.to_vec() }
}

fn platform(dice: &mut Dice) -> Platform {
    let mut list = Vec::new();
    let nodes_listed = dice.percent(70);
    let groups: Vec<String> = (0..dice.below(4)).map(|n| format!("37172300002160{n:06}")).collect();
    let recorders: Vec<String> = (0..dice.below(3)).map(|n| format!("37172300011180{n:06}")).collect();
    if nodes_listed {
        if dice.percent(50) {
            list.push(thing("371723", "成武县", &[], ""));
        }
        for (n, group) in groups.iter().enumerate() {
            let parents = if n > 0 && dice.percent(50) { vec![groups[n - 1].clone()] } else { vec![PLATFORM.to_owned()] };
            list.push(thing(group, &format!("组织{n}"), &parents, ""));
        }
        for recorder in &recorders {
            list.push(thing(recorder, "录像机", &[PLATFORM.to_owned()], &element("Parental", "1")));
        }
    }
    let cameras = if dice.percent(5) { 40 + dice.below(60) } else { dice.below(14) };
    for n in 0..cameras {
        let code = format!("37172300011320{n:06}");
        let mut parents: Vec<String> = Vec::new();
        for nodes in [&recorders, &groups] {
            if !nodes.is_empty() && dice.percent(80) {
                parents.push(nodes[dice.below(nodes.len())].clone());
            }
        }
        // Some names are broken the same way whenever they are sent.
        let name = if dice.percent(4) { format!("门<岗{n}") } else { format!("枪机{n}") };
        let more = element("CivilCode", "371723") + &element("Status", dice.pick(&["ON", "OFF"]));
        list.push(thing(&code, &name, &parents, &more));
        if dice.percent(5) {
            list.push(thing(&code, &format!("另一路{n}"), &parents, &more));
        }
        if dice.percent(4) {
            list.push(thing(&code, &name, &[format!("37172300002160{:06}", 90 + n)], &more));
        }
    }
    let sn_way = if dice.percent(85) { SnWay::Right } else { dice.pick(&[SnWay::Constant, SnWay::Absent, SnWay::CountsUp]) };
    Platform {
        list,
        nodes_listed,
        sn_way,
        branch_way: dice.pick(&[
            BranchWay::Supported,
            BranchWay::Supported,
            BranchWay::WholeList,
            BranchWay::Echo,
            BranchWay::Silent,
        ]),
        per_message: dice.pick(&[1, 1, 2, 4, 10]),
        loss: dice.pick(&[0, 0, 3, 10, 30, 60]),
        repeat: dice.pick(&[0, 0, 10, 50]),
        cut: dice.pick(&[0, 0, 0, 10]),
        late: dice.pick(&[0, 0, 10, 40]),
        strays: dice.pick(&[0, 0, 1, 3]),
        notices: dice.pick(&[0, 0, 2]),
        in_order: dice.percent(50),
    }
}

/// One message on its way, and the places in the list whose items it brings whole.
#[derive(Clone)]
struct Sent {
    octets: Vec<u8>,
    brings: Vec<usize>,
    /// It says how many there are.
    says_total: bool,
    notify: bool,
}

fn message(root: &str, sn: u64, device: &str, sum: usize, items: &[&str]) -> Vec<u8> {
    let list = if sum == 0 && items.is_empty() {
        String::new()
    } else {
        format!("<DeviceList Num=\"{}\">\r\n{}</DeviceList>\r\n", items.len(), items.concat())
    };
    let head = element("CmdType", "Catalog") + &element("SN", &sn.to_string()) + &element("DeviceID", device);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<{root}>\r\n{head}{}{list}</{root}>\r\n",
        element("SumNum", &sum.to_string())
    );
    Charset::Gb18030.encode(&text)
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|w| w == what).map(|at| at + what.len())
}

/// The messages that answer a query, as far as the network lets them through.
fn answer(p: &Platform, dice: &mut Dice, sn: u32, device: &str, places: &[usize]) -> Vec<Sent> {
    let mut order = places.to_vec();
    if !p.in_order {
        dice.shuffle(&mut order);
    }
    let mut groups: Vec<Vec<usize>> = order.chunks(p.per_message).map(<[usize]>::to_vec).collect();
    if groups.is_empty() || dice.percent(10) {
        groups.push(Vec::new());
    }
    let constant = u64::from(dice.sn());
    let mut sent = Vec::new();
    for (n, group) in groups.iter().enumerate() {
        let sn = match p.sn_way {
            SnWay::Right | SnWay::Absent => u64::from(sn),
            SnWay::Constant => constant,
            SnWay::CountsUp => u64::from(sn) + n as u64,
        };
        let items: Vec<&str> = group.iter().map(|place| p.list[*place].xml.as_str()).collect();
        let mut whole = message("Response", sn, device, places.len(), &items);
        if p.sn_way == SnWay::Absent {
            let (from, to) = (find(&whole, b"<SN>").unwrap() - 4, find(&whole, b"</SN>\r\n").unwrap());
            whole.drain(from..to);
        }
        for _ in 0..=usize::from(dice.percent(p.repeat)) {
            if dice.percent(p.loss) {
                continue;
            }
            let mut octets = whole.clone();
            let (mut brings, mut says_total) = (group.clone(), true);
            if dice.percent(p.cut) {
                octets.truncate(dice.below(whole.len()));
                says_total = find(&octets, b"</SumNum>").is_some();
                // Everything of an item is there once its end tag begins.
                let closed = octets.windows(6).filter(|w| *w == b"</Item").count();
                brings.truncate(closed);
            }
            sent.push(Sent { octets, brings, says_total, notify: false });
        }
    }
    if !p.in_order {
        dice.shuffle(&mut sent);
    }
    sent
}

/// What nobody asked for.
fn noise(p: &Platform, dice: &mut Dice, number: &mut u32) -> Vec<Sent> {
    let mut sent = Vec::new();
    for _ in 0..dice.below(p.strays + 1) {
        *number += 1;
        let foreign = thing(&format!("44010000011320{number:06}"), "别处", &[], "");
        let sum = dice.pick(&[1, 1, 2, p.list.len(), p.list.len() + 7]);
        let octets = message("Response", u64::from(dice.sn()), PLATFORM, sum, &[&foreign.xml]);
        for _ in 0..=usize::from(dice.percent(30)) {
            sent.push(Sent { octets: octets.clone(), brings: Vec::new(), says_total: false, notify: false });
        }
    }
    for _ in 0..dice.below(p.notices + 1) {
        let event = dice.pick(&["ON", "OFF", "VLOST", "DEFECT", "ADD", "DEL", "UPDATE"]);
        let code = format!("37172300011320{:06}", dice.below(20));
        let item = format!("<Item>\r\n{}{}</Item>\r\n", element("DeviceID", &code), element("Event", event));
        let octets = message("Notify", u64::from(dice.sn()), PLATFORM, 1, &[&item]);
        sent.push(Sent { octets, brings: Vec::new(), says_total: false, notify: dice.percent(80) });
    }
    sent
}

/// Our side of it, with what the truth is.
#[derive(Default)]
struct Talk {
    arrivals: Vec<Arrival>,
    queries: Vec<QueryRecord>,
    /// Places that came in answers to full queries, and in answers about branches.
    came: BTreeSet<usize>,
    came_by_branch: BTreeSet<usize>,
    total_said: bool,
    /// Full queries whose whole answer came while they were open.
    whole_windows: usize,
    now: u64,
    unread: usize,
}

impl Talk {
    /// A message comes in.
    fn hear(&mut self, sent: &Sent, about_branch: Option<bool>) -> Option<Document> {
        match about_branch {
            Some(false) => {
                self.came.extend(&sent.brings);
                self.total_said |= sent.says_total;
            }
            Some(true) => self.came_by_branch.extend(&sent.brings),
            None => (),
        }
        let document = Document::parse(&sent.octets, None).ok().filter(|d| is_catalog(d) || is_notice(d));
        let Some(document) = document else {
            self.unread += 1;
            return None;
        };
        self.arrivals.push(Arrival {
            notify: sent.notify,
            call_id: format!("c{}", self.arrivals.len()).into(),
            octets: sent.octets.len() as u64,
            ..document.clone().into()
        });
        Some(document)
    }

    /// Asks, hears `expected` and `others` mixed, and waits until the collector has had enough.
    fn ask(
        &mut self,
        dice: &mut Dice,
        sn: u32,
        about: &str,
        mut expected: Vec<(Sent, bool)>,
        others: Vec<(Sent, Option<bool>)>,
    ) -> bool {
        let earlier: Vec<u64> = self.queries.iter().map(|q| u64::from(q.sn)).collect();
        let before = self.arrivals.len() as u64;
        let mut collector = if about.is_empty() {
            Collector::new(sn, earlier, Mono::from_millis(self.now))
        } else {
            Collector::of_branch(sn, Mono::from_millis(self.now))
        };
        let mut coming: Vec<(Sent, Option<bool>)> = expected.drain(..).map(|(sent, branch)| (sent, Some(branch))).collect();
        for other in others {
            coming.insert(dice.below(coming.len() + 1), other);
        }
        for (sent, branch) in coming {
            self.now += 10;
            if let Some(document) = self.hear(&sent, branch).filter(is_catalog) {
                collector.message(document, Mono::from_millis(self.now));
            }
        }
        let end = loop {
            match collector.progress(Mono::from_millis(self.now)) {
                Progress::Wait(until) => self.now = until.millis_since(Mono::ZERO).max(self.now + 1),
                Progress::Silent => break QueryEnd::Silent,
                Progress::Whole | Progress::Short => break QueryEnd::Answered,
            }
        };
        let purpose = if about.is_empty() { Purpose::Full } else { Purpose::Branch };
        self.queries.push(QueryRecord { sn, before, end, purpose, about: about.to_owned() });
        end == QueryEnd::Answered && collector.progress(Mono::from_millis(self.now)) == Progress::Whole
    }

    fn assembled(&self) -> (Catalog, Vec<Kind>) {
        let catalog = assemble(PLATFORM, &self.queries, self.arrivals.clone());
        let tree = Tree::new(&catalog.items);
        let kinds = catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), Edition::Gb2016)).collect();
        (catalog, kinds)
    }
}

/// Everything below a node, itself included where the list has nodes.
fn below(p: &Platform, node: &str) -> Vec<usize> {
    let mut codes: BTreeSet<String> = BTreeSet::from([node.to_owned()]);
    loop {
        let more: BTreeSet<String> =
            p.list.iter().filter(|t| t.parents.iter().any(|parent| codes.contains(parent))).map(|t| t.code.clone()).collect();
        let before = codes.len();
        codes.extend(more);
        if codes.len() == before {
            break;
        }
    }
    let region = node.len() < 20;
    (0..p.list.len())
        .filter(|place| codes.contains(&p.list[*place].code) || (region && p.list[*place].code.contains("132")))
        .collect()
}

/// Plays one case; gives the platform, what was heard and the verdict.
fn play(dice: &mut Dice) -> (Platform, Check, Talk, Catalog, BTreeSet<usize>) {
    let p = platform(dice);
    let check = dice.pick(&[Check::Off, Check::Off, Check::Second, Check::Tree]);
    let everything: Vec<usize> = (0..p.list.len()).collect();
    let mut talk = Talk::default();
    let mut number = 0;
    let mut held: Vec<(Sent, Option<bool>)> = Vec::new();
    for round in 0..2 {
        let sn = dice.sn();
        let answered = answer(&p, dice, sn, PLATFORM, &everything);
        let mut prompt = Vec::new();
        let mut others: Vec<(Sent, Option<bool>)> = noise(&p, dice, &mut number).into_iter().map(|s| (s, None)).collect();
        others.append(&mut held);
        for sent in answered {
            // What comes late belongs to a query by its SN; without a right one nobody can tell.
            if p.sn_way == SnWay::Right && dice.percent(p.late) {
                held.push((sent, Some(false)));
            } else {
                prompt.push((sent, false));
            }
        }
        let here: BTreeSet<usize> = prompt.iter().flat_map(|(s, _)| s.brings.clone()).collect();
        let said = prompt.iter().any(|(s, _)| s.says_total);
        talk.whole_windows += usize::from(here.len() == p.list.len() && said);
        let whole = talk.ask(dice, sn, "", prompt, others);
        let silent = talk.queries.last().is_some_and(|q| q.end != QueryEnd::Answered);
        if (whole && check == Check::Off) || silent || round == 1 {
            break;
        }
    }
    let (catalog, kinds) = talk.assembled();
    let short = catalog.why.contains(&ITEMS_MISSING);
    if !catalog.items.is_empty() && (short || (check == Check::Tree && !catalog.state.voids())) {
        let recorders = branch::recorders(&catalog.items);
        let told = dice.percent(60);
        let channels: Vec<(String, u64)> =
            recorders.iter().filter(|_| told).map(|r| (r.clone(), below(&p, r).len() as u64 - 1)).collect();
        let own = [PLATFORM, AUDITOR];
        let branches = if check == Check::Tree {
            branch::all(&catalog.items, &kinds, &own)
        } else {
            branch::lacking(&catalog.items, &kinds, &channels, &own)
        };
        let mut vain = 0;
        for (code, _) in branches.asked {
            if vain >= branch::MAX_VAIN {
                break;
            }
            let sn = dice.sn();
            let (device, places) = match p.branch_way {
                BranchWay::Supported => (code.as_str(), below(&p, &code)),
                BranchWay::WholeList => (PLATFORM, everything.clone()),
                BranchWay::Echo => (code.as_str(), everything.clone()),
                BranchWay::Silent => (code.as_str(), Vec::new()),
            };
            // A branch is answered under the SN it was asked under, or not at all.
            let quiet = p.branch_way == BranchWay::Silent || p.sn_way != SnWay::Right;
            let sent = if quiet { Vec::new() } else { answer(&p, dice, sn, device, &places) };
            let mut others: Vec<(Sent, Option<bool>)> = noise(&p, dice, &mut number).into_iter().map(|s| (s, None)).collect();
            if dice.percent(50) {
                others.append(&mut held);
            }
            let answered = talk.ask(dice, sn, &code, sent.into_iter().map(|s| (s, true)).collect(), others);
            vain = if answered && p.branch_way == BranchWay::Supported { 0 } else { vain + 1 };
        }
    }
    let before: BTreeSet<usize> = talk.came.clone();
    // What is still on its way comes while cameras are called.
    for (sent, branch) in held {
        talk.hear(&sent, branch);
    }
    for sent in noise(&p, dice, &mut number) {
        talk.hear(&sent, None);
    }
    let (catalog, _) = talk.assembled();
    (p, check, talk, catalog, before)
}

/// What is wrong with a verdict, if anything. The truth comes from the generator alone.
fn wrong(p: &Platform, talk: &Talk, catalog: &Catalog) -> Option<String> {
    let all = p.list.len();
    let by_both: BTreeSet<usize> = talk.came.union(&talk.came_by_branch).copied().collect();
    let complete = catalog.state == CatalogState::Complete;
    if complete && (by_both.len() < all || !talk.total_said) {
        return Some(format!("complete, and {} of {all} came", by_both.len()));
    }
    let everything = talk.came.len() == all && talk.total_said;
    let must = match p.sn_way {
        SnWay::Right | SnWay::CountsUp => everything,
        // An answer under a foreign SN has to come twice before it is believed.
        SnWay::Constant | SnWay::Absent => talk.whole_windows == 2,
    };
    // Nor is it believed where somebody's answer brought more.
    let outweighed = p.sn_way == SnWay::CountsUp || catalog.received > all as u64;
    if must && !complete && !(outweighed && catalog.why == [SN_UNCONFIRMED]) {
        return Some(format!("{}, and all {all} came in full answers", catalog.state.name()));
    }
    // With branches: only where the list counts nodes, or no node was needed, can the sum be told.
    if by_both.len() == all && talk.total_said && p.sn_way == SnWay::Right && !complete && catalog.proof.doubted == 0 {
        return Some(format!("{}, and all {all} came with branches", catalog.state.name()));
    }
    // Under a foreign SN anybody's answer looks alike; what is not confirmed is shown, and is never complete.
    let by_sn = matches!(p.sn_way, SnWay::Right | SnWay::CountsUp) && !talk.came.is_empty();
    let codes: BTreeSet<&str> = catalog.items.iter().map(gbaudit::catalog::Item::id).collect();
    if let Some(code) = codes.iter().find(|code| code.starts_with("4401")).filter(|_| complete || by_sn) {
        return Some(format!("the stray {code} is in it"));
    }
    let lost = talk.came.iter().find(|place| !codes.contains(p.list[**place].code.as_str()));
    if let Some(place) = lost.filter(|_| p.sn_way == SnWay::Right) {
        return Some(format!("{} came and is not in it", p.list[*place].code));
    }
    if catalog.journal.entries().len() != talk.arrivals.len() {
        return Some(format!("{} journal lines for {} bodies", catalog.journal.entries().len(), talk.arrivals.len()));
    }
    None
}

#[test]
fn no_verdict_on_random_arrivals_is_wrong() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = number("GBAUDIT_ARRIVALS").unwrap_or(CASES);
    let from = number("GBAUDIT_ARRIVALS_FROM").unwrap_or(0);
    let mut states = [0_u64; 4];
    let mut bases = std::collections::BTreeMap::<&str, u64>::new();
    let (mut bodies, mut found) = (0, Vec::new());
    for case in from..from + cases {
        let (p, check, talk, catalog, _) = play(&mut Dice(case));
        states[catalog.state as usize] += 1;
        *bases.entry(catalog.proof.basis.name()).or_default() += 1;
        bodies += talk.arrivals.len();
        if let Some(what) = wrong(&p, &talk, &catalog) {
            let why: Vec<_> = catalog.why.iter().map(|w| w.id).collect();
            found.push(format!(
                "case {case}: {what} (why {why:?}, {check:?}, {:?}, {:?}, nodes {}, declared {}, received {}, {} queries)",
                p.sn_way,
                p.branch_way,
                p.nodes_listed,
                catalog.declared,
                catalog.received,
                talk.queries.len()
            ));
        }
    }
    println!(
        "{cases} cases, {bodies} bodies: complete {}, incomplete {}, disputed {}, by {bases:?}",
        states[0], states[1], states[2]
    );
    assert!(
        found.is_empty(),
        "{} wrong verdicts:\n{}",
        found.len(),
        found.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(
        from > 0 || cases < CASES || (bases.len() >= 5 && states[..2].iter().all(|n| *n > cases / 10)),
        "the generator is lame"
    );
}
