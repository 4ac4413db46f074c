//! The judge against the script an auditor uses today: `cargo bench --bench judge`, or `just bench`.
//!
//! Both sides read the same files (`data.rs`), each stage in a process of its own, turn and turn about in one session.
//! Times come without reading the files and loading the tables, except those of `whole` and `check`, which are whole processes.
//! A ratio that is missed is printed as missed; a verdict that differs from shapely's ends the run.
//!
//! `--cameras 100000`, `--repeat 7`, `--stages parse,pip` (or `none`), `--growth 10000,100000,1000000` (or `none`),
//! `--peer one-by-one` to let the script ask its outlines point by point instead of in one batch.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a measurement may fail loudly"
)]

mod child;
mod data;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use child::{Measured, median, peak_kilobytes, process};
use data::{Data, JURISDICTION};
use gbaudit::base::geo::Position;
use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::catalog::import::{Columns, FileKind, Intake, catalog_documents, rows_from_csv, split_bodies};
use gbaudit::catalog::kind::kind_of;
use gbaudit::catalog::tree::Tree;
use gbaudit::catalog::{Kind, assemble};
use gbaudit::correction::fold::folds;
use gbaudit::correction::place::Place;
use gbaudit::correction::sheet::{self, Content};
use gbaudit::correction::{Correction, Grade};
use gbaudit::division::{Area, Boundaries, Divisions, Jurisdiction};
use gbaudit::edition::Edition;
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Witnesses};
use gbaudit::manscdp::item::Element;
use gbaudit::profile::{Profile, RateId};
use gbaudit::rules::context::Setting;
use gbaudit::rules::{Context, judge_all};

const SEED: u64 = 28_181;

/// What is asked for.
struct Stage {
    name: &'static str,
    /// Times the peer's speed.
    faster: f64,
    /// Parts of the peer's memory: 4 is a quarter.
    smaller: Option<f64>,
}

const STAGES: [Stage; 6] = [
    Stage { name: "parse", faster: 10.0, smaller: None },
    Stage { name: "rules", faster: 12.0, smaller: None },
    Stage { name: "pip", faster: 8.0, smaller: None },
    Stage { name: "xlsx-read", faster: 15.0, smaller: None },
    Stage { name: "xlsx-write", faster: 8.0, smaller: None },
    Stage { name: "whole", faster: 12.0, smaller: Some(4.0) },
];

struct Options {
    cameras: usize,
    repeat: usize,
    stages: Vec<String>,
    growth: Vec<usize>,
    one_by_one: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let ["stage", name, folder] = arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        return one_stage(name, Path::new(folder));
    }
    let options = options(&arguments);
    let data = data_set(options.cameras);
    let python = python();
    if options.stages.iter().any(|s| matches!(s.as_str(), "xlsx-read" | "whole")) {
        run(Command::new(&python).arg(peer("ledger.py")).args([data.file("ledger.tsv"), data.file("ledger.xlsx")]));
    }
    let asked = if options.one_by_one { "point by point" } else { "all points in one batch" };
    println!("{} cameras, median of {} in one session, the peer asks its tree {asked}\n", options.cameras, options.repeat);
    println!("{:<12}{:>12}{:>12}{:>9}{:>9}  {:>9}{:>9}", "stage", "ours", "peer", "ratio", "target", "ours", "peer");
    for stage in STAGES.iter().filter(|s| options.stages.iter().any(|name| name == s.name)) {
        compare(stage, &data, &python, &options);
    }
    if !options.growth.is_empty() {
        println!("\n{:<12}{:>12}{:>12}{:>14}{:>14}", "growth", "cameras", "median", "a camera", "peak memory");
        for name in ["parse", "rules", "check"] {
            for cameras in &options.growth {
                grow(name, &data_set(*cameras), if *cameras < 1_000_000 { 3 } else { 1 });
            }
        }
    }
}

