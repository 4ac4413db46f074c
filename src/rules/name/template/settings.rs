//! A template with the settings beside it: length, characters, forbidden texts, and the cameras it is for.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::matcher::{Matched, Mismatch, Template};
use super::vocabulary::{is_chinese, regex};
use super::words::Places;
use super::{
    ENTRIES_MAX, LIST_WORDS_MAX, LISTS_MAX, SHOWN_CHARS, SUFFIXES_MAX, TEMPLATES_MAX, TemplateError, WORD_CHARS_MAX, fault,
};
use crate::base::device_id::is_digits;
use crate::base::lang::{Lang, Text, say};
use crate::base::settings_file::Problem;
use crate::base::text::excerpt;
use crate::profile::name_template::{AppliesTo, NameLists, NameTemplates, TemplateSpec, Unique};

/// The named sets of `charset`.
type Set = (&'static str, Text, fn(char) -> bool);

const SETS: [Set; 8] = [
    ("cjk", Text::new("汉字", "Chinese characters"), is_chinese),
    ("digit", Text::new("数字", "digits"), |c| c.is_ascii_digit()),
    ("latin", Text::new("字母", "letters"), |c| c.is_ascii_alphabetic()),
    ("dash", Text::new("连接号", "dashes"), |c| matches!(c, '-' | '–' | '—')),
    ("paren_half", Text::new("半角括号", "ASCII brackets"), |c| matches!(c, '(' | ')')),
    ("paren_full", Text::new("全角括号", "full-width brackets"), |c| matches!(c, '（' | '）')),
    ("hash", Text::new("井号", "#"), |c| c == '#'),
    ("dot", Text::new("点", "dots"), |c| matches!(c, '.' | '·')),
];

/// The classes of lints, for people.
const CLASSES: [(&str, Text); 10] = [
    ("vendor_default", Text::new("厂商默认名称", "a factory default")),
    ("meaningless", Text::new("说明不了地点", "it tells no place")),
    ("address_as_name", Text::new("以网络地址代替名称", "a network address")),
    ("code_as_name", Text::new("以编码代替名称", "a code")),
    ("test", Text::new("测试标记", "a mark of a test")),
    ("lifecycle", Text::new("停用或备用标记", "a mark of disuse")),
    ("charset", Text::new("不宜使用的字符", "an unsuitable character")),
    ("spacing", Text::new("多余的空格", "needless blanks")),
    ("language", Text::new("没有汉字", "no Chinese character")),
    ("length", Text::new("长度不合适", "an unsuitable length")),
];

/// One lint: id, class, pattern.
type Lint = (String, String, String);

static LINTS: LazyLock<Vec<Lint>> = LazyLock::new(|| {
    let table = csv::Reader::from_reader(include_str!("../../data/name_lint_patterns.csv").as_bytes());
    let rows = table.into_records().filter_map(Result::ok);
    rows.filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned(), row.get(2)?.to_owned()))).collect()
});

/// A template ready to be asked.
#[derive(Debug)]
pub struct Compiled {
    /// Its name.
    pub id: String,
    /// Where a name may stand once only.
    pub unique: Option<Unique>,
    /// Whether another region than that of CivilCode in the name fails it. The caller knows the regions.
    pub region_must_match: bool,
    /// Whether [`Matched::direction`] must be the item's DirectionType. The caller knows it.
    pub direction_must_match: bool,
    /// Whether a name that does not match fails, or is a remark only.
    pub error: bool,
    applies_to: AppliesTo,
    len: Option<(usize, usize)>,
    charset: Option<Charset>,
    forbid: Forbid,
    pub(super) template: Template,
}

/// Why a name is not as its template wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem {
    /// Its length in characters is not between these.
    Length {
        /// Characters of the name.
        chars: usize,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// It has a character of no set that is allowed.
    Charset {
        /// The first such character.
        found: char,
        /// What is allowed.
        allowed: Vec<Text>,
        /// Signs that are allowed.
        signs: String,
    },
    /// It matches what is forbidden.
    Forbidden {
        /// Lint id or pattern.
        entry: String,
        /// What the lint is about.
        class: Option<Text>,
        /// The text that matches.
        found: String,
    },
    /// It does not match the parts.
    Template(Mismatch),
}

