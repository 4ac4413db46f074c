//! Asks beside the catalogue what the settings want measured: lists of recordings, statuses, times.
//!
//! A guest asks little: few questions at once, never two of one recorder, [`SPACING`] between any two, so many cameras and no
//! more. A recorder that refuses or does not answer is left alone, and so is a platform that answers nobody. What the answers come to
//! is not decided here.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::hub::{Inbound, PeerState};
use super::query::{Line, SPACING, fresh_sn};
use crate::base::clock::{Clock as _, Mono};
use crate::catalog::answer::AnswerSet;
use crate::catalog::collect::{Collector, Progress};
use crate::evidence::measured::{Ended, MAX_SPANS, Measure, Measured, RecordsAnswer, SnapshotAnswer, StatusAnswer};
use crate::manscdp::command;
use crate::manscdp::document::Document;
use crate::manscdp::item::{Element, RawItem};
use crate::manscdp::mask::mask_passwords;
use crate::net::peer::{Answer, Peer};
use crate::net::upload::{Upload, Uploads};
use crate::probe::outcome::PictureFacts;
use crate::sip::builder::MANSCDP;
use crate::sip::transaction::{Failure, TIMEOUT};

/// Questions open at once.
const AT_ONCE: usize = 4;
/// How long an answer about a status may take.
const STATUS_ANSWER: Duration = Duration::from_secs(5);
/// How long a snapshot may take until it is uploaded.
const SNAPSHOT_ANSWER: Duration = Duration::from_secs(20);
/// How often the platform's own clock is asked for: the quickest answer tells most.
const OWN_TIMES: usize = 3;
/// Cameras of one recorder in a row that have no answer before the others of it are left alone.
const MAX_VAIN_OF_RECORDER: u32 = 2;
/// Cameras of a platform in a row that have no answer before it is left alone.
const MAX_VAIN: u32 = 6;
/// Octets of one text that are kept.
const MAX_TEXT: usize = 64;

/// What is asked of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its code.
    pub device_id: String,
    /// Its recorder, by number.
    pub recorder: usize,
}

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Records,
    Status,
    Snapshot,
}

/// What was uploaded, as it was looked at.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The picture; nothing where it is none.
    pub picture: Option<PictureFacts>,
    /// Why not.
    pub wrong: Option<String>,
    /// The name its small copy is kept under.
    pub snapshot: Option<String>,
}

/// Looks at what was uploaded.
pub type Look<'a> = &'a (dyn Fn(&[u8]) -> Shown + Send + Sync);

/// What is to be asked, of whom.
pub struct Order<'a> {
    /// What.
    pub what: &'a [Measure],
    /// The window of recordings, microseconds.
    pub window: (i64, i64),
    /// The cameras, in the order of the catalogue.
    pub whom: &'a [Asked],
    /// Those without a live picture.
    pub dark: &'a [Asked],
    /// Where snapshots are uploaded to; nothing where the platform has no such command.
    pub uploads: Option<&'a Uploads>,
    /// Looks at them.
    pub look: Look<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    kind: Kind,
    /// Whom; `None` is the platform itself.
    about: Option<usize>,
    /// Its recorder; the platform is nobody's.
    recorder: Option<usize>,
}

/// Whom to ask next. Pure, and told the time.
#[derive(Debug, Default)]
struct Course {
    waiting: VecDeque<Question>,
    busy: HashSet<usize>,
    open: usize,
    last: Option<Mono>,
    /// Without an answer in a row: of a recorder, of all.
    vain: HashMap<(usize, Kind), u32>,
    vain_of_all: HashMap<Kind, u32>,
}

enum Next {
    Ask(Question),
    /// Not asked any more.
    Drop(Question),
    Wait(Option<Mono>),
    Done,
}

impl Course {
    fn next(&mut self, now: Mono) -> Next {
        let given_up = |q: &Question| {
            let of = q.recorder.and_then(|recorder| self.vain.get(&(recorder, q.kind))).copied().unwrap_or(0);
            let all = self.vain_of_all.get(&q.kind).copied().unwrap_or(0);
            q.about.is_some() && (of >= MAX_VAIN_OF_RECORDER || all >= MAX_VAIN)
        };
        if let Some(question) = self.waiting.iter().position(given_up).and_then(|place| self.waiting.remove(place)) {
            return Next::Drop(question);
        }
        if self.waiting.is_empty() {
            return if self.open == 0 { Next::Done } else { Next::Wait(None) };
        }
        if let Some(soon) = self.last.map(|last| last.plus(SPACING)).filter(|soon| *soon > now) {
            return Next::Wait(Some(soon));
        }
        let free = |q: &Question| q.recorder.is_none_or(|recorder| !self.busy.contains(&recorder));
        let found = if self.open < AT_ONCE { self.waiting.iter().position(free) } else { None };
        let Some(question) = found.and_then(|place| self.waiting.remove(place)) else { return Next::Wait(None) };
        self.open += 1;
        self.last = Some(now);
        self.busy.extend(question.recorder);
        Next::Ask(question)
    }

