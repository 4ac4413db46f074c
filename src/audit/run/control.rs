//! Cameras known to be good (对照摄像机), called before and after the cameras of the run: what they give says whether the way to
//! us works. They count in no rate and their calls are no calls of the run's records.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::OnePlatform;
use super::probing::Around;
use crate::base::clock::{Clock as _, Mono};
use crate::evidence::soundness::{Control, When};
use crate::evidence::tape::Tape;
use crate::net::peer::Peer;
use crate::platform::hub::PeerState;
use crate::probe::outcome::{Attempt, ProbeRecord};
use crate::probe::plan::{Plan, Target};
use crate::probe::prober::{self, Surroundings, Tally};
use crate::probe::session::Terms;

/// Calls to control cameras at once.
const AT_ONCE: usize = 4;

impl OnePlatform {
    /// Calls the control cameras. What was learnt of recorders meanwhile stays unlearnt: there are few.
    pub(super) async fn call_controls(&self, when: When, state: watch::Receiver<PeerState>) -> Vec<Control> {
        let codes = &self.setting.control_cameras;
        if codes.is_empty() || self.stop.is_stopped() {
            return Vec::new();
        }
        let target = |(recorder, code): (usize, &String)| Target { device_id: code.clone(), recorder, once: false };
        let targets: Vec<Target> = codes.iter().enumerate().map(target).collect();
        let mut limits = self.limits(vec![1; targets.len()]);
        limits.parallel = limits.parallel.min(AT_ONCE);
        let own = self.terms(&state);
        let terms = Terms { observe: Duration::ZERO, looking: own.looking.only(), taped: false, ..own };
        let plan = Plan::new(targets, limits, self.board.clock.mono());
        let around = Around { one: self, state, began: Instant::now(), last: Mutex::new(None), held: Mutex::new(None) };
        let probed = prober::probe(&self.board, plan, terms, self.sessions.clone(), &Aside(around), self.stop.clone()).await;
        // A call that was broken off says nothing of the way.
        let mut records: Vec<ProbeRecord> = probed.records.into_iter().filter(|r| r.untested.is_none()).collect();
        let place = |code: &str| codes.iter().position(|known| known == code);
        records.sort_by_key(|record| place(&record.device_id));
        records.into_iter().map(|record| Control { when, record }).collect()
    }
}

/// As for the cameras of the run, but what comes of it is kept elsewhere.
struct Aside<'a>(Around<'a>);

impl Surroundings for Aside<'_> {
    fn peer(&self) -> Option<Peer> {
        self.0.peer()
    }

    fn answered(&self, at: Mono) {
        self.0.answered(at);
    }

    async fn lives(&self) -> bool {
        self.0.lives().await
    }

    fn holds(&self) -> Option<Duration> {
        self.0.holds()
    }

    fn snapshot(&self, _: &str, _: &[u8]) {}

    fn taped(&self, _: &str, _: &Attempt, _: &Tape) {}

    fn attempted(&self, _: &ProbeRecord) {}

    fn settled(&self, record: &ProbeRecord, _: Tally) {
        let shown = record.attempts.iter().any(|attempt| attempt.cause.is_none());
        tracing::debug!(device_id = %record.device_id, shown, "a control camera was called");
        // Nothing that was held back for them is told to have been for the cameras of the run.
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
