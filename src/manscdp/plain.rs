//! The quick way through a body in which nothing is unusual, as nearly all are.
//!
//! It knows elements without attributes but a list's `Num`, texts, and the references XML defines. At anything else, be it
//! wrong or only rare (comments, CDATA, prefixes, a stray `&`, a text where none belongs), it gives up and [`super::walk`]
//! reads the body from its beginning: what this way reads is what that way would have read.

use std::borrow::Cow;

use super::document::{Document, MAX_ELEMENTS, whole_number};
use super::item::ItemBuilder;
use super::salvage::ROOTS;
use super::walk::{keep_item, resolve};

/// Longer texts are left to the general way, which cuts them.
const MAX_PLAIN_TEXT_BYTES: usize = 32 * 1024;

/// Reads a whole document, if all of it is plain.
pub(super) fn document(text: &str) -> Option<Document> {
    let mut scan = Scan::of_document(text)?;
    let root = scan.tag().filter(|tag| tag.kind == Kind::Open)?.name;
    let mut document = Document { root: root.to_owned(), ..Document::default() };
    let mut item = ItemBuilder::default();
    loop {
        let tag = scan.tag()?;
        match tag.kind {
            Kind::Close if tag.name == root => break,
            Kind::Close => return None,
            Kind::Open | Kind::Empty if tag.name.ends_with("List") => {
                document.has_list = true;
                if let Some(num) = tag.num {
                    document.num = whole_number(num);
                }
                if tag.kind == Kind::Open {
                    scan.list(tag.name, &mut item, &mut document)?;
                }
            }
            Kind::Open | Kind::Empty if document.elements.len() >= MAX_ELEMENTS => return None,
            Kind::Open => document.elements.push(tag.name, &scan.leaf(tag.name)?),
            Kind::Empty => document.elements.push(tag.name, ""),
        }
    }
    scan.rest.bytes().all(|octet| octet.is_ascii_whitespace()).then_some(document)
}

/// One `<Item>...</Item>` by itself.
pub(super) fn item(text: &str) -> Option<ItemBuilder> {
    let mut scan = Scan { rest: text };
    scan.tag().filter(|tag| tag.name == "Item" && tag.kind == Kind::Open)?;
    let mut item = ItemBuilder::default();
    scan.item(&mut item)?;
    scan.rest.is_empty().then_some(item)
}

/// The text of the first element of this name, of a body cut off where its list begins. It reads what
/// [`super::salvage`] would read of it, or gives up.
pub(super) fn envelope<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let mut scan = Scan::of_document(head)?;
    let bare = |tag: &Tag<'_>| tag.kind == Kind::Open && tag.num.is_none();
    scan.tag().filter(bare).filter(|root| ROOTS.contains(&root.name))?;
    loop {
        // What stands behind an item is not looked at there.
        let tag = scan.tag().filter(bare).filter(|tag| tag.name != "Item")?;
        let text = scan.leaf(tag.name)?;
        if tag.name == wanted {
            let Cow::Borrowed(text) = text else { return None };
            return Some(crate::base::text::trim(text)).filter(|text| !text.is_empty());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Empty,
}

#[derive(Clone, Copy)]
struct Tag<'a> {
    kind: Kind,
    name: &'a str,
    /// Its only attribute.
    num: Option<&'a str>,
}

