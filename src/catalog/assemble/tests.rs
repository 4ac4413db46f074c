use super::*;
use crate::manscdp::command::{Dialect, catalog, item};

const PLATFORM: &str = "37172300002000000002";

fn camera(n: u32, more: &[(&str, &str)]) -> String {
    let id = format!("37172300011320{n:06}");
    let name = format!("camera {n}");
    let mut elements = vec![("DeviceID", id.as_str()), ("Name", name.as_str())];
    for (key, value) in more {
        match elements.iter_mut().find(|(k, _)| k == key) {
            Some(slot) => slot.1 = value,
            None => elements.push((key, value)),
        }
    }
    item(&elements)
}

fn message(sn: u32, sum: u64, items: &[String]) -> Document {
    Document::parse(&catalog(Dialect::default(), sn, PLATFORM, sum, items.len() as u64, items), None).unwrap()
}

fn asked(sns: &[u32]) -> Vec<QueryRecord> {
    sns.iter().map(|sn| QueryRecord { sn: *sn, ..QueryRecord::default() }).collect()
}

fn plain(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| camera(n, &[])).collect()
}

fn numbers(c: &Catalog) -> (&'static str, u64, u64, u64, u64, u64, usize) {
    (c.state.name(), c.declared, c.received, c.missing, c.duplicates, c.unsolicited, c.items.len())
}

#[test]
fn a_whole_answer_in_any_order() {
    let items = plain(0..6);
    let mut messages: Vec<_> = items.chunks(2).map(|part| message(7, 6, part)).collect();
    messages.reverse();
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!(numbers(&catalog), ("complete", 6, 6, 0, 0, 0, 6));
    assert!(catalog.items.windows(2).all(|w| w[0].id() < w[1].id()));
    assert!(catalog.oddities.is_empty());
}

#[test]
fn repeats_count_once_and_a_trailing_empty_packet_not_at_all() {
    let messages = vec![message(7, 3, &plain(0..3)), message(7, 3, &plain(1..3)), message(7, 3, &[])];
    assert_eq!(numbers(&assemble(PLATFORM, &asked(&[7]), messages)), ("complete", 3, 3, 0, 2, 0, 3));
}

#[test]
fn two_different_items_under_one_code_are_two_towards_the_total_and_both_stay() {
    let twin = camera(1, &[("Name", "another camera")]);
    let messages = vec![message(7, 4, &plain(0..3)), message(7, 4, std::slice::from_ref(&twin))];
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!((numbers(&catalog), catalog.collisions), (("complete", 4, 4, 0, 0, 0, 4), 1));
    let twins: Vec<_> =
        catalog.items.iter().filter(|i| i.occurrences == 2).map(|i| (i.occurrence, i.text(Element::Name).unwrap())).collect();
    assert_eq!(twins, [(1, "another camera"), (2, "camera 1")], "by content, not by arrival");
}

#[test]
fn copies_under_several_parents_are_one_camera() {
    let items = [camera(1, &[("ParentID", "a")]), camera(1, &[("ParentID", "b")])];
    let catalog = assemble(PLATFORM, &asked(&[7]), vec![message(7, 2, &items)]);
    assert_eq!((numbers(&catalog), catalog.collisions), (("complete", 2, 2, 0, 0, 0, 1), 0));
    assert_eq!(catalog.items[0].parents(), ["a", "b"]);
}

#[test]
fn a_short_answer_is_incomplete_and_a_requery_fills_it() {
    let first = vec![message(7, 4, &plain(0..2))];
    let catalog = assemble(PLATFORM, &asked(&[7]), first);
    assert_eq!(numbers(&catalog), ("incomplete", 4, 2, 2, 0, 0, 2));
    assert_eq!(catalog.why, [ITEMS_MISSING]);
    let both = vec![message(7, 4, &plain(0..2)), message(8, 4, &plain(1..4))];
    assert_eq!(numbers(&assemble(PLATFORM, &asked(&[7, 8]), both)), ("complete", 4, 4, 0, 0, 0, 4));
}

