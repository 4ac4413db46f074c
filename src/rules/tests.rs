use super::*;
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::kind::kind_of;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::division::{Boundaries, CodeStatus, Divisions, Jurisdiction};
use crate::edition::{Edition, EditionSource};
use crate::manscdp::item::ItemBuilder;
use crate::profile::Profile;

pub(super) fn item(elements: &[(&str, &str)]) -> Item {
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
    Item::new(builder.finish(elements.contains(&("salvaged", "yes"))))
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
    within(items, setup, profile, |context| items.iter().map(|i| judge(i, context)).collect())
}

fn within<T>(items: &[Item], setup: &Setup, profile: &str, of: impl FnOnce(&Context<'_>) -> T) -> T {
    let divisions = Divisions::embedded();
    let profile = Profile::parse("p", profile, Lang::Zh).unwrap();
    let jurisdiction = setup.jurisdiction.and_then(|j| Jurisdiction::new(&[j.to_owned()], divisions).unwrap());
    let kinds: Vec<Kind> = {
        let tree = Tree::new(items);
        items.iter().map(|i| kind_of(i, tree.has_children(i.id()), setup.edition)).collect()
    };
    let setting = context::Setting {
        edition: setup.edition,
        edition_source: EditionSource::Default,
        counts: None,
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
    of(&Context::new(items, &kinds, setting))
}

/// What each camera has waived, whether it is compliant with waivers, and what each waiver covers.
fn waiving(items: &[Item], waivers: &str) -> (Vec<(Vec<&'static str>, bool)>, waiver::WaiverTally) {
    let table = format!("rule,code,reason,approver,until\n{waivers}");
    let mut book = waiver::Waivers::new(waiver::parse(table.as_bytes(), Lang::En).unwrap(), "2026-11-24", &[]);
    let each = within(items, &CHENGWU, Profile::embedded("sd-2022-basic").unwrap(), |context| {
        let one = |item| {
            let (waived, compliant) = book.apply(item, context, &judge(item, context));
            (waived.iter().map(|w| w.rule).collect(), compliant)
        };
        items.iter().map(one).collect()
    });
    (each, book.finish())
}

#[test]
fn a_waived_failure_does_not_count_and_all_others_do() {
    let items = [
        item(&[("DeviceID", "37172300011320000001"), ("Name", "-")]),
        item(&[("DeviceID", "37172300011320000002"), ("Name", "-"), ("CivilCode", "-")]),
        item(&[("DeviceID", "37172300011320000003")]),
        item(&[("DeviceID", "37172300011320000004"), ("Longitude", "0"), ("Latitude", "0")]),
    ];
    let (each, tally) = waiving(
        &items,
        "N01,3717230001132*,r,a,2026-11-24\n*,37172300011320000004,r,a,2099-01-01\n*,3717*3,r,a,2099-01-01\n\
         R01,37172300011320000002,r,a,2026-11-23\n",
    );
    assert_eq!(
        each,
        [(vec!["N01"], true), (vec!["N01"], false), (vec![], true), (vec!["G02", "G09"], true)],
        "the second fails by its region too, of which the waiver is over"
    );
    let rows: Vec<_> = tally.rows.iter().map(|r| (r.state().key(), r.cameras, r.findings)).collect();
    assert_eq!(rows, [("effective", 2, 2), ("effective", 1, 2), ("unused", 0, 0), ("expired", 0, 0)]);
    assert_eq!((tally.cameras, tally.lifted), (3, 2));
}

#[test]
fn what_a_waived_failure_hid_is_judged_and_what_nobody_could_tell_stays_untold() {
    // D08 hides D15 behind it.
    let hidden = item(&[("DeviceID", "37010100016000000001")]);
    let (failed, _) = judged(&[("DeviceID", "37010100016000000001")], &CHENGWU);
    assert_eq!(failed, ["D08"]);
    let one = |waivers: &str| waiving(std::slice::from_ref(&hidden), waivers).0.remove(0);
    assert_eq!(one("D08,37*,r,a,2099-01-01\n"), (vec!["D08"], false));
    assert_eq!(one("D08,37*,r,a,2099-01-01\nD15,37*,r,a,2099-01-01\n"), (vec!["D08", "D15"], true));
    assert_eq!(one("*,37*,r,a,2099-01-01\n"), (vec!["D08"], true));
    assert_eq!(one("D15,37*,r,a,2099-01-01\n"), (vec![], false));
}

/// Whether a finding is about one of the four fields of the indicator.
fn of_the_four(finding: &JudgedFinding) -> bool {
    FieldId::ALL.contains(&finding.field)
}

/// The failing rules of one camera, and its four fields.
fn judged(elements: &[(&str, &str)], setup: &Setup) -> (Vec<&'static str>, String) {
    let judgement = judge_all(&[item(elements)], setup).remove(0);
    let failed = judgement.findings.iter().filter(|f| f.severity == Severity::Error && of_the_four(f)).map(|f| f.rule).collect();
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
    assert_eq!(
        advice.findings.iter().filter(|f| of_the_four(f)).map(|f| (f.rule, f.severity)).collect::<Vec<_>>(),
        [("D10", Severity::Info)]
    );
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
    assert_eq!(
        advice.findings.iter().filter(|f| of_the_four(f)).map(|f| (f.rule, f.severity)).collect::<Vec<_>>(),
        [("G09", Severity::Warn)]
    );
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
        // Beside what a clause says, only blanks, widths and what nobody sees (N05) have one lossless outcome.
        assert!(rule.autofix != Autofix::Safe || rule.basis == Basis::Clause || rule.id == "N05", "{}", rule.id);
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
    // N06 would remark on this name as well.
    let basic = &Profile::embedded("sd-2022-basic").unwrap().replace("off = []", "off = [\"N06\"]");
    let camera = [item(&[("Name", "Camera 01"), ("Longitude", "115.88")])];
    let judged = |profile: &str| {
        let judgement = judge_with(&camera, &CHENGWU, profile).remove(0);
        let found: Vec<_> = judgement.findings.iter().filter(|f| of_the_four(f)).map(|f| (f.rule, f.severity)).collect();
        (found, judgement.fields.map(|f| f.key().get(..1).unwrap()).concat())
    };
    let one_axis = ("G09", Severity::Warn);
    assert_eq!(judged(basic), (vec![one_axis, ("N03", Severity::Error)], "pfpp".into()));
    let off = basic.replace("off = [\"N06\"]", "off = [\"N06\", \"n03\"]").replace("\"N03\", ", "");
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

/// What one rule says about the first of some items: its severity and proposal, or why it cannot tell.
fn said(rule: &str, items: &[Item], setup: &Setup, profile: &str) -> Result<Option<(Severity, Option<String>)>, &'static str> {
    let judgement = judge_with(items, setup, profile).remove(0);
    if let Some((_, reason)) = judgement.unjudged.iter().find(|(id, _)| *id == rule) {
        return Err(reason.en);
    }
    Ok(judgement.findings.into_iter().find(|f| f.rule == rule).map(|f| (f.severity, f.finding.proposed())))
}

fn basic() -> &'static str {
    Profile::embedded("sd-2022-basic").unwrap()
}

#[test]
fn zones_are_remarked_unless_the_city_has_agreed_on_them() {
    let agreed = basic().replace("[compliance]\n", "[compliance]\nzones = [\"371771\"]\n");
    let counted = basic().replace("\"R06\", ", "\"R06\", \"R07\", ");
    for (rule, element, zone, other, severity) in [
        ("R07", "CivilCode", "371771", "371702", Severity::Warn),
        ("R07", "CivilCode", "37177101", "37170201", Severity::Warn),
        ("D10", "DeviceID", "37177100011320000001", "37170200011320000001", Severity::Info),
    ] {
        let camera = |value| [item(&[(element, value)])];
        assert_eq!(said(rule, &camera(zone), &ANYWHERE, basic()), Ok(Some((severity, None))), "{zone}");
        assert_eq!(said(rule, &camera(other), &ANYWHERE, basic()), Ok(None), "{other}");
        assert_eq!(said(rule, &camera(zone), &ANYWHERE, &agreed), Ok(None), "{zone} is agreed on");
    }
    let camera = [item(&[("CivilCode", "371771")])];
    assert_eq!(said("R07", &camera, &ANYWHERE, &counted), Ok(Some((Severity::Error, None))));
    assert_eq!(judge_with(&camera, &ANYWHERE, basic())[0].fields, [FieldVerdict::Pass; 4], "a remark changes no field");
    assert_eq!(said("D10", &[item(&[("DeviceID", "371771")])], &ANYWHERE, basic()), Ok(None), "no code of a device");
}

#[test]
fn access_units_are_held_against_the_nodes_of_the_catalogue() {
    let camera = |civil: &str| item(&[("CivilCode", civil)]);
    let node = || item(&[("DeviceID", "37172301"), ("Name", "城关派出所"), ("CivilCode", "-"), ("Status", "-")]);
    let info = Ok(Some((Severity::Info, None)));
    let said = |items: &[Item]| said("R08", items, &ANYWHERE, basic());
    assert_eq!(said(&[camera("37172301"), node()]), Ok(None));
    assert_eq!(said(&[camera("37172302"), node()]), info, "the county has nodes, and this is none of them");
    assert_eq!(said(&[camera("37172302")]), Err("table not supplied"));
    assert_eq!(said(&[camera("37172310")]), info, "371723101 to 371723109, cut short");
    assert_eq!(said(&[camera("371723")]), Ok(None));
    assert_eq!(said(&[camera("37172300"), node()]), Ok(None));
}

#[test]
fn the_position_tells_which_of_two_counties_is_right() {
    let said = |rule: &str, elements: &[(&str, &str)]| said(rule, &[item(elements)], &ANYWHERE, basic());
    let warn = |proposal: Option<&str>| Ok(Some((Severity::Warn, proposal.map(ToOwned::to_owned))));
    // The camera stands in 成武 371723.
    assert_eq!(said("R09", &[("CivilCode", "371722")]), warn(Some("371723")));
    assert_eq!(said("R09", &[("DeviceID", "37172200011320000001")]), warn(None), "CivilCode is right");
    assert_eq!(said("R09", &[("CivilCode", "371722"), ("Longitude", "-")]), warn(None));
    assert_eq!(said("R10", &[("CivilCode", "371722")]), warn(Some("371723")));
    assert_eq!(said("R10", &[("CivilCode", "372925")]), Ok(None), "R06 has ended the chain");
    assert_eq!(said("R10", &[]), Ok(None));
    for unasked in [
        &[("CivilCode", "371722"), ("Longitude", "-")][..],
        &[("CivilCode", "371722"), ("MobileDeviceType", "4")],
        &[("CivilCode", "3717")],
        &[("CivilCode", "371771")],
        &[("CivilCode", "371722"), ("Longitude", "123.500000"), ("Latitude", "30.000000")],
    ] {
        assert_eq!(said("R10", unasked), Ok(None), "{unasked:?}");
    }
}

#[test]
fn near_the_border_the_region_is_not_held_against_the_position() {
    let mut seen = Vec::new();
    for step in 0..4000_u32 {
        let lon = format!("{:.6}", 115.95 + f64::from(step) * 0.0001);
        let judgement = judge_all(&[item(&[("Longitude", &lon)])], &ANYWHERE).remove(0);
        let found = |rule: &str| judgement.findings.iter().find(|f| f.rule == rule).map(|f| f.severity);
        let verdicts = (found("G08"), found("R10"));
        if seen.last() != Some(&verdicts) {
            seen.push(verdicts);
        }
        if verdicts.0 == Some(Severity::Error) {
            break;
        }
    }
    assert_eq!(seen, [(None, None), (Some(Severity::Warn), None), (Some(Severity::Error), Some(Severity::Warn))]);
}

#[test]
fn the_successor_around_the_position_is_proposed() {
    let said = |elements: &[(&str, &str)]| said("R06", &[item(elements)], &ANYWHERE, basic());
    let several = Divisions::embedded();
    let CodeStatus::Retired { successors, .. } = several.status_of("220125") else { panic!("双阳县 is in force") };
    assert_eq!(successors, [220_105, 220_112]);
    let old = |lon, lat| said(&[("CivilCode", "220125"), ("Longitude", lon), ("Latitude", lat)]);
    let error = |proposal: Option<&str>| Ok(Some((Severity::Error, proposal.map(ToOwned::to_owned))));
    assert_eq!(old("125.660000", "43.520000"), error(Some("220112")));
    assert_eq!(old("115.889600", "34.952800"), error(Some("220105/220112")), "in none of them: to choose from");
    assert_eq!(old("-", "-"), error(Some("220105/220112")));
}

#[test]
fn a_region_that_does_not_fit_the_node_above_is_mentioned() {
    let node = |id: &str| item(&[("DeviceID", id), ("Name", "节点"), ("CivilCode", "-"), ("Status", "-")]);
    let recorder = |parent: &str| item(&[("DeviceID", "37172300011180000001"), ("ParentID", parent)]);
    let camera = |civil: &str, parent: &str| item(&[("CivilCode", civil), ("ParentID", parent)]);
    let said = |items: &[Item]| said("R11", items, &ANYWHERE, basic());
    let info = Ok(Some((Severity::Info, None)));
    for (civil, above, fits) in [
        ("371723", "371722", false),
        ("371723", "371723", true),
        ("371723", "3717", true),
        ("371723", "371700", true),
        ("371723", "37", true),
        ("371723", "37172301", true),
        ("37172302", "37172301", false),
        ("3717", "371723", true),
        ("371703", "371727", true),
    ] {
        let items = [camera(civil, above), node(above)];
        assert_eq!(said(&items), if fits { Ok(None) } else { info.clone() }, "{civil} under {above}");
    }
    let below = [camera("371723", "37172300011180000001"), recorder("371722"), node("371722")];
    assert_eq!(said(&below), info, "through the recorder");
    assert_eq!(said(&[camera("371723", "37172300011180000001"), recorder("x")]), Ok(None), "no region above");
    let both = [camera("371723", "371722/371723"), node("371722"), node("371723")];
    assert_eq!(said(&both), Ok(None), "one of two fits");
}

#[test]
fn grassroots_codes_are_read_by_their_parts_and_the_list_of_towns() {
    let edition = Setup { edition: Edition::Gb2022, ..CHENGWU };
    let said = |elements: &[(&str, &str)]| said("R13", &[item(elements)], &edition, basic());
    let code = |text| said(&[("GrassrootsCode", text)]);
    let warn = |proposal: Option<&str>| Ok(Some((Severity::Warn, proposal.map(ToOwned::to_owned))));
    for text in ["", "001", "00100a", "600001", "101600", "101000", "199001", "371722101001x"] {
        assert_eq!(code(text), warn(None), "{text:?}");
    }
    assert_eq!(said(&[]), warn(None), "absent");
    assert_eq!(code("371723101001"), warn(Some("101001")));
    assert_eq!(said(&[("CivilCode", "371723101001"), ("GrassrootsCode", "")]), warn(Some("101001")));
    assert_eq!(code("000000"), Ok(None));
    assert_eq!(code("101001"), Err("table not supplied"), "the town is right, the village is the city's to know");
    let at = |civil| said(&[("CivilCode", civil), ("GrassrootsCode", "101001")]);
    assert_eq!(at("null"), Err("without a usable region no town can be looked up"));
    assert_eq!(at("500157"), Err("the table of towns does not have this county"));
    // 马岭岗镇 is listed under the zone 371772 since 2020, which lies in 371702; 皇镇乡 stood in the list of 2016 only.
    let peony = |text| said(&[("CivilCode", "371702"), ("GrassrootsCode", text)]);
    assert_eq!((peony("108001"), peony("202001")), (Err("table not supplied"), warn(None)));
    assert!(!remarks("R13", &[("GrassrootsCode", "1")], &CHENGWU), "not asked of 2016");
}

#[test]
fn the_zero_grassroots_code_is_wrong_where_the_community_is_known() {
    let edition = Setup { edition: Edition::Gb2022, ..CHENGWU };
    let organisation = "37172300002160000001";
    let under = |id: &str, code: &str| item(&[("DeviceID", id), ("ParentID", organisation), ("GrassrootsCode", code)]);
    let node = || item(&[("DeviceID", organisation), ("Name", "幸福小区")]);
    let [a, b, c] = ["37172300011320000001", "37172300011320000002", "37172300011320000003"];
    let said = |items: &[Item], profile: &str| said("R13", items, &edition, profile);
    let warn = |proposal: Option<&str>| Ok(Some((Severity::Warn, proposal.map(ToOwned::to_owned))));
    assert_eq!(said(&[under(a, "000000"), under(b, "101001"), node()], basic()), warn(Some("101001")));
    assert_eq!(said(&[under(a, ""), under(b, "101001"), under(c, "101001"), node()], basic()), warn(Some("101001")));
    assert_eq!(said(&[under(a, "000000"), under(b, "101001"), under(c, "101002"), node()], basic()), warn(None));
    let alone = [item(&[("GrassrootsCode", "000000")])];
    assert_eq!(said(&alone, basic()), Ok(None));
    let required = basic().replace("[compliance]\n", "[compliance]\ngrassroots_required = true\n");
    assert_eq!(said(&alone, &required), warn(None));
}

#[test]
fn a_day_of_the_past_is_judged_by_its_codes() {
    let items = [item(&[("CivilCode", "371727")]), item(&[("CivilCode", "371703")])];
    let kinds = [Kind::Camera; 2];
    let profile = Profile::parse("p", basic(), Lang::En).unwrap();
    let judged = |day: &str| {
        let day = Timestamp::from_beijing_date(day).unwrap();
        let divisions = Divisions::at(day);
        let setting = context::Setting {
            edition: Edition::Gb2022,
            edition_source: EditionSource::Default,
            counts: None,
            jurisdiction: None,
            divisions: &divisions,
            boundaries: Boundaries::embedded(),
            profile: &profile.compliance,
            tables: &tables::Tables::default(),
            at: day,
            platform_id: "",
            local_id: "",
            lang: Lang::En,
        };
        let context = Context::new(&items, &kinds, setting);
        items
            .iter()
            .map(|i| {
                judge(i, &context).findings.into_iter().find(|f| f.severity == Severity::Error && f.field == FieldId::Region)
            })
            .map(|f| f.map(|f| (f.rule, f.finding.message)))
            .collect::<Vec<_>>()
    };
    let not_yet = "371703 (定陶区) came in 2016: on the day of judgment there was no such code";
    assert_eq!(judged("2015-06-30"), [None, Some(("R05", not_yet.to_owned()))]);
    assert_eq!(judged("2016-06-30"), [None, None]);
    let retired = "region 371727 (定陶县) is retired, now 371703";
    assert_eq!(judged("2026-11-24"), [Some(("R06", retired.to_owned())), None]);
}

#[test]
fn zones_of_a_profile_are_six_digits() {
    let problems =
        Profile::parse("p", &basic().replace("[compliance]\n", "[compliance]\nzones = [\"3717\"]\n"), Lang::En).unwrap_err();
    assert_eq!(problems[0].message, "\"3717\" in zones must be 6 digits");
}

/// What a rule says about one camera under `sd-2022-basic` with this text behind it.
fn said_of_one(rule: &str, elements: &[(&str, &str)], more: &str) -> Option<(Severity, String, Option<String>)> {
    let profile = format!("{}\n{more}", Profile::embedded("sd-2022-basic").unwrap());
    let judgement = judge_with(&[item(elements)], &CHENGWU, &profile).remove(0);
    let found = judgement.findings.into_iter().find(|f| f.rule == rule)?;
    Some((found.severity, found.finding.message.clone(), found.finding.proposed()))
}

#[test]
fn characters_lengths_regions_and_directions_of_names_are_remarks() {
    let named = |name: &'static str| vec![("Name", name)];
    for (rule, elements, message, proposal) in [
        ("N05", named("成武县东门枪机"), None, None),
        ("N05", named("成武县（东门）枪机"), None, None),
        ("N05", named("成武县东门１号枪机"), Some("名称含有“１”"), Some("成武县东门1号枪机")),
        ("N05", named(" 成武县东门  枪机"), Some("名称首尾有空格或中间有连续空格"), Some("成武县东门 枪机")),
        ("N05", named("成武县东门\u{200B}枪机"), Some("名称含有“\\u{200b}”"), Some("成武县东门枪机")),
        ("N05", named("成武县东门&枪机"), Some("名称含有“&”"), None),
        ("N05", named("成武县东门：枪机"), Some("名称含有“：”"), None),
        ("N06", named("成武县东门"), None, None),
        ("N06", named("东门"), Some("名称 2 个字，应为 4 至 50 个字"), None),
        ("N06", named("East gate of block A"), Some("名称中没有汉字"), None),
        ("N06", named(""), None, None),
        ("N09", named("成武县东门枪机"), None, None),
        ("N09", named("单县东门枪机"), Some("名称中写有“单县”（371722），行政区划却是 371723"), None),
        ("N09", vec![("Name", "单县东门枪机"), ("CivilCode", "null")], None, None),
        ("N12", named("成武县永昌路口朝东"), None, None),
        ("N12", vec![("Name", "成武县永昌路口朝东"), ("DirectionType", "1")], None, None),
        (
            "N12",
            vec![("Name", "成武县永昌路口朝东"), ("DirectionType", "2")],
            Some("名称说的方向是东，DirectionType 却是 2（西）"),
            None,
        ),
        ("N12", vec![("Name", "成武县东门枪机"), ("DirectionType", "2")], None, None),
    ] {
        let found = said_of_one(rule, &elements, "");
        assert_eq!(found.as_ref().map(|(_, message, _)| message.as_str()), message, "{rule} {elements:?}");
        assert!(found.as_ref().is_none_or(|(severity, ..)| *severity != Severity::Error), "{rule} {elements:?}");
        assert_eq!(found.and_then(|(.., proposal)| proposal).as_deref(), proposal, "{rule} {elements:?}");
    }
    for value in ["东门", "单县东门枪机", "成武县东门１号枪机"] {
        fails("Name", value, &[], &CHENGWU);
    }
    let profile = Profile::embedded("sd-2022-basic").unwrap().replace("[compliance]\n", "[compliance]\nname_length = [2, 9]\n");
    let lengths = |name: &str| {
        let judgement = judge_with(&[item(&[("Name", name)])], &CHENGWU, &profile).remove(0);
        judgement.findings.iter().any(|f| f.rule == "N06")
    };
    assert!(!lengths("东门") && lengths("成武县伯乐大街枪机一号"));
}

const TEMPLATES: &str = r#"
[[name.template]]
id = "crossing"
applies_to = { industry = ["00"] }
parts = "{cross} {dir:8} {kind}?"
direction_must_match = true
[[name.template]]
id = "community"
applies_to = { industry = ["01"], civil_prefix = ["371723"] }
parts = "{county:full} {community} {spot} {dir:8}? {serial:1,3}?"
region_must_match = true
[name.lists]
community = ["幸福社区", "张庄村"]
"#;

#[test]
fn names_are_held_against_the_template_for_the_camera() {
    for (elements, message, proposal) in [
        (vec![("Name", "成武县幸福社区东门1")], None, None),
        (vec![("Name", "成武县张庄东门")], None, None),
        (
            vec![("Name", "成武县光明社区东门")],
            Some("不符合命名模板“community”：第 2 部分 {community}（社区或村名）：此处是“光明社区东门”"),
            None,
        ),
        (
            vec![("Name", "成武幸福社区东门1")],
            Some("不符合命名模板“community”：第 1 部分 {county:full}（县区名）：此处是“成武幸福社区东门1”"),
            Some("成武县幸福社区东门1"),
        ),
        (
            vec![("Name", "幸福社区东门1")],
            Some("不符合命名模板“community”：第 1 部分 {county:full}（县区名）：此处是“幸福社区东门1”"),
            Some("成武县幸福社区东门1"),
        ),
        // For another kind of camera, and for none.
        (vec![("Name", "甲路与乙路交叉口东"), ("DeviceID", "37172300001320000001")], None, None),
        (
            vec![("Name", "甲路与乙路交叉口东"), ("DeviceID", "37172300001320000001"), ("DirectionType", "2")],
            Some("不符合命名模板“crossing”：名称说的方向是东，DirectionType 却是 2（西）"),
            None,
        ),
        (vec![("Name", "随便什么地方"), ("DeviceID", "37172300021320000001")], None, None),
        (vec![("Name", "随便什么地方"), ("CivilCode", "371722")], None, None),
        // An earlier link of the chain.
        (vec![("Name", "Camera 01")], None, None),
    ] {
        let found = said_of_one("N08", &elements, TEMPLATES);
        assert_eq!(found.as_ref().map(|(_, message, _)| message.as_str()), message, "{elements:?}");
        assert!(found.as_ref().is_none_or(|(severity, ..)| *severity == Severity::Error), "{elements:?}");
        assert_eq!(found.and_then(|(.., proposal)| proposal).as_deref(), proposal, "{elements:?}");
    }
    assert_eq!(said_of_one("N08", &[("Name", "随便什么地方")], ""), None, "without a template it is not asked");
    let lenient = TEMPLATES.replace("region_must_match = true", "severity = \"warn\"");
    assert_eq!(said_of_one("N08", &[("Name", "随便什么地方")], &lenient).map(|(severity, ..)| severity), Some(Severity::Warn));
    let anything = TEMPLATES.replace("parts = \"{county:full} {community} {spot} {dir:8}? {serial:1,3}?\"", "parts = \"{any}\"");
    let other = said_of_one("N08", &[("Name", "单县东门")], &anything).map(|(_, message, _)| message);
    assert_eq!(other.as_deref(), Some("不符合命名模板“community”：名称中写有“单县”（371722），行政区划却是 371723"));
}

#[test]
fn a_template_that_decides_nothing_leaves_the_name_unjudged() {
    let loose = format!("[[name.template]]\nid = \"loose\"\nparts = \"{}\"\n", "{any}? ".repeat(60));
    let profile = format!("{}\n{loose}", Profile::embedded("sd-2022-basic").unwrap());
    let long = format!("{}x", "门".repeat(500));
    let judgement = judge_with(&[item(&[("Name", &long)])], &CHENGWU, &profile).remove(0);
    assert_eq!((judgement.fields[1], judgement.unjudged.first().map(|(rule, _)| *rule)), (FieldVerdict::Unjudged, Some("N08")));
    let unusable = profile.replace("{any}? {any}?", "{nothing}");
    let judgement = judge_with(&[item(&[])], &CHENGWU, &unusable).remove(0);
    assert_eq!(judgement.fields[1], FieldVerdict::Unjudged);
}

#[test]
fn a_template_says_where_a_name_may_stand_once_only() {
    let twins = |civil: &str| {
        [item(&[("DeviceID", "37172300011320000001")]), item(&[("DeviceID", "37172300011320000002"), ("CivilCode", civil)])]
    };
    let severities = |unique: &str, civil: &str| {
        let template = format!("[[name.template]]\nid = \"t\"\nparts = \"{{org}}\"\nunique = \"{unique}\"\n");
        let profile = format!("{}\n{template}", Profile::embedded("sd-2022-basic").unwrap());
        let judgements = judge_with(&twins(civil), &ANYWHERE, &profile);
        judgements.iter().map(|j| j.findings.iter().find(|f| f.rule == "N07").map(|f| f.severity)).collect::<Vec<_>>()
    };
    assert_eq!(severities("community", "371723"), [Some(Severity::Warn); 2]);
    assert_eq!(severities("county", "371723"), [Some(Severity::Error); 2]);
    assert_eq!(severities("county", "371722"), [None; 2]);
    assert_eq!(severities("platform", "371722"), [Some(Severity::Error); 2]);
}

/// What A-rules say of a camera, as severity, basis, grade and proposal of one of them.
fn attribute(
    rule: &str,
    edition: Edition,
    elements: &[(&str, &str)],
) -> Option<(Severity, Basis, Option<Autofix>, Option<String>)> {
    let judgement = judge_all(&[item(elements)], &Setup { edition, ..CHENGWU }).remove(0);
    assert!(judgement.fields.iter().all(|f| f.is_good()) && judgement.is_compliant(), "a remark costs no field");
    let found = judgement.findings.into_iter().find(|f| f.rule == rule)?;
    Some((found.severity, found.basis, found.finding.grade, found.finding.proposed()))
}

#[test]
fn proposals_for_attributes_and_what_they_stand_on() {
    let (old, new) = (Edition::Gb2016, Edition::Gb2022);
    let (warn, info, error) = (Severity::Warn, Severity::Info, Severity::Error);
    let (clause, practice, none) = (Basis::Clause, Basis::Practice, Some(Autofix::None));
    let some = |text: &str| Some(text.to_owned());
    for (rule, edition, element, value, expected) in [
        ("A01", old, "IPAddress", " 192.168.1.64", (warn, clause, None, some("192.168.1.64"))),
        ("A01", old, "IPAddress", "192.168.1.300", (warn, clause, none, None)),
        ("A01", old, "IPAddress", "127.0.0.1", (warn, practice, none, None)),
        ("A03", new, "MAC", "001a.2b3c.4d5e", (warn, clause, None, some("00-1A-2B-3C-4D-5E"))),
        ("A03", new, "MAC", "00-00-00-00-00-00", (warn, practice, none, None)),
        ("A05", old, "Manufacturer", "2", (warn, practice, None, some("大华"))),
        ("A05", old, "Manufacturer", "99", (warn, practice, none, None)),
        ("A05", old, "Manufacturer", "", (warn, clause, none, None)),
        ("A05", old, "Manufacturer", "General", (info, practice, none, None)),
        ("A07", old, "Address", "axy", (error, practice, None, None)),
        ("A07", old, "Address", "", (error, clause, none, None)),
        ("A10", new, "CapturePositionType", "02601", (info, clause, None, some("0260100"))),
        ("A10", new, "CapturePositionType", "026", (warn, clause, none, None)),
        ("A21", new, "RecordSaveDays", "7", (warn, practice, None, None)),
        ("A22", old, "Block", "371723", (info, practice, None, None)),
        ("A22", new, "Block", "371723", (info, clause, None, None)),
    ] {
        assert_eq!(attribute(rule, edition, &[(element, value)]), Some(expected), "{rule} {value}");
    }
}

#[test]
fn values_of_another_list_are_named_and_numbers_of_people_are_not() {
    let judgement = |elements: &[(&str, &str)]| {
        judge_all(&[item(elements)], &Setup { jurisdiction: Some("371723"), edition: Edition::Gb2022 }).remove(0)
    };
    let finding = |rule: &str, elements: &[(&str, &str)]| {
        judgement(elements).findings.into_iter().find(|f| f.rule == rule).map(|f| f.finding).unwrap()
    };
    assert!(finding("A08", &[("PTZType", "5")]).message.contains("卡口枪机"));
    assert!(finding("A13", &[("DirectionType", "9")]).message.contains("全向"));
    assert!(finding("A15", &[("FunctionType", "1")]).message.contains("车辆卡口"));
    assert!(finding("A17", &[("EncodeType", "4")]).message.contains("H.265"));
    assert!(finding("A16", &[("Resolution", "1080P")]).message.contains("宽x高"));
    let contact = finding("A20", &[("ContactInfo", "值班室13000000000")]);
    assert_eq!(contact.value, "*".repeat(14));
    assert!(!contact.message.contains("1300") && !contact.message.contains("值班室"), "{}", contact.message);
    let password = finding("A27", &[("Password", "secret")]);
    assert!(password.value.is_empty() && !password.message.contains("secret") && !password.message.contains('*'));
}

#[test]
fn a_parent_of_type_200_cannot_be_told_where_the_platform_is_not_known() {
    let items = [item(&[("ParentID", "37172300002000000009")]), item(&[("ParentID", "37172300011180000009")])];
    let profile = Profile::parse("p", Profile::embedded("sd-2022-basic").unwrap(), Lang::En).unwrap();
    let tables = tables::Tables::default();
    let judged = |platform_id: &'static str| {
        let setting = context::Setting {
            edition: Edition::Gb2016,
            edition_source: EditionSource::Default,
            counts: None,
            jurisdiction: None,
            divisions: Divisions::embedded(),
            boundaries: None,
            profile: &profile.compliance,
            tables: &tables,
            at: Timestamp::from_micros(1_790_000_000_000_000),
            platform_id,
            local_id: "",
            lang: Lang::En,
        };
        let context = Context::new(&items, &[Kind::Camera; 2], setting);
        items.each_ref().map(|item| {
            let judgement = judge(item, &context);
            let unjudged = judgement.unjudged.iter().any(|(rule, _)| *rule == "A23");
            (unjudged, judgement.findings.iter().any(|f| f.rule == "A23"))
        })
    };
    assert_eq!(judged(""), [(true, false), (false, true)]);
    assert_eq!(judged("37172300002000000002"), [(false, true), (false, true)]);
    assert_eq!(judged("37172300002000000009"), [(false, false), (false, true)]);
}

#[test]
fn a_value_that_every_camera_shares_costs_no_more_than_one_look() {
    // Under the first recorder all bear one MAC, and none of them is remarked; one camera elsewhere makes all of them.
    let under = |n: u32, parent: &str| {
        let id = format!("371723000113{n:08}");
        item(&[("DeviceID", &id), ("ParentID", parent), ("MAC", "00-1A-2B-3C-4D-5E"), ("IPAddress", "192.168.1.64")])
    };
    let mut items: Vec<Item> = (20_000_000..20_000_300).map(|n| under(n, "37172300011180000001")).collect();
    let setup = Setup { jurisdiction: Some("371723"), edition: Edition::Gb2022 };
    let count = |items: &[Item], rule| judge_all(items, &setup).iter().filter(|j| remarked(j, rule)).count();
    assert_eq!((count(&items, "A02"), count(&items, "A04")), (0, 0));
    items.push(under(20_009_999, "37172300011180000002"));
    assert_eq!((count(&items, "A02"), count(&items, "A04")), (301, 301));
}

#[test]
fn of_a_code_or_region_that_is_not_there_only_its_own_rule_speaks() {
    let off = basic().replace("off = []", "off = [\"D01\", \"R01\"]");
    let off = off.replacen("\"D01\", \"D02\"", "\"D02\"", 1).replacen("\"R01\", \"R02\"", "\"R02\"", 1);
    let judgement = judge_with(&[item(&[("DeviceID", " "), ("CivilCode", "-"), ("PTZType", "1")])], &CHENGWU, &off).remove(0);
    let told: Vec<_> = judgement.findings.iter().filter(|f| f.counts).map(|f| f.rule).collect();
    assert_eq!(told, Vec::<&str>::new());
}

/// Two lines of one code, each with a twin of its own under another code.
#[test]
fn each_line_of_a_code_is_held_against_its_own_twin() {
    let line = |id: &str, name: &str| item(&[("DeviceID", id), ("Name", name)]);
    let (first, second) = ("成武县永昌路球机", "成武县文亭街球机");
    let twice = "37172300011320000007";
    let items = [
        line(twice, first),
        line(twice, second),
        line("37172300011320000008", first),
        line("37172300011320000009", second),
        line("37172300011320000010", "成武县古城街球机"),
    ];
    let told = judge_all(&items, &CHENGWU).iter().map(|judgement| remarked(judgement, "X01")).collect::<Vec<_>>();
    assert_eq!(told, [true, true, true, true, false]);
}
