//! 拒绝: a final answer that refuses, other than for want of a free session.

use super::Why;
use crate::probe::outcome::Attempt;

whys! {
    REFUSED "refused" Rejected Platform proven {
        "拒绝" "refused"
        "平台用较少见的状态码拒绝了点播；具体状态见记录。"
        "The platform refused the call with a status that is not common here; the record has it."
        "最终应答的状态码、原因短语和正文。"
        "Status, reason phrase and body of the final answer."
        "按状态码和正文请平台方解释。"
        "Ask the platform what it means by it."
    }
    REDIRECTED "redirected" Rejected Platform proven {
        "要求改点别处（3xx）" "sent elsewhere (3xx)"
        "平台让本工具改向另一地址点播。本工具不跟随，以免访问未经约定的地址。"
        "The platform asks to call another address. That is not followed: nobody agreed to it."
        "最终应答 3xx。"
        "A final answer of 3xx."
        "由平台代为转接，或把摄像机共享到被测平台本身。"
        "Let the platform relay the call, or share the camera on the platform itself."
    }
    BAD_REQUEST "bad_request" Rejected Platform proven {
        "平台认为请求有误（400）" "the platform calls the request bad (400)"
        "平台不接受点播报文。本工具已换另一种写法（只提供 PS）再试一次，仍被拒绝。"
        "The platform does not accept the call. It was tried once more in another form (PS alone) and refused again."
        "最终应答 400；换写法后的再次应答。"
        "A final answer of 400, also to the other form."
        "请平台方按 Call-ID 查拒绝原因；有的平台在参数或设备异常时都答 400。"
        "Ask the platform why, by Call-ID; some answer 400 also when the device fails."
    }
    UNAUTHORIZED "unauthorized" Rejected Platform doubtful {
        "点播要求认证，密码不符（401/407）" "the call needs a password that was not accepted (401, 407)"
        "平台对点播要求密码，本工具没有可用的密码，或平台不接受。这是两端设置不一致，不是摄像机的问题。"
        "The platform wants a password for calls, and we have none or not the right one. The two sides' settings differ; the camera has no part in it."
        "最终应答 401 或 407（如有密码，已应答过一次挑战）。"
        "A final answer of 401 or 407, after one challenge was answered where there is a password."
        "核对 username 和 password 与平台级联页面一致，然后复测全部此类摄像机。"
        "Make username and password agree with the platform's page, then retest all such cameras."
    }
    FORBIDDEN "forbidden" Rejected Platform proven {
        "没有共享或无权点播（403）" "not shared, or no right to call (403)"
        "平台认得这一路，但不允许本上级点播。"
        "The platform knows the camera and does not let us call it."
        "最终应答 403；不重试。"
        "A final answer of 403; it is not tried again."
        "在平台上把该路共享（授权）给本上级，勾选点播权限后复测。"
        "Share the camera with us on the platform, with the right to live pictures, then retest."
    }
    NOT_FOUND "not_found" Rejected Platform proven {
        "平台不认得这一路（404）" "the platform does not know the camera (404)"
        "目录里有这个编码，点播时平台却说没有：目录与平台内部不一致，或编码已改。"
        "The catalogue has the code, and the platform does not know it when called: the two disagree, or the code was changed."
        "最终应答 404（或 410、604）；不重试。"
        "A final answer of 404 (410, 604); it is not tried again."
        "在平台上核对编码，重新推送目录；检查是否有改码未同步。"
        "Compare the code on the platform, push the catalogue anew, look for codes changed on one side only."
    }
    NOT_SUPPORTED "not_supported" Rejected Platform proven {
        "平台不支持这种请求（405/420/501…）" "the platform does not support the request (405, 420, 501 ...)"
        "平台说它不支持点播请求或其中的扩展。"
        "The platform says that it does not support the call, or something in it."
        "最终应答 405、416、420、421、501、505 或 513。"
        "A final answer of 405, 416, 420, 421, 501, 505 or 513."
        "请平台方确认其 GB/T 28181 版本和是否开启了对上点播。"
        "Ask for the platform's edition of GB/T 28181, and whether calls from above are enabled."
    }
    DEVICE_TIMED_OUT "device_timed_out" Rejected Camera proven {
        "平台等设备超时（408）" "the platform timed out on the device (408)"
        "平台收到点播，向设备要流，设备没有回应。依据的是平台自己的说法。"
        "The platform took the call, asked the device and got no reply. That is the platform's own word."
        "最终应答 408，多次一致。"
        "A final answer of 408, the same each time."
        "检查设备到平台的网络和注册；在平台本地点播同一路对照。"
        "Check the device's network and registration; play the same camera on the platform itself to compare."
    }
    UNAVAILABLE "unavailable" Rejected Camera proven {
        "设备暂不可用（480）" "the device is not available (480)"
        "平台说设备现在联系不上（不在线、未注册或休眠）。目录状态却不是离线。"
        "The platform says that the device cannot be reached now, although the catalogue does not say OFF."
        "最终应答 480（或 430），多次一致。"
        "A final answer of 480 (430), the same each time."
        "检查设备是否在线；让平台按实际更新目录状态。"
        "See whether the device is on line, and let the platform put its status right."
    }
    MEDIA_REFUSED "media_refused" Rejected Platform proven {
        "媒体参数谈不拢（415/488/606）" "the media offer was refused (415, 488, 606)"
        "平台不接受所提供的媒体方式。允许的传输方式都已依次试过。"
        "The platform does not take the media that was offered. Each transport that is allowed was tried."
        "每种传输方式的最终应答 415、488 或 606。"
        "A final answer of 415, 488 or 606 over each transport."
        "核对平台对上级的媒体方式（UDP、TCP 主动/被动）与 probe.transports 是否有交集。"
        "See whether the platform's media transports and probe.transports have one in common."
    }
    TERMINATED "terminated" Rejected Platform proven {
        "平台中止了点播（481/487）" "the platform broke the call off (481, 487)"
        "本工具没有取消，平台却以“已终止”结束点播。"
        "The platform ended the call as terminated although we had not cancelled it."
        "最终应答 481 或 487，此前本工具未发 CANCEL。"
        "A final answer of 481 or 487 without a CANCEL of ours."
        "请平台方查该次点播日志；多见于平台内部超时或会话表冲突。"
        "Ask for the platform's log; mostly a time-out inside, or a clash of sessions."
    }
    SERVER_ERROR "server_error" Rejected Platform proven {
        "平台内部错误（5xx）" "an error inside the platform (5xx)"
        "平台在处理点播时出错。"
        "The platform failed at the call."
        "最终应答 5xx（503 除外），多次一致。"
        "A final answer of 5xx other than 503, the same each time."
        "请平台方按 Call-ID 和时间查错误日志。"
        "Ask the platform for its error log, by Call-ID and time."
    }
    UPSTREAM_FAILED "upstream_failed" Rejected Platform proven {
        "平台的下一级没有回应（502/504）" "the platform's next hop failed (502, 504)"
        "平台向它的下级平台或媒体网关转接时失败。"
        "The platform passed the call on, to a platform or gateway below it, and that failed."
        "最终应答 502 或 504，多次一致。"
        "A final answer of 502 or 504, the same each time."
        "查平台到下级平台（网关）的级联状态。"
        "Check the platform's link to the platform or gateway below it."
    }
    DECLINED "declined" Rejected Platform proven {
        "明确拒绝（603 等 6xx）" "declined (603 and other 6xx)"
        "被叫方明确拒绝，且表示别处也不会接受。"
        "The called side declined, and says that nobody else would accept."
        "最终应答 6xx（600、604、606 除外）。"
        "A final answer of 6xx other than 600, 604 and 606."
        "检查平台对该路的隐私或权限策略。"
        "Look at the platform's policy for this camera."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    match attempt.status.unwrap_or_default() {
        300..=399 => &REDIRECTED,
        400 => &BAD_REQUEST,
        401 | 407 => &UNAUTHORIZED,
        403 => &FORBIDDEN,
        404 | 410 | 604 => &NOT_FOUND,
        405 | 416 | 420 | 421 | 501 | 505 | 513 => &NOT_SUPPORTED,
        408 => &DEVICE_TIMED_OUT,
        430 | 480 => &UNAVAILABLE,
        415 | 488 | 606 => &MEDIA_REFUSED,
        481 | 487 => &TERMINATED,
        502 | 504 => &UPSTREAM_FAILED,
        500..=599 => &SERVER_ERROR,
        600..=699 => &DECLINED,
        _ => &REFUSED,
    }
}
