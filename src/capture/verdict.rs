//! From a call and its media to the attempt the live probe would have kept; and whether it proves anything. Whoever
//! called may have hung up early, and the capture may end early or lack the media: that is no camera's fault.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::call::{Answer, Call};
use super::media::Orphan;
use super::watch::{Terms, Watch};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::media::receiver::MediaSeen;
use crate::probe::blame::{self, detail};
use crate::probe::outcome::ends::{Ends, Media, Signalling, Ssrc, kept};
use crate::probe::outcome::stages::{Stages, Step};
use crate::probe::outcome::{Attempt, Cause, Ending, MediaFacts, MediaTransport, ProbeRecord, Untested};
use crate::probe::session::TCP_PATIENCE;
use crate::probe::staging;

/// Attempts kept of one code.
pub const MAX_ATTEMPTS: usize = 16;
/// How long the answer to a BYE may take; a capture that ends sooner says nothing of it.
const BYE_PATIENCE: Duration = Duration::from_secs(4);

/// What the capture holds beside the call.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// When it ends.
    pub end: Mono,
    /// Hosts media was captured towards.
    pub hosts: &'a HashMap<IpAddr, u64>,
    /// Streams without a call.
    pub orphans: &'a [Orphan],
}

/// The attempt of a call. `started` is the wall clock at INVITE. The second is why it proves nothing, if so.
#[must_use]
pub fn attempt(
    call: &Call,
    watch: Option<&Watch>,
    started: String,
    terms: Terms,
    around: Around<'_>,
) -> (Attempt, Option<Untested>) {
    let ms = |at: Mono| at.millis_since(call.started);
    let limit = u64::try_from(terms.limit.as_millis()).unwrap_or(u64::MAX);
    let seen = watch.map(Watch::seen);
    let mut oddities = watch.map_or_else(Oddities::default, Watch::oddities);
    oddities.absorb(&call.oddities);
    let ending = ending(call);
    if ending == Ending::ByeUnanswered && call.left.is_some_and(|left| around.end.since(left) >= BYE_PATIENCE) {
        oddities.note(oddity::BYE_UNANSWERED);
    }
    let mut attempt = Attempt {
        number: 1,
        transport: call.transport(),
        started,
        call_id: call.call_id.clone(),
        provisional: call.provisional.clone(),
        status: call.status,
        reason: call.reason.clone(),
        body: call.body.clone(),
        answer_ms: call.answered.map(ms),
        first_packet_ms: seen.as_ref().and_then(|s| s.first_packet).map(ms),
        first_picture_ms: watch.and_then(|w| w.first_picture).map(ms),
        first_visible_ms: watch.and_then(|w| w.first_visible).map(ms),
        media: seen.as_ref().map_or_else(MediaFacts::default, blame::media_facts),
        picture: watch.and_then(|w| w.picture.clone()),
        cause: None,
        detail: String::new(),
        ending,
        oddities: oddities.iter().map(|(kind, ..)| kind.id.to_owned()).collect(),
        stages: stages(call, watch, seen.as_ref()),
        ends: Some(Box::new(ends(call, seen.as_ref()))),
    };
    if attempt.first_visible_ms.is_some_and(|ms| ms <= limit) {
        return (attempt, None);
    }
    let unconnected = is_unconnected(call, watch, around);
    let (cause, detail) =
        if unconnected { (Cause::NoMedia, detail::NO_TCP_CONNECTION.to_owned()) } else { cause(call, watch, around.end) };
    attempt.cause = Some(cause);
    attempt.detail = match attempt.first_visible_ms {
        Some(ms) => format!("late_{ms}"),
        None => detail,
    };
    let doubt = if unconnected { unseen(call, watch, terms, around) } else { doubt(call, watch, cause, terms, around) };
    (attempt, doubt)
}