fn options(arguments: &[String]) -> Options {
    let mut options = Options {
        cameras: 100_000,
        repeat: 7,
        stages: STAGES.iter().map(|s| s.name.to_owned()).collect(),
        growth: vec![10_000, 100_000, 1_000_000],
        one_by_one: false,
    };
    for pair in arguments.chunks(2) {
        let [key, value] = pair else { panic!("{} wants a value", pair[0]) };
        let list = || value.split(',').filter(|v| *v != "none").map(ToOwned::to_owned);
        match key.as_str() {
            "--cameras" => options.cameras = value.parse().unwrap(),
            "--repeat" => options.repeat = value.parse().unwrap(),
            "--stages" => options.stages = list().collect(),
            "--growth" => options.growth = list().map(|n| n.parse().unwrap()).collect(),
            "--peer" => options.one_by_one = value == "one-by-one",
            other => panic!("{other}: use --cameras, --repeat, --stages, --growth or --peer"),
        }
    }
    assert!(options.repeat > 0 && options.cameras > 0);
    options
}

fn data_set(cameras: usize) -> Data {
    let data = Data::at(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("judge-{cameras}")), cameras);
    data.write(SEED);
    data
}

fn compare(stage: &Stage, data: &Data, python: &Path, options: &Options) {
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for k in 0..options.repeat {
        // Whoever comes second may find the machine warmer.
        if k % 2 == 0 {
            ours.extend(our_stage(stage.name, data));
            peers.push(peer_stage(stage.name, data, python, options.one_by_one));
        } else {
            peers.push(peer_stage(stage.name, data, python, options.one_by_one));
            ours.extend(our_stage(stage.name, data));
        }
    }
    let peer = median(peers);
    let (name, faster) = (stage.name, stage.faster);
    let of_peer = format!("{:>9} ms", peer.time.as_millis());
    if ours.is_empty() {
        println!("{name:<12}{:>12}{of_peer:>12}{:>9}{faster:>8}x  {:>9}{:>6} MB", "absent", "", "", peer.kilobytes / 1_000);
        return;
    }
    let our = median(ours);
    let ratio = peer.time.as_secs_f64() / our.time.as_secs_f64();
    let mut missed = Vec::new();
    if ratio < faster {
        missed.push("time missed".to_owned());
    }
    let share = peer.kilobytes as f64 / our.kilobytes as f64;
    if let Some(smaller) = stage.smaller {
        missed.extend((share < smaller).then(|| format!("memory missed: 1/{share:.1} of the peer's, 1/{smaller} is asked for")));
    }
    if name == "pip" {
        let (points, near) = same_verdicts(data);
        missed.push(format!("{points} verdicts the same, {near} points on the line left out"));
    }
    println!(
        "{name:<12}{:>9} ms{of_peer:>12}{ratio:>8.1}x{faster:>8}x  {:>6} MB{:>6} MB  {}",
        format!("{:.1}", our.time.as_secs_f64() * 1e3),
        our.kilobytes / 1_000,
        peer.kilobytes / 1_000,
        missed.join(", ")
    );
}

fn grow(name: &str, data: &Data, times: usize) {
    let measured = median((0..times).filter_map(|_| our_stage(name, data)).collect());
    let cameras = data.cameras;
    let each = measured.time.as_secs_f64() * 1e6 / cameras as f64;
    let (millis, megabytes) = (measured.time.as_millis(), measured.kilobytes / 1_000);
    println!("{name:<12}{cameras:>12}{millis:>9} ms{each:>11.2} us{megabytes:>11} MB");
}

