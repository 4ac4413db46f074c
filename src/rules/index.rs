//! What rules know of the whole catalogue beyond codes and names: made when a rule first asks, then shared.

use std::sync::OnceLock;

use super::Context;
use super::attribute::{Seconds, Sharers};
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
}

impl Context<'_> {
    /// The cameras of the catalogue, by their places in it.
    pub(super) fn cameras(&self) -> impl Iterator<Item = (usize, &Item)> {
        let all = self.items.iter().zip(self.kinds).enumerate();
        all.filter(|(_, (_, kind))| **kind == crate::catalog::Kind::Camera).map(|(place, (item, _))| (place, item))
    }
}
