//! `gbaudit audit`: one audit of live platforms.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::deliver::{deliver_seen, kept_not};
use super::progress::Screen;
use super::{Failure, Outcome, bundle, config, exit_code, exit_zero, out, output, problems, retention};
use crate::audit::history::{History, recollect};
use crate::audit::keep::StoreKeeper;
use crate::audit::recall::{count_rounds, recall, watch};
use crate::audit::run::{Keeper, Memory, Observer, Order, run as run_audit};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::config::Settings;
use crate::evidence::measured::{MEASURES, Measure};
use crate::evidence::{Evidence, Header, Incomplete, Mode, ProbePlan};
use crate::net::endpoint::{Bound, bind};
use crate::net::{NetError, Stop, random};
use crate::platform::{PlatformSetting, Role};
use crate::probe::outcome::Demand;
use crate::probe::outcome::ProbeRecord;
use crate::report::Exit;
use crate::store::ledger::Ledger;
use crate::store::lock::{Held, RunLock};
use crate::store::{Store, StoreError};

/// The newest run that had stopped.
const LATEST: &str = "latest";
/// Shown of what another run says of itself.
const MAX_HOLDER_CHARS: usize = 80;
/// Runs looked at for it.
const MAX_TRIED: usize = 16;
/// After that a catalogue is asked for anew.
const RESUME_WITHIN_MS: u64 = 24 * 3_600 * 1_000;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("audit")
        .about(say!(
            lang,
            "检测在线平台：等待注册、收取目录、判断记录、逐路点播、写出报告",
            "audits live platforms: registration, catalogue, records, pictures, report"
        ))
        .override_usage(
            "gbaudit audit [-c gbaudit.toml] [--platform NAME]... [--no-probe] [--sample N [--seed S]] [--stop-when-certain] [--resume [RUN]] [--wait 300s] [--out DIR] [--bundle FILE]",
        )
        .after_help(say!(
            lang,
            "例：gbaudit audit -c gbaudit.toml --platform chengwu --out 结果",
            "Example: gbaudit audit -c gbaudit.toml --platform chengwu --out results"
        ))
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(Arg::new("no-probe").long("no-probe").action(ArgAction::SetTrue).help(say!(
            lang,
            "只收取目录和判断记录，不点播；出图率无法测量",
            "catalogue and records only, no camera is called; image output is not measurable"
        )))
        .arg(
            Arg::new("probe-limit")
                .long("probe-limit")
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .conflicts_with_all(["no-probe", "sample"])
                .help(say!(
                    lang,
                    "试运行：只点播目录中前 N 路；出图率无法测量",
                    "a trial: only the first N cameras are called; image output is not measurable"
                )),
        )
        .arg(
            Arg::new("sample")
                .long("sample")
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .conflicts_with("no-probe")
                .help(say!(
                    lang,
                    "按社区和类别分层抽查 N 路：出图率按抽中的计算，附 95% 区间",
                    "draw N cameras from every community and class: image output is that of the draw, with a 95 % interval"
                )),
        )
        .arg(Arg::new("seed").long("seed").value_name("S").value_parser(clap::value_parser!(u64)).help(say!(
            lang,
            "抽查（--sample）或点播顺序（--stop-when-certain）的随机种子，默认 0；同一种子抽中相同的摄像机",
            "seed of the draw (--sample) or of the order of the calls (--stop-when-certain), default 0; the same seed draws the same cameras"
        )))
        .arg(
            Arg::new("stop-when-certain")
                .long("stop-when-certain")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["no-probe", "probe-limit", "resume"])
                .help(say!(
                    lang,
                    "出图率的结论已可断定时停止点播（错判风险不超过 5%），其余不点播、不进分母",
                    "calling ends when the verdict of the output rate is certain (risk of being wrong 5 % at most); the rest is not called and not in the denominator"
                )),
        )
        .arg(
            Arg::new("resume")
                .long("resume")
                .value_name("RUN")
                .num_args(0..=1)
                .default_missing_value(LATEST)
                .conflicts_with_all(["no-probe", "probe-limit", "sample"])
                .help(say!(
                    lang,
                    "续检中断的批次（默认最近一次）：沿用其目录和已有结论，只点播其余的摄像机",
                    "goes on with a run that had stopped (default: the latest): its catalogue and what it settled stand, only the other cameras are called"
                )),
        )
        .arg(measure_arg(lang))
        .arg(output::font(lang))
        .arg(out(lang, &say!(lang, "out/批次号", "out/RUN")))
        .args(bundle::arguments(lang))
        .arg(exit_zero(lang))
}

