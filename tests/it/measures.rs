//! The optional measurements, through a whole run: an honest platform and one for each way to answer wrongly.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::PoisonError;

use gbaudit::base::lang::Lang;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::measured::{Measure, MeasureSetting};
use gbaudit::profile::RateId;
use gbaudit::report::measures::Found;
use gbaudit::report::{Report, summary};
use gbaudit::simulator::scene::Scene;
use gbaudit::simulator::trouble::{TROUBLES, Trouble};
use serde_json::Value;

use crate::support::{Auditor, MACHINE, file};
use crate::troubles::{listener, scenes, together};

/// Cameras asked of each platform: waiting for what does not come is most of the time.
const CAMERAS: u64 = 2;

fn scene(id: &str) -> Scene {
    let text = std::fs::read_to_string(scenes().join(format!("{id}.toml"))).unwrap();
    read_scene(id, &text, Path::new(""), Lang::En).unwrap()
}

/// Everything in which a report is not what the register expects of its measurements.
fn differences(report: &Report, expected: &[(&str, &str)]) -> Vec<String> {
    let measures = report.measures.as_ref().unwrap();
    let mut differences = Vec::new();
    for (measure, reason) in expected {
        let lines = measures.lines.iter().filter(|line| line.measure.id() == *measure);
        let reasons: BTreeSet<&str> = lines.map(|line| line.reason.id).collect();
        // Who does not answer is not asked on and on.
        let others: Vec<&str> = reasons.iter().copied().filter(|id| *id != *reason && *id != "given_up").collect();
        if !reasons.contains(reason) || !others.is_empty() {
            differences.push(format!("{measure}: {reasons:?}, expected {reason}"));
        }
    }
    differences
}

