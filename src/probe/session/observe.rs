//! Whether a picture ever changes: after the first visible one, key frames that come later are held against it, as long as the
//! profile says. Nobody's live picture is the same twice, to the last cell; a frozen one, a still file and a test card are.

use std::time::Duration;

use super::{Decoding, Session};
use crate::base::clock::{Clock as _, Mono};
use crate::media::look::FROZEN;
use crate::probe::decode::Decoded;
use crate::probe::outcome::Look;

/// Key frames nearer to the first say nothing: encoders repeat a picture for a moment.
const APART: Duration = Duration::from_secs(2);

/// A picture and what is waited for.
pub(super) struct Watched {
    /// When its last octet came.
    first: Mono,
    /// Until when it is looked at.
    pub(super) until: Mono,
    /// The last key frame that was the same, milliseconds after it.
    same_ms: Option<u64>,
}

impl Session {
    /// A visible picture came: it is over, or it is looked at some time longer.
    pub(super) fn observe(&mut self, first: Mono) {
        if self.terms.observe.is_zero() {
            self.over = true;
            return;
        }
        let until = self.board.clock.mono().plus(self.terms.observe);
        self.observing = Some(Watched { first, until, same_ms: None });
    }

    /// Hands a later key frame to a decoder.
    pub(super) fn look_again(&mut self) {
        let Some(watched) = self.observing.as_ref().filter(|_| self.decoding.is_none()) else { return };
        let Some((frame, codec, at)) = self.receiver.take_key_frame() else { return };
        if at.since(watched.first) >= APART {
            self.decoding = Some(Decoding { at, task: self.board.decoders.decode(frame, codec, at, self.terms.looking.only()) });
        }
    }

    /// A later key frame was decoded: another picture ends the looking, the same one is remembered. One that cannot be decoded
    /// says nothing.
    pub(super) fn compare(&mut self, decoded: Decoded) {
        let (Some(watched), Some(picture), Ok(seen)) = (&mut self.observing, &mut self.attempt.picture, decoded.result) else {
            return;
        };
        let ms = decoded.at.millis_since(watched.first);
        picture.observed_ms = Some(ms);
        if seen.facts.digest == picture.digest {
            watched.same_ms = Some(ms);
        } else {
            watched.same_ms = None;
            self.over = true;
        }
    }

    /// What the looking came to, when the call is over.
    pub(super) fn conclude_observation(&mut self) {
        let same = self.observing.as_ref().and_then(|watched| watched.same_ms);
        if let (Some(ms), Some(looks)) = (same, self.attempt.picture.as_mut().and_then(|picture| picture.looks.as_mut())) {
            looks.push(Look { id: FROZEN.to_owned(), value: u32::try_from(ms).unwrap_or(u32::MAX) });
        }
    }
}
