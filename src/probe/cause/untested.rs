//! 未检测: nobody looked, or not to the end; and codes that cannot be called.

use super::Why;
use crate::probe::outcome::Untested;

whys! {
    NO_USABLE_CODE "no_usable_code" NoUsableCode Camera proven {
        "编码无法点播" "a code that cannot be called"
        "编码不是 1 至 64 个可见 ASCII 字符，信令里无法寻址，没有点播。"
        "The code is not 1 to 64 visible ASCII characters; nothing can be addressed by it, and it was not called."
        "目录里的编码原文。"
        "The code as the catalogue has it."
        "按整改清单改正编码后复测。"
        "Put the code right, then retest."
    }
    INTERRUPTED "interrupted" Untested Auditor doubtful {
        "检测中断" "the run was interrupted"
        "检测被停止，没有轮到或没有测完。"
        "The run was stopped: not called, or not to the end."
        "检测过程记录；见“检测过程与证据”。"
        "The record of the run."
        "重新检测。"
        "Audit again."
    }
    PLATFORM_LOST "platform_lost" Untested Platform doubtful {
        "平台中途失联" "the platform was lost on the way"
        "平台注销、心跳停止或不再应答，此后没有轮到，或只等到沉默。是平台停了还是线路断了，这里看不出；总之不是摄像机的证据。"
        "The platform unregistered, or its keepalives and answers ended: not called after that, or only silence was heard. Whether it stopped or the line to it broke cannot be seen here; of the camera it proves nothing."
        "注册状态、心跳和最后一次应答的时间；见“检测过程与证据”。"
        "Its registration, its keepalives and the time of its last answer; see the record of the run."
        "请平台方查该时段是否重启或断网，恢复后用 gbaudit audit --resume 续检。"
        "Ask whether the platform restarted or lost its network then; go on with gbaudit audit --resume."
    }
    NOT_REACHED "not_reached" Untested Network doubtful {
        "到平台的连接每次都断" "the connection to the platform broke each time"
        "对这一路的每次点播，信令连接都在应答之前断开，点播没有到达平台。"
        "At every call of this camera the signalling connection broke before an answer: no call came to the platform."
        "每次点播都是 connection_lost，且没有任何应答。"
        "Every call is connection_lost, and nothing was answered."
        "查检测机到平台的链路（防火墙会话超时、负载均衡、平台主动断开），再复测。"
        "Check the path to the platform (firewall time-outs, load balancers, a platform that closes), then retest."
    }
    PROBE_LIMIT "probe_limit" Untested Auditor doubtful {
        "试点播，未轮到" "a trial, its turn did not come"
        "本次只试点播部分摄像机。"
        "This run called some cameras for a trial."
        "命令行 --probe-limit。"
        "--probe-limit on the command line."
        "去掉 --probe-limit 重新检测。"
        "Audit without --probe-limit."
    }
    NOT_NAMED "not_named" Untested Auditor doubtful {
        "本次未指定" "not named"
        "本次只点播指定的摄像机，这一路不在其中。"
        "This run called the cameras that were named, and this is none of them."
        "gbaudit probe 的编码或名单。"
        "The codes or the list of gbaudit probe."
        "需要时用 gbaudit probe 指定它，或整体检测。"
        "Name it to gbaudit probe, or audit them all."
    }
    NOT_SAMPLED "not_sampled" Untested Auditor doubtful {
        "未抽中" "not drawn"
        "抽样检测，这一路没有抽中，不在分母里。"
        "A sample was audited and this camera is not in it, nor in the denominator."
        "抽样的大小和种子。"
        "Size and seed of the sample."
        "需要时单独检测或普查。"
        "Audit it by itself, or all of them."
    }
    NOT_NEEDED "not_needed" Untested Auditor doubtful {
        "已可断定，不必再点播" "the answer was certain without it"
        "按设置，结论已可断定时停止点播；这一路排在后面，没有点播，不在分母里。"
        "Calling was set to end when the answer is certain; this camera's turn would have come later. It was not called and is not in the denominator."
        "点播顺序、种子和每次判断；见 report.json 的 run.early 和 sample.csv。"
        "The order of the calls, its seed and each look; see run.early in report.json, and sample.csv."
        "需要每一路的结果时，不用 --stop-when-certain 重新检测。"
        "Where every camera's result is wanted, audit without --stop-when-certain."
    }
    NO_PROBE "no_probe" Untested Auditor doubtful {
        "本次未点播" "this run did not call"
        "本次只看目录，不点播。"
        "This run looked at the catalogue only."
        "命令行 --no-probe，或输入里没有点播记录。"
        "--no-probe on the command line, or an input without calls."
        "去掉 --no-probe 重新检测。"
        "Audit without --no-probe."
    }
    NOT_INVITED "not_invited" Untested Auditor doubtful {
        "抓包中没有人点播它" "nobody called it in the capture"
        "结论来自抓包，里面没有这一路的点播。"
        "The verdict is from a capture, and nobody called this camera in it."
        "抓包中没有它的 INVITE。"
        "No INVITE for it in the capture."
        "抓包期间点播全部摄像机，或用 gbaudit audit 检测。"
        "Call every camera while capturing, or use gbaudit audit."
    }
    CAPTURE_ENDED "capture_ended" Untested Auditor doubtful {
        "抓包结束太早" "the capture ended too soon"
        "抓包在限时之前结束，当时还没有画面。"
        "The capture ended before the limit, and before a picture."
        "抓包结束时间早于 INVITE 加限时。"
        "The capture ends before INVITE plus the limit."
        "抓包多留一会儿再停。"
        "Let the capture run on."
    }
    CALLER_HUNG_UP "caller_hung_up" Untested Auditor doubtful {
        "点播方先挂断" "the caller hung up first"
        "抓包里点播的一方在限时之前挂断，当时还没有画面。"
        "Whoever called hung up before the limit, and before a picture."
        "主叫方的 BYE 或 CANCEL 早于限时。"
        "The caller's BYE or CANCEL is before the limit."
        "点播后至少看够限时再挂断。"
        "Hold the call for the limit at least."
    }
    NOT_CAPTURED "not_captured" Untested Auditor doubtful {
        "抓包里没有它的码流" "its media is not in the capture"
        "信令在抓包里，码流没抓到或不全，不能断定没有码流。"
        "The signalling is in the capture and the media is not, or not all of it: nothing can be said of it."
        "抓包中没有到该媒体地址的数据，或有截断、缺包。"
        "No data towards that media address in the capture, or cut and missing packets."
        "在媒体所在的网卡上完整抓包（不截断）。"
        "Capture on the interface media comes over, without cutting packets."
    }
}

pub(super) const fn of(untested: Option<Untested>) -> &'static Why {
    match untested {
        Some(Untested::NoUsableCode) => &NO_USABLE_CODE,
        Some(Untested::Interrupted) => &INTERRUPTED,
        Some(Untested::PlatformLost) => &PLATFORM_LOST,
        Some(Untested::NotReached) => &NOT_REACHED,
        Some(Untested::OfflineSkipped) => &super::offline::NOT_TRIED,
        Some(Untested::ProbeLimit) => &PROBE_LIMIT,
        Some(Untested::NotNamed) => &NOT_NAMED,
        Some(Untested::NotSampled) => &NOT_SAMPLED,
        Some(Untested::NotNeeded) => &NOT_NEEDED,
        Some(Untested::NoProbe) | None => &NO_PROBE,
        Some(Untested::NotInvited) => &NOT_INVITED,
        Some(Untested::CaptureEnded) => &CAPTURE_ENDED,
        Some(Untested::CallerHungUp) => &CALLER_HUNG_UP,
        Some(Untested::NotCaptured) => &NOT_CAPTURED,
    }
}
