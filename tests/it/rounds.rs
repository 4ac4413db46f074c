//! Rounds of one day put together: who passed in enough of them, who cannot any more, and who may as well have.

use std::fmt::Write as _;

use gbaudit::audit::rounds::{Refused, Together};
use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::evidence::{Evidence, Message, Mode, ProbePlan, Query};
use gbaudit::indicator::RateVerdict;
use gbaudit::probe::outcome::ProbeRecord;
use gbaudit::profile::{Profile, RateId};
use gbaudit::report::rounds::{self, Rounds};
use gbaudit::report::{Exit, Report, summary};
use serde_json::{Value, json};

use crate::support::{PLATFORM, evidence_of_table, unpacked};

fn code(serial: usize) -> String {
    format!("3717230001132{serial:07}")
}

/// A round at an hour of that day in Beijing. `cameras`: serial and what its call showed: `+` a picture, `-` none, `?` busy,
/// `.` not called. `declared`: items the answer says it has.
fn round(hour: i64, cameras: &[(usize, char)], declared: usize) -> Evidence {
    let mut evidence = evidence_of_table("");
    evidence.tables.clear();
    let mut items = String::new();
    for (serial, _) in cameras {
        let _ = write!(
            items,
            "<Item><DeviceID>{}</DeviceID><Name>永昌路{serial}号枪机</Name><CivilCode>371723</CivilCode><Parental>0</Parental>\
             <Longitude>115.88{serial:04}</Longitude><Latitude>34.95{serial:04}</Latitude></Item>",
            code(*serial)
        );
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>{PLATFORM}</DeviceID>\
         <SumNum>{declared}</SumNum><DeviceList Num=\"{}\">{items}</DeviceList></Response>",
        cameras.len()
    );
    let header = &mut evidence.header;
    header.run_id = format!("20261124-{hour:02}00-0001");
    header.mode = Mode::Live;
    Profile::embedded("sd-2022-acceptance").unwrap().clone_into(&mut header.profile);
    header.rates = vec!["output".into(), "compliance".into()];
    header.started = Timestamp::from_beijing_date("2026-11-24").unwrap().plus_seconds(hour * 3_600).micros();
    header.finished = header.started + 60_000_000;
    header.platform.name = "chengwu".into();
    header.platform.id = PLATFORM.into();
    header.queries = vec![Query { sn: 1, before: 0, sent: header.started, end: "answered".into(), ..Query::default() }];
    header.probing = ProbePlan::All;
    let at = Timestamp::from_micros(header.started);
    evidence.messages = vec![Message { at, body: body.into_bytes().into(), ..Message::default() }];
    let record = |(serial, shown): &(usize, char)| {
        let (status, cause) = match shown {
            '+' => (200, Value::Null),
            '-' => (200, json!("no_media")),
            _ => (486, json!("capacity")),
        };
        let seen = (*shown == '+').then_some(300);
        let call = json!({
            "number": 1, "transport": "udp", "started": "2026-11-24T01:00:00.000Z", "call_id": "c", "provisional": [], "status": status,
            "reason": "", "answer_ms": 12, "first_packet_ms": seen, "first_picture_ms": seen, "first_visible_ms": seen,
            "media": {"packets": 0, "bytes": 0, "lost": 0, "ssrc": null, "payload_type": null, "stream": null, "announced": null,
                      "slices": 0, "parameter_sets": 0},
            "picture": null, "cause": cause, "detail": "", "ending": "bye", "oddities": [],
        });
        let (attempts, untested) = if *shown == '.' { (json!([]), json!("interrupted")) } else { (json!([call]), Value::Null) };
        let record = json!({"device_id": code(*serial), "attempts": attempts, "untested": untested, "snapshot": null});
        serde_json::from_value::<ProbeRecord>(record).unwrap()
    };
    evidence.probes = cameras.iter().map(record).collect();
    evidence
}

fn report(evidence: Evidence) -> Report {
    gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap()
}

