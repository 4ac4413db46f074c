//! 有应答无码流: the call was answered 200, and not one packet of media came within the limit.

use super::{Why, is_late, says};
use crate::base::oddity;
use crate::probe::outcome::stages::Step;
use crate::probe::outcome::{Attempt, MediaTransport, detail};

whys! {
    NO_PACKET "no_packet" NoMedia Camera proven {
        "有应答无码流" "answered, no media came"
        "平台答了 200，本工具确认（ACK）后，在自己的媒体端口上没有收到任何包。码流若发到了别的地址或端口，本工具无从知道。"
        "The platform answered 200, we acknowledged, and no packet came to our media port. Media sent to another address or port cannot be known here."
        "200 应答和 ACK 的时间；到限时为止端口上 0 包；允许的其他传输方式也已试过。"
        "Times of 200 and ACK; no packet on the port until the limit; the other transports that are allowed were tried too."
        "在平台本地点播同一路：也不出图则查摄像机和录像机；能出图则查平台到本工具媒体端口的防火墙和路由。"
        "Play the camera on the platform itself: if it fails there too, look at camera and recorder; if not, at firewalls between the platform and our media ports."
    }
    PEER_DID_NOT_CONNECT "peer_did_not_connect" NoMedia Platform proven {
        "约定 TCP，对方没有来连" "TCP was agreed, and the peer never connected"
        "双方约定码流走 TCP、由对方连本工具，但对方一直没有来连。"
        "Media over TCP was agreed, the peer to connect to us, and it never did."
        "200 应答后 5 秒内（至多到限时）媒体端口上没有连接，也没有包；允许的其他传输方式也已试过。"
        "No connection and no packet on the media port within 5 s of the 200, or until the limit; the other transports that are allowed were tried too."
        "检查平台媒体服务的 TCP 主动发流和到本工具媒体端口的防火墙；不支持时应在应答中拒绝。"
        "Check whether the platform's media service connects by itself, and the firewalls towards our media ports; what it cannot do it should refuse."
    }
    PEER_NOT_LISTENING "peer_not_listening" NoMedia Platform proven {
        "约定 TCP，对方端口连不上" "TCP was agreed, and the peer's port cannot be reached"
        "双方约定码流走 TCP、由本工具去连，但对方给出的地址端口连不上。"
        "Media over TCP was agreed, we to connect, and the address and port the peer names cannot be reached."
        "200 应答后 5 秒内（至多到限时）反复连接应答中的端口均失败；允许的其他传输方式也已试过。"
        "Every try to connect to the port of the answer failed within 5 s of the 200, or until the limit; the other transports that are allowed were tried too."
        "检查平台媒体端口是否对本工具开放、SDP 地址是否为内网地址。"
        "See whether the platform's media ports are open to us, and whether its SDP names a private address."
    }
    HUNG_UP_BEFORE_MEDIA "hung_up_before_media" NoMedia Platform proven {
        "未发码流即被对方挂断" "the peer hung up before any media"
        "平台先答应点播，没有发任何码流就主动挂断。"
        "The platform accepted the call and hung up before it sent anything."
        "200 之后收到对方的 BYE，此前 0 包。"
        "A BYE of the peer after its 200, and no packet before."
        "多为平台向设备取流失败；请平台方查该次点播的挂断原因。"
        "Mostly the platform failed to get the stream from the device: ask why it hung up."
    }
    ONLY_RTCP "only_rtcp" NoMedia Camera proven {
        "只有 RTCP，没有码流" "RTCP only, no media"
        "发送方的控制报文到了，说明路是通的，但没有任何媒体包。"
        "Control packets of the sender arrive, so the path is open, and no media comes."
        "媒体端口上只有 RTCP 包，0 个 RTP 包。"
        "RTCP packets on the media port, and no RTP."
        "查摄像机编码是否停止、录像机该通道是否无信号。"
        "See whether the camera's encoder has stopped, or the recorder's channel has no signal."
    }
    ONLY_STALE_MEDIA "only_stale_media" NoMedia Platform proven {
        "只有前一路的残留码流" "only left-over media of an earlier call"
        "端口上来的是已挂断的前一路点播的码流，平台没有停；本路的一个包也没有。"
        "What came belongs to an earlier call that was hung up and goes on; of this call there is nothing."
        "包的 SSRC、来源和序号都接着前一路；本路 0 包。"
        "SSRC, source and numbering go on from the earlier call; no packet of this one."
        "请平台方修正挂断后停流；复测本路。"
        "The platform has to stop a stream that was hung up; retest this camera."
    }
    LATE_MEDIA "late_media" NoMedia Camera proven {
        "码流太晚，画面在限时之后" "media too late, the picture came after the limit"
        "限时到时还没有一个包；之后才来码流并出图，已超时。"
        "When the limit was reached there was no packet; media and a picture came later, too late to count."
        "首包与首帧时间（late_毫秒）都晚于限时。"
        "Time of the first packet and of the picture (late_ms), both after the limit."
        "查设备按需唤醒、逐级转发和平台取流耗时。"
        "Look at devices woken on demand, at cascades, and at how long the platform takes to fetch a stream."
    }
}

/// Media was to come over TCP, and until the limit, which may be shorter than the patience for a connection, nobody had
/// connected.
fn never_connected(attempt: &Attempt) -> bool {
    let stages = &attempt.stages;
    // An answer without TCP means that UDP will come.
    let agreed = stages.get(Step::Sdp).is_some_and(|sdp| sdp.evidence.contains(" tcp"));
    agreed && stages.get(Step::Connected).is_none() && !says(attempt, detail::PEER_BYE) && attempt.media.rtcp == 0
}

pub(super) fn of(attempt: &Attempt) -> &'static Why {
    if says(attempt, detail::NO_TCP_CONNECTION) || never_connected(attempt) {
        if attempt.transport == MediaTransport::TcpActive { &PEER_NOT_LISTENING } else { &PEER_DID_NOT_CONNECT }
    } else if is_late(attempt) {
        &LATE_MEDIA
    } else if attempt.media.rtcp > 0 {
        &ONLY_RTCP
    } else if attempt.oddities.iter().any(|id| id == oddity::STALE_MEDIA.id) {
        &ONLY_STALE_MEDIA
    } else if says(attempt, detail::PEER_BYE) {
        &HUNG_UP_BEFORE_MEDIA
    } else {
        &NO_PACKET
    }
}
