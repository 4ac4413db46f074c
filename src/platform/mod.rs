//! Floor 8: platforms as peers. Subordinates register with us, we register with superiors; then both are asked
//! for their catalogue the same way.

pub mod hub;
pub mod lines;
pub mod measure;
pub mod query;
pub mod registrant;
pub mod registrar;
pub mod subscribe;

use std::net::IpAddr;

use crate::base::charset::Charset;
use crate::base::secret::Secret;
use crate::edition::Edition;
use crate::net::{Address, Trust};
use crate::sip::dialog::Party;

/// Which of the two registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 下级平台: it registers with us.
    Subordinate,
    /// 上级平台: we register with it.
    Superior,
}

impl Role {
    /// The words of settings and results.
    pub const NAMES: [(&'static str, Self); 2] = [("subordinate", Self::Subordinate), ("superior", Self::Superior)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subordinate => "subordinate",
            Self::Superior => "superior",
        }
    }
}

/// Whether a whole answer is checked against others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrossCheck {
    /// One full query, and a second only where the first came short.
    #[default]
    Off,
    /// A second full query in any case.
    Second,
    /// The same, and a query about every node of the tree.
    Tree,
}

impl CrossCheck {
    /// The words of settings and results.
    pub const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("second", Self::Second), ("tree", Self::Tree)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Second => "second",
            Self::Tree => "tree",
        }
    }

    /// From the word.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, check)| *check)
    }
}

/// `[catalog]`: how sure the catalogue is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogSetting {
    /// Whether a whole answer is checked.
    pub cross_check: CrossCheck,
    /// Whether changes are subscribed to while the run goes on.
    pub subscribe: bool,
}

impl Default for CatalogSetting {
    fn default() -> Self {
        Self { cross_check: CrossCheck::Off, subscribe: true }
    }
}

/// One `[[platform]]`.
#[derive(Debug, Clone)]
pub struct PlatformSetting {
    /// Its name in reports.
    pub name: String,
    /// Its code and domain.
    pub party: Party,
    /// Who registers.
    pub role: Role,
    /// The only address accepted (subordinate), or where we register (superior).
    pub address: Option<Address>,
    /// The name in digests, where it is not the code.
    pub username: Option<String>,
    /// The password; `None` = `auth = "none"`.
    pub password: Option<Secret>,
    /// The edition it speaks, as its operator says.
    pub edition: Option<Edition>,
    /// The charset it wants.
    pub charset: Option<Charset>,
    /// Our media address towards it.
    pub media_ip: Option<IpAddr>,
    /// Sessions at once, for this platform.
    pub parallel: Option<u32>,
    /// What product it is, as its operator says.
    pub product: Option<String>,
    /// Cameras it has, as its operator says.
    pub expected: Option<u64>,
    /// Where its operator says that from.
    pub expected_source: String,
    /// Cameras of it known to be good, called before and after the others.
    pub control_cameras: Vec<String>,
    /// Whose certificates are believed, where we connect to it over TLS.
    pub trust: Option<Trust>,
}
