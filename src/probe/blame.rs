//! From what a call showed to its cause; and what may be tried next. Pure.

pub use super::outcome::detail;
use super::outcome::{Attempt, Cause, Ending, MediaFacts, MediaTransport};
use crate::base::text::excerpt;
use crate::media::codec::DecodeError;
use crate::media::picture::Sight;
use crate::media::receiver::{MediaSeen, Receiver, Shortfall, StreamKind};
use crate::profile::RetryOn;
use crate::sip::sdp::Sdp;

/// The cause a refusing status stands for.
#[must_use]
pub const fn of_status(code: u16) -> Cause {
    match code {
        486 | 503 | 600 => Cause::Capacity,
        _ => Cause::Rejected,
    }
}

/// The cause and the detail media without a picture stand for.
#[must_use]
pub fn of_media(shortfall: Shortfall) -> (Cause, String) {
    match shortfall {
        Shortfall::NoPacket => (Cause::NoMedia, String::new()),
        Shortfall::NoVideo => (Cause::NoVideo, String::new()),
        Shortfall::Unsupported(name) => (Cause::UnsupportedCodec, name.to_owned()),
        Shortfall::Opaque => (Cause::UnsupportedCodec, detail::ENCRYPTED_OR_UNKNOWN.to_owned()),
        Shortfall::NoKeyFrame => (Cause::NoKeyFrame, String::new()),
        Shortfall::NoParameterSets => (Cause::Undecodable, detail::NO_PARAMETER_SETS.to_owned()),
        Shortfall::DamagedInTransit => (Cause::Undecodable, detail::DAMAGED_IN_TRANSIT.to_owned()),
    }
}

/// What an answered call showed.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What the last decoded picture showed.
    pub sight: Option<Sight>,
    /// Why the last key frame gave no picture.
    pub refused: Option<&'a DecodeError>,
    /// What came.
    pub receiver: &'a Receiver,
    /// Octets over TCP that were no packets.
    pub noise: usize,
    /// The peer hung up.
    pub peer_hung_up: bool,
}

/// The cause and the detail of an answered call without a picture.
#[must_use]
pub fn of_shown(shown: Shown<'_>) -> (Cause, String) {
    match (shown.sight, shown.refused) {
        (Some(Sight::Black), _) => return (Cause::Black, String::new()),
        (Some(Sight::SingleColor), _) => return (Cause::SingleColor, String::new()),
        (_, Some(DecodeError::Unsupported(what))) => return (Cause::UnsupportedCodec, excerpt(what, 60)),
        (_, Some(DecodeError::Broken(what))) => return (Cause::Undecodable, excerpt(what, 60)),
        (_, Some(DecodeError::GaveUp)) => return (Cause::OurFault, detail::DECODER_GAVE_UP.to_owned()),
        (_, None) => (),
    }
    let (cause, detail) = match shown.receiver.shortfall() {
        Shortfall::NoPacket if shown.noise > 0 => (Cause::NoVideo, detail::NOT_RTP.to_owned()),
        shortfall => of_media(shortfall),
    };
    // What was lost may have been the key frame.
    let lossy = cause == Cause::NoKeyFrame && detail.is_empty() && shown.receiver.seen().lost > 0;
    let detail = if lossy { detail::DAMAGED_IN_TRANSIT.to_owned() } else { detail };
    match (shown.peer_hung_up, detail.is_empty()) {
        (true, true) => (cause, detail::PEER_BYE.to_owned()),
        (true, false) => (cause, format!("{detail},{}", detail::PEER_BYE)),
        (false, _) => (cause, detail),
    }
}

/// The session description of a 2xx; else the detail of why it cannot be used.
///
/// # Errors
/// When there is none, or no video in it.
pub fn of_answer(body: &[u8]) -> Result<Sdp, &'static str> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(detail::NO_SDP);
    }
    let sdp = Sdp::parse(body).ok_or(detail::UNPARSABLE_SDP)?;
    match sdp.video() {
        None => Err(detail::NO_VIDEO_LINE),
        Some(media) if media.port == 0 => Err(detail::PORT_ZERO),
        Some(_) => Ok(sdp),
    }
}

/// The media of an attempt, as kept.
#[must_use]
pub fn media_facts(seen: &MediaSeen) -> MediaFacts {
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
        refreshes: seen.seen.refreshes,
        audio_bytes: seen.audio_bytes,
        rtcp: seen.rtcp,
        frame_rate_x100: seen.rates.frame_rate_x100,
        gop: seen.seen.gop.and_then(|gop| u32::try_from(gop).ok()),
        bitrate_kbps: seen.rates.bitrate_kbps,
        jitter_us: seen.rates.jitter_us,
    }
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more: the answer stands.
    Enough,
    /// The same over another transport, without waiting: the peer said that it cannot do this one.
    OtherTransportNow,
    /// The same, but where there is no other transport the same one after the pause.
    OtherTransportNowOrSameLater,
    /// The same with the other form of the offer, without waiting.
    VariantNow,
    /// The same again after the pause.
    SameLater,
    /// Another transport after the pause; the same one if there is no other.
    OtherTransportLater,
}

