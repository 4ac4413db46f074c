//! Killed, as `kill -9` does it: what was open is ended by the next start, what was settled is not asked again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::config::scene::read_scene;
use gbaudit::net::Stop;
use gbaudit::net::endpoint::bind;
use gbaudit::simulator::platform::{Count, Tally, local_setting, run};
use gbaudit::simulator::world::World;
use gbaudit::store::Store;
use serde_json::Value;

use crate::support::{AUDITOR, MACHINE, PLATFORM, folder, unpacked};

/// No step of a test takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A platform in this process, whose sessions are counted, and the folder of whoever audits it.
struct Audited {
    runtime: tokio::runtime::Runtime,
    tally: Arc<Tally>,
    folder: PathBuf,
    over: gbaudit::net::Stopper,
}

impl Audited {
    /// `catalog`: lines of the scene's `[catalog]` and below. `probe`: lines of `[probe]`.
    fn new(name: &str, first_port: u16, catalog: &str, probe: &str) -> Self {
        let folder = folder(name);
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let last_port = first_port + 399;
        let settings = format!(
            "[local]\nid = \"{AUDITOR}\"\nlisten = [\"udp:127.0.0.1:{port}\"]\nmedia_ports = \"{first_port}-{last_port}\"\n\
             [[platform]]\nname = \"chengwu\"\nid = \"{PLATFORM}\"\nrole = \"subordinate\"\nauth = \"none\"\n\
             [audit]\nprofile = \"demo\"\njurisdiction = [\"371723\"]\n[probe]\ninvite_gap_ms = 0\ntransports = [\"udp\"]\n{probe}"
        );
        std::fs::write(folder.join("gbaudit.toml"), settings).unwrap();
        let scene = format!(
            "[platform]\nid = \"{PLATFORM}\"\nlisten = \"udp:127.0.0.1:0\"\n[superior]\nid = \"{AUDITOR}\"\n\
             address = \"udp:127.0.0.1:{port}\"\nauth = \"none\"\nretry_s = 1\n[catalog]\n{catalog}"
        );
        let scene = read_scene("test", &scene, Path::new(""), Lang::Zh).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (over, until) = Stop::new();
        let tally = Arc::new(Tally::default());
        let counted = tally.clone();
        let bound = runtime.block_on(async { bind(&local_setting(&scene)).unwrap() });
        runtime.spawn(async move {
            let (said, _saying) = tokio::sync::mpsc::channel(1);
            run(Arc::new(World::new(scene)), bound, counted, said, until, Arc::new(SystemClock::default())).await.unwrap();
        });
        Self { runtime, tally, folder, over }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_gbaudit"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("GBAUDIT_LOG", "info")
            .stdout(Stdio::null())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log.txt")).unwrap())
            .spawn()
            .unwrap()
    }

    fn until(&self, what: &str, wanted: impl Fn(Count) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self.tally.read()) {
            assert!(Instant::now() < end, "never {what}: {:?}", self.tally.read());
            std::thread::yield_now();
        }
    }

    /// Ledgers of calls beside the store.
    fn ledgers(&self) -> usize {
        let names = std::fs::read_dir(&self.folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("gbaudit.db-calls-")).count()
    }

    /// Ctrl+C.
    fn interrupt(child: &Child) {
        let kill = format!("kill -INT {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.join(file)).unwrap()).unwrap()
    }

    fn end(self) {
        self.over.stop();
        self.runtime.shutdown_timeout(Duration::from_secs(4));
    }
}

#[test]
fn the_next_start_ends_every_session_a_killed_audit_left_open() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    // Sessions that stay open, and INVITEs that are never answered.
    let audited = Audited::new(
        "killed",
        35_000,
        "cameras = 40\n[[channel]]\nbehaviour = \"no_key\"\ncameras = 30\n[[channel]]\nbehaviour = \"only_trying\"\ncameras = 10\n",
        "parallel_per_platform = 24\nparallel_per_device = 24\n",
    );
    let mut killed = audited.start(&["audit", "--out", "out"]);
    audited.until("24 calls at once", |count| count.open >= 20 && count.answered >= 10);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = audited.tally.read();
    assert!(left.open >= 10, "{left:?}");
    assert_eq!(audited.ledgers(), 1, "what is open stands on the disk");
    let next = audited.start(&["audit", "--no-probe", "--out", "next"]).wait().unwrap();
    // Of what was never answered the platform may think a little longer.
    audited.until("without an open session", |count| count.open == 0);
    let ended = audited.tally.read();
    assert_eq!(ended.answered, ended.hung_up, "{ended:?}");
    let report = audited.json("next/report.json");
    let footprint = &report["footprint"];
    assert!(footprint["replayed"].as_u64().unwrap() >= left.open, "{footprint} {left:?} {next}");
    assert_eq!(footprint["replayed_unanswered"], 0);
    assert_eq!(audited.ledgers(), 0, "nothing is open any more");
    audited.end();
}

