//! What earlier nights know of each camera, as it was kept with the run: the same whoever draws the report again. Pure.

use std::collections::HashMap;

use super::positions::alive_now;
use super::problems::after;
use crate::base::time::Timestamp;
use crate::evidence::problems::{Turn, days_open, known_open};
use crate::position::seen::{History, SeenAlive};
use crate::report::Report;
use crate::report::lately::Lately;

/// Line by line; nothing where neither our own runs nor the user's account know of earlier days.
pub(super) fn lately(report: &Report, told: &SeenAlive, history: &History) -> Vec<Lately> {
    if history.since.is_none() && history.open.is_none() && told.is_empty() {
        return Vec::new();
    }
    let at = report.header.started();
    // By the very judgment the book of problems goes on by.
    let mut days: HashMap<String, u64> = HashMap::new();
    for (problem, turn) in history.open.as_ref().map(|open| after(report, known_open(open))).unwrap_or_default() {
        if turn != Turn::Closed {
            let own = days_open(&problem, at);
            let most = days.entry(problem.device_id).or_default();
            *most = (*most).max(own);
        }
    }
    let of = |camera: &crate::report::Camera| {
        let Some(item) = report.item(camera.item) else { return Lately::default() };
        let code = item.id();
        let moment = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        let earlier = moment(history.alive.get(code).copied()).into_iter().chain(told.get(code).copied()).max();
        let last = if alive_now(item, report.probes.get(code)) { Some(at) } else { earlier };
        Lately { first: moment(history.first.first(code)), last, days: days.get(code).copied() }
    };
    report.cameras.iter().map(of).collect()
}
