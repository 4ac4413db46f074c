use std::collections::HashMap;

use super::*;
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::kind::kind_of;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::division::{Boundaries, Divisions, Jurisdiction};
use crate::edition::Edition;
use crate::manscdp::item::ItemBuilder;
use crate::profile::Profile;

fn item(elements: &[(&str, &str)]) -> Item {
    let good = [
        ("DeviceID", "37172300011320000001"),
        ("Name", "成武县伯乐大街枪机"),
        ("CivilCode", "371723"),
        ("Longitude", "115.889600"),
        ("Latitude", "34.952800"),
        ("Status", "ON"),
    ];
    let mut builder = ItemBuilder::default();
    for (name, text) in good {
        match elements.iter().find(|(n, _)| *n == name) {
            Some((_, "-")) => (),
            Some((_, changed)) => builder.push(name, false, changed),
            None => builder.push(name, false, text),
        }
    }
    for (name, text) in elements.iter().filter(|(n, text)| *text != "-" && !good.iter().any(|(g, _)| g == n)) {
        builder.push(name, false, text);
    }
    Item::new(builder.finish(false))
}

struct Setup {
    jurisdiction: Option<&'static str>,
    edition: Edition,
}

const CHENGWU: Setup = Setup { jurisdiction: Some("371723"), edition: Edition::Gb2016 };
const ANYWHERE: Setup = Setup { jurisdiction: None, edition: Edition::Gb2016 };

fn judge_all(items: &[Item], setup: &Setup) -> Vec<Judgement> {
    judge_with(items, setup, Profile::embedded("sd-2022-basic").unwrap())
}

fn judge_with(items: &[Item], setup: &Setup, profile: &str) -> Vec<Judgement> {
    let divisions = Divisions::embedded();
    let profile = Profile::parse("p", profile, Lang::Zh).unwrap();
    let jurisdiction = setup.jurisdiction.and_then(|j| Jurisdiction::new(&[j.to_owned()], divisions).unwrap());
    let kinds: Vec<Kind> = {
        let tree = Tree::new(items);
        items.iter().map(|i| kind_of(i, tree.has_children(i.id()), setup.edition)).collect()
    };
    let setting = context::Setting {
        edition: setup.edition,
        jurisdiction: jurisdiction.as_ref(),
        divisions,
        boundaries: Boundaries::embedded(),
        profile: &profile.compliance,
        tables: &tables::Tables::default(),
        at: Timestamp::from_micros(1_790_000_000_000_000),
        platform_id: "37172300002000000002",
        local_id: "37172300002000000001",
        lang: Lang::Zh,
    };
    let context = Context::new(items, &kinds, setting);
    items.iter().map(|i| judge(i, &context)).collect()
}

/// The failing rules of one camera, and its four fields.
fn judged(elements: &[(&str, &str)], setup: &Setup) -> (Vec<&'static str>, String) {
    let judgement = judge_all(&[item(elements)], setup).remove(0);
    let failed = judgement.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.rule).collect();
    let fields = judgement.fields.map(|f| f.key().get(..1).unwrap()).concat();
    (failed, fields)
}

#[track_caller]
fn fails(element: &str, value: &str, rules: &[&str], setup: &Setup) {
    let (found, _) = judged(&[(element, value)], setup);
    assert_eq!(found, rules, "{element} = {value:?}");
}

#[test]
fn a_good_camera_is_compliant() {
    assert_eq!(judged(&[], &CHENGWU), (vec![], "pppp".into()));
    assert_eq!(judged(&[], &ANYWHERE), (vec![], "pppp".into()));
}

