//! What one 点播 showed; plain data, kept as evidence. No judgment of records, no sockets.

pub mod detail;
pub mod ends;
pub mod stages;

use serde::{Deserialize, Serialize};

use self::ends::Ends;
use self::stages::Stages;
use crate::base::lang::Text;
use crate::media::look::FROZEN;
use crate::profile::{Gate, Output};

/// How media travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaTransport {
    /// RTP over UDP
    Udp,
    /// RTP over TCP, we listen
    TcpPassive,
    /// RTP over TCP, we connect
    TcpActive,
}

impl MediaTransport {
    /// The words of settings and results.
    pub const NAMES: [(&'static str, Self); 3] =
        [("udp", Self::Udp), ("tcp-passive", Self::TcpPassive), ("tcp-active", Self::TcpActive)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::TcpPassive => "tcp-passive",
            Self::TcpActive => "tcp-active",
        }
    }
}

/// Who a cause is put down to (责任方).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// 平台显示离线
    Offline,
    /// 摄像机侧
    Camera,
    /// 录像机容量
    Capacity,
    /// 平台侧
    Platform,
    /// 网络侧
    Network,
    /// 检测方
    Auditor,
}

impl Blame {
    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Camera => "camera",
            Self::Capacity => "capacity",
            Self::Platform => "platform",
            Self::Network => "network",
            Self::Auditor => "auditor",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Offline => Text::new("平台显示离线", "off line by the platform's own word"),
            Self::Camera => Text::new("摄像机", "camera"),
            Self::Capacity => Text::new("录像机并发已满", "recorder capacity"),
            Self::Platform => Text::new("平台", "platform"),
            Self::Network => Text::new("网络", "network"),
            Self::Auditor => Text::new("本工具原因", "auditor"),
        }
    }
}

macro_rules! causes {
    ($($name:ident $id:literal $blame:ident $doubtful:literal $zh:literal $en:literal;)+) => {
        /// Why there is no picture. The register of causes: what is not here cannot be reported.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Cause { $(#[doc = $en] $name),+ }

        impl Cause {
            /// All of them, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The id in results.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }

            /// Who it is put down to.
            #[must_use]
            pub const fn blame(self) -> Blame {
                match self { $(Self::$name => Blame::$blame),+ }
            }

            /// 存疑: it does not prove that the camera gives no picture.
            #[must_use]
            pub const fn is_doubtful(self) -> bool {
                match self { $(Self::$name => $doubtful),+ }
            }
        }
    };
}

causes! {
    Offline "offline" Offline false "平台显示离线" "off line by the platform's own word";
    NoAnswer "no_answer" Platform false "无应答" "no answer to the call";
    Rejected "rejected" Platform false "拒绝" "refused";
    Capacity "capacity" Capacity true "并发已满" "no session free";
    BadAnswer "bad_answer" Platform false "应答无法使用" "an answer that cannot be used";
    NoMedia "no_media" Camera false "有应答无码流" "answered, no media came";
    NoVideo "no_video" Camera false "有码流无视频" "media without video";
    NoKeyFrame "no_key_frame" Camera false "无关键帧" "video without a key frame";
    Undecodable "undecodable" Camera false "无法解码" "a key frame that cannot be decoded";
    UnsupportedCodec "unsupported_codec" Auditor true "编码格式不支持" "a codec we cannot decode";
    Black "black" Camera false "黑屏" "a black picture";
    SingleColor "single_color" Camera false "纯色画面" "one colour";
    Frozen "frozen" Camera false "画面冻结" "a frozen picture";
    SmallPicture "small_picture" Camera false "分辨率不足" "a picture smaller than asked for";
    PoorPicture "poor_picture" Camera false "画面质量差" "a picture with a fault";
    OurFault "our_fault" Auditor true "本工具原因" "our own failure";
    NoUsableCode "no_usable_code" Camera false "编码无法点播" "a code that cannot be called";
    Untested "untested" Auditor true "未检测" "not tested";
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// We hung up, and were answered.
    Bye,
    /// We hung up, and were not answered.
    ByeUnanswered,
    /// The peer hung up.
    PeerBye,
    /// We cancelled before an answer.
    Cancel,
    /// The call was refused.
    Refused,
    /// Nothing was ever heard; we cancelled.
    Silence,
    /// Nothing was sent.
    NotSent,
    /// A capture ended before the call did.
    StillOpen,
}

