//! What came back under one SN: counted by distinct content, never by messages.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::manscdp::document::Document;
use crate::manscdp::item::{Element, RawItem};

/// One answer, or what carries its SN.
#[derive(Debug, Default)]
pub struct AnswerSet {
    /// `SumNum` values seen.
    pub sum_nums: BTreeSet<u64>,
    /// Messages.
    pub messages: u64,
    /// Items that repeat another one to the letter.
    pub repeats: u64,
    /// Items begun at the end of a body and cut off.
    pub cut_off: u64,
    /// Distinct items picked out of broken XML.
    pub salvaged: u64,
    /// Items of which octets were lost.
    damaged: u64,
    distinct: HashSet<u128>,
    items: Vec<RawItem>,
    keep: bool,
}

impl AnswerSet {
    /// `keep`: hold the items, not only their fingerprints.
    #[must_use]
    pub fn new(keep: bool) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Adds a message; gives the number of items that were new.
    pub fn add(&mut self, document: Document) -> u64 {
        self.take(document.sum_num(), document.cut_off, document.items)
    }

    /// Adds what a message holds; gives the number of items that were new.
    pub fn take(&mut self, sum_num: Option<u64>, cut_off: u64, items: Vec<RawItem>) -> u64 {
        self.messages += 1;
        self.cut_off += cut_off;
        self.sum_nums.extend(sum_num);
        let mut new = 0;
        for item in items {
            if !self.distinct.insert(item.fingerprint()) {
                self.repeats += 1;
                continue;
            }
            new += 1;
            self.damaged += u64::from(item.is_damaged());
            self.salvaged += u64::from(item.salvaged());
            if self.keep {
                self.items.push(item);
            }
        }
        new
    }

    /// Distinct items.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.distinct.len() as u64
    }

    /// The largest `SumNum`.
    #[must_use]
    pub fn declared(&self) -> Option<u64> {
        self.sum_nums.last().copied()
    }

    /// Whether everything declared is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.declared().is_some_and(|declared| self.received() >= declared)
    }

    /// Takes another set in.
    pub fn absorb(&mut self, other: Self) {
        self.sum_nums.extend(other.sum_nums);
        self.messages += other.messages;
        self.repeats += other.repeats;
        self.cut_off += other.cut_off;
        if self.keep {
            for item in other.items {
                if self.distinct.insert(item.fingerprint()) {
                    self.damaged += u64::from(item.is_damaged());
                    self.salvaged += u64::from(item.salvaged());
                    self.items.push(item);
                } else {
                    self.repeats += 1;
                }
            }
        } else {
            for fingerprint in other.distinct {
                if !self.distinct.insert(fingerprint) {
                    self.repeats += 1;
                }
            }
        }
    }

    /// Takes what came whole and damaged for one: the whole item stands, what is left of the other is a repeat.
    pub fn mend(&mut self) {
        if self.damaged == 0 || !self.keep {
            return;
        }
        let mut whole: HashMap<&str, Vec<&RawItem>> = HashMap::new();
        let (damaged, sound): (Vec<&RawItem>, Vec<&RawItem>) = self.items.iter().partition(|item| item.is_damaged());
        for item in sound {
            whole.entry(item.get(Element::DeviceID).unwrap_or_default()).or_default().push(item);
        }
        let is_repeat = |item: &&RawItem| {
            let known = whole.get(item.get(Element::DeviceID).unwrap_or_default());
            known.is_some_and(|known| known.iter().any(|whole| item.is_rest_of(whole)))
        };
        let repeats: HashSet<u128> = damaged.into_iter().filter(is_repeat).map(RawItem::fingerprint).collect();
        self.items.retain(|item| !item.is_damaged() || !repeats.contains(&item.fingerprint()));
        self.distinct.retain(|fingerprint| !repeats.contains(fingerprint));
        self.repeats += repeats.len() as u64;
        self.damaged -= repeats.len() as u64;
        self.salvaged = self.items.iter().filter(|item| item.salvaged()).count() as u64;
    }

    /// The items, in the order they came.
    #[must_use]
    pub fn into_items(self) -> Vec<RawItem> {
        self.items
    }

    /// Whether this very item is there.
    #[must_use]
    pub fn contains(&self, fingerprint: u128) -> bool {
        self.distinct.contains(&fingerprint)
    }

    /// The fingerprints, to compare two answers.
    pub fn fingerprints(&self) -> impl Iterator<Item = u128> {
        self.distinct.iter().copied()
    }
}
