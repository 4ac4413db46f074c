//! `gbaudit view`: a page in the browser with the runs of the store, read-only, behind one password.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, value_parser};

use super::against::{Trial, titles};
use super::audit::{interruptible, taken};
use super::doctor::facts;
use super::output::{self, EVIDENCE_FILE, Formats};
use super::{Failure, Outcome, config, report, terminal};
use crate::audit::assess::assess;
use crate::audit::together::Together;
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, say};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;
use crate::evidence::Header;
use crate::indicator::RateResult;
use crate::net::{Address, NetError, Protocol, random, random_name};
use crate::pairing::own;
use crate::profile::RateId;
use crate::report::summary::{percent, span};
use crate::store::{Store, StoreError};
use crate::view::http::{Site, serve};
use crate::view::{Held, Leaf, Listed, Shelf, Shown, Tried};

/// Runs in the list; older ones are drawn with `gbaudit report`.
const MAX_RUNS: usize = 200;
/// Runs whose files are kept drawn; the one looked at longest ago gives way.
const MAX_DRAWN: usize = 4;
/// The files of a run that has not come to its end are drawn anew after so long.
const AGAIN: Duration = Duration::from_mins(1);
/// Where it listens if nothing is said: nobody else sees it.
const HERE: &str = "127.0.0.1:8080";
/// The folder of pictures in results.
const SNAPSHOTS: &str = "snapshots";

