//! 可验证审计包: whole ones verify anywhere, and nothing can be changed in one unseen.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gbaudit::audit::assess::assess;
use gbaudit::base::lang::Lang;
use gbaudit::bundle::archive::{LIST, Writer, octets, walk};
use gbaudit::bundle::make::{Making, Pictures};
use gbaudit::bundle::signature::Signer;
use gbaudit::bundle::verify::{Verified, Wanted, verify};
use gbaudit::bundle::wrong::{Refused, Wrong};
use gbaudit::evidence::{Confirmation, Evidence, Supplied, Table, WaiverFile};
use gbaudit::media::access_unit::{AccessUnits, units};
use gbaudit::media::codec::CODECS;
use gbaudit::media::jpeg::Snapshots;
use gbaudit::media::nal::Nal;
use gbaudit::position::{INSTALLED, PLAN};
use gbaudit::probe::decode::{Looking, frame_name, look, snapshot_name};
use gbaudit::profile::Black;
use gbaudit::report::Report;
use gbaudit::store::Store;

use crate::support::folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gbaudit");
/// Changes of one octet that are tried.
const CHANGES: u64 = 1_000;

/// The same, with a list that hides them.
const HIDDEN: u64 = 200;

/// Numbers as if drawn, the same every time.
fn draws() -> impl FnMut() -> u64 {
    let mut seed = 20_261_124_u64;
    move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    }
}

/// A run with everything a bundle can hold, and the store its pictures are in.
pub(crate) fn everything(name: &str) -> (Evidence, Store) {
    let mut evidence = crate::golden::evidence();
    let header = &mut evidence.header;
    header.supplied = vec![Supplied {
        key: "osd".into(),
        name: "画面文字.csv".into(),
        text: "device_id,text\n37172300011320000001,东门\n".into(),
    }];
    let folder = folder(name);
    for (key, table, text) in [(PLAN, "点位表.csv", POSITIONS), (INSTALLED, "台账.csv", CAMERAS)] {
        std::fs::write(folder.join(table), text).unwrap();
        header.supplied.extend(gbaudit::config::positions::load(key, &folder.join(table), table, Lang::Zh).unwrap());
    }
    header.confirmation = Some(Confirmation { number: "数确〔2026〕3号".into(), by: None, hash: Some("0".repeat(64)) });
    header.waivers = Some(WaiverFile {
        name: "豁免.csv".into(),
        text: "rule,code,reason,approver,until\nG05,37172300011320000003,moved,office,2026-11-24\n".into(),
    });
    header.boundaries = Some(OUTLINES.into());
    evidence.tables.push(Table {
        name: "补充.csv".into(),
        octets: "设备编码,设备名称\n37172300011320000099,永昌路西口枪机\n".as_bytes().to_vec(),
    });
    let stream = include_bytes!("../../fixtures/media/h264_baseline_640x360.h264");
    let codec = CODECS.iter().find(|codec| codec.name == "H.264").unwrap();
    let mut cutter = AccessUnits::new(codec);
    let frame = units(stream)
        .into_iter()
        .find_map(|octets| {
            cutter.push(Nal { octets, damaged: false });
            cutter.take()
        })
        .unwrap();
    let seen = look(&frame, codec, Looking { snapshots: Snapshots::On, black: Black::default() }).unwrap();
    let (frame, jpeg) = (seen.frame.unwrap(), seen.jpeg.unwrap());
    let record = evidence.probes.iter_mut().find(|r| r.attempts.iter().any(|a| a.picture.is_some())).unwrap();
    record.snapshot = Some(snapshot_name(&jpeg));
    let picture = record.attempts.iter_mut().find_map(|a| a.picture.as_mut()).unwrap();
    *picture = seen.facts;
    picture.key_frame = Some(frame_name(&frame));
    let mut store = Store::open(&folder.join("evidence.db")).unwrap();
    store.put(&evidence).unwrap();
    let (run, platform) = (evidence.header.run_id.clone(), evidence.header.platform.name.clone());
    store.put_key_frame(&run, &platform, &frame_name(&frame), &frame).unwrap();
    store.put_snapshot(&run, &platform, &snapshot_name(&jpeg), &jpeg).unwrap();
    (evidence, store)
}

