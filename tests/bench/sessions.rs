//! Many sessions in a row, each called, seen and hung up: whether memory and descriptors stay flat. Not part of any check:
//! `cargo bench --bench sessions -- --count 200000`. The platform is the simulated one, in a process of its own; the ledger of
//! calls is written as in an audit. A line after each round; the last one says how far the second half lies from the first.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement may fail loudly")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gbaudit::base::clock::{Clock as _, Mono, SystemClock};
use gbaudit::base::lang::Lang;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::tape::Tape;
use gbaudit::net::endpoint::{Endpoint, bind};
use gbaudit::net::media::MediaPool;
use gbaudit::net::peer::{Peer, Whereabouts};
use gbaudit::net::{Address, LocalSetting, Protocol, Stop};
use gbaudit::platform::hub::{Hub, PeerState};
use gbaudit::platform::{PlatformSetting, Role};
use gbaudit::probe::decode::{Decoders, Looking};
use gbaudit::probe::outcome::{Attempt, MediaTransport, ProbeRecord};
use gbaudit::probe::plan::{Limits, Plan, Target};
use gbaudit::probe::prober::{Surroundings, Tally, probe};
use gbaudit::probe::session::Terms;
use gbaudit::probe::switchboard::Switchboard;
use gbaudit::simulator::world::World;
use gbaudit::sip::dialog::Party;
use gbaudit::store::ledger::Ledger;

const AUDITOR: &str = "37172300002000000001";
const PLATFORM: &str = "37172300002000000002";

/// `--name value`
fn argument(name: &str, default: usize) -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|a| a == name);
    at.map_or(default, |at| arguments[at + 1].parse().unwrap())
}

/// Knows where the platform is, and keeps nothing.
struct Around(Peer);

impl Surroundings for Around {
    fn peer(&self) -> Option<Peer> {
        Some(self.0.clone())
    }
    fn snapshot(&self, _: &str, _: &[u8]) {}
    fn answered(&self, _: Mono) {}
    async fn lives(&self) -> bool {
        true
    }
    fn holds(&self) -> Option<Duration> {
        None
    }
    fn taped(&self, _: &str, _: &Attempt, _: &Tape) {}
    fn attempted(&self, _: &ProbeRecord) {}
    fn settled(&self, _: &ProbeRecord, _: Tally) {}
}

/// Resident kilobytes, open descriptors, threads.
fn taken() -> [u64; 3] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    [number("VmRSS:"), std::fs::read_dir("/proc/self/fd").unwrap().count() as u64, number("Threads:")]
}

