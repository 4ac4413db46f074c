//! Runs held against each other: `gbaudit diff`, the mirror audit, the estate beyond the answer, cameras of two platforms.

use std::path::Path;
use std::process::{Command, Output};

use gbaudit::audit::assess::assess;
use gbaudit::audit::estate::remember;
use gbaudit::audit::recall::recall;
use gbaudit::audit::together::Together;
use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::diff::mirror::{Deed, mirror};
use gbaudit::diff::{Diff, diff, output, screen};
use gbaudit::evidence::compared::{LEDGER, REVIEWED};
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Query, Supplied, Witnesses};
use gbaudit::probe::outcome::ProbeRecord;
use gbaudit::profile::{Profile, RateId};
use gbaudit::report::{Report, summary, union};
use gbaudit::store::Store;

use crate::support::{AUDITOR, PLATFORM, file, folder, unpacked};

/// A camera as the platform of these tests sends it.
#[derive(Clone)]
struct Sent {
    serial: u32,
    name: String,
    mac: String,
    parent: String,
    status: &'static str,
    at: (String, String),
    civil: &'static str,
}

fn camera(serial: u32) -> Sent {
    Sent {
        serial,
        name: format!("成武县永昌路{serial}号枪机"),
        mac: format!("00-1A-2B-3C-4D-{serial:02X}"),
        parent: format!("{PLATFORM}/37172300001180000001"),
        status: "ON",
        at: (format!("115.88{serial:04}"), format!("34.95{serial:04}")),
        civil: "371723",
    }
}

fn code(serial: u32) -> String {
    format!("3717230001132{serial:07}")
}