/// One position with a camera and one without.
const POSITIONS: &str = "社区名称,小区,点位编号,类别,位置说明,摄像机编码,状态,勘查单位,勘查日期\n\
    示例社区,一期,K01,小区出入口,东门,37172300011320000001,启用,勘查单位,2026-11-01\n\
    示例社区,一期,K02,社区主干道,主路,,启用,勘查单位,2026-11-01\n";
/// The camera of the first.
const CAMERAS: &str = "台账编号,设备编码,社区名称,小区,点位编号\n1,37172300011320000001,示例社区,一期,K01\n";

/// One county as a square.
const OUTLINES: &str = r#"{"type":"Topology","datum":"WGS-84","objects":{"counties":{"type":"GeometryCollection","geometries":[{"type":"Polygon","properties":{"code":"371723","name":"成武县"},"arcs":[[0]]}]}},"arcs":[[[115.5,34.5],[116.5,34.5],[116.5,35.5],[115.5,35.5],[115.5,34.5]]]}"#;

/// The bundle of a run, and its report.
pub(crate) fn bundle(evidence: Evidence, stores: &[Store], pictures: Pictures, lang: Lang) -> (Vec<u8>, Report) {
    let mut making = Making::begin(Cursor::new(Vec::new()), &evidence).unwrap();
    making.pictures(&evidence, stores, pictures).unwrap();
    let report = assess(evidence, lang, None).unwrap();
    let (out, head, _) = making.finish(&report, Some(&signer())).unwrap();
    assert_eq!(head, report.head, "every report prints the digest of its evidence");
    (out.into_inner(), report)
}

/// Signs with a key anybody may know.
fn signer() -> Signer {
    Signer::read(&"1f".repeat(32)).unwrap()
}

fn verified(octets: &[u8]) -> Result<Verified, Refused> {
    verify(&mut Cursor::new(octets), &Wanted::default())
}

/// The members of a bundle, the list left out.
pub(crate) fn members(bundle: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut input = Cursor::new(bundle);
    let walked = walk(&mut input).unwrap();
    walked.members.iter().map(|member| (member.name.clone(), octets(&mut input, member).unwrap())).collect()
}

/// A bundle of these members with a list that is right: what a forger makes who knows the layout.
fn forged(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()));
    for (name, octets) in members {
        writer.add(name, |out| out.write_all(octets)).unwrap();
    }
    writer.finish(None).unwrap().0.into_inner()
}

fn change(members: &mut [(String, Vec<u8>)], name: &str, from: &str, to: &str) {
    let (_, octets) = members.iter_mut().find(|(known, _)| known == name).unwrap();
    let text = String::from_utf8(octets.clone()).unwrap();
    assert!(text.contains(from), "{name}: {from}");
    *octets = text.replacen(from, to, 1).into_bytes();
}

#[test]
fn a_bundle_with_every_kind_of_member_is_equal_in_both_languages() {
    let (evidence, store) = everything("bundle-whole");
    let stores = [store];
    for lang in [Lang::Zh, Lang::En] {
        let (octets, report) = bundle(evidence.clone(), &stores, Pictures::All, lang);
        let names: Vec<String> = members(&octets).into_iter().map(|(name, _)| name).collect();
        for name in [
            "FORMAT",
            "evidence/header.json",
            "evidence/profile.toml",
            "evidence/boundaries.topojson",
            "evidence/waivers.csv",
            "evidence/supplied/001.txt",
            "evidence/messages.jsonl",
            "evidence/messages.bin",
            "evidence/tables.jsonl",
            "evidence/tables.bin",
            "evidence/probes.jsonl",
            "pictures/key_frames.jsonl",
            "pictures/key_frames.bin",
            "bundle.json",
            "rules.jsonl",
            "results/report.json",
            "results/devices.jsonl",
            "results/report.html",
        ] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        let found = verified(&octets).unwrap();
        assert!(found.is_equal(), "{:?}", found.wrong);
        assert_eq!((found.head, found.frames.decoded, found.frames.shown), (report.head.clone(), 1, 1));
        assert_eq!(bundle(evidence.clone(), &stores, Pictures::All, lang).0, octets, "equal evidence, equal octets");
        assert_eq!(found.signer, Some(signer().public_key()));
        let (without, _) = bundle(evidence.clone(), &stores, Pictures::Hashes, lang);
        let found = verified(&without).unwrap();
        assert!(found.is_equal() && found.frames.shown == 0 && found.frames.logged > 0, "{:?}", found.wrong);
        assert_eq!(found.head, report.head, "pictures or not, the evidence is the same");
    }
}

