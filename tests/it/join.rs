//! `gbaudit fix --join`: which row is which camera, what is filled in, and what stays as it was.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::{Command, Output};

use gbaudit::base::charset::Charset;
use gbaudit::base::lang::Lang;
use gbaudit::catalog::import::{Columns, Grid, grid_from_csv, grids};
use gbaudit::correction::join::{Counts, Doubt, Joined, join, mapping_csv};
use gbaudit::correction::{Grade, Wanted, corrections, join_file};
use gbaudit::report::Report;

use crate::support::{folder, report_of_table};

/// What the run saw: 1 has its position swapped, 3 blanks around its code, 8 stands twice.
pub const RUN: &str = "设备编码,设备名称,行政区划,经度,纬度,IP地址,端口,设备状态,安装地址,设备厂商,设备型号,设备归属
37172300011320000001,东门街路口枪机1,371723,34.952800,115.889600,192.0.2.11,5060,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000002,西门街路口枪机1,371723,115.871200,34.951300,192.0.2.12,5060,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
 37172300011320000003 ,南门街路口枪机1,371723,115.871300,34.951400,192.0.2.20,5060,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000004,南门街路口枪机2,371723,115.871400,34.951500,192.0.2.20,5060,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000005,北门街路口枪机1,371723,115.871500,34.951600,,,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000006,同名路口枪机1,371723,115.871600,34.951700,,,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000007,同名路口枪机1,371723,115.871700,34.951800,,,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000008,古城街路口枪机1,371723,115.871800,34.951900,,,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
37172300011320000008,古城街路口枪机2,371723,115.871900,34.952000,,,ON,东门街与伯乐大街交叉口,厂商甲,型号甲,社区
";

const TITLES: [&str; 9] = ["序号", "点位名称", "国标编码", "通道号", "设备IP", "端口", "经度", "纬度", "备注"];

fn grid(name: &str, visible: bool, rows: &[&[&str]]) -> Grid {
    let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    Grid { name: name.into(), visible, rows, damaged: BTreeSet::new() }
}

fn joined(report: &Report, grids: Vec<Grid>, columns: &Columns) -> Result<Joined, String> {
    let rows = corrections(report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false });
    join(report, &rows, &[Grade::Safe, Grade::Suggest], grids, columns)
}

/// A sheet of these rows below the titles, joined; gives its cells row by row.
fn one(report: &Report, rows: &[&[&str]]) -> (Vec<Vec<String>>, Joined) {
    let rows: Vec<&[&str]> = std::iter::once(TITLES.as_slice()).chain(rows.iter().copied()).collect();
    let joined = joined(report, vec![grid("一", true, &rows)], &Columns::default()).unwrap();
    (joined.sheets[0].grid.rows.clone(), joined)
}

#[test]
fn rows_find_their_cameras_by_code_then_address_then_name() {
    let report = report_of_table(RUN);
    let (rows, joined) = one(
        &report,
        &[
            &["1", "", "37172300011320000001", "", "", "", "34.9528", "115.8896", "=1+1"],
            &["2", "", "3.71723E+19", "", "192.0.2.12", "", "", "", ""],
            &["3", "", "'37172300011320000003", "", "", "", "", "", ""],
            &["4", "", "37172300011320000000", "4", "192.0.2.20", "5060", "", "", ""],
            &["", "", "", "", "", "", "", "", ""],
            &["5", "北门街 路口枪机１", "", "", "", "", "", "", ""],
            &["6", "同名路口枪机1", "", "", "", "", "", "", ""],
            &["7", "古城街路口枪机2", "37172300011320000008", "", "", "", "", "", ""],
            &["8", "", "37172399991320000001", "", "", "", "", "", ""],
            &["9", "东门街路口枪机1", "", "", "", "", "", "", ""],
        ],
    );
    assert_eq!(rows[0][9..], ["匹配方式", "问题代码", "问题说明", "建议值", "原值"]);
    let way: Vec<&str> = rows.iter().skip(1).map(|row| row.get(9).map_or("", String::as_str)).collect();
    assert_eq!(
        way,
        [
            "编码",
            "IP地址",
            "编码",
            "IP地址",
            "",
            "名称",
            "不唯一，未填：2 路摄像机同名",
            "编码",
            "未匹配：这一批次没有这一路",
            "不唯一，未填：这一路已与第 2 行匹配"
        ]
    );
    assert_eq!((rows[1][6].as_str(), rows[1][7].as_str(), rows[1][8].as_str()), ("115.889600", "34.952800", "=1+1"));
    assert_eq!((rows[1][10].as_str(), rows[1][13].as_str()), ("G05", "经度：34.9528；纬度：115.8896"));
    assert_eq!((rows[2][2].as_str(), rows[2][13].as_str()), ("37172300011320000002", "设备编码：3.71723E+19"));
    assert_eq!((rows[3][2].as_str(), rows[3][10].as_str(), rows[3][13].as_str()), ("'37172300011320000003", "D02", ""));
    assert_eq!(rows[4][2], "37172300011320000004");
    assert_eq!(rows[8][2], "37172300011320000009", "the free code for the second of two");
    let marks = joined.sheets[0].marks.as_ref().unwrap();
    assert_eq!(marks.changed, BTreeSet::from([(1, 6), (1, 7), (2, 2), (4, 2), (8, 2)]));
    assert_eq!((marks.head, marks.added, marks.doubts.len()), (0, 9, 3));
    assert_eq!(marks.doubts[&9], Doubt::Unmatched);
    let counts = Counts {
        rows: 9,
        matched: [3, 2, 1],
        unmatched: 1,
        ambiguous: 2,
        filled: 3,
        already: 1,
        differing: 0,
        restored: 2,
        left: 1,
    };
    assert_eq!(joined.counts, counts);
}

