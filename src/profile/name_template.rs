//! The name templates of a profile, as data: what stands under `[[name.template]]`, `[name.lists]` and
//! `[name.patterns]`.
//!
//! Not for: what the texts mean. `rules::template` compiles and asks them.

use std::collections::BTreeMap;

use crate::base::lang::say;
use crate::base::settings_file::Section;

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
    /// The line of the profile it begins on; 0 where it was not read from one.
    pub line: usize,
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
    /// `[name.lists]`: words by the name of their list; one named like a kind (`spot`) adds to the built-in words,
    /// and `town`, `community` and `compound` are the names of those places.
    pub words: BTreeMap<String, Vec<String>>,
    /// `[name.patterns]`: regular expressions by name, for `{pointno:name}`.
    pub patterns: BTreeMap<String, String>,
}

/// What a profile says about names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameTemplates {
    /// The templates, in the order they are tried.
    pub templates: Vec<TemplateSpec>,
    /// The words they refer to.
    pub lists: NameLists,
}

impl NameTemplates {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let templates = section.sections("template").iter().map(read_template).collect();
        let words = section.section("lists").free_lists().into_iter().collect();
        let patterns = section.section("patterns").free_texts().into_iter().collect();
        section.finish();
        Self { templates, lists: NameLists { words, patterns } }
    }
}

fn read_template(section: &Section<'_, '_>) -> TemplateSpec {
    let texts = |key: &'static str| section.texts(key).unwrap_or_default();
    let applies = section.section("applies_to");
    let applied = |key: &'static str| applies.texts(key).unwrap_or_default();
    let applies_to = AppliesTo { types: applied("type"), industry: applied("industry"), civil_prefix: applied("civil_prefix") };
    applies.finish();
    let spec = TemplateSpec {
        id: section.required_text("id", "\"community\"").unwrap_or_default(),
        line: section.line(),
        applies_to,
        parts: section.required_text("parts", "\"{community} {spot} {serial:1,3}?\"").unwrap_or_default(),
        len: read_len(section),
        charset: texts("charset"),
        forbid: texts("forbid"),
        allow: texts("allow"),
        unique: section.word("unique", &Unique::NAMES),
        separator: section.text("separator"),
        region_must_match: section.flag("region_must_match").unwrap_or(false),
        direction_must_match: section.flag("direction_must_match").unwrap_or(false),
        error: section.word("severity", &[("error", true), ("warn", false)]).unwrap_or(true),
    };
    section.finish();
    spec
}

fn read_len(section: &Section<'_, '_>) -> Option<(usize, usize)> {
    let numbers = section.numbers("len")?;
    let pair = match numbers.as_slice() {
        [min, max] => usize::try_from(*min).ok().zip(usize::try_from(*max).ok()),
        _ => None,
    };
    if pair.is_none() {
        section.problem(
            "len",
            say!(section.lang(), "len 应写作 [最少, 最多]，如 [6, 40]", "write len as [fewest, most], such as [6, 40]"),
        );
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::lang::Lang;
    use crate::profile::Profile;

    fn with(text: &str) -> Result<NameTemplates, Vec<String>> {
        let source = format!("{}\n{text}", Profile::embedded("sd-2022-basic").unwrap());
        let profile = Profile::parse("p.toml", &source, Lang::En);
        profile.map(|p| p.compliance.names).map_err(|problems| problems.into_iter().map(|p| p.message).collect())
    }

    #[test]
    fn the_example_of_the_manual_is_read() {
        let names = with(
            r#"
            [[name.template]]
            id = "community"
            applies_to = { civil_prefix = ["371723"], industry = ["01"], type = ["132"] }
            parts = "{county:short}? {community:any} {spot}"
            len = [6, 40]
            charset = ["cjk", "digit"]
            forbid = ["test"]
            allow = ["（备用）"]
            unique = "county"
            separator = "-"
            region_must_match = true
            direction_must_match = true
            severity = "warn"
            [[name.template]]
            id = "crossing"
            parts = "{cross} {dir:8}"
            [name.lists]
            community = ["幸福社区", "张庄村"]
            [name.patterns]
            pole = 'G[0-9]'
            "#,
        )
        .unwrap();
        let [first, second] = names.templates.as_slice() else { panic!("{names:?}") };
        assert_eq!((first.id.as_str(), first.len, first.unique), ("community", Some((6, 40)), Some(Unique::County)));
        assert_eq!((first.applies_to.types.len(), first.allow.len(), first.separator.as_deref()), (1, 1, Some("-")));
        assert!(first.region_must_match && first.direction_must_match && !first.error && second.error);
        assert!(first.line > 0 && second.line > first.line);
        assert_eq!((names.lists.words["community"].len(), names.lists.patterns["pole"].as_str()), (2, "G[0-9]"));
        assert_eq!(with("").unwrap(), NameTemplates::default());
    }

    #[test]
    fn what_is_unknown_or_missing_is_named() {
        for (text, said) in [
            ("[[name.template]]\nid = \"a\"\n", "name.template.parts is missing"),
            ("[[name.template]]\nparts = \"{spot}\"\n", "name.template.id is missing"),
            ("[[name.template]]\nid = \"a\"\nparts = \"{spot}\"\nlength = [1, 2]\n", "did you mean len?"),
            ("[[name.template]]\nid = \"a\"\nparts = \"{spot}\"\nlen = [1]\n", "write len as [fewest, most]"),
            ("[[name.template]]\nid = \"a\"\nparts = \"{spot}\"\nunique = \"city\"\n", "\"city\" is unknown"),
            ("[[name.template]]\nid = \"a\"\nparts = \"{spot}\"\napplies_to = { types = [] }\n", "did you mean type?"),
            ("[name]\nlist = 1\n", "did you mean lists?"),
        ] {
            let problems = with(text).unwrap_err();
            assert!(problems.len() == 1 && problems[0].contains(said), "{text}: {problems:?}");
        }
    }
}