/// `--measure records,clock`
fn measure_arg(lang: Lang) -> Arg {
    Arg::new("measure")
        .long("measure")
        .value_name("records,status,clock,snapshot")
        .value_delimiter(',')
        .value_parser(measure)
        .help(say!(
            lang,
            "另测录像、状态、时钟、抓拍（可写中文名；覆盖 [measure] what）；不计入指标4",
            "also measures recordings, status, clocks, snapshots (instead of [measure] what); no part of indicator 4"
        ))
}

fn measure(word: &str) -> Result<Measure, String> {
    Measure::parse(word.trim()).ok_or_else(|| MEASURES.iter().map(|about| about.id).collect::<Vec<_>>().join(", "))
}

/// `--platform NAME`
pub(super) fn platform_arg(lang: Lang) -> Arg {
    Arg::new("platform").long("platform").value_name("NAME").action(ArgAction::Append).help(say!(
        lang,
        "只检测这个平台，可写多次；默认全部",
        "only this platform, may be given several times; default: all"
    ))
}

/// `--wait 300s`
pub(super) fn wait_arg(lang: Lang) -> Arg {
    Arg::new("wait").long("wait").value_name("300s").value_parser(duration).default_value("300s").hide_default_value(true).help(
        say!(
            lang,
            "等待平台注册的时间，默认 300s；全部注册后立即开始",
            "how long to wait for platforms, default 300s; it begins as soon as all are in"
        ),
    )
}

/// `300s`, `5m`, `90`.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) => (digits, text.chars().last()),
        None => (text, None),
    };
    let number: u64 = digits.parse().map_err(|_| "300s".to_owned())?;
    let seconds = match unit {
        Some('m') => number.checked_mul(60),
        Some('h') => number.checked_mul(3_600),
        _ => Some(number),
    };
    seconds.filter(|s| *s <= 86_400).map(Duration::from_secs).ok_or_else(|| "300s".to_owned())
}

/// The settings, as `-c` names them.
pub(super) fn settings(matches: &ArgMatches, lang: Lang) -> Result<Settings, Failure> {
    let path = matches.get_one::<PathBuf>("config").cloned().unwrap_or_else(|| PathBuf::from("gbaudit.toml"));
    crate::config::load(&path, lang).map_err(|p| Failure::problems(&p))
}

/// The platforms `--platform` names, or all.
pub(super) fn chosen(matches: &ArgMatches, settings: &Settings, lang: Lang) -> Result<Vec<PlatformSetting>, Failure> {
    let mut platforms = settings.platforms.clone();
    if let Some(names) = matches.get_many::<String>("platform") {
        let names: Vec<&String> = names.collect();
        if let Some(unknown) = names.iter().find(|n| !platforms.iter().any(|p| p.name == ***n)) {
            let all = platforms.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
            return Err(Failure::usage(say!(
                lang,
                "设置中没有平台 {unknown}，现有：{all}",
                "there is no platform {unknown} in the settings, there are: {all}"
            )));
        }
        platforms.retain(|p| names.iter().any(|n| **n == p.name));
    }
    Ok(platforms)
}

/// What a run is asked to do.
pub(super) fn order(matches: &ArgMatches, settings: &Settings, platforms: Vec<PlatformSetting>, plan: ProbePlan) -> Order {
    Order {
        run_id: run_id(SystemClock::default().wall()),
        local: settings.local.clone(),
        platforms,
        audit: settings.audit.clone(),
        plan,
        named: Vec::new(),
        probe: settings.probe.clone(),
        catalog: settings.catalog,
        measure: settings.measure.clone(),
        wait: matches.get_one::<Duration>("wait").copied().unwrap_or(Duration::from_mins(5)),
    }
}

/// A run carried out, its store, and what went wrong with that.
pub(super) struct Carried {
    pub(super) evidence: Vec<Evidence>,
    pub(super) store: Option<Store>,
    pub(super) failed: Option<StoreError>,
}

