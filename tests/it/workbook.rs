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
    for name in ["report.xlsx", "report.docx"] {
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