#[test]
fn a_run_that_was_killed_is_gone_on_with_and_asks_for_nothing_twice() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let audited = Audited::new(
        "resumed",
        35_400,
        "cameras = 60\n[[channel]]\nbehaviour = \"busy\"\ncameras = 2\n",
        "parallel_per_platform = 4\nparallel_per_device = 4\n",
    );
    let mut killed = audited.start(&["audit", "--out", "out"]);
    audited.until("20 calls that have ended", |count| count.hung_up >= 20);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = audited.tally.read();
    let code = audited.start(&["audit", "--resume", "--out", "out"]).wait().unwrap().code().unwrap();
    let ended = audited.tally.read();
    let report = audited.json("out/report.json");
    assert_eq!((&report["run"]["complete"], &report["catalog"]["state"]), (&true.into(), &"complete".into()), "{code}");
    let resumed = &report["run"]["resumed"][0];
    assert_eq!(resumed["catalogue"], true);
    // What was under way is called again, and perhaps what was just being written.
    let kept = resumed["kept"].as_u64().unwrap();
    assert!(kept >= left.hung_up.saturating_sub(8) && kept < 60, "{kept} of {left:?}");
    assert_eq!(ended.queries, 2, "only whether the catalogue has changed is asked");
    let output = &report["rates"]["output"];
    assert_eq!((&output["numerator"], &output["denominator"], &output["doubtful"]), (&58.into(), &60.into(), &2.into()));
    // Three calls of each busy one, however they fell.
    let calls = 58 + 6;
    assert!((calls..=calls + 8).contains(&ended.calls), "{ended:?}");
    assert_eq!(ended.answered, ended.hung_up);
    assert_eq!((ended.open, audited.ledgers()), (0, 0));
    let footprint = &report["footprint"];
    assert_eq!(footprint["dialogs"], footprint["ended"]);
    let again = audited.start(&["audit", "--resume"]).wait().unwrap();
    assert_eq!(again.code(), Some(2), "it came to its end");
    audited.end();
}

#[test]
fn ctrl_c_ends_every_session_within_two_seconds_by_the_clock_of_the_other_side() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let audited = Audited::new(
        "stopped-in-time",
        35_800,
        "cameras = 60\n[[channel]]\nbehaviour = \"no_key\"\ncameras = 50\n[[channel]]\nbehaviour = \"only_trying\"\ncameras = 10\n",
        "parallel = 48\nparallel_per_platform = 48\nparallel_per_device = 48\n",
    );
    let mut audit = audited.start(&["audit", "--out", "out"]);
    // All there can be: none is still on its way.
    audited.until("with 48 calls at once", |count| count.open >= 48);
    Audited::interrupt(&audit);
    let asked = Instant::now();
    audited.until("without an open session", |count| count.open == 0);
    let took = asked.elapsed();
    println!("every session ended {took:?} after Ctrl+C");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(audit.wait().unwrap().code(), Some(3));
    audited.end();
}

#[test]
fn what_a_recorder_bears_is_known_the_next_night() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let audited = Audited::new(
        "learnt",
        36_600,
        "cameras = 16\nsessions_per_recorder = 2\n",
        "parallel_per_platform = 8\nparallel_per_device = 8\n",
    );
    let mut refused = Vec::new();
    for night in ["first", "second"] {
        audited.start(&["audit", "--out", night]).wait().unwrap();
        let output = &audited.json(&format!("{night}/report.json"))["rates"]["output"];
        assert_eq!((&output["numerator"], &output["denominator"]), (&16.into(), &16.into()), "{night}");
        refused.push(audited.tally.read().refused);
    }
    assert!(refused[0] > 0);
    assert_eq!(refused[1], refused[0], "nobody is refused the second night");
    audited.end();
}

#[test]
fn with_a_small_budget_of_bandwidth_calls_come_one_after_the_other() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let audited = Audited::new("budget", 37_000, "cameras = 6\n", "max_mbit = 1\n");
    audited.start(&["audit", "--out", "out"]).wait().unwrap();
    let output = &audited.json("out/report.json")["rates"]["output"];
    assert_eq!((&output["numerator"], &output["denominator"]), (&6.into(), &6.into()));
    assert_eq!(audited.tally.read().peak, 1);
    audited.end();
}

