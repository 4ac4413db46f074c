//! `docs/objections`: every member and every key the answers name is in a bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gbaudit::base::lang::Lang;
use gbaudit::bundle::make::Pictures;
use gbaudit::evidence::conduct::{Conduct, Drawn, Limit, Sampling, Stratum};
use gbaudit::evidence::{ProbePlan, Table, Way};
use serde_json::Value;

use crate::bundle::{bundle, everything, members};

/// Pages there are.
const PAGES: usize = 20;

fn pages() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/objections");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    pages.sort();
    pages
}

/// The members of a run with all there is, and of one with a draw.
fn bundles() -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut all: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for name in ["census", "sample"] {
        let (mut evidence, store) = everything(&format!("objections-{name}"));
        // One code twice, and a way it came on.
        evidence.tables.push(Table {
            name: "同码.csv".into(),
            octets: "设备编码,设备名称,父节点编码\n37172300011320000098,伯乐大街东口枪机,37172300001180000001\n\
                     37172300011320000098,伯乐大街西口枪机,37172300001180000001\n"
                .into(),
        });
        let header = &mut evidence.header;
        header.ways = vec![Way { transport: "UDP".into(), peer: "192.0.2.7:5060".into() }];
        let limit =
            Limit { recorder: Some("37172300001180000001".into()), set: 4, sessions: 2, wall: Some(3), remembered: false };
        header.conduct = Conduct { limits: vec![limit], ..Conduct::default() };
        if name == "sample" {
            header.probing = ProbePlan::Sample { size: 2, seed: 7 };
            let drawn = |code: &str| Drawn { code: code.into(), stratum: Some(0) };
            header.conduct.sampling = Some(Sampling {
                population: 7,
                strata: vec![Stratum { community: String::new(), class: "other".into(), cameras: 7, drawn: 2 }],
                drawn: vec![drawn("37172300011320000001"), drawn("37172300011320000004")],
                ..Sampling::default()
            });
        }
        let (octets, _) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
        for (member, octets) in members(&octets).into_iter().chain([("CHAIN".to_owned(), b"1\t".to_vec())]) {
            all.entry(member).or_default().push(octets);
        }
    }
    all
}

/// Whether a value has a path such as `attempts[].ends.media.seen`.
fn has(value: &Value, path: &str) -> bool {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let inner = match head.strip_suffix("[]") {
        Some(list) => {
            let values = value.get(list).and_then(Value::as_array);
            return values.is_some_and(|values| values.iter().any(|one| rest.is_none_or(|rest| has(one, rest))));
        }
        None => value.get(head),
    };
    inner.is_some_and(|inner| rest.is_none_or(|rest| has(inner, rest)))
}

fn stands(member: &str, octets: &[u8], key: &str) -> bool {
    let text = || String::from_utf8_lossy(octets);
    let (_, kind) = member.rsplit_once('.').unwrap_or(("", ""));
    match kind {
        "json" => has(&serde_json::from_slice(octets).unwrap(), key),
        "jsonl" => text().lines().any(|line| has(&serde_json::from_str(line).unwrap(), key)),
        "toml" => has(&toml::from_str(&text()).unwrap(), key),
        "csv" => text().trim_start_matches('\u{feff}').lines().next().unwrap().split(',').any(|column| column == key),
        _ => text().contains(key),
    }
}

#[test]
fn every_member_and_key_of_the_answers_is_in_a_bundle() {
    let bundles = bundles();
    let mut rows = 0;
    for (path, text) in pages() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for row in text.lines().filter(|line| line.starts_with("| `")) {
            rows += 1;
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let member = cells[1].trim_matches('`');
            let there = bundles.get(member).unwrap_or_else(|| panic!("{name}: no bundle has {member}"));
            for key in cells[2].split('`').map(str::trim).filter(|key| !key.is_empty() && *key != "—") {
                assert!(there.iter().any(|octets| stands(member, octets, key)), "{name}: {member} has no {key}");
            }
        }
    }
    assert!(rows > 3 * PAGES, "{rows}");
}

#[test]
fn the_index_names_every_page_and_every_page_has_its_parts() {
    let mut pages = pages();
    let index = pages.iter().position(|(path, _)| path.ends_with("README.md")).unwrap();
    let (_, index) = pages.remove(index);
    assert_eq!(pages.len(), PAGES);
    for (path, text) in pages {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let title = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
        assert!(index.contains(&format!("[{title}]({name})")), "{name}");
        for part in ["## 看哪里", "## 怎么答", "## 证据答不了的"] {
            assert!(text.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn a_verifier_written_from_the_page_agrees() {
    let folder = crate::support::folder("bundle-python");
    let (evidence, store) = everything("bundle-python-store");
    let (mut octets, report) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/gbbundle.py");
    let run = |octets: &[u8]| {
        let file = folder.join("a.zip");
        std::fs::write(&file, octets).unwrap();
        std::process::Command::new("python3").arg(&program).arg(&file).output().unwrap()
    };
    let whole = run(&octets);
    let said = String::from_utf8_lossy(&whole.stdout).into_owned();
    if said.is_empty() && String::from_utf8_lossy(&whole.stderr).contains("unsupported hash type") {
        println!("the OpenSSL of this Python has no SM3: the verifier of the page was not run");
        return;
    }
    assert!(whole.status.success(), "{said}{}", String::from_utf8_lossy(&whole.stderr));
    assert!(said.contains(&format!("digest {} {}", report.head.sm3, report.head.sha256)), "{said}");
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    assert_eq!(run(&octets).status.code(), Some(1));
}
