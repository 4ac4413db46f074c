//! The manual: every command in it is run, what it shows is what the program says, both languages say the same, and the page made of it
//! needs nothing but itself.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use gbaudit::base::lang::Lang;
use regex::Regex;

use crate::command::{Running, free_port};
use crate::support::{AUDITOR, MACHINE, PASSWORD, PLATFORM, folder};

#[path = "../../examples/manual.rs"]
mod book;

const LANGUAGES: [&str; 2] = ["zh", "en"];
const CHAPTERS: usize = 8;
/// Why a block is not run, and how many of a language have each reason.
const NOT_RUN: [(&str, usize); 6] = [
    // Files of the archive, which stand nowhere but in it.
    ("archive", 1),
    ("root", 6),
    ("platform", 1),
    ("interactive", 2),
    // Serves until it is told to stop.
    ("service", 1),
    // Waits for an hour of the day.
    ("hours", 1),
];
/// Chapters whose commands ask a platform.
const WITH_PLATFORM: [&str; 5] = ["02", "03", "04", "05", "07"];
/// Chapters whose platform has been put in order since the run that is there already.
const PUT_IN_ORDER: [&str; 2] = ["04", "05"];
/// Ports for media of a chapter.
const MEDIA_PORTS: usize = 40;
const FIRST_MEDIA_PORT: usize = 37_000;
/// Chapters at once: they wait for the platform more than they work.
const WORKERS: usize = 8;
/// Where something else may stand in what is shown.
const GAP: &str = "…";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn chapters(language: &str) -> Vec<(String, String)> {
    book::chapters(&root().join("docs/manual").join(language)).unwrap()
}

/// A fenced block.
struct Block {
    info: String,
    lines: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                open = true;
                all.push(Block { info: info.to_owned(), lines: Vec::new() });
            }
            None if open => all.last_mut().unwrap().lines.push(line.to_owned()),
            None => {}
        }
    }
    assert!(!open, "a block without an end");
    all
}

/// A line of a block of commands, without its comment.
fn command(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(command, _)| command).trim()
}

fn exit_code(line: &str) -> i32 {
    let said = ["# 退出码 ", "# exit code "].into_iter().find_map(|mark| line.split_once(mark));
    said.map_or(0, |(_, rest)| rest.split_whitespace().next().unwrap().parse().unwrap())
}

/// Holds what is shown against what was said: the pieces between gaps, in their order, in one line.
fn stands(shown: &str, said: &[String]) -> bool {
    said.iter().any(|line| {
        let mut rest = line.as_str();
        shown.split(GAP).all(|piece| match rest.find(piece.trim()) {
            Some(at) => {
                rest = &rest[at + piece.trim().len()..];
                true
            }
            None => false,
        })
    })
}