impl NameProblem {
    /// Whether nothing is said about the name: a limit was reached.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Template(Mismatch::Undecided))
    }

    /// For people.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        match self {
            Self::Length { chars, min, max } => {
                say!(
                    lang,
                    "名称 {chars} 个字，应为 {min} 至 {max} 个字",
                    "the name has {chars} characters; {min} to {max} are wanted"
                )
            }
            Self::Charset { found, allowed, signs } => {
                let found = excerpt(&found.to_string(), 1 + SHOWN_CHARS);
                let allowed: Vec<&str> = allowed.iter().map(|t| t.get(lang)).collect();
                let mut allowed = allowed.join(match lang {
                    Lang::Zh => "、",
                    Lang::En => ", ",
                });
                if !signs.is_empty() {
                    allowed.push(' ');
                    allowed.push_str(signs);
                }
                say!(lang, "名称含有“{found}”，只可用：{allowed}", "the name has “{found}”; only these are allowed: {allowed}")
            }
            Self::Forbidden { entry, class, found } => {
                let found = excerpt(found, SHOWN_CHARS);
                let entry = excerpt(entry, 2 * SHOWN_CHARS);
                let why = class.map_or("", |c| c.get(lang));
                match class {
                    Some(_) => say!(lang, "名称含有“{found}”：{why}（{entry}）", "the name has “{found}”: {why} ({entry})"),
                    None => say!(
                        lang,
                        "名称含有“{found}”，模板禁止（{entry}）",
                        "the name has “{found}”, which is forbidden ({entry})"
                    ),
                }
            }
            Self::Template(mismatch) => mismatch.message(lang),
        }
    }
}

/// Makes a template of what a profile says.
///
/// # Errors
/// The first thing that is wrong, with its key, its position, and what to write instead.
pub fn compile(spec: &TemplateSpec, lists: &NameLists) -> Result<Compiled, TemplateError> {
    let under = |key: &'static str| move |error: TemplateError| error.under(&spec.id, key);
    check_lists(lists)?;
    applies(&spec.applies_to).map_err(under("applies_to"))?;
    if spec.len.is_some_and(|(min, max)| min > max || max == 0) {
        return Err(fault!("应写作 [最少, 最多]，如 [6, 40]", "write [fewest, most], such as [6, 40]")).map_err(under("len"));
    }
    let charset = Charset::new(&spec.charset, spec.separator.as_deref()).map_err(under("charset"))?;
    let forbid = Forbid::new(spec)?;
    let template = Template::parse(&spec.parts, lists, spec.separator.as_deref()).map_err(under("parts"))?;
    Ok(Compiled {
        id: spec.id.clone(),
        unique: spec.unique,
        region_must_match: spec.region_must_match,
        direction_must_match: spec.direction_must_match,
        error: spec.error,
        applies_to: spec.applies_to.clone(),
        len: spec.len,
        charset,
        forbid,
        template,
    })
}

impl Compiled {
    /// Asks a normalised name: its length, its characters, what is forbidden, then its parts.
    ///
    /// # Errors
    /// The first of these that is not right.
    pub fn check(&self, name: &str, places: &Places<'_>) -> Result<Matched, NameProblem> {
        if let Some((min, max)) = self.len {
            let chars = name.chars().count();
            if chars < min || chars > max {
                return Err(NameProblem::Length { chars, min, max });
            }
        }
        if let Some(charset) = &self.charset
            && let Some(found) = name.chars().find(|c| !charset.has(*c))
        {
            let allowed = charset.sets.iter().map(|(_, text, _)| *text).collect();
            return Err(NameProblem::Charset { found, allowed, signs: charset.signs.clone() });
        }
        self.forbid.check(name, self.charset.as_ref())?;
        self.template.check(name, places).map_err(NameProblem::Template)
    }