/// What was seen of the media of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaFacts {
    /// RTP packets.
    pub packets: u64,
    /// Octets of them.
    pub bytes: u64,
    /// Packets lost.
    pub lost: u64,
    /// SSRC of the video.
    pub ssrc: Option<u32>,
    /// Its payload type.
    pub payload_type: Option<u8>,
    /// `ps`, `raw`, `ts`.
    pub stream: Option<String>,
    /// What it was announced as.
    pub announced: Option<String>,
    /// Slices seen.
    pub slices: u64,
    /// Parameter sets seen.
    pub parameter_sets: u64,
    /// Recovery points of pictures that are no key frames (gradual refresh).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refreshes: u64,
    /// Octets of sound in a program stream.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub audio_bytes: u64,
    /// RTCP packets, which carry no media and are none of `packets`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rtcp: u64,
    /// Pictures a second by their time stamps, hundredths. This and what follows is absent where too little came for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate_x100: Option<u32>,
    /// Pictures from one key frame to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gop: Option<u32>,
    /// Thousand bits a second, of RTP packets as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate_kbps: Option<u32>,
    /// Jitter of the first packets of pictures (RFC 3550 section 6.4.1), microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_us: Option<u32>,
}

/// What is not there is not written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A decoded picture, measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFacts {
    /// `H.264`, `H.265`.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Mean luma, full range, hundredths.
    pub mean_luma_x100: u32,
    /// Its standard deviation, hundredths.
    pub sigma_luma_x100: u32,
    /// Neither black nor one colour.
    pub visible: bool,
    /// What the checks say of it; absent where nobody asked them (an older version).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Vec<Look>>,
    /// What it looks like, 32 hexadecimal digits; absent where it has too little of a shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Two pictures with one of these are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// SHA-256 of its key frame as it is kept; absent where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_frame: Option<String>,
    /// From this key frame to the last one it was held against, milliseconds; absent where there was no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_ms: Option<u64>,
}

/// A check that is so of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Its id, of [`crate::media::look`].
    pub id: String,
    /// Its number.
    pub value: u32,
}

impl PictureFacts {
    /// The first check that is so; nothing where none is, or nobody asked.
    #[must_use]
    pub fn flaw(&self) -> Option<&Look> {
        self.looks.as_ref()?.first()
    }
}

/// One call to one camera. All times are milliseconds from sending INVITE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// How media was asked for.
    pub transport: MediaTransport,
    /// When INVITE was sent, UTC.
    pub started: String,
    /// Call-ID.
    pub call_id: String,
    /// Provisional responses.
    pub provisional: Vec<u16>,
    /// The final response.
    pub status: Option<u16>,
    /// Its reason phrase, as sent.
    pub reason: String,
    /// What a refusal carried, cut; for readers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// When it came.
    pub answer_ms: Option<u64>,
    /// When the first packet came.
    pub first_packet_ms: Option<u64>,
    /// When the first key frame that decodes was complete.
    pub first_picture_ms: Option<u64>,
    /// When the first visible one was complete.
    pub first_visible_ms: Option<u64>,
    /// The media.
    pub media: MediaFacts,
    /// The picture that was judged.
    pub picture: Option<PictureFacts>,
    /// Why there was no picture within the limit.
    pub cause: Option<Cause>,
    /// Finer than the cause.
    pub detail: String,
    /// How it ended.
    pub ending: Ending,
    /// Ids of what was put up with.
    pub oddities: Vec<String>,
    /// Step by step; empty in evidence of before there were stages.
    #[serde(default, skip_serializing_if = "Stages::is_empty")]
    pub stages: Stages,
    /// Who spoke with whom; absent in evidence of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Box<Ends>>,
}

