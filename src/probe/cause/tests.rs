use std::collections::BTreeSet;

use super::network::{self, Looked};
use super::*;
use crate::base::oddity;
use crate::probe::outcome::stages::Step;
use crate::probe::outcome::tests::{attempt, picture};
use crate::probe::outcome::{Demand, Ending, Level, MediaTransport, Untested};

fn with(cause: Cause, detail: &str) -> Attempt {
    Attempt { detail: detail.into(), status: Some(200), answer_ms: Some(9), ..attempt(1, Some(cause)) }
}

fn refused(code: u16) -> Attempt {
    let cause = if matches!(code, 486 | 503 | 600) { Cause::Capacity } else { Cause::Rejected };
    Attempt { status: Some(code), ending: Ending::Refused, detail: format!("status_{code}"), ..attempt(1, Some(cause)) }
}

fn changed(mut attempt: Attempt, change: impl FnOnce(&mut Attempt)) -> Attempt {
    change(&mut attempt);
    attempt
}

/// An attempt for every fine cause one attempt can show, each by the marks a session or a capture leaves.
#[rustfmt::skip]
fn shown() -> Vec<(&'static str, Attempt)> {
    let unanswered = |detail: &str| Attempt { status: None, answer_ms: None, ..with(Cause::NoAnswer, detail) };
    let odd = |kind: oddity::OddityKind| move |a: &mut Attempt| a.oddities.push(kind.id.to_owned());
    let ps = |a: &mut Attempt| (a.media.packets, a.media.stream) = (40, Some("ps".into()));
    let units = |slices, parameter_sets| move |a: &mut Attempt| {
        (a.media.packets, a.media.stream, a.media.slices, a.media.parameter_sets) = (40, Some("ps".into()), slices, parameter_sets);
    };
    vec![
        ("silence", unanswered("silence")),
        ("provisional_only", Attempt { provisional: vec![100], ..unanswered("provisional_only") }),
        ("connection_lost", unanswered("connection_lost")),
        ("late_answer", with(Cause::NoAnswer, "late_12000")),
        ("refused", refused(499)),
        ("redirected", refused(302)),
        ("bad_request", refused(400)),
        ("unauthorized", refused(401)),
        ("unauthorized", refused(407)),
        ("forbidden", refused(403)),
        ("not_found", refused(404)),
        ("not_supported", refused(405)),
        ("device_timed_out", refused(408)),
        ("unavailable", refused(480)),
        ("media_refused", refused(488)),
        ("media_refused", refused(415)),
        ("terminated", refused(487)),
        ("server_error", refused(500)),
        ("upstream_failed", refused(504)),
        ("declined", refused(603)),
        ("recorder_busy", refused(486)),
        ("platform_overloaded", refused(503)),
        ("no_session_free", refused(600)),
        ("unusable_answer", with(Cause::BadAnswer, "")),
        ("no_sdp", with(Cause::BadAnswer, "no_sdp")),
        ("unparsable_sdp", with(Cause::BadAnswer, "unparsable_sdp")),
        ("no_video_line", with(Cause::BadAnswer, "no_video_line")),
        ("port_zero", with(Cause::BadAnswer, "port_zero")),
        ("setup_conflict", with(Cause::BadAnswer, "setup_conflict")),
        ("no_packet", with(Cause::NoMedia, "")),
        ("peer_did_not_connect", Attempt { transport: MediaTransport::TcpPassive, ..with(Cause::NoMedia, "no_tcp_connection") }),
        ("peer_not_listening", Attempt { transport: MediaTransport::TcpActive, ..with(Cause::NoMedia, "no_tcp_connection") }),
        ("peer_did_not_connect", changed(with(Cause::NoMedia, ""), |a| {
            a.transport = MediaTransport::TcpPassive;
            a.stages.mark(Step::Sdp, 9, "192.0.2.8 9000 tcp active; 96 PS; y=-");
        })),
        ("no_packet", changed(with(Cause::NoMedia, ""), |a| {
            a.transport = MediaTransport::TcpPassive;
            a.stages.mark(Step::Sdp, 9, "192.0.2.8 9000 tcp active; 96 PS; y=-");
            a.stages.mark(Step::Connected, 12, "");
        })),
        ("hung_up_before_media", with(Cause::NoMedia, "peer_bye")),
        ("only_rtcp", changed(with(Cause::NoMedia, ""), |a| a.media.rtcp = 3)),
        ("only_stale_media", changed(with(Cause::NoMedia, ""), odd(oddity::STALE_MEDIA))),
        ("late_media", with(Cause::NoMedia, "late_11000")),
        ("empty_video", changed(with(Cause::NoVideo, ""), ps)),
        ("not_rtp", with(Cause::NoVideo, "not_rtp")),
        ("audio_only", changed(with(Cause::NoVideo, ""), |a| { ps(a); a.media.audio_bytes = 9_000; })),
        ("audio_only", changed(with(Cause::NoVideo, ""), |a| (a.media.packets, a.media.payload_type) = (40, Some(8)))),
        ("random_octets", changed(with(Cause::NoVideo, ""), |a| (a.media.packets, a.media.payload_type) = (40, Some(96)))),
        ("foreign_source", changed(with(Cause::NoVideo, ""), odd(oddity::SSRC_MISMATCH))),
        ("hung_up_before_video", with(Cause::NoVideo, "peer_bye")),
        ("no_key_frame", changed(with(Cause::NoKeyFrame, ""), units(90, 2))),
        ("parameter_sets_only", changed(with(Cause::NoKeyFrame, ""), units(0, 2))),
        ("gradual_refresh", changed(with(Cause::NoKeyFrame, ""), |a| { units(90, 2)(a); a.media.refreshes = 3; })),
        ("key_frame_lost", changed(with(Cause::NoKeyFrame, "damaged_in_transit"), units(90, 2))),
        ("key_frame_lost", changed(with(Cause::NoKeyFrame, "damaged_in_transit,peer_bye"), units(90, 2))),
        ("late_key_frame", changed(with(Cause::NoKeyFrame, "late_10400"), units(90, 2))),
        ("hung_up_before_key_frame", changed(with(Cause::NoKeyFrame, "peer_bye"), units(9, 2))),
        ("undecodable", changed(with(Cause::Undecodable, "slice 3: bad reference"), units(9, 2))),
        ("no_parameter_sets", changed(with(Cause::Undecodable, "no_parameter_sets"), units(9, 0))),
        ("key_frame_damaged", changed(with(Cause::Undecodable, "damaged_in_transit"), units(9, 2))),
        ("decoder_limit", changed(with(Cause::UnsupportedCodec, "4:2:2"), units(9, 3))),
        ("svac", changed(with(Cause::UnsupportedCodec, "SVAC"), ps)),
        ("mpeg_ts", changed(with(Cause::UnsupportedCodec, "MPEG-TS"), |a| a.media.stream = Some("ts".into()))),
        ("encrypted", changed(with(Cause::UnsupportedCodec, "encrypted_or_unknown"), ps)),
        ("other_codec", changed(with(Cause::UnsupportedCodec, "MPEG-4"), ps)),
        ("black", with(Cause::Black, "")),
        ("poor_picture", with(Cause::PoorPicture, "blur")),
        ("single_color", with(Cause::SingleColor, "")),
        ("frozen", with(Cause::Frozen, "")),
        ("our_fault", with(Cause::OurFault, "")),
        ("no_media_port", with(Cause::OurFault, "no_media_port")),
        ("endpoint_failed", with(Cause::OurFault, "endpoint")),
        ("ledger_failed", with(Cause::OurFault, "ledger")),
        ("not_looked_at", with(Cause::OurFault, "not_looked_at")),
        ("decoder_slow", with(Cause::OurFault, "decoder_slow")),
        ("decoder_gave_up", with(Cause::OurFault, "decoder_gave_up")),
        ("bug", with(Cause::OurFault, "bug")),
    ]
}

