//! `gbaudit template plan|ledger|assignment`: tables to fill in.

use std::io::Cursor;
use std::io::Write as _;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};

use super::report::Source;
use super::{Failure, Outcome, output, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::report::template::{Template, fill_in};

pub(super) fn command(lang: Lang) -> Command {
    Command::new("template")
        .about(say!(
            lang,
            "生成要填的表：关键位置点位表、摄像机台账、点位归属表（可由某一批次的目录预填）",
            "tables to fill in: key positions, ledger, assignment table (filled in from the catalogue of a run)"
        ))
        .override_usage("gbaudit template <plan | ledger | assignment> [--run RUN] --out FILE.xlsx")
        .after_help(say!(
            lang,
            "例：gbaudit template assignment --run latest --out 点位归属表.xlsx",
            "Example: gbaudit template assignment --run latest --out assignment.xlsx"
        ))
        .arg(
            Arg::new("kind")
                .required(true)
                .value_name("TABLE")
                .value_parser(PossibleValuesParser::new(Template::ALL.map(|(name, _)| name)))
                .help(say!(
                    lang,
                    "plan：关键位置点位表；ledger：摄像机台账；assignment：点位归属表",
                    "plan: key positions; ledger: installed cameras; assignment: where each camera belongs"
                )),
        )
        .arg(Arg::new("run").long("run").value_name("RUN").help(say!(
            lang,
            "批次号、latest 或结果文件夹：用它的目录预填点位归属表",
            "a run's id, latest, or a folder of results: the assignment table is filled in from its catalogue"
        )))
        .arg(super::config(lang))
        .arg(Arg::new("out").long("out").required(true).value_name("FILE").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "要写的工作簿（.xlsx）",
            "the workbook to write (.xlsx)"
        )))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let kind = matches.get_one::<String>("kind").map(String::as_str).unwrap_or_default();
    let template = Template::ALL.iter().find(|(name, _)| *name == kind).map_or(Template::Plan, |(_, template)| *template);
    let Some(target) = matches.get_one::<PathBuf>("out") else { return Ok(0) };
    if !target.extension().is_some_and(|end| end.eq_ignore_ascii_case("xlsx")) {
        return Err(Failure::usage(say!(lang, "--out 应以 .xlsx 结尾", "--out must end in .xlsx")));
    }
    let report = match matches.get_one::<String>("run") {
        None => None,
        Some(_) if template != Template::Assignment => {
            return Err(Failure::usage(say!(
                lang,
                "只有 assignment（点位归属表）能由批次预填，请去掉 --run",
                "only the assignment table is filled in from a run, leave out --run"
            )));
        }
        Some(_) => {
            let source = Source::find(matches, lang)?;
            Some(assess(source.only_one(lang)?, lang, None).map_err(|e| Failure::usage(e.to_string()))?)
        }
    };
    let mut octets = Cursor::new(Vec::new());
    fill_in(template, report.as_ref(), lang, &mut octets).map_err(|e| Failure::usage(e.to_string()))?;
    let octets = octets.into_inner();
    output::atomically(target, |out| out.write_all(&octets)).map_err(|e| output::unwritten(&e, target, lang))?;
    let shown = target.display().to_string();
    terminal::line(&say!(lang, "已写 {shown}", "written: {shown}"));
    Ok(0)
}
