//! The two languages every text for people exists in.
//!
//! Both wordings stand side by side in the source: a text that lacks one of them does not compile.

/// The language of what a person reads. Chinese unless asked otherwise (`--lang`, `GBAUDIT_LANG`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// Reads `zh`, `en` and the usual locale spellings of the two (`zh-CN`, `en_US.UTF-8`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let head = text.split(['-', '_', '.']).next().unwrap_or_default();
        match head.to_ascii_lowercase().as_str() {
            "zh" | "cn" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The value of the HTML `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// One fixed text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
}

impl Text {
    /// Both wordings, Chinese first.
    #[must_use]
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }

    /// The wording in `lang`.
    #[must_use]
    pub const fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// Formats a text in the language asked for: `say!(lang, "共 {n} 条", "{n} in all")`.
#[macro_export]
macro_rules! say {
    ($lang:expr, $zh:literal, $en:literal $(,)?) => {
        match $lang {
            $crate::base::lang::Lang::Zh => format!($zh),
            $crate::base::lang::Lang::En => format!($en),
        }
    };
}
pub use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_locale_spellings() {
        assert_eq!(Lang::parse("zh_CN.UTF-8"), Some(Lang::Zh));
        assert_eq!(Lang::parse("EN"), Some(Lang::En));
        assert_eq!(Lang::parse("C"), None);
    }

    #[test]
    fn formats_the_language_asked_for() {
        let n = 3;
        assert_eq!(say!(Lang::Zh, "共 {n} 条", "{n} in all"), "共 3 条");
        assert_eq!(say!(Lang::En, "共 {n} 条", "{n} in all"), "3 in all");
    }
}