    /// The name as the template wants it, where nothing has to be guessed for that.
    #[must_use]
    pub fn repair(&self, name: &str, places: &Places<'_>) -> Option<String> {
        self.template.repair(name, places).filter(|repaired| self.check(repaired, places).is_ok())
    }

    /// Whether the template is for the camera with this code and this CivilCode.
    #[must_use]
    pub fn applies(&self, device_code: &str, civil_code: &str) -> bool {
        let AppliesTo { types, industry, civil_prefix } = &self.applies_to;
        // A code of another make has no industry and no type.
        let code = if device_code.len() == 20 && is_digits(device_code) { device_code } else { "" };
        let has =
            |list: &[String], digits: Option<&str>| list.is_empty() || digits.is_some_and(|d| list.iter().any(|one| one == d));
        has(industry, code.get(8..10))
            && has(types, code.get(10..13))
            && (civil_prefix.is_empty() || civil_prefix.iter().any(|prefix| civil_code.starts_with(prefix.as_str())))
    }
}

/// The templates of a profile, in its order.
#[derive(Debug, Default)]
pub struct TemplateSet {
    templates: Vec<Compiled>,
}

impl TemplateSet {
    /// Compiles the templates of a profile.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn compile(specs: &[TemplateSpec], lists: &NameLists) -> Result<Self, TemplateError> {
        if specs.len() > TEMPLATES_MAX {
            return Err(
                fault!("模板超过 {TEMPLATES_MAX} 个", "there are more than {TEMPLATES_MAX} templates").under("", "name.template")
            );
        }
        let mut templates: Vec<Compiled> = Vec::new();
        for spec in specs {
            if spec.id.trim().is_empty() {
                return Err(fault!("请给每个模板写 id", "write an id for each template").under("", "id"));
            }
            if templates.iter().any(|t| t.id == spec.id) {
                return Err(fault!("这个 id 用了两次", "this id stands twice").under(&spec.id, "id"));
            }
            templates.push(compile(spec, lists)?);
        }
        Ok(Self { templates })
    }

    /// What keeps the templates of a profile from being used, with its line.
    #[must_use]
    pub fn problems(names: &NameTemplates, file: &str, lang: Lang) -> Vec<Problem> {
        let Err(error) = Self::compile(&names.templates, &names.lists) else { return Vec::new() };
        let line = names.templates.iter().find(|spec| spec.id == error.template).map_or(0, |spec| spec.line);
        vec![Problem { file: file.to_owned(), line, message: error.message(lang) }]
    }

    /// The first template that is for this camera; none: its name is not held against any.
    #[must_use]
    pub fn select(&self, device_code: &str, civil_code: &str) -> Option<&Compiled> {
        self.templates.iter().find(|t| t.applies(device_code, civil_code))
    }

    /// Whether there is no template.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }
}

fn applies(applies: &AppliesTo) -> Result<(), TemplateError> {
    let wrong = |list: &[String], lengths: std::ops::RangeInclusive<usize>| {
        list.iter().find(|d| !lengths.contains(&d.len()) || !is_digits(d)).cloned()
    };
    if let Some(found) = wrong(&applies.types, 3..=3) {
        return Err(fault!(
            "type 应为编码第 11 至 13 位，如 \"132\"，而不是“{found}”",
            "a type is digits 11 to 13 of the code, such as \"132\", not “{found}”"
        ));
    }
    if let Some(found) = wrong(&applies.industry, 2..=2) {
        return Err(fault!(
            "industry 应为编码第 9、10 位，如 \"01\"，而不是“{found}”",
            "an industry is digits 9 and 10 of the code, such as \"01\", not “{found}”"
        ));
    }
    if let Some(found) = wrong(&applies.civil_prefix, 2..=8) {
        return Err(fault!(
            "civil_prefix 应为 2 至 8 位数字，如 \"371723\"，而不是“{found}”",
            "civil_prefix is 2 to 8 digits, such as \"371723\", not “{found}”"
        ));
    }
    Ok(())
}

