//! `gbaudit demo`: the simulated platform and an audit of it, over real sockets on this machine alone.

mod guided;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::audit::{interruptible, taken};
use super::deliver::{deliver_seen, kept_not};
use super::output::Formats;
use super::progress::Screen;
use super::simulate::SCENE_FILE;
use super::{Failure, Outcome, out, output, terminal};
use crate::audit::AuditSetting;
use crate::audit::assess::assess;
use crate::audit::keep::StoreKeeper;
use crate::audit::run::{Memory, Order, run as run_audit};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;
use crate::config::scene::read_scene;
use crate::evidence::measured::MeasureSetting;
use crate::evidence::{Evidence, ProbePlan, Supplied, WaiverFile};
use crate::manscdp::item::Element;
use crate::net::endpoint::bind;
use crate::net::{Address, LocalSetting, Protocol, Stop, random_name};
use crate::platform::{CatalogSetting, PlatformSetting, Role};
use crate::position;
use crate::probe::setting::ProbeSetting;
use crate::profile::RateId;
use crate::report::{Exit, Report};
use crate::simulator::platform::{Tally, local_setting, run as run_platform};
use crate::simulator::scene::Scene;
use crate::simulator::world::World;
use crate::sip::dialog::Party;
use crate::store::Store;

/// Most cameras of a demonstration, so that it ends within a minute.
const MAX_CAMERAS: u64 = 2_000;
/// What is wrong with the records, in hundredths of the cameras.
const FAULTS: [(&str, u64); 8] = [
    ("code_short", 3),
    ("code_factory", 2),
    ("region_coarse", 2),
    ("name_default", 3),
    ("name_garbled", 2),
    ("coordinate_zero", 2),
    ("coordinate_swapped", 2),
    ("coordinate_missing", 2),
];
/// How calls are answered, likewise.
const BEHAVIOURS: [(&str, u64); 18] = [
    ("h265", 10),
    ("high", 5),
    ("h265_10bit", 3),
    ("tcp_only", 3),
    ("private", 3),
    ("no_map", 3),
    ("raw", 2),
    ("lost_packet", 2),
    ("reordered", 2),
    ("wrong_ssrc", 2),
    ("silence", 2),
    ("black", 2),
    ("not_found", 2),
    ("busy", 2),
    ("no_key", 1),
    ("single_color", 1),
    ("h265_422", 1),
    ("no_answer", 1),
];

pub(super) fn command(lang: Lang) -> Command {
    Command::new("demo")
        .about(say!(
            lang,
            "演示：在本机启动一个模拟平台并对它检测，不需要设置文件",
            "a demonstration: starts a simulated platform on this machine and audits it, no settings needed"
        ))
        .override_usage("gbaudit demo [--cameras 60 | --guided] [--out DIR]")
        .after_help(say!(
            lang,
            "例：gbaudit demo --cameras 200\n演练：gbaudit demo --guided",
            "Example: gbaudit demo --cameras 200\nA rehearsal: gbaudit demo --guided"
        ))
        .arg(Arg::new("guided").long("guided").action(ArgAction::SetTrue).conflicts_with("cameras").help(say!(
            lang,
            "演练，约十分钟：看一个社区为什么不达标，改三路摄像机的资料，看合规率上升",
            "a rehearsal of some ten minutes: why a community fails, three records put right, and the rate rising"
        )))
        .arg(
            Arg::new("cameras")
                .long("cameras")
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..=MAX_CAMERAS))
                .default_value("60")
                .hide_default_value(true)
                .help(say!(lang, "摄像机数，默认 60，最多 2000", "cameras, default 60, at most 2000")),
        )
        .arg(out(lang, "gbaudit-demo"))
}

/// The cameras of the worked example, and how small a demonstration leaves them out.
const EXAMPLE: &str = include_str!("demo/cameras.toml");
const EXAMPLE_CAMERAS: u64 = 9;
const MIN_WITH_EXAMPLE: u64 = 20;
/// Its tables.
const TABLES: [(&str, &str, &str); 2] = [
    (position::PLAN, "示例点位表.csv", include_str!("demo/plan.csv")),
    (position::INSTALLED, "示例台账.csv", include_str!("demo/ledger.csv")),
];
const WAIVERS: (&str, &str) = ("示例豁免表.csv", include_str!("demo/waivers.csv"));
/// The camera that is off line for five days.
const FIVE_DAYS_OFF: &str = "37172300011320000005";
const SEEN_ALIVE: &str = "示例末次在线.csv";

/// What is played.
struct Show {
    cameras: u64,
    /// The worked example is among them.
    example: bool,
    /// What has been put right since the last time: camera, from 0, and elements with their texts.
    corrected: BTreeMap<usize, Vec<(Element, String)>>,
}

