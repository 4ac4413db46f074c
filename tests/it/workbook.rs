//! `report.xlsx` and `report.docx`: what a clerk opens holds no formula, every code is text, long lists go on, equal evidence gives
//! equal bytes.

use std::io::Cursor;

use gbaudit::base::lang::Lang;
use gbaudit::evidence::Confirmation;
use gbaudit::report::{EXPORTERS, Report, xlsx};

use crate::support::{evidence_of_table, file, report_of_table, unpacked};

const TABLE: &str = "DeviceID,Name,CivilCode,Longitude,Latitude,ManagementUnit\n\
    37172300011320000001,=HYPERLINK(\"http://x\"),371723,115.889601,34.952301,+cmd\n\
    37172300011320000002,<w:p>&amp;\u{1b}[2J,371723,115.889602,34.952302,乙单位\n\
    37172300011320000003,Camera 01,371723,0,0,乙单位\n";

fn octets(report: &Report, name: &str) -> Vec<u8> {
    let file = EXPORTERS.iter().flat_map(|e| e.files).find(|f| f.name == name).unwrap();
    let mut octets = Vec::new();
    (file.write)(report, &mut octets).unwrap();
    octets
}

#[test]
fn what_a_platform_sent_is_text_in_workbook_and_document() {
    let report = report_of_table(TABLE);
    let (workbook, document) = (file(&report, "report.xlsx"), file(&report, "report.docx"));
    assert!(!workbook.contains("<f>") && !workbook.contains("hyperlink"), "a formula or a link");
    assert!(workbook.contains("=HYPERLINK(&quot;http://x&quot;)") || workbook.contains("=HYPERLINK(\"http://x\")"));
    assert!(workbook.contains("\\u{1b}[2J") && document.contains("\\u{1b}[2J"), "control characters are visible");
    assert!(document.contains("&lt;w:p&gt;&amp;amp;"));
    for code in ["37172300011320000001", "37172300011320000003"] {
        assert!(workbook.contains(&format!("<t>{code}</t>")), "a code is a text cell");
    }
    assert!(workbook.contains("通过,未通过,豁免"), "the drop-down of the second look");
}

#[test]
fn equal_evidence_gives_equal_bytes() {
    for name in ["report.xlsx", "report.docx", "report.pdf"] {
        assert_eq!(octets(&report_of_table(TABLE), name), octets(&report_of_table(TABLE), name), "{name}");
    }
}

#[test]
fn a_long_list_goes_on_in_a_further_sheet_and_says_so() {
    let report = report_of_table(TABLE);
    let mut out = Cursor::new(Vec::new());
    xlsx::book(&report, 2).unwrap().save_to_writer(&mut out).unwrap();
    let text = unpacked(out.get_ref());
    assert!(text.contains("name=\"摄像机检测明细（2）\"") && text.contains("续见“摄像机检测明细（2）”"));
    assert!(text.contains("摄像机检测明细 3 行，每张表最多 2 行，分为 2 张表"));
    let one = file(&report, "report.xlsx");
    assert!(one.contains("摄像机检测明细 3 行") && !one.contains("续见"));
}

#[test]
fn the_confirmation_and_the_hash_stand_on_page_one_of_every_report() {
    let mut evidence = evidence_of_table(TABLE);
    let none = gbaudit::audit::assess::assess(evidence.clone(), Lang::Zh, None).unwrap();
    let profile = none.profile.hash();
    evidence.header.confirmation =
        Some(Confirmation { number: "数确3号".into(), by: Some("区县大数据局".into()), hash: Some(profile.clone()) });
    let bound = gbaudit::audit::assess::assess(evidence.clone(), Lang::Zh, None).unwrap();
    evidence.header.confirmation.as_mut().unwrap().hash = Some("0".repeat(64));
    let other = gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap();
    for name in ["report.xlsx", "report.docx", "report.html"] {
        assert!(file(&none, name).contains("口径未经各方确认，结果仅供参考"), "{name}");
        let text = file(&bound, name);
        assert!(text.contains("检测口径确认单 数确3号（区县大数据局确认）") && text.contains(&profile[..12]), "{name}");
        assert!(file(&other, name).contains("确认单对应的口径与本次不同"), "{name}");
    }
    assert!(
        file(&other, "report.json").contains("\"standing\": \"other_profile\"")
            || file(&other, "report.json").contains("\"standing\":\"other_profile\"")
    );
}