    fn settled(&mut self, question: &Question, ended: Ended) {
        self.open -= 1;
        let kind = question.kind;
        let Some(recorder) = question.recorder else { return };
        self.busy.remove(&recorder);
        let (of, all) = (self.vain.entry((recorder, kind)).or_default(), self.vain_of_all.entry(kind).or_default());
        match ended {
            Ended::Answered => (*of, *all) = (0, 0),
            // Busy is said once.
            Ended::Refused(408 | 480 | 486 | 500..=599) => (*of, *all) = (MAX_VAIN_OF_RECORDER, *all + 1),
            _ => (*of, *all) = (*of + 1, *all + 1),
        }
    }
}

/// A question under way.
struct Open {
    question: Question,
    sn: u32,
    sent: i64,
    taken: Option<(i64, Option<String>)>,
    /// Of recordings.
    collector: Option<Collector>,
    set: AnswerSet,
    /// Of a status or a snapshot: when it is not waited for any longer.
    until: Mono,
    /// What the device says to a snapshot: `Result`.
    result: Option<String>,
}

impl Open {
    /// When it is to be looked at again, or that it is over.
    fn progress(&self, now: Mono) -> Result<Mono, Ended> {
        match &self.collector {
            Some(collector) => match collector.progress(now) {
                Progress::Wait(until) => Ok(until),
                Progress::Whole | Progress::Short => Err(Ended::Answered),
                Progress::Silent => Err(Ended::Silent),
            },
            None if now >= self.until => Err(Ended::Silent),
            None => Ok(self.until),
        }
    }
}

/// What came of a question, but for what the platform writes.
enum Came {
    /// It was handed over, or not.
    Taken(Result<Answer, ()>, i64),
    /// A snapshot was uploaded.
    Upload(Upload),
}

/// The last word on a question.
enum Said {
    Nothing,
    Status(Vec<(String, String)>, i64),
    Snapshot(Shown, u64),
}

