//! Calls the cameras of one platform: carries out a [`Plan`], and ends every call when it has to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::capacity::Learnt;
use super::decode::snapshot_name;
use super::outcome::{Attempt, ProbeRecord, Untested};
use super::plan::{Job, Plan, Step};
use super::session::{self, Answers, Ended, Terms};
use super::switchboard::Switchboard;
use super::traffic::Counted;
use crate::base::clock::{Clock as _, Mono};
use crate::evidence::tape::Tape;
use crate::net::Stop;
use crate::net::peer::Peer;

/// A platform out of reach is waited for so long; a TCP connection is often back in seconds.
const LOST_PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked for meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// How long late answers of cancelled calls are waited for once everything else is over: a call given up after 20 s
/// has 12 s left until no answer can come any more.
const LATE_PATIENCE: Duration = Duration::from_secs(12);

/// Answers to calls not yet told to the plan; what does not fit is told at the end of its call.
const ANSWERS: usize = 1_024;

/// How far a platform is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Codes settled.
    pub settled: usize,
    /// Codes in all.
    pub total: usize,
    /// Of the settled, those with a visible picture in time.
    pub pictures: usize,
    /// Calls going on.
    pub in_flight: usize,
}

/// What the prober is given to work with, and whom it tells.
pub trait Surroundings: Sync {
    /// The platform, if it is within reach now.
    fn peer(&self) -> Option<Peer>;
    /// A picture of a camera, under the name it is kept by.
    fn snapshot(&self, name: &str, jpeg: &[u8]);
    /// The key frame of a picture; gives the name it is kept by, where it is.
    fn key_frame(&self, stream: Vec<u8>) -> Option<String> {
        drop(stream);
        None
    }
    /// The platform answered something, then.
    fn answered(&self, at: Mono);
    /// Asks the platform something small: whether it still lives.
    fn lives(&self) -> impl Future<Output = bool> + Send;
    /// How long nothing new may be begun, if something forbids it now.
    fn holds(&self) -> Option<Duration>;
    /// What went over the wires in a call that has ended.
    fn taped(&self, device_id: &str, attempt: &Attempt, tape: &Tape);
    /// A call of a code that is not settled has ended.
    fn attempted(&self, so_far: &ProbeRecord);
    /// A code is settled.
    fn settled(&self, record: &ProbeRecord, tally: Tally);
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Probed {
    /// Every code of the plan, settled or interrupted.
    pub records: Vec<ProbeRecord>,
    /// The platform was lost on the way.
    pub lost: bool,
    /// Most calls at once.
    pub peak: u64,
    /// What was learnt of recorders, by their number, and of the platform.
    pub learnt: Vec<(Option<usize>, Learnt)>,
    /// Records settled by silence since the platform last gave a sign of life, and when.
    silent: Vec<(usize, Mono)>,
}

impl Probed {
    /// What was settled before anything was called.
    #[must_use]
    pub fn of(records: Vec<ProbeRecord>) -> Self {
        Self { records, ..Self::default() }
    }

    /// What came of a further plan of the same platform.
    pub fn add(&mut self, later: Self) {
        self.records.extend(later.records);
        self.lost |= later.lost;
        self.peak = self.peak.max(later.peak);
        // It began with what was learnt before.
        if !later.learnt.is_empty() {
            self.learnt = later.learnt;
        }
    }