#[test]
fn a_code_damaged_by_a_spreadsheet_matches_nothing_by_itself() {
    let report = report_of_table(&RUN.replace("37172300011320000007", "37172300011320000000"));
    // One among sound ones may be a code; as a number, or beside damaged ones, it is none.
    let sound = ["", "", "37172300011320000001", "", "", "", "", "", ""];
    let rounded = ["", "", "37172300011320000000", "", "", "", "", "", ""];
    assert_eq!(one(&report, &[&sound, &rounded]).0[2][9], "编码");
    let spoilt = ["", "", "3.71723E+19", "", "", "", "", "", ""];
    let rows = one(&report, &[&sound, &rounded, &spoilt]).0;
    assert_eq!([&rows[2][9], &rows[3][9]], ["未匹配：编码被表格软件改成了数字"; 2]);
    let mut number = grid("一", true, &[&TITLES, &sound, &rounded]);
    number.damaged.insert((2, 2));
    let joined = joined(&report, vec![number], &Columns::default()).unwrap();
    assert_eq!(joined.sheets[0].grid.rows[2][9], "未匹配：编码被表格软件改成了数字");
}

#[test]
fn what_contradicts_itself_is_not_filled_in() {
    let report = report_of_table(RUN);
    let cases: [(&[&str], &str); 6] = [
        // A recorder's address, of which the run knows one camera: this row is another one's.
        (&["", "", "37172300011320000077", "", "192.0.2.12", "", "", "", ""], "未匹配：同一地址的摄像机编码不同"),
        (&["", "北门街路口枪机1", "37172300011320000077", "", "", "", "", "", ""], "不唯一，未填：有同名的摄像机，但编码不同"),
        (&["", "南门街路口枪机1", "", "4", "192.0.2.20", "", "", "", ""], "不唯一，未填：通道号与名称指向不同的摄像机"),
        (&["", "", "", "", "192.0.2.20", "", "", "", ""], "不唯一，未填：同一地址有 2 路摄像机"),
        (&["", "", "37172300011320000008", "", "", "", "", "", ""], "不唯一，未填：2 路摄像机共用这个编码"),
        (&["", "", "", "", "192.0.2.12", "80", "", "", ""], "未匹配：这一批次没有这一路"),
    ];
    for (row, said) in cases {
        assert_eq!(one(&report, &[row]).0[1][9], said);
    }
    // The platform holds another value than the run saw, and half a position is worse than none.
    let (rows, joined) = one(&report, &[&["", "", "37172300011320000001", "", "", "", "116.000000", "115.889600", ""]]);
    assert_eq!(rows[1][6..8], ["116.000000", "115.889600"]);
    assert_eq!(rows[1][12], "经度：115.889600（表中为“116.000000”，检测时为“34.952800”，未填）；纬度：34.952800");
    assert_eq!((joined.counts.differing, joined.counts.filled), (1, 0));
    // Two rows of one look are one camera listed twice; two of different looks are not.
    let twice = ["", "x", "37172300011320000001", "", "", "", "", "", ""];
    let other = ["", "y", "37172300011320000001", "", "", "", "", "", ""];
    assert_eq!(one(&report, &[&twice, &twice]).1.counts.matched, [2, 0, 0]);
    assert_eq!(one(&report, &[&twice, &other]).1.counts.ambiguous, 2);
}

