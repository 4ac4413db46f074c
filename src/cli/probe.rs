//! `gbaudit probe`: calls the cameras named, with the earlier result beside.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::audit::{Carried, alone, carry_out, chosen, order, platform_arg, settings, wait_arg};
use super::deliver::kept_not;
use super::{Failure, Outcome, config, exit_code, exit_zero, output, terminal};
use crate::audit::assess::assess;
use crate::audit::carry::can_be_carried;
use crate::audit::targets::is_callable;
use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::config::positions;
use crate::evidence::{Evidence, Header, ProbePlan};
use crate::position::{NAMED, named};
use crate::report::retest::retest;
use crate::report::{Exit, Report};
use crate::store::{Store, StoreError};

/// Codes of one list.
const MAX_NAMED: usize = 20_000;
/// Earlier runs looked at for the result before.
const MAX_TRIED: u32 = 50;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("probe")
        .about(say!(
            lang,
            "只点播指定的摄像机，逐路列出结果和原结果（现场复测）",
            "calls the cameras named only, and shows each beside what was found before"
        ))
        .override_usage(
            "gbaudit probe [DEVICE_ID]... [--list FILE] [-c gbaudit.toml] [--platform NAME]... [--record FILE.docx] [--json]",
        )
        .after_help(say!(
            lang,
            "例：gbaudit probe --list 复测名单.xlsx --record 复测记录表.docx\n退出码：0 全部出图；1 有未出图的；4 有存疑的或目录中没有的；3 没有测完。不写编码也不写名单时点播全部。",
            "Example: gbaudit probe --list again.xlsx --record record.docx\nExit codes: 0 every one has a picture; 1 one has none; 4 one is doubtful or not in the catalogue; 3 not completed. Without codes and list every camera is called."
        ))
        .arg(Arg::new("code").value_name("DEVICE_ID").num_args(0..).help(say!(lang, "设备编码", "device codes")))
        .arg(Arg::new("list").long("list").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "复测名单（XLSX、CSV，有“设备编码”一列即可）",
            "a list (XLSX, CSV) with a column 设备编码 or device_id"
        )))
        .arg(Arg::new("record").long("record").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "写成复测记录表（.docx 或 .pdf），双方签字",
            "writes the record to be signed by both parties (.docx or .pdf)"
        )))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help(say!(
            lang,
            "每路一行 JSON",
            "a line of JSON a camera"
        )))
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let named = codes(matches, lang)?;
    let record = matches.get_one::<PathBuf>("record");
    let as_pages = record.map(|file| form(file, lang)).transpose()?.unwrap_or_default();
    if let Some(file) = record {
        output::ready(file, lang)?;
    }
    let settings = settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    if platforms.len() > 1 && (record.is_some() || !named.is_empty()) {
        return Err(Failure::usage(say!(
            lang,
            "设置中有几个平台；请用 --platform 指定这些摄像机所在的平台",
            "the settings have several platforms: name that of the cameras with --platform"
        )));
    }
    let plan = if named.is_empty() { ProbePlan::All } else { ProbePlan::Named(named.len() as u64) };
    let mut order = order(matches, &settings, platforms, plan);
    order.named.clone_from(&named);
    let _alone = alone(&settings, &order, lang)?;
    let Carried { evidence, mut store, mut failed } = carry_out(order, Vec::new(), &settings, lang)?;
    let mut worst = Exit::Reached;
    for one in evidence {
        if let Some(store) = &mut store {
            failed = failed.or(store.put(&one).err());
        }
        let earlier = store.as_ref().and_then(|store| earlier(store, &one, lang));
        let report = assess(one, lang, None).map_err(|error| Failure::usage(error.to_string()))?;
        let retest = retest(&report, earlier.as_ref(), &named);
        if matches.get_flag("json") {
            for line in retest.lines() {
                terminal::line(&serde_json::to_string(line).unwrap_or_default());
            }
        } else {
            terminal::out(&retest.render());
        }
        if let Some(incomplete) = report.header.incomplete {
            let why = incomplete.text().get(lang);
            terminal::complain(&say!(lang, "没有测完：{why}", "not completed: {why}"));
        }
        if let Some(file) = record {
            let paper = retest.paper();
            output::atomically(file, |out| if as_pages { paper.save_pages(&report.typeface, out) } else { paper.save(out) })
                .map_err(|error| output::unwritten(&error, file, lang))?;
            let shown = file.display().to_string();
            terminal::line(&say!(lang, "复测记录表  {shown}", "record  {shown}"));
        }
        if retest.exit().rank() > worst.rank() {
            worst = retest.exit();
        }
    }
    match failed {
        Some(error) => Err(kept_not(&error, lang)),
        None => Ok(exit_code(worst, matches)),
    }
}

