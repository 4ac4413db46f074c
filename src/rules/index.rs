//! What rules know of the whole catalogue: read in one go over it, or made when a rule first asks, then shared.

use std::collections::HashMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::alike::{Counts, Sharers, exactly, key, roughly};
use super::attribute::{Seconds, are_apart, endpoint, mac_number, mac_number_of};
use super::context::{Texts, six_of};
use super::geo::points::{DefaultPoints, Places, Stacks};
use super::record::{Shared, name_of};
use super::tables::CodeChange;
use super::{Case, Context};
use crate::base::device_id::DeviceId;
use crate::base::keyed::{KeySet, State};
use crate::catalog::kind::is_carried;
use crate::catalog::{Item, Kind};
use crate::manscdp::item::Element;

/// The parts that are made when a rule first asks, each at most once and on one thread: one that waited for others might
/// be given a camera whose rule waits for this part.
#[derive(Debug, Default)]
pub(super) struct Index {
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

/// Items read by one thread before it takes the next.
const CHUNK: usize = 4_096;

/// What one look at every camera gives. A million items are further apart than any cache is wide: whatever wants to see
/// all of them reads them here.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// By name, address and network card; see [`key`].
    names: Vec<u64>,
    addresses: Vec<u64>,
    macs: Vec<u64>,
    /// Cameras that stand still, by where they are said to.
    pub(super) places: Places,
    /// The counties that are named, in CivilCode or in a code.
    pub(super) counties: KeySet<u32>,
}

impl Survey {
    /// Reads the cameras of a catalogue.
    pub(super) fn of(items: &[Item], kinds: &[Kind]) -> Self {
        let state = State::default();
        let chunks = items.par_chunks(CHUNK).zip(kinds.par_chunks(CHUNK)).zip((0..u32::MAX).into_par_iter().step_by(CHUNK));
        let parts: Vec<Self> = chunks.map(|((items, kinds), start)| Self::read(items, kinds, start, &state)).collect();
        let mut whole = Self::default();
        for part in parts {
            whole.names.extend(part.names);
            whole.addresses.extend(part.addresses);
            whole.macs.extend(part.macs);
            whole.places.extend(part.places);
            whole.counties.extend(part.counties);
        }
        whole
    }

    fn read(items: &[Item], kinds: &[Kind], start: u32, state: &State) -> Self {
        let mut part = Self::default();
        let cameras = (start..).zip(items).zip(kinds).filter(|(_, kind)| **kind == Kind::Camera).map(|(camera, _)| camera);
        for (place, item) in cameras {
            let (id, texts) = (item.id(), Texts::of(item));
            part.names.extend(texts.name().map(|name| key(name, place, state)));
            part.addresses.extend(texts.address().map(|address| key(address.to_canonical(), place, state)));
            part.macs.extend(texts.text(Element::MAC).and_then(mac_number_of).map(|mac| key(mac, place, state)));
            if !is_carried(DeviceId::new_checked(id), texts.text(Element::MobileDeviceType)) {
                part.places.add(place, texts.sent(Element::Longitude), texts.sent(Element::Latitude));
            }
            part.counties.extend(texts.text(Element::CivilCode).and_then(six_of).into_iter().chain(six_of(id)));
        }
        part
    }
}

/// Cameras that share something.
#[derive(Debug, Default)]
pub(super) struct Shares {
    mac: ByMac,
    address: ByAddress,
    name: ByName,
}

impl Shares {
    /// From the keys that were read of a catalogue.
    pub(super) fn new(context: &Context<'_>, Survey { names, addresses, macs, .. }: Survey) -> Self {
        let by_address = || rayon::join(|| ByAddress::new(context.items, addresses), || ByMac::new(context.items, macs));
        let (name, (address, mac)) = rayon::join(|| ByName::new(context, names), by_address);
        Self { mac, address, name }
    }
}

impl ByMac {
    fn new(items: &[Item], keys: Vec<u64>) -> Self {
        let mut index = Self::default();
        roughly(keys, |places| {
            exactly(places, items, mac_number, |group| index.devices.add(group, items, are_apart));
            Shared::Mac.records(places, items, &mut index.records);
        });
        index
    }
}

impl ByAddress {
    fn new(items: &[Item], keys: Vec<u64>) -> Self {
        let mut index = Self::default();
        roughly(keys, |places| {
            exactly(places, items, endpoint, |group| index.devices.add(group, items, are_apart));
            Shared::Endpoint.records(places, items, &mut index.records);
        });
        index
    }
}

impl ByName {
    fn new(context: &Context<'_>, keys: Vec<u64>) -> Self {
        let (mut index, items) = (Self::default(), context.items);
        roughly(keys, |places| {
            exactly(places, items, name_of, |group| {
                index.catalogue.add(group);
                let places: Vec<u32> = group.iter().map(|(_, place)| *place).collect();
                exactly(&places, items, |item| context.community(item), |group| index.community.add(group));
                exactly(&places, items, |item| context.county_of_unique_names(item), |group| index.county.add(group));
                Shared::Place.records(&places, items, &mut index.records);
            });
        });
        index
    }
}

/// Steps a chain of changed codes is followed back.
pub(super) const MAX_CHANGES: usize = 16;

impl<'a> Context<'a> {
    /// The cameras of the catalogue, by their places in it.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (usize, &Item)> {
        let all = self.items.iter().zip(self.kinds).enumerate();
        all.filter(|(_, (_, kind))| **kind == crate::catalog::Kind::Camera).map(|(place, (item, _))| (place, item))
    }

    /// Cameras that share a name.
    pub(super) const fn by_name(&self) -> &ByName {
        &self.shares.name
    }

    /// A camera of another device with the same address and port.
    pub(super) fn same_endpoint(&self, case: &Case<'_>) -> Option<&'a Item> {
        self.shares.address.devices.of(case.place?, self.items)
    }

    /// A camera of another device with the same network card.
    pub(super) fn same_mac(&self, case: &Case<'_>) -> Option<&'a Item> {
        self.shares.mac.devices.of(case.place?, self.items)
    }

    /// A camera that has what only one should have, under another code.
    pub(super) fn twin(&self, case: &Case<'_>, shared: Shared) -> Option<&'a Item> {
        let records = match shared {
            Shared::Mac => &self.shares.mac.records,
            Shared::Endpoint => &self.shares.address.records,
            Shared::Place => &self.shares.name.records,
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
