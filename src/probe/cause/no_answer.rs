//! 无应答: the call was sent, and no final answer came within the limit.

use super::{Why, is_late, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    SILENCE "silence" NoAnswer Platform proven {
        "一直没有应答" "no answer at all"
        "点播发出后平台连临时应答也没有。平台同时能应答别的请求，所以不是平台整体中断。"
        "Nothing came back to the call, not even a provisional answer, while the platform did answer other things."
        "INVITE 已发出（UDP 时按规范重发）；限时内没有任何应答；平台在此前后有其他应答，否则计为未检测。"
        "INVITE was sent (and repeated, over UDP); nothing came within the limit; the platform answered other requests around it, else the camera would count as not tested."
        "请平台方查这一路点播请求的处理日志（按 Call-ID 和时间）；常见原因是平台等设备而不先应答。"
        "Ask the platform for its log of this call, by Call-ID and time; often it waits for the device without answering first."
    }
    PROVISIONAL_ONLY "provisional_only" NoAnswer Platform proven {
        "只有临时应答，没有结果" "provisional answers and no result"
        "平台收到了点播（100/18x），但限时内没有给出成功或失败。"
        "The platform received the call (100, 18x) and gave neither success nor failure within the limit."
        "收到的临时应答及时间；没有最终应答；本工具随后取消了点播。"
        "The provisional answers and their times; no final one; we then cancelled."
        "多为平台在等下级或设备；请平台方查该设备到平台的链路和超时设置（宜在 10 秒内给出结果）。"
        "Mostly the platform waits for a device below it: check that device's link, and the platform's time-out (a result within 10 s)."
    }
    CONNECTION_LOST "connection_lost" NoAnswer Network doubtful {
        "信令连接中断" "the signalling connection broke"
        "点播发出后，承载信令的 TCP 连接断开，重连后也没有等到应答。谁断开的看不出来，不证明摄像机不出图。"
        "The TCP connection the call went over broke, and no answer came over the next one. Who broke it cannot be told; it proves nothing about the camera."
        "INVITE 之后、应答之前连接断开；等待重连 8 秒仍无应答。"
        "The connection broke after INVITE and before an answer; 8 s were given for it to come over another."
        "检查两端之间的防火墙连接保持时间和平台是否重启，然后复测。"
        "Check how long firewalls on the way keep connections, and whether the platform restarted; then retest."
    }
    LATE_ANSWER "late_answer" NoAnswer Platform proven {
        "应答太晚，画面在限时之后" "answered too late, the picture came after the limit"
        "限时到时平台还没有应答；之后应答了，也出了图，但已超时。"
        "When the limit was reached the platform had not answered; it answered later, and a picture came, too late to count."
        "应答时间与首帧时间（late_毫秒）都晚于限时。"
        "Time of the answer and of the picture (late_ms), both after the limit."
        "查平台点播耗时：逐级级联、按需唤醒、先等设备再应答都会拖慢。"
        "Find where the platform spends the time: cascades, devices woken on demand, waiting for the device before answering."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    if says(attempt, detail::CONNECTION_LOST) {
        &CONNECTION_LOST
    } else if is_late(attempt) {
        &LATE_ANSWER
    } else if attempt.provisional.is_empty() {
        &SILENCE
    } else {
        &PROVISIONAL_ONLY
    }
}
