//! Floor 9: packet captures (抓包) instead of a platform. Octets in, evidence out; nothing here opens a file.
//!
//! Twice through the frames: once for the signalling, which tells the platforms, their catalogues and the calls; once
//! for the media of those calls. What a capture lacks is said, and blamed on no camera.

pub mod call;
pub mod container;
pub mod media;
pub mod packet;
pub mod signalling;
pub mod story;
pub mod stream;
pub mod verdict;
pub mod watch;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use self::call::{Call, Calls};
use self::container::{ContainerError, Frame, Frames};
use self::media::{Media, Orphan};
use self::packet::{Read, Reader, Segment};
use self::signalling::Signalling;
use self::story::{Platform, Registration, Story};
use self::verdict::Around;
use self::watch::{Terms, Watch};
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::base::time::Timestamp;
use crate::edition::{self, Edition};
use crate::evidence::heard::{Heard, HeardKind, MAX_HEARD};
use crate::evidence::{Incomplete, Message, Noted, PlatformFacts, ProbePlan, Query, Way};
use crate::manscdp::document::Document;
use crate::manscdp::item::Element;
use crate::probe::decode::snapshot_name;
use crate::probe::outcome::{Attempt, ProbeRecord, Untested};

/// Frames read of all captures together; a gigabyte of the smallest there are is fewer.
pub const MAX_FRAMES: u64 = 64 * 1024 * 1024;
/// Octets of snapshots kept.
pub const MAX_SNAPSHOT_BYTES: usize = 256 * 1024 * 1024;
/// Link types counted each by itself.
const MAX_LINKS: usize = 16;
/// A clock that goes back by more was set anew, and what follows goes on from there.
const CLOCK_STEP: Duration = Duration::from_secs(1);

/// Why there is nothing to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The file of this number is no capture.
    #[error("file {0}: {1}")]
    Container(usize, ContainerError),
    /// Not one frame.
    #[error("no frame in it")]
    Empty,
    /// Frames, but no SIP among them.
    #[error("{0} frames and no SIP")]
    NoSip(u64),
    /// SIP, but no platform that registers or answers.
    #[error("{0} SIP messages and no platform")]
    NoPlatform(u64),
}

/// What a capture shows of one platform.
#[derive(Debug)]
pub struct PlatformCaptured {
    /// The platform; its name is left to the caller.
    pub facts: PlatformFacts,
    /// Its superior's code.
    pub superior: String,
    /// Catalogue queries.
    pub queries: Vec<Query>,
    /// The ways on which bodies came.
    pub ways: Vec<Way>,
    /// Catalogue bodies, passwords masked.
    pub messages: Vec<Message>,
    /// Passwords masked.
    pub masked: u64,
    /// What was heard.
    pub heard: Vec<Heard>,
    /// What was put up with.
    pub signalling: Vec<Noted>,
    /// Whether anybody called its cameras.
    pub probing: ProbePlan,
    /// The calls, by code.
    pub probes: Vec<ProbeRecord>,
    /// Pictures, by the name they are kept under.
    pub snapshots: Vec<(String, Vec<u8>)>,
    /// Why it says nothing of a catalogue.
    pub incomplete: Option<Incomplete>,
}

/// What captures show.
#[derive(Debug)]
pub struct Captured {
    /// When the first frame was captured, microseconds.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// The platforms, in the order they were met.
    pub platforms: Vec<PlatformCaptured>,
}

