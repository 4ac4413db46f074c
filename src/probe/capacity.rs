//! How many sessions a recorder or a platform bears, learnt from what it accepts and refuses. Pure.
//!
//! It begins at the limit of the settings, or at what was learnt on an earlier night, and is never above the settings. A refusal
//! lowers it by a quarter at least, and to no more than was open beside the refused call; it grows by one whenever as many as
//! allowed were open together. One refusal may be the camera's own, and some platforms answer 503 for every camera they have
//! lost: it is believed when another camera meets the same limit, and where more were open together before only when one camera
//! after the other meets it and none is accepted.

/// Calls that have to be accepted at a limit two cameras have met, times the limit, before one more is tried.
const PATIENT: usize = 16;
/// Cameras refused one after the other below what was borne before, until that counts no more: somebody else uses it too.
/// Where every third camera is refused for reasons of its own that comes about once in ten thousand calls.
const STRIKES: u32 = 8;

/// What is remembered of it until the next night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learnt {
    /// Sessions at once.
    pub sessions: usize,
    /// So many were refused, to two cameras at least.
    pub wall: Option<usize>,
}

/// A number of sessions that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wall {
    size: usize,
    /// The camera that met it first.
    by: Option<usize>,
    /// Another one met it too.
    confirmed: bool,
}

/// A call under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Begun {
    /// Counts from 1.
    number: u64,
    /// Calls under way when it was begun.
    pub others: usize,
}

/// The sessions of one recorder, or of a platform.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// As set.
    cap: usize,
    /// As learnt.
    limit: usize,
    /// Calls under way.
    running: usize,
    /// Of them, those that were answered 2xx.
    established: usize,
    /// Most that were known to be open together.
    served: usize,
    wall: Option<Wall>,
    /// Towards the next step up.
    credits: usize,
    /// Calls begun so far.
    begun: u64,
    /// How many there were when the limit was lowered: who began before that cannot lower it once more.
    lowered_at: u64,
    refusals: Strikes,
    /// Cameras hung up on.
    kicks: Strikes,
    learnt: bool,
}

/// Cameras that met with the same, one after the other.
#[derive(Debug, Clone, Copy, Default)]
struct Strikes {
    count: u32,
    last: Option<usize>,
    /// Fewest calls that were under way beside one of them.
    beside: usize,
}

impl Strikes {
    /// One more. Says whether they are enough.
    fn add(&mut self, camera: usize, beside: usize) -> bool {
        self.beside = if self.count == 0 { beside } else { self.beside.min(beside) };
        self.count += u32::from(self.last != Some(camera));
        self.last = Some(camera);
        self.count >= STRIKES
    }
}

impl Capacity {
    /// As set.
    #[must_use]
    pub fn new(cap: usize) -> Self {
        let cap = cap.max(1);
        Self {
            cap,
            limit: cap,
            running: 0,
            established: 0,
            served: 0,
            wall: None,
            credits: 0,
            begun: 0,
            lowered_at: 0,
            refusals: Strikes::default(),
            kicks: Strikes::default(),
            learnt: false,
        }
    }

    /// Begins where an earlier night ended.
    pub fn remember(&mut self, learnt: Learnt) {
        self.limit = learnt.sessions.clamp(1, self.cap);
        self.wall = learnt.wall.map(|size| Wall { size, by: None, confirmed: true });
        self.learnt = true;
    }

    /// What the next night may begin with; nothing where nothing was ever refused.
    #[must_use]
    pub fn learnt(&self) -> Option<Learnt> {
        let wall = self.wall.filter(|wall| wall.confirmed).map(|wall| wall.size);
        self.learnt.then_some(Learnt { sessions: self.limit, wall })
    }

    /// Sessions at once, by now.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Calls under way.
    #[must_use]
    pub const fn running(&self) -> usize {
        self.running
    }

