//! What rules know of the whole catalogue beyond codes and names: made when a rule first asks, then shared.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::Context;
use crate::catalog::Item;

/// The parts, each made at most once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Cameras by the address of their network card.
    macs: OnceLock<HashMap<String, Vec<usize>>>,
}

impl Context<'_> {
    /// The cameras of the catalogue, by their places in it.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (usize, &Item)> {
        let all = self.items.iter().zip(self.kinds).enumerate();
        all.filter(|(_, (_, kind))| **kind == crate::catalog::Kind::Camera).map(|(place, (item, _))| (place, item))
    }

    /// Places of the cameras that bear an address of a network card.
    pub(super) fn with_mac(&self, mac: &str) -> &[usize] {
        let macs = self.index.macs.get_or_init(|| self.grouped(super::attribute::mac_of));
        macs.get(mac).map_or(&[], Vec::as_slice)
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
