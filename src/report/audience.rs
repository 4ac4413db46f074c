//! 报告版本: whom a report is for.

use crate::base::lang::Text;

/// Whom a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// 内部版: everything, for the offices concerned.
    #[default]
    Internal,
    /// 公示版: nothing by which a camera could be found or reached.
    Public,
}

impl Audience {
    /// The words of the command line.
    pub const NAMES: [(&'static str, Self); 2] = [("internal", Self::Internal), ("public", Self::Public)];

    /// What stands above every page.
    #[must_use]
    pub const fn mark(self) -> Text {
        match self {
            Self::Internal => Text::new("内部资料　注意保管", "internal: keep safe"),
            Self::Public => Text::new(
                "公示版（编码已遮盖，不含地址、坐标和画面）",
                "public edition (codes masked; no addresses, positions or pictures)",
            ),
        }
    }
}
