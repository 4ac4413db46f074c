//! 目录项 as sent: every element with its raw text, small enough to hold a million of them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::packed::{self, Cursor};

/// Text kept of one item; what is longer is cut and reported.
pub const MAX_ITEM_TEXT_BYTES: usize = 65_535;
/// Text kept of one element: an endless one costs the others nothing.
pub const MAX_ELEMENT_TEXT_BYTES: usize = 4 * 1024;
/// Elements kept of one item; the editions together know some sixty.
const MAX_ITEM_ELEMENTS: usize = 256;

macro_rules! elements {
    ($($name:ident),+ $(,)?; of records: $($record:ident),+ $(,)?) => {
        /// The elements of a catalogue item in any edition (2011 to 2022, item level and `Info`), and those that only an item of
        /// a list of recordings has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the names are the standard's")]
        pub enum Element { $($name,)+ $($record),+ }

        impl Element {
            /// Those of a catalogue item.
            pub const ALL: &[Self] = &[$(Self::$name),+];
            /// Those, and what a list of recordings (`RecordInfo`) has besides.
            const EVERY: &[Self] = &[$(Self::$name,)+ $(Self::$record),+];

            /// The element name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ $(Self::$record => stringify!($record)),+ }
            }

            /// Names are case-sensitive in XML; one circulating copy of the standard has wrong cases, so
            /// case is put up with.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                // The exact spelling first: this runs twenty times an item.
                let mut slot = slot(name);
                while let Some(element) = SLOTS.get(usize::from(slot)).copied().flatten() {
                    if element.name() == name {
                        return Some(element);
                    }
                    slot = slot.wrapping_add(1);
                }
                Self::EVERY.iter().copied().find(|e| e.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

elements! {
    DeviceID, Name, Manufacturer, Model, Owner, CivilCode, Block, Address, Parental, ParentID, SafetyWay,
    RegisterWay, CertNum, Certifiable, ErrCode, EndTime, SecurityLevelCode, Secrecy, IPAddress, Port, Password,
    Status, Longitude, Latitude, BusinessGroupID, Event, PTZType, PositionType, RoomType, UseType,
    SupplyLightType, DirectionType, Resolution, DownloadSpeed, SVCSpaceSupportMode, SVCTimeSupportMode,
    PhotoelectricImagingType, CapturePositionType, StreamNumberList, SSVCRatioSupportList, MobileDeviceType,
    HorizontalFieldAngle, VerticalFieldAngle, MaxViewDistance, GrassrootsCode, PointType, PointCommonName, MAC,
    FunctionType, EncodeType, InstallTime, ManagementUnit, ContactInfo, RecordSaveDays, IndustrialClassification;
    of records: StartTime, FilePath, FileSize, RecorderID, RecordLocation, StreamNumber, Type,
}

/// The elements by [`slot`]: one stands in its own or, that being taken, in the next free one.
static SLOTS: [Option<Element>; 256] = {
    let mut slots = [None; 256];
    let mut rest = Element::EVERY;
    while let Some((element, others)) = rest.split_first() {
        let mut at = slot(element.name());
        #[expect(clippy::indexing_slicing, reason = "an octet is a place in 256")]
        while slots[at as usize].is_some() {
            at = at.wrapping_add(1);
        }
        #[expect(clippy::indexing_slicing, reason = "an octet is a place in 256")]
        {
            slots[at as usize] = Some(*element);
        }
        rest = others;
    }
    slots
};

/// Where to look for a name. The factors give every element of today a slot of its own.
const fn slot(name: &str) -> u8 {
    let name = name.as_bytes();
    let [length, ..] = name.len().to_le_bytes();
    match (name.first(), name.split_at(name.len() / 2).1.first(), name.last()) {
        (Some(first), Some(middle), Some(last)) => {
            length.wrapping_mul(5).wrapping_add(first.wrapping_mul(100)).wrapping_add(*middle).wrapping_add(*last)
        }
        _ => 0,
    }
}

/// An item as sent. Texts are neither trimmed nor repaired; the password's text is never kept.
///
/// All of it is one text, for there are a million of them: a character that says whether it was salvaged, then for each
/// element a character that is the element and whether it stood in `Info`, the length of its text, and its text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawItem(Box<str>);

/// One element of an item.
struct Part {
    tag: u8,
    /// Where its text stands.
    text: Range<usize>,
}

impl Part {
    const fn tag(element: Element, in_info: bool) -> u8 {
        (element as u8) << 1 | in_info as u8
    }

    fn element(&self) -> Option<Element> {
        Element::EVERY.get(usize::from(self.tag >> 1)).copied()
    }

    const fn in_info(&self) -> bool {
        self.tag & 1 == 1
    }
}

// A tag is one ASCII character, and `ItemBuilder::seen` has a bit for each element.
const _: () = assert!(Element::EVERY.len() < 64);

impl RawItem {
    /// The raw text of an element: the first that stands there, at item level or in `Info`.
    #[must_use]
    pub fn get(&self, element: Element) -> Option<&str> {
        self.parts().find(|part| part.tag >> 1 == element as u8).map(|part| self.text(part.text))
    }

    /// Every element with its raw text, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (Element, &str)> {
        self.parts().filter_map(|part| Some((part.element()?, self.text(part.text))))
    }

    /// The same with another text in some elements; one that is not there is added at item level.
    #[must_use]
    pub fn with(&self, changes: &[(Element, &str)]) -> Self {
        let mut builder = ItemBuilder::default();
        for part in self.parts() {
            let (Some(element), in_info) = (part.element(), part.in_info()) else { continue };
            let changed = changes.iter().find(|(changed, _)| *changed == element);
            builder.push_known(element, in_info, changed.map_or_else(|| self.text(part.text), |(_, text)| *text));
        }
        for (element, text) in changes.iter().filter(|(element, _)| self.get(*element).is_none()) {
            builder.push_known(*element, false, text);
        }
        builder.finish(self.salvaged())
    }

    /// The item's own octets were broken and it was read tag by tag.
    #[must_use]
    pub fn salvaged(&self) -> bool {
        self.0.starts_with(SALVAGED)
    }

    /// Octets of it were lost before it was read.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.salvaged() || self.0.contains(char::REPLACEMENT_CHARACTER)
    }

    /// Whether this is what another item becomes by damage: every text is the other's, up to where octets were lost.
    #[must_use]
    pub fn is_rest_of(&self, whole: &Self) -> bool {
        let code = self.get(Element::DeviceID);
        code.is_some_and(|code| !code.is_empty())
            && code == whole.get(Element::DeviceID)
            && self.iter().all(|(element, text)| {
                let other = whole.get(element).unwrap_or_default();
                let cut = self.salvaged() && other.starts_with(text.trim_end());
                other == text || cut || text.contains(char::REPLACEMENT_CHARACTER)
            })
    }

    /// Whether the item has an `Info` structure.
    #[must_use]
    pub fn has_info(&self) -> bool {
        self.parts().any(|part| part.in_info())
    }

    /// A fingerprint of the content, so that repeats are recognised without keeping the item.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        let half = |seed: u64| {
            let mut hasher = std::hash::DefaultHasher::new();
            seed.hash(&mut hasher);
            for (element, text) in self.iter() {
                (element, text).hash(&mut hasher);
            }
            hasher.finish()
        };
        u128::from(half(1)) << 64 | u128::from(half(2))
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.0.get(range).unwrap_or_default()
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        let mut cursor = Cursor::new(&self.0);
        cursor.octet();
        std::iter::from_fn(move || Some(Part { tag: cursor.octet()?, text: cursor.text()? }))
    }
}

