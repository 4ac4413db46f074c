//! The code tables, embedded as CSV and read once.

use std::sync::LazyLock;

use super::Edition;
use crate::base::lang::Text;

/// Whether the standard defines a type code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeClass {
    /// Defined, and a camera (131, 132).
    Camera,
    /// Defined, and a device or node that is no camera.
    Other,
    /// Defined, and a camera or not depending on the item (121 in 2022, 138).
    Maybe,
    /// Left to extensions: whoever uses it has to tell what it means.
    Extension,
    /// Reserved or not listed.
    Undefined,
}

/// One row of the table of type codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeCode {
    /// How it counts.
    pub class: TypeClass,
    /// What it is called.
    pub name: Text,
}

/// A table by edition and number.
struct ByNumber<T>([Vec<Option<T>>; 3]);

impl<T: Copy> ByNumber<T> {
    /// Reads rows of edition, first and last number, and what they say; the first row of a number stands.
    fn new(rows: impl Iterator<Item = (Edition, usize, usize, T)>, numbers: usize) -> Self {
        let mut table = Self(std::array::from_fn(|_| vec![None; numbers]));
        for (edition, from, to, value) in rows {
            let Some(list) = table.0.get_mut(edition as usize) else { continue };
            for place in list.iter_mut().take(to + 1).skip(from) {
                place.get_or_insert(value);
            }
        }
        table
    }

    fn get(&self, edition: Edition, number: usize) -> Option<T> {
        *self.0.get(edition as usize)?.get(number)?
    }
}

static TYPE_CODES: LazyLock<ByNumber<TypeCode>> = LazyLock::new(|| {
    let rows = records(include_str!("data/type_codes.csv")).filter_map(|r| {
        let class = match (r.get(6)?, r.get(7)?) {
            ("defined", "yes") => TypeClass::Camera,
            ("defined", "maybe") => TypeClass::Maybe,
            ("defined", _) => TypeClass::Other,
            ("extension", _) => TypeClass::Extension,
            _ => TypeClass::Undefined,
        };
        let name = Text::new(leak(r.get(3)?), leak(r.get(4)?));
        Some((Edition::parse(r.get(0)?)?, r.get(1)?.parse().ok()?, r.get(2)?.parse().ok()?, TypeCode { class, name }))
    });
    ByNumber::new(rows, 1_000)
});

/// How digits 9 and 10 stand in an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndustryClass {
    /// Defined.
    Defined,
    /// Left to the city (2022: 90 to 99).
    Custom,
    /// Reserved.
    Reserved,
}

/// A row of the table of industries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Industry {
    /// How it stands.
    pub class: IndustryClass,
    /// What it is called.
    pub name: Text,
}

/// A row of the table of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Reserved, not given to a network.
    pub reserved: bool,
    /// What it is called.
    pub name: Text,
}

static INDUSTRIES: LazyLock<ByNumber<Industry>> = LazyLock::new(|| {
    let rows = records(include_str!("data/industry_codes.csv")).filter_map(|r| {
        let class = match r.get(5)? {
            "defined" => IndustryClass::Defined,
            "custom" => IndustryClass::Custom,
            _ => IndustryClass::Reserved,
        };
        let name = Text::new(leak(r.get(3)?), leak(r.get(4)?));
        Some((Edition::parse(r.get(0)?)?, r.get(1)?.parse().ok()?, r.get(2)?.parse().ok()?, Industry { class, name }))
    });
    ByNumber::new(rows, 100)
});

static NETWORKS: LazyLock<ByNumber<Network>> = LazyLock::new(|| {
    let rows = records(include_str!("data/network_codes.csv")).filter_map(|r| {
        let number = r.get(1)?.parse().ok()?;
        let network = Network { reserved: r.get(4)? == "reserved", name: Text::new(leak(r.get(2)?), leak(r.get(3)?)) };
        Some((Edition::parse(r.get(0)?)?, number, number, network))
    });
    ByNumber::new(rows, 10)
});