fn record(id: u32, attempts: Vec<Attempt>, untested: Option<Untested>) -> ProbeRecord {
    ProbeRecord { device_id: format!("{id:020}"), attempts, untested, snapshot: None }
}

fn told(record: &ProbeRecord, offline: bool) -> &'static Why {
    let conclusion = record.conclude(&Demand::new(Level::Visible, 10_000), offline);
    let why = of(record, &conclusion).expect("no picture");
    assert_eq!(Some(why.cause), conclusion.cause, "{}", why.id);
    why
}

#[test]
fn every_fine_cause_is_told_from_what_was_kept_and_none_is_left_over() {
    let mut met = BTreeSet::new();
    for (id, attempt) in shown() {
        assert_eq!(of_attempt(&attempt).id, id);
        met.insert(told(&record(1, vec![attempt], None), false).id);
    }
    for (untested, id) in [
        (Untested::Interrupted, "interrupted"),
        (Untested::PlatformLost, "platform_lost"),
        (Untested::NotReached, "not_reached"),
        (Untested::OfflineSkipped, "offline_not_tried"),
        (Untested::NoUsableCode, "no_usable_code"),
        (Untested::ProbeLimit, "probe_limit"),
        (Untested::NotNamed, "not_named"),
        (Untested::NotSampled, "not_sampled"),
        (Untested::NotNeeded, "not_needed"),
        (Untested::NoProbe, "no_probe"),
        (Untested::NotInvited, "not_invited"),
        (Untested::CaptureEnded, "capture_ended"),
        (Untested::CallerHungUp, "caller_hung_up"),
        (Untested::NotCaptured, "not_captured"),
    ] {
        let why = told(&record(1, vec![], Some(untested)), false);
        assert_eq!(why.id, id);
        met.insert(why.id);
    }
    met.insert(told(&record(1, vec![refused(480)], None), true).id);
    met.insert(told(&record(1, vec![with(Cause::NoMedia, "")], None), true).id);
    // What only a profile that asks for a size calls none.
    let seen = Attempt {
        picture: Some(picture(None)),
        first_visible_ms: Some(30),
        ..changed(attempt(1, None), |a| (a.status, a.answer_ms) = (Some(200), Some(9)))
    };
    let small = record(1, vec![seen], None);
    let asked = Demand { least: (1_280, 720), ..Demand::new(Level::Visible, 10_000) };
    met.insert(of(&small, &small.conclude(&asked, false)).unwrap().id);
    // What only many cameras show.
    let silent = with(Cause::NoMedia, "");
    let by_tcp = changed(with(Cause::Black, ""), |a| {
        (a.number, a.transport, a.media.packets, a.first_packet_ms) = (2, MediaTransport::TcpPassive, 9, Some(20));
    });
    let mut closed: Vec<_> = (0..3).map(|id| record(id, vec![silent.clone(), by_tcp.clone()], None)).collect();
    closed.push(record(9, vec![silent], None));
    let lossy = |cause| changed(with(cause, "damaged_in_transit"), |a| (a.media.packets, a.media.lost) = (90, 9));
    let causes = [Cause::Undecodable, Cause::NoKeyFrame, Cause::Undecodable];
    let damaged = (0..3).zip(causes).map(|(id, cause)| record(id, vec![lossy(cause)], None)).collect();
    for group in [closed, damaged] {
        let looked: Vec<_> = group.iter().map(|r| Looked { record: r, recorder: None, why: Some(told(r, false)) }).collect();
        met.extend(network::join(&looked, &[]).into_iter().flatten().map(|why| why.id));
    }
    // And what control cameras show.
    let mute = changed(with(Cause::NoMedia, ""), |a| a.status = Some(200));
    let deaf = changed(with(Cause::NoAnswer, "silence"), |a| a.status = None);
    for way in [mute, deaf] {
        let (one, control) = (record(1, vec![way.clone()], None), record(2, vec![way], None));
        let looked = [Looked { record: &one, recorder: None, why: Some(told(&one, false)) }];
        let controls = [network::Control { record: &control, before: true }];
        met.extend(network::join(&looked, &controls).into_iter().flatten().map(|why| why.id));
    }
    let all: BTreeSet<_> = register().map(|why| why.id).collect();
    assert_eq!(met, all);
    assert_eq!(register().count(), all.len(), "ids are unique");
    assert!(all.len() >= 25);
}