#[test]
fn codes_end_at_their_first_error() {
    for (value, rules) in [
        ("-", &["D01"][..]),
        ("  ", &["D01"]),
        (" 37172300011320000001", &["D02"]),
        ("3717230001132\u{200b}0000001", &["D02"]),
        ("３７１７２３00011320000001", &["D03"]),
        ("9B0212345678", &["D04"]),
        ("3.71723E+19", &["D04"]),
        ("371723000100000160", &["D22"]),
        ("991723000100000160", &["D05"]),
        ("3717230001132000001", &["D05"]),
        ("3717230001132000000199", &["D05"]),
        ("34020000001320000001", &["D06"]),
        ("01234567890123456789", &["D06"]),
        ("75172300011320000001", &["D07"]),
        ("37990000011320000001", &["D08"]),
        ("37010100011320000001", &["D08"]),
        ("37172300016000000001", &["D15"]),
        ("37172300010010000001", &["D15"]),
        ("37172300002000000002", &["D16", "D20", "D21"]),
    ] {
        let with = [("DeviceID", value), ("PTZType", "3")];
        assert_eq!(judged(&with, &CHENGWU).0, rules, "{value:?}");
    }
    fails("DeviceID", "371723000100000160", &["D05"], &Setup { edition: Edition::Gb2022, ..CHENGWU });
    let wuhu = Setup { jurisdiction: Some("3402"), ..CHENGWU };
    assert!(!judged(&[("DeviceID", "34020000001320000001")], &wuhu).0.contains(&"D06"));
}

#[test]
fn codes_of_a_centre_above_the_county_and_retired_ones_pass() {
    for value in
        ["37000000011320000001", "37170000011320000001", "37172700011320000001", "37177100011320000001", "44190000011320000001"]
    {
        assert!(!judged(&[("DeviceID", value)], &CHENGWU).0.contains(&"D08"), "{value}");
    }
    let advice = judge_all(&[item(&[("DeviceID", "37177100011320000001")])], &ANYWHERE).remove(0);
    assert_eq!(advice.findings.iter().map(|f| (f.rule, f.severity)).collect::<Vec<_>>(), [("D08", Severity::Info)]);
}

#[test]
fn the_code_of_the_parent_or_of_a_platform_fails() {
    let own = "37172300011320000001";
    assert_eq!(judged(&[("ParentID", &format!("37172300002000000009/{own}"))], &CHENGWU).0, ["D20"]);
    assert_eq!(judged(&[("DeviceID", "37172300011180000001"), ("PTZType", "1")], &CHENGWU).0, ["D16"]);
}

#[test]
fn a_true_collision_fails_every_line_and_copies_do_not() {
    let mut twins = [item(&[]), item(&[("Name", "成武县永昌路球机")])];
    for (twin, k) in twins.iter_mut().zip(1..) {
        twin.occurrence = k;
        twin.occurrences = 2;
    }
    for judgement in judge_all(&twins, &CHENGWU) {
        assert!(judgement.findings.iter().any(|f| f.rule == "D19"));
        assert_eq!(judgement.fields[0], FieldVerdict::Fail);
    }
    let mut copy = item(&[("ParentID", "a")]);
    copy.other_parents.push("b".into());
    assert_eq!(judge_all(&[copy], &CHENGWU)[0].fields[0], FieldVerdict::Pass);
}

#[test]
fn regions_end_at_their_first_error() {
    for (value, rules) in [
        ("-", &["R01"][..]),
        (" ", &["R01"]),
        ("CivilCode", &["R02"]),
        ("null", &["R02"]),
        ("6532", &["R02"]),
        ("34020000000", &["R02"]),
        ("371723001", &["R03"]),
        ("371723001001", &["R03"]),
        ("37172", &["R03"]),
        ("37", &["R04"]),
        ("3717", &["R04"]),
        ("371700", &["R04"]),
        ("371799", &["R05"]),
        ("37172a", &["R05"]),
        ("371723AB", &["R05"]),
        ("371723成武", &["R05"]),
        ("370101", &["R05", "R12"]),
        ("371727", &["R06", "R12"]),
        ("372924", &["R06"]),
        ("371722", &["R12"]),
        ("371722001", &["R03", "R12"]),
    ] {
        fails("CivilCode", value, rules, &CHENGWU);
    }
    for value in ["371723", "37172301", " 371723 ", "３７１７２３"] {
        fails("CivilCode", value, &[], &CHENGWU);
    }
    let hotan = Setup { jurisdiction: Some("6532"), ..CHENGWU };
    assert!(judged(&[("CivilCode", "6532")], &hotan).0.contains(&"R04"), "no placeholder in its own prefecture");
    for value in ["371722", "441900"] {
        assert_eq!(judged(&[("CivilCode", value)], &ANYWHERE).1.get(2..3), Some("p"), "{value}");
    }
}