/// Asks, and follows the answers to their end. Gives what was said, and how many questions were asked.
pub async fn measure(line: &mut Line<'_>, peer: &Peer, order: &Order<'_>) -> (Measured, u64) {
    let Order { what, window, whom, dark, .. } = *order;
    let mut measured = Measured { from: window.0, to: window.1, ..Measured::default() };
    let mut course = Course::default();
    let wants = |measure| what.contains(&measure);
    if wants(Measure::Clock) {
        course.waiting.extend((0..OWN_TIMES).map(|_| Question { kind: Kind::Status, about: None, recorder: None }));
    }
    let each = |kind: Kind| {
        let of = if kind == Kind::Snapshot { dark } else { whom };
        of.iter().enumerate().map(move |(n, one)| Question { kind, about: Some(n), recorder: Some(one.recorder) })
    };
    if wants(Measure::Status) || wants(Measure::Clock) {
        course.waiting.extend(each(Kind::Status));
    }
    if wants(Measure::Records) {
        course.waiting.extend(each(Kind::Records));
    }
    let mut snapshots: Vec<(usize, SnapshotAnswer)> = Vec::new();
    if wants(Measure::Snapshot) {
        if order.uploads.is_some() {
            course.waiting.extend(each(Kind::Snapshot));
        } else {
            let untold = |one: &Asked| snapshot_answer(one.device_id.clone(), Ended::Unsupported, None, Shown::default(), 0);
            snapshots.extend(dark.iter().map(untold).enumerate());
        }
    }
    let mut answers: Vec<(usize, RecordsAnswer)> = Vec::new();
    let mut statuses: Vec<(Option<usize>, StatusAnswer)> = Vec::new();
    let mut keep = |question: &Question, open: Option<Open>, ended: Ended, said: Said| {
        let device_id = addressee(order, question).unwrap_or(&peer.party.id).to_owned();
        match (question.kind, question.about) {
            (Kind::Snapshot, Some(n)) => {
                let (shown, octets) =
                    if let Said::Snapshot(shown, octets) = said { (shown, octets) } else { (Shown::default(), 0) };
                snapshots.push((n, snapshot_answer(device_id, ended, open.and_then(|open| open.result), shown, octets)));
            }
            (Kind::Records, Some(n)) => answers.push((n, records_answer(device_id, ended, open.map(|open| open.set)))),
            _ => {
                let (texts, answered) = if let Said::Status(texts, at) = said { (texts, Some(at)) } else { (Vec::new(), None) };
                let (sent, taken) = open.map_or((0, None), |open| (open.sent, open.taken));
                statuses.push((question.about, StatusAnswer { device_id, ended, sent, taken, answered, texts }));
            }
        }
    };
    let (tell, mut told) = mpsc::channel::<(u32, Came)>(4 * AT_ONCE);
    let mut open: Vec<Open> = Vec::new();
    let mut count = 0;
    while !line.stop.is_stopped() && line.state.borrow().online().is_some() {
        let now = line.clock.mono();
        while let Some(place) = open.iter().position(|one| one.progress(now).is_err()) {
            let one = open.swap_remove(place);
            let ended = one.progress(now).err().unwrap_or(Ended::Silent);
            let question = one.question.clone();
            course.settled(&question, ended);
            keep(&question, Some(one), ended, Said::Nothing);
        }
        let mut wake = open.iter().filter_map(|one| one.progress(now).ok()).min();
        match course.next(now) {
            Next::Done => break,
            Next::Drop(question) => {
                keep(&question, None, Ended::GivenUp, Said::Nothing);
                continue;
            }
            Next::Wait(soon) => wake = wake.into_iter().chain(soon).min(),
            Next::Ask(question) => {
                count += 1;
                open.push(ask(line, peer, question, order, &tell));
                continue;
            }
        }
        tokio::select! {
            Some((sn, came)) = told.recv() => {
                let Some(place) = open.iter().position(|one| one.sn == sn) else { continue };
                let (answer, at) = match came {
                    Came::Taken(answer, at) => (answer, at),
                    Came::Upload(upload) => {
                        let one = open.swap_remove(place);
                        let question = one.question.clone();
                        course.settled(&question, Ended::Answered);
                        let (shown, octets) = match upload {
                            Upload::Octets(octets) => ((order.look)(&octets), octets.len() as u64),
                            Upload::TooLarge => (Shown { wrong: Some("too_large".into()), ..Shown::default() }, 0),
                        };
                        keep(&question, Some(one), Ended::Answered, Said::Snapshot(shown, octets));
                        continue;
                    }
                };
                let ended = match answer {
                    Ok(Answer::Final(response)) => match response.code() {
                        Some(code) if code >= 300 => Some(Ended::Refused(code)),
                        _ => {
                            let date = response.header("date").map(|date| date.chars().take(MAX_TEXT).collect());
                            if let Some(one) = open.get_mut(place) {
                                one.taken = Some((at, date));
                            }
                            None
                        }
                    },
                    // Some answer, and never acknowledge.
                    Ok(Answer::Failed(Failure::LinkLost)) | Err(()) => Some(Ended::Interrupted),
                    Ok(Answer::Failed(_)) => Some(Ended::NotTaken),
                };
                if let Some(ended) = ended {
                    let one = open.swap_remove(place);
                    let question = one.question.clone();
                    course.settled(&question, ended);
                    keep(&question, Some(one), ended, Said::Nothing);
                }
            }
            inbound = line.inbox.recv() => {
                let Some(inbound) = inbound else { break };
                let (at, mono) = (inbound.at.micros(), inbound.mono);
                let Some(document) = read(&inbound) else { continue };
                let Some(place) = open.iter().position(|one| document.sn() == Some(u64::from(one.sn))) else { continue };
                let Some(one) = open.get_mut(place) else { continue };
                match (document.command(), &mut one.collector) {
                    ("RecordInfo", Some(collector)) => {
                        one.set.take(document.sum_num(), document.cut_off, document.items.clone());
                        collector.message(document, mono);
                    }
                    ("DeviceConfig", None) if one.question.kind == Kind::Snapshot => {
                        one.result = document.get("Result").map(|result| result.chars().take(MAX_TEXT).collect());
                        // Who says that it will not, uploads nothing.
                        if one.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case("ERROR")) {
                            let one = open.swap_remove(place);
                            let question = one.question.clone();
                            course.settled(&question, Ended::Answered);
                            keep(&question, Some(one), Ended::Answered, Said::Nothing);
                        }
                    }
                    ("DeviceStatus", None) if one.question.kind == Kind::Status => {
                        let one = open.swap_remove(place);
                        let question = one.question.clone();
                        course.settled(&question, Ended::Answered);
                        keep(&question, Some(one), Ended::Answered, Said::Status(texts(&document), at));
                    }
                    _ => (),
                }
            }
            changed = line.state.changed() => {
                if changed.is_err() || matches!(*line.state.borrow_and_update(), PeerState::Lost(_) | PeerState::Refused(_)) {
                    break;
                }
            }
            () = line.stop.stopped() => break,
            () = async {
                match wake {
                    Some(wake) => sleep_until(line.clock.instant(wake).into()).await,
                    None => std::future::pending().await,
                }
            } => (),
        }
    }
    // Stopped on the way: what was not answered, and what was not asked.
    for one in open {
        let question = one.question.clone();
        keep(&question, Some(one), Ended::Interrupted, Said::Nothing);
    }
    for question in std::mem::take(&mut course.waiting) {
        keep(&question, None, Ended::Interrupted, Said::Nothing);
    }
    answers.sort_by_key(|(n, _)| *n);
    snapshots.sort_by_key(|(n, _)| *n);
    measured.snapshots = snapshots.into_iter().map(|(_, answer)| answer).collect();
    measured.records = answers.into_iter().map(|(_, answer)| answer).collect();
    // Of the platform's own answers the quickest; the others would count one clock several times.
    let (own, mut cameras): (Vec<_>, Vec<_>) = statuses.into_iter().partition(|(about, _)| about.is_none());
    let quickest = own.into_iter().min_by_key(|(_, own)| (own.ended != Ended::Answered, own.answered.map(|at| at - own.sent)));
    cameras.sort_by_key(|(n, _)| *n);
    measured.status = quickest.into_iter().chain(cameras).map(|(_, answer)| answer).collect();
    measured.what = what.iter().map(|measure| measure.id().to_owned()).collect();
    (measured, count)
}

