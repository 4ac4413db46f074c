//! The whole chain against our own platform: every fault found, every camera's picture judged rightly, every dialog
//! ended, over each media transport.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::catalog::CatalogState;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::ProbePlan;
use gbaudit::indicator::RateVerdict;
use gbaudit::net::Protocol;
use gbaudit::net::endpoint::bind;
use gbaudit::probe::outcome::stages::Step;
use gbaudit::probe::outcome::{Attempt, Ending, MediaTransport, ProbeVerdict};
use gbaudit::profile::{Profile, RateId};
use gbaudit::report::{Report, summary};
use gbaudit::simulator::platform::{Count, Tally, local_setting, run};
use gbaudit::simulator::score::score;
use gbaudit::simulator::world::World;

use crate::support::{Auditor, MACHINE, PASSWORD, Witness, file, report};

/// Audits a scene. `catalog` are lines of its `[catalog]` table.
fn audited(auditor: Auditor, protocol: Protocol, charset: &str, catalog: &str) -> (Report, World, Count) {
    let address = match protocol {
        Protocol::Udp => format!("udp:{}", auditor.udp),
        Protocol::Tcp | Protocol::Tls => format!("tcp:{}", auditor.tcp),
    };
    let listen = if protocol == Protocol::Udp { "udp:127.0.0.1:0" } else { "tcp:127.0.0.1:0" };
    let text = format!(
        "[platform]\nid = \"37172300002000000002\"\nlisten = \"{listen}\"\ncharset = \"{charset}\"\n\
         [superior]\nid = \"37172300002000000001\"\naddress = \"{address}\"\nauth = \"none\"\n[catalog]\n{catalog}"
    );
    let mut scene = read_scene("test", &text, Path::new(""), Lang::Zh).unwrap();
    scene.password = Some(Secret::new(PASSWORD));
    let tally = Arc::new(Tally::default());
    let counted = tally.clone();
    let simulated = scene.clone();
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |over| {
        let bound = bind(&local_setting(&simulated)).unwrap();
        let (said, _saying) = tokio::sync::mpsc::channel(1);
        let world = Arc::new(World::new(simulated));
        run(world, bound, tally, said, over, Arc::new(SystemClock::default())).await.unwrap();
    });
    let report = report(evidence.into_iter().next().unwrap());
    (report, World::new(scene), counted.read())
}

#[test]
fn calling_ends_when_the_answer_is_certain_and_the_rest_is_not_touched() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut auditor = Auditor::new(33_800);
    auditor.order.probe.stop_when_certain = Some(5);
    let (report, _, count) = audited(auditor, Protocol::Udp, "GB18030", "cameras = 260\n");
    assert_eq!((count.calls, count.answered, count.hung_up), (100, 100, 100), "one wave");
    let output = report.rate(RateId::Output).unwrap();
    assert_eq!(output.value.map(|value| (value.numerator, value.denominator)), Some((100, 100)));
    assert_eq!((output.verdict, output.interval.and_then(|interval| interval.of)), (RateVerdict::Pass, Some(260)));
    assert!(report.is_complete());
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let early = &json["run"]["early"];
    assert_eq!((&early["certain"], &early["seed"], &early["looks"][0]["called"]), (&"pass".into(), &5.into(), &100.into()));
    assert_eq!(json["rates"]["output"]["denominator"], 100);
    let list = file(&report, "sample.csv");
    let rows: Vec<&str> = list.lines().skip(1).collect();
    assert_eq!(rows.len(), 260);
    assert!(rows[..100].iter().all(|row| row.contains(",出图,")) && rows[100..].iter().all(|row| row.contains(",未点播,")));
    let shown = summary::render(&report);
    assert!(shown.contains("点播 100 路（共 260 路）后，出图率达标已可断定，错判风险不超过 5%"), "{shown}");
}

#[test]
fn a_sample_is_drawn_from_every_community_and_class_and_told() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut auditor = Auditor::new(33_800);
    auditor.order.plan = ProbePlan::Sample { size: 30, seed: 11 };
    let (report, _, count) = audited(auditor, Protocol::Udp, "GB18030", "cameras = 120\n");
    assert_eq!(count.calls, 30);
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let sample = &json["run"]["sample"];
    assert_eq!((&sample["population"], &sample["drawn"], &sample["seed"]), (&120.into(), &30.into(), &11.into()));
    let strata = sample["strata"].as_array().unwrap();
    let sum = |key: &str| strata.iter().map(|stratum| stratum[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("cameras"), sum("drawn")), (120, 30));
    assert!(strata.iter().all(|stratum| stratum["drawn"].as_u64() >= Some(1)));
    assert_eq!(json["rates"]["output"]["interval_95"], serde_json::json!(["88.64", "100.00"]));
    assert!(report.readings.iter().any(|reading| reading.id == "output.sample.weighted"));
    assert_eq!(file(&report, "sample.csv").lines().count(), 31);
    let shown = summary::render(&report);
    assert!(shown.contains("从 120 路中按社区和类别分") && shown.contains("抽样 30 路，95% 区间 88.64%—100.00%"), "{shown}");
}