#[test]
fn the_newest_answer_wins_in_what_is_not_identity() {
    let messages = vec![
        message(7, 3, &[camera(0, &[("Status", "ON")]), camera(1, &[])]),
        message(8, 3, &[camera(0, &[("Status", "OFF")]), camera(2, &[])]),
    ];
    let catalog = assemble(PLATFORM, &asked(&[7, 8]), messages);
    assert_eq!(numbers(&catalog), ("complete", 3, 3, 0, 0, 0, 3));
    assert_eq!(catalog.items[0].text(Element::Status), Some("OFF"));
}

#[test]
fn a_growing_total_that_is_reached_is_complete_with_an_oddity() {
    let messages = vec![message(7, 2, &plain(0..2)), message(7, 4, &plain(2..4))];
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!(numbers(&catalog), ("complete", 4, 4, 0, 0, 0, 4));
    assert!(catalog.oddities.has(oddity::SUM_NUM_CHANGES));
}

#[test]
fn more_than_declared_is_disputed() {
    let catalog = assemble(PLATFORM, &asked(&[7]), vec![message(7, 2, &plain(0..3))]);
    assert_eq!(numbers(&catalog), ("disputed", 2, 3, 0, 0, 0, 3));
    assert_eq!(catalog.why, [MORE_THAN_DECLARED]);
}

#[test]
fn two_whole_answers_that_differ_are_disputed() {
    let messages = vec![message(7, 2, &plain(0..2)), message(8, 2, &[camera(0, &[]), camera(1, &[("Model", "m")])])];
    let catalog = assemble(PLATFORM, &asked(&[7, 8]), messages);
    assert_eq!((catalog.state, catalog.why.as_slice()), (CatalogState::Disputed, &[ANSWERS_DIFFER][..]));
}

#[test]
fn a_stray_answer_changes_nothing() {
    let messages = vec![message(999, 1, &plain(50..51)), message(7, 3, &plain(0..3)), message(998, 3, &plain(60..61))];
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!(numbers(&catalog), ("complete", 3, 3, 0, 0, 2, 3));
    assert!(catalog.oddities.has(oddity::UNSOLICITED));
}

#[test]
fn a_peer_that_answers_under_another_sn_is_understood_when_it_does_so_twice() {
    let wrong = || vec![message(1, 4, &plain(0..2)), message(1, 4, &plain(2..4))];
    let once = assemble(PLATFORM, &asked(&[7]), wrong());
    assert_eq!((numbers(&once), once.why), (("incomplete", 4, 4, 0, 0, 0, 4), vec![SN_UNCONFIRMED]));
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 2, ..QueryRecord::default() }];
    let twice = assemble(PLATFORM, &queries, [wrong(), wrong()].concat());
    assert_eq!(numbers(&twice), ("complete", 4, 4, 0, 0, 0, 4));
    assert!(twice.oddities.has(oddity::SN_MISMATCH));
    let counting = vec![message(7, 4, &plain(0..2)), message(8, 4, &plain(2..3)), message(9, 4, &plain(3..4))];
    assert_eq!(numbers(&assemble(PLATFORM, &asked(&[7]), counting)), ("complete", 4, 4, 0, 0, 0, 4));
}

#[test]
fn wrong_num_and_wrong_answer_id_are_noted_and_cost_nothing() {
    let body = catalog(Dialect::default(), 7, "37172300002009999999", 2, 5, &plain(0..2));
    let catalog = assemble(PLATFORM, &asked(&[7]), vec![Document::parse(&body, None).unwrap()]);
    assert_eq!(numbers(&catalog), ("complete", 2, 2, 0, 0, 0, 2));
    assert_eq!(catalog.oddities.ids().collect::<Vec<_>>(), ["answer_device_id", "num_mismatch"]);
}

#[test]
fn no_answer_refusal_and_no_total_are_told_apart() {
    let end = |end| vec![QueryRecord { sn: 7, end, ..QueryRecord::default() }];
    assert_eq!(assemble(PLATFORM, &end(QueryEnd::Silent), Vec::<Document>::new()).why, [NO_ANSWER]);
    assert_eq!(assemble(PLATFORM, &end(QueryEnd::Refused(403)), Vec::<Document>::new()).why, [QUERY_REFUSED]);
    let body = String::from_utf8(catalog(Dialect::default(), 7, PLATFORM, 1, 1, &plain(0..1))).unwrap();
    let without = body.replace("<SumNum>1</SumNum>", "");
    let document = Document::parse(without.as_bytes(), None).unwrap();
    assert_eq!(assemble(PLATFORM, &asked(&[7]), vec![document.clone()]).why, [SUM_NUM_ABSENT]);
    let file = assemble(PLATFORM, &[], vec![document]);
    assert_eq!((file.state, file.items.len()), (CatalogState::Unstated, 1));
}

