//! Floor 8 (its `outcome` on floor 3, its `cause` on floor 4): asking every camera for a picture.

pub mod blame;
pub mod capacity;
pub mod cause;
pub mod decode;
mod ending;
pub mod outcome;
pub mod plan;
pub mod prober;
pub mod quiet;
pub mod replay;
pub mod session;
pub mod setting;
pub mod staging;
pub mod switchboard;
pub mod traffic;
