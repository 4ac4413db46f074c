//! The Python peer: written from the protocol alone, it shares no line with us. It registers in both roles, sends its
//! catalogue, streams, and says at the end how every dialog was ended and what it found wrong with our messages.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, PoisonError};

use gbaudit::catalog::CatalogState;
use gbaudit::net::Protocol;
use gbaudit::platform::Role;
use gbaudit::probe::outcome::MediaTransport;
use gbaudit::report::Report;
use serde_json::{Value, json};

use crate::support::{AUDITOR, Auditor, MACHINE, PASSWORD, PLATFORM, Witness, file, folder, loopback, platform, report};

/// The peer as a process; it ends when its standard input closes.
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    events: Receiver<Value>,
}

impl Peer {
    pub fn start(name: &str, mut scene: Value) -> Self {
        scene["exit_on_stdin_close"] = json!(true);
        scene["register_retry_seconds"] = json!(1);
        let path = folder(&format!("peer-{name}")).join("scene.json");
        std::fs::File::create(&path).unwrap().write_all(scene.to_string().as_bytes()).unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/platform.py");
        let mut child = Command::new("python3")
            .arg(program)
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (sender, events) = channel();
        // Read all the time: a peer whose output nobody takes stands still.
        std::thread::spawn(move || {
            for line in output.lines() {
                let line = line.unwrap();
                let _ = sender.send(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")));
            }
        });
        Self { child, input, events }
    }

    /// The next event of a kind.
    fn event(&self, kind: &str) -> Value {
        self.events.iter().find(|event| event["event"] == kind).unwrap_or_else(|| panic!("the peer ended without {kind}"))
    }

    /// Ends it; its summary.
    pub fn end(mut self) -> Value {
        drop(self.input.take());
        let summary = self.event("summary");
        assert!(self.child.wait().unwrap().success());
        summary
    }
}

/// What a right audit says of each behaviour: over UDP, over TCP. `None` = a picture.
fn expected(behaviour: &str, tcp: bool) -> Option<&'static str> {
    Some(match behaviour {
        "h265_422" => "unsupported_codec",
        "black" => "black",
        "single_color" => "single_color",
        "no_key_frame" | "very_late_key_frame" => "no_key_frame",
        "audio_only" | "random_bytes" => "no_video",
        "silence" | "peer_bye" => "no_media",
        "tcp_no_connect" if tcp => "no_media",
        "setup_conflict" if tcp => "bad_answer",
        "trying_then_nothing" | "no_answer" => "no_answer",
        "busy_always_486" | "overload_503" => "capacity",
        "not_found_404" | "unavailable_480" | "forbidden_403" | "not_acceptable_488" | "bad_request_400" => "rejected",
        "unparsable_sdp" | "no_sdp" | "port_zero" => "bad_answer",
        _ => return None,
    })
}

/// The behaviours of the peer, as it lists them.
fn behaviours() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let code =
        "import sys; sys.dont_write_bytecode = True; import gbbehaviours, json; print(json.dumps(list(gbbehaviours.BEHAVIOURS)))";
    let output = Command::new("python3").current_dir(folder).args(["-c", code]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn code(n: usize) -> String {
    format!("3717230001131{:07}", n + 1)
}

pub fn item(n: usize, name: &str) -> Value {
    json!({
        "DeviceID": code(n), "Name": name, "Manufacturer": "peer", "Model": "x", "Owner": "0", "CivilCode": "371723",
        "Address": "成武县 & <东>", "Parental": "0", "ParentID": PLATFORM, "SafetyWay": "0", "RegisterWay": "1", "Secrecy": "0",
        "Status": "ON", "Longitude": format!("{:.6}", 115.889_612 + 0.000_1 * f64::from(u32::try_from(n).unwrap())),
        "Latitude": "34.952813", "Info": {"PTZType": "3"},
    })
}

/// A scene with one camera for each behaviour, and more that are well-behaved, `total` in all.
fn scene(total: usize, charset: &str) -> (Value, BTreeMap<String, String>) {
    let names = behaviours();
    let mut channels = serde_json::Map::new();
    let mut by_code = BTreeMap::new();
    let mut items = Vec::new();
    for n in 0..total.max(names.len()) {
        let behaviour = names.get(n).map_or("ok", String::as_str);
        let mut channel = json!({"behaviour": behaviour});
        // The limits of the demonstration's profile are 3 and 5 seconds.
        match behaviour {
            "late_key_frame" => channel["key_delay"] = json!(1.0),
            "very_late_key_frame" => channel["key_delay"] = json!(4.0),
            "trying_then_ok_slow" => channel["answer_after"] = json!(1.5),
            _ => (),
        }
        channels.insert(code(n), channel);
        by_code.insert(code(n), behaviour.to_owned());
        items.push(item(n, &format!("成武县文亭街道{n:03}号路口枪机")));
    }
    let scene = json!({
        "id": PLATFORM, "superior_id": AUDITOR, "password": PASSWORD, "charset": charset, "channels": channels,
        "catalog": {"items": items, "per_message": 3, "shuffle": 7, "repeat": 9, "retransmit": 3, "trailing_empty": true},
    });
    (scene, by_code)
}

/// Every camera's picture is judged rightly, every dialog ended, nothing of ours was found wrong.
fn agrees(report: &Report, summary: &Value, by_code: &BTreeMap<String, String>, tcp: bool) {
    assert_eq!(report.catalog.state, CatalogState::Complete);
    let mut wrong = Vec::new();
    let lines = file(report, "devices.jsonl");
    assert_eq!(lines.lines().count(), by_code.len());
    for line in lines.lines() {
        let device: Value = serde_json::from_str(line).unwrap();
        let behaviour = &by_code[device["device_id"].as_str().unwrap()];
        let cause = expected(behaviour, tcp);
        let said = device["probe"]["cause"].as_str();
        let verdict = if cause.is_some() { "no_picture" } else { "picture" };
        if said != cause || device["probe"]["verdict"] != verdict {
            wrong.push(format!("{behaviour}: {cause:?}, said {}", device["probe"]));
        }
        assert_eq!(device["compliant"], true, "{line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let dialogs = summary["dialogs"].as_array().unwrap();
    assert!(dialogs.len() >= by_code.len());
    let open: Vec<&Value> = dialogs.iter().filter(|d| d["ended_by"] == "none").collect();
    assert!(open.is_empty(), "{open:#?}");
    let unacknowledged = dialogs.iter().filter(|d| d["answered"] == true && d["acked"] != true).count();
    assert_eq!(unacknowledged, 0);
    assert_eq!(summary["warnings"], json!([]));
}

/// The peer registers with us and is audited over one media transport.
fn subordinate(
    name: &str,
    protocol: Protocol,
    charset: &str,
    (transport, at_once): (MediaTransport, u32),
    total: usize,
    first_port: u16,
) {
    let mut auditor = Auditor::new(first_port).transports(&[transport]);
    let probe = &mut auditor.order.probe;
    (probe.parallel, probe.parallel_per_platform, probe.parallel_per_device) = (at_once, at_once, at_once);
    let (mut scene, by_code) = scene(total, charset);
    let (word, address) = match protocol {
        Protocol::Udp => ("udp", auditor.udp),
        Protocol::Tcp | Protocol::Tls => ("tcp", auditor.tcp),
    };
    scene["superior"] = json!(format!("{word}:{address}"));
    scene["local"] = json!(format!("{word}:127.0.0.1:0"));
    let peer = Peer::start(name, scene);
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async |_| ());
    let summary = peer.end();
    let report = report(evidence.into_iter().next().unwrap());
    agrees(&report, &summary, &by_code, transport != MediaTransport::Udp);
}

#[test]
fn a_stranger_of_a_platform_is_audited_rightly_over_each_transport() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        scope.spawn(|| subordinate("udp", Protocol::Udp, "gb18030", (MediaTransport::Udp, 24), 200, 33_000));
        scope.spawn(|| subordinate("passive", Protocol::Tcp, "utf-8", (MediaTransport::TcpPassive, 24), 80, 33_400));
        scope.spawn(|| subordinate("active", Protocol::Udp, "gb18030", (MediaTransport::TcpActive, 24), 80, 33_800));
    });
}

