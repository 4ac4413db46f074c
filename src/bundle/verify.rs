//! Verifies a bundle: the file to the octet, the chain, and every number from the evidence alone.
//!
//! Nothing is read but the file: no clock, no zone, no locale, no store. What is found is told with its place.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use memchr::memchr_iter;
use rayon::prelude::*;

use super::archive::{Member, Walked, octets, walk};
use super::signature;
use super::wrong::{Refused, Wrong};
use super::{ABOUT, About, FRAME_DATA, FRAMES, FrameLine, RESULTS, RULES, SNAPSHOTS, results, rules};
use crate::audit::assess::assess;
use crate::base::lang::Lang;
use crate::evidence::Evidence;
use crate::evidence::members::{
    self, BODIES, FORMAT, FORMAT_FILE, MESSAGES, MemberError, MessageLine, SHEETS, TABLES, TableLine, chain,
};
use crate::evidence::seal::{Chain, Hashes};
use crate::media::access_unit::{MAX_FRAME, units};
use crate::media::codec::CODECS;
use crate::media::jpeg::Snapshots;
use crate::media::look::FROZEN;
use crate::probe::decode::{Looking, frame_name, seen};
use crate::probe::outcome::{Look, PictureFacts};
use crate::report::Report;

/// Octets of evidence that are read into memory: a run over 100,000 cameras has a third of it.
pub const MAX_EVIDENCE: u64 = 1024 * 1024 * 1024;
/// Octets of a signature.
const MAX_SIGNATURE: u64 = 1_000;
/// Octets of the member that names the layout.
const MAX_FORMAT: u64 = 100;
/// Octets of a list: of members, of key frames.
const MAX_LIST: u64 = 64 * 1024 * 1024;
/// Things told one by one; a file that was made anew differs everywhere.
pub const MAX_WRONG: usize = 100;
/// Key frames decoded at once.
const BATCH: usize = 64;
/// Octets gathered before they are compared.
const BUFFER: usize = 64 * 1024;

/// What is asked of a bundle beside being whole.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// 证据摘要 as it stands in a printed report, of either hash.
    pub head: Option<String>,
    /// The public key it is to be signed by.
    pub signer: Option<String>,
    /// Key frames are not decoded.
    pub without_pictures: bool,
}

/// What was found.
pub struct Verified {
    /// Members, the list left out.
    pub members: usize,
    /// Octets of the file.
    pub octets: u64,
    /// 证据摘要
    pub head: Hashes,
    /// 封条, the last value of the chain.
    pub seal: Hashes,
    /// The public key it is signed by; nothing where it is not signed.
    pub signer: Option<String>,
    /// Who made it; nothing where that was changed.
    pub about: Option<About>,
    /// What is not as it must be, in the order it was found; [`MAX_WRONG`] at most.
    pub wrong: Vec<Wrong>,
    /// More than these.
    pub more: usize,
    /// The report the evidence gives; nothing where the evidence was changed.
    pub report: Option<Box<Report>>,
    /// What the pictures rest on.
    pub frames: Frames,
}

/// What the verdicts on pictures rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frames {
    /// Key frames that were decoded again.
    pub decoded: u64,
    /// Cameras with a picture whose key frame is among them.
    pub shown: u64,
    /// Cameras with a picture, by the log of the call alone.
    pub logged: u64,
}

impl Verified {
    /// Every octet is as it must be, and every number comes out again.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The results are another version's.
    #[must_use]
    pub fn is_of_another_version(&self) -> bool {
        self.about.as_ref().is_some_and(|about| about.version != env!("CARGO_PKG_VERSION"))
    }

    /// The evidence stands, and what differs may differ because another version counted.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.is_equal() && self.is_of_another_version() && self.wrong.iter().all(Wrong::may_be_of_a_version)
    }

    /// 0 equal, 1 changed, 4 another version's results.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match () {
            () if self.is_equal() => 0,
            () if self.is_undecided() => 4,
            () => 1,
        }
    }

    fn tell(&mut self, wrong: Wrong) {
        if self.wrong.len() < MAX_WRONG {
            self.wrong.push(wrong);
        } else {
            self.more += 1;
        }
    }
}

