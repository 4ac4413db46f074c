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
pub mod n11_osd;
pub mod n12_direction;
mod naming;
pub mod template;

pub(super) use lint::Class;

use super::Case;
pub use naming::Naming;
pub(super) use naming::six_of as county_of;

/// Whether a normalised name fails N02 to N04, so that it takes no part in looking for duplicates.
pub(super) fn is_bad(name: &str) -> bool {
    name.is_empty()
        || n02_mojibake::repaired(name).is_some()
        || name.contains('\u{FFFD}')
        || lint::first(name, lint::may_match(name)).is_some()
}

/// What a case's name was before it was garbled, asked once; see `n02_mojibake.rs`.
pub(super) fn repaired<'c>(case: &'c Case<'_>) -> Option<&'c str> {
    case.repaired.get_or_init(|| n02_mojibake::repaired(&case.name)).as_deref()
}

/// The bad-name pattern a case's name matches, asked once.
pub(super) fn lint(case: &Case<'_>) -> Option<(&'static str, Class)> {
    *case.lint.get_or_init(|| lint::first(&case.name, may_match(case)))
}

/// Whether a case's name may match a bad-name pattern or bear a mark, asked once.
fn may_match(case: &Case<'_>) -> bool {
    *case.may_match.get_or_init(|| lint::may_match(&case.name))
}

/// [`is_bad`] of a case's name.
pub(super) fn is_bad_case(case: &Case<'_>) -> bool {
    case.name.is_empty() || repaired(case).is_some() || case.name.contains('\u{FFFD}') || lint(case).is_some()
}
