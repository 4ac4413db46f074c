//! 编码格式不支持: video came that we cannot decode. Our limit, not the camera's: doubtful.

use super::{Why, says};
use crate::probe::outcome::{Attempt, detail};

whys! {
    DECODER_LIMIT "decoder_limit" UnsupportedCodec Auditor doubtful {
        "编码格式不支持" "a codec we cannot decode"
        "编码认得，但用了本工具解码器没有的档次或工具（如 4:2:2）。摄像机可能是好的，因此存疑。"
        "The codec is known, and uses a profile or tool our decoder does not have, such as 4:2:2. The camera may well be good: doubtful."
        "完整的关键帧；解码器的说明见 detail。"
        "A whole key frame; what the decoder says stands in detail."
        "由人工在平台上看一眼；或把该路改为常用档次（Main/High）后复测。"
        "Have a person look at it on the platform, or set the camera to a common profile (main, high) and retest."
    }
    SVAC "svac" UnsupportedCodec Auditor doubtful {
        "SVAC 编码，本工具不能解码" "SVAC, which we cannot decode"
        "码流是国标 SVAC。标准允许，本工具没有解码器，因此存疑。"
        "The stream is SVAC. The standard allows it, and we have no decoder: doubtful."
        "SDP 或 PSM 标明 SVAC；有视频数据。"
        "SDP or PSM says SVAC; there is video data."
        "由人工在平台上看一眼，按口径认定。"
        "Have a person look at it on the platform."
    }
    MPEG_TS "mpeg_ts" UnsupportedCodec Auditor doubtful {
        "以 MPEG-TS 封装，本工具不解" "an MPEG transport stream, which we do not read"
        "码流是 TS，不是国标规定的 PS。本工具不解，因此存疑。"
        "The stream is a transport stream and not the PS the standard asks for. We do not read it: doubtful."
        "连续多包为 188 字节对齐、以 0x47 开头。"
        "Several packets in a row are multiples of 188 octets that begin with 0x47."
        "让平台按 PS 封装发送后复测。"
        "Let the platform send PS, then retest."
    }
    ENCRYPTED "encrypted" UnsupportedCodec Auditor doubtful {
        "加密或无法识别的视频" "encrypted, or no codec we know"
        "有大量视频数据，却没有任何可识别的结构：加密（如 GB 35114）或私有格式。不证明摄像机不出图，因此存疑。"
        "There is much video data without any structure: encrypted (GB 35114, say) or private. It proves nothing about the camera: doubtful."
        "PS 中 16 KB 以上视频数据，0 个 NAL 单元。"
        "More than 16 KB of video in the PS, and not one NAL unit."
        "确认该路是否加密；检测期间关闭加密或由人工核看。"
        "Find out whether the camera encrypts; switch it off for the audit, or have a person look."
    }
    OTHER_CODEC "other_codec" UnsupportedCodec Auditor doubtful {
        "其他编码，本工具不能解码" "another codec, which we cannot decode"
        "标明的编码（见 detail，如 MPEG-4、JPEG 或厂家私有格式）没有解码器，因此存疑。"
        "There is no decoder for the codec that was announced (see detail: MPEG-4, JPEG, a maker's own): doubtful."
        "SDP 或 PSM 标明的编码名称；有视频数据。"
        "The codec that SDP or PSM names; there is video data."
        "把该路改为 H.264 或 H.265 后复测，或由人工核看。"
        "Set the camera to H.264 or H.265 and retest, or have a person look."
    }
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    let media = &attempt.media;
    if says(attempt, detail::ENCRYPTED_OR_UNKNOWN) {
        &ENCRYPTED
    } else if media.stream.as_deref() == Some("ts") {
        &MPEG_TS
    } else if says(attempt, "SVAC") {
        &SVAC
    } else if media.slices > 0 && media.parameter_sets > 0 {
        &DECODER_LIMIT
    } else {
        &OTHER_CODEC
    }
}