/// Verifies a bundle.
///
/// # Errors
/// When it is none of this layout, or cannot be walked from end to end.
pub fn verify<R: Read + Seek>(input: &mut R, wanted: &Wanted) -> Result<Verified, Refused> {
    let Walked { members, list, signature, wrong } = walk(input)?;
    if members.first().is_none_or(|member| member.name != FORMAT_FILE) || list.octets > MAX_LIST {
        return Err(Refused::NoBundle);
    }
    let mut verified = Verified {
        members: members.len(),
        octets: input.seek(SeekFrom::End(0))?,
        head: Chain::default().head().clone(),
        seal: Chain::default().head().clone(),
        signer: None,
        about: None,
        wrong: Vec::new(),
        more: 0,
        report: None,
        frames: Frames::default(),
    };
    chained(input, (&members, &list), &mut verified)?;
    wrong.into_iter().for_each(|one| verified.tell(one));
    if let Some(member) = signature {
        let item = members.len() + 2;
        if member.octets <= MAX_SIGNATURE {
            verified.signer = signature::check(&octets(input, &member)?, &octets(input, &list)?);
        }
        if verified.signer.is_none() {
            verified.tell(Wrong::Signature { item });
        } else if !member.header {
            verified.tell(Wrong::Header { item, name: member.name });
        }
    }
    if wanted.signer.is_some() && wanted.signer != verified.signer {
        verified.tell(Wrong::Signer { found: verified.signer.clone() });
    }
    if let Some(given) = &wanted.head
        && *given != verified.head.sm3
        && *given != verified.head.sha256
    {
        verified.tell(Wrong::Head { sm3: verified.head.sm3.clone() });
    }
    // What was changed would be counted again as if it had been sent.
    if verified.is_equal() {
        recount(input, &members, wanted, &mut verified)?;
    }
    Ok(verified)
}

/// Holds every member against its line of the list, and every line against the one before it.
fn chained<R: Read + Seek>(input: &mut R, (members, list): (&[Member], &Member), verified: &mut Verified) -> Result<(), Refused> {
    let text = octets(input, list)?;
    let lines: Vec<&[u8]> = text.split_inclusive(|octet| *octet == b'\n').collect();
    let (mut due, mut evidence) = (Chain::default(), Chain::default());
    let mut before = due.head().clone();
    for (index, member) in members.iter().enumerate() {
        let item = index + 1;
        due.add(&member.name, member.octets, &member.hashes);
        if is_evidence(&member.name) {
            evidence.add(&member.name, member.octets, &member.hashes);
        }
        let name = || member.name.clone();
        let Some(line) = lines.get(index) else {
            verified.tell(Wrong::List { line: item });
            break;
        };
        let of = Hashes::of(line);
        let expected = spelt(item, member, &before);
        if *line == expected.as_bytes() {
            if !member.header {
                verified.tell(Wrong::Header { item, name: name() });
            }
            before = of;
        } else if !lists(line, member) && (list.header || !member.header) {
            // The sums in the zip tell which of the two was changed: the list, or what it speaks of.
            let piece = piece(input, members, member)?;
            verified.tell(Wrong::Changed { item, name: name(), piece });
            before = of;
        } else if list.header && lists(line, member) && !line.ends_with(format!("\t{}\n", member.name).as_bytes()) {
            verified.tell(Wrong::Header { item, name: name_of(line) });
            before = of;
        } else {
            verified.tell(Wrong::List { line: item });
            before = Hashes::of(expected.as_bytes());
        }
    }
    if lines.len() > members.len() {
        verified.tell(Wrong::List { line: members.len() + 1 });
    }
    if verified.is_equal() && !list.header {
        verified.tell(Wrong::Header { item: members.len() + 1, name: list.name.clone() });
    }
    if let Some(format) = members.first().filter(|_| verified.is_equal()) {
        let found = if format.octets <= MAX_FORMAT { octets(input, format)? } else { Vec::new() };
        if found != format!("{FORMAT}\n").as_bytes() {
            return Err(Refused::Version(String::from_utf8_lossy(&found).trim().to_owned()));
        }
    }
    (verified.head, verified.seal) = (evidence.head().clone(), due.head().clone());
    Ok(())
}

