//! Evidence as files, in a fixed order and one spelling: what a bundle holds, and what 证据摘要 is taken over.
//!
//! The same evidence gives the same octets on any machine and from any store. Large texts stand in files of their own and are
//! left empty in the header; what many pieces are made of lies one after the other in one file, with a line for each.

use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::seal::{Chain, Hashes, Hashing};
use super::{Evidence, Header, Message, Table};
use crate::base::text::hex;
use crate::base::time::Timestamp;
use crate::probe::outcome::ProbeRecord;

/// What a bundle calls itself; a change of its layout makes the number grow.
pub const FORMAT: &str = "gbaudit.bundle/1";
/// The member that says so.
pub const FORMAT_FILE: &str = "FORMAT";
/// The header.
pub const HEADER: &str = "evidence/header.json";
/// 口径
pub const PROFILE: &str = "evidence/profile.toml";
/// The user's own outlines.
pub const BOUNDARIES: &str = "evidence/boundaries.topojson";
/// 豁免表
pub const WAIVERS: &str = "evidence/waivers.csv";
/// The user's tables, one a file, in the order of `supplied` in the header.
pub const SUPPLIED: &str = "evidence/supplied/";
/// A line for each catalogue body.
pub const MESSAGES: &str = "evidence/messages.jsonl";
/// The bodies, one after the other.
pub const BODIES: &str = "evidence/messages.bin";
/// A line for each table that was judged.
pub const TABLES: &str = "evidence/tables.jsonl";
/// The tables, one after the other.
pub const SHEETS: &str = "evidence/tables.bin";
/// A line for each code that was called.
pub const PROBES: &str = "evidence/probes.jsonl";
/// Octets of a buffer in front of a hash.
const BUFFER: usize = 64 * 1024;

/// What writes a member.
pub type Writing<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'a>;

/// One member, and what writes it.
pub struct Part<'a> {
    /// Its name.
    pub name: String,
    /// Writes it.
    pub write: Writing<'a>,
}

/// What stands of a catalogue body in [`MESSAGES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageLine {
    /// From 1, in the order they came.
    pub number: u64,
    /// When it came, microseconds since 1970, UTC.
    pub at: i64,
    /// A place in `ways` of the header, from 0.
    pub way: u16,
    /// As NOTIFY of a subscription.
    pub notify: bool,
    /// Call-ID, or the file's name.
    pub call_id: String,
    /// Where it begins in [`BODIES`].
    pub offset: u64,
    /// Its length.
    pub octets: u64,
    /// SHA-256 of its octets.
    pub sha256: String,
}

/// What stands of a table in [`TABLES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLine {
    /// From 1, in the order they were read.
    pub number: u64,
    /// The file's name.
    pub name: String,
    /// Where it begins in [`SHEETS`].
    pub offset: u64,
    /// Its length.
    pub octets: u64,
    /// SHA-256 of its octets.
    pub sha256: String,
}

/// A piece of a file of many pieces.
pub trait Piece {
    /// Where it lies, and the SHA-256 of it.
    fn place(&self) -> (u64, u64, &str);
}

impl Piece for MessageLine {
    fn place(&self) -> (u64, u64, &str) {
        (self.offset, self.octets, &self.sha256)
    }
}

impl Piece for TableLine {
    fn place(&self) -> (u64, u64, &str) {
        (self.offset, self.octets, &self.sha256)
    }
}

/// Writes a value as one line of JSON.
///
/// # Errors
/// When the writer fails.
pub fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// The members of evidence, in their order.
#[must_use]
pub fn parts<'a>(evidence: &'a Evidence) -> Vec<Part<'a>> {
    let Evidence { header, messages, tables, probes } = evidence;
    let mut parts = Vec::new();
    let mut add = |name: &str, write: Writing<'a>| parts.push(Part { name: name.to_owned(), write });
    add(FORMAT_FILE, Box::new(|out| writeln!(out, "{FORMAT}")));
    add(HEADER, Box::new(|out| line(out, &slim(header))));
    add(PROFILE, text(&header.profile));
    if let Some(outlines) = &header.boundaries {
        add(BOUNDARIES, text(outlines));
    }
    if let Some(waivers) = &header.waivers {
        add(WAIVERS, text(&waivers.text));
    }
    for (number, table) in (1..).zip(&header.supplied) {
        add(&supplied(number), text(&table.text));
    }
    if !messages.is_empty() {
        add(MESSAGES, Box::new(|out| message_lines(messages, out)));
        add(BODIES, Box::new(|out| messages.iter().try_for_each(|message| out.write_all(&message.body))));
    }
    if !tables.is_empty() {
        add(TABLES, Box::new(|out| table_lines(tables, out)));
        add(SHEETS, Box::new(|out| tables.iter().try_for_each(|table| out.write_all(&table.octets))));
    }
    if !probes.is_empty() {
        add(
            PROBES,
            Box::new(|out| {
                let mut sorted: Vec<&ProbeRecord> = probes.iter().collect();
                sorted.sort_by(|a, b| a.device_id.cmp(&b.device_id));
                sorted.into_iter().try_for_each(|record| line(out, record))
            }),
        );
    }
    parts
}