#[test]
fn an_empty_catalogue_is_complete() {
    assert_eq!(numbers(&assemble(PLATFORM, &asked(&[7]), vec![message(7, 0, &[])])), ("complete", 0, 0, 0, 0, 0, 0));
}

proptest::proptest! {
    /// Any order, any repeats and any grouping of the same items give the same lines and the same verdict.
    #[test]
    fn arrival_never_matters(order in proptest::collection::vec(0..12_u32, 12..60), group in 1..5_usize) {
        let items: Vec<String> = order.iter().map(|n| camera(*n % 9, &[("Name", if *n > 8 { "twin" } else { "camera" })])).collect();
        let distinct: std::collections::BTreeSet<_> = items.iter().cloned().collect();
        let sum = distinct.len() as u64;
        let messages = |items: &[String]| items.chunks(group).map(|part| message(7, sum, part)).collect::<Vec<_>>();
        let sorted: Vec<String> = distinct.into_iter().collect();
        let a = assemble(PLATFORM, &asked(&[7]), messages(&items));
        let b = assemble(PLATFORM, &asked(&[7]), messages(&sorted));
        proptest::prop_assert_eq!(a.state, CatalogState::Complete);
        proptest::prop_assert_eq!(a.items, b.items);
        proptest::prop_assert_eq!(a.duplicates, (items.len() - sorted.len()) as u64);
    }
}

#[test]
fn an_edited_catalogue_counts_shared_codes_anew_and_is_as_before_once_undone() {
    let two_alike = [camera(1, &[]), camera(1, &[("Name", "another")]), camera(2, &[])];
    let mut catalog = assemble(PLATFORM, &asked(&[7]), vec![message(7, 3, &two_alike)]);
    let (items, collisions) = (catalog.items.clone(), catalog.collisions);
    assert_eq!(collisions, 1);
    let edit = |item, element, value: &str| Edit { item, element, value: value.to_owned() };
    let before = catalog.edit(&[
        edit(1, Element::DeviceID, "37172300011320000002"),
        edit(1, Element::Name, "gate"),
        edit(2, Element::DeviceID, "37172300011320000003"),
    ]);
    assert_eq!(catalog.collisions, 0);
    assert!(catalog.items.iter().all(|item| item.occurrences == 1));
    assert_eq!((catalog.items[1].id(), catalog.items[1].sent(Element::Name)), ("37172300011320000002", Some("gate")));
    catalog.undo(before);
    assert!(catalog.items == items && catalog.collisions == collisions);
}

fn branch(sn: u32, before: u64, about: &str) -> QueryRecord {
    QueryRecord { sn, before, purpose: Purpose::Branch, about: about.into(), ..QueryRecord::default() }
}

fn answer(sn: u32, device: &str, sum: u64, items: &[String]) -> Document {
    Document::parse(&catalog(Dialect::default(), sn, device, sum, items.len() as u64, items), None).unwrap()
}

const NODE: &str = "37172300002160000001";

#[test]
fn a_stray_of_the_same_total_fills_no_answer() {
    let messages = vec![message(7, 3, &plain(0..2)), message(123_456, 3, &plain(60..61))];
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!(numbers(&catalog), ("incomplete", 3, 2, 1, 0, 1, 2));
}

#[test]
fn a_stray_answer_that_comes_twice_is_no_catalogue_beside_one_that_came_short() {
    // The platform answers under SN 1 always, and lost an item once; somebody else's answer came both times.
    let stray = || message(99, 1, &plain(60..61));
    let queries =
        vec![QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 2, ..QueryRecord::default() }];
    let messages = vec![stray(), message(1, 3, &plain(0..2)), stray(), message(1, 3, &plain(0..3))];
    let catalog = assemble(PLATFORM, &queries, messages);
    assert_eq!((catalog.state, catalog.why.as_slice()), (CatalogState::Incomplete, &[SN_UNCONFIRMED][..]));
}

