//! What bears on whether our own side was sound (本工具一侧的佐证): who keeps our clock, what the platform's shows, what cameras
//! known to be good gave before and after, and what was kept on tape.

use serde::{Deserialize, Serialize};

use crate::base::lang::Text;
use crate::probe::outcome::ProbeRecord;
use crate::probe::outcome::ends::PeerClock;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Soundness {
    /// Our clock, when the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<OwnClock>,
    /// The platform's clock, as its last registration said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_clock: Option<PeerClock>,
    /// Calls of the control cameras, in the order they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
    /// What is on tape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tapes: Option<Tapes>,
}

impl Soundness {
    /// Files have none of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Our clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnClock {
    /// Whether it is kept right.
    pub state: ClockState,
    /// By whom: `systemd-timesyncd`, `chronyd`, `ntpd`; empty where that cannot be seen.
    pub by: String,
    /// When its keeper last left a mark on the disk, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked: Option<String>,
}

/// Whether a clock is kept right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Its keeper says that it has been set.
    Synchronised,
    /// Its keeper runs; whether it has set the clock cannot be seen.
    Running,
    /// Its keeper says that it has not been set.
    NotSynchronised,
    /// Nothing can be seen of a keeper.
    Unknown,
}

impl ClockState {
    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Synchronised => "synchronised",
            Self::Running => "running",
            Self::NotSynchronised => "not_synchronised",
            Self::Unknown => "unknown",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Synchronised => Text::new("已校时", "synchronised"),
            Self::Running => Text::new("校时服务在运行", "a time service runs"),
            Self::NotSynchronised => Text::new("未校时", "not synchronised"),
            Self::Unknown => Text::new("看不出是否校时", "cannot be told"),
        }
    }
}

/// Before or after the cameras of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the first of them.
    Before,
    /// After the last.
    After,
}

impl When {
    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Before => Text::new("检测前", "before"),
            Self::After => Text::new("检测后", "after"),
        }
    }
}

/// A control camera, called once more than the cameras of the run: it counts in no rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// When.
    pub when: When,
    /// What came of it.
    pub record: ProbeRecord,
}

/// Tapes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tapes {
    /// Attempts whose tape is kept.
    pub kept: u64,
    /// Their octets.
    pub bytes: u64,
    /// Attempts whose tape was not kept, because all of them together would have been over the limit.
    pub left_out: u64,
}