fn perfect(report: &Report, world: &World, transports: &[MediaTransport]) {
    let score = score(world, transports, &file(report, "devices.jsonl")).unwrap();
    for difference in score.differences() {
        let code = difference.split(':').next().unwrap();
        let tried = report.probes.get(code).map(|record| &record.attempts);
        println!("{difference}: {tried:#?}");
    }
    assert!(score.is_perfect(), "{} missing, {} extra, {:#?}", score.missing, score.extra, score.differences());
}

/// The fine cause of each way to answer that gives no picture.
const FINE: &[(&str, &str)] = &[
    ("h265_422", "decoder_limit"),
    ("black", "black"),
    ("single_color", "single_color"),
    ("no_key", "no_key_frame"),
    ("audio_only", "audio_only"),
    ("random", "random_octets"),
    ("silence", "no_packet"),
    ("udp_closed", "no_packet"),
    ("conflict", "setup_conflict"),
    ("svac", "svac"),
    ("tcp_only", "media_refused"),
    ("busy", "recorder_busy"),
    ("overload", "platform_overloaded"),
    ("not_found", "not_found"),
    ("forbidden", "forbidden"),
    ("unavailable", "unavailable"),
    ("not_acceptable", "media_refused"),
    ("no_answer", "silence"),
    ("only_trying", "provisional_only"),
    ("bad_sdp", "unparsable_sdp"),
    ("no_sdp", "no_sdp"),
    ("port_zero", "port_zero"),
    ("peer_bye", "hung_up_before_media"),
];

/// Each camera without a picture is put down to what it does, and each call is told step by step.
fn told_in_the_fine(report: &Report, world: &World, transports: &[MediaTransport]) {
    let mut met = 0;
    for camera in &report.cameras {
        let code = report.item(camera.item).unwrap().id();
        let number = world.camera(code).filter(|_| camera.probe.verdict != ProbeVerdict::Untested);
        let Some(number) = number else { continue };
        let behaviour = world.behaviour(number).id;
        let (said, offline) = (camera.probe.why.map(|why| why.id), world.offline().any(|n| n == number));
        let expected = match behaviour {
            _ if camera.probe.verdict == ProbeVerdict::Picture => None,
            _ if offline => Some("offline_tried"),
            "no_connect" if transports.contains(&MediaTransport::TcpActive) => Some("peer_not_listening"),
            "no_connect" => Some("peer_did_not_connect"),
            _ => FINE.iter().find(|(id, _)| *id == behaviour).map(|(_, why)| *why),
        };
        assert_eq!(said, expected, "{code} {behaviour}");
        met += usize::from(expected.is_some());
    }
    assert!(met > 20, "{met}");
    for attempt in report.probes.values().flat_map(|record| &record.attempts) {
        let stages: Vec<Step> = attempt.stages.all().iter().map(|stage| stage.step).collect();
        let all = |steps: &[Step]| steps.iter().all(|step| stages.contains(step));
        assert!(all(&[Step::Planned, Step::Socket, Step::Invite]), "{attempt:?}");
        assert!(attempt.stages.all().is_sorted_by_key(|stage| stage.ms), "{attempt:?}");
        assert_eq!(attempt.status.is_some(), stages.contains(&Step::Answer), "{attempt:?}");
        assert_eq!(attempt.media.packets > 0, stages.contains(&Step::FirstPacket), "{attempt:?}");
        if attempt.first_visible_ms.is_some() {
            let seen = [Step::Sdp, Step::Stream, Step::ParameterSets, Step::KeyFrame, Step::Decoded, Step::LookedAt];
            assert!(all(&seen), "{attempt:?}");
        }
        if attempt.ending == Ending::Bye {
            assert!(all(&[Step::Bye, Step::ByeAnswered]) || stages.contains(&Step::Cancel), "{attempt:?}");
        }
    }
}