/// Reads captures as if they were one: parts of a ring, or signalling and media captured at two places.
///
/// # Errors
/// When a file is no capture, or there is nothing in them to judge.
pub fn read(files: &[&[u8]], terms: Terms, setting: Option<Edition>) -> Result<Captured, CaptureError> {
    for (number, octets) in files.iter().enumerate() {
        Frames::new(octets).map_err(|e| CaptureError::Container(number, e))?;
    }
    let (mut signalling, mut story) = (Signalling::default(), Story::default());
    let counted = each(files, |segment, now, wall| signalling.take(segment, now, |seen| story.take(&seen, wall)));
    if counted.frames == 0 {
        return Err(CaptureError::Empty);
    }
    let first = counted.wall(Mono::ZERO);
    let (end, last) = (counted.end, counted.wall(counted.end));
    signalling.finish(end, |seen| story.take(&seen, last));
    if signalling.messages == 0 {
        return Err(CaptureError::NoSip(counted.frames));
    }
    let Story { platforms, calls, oddities, .. } = story;
    let chosen = chosen(platforms);
    if chosen.is_empty() {
        return Err(CaptureError::NoPlatform(signalling.messages));
    }
    let mut media = Media::new(&calls.calls, terms);
    each(files, |segment, now, _| media.take(segment, now));
    let (watches, orphans, hosts, lacking) = media.finish(end);
    let mut common = counted.oddities();
    for more in [&signalling.oddities, &oddities, &lacking] {
        common.absorb(more);
    }
    let limit = u64::try_from(terms.limit.as_millis()).unwrap_or(u64::MAX);
    // Where our own auditor listened and wrote down all that came, what is not there did not come.
    let mut hosts = hosts;
    for address in &counted.listened {
        *hosts.entry(address.ip()).or_default() += 1;
    }
    let around = Around { end, hosts: &hosts, orphans: &orphans };
    let mut sorted = Sorted::new(&chosen, &calls);
    let mut watches = watches;
    let attempts = sorted.attempts(&calls.calls, &mut watches, |call, watch| {
        let started = Timestamp::from_micros(counted.wall(call.started)).rfc3339_millis();
        verdict::attempt(call, watch, started, terms, around)
    });
    let mut general: Vec<Heard> = orphans.iter().map(|o| heard_orphan(o, end, counted.wall(o.first))).collect();
    if sorted.others > 0 {
        general.push(Heard { at: first, kind: HeardKind::OtherCalls, detail: sorted.others.to_string() });
    }
    let platforms = chosen.into_iter().zip(attempts);
    let platforms =
        platforms.map(|(platform, calls)| finished(platform, calls, end, limit, setting, (&common, &general))).collect();
    Ok(Captured { first, last, platforms })
}

/// What going through the frames has shown.
#[derive(Debug, Default)]
struct Counted {
    frames: u64,
    first: Option<i64>,
    end: Mono,
    cut: u64,
    broken_off: u64,
    unread: BTreeMap<u32, u64>,
    /// Frames of an interface nobody described.
    homeless: u64,
    /// Frames without a time, or with one before that of the frame before.
    untimed: u64,
    /// By how much the clock was set back, microseconds.
    shift: i64,
    fragments_lost: u64,
    too_many: bool,
    /// Media addresses our own auditor listened at.
    listened: Vec<SocketAddr>,
}

impl Counted {
    /// The next frame's time.
    fn clock(&mut self, at: Option<i64>) {
        let Some(at) = at else {
            self.untimed += 1;
            return;
        };
        let first = *self.first.get_or_insert(at);
        let end = i64::try_from(self.end.since(Mono::ZERO).as_micros()).unwrap_or(i64::MAX);
        let mut since = at.saturating_sub(first).saturating_add(self.shift);
        if since < end {
            self.untimed += 1;
            let back = u64::try_from(end.saturating_sub(since)).unwrap_or(u64::MAX);
            if Duration::from_micros(back) > CLOCK_STEP {
                self.shift = self.shift.saturating_add(end.saturating_sub(since));
            }
            since = end;
        }
        self.end = Mono::ZERO.plus(Duration::from_micros(u64::try_from(since).unwrap_or(0)));
    }

    /// The wall clock at a moment of the capture, microseconds.
    fn wall(&self, at: Mono) -> i64 {
        let since = i64::try_from(at.since(Mono::ZERO).as_micros()).unwrap_or(i64::MAX);
        self.first.unwrap_or(0).saturating_add(since)
    }

    fn oddities(&self) -> Oddities {
        let mut all = Oddities::default();
        let mut add = |kind, count: u64, example: &str| {
            if count > 0 {
                all.add_many(kind, count, example);
            }
        };
        add(oddity::CAPTURE_CUT, self.cut, "");
        add(oddity::CAPTURE_BROKEN_OFF, self.broken_off, "");
        add(oddity::CAPTURE_TIME, self.untimed, "");
        add(oddity::CAPTURE_FRAGMENTS, self.fragments_lost, "");
        for (link, count) in &self.unread {
            add(oddity::CAPTURE_LINK, *count, &link.to_string());
        }
        add(oddity::CAPTURE_LINK, self.homeless, "");
        add(oddity::CAPTURE_LIMIT, u64::from(self.too_many), &format!("{MAX_FRAMES} frames"));
        all
    }
}

/// The frames of several captures by their times; within one they stay in their order.
#[derive(Debug)]
struct Merged<'a> {
    files: Vec<Frames<'a>>,
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    waiting: Vec<Option<Frame<'a>>>,
    /// The time of each file's last frame that had one.
    last: Vec<i64>,
}