#[test]
fn a_thousand_random_changes_of_one_octet_are_all_found_and_named() {
    let (evidence, store) = everything("bundle-changes");
    let (whole, _) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
    let walked = walk(&mut Cursor::new(&whole)).unwrap();
    let mut random = draws();
    let mut within = 0;
    for _ in 0..CHANGES {
        let at = usize::try_from(random() % whole.len() as u64).unwrap();
        let mut changed = whole.clone();
        changed[at] ^= u8::try_from(random() % 255 + 1).unwrap();
        let told = match verified(&changed) {
            Ok(found) => {
                assert!(!found.is_equal(), "octet {at}");
                assert!(found.report.is_none(), "octet {at}: nothing is counted of what was changed");
                found.wrong.iter().map(|wrong| wrong.told(Lang::Zh)).collect::<Vec<_>>().join("\n")
            }
            Err(refused) => refused.told(Lang::Zh),
        };
        let inside = walked
            .members
            .iter()
            .chain([&walked.list])
            .chain(&walked.signature)
            .find(|m| (m.at..m.at + m.octets).contains(&(at as u64)));
        if let Some(member) = inside {
            within += 1;
            assert!(told.contains(&member.name) && told.contains("第 "), "octet {at} of {}: {told}", member.name);
        } else {
            assert!(!told.is_empty(), "octet {at}");
        }
    }
    assert!(within > CHANGES / 2, "{within}");
}

#[test]
fn changes_hidden_by_a_list_made_anew_are_found_too() {
    let (evidence, store) = everything("bundle-hidden");
    let (whole, _) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
    let honest = members(&whole);
    let mut random = draws();
    for _ in 0..HIDDEN {
        let mut forgery = honest.clone();
        let place = usize::try_from(random() % forgery.len() as u64).unwrap();
        let (name, octets) = &mut forgery[place];
        // Who made it is all a bundle says of itself that nothing else in it bears out.
        if octets.is_empty() || name == "bundle.json" {
            continue;
        }
        let at = usize::try_from(random() % octets.len() as u64).unwrap();
        octets[at] ^= u8::try_from(random() % 255 + 1).unwrap();
        let name = name.clone();
        if let Ok(found) = verified(&forged(&forgery)) {
            assert!(!found.is_equal(), "octet {at} of {name}");
        }
    }
}

