//! One XML element: what was sent, and what we could make of it.

/// Absent, there but unreadable, or read; what was sent is never lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a, T> {
    /// The element is missing, empty, or a software null.
    Absent,
    /// It is there and does not parse.
    Malformed {
        /// As sent.
        raw: &'a str,
    },
    /// It is there and reads as `value`.
    Present {
        /// As sent.
        raw: &'a str,
        /// What it means.
        value: T,
    },
}

impl<'a, T> Field<'a, T> {
    /// Reads a raw text with `parse`.
    pub fn read(raw: Option<&'a str>, parse: impl Fn(&str) -> Option<T>) -> Self {
        let Some((raw, text)) = raw.and_then(|raw| Some((raw, present(raw)?))) else { return Self::Absent };
        match parse(text) {
            Some(value) => Self::Present { raw, value },
            None => Self::Malformed { raw },
        }
    }

    /// What was sent, if anything.
    #[must_use]
    pub const fn raw(&self) -> Option<&'a str> {
        match self {
            Self::Absent => None,
            Self::Malformed { raw } | Self::Present { raw, .. } => Some(raw),
        }
    }

    /// The value, if it reads as one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Present { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// Blank texts and software nulls count as not sent.
#[must_use]
pub fn is_absent(raw: &str) -> bool {
    present(raw).is_none()
}

/// The trimmed text, where it counts as sent.
#[must_use]
pub fn present(raw: &str) -> Option<&str> {
    let text = crate::base::text::trim(raw);
    let null = match text.len() {
        0 => true,
        4 => text.eq_ignore_ascii_case("null"),
        6 => text.eq_ignore_ascii_case("(null)"),
        _ => false,
    };
    (!null).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_malformed_and_present_are_three_things() {
        let read = |raw| Field::read(raw, |t| t.parse::<u8>().ok());
        assert_eq!(read(None), Field::Absent);
        assert_eq!(read(Some(" NULL ")), Field::Absent);
        assert_eq!(read(Some("x")), Field::Malformed { raw: "x" });
        assert_eq!(read(Some(" 7 ")), Field::Present { raw: " 7 ", value: 7 });
    }
}