impl fmt::Debug for RawItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.parts().map(|part| (part.element(), part.in_info(), self.text(part.text)));
        f.debug_tuple("RawItem").field(&self.salvaged()).field(&texts.collect::<Vec<_>>()).finish()
    }
}

const AS_SENT: char = '\0';
const SALVAGED: char = '\u{1}';

/// An item being read.
#[derive(Debug, Default)]
pub struct ItemBuilder {
    /// As in [`RawItem`], but for its first character.
    packed: String,
    elements: usize,
    /// Octets of text.
    text: usize,
    /// A bit for each element that stands there.
    seen: u64,
    /// Elements no edition knows.
    pub unknown: Vec<String>,
    /// Elements that stand there twice.
    pub repeated: Vec<Element>,
    /// Text went over the limit.
    pub cut: bool,
}

impl ItemBuilder {
    /// Adds an element by its name.
    pub fn push(&mut self, name: &str, in_info: bool, text: &str) {
        match Element::parse(name) {
            Some(element) => self.push_known(element, in_info, text),
            None => self.unknown.push(name.to_owned()),
        }
    }

    /// Adds a known element. Of a password only its presence is kept, as stars.
    pub fn push_known(&mut self, element: Element, in_info: bool, text: &str) {
        if self.elements >= MAX_ITEM_ELEMENTS {
            self.cut = true;
            return;
        }
        let bit = 1 << element as u8;
        if self.seen & bit != 0 {
            self.repeated.push(element);
        }
        self.seen |= bit;
        let room = MAX_ITEM_TEXT_BYTES.saturating_sub(self.text).min(MAX_ELEMENT_TEXT_BYTES);
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.cut |= end < text.len();
        let kept = match element {
            Element::Password if text.trim().is_empty() => "",
            Element::Password => "*",
            _ => text.get(..end).unwrap_or_default(),
        };
        self.packed.push(char::from(Part::tag(element, in_info)));
        packed::push(&mut self.packed, kept);
        self.elements += 1;
        self.text += kept.len();
    }