/// Carries an order out on the screen, and keeps it while it goes on. `resumed`: the run that is gone on with.
pub(super) fn carry_out(order: Order, resumed: Vec<Evidence>, settings: &Settings, lang: Lang) -> Result<Carried, Failure> {
    let clock = Arc::new(SystemClock::default());
    let own = settings.local.party.id.as_str();
    let mut store = Store::open(&settings.store).map_err(|e| not_opened(&e, lang))?;
    let over = retention::apply(&mut store, settings.retention, clock.wall(), lang).map_err(|e| not_opened(&e, lang))?;
    let registrations = store.registrations(own, clock.wall()).map_err(|e| not_opened(&e, lang))?;
    let capacities = store.capacities(clock.wall()).map_err(|e| not_opened(&e, lang))?;
    let histories = histories(&store, &order, clock.wall(), lang);
    let (ledger, left_open) = Ledger::open(&settings.store, &order.run_id, clock.wall()).map_err(|e| not_opened(&e, lang))?;
    let screen = Arc::new(Screen::new(lang));
    screen.line(&introduction(&order, lang));
    over.iter().for_each(|line| screen.line(line));
    let keeper = Arc::new(StoreKeeper::new(store, &order.run_id, own));
    let memory = Memory { registrations, capacities, ledger, left_open, resumed, histories, ..Memory::default() };
    let evidence = audit(order, memory, clock, (screen.clone(), keeper.clone()), lang)?;
    screen.clear();
    let (store, failed) = match keeper.finish() {
        Some((store, failed)) => (Some(store), failed),
        None => (None, None),
    };
    Ok(Carried { evidence, store, failed })
}

/// One run at a time: a night that goes on in the morning is not called twice.
pub(super) fn alone(settings: &Settings, order: &Order, lang: Lang) -> Result<RunLock, Failure> {
    let (store, run_id, pid) = (&settings.store, &order.run_id, std::process::id());
    let since = SystemClock::default().wall().beijing("%Y-%m-%d %H:%M");
    let who = say!(lang, "批次 {run_id}，进程 {pid}，{since} 起", "run {run_id}, process {pid}, since {since}");
    RunLock::take(store, &who).map_err(|e| not_opened(&e, lang))?.map_err(|Held { by }| {
        let (by, shown) = (excerpt(&by, MAX_HOLDER_CHARS), store.display());
        Failure::usage(say!(
            lang,
            "另一次检测正在进行（{by}），使用同一个数据文件 {shown}；请等它结束，或为另一个平台另设 [store] url",
            "another run is going on ({by}) with the same store, {shown}: wait for its end, or give another platform a [store] url of its own"
        ))
    })
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let settings = settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    let mut order = order(matches, &settings, platforms, plan(matches));
    order.probe.stop_when_certain = stop(matches, &order, lang)?;
    if let Some(what) = matches.get_many::<Measure>("measure") {
        order.measure.what = what.copied().collect();
        if order.measure.what.contains(&Measure::Snapshot) && order.measure.snapshot_listen.is_none() {
            return Err(Failure::usage(crate::config::no_place_for_snapshots(lang)));
        }
    }
    let resumed = match matches.get_one::<String>("resume") {
        Some(run) => stopped(run, &mut order, &settings, lang)?,
        None => Vec::new(),
    };
    // Until the results are written.
    let _alone = alone(&settings, &order, lang)?;
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(|| PathBuf::from("out").join(&order.run_id));
    output::prepare(&folder, lang)?;
    let bundle = bundle::Target::of(matches, lang)?;
    let formats = output::Formats::of(matches, lang)?;
    let exit = carried_through(order, resumed, &settings, (&folder, &formats), bundle.as_ref(), lang)?;
    Ok(exit_code(exit, matches))
}

