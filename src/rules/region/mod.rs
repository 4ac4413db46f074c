//! Rules about CivilCode (行政区划).

pub mod r01_missing;
pub mod r02_placeholder;
pub mod r03_length;
pub mod r04_too_coarse;
pub mod r05_unknown;
pub mod r06_retired;
pub mod r07_zone;
pub mod r08_access_unit;
pub mod r09_against_code;
pub mod r10_against_position;
pub mod r11_against_tree;
pub mod r12_outside;
pub mod r13_grassroots;

use super::Case;
use crate::base::text::trim;
use crate::manscdp::item::Element;

/// CivilCode as sent; empty when absent or blank.
fn sent<'a>(case: &Case<'a>) -> &'a str {
    case.sent(Element::CivilCode).unwrap_or_default()
}

/// CivilCode normalised: trimmed, full-width digits made plain.
fn normal<'c>(case: &'c Case<'_>) -> &'c str {
    &case.civil
}

/// Whether nothing stands there. A literal "null" is a placeholder, not an absence (R02).
fn is_missing(case: &Case<'_>) -> bool {
    trim(sent(case)).is_empty()
}
