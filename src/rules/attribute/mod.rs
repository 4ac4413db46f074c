//! Rules about the other attributes of 一机一档.

pub mod a04_mac_duplicate;

use crate::catalog::Item;
use crate::manscdp::item::Element;

/// The address of a network card as twelve hex digits in capitals; `None` where it is none or says nothing.
pub(super) fn mac_of(item: &Item) -> Option<String> {
    let sent = item.text(Element::MAC)?;
    let digits: String = sent.chars().filter(|c| !matches!(c, '-' | ':' | '.' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
    let good = digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit());
    (good && digits != "000000000000" && digits != "FFFFFFFFFFFF").then_some(digits)
}
