//! 无法解码: a key frame came, and no picture could be made of it.

use super::{Why, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    UNDECODABLE "undecodable" Undecodable Camera proven {
        "无法解码" "a key frame that cannot be decoded"
        "关键帧完整到达，解码器却拒绝：码流内容本身是坏的。"
        "The key frame arrived whole and the decoder refuses it: the video itself is broken."
        "完整的关键帧；解码器的说明见 detail。"
        "A whole key frame; what the decoder says stands in detail."
        "查摄像机固件和编码设置；用播放器打开同一路对照。"
        "Check the camera's firmware and encoder; open the same camera in a player to compare."
    }
    NO_PARAMETER_SETS "no_parameter_sets" Undecodable Camera proven {
        "缺少参数集" "no parameter sets"
        "有关键帧，却没有解码所需的 SPS/PPS/VPS。"
        "Key frames came without the SPS, PPS or VPS they need."
        "关键帧个数；参数集不足。"
        "Key frames received, and too few parameter sets."
        "让摄像机（或转发的平台）在每个关键帧前带参数集。"
        "Parameter sets belong in front of each key frame: set the camera, or the platform that forwards, so."
    }
    KEY_FRAME_DAMAGED "key_frame_damaged" Undecodable Network proven {
        "关键帧在途中受损" "key frames damaged in transit"
        "关键帧的部分 RTP 包没有到。只有这一路如此，说明问题在它自己的链路上；多路如此见“途中丢包（多路）”。"
        "Some RTP packets of the key frames did not arrive. Only this camera is so: its own link. Where many are, see the causes of the path."
        "RTP 序号缺口；每个关键帧都不完整；允许的其他传输方式也已试过。"
        "Gaps in the RTP numbering, every key frame incomplete; the other transports that are allowed were tried too."
        "查该路带宽和丢包；可降低码率或改用 TCP 发流。"
        "Check bandwidth and loss of this camera's link; lower its bit rate, or send over TCP."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    if says(attempt, detail::DAMAGED_IN_TRANSIT) {
        &KEY_FRAME_DAMAGED
    } else if says(attempt, detail::NO_PARAMETER_SETS) {
        &NO_PARAMETER_SETS
    } else {
        &UNDECODABLE
    }
}
