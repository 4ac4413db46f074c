//! Rules about Longitude and Latitude (经纬度).

mod axis;
mod forensics;
pub mod g01_missing;
pub mod g02_zero;
pub mod g03_degrees_minutes;
pub mod g04_scaled;
pub mod g05_swapped;
pub mod g06_outside_china;
pub mod g07_outside_bounds;
pub mod g08_outside_county;
pub mod g09_decimals;
pub mod g10_stack;
pub mod g11_jitter;
pub mod g12_default_point;
pub mod g13_shifted;
pub mod g14_outside_community;
pub mod g15_drift;
pub mod g16_mobile;
pub(super) mod points;

use super::{Case, Change};
pub use crate::base::datum::Shift;
use crate::base::geo::Position;
use crate::base::lang::Text;
use crate::base::text::trim;
use crate::catalog::Item;
use crate::manscdp::item::Element;
pub(super) use axis::Axis;

/// Why the outline rules cannot tell.
const NO_AREA: Text = Text::new(
    "没有可用的区划边界：辖区未设置，行政区划和编码也不可用",
    "no outline to hold it against: no jurisdiction is set, and neither region nor code is usable",
);

/// Both axes as sent.
fn sent(item: &Item) -> (&str, &str) {
    let text = |element| item.sent(element).map_or("", trim);
    (text(Element::Longitude), text(Element::Latitude))
}

/// The same of a case.
fn sent_of<'a>(case: &Case<'a>) -> (&'a str, &'a str) {
    let text = |element| case.sent(element).map_or("", trim);
    (text(Element::Longitude), text(Element::Latitude))
}

/// The pair as sent, for a finding.
fn pair(case: &Case<'_>) -> String {
    let (lon, lat) = sent_of(case);
    if lon.is_empty() && lat.is_empty() { String::new() } else { format!("{lon},{lat}") }
}

/// Both axes as they are written.
pub(super) fn axes_of(lon: Option<&str>, lat: Option<&str>) -> (Axis, Axis) {
    (Axis::read(lon.map_or("", trim)), Axis::read(lat.map_or("", trim)))
}

fn axes(item: &Item) -> (Axis, Axis) {
    axes_of(item.sent(Element::Longitude), item.sent(Element::Latitude))
}

/// Both axes as decimal degrees, if they are numbers.
pub(super) const fn position((lon, lat): (Axis, Axis)) -> Option<Position> {
    match (lon, lat) {
        (Axis::Number(lon), Axis::Number(lat)) => Some(Position { lon, lat }),
        _ => None,
    }
}

/// Both axes of an item as decimal degrees, if they are numbers.
#[must_use]
pub fn position_of(item: &Item) -> Option<Position> {
    position(axes(item))
}

/// A position as a proposal.
fn changes(at: Position) -> Vec<Change> {
    let axis = |element, value: f64| Change { element, value: format!("{value:.6}") };
    vec![axis(Element::Longitude, at.lon), axis(Element::Latitude, at.lat)]
}