#[test]
fn a_stray_answer_is_not_taken_for_one_where_the_peer_knows_our_sn() {
    // Nothing but somebody else's whole answer came first; then ours under its own SN.
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 1, ..QueryRecord::default() }];
    let messages = vec![message(999, 2, &plain(50..52)), message(8, 3, &plain(0..3))];
    assert_eq!(numbers(&assemble(PLATFORM, &queries, messages)), ("complete", 3, 3, 0, 0, 1, 3));
}

#[test]
fn a_wrong_sn_is_followed_past_a_stray_that_speaks_of_more() {
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 2, ..QueryRecord::default() }];
    let stray = message(999, 50, &plain(50..51));
    let messages = vec![message(1, 3, &plain(0..3)), stray.clone(), message(1, 3, &plain(0..3)), stray];
    let catalog = assemble(PLATFORM, &queries, messages);
    assert_eq!((numbers(&catalog), catalog.proof.basis), (("complete", 3, 3, 0, 0, 2, 3), Basis::TwoAnswers));
    let standings: Vec<_> = catalog.journal.entries().iter().map(|e| (e.standing.name(), e.standing.query())).collect();
    assert_eq!(standings, [("foreign_sn", Some(1)), ("unsolicited", None), ("foreign_sn", Some(2)), ("unsolicited", None)]);
}

#[test]
fn answers_without_an_sn_are_believed_when_two_agree() {
    let bare = || {
        let body = String::from_utf8(catalog(Dialect::default(), 7, PLATFORM, 2, 2, &plain(0..2))).unwrap();
        Document::parse(body.replace("<SN>7</SN>", "").as_bytes(), None).unwrap()
    };
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 1, ..QueryRecord::default() }];
    assert_eq!(numbers(&assemble(PLATFORM, &queries, vec![bare(), bare()])), ("complete", 2, 2, 0, 0, 0, 2));
    assert_eq!(assemble(PLATFORM, &queries, vec![bare()]).why, [SN_UNCONFIRMED]);
}

#[test]
fn two_whole_answers_may_differ_in_status() {
    let messages = vec![message(7, 1, &[camera(0, &[("Status", "ON")])]), message(8, 1, &[camera(0, &[("Status", "OFF")])])];
    let catalog = assemble(PLATFORM, &asked(&[7, 8]), messages);
    assert_eq!((catalog.state, catalog.proof.basis), (CatalogState::Complete, Basis::TwoAnswers));
    assert!(catalog.oddities.has(oddity::STATUS_CHANGED));
}

#[test]
fn branches_repair_a_short_answer_and_declare_nothing() {
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, branch(8, 1, NODE)];
    let under = |n: u32| camera(n, &[("ParentID", NODE)]);
    let messages = vec![message(7, 4, &[under(0), under(1)]), answer(8, NODE, 9, &[under(1), under(2), under(3)])];
    let catalog = assemble(PLATFORM, &queries, messages);
    assert_eq!((numbers(&catalog), catalog.proof.basis), (("complete", 4, 4, 0, 0, 0, 4), Basis::Branches));
    assert_eq!((catalog.proof.from_branches, catalog.oddities.has(oddity::BRANCHES_REPAIRED)), (2, true));
    let messages = vec![message(7, 4, &[under(0), under(1)]), answer(8, NODE, 1, &[under(2)])];
    let still = assemble(PLATFORM, &queries, messages);
    assert_eq!((numbers(&still), still.proof.basis), (("incomplete", 4, 3, 1, 0, 0, 3), Basis::Nothing));
}

#[test]
fn a_node_the_full_list_does_not_count_is_none_of_the_missing() {
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, branch(8, 1, NODE)];
    let node = item(&[("DeviceID", NODE), ("Name", "node")]);
    let messages = vec![message(7, 3, &plain(0..2)), answer(8, NODE, 2, &[node.clone(), camera(0, &[])])];
    let catalog = assemble(PLATFORM, &queries, messages);
    assert_eq!((numbers(&catalog), catalog.proof.doubted), (("incomplete", 3, 2, 1, 0, 0, 2), 1));
    let other = item(&[("DeviceID", "37172300002160000009"), ("Name", "other")]);
    let messages = vec![message(7, 3, &[other, camera(0, &[])]), answer(8, NODE, 1, &[node])];
    assert_eq!(assemble(PLATFORM, &queries, messages).state, CatalogState::Complete, "a list with nodes counts them");
}

