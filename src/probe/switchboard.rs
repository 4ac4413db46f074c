//! What all calls of a run share.

use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError};

use super::decode::Decoders;
use super::traffic::Traffic;
use crate::base::clock::{Clock as _, SystemClock};
use crate::evidence::Footprint;
use crate::net::endpoint::Endpoint;
use crate::net::media::MediaPool;
use crate::store::ledger::Ledger;

/// What all calls share.
#[derive(Debug, Clone)]
pub struct Switchboard {
    /// Signalling.
    pub endpoint: Endpoint,
    /// Media ports.
    pub ports: MediaPool,
    /// Decoders.
    pub decoders: Decoders,
    /// The time.
    pub clock: Arc<SystemClock>,
    /// The next of our own four digits of `y=`, for all platforms: ten thousand calls until one comes again.
    pub streams: Arc<AtomicU16>,
    /// What was done to the platform.
    pub footprint: Arc<Mutex<Footprint>>,
    /// What all sessions bring over the line.
    pub traffic: Arc<Traffic>,
    /// Where every call is written down before it can be open.
    pub ledger: Ledger,
}

impl Switchboard {
    pub(super) fn count(&self, count: impl FnOnce(&mut Footprint)) {
        count(&mut self.footprint.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// No answer to a call can come any more.
    pub(super) async fn closed(&self, call_id: &str, how: &str) {
        self.ledger.closed(call_id, how, self.clock.wall()).await;
    }
}
