//! The register of ways to answer a call: what a channel does, and what a right audit says of it. One line each.

use crate::base::lang::Text;
use crate::media::mux::PsOptions;
use crate::probe::outcome::{Cause, MediaTransport};

/// What is sent as pictures. Those that are to be seen are drawn, each camera's own ([`super::scenery`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipName {
    /// H.264 baseline.
    Baseline,
    /// H.264 high profile with B frames.
    High,
    /// H.264, key frames of more than 64 kB.
    Large,
    /// H.264, several slices a picture.
    Slices,
    /// H.265.
    H265,
    /// H.265, 10 bits.
    H265Ten,
    /// H.265 4:2:2, which we do not decode.
    H265Wide,
    /// Black.
    Black,
    /// One colour.
    Blue,
    /// A test card, the same from every camera.
    TestCard,
}

/// How the INVITE is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 with a session description.
    Ok,
    /// This status, to so many calls of the channel; 0 = to all.
    Status(u16, u32),
    /// 415 or 488 to offers of UDP.
    RefuseUdp,
    /// Nothing at all.
    Nothing,
    /// 100, and nothing more.
    OnlyTrying,
    /// 200 with text that is no session description.
    Garbage,
    /// 200 without a body.
    Empty,
    /// 200 with port 0.
    PortZero,
    /// 200, both want to listen (connect).
    Conflict,
}

/// What goes into RTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// A program stream.
    Ps,
    /// NAL units by themselves, under payload type 98 or 100.
    Raw,
    /// A program stream whose map says SVAC, with octets that are no units of ours.
    Svac,
    /// Random octets.
    Random,
    /// Nothing is sent.
    Silence,
}

/// The SSRC of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ssrc {
    /// That of the offer, repeated in the answer.
    Offered,
    /// Another one, named in the answer, as a cascade does.
    Chosen,
    /// One that nobody named.
    Wrong,
    /// That of the offer, without `y=` in the answer.
    Unnamed,
    /// That of the offer, but the first pictures are the rest of an earlier call, under its SSRC.
    Stale,
}

/// All that can differ from a well-behaved channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The answer.
    pub answer: Answer,
    /// A provisional response before it.
    pub provisional: Option<u16>,
    /// Milliseconds until the answer.
    pub answer_after_ms: u64,
    /// How often the 200 is sent.
    pub copies: u32,
    /// What is sent.
    pub payload: Payload,
    /// The pictures.
    pub clip: ClipName,
    /// Milliseconds without a key frame.
    pub key_after_ms: u64,
    /// Never a key frame.
    pub no_keys: bool,
    /// How the program stream deviates.
    pub ps: PsOptions,
    /// Payload type in RTP, where it is not the announced one.
    pub payload_type: Option<u8>,
    /// SSRC.
    pub ssrc: Ssrc,
    /// Packets change places.
    pub reorder: bool,
    /// Packets come twice.
    pub repeat: bool,
    /// A packet of the first key frame is missing.
    pub lose_one: bool,
    /// Sent from another port than announced.
    pub other_port: bool,
    /// A second source speaks first.
    pub second_source: bool,
    /// The four-octet `$` header over TCP.
    pub dollar: bool,
    /// Octets in one write over TCP; 0 = all.
    pub tcp_chunk: usize,
    /// Nobody connects over TCP.
    pub no_connect: bool,
    /// Milliseconds after the ACK until this side hangs up; 0 = never.
    pub bye_after_ms: u64,
    /// BYE is not answered.
    pub ignore_bye: bool,
    /// One key frame over and over, twice a second.
    pub still: bool,
    /// A recording over and over, the same on every day.
    pub looped: bool,
    /// TCP is offered: the answer says UDP, and media comes so.
    pub udp_anyway: bool,
    /// Nothing comes over UDP, as where a firewall closes it; over TCP all is well.
    pub udp_closed: bool,
    /// 400 to an INVITE whose Subject does not name the device that is called.
    pub subject_strict: bool,
    /// Octets of an RTP packet over its header; 0 = as many as a datagram carries.
    pub packet: usize,
    /// In the middle of the call the camera itself says in its own name that a file has ended (MediaStatus 121).
    pub media_status: bool,
    /// Milliseconds the stream goes on after BYE.
    pub leak_ms: u64,
    /// Milliseconds after the ACK until the 200 comes once more, as if the ACK were lost; media only then. 0 = never.
    pub lose_ack_ms: u64,
}

