//! `gbaudit diff RUN RUN`: what changed between two runs; with `--mirror`, what one platform did to what it had from another.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::report::Source;
use super::{Failure, Outcome, config, output, terminal};
use crate::audit::assess::assess;
use crate::audit::estate::code_changes;
use crate::base::lang::{Lang, Text, say};
use crate::correction::table::csv_of;
use crate::diff::{self, codes, mirror, screen};
use crate::evidence::problems::Problem;
use crate::evidence::{Evidence, Header};
use crate::store::{Store, StoreError};

pub(super) fn command(lang: Lang) -> Command {
    let run = |name: &'static str| {
        Arg::new(name).required(true).value_name("RUN").help(say!(
            lang,
            "批次号、latest，或含 evidence.db 的结果文件夹",
            "a run id, latest, or a results folder with its evidence.db"
        ))
    };
    Command::new("diff")
        .about(say!(
            lang,
            "比较两次检测：新增、消失、改码、字段变化，问题的新增、反复、消除（按规则、责任单位、录像机），比率；或核对上下级平台（--mirror）",
            "compares two runs: cameras new, vanished, re-coded, changed; findings new, back, closed, by rule, unit, recorder; rates. Or two hops (--mirror)"
        ))
        .override_usage(say!(
            lang,
            "gbaudit diff <前一批次> <后一批次> [--out DIR]\n      gbaudit diff --mirror <上级的批次> <下级的批次> [--out DIR]",
            "gbaudit diff <RUN BEFORE> <RUN AFTER> [--out DIR]\n       gbaudit diff --mirror <RUN ABOVE> <RUN BELOW> [--out DIR]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit diff 20261101-0930-7f3a latest --out 对比\n    gbaudit diff --mirror out/R/shi out/R/xian --out 镜像",
            "Example: gbaudit diff 20261101-0930-7f3a latest --out changes\n         gbaudit diff --mirror out/R/city out/R/county --out mirror"
        ))
        .arg(run("first"))
        .arg(run("second"))
        .arg(Arg::new("mirror").long("mirror").action(ArgAction::SetTrue).help(say!(
            lang,
            "同一批摄像机在上级和下级平台各测一次：上级丢弃、多出、改名、改码、改挂、移动坐标、谎报状态了哪些",
            "one estate seen at two hops: what the upper platform dropped, invented, renamed, re-coded, moved, or said falsely"
        )))
        .arg(Arg::new("platform").long("platform").value_name("NAME").help(say!(
            lang,
            "批次中有几个平台时只比较这一个",
            "only this platform, where the runs have several"
        )))
        .arg(
            Arg::new("fail-on-new").long("fail-on-new").action(ArgAction::SetTrue).conflicts_with("mirror").help(say!(
                lang,
                "有新增的不合规问题时以 1 退出",
                "exit with 1 when there are new failures"
            )),
        )
        .arg(config(lang))
        .arg(Arg::new("out").long("out").value_name("DIR").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "写入 diff.html、diff.csv、diff_groups.csv、diff.json（--mirror：mirror.*）的文件夹；不写则只显示",
            "folder for diff.html, diff.csv, diff_groups.csv and diff.json (--mirror: mirror.*); without it they are only shown"
        )))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let wanted = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let out = matches.get_one::<PathBuf>("out");
    if let Some(folder) = out {
        output::prepare(folder, lang)?;
    }
    let platform = matches.get_one::<String>("platform").map(String::as_str);
    let (_, first) = every(wanted("first"), platform, matches, lang)?;
    let (source, second) = every(wanted("second"), platform, matches, lang)?;
    if matches.get_flag("mirror") {
        let (upper, lower) = (only(first, wanted("first"), lang)?, only(second, wanted("second"), lang)?);
        return mirrored(upper, lower, out.map(PathBuf::as_path), lang);
    }
    let pairs = by_platform(first, second, lang)?;
    let several = pairs.len() > 1;
    let mut new_failures = 0;
    for (before, after) in pairs {
        let book = source.store_of(&after.header.platform.name).map(|store| book(store, &before, &after));
        let book = book.transpose().map_err(|error| super::deliver::kept_not(&error, lang))?.flatten();
        let folder = match out {
            Some(above) if several => Some(output::below(above, &after.header.platform.name)),
            folder => folder.cloned(),
        };
        new_failures += compared(before, after, book.as_deref(), folder.as_deref(), lang)?;
    }
    Ok(u8::from(matches.get_flag("fail-on-new") && new_failures > 0))
}

