//! The dispute kit: what is kept of calls, what comes out of it, and what others read in that.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, PoisonError};

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::tape::{Kind, Tape};
use gbaudit::evidence::{Evidence, Supplied};
use gbaudit::net::endpoint::bind;
use gbaudit::probe::outcome::MediaTransport;
use gbaudit::probe::setting::TapePolicy;
use gbaudit::simulator::platform::{Tally, local_setting, run};
use gbaudit::simulator::world::World;
use gbaudit::store::Store;
use serde_json::Value;

use crate::support::{Auditor, MACHINE, PASSWORD, Witness, evidence_of_table, file, folder, report};

/// Ways to answer, a camera each: nothing, something else, something that is no picture, something over TCP.
const BEHAVIOURS: [&str; 9] =
    ["silence", "no_answer", "not_found", "black", "no_key", "audio_only", "no_connect", "peer_bye", "bad_sdp"];

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

/// Audits a small scene, a camera each way to answer and one that answers well; its evidence, pictures and tapes as a results
/// folder holds them. `change` is told the code of the good one.
fn audited(
    mut auditor: Auditor,
    behaviours: &[&str],
    extra: &str,
    change: impl FnOnce(&mut Auditor, String),
    place: &Path,
) -> (Evidence, Arc<Witness>) {
    let shares: Vec<_> = behaviours.iter().map(|name| format!("[[channel]]\nbehaviour = \"{name}\"\ncameras = 1\n")).collect();
    let text = format!(
        "[platform]\nid = \"37172300002000000002\"\nlisten = \"udp:127.0.0.1:0\"\n{extra}\
         [superior]\nid = \"37172300002000000001\"\naddress = \"udp:{}\"\nauth = \"none\"\n[catalog]\ncameras = {}\nseed = 7\n{}",
        auditor.udp,
        behaviours.len() + 1,
        shares.concat()
    );
    let mut scene = read_scene("test", &text, Path::new(""), Lang::Zh).unwrap();
    scene.password = Some(Secret::new(PASSWORD));
    let world = World::new(scene.clone());
    let good = (0..=behaviours.len()).find(|camera| !behaviours.contains(&world.behaviour(*camera).id)).unwrap();
    change(&mut auditor, world.camera_code(good));
    let witness = Arc::new(Witness::default());
    let (evidence, ()) = auditor.audit(witness.clone(), async move |over| {
        let bound = bind(&local_setting(&scene)).unwrap();
        let (said, _saying) = tokio::sync::mpsc::channel(1);
        let world = Arc::new(World::new(scene));
        run(world, bound, Arc::new(Tally::default()), said, over, Arc::new(SystemClock::default())).await.unwrap();
    });
    let evidence = evidence.into_iter().next().unwrap();
    let mut store = Store::open(&place.join("evidence.db")).unwrap();
    store.put(&evidence).unwrap();
    for (code, number, octets) in witness.tapes.lock().unwrap().iter() {
        store.put_tape(&evidence.header.run_id, &evidence.header.platform.name, code, *number, octets).unwrap();
    }
    for (name, jpeg) in witness.pictures.lock().unwrap().iter() {
        store.put_snapshot(&evidence.header.run_id, &evidence.header.platform.name, name, jpeg).unwrap();
    }
    store.close().unwrap();
    (evidence, witness)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `gbaudit check` says of a file, of one code.
fn checked(place: &Path, wire: &Path, code: &str) -> Value {
    let out = place.join("checked");
    let arguments = ["check", wire.to_str().unwrap(), "--profile", "demo", "--out", out.to_str().unwrap(), "--exit-zero"];
    let ended = gbaudit(place, &arguments);
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&ended.stderr));
    let devices = lines(&std::fs::read_to_string(out.join("devices.jsonl")).unwrap());
    devices.into_iter().find(|device| device["device_id"] == code).unwrap_or_else(|| panic!("no line of {code}"))
}

