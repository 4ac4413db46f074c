//! `gbaudit check FILE...`: the same judgment on files, without a platform.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use sha2::{Digest as _, Sha256};

use super::deliver::deliver;
use super::{Failure, Outcome, config, exit_code, exit_zero, out, output, terminal};
use crate::audit::assess::assess;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::hex;
use crate::base::time::Timestamp;
use crate::catalog::import::{FileKind, MAX_FILE_BYTES, is_catalog, mask_table, split_bodies};
use crate::division::{Divisions, Jurisdiction};
use crate::edition::{Edition, EditionSource};
use crate::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Supplied, Table};
use crate::manscdp::document::Document;
use crate::manscdp::mask::mask_passwords;
use crate::profile::RateId;
use crate::report::summary;
use crate::rules::tables::{TABLES, TableKind};

pub(super) fn command(lang: Lang) -> Command {
    Command::new("check")
        .about(say!(
            lang,
            "检查文件中的目录：MANSCDP XML 或 CSV，不连接平台",
            "judges catalogues in files, MANSCDP XML or CSV, without a platform"
        ))
        .override_usage(say!(
            lang,
            "gbaudit check <文件>... [-c gbaudit.toml] [--profile P] [--jurisdiction 371723] [--out DIR]",
            "gbaudit check <FILE>... [-c gbaudit.toml] [--profile P] [--jurisdiction 371723] [--out DIR]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit check 目录.xml --jurisdiction 371723 --out 结果",
            "Example: gbaudit check catalogue.xml --jurisdiction 371723 --out results"
        ))
        .arg(
            Arg::new("files")
                .required(true)
                .action(ArgAction::Append)
                .num_args(1..)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(say!(
                    lang,
                    "目录应答（XML，可含多个）或平台导出的 CSV",
                    "catalogue answers (XML, one or many a file) or a platform's CSV"
                )),
        )
        .arg(config(lang))
        .arg(Arg::new("profile").long("profile").value_name("P").help(say!(lang, "口径名称或文件", "profile, by name or file")))
        .arg(Arg::new("jurisdiction").long("jurisdiction").value_name("CODE").value_delimiter(',').help(say!(
            lang,
            "检测辖区，可用逗号分隔多个",
            "audited regions, separated by commas"
        )))
        .arg(Arg::new("edition").long("edition").value_name("2011|2016|2022").value_parser(["2011", "2016", "2022"]).help(say!(
            lang,
            "平台所用标准版本，默认 2016",
            "edition the platform speaks, default 2016"
        )))
        .arg(Arg::new("as-of").long("as-of").value_name("2026-11-24").help(say!(
            lang,
            "判断日期，默认今天；写明后结果逐字节可重现",
            "day of judgment, default today; with it results are the same to the byte"
        )))
        .arg(Arg::new("table").long("table").value_name("KEY=FILE").action(ArgAction::Append).help(say!(
            lang,
            "自备的表，如 osd=画面文字.csv；可写的名称见 docs/CONFIG.md 的 [tables]",
            "a table of your own such as osd=shown.csv; the names stand under [tables] in docs/CONFIG.md"
        )))
        .arg(out(lang, &say!(lang, "不写文件，只显示汇总", "none, only the summary is shown")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let evidence = evidence(matches, lang)?;
    let folder = matches.get_one::<PathBuf>("out");
    if let Some(folder) = folder {
        output::prepare(folder, lang)?;
    }
    let exit = match folder {
        Some(folder) => deliver(vec![evidence], &[], folder, &[], lang)?,
        None => {
            let report = assess(evidence, lang, None).map_err(|e| Failure::usage(e.to_string()))?;
            terminal::out(&summary::render(&report));
            report.exit()
        }
    };
    Ok(exit_code(exit, matches))
}

fn evidence(matches: &ArgMatches, lang: Lang) -> Result<Evidence, Failure> {
    let settings = match matches.get_one::<PathBuf>("config") {
        Some(path) => Some(crate::config::load(path, lang).map_err(|p| Failure::problems(&p))?),
        None => None,
    };
    let profile = match (matches.get_one::<String>("profile"), &settings) {
        (Some(name), _) => crate::config::load_profile(name, Path::new("."), lang).map_err(|p| Failure::problems(&p))?,
        (None, Some(settings)) => settings.audit.profile.clone(),
        (None, None) => crate::config::load_profile("sd-2022-basic", Path::new("."), lang).map_err(|p| Failure::problems(&p))?,
    };
    let jurisdiction: Vec<String> = match (matches.get_many::<String>("jurisdiction"), &settings) {
        (Some(codes), _) => codes.cloned().collect(),
        (None, Some(settings)) => settings.audit.jurisdiction.clone(),
        (None, None) => Vec::new(),
    };
    Jurisdiction::new(&jurisdiction, Divisions::embedded())
        .map_err(|e| Failure::usage(crate::config::jurisdiction_problem(&e, lang)))?;
    let setting_edition = settings.as_ref().and_then(|s| s.platforms.first()).and_then(|p| p.edition);
    let edition = matches.get_one::<String>("edition").and_then(|e| Edition::parse(e)).or(setting_edition);
    let as_of = match matches.get_one::<String>("as-of") {
        Some(text) => Timestamp::from_beijing_date(text).ok_or_else(|| {
            Failure::usage(say!(lang, "--as-of \"{text}\" 应写作 2026-11-24", "--as-of \"{text}\" must look like 2026-11-24"))
        })?,
        None => {
            let today = SystemClock::default().wall().beijing("%Y-%m-%d");
            Timestamp::from_beijing_date(&today).unwrap_or_default()
        }
    };
    let mut digest = Sha256::new();
    let mut names = Vec::new();
    let (mut messages, mut tables, mut masked) = (Vec::new(), Vec::new(), 0_u64);
    for path in matches.get_many::<PathBuf>("files").into_iter().flatten() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let octets = read(path, lang)?;
        digest.update((octets.len() as u64).to_be_bytes());
        digest.update(&octets);
        match FileKind::of(&octets) {
            FileKind::Manscdp => {
                for body in split_bodies(&octets) {
                    let mut body = body.to_vec();
                    masked += mask_passwords(&mut body) as u64;
                    messages.push(Message { at: as_of, call_id: name.clone(), body });
                }
            }
            FileKind::Csv => {
                let (octets, hidden) = mask_table(octets);
                masked += hidden;
                tables.push(Table { name: name.clone(), octets });
            }
            FileKind::Spreadsheet => {
                return Err(Failure::usage(say!(
                    lang,
                    "{name}：还不能读取 Excel 文件，请在 Excel 或 WPS 中另存为 CSV",
                    "{name}: Excel files cannot be read yet, save it as CSV in Excel or WPS"
                )));
            }
            FileKind::Utf16 => {
                return Err(Failure::usage(say!(
                    lang,
                    "{name} 是 UTF-16 编码，请另存为 UTF-8 或 GB18030",
                    "{name} is in UTF-16, save it as UTF-8 or GB18030"
                )));
            }
            FileKind::Capture | FileKind::Json => {
                return Err(Failure::usage(say!(
                    lang,
                    "{name}：还不能读取抓包文件和 JSON，请给出 MANSCDP XML 或 CSV",
                    "{name}: packet captures and JSON cannot be read yet, give MANSCDP XML or CSV"
                )));
            }
        }
        names.push(name);
    }
    let id = answering_device(&messages);
    if !messages.iter().any(|m| Document::parse(&m.body, None).is_ok_and(|d| is_catalog(&d))) && tables.is_empty() {
        let names = names.join(say!(lang, "、", ", ").as_str());
        return Err(Failure::usage(say!(
            lang,
            "{names} 中没有目录应答；应为 MANSCDP 的 Response（CmdType 为 Catalog），或带“设备编码”列的 CSV",
            "there is no catalogue answer in {names}; it must be a MANSCDP Response of CmdType Catalog, or a CSV with a column for the device code"
        )));
    }
    let rates = settings.as_ref().map_or_else(|| RateId::ALL.to_vec(), |s| s.audit.rates.clone());
    let boundaries = settings.as_ref().and_then(|s| s.audit.boundaries.clone());
    let supplied = supplied(matches, settings.as_ref().map(|s| s.audit.supplied.as_slice()).unwrap_or_default(), lang)?;
    for table in &supplied {
        for text in [&table.key, &table.text] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
    for text in [profile.source.as_str(), &jurisdiction.join(","), edition.map_or("", Edition::name)] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    digest.update(as_of.micros().to_be_bytes());
    digest.update(boundaries.as_deref().unwrap_or_default().as_bytes());
    let digest = hex(&digest.finalize());
    let source = if edition.is_some() { EditionSource::Setting } else { EditionSource::Default };
    Ok(Evidence {
        header: Header {
            run_id: format!("check-{}", digest.get(..16).unwrap_or_default()),
            mode: Mode::File,
            started: as_of.micros(),
            finished: as_of.micros(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            incomplete: None,
            profile: profile.source,
            jurisdiction,
            rates: rates.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts {
                name: names.join(say!(lang, "、", ", ").as_str()),
                id,
                edition: edition.unwrap_or(Edition::Gb2016).name().to_owned(),
                edition_source: source.name().to_owned(),
                ..PlatformFacts::default()
            },
            local_id: String::new(),
            queries: Vec::new(),
            probing: ProbePlan::No,
            footprint: Footprint::default(),
            heard: Vec::new(),
            masked_passwords: masked,
            signalling: Vec::new(),
            boundaries,
            supplied,
        },
        messages,
        tables,
        probes: Vec::new(),
    })
}

/// The tables of the settings, those of the command line in their place.
fn supplied(matches: &ArgMatches, set: &[Supplied], lang: Lang) -> Result<Vec<Supplied>, Failure> {
    let mut tables: Vec<Supplied> = set.to_vec();
    for text in matches.get_many::<String>("table").into_iter().flatten() {
        let found = text.split_once('=').and_then(|(key, file)| Some((TableKind::parse(key.trim())?, file)));
        let Some((kind, file)) = found else {
            let all = TABLES.iter().map(|t| t.key).collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(say!(
                lang,
                "--table \"{text}\" 应写作 名称=文件，名称可写：{all}",
                "--table \"{text}\" must be written NAME=FILE, with one of these names: {all}"
            )));
        };
        let table = crate::config::load_table(kind, Path::new(file), lang).map_err(|problem| Failure::problems(&[problem]))?;
        tables.retain(|t| t.key != table.key);
        tables.push(table);
    }
    Ok(tables)
}

/// The device that answered, if all bodies name the same one.
fn answering_device(messages: &[Message]) -> String {
    let mut ids: Vec<String> =
        messages.iter().filter_map(|m| Document::parse(&m.body, None).ok()?.get("DeviceID").map(ToOwned::to_owned)).collect();
    ids.sort();
    ids.dedup();
    match ids.as_slice() {
        [one] => one.clone(),
        _ => String::new(),
    }
}

fn read(path: &Path, lang: Lang) -> Result<Vec<u8>, Failure> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        Failure::usage(say!(lang, "读不到文件 {shown}：{error}", "the file {shown} cannot be read: {error}"))
    };
    // A pipe has no size and may have no end.
    let mut octets = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES / (1024 * 1024);
        return Err(Failure::usage(say!(
            lang,
            "文件 {shown} 超过 {limit} MB，请分成几个文件",
            "the file {shown} is over {limit} MB, split it"
        )));
    }
    Ok(octets)
}