/// A line without what differs from one run to the next, and with single blanks.
struct Plain(Vec<(Regex, &'static str)>);

impl Plain {
    fn new() -> Self {
        let of = |(pattern, instead)| (Regex::new(pattern).unwrap(), instead);
        Self(
            [
                (r"\d{8}-\d{4}-[0-9a-f]{4}", "RUN"),
                (r"\b[0-9a-f]{64}\b", "HASH"),
                (r"20\d\d-\d\d-\d\d", "DAY"),
                (r"\b\d\d:\d\d(:\d\d(\.\d+)?)?\b", "TIME"),
                (r"127\.0\.0\.1:\d+", "PORT"),
                (r"\s+", " "),
            ]
            .map(of)
            .into(),
        )
    }

    fn of(&self, line: &str) -> String {
        self.0.iter().fold(line.to_owned(), |line, (pattern, instead)| pattern.replace_all(&line, *instead).into_owned())
    }
}

/// Settings and platform of a chapter, in a folder of its own.
fn settings(place: &Path, number: usize, in_order: bool) {
    let port = free_port();
    let first = FIRST_MEDIA_PORT + number * MEDIA_PORTS;
    let last = first + MEDIA_PORTS - 1;
    let text = format!(
        "[local]\nid = \"{AUDITOR}\"\nlisten = [\"udp:127.0.0.1:{port}\", \"tcp:127.0.0.1:{port}\"]\nmedia_ports = \"{first}-{last}\"\n\
         [[platform]]\nname = \"成武县视频平台\"\nid = \"{PLATFORM}\"\npassword_file = \"chengwu.secret\"\ntype = \"wvp\"\nexpected_cameras = 14\n\
         [audit]\nprofile = \"sd-2022-basic\"\njurisdiction = [\"371723\"]\nplan = \"plan.csv\"\nledger = \"ledger.csv\"\nwaivers = \"waivers.csv\"\n\
         [probe]\nparallel = 16\ninvite_gap_ms = 0\n"
    );
    std::fs::write(place.join("acceptance.toml"), text.replace("sd-2022-basic", "sd-2022-acceptance")).unwrap();
    std::fs::write(place.join("gbaudit.toml"), text).unwrap();
    let example = std::fs::read_to_string(root().join("src/cli/demo/cameras.toml")).unwrap();
    // What is quick to tell instead of what has to be waited for.
    let mut cameras = example.replace("\"silence\"", "\"not_found\"").replace("\"black\"", "\"not_found\"");
    for (number, name, more) in [
        (10, "便民服务站", "fault = \"coordinate_swapped\"\n"),
        (11, "东墙", "fault = \"region_coarse\"\n"),
        (12, "西墙", "behaviour = \"h265_422\"\n"),
    ] {
        let more = if in_order { "" } else { more };
        cameras += &format!("\n[[camera]]\nnumber = {number}\nname = \"示例社区{name}枪机\"\n{more}");
    }
    let scene = format!(
        "[platform]\nid = \"{PLATFORM}\"\nname = \"成武县视频平台\"\nlisten = \"udp:127.0.0.1:0\"\nversion = \"2.0\"\n\
         [superior]\nid = \"{AUDITOR}\"\naddress = \"udp:127.0.0.1:{port}\"\npassword_file = \"chengwu.secret\"\nretry_s = 1\n\
         [catalog]\ncameras = 12\nper_recorder = 6\nseed = 20261124\n{cameras}"
    );
    std::fs::write(place.join("sim.toml"), scene).unwrap();
}

fn said(place: &Path, language: &str, arguments: &[&str]) -> (i32, String) {
    let ended = Running::start(place, &[&["--lang", language], arguments].concat()).end();
    (ended.code, format!("{}\n{}", ended.out, ended.said))
}

/// What every chapter begins with: tables, and one run of a platform that is not in order.
fn stage() -> PathBuf {
    let place = folder("manual-stage");
    let demo = root().join("src/cli/demo");
    for table in ["plan.csv", "ledger.csv", "waivers.csv"] {
        std::fs::copy(demo.join(table), place.join(table)).unwrap();
    }
    let write = |name: &str, text: &str| std::fs::write(place.join(name), text).unwrap();
    write("chengwu.secret", PASSWORD);
    write("again.csv", "设备编码,异议\n37172300011320000003,画面正常\n37172300011320000006,画面正常\n");
    write("looked.csv", "设备编码,查看人,日期\n37172300011320000001,张工,2026-11-24\n");
    write("notice.txt", &std::fs::read_to_string(root().join("fixtures/notices/figures_that_do_not_fit.txt")).unwrap());
    let item = |n: u32| {
        format!(
            "<Item><DeviceID>3717230001132000000{n}</DeviceID><Name>示例社区北门枪机{n}</Name><CivilCode>371723</CivilCode>\
             <ParentID>{PLATFORM}</ParentID><Parental>0</Parental><Status>ON</Status><Longitude>115.88{n}601</Longitude>\
             <Latitude>34.95{n}301</Latitude></Item>"
        )
    };
    write(
        "short.xml",
        &format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>{PLATFORM}</DeviceID>\
             <SumNum>4</SumNum><DeviceList Num=\"2\">{}{}</DeviceList></Response>\n",
            item(1),
            item(2)
        ),
    );
    settings(&place, 2 * CHAPTERS, false);
    let platform = Running::start(&place, &["simulate", "-c", "sim.toml"]);
    let (code, text) = said(&place, "zh", &["audit", "--out", "result"]);
    platform.interrupt();
    platform.end();
    assert_eq!(code, 1, "{text}");
    for (arguments, expected) in
        [(["catalog", "latest", "--out", "export.csv"].as_slice(), 0), (&["fix", "latest", "--out", "filled.csv"], 0)]
    {
        assert_eq!(said(&place, "zh", arguments).0, expected);
    }
    // As somebody fills it in: whatever is proposed is taken.
    let filled = std::fs::read(place.join("filled.csv")).unwrap();
    let grid = gbaudit::catalog::import::grid_from_csv(&filled, Lang::Zh).unwrap();
    let at = |title: &str| grid.rows[0].iter().position(|cell| cell.trim_start_matches('\u{feff}') == title).unwrap();
    let (proposed, corrected) = (at("建议值"), at("修正值"));
    let mut writer = csv::Writer::from_path(place.join("filled.csv")).unwrap();
    for (number, mut row) in grid.rows.iter().cloned().enumerate() {
        if number > 0 {
            let proposal = row[proposed].clone();
            row[corrected] = proposal;
        }
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
    place
}

fn copied(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let beside = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&beside).unwrap();
            copied(&path, &beside);
        } else {
            std::fs::copy(&path, &beside).unwrap();
        }
    }
}

