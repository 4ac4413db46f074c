//! The whole chain against our own platform: every fault found, every camera's picture judged rightly, every dialog
//! ended, over each media transport.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::catalog::CatalogState;
use gbaudit::config::scene::read_scene;
use gbaudit::net::Protocol;
use gbaudit::net::endpoint::bind;
use gbaudit::probe::outcome::{Attempt, MediaTransport};
use gbaudit::profile::Profile;
use gbaudit::report::Report;
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

fn perfect(report: &Report, world: &World, transports: &[MediaTransport]) {
    let score = score(world, transports, &file(report, "devices.jsonl")).unwrap();
    for difference in score.differences() {
        let code = difference.split(':').next().unwrap();
        let tried = report.probes.get(code).map(|record| &record.attempts);
        println!("{difference}: {tried:#?}");
    }
    assert!(score.is_perfect(), "{} missing, {} extra, {:#?}", score.missing, score.extra, score.differences());
}

fn everything_over(transports: &[MediaTransport], protocol: Protocol, charset: &str, first_port: u16) {
    let auditor = Auditor::new(first_port).transports(transports);
    let catalog = "cameras = 110\neach_fault = 1\neach_behaviour = 1\noffline = 2\nduplicates = 2\nshuffle = true\nrepeat = 5\n\
                   trailing_empty = true\nbroken_xml = 2\nnum_wrong = true\nstray = true\n";
    let (report, world, count) = audited(auditor, protocol, charset, catalog);
    assert_eq!(report.catalog.state, CatalogState::Complete);
    perfect(&report, &world, transports);
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
    auditor.order.plan = gbaudit::evidence::ProbePlan::No;
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
    let (report, ..) =
        audited(auditor, Protocol::Udp, "GB18030", "cameras = 4\n[[channel]]\nbehaviour = \"frozen\"\ncameras = 2\n");
    let seen = report.probes.values().map(|record| record.attempts.last().unwrap());
    let frozen = |attempt: &&Attempt| {
        let picture = attempt.picture.as_ref().unwrap();
        assert!(picture.observed_ms.is_some_and(|ms| ms >= 2_000), "{attempt:#?}");
        picture.looks.as_ref().unwrap().iter().any(|look| look.id == "frozen")
    };
    let (still, moving): (Vec<_>, Vec<_>) = seen.partition(frozen);
    assert_eq!((still.len(), moving.len()), (2, 2));
    // What a stream is like is known after some seconds of it.
    for attempt in moving {
        let media = &attempt.media;
        assert!(media.frame_rate_x100.is_some_and(|rate| (2_400..=2_600).contains(&rate)), "{media:?}");
        assert_eq!((media.gop, media.lost), (Some(25), 0), "{media:?}");
        assert!(media.bitrate_kbps.is_some_and(|rate| rate > 50) && media.jitter_us.is_some(), "{media:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!((&json["rates"]["output"]["numerator"], &json["pictures"]["observed"]), (&4.into(), &4.into()));
    let looks = json["pictures"]["looks"].as_array().unwrap();
    assert!(looks.iter().any(|look| look["look"] == "frozen" && look["cameras"] == 2), "{looks:?}");
    // The same clip in every channel is the same picture in every channel.
    assert_eq!(json["pictures"]["withdrawn"], 4, "{}", json["pictures"]);
}
