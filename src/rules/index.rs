//! What rules know of the whole catalogue beyond codes and names: made when a rule first asks, then shared.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::Context;
use super::attribute::{Seconds, Sharers};
use super::geo::points::{DefaultPoints, Places, Stacks};
use super::record::{Shared, Twins};
use super::tables::CodeChange;
use crate::catalog::Item;

/// The parts, each made at most once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Cameras that share the address of a network card (A04).
    pub(super) macs: OnceLock<Sharers>,
    /// Cameras that share address and port (A02).
    pub(super) endpoints: OnceLock<Sharers>,
    /// Seconds in which many cameras were installed (A18).
    pub(super) install_seconds: OnceLock<Seconds>,
    /// Cameras under two codes by the address of their network card (X01).
    twins_by_mac: OnceLock<Twins>,
    /// By address, port and channel name.
    twins_by_endpoint: OnceLock<Twins>,
    /// By name and point.
    twins_by_place: OnceLock<Twins>,
    /// Channels of multi-lens devices.
    channels: OnceLock<HashMap<String, Vec<usize>>>,
    /// Listed changes of codes by the new code.
    changes: OnceLock<HashMap<String, usize>>,
    /// Cameras that stand still, by where they are said to (G10 to G13).
    pub(super) places: OnceLock<Places>,
    /// Points with many cameras (G10).
    pub(super) stacks: OnceLock<Stacks>,
    /// Points of six decimals with cameras that differ behind them (G11).
    pub(super) jitters: OnceLock<HashMap<u64, u32>>,
    /// Default points by where they are (G12).
    pub(super) default_points: OnceLock<DefaultPoints>,
}

/// Steps a chain of changed codes is followed back.
pub(super) const MAX_CHANGES: usize = 16;

impl<'a> Context<'a> {
    /// The cameras of the catalogue, by their places in it.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (usize, &Item)> {
        let all = self.items.iter().zip(self.kinds).enumerate();
        all.filter(|(_, (_, kind))| **kind == crate::catalog::Kind::Camera).map(|(place, (item, _))| (place, item))
    }

    /// A camera that has what only one should have, under another code.
    pub(super) fn twin(&self, item: &Item, shared: Shared) -> Option<&'a Item> {
        let twins = match shared {
            Shared::Mac => &self.index.twins_by_mac,
            Shared::Endpoint => &self.index.twins_by_endpoint,
            Shared::Place => &self.index.twins_by_place,
            // Channels of a recorder share its address.
            Shared::Address => return None,
        };
        twins.get_or_init(|| Twins::new(self, shared)).of(item, shared, self)
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
