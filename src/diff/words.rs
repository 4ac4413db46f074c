//! Words of comparisons, in both languages.

use super::pair::How;
use crate::base::lang::{Lang, Text};
use crate::probe::outcome::{Cause, ProbeVerdict};

impl How {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        use crate::rules::Shared;
        match self {
            Self::Code => "code",
            Self::Listed => "listed",
            Self::Same(Shared::Mac) => "mac",
            Self::Same(Shared::Address) => "address",
            Self::Same(Shared::Endpoint) => "endpoint",
            Self::Same(Shared::Place) => "name_and_point",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Code => Text::new("编码相同", "the same code"),
            Self::Listed => Text::new("编码变更对照表", "the table of changed codes"),
            Self::Same(shared) => shared.title(),
        }
    }
}

/// What came of calling a camera.
pub(super) fn picture((verdict, cause): (ProbeVerdict, Option<Cause>), lang: Lang) -> &'static str {
    match (verdict, cause) {
        (ProbeVerdict::Picture, _) => Text::new("出图", "picture").get(lang),
        (ProbeVerdict::NoPicture, Some(cause)) => cause.title().get(lang),
        (ProbeVerdict::NoPicture, None) => Text::new("未出图", "no picture").get(lang),
        (ProbeVerdict::Untested, _) => Text::new("未检测", "not tested").get(lang),
    }
}

/// A text that is not there.
pub(super) fn absent(text: Option<&str>) -> &str {
    text.unwrap_or("—")
}
