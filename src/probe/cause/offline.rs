//! 平台显示离线: the platform itself says that the camera is off line.

use super::Why;
use crate::probe::outcome::Attempt;

whys! {
    TRIED "offline_tried" Offline Offline proven {
        "平台显示离线，点播也不通" "off line by the platform's word, and the call failed"
        "目录里的状态是 OFF，检测时点播一次，也没有看到画面：平台自己的说法得到印证。"
        "The catalogue says OFF; it was called once all the same and gave no picture: the platform's own word holds."
        "目录 Status=OFF；一次点播的经过（未得到 200）。"
        "Status OFF in the catalogue; one call, not answered 200."
        "检查摄像机供电、网络和到录像机（平台）的注册；恢复后由平台刷新状态再复测。"
        "Check power, network and registration of the camera; when it is back, let the platform refresh its status, then retest."
    }
    ANSWERED "offline_answered" Offline Offline proven {
        "平台显示离线，但应答了点播" "off line by the platform's word, yet it answered the call"
        "目录里的状态是 OFF，点播却得到 200，只是没有看到画面：状态与实际不一致，或平台对任何点播都答 200。"
        "The catalogue says OFF, yet the call was answered 200 and no picture came: the status is out of date, or the platform answers 200 to everything."
        "目录 Status=OFF；点播应答 2xx；之后的码流情况见经过。"
        "Status OFF in the catalogue; the call answered 2xx; what came of it stands in the stages."
        "在平台上核对这一路的真实状态；若在线，按经过中缺的那一步排查。"
        "Look the camera up on the platform; if it is on line, go by the step that is missing in the stages."
    }
    NOT_TRIED "offline_not_tried" Offline Offline proven {
        "平台显示离线，按设置未点播" "off line by the platform's word, not called as the settings say"
        "目录里的状态是 OFF，设置为不点播离线摄像机：按平台自己的说法计为未出图。"
        "The catalogue says OFF and the settings say not to call such cameras: the platform's own word is taken."
        "目录 Status=OFF；设置 probe.offline = \"skip\"。"
        "Status OFF in the catalogue; probe.offline = \"skip\"."
        "要证实可改为 probe.offline = \"try-once\" 再检测一次。"
        "To have it shown, audit once more with probe.offline = \"try-once\"."
    }
}

pub(super) fn of(deciding: Option<&Attempt>) -> &'static Why {
    match deciding {
        Some(attempt) if attempt.status.is_some_and(|code| (200..300).contains(&code)) => &ANSWERED,
        Some(_) => &TRIED,
        None => &NOT_TRIED,
    }
}