#[test]
fn proposals_for_regions_come_from_the_code_or_the_successor() {
    let proposal = |value: &str| {
        let judgement = judge_all(&[item(&[("CivilCode", value)])], &ANYWHERE).remove(0);
        judgement.findings.iter().find(|f| f.field == FieldId::Region).and_then(|f| f.finding.proposed())
    };
    assert_eq!(proposal("-").as_deref(), Some("371723"));
    assert_eq!(proposal("371723001").as_deref(), Some("371723"));
    assert_eq!(proposal("371727").as_deref(), Some("371703"));
    assert_eq!(proposal("371799"), None);
}

#[test]
fn names_end_at_their_first_error() {
    for (value, rules) in [
        ("-", &["N01"][..]),
        ("\u{3000}", &["N01"]),
        ("³ÉÎäÏØ¶«ÃÅ", &["N02"]),
        ("东门\u{FFFD}\u{FFFD}", &["N02"]),
        ("Camera 01", &["N03"]),
        ("ＩＰＣ１１１", &["N03"]),
        ("通道1", &["N03"]),
        ("209", &["N04"]),
        ("null", &["N04"]),
        ("IP:192.168.1.177 -球机", &["N04"]),
        ("37172300011320000001", &["N04"]),
        ("--", &["N04"]),
        ("东门", &[]),
        ("幸福小区（北门）枪机1", &[]),
    ] {
        fails("Name", value, rules, &CHENGWU);
    }
}

#[test]
fn equal_names_fail_inside_a_community_and_are_a_remark_without_one() {
    let named = |id: &str, more: &[(&str, &str)]| {
        let mut elements = vec![("DeviceID", id), ("Name", "北门枪机")];
        elements.extend(more);
        item(&elements)
    };
    let verdicts = |items: &[Item]| -> Vec<Option<Severity>> {
        judge_all(items, &CHENGWU).iter().map(|j| j.findings.iter().find(|f| f.rule == "N07").map(|f| f.severity)).collect()
    };
    let (a, b) = ("37172300011320000001", "37172300011320000002");
    let loose = [named(a, &[]), named(b, &[])];
    assert_eq!(verdicts(&loose), [Some(Severity::Warn); 2]);
    let same = [("GrassrootsCode", "101001")];
    assert_eq!(verdicts(&[named(a, &same), named(b, &same)]), [Some(Severity::Error); 2]);
    let other = [("GrassrootsCode", "101002")];
    assert_eq!(verdicts(&[named(a, &same), named(b, &other)]), [None, None]);
    let organisation = "37172300002160000001";
    let under = [("ParentID", organisation)];
    let node = item(&[("DeviceID", organisation), ("Name", "幸福小区")]);
    assert_eq!(verdicts(&[named(a, &under), named(b, &under), node])[..2], [Some(Severity::Error); 2]);
}