const OK: Options = Options {
    answer: Answer::Ok,
    provisional: None,
    answer_after_ms: 0,
    copies: 1,
    payload: Payload::Ps,
    clip: ClipName::Baseline,
    key_after_ms: 0,
    no_keys: false,
    ps: PS,
    payload_type: None,
    ssrc: Ssrc::Offered,
    reorder: false,
    repeat: false,
    lose_one: false,
    other_port: false,
    second_source: false,
    dollar: false,
    tcp_chunk: 0,
    no_connect: false,
    bye_after_ms: 0,
    ignore_bye: false,
    still: false,
    looped: false,
    udp_anyway: false,
    udp_closed: false,
    subject_strict: false,
    packet: 0,
    media_status: false,
    leak_ms: 0,
    lose_ack_ms: 0,
};

const PS: PsOptions = PsOptions {
    no_map: false,
    map_type: None,
    map_broken: false,
    length_zero: false,
    private: false,
    audio: false,
    garbage: false,
    audio_only: false,
    stuffing: 0,
    short_pack: false,
};

/// One way to answer.
#[derive(Debug)]
pub struct Behaviour {
    /// Its id in scenes.
    pub id: &'static str,
    /// The numbers of the deviations of the field it plays.
    pub deviations: &'static [u8],
    /// For people.
    pub text: Text,
    /// What it does.
    pub options: Options,
    /// Why there is no picture over UDP.
    udp: Option<Cause>,
    /// Why there is no picture over TCP.
    tcp: Option<Cause>,
}

impl Behaviour {
    /// What a right audit over these transports, tried in this order, says: nothing when there is a picture.
    #[must_use]
    pub fn expected(&self, transports: &[MediaTransport]) -> Option<Cause> {
        let over = |transport: &MediaTransport| if *transport == MediaTransport::Udp { self.udp } else { self.tcp };
        let mut causes = transports.iter().map(over);
        let first = causes.next()?;
        first.filter(|_| causes.all(|cause| cause.is_some()))
    }
}

macro_rules! behaviours {
    (@cause -) => { None };
    (@cause $cause:ident) => { Some(Cause::$cause) };
    ($($id:literal $deviations:tt $udp:tt $tcp:tt $zh:literal $en:literal { $($options:tt)* };)+) => {
        /// Every way there is. The first is the good one.
        pub static BEHAVIOURS: &[Behaviour] = &[$(Behaviour {
            id: $id,
            deviations: &$deviations,
            text: Text::new($zh, $en),
            options: Options { $($options)* ..OK },
            udp: behaviours!(@cause $udp),
            tcp: behaviours!(@cause $tcp),
        }),+];
    };
}

