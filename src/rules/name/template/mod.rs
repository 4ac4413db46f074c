//! Name templates (命名模板): the parts a city wants a camera's name to be made of, rule N08.
//!
//! [`compile`] makes a [`Compiled`] of what a profile says, once; [`Compiled::check`] asks one name. Pure.
//! Not for: which names are compared for being alike (N07), nor reading the profile.

mod matcher;
mod parse;
mod settings;
mod vocabulary;
mod words;

pub use matcher::{Expected, Matched, Mismatch, Template};
pub use settings::{Compiled, NameProblem, TemplateSet, compile};
pub(super) use vocabulary::{direction_at, is_chinese};
pub use words::{Form, Names, Places, Words};

use crate::base::lang::{Lang, say};

/// Longest template, characters.
pub const TEMPLATE_CHARS_MAX: usize = 2_000;
/// Most parts of a template; literals count.
pub const PARTS_MAX: usize = 64;
/// Deepest nesting of groups.
pub const DEPTH_MAX: usize = 8;
/// Most arguments of a token.
pub const ARGUMENTS_MAX: usize = 32;
/// Most templates of a profile.
pub const TEMPLATES_MAX: usize = 32;
/// Most lists, and most patterns, of a profile.
pub const LISTS_MAX: usize = 100;
/// Most words of one list.
pub const LIST_WORDS_MAX: usize = 10_000;
/// Longest word of a list, characters.
pub const WORD_CHARS_MAX: usize = 50;
/// Most suffixes of roads; each is held against each end of a text.
pub const SUFFIXES_MAX: usize = 64;
/// Most entries of `forbid`, of `allow` and of `charset`.
pub const ENTRIES_MAX: usize = 64;
/// Longest free text (`any`, `org`) and longest number, characters.
pub const FREE_CHARS_MAX: usize = 40;
/// Longest road name, characters.
pub const ROAD_CHARS_MAX: usize = 16;
/// Longest point number, characters.
pub const POINT_CHARS_MAX: usize = 32;
/// Most part words in a row that are one `{spot}`.
pub const SPOT_WORDS_MAX: usize = 3;
/// Longer names are not decided, characters. GB/T 28181 sets no length; nobody reads a name of this one.
pub const NAME_CHARS_MAX: usize = 512;
/// Tries for one name; a name that needs more is not decided. An ordinary one needs a few dozen.
pub const STEPS_MAX: usize = 50_000;

/// Characters of a name that a message shows.
const SHOWN_CHARS: usize = 12;

/// What is wrong with a template of a profile, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The template; empty for lists and for the set as a whole.
    pub template: String,
    /// The key of the profile.
    pub key: &'static str,
    /// The character of its value, from 1, where that helps.
    pub at: Option<usize>,
    zh: String,
    en: String,
}

impl TemplateError {
    fn new(at: Option<usize>, zh: String, en: String) -> Self {
        Self { template: String::new(), key: "parts", at, zh, en }
    }

    fn under(mut self, template: &str, key: &'static str) -> Self {
        template.clone_into(&mut self.template);
        self.key = key;
        self
    }

    /// For people.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let Self { template, key, at, zh, en } = self;
        let place = match (template.is_empty(), at) {
            (true, None) => key.to_string(),
            (true, Some(at)) => say!(lang, "{key} 第 {at} 个字符", "{key}, character {at}"),
            (false, None) => say!(lang, "名称模板“{template}”的 {key}", "name template “{template}”, {key}"),
            (false, Some(at)) => {
                say!(lang, "名称模板“{template}”的 {key} 第 {at} 个字符", "name template “{template}”, {key}, character {at}")
            }
        };
        say!(lang, "{place}：{zh}", "{place}: {en}")
    }
}

/// A [`TemplateError`] in both languages: with the position in `parts` as first argument, or without.
macro_rules! fault {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::rules::template::TemplateError::new(None, format!($zh), format!($en))
    };
    ($at:expr, $zh:literal, $en:literal $(,)?) => {
        $crate::rules::template::TemplateError::new(Some($at), format!($zh), format!($en))
    };
}
use fault;

#[cfg(test)]
mod tests;
