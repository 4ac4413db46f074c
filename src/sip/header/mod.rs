//! Single headers: one file each. Our lexer has already cut the value out of the message.

pub mod cseq;
pub mod name_addr;
pub mod subject;
pub mod uri;
pub mod via;

/// Removes blanks around `;` and `=` outside quotes.
///
/// The grammar allows them, the typed parsers below do not: a blank before `;` made them lose a Via
/// branch silently.
#[must_use]
pub fn normalise(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut quoted = false;
    let mut escaped = false;
    for c in value.trim().chars() {
        if quoted {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => (),
            }
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            ';' | '=' => {
                out.truncate(out.trim_end().len());
                out.push(c);
            }
            c if c.is_whitespace() && out.ends_with([';', '=']) => (),
            c => out.push(c),
        }
    }
    out
}

/// Splits at `separator` outside quotes and angle brackets.
#[must_use]
pub fn split_outside_quotes(value: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped, mut angle) = (0, false, false, 0_u32);
    for (i, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => angle = angle.saturating_add(1),
            '>' if !quoted => angle = angle.saturating_sub(1),
            c if c == separator && !quoted && angle == 0 => {
                parts.push(value.get(start..i).unwrap_or_default().trim());
                start = i + c.len_utf8();
            }
            _ => (),
        }
    }
    parts.push(value.get(start..).unwrap_or_default().trim());
    parts
}

/// Parameters of a header, `;name=value`, as they stand; names compare without case.
pub type Params = Vec<(String, Option<String>)>;

/// Reads `a=1;b` into pairs; quotes around values are removed.
#[must_use]
pub fn parse_params(text: &str, separator: char) -> Params {
    split_outside_quotes(text, separator)
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name.trim().to_owned(), Some(unquote(value.trim()))),
            None => (part.to_owned(), None),
        })
        .collect()
}

/// A parameter's value; an empty one for a bare name.
#[must_use]
pub fn param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref().unwrap_or_default())
}

/// Removes quotes and their escapes.
#[must_use]
pub fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}

/// A quoted string of this text; [`unquote`] gives the text back.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_separators_go_except_in_quotes() {
        assert_eq!(normalise("<sip:1@2> ; tag = a "), "<sip:1@2>;tag=a");
        assert_eq!(normalise("\"a ; b\" <sip:1@2>"), "\"a ; b\" <sip:1@2>");
    }

    #[test]
    fn separators_in_quotes_and_brackets_do_not_split() {
        assert_eq!(split_outside_quotes("\"a,b\" <sip:1@2;x=1,2>, <sip:3@4>", ','), ["\"a,b\" <sip:1@2;x=1,2>", "<sip:3@4>"]);
    }
}
