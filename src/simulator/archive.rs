//! What a simulated platform says of its recordings and of the status of its devices, honestly or as its troubles want it. Pure.

use super::trouble::Trouble;
use super::world::World;
use crate::base::time::Timestamp;
use crate::manscdp::command::{self, Dialect};
use crate::manscdp::document::Document;

/// Recordings in a message.
const PER_MESSAGE: usize = 6;
/// One recording.
const HOUR: i64 = 3_600;
/// Recordings of an answer: no scene is asked for a longer time.
const MAX_FILES: i64 = 1_000;
/// Of a gap: whole hours.
const GAP_HOURS: i64 = 2;

/// The messages that answer a query for recordings; nothing is sent where there are none.
pub(super) fn records(world: &World, query: &Document, dialect: Dialect) -> Vec<Vec<u8>> {
    let has = |trouble| world.scene().has(trouble);
    let (Some(sn), Some(asked)) = (query.sn(), query.get("DeviceID")) else { return Vec::new() };
    let time = |name| query.get(name).and_then(Timestamp::from_device);
    let (Some(from), Some(to)) = (time("StartTime"), time("EndTime")) else { return Vec::new() };
    if has(Trouble::RecordsSilent) || (has(Trouble::RecordsNeedType) && query.get("Type").is_none()) {
        return Vec::new();
    }
    if world.camera(asked).is_none() || has(Trouble::RecordsNone) {
        return vec![command::record_list(dialect, sn, asked, 0, &[])];
    }
    let hours = ((to.micros() - from.micros()) / 1_000_000).div_euclid(HOUR).clamp(0, MAX_FILES);
    let mut files: Vec<(Timestamp, Timestamp)> = (0..hours)
        // A gap of two hours in the middle.
        .filter(|hour| !(has(Trouble::RecordsGap) && (hours / 2..hours / 2 + GAP_HOURS).contains(hour)))
        .map(|hour| (from.plus_seconds(hour * HOUR), from.plus_seconds((hour + 1) * HOUR - 1)))
        .collect();
    if has(Trouble::RecordsOverlap) {
        // A manual recording across two hours, one of the day before, and all of it the wrong way round.
        files.push((from.plus_seconds(HOUR / 2), from.plus_seconds(HOUR + HOUR / 2)));
        files.push((from.plus_seconds(-24 * HOUR), from.plus_seconds(-23 * HOUR)));
        files.reverse();
    }
    let named = if has(Trouble::RecordsOther) { "37172300011320099999" } else { asked };
    let pattern = if has(Trouble::RecordsOverlap) { "%Y-%-m-%-d %-H:%-M:%-S" } else { "%Y-%m-%dT%H:%M:%S" };
    let items: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(number, (begin, end))| {
            command::item(&[
                ("DeviceID", named),
                ("Name", "录像"),
                ("FilePath", &format!("/{asked}/{number:04}.ps")),
                ("StartTime", &begin.beijing(pattern)),
                ("EndTime", &end.beijing(pattern)),
                ("Secrecy", "0"),
                ("Type", "time"),
            ])
        })
        .collect();
    let total = items.len() as u64;
    let mut bodies: Vec<Vec<u8>> =
        items.chunks(PER_MESSAGE).map(|items| command::record_list(dialect, sn, asked, total, items)).collect();
    if has(Trouble::RecordsShort) {
        bodies.truncate(bodies.len().saturating_sub(1));
    }
    if has(Trouble::RecordsNoTotal) {
        let sum_num = format!("<SumNum>{total}</SumNum>\r\n");
        for body in &mut bodies {
            if let Some(at) = memchr::memmem::find(body, sum_num.as_bytes()) {
                body.drain(at..at + sum_num.len());
            }
        }
    }
    bodies
}

/// The status of a device at a time, as elements; nothing where it is not told.
pub(super) fn status(world: &World, asked: &str, time: &str) -> Option<Vec<(&'static str, String)>> {
    let has = |trouble| world.scene().has(trouble);
    let camera = world.camera(asked);
    if camera.is_some() && has(Trouble::StatusSilent) {
        return None;
    }
    let is_online = camera.is_none_or(|camera| !world.is_offline(camera));
    let told = is_online != (camera.is_some() && has(Trouble::StatusLies));
    let mut elements = vec![
        ("Result", "OK".to_owned()),
        ("Online", if told { "ONLINE" } else { "OFFLINE" }.to_owned()),
        ("Status", "OK".to_owned()),
    ];
    if camera.is_some() {
        elements.push(("Record", if is_online { "ON" } else { "OFF" }.to_owned()));
    }
    if !has(Trouble::StatusNoTime) {
        elements.push(("DeviceTime", time.to_owned()));
    }
    Some(elements)
}
