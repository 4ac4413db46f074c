//! Which camera is called when. Pure: told the time and what came of each call, says what to do next.
//!
//! Limits of a guest: so many sessions at once on a platform and on one recorder, a pause between two INVITEs, a
//! budget of INVITEs a camera with pauses between them. Recorders take turns, so that none is asked for all its
//! channels in one go. A step costs the logarithm of the number of cameras.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::blame::{self, Next};
use super::outcome::{Attempt, Ending, MediaTransport, ProbeRecord, Untested};
use crate::base::clock::Mono;

/// Calls of one code that never reached the platform.
const MAX_UNSENT: usize = 3;

/// A code to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The code.
    pub device_id: String,
    /// Number of the recorder it hangs under, from 0, without gaps.
    pub recorder: usize,
    /// The platform says that it is off line: called once, without retry.
    pub once: bool,
}

/// The limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Transports in their order.
    pub transports: Vec<MediaTransport>,
    /// Sessions at once.
    pub parallel: usize,
    /// Sessions at once, by recorder.
    pub capacities: Vec<usize>,
    /// Between two INVITEs.
    pub gap: Duration,
    /// INVITEs a camera.
    pub attempts: usize,
    /// Before the second, the third ...; the last one stands for all further ones.
    pub delays: Vec<Duration>,
}

/// One call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which target.
    pub index: usize,
    /// Its code.
    pub device_id: String,
    /// From 1.
    pub number: u32,
    /// How media is asked for.
    pub transport: MediaTransport,
    /// The other form of the offer.
    pub variant: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make this call.
    Call(Job),
    /// Nothing before this moment, or before a call ends.
    Wait(Option<Mono>),
    /// All is said.
    Done,
}

#[derive(Debug)]
struct Case {
    target: Target,
    attempts: Vec<Attempt>,
    transport: MediaTransport,
    variant: bool,
    tried_variant: bool,
    finished: bool,
    snapshot: Option<String>,
}

/// The plan for one platform.
#[derive(Debug)]
pub struct Plan {
    limits: Limits,
    cases: Vec<Case>,
    /// Ready cases by recorder.
    ready: Vec<VecDeque<usize>>,
    /// Recorders with ready cases, in their turn; each stands here at most once.
    turns: VecDeque<usize>,
    in_turns: Vec<bool>,
    /// Cases that wait for their next attempt.
    later: BinaryHeap<Reverse<(Mono, usize)>>,
    running: Vec<usize>,
    in_flight: usize,
    open_cases: usize,
    next_call: Mono,
}

impl Plan {
    /// A plan for some codes.
    #[must_use]
    pub fn new(targets: Vec<Target>, limits: Limits, now: Mono) -> Self {
        let recorders = targets.iter().map(|t| t.recorder + 1).max().unwrap_or(0);
        let first = limits.transports.first().copied().unwrap_or(MediaTransport::Udp);
        let mut plan = Self {
            limits,
            ready: vec![VecDeque::new(); recorders],
            turns: VecDeque::new(),
            in_turns: vec![false; recorders],
            later: BinaryHeap::new(),
            running: vec![0; recorders],
            in_flight: 0,
            open_cases: targets.len(),
            next_call: now,
            cases: targets
                .into_iter()
                .map(|target| Case {
                    target,
                    attempts: Vec::new(),
                    transport: first,
                    variant: false,
                    tried_variant: false,
                    finished: false,
                    snapshot: None,
                })
                .collect(),
        };
        for index in 0..plan.cases.len() {
            plan.make_ready(index, false);
        }
        plan
    }