/// Whom a question is about; nothing where that is the platform.
fn addressee<'a>(order: &Order<'a>, question: &Question) -> Option<&'a str> {
    let of = if question.kind == Kind::Snapshot { order.dark } else { order.whom };
    question.about.and_then(|n| of.get(n)).map(|one| one.device_id.as_str())
}

fn ask(line: &Line<'_>, peer: &Peer, question: Question, order: &Order<'_>, tell: &mpsc::Sender<(u32, Came)>) -> Open {
    let sn = fresh_sn();
    let now = line.clock.mono();
    let device = addressee(order, &question).unwrap_or(&peer.party.id);
    let (from, to) = order.window;
    let mut patience = STATUS_ANSWER;
    let time = |micros| crate::base::time::Timestamp::from_micros(micros).beijing("%Y-%m-%dT%H:%M:%S");
    let (body, collector) = match question.kind {
        Kind::Records => {
            (command::records(line.dialect, sn, device, &time(from), &time(to)), Some(Collector::of_records(sn, now)))
        }
        Kind::Status => (command::query(line.dialect, "DeviceStatus", sn, device), None),
        Kind::Snapshot => {
            patience = SNAPSHOT_ANSWER;
            let place = order.uploads.and_then(|uploads| Some((uploads.address(), uploads.expect()?)));
            let (url, session) = place.map_or_else(Default::default, |(address, (path, upload))| {
                let urls = (format!("http://{address}/{path}"), format!("gbaudit-{path}"));
                let tell = tell.clone();
                tokio::spawn(async move {
                    // Nobody waits longer for it than the question does.
                    if let Ok(Ok(upload)) = tokio::time::timeout(SNAPSHOT_ANSWER, upload).await {
                        let _ = tell.send((sn, Came::Upload(upload))).await;
                    }
                });
                urls
            });
            (command::snapshot(line.dialect, sn, device, &url, &session), None)
        }
    };
    let mut peer = peer.clone();
    if let Some(hop) = peer.now() {
        (peer.hop, peer.local) = (hop, line.endpoint.local(hop));
    }
    let (endpoint, clock, tell) = (line.endpoint.clone(), line.clock.clone(), tell.clone());
    let sent = line.clock.wall().micros();
    tokio::spawn(async move {
        let answer = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await.map_err(|_| ());
        let _ = tell.send((sn, Came::Taken(answer, clock.wall().micros()))).await;
    });
    let until = now.plus(patience);
    Open { question, sn, sent, taken: None, collector, set: AnswerSet::new(true), until, result: None }
}

