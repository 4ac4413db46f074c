//! 乡镇级: the towns and sub-districts of each county, from the statistical lists of 2016 to 2023.
//!
//! The embedded table is text, a county a line: its six digits, then its towns in the order of their numbers, blanks
//! between them. A town is its number (left out where it is one more than the last), its name (`J` 街道, `Z` 镇, `X` 乡,
//! `B` 街道办事处 at the end), and `@fl` where it is not in all editions: first and last, counted from 2016. A line is read
//! when it is asked for. Villages have no table here: 600 thousand of them change every year.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::codes::parse_six;

/// The edition the digits behind `@` are counted from.
const OLDEST_EDITION: u16 = 2016;
/// The newest edition.
const NEWEST_EDITION: u16 = super::codes::NEWEST_EDITION;

/// Ends of names that are written as one letter. The longest first.
const ENDS: [(&str, char); 4] = [("街道办事处", 'B'), ("街道", 'J'), ("镇", 'Z'), ("乡", 'X')];

const TABLE: &str = include_str!("data/towns.txt");

static EMBEDDED: LazyLock<Towns> = LazyLock::new(|| Towns::read(TABLE));

/// A town, sub-district, township or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Town {
    /// Its number in the county, 1 to 999: the digits 7 to 9 of the statistical code.
    pub number: u16,
    /// Its name in the newest edition that has it.
    pub name: String,
    /// The first edition that has it, a year.
    pub first: u16,
    /// The last edition that has it.
    pub last: u16,
}

impl Town {
    /// Whether a year's list has it. The years behind the newest edition are read by that.
    #[must_use]
    pub const fn is_listed(&self, year: u16) -> bool {
        let year = if year < OLDEST_EDITION {
            OLDEST_EDITION
        } else if year > NEWEST_EDITION {
            NEWEST_EDITION
        } else {
            year
        };
        self.first <= year && year <= self.last
    }
}

/// The towns of all counties.
#[derive(Debug)]
pub struct Towns {
    lines: HashMap<u32, &'static str>,
}

impl Towns {
    /// The table of this build.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn read(table: &'static str) -> Self {
        let line = |line: &'static str| {
            let (county, towns) = line.split_once(' ')?;
            Some((parse_six(county)?, towns))
        };
        Self { lines: table.lines().filter_map(line).collect() }
    }

    /// Whether the lists name any town of a county. Those of counties made after 2023 are still under the old ones.
    #[must_use]
    pub fn knows(&self, county: u32) -> bool {
        self.lines.contains_key(&county)
    }

    /// The towns of a county (or zone, as far as the lists give it towns), in the order of their numbers.
    pub fn of_county(&self, county: u32) -> impl Iterator<Item = Town> {
        self.entries(county).map(|(number, entry)| town(number, entry))
    }

    /// Numbers with what stands behind them.
    fn entries(&self, county: u32) -> impl Iterator<Item = (u16, &'static str)> {
        let mut before = 0;
        self.lines.get(&county).into_iter().flat_map(|line| line.split(' ')).filter_map(move |text| {
            let (number, entry) = numbered(text, before)?;
            before = number;
            Some((number, entry))
        })
    }

    /// A town by its county and number.
    #[must_use]
    pub fn find(&self, county: u32, number: u16) -> Option<Town> {
        self.entries(county).find(|(n, _)| *n == number).map(|(number, entry)| town(number, entry))
    }

    /// A town by the nine digits of its statistical code, such as `371723001`.
    #[must_use]
    pub fn find_nine(&self, code: &str) -> Option<Town> {
        let (county, number) = code.split_at_checked(6)?;
        let number = Some(number).filter(|n| n.len() == 3 && crate::base::device_id::is_digits(n))?;
        self.find(parse_six(county)?, number.parse().ok()?)
    }

    /// The towns whose number begins with two digits: the last digit was cut off to make a region of 8 digits.
    pub fn cut_to(&self, county: u32, two: u16) -> impl Iterator<Item = Town> {
        self.entries(county).filter(move |(number, _)| number / 10 == two).map(|(number, entry)| town(number, entry))
    }
}

/// The number an entry has, by its own digits or as the one behind the last, and the rest of it.
fn numbered(text: &str, before: u16) -> Option<(u16, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((if number.is_empty() { before.checked_add(1)? } else { number.parse().ok()? }, rest))
}

