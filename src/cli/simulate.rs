//! `gbaudit simulate`: a made-up subordinate platform, and a run held against its truth.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::audit::{Interrupts, taken};
use super::{Failure, Outcome, terminal};
use crate::base::clock::SystemClock;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, pad};
use crate::config::scene::{EXAMPLE, load_scene, read_scene};
use crate::net::Stop;
use crate::net::endpoint::bind;
use crate::probe::outcome::MediaTransport;
use crate::rules::FieldId;
use crate::simulator::behaviour::BEHAVIOURS;
use crate::simulator::fault::FAULTS;
use crate::simulator::generated::{scene_file, truth};
use crate::simulator::platform::{Said, Tally, local_setting, run as run_platform};
use crate::simulator::score::{Matrix, Score, score};
use crate::simulator::trouble::TROUBLES;
use crate::simulator::world::World;

/// Differing cameras that are shown by name.
const MAX_DIFFERENCES: usize = 50;

/// Scenes drawn at once.
const MAX_GENERATED: i64 = 10_000;

/// The scene a demonstration leaves in its folder.
pub(super) const SCENE_FILE: &str = "scene.toml";

pub(super) fn command(lang: Lang) -> Command {
    Command::new("simulate")
        .about(say!(
            lang,
            "模拟一个下级平台：注册、应答目录、应答点播，故障可开关",
            "a simulated subordinate platform: registers, answers catalogue and calls, faults switchable"
        ))
        .override_usage("gbaudit simulate [-c sim.toml] | --score DIR | --generate DIR | --example | --list")
        .after_help(say!(
            lang,
            "例：gbaudit simulate --example > sim.toml\n    gbaudit simulate -c sim.toml\n    gbaudit simulate -c sim.toml --score 结果",
            "Example: gbaudit simulate --example > sim.toml\n         gbaudit simulate -c sim.toml\n         gbaudit simulate -c sim.toml --score results"
        ))
        .arg(
            Arg::new("config").short('c').long("config").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
                lang,
                "场景文件，默认 sim.toml",
                "scene file, default sim.toml"
            )),
        )
        .arg(Arg::new("score").long("score").value_name("DIR").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "不运行；把该结果文件夹与场景的真实情况对照",
            "does not run; holds the results in this folder against the truth of the scene"
        )))
        .arg(
            Arg::new("transports")
                .long("transports")
                .value_name("udp,tcp-passive,tcp-active")
                .requires("score")
                .value_delimiter(',')
                .value_parser(["udp", "tcp-passive", "tcp-active"])
                .help(say!(lang, "检测时所用的传输方式，默认三种", "the transports of the audit, default all three")),
        )
        .arg(Arg::new("generate").long("generate").value_name("DIR").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "不运行；生成一批场景文件，每个附真实情况（.truth.json）",
            "does not run; draws scene files, each with its truth beside it (.truth.json)"
        )))
        .arg(
            Arg::new("count")
                .long("count")
                .value_name("N")
                .requires("generate")
                .value_parser(clap::value_parser!(u32).range(1..=MAX_GENERATED))
                .default_value("200")
                .help(say!(lang, "生成多少个", "how many are drawn")),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .requires("generate")
                .value_parser(clap::value_parser!(u64))
                .default_value("1")
                .help(say!(lang, "随机种子，相同则场景相同", "the same seed draws the same scenes")),
        )
        .arg(Arg::new("example").long("example").action(ArgAction::SetTrue).help(say!(lang, "输出一份场景示例", "prints a scene to begin with")))
        .arg(Arg::new("list").long("list").action(ArgAction::SetTrue).help(say!(
            lang,
            "列出全部平台故障、记录故障和点播行为",
            "lists every trouble, fault and behaviour"
        )))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    if matches.get_flag("example") {
        terminal::out(EXAMPLE);
        return Ok(0);
    }
    if matches.get_flag("list") {
        list(lang);
        return Ok(0);
    }
    if let Some(folder) = matches.get_one::<PathBuf>("generate") {
        let number = |key: &str| matches.get_one::<u32>(key).copied().unwrap_or(1);
        return generate(folder, number("count"), matches.get_one("seed").copied().unwrap_or(1), lang);
    }
    let given = matches.get_one::<PathBuf>("config").cloned();
    if let Some(folder) = matches.get_one::<PathBuf>("score") {
        let beside = folder.join(SCENE_FILE);
        let path = given.unwrap_or_else(|| if beside.exists() { beside } else { PathBuf::from("sim.toml") });
        let transports: Vec<MediaTransport> = match matches.get_many::<String>("transports") {
            Some(words) => {
                words.filter_map(|w| MediaTransport::NAMES.iter().find(|(name, _)| name == w)).map(|(_, t)| *t).collect()
            }
            None => MediaTransport::NAMES.map(|(_, t)| t).to_vec(),
        };
        return scored(&path, folder, &transports, lang);
    }
    let path = given.unwrap_or_else(|| PathBuf::from("sim.toml"));
    let scene = load_scene(&path, lang).map_err(|p| Failure::problems(&p))?;
    simulate(World::new(scene), lang)
}