#[test]
fn an_export_without_codes_is_joined_and_one_without_a_header_is_refused() {
    let report = report_of_table(RUN);
    let sheet = grid("一", true, &[&["成武县点位表"], &[], &["名称", "经度"], &["东门街路口枪机1", ""]]);
    let done = joined(&report, vec![sheet], &Columns::default()).unwrap();
    assert_eq!(
        done.sheets[0].grid.rows[3],
        ["东门街路口枪机1", "", "名称", "G05", "经度与纬度填反", "经度：115.889600；纬度：34.952800", ""]
    );
    let hidden = grid("旧", false, &[&TITLES, &["", "", "37172300011320000001"]]);
    let said = joined(&report, vec![grid("一", true, &[&["甲", "乙"]]), hidden], &Columns::default()).unwrap_err();
    assert!(said.contains("没有找到表头") && said.ends_with("甲、乙"), "{said}");
}

#[test]
fn the_mapping_reads_back_and_means_the_same() {
    let report = report_of_table(RUN);
    let own = Columns::parse("c.csv", "叫法,Name\n台账号,DeviceID\n备注,忽略\n".as_bytes(), Lang::Zh).unwrap();
    let sheet = || {
        vec![grid("一", true, &[&["备注", "台账号", "叫法\n(必填)", "编码", "别的"], &["", "37172300011320000001", "", "7", ""]])]
    };
    let first = joined(&report, sheet(), &own).unwrap();
    let text = mapping_csv(&first.mapping, Lang::Zh);
    assert_eq!(text, "\u{FEFF}列名,要素\r\n\"叫法\n(必填)\",Name\r\n台账号,DeviceID\r\n编码,DeviceID\r\n备注,忽略\r\n");
    let again = joined(&report, sheet(), &Columns::parse("c.csv", text.as_bytes(), Lang::Zh).unwrap()).unwrap();
    assert_eq!((again.counts, &again.sheets), (first.counts, &first.sheets));
    assert_eq!(first.counts.matched, [1, 0, 0]);
}

