//! Decides, while an answer is coming, whether to go on waiting. The catalogue itself is put together
//! afterwards from the recorded messages by [`mod@super::assemble`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::AnswerSet;
use super::assemble::counts_up;
use crate::base::clock::Mono;
use crate::manscdp::document::Document;

/// How long the first message may take.
pub const FIRST_MESSAGE: Duration = Duration::from_mins(2);
/// Silence after a message that ends a short answer.
pub const GAP: Duration = Duration::from_secs(10);
/// How long a whole answer is listened on to, from its last message: late repeats, an empty last packet.
pub const LINGER: Duration = Duration::from_secs(2);
/// How long the first message of an answer about one branch may take: a platform that answered about the whole of it
/// in time is not waited for two minutes at each of its nodes.
pub const BRANCH_FIRST_MESSAGE: Duration = Duration::from_secs(15);
/// How long the first message of a list of recordings may take.
pub const RECORDS_FIRST_MESSAGE: Duration = Duration::from_secs(20);
/// How long the first message may take once a query was not answered at all, and a platform that still answers an
/// earlier query after its last message of that.
pub const SECOND_CHANCE: Duration = Duration::from_secs(30);
/// Longest answer.
pub const WHOLE_ANSWER: Duration = Duration::from_mins(30);
/// Most items of one answer.
pub const MAX_ITEMS: u64 = 2_000_000;
/// Different totals under foreign SNs that are followed; more are a peer that answers at random.
const MAX_FOREIGN_TOTALS: usize = 16;

/// What the collector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Look again then, or when a message has come.
    Wait(Mono),
    /// Everything declared is there, and nothing came after it.
    Whole,
    /// What is there is not what was declared: ask again once.
    Short,
    /// Nothing came.
    Silent,
}

/// Follows one query.
#[derive(Debug)]
pub struct Collector {
    sn: u64,
    opened: Mono,
    first_message: Duration,
    last_message: Option<Mono>,
    /// The last message under the SN of an earlier query.
    belated: Option<Mono>,
    own: AnswerSet,
    /// Whether foreign SNs are followed at all: not where a branch is asked about.
    follows: bool,
    /// Messages whose SN counts up from ours, by the total they speak of.
    counting: BTreeMap<u64, AnswerSet>,
    /// Messages under any other SN, by the total they speak of.
    foreign: BTreeMap<u64, AnswerSet>,
    /// What earlier queries of this run brought: a late answer to one of them is not this one's.
    earlier: Vec<u64>,
    received: u64,
    declared: Option<u64>,
}

impl Collector {
    /// Begins with the sending of a query.
    #[must_use]
    pub fn new(sn: u32, earlier: Vec<u64>, now: Mono) -> Self {
        Self {
            sn: u64::from(sn),
            opened: now,
            first_message: FIRST_MESSAGE,
            last_message: None,
            belated: None,
            own: AnswerSet::new(false),
            follows: true,
            counting: BTreeMap::new(),
            foreign: BTreeMap::new(),
            earlier,
            received: 0,
            declared: None,
        }
    }

    /// The same for a query about one branch: only its own SN counts, and it is not waited for as long.
    #[must_use]
    pub fn of_branch(sn: u32, now: Mono) -> Self {
        Self { first_message: BRANCH_FIRST_MESSAGE, follows: false, ..Self::new(sn, Vec::new(), now) }
    }

    /// The same for a list of recordings, which are looked for on the disks of a recorder.
    #[must_use]
    pub fn of_records(sn: u32, now: Mono) -> Self {
        Self { first_message: RECORDS_FIRST_MESSAGE, ..Self::of_branch(sn, now) }
    }

    /// The same for a query sent because the one before it was not answered.
    #[must_use]
    pub fn once_more(self) -> Self {
        Self { first_message: SECOND_CHANCE, ..self }
    }

    /// Takes a message of the catalogue.
    pub fn message(&mut self, document: Document, now: Mono) {
        let sn = document.sn();
        if sn == Some(self.sn) {
            self.last_message = Some(now);
            self.own.add(document);
        } else if sn.is_some_and(|sn| self.earlier.contains(&sn)) {
            self.belated = Some(now);
            return;
        } else if !self.follow(document) {
            return;
        } else {
            self.last_message = Some(now);
        }
        self.recount();
    }