/// The catalogue of a run, of which so many items did not come.
fn run(id: &str, day: u32, cameras: &[Sent], lost: usize) -> Evidence {
    let recorder =
        format!("<Item><DeviceID>37172300001180000001</DeviceID><Name>录像机</Name><ParentID>{PLATFORM}</ParentID></Item>");
    let items = cameras.iter().map(|c| {
        format!(
            "<Item><DeviceID>{}</DeviceID><Name>{}</Name><CivilCode>{}</CivilCode><ParentID>{}</ParentID><Parental>0</Parental>\
             <Status>{}</Status><Longitude>{}</Longitude><Latitude>{}</Latitude><MAC>{}</MAC></Item>",
            code(c.serial),
            c.name,
            c.civil,
            c.parent,
            c.status,
            c.at.0,
            c.at.1,
            c.mac
        )
    });
    let items: Vec<String> = std::iter::once(recorder).chain(items).collect();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>{PLATFORM}</DeviceID>\
         <SumNum>{}</SumNum><DeviceList Num=\"{}\">{}</DeviceList></Response>",
        items.len() + lost,
        items.len(),
        items.concat()
    );
    let at = Timestamp::parse_rfc3339(&format!("2026-11-{day:02}T01:00:00Z")).unwrap();
    Evidence {
        header: Header {
            run_id: id.into(),
            mode: Mode::Live,
            started: at.micros(),
            finished: at.micros(),
            version: "0".into(),
            incomplete: None,
            profile: Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec!["371723".into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts { name: "chengwu".into(), id: PLATFORM.into(), ..PlatformFacts::default() },
            local_id: AUDITOR.into(),
            queries: vec![Query { sn: 1, before: 0, sent: at.micros(), end: "answered".into(), ..Query::default() }],
            ways: vec![],
            witnesses: Witnesses::default(),
            probing: ProbePlan::All,
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

fn cameras(serials: impl IntoIterator<Item = u32>) -> Vec<Sent> {
    serials.into_iter().map(camera).collect()
}

fn report(evidence: Evidence) -> Report {
    assess(evidence, Lang::Zh, None).unwrap()
}

/// A call that gave a picture, or one that was answered 404, taken from a kept run.
fn called(evidence: &mut Evidence, serial: u32, picture: bool) {
    let kept: Vec<ProbeRecord> = serde_json::from_str(include_str!("../../fixtures/runs/seven_cameras/probes.json")).unwrap();
    let wanted = |record: &&ProbeRecord| {
        record.attempts.last().is_some_and(|a| a.cause.is_none() == picture && (picture || a.status == Some(404)))
    };
    let mut record = kept.iter().find(wanted).unwrap().clone();
    record.device_id = code(serial);
    // A snapshot is named by its content, and no two pictures are one.
    record.snapshot = record.snapshot.map(|_| format!("{}-{serial}.jpg", evidence.header.run_id));
    evidence.probes.push(record);
}

fn codes(diff: &Diff<'_>, places: &[usize], old: bool) -> Vec<String> {
    places.iter().map(|p| if old { diff.old(*p) } else { diff.young(*p) }.unwrap().id().to_owned()).collect()
}

#[test]
fn what_changed_between_two_runs_is_told_camera_by_camera() {
    let mut sent = cameras(1..=6);
    sent[4].civil = "3717";
    let before = report(run("one", 1, &sent, 0));
    // 1 vanishes, 2 is renumbered, 3 is renamed to a default, 5 is put right, 20 is new and too coarse.
    sent.remove(0);
    sent[0].serial = 12;
    sent[1].name = "Camera 01".into();
    sent[3].civil = "371723";
    sent.push(Sent { civil: "3717", ..camera(20) });
    let after = report(run("two", 8, &sent, 0));
    let found = diff(&before, &after, &[]);
    assert_eq!(codes(&found, &found.new, false), [code(20)]);
    assert_eq!(codes(&found, &found.vanished, true), [code(1)]);
    let recoded: Vec<_> = found.recoded.iter().map(|r| (r.how.key(), found.old(r.before).unwrap().id().to_owned())).collect();
    assert_eq!(recoded, [("mac", code(2))]);
    assert_eq!((found.changed.len(), found.unchanged), (2, 2));
    assert!(found.new_is_sure && found.vanished_is_sure && found.notes.is_empty(), "{:?}", found.notes);
    let rule = |id: &str| found.rules.iter().find(|r| r.rule == id).unwrap().failures;
    assert_eq!((rule("N03").new, rule("R04").closed, rule("R04").only_after, rule("R04").new), (1, 1, 1, 0));
    assert_eq!(found.new_failures(), 2);
    let compliance = found.rates.iter().find(|r| r.rate == RateId::Compliance).unwrap();
    assert_eq!(compliance.difference(), Some((-1, 0)));
    // On the screen within its width, and in both files.
    let shown = screen::diff(&found);
    assert!(shown.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{shown}");
    assert!(shown.contains("改码 1 路") && shown.contains(&format!("{} → {}", code(2), code(12))), "{shown}");
    let mut written = Vec::new();
    output::json(&found, &mut written).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(json["schema"], "gbaudit.diff/1");
    assert_eq!(
        (&json["cameras"]["new"], &json["cameras"]["vanished"], &json["cameras"]["recoded"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(
        json["changed"][0]["fields"][0],
        serde_json::json!({"element": "Name", "before": "成武县永昌路3号枪机", "after": "Camera 01"})
    );
    let rows = output::rows(&found);
    let kinds: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(kinds, ["新增", "消失", "改码", "字段变化", "字段变化", "新增不合规", "不合规消除"]);
}

#[test]
fn what_was_not_received_has_not_vanished() {
    let before = report(run("one", 1, &cameras(1..=6), 0));
    let after = report(run("two", 8, &cameras(2..=6), 1));
    let found = diff(&before, &after, &[]);
    assert!(!found.vanished_is_sure && found.new_is_sure);
    assert_eq!(found.notes.iter().map(|n| n.id).collect::<Vec<_>>(), ["second_not_whole"]);
    let mut written = Vec::new();
    output::json(&found, &mut written).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!((&json["cameras"]["vanished"], &json["cameras"]["only_before"]), (&serde_json::Value::Null, &1.into()));
    assert!(screen::diff(&found).contains("不能断定是否消失 1 路"));
    // Held the other way round it is the new camera that cannot be told, and the order is said.
    let found = diff(&after, &before, &[]);
    assert!(!found.new_is_sure && found.vanished_is_sure);
    assert_eq!(found.notes.iter().map(|n| n.id).collect::<Vec<_>>(), ["reversed", "first_not_whole"]);
}

#[test]
fn a_listed_change_of_code_is_neither_new_nor_vanished() {
    let before = report(run("one", 1, &cameras([1]), 0));
    let other = Sent { serial: 2, mac: "00-1A-2B-3C-4D-77".into(), at: ("115.890000".into(), "34.960000".into()), ..camera(2) };
    let after = report(run("two", 8, &[other], 0));
    assert_eq!(diff(&before, &after, &[]).recoded.len(), 0);
    let (old, new) = (code(1), code(2));
    let found = diff(&before, &after, &[(&old, &new)]);
    assert_eq!((found.recoded.len(), found.new.len(), found.vanished.len()), (1, 0, 0));
    assert_eq!(found.recoded[0].how.key(), "listed");
}

#[test]
fn pictures_gained_and_lost_are_told() {
    let (mut one, mut two) = (run("one", 1, &cameras(1..=3), 0), run("two", 8, &cameras(1..=3), 0));
    for (serial, was, is) in [(1, true, false), (2, false, true), (3, true, true)] {
        called(&mut one, serial, was);
        called(&mut two, serial, is);
    }
    let (before, after) = (report(one), report(two));
    let found = diff(&before, &after, &[]);
    assert_eq!(found.pictures.len(), 2);
    assert!(screen::diff(&found).contains("由未出图变为出图 1 路，由出图变为未出图 1 路"));
}

#[test]
fn the_mirror_tells_what_the_upper_platform_did() {
    const UPPER: &str = "37170000002000000001";
    let mut below = cameras(1..=9);
    below[6].status = "OFF";
    let mut lower = run("below", 1, &below, 0);
    let mut above = cameras(2..=9);
    above[0].name = "改了名".into();
    above[1].serial = 103;
    above[2].parent = format!("{UPPER}/37172300001180000001");
    above[3].parent = UPPER.into();
    // WGS-84 to GCJ-02 at this place, by the offsets of the published formula: some 500 m to the east.
    let truth = gbaudit::base::geo::Position { lon: 115.880_006, lat: 34.950_006 };
    let shifted = gbaudit::rules::Shift::Gcj02.sent(truth);
    above[4].at = (format!("{:.6}", shifted.lon), format!("{:.6}", shifted.lat));
    above.push(camera(50));
    let mut upper = run("above", 1, &above, 0);
    upper.header.platform.id = UPPER.into();
    called(&mut lower, 8, true);
    called(&mut upper, 8, false);
    called(&mut lower, 9, false);
    called(&mut upper, 9, false);
    let (upper, lower) = (report(upper), report(lower));
    let found = mirror(&upper, &lower, &[]);
    assert_eq!((found.both, found.dropped.len(), found.invented.len(), found.recoded.len()), (8, 1, 1, 1));
    let deed = |deed: Deed| found.deeds.get(&deed).copied().unwrap_or_default();
    assert_eq!((deed(Deed::Renamed), deed(Deed::Reparented), deed(Deed::ParentLost), deed(Deed::Shifted)), (1, 1, 1, 1));
    assert_eq!((deed(Deed::OnAboveOffBelow), deed(Deed::PictureLost), deed(Deed::OnAboveNoPicture)), (1, 1, 1));
    assert_eq!(found.moves.iter().map(|(how, n)| (how.key(), *n)).collect::<Vec<_>>(), [("to_gcj02", 1)]);
    let shown = screen::mirror(&found);
    assert!(shown.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{shown}");
    assert!(shown.contains("经上级平台改动的字段") && shown.contains("转成了 GCJ-02"), "{shown}");
    let mut written = Vec::new();
    output::mirror_json(&found, &mut written).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!((&json["schema"], &json["cameras"]["dropped"]), (&"gbaudit.mirror/1".into(), &1.into()));
    let name = json["elements"].as_array().unwrap().iter().find(|e| e["element"] == "Name").unwrap();
    assert_eq!((&name["altered"], &name["same"], &name["examples"][0]), (&1.into(), &7.into(), &code(2).into()));
    assert_eq!(output::mirror_rows(&found).len(), 1 + 1 + 1 + found.differences.len());
}

/// 共享率, and what stands in the way of it.
#[test]
fn the_share_stands_by_itself_and_only_on_a_whole_catalogue() {
    let with = |expected, lost| {
        let mut evidence = run("one", 1, &cameras(1..=6), lost);
        evidence.header.platform.expected = expected;
        report(evidence)
    };
    let told = |report: &Report| (summary::render(report), file(report, "report.json"));
    let (screen, json) = told(&with(Some(8), 0));
    assert!(screen.contains("共享率    6/8 = 75.00%（仅供核对，不作结论）") && screen.contains("未共享 2 路"), "{screen}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["catalog"]["share"], serde_json::json!({"numerator": 6, "denominator": 8, "percent": "75.00"}));
    let (screen, json) = told(&with(None, 0));
    assert!(screen.contains("未核对平台登记总数") && !screen.contains("共享率"), "{screen}");
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["catalog"]["share"].is_null());
    let (screen, _) = told(&with(Some(8), 1));
    assert!(!screen.contains("共享率"), "what did not come is not what is not shared: {screen}");
}

/// Cameras left out before the audit, and codes that became others, are found in the earlier run.
#[test]
fn cameras_that_vanished_since_the_last_run_are_named_and_renumbered_twins_are_told_from_them() {
    let mut before = cameras(1..=5);
    before[0].status = "OFF";
    let mut after = cameras(3..=5);
    after[0].serial = 103;
    after.push(camera(30));
    let earlier = run("one", 1, &before, 0);
    let mut evidence = run("two", 8, &after, 0);
    assert!(remember(&mut evidence, &earlier, Lang::Zh).unwrap());
    // Once kept it needs no store: what is written and read is the same.
    let text = serde_json::to_string(&evidence.header).unwrap();
    evidence.header = serde_json::from_str(&text).unwrap();
    let report = report(evidence);
    let had = report.estate.earlier.as_ref().unwrap();
    assert_eq!((had.cameras, had.kept, had.gone, had.gone_offline, had.recoded, had.new), (5, 2, 2, 1, 1, 1));
    let listed = file(&report, "estate.csv");
    for line in [
        format!("上次有、这次没有,{},成武县永昌路1号枪机,,OFF", code(1)),
        format!("上次有、这次没有,{},成武县永昌路2号枪机,,ON", code(2)),
        format!("改码,{},成武县永昌路3号枪机,{},", code(103), code(3)),
    ] {
        assert!(listed.contains(&line), "{line}: {listed}");
    }
    assert!(summary::render(&report).contains("消失 2 路（上次报离线的 1 路），改码 1 路，新增 1 路"));
    assert!(file(&report, "report.html").contains(&code(2)));
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!((&json["estate"]["earlier"]["run"], &json["estate"]["earlier"]["vanished"]), (&"one".into(), &2.into()));
}

#[test]
fn an_earlier_run_that_is_not_complete_is_no_measure_and_this_one_not_being_so_accuses_nobody() {
    let mut evidence = run("two", 8, &cameras(1..=3), 0);
    assert!(!remember(&mut evidence, &run("one", 1, &cameras(1..=5), 2), Lang::Zh).unwrap());
    assert!(evidence.header.supplied.is_empty());
    let mut evidence = run("two", 8, &cameras(1..=3), 2);
    assert!(remember(&mut evidence, &run("one", 1, &cameras(1..=5), 0), Lang::Zh).unwrap());
    let report = report(evidence);
    assert!(summary::render(&report).contains("不能断定已取消共享"));
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert!(json["estate"]["earlier"]["vanished"].is_null() && json["estate"]["earlier"]["not_received"] == 2);
}

/// Of the runs in the store the latest whole one of the same platform is taken, not one that is later, or of another.
#[test]
fn the_store_gives_the_latest_earlier_run_that_is_whole() {
    let mut store = Store::open(&folder("recall").join("store.db")).unwrap();
    let mut other = run("other", 5, &cameras(1..=9), 0);
    other.header.platform.id = "37172300002000000077".into();
    let mut stopped = run("stopped", 6, &cameras(1..=9), 0);
    stopped.header.incomplete = Some(gbaudit::evidence::Incomplete::Stopped);
    for evidence in [
        run("oldest", 1, &cameras(1..=9), 0),
        run("wanted", 2, &cameras(1..=5), 0),
        run("lossy", 3, &cameras(1..=9), 1),
        other,
        stopped,
        run("later", 20, &cameras(1..=9), 0),
    ] {
        store.put(&evidence).unwrap();
    }
    // What was killed while it ran is not whole.
    let killed = run("killed", 7, &cameras(1..=9), 0);
    store.begin(&killed.header, &killed.messages).unwrap();
    let mut evidence = run("now", 8, &cameras(2..=5), 0);
    recall(&store, &mut evidence, Lang::Zh);
    let report = report(evidence);
    let had = report.estate.earlier.as_ref().unwrap();
    assert_eq!((had.run.as_str(), had.gone, had.gone_list[0].device_id.clone()), ("wanted", 1, code(1)));
    // The first run of a platform has nothing to be held against.
    let mut first = run("first", 1, &cameras(1..=2), 0);
    first.header.platform.name = "juye".into();
    recall(&store, &mut first, Lang::Zh);
    assert!(first.header.supplied.is_empty());
}

#[test]
fn the_ledger_names_what_either_lacks_by_code_and_then_by_name() {
    let mut evidence = run("one", 1, &cameras(1..=3), 0);
    let text = format!(
        "设备编码,设备名称\n{},一号\n{},不在目录\n{},成武县永昌路3号枪机\n,只有名称\n{},一号\n37172300001180000001,录像机\n",
        code(1),
        code(9),
        code(77),
        code(1)
    );
    evidence.header.supplied.push(Supplied { key: LEDGER.into(), name: "台账.xlsx/表一".into(), text });
    let report = report(evidence);
    let ledger = report.estate.ledger.as_ref().unwrap();
    assert_eq!((ledger.file.as_str(), ledger.rows, ledger.by_code, ledger.by_name), ("台账.xlsx", 4, 1, 1));
    assert_eq!((ledger.missing, ledger.unlisted), (2, 1));
    assert_eq!(ledger.unlisted_list[0].device_id, code(2));
    let listed = file(&report, "estate.csv");
    assert!(listed.contains(&format!("与台账同名、编码不同,{},成武县永昌路3号枪机,{},", code(3), code(77))), "{listed}");
    assert!(summary::render(&report).contains("台账 4 路：目录中没有 2 路，台账中没有 1 路，同名不同码 1 路"));
    // The rates are as without it.
    assert_eq!(report.rate(RateId::Networking).unwrap().why[0].id, "no_ledger");
}

/// Status that says the same of everybody, ON of a camera no call reaches, OFF of one that gives a picture.
#[test]
fn faked_status_is_told_by_what_was_seen() {
    let mut sent = cameras(1..=20);
    let mut evidence = run("one", 1, &sent, 0);
    called(&mut evidence, 1, false);
    called(&mut evidence, 2, true);
    let all_on = report(evidence);
    let claims = &all_on.estate.claims;
    assert!(claims.uniform && claims.on == 20 && claims.on_unanswered == 1 && claims.on_without_picture == 1);
    let shown = summary::render(&all_on);
    assert!(shown.contains("全部 20 路都报在线；报在线 20 路中未出图 1 路，其中点播不通（无应答或被拒）1 路"), "{shown}");
    sent[1].status = "OFF";
    let mut evidence = run("one", 1, &sent, 0);
    called(&mut evidence, 2, true);
    let one_off = report(evidence);
    assert!(!one_off.estate.claims.uniform && one_off.estate.claims.off_with_picture == 1);
    assert!(file(&one_off, "estate.csv").contains(&format!("报离线、点播出图,{}", code(2))));
}

/// One still picture, or one stream, under many codes; and the same one as last time.
#[test]
fn one_picture_of_many_cameras_and_one_replayed_from_the_last_run_are_told() {
    let (mut earlier, mut evidence) = (run("one", 1, &cameras(1..=4), 0), run("two", 8, &cameras(1..=4), 0));
    for serial in 1..=4 {
        called(&mut earlier, serial, true);
        called(&mut evidence, serial, true);
    }
    evidence.probes[1].snapshot = evidence.probes[0].snapshot.clone();
    evidence.probes[2].snapshot = earlier.probes[2].snapshot.clone();
    assert!(remember(&mut evidence, &earlier, Lang::Zh).unwrap());
    let (before, after) = (report(earlier), report(evidence));
    let shown = summary::render(&after);
    assert!(shown.contains("同一画面出现在多路，共 2 路") && shown.contains("画面核对  1 路的画面与上次逐像素相同"), "{shown}");
    let listed = file(&after, "estate.csv");
    assert!(listed.contains(&format!("画面与其他摄像机完全相同,{}", code(2))), "{listed}");
    assert!(listed.contains(&format!("画面与上次完全相同,{}", code(3))), "{listed}");
    let found = diff(&before, &after, &[]);
    assert_eq!(found.replayed, [(2, 2)]);
    assert!(screen::diff(&found).contains("画面与前次逐像素相同 1 路"));
    // Each with its own, there is nothing to say.
    assert!(!summary::render(&before).contains("画面核对"));
}

/// A picture that is nearly that of an earlier night: coded again, which no camera does, or a quiet scene, which may be. What a person
/// has looked at counts as proof again, as long as it holds.
#[test]
fn a_picture_of_an_earlier_night_is_withdrawn_until_a_person_has_looked_and_a_quiet_scene_is_advice() {
    let (mut earlier, mut evidence) = (run("one", 1, &cameras(1..=5), 0), run("two", 8, &cameras(1..=5), 0));
    let print = "0123456789abcdef0123456789abcdef";
    let prints = [print, print, print, "fedcba9876543210fedcba9876543210", print];
    // The light of the second night: as before, a little other, noticeably other, another picture, as before.
    for ((serial, second), light) in (1..=5).zip(prints).zip([0, 2, 40, 0, 0]) {
        for (night, print, light) in [(&mut earlier, print, 0), (&mut evidence, second, light)] {
            called(night, serial, true);
            let picture = night.probes.last_mut().unwrap().attempts.last_mut().unwrap().picture.as_mut().unwrap();
            // Apart from each other, so that no two cameras of one night show one picture.
            let own = u128::from_str_radix(print, 16).unwrap() ^ (0xFFFF_u128 << (16 * serial));
            picture.fingerprint = Some(format!("{own:032x}"));
            picture.digest = Some(format!("{}-{serial}-{light}", night.header.run_id));
            picture.mean_luma_x100 += light;
        }
    }
    // Cell by cell the same, and another file.
    let digest = earlier.probes[4].attempts.last().unwrap().picture.as_ref().unwrap().digest.clone();
    evidence.probes[4].attempts.last_mut().unwrap().picture.as_mut().unwrap().digest = digest;
    assert!(remember(&mut evidence, &earlier, Lang::Zh).unwrap());
    let without = report(evidence.clone());
    let before = without.estate.earlier.as_ref().unwrap();
    assert_eq!((before.replayed, before.still, before.near), (0, 3, 1));
    let shown = summary::render(&without);
    assert!(
        shown.contains("3 路的画面与上次几乎相同且亮度不变　须说明；1 路的画面与上次几乎相同（静止场景也会如此，仅作提示）"),
        "{shown}"
    );
    assert!(shown.contains("画面重复  与上次相同的 3 路撤出证明，待人工查看"), "{shown}");
    let reading = |report: &Report| {
        let found = report.readings.iter().find(|reading| reading.id == "output.not_withdrawn");
        found.map(|reading| (reading.value.numerator, reading.value.denominator))
    };
    assert_eq!(reading(&without), Some((2, 5)));
    let rate = |report: &Report| report.rate(RateId::Output).unwrap().value;
    // 1 was looked at the morning after, 2 long ago, 4 needs it not.
    let table = format!(
        "设备编码,查看人,日期,有效期\n{},甲,2026-11-25,\n{},甲,2026-01-05,2026-03-31\n{},甲,2026-11-25,\n",
        code(1),
        code(2),
        code(4)
    );
    evidence.header.supplied.push(Supplied { key: REVIEWED.into(), name: "画面查看.csv".into(), text: table });
    let looked = report(evidence);
    assert_eq!((reading(&looked), rate(&looked)), (Some((3, 5)), rate(&without)), "the rate is as it was");
    let shown = summary::render(&looked);
    assert!(shown.contains("人工查看  画面查看.csv：已查看、不再撤出 1 路；过期 1 行，未用上 1 行"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&file(&looked, "report.json")).unwrap();
    let states: Vec<&str> =
        json["pictures"]["reviews"]["rows"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!((states, &json["pictures"]["withdrawn"]), (vec!["effective", "expired", "unused"], &2.into()));
    let devices: Vec<serde_json::Value> =
        file(&looked, "devices.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&devices[0]["probe"]["reviewed"], &devices[1]["probe"]["withdrawn"]), (&2.into(), &true.into()));
    let listed = file(&looked, "estate.csv");
    assert!(listed.contains(&format!("画面与上次几乎相同,{}", code(3))), "{listed}");
    assert!(listed.contains(&format!("画面与上次几乎相同且亮度不变,{}", code(1))), "{listed}");
    assert!(file(&looked, "report.html").contains("画面已由人工查看（表中第 2 行）"));
}

/// One picture under several codes that is not the same octets: a loop joined at different moments, or coded anew.
#[test]
fn one_picture_in_many_channels_is_a_finding_and_withdrawn_from_proof_not_from_the_rate() {
    let mut evidence = run("one", 1, &cameras(1..=5), 0);
    let prints = ["0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee", "fedcba9876543210fedcba9876543210"];
    for (serial, print) in (1..=5).zip([Some(prints[0]), Some(prints[2]), Some(prints[1]), None, None]) {
        called(&mut evidence, serial, true);
        let picture = evidence.probes.last_mut().unwrap().attempts.last_mut().unwrap().picture.as_mut().unwrap();
        picture.fingerprint = print.map(str::to_owned);
        let look = |id: &str| gbaudit::probe::outcome::Look { id: id.into(), value: 93 };
        picture.looks = Some(if serial == 4 { vec![look("blur"), look("noise")] } else { vec![] });
    }
    let report = report(evidence);
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let pictures = &json["pictures"];
    assert_eq!((&pictures["looked"], &pictures["withdrawn"]), (&5.into(), &2.into()));
    assert_eq!(pictures["same"][0]["codes"], serde_json::json!([code(1), code(3)]));
    assert_eq!(pictures["looks"][0]["look"], "noise", "in the order they are asked");
    assert_eq!(json["rates"]["output"]["numerator"], 5, "the rate stays what the profile says");
    let reading = |id: &str| {
        let found = json["readings"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap();
        (found["numerator"].as_u64().unwrap(), found["denominator"].as_u64().unwrap())
    };
    assert_eq!((reading("output.not_withdrawn"), reading("output.quality.all")), ((3, 5), (4, 5)));
    let shown = summary::render(&report);
    assert!(shown.contains("同一画面出现在多路，共 2 路：撤出证明，待人工查看"), "{shown}");
    assert!(shown.contains("画面质量  噪声 1 路，模糊 1 路（仅作提示，不计入出图率）"), "{shown}");
    let listed = file(&report, "estate.csv");
    assert!(listed.contains(&format!("同一画面出现在多路,{}", code(3))) && !listed.contains(&code(2)), "{listed}");
    let devices = file(&report, "devices.jsonl");
    assert_eq!(devices.matches("\"withdrawn\":true").count(), 2);
    assert!(devices.contains("\"looks\":[{\"id\":\"blur\",\"value\":93},"), "{devices}");
    let page = file(&report, "report.html");
    assert!(page.contains("画面与其他摄像机或上次相同，待人工查看") && page.contains("模糊；噪声"));
}

#[test]
fn cameras_seen_through_two_platforms_are_counted_in_each_and_listed() {
    let mut together = Together::default();
    for (name, sent, status) in [("chengwu", 1..=3, "ON"), ("juye", 3..=4, "OFF")] {
        let sent: Vec<Sent> = sent.map(|n| Sent { status, ..camera(n) }).collect();
        let mut evidence = run("one", 1, &sent, 0);
        evidence.header.platform.name = name.into();
        together.add(&assess(evidence, Lang::Zh, Some(name.into())).unwrap());
    }
    let union = together.finish().unwrap();
    assert!(union::render(&union).contains("1 路摄像机经多个平台都能看到，在各平台分别计数，合计中重复 1 路；只计一次为 4 路"));
    let written = |name: &str| {
        let mut out = Vec::new();
        (union::FILES.iter().find(|f| f.name == name).unwrap().write)(&union, &mut out).unwrap();
        if out.starts_with(b"PK") { unpacked(&out) } else { String::from_utf8(out).unwrap() }
    };
    insta::assert_snapshot!("union.xlsx", written("report.xlsx"));
    let paper = written("report.docx");
    for wanted in ["各平台", "同码摄像机", "chengwu", "合规率的字段"] {
        assert!(paper.contains(wanted), "{wanted}");
    }
    let json: serde_json::Value = serde_json::from_str(&written("report.json")).unwrap();
    assert_eq!((&json["catalog"]["shared_codes"], &json["catalog"]["distinct_cameras"]), (&1.into(), &4.into()));
    let line = format!("1,{},chengwu；juye,成武县永昌路3号枪机,是,ON；OFF,ON,{PLATFORM}/37172300001180000001", code(3));
    assert!(written("shared_codes.csv").contains(&line));
}

/// A node in trouble says so in `nodes.jsonl`, and the report what to do.
#[test]
fn trouble_in_the_tree_is_counted_and_told_with_what_to_do() {
    let mut sent = cameras(1..=2);
    sent[0].parent = "37172300001180000099".into();
    let mut evidence = run("one", 1, &sent, 0);
    let body = String::from_utf8(evidence.messages[0].body.to_vec()).unwrap();
    let body = body.replacen(&format!("<ParentID>{PLATFORM}</ParentID>"), "<ParentID>37172300002000000077</ParentID>", 1);
    evidence.messages[0].body = body.into_bytes().into();
    let report = report(evidence);
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    let orphans = &json["catalog"]["tree"]["troubles"][0];
    assert_eq!((&orphans["kind"], &orphans["nodes"], &orphans["cameras"]), (&"orphan".into(), &1.into(), &1.into()));
    assert!(orphans["todo"].as_str().unwrap().contains("共享上来"));
    assert!(file(&report, "nodes.jsonl").contains("\"trouble\":[\"orphan\"]"));
    assert!(summary::render(&report).contains("目录树    父节点没有收到 2"));
    assert!(file(&report, "report.html").contains("父节点没有收到"));
}

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

#[test]
fn the_command_compares_folders_and_writes_its_files() {
    let place = folder("diff-command");
    let mut sent = cameras(1..=3);
    let write = |name: &str, sent: &[Sent]| std::fs::write(place.join(name), &run("x", 1, sent, 0).messages[0].body).unwrap();
    write("one.xml", &sent);
    sent[0].name = "=1+1".into();
    sent[1].name = "Camera 01".into();
    sent.remove(2);
    write("two.xml", &sent);
    let check = |file: &str, out: &str, day: &str| {
        let done = gbaudit(&place, &["check", file, "--jurisdiction", "371723", "--as-of", day, "--out", out]);
        assert!(done.status.code().is_some_and(|code| code != 2), "{done:?}");
    };
    check("one.xml", "one", "2026-11-01");
    check("two.xml", "two", "2026-11-08");
    let done = gbaudit(&place, &["diff", "one", "two", "--out", "changes"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let shown = String::from_utf8(done.stdout).unwrap();
    assert!(shown.contains("消失摄像机 1 路") && shown.contains("记录有变化 2 路"), "{shown}");
    let table = std::fs::read_to_string(place.join("changes/diff.csv")).unwrap();
    assert!(table.starts_with('\u{feff}') && table.contains(",'=1+1") && table.contains("消失"), "{table}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(place.join("changes/diff.json")).unwrap()).unwrap();
    assert_eq!(json["cameras"]["vanished"], 1);
    let page = std::fs::read_to_string(place.join("changes/diff.html")).unwrap();
    assert!(page.contains("<td>消失</td>") && page.contains("新增摄像机 0 路") && !page.contains("<script"), "{page}");
    assert_eq!(gbaudit(&place, &["diff", "one", "two", "--fail-on-new"]).status.code(), Some(1));
    assert_eq!(gbaudit(&place, &["diff", "two", "two", "--fail-on-new"]).status.code(), Some(0));
    let done = gbaudit(&place, &["diff", "--mirror", "two", "one", "--out", "mirror", "--lang", "en"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(String::from_utf8(done.stdout).unwrap().contains("dropped: 1 cameras"));
    assert!(place.join("mirror/mirror.json").exists() && place.join("mirror/mirror.csv").exists());
    assert!(place.join("mirror/mirror.html").exists());
    let done = gbaudit(&place, &["diff", "one", "nowhere"]);
    assert_eq!(done.status.code(), Some(2));
}

#[test]
fn the_ledger_is_read_by_check_and_from_the_settings() {
    let place = folder("ledger-command");
    std::fs::write(place.join("one.xml"), &run("x", 1, &cameras(1..=3), 0).messages[0].body).unwrap();
    std::fs::write(place.join("台账.csv"), format!("设备编码,设备名称\n'{},一号\n'{},不在目录\n", code(1), code(9))).unwrap();
    let done = gbaudit(&place, &["check", "one.xml", "--ledger", "台账.csv"]);
    let shown = String::from_utf8(done.stdout).unwrap();
    assert!(shown.contains("台账 2 路：目录中没有 1 路，台账中没有 2 路"), "{shown}");
    std::fs::write(place.join("坏.csv"), "a,b\n1,2\n").unwrap();
    let done = gbaudit(&place, &["check", "one.xml", "--ledger", "坏.csv"]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(String::from_utf8(done.stderr).unwrap().contains("坏.csv"));
}