fn check_lists(lists: &NameLists) -> Result<(), TemplateError> {
    if lists.words.len() > LISTS_MAX || lists.patterns.len() > LISTS_MAX {
        return Err(
            fault!("名单或正则超过 {LISTS_MAX} 个", "there are more than {LISTS_MAX} lists or patterns").under("", "lists")
        );
    }
    if let Some(name) = lists.words.keys().chain(lists.patterns.keys()).find(|name| !name.is_ascii()) {
        return Err(fault!(
            "名单或正则的名称“{name}”须用字母、数字，因为 {{…}} 中的中文参数就是词本身",
            "the name “{name}” of a list or pattern has to be ASCII: a Chinese argument of {{…}} is a word itself"
        )
        .under("", "lists"));
    }
    for (name, words) in &lists.words {
        let most = if name == "road" { SUFFIXES_MAX } else { LIST_WORDS_MAX };
        if words.len() > most {
            return Err(fault!("名单“{name}”超过 {most} 个词", "the list “{name}” has more than {most} words").under("", "lists"));
        }
        if words.iter().any(|w| w.trim().is_empty() || w.chars().nth(WORD_CHARS_MAX).is_some()) {
            return Err(fault!(
                "名单“{name}”中的词应为 1 至 {WORD_CHARS_MAX} 个字",
                "a word of the list “{name}” has to have 1 to {WORD_CHARS_MAX} characters"
            )
            .under("", "lists"));
        }
    }
    Ok(())
}

/// The characters a name may have. Blanks are none of its business: the template allows them between parts.
#[derive(Debug)]
struct Charset {
    sets: Vec<&'static Set>,
    signs: String,
}

impl Charset {
    /// `None` for an empty list: any character.
    fn new(entries: &[String], separator: Option<&str>) -> Result<Option<Self>, TemplateError> {
        too_many(entries)?;
        let mut charset = Self { sets: Vec::new(), signs: String::new() };
        for entry in entries {
            let mut chars = entry.chars();
            match (SETS.iter().find(|(name, ..)| name == entry), chars.next(), chars.next()) {
                (Some(set), ..) => charset.sets.push(set),
                (None, Some(sign), None) if !sign.is_alphanumeric() => charset.signs.push(sign),
                _ => {
                    let known = SETS.map(|(name, ..)| name).join(" ");
                    return Err(fault!(
                        "没有字符集“{entry}”，可用：{known}，或单个符号如 \"+\"",
                        "there is no set “{entry}”; the sets are {known}, or write one sign such as \"+\""
                    ));
                }
            }
        }
        charset.signs.extend(separator.into_iter().flat_map(str::chars).filter(|c| !c.is_whitespace()));
        Ok((!entries.is_empty()).then_some(charset))
    }

    fn has(&self, c: char) -> bool {
        c.is_whitespace() || self.signs.contains(c) || self.sets.iter().any(|(_, _, is)| is(c))
    }

    /// Whether the sign is allowed by name; what a lint says against such signs at large is overruled.
    fn names_sign(&self, c: char) -> bool {
        !c.is_alphanumeric() && !c.is_whitespace() && self.has(c)
    }
}

fn too_many(entries: &[String]) -> Result<(), TemplateError> {
    if entries.len() <= ENTRIES_MAX {
        return Ok(());
    }
    Err(fault!("超过 {ENTRIES_MAX} 项", "there are more than {ENTRIES_MAX} entries"))
}

/// What no name may match.
#[derive(Debug)]
struct Forbid {
    set: RegexSet,
    /// In the order of the set.
    entries: Vec<Entry>,
    /// The lint of one character over and over, which is no pattern.
    all_same: bool,
    /// What these match is taken out of the name before it is forbidden.
    allow: Vec<Regex>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    class: Option<Text>,
    /// Signs that the charset names are overlooked.
    about_characters: bool,
    regex: Regex,
}