#[test]
fn a_branch_that_has_more_disputes_a_whole_answer_unless_it_is_no_branch() {
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, branch(8, 1, NODE)];
    let more = [camera(1, &[]), camera(9, &[])];
    let catalog = assemble(PLATFORM, &queries, vec![message(7, 3, &plain(0..3)), answer(8, NODE, 2, &more)]);
    assert_eq!(
        (catalog.state, catalog.why.as_slice(), catalog.proof.parts[1].extra),
        (CatalogState::Disputed, &[BRANCH_HAS_MORE][..], 1)
    );
    for ignoring in [answer(8, PLATFORM, 2, &more), answer(8, NODE, 3, &more)] {
        let catalog = assemble(PLATFORM, &queries, vec![message(7, 3, &plain(0..3)), ignoring]);
        assert_eq!((catalog.state, catalog.proof.parts[1].ignored), (CatalogState::Complete, true));
    }
}

#[test]
fn a_poll_is_compared_and_changes_nothing() {
    let poll = QueryRecord { sn: 8, before: 1, purpose: Purpose::Poll, ..QueryRecord::default() };
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, poll];
    let later = [camera(1, &[("Status", "OFF")]), camera(2, &[("Name", "new name")]), camera(3, &[])];
    let catalog = assemble(PLATFORM, &queries, vec![message(7, 3, &plain(0..3)), message(8, 3, &later)]);
    assert_eq!(numbers(&catalog), ("complete", 3, 3, 0, 0, 0, 3));
    let changes = catalog.proof.changes.unwrap();
    let codes = |named: &Named| named.codes.iter().map(|c| &c[19..]).collect::<String>();
    assert_eq!((codes(&changes.added), codes(&changes.vanished), codes(&changes.changed)), ("3".into(), "0".into(), "2".into()));
}

#[test]
fn notices_stand_beside_the_items_and_never_among_them() {
    let notify = |event: &str, n: u32| {
        let items = [camera(n, &[("Event", event)])];
        let body = String::from_utf8(catalog(Dialect::default(), 7, PLATFORM, 1, 1, &items)).unwrap();
        Document::parse(body.replace("Response>", "Notify>").as_bytes(), None).unwrap()
    };
    // Even under the SN of the query.
    let messages = vec![message(7, 3, &plain(0..2)), notify("ADD", 2), notify("DEL", 1), message(7, 3, &plain(2..3))];
    let catalog = assemble(PLATFORM, &asked(&[7]), messages);
    assert_eq!(numbers(&catalog), ("complete", 3, 3, 0, 0, 0, 3));
    assert_eq!((catalog.notices.messages, catalog.notices.deleted()), (2, 1));
    let standings: Vec<_> = catalog.journal.entries().iter().map(|e| e.standing.name()).collect();
    assert_eq!(standings, ["answer", "notified", "notified", "answer"]);
}

#[test]
fn the_journal_tells_what_became_of_every_body() {
    let queries = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 2, ..QueryRecord::default() }];
    let cut = {
        let body = catalog(Dialect::default(), 8, PLATFORM, 4, 2, &plain(0..2));
        let end = body.len() - 80;
        Document::parse(&body[..end], None).unwrap()
    };
    let messages =
        vec![message(7, 4, &plain(0..2)), message(7, 4, &plain(1..3)), cut, message(7, 4, &plain(2..4)), message(55, 9, &[])];
    let catalog = assemble(PLATFORM, &queries, messages);
    let entries: Vec<_> =
        catalog.journal.entries().iter().map(|e| (e.standing.name(), e.items, e.new, e.repeated, e.cut_off)).collect();
    assert_eq!(
        entries,
        [
            ("answer", 2, 2, 0, 0),
            ("answer", 2, 1, 1, 0),
            ("answer", 1, 1, 0, 1),
            ("late", 2, 1, 1, 0),
            ("unsolicited", 0, 0, 0, 0)
        ]
    );
    assert!(catalog.journal.damage(&catalog.journal.entries()[2]).contains(&"item_cut_off"));
    let parts: Vec<_> = catalog.proof.parts.iter().map(|p| (p.declared, p.received, p.late, p.cut_off)).collect();
    assert_eq!(parts, [(Some(4), 4, 1, 0), (Some(4), 1, 0, 1)]);
}