/// What an attempt without a picture asks for. `variant`: the other form of the offer was tried already.
#[must_use]
pub fn next(attempt: &Attempt, variant: bool, again: &RetryOn) -> Next {
    let Some(cause) = attempt.cause else { return Next::Enough };
    let detail = attempt.detail.as_str();
    match cause {
        Cause::OurFault => Next::SameLater,
        Cause::NoAnswer if again.timeout => Next::SameLater,
        Cause::Rejected if matches!(attempt.status, Some(415 | 488)) => Next::OtherTransportNow,
        Cause::Rejected if attempt.status == Some(400) && !variant => Next::VariantNow,
        Cause::Rejected | Cause::Capacity if attempt.status.is_some_and(|code| again.statuses.contains(&code)) => Next::SameLater,
        Cause::BadAnswer if matches!(detail, detail::PORT_ZERO | detail::SETUP_CONFLICT) => Next::OtherTransportNow,
        Cause::NoMedia if detail == detail::NO_TCP_CONNECTION && again.no_rtp => Next::OtherTransportNowOrSameLater,
        Cause::NoMedia if detail == detail::NO_TCP_CONNECTION => Next::OtherTransportNow,
        Cause::NoMedia if again.no_rtp => Next::OtherTransportLater,
        Cause::Undecodable | Cause::NoKeyFrame if detail == detail::DAMAGED_IN_TRANSIT && again.damaged => {
            Next::OtherTransportLater
        }
        // The stream was seen for what it is, or it is no attempt at all.
        _ => Next::Enough,
    }
}

/// The transport after `current` among those allowed, if there is another.
#[must_use]
pub fn other_transport(allowed: &[MediaTransport], tried: &[Attempt]) -> Option<MediaTransport> {
    allowed.iter().copied().find(|t| !tried.iter().any(|a| a.transport == *t && a.ending != Ending::NotSent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::outcome::tests::attempt;

    #[test]
    fn busy_and_overloaded_are_capacity_everything_else_a_refusal() {
        assert_eq!([486, 503, 600].map(of_status), [Cause::Capacity; 3]);
        assert_eq!([400, 403, 404, 408, 415, 480, 487, 488, 500, 603].map(of_status), [Cause::Rejected; 10]);
    }

    #[test]
    fn what_follows_an_attempt() {
        let refused = |code| Attempt { status: Some(code), ..attempt(1, Some(of_status(code))) };
        for (code, expected) in [
            (403, Next::Enough),
            (404, Next::Enough),
            (415, Next::OtherTransportNow),
            (488, Next::OtherTransportNow),
            (400, Next::VariantNow),
            (408, Next::SameLater),
            (480, Next::SameLater),
            (486, Next::SameLater),
            (500, Next::SameLater),
            (503, Next::SameLater),
            (603, Next::Enough),
        ] {
            assert_eq!(next(&refused(code), false, &RetryOn::default()), expected, "{code}");
        }
        assert_eq!(next(&refused(400), true, &RetryOn::default()), Next::Enough);
        assert_eq!(next(&attempt(1, Some(Cause::NoAnswer)), false, &RetryOn::default()), Next::SameLater);
        assert_eq!(next(&attempt(1, None), false, &RetryOn::default()), Next::Enough);
        let no_media = |detail: &str| Attempt { detail: detail.into(), ..attempt(1, Some(Cause::NoMedia)) };
        assert_eq!(next(&no_media(""), false, &RetryOn::default()), Next::OtherTransportLater);
        assert_eq!(next(&no_media(detail::NO_TCP_CONNECTION), false, &RetryOn::default()), Next::OtherTransportNowOrSameLater);
        let lossy = |cause| Attempt { detail: detail::DAMAGED_IN_TRANSIT.into(), ..attempt(1, Some(cause)) };
        assert_eq!(next(&lossy(Cause::NoKeyFrame), false, &RetryOn::default()), Next::OtherTransportLater);
        assert_eq!(next(&attempt(1, Some(Cause::NoKeyFrame)), false, &RetryOn::default()), Next::Enough);
        assert_eq!(next(&attempt(1, Some(Cause::Black)), false, &RetryOn::default()), Next::Enough);
    }

    #[test]
    fn a_profile_says_what_is_tried_again_and_not_what_a_peer_asks_for() {
        let never = RetryOn { timeout: false, no_rtp: false, damaged: false, statuses: vec![404] };
        let refused = |code| Attempt { status: Some(code), ..attempt(1, Some(of_status(code))) };
        for (code, expected) in [
            (404, Next::SameLater),
            (486, Next::Enough),
            (503, Next::Enough),
            (408, Next::Enough),
            (488, Next::OtherTransportNow),
            (400, Next::VariantNow),
        ] {
            assert_eq!(next(&refused(code), false, &never), expected, "{code}");
        }
        for (cause, expected) in
            [(Cause::NoAnswer, Next::Enough), (Cause::NoMedia, Next::Enough), (Cause::OurFault, Next::SameLater)]
        {
            assert_eq!(next(&attempt(1, Some(cause)), false, &never), expected, "{cause:?}");
        }
        let unconnected = Attempt { detail: detail::NO_TCP_CONNECTION.into(), ..attempt(1, Some(Cause::NoMedia)) };
        assert_eq!(next(&unconnected, false, &never), Next::OtherTransportNow);
        let lossy = Attempt { detail: detail::DAMAGED_IN_TRANSIT.into(), ..attempt(1, Some(Cause::NoKeyFrame)) };
        assert_eq!(next(&lossy, false, &never), Next::Enough);
    }

    #[test]
    fn transports_are_taken_in_the_order_of_the_settings_and_once() {
        use MediaTransport::{TcpActive, TcpPassive, Udp};
        let all = [Udp, TcpPassive, TcpActive];
        let one = attempt(1, Some(Cause::NoMedia));
        assert_eq!(other_transport(&all, std::slice::from_ref(&one)), Some(TcpPassive));
        let two = Attempt { transport: TcpPassive, ..one.clone() };
        assert_eq!(other_transport(&all, &[one.clone(), two]), Some(TcpActive));
        assert_eq!(other_transport(&[Udp], &[one]), None);
    }
}
