//! Which camera is called when. Pure: told the time and what came of each call, says what to do next.
//!
//! Limits of a guest: so many sessions at once on a platform and on one recorder, a pause between two INVITEs, a
//! budget of INVITEs a camera with pauses between them. Recorders take turns, so that none is asked for all its
//! channels in one go. A step costs the logarithm of the number of cameras.
//!
//! How many sessions there really are is learnt (`capacity`). A camera that was refused while other calls of ours were open
//! waits behind those that were not called yet, and its last call is made when few others are open: a refusal then is not our
//! doing.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::blame::{self, Next};
use super::capacity::{Begun, Capacity, Learnt};
use super::outcome::{Attempt, Cause, Ending, MediaTransport, ProbeRecord, Untested};
use crate::base::clock::Mono;
use crate::profile::RetryOn;

/// Last calls looked at for one that can be made now.
const LAST_LOOKED_AT: usize = 64;
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
    /// What is tried again.
    pub retry_on: RetryOn,
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
    /// It was refused while other calls of ours were open.
    crowded: bool,
    /// Its call under way.
    call: Option<UnderWay>,
}

/// A call under way.
#[derive(Debug, Clone, Copy, Default)]
struct UnderWay {
    /// Among those of the platform.
    on_platform: Begun,
    /// Among those of its recorder.
    on_recorder: Begun,
    /// It was answered 2xx.
    established: bool,
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
    /// Cases whose last call waits until few others are open.
    last: VecDeque<usize>,
    recorders: Vec<Capacity>,
    platform: Capacity,
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
            ready: vec![VecDeque::new(); recorders],
            turns: VecDeque::new(),
            in_turns: vec![false; recorders],
            later: BinaryHeap::new(),
            last: VecDeque::new(),
            recorders: (0..recorders).map(|r| Capacity::new(limits.capacities.get(r).copied().unwrap_or(1))).collect(),
            platform: Capacity::new(limits.parallel),
            limits,
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
                    crowded: false,
                    call: None,
                })
                .collect(),
        };
        for index in 0..plan.cases.len() {
            plan.make_ready(index, false);
        }
        plan
    }

    /// Begins with what an earlier night has learnt of a recorder, or of the platform.
    pub fn remember(&mut self, recorder: Option<usize>, learnt: Learnt) {
        match recorder {
            None => self.platform.remember(learnt),
            Some(recorder) => {
                if let Some(recorder) = self.recorders.get_mut(recorder) {
                    recorder.remember(learnt);
                }
            }
        }
    }

    /// What was learnt of recorders, and of the platform.
    #[must_use]
    pub fn learnt(&self) -> Vec<(Option<usize>, Learnt)> {
        let recorders = self.recorders.iter().enumerate().filter_map(|(n, r)| Some((Some(n), r.learnt()?)));
        recorders.chain(self.platform.learnt().map(|learnt| (None, learnt))).collect()
    }

    /// How many codes are settled, of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.cases.len() - self.open_cases, self.cases.len())
    }

    /// Calls going on.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.platform.running()
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
        if !self.platform.is_free() {
            return Step::Wait(None);
        }
        if self.turns.is_empty() && !self.has_quiet() {
            return Step::Wait(later);
        }
        if now < self.next_call {
            return Step::Wait(Some(self.next_call));
        }
        let Some(index) = self.turn().or_else(|| self.take_quiet()) else { return Step::Wait(later) };
        let Some(case) = self.cases.get_mut(index) else { return Step::Wait(Some(now)) };
        let recorder = case.target.recorder;
        let job = Job {
            index,
            device_id: case.target.device_id.clone(),
            number: u32::try_from(case.attempts.len() + 1).unwrap_or(u32::MAX),
            transport: case.transport,
            variant: case.variant,
        };
        let on_recorder = self.recorders.get_mut(recorder).map(Capacity::begin).unwrap_or_default();
        case.call = Some(UnderWay { on_platform: self.platform.begin(), on_recorder, established: false });
        self.next_call = now.plus(self.limits.gap);
        self.queue(recorder);
        Step::Call(job)
    }

    /// The next case of the recorder whose turn it is. One with all its sessions in use comes back when one of them ends.
    fn turn(&mut self) -> Option<usize> {
        while let Some(recorder) = self.turns.pop_front() {
            if let Some(flag) = self.in_turns.get_mut(recorder) {
                *flag = false;
            }
            // It may have refused a call since it got its turn.
            if self.recorders.get(recorder).is_some_and(Capacity::is_free)
                && let Some(index) = self.ready.get_mut(recorder).and_then(VecDeque::pop_front)
            {
                return Some(index);
            }
        }
        None
    }

    fn quiet(&self) -> Option<usize> {
        let is_quiet = |index: &usize| {
            let recorder = self.cases.get(*index).and_then(|case| self.recorders.get(case.target.recorder));
            recorder.is_some_and(|recorder| recorder.is_quiet() && recorder.is_free())
        };
        self.platform.is_quiet().then(|| self.last.iter().take(LAST_LOOKED_AT).position(is_quiet)).flatten()
    }

    fn has_quiet(&self) -> bool {
        self.quiet().is_some()
    }

    /// A case whose last call waited until few others are open.
    fn take_quiet(&mut self) -> Option<usize> {
        self.last.remove(self.quiet()?)
    }

    /// A call was answered 2xx: its session is open. `number` is that of its [`Job`].
    pub fn answered(&mut self, index: usize, number: u32) {
        let Some(case) = self.cases.get_mut(index) else { return };
        // What is told late may be about the call before.
        if u32::try_from(case.attempts.len() + 1) != Ok(number) {
            return;
        }
        let Some(call) = case.call.as_mut().filter(|call| !call.established) else { return };
        call.established = true;
        let (recorder, call) = (case.target.recorder, *call);
        self.platform.answered(call.on_platform);
        if let Some(capacity) = self.recorders.get_mut(recorder) {
            capacity.answered(call.on_recorder);
        }
        self.queue(recorder);
    }

    /// A call is over: its session is free again.
    fn over(&mut self, index: usize) -> Option<UnderWay> {
        let case = self.cases.get_mut(index)?;
        let call = case.call.take()?;
        let recorder = case.target.recorder;
        self.platform.ended(call.established);
        if let Some(capacity) = self.recorders.get_mut(recorder) {
            capacity.ended(call.established);
        }
        Some(call)
    }

    /// Learns from the end of a call. Says whether there was no session for it while others of ours were open. 503 and 600 speak
    /// of the platform; so does 486 where none of ours was open on the recorder.
    fn learn(&mut self, index: usize, attempt: &Attempt, call: UnderWay) -> bool {
        let recorder = self.cases.get(index).and_then(|case| self.recorders.get_mut(case.target.recorder));
        if !lacks_session(attempt) {
            if call.established {
                self.platform.bore();
                recorder.into_iter().for_each(Capacity::bore);
            }
            return false;
        }
        let sure = attempt.cause == Some(Cause::Capacity);
        match recorder
            .filter(|r| (call.on_recorder.others > 0 || (!sure && r.running() > 0)) && !matches!(attempt.status, Some(503 | 600)))
        {
            Some(recorder) => recorder.refused(call.on_recorder, index, sure),
            None => self.platform.refused(call.on_platform, index, sure),
        }
        if sure { call.on_platform.others > 0 } else { self.platform.running() > 0 }
    }

    /// A call has ended. Gives the record when the code is settled.
    pub fn ended(&mut self, index: usize, attempt: Attempt, snapshot: Option<String>, now: Mono) -> Option<ProbeRecord> {
        let recorder = self.cases.get(index)?.target.recorder;
        if attempt.status.is_some_and(|code| (200..300).contains(&code)) {
            let number = self.cases.get(index).and_then(|case| u32::try_from(case.attempts.len() + 1).ok());
            self.answered(index, number.unwrap_or_default());
        }
        let call = self.over(index).unwrap_or_default();
        let crowded = self.learn(index, &attempt, call);
        self.queue(recorder);
        self.judge(index, attempt, snapshot, crowded, now)
    }

    /// What an attempt asks for: another one, or the end.
    fn judge(
        &mut self,
        index: usize,
        attempt: Attempt,
        snapshot: Option<String>,
        crowded: bool,
        now: Mono,
    ) -> Option<ProbeRecord> {
        let case = self.cases.get_mut(index)?;
        if attempt.ending != Ending::NotSent {
            case.tried_variant |= case.variant;
        }
        case.crowded = crowded;
        let next = match blame::next(&attempt, case.tried_variant, &self.limits.retry_on) {
            // A peer that hangs up on us because it is full shows nothing of the camera.
            Next::Enough if crowded => Next::SameLater,
            next => next,
        };
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
                Some(settled(case, never_reached.then_some(Untested::NotReached)))
            }
        }
    }

    /// The code of a target.
    #[must_use]
    pub fn code(&self, index: usize) -> Option<&str> {
        self.cases.get(index).map(|case| case.target.device_id.as_str())
    }

    /// What was seen of a code that is not settled.
    #[must_use]
    pub fn so_far(&self, index: usize) -> Option<ProbeRecord> {
        self.cases.get(index).filter(|case| !case.finished).map(|case| record(case, Some(Untested::Interrupted)))
    }

    /// Goes on with a code that was called before the run stopped: its calls count, and the next one comes after the pause.
    /// Gives the record when that settles it.
    pub fn resume(&mut self, index: usize, mut so_far: ProbeRecord, now: Mono) -> Option<ProbeRecord> {
        let Target { recorder, once, .. } = self.cases.get(index)?.target;
        let budget = if once { 1 } else { self.limits.attempts.max(1) };
        if so_far.attempts.iter().filter(|a| a.reached_platform()).count() >= budget {
            // All its calls, and yet not settled: the platform was gone, and its silence was no answer of the camera's.
            so_far.attempts.retain(|a| a.status.is_some() || a.media.packets > 0);
        }
        if so_far.attempts.is_empty() {
            return None;
        }
        if let Some(queue) = self.ready.get_mut(recorder) {
            queue.retain(|waiting| *waiting != index);
        }
        self.cases.get_mut(index)?.snapshot = so_far.snapshot;
        let mut record = None;
        for attempt in so_far.attempts {
            self.later.retain(|Reverse((_, waiting))| *waiting != index);
            // Whether others were open then is not known any more.
            let crowded = lacks_session(&attempt);
            record = self.judge(index, attempt, None, crowded, now);
            if record.is_some() {
                break;
            }
        }
        record
    }

    /// A call was broken off by us: its code has no answer.
    pub fn broken_off(&mut self, index: usize) {
        self.over(index);
    }

    /// Nothing more is called, for this reason: the records of everything not settled.
    pub fn interrupt(&mut self, why: Untested) -> Vec<ProbeRecord> {
        self.open_cases = 0;
        let open = self.cases.iter_mut().filter(|c| !c.finished);
        open.map(|case| {
            case.finished = true;
            settled(case, Some(why))
        })
        .collect()
    }

    fn make_ready(&mut self, index: usize, begun: bool) {
        let Some(case) = self.cases.get(index) else { return };
        let (recorder, crowded) = (case.target.recorder, case.crowded);
        let reached = case.attempts.iter().filter(|a| a.reached_platform()).count();
        if crowded && reached + 1 >= self.limits.attempts {
            self.last.push_back(index);
            return;
        }
        if let Some(queue) = self.ready.get_mut(recorder) {
            // What has begun is brought to its end before something new is begun; who was refused lets others go first.
            if begun && !crowded { queue.push_front(index) } else { queue.push_back(index) }
        }
        self.queue(recorder);
    }

    /// Gives a recorder a turn if it has something to be called and a session free.
    fn queue(&mut self, recorder: usize) {
        let waiting = self.ready.get(recorder).is_some_and(|q| !q.is_empty());
        let free = self.recorders.get(recorder).is_some_and(Capacity::is_free);
        if let (true, true, Some(flag @ false)) = (waiting, free, self.in_turns.get_mut(recorder)) {
            *flag = true;
            self.turns.push_back(recorder);
        }
    }
}