/// Carries an order out, keeps what came of it, and writes its results.
pub(super) fn carried_through(
    order: Order,
    resumed: Vec<Evidence>,
    settings: &Settings,
    (folder, formats): (&Path, &output::Formats),
    bundle: Option<&bundle::Target>,
    lang: Lang,
) -> Result<Exit, Failure> {
    let Carried { mut evidence, mut store, mut failed } = carry_out(order, resumed, settings, lang)?;
    if let Some(store) = &mut store {
        for evidence in &mut evidence {
            recall(store, evidence, lang);
            watch(store, evidence, lang);
            count_rounds(store, evidence, &settings.audit.profile);
            count_tapes(store, evidence);
            failed = failed.or(store.put(evidence).err());
        }
    }
    let platforms: Vec<(String, String)> =
        evidence.iter().map(|e| (e.header.run_id.clone(), e.header.platform.name.clone())).collect();
    let mut books = Vec::new();
    let exit = deliver_seen(evidence, store.as_slice(), (folder, formats), bundle, lang, &mut |report, folder| {
        books.extend(store.as_ref().and_then(|store| problems::held(store, report, folder, lang)));
    })?;
    if let Some(store) = &mut store {
        failed = failed.or(problems::keep(store, &books).err());
    }
    // Their pictures are removed with those of the store when their time is over.
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    for (run, platform) in &platforms {
        let own = if platforms.len() > 1 { output::below(&whole, platform) } else { whole.clone() };
        if let Some(store) = &mut store {
            failed = failed.or(store.put_folder(run, platform, &own.to_string_lossy()).err());
        }
    }
    match failed {
        Some(error) => Err(kept_not(&error, lang)),
        None => Ok(exit),
    }
}

/// What is on tape of a run, also of the parts before it was gone on with.
fn count_tapes(store: &Store, evidence: &mut Evidence) {
    let header = &mut evidence.header;
    if let (Some(tapes), Ok((kept, bytes))) =
        (&mut header.soundness.tapes, store.count_tapes(&header.run_id, &header.platform.name))
    {
        (tapes.kept, tapes.bytes) = (kept, bytes);
    }
}

/// The run `--resume` names, and the order as it was given then.
pub(super) fn stopped(run: &str, order: &mut Order, settings: &Settings, lang: Lang) -> Result<Vec<Evidence>, Failure> {
    let store = Store::open(&settings.store).map_err(|e| not_opened(&e, lang))?;
    let failed = |e: StoreError| not_opened(&e, lang);
    let latest = run == LATEST;
    let runs = if latest { store.runs().map_err(failed)? } else { vec![run.to_owned()] };
    for run in runs.into_iter().take(MAX_TRIED) {
        let headers = store.headers(&run).map_err(failed)?;
        let unfinished = |h: &Header| h.mode == Mode::Live && h.incomplete.is_some_and(Incomplete::can_be_resumed);
        if !headers.iter().any(unfinished) {
            continue;
        }
        if let Some(why) = headers.iter().find_map(|header| not_the_same(header, order, SystemClock::default().wall(), lang)) {
            return Err(Failure::usage(say!(
                lang,
                "批次 {run} 不能续检：{why}；请重新检测",
                "{run} cannot be gone on with: {why}; begin a new run"
            )));
        }
        order.plan = headers.first().map_or(order.plan, |header| header.probing);
        order.probe.stop_when_certain = headers.first().and_then(|header| header.conduct.stop_seed);
        order.run_id.clone_from(&run);
        return store.load(&run).map_err(failed);
    }
    Err(Failure::usage(if latest {
        say!(lang, "没有中断的批次可以续检", "there is no run that had stopped")
    } else {
        say!(lang, "没有批次 {run}，或它已经检测完", "there is no run {run}, or it came to its end")
    }))
}

/// Why a run cannot be gone on with as things are set now.
fn not_the_same(header: &Header, order: &Order, now: Timestamp, lang: Lang) -> Option<String> {
    let rates: Vec<&str> = order.audit.rates.iter().map(|rate| rate.key()).collect();
    let known = order.platforms.iter().find(|platform| platform.name == header.platform.name);
    if now.millis_since(header.started()) > RESUME_WITHIN_MS {
        return Some(say!(
            lang,
            "已超过 24 小时，目录可能已变",
            "it began more than 24 hours ago, the catalogue may have changed"
        ));
    }
    match known {
        Some(platform) if platform.party.id == header.platform.id && order.local.party.id == header.local_id => (),
        _ => {
            let name = excerpt(&header.platform.name, 40);
            return Some(say!(
                lang,
                "设置中没有它的平台 {name}，或编码已改，或未被 --platform 选中",
                "its platform {name} is not in the settings any more, has another code, or is not named by --platform"
            ));
        }
    }
    let same =
        header.profile == order.audit.profile.source && header.jurisdiction == order.audit.jurisdiction && header.rates == rates;
    (!same).then(|| {
        say!(lang, "口径、辖区或比率的设置已改", "the profile, the jurisdiction or the rates in the settings have changed")
    })
}