#[test]
fn in_quiet_hours_nobody_is_called() {
    let audited = Audited::new("quiet", 36_200, "cameras = 5\n", "quiet_hours = [\"00:00-24:00\"]\n");
    let mut audit = Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(["audit", "--out", "out"])
        .current_dir(&audited.folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = std::io::BufReader::new(audit.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(said).map_while(Result::ok);
    assert!(lines.any(|line| line.contains("安静时段") && line.contains("00:00")), "it says why it waits");
    Audited::interrupt(&audit);
    lines.for_each(drop);
    assert_eq!(audit.wait().unwrap().code(), Some(3));
    assert_eq!(audited.tally.read().calls, 0);
    assert_eq!(audited.json("out/report.json")["footprint"]["invites"], 0);
    audited.end();
}

#[test]
fn two_nights_are_one_book_and_a_week_is_told_from_it() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let audited = Audited::new(
        "two-nights",
        35_400,
        "cameras = 12\noffline = 2\n[[fault]]\nkind = \"name_default\"\ncameras = 3\n[[fault]]\nkind = \"region_coarse\"\ncameras = 1\n",
        "",
    );
    let night = |out: &str| {
        assert!(audited.start(&["audit", "--no-probe", "--wait", "30s", "--out", out]).wait().unwrap().code().is_some());
        let table = std::fs::read_to_string(audited.folder.join(out).join("problems.csv")).unwrap();
        let rows = table.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        rows.map(|cells| (cells[0].clone(), cells[1].clone(), cells[4].clone())).collect::<Vec<_>>()
    };
    let (first, second) = (night("one"), night("two"));
    let states = |rows: &[(String, String, String)]| rows.iter().map(|(_, state, _)| state.clone()).collect::<Vec<_>>();
    assert_eq!(states(&first), ["新增"; 4]);
    assert_eq!(states(&second), ["仍在"; 4]);
    let ids = |rows: &[(String, String, String)]| rows.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second), "one problem one id");
    let told = Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(["period", "--week", "--out", "week"])
        .current_dir(&audited.folder)
        .env_remove("GBAUDIT_LANG")
        .output()
        .unwrap();
    let screen = String::from_utf8(told.stdout).unwrap();
    assert!(screen.contains("检测 2 次，其中完整 2 次"), "{screen}");
    assert!(screen.contains("发生 4  反复 0  已修复 0  未修复 4  修复率 0.00%"), "{screen}");
    let week = audited.json("week/period.json");
    assert_eq!(week["problems"]["N03"]["open"], 3);
    assert_eq!(week["runs"].as_array().unwrap().len(), 2);
    // Who is silent now was seen neither by the first night nor by this one, and two nights are no thirty days.
    std::fs::write(
        audited.folder.join("ledger.csv"),
        "台账编号,设备编码,点位编号\nL1,37172300011320000001,K01\nL2,37172300011320000002,K02\n",
    )
    .unwrap();
    let settings = std::fs::read_to_string(audited.folder.join("gbaudit.toml")).unwrap();
    let settings = settings.replace("[audit]\n", "[audit]\nledger = \"ledger.csv\"\n");
    std::fs::write(audited.folder.join("gbaudit.toml"), settings).unwrap();
    night("three");
    let report = audited.json("three/report.json");
    assert_eq!(report["rates"]["networking"]["denominator"], 2, "{}", report["rates"]);
    assert_eq!(report["key_positions"]["history_runs"], 2);
    // What the nights before know of each camera is evidence: whoever draws the report again has it, octet for octet.
    let read = |name: &str| std::fs::read(audited.folder.join(name)).unwrap();
    let book = unpacked(&read("three/report.xlsx"));
    for title in ["首次在线", "末次在线", "连续异常天数", "完好"] {
        let cell = format!(">{title}<");
        assert!(book.contains(&cell), "{title}");
        assert!(!unpacked(&read("one/report.xlsx")).contains(&cell), "{title} on the first night");
    }
    let done = |arguments: &[&str]| audited.start(arguments).wait().unwrap().code();
    assert!(done(&["report", "latest", "--out", "again", "--bundle", "three.zip", "--exit-zero"]) == Some(0));
    assert!(read("again/report.xlsx") == read("three/report.xlsx"), "the same workbook");
    assert_eq!(done(&["verify", "three.zip"]), Some(0));
    // A time for whole runs: one of last year goes with the next night, what stands open is still known since the first.
    let mut store = Store::open(&audited.folder.join("gbaudit.db")).unwrap();
    let mut old = store.load(&store.runs().unwrap()[2]).unwrap().remove(0);
    old.header.run_id = "of-last-year".into();
    old.header.started -= 400 * 86_400 * 1_000_000;
    store.put(&old).unwrap();
    assert!(store.runs().unwrap().contains(&old.header.run_id));
    drop(store);
    let settings = std::fs::read_to_string(audited.folder.join("gbaudit.toml")).unwrap();
    std::fs::write(audited.folder.join("gbaudit.toml"), format!("{settings}[store]\nrun_days = 365\n")).unwrap();
    let fourth = night("four");
    assert!(states(&fourth).iter().all(|state| state == "仍在") && ids(&fourth) == ids(&first));
    let runs = Store::open(&audited.folder.join("gbaudit.db")).unwrap().runs().unwrap();
    assert!(runs.len() == 4 && !runs.contains(&old.header.run_id), "{runs:?}");
    let log = std::fs::read_to_string(audited.folder.join("log.txt")).unwrap();
    assert!(log.contains("保存期限：删除 365 天前的批次 1 个"), "{log}");
    audited.end();
}
