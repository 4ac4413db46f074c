//! Rules about the whole record and the whole catalogue.

mod shared;
pub mod x01_same_camera;
pub mod x02_single_value;
pub mod x03_mixed_editions;
pub mod x04_catalogue_count;
pub mod x05_unclassified;

pub(super) use shared::{Shared, Twins, address_of};

/// Codes named as examples in a finding about the catalogue.
pub(super) const EXAMPLES: usize = 5;
