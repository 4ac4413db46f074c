//! The correction table goes out as a workbook and comes back: what was filled in is taken, what cannot be meant is not.

use std::io::Cursor;

use gbaudit::audit::assess::{assess, assess_edited};
use gbaudit::audit::correct::{Corrected, correct};
use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::catalog::import::{Grid, grids};
use gbaudit::correction::back::{self, Back};
use gbaudit::correction::effect::effect;
use gbaudit::correction::fold::By;
use gbaudit::correction::place::Place;
use gbaudit::correction::sheet::{self, CORRECTED, Content, KEY};
use gbaudit::correction::{Grade, Wanted};
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Witnesses};
use gbaudit::manscdp::item::Element;
use gbaudit::profile::{Profile, RateId};
use gbaudit::report::Report;

const RECORDER: &str = "37172300011180000001";
const LOWER: &str = "37172300002000000009";

/// A recorder with channels whose CivilCode is too coarse, a shared code, a swapped position, a name only its owner
/// knows, and a camera behind a lower platform.
fn evidence() -> Evidence {
    let camera = |serial: u32, parent: &str, name: &str, civil: &str, lon: &str, lat: &str| {
        format!(
            "<Item><DeviceID>3717230001132{serial:07}</DeviceID><Name>{name}</Name><CivilCode>{civil}</CivilCode>\
             <ParentID>{parent}</ParentID><Parental>0</Parental><Status>ON</Status><Longitude>{lon}</Longitude>\
             <Latitude>{lat}</Latitude></Item>"
        )
    };
    let good = ("115.889600", "34.952800");
    let mut items = vec![
        format!("<Item><DeviceID>{RECORDER}</DeviceID><Name>录像机</Name><ParentID>37172300002000000002</ParentID></Item>"),
        format!("<Item><DeviceID>{LOWER}</DeviceID><Name>下级平台</Name><ParentID>37172300002000000002</ParentID></Item>"),
    ];
    items.extend((1..=4).map(|n| camera(n, RECORDER, &format!("成武县永昌路{n}号枪机"), "3717", good.0, good.1)));
    items.push(camera(5, RECORDER, "成武县东门枪机", "371723", good.0, good.1));
    items.push(camera(5, RECORDER, "成武县西门枪机", "371723", good.0, good.1));
    items.push(camera(6, RECORDER, "成武县南门枪机", "371723", good.1, good.0));
    items.push(camera(7, RECORDER, "Camera 01", "371723", good.0, good.1));
    items.push(camera(8, LOWER, "成武县北门枪机", "3717", good.0, good.1));
    items.extend((9..=20).map(|n| camera(n, RECORDER, &format!("成武县伯乐大街{n}号球机"), "371723", good.0, good.1)));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><CmdType>Catalog</CmdType><SN>1</SN>\
         <DeviceID>37172300002000000002</DeviceID><SumNum>{n}</SumNum><DeviceList Num=\"{n}\">{}</DeviceList></Response>",
        items.concat(),
        n = items.len()
    );
    let at = Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap();
    Evidence {
        header: Header {
            run_id: "run-1".into(),
            mode: Mode::File,
            started: at.micros(),
            finished: at.micros(),
            version: "0".into(),
            incomplete: None,
            profile: Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec!["371723".into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts { name: "t".into(), id: "37172300002000000002".into(), ..PlatformFacts::default() },
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
        messages: vec![Message { at, call_id: "c".into(), body: body.into_bytes().into(), ..Message::default() }],
        tables: vec![],
        probes: vec![],
    }
}

fn corrected() -> Corrected {
    let wanted = Wanted { grades: Grade::ALL.to_vec(), remarks: false };
    correct(assess(evidence(), Lang::Zh, None).unwrap(), &wanted).unwrap()
}

/// The sheet as a spreadsheet program would read it.
fn sheets(corrected: &Corrected) -> Vec<Grid> {
    let Corrected { report, rows, folds, gaps } = corrected;
    let mut out = Cursor::new(Vec::new());
    sheet::write(&Content { report, rows, folds, gaps }, &mut out).unwrap();
    grids(&out.into_inner(), Lang::Zh).unwrap()
}

fn devices(grids: &mut [Grid]) -> &mut Grid {
    grids.iter_mut().find(|grid| grid.name == "设备整改").unwrap()
}

fn read(report: &Report, grids: &[Grid]) -> Back {
    back::read(report, grids, Lang::Zh).unwrap()
}

#[test]
fn one_recorder_to_change_comes_first_and_a_lower_platform_is_named() {
    let corrected = corrected();
    let first = &corrected.folds[0];
    assert_eq!((first.id.as_str(), first.rule, first.element, first.rows.len()), (RECORDER, "R04", Element::CivilCode, 4));
    assert_eq!(first.say(Lang::Zh), format!("录像机 {RECORDER}：改一处，消除 4 条"));
    for place in &first.rows {
        assert_eq!(corrected.rows[*place].proposed.as_deref(), Some("371723"));
    }
    let behind = corrected.rows.iter().find(|row| row.place == Place::Lower(LOWER.into())).unwrap();
    assert_eq!(behind.element, Element::CivilCode);
    // The two rows of one swapped position are no common cause.
    let swapped = corrected.folds.iter().find(|fold| fold.rule == "G05").unwrap();
    assert_eq!((swapped.by, swapped.rows.len()), (By::Single, 2));
    // Every row stands in one cause, and rows of one element stand together.
    let mut places: Vec<usize> = corrected.folds.iter().flat_map(|f| f.rows.clone()).collect();
    places.sort_unstable();
    assert_eq!(places, (0..corrected.rows.len()).collect::<Vec<_>>());
    assert!(corrected.rows.is_sorted_by_key(|row| row.element));
}

#[test]
fn the_second_of_two_cameras_with_one_code_gets_a_free_one_of_its_range() {
    let corrected = corrected();
    let shared: Vec<_> = corrected.rows.iter().filter(|row| row.rules.contains(&"D19")).collect();
    let proposed: Vec<_> = shared.iter().map(|row| row.proposed.as_deref()).collect();
    assert_eq!(proposed, [None, Some("37172300011320000021")]);
}

#[test]
fn the_gap_is_closed_with_one_recorder_and_the_rules_agree() {
    let corrected = corrected();
    let gap = corrected.gaps.iter().find(|gap| gap.rate == RateId::Compliance).unwrap();
    assert!(gap.is_closed(), "{gap:?}");
    assert_eq!(gap.steps.len(), 1, "{gap:?}");
    // What is promised is what comes out when those rows are taken.
    let lifted = &gap.steps[0].cameras;
    let edits: Vec<_> = corrected
        .rows
        .iter()
        .filter(|row| lifted.contains(&row.camera))
        .filter_map(|row| {
            let item = corrected.report.cameras[row.camera].item;
            Some(gbaudit::catalog::Edit { item, element: row.element, value: row.proposed.clone()? })
        })
        .collect();
    let after = assess_edited(evidence(), &edits, Lang::Zh, None).unwrap();
    let rate = after.rates.iter().find(|r| r.id == RateId::Compliance).unwrap();
    assert_eq!(rate.needs(), 0, "{:?}", rate.value);
}

#[test]
fn a_table_comes_back_and_says_what_it_does() {
    let corrected = corrected();
    let mut grids = sheets(&corrected);
    let untouched = read(&corrected.report, &grids);
    assert_eq!((untouched.taken.len(), untouched.refused.len()), (0, 0), "nothing here is lossless, so nothing is filled in");
    let sheet = devices(&mut grids);
    assert_eq!(sheet.rows.len(), corrected.rows.len() + 1);
    for row in sheet.rows.iter_mut().skip(1) {
        let proposed = row[11].clone();
        row[CORRECTED] = proposed;
    }
    // Somebody sorted the sheet the other way round.
    sheet.rows[1..].reverse();
    let back = read(&corrected.report, &grids);
    let proposed = corrected.rows.iter().filter(|row| row.proposed.is_some()).count();
    assert_eq!((back.taken.len(), back.refused.as_slice()), (proposed, &[][..]));
    let edits: Vec<_> = back.taken.iter().map(|taken| taken.edit.clone()).collect();
    let after = assess_edited(evidence(), &edits, Lang::Zh, None).unwrap();
    let effect = effect(&corrected.report, &after, &back.taken);
    assert!(effect.rows.iter().all(|row| row.compliant == [false, true] && row.new.is_empty()), "{:#?}", effect.rows);
    // The first of the two with one code needed no edit of its own.
    assert_eq!((effect.helped, effect.harmed), (1, 0));
}

#[test]
fn rows_that_cannot_be_taken_are_named() {
    let corrected = corrected();
    let mut grids = sheets(&corrected);
    let sheet = devices(&mut grids);
    let code = sheet.rows.iter().position(|row| row[KEY].contains("-DeviceID-")).unwrap();
    sheet.rows[code][CORRECTED] = "3.71723E+19".into();
    let name = sheet.rows.iter().position(|row| row[KEY].contains("-Name-")).unwrap();
    sheet.rows[name][CORRECTED] = "成武县\u{7}大门".into();
    let civil: Vec<usize> = (1..sheet.rows.len()).filter(|n| sheet.rows[*n][KEY].contains("-CivilCode-")).collect();
    for (n, key) in [(civil[0], "x"), (civil[1], "1-CivilCode-0000000000000000")] {
        sheet.rows[n][CORRECTED] = "371723".into();
        sheet.rows[n][KEY] = key.into();
    }
    let twice = sheet.rows[civil[2]].clone();
    sheet.rows[civil[2]][CORRECTED] = "371723".into();
    sheet.rows.push(twice);
    let last = sheet.rows.len() - 1;
    sheet.rows[last][CORRECTED] = "371722".into();
    let back = read(&corrected.report, &grids);
    assert_eq!(back.taken.iter().map(|t| t.row).collect::<Vec<_>>(), [civil[2] + 1]);
    let mut refused: Vec<_> = back.refused.iter().map(|r| (r.row, r.why.as_str())).collect();
    refused.sort_unstable();
    let mut expected = vec![
        (code + 1, "修正值“3.71723E+19”被表格软件改成了数字，后几位已丢失，请按文本重新填写"),
        (name + 1, "修正值“成武县·大门”含换行或控制字符"),
        (civil[0] + 1, "行标识缺失或被改动"),
        (civil[1] + 1, "这一行不属于这一批次，或记录后来变了；请用同一批次重新生成清单"),
        (last + 1, ""),
    ];
    expected.sort_unstable();
    assert_eq!(refused.len(), expected.len(), "{refused:#?}");
    for ((row, why), (wanted, said)) in refused.iter().zip(&expected) {
        assert_eq!(row, wanted);
        assert!(said.is_empty() || why == said || why.contains("控制字符"), "{why}");
    }
    assert!(back.refused.iter().any(|r| r.row == last + 1 && r.why.contains("改同一处")));
    let other = assess(evidence(), Lang::Zh, None).unwrap();
    assert!(back::read(&other, &[Grid::default()], Lang::Zh).unwrap_err().contains("设备整改"));
}

#[test]
fn the_same_evidence_gives_the_same_workbook() {
    let make = || {
        let Corrected { report, rows, folds, gaps } = corrected();
        let mut out = Cursor::new(Vec::new());
        sheet::write(&Content { report: &report, rows: &rows, folds: &folds, gaps: &gaps }, &mut out).unwrap();
        out.into_inner()
    };
    assert_eq!(make(), make());
}

#[test]
fn every_row_stands_once_and_is_as_high_as_its_text() {
    let Corrected { report, rows, folds, gaps } = corrected();
    let mut out = Cursor::new(Vec::new());
    sheet::write(&Content { report: &report, rows: &rows, folds: &folds, gaps: &gaps }, &mut out).unwrap();
    let mut zip = zip::ZipArchive::new(out).unwrap();
    for number in 1..=7 {
        let mut file = zip.by_name(&format!("xl/worksheets/sheet{number}.xml")).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        // A row that stands twice makes Excel offer a repair.
        let places: Vec<u32> =
            text.split("<row r=\"").skip(1).map(|row| row.split('"').next().unwrap().parse().unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "sheet{number}: {places:?}");
        assert!(text.contains("<sheetFormatPr defaultRowHeight=\"15\"/>"), "sheet{number}");
        if number == 4 {
            let heights: Vec<&str> = text.split(" ht=\"").skip(1).map(|row| row.split('"').next().unwrap()).collect();
            assert_eq!(heights.len(), rows.len() + 1);
            assert_eq!(heights[0], "26.25");
            assert!(heights.iter().any(|h| *h != heights[0]) && !heights.contains(&"15"), "{heights:?}");
        }
    }
}

#[test]
fn a_row_whose_key_belongs_to_another_row_is_refused() {
    let corrected = corrected();
    let mut grids = sheets(&corrected);
    let sheet = devices(&mut grids);
    // Somebody sorted the visible columns and left the hidden one where it was.
    let keys: Vec<String> = sheet.rows[1..].iter().map(|row| row[KEY].clone()).collect();
    sheet.rows[1..].rotate_left(1);
    for (row, key) in sheet.rows[1..].iter_mut().zip(keys) {
        row[KEY] = key;
        row[CORRECTED] = row[11].clone();
    }
    let back = read(&corrected.report, &grids);
    assert_eq!(back.taken.len(), 0);
    assert!(!back.refused.is_empty() && back.refused.iter().all(|r| r.why.contains("行标识与")), "{:#?}", back.refused);
}

#[test]
fn numbers_errors_and_dates_are_no_values() {
    let corrected = corrected();
    for (value, number, said) in [
        ("37172300011320900000", true, "数字"),
        ("#REF!", false, "公式错误"),
        ("TRUE", false, "逻辑值"),
        ("2026-11-24T00:00:00", false, "日期"),
    ] {
        let mut grids = sheets(&corrected);
        let sheet = devices(&mut grids);
        let row = sheet.rows.iter().position(|row| row[KEY].contains("-DeviceID-")).unwrap();
        sheet.rows[row][CORRECTED] = value.into();
        if number {
            sheet.damaged.insert((row, CORRECTED));
        }
        let back = read(&corrected.report, &grids);
        assert!(back.taken.is_empty() && back.refused[0].why.contains(said), "{value}: {:?}", back.refused);
    }
}

#[test]
fn a_csv_that_a_spreadsheet_has_opened_is_still_known_by_its_keys() {
    let corrected = corrected();
    let text = gbaudit::correction::table::csv(&corrected.report, &corrected.rows);
    let mut grid = gbaudit::catalog::import::grid_from_csv(text.as_bytes(), Lang::Zh).unwrap();
    for row in &mut grid.rows[1..] {
        row[3] = "3.71723E+19".into();
        if row[KEY].contains("-Longitude-") || row[KEY].contains("-Latitude-") {
            // 34.952800 is shown as 34.9528.
            row[10] = row[10].trim_end_matches('0').into();
        }
        if row[KEY].contains("-DeviceID-") {
            row[10] = "3.71723E+19".into();
        }
        row[CORRECTED] = row[11].clone();
    }
    let back = read(&corrected.report, &[grid]);
    let proposed = corrected.rows.iter().filter(|row| row.proposed.is_some()).count();
    assert_eq!((back.taken.len(), back.refused.as_slice()), (proposed, &[][..]));
}
