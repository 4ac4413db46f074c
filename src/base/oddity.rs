//! What a lenient parser put up with, and where.
//!
//! Parsing never repairs silently: whoever met something odd and went on leaves an [`Oddity`]. Judging
//! them is somebody else's job. The register below is the whole vocabulary; ids are a contract.

use std::collections::BTreeMap;

use super::lang::Text;

/// Examples longer than this are cut.
const EXAMPLE_CHARS: usize = 120;

/// A kind of deviation: stable id and its meaning for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddityKind {
    /// The id that stands in result files.
    pub id: &'static str,
    /// What it means.
    pub text: Text,
}

/// One deviation that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// What it is.
    pub kind: OddityKind,
    /// Where, or what stood there.
    pub detail: String,
}

impl OddityKind {
    /// The deviation with what stood there.
    #[must_use]
    pub fn at(self, detail: impl Into<String>) -> Oddity {
        Oddity { kind: self, detail: detail.into() }
    }

    /// Looks an id up, for results read back.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        REGISTER.iter().find(|kind| kind.id == id).copied()
    }
}

macro_rules! oddities {
    ($($name:ident $id:literal $zh:literal $en:literal;)+) => {
        $(#[doc = $en] pub const $name: OddityKind = OddityKind { id: $id, text: Text::new($zh, $en) };)+
        /// Every kind there is.
        pub const REGISTER: &[OddityKind] = &[$($name),+];
    };
}

oddities! {
    // SIP
    LEADING_BLANK "leading_blank" "起始行之前有空行" "blank lines before the start line";
    BARE_LF "bare_lf" "以单独的 LF 换行" "lines end in LF alone";
    HEADER_NOT_UTF8 "header_not_utf8" "SIP 头含非 UTF-8 字节，已按 GB18030 解码" "header octets are not UTF-8, read as GB18030";
    HEADER_UNREADABLE "header_unreadable" "SIP 头含无法解码的字节" "header octets that no charset accepts";
    FOLDED_HEADER "folded_header" "SIP 头折行" "folded header";
    HEADER_WITHOUT_COLON "header_without_colon" "SIP 头缺少冒号，已跳过" "header line without a colon, skipped";
    SPACE_BEFORE_COLON "space_before_colon" "SIP 头名与冒号之间有空格" "blank between header name and colon";
    CONTENT_LENGTH_MISSING "content_length_missing" "缺少 Content-Length" "no Content-Length";
    CONTENT_LENGTH_WRONG "content_length_wrong" "Content-Length 与正文长度不符" "Content-Length differs from the body";
    STATUS_WITHOUT_REASON "status_without_reason" "状态行缺少原因短语" "status line without a reason phrase";
    SIP_VERSION "sip_version" "SIP 版本不是 2.0" "SIP version is not 2.0";
    STREAM_GARBAGE "stream_garbage" "TCP 流中有非 SIP 字节，已跳过" "octets that are not SIP in a TCP stream, skipped";
    RESPONSE_VIA_CHANGED "response_via_changed" "应答的 Via 与请求不符，按 Call-ID 匹配" "a response's Via is not ours, matched by Call-ID";
    BRANCH_WITHOUT_COOKIE "branch_without_cookie" "Via branch 不以 z9hG4bK 开头" "Via branch without the z9hG4bK cookie";
    // MANSCDP
    CHARSET_NOT_DECLARED "charset_not_declared" "未声明字符集" "no charset declared";
    CHARSET_NOT_AS_DECLARED "charset_not_as_declared" "实际字符集与声明不符" "octets are not in the declared charset";
    CHARSET_AMBIGUOUS "charset_ambiguous" "字符过少，两种字符集均可解释" "too little text to tell the charset";
    CHARSET_DAMAGED "charset_damaged" "含无法解码的字节" "octets that no charset accepts";
    XML_NOT_WELL_FORMED "xml_not_well_formed" "报文不是良构 XML，已逐项抢救" "XML not well formed, items salvaged one by one";
    XML_STRAY_AMPERSAND "xml_stray_ampersand" "名称等文本中的 & 未转义" "unescaped & in a text";
    XML_UNKNOWN_ENTITY "xml_unknown_entity" "未知实体引用，原样保留" "unknown entity reference, kept as it stands";
    XML_CONTROL_CHARACTER "xml_control_character" "含 XML 不允许的控制字符" "control characters XML does not allow";
    XML_DTD_REFUSED "xml_dtd_refused" "报文带 DTD，已忽略且不展开实体" "a DTD, ignored; entities are not expanded";
    XML_ROOT_ATTRIBUTES "xml_root_attributes" "命令字、SN 等写成根元素的属性" "CmdType, SN and their like as attributes of the root";
    XML_TRAILING "xml_trailing" "根元素之后还有内容" "octets after the root element";
    XML_TOO_DEEP "xml_too_deep" "元素嵌套过深" "elements nested too deep";
    XML_DUPLICATE_ELEMENT "xml_duplicate_element" "同一项内元素重复，取第一个" "an element twice in one item, the first is used";
    XML_UNKNOWN_ELEMENT "xml_unknown_element" "标准之外的元素" "an element no edition knows";
    XML_TEXT_CUT "xml_text_cut" "单项文本超过上限，已截断" "text of one item over the limit, cut";
    XML_NAMESPACE_PREFIX "xml_namespace_prefix" "元素名带命名空间前缀" "element names with a namespace prefix";
    ITEM_SALVAGED "item_salvaged" "目录项从损坏报文中抢救" "an item salvaged from a broken message";
    ITEM_CUT_OFF "item_cut_off" "目录项在报文末尾被截断，计为缺失" "an item cut off at the end of a body, counted as missing";
    // catalogue
    NUM_MISMATCH "num_mismatch" "Num 与本包项数不符" "Num differs from the items in the message";
    SUM_NUM_CHANGES "sum_num_changes" "同一次应答内 SumNum 变化" "SumNum changes within one answer";
    SUM_NUM_MISSING "sum_num_missing" "应答缺少 SumNum" "an answer without SumNum";
    SN_MISMATCH "sn_mismatch" "应答 SN 与查询不符" "an answer with another SN than the query";
    UNSOLICITED "unsolicited" "未请求而收到的目录应答，未并入" "a catalogue answer nobody asked for, not merged";
    ANSWER_DEVICE_ID "answer_device_id" "应答 DeviceID 与查询不同" "an answer with another DeviceID than the query";
    ITEM_WITHOUT_ID "item_without_id" "目录项没有编码" "an item without a DeviceID";
    ITEM_CONTRADICTS "item_contradicts" "同一摄像机在一次应答中两次出现且内容不同" "one camera twice in one answer with different content";
    MORE_THAN_DECLARED "more_than_declared" "实收多于声明数" "more received than declared";
    BRANCHES_REPAIRED "branches_repaired" "全量应答不足，经分支查询补齐" "full answers came short; queries of branches filled them up";
    BRANCH_LIMIT "branch_limit" "分支过多，超过上限的没有查询" "more branches than the limit, the rest was not asked about";
    TWIN_OR_CHANGED "twin_or_changed" "同一编码在不同应答中内容不同：重码，或两次应答之间有改动" "one code with different items in different answers: twins, or changed between the answers";
    STATUS_CHANGED "status_changed" "两次应答之间设备状态有变化" "Status differs between two answers";
    NOTIFY_AS_RESPONSE "notify_as_response" "NOTIFY 的根元素是 Response（2011 版的写法）" "a NOTIFY whose root is Response, as in 2011";
    EMPTY_LIST "empty_list" "SumNum 为 0 而仍带列表（2011 版的写法）" "SumNum 0 and a list all the same, as in 2011";
    PARENTS_CUT "parents_cut" "一个目录项的父节点超过 64 个，其余不看" "an item names more than 64 parents; the rest is not looked at";
    PARENT_SEPARATOR "parent_separator" "多个父节点未用 / 分隔" "several parents not separated by /";
    STATUS_SPELLING "status_spelling" "设备状态不是 ON/OFF" "Status is not ON or OFF";
    // tables
    EXCEL_DAMAGED_CODE "excel_damaged_code" "编码被 Excel 变成了数字，第15位以后的数字已丢失；请把该列设为“文本”后重新粘贴" "Excel turned codes into numbers and lost the digits behind the 15th; format the column as text before pasting";
    COLUMN_NOT_USED "column_not_used" "表中未使用的列" "columns of a table that were not used";
    COLUMN_TWICE "column_twice" "几列是同一要素，取排在前面的一列，空白时取下一列；数字为两列不同的行数" "several columns hold one element, the first stands unless it is blank; the count is of rows where they differ";
    SHEET_NOT_READ "sheet_not_read" "没有读取的工作表" "worksheets that were not read";
    CELL_ERROR "cell_error" "单元格是公式错误（如 #N/A），按文本保留" "cells with a formula's error (such as #N/A), kept as text";
    CELLS_MERGED "cells_merged" "数据行有上下合并的单元格，只有最上一格有值，其余按空白处理；请取消合并并逐行填写" "cells merged over several rows: only the topmost has a value, the others are taken as blank; split them and fill in every row";
    FORMULA_WITHOUT_VALUE "formula_without_value" "公式没有保存结果，按空白处理；请用 Excel 或 WPS 打开后保存一次" "formulas without a saved result, taken as blank; open the workbook in Excel or WPS and save it once";
    // SDP and media
    SDP_WITHOUT_Y "sdp_without_y" "SDP 应答缺少 y 行" "SDP answer without a y line";
    SDP_BAD_Y "sdp_bad_y" "SDP 应答的 y 行无效" "SDP answer with an invalid y line";
    SDP_BAD_LINE "sdp_bad_line" "SDP 中有无法理解的行" "SDP with lines that mean nothing";
    SSRC_CHOSEN_BY_PEER "ssrc_chosen_by_peer" "SSRC 由对方指定（级联允许）" "SSRC chosen by the peer (allowed in cascades)";
    SSRC_MISMATCH "ssrc_mismatch" "RTP SSRC 与协商不符" "RTP SSRC was not negotiated";
    TWO_SSRCS "two_ssrcs" "同一端口上有多个 SSRC" "several SSRCs on one port";
    SOURCE_ADDRESS_MISMATCH "source_address_mismatch" "媒体来源地址与 SDP 不符" "media from another address than announced";
    SOURCE_PORT_MISMATCH "source_port_mismatch" "媒体来源端口与 SDP 不符" "media from another port than announced";
    PAYLOAD_TYPE_MISMATCH "payload_type_mismatch" "RTP 负载类型与协商不符" "RTP payload type was not negotiated";
    PACKETS_REORDERED "packets_reordered" "RTP 乱序" "RTP packets out of order";
    PACKETS_LOST "packets_lost" "RTP 丢包" "RTP packets lost";
    PACKETS_REPEATED "packets_repeated" "RTP 重复包" "RTP packets repeated";
    STALE_MEDIA "stale_media" "端口上有前一路的残留码流，已忽略" "left-over media of an earlier call, ignored";
    UDP_INSTEAD_OF_TCP "udp_instead_of_tcp" "协商 TCP 却以 UDP 送流" "media over UDP although TCP was negotiated";
    DOLLAR_FRAMING "dollar_framing" "TCP 媒体用 $ 四字节帧头" "TCP media framed by the four-byte $ header";
    NOT_RTP "not_rtp" "收到不是 RTP 的字节" "octets that are not RTP";
    TCP_RESYNC "tcp_resync" "TCP 媒体帧长错误，已重新同步" "TCP media lost framing, resynchronised";
    RAW_ELEMENTARY "raw_elementary" "未封装 PS，直接发送裸码流" "elementary stream without PS";
    PS_WITHOUT_PSM "ps_without_psm" "PS 流没有 PSM" "PS without a program stream map";
    PSM_WRONG "psm_wrong" "PSM 声明的编码与实际不符" "PSM names another codec than the stream";
    PS_RESYNC "ps_resync" "PS 流内有多余字节，已重新同步" "octets between PS packs, resynchronised";
    PS_SHORT_PACK_HEADER "ps_short_pack_header" "PS 包头不完整" "incomplete pack header";
    PS_MPEG1 "ps_mpeg1" "MPEG-1 形式的 PS 包头" "pack header in MPEG-1 form";
    PES_LENGTH_ZERO "pes_length_zero" "PES 长度为 0" "PES length 0";
    PES_LENGTH_WRONG "pes_length_wrong" "PES 长度与内容不符" "PES length differs from its content";
    PS_PRIVATE_STREAM "ps_private_stream" "PS 流含私有流 0xBD" "private stream 0xBD in the PS";
    NON_IDR_ENTRY "non_idr_entry" "没有 IDR，从恢复点解码" "no IDR, decoded from a recovery point";
    KEY_FRAME_DAMAGED "key_frame_damaged" "关键帧在传输中受损，已等下一个" "key frame damaged in transit, waited for the next";
    PROVISIONAL_UNUSUAL "provisional_unusual" "不常见的临时应答" "an unusual provisional response";
    FINAL_REPEATED "final_repeated" "200 应答重复发送" "the 200 was sent more than once";
    FORKED "forked" "一次点播得到多个会话" "one INVITE gave several dialogs";
    BYE_UNANSWERED "bye_unanswered" "BYE 无应答" "BYE was not answered";
    CONTACT_UNUSABLE "contact_unusable" "200 的 Contact 地址不可用" "the Contact of the 200 cannot be used";
    // captures
    CAPTURE_BROKEN_OFF "capture_broken_off" "抓包文件在包的中间结束，其后未读" "the capture ends inside a packet, nothing after it was read";
    CAPTURE_CUT "capture_cut" "抓包时截短的包（snaplen），缺失部分不归咎摄像机" "packets cut when captured (snaplen); what is missing is no camera's fault";
    CAPTURE_GAP "capture_gap" "TCP 流中有未抓到的字节" "octets of TCP streams that were not captured";
    CAPTURE_FRAGMENTS "capture_fragments" "IP 分片不全的包" "packets of which an IP fragment was not captured";
    CAPTURE_LINK "capture_link" "不认识的链路类型，未读" "frames of a link type that is not read";
    CAPTURE_TIME "capture_time" "包的时间倒退或没有时间，按前一包计" "packets whose time goes back or is absent, taken as that of the one before";
    CAPTURE_LIMIT "capture_limit" "超过读取上限，其余未读" "a limit was reached, the rest was not read";
    CAPTURE_LOST_SYNC "capture_lost_sync" "TCP 信令失去同步，已重新同步" "SIP over TCP lost its framing, picked up again";
    CAPTURE_PART_QUERY "capture_part_query" "只查询部分目录的应答，未并入" "answers to queries for a part of the catalogue, not merged";
    CHALLENGED "challenged" "对方要求认证" "the peer asked for authentication";
}

/// Deviations counted by kind, with the first example of each; order never depends on arrival except
/// for which example stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Oddities(BTreeMap<&'static str, (OddityKind, u64, String)>);

impl Oddities {
    /// Counts one.
    pub fn add(&mut self, oddity: Oddity) {
        let entry =
            self.0.entry(oddity.kind.id).or_insert_with(|| (oddity.kind, 0, super::text::excerpt(&oddity.detail, EXAMPLE_CHARS)));
        entry.1 = entry.1.saturating_add(1);
    }

    /// Counts one that needs no detail, only the first time.
    pub fn note(&mut self, kind: OddityKind) {
        if !self.has(kind) {
            self.add(kind.at(""));
        }
    }

    /// Counts many.
    pub fn extend(&mut self, oddities: impl IntoIterator<Item = Oddity>) {
        oddities.into_iter().for_each(|o| self.add(o));
    }

    /// Counts one kind so many times.
    pub fn add_many(&mut self, kind: OddityKind, count: u64, example: &str) {
        let entry = self.0.entry(kind.id).or_insert_with(|| (kind, 0, super::text::excerpt(example, EXAMPLE_CHARS)));
        entry.1 = entry.1.saturating_add(count);
    }

    /// Adds those of another.
    pub fn absorb(&mut self, other: &Self) {
        for (id, (kind, count, example)) in &other.0 {
            let entry = self.0.entry(id).or_insert_with(|| (*kind, 0, example.clone()));
            entry.1 = entry.1.saturating_add(*count);
        }
    }

    /// Whether one of this kind was met.
    #[must_use]
    pub fn has(&self, kind: OddityKind) -> bool {
        self.0.contains_key(kind.id)
    }

    /// Kind, count and first example, by id.
    pub fn iter(&self) -> impl Iterator<Item = (OddityKind, u64, &str)> {
        self.0.values().map(|(kind, count, example)| (*kind, *count, example.as_str()))
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// Whether nothing odd was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_lower_case() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in REGISTER {
            assert!(seen.insert(kind.id), "{} stands twice", kind.id);
            assert!(kind.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert!(!kind.text.zh.is_empty() && !kind.text.en.is_empty());
        }
    }

    #[test]
    fn counts_and_keeps_the_first_example() {
        let mut all = Oddities::default();
        all.add(NUM_MISMATCH.at("3 / 2"));
        all.add(NUM_MISMATCH.at("4 / 1"));
        assert_eq!(all.iter().map(|(k, n, e)| (k.id, n, e)).collect::<Vec<_>>(), [("num_mismatch", 2, "3 / 2")]);
    }
}