/// A run and its evidence, of one platform where one is named.
fn every(wanted: &str, platform: Option<&str>, matches: &ArgMatches, lang: Lang) -> Result<(Source, Vec<Evidence>), Failure> {
    let source = Source::named(wanted, matches, lang)?;
    let mut evidence = source.all(lang)?;
    if let Some(name) = platform {
        evidence.retain(|one| one.header.platform.name == name);
    }
    if evidence.is_empty() {
        return Err(Failure::usage(match platform {
            Some(name) => say!(lang, "批次 {wanted} 中没有平台 {name}", "there is no platform {name} in run {wanted}"),
            None => say!(lang, "批次 {wanted} 没有证据", "run {wanted} has no evidence"),
        }));
    }
    Ok((source, evidence))
}

fn only(mut evidence: Vec<Evidence>, wanted: &str, lang: Lang) -> Result<Evidence, Failure> {
    let names = evidence.iter().map(|one| one.header.platform.name.as_str()).collect::<Vec<_>>();
    let names = names.join(Text::new("、", ", ").get(lang));
    match (evidence.pop(), evidence.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Failure::usage(say!(
            lang,
            "批次 {wanted} 中有几个平台（{names}），--mirror 每次比较两个：请写各自的结果文件夹",
            "run {wanted} has several platforms ({names}), --mirror compares two: name their results folders"
        ))),
    }
}

/// The platforms of two runs, by their names; of one each, whatever they are called.
fn by_platform(first: Vec<Evidence>, second: Vec<Evidence>, lang: Lang) -> Result<Vec<(Evidence, Evidence)>, Failure> {
    if first.len() == 1 && second.len() == 1 {
        return Ok(first.into_iter().zip(second).collect());
    }
    let mut pairs = Vec::new();
    let (mut left, mut alone) = (first, Vec::new());
    for after in second {
        let name = &after.header.platform.name;
        match left.iter().position(|before| before.header.platform.name == *name) {
            Some(place) => pairs.push((left.swap_remove(place), after)),
            None => alone.push(name.clone()),
        }
    }
    alone.extend(left.iter().map(|one| one.header.platform.name.clone()));
    alone.sort_unstable();
    let names = alone.join(Text::new("、", ", ").get(lang));
    if pairs.is_empty() {
        return Err(Failure::usage(say!(
            lang,
            "两个批次没有同名的平台（{names}）",
            "the runs have no platform of one name ({names})"
        )));
    }
    if !alone.is_empty() {
        terminal::line(&say!(lang, "只在一个批次中、不比较的平台：{names}", "in one run only, not compared: {names}"));
    }
    pairs.sort_by(|a, b| a.1.header.platform.name.cmp(&b.1.header.platform.name));
    Ok(pairs)
}

/// What the book of problems says of a platform, if it was kept in both runs.
fn book(store: &Store, before: &Evidence, after: &Evidence) -> Result<Option<Vec<Problem>>, StoreError> {
    let (was, is) = (&before.header, &after.header);
    if was.platform.id != is.platform.id || was.started > is.started {
        return Ok(None);
    }
    let kept = store.rates_between(&is.platform.id, was.started(), is.started().plus_seconds(1))?;
    let in_book = |header: &Header| kept.iter().any(|run| run.run == header.run_id);
    if !in_book(was) || !in_book(is) {
        return Ok(None);
    }
    store.problems_since(&is.platform.id, was.started()).map(Some)
}

