//! Floor 4: everything a run saw and was asked, from which every number is made.
//!
//! What is not in here is not in a report: the same evidence gives the same report, on any machine. Device
//! passwords were masked before anything got here.

pub mod compared;
pub mod conduct;
pub mod heard;
pub mod measured;
pub mod members;
pub mod pcapng;
pub mod problems;
pub mod seal;
pub mod soundness;
pub mod tape;

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::oddity::OddityKind;
use crate::base::time::Timestamp;
use crate::catalog::assemble::{Purpose, QueryEnd, QueryRecord};
use crate::catalog::sources::Subscribed;
use crate::probe::outcome::ProbeRecord;
use conduct::Conduct;
use heard::Heard;
use measured::Measured;
use soundness::Soundness;

/// Octets of catalogue bodies a run keeps; a million items of a kilobyte are under it.
pub const MAX_MESSAGE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Ways of one platform that are told apart: a peer behind NAT may come from another port every minute.
pub const MAX_WAYS: usize = 1_024;

/// Where the records came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A platform, live.
    Live,
    /// Files.
    File,
}

impl Mode {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::File => "file",
        }
    }
}

/// What was to be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbePlan {
    /// Every camera.
    All,
    /// None.
    No,
    /// The first so many, for a trial.
    Limit(u64),
    /// So many, drawn by this seed.
    Sample {
        /// How many.
        size: u64,
        /// By which the draw can be repeated.
        seed: u64,
    },
    /// Those named, so many codes.
    Named(u64),
    /// Whoever somebody else called while a capture ran.
    Captured,
}

/// Why a run ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incomplete {
    /// The platform never registered.
    NeverRegistered,
    /// A registration of an earlier run is still valid, and nobody answers there.
    NotAnswering,
    /// The platform could not be registered with.
    RegistrationRefused,
    /// The platform was lost on the way.
    PlatformLost,
    /// Somebody stopped it.
    Stopped,
    /// A bug of ours ended it.
    OurFault,
    /// Its evidence could not be kept.
    NotKept,
}

impl Incomplete {
    /// Whether the run can be gone on with: nothing of it is in doubt, it only stopped.
    #[must_use]
    pub const fn can_be_resumed(self) -> bool {
        !matches!(self, Self::OurFault | Self::NotKept)
    }

    /// The id in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NeverRegistered => "never_registered",
            Self::NotAnswering => "not_answering",
            Self::RegistrationRefused => "registration_refused",
            Self::PlatformLost => "platform_lost",
            Self::Stopped => "stopped",
            Self::OurFault => "our_fault",
            Self::NotKept => "not_kept",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> crate::base::lang::Text {
        use crate::base::lang::Text;
        match self {
            Self::NeverRegistered => Text::new("平台一直没有注册", "the platform never registered"),
            Self::NotAnswering => {
                Text::new("平台此前注册过，现在不应答", "the platform registered earlier and does not answer now")
            }
            Self::RegistrationRefused => Text::new("向平台注册失败", "registration with the platform failed"),
            Self::PlatformLost => Text::new("检测中途与平台失去联系", "the platform was lost on the way"),
            Self::Stopped => Text::new("检测被中止", "the audit was stopped"),
            Self::OurFault => Text::new("本工具内部错误", "an error inside gbaudit"),
            Self::NotKept => Text::new("证据没有存好", "the evidence could not be kept"),
        }
    }
}

/// The platform, as set and as met.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlatformFacts {
    /// Its name in the settings, or the name of the file.
    pub name: String,
    /// Its code; empty for files that do not say.
    pub id: String,
    /// `subordinate` or `superior`; empty for files.
    pub role: String,
    /// `UDP` or `TCP`.
    pub transport: String,
    /// Where it was met.
    pub address: String,
    /// Its User-Agent.
    pub user_agent: String,
    /// The year of its edition.
    pub edition: String,
    /// Where that was taken from.
    pub edition_source: String,
    /// What it says of itself: manufacturer, model, firmware.
    pub device: Vec<(String, String)>,
    /// Cameras its administrators say it has.
    pub expected: Option<u64>,
    /// Where they say that from.
    pub expected_source: String,
}

/// One query of ours for a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// Its SN.
    pub sn: u32,
    /// Messages recorded before it.
    pub before: u64,
    /// When it was sent, microseconds.
    pub sent: i64,
    /// How it ended: `answered`, `silent`, `interrupted`, or `refused:403`.
    pub end: String,
    /// The node it asks about; empty for the whole platform.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The whole catalogue once more at the end of a long run, to be compared with the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub poll: bool,
}

