//! 应答无法使用: the call was answered 200, and what the answer says leads nowhere.

use super::{Why, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    UNUSABLE_ANSWER "unusable_answer" BadAnswer Platform proven {
        "应答无法使用" "an answer that cannot be used"
        "平台答应了点播，但应答内容无法据以收流。"
        "The platform accepted the call, and its answer does not say how to get the media."
        "200 应答的原文。"
        "The 200 as it was sent."
        "把应答原文交平台方核对。"
        "Show the platform its answer."
    }
    NO_SDP "no_sdp" BadAnswer Platform proven {
        "应答没有 SDP" "a 200 without SDP"
        "200 应答没有媒体描述，不知道码流从哪里、以什么方式来。"
        "The 200 has no session description: where the media comes from and how is not said."
        "200 应答正文为空（或缺对话标识）。"
        "The body of the 200 is empty (or its tags are missing)."
        "平台应在 200 中带 SDP（GB/T 28181 点播流程）。"
        "A platform puts its SDP into the 200 (GB/T 28181, live pictures)."
    }
    UNPARSABLE_SDP "unparsable_sdp" BadAnswer Platform proven {
        "SDP 无法读懂" "an SDP that is none"
        "应答正文里找不到任何 m= 行。"
        "There is no m= line in the body of the answer."
        "200 应答的原文；解析从宽，仍无一行可用。"
        "The 200 as it was sent; read leniently, not one line can be used."
        "请平台方改正 SDP 的生成。"
        "The platform has to put right how it writes SDP."
    }
    NO_VIDEO_LINE "no_video_line" BadAnswer Platform proven {
        "SDP 没有视频" "no video in the SDP"
        "应答里只有音频或其他媒体，没有 m=video。"
        "The answer has sound or something else, and no m=video."
        "200 应答 SDP 中没有 m=video。"
        "No m=video in the SDP of the 200."
        "检查该通道是否配置成了音频或报警通道。"
        "See whether the channel is set up for sound or alarms."
    }
    PORT_ZERO "port_zero" BadAnswer Platform proven {
        "SDP 端口为 0" "port 0 in the SDP"
        "m=video 的端口是 0，按规范表示拒绝这路媒体，却以 200 应答。"
        "The port of m=video is 0, which refuses the media, in an answer of 200."
        "200 应答 SDP 的端口为 0；允许的其他传输方式也已试过。"
        "Port 0 in the SDP of the 200; the other transports that are allowed were tried too."
        "检查平台媒体服务是否有空闲端口；不能出流时应直接拒绝。"
        "See whether the platform's media service has ports left; what cannot be sent should be refused."
    }
    SETUP_CONFLICT "setup_conflict" BadAnswer Platform proven {
        "TCP 主被动冲突" "both sides want the same TCP role"
        "双方都等对方来连（或都要主动去连），码流的 TCP 连接建不起来。"
        "Both sides wait for the other to connect, or both want to: no connection for media comes to be."
        "提供与应答的 a=setup 相同；允许的其他传输方式也已试过。"
        "a=setup is the same in offer and answer; the other transports that are allowed were tried too."
        "平台应按提供方的 setup 取相反值应答。"
        "A platform answers with the opposite of the setup that was offered."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    let told = [
        (detail::NO_SDP, &NO_SDP),
        (detail::UNPARSABLE_SDP, &UNPARSABLE_SDP),
        (detail::NO_VIDEO_LINE, &NO_VIDEO_LINE),
        (detail::PORT_ZERO, &PORT_ZERO),
        (detail::SETUP_CONFLICT, &SETUP_CONFLICT),
    ];
    told.into_iter().find(|(word, _)| says(attempt, word)).map_or(&UNUSABLE_ANSWER, |(_, why)| why)
}
