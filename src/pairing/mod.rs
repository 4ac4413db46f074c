//! Floor 10: pairing with a platform that has never seen us (对接): which code, password and ports we propose, what its
//! administrator types into which field, who knocks then, and what is wrong where it does not work.
//!
//! Pure: the network, the clock, random octets and the answers of whoever sits there come in as arguments.

pub mod brought;
pub mod door;
pub mod labels;
pub mod own;
pub mod ports;
pub mod settings;
pub mod sheet;
pub mod trouble;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::base::device_id::default_domain;
use crate::net::{Address, Protocol};
use crate::sip::dialog::Party;

use self::labels::Product;
use self::own::County;

/// The file of the settings, in the folder the rest is written to.
pub const SETTINGS: &str = "gbaudit.toml";
/// The file of the password, beside them.
pub const SECRET: &str = "gbaudit.secret";

/// What is proposed, and agreed to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where we are.
    pub county: County,
    /// Our code and domain.
    pub own: Party,
    /// Our address on the card that reaches the platform.
    pub host: IpAddr,
    /// Where we listen: there, or at every address.
    pub listen: Vec<Address>,
    /// Our address as the platform sees it, where that is another one.
    pub advertise: Option<SocketAddr>,
    /// Ports for media.
    pub media_ports: RangeInclusive<u16>,
    /// What the platform is.
    pub product: &'static Product,
    /// What it is called in reports.
    pub name: String,
    /// Its code, as far as that is known.
    pub platform_id: Option<String>,
    /// Its address, as far as that is known.
    pub platform_ip: Option<IpAddr>,
}

impl Plan {
    /// The address the platform is to use.
    #[must_use]
    pub fn seen(&self) -> SocketAddr {
        let port = self.listen.first().map_or(Protocol::Udp.default_port(), |address| address.socket.port());
        self.advertise.unwrap_or_else(|| SocketAddr::new(self.host, port))
    }

    /// Our code under the name it has on the wire.
    #[must_use]
    pub fn party(id: &str) -> Party {
        Party { id: id.to_owned(), domain: default_domain(id).to_owned() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::division::Divisions;

    /// A pairing with WVP on loopback.
    pub(crate) fn plan() -> Plan {
        let own::Found::One(county) = own::county("371723", Divisions::embedded()) else { panic!("no such county") };
        Plan {
            own: Plan::party(&own::code(&county, None)),
            county,
            host: "10.0.0.5".parse().unwrap(),
            listen: vec![address("udp", "10.0.0.5:5060"), address("tcp", "10.0.0.5:5060")],
            advertise: None,
            media_ports: 30_000..=30_127,
            product: labels::product("wvp").unwrap(),
            name: "成武县视频平台".into(),
            platform_id: Some("37172300002000000002".into()),
            platform_ip: Some("10.0.0.8".parse().unwrap()),
        }
    }

    fn address(protocol: &str, socket: &str) -> Address {
        let protocol = if protocol == "udp" { Protocol::Udp } else { Protocol::Tcp };
        Address { protocol, socket: socket.parse().unwrap() }
    }
}
