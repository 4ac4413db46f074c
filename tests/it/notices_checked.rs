//! `gbaudit notice check`: what contradicts itself or the evidence is named, and our own row passes.

use std::path::Path;
use std::process::Command;

use gbaudit::base::lang::Lang;
use gbaudit::report::document::{Column, Document, Layout};
use gbaudit::report::notice;

use super::support::{folder, report_of_table};

const TABLE: &str = "DeviceID,Name,CivilCode,Longitude,Latitude\n\
    37172300011320000001,东门枪机,371723,115.889601,34.952301\n\
    37172300011320000002,Camera 01,371723,0,0\n\
    37172300011320000003,永昌路3号枪机,371723,115.889701,34.952401\n";

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("GBAUDIT_LANG")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|octets| String::from_utf8(octets).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/notices/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_five_day_period_over_five_weeks_and_thresholds_for_results_are_named() {
    let folder = folder("notice_itself");
    let (code, said) = run(&folder, &["notice", "check", &fixture("five_days_over_five_weeks.txt")]);
    assert_eq!(code, 1, "{said}");
    for wanted in ["公示期", "36", "90%以上", "矛盾"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let (code, said) = run(&folder, &["notice", "check", &fixture("figures_that_do_not_fit.txt"), "--json"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{said}");
    assert!(said.contains("78.33"), "cut, not rounded: {said}");
}

/// Each fixture is a way to look better than one is, or a form that is easily misread.
#[test]
fn what_is_said_of_each_draft() {
    let folder = folder("notice_drafts");
    let mut names: Vec<String> =
        std::fs::read_dir(fixture("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    for name in names {
        let (code, said) = run(&folder, &["notice", "check", &fixture(&name)]);
        insta::assert_snapshot!(name, format!("{}\nexit code {code}\n", said.trim_end()));
    }
}

#[test]
fn our_own_row_passes_beside_its_run_and_a_figure_changed_by_hand_does_not() {
    let folder = folder("notice_run");
    std::fs::write(folder.join("table.csv"), TABLE).unwrap();
    let checked = ["check", "table.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", "own", "--exit-zero"];
    let (code, said) = run(&folder, &checked);
    assert_eq!(code, 0, "{said}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("own/report.json")).unwrap()).unwrap();
    let id = json["run"]["id"].as_str().unwrap();
    let report = report_of_table(TABLE);
    let mut row = notice::row(&report);
    // The same table judged in a process of its own has another id.
    for cell in &mut row {
        *cell = cell.replace(&report.header.run_id, id);
    }
    let draft = |name: &str, row: &[String; 6]| {
        let mut document = Document::new("关于某社区验收情况的公示", None, Layout::Official);
        document.paragraph("公示期5天，自2026年11月25日至2026年11月29日。如有异议，请以书面形式向工作组反映。");
        let columns: Vec<Column<'_>> = notice::COLUMNS.iter().map(|title| Column::text(title.get(Lang::Zh), 1)).collect();
        document.table(&columns, [row.as_slice()]);
        let mut octets = Vec::new();
        document.save(&mut octets).unwrap();
        std::fs::write(folder.join(name), octets).unwrap();
    };
    let shown = |file: &str, more: &[&str]| {
        let (code, said) = run(&folder, &[&["notice", "check", file], more].concat());
        // The id of a run is another each time.
        format!("{}\nexit code {code}\n", said.trim_end().replace(id, "RUN"))
    };
    draft("draft.docx", &row);
    insta::assert_snapshot!("draft.txt", shown("draft.docx", &[]));
    insta::assert_snapshot!("draft.run.txt", shown("draft.docx", &["--run", "own"]));
    assert!(row[5].contains("合规2条"), "{}", row[5]);
    let raised = row.clone().map(|cell| cell.replace("合规2条", "合规3条").replace("66.66%", "100.00%"));
    assert_ne!(raised, row);
    draft("raised.docx", &raised);
    // By itself its figures fit each other, and only the evidence tells.
    insta::assert_snapshot!("raised.txt", shown("raised.docx", &[]));
    insta::assert_snapshot!("raised.run.txt", shown("raised.docx", &["--run", "own"]));
    for (file, wanted) in [("own/report.json.none", "读不了"), ("own/evidence.db", "读不了")] {
        let (code, said) = run(&folder, &["notice", "check", file]);
        assert!(code == 2 && said.contains(wanted), "{file}: {said}");
    }
}