/// Both ends of a call, as captured.
fn ends(call: &Call, seen: Option<&MediaSeen>) -> Ends {
    let mut ends = Ends {
        signalling: Signalling {
            transport: if call.tcp { "TCP" } else { "UDP" }.to_owned(),
            ours: call.source.to_string(),
            theirs: call.destination.to_string(),
        },
        media: call.receiving().first().map(|ours| Media { ours: ours.to_string(), ..Media::default() }),
        ssrc: Ssrc { asked: call.offer.as_ref().and_then(|o| o.y.as_deref()).map(kept).unwrap_or_default(), ..Ssrc::default() },
        clock: None,
    };
    if let Some(sdp) = call.agreed() {
        staging::told(&mut ends, sdp);
    }
    if let Some(seen) = seen {
        staging::seen(&mut ends, seen);
    }
    ends
}

/// The steps of a call, by the times of the capture. When a picture was decoded is ours and says nothing.
fn stages(call: &Call, watch: Option<&Watch>, seen: Option<&MediaSeen>) -> Stages {
    let ms = |at: Mono| at.millis_since(call.started);
    let mut stages = Stages::default();
    let mut mark = |step: Step, at: Option<Mono>, evidence: &str| {
        if let Some(at) = at {
            stages.mark(step, ms(at), evidence);
        }
    };
    mark(Step::Invite, Some(call.started), &call.destination.to_string());
    let provisional = call.provisional.first().map(ToString::to_string);
    mark(Step::Provisional, call.heard, provisional.as_deref().unwrap_or_default());
    mark(Step::Challenged, call.challenged, "");
    mark(Step::Answer, call.answered, &call.status.unwrap_or_default().to_string());
    if let Some(sdp) = call.agreed() {
        mark(Step::Sdp, call.answered, &staging::of_sdp(sdp));
    }
    mark(Step::Connected, watch.and_then(|w| w.connected), "");
    if let Some(facts) = watch.and_then(|w| w.picture.as_ref()) {
        mark(Step::Decoded, watch.and_then(|w| w.first_picture), &staging::of_picture(facts));
    }
    if let Some(sight) = watch.and_then(Watch::sight) {
        mark(Step::LookedAt, watch.and_then(|w| w.first_visible.or(w.first_picture)), staging::of_sight(sight));
    }
    mark(Step::PeerBye, call.peer_left, "");
    mark(if call.cancelled { Step::Cancel } else { Step::Bye }, call.left, "");
    mark(Step::ByeAnswered, call.bye_answered, "");
    if let Some(seen) = seen {
        staging::media(&mut stages, seen, ms);
    }
    stages.settle();
    stages
}

/// Nobody connected for as long as the live probe waits for it, which stands whenever the caller hangs up after that.
fn is_unconnected(call: &Call, watch: Option<&Watch>, around: Around<'_>) -> bool {
    let waited = call.answered.map(|at| call.left.or(call.peer_left).unwrap_or(around.end).since(at));
    call.agreed().is_some()
        && call.transport() != MediaTransport::Udp
        && watch.is_none_or(|w| w.connected.is_none() && w.seen().packets == 0)
        && waited.is_some_and(|waited| waited >= TCP_PATIENCE)
}

/// No media of a call came: whether it could have been seen.
fn unseen(call: &Call, watch: Option<&Watch>, terms: Terms, around: Around<'_>) -> Option<Untested> {
    let hosts: Vec<IpAddr> = call.receiving().iter().map(std::net::SocketAddr::ip).collect();
    // Where no media at all was captured, none of this call could have been.
    let captured = hosts.iter().any(|host| around.hosts.contains_key(host));
    // A stream nobody can tell the call of may be this one.
    let stray = around
        .orphans
        .iter()
        .any(|o| hosts.contains(&o.ends.1.ip()) && o.last >= call.started && o.first <= call.started.plus(terms.listen));
    // Whoever fetches media must have knocked; a capture of our ports alone does not show the other side's.
    let untried = call.transport() == MediaTransport::TcpActive && !watch.is_some_and(|w| w.tried);
    (!captured || stray || untried).then_some(Untested::NotCaptured)
}