#[test]
fn positions_end_at_their_first_error_and_decimals_are_always_counted() {
    for (lon, lat, rules) in [
        ("-", "-", &["G01"][..]),
        ("115.889600", "", &["G01"]),
        ("abc", "34.952800", &["G01"]),
        ("115°53'24\"", "34°57'10\"", &["G03"]),
        ("11553.40", "3457.17", &["G03", "G09"]),
        ("115,889600", "34,952800", &["G03"]),
        ("0", "0", &["G02", "G09"]),
        ("0.000000", "34.952800", &["G02"]),
        ("100.000000", "100.000000", &["G02"]),
        ("115889600", "34952800", &["G04", "G09"]),
        ("2.022655", "0.610041", &["G04"]),
        ("34.952800", "115.889600", &["G05"]),
        ("15.889600", "34.952800", &["G06"]),
        ("120.380000", "36.060000", &["G07"]),
        ("115.88", "34.95", &["G09"]),
    ] {
        assert_eq!(judged(&[("Longitude", lon), ("Latitude", lat)], &CHENGWU).0, rules, "{lon},{lat}");
    }
    let advice = judge_all(&[item(&[("Longitude", "115.88960")])], &CHENGWU).remove(0);
    assert_eq!(advice.findings.iter().map(|f| (f.rule, f.severity)).collect::<Vec<_>>(), [("G09", Severity::Warn)]);
}

#[test]
fn the_border_has_a_band_of_advice() {
    // Eastwards from the middle of the county until the verdicts change.
    let mut seen = Vec::new();
    for step in 0..4000_u32 {
        let lon = format!("{:.6}", 115.95 + f64::from(step) * 0.0001);
        let judgement = judge_all(&[item(&[("Longitude", &lon)])], &CHENGWU).remove(0);
        let verdict = match judgement.findings.iter().find(|f| matches!(f.rule, "G07" | "G08")) {
            None => "inside",
            Some(f) if f.severity == Severity::Warn => "advice",
            Some(_) => "outside",
        };
        if seen.last() != Some(&verdict) {
            seen.push(verdict);
        }
        if verdict == "outside" {
            break;
        }
    }
    assert_eq!(seen, ["inside", "advice", "outside"]);
}

#[test]
fn without_a_jurisdiction_a_position_is_held_against_the_region_then_the_code() {
    let g = |civil: &str, id: &str| {
        let judgement = judge_all(&[item(&[("CivilCode", civil), ("DeviceID", id)])], &ANYWHERE).remove(0);
        (judgement.fields[3], judgement.unjudged.iter().map(|(rule, _)| *rule).collect::<Vec<_>>())
    };
    let good = "37172300011320000001";
    assert_eq!(g("371723", good).0, FieldVerdict::Pass);
    assert_eq!(g("371727", good).0, FieldVerdict::Fail, "定陶 is elsewhere");
    assert_eq!(g("371771", good).0, FieldVerdict::Pass, "a zone by its prefecture");
    assert_eq!(g("3717", good).0, FieldVerdict::Pass);
    assert_eq!(g("null", good).0, FieldVerdict::Pass, "one wrong field never fails another");
    assert_eq!(g("null", "9B02"), (FieldVerdict::Unjudged, vec!["G07", "G08"]));
}

#[test]
fn mobile_devices_are_exempt_from_fixed_point_rules() {
    assert_eq!(judged(&[("DeviceID", "37172300011380000001"), ("Longitude", "-")], &CHENGWU).1, "pppe");
    assert_eq!(judged(&[("MobileDeviceType", "4"), ("Longitude", "0"), ("Latitude", "0")], &CHENGWU).1, "pppe");
}

#[test]
fn clause_only_leaves_practice_out() {
    let by_clause = |elements: &[(&str, &str)]| judge_all(&[item(elements)], &CHENGWU)[0].compliant_by_clause;
    assert!(by_clause(&[("Name", "Camera 01")]) && by_clause(&[("Longitude", "-")]));
    // A placeholder fails by practice; behind it the standard's own rules still speak.
    assert!(by_clause(&[("CivilCode", "6532")]) && !by_clause(&[("CivilCode", "null")]));
    assert!(!by_clause(&[("Name", "")]) && !by_clause(&[("DeviceID", "371723")]) && !by_clause(&[("CivilCode", "37172")]));
}