fn list(lang: Lang) {
    terminal::line(&say!(lang, "平台故障（[platform] troubles）", "troubles of the platform ([platform] troubles)"));
    for about in TROUBLES {
        terminal::line(&format!("  {}{}", pad(about.id, 26), about.text.get(lang)));
    }
    terminal::line(&say!(lang, "记录故障（[[fault]] kind）", "faults ([[fault]] kind)"));
    for fault in FAULTS {
        terminal::line(&format!("  {}{}  {}", pad(fault.id, 26), fault.rule, fault.text.get(lang)));
    }
    terminal::line(&say!(lang, "点播行为（[[channel]] behaviour）", "behaviours ([[channel]] behaviour)"));
    for behaviour in BEHAVIOURS {
        terminal::line(&format!("  {}{}", pad(behaviour.id, 26), behaviour.text.get(lang)));
    }
}

fn simulate(world: World, lang: Lang) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    let tally = Arc::new(Tally::default());
    let counted = tally.clone();
    let (items, listen) = (world.items(), world.scene().listen);
    let outcome = runtime.block_on(async move {
        // Before anybody is told of Ctrl+C.
        let mut interrupts = Interrupts::listen();
        let bound = bind(&local_setting(world.scene())).map_err(|e| taken(&e, lang))?;
        terminal::complain(&say!(
            lang,
            "模拟平台已启动：{listen}，目录 {items} 条；按 Ctrl+C 结束",
            "the simulated platform is up at {listen}, {items} items; Ctrl+C ends it"
        ));
        let (stopper, stop) = Stop::new();
        tokio::spawn(async move {
            interrupts.next().await;
            stopper.stop();
        });
        let (said, mut saying) = tokio::sync::mpsc::channel(64);
        let telling = tokio::spawn(async move {
            while let Some(said) = saying.recv().await {
                terminal::complain(&match said {
                    Said::Registered => say!(lang, "已向检测方注册", "registered with the auditor"),
                    Said::NotRegistered(why) => say!(lang, "没有注册上：{why}", "not registered: {why}"),
                    Said::CatalogAsked => say!(lang, "收到目录查询", "the catalogue was asked for"),
                    Said::Called => say!(lang, "开始被点播", "calls have begun"),
                    Said::CatalogSent(n) => say!(lang, "目录已发出，{n} 条消息", "the catalogue was sent, {n} messages"),
                });
            }
        });
        let ended = run_platform(Arc::new(world), bound, tally, said, stop, Arc::new(SystemClock::default())).await;
        telling.abort();
        ended.map_err(|e| taken(&e, lang))
    });
    runtime.shutdown_background();
    outcome?;
    let n = counted.read();
    let (calls, peak, answered, hung_up) = (n.calls, n.peak, n.answered, n.hung_up);
    let (cancelled, refused, open) = (n.cancelled, n.refused, n.open);
    terminal::line(&say!(
        lang,
        "点播 {calls} 次，同时最多 {peak} 路；应答 {answered}，挂断 {hung_up}，取消 {cancelled}，拒绝 {refused}，未结束 {open}",
        "{calls} calls, at most {peak} at once; {answered} answered, {hung_up} hung up, {cancelled} cancelled, {refused} refused, {open} left open"
    ));
    Ok(0)
}

