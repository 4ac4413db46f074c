//! 目录项 as sent: every element with its raw text, small enough to hold a million of them.

use std::hash::{Hash, Hasher};

/// Text kept of one item; what is longer is cut and reported.
pub const MAX_ITEM_TEXT_BYTES: usize = 65_535;
/// Text kept of one element: an endless one costs the others nothing.
pub const MAX_ELEMENT_TEXT_BYTES: usize = 4 * 1024;
/// Elements kept of one item; the editions together know some sixty.
const MAX_ITEM_ELEMENTS: usize = 256;

macro_rules! elements {
    ($($name:ident),+ $(,)?) => {
        /// The elements of a catalogue item in any edition (2011 to 2022, item level and `Info`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the names are the standard's")]
        pub enum Element { $($name),+ }

        impl Element {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The element name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// Names are case-sensitive in XML; one circulating copy of the standard has wrong cases, so
            /// case is put up with.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                // The exact spelling first: this runs twenty times an item.
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => Self::ALL.iter().copied().find(|e| e.name().eq_ignore_ascii_case(name)),
                }
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
    FunctionType, EncodeType, InstallTime, ManagementUnit, ContactInfo, RecordSaveDays, IndustrialClassification,
}

/// How much of [`RawItem::text`] is one element's; it begins where the one before ends. Four octets, for there are twenty an
/// item and a million items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Span {
    element: Element,
    in_info: bool,
    octets: u16,
}

/// An item as sent. Texts are neither trimmed nor repaired; the password's text is never kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawItem {
    text: Box<str>,
    spans: Box<[Span]>,
    /// The item's own octets were broken and it was read tag by tag.
    pub salvaged: bool,
}

impl RawItem {
    /// The raw text of an element: the first that stands there, at item level or in `Info`.
    #[must_use]
    pub fn get(&self, element: Element) -> Option<&str> {
        let mut start = 0;
        for span in &self.spans {
            let end = start + usize::from(span.octets);
            if span.element == element {
                return Some(self.text.get(start..end).unwrap_or_default());
            }
            start = end;
        }
        None
    }

    /// Every element with its raw text, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (Element, &str)> {
        self.parts().map(|(span, text)| (span.element, text))
    }

    /// The same with another text in some elements; one that is not there is added at item level.
    #[must_use]
    pub fn with(&self, changes: &[(Element, &str)]) -> Self {
        let mut builder = ItemBuilder::default();
        for (span, text) in self.parts() {
            let changed = changes.iter().find(|(element, _)| *element == span.element);
            builder.push_known(span.element, span.in_info, changed.map_or(text, |(_, text)| *text));
        }
        for (element, text) in changes.iter().filter(|(element, _)| self.get(*element).is_none()) {
            builder.push_known(*element, false, text);
        }
        builder.finish(self.salvaged)
    }

    /// Whether the item has an `Info` structure.
    #[must_use]
    pub fn has_info(&self) -> bool {
        self.spans.iter().any(|s| s.in_info)
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

    /// Every element's span with its text.
    fn parts(&self) -> impl Iterator<Item = (Span, &str)> {
        self.spans.iter().scan(0, |start, span| {
            let end = *start + usize::from(span.octets);
            let text = self.text.get(*start..end).unwrap_or_default();
            *start = end;
            Some((*span, text))
        })
    }
}

/// An item being read.
#[derive(Debug, Default)]
pub struct ItemBuilder {
    text: String,
    spans: Vec<Span>,
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
        if self.spans.len() >= MAX_ITEM_ELEMENTS {
            self.cut = true;
            return;
        }
        if self.spans.iter().any(|s| s.element == element) {
            self.repeated.push(element);
        }
        let start = self.text.len();
        let room = MAX_ITEM_TEXT_BYTES.saturating_sub(start).min(MAX_ELEMENT_TEXT_BYTES);
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.cut |= end < text.len();
        if element == Element::Password {
            self.text.extend(std::iter::repeat_n('*', usize::from(!text.trim().is_empty())));
        } else {
            self.text.push_str(text.get(..end).unwrap_or_default());
        }
        // The limit keeps the whole text below 2^16.
        let octets = u16::try_from(self.text.len() - start).unwrap_or(0);
        self.spans.push(Span { element, in_info, octets });
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The finished item. The builder keeps its room: one serves all items of a message after [`Self::clear`].
    #[must_use]
    pub fn finish(&self, salvaged: bool) -> RawItem {
        RawItem { text: self.text.as_str().into(), spans: self.spans.as_slice().into(), salvaged }
    }

    /// Empty again.
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        self.unknown.clear();
        self.repeated.clear();
        self.cut = false;
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
