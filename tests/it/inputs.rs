//! The samples of `fixtures/tables`: what each gives, and what the program says to tables it cannot read.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gbaudit::base::lang::Lang;
use gbaudit::catalog::import::{Columns, FileKind, Intake, rows_from_csv, utf8};
use gbaudit::manscdp::item::{Element, RawItem};

use crate::support::folder;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tables").join(name)
}

/// What a sample holds, and what was said about it.
fn read(name: &str, columns: &Columns) -> (Vec<RawItem>, Vec<u64>, Intake) {
    let mut octets = std::fs::read(sample(name)).unwrap();
    if FileKind::of(&octets) == FileKind::Utf16 {
        octets = utf8(&octets);
    }
    let mut intake = Intake::default();
    intake.take(FileKind::of(&octets), octets, name, columns, Lang::Zh).unwrap();
    let (mut items, mut numbers) = (Vec::new(), Vec::new());
    for sheet in &intake.sheets {
        assert!(!sheet.octets.windows(9).any(|w| w == b"swordfish"), "{name}: a password");
        let rows = rows_from_csv(&sheet.octets, Lang::Zh).unwrap();
        items.extend(rows.items);
        numbers.extend(rows.numbers);
    }
    (items, numbers, intake)
}

fn column(items: &[RawItem], element: Element) -> Vec<&str> {
    items.iter().map(|item| item.get(element).unwrap_or_default()).collect()
}

fn notes(intake: &Intake) -> Vec<(&'static str, u64, &str)> {
    intake.notes.iter().map(|n| (n.kind.id, n.count, n.detail.as_str())).collect()
}

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

/// A container of one file that inflates a thousandfold.
fn bomb() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![b' '; 32 * 1024 * 1024]).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_ledger_with_titles_two_sheets_and_a_hidden_one() {
    let (items, numbers, intake) = read("ledger_titles_two_sheets_one_hidden.xlsx", &Columns::default());
    let codes: Vec<String> = (1..=4).map(|n| format!("3717230001132000000{n}")).collect();
    assert_eq!(column(&items, Element::DeviceID), codes);
    assert_eq!(numbers, [5, 7, 2, 3]);
    assert_eq!(column(&items, Element::CivilCode), ["371723"; 4]);
    assert_eq!(column(&items, Element::Longitude), ["115.8896", "115.871200", "", ""]);
    assert_eq!(column(&items, Element::InstallTime), ["2022-05-01T00:00:00", "2022-05-01T08:30:00", "", ""]);
    assert_eq!(column(&items, Element::Password), ["*", "", "", ""]);
    assert_eq!(intake.masked, 1);
    assert_eq!(
        notes(&intake),
        [
            ("column_not_used", 1, "备注"),
            ("column_twice", 1, "DeviceID: 国标编码 > 设备编码"),
            ("sheet_not_read", 2, "填写说明、作废（隐藏）")
        ]
    );
}

#[test]
fn codes_that_became_numbers_are_said() {
    let (items, _, intake) = read("codes_as_numbers.xlsx", &Columns::default());
    assert_eq!(column(&items, Element::DeviceID), ["3.71723E+19", "37172300011320000000", "3.71723E+19"]);
    assert_eq!(column(&items, Element::Port), ["5060"; 3]);
    assert_eq!(notes(&intake), [("excel_damaged_code", 3, "3.71723E+19")]);
}

#[test]
fn objects_one_a_line_and_in_the_answer_of_a_web_service() {
    for (name, numbers) in [("channels.jsonl", [1, 3]), ("channels_of_a_web_service.json", [1, 2])] {
        let (items, found, intake) = read(name, &Columns::default());
        assert_eq!(column(&items, Element::DeviceID), ["37172300011320000001", "37172300011320000002"], "{name}");
        assert_eq!(column(&items, Element::CivilCode), ["371723", "371723"], "{name}");
        assert_eq!(column(&items, Element::PTZType), ["3", "1"], "{name}");
        assert_eq!(found, numbers, "{name}");
        assert_eq!(intake.masked, u64::from(name != "channels.jsonl"));
    }
    let (items, _, _) = read("channels.jsonl", &Columns::default());
    assert_eq!(column(&items, Element::Longitude), ["115.889600", "115.871200"]);
}

#[test]
fn the_archives_of_the_police_and_a_workbook_of_73_columns() {
    let (items, _, intake) = read("police_archive_27_fields.gb18030.csv", &Columns::default());
    assert_eq!(items[0].iter().count(), 23, "{:?}", items[0]);
    assert_eq!((items[0].get(Element::PositionType), items[0].get(Element::Block)), (Some("3"), Some("371723000000")));
    let said = notes(&intake);
    assert_eq!(said[0].0, "column_twice");
    assert_eq!(said[1], ("column_not_used", 2, "联网属性、所属部门/行业"));

    let (items, _, intake) = read("archive_workbook_columns.csv", &Columns::default());
    assert_eq!(items[0].get(Element::DeviceID), Some("37172300011320000001"));
    assert_eq!(items[0].get(Element::PointCommonName), Some("东门"));
    assert_eq!(items[0].get(Element::Password), Some("*"));
    assert!(notes(&intake).iter().any(|n| n.0 == "column_not_used" && n.2.starts_with("原设备编码、")));
}

