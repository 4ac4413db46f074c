//! How records are judged: which rules count, which are off, and their parameters.

use super::missing;
use super::name_template::NameTemplates;
use crate::base::lang::say;
use crate::base::settings_file::Section;

/// How strictly a field is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The rules named in `count` decide; the others remark.
    #[default]
    Standard,
    /// 从严: every rule of severity error or warn decides too.
    Strict,
    /// The field is not judged and counts as in order (不适用).
    Off,
}

impl Mode {
    /// The words of profiles.
    pub const NAMES: [(&'static str, Self); 3] = [("standard", Self::Standard), ("strict", Self::Strict), ("off", Self::Off)];
}

/// What 合规率 counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Records: one wrong field fails the record.
    #[default]
    Record,
    /// Each field by itself; the lowest decides.
    PerField,
    /// Fields of all records, pooled.
    Pooled,
}

/// How records are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Compliance {
    /// What is counted.
    pub unit: Unit,
    /// Only cameras the platform says are on line.
    pub online_only: bool,
    /// Rules whose failure makes a field non-compliant.
    pub count: Vec<String>,
    /// Rules that are not asked.
    pub off: Vec<String>,
    /// The mode of a field, by its key; a field that is not named is [`Mode::Standard`].
    pub modes: Vec<(&'static str, Mode)>,
    /// Metres outside the outline that are advice only.
    pub border_tolerance_m: f64,
    /// Both axes with so few decimals or fewer fail.
    pub decimals_fail: u32,
    /// One axis with so few or fewer is advice.
    pub decimals_warn: u32,
    /// Shortest and longest name, in characters (N06).
    pub name_length: [u32; 2],
    /// Characters of names that N05 lets pass.
    pub name_allow: String,
    /// Industry codes expected here (D14); empty: not checked.
    pub industries: Vec<String>,
    /// Industry codes of the city's own list among 90 to 99 (D13).
    pub custom_industries: Vec<String>,
    /// Network digits in use here (D17); empty: only 9 is remarked.
    pub networks: Vec<String>,
    /// Functional zones that are right here (D10, R07).
    pub zones: Vec<String>,
    /// A GrassrootsCode of 000000 is wrong for every camera (R13): all of them belong to communities.
    pub grassroots_required: bool,
    /// More cameras than this on one point are remarked (G10).
    pub stack_size: u32,
    /// Metres from a default point that count as on it (G12).
    pub default_point_m: f64,
    /// Metres outside a community that are put up with (G14).
    pub community_tolerance_m: f64,
    /// Metres a camera may move between catalogues (G15).
    pub drift_m: f64,
    /// Cameras installed in one identical second that are remarked (A18).
    pub same_install_second: u32,
    /// Days of recording asked for (A21).
    pub retention_days: u32,
    /// Percent of the catalogue one value may have (X02).
    pub single_value_percent: u32,
    /// What names are made of (N08).
    pub names: NameTemplates,
}

/// The keys of fields, for `[compliance.mode]`.
const FIELDS: [&str; 6] = ["code", "name", "region", "coordinates", "attributes", "record"];

impl Compliance {
    /// The mode of a field.
    #[must_use]
    pub fn mode(&self, field: &str) -> Mode {
        self.modes.iter().find(|(key, _)| *key == field).map(|(_, mode)| *mode).unwrap_or_default()
    }

    pub(super) fn read(section: &Section<'_, '_>, names: NameTemplates) -> Self {
        let count = section.texts("count");
        if count.is_none() {
            missing(section, "count");
        }
        let mode = section.section("mode");
        let modes = FIELDS.into_iter().filter_map(|key| Some((key, mode.word(key, &Mode::NAMES)?))).collect();
        mode.finish();
        let number = |key: &'static str, range: std::ops::RangeInclusive<u32>, default: u32| {
            let range = u64::from(*range.start())..=u64::from(*range.end());
            section.number(key, range).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
        };
        let metres = |key: &'static str, default: f64| section.decimal(key, 0.0..=100_000.0).unwrap_or(default);
        let digits = |key: &'static str, width: usize| {
            let codes = section.texts(key).unwrap_or_default();
            if let Some(bad) = codes.iter().find(|c| c.len() != width || !crate::base::device_id::is_digits(c)) {
                section.problem(
                    key,
                    say!(section.lang(), "{key} 中的 \"{bad}\" 应为 {width} 位数字", "\"{bad}\" in {key} must be {width} digits"),
                );
            }
            codes
        };
        let name_length = match section.numbers("name_length").as_deref() {
            None => [4, 50],
            Some([low, high]) if low <= high && *high <= 1_000 => {
                [u32::try_from(*low).unwrap_or(0), u32::try_from(*high).unwrap_or(1_000)]
            }
            Some(_) => {
                let message = say!(
                    section.lang(),
                    "name_length 应为最短和最长两个数，如 [4, 50]",
                    "name_length must be the shortest and the longest, such as [4, 50]"
                );
                section.problem("name_length", message);
                [4, 50]
            }
        };
        // Nodes have a report of their own and are no cameras.
        let _ = section.word("nodes", &[("apart", ())]);
        let compliance = Self {
            unit: section
                .word("unit", &[("record", Unit::Record), ("per_field", Unit::PerField), ("pooled", Unit::Pooled)])
                .unwrap_or_default(),
            online_only: section.word("denominator", &[("catalogue", false), ("online", true)]).unwrap_or(false),
            count: count.unwrap_or_default(),
            off: section.texts("off").unwrap_or_default(),
            modes,
            border_tolerance_m: metres("border_tolerance_m", 500.0),
            decimals_fail: number("decimals_fail", 0..=15, 4),
            decimals_warn: number("decimals_warn", 0..=15, 5),
            name_length,
            name_allow: section.text("name_allow").unwrap_or_else(|| "（）".to_owned()),
            industries: digits("industries", 2),
            custom_industries: digits("custom_industries", 2),
            networks: digits("networks", 1),
            zones: digits("zones", 6),
            grassroots_required: section.flag("grassroots_required").unwrap_or(false),
            stack_size: number("stack_size", 1..=1_000_000, 29),
            default_point_m: metres("default_point_m", 20.0),
            community_tolerance_m: metres("community_tolerance_m", 100.0),
            drift_m: metres("drift_m", 50.0),
            same_install_second: number("same_install_second", 2..=1_000_000, 30),
            retention_days: number("retention_days", 1..=3_650, 30),
            single_value_percent: number("single_value_percent", 50..=100, 95),
            names,
        };
        let twice = compliance.off.iter().find(|id| compliance.count.iter().any(|other| other.eq_ignore_ascii_case(id)));
        if let Some(id) = twice {
            let message = say!(
                section.lang(),
                "规则 {id} 既在 count 又在 off，请删去一处",
                "rule {id} stands in count and in off, take one out"
            );
            section.problem("off", message);
        }
        section.finish();
        compliance
    }
}
