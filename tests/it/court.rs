//! 出图归责 over a whole report: who a missing picture is put down to, and what that may and may not change.

use std::fmt::Write as _;

use gbaudit::base::lang::Lang;
use gbaudit::evidence::{Evidence, ProbePlan};
use gbaudit::indicator::RateVerdict;
use gbaudit::probe::outcome::ProbeRecord;
use gbaudit::profile::RateId;
use gbaudit::report::{Report, summary};
use serde_json::{Value, json};

use crate::support::{evidence_of_table, file, report};

fn code(serial: usize) -> String {
    format!("3717230001132{serial:07}")
}

/// One call, as it is kept.
fn call(number: u32, transport: &str, status: u16, cause: Option<&str>, packets: u64) -> Value {
    let seen = cause.is_none().then_some(300);
    json!({
        "number": number, "transport": transport, "started": "2026-11-24T01:00:00.000Z", "call_id": format!("c{number}"),
        "provisional": [100], "status": status, "reason": "", "answer_ms": 12, "first_packet_ms": (packets > 0).then_some(40),
        "first_picture_ms": seen, "first_visible_ms": seen,
        "media": {"packets": packets, "bytes": packets * 1_000, "lost": 0, "ssrc": null, "payload_type": null, "stream": null,
                  "announced": null, "slices": 0, "parameter_sets": 0},
        "picture": null, "cause": cause, "detail": if status == 486 { "status_486" } else { "" },
        "ending": if status == 486 { "refused" } else { "bye" }, "oddities": [],
    })
}

/// A run in which these calls were made, to one camera each.
fn run(calls: &[Vec<Value>]) -> Evidence {
    let mut table = "设备编码,设备名称,行政区域,经度,纬度,父节点编码\n".to_owned();
    for serial in 1..=calls.len() {
        let _ = writeln!(
            table,
            "{},永昌路{serial}号枪机,371723,115.88{serial:04},34.95{serial:04},37172300001180000001",
            code(serial)
        );
    }
    let mut evidence = evidence_of_table(&table);
    evidence.header.probing = ProbePlan::All;
    let record = |(serial, attempts): (usize, &Vec<Value>)| {
        let record = json!({"device_id": code(serial), "attempts": attempts, "untested": null, "snapshot": null});
        serde_json::from_value::<ProbeRecord>(record).unwrap()
    };
    evidence.probes = (1..).zip(calls).map(record).collect();
    evidence
}