/// The line a member must have.
fn spelt(item: usize, member: &Member, before: &Hashes) -> String {
    let Member { name, octets, hashes, .. } = member;
    format!("{item}\t{octets}\t{}\t{}\t{}\t{}\t{name}\n", hashes.sm3, hashes.sha256, before.sm3, before.sha256)
}

/// Whether a line speaks of a member as it is.
fn lists(line: &[u8], member: &Member) -> bool {
    let line = String::from_utf8_lossy(line);
    let cells: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
    cells.get(2) == Some(&member.hashes.sm3.as_str()) && cells.get(3) == Some(&member.hashes.sha256.as_str())
}

/// The name in a line.
fn name_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches('\n').rsplit('\t').next().unwrap_or_default().to_owned()
}

/// Members 证据摘要 is over.
fn is_evidence(name: &str) -> bool {
    name == FORMAT_FILE || name.starts_with("evidence/")
}

/// In a file of many pieces: which of them was changed, as far as the lines about them tell.
fn piece<R: Read + Seek>(input: &mut R, members: &[Member], member: &Member) -> Result<Option<usize>, Refused> {
    let listed = match member.name.as_str() {
        BODIES => MESSAGES,
        SHEETS => TABLES,
        _ => return Ok(None),
    };
    let Some(lines) = members.iter().find(|m| m.name == listed).filter(|m| m.octets + member.octets <= MAX_EVIDENCE) else {
        return Ok(None);
    };
    let (lines, pieces) = (octets(input, lines)?, octets(input, member)?);
    Ok(match listed {
        MESSAGES => members::changed::<MessageLine>(MESSAGES, &lines, &pieces),
        _ => members::changed::<TableLine>(TABLES, &lines, &pieces),
    })
}

/// Counts everything again.
fn recount<R: Read + Seek>(input: &mut R, members: &[Member], wanted: &Wanted, verified: &mut Verified) -> Result<(), Refused> {
    // Who made it comes first: another version may spell the evidence otherwise.
    let Some(lang) = about(input, members, verified)? else { return Ok(()) };
    let Some(evidence) = read(input, members, verified)? else { return Ok(()) };
    let due = chain(&evidence);
    for (index, (member, line)) in members.iter().zip(due.text().lines()).enumerate() {
        if !line.ends_with(&format!("\t{}", member.name)) || !lists(line.as_bytes(), member) {
            verified.tell(Wrong::Spelling { item: index + 1, name: member.name.clone() });
            return Ok(());
        }
    }
    let label = verified.about.as_ref().and_then(|about| about.label.clone());
    let report = match assess(evidence, lang, label) {
        Ok(report) => report,
        Err(error) => {
            verified.tell(Wrong::NoReport { why: error.to_string() });
            return Ok(());
        }
    };
    let evidence = due.text().lines().count();
    in_order(members, evidence, &report, verified);
    pictures(input, members, &report, wanted, verified)?;
    compare(input, members, RULES, verified, |out| rules(out))?;
    for file in results(&report) {
        compare(input, members, &format!("{RESULTS}{}", file.name), verified, |out| (file.write)(&report, out))?;
    }
    verified.report = Some(Box::new(report));
    Ok(())
}

/// Reads who made the bundle; gives the language of its results.
fn about<R: Read + Seek>(input: &mut R, members: &[Member], verified: &mut Verified) -> Result<Option<Lang>, Refused> {
    let place = members.iter().position(|member| member.name == ABOUT);
    let item = place.map_or(members.len(), |index| index) + 1;
    let stands = match place.and_then(|index| members.get(index)).filter(|member| member.octets <= MAX_LIST) {
        Some(member) => octets(input, member)?,
        None => Vec::new(),
    };
    let Ok(made) = serde_json::from_slice::<About>(&stands) else {
        verified.tell(Wrong::Missing { item, name: ABOUT.to_owned() });
        return Ok(None);
    };
    let mut spelt = Vec::new();
    members::line(&mut spelt, &made)?;
    let lang = made.lang().filter(|_| made.format == FORMAT && stands == spelt);
    verified.about = Some(made);
    if lang.is_none() {
        verified.tell(Wrong::Spelling { item, name: ABOUT.to_owned() });
    }
    Ok(lang)
}

