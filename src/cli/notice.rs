//! `gbaudit notice check FILE`: a draft 公示 held against itself, and against a run.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::report::Source;
use super::{Failure, Outcome, config, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::notice::text::{self, MAX_FILE};
use crate::notice::{Answer, Finding, MAX_FINDINGS, Measured, check, place};

/// Characters of an excerpt.
const MAX_EXCERPT: usize = 80;
/// Something contradicts.
const CONTRADICTS: u8 = 1;

pub(super) fn command(lang: Lang) -> Command {
    let check = Command::new("check")
        .about(say!(lang, "核对公示稿：与自身、与批次证据是否矛盾", "holds a draft notice against itself and against a run"))
        .override_usage(say!(
            lang,
            "gbaudit notice check <公示稿.docx|txt> [--run <批次号 | latest | 结果文件夹>] [-c 设置文件] [--json]",
            "gbaudit notice check <FILE.docx|txt> [--run <RUN | latest | DIR>] [-c gbaudit.toml] [--json]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit notice check 公示.docx --run latest\n退出码：0 没有矛盾，1 有矛盾，2 读不了",
            "Example: gbaudit notice check notice.docx --run latest\nExit code: 0 nothing contradicts, 1 something does, 2 unreadable"
        ))
        .arg(Arg::new("file").required(true).value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "公示稿：Word 文档（.docx）或纯文本（UTF-8、GB18030）",
            "the draft: a Word document (.docx) or plain text (UTF-8, GB 18030)"
        )))
        .arg(Arg::new("run").long("run").value_name("RUN").help(say!(
            lang,
            "同时与这一批次的证据核对：批次号、latest 或结果文件夹",
            "hold its figures against this run too: a run id, latest, or a results folder"
        )))
        .arg(config(lang))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help(say!(
            lang,
            "以 JSON 输出，每条一行",
            "as JSON, a line each"
        )));
    Command::new("notice")
        .about(say!(lang, "核对验收公示稿", "checks a draft of the public notice"))
        .override_usage("gbaudit notice check FILE [--run RUN]")
        .after_help(say!(
            lang,
            "例：gbaudit notice check 公示.docx --run latest",
            "Example: gbaudit notice check notice.docx --run latest"
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    match matches.subcommand() {
        Some((_, matches)) => checked(matches, lang),
        None => Ok(0),
    }
}

fn checked(matches: &ArgMatches, lang: Lang) -> Outcome {
    let Some(file) = matches.get_one::<PathBuf>("file") else { return Ok(0) };
    let shown = file.display().to_string();
    let octets =
        octets(file).map_err(|error| Failure::usage(say!(lang, "{shown} 读不了：{error}", "{shown} cannot be read: {error}")))?;
    let blocks = text::read(&octets).map_err(|why| {
        let why = why.get(lang);
        Failure::usage(say!(lang, "{shown} 读不了：{why}", "{shown} cannot be read: {why}"))
    })?;
    if blocks.is_empty() {
        return Err(Failure::usage(say!(lang, "{shown} 中没有文字", "there is no text in {shown}")));
    }
    let mut measured = Vec::new();
    if let Some(run) = matches.get_one::<String>("run") {
        for evidence in Source::named(run, matches, lang)?.all(lang)? {
            measured.push(Measured::of(&assess(evidence, lang, None)?));
        }
    }
    let found = check(&blocks, &measured, lang);
    let as_json = matches.get_flag("json");
    for (number, one) in (1_usize..).zip(found.iter().take(MAX_FINDINGS)) {
        let at = place(blocks.get(one.block), lang);
        let says = excerpt(&visible(&one.says), MAX_EXCERPT);
        if as_json {
            let (check, answer) = (one.check, one.answer.id());
            let (wrong, instead) = (&one.wrong, &one.instead);
            let json = serde_json::json!({"check": check, "answer": answer, "where": at, "says": says, "wrong": wrong, "instead": instead});
            terminal::line(&json.to_string());
        } else {
            let (answer, wrong, instead) = (one.answer.title().get(lang), &one.wrong, &one.instead);
            terminal::line(&say!(
                lang,
                "{number}. {answer}  {at}：“{says}”\n   {wrong}\n   改法：{instead}",
                "{number}. {answer}  {at}: \"{says}\"\n   {wrong}\n   instead: {instead}"
            ));
        }
    }
    let of = |answer: Answer| found.iter().filter(|one: &&Finding| one.answer == answer).count();
    let [bad, unclear, missing] = [Answer::Contradicts, Answer::CannotTell, Answer::Missing].map(of);
    let left = found.len().saturating_sub(MAX_FINDINGS);
    if left > 0 {
        terminal::complain(&say!(
            lang,
            "另有 {left} 条未列出，请先改正以上各条",
            "{left} more are not listed, put these right first"
        ));
    }
    if !as_json {
        let held = if measured.is_empty() {
            say!(lang, "未与批次核对（--run）", "not held against a run (--run)")
        } else {
            say!(lang, "已与批次核对", "held against the run")
        };
        terminal::line(&say!(
            lang,
            "矛盾 {bad} 处，无法核对 {unclear} 处，缺少 {missing} 处；{held}",
            "{bad} contradict, {unclear} cannot be told, {missing} missing; {held}"
        ));
    }
    Ok(if bad > 0 { CONTRADICTS } else { 0 })
}

/// No more of a file than is looked at, and one octet to see that there is more.
fn octets(file: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    std::fs::File::open(file)?.take(MAX_FILE as u64 + 1).read_to_end(&mut octets)?;
    Ok(octets)
}
