//! `gbaudit catalog`: only the catalogue. Collects it from live platforms, or takes a stored run or files, writes the items as
//! a table, and shows the proof of completeness.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::audit::{Carried, alone, carry_out, chosen, order, platform_arg, wait_arg};
use super::deliver::kept_not;
use super::report::Source;
use super::{Failure, Outcome, check, config, output, terminal};
use crate::audit::catalogued::{Catalogued, catalogued};
use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::catalog::Kind;
use crate::evidence::{Evidence, ProbePlan};
use crate::platform::CrossCheck;
use crate::report::items;
use crate::report::proof::Shown;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("catalog")
        .about(say!(
            lang,
            "只收取目录，写成表格；--explain 给出完整性证明",
            "only collects the catalogue, as a table; --explain proves its completeness"
        ))
        .override_usage(say!(
            lang,
            "gbaudit catalog [-c gbaudit.toml] [--platform NAME] [--wait 300s] [--cross-check second|tree] [--explain] [--out FILE]\n　　　gbaudit catalog <批次号 | latest | 结果文件夹 | 目录文件...> [--explain] [--out FILE]",
            "gbaudit catalog [-c gbaudit.toml] [--platform NAME] [--wait 300s] [--cross-check second|tree] [--explain] [--out FILE]\n       gbaudit catalog <RUN | latest | DIR | FILE...> [--explain] [--out FILE]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit catalog --platform chengwu --out 目录.xlsx --explain\n已有的批次：gbaudit catalog latest --explain",
            "Example: gbaudit catalog --platform chengwu --out catalogue.xlsx --explain\nA stored run: gbaudit catalog latest --explain"
        ))
        .arg(Arg::new("what").action(ArgAction::Append).num_args(0..).value_name("RUN|FILE").help(say!(
            lang,
            "已存的批次，或保存的目录应答（XML）；不写则向平台收取",
            "a stored run, or saved catalogue answers (XML); without it platforms are asked"
        )))
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(
            Arg::new("cross-check")
                .long("cross-check")
                .value_name("second|tree")
                .value_parser(CrossCheck::NAMES.map(|(name, _)| name).to_vec())
                .help(say!(
                    lang,
                    "完整时也再核对：second 再问一次全量，tree 还逐个节点查询；默认按设置",
                    "checks a whole answer too: second asks for all of it again, tree about every node besides; default as set"
                )),
        )
        .arg(Arg::new("explain").long("explain").action(ArgAction::SetTrue).help(say!(
            lang,
            "显示目录完整性证明",
            "shows the proof of completeness"
        )))
        .arg(Arg::new("out").long("out").value_name("FILE").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "写成 .csv、.xlsx 或 .jsonl",
            "writes the items as .csv, .xlsx or .jsonl"
        )))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let target = matches.get_one::<PathBuf>("out");
    let form = target.map(|file| Form::of(file, lang)).transpose()?;
    if let Some(file) = target {
        output::ready(file, lang)?;
    }
    let what: Vec<&String> = matches.get_many::<String>("what").into_iter().flatten().collect();
    let (evidence, unkept) = match what.as_slice() {
        [] => live(matches, target.is_some(), lang)?,
        [run] if Path::new(run).is_dir() || !Path::new(run).exists() => (Source::named(run, matches, lang)?.all(lang)?, None),
        files => (check::read_files(files, lang)?, None),
    };
    if target.is_some() {
        one_platform(evidence.len(), lang)?;
    }
    let mut code = 0;
    for evidence in evidence {
        let Evidence { header, messages, tables, .. } = evidence;
        let catalogued = catalogued(&header, messages, &tables, lang)?;
        let Catalogued { catalog, kinds } = &catalogued;
        if catalog.state.voids() || header.incomplete.is_some() {
            code = 3;
        }
        let shown = Shown::new(catalog, &header, lang);
        if matches.get_flag("explain") {
            terminal::out(&shown.render());
        } else {
            let (name, verdict) = (excerpt(&header.platform.name, 40), shown.verdict());
            let cameras = kinds.iter().filter(|kind| **kind == Kind::Camera).count();
            terminal::line(&say!(
                lang,
                "{name}　目录应答{verdict}其中摄像机 {cameras} 路。",
                "{name}: catalogue answer {verdict} {cameras} of the items are cameras."
            ));
        }
        if let (Some(file), Some(form)) = (target, form) {
            let octets = form.write(&catalogued, lang)?;
            output::atomically(file, |out| out.write_all(&octets)).map_err(|e| output::unwritten(&e, file, lang))?;
            let written = file.display().to_string();
            terminal::line(&say!(lang, "目录已写入　{written}", "the catalogue is in {written}"));
        }
    }
    unkept.map_or(Ok(code), Err)
}

fn one_platform(platforms: usize, lang: Lang) -> Result<(), Failure> {
    if platforms <= 1 {
        return Ok(());
    }
    Err(Failure::usage(say!(
        lang,
        "有几个平台，--out 只能写一个的目录；请用 --platform 指定",
        "there are several platforms, and --out takes the catalogue of one; name it with --platform"
    )))
}

/// Collects. The run is kept like that of an audit that calls no camera.
fn live(matches: &ArgMatches, to_file: bool, lang: Lang) -> Result<(Vec<Evidence>, Option<Failure>), Failure> {
    let settings = super::audit::settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    if to_file {
        one_platform(platforms.len(), lang)?;
    }
    let mut order = order(matches, &settings, platforms, ProbePlan::No);
    if let Some(check) = matches.get_one::<String>("cross-check").and_then(|word| CrossCheck::parse(word)) {
        order.catalog.cross_check = check;
    }
    let _alone = alone(&settings, &order, lang)?;
    let Carried { evidence, mut store, failed } = carry_out(order, Vec::new(), &settings, lang)?;
    let mut failed = failed;
    if let Some(store) = &mut store {
        for evidence in &evidence {
            failed = failed.or(store.put(evidence).err());
        }
    }
    Ok((evidence, failed.map(|error| kept_not(&error, lang))))
}

/// What the items are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Workbook,
    JsonLines,
}

impl Form {
    fn of(file: &Path, lang: Lang) -> Result<Self, Failure> {
        let shown = file.display().to_string();
        match file.extension().map(|e| e.to_string_lossy().to_lowercase()).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Workbook),
            Some("jsonl") => Ok(Self::JsonLines),
            _ => Err(Failure::usage(say!(
                lang,
                "--out {shown}：文件名应以 .csv、.xlsx 或 .jsonl 结尾",
                "--out {shown}: the name must end in .csv, .xlsx or .jsonl"
            ))),
        }
    }

    fn write(self, catalogued: &Catalogued, lang: Lang) -> Result<Vec<u8>, Failure> {
        let Catalogued { catalog, kinds } = catalogued;
        let mut out = Vec::new();
        let written = match self {
            Self::Csv => items::csv(catalog, kinds, lang, &mut out).map_err(|e| e.to_string()),
            Self::JsonLines => items::jsonl(catalog, kinds, &mut out).map_err(|e| e.to_string()),
            Self::Workbook => {
                let mut book = Cursor::new(Vec::new());
                let written = items::xlsx(catalog, kinds, lang, &mut book).map_err(|e| e.to_string());
                out = book.into_inner();
                written
            }
        };
        match written {
            Ok(()) => Ok(out),
            Err(error) => Err(Failure {
                code: 3,
                lines: vec![say!(lang, "目录没有写完：{error}", "the catalogue was not written: {error}")],
            }),
        }
    }
}
