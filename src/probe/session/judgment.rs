//! What a call has shown: its cause as things stand, and the attempt as it is kept.

use super::Session;
use crate::base::oddity;
use crate::media::receiver::MediaSeen;
use crate::probe::blame::{self, detail};
use crate::probe::outcome::Cause;
use crate::probe::staging;

impl Session {
    /// Why there is no picture, as things stand.
    pub(super) fn cause(&self) -> (Cause, String) {
        if let Some(verdict) = &self.verdict {
            return verdict.clone();
        }
        if self.attempt.status.is_none() || (self.over && !self.had_answer) {
            let detail = if self.attempt.provisional.is_empty() { detail::SILENCE } else { detail::PROVISIONAL_ONLY };
            return (Cause::NoAnswer, detail.to_owned());
        }
        blame::of_shown(blame::Shown {
            sight: self.sight,
            refused: self.refused.as_ref(),
            receiver: &self.receiver,
            noise: self.noise,
            peer_hung_up: self.peer_hung_up,
        })
    }

    pub(super) fn conclude(&mut self, seen: &MediaSeen) {
        let limit = u64::try_from(self.terms.limit.as_millis()).unwrap_or(u64::MAX);
        self.attempt.first_packet_ms = seen.first_packet.map(|at| self.ms(at));
        self.attempt.media = blame::media_facts(seen);
        let started = self.started;
        staging::media(&mut self.attempt.stages, seen, |at| at.millis_since(started));
        if let Some(ends) = &mut self.attempt.ends {
            staging::seen(ends, seen);
        }
        self.conclude_observation();
        self.attempt.stages.settle();
        match self.attempt.first_visible_ms {
            Some(ms) if ms <= limit => (),
            visible => {
                // An answer that came after the limit says more than that there was none within it.
                let at_limit = self.at_limit.take();
                let unanswered_then = at_limit.as_ref().is_some_and(|(cause, _)| *cause == Cause::NoAnswer);
                let answered_since = unanswered_then && self.had_answer && visible.is_none();
                let (cause, detail) = at_limit.filter(|_| !answered_since).unwrap_or_else(|| self.cause());
                let late = visible.map(|ms| format!("late_{ms}"));
                self.attempt.cause = Some(cause);
                self.attempt.detail = late.unwrap_or(detail);
            }
        }
        let mut oddities = self.receiver.oddities();
        let (dollar, resyncs) = self.media.framing();
        if dollar {
            oddities.note(oddity::DOLLAR_FRAMING);
        }
        if resyncs > 0 {
            oddities.note(oddity::TCP_RESYNC);
        }
        if self.noise > 0 {
            oddities.note(oddity::NOT_RTP);
        }
        oddities.absorb(&self.oddities);
        self.attempt.oddities = oddities.iter().map(|(kind, ..)| kind.id.to_owned()).collect();
    }
}