/// Compares the two verdict files point by point; gives how many were compared and how many lay on a line.
fn same_verdicts(data: &Data) -> (usize, usize) {
    let read = |name: &str| std::fs::read(data.file(name)).unwrap();
    let (ours, peers) = (read("pip-ours.txt"), read("pip-peer.txt"));
    assert!(ours.len() == data.cameras && peers.len() == data.cameras, "{} and {} verdicts", ours.len(), peers.len());
    let points = std::fs::read_to_string(data.file("points.tsv")).unwrap();
    let (mut differing, mut near) = (Vec::new(), 0);
    for ((our, peer), line) in ours.iter().zip(&peers).zip(points.lines()) {
        match peer {
            b'-' => near += 1,
            _ if our != peer => differing.push(format!("{line}: ours {}, shapely {}", *our as char, *peer as char)),
            _ => (),
        }
    }
    // A table of nothing but inside or nothing but borders would compare nothing.
    let number = |verdict: u8| peers.iter().copied().filter(|v| *v == verdict).count();
    let (inside, outside) = (number(b'1'), number(b'0'));
    assert!(inside > data.cameras / 2 && outside > data.cameras / 100, "{inside} inside, {outside} outside");
    assert!(
        differing.is_empty(),
        "{} verdicts differ from shapely, such as {:#?}",
        differing.len(),
        &differing[..differing.len().min(10)]
    );
    (ours.len() - near, near)
}

// Our side.

fn our_stage(name: &str, data: &Data) -> Option<Measured> {
    if matches!(name, "check" | "whole") {
        let out = data.file("out");
        let _ = std::fs::remove_dir_all(&out);
        let mut check = Command::new(env!("CARGO_BIN_EXE_gbaudit"));
        check.arg("check").arg(data.file("catalogue.xml")).arg("--out").arg(&out);
        check.args(["--jurisdiction", JURISDICTION, "--as-of", "2026-11-24", "--exit-zero"]);
        if name == "whole" {
            // What the auditor gets done: the ledger read and compared, the catalogue judged, the corrections written.
            check.arg("--ledger").arg(data.file("ledger.xlsx"));
        }
        return Some(process(&mut check));
    }
    let text = run(Command::new(std::env::current_exe().unwrap()).args(["stage", name]).arg(&data.folder));
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    match numbers.as_slice() {
        [micros, kilobytes] => Some(Measured { time: Duration::from_micros(*micros), kilobytes: *kilobytes }),
        _ => {
            assert_eq!(text.trim(), "absent");
            None
        }
    }
}

fn one_stage(name: &str, folder: &Path) {
    let timed = match name {
        "parse" => Some(parse(folder)),
        "rules" => Some(rules(folder)),
        "pip" => Some(pip(folder)),
        "xlsx-read" => Some(xlsx_read(folder)),
        "xlsx-write" => Some(xlsx_write(folder)),
        other => panic!("no stage {other}"),
    };
    match timed {
        Some(took) => println!("{} {}", took.as_micros(), peak_kilobytes(std::process::id()).unwrap()),
        None => println!("absent"),
    }
}

fn catalogue(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("catalogue.xml")).unwrap()
}

/// Octets to items, one thread.
fn parse(folder: &Path) -> Duration {
    let octets = catalogue(folder);
    let begun = Instant::now();
    let documents = catalog_documents(&split_bodies(&octets));
    let took = begun.elapsed();
    let items: usize = documents.iter().map(|d| d.items.len()).sum();
    assert_eq!(items as u64, documents[0].sum_num().unwrap());
    assert!(documents.iter().all(|d| d.oddities.is_empty()), "the data set is sound XML in the charset it declares");
    took
}

