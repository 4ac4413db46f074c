//! What all calls of a run share.

use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError};

use super::decode::Decoders;
use crate::base::clock::SystemClock;
use crate::evidence::Footprint;
use crate::net::endpoint::Endpoint;
use crate::net::media::MediaPool;

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
}

impl Switchboard {
    pub(super) fn count(&self, count: impl FnOnce(&mut Footprint)) {
        count(&mut self.footprint.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