pub(super) fn command(lang: Lang) -> Command {
    Command::new("view")
        .about(say!(
            lang,
            "在浏览器中查看各批次和报告，只读，一个密码",
            "a page in the browser with runs and reports, read-only, behind one password"
        ))
        .override_usage(say!(
            lang,
            "gbaudit view [结果文件夹] [--listen 0.0.0.0:8080] [--password-file 文件] [-c gbaudit.toml]",
            "gbaudit view [DIR] [--listen 0.0.0.0:8080] [--password-file FILE] [-c gbaudit.toml]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit view --listen 0.0.0.0:8080\n页面不加密，只在内网使用；按 Ctrl+C 结束。",
            "Example: gbaudit view --listen 0.0.0.0:8080\nThe page is not encrypted: for the inner network only. Ctrl+C ends it."
        ))
        .arg(Arg::new("results").value_name("DIR").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "一个结果文件夹（含 evidence.db）；不写则为设置中的数据文件",
            "one results folder (with its evidence.db); without it the store of the settings"
        )))
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("IP:PORT")
                .value_parser(value_parser!(SocketAddr))
                .default_value(HERE)
                .hide_default_value(true)
                .help(say!(
                    lang,
                    "监听的地址和端口，默认 127.0.0.1:8080（只有本机能看）；0.0.0.0:8080 为内网都能看",
                    "address and port, default 127.0.0.1:8080 (this machine only); 0.0.0.0:8080 is for the whole network"
                )),
        )
        .arg(Arg::new("password-file").long("password-file").value_name("FILE").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "密码所在文件；不写则每次生成一个并显示在这里",
            "a file with the password; without it one is made each time, and shown here"
        )))
        .arg(config(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let store = match matches.get_one::<PathBuf>("results") {
        Some(folder) => in_folder(folder, lang)?,
        None => report::store_file(matches, lang)?,
    };
    // Before anybody is asked for a password.
    report::open(&store, lang)?.runs().map_err(|e| report::unreadable(&e, lang))?;
    let (password, made) = password(matches, lang)?;
    let listen = matches.get_one::<SocketAddr>("listen").copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
    let folder = scratch().map_err(|error| {
        Failure::usage(say!(lang, "临时文件夹不可写：{error}", "the folder for temporary files cannot be written: {error}"))
    })?;
    let books = Arc::new(Books { store, folder, drawn: Mutex::default(), lang });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    let served = runtime.block_on(async {
        let address = Address { protocol: Protocol::Tcp, socket: listen };
        let bound = tokio::net::TcpListener::bind(listen).await;
        let listener = bound.map_err(|source| not_bound(&NetError::Listen { address, source }, lang))?;
        let listen = listener.local_addr().unwrap_or(listen);
        // Before anybody is told of it.
        let stop = interruptible();
        greet(listen, made.then_some(&password), lang);
        let site = Arc::new(Site::new(books.clone(), &password, lang));
        serve(listener, site, stop).await;
        Ok(0)
    });
    // What is still drawn for somebody who has gone is not waited for.
    runtime.shutdown_background();
    let _ = std::fs::remove_dir_all(&books.folder);
    served
}

/// The store of a results folder.
fn in_folder(folder: &Path, lang: Lang) -> Result<PathBuf, Failure> {
    let (file, shown) = (folder.join(EVIDENCE_FILE), folder.display().to_string());
    if file.is_file() {
        return Ok(file);
    }
    Err(Failure::usage(say!(
        lang,
        "{shown} 中没有 {EVIDENCE_FILE}；应为 audit、demo 或 check --out 写出的一个平台的结果文件夹",
        "there is no {EVIDENCE_FILE} in {shown}; it must be the results folder of one platform, written by audit, demo or check --out"
    )))
}

/// The password, and whether it was made here.
fn password(matches: &ArgMatches, lang: Lang) -> Result<(Secret, bool), Failure> {
    if let Some(file) = matches.get_one::<PathBuf>("password-file") {
        let secret = crate::config::secret_file(file, &file.display().to_string(), lang).map_err(Failure::usage)?;
        return Ok((secret, false));
    }
    if !std::io::stdout().is_terminal() {
        return Err(Failure::usage(say!(
            lang,
            "不在终端中运行，密码无处显示（也不写入日志）；请用 --password-file 指定密码文件",
            "there is no terminal to show a password on, and it belongs in no log: name one with --password-file"
        )));
    }
    // Octets without end: it ends with a password.
    let made = own::password(std::iter::repeat_with(random::<32>).flatten()).unwrap_or_else(random_name);
    Ok((Secret::new(made), true))
}

fn not_bound(error: &NetError, lang: Lang) -> Failure {
    let mut failure = taken(error, lang);
    for line in &mut failure.lines {
        // The same words, but another thing to change.
        *line = line.replace("[local] listen", "--listen");
    }
    failure
}

/// Says what to type into the browser, and where the password is.
fn greet(listen: SocketAddr, made: Option<&Secret>, lang: Lang) {
    let port = listen.port();
    let places: Vec<SocketAddr> = if listen.ip().is_unspecified() {
        let cards = facts::cards();
        let usable = cards.iter().filter(|card| card.is_usable() && card.ip.is_ipv4() == listen.is_ipv4());
        usable.map(|card| SocketAddr::new(card.ip, port)).collect()
    } else {
        vec![listen]
    };
    let places = if places.is_empty() { vec![listen] } else { places };
    for place in places {
        terminal::line(&say!(lang, "请在浏览器打开  http://{place}/", "open in a browser  http://{place}/"));
    }
    if let Some(password) = made {
        let password = password.expose();
        terminal::line(&say!(lang, "密码            {password}", "password           {password}"));
    }
    if !listen.ip().is_loopback() {
        terminal::line(&say!(
            lang,
            "页面不加密，只在内网使用；如有防火墙，请放行 TCP {port}",
            "the page is not encrypted: for the inner network only; open TCP {port} in the firewall"
        ));
    }
    terminal::line(&say!(lang, "按 Ctrl+C 结束", "Ctrl+C ends it"));
}

/// A folder for files that are drawn, which goes when the program ends.
fn scratch() -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("gbaudit-view-{}", random_name()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}

/// A run whose files are on the disk.
struct Drawn {
    run: String,
    /// Its headers when it was drawn.
    of: Vec<Header>,
    at: Instant,
    folder: PathBuf,
    leaves: Vec<Leaf>,
    /// The rates of each platform.
    rates: Vec<(String, Vec<RateResult>)>,
}

/// The runs of a store.
struct Books {
    store: PathBuf,
    folder: PathBuf,
    /// The one looked at last stands last.
    drawn: Mutex<Vec<Drawn>>,
    lang: Lang,
}

impl Books {
    fn open(&self) -> Result<Store, String> {
        Store::open(&self.store).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &StoreError) -> String {
        report::unreadable(error, self.lang).lines.concat()
    }

    fn listed(&self, run: &str, headers: &[Header], rates: &BTreeMap<(String, String), [Option<Fraction>; 5]>) -> Listed {
        let lang = self.lang;
        let begun = headers.iter().map(Header::started).min().unwrap_or_default();
        let ended = headers.iter().map(Header::finished).max().unwrap_or_default();
        let why = headers.iter().find_map(|header| header.incomplete);
        // Several platforms have no rate in common without counting again.
        let own = match headers {
            [one] => rates.get(&(one.platform.name.clone(), run.to_owned())).copied().unwrap_or_default(),
            _ => [None; 5],
        };
        Listed {
            run: run.to_owned(),
            period: span(begun, ended, lang),
            platforms: headers.iter().map(|h| h.platform.name.as_str()).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str()),
            state: why.map_or_else(|| say!(lang, "完成", "completed"), |why| why.text().get(lang).to_owned()),
            whole: why.is_none(),
            rates: own.map(|rate| rate.map_or_else(|| "—".to_owned(), percent)).to_vec(),
        }
    }

    /// Has a run's files on the disk, and does something with them.
    fn with<T>(&self, run: &str, store: &Store, act: impl FnOnce(&Drawn) -> T) -> Result<Option<T>, String> {
        let headers = store.headers(run).map_err(|error| self.unreadable(&error))?;
        if headers.is_empty() {
            return Ok(None);
        }
        // One run is drawn at a time: it takes both processors and the memory of a report.
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = headers.iter().all(|header| header.incomplete.is_none());
        let fresh = |one: &Drawn| one.of == headers && (whole || one.at.elapsed() < AGAIN);
        let known = drawn.iter().position(|one| one.run == run).map(|place| drawn.remove(place));
        let one = match known.filter(fresh) {
            Some(one) => one,
            None => self.draw(run, headers, store)?,
        };
        let answer = act(&one);
        drawn.push(one);
        if drawn.len() > MAX_DRAWN {
            let oldest = drawn.remove(0);
            let _ = std::fs::remove_dir_all(oldest.folder);
        }
        Ok(Some(answer))
    }

    fn draw(&self, run: &str, of: Vec<Header>, store: &Store) -> Result<Drawn, String> {
        let lang = self.lang;
        let folder = self.folder.join(random_name());
        let formats = Formats::default();
        let mut evidence = store.load(run).map_err(|error| self.unreadable(&error))?;
        evidence.sort_by(|a, b| a.header.platform.name.cmp(&b.header.platform.name));
        let several = evidence.len() > 1;
        let mut together = Together::default();
        let (mut leaves, mut rates) = (Vec::new(), Vec::new());
        for evidence in evidence {
            let name = evidence.header.platform.name.clone();
            let own = if several { output::below(&folder, &name) } else { folder.clone() };
            let label = several.then(|| name.clone());
            (|| {
                std::fs::create_dir_all(&own).map_err(|error| output::unwritten(&error, &own, lang))?;
                let report = assess(evidence, lang, label)?;
                output::write(&report, &own, &formats).map_err(|error| output::unwritten(&error, &own, lang))?;
                rates.push((name.clone(), report.rates.clone()));
                if several {
                    together.add(&report);
                }
                output::write_corrections(report, &own, &formats, lang)
            })()
            .map_err(|failure: Failure| failure.lines.join("\n"))?;
            let below = own.file_name().filter(|_| several).and_then(|name| name.to_str()).unwrap_or_default();
            leaves.extend(leaves_of(&own, below));
        }
        if let Some(union) = together.finish() {
            output::write_union(&union, &folder, &formats)
                .map_err(|error| output::unwritten(&error, &folder, lang).lines.concat())?;
            leaves.extend(leaves_of(&folder, ""));
        }
        Ok(Drawn { run: run.to_owned(), of, at: Instant::now(), folder, leaves, rates })
    }
}

