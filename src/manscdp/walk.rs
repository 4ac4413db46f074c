//! The strict way through a body: XML events. What is not well formed goes to [`super::salvage`].

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::document::{Document, MAX_DEPTH, MAX_ELEMENTS, MAX_ITEMS_PER_MESSAGE, whole_number};
use super::item::{ItemBuilder, RawItem};
use crate::base::oddity::{self, Oddity};

/// Reads a whole document, or says in a few words where it breaks.
pub(super) fn document(text: &str) -> Result<Document, String> {
    let mut walk = Walk::default();
    walk.run(text)?;
    if walk.depth > 0 {
        return Err("the body ends inside an element".into());
    }
    Ok(walk.finish())
}

/// Reads one `<Item>...</Item>` by itself.
pub(super) fn item(text: &str) -> Result<(RawItem, Vec<Oddity>), String> {
    // The item stands where it would stand in a list.
    let mut walk = Walk { depth: 2, ..Walk::default() };
    walk.run(text)?;
    let mut document = walk.finish();
    match (document.items.pop(), document.items.is_empty()) {
        (Some(item), true) => Ok((item, document.oddities)),
        _ => Err("no single item".into()),
    }
}

#[derive(Default)]
struct Walk {
    /// Elements open. Their names need not be kept: the reader checks that each end is that of its start.
    depth: usize,
    /// The element open below an item is `Info`.
    in_info: bool,
    document: Document,
    /// An item is open, in `item`.
    in_item: bool,
    item: ItemBuilder,
    text: String,
    prefixed: bool,
    stray: bool,
    /// What old platforms write into the root instead of below it.
    attributes: Vec<(String, String)>,
}

/// Longest of their values.
const MAX_ATTRIBUTE_CHARS: usize = 64;
/// Elements of a message that stand as attributes of its root with some old platforms.
const ROOT_ATTRIBUTES: [&str; 4] = ["CmdType", "SN", "DeviceID", "SumNum"];

impl Walk {
    fn run(&mut self, source: &str) -> Result<(), String> {
        let source = source.trim_start_matches('\u{FEFF}').trim_start();
        let mut reader = Reader::from_str(source);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.check_end_names = true;
        loop {
            let at = reader.buffer_position();
            let event = reader.read_event().map_err(|e| format!("{e} at character {at}"))?;
            match event {
                Event::Start(start) => self.open(&start)?,
                Event::Empty(start) => {
                    self.open(&start)?;
                    self.close(start.local_name().as_ref());
                }
                Event::End(end) => {
                    self.close(end.local_name().as_ref());
                    if self.depth == 0 {
                        let rest = source.get(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)..);
                        let rest = rest.unwrap_or_default();
                        if !crate::base::text::is_blank(rest) || rest.contains('\0') {
                            self.odd(oddity::XML_TRAILING.at(format!("{}", rest.len())));
                        }
                        return Ok(());
                    }
                }
                Event::Text(text) => {
                    let text = text.into_inner();
                    if text.contains('&') {
                        self.stray = true;
                    }
                    self.push_text(&text);
                }
                Event::CData(text) => self.push_text(&text.into_inner()),
                Event::GeneralRef(reference) => self.reference(&reference.into_inner()),
                Event::DocType(_) => self.odd(oddity::XML_DTD_REFUSED.at("")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => (),
                Event::Eof => return Ok(()),
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("elements nested deeper than {MAX_DEPTH}"));
        }
        let name = start.name();
        let local = name.local_name();
        let name_text: &str = local.as_ref();
        self.prefixed |= name_text.len() != name.as_ref().len();
        match self.depth {
            0 => {
                name_text.clone_into(&mut self.document.root);
                for attribute in start.attributes().with_checks(false).flatten() {
                    let name = attribute.key.local_name();
                    if let Some(name) = ROOT_ATTRIBUTES.iter().find(|known| name.as_ref().eq_ignore_ascii_case(known)) {
                        self.attributes.push(((*name).to_owned(), attribute.value.chars().take(MAX_ATTRIBUTE_CHARS).collect()));
                    }
                }
            }
            1 if name_text.ends_with("List") => {
                self.document.has_list = true;
                for attribute in start.attributes().with_checks(false).flatten() {
                    if attribute.key.local_name().as_ref().eq_ignore_ascii_case("num") {
                        self.document.num = whole_number(&attribute.value);
                    }
                }
            }
            2 if name_text == "Item" => {
                self.in_item = true;
                self.item.clear();
            }
            3 => self.in_info = name_text == "Info",
            _ => (),
        }
        self.depth += 1;
        self.text.clear();
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let Some(depth) = self.depth.checked_sub(1) else { return };
        self.depth = depth;
        match (self.in_item, depth) {
            (true, 2) => {
                self.in_item = false;
                keep_item(&mut self.document, &self.item);
            }
            (true, 3) if name != "Info" => self.item.push(name, false, &self.text),
            (true, 4) if self.in_info => self.item.push(name, true, &self.text),
            (false, 1) if !name.ends_with("List") && self.document.elements.len() < MAX_ELEMENTS => {
                self.document.elements.push(name, &self.text);
            }
            _ => (),
        }
        self.text.clear();
    }

    fn push_text(&mut self, text: &str) {
        // Only leaf texts are kept, and no more of them than an item may have.
        if self.text.len() + text.len() <= 2 * super::item::MAX_ITEM_TEXT_BYTES {
            self.text.push_str(text);
        }
    }

    fn reference(&mut self, name: &str) {
        match resolve(name) {
            Some(c) => self.text.push(c),
            None => {
                self.odd(oddity::XML_UNKNOWN_ENTITY.at(name));
                self.push_text(&format!("&{name};"));
            }
        }
    }

    fn odd(&mut self, oddity: Oddity) {
        if !self.document.oddities.iter().any(|o| o.kind == oddity.kind) {
            self.document.oddities.push(oddity);
        }
    }

    fn finish(mut self) -> Document {
        let attributes = std::mem::take(&mut self.attributes);
        for (name, text) in attributes.iter().take(ROOT_ATTRIBUTES.len()) {
            if self.document.get(name).is_none() {
                self.document.elements.push(name, text);
                self.odd(oddity::XML_ROOT_ATTRIBUTES.at(name.as_str()));
            }
        }
        if self.prefixed {
            self.odd(oddity::XML_NAMESPACE_PREFIX.at(""));
        }
        if self.stray {
            self.document.oddities.insert(0, oddity::XML_STRAY_AMPERSAND.at(""));
        }
        self.document
    }
}

/// Puts an item into its document, up to the limit.
pub(super) fn keep_item(document: &mut Document, item: &ItemBuilder) {
    if document.items.len() < MAX_ITEMS_PER_MESSAGE {
        note_item(item, &mut document.oddities);
        document.items.push(item.finish(false));
    }
}

/// What an item's elements show that its texts do not.
pub(super) fn note_item(builder: &ItemBuilder, oddities: &mut Vec<Oddity>) {
    if let Some(name) = builder.unknown.first() {
        oddities.push(oddity::XML_UNKNOWN_ELEMENT.at(name.as_str()));
    }
    if let Some(element) = builder.repeated.first() {
        oddities.push(oddity::XML_DUPLICATE_ELEMENT.at(element.name()));
    }
    if builder.cut {
        oddities.push(oddity::XML_TEXT_CUT.at(""));
    }
}

/// The five entities of XML and character references; nothing else is ever expanded.
pub(super) fn resolve(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| *c != '\0')
}
