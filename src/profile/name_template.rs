//! The name templates of a profile, as data: what stands under `[[name.template]]` and `[lists]`.
//!
//! Not for: what the texts mean. `rules::template` compiles and asks them.

use std::collections::BTreeMap;

/// Among which cameras a name may stand once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// 同一社区
    Community,
    /// 同一县区
    County,
    /// 同一平台
    Platform,
}

impl Unique {
    /// The words of profiles.
    pub const NAMES: [(&'static str, Self); 3] =
        [("community", Self::Community), ("county", Self::County), ("platform", Self::Platform)];
}

/// The cameras a template is for. An empty list leaves the choice open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppliesTo {
    /// Digits 11 to 13 of the device code.
    pub types: Vec<String>,
    /// Digits 9 and 10 of the device code.
    pub industry: Vec<String>,
    /// How CivilCode begins, 2 to 8 digits.
    pub civil_prefix: Vec<String>,
}

/// One name template as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateSpec {
    /// Its name.
    pub id: String,
    /// The cameras it is for.
    pub applies_to: AppliesTo,
    /// The ordered parts.
    pub parts: String,
    /// Fewest and most characters of a name.
    pub len: Option<(usize, usize)>,
    /// Named sets (`cjk`, `digit`, ...) or single signs a name is made of; empty: any character.
    pub charset: Vec<String>,
    /// Lint ids (`L18`), lint classes (`test`) or regular expressions no name may match.
    pub forbid: Vec<String>,
    /// Exceptions from `forbid`: lint ids or classes left out of it, or regular expressions of texts it overlooks.
    pub allow: Vec<String>,
    /// Where a name may stand once only.
    pub unique: Option<Unique>,
    /// What stands between two parts of a name. Blanks may stand there in any case.
    pub separator: Option<String>,
    /// Whether another region than that of CivilCode in the name fails it.
    pub region_must_match: bool,
    /// Whether the direction in the name must be that of DirectionType.
    pub direction_must_match: bool,
    /// Whether a name that does not match fails, or is a remark only.
    pub error: bool,
}

/// The user's own words for templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameLists {
    /// `[lists]`: words by the name of their list; one named like a kind (`spot`) adds to the built-in words.
    pub words: BTreeMap<String, Vec<String>>,
    /// `[patterns]`: regular expressions by name, for `{pointno:name}`.
    pub patterns: BTreeMap<String, String>,
}
