//! The house stands on floors: a file may name a lower floor or its own entry, never a neighbour, never upward.

use std::path::{Path, PathBuf};

/// The longest prefix wins.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("edition", 1),
    ("division", 1),
    ("profile", 1),
    ("sip", 2),
    ("manscdp", 2),
    ("media", 2),
    ("catalog", 3),
    ("probe/outcome", 3),
    ("probe/cause", 4),
    ("rules", 4),
    ("position", 4),
    ("evidence", 4),
    ("indicator", 5),
    ("report", 6),
    ("correction", 7),
    ("diff", 7),
    ("net", 7),
    ("notice", 7),
    ("store", 7),
    ("platform", 8),
    ("capture", 9),
    ("probe", 8),
    ("audit", 9),
    ("simulator", 9),
    ("bundle", 10),
    ("config", 10),
    ("pairing", 10),
    ("view", 10),
    ("cli", 11),
];

fn entry(path: &str) -> Option<(&'static str, u8)> {
    FLOORS
        .iter()
        .filter(|(name, _)| path == *name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
        .max_by_key(|(name, _)| name.len())
        .copied()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every `crate::a::b` of a text, as `a/b`; lists in braces are opened one level.
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let head = rest[..end].trim_end_matches(':').replace("::", "/");
        match rest[end..].strip_prefix('{').filter(|_| rest[..end].ends_with("::") || end == 0) {
            Some(list) => {
                let list = &list[..list.find('}').unwrap_or(list.len())];
                let prefix = if head.is_empty() { String::new() } else { format!("{head}/") };
                found.extend(list.split(',').map(|one| format!("{prefix}{}", one.trim().replace("::", "/"))));
            }
            None => found.push(head),
        }
    }
    found
}

#[test]
fn no_file_names_a_neighbour_or_a_higher_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let own = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let own = own.trim_end_matches(".rs").trim_end_matches("/mod");
        if matches!(own, "lib" | "main") {
            continue;
        }
        let below_name = entry(own).unwrap_or_else(|| panic!("src/{own}.rs stands on no floor"));
        let text = std::fs::read_to_string(&file).unwrap();
        // Comments may name what they like.
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for name in named(&code) {
            let Some(above) = entry(&name) else { continue };
            if above.0 != below_name.0 && above.1 >= below_name.1 {
                wrong.push(format!("src/{own}.rs ({}, floor {}) names {name} (floor {})", below_name.0, below_name.1, above.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_found_in_lists_too() {
    let text = "use crate::net::{LocalSetting, NetError};\nuse crate::{base, rules::Rule};\nlet x = crate::audit::run::run();";
    assert_eq!(named(text), ["net/LocalSetting", "net/NetError", "base", "rules/Rule", "audit/run/run"]);
    assert_eq!(entry("probe/outcome"), Some(("probe/outcome", 3)));
    assert_eq!(entry("probe/plan"), Some(("probe", 8)));
}
