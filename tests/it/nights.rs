//! One night after another: what is new, came back, was closed, by unit and recorder; what a run knows of the nights before it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gbaudit::audit::assess::assess;
use gbaudit::audit::positions::alive;
use gbaudit::audit::problems::{after, counted, rates};
use gbaudit::audit::recall::watch;
use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::diff::sums::{Group, Sums};
use gbaudit::diff::{Moves, diff, diff_with, output, screen};
use gbaudit::evidence::problems::{Problem, Turn};
use gbaudit::evidence::{Evidence, Message, Mode, ProbePlan, Query, Supplied};
use gbaudit::manscdp::item::Element;
use gbaudit::position::PLAN;
use gbaudit::probe::outcome::{ProbeRecord, ProbeVerdict};
use gbaudit::profile::{Profile, RateId};
use gbaudit::report::Report;
use gbaudit::report::units::NamedBy;
use gbaudit::store::Store;
use serde_json::{Value, json};

use crate::support::{PLATFORM, evidence_of_table};

const RECORDERS: [&str; 2] = ["37172300001180000001", "37172300001180000002"];

/// A camera of a night.
#[derive(Debug, Clone)]
struct Night {
    serial: usize,
    /// Of the region: right, or too coarse (R04), or something else (R01).
    civil: &'static str,
    name: &'static str,
    unit: &'static str,
    /// Under which recorder, if any.
    recorder: Option<usize>,
    /// `+` a picture, `-` none, `?` busy, `.` not called.
    shown: char,
}

fn good(serial: usize) -> Night {
    Night { serial, civil: "371723", name: "", unit: "甲公司", recorder: Some(0), shown: '+' }
}

fn code(serial: usize) -> String {
    format!("3717230001132{serial:07}")
}

/// The evidence of the night before a day of November in Beijing.
fn night(day: i64, cameras: &[Night]) -> Evidence {
    let mut evidence = evidence_of_table("");
    evidence.tables.clear();
    let mut items = String::new();
    for recorder in RECORDERS {
        let name = if recorder == RECORDERS[0] { "<Name>一号录像机</Name>" } else { "" };
        let _ = write!(items, "<Item><DeviceID>{recorder}</DeviceID>{name}<ParentID>{PLATFORM}</ParentID></Item>");
    }
    for camera in cameras {
        let name = if camera.name.is_empty() { format!("永昌路{}号枪机", camera.serial) } else { camera.name.to_owned() };
        let (parent, serial) = (camera.recorder.map_or(PLATFORM, |place| RECORDERS[place]), camera.serial);
        let unit =
            if camera.unit.is_empty() { String::new() } else { format!("<ManagementUnit>{}</ManagementUnit>", camera.unit) };
        let _ = write!(
            items,
            "<Item><DeviceID>{}</DeviceID><Name>{name}</Name><CivilCode>{}</CivilCode><ParentID>{parent}</ParentID>\
             <Parental>0</Parental><Status>{}</Status>{unit}<Longitude>115.88{serial:02}31</Longitude><Latitude>34.95{serial:02}31</Latitude></Item>",
            code(camera.serial),
            camera.civil,
            if camera.shown == '.' { "OFF" } else { "ON" },
        );
    }
    let n = cameras.len() + RECORDERS.len();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>{PLATFORM}</DeviceID>\
         <SumNum>{n}</SumNum><DeviceList Num=\"{n}\">{items}</DeviceList></Response>"
    );
    let header = &mut evidence.header;
    header.run_id = format!("202611{day:02}-0200-0001");
    header.mode = Mode::Live;
    Profile::embedded("sd-2022-basic").unwrap().clone_into(&mut header.profile);
    header.rates = vec![RateId::Output.key().into(), RateId::Compliance.key().into()];
    header.jurisdiction = vec!["371723".into()];
    header.started = at(day).micros();
    header.finished = header.started + 60_000_000;
    header.platform.name = "chengwu".into();
    header.platform.id = PLATFORM.into();
    header.queries = vec![Query { sn: 1, before: 0, sent: header.started, end: "answered".into(), ..Query::default() }];
    header.probing = ProbePlan::All;
    evidence.messages = vec![Message { at: at(day), body: body.into_bytes().into(), ..Message::default() }];
    let record = |camera: &Night| {
        let (status, cause) = match camera.shown {
            '+' => (200, Value::Null),
            '-' => (200, json!("no_media")),
            _ => (486, json!("capacity")),
        };
        let seen = (camera.shown == '+').then_some(300);
        let call = json!({
            "number": 1, "transport": "udp", "started": "2026-11-24T01:00:00.000Z", "call_id": "c", "provisional": [], "status": status,
            "reason": "", "answer_ms": 12, "first_packet_ms": seen, "first_picture_ms": seen, "first_visible_ms": seen,
            "media": {"packets": 0, "bytes": 0, "lost": 0, "ssrc": null, "payload_type": null, "stream": null, "announced": null,
                      "slices": 0, "parameter_sets": 0},
            "picture": null, "cause": cause, "detail": "", "ending": "bye", "oddities": [],
        });
        let (attempts, untested) =
            if camera.shown == '.' { (json!([]), json!("interrupted")) } else { (json!([call]), Value::Null) };
        let record = json!({"device_id": code(camera.serial), "attempts": attempts, "untested": untested, "snapshot": null});
        serde_json::from_value::<ProbeRecord>(record).unwrap()
    };
    evidence.probes = cameras.iter().map(record).collect();
    evidence
}

