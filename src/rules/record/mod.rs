//! Rules about the whole record and the whole catalogue.

use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::context::normalise_name;

/// Where a channel is reached: address, port and channel name. `None` without an address.
pub(super) fn endpoint_of(item: &Item) -> Option<String> {
    let address = item.text(Element::IPAddress).filter(|a| !a.is_empty())?;
    let name = item.sent(Element::Name).map(normalise_name).filter(|n| !n.is_empty())?;
    let port = item.text(Element::Port).unwrap_or_default();
    Some(format!("{address}|{port}|{name}"))
}

/// Where a camera stands: its name and its point to a metre. `None` without both.
pub(super) fn place_of(item: &Item) -> Option<String> {
    let at = super::geo::position_of(item).filter(|at| at.in_china_bounds())?;
    let name = item.sent(Element::Name).map(normalise_name).filter(|n| !n.is_empty())?;
    Some(format!("{name}|{:.5}|{:.5}", at.lon, at.lat))
}
