//! Free codes for cameras that share one.

use std::collections::{HashMap, HashSet};

use crate::base::device_id::DeviceId;
use crate::report::{Camera, Report};

/// Digits of a code before its serial number: centre, industry, type, network.
const RANGE: usize = 14;
/// Serial numbers there are in one range.
const SERIALS: u32 = 1_000_000;

/// Codes that are taken, and the next free one of each range.
#[derive(Debug)]
pub struct Free<'r> {
    taken: HashSet<&'r str>,
    given: HashMap<String, u32>,
}

impl<'r> Free<'r> {
    /// What the catalogue has taken: nodes and cameras alike.
    #[must_use]
    pub fn new(report: &'r Report) -> Self {
        Self { taken: report.catalog.items.iter().map(crate::catalog::Item::id).collect(), given: HashMap::new() }
    }

    /// A free code of the same range, for every line of a shared code but the first, which keeps it. `None` where
    /// the code has no range, or the range is full.
    pub fn code_for(&mut self, report: &Report, camera: &Camera) -> Option<String> {
        let item = report.item(camera.item)?;
        if item.occurrence < 2 {
            return None;
        }
        DeviceId::new_checked(item.id())?;
        let range = item.id().get(..RANGE)?;
        let next = self.given.entry(range.to_owned()).or_insert(1);
        while *next < SERIALS {
            let free = format!("{range}{next:06}");
            *next += 1;
            if !self.taken.contains(free.as_str()) {
                return Some(free);
            }
        }
        None
    }
}