/// Writes scenes and their truths into a folder.
fn generate(folder: &Path, count: u32, seed: u64, lang: Lang) -> Outcome {
    let shown = folder.display().to_string();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text)
            .map_err(|e| Failure::usage(say!(lang, "写不进 {shown}：{e}", "{shown} cannot be written to: {e}")))
    };
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::usage(say!(lang, "写不进 {shown}：{e}", "{shown} cannot be written to: {e}")))?;
    for number in 1..=count {
        let (text, name) = (scene_file(seed, number), format!("{number:04}.toml"));
        let scene = read_scene(&name, &text, folder, lang).map_err(|p| Failure::problems(&p))?;
        let truth = serde_json::to_string_pretty(&truth(&World::new(scene))).unwrap_or_default();
        write(&name, &text)?;
        write(&format!("{number:04}.truth.json"), &format!("{truth}\n"))?;
    }
    let first = terminal::argument(&folder.join("0001.toml"));
    terminal::line(&say!(
        lang,
        "已生成 {count} 个场景：{shown}；逐个运行：gbaudit simulate -c {first}",
        "{count} scenes are in {shown}; run one with gbaudit simulate -c {first}"
    ));
    Ok(0)
}

fn scored(path: &Path, folder: &Path, transports: &[MediaTransport], lang: Lang) -> Outcome {
    let scene = load_scene(path, lang).map_err(|p| Failure::problems(&p))?;
    let file = folder.join("devices.jsonl");
    let shown = file.display().to_string();
    let lines = std::fs::read_to_string(&file)
        .map_err(|e| Failure::usage(say!(lang, "读不到 {shown}：{e}", "{shown} cannot be read: {e}")))?;
    let score = score(&World::new(scene), transports, &lines).map_err(|(line, error)| {
        Failure::usage(say!(lang, "{shown}:{line}: 不是 JSON：{error}", "{shown}:{line}: not JSON: {error}"))
    })?;
    terminal::out(&render(&score, lang));
    Ok(u8::from(!score.is_perfect()))
}

/// The confusion matrix for people.
fn render(score: &Score, lang: Lang) -> String {
    let cell = |matrix: Option<&Matrix>, truth: &str, said: &str| {
        matrix.and_then(|m| m.get(&(truth.to_owned(), said.to_owned()))).copied().unwrap_or(0)
    };
    let (matched, missing, extra) = (score.matched, score.missing, score.extra);
    let mut out = say!(
        lang,
        "对上 {matched} 路，结果中缺少 {missing} 路，结果中多出 {extra} 路\n\n",
        "{matched} cameras matched, {missing} missing in the results, {extra} too many\n\n"
    );
    out.push_str(&say!(
        lang,
        "字段        应不合规：判出  漏判    应合规：合规  误判\n",
        "field       wrong: found  missed   right: passed  accused\n"
    ));
    for field in FieldId::ALL {
        let matrix = score.fields.get(field.key());
        let all = |truth: &str| matrix.map_or(0, |m| m.iter().filter(|((t, _), _)| t == truth).map(|(_, n)| *n).sum());
        let (found, passed) = (cell(matrix, "fail", "fail"), cell(matrix, "pass", "pass"));
        let (missed, accused) = (all("fail") - found, all("pass") - passed);
        out.push_str(&format!("{}{found:>10}  {missed:>6}  {passed:>12}  {accused:>6}\n", pad(field.title().get(lang), 16)));
    }
    let unnoticed: u64 = score.rules.iter().filter(|((truth, said), _)| truth != said).map(|(_, n)| *n).sum();
    let noticed: u64 = score.rules.values().sum::<u64>() - unnoticed;
    out.push_str(&say!(
        lang,
        "规则：应报出的 {noticed} 处已报出，{unnoticed} 处没有报出\n",
        "rules: {noticed} spoke that had to, {unnoticed} did not\n"
    ));
    for ((rule, said), n) in score.rules.iter().filter(|((truth, said), _)| truth != said) {
        out.push_str(&format!("  {rule} → {said}  {n}\n"));
    }
    out.push_str(&say!(lang, "\n画面（真实 → 判定）\n", "\npictures (truth → verdict)\n"));
    for ((truth, said), n) in &score.pictures {
        let mark = if truth == said { ' ' } else { '!' };
        out.push_str(&format!("{mark} {}→ {}{n:>8}\n", pad(truth, 32), pad(said, 32)));
    }
    if !score.differences().is_empty() {
        out.push_str(&say!(
            lang,
            "\n不一致的摄像机（编码：项目：真实 → 判定）\n",
            "\ncameras that differ (code: what: truth → verdict)\n"
        ));
        for difference in score.differences().iter().take(MAX_DIFFERENCES) {
            out.push_str(&format!("  {}\n", excerpt(difference, 160)));
        }
    }
    let verdict = if score.is_perfect() {
        say!(lang, "\n全部一致\n", "\neverything agrees\n")
    } else {
        say!(lang, "\n有不一致\n", "\nthere are differences\n")
    };
    out.push_str(&verdict);
    out
}