/// Which cameras are called.
fn plan(matches: &ArgMatches) -> ProbePlan {
    let number = |name: &str| matches.get_one::<u64>(name).copied();
    match (number("probe-limit"), number("sample")) {
        _ if matches.get_flag("no-probe") => ProbePlan::No,
        (Some(limit), _) => ProbePlan::Limit(limit),
        (None, Some(size)) => ProbePlan::Sample { size, seed: number("seed").unwrap_or_default() },
        (None, None) => ProbePlan::All,
    }
}

/// Whether calling may end early, and by what seed the order of the calls is drawn then.
fn stop(matches: &ArgMatches, order: &Order, lang: Lang) -> Result<Option<u64>, Failure> {
    let seed = matches.get_one::<u64>("seed").copied();
    let set = order.probe.stop_when_certain;
    let asked = matches.get_flag("stop-when-certain").then_some(0).or(set);
    let stop = asked.filter(|_| matches!(order.plan, ProbePlan::All | ProbePlan::Sample { .. }));
    if seed.is_some() && stop.is_none() && !matches!(order.plan, ProbePlan::Sample { .. }) {
        return Err(Failure::usage(say!(
            lang,
            "--seed 只与 --sample N 或 --stop-when-certain 一起使用",
            "--seed goes with --sample N or --stop-when-certain"
        )));
    }
    Ok(stop.map(|set| seed.unwrap_or(set)))
}

/// What earlier runs in the store know of the cameras, for the order of the calls.
fn histories(store: &Store, order: &Order, now: Timestamp, lang: Lang) -> HashMap<String, Arc<History>> {
    if order.plan == ProbePlan::No || order.probe.stop_when_certain.is_some() {
        return HashMap::new();
    }
    let output = &order.audit.profile.output;
    let verdict = |record: &ProbeRecord| record.conclude(&Demand::of(output), false).verdict;
    let of = |platform: &PlatformSetting| {
        let history = recollect(store, (&platform.name, &platform.party.id), now, verdict, lang);
        (platform.name.clone(), Arc::new(history))
    };
    order.platforms.iter().map(of).collect()
}

/// The first line: what we are going to do to somebody else's platform.
fn introduction(order: &Order, lang: Lang) -> String {
    let superior = order.platforms.iter().all(|p| p.role == Role::Superior);
    let who = if superior {
        say!(lang, "本工具以“下级平台”身份接入", "We connect as subordinate platform")
    } else {
        say!(lang, "本工具以“上级平台”身份接入", "We connect as superior platform")
    };
    let what = match order.plan {
        ProbePlan::No => say!(lang, "只读取目录，不点播", "only read the catalogue and call no camera"),
        _ => say!(lang, "只读取目录、点播画面", "only read the catalogue and call cameras"),
    };
    if order.measure.what.contains(&Measure::Snapshot) {
        return say!(
            lang,
            "{who}，{what}；并按设置向没有出图的摄像机发抓拍指令（DeviceConfig/SnapShotConfig）。不控制云台、不写平台。按 Ctrl+C 立即停止并释放全部会话。",
            "{who}, {what}, and, as set, ask cameras without a picture for a snapshot (DeviceConfig/SnapShotConfig): no control, nothing is written. Ctrl+C stops at once and ends every session."
        );
    }
    say!(
        lang,
        "{who}，{what}；不控制云台、不改配置、不写平台。按 Ctrl+C 立即停止并释放全部会话。",
        "{who}, {what}: no control, no settings, nothing is written. Ctrl+C stops at once and ends every session."
    )
}

/// The store cannot be opened: found before the first packet.
pub(super) fn not_opened(error: &StoreError, lang: Lang) -> Failure {
    let source = std::error::Error::source(error).map(|s| format!("：{s}")).unwrap_or_default();
    Failure::usage(say!(
        lang,
        "打不开数据文件：{error}{source}；请检查 [store] url 所在文件夹的权限",
        "the store cannot be used: {error}{source}; check the permissions of the folder in [store] url"
    ))
}

