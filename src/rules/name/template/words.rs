//! Lists of words and names, made once so that asking a text costs little.

use std::collections::BTreeMap;

use crate::division::names::PlaceName;
use crate::rules::context::normalise_name;

/// Words by their first character.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// In the order of the characters: searched by halves, which costs less than to hash.
    by_first: Vec<(char, Vec<String>)>,
}

impl Words {
    /// The words, in the form names are compared in; empty ones are left out.
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut by_first: BTreeMap<char, Vec<String>> = BTreeMap::new();
        for word in words.into_iter().map(|word| normalise_name(word.as_ref()).into_owned()) {
            let Some(first) = word.chars().next() else { continue };
            let same = by_first.entry(first).or_default();
            if !same.contains(&word) {
                same.push(word);
            }
        }
        Self { by_first: by_first.into_iter().collect() }
    }

    /// Adds to `ends` where each word that stands at octet `at` of `text` ends.
    pub(super) fn ends(&self, text: &str, at: usize, ends: &mut Vec<usize>) {
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { return };
        let Ok(place) = self.by_first.binary_search_by_key(&first, |(first, _)| *first) else { return };
        let same = self.by_first.get(place).map(|(_, words)| words.as_slice()).unwrap_or_default();
        ends.extend(same.iter().filter(|word| rest.starts_with(word.as_str())).map(|word| at + word.len()));
    }
}

/// The accepted names of places of one kind: those of the towns of a county, say.
#[derive(Debug, Clone, Default)]
pub struct Names {
    full: Words,
    short: Words,
    /// Full and short name where there is one place only.
    only: Option<(String, String)>,
}

/// Which form of a place's name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// 成武县
    Full,
    /// 成武; the full form where there is no shorter one.
    Short,
    /// Either.
    Any,
}

impl Names {
    /// The names of these places.
    #[must_use]
    pub fn new<'a>(places: impl IntoIterator<Item = &'a PlaceName>) -> Self {
        let (mut full, mut short) = (Vec::new(), Vec::new());
        let mut only = None;
        for (count, place) in places.into_iter().enumerate() {
            full.extend(&place.full);
            let shorter = if place.short.is_empty() { &place.full } else { &place.short };
            short.extend(shorter);
            only = place.full.first().zip(shorter.first()).filter(|_| count == 0);
        }
        let only = only.map(|(full, short)| (full.clone(), short.clone()));
        Self { full: Words::new(full), short: Words::new(short), only }
    }

    /// Whether no name is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full.by_first.is_empty() && self.short.by_first.is_empty()
    }

    /// The one text that is right here, and the other form of it, where it has another.
    pub(super) fn only(&self, form: Form) -> Option<(&str, Option<&str>)> {
        let (full, short) = self.only.as_ref()?;
        let (wanted, other) = if form == Form::Short { (short, full) } else { (full, short) };
        Some((wanted, Some(other.as_str()).filter(|other| *other != wanted && form != Form::Any)))
    }

    pub(super) fn ends(&self, form: Form, text: &str, at: usize, ends: &mut Vec<usize>) {
        if form != Form::Short {
            self.full.ends(text, at, ends);
        }
        if form != Form::Full {
            self.short.ends(text, at, ends);
        }
    }
}

/// The names that are right for one camera. `None`: not known, and then any name of the right make will do,
/// for a list we lack must fail nobody. An empty list is known, and nothing is on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// 省
    pub province: Option<&'a Names>,
    /// 市
    pub city: Option<&'a Names>,
    /// 县区
    pub county: Option<&'a Names>,
    /// 乡镇街道
    pub town: Option<&'a Names>,
    /// 社区、村
    pub community: Option<&'a Names>,
    /// 小区
    pub compound: Option<&'a Names>,
}
