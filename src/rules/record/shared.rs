//! What only one camera should have: a network card, an address, a channel, a place under one name.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::base::lang::Text;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::alike::{Sharers, exactly};
use crate::rules::context::normalise_name;

/// What two records may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The address of the network card.
    Mac,
    /// The IP address.
    Address,
    /// IP address, port and channel name.
    Endpoint,
    /// Name and point to a metre.
    Place,
}

impl Shared {
    /// In the order of their weight.
    pub const ALL: [Self; 4] = [Self::Mac, Self::Address, Self::Endpoint, Self::Place];

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Mac => Text::new("MAC 地址", "the MAC address"),
            Self::Address => Text::new("IP 地址", "the IP address"),
            Self::Endpoint => Text::new("IP、端口和通道名", "the endpoint (IP, port, channel name)"),
            Self::Place => Text::new("名称和坐标", "name and position"),
        }
    }

    /// What an item has of it; `None` where it has nothing.
    #[must_use]
    pub fn key(self, item: &Item) -> Option<String> {
        match self {
            Self::Mac => crate::rules::attribute::mac_of(item),
            Self::Address => address_of(item).map(|a| a.to_string()),
            Self::Endpoint => {
                let (address, name) = (address_of(item)?, name_of(item)?);
                let port = item.text(Element::Port).unwrap_or_default();
                Some(format!("{address}|{port}|{name}"))
            }
            Self::Place => {
                let at = crate::rules::geo::position_of(item).filter(|at| at.in_china_bounds())?;
                Some(format!("{}|{:.5}|{:.5}", name_of(item)?, at.lon, at.lat))
            }
        }
    }

    /// Whether what an item shares with another means anything: a default name does not tell channels apart.
    #[must_use]
    pub fn tells(self, item: &Item) -> bool {
        match self {
            Self::Mac | Self::Address => true,
            Self::Endpoint | Self::Place => is_telling(item),
        }
    }

    /// Adds those of these cameras that share it with a record of another owner. One without a code is no other record.
    pub(in crate::rules) fn records(self, places: &[u32], items: &[Item], found: &mut Sharers) {
        let key = |item: &Item| if item.id().is_empty() { None } else { self.key(item) };
        exactly(places, items, key, |group| found.add(group, items, |a, b| self.owner(a) != self.owner(b)));
    }

    /// Whose it is: channels of one device share its network card, nothing else.
    fn owner(self, item: &Item) -> &str {
        if self != Self::Mac {
            return item.id();
        }
        if let Some(device) = item.each_parent().find(|p| crate::catalog::kind::is_recorder(p)) {
            return device;
        }
        // Lenses of one device that nobody filed under it.
        if crate::rules::code::d23_lens_without_channels::is_lens(item) { "" } else { item.id() }
    }
}

/// The IP address, where it is one that a camera can have.
pub(in crate::rules) fn address_of(item: &Item) -> Option<IpAddr> {
    let address: IpAddr = item.text(Element::IPAddress)?.parse().ok()?;
    let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    (!special && address != IpAddr::V4(std::net::Ipv4Addr::BROADCAST)).then_some(address)
}

/// Whether a name tells one channel from another: not a default such as `Camera 01`.
fn is_telling(item: &Item) -> bool {
    name_of(item).is_some_and(|name| !crate::rules::name::is_bad(&name))
}

/// The normalised name, where there is one.
pub(in crate::rules) fn name_of(item: &Item) -> Option<Cow<'_, str>> {
    item.sent(Element::Name).map(normalise_name).filter(|name| !name.is_empty())
}