/// Runs a chapter; gives what is wrong with it.
fn chapter(stage: &Path, language: &str, number: usize, (name, text): &(String, String)) -> Vec<String> {
    let place = folder(&format!("manual-{language}-{name}"));
    copied(stage, &place);
    let of = |all: &[&str]| all.iter().any(|chapter| name.starts_with(chapter));
    settings(&place, number, of(&PUT_IN_ORDER));
    let platform = of(&WITH_PLATFORM).then(|| Running::start(&place, &["simulate", "-c", "sim.toml"]));
    let (plain, digest) = (Plain::new(), Regex::new("SM3 ([0-9a-f]{64})").unwrap());
    let (mut wrong, mut all, mut lines) = (Vec::new(), String::new(), Vec::<String>::new());
    for block in blocks(text) {
        match block.info.as_str() {
            "sh" => {
                for line in block.lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
                    let text = command(line);
                    // The digest that was printed, as a person copies it from the paper.
                    let printed = digest.captures(&all).map_or("", |found| found.get(1).unwrap().as_str());
                    let words: Vec<&str> =
                        text.split_whitespace().map(|word| if word == "DIGEST" { printed } else { word }).collect();
                    if words.first() != Some(&"gbaudit") || text.contains(['|', '>', '"', '\'']) {
                        wrong.push(format!("{name}: {text}: only commands of gbaudit, without a shell, stand in such a block"));
                        continue;
                    }
                    let (code, out) = said(&place, language, &words[1..]);
                    if code != exit_code(line) {
                        wrong.push(format!("{name}: {line}: exit code {code}\n{out}"));
                    }
                    lines.extend(out.lines().map(|line| plain.of(line)));
                    all += &out;
                }
            }
            "text" => wrong.extend(
                block
                    .lines
                    .iter()
                    .filter(|line| !stands(&plain.of(line), &lines))
                    .map(|line| format!("{name}: the program does not say: {line}")),
            ),
            "toml" => {
                if let Err(error) = toml::from_str::<toml::Table>(&block.lines.join("\n")) {
                    wrong.push(format!("{name}: {error}"));
                }
            }
            other if other.starts_with("sh norun ") => {}
            other => wrong.push(format!("{name}: what is a block of {other}?")),
        }
    }
    if let Some(platform) = platform {
        platform.interrupt();
        platform.end();
    }
    wrong
}

