//! Region codes: in force, retired with successors, functional zones, never valid.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Level of a region code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// 省级
    Province,
    /// 地级
    Prefecture,
    /// 县级
    County,
}

/// What a six-digit code is today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeStatus<'a> {
    /// In force.
    Current {
        /// Name of the unit.
        name: &'a str,
        /// Its level.
        level: Level,
    },
    /// No longer in force.
    Retired {
        /// Name it had.
        name: &'a str,
        /// Its level.
        level: Level,
        /// The codes in force that hold its territory.
        successors: &'a [u32],
    },
    /// 功能区: a development zone of the statistics bureau; used by platforms that run their own centre.
    Zone {
        /// Name of the zone.
        name: &'a str,
        /// The counties it lies in, if known.
        hosts: &'a [u32],
    },
    /// In some list, never an assigned code: 市辖区 placeholders, variants, unofficial numbers.
    Unofficial {
        /// What it is called there.
        name: &'a str,
        /// The units it stands for.
        hosts: &'a [u32],
    },
    /// In no list.
    Unknown,
}

#[derive(Debug)]
struct Region {
    name: String,
    level: Level,
    current: bool,
    successors: Vec<u32>,
}

#[derive(Debug)]
struct Zone {
    name: String,
    administered: bool,
    parent: u32,
    hosts: Vec<u32>,
}

/// Prefectures that have no counties; their codes count as county codes.
const WITHOUT_COUNTIES: [u32; 4] = [620_200, 441_900, 442_000, 460_400];

/// The code tables.
#[derive(Debug)]
pub struct Divisions {
    regions: HashMap<u32, Region>,
    zones: HashMap<u32, Zone>,
}

static EMBEDDED: LazyLock<Divisions> =
    LazyLock::new(|| Divisions::from_csv(include_str!("data/region-codes.csv"), include_str!("data/functional-zones.csv")));

/// Six digits as a number.
#[must_use]
pub fn parse_six(text: &str) -> Option<u32> {
    (text.len() == 6 && crate::base::device_id::is_digits(text)).then(|| text.parse().ok()).flatten()
}

/// A code as it is written.
#[must_use]
pub fn six(code: u32) -> String {
    format!("{code:06}")
}

impl Divisions {
    /// The tables of this build.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads both tables; rows that cannot be read are left out.
    #[must_use]
    pub fn from_csv(regions: &str, zones: &str) -> Self {
        let mut tables = Self { regions: HashMap::new(), zones: HashMap::new() };
        for row in rows(regions) {
            let Some(code) = row.get(0).and_then(parse_six) else { continue };
            let level = match row.get(2) {
                Some("province") => Level::Province,
                Some("prefecture") => Level::Prefecture,
                _ => Level::County,
            };
            let current = row.get(4) == Some("current");
            // A code may stand on several rows (periods, names); the one in force wins, else the last.
            if tables.regions.get(&code).is_some_and(|r| r.current) {
                continue;
            }
            let name = row.get(1).unwrap_or_default().to_owned();
            let successors = list(row.get(9).unwrap_or_default());
            tables.regions.insert(code, Region { name, level, current, successors });
        }
        for row in rows(zones) {
            let Some(code) = row.get(0).and_then(parse_six) else { continue };
            let zone = Zone {
                name: row.get(1).unwrap_or_default().to_owned(),
                administered: row.get(2) == Some("zone"),
                parent: row.get(3).and_then(parse_six).unwrap_or(0),
                hosts: list(row.get(6).unwrap_or_default()),
            };
            tables.zones.insert(code, zone);
        }
        tables
    }

