//! What a run is judged by, read out of its header: the codes of its day, the jurisdiction, outlines, tables.

use std::borrow::Cow;

use super::AssessError;
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::Counts;
use crate::division::codes::{CODES_UNTIL, STATISTICS_UNTIL};
use crate::division::{Boundaries, Divisions, Jurisdiction};
use crate::edition::{Edition, EditionSource};
use crate::evidence::{Header, Mode};
use crate::profile::Compliance;
use crate::report::RegionBasis;
use crate::rules::context::Setting;
use crate::rules::tables::{TableKind, Tables};

/// The day of the first release.
const FIRST_RELEASE: &str = "2026-11-01";

pub struct Basis {
    day: Timestamp,
    codes: Cow<'static, Divisions>,
    jurisdiction: Option<Jurisdiction>,
    own_boundaries: Option<Boundaries>,
    tables: Tables,
}

impl Basis {
    /// # Errors
    /// When the jurisdiction, the outlines or a table in the evidence cannot be read.
    pub fn new(header: &Header, lang: Lang) -> Result<Self, AssessError> {
        let day = day_of_judgment(header);
        let codes = Divisions::at(day);
        let jurisdiction =
            Jurisdiction::new(&header.jurisdiction, codes.as_ref()).map_err(|e| AssessError::Jurisdiction(format!("{e:?}")))?;
        let own_boundaries = match &header.boundaries {
            Some(text) => Some(Boundaries::from_topojson(text).map_err(|e| AssessError::Boundaries(e.to_string()))?),
            None => None,
        };
        let mut tables = Tables::default();
        for table in &header.supplied {
            let Some(kind) = TableKind::parse(&table.key) else { continue };
            tables.add(kind, &table.text, lang).map_err(|(line, message)| AssessError::Table {
                name: table.name.clone(),
                line,
                message,
            })?;
        }
        Ok(Self { day, codes, jurisdiction, own_boundaries, tables })
    }

    /// The day whose region codes and waivers hold, in Beijing.
    pub fn day(&self) -> String {
        self.day.beijing("%Y-%m-%d")
    }

    /// The tables of the user's.
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The region codes of its day.
    pub fn divisions(&self) -> &Divisions {
        self.codes.as_ref()
    }

    /// The county that is audited, where it is one.
    pub fn only_county(&self) -> Option<u32> {
        match self.jurisdiction.as_ref()?.prefixes() {
            [one] => crate::division::codes::parse_six(one.get(..6)?).filter(|county| self.codes.is_county(*county)),
            _ => None,
        }
    }

    /// What rules are told.
    pub fn setting<'a>(&'a self, header: &'a Header, profile: &'a Compliance, counts: Counts<'a>, lang: Lang) -> Setting<'a> {
        Setting {
            edition: edition(header),
            edition_source: EditionSource::parse(&header.platform.edition_source).unwrap_or(EditionSource::Default),
            counts: Some(counts),
            jurisdiction: self.jurisdiction.as_ref(),
            divisions: self.codes.as_ref(),
            boundaries: self.own_boundaries.as_ref().or_else(|| Boundaries::embedded()),
            profile,
            tables: &self.tables,
            at: header.started(),
            platform_id: &header.platform.id,
            local_id: &header.local_id,
            lang,
        }
    }

    /// What the report says of it.
    pub fn regions(&self, tolerance_m: f64) -> RegionBasis {
        RegionBasis {
            as_of: self.day(),
            historic: matches!(self.codes, Cow::Owned(_)),
            codes_until: CODES_UNTIL,
            statistics_until: STATISTICS_UNTIL,
            own_outlines: self.own_boundaries.is_some(),
            datum_known: self.own_boundaries.as_ref().is_none_or(Boundaries::is_own_datum),
            tolerance_m,
        }
    }
}

/// The edition a run is judged by.
pub fn edition(header: &Header) -> Edition {
    Edition::parse(&header.platform.edition).unwrap_or(Edition::Gb2016)
}

/// The day whose region codes hold: that of `--as-of`, or of the run. No run is older than the program: a clock that
/// says so was wrong, and no camera answers for that.
fn day_of_judgment(header: &Header) -> Timestamp {
    match header.mode {
        Mode::File => header.started(),
        Mode::Live => header.started().max(Timestamp::from_beijing_date(FIRST_RELEASE).unwrap_or_default()),
    }
}