impl Query {
    /// For putting the catalogue together.
    #[must_use]
    pub fn record(&self) -> QueryRecord {
        let end = match self.end.as_str() {
            "silent" => QueryEnd::Silent,
            "interrupted" => QueryEnd::Interrupted,
            other => match other.strip_prefix("refused:").and_then(|code| code.parse().ok()) {
                Some(code) => QueryEnd::Refused(code),
                None => QueryEnd::Answered,
            },
        };
        let purpose = match (self.poll, self.about.is_empty()) {
            (true, _) => Purpose::Poll,
            (false, false) => Purpose::Branch,
            (false, true) => Purpose::Full,
        };
        QueryRecord { sn: self.sn, before: self.before, end, purpose, about: self.about.clone() }
    }

    /// The word for an end.
    #[must_use]
    pub fn end_word(end: QueryEnd) -> String {
        match end {
            QueryEnd::Answered => "answered".into(),
            QueryEnd::Silent => "silent".into(),
            QueryEnd::Interrupted => "interrupted".into(),
            QueryEnd::Refused(code) => format!("refused:{code}"),
        }
    }
}

/// What else can say something of a catalogue, beside the answers to queries for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Witnesses {
    /// What was asked for beyond one full query: `off`, `second` or `tree`; empty for files.
    #[serde(default)]
    pub cross_check: String,
    /// Recorders that were asked for their channels.
    #[serde(default)]
    pub channels: Vec<Channels>,
    /// Branches past the limit, which were not asked about.
    #[serde(default)]
    pub branches_left_out: u64,
    /// What came of the subscription; nothing where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// `X-GB-Ver` as the platform sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gb_version: Option<String>,
}

/// What a recorder says of its channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// Its code.
    pub device_id: String,
    /// `Channel` of its DeviceInfo, as sent; nothing where it did not answer.
    pub sent: Option<String>,
}

impl Channels {
    /// As a number.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.sent.as_deref().and_then(crate::manscdp::document::whole_number)
    }
}

/// A subscription to changes in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subscription {
    /// SN of its query.
    pub sn: u32,
    /// When it was asked for, microseconds.
    pub asked: i64,
    /// `accepted`, `silent`, or `refused:405`.
    pub outcome: String,
    /// Seconds granted.
    pub expires: u64,
    /// How often it was refreshed.
    pub refreshed: u64,
    /// The platform gave it up before we did.
    pub lost: bool,
    /// Ended by us, and that was answered.
    pub ended: bool,
}

impl Subscription {
    /// For comparing sources.
    #[must_use]
    pub fn state(&self) -> Subscribed {
        match self.outcome.as_str() {
            "accepted" => Subscribed::Accepted,
            other => match other.strip_prefix("refused:").and_then(|code| code.parse().ok()) {
                Some(code) => Subscribed::Refused(code),
                None => Subscribed::Silent,
            },
        }
    }

    /// Whether it told of changes to the end.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.state() == Subscribed::Accepted && !self.lost
    }
}

/// What the run did to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Footprint {
    /// Catalogue and other queries.
    pub queries: u64,
    /// INVITEs.
    pub invites: u64,
    /// Most sessions open at once.
    pub peak_sessions: u64,
    /// Dialogs that came to be.
    pub dialogs: u64,
    /// Dialogs ended by BYE, ours or theirs.
    pub ended: u64,
    /// Of those, ended by theirs.
    #[serde(default)]
    pub ended_by_peer: u64,
    /// Calls ended by CANCEL before an answer.
    pub cancelled: u64,
    /// BYEs nobody answered.
    pub byes_unanswered: u64,
    /// Octets of media received.
    pub media_bytes: u64,
    /// Calls a killed run had left open, ended at the start of this one.
    #[serde(default)]
    pub replayed: u64,
    /// The same, where nobody answered that: the next start tries again.
    #[serde(default)]
    pub replayed_unanswered: u64,
    /// Answers to calls that were over, each acknowledged and hung up.
    #[serde(default)]
    pub late_answers: u64,
}

impl Footprint {
    /// What a killed run must have done, by the calls it settled.
    #[must_use]
    pub fn of_calls(probes: &[ProbeRecord]) -> Self {
        use crate::probe::outcome::Ending;
        let mut done = Self::default();
        for attempt in probes.iter().flat_map(|record| &record.attempts).filter(|a| a.ending != Ending::NotSent) {
            let answered = attempt.status.is_some_and(|code| (200..300).contains(&code));
            done.invites += 1;
            done.dialogs += u64::from(answered);
            done.ended += u64::from(answered);
            done.ended_by_peer += u64::from(attempt.ending == Ending::PeerBye);
            done.cancelled += u64::from(matches!(attempt.ending, Ending::Cancel | Ending::Silence));
            done.byes_unanswered += u64::from(attempt.ending == Ending::ByeUnanswered);
            done.media_bytes += attempt.media.bytes;
        }
        done
    }