/// Whether an attempt ended because there was no session for it: it was refused, or hung up on before a picture.
fn lacks_session(attempt: &Attempt) -> bool {
    let sudden = attempt.ending == Ending::PeerBye && attempt.first_picture_ms.is_none();
    attempt.cause == Some(Cause::Capacity) || (attempt.cause.is_some() && sudden)
}

impl Limits {
    /// The pause after so many attempts.
    fn delay(&self, attempts: usize) -> Duration {
        let index = attempts.saturating_sub(1);
        self.delays.get(index).or(self.delays.last()).copied().unwrap_or_default()
    }
}

/// What was seen of a code that is settled. It is given away: a night has a hundred thousand of them.
fn settled(case: &mut Case, untested: Option<Untested>) -> ProbeRecord {
    ProbeRecord {
        device_id: case.target.device_id.clone(),
        attempts: std::mem::take(&mut case.attempts),
        untested,
        snapshot: case.snapshot.take(),
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
    use crate::probe::outcome::Demand;
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
            retry_on: RetryOn::default(),
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
            let c = record.conclude(&Demand::new(Level::Visible, 10_000), true);
            (c.verdict, c.cause)
        };
        let never = after(true, &[unsent(1), unsent(2), unsent(3)]).unwrap();
        assert_eq!(conclude(never), (ProbeVerdict::NoPicture, Some(Cause::OurFault)));
        let unreachable = after(false, &[broken(1), broken(2), broken(3)]).unwrap();
        assert_eq!(conclude(unreachable), (ProbeVerdict::Untested, Some(Cause::Untested)));
    }

    #[test]
    fn a_code_that_was_called_before_the_run_stopped_keeps_its_calls() {
        let mut first = Plan::new(vec![target(0, 0), target(1, 0)], limits(), at(0));
        call(&mut first, 0);
        let no_media = |n| Attempt { status: Some(200), ..attempt(n, Some(Cause::NoMedia)) };
        assert!(first.ended(0, no_media(1), None, at(20_000)).is_none());
        let so_far = first.so_far(0).unwrap();
        assert_eq!((so_far.attempts.len(), so_far.untested), (1, Some(Untested::Interrupted)));
        let mut second = Plan::new(vec![target(0, 0), target(1, 0)], limits(), at(0));
        assert_eq!(second.resume(0, so_far, at(0)), None);
        assert_eq!(call(&mut second, 0).index, 1, "the pause is kept");
        assert_eq!(second.step(at(200)), Step::Wait(Some(at(5_000))));
        let again = call(&mut second, 5_000);
        assert_eq!((again.index, again.number, again.transport), (0, 2, MediaTransport::TcpPassive));
        assert!(second.ended(0, no_media(2), None, at(6_000)).is_none());
        let mut third = Plan::new(vec![target(0, 0)], limits(), at(0));
        let spent = ProbeRecord { attempts: (1..=3).map(no_media).collect(), ..second.so_far(0).unwrap() };
        assert_eq!(third.resume(0, spent, at(0)).map(|record| record.untested), Some(None));
        assert_eq!(third.step(at(0)), Step::Done);
        let mut fourth = Plan::new(vec![target(0, 0)], limits(), at(0));
        let silent = |n| attempt(n, Some(Cause::NoAnswer));
        let forgiven = ProbeRecord { attempts: (1..=3).map(silent).collect(), ..second.so_far(0).unwrap() };
        assert_eq!(fourth.resume(0, forgiven, at(0)), None);
        assert_eq!(call(&mut fourth, 0).number, 1, "silence of a platform that was gone is no call of the camera's");
    }

    #[test]
    fn an_interrupted_plan_accounts_for_every_code() {
        let mut plan = Plan::new((0..5).map(|n| target(n, 0)).collect(), limits(), at(0));
        call(&mut plan, 0);
        let settled = plan.ended(0, picture(1), None, at(50)).unwrap();
        call(&mut plan, 200);
        let rest = plan.interrupt(Untested::Interrupted);
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

    /// What recorders and a platform bear, and how its answers travel.
    #[derive(Debug, Clone, Copy)]
    struct Bears {
        recorder: usize,
        platform: usize,
        /// How the platform says that it is full itself.
        full: u16,
        /// Milliseconds one way.
        way: u64,
    }

    #[derive(Debug, Default)]
    struct Night {
        records: Vec<ProbeRecord>,
        refused: usize,
        /// Most calls at once on a recorder, and on the platform, since it was known that there is a limit.
        most: (usize, usize),
        learnt: Vec<(Option<usize>, Learnt)>,
    }

    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    enum Happens {
        /// The platform lets a session go.
        Free(usize),
        Answered(usize, u32),
        Over(usize, u32, u16),
    }

    /// Plays a plan against a model; `lasts`: milliseconds of the sessions, in turn. A camera in `busy` is refused whatever is
    /// free.
    fn night(mut plan: Plan, recorders: &[usize], bears: Bears, lasts: &[u64], busy: &[usize]) -> Night {
        let mut night = Night::default();
        let mut open = vec![0; recorders.iter().max().unwrap() + 1];
        let mut running = open.clone();
        let (mut known, mut known_of_platform) = (vec![false; open.len()], false);
        let mut happens: BinaryHeap<Reverse<(Mono, usize, Happens)>> = BinaryHeap::new();
        let mut lasts = lasts.iter().cycle();
        let (mut now, mut sequence) = (at(0), 0);
        for _ in 0..200_000 {
            let mut add = |at: Mono, what: Happens| {
                sequence += 1;
                happens.push(Reverse((at, sequence, what)));
            };
            let (way, two) = (Duration::from_millis(bears.way), Duration::from_millis(2 * bears.way));
            let until = match plan.step(now) {
                Step::Done => break,
                Step::Call(job) => {
                    let recorder = recorders[job.index];
                    running[recorder] += 1;
                    if known[recorder] {
                        night.most.0 = night.most.0.max(running[recorder]);
                    }
                    if known_of_platform {
                        night.most.1 = night.most.1.max(running.iter().sum());
                    }
                    let full = open.iter().sum::<usize>() >= bears.platform;
                    if open[recorder] >= bears.recorder || full || busy.contains(&job.index) {
                        let code = if full { bears.full } else { 486 };
                        add(now.plus(two), Happens::Over(job.index, job.number, code));
                    } else {
                        open[recorder] += 1;
                        let free = now.plus(two).plus(Duration::from_millis(*lasts.next().unwrap()));
                        add(now.plus(two), Happens::Answered(job.index, job.number));
                        add(free, Happens::Free(recorder));
                        add(free.plus(way), Happens::Over(job.index, job.number, 200));
                    }
                    continue;
                }
                Step::Wait(until) => until,
            };
            let next = happens.peek().map(|Reverse((at, ..))| *at);
            if let Some(until) = until.filter(|until| next.is_none_or(|next| *until < next)) {
                now = until.max(now.plus(Duration::from_millis(1)));
                continue;
            }
            let Reverse((then, _, what)) = happens.pop().expect("something is awaited");
            now = then.max(now);
            match what {
                Happens::Free(recorder) => open[recorder] -= 1,
                Happens::Answered(index, number) => plan.answered(index, number),
                Happens::Over(index, number, code) => {
                    let recorder = recorders[index];
                    running[recorder] -= 1;
                    let ended = if code == 200 {
                        picture(number)
                    } else {
                        night.refused += 1;
                        Attempt { status: Some(code), ending: Ending::Refused, ..attempt(number, Some(Cause::Capacity)) }
                    };
                    night.records.extend(plan.ended(index, ended, None, now));
                    if code != 200 {
                        // Those that are under way are answered first.
                        known[recorder] |= running[recorder] <= bears.recorder;
                        known_of_platform |= running.iter().sum::<usize>() <= bears.platform;
                    }
                }
            }
        }
        assert_eq!(plan.progress(), (recorders.len(), recorders.len()));
        night.learnt = plan.learnt();
        night
    }

    fn model(recorders: &[usize], caps: (usize, usize), gap: u64) -> Plan {
        let count = recorders.iter().max().unwrap() + 1;
        let limits = Limits { parallel: caps.0, capacities: vec![caps.1; count], gap: Duration::from_millis(gap), ..limits() };
        Plan::new(recorders.iter().enumerate().map(|(n, r)| target(n, *r)).collect(), limits, at(0))
    }

    fn without_picture(night: &Night) -> Vec<&str> {
        night.records.iter().filter(|r| r.level(10_000) != Level::Visible).map(|r| r.device_id.as_str()).collect()
    }

    proptest! {
        /// Whatever a recorder bears: every camera gets its call, and once it is known no more than one call too many is made.
        #[test]
        fn a_recorder_that_bears_fewer_than_set_is_learnt_and_no_camera_is_lost_to_it(
            recorders in proptest::collection::vec(0..3_usize, 1..120),
            bears in 1..7_usize,
            caps in (1..33_usize, 1..17_usize),
            way in 1..80_u64,
            gap in 0..120_u64,
            lasts in proptest::collection::vec(1..4_000_u64, 1..20),
        ) {
            let bears = Bears { recorder: bears, platform: usize::MAX, full: 503, way };
            let night = night(model(&recorders, caps, gap), &recorders, bears, &lasts, &[]);
            prop_assert_eq!(without_picture(&night), Vec::<&str>::new());
            prop_assert!(night.most.0 <= bears.recorder + 1, "{} at once", night.most.0);
        }

        /// The same of the platform as a whole, also where it speaks as if its recorders were full.
        #[test]
        fn a_platform_that_bears_fewer_than_set_is_learnt_and_no_camera_is_lost_to_it(
            recorders in proptest::collection::vec(0..12_usize, 1..120),
            platform in 1..9_usize,
            full in prop_oneof![Just(503_u16), Just(486)],
            caps in (1..33_usize, 1..9_usize),
            way in 1..80_u64,
            gap in 0..120_u64,
            lasts in proptest::collection::vec(1..4_000_u64, 1..20),
        ) {
            let bears = Bears { recorder: usize::MAX, platform, full, way };
            let night = night(model(&recorders, caps, gap), &recorders, bears, &lasts, &[]);
            prop_assert_eq!(without_picture(&night), Vec::<&str>::new());
            if full == 503 {
                prop_assert!(night.most.1 <= platform + 1, "{} at once", night.most.1);
            }
        }
    }

    #[test]
    fn a_second_night_begins_where_the_first_ended() {
        let recorders: Vec<usize> = (0..96).map(|n| n / 48).collect();
        let bears = Bears { recorder: 3, platform: usize::MAX, full: 503, way: 5 };
        let first = night(model(&recorders, (16, 8), 50), &recorders, bears, &[900, 1_300], &[]);
        let mut plan = model(&recorders, (16, 8), 50);
        first.learnt.iter().for_each(|(recorder, learnt)| plan.remember(*recorder, *learnt));
        let second = night(plan, &recorders, bears, &[900, 1_300], &[]);
        assert!(first.refused > second.refused && second.refused <= 2, "{} {}", first.refused, second.refused);
        let of = |night: &Night| night.learnt.iter().map(|(r, l)| (*r, l.sessions, l.wall)).collect::<Vec<_>>();
        assert_eq!(of(&second), [(Some(0), 3, Some(4)), (Some(1), 3, Some(4))]);
    }

    #[test]
    fn a_camera_that_is_always_busy_is_called_alone_before_it_is_given_up_and_costs_nobody_a_picture() {
        let recorders = vec![0; 40];
        let bears = Bears { recorder: usize::MAX, platform: usize::MAX, full: 503, way: 5 };
        let played = night(model(&recorders, (16, 4), 50), &recorders, bears, &[900], &[0, 20]);
        assert_eq!(without_picture(&played), [format!("{:020}", 0), format!("{:020}", 20)]);
        assert_eq!(played.refused, 6, "three calls each");
        let free = night(model(&recorders, (16, 4), 50), &recorders, bears, &[900], &[]);
        assert_eq!(free.learnt, []);
    }

    #[test]
    fn who_is_hung_up_on_while_others_are_open_is_called_again_and_once_more_alone() {
        let mut plan = Plan::new((0..3).map(|n| target(n, 0)).collect(), limits(), at(0));
        let first = call(&mut plan, 0);
        call(&mut plan, 200);
        plan.answered(first.index, 1);
        let sudden = |n| Attempt {
            status: Some(200),
            ending: Ending::PeerBye,
            detail: blame::detail::PEER_BYE.into(),
            ..attempt(n, Some(Cause::NoVideo))
        };
        assert!(plan.ended(first.index, sudden(1), None, at(300)).is_none(), "without a picture and with others open: once more");
        let third = call(&mut plan, 400);
        assert_eq!(third.index, 2, "others go first");
        assert!(plan.ended(1, picture(1), None, at(1_000)).is_some());
        let again = call(&mut plan, 6_000);
        assert_eq!((again.index, again.number), (0, 2));
        assert!(plan.ended(0, sudden(2), None, at(6_100)).is_none());
        assert_eq!(plan.step(at(60_000)), Step::Wait(None), "its last call waits for the other one to end");
        assert!(plan.ended(2, picture(1), None, at(60_100)).is_some());
        assert_eq!(call(&mut plan, 60_400).number, 3);
        let record = plan.ended(0, sudden(3), None, at(60_500)).unwrap();
        assert_eq!(record.attempts.len(), 3);
    }
}
