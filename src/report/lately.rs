//! What the nights before know of each camera: 首次在线, 末次在线, 连续异常天数.

use crate::base::time::Timestamp;

/// Of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lately {
    /// 首次在线: when our runs first saw it alive.
    pub first: Option<Timestamp>,
    /// 末次在线: this run, or when it was last seen alive by earlier ones or by the user's account.
    pub last: Option<Timestamp>,
    /// 连续异常天数: of the problem that stands open longest; nothing where none does, or no book was kept.
    pub days: Option<u64>,
}

/// A day in Beijing, for people.
#[must_use]
pub fn day(at: Option<Timestamp>) -> String {
    at.map(|at| at.beijing("%Y-%m-%d")).unwrap_or_default()
}
