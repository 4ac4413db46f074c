//! 辖区: the regions an audit answers for.

use super::codes::{CodeStatus, Divisions, parse_six};

/// The audited regions: codes of 2, 4, 6 or 8 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jurisdiction {
    prefixes: Vec<String>,
}

/// Why a code cannot be a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JurisdictionError {
    /// Not 2, 4, 6 or 8 digits.
    Shape(String),
    /// In no list of regions.
    Unknown(String),
}

impl Jurisdiction {
    /// Reads the codes of the settings. `None` for an empty list: nothing is checked then. A code that ends
    /// in `00` or `0000` means the whole prefecture or province.
    ///
    /// # Errors
    /// The first code that is no region.
    pub fn new(codes: &[String], divisions: &Divisions) -> Result<Option<Self>, JurisdictionError> {
        let mut prefixes = Vec::new();
        for code in codes {
            let code = code.trim();
            if !matches!(code.len(), 2 | 4 | 6 | 8) || !crate::base::device_id::is_digits(code) {
                return Err(JurisdictionError::Shape(code.to_owned()));
            }
            let six = format!("{:0<6}", code.get(..code.len().min(6)).unwrap_or_default());
            if divisions.status_of(&six) == CodeStatus::Unknown {
                return Err(JurisdictionError::Unknown(code.to_owned()));
            }
            let mut prefix = code;
            // A prefecture without counties ends in 00 and is a county all the same; its prefix is its own.
            while prefix.len() <= 6 && prefix.len() > 2 && prefix.ends_with("00") {
                prefix = prefix.get(..prefix.len() - 2).unwrap_or_default();
            }
            prefixes.push(prefix.to_owned());
            // A retired county goes on in those that hold its territory.
            if let (6, Some(number)) = (prefix.len(), parse_six(prefix))
                && matches!(divisions.status(number), CodeStatus::Retired { .. })
            {
                let heirs = divisions.territory(number).iter().map(|heir| super::codes::six(*heir));
                prefixes.extend(heirs.filter(|heir| heir != prefix));
            }
        }
        Ok((!prefixes.is_empty()).then_some(Self { prefixes }))
    }

    /// The prefixes, for reports.
    #[must_use]
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// Whether a code of 6 or 8 digits lies inside. A retired code is inside if one of its successors is; a
    /// zone if a county it lies in is, or, where that is unknown, its prefecture.
    #[must_use]
    pub fn contains(&self, code: &str, divisions: &Divisions) -> bool {
        if self.matches(code) {
            return true;
        }
        let Some(six) = code.get(..6).and_then(parse_six) else { return false };
        match divisions.status(six) {
            // The codes of the day of judgment, and those of today: a jurisdiction is written as it is called now.
            CodeStatus::Retired { successors, .. } => self.any(successors) || self.any(divisions.territory(six)),
            CodeStatus::Current { .. } | CodeStatus::Future { .. } if divisions.territory(six) != [six] => {
                self.any(divisions.territory(six))
            }
            CodeStatus::Zone { hosts: &[], .. } => divisions.zone_parent(six).is_some_and(|p| self.touches_prefecture(p)),
            CodeStatus::Zone { hosts, .. } | CodeStatus::Unofficial { hosts, .. } => self.any(hosts),
            CodeStatus::Current { .. } | CodeStatus::Future { .. } | CodeStatus::Unknown => false,
        }
    }

    /// Whether any of the prefixes begins with `digits` or the other way round.
    #[must_use]
    pub fn touches(&self, digits: &str) -> bool {
        self.prefixes.iter().any(|p| p.starts_with(digits) || digits.starts_with(p.as_str()))
    }

    fn any(&self, codes: &[u32]) -> bool {
        codes.iter().any(|code| self.matches(&super::codes::six(*code)))
    }

    fn matches(&self, code: &str) -> bool {
        // A county code says nothing about the units inside it: with a jurisdiction of 8 digits the county
        // itself cannot be called outside.
        self.prefixes.iter().any(|p| code.starts_with(p.as_str()) || (p.len() == 8 && p.starts_with(code)))
    }

    fn touches_prefecture(&self, prefecture: u32) -> bool {
        let text = super::codes::six(prefecture);
        self.touches(text.get(..4).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(jurisdiction: &str, code: &str) -> bool {
        let divisions = Divisions::embedded();
        Jurisdiction::new(&[jurisdiction.to_owned()], divisions).unwrap().unwrap().contains(code, divisions)
    }

    #[test]
    fn prefixes_successors_and_zones() {
        assert!(inside("371723", "371723") && inside("371723", "37172301") && !inside("371723", "371722"));
        assert!(inside("371700", "371723") && inside("3717", "371703") && inside("370000", "371723"));
        assert!(inside("371703", "371727"), "a retired code is inside if a successor is");
        assert!(inside("371723", "372924"));
        assert!(inside("371702", "371771") && !inside("371723", "371771"), "a zone by its counties");
        assert!(inside("371700", "371771"));
        assert!(inside("37172301", "37172301") && inside("37172301", "371723") && !inside("37172301", "37172302"));
    }

    #[test]
    fn a_jurisdiction_as_it_is_called_today_holds_the_codes_of_a_past_year() {
        let then = Divisions::at(crate::base::time::Timestamp::from_beijing_date("2010-05-01").unwrap());
        let inside = |jurisdiction: &str, code: &str| {
            Jurisdiction::new(&[jurisdiction.to_owned()], &then).unwrap().unwrap().contains(code, &then)
        };
        assert!(inside("371703", "371727") && inside("371703", "372923") && inside("371727", "372923"));
        assert!(!inside("371723", "371727"));
    }

    #[test]
    fn a_code_in_no_list_is_refused() {
        let divisions = Divisions::embedded();
        let refused = |code: &str| Jurisdiction::new(&[code.to_owned()], divisions).unwrap_err();
        assert_eq!(refused("379999"), JurisdictionError::Unknown("379999".into()));
        assert_eq!(refused("37172"), JurisdictionError::Shape("37172".into()));
        assert_eq!(refused("成武"), JurisdictionError::Shape("成武".into()));
        assert_eq!(Jurisdiction::new(&[], divisions), Ok(None));
    }

    #[test]
    fn a_retired_county_goes_on_in_its_heirs() {
        let divisions = Divisions::embedded();
        // 成武县 was 372924 and is 371723; 定陶县 was 371727 and is 371703.
        for (old, new) in [("372924", "371723"), ("371727", "371703")] {
            let jurisdiction = Jurisdiction::new(&[old.to_owned()], divisions).unwrap().unwrap();
            assert!(jurisdiction.contains(new, divisions) && jurisdiction.contains(old, divisions), "{old}");
            assert!(!jurisdiction.contains("371722", divisions));
        }
    }
}