behaviours! {
    "ok" [49] - - "正常出图" "a picture" {};
    "high" [] - - "H.264 High，带 B 帧" "H.264 high with B frames" { clip: ClipName::High, };
    "large" [] - - "1080P，关键帧超过 64 kB" "1080p, key frames over 64 kB" { clip: ClipName::Large, };
    "slices" [] - - "一帧多片" "several slices a picture" { clip: ClipName::Slices, };
    "h265" [] - - "H.265" "H.265" { clip: ClipName::H265, };
    "h265_10bit" [] - - "H.265 10 位" "H.265, 10 bits" { clip: ClipName::H265Ten, };
    "h265_422" [] UnsupportedCodec UnsupportedCodec "H.265 4:2:2，本工具不能解码" "H.265 4:2:2, which we cannot decode" { clip: ClipName::H265Wide, };
    "black" [] Black Black "黑屏" "black" { clip: ClipName::Black, };
    "single_color" [] SingleColor SingleColor "纯色画面" "one colour" { clip: ClipName::Blue, };
    "late_key" [] - - "关键帧来得晚" "a late key frame" { key_after_ms: 1_500, };
    "no_key" [70] NoKeyFrame NoKeyFrame "没有关键帧" "no key frame" { no_keys: true, };
    "no_map" [70] - - "PS 没有 PSM" "PS without a map" { ps: PsOptions { no_map: true, ..PS }, };
    "map_wrong" [64] - - "PSM 写 H.264，实为 H.265" "the map says H.264, it is H.265" { clip: ClipName::H265, ps: PsOptions { map_type: Some(0x1B), ..PS }, };
    "map_broken" [65, 67] - - "PSM 内各长度不一致，CRC 为 0" "a map whose lengths do not fit, with CRC 0" { ps: PsOptions { map_broken: true, ..PS }, };
    "length_zero" [70] - - "PES 长度为 0" "PES length 0" { ps: PsOptions { length_zero: true, ..PS }, };
    "private" [69] - - "PS 含私有流 0xBD" "a private stream in the PS" { ps: PsOptions { private: true, ..PS }, };
    "garbage" [69, 71] - - "PS 包之间有多余字节" "octets between packs" { ps: PsOptions { garbage: true, ..PS }, };
    "stuffing" [65] - - "PS 包头有填充字节" "stuffing in pack headers" { ps: PsOptions { stuffing: 5, ..PS }, };
    "short_pack" [] - - "PS 包头不完整" "incomplete pack headers" { ps: PsOptions { short_pack: true, ..PS }, };
    "audio_only" [66] NoVideo NoVideo "只有音频" "audio only" { ps: PsOptions { audio_only: true, ..PS }, };
    "raw" [63] - - "裸 H.264，未封装 PS" "H.264 without PS" { payload: Payload::Raw, };
    "raw_h265" [] - - "裸 H.265，未封装 PS" "H.265 without PS" { payload: Payload::Raw, clip: ClipName::H265, };
    "svac" [] UnsupportedCodec UnsupportedCodec "SVAC 码流（PSM 类型 0x80）" "SVAC, stream type 0x80 in the map" { payload: Payload::Svac, };
    "payload_40" [63] - - "PS 用负载类型 40 发送" "PS under payload type 40" { payload_type: Some(40), };
    "payload_100" [63] - - "PS 用负载类型 100 发送" "PS under payload type 100" { payload_type: Some(100), };
    "chosen_ssrc" [47, 48] - - "SSRC 由对方指定" "the peer's own SSRC" { ssrc: Ssrc::Chosen, };
    "wrong_ssrc" [48] - - "SSRC 与协商不符" "an SSRC nobody named" { ssrc: Ssrc::Wrong, };
    "stale_ssrc" [51, 62] - - "先来前一路的残流（旧 SSRC）" "the rest of an earlier call first, under its SSRC" { ssrc: Ssrc::Stale, };
    "no_y" [46] - - "应答没有 y 行" "no y in the answer" { ssrc: Ssrc::Unnamed, };
    "reordered" [] - - "RTP 乱序" "packets out of order" { reorder: true, };
    "repeated" [] - - "RTP 重复" "packets twice" { repeat: true, };
    "lost_packet" [] - - "首个关键帧丢一个包" "a packet of the first key frame lost" { lose_one: true, };
    "other_port" [] - - "从别的端口发流" "media from another port" { other_port: true, };
    "two_sources" [62] - - "同一端口两个 SSRC" "two SSRCs on one port" { second_source: true, };
    "random" [] NoVideo NoVideo "随机字节" "random octets" { payload: Payload::Random, };
    "silence" [] NoMedia NoMedia "应答后不发流" "an answer, and no media" { payload: Payload::Silence, };
    "dollar" [59] - - "TCP 用 $ 帧头" "the $ header over TCP" { dollar: true, };
    "tiny_writes" [59, 61] - - "TCP 每次只写几个字节" "a few octets a write over TCP" { tcp_chunk: 7, };
    "tcp_only" [] Rejected - "只支持 TCP 媒体" "media over TCP only" { answer: Answer::RefuseUdp, };
    "no_connect" [56, 57] - NoMedia "TCP 媒体无人连接" "nobody connects over TCP" { no_connect: true, };
    "conflict" [57] - BadAnswer "双方 setup 冲突" "both sides want the same setup" { answer: Answer::Conflict, };
    "ringing" [] - - "先 180 再 200" "180, then 200" { provisional: Some(180), answer_after_ms: 400, };
    "unusual_181" [52] - - "先 181 再 200" "181, then 200" { provisional: Some(181), answer_after_ms: 200, };
    "slow" [15] - - "1.5 秒后应答" "an answer after 1.5 s" { provisional: Some(100), answer_after_ms: 1_500, };
    "copies" [53] - - "200 连发三次" "the 200 three times" { copies: 3, };
    "busy_once" [51] - - "先 486 一次" "486 once" { answer: Answer::Status(486, 1), };
    "busy" [51] Capacity Capacity "总是 486" "always 486" { answer: Answer::Status(486, 0), };
    "overload" [52] Capacity Capacity "总是 503" "always 503" { answer: Answer::Status(503, 0), };
    "not_found" [52] Rejected Rejected "404" "404" { answer: Answer::Status(404, 0), };
    "forbidden" [] Rejected Rejected "403" "403" { answer: Answer::Status(403, 0), };
    "unavailable" [] Rejected Rejected "480" "480" { answer: Answer::Status(480, 0), };
    "not_acceptable" [] Rejected Rejected "488" "488" { answer: Answer::Status(488, 0), };
    "bad_request_once" [44, 45, 52] - - "先 400 一次" "400 once" { answer: Answer::Status(400, 1), };
    "no_answer" [] NoAnswer NoAnswer "不应答" "no answer" { answer: Answer::Nothing, };
    "only_trying" [] NoAnswer NoAnswer "只有 100" "100 and nothing more" { answer: Answer::OnlyTrying, };
    "bad_sdp" [44] BadAnswer BadAnswer "SDP 无法解析" "an SDP that is none" { answer: Answer::Garbage, };
    "no_sdp" [] BadAnswer BadAnswer "200 没有 SDP" "200 without SDP" { answer: Answer::Empty, };
    "port_zero" [50] BadAnswer BadAnswer "SDP 端口为 0" "port 0 in the SDP" { answer: Answer::PortZero, };
    "peer_bye" [54, 76] NoMedia NoMedia "对方随即挂断" "the peer hangs up" { payload: Payload::Silence, bye_after_ms: 300, };
    "peer_bye_later" [] - - "出图后对方挂断" "the peer hangs up after pictures" { bye_after_ms: 3_000, };
    "leaky" [73] - - "应答 BYE 后仍继续发流" "the stream goes on after BYE was answered" { leak_ms: 3_000, };
    "ack_lost" [53] - - "ACK 丢失，200 再来一次才发流" "the ACK is lost: the 200 again, and media only then" { lose_ack_ms: 600, };
    "frozen" [] - - "画面静止：同一关键帧反复发送" "a frozen picture: one key frame over and over" { still: true, };
    "looped" [] - - "循环播放一段录像，每天相同" "a recording over and over, the same every day" { looped: true, };
    "test_card" [] - - "测试卡：各路同一画面" "a test card: the same picture from each" { clip: ClipName::TestCard, };
    "with_audio" [68] - - "视频之外还有 G.711 音频（0x90）" "G.711 beside the video, as stream type 0x90" { ps: PsOptions { audio: true, ..PS }, };
    "udp_anyway" [58] - - "协商 TCP，应答写 UDP 并以 UDP 送流" "TCP is offered, the answer says UDP and media comes over it" { udp_anyway: true, };
    "udp_closed" [] NoMedia - "UDP 媒体不通，TCP 正常" "nothing comes over UDP, all is well over TCP" { udp_closed: true, };
    "subject_strict" [55] - - "Subject 不写被点播设备的编码就答 400" "400 where Subject does not name the device that is called" { subject_strict: true, };
    "packets_of_256" [60] - - "RTP 包恰好 256 字节" "RTP packets of exactly 256 octets" { packet: 244, };
    "media_status" [72] - - "点播中以通道名义发 MediaStatus 121" "MediaStatus 121 in the middle of a call, from the channel" { media_status: true, };
    "ignores_bye" [73] - - "不应答 BYE" "BYE is not answered" { ignore_bye: true, };
}

/// A way by its id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Behaviour> {
    BEHAVIOURS.iter().find(|b| b.id == id)
}

/// The good one.
#[must_use]
pub fn ok() -> &'static Behaviour {
    static GOOD: Behaviour =
        Behaviour { id: "ok", deviations: &[], text: Text::new("正常出图", "a picture"), options: OK, udp: None, tcp: None };
    BEHAVIOURS.first().unwrap_or(&GOOD)
}

/// What cameras do whose Status is OFF: 480.
pub static OFFLINE: Behaviour = Behaviour {
    id: "off_line",
    deviations: &[],
    text: Text::new("平台显示离线，480", "off line by the platform's word, 480"),
    options: Options { answer: Answer::Status(480, 0), ..OK },
    udp: Some(Cause::Offline),
    tcp: Some(Cause::Offline),
};