    /// Keeps in mind what came under a foreign SN. Says whether it may be part of this answer: what is not, keeps nobody
    /// waiting.
    fn follow(&mut self, document: Document) -> bool {
        let (Some(total), true) = (document.sum_num(), self.follows) else { return false };
        let counts = document.sn().is_some_and(|sn| counts_up(self.sn, sn, total));
        let groups = if counts { &mut self.counting } else { &mut self.foreign };
        if groups.len() >= MAX_FOREIGN_TOTALS && !groups.contains_key(&total) {
            return false;
        }
        groups.entry(total).or_insert_with(|| AnswerSet::new(false)).add(document);
        counts || self.own.messages == 0
    }

    /// Distinct items so far, and the declared total.
    #[must_use]
    pub const fn counts(&self) -> (u64, Option<u64>) {
        (self.received, self.declared)
    }

    /// What to do now.
    #[must_use]
    pub fn progress(&self, now: Mono) -> Progress {
        let hard_end = self.opened.plus(WHOLE_ANSWER);
        let Some(last) = self.last_message else {
            let end = self.opened.plus(self.first_message);
            let end = self.belated.map_or(end, |belated| belated.plus(SECOND_CHANCE).min(end));
            return if now >= end { Progress::Silent } else { Progress::Wait(end) };
        };
        if self.own.declared() == Some(0) && self.received == 0 {
            return Progress::Whole;
        }
        let whole = self.declared.is_some_and(|declared| self.received >= declared);
        let patience = last.plus(if whole { LINGER } else { GAP }).min(hard_end);
        if now < patience && self.received < MAX_ITEMS {
            return Progress::Wait(patience);
        }
        // An answer that came under a foreign SN only is asked for again, to see whether it is the peer's way.
        let sure = self.own.messages > 0 || !self.counting.is_empty();
        if sure && self.declared == Some(self.received) { Progress::Whole } else { Progress::Short }
    }

