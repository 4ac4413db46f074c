//! The lenient way through a body that is not well formed: item by item, then tag by tag.
//!
//! An item that is whole is read strictly even here; only the broken one is picked apart, and only an item
//! cut off by the end of the body is given up, because half a record would be judged as a whole one.

use super::document::{Document, MAX_ITEMS_PER_MESSAGE, whole_number};
use super::item::{Element, ItemBuilder};
use super::{plain, walk};
use crate::base::oddity;

/// Root elements of MANSCDP.
pub(super) const ROOTS: [&str; 4] = ["Response", "Notify", "Query", "Control"];
/// Envelope elements worth looking for.
const ENVELOPE: [&str; 8] = ["CmdType", "SN", "DeviceID", "SumNum", "Result", "Status", "Online", "DeviceName"];

pub(super) fn document(text: &str) -> Document {
    let Some(prefix) = prefix(text) else { return unprefixed(text) };
    let bare = text.replace(&format!("<{prefix}:"), "<").replace(&format!("</{prefix}:"), "</");
    let mut document = unprefixed(&bare);
    document.oddities.push(oddity::XML_NAMESPACE_PREFIX.at(prefix));
    document
}

/// The namespace prefix of the root, if it has one.
fn prefix(text: &str) -> Option<&str> {
    let head = window(text, MAX_HEAD_BYTES);
    let mut tags = head.split('<').skip(1).filter_map(|tag| tag.split(|c: char| c == '>' || c.is_whitespace()).next());
    tags.find_map(|name| name.split_once(':').filter(|(_, local)| ROOTS.contains(local)).map(|(prefix, _)| prefix))
}

fn unprefixed(text: &str) -> Document {
    let mut document = Document::default();
    let first = next_tag(text, 0, "Item").map_or(text.len(), |t| t.start);
    let head = text.get(..first).unwrap_or_default();
    if let Some(root) = ROOTS.iter().find(|root| next_tag(head, 0, root).is_some()) {
        (*root).clone_into(&mut document.root);
    } else if first < text.len() {
        ROOTS[0].clone_into(&mut document.root);
    } else {
        return document;
    }
    // What stands behind the first root is another message, or the same once more.
    let (text, behind) = match text.find(&format!("</{}", document.root)) {
        Some(end) => text.split_at(end),
        None => (text, ""),
    };
    let behind = behind.split_once('>').map_or("", |(_, behind)| behind);
    if !crate::base::text::is_blank(behind) {
        document.oddities.push(oddity::XML_TRAILING.at(format!("{}", behind.len())));
    }
    let mut at = first;
    let mut tail = text.len();
    while let Some(open) = next_tag(text, at, "Item") {
        let next = next_tag(text, open.content, "Item").map(|t| t.start);
        let own = text.get(open.content..next.unwrap_or(text.len())).unwrap_or_default();
        let end = own.find("</Item").map(|i| open.content + i);
        match (end, next) {
            // The end tag is missing, the next item has begun: what stands between is this one.
            (None, Some(next)) => {
                push_item(text.get(open.start..next).unwrap_or_default(), &mut document);
                at = next;
            }
            (Some(end), _) => {
                let close = text.get(end..).and_then(|rest| rest.find('>')).map_or(text.len(), |i| end + i + 1);
                push_item(text.get(open.start..close).unwrap_or_default(), &mut document);
                at = close;
                tail = close;
            }
            (None, _) => {
                // Nothing ends it. If the list ends, the item was whole but for its end tag.
                let list_end = text.get(open.content..).and_then(|rest| rest.find("</DeviceList"));
                if let Some(list_end) = list_end {
                    let close = open.content + list_end;
                    push_item(text.get(open.start..close).unwrap_or_default(), &mut document);
                    tail = close;
                } else {
                    document.cut_off += 1;
                    document.oddities.push(
                        oddity::ITEM_CUT_OFF.at(crate::base::text::excerpt(text.get(open.start..).unwrap_or_default(), 60)),
                    );
                    tail = text.len();
                }
                break;
            }
        }
    }
    let rest = text.get(tail..).unwrap_or_default();
    for name in ENVELOPE {
        if let Some(value) = text_of(head, name).or_else(|| text_of(rest, name)) {
            document.elements.push(name, &value);
        }
    }
    if let Some(list) = next_tag(head, 0, "DeviceList") {
        document.has_list = true;
        document.num = attribute(head.get(list.start..list.content).unwrap_or_default(), "Num");
    }
    document
}

fn push_item(chunk: &str, document: &mut Document) {
    if document.items.len() >= MAX_ITEMS_PER_MESSAGE {
        return;
    }
    if let Some(item) = plain::item(chunk) {
        walk::keep_item(document, &item);
        return;
    }
    if let Ok((item, oddities)) = walk::item(chunk) {
        document.items.push(item);
        document.oddities.extend(oddities);
        return;
    }
    let builder = pick_apart(chunk);
    if builder.is_empty() {
        return;
    }
    walk::note_item(&builder, &mut document.oddities);
    document.oddities.push(oddity::ITEM_SALVAGED.at(crate::base::text::excerpt(chunk, 60)));
    document.items.push(builder.finish(true));
}

