//! `gbaudit report RUN`: draws a stored run again, without a camera.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use super::deliver::{deliver, place};
use super::output::{EVIDENCE_FILE, Formats};
use super::{Failure, Outcome, bundle, config, exit_code, exit_zero, out, output, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::evidence::compared::REVIEWED;
use crate::evidence::tape::Tape;
use crate::evidence::{Evidence, Header};
use crate::report::audience::Audience;
use crate::report::{EXPORTERS, Exit, public, summary};
use crate::store::{Store, StoreError};

/// The store when no settings say otherwise.
const DEFAULT_STORE: &str = "gbaudit.db";
/// Formats of the public edition: those for people. What is for programs is evidence.
const PUBLISHED: [&str; 5] = ["html", "csv", "xlsx", "docx", "pdf"];
/// Runs named when the one asked for is not there.
const MAX_NAMED: usize = 5;

pub(super) fn command(lang: Lang) -> Command {
    let formats: Vec<&'static str> = EXPORTERS.iter().map(|e| e.name).collect();
    let listed = formats.join(",");
    Command::new("report")
        .about(say!(lang, "由已存的证据重新生成报告，不需要摄像机", "draws a stored run again, without a camera"))
        .override_usage(say!(
            lang,
            "gbaudit report <批次号 | latest | 结果文件夹> [--format {listed}] [--reviewed FILE] [--out DIR] [--bundle FILE]\n      gbaudit report <批次号 | latest | 结果文件夹> --edition public --out DIR\n      gbaudit report --rounds <批次>... [--out DIR]",
            "gbaudit report <RUN | latest | DIR> [--format {listed}] [--reviewed FILE] [--out DIR] [--bundle FILE]\n       gbaudit report <RUN | latest | DIR> --edition public --out DIR\n       gbaudit report --rounds <RUN>... [--out DIR]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit report latest --format html --out 重画",
            "Example: gbaudit report latest --format html --out again"
        ))
        .arg(Arg::new("run").required_unless_present("rounds").value_name("RUN").help(say!(
            lang,
            "批次号、latest，或含 evidence.db 的结果文件夹",
            "a run id, latest, or a results folder with its evidence.db"
        )))
        .arg(Arg::new("rounds").long("rounds").value_name("RUN").num_args(1..).conflicts_with_all(["run", "format"]).help(say!(
            lang,
            "把同一天的几轮合并为一个结果（口径如 sd-2022-acceptance：三轮中两轮出图）",
            "puts the rounds of one day together (a profile such as sd-2022-acceptance: a picture in two of three)"
        )))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("html,csv,json,journal,xlsx,docx,pdf")
                .value_delimiter(',')
                .value_parser(formats)
                .help(say!(lang, "只写这些格式，默认全部", "only these formats, default all")),
        )
        .arg(
            Arg::new("reviewed")
                .long("reviewed")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .conflicts_with("rounds")
                .help(say!(
                    lang,
                    "画面查看表（CSV：设备编码、查看人、日期、有效期、说明）：看过、确属实时的画面不再撤出证明",
                    "pictures a person has looked at (CSV: device_id, reviewer, date, until, note): no longer withdrawn from proof"
                )),
        )
        .arg(
            Arg::new("edition")
                .long("edition")
                .value_name("internal|public")
                .value_parser(Audience::NAMES.map(|(name, _)| name).to_vec())
                .conflicts_with("rounds")
                .help(say!(
                    lang,
                    "internal：内部版（默认）；public：公示版，遮盖编码，不含地址、坐标、画面和整改清单，写入另一个文件夹（--out）",
                    "internal (default); public: codes masked, without addresses, positions, pictures and problems, into a folder of its own (--out)"
                )),
        )
        .arg(output::font(lang))
        .arg(config(lang))
        .arg(out(lang, &say!(lang, "原文件夹，或 out/批次号", "the folder itself, or out/RUN")))
        .args(bundle::arguments(lang).map(|argument| argument.conflicts_with("rounds")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    if let Some(runs) = matches.get_many::<String>("rounds") {
        return super::rounds::run(&runs.cloned().collect::<Vec<_>>(), matches, lang);
    }
    let wanted = matches.get_one::<String>("run").map(String::as_str).unwrap_or_default();
    let formats = Formats::of(matches, lang)?;
    let place = Path::new(wanted);
    let reviewed = matches.get_one::<PathBuf>("reviewed");
    let reviewed = reviewed.map(|file| crate::config::load_reviewed(file, &file.display().to_string(), lang));
    let reviewed = reviewed.transpose().map_err(|problem| Failure::problems(&[problem]))?;
    let (stores, mut evidence, default) = if place.is_dir() {
        let (stores, evidence) = from_folder(place, lang)?;
        (stores, evidence, place.to_owned())
    } else {
        let (store, id, evidence) = from_store(wanted, matches, lang)?;
        (vec![store], evidence, PathBuf::from("out").join(id))
    };
    if let Some(table) = reviewed {
        for one in &mut evidence {
            one.header.supplied.retain(|other| other.key != REVIEWED);
            one.header.supplied.push(table.clone());
        }
    }
    let edition = matches.get_one::<String>("edition").map(String::as_str).unwrap_or_default();
    if Audience::NAMES.contains(&(edition, Audience::Public)) {
        let exit = publish(evidence, matches.get_one::<PathBuf>("out"), formats, lang)?;
        return Ok(exit_code(exit, matches));
    }
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or(default);
    let bundle = bundle::Target::of(matches, lang)?;
    output::prepare(&folder, lang)?;
    let exit = deliver(evidence, &stores, (&folder, &formats), bundle.as_ref(), lang)?;
    Ok(exit_code(exit, matches))
}

/// 公示版: into a folder of its own, in the formats for people.
fn publish(mut evidence: Vec<Evidence>, folder: Option<&PathBuf>, mut formats: Formats, lang: Lang) -> Result<Exit, Failure> {
    let Some(folder) = folder else {
        return Err(Failure::usage(say!(
            lang,
            "公示版请用 --out 指定单独的文件夹，以免与内部版放在一起",
            "the public edition needs a folder of its own: name it with --out"
        )));
    };
    let shown = folder.display().to_string();
    if folder.join(EVIDENCE_FILE).exists() {
        return Err(Failure::usage(say!(
            lang,
            "{shown} 中有内部版的结果，公示版请另选文件夹",
            "{shown} holds the internal edition, choose another folder for the public one"
        )));
    }
    if let Some(format) = formats.names.iter().find(|format| !PUBLISHED.contains(&format.as_str())) {
        let list = PUBLISHED.join(",");
        return Err(Failure::usage(say!(
            lang,
            "公示版没有 {format} 格式，可写 {list}",
            "there is no public edition in {format}, write {list}"
        )));
    }
    if formats.names.is_empty() {
        formats.names = PUBLISHED.map(ToOwned::to_owned).to_vec();
    }
    let (Some(evidence), true) = (evidence.pop(), evidence.is_empty()) else {
        return Err(Failure::usage(say!(
            lang,
            "这一批次有几个平台，公示版请逐个指定结果文件夹",
            "the run has several platforms: name the results folder of one for its public edition"
        )));
    };
    output::prepare(folder, lang)?;
    let report = public::edition(assess(evidence, lang, None).map_err(|e| Failure::usage(e.to_string()))?);
    output::write(&report, folder, &formats).map_err(|e| output::unwritten(&e, folder, lang))?;
    terminal::out(&summary::render(&report));
    terminal::line(&place(folder, lang));
    Ok(report.exit())
}

/// A stored run, found once and read as often as needed.
pub(super) struct Source {
    stores: Vec<Store>,
    run: String,
}

impl Source {
    /// By its id, `latest`, or a folder.
    pub(super) fn find(matches: &ArgMatches, lang: Lang) -> Result<Self, Failure> {
        let wanted = matches.get_one::<String>("run").map(String::as_str).unwrap_or_default();
        Self::named(wanted, matches, lang)
    }

    /// By its id, `latest`, or a folder, as written.
    pub(super) fn named(wanted: &str, matches: &ArgMatches, lang: Lang) -> Result<Self, Failure> {
        let place = Path::new(wanted);
        if place.is_dir() {
            let (stores, evidence) = from_folder(place, lang)?;
            let run = evidence.first().map(|e| e.header.run_id.clone()).unwrap_or_default();
            return Ok(Self { stores, run });
        }
        let (store, run, _) = from_store(wanted, matches, lang)?;
        Ok(Self { stores: vec![store], run })
    }

    /// Its evidence, a platform each.
    pub(super) fn all(&self, lang: Lang) -> Result<Vec<Evidence>, Failure> {
        let mut evidence = Vec::new();
        for store in &self.stores {
            evidence.extend(store.load(&self.run).map_err(|e| unreadable(&e, lang))?);
        }
        Ok(evidence)
    }

    /// The store that has a platform of the run.
    pub(super) fn store_of(&self, platform: &str) -> Option<&Store> {
        let has = |store: &&Store| {
            store.headers(&self.run).is_ok_and(|headers| headers.iter().any(|header| header.platform.name == platform))
        };
        self.stores.iter().find(has)
    }

    /// Its headers, a platform each.
    pub(super) fn headers(&self, lang: Lang) -> Result<Vec<Header>, Failure> {
        let mut headers = Vec::new();
        for store in &self.stores {
            headers.extend(store.headers(&self.run).map_err(|e| unreadable(&e, lang))?);
        }
        Ok(headers)
    }

    /// Ended runs of the same platform, profile and day that called cameras.
    pub(super) fn rounds_like(&self, like: &Header, lang: Lang) -> Result<Vec<String>, Failure> {
        let mut runs = Vec::new();
        for store in &self.stores {
            runs.extend(store.rounds_like(like).map_err(|e| unreadable(&e, lang))?);
        }
        Ok(runs)
    }

    /// The tapes of one camera, by the numbers of its calls.
    pub(super) fn tapes(&self, platform: &str, code: &str, lang: Lang) -> Result<BTreeMap<u32, Tape>, Failure> {
        let mut tapes = BTreeMap::new();
        for store in &self.stores {
            let found = store.tapes(&self.run, platform, code).map_err(|e| unreadable(&e, lang))?;
            tapes.extend(found.into_iter().filter_map(|(number, octets)| Some((number, Tape::decode(&octets)?))));
        }
        Ok(tapes)
    }

    /// A picture of a platform's run.
    pub(super) fn picture(&self, platform: &str, name: &str, lang: Lang) -> Result<Option<Vec<u8>>, Failure> {
        for store in &self.stores {
            let found = store.picture(&self.run, platform, name).map_err(|e| unreadable(&e, lang))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Its evidence, where it is about one platform.
    pub(super) fn only_one(&self, lang: Lang) -> Result<Evidence, Failure> {
        let mut evidence = self.all(lang)?;
        if evidence.len() > 1 {
            let names = evidence.iter().map(|e| e.header.platform.name.clone()).collect::<Vec<_>>();
            let names = names.join(say!(lang, "、", ", ").as_str());
            return Err(Failure::usage(say!(
                lang,
                "这一批次有几个平台（{names}），请指定其中一个的结果文件夹",
                "the run has several platforms ({names}), name the results folder of one"
            )));
        }
        evidence.pop().ok_or_else(|| Failure::usage(say!(lang, "这一批次没有证据", "the run has no evidence")))
    }
}

/// A platform's folder, or the folder above those of several.
fn from_folder(place: &Path, lang: Lang) -> Result<(Vec<Store>, Vec<Evidence>), Failure> {
    let shown = place.display().to_string();
    let mut files = vec![place.join(EVIDENCE_FILE)];
    if !files.iter().all(|f| f.exists()) {
        let below = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path().join(EVIDENCE_FILE));
        files = below.filter(|file| file.exists()).collect();
    }
    if files.is_empty() {
        return Err(Failure::usage(say!(
            lang,
            "{shown} 中没有 {EVIDENCE_FILE}；应为检测时 --out 写出的文件夹",
            "there is no {EVIDENCE_FILE} in {shown}; name a folder written by --out"
        )));
    }
    let mut stores = Vec::new();
    let mut evidence = Vec::new();
    for file in files {
        let store = open(&file, lang)?;
        let runs = store.runs().map_err(|e| unreadable(&e, lang))?;
        if let Some(id) = runs.first() {
            evidence.extend(store.load(id).map_err(|e| unreadable(&e, lang))?);
        }
        stores.push(store);
    }
    let mut runs: Vec<&str> = evidence.iter().map(|e: &Evidence| e.header.run_id.as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    if runs.len() > 1 {
        let runs = runs.join(say!(lang, "、", ", ").as_str());
        return Err(Failure::usage(say!(
            lang,
            "{shown} 下是不同批次的结果（{runs}），不能合计；请指定其中一个文件夹",
            "{shown} holds results of different runs ({runs}), which have no sum; name one of the folders in it"
        )));
    }
    Ok((stores, evidence))
}

fn from_store(wanted: &str, matches: &ArgMatches, lang: Lang) -> Result<(Store, String, Vec<Evidence>), Failure> {
    let (store, shown) = the_store(matches, lang)?;
    let runs = store.runs().map_err(|e| unreadable(&e, lang))?;
    let id = if wanted == "latest" { runs.first() } else { runs.iter().find(|id| *id == wanted) };
    let Some(id) = id.cloned() else {
        let newest = runs.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
        return Err(Failure::usage(if runs.is_empty() {
            say!(lang, "{shown} 中还没有批次", "there is no run in {shown} yet")
        } else {
            say!(
                lang,
                "{shown} 中没有批次 {wanted}；最近的有：{newest}",
                "there is no run {wanted} in {shown}; the latest are: {newest}"
            )
        }));
    };
    let evidence = store.load(&id).map_err(|e| unreadable(&e, lang))?;
    Ok((store, id, evidence))
}

/// The store of the settings.
pub(super) fn opened(matches: &ArgMatches, lang: Lang) -> Result<Store, Failure> {
    the_store(matches, lang).map(|(store, _)| store)
}

/// The store of the settings, and its file's name for people.
fn the_store(matches: &ArgMatches, lang: Lang) -> Result<(Store, String), Failure> {
    let file = store_file(matches, lang)?;
    Ok((open(&file, lang)?, file.display().to_string()))
}

/// The file of the settings' store, which is there.
pub(super) fn store_file(matches: &ArgMatches, lang: Lang) -> Result<PathBuf, Failure> {
    let given = matches.get_one::<PathBuf>("config").cloned();
    let settings = match given {
        Some(path) => Some(path),
        None => Some(PathBuf::from("gbaudit.toml")).filter(|path| path.exists()),
    };
    let file = match settings {
        Some(path) => crate::config::load(&path, lang).map_err(|p| Failure::problems(&p))?.store,
        None => PathBuf::from(DEFAULT_STORE),
    };
    let shown = file.display().to_string();
    if !file.exists() {
        return Err(Failure::usage(say!(
            lang,
            "没有数据文件 {shown}；请用 -c 指定设置文件，或写结果文件夹",
            "there is no store {shown}; name the settings with -c, or a results folder"
        )));
    }
    Ok(file)
}

/// Opens a store that is there.
pub(super) fn open(file: &Path, lang: Lang) -> Result<Store, Failure> {
    Store::open(file).map_err(|e| unreadable(&e, lang))
}

/// A store that cannot be read.
pub(super) fn unreadable(error: &StoreError, lang: Lang) -> Failure {
    let source = std::error::Error::source(error).map(|s| format!("：{s}")).unwrap_or_default();
    Failure::usage(say!(lang, "读不到已存的证据：{error}{source}", "the stored evidence cannot be read: {error}{source}"))
}
