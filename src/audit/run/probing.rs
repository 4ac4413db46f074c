//! The calls to the cameras of a platform: which, in what order, within what limits, and what is kept of what they show.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::super::catalogued::Catalogued;
use super::super::targets::{Choice, Selection, select};
use super::super::waves::Waves;
use super::{Found, Hold, OnePlatform, Progress};
use crate::base::clock::{Clock as _, Mono};
use crate::base::lang::Lang;
use crate::catalog::Kind;
use crate::evidence::conduct::{Limit, Sampling};
use crate::evidence::soundness::Control;
use crate::evidence::tape::Tape;
use crate::evidence::{ProbePlan, Supplied};
use crate::manscdp::command::Dialect;
use crate::net::peer::Peer;
use crate::platform::hub::PeerState;
use crate::platform::query;
use crate::position::Inventory;
use crate::probe::capacity::Learnt;
use crate::probe::decode::{Looking, frame_name};
use crate::probe::outcome::{Attempt, ProbeRecord, Untested};
use crate::probe::plan::{Limits, Plan};
use crate::probe::prober::{self, Surroundings, Tally};
use crate::probe::session::Terms;
use crate::probe::traffic::STREAM_MBIT;
use crate::store::KeptCapacity;

/// What one call takes on the whole, for the estimate before probing: answer, first key frame, hanging up.
const CALL_SECONDS: u64 = 3;
/// How long until it is looked again whether a new call may be begun.
const HOLD: Duration = Duration::from_millis(500);

/// What came of calling the cameras of a platform.
pub(super) struct Called {
    pub(super) probed: prober::Probed,
    pub(super) sampling: Option<Sampling>,
    pub(super) limits: Vec<Limit>,
}

impl OnePlatform {
    /// Which codes are called, and in what order.
    pub(super) fn select(&self, found: &mut Found) -> Selection {
        if matches!(self.order.plan, ProbePlan::No) {
            // Nobody is: a record a camera that says so is made when it is judged, and a million of them are not kept for it.
            return Selection::default();
        }
        let Some(mut catalogued) = self.catalogued(found) else { return Selection::default() };
        self.narrow(&mut catalogued);
        let output = &self.order.audit.profile.output;
        // On a catalogue that decides nothing, nothing becomes certain.
        let stop = self.order.probe.stop_when_certain.filter(|_| !catalogued.catalog.state.voids());
        let choice =
            Choice { plan: self.order.plan, named: &self.order.named, stop: stop.map(|seed| (seed, output.denominator)) };
        let mut selection = select(&catalogued, choice, &self.order.probe);
        if stop.is_none() {
            found.conduct.first = self.history.order(&mut selection.targets, &catalogued);
        }
        selection
    }

    /// Outside the scope nothing is a camera of this run, and nobody is called.
    fn narrow(&self, catalogued: &mut Catalogued) {
        let tables = self.order.audit.supplied.iter().map(Supplied::parts);
        let Ok(inventory) = Inventory::of(tables, Lang::default()) else { return };
        let Some(scope) = super::super::positions::scope(&inventory) else { return };
        for (item, kind) in catalogued.catalog.items.iter().zip(&mut catalogued.kinds) {
            if *kind == Kind::Camera && !scope.contains(item.id()) {
                *kind = Kind::Unclassified;
            }
        }
    }

    /// Calls all of them, or wave after wave until the answer is certain. `known`: what is settled already; `begun`: calls that
    /// were made of others.
    pub(super) async fn probe(
        &self,
        mut selection: Selection,
        (known, begun): (Vec<ProbeRecord>, Vec<ProbeRecord>),
        controls: &[Control],
        state: watch::Receiver<PeerState>,
    ) -> Called {
        let sampling = selection.sampling.take();
        let (capacities, recorders) = (selection.capacities.clone(), selection.recorders.clone());
        let (Some(counted), Some(sampling)) = (selection.counted.take(), sampling.clone()) else {
            let probed = self.wave(selection, &begun, &[], state).await;
            return Called { limits: self.borne(&probed.learnt, &capacities, &recorders), probed, sampling };
        };
        let mut waves =
            Waves::new(&self.order.audit.profile, sampling, counted, std::mem::take(&mut selection.targets), controls);
        let settled = known.len();
        let mut probed = prober::Probed::of(known);
        while let Some(targets) = waves.next(&probed.records) {
            let wave = Selection { targets, ..selection.clone() };
            let learnt = probed.learnt.clone();
            probed.add(self.wave(wave, &begun, &learnt, state.clone()).await);
            if probed.lost || self.stop.is_stopped() {
                break;
            }
        }
        let broken_off = if probed.lost { Untested::PlatformLost } else { Untested::Interrupted };
        let (sampling, left) = waves.finish(broken_off);
        probed.records.drain(..settled);
        probed.records.extend(left);
        Called { limits: self.borne(&probed.learnt, &capacities, &recorders), probed, sampling: Some(sampling) }
    }