/// The codes of the command line and of the list, each once.
fn codes(matches: &ArgMatches, lang: Lang) -> Result<Vec<String>, Failure> {
    let mut codes: Vec<String> = matches.get_many::<String>("code").into_iter().flatten().cloned().collect();
    if let Some(file) = matches.get_one::<PathBuf>("list") {
        codes.extend(listed(file, lang)?);
    }
    let mut seen = std::collections::HashSet::new();
    codes.retain(|code| seen.insert(code.clone()));
    if let Some(code) = codes.iter().find(|code| !is_callable(code)) {
        let code = excerpt(code, 64);
        return Err(Failure::usage(say!(
            lang,
            "“{code}”不是设备编码，应为 20 位数字，如 37172300001320000001",
            "\"{code}\" is no device code; write 20 digits, such as 37172300001320000001"
        )));
    }
    if codes.len() > MAX_NAMED {
        let (most, n) = (MAX_NAMED, codes.len());
        return Err(Failure::usage(say!(
            lang,
            "名单有 {n} 个编码，最多 {most} 个；要全部点播请用 gbaudit audit",
            "the list has {n} codes and may have {most}; to call them all use gbaudit audit"
        )));
    }
    Ok(codes)
}

/// The codes of a list.
pub(super) fn listed(file: &Path, lang: Lang) -> Result<Vec<String>, Failure> {
    let shown = file.display().to_string();
    let tables = positions::load(NAMED, file, &shown, lang).map_err(|problems| Failure::problems(&problems))?;
    // They were read a moment ago.
    let read = |text: &str| named::parse(text, &mut Vec::new(), lang).unwrap_or_default();
    let codes: Vec<String> = tables.iter().flat_map(|table| read(&table.text)).collect();
    if codes.is_empty() {
        return Err(Failure::usage(say!(lang, "名单 {shown} 中没有设备编码", "the list {shown} has no device code")));
    }
    Ok(codes)
}

/// Whether the record is written as pages.
fn form(file: &Path, lang: Lang) -> Result<bool, Failure> {
    let is = |kind: &str| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(kind));
    if is("docx") || is("pdf") {
        return Ok(is("pdf"));
    }
    let shown = file.display().to_string();
    Err(Failure::usage(say!(
        lang,
        "--record {shown}：文件名应以 .docx 或 .pdf 结尾",
        "--record {shown}: the name must end in .docx or .pdf"
    )))
}

/// The newest run of a platform before a moment that made calls which can stand beside later ones: of every camera, else of a sample. `own`:
/// the run that is not looked for.
pub(super) fn last_called(
    store: &Store,
    (platform, id): (&str, &str),
    (own, before): (&str, Timestamp),
) -> Result<Option<Evidence>, StoreError> {
    let mut sample = None;
    for run in store.earlier(own, platform, before, MAX_TRIED)? {
        let headers = store.headers(&run)?;
        let fits = |header: &&Header| header.platform.name == platform && header.platform.id == id && can_be_carried(header);
        match headers.iter().find(fits).map(|header| header.probing) {
            Some(ProbePlan::All) => return store.load_platform(&run, platform),
            // A check on the spot of ten cameras is no audit of the others.
            Some(_) => sample = sample.or(Some(run)),
            None => {}
        }
    }
    sample.map_or(Ok(None), |run| store.load_platform(&run, platform))
}

/// The same as a report, beside what a run found; nothing where there is none or it cannot be read.
pub(super) fn earlier(store: &Store, evidence: &Evidence, lang: Lang) -> Option<Report> {
    let header = &evidence.header;
    let of = (header.platform.name.as_str(), header.platform.id.as_str());
    let found = last_called(store, of, (&header.run_id, header.started()));
    let found = found.inspect_err(|error| tracing::warn!(%error, "earlier runs cannot be read")).ok().flatten()?;
    assess(found, lang, None).ok()
}
