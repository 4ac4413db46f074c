//! `gbaudit check FILE...`: the same judgment on files, without a platform.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use sha2::{Digest as _, Sha256};

use super::bundle::{self, Begun, Target};
use super::capture::{self, Snapshot};
use super::{Failure, Outcome, config, exit_code, exit_zero, out, output, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, hex};
use crate::base::time::Timestamp;
use crate::catalog::import::{Columns, FileKind, Intake, MAX_COLUMNS_FILE_BYTES, MAX_FILE_BYTES, into_bodies, is_catalog, utf8};
use crate::division::{Divisions, Jurisdiction};
use crate::edition::{Edition, EditionSource};
use crate::evidence::compared::LEDGER;
use crate::evidence::soundness::Soundness;
use crate::evidence::{
    Confirmation, Evidence, Footprint, Header, Message, Mode, Noted, PlatformFacts, ProbePlan, Supplied, Table, Witnesses,
};
use crate::manscdp::document::Document;
use crate::manscdp::mask::mask_passwords;
use crate::media::jpeg::Snapshots;
use crate::position;
use crate::profile::RateId;
use crate::report::{Exit, summary};
use crate::rules::tables::{TABLES, TableKind};

/// Characters of a note that go into the evidence.
const MAX_NOTE_CHARS: usize = 120;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("check")
        .about(say!(
            lang,
            "检查文件：MANSCDP XML、CSV、XLSX、JSON 或抓包，不连接平台",
            "judges files, MANSCDP XML, CSV, XLSX, JSON or packet captures, without a platform"
        ))
        .override_usage(say!(
            lang,
            "gbaudit check <文件>... [-c gbaudit.toml] [--profile P] [--jurisdiction 371723] [--waivers FILE] [--out DIR]",
            "gbaudit check <FILE>... [-c gbaudit.toml] [--profile P] [--jurisdiction 371723] [--waivers FILE] [--out DIR]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit check 目录.xml --jurisdiction 371723 --out 结果",
            "Example: gbaudit check catalogue.xml --jurisdiction 371723 --out results"
        ))
        .arg(
            Arg::new("files")
                .required_unless_present("example")
                .action(ArgAction::Append)
                .num_args(1..)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(say!(
                    lang,
                    "目录应答（XML，可含多个）、平台导出的 CSV、XLSX、JSON，或抓包（pcap、pcapng：目录、注册、点播和码流）",
                    "catalogue answers (XML, one or many a file), a platform's CSV, XLSX or JSON, or packet captures (pcap, pcapng: catalogue, registration, calls and media)"
                )),
        )
        .arg(Arg::new("columns").long("columns").value_name("CSV").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "列名对照表，两列：表头中的列名，要素名或“忽略”",
            "table of column names, two columns: the name in the header, the element or \"ignore\""
        )))
        .arg(Arg::new("example").long("example").value_name("CSV").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "写一个示例表格，不检查",
            "write an example of a table instead of checking"
        )))
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
            "判断日期，默认今天：行政区划按这一天所在年份的代码判断；写明后结果逐字节可重现",
            "day of judgment, default today: regions are judged by the codes of its year; with it results are the same to the byte"
        )))
        .arg(Arg::new("table").long("table").value_name("KEY=FILE").action(ArgAction::Append).help(say!(
            lang,
            "自备的表，如 osd=画面文字.csv；可写的名称见 docs/CONFIG.md 的 [tables]",
            "a table of your own such as osd=shown.csv; the names stand under [tables] in docs/CONFIG.md"
        )))
        .arg(Arg::new("against").long("against").value_name("RUN").help(say!(
            lang,
            "文件是填好的整改清单：看每处修改对这一批次各项比率的影响",
            "the file is a correction table filled in: what every edit does to the rates of this run"
        )))
        .arg(Arg::new("who").long("who").value_name("NAME").requires("against").help(say!(
            lang,
            "写入编码变更对照表的经办人",
            "who changed the codes, for the table of changed codes"
        )))
        .arg(
            Arg::new("ledger")
                .long("ledger")
                .conflicts_with("against")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(say!(
                    lang,
                    "摄像机台账（CSV、XLSX；JSON 只与目录核对）：联网率、完好率的分母，并列出目录缺的和台账缺的",
                    "the ledger of cameras (CSV, XLSX; JSON is only compared): networking and intactness divide by it, and what either lacks is listed"
                )),
        )
        .arg(table(lang, "plan", "关键位置点位表（CSV、XLSX），覆盖率由它计算", "the plan of key positions (CSV, XLSX), of which coverage is counted"))
        .arg(table(
            lang,
            "assignment",
            "点位归属表（CSV、XLSX）：社区、责任单位、是否公共视频、关键位置",
            "the assignment table (CSV, XLSX): community, unit, public or not, key position",
        ))
        .arg(table(
            lang,
            "seen-alive",
            "末次在线表（CSV、XLSX）：各摄像机最后在线日期",
            "when cameras were last on line (CSV, XLSX)",
        ))
        .arg(Arg::new("scope").long("scope").conflicts_with("against").value_name("COMMUNITY").help(say!(
            lang,
            "只统计一个社区：表中的社区名称或代码",
            "only one community, by its name or code in the tables"
        )))
        .arg(
            Arg::new("waivers")
                .long("waivers")
                .conflicts_with("against")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(say!(
                    lang,
                    "豁免表（CSV：规则、编码、理由、批准人、有效期）；另列计入豁免的比率，不改变结论",
                    "waivers (CSV: rule, code, reason, approver, until); adds a rate with waivers, and changes no verdict"
                )),
        )
        .arg(output::font(lang))
        .arg(out(lang, &say!(lang, "不写文件，只显示汇总", "none, only the summary is shown")))
        .args(bundle::arguments(lang).map(|argument| argument.conflicts_with("against")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    if let Some(path) = matches.get_one::<PathBuf>("example") {
        return example(path, lang);
    }
    if let Some(run) = matches.get_one::<String>("against") {
        return super::against::run(matches, run, lang);
    }
    let bundle = Target::of(matches, lang)?;
    let formats = output::Formats::of(matches, lang)?;
    let Judged { evidence, snapshots } = evidence(matches, lang)?;
    let folder = matches.get_one::<PathBuf>("out");
    if let Some(folder) = folder {
        output::prepare(folder, lang)?;
    }
    let exit = match folder {
        Some(folder) => capture::delivered(evidence, &snapshots, (folder, &formats), bundle.as_ref(), lang)?,
        None => {
            let mut worst = Exit::Reached;
            let several = evidence.len() > 1;
            for evidence in evidence {
                let name = several.then(|| evidence.header.platform.name.clone());
                let begin = |target| Begun::new(target, &evidence, &[], name.as_deref(), lang);
                let begun = bundle.as_ref().map(begin).transpose()?;
                let report = assess(evidence, lang, None).map_err(|e| Failure::usage(e.to_string()))?;
                terminal::out(&summary::render(&report));
                if let (Some(begun), Some(target)) = (begun, &bundle) {
                    begun.finish(target, &report, lang)?;
                }
                if report.exit().rank() > worst.rank() {
                    worst = report.exit();
                }
            }
            worst
        }
    };
    Ok(exit_code(exit, matches))
}

/// What files hold, for who does not judge it.
pub(super) fn read_files(files: &[&String], lang: Lang) -> Result<Vec<Evidence>, Failure> {
    let arguments = ["check", "--"].into_iter().chain(files.iter().map(|file| file.as_str()));
    let matches = command(lang).try_get_matches_from(arguments).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(evidence(&matches, lang)?.evidence)
}

/// What files hold.
struct Judged {
    /// One a platform.
    evidence: Vec<Evidence>,
    /// Pictures found in captures.
    snapshots: Vec<Snapshot>,
}

fn evidence(matches: &ArgMatches, lang: Lang) -> Result<Judged, Failure> {
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
        None => Timestamp::from_beijing_date(&super::today()).unwrap_or_default(),
    };
    // A large ledger takes as long to read as the catalogue: both at once.
    let ledger = matches.get_one::<PathBuf>("ledger").cloned();
    let ledger = ledger.map(|file| std::thread::spawn(move || crate::config::load_ledger(&file, lang)));
    let mut digest = Sha256::new();
    let mut names = Vec::new();
    let columns = columns(matches, &mut digest, lang)?;
    let (mut messages, mut intake, mut masked) = (Vec::new(), Intake::default(), 0_u64);
    let mut captures = Vec::new();
    for path in matches.get_many::<PathBuf>("files").into_iter().flatten() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut octets = read(path, MAX_FILE_BYTES, lang)?;
        digest.update((octets.len() as u64).to_be_bytes());
        digest.update(&octets);
        if FileKind::of(&octets) == FileKind::Utf16 {
            octets = utf8(&octets);
        }
        match FileKind::of(&octets) {
            FileKind::Manscdp => {
                let bodies = into_bodies(octets, |body| masked += mask_passwords(body) as u64);
                let call_id: Arc<str> = name.as_str().into();
                messages.extend(bodies.into_iter().map(|body| Message {
                    at: as_of,
                    call_id: call_id.clone(),
                    body,
                    ..Message::default()
                }));
            }
            FileKind::Capture => captures.push(octets),
            FileKind::Compressed => {
                return Err(Failure::usage(say!(
                    lang,
                    "{name} 是压缩文件，请先解压（如 gunzip）再检查",
                    "{name} is compressed, unpack it first (for example with gunzip)"
                )));
            }
            kind => intake.take(kind, octets, &name, &columns, lang).map_err(|p| Failure::problems(&[p]))?,
        }
        names.push(name);
    }
    masked += intake.masked;
    for note in &intake.notes {
        terminal::complain(&note.render(lang));
    }
    let signalling = intake.notes.iter().map(|n| Noted::new(n.kind, n.count, &excerpt(&n.detail, MAX_NOTE_CHARS))).collect();
    let tables: Vec<Table> = intake.sheets.into_iter().map(|s| Table { name: s.name, octets: s.octets }).collect();
    let id = answering_device(&messages);
    if captures.is_empty()
        && !messages.iter().any(|m| Document::parse(&m.body, None).is_ok_and(|d| is_catalog(&d)))
        && tables.is_empty()
    {
        let names = names.join(say!(lang, "、", ", ").as_str());
        return Err(Failure::usage(say!(
            lang,
            "{names} 中没有目录应答；应为 MANSCDP 的 Response（CmdType 为 Catalog），或带“设备编码”列的表格",
            "there is no catalogue answer in {names}; it must be a MANSCDP Response of CmdType Catalog, or a table with a column for the device code"
        )));
    }
    let rates = settings.as_ref().map_or_else(|| RateId::ALL.to_vec(), |s| s.audit.rates.clone());
    let boundaries = settings.as_ref().and_then(|s| s.audit.boundaries.clone());
    let mut supplied = supplied(matches, settings.as_ref().map(|s| s.audit.supplied.as_slice()).unwrap_or_default(), lang)?;
    if let Some(ledger) = ledger {
        let ledger = ledger.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug));
        supplied.retain(|t| t.key != LEDGER);
        supplied.extend(ledger.map_err(|problem| Failure::problems(&[problem]))?);
    }
    positions(matches, &mut supplied, lang)?;
    for table in &supplied {
        for text in [&table.key, &table.text] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
    let waivers = match matches.get_one::<PathBuf>("waivers") {
        Some(path) => {
            Some(crate::config::load_waivers(path, &path.display().to_string(), lang).map_err(|p| Failure::problems(&p))?)
        }
        None => settings.as_ref().and_then(|s| s.audit.waivers.clone()),
    };
    for text in [profile.source.as_str(), &jurisdiction.join(","), edition.map_or("", Edition::name)] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    // A capture has times of its own.
    let dated = captures.is_empty() || matches.contains_id("as-of");
    digest.update(if dated { as_of.micros() } else { 0 }.to_be_bytes());
    digest.update(boundaries.as_deref().unwrap_or_default().as_bytes());
    if let Some(waivers) = &waivers {
        for text in ["waivers", &waivers.name, &waivers.text] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
    let confirmation = settings.as_ref().and_then(|s| s.audit.confirmation.clone());
    if let Some(Confirmation { number, by, hash }) = &confirmation {
        for text in ["confirmation", number, by.as_deref().unwrap_or_default(), hash.as_deref().unwrap_or_default()] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
    let digest = hex(&digest.finalize());
    let source = if edition.is_some() { EditionSource::Setting } else { EditionSource::Default };
    let evidence = Evidence {
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
            ways: Vec::new(),
            witnesses: Witnesses::default(),
            probing: ProbePlan::No,
            conduct: crate::evidence::conduct::Conduct::default(),
            resumed: Vec::new(),
            footprint: Footprint::default(),
            heard: Vec::new(),
            masked_passwords: masked,
            soundness: Soundness::default(),
            signalling,
            boundaries,
            supplied,
            waivers,
            measured: None,
            carried: None,
            confirmation,
        },
        messages,
        tables,
        probes: Vec::new(),
    };
    if captures.is_empty() {
        return Ok(Judged { evidence: vec![evidence], snapshots: Vec::new() });
    }
    let snapshots = match &settings {
        _ if !matches.contains_id("out") => Snapshots::Off,
        Some(settings) => settings.probe.snapshots,
        None => Snapshots::On,
    };
    let (evidence, snapshots) = capture::evidence(evidence, &captures, &names, (&profile.output, edition, snapshots), lang)?;
    Ok(Judged { evidence, snapshots })
}

/// The option for a table of key positions.
fn table(lang: Lang, name: &'static str, zh: &'static str, en: &'static str) -> Arg {
    let help = match lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    Arg::new(name).long(name).conflicts_with("against").value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}

/// The tables of key positions the command line names, in place of those of the settings; and the scope.
fn positions(matches: &ArgMatches, supplied: &mut Vec<Supplied>, lang: Lang) -> Result<(), Failure> {
    let named = [
        ("plan", position::PLAN),
        ("ledger", position::INSTALLED),
        ("assignment", position::ASSIGNMENT),
        ("seen-alive", position::SEEN_ALIVE),
    ];
    for (name, key) in named {
        let Some(path) = matches.get_one::<PathBuf>(name) else { continue };
        if key == position::INSTALLED && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
            continue;
        }
        let shown = path.display().to_string();
        let tables = crate::config::positions::load(key, path, &shown, lang).map_err(|p| Failure::problems(&p))?;
        supplied.retain(|table| table.key != key);
        supplied.extend(tables);
    }
    if let Some(scope) = matches.get_one::<String>("scope") {
        let scope = crate::config::positions::scope(scope.trim(), supplied, lang).map_err(Failure::usage)?;
        supplied.retain(|table| table.key != position::SCOPE);
        supplied.push(scope);
    }
    Ok(())
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
    let mut found: Option<String> = None;
    for message in messages {
        let Some(id) = Document::device_id(&message.body) else { continue };
        match &found {
            Some(known) if *known != id => return String::new(),
            Some(_) => (),
            None => found = Some(id),
        }
    }
    found.unwrap_or_default()
}