/// Two in the morning of a day.
fn at(day: i64) -> Timestamp {
    Timestamp::from_beijing_date("2026-11-01").unwrap().plus_seconds((day - 1) * 86_400 + 7_200)
}

fn report(evidence: &Evidence) -> Report {
    assess(evidence.clone(), Lang::Zh, None).unwrap()
}

fn plus(a: Moves, b: Moves) -> Moves {
    Moves {
        new: a.new + b.new,
        reopened: a.reopened + b.reopened,
        closed: a.closed + b.closed,
        still: a.still + b.still,
        untold: a.untold + b.untold,
        only_before: a.only_before + b.only_before,
        only_after: a.only_after + b.only_after,
    }
}

fn all(groups: &[Group]) -> Sums {
    groups.iter().fold(Sums::default(), |sum, group| Sums {
        failures: plus(sum.failures, group.sums.failures),
        remarks: plus(sum.remarks, group.sums.remarks),
        missing: plus(sum.missing, group.sums.missing),
    })
}

/// Findings that count and missing pictures of a night: by code and kind, with unit and recorder; counted another way than the
/// program does it.
type Plain = BTreeMap<(String, String), (String, String)>;

fn plain(report: &Report) -> Plain {
    let mut found = Plain::new();
    for camera in &report.cameras {
        let item = report.item(camera.item).unwrap();
        let unit = item.text(Element::ManagementUnit).unwrap_or("").to_owned();
        let recorder = item.text(Element::ParentID).filter(|code| RECORDERS.contains(code)).unwrap_or("").to_owned();
        let rules = camera.judgement.findings.iter().filter(|f| f.counts).map(|f| f.rule);
        let missing = (camera.probe.verdict == ProbeVerdict::NoPicture).then_some("picture");
        for what in rules.chain(missing) {
            found.insert((item.id().to_owned(), what.to_owned()), (unit.clone(), recorder.clone()));
        }
    }
    found
}

