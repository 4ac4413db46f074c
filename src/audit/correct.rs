//! From evidence to what is to be put right: corrections, their causes, and the way to the thresholds.

use super::AssessError;
use super::assess::{assess, assess_edited};
use crate::base::lang::Lang;
use crate::correction::fold::{Fold, folds, pair};
use crate::correction::gap::{self, Gap, Judged};
use crate::correction::{Correction, Grade, Wanted, change, corrections};
use crate::evidence::Evidence;
use crate::report::Report;

/// What is to be put right.
#[derive(Debug)]
pub struct Corrected {
    /// The report it was made from.
    pub report: Report,
    /// The rows, those of one element and one cause together.
    pub rows: Vec<Correction>,
    /// The same by cause.
    pub folds: Vec<Fold>,
    /// The way to each threshold that is missed.
    pub gaps: Vec<Gap>,
}

/// Works out what is to be put right. `load` gives the evidence again: the catalogue is judged with the lossless
/// proposals in it, and with the computed ones, so that what is promised is what the rules will say.
///
/// # Errors
/// When the evidence cannot be read or judged.
pub fn correct<E: From<AssessError>>(
    load: impl Fn() -> Result<Evidence, E>,
    wanted: &Wanted,
    lang: Lang,
) -> Result<Corrected, E> {
    let report = assess(load()?, lang, None)?;
    let all = corrections(&report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false });
    let mut gaps = Vec::new();
    let compliant = |report: &Report| report.cameras.iter().map(|c| c.judgement.is_compliant()).collect::<Vec<bool>>();
    let missed = |id| report.rates.iter().any(|rate| rate.id == id && rate.value.is_some() && rate.needs() > 0);
    if missed(crate::profile::RateId::Compliance) {
        let mut judged = Judged { now: compliant(&report), ..Judged::default() };
        let with = |worst: Grade| -> Result<Vec<bool>, E> {
            let edits = change::edits(&report, all.iter().filter(|row| row.grade <= worst));
            if edits.is_empty() { Ok(compliant(&report)) } else { Ok(compliant(&assess_edited(load()?, &edits, lang, None)?)) }
        };
        judged.safe = with(Grade::Safe)?;
        judged.suggest = with(Grade::Suggest)?;
        gaps.extend(gap::compliance(&report, &all, &judged, lang));
    }
    gaps.extend(gap::output(&report, lang));
    let rows = if wanted.remarks { corrections(&report, wanted) } else { all };
    let rows: Vec<Correction> = rows.into_iter().filter(|row| wanted.grades.contains(&row.grade)).collect();
    let folded = folds(&report, &rows);
    let (rows, folds) = ordered(rows, folded);
    Ok(Corrected { report, rows, folds, gaps })
}

/// Rows of one element stand together, among them those of one cause, the largest cause first.
fn ordered(rows: Vec<Correction>, mut folds: Vec<Fold>) -> (Vec<Correction>, Vec<Fold>) {
    let mut places: Vec<usize> = folds.iter().flat_map(|fold| fold.rows.iter().copied()).collect();
    places.sort_by_key(|place| rows.get(*place).map(|row| pair(row.element)));
    let mut new_place = vec![0; rows.len()];
    for (new, old) in places.iter().enumerate() {
        if let Some(slot) = new_place.get_mut(*old) {
            *slot = new;
        }
    }
    for place in folds.iter_mut().flat_map(|fold| &mut fold.rows) {
        *place = new_place.get(*place).copied().unwrap_or(*place);
    }
    let mut rows: Vec<Option<Correction>> = rows.into_iter().map(Some).collect();
    let rows = places.iter().filter_map(|place| rows.get_mut(*place).and_then(Option::take)).collect();
    (rows, folds)
}