fn cause(call: &Call, watch: Option<&Watch>, end: Mono) -> (Cause, String) {
    match &call.answer {
        Some(Answer::Refused) if !(call.cancelled && call.status == Some(487)) => {
            let status = call.status.unwrap_or_default();
            (blame::of_status(status), format!("status_{status}"))
        }
        Some(Answer::Unusable(detail)) => (Cause::BadAnswer, (*detail).to_owned()),
        Some(Answer::Usable(_)) => match watch {
            Some(watch) => watch.at_limit.clone().unwrap_or_else(|| watch.cause(end)),
            None if call.peer_left.is_some() => (Cause::NoMedia, detail::PEER_BYE.to_owned()),
            None => (Cause::NoMedia, String::new()),
        },
        Some(Answer::Refused) | None => {
            let detail = if call.provisional.is_empty() { detail::SILENCE } else { detail::PROVISIONAL_ONLY };
            (Cause::NoAnswer, detail.to_owned())
        }
    }
}

/// Why a call without a picture proves nothing.
fn doubt(call: &Call, watch: Option<&Watch>, cause: Cause, terms: Terms, around: Around<'_>) -> Option<Untested> {
    // A refusal, an answer nobody can use, a format we lack: they stand however the call went on.
    if matches!(cause, Cause::Rejected | Cause::Capacity | Cause::BadAnswer | Cause::UnsupportedCodec) {
        return None;
    }
    let lacking = match watch {
        Some(watch) if watch.cut > 0 => true,
        // What is missing may be missing in the capture alone.
        Some(watch) => matches!(cause, Cause::NoKeyFrame | Cause::Undecodable) && watch.seen().lost > 0,
        None => false,
    };
    if lacking {
        return Some(Untested::NotCaptured);
    }
    // The called side hung up by itself.
    if call.peer_left.is_none_or(|left| call.left.is_some_and(|ours| ours <= left)) {
        let until = call.started.plus(terms.limit);
        match call.left {
            Some(left) if left < until => return Some(Untested::CallerHungUp),
            None if around.end < until => return Some(Untested::CaptureEnded),
            _ => (),
        }
    }
    let silent = cause == Cause::NoMedia && watch.is_none_or(|w| w.seen().packets == 0);
    if silent { unseen(call, watch, terms, around) } else { None }
}

fn ending(call: &Call) -> Ending {
    match (&call.answer, call.left, call.peer_left) {
        (Some(Answer::Refused), ..) if call.cancelled => Ending::Cancel,
        (Some(Answer::Refused), ..) => Ending::Refused,
        (Some(_), Some(left), peer) if peer.is_none_or(|peer| left <= peer) => {
            if call.bye_answered.is_some() {
                Ending::Bye
            } else {
                Ending::ByeUnanswered
            }
        }
        (Some(_), _, Some(_)) => Ending::PeerBye,
        (None, Some(_), _) if call.provisional.is_empty() => Ending::Silence,
        (None, Some(_), _) => Ending::Cancel,
        (_, None, _) | (Some(_), Some(_), None) => Ending::StillOpen,
    }
}

/// The record of one code from its attempts, in the order they were made.
#[must_use]
pub fn record(device_id: &str, attempts: Vec<(Attempt, Option<Untested>)>, limit_ms: u64) -> ProbeRecord {
    let mut attempts = attempts;
    if attempts.len() > MAX_ATTEMPTS {
        // Those that got furthest say the most.
        attempts.sort_by_key(|(a, doubt)| std::cmp::Reverse((a.level(limit_ms), doubt.is_none())));
        attempts.truncate(MAX_ATTEMPTS);
        attempts.sort_by(|(a, _), (b, _)| a.started.cmp(&b.started));
    }
    for ((attempt, _), number) in attempts.iter_mut().zip(1..) {
        attempt.number = number;
    }
    let deciding = attempts.iter().max_by_key(|(a, _)| (a.level(limit_ms), a.number));
    let untested = deciding.and_then(|(_, doubt)| *doubt);
    let attempts = attempts.into_iter().map(|(attempt, _)| attempt).collect();
    ProbeRecord { device_id: device_id.to_owned(), attempts, untested, snapshot: None }
}
