//! 有码流无视频: packets came, and no video in them.

use super::{Why, says};
use crate::base::oddity;
use crate::probe::outcome::{Attempt, detail};

/// Payload types of RFC 3551 that are sound.
const SOUND: std::ops::RangeInclusive<u8> = 0..=23;

whys! {
    EMPTY_VIDEO "empty_video" NoVideo Camera proven {
        "有码流无视频" "media without video"
        "封装认得出，里面却没有视频单元。"
        "The container is known, and there is no video unit in it."
        "收到的包数、封装类型；视频单元 0 个。"
        "Packets and kind of stream; not one unit of video."
        "查摄像机编码设置；在平台本地点播同一路对照。"
        "Check the camera's encoder; play the camera on the platform itself to compare."
    }
    NOT_RTP "not_rtp" NoVideo Camera proven {
        "收到的不是 RTP" "what came is not RTP"
        "TCP 连接上来的字节切不出 RTP 包。"
        "The octets on the TCP connection cannot be cut into RTP packets."
        "媒体连接上的字节数；0 个 RTP 包。"
        "Octets on the media connection, and no RTP packet."
        "查发送方的 TCP 封装（应为 2 字节长度 + RTP，RFC 4571）。"
        "Check how the sender frames RTP over TCP (two octets of length, RFC 4571)."
    }
    AUDIO_ONLY "audio_only" NoVideo Camera proven {
        "只有声音" "sound only"
        "码流里只有音频，没有视频。"
        "There is sound in the stream and no video."
        "PS 中的音频字节数或音频负载类型；视频单元 0 个。"
        "Octets of sound in the PS, or a payload type of sound; not one unit of video."
        "查摄像机视频编码是否关闭、录像机该通道是否无视频信号。"
        "See whether the camera's video is switched off, or the recorder's channel has no video signal."
    }
    RANDOM_OCTETS "random_octets" NoVideo Camera proven {
        "内容认不出" "nothing recognisable"
        "有 RTP 包，但既不是 PS，也不是 H.264/H.265 裸流或 TS。"
        "There are RTP packets, and they carry neither PS nor plain H.264, H.265 or TS."
        "收到的包数；按内容识别封装失败。"
        "Packets received; what they carry could not be told from their content."
        "查该路是否为私有格式或加密码流；请平台方按国标封装后发送。"
        "See whether the stream is private or encrypted; by the standard it is sent as PS."
    }
    FOREIGN_SOURCE "foreign_source" NoVideo Platform proven {
        "只有来路不明的包" "packets of a source nobody named"
        "收到的包来自没有协商的 SSRC 或地址，且其中没有视频：可能根本不是这一路的。"
        "The packets bear an SSRC or come from an address that was not agreed, and hold no video: they may not be this camera's at all."
        "包的 SSRC 或来源与 SDP 不符（见 oddities）；视频单元 0 个。"
        "SSRC or source differs from the SDP (see oddities); not one unit of video."
        "请平台方核对媒体服务发往该端口的会话。"
        "Ask the platform which session its media service sends to this port."
    }
    HUNG_UP_BEFORE_VIDEO "hung_up_before_video" NoVideo Platform proven {
        "未见视频即被对方挂断" "the peer hung up before any video"
        "来了一些包，还没有视频，平台就挂断了。"
        "Some packets came, and the platform hung up before there was video."
        "对方 BYE 的时间；此前视频单元 0 个。"
        "Time of the peer's BYE, and no unit of video before."
        "请平台方查该次点播的挂断原因。"
        "Ask the platform why it hung up."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    let media = &attempt.media;
    let odd = |kind: oddity::OddityKind| attempt.oddities.iter().any(|id| id == kind.id);
    if says(attempt, detail::NOT_RTP) {
        &NOT_RTP
    } else if says(attempt, detail::PEER_BYE) {
        &HUNG_UP_BEFORE_VIDEO
    } else if media.audio_bytes > 0 || (media.stream.is_none() && media.payload_type.is_some_and(|pt| SOUND.contains(&pt))) {
        &AUDIO_ONLY
    } else if odd(oddity::SSRC_MISMATCH) || odd(oddity::SOURCE_ADDRESS_MISMATCH) {
        &FOREIGN_SOURCE
    } else if media.stream.is_none() {
        &RANDOM_OCTETS
    } else {
        &EMPTY_VIDEO
    }
}