    /// The sum over two platforms; the peaks add up too, as both may have been open at once.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            queries: self.queries + other.queries,
            invites: self.invites + other.invites,
            peak_sessions: self.peak_sessions + other.peak_sessions,
            dialogs: self.dialogs + other.dialogs,
            ended: self.ended + other.ended,
            ended_by_peer: self.ended_by_peer + other.ended_by_peer,
            cancelled: self.cancelled + other.cancelled,
            byes_unanswered: self.byes_unanswered + other.byes_unanswered,
            media_bytes: self.media_bytes + other.media_bytes,
            replayed: self.replayed + other.replayed,
            replayed_unanswered: self.replayed_unanswered + other.replayed_unanswered,
            late_answers: self.late_answers + other.late_answers,
        }
    }
}

/// A deviation that was put up with, as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The id of its kind.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// The first of them.
    pub example: String,
}

impl Noted {
    /// To be kept.
    #[must_use]
    pub fn new(kind: OddityKind, count: u64, example: &str) -> Self {
        Self { kind: kind.id.to_owned(), count, example: example.to_owned() }
    }
}

/// A run that had stopped, gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// When, microseconds.
    pub at: i64,
    /// Codes that were settled by then and were not called again.
    pub kept: u64,
    /// The catalogue of before was used.
    pub catalogue: bool,
}

/// 豁免表, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverFile {
    /// Its name, without its folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The small part of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// 检测批次
    pub run_id: String,
    /// Live or files.
    pub mode: Mode,
    /// When it began, microseconds.
    pub started: i64,
    /// When it ended, microseconds.
    pub finished: i64,
    /// The version that ran.
    pub version: String,
    /// Why it ended early, if it did.
    pub incomplete: Option<Incomplete>,
    /// The profile's text.
    pub profile: String,
    /// The audited regions.
    pub jurisdiction: Vec<String>,
    /// The rates it answers for.
    pub rates: Vec<String>,
    /// The platform.
    pub platform: PlatformFacts,
    /// Our code; empty for files.
    pub local_id: String,
    /// Our queries.
    pub queries: Vec<Query>,
    /// The ways on which catalogue bodies came.
    #[serde(default)]
    pub ways: Vec<Way>,
    /// What else was said of the catalogue.
    #[serde(default)]
    pub witnesses: Witnesses,
    /// What was to be probed.
    pub probing: ProbePlan,
    /// How the calls were conducted.
    #[serde(default, skip_serializing_if = "Conduct::is_empty")]
    pub conduct: Conduct,
    /// When it was gone on with, after it had stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumption>,
    /// What it did to the platform.
    pub footprint: Footprint,
    /// What was heard on the signalling port.
    pub heard: Vec<Heard>,
    /// What was put up with in the platform's SIP, or in the tables of files.
    #[serde(default)]
    pub signalling: Vec<Noted>,
    /// Device passwords that were masked.
    pub masked_passwords: u64,
    /// What bears on whether our own side was sound.
    #[serde(default, skip_serializing_if = "Soundness::is_empty")]
    pub soundness: Soundness,
    /// The user's own boundary file, if one was set.
    pub boundaries: Option<String>,
    /// Tables only the user could supply.
    #[serde(default)]
    pub supplied: Vec<Supplied>,
    /// The user's own waivers, if any were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waivers: Option<WaiverFile>,
    /// What was measured beside the rates, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// 检测口径确认单, if the settings name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// The run whose calls stand here, where this one made none and looked at the records again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}

/// Calls that were carried along from an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Its id.
    pub run: String,
    /// When it ended, microseconds.
    pub at: i64,
}

/// 检测口径确认单: the paper on which the parties agreed to the profile beforehand, as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its number.
    pub number: String,
    /// Which offices confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The hash of the profile that stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// A table of the user's that rules need, as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplied {
    /// Its key in [`crate::rules::tables::TABLES`], or one of [`compared`].
    pub key: String,
    /// The file's name.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Supplied {
    /// Its key, its name, its text.
    #[must_use]
    pub fn parts(&self) -> (&str, &str, &str) {
        (&self.key, &self.name, &self.text)
    }
}

impl Header {
    /// When it began.
    #[must_use]
    pub const fn started(&self) -> Timestamp {
        Timestamp::from_micros(self.started)
    }

    /// When it ended.
    #[must_use]
    pub const fn finished(&self) -> Timestamp {
        Timestamp::from_micros(self.finished)
    }
}

/// A way on which catalogue bodies came. Many bodies come on few ways: a message names its way by its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// `UDP` or `TCP`.
    pub transport: String,
    /// Where the peer was.
    pub peer: String,
}