fn main() {
    let (count, at_once) = (argument("--count", 2_000), argument("--at-once", 32));
    let round = argument("--round", 1_000).min(count).max(1);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-sessions");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(sessions(&folder, count, at_once, round));
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn sessions(folder: &Path, count: usize, at_once: usize, round: usize) {
    let clock = Arc::new(SystemClock::default());
    let party = |id: &str| Party { id: id.to_owned(), domain: id[..10].to_owned() };
    let mut local = LocalSetting {
        party: party(AUDITOR),
        listen: vec![Address { protocol: Protocol::Udp, socket: "127.0.0.1:0".parse().unwrap() }],
        advertise: None,
        media_ip: None,
        media_ports: 40_000..=40_999,
        identity: None,
        version: None,
    };
    let bound = bind(&local).unwrap();
    local.listen = bound.addresses();
    let port = local.listen[0].socket.port();
    let scene = format!(
        "[platform]\nid = \"{PLATFORM}\"\nlisten = \"udp:127.0.0.1:0\"\n[superior]\nid = \"{AUDITOR}\"\n\
         address = \"udp:127.0.0.1:{port}\"\nauth = \"none\"\nretry_s = 1\n[catalog]\ncameras = {round}\n"
    );
    std::fs::write(folder.join("sim.toml"), &scene).unwrap();
    let world = World::new(read_scene("bench", &scene, Path::new(""), Lang::Zh).unwrap());
    let setting = PlatformSetting {
        name: "bench".into(),
        party: party(PLATFORM),
        role: Role::Subordinate,
        address: None,
        username: None,
        password: None,
        edition: None,
        charset: None,
        media_ip: None,
        parallel: None,
        product: None,
        expected: None,
        expected_source: String::new(),
        control_cameras: Vec::new(),
        trust: None,
    };
    let (endpoint, events) = Endpoint::start(local.clone(), bound, clock.clone()).unwrap();
    let (live, _heard) = tokio::sync::mpsc::channel(64);
    let (_hub_stopper, hub_stop) = Stop::new();
    let hub = Hub::start(endpoint.clone(), events, vec![setting.clone()], vec![None], live, hub_stop, clock.clone());
    let mut platform = Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(["simulate", "-c", "sim.toml"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut state = hub.state(0).unwrap();
    let online = state.wait_for(|state| matches!(state, PeerState::Online(_))).await.unwrap().online().cloned().unwrap();
    let peer = Peer {
        party: setting.party,
        hop: online.hop,
        whereabouts: Whereabouts::default(),
        local: endpoint.local(online.hop),
        credentials: None,
        media_ip: None,
    };
    let (ledger, _) = Ledger::open(&folder.join("bench.db"), "bench", clock.wall()).unwrap();
    let board = Switchboard {
        endpoint: endpoint.clone(),
        ports: MediaPool::new(local.media_ports.clone()),
        decoders: Decoders::default(),
        clock: clock.clone(),
        streams: Arc::new(AtomicU16::new(0)),
        footprint: Arc::new(Mutex::default()),
        traffic: Arc::default(),
        ledger: ledger.clone(),
    };
    let terms = Terms {
        limit: Duration::from_secs(10),
        listen: Duration::from_secs(20),
        ps_only: true,
        looking: Looking { snapshots: gbaudit::media::jpeg::Snapshots::Off, black: gbaudit::profile::Black::default() },
        observe: Duration::ZERO,
        // The dearest setting.
        taped: true,
    };
    let (_stopper, stop) = Stop::new();
    let turns = Arc::new(tokio::sync::Semaphore::new(at_once));
    let around = Around(peer);
    let begun = Instant::now();
    let (mut done, mut pictures) = (0, 0);
    let mut lines: Vec<[u64; 3]> = Vec::new();
    println!("{:>10}{:>10}{:>12}{:>8}{:>9}{:>10}", "sessions", "pictures", "memory kB", "files", "threads", "seconds");
    while done < count {
        let cameras = round.min(count - done);
        let targets = (0..cameras).map(|n| Target { device_id: world.camera_code(n), recorder: n % 250, once: false });
        let limits = Limits {
            transports: vec![MediaTransport::Udp],
            parallel: at_once,
            capacities: vec![at_once; 250],
            gap: Duration::ZERO,
            attempts: 3,
            delays: vec![Duration::from_secs(5)],
            retry_on: gbaudit::profile::RetryOn::default(),
        };
        let plan = Plan::new(targets.collect(), limits, clock.mono());
        let probed = probe(&board, plan, terms, turns.clone(), &around, stop.clone()).await;
        done += cameras;
        pictures += probed.records.iter().filter(|record| record.attempts.iter().any(|a| a.cause.is_none())).count();
        drop(probed);
        let now = taken();
        println!("{done:>10}{pictures:>10}{:>12}{:>8}{:>9}{:>10}", now[0], now[1], now[2], begun.elapsed().as_secs());
        lines.push(now);
    }
    let footprint = *board.footprint.lock().unwrap_or_else(PoisonError::into_inner);
    let open = ledger.finish().await;
    endpoint.stop().await;
    let _ = platform.kill();
    let _ = platform.wait();
    let most = |lines: &[[u64; 3]], what: usize| lines.iter().map(|line| line[what]).max().unwrap_or_default();
    let (first, second) = lines.split_at(lines.len().div_ceil(2));
    println!(
        "{} dialogs, {} ended, {open} open; most memory {} kB in the first half, {} kB in the second; most files {} and {}",
        footprint.dialogs,
        footprint.ended,
        most(first, 0),
        most(second, 0),
        most(first, 1),
        most(second, 1)
    );
}
