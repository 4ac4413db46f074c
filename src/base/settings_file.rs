//! Reads a TOML file key by key and says, with line and nearest known key, what is wrong with it.
//!
//! Used for the settings, the profiles and the scenes of the simulator: whoever reads a key makes it
//! known, and what nobody asked for is an error. Not for: what the values mean.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::lang::{Lang, say};

/// Words a complaint lists; of longer lists only the nearest is named.
const MAX_WORDS_SHOWN: usize = 8;

/// Two keys are taken for a slip of the pen from this likeness on (Jaro-Winkler, 0 to 1).
const NEAR_ENOUGH: f64 = 0.75;

/// One thing wrong with a file, in the user's language, with the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// Line, counted from 1; 0 when it concerns the file as a whole.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Problem {
    /// `gbaudit.toml:12: ...`, understood by editors and by people.
    #[must_use]
    pub fn render(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.file, self.message),
            line => format!("{}:{line}: {}", self.file, self.message),
        }
    }
}

/// A TOML file being read.
pub struct Reader<'i> {
    file: String,
    source: &'i str,
    lang: Lang,
    root: Spanned<DeTable<'i>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'i> Reader<'i> {
    /// Parses the text; a syntax error is the only problem then.
    ///
    /// # Errors
    /// The syntax errors, with their lines.
    pub fn new(file: &str, source: &'i str, lang: Lang) -> Result<Self, Vec<Problem>> {
        match DeTable::parse(source) {
            Ok(root) => Ok(Self { file: file.to_owned(), source, lang, root, problems: RefCell::default() }),
            Err(error) => {
                let line = error.span().map_or(0, |span| line_of(source, span.start));
                let what = error.message();
                let message = say!(lang, "不是正确的 TOML：{what}", "not valid TOML: {what}");
                Err(vec![Problem { file: file.to_owned(), line, message }])
            }
        }
    }

    /// The file as a table.
    #[must_use]
    pub fn root(&self) -> Section<'_, 'i> {
        Section { reader: self, table: Some(self.root.get_ref()), path: String::new(), line: 0, known: RefCell::default() }
    }

    /// The language the problems are told in.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// What was wrong, in the order of the lines.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| p.line);
        problems
    }

    fn report(&self, line: usize, message: String) {
        self.problems.borrow_mut().push(Problem { file: self.file.clone(), line, message });
    }

    fn line(&self, offset: usize) -> usize {
        line_of(self.source, offset)
    }
}