fn text(text: &str) -> Writing<'_> {
    Box::new(move |out| out.write_all(text.as_bytes()))
}

/// The name of a table of the user's, counted from 1.
#[must_use]
pub fn supplied(number: usize) -> String {
    format!("{SUPPLIED}{number:03}.txt")
}

/// The header without what stands in files of its own.
fn slim(header: &Header) -> Header {
    let mut slim = header.clone();
    slim.profile.clear();
    if let Some(outlines) = &mut slim.boundaries {
        outlines.clear();
    }
    if let Some(waivers) = &mut slim.waivers {
        waivers.text.clear();
    }
    for table in &mut slim.supplied {
        table.text.clear();
    }
    slim
}

fn message_lines(messages: &[Message], out: &mut dyn Write) -> io::Result<()> {
    let mut offset = 0;
    for (number, message) in (1..).zip(messages) {
        let octets = message.body.len() as u64;
        line(
            out,
            &MessageLine {
                number,
                at: message.at.micros(),
                way: message.way,
                notify: message.notify,
                call_id: message.call_id.to_string(),
                offset,
                octets,
                sha256: hex(&Sha256::digest(&message.body)),
            },
        )?;
        offset += octets;
    }
    Ok(())
}

fn table_lines(tables: &[Table], out: &mut dyn Write) -> io::Result<()> {
    let mut offset = 0;
    for (number, table) in (1..).zip(tables) {
        let octets = table.octets.len() as u64;
        let sha256 = hex(&Sha256::digest(&table.octets));
        line(out, &TableLine { number, name: table.name.clone(), offset, octets, sha256 })?;
        offset += octets;
    }
    Ok(())
}

/// The chain over the members of evidence; its head is 证据摘要. Many machines have two cores: two members are hashed at once.
#[must_use]
pub fn chain(evidence: &Evidence) -> Chain {
    let hash = |part: &Part<'_>| {
        let mut out = BufWriter::with_capacity(BUFFER, Hashing::default());
        // A hash takes whatever it is given.
        let _ = (part.write)(&mut out);
        let hashing = out.into_inner().unwrap_or_default();
        (part.name.clone(), hashing.octets(), hashing.finish())
    };
    let hashed: Vec<(String, u64, Hashes)> = parts(evidence).par_iter().map(hash).collect();
    let mut chain = Chain::default();
    for (name, octets, hashes) in &hashed {
        chain.add(name, *octets, hashes);
    }
    chain
}

/// Why members are no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// One that has to be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// It cannot be read.
    #[error("{name}, line {line}: {why}")]
    Unreadable {
        /// Its name.
        name: String,
        /// Its line.
        line: usize,
        /// Why.
        why: String,
    },
}

/// Puts evidence together from its members. `take` hands a member out, once.
///
/// # Errors
/// When a member is missing or is not what it should be.
pub fn read(mut take: impl FnMut(&str) -> Option<Vec<u8>>) -> Result<Evidence, MemberError> {
    let mut needed = |name: &str| take(name).ok_or_else(|| MemberError::Missing(name.to_owned()));
    let broken = |name: &str, line: usize, why: &dyn std::fmt::Display| MemberError::Unreadable {
        name: name.to_owned(),
        line,
        why: why.to_string(),
    };
    let utf8 = |name: &str, octets: Vec<u8>| String::from_utf8(octets).map_err(|e| broken(name, 1, &e));
    let mut header: Header = serde_json::from_slice(&needed(HEADER)?).map_err(|e| broken(HEADER, 1, &e))?;
    header.profile = utf8(PROFILE, needed(PROFILE)?)?;
    if header.boundaries.is_some() {
        header.boundaries = Some(utf8(BOUNDARIES, needed(BOUNDARIES)?)?);
    }
    if let Some(waivers) = &mut header.waivers {
        waivers.text = utf8(WAIVERS, needed(WAIVERS)?)?;
    }
    for (number, table) in (1..).zip(&mut header.supplied) {
        let name = supplied(number);
        table.text = utf8(&name, needed(&name)?)?;
    }
    let mut messages = Vec::new();
    if let Some(listed) = take(MESSAGES) {
        let bodies = Bytes::from(take(BODIES).ok_or_else(|| MemberError::Missing(BODIES.to_owned()))?);
        let mut call_id: Arc<str> = "".into();
        for (number, one) in (1..).zip(lines::<MessageLine>(MESSAGES, &listed)) {
            let one = one?;
            let place = place(&one, bodies.len()).ok_or_else(|| broken(MESSAGES, number, &"past the end of its file"))?;
            // Files have one name for many bodies.
            if *call_id != *one.call_id {
                call_id = one.call_id.as_str().into();
            }
            messages.push(Message {
                at: Timestamp::from_micros(one.at),
                way: one.way,
                notify: one.notify,
                call_id: call_id.clone(),
                body: bodies.slice(place),
            });
        }
    }
    let mut tables = Vec::new();
    if let Some(listed) = take(TABLES) {
        let sheets = take(SHEETS).ok_or_else(|| MemberError::Missing(SHEETS.to_owned()))?;
        for (number, one) in (1..).zip(lines::<TableLine>(TABLES, &listed)) {
            let one = one?;
            let octets = place(&one, sheets.len()).and_then(|place| sheets.get(place));
            let octets = octets.ok_or_else(|| broken(TABLES, number, &"past the end of its file"))?.to_vec();
            tables.push(Table { name: one.name, octets });
        }
    }
    let probes = take(PROBES).unwrap_or_default();
    let probes = lines::<ProbeRecord>(PROBES, &probes).collect::<Result<_, _>>()?;
    Ok(Evidence { header, messages, tables, probes })
}

