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

/// What an order for a snapshot is answered, and where the picture is to be uploaded to; nothing where the order is none.
pub(super) fn snapshot(world: &World, body: &[u8]) -> Option<(&'static str, Option<String>)> {
    let has = |trouble| world.scene().has(trouble);
    let after = memchr::memmem::find(body, b"<UploadURL>").and_then(|at| body.get(at + b"<UploadURL>".len()..))?;
    let url = after.get(..memchr::memchr(b'<', after)?).and_then(|url| str::from_utf8(url).ok())?;
    Some(match () {
        () if has(Trouble::SnapshotError) => ("ERROR", None),
        () if has(Trouble::SnapshotSilent) => ("OK", None),
        () => ("OK", Some(url.to_owned())),
    })
}

/// The request that uploads a picture to a URL, and where it goes: a form with the name of the file behind the path, or the picture as
/// it is; a page instead of it, where that is the trouble.
pub(super) fn upload(world: &World, url: &str, jpeg: &[u8]) -> Option<(String, Vec<u8>)> {
    let has = |trouble| world.scene().has(trouble);
    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let (method, path, kind, body) = match () {
        () if has(Trouble::SnapshotPage) => ("POST", path.to_owned(), "text/html", b"<html>502 Bad Gateway</html>".to_vec()),
        () if has(Trouble::SnapshotForm) => {
            let head = "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"1.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
            let body = [head.as_bytes(), jpeg, b"\r\n--boundary--\r\n"].concat();
            ("POST", format!("{path}/1.jpg"), "multipart/form-data; boundary=boundary", body)
        }
        () => ("PUT", path.to_owned(), "image/jpeg", jpeg.to_vec()),
    };
    let length = body.len();
    let head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    Some((host.to_owned(), [head.into_bytes(), body].concat()))
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