fn line_of(source: &str, offset: usize) -> usize {
    source.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// One table of the file. Absent tables read as empty ones. Its unknown keys are reported by
/// [`Section::finish`], once every known one has been read.
pub struct Section<'a, 'i> {
    reader: &'a Reader<'i>,
    table: Option<&'a DeTable<'i>>,
    path: String,
    line: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// Whether the table stands in the file.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// The line the table begins on.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// A text, not blank.
    #[must_use]
    pub fn text(&self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => self.wrong_type(key, value, other, ("文本，写在引号里", "a text in quotes")),
        }
    }

    /// A text that must stand there.
    #[must_use]
    pub fn required_text(&self, key: &'static str, example: &str) -> Option<String> {
        let text = self.text(key);
        if text.is_none() && self.lookup(key).is_none() {
            let name = self.name(key);
            self.reader.report(
                self.line,
                say!(self.reader.lang, "缺少 {name}，例如 {key} = {example}", "{name} is missing, for example {key} = {example}"),
            );
        }
        text
    }

    /// One of a few words.
    #[must_use]
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            // A long list helps nobody; the nearest word does.
            let likeness = |word: &str| strsim::jaro_winkler(word, &text);
            let nearest = words.iter().map(|(word, _)| *word).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            let all = if words.len() > MAX_WORDS_SHOWN {
                nearest.map(|word| format!("\"{word}\" ...")).unwrap_or_default()
            } else {
                words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" | ")
            };
            let name = self.name(key);
            self.problem(
                key,
                say!(
                    self.reader.lang,
                    "{name} = \"{text}\" 不认识，可写：{all}",
                    "{name} = \"{text}\" is unknown, write one of: {all}"
                ),
            );
        }
        found
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn number(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(key)?;
        let parsed = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            other => return self.wrong_type(key, value, other, ("整数", "a whole number")),
        };
        match parsed.filter(|n| range.contains(n)) {
            Some(n) => Some(n),
            None => {
                let (low, high, name) = (range.start(), range.end(), self.name(key));
                self.problem(
                    key,
                    say!(self.reader.lang, "{name} 须在 {low} 到 {high} 之间", "{name} must be between {low} and {high}"),
                );
                None
            }
        }
    }

    /// A number with decimals (a whole number is one too), within bounds.
    #[must_use]
    pub fn decimal(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.get(key)?;
        let parsed: Option<f64> = match value.get_ref() {
            DeValue::Float(text) => text.as_str().parse().ok(),
            DeValue::Integer(text) => text.as_str().parse().ok(),
            other => return self.wrong_type(key, value, other, ("数字", "a number")),
        };
        match parsed.filter(|n| range.contains(n)) {
            Some(n) => Some(n),
            None => {
                let (low, high, name) = (range.start(), range.end(), self.name(key));
                self.problem(
                    key,
                    say!(self.reader.lang, "{name} 须在 {low} 到 {high} 之间", "{name} must be between {low} and {high}"),
                );
                None
            }
        }
    }

    /// `true` or `false`.
    #[must_use]
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong_type(key, value, other, ("true 或 false", "true or false")),
        }
    }

    /// One of a few words, or false and true for two of them.
    #[must_use]
    pub fn switch<T: Copy>(&self, key: &'static str, words: &[(&str, T)], [off, on]: [T; 2]) -> Option<T> {
        match self.lookup(key).map(Spanned::get_ref) {
            Some(DeValue::Boolean(_)) => self.flag(key).map(|flag| if flag { on } else { off }),
            _ => self.word(key, words),
        }
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.list(key, ("文本列表，如 [\"a\", \"b\"]", "a list of texts such as [\"a\", \"b\"]"), |value| {
            value.as_str().map(ToOwned::to_owned)
        })
    }

    /// A list of whole numbers.
    #[must_use]
    pub fn numbers(&self, key: &'static str) -> Option<Vec<u64>> {
        self.list(key, ("整数列表，如 [5, 15]", "a list of numbers such as [5, 15]"), |value| {
            value.as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok())
        })
    }

    /// A table inside this one.
    #[must_use]
    pub fn section(&self, key: &'static str) -> Self {
        let mut inner =
            Section { reader: self.reader, table: None, path: self.name(key), line: self.line, known: RefCell::default() };
        if let Some(value) = self.get(key) {
            match value.get_ref() {
                DeValue::Table(table) => {
                    inner.table = Some(table);
                    inner.line = self.reader.line(value.span().start);
                }
                other => {
                    let _: Option<()> = self.wrong_type(key, value, other, ("一节", "a table"));
                }
            }
        }
        inner
    }

    /// The tables of a list of tables, `[[platform]]`.
    #[must_use]
    pub fn sections(&self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            let hint = ("一组节，写作 [[...]]", "a list of tables, [[...]]");
            let _: Option<()> = self.wrong_type(key, value, value.get_ref(), hint);
            return Vec::new();
        };
        let mut inner = Vec::new();
        for element in array {
            let Some(table) = element.get_ref().as_table() else { continue };
            inner.push(Section {
                reader: self.reader,
                table: Some(table),
                path: self.name(key),
                line: self.reader.line(element.span().start),
                known: RefCell::default(),
            });
        }
        inner
    }

    /// Every key of the table with a text value, for tables whose keys are the user's (`[channels]`).
    #[must_use]
    pub fn free_texts(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, value) in self.table.into_iter().flat_map(|t| t.iter()) {
            match value.get_ref() {
                DeValue::String(text) => pairs.push((key.get_ref().to_string(), text.to_string())),
                other => {
                    let _: Option<()> = self.wrong_type(key.get_ref(), value, other, ("文本，写在引号里", "a text in quotes"));
                }
            }
        }
        pairs
    }

    /// Every key of the table with a list of texts, for tables whose keys are the user's (`[name.lists]`).
    #[must_use]
    pub fn free_lists(&self) -> Vec<(String, Vec<String>)> {
        let mut lists = Vec::new();
        for (key, value) in self.table.into_iter().flat_map(|t| t.iter()) {
            let texts = value.get_ref().as_array().map(|array| array.iter().map(|e| e.get_ref().as_str().map(str::to_owned)));
            match texts.and_then(Iterator::collect) {
                Some(texts) => lists.push((key.get_ref().to_string(), texts)),
                None => {
                    let wanted = ("文本列表，如 [\"a\", \"b\"]", "a list of texts such as [\"a\", \"b\"]");
                    let _: Option<()> = self.wrong_type(key.get_ref(), value, value.get_ref(), wanted);
                }
            }
        }
        lists
    }

    /// Reports something wrong with the value of a key.
    pub fn problem(&self, key: &str, message: String) {
        let line = self
            .table
            .and_then(|t| t.iter().find(|(k, _)| k.get_ref().as_ref() == key))
            .map_or(self.line, |(k, _)| self.reader.line(k.span().start));
        self.reader.report(line, message);
    }

    /// The language problems are told in.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.reader.lang
    }

    /// Whether the key stands there, whatever its value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.lookup(key).is_some()
    }

    /// Reports the keys nobody asked for, each with the nearest known one.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, _) in self.table.into_iter().flat_map(|t| t.iter()) {
            let text: &str = key.get_ref().as_ref();
            if known.contains(&text) {
                continue;
            }
            let nearest = known
                .iter()
                .map(|k| (strsim::jaro_winkler(k, text), *k))
                .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let name = if self.path.is_empty() { text.to_owned() } else { format!("{}.{text}", self.path) };
            let message = match nearest {
                Some((_, near)) => say!(
                    self.reader.lang,
                    "不认识的设置 {name}，是否想写 {near}？",
                    "unknown setting {name}, did you mean {near}?"
                ),
                None => {
                    let all = known.join(", ");
                    say!(self.reader.lang, "不认识的设置 {name}，此处可用：{all}", "unknown setting {name}, known here: {all}")
                }
            };
            self.reader.report(self.reader.line(key.span().start), message);
        }
    }

    fn list<T>(&self, key: &'static str, wanted: (&str, &str), read: impl Fn(&DeValue<'i>) -> Option<T>) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, value.get_ref(), wanted);
        };
        let mut list = Vec::new();
        for element in array {
            match read(element.get_ref()) {
                Some(item) => list.push(item),
                None => return self.wrong_type(key, element, element.get_ref(), wanted),
            }
        }
        Some(list)
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.borrow_mut().push(key);
        self.lookup(key)
    }

    fn lookup(&self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        let table = self.table?;
        table.iter().find(|(k, _): &(&Spanned<DeString<'i>>, _)| k.get_ref().as_ref() == key).map(|(_, v)| v)
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong_type<T>(&self, key: &str, at: &Spanned<DeValue<'i>>, found: &DeValue<'i>, (zh, en): (&str, &str)) -> Option<T> {
        let (name, found) = (self.name(key), found.type_str());
        let message = say!(self.reader.lang, "{name} 应为{zh}，现在写的是 {found}", "{name} must be {en}, not {found}");
        self.reader.report(self.reader.line(at.span().start), message);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(source: &str, read: impl Fn(&Section<'_, '_>)) -> Vec<String> {
        let reader = match Reader::new("f.toml", source, Lang::En) {
            Ok(reader) => reader,
            Err(problems) => return problems.iter().map(Problem::render).collect(),
        };
        let root = reader.root();
        read(&root);
        root.finish();
        reader.into_problems().iter().map(Problem::render).collect()
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_known_one() {
        let found = problems("\n[local]\nid = \"1\"\nlisten_on = []\n", |root| {
            let local = root.section("local");
            let _ = (local.text("id"), local.texts("listen"));
            local.finish();
        });
        assert_eq!(found, ["f.toml:4: unknown setting local.listen_on, did you mean listen?"]);
    }

    #[test]
    fn wrong_types_and_bounds_are_said_with_what_to_write() {
        let found = problems("a = 1\nb = \"x\"\nc = 70000\n", |root| {
            let _ = (root.text("a"), root.number("b", 0..=9), root.number("c", 1..=65_535));
        });
        assert_eq!(
            found,
            [
                "f.toml:1: a must be a text in quotes, not integer",
                "f.toml:2: b must be a whole number, not string",
                "f.toml:3: c must be between 1 and 65535",
            ]
        );
    }

    #[test]
    fn a_required_key_that_is_missing_is_named_with_an_example() {
        let found = problems("[p]\nx = 1\n", |root| {
            let p = root.section("p");
            let _ = (p.required_text("id", "\"3717...\""), p.number("x", 0..=5));
            p.finish();
        });
        assert_eq!(found, ["f.toml:1: p.id is missing, for example id = \"3717...\""]);
    }

    #[test]
    fn lists_under_the_users_own_keys() {
        let found = problems("[lists]\na = [\"x\", \"y\"]\nb = [1]\nc = \"z\"\n", |root| {
            assert_eq!(root.section("lists").free_lists(), [("a".to_owned(), vec!["x".to_owned(), "y".to_owned()])]);
        });
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("f.toml:3: lists.b must be a list of texts"), "{found:?}");
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let found = problems("a = 1\nb = = 2\n", |_| ());
        assert!(found[0].starts_with("f.toml:2: not valid TOML"), "{found:?}");
    }
}
