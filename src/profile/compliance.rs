//! How records are judged: which rules count, which are off, and their parameters.

use super::missing;
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

/// How records are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Compliance {
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
}

/// The keys of fields, for `[compliance.mode]`.
const FIELDS: [&str; 4] = ["code", "name", "region", "coordinates"];

impl Compliance {
    /// The mode of a field.
    #[must_use]
    pub fn mode(&self, field: &str) -> Mode {
        self.modes.iter().find(|(key, _)| *key == field).map(|(_, mode)| *mode).unwrap_or_default()
    }

    pub(super) fn read(section: &Section<'_, '_>) -> Self {
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
        let compliance = Self {
            count: count.unwrap_or_default(),
            off: section.texts("off").unwrap_or_default(),
            modes,
            border_tolerance_m: metres("border_tolerance_m", 500.0),
            decimals_fail: number("decimals_fail", 0..=15, 4),
            decimals_warn: number("decimals_warn", 0..=15, 5),
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