/// Compares two runs of one platform. Gives the failures that are new.
fn compared(
    before: Evidence,
    after: Evidence,
    book: Option<&[Problem]>,
    folder: Option<&Path>,
    lang: Lang,
) -> Result<u64, Failure> {
    let tables = [code_changes(&before.header, lang)?, code_changes(&after.header, lang)?];
    let (before, after) = (assess(before, lang, None)?, assess(after, lang, None)?);
    let changes = codes([&tables[0], &tables[1]]);
    let diff = diff::diff_with(&before, &after, &changes, book);
    terminal::out(&screen::diff(&diff));
    if let Some(folder) = folder {
        output::prepare(folder, lang)?;
        let unwritten = |error: &std::io::Error| output::unwritten(error, folder, lang);
        output::atomically(&folder.join("diff.json"), |out| diff::output::json(&diff, out)).map_err(|e| unwritten(&e))?;
        output::atomically(&folder.join("diff.html"), |out| diff::html::diff(&diff, out)).map_err(|e| unwritten(&e))?;
        let groups = table(diff::output::GROUP_COLUMNS, diff::output::group_rows(&diff), lang);
        output::atomically(&folder.join("diff_groups.csv"), |out| out.write_all(groups.as_bytes())).map_err(|e| unwritten(&e))?;
        let table = table(diff::output::COLUMNS, diff::output::rows(&diff), lang);
        output::atomically(&folder.join("diff.csv"), |out| out.write_all(table.as_bytes())).map_err(|e| unwritten(&e))?;
        let shown = folder.display().to_string();
        terminal::line(&say!(
            lang,
            "逐条明细  {shown}：diff.html、diff.csv、diff_groups.csv、diff.json",
            "one by one  {shown}: diff.html, diff.csv, diff_groups.csv, diff.json"
        ));
    }
    Ok(diff.new_failures())
}

fn mirrored(upper: Evidence, lower: Evidence, folder: Option<&Path>, lang: Lang) -> Outcome {
    let tables = [code_changes(&upper.header, lang)?, code_changes(&lower.header, lang)?];
    let (upper, lower) = (assess(upper, lang, None)?, assess(lower, lang, None)?);
    let changes = codes([&tables[0], &tables[1]]);
    let mirror = mirror::mirror(&upper, &lower, &changes);
    terminal::out(&screen::mirror(&mirror));
    if let Some(folder) = folder {
        let unwritten = |error: &std::io::Error| output::unwritten(error, folder, lang);
        output::atomically(&folder.join("mirror.json"), |out| diff::output::mirror_json(&mirror, out))
            .map_err(|e| unwritten(&e))?;
        output::atomically(&folder.join("mirror.html"), |out| diff::html::mirror(&mirror, out)).map_err(|e| unwritten(&e))?;
        let table = table(diff::output::MIRROR_COLUMNS, diff::output::mirror_rows(&mirror), lang);
        output::atomically(&folder.join("mirror.csv"), |out| out.write_all(table.as_bytes())).map_err(|e| unwritten(&e))?;
        let shown = folder.display().to_string();
        terminal::line(&say!(
            lang,
            "逐条明细  {shown}：mirror.html、mirror.csv、mirror.json",
            "one by one  {shown}: mirror.html, mirror.csv, mirror.json"
        ));
    }
    Ok(0)
}

/// Rows with their numbers and a header.
fn table<const N: usize>(columns: [Text; N], rows: Vec<Vec<String>>, lang: Lang) -> String {
    let titles = columns.iter().map(|column| column.get(lang).to_owned()).collect::<Vec<_>>();
    let lines = (1_u64..).zip(rows).map(|(number, row)| std::iter::once(number.to_string()).chain(row).collect());
    csv_of(std::iter::once(titles).chain(lines))
}