#[test]
fn a_number_that_was_changed_with_all_its_hashes_is_found_by_counting_again() {
    let (evidence, store) = everything("bundle-forged");
    let (whole, report) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
    let honest = members(&whole);
    let rate = report.rates.iter().find_map(|rate| rate.value).unwrap();
    let (n, more) = (rate.numerator, rate.numerator + 1);
    let found_after = |name: &str, from: &str, to: &str| {
        let mut forgery = honest.clone();
        change(&mut forgery, name, from, to);
        verified(&forged(&forgery)).unwrap()
    };
    // A result: the evidence does not give it.
    let found = found_after("results/report.json", &format!("\"numerator\": {n}"), &format!("\"numerator\": {more}"));
    assert!(matches!(&found.wrong[..], [Wrong::Recomputed { name, .. }] if name == "results/report.json"), "{:?}", found.wrong);
    assert_eq!(found.exit_code(), 1);
    // The evidence: its digest, and with it every printed report, is another one.
    let found = found_after("evidence/header.json", "\"masked_passwords\":0", "\"masked_passwords\":1");
    assert!(found.wrong.iter().any(|wrong| matches!(wrong, Wrong::Recomputed { name, .. } if name == "results/report.json")));
    // The same once more in all results, so that the bundle agrees with itself: only the printed digest tells.
    let mut forgery = gbaudit_evidence(&honest);
    forgery.header.masked_passwords = 1;
    let (octets, other) = bundle(forgery, &[], Pictures::Hashes, Lang::Zh);
    assert!(verified(&octets).unwrap().is_equal());
    assert_ne!(other.head, report.head);
    for given in [&report.head.sm3, &report.head.sha256] {
        let wanted = Wanted { head: Some(given.clone()), ..Wanted::default() };
        assert!(verify(&mut Cursor::new(&whole), &wanted).unwrap().is_equal());
        let found = verify(&mut Cursor::new(&octets), &wanted).unwrap();
        assert!(matches!(found.wrong[..], [Wrong::Head { .. }]), "{:?}", found.wrong);
    }
    // What a key frame shows is not what the log says.
    let found = found_after("evidence/probes.jsonl", "\"width\":640", "\"width\":1920");
    assert!(found.wrong.iter().any(|wrong| matches!(wrong, Wrong::Frame { what: "width", .. })), "{:?}", found.wrong);
    // Another spelling of the same.
    let found = found_after("evidence/header.json", "{\"run_id\":", "{ \"run_id\":");
    assert!(matches!(&found.wrong[..], [Wrong::Spelling { item: 2, .. }]), "{:?}", found.wrong);
    // Another version's results may differ; its evidence may not.
    let mut older = honest.clone();
    let own = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    change(&mut older, "bundle.json", &own, "\"version\":\"0.0.9\"");
    assert_eq!(verified(&forged(&older)).unwrap().exit_code(), 0, "the same results");
    change(&mut older, "results/report.json", &format!("\"numerator\": {n}"), &format!("\"numerator\": {more}"));
    assert_eq!(verified(&forged(&older)).unwrap().exit_code(), 4);
    change(&mut older, "evidence/header.json", "{\"run_id\":", "{\"known_later\":1,\"run_id\":");
    assert_eq!(verified(&forged(&older)).unwrap().exit_code(), 4, "what another version may have written");
    change(&mut older, "evidence/probes.jsonl", "\"width\":640", "\"width\":1920");
    let mut octets = forged(&older);
    let end = octets.len() - 1;
    octets[end] ^= 1;
    assert_eq!(verified(&octets).unwrap().exit_code(), 1, "no version writes another zip");
}

/// The evidence in a bundle.
fn gbaudit_evidence(members: &[(String, Vec<u8>)]) -> Evidence {
    gbaudit::evidence::members::read(|name| members.iter().find(|(known, _)| known == name).map(|(_, octets)| octets.clone()))
        .unwrap()
}

#[test]
fn a_signature_is_of_one_bundle_and_one_key() {
    let (evidence, store) = everything("bundle-signed");
    let stores = [store];
    let (whole, _) = bundle(evidence.clone(), &stores, Pictures::Hashes, Lang::Zh);
    let by = |octets: &[u8], key: &str| {
        verify(&mut Cursor::new(octets), &Wanted { signer: Some(key.to_owned()), ..Wanted::default() }).unwrap()
    };
    let own = signer().public_key();
    assert!(by(&whole, &own).is_equal());
    let other = Signer::read(&"2e".repeat(32)).unwrap();
    assert_eq!(by(&whole, &other.public_key()).wrong, [Wrong::Signer { found: Some(own.clone()) }]);
    let unsigned = forged(&members(&whole));
    assert!(verified(&unsigned).unwrap().is_equal(), "a signature is nobody's duty");
    assert_eq!(by(&unsigned, &own).wrong, [Wrong::Signer { found: None }]);
    // Another bundle under the signature of this one.
    let (mut elsewhere, _) = bundle(evidence, &stores, Pictures::Hashes, Lang::En);
    let sign = |octets: &[u8]| {
        let mut input = Cursor::new(octets);
        let member = walk(&mut input).unwrap().signature.unwrap();
        (usize::try_from(member.at).unwrap(), gbaudit::bundle::archive::octets(&mut input, &member).unwrap())
    };
    let (at, _) = sign(&elsewhere);
    let (_, signature) = sign(&whole);
    elsewhere[at..at + signature.len()].copy_from_slice(&signature);
    let found = verified(&elsewhere).unwrap();
    assert!(found.wrong.iter().any(|wrong| matches!(wrong, Wrong::Signature { .. })), "{:?}", found.wrong);
}

