//! From evidence to what is to be put right: corrections, their causes, and the way to the thresholds.

use super::AssessError;
use super::assess::compliant_with;
use super::basis::Basis;
use crate::correction::fold::{Fold, folds, pair};
use crate::correction::gap::{self, Gap, Judged};
use crate::correction::{Correction, Grade, Wanted, change, corrections};
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

/// Works out what is to be put right in a report: the catalogue is judged with the lossless proposals in it, and with
/// the computed ones, so that what is promised is what the rules will say.
///
/// # Errors
/// When a table or the jurisdiction in the report's header cannot be read.
pub fn correct(mut report: Report, wanted: &Wanted) -> Result<Corrected, AssessError> {
    let lang = report.lang;
    let all = corrections(&report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false });
    let mut gaps = Vec::new();
    let missed = |id| report.rates.iter().any(|rate| rate.id == id && rate.value.is_some() && rate.needs() > 0);
    if missed(crate::profile::RateId::Compliance) {
        let basis = Basis::new(&report.header, lang)?;
        let [now, safe, suggest] = [None, Some(Grade::Safe), Some(Grade::Suggest)].map(|worst| {
            let rows = all.iter().filter(|row| worst.is_some_and(|worst| row.grade <= worst));
            let edits = change::edits(&report, rows);
            compliant_with(&mut report, &basis, &edits)
        });
        gaps.extend(gap::compliance(&report, &all, &Judged { now, safe, suggest }, lang));
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
