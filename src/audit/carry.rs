//! 复查: a fresh catalogue with the calls of an earlier run, dated, so that who cleans records sees at once what it changed.

use std::collections::HashSet;

use crate::catalog::Kind;
use crate::evidence::{Carried, Evidence, ProbePlan};

use super::catalogued::catalogued;
use crate::base::lang::Lang;

/// Whether the calls of a run can stand in another: it made them itself, and came to its end.
#[must_use]
pub fn can_be_carried(header: &crate::evidence::Header) -> bool {
    let called = matches!(header.probing, ProbePlan::All | ProbePlan::Sample { .. });
    called && header.carried.is_none() && header.incomplete.is_none()
}

/// Puts the calls of an earlier run into one that made none. Codes the new catalogue does not have any more are left out. Gives how many
/// records of calls were carried.
pub fn carry(evidence: &mut Evidence, earlier: &Evidence) -> usize {
    let Ok(fresh) = catalogued(&evidence.header, &evidence.messages, &evidence.tables, Lang::default()) else { return 0 };
    let cameras = fresh.catalog.items.iter().zip(&fresh.kinds).filter(|(_, kind)| **kind == Kind::Camera);
    let codes: HashSet<&str> = cameras.map(|(item, _)| item.id()).collect();
    evidence.probes = earlier.probes.iter().filter(|record| codes.contains(record.device_id.as_str())).cloned().collect();
    let (own, other) = (&mut evidence.header, &earlier.header);
    own.probing = other.probing;
    own.conduct = other.conduct.clone();
    own.carried = Some(Carried { run: other.run_id.clone(), at: other.finished });
    evidence.probes.len()
}
