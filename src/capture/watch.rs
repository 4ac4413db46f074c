//! The media of one call, looked at as the live probe looks at it, with the times of the capture.

use std::time::Duration;

use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::media::codec::DecodeError;
use crate::media::picture::Sight;
use crate::media::receiver::{MediaSeen, Negotiated, Receiver, Source, Straggler};
use crate::probe::blame::{self, Shown};
use crate::probe::decode;
use crate::probe::decode::Looking;
use crate::probe::outcome::{Cause, PictureFacts};

/// Key frames decoded of one call: two a second for as long as is listened.
pub const MAX_DECODES: u32 = 64;

/// How calls are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// A picture counts until then, from INVITE.
    pub limit: Duration,
    /// Listening goes on until then.
    pub listen: Duration,
    /// How pictures are looked at.
    pub looking: Looking,
}

#[derive(Debug)]
struct Known {
    seen: MediaSeen,
    oddities: Oddities,
    stragglers: Vec<Straggler>,
    cause: (Cause, String),
}

/// One call's media.
#[derive(Debug)]
pub struct Watch {
    /// When the first decodable key frame was complete.
    pub first_picture: Option<Mono>,
    /// When the first visible one was.
    pub first_visible: Option<Mono>,
    /// The picture that was judged.
    pub picture: Option<PictureFacts>,
    /// The picture as JPEG.
    pub jpeg: Option<Vec<u8>>,
    /// The cause as it stood at the limit.
    pub at_limit: Option<(Cause, String)>,
    /// Packets the capture has cut, or lacks.
    pub cut: u64,
    /// Octets over TCP that were no packets.
    pub noise: usize,
    /// What was put up with beside what the receiver knows.
    pub beside: Oddities,
    /// Nothing more is looked at.
    pub over: bool,
    /// Over TCP: somebody tried to connect.
    pub tried: bool,
    /// When somebody succeeded.
    pub connected: Option<Mono>,
    /// Its picture was counted among those kept.
    pub counted: bool,
    receiver: Receiver,
    /// What the receiver knew when it was over; thousands of calls are not kept with their buffers.
    known: Option<Known>,
    started: Mono,
    peer_left: Option<Mono>,
    terms: Terms,
    sight: Option<Sight>,
    refused: Option<DecodeError>,
    decodes: u32,
}

impl Watch {
    /// From the moment of INVITE.
    #[must_use]
    pub fn new(negotiated: Negotiated, stragglers: Vec<Straggler>, started: Mono, peer_left: Option<Mono>, terms: Terms) -> Self {
        Self {
            receiver: Receiver::new(negotiated, stragglers),
            first_picture: None,
            first_visible: None,
            picture: None,
            jpeg: None,
            at_limit: None,
            cut: 0,
            noise: 0,
            beside: Oddities::default(),
            over: false,
            tried: false,
            connected: None,
            counted: false,
            known: None,
            started,
            peer_left,
            terms,
            sight: None,
            refused: None,
            decodes: 0,
        }
    }

    /// Takes a packet.
    pub fn packet(&mut self, octets: &[u8], source: Source, now: Mono) {
        self.advance(now);
        if !self.over {
            self.receiver.packet(octets, source, now);
            self.look(now);
        }
    }

    /// Time has passed.
    pub fn advance(&mut self, now: Mono) {
        if self.over {
            return;
        }
        self.receiver.tick(now);
        self.look(now);
        if self.over {
            return;
        }
        if self.at_limit.is_none() && now.since(self.started) >= self.terms.limit {
            self.at_limit = Some(self.cause(now));
        }
        if now.since(self.started) >= self.terms.listen.max(self.terms.limit) {
            self.finish(now);
        }
    }

    /// Nothing more comes.
    pub fn finish(&mut self, now: Mono) {
        if !self.over {
            self.receiver.flush(now);
            self.look(now);
        }
        self.close(now);
    }

    fn close(&mut self, now: Mono) {
        self.over = true;
        if self.known.is_none() {
            self.known = Some(Known {
                seen: self.receiver.seen(),
                oddities: self.receiver.oddities(),
                stragglers: self.receiver.stragglers(None),
                cause: self.cause(now),
            });
            self.receiver = Receiver::new(Negotiated::default(), Vec::new());
        }
    }

    /// What came.
    #[must_use]
    pub fn seen(&self) -> MediaSeen {
        self.known.as_ref().map_or_else(|| self.receiver.seen(), |k| k.seen.clone())
    }

    /// What the last decoded picture showed.
    #[must_use]
    pub const fn sight(&self) -> Option<Sight> {
        self.sight
    }

    /// The streams met, for the next call on the same address.
    #[must_use]
    pub fn stragglers(&self, until: Option<Mono>) -> Vec<Straggler> {
        match &self.known {
            Some(known) => known.stragglers.iter().map(|s| Straggler { until, ..*s }).collect(),
            None => self.receiver.stragglers(until),
        }
    }

    /// Why there is no picture, as things stand.
    #[must_use]
    pub fn cause(&self, now: Mono) -> (Cause, String) {
        if let Some(known) = &self.known {
            return known.cause.clone();
        }
        blame::of_shown(Shown {
            sight: self.sight,
            refused: self.refused.as_ref(),
            receiver: &self.receiver,
            noise: self.noise,
            peer_hung_up: self.peer_left.is_some_and(|left| left <= now),
        })
    }

    /// Everything that was put up with.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        let mut all = self.known.as_ref().map_or_else(|| self.receiver.oddities(), |k| k.oddities.clone());
        all.absorb(&self.beside);
        if self.noise > 0 {
            all.note(oddity::NOT_RTP);
        }
        all
    }

    fn look(&mut self, now: Mono) {
        while self.first_visible.is_none() && self.decodes < MAX_DECODES {
            let Some((frame, codec, at)) = self.receiver.take_key_frame() else { return };
            self.decodes += 1;
            match decode::look(&frame, codec, self.terms.looking) {
                Ok(seen) => {
                    self.first_picture.get_or_insert(at);
                    self.sight = Some(seen.sight);
                    self.refused = None;
                    self.picture = Some(seen.facts);
                    self.jpeg = seen.jpeg.or(self.jpeg.take());
                    if seen.sight == Sight::Visible {
                        self.first_visible = Some(at);
                        self.close(now);
                    }
                }
                Err(error) => {
                    let unsupported = matches!(error, DecodeError::Unsupported(_));
                    self.refused = Some(error);
                    // More of the same will not be supported either.
                    if unsupported {
                        self.close(now);
                        return;
                    }
                }
            }
        }
    }
}