/// The tables of the worked example, which are left beside the results: to look at, and to begin one's own with.
fn example_tables(
    example: bool,
    today: Timestamp,
    folder: &Path,
    lang: Lang,
) -> Result<(Vec<Supplied>, Option<WaiverFile>), Failure> {
    if !example {
        return Ok((Vec::new(), None));
    }
    let day = today.plus_seconds(-5 * 86_400).beijing("%Y-%m-%d");
    let seen = format!("设备编码,末次在线\n{FIVE_DAYS_OFF},{day}\n");
    let mut tables: Vec<Supplied> = TABLES
        .iter()
        .map(|(key, name, text)| Supplied { key: (*key).into(), name: (*name).into(), text: (*text).into() })
        .collect();
    tables.push(Supplied { key: position::SEEN_ALIVE.into(), name: SEEN_ALIVE.into(), text: seen });
    let waivers = WaiverFile { name: WAIVERS.0.into(), text: WAIVERS.1.into() };
    for (name, text) in tables.iter().map(|t| (&t.name, &t.text)).chain([(&waivers.name, &waivers.text)]) {
        // With its mark, so that a spreadsheet reads Chinese.
        let written = output::atomically(&folder.join(name), |out| {
            out.write_all(b"\xEF\xBB\xBF")?;
            out.write_all(text.as_bytes())
        });
        written.map_err(|e| output::unwritten(&e, folder, lang))?;
    }
    Ok((tables, Some(waivers)))
}

/// The scene as a file, so that the run can be scored and played again.
fn scene_text(&Show { cameras, example, .. }: &Show, listen: Address, superior: Address) -> String {
    let share = |percent: u64| (cameras * percent / 100).max(1);
    let mut left = if example { cameras - EXAMPLE_CAMERAS } else { cameras };
    let mut shares = String::new();
    let mut add = |table: &str, key: &str, name: &str, percent: u64| {
        // In a small demonstration whatever still fits.
        let n = share(percent);
        if n <= left {
            left -= n;
            let _ = write!(shares, "\n[[{table}]]\n{key} = \"{name}\"\ncameras = {n}\n");
        }
    };
    FAULTS.iter().for_each(|(name, percent)| add("fault", "kind", name, *percent));
    BEHAVIOURS.iter().for_each(|(name, percent)| add("channel", "behaviour", name, *percent));
    let (offline, duplicates) = (share(2).min(left), u64::from(left >= share(2) + 2));
    format!(
        "# gbaudit demo\n[platform]\nid = \"{PLATFORM}\"\nname = \"模拟平台\"\nlisten = \"{listen}\"\nversion = \"2.0\"\n\n\
         [superior]\nid = \"{AUDITOR}\"\naddress = \"{superior}\"\nauth = \"none\"\n\n\
         [catalog]\ncameras = {cameras}\noffline = {offline}\nduplicates = {duplicates}\nseed = 20261124\nshuffle = true\nrepeat = 3\n\
         trailing_empty = true\nbroken_xml = 1\n{shares}{}",
        if example { EXAMPLE } else { "" }
    )
}

const AUDITOR: &str = "37172300002000000001";
const PLATFORM: &str = "37172300002000000002";

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(|| PathBuf::from("gbaudit-demo"));
    output::prepare(&folder, lang)?;
    if matches.get_flag("guided") {
        return guided::run(&folder, lang);
    }
    let cameras = matches.get_one::<u64>("cameras").copied().unwrap_or(60);
    terminal::complain(&say!(
        lang,
        "演示：在本机 127.0.0.1 上模拟一个下级平台（{cameras} 路），再以真实的 SIP 和 RTP 对它检测。结果不是任何真实平台的。",
        "A demonstration: a simulated platform ({cameras} cameras) on 127.0.0.1, audited over real SIP and RTP. The results are nobody's."
    ));
    let show = Show { cameras, example: cameras >= MIN_WITH_EXAMPLE, corrected: BTreeMap::new() };
    let exit = played(&show, &folder, lang)?.exit();
    let shown = folder.display().to_string();
    let program = std::env::args().next().unwrap_or_else(|| "gbaudit".to_owned());
    terminal::line(&say!(
        lang,
        "下一步  与模拟平台的真实情况对照：{program} simulate --score {shown}",
        "next      hold it against the truth of the simulated platform: {program} simulate --score {shown}"
    ));
    terminal::line(&say!(
        lang,
        "整改清单  {shown}/corrections.xlsx；填好后：{program} check {shown}/corrections.xlsx --against {shown}",
        "corrections  {shown}/corrections.xlsx; once filled in: {program} check {shown}/corrections.xlsx --against {shown}"
    ));
    // Missed rates are what the demonstration shows; only an end before the end is a failure.
    Ok(if exit == Exit::Incomplete { exit.code() } else { 0 })
}