#[test]
fn every_failed_camera_has_a_kit_that_says_the_same_and_tshark_reads_it() {
    let _turn = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = folder("kit");
    let (evidence, _) = audited(Auditor::new(41_000), &BEHAVIOURS, "", |_, _| (), &place);
    let report = report(evidence);
    let mut kits: Vec<(PathBuf, Value)> = Vec::new();
    for device in lines(&file(&report, "devices.jsonl")) {
        let code = device["device_id"].as_str().unwrap();
        let out = place.join(format!("kit-{code}"));
        let ended = gbaudit(&place, &["evidence", code, "--run", place.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let wire = out.join("wire.pcapng");
        // Hashes hold, and nothing that was not hashed lies there.
        let sums = std::fs::read_to_string(out.join("SHA256SUMS")).unwrap();
        let listed: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), listed.len() + 1, "{listed:?}");
        assert!(out.join("page.html").exists() && out.join("item-1-1.xml").exists());
        let body = std::fs::read(out.join("message-1.xml")).unwrap();
        let item = std::fs::read(out.join("item-1-1.xml")).unwrap();
        assert!(body.windows(item.len()).any(|w| w == item) && item.starts_with(b"<Item>") && item.ends_with(b"</Item>"));
        if device["probe"]["verdict"] == "picture" {
            assert!(!wire.exists(), "what gave a picture is not kept by default");
            continue;
        }
        let page = std::fs::read_to_string(out.join("page.html")).unwrap();
        let call_id = report.probes[code].attempts[0].call_id.as_str();
        assert!(page.contains(call_id) && page.contains("北京时间") && !page.contains("<script") && !page.contains("data:image"));
        let said = checked(&place, &wire, code);
        for key in ["verdict", "cause", "detail", "why"] {
            assert_eq!(said["probe"][key], device["probe"][key], "{key} of {code}: {device:#}");
        }
        kits.push((wire, device));
    }
    // One that does not connect is fetched from instead.
    assert_eq!(kits.len(), BEHAVIOURS.len() - 1);
    // What the platform itself sent malformed is malformed in the kit too.
    kits.retain(|(_, device)| device["probe"]["why"] != "unparsable_sdp");
    tshark_reads(&kits.iter().map(|(wire, _)| wire.as_path()).collect::<Vec<_>>());
}

/// Every packet dissected, none malformed, every checksum right; said aloud where there is no tshark.
fn tshark_reads(files: &[&Path]) {
    let run = |file: &Path, more: &[&str]| {
        let checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
        Command::new("tshark").arg("-r").arg(file).args(checks).args(more).output()
    };
    let Some(first) = files.first() else { panic!("no file") };
    if run(first, &["-c", "1"]).is_err() {
        println!("tshark is not installed: {} files were read back by ourselves alone", files.len());
        return;
    }
    let mut seen = String::new();
    for file in files {
        let wrong = "_ws.malformed || ip.checksum.status==0 || udp.checksum.status==0 || tcp.checksum.status==0";
        let wrong = run(file, &["-Y", wrong]).unwrap();
        assert!(
            wrong.status.success() && wrong.stdout.is_empty(),
            "{}: {}",
            file.display(),
            String::from_utf8_lossy(&wrong.stdout)
        );
        let fields = run(file, &["-T", "fields", "-e", "frame.protocols", "-e", "frame.comment"]).unwrap();
        for line in String::from_utf8(fields.stdout).unwrap().lines() {
            let (protocols, comment) = line.split_once('\t').unwrap();
            assert!(comment.contains("reconstructed"), "{line}");
            seen.push_str(protocols);
            seen.push('\n');
        }
    }
    for protocol in ["eth:ethertype:ip:udp:sip", "sip:sdp", "udp:rtp", "tcp"] {
        assert!(seen.contains(protocol), "no {protocol} in\n{seen}");
    }
}

