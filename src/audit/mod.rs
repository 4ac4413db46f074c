//! Floor 9: one audit; the only place that knows the order of the stages.

mod areas;
pub mod assess;
mod basis;
pub mod batch;
mod beside;
mod calls;
pub mod carry;
pub mod catalogued;
pub mod correct;
pub mod draw;
pub mod estate;
pub mod history;
pub mod keep;
mod lately;
pub mod measures;
pub mod measuring;
pub mod own_clock;
mod pictures;
pub mod positions;
pub mod problems;
pub mod recall;
pub mod reviewed;
pub mod rounds;
pub mod run;
mod sampled;
pub mod targets;
pub mod together;
mod units;
pub mod waves;

use crate::base::settings_file::Problem;
use crate::evidence::{Confirmation, Supplied, WaiverFile};
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
    /// Tables only the user can supply.
    pub supplied: Vec<Supplied>,
    /// The user's own waivers.
    pub waivers: Option<WaiverFile>,
    /// 检测口径确认单
    pub confirmation: Option<Confirmation>,
}

/// Why evidence gives no report.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The profile that stands in it cannot be read.
    #[error("the profile: {}", .0.iter().map(Problem::render).collect::<Vec<_>>().join("; "))]
    Profile(Vec<Problem>),
    /// A table in it cannot be read.
    #[error("{name}:{line}: {message}")]
    Table {
        /// Its name.
        name: String,
        /// The line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The jurisdiction names no region.
    #[error("the jurisdiction: {0}")]
    Jurisdiction(String),
    /// The waivers in it cannot be read.
    #[error("{name}:{line}: {message}")]
    Waivers {
        /// Their name.
        name: String,
        /// The line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The boundary file cannot be read.
    #[error("the boundaries: {0}")]
    Boundaries(String),
}