/// What is still to be read.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    /// Before the root element.
    fn of_document(text: &'a str) -> Option<Self> {
        let rest = text.trim_ascii_start();
        Some(match rest.strip_prefix("<?xml ") {
            // A tag inside of the declaration is one to those who salvage.
            Some(rest) => Self { rest: rest.split_once("?>").filter(|(declaration, _)| !declaration.contains('<'))?.1 },
            None => Self { rest },
        })
    }

    /// The items of a list, to its end.
    fn list(&mut self, name: &str, item: &mut ItemBuilder, document: &mut Document) -> Option<()> {
        loop {
            let tag = self.tag()?;
            match tag.kind {
                Kind::Close if tag.name == name => return Some(()),
                Kind::Open if tag.name == "Item" => {
                    item.clear();
                    self.item(item)?;
                    keep_item(document, item);
                }
                _ => return None,
            }
        }
    }

    /// The elements of an item, to its end.
    fn item(&mut self, item: &mut ItemBuilder) -> Option<()> {
        let mut in_info = false;
        loop {
            let tag = self.tag()?;
            match (tag.kind, tag.name) {
                (Kind::Close, "Item") if !in_info => return Some(()),
                (Kind::Close, "Info") if in_info => in_info = false,
                (Kind::Close, _) => return None,
                (Kind::Open, "Info") if !in_info => in_info = true,
                (Kind::Empty, "Info") if !in_info => (),
                (Kind::Open, name) => item.push(name, in_info, &self.leaf(name)?),
                (Kind::Empty, name) => item.push(name, in_info, ""),
            }
        }
    }

    /// The next tag, with nothing but blanks before it.
    fn tag(&mut self) -> Option<Tag<'a>> {
        let inner = self.rest.trim_ascii_start().strip_prefix('<')?;
        let closing = inner.strip_prefix('/');
        let inner = closing.unwrap_or(inner);
        let end = inner.bytes().position(|octet| !octet.is_ascii_alphanumeric()).filter(|end| *end > 0)?;
        let (name, mut rest) = inner.split_at_checked(end)?;
        let mut num = None;
        if let Some(value) = rest.strip_prefix(" Num=\"").filter(|_| closing.is_none()) {
            let end = value.bytes().position(|octet| !octet.is_ascii_digit())?;
            num = value.get(..end);
            rest = value.get(end..)?.strip_prefix('"')?;
        }
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let (kind, rest) = match (closing, rest.strip_prefix('>')) {
            (Some(_), Some(rest)) => (Kind::Close, rest),
            (None, Some(rest)) => (Kind::Open, rest),
            (Some(_), None) => return None,
            (None, None) => (Kind::Empty, rest.strip_prefix("/>")?),
        };
        self.rest = rest;
        Some(Tag { kind, name, num })
    }

    /// The text of an element that holds nothing else, and its end tag.
    fn leaf(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let mut text = self.text()?;
        while let Some(reference) = self.rest.strip_prefix('&') {
            let end = reference.bytes().position(|octet| matches!(octet, b';' | b'&' | b'<'))?;
            let (known, rest) = reference.split_at_checked(end)?;
            self.rest = rest.strip_prefix(';')?;
            let all = text.to_mut();
            all.push(resolve(known)?);
            all.push_str(&self.text()?);
        }
        let rest = self.rest.strip_prefix("</")?.strip_prefix(name)?;
        self.rest = rest.strip_prefix('>')?;
        (text.len() <= MAX_PLAIN_TEXT_BYTES).then_some(text)
    }

    /// The text up to a tag or a reference.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let end = memchr::memchr2(b'<', b'&', self.rest.as_bytes())?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(Cow::Borrowed(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::{salvage, walk};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// Whatever this way reads, the general one reads too and the same; gives whether this way did.
    fn both(text: &str) -> bool {
        let quick = document(text);
        if let Some(quick) = &quick {
            assert_eq!(Ok(quick), walk::document(text).as_ref(), "{text}");
        }
        for (start, _) in text.match_indices("<Item") {
            let chunk = &text[start..];
            let chunk = chunk.find("</Item>").map_or(chunk, |end| &chunk[..end + "</Item>".len()]);
            if let Some(quick) = item(chunk) {
                let mut kept = Document::default();
                keep_item(&mut kept, &quick);
                assert_eq!(Ok((kept.items.remove(0), kept.oddities)), walk::item(chunk), "{chunk}");
            }
        }
        let list = text.find("<DeviceList").or_else(|| text.find("<Item"));
        let head = &text[..list.unwrap_or(text.len())];
        if let (Some(id), Some(_)) = (envelope(head, "DeviceID"), list) {
            // A root that ends before the list makes a whole document of the head.
            match walk::document(head) {
                Ok(whole) => assert_eq!(whole.get("DeviceID"), Some(id), "{head}"),
                Err(_) => assert_eq!(salvage::document(head).get("DeviceID"), Some(id), "{head}"),
            }
        }
        quick.is_some()
    }

    /// An element as the field writes it.
    fn sound_leaf() -> impl Strategy<Value = String> {
        let name = select(vec!["DeviceID", "Name", "Address", "Longitude", "Password", "Vendor", "deviceid", "Item", "MAC"]);
        let text =
            select(vec!["", "37172300011320000001", "东门枪机", " \r\n", "A&amp;B", "&#19996;&lt;", ">", "\"'", "\u{1}\0"]);
        (name, text, 0..4).prop_map(|(name, text, form)| match form {
            0 => format!("<{name}/>"),
            1 => format!("<{name} />"),
            _ => format!("<{name}>{text}</{name}>"),
        })
    }

    fn sound() -> impl Strategy<Value = String> {
        let blank = || select(vec!["", "\r\n", " \t"]);
        let leaves = || (vec(sound_leaf(), 0..5), blank()).prop_map(|(leaves, blank)| leaves.join(blank));
        let item = (leaves(), leaves(), leaves(), select(vec!["<Info/>", "", "i"])).prop_map(|(a, b, c, info)| match info {
            "i" => format!("<Item>{a}<Info>{b}</Info>{c}</Item>"),
            info => format!("<Item>{a}{info}{c}</Item>"),
        });
        let list = (select(vec!["DeviceList Num=\"2\"", "DeviceList", "RecordList Num=\"\""]), vec(item, 0..4), blank())
            .prop_map(|(list, items, blank)| {
                let name = list.split(' ').next().unwrap_or_default();
                format!("<{list}>{blank}{}</{name}>", items.join(blank))
            });
        let declaration = select(vec!["", "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n", "<?xml ?>"]);
        let root = select(vec!["Response", "Notify", "Other"]);
        (declaration, root, leaves(), vec(list, 0..3), leaves(), blank()).prop_map(
            |(declaration, root, head, lists, tail, blank)| {
                format!("{declaration}<{root}>{blank}{head}{}{tail}</{root}>{blank}", lists.concat())
            },
        )
    }

    /// What a body may hold besides, or be broken by.
    fn oddment() -> impl Strategy<Value = String> {
        let known = select(vec![
            "<",
            ">",
            "&",
            ";",
            "/",
            "\"",
            "'",
            " ",
            "\0",
            "\u{feff}",
            "\u{3000}",
            "x",
            "</",
            "/>",
            "<!",
            "<?",
            "?>",
            "<!-- c -->",
            "<![CDATA[a<b]]>",
            "<!DOCTYPE a>",
            "<?pi x?>",
            "&nbsp;",
            "&#0;",
            "&#x4E1C;",
            "a&b",
            "<g:Name>x</g:Name>",
            "<Item>",
            "</Item>",
            "<Item/>",
            "<Info>",
            "</Info>",
            "<Name>",
            "</Name>",
            "<Name a='1'>x</Name>",
            "<Name Num=\"3\">x</Name>",
            "<名>x</名>",
            "<a><b>x</b></a>",
            "<DeviceList Num='1'>",
            "<DeviceList num=\"1\"/>",
            "<DeviceList Num=\"1\" />",
            "</DeviceList >",
            "</Response>",
            "<DeviceID>1</DeviceID>",
            "<SumNum>2</SumNum >",
        ]);
        let long = select(vec![4_000, 5_000, 33_000, 70_000, 140_000]);
        prop_oneof![9 => known.prop_map(ToOwned::to_owned), 1 => long.prop_map(|n| "<Name>".to_owned() + &"门".repeat(n / 3) + "</Name>")]
    }

    /// A place in the text at a character, by its share of it.
    fn place(text: &str, share: u16) -> usize {
        text.floor_char_boundary(text.len() * usize::from(share) / usize::from(u16::MAX))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn sound_bodies_go_this_way(text in sound()) {
            prop_assert!(both(&text), "{text}");
        }

        #[test]
        fn odd_and_broken_bodies_read_the_same_both_ways(
            text in sound(),
            changes in vec((any::<u16>(), 0..40_usize, oddment(), 0..3), 1..4),
        ) {
            let mut text = text;
            for (share, length, oddment, how) in changes {
                let start = place(&text, share);
                // At a tag, where oddments are most at home, or anywhere.
                let start = if how == 0 { start } else { text[..start].rfind(['<', '>']).unwrap_or(start) };
                let end = if how == 2 { text.floor_char_boundary((start + length).min(text.len())) } else { start };
                text.replace_range(start..end.max(start), &oddment);
            }
            both(&text);
        }
    }

    #[test]
    fn a_tag_inside_of_the_declaration_is_left_to_the_general_way() {
        assert!(!both(
            "<?xml version=\"1.0\" encoding=\"GB231<Item>2\"?><Response><DeviceID>1</DeviceID><DeviceList Num=\"0\"/></Response>"
        ));
    }

    #[test]
    fn more_elements_than_are_kept_are_left_to_the_general_way() {
        let text = format!("<Response>{}</Response>", "<SN>1</SN>".repeat(MAX_ELEMENTS + 1));
        assert!(!both(&text));
        assert!(both(&text.replacen("<SN>1</SN>", "", 1)));
    }
}
