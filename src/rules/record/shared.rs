//! What only one camera should have: a network card, an address, a channel, a place under one name.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::net::IpAddr;

use crate::base::lang::Text;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::Context;
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

    /// A part of the key that is cheap to read; alike where the keys are.
    fn rough(self, item: &Item) -> Option<u64> {
        match self {
            Self::Mac => self.key(item).map(hash),
            Self::Address | Self::Endpoint => item.text(Element::IPAddress).map(hash),
            Self::Place => name_of(item).map(hash),
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

    /// Whose it is: channels of one device share its network card, nothing else.
    fn owner(self, item: &Item) -> &str {
        if self != Self::Mac {
            return item.id();
        }
        if let Some(device) = item.parents().into_iter().find(|p| crate::catalog::kind::is_recorder(p)) {
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
    (!special && address.to_string() != "255.255.255.255").then_some(address)
}

/// Whether a name tells one channel from another: not a default such as `Camera 01`.
fn is_telling(item: &Item) -> bool {
    name_of(item).is_some_and(|name| !crate::rules::name::is_bad(&name))
}

fn name_of(item: &Item) -> Option<String> {
    item.sent(Element::Name).map(normalise_name).filter(|name| !name.is_empty())
}

/// Cameras that share something with one of another owner: the place of that one, by the hash of the code.
#[derive(Debug, Default)]
pub(in crate::rules) struct Twins(HashMap<u64, u32>);

impl Twins {
    /// Finds them among the cameras that have a code. Sorted, so that a million alike cost no more than a million unlike;
    /// the whole key is made only of those whose rough one is not alone.
    pub(in crate::rules) fn new(context: &Context<'_>, shared: Shared) -> Self {
        let item = |place: u32| context.items.get(place as usize);
        let marked = context.cameras().filter(|(_, item)| !item.id().is_empty());
        let mut rough: Vec<(u64, u32)> =
            marked.filter_map(|(place, item)| Some((shared.rough(item)?, u32::try_from(place).ok()?))).collect();
        rough.sort_unstable();
        let mut twins = HashMap::new();
        for group in rough.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let mut group: Vec<(u64, u32)> =
                group.iter().filter_map(|(_, place)| Some((hash(shared.key(item(*place)?)?), *place))).collect();
            group.sort_unstable();
            for same in group.chunk_by(|a, b| a.0 == b.0) {
                let members = || same.iter().filter_map(|(_, place)| Some((*place, item(*place)?)));
                let Some((first, owner)) = members().next().map(|(place, first)| (place, shared.owner(first))) else { continue };
                let Some((other, _)) = members().find(|(_, other)| shared.owner(other) != owner) else { continue };
                for (_, member) in members() {
                    let twin = if shared.owner(member) == owner { other } else { first };
                    twins.insert(hash(member.id()), twin);
                }
            }
        }
        Self(twins)
    }

    /// A camera of another owner that has the same.
    pub(in crate::rules) fn of<'a>(&self, item: &Item, shared: Shared, context: &Context<'a>) -> Option<&'a Item> {
        let twin = context.items.get(*self.0.get(&hash(item.id()))? as usize)?;
        // Two texts may have one hash, and two lines one code: what is shared is compared.
        let same = twin.id() != item.id() && shared.owner(twin) != shared.owner(item) && shared.key(twin) == shared.key(item);
        (same && shared.tells(item)).then_some(twin)
    }
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