fn lines(report: &Report, name: &str) -> Vec<Value> {
    file(report, name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn silent(number: u32, transport: &str) -> Value {
    call(number, transport, 200, Some("no_media"), 0)
}

/// Seven cameras that need TCP, and three whose turn over TCP a full recorder took.
fn udp_is_closed() -> Vec<Vec<Value>> {
    let by_tcp = || vec![silent(1, "udp"), call(2, "tcp-passive", 200, None, 50)];
    let no_turn = || vec![silent(1, "udp"), call(2, "tcp-passive", 486, Some("capacity"), 0)];
    (0..7).map(|_| by_tcp()).chain((0..3).map(|_| no_turn())).collect()
}

#[test]
fn a_closed_path_makes_doubtful_and_never_a_picture() {
    let closed = report(run(&udp_is_closed()));
    // One packet over UDP from anywhere: the path is open, and the three have only themselves to blame.
    let mut open = udp_is_closed();
    open.push(vec![call(1, "udp", 200, None, 50)]);
    let open = report(run(&open));
    let output = |report: &Report| {
        let rate = report.rate(RateId::Output).unwrap().clone();
        (rate.value.map(|v| (v.numerator, v.denominator)).unwrap(), rate.doubtful, rate.verdict)
    };
    assert_eq!(output(&closed), ((7, 10), 3, RateVerdict::Retest));
    assert_eq!(output(&open), ((8, 11), 0, RateVerdict::Fail));
    let last = |report: &Report| lines(report, "devices.jsonl")[9]["probe"].clone();
    let probe = last(&closed);
    assert_eq!((&probe["verdict"], &probe["cause"]), (&json!("no_picture"), &json!("no_media")), "the contract's word stays");
    assert_eq!((&probe["why"], &probe["blame"], &probe["doubtful"]), (&json!("udp_closed"), &json!("network"), &json!(true)));
    let probe = last(&open);
    assert_eq!((&probe["why"], &probe["blame"], &probe["doubtful"]), (&json!("no_packet"), &json!("camera"), &Value::Null));
}

#[test]
fn the_fine_causes_add_up_to_the_words_of_the_contract_in_every_format() {
    let mut calls = udp_is_closed();
    calls.push(vec![call(1, "udp", 486, Some("capacity"), 0)]);
    calls.push(vec![call(1, "udp", 503, Some("capacity"), 0)]);
    calls.push(vec![call(1, "udp", 404, Some("rejected"), 0)]);
    calls.push(vec![silent(1, "udp"), silent(2, "tcp-passive")]);
    let report = report(run(&calls));
    let json: Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let counted = |list: &str, key: &str| -> Vec<(String, u64)> {
        let rows = json[list].as_array().unwrap().iter();
        rows.map(|row| (row[key].as_str().unwrap().to_owned(), row["cameras"].as_u64().unwrap())).collect()
    };
    let of = |pairs: &[(&str, u64)]| pairs.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(counted("causes", "cause"), of(&[("rejected", 1), ("capacity", 2), ("no_media", 4)]));
    let fine = [("not_found", 1), ("recorder_busy", 1), ("platform_overloaded", 1), ("no_packet", 1), ("udp_closed", 3)];
    assert_eq!(counted("whys", "why"), of(&fine));
    assert_eq!(counted("blames", "blame"), of(&[("camera", 1), ("capacity", 1), ("platform", 2), ("network", 3)]));
    for (cause, cameras) in counted("causes", "cause") {
        let under = json["whys"].as_array().unwrap().iter().filter(|why| why["cause"] == cause.as_str());
        assert_eq!(under.map(|why| why["cameras"].as_u64().unwrap()).sum::<u64>(), cameras, "{cause}");
    }
    let doubtful: u64 = json["blames"].as_array().unwrap().iter().map(|b| b["doubtful"].as_u64().unwrap()).sum();
    assert_eq!(json["rates"]["output"]["doubtful"], doubtful);
    let screen = summary::render(&report);
    let line = "未出图 7 路：摄像机 1｜录像机并发已满 1（存疑）｜平台 2（其中 1 存疑）｜网络 3（存疑）";
    assert!(screen.contains(line), "{screen}");
    let page = file(&report, "report.html");
    assert!(page.contains("UDP 码流到不了检测方（多路）") && page.contains("录像机并发已满（486）"));
}

#[test]
fn several_platforms_are_put_down_together() {
    let mut together = gbaudit::audit::together::Together::default();
    for name in ["chengwu", "juye"] {
        let mut evidence = run(&udp_is_closed());
        evidence.header.platform.name = name.into();
        together.add(&gbaudit::audit::assess::assess(evidence, Lang::En, Some(name.into())).unwrap());
    }
    let union = together.finish().unwrap();
    assert_eq!(union.whys.iter().map(|(why, n)| (why.id, *n)).collect::<Vec<_>>(), [("udp_closed", 6)]);
    let screen = gbaudit::report::union::render(&union);
    assert!(screen.contains("no picture 6: network 6 (doubtful)"), "{screen}");
}

#[test]
fn what_happened_is_told_step_by_step_and_what_a_peer_wrote_is_escaped() {
    let mut call = call(1, "udp", 200, Some("no_media"), 0);
    call["stages"] = json!([
        {"step": "planned", "ms": 0},
        {"step": "sdp", "ms": 12, "evidence": "192.0.2.8 9000 udp; 96 PS; y=<b>1</b>"},
        {"step": "bye_answered", "ms": 20_004},
    ]);
    let report = report(run(&[vec![call.clone()]]));
    assert_eq!(lines(&report, "probes.jsonl")[0]["attempts"][0]["stages"], call["stages"]);
    let page = file(&report, "report.html");
    assert!(page.contains("读出 SDP 12（192.0.2.8 9000 udp; 96 PS; y=&#60;b&#62;1&#60;/b&#62;） → 挂断获应答 20,004"), "{page}");
}

#[test]
fn which_transport_worked_is_a_finding_by_camera_and_by_recorder() {
    let direct = vec![call(1, "udp", 200, None, 50)];
    let both = vec![silent(1, "udp"), silent(2, "tcp-passive"), call(3, "tcp-active", 200, None, 50)];
    let mut calls = udp_is_closed();
    calls.truncate(4);
    calls.extend([both, vec![silent(1, "udp"), silent(2, "tcp-passive"), silent(3, "tcp-active")]]);
    let without = report(run(&[direct.clone(), direct.clone()]));
    assert!(!summary::render(&without).contains("传输方式"), "nothing needed another");
    let fallen = report(run(&calls));
    let devices = lines(&fallen, "devices.jsonl");
    let told = |n: usize| (devices[n]["probe"]["transport"].clone(), devices[n]["probe"]["transports_failed"].clone());
    assert_eq!(told(0), (json!("tcp-passive"), json!(["udp"])));
    assert_eq!(told(4), (json!("tcp-active"), json!(["udp", "tcp-passive"])));
    assert_eq!(told(5).1, json!(["udp", "tcp-passive", "tcp-active"]), "none of them");
    let json: Value = serde_json::from_str(&file(&fallen, "report.json")).unwrap();
    let transports = &json["transports"];
    assert_eq!(
        transports["used"],
        json!([
            {"transport": "udp", "tried": 6, "pictures": 0, "failed": 5},
            {"transport": "tcp-passive", "tried": 6, "pictures": 4, "failed": 1},
            {"transport": "tcp-active", "tried": 2, "pictures": 1, "failed": 0},
        ])
    );
    assert_eq!(transports["fallback"], 5);
    let recorder = json!({"device_id": null, "pictures": 5, "fallback": 5, "failed": "udp", "worked": "tcp-passive"});
    assert_eq!(transports["recorders"], json!([recorder]));
    let line = "传输方式  出图 tcp-passive 4，tcp-active 1 路；5 路换了传输方式才出图（不通的：udp 5，tcp-passive 1）";
    let (screen, page) = (summary::render(&fallen), file(&fallen, "report.html"));
    assert!(screen.contains(line), "{screen}");
    assert!(page.contains("udp、tcp-passive 不通，tcp-active 出图") && page.contains("5 路换了传输方式才出图"));
    // One that answers over the first transport is none.
    calls.push(direct);
    let json: Value = serde_json::from_str(&file(&report(run(&calls)), "report.json")).unwrap();
    assert_eq!((&json["transports"]["fallback"], &json["transports"]["recorders"][0]["pictures"]), (&json!(5), &json!(6)));
}

#[test]
fn what_recorders_bear_is_told_with_what_they_refused() {
    use gbaudit::evidence::conduct::Limit;
    let busy = vec![call(1, "udp", 486, Some("capacity"), 0), call(2, "udp", 200, None, 50)];
    let mut evidence = run(&[busy.clone(), busy, vec![call(1, "udp", 200, None, 50)]]);
    let recorder =
        |code: &str, sessions, wall, remembered| Limit { recorder: Some(code.into()), set: 4, sessions, wall, remembered };
    evidence.header.conduct.limits = vec![
        recorder("37172300001180000009", 4, None, true),
        recorder("", 2, Some(3), false),
        Limit { recorder: None, set: 8, sessions: 6, wall: None, remembered: true },
    ];
    let report = report(evidence);
    let json: Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!(
        json["limits"],
        json!({"refusals": 2, "learnt": [
            {"of": "platform", "set": 8, "sessions": 6, "refusals": 2, "remembered": true},
            {"of": "no_recorder", "set": 4, "sessions": 2, "refused_at": 3, "refusals": 2, "remembered": false},
            {"of": "recorder", "device_id": "37172300001180000009", "set": 4, "sessions": 4, "refusals": 0, "remembered": true},
        ]})
    );
    let line =
        "并发上限  平台 6 路（设置 8 路）；1 台录像机 2 路，低于设置；因无空闲会话被拒 2 次（486/503）；2 个上限沿用此前学到的";
    let (screen, page) = (summary::render(&report), file(&report, "report.html"));
    assert!(screen.contains(line), "{screen}");
    assert!(page.contains("不在录像机下的摄像机：2 路（设置 4），拒绝 2 次"), "one by one");
}
