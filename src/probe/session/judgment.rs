//! What a call has shown: its cause as things stand, and the attempt as it is kept.

use super::Session;
use crate::base::oddity;
use crate::base::text::excerpt;
use crate::media::codec::DecodeError;
use crate::media::picture::Sight;
use crate::media::receiver::{MediaSeen, Shortfall, StreamKind};
use crate::probe::blame::{self, detail};
use crate::probe::outcome::{Cause, MediaFacts};

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
        match (self.sight, &self.refused) {
            (Some(Sight::Black), _) => return (Cause::Black, String::new()),
            (Some(Sight::SingleColor), _) => return (Cause::SingleColor, String::new()),
            (_, Some(DecodeError::Unsupported(what))) => return (Cause::UnsupportedCodec, excerpt(what, 60)),
            (_, Some(DecodeError::Broken(what))) => return (Cause::Undecodable, excerpt(what, 60)),
            (_, Some(DecodeError::GaveUp)) => return (Cause::OurFault, detail::DECODER_GAVE_UP.to_owned()),
            (_, None) => (),
        }
        let (cause, detail) = match self.receiver.shortfall() {
            Shortfall::NoPacket if self.noise > 0 => (Cause::NoVideo, "not_rtp".to_owned()),
            shortfall => blame::of_media(shortfall),
        };
        // What was lost may have been the key frame.
        let lossy = cause == Cause::NoKeyFrame && detail.is_empty() && self.receiver.seen().lost > 0;
        let detail = if lossy { detail::DAMAGED_IN_TRANSIT.to_owned() } else { detail };
        match (self.peer_hung_up, detail.is_empty()) {
            (true, true) => (cause, detail::PEER_BYE.to_owned()),
            (true, false) => (cause, format!("{detail},{}", detail::PEER_BYE)),
            (false, _) => (cause, detail),
        }
    }

    pub(super) fn conclude(&mut self, seen: &MediaSeen) {
        let limit = u64::try_from(self.terms.limit.as_millis()).unwrap_or(u64::MAX);
        self.attempt.first_packet_ms = seen.first_packet.map(|at| self.ms(at));
        self.attempt.media = media_facts(seen);
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

fn media_facts(seen: &MediaSeen) -> MediaFacts {
    MediaFacts {
        packets: seen.packets,
        bytes: seen.bytes,
        lost: seen.lost,
        ssrc: seen.ssrc,
        payload_type: seen.payload_type,
        stream: match seen.kind {
            StreamKind::Unknown => None,
            StreamKind::Ps => Some("ps".to_owned()),
            StreamKind::Raw => Some("raw".to_owned()),
            StreamKind::TransportStream => Some("ts".to_owned()),
        },
        announced: seen.announced.map(ToOwned::to_owned),
        slices: seen.seen.slices,
        parameter_sets: seen.seen.parameters,
    }
}
