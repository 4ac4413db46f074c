//! Rules about Name (设备名称).

mod lint;
pub mod n01_missing;
pub mod n02_mojibake;
pub mod n03_vendor_default;
pub mod n04_meaningless;
pub mod n05_characters;
pub mod n06_length;
pub mod n07_duplicate;
pub mod n08_template;
pub mod n09_other_region;
pub mod n10_mark;
pub mod n12_direction;
mod naming;
pub mod template;

pub use naming::Naming;
pub(super) use naming::six_of as county_of;

/// Whether a normalised name fails N02 to N04, so that it takes no part in looking for duplicates.
pub(super) fn is_bad(name: &str) -> bool {
    name.is_empty() || n02_mojibake::repaired(name).is_some() || name.contains('\u{FFFD}') || lint::first(name).is_some()
}
