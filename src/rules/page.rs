//! The page of a rule, read from its doc comment.
//!
//! Form: the Chinese page, then the English one. Each begins with `# title`, then sections `## heading`.
//! The first sentence of the first section stands alone in lists.

use crate::base::lang::Lang;

/// A rule's page in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    zh: Side,
    en: Side,
}

/// One language of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// What is wrong, in a few words.
    pub title: String,
    /// Heading and text of each section.
    pub sections: Vec<(String, String)>,
}

impl Page {
    pub(super) fn parse(doc: &str) -> Self {
        let mut sides = [Side::default(), Side::default()];
        let mut titles = 0_usize;
        for line in doc.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)) {
            if let Some(title) = line.strip_prefix("# ") {
                titles += 1;
                if let Some(side) = sides.get_mut(titles - 1) {
                    title.trim().clone_into(&mut side.title);
                }
                continue;
            }
            let Some(side) = titles.checked_sub(1).and_then(|i| sides.get_mut(i)) else { continue };
            if let Some(heading) = line.strip_prefix("## ") {
                side.sections.push((heading.trim().to_owned(), String::new()));
            } else if let Some((_, text)) = side.sections.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        }
        for (_, text) in sides.iter_mut().flat_map(|s| &mut s.sections) {
            text.truncate(text.trim_end().len());
        }
        let [zh, en] = sides;
        Self { zh, en }
    }

    /// The page in a language.
    #[must_use]
    pub const fn side(&self, lang: Lang) -> &Side {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}
