//! 本工具原因: we failed. No camera is blamed for it.

use super::{Why, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    OUR_FAULT "our_fault" OurFault Auditor doubtful {
        "本工具原因" "our own failure"
        "检测方自身的问题，没有得出结论，与摄像机无关，因此存疑。"
        "We failed and came to no conclusion; the camera has no part in it: doubtful."
        "本工具的日志；见 detail。"
        "Our own log; see detail."
        "复测；反复出现时请附日志反馈。"
        "Retest; if it happens again, report it with the log."
    }
    NO_MEDIA_PORT "no_media_port" OurFault Auditor doubtful {
        "没有可用的媒体端口" "no media port of ours was free"
        "检测机的媒体端口用完或被占，点播没有发出。"
        "The media ports of the auditing machine were in use: the call was not made."
        "打开媒体端口失败；没有发出 INVITE。"
        "No media port could be opened; no INVITE was sent."
        "扩大 media_ports（每路一个偶数端口），或减少 parallel；gbaudit doctor 可检查。"
        "Give more media_ports (an even one a call) or a lower parallel; gbaudit doctor checks it."
    }
    ENDPOINT "endpoint_failed" OurFault Auditor doubtful {
        "信令端口故障" "our signalling endpoint failed"
        "检测机的信令端口发不出请求。"
        "The signalling port of the auditing machine could not send."
        "发送失败；没有应答可等。"
        "Sending failed; there was no answer to wait for."
        "查检测机网络和系统资源后复测。"
        "Check the auditing machine's network and resources, then retest."
    }
    LEDGER "ledger_failed" OurFault Auditor doubtful {
        "会话记不下来，没有点播" "the call could not be written down, and was not made"
        "每次点播先记账再发出，以便异常中断后也能挂断。这次记不下来，就没有点播。"
        "Every call is written down before it is made, so that it can be hung up even after a crash. This one could not be, and was not made."
        "存储写入失败；没有发出 INVITE。"
        "Writing to the store failed; no INVITE was sent."
        "查检测机磁盘空间和 [store] 的路径后复测。"
        "Check the auditing machine's disk and the path in [store], then retest."
    }
    NOT_LOOKED_AT "not_looked_at" OurFault Auditor doubtful {
        "画面质量没有检查" "the picture's quality was not looked at"
        "口径要求画面质量，这次点播的记录里却没有质量检查（如旧版本的记录）。画面是有的，因此存疑。"
        "The profile asks for quality, and the record of this call has no checks of it (one of an older version, say). There was a picture: doubtful."
        "有可见画面；没有质量检查的结果。"
        "A visible picture, and no result of the checks."
        "用当前版本重新检测。"
        "Audit again with this version."
    }
    DECODER_SLOW "decoder_slow" OurFault Auditor doubtful {
        "本工具解码太慢" "our decoder was too slow"
        "关键帧到了，检测机没有及时解完。"
        "The key frame came, and the auditing machine did not decode it in time."
        "挂断 10 秒后解码仍未结束。"
        "Decoding had not ended 10 s after the call."
        "减少 parallel 或换更快的机器后复测。"
        "Retest with a lower parallel or on a faster machine."
    }
    DECODER_GAVE_UP "decoder_gave_up" OurFault Auditor doubtful {
        "本工具解码器故障" "our decoder failed"
        "解码器异常终止，是它的缺陷。"
        "The decoder did not come to its end: a bug of its own."
        "解码任务异常结束。"
        "The decoding task ended abnormally."
        "请附该路码流反馈；由人工核看该路。"
        "Report it with a sample of the stream; have a person look at the camera."
    }
    BUG "bug" OurFault Auditor doubtful {
        "本工具程序错误" "a bug of ours"
        "一次点播因程序错误中止，只影响这一路。"
        "One call ended by a bug; nothing else was touched."
        "日志中的错误。"
        "The error in the log."
        "复测；请附日志反馈。"
        "Retest; report it with the log."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    let told = [
        (detail::NO_MEDIA_PORT, &NO_MEDIA_PORT),
        (detail::ENDPOINT, &ENDPOINT),
        (detail::LEDGER, &LEDGER),
        (detail::NOT_LOOKED_AT, &NOT_LOOKED_AT),
        (detail::DECODER_SLOW, &DECODER_SLOW),
        (detail::DECODER_GAVE_UP, &DECODER_GAVE_UP),
        (detail::BUG, &BUG),
    ];
    told.into_iter().find(|(word, _)| says(attempt, word)).map_or(&OUR_FAULT, |(_, why)| why)
}