/// Every rule on every camera as a run judges them, the index of the catalogue included.
fn rules(folder: &Path) -> Duration {
    let octets = catalogue(folder);
    let catalog = assemble("", &[], catalog_documents(&split_bodies(&octets)));
    drop(octets);
    let edition = Edition::Gb2016;
    let kinds: Vec<Kind> = {
        let tree = Tree::new(&catalog.items);
        catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), edition)).collect()
    };
    let (divisions, boundaries) = (Divisions::embedded(), Boundaries::embedded());
    let jurisdiction = Jurisdiction::new(&[JURISDICTION.to_owned()], divisions).unwrap();
    let profile = Profile::parse("bench", Profile::embedded("sd-2022-basic").unwrap(), Lang::Zh).unwrap();
    let setting = Setting {
        edition,
        edition_source: gbaudit::edition::EditionSource::Default,
        counts: Some(catalog.counts()),
        jurisdiction: jurisdiction.as_ref(),
        divisions,
        boundaries,
        profile: &profile.compliance,
        tables: &gbaudit::rules::tables::Tables::default(),
        at: Timestamp::from_micros(1_790_000_000_000_000),
        platform_id: "",
        local_id: "",
        lang: Lang::Zh,
    };
    let begun = Instant::now();
    let context = Context::new(&catalog.items, &kinds, setting);
    let judgements = judge_all(&context, |_, _, judgement| judgement);
    let took = begun.elapsed();
    let bad = judgements.iter().filter(|j| !j.is_compliant()).count();
    assert_eq!(judgements.len(), kinds.len(), "every item is a camera");
    assert!((judgements.len() / 20..judgements.len() / 5).contains(&bad), "{bad} of {} are bad", judgements.len());
    took
}

/// Whether each point lies in the county it is said to lie in.
fn pip(folder: &Path) -> Duration {
    let text = std::fs::read_to_string(folder.join("points.tsv")).unwrap();
    let points: Vec<(&str, Position)> = text
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0], Position { lon: cells[1].parse().unwrap(), lat: cells[2].parse().unwrap() })
        })
        .collect();
    let (boundaries, divisions) = (Boundaries::embedded().unwrap(), Divisions::embedded());
    let begun = Instant::now();
    let mut areas: HashMap<&str, Area<'_>> = HashMap::new();
    let verdicts: Vec<bool> = points
        .iter()
        .map(|(code, at)| areas.entry(code).or_insert_with(|| Area::of_code(code, boundaries, divisions).unwrap()).contains(*at))
        .collect();
    let took = begun.elapsed();
    let verdicts: Vec<u8> = verdicts.into_iter().map(|v| if v { b'1' } else { b'0' }).collect();
    std::fs::write(folder.join("pip-ours.txt"), verdicts).unwrap();
    took
}

/// The ledger to items: looked at for bombs, rewritten as it goes into the evidence, and read for judging.
fn xlsx_read(folder: &Path) -> Duration {
    let octets = std::fs::read(folder.join("ledger.xlsx")).unwrap();
    let rows = std::fs::read_to_string(folder.join("ledger.tsv")).unwrap().lines().count() - 1;
    let begun = Instant::now();
    let mut intake = Intake::default();
    intake.take(FileKind::of(&octets), octets, "ledger.xlsx", &Columns::default(), Lang::Zh).unwrap();
    let items: usize = intake.sheets.iter().map(|s| rows_from_csv(&s.octets, Lang::Zh).unwrap().items.len()).sum();
    let took = begun.elapsed();
    assert!(items == rows && intake.notes.is_empty(), "{items} of {rows}, {:?}", intake.notes);
    took
}

