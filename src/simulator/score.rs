//! A run held against the truth. Pure.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::world::{Truth, World};
use crate::probe::outcome::MediaTransport;
use crate::rules::FieldId;

/// One cell of a confusion matrix: what is true, what was said, how often.
pub type Matrix = BTreeMap<(String, String), u64>;

/// What came of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// Lines of the run that belong to a camera of the scene.
    pub matched: u64,
    /// Cameras of the scene that are no line of the run.
    pub missing: u64,
    /// Lines of the run that are no camera of the scene.
    pub extra: u64,
    /// By field: truth and verdict.
    pub fields: BTreeMap<&'static str, Matrix>,
    /// The rule that had to speak, and whether it did.
    pub rules: Matrix,
    /// Picture or cause: truth and verdict.
    pub pictures: Matrix,
    /// `code: what: truth, verdict`, for each that differs.
    differences: Vec<String>,
}

impl Score {
    /// Every cell in which truth and verdict differ, with the codes of the cameras.
    #[must_use]
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// Whether everything agrees.
    #[must_use]
    pub fn is_perfect(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.differences.is_empty()
    }
}

/// Compares the lines of `devices.jsonl` with a scene.
///
/// # Errors
/// The first line that is no JSON.
pub fn score(world: &World, transports: &[MediaTransport], lines: &str) -> Result<Score, (usize, serde_json::Error)> {
    let mut score = Score::default();
    let mut truths: HashMap<(String, String), Vec<Truth>> = HashMap::new();
    for (code, name, truth) in world.truths(transports) {
        truths.entry((code, name)).or_default().push(truth);
    }
    for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Value = serde_json::from_str(line).map_err(|error| (number + 1, error))?;
        let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(truth) = truths.get_mut(&(text("device_id"), text("name"))).and_then(Vec::pop) else {
            score.extra += 1;
            continue;
        };
        score.matched += 1;
        compare(&mut score, truth, &line);
    }
    score.missing = truths.values().map(|left| left.len() as u64).sum();
    Ok(score)
}

fn compare(score: &mut Score, truth: Truth, line: &Value) {
    let code = line.get("device_id").and_then(Value::as_str).unwrap_or_default();
    let mut differences = Vec::new();
    let mut add = |what: &str, matrix: &mut Matrix, truth: &str, said: &str| {
        *matrix.entry((truth.to_owned(), said.to_owned())).or_default() += 1;
        if truth != said {
            differences.push(format!("{code}: {what}: {truth} → {said}"));
        }
    };
    for field in FieldId::ALL {
        let wrong = truth.fault.is_some_and(|(key, _)| key == field.key());
        let said = line.pointer(&format!("/fields/{}", field.key())).and_then(Value::as_str).unwrap_or("?");
        add(field.key(), score.fields.entry(field.key()).or_default(), if wrong { "fail" } else { "pass" }, said);
    }
    if let Some((_, rule)) = truth.fault {
        let findings = line.get("findings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let spoke = findings.iter().any(|f| f.get("rule").and_then(Value::as_str) == Some(rule));
        add("rule", &mut score.rules, rule, if spoke { rule } else { "-" });
    }
    let verdict = line.pointer("/probe/verdict").and_then(Value::as_str).unwrap_or("?");
    let cause = line.pointer("/probe/cause").and_then(Value::as_str);
    let word = |verdict: &str, cause: Option<&str>| cause.map_or_else(|| verdict.to_owned(), |c| format!("{verdict}:{c}"));
    add("picture", &mut score.pictures, &word(truth.verdict, truth.cause), &word(verdict, cause));
    score.differences.append(&mut differences);
}