/// Plays a show: audits it, writes the results and prints the summary.
fn played(show: &Show, folder: &Path, lang: Lang) -> Result<Report, Failure> {
    let screen = Arc::new(Screen::new(lang));
    let evidence_store = folder.join(".demo.tmp");
    let _ = std::fs::remove_file(&evidence_store);
    let store = Store::open(&evidence_store).map_err(|e| kept_not(&e, lang))?;
    let clock = Arc::new(SystemClock::default());
    let run_id = super::audit::run_id(clock.wall());
    let keeper = Arc::new(StoreKeeper::new(store, &run_id, AUDITOR));
    let evidence = audited(show, folder, &run_id, clock, (screen.clone(), keeper.clone()), lang);
    screen.clear();
    let (store, failed) = match keeper.finish() {
        Some((store, failed)) => (Some(store), failed),
        None => (None, None),
    };
    let delivered = evidence.and_then(|evidence| {
        let mut report = None;
        let all = vec![evidence.clone()];
        deliver_seen(all, store.as_slice(), (folder, &Formats::default()), None, lang, &mut |_, _| {
            report = assess(evidence.clone(), lang, None).ok();
        })?;
        report.ok_or_else(|| Failure::usage(say!(lang, "没有结果", "there are no results")))
    });
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!(".demo.tmp{suffix}")));
    }
    match failed {
        Some(error) => Err(kept_not(&error, lang)),
        None => delivered,
    }
}

fn audited(
    show: &Show,
    folder: &Path,
    run_id: &str,
    clock: Arc<SystemClock>,
    (screen, keeper): (Arc<Screen>, Arc<StoreKeeper>),
    lang: Lang,
) -> Result<Evidence, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    let evidence = runtime.block_on(async {
        let local = LocalSetting {
            party: Party { id: AUDITOR.into(), domain: AUDITOR.get(..10).unwrap_or_default().into() },
            listen: vec![Address { protocol: Protocol::Udp, socket: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0) }],
            advertise: None,
            media_ip: None,
            media_ports: 30_000..=30_999,
            identity: None,
            version: None,
        };
        let bound = bind(&local).map_err(|e| taken(&e, lang))?;
        let superior = bound.addresses().first().copied().ok_or_else(|| Failure::usage("127.0.0.1"))?;
        let listen = Address { protocol: Protocol::Udp, socket: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0) };
        let text = scene_text(show, listen, superior);
        output::atomically(&folder.join(SCENE_FILE), |out| out.write_all(text.as_bytes()))
            .map_err(|e| output::unwritten(&e, folder, lang))?;
        // A password of its own, so that nobody else on this machine registers in its place.
        let password = Secret::new(random_name());
        let scene = read_scene(SCENE_FILE, &text, folder, lang).map_err(|p| Failure::problems(&p))?;
        let mut scene = Scene { password: Some(password.clone()), ..scene };
        for fixed in &mut scene.fixed {
            fixed.corrected = show.corrected.get(&fixed.camera).cloned().unwrap_or_default();
        }
        let simulated = bind(&local_setting(&scene)).map_err(|e| taken(&e, lang))?;
        let platform = PlatformSetting {
            name: scene.name.clone(),
            party: scene.party.clone(),
            role: Role::Subordinate,
            address: None,
            username: None,
            password: Some(password),
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
        let (supplied, waivers) = example_tables(show.example, clock.wall(), folder, lang)?;
        let order = Order {
            run_id: run_id.to_owned(),
            local,
            platforms: vec![platform],
            audit: AuditSetting {
                profile: crate::config::load_profile("demo", Path::new(""), lang).map_err(|p| Failure::problems(&p))?,
                jurisdiction: vec!["371723".into()],
                rates: RateId::ALL.to_vec(),
                boundaries: None,
                supplied,
                waivers,
                confirmation: None,
            },
            plan: ProbePlan::All,
            named: Vec::new(),
            probe: ProbeSetting {
                parallel_per_platform: 16,
                parallel_per_device: 16,
                invite_gap: Duration::from_millis(10),
                ..ProbeSetting::default()
            },
            catalog: CatalogSetting::default(),
            measure: MeasureSetting::default(),
            wait: Duration::from_secs(30),
        };
        let stop = interruptible();
        let (stopper, simulator_stop) = Stop::new();
        let (said, _) = tokio::sync::mpsc::channel(1);
        let tally = Arc::new(Tally::default());
        let simulating =
            tokio::spawn(run_platform(Arc::new(World::new(scene)), simulated, tally, said, simulator_stop, clock.clone()));
        let evidence =
            run_audit(order, bound, Memory::default(), stop, clock, (screen, keeper)).await.map_err(|e| taken(&e, lang))?;
        stopper.stop();
        let _ = simulating.await;
        evidence.into_iter().next().ok_or_else(|| Failure::usage(say!(lang, "没有结果", "there are no results")))
    });
    runtime.shutdown_background();
    evidence
}
