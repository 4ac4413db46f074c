//! 并发已满: refused for want of a free session. It says nothing of the camera.

use super::Why;
use crate::probe::outcome::Attempt;

whys! {
    RECORDER_BUSY "recorder_busy" Capacity Capacity doubtful {
        "录像机并发已满（486）" "the recorder has no session free (486)"
        "录像机（或平台为它设的）同时点播路数用完了。摄像机本身可能是好的，因此存疑。"
        "The recorder, or the platform for it, has all its sessions in use. The camera may well be good: doubtful."
        "最终应答 486，间隔重试后仍是 486。"
        "A final answer of 486, also after the pauses between the tries."
        "避开用图高峰复测，或降低 parallel_per_device；确认录像机的并发路数。"
        "Retest outside busy hours, or with a lower parallel_per_device; find out how many sessions the recorder allows."
    }
    PLATFORM_OVERLOADED "platform_overloaded" Capacity Platform doubtful {
        "平台过载（503）" "the platform is overloaded (503)"
        "平台说它暂时接不了更多点播，或上游暂不可达。不证明摄像机不出图，因此存疑。"
        "The platform says that it can take no more calls now, or cannot reach what is behind it. It proves nothing about the camera: doubtful."
        "最终应答 503，间隔重试后仍是 503。"
        "A final answer of 503, also after the pauses between the tries."
        "降低 parallel_per_platform、加大 invite_gap_ms 后复测；若始终 503，请平台方扩容或说明。"
        "Retest with a lower parallel_per_platform and a longer invite_gap_ms; if it is always 503, the platform has to explain."
    }
    NO_SESSION_FREE "no_session_free" Capacity Capacity doubtful {
        "并发已满" "no session free"
        "被叫方说到处都忙（600），或以别的方式表示没有空闲会话。不证明摄像机不出图，因此存疑。"
        "The called side is busy everywhere (600), or says otherwise that no session is free. It proves nothing about the camera: doubtful."
        "最终应答及重试情况见记录。"
        "The answers and the tries stand in the record."
        "避开用图高峰、减少同时点播路数后复测。"
        "Retest outside busy hours with fewer calls at once."
    }
}

pub(super) const fn of(attempt: &Attempt) -> &'static Why {
    match attempt.status {
        Some(486) => &RECORDER_BUSY,
        Some(503) => &PLATFORM_OVERLOADED,
        _ => &NO_SESSION_FREE,
    }
}
