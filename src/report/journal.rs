//! `journal.jsonl`: every catalogue body in one line, in the order they came.

use std::io::{self, Write};

use serde::Serialize;

use super::{Exporter, OutputFile, Report};
use crate::base::time::Timestamp;
use crate::catalog::journal::{Entry, Journal};
use crate::evidence::Header;

/// The format.
pub static EXPORTER: Exporter = Exporter { name: "journal", files: &[OutputFile::new("journal.jsonl", journal)] };

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    number: usize,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    method: &'static str,
    call_id: &'a str,
    sn: Option<u64>,
    sum_num: Option<u64>,
    num: Option<u64>,
    items: u32,
    new: u32,
    repeated: u32,
    salvaged: u32,
    cut_off: u32,
    octets: u32,
    standing: &'static str,
    query: Option<u32>,
    oddities: &'a [&'static str],
}

impl<'a> Line<'a> {
    fn of(number: usize, entry: &Entry, journal: &'a Journal, header: &'a Header, platform: Option<&'a str>) -> Self {
        let way = header.ways.get(usize::from(entry.way));
        Self {
            platform,
            number,
            at: entry.at.rfc3339_millis(),
            transport: way.map(|way| way.transport.as_str()),
            peer: way.map(|way| way.peer.as_str()),
            method: if entry.notify { "NOTIFY" } else { "MESSAGE" },
            call_id: journal.call_id(entry),
            sn: entry.sn,
            sum_num: entry.sum_num,
            num: entry.num,
            items: entry.items,
            new: entry.new,
            repeated: entry.repeated,
            salvaged: entry.salvaged,
            cut_off: entry.cut_off,
            octets: entry.octets,
            standing: entry.standing.name(),
            query: entry.standing.query(),
            oddities: journal.damage(entry),
        }
    }
}

/// The lines of some bodies, told by when they came and the beginning of their Call-ID.
///
/// # Errors
/// When they cannot be written.
pub fn lines_of(report: &Report, wanted: impl Fn(Timestamp, &str) -> bool, out: &mut dyn Write) -> io::Result<()> {
    let journal = &report.catalog.journal;
    for (number, entry) in (1..).zip(journal.entries()).filter(|(_, entry)| wanted(entry.at, journal.call_id(entry))) {
        serde_json::to_writer(&mut *out, &Line::of(number, entry, journal, &report.header, report.platform_label.as_deref()))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn journal(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let journal = &report.catalog.journal;
    let platform = report.platform_label.as_deref();
    for (number, entry) in (1..).zip(journal.entries()) {
        serde_json::to_writer(&mut *out, &Line::of(number, entry, journal, &report.header, platform))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
