//! The deviations of the field by their numbers: what platforms and devices were seen to do, in public reports of those
//! who build receivers. Registers name them; which of them is played by what stands in `docs/SIMULATOR.md`.
//!
//! Each is usually one site's report and says nothing about a maker's products of today.

use crate::base::lang::Text;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Deviation {
    /// Its number.
    pub number: u8,
    /// What is done.
    pub text: Text,
}

macro_rules! deviations {
    ($($number:literal $zh:literal $en:literal;)+) => {
        /// All of them, in order.
        pub static DEVIATIONS: &[Deviation] = &[$(Deviation { number: $number, text: Text::new($zh, $en) }),+];
    };
}

/// Those about registration, signalling and the catalogue: each is played.
pub const OF_SIGNALLING: std::ops::RangeInclusive<u8> = 1..=43;

/// Those about calls, media and other queries: each is played.
pub const OF_MEDIA: std::ops::RangeInclusive<u8> = 44..=76;

deviations! {
    1 "不接受没有 algorithm 的 401" "a 401 without algorithm is rejected";
    2 "给了 qop，摘要仍不带 qop" "the digest comes without the qop that was offered";
    3 "REGISTER 收到 100 后以 403 告终" "a 100 to REGISTER ends in 403";
    4 "设备口令与平台密码不同" "device passwords differ from the platform's";
    5 "用同一 Call-ID 续注册，不再等挑战" "registers again with the same Call-ID and expects no challenge";
    6 "两个平台用同一编码互为上下级" "two platforms cascade to each other under one code";
    7 "TCP 重连后只发心跳，不注册" "reconnects over TCP and sends keepalives only";
    8 "心跳收到 403 不理，也不注册" "ignores a 403 to its keepalive and never registers";
    9 "心跳参数古怪或缺失" "odd or missing heartbeat settings";
    10 "有报文往来，在线状态仍跳变" "goes off line although packets arrive";
    11 "注册期内源端口改变，出口地址与注册地址不同" "the source port changes while registered, media leave elsewhere";
    12 "Via 主机不对的请求不应答" "requests with a wrong Via host are not answered";
    13 "从另一网卡来的请求丢弃" "requests from another address of the superior are dropped";
    14 "SIP 端口上有 4 字节的 jaK\\0" "four octets jaK\\0 on the SIP port";
    15 "约 30 秒后才应答 INVITE" "INVITE is answered after some 30 s";
    16 "协议栈把报文截在 4000 字节" "a stack cuts messages at 4000 octets";
    17 "超过 MTU 的 UDP 报文丢失或损坏" "UDP messages over the MTU are lost or damaged";
    18 "TCP 上的目录解析不了（分帧、换行）" "a catalogue over TCP is not parsed (framing, line ends)";
    19 "并发的目录包，收方丢项" "parallel packets of one answer, items are lost";
    20 "第一包丢失，总数差一" "the first packet is lost, the count is off by one";
    21 "界面上的总数与目录不同" "the count of the platform's pages differs from the catalogue";
    22 "末尾多一个 Num=\"0\" 的包" "a trailing packet with Num=\"0\"";
    23 "空目录：SumNum 0，DeviceList Num=\"0\"" "an empty catalogue as SumNum 0 with DeviceList Num=\"0\"";
    24 "应答不理会查询的 DeviceID；对下级的目录查询答 403" "the answer ignores the DeviceID asked for; 403 to a query from below";
    25 "NOTIFY 的 SumNum 恒为 1，Num 带空格" "NOTIFY always says SumNum 1, Num has blanks";
    26 "两台设备用同一通道编码" "two devices under one channel code";
    27 "同步后几秒通道被删" "channels vanish seconds after a sync";
    28 "通道没有 ParentID" "channels lack ParentID";
    29 "ParentID 是 SIP 服务器自己的编码" "ParentID is the SIP server's own code";
    30 "值就是元素名" "values that are the element's name";
    31 "文本 \"null\"" "the text \"null\"";
    32 "转发时写错行政区划" "a wrong CivilCode, written when forwarding";
    33 "要求或只有虚拟组织" "virtual organisations are required, or all there is";
    34 "地址含乱码，< 使 XML 不良构" "garbage in Address, XML broken by <";
    35 "Parental 65535" "Parental 65535";
    36 "名称不做 XML 转义" "names are not XML-escaped";
    37 "GB2312 以外的字丢失" "characters outside of GB 2312 are lost";
    38 "下级发 UTF-8，收方按 GB 读" "UTF-8 is sent where GB is assumed";
    39 "设备名乱码，通道名正常" "the device's name is garbled, channel names are fine";
    40 "声明 GB2312，实为 UTF-8" "declared GB2312, is UTF-8";
    41 "目录订阅常失败" "subscriptions to the catalogue fail";
    42 "没有 Contact 的 SUBSCRIBE 被拒" "SUBSCRIBE without Contact is refused";
    43 "NOTIFY 与同步交错" "NOTIFY interleaves with a sync";
    44 "400，正文是 XML，标为 SDP" "400 with XML labelled as SDP";
    45 "400，文本是私有错误码" "400 with a private error code as text";
    46 "没有 y 行，或 y=0000000000" "no y line, or y=0000000000";
    47 "返回自己的 SSRC" "answers with its own SSRC";
    48 "平台用自己的 SSRC，单端口收不了" "the platform uses its own SSRC, one port cannot tell calls apart";
    49 "应答没有 f 行；PS 要列在最前" "no f line in the answer; PS has to be listed first";
    50 "SDP 应答端口为 0" "port 0 in the SDP answer";
    51 "486，或几路串流" "486, or streams of calls mixed up";
    52 "503、运行一阵后 400/404、陌生的 181" "503, 400 or 404 after a while, an unknown 181";
    53 "200 丢失或没有 ACK，不发流" "a 200 is lost or its ACK missing, no stream";
    54 "60 秒没有 ACK 就挂断" "hangs up when no ACK came for 60 s";
    55 "Subject 要写设备编码" "Subject has to name the device";
    56 "不支持 TCP 被动" "no TCP passive";
    57 "TCP 主动：应答地址不对" "TCP active with a wrong address in the answer";
    58 "应答的 m 行没有 TCP" "the answer's m line lacks TCP";
    59 "TCP 媒体的 $ 帧头" "media over TCP framed by $";
    60 "256 字节的包被当成私有头" "packets of 256 octets taken for a private header";
    61 "TCP 发送缓冲溢出，长度错乱" "a send buffer overruns, lengths are corrupt";
    62 "同一端口两个 SSRC" "two SSRCs on one port";
    63 "PS 用负载类型 100 或 40；裸 H.264" "PS under payload type 100 or 40; H.264 without PS";
    64 "PSM 写 H.264，实为 H.265" "the map says H.264, it is H.265";
    65 "PSM 描述符长度不一致，包头有填充" "descriptor lengths of the map disagree, stuffing in pack headers";
    66 "先声明音频，PSM 里只有 PCMA" "audio is declared first, the map has only PCMA";
    67 "PSM 的 CRC 为 0" "the CRC of the map is 0";
    68 "G.711 的流类型 0x90" "G.711 as stream type 0x90";
    69 "包之间有私有数据，0xBD 流" "private data between packs, streams 0xBD";
    70 "PES 长度 0，没有 PSM，关键帧标志不可用" "PES length 0, no map, key frame flags of no use";
    71 "PS 里有不明数据" "unknown data in the PS";
    72 "MediaStatus 缺失，或 From 是通道" "MediaStatus missing, or From the channel";
    73 "BYE 不应答，或结束时不发 BYE" "BYE is not answered, or never sent";
    74 "查询应答没有 SumNum" "an answer lacks SumNum";
    75 "RecordInfo 要有 Type；配置只能对设备" "RecordInfo needs Type; configuration on the device only";
    76 "15 秒没有码流就挂断" "hangs up after 15 s without a stream";
}

#[cfg(test)]
mod tests {
    use super::super::behaviour::BEHAVIOURS;
    use super::super::trouble::TROUBLES;
    use super::*;

    #[test]
    fn numbers_go_up_one_by_one_and_everything_of_signalling_and_media_is_played() {
        assert!(DEVIATIONS.iter().zip(1..).all(|(deviation, n)| deviation.number == n));
        let played: Vec<u8> = TROUBLES
            .iter()
            .flat_map(|about| about.deviations)
            .chain(BEHAVIOURS.iter().flat_map(|behaviour| behaviour.deviations))
            .copied()
            .collect();
        let missing: Vec<u8> = OF_SIGNALLING.chain(OF_MEDIA).filter(|n| !played.contains(n)).collect();
        assert!(missing.is_empty(), "nothing plays {missing:?}");
        assert!(played.iter().all(|n| usize::from(*n) <= DEVIATIONS.len()));
    }
}
