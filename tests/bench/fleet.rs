//! A fleet called through the program: 10,000 simulated cameras behind 250 recorders that have four sessions each, streams of
//! 2 Mbit/s, 200 calls at once, auditor and platform on the same cores: `cargo bench --bench fleet`. Nothing here passes or
//! fails; `docs/PERFORMANCE.md` has the figures. `--cameras`, `--at-once`, `--key-interval` (seconds) and `--large 1`
//! (1920x1080) change it.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement may fail loudly")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const AUDITOR: &str = "37172300002000000001";
const PLATFORM: &str = "37172300002000000002";
const PER_RECORDER: usize = 40;
const SESSIONS: usize = 4;

/// `--name value`
fn argument(name: &str, default: usize) -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|a| a == name);
    at.map_or(default, |at| arguments[at + 1].parse().unwrap())
}

fn main() {
    let (cameras, at_once) = (argument("--cameras", 10_000), argument("--at-once", 200));
    let (interval, large) = (argument("--key-interval", 4), argument("--large", 0) > 0);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-fleet");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let behaviour = if large { format!("[[channel]]\nbehaviour = \"large\"\ncameras = {cameras}\n") } else { String::new() };
    let scene = format!(
        "[platform]\nid = \"{PLATFORM}\"\nlisten = \"udp:127.0.0.1:0\"\n[superior]\nid = \"{AUDITOR}\"\n\
         address = \"udp:127.0.0.1:{port}\"\nauth = \"none\"\nretry_s = 1\n\
         [catalog]\ncameras = {cameras}\nper_recorder = {PER_RECORDER}\nsessions = {at_once}\nsessions_per_recorder = {SESSIONS}\n\
         window = 8\n[media]\nkbit_s = 2000\nkey_interval_s = {interval}\njoin = \"anywhere\"\n{behaviour}"
    );
    std::fs::write(folder.join("sim.toml"), scene).unwrap();
    let settings = format!(
        "[local]\nid = \"{AUDITOR}\"\nlisten = [\"udp:127.0.0.1:{port}\"]\nmedia_ports = \"40000-40999\"\n\
         [[platform]]\nname = \"bench\"\nid = \"{PLATFORM}\"\nrole = \"subordinate\"\nauth = \"none\"\nparallel = {at_once}\n\
         [audit]\njurisdiction = [\"371723\"]\n[probe]\nparallel = {at_once}\nparallel_per_platform = {at_once}\n\
         parallel_per_device = {SESSIONS}\ninvite_gap_ms = 0\nsnapshots = false\n"
    );
    std::fs::write(folder.join("gbaudit.toml"), settings).unwrap();
    let mut platform = program(&folder, &["simulate", "-c", "sim.toml", "--lang", "en"], "platform.txt");
    let begun = Instant::now();
    let mut audit = program(&folder, &["audit", "--out", "out", "--lang", "en"], "audit.txt");
    let (mut peak, mut cpu) = (0, Duration::ZERO);
    let ended = loop {
        if let Some((kilobytes, time)) = taken(audit.id()) {
            (peak, cpu) = (peak.max(kilobytes), time);
        }
        if let Some(status) = audit.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let took = begun.elapsed().as_secs_f64();
    let theirs = taken(platform.id()).map_or(Duration::ZERO, |(_, time)| time);
    // It says what it saw when it is asked to end.
    let _ = Command::new("kill").args(["-INT", &platform.id().to_string()]).status();
    let _ = platform.wait();
    assert!(matches!(ended.code(), Some(0 | 1 | 4)), "{ended}");
    let mut report = String::new();
    std::fs::File::open(folder.join("out/report.json")).unwrap().read_to_string(&mut report).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let output = &report["rates"]["output"];
    let cameras = f64::from(u32::try_from(cameras).unwrap());
    let (hour, bound) = (
        cameras / took * 3_600.0,
        // Whoever joins anywhere waits for half an interval on average.
        f64::from(u32::try_from(at_once).unwrap()) / (f64::from(u32::try_from(interval).unwrap()) / 2.0) * 3_600.0,
    );
    println!(
        "{cameras} cameras, {at_once} at once, a key frame each {interval} s: {took:.1} s, {hour:.0} cameras an hour, bound {bound:.0}, {:.0} %",
        hour / bound * 100.0
    );
    println!(
        "pictures {}/{}; auditor {:.1} s of CPU, peak {} MB; platform {:.1} s of CPU",
        output["numerator"],
        output["denominator"],
        cpu.as_secs_f64(),
        peak / 1_000,
        theirs.as_secs_f64()
    );
    let said = std::fs::read_to_string(folder.join("platform.txt")).unwrap();
    println!("the platform: {}", said.lines().rfind(|line| line.contains("calls")).unwrap_or("said nothing"));
}

fn program(folder: &Path, arguments: &[&str], output: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(arguments)
        .current_dir(folder)
        .stdout(std::fs::File::create(folder.join(output)).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The most memory a process that still runs had, kB, and its CPU time, in ticks of 10 ms.
fn taken(process: u32) -> Option<(u64, Duration)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())?;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some((peak, Duration::from_millis(ticks * 10)))
}