fn everything_over(transports: &[MediaTransport], protocol: Protocol, charset: &str, first_port: u16) {
    let auditor = Auditor::new(first_port).transports(transports);
    let catalog = "cameras = 110\neach_fault = 1\neach_behaviour = 1\noffline = 2\nduplicates = 2\nshuffle = true\nrepeat = 5\n\
                   trailing_empty = true\nbroken_xml = 2\nnum_wrong = true\nstray = true\n";
    let (report, world, count) = audited(auditor, protocol, charset, catalog);
    assert_eq!(report.catalog.state, CatalogState::Complete);
    perfect(&report, &world, transports);
    told_in_the_fine(&report, &world, transports);
    assert_eq!(count.answered, count.hung_up, "every answered call is ended by BYE: {count:?}");
    assert_eq!(count.open, 0, "{count:?}");
    let footprint = report.header.footprint;
    assert_eq!(footprint.dialogs, footprint.ended);
    assert!(footprint.peak_sessions <= 24);
}

#[test]
fn every_fault_and_every_behaviour_over_each_transport() {
    use MediaTransport::{TcpActive, TcpPassive, Udp};
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    // Waiting for cameras that do not answer is most of it: all at once.
    std::thread::scope(|scope| {
        scope.spawn(|| everything_over(&[Udp], Protocol::Udp, "GB18030", 31_000));
        scope.spawn(|| everything_over(&[TcpPassive], Protocol::Tcp, "UTF-8", 31_400));
        scope.spawn(|| everything_over(&[TcpActive], Protocol::Tcp, "GB18030", 31_800));
        scope.spawn(|| everything_over(&[Udp, TcpPassive, TcpActive], Protocol::Udp, "UTF-8", 32_200));
    });
}

#[test]
fn a_catalogue_that_comes_short_is_asked_for_again_and_stays_incomplete() {
    let mut auditor = Auditor::new(32_600);
    auditor.order.plan = ProbePlan::No;
    let (report, _, count) = audited(auditor, Protocol::Udp, "GB18030", "cameras = 30\ndrop = 2\n");
    let queries = &report.header.queries;
    let full = queries.iter().filter(|query| query.about.is_empty()).count();
    assert_eq!((report.catalog.state, full), (CatalogState::Incomplete, 2));
    assert_eq!(count.queries, queries.len() as u64, "branches that can lack something are asked, and all of it is said");
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!((&json["catalog"]["missing"], &json["run"]["complete"]), (&2.into(), &false.into()));
    assert_eq!(json["rates"]["compliance"]["verdict"], "not_measurable");
    assert_eq!(report.exit().code(), 3);
}

/// Two cameras send one key frame over and over; the others are as they should be. Both give a picture.
#[test]
fn a_picture_that_never_changes_is_told_where_the_profile_looks_for_it() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut auditor = Auditor::new(37_200);
    let text = Profile::embedded("demo").unwrap().replace("observe_ms = 0 ", "observe_ms = 4000 ");
    auditor.order.audit.profile = Profile::parse("demo", &text, Lang::Zh).unwrap();
    let (report, ..) = audited(
        auditor,
        Protocol::Udp,
        "GB18030",
        "cameras = 6\n[[channel]]\nbehaviour = \"frozen\"\ncameras = 2\n[[channel]]\nbehaviour = \"test_card\"\ncameras = 2\n",
    );
    let seen = report.probes.values().map(|record| record.attempts.last().unwrap());
    let frozen = |attempt: &&Attempt| {
        let picture = attempt.picture.as_ref().unwrap();
        assert!(picture.observed_ms.is_some_and(|ms| ms >= 2_000), "{attempt:#?}");
        picture.looks.as_ref().unwrap().iter().any(|look| look.id == "frozen")
    };
    let (still, moving): (Vec<_>, Vec<_>) = seen.partition(frozen);
    assert_eq!((still.len(), moving.len()), (2, 4));
    // What a stream is like is known after some seconds of it.
    for attempt in moving {
        let media = &attempt.media;
        assert!(media.frame_rate_x100.is_some_and(|rate| (2_400..=2_600).contains(&rate)), "{media:?}");
        assert_eq!((media.gop, media.lost), (Some(25), 0), "{media:?}");
        assert!(media.bitrate_kbps.is_some_and(|rate| rate > 50) && media.jitter_us.is_some(), "{media:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!((&json["rates"]["output"]["numerator"], &json["pictures"]["observed"]), (&6.into(), &6.into()));
    let looks = json["pictures"]["looks"].as_array().unwrap();
    assert!(looks.iter().any(|look| look["look"] == "frozen" && look["cameras"] == 2), "{looks:?}");
    // One test card in two channels; the others see what is theirs alone, and no check says anything of it.
    assert_eq!(json["pictures"]["withdrawn"], 2, "{}", json["pictures"]);
    assert!(looks.iter().all(|look| look["cameras"] == 2), "{looks:?}");
}