impl<'a> Merged<'a> {
    fn new(files: &[&'a [u8]]) -> Self {
        let files: Vec<Frames<'a>> = files.iter().filter_map(|octets| Frames::new(octets).ok()).collect();
        let count = files.len();
        let (waiting, last) = (vec![None; count], vec![i64::MIN; count]);
        let mut merged = Self { files, heads: BinaryHeap::new(), waiting, last };
        for number in 0..count {
            merged.advance(number);
        }
        merged
    }

    fn advance(&mut self, number: usize) {
        let (Some(file), Some(waiting), Some(last)) =
            (self.files.get_mut(number), self.waiting.get_mut(number), self.last.get_mut(number))
        else {
            return;
        };
        *waiting = file.next();
        if let Some(frame) = waiting {
            *last = frame.at.unwrap_or(*last);
            self.heads.push(Reverse((*last, number)));
        }
    }
}

impl<'a> Iterator for Merged<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let Reverse((_, number)) = self.heads.pop()?;
        let frame = self.waiting.get_mut(number).and_then(Option::take);
        self.advance(number);
        frame
    }
}

/// Hands out every segment with its time. Time never goes back: what a capture has a little out of order happened
/// with the frame before, and after a clock was set back time goes on from there.
fn each(files: &[&[u8]], mut take: impl FnMut(&Segment<'_>, Mono, i64)) -> Counted {
    let mut counted = Counted::default();
    let mut reader = Reader::default();
    let mut merged = Merged::new(files);
    for frame in merged.by_ref() {
        if counted.frames >= MAX_FRAMES {
            counted.too_many = true;
            break;
        }
        counted.frames += 1;
        counted.clock(frame.at);
        let (now, whole) = (counted.end, frame.whole);
        let read = reader.read(frame, now);
        counted.cut += u64::from(!whole || matches!(&read, Read::Segment(segment) if !segment.whole));
        match read {
            Read::Segment(segment) => take(&segment, now, counted.wall(now)),
            Read::UnknownLink(link) => {
                if counted.unread.len() < MAX_LINKS || counted.unread.contains_key(&link) {
                    *counted.unread.entry(link).or_default() += 1;
                }
            }
            Read::Fragment | Read::Nothing => (),
        }
    }
    for file in &merged.files {
        counted.broken_off += u64::from(file.broken_off);
        counted.homeless += file.homeless;
        counted.listened.extend(&file.listened);
    }
    reader.finish();
    counted.fragments_lost = reader.fragments_lost;
    counted
}

/// The platforms to judge: those whose catalogue is in the capture; where there is none, those that register.
fn chosen(platforms: Vec<Platform>) -> Vec<Platform> {
    let (audited, others): (Vec<_>, Vec<_>) = platforms.into_iter().partition(Platform::is_audited);
    if audited.is_empty() {
        return others.into_iter().filter(|p| p.registration != Registration::Unseen || p.keepalives > 0).collect();
    }
    audited
}

type Judged = (Attempt, Option<Untested>);
/// With its picture.
type Shown = (Judged, Option<Vec<u8>>);

/// What calls showed of one platform: attempts by code, with the pictures.
#[derive(Debug, Default)]
struct CallsOf {
    by_code: BTreeMap<String, Vec<Shown>>,
}

/// Which calls belong to which platform.
#[derive(Debug)]
struct Sorted {
    owners: Vec<Option<usize>>,
    platforms: usize,
    /// Live calls nobody owns, and calls for something else than a live picture.
    others: u64,
}

impl Sorted {
    fn new(platforms: &[Platform], calls: &Calls) -> Self {
        let mut codes: HashMap<usize, HashSet<String>> = HashMap::new();
        let mut owners = Vec::with_capacity(calls.calls.len());
        let mut others = calls.too_many;
        for call in &calls.calls {
            let owner = if call.live && !call.device_id.is_empty() { owner(call, platforms, &mut codes) } else { None };
            others += u64::from(owner.is_none());
            owners.push(owner);
        }
        Self { owners, platforms: platforms.len(), others }
    }

    fn attempts(
        &mut self,
        calls: &[Call],
        watches: &mut BTreeMap<usize, Watch>,
        judge: impl Fn(&Call, Option<&Watch>) -> Judged,
    ) -> Vec<CallsOf> {
        let mut found: Vec<CallsOf> = (0..self.platforms).map(|_| CallsOf::default()).collect();
        for (number, (call, owner)) in calls.iter().zip(&self.owners).enumerate() {
            let Some(of) = owner.and_then(|owner| found.get_mut(owner)) else { continue };
            let mut watch = watches.remove(&number);
            let judged = judge(call, watch.as_ref());
            let jpeg = watch.as_mut().and_then(|w| w.jpeg.take());
            of.by_code.entry(call.device_id.clone()).or_default().push((judged, jpeg));
        }
        found
    }
}

/// The platform a call went to: known by its address; where two are there, or none, by who has the camera.
fn owner(call: &Call, platforms: &[Platform], codes: &mut HashMap<usize, HashSet<String>>) -> Option<usize> {
    let pool = |wanted: &dyn Fn(&Platform) -> bool| -> Vec<usize> {
        platforms.iter().enumerate().filter(|(_, p)| wanted(p)).map(|(n, _)| n).collect()
    };
    let exact = pool(&|p| p.superior_ip == call.source.ip() && p.addresses.contains(&call.destination));
    let near = pool(&|p| p.addresses.iter().any(|a| a.ip() == call.destination.ip()));
    let pool = if !exact.is_empty() {
        exact
    } else if !near.is_empty() {
        near
    } else {
        pool(&|_| true)
    };
    let met = |n: &usize| platforms.get(*n).is_some_and(|p| p.addresses.iter().any(|a| a.ip() == call.destination.ip()));
    if let [one] = pool.as_slice()
        && met(one)
    {
        return Some(*one);
    }
    pool.into_iter().find(|n| {
        let Some(platform) = platforms.get(*n) else { return false };
        codes.entry(*n).or_insert_with(|| codes_of(platform)).contains(&call.device_id)
    })
}

/// The codes of a platform's items.
fn codes_of(platform: &Platform) -> HashSet<String> {
    let documents = platform.messages.iter().filter_map(|m| Document::parse(&m.body, None).ok());
    let ids = documents.flat_map(|d| {
        d.items.into_iter().filter_map(|i| i.get(Element::DeviceID).map(|id| crate::base::text::trim(id).to_owned()))
    });
    ids.collect()
}

fn heard_orphan(orphan: &Orphan, end: Mono, at: i64) -> Heard {
    let (from, to) = orphan.ends;
    let transport = if orphan.tcp { "TCP" } else { "UDP" };
    let shown = match &orphan.watch.picture {
        Some(picture) if picture.visible => format!("{} {}x{}", picture.codec, picture.width, picture.height),
        _ => orphan.watch.cause(end).0.id().to_owned(),
    };
    let detail = format!("{from} > {to} {transport} SSRC {:010} {shown}", orphan.ssrc);
    Heard { at, kind: HeardKind::StreamWithoutCall, detail }
}

fn finished(
    platform: Platform,
    calls: CallsOf,
    end: Mono,
    limit_ms: u64,
    setting: Option<Edition>,
    (common, general): (&Oddities, &[Heard]),
) -> PlatformCaptured {
    let queries = platform.queries(end);
    let audited = platform.is_audited();
    let (edition, source) = edition::choose(setting, platform.version.as_deref());
    let probing = if calls.by_code.is_empty() { ProbePlan::No } else { ProbePlan::Captured };
    let mut snapshots = Vec::new();
    let mut probes = Vec::new();
    for (code, judged) in calls.by_code {
        let mut judged = judged;
        // The picture of the attempt that got furthest.
        let best = judged.iter_mut().filter(|(_, jpeg)| jpeg.is_some()).max_by_key(|((a, _), _)| a.level(limit_ms));
        let jpeg = best.and_then(|(_, jpeg)| jpeg.take());
        let attempts = judged.into_iter().map(|(attempt, _)| attempt).collect();
        let mut record = verdict::record(&code, attempts, limit_ms);
        if let Some(jpeg) = jpeg {
            let name = snapshot_name(&jpeg);
            record.snapshot = Some(name.clone());
            snapshots.push((name, jpeg));
        }
        probes.push(record);
    }
    let mut oddities = platform.oddities;
    oddities.absorb(common);
    let mut heard = platform.heard;
    heard.extend(general.iter().cloned());
    heard.sort_by_key(|h| h.at);
    heard.truncate(MAX_HEARD);
    PlatformCaptured {
        facts: PlatformFacts {
            id: platform.code,
            role: "subordinate".to_owned(),
            transport: if platform.tcp { "TCP" } else { "UDP" }.to_owned(),
            address: platform.address.to_string(),
            user_agent: platform.user_agent,
            edition: edition.name().to_owned(),
            edition_source: source.name().to_owned(),
            ..PlatformFacts::default()
        },
        superior: platform.superior,
        queries,
        ways: platform.ways,
        messages: platform.messages,
        masked: platform.masked,
        heard,
        signalling: oddities.iter().map(|(kind, count, example)| Noted::new(kind, count, example)).collect(),
        probing,
        probes,
        snapshots,
        incomplete: (!audited && platform.registration == Registration::Refused).then_some(Incomplete::NeverRegistered),
    }
}