/// How far an attempt got within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Nothing,
    /// Answered 200.
    Signalling,
    /// Packets came.
    Rtp,
    /// A key frame decoded.
    Decoded,
    /// A visible one.
    Visible,
    /// And no check says anything against it.
    Quality,
}

impl Attempt {
    /// Whether INVITE came to the platform: we had a port for it, and the connection held.
    #[must_use]
    pub fn reached_platform(&self) -> bool {
        self.ending != Ending::NotSent && self.detail != detail::CONNECTION_LOST
    }

    /// Why a visible picture is not enough where quality is asked for.
    fn fault(&self) -> (Cause, &str) {
        match self.picture.as_ref().and_then(PictureFacts::flaw) {
            Some(look) if look.id == FROZEN => (Cause::Frozen, ""),
            Some(look) => (Cause::PoorPicture, &look.id),
            None => (Cause::OurFault, detail::NOT_LOOKED_AT),
        }
    }

    /// Whether its picture is no smaller than this, or nothing is asked for.
    fn is_large(&self, (width, height): (u32, u32)) -> bool {
        (width, height) == (0, 0) || self.picture.as_ref().is_some_and(|p| p.width >= width && p.height >= height)
    }

    /// How far it got within `limit_ms`.
    #[must_use]
    pub fn level(&self, limit_ms: u64) -> Level {
        let within = |ms: Option<u64>| ms.is_some_and(|ms| ms <= limit_ms);
        let answered = self.status.is_some_and(|code| (200..300).contains(&code));
        let flawless = || self.picture.as_ref().is_some_and(|p| p.looks.as_ref().is_some_and(Vec::is_empty));
        if within(self.first_visible_ms) {
            if flawless() { Level::Quality } else { Level::Visible }
        } else if within(self.first_picture_ms) {
            Level::Decoded
        } else if within(self.first_packet_ms) {
            Level::Rtp
        } else if answered && within(self.answer_ms) {
            Level::Signalling
        } else {
            Level::Nothing
        }
    }
}

impl Level {
    /// What a gate asks for.
    #[must_use]
    pub const fn of(gate: Gate) -> Self {
        match gate {
            Gate::Signalling => Self::Signalling,
            Gate::Rtp => Self::Rtp,
            Gate::Decoded => Self::Decoded,
            Gate::Visible => Self::Visible,
            Gate::Quality => Self::Quality,
        }
    }
}

/// What has to be seen of a camera, and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// So far it has to get.
    pub level: Level,
    /// By then, milliseconds from INVITE.
    pub limit_ms: u64,
    /// No smaller than this, pixels.
    pub least: (u32, u32),
}

impl Demand {
    /// A level by a time, of any size.
    #[must_use]
    pub const fn new(level: Level, limit_ms: u64) -> Self {
        Self { level, limit_ms, least: (0, 0) }
    }

    /// What a profile asks for.
    #[must_use]
    pub const fn of(output: &Output) -> Self {
        Self { level: Level::of(output.gate), limit_ms: output.first_frame_ms, least: output.least }
    }
}

/// The answer for one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeVerdict {
    /// 出图
    Picture,
    /// 未出图
    NoPicture,
    /// 未检测
    Untested,
}

impl ProbeVerdict {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Picture => Text::new("出图", "picture"),
            Self::NoPicture => Text::new("未出图", "no picture"),
            Self::Untested => Text::new("未检测", "not tested"),
        }
    }

    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::NoPicture => "no_picture",
            Self::Untested => "untested",
        }
    }
}

/// All that was tried with one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRecord {
    /// The code, as called.
    pub device_id: String,
    /// The attempts, in order.
    pub attempts: Vec<Attempt>,
    /// Set when the code was not called, or not to the end.
    pub untested: Option<Untested>,
    /// File name of the snapshot, if one was made.
    pub snapshot: Option<String>,
}

