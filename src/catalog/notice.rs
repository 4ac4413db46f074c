//! What a subscription told while the run went on (2022 annex N): looked at after the sync, in the order of arrival.
//!
//! Nothing here changes an item as it was sent, and nothing takes a camera out of the denominator: what was told stands
//! beside the item.

use std::collections::BTreeMap;

use super::item::Item;
use crate::base::lang::Text;
use crate::base::text::trim;
use crate::base::time::Timestamp;
use crate::manscdp::item::{Element, RawItem};

/// Items of notices that are looked at; a storm of them fills no memory.
pub const MAX_NOTICES: usize = 500_000;

macro_rules! events {
    ($($name:ident $word:literal $zh:literal $en:literal;)+) => {
        /// 状态改变事件
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Event { $(#[doc = $en] $name),+ }

        impl Event {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word of the standard.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }
        }
    };
}

events! {
    On "ON" "上线" "on line";
    Off "OFF" "离线" "off line";
    Vlost "VLOST" "视频丢失" "video lost";
    Defect "DEFECT" "故障" "defect";
    Add "ADD" "增加" "added";
    Del "DEL" "删除" "deleted";
    Update "UPDATE" "更新" "updated";
}

impl Event {
    /// From an `Event` element.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = trim(text);
        Self::ALL.iter().copied().find(|event| event.name().eq_ignore_ascii_case(word))
    }
}

/// What was told of one code of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticed {
    /// The last status told.
    pub status: Option<Event>,
    /// Deleted while the run went on; it stays in the denominator.
    pub deleted: bool,
    /// The item as it is now, where ADD or UPDATE sent it.
    pub now: Option<RawItem>,
    /// When it was last told of.
    pub at: Timestamp,
}

/// Everything a subscription told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    /// Bodies.
    pub messages: u64,
    /// Items in them.
    pub items: u64,
    /// Items past [`MAX_NOTICES`], not looked at.
    pub left_out: u64,
    /// Items by event.
    pub events: BTreeMap<Event, u64>,
    /// Items without an event that the standard knows.
    pub unknown_events: u64,
    /// What was told of codes that stand in the catalogue.
    pub by_code: BTreeMap<String, Noticed>,
    /// Cameras and nodes added while the run went on, by code; in no denominator of this run.
    pub added: BTreeMap<String, RawItem>,
    /// Items about codes that stand in no answer and were not added.
    pub strangers: u64,
    waiting: Vec<(Timestamp, RawItem)>,
}

impl Notices {
    /// Takes a body; it waits until the catalogue is put together.
    pub(super) fn wait(&mut self, at: Timestamp, items: Vec<RawItem>) {
        self.messages += 1;
        for item in items {
            self.items += 1;
            if self.waiting.len() < MAX_NOTICES {
                self.waiting.push((at, item));
            } else {
                self.left_out += 1;
            }
        }
    }

    /// Looks at what waited, by arrival.
    pub(super) fn apply(&mut self, items: &[Item]) {
        if self.waiting.is_empty() {
            return;
        }
        let known: std::collections::HashSet<&str> = items.iter().map(Item::id).collect();
        for (at, raw) in std::mem::take(&mut self.waiting) {
            let event = raw.get(Element::Event).and_then(Event::parse);
            let code = raw.get(Element::DeviceID).map(trim).unwrap_or_default().to_owned();
            let Some(event) = event else {
                self.unknown_events += 1;
                continue;
            };
            *self.events.entry(event).or_default() += 1;
            if !known.contains(code.as_str()) {
                match event {
                    Event::Add | Event::Update if !code.is_empty() => {
                        self.added.insert(code, raw);
                    }
                    Event::Del if self.added.remove(&code).is_some() => (),
                    _ if self.added.contains_key(&code) => (),
                    _ => self.strangers += 1,
                }
                continue;
            }
            let told = self.by_code.entry(code).or_insert(Noticed { status: None, deleted: false, now: None, at });
            told.at = at;
            match event {
                Event::On | Event::Off | Event::Vlost | Event::Defect => told.status = Some(event),
                Event::Del => told.deleted = true,
                Event::Add | Event::Update => {
                    told.deleted = false;
                    told.now = Some(raw);
                }
            }
        }
    }

    /// Codes of the catalogue deleted while the run went on.
    #[must_use]
    pub fn deleted(&self) -> u64 {
        self.by_code.values().filter(|told| told.deleted).count() as u64
    }

    /// Codes whose item was sent anew.
    #[must_use]
    pub fn updated(&self) -> u64 {
        self.by_code.values().filter(|told| told.now.is_some()).count() as u64
    }

    /// Codes last told of as this.
    #[must_use]
    pub fn told(&self, event: Event) -> u64 {
        self.by_code.values().filter(|told| told.status == Some(event)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn raw(code: &str, event: &str, name: &str) -> RawItem {
        let mut builder = ItemBuilder::default();
        for (element, text) in [("DeviceID", code), ("Event", event), ("Name", name)] {
            if !text.is_empty() {
                builder.push(element, false, text);
            }
        }
        builder.finish(false)
    }

    #[test]
    fn notices_are_taken_in_order_and_take_nothing_away() {
        let items: Vec<Item> = ["1", "2", "3"].map(|code| Item::new(raw(code, "", "camera"))).into();
        let mut notices = Notices::default();
        for (at, code, event) in [
            (1, "1", "OFF"),
            (2, "1", "on"),
            (3, "2", "DEL"),
            (4, "3", " UPDATE "),
            (5, "9", "ADD"),
            (6, "8", "ADD"),
            (7, "8", "DEL"),
            (8, "7", "VLOST"),
            (9, "1", "VLOST"),
            (10, "2", "SLEEPS"),
        ] {
            notices.wait(Timestamp::from_micros(at), vec![raw(code, event, "now")]);
        }
        notices.apply(&items);
        let told = |code: &str| notices.by_code.get(code).map(|t| (t.status, t.deleted, t.now.is_some(), t.at.micros()));
        assert_eq!(told("1"), Some((Some(Event::Vlost), false, false, 9)));
        assert_eq!(told("2"), Some((None, true, false, 3)));
        assert_eq!(told("3"), Some((None, false, true, 4)));
        assert_eq!((notices.added.keys().cloned().collect::<Vec<_>>(), notices.strangers), (vec!["9".to_owned()], 1));
        assert_eq!((notices.messages, notices.items, notices.unknown_events), (10, 10, 1));
        assert_eq!((notices.deleted(), notices.updated(), notices.told(Event::Vlost)), (1, 1, 1));
    }

    #[test]
    fn a_camera_that_was_deleted_and_added_again_is_there() {
        let items = [Item::new(raw("1", "", "camera"))];
        let mut notices = Notices::default();
        notices.wait(Timestamp::default(), vec![raw("1", "DEL", ""), raw("1", "ADD", "again")]);
        notices.apply(&items);
        assert_eq!((notices.deleted(), notices.updated()), (0, 1));
    }
}
