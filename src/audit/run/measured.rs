//! What is measured of a platform beside the rates.

use std::collections::HashMap;

use super::super::measuring::{look, whom};
use super::{Found, OnePlatform, Progress};
use crate::base::clock::Clock as _;
use crate::edition::Edition;
use crate::evidence::measured::{Measured, window};
use crate::net::peer::Peer;
use crate::platform::measure;
use crate::platform::query::Line;
use crate::probe::outcome::ProbeRecord;

impl OnePlatform {
    /// Measures what the order asks for beside the rates.
    pub(super) async fn measure(&self, found: &mut Found, line: &mut Line<'_>, peer: &Peer) {
        let setting = &self.order.measure;
        let Some(catalogued) = self.catalogued(found) else { return };
        let (cameras, beyond) = whom(&catalogued, setting.cameras, |_| true);
        let seen: HashMap<&str, bool> = found
            .probes
            .iter()
            .map(|record| (record.device_id.as_str(), record.attempts.is_empty() || visible(record)))
            .collect();
        // Not those that were not called: whether they give a picture is not known.
        let (dark, _) = whom(&catalogued, setting.cameras, |id| seen.get(id) == Some(&false));
        drop(catalogued);
        self.observer.told(Progress::Measuring { platform: self.setting.name.clone(), cameras: cameras.len() as u64 });
        let (from, to) = window(self.board.clock.wall(), setting.hours);
        let has_command = self.edition(found.online.as_ref()) == Edition::Gb2022;
        let look = |octets: &[u8]| {
            let (shown, jpeg) = tokio::task::block_in_place(|| look(octets, self.looking()));
            if let (Some(name), Some(jpeg)) = (&shown.snapshot, &jpeg) {
                self.keeper.snapshot(&self.setting.name, name, jpeg);
            }
            shown
        };
        let order = measure::Order {
            what: &setting.what,
            window: (from.micros(), to.micros()),
            whom: &cameras,
            dark: &dark,
            uploads: self.uploads.as_deref().filter(|_| has_command),
            look: &look,
        };
        let (measured, asked) = measure::measure(line, peer, &order).await;
        found.collected.small_queries += asked;
        found.measured = Some(Measured { beyond, ..measured });
    }
}

/// Whether a live picture was seen.
fn visible(record: &ProbeRecord) -> bool {
    record.attempts.iter().any(|attempt| attempt.picture.as_ref().is_some_and(|picture| picture.visible))
}
