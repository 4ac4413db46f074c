//! 基层组织编码 (GrassrootsCode, 2022 E.3): three digits of the town, three of the village, and what their ranges mean.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// What a camera carries that was not built at grass-roots level.
pub const NOT_GRASSROOTS: &str = "000000";

/// Six digits in two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrassrootsCode {
    /// 街镇: digits 1 to 3.
    pub town: u16,
    /// 村居: digits 4 to 6.
    pub village: u16,
}

struct Ranges {
    towns: Vec<RangeInclusive<u16>>,
    villages: Vec<RangeInclusive<u16>>,
}

static RANGES: LazyLock<Ranges> = LazyLock::new(|| {
    let table = include_str!("data/grassroots_code_ranges.csv");
    let rows: Vec<_> = csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok).collect();
    let of = |level: &str| {
        let rows = rows.iter().filter(|row| row.get(0) == Some(level));
        rows.filter_map(|row| Some(row.get(2)?.parse().ok()?..=row.get(3)?.parse().ok()?)).collect()
    };
    Ranges { towns: of("town"), villages: of("village") }
});

impl GrassrootsCode {
    /// Six digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 6 || !crate::base::device_id::is_digits(text) {
            return None;
        }
        let (town, village) = text.split_at_checked(3)?;
        Some(Self { town: town.parse().ok()?, village: village.parse().ok()? })
    }

    /// Whether it says that the camera was not built at grass-roots level.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.town == 0 && self.village == 0
    }

    /// Whether the town's number is one that towns may have.
    #[must_use]
    pub fn is_town_in_range(self) -> bool {
        RANGES.towns.iter().any(|range| range.contains(&self.town))
    }

    /// Whether the village's number is one that villages may have.
    #[must_use]
    pub fn is_village_in_range(self) -> bool {
        RANGES.villages.iter().any(|range| range.contains(&self.village))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_and_their_ranges() {
        let code = |text| GrassrootsCode::parse(text).unwrap();
        assert_eq!(code("001001"), GrassrootsCode { town: 1, village: 1 });
        for (text, town, village) in [
            ("001001", true, true),
            ("599599", true, true),
            ("198498", true, true),
            ("600001", false, true),
            ("000001", false, true),
            ("001000", true, false),
            ("101600", true, false),
            ("999999", false, false),
        ] {
            assert_eq!((code(text).is_town_in_range(), code(text).is_village_in_range()), (town, village), "{text}");
        }
        assert!(code(NOT_GRASSROOTS).is_none() && !code("001000").is_none());
        for text in ["", "00100", "0010010", "00100a", "００１００１"] {
            assert_eq!(GrassrootsCode::parse(text), None, "{text}");
        }
    }
}