fn together(rounds: Vec<Evidence>) -> Result<Rounds, Refused> {
    let mut together = Together::default();
    for round in rounds {
        together.add(&report(round))?;
    }
    Ok(together.finish().unwrap())
}

fn shown(rounds: &Rounds, name: &str) -> String {
    let file = rounds::FILES.iter().find(|file| file.name == name).unwrap();
    let mut written = Vec::new();
    (file.write)(rounds, &mut written).unwrap();
    if written.starts_with(b"PK") { unpacked(&written) } else { String::from_utf8(written).unwrap() }
}

/// What came of each camera: `+` a picture, `?` open, `-` none.
fn results(rounds: &Rounds) -> String {
    use gbaudit::probe::outcome::ProbeVerdict;
    let of = |camera: &rounds::RoundCamera| match (camera.verdict, camera.doubtful) {
        (ProbeVerdict::Picture, _) => '+',
        (_, true) => '?',
        (_, false) => '-',
    };
    rounds.cameras.iter().map(of).collect()
}

#[test]
fn two_of_three_rounds_are_enough_and_what_is_open_stays_open() {
    let rounds = together(vec![
        round(9, &[(1, '+'), (2, '+'), (3, '+'), (4, '-'), (5, '-'), (6, '?')], 6),
        round(15, &[(1, '+'), (2, '-'), (3, '?'), (4, '-'), (5, '?'), (6, '.')], 6),
        round(20, &[(1, '+'), (2, '+'), (3, '-'), (4, '+'), (5, '+'), (6, '-')], 6),
    ])
    .unwrap();
    assert_eq!(results(&rounds), "++?-??");
    let output = rounds.rates.iter().find(|rate| rate.id == RateId::Output).unwrap();
    assert_eq!(output.value.map(|value| (value.numerator, value.denominator)), Some((2, 6)));
    assert_eq!((output.doubtful, output.verdict), (3, RateVerdict::Retest), "5 of 6 at best");
    assert_eq!((rounds.is_complete(), rounds.exit()), (true, Exit::Undecided));
    let json: Value = serde_json::from_str(&shown(&rounds, "report.json")).unwrap();
    assert_eq!(json["cameras"], json!({"picture": 2, "retest": 3, "no_picture": 1}));
    assert_eq!((&json["run"]["complete"], json["rounds"].as_array().map(Vec::len)), (&json!(true), Some(3)));
    assert_eq!(json["rounds"][2]["numerator"], 4);
    insta::assert_snapshot!("rounds.zh", rounds::render(&rounds));
    insta::assert_snapshot!("rounds.csv", shown(&rounds, "rounds.csv"));
    insta::assert_snapshot!("rounds.html", shown(&rounds, "report.html"));
    insta::assert_snapshot!("rounds.xlsx", shown(&rounds, "report.xlsx"));
    let paper = shown(&rounds, "report.docx");
    for wanted in ["附件1　各轮", "附件3　摄像机", "2/6", "待复测"] {
        assert!(paper.contains(wanted), "{wanted}: {paper}");
    }
}

#[test]
fn a_camera_that_only_some_catalogues_have_stays_in_the_denominator() {
    let all = |shown: char| [(1, shown), (2, shown)];
    // Camera 3 is in the first catalogue alone, and the other two are whole.
    let first = round(9, &[(1, '+'), (2, '+'), (3, '+')], 3);
    let rounds = together(vec![first.clone(), round(15, &all('+'), 2), round(20, &all('+'), 2)]).unwrap();
    assert_eq!((results(&rounds).as_str(), rounds.cameras.len()), ("++-", 3));
    assert!(shown(&rounds, "rounds.csv").contains("picture,not_listed,not_listed"));
    // Where an answer came short it may have had it.
    let rounds = together(vec![first, round(15, &all('+'), 3), round(20, &all('+'), 2)]).unwrap();
    assert_eq!(results(&rounds), "++?");
    assert_eq!((rounds.is_complete(), rounds.exit(), rounds.records_of), (false, Exit::Incomplete, 2));
    let output = rounds.rates.iter().find(|rate| rate.id == RateId::Output).unwrap();
    assert_ne!(output.verdict, RateVerdict::NotMeasurable, "two catalogues are whole");
    // Where all came short the number decides nothing.
    let short = || vec![round(9, &all('+'), 3), round(15, &all('+'), 3), round(20, &all('+'), 3)];
    let rounds = together(short()).unwrap();
    let output = rounds.rates.iter().find(|rate| rate.id == RateId::Output).unwrap();
    assert_eq!((output.verdict, output.why[0].id), (RateVerdict::NotMeasurable, "catalog_incomplete"));
}

