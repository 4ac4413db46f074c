//! Floor 8 (its `outcome` on floor 3): asking every camera for a picture.

pub mod outcome;
pub mod setting;