/// The files of a folder, below a name.
fn leaves_of(folder: &Path, below: &str) -> Vec<Leaf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let leaf = |entry: std::fs::DirEntry| {
        let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let name = entry.file_name().into_string().ok()?;
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        Some(Leaf { path, octets: about.len() })
    };
    files.filter_map(leaf).collect()
}

impl Shelf for Books {
    fn list(&self) -> Result<(Vec<Listed>, usize), String> {
        let store = self.open()?;
        let read = || -> Result<_, StoreError> {
            let runs = store.runs()?;
            let more = runs.len().saturating_sub(MAX_RUNS);
            let mut headers = Vec::new();
            for run in runs.into_iter().take(MAX_RUNS) {
                headers.push((store.headers(&run)?, run));
            }
            let mut rates = BTreeMap::new();
            for platform in store.watched()? {
                let (from, to) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
                for one in store.rates_between(&platform, from, to)? {
                    rates.insert((platform.clone(), one.run), one.rates);
                }
            }
            Ok((headers, rates, more))
        };
        let (headers, mut rates, more) = read().map_err(|error| self.unreadable(&error))?;
        // A results folder keeps no book of rates; what was looked at is known all the same.
        // Nobody waits for a run that is being drawn.
        for drawn in self.drawn.try_lock().iter().flat_map(|drawn| drawn.iter()) {
            for (name, own) in &drawn.rates {
                let values = RateId::ALL.map(|id| own.iter().find(|rate| rate.id == id).and_then(|rate| rate.value));
                rates.entry((name.clone(), drawn.run.clone())).or_insert(values);
            }
        }
        Ok((headers.iter().map(|(headers, run)| self.listed(run, headers, &rates)).collect(), more))
    }