    /// What a code is. In force beats retired where a code is both.
    #[must_use]
    pub fn status(&self, code: u32) -> CodeStatus<'_> {
        match (self.regions.get(&code), self.zones.get(&code)) {
            (Some(r), _) if r.current => CodeStatus::Current { name: &r.name, level: r.level },
            (Some(r), _) => CodeStatus::Retired { name: &r.name, level: r.level, successors: &r.successors },
            (None, Some(z)) if z.administered => CodeStatus::Zone { name: &z.name, hosts: &z.hosts },
            (None, Some(z)) => CodeStatus::Unofficial { name: &z.name, hosts: &z.hosts },
            (None, None) => CodeStatus::Unknown,
        }
    }

    /// The status of six digits as text.
    #[must_use]
    pub fn status_of(&self, text: &str) -> CodeStatus<'_> {
        parse_six(text).map_or(CodeStatus::Unknown, |code| self.status(code))
    }

    /// Whether the code names a county, or a prefecture that has none.
    #[must_use]
    pub fn is_county(&self, code: u32) -> bool {
        WITHOUT_COUNTIES.contains(&code)
            || matches!(
                self.status(code),
                CodeStatus::Current { level: Level::County, .. } | CodeStatus::Retired { level: Level::County, .. }
            )
    }

    /// The name of a code, whatever it is.
    #[must_use]
    pub fn name(&self, code: u32) -> Option<&str> {
        match self.status(code) {
            CodeStatus::Current { name, .. }
            | CodeStatus::Retired { name, .. }
            | CodeStatus::Zone { name, .. }
            | CodeStatus::Unofficial { name, .. } => Some(name),
            CodeStatus::Unknown => None,
        }
    }

    /// Every unit in force, in no order: code, name, level.
    pub fn in_force(&self) -> impl Iterator<Item = (u32, &str, Level)> {
        self.regions.iter().filter(|(_, r)| r.current).map(|(code, r)| (*code, r.name.as_str(), r.level))
    }

    /// The prefecture (or province) a zone or placeholder hangs under.
    #[must_use]
    pub fn zone_parent(&self, code: u32) -> Option<u32> {
        self.zones.get(&code).map(|z| z.parent).filter(|p| *p != 0)
    }

    /// The codes a code stands for today: itself, or its successors.
    #[must_use]
    pub fn current_codes(&self, code: u32) -> Vec<u32> {
        match self.status(code) {
            CodeStatus::Current { .. } => vec![code],
            CodeStatus::Retired { successors, .. } => successors.to_vec(),
            _ => Vec::new(),
        }
    }
}

fn rows(table: &str) -> impl Iterator<Item = csv::StringRecord> {
    csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok)
}

fn list(text: &str) -> Vec<u32> {
    text.split(';').filter_map(|part| parse_six(part.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u32) -> CodeStatus<'static> {
        Divisions::embedded().status(code)
    }

    #[test]
    fn codes_in_force_retired_and_never_valid() {
        assert_eq!(status(371_723), CodeStatus::Current { name: "成武县", level: Level::County });
        assert_eq!(status(371_727), CodeStatus::Retired { name: "定陶县", level: Level::County, successors: &[371_703] });
        assert_eq!(status(372_924), CodeStatus::Retired { name: "成武县", level: Level::County, successors: &[371_723] });
        assert!(matches!(status(371_771), CodeStatus::Zone { hosts: &[371_702, 371_703], .. }));
        assert!(matches!(status(110_100), CodeStatus::Unofficial { .. }));
        assert_eq!(status(379_999), CodeStatus::Unknown);
    }

    #[test]
    fn prefectures_without_counties_count_as_counties() {
        let divisions = Divisions::embedded();
        assert!(divisions.is_county(441_900) && divisions.is_county(371_723) && divisions.is_county(371_727));
        assert!(!divisions.is_county(371_700) && !divisions.is_county(371_771));
    }

    #[test]
    fn every_retired_code_reaches_one_in_force() {
        let divisions = Divisions::embedded();
        for (code, region) in divisions.regions.iter().filter(|(_, r)| !r.current) {
            assert!(!region.successors.is_empty(), "{code} has no successor");
            for successor in &region.successors {
                assert!(matches!(divisions.status(*successor), CodeStatus::Current { .. }), "{code} -> {successor}");
            }
        }
    }
}
