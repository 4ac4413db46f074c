//! Floor 8 (its `outcome` on floor 3): asking every camera for a picture.

pub mod blame;
pub mod capacity;
pub mod decode;
mod ending;
pub mod outcome;
pub mod plan;
pub mod prober;
pub mod quiet;
pub mod replay;
pub mod session;
pub mod setting;
pub mod switchboard;
pub mod traffic;
