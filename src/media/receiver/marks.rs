//! When a call's media came how far, for the record of the attempt.

use super::stream::Stream;
use super::{Source, StreamKind};
use crate::base::clock::Mono;

/// The first packet of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstPacket {
    /// When it came.
    pub at: Mono,
    /// From where.
    pub source: Source,
    /// SSRC and payload type; nothing where it was no RTP.
    pub rtp: Option<(u32, u8)>,
}

/// What came first of each kind, whichever source sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The first packet.
    pub first_packet: Option<FirstPacket>,
    /// It was known what the packets carry.
    pub stream: Option<Mono>,
    /// A parameter set.
    pub parameter_sets: Option<Mono>,
    /// The last octet of a key frame that was whole.
    pub key_frame: Option<Mono>,
}

impl Marks {
    /// A packet that counts.
    pub(super) fn packet(&mut self, at: Mono, source: Source, rtp: Option<(u32, u8)>) {
        self.first_packet.get_or_insert(FirstPacket { at, source, rtp });
    }

    /// How far a stream has come with the packet that came at this moment.
    pub(super) fn stream(&mut self, stream: &Stream, at: Mono) {
        if self.stream.is_some() && self.parameter_sets.is_some() {
            return;
        }
        if stream.kind() != StreamKind::Unknown {
            self.stream.get_or_insert(at);
        }
        if stream.video.units.as_ref().is_some_and(|units| units.seen.parameters > 0) {
            self.parameter_sets.get_or_insert(at);
        }
    }
}