/// Runs an audit to its end, on sockets bound before anything else.
pub(super) fn audit(
    order: Order,
    memory: Memory,
    clock: Arc<SystemClock>,
    (observer, keeper): (Arc<dyn Observer>, Arc<dyn Keeper>),
    lang: Lang,
) -> Result<Vec<Evidence>, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    let evidence = runtime.block_on(async {
        let bound: Bound = bind(&order.local).map_err(|e| taken(&e, lang))?;
        let stop = interruptible();
        run_audit(order, bound, memory, stop, clock, (observer, keeper)).await.map_err(|e| taken(&e, lang))
    });
    // Nothing that still runs is worth waiting for.
    runtime.shutdown_background();
    evidence
}

/// A stop that Ctrl+C asks for; a second one ends the program at once, whatever it is doing.
pub(super) fn interruptible() -> Stop {
    let (stopper, stop) = Stop::new();
    let mut interrupts = Interrupts::listen();
    tokio::spawn(async move {
        interrupts.next().await;
        stopper.stop();
        interrupts.next().await;
        std::process::exit(3);
    });
    stop
}

/// Whether we were started to survive the end of the terminal (`SigIgn` of proc(5), bit 0).
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl+C, or a signal a service manager stops us with: none that comes after this was made is lost, or ends the program by itself,
/// whenever it is waited for.
#[cfg(unix)]
pub(super) struct Interrupts(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Interrupts {
    /// Inside of a runtime.
    pub(super) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        // The terminal may be closed, an SSH connection break; under nohup that is to be survived.
        let hang_up = (!ignores_hang_up()).then(SignalKind::hangup);
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()].into_iter().chain(hang_up);
        Self(kinds.filter_map(|kind| signal(kind).ok()).collect())
    }

    /// Waits for the next.
    pub(super) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            // Each is asked, so that any of them wakes us.
            let came = self.0.iter_mut().map(|signal| usize::from(signal.poll_recv(context).is_ready())).sum::<usize>();
            if came > 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Ctrl+C: none that comes after this was made is lost, or ends the program by itself, whenever it is waited for.
#[cfg(windows)]
pub(super) struct Interrupts(Option<tokio::signal::windows::CtrlC>);

#[cfg(windows)]
impl Interrupts {
    /// Inside of a runtime.
    pub(super) fn listen() -> Self {
        Self(tokio::signal::windows::ctrl_c().ok())
    }

    /// Waits for the next.
    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// A socket that is not to be had, and what to do about it.
pub(super) fn taken(error: &NetError, lang: Lang) -> Failure {
    let NetError::Listen { address, source } = error else { return Failure::usage(error.to_string()) };
    let port = address.socket.port();
    let line = match source.kind() {
        std::io::ErrorKind::AddrInUse => say!(
            lang,
            "端口已被占用：{address}；可用 ss -lntup | grep {port} 查看是谁，或改 [local] listen",
            "the port is taken: {address}; see by whom with ss -lntup | grep {port}, or change [local] listen"
        ),
        std::io::ErrorKind::AddrNotAvailable => say!(
            lang,
            "本机没有地址 {address}；请改 [local] listen，或写 0.0.0.0",
            "{address} is no address of this machine; change [local] listen, or write 0.0.0.0"
        ),
        std::io::ErrorKind::PermissionDenied => say!(
            lang,
            "没有权限监听 {address}；1024 以下的端口需要 root",
            "not allowed to listen on {address}; ports below 1024 need root"
        ),
        _ => say!(lang, "无法监听 {address}：{source}", "cannot listen on {address}: {source}"),
    };
    Failure::usage(line)
}

/// 检测批次: the minute it began in Beijing time, and four digits that make it unique.
pub(super) fn run_id(now: Timestamp) -> String {
    let tail = crate::base::text::hex(&random::<2>());
    format!("{}-{tail}", now.beijing("%Y%m%d-%H%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_the_usual_units() {
        assert_eq!(duration("300s"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        for text in ["", "s", "5x", "-1s", "9999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_run_is_named_by_beijing_time() {
        let id = run_id(Timestamp::parse_rfc3339("2026-11-24T01:30:00Z").unwrap());
        assert!(id.starts_with("20261124-0930-") && id.len() == 18, "{id}");
    }
}
