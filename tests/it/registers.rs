//! Registers and what is made of them agree: nothing is listed that does not exist, nothing exists unlisted.

use std::collections::BTreeSet;
use std::path::Path;

use gbaudit::base::lang::Lang;
use gbaudit::rules::REGISTER;
use gbaudit::simulator::behaviour::BEHAVIOURS;
use gbaudit::simulator::fault::FAULTS;
use gbaudit::simulator::trouble::TROUBLES;

#[test]
fn the_rules_of_the_register_are_the_files_of_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut files = BTreeSet::new();
    for family in ["code", "name", "region", "geo", "attribute", "record"] {
        for entry in std::fs::read_dir(root.join(family)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            let id: String = name.chars().take(3).collect::<String>().to_uppercase();
            if id.chars().skip(1).all(|c| c.is_ascii_digit()) {
                files.insert(id);
            }
        }
    }
    let listed: BTreeSet<String> = REGISTER.iter().map(|r| r.id.to_owned()).collect();
    assert_eq!(files, listed);
}

#[test]
fn every_rule_has_a_page_in_both_languages() {
    for rule in REGISTER {
        let page = rule.page();
        for lang in [Lang::Zh, Lang::En] {
            let side = page.side(lang);
            assert!(!side.title.is_empty() && side.sections.len() == 5, "{} {lang:?}: {:?}", rule.id, side.sections);
        }
    }
}

#[test]
fn faults_name_rules_that_exist_and_ids_are_unique() {
    let rules: BTreeSet<&str> = REGISTER.iter().map(|r| r.id).collect();
    for fault in FAULTS {
        assert!(rules.contains(fault.rule), "{} names {}", fault.id, fault.rule);
    }
    let others = BEHAVIOURS.iter().map(|b| b.id).chain(TROUBLES.iter().map(|t| t.id));
    let ids: BTreeSet<&str> = FAULTS.iter().map(|f| f.id).chain(others).collect();
    assert_eq!(ids.len(), FAULTS.len() + BEHAVIOURS.len() + TROUBLES.len());
}

#[test]
fn troubles_name_rules_oddities_and_reasons_that_exist() {
    use gbaudit::base::oddity::OddityKind;
    use gbaudit::catalog::assemble::WHYS;
    use gbaudit::evidence::heard::HeardKind;
    use gbaudit::evidence::measured::Measure;
    use gbaudit::report::measures::REASONS;
    for about in TROUBLES {
        let expected = &about.expected;
        assert!(expected.rules.iter().all(|id| REGISTER.iter().any(|rule| rule.id == *id)), "{}", about.id);
        assert!(expected.oddities.iter().all(|id| OddityKind::by_id(id).is_some()), "{}", about.id);
        assert!(expected.why.iter().all(|id| WHYS.iter().any(|why| why.id == *id)), "{}", about.id);
        assert!(expected.heard.iter().all(|id| HeardKind::ALL.iter().any(|kind| kind.id() == *id)), "{}", about.id);
        for (measure, reason) in expected.measured {
            assert!(Measure::parse(measure).is_some() && REASONS.iter().any(|known| known.id == *reason), "{}", about.id);
        }
        assert!(expected.oddities.is_sorted(), "{}: in the order of the results", about.id);
    }
}
