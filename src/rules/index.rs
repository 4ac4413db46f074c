//! What rules know of the whole catalogue beyond codes and names: made when a rule first asks, then shared.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::Context;
use super::geo::points::{DefaultPoints, Places, Stacks};
use crate::catalog::Item;

/// The parts, each made at most once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Cameras by the address of their network card.
    macs: OnceLock<HashMap<String, Vec<usize>>>,
    /// Cameras that stand still, by where they are said to (G10 to G13).
    pub(super) places: OnceLock<Places>,
    /// Points with many cameras (G10).
    pub(super) stacks: OnceLock<Stacks>,
    /// Points of six decimals with cameras that differ behind them (G11).
    pub(super) jitters: OnceLock<HashMap<u64, u32>>,
    /// Default points by where they are (G12).
    pub(super) default_points: OnceLock<DefaultPoints>,
    /// Old codes by the new ones.
    old_codes: OnceLock<HashMap<String, String>>,
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

    /// The code a camera bore before, where the table of changed codes tells.
    pub(super) fn old_code(&self, id: &str) -> Option<&str> {
        let changes = &self.tables.code_changes;
        let old = self.index.old_codes.get_or_init(|| changes.iter().map(|c| (c.new.clone(), c.old.clone())).collect());
        old.get(id).map(String::as_str)
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