#[test]
fn of_every_way_to_answer_the_measurements_say_what_the_register_says() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let of_calls = |expected: &[(&str, &str)]| expected.iter().any(|(measure, _)| *measure == "snapshot");
    let measured = TROUBLES.iter().filter(|about| !about.expected.measured.is_empty());
    let troubles: Vec<_> = measured.filter(|about| !of_calls(about.expected.measured)).collect();
    assert!(troubles.iter().any(|about| about.trouble == Trouble::ClockSkew));
    let mut all: Vec<Scene> = troubles.iter().map(|about| scene(about.id)).collect();
    // One that does nothing wrong.
    all.push(Scene { troubles: BTreeSet::new(), ..scene("records_gap") });
    let mut auditor = listener(39_600);
    auditor.order.measure = MeasureSetting {
        what: vec![Measure::Records, Measure::Status, Measure::Clock],
        cameras: CAMERAS,
        ..MeasureSetting::default()
    };
    let run = together(all, auditor);
    let honest: &[(&str, &str)] = &[("records", "covered"), ("status", "agrees"), ("clock", "in_time")];
    let expected = troubles.iter().map(|about| (about.id, about.expected.measured)).chain([("honest", honest)]);
    let mut wrong = Vec::new();
    for ((id, expected), report) in expected.zip(&run.reports) {
        wrong.extend(differences(report, expected).into_iter().map(|difference| format!("{id}: {difference}")));
        // Whatever is measured, the rates and the exit code are those of a run without it.
        assert_eq!(report.exit().code(), run.reports.last().unwrap().exit().code(), "{id}");
        let measures = report.measures.as_ref().unwrap();
        assert_eq!((measures.beyond, measures.sums.len()), (30 - CAMERAS, 3), "{id}");
        for sum in &measures.sums {
            // The platform's own clock is one more.
            let asked = CAMERAS + u64::from(sum.measure == Measure::Clock);
            assert_eq!(sum.devices.iter().sum::<u64>(), asked, "{id}: {sum:?}");
            let told: u64 = sum.devices.iter().take(2).sum();
            let whole = if sum.measure == Measure::Records { 86_400 } else { 1 };
            assert_eq!(sum.value.denominator, told * whole, "{id}: only what was measured counts: {sum:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let gap = run.reports.iter().zip(&troubles).find(|(_, about)| about.id == "records_gap").unwrap().0;
    let json: Value = serde_json::from_str(&file(gap, "report.json")).unwrap();
    let records = &json["measures"]["measures"][0];
    assert_eq!((&records["numerator"], &records["denominator"]), (&(2 * 79_199).into(), &(2 * 86_400).into()), "{records}");
    assert_eq!((&records["percent"], &records["wrong"]), (&"91.66".into(), &2.into()));
    assert_eq!(json["measures"]["devices"][0]["gaps"].as_array().unwrap().len(), 1);
    assert!(json["rates"].get("records").is_none(), "no rate of indicator 4");
    let table = file(gap, "measures.csv");
    assert_eq!(table.lines().count(), 1 + 2 + 2 + 3, "{table}");
    assert!(table.lines().nth(1).unwrap().contains("79199/86400 s"), "{table}");
    let screen = summary::render(gap);
    assert!(screen.contains("158,398/172,800 秒 = 91.66%（不符 2；不计入指标4）"), "{screen}");
    let page = file(gap, "report.html");
    assert!(page.contains("附件7") && page.contains("79199/86400 s") && page.contains("看不到的"));
    assert!(gap.measures.as_ref().unwrap().lines.iter().all(|line| line.reason.found != Found::Failed));
}

/// A snapshot is asked for where there is no live picture, and changes nothing of that.
#[test]
fn a_snapshot_is_one_more_finding_and_never_a_picture_in_the_rate() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let troubles: Vec<_> =
        TROUBLES.iter().filter(|about| about.expected.measured.iter().any(|(measure, _)| *measure == "snapshot")).collect();
    assert_eq!(troubles.len(), 4);
    // Both of their cameras answer 404: nothing is streamed, and nothing of the machine's speed is asked.
    let small = |scene: Scene| Scene { cameras: 2, ..scene };
    let mut all: Vec<Scene> = troubles.iter().map(|about| small(scene(about.id))).collect();
    all.push(small(Scene { troubles: BTreeSet::new(), ..scene("snapshot_form") }));
    // The edition before has no such command.
    all.push(small(Scene { troubles: BTreeSet::new(), version: Some("2.0".into()), ..scene("snapshot_form") }));
    let mut auditor = Auditor::new(40_400);
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    auditor.order.measure =
        MeasureSetting { what: vec![Measure::Snapshot], snapshot_listen: Some(free), ..MeasureSetting::default() };
    let run = together(all, auditor);
    let expected = troubles.iter().map(|about| about.expected.measured[0].1).chain(["snapshot_shows", "not_of_2022"]);
    for (reason, report) in expected.zip(&run.reports) {
        let measures = report.measures.as_ref().unwrap();
        let reasons: Vec<&str> = measures.lines.iter().map(|line| line.reason.id).collect();
        assert_eq!(reasons, [reason; 2], "only the cameras without a live picture are asked");
        let output = report.rate(RateId::Output).unwrap();
        assert_eq!(output.value.map(|value| (value.numerator, value.denominator)), Some((0, 2)), "{reason}");
        let shows = reason == "snapshot_shows";
        let kept = report.header.measured.as_ref().unwrap().snapshots.iter().all(|answer| answer.snapshot.is_some());
        assert_eq!(kept, shows, "{reason}");
        assert_eq!(measures.sums[0].value.numerator, if shows { 2 } else { 0 }, "{reason}");
    }
}

#[test]
fn nothing_is_asked_where_nothing_is_to_be_measured() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = together(vec![scene("records_gap")], listener(40_000));
    let report = &run.reports[0];
    assert!(report.measures.is_none() && report.header.measured.is_none());
    // DeviceInfo and DeviceStatus of the platform itself, as always.
    assert_eq!(report.header.footprint.queries, 3);
    let json: Value = serde_json::from_str(&file(report, "report.json")).unwrap();
    assert!(json.get("measures").is_none() && !file(report, "report.html").contains("附件7"));
}
