//! `gbaudit catalog` as a person runs it on what is there already: files, a stored run.

use std::path::Path;
use std::process::Command;

use unicode_width::UnicodeWidthStr as _;

use crate::support::folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gbaudit");

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(PROGRAM).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().expect("the program runs");
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The catalogue of seven cameras, declaring as many items as asked for.
fn answer(folder: &Path, declared: Option<u64>) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/runs/seven_cameras/catalogue.xml");
    let octets = std::fs::read(fixture).unwrap();
    let at = octets.windows(8).position(|w| w == b"<SumNum>").unwrap() + 8;
    let end = octets[at..].iter().position(|c| *c == b'<').unwrap() + at;
    let number = declared.map_or_else(|| octets[at..end].to_vec(), |n| n.to_string().into_bytes());
    std::fs::write(folder.join("answer.xml"), [&octets[..at], &number, &octets[end..]].concat()).unwrap();
}

#[test]
fn a_saved_answer_becomes_a_table_and_a_proof() {
    let folder = folder("catalog-files");
    answer(&folder, None);
    for lang in ["zh", "en"] {
        let (code, out, said) = run(&folder, &["catalog", "answer.xml", "--explain", "--lang", lang]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert!(out.contains(if lang == "zh" {
            "结论  完整：平台声明 10 条，收到 10 条"
        } else {
            "complete: the platform declares 10 items"
        }));
        for line in out.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
    for name in ["目录.csv", "目录.xlsx", "目录.jsonl"] {
        let (code, out, said) = run(&folder, &["catalog", "answer.xml", "--out", name]);
        assert_eq!((code, said.as_str()), (0, ""), "{out}");
        assert!(out.contains(name) && folder.join(name).exists());
    }
    let (_, from_xml, _) = run(&folder, &["check", "answer.xml", "--as-of", "2026-11-24"]);
    for name in ["目录.csv", "目录.xlsx"] {
        let (_, from_table, said) = run(&folder, &["check", name, "--as-of", "2026-11-24"]);
        let rate = |text: &str| text.lines().find(|line| line.starts_with("合规率")).map(ToOwned::to_owned);
        assert_eq!(rate(&from_table), rate(&from_xml), "{name}: {said}");
    }
    let (code, _, said) = run(&folder, &["catalog", "answer.xml", "--out", "目录.doc"]);
    assert!(code == 2 && said.contains(".jsonl"), "{said}");
}

#[test]
fn a_stored_run_is_explained_and_one_that_came_short_is_no_success() {
    let folder = folder("catalog-run");
    answer(&folder, Some(12));
    let (code, _, _) = run(&folder, &["check", "answer.xml", "--out", "results"]);
    assert_eq!(code, 3);
    let (code, out, _) = run(&folder, &["catalog", "results", "--explain"]);
    assert!(code == 3 && out.contains("不完整：实收少于声明数") && out.contains("缺 2 条"), "{code} {out}");
    assert!(out.contains("目录日志（共 1 条报文"), "{out}");
    let journal = std::fs::read_to_string(folder.join("results/journal.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 1);
    let (code, out, _) = run(&folder, &["catalog", "results", "--lang", "en"]);
    assert!(code == 3 && out.contains("incomplete: fewer items came"), "{out}");
    let (code, _, said) = run(&folder, &["catalog", "nothing-there"]);
    assert!(code == 2 && said.contains("gbaudit.db"), "{said}");
}