#[test]
fn a_round_that_is_missing_is_open_for_every_camera() {
    let rounds =
        together(vec![round(9, &[(1, '+'), (2, '+'), (3, '-')], 3), round(15, &[(1, '+'), (2, '-'), (3, '-')], 3)]).unwrap();
    assert_eq!(results(&rounds), "+?-");
    assert_eq!((rounds.is_complete(), rounds.exit()), (false, Exit::Incomplete));
    assert!(rounds::render(&rounds).contains("还缺 1 轮"));
}

#[test]
fn what_is_no_round_of_that_day_is_refused_by_name() {
    let cameras = &[(1, '+')];
    let refused = |change: fn(&mut Evidence)| {
        let mut second = round(15, cameras, 1);
        change(&mut second);
        together(vec![round(9, cameras, 1), second]).unwrap_err()
    };
    let run = "20261124-1500-0001".to_owned();
    assert_eq!(refused(|e| e.header.platform.id = "37172300002000000009".into()), Refused::Other(run.clone()));
    assert_eq!(refused(|e| e.header.jurisdiction.clear()), Refused::Other(run.clone()));
    assert_eq!(
        refused(|e| e.header.profile = e.header.profile.replace("output = 80", "output = 70")),
        Refused::Other(run.clone())
    );
    assert_eq!(refused(|e| e.header.started += 10 * 3_600_000_000), Refused::OtherDay(run.clone()));
    assert_eq!(refused(|e| e.header.probing = ProbePlan::Limit(1)), Refused::NotACensus(run.clone()));
    assert_eq!(refused(|e| e.header.probing = ProbePlan::Sample { size: 1, seed: 1 }), Refused::NotACensus(run));
    assert_eq!(refused(|e| e.header.run_id = "20261124-0900-0001".into()), Refused::Twice("20261124-0900-0001".into()));
    let hours = [9, 12, 15, 20].map(|hour| round(hour, cameras, 1));
    assert_eq!(together(hours.to_vec()).unwrap_err(), Refused::TooMany(3));
    let mut basic = round(9, cameras, 1);
    Profile::embedded("sd-2022-basic").unwrap().clone_into(&mut basic.header.profile);
    assert_eq!(together(vec![basic]).unwrap_err(), Refused::OneRound);
}

#[test]
fn one_round_says_that_it_is_one_and_decides_nothing() {
    let mut second = round(15, &[(1, '+'), (2, '+')], 2);
    second.header.conduct.earlier_rounds = Some(vec!["20261124-0900-0001".into()]);
    let report = report(second);
    let output = report.rate(RateId::Output).unwrap();
    assert_eq!(output.value.map(|value| (value.numerator, value.denominator)), Some((2, 2)));
    assert_eq!((output.verdict, output.why[0].id), (RateVerdict::NotMeasurable, "one_round"));
    assert_eq!(report.exit(), Exit::Undecided);
    let screen = summary::render(&report);
    let line = "轮次      今天第 2 轮（口径为 3 轮中 2 轮出图）：出图率只是这一轮的，不作结论；\
                合并：gbaudit report --rounds 20261124-0900-0001 20261124-1500-0001";
    assert!(screen.contains(line), "{screen}");
}