    /// Whether one more may be begun.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.running < self.limit
    }

    /// Whether so few are under way that one more is refused for no doing of ours: half of what was borne already.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.running < (self.served.min(self.limit) / 2).max(1)
    }

    /// A call is begun.
    pub const fn begin(&mut self) -> Begun {
        let others = self.running;
        self.running += 1;
        self.begun += 1;
        Begun { number: self.begun, others }
    }

    /// A call was answered 2xx.
    pub fn answered(&mut self, call: Begun) {
        if call.others >= self.refusals.beside {
            self.refusals = Strikes::default();
        }
        self.established += 1;
        self.served = self.served.max(self.established);
        if self.wall.is_some_and(|wall| wall.size <= self.served) {
            self.wall = None;
        }
        if self.established < self.limit || self.limit >= self.cap {
            return;
        }
        self.credits += 1;
        let needed = match self.wall {
            Some(Wall { confirmed: false, .. }) | None => 1,
            Some(wall) if self.limit + 1 >= wall.size => PATIENT * self.limit,
            Some(_) => self.limit,
        };
        if self.credits >= needed {
            self.limit += 1;
            self.credits = 0;
        }
    }

    /// A call has ended; `established`: it had been answered 2xx.
    pub const fn ended(&mut self, established: bool) {
        self.running = self.running.saturating_sub(1);
        if established {
            self.established = self.established.saturating_sub(1);
        }
    }

    /// A call came to a good end: there was a session for it.
    pub fn bore(&mut self) {
        self.kicks = Strikes::default();
    }

    /// A call has ended because no session was free. `camera`: whose it was; `sure`: it was refused for that, not hung up on.
    /// Called after its end.
    pub fn refused(&mut self, call: Begun, camera: usize, sure: bool) {
        // Of those that were there when it was begun some may have ended meanwhile, or been refused themselves.
        let (there, others) = if sure { (call.others, call.others.min(self.running)) } else { (self.running, self.running) };
        if there == 0 {
            // Whoever takes its sessions, it is not us.
            return;
        }
        let size = others.max(1) + 1;
        if !sure || there < self.served {
            // It bore as many before: this camera's own doing, unless others meet the same.
            let strikes = if sure { &mut self.refusals } else { &mut self.kicks };
            if !strikes.add(camera, there) {
                return;
            }
            *strikes = Strikes::default();
            self.served = others.max(self.established);
            self.wall = Some(Wall { size, by: Some(camera), confirmed: false });
        } else {
            self.wall = Some(match self.wall {
                None => Wall { size, by: Some(camera), confirmed: false },
                Some(wall) => Wall { size: wall.size.min(size), confirmed: wall.confirmed || wall.by != Some(camera), ..wall },
            });
        }
        let lowered = if call.number > self.lowered_at { self.limit.saturating_sub((self.limit / 4).max(1)) } else { self.limit };
        let limit = lowered.min(others).max(self.established).clamp(1, self.limit);
        if limit < self.limit {
            (self.limit, self.lowered_at, self.credits) = (limit, self.begun, 0);
        }
        self.learnt = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recorder that bears `k` at once, called as often as allowed; gives the most calls at once in each of so many rounds.
    fn rounds(capacity: &mut Capacity, k: usize, rounds: usize) -> Vec<usize> {
        let mut camera = 0;
        (0..rounds)
            .map(|_| {
                let mut open = Vec::new();
                let mut waiting = Vec::new();
                while capacity.is_free() {
                    camera += 1;
                    let call = capacity.begin();
                    // All are asked before the first answer comes.
                    if open.len() < k { open.push(call) } else { waiting.push((call, camera)) }
                }
                let most = capacity.running();
                open.iter().for_each(|call| capacity.answered(*call));
                for (call, camera) in waiting {
                    capacity.ended(false);
                    capacity.refused(call, camera, true);
                }
                open.iter().for_each(|_| capacity.ended(true));
                assert_eq!(capacity.running(), 0);
                most
            })
            .collect()
    }

    #[test]
    fn a_limit_is_met_once_then_kept_and_seldom_tried_again() {
        let mut capacity = Capacity::new(64);
        let most = rounds(&mut capacity, 5, 200);
        assert_eq!(most[0], 64);
        assert!(most[1..].iter().all(|n| (5..=6).contains(n)), "{most:?}");
        let tried = most[1..].iter().filter(|n| **n == 6).count();
        assert!((1..=3).contains(&tried), "{most:?}");
        assert_eq!(capacity.learnt().unwrap().wall, Some(6));
    }

    #[test]
    fn a_limit_that_rises_is_found_again_up_to_the_settings() {
        let mut capacity = Capacity::new(8);
        rounds(&mut capacity, 2, 10);
        assert_eq!(capacity.limit(), 2);
        let most = rounds(&mut capacity, 99, 60);
        assert_eq!(most.last(), Some(&8));
        assert!(most.iter().all(|n| *n <= 8));
        assert_eq!(capacity.learnt(), Some(Learnt { sessions: 8, wall: None }));
    }

    #[test]
    fn an_earlier_night_is_where_it_begins_never_above_the_settings() {
        let mut capacity = Capacity::new(4);
        assert_eq!(capacity.learnt(), None);
        capacity.remember(Learnt { sessions: 9, wall: Some(10) });
        assert_eq!(capacity.limit(), 4);
        capacity.remember(Learnt { sessions: 2, wall: Some(3) });
        assert_eq!(rounds(&mut capacity, 2, 8), [2; 8], "it is known that a third is refused");
        assert_eq!(capacity.learnt(), Some(Learnt { sessions: 2, wall: Some(3) }));
    }

    #[test]
    fn a_camera_that_is_always_busy_costs_the_others_next_to_nothing() {
        let mut capacity = Capacity::new(4);
        let busy = |capacity: &mut Capacity| {
            let call = capacity.begin();
            capacity.ended(false);
            capacity.refused(call, 7, true);
        };
        busy(&mut capacity);
        assert_eq!(capacity.limit(), 4, "nobody else was there");
        rounds(&mut capacity, 4, 1);
        let good = capacity.begin();
        capacity.answered(good);
        busy(&mut capacity);
        busy(&mut capacity);
        assert_eq!(capacity.limit(), 4, "it bore four");
        let mut early = Capacity::new(4);
        let good = early.begin();
        early.answered(good);
        busy(&mut early);
        assert_eq!(early.limit(), 1, "for all that is known");
        early.ended(true);
        let most = rounds(&mut early, 4, 4);
        assert_eq!(most.last(), Some(&4), "{most:?}");
    }

    #[test]
    fn who_hangs_up_on_one_camera_is_not_full_who_hangs_up_on_one_after_the_other_is() {
        let mut capacity = Capacity::new(8);
        let good = capacity.begin();
        capacity.answered(good);
        let hang_up = |capacity: &mut Capacity, camera| {
            let call = capacity.begin();
            capacity.answered(call);
            capacity.ended(true);
            capacity.refused(call, camera, false);
            capacity.limit()
        };
        assert_eq!([1, 1, 1, 2].map(|camera| hang_up(&mut capacity, camera)), [8; 4]);
        capacity.bore();
        assert_eq!([3, 4, 5, 6, 7, 8, 9, 10].map(|camera| hang_up(&mut capacity, camera)), [8, 8, 8, 8, 8, 8, 8, 1]);
        assert_eq!(good.others, 0);
    }

    #[test]
    fn a_platform_that_has_lost_every_third_camera_is_not_full() {
        let mut capacity = Capacity::new(16);
        let mut open: std::collections::VecDeque<Begun> = std::collections::VecDeque::new();
        let (mut state, mut sum) = (1_u64, 0);
        for camera in 0..3_000 {
            while !capacity.is_free() {
                open.pop_front();
                capacity.ended(true);
                capacity.bore();
            }
            let call = capacity.begin();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if (state >> 33) % 3 == 0 {
                capacity.ended(false);
                capacity.refused(call, camera, true);
            } else {
                capacity.answered(call);
                open.push_back(call);
            }
            sum += capacity.running();
        }
        assert!(sum / 3_000 >= 12, "{} at once on the whole", sum / 3_000);
    }

    #[test]
    fn somebody_else_who_takes_sessions_is_noticed() {
        let mut capacity = Capacity::new(4);
        rounds(&mut capacity, 4, 2);
        let most = rounds(&mut capacity, 1, 20);
        assert_eq!(most.last(), Some(&1), "{most:?}");
    }
}