#[test]
fn the_workbook_keeps_every_sheet_and_holds_nothing_but_text() {
    let report = report_of_table(RUN);
    let book = vec![
        grid("说明", true, &[&["=cmd|' /C calc'!A0", "", "x"]]),
        grid("a/b:c", true, &[&TITLES, &["=1+1", "+86", "37172300011320000001", "", "", "", "34.952800", "115.889600", "@x"]]),
        grid("旧", false, &[&["设备编码"], &["37172300011320000001"]]),
        grid("旧", true, &[&["换行\n的字"]]),
    ];
    let done = joined(&report, book.clone(), &Columns::default()).unwrap();
    assert_eq!([&done.sheets[0].grid, &done.sheets[2].grid], [&book[0], &book[2]]);
    let write = || {
        let mut out = Cursor::new(Vec::new());
        join_file::workbook(&report, &done, &mut out).unwrap();
        out.into_inner()
    };
    let octets = write();
    assert_eq!(octets, write(), "the same evidence gives the same file");
    let back = grids(&octets, Lang::Zh).unwrap();
    let seen: Vec<(&str, bool)> = back.iter().map(|g| (g.name.as_str(), g.visible)).collect();
    assert_eq!(seen, [("说明", true), ("abc", true), ("旧", false), ("旧4", true)]);
    for (sheet, back) in done.sheets.iter().zip(&back) {
        let cut = |row: &Vec<String>| row.iter().rev().skip_while(|c| c.is_empty()).count();
        let wanted: Vec<&[String]> = sheet.grid.rows.iter().map(|row| &row[..cut(row)]).collect();
        assert_eq!(back.rows, wanted);
        assert!(back.damaged.is_empty());
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut sheet = String::new();
    zip.by_name("xl/worksheets/sheet2.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert!(!sheet.contains("<f>") && !sheet.contains("mergeCell") && sheet.contains("=1+1"), "{sheet}");
    // The filled cell looks otherwise than its neighbour.
    let style = |place: &str| sheet.split(&format!("r=\"{place}\" s=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(style("G2"), style("C2"));
    let csv = join_file::csv(&done.sheets[1]);
    assert!(
        csv.lines().nth(1).unwrap().starts_with("'=1+1,'+86,37172300011320000001,,,,115.889600,34.952800,'@x,编码,G05,"),
        "{csv}"
    );
}

#[test]
fn tables_of_every_separator_are_held_and_have_limits() {
    let grid = grid_from_csv(b"\xEF\xBB\xBFa;b\r\n\"1;\n2\";'3\r\n", Lang::Zh).unwrap();
    assert_eq!(grid.rows, [["a", "b"], ["1;\n2", "'3"]]);
    assert!(grid_from_csv(b"a,b\n\"x,1\n", Lang::Zh).unwrap_err().1.contains("引号"));
    let wide = "x,".repeat(257);
    assert!(grid_from_csv(wide.as_bytes(), Lang::Zh).unwrap_err().1.contains("256"));
}

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

#[test]
fn the_program_fills_an_export_and_remembers_its_columns() {
    let folder = folder("join_program");
    std::fs::write(folder.join("run.csv"), RUN).unwrap();
    let check = ["check", "run.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", "run", "--exit-zero"];
    assert_eq!(gbaudit(&folder, &check).status.code(), Some(0));
    let export = "平台导出\n台账号;叫法;lng;lat\n37172300011320000001;东门街路口枪机1;34.952800;115.889600\n9;甲;;\n";
    std::fs::write(folder.join("导出.csv"), Charset::Gb18030.encode(export)).unwrap();
    std::fs::write(folder.join("own.csv"), "台账号,DeviceID\n").unwrap();
    std::fs::create_dir(folder.join("done")).unwrap();
    let said = |output: &Output| {
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let first = said(&gbaudit(&folder, &["fix", "run", "--join", "导出.csv", "--columns", "own.csv", "--out", "done/入.csv"]));
    assert!(first.contains("表中 2 行；匹配：按编码 1，按IP地址 0，按名称 0；未匹配 1，不唯一 0"), "{first}");
    assert!(first.contains("填入建议值 2 格") && first.contains("done/导出.columns.csv"), "{first}");
    let filled = std::fs::read_to_string(folder.join("done/入.csv")).unwrap();
    assert_eq!(filled.lines().next(), Some("\u{FEFF}平台导出"));
    assert!(filled.contains("37172300011320000001,东门街路口枪机1,115.889600,34.952800,编码,G05,"), "{filled}");
    let mapping = std::fs::read_to_string(folder.join("done/导出.columns.csv")).unwrap();
    assert_eq!(mapping, "\u{FEFF}列名,要素\r\n台账号,DeviceID\r\nlng,Longitude\r\nlat,Latitude\r\n");

    // Next to the export it is taken by itself, and what the user wrote there stays.
    let edited = format!("{mapping}叫法,Name\r\n");
    std::fs::write(folder.join("导出.columns.csv"), &edited).unwrap();
    let again = said(&gbaudit(&folder, &["fix", "run", "--join", "导出.csv", "--out", "入.xlsx", "--grade", "safe"]));
    assert!(again.contains("列名对照取自") && again.contains("填入建议值 0 格") && again.contains("原有，未改"), "{again}");
    assert_eq!(std::fs::read_to_string(folder.join("导出.columns.csv")).unwrap(), edited);
    let book = grids(&std::fs::read(folder.join("入.xlsx")).unwrap(), Lang::Zh).unwrap();
    assert_eq!((book[0].name.as_str(), book[0].rows[2][6].as_str()), ("导出", "经度与纬度填反"));
    assert!(book[0].rows[2][7].contains("经度：115.889600（建议核对）"), "{:?}", book[0].rows[2]);

    std::fs::write(folder.join("none.csv"), "甲,乙\n1,2\n").unwrap();
    for (arguments, words) in [
        (["导出.csv", "导出.csv"], "不能是导出的文件本身"),
        (["run.txt", "a.csv"], "读不到文件"),
        (["none.csv", "a.xlsx"], "没有找到表头"),
        (["导出.csv", "a.doc"], ".xlsx 或 .csv"),
    ] {
        let ended = gbaudit(&folder, &["fix", "run", "--join", arguments[0], "--out", arguments[1]]);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && said.contains(words) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(gbaudit(&folder, &["fix", "run", "--join", "导出.csv"]).status.code(), Some(2));
}
