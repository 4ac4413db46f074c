//! The letters of pages: one typeface for the whole document, in the program itself, since servers of this kind have no Chinese
//! font. What it has no letter for is printed as its code, so that no name silently loses a character.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use super::{Document, Layout};
use crate::base::text::visible;

/// Noto Serif CJK SC with the characters of GBK (NOTICE, docs/design/0013).
static EMBEDDED: &[u8] = include_bytes!("data/NotoSerifCJKsc-Regular-GBK.otf");
/// What a character is drawn as where a typeface has no letter for it, as few of the official ones have for boxes.
const LIKE: [(char, char); 3] = [('☐', '□'), ('☑', '■'), ('˚', '°')];
/// What stands in for a letter that has no width of its own.
const UNKNOWN_WIDTH: f32 = 1.0;

/// What pages are set in: the typeface of the program, or one of the user.
#[derive(Clone, Default)]
pub struct Typeface(Option<Arc<Vec<u8>>>);

impl std::fmt::Debug for Typeface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typeface({} octets)", self.octets().len())
    }
}

/// A file that is no typeface for pages: no font, one without Latin letters and Chinese characters, or one whose makers forbid
/// that it is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;

impl Typeface {
    /// One of the user, from the octets of a `.ttf`, `.otf` or `.ttc` file (of a collection the first).
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn read(octets: Vec<u8>) -> Result<Self, Unusable> {
        let own = Self(Some(Arc::new(octets)));
        let letters = own.letters().ok_or(Unusable)?;
        if !['A', '1', '国', '。'].iter().all(|&c| letters.has(c)) {
            return Err(Unusable);
        }
        // Whether it may be embedded, and whether its outlines can be read, shows when it is used.
        let mut trial = Document::new("A1国。", None, Layout::Form);
        trial.made = Some(crate::base::time::Timestamp::from_micros(0));
        trial.save_pages(&own, &mut std::io::sink()).map_err(|_| Unusable)?;
        Ok(own)
    }

    /// Whether it has a letter for every character of a text.
    #[must_use]
    pub fn writes(&self, text: &str) -> bool {
        self.letters().is_some_and(|letters| text.chars().all(|c| letters.has(c)))
    }

    fn octets(&self) -> &[u8] {
        self.0.as_ref().map_or(EMBEDDED, |own| own.as_slice())
    }

    /// Its letters, measured. Nothing where it is no font.
    pub(super) fn letters(&self) -> Option<Letters<'_>> {
        let font = FontRef::from_index(self.octets(), 0).ok()?;
        Some(Letters { chars: font.charmap(), widths: font.glyph_metrics(Size::new(1.0), LocationRef::default()) })
    }

    /// The same for the writer of pages.
    pub(super) fn font(&self) -> Option<Font> {
        let octets = self.0.clone().map_or_else(|| EMBEDDED.into(), krilla::Data::from);
        Font::new(octets, 0)
    }
}

/// The letters of a typeface.
pub(super) struct Letters<'a> {
    chars: skrifa::charmap::Charmap<'a>,
    widths: skrifa::metrics::GlyphMetrics<'a>,
}

/// One letter of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    /// Its octets in the text.
    pub(super) at: Range<usize>,
    /// Its number in the typeface.
    pub(super) glyph: u32,
    /// Its width, of the size of the letters.
    pub(super) width: f32,
    /// It is white: nothing is seen of it at the end of a line.
    pub(super) blank: bool,
}

impl Letters<'_> {
    fn glyph(&self, c: char) -> Option<skrifa::GlyphId> {
        self.chars.map(c).filter(|glyph| glyph.to_u32() != 0)
    }

    /// Whether there is a letter for it.
    pub(super) fn has(&self, c: char) -> bool {
        self.glyph(c).is_some()
    }

    /// The text as it can be printed: control characters made visible, `[U+xxxx]` for what has no letter.
    pub(super) fn printable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                out.push('\n');
            }
            for c in visible(line).chars() {
                let like = LIKE.iter().find(|(own, _)| *own == c && !self.has(c)).map(|(_, like)| *like);
                let c = like.unwrap_or(c);
                if self.has(c) {
                    out.push(c);
                } else {
                    let _ = write!(out, "[U+{:04X}]", u32::from(c));
                }
            }
        }
        out
    }

    /// The letters of a printable text, in their order; line breaks have none.
    pub(super) fn of(&self, text: &str) -> Vec<Letter> {
        let letter = |(at, c): (usize, char)| {
            let glyph = self.glyph(c)?;
            Some(Letter {
                at: at..at + c.len_utf8(),
                glyph: glyph.to_u32(),
                width: self.widths.advance_width(glyph).unwrap_or(UNKNOWN_WIDTH),
                blank: c.is_whitespace(),
            })
        };
        text.char_indices().filter_map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_our_own_texts_has_a_letter() {
        let typeface = Typeface::default();
        let letters = typeface.letters().unwrap();
        let mut without = std::collections::BTreeSet::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                // Names of places and fonts are no text of ours; what is hostile stands in tests.
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                if path.extension().is_some_and(|kind| kind == "rs" || kind == "toml" || kind == "html" || kind == "md") {
                    without.extend(text.chars().filter(|c| !c.is_control() && letters.printable(&c.to_string()).len() > 4));
                }
            }
        }
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn every_character_of_gbk_has_a_letter() {
        let typeface = Typeface::default();
        let letters = typeface.letters().unwrap();
        let (mut seen, mut without) = (0, Vec::new());
        for (first, second) in (0x81..=0xFE_u8).flat_map(|first| (0x40..=0xFE_u8).map(move |second| (first, second))) {
            let pair = [first, second];
            let (text, _, wrong) = encoding_rs::GBK.decode(&pair);
            // A code that names nothing is a private character; the standard has no letter for it either.
            let Some(c) =
                text.chars().next().filter(|c| !wrong && text.chars().count() == 1 && !('\u{E000}'..='\u{F8FF}').contains(c))
            else {
                continue;
            };
            // Added to the code pages later than the typeface: forms for vertical writing, and eight components of characters.
            if letters.has(c) {
                seen += 1;
            } else {
                without.push(u32::from(c));
            }
        }
        assert!(seen > 21_700, "{seen}, {without:X?}");
    }

    #[test]
    fn what_has_no_letter_is_printed_as_its_code() {
        let typeface = Typeface::default();
        let letters = typeface.letters().unwrap();
        assert_eq!(letters.printable("北门\u{1F600}\u{E001}\n东\u{1b}"), "北门[U+1F600][U+E001]\n东\\u{1b}");
        let of = letters.of("国1\n");
        assert_eq!(of.len(), 2);
        assert!((of[0].width - 1.0).abs() < 0.001 && of[1].width < 0.7, "{of:?}");
    }

    #[test]
    fn a_file_that_is_no_font_is_refused() {
        assert!(Typeface::read(b"PK\x03\x04".to_vec()).is_err());
        assert!(Typeface::read(EMBEDDED[..4_096].to_vec()).is_err());
        assert!(Typeface::read(EMBEDDED.to_vec()).is_ok());
    }
}