/// The root begins within so many octets.
const MAX_HEAD_BYTES: usize = 1_024;
/// A tag longer than this is none.
const MAX_TAG_BYTES: usize = 256;
/// A text whose end tag is further away than this has none.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// The first `max` octets of a text, cut at a character, so that hostile bodies cost linear time.
fn window(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Reads `<Tag>text</Tag>` by name. A tag that is not closed ends where the next known one begins.
fn pick_apart(chunk: &str) -> ItemBuilder {
    let mut builder = ItemBuilder::default();
    let mut in_info = false;
    let mut at = 0;
    while let Some(open) = next_known(chunk, at) {
        at = open.content;
        let element = match open.what {
            What::Info => {
                in_info = true;
                continue;
            }
            What::InfoEnd => {
                in_info = false;
                continue;
            }
            What::Element(element, true) => {
                builder.push_known(element, in_info, "");
                continue;
            }
            What::Element(element, false) => element,
        };
        let rest = window(chunk.get(open.content..).unwrap_or_default(), MAX_TEXT_BYTES);
        let closed = find_close(rest, open.name).unwrap_or(rest.len());
        let next = next_known(rest, 0).map_or(rest.len(), |n| n.start);
        let item_end = rest.find("</Item").unwrap_or(rest.len());
        let end = if closed < rest.len() && closed <= item_end { closed } else { next.min(item_end) };
        builder.push_known(element, in_info, &unescape(rest.get(..end).unwrap_or_default()));
        at = open.content + end;
    }
    builder
}

enum What {
    Info,
    InfoEnd,
    /// The element, and whether the tag closes itself.
    Element(Element, bool),
}

struct Known<'a> {
    what: What,
    name: &'a str,
    start: usize,
    content: usize,
}

/// The next tag of a known element from `from` on.
fn next_known(chunk: &str, from: usize) -> Option<Known<'_>> {
    let mut at = from;
    loop {
        let start = at + chunk.get(at..)?.find('<')?;
        at = start + 1;
        let inner = window(chunk.get(at..)?, MAX_TAG_BYTES);
        let end = inner.find(|c: char| c == '>' || c == '/' || c.is_whitespace()).unwrap_or(inner.len());
        let (name, closing) = match inner.strip_prefix('/') {
            Some(rest) => (rest.split('>').next().unwrap_or_default().trim(), true),
            None => (inner.get(..end).unwrap_or_default(), false),
        };
        let local = name.rsplit(':').next().unwrap_or_default();
        let Some(close) = inner.find('>') else { continue };
        let content = at + close + 1;
        let self_closing = inner.get(..close).is_some_and(|tag| tag.ends_with('/'));
        let what = match (local, closing) {
            ("Info", false) => What::Info,
            ("Info", true) => What::InfoEnd,
            (local, false) => match Element::parse(local) {
                Some(element) => What::Element(element, self_closing),
                None => continue,
            },
            _ => continue,
        };
        return Some(Known { what, name, start, content });
    }
}

fn find_close(rest: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + rest.get(from..)?.find("</")?;
        let inner = rest.get(at + 2..)?;
        if inner.get(..name.len()).is_some_and(|n| n == name)
            && inner.get(name.len()..).is_some_and(|after| after.trim_start().starts_with('>'))
        {
            return Some(at);
        }
        from = at + 2;
    }
}

struct Tag {
    start: usize,
    content: usize,
}

/// The next opening tag of this local name from `from` on.
fn next_tag(text: &str, from: usize, name: &str) -> Option<Tag> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find('<')?;
        at = start + 1;
        let inner = window(text.get(at..)?, MAX_TAG_BYTES);
        let end = inner.find(|c: char| matches!(c, '>' | '/' | '<') || c.is_whitespace()).unwrap_or(inner.len());
        let local = inner.get(..end).unwrap_or_default().rsplit(':').next().unwrap_or_default();
        if local == name {
            let content = inner.find('>').map_or(text.len(), |i| at + i + 1);
            return Some(Tag { start, content });
        }
    }
}

fn text_of(text: &str, name: &str) -> Option<String> {
    let open = next_tag(text, 0, name)?;
    let rest = text.get(open.content..)?;
    let end = rest.find('<').unwrap_or(rest.len());
    Some(unescape(rest.get(..end)?))
}

fn attribute(tag: &str, name: &str) -> Option<u64> {
    let rest = tag.get(tag.find(name)? + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = rest.trim_start_matches(['"', '\'']);
    let end = value.find(['"', '\'', '>', '/']).unwrap_or(value.len());
    whole_number(value.get(..end)?)
}

/// Resolves what XML defines and leaves every other `&` as it stands.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let resolved = after.find(';').filter(|end| *end <= 10).and_then(|end| {
            let c = walk::resolve(after.get(..end)?)?;
            Some((c, end + 1))
        });
        match resolved {
            Some((c, used)) => {
                out.push(c);
                rest = after.get(used..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
