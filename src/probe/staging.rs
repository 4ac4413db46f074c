//! Writes down what a call showed as stages of its attempt: the same words for a live call and for one in a capture.

use super::outcome::PictureFacts;
use super::outcome::ends::{Ends, kept, ssrc};
use super::outcome::stages::{Stages, Step};
use crate::base::clock::Mono;
use crate::media::picture::Sight;
use crate::media::receiver::{MediaSeen, StreamKind};
use crate::sip::sdp::{Sdp, Setup};

/// What an answer's session description says of the media.
#[must_use]
pub fn of_sdp(sdp: &Sdp) -> String {
    let Some(media) = sdp.video() else { return String::new() };
    let address = sdp.address().map_or_else(|| "?".to_owned(), |ip| ip.to_string());
    let types = media.payloads.iter().map(|pt| match media.encoding(*pt) {
        Some(name) => format!("{pt} {name}"),
        None => pt.to_string(),
    });
    let types = types.take(4).collect::<Vec<_>>().join(", ");
    let setup = match (media.tcp, media.setup) {
        (false, _) => "udp",
        (true, Some(Setup::Active)) => "tcp active",
        (true, Some(Setup::Passive)) => "tcp passive",
        (true, None) => "tcp",
    };
    let y = sdp.y.as_deref().unwrap_or("-");
    format!("{address} {} {setup}; {types}; y={y}", media.port)
}

/// What an answer says of its end of the media.
pub fn told(ends: &mut Ends, sdp: &Sdp) {
    ends.ssrc.answered = sdp.y.as_deref().map(kept);
    if let (Some(media), Some(video)) = (&mut ends.media, sdp.video()) {
        let named = sdp.address().map(|ip| std::net::SocketAddr::new(ip, video.port).to_string());
        media.told = Some(named.unwrap_or_else(|| format!("?:{}", video.port)));
    }
}

/// Where media really came from.
pub fn seen(ends: &mut Ends, seen: &MediaSeen) {
    let Some(first) = seen.marks.first_packet else { return };
    ends.ssrc.seen = first.rtp.map(|(number, _)| ssrc(number));
    if let Some(media) = &mut ends.media {
        media.seen = Some(first.source.address.to_string());
    }
}

/// What a decoded picture is.
#[must_use]
pub fn of_picture(facts: &PictureFacts) -> String {
    format!("{} {}x{}", facts.codec, facts.width, facts.height)
}

/// What a picture shows.
#[must_use]
pub const fn of_sight(sight: Sight) -> &'static str {
    match sight {
        Sight::Visible => "visible",
        Sight::Black => "black",
        Sight::SingleColor => "single_color",
    }
}

/// The stages of the media. `ms`: from the beginning of the attempt.
pub fn media(stages: &mut Stages, seen: &MediaSeen, ms: impl Fn(Mono) -> u64) {
    if let Some(first) = seen.marks.first_packet {
        let over = if first.source.tcp { "tcp" } else { "udp" };
        let what = match first.rtp {
            Some((ssrc, payload)) => format!("{} {over}; SSRC {ssrc:010}; PT {payload}", first.source.address),
            None => format!("{} {over}; no RTP", first.source.address),
        };
        stages.mark(Step::FirstPacket, ms(first.at), &what);
    }
    if let Some(at) = seen.marks.stream {
        let kind = match seen.kind {
            StreamKind::Unknown => "",
            StreamKind::Ps => "ps",
            StreamKind::Raw => "raw",
            StreamKind::TransportStream => "ts",
        };
        stages.mark(Step::Stream, ms(at), kind);
    }
    if let Some(at) = seen.marks.parameter_sets {
        stages.mark(Step::ParameterSets, ms(at), seen.codec.unwrap_or_default());
    }
    if let Some(at) = seen.marks.key_frame {
        stages.mark(Step::KeyFrame, ms(at), "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::receiver::{Negotiated, Receiver, Source};

    #[test]
    fn an_answer_is_told_in_one_line() {
        let sdp = |text: &str| of_sdp(&Sdp::parse(text.as_bytes()).unwrap());
        let answer =
            "v=0\nc=IN IP4 192.0.2.8\nm=video 9000 TCP/RTP/AVP 96 98\na=setup:active\na=rtpmap:98 H264/90000\ny=0100000001\n";
        assert_eq!(sdp(answer), "192.0.2.8 9000 tcp active; 96 PS, 98 H264; y=0100000001");
        assert_eq!(sdp("m=video 9 RTP/AVP 126\n"), "? 9 udp; 126; y=-");
    }

    #[test]
    fn media_is_told_from_the_first_packet_on() {
        let source = Source { address: "192.0.2.31:62010".parse().unwrap(), tcp: false };
        let mut receiver = Receiver::new(Negotiated::default(), Vec::new());
        let mut rtcp = vec![0x80, 200, 0, 0];
        rtcp.extend([0; 16]);
        receiver.packet(&rtcp, source, Mono::from_millis(5));
        assert_eq!((receiver.seen().rtcp, receiver.seen().packets, receiver.seen().marks.first_packet), (1, 0, None));
        let mut rtp = vec![0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
        rtp.extend([0, 0, 1, 0xBA, 0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xF8]);
        receiver.packet(&rtp, source, Mono::from_millis(45));
        // The first packets wait a little for those they may have overtaken; what counts is when they came.
        receiver.tick(Mono::from_millis(500));
        let mut stages = Stages::default();
        media(&mut stages, &receiver.seen(), |at| at.millis_since(Mono::from_millis(10)));
        let first = stages.get(Step::FirstPacket).unwrap();
        assert_eq!((first.ms, &*first.evidence), (35, "192.0.2.31:62010 udp; SSRC 0000000009; PT 96"));
        let stream = stages.get(Step::Stream).unwrap();
        assert_eq!((stream.ms, &*stream.evidence), (35, "ps"));
        assert_eq!(stages.all().len(), 2, "no parameter set, no key frame: {stages:?}");
    }
}
