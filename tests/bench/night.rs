//! What a night depends on, measured: `cargo bench`. Nothing here passes or fails; `docs/PERFORMANCE.md` has the figures.
//!
//! `judge`: a catalogue of each size parsed, put together, judged, counted and written, in this process.
//! `audit`: the same through the program, collected from the simulated platform over UDP on loopback.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement may fail loudly")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Query, Witnesses};
use gbaudit::profile::RateId;
use gbaudit::simulator::answer::Messages;
use gbaudit::simulator::world::World;

const AUDITOR: &str = "37172300002000000001";
const PLATFORM: &str = "37172300002000000002";
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("judge"), Some(cameras)) => judge(cameras.parse().unwrap()),
        (Some("audit"), Some(cameras)) => audit(cameras.parse().unwrap()),
        _ => {
            println!("{:<8}{:>12}{:>14}{:>14}{:>14}", "what", "cameras", "median", "per camera", "peak memory");
            for cameras in SIZES {
                repeated("judge", cameras, if cameras < 1_000_000 { 5 } else { 3 });
            }
            for cameras in SIZES {
                repeated("audit", cameras, if cameras < 100_000 { 5 } else { 1 });
            }
        }
    }
}

/// Each measurement in a process of its own, so that the peak is its own.
fn repeated(what: &str, cameras: usize, times: usize) {
    let mut runs: Vec<(u64, u64)> = (0..times)
        .map(|_| {
            let output = Command::new(std::env::current_exe().unwrap()).args([what, &cameras.to_string()]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let mut numbers = text.split_whitespace().map(|n| n.parse::<u64>().unwrap());
            (numbers.next().unwrap(), numbers.next().unwrap())
        })
        .collect();
    runs.sort_unstable();
    let (millis, kilobytes) = runs[runs.len() / 2];
    let each = millis * 1_000 / cameras as u64;
    println!("{what:<8}{cameras:>12}{millis:>11} ms{each:>11} us{:>11} MB", kilobytes / 1_000);
}

fn scene(cameras: usize, port: u16) -> String {
    // One camera in ten has something wrong.
    let mut faults = String::new();
    for kind in ["code_short", "name_default", "code_factory", "code_old_form", "name_missing"] {
        faults += &format!("[[fault]]\nkind = \"{kind}\"\ncameras = {}\n", cameras / 50);
    }
    format!(
        "[platform]\nid = \"{PLATFORM}\"\nlisten = \"udp:127.0.0.1:0\"\n[superior]\nid = \"{AUDITOR}\"\n\
         address = \"udp:127.0.0.1:{port}\"\nauth = \"none\"\nretry_s = 1\n[catalog]\ncameras = {cameras}\nwindow = 8\nshuffle = true\n{faults}"
    )
}

fn judge(cameras: usize) {
    let world = World::new(read_scene("bench", &scene(cameras, 5060), Path::new(""), Lang::Zh).unwrap());
    let at = Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap();
    let messages = Messages::new(&world, 17, PLATFORM)
        .map(|body| Message { at, body: body.into(), ..Message::default() })
        .collect::<Vec<_>>();
    drop(world);
    let evidence = Evidence {
        header: Header {
            run_id: "bench".into(),
            mode: Mode::Live,
            started: at.micros(),
            finished: at.micros(),
            version: "0".into(),
            incomplete: None,
            profile: gbaudit::profile::Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec!["371723".into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts { name: "bench".into(), id: PLATFORM.into(), ..PlatformFacts::default() },
            local_id: AUDITOR.into(),
            queries: vec![Query { sn: 17, before: 0, sent: at.micros(), end: "answered".into(), ..Query::default() }],
            ways: vec![],
            witnesses: Witnesses::default(),
            probing: ProbePlan::No,
            conduct: gbaudit::evidence::conduct::Conduct::default(),
            resumed: Vec::new(),
            footprint: Footprint::default(),
            heard: vec![],
            masked_passwords: 0,
            soundness: gbaudit::evidence::soundness::Soundness::default(),
            signalling: vec![],
            boundaries: None,
            supplied: vec![],
            waivers: None,
            measured: None,
            carried: None,
            confirmation: None,
        },
        messages,
        tables: vec![],
        probes: vec![],
    };
    let begun = Instant::now();
    let report = gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap();
    for file in gbaudit::report::EXPORTERS.iter().flat_map(|e| e.files) {
        (file.write)(&report, &mut std::io::sink()).unwrap();
    }
    assert!(report.cameras.len() == cameras, "{} of {cameras}", report.cameras.len());
    println!("{} {}", begun.elapsed().as_millis(), peak_kilobytes(std::process::id()).unwrap());
}

/// `VmHWM` of a process that still runs.
fn peak_kilobytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

fn program(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn audit(cameras: usize) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{cameras}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::fs::write(folder.join("sim.toml"), scene(cameras, port)).unwrap();
    std::fs::write(
        folder.join("gbaudit.toml"),
        format!(
            "[local]\nid = \"{AUDITOR}\"\nlisten = [\"udp:127.0.0.1:{port}\"]\n[[platform]]\nname = \"bench\"\nid = \"{PLATFORM}\"\n\
             role = \"subordinate\"\nauth = \"none\"\n[audit]\njurisdiction = [\"371723\"]\n"
        ),
    )
    .unwrap();
    let mut platform = program(&folder, &["simulate", "-c", "sim.toml"]);
    let begun = Instant::now();
    let mut audit = program(&folder, &["audit", "--no-probe", "--out", "out"]);
    let mut peak = 0;
    let ended = loop {
        peak = peak_kilobytes(audit.id()).unwrap_or(peak).max(peak);
        if let Some(status) = audit.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let took = begun.elapsed();
    let _ = platform.kill();
    let _ = platform.wait();
    // 1: compliance is missed, as the scene has it.
    assert!(matches!(ended.code(), Some(0 | 1 | 4)), "{ended}");
    println!("{} {peak}", took.as_millis());
}