    /// The same reading of SNs as [`super::assemble`], on fingerprints.
    fn recount(&mut self) {
        self.received = self.own.received();
        self.declared = self.own.declared();
        if self.own.is_whole() {
            return;
        }
        // Its own total, or that of an answer whose SN counts up; without either, a whole answer, or the largest there is.
        let chosen = match self.declared {
            Some(total) => self.counting.get_key_value(&total),
            None if self.own.messages > 0 => None,
            None => {
                self.counting.last_key_value().or_else(|| self.foreign.iter().max_by_key(|(total, f)| (f.is_whole(), **total)))
            }
        };
        let Some((total, other)) = chosen else { return };
        self.declared = Some(*total);
        self.received = other.received() + self.own.fingerprints().filter(|f| !other.contains(*f)).count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::command::{Dialect, catalog, item};

    fn message(sn: u32, sum: u64, range: std::ops::Range<u32>) -> Document {
        let items: Vec<String> = range.map(|n| item(&[("DeviceID", &n.to_string())])).collect();
        Document::parse(&catalog(Dialect::default(), sn, "p", sum, items.len() as u64, &items), None).unwrap()
    }

    fn at(ms: u64) -> Mono {
        Mono::from_millis(ms)
    }

    #[test]
    fn a_whole_answer_is_listened_on_to_for_two_seconds_from_its_last_message() {
        let mut c = Collector::new(7, vec![], at(0));
        assert_eq!(c.progress(at(0)), Progress::Wait(at(120_000)));
        c.message(message(7, 3, 0..2), at(100));
        assert_eq!(c.progress(at(100)), Progress::Wait(at(10_100)));
        c.message(message(7, 3, 2..3), at(200));
        assert_eq!(c.progress(at(200)), Progress::Wait(at(2_200)));
        c.message(message(7, 3, 2..3), at(1_000));
        assert_eq!((c.progress(at(2_999)), c.progress(at(3_000))), (Progress::Wait(at(3_000)), Progress::Whole));
    }

    #[test]
    fn silence_and_a_gap_end_the_waiting() {
        let mut c = Collector::new(7, vec![], at(0));
        assert_eq!(c.progress(at(120_000)), Progress::Silent);
        c.message(message(7, 3, 0..2), at(100));
        assert_eq!((c.progress(at(10_100)), c.counts()), (Progress::Short, (2, Some(3))));
    }

    #[test]
    fn a_platform_that_answers_an_earlier_query_is_not_waited_for_two_minutes() {
        let mut c = Collector::new(7, vec![6], at(0));
        c.message(message(6, 3, 0..3), at(1_000));
        assert_eq!(c.progress(at(1_000)), Progress::Wait(at(31_000)));
        assert_eq!((c.progress(at(31_000)), c.counts()), (Progress::Silent, (0, None)));
        assert_eq!(Collector::new(7, vec![6], at(0)).once_more().progress(at(0)), Progress::Wait(at(30_000)));
    }

    #[test]
    fn an_empty_catalogue_is_whole_at_once() {
        let mut c = Collector::new(7, vec![], at(0));
        c.message(message(7, 0, 0..0), at(5));
        assert_eq!(c.progress(at(5)), Progress::Whole);
    }

    #[test]
    fn more_than_declared_is_short_of_a_proof() {
        let mut c = Collector::new(7, vec![], at(0));
        c.message(message(7, 2, 0..3), at(5));
        assert_eq!(c.progress(at(2_005)), Progress::Short);
    }

    #[test]
    fn a_stray_of_the_same_total_fills_nothing_and_keeps_nobody_waiting() {
        let mut c = Collector::new(7, vec![], at(0));
        c.message(message(7, 3, 0..2), at(100));
        c.message(message(9_999, 3, 50..51), at(9_000));
        assert_eq!((c.counts(), c.progress(at(10_100))), ((2, Some(3)), Progress::Short));
    }

    #[test]
    fn an_answer_without_an_sn_is_followed_like_one_under_a_foreign_sn() {
        let mut c = Collector::new(7, vec![], at(0));
        let body = String::from_utf8(catalog(Dialect::default(), 7, "p", 1, 1, &[item(&[("DeviceID", "1")])])).unwrap();
        c.message(Document::parse(body.replace("<SN>7</SN>", "").as_bytes(), None).unwrap(), at(100));
        assert_eq!((c.counts(), c.progress(at(2_100))), ((1, Some(1)), Progress::Short), "asked again to be sure");
    }

    #[test]
    fn a_branch_is_followed_by_its_own_sn_only() {
        let mut c = Collector::of_branch(7, at(0));
        c.message(message(8, 2, 0..2), at(100));
        assert_eq!(c.progress(at(15_000)), Progress::Silent);
        c.message(message(7, 2, 0..2), at(15_000));
        assert_eq!(c.progress(at(17_000)), Progress::Whole);
    }

    #[test]
    fn strays_neither_end_nor_fill_an_answer_but_a_wrong_sn_throughout_is_followed() {
        let mut c = Collector::new(7, vec![6], at(0));
        c.message(message(999, 1, 50..51), at(1));
        c.message(message(6, 3, 0..3), at(2));
        c.message(message(7, 3, 0..2), at(3));
        assert_eq!(c.counts(), (2, Some(3)));
        c.message(message(7, 3, 2..3), at(4));
        assert_eq!(c.counts(), (3, Some(3)));

        let mut c = Collector::new(7, vec![], at(0));
        for n in 0..4 {
            c.message(message(n + 1, 4, n..n + 1), at(u64::from(n)));
        }
        assert_eq!((c.counts(), c.progress(at(2_003))), ((4, Some(4)), Progress::Short), "asked again to be sure");

        let mut c = Collector::new(1, vec![], at(0));
        for n in 0..4 {
            c.message(message(n + 1, 4, n..n + 1), at(u64::from(n)));
        }
        assert_eq!((c.counts(), c.progress(at(2_003))), ((4, Some(4)), Progress::Whole), "one SN a message");
    }
}
