//! Every rule has a file in `fixtures/rules/`: catalogues, and what the rule says of each of their lines.

use std::collections::HashMap;

use super::tests::item;
use super::*;
use crate::base::lang::Lang;
use crate::base::time::Timestamp;
use crate::catalog::assemble::{CatalogState, Counts, WHYS};
use crate::catalog::kind::kind_of;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::division::{Boundaries, Divisions, Jurisdiction};
use crate::edition::{Edition, EditionSource};
use crate::profile::Profile;

/// A block of `fixtures/rules/CODE.csv`: a catalogue, and what the rule says of each of its lines.
struct Block {
    /// `# edition=2022 source=header jurisdiction=371723 date=2026-11-24 expect=1 table.osd=osd.csv profile.stack_size=3`;
    /// `rule=off` takes the rule out by the profile, `behind=N08.toml` names a file that stands behind the profile,
    /// `state=disputed why=... declared=5 received=4` counts the catalogue.
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
        let mut lines: HashMap<String, u32> = HashMap::new();
        for item in &mut items {
            let count = lines.entry(item.id().to_owned()).or_default();
            *count += 1;
            item.occurrence = *count;
        }
        items.iter_mut().for_each(|item| item.occurrences = lines[item.id()]);
        Block { settings, items, expected }
    };
    text.split("\n\n").map(str::trim).filter(|b| !b.is_empty()).map(block).collect()
}

/// What the rule says of each line of a block, and how often it speaks of the catalogue.
fn answers(rule: &Rule, block: &Block) -> (Vec<String>, Option<String>) {
    let setting = |key: &str| block.settings.get(key).map(String::as_str);
    let folder = format!("{}/fixtures/rules", env!("CARGO_MANIFEST_DIR"));
    let date = Timestamp::from_beijing_date(setting("date").unwrap_or("2026-11-24")).unwrap();
    let divisions = Divisions::at(date);
    let divisions = divisions.as_ref();
    let edition = setting("edition").map_or(Edition::Gb2016, |e| Edition::parse(e).unwrap());
    let mut source = Profile::embedded("sd-2022-basic").unwrap().to_owned();
    for (key, value) in block.settings.iter().filter_map(|(k, v)| Some((k.strip_prefix("profile.")?, v))) {
        source = source.replacen("[compliance]\n", &format!("[compliance]\n{key} = {value}\n"), 1);
    }
    if let Some(file) = setting("behind") {
        source.push_str(&std::fs::read_to_string(format!("{folder}/{file}")).unwrap());
    }
    let mut profile = Profile::parse("p", &source, Lang::Zh).unwrap_or_else(|p| panic!("{}", p[0].render()));
    if setting("rule") == Some("off") {
        profile.compliance.count.retain(|id| id != rule.id);
        profile.compliance.off.push(rule.id.to_owned());
    }
    let number = |key: &str| setting(key).map_or(0, |n| n.parse().unwrap());
    let why: Vec<_> = setting("why").map(|id| *WHYS.iter().find(|why| why.id == id).unwrap()).into_iter().collect();
    let states = [CatalogState::Complete, CatalogState::Incomplete, CatalogState::Disputed, CatalogState::Unstated];
    let counts = setting("state").map(|state| Counts {
        state: states.into_iter().find(|s| s.name() == state).unwrap(),
        why: &why,
        declared: number("declared"),
        received: number("received"),
    });
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
            edition_source: setting("source").map_or(EditionSource::Default, |s| EditionSource::parse(s).unwrap()),
            counts,
            jurisdiction: jurisdiction.as_ref(),
            divisions,
            boundaries: Boundaries::embedded(),
            profile: &profile.compliance,
            tables: &tables,
            at: date,
            platform_id: "37172300002000000002",
            local_id: "37172300002000000001",
            lang: Lang::Zh,
        },
    );
    let supplied = rule.needs.is_none_or(|kind| tables.has(kind));
    let off = profile.compliance.off.iter().any(|id| id == rule.id) || !rule.editions.contain(edition);
    let asked = context.plan.fields.iter().flat_map(|(_, asked)| asked).any(|asked| asked.rule.id == rule.id);
    assert!(!(off && asked), "{} is off and asked", rule.id);
    let answer = |check: AskItem, item: &Item| match check(&context.case(item), &context) {
        _ if off => "off",
        _ if !supplied => "unjudged",
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Advice(..) => "advice",
        Verdict::Exempt => "exempt",
        Verdict::Unjudged(_) => "unjudged",
        Verdict::Off => "off",
    };
    let items = rule
        .check
        .item()
        .map(|check| block.items.iter().map(|item| answer(check, item).to_owned()).collect())
        .unwrap_or_default();
    let spoken = rule.check.catalogue().map(|check| match () {
        () if off => "off".to_owned(),
        () if !supplied => "unjudged".to_owned(),
        () => check(&context).len().to_string(),
    });
    (items, spoken)
}

#[test]
fn every_rule_says_of_its_fixture_what_stands_there() {
    let mut bare = Vec::new();
    let mut wrong = Vec::new();
    for rule in REGISTER {
        let Ok(text) = std::fs::read_to_string(format!("{}/fixtures/rules/{}.csv", env!("CARGO_MANIFEST_DIR"), rule.id)) else {
            bare.push(rule.id);
            continue;
        };
        let (mut seen, mut spoken) = (Vec::<String>::new(), Vec::<String>::new());
        for (number, block) in blocks(&text).iter().enumerate() {
            let (answers, said) = answers(rule, block);
            if let Some(said) = said.filter(|_| rule.check.item().is_none() || block.settings.contains_key("expect")) {
                if said != block.settings["expect"] {
                    wrong.push(format!("{} block {number}: {said} about the catalogue", rule.id));
                }
                spoken.push(said);
            }
            for (line, (answer, expected)) in answers.iter().zip(&block.expected).enumerate().filter(|(_, (_, e))| *e != "node") {
                if answer != expected {
                    wrong.push(format!("{} block {number} line {line}: {answer} instead of {expected}", rule.id));
                }
                seen.push(answer.clone());
            }
        }
        let has = |seen: &[String], words: &[&str]| seen.iter().any(|s| words.contains(&s.as_str()));
        if rule.check.item().is_some() {
            let all = has(&seen, &["pass"]) && has(&seen, &["fail", "advice"]) && has(&seen, &["exempt", "unjudged", "off"]);
            assert!(all, "{} shows only {seen:?}", rule.id);
        }
        if rule.check.catalogue().is_some() {
            assert!(has(&spoken, &["0"]) && has(&spoken, &["1", "2", "3"]), "{} shows only {spoken:?}", rule.id);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(bare.is_empty(), "no fixture for {bare:?}");
}
