//! Where an item stands in the octets of a body: what was sent, before anything was made of it.

use std::ops::Range;

use memchr::memmem;

/// Items of one body that are looked at.
const MAX_ITEMS: usize = 100_000;

/// The places of the items with this DeviceID, tags included. In every charset of the field `<` and letters are single octets,
/// and no second octet of a character looks like one.
#[must_use]
pub fn items_of(body: &[u8], device_id: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let opens: Vec<usize> = memmem::find_iter(body, b"<Item").filter(|at| ends_name(body.get(at + 5))).take(MAX_ITEMS).collect();
    for (number, open) in opens.iter().enumerate() {
        let next = opens.get(number + 1).copied().unwrap_or(body.len());
        let own = body.get(*open..next).unwrap_or_default();
        // An item that is not closed ends where the next one begins, or the list ends.
        let end = match memmem::find(own, b"</Item") {
            Some(close) => own.get(close..).and_then(|rest| memchr::memchr(b'>', rest)).map_or(own.len(), |at| close + at + 1),
            None => memmem::find(own, b"</DeviceList").unwrap_or(own.len()),
        };
        if text_of(own.get(..end).unwrap_or_default(), b"<DeviceID").is_some_and(|text| text == device_id.as_bytes()) {
            found.push(*open..open + end);
        }
    }
    found
}

fn ends_name(octet: Option<&u8>) -> bool {
    octet.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
}

/// What stands in the first element of this name.
fn text_of<'a>(item: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find_iter(item, name).find(|at| ends_name(item.get(at + name.len())))?;
    let rest = item.get(at..)?;
    let begin = memchr::memchr(b'>', rest)? + 1;
    let text = rest.get(begin..)?;
    Some(text.get(..memchr::memchr(b'<', text)?)?.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_found_to_the_octet_whole_or_broken() {
        let body = b"<DeviceList Num=\"4\"><Item>\r\n<DeviceID> 11 </DeviceID><Name>\xB3\xC9</Name></Item ><ItemX/>\
                     <Item><DeviceID>12</DeviceID><Item><DeviceIDs>11</DeviceIDs><DeviceID>11</DeviceID></DeviceList>";
        let of = |code: &str| items_of(body, code).into_iter().map(|place| body[place].to_vec()).collect::<Vec<_>>();
        let first = b"<Item>\r\n<DeviceID> 11 </DeviceID><Name>\xB3\xC9</Name></Item >".to_vec();
        let last = b"<Item><DeviceIDs>11</DeviceIDs><DeviceID>11</DeviceID>".to_vec();
        assert_eq!(of("11"), [first, last]);
        assert_eq!(of("12"), [b"<Item><DeviceID>12</DeviceID>".to_vec()]);
        assert_eq!((of("1").len(), of("").len(), items_of(b"", "1").len(), items_of(b"<Item", "1").len()), (0, 0, 0, 0));
    }
}