fn read(inbound: &Inbound) -> Option<Document> {
    let mut body = inbound.body.to_vec();
    mask_passwords(&mut body);
    Document::parse(&body, None).ok().filter(|document| document.root == "Response")
}

/// What is kept of a status.
fn texts(document: &Document) -> Vec<(String, String)> {
    let kept = ["Online", "Status", "Record", "DeviceTime"].into_iter();
    kept.filter_map(|name| Some((name.to_owned(), document.get(name)?.chars().take(MAX_TEXT).collect()))).collect()
}

fn snapshot_answer(device_id: String, ended: Ended, result: Option<String>, shown: Shown, octets: u64) -> SnapshotAnswer {
    let Shown { picture, wrong, snapshot } = shown;
    SnapshotAnswer { device_id, ended, result, octets, picture, wrong, snapshot }
}

fn records_answer(device_id: String, ended: Ended, set: Option<AnswerSet>) -> RecordsAnswer {
    let mut set = set.unwrap_or_default();
    set.mend();
    let (declared, received, messages) = (set.declared(), set.received(), set.messages);
    let items = set.into_items();
    let foreign = |item: &&RawItem| {
        let id = item.get(Element::DeviceID).map_or("", str::trim);
        !id.is_empty() && id != device_id
    };
    let foreign = items.iter().filter(foreign).count() as u64;
    let text = |item: &RawItem, element| item.get(element).unwrap_or_default().trim().chars().take(MAX_TEXT).collect();
    let spans = items.iter().take(MAX_SPANS).map(|item| (text(item, Element::StartTime), text(item, Element::EndTime))).collect();
    RecordsAnswer { device_id, ended, declared, received, messages, foreign, spans }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(recorders: &[usize]) -> Course {
        let waiting = recorders.iter().enumerate();
        let waiting = waiting.map(|(n, r)| Question { kind: Kind::Records, about: Some(n), recorder: Some(*r) }).collect();
        Course { waiting, ..Course::default() }
    }

    fn asked(course: &mut Course, ms: u64) -> Option<Question> {
        match course.next(Mono::from_millis(ms)) {
            Next::Ask(question) => Some(question),
            _ => None,
        }
    }

    #[test]
    fn never_two_of_one_recorder_and_a_pause_between_any_two() {
        let mut course = course(&[1, 1, 2]);
        let first = asked(&mut course, 0).unwrap();
        assert_eq!(asked(&mut course, 100), None, "too soon");
        assert_eq!(asked(&mut course, 200).unwrap().about, Some(2), "the second of recorder 1 waits");
        assert_eq!(asked(&mut course, 400), None);
        course.settled(&first, Ended::Answered);
        assert_eq!(asked(&mut course, 600).unwrap().about, Some(1));
    }

    #[test]
    fn who_is_busy_or_silent_is_left_alone() {
        for (ended, times) in [(Ended::Refused(486), 1), (Ended::Silent, 2), (Ended::Refused(403), 2)] {
            let mut course = course(&[1, 1, 1, 2]);
            for n in 0..times {
                let one = asked(&mut course, 1_000 * (n + 1)).unwrap();
                course.settled(&one, ended);
            }
            let mut dropped = 0;
            let after = loop {
                match course.next(Mono::from_millis(9_000)) {
                    Next::Drop(question) => {
                        assert_eq!(question.recorder, Some(1));
                        dropped += 1;
                    }
                    Next::Ask(question) => break question,
                    Next::Wait(_) | Next::Done => panic!("recorder 2 is still to be asked"),
                }
            };
            assert_eq!((dropped, after.recorder), (3 - times, Some(2)), "{ended:?}");
        }
        let mut course = course(&[1, 2, 3, 4, 5, 6, 7]);
        for n in 0..6 {
            let one = asked(&mut course, 1_000 * (n + 1)).unwrap();
            course.settled(&one, Ended::Silent);
        }
        assert!(matches!(course.next(Mono::from_millis(9_000)), Next::Drop(_)), "a platform that answers nobody");
    }
}
