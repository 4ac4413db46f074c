//! 无关键帧: video came, and no picture in it that decodes by itself.

use super::{Why, is_late, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    NO_KEY_FRAME "no_key_frame" NoKeyFrame Camera proven {
        "无关键帧" "video without a key frame"
        "视频一直在来，但限时内没有一个可独立解码的关键帧，任何人接入都看不到画面。"
        "Video came all the time, and within the limit no key frame: nobody who joins sees anything."
        "收到的片数；关键帧 0 个；没有丢包。"
        "Slices received, no key frame, no packet lost."
        "把摄像机的 I 帧间隔设为不大于 2 至 4 秒；平台在新点播时应请求关键帧。"
        "Set the camera's key frame interval to 2 to 4 s at most; a platform asks for a key frame when a call begins."
    }
    PARAMETER_SETS_ONLY "parameter_sets_only" NoKeyFrame Camera proven {
        "只有参数集，没有图像" "parameter sets and no picture"
        "收到了编码参数，后面却没有图像数据。"
        "The parameters of the video came, and no picture data after them."
        "参数集个数；片 0 个。"
        "Parameter sets received, and not one slice."
        "查摄像机编码器是否停在初始化；重启该通道后复测。"
        "See whether the camera's encoder is stuck; restart the channel and retest."
    }
    GRADUAL_REFRESH "gradual_refresh" NoKeyFrame Auditor doubtful {
        "渐进刷新的码流，没有关键帧" "a stream of gradual refresh, without key frames"
        "摄像机用帧内渐进刷新（GDR，恢复点 SEI）代替关键帧：播放器过一段时间能显示画面，本工具只认可独立解码的关键帧，判断不了。"
        "The camera refreshes its picture bit by bit (recovery point SEI) in place of key frames: a player shows it after a while. We judge by key frames that decode by themselves, and cannot tell."
        "恢复点 SEI 个数；关键帧 0 个。"
        "Recovery points received, and no key frame."
        "由人工在平台上播放核看；或把摄像机改为普通关键帧（关闭帧内刷新），间隔 2 至 4 秒。"
        "Have a person look at it on the platform; or let the camera send key frames (intra refresh off), 2 to 4 s apart."
    }
    KEY_FRAME_LOST "key_frame_lost" NoKeyFrame Network proven {
        "丢包，未收到完整关键帧" "packets lost, and no key frame received"
        "RTP 序号有缺口，丢掉的可能正是关键帧。只有这一路如此，说明问题在它自己的链路上；多路如此见“途中丢包（多路）”。"
        "There are gaps in the RTP numbering, and what was lost may have been the key frame. Only this camera is so: its own link. Where many are, see the causes of the path."
        "RTP 丢包数；关键帧 0 个；允许的其他传输方式也已试过。"
        "RTP packets lost, no key frame; the other transports that are allowed were tried too."
        "查该路到平台的带宽和丢包；可让平台改用 TCP 发流。"
        "Check bandwidth and loss of this camera's link; let the platform send over TCP."
    }
    LATE_KEY_FRAME "late_key_frame" NoKeyFrame Camera proven {
        "关键帧太晚，画面在限时之后" "the key frame came after the limit"
        "视频按时到了，第一个关键帧却在限时之后才来。"
        "Video came in time, and its first key frame only after the limit."
        "首帧时间（late_毫秒）晚于限时。"
        "Time of the picture (late_ms), after the limit."
        "缩短摄像机的 I 帧间隔，或让平台在新点播时请求关键帧。"
        "Shorten the camera's key frame interval, or let the platform ask for a key frame when a call begins."
    }
    HUNG_UP_BEFORE_KEY_FRAME "hung_up_before_key_frame" NoKeyFrame Platform proven {
        "未见关键帧即被对方挂断" "the peer hung up before a key frame"
        "视频刚开始，没到关键帧，平台就挂断了。"
        "Video had begun, and the platform hung up before a key frame."
        "对方 BYE 的时间；此前关键帧 0 个。"
        "Time of the peer's BYE, and no key frame before."
        "请平台方查该次点播的挂断原因。"
        "Ask the platform why it hung up."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    if is_late(attempt) {
        &LATE_KEY_FRAME
    } else if attempt.media.refreshes > 0 {
        &GRADUAL_REFRESH
    } else if says(attempt, detail::DAMAGED_IN_TRANSIT) {
        &KEY_FRAME_LOST
    } else if says(attempt, detail::PEER_BYE) {
        &HUNG_UP_BEFORE_KEY_FRAME
    } else if attempt.media.slices == 0 && attempt.media.parameter_sets > 0 {
        &PARAMETER_SETS_ONLY
    } else {
        &NO_KEY_FRAME
    }
}