/// The same at one, 16 and 200 calls at once: `cargo test --test it one_sixteen_and_two_hundred -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_stranger_of_a_platform_is_audited_rightly_at_one_sixteen_and_two_hundred_calls_at_once() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    // One at a time is mostly waiting: the transports share the time.
    let alone = |transport: MediaTransport, protocol, first_port| {
        subordinate(&format!("{}-1", transport.name()), protocol, "gb18030", (transport, 1), 0, first_port);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| alone(MediaTransport::Udp, Protocol::Udp, 33_000));
        scope.spawn(|| alone(MediaTransport::TcpPassive, Protocol::Tcp, 33_400));
        scope.spawn(|| alone(MediaTransport::TcpActive, Protocol::Udp, 33_800));
    });
    for (at_once, total) in [(16, 200), (200, 200)] {
        for (transport, protocol) in [
            (MediaTransport::Udp, Protocol::Udp),
            (MediaTransport::TcpPassive, Protocol::Tcp),
            (MediaTransport::TcpActive, Protocol::Udp),
        ] {
            subordinate(&format!("{}-{at_once}", transport.name()), protocol, "gb18030", (transport, at_once), total, 33_000);
        }
    }
}

/// We register with the peer, audit it, and unregister. `version`: what it says in `X-GB-Ver`.
fn superior(name: &str, protocol: Protocol, version: &str, first_port: u16) {
    let word = if protocol == Protocol::Udp { "udp" } else { "tcp" };
    let (mut scene, _) = scene(0, "gb18030");
    let by_code: BTreeMap<String, String> = (0..12).map(|n| (code(n), "ok".to_owned())).collect();
    scene["channels"] = json!({});
    scene["role"] = json!("superior");
    scene["query_auditor"] = json!(true);
    scene["x_gb_ver"] = json!(version);
    scene["local"] = json!(format!("{word}:127.0.0.1:0"));
    let items: Vec<Value> = (0..12).map(|n| item(n, &format!("成武县文亭街道{n:03}号路口枪机"))).collect();
    scene["catalog"]["items"] = json!(items);
    let peer = Peer::start(name, scene);
    let listening = peer.event("listening");
    let port = listening["local"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let mut auditor = Auditor::new(first_port);
    auditor.order.platforms = vec![platform(Role::Superior, Some(loopback(protocol, port)))];
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async |_| ());
    // Told by its 401 that the header exists there, we say ours; to an older one we say nothing.
    let (edition, ours) = if version == "3.0" { ("2022", "3.0") } else { ("2016", "") };
    assert_eq!(peer.event("registered")["x_gb_ver"], ours);
    let facts = &evidence[0].header.platform;
    assert_eq!((facts.edition.as_str(), facts.edition_source.as_str()), (edition, "header"));
    assert_eq!(peer.event("unregistered")["event"], "unregistered");
    let summary = peer.end();
    let report = report(evidence.into_iter().next().unwrap());
    agrees(&report, &summary, &by_code, false);
}

#[test]
fn we_register_with_a_superior_and_unregister() {
    superior("superior-udp", Protocol::Udp, "3.0", 34_200);
    superior("superior-tcp", Protocol::Tcp, "2.0", 34_600);
}