    fn show(&self, run: &str) -> Result<Option<Shown>, String> {
        let store = self.open()?;
        self.with(run, &store, |drawn| {
            let mut platforms: Vec<String> = drawn.of.iter().map(|header| header.platform.name.clone()).collect();
            platforms.sort();
            let shown = |rate: &RateResult| {
                let verdict = rate.verdict.title().get(self.lang);
                rate.value.map_or_else(|| verdict.to_owned(), |value| format!("{} {verdict}", percent(value)))
            };
            let rates = drawn.rates.iter().map(|(name, own)| (name.clone(), own.iter().map(shown).collect())).collect();
            Shown { listed: self.listed(run, &drawn.of, &BTreeMap::new()), platforms, rates, leaves: drawn.leaves.clone() }
        })
    }

    fn read(&self, run: &str, path: &str) -> Result<Option<Held>, String> {
        let store = self.open()?;
        let mut parts = path.rsplit('/');
        if let (Some(name), Some(SNAPSHOTS)) = (parts.next(), parts.next()) {
            let headers = store.headers(run).map_err(|error| self.unreadable(&error))?;
            let platform = parts.next();
            let of = headers.iter().filter(|header| {
                platform.is_none_or(|platform| output::below(Path::new(""), &header.platform.name) == Path::new(platform))
            });
            for header in of {
                // Calls that were carried along have their pictures in the run that made them.
                for run in std::iter::once(&header.run_id).chain(header.carried.as_ref().map(|carried| &carried.run)) {
                    let found = store.picture(run, &header.platform.name, name).map_err(|error| self.unreadable(&error))?;
                    if let Some(jpeg) = found {
                        return Ok(Some(Held::Picture(jpeg)));
                    }
                }
            }
            return Ok(None);
        }
        // Only what was drawn, by its name as a whole: there is no way out of the folder.
        let found = self.with(run, &store, |drawn| {
            drawn.leaves.iter().any(|leaf| leaf.path == path).then(|| Held::File(drawn.folder.join(path)))
        })?;
        Ok(found.flatten())
    }

    fn try_sheet(&self, run: &str, platform: &str, octets: &[u8]) -> Result<Tried, String> {
        let lang = self.lang;
        let store = self.open()?;
        let headers = store.headers(run).map_err(|error| self.unreadable(&error))?;
        let named = |header: &&Header| platform.is_empty() || header.platform.name == platform;
        let absent = || say!(lang, "没有这个批次或平台", "there is no such run or platform");
        let name = headers.iter().find(named).map(|header| header.platform.name.clone()).ok_or_else(absent)?;
        let load = || {
            let found = store.load_platform(run, &name).map_err(|error| report::unreadable(&error, lang))?;
            found.ok_or_else(|| Failure::usage(absent()))
        };
        let sheet = say!(lang, "所选文件", "the file chosen");
        let trial = Trial::of((&sheet, octets), load, lang).map_err(|failure| failure.lines.join("\n"))?;
        Ok(Tried { told: trial.told(lang), titles: titles(lang), rows: trial.rows(lang) })
    }
}
