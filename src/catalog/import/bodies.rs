//! MANSCDP bodies saved to disk, one or many a file.

use crate::base::charset;
use crate::manscdp::document::Document;

/// Cuts a file into MANSCDP bodies: at every XML declaration, and after every closing root tag.
#[must_use]
pub fn split_bodies(octets: &[u8]) -> Vec<&[u8]> {
    const CLOSING: [&[u8]; 4] = [b"</Response>", b"</Notify>", b"</Query>", b"</Control>"];
    let mut bodies = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = octets.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) {
        let here = at + found;
        let rest = octets.get(here..).unwrap_or_default();
        at = here + 1;
        if let Some(closing) = CLOSING.iter().find(|c| rest.starts_with(c)) {
            bodies.push(octets.get(start..here + closing.len()).unwrap_or_default());
            start = here + closing.len();
            at = start;
        } else if rest.starts_with(b"<?xml") && here > start {
            // The one before was never closed.
            let before = octets.get(start..here).unwrap_or_default();
            if before.contains(&b'<') {
                bodies.push(before);
            }
            start = here;
        }
    }
    let rest = octets.get(start..).unwrap_or_default();
    if rest.contains(&b'<') {
        bodies.push(rest);
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