#[test]
fn the_register_and_the_folders_name_the_same_rules() {
    let mut files: Vec<String> = ["code", "region", "name", "geo", "attribute", "record"]
        .iter()
        .flat_map(|family| std::fs::read_dir(format!("{}/src/rules/{family}", env!("CARGO_MANIFEST_DIR"))).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.split_once('_').map(|(id, _)| id.to_uppercase()))
        .collect();
    files.sort();
    let mut registered: Vec<_> = REGISTER.iter().map(|r| r.id.to_owned()).collect();
    let families: Vec<_> = registered.iter().map(|id| "DRNGAX".find(&id[..1]).unwrap()).collect();
    assert!(families.is_sorted(), "the families stand in the order of check_rules.csv");
    registered.sort();
    assert_eq!(files, registered);
}

#[test]
fn every_rule_has_a_whole_page_in_both_languages() {
    for rule in REGISTER {
        let page = rule.page();
        for (lang, headings) in [
            (Lang::Zh, ["查什么", "为什么", "依据", "示例", "怎么改"]),
            (Lang::En, ["What it checks", "Why it matters", "Source", "Examples", "How to put it right"]),
        ] {
            let side = page.side(lang);
            assert!(!side.title.is_empty(), "{} {lang:?}", rule.id);
            let found: Vec<_> = side.sections.iter().map(|(h, _)| h.as_str()).collect();
            assert_eq!(found, headings, "{} {lang:?}", rule.id);
            assert!(side.sections.iter().all(|(_, text)| text.len() > 6), "{} {lang:?}", rule.id);
        }
        assert!(rule.autofix != Autofix::Safe || rule.basis == Basis::Clause, "{}", rule.id);
    }
}

#[test]
fn every_rule_of_the_embedded_profiles_exists() {
    for (name, text) in crate::profile::EMBEDDED {
        let profile = Profile::parse(name, text, Lang::En).unwrap();
        for id in &profile.compliance.count {
            assert!(Rule::find(id).is_some(), "{name} counts {id}");
        }
    }
}

#[test]
fn a_profile_turns_rules_off_and_reads_fields_strictly_or_not_at_all() {
    let basic = Profile::embedded("sd-2022-basic").unwrap();
    let camera = [item(&[("Name", "Camera 01"), ("Longitude", "115.88")])];
    let judged = |profile: &str| {
        let judgement = judge_with(&camera, &CHENGWU, profile).remove(0);
        let found: Vec<_> = judgement.findings.iter().map(|f| (f.rule, f.severity)).collect();
        (found, judgement.fields.map(|f| f.key().get(..1).unwrap()).concat())
    };
    let one_axis = ("G09", Severity::Warn);
    assert_eq!(judged(basic), (vec![one_axis, ("N03", Severity::Error)], "pfpp".into()));
    let off = basic.replace("off = []", "off = [\"n03\"]").replace("\"N03\", ", "");
    assert_eq!(judged(&off), (vec![one_axis], "pppp".into()), "a rule that is off is not asked");
    let advice = basic.replace("\"N03\", ", "");
    assert_eq!(judged(&advice), (vec![one_axis, ("N03", Severity::Warn)], "pppp".into()), "one that does not count remarks");
    let strict = advice.replace("name = \"standard\"", "name = \"strict\"");
    assert_eq!(judged(&strict), (vec![one_axis, ("N03", Severity::Error)], "pfpp".into()), "strict counts what is left out");
    let nameless = basic.replace("name = \"standard\"", "name = \"off\"");
    assert_eq!(judged(&nameless), (vec![one_axis], "pepp".into()), "a field that is off does not apply");
}