/// The user's names of columns, from `--columns`.
fn columns(matches: &ArgMatches, digest: &mut Sha256, lang: Lang) -> Result<Columns, Failure> {
    let Some(path) = matches.get_one::<PathBuf>("columns") else { return Ok(Columns::default()) };
    let octets = read(path, MAX_COLUMNS_FILE_BYTES as u64, lang)?;
    digest.update((octets.len() as u64).to_be_bytes());
    digest.update(&octets);
    Columns::parse(&path.display().to_string(), &octets, lang).map_err(|problems| Failure::problems(&problems))
}

/// Writes an example of a table. The apostrophe keeps a spreadsheet from taking a code for a number.
fn example(path: &Path, lang: Lang) -> Outcome {
    const TABLE: &str = "\u{FEFF}设备编码,设备名称,行政区划,经度,纬度,设备状态,父节点编码,设备厂商,设备型号,安装地址,IP地址,端口\r\n\
        '37172300011320000001,成武县东门街路口枪机,371723,115.889600,34.952800,ON,'37172300001180000001,厂商甲,型号甲,东门街与伯乐大街交叉口,192.0.2.11,5060\r\n\
        '37172300011320000002,成武县西门街路口球机,371723,115.871200,34.951300,OFF,'37172300001180000001,厂商甲,型号乙,西门街与伯乐大街交叉口,192.0.2.12,5060\r\n";
    let shown = path.display().to_string();
    let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(TABLE.as_bytes()));
    written.map_err(|error| {
        Failure::usage(say!(lang, "示例未写入 {shown}：{error}", "the example was not written to {shown}: {error}"))
    })?;
    let argument = terminal::argument(path);
    terminal::line(&say!(
        lang,
        "示例已写入 {shown}；填好后运行 gbaudit check {argument}",
        "the example is in {shown}; fill it in and run gbaudit check {argument}"
    ));
    Ok(0)
}

pub(super) fn read(path: &Path, limit: u64, lang: Lang) -> Result<Vec<u8>, Failure> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        Failure::usage(say!(lang, "读不到文件 {shown}：{error}", "the file {shown} cannot be read: {error}"))
    };
    // A pipe has no size and may have no end.
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_or(0, |known| known.len().min(limit));
    let mut octets = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(limit + 1).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > limit {
        let limit = limit / (1024 * 1024);
        return Err(Failure::usage(say!(
            lang,
            "文件 {shown} 超过 {limit} MB，请分成几个文件",
            "the file {shown} is over {limit} MB, split it"
        )));
    }
    Ok(octets)
}