/// Why a code was not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Untested {
    /// The run was stopped.
    Interrupted,
    /// The platform was lost on the way.
    PlatformLost,
    /// The connection to the platform broke at every call of it.
    NotReached,
    /// The platform says it is off line, and the settings say to skip those.
    OfflineSkipped,
    /// Its code is not 1 to 64 visible ASCII characters.
    NoUsableCode,
    /// The run was limited to fewer cameras.
    ProbeLimit,
    /// The run was of other cameras.
    NotNamed,
    /// Not drawn into the sample.
    NotSampled,
    /// The answer was certain before its turn came.
    NotNeeded,
    /// The run does not probe.
    NoProbe,
    /// Nobody called it in the capture.
    NotInvited,
    /// The capture ended before the limit, and before a picture.
    CaptureEnded,
    /// Whoever called hung up before the limit, and before a picture.
    CallerHungUp,
    /// Its media is not in the capture, or not all of it.
    NotCaptured,
}

impl Untested {
    /// Whether it leaves a camera out of what the output rate is divided by.
    #[must_use]
    pub const fn is_left_out(self) -> bool {
        matches!(self, Self::NotSampled | Self::NotNeeded)
    }

    /// The detail in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::PlatformLost => "platform_lost",
            Self::NotReached => "not_reached",
            Self::OfflineSkipped => "not_tried",
            Self::NoUsableCode => "no_usable_code",
            Self::ProbeLimit => "probe_limit",
            Self::NotNamed => "not_named",
            Self::NotSampled => "not_sampled",
            Self::NotNeeded => "not_needed",
            Self::NoProbe => "no_probe",
            Self::NotInvited => "not_invited",
            Self::CaptureEnded => "capture_ended",
            Self::CallerHungUp => "caller_hung_up",
            Self::NotCaptured => "not_captured",
        }
    }
}

/// The conclusion from a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conclusion<'a> {
    /// The answer.
    pub verdict: ProbeVerdict,
    /// Why not.
    pub cause: Option<Cause>,
    /// Finer.
    pub detail: &'a str,
    /// The attempt that decided.
    pub deciding: Option<&'a Attempt>,
}

impl ProbeRecord {
    /// A code that was not called.
    #[must_use]
    pub fn untested(device_id: &str, why: Untested) -> Self {
        Self { device_id: device_id.to_owned(), attempts: Vec::new(), untested: Some(why), snapshot: None }
    }

    /// The transports it was called over, in their order, as far as the calls reached the platform.
    #[must_use]
    pub fn transports(&self) -> Vec<MediaTransport> {
        let mut tried = Vec::new();
        for attempt in self.attempts.iter().filter(|attempt| attempt.reached_platform()) {
            if !tried.contains(&attempt.transport) {
                tried.push(attempt.transport);
            }
        }
        tried
    }

    /// Those that brought no picture: before the attempt that did, or all where none did. Another transport is only tried where
    /// the one before was refused, or brought no media, or brought it damaged.
    #[must_use]
    pub fn failed_transports(&self, conclusion: &Conclusion<'_>) -> Vec<MediaTransport> {
        let worked = conclusion.deciding.filter(|_| conclusion.verdict == ProbeVerdict::Picture);
        let before = self.attempts.iter().filter(|attempt| worked.is_none_or(|worked| attempt.number < worked.number));
        let mut failed = Vec::new();
        for attempt in before.filter(|attempt| attempt.reached_platform()) {
            if !failed.contains(&attempt.transport) && worked.is_none_or(|worked| worked.transport != attempt.transport) {
                failed.push(attempt.transport);
            }
        }
        failed
    }

    /// The furthest any attempt got within `limit_ms`.
    #[must_use]
    pub fn level(&self, limit_ms: u64) -> Level {
        self.attempts.iter().map(|a| a.level(limit_ms)).max().unwrap_or(Level::Nothing)
    }