    /// What was learnt of recorders and of the platform, for the report.
    fn borne(&self, learnt: &[(Option<usize>, Learnt)], capacities: &[usize], recorders: &[String]) -> Vec<Limit> {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let limit = |(recorder, learnt): &(Option<usize>, Learnt)| {
            let code = match recorder {
                None => None,
                Some(number) => Some(recorders.get(*number)?.clone()),
            };
            Some(Limit {
                set: recorder.map_or(self.parallel(), |n| number(capacities.get(n).copied().unwrap_or(1))),
                sessions: number(learnt.sessions),
                wall: learnt.wall.map(number),
                remembered: self.capacities.iter().any(|kept| kept.recorder == code),
                recorder: code,
            })
        };
        learnt.iter().filter_map(limit).collect()
    }

    /// Sessions at once on this platform, as set.
    fn parallel(&self) -> u32 {
        let setting = &self.order.probe;
        self.setting.parallel.unwrap_or(setting.parallel_per_platform).min(setting.parallel)
    }

    /// Calls all codes of a selection. `learnt`: what the wave before has learnt of recorders and of the platform.
    async fn wave(
        &self,
        selection: Selection,
        begun: &[ProbeRecord],
        learnt: &[(Option<usize>, Learnt)],
        state: watch::Receiver<PeerState>,
    ) -> prober::Probed {
        if selection.targets.is_empty() {
            return prober::Probed::default();
        }
        let (setting, output) = (&self.order.probe, &self.order.audit.profile.output);
        let parallel = self.parallel();
        let cameras = selection.targets.len() as u64;
        let reachable: usize = selection.capacities.iter().sum();
        let ports = self.board.ports.available() as u64;
        let sessions = u64::from(parallel).min(reachable as u64).min(cameras).min(ports).max(1);
        let gap = u64::try_from(setting.invite_gap.as_millis()).unwrap_or(u64::MAX);
        self.observer.told(Progress::Planned {
            platform: self.setting.name.clone(),
            cameras,
            sessions,
            seconds: (cameras * (CALL_SECONDS + output.observe_ms / 1_000) / sessions)
                .max(cameras.saturating_mul(gap) / 1_000)
                .max(1),
            mbit: sessions * STREAM_MBIT,
        });
        let clock = &self.board.clock;
        let limits = self.limits(selection.capacities);
        let terms = self.terms(&state);
        let numbers: HashMap<String, usize> =
            selection.targets.iter().enumerate().map(|(n, target)| (target.device_id.clone(), n)).collect();
        let mut plan = Plan::new(selection.targets, limits, clock.mono());
        self.remember(&mut plan, &selection.recorders);
        learnt.iter().for_each(|(recorder, learnt)| plan.remember(*recorder, *learnt));
        let mut settled = Vec::new();
        for record in begun {
            let Some(number) = numbers.get(&record.device_id) else { continue };
            settled.extend(plan.resume(*number, record.clone(), clock.mono()));
        }
        let around = Around { one: self, state, began: Instant::now(), last: Mutex::new(None), held: Mutex::new(None) };
        let mut probed = prober::probe(&self.board, plan, terms, self.sessions.clone(), &around, self.stop.clone()).await;
        probed.records.extend(settled);
        self.keep_learnt(&probed.learnt, &selection.recorders);
        self.observer.told(Progress::ProbeDone { platform: self.setting.name.clone() });
        probed
    }

    /// The limits of a plan.
    pub(super) fn limits(&self, capacities: Vec<usize>) -> Limits {
        let (setting, output) = (&self.order.probe, &self.order.audit.profile.output);
        Limits {
            transports: setting.transports.clone(),
            parallel: usize::try_from(self.parallel()).unwrap_or(1),
            capacities,
            gap: setting.invite_gap,
            attempts: usize::try_from(output.attempts).unwrap_or(1),
            delays: output.retry_delay_s.iter().map(|s| Duration::from_secs(*s)).collect(),
            retry_on: output.retry_on.clone(),
        }
    }

    /// How calls are made.
    pub(super) fn terms(&self, state: &watch::Receiver<PeerState>) -> Terms {
        let output = &self.order.audit.profile.output;
        Terms {
            limit: Duration::from_millis(output.first_frame_ms),
            listen: Duration::from_millis(output.listen_ms),
            observe: Duration::from_millis(output.observe_ms),
            ps_only: self.edition(state.borrow().online()).offers_ps_only(),
            looking: self.looking(),
            taped: self.taping.is_on(),
        }
    }

    /// How pictures are looked at.
    pub(super) fn looking(&self) -> Looking {
        Looking { snapshots: self.order.probe.snapshots, black: self.order.audit.profile.output.black }
    }

