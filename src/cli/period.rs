//! `gbaudit period`: what happened to a platform's problems in a week, a month, or from day to day, and how its rates went.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Failure, Outcome, config, output, terminal};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::time::Timestamp;
use crate::diff::period::{WEEK, csv, html, json, period, screen};

const DAY_S: i64 = 86_400;
const MONTH: i64 = 30;

pub(super) fn command(lang: Lang) -> Command {
    let day = |name: &'static str, zh: &str, en: &str| {
        Arg::new(name).long(name).value_name("2026-11-01").help(say!(lang, "{zh}", "{en}"))
    };
    Command::new("period")
        .about(say!(
            lang,
            "周报、月报：一段时间内问题的发生、修复、未修复，按责任单位；各项比率的变化",
            "a week or a month: problems that occurred, were repaired, stand open, by unit; how the rates went"
        ))
        .override_usage("gbaudit period [--week | --month | --from DAY --to DAY] [--out DIR]")
        .after_help(say!(lang, "例：gbaudit period --week --out 周报", "Example: gbaudit period --week --out week"))
        .arg(Arg::new("week").long("week").action(ArgAction::SetTrue).help(say!(
            lang,
            "到今天为止的七天（默认）",
            "the seven days up to today (default)"
        )))
        .arg(Arg::new("month").long("month").action(ArgAction::SetTrue).conflicts_with("week").help(say!(
            lang,
            "到今天为止的三十天",
            "the thirty days up to today"
        )))
        .arg(day("from", "第一天（北京时间）", "the first day (Beijing)").conflicts_with_all(["week", "month"]).requires("to"))
        .arg(day("to", "最后一天", "the last day").conflicts_with_all(["week", "month"]).requires("from"))
        .arg(Arg::new("platform").long("platform").value_name("CODE").help(say!(
            lang,
            "只要这一个平台（编码）",
            "only this platform, by its code"
        )))
        .arg(config(lang))
        .arg(Arg::new("out").long("out").value_name("DIR").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "写入 period.html、period.csv、period.json 的文件夹；不写则只显示",
            "folder for period.html, period.csv and period.json; without it they are only shown"
        )))
}

/// The days asked for, as moments: the first, and the one after the last.
fn span(matches: &ArgMatches, now: Timestamp, lang: Lang) -> Result<(Timestamp, Timestamp), Failure> {
    let day = |text: &str| {
        Timestamp::from_beijing_date(text).ok_or_else(|| {
            Failure::usage(say!(lang, "日期 \"{text}\" 应写作 2026-11-25", "the date \"{text}\" must be written 2026-11-25"))
        })
    };
    if let (Some(from), Some(to)) = (matches.get_one::<String>("from"), matches.get_one::<String>("to")) {
        let (from, to) = (day(from)?, day(to)?.plus_seconds(DAY_S));
        if from >= to {
            return Err(Failure::usage(say!(lang, "--from 晚于 --to", "--from is after --to")));
        }
        return Ok((from, to));
    }
    let days = if matches.get_flag("month") { MONTH } else { WEEK };
    let to = day(&now.beijing("%Y-%m-%d"))?.plus_seconds(DAY_S);
    Ok((to.plus_seconds(-days * DAY_S), to))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let (from, to) = span(matches, SystemClock::default().wall(), lang)?;
    let store = super::report::opened(matches, lang)?;
    let unreadable = |error: crate::store::StoreError| super::deliver::kept_not(&error, lang);
    let mut platforms = store.watched().map_err(unreadable)?;
    if let Some(wanted) = matches.get_one::<String>("platform") {
        platforms.retain(|platform| platform == wanted);
    }
    if platforms.is_empty() {
        return Err(Failure::usage(say!(
            lang,
            "库中没有这样的平台的检测；先运行 gbaudit audit",
            "the store has no run of such a platform; run gbaudit audit first"
        )));
    }
    let several = platforms.len() > 1;
    for platform in platforms {
        // From the week before on, to hold the first week against.
        let since = from.plus_seconds(-WEEK * DAY_S);
        let runs = store.rates_between(&platform, since, to).map_err(unreadable)?;
        let problems = store.problems_since(&platform, from).map_err(unreadable)?;
        let period = period(&platform, (from, to), runs, &problems, lang);
        terminal::out(&screen(&period));
        let Some(above) = matches.get_one::<PathBuf>("out") else { continue };
        // A code is what the settings say, twenty digits: it may name a folder.
        let folder = if several { above.join(&platform) } else { above.clone() };
        output::prepare(&folder, lang)?;
        let unwritten = |error: &std::io::Error| output::unwritten(error, &folder, lang);
        output::atomically(&folder.join("period.html"), |out| html(&period, out)).map_err(|e| unwritten(&e))?;
        output::atomically(&folder.join("period.csv"), |out| csv(&period, out)).map_err(|e| unwritten(&e))?;
        output::atomically(&folder.join("period.json"), |out| json(&period, out)).map_err(|e| unwritten(&e))?;
        let shown = folder.display().to_string();
        terminal::line(&say!(
            lang,
            "已写 {shown}：period.html、period.csv、period.json",
            "written {shown}: period.html, period.csv, period.json"
        ));
    }
    Ok(0)
}
