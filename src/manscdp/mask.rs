//! Takes device passwords (设备口令) out of bodies before anything is kept.

const NAME: &[u8] = b"password";

/// Replaces the content of every `<Password>` element by stars of the same length, on the raw octets:
/// whatever the charset, and also where the XML is broken. Returns how many were masked.
pub fn mask_passwords(body: &mut [u8]) -> usize {
    let mut masked = 0;
    let mut from = 0;
    while let Some(open) = find(body, from, b'<') {
        from = open + 1;
        let Some(tag_end) = find(body, from, b'>') else { break };
        let tag = body.get(from..tag_end).unwrap_or_default();
        let name = tag.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let name = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(NAME) || (tag.ends_with(b"/") && !ends_in_quotes(tag)) {
            continue;
        }
        let start = tag_end + 1;
        let end = content_end(body, start);
        if let Some(content) = body.get_mut(start..end)
            && content.iter().any(|b| !b.is_ascii_whitespace())
        {
            content.fill(b'*');
            masked += 1;
        }
        from = end;
    }
    masked
}

/// Whether a quote is still open at the end of a tag: a `/>` there closes nothing.
fn ends_in_quotes(tag: &[u8]) -> bool {
    [b'"', b'\''].into_iter().any(|quote| memchr::memchr_iter(quote, tag).count() % 2 == 1)
}

/// Where the password ends: at its own closing tag if that comes before the item ends (a raw `<` may stand
/// in a password), else at the next tag of any name, else with the body.
fn content_end(body: &[u8], start: usize) -> usize {
    let mut next_tag = None;
    let mut from = start;
    while let Some(open) = find(body, from, b'<') {
        from = open + 1;
        let rest = body.get(from..).unwrap_or_default();
        let closing = rest.first() == Some(&b'/');
        let name = rest.get(usize::from(closing)..).unwrap_or_default();
        let name = name.split(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace()).next().unwrap_or_default();
        let name = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case(NAME) {
            // Another opening one ends it too, so that no octet is looked at more than twice.
            return if closing { open } else { next_tag.unwrap_or(open) };
        }
        if name.eq_ignore_ascii_case(b"item") {
            return next_tag.unwrap_or(open);
        }
        if closing || name.first().is_some_and(u8::is_ascii_alphabetic) {
            next_tag = next_tag.or(Some(open));
        }
    }
    next_tag.unwrap_or(body.len())
}

fn find(body: &[u8], from: usize, wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, body.get(from..)?).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let mut octets = body.as_bytes().to_vec();
        mask_passwords(&mut octets);
        assert_eq!(String::from_utf8(octets).unwrap(), expected);
    }

    #[test]
    fn whole_broken_prefixed_and_quoted_passwords_are_masked() {
        check("<Item><Password>abc</Password><Port>1</Port></Item>", "<Item><Password>***</Password><Port>1</Port></Item>");
        check("<g:password x='1'>abc</g:password>", "<g:password x='1'>***</g:password>");
        check("<Password><![CDATA[a<b]]></Password>", "<Password>***************</Password>");
        check("<Password>a<1b</Password>", "<Password>****</Password>");
        check("<Password>abc<Port>1</Port>", "<Password>***<Port>1</Port>");
        check("<Password a=\"x/>\">abc</Password>", "<Password a=\"x/>*****</Password>");
        check("<Password>abc", "<Password>***");
        check("<Password/><Password></Password><Port>1</Port>", "<Password/><Password></Password><Port>1</Port>");
    }

    #[test]
    fn nothing_else_is_touched() {
        check("<Name>Password</Name><PasswordAge>3</PasswordAge>", "<Name>Password</Name><PasswordAge>3</PasswordAge>");
    }

    #[test]
    fn gb18030_octets_are_left_alone() {
        let mut body = b"<Name>".to_vec();
        body.extend(crate::base::charset::Charset::Gb18030.encode("成武县"));
        body.extend(b"</Name><Password>x</Password>");
        let before = body.clone();
        assert_eq!(mask_passwords(&mut body), 1);
        assert_eq!(body[..before.len() - 12], before[..before.len() - 12]);
    }
}