fn cameras() -> impl proptest::strategy::Strategy<Value = Vec<Night>> {
    use proptest::prelude::*;
    let camera = (
        0..12_usize,
        prop::sample::select(vec!["371723", "3717", "999999"]),
        prop::sample::select(vec!["", "Camera 01", "北门"]),
        prop::sample::select(vec!["甲公司", "乙公司", ""]),
        prop::sample::select(vec![None, Some(0), Some(1)]),
        prop::sample::select(vec!['+', '-', '?', '.']),
    );
    let of = |(serial, civil, name, unit, recorder, shown)| Night { serial, civil, name, unit, recorder, shown };
    proptest::collection::vec(camera.prop_map(of), 0..12).prop_map(|mut all| {
        all.sort_by_key(|camera| camera.serial);
        all.dedup_by_key(|camera| camera.serial);
        all
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn every_table_of_a_comparison_comes_to_the_same_sums(one in cameras(), two in cameras()) {
        let (before, after) = (report(&night(1, &one)), report(&night(2, &two)));
        let found = diff(&before, &after, &[]);
        let rules = found.rules.iter().fold((Moves::default(), Moves::default()), |(failures, remarks), rule| {
            (plus(failures, rule.failures), plus(remarks, rule.remarks))
        });
        proptest::prop_assert_eq!(rules, (found.total.failures, found.total.remarks));
        proptest::prop_assert_eq!(all(&found.units), found.total);
        proptest::prop_assert_eq!(all(&found.recorders), found.total);
        // Those of one unit and one recorder, counted by whoever does not know how it is done.
        let (was, is) = (plain(&before), plain(&after));
        for group in &found.units {
            let unit = group.key.clone().unwrap_or_default();
            let (is, unit) = (&is, &unit);
            let of = |what: bool| is.iter().filter(move |((_, kind), (own, _))| (kind == "picture") == what && own == unit);
            let (moves, missing) = (group.sums.failures, group.sums.missing);
            let still = of(false).filter(|(key, _)| was.contains_key(*key)).count() as u64;
            proptest::prop_assert_eq!(moves.still, still);
            let told = moves.new + moves.only_after + moves.still;
            proptest::prop_assert!(told <= of(false).count() as u64 && told + moves.untold >= of(false).count() as u64);
            let still = of(true).filter(|(key, _)| was.contains_key(*key)).count() as u64;
            proptest::prop_assert_eq!(missing.still, still);
        }
        for group in &found.recorders {
            let own = |(_, recorder): &(String, String)| *recorder == group.key.clone().unwrap_or_default();
            let still = is.iter().filter(|((_, kind), place)| kind != "picture" && own(place));
            let still = still.filter(|(key, _)| was.contains_key(*key)).count() as u64;
            proptest::prop_assert_eq!(group.sums.failures.still, still);
        }
        // What is gained and lost one by one is what the sums say.
        let lost = found.pictures.iter().filter(|one| one.is.0 == ProbeVerdict::NoPicture).count() as u64;
        proptest::prop_assert_eq!((found.total.missing.new, found.total.missing.closed), (lost, found.pictures.len() as u64 - lost));
        let listed = |new: bool| found.findings.iter().filter(|one| one.counts && one.is_new == new).count() as u64;
        proptest::prop_assert_eq!((found.total.failures.new, found.total.failures.closed), (listed(true), listed(false)));
        // And so do the files.
        let mut written = Vec::new();
        output::json(&found, &mut written).unwrap();
        let json: Value = serde_json::from_slice(&written).unwrap();
        for list in ["rules", "units", "recorders"] {
            let sum: u64 = json[list].as_array().unwrap().iter().map(|one| one["failures"]["new"].as_u64().unwrap()).sum();
            proptest::prop_assert_eq!(sum, found.total.failures.new);
            proptest::prop_assert!(json[list].as_array().unwrap().iter().all(|one| one["failures"]["reopened"].is_null()));
        }
        for by in ["规则", "责任单位", "录像机"] {
            let rows = output::group_rows(&found);
            let of = rows.iter().filter(|row| row[0] == by && row[3] == "不合规").map(|row| row[7].parse::<u64>().unwrap());
            proptest::prop_assert_eq!(of.sum::<u64>(), found.total.failures.still);
        }
        let shown = screen::diff(&found);
        proptest::prop_assert!(shown.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{}", shown);
    }
}

/// Nights one after another, each kept as `audit` keeps it.
struct Nights {
    folder: PathBuf,
    store: Store,
}

impl Nights {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gbaudit-nights-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder.join("gbaudit.db")).unwrap();
        Self { folder, store }
    }

    fn pass(&mut self, evidence: &Evidence) -> Vec<(Problem, Turn)> {
        let mut evidence = evidence.clone();
        watch(&self.store, &mut evidence, Lang::Zh);
        self.store.put(&evidence).unwrap();
        let report = report(&evidence);
        let book = after(&report, self.store.problems(PLATFORM, report.header.started()).unwrap());
        self.store.put_problems(PLATFORM, book.iter().map(|(problem, _)| problem)).unwrap();
        self.store.put_rates(PLATFORM, &rates(&report, Some(counted(&book)))).unwrap();
        self.store.put_alive(PLATFORM, report.header.started(), alive(&report).iter().map(String::as_str)).unwrap();
        book
    }
}

fn gbaudit(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_gbaudit"))
        .current_dir(folder)
        .env_remove("GBAUDIT_LANG")
        .args(arguments)
        .output()
        .unwrap();
    (done.status.code(), format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)))
}

