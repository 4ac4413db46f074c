//! What two records of one camera say differently, element by element, and how far apart they put it.

use crate::base::geo::Position;
use crate::base::lang::Text;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::{Shift, position_of};

/// Positions within this are one place: six decimals are a decimetre, five a metre.
const SAME_PLACE_M: f64 = 2.0;
/// How near a converted position has to come to the other for the conversion to be recognised.
const RECOGNISED_M: f64 = 5.0;

/// One element that changed. Blank, missing and software nulls are one: absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange<'r> {
    /// Which.
    pub element: Element,
    /// The trimmed text before.
    pub before: Option<&'r str>,
    /// The trimmed text after.
    pub after: Option<&'r str>,
}

/// Everything but the code that two records say differently. Parents are compared as a set: order and separators do not
/// matter.
#[must_use]
pub fn changes<'r>(before: &'r Item, after: &'r Item) -> Vec<FieldChange<'r>> {
    if before.raw() == after.raw() && before.other_parents == after.other_parents {
        return Vec::new();
    }
    let compared = Element::ALL.iter().copied().filter(|e| !matches!(e, Element::DeviceID | Element::Password));
    compared
        .filter_map(|element| {
            let (old, new) = (before.text(element), after.text(element));
            let same = if element == Element::ParentID { parents(before) == parents(after) } else { old == new };
            (!same).then_some(FieldChange { element, before: old, after: new })
        })
        .collect()
}

/// The parents named, in order of their codes.
#[must_use]
pub fn parents(item: &Item) -> Vec<&str> {
    let mut parents = item.parents();
    parents.sort_unstable();
    parents
}

/// How a position got from one record to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// Longitude and latitude were swapped.
    Swapped,
    /// WGS-84 became GCJ-02.
    ToGcj02,
    /// GCJ-02 became WGS-84.
    FromGcj02,
    /// WGS-84 became BD-09.
    ToBd09,
    /// BD-09 became WGS-84.
    FromBd09,
    /// It moved in some other way.
    Elsewhere,
}

impl Move {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Swapped => "swapped",
            Self::ToGcj02 => "to_gcj02",
            Self::FromGcj02 => "from_gcj02",
            Self::ToBd09 => "to_bd09",
            Self::FromBd09 => "from_bd09",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Swapped => Text::new("经纬度对调", "longitude and latitude swapped"),
            Self::ToGcj02 => Text::new("转成了 GCJ-02（国测局坐标）", "converted to GCJ-02"),
            Self::FromGcj02 => Text::new("按 GCJ-02 转回了 WGS-84", "converted from GCJ-02"),
            Self::ToBd09 => Text::new("转成了 BD-09（百度坐标）", "converted to BD-09"),
            Self::FromBd09 => Text::new("按 BD-09 转回了 WGS-84", "converted from BD-09"),
            Self::Elsewhere => Text::new("移动", "moved"),
        }
    }
}

/// How far apart two records put one camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    /// Whole metres; 0 where the texts differ and the place does not.
    pub metres: u64,
    /// How; `None` within the same place.
    pub how: Option<Move>,
}

/// How far the position moved, where both records have a usable one (or one that is swapped).
#[must_use]
pub fn displacement(before: &Item, after: &Item) -> Option<Displacement> {
    let (was, is) = (position_of(before)?, position_of(after)?);
    let usable = was.in_china_bounds() || is.in_china_bounds();
    if usable && within(is, was.swapped(), SAME_PLACE_M) && !within(is, was, SAME_PLACE_M) {
        return Some(Displacement { metres: whole(distance(is, was)), how: Some(Move::Swapped) });
    }
    if !was.in_china_bounds() || !is.in_china_bounds() {
        return None;
    }
    let metres = distance(is, was);
    if metres <= SAME_PLACE_M {
        return Some(Displacement { metres: 0, how: None });
    }
    let ways = [
        (Move::ToGcj02, Shift::Gcj02.sent(was)),
        (Move::FromGcj02, Shift::Gcj02.truth(was)),
        (Move::ToBd09, Shift::Bd09.sent(was)),
        (Move::FromBd09, Shift::Bd09.truth(was)),
    ];
    let nearest = ways.into_iter().map(|(way, at)| (way, distance(is, at))).min_by(|a, b| a.1.total_cmp(&b.1));
    let how = nearest.filter(|(_, left)| *left <= RECOGNISED_M).map_or(Move::Elsewhere, |(way, _)| way);
    Some(Displacement { metres: whole(metres), how: Some(how) })
}

fn distance(a: Position, b: Position) -> f64 {
    let (east, north) = a.metres_from(b);
    east.hypot(north)
}

fn within(a: Position, b: Position, metres: f64) -> bool {
    distance(a, b) <= metres
}

/// Positions lie on the earth: the distance has no more than eight digits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a distance is not negative, and the cast saturates")]
fn whole(metres: f64) -> u64 {
    metres.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn item(elements: &[(&str, &str)]) -> Item {
        let mut builder = ItemBuilder::default();
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        Item::new(builder.finish(false))
    }

    fn at(lon: f64, lat: f64) -> Item {
        item(&[("Longitude", &format!("{lon:.6}")), ("Latitude", &format!("{lat:.6}"))])
    }

    #[test]
    fn blanks_nulls_and_the_order_of_parents_are_no_change() {
        let before = item(&[("DeviceID", "1"), ("Name", " 东门 "), ("Owner", "null"), ("ParentID", "2/3"), ("Password", "a")]);
        let after = item(&[("DeviceID", "9"), ("Name", "东门"), ("ParentID", "3;2"), ("Password", "")]);
        assert!(changes(&before, &after).is_empty());
        let after = item(&[("Name", "西门"), ("Block", "1"), ("ParentID", "3")]);
        let found = changes(&before, &after);
        assert_eq!(
            found,
            [
                FieldChange { element: Element::Name, before: Some("东门"), after: Some("西门") },
                FieldChange { element: Element::Block, before: None, after: Some("1") },
                FieldChange { element: Element::ParentID, before: Some("2/3"), after: Some("3") },
            ]
        );
    }

    #[test]
    fn conversions_are_recognised_and_told_from_moves() {
        let truth = Position { lon: 115.8896, lat: 34.9528 };
        let from = at(truth.lon, truth.lat);
        let to = |p: Position| at(p.lon, p.lat);
        for (moved, how) in [
            (Shift::Gcj02.sent(truth), Move::ToGcj02),
            (Shift::Gcj02.truth(truth), Move::FromGcj02),
            (Shift::Bd09.sent(truth), Move::ToBd09),
            (Shift::Bd09.truth(truth), Move::FromBd09),
            (truth.swapped(), Move::Swapped),
            (Position { lon: 115.8896, lat: 34.9618 }, Move::Elsewhere),
        ] {
            let found = displacement(&from, &to(moved)).unwrap();
            assert_eq!(found.how, Some(how), "{found:?}");
        }
        assert_eq!(displacement(&from, &to(Position { lon: 115.8896, lat: 34.9618 })).unwrap().metres, 1_001);
        assert_eq!(displacement(&from, &at(115.889_601, 34.9528)).unwrap(), Displacement { metres: 0, how: None });
        assert_eq!(displacement(&from, &item(&[])), None);
        assert_eq!(displacement(&at(0.0, 0.0), &from), None);
    }
}