    /// A plan begins with what the nights before have learnt.
    fn remember(&self, plan: &mut Plan, recorders: &[String]) {
        let numbers: HashMap<&str, usize> = recorders.iter().enumerate().map(|(n, code)| (code.as_str(), n)).collect();
        for kept in &self.capacities {
            let recorder = match &kept.recorder {
                None => None,
                Some(code) => match numbers.get(code.as_str()) {
                    Some(number) => Some(*number),
                    None => continue,
                },
            };
            let wall = kept.wall.and_then(|wall| usize::try_from(wall).ok());
            plan.remember(recorder, Learnt { sessions: usize::try_from(kept.sessions).unwrap_or(1), wall });
        }
    }

    fn keep_learnt(&self, learnt: &[(Option<usize>, Learnt)], recorders: &[String]) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let kept = learnt.iter().filter_map(|(recorder, learnt)| {
            let recorder = match recorder {
                None => None,
                Some(number) => Some(recorders.get(*number)?.clone()),
            };
            Some(KeptCapacity {
                platform: self.setting.party.id.clone(),
                recorder,
                sessions: number(learnt.sessions),
                wall: learnt.wall.map(number),
                at: self.board.clock.wall(),
            })
        });
        let kept: Vec<KeptCapacity> = kept.collect();
        if !kept.is_empty() {
            self.keeper.capacities(kept);
        }
    }
}

/// What the prober is told about its platform, and tells.
pub(super) struct Around<'a> {
    pub(super) one: &'a OnePlatform,
    pub(super) state: watch::Receiver<PeerState>,
    pub(super) began: Instant,
    pub(super) last: Mutex<Option<Peer>>,
    /// Why nothing new was called when that was last told.
    pub(super) held: Mutex<Option<Hold>>,
}

impl Around<'_> {
    fn hold(&self) -> Option<Hold> {
        let (setting, clock) = (&self.one.order.probe, &self.one.board.clock);
        if let Some(until) = setting.quiet_hours.until(clock.wall()) {
            return Some(Hold::Quiet(until));
        }
        let most = setting.max_mbit?;
        let mbit = self.one.board.traffic.has_room(most, clock.mono()).err()?;
        Some(Hold::Line { mbit, most })
    }
}

impl Surroundings for Around<'_> {
    fn peer(&self) -> Option<Peer> {
        let state = self.state.borrow();
        let online = state.online().filter(|o| o.reachable)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(peer) if peer.hop == online.hop => Some(peer.clone()),
            _ => {
                let peer = self.one.peer(online);
                *last = Some(peer.clone());
                Some(peer)
            }
        }
    }

    fn answered(&self, at: Mono) {
        self.one.hub.answered(self.one.index, at);
    }

    async fn lives(&self) -> bool {
        let Some(peer) = self.peer() else { return false };
        let dialect = self.state.borrow().online().map_or_else(Dialect::default, |online| self.one.dialect(online));
        query::lives(&self.one.board.endpoint, &peer, dialect).await
    }

    fn holds(&self) -> Option<Duration> {
        let hold = self.hold();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Of the line only that it is full, not each figure.
        let same = match (&*held, &hold) {
            (Some(Hold::Line { .. }), Some(Hold::Line { .. })) => true,
            (before, now) => before == now,
        };
        if let (false, Some(hold)) = (same, hold) {
            self.one.observer.told(Progress::Held { platform: self.one.setting.name.clone(), hold });
        }
        // What the line bears changes by the moment: it is told once, until something else holds.
        if hold.is_some() || !matches!(*held, Some(Hold::Line { .. })) {
            *held = hold;
        }
        hold.map(|_| HOLD)
    }

    fn snapshot(&self, name: &str, jpeg: &[u8]) {
        self.one.keeper.snapshot(&self.one.setting.name, name, jpeg);
    }

    fn key_frame(&self, stream: Vec<u8>) -> Option<String> {
        self.one.frames.take(stream.len()).then(|| {
            let name = frame_name(&stream);
            self.one.keeper.key_frame(&self.one.setting.name, &name, stream);
            name
        })
    }

    fn taped(&self, device_id: &str, attempt: &Attempt, tape: &Tape) {
        let platform = &self.one.setting.name;
        if let Some(octets) = self.one.taping.ended(platform, device_id, attempt, tape) {
            self.one.keeper.tape(platform, device_id, attempt.number, octets);
        }
    }

    fn attempted(&self, so_far: &ProbeRecord) {
        self.one.keeper.probed(&self.one.setting.name, so_far);
    }

    fn settled(&self, record: &ProbeRecord, tally: Tally) {
        if self.one.taping.settled(&self.one.setting.name, record) {
            self.one.keeper.untape(&self.one.setting.name, &record.device_id);
        }
        self.one.keeper.probed(&self.one.setting.name, record);
        let left = (tally.settled > 0).then(|| {
            let rest = (tally.total - tally.settled) as u64;
            self.began.elapsed().as_secs().saturating_mul(rest) / tally.settled as u64
        });
        self.one.observer.told(Progress::Probed { platform: self.one.setting.name.clone(), tally, left });
    }
}