    /// How many codes are settled, of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.cases.len() - self.open_cases, self.cases.len())
    }

    /// Calls going on.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// What to do now.
    pub fn step(&mut self, now: Mono) -> Step {
        while let Some(Reverse((at, index))) = self.later.peek().copied() {
            if at > now {
                break;
            }
            self.later.pop();
            self.make_ready(index, true);
        }
        if self.open_cases == 0 {
            return Step::Done;
        }
        let later = self.later.peek().map(|Reverse((at, _))| *at);
        if self.in_flight >= self.limits.parallel.max(1) {
            return Step::Wait(None);
        }
        if self.turns.is_empty() {
            return Step::Wait(later);
        }
        if now < self.next_call {
            return Step::Wait(Some(self.next_call));
        }
        // A recorder with all its sessions in use comes back when one of them ends.
        let Some(recorder) = self.turns.pop_front() else { return Step::Wait(later) };
        if let Some(flag) = self.in_turns.get_mut(recorder) {
            *flag = false;
        }
        let index = self.ready.get_mut(recorder).and_then(VecDeque::pop_front);
        let Some(case) = index.and_then(|index| self.cases.get(index)) else { return Step::Wait(Some(now)) };
        let job = Job {
            index: index.unwrap_or_default(),
            device_id: case.target.device_id.clone(),
            number: u32::try_from(case.attempts.len() + 1).unwrap_or(u32::MAX),
            transport: case.transport,
            variant: case.variant,
        };
        self.in_flight += 1;
        if let Some(running) = self.running.get_mut(recorder) {
            *running += 1;
        }
        self.next_call = now.plus(self.limits.gap);
        self.queue(recorder);
        Step::Call(job)
    }

    /// A call has ended. Gives the record when the code is settled.
    pub fn ended(&mut self, index: usize, attempt: Attempt, snapshot: Option<String>, now: Mono) -> Option<ProbeRecord> {
        let recorder = self.cases.get(index)?.target.recorder;
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(running) = self.running.get_mut(recorder) {
            *running = running.saturating_sub(1);
        }
        self.queue(recorder);
        let case = self.cases.get_mut(index)?;
        if attempt.ending != Ending::NotSent {
            case.tried_variant |= case.variant;
        }
        let next = blame::next(&attempt, case.tried_variant);
        case.attempts.push(attempt);
        case.snapshot = snapshot.or(case.snapshot.take());
        // What never reached the platform is no try of the camera's; but it does not go on for ever.
        let reached = case.attempts.iter().filter(|a| a.reached_platform()).count();
        let budget = if case.target.once { 1 } else { self.limits.attempts.max(1) };
        let spent = reached >= budget || case.attempts.len() - reached >= MAX_UNSENT;
        let other = blame::other_transport(&self.limits.transports, &case.attempts);
        let pause = match (next, other) {
            _ if spent => None,
            (Next::Enough, _) | (Next::OtherTransportNow, None) => None,
            (Next::OtherTransportNow | Next::OtherTransportNowOrSameLater, Some(other)) => {
                case.transport = other;
                Some(Duration::ZERO)
            }
            (Next::VariantNow, _) => {
                case.variant = true;
                Some(Duration::ZERO)
            }
            (Next::SameLater, _) | (Next::OtherTransportLater | Next::OtherTransportNowOrSameLater, None) => {
                Some(self.limits.delay(case.attempts.len()))
            }
            (Next::OtherTransportLater, Some(other)) => {
                case.transport = other;
                Some(self.limits.delay(case.attempts.len()))
            }
        };
        match pause {
            Some(pause) => {
                self.later.push(Reverse((now.plus(pause), index)));
                None
            }
            None => {
                case.finished = true;
                self.open_cases -= 1;
                // A way to the platform that breaks each time says nothing of a camera behind it.
                let never_reached = reached == 0 && case.attempts.iter().any(|a| a.detail == blame::detail::CONNECTION_LOST);
                Some(record(case, never_reached.then_some(Untested::Interrupted)))
            }
        }
    }

    /// A call was broken off by us: its code has no answer.
    pub fn broken_off(&mut self, index: usize) {
        let Some(recorder) = self.cases.get(index).map(|c| c.target.recorder) else { return };
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(running) = self.running.get_mut(recorder) {
            *running = running.saturating_sub(1);
        }
    }

    /// Nothing more is called: the records of everything not settled.
    pub fn interrupt(&mut self) -> Vec<ProbeRecord> {
        self.open_cases = 0;
        let open = self.cases.iter_mut().filter(|c| !c.finished);
        open.map(|case| {
            case.finished = true;
            record(case, Some(Untested::Interrupted))
        })
        .collect()
    }

    fn make_ready(&mut self, index: usize, first: bool) {
        let Some(recorder) = self.cases.get(index).map(|c| c.target.recorder) else { return };
        if let Some(queue) = self.ready.get_mut(recorder) {
            // What has begun is brought to its end before something new is begun.
            if first { queue.push_front(index) } else { queue.push_back(index) }
        }
        self.queue(recorder);
    }

    /// Gives a recorder a turn if it has something to be called and a session free.
    fn queue(&mut self, recorder: usize) {
        let waiting = self.ready.get(recorder).is_some_and(|q| !q.is_empty());
        let capacity = self.limits.capacities.get(recorder).copied().unwrap_or(1).max(1);
        let free = self.running.get(recorder).is_some_and(|r| *r < capacity);
        if let (true, true, Some(flag @ false)) = (waiting, free, self.in_turns.get_mut(recorder)) {
            *flag = true;
            self.turns.push_back(recorder);
        }
    }
}

