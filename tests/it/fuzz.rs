//! The fuzz targets over their corpora and over every input that was found, on every run.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

/// The committed inputs of a target: what finds its way through it, and what once broke something.
fn inputs(target: &str) -> Vec<PathBuf> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let folders = [fuzz.join("corpus").join(target), fuzz.join("found").join(target)];
    let files = folders.iter().filter(|f| f.exists()).flat_map(|f| std::fs::read_dir(f).unwrap());
    let mut files: Vec<PathBuf> = files.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_corpus_and_every_found_input_passes() {
    for (name, target) in targets::TARGETS {
        let inputs = inputs(name);
        assert!(inputs.len() >= 10, "{name} has {} inputs", inputs.len());
        for path in inputs {
            let octets = std::fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&octets));
            assert!(outcome.is_ok(), "{} breaks {name}", path.display());
        }
    }
}

#[test]
fn the_torture_messages_pass_every_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sip/torture");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "dat") {
            let octets = std::fs::read(&path).unwrap();
            for (name, target) in targets::TARGETS {
                let outcome = std::panic::catch_unwind(|| target(&octets));
                assert!(outcome.is_ok(), "{} breaks {name}", path.display());
            }
        }
    }
}