    /// The platform is gone: silence since its last sign of life was its own, and proves nothing about cameras.
    fn forgive_silence(&mut self) {
        for (index, _) in std::mem::take(&mut self.silent) {
            if let Some(record) = self.records.get_mut(index) {
                record.untested = Some(Untested::PlatformLost);
            }
        }
    }
}

/// Runs a plan. `sessions` are shared with the other platforms.
pub async fn probe(
    board: &Switchboard,
    mut plan: Plan,
    terms: Terms,
    sessions: Arc<Semaphore>,
    surroundings: &impl Surroundings,
    mut stop: Stop,
) -> Probed {
    let mut probed = Probed::default();
    let mut pictures = 0;
    let mut calls: JoinSet<(usize, Ended)> = JoinSet::new();
    let mut late = JoinSet::new();
    let mut permit: Option<OwnedSemaphorePermit> = None;
    let mut lost_since = None;
    let (answers, mut answered) = mpsc::channel(ANSWERS);
    loop {
        let now = board.clock.mono();
        let peer = surroundings.peer();
        if peer.is_some() {
            lost_since = None;
        } else if now.since(*lost_since.get_or_insert(now)) >= LOST_PATIENCE {
            probed.lost = true;
            break;
        }
        let mut until = None;
        let (settled, total) = plan.progress();
        let held = if settled < total { surroundings.holds() } else { None };
        match (&peer, permit.is_some()) {
            (None, _) => {
                permit = None;
                until = Some(now.plus(LOOK));
            }
            (Some(_), _) if held.is_some() => {
                permit = None;
                until = held.map(|span| now.plus(span));
            }
            (Some(_), false) => (),
            (Some(peer), true) => match plan.step(now) {
                Step::Done => break,
                Step::Wait(at) => {
                    // Somebody else may need it meanwhile.
                    permit = None;
                    until = Some(at.unwrap_or(now.plus(LOOK)));
                }
                Step::Call(job) => {
                    let held = (permit.take(), board.traffic.opens());
                    calls.spawn(one(board.clone(), peer.clone(), job, terms, stop.clone(), (answers.clone(), held)));
                    probed.peak = probed.peak.max(plan.in_flight() as u64);
                    continue;
                }
            },
        }
        let wake = until.map(|at| board.clock.instant(at));
        tokio::select! {
            // An answer before the end of its call.
            biased;
            () = stop.stopped() => break,
            Some((index, number)) = answered.recv() => plan.answered(index, number),
            Some(ended) = calls.join_next() => {
                take(ended, &mut plan, &mut probed, &mut pictures, &mut late, surroundings, board);
            }
            () = async { match wake { Some(at) => sleep_until(at.into()).await, None => std::future::pending().await } } => (),
            got = sessions.clone().acquire_owned(), if until.is_none() => permit = got.ok(),
        }
    }
    drop(permit);
    // Calls that go on end by themselves, at once when everything is stopped.
    while let Some(ended) = calls.join_next().await {
        take(ended, &mut plan, &mut probed, &mut pictures, &mut late, surroundings, board);
    }
    // The last cameras were silent: they, or the platform?
    if !probed.lost && !probed.silent.is_empty() && !stop.is_stopped() {
        tokio::select! {
            lives = surroundings.lives() => probed.lost = !lives,
            () = stop.stopped() => (),
        }
    }
    if probed.lost {
        probed.forgive_silence();
    }
    probed.learnt = plan.learnt();
    let why = if probed.lost { Untested::PlatformLost } else { Untested::Interrupted };
    probed.records.extend(plan.interrupt(why));
    tokio::select! {
        () = async { while late.join_next().await.is_some() {} } => (),
        () = stop.stopped() => (),
        () = sleep(LATE_PATIENCE) => (),
    }
    probed
}

async fn one(
    board: Switchboard,
    peer: Peer,
    job: Job,
    terms: Terms,
    stop: Stop,
    (answers, held): (Answers, (Option<OwnedSemaphorePermit>, Counted)),
) -> (usize, Ended) {
    let (number, index) = (job.clone(), job.index);
    let call = tokio::spawn({
        let board = board.clone();
        async move { session::call(&board, &peer, &job, terms, stop, answers).await }
    });
    // A bug in one call costs that call; it is nobody else's fault, and says so.
    let ended = call.await.unwrap_or_else(|error| {
        tracing::error!(device_id = %number.device_id, %error, "a call ended by a bug");
        Ended::by_bug(&board, &number)
    });
    drop(held);
    (index, ended)
}

fn take(
    ended: Result<(usize, Ended), tokio::task::JoinError>,
    plan: &mut Plan,
    probed: &mut Probed,
    pictures: &mut usize,
    late: &mut JoinSet<()>,
    surroundings: &impl Surroundings,
    board: &Switchboard,
) {
    let Ok((index, mut ended)) = ended else { return };
    if let Some(waiting) = ended.late {
        late.spawn(async {
            let _ = waiting.await;
        });
    }
    if let Some(sign) = ended.sign {
        surroundings.answered(sign);
        // Whatever was settled before was silent while the platform lived.
        probed.silent.retain(|(_, settled)| *settled > sign);
    }
    if ended.broken_off {
        plan.broken_off(index);
        return;
    }
    if let (Some(tape), Some(device_id)) = (&ended.tape, plan.code(index)) {
        surroundings.taped(device_id, &ended.attempt, tape);
    }
    let visible = ended.attempt.cause.is_none();
    if let (Some(picture), Some(frame)) = (&mut ended.attempt.picture, ended.frame) {
        picture.key_frame = surroundings.key_frame(frame);
    }
    let snapshot = ended.jpeg.map(|jpeg| {
        let name = snapshot_name(&jpeg);
        surroundings.snapshot(&name, &jpeg);
        name
    });
    if let Some(record) = plan.ended(index, ended.attempt, snapshot, board.clock.mono()) {
        *pictures += usize::from(visible);
        let (settled, total) = plan.progress();
        if record.attempts.last().is_some_and(|a| a.status.is_none() && a.media.packets == 0) {
            probed.silent.push((probed.records.len(), board.clock.mono()));
        }
        surroundings.settled(&record, Tally { settled, total, pictures: *pictures, in_flight: plan.in_flight() });
        probed.records.push(record);
    } else if let Some(so_far) = plan.so_far(index) {
        surroundings.attempted(&so_far);
    }
}