impl Way {
    /// The place of a way among those met so far; a new one is added. Past [`MAX_WAYS`] the last stands for the rest.
    pub fn place(ways: &mut Vec<Self>, transport: &str, peer: &str) -> u16 {
        let known = ways.iter().position(|way| way.transport == transport && way.peer == peer);
        let place = known.unwrap_or_else(|| {
            if ways.len() < MAX_WAYS {
                ways.push(Self { transport: transport.to_owned(), peer: peer.to_owned() });
            } else if let Some(last) = ways.last_mut() {
                *last = Self { transport: String::new(), peer: String::new() };
            }
            ways.len().saturating_sub(1)
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }
}

/// One catalogue body as received, passwords masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// When it came.
    pub at: Timestamp,
    /// How it came: a place in [`Header::ways`]; nothing stands there for files.
    pub way: u16,
    /// It came as NOTIFY of a subscription, not as MESSAGE.
    pub notify: bool,
    /// Call-ID of the MESSAGE; the file's name for files.
    pub call_id: Arc<str>,
    /// The octets.
    pub body: Bytes,
}

/// One table read from a file, passwords masked: CSV as it was, or rewritten with element names as headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The small part.
    pub header: Header,
    /// Catalogue bodies in the order they came.
    pub messages: Vec<Message>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Probes, by code.
    pub probes: Vec<ProbeRecord>,
}

#[cfg(test)]
#[expect(missing_docs)]
pub mod tests {
    use super::*;

    /// The evidence of a small run.
    #[must_use]
    pub fn evidence(run_id: &str, platform: &str) -> Evidence {
        Evidence {
            header: Header {
                run_id: run_id.to_owned(),
                mode: Mode::Live,
                started: 1_000_000,
                finished: 2_000_000,
                version: "0.1.0".into(),
                incomplete: None,
                profile: String::new(),
                jurisdiction: vec!["371723".into()],
                rates: vec!["output".into()],
                platform: PlatformFacts { name: platform.to_owned(), ..PlatformFacts::default() },
                local_id: "37172300002000000001".into(),
                queries: vec![Query { sn: 1, before: 0, sent: 1_500_000, end: "refused:403".into(), ..Query::default() }],
                ways: vec![Way { transport: "UDP".into(), peer: "192.0.2.1:5060".into() }],
                witnesses: Witnesses::default(),
                probing: ProbePlan::Sample { size: 3, seed: 4 },
                conduct: Conduct { stop_seed: Some(4), ..Conduct::default() },
                resumed: vec![Resumption { at: 1_700_000, kept: 1, catalogue: true }],
                footprint: Footprint { invites: 2, ..Footprint::default() },
                heard: vec![],
                masked_passwords: 0,
                signalling: vec![],
                soundness: Soundness::default(),
                boundaries: None,
                supplied: vec![],
                waivers: Some(WaiverFile { name: "w.csv".into(), text: "rule".into() }),
                measured: Some(Measured { what: vec!["clock".into()], beyond: 3, ..Measured::default() }),
                confirmation: Some(Confirmation { number: "1".into(), by: None, hash: None }),
                carried: Some(Carried { run: "before".into(), at: 1 }),
            },
            messages: vec![Message {
                at: Timestamp::from_micros(1_600_000),
                way: 0,
                notify: true,
                call_id: "c".into(),
                body: vec![0xB3, 0xC9].into(),
            }],
            tables: vec![Table { name: "t.csv".into(), octets: b"x".to_vec() }],
            probes: vec![],
        }
    }

    #[test]
    fn a_way_is_kept_once_and_there_is_an_end_of_them() {
        let mut ways = Vec::new();
        let mut place = |transport: &str, port: usize| Way::place(&mut ways, transport, &format!("192.0.2.1:{port}"));
        assert_eq!([place("UDP", 1), place("TCP", 1), place("UDP", 1), place("UDP", 2)], [0, 1, 0, 2]);
        let last = u16::try_from(MAX_WAYS).unwrap() - 1;
        assert_eq!((3..MAX_WAYS + 9).map(|port| place("UDP", port)).max(), Some(last));
        assert_eq!((ways.len(), ways[MAX_WAYS - 1].peer.as_str()), (MAX_WAYS, ""));
    }

    #[test]
    fn ends_of_queries_come_back_from_their_words() {
        for end in [QueryEnd::Answered, QueryEnd::Silent, QueryEnd::Interrupted, QueryEnd::Refused(403)] {
            let query = Query { sn: 1, end: Query::end_word(end), ..Query::default() };
            assert_eq!(query.record().end, end);
        }
    }
}
