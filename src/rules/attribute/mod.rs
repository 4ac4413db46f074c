//! Rules about the other attributes of 一机一档.

pub mod a01_ip_address;
pub mod a02_ip_duplicate;
pub mod a03_mac_format;
pub mod a04_mac_duplicate;
pub mod a05_manufacturer;
pub mod a06_model;
pub mod a07_address;
pub mod a08_structure;
pub mod a09_position;
pub mod a10_capture_position;
pub mod a11_room;
pub mod a12_supply_light;
pub mod a13_direction;
pub mod a14_point_type;
pub mod a15_function;
pub mod a16_resolution;
pub mod a17_encoding;
pub mod a18_install_time;
pub mod a19_management_unit;
pub mod a20_contact;
pub mod a21_retention;
pub mod a22_police_block;
pub mod a23_parent;
pub mod a24_parental;
pub mod a25_status;
pub mod a26_secrecy;
pub mod a27_password;
pub mod a28_industry_class;
mod enumeration;
mod moment;
mod placeholder;

pub(super) use a02_ip_duplicate::endpoint;
pub(super) use a18_install_time::Seconds;

use super::{Autofix, Basis, Case, Context, Finding, Verdict};
use crate::base::lang::{Text, say};
use crate::catalog::Item;
use crate::catalog::kind::is_recorder;
use crate::manscdp::item::Element;

/// Whether two cameras are different devices: not two lines of one code, nor channels of one recorder or multi-lens
/// device, whether or not that is in the catalogue itself.
pub(super) fn are_apart(a: &Item, b: &Item) -> bool {
    let own = device_of(a);
    a.id() != b.id() && (own.is_none() || own != device_of(b))
}

fn device_of(item: &Item) -> Option<&str> {
    item.each_parent().find(|parent| is_recorder(parent))
}

/// The address of a network card as a number of 48 bits, however it is written; `None` where it is none or says
/// nothing.
pub(super) fn mac_number(item: &Item) -> Option<u64> {
    mac_number_of(item.text(Element::MAC)?)
}

/// The same of the text of MAC.
pub(super) fn mac_number_of(text: &str) -> Option<u64> {
    let number = hex_number(text)?;
    (number != 0 && number != 0xFFFF_FFFF_FFFF).then_some(number)
}

/// Twelve hex digits, with the separators of the field or none.
fn hex_number(text: &str) -> Option<u64> {
    let (mut number, mut digits) = (0_u64, 0_u32);
    for c in text.chars().filter(|c| !matches!(c, '-' | ':' | '.' | ' ')) {
        number = number << 4 | u64::from(c.to_digit(16)?);
        digits += 1;
        if digits > 12 {
            return None;
        }
    }
    (digits == 12).then_some(number)
}

/// The address of a network card as twelve hex digits in capitals; `None` where it is none or says nothing.
pub(super) fn mac_of(item: &Item) -> Option<String> {
    mac_number(item).map(|number| format!("{number:012X}"))
}

/// 一类视频监控点: some attributes are mandatory for it (2022).
fn is_class_one(item: &Item) -> bool {
    item.text(Element::PointType).is_some_and(|t| t.trim_start_matches('0') == "1")
}

/// Why a missing element cannot be held against an item.
const DAMAGED: Text = Text::new("记录的报文损坏，可能在传输中丢失", "the record came damaged; the element may have been lost");

/// An element that is asked for is not there or blank. In an item read tag by tag out of a broken message it may have been lost.
fn missing(case: &Case<'_>, context: &Context<'_>, what: Text, basis: Basis) -> Verdict {
    if case.item.raw().salvaged() {
        return Verdict::Unjudged(&DAMAGED);
    }
    let what = what.get(context.lang);
    let message = say!(context.lang, "未填写{what}", "no {what}");
    Verdict::Fail(Finding::new("", message).worth(Autofix::None).on(basis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_read_in_every_form_of_the_field() {
        for (text, number) in [
            ("00-1A-2B-3C-4D-5E", Some(0x001A_2B3C_4D5E)),
            ("001a.2b3c.4d5e", Some(0x001A_2B3C_4D5E)),
            ("001A2B3C4D5E", Some(0x001A_2B3C_4D5E)),
            ("00-1A-2B-3C-4D-5", None),
            ("00-1A-2B-3C-4D-5E-6F", None),
            ("00-1G-2B-3C-4D-5E", None),
            ("", None),
        ] {
            assert_eq!(hex_number(text), number, "{text}");
        }
    }
}