/// What an entry of `forbid` or `allow` is.
enum Named {
    Lints(Vec<&'static Lint>),
    Pattern(Regex),
}

fn named(entry: &str) -> Result<Named, TemplateError> {
    let lints: Vec<&Lint> = LINTS.iter().filter(|(id, class, _)| id == entry || class == entry).collect();
    if !lints.is_empty() {
        return Ok(Named::Lints(lints));
    }
    // A misspelt class must not become a pattern that never matches.
    let looks_named = entry.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        || entry.strip_prefix('L').is_some_and(|digits| !digits.is_empty() && is_digits(digits));
    if looks_named {
        let known = CLASSES.map(|(name, _)| name).join(" ");
        return Err(fault!(
            "没有检查项“{entry}”，可用：{known}、L01 至 L28，或正则（纯小写字母的正则请加括号）",
            "there is no lint “{entry}”; write {known}, L01 to L28, or a regular expression (one of small letters only in brackets)"
        ));
    }
    regex(entry)
        .map(Named::Pattern)
        .map_err(|why| fault!("正则“{entry}”不能用：{why}", "the pattern “{entry}” cannot be used: {why}"))
}

impl Forbid {
    fn new(spec: &TemplateSpec) -> Result<Self, TemplateError> {
        let mut allow = Vec::new();
        let mut left_out: Vec<&str> = Vec::new();
        too_many(&spec.allow).map_err(|e| e.under(&spec.id, "allow"))?;
        for entry in &spec.allow {
            match named(entry).map_err(|e| e.under(&spec.id, "allow"))? {
                Named::Lints(lints) => left_out.extend(lints.iter().map(|(id, ..)| id.as_str())),
                Named::Pattern(regex) => allow.push(regex),
            }
        }
        let mut entries: Vec<Entry> = Vec::new();
        let mut all_same = false;
        let in_forbid = |e: TemplateError| e.under(&spec.id, "forbid");
        too_many(&spec.forbid).map_err(in_forbid)?;
        for entry in &spec.forbid {
            match named(entry).map_err(in_forbid)? {
                Named::Pattern(regex) => entries.push(Entry { name: entry.clone(), class: None, about_characters: false, regex }),
                Named::Lints(lints) => {
                    for (id, class, pattern) in lints.into_iter().filter(|(id, ..)| !left_out.contains(&id.as_str())) {
                        if pattern.starts_with("fn:") {
                            all_same = true;
                            continue;
                        }
                        let regex = regex(pattern)
                            .map_err(|why| in_forbid(fault!("检查项 {id} 不能用：{why}", "lint {id} cannot be used: {why}")))?;
                        let text = CLASSES.iter().find(|(name, _)| name == class).map(|(_, text)| *text);
                        entries.push(Entry { name: id.clone(), class: text, about_characters: class == "charset", regex });
                    }
                }
            }
        }
        let set = RegexSet::new(entries.iter().map(|e| e.regex.as_str()))
            .map_err(|why| in_forbid(fault!("正则合起来过大：{why}", "the patterns together are too large: {why}")))?;
        Ok(Self { set, entries, all_same, allow })
    }

    fn check(&self, name: &str, charset: Option<&Charset>) -> Result<(), NameProblem> {
        let hits = self.set.matches(name);
        for entry in hits.into_iter().filter_map(|i| self.entries.get(i)) {
            // What is forbidden has to be there still when all that is allowed is taken out.
            let mut left = name.to_owned();
            for allow in &self.allow {
                left = allow.replace_all(&left, "").into_owned();
            }
            if entry.about_characters {
                left.retain(|c| !charset.is_some_and(|charset| charset.names_sign(c)));
            }
            if left.is_empty() {
                continue;
            }
            if let Some(found) = entry.regex.find(&left) {
                let found = found.as_str().to_owned();
                return Err(NameProblem::Forbidden { entry: entry.name.clone(), class: entry.class, found });
            }
        }
        let mut chars = name.chars();
        if self.all_same && chars.next().is_some_and(|first| name.len() > first.len_utf8() && chars.all(|c| c == first)) {
            let class = CLASSES.iter().find(|(name, _)| *name == "meaningless").map(|(_, text)| *text);
            return Err(NameProblem::Forbidden { entry: "L14".to_owned(), class, found: name.to_owned() });
        }
        Ok(())
    }
}
