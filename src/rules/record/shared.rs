//! What only one camera should have: a network card, an address, a channel, a place under one name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

use crate::base::lang::Text;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::Context;
use crate::rules::context::normalise_name;

/// What two records may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Shared {
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
    pub(in crate::rules) const ALL: [Self; 4] = [Self::Mac, Self::Address, Self::Endpoint, Self::Place];

    /// For people.
    pub(in crate::rules) const fn title(self) -> Text {
        match self {
            Self::Mac => Text::new("MAC 地址", "the MAC address"),
            Self::Address => Text::new("IP 地址", "the IP address"),
            Self::Endpoint => Text::new("IP、端口和通道名", "the endpoint (IP, port, channel name)"),
            Self::Place => Text::new("名称和坐标", "name and position"),
        }
    }

    /// What an item has of it; `None` where it says nothing.
    pub(in crate::rules) fn key(self, item: &Item) -> Option<String> {
        match self {
            Self::Mac => crate::rules::attribute::mac_of(item),
            Self::Address => address_of(item).map(|a| a.to_string()),
            Self::Endpoint => {
                let (address, name) = (address_of(item)?, telling_name(item)?);
                let port = item.text(Element::Port).unwrap_or_default();
                Some(format!("{address}|{port}|{name}"))
            }
            Self::Place => {
                let at = crate::rules::geo::position_of(item).filter(|at| at.in_china_bounds())?;
                Some(format!("{}|{:.5}|{:.5}", telling_name(item)?, at.lon, at.lat))
            }
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

/// The name, where it tells one channel from another: not a default such as `Camera 01`.
fn telling_name(item: &Item) -> Option<String> {
    item.sent(Element::Name).map(normalise_name).filter(|name| !crate::rules::name::is_bad(name))
}

/// Nobody else.
const NOBODY: u32 = u32::MAX;

/// By the hash of what is shared: the first camera that has it, and the first of another owner.
#[derive(Debug, Default)]
pub(in crate::rules) struct Twins(HashMap<u64, (u32, u32)>);

impl Twins {
    /// Indexes the cameras of a catalogue that have a code.
    pub(in crate::rules) fn new(context: &Context<'_>, shared: Shared) -> Self {
        let mut twins: HashMap<u64, (u32, u32)> = HashMap::new();
        for (place, item) in context.cameras().filter(|(_, item)| !item.id().is_empty()) {
            let (Some(key), Ok(place)) = (shared.key(item), u32::try_from(place)) else { continue };
            match twins.entry(hash(&key)) {
                Entry::Vacant(entry) => {
                    entry.insert((place, NOBODY));
                }
                Entry::Occupied(mut entry) => {
                    let (first, other) = *entry.get();
                    let owner = context.items.get(first as usize).map(|first| shared.owner(first));
                    if other == NOBODY && owner != Some(shared.owner(item)) {
                        entry.insert((first, place));
                    }
                }
            }
        }
        Self(twins)
    }

    /// A camera of another owner that has the same.
    pub(in crate::rules) fn of<'a>(&self, item: &Item, shared: Shared, context: &Context<'a>) -> Option<&'a Item> {
        let key = shared.key(item)?;
        let (first, other) = *self.0.get(&hash(&key))?;
        let owner = shared.owner(item);
        let places = [first, other].into_iter().filter_map(|place| context.items.get(place as usize));
        // Two texts may have one hash, so the text is compared.
        places
            .into_iter()
            .find(|twin| shared.owner(twin) != owner && twin.id() != item.id() && shared.key(twin).as_ref() == Some(&key))
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