    /// What came of it: a picture if an attempt met what is asked for; otherwise the cause of the
    /// attempt that got furthest, the last of equals. `offline`: the platform says it is off line.
    #[must_use]
    pub fn conclude(&self, asked: &Demand, offline: bool) -> Conclusion<'_> {
        let limit_ms = asked.limit_ms;
        let furthest = |large: (u32, u32)| {
            let those = self.attempts.iter().filter(move |a| a.level(limit_ms) >= asked.level && a.is_large(large));
            those.max_by_key(|a| (a.level(limit_ms), a.number))
        };
        if let Some(deciding) = furthest(asked.least) {
            return Conclusion { verdict: ProbeVerdict::Picture, cause: None, detail: "", deciding: Some(deciding) };
        }
        if let Some(small) = furthest((0, 0)) {
            let cause = Some(Cause::SmallPicture);
            return Conclusion { verdict: ProbeVerdict::NoPicture, cause, detail: "", deciding: Some(small) };
        }
        let deciding = self.attempts.iter().max_by_key(|a| (a.level(limit_ms), a.number));
        let detail = deciding.map_or("", |a| a.detail.as_str());
        if let Some(attempt) = deciding.filter(|a| a.level(limit_ms) == Level::Visible) {
            let (cause, detail) = attempt.fault();
            return Conclusion { verdict: ProbeVerdict::NoPicture, cause: Some(cause), detail, deciding };
        }
        let cause_of = |a: &Attempt| a.cause.unwrap_or(Cause::OurFault);
        match (self.untested, deciding) {
            (Some(Untested::NoUsableCode), _) => Conclusion {
                verdict: ProbeVerdict::Untested,
                cause: Some(Cause::NoUsableCode),
                detail: Untested::NoUsableCode.id(),
                deciding: None,
            },
            (Some(Untested::OfflineSkipped), _) => Conclusion {
                verdict: ProbeVerdict::NoPicture,
                cause: Some(Cause::Offline),
                detail: Untested::OfflineSkipped.id(),
                deciding: None,
            },
            (Some(why), _) => {
                Conclusion { verdict: ProbeVerdict::Untested, cause: Some(Cause::Untested), detail: why.id(), deciding }
            }
            (None, None) => Conclusion {
                verdict: ProbeVerdict::Untested,
                cause: Some(Cause::Untested),
                detail: Untested::NoProbe.id(),
                deciding: None,
            },
            // A claim nobody could test stays a claim; our own failure to test it is no proof.
            (None, Some(attempt)) if offline && self.attempts.iter().any(Attempt::reached_platform) => {
                let detail = if detail.is_empty() { cause_of(attempt).id() } else { detail };
                Conclusion { verdict: ProbeVerdict::NoPicture, cause: Some(Cause::Offline), detail, deciding }
            }
            (None, Some(attempt)) => {
                Conclusion { verdict: ProbeVerdict::NoPicture, cause: Some(cause_of(attempt)), detail, deciding }
            }
        }
    }
}

#[cfg(test)]
#[expect(missing_docs)]
pub mod tests {
    use super::*;

    /// An attempt that got nowhere.
    #[must_use]
    pub fn attempt(number: u32, cause: Option<Cause>) -> Attempt {
        Attempt {
            number,
            transport: MediaTransport::Udp,
            started: "2026-11-24T01:00:00.000Z".into(),
            call_id: format!("call-{number}"),
            provisional: vec![],
            status: None,
            reason: String::new(),
            body: String::new(),
            answer_ms: None,
            first_packet_ms: None,
            first_picture_ms: None,
            first_visible_ms: None,
            media: MediaFacts::default(),
            picture: None,
            cause,
            detail: String::new(),
            ending: Ending::Cancel,
            oddities: vec![],
            stages: Stages::default(),
            ends: None,
        }
    }

    fn seen(number: u32, answer: Option<u64>, packet: Option<u64>, picture: Option<u64>, visible: Option<u64>) -> Attempt {
        Attempt {
            status: answer.map(|_| 200),
            answer_ms: answer,
            first_packet_ms: packet,
            first_picture_ms: picture,
            first_visible_ms: visible,
            ..attempt(number, Some(Cause::Black))
        }
    }

