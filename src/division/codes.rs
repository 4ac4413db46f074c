//! Region codes: in force, retired with successors, functional zones, never valid; today, or in a year of the past.
//!
//! The table gives years, not days: a code that came or went in a year is taken for in force in all of it.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::base::keyed::KeyMap;
use crate::base::time::Timestamp;

/// The day up to which changes of region codes are known.
pub const CODES_UNTIL: &str = "2026-06-30";
/// The cut-off of the newest statistical list, from which zones and towns are.
pub const STATISTICS_UNTIL: &str = "2023-06-30";
/// The year of that list.
pub(super) const NEWEST_EDITION: u16 = 2023;
/// Steps followed from a retired code to the codes in force; the longest chain of the table has six.
const MAX_CHAIN: u8 = 32;

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

/// What a six-digit code is in the year of judgment.
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
    /// Not in force yet: the day of judgment is before its first year.
    Future {
        /// Name it will have.
        name: &'a str,
        /// Its level.
        level: Level,
        /// Its first year.
        since: u16,
    },
    /// 功能区: a development zone of the statistics bureau; used by platforms that run their own centre.
    Zone {
        /// Name of the zone.
        name: &'a str,
        /// The counties it lies in, if known.
        hosts: &'a [u32],
        /// The last year whose statistical list has it, where that is over.
        until: Option<u16>,
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

/// One row of the table: a code under one name.
#[derive(Debug)]
struct Period {
    name: String,
    level: Level,
    from: u16,
    /// The year of the change that ended it; `None`: in force.
    until: Option<u16>,
    /// It ended by a change of name; the code goes on.
    renamed: bool,
    successors: Vec<u32>,
}

impl Period {
    fn covers(&self, year: u16) -> bool {
        self.from <= year && !self.ended_before(year)
    }

    fn ended_before(&self, year: u16) -> bool {
        self.until.is_some_and(|until| until < year)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Current,
    Retired,
    Future(u16),
}

/// A code in the year of judgment.
#[derive(Debug, Clone)]
struct Region {
    name: String,
    level: Level,
    standing: Standing,
    /// The codes of that year that hold its territory, if it is retired.
    successors: Vec<u32>,
    /// The codes of today that hold its territory.
    territory: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Zone {
    name: String,
    administered: bool,
    parent: u32,
    until: Option<u16>,
    hosts: Vec<u32>,
}

/// Prefectures that have no counties; their codes count as county codes.
const WITHOUT_COUNTIES: [u32; 4] = [620_200, 441_900, 442_000, 460_400];

/// The code tables as they stand in one year.
#[derive(Debug, Clone)]
pub struct Divisions {
    regions: KeyMap<u32, Region>,
    zones: KeyMap<u32, Zone>,
    /// The first year from which the table does not change any more.
    newest_change: u16,
    year: u16,
}

const REGIONS: &str = include_str!("data/region-codes.csv");
const ZONES: &str = include_str!("data/functional-zones.csv");

static EMBEDDED: LazyLock<Divisions> = LazyLock::new(|| Divisions::from_csv(REGIONS, ZONES, u16::MAX));

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
    /// The tables of this build, as of today.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The tables as of a day. A day behind the last change the table knows is judged by its last state; one before
    /// 1981, where it begins, by its first.
    #[must_use]
    pub fn at(day: Timestamp) -> Cow<'static, Self> {
        match day.beijing("%Y").parse::<u16>() {
            Ok(year) if year < EMBEDDED.newest_change => Cow::Owned(Self::from_csv(REGIONS, ZONES, year)),
            _ => Cow::Borrowed(Self::embedded()),
        }
    }

    /// The year of judgment; the largest number stands for today.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// The zones that lie in a county, as far as that is known.
    pub fn zones_in(&self, county: u32) -> impl Iterator<Item = u32> {
        self.zones.iter().filter(move |(_, z)| z.administered && z.hosts.contains(&county)).map(|(code, _)| *code)
    }

    /// Reads both tables as of a year; rows that cannot be read are left out.
    #[must_use]
    pub fn from_csv(regions: &str, zones: &str, year: u16) -> Self {
        let periods = periods(regions);
        let first = periods.values().flatten().map(|p| p.from).min().unwrap_or(year);
        let year = year.max(first);
        let regions = periods.iter().filter_map(|(code, rows)| Some((*code, region(*code, rows, year, &periods)?))).collect();
        let mut tables = Self { regions, zones: KeyMap::default(), newest_change: newest_change(&periods), year };
        for row in rows(zones) {
            let Some(code) = row.get(0).and_then(parse_six) else { continue };
            let zone = Zone {
                name: row.get(1).unwrap_or_default().to_owned(),
                administered: row.get(2) == Some("zone"),
                parent: row.get(3).and_then(parse_six).unwrap_or(0),
                until: row.get(5).and_then(|e| e.parse().ok()).filter(|last| *last < NEWEST_EDITION && *last < year),
                hosts: list(row.get(6).unwrap_or_default()),
            };
            tables.zones.insert(code, zone);
        }
        tables
    }

    /// The counties in force, and what counts as one, in no order.
    pub fn counties(&self) -> impl Iterator<Item = (u32, &str)> {
        let current = self.regions.iter().filter(|(code, region)| region.standing == Standing::Current && self.is_county(**code));
        current.map(|(code, region)| (*code, region.name.as_str()))
    }

    /// What a code is. In force beats retired where a code is both.
    #[must_use]
    pub fn status(&self, code: u32) -> CodeStatus<'_> {
        if let Some(Region { name, level, standing, successors, .. }) = self.regions.get(&code) {
            return match standing {
                Standing::Current => CodeStatus::Current { name, level: *level },
                Standing::Retired => CodeStatus::Retired { name, level: *level, successors },
                Standing::Future(since) => CodeStatus::Future { name, level: *level, since: *since },
            };
        }
        match self.zones.get(&code) {
            Some(z) if z.administered => CodeStatus::Zone { name: &z.name, hosts: &z.hosts, until: z.until },
            Some(z) => CodeStatus::Unofficial { name: &z.name, hosts: &z.hosts },
            None => CodeStatus::Unknown,
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
        WITHOUT_COUNTIES.contains(&code) || self.regions.get(&code).is_some_and(|r| r.level == Level::County)
    }

    /// The name of a code, whatever it is.
    #[must_use]
    pub fn name(&self, code: u32) -> Option<&str> {
        match self.status(code) {
            CodeStatus::Current { name, .. }
            | CodeStatus::Retired { name, .. }
            | CodeStatus::Future { name, .. }
            | CodeStatus::Zone { name, .. }
            | CodeStatus::Unofficial { name, .. } => Some(name),
            CodeStatus::Unknown => None,
        }
    }

    /// Every unit in force, in no order: code, name, level.
    pub fn in_force(&self) -> impl Iterator<Item = (u32, &str, Level)> {
        self.regions.iter().filter(|(_, r)| r.standing == Standing::Current).map(|(code, r)| (*code, r.name.as_str(), r.level))
    }

    /// The prefecture (or province) a zone or placeholder hangs under.
    #[must_use]
    pub fn zone_parent(&self, code: u32) -> Option<u32> {
        self.zones.get(&code).map(|z| z.parent).filter(|p| *p != 0)
    }

    /// The codes of today that hold a code's territory, whatever the year of judgment: outlines are those of today.
    /// Empty for what is no region.
    #[must_use]
    pub fn territory(&self, code: u32) -> &[u32] {
        self.regions.get(&code).map_or(&[], |r| r.territory.as_slice())
    }
}

type Periods = KeyMap<u32, Vec<Period>>;

/// The rows of each code, oldest first.
fn periods(table: &str) -> Periods {
    let mut periods = Periods::default();
    for row in rows(table) {
        let Some(code) = row.get(0).and_then(parse_six) else { continue };
        let level = match row.get(2) {
            Some("province") => Level::Province,
            Some("prefecture") => Level::Prefecture,
            _ => Level::County,
        };
        let year = |column: usize| row.get(column).and_then(|text| text.parse().ok());
        periods.entry(code).or_default().push(Period {
            name: row.get(1).unwrap_or_default().to_owned(),
            level,
            from: year(5).unwrap_or(0),
            until: year(6),
            renamed: row.get(4) == Some("renamed"),
            successors: list(row.get(7).unwrap_or_default()),
        });
    }
    periods.values_mut().for_each(|rows| rows.sort_by_key(|p| p.from));
    periods
}

fn newest_change(periods: &Periods) -> u16 {
    periods.values().flatten().map(|p| p.until.map_or(p.from, |until| until.saturating_add(1))).max().unwrap_or(0)
}

/// A code in a year: by the row that covers it, else the last before it, else the first after it.
fn region(code: u32, rows: &[Period], year: u16, periods: &Periods) -> Option<Region> {
    let covering = rows.iter().rfind(|p| p.covers(year));
    let ended = rows.iter().rfind(|p| p.ended_before(year));
    let (row, standing) = match (covering, ended) {
        (Some(row), _) => (row, Standing::Current),
        (None, Some(row)) => (row, Standing::Retired),
        (None, None) => rows.first().map(|row| (row, Standing::Future(row.from)))?,
    };
    let holders = |year| {
        let mut codes = Vec::new();
        follow(code, row, year, periods, 0, &mut codes);
        codes.sort_unstable();
        codes.dedup();
        codes
    };
    let successors = if standing == Standing::Retired { holders(year) } else { Vec::new() };
    Some(Region { name: row.name.clone(), level: row.level, standing, successors, territory: holders(u16::MAX) })
}

/// The codes that hold the territory of a row in a year. Rows are followed, not codes: some codes were given twice.
fn follow(code: u32, row: &Period, year: u16, periods: &Periods, depth: u8, found: &mut Vec<u32>) {
    let Some(until) = row.until.filter(|until| *until < year && depth < MAX_CHAIN) else {
        found.push(code);
        return;
    };
    let own = [code];
    let next = if row.renamed { own.as_slice() } else { row.successors.as_slice() };
    for code in next {
        let Some(rows) = periods.get(code) else { continue };
        let other = |p: &&Period| !std::ptr::eq(*p, row);
        let heir =
            rows.iter().rfind(|p| other(p) && p.covers(until)).or_else(|| rows.iter().find(|p| other(p) && p.from >= until));
        if let Some(heir) = heir {
            follow(*code, heir, year, periods, depth + 1, found);
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
    fn a_retired_code_is_followed_to_the_codes_the_table_itself_names() {
        let divisions = Divisions::embedded();
        let mut retired = 0;
        let by_code: KeyMap<u32, csv::StringRecord> = rows(REGIONS).map(|row| (parse_six(&row[0]).unwrap(), row)).collect();
        for (code, region) in divisions.regions.iter().filter(|(_, r)| r.standing == Standing::Retired) {
            // Of a code with several rows the last stands in the map.
            let mut named = list(&by_code[code][9]);
            named.sort_unstable();
            assert_eq!(region.successors, named, "{code}");
            assert_eq!(region.territory, named, "{code}");
            for successor in &region.successors {
                assert!(matches!(divisions.status(*successor), CodeStatus::Current { .. }), "{code} -> {successor}");
            }
            retired += 1;
        }
        assert!(retired > 3000, "{retired}");
    }

    #[test]
    fn a_day_of_the_past_is_judged_by_the_codes_of_its_year() {
        let at = |day: &str| Divisions::at(Timestamp::from_beijing_date(day).unwrap());
        let county = |name| CodeStatus::Current { name, level: Level::County };
        let then = at("2010-05-01");
        assert_eq!(then.status(371_727), county("定陶县"));
        assert_eq!(then.status(371_703), CodeStatus::Future { name: "定陶区", level: Level::County, since: 2016 });
        // 372923 became 371727 in 2000, and that 371703 in 2016.
        let chain = |successors| CodeStatus::Retired { name: "定陶县", level: Level::County, successors };
        assert_eq!(then.status(372_923), chain(&[371_727]));
        assert_eq!(at("2026-11-24").status(372_923), chain(&[371_703]));
        assert_eq!((then.territory(371_727), then.territory(371_703)), (&[371_703][..], &[371_703][..]));
        // In the year of the change both hold.
        let year = at("2016-06-01");
        assert_eq!((year.status(371_727), year.status(371_703)), (county("定陶县"), county("定陶区")));
        assert_eq!(at("2017-01-01").status(371_727), chain(&[371_703]));
        assert_eq!(at("1975-01-01").status(372_924), county("成武县"), "the table begins in 1981");
        assert!(matches!(at("2026-11-24"), Cow::Borrowed(_)) && matches!(at("2099-01-01"), Cow::Borrowed(_)));
        assert!(matches!(at("2025-12-31"), Cow::Owned(_)));
    }

    #[test]
    fn one_code_given_to_two_units_is_followed_by_the_unit() {
        // 419001 was 义马市 until 1988 and is 济源市 today.
        let divisions = Divisions::embedded();
        assert_eq!(divisions.territory(411_219), [411_281]);
        assert_eq!(divisions.status(419_001), CodeStatus::Current { name: "济源市", level: Level::County });
    }

    #[test]
    fn a_zone_that_is_in_no_list_any_more_says_since_when() {
        assert!(matches!(status(371_771), CodeStatus::Zone { until: None, .. }));
        let ended = Divisions::embedded().zones.iter().filter(|(_, z)| z.administered && z.until.is_some()).count();
        assert_eq!(ended, 31);
        let then = Divisions::from_csv(REGIONS, ZONES, 2016);
        assert!(then.zones.values().all(|z| !z.administered || z.until.is_none()));
    }
}