#[test]
fn with_all_tapes_a_good_camera_is_judged_good_from_its_kit_over_each_transport() {
    let _turn = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    for (port, transport) in
        [(41_400, MediaTransport::Udp), (41_800, MediaTransport::TcpPassive), (42_200, MediaTransport::TcpActive)]
    {
        let place = folder(&format!("kit-all-{}", transport.name()));
        let change = |auditor: &mut Auditor, _| {
            auditor.order.probe.tape.policy = TapePolicy::All;
            auditor.order.probe.transports = vec![transport];
        };
        let (evidence, witness) = audited(Auditor::new(port), &[], "", change, &place);
        let report = report(evidence);
        let devices = lines(&file(&report, "devices.jsonl"));
        let good = devices.iter().find(|device| device["probe"]["verdict"] == "picture").unwrap();
        let code = good["device_id"].as_str().unwrap();
        let out = place.join("out");
        let run = place.to_str().unwrap();
        let ended = gbaudit(&place, &["evidence", code, "--run", run, "--out", out.to_str().unwrap(), "--snapshot"]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let said = checked(&place, &out.join("wire.pcapng"), code);
        for key in ["verdict", "codec", "width", "height"] {
            assert_eq!(said["probe"][key], good["probe"][key], "{key} over {}", transport.name());
        }
        let page = std::fs::read_to_string(out.join("page.html")).unwrap();
        assert!(page.contains("data:image/jpeg;base64,/9j/"), "a picture where one is asked for");
        tshark_reads_alone(&out.join("wire.pcapng"));
        // Both ends are told, and where the media came from.
        let ends = report.probes[code].attempts.last().unwrap().ends.as_ref().unwrap();
        let media = ends.media.as_ref().unwrap();
        assert_eq!(ends.signalling.theirs, report.header.platform.address);
        assert!(ends.signalling.ours.starts_with("127.0.0.1:") && media.ours.starts_with("127.0.0.1:"), "{ends:?}");
        assert!(media.told.is_some() && media.seen.is_some(), "{ends:?}");
        assert_eq!(ends.ssrc.answered.as_ref(), Some(&ends.ssrc.asked));
        assert_eq!(ends.ssrc.seen.as_ref(), Some(&ends.ssrc.asked));
        // What is on tape is what was sent: the password's digest never is.
        for (_, _, octets) in witness.tapes.lock().unwrap().iter() {
            let tape = Tape::decode(octets).unwrap();
            assert!(tape.pieces().iter().any(|piece| piece.kind == Kind::SipUdp && piece.way.from_us));
        }
    }
}

fn tshark_reads_alone(file: &Path) {
    let wrong =
        "_ws.malformed || ip.checksum.status==0 || udp.checksum.status==0 || tcp.checksum.status==0 || tcp.analysis.flags";
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
    let Ok(wrong) = Command::new("tshark").arg("-r").arg(file).args(checks).args(["-Y", wrong]).output() else { return };
    assert!(wrong.stdout.is_empty(), "{}", String::from_utf8_lossy(&wrong.stdout));
}

#[test]
fn control_cameras_are_called_before_and_after_and_counted_in_nothing() {
    let _turn = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = folder("kit-controls");
    let mut good = String::new();
    let change = |auditor: &mut Auditor, code: String| {
        auditor.order.platforms[0].control_cameras = vec![code.clone()];
        good = code;
    };
    let (evidence, witness) = audited(Auditor::new(42_600), &["silence"], "troubles = [\"clock_skew\"]\n", change, &place);
    let soundness = &evidence.header.soundness;
    assert_eq!(
        soundness.controls.iter().map(|c| (c.when.id(), c.record.device_id.clone())).collect::<Vec<_>>(),
        [("before", good.clone()), ("after", good.clone())]
    );
    // The platform's own clock is an hour fast, and says so when it registers.
    let clock = soundness.peer_clock.as_ref().unwrap();
    assert!((3_590_000..3_610_000).contains(&clock.offset_ms) && clock.from == "registration", "{clock:?}");
    assert!(soundness.clock.is_some() && soundness.tapes.unwrap().kept > 0);
    assert!(witness.tapes.lock().unwrap().iter().all(|(code, ..)| *code != good));
    let mut without = evidence.clone();
    without.header.soundness.controls.clear();
    let (with, plain) = (report(evidence), report(without));
    let json: Value = serde_json::from_str(&file(&with, "report.json")).unwrap();
    let plain_json: Value = serde_json::from_str(&file(&plain, "report.json")).unwrap();
    assert_eq!(json["rates"]["output"], plain_json["rates"]["output"], "they are counted once, as cameras");
    assert_eq!(
        (&json["soundness"]["controls"]["outcome"], &json["soundness"]["controls"]["before"]["pictures"]),
        (&"fine".into(), &1.into())
    );
    assert!(gbaudit::report::summary::render(&with).contains("不归于检测方网络"));
    assert!(file(&with, "report.html").contains("不归于检测方网络"));
    assert_eq!(file(&with, "devices.jsonl"), file(&plain, "devices.jsonl"), "good controls excuse nobody");
    assert!(file(&with, "devices.jsonl").contains("\"why\":\"no_packet\""));
}

#[test]
fn rates_stand_by_responsible_unit_and_nobodys_cameras_have_a_line_of_their_own() {
    let mut evidence = evidence_of_table(
        "DeviceID,Name,CivilCode,Longitude,Latitude,ManagementUnit,Owner,ParentID\n\
         37172300011310000001,北门枪机一,371723,115.889601,34.952801,=乙公司,丙,37172300001180000001\n\
         37172300011310000002,东门枪机二,371723,115.889611,34.952811,,丙,37172300001180000001\n\
         37172300011310000003,x,371723,115.889621,34.952821,,丙,\n\
         37172300011310000004,西门枪机四,371723,115.889631,34.952831,=乙公司,丙,\n",
    );
    let units = "code,unit\n37172300001180000001,甲公司\n";
    evidence.header.supplied.push(Supplied { key: "units".into(), name: "units.csv".into(), text: units.into() });
    let report = report(evidence);
    let json: Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let told: Vec<_> = json["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["unit"].as_str(), unit["named_by"].as_str().unwrap(), unit["cameras"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [(Some("=乙公司"), "record", 1), (Some("甲公司"), "table", 2), (None, "unknown", 1)]);
    assert_eq!(json["units"][1]["compliance"]["denominator"], 2);
    let table = file(&report, "units.csv");
    assert!(table.contains("'=乙公司") && table.contains("未归属") && !table.contains('丙'), "{table}");
    assert!(file(&report, "report.html").contains("按责任单位"));
}

#[test]
fn a_hostile_code_names_no_file_and_breaks_no_page() {
    let place = folder("kit-hostile");
    let code = "../../<b>=cmd";
    let body = String::from(
        "<?xml version=\"1.0\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>37172300002000000002</DeviceID><SumNum>1</SumNum>\
         <DeviceList Num=\"1\"><Item><DeviceID>..%2f..%2f&lt;b&gt;=cmd</DeviceID><Name>x</Name><PTZType>1</PTZType></Item>\
         <Item><DeviceID>../../etc/passwd</DeviceID><Name>&lt;script&gt;alert(1)&lt;/script&gt;</Name><PTZType>1</PTZType></Item></DeviceList></Response>",
    );
    std::fs::write(place.join("catalogue.xml"), body).unwrap();
    let results = place.join("results");
    let ended = gbaudit(&place, &["check", "catalogue.xml", "--out", "results", "--exit-zero"]);
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&ended.stderr));
    let out = place.join("a/b");
    let ended = gbaudit(&place, &["evidence", "../../etc/passwd", "--run", "results", "--out", "a/b"]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let mut names: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, ["SHA256SUMS", "item-1-1.xml", "journal.jsonl", "message-1.xml", "page.html"]);
    let page = std::fs::read_to_string(out.join("page.html")).unwrap();
    assert!(!page.contains("<script") && page.contains("../../etc/passwd"));
    let mut beside: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    beside.sort_unstable();
    assert_eq!(beside, ["a", "catalogue.xml", "results"], "nothing was written anywhere else");
    assert!(results.join("evidence.db").exists());
    let none = gbaudit(&place, &["evidence", code, "--run", "results", "--out", "c", "--lang", "en"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("holds nothing of the code"));
}