    /// A picture, and what the checks say of it.
    #[must_use]
    pub fn picture(looks: Option<&[(&str, u32)]>) -> PictureFacts {
        let look = |(id, value): &(&str, u32)| Look { id: (*id).to_owned(), value: *value };
        PictureFacts {
            codec: "H.264".into(),
            width: 640,
            height: 360,
            mean_luma_x100: 12_000,
            sigma_luma_x100: 5_000,
            visible: true,
            looks: looks.map(|looks| looks.iter().map(look).collect()),
            fingerprint: None,
            digest: None,
            key_frame: None,
            observed_ms: None,
        }
    }

    fn record(attempts: Vec<Attempt>) -> ProbeRecord {
        ProbeRecord { device_id: "1".into(), attempts, untested: None, snapshot: None }
    }

    #[test]
    fn levels_depend_on_the_limit() {
        let a = seen(1, Some(20), Some(40), Some(900), Some(12_000));
        assert_eq!(
            [10, 30, 50, 10_000, 20_000].map(|ms| a.level(ms)),
            [Level::Nothing, Level::Signalling, Level::Rtp, Level::Decoded, Level::Visible]
        );
    }

    #[test]
    fn each_gate_lets_through_what_reaches_it_and_names_what_is_missing() {
        let with =
            |looks| Attempt { cause: None, picture: Some(picture(looks)), ..seen(1, Some(9), Some(20), Some(30), Some(30)) };
        let got = |attempt: Attempt, gate| {
            let record = record(vec![attempt]);
            let c = record.conclude(&Demand::new(gate, 10_000), true);
            (c.verdict == ProbeVerdict::Picture, c.cause, c.detail.to_owned())
        };
        let flaws: &[(&str, u32)] = &[("blur", 93), ("noise", 14)];
        for gate in [Level::Signalling, Level::Rtp, Level::Decoded, Level::Visible] {
            assert_eq!(got(with(Some(flaws)), gate), (true, None, String::new()), "a flaw is advice below quality");
        }
        assert_eq!(got(with(Some(&[])), Level::Quality), (true, None, String::new()));
        assert_eq!(got(with(Some(flaws)), Level::Quality), (false, Some(Cause::PoorPicture), "blur".into()));
        assert_eq!(got(with(Some(&[("frozen", 4_000)])), Level::Quality), (false, Some(Cause::Frozen), String::new()));
        let unseen = got(with(None), Level::Quality);
        assert_eq!(
            unseen,
            (false, Some(Cause::OurFault), detail::NOT_LOOKED_AT.into()),
            "what nobody looked at is doubtful, no fault"
        );
        // Levels below: packets without a picture pass `rtp` and no higher gate.
        let rtp = || Attempt { cause: Some(Cause::NoKeyFrame), ..seen(1, Some(9), Some(20), None, None) };
        let passes = [Level::Signalling, Level::Rtp, Level::Decoded, Level::Visible, Level::Quality].map(|gate| {
            let record = record(vec![rtp()]);
            record.conclude(&Demand::new(gate, 10_000), false).verdict == ProbeVerdict::Picture
        });
        assert_eq!(passes, [true, true, false, false, false]);
    }

    #[test]
    fn a_picture_smaller_than_asked_for_is_none_unless_another_call_brought_a_larger_one() {
        let sized = |number, width, height| {
            let picture = PictureFacts { width, height, ..picture(None) };
            Attempt { cause: None, picture: Some(picture), ..seen(number, Some(9), Some(20), Some(30), Some(30)) }
        };
        let asked = Demand { least: (1_280, 720), ..Demand::new(Level::Visible, 10_000) };
        let got = |attempts| {
            let record = record(attempts);
            let c = record.conclude(&asked, false);
            (c.verdict, c.cause, c.deciding.map(|a| a.number))
        };
        let small = Some(Cause::SmallPicture);
        assert_eq!(got(vec![sized(1, 1_280, 720)]), (ProbeVerdict::Picture, None, Some(1)));
        assert_eq!(got(vec![sized(1, 1_280, 719)]), (ProbeVerdict::NoPicture, small, Some(1)));
        assert_eq!(got(vec![sized(1, 704, 576)]), (ProbeVerdict::NoPicture, small, Some(1)));
        assert_eq!(got(vec![sized(1, 1_920, 1_080), sized(2, 640, 360)]), (ProbeVerdict::Picture, None, Some(1)));
        let black = Attempt { cause: Some(Cause::Black), ..seen(1, Some(9), Some(20), Some(30), None) };
        assert_eq!(got(vec![black]), (ProbeVerdict::NoPicture, Some(Cause::Black), Some(1)), "what is worse is said first");
    }

