//! Floor 9: one audit; the only place that knows the order of the stages.

pub mod assess;
pub mod catalogued;
pub mod keep;
pub mod run;
pub mod targets;
pub mod together;

use crate::profile::{Profile, RateId};

/// `[audit]`
#[derive(Debug, Clone)]
pub struct AuditSetting {
    /// 口径
    pub profile: Profile,
    /// 辖区
    pub jurisdiction: Vec<String>,
    /// The rates a run answers for.
    pub rates: Vec<RateId>,
    /// The user's own boundary file, as text.
    pub boundaries: Option<String>,
}