#[test]
fn a_rule_speaks_only_about_its_editions() {
    let asked = |edition| {
        let profile = Profile::parse("p", Profile::embedded("sd-2022-basic").unwrap(), Lang::Zh).unwrap();
        engine::Plan::new(&profile.compliance, edition, &tables::Tables::default()).fields[0].1.iter().any(|a| a.rule.id == "D22")
    };
    assert!(asked(Edition::Gb2011) && asked(Edition::Gb2016) && !asked(Edition::Gb2022));
}

/// Whether a rule remarks on a camera.
fn remarks(rule: &str, elements: &[(&str, &str)], setup: &Setup) -> bool {
    let judgement = judge_all(&[item(elements)], setup).remove(0);
    judgement.findings.iter().any(|f| f.rule == rule && f.severity == Severity::Warn)
}

#[test]
fn codes_and_regions_that_differ_from_today_or_from_each_other_are_remarked() {
    let id = |code: &'static str| [("DeviceID", code)];
    for (rule, elements, setup, expected) in [
        ("D09", &id("37172700011320000001")[..], &ANYWHERE, true),
        ("D09", &id("37170300011320000001"), &ANYWHERE, false),
        ("D09", &id("371727000113200000"), &ANYWHERE, false),
        ("D11", &id("37172200011320000001"), &CHENGWU, true),
        ("D11", &id("37172300011320000001"), &CHENGWU, false),
        ("D11", &id("37170000011320000001"), &CHENGWU, false),
        ("D11", &id("37000000011320000001"), &CHENGWU, false),
        ("D11", &id("11000000011320000001"), &CHENGWU, true),
        ("D11", &id("37292400011320000001"), &CHENGWU, false),
        ("D11", &id("37172200011320000001"), &ANYWHERE, false),
        ("D18", &id("37172300011320000000"), &CHENGWU, true),
        ("D18", &id("37172300011320000010"), &CHENGWU, false),
        ("R09", &[("CivilCode", "371722")], &ANYWHERE, true),
        ("R09", &[("CivilCode", "37172301")], &ANYWHERE, false),
        ("R09", &[("CivilCode", "371703"), ("DeviceID", "37172700011320000001")], &ANYWHERE, false),
        ("R09", &[("DeviceID", "37170000011320000001")], &ANYWHERE, false),
        ("N10", &[("Name", "东门枪机(备用)")], &CHENGWU, true),
        ("N10", &[("Name", "东门枪机")], &CHENGWU, false),
    ] {
        assert_eq!(remarks(rule, elements, setup), expected, "{rule} {elements:?}");
    }
    let wider = Setup { jurisdiction: Some("37172301"), ..CHENGWU };
    assert!(remarks("D11", &id("37172302011320000001"), &wider) && !remarks("D11", &id("37172300011320000001"), &wider));
}

#[test]
fn what_counts_is_told_as_it_is_judged() {
    let basic = Profile::embedded("sd-2022-basic").unwrap();
    let told = |text: &str, edition| {
        let profile = Profile::parse("p", text, Lang::Zh).unwrap();
        (profile.compliance.count.len(), counted(&profile.compliance, edition))
    };
    let (named, counts) = told(basic, Edition::Gb2016);
    assert!(named == counts.len() && counts.contains(&"D22") && !counts.contains(&"R09"));
    assert!(!told(basic, Edition::Gb2022).1.contains(&"D22"), "not asked under 2022");
    let strict = basic.replace("region = \"standard\"", "region = \"strict\"").replace("code = \"standard\"", "code = \"off\"");
    let counts = told(&strict, Edition::Gb2016).1;
    assert!(counts.contains(&"R09") && !counts.iter().any(|id| id.starts_with('D')), "{counts:?}");
}

#[test]
fn a_retired_region_in_the_code_is_a_matter_of_the_clause_only_since_2022() {
    let basis = |edition| {
        let setup = Setup { edition, ..ANYWHERE };
        let judgement = judge_all(&[item(&[("DeviceID", "37172700011320000001")])], &setup).remove(0);
        judgement.findings.iter().find(|f| f.rule == "D09").map(|f| f.basis)
    };
    assert_eq!((basis(Edition::Gb2016), basis(Edition::Gb2022)), (Some(Basis::Practice), Some(Basis::Clause)));
}

