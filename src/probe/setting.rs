//! How cameras are asked for pictures, as set. What counts as a picture stands in the profile.

use std::time::Duration;

use super::outcome::MediaTransport;
use super::quiet::QuietHours;
use crate::media::jpeg::Snapshots;

/// What to do with cameras the platform says are off line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflinePolicy {
    /// Call them once: Status is a claim.
    TryOnce,
    /// Do not call them.
    Skip,
}

impl OfflinePolicy {
    /// The words of settings.
    pub const NAMES: [(&'static str, Self); 2] = [("try-once", Self::TryOnce), ("skip", Self::Skip)];
}

/// Which attempts are kept on tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapePolicy {
    /// None.
    Off,
    /// Those of cameras that gave no picture.
    Failed,
    /// All.
    All,
}

impl TapePolicy {
    /// The words of settings.
    pub const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("failed", Self::Failed), ("all", Self::All)];
}

/// What is kept of the wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapeSetting {
    /// Which attempts.
    pub policy: TapePolicy,
    /// Octets of a run.
    pub max_bytes: u64,
}

impl Default for TapeSetting {
    fn default() -> Self {
        Self { policy: TapePolicy::Failed, max_bytes: 256 * 1024 * 1024 }
    }
}

/// Octets of key frames a run keeps unless the settings say otherwise.
const DEFAULT_KEY_FRAME_BYTES: u64 = 256 * 1024 * 1024;

/// `[probe]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSetting {
    /// Tried in this order.
    pub transports: Vec<MediaTransport>,
    /// Sessions at once, all platforms together.
    pub parallel: u32,
    /// Sessions at once on one platform.
    pub parallel_per_platform: u32,
    /// Sessions at once on one recorder.
    pub parallel_per_device: u32,
    /// Between two INVITEs to one platform.
    pub invite_gap: Duration,
    /// Cameras the platform says are off line.
    pub offline: OfflinePolicy,
    /// Whether snapshots are kept.
    pub snapshots: Snapshots,
    /// Octets of judged key frames a run keeps; they are kept where snapshots are, and not masked.
    pub key_frame_bytes: u64,
    /// What is kept of the wires.
    pub tape: TapeSetting,
    /// When nothing new is called.
    pub quiet_hours: QuietHours,
    /// What all sessions together may bring, Mbit/s; nothing where it is not limited.
    pub max_mbit: Option<u64>,
    /// Calling ends when the answer is certain; by this seed the order of the calls is drawn. Nothing: every camera is called.
    pub stop_when_certain: Option<u64>,
}

impl Default for ProbeSetting {
    fn default() -> Self {
        Self {
            transports: vec![MediaTransport::Udp, MediaTransport::TcpPassive, MediaTransport::TcpActive],
            parallel: 64,
            parallel_per_platform: 8,
            parallel_per_device: 4,
            invite_gap: Duration::from_millis(200),
            offline: OfflinePolicy::TryOnce,
            snapshots: Snapshots::On,
            key_frame_bytes: DEFAULT_KEY_FRAME_BYTES,
            tape: TapeSetting::default(),
            quiet_hours: QuietHours::default(),
            max_mbit: None,
            stop_when_certain: None,
        }
    }
}