/// Where a piece lies in a file of so many octets.
fn place(piece: &impl Piece, whole: usize) -> Option<Range<usize>> {
    let (offset, octets, _) = piece.place();
    let from = usize::try_from(offset).ok()?;
    let to = from.checked_add(usize::try_from(octets).ok()?)?;
    (to <= whole).then_some(from..to)
}

/// The lines of a member.
///
/// # Errors
/// Each that cannot be read.
pub fn lines<'a, T: Deserialize<'a>>(name: &'a str, octets: &'a [u8]) -> impl Iterator<Item = Result<T, MemberError>> + 'a {
    let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
    let lines = (!octets.is_empty()).then(|| octets.split(|octet| *octet == b'\n'));
    lines.into_iter().flatten().zip(1..).map(move |(text, line)| {
        serde_json::from_slice(text).map_err(|error| MemberError::Unreadable {
            name: name.to_owned(),
            line,
            why: error.to_string(),
        })
    })
}

/// The number of the first piece whose octets are not those its line speaks of: what was changed in a file of many pieces.
#[must_use]
pub fn changed<'a, T: Piece + Deserialize<'a>>(name: &'a str, listed: &'a [u8], pieces: &[u8]) -> Option<usize> {
    (1..).zip(lines::<T>(name, listed)).find_map(|(number, one)| {
        let one = one.ok()?;
        let octets = pieces.get(place(&one, pieces.len())?)?;
        (hex(&Sha256::digest(octets)) != one.place().2).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::evidence::{Supplied, tests::evidence};
    use crate::probe::outcome::Untested;

    fn whole() -> Evidence {
        let mut evidence = evidence("r", "p");
        let header = &mut evidence.header;
        header.profile = "id = \"x\"\n".into();
        header.boundaries = Some("{}".into());
        header.supplied = vec![Supplied { key: "osd".into(), name: "o.csv".into(), text: "device_id,text\n".into() }];
        evidence.messages.push(Message { call_id: "d".into(), body: vec![1, 2, 3].into(), ..Message::default() });
        evidence.probes = ["2", "1"].map(|id| ProbeRecord::untested(id, Untested::ProbeLimit)).to_vec();
        evidence
    }

    fn written(evidence: &Evidence) -> HashMap<String, Vec<u8>> {
        let octets = |part: Part<'_>| {
            let mut out = Vec::new();
            (part.write)(&mut out).unwrap();
            (part.name, out)
        };
        parts(evidence).into_iter().map(octets).collect()
    }

    #[test]
    fn evidence_comes_back_from_its_members_and_gives_the_same_ones() {
        let evidence = whole();
        let mut members = written(&evidence);
        assert_eq!(members.len(), 11, "every kind of member is among them");
        let back = read(|name| members.remove(name)).unwrap();
        assert_eq!(chain(&back).text(), chain(&evidence).text());
        assert_eq!((&back.header, &back.messages, &back.tables), (&evidence.header, &evidence.messages, &evidence.tables));
        assert_eq!(back.probes.iter().map(|p| p.device_id.as_str()).collect::<Vec<_>>(), ["1", "2"], "by code");
    }

    #[test]
    fn a_member_that_is_missing_or_broken_is_named() {
        for name in [HEADER, PROFILE, BOUNDARIES, WAIVERS, BODIES, SHEETS, "evidence/supplied/001.txt"] {
            let mut members = written(&whole());
            members.remove(name);
            assert_eq!(read(|name| members.remove(name)), Err(MemberError::Missing(name.to_owned())));
        }
        for name in [HEADER, MESSAGES, TABLES, PROBES] {
            let mut members = written(&whole());
            members.insert(name.to_owned(), b"{}\n".to_vec());
            let error = read(|name| members.remove(name)).unwrap_err();
            assert!(matches!(&error, MemberError::Unreadable { name: of, .. } if of == name), "{error}");
        }
        let mut members = written(&whole());
        members.insert(BODIES.to_owned(), vec![]);
        assert!(read(|name| members.remove(name)).is_err(), "a body past the end of its file");
    }

    #[test]
    fn the_piece_that_was_changed_is_known() {
        let members = written(&whole());
        let mut bodies = members[BODIES].clone();
        assert_eq!(changed::<MessageLine>(MESSAGES, &members[MESSAGES], &bodies), None);
        *bodies.last_mut().unwrap() ^= 1;
        assert_eq!(changed::<MessageLine>(MESSAGES, &members[MESSAGES], &bodies), Some(2));
    }
}
