//! Floor 1: what differs between the editions of GB/T 28181, and the code tables of their annexes.
//!
//! Code asks an [`Edition`]; it does not compare editions elsewhere.

mod tables;

use crate::base::lang::Text;

pub use tables::{Industry, IndustryClass, Network, TypeClass, TypeCode, is_province_prefix, rule_b_type_name};

/// An edition of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// GB/T 28181-2011 and its amendment of 2014
    Gb2011,
    /// GB/T 28181-2016
    Gb2016,
    /// GB/T 28181-2022
    Gb2022,
}

impl Edition {
    /// The names the settings know.
    pub const NAMES: [(&'static str, Self); 3] = [("2011", Self::Gb2011), ("2016", Self::Gb2016), ("2022", Self::Gb2022)];

    /// The year, as in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gb2011 => "2011",
            Self::Gb2016 => "2016",
            Self::Gb2022 => "2022",
        }
    }

    /// From the year.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, e)| *e)
    }

    /// From `X-GB-Ver` (2022 annex I): 1.0 = 2011, 1.1 = its amendment, 2.0 = 2016, 3.0 = 2022.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        match value.trim() {
            "1.0" | "1.1" => Some(Self::Gb2011),
            "2.0" => Some(Self::Gb2016),
            "3.0" => Some(Self::Gb2022),
            _ => None,
        }
    }

    /// What our own `X-GB-Ver` says to such a peer, in REGISTER and in the answers to it; the header exists from 2022
    /// on (annex I).
    #[must_use]
    pub const fn own_header(self) -> Option<&'static str> {
        match self {
            Self::Gb2011 | Self::Gb2016 => None,
            Self::Gb2022 => Some("3.0"),
        }
    }

    /// What declarations towards such a peer say; the octets are GB 18030 in any case.
    #[must_use]
    pub const fn declared_charset(self) -> &'static str {
        match self {
            Self::Gb2011 | Self::Gb2016 => "GB2312",
            Self::Gb2022 => "GB18030",
        }
    }

    /// Whether payload numbers above 96 are defined otherwise than the field uses them, so that only PS
    /// is offered (2022 gives 99 to SVAC and 100 to H.265).
    #[must_use]
    pub const fn offers_ps_only(self) -> bool {
        matches!(self, Self::Gb2022)
    }

    /// Whether the newest region codes are asked for (2022) or those of GB/T 2260-2007 (before).
    #[must_use]
    pub const fn wants_newest_regions(self) -> bool {
        matches!(self, Self::Gb2022)
    }

    /// Whether coordinates are mandatory for points of class 1 and 2 (2022, A.2.1.9).
    #[must_use]
    pub const fn wants_coordinates_by_class(self) -> bool {
        matches!(self, Self::Gb2022)
    }

    /// What digits 9 and 10 mean in this edition; `None` where its table has no row.
    #[must_use]
    pub fn industry(self, code: &str) -> Option<Industry> {
        tables::industry(self, code)
    }

    /// What digit 14 means in this edition; `None` where its table has no row, as in 2011, whose serial begins there.
    #[must_use]
    pub fn network(self, digit: &str) -> Option<Network> {
        tables::network(self, digit)
    }

    /// What digits 11 to 13 mean in this edition; `None` where its table has no row.
    #[must_use]
    pub fn type_code(self, kind: u16) -> Option<TypeCode> {
        tables::type_code(self, kind)
    }
}

/// Some of the editions: those a rule speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editions {
    /// Every edition.
    All,
    /// 2011 and 2016.
    Until2016,
    /// 2022.
    From2022,
}

impl Editions {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Until2016 => "2011-2016",
            Self::From2022 => "2022",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::All => Text::new("各版本", "all"),
            Self::Until2016 => Text::new("2011、2016", "2011 and 2016"),
            Self::From2022 => Text::new("2022", "2022"),
        }
    }

    /// Whether an edition is one of them.
    #[must_use]
    pub fn contain(self, edition: Edition) -> bool {
        match self {
            Self::All => true,
            Self::Until2016 => edition <= Edition::Gb2016,
            Self::From2022 => edition >= Edition::Gb2022,
        }
    }
}

/// Where the edition in use was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionSource {
    /// The operator's setting
    Setting,
    /// The peer's `X-GB-Ver`
    Header,
    /// Nobody said: 2016, spoken by most platforms
    Default,
}

impl EditionSource {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Header => "header",
            Self::Default => "default",
        }
    }

    /// From the word in results.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Setting, Self::Header, Self::Default].into_iter().find(|source| source.name() == name)
    }
}

/// The edition of a peer: setting, then header, then 2016.
#[must_use]
pub fn choose(setting: Option<Edition>, header: Option<&str>) -> (Edition, EditionSource) {
    match (setting, header.and_then(Edition::from_header)) {
        (Some(edition), _) => (edition, EditionSource::Setting),
        (None, Some(edition)) => (edition, EditionSource::Header),
        (None, None) => (Edition::Gb2016, EditionSource::Default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_comes_before_the_header_and_2016_is_the_default() {
        assert_eq!(choose(Some(Edition::Gb2022), Some("2.0")), (Edition::Gb2022, EditionSource::Setting));
        assert_eq!(choose(None, Some(" 3.0 ")), (Edition::Gb2022, EditionSource::Header));
        assert_eq!(choose(None, Some("1.1")), (Edition::Gb2011, EditionSource::Header));
        assert_eq!(choose(None, Some("9")), (Edition::Gb2016, EditionSource::Default));
        assert_eq!(choose(None, None), (Edition::Gb2016, EditionSource::Default));
    }
}