#[test]
fn the_command_puts_stored_rounds_together_and_names_those_left_out() {
    let folder = std::env::temp_dir().join(format!("gbaudit-rounds-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut store = gbaudit::store::Store::open(&folder.join("gbaudit.db")).unwrap();
    for (hour, shown) in [(9, '+'), (12, '-'), (15, '+'), (20, '+')] {
        store.put(&round(hour, &[(1, shown)], 1)).unwrap();
    }
    drop(store);
    let gbaudit = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gbaudit"));
        command.current_dir(&folder).env_remove("GBAUDIT_LANG").args(arguments);
        let done = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.code().unwrap(), said)
    };
    let run = |runs: &[&str]| gbaudit(&[&["report", "--out", "out", "--rounds"], runs].concat());
    let [nine, twelve, fifteen, twenty] = [9, 12, 15, 20].map(|hour| format!("20261124-{hour:02}00-0001"));
    let (code, said) = run(&[&twenty, &nine, &fifteen]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("同一天、同一口径另有 1 轮没有列入：{twelve}")), "{said}");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("out/report.json")).unwrap()).unwrap();
    assert_eq!(json["run"]["id"], format!("{nine}+{fifteen}+{twenty}"));
    assert_eq!((&json["overall"], &json["run"]["not_named"]), (&json!("pass"), &json!([twelve])));
    let (code, said) = run(&[&nine, &nine]);
    assert_eq!((code, said.trim()), (2, format!("gbaudit: 批次 {nine} 列了两次").as_str()));
    let (code, said) = run(&[&nine, &twelve, &fifteen, &twenty]);
    assert!(code == 2 && said.contains("口径为 3 轮"), "{said}");
    // One of them again, with what a person has looked at.
    let reviewed = |table: &str| {
        std::fs::write(folder.join("looked.csv"), table).unwrap();
        gbaudit(&["report", &nine, "--reviewed", "looked.csv", "--out", "again"])
    };
    let (code, said) = reviewed("code,reviewer,date\n1,x,soon\n");
    assert!(code == 2 && said.contains("looked.csv:2: 日期 \"soon\" 应写作 2026-11-25"), "{said}");
    let (code, said) = reviewed("code,reviewer,date\n1,x,2026-11-25\n");
    assert!(code == 4 && said.contains("人工查看  looked.csv：已查看、不再撤出 0 路；过期 0 行，未用上 1 行"), "{code} {said}");
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn a_night_stands_beside_the_one_before_it() {
    let folder = std::env::temp_dir().join(format!("gbaudit-nightly-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut store = gbaudit::store::Store::open(&folder.join("gbaudit.db")).unwrap();
    let basic = |mut evidence: Evidence| {
        Profile::embedded("sd-2022-basic").unwrap().clone_into(&mut evidence.header.profile);
        evidence
    };
    store.put(&basic(round(9, &[(1, '+'), (2, '+')], 2))).unwrap();
    // One that is no night to hold anything against: its catalogue is not whole.
    store.put(&basic(round(12, &[(1, '-')], 2))).unwrap();
    store.put(&basic(round(20, &[(1, '+'), (2, '-'), (3, '?')], 3))).unwrap();
    drop(store);
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .current_dir(&folder)
        .env_remove("GBAUDIT_LANG")
        .args(["nightly", "--out", "night"])
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{said}");
    assert!(
        said.contains(
            "共有摄像机 3 路（新增 1），在线 3 路，在线率 100.00%（较上次 +1 路），离线 0 路，在线而未出图 1 路，未能判断 1 路。"
        ),
        "{said}"
    );
    assert!(said.contains("4-2 出图率 33.33%（1/3，上次 100.00%）"), "{said}");
    let table = std::fs::read_to_string(folder.join("night/nightly.csv")).unwrap();
    assert!(table.contains("合计,3,1,3,100.00%,'+1,0,0.00%,'+0,1,33.33%,'+1,33.33%,1"), "{table}");
    let page = std::fs::read_to_string(folder.join("night/nightly.html")).unwrap();
    assert!(page.contains("20261124-2000-0001") && page.contains("上次 20261124-0900-0001"), "{page}");
    let _ = std::fs::remove_dir_all(&folder);
}