#[test]
fn text_in_utf16_and_names_of_ones_own() {
    let (items, _, _) = read("unicode_text_utf16.txt", &Columns::default());
    assert_eq!(items[0].get(Element::Name), Some("成武县东门街路口枪机"));
    let own = std::fs::read(sample("own_names.columns.csv")).unwrap();
    let columns = Columns::parse("own_names.columns.csv", &own, Lang::Zh).unwrap();
    let (items, numbers, intake) = read("own_names.csv", &columns);
    assert_eq!(column(&items, Element::Name), ["成武县东门街路口枪机", "成武县西门街路口球机"]);
    assert_eq!((numbers, notes(&intake)), (vec![2, 3], vec![]));
}

#[test]
fn the_program_judges_them_and_the_report_keeps_what_was_said() {
    let folder = folder("inputs_program");
    let path = |name: &str| sample(name).display().to_string();
    let ended = gbaudit(
        &folder,
        &[
            "check",
            &path("codes_as_numbers.xlsx"),
            &path("channels.jsonl"),
            "--as-of",
            "2026-11-24",
            "--out",
            "out",
            "--exit-zero",
        ],
    );
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(
        said.contains("codes_as_numbers.xlsx/Sheet：编码被 Excel 变成了数字") && said.contains("（3）：3.71723E+19"),
        "{said}"
    );
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("out/report.json")).unwrap()).unwrap();
    let damaged = report["catalog"]["oddities"].as_array().unwrap().iter().find(|o| o["kind"] == "excel_damaged_code").unwrap();
    assert_eq!(damaged["count"], 3);
    let devices = std::fs::read_to_string(folder.join("out/devices.jsonl")).unwrap();
    assert!(devices.contains("37172300011320000002") && devices.contains("Excel 把编码变成了数字"), "{devices}");

    let ended = gbaudit(
        &folder,
        &["check", &path("own_names.csv"), "--columns", &path("own_names.columns.csv"), "--exit-zero", "--as-of", "2026-11-24"],
    );
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_example_is_written_once_and_can_be_checked() {
    let folder = folder("inputs_example");
    assert_eq!(gbaudit(&folder, &["check", "--example", "例.csv"]).status.code(), Some(0));
    let again = gbaudit(&folder, &["check", "--example", "例.csv"]);
    assert_eq!(again.status.code(), Some(2));
    let ended = gbaudit(
        &folder,
        &["check", "例.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", "out", "--exit-zero"],
    );
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.code() == Some(0) && !said.contains("例.csv："), "{said}");
    let devices = std::fs::read_to_string(folder.join("out/devices.jsonl")).unwrap();
    assert_eq!(devices.matches("\"compliant\":true").count(), 2, "{devices}");
}

#[test]
fn what_cannot_be_read_is_one_sentence_and_exit_code_2() {
    let folder = folder("inputs_refused");
    let encrypted = [b"\xD0\xCF\x11\xE0....".as_slice(), b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"].concat();
    let header: Vec<String> = (0..300).map(|n| format!("列{n}")).collect();
    let cases: [(&str, &[u8], &str, &str); 12] = [
        ("a.xlsx", b"PK\x03\x04 not a zip", "不是可读取的 Excel 工作簿", "no readable Excel workbook"),
        ("b.xls", b"\xD0\xCF\x11\xE0 old", "旧的 .xls", "the old .xls"),
        ("c.xlsx", &encrypted, "打开密码", "has a password"),
        ("d.xls", b"<html><table>", "网页", "a web page"),
        ("e.jsonl", b"{\"deviceId\": 1}\n{", "e.jsonl:2: 不是正确的 JSON", "e.jsonl:2: not valid JSON"),
        ("f.json", b"[{\"name\": 1}]", "设备编码", "device code"),
        ("g.csv", "序号,名称\n1,2\n".as_bytes(), "g.csv:1: 表头中没有", "g.csv:1: no column"),
        ("h.csv", &format!("设备编码,{}\n", header.join(",")).into_bytes(), "超过 256 列", "over 256 columns"),
        ("j.xlsx", &bomb(), "疑似压缩炸弹", "like a zip bomb"),
        (
            "k.jsonl",
            b"{\"deviceId\": 1}\r\n{\"deviceId\" 2}",
            "k.jsonl:2: 不是正确的 JSON（第 13 个字节",
            "k.jsonl:2: not valid JSON (bad syntax",
        ),
        ("l.csv", b"\xEF\xBB\xBF\r\n", "表格是空的", "the table is empty"),
        ("i.csv", "设备编码,名称\n1,\"x\n".as_bytes(), "i.csv:2: 单元格里的引号", "i.csv:2: a quotation mark"),
    ];
    for (name, octets, zh, en) in cases {
        std::fs::write(folder.join(name), octets).unwrap();
        for (lang, words) in [("zh", zh), ("en", en)] {
            let ended = gbaudit(&folder, &["check", name, "--lang", lang]);
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(2), "{name}: {said}");
            assert!(said.contains(words) && said.lines().count() == 1, "{name}: {said}");
        }
    }
    std::fs::write(folder.join("own.csv"), "x,Longitud\n").unwrap();
    let ended = gbaudit(&folder, &["check", "g.csv", "--columns", "own.csv"]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.code() == Some(2) && said.contains("own.csv:1:") && said.contains("Longitude"), "{said}");
}
