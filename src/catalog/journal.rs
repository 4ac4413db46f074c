//! 目录日志: every catalogue body of a run in one line, and what became of its items. Pure.
//!
//! It is what the completeness proof rests on: whoever doubts a number finds here the message it was made from. An
//! entry is small and Call-IDs stand in one text, so that a million messages take some 150 MB and no more.

use std::collections::BTreeMap;

use super::arrival::{Arrival, MAX_CALL_ID_CHARS};
use crate::base::lang::{Lang, say};
use crate::base::oddity::{Oddities, OddityKind};
use crate::base::text::excerpt;
use crate::base::time::Timestamp;

/// Entries kept of one run; further bodies count and are judged, only their lines are missing here.
pub const MAX_ENTRIES: usize = 2_000_000;
/// Different sets of damage that are told apart.
const MAX_DAMAGES: usize = 10_000;

/// What a body is to the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answers this query of ours, counted from 1.
    Answer(u32),
    /// It answers this query, and came after the next one had been asked.
    Late(u32),
    /// It bears a foreign SN and was taken for an answer to this query.
    Foreign(u32),
    /// Nobody asked for it; nothing of it went into the catalogue.
    Unsolicited,
    /// It tells of changes (NOTIFY); looked at after the sync.
    Notified,
}

impl Standing {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Late(_) => "late",
            Self::Foreign(_) => "foreign_sn",
            Self::Unsolicited => "unsolicited",
            Self::Notified => "notified",
        }
    }

    /// The query it belongs to, from 1.
    #[must_use]
    pub const fn query(self) -> Option<u32> {
        match self {
            Self::Answer(query) | Self::Late(query) | Self::Foreign(query) => Some(query),
            Self::Unsolicited | Self::Notified => None,
        }
    }

    /// For people.
    #[must_use]
    pub fn title(self, lang: Lang) -> String {
        match self {
            Self::Answer(n) => say!(lang, "应答{n}", "answer {n}"),
            Self::Late(n) => say!(lang, "迟到{n}", "late {n}"),
            Self::Foreign(n) => say!(lang, "异SN{n}", "other SN {n}"),
            Self::Unsolicited => say!(lang, "未请求", "unasked"),
            Self::Notified => say!(lang, "通知", "notice"),
        }
    }
}

/// One body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When it came.
    pub at: Timestamp,
    /// By which way.
    pub way: u16,
    /// As NOTIFY.
    pub notify: bool,
    /// Its SN.
    pub sn: Option<u64>,
    /// Its `SumNum`.
    pub sum_num: Option<u64>,
    /// Its `Num`.
    pub num: Option<u64>,
    /// Items read.
    pub items: u32,
    /// Of these, not yet in the answer it belongs to.
    pub new: u32,
    /// Of these, repeating one to the letter.
    pub repeated: u32,
    /// Of these, picked out of broken XML.
    pub salvaged: u32,
    /// Items cut off at its end, counted as missing.
    pub cut_off: u32,
    /// Octets kept.
    pub octets: u32,
    /// What it is to the catalogue.
    pub standing: Standing,
    call: (u32, u16),
    damage: u16,
}

impl Entry {
    /// Whether it was damaged: something of it is missing or had to be salvaged.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.salvaged > 0 || self.cut_off > 0
    }
}

/// What became of one body's items.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taken {
    pub items: u64,
    pub new: u64,
    pub salvaged: u64,
}

/// All bodies of a run, in the order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<Entry>,
    calls: String,
    damages: Vec<Vec<&'static str>>,
    places: BTreeMap<Vec<&'static str>, u16>,
    /// Bodies past [`MAX_ENTRIES`].
    pub left_out: u64,
}

