//! Every trouble of the register and every scene file: the right audit says what the register says it has to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::catalog::CatalogState;
use gbaudit::config::scene::read_scene;
use gbaudit::edition::Edition;
use gbaudit::evidence::ProbePlan;
use gbaudit::manscdp::item::Element;
use gbaudit::net::Protocol;
use gbaudit::net::endpoint::bind;
use gbaudit::platform::{PlatformSetting, Role};
use gbaudit::probe::outcome::MediaTransport;
use gbaudit::report::Report;
use gbaudit::simulator::platform::{Count, Tally, local_setting, run};
use gbaudit::simulator::scene::Scene;
use gbaudit::simulator::score::score;
use gbaudit::simulator::trouble::{Expected, TROUBLES, Trouble};
use gbaudit::simulator::world::World;

use crate::support::{Auditor, MACHINE, Witness, file, loopback, platform, report};

/// Longest that a platform which never registers is waited for.
const WAIT: Duration = Duration::from_secs(12);

pub fn scenes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenes")
}

fn scene(id: &str) -> Scene {
    let path = scenes().join(format!("{id}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    read_scene(id, &text, Path::new(""), Lang::En).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What came of auditing scenes together.
pub struct Run {
    pub reports: Vec<Report>,
    pub counts: Vec<Count>,
    pub worlds: Vec<World>,
}

/// Audits scenes in one run, each as a platform with a code and a password of its own.
pub fn together(mut scenes: Vec<Scene>, mut auditor: Auditor) -> Run {
    let mut platforms = Vec::new();
    for (scene, n) in scenes.iter_mut().zip(1..) {
        scene.party.id = format!("371723000020{n:07}2");
        let password = Secret::new(format!("swordfish{n}"));
        let peer = if scene.address.protocol == Protocol::Udp { auditor.udp } else { auditor.tcp };
        (scene.listen, scene.address.socket) = (loopback(scene.listen.protocol, 0), peer);
        (scene.password, scene.retry) = (Some(password.clone()), Duration::from_secs(1));
        let mut party = platform(Role::Subordinate, None).party;
        party.id.clone_from(&scene.party.id);
        platforms.push(PlatformSetting {
            name: scene.party.id.clone(),
            party,
            password: Some(password),
            ..platform(Role::Subordinate, None)
        });
    }
    auditor.order.platforms = platforms;
    auditor.order.wait = WAIT;
    let tallies: Vec<Arc<Tally>> = scenes.iter().map(|_| Arc::default()).collect();
    let (simulated, counted) = (scenes.clone(), tallies.clone());
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |over| {
        let mut tasks = tokio::task::JoinSet::new();
        for (scene, tally) in simulated.into_iter().zip(tallies) {
            let bound = bind(&local_setting(&scene)).unwrap();
            let (said, _saying) = tokio::sync::mpsc::channel(1);
            let world = Arc::new(World::new(scene));
            tasks.spawn(run(world, bound, tally, said, over.clone(), Arc::new(SystemClock::default())));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap().unwrap();
        }
    });
    Run {
        reports: evidence.into_iter().map(report).collect(),
        counts: counted.iter().map(|tally| tally.read()).collect(),
        worlds: scenes.into_iter().map(World::new).collect(),
    }
}

pub fn listener(first_port: u16) -> Auditor {
    let mut auditor = Auditor::new(first_port);
    auditor.order.plan = ProbePlan::No;
    auditor
}

/// Everything in which a report is not what the register expects.
fn differences(report: &Report, world: &World, expected: &Expected) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, said: String, right: String| {
        if said != right {
            differences.push(format!("{what}: {said}, expected {right}"));
        }
    };
    let (catalog, items) = (&report.catalog, world.items() as u64);
    differ("state", catalog.state.name().into(), expected.state.name().into());
    differ("why", format!("{:?}", catalog.why.iter().map(|w| w.id).collect::<Vec<_>>()), format!("{:?}", expected.why));
    differ("declared", catalog.declared.to_string(), (expected.declared)(items).to_string());
    match expected.received {
        Some(received) => differ("received", catalog.received.to_string(), received(items).to_string()),
        None => differ("some missing", (0 < catalog.received && catalog.received < catalog.declared).to_string(), "true".into()),
    }
    differ("collisions", catalog.collisions.to_string(), expected.collisions.to_string());
    differ("oddities", format!("{:?}", catalog.oddities.ids().collect::<Vec<_>>()), format!("{:?}", expected.oddities));
    let whole = report.header.queries.iter().filter(|query| query.about.is_empty()).count();
    differ("queries", whole.to_string(), expected.queries.to_string());
    let without_number = expected.state.voids() || (expected.declared)(items) == 0;
    differ("exit code is 3", (report.exit().code() == 3).to_string(), without_number.to_string());
    let spoke: BTreeSet<&str> = report.rules.iter().filter(|r| r.fail + r.advice > 0).map(|r| r.rule).collect();
    for rule in expected.rules {
        differ(rule, spoke.contains(rule).to_string(), "true".into());
    }
    // What is heard is heard by the run; a moved address is told without a name.
    let id = &world.scene().party.id;
    for kind in expected.heard {
        let is_heard =
            report.header.heard.iter().any(|h| h.kind.id() == *kind && (h.detail.contains(id) || *kind == "address_changed"));
        differ(kind, is_heard.to_string(), "true".into());
    }
    differences
}

#[test]
fn of_every_trouble_the_audit_says_what_the_register_says() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let troubles: Vec<_> = TROUBLES.iter().filter(|about| about.trouble != Trouble::StopAndWaitWvp).collect();
    let scenes = troubles.iter().map(|about| scene(about.id)).collect();
    // Waiting for what is missing is most of it: others wait meanwhile.
    let run = std::thread::scope(|scope| {
        scope.spawn(a_limit_that_is_not_known_is_learnt_and_costs_no_camera_its_picture);
        together(scenes, listener(33_000))
    });
    let mut wrong = Vec::new();
    for ((about, report), (world, count)) in troubles.iter().zip(&run.reports).zip(run.worlds.iter().zip(&run.counts)) {
        for difference in differences(report, world, &about.expected) {
            wrong.push(format!("{}: {difference} ({count:?})", about.id));
        }
        let version = world.scene().version.as_deref();
        let edition = version.and_then(Edition::from_header).unwrap_or(Edition::Gb2016);
        if about.expected.queries > 0 && report.header.platform.edition != edition.name() {
            wrong.push(format!("{}: X-GB-Ver {version:?} is {}", about.id, report.header.platform.edition));
        }
        if about.trouble == Trouble::RareCharacters {
            let names = report.catalog.items.iter().filter_map(|item| item.sent(Element::Name));
            assert_eq!(names.filter(|name| name.ends_with("䶮㙍𠮷")).count(), world.scene().cameras);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stop_and_wait_sender_never_goes_on_without_our_200() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = together(vec![scene("stop_and_wait_wvp")], listener(33_400));
    assert_eq!(run.reports[0].catalog.state, CatalogState::Complete);
    assert_eq!((run.counts[0].fallbacks, run.counts[0].queries), (0, 1));
}

#[test]
fn the_worst_platform_gives_its_whole_catalogue() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = together(vec![scene("worst")], listener(33_800));
    let catalog = &run.reports[0].catalog;
    let items = run.worlds[0].items() as u64;
    assert_eq!((catalog.state, catalog.declared, catalog.received), (CatalogState::Complete, items, items), "{:?}", catalog.why);
    assert!(catalog.duplicates > 0 && catalog.unsolicited > 0 && catalog.salvaged > 0);
}

/// Scenes with limits of sessions, audited with so many calls at once for a platform and for a recorder.
fn limited(first_port: u16, at_once: u32, of_a_recorder: u32) -> Run {
    let mut auditor = Auditor::new(first_port).transports(&[MediaTransport::Udp]);
    auditor.order.probe.parallel_per_platform = at_once;
    auditor.order.probe.parallel_per_device = of_a_recorder;
    together(vec![scene("sessions"), scene("sessions_per_recorder")], auditor)
}

#[test]
fn a_limit_of_sessions_that_is_known_is_kept() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = limited(34_200, 3, 2);
    for ((report, world), count) in run.reports.iter().zip(&run.worlds).zip(&run.counts) {
        let score = score(world, &[MediaTransport::Udp], &file(report, "devices.jsonl")).unwrap();
        assert!(score.is_perfect(), "{:#?}", score.differences());
        assert_eq!((count.refused, count.open), (0, 0), "{count:?}");
    }
}

fn a_limit_that_is_not_known_is_learnt_and_costs_no_camera_its_picture() {
    let run = limited(34_600, 16, 16);
    for ((report, world), count) in run.reports.iter().zip(&run.worlds).zip(&run.counts) {
        assert!(count.refused > 0 && count.open == 0, "{count:?}");
        let score = score(world, &[MediaTransport::Udp], &file(report, "devices.jsonl")).unwrap();
        assert!(score.is_perfect(), "{:#?}", score.differences());
    }
}

#[test]
fn every_scene_file_reads_and_every_trouble_has_one() {
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(scenes()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some(id) = name.strip_suffix(".toml") else { continue };
        let scene = scene(id);
        if let Some(about) = TROUBLES.iter().find(|about| about.id == id) {
            assert_eq!(scene.troubles, BTreeSet::from([about.trouble]), "{id}");
        }
        files.insert(id.to_owned());
    }
    for about in TROUBLES {
        assert!(files.contains(about.id), "fixtures/scenes/{}.toml is missing", about.id);
    }
}