#[test]
fn every_command_runs_and_says_what_the_manual_shows() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let stage = stage();
    let mut work: Vec<(&str, usize, (String, String))> = Vec::new();
    for (place, language) in LANGUAGES.into_iter().enumerate() {
        work.extend(chapters(language).into_iter().zip(place * CHAPTERS..).map(|(chapter, number)| (language, number, chapter)));
    }
    assert_eq!(work.len(), LANGUAGES.len() * CHAPTERS);
    // The longest first.
    work.sort_by_key(|(_, _, (name, _))| !name.starts_with("05"));
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((language, number, text)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = chapter(&stage, language, *number, text);
                    wrong.lock().unwrap().extend(found.into_iter().map(|line| format!("{language}/{line}")));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_run_has_a_reason_and_only_options_there_are() {
    let here = root();
    let mut helps: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for language in LANGUAGES {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for (name, text) in chapters(language) {
            for block in blocks(&text) {
                let Some(reason) = block.info.strip_prefix("sh norun ") else { continue };
                *reasons.entry(reason.to_owned()).or_default() += 1;
                for line in block.lines.iter().filter(|line| line.starts_with("gbaudit ")) {
                    let words: Vec<&str> = command(line).split_whitespace().collect();
                    let sub: Vec<String> = vec![words[1].to_owned(), "--help".to_owned()];
                    let help = helps.entry(sub.clone()).or_insert_with(|| {
                        let (code, help) = said(&here, "en", &sub.iter().map(String::as_str).collect::<Vec<_>>());
                        assert_eq!(code, 0, "{name}: {line}");
                        help
                    });
                    for option in words.iter().filter(|word| word.starts_with('-')) {
                        let there = help.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == *option);
                        assert!(there, "{language}/{name}: {line}: no option {option}");
                    }
                }
            }
        }
        let expected: BTreeMap<String, usize> = NOT_RUN.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
        assert_eq!(reasons, expected, "{language}");
    }
}

#[test]
fn both_languages_have_the_same_chapters_headings_commands_and_tables() {
    let [zh, en] = LANGUAGES.map(chapters);
    assert_eq!(zh.len(), CHAPTERS);
    assert_eq!(zh.iter().map(|c| &c.0).collect::<Vec<_>>(), en.iter().map(|c| &c.0).collect::<Vec<_>>());
    let headings = |text: &str| {
        let mut inside = false;
        let outside = text.lines().filter(move |line| {
            inside ^= line.starts_with("```");
            !inside
        });
        outside
            .filter(|line| line.starts_with('#'))
            .map(|line| line.chars().take_while(|c| *c == '#').count())
            .collect::<Vec<_>>()
    };
    let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
    let commands = |text: &str| {
        let all = blocks(text).into_iter().map(|block| {
            let of_shell = block.info.starts_with("sh");
            let lines = block.lines.iter().filter(|line| of_shell && !line.starts_with('#'));
            let lines = lines.map(|line| (command(line).to_owned(), exit_code(line))).collect::<Vec<_>>();
            (block.info, lines)
        });
        all.collect::<Vec<_>>()
    };
    for ((name, zh), (_, en)) in zh.iter().zip(&en) {
        assert_eq!(headings(zh), headings(en), "headings of {name}");
        assert_eq!(commands(zh), commands(en), "commands of {name}");
        assert_eq!(rows(zh), rows(en), "rows of tables of {name}");
    }
}

fn sources(folder: &Path, lines: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, lines);
        } else if path.extension().is_some_and(|end| end == "rs") {
            lines.extend(std::fs::read_to_string(&path).unwrap().lines().map(|line| line.replace("\\\"", "\"")));
        }
    }
}

#[test]
fn every_sentence_of_the_screen_that_is_explained_is_one_the_program_has() {
    let mut lines = Vec::new();
    sources(&root().join("src"), &mut lines);
    for language in LANGUAGES {
        let (_, text) = chapters(language).pop().unwrap();
        let quoted: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(sentence, _)| sentence)).collect();
        assert!(quoted.len() > 30, "{language}: {}", quoted.len());
        let missing: Vec<&&str> = quoted.iter().filter(|sentence| !stands(sentence, &lines)).collect();
        assert!(missing.is_empty(), "{language}: {missing:#?}");
    }
}

#[test]
fn the_page_of_the_manual_needs_nothing_but_itself_and_every_link_leads_somewhere() {
    let page = book::page(&root().join("docs/manual")).unwrap();
    for outside in ["src=", "<link", "<script", "<img", "<iframe", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let values = |name: &str| {
        let mark = format!(" {name}=\"");
        page.split(&mark).skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    let names = values("id");
    let known: HashSet<&String> = names.iter().collect();
    assert_eq!(known.len(), names.len(), "a name stands twice");
    let links = values("href");
    assert!(links.len() > 2 * CHAPTERS);
    for link in links {
        assert!(link.strip_prefix('#').is_some_and(|name| known.contains(&name.to_owned())), "{link}");
    }
}