/// A block of `fixtures/rules/CODE.csv`: a catalogue, and what the rule says of each of its lines.
struct Block {
    /// `# edition=2022 jurisdiction=371723 date=2026-11-24 expect=1 table.osd=osd.csv profile.stack_size=3`
    settings: HashMap<String, String>,
    items: Vec<Item>,
    expected: Vec<String>,
}

/// Blocks stand apart by an empty line. A column that is not there has the value of a camera in order; `-` leaves the
/// element out; `\\u0020` and the like stand for characters that cannot be seen.
fn blocks(text: &str) -> Vec<Block> {
    let block = |text: &str| {
        let (settings, table) = match text.split_once('\n') {
            Some((first, rest)) if first.starts_with('#') => (&first[1..], rest),
            _ => ("", text),
        };
        let settings =
            settings.split_whitespace().map(|s| s.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let names = reader.headers().unwrap().clone();
        assert_eq!(&names[0], "expect", "{text}");
        let (mut items, mut expected) = (Vec::new(), Vec::new());
        for row in reader.records() {
            let row = row.unwrap();
            let cells: Vec<String> =
                row.iter().map(|cell| serde_json::from_str(&format!("\"{}\"", cell.replace('"', "\\\""))).unwrap()).collect();
            let elements: Vec<(&str, &str)> = names.iter().zip(cells.iter().map(String::as_str)).skip(1).collect();
            expected.push(row[0].to_owned());
            items.push(item(&elements));
        }
        Block { settings, items, expected }
    };
    text.split("\n\n").map(str::trim).filter(|b| !b.is_empty()).map(block).collect()
}

/// What the rule says of each line of a block; of a rule about the catalogue, how often it speaks.
fn answers(rule: &Rule, block: &Block) -> Vec<String> {
    let setting = |key: &str| block.settings.get(key).map(String::as_str);
    let folder = format!("{}/fixtures/rules", env!("CARGO_MANIFEST_DIR"));
    let divisions = Divisions::embedded();
    let edition = setting("edition").map_or(Edition::Gb2016, |e| Edition::parse(e).unwrap());
    let mut source = Profile::embedded("sd-2022-basic").unwrap().to_owned();
    for (key, value) in block.settings.iter().filter_map(|(k, v)| Some((k.strip_prefix("profile.")?, v))) {
        source = source.replacen("[compliance]\n", &format!("[compliance]\n{key} = {value}\n"), 1);
    }
    let profile = Profile::parse("p", &source, Lang::Zh).unwrap_or_else(|p| panic!("{}", p[0].render()));
    let jurisdiction = setting("jurisdiction").and_then(|j| Jurisdiction::new(&[j.to_owned()], divisions).unwrap());
    let mut tables = tables::Tables::default();
    for (key, file) in block.settings.iter().filter_map(|(k, v)| Some((k.strip_prefix("table.")?, v))) {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        tables.add(tables::TableKind::parse(key).unwrap(), &text, Lang::Zh).unwrap();
    }
    let kinds: Vec<Kind> = {
        let tree = Tree::new(&block.items);
        block.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), edition)).collect()
    };
    let context = Context::new(
        &block.items,
        &kinds,
        context::Setting {
            edition,
            jurisdiction: jurisdiction.as_ref(),
            divisions,
            boundaries: Boundaries::embedded(),
            profile: &profile.compliance,
            tables: &tables,
            at: Timestamp::from_beijing_date(setting("date").unwrap_or("2026-11-24")).unwrap(),
            platform_id: "37172300002000000002",
            local_id: "37172300002000000001",
            lang: Lang::Zh,
        },
    );
    let supplied = rule.needs.is_none_or(|kind| tables.has(kind));
    match rule.check {
        Check::Catalogue(check) => {
            let spoken = if supplied { check(&context).len().to_string() } else { "unjudged".to_owned() };
            vec![spoken]
        }
        Check::Item(check) => {
            let answer = |item: &Item| match check(&context.case(item), &context) {
                _ if !supplied => "unjudged",
                Verdict::Pass => "pass",
                Verdict::Fail(_) => "fail",
                Verdict::Advice(..) => "advice",
                Verdict::Exempt => "exempt",
                Verdict::Unjudged(_) => "unjudged",
                Verdict::Off => "off",
            };
            block.items.iter().map(|item| answer(item).to_owned()).collect()
        }
    }
}