#[test]
fn the_public_edition_has_nothing_by_which_a_camera_is_found() {
    let table = "DeviceID,Name,CivilCode,Longitude,Latitude,IPAddress,MAC,Address,ParentID,SerialNumber\n\
        37172300011320000001,东门 192.0.2.77,371723,115.889601,34.952301,192.0.2.77,00-11-22-33-44-55,文亭街77号,37172300001180000002,SN-7788\n\
        37172300011320000002,西门13812345678,3717,34.952302,115.889602,192.0.2.78,00-11-22-33-44-56,文亭街78号,37172300001180000002,SN-7789\n\
        3402000000132000000,camera-3717,371723,0,0,192.0.2.79,,,37172300001180000002,\n";
    let secret = [
        "0000001",
        "0000002",
        "3402000000132",
        "192.0.2",
        "115.88",
        "34.95",
        "00-11-22",
        "文亭街",
        "SN-77",
        "13812345678",
        "1180000002",
        "snapshots/",
        ".jpg",
    ];
    let internal = report_of_table(table);
    let public = gbaudit::report::public::edition(report_of_table(table));
    let files = ["report.html", "findings.csv", "estate.csv", "measures.csv", "units.csv", "report.xlsx", "report.docx"];
    for name in files {
        let text = file(&public, name);
        for secret in secret {
            assert!(!text.contains(secret), "{secret} stands in {name}");
        }
    }
    let (workbook, internal) = (file(&public, "report.xlsx"), file(&internal, "report.xlsx"));
    assert!(workbook.contains("3717230001132*******") && workbook.contains("公示版") && !workbook.contains("整改清单\""));
    assert!(internal.contains("37172300011320000001") && internal.contains("内部资料　注意保管"));
    let rates = |report: &Report| report.rates.clone();
    assert_eq!(rates(&public), rates(&report_of_table(table)), "masking changes no number");
}

#[test]
fn every_unit_gets_its_own_problems_in_a_file_of_our_own_name() {
    use gbaudit::report::notices;
    let report = report_of_table(TABLE);
    let due = notices::notices(&report);
    let told = |notice: &notices::Notice| {
        let mut octets = Vec::new();
        notices::write(&report, &gbaudit::report::problems::Told::new(&report), notice, &mut octets).unwrap();
        unpacked(&octets)
    };
    assert!(due.iter().all(|notice| notice.file().starts_with("notice-000") && notice.problems() > 0), "{due:?}");
    let second = due.iter().find(|notice| notice.name(&report) == "乙单位").unwrap();
    let text = told(second);
    assert!(text.contains("乙单位：") && text.contains("37172300011320000003") && !text.contains("37172300011320000001"));
    let problems = gbaudit::report::problems::places(&report).len();
    assert_eq!(due.iter().map(notices::Notice::problems).sum::<usize>(), problems, "each problem in one notice");
}

#[test]
fn a_problem_keeps_its_id_from_night_to_night() {
    use gbaudit::report::problems::{Told, places};
    let ids = |run: &str| {
        let mut evidence = evidence_of_table(TABLE);
        evidence.header.run_id = run.into();
        let report = gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap();
        let told = Told::new(&report);
        places(&report).into_iter().map(|place| told.id(&told.at(place).unwrap())).collect::<Vec<_>>()
    };
    let first = ids("a");
    assert_eq!(first, ids("b"));
    let mut distinct = first.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), first.len());
}
