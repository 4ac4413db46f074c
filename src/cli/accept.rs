//! `gbaudit accept --rounds 09:30,15:00,20:30`: one acceptance batch, its inputs frozen, its rounds at the times agreed on, one result.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::audit::{alone, carried_through, chosen, not_opened, order, platform_arg, run_id, settings, stopped, wait_arg};
use super::report::Source;
use super::{Failure, Outcome, config, exit_code, exit_zero, output, rounds, terminal};
use crate::audit::batch::{self, Batch, LATEST_S, Step, clock, inputs};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::config::Settings;
use crate::evidence::{Incomplete, ProbePlan};
use crate::platform::PlatformSetting;
use crate::store::Store;

/// The file a batch is kept in, beside its results.
const FILE: &str = "accept.json";
/// Octets of it that are read.
const MAX_BYTES: u64 = 1 << 20;
/// The clock is looked at so often while nothing is due: it may be set meanwhile.
const LOOK: Duration = Duration::from_secs(5);

pub(super) fn command(lang: Lang) -> Command {
    Command::new("accept")
        .about(say!(
            lang,
            "验收批次：按约定的时刻依次检测几轮，输入冻结，合并为一个结果，可续",
            "an acceptance batch: several rounds at the times agreed on, inputs frozen, one result, resumable"
        ))
        .override_usage(
            "gbaudit accept --rounds 09:30,15:00,20:30 [-c gbaudit.toml] [--platform NAME]... [--out DIR]\n       gbaudit accept --out DIR",
        )
        .after_help(say!(
            lang,
            "例：gbaudit accept --rounds 09:30,15:00,20:30 --out 验收\n中断后写同一个 --out 续检；输入有改动时拒绝继续。口径须有几轮，如 sd-2022-acceptance。",
            "Example: gbaudit accept --rounds 09:30,15:00,20:30 --out acceptance\nAfter an interruption name the same --out; inputs that changed are refused. The profile must have several rounds, such as sd-2022-acceptance."
        ))
        .arg(Arg::new("rounds").long("rounds").value_name("09:30,15:00,20:30").help(say!(
            lang,
            "各轮开始的时刻（北京时间，当天），与口径的轮数相同",
            "when the rounds begin (Beijing time, today), as many as the profile has"
        )))
        .arg(Arg::new("rehearse").long("rehearse").action(ArgAction::SetTrue).help(say!(
            lang,
            "演练：不等时刻，各轮接连进行；结果注明是演练",
            "a rehearsal: the rounds follow each other without waiting; the result says so"
        )))
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(output::font(lang))
        .arg(super::out(lang, &say!(lang, "out/accept-批次号", "out/accept-ID")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let settings = settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    let formats = output::Formats::of(matches, lang)?;
    let frozen = frozen(&settings, &platforms);
    let begun = matches.get_one::<PathBuf>("out").filter(|folder| folder.join(FILE).exists());
    let (folder, mut batch) = match begun {
        Some(folder) => (folder.clone(), gone_on(folder, matches, &frozen, lang)?),
        None => {
            let batch = Batch { inputs: frozen.clone(), ..new(matches, &settings, lang)? };
            let folder = matches.get_one::<PathBuf>("out").cloned();
            (folder.unwrap_or_else(|| PathBuf::from("out").join(format!("accept-{}", batch.id))), batch)
        }
    };
    output::prepare(&folder, lang)?;
    keep(&batch, &folder, lang)?;
    let (id, seal) = (&batch.id, batch.seal());
    let times: Vec<String> = batch.rounds.iter().map(|turn| clock(turn.minute)).collect();
    let (times, seal) = (times.join(say!(lang, "、", ", ").as_str()), seal.get(..12).unwrap_or_default());
    terminal::complain(&say!(
        lang,
        "验收批次 {id}：{times}，输入摘要 {seal}…",
        "acceptance batch {id}: {times}, digest of the inputs {seal}..."
    ));
    let mut told = None;
    loop {
        let now_is = SystemClock::default().wall();
        let step = batch.step(now_is);
        match step {
            Step::Wait(time) => {
                if told != Some(time) {
                    let at = time.beijing("%H:%M");
                    terminal::complain(&say!(lang, "等到 {at} 开始下一轮……", "waiting until {at} for the next round ..."));
                    told = Some(time);
                }
                let left = u64::try_from((time.micros() - now_is.micros()).max(0)).unwrap_or_default();
                std::thread::sleep(Duration::from_micros(left).min(LOOK));
                continue;
            }
            Step::Missed(round) => {
                let (number, minutes) = (round + 1, LATEST_S / 60);
                terminal::complain(&say!(
                    lang,
                    "第 {number} 轮没有在约定时刻后 {minutes} 分钟内开始，记为缺一轮",
                    "round {number} was not begun within {minutes} minutes of its time and is missing"
                ));
                if let Some(turn) = batch.rounds.get_mut(round) {
                    turn.missed = true;
                }
            }
            Step::Begin(_) | Step::Resume(..) => {
                // The settings file may have been written to while we waited.
                let again = self::settings(matches, lang)?;
                let platforms = chosen(matches, &again, lang)?;
                unchanged(&batch, &self::frozen(&again, &platforms), lang)?;
                round(&mut batch, &step, (matches, &again, platforms), (&folder, &formats), lang)?;
            }
            Step::PutTogether => break,
        }
        keep(&batch, &folder, lang)?;
    }
    let runs = batch.runs();
    if runs.is_empty() {
        return Err(Failure { code: 3, lines: vec![say!(lang, "没有一轮检测完", "no round came to its end")] });
    }
    let sources = runs.iter().map(|run| Source::named(run, matches, lang)).collect::<Result<Vec<_>, _>>()?;
    let exit = rounds::put_together(&sources, &folder, (&formats.typeface, Some(&line(&batch, lang))), lang)?;
    Ok(exit_code(exit, matches))
}

/// What stands of the batch in its result.
fn line(batch: &Batch, lang: Lang) -> String {
    let (id, seal) = (&batch.id, batch.seal());
    let times: Vec<String> = batch.rounds.iter().map(|turn| clock(turn.minute)).collect();
    let times = times.join(say!(lang, "、", ", ").as_str());
    let rehearsal = if batch.rehearsal {
        say!(lang, "；演练，各轮没有按约定时刻进行", "; a rehearsal, the rounds were not run at their times")
    } else {
        String::new()
    };
    say!(
        lang,
        "{id}（约定 {times}；输入已冻结，摘要 SHA-256 {seal}）{rehearsal}",
        "{id} (at {times}; inputs frozen, digest SHA-256 {seal}){rehearsal}"
    )
}

/// One round, begun or gone on with.
fn round(
    batch: &mut Batch,
    step: &Step,
    (matches, settings, platforms): (&ArgMatches, &Settings, Vec<PlatformSetting>),
    (folder, formats): (&Path, &output::Formats),
    lang: Lang,
) -> Result<(), Failure> {
    let mut order = order(matches, settings, platforms, ProbePlan::All);
    // A round is of every camera; what ends early is none.
    order.probe.stop_when_certain = None;
    let (round, resumed) = match step {
        Step::Resume(round, run) => {
            order.run_id.clone_from(run);
            // What ended and was not noted, or never began.
            match state(settings, run, lang)? {
                State::Ended => {
                    note(batch, *round, true);
                    return Ok(());
                }
                State::Unknown => (*round, Vec::new()),
                State::Stopped => (*round, stopped(run, &mut order, settings, lang)?),
            }
        }
        Step::Begin(round) => (*round, Vec::new()),
        Step::Wait(_) | Step::Missed(_) | Step::PutTogether => return Ok(()),
    };
    let _alone = alone(settings, &order, lang)?;
    if let Some(turn) = batch.rounds.get_mut(round) {
        turn.run = Some(order.run_id.clone());
    }
    // Before anything is sent: a killed round is gone on with under its own id.
    keep(batch, folder, lang)?;
    let number = round + 1;
    let run = order.run_id.clone();
    terminal::complain(&say!(lang, "第 {number} 轮，批次 {run}", "round {number}, run {run}"));
    let place = folder.join(format!("round-{number}"));
    output::prepare(&place, lang)?;
    carried_through(order, resumed, settings, (&place, formats), None, lang)?;
    let ended = state(settings, &run, lang)? == State::Ended;
    note(batch, round, ended);
    if ended {
        return Ok(());
    }
    keep(batch, folder, lang)?;
    let shown = terminal::argument(folder);
    Err(Failure {
        code: 3,
        lines: vec![say!(
            lang,
            "第 {number} 轮没有测完；续检：gbaudit accept --out {shown}",
            "round {number} was not completed; go on with: gbaudit accept --out {shown}"
        )],
    })
}

fn note(batch: &mut Batch, round: usize, ended: bool) {
    if let Some(turn) = batch.rounds.get_mut(round) {
        turn.ended = ended;
    }
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Stopped,
    Ended,
}

fn state(settings: &Settings, run: &str, lang: Lang) -> Result<State, Failure> {
    let store = Store::open(&settings.store).map_err(|error| not_opened(&error, lang))?;
    let headers = store.headers(run).map_err(|error| not_opened(&error, lang))?;
    let stopped = headers.iter().any(|header| header.incomplete.is_some_and(Incomplete::can_be_resumed));
    Ok(match (headers.is_empty(), stopped) {
        (true, _) => State::Unknown,
        (false, true) => State::Stopped,
        (false, false) => State::Ended,
    })
}

/// A batch that begins.
fn new(matches: &ArgMatches, settings: &Settings, lang: Lang) -> Result<Batch, Failure> {
    let asked = settings.audit.profile.schedule.rounds as usize;
    if settings.audit.profile.schedule.is_one_round() {
        return Err(Failure::usage(say!(
            lang,
            "口径只有一轮，用 gbaudit audit 即可；分轮验收用口径 sd-2022-acceptance，或在口径中写 [schedule]",
            "the profile has one round, gbaudit audit will do; for rounds take the profile sd-2022-acceptance, or write [schedule] in yours"
        )));
    }
    let Some(text) = matches.get_one::<String>("rounds") else {
        return Err(Failure::usage(say!(
            lang,
            "请写各轮的时刻，如 --rounds 09:30,15:00,20:30；续检已有的批次请写它的 --out",
            "write when the rounds begin, such as --rounds 09:30,15:00,20:30; to go on with a batch name its --out"
        )));
    };
    let minutes = batch::times(text).filter(|minutes| minutes.len() == asked).ok_or_else(|| {
        let shown = excerpt(text, 60);
        Failure::usage(say!(
            lang,
            "--rounds “{shown}”应为 {asked} 个由早到晚的时刻，如 09:30,15:00,20:30（轮数由口径定）",
            "--rounds \"{shown}\" must be {asked} times of the day, one after the other, such as 09:30,15:00,20:30 (how many, the profile says)"
        ))
    })?;
    let now = SystemClock::default().wall();
    let batch = Batch::new(run_id(now), now, &minutes, matches.get_flag("rehearse"), Vec::new());
    if let Step::Missed(_) = batch.step(now) {
        let first = minutes.first().copied().map(clock).unwrap_or_default();
        return Err(Failure::usage(say!(
            lang,
            "今天的 {first} 已经过了，批次不能从缺一轮开始；请改时刻，或加 --rehearse 演练",
            "{first} has passed today, and no batch begins with a round missing: choose other times, or add --rehearse"
        )));
    }
    Ok(batch)
}

/// A batch that is gone on with.
fn gone_on(folder: &Path, matches: &ArgMatches, frozen: &[batch::Input], lang: Lang) -> Result<Batch, Failure> {
    let file = folder.join(FILE);
    let shown = file.display().to_string();
    let unreadable = |why: String| Failure::usage(say!(lang, "{shown} 读不了：{why}", "{shown} cannot be read: {why}"));
    let text = std::fs::File::open(&file)
        .and_then(|file| std::io::read_to_string(std::io::Read::take(file, MAX_BYTES)))
        .map_err(|error| unreadable(error.to_string()))?;
    let batch: Batch = serde_json::from_str(&text).map_err(|error| unreadable(visible(&error.to_string()).into_owned()))?;
    if let Some(text) = matches.get_one::<String>("rounds") {
        let same = batch::times(text).is_some_and(|minutes| batch.rounds.iter().map(|turn| turn.minute).eq(minutes));
        if !same {
            let id = excerpt(&batch.id, 40);
            return Err(Failure::usage(say!(
                lang,
                "批次 {id} 约定的时刻不同，不能中途更改；续检时不写 --rounds，另起一批请换 --out",
                "the batch {id} has other times, which are not changed on the way: leave --rounds out, or begin another batch in another --out"
            )));
        }
    }
    unchanged(&batch, frozen, lang)?;
    Ok(batch)
}

/// Refuses inputs that are not what they were.
fn unchanged(batch: &Batch, now: &[batch::Input], lang: Lang) -> Result<(), Failure> {
    let changed = batch.changed(now);
    if changed.is_empty() {
        return Ok(());
    }
    let names = changed.iter().map(|name| excerpt(name, 60)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
    Err(Failure::usage(say!(
        lang,
        "批次开始后输入有改动：{names}；请改回原样再续，或另起一批（另一个 --out）",
        "inputs changed since the batch began: {names}; put them back as they were, or begin another batch in another --out"
    )))
}

/// What must not change: all that could turn a verdict.
fn frozen(settings: &Settings, platforms: &[PlatformSetting]) -> Vec<batch::Input> {
    let platforms: Vec<String> =
        platforms.iter().map(|own| format!("{} {} {:?} {:?}", own.name, own.party.id, own.role, own.address)).collect();
    let more = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("local", settings.local.party.id.clone()),
        ("platforms", platforms.join("\n")),
        ("probe", format!("{:?}", settings.probe)),
        ("catalog", format!("{:?}", settings.catalog)),
    ];
    inputs(&settings.audit, &more)
}

fn keep(batch: &Batch, folder: &Path, lang: Lang) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(batch).unwrap_or_default();
    output::atomically(&folder.join(FILE), |out| std::io::Write::write_all(out, text.as_bytes()))
        .map_err(|error| output::unwritten(&error, folder, lang))
}