    #[test]
    fn what_an_older_version_kept_of_a_picture_still_reads() {
        let text = r#"{"codec":"H.264","width":640,"height":360,"mean_luma_x100":1,"sigma_luma_x100":2,"visible":true}"#;
        let facts: PictureFacts = serde_json::from_str(text).unwrap();
        assert_eq!((facts.looks.as_ref(), facts.flaw()), (None, None));
        assert_eq!(serde_json::to_string(&facts).unwrap(), text);
        let media: MediaFacts = serde_json::from_str(
            r#"{"packets":6,"bytes":7,"lost":0,"ssrc":1,"payload_type":96,"stream":"ps","announced":null,"slices":2,"parameter_sets":2}"#,
        )
        .unwrap();
        assert_eq!((media.packets, media.frame_rate_x100, media.jitter_us), (6, None, None));
    }

    #[test]
    fn the_attempt_that_got_furthest_decides_and_the_last_of_equals() {
        let mut no_media = seen(1, Some(20), None, None, None);
        no_media.cause = Some(Cause::NoMedia);
        let busy = |n| Attempt { status: Some(486), answer_ms: Some(9), ..attempt(n, Some(Cause::Capacity)) };
        let conclude = |attempts| {
            let record = record(attempts);
            let c = record.conclude(&Demand::new(Level::Visible, 10_000), false);
            (c.verdict, c.cause)
        };
        assert_eq!(conclude(vec![no_media.clone(), busy(2)]), (ProbeVerdict::NoPicture, Some(Cause::NoMedia)));
        assert_eq!(conclude(vec![attempt(1, Some(Cause::NoAnswer)), busy(2)]), (ProbeVerdict::NoPicture, Some(Cause::Capacity)));
        assert_eq!(conclude(vec![busy(1), seen(2, Some(1), Some(2), Some(3), Some(3))]), (ProbeVerdict::Picture, None));
    }

    #[test]
    fn off_line_is_a_claim_that_only_a_picture_refutes() {
        let refuted = record(vec![seen(1, Some(1), Some(2), Some(3), Some(3))]);
        assert_eq!(refuted.conclude(&Demand::new(Level::Visible, 10_000), true).verdict, ProbeVerdict::Picture);
        let tried = record(vec![attempt(1, Some(Cause::Rejected))]);
        let c = tried.conclude(&Demand::new(Level::Visible, 10_000), true);
        assert_eq!((c.cause, c.detail), (Some(Cause::Offline), "rejected"));
        let skipped = ProbeRecord::untested("1", Untested::OfflineSkipped);
        let c = skipped.conclude(&Demand::new(Level::Visible, 10_000), true);
        assert_eq!((c.verdict, c.cause, c.detail), (ProbeVerdict::NoPicture, Some(Cause::Offline), "not_tried"));
    }

    #[test]
    fn not_tested_is_not_no_picture() {
        for why in
            [Untested::Interrupted, Untested::PlatformLost, Untested::NoUsableCode, Untested::ProbeLimit, Untested::NoProbe]
        {
            let record = ProbeRecord::untested("1", why);
            let c = record.conclude(&Demand::new(Level::Visible, 10_000), false);
            assert_eq!((c.verdict, c.detail), (ProbeVerdict::Untested, why.id()));
        }
        assert!(Cause::Untested.is_doubtful() && !Cause::NoUsableCode.is_doubtful());
    }
}
