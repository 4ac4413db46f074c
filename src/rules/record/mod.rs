//! Rules about the whole record and the whole catalogue.

mod shared;
pub mod x01_same_camera;
pub mod x02_single_value;
pub mod x03_mixed_editions;
pub mod x04_catalogue_count;
pub mod x05_unclassified;

pub use shared::Shared;
pub(super) use shared::{address_of, name_of};

use crate::manscdp::item::Element;

/// The place of each element in a list, by the number of the element.
fn places_in(list: &[Element]) -> [Option<usize>; Element::ALL.len()] {
    let mut places = [None; Element::ALL.len()];
    for (place, element) in list.iter().enumerate() {
        if let Some(slot) = places.get_mut(*element as usize) {
            *slot = Some(place);
        }
    }
    places
}

/// Codes named as examples in a finding about the catalogue.
pub(super) const EXAMPLES: usize = 5;