/// The evidence in a bundle, as far as it can be read.
fn read<R: Read + Seek>(input: &mut R, members: &[Member], verified: &mut Verified) -> Result<Option<Evidence>, Refused> {
    let mut all = 0;
    for (index, member) in members.iter().enumerate().filter(|(_, member)| is_evidence(&member.name)) {
        all += member.octets;
        if all > MAX_EVIDENCE {
            return Err(Refused::Member { item: index + 1, name: member.name.clone(), octets: all });
        }
    }
    let mut failed = None;
    let found = members::read(|name| {
        let member = members.iter().find(|member| member.name == name)?;
        octets(input, member).map_err(|error| failed = Some(error)).ok()
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let item = |name: &str| members.iter().position(|m| m.name == name).map_or(members.len() + 1, |index| index + 1);
    match found {
        Ok(evidence) => return Ok(Some(evidence)),
        Err(MemberError::Missing(name)) => verified.tell(Wrong::Missing { item: item(&name), name }),
        Err(MemberError::Unreadable { name, line, why }) => {
            verified.tell(Wrong::Unreadable { item: item(&name), name, why: format!("{line}: {why}") });
        }
    }
    Ok(None)
}

/// The members that are due, one after the other; `evidence` of them were looked at.
fn in_order(members: &[Member], evidence: usize, report: &Report, verified: &mut Verified) {
    let frames = verified.about.as_ref().map_or(0, |about| about.key_frames);
    let snapshots: Vec<&str> = members.iter().map(|m| m.name.as_str()).filter(|name| name.starts_with(SNAPSHOTS)).collect();
    let sorted = snapshots.is_sorted() && verified.about.as_ref().is_some_and(|about| about.snapshots == snapshots.len() as u64);
    let mut due: Vec<String> = Vec::new();
    if frames > 0 {
        due.extend([FRAMES.to_owned(), FRAME_DATA.to_owned()]);
    }
    due.extend(snapshots.iter().map(|name| (*name).to_owned()));
    due.extend([ABOUT.to_owned(), RULES.to_owned()]);
    due.extend(results(report).map(|file| format!("{RESULTS}{}", file.name)));
    let mut there = members.iter().skip(evidence).map(|member| member.name.as_str());
    for (item, name) in (evidence + 1..).zip(&due) {
        match there.next() {
            Some(found) if found == name => (),
            Some(found) if due.iter().any(|one| one == found) => {
                return verified.tell(Wrong::Missing { item, name: name.clone() });
            }
            Some(found) => return verified.tell(Wrong::Extra { item, name: found.to_owned() }),
            None => return verified.tell(Wrong::Missing { item, name: name.clone() }),
        }
    }
    if let Some(found) = there.next() {
        verified.tell(Wrong::Extra { item: evidence + due.len() + 1, name: found.to_owned() });
    } else if !sorted {
        verified.tell(Wrong::Spelling { item: evidence + 1, name: SNAPSHOTS.to_owned() });
    }
}

/// Holds what is written against a member, octet by octet.
fn compare<R: Read + Seek>(
    input: &mut R,
    members: &[Member],
    name: &str,
    verified: &mut Verified,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Refused> {
    // What is missing was told.
    let Some((index, member)) = members.iter().enumerate().find(|(_, member)| member.name == name) else { return Ok(()) };
    input.seek(SeekFrom::Start(member.at))?;
    let comparing = Comparing { input, left: member.octets, line: 1, differs: None, buffer: Vec::new() };
    let mut out = BufWriter::with_capacity(BUFFER, comparing);
    write(&mut out)?;
    let comparing = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    let differs = comparing.differs.or((comparing.left > 0).then_some(comparing.line));
    if let Some(line) = differs {
        verified.tell(Wrong::Recomputed { item: index + 1, name: name.to_owned(), line });
    }
    Ok(())
}

/// Takes what a member should be, and reads what it is.
struct Comparing<'a, R> {
    input: &'a mut R,
    left: u64,
    line: usize,
    differs: Option<usize>,
    buffer: Vec<u8>,
}

impl<R: Read> Write for Comparing<'_, R> {
    fn write(&mut self, due: &[u8]) -> io::Result<usize> {
        if self.differs.is_some() {
            return Ok(due.len());
        }
        let there = due.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.buffer.resize(there, 0);
        self.input.read_exact(&mut self.buffer)?;
        self.left -= there as u64;
        let same = self.buffer.iter().zip(due).take_while(|(a, b)| a == b).count();
        self.line += memchr_iter(b'\n', due.get(..same).unwrap_or_default()).count();
        if same < due.len() {
            self.differs = Some(self.line);
        }
        Ok(due.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Key frames and snapshots: each is the one its name says, somebody's, and a key frame shows what the log says.
fn pictures<R: Read + Seek>(
    input: &mut R,
    members: &[Member],
    report: &Report,
    wanted: &Wanted,
    verified: &mut Verified,
) -> Result<(), Refused> {
    let named: HashSet<&str> = report.probes.values().filter_map(|record| record.snapshot.as_deref()).collect();
    for (index, member) in members.iter().enumerate() {
        let Some(name) = member.name.strip_prefix(SNAPSHOTS) else { continue };
        let is_its = name.strip_suffix(".jpg").is_some_and(|digits| member.hashes.sha256.starts_with(digits));
        if !is_its || !named.contains(name) {
            verified.tell(Wrong::Picture { item: index + 1, name: name.to_owned() });
        }
    }
    let mut of: HashMap<&str, Vec<(&str, u32, &PictureFacts)>> = HashMap::new();
    for record in report.probes.values() {
        for attempt in &record.attempts {
            let Some(picture) = &attempt.picture else { continue };
            let Some(name) = picture.key_frame.as_deref() else { continue };
            of.entry(name).or_default().push((&record.device_id, attempt.number, picture));
        }
    }
    let looking = Looking { snapshots: Snapshots::Off, black: report.profile.output.black };
    let how = (!wanted.without_pictures).then_some(looking);
    let mut kept: HashSet<String> = HashSet::new();
    let place = |name: &str| members.iter().position(|member| member.name == name);
    if let (Some(lines), Some(data)) = (place(FRAMES), place(FRAME_DATA)) {
        let (Some(listed), Some(data_member)) = (members.get(lines), members.get(data)) else { return Ok(()) };
        if listed.octets > MAX_LIST {
            return Err(Refused::Member { item: lines + 1, name: FRAMES.to_owned(), octets: listed.octets });
        }
        let listed = octets(input, listed)?;
        let mut at = 0;
        let mut batch: Vec<(FrameLine, Vec<u8>)> = Vec::new();
        let read: Result<Vec<FrameLine>, MemberError> = members::lines(FRAMES, &listed).collect();
        let frames = match read {
            Ok(frames) if spelt_alike(&frames, &listed) => frames,
            _ => {
                verified.tell(Wrong::Spelling { item: lines + 1, name: FRAMES.to_owned() });
                return Ok(());
            }
        };
        let count = frames.len() as u64;
        let last = frames.len();
        for (number, frame) in (1..).zip(frames) {
            let fits = frame.octets <= MAX_FRAME as u64 && at + frame.octets <= data_member.octets;
            if frame.offset != at || !fits {
                verified.tell(Wrong::Picture { item: data + 1, name: frame.key_frame });
                return Ok(());
            }
            input.seek(SeekFrom::Start(data_member.at + at))?;
            let mut there = vec![0; usize::try_from(frame.octets).unwrap_or_default()];
            input.read_exact(&mut there)?;
            at += frame.octets;
            kept.insert(frame.key_frame.clone());
            batch.push((frame, there));
            if batch.len() >= BATCH || number == last {
                let found: Vec<Wrong> =
                    batch.par_iter().flat_map_iter(|(frame, octets)| look_again(frame, octets, &of, data + 1, how)).collect();
                found.into_iter().for_each(|one| verified.tell(one));
                batch.clear();
            }
        }
        if at != data_member.octets || verified.about.as_ref().is_some_and(|about| about.key_frames != count) {
            verified.tell(Wrong::Spelling { item: data + 1, name: FRAME_DATA.to_owned() });
        }
        if !wanted.without_pictures {
            verified.frames.decoded = count;
        }
    }
    for camera in &report.cameras {
        let record = report.item(camera.item).and_then(|item| report.probes.get(item.id()));
        let attempt = record.zip(camera.probe.deciding).and_then(|(record, index)| record.attempts.get(index));
        let Some(picture) = attempt.and_then(|attempt| attempt.picture.as_ref()) else { continue };
        let shown = picture.key_frame.as_ref().is_some_and(|name| kept.contains(name)) && !wanted.without_pictures;
        verified.frames.shown += u64::from(shown);
        verified.frames.logged += u64::from(!shown);
    }
    Ok(())
}

/// Whether the lines are spelt as they must be, and in the order of their names.
fn spelt_alike(frames: &[FrameLine], listed: &[u8]) -> bool {
    let mut spelt = Vec::new();
    frames.iter().all(|frame| members::line(&mut spelt, frame).is_ok())
        && spelt == listed
        && frames.is_sorted_by(|a, b| a.key_frame < b.key_frame)
}

/// What is not so of one key frame.
fn look_again(
    frame: &FrameLine,
    octets: &[u8],
    of: &HashMap<&str, Vec<(&str, u32, &PictureFacts)>>,
    item: usize,
    how: Option<Looking>,
) -> Vec<Wrong> {
    let of = of.get(frame.key_frame.as_str()).map(Vec::as_slice).unwrap_or_default();
    if of.is_empty() || frame_name(octets) != frame.key_frame {
        return vec![Wrong::Picture { item, name: frame.key_frame.clone() }];
    }
    // By its hash alone.
    let Some(how) = how else { return Vec::new() };
    let mut found = Vec::new();
    // Two cameras with one picture have one codec: decoded once.
    let mut decoded: Option<(String, Option<PictureFacts>)> = None;
    for (device_id, attempt, facts) in of {
        if decoded.as_ref().is_none_or(|(codec, _)| *codec != facts.codec) {
            let codec = CODECS.iter().find(|codec| codec.name == facts.codec);
            let picture = codec.and_then(|codec| (codec.decode)(&units(octets)).ok());
            let seen = picture.map(|picture| seen(&picture, &facts.codec, how).facts);
            decoded = Some((facts.codec.clone(), seen));
        }
        let again = decoded.as_ref().and_then(|(_, facts)| facts.as_ref());
        if let Some(what) = differs(facts, again) {
            found.push(Wrong::Frame { device_id: (*device_id).to_owned(), attempt: *attempt, what });
        }
    }
    found
}

/// The first thing a log says otherwise than the picture shows; what only later key frames show is left out.
fn differs(logged: &PictureFacts, again: Option<&PictureFacts>) -> Option<&'static str> {
    let Some(again) = again else { return Some("picture") };
    let looks = |facts: &PictureFacts| -> Option<Vec<Look>> {
        facts.looks.as_ref().map(|looks| looks.iter().filter(|look| look.id != FROZEN).cloned().collect())
    };
    [
        ("width", logged.width == again.width),
        ("height", logged.height == again.height),
        ("mean_luma_x100", logged.mean_luma_x100 == again.mean_luma_x100),
        ("sigma_luma_x100", logged.sigma_luma_x100 == again.sigma_luma_x100),
        ("visible", logged.visible == again.visible),
        ("looks", looks(logged) == looks(again)),
        ("fingerprint", logged.fingerprint == again.fingerprint),
        ("digest", logged.digest == again.digest),
    ]
    .into_iter()
    .find_map(|(what, same)| (!same).then_some(what))
}