    /// Whether nothing was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.elements == 0
    }

    /// The finished item. The builder keeps its room: one serves all items of a message after [`Self::clear`].
    #[must_use]
    pub fn finish(&self, salvaged: bool) -> RawItem {
        let mut packed = String::with_capacity(1 + self.packed.len());
        packed.push(if salvaged { SALVAGED } else { AS_SENT });
        packed.push_str(&self.packed);
        RawItem(packed.into())
    }

    /// Empty again.
    pub fn clear(&mut self) {
        self.packed.clear();
        (self.elements, self.text, self.seen, self.cut) = (0, 0, 0, false);
        self.unknown.clear();
        self.repeated.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_sent_untrimmed_and_finds_it_in_info() {
        let mut builder = ItemBuilder::default();
        builder.push("DeviceID", false, " 3717\n");
        builder.push("PTZType", true, "3");
        builder.push("Vendor", false, "x");
        builder.push("deviceid", false, "second");
        assert_eq!(
            (builder.unknown.as_slice(), builder.repeated.as_slice()),
            (&["Vendor".to_owned()][..], &[Element::DeviceID][..])
        );
        let item = builder.finish(false);
        assert_eq!((item.get(Element::DeviceID), item.get(Element::PTZType)), (Some(" 3717\n"), Some("3")));
        assert!(item.has_info());
    }

    #[test]
    fn a_password_leaves_only_its_presence() {
        let mut builder = ItemBuilder::default();
        builder.push("Password", false, "secret");
        assert_eq!(builder.finish(false).get(Element::Password), Some("*"));
    }

    #[test]
    fn endless_text_is_cut_at_a_character() {
        let mut builder = ItemBuilder::default();
        builder.push("Name", false, &"门".repeat(40_000));
        assert!(builder.cut);
        assert!(builder.finish(false).get(Element::Name).unwrap().len() <= MAX_ITEM_TEXT_BYTES);
    }

    #[test]
    fn a_damaged_item_is_the_rest_of_its_own_whole_and_of_no_other() {
        let item = |name: &str, address: &str, salvaged: bool| {
            let mut builder = ItemBuilder::default();
            builder.push("DeviceID", false, "37172300011320000001");
            builder.push("Name", false, name);
            builder.push("Address", false, address);
            builder.finish(salvaged)
        };
        let whole = item("东门", "A&B < 3号楼", false);
        assert!(item("东\u{FFFD}", "A&B < 3号楼", false).is_rest_of(&whole));
        assert!(item("东门", "A&B", true).is_rest_of(&whole) && !item("东门", "A&B", false).is_rest_of(&whole));
        assert!(!item("西门", "A&\u{FFFD}", false).is_rest_of(&whole));
        assert!(!whole.is_damaged() && item("\u{FFFD}", "", false).is_damaged());
    }

    #[test]
    fn fingerprints_tell_content_apart() {
        let item = |name: &str| {
            let mut builder = ItemBuilder::default();
            builder.push("DeviceID", false, "1");
            builder.push("Name", false, name);
            builder.finish(false)
        };
        assert_eq!(item("a").fingerprint(), item("a").fingerprint());
        assert_ne!(item("a").fingerprint(), item("b").fingerprint());
    }
}