static PROVINCES: LazyLock<Vec<String>> =
    LazyLock::new(|| records(include_str!("data/province_prefixes.csv")).filter_map(|r| Some(r.get(0)?.to_owned())).collect());

static RULE_B: LazyLock<Vec<(u8, u8, Text)>> = LazyLock::new(|| {
    // A reserved type is none.
    records(include_str!("data/rule_b_type_codes.csv"))
        .filter(|r| r.get(6) != Some("reserved"))
        .filter_map(|r| {
            let name = Text::new(leak(r.get(3)?), leak(r.get(4)?));
            Some((r.get(1)?.parse().ok()?, r.get(2)?.parse().ok()?, name))
        })
        .collect()
});

/// Rows of an embedded table, without its header.
fn records(table: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok)
}

/// Table texts live as long as the program.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

pub(super) fn type_code(edition: Edition, kind: u16) -> Option<TypeCode> {
    // The table of 2011 could not be read; its codes are those of 2016 as far as is known.
    let edition = if edition == Edition::Gb2011 { Edition::Gb2016 } else { edition };
    TYPE_CODES.get(edition, usize::from(kind))
}

pub(super) fn industry(edition: Edition, code: &str) -> Option<Industry> {
    INDUSTRIES.get(edition, code.parse().ok()?)
}

pub(super) fn network(edition: Edition, digit: &str) -> Option<Network> {
    NETWORKS.get(edition, digit.parse().ok()?)
}

/// Whether two digits begin the region codes of a province.
#[must_use]
pub fn is_province_prefix(prefix: &str) -> bool {
    PROVINCES.iter().any(|p| p == prefix)
}

/// What the last two digits of an 18-digit code mean under coding rule B (2016 annex D.2).
#[must_use]
pub fn rule_b_type_name(kind: u8) -> Option<Text> {
    RULE_B.iter().find(|(from, to, _)| (*from..=*to).contains(&kind)).map(|(.., name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(edition: Edition, kind: u16) -> Option<TypeClass> {
        edition.type_code(kind).map(|t| t.class)
    }

    #[test]
    fn cameras_nodes_and_extensions_are_told_apart_by_edition() {
        use Edition::{Gb2016, Gb2022};
        use TypeClass::{Camera, Extension, Maybe, Other, Undefined};
        for edition in [Gb2016, Gb2022] {
            assert_eq!(class(edition, 131), Some(Camera));
            assert_eq!(class(edition, 132), Some(Camera));
            assert_eq!(class(edition, 118), Some(Other));
            assert_eq!(class(edition, 215), Some(Other));
            assert_eq!(class(edition, 138), Some(Maybe));
            assert_eq!(class(edition, 700), Some(Extension));
            assert_eq!(class(edition, 1), None);
        }
        assert_eq!((class(Gb2016, 121), class(Gb2022, 121)), (Some(Extension), Some(Maybe)));
        assert_eq!((class(Gb2016, 119), class(Gb2022, 119)), (Some(Extension), Some(Undefined)));
    }

    #[test]
    fn the_other_tables_are_there() {
        assert!(is_province_prefix("37") && !is_province_prefix("75") && !is_province_prefix("00"));
        for edition in [Edition::Gb2011, Edition::Gb2016, Edition::Gb2022] {
            assert!((0..100).all(|n| edition.industry(&format!("{n:02}")).is_some()), "{edition:?}");
        }
        let name = |edition: Edition| edition.industry("47").map(|i| i.name.en);
        assert_eq!(
            (name(Edition::Gb2016), name(Edition::Gb2022)),
            (Some("Logistics enterprises"), Some("Accommodation and catering"))
        );
        assert_eq!(Edition::Gb2022.industry("90").map(|i| i.class), Some(IndustryClass::Custom));
        assert!((0..10).all(|n| Edition::Gb2022.network(&n.to_string()).is_some_and(|row| row.reserved == (n == 9))));
        assert_eq!(Edition::Gb2011.network("0"), None, "the serial begins there");
        assert_eq!(rule_b_type_name(60).map(|t| t.en), Some("Analogue camera"));
    }
}