impl Limits {
    /// The pause after so many attempts.
    fn delay(&self, attempts: usize) -> Duration {
        let index = attempts.saturating_sub(1);
        self.delays.get(index).or(self.delays.last()).copied().unwrap_or_default()
    }
}

fn record(case: &Case, untested: Option<Untested>) -> ProbeRecord {
    ProbeRecord {
        device_id: case.target.device_id.clone(),
        attempts: case.attempts.clone(),
        untested,
        snapshot: case.snapshot.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::outcome::tests::attempt;
    use crate::probe::outcome::{Cause, Level};

    fn limits() -> Limits {
        Limits {
            transports: vec![MediaTransport::Udp, MediaTransport::TcpPassive],
            parallel: 8,
            capacities: vec![4; 4],
            gap: Duration::from_millis(200),
            attempts: 3,
            delays: vec![Duration::from_secs(5), Duration::from_secs(15)],
        }
    }

    fn target(n: usize, recorder: usize) -> Target {
        Target { device_id: format!("{n:020}"), recorder, once: false }
    }

    fn at(ms: u64) -> Mono {
        Mono::from_millis(ms)
    }

    fn call(plan: &mut Plan, ms: u64) -> Job {
        match plan.step(at(ms)) {
            Step::Call(job) => job,
            other => panic!("{other:?}"),
        }
    }

    fn picture(number: u32) -> Attempt {
        let mut attempt = attempt(number, None);
        (attempt.status, attempt.answer_ms) = (Some(200), Some(1));
        (attempt.first_packet_ms, attempt.first_picture_ms, attempt.first_visible_ms) = (Some(2), Some(3), Some(3));
        attempt
    }

    #[test]
    fn invites_keep_their_distance_and_recorders_take_turns() {
        let targets = (0..10).map(|n| target(n, n / 5)).collect();
        let mut plan = Plan::new(targets, limits(), at(0));
        assert_eq!(call(&mut plan, 0).index, 0);
        assert_eq!(plan.step(at(100)), Step::Wait(Some(at(200))));
        let order: Vec<usize> = (1..8).map(|n| call(&mut plan, 200 * n).index).collect();
        assert_eq!(order, [5, 1, 6, 2, 7, 3, 8]);
        assert_eq!(plan.step(at(9_000)), Step::Wait(None), "eight sessions are the limit");
    }

    #[test]
    fn one_recorder_never_gets_more_than_its_share() {
        let mut plan = Plan::new((0..10).map(|n| target(n, 0)).collect(), limits(), at(0));
        for n in 0..4 {
            call(&mut plan, 200 * n);
        }
        assert_eq!(plan.step(at(5_000)), Step::Wait(None));
        assert!(plan.ended(0, picture(1), None, at(5_000)).is_some());
        assert_eq!(call(&mut plan, 5_000).index, 4);
    }

    #[test]
    fn retries_wait_and_change_transport_when_no_media_came() {
        let mut plan = Plan::new(vec![target(0, 0)], limits(), at(0));
        let first = call(&mut plan, 0);
        assert_eq!((first.number, first.transport), (1, MediaTransport::Udp));
        let no_media = |n, transport| Attempt { transport, status: Some(200), ..attempt(n, Some(Cause::NoMedia)) };
        assert!(plan.ended(0, no_media(1, MediaTransport::Udp), None, at(20_000)).is_none());
        assert_eq!(plan.step(at(20_000)), Step::Wait(Some(at(25_000))));
        let second = call(&mut plan, 25_000);
        assert_eq!((second.number, second.transport), (2, MediaTransport::TcpPassive));
        assert!(plan.ended(0, no_media(2, MediaTransport::TcpPassive), None, at(45_000)).is_none());
        let third = call(&mut plan, 60_000);
        assert_eq!((third.number, third.transport), (3, MediaTransport::TcpPassive));
        let record = plan.ended(0, no_media(3, MediaTransport::TcpPassive), None, at(80_000)).unwrap();
        assert_eq!((record.attempts.len(), plan.step(at(80_000))), (3, Step::Done));
    }

    #[test]
    fn a_peer_that_cannot_do_a_transport_is_asked_for_another_at_once_until_none_is_left() {
        let mut plan = Plan::new(vec![target(0, 0)], limits(), at(0));
        call(&mut plan, 0);
        let refused = |n, transport| Attempt { transport, status: Some(488), ..attempt(n, Some(Cause::Rejected)) };
        assert!(plan.ended(0, refused(1, MediaTransport::Udp), None, at(1_000)).is_none());
        assert_eq!(call(&mut plan, 1_000).transport, MediaTransport::TcpPassive);
        assert!(plan.ended(0, refused(2, MediaTransport::TcpPassive), None, at(1_500)).is_some());
    }

    #[test]
    fn off_line_ones_are_called_once_and_bad_requests_get_one_variant() {
        let once = Target { once: true, ..target(0, 0) };
        let mut plan = Plan::new(vec![once, target(1, 0)], limits(), at(0));
        call(&mut plan, 0);
        assert!(plan.ended(0, attempt(1, Some(Cause::NoAnswer)), None, at(100)).is_some());
        assert!(!call(&mut plan, 200).variant);
        let bad = |n| Attempt { status: Some(400), ..attempt(n, Some(Cause::Rejected)) };
        assert!(plan.ended(1, bad(1), None, at(300)).is_none());
        assert!(call(&mut plan, 400).variant);
        assert!(plan.ended(1, bad(2), None, at(500)).is_some());
    }

    #[test]
    fn what_never_reached_the_platform_is_no_try_of_the_camera() {
        use crate::probe::outcome::ProbeVerdict;
        let broken = |n| Attempt { detail: blame::detail::CONNECTION_LOST.into(), ..attempt(n, Some(Cause::NoAnswer)) };
        let unsent = |n| Attempt { ending: Ending::NotSent, ..attempt(n, Some(Cause::OurFault)) };
        let after = |once: bool, attempts: &[Attempt]| {
            let mut plan = Plan::new(vec![Target { once, ..target(0, 0) }], limits(), at(0));
            let mut now = 0;
            for attempt in attempts {
                now += 60_000;
                call(&mut plan, now);
                if let Some(record) = plan.ended(0, attempt.clone(), None, at(now)) {
                    return Some(record);
                }
            }
            None
        };
        assert!(after(false, &[broken(1), attempt(2, Some(Cause::NoAnswer)), attempt(3, Some(Cause::NoAnswer))]).is_none());
        assert!(after(true, &[unsent(1)]).is_none(), "off line is called once, and was not yet");
        let conclude = |record: ProbeRecord| {
            let c = record.conclude(Level::Visible, 10_000, true);
            (c.verdict, c.cause)
        };
        let never = after(true, &[unsent(1), unsent(2), unsent(3)]).unwrap();
        assert_eq!(conclude(never), (ProbeVerdict::NoPicture, Some(Cause::OurFault)));
        let unreachable = after(false, &[broken(1), broken(2), broken(3)]).unwrap();
        assert_eq!(conclude(unreachable), (ProbeVerdict::Untested, Some(Cause::Untested)));
    }

    #[test]
    fn an_interrupted_plan_accounts_for_every_code() {
        let mut plan = Plan::new((0..5).map(|n| target(n, 0)).collect(), limits(), at(0));
        call(&mut plan, 0);
        let settled = plan.ended(0, picture(1), None, at(50)).unwrap();
        call(&mut plan, 200);
        let rest = plan.interrupt();
        assert_eq!(settled.level(10_000), Level::Visible);
        assert_eq!(rest.len(), 4);
        assert!(rest.iter().all(|r| r.untested == Some(Untested::Interrupted)));
        assert_eq!(plan.step(at(300)), Step::Done);
    }

    proptest! {
        /// Whatever comes of the calls: every code is settled exactly once, within its budget, and no limit is passed.
        #[test]
        fn every_code_is_settled_once_within_the_limits(
            recorders in proptest::collection::vec(0..4_usize, 1..40),
            results in proptest::collection::vec(0..8_usize, 1..200),
        ) {
            let targets: Vec<_> = recorders.iter().enumerate().map(|(n, r)| target(n, *r)).collect();
            let count = targets.len();
            let mut plan = Plan::new(targets, limits(), at(0));
            let mut now = at(0);
            let mut running: Vec<Job> = Vec::new();
            let mut last_call = None;
            let mut settled = vec![0; count];
            let mut outcomes = results.iter().cycle();
            for _ in 0..10_000 {
                match plan.step(now) {
                    Step::Done => break,
                    Step::Call(job) => {
                        if let Some(last) = last_call {
                            prop_assert!(now.since(last) >= Duration::from_millis(200));
                        }
                        last_call = Some(now);
                        prop_assert!(job.number <= 3);
                        running.push(job);
                        prop_assert!(running.len() <= 8);
                        for recorder in 0..4 {
                            prop_assert!(running.iter().filter(|j| recorders[j.index] == recorder).count() <= 4);
                        }
                    }
                    Step::Wait(until) => {
                        if let Some(job) = (!running.is_empty()).then(|| running.remove(0)) {
                            let kind = *outcomes.next().unwrap();
                            let cause = [
                                None, Some(Cause::NoAnswer), Some(Cause::Capacity), Some(Cause::Rejected),
                                Some(Cause::NoMedia), Some(Cause::Black), Some(Cause::OurFault), Some(Cause::BadAnswer),
                            ][kind];
                            let status = [None, None, Some(486), Some(400), Some(200), Some(200), None, Some(200)][kind];
                            let ended = if kind == 0 { picture(job.number) } else {
                                Attempt { transport: job.transport, status, ..attempt(job.number, cause) }
                            };
                            now = now.plus(Duration::from_millis(37));
                            if plan.ended(job.index, ended, None, now).is_some() {
                                settled[job.index] += 1;
                            }
                        } else {
                            let until = until.expect("nothing runs and nothing is awaited");
                            prop_assert!(until >= now);
                            now = until.max(now.plus(Duration::from_millis(1)));
                        }
                    }
                }
            }
            prop_assert!(settled.iter().all(|n| *n == 1), "{settled:?}");
        }
    }
}
