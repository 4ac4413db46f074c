//! 目录项: one item of a catalogue, with typed views of its raw texts.

use std::hash::{Hash, Hasher};

use super::field::{Field, is_absent, present};
use crate::base::text::trim;
use crate::manscdp::item::{Element, RawItem};

/// Parents of one item that are looked at.
pub const MAX_PARENTS: usize = 64;
/// What stands between several: `/` by the standard, the others in the field.
pub const PARENT_SEPARATORS: [char; 6] = ['/', ',', ';', '|', '，', '；'];

/// The claim of the platform whether a device is on line (设备状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// ON
    On,
    /// OFF
    Off,
}

/// An item, and the parents other copies of it were sent under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    raw: RawItem,
    /// ParentID texts of copies that differ in nothing else.
    pub other_parents: Vec<Box<str>>,
    /// Number of this line among those with the same DeviceID, from 1, by content.
    pub occurrence: u32,
    /// Lines with the same DeviceID.
    pub occurrences: u32,
}

impl Item {
    /// From what was sent.
    #[must_use]
    pub const fn new(raw: RawItem) -> Self {
        Self { raw, other_parents: Vec::new(), occurrence: 1, occurrences: 1 }
    }

    /// The same item with another text in some elements.
    #[must_use]
    pub fn with(&self, changes: &[(Element, &str)]) -> Self {
        Self { raw: self.raw.with(changes), ..self.clone() }
    }

    /// The item as sent.
    #[must_use]
    pub const fn raw(&self) -> &RawItem {
        &self.raw
    }

    /// What was sent, without what was made of it.
    #[must_use]
    pub fn into_raw(self) -> RawItem {
        self.raw
    }

    /// The raw text of an element; blanks included.
    #[must_use]
    pub fn sent(&self, element: Element) -> Option<&str> {
        self.raw.get(element)
    }

    /// The trimmed text of an element; `None` when it is missing, blank or a software null.
    #[must_use]
    pub fn text(&self, element: Element) -> Option<&str> {
        self.raw.get(element).and_then(present)
    }

    /// DeviceID without blanks around it; empty when there is none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.raw.get(Element::DeviceID).map_or("", trim)
    }

    /// Status, in the spellings of the field.
    #[must_use]
    pub fn status(&self) -> Field<'_, Status> {
        Field::read(self.raw.get(Element::Status), |text| match text.to_ascii_uppercase().as_str() {
            "ON" | "ONLINE" | "OK" | "1" | "在线" | "正常" => Some(Status::On),
            "OFF" | "OFFLINE" | "0" | "ERROR" | "离线" | "不在线" => Some(Status::Off),
            _ => None,
        })
    }

    /// Parental: has it children. Every number but 0 means yes (Hikvision sends 65535).
    #[must_use]
    pub fn parental(&self) -> Field<'_, bool> {
        Field::read(self.raw.get(Element::Parental), |text| crate::manscdp::document::whole_number(text).map(|n| n != 0))
    }

    /// The parents, from ParentID split at `/` (and at the other separators of the field), of this item and
    /// its copies; itself left out.
    #[must_use]
    pub fn parents(&self) -> Vec<&str> {
        let mut parents: Vec<&str> = Vec::new();
        for parent in self.each_parent() {
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        parents
    }

    /// The same in the same order, one that is named twice twice: for whoever looks for the first of a kind. At most
    /// [`MAX_PARENTS`]: a hostile ParentID has thousands, and nobody hangs a camera under so many.
    pub fn each_parent(&self) -> impl Iterator<Item = &str> {
        let (own, id) = (self.raw.get(Element::ParentID).unwrap_or_default(), self.id());
        let texts = std::iter::once(own).chain(self.other_parents.iter().map(AsRef::as_ref));
        let parts = texts.flat_map(|text| text.split(PARENT_SEPARATORS));
        parts.map(trim).filter(move |part| !is_absent(part) && *part != id).take(MAX_PARENTS)
    }

    /// The community of its GrassrootsCode, with its county; nothing where that is none.
    #[must_use]
    pub fn grassroots(&self) -> Option<String> {
        let code = self.text(Element::GrassrootsCode)?;
        let good = code.len() == 6 && crate::base::device_id::is_digits(code) && code != "000000";
        let county = self.text(Element::CivilCode).and_then(|civil| civil.get(..6)).unwrap_or_default();
        good.then(|| format!("{county}{code}"))
    }

    /// What makes two items the same camera across answers: code, name, address, MAC, position.
    #[must_use]
    pub fn identity(&self) -> [&str; 6] {
        [
            self.id(),
            self.text(Element::Name).unwrap_or_default(),
            self.text(Element::IPAddress).unwrap_or_default(),
            self.text(Element::MAC).unwrap_or_default(),
            self.text(Element::Longitude).unwrap_or_default(),
            self.text(Element::Latitude).unwrap_or_default(),
        ]
    }

    /// Everything but ParentID, for telling copies under several parents from contradictions.
    pub fn hash_without_parent(&self, state: &mut impl Hasher) {
        for (element, text) in self.raw.iter().filter(|(e, _)| *e != Element::ParentID) {
            (element, text).hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    #[test]
    fn status_and_parental_in_the_spellings_of_the_field() {
        for (text, status) in [
            ("ON", Some(Status::On)),
            ("online", Some(Status::On)),
            ("OFF", Some(Status::Off)),
            ("离线", Some(Status::Off)),
            ("维修", None),
        ] {
            assert_eq!(item(&[("Status", text)]).status().value().copied(), status, "{text}");
        }
        for (text, parental) in [("0", Some(false)), ("1", Some(true)), ("65535", Some(true)), ("x", None)] {
            assert_eq!(item(&[("Parental", text)]).parental().value().copied(), parental, "{text}");
        }
    }

    #[test]
    fn parents_are_split_deduplicated_and_never_the_item_itself() {
        let mut it = item(&[("DeviceID", "1"), ("ParentID", "2/ 3 ;1/null")]);
        it.other_parents.push("4/2".into());
        assert_eq!(it.parents(), ["2", "3", "4"]);
        let many = (2..100).map(|n| n.to_string()).collect::<Vec<_>>().join("/");
        assert_eq!(item(&[("DeviceID", "1"), ("ParentID", &many)]).parents().len(), MAX_PARENTS);
    }
}