/// The rows of `corrections.tsv` through the writer of correction tables: ours has nineteen columns, drop-downs and
/// six more sheets, the peer's the seven it has.
fn xlsx_write(folder: &Path) -> Duration {
    let octets = catalogue(folder);
    let at = Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap();
    let message = |body: &[u8]| Message { at, body: body.to_vec().into(), ..Message::default() };
    let evidence = Evidence {
        header: Header {
            run_id: "bench".into(),
            mode: Mode::File,
            started: at.micros(),
            finished: at.micros(),
            version: "0".into(),
            incomplete: None,
            profile: Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec![JURISDICTION.into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts { name: "bench".into(), ..PlatformFacts::default() },
            local_id: String::new(),
            queries: vec![],
            ways: vec![],
            witnesses: Witnesses::default(),
            probing: ProbePlan::No,
            conduct: gbaudit::evidence::conduct::Conduct::default(),
            resumed: Vec::new(),
            footprint: Footprint::default(),
            heard: vec![],
            masked_passwords: 0,
            soundness: gbaudit::evidence::soundness::Soundness::default(),
            signalling: vec![],
            boundaries: None,
            supplied: vec![],
            waivers: None,
            measured: None,
            carried: None,
            confirmation: None,
        },
        messages: split_bodies(&octets).into_iter().map(message).collect(),
        tables: vec![],
        probes: vec![],
    };
    drop(octets);
    let report = gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap();
    let cameras: HashMap<&str, usize> =
        report.cameras.iter().enumerate().map(|(place, camera)| (report.item(camera.item).unwrap().id(), place)).collect();
    let text = std::fs::read_to_string(folder.join("corrections.tsv")).unwrap();
    let rows: Vec<Correction> = text
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Correction {
                camera: cameras.get(cells[0].trim()).copied().unwrap_or(0),
                element: Element::CivilCode,
                current: cells[2].into(),
                proposed: Some(cells[3].into()),
                candidates: vec![],
                grade: Grade::Suggest,
                rules: vec!["R05"],
                reasons: vec![cells[6].into()],
                counts: true,
                place: Place::Here,
            }
        })
        .collect();
    let folds = folds(&report, &rows);
    let file = std::fs::File::create(folder.join("corrections-ours.xlsx")).unwrap();
    let begun = Instant::now();
    sheet::write(&Content { report: &report, rows: &rows, folds: &folds, gaps: &[] }, std::io::BufWriter::new(file)).unwrap();
    begun.elapsed()
}

// The peer's side.

fn peer_stage(name: &str, data: &Data, python: &Path, one_by_one: bool) -> Measured {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/division/data");
    let arguments = match name {
        "parse" => vec![data.file("catalogue.xml")],
        "rules" => vec![data.file("catalogue.xml"), tables],
        "pip" => vec![data.file("points.tsv"), tables, data.file("pip-peer.txt")],
        "xlsx-read" => vec![data.file("ledger.xlsx")],
        "xlsx-write" => vec![data.file("corrections.tsv"), data.file("corrections-peer.xlsx")],
        "whole" => vec![data.file("catalogue.xml"), tables, data.file("check-peer.xlsx")],
        other => panic!("no stage {other}"),
    };
    let mut command = Command::new(python);
    let part = if name == "whole" { "check" } else { name };
    command.arg(peer("audit.py")).arg(part).args(arguments);
    if one_by_one && matches!(name, "rules" | "pip" | "whole") {
        command.arg("--one-by-one");
    }
    if name == "whole" {
        let mut ledger = Command::new(python);
        ledger.arg(peer("audit.py")).arg("xlsx-read").arg(data.file("ledger.xlsx"));
        return in_turn([ledger, command]);
    }
    let answer: serde_json::Value = serde_json::from_str(&run(&mut command)).unwrap();
    if name != "rules" {
        assert_eq!(answer["count"].as_u64(), Some(data.cameras as u64), "{answer}");
    }
    Measured {
        time: Duration::from_secs_f64(answer["seconds"].as_f64().unwrap()),
        kilobytes: answer["peak_kb"].as_u64().unwrap(),
    }
}

fn peer(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/peer").join(name)
}

/// The interpreter of a virtual environment with the pinned packages; made once.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peer");
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(peer("requirements.txt")).unwrap();
    let mark = folder.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(peer("requirements.txt")));
    std::fs::write(mark, wanted).unwrap();
    python
}

// Both sides.

/// Runs to the end and gives what it printed.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Runs one after another: the sum of the times, the largest peak.
fn in_turn<const N: usize>(commands: [Command; N]) -> Measured {
    let runs = commands.map(|mut command| process(&mut command));
    Measured { time: runs.iter().map(|run| run.time).sum(), kilobytes: runs.iter().map(|run| run.kilobytes).max().unwrap_or(0) }
}