#[test]
fn where_the_profile_asks_for_more_than_the_call_its_conclusion_is_told() {
    let seen = Attempt { cause: None, first_visible_ms: Some(90), ..with(Cause::Black, "") };
    let concluded =
        |cause, detail| Conclusion { verdict: ProbeVerdict::NoPicture, cause: Some(cause), detail, deciding: Some(&seen) };
    let record = record(1, vec![seen.clone()], None);
    assert_eq!(of(&record, &concluded(Cause::Frozen, "")).unwrap().id, "frozen");
    assert_eq!(of(&record, &concluded(Cause::OurFault, "not_looked_at")).unwrap().id, "not_looked_at");
}

#[test]
fn every_fine_cause_has_a_page_in_both_languages() {
    for why in register() {
        for text in [why.title, why.means, why.basis, why.todo] {
            let chinese = text.zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
            assert!(chinese && text.en.is_ascii() && !text.en.is_empty(), "{}: {text:?}", why.id);
        }
        assert!([why.means, why.basis, why.todo].iter().all(|t| t.zh.ends_with('。') && t.en.ends_with('.')), "{}", why.id);
    }
}

#[test]
fn what_is_doubtful_beyond_the_words_of_the_contract_is_the_path_and_what_shows_nothing_of_the_camera() {
    for why in register() {
        assert!(why.doubtful || !why.cause.is_doubtful(), "{}", why.id);
        assert!(why.blame != Blame::Auditor || why.doubtful, "{}: our own failures prove nothing", why.id);
        assert!(!why.doubtful || why.blame != Blame::Camera, "{}", why.id);
    }
    let doubted: Vec<_> = register().filter(|why| why.doubtful && !why.cause.is_doubtful()).map(|why| why.id).collect();
    let path =
        ["udp_closed", "path_loses_key_frames", "path_damages_key_frames", "controls_without_media", "controls_without_answer"];
    assert_eq!(doubted, [&["connection_lost", "unauthorized", "gradual_refresh"][..], &path].concat());
}

#[test]
fn a_detail_nobody_knows_falls_to_the_general_cause_of_its_word() {
    for cause in Cause::ALL.iter().copied().filter(|c| !matches!(c, Cause::Untested | Cause::NoAnswer | Cause::Offline)) {
        let general: Vec<_> = register().filter(|why| why.cause == cause && why.is_general()).collect();
        assert_eq!(general.len(), 1, "{cause:?}");
    }
    for (cause, id) in [
        (Cause::Rejected, "refused"),
        (Cause::Capacity, "no_session_free"),
        (Cause::BadAnswer, "unusable_answer"),
        (Cause::NoMedia, "no_packet"),
        (Cause::NoKeyFrame, "no_key_frame"),
        (Cause::Undecodable, "undecodable"),
        (Cause::OurFault, "our_fault"),
    ] {
        assert_eq!(of_attempt(&Attempt { status: None, ..with(cause, "something_new") }).id, id);
    }
}

#[test]
fn ids_are_found_whatever_their_case() {
    assert_eq!(Why::find("Recorder_Busy").map(|why| why.id), Some("recorder_busy"));
    assert!(Why::find("nothing").is_none());
}