fn town(number: u16, entry: &str) -> Town {
    let (name, editions) = entry.split_once('@').unwrap_or((entry, ""));
    let edition = |at: usize| editions.as_bytes().get(at).map(|digit| OLDEST_EDITION + u16::from(digit.wrapping_sub(b'0')));
    let mut name = name.to_owned();
    if let Some((end, letter)) = ENDS.iter().find(|(_, letter)| name.ends_with(*letter)) {
        name.truncate(name.len() - letter.len_utf8());
        name.push_str(end);
    }
    Town { number, name, first: edition(0).unwrap_or(OLDEST_EDITION), last: edition(1).unwrap_or(NEWEST_EDITION) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    /// The text of a table.
    fn pack(counties: &BTreeMap<u32, BTreeMap<u16, Town>>) -> String {
        let mut text = String::new();
        for (county, towns) in counties {
            let _ = write!(text, "{county:06}");
            let mut before = 0;
            for town in towns.values() {
                text.push(' ');
                if town.number != before + 1 {
                    let _ = write!(text, "{}", town.number);
                }
                let end = ENDS.iter().find(|(end, _)| town.name.ends_with(end) && town.name.len() > end.len());
                match end {
                    Some((end, letter)) => {
                        let _ = write!(text, "{}{letter}", town.name.strip_suffix(end).unwrap());
                    }
                    None => text.push_str(&town.name),
                }
                if (town.first, town.last) != (OLDEST_EDITION, NEWEST_EDITION) {
                    let _ = write!(text, "@{}{}", town.first - OLDEST_EDITION, town.last - OLDEST_EDITION);
                }
                before = town.number;
            }
            text.push('\n');
        }
        text
    }

    /// A table of columns `code,name,first_edition,last_edition`; of a code with several names the newest stands.
    fn unpack_csv(table: &str) -> BTreeMap<u32, BTreeMap<u16, Town>> {
        let mut counties: BTreeMap<u32, BTreeMap<u16, Town>> = BTreeMap::new();
        for row in csv::Reader::from_reader(table.as_bytes()).into_records() {
            let row = row.unwrap();
            let (county, number) = (parse_six(&row[0][..6]).unwrap(), row[0][6..].parse().unwrap());
            let (first, last) = (row[2].parse().unwrap(), row[3].parse().unwrap());
            let new = Town { number, name: row[1].to_owned(), first, last };
            let town = counties.entry(county).or_default().entry(number).or_insert_with(|| new.clone());
            if last > town.last {
                town.name = new.name;
            }
            (town.first, town.last) = (town.first.min(first), town.last.max(last));
        }
        counties
    }

    /// With `TOWNS_CSV=FILE` the embedded table is made anew from the statistical lists.
    #[test]
    fn the_table_is_in_its_only_form() {
        if let Some(file) = std::env::var_os("TOWNS_CSV") {
            let text = pack(&unpack_csv(&std::fs::read_to_string(file).unwrap()));
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/division/data/towns.txt"), text).unwrap();
            return;
        }
        let towns = Towns::embedded();
        let counties = towns.lines.keys().map(|county| {
            let all: BTreeMap<u16, Town> = towns.of_county(*county).map(|town| (town.number, town)).collect();
            (*county, all)
        });
        let counties: BTreeMap<_, _> = counties.collect();
        assert_eq!(counties.values().map(BTreeMap::len).sum::<usize>(), 49_539);
        assert!(pack(&counties) == TABLE, "towns.txt is not what TOWNS_CSV makes");
    }

    #[test]
    fn chengwu_has_two_streets_and_eleven_towns() {
        let towns = Towns::embedded();
        let numbers: Vec<u16> = towns.of_county(371_723).map(|t| t.number).collect();
        assert_eq!(numbers, [1, 2, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111]);
        let town = |code: &str| towns.find_nine(code).map(|t| (t.name, t.first, t.last));
        assert_eq!(town("371723001"), Some(("文亭街道".into(), 2016, 2023)));
        assert_eq!(town("371723101"), Some(("大田集镇".into(), 2016, 2023)), "the newest name");
        assert_eq!(town("371723112"), None);
        assert_eq!(town("37172310"), None);
        assert_eq!(town("37172300一"), None);
        assert_eq!(towns.cut_to(371_723, 10).count(), 9);
        assert_eq!(towns.cut_to(371_723, 11).count(), 2);
        assert_eq!(towns.cut_to(371_723, 99).count(), 0);
        assert!(towns.knows(371_771) && !towns.knows(500_157) && towns.of_county(500_157).next().is_none());
    }

    #[test]
    fn a_town_is_listed_in_its_years() {
        let town = Town { number: 1, name: String::new(), first: 2017, last: 2019 };
        assert_eq!([2016, 2017, 2019, 2020].map(|y| town.is_listed(y)), [false, true, true, false]);
        let lasting = Town { first: 2016, last: 2023, ..town };
        assert!(lasting.is_listed(1999) && lasting.is_listed(2030));
    }

    #[test]
    fn names_and_numbers_are_read_as_they_are_packed() {
        let read = |text, before| {
            let (number, entry) = numbered(text, before)?;
            let town = town(number, entry);
            Some((town.number, town.name, town.first, town.last))
        };
        assert_eq!(read("101大田集Z", 2), Some((101, "大田集镇".into(), 2016, 2023)));
        assert_eq!(read("永昌J@07", 1), Some((2, "永昌街道".into(), 2016, 2023)));
        assert_eq!(read("东明B@13", 1), Some((2, "东明街道办事处".into(), 2017, 2019)));
        assert_eq!(read("99999西", 1), None);
    }
}
