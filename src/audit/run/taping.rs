//! Which tapes are kept (报文留存), within the limit of a run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::evidence::soundness::Tapes;
use crate::evidence::tape::Tape;
use crate::probe::outcome::{Attempt, ProbeRecord};
use crate::probe::setting::{TapePolicy, TapeSetting};

/// The tapes of one run, all platforms together.
#[derive(Debug)]
pub(super) struct Taping {
    setting: TapeSetting,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By platform, then of all of them the octets.
    platforms: HashMap<String, Tapes>,
    bytes: u64,
    /// Tapes and octets of codes that are not settled.
    open: HashMap<(String, String), (u64, u64)>,
}

impl Taping {
    pub(super) fn new(setting: TapeSetting) -> Self {
        Self { setting, kept: Mutex::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.setting.policy != TapePolicy::Off
    }

    /// The tape of an attempt that has ended, as it is to be stored, if it is.
    pub(super) fn ended(&self, platform: &str, device_id: &str, attempt: &Attempt, tape: &Tape) -> Option<Vec<u8>> {
        let wanted = match self.setting.policy {
            TapePolicy::Off => false,
            TapePolicy::Failed => attempt.cause.is_some(),
            TapePolicy::All => true,
        };
        if !wanted || tape.pieces().is_empty() {
            return None;
        }
        let octets = tape.encode();
        let length = octets.len() as u64;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.bytes.saturating_add(length) <= self.setting.max_bytes;
        let tapes = kept.platforms.entry(platform.to_owned()).or_default();
        if !fits {
            tapes.left_out += 1;
            return None;
        }
        tapes.kept += 1;
        tapes.bytes += length;
        kept.bytes += length;
        let open = kept.open.entry((platform.to_owned(), device_id.to_owned())).or_default();
        *open = (open.0 + 1, open.1 + length);
        Some(octets)
    }

    /// A code is settled. Whether its tapes are to be thrown away: it gave a picture in the end.
    pub(super) fn settled(&self, platform: &str, record: &ProbeRecord) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let open = kept.open.remove(&(platform.to_owned(), record.device_id.clone()));
        let shown = record.attempts.iter().any(|attempt| attempt.cause.is_none());
        if !shown || self.setting.policy != TapePolicy::Failed {
            return false;
        }
        let Some((tapes, bytes)) = open else {
            // An earlier part of the run may have left some.
            return record.attempts.len() > 1;
        };
        kept.bytes = kept.bytes.saturating_sub(bytes);
        if let Some(sums) = kept.platforms.get_mut(platform) {
            sums.kept = sums.kept.saturating_sub(tapes);
            sums.bytes = sums.bytes.saturating_sub(bytes);
        }
        true
    }

    /// What is kept of a platform; nothing where nothing is taped.
    pub(super) fn tapes(&self, platform: &str) -> Option<Tapes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_on().then(|| kept.platforms.get(platform).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Mono;
    use crate::base::time::Timestamp;
    use crate::evidence::tape::{Kind, Way};
    use crate::probe::outcome::Cause;
    use crate::probe::outcome::tests::attempt;

    fn tape() -> Tape {
        let mut tape = Tape::new(Timestamp::default(), Mono::ZERO);
        let here = "192.0.2.1:1".parse().unwrap();
        tape.sip(Kind::SipUdp, Way { ours: here, theirs: here, from_us: true }, &[&[b'a'; 1_000]], Mono::ZERO);
        tape
    }

    fn record(causes: &[Option<Cause>]) -> ProbeRecord {
        let attempts = causes.iter().zip(1..).map(|(cause, number)| attempt(number, *cause)).collect();
        ProbeRecord { device_id: "c".into(), attempts, untested: None, snapshot: None }
    }

    #[test]
    fn of_failed_cameras_alone_and_what_gave_a_picture_in_the_end_is_thrown_away() {
        let taping = Taping::new(TapeSetting::default());
        let failed = attempt(1, Some(Cause::NoMedia));
        assert!(taping.ended("p", "c", &failed, &tape()).is_some());
        assert!(taping.ended("p", "c", &attempt(2, None), &tape()).is_none());
        assert_eq!(taping.tapes("p").unwrap().kept, 1);
        assert!(taping.settled("p", &record(&[Some(Cause::NoMedia), None])), "to be thrown away");
        assert_eq!(taping.tapes("p").unwrap(), Tapes::default());
        assert!(taping.ended("p", "c", &failed, &tape()).is_some());
        assert!(!taping.settled("p", &record(&[Some(Cause::NoMedia)])));
        assert_eq!((taping.tapes("p").unwrap().kept, taping.tapes("q").unwrap().kept), (1, 0));
        assert!(taping.settled("p", &record(&[Some(Cause::NoMedia), None])), "what an earlier part of the run left goes too");
        assert!(!taping.settled("p", &record(&[None])));
        let off = Taping::new(TapeSetting { policy: TapePolicy::Off, ..TapeSetting::default() });
        assert!(off.ended("p", "c", &failed, &tape()).is_none() && off.tapes("p").is_none());
    }

    #[test]
    fn past_the_limit_they_are_counted_and_not_kept() {
        let length = tape().encode().len() as u64;
        let taping = Taping::new(TapeSetting { policy: TapePolicy::All, max_bytes: 2 * length });
        let stored = (1..=4).filter(|n| taping.ended("p", "c", &attempt(*n, None), &tape()).is_some()).count();
        let tapes = taping.tapes("p").unwrap();
        assert_eq!((stored, tapes.kept, tapes.bytes, tapes.left_out), (2, 2, 2 * length, 2));
        assert!(!taping.settled("p", &record(&[None])), "of all, those with a picture too");
    }
}
