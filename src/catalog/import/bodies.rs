//! MANSCDP bodies saved to disk, one or many a file.

use std::ops::Range;

use bytes::Bytes;

use crate::base::blocks::Blocks;
use crate::base::charset;
use crate::manscdp::document::Document;

/// Cuts a file into MANSCDP bodies: at every XML declaration, and after every closing root tag.
#[must_use]
pub fn split_bodies(octets: &[u8]) -> Vec<&[u8]> {
    ranges(octets).into_iter().map(|range| octets.get(range).unwrap_or_default()).collect()
}

/// The same, each changed by `prepare` and kept in blocks; the octets are let go as the bodies are cut off their end.
#[must_use]
pub fn into_bodies(mut octets: Vec<u8>, mut prepare: impl FnMut(&mut [u8])) -> Vec<Bytes> {
    /// The room is given back in steps of so many octets.
    const STEP: usize = 8 * 1024 * 1024;
    let ranges = ranges(&octets);
    let mut bodies = Vec::with_capacity(ranges.len());
    let mut blocks = Blocks::default();
    for range in ranges.into_iter().rev() {
        let body = octets.get_mut(range.clone()).unwrap_or_default();
        prepare(body);
        bodies.push(blocks.keep(body));
        octets.truncate(range.start);
        if octets.capacity() - octets.len() > STEP {
            octets.shrink_to_fit();
        }
    }
    bodies.reverse();
    bodies
}

/// Where the bodies of a file stand.
fn ranges(octets: &[u8]) -> Vec<Range<usize>> {
    const CLOSING: [&[u8]; 4] = [b"</Response>", b"</Notify>", b"</Query>", b"</Control>"];
    let mut bodies = Vec::new();
    let mut start = 0;
    for here in memchr::memchr_iter(b'<', octets) {
        // Nearly every tag is another one: the octet behind tells most of them.
        match octets.get(here + 1) {
            Some(b'/') => {
                let rest = octets.get(here..).unwrap_or_default();
                if let Some(closing) = CLOSING.iter().find(|closing| rest.starts_with(closing)) {
                    bodies.push(start..here + closing.len());
                    start = here + closing.len();
                }
            }
            Some(b'?') if here > start && octets.get(here..).is_some_and(|rest| rest.starts_with(b"<?xml")) => {
                // The one before was never closed.
                if octets.get(start..here).unwrap_or_default().contains(&b'<') {
                    bodies.push(start..here);
                }
                start = here;
            }
            _ => (),
        }
    }
    let rest = octets.get(start..).unwrap_or_default();
    if rest.contains(&b'<') {
        bodies.push(start..octets.len());
    }
    bodies
}

/// The catalogue bodies among those of a file.
#[must_use]
pub fn catalog_documents(bodies: &[&[u8]]) -> Vec<Document> {
    // Two rounds: what the unambiguous bodies are in decides the others.
    let sure = bodies.iter().find_map(|body| match charset::decode(body, None, None) {
        d if d.certainty == charset::Certainty::Sure => Some(d.charset),
        _ => None,
    });
    bodies.iter().filter_map(|body| Document::parse(body, sure).ok()).filter(is_catalog).collect()
}

/// Whether a document is (part of) a catalogue answer.
#[must_use]
pub fn is_catalog(document: &Document) -> bool {
    document.root == "Response"
        && (document.command().eq_ignore_ascii_case("Catalog") || (document.command().is_empty() && !document.items.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_many_bodies_is_cut_at_roots_and_declarations() {
        let file = b"<?xml version=\"1.0\"?>\n<Response><a/></Response>\n\n<Response><b/></Response><?xml version=\"1.0\"?><Response><c/><?xml version=\"1.0\"?><Notify/>";
        let bodies: Vec<_> = split_bodies(file).into_iter().map(|b| String::from_utf8_lossy(b).trim().to_owned()).collect();
        assert_eq!(
            bodies,
            [
                "<?xml version=\"1.0\"?>\n<Response><a/></Response>",
                "<Response><b/></Response>",
                "<?xml version=\"1.0\"?><Response><c/>",
                "<?xml version=\"1.0\"?><Notify/>"
            ]
        );
    }
}
