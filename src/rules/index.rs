//! What rules know of the whole catalogue beyond codes and names: made when a rule first asks, then shared.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use super::alike::{Counts, Sharers, exactly, roughly};
use super::attribute::{Seconds, are_apart, endpoint, mac_number};
use super::geo::points::{DefaultPoints, Places, Stacks};
use super::record::{Shared, name_of};
use super::tables::CodeChange;
use super::{Case, Context};
use crate::catalog::Item;
use crate::manscdp::item::Element;

/// The parts, each made at most once. Those made on several threads are made by [`Context::prepare`]: a thread that waits
/// for others may be given the question that waits for this one.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_mac: OnceLock<ByMac>,
    by_address: OnceLock<ByAddress>,
    by_name: OnceLock<ByName>,
    /// Cameras that stand still, by where they are said to (G10 to G13).
    pub(super) places: OnceLock<Places>,
    /// Seconds in which many cameras were installed (A18).
    pub(super) install_seconds: OnceLock<Seconds>,
    /// Channels of multi-lens devices.
    channels: OnceLock<HashMap<String, Vec<usize>>>,
    /// Listed changes of codes by the new code.
    changes: OnceLock<HashMap<String, usize>>,
    /// Points with many cameras (G10).
    pub(super) stacks: OnceLock<Stacks>,
    /// Points of six decimals with cameras that differ behind them (G11).
    pub(super) jitters: OnceLock<HashMap<u64, u32>>,
    /// Default points by where they are (G12).
    pub(super) default_points: OnceLock<DefaultPoints>,
}

/// Cameras that share the address of a network card.
#[derive(Debug, Default)]
struct ByMac {
    /// With another device (A04).
    devices: Sharers,
    /// With another record (X01).
    records: Sharers,
}

/// Cameras that share an IP address.
#[derive(Debug, Default)]
struct ByAddress {
    /// And the port, with another device (A02).
    devices: Sharers,
    /// And port and channel name, with another record (X01).
    records: Sharers,
}

/// Cameras that share a normalised name.
#[derive(Debug, Default)]
pub(super) struct ByName {
    /// In the catalogue (N07).
    pub(super) catalogue: Counts,
    /// In the same community.
    pub(super) community: Counts,
    /// In the same county, where a template wants it unique there.
    pub(super) county: Counts,
    /// And the point, with another record (X01).
    records: Sharers,
}

impl ByMac {
    fn new(context: &Context<'_>) -> Self {
        let mut index = Self::default();
        roughly(context, mac_number, |places| {
            exactly(places, context.items, mac_number, |group| index.devices.add(group, context.items, are_apart));
            let apart = |a: &Item, b: &Item| Shared::Mac.apart(a, b);
            let key = |item: &Item| Shared::Mac.key_of_coded(item);
            exactly(places, context.items, key, |group| index.records.add(group, context.items, apart));
        });
        index
    }
}

impl ByAddress {
    fn new(context: &Context<'_>) -> Self {
        let mut index = Self::default();
        let address = |item: &Item| Some(item.text(Element::IPAddress)?.parse::<IpAddr>().ok()?.to_canonical());
        roughly(context, address, |places| {
            exactly(places, context.items, endpoint, |group| index.devices.add(group, context.items, are_apart));
            let apart = |a: &Item, b: &Item| Shared::Endpoint.apart(a, b);
            let key = |item: &Item| Shared::Endpoint.key_of_coded(item);
            exactly(places, context.items, key, |group| index.records.add(group, context.items, apart));
        });
        index
    }
}

impl ByName {
    fn new(context: &Context<'_>) -> Self {
        let mut index = Self::default();
        roughly(context, name_of, |places| {
            exactly(places, context.items, name_of, |group| {
                index.catalogue.add(group);
                let places: Vec<u32> = group.iter().map(|(_, place)| *place).collect();
                exactly(&places, context.items, |item| context.community(item), |group| index.community.add(group));
                exactly(&places, context.items, |item| context.county_of_unique_names(item), |group| index.county.add(group));
                let apart = |a: &Item, b: &Item| Shared::Place.apart(a, b);
                let key = |item: &Item| Shared::Place.key_of_coded(item);
                exactly(&places, context.items, key, |group| index.records.add(group, context.items, apart));
            });
        });
        index
    }
}

/// Steps a chain of changed codes is followed back.
const MAX_CHANGES: usize = 16;

impl<'a> Context<'a> {
    /// The cameras of the catalogue, by their places in it.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (usize, &Item)> {
        let all = self.items.iter().zip(self.kinds).enumerate();
        all.filter(|(_, (_, kind))| **kind == crate::catalog::Kind::Camera).map(|(place, (item, _))| (place, item))
    }

    /// Makes what nearly every catalogue is asked for, on all threads.
    pub(super) fn prepare(&self) {
        let points = || {
            self.places();
            rayon::join(|| self.stacks(), || self.jitters());
        };
        rayon::join(|| rayon::join(|| self.by_name(), || self.by_address()), || rayon::join(points, || self.by_mac()));
    }

    fn by_mac(&self) -> &ByMac {
        self.index.by_mac.get_or_init(|| ByMac::new(self))
    }

    fn by_address(&self) -> &ByAddress {
        self.index.by_address.get_or_init(|| ByAddress::new(self))
    }

    /// Cameras that share a name.
    pub(super) fn by_name(&self) -> &ByName {
        self.index.by_name.get_or_init(|| ByName::new(self))
    }

    /// A camera of another device with the same address and port.
    pub(super) fn same_endpoint(&self, case: &Case<'_>) -> Option<&'a Item> {
        self.by_address().devices.of(case.place?, self.items)
    }

    /// A camera of another device with the same network card.
    pub(super) fn same_mac(&self, case: &Case<'_>) -> Option<&'a Item> {
        self.by_mac().devices.of(case.place?, self.items)
    }

    /// A camera that has what only one should have, under another code.
    pub(super) fn twin(&self, case: &Case<'_>, shared: Shared) -> Option<&'a Item> {
        let records = match shared {
            Shared::Mac => &self.by_mac().records,
            Shared::Endpoint => &self.by_address().records,
            Shared::Place => &self.by_name().records,
            // Channels of a recorder share its address.
            Shared::Address => return None,
        };
        let twin = records.of(case.place?, self.items)?;
        (twin.id() != case.id && shared.tells(case.item)).then_some(twin)
    }

    /// How many channels of a multi-lens device are in the catalogue.
    pub(super) fn channels_of(&self, device: &str) -> usize {
        let key = super::code::d23_lens_without_channels::device_of;
        self.index.channels.get_or_init(|| self.grouped(key)).get(device).map_or(0, Vec::len)
    }

    /// The listed change by which a camera of the earlier catalogue came to this code.
    pub(super) fn listed_change(&self, id: &str) -> Option<&'a CodeChange> {
        let tables = self.tables;
        let list = || tables.code_changes.iter().enumerate().map(|(place, change)| (change.new.clone(), place)).collect();
        let changes = self.index.changes.get_or_init(list);
        let mut id = id;
        for _ in 0..MAX_CHANGES {
            let change = tables.code_changes.get(*changes.get(id)?)?;
            if tables.previous.by_id.contains_key(&change.old) {
                return Some(change);
            }
            id = &change.old;
        }
        None
    }

    /// Cameras by what is read from each.
    pub(super) fn grouped(&self, key: impl Fn(&Item) -> Option<String>) -> HashMap<String, Vec<usize>> {
        let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, item) in self.cameras() {
            if let Some(key) = key(item) {
                groups.entry(key).or_default().push(place);
            }
        }
        groups
    }
}