#[test]
fn every_rule_says_of_its_fixture_what_stands_there() {
    let mut bare = Vec::new();
    for rule in REGISTER {
        let Ok(text) = std::fs::read_to_string(format!("{}/fixtures/rules/{}.csv", env!("CARGO_MANIFEST_DIR"), rule.id)) else {
            bare.push(rule.id);
            continue;
        };
        let mut seen: Vec<String> = Vec::new();
        for (number, block) in blocks(&text).iter().enumerate() {
            let answers = answers(rule, block);
            if matches!(rule.check, Check::Catalogue(_)) {
                assert_eq!(answers, [block.settings["expect"].clone()], "{} block {number}", rule.id);
                seen.extend(answers);
                continue;
            }
            for (line, (answer, expected)) in answers.iter().zip(&block.expected).enumerate() {
                assert!(expected == "node" || answer == expected, "{} block {number} line {line}: {answer}", rule.id);
            }
            seen.extend(answers.into_iter().zip(&block.expected).filter(|(_, e)| *e != "node").map(|(answer, _)| answer));
        }
        let has = |words: &[&str]| seen.iter().any(|s| words.contains(&s.as_str()));
        match rule.check {
            Check::Item(_) => assert!(
                has(&["pass"]) && has(&["fail", "advice"]) && has(&["exempt", "unjudged", "off"]),
                "{} shows only {seen:?}",
                rule.id
            ),
            Check::Catalogue(_) => assert!(has(&["0"]) && has(&["1", "2", "3"]), "{} shows only {seen:?}", rule.id),
        }
    }
    assert!(bare.len() <= WITHOUT_FIXTURE, "no fixture for {bare:?}");
}

/// Rules whose fixture is still to be written.
const WITHOUT_FIXTURE: usize = 40;

/// Whether a rule remarks on a camera of a set.
fn remarked(judgement: &Judgement, rule: &str) -> bool {
    judgement.findings.iter().any(|f| f.rule == rule && f.severity != Severity::Error)
}

#[test]
fn the_mac_of_another_device_is_remarked_and_that_of_the_same_recorder_is_not() {
    let setup = Setup { jurisdiction: Some("371723"), edition: Edition::Gb2022 };
    let camera = |id: &str, parent: &str, mac: &str| item(&[("DeviceID", id), ("ParentID", parent), ("MAC", mac)]);
    let recorder = item(&[("DeviceID", "37172300011180000001"), ("ParentID", "-")]);
    let (one, two) = ("00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e");
    let set = [
        recorder,
        camera("37172300011320000001", "37172300011180000001", one),
        camera("37172300011320000002", "37172300011180000001", two),
        camera("37172300011320000003", "37172300002000000002", "00-00-00-00-00-00"),
    ];
    assert!(!remarked(&judge_all(&set, &setup)[1], "A04"));
    let other = camera("37172300011320000004", "37172300002000000002", one);
    let judged = judge_all(&[&set[..], &[other]].concat(), &setup);
    assert!(remarked(&judged[1], "A04") && remarked(&judged[4], "A04") && !remarked(&judged[3], "A04"));
    // A remark on another attribute costs no field.
    assert!(judged[1].fields.iter().all(|f| f.is_good()) && judged[1].others == FieldVerdict::Pass);
}