impl Journal {
    /// Writes a body down.
    pub(super) fn push(&mut self, arrival: &Arrival, taken: Taken, damage: &Oddities, standing: Standing) {
        let start = u32::try_from(self.calls.len());
        let (Ok(start), true) = (start, self.entries.len() < MAX_ENTRIES) else {
            self.left_out += 1;
            return;
        };
        let call = excerpt(&arrival.call_id, MAX_CALL_ID_CHARS);
        // Over TCP a peer may send all of an answer under one Call-ID, and all bodies of a file bear its name.
        let (start, end) = match self.entries.last().map(|last| last.call) {
            Some((start, len)) if self.text(start, len) == call => (start, len),
            _ => {
                self.calls.push_str(&call);
                (start, u16::try_from(call.len()).unwrap_or(u16::MAX))
            }
        };
        let damage = self.damage_place(damage.ids().collect());
        let document = &arrival.document;
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        self.entries.push(Entry {
            at: arrival.at,
            way: arrival.way,
            notify: arrival.notify,
            sn: document.sn(),
            sum_num: document.sum_num(),
            num: document.num,
            items: small(taken.items),
            new: small(taken.new),
            repeated: small(taken.items.saturating_sub(taken.new)),
            salvaged: small(taken.salvaged),
            cut_off: small(document.cut_off),
            octets: small(arrival.octets),
            standing,
            call: (start, end),
            damage,
        });
    }

    fn damage_place(&mut self, ids: Vec<&'static str>) -> u16 {
        if let Some(place) = self.places.get(&ids) {
            return *place;
        }
        // Past the limit only the first kind of damage is told; there are far fewer kinds than the limit.
        let ids = if self.damages.len() < MAX_DAMAGES { ids } else { ids.into_iter().take(1).collect() };
        let place = u16::try_from(self.damages.len()).unwrap_or(u16::MAX);
        if let Some(place) = self.places.get(&ids) {
            return *place;
        }
        self.damages.push(ids.clone());
        self.places.insert(ids, place);
        place
    }

    /// Says of an entry what is only known at the end.
    pub(super) fn stand(&mut self, number: usize, standing: Standing) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.standing = standing;
        }
    }

    fn text(&self, start: u32, len: u16) -> &str {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.calls.get(start..start.saturating_add(usize::from(len))).unwrap_or_default()
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// An entry's Call-ID.
    #[must_use]
    pub fn call_id(&self, entry: &Entry) -> &str {
        self.text(entry.call.0, entry.call.1)
    }

    /// The kinds of deviation in a body, by their ids.
    #[must_use]
    pub fn damage(&self, entry: &Entry) -> &[&'static str] {
        self.damages.get(usize::from(entry.damage)).map_or(&[], Vec::as_slice)
    }

    /// The same for people.
    #[must_use]
    pub fn damage_text(&self, entry: &Entry, lang: Lang) -> String {
        let kinds = self.damage(entry).iter().filter_map(|id| OddityKind::by_id(id));
        kinds.map(|kind| kind.text.get(lang)).collect::<Vec<_>>().join(say!(lang, "；", "; ").as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::oddity;
    use crate::manscdp::document::Document;

    #[test]
    fn call_ids_and_damage_come_back() {
        let mut journal = Journal::default();
        for call in ["a", "a", "长", ""] {
            let mut damage = Oddities::default();
            if call == "长" {
                damage.add(oddity::ITEM_CUT_OFF.at(""));
            }
            let arrival = Arrival { call_id: call.into(), octets: 7, ..Document::default().into() };
            journal.push(&arrival, Taken { items: 3, new: 1, salvaged: 0 }, &damage, Standing::Answer(1));
        }
        let calls: Vec<_> = journal.entries().iter().map(|e| journal.call_id(e)).collect();
        assert_eq!((calls, journal.calls.as_str()), (vec!["a", "a", "长", ""], "a长"));
        let damaged: Vec<_> = journal.entries().iter().map(|e| journal.damage(e).len()).collect();
        assert_eq!((damaged, journal.damages.len()), (vec![0, 0, 1, 0], 2));
        assert_eq!((journal.entries()[0].repeated, journal.entries()[0].octets), (2, 7));
        assert!(size_of::<Entry>() <= 112, "{}", size_of::<Entry>());
    }
}