#[test]
fn what_came_back_is_told_from_the_book_and_from_nothing_else() {
    let mut nights = Nights::new("back");
    let coarse = |serial: usize| Night { civil: "3717", ..good(serial) };
    let dark = |serial: usize| Night { shown: '-', ..good(serial) };
    let first = night(1, &[coarse(1), dark(2), good(3), Night { unit: "乙公司", recorder: None, ..coarse(4) }]);
    let second = night(2, &[good(1), good(2), good(3), Night { unit: "乙公司", recorder: None, ..coarse(4) }]);
    let third = night(3, &[coarse(1), dark(2), coarse(3), Night { unit: "乙公司", recorder: None, ..good(4) }]);
    for one in [&first, &second, &third] {
        nights.pass(one);
    }
    let run = |day: u32| format!("202611{day:02}-0200-0001");
    let (exit, said) = gbaudit(&nights.folder, &["diff", &run(2), &run(3), "--out", "changes", "--fail-on-new"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("不合规问题：新增 2，消除 1，仍在 0"), "{said}");
    assert!(said.contains("反复（台账中曾销号、又出现）：不合规 1，未出图 1"), "{said}");
    let json: Value = serde_json::from_slice(&std::fs::read(nights.folder.join("changes/diff.json")).unwrap()).unwrap();
    let moves = |new: u64, reopened: Option<u64>, closed: u64| json!({"new": new, "reopened": reopened, "closed": closed, "still": 0, "untold": 0, "only_before": 0, "only_after": 0});
    assert_eq!(json["total"]["failures"], moves(2, Some(1), 1));
    assert_eq!(
        json["units"],
        json!([
            {"unit": "甲公司", "failures": moves(2, Some(1), 0), "remarks": json["units"][0]["remarks"], "no_picture": moves(1, Some(1), 0)},
            {"unit": "乙公司", "failures": moves(0, Some(0), 1), "remarks": json["units"][1]["remarks"], "no_picture": moves(0, Some(0), 0)},
        ]),
        "the worst first"
    );
    assert_eq!((&json["recorders"][0]["device_id"], &json["recorders"][0]["name"]), (&json!(RECORDERS[0]), &json!("一号录像机")));
    assert_eq!(json["recorders"][1]["device_id"], Value::Null, "under the platform itself");
    let back: Vec<&Value> = json["findings"].as_array().unwrap().iter().filter(|one| one["reopened"] == true).collect();
    assert_eq!(back.iter().map(|one| &one["device_id"]).collect::<Vec<_>>(), [&json!(code(1))]);
    let table = std::fs::read_to_string(nights.folder.join("changes/diff.csv")).unwrap();
    assert!(table.contains("新增不合规（反复）") && table.contains("出图变化（反复）") && table.contains("甲公司,"), "{table}");
    let groups = std::fs::read_to_string(nights.folder.join("changes/diff_groups.csv")).unwrap();
    assert!(groups.contains("责任单位,,甲公司,不合规,2,1,0,0,0,0,0"), "{groups}");
    assert!(groups.contains(&format!("录像机,{},一号录像机,未出图,1,1,0,0,0,0,0", RECORDERS[0])), "{groups}");
    let page = std::fs::read_to_string(nights.folder.join("changes/diff.html")).unwrap();
    assert!(page.contains("按责任单位") && page.contains("按录像机"), "{page}");
    // The three nights as lines, and on the page of a night beside the one before it.
    let (exit, said) = gbaudit(&nights.folder, &["nightly", "latest", "--out", "n"]);
    assert!(exit == Some(0) && said.contains("问题新增 1，反复 2，销号 1。"), "{said}");
    let page = std::fs::read_to_string(nights.folder.join("n/nightly.html")).unwrap();
    assert!(page.contains("近 14 天的趋势（检测 3 次）") && page.contains("未销号问题　3 → 3"), "{page}");
    assert!(page.contains("points=\"0,0 5000,1334 10000,0\""), "three, one and three stood open: {page}");
    let (_, said) = gbaudit(&nights.folder, &["period", "--from", "2026-11-01", "--to", "2026-11-03", "--out", "p"]);
    assert!(said.contains("检测 3 次") && !said.contains("较前一周"), "of one week nothing is held against: {said}");
    let period: Value = serde_json::from_slice(&std::fs::read(nights.folder.join("p/period.json")).unwrap()).unwrap();
    let turns = json!({"new": 1, "reopened": 2, "still": 0, "untold": 0, "closed": 1});
    assert_eq!((&period["runs"][2]["problems"], &period["weeks"]), (&turns, &json!([])));
    // From the first night to the third nothing is new on them: it is still there.
    let (_, said) = gbaudit(&nights.folder, &["diff", &run(1), &run(3)]);
    assert!(
        said.contains("不合规问题：新增 1，消除 1，仍在 1") && said.contains("反复（台账中曾销号、又出现）：不合规 0"),
        "{said}"
    );
    // Held the other way round, and of folders, nothing is known of it, and that is said.
    let (_, said) = gbaudit(&nights.folder, &["diff", &run(3), &run(2)]);
    assert!(said.contains("反复：没有这两个批次的问题台账，无法判断"), "{said}");
    for day in [2, 3] {
        let (_, said) = gbaudit(&nights.folder, &["report", &run(day), "--out", &format!("r{day}"), "--exit-zero"]);
        assert!(said.contains("出图率"), "{said}");
    }
    let (_, said) = gbaudit(&nights.folder, &["diff", "r2", "r3", "--out", "folders"]);
    assert!(said.contains("反复：没有这两个批次的问题台账，无法判断"), "{said}");
    let json: Value = serde_json::from_slice(&std::fs::read(nights.folder.join("folders/diff.json")).unwrap()).unwrap();
    assert_eq!((&json["book"], &json["total"]["failures"]["reopened"]), (&json!(false), &Value::Null));
    let _ = std::fs::remove_dir_all(&nights.folder);
}

#[test]
fn the_unit_of_a_camera_is_that_of_the_second_run() {
    let moved = Night { unit: "乙公司", ..good(1) };
    let (before, after) = (report(&night(1, &[Night { civil: "3717", ..good(1) }])), report(&night(2, &[moved])));
    let found = diff_with(&before, &after, &[], Some(&[]));
    let units: Vec<(Option<&str>, u64)> =
        found.units.iter().map(|group| (group.key.as_deref(), group.sums.failures.closed)).collect();
    assert_eq!(units, [(Some("乙公司"), 1)]);
    assert!(found.has_book && after.units.iter().all(|unit| unit.named_by == NamedBy::Record));
}

/// The sheet of the cameras: of each code its cells by the titles of their columns.
fn camera_sheet(report: &Report) -> BTreeMap<String, BTreeMap<String, String>> {
    let file = gbaudit::report::EXPORTERS.iter().flat_map(|e| e.files).find(|f| f.name == "report.xlsx").unwrap();
    let mut octets = Vec::new();
    (file.write)(report, &mut octets).unwrap();
    let sheets = gbaudit::catalog::import::grids(&octets, Lang::Zh).unwrap();
    let sheet = sheets.into_iter().find(|sheet| sheet.rows.iter().any(|row| row.iter().any(|cell| cell == "目录状态"))).unwrap();
    let head = sheet.rows.iter().position(|row| row.iter().any(|cell| cell == "目录状态")).unwrap();
    let place = sheet.rows[head].iter().position(|cell| cell == "设备编码").unwrap();
    let cells = |row: &Vec<String>| sheet.rows[head].iter().cloned().zip(row.iter().cloned()).collect();
    sheet.rows[head + 1..].iter().map(|row| (row[place].clone(), cells(row))).collect()
}

#[test]
fn the_camera_sheet_knows_the_nights_before() {
    let mut nights = Nights::new("sheet");
    let coarse = |serial: usize| Night { civil: "3717", ..good(serial) };
    let dark = |serial: usize| Night { shown: '-', ..good(serial) };
    let off = |serial: usize| Night { shown: '.', ..good(serial) };
    let first = night(1, &[coarse(1), good(2), off(3)]);
    nights.pass(&first);
    let loaded = |nights: &Nights, day: u32| {
        let run = format!("202611{day:02}-0200-0001");
        report(&nights.store.load(&run).unwrap().remove(0))
    };
    let sheet = camera_sheet(&loaded(&nights, 1));
    assert!(!sheet[&code(1)].contains_key("首次在线") && !sheet[&code(1)].contains_key("连续异常天数"), "nothing was known then");
    nights.pass(&night(2, &[coarse(1), dark(2), off(3)]));
    // 1 is put right and gives no picture now; 2 is off line, busy and still dark; 4 is new.
    nights.pass(&night(4, &[dark(1), off(2), off(3), coarse(4)]));
    let report = loaded(&nights, 4);
    let sheet = camera_sheet(&report);
    let of = |serial: usize, title: &str| sheet[&code(serial)].get(title).cloned().unwrap_or_default();
    let shown: Vec<[String; 3]> = (1..=4).map(|s| ["首次在线", "末次在线", "连续异常天数"].map(|title| of(s, title))).collect();
    assert_eq!(
        shown,
        [["2026-11-01", "2026-11-04", "1"], ["2026-11-01", "2026-11-02", "3"], ["", "", ""], ["2026-11-04", "2026-11-04", "1"],],
        "{sheet:?}"
    );
    // No more than the book says: of a code its longest.
    let table = nights.store.problems(PLATFORM, at(4)).unwrap();
    let open: Vec<_> = table.iter().filter(|p| p.closed.is_none()).map(|p| (p.device_id.clone(), p.what.clone())).collect();
    assert_eq!(open, [(code(1), "picture".into()), (code(2), "picture".into()), (code(4), "R04".to_owned())]);
    // Drawn again from what the store has, and published without any of it.
    assert!(report.lately == loaded(&nights, 4).lately && gbaudit::report::public::edition(report).lately.is_empty());
    let _ = std::fs::remove_dir_all(&nights.folder);
}

#[test]
fn the_camera_sheet_has_the_class_and_whether_a_camera_is_intact() {
    let mut evidence = night(1, &[good(1), Night { shown: '-', ..good(2) }, Night { shown: '?', ..good(3) }, good(4)]);
    let row =
        |id: &str, class: &str, serial: usize| format!("永昌社区,{id},{class},门口,{},启用,城建办,2026-10-01\n", code(serial));
    let plan = format!(
        "社区,点位编号,类别,位置说明,摄像机编号,状态,勘查单位,勘查日期\n{}{}{}",
        row("K01", "小区出入口", 1),
        row("K02", "消防通道", 2),
        row("K03", "社区主干道", 3)
    );
    evidence.header.supplied.push(Supplied { key: PLAN.into(), name: "点位表.csv".into(), text: plan });
    // The second of the day's rounds, and no row of it is of another.
    evidence.header.conduct.earlier_rounds = Some(vec!["20261101-0100-0001".into()]);
    let sheet = camera_sheet(&report(&evidence));
    assert!(sheet.values().all(|cells| cells["测试轮次"] == "2"));
    let of = |serial: usize| ["类别", "完好"].map(|title| sheet[&code(serial)].get(title).cloned().unwrap_or_default());
    assert_eq!([1, 2, 3, 4].map(of), [["小区出入口", "完好"], ["消防通道", "不完好"], ["社区主干道", "无法判断"], ["", ""]]);
}
