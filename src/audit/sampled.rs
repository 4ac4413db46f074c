//! What a draw, or an end before all were called, makes of the numbers of a report. Pure.

use std::collections::HashMap;

use crate::catalog::{Catalog, Item};
use crate::evidence::conduct::Sampling;
use crate::evidence::{Header, ProbePlan};
use crate::indicator::sequential::{self, Seen};
use crate::indicator::{CameraFacts, Interval, Part, Stratum};
use crate::probe::outcome::ProbeVerdict;
use crate::report::Camera;

/// What the pictures that were asked for are of all.
pub(super) fn part(header: &Header) -> Part {
    let look = header.conduct.sampling.as_ref().and_then(|sampling| sampling.looks.last());
    let early = look.filter(|look| look.certain.is_some() && look.called < look.of).and_then(|look| {
        let seen = Seen { called: look.called, pictures: look.pictures, doubtful: look.doubtful };
        let (low, high) = sequential::interval_95(look.of, seen)?;
        Some(Part::Early(Interval { low, high, of: Some(look.of) }))
    });
    early.unwrap_or(if matches!(header.probing, ProbePlan::Sample { .. }) { Part::Sample } else { Part::Census })
}

/// What came of the codes that were drawn of each community and class.
pub(super) fn strata(
    sampling: Option<&Sampling>,
    (cameras, facts): (&[Camera], &[CameraFacts]),
    catalog: &Catalog,
) -> Vec<Stratum> {
    let Some(sampling) = sampling.filter(|sampling| !sampling.strata.is_empty()) else { return Vec::new() };
    let of_code = cameras.iter().zip(facts).map(|(camera, facts)| (catalog.items.get(camera.item).map_or("", Item::id), facts));
    let facts: HashMap<&str, &CameraFacts> = of_code.collect();
    let mut strata: Vec<Stratum> =
        sampling.strata.iter().map(|stratum| Stratum { cameras: stratum.cameras, ..Stratum::default() }).collect();
    for one in &sampling.drawn {
        let stratum = one.stratum.and_then(|place| strata.get_mut(place as usize));
        if let (Some(stratum), Some(facts)) = (stratum, facts.get(one.code.as_str()))
            && facts.drawn
        {
            stratum.called += 1;
            stratum.pictures += u64::from(facts.probe == ProbeVerdict::Picture);
        }
    }
    strata
}