#[test]
fn members_left_out_added_or_moved_are_named() {
    let (evidence, store) = everything("bundle-members");
    let (whole, _) = bundle(evidence, &[store], Pictures::All, Lang::Zh);
    let honest = members(&whole);
    for (index, (name, _)) in honest.iter().enumerate().skip(1) {
        let mut fewer = honest.clone();
        fewer.remove(index);
        let found = verified(&forged(&fewer)).unwrap();
        assert!(!found.is_equal(), "{name}");
    }
    let mut moved = honest.clone();
    let last = moved.len() - 1;
    moved.swap(last, last - 1);
    let found = verified(&forged(&moved)).unwrap();
    assert!(matches!(found.wrong[..], [Wrong::Missing { .. }]), "{:?}", found.wrong);
    let mut more = honest.clone();
    more.push(("evidence/supplied/004.txt".into(), b"x".to_vec()));
    assert!(!verified(&forged(&more)).unwrap().is_equal());
    let mut newer = honest;
    newer[0].1 = b"gbaudit.bundle/2\n".to_vec();
    assert!(matches!(verified(&forged(&newer)), Err(Refused::Version(found)) if found == "gbaudit.bundle/2"));
}

fn program(folder: &Path, zone: &str, lang: &str, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .env("TZ", zone)
        .env("LANG", lang)
        .env("LC_ALL", lang)
        .env("GBAUDIT_LANG", lang)
        .output()
        .unwrap()
}

fn fixture(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).display().to_string()
}

#[test]
fn a_bundle_of_files_and_one_of_a_stored_run_verify_in_another_zone_and_language() {
    let (evidence, store) = everything("bundle-process");
    drop((evidence, store));
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle-process");
    let elsewhere = folder("bundle-elsewhere");
    let catalogue = fixture("runs/seven_cameras/catalogue.xml");
    let check = ["check", &catalogue, "--jurisdiction", "371723", "--as-of", "2026-11-24", "--bundle", "a.zip", "--exit-zero"];
    let made = program(&here, "Asia/Shanghai", "zh", &check);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let report = ["report", ".", "--out", "again", "--bundle", "b.zip", "--bundle-pictures", "all", "--exit-zero"];
    let made = program(&here, "Asia/Shanghai", "zh", &report);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let printed = std::fs::read_to_string(here.join("again/report.json")).unwrap();
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let head = printed["run"]["evidence"]["sm3"].as_str().unwrap();
    assert!(String::from_utf8_lossy(&made.stdout).contains(head), "the screen says it");
    assert!(std::fs::read_to_string(here.join("again/report.html")).unwrap().contains(head), "the page says it");
    for (file, arguments) in [("a.zip", vec![]), ("b.zip", vec!["--head", head])] {
        std::fs::copy(here.join(file), elsewhere.join(file)).unwrap();
        let all: Vec<&str> = ["verify", file].into_iter().chain(arguments).collect();
        let found = program(&elsewhere, "America/New_York", "en", &all);
        let said = String::from_utf8_lossy(&found.stdout).into_owned();
        assert_eq!(found.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&found.stderr));
        assert!(said.contains("verified: every octet"), "{said}");
    }
    let mut octets = std::fs::read(elsewhere.join("a.zip")).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(elsewhere.join("c.zip"), &octets).unwrap();
    let found = program(&elsewhere, "UTC", "zh", &["verify", "c.zip"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stdout).contains("被改动"));
    for foreign in [catalogue.as_str(), "missing.zip"] {
        assert_eq!(program(&elsewhere, "UTC", "zh", &["verify", foreign]).status.code(), Some(2), "{foreign}");
    }
}

#[test]
fn a_bundle_that_was_packed_again_is_refused_with_the_reason() {
    let (evidence, store) = everything("bundle-packed");
    let (whole, _) = bundle(evidence, &[store], Pictures::Hashes, Lang::Zh);
    let mut again = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let packed = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, octets) in members(&whole) {
        again.start_file(name, packed).unwrap();
        again.write_all(&octets).unwrap();
    }
    let octets = again.finish().unwrap().into_inner();
    let refused = verified(&octets).err().unwrap();
    assert!(matches!(refused, Refused::Packed), "{refused}");
    assert!(refused.told(Lang::Zh).contains("重新打包"));
    // Whoever reads zips reads ours.
    let mut read = zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
    assert_eq!(read.len(), members(&whole).len() + 2, "the list, and the signature");
    assert!(read.by_name(LIST).is_ok());
}
