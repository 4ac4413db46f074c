//! Rules about CivilCode (行政区划).

pub mod r01_missing;
pub mod r02_placeholder;
pub mod r03_length;
pub mod r04_too_coarse;
pub mod r05_unknown;
pub mod r06_retired;
pub mod r09_against_code;
pub mod r12_outside;

use super::Case;
use super::context::digits_of;
use crate::base::text::trim;
use crate::manscdp::item::Element;

/// CivilCode as sent; empty when absent or blank.
fn sent<'a>(case: &Case<'a>) -> &'a str {
    case.item.sent(Element::CivilCode).unwrap_or_default()
}

/// CivilCode normalised: trimmed, full-width digits made plain.
fn normal(case: &Case<'_>) -> String {
    digits_of(sent(case))
}

/// Whether nothing stands there. A literal "null" is a placeholder, not an absence (R02).
fn is_missing(case: &Case<'_>) -> bool {
    trim(sent(case)).is_empty()
}
