//! The register of troubles of a platform itself: how it registers, signals and sends its catalogue, which deviation of
//! the field that plays, and what a right audit says of it. One line a trouble.
//!
//! Numbers are those of the list of deviations in `docs/SIMULATOR.md`. A trouble says nothing about single records
//! ([`super::fault`]) or single calls ([`super::behaviour`]).

use super::fault::Draft;
use crate::base::lang::Text;
use crate::catalog::CatalogState;

/// What a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// What the catalogue's messages say.
    Catalogue,
    /// How and when they are sent.
    Sending,
    /// What stands in every record.
    Records,
    /// 注册、心跳
    Registration,
    /// The octets on the line.
    Line,
    /// SUBSCRIBE and NOTIFY.
    Subscription,
    /// 录像、状态、时钟: what an audit asks only where it is told to.
    Measures,
}

impl Area {
    /// All of them, in the order of the papers.
    pub const ALL: [Self; 7] =
        [Self::Catalogue, Self::Sending, Self::Records, Self::Registration, Self::Line, Self::Subscription, Self::Measures];

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Catalogue => Text::new("目录报文", "What the catalogue's messages say"),
            Self::Sending => Text::new("目录发送", "How the catalogue is sent"),
            Self::Records => Text::new("每条记录", "What stands in every record"),
            Self::Registration => Text::new("注册与心跳", "Registration and keepalive"),
            Self::Line => Text::new("信令线路", "The octets on the line"),
            Self::Subscription => Text::new("订阅与通知", "SUBSCRIBE and NOTIFY"),
            Self::Measures => Text::new("录像、状态与时钟", "Recordings, statuses, clocks"),
        }
    }
}

/// What a right audit says of a platform that has one trouble and no other.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Whether the catalogue can carry a number. Where not, and where there is no camera, the exit code is 3.
    pub state: CatalogState,
    /// Ids of why not.
    pub why: &'static [&'static str],
    /// The declared total, of the items there are.
    pub declared: fn(u64) -> u64,
    /// Distinct items received, likewise. `None`: some are missing, how many depends on their size or on time.
    pub received: Option<fn(u64) -> u64>,
    /// Codes that stand on several lines.
    pub collisions: u64,
    /// Kinds of the oddities of the catalogue: these and no others.
    pub oddities: &'static [&'static str],
    /// Kinds of what is heard on the signalling port: at least these.
    pub heard: &'static [&'static str],
    /// Rules that have to speak of its cameras.
    pub rules: &'static [&'static str],
    /// Queries for the whole catalogue; where it comes short its branches are asked besides.
    pub queries: u64,
    /// Of optional measurements: each with the reason that stands at every device that was asked.
    pub measured: &'static [(&'static str, &'static str)],
}

fn all(items: u64) -> u64 {
    items
}

fn none(_: u64) -> u64 {
    0
}

/// Nothing is wrong with what came.
const WHOLE: Expected = Expected {
    state: CatalogState::Complete,
    why: &[],
    declared: all,
    received: Some(all),
    collisions: 0,
    oddities: &[],
    heard: &[],
    rules: &[],
    queries: 1,
    measured: &[],
};

/// Fewer came than were declared, also when asked again.
const SHORT: Expected =
    Expected { state: CatalogState::Incomplete, why: &["items_missing"], received: None, queries: 2, ..WHOLE };

/// More came than were declared, also when asked again.
const OVER: Expected = Expected {
    state: CatalogState::Disputed,
    why: &["more_than_declared"],
    oddities: &["more_than_declared"],
    queries: 2,
    ..WHOLE
};

/// No catalogue came.
const NOTHING: Expected = Expected { state: CatalogState::Incomplete, declared: none, received: Some(none), ..WHOLE };

/// One trouble, as registered.
#[derive(Debug)]
pub struct About {
    /// It.
    pub trouble: Trouble,
    /// Its id in scenes, and the name of its scene file.
    pub id: &'static str,
    /// What it is about.
    pub area: Area,
    /// The numbers of the deviations it plays.
    pub deviations: &'static [u8],
    /// What it does on the wire.
    pub text: Text,
    /// What a good superior does with it.
    pub good: Text,
    /// What a right audit says.
    pub expected: Expected,
    /// What it does to the record of a camera; the number makes values differ from camera to camera.
    pub apply: Option<fn(&mut Draft, usize)>,
}

macro_rules! troubles {
    (@apply) => { None };
    (@apply $apply:expr) => { Some($apply) };
    ($($name:ident $id:literal $area:ident $deviations:tt $zh:literal $en:literal | $good_zh:literal $good_en:literal
        { $($expected:tt)* } $(=> $apply:expr)?;)+) => {
        /// Every trouble there is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trouble {
            $(#[doc = $en] $name),+
        }

        /// The register.
        pub static TROUBLES: &[About] = &[$(About {
            trouble: Trouble::$name,
            id: $id,
            area: Area::$area,
            deviations: &$deviations,
            text: Text::new($zh, $en),
            good: Text::new($good_zh, $good_en),
            expected: Expected { $($expected)* },
            apply: troubles!(@apply $($apply)?),
        }),+];
    };
}

troubles! {
    // what the catalogue's messages say
    SumNumLarge "sum_num_large" Catalogue [21] "SumNum 比实有多 7" "SumNum is seven too many" | "判不完整，再查一次，不算比率" "incomplete, asks once more, works out no rate" { declared: |n| n + 7, received: Some(all), ..SHORT };
    SumNumSmall "sum_num_small" Catalogue [21] "SumNum 比实有少 2" "SumNum is two too few" | "收全，判有争议，不在达到 SumNum 时停收" "takes all, disputed; does not stop at SumNum" { declared: |n| n - 2, ..OVER };
    SumNumChanges "sum_num_changes" Catalogue [21] "SumNum 是已发条数，逐条增大" "SumNum is what was sent so far and grows" | "以最大值为准，收到静默为止" "goes by the largest, listens until silence" { oddities: &["sum_num_changes"], ..WHOLE };
    SumNumMissing "sum_num_missing" Catalogue [74] "没有 SumNum" "no SumNum" | "无从证明完整，判不完整" "nothing proves it whole: incomplete" { why: &["sum_num_absent"], declared: none, received: Some(all), oddities: &["sum_num_missing"], ..SHORT };
    SumNumPerMessage "sum_num_per_message" Catalogue [25] "SumNum 等于本条的 Num" "SumNum is the Num of the message" | "收全，判有争议" "takes all, disputed" { declared: |_| 3, oddities: &["more_than_declared", "sum_num_changes"], ..OVER };
    SumNumCameras "sum_num_cameras" Catalogue [21] "SumNum 只数摄像机" "SumNum counts cameras only" | "收全，判有争议" "takes all, disputed" { declared: |_| 30, ..OVER };
    NumWrong "num_wrong" Catalogue [21] "Num 比本条项数多 1" "Num is one more than the items" | "按项计数" "counts items" { oddities: &["num_mismatch"], ..WHOLE };
    NumBlanks "num_blanks" Catalogue [25] "Num=\" 3 \"，带空格" "Num=\" 3 \", with blanks" | "去空格再读" "trims it" { ..WHOLE };
    Twins "twins" Catalogue [26] "两对摄像机同一编码、内容不同" "two pairs of cameras under one code, with other content" | "都保留，报编码重复；点播只能到其中一路" "keeps both, reports the code; a call reaches only one" { collisions: 2, rules: &["D19"], ..WHOLE };
    Repeats "repeats" Catalogue [19] "每条消息再发一遍（新的 Call-ID）" "every message once more, under a new Call-ID" | "按内容去重" "counts distinct content" { ..WHOLE };
    TrailingEmpty "trailing_empty" Catalogue [22] "末尾多发一条 Num=\"0\"" "an extra message with Num=\"0\" at the end" | "忽略" "ignores it" { ..WHOLE };
    EmptyWithList "empty_with_list" Catalogue [23] "空目录：SumNum 0 和 DeviceList Num=\"0\"" "an empty catalogue: SumNum 0 and DeviceList Num=\"0\"" | "完整的空目录" "whole, and empty" { declared: none, received: Some(none), oddities: &["empty_list"], ..WHOLE };
    EmptyWithoutList "empty_without_list" Catalogue [23] "空目录：SumNum 0，没有 DeviceList" "an empty catalogue: SumNum 0 and no DeviceList" | "完整的空目录" "whole, and empty" { declared: none, received: Some(none), ..WHOLE };
    BadBytes "bad_bytes" Catalogue [17, 34] "一条消息里夹有两个任何字符集都没有的字节" "two octets of no charset in one message" | "逐项抢救，一项也不丢" "loses no item over it" { oddities: &["charset_damaged"], ..WHOLE };
    StrayMarkup "stray_markup" Catalogue [34, 36] "地址里的 & 和 < 没有转义" "& and < unescaped in an address" | "逐项抢救，邻项不受影响" "salvages the item, its neighbours are untouched" { oddities: &["item_salvaged", "xml_not_well_formed"], ..WHOLE };
    CutBody "cut_body" Catalogue [16, 17] "最后一条正文在项的中间截断" "the last body is cut off inside an item" | "截断的项算缺失，再查，判不完整" "the cut item is missing: asks again, incomplete" { received: Some(|n| n - 1), oddities: &["item_cut_off", "xml_not_well_formed"], ..SHORT };
    TwoRoots "two_roots" Catalogue [] "根元素连写两遍" "the root element twice" | "取第一个" "takes the first" { oddities: &["xml_trailing"], ..WHOLE };
    NamespacePrefix "namespace_prefix" Catalogue [] "元素名都带命名空间前缀" "every element name has a namespace prefix" | "按本名读" "reads local names" { oddities: &["xml_namespace_prefix"], ..WHOLE };
    Dtd "dtd" Catalogue [] "报文带 DTD，内有实体炸弹" "a DTD with an entity bomb" | "不展开实体" "expands no entity" { oddities: &["xml_dtd_refused", "xml_unknown_entity"], ..WHOLE };
    Utf8AsGb "utf8_as_gb" Catalogue [38, 40] "声明 GB2312，实为 UTF-8" "declared GB2312, is UTF-8" | "以字节为准" "goes by the octets" { oddities: &["charset_not_as_declared"], ..WHOLE };
    GbAsUtf8 "gb_as_utf8" Catalogue [38] "声明 UTF-8，实为 GB18030" "declared UTF-8, is GB18030" | "以字节为准" "goes by the octets" { oddities: &["charset_not_as_declared"], ..WHOLE };
    Undeclared "charset_undeclared" Catalogue [38] "没有 XML 声明" "no XML declaration" | "以字节为准" "goes by the octets" { oddities: &["charset_not_declared"], ..WHOLE };
    RareCharacters "rare_characters" Catalogue [37] "名称含 GB2312 以外的字（䶮、㙍、𠮷），声明 GB2312" "names with characters outside of GB 2312, declared GB2312" | "按 GB18030 读，一个字不丢" "reads GB 18030 and loses none" { ..WHOLE } => |d, _| { let name = format!("{}䶮㙍𠮷", d.get("Name")); d.set("Name", name); };
    InfoCharset "info_charset" Catalogue [39] "DeviceInfo 用另一字符集，目录正常" "DeviceInfo is in another charset, the catalogue is not" | "逐条判断字符集" "decides message by message" { ..WHOLE };
    ForeignDeviceId "foreign_device_id" Catalogue [24] "应答的 DeviceID 是别的编码" "answers under another DeviceID" | "只按 SN 匹配" "matches by SN alone" { oddities: &["answer_device_id"], ..WHOLE };
    OwnDeviceId "own_device_id" Catalogue [24] "不论查谁，都以自己的编码应答全部目录" "answers everything under its own code, whatever was asked" | "只按 SN 匹配，子树查询不可信" "matches by SN alone, does not trust queries of a part" { ..WHOLE };
    StaleSn "stale_sn" Catalogue [24] "应答的 SN 总是 1" "answers under SN 1 always" | "再查一次证实，两次一致才采信" "asks again, believes what came twice" { oddities: &["sn_mismatch"], queries: 2, ..WHOLE };
    SnPerMessage "sn_per_message" Catalogue [24] "SN 逐条加一" "SN goes up message by message" | "按总数归并" "joins them by their total" { oddities: &["sn_mismatch"], ..WHOLE };
    StrayAnswer "stray_answer" Catalogue [27] "中间夹一条别人的应答，SumNum 1" "somebody else's answer with SumNum 1 in the middle" | "不并入，绝不因此缩小目录" "not merged; it never shrinks the catalogue" { oddities: &["unsolicited"], ..WHOLE };
    Interleaved "interleaved" Catalogue [19, 27] "与另一次查询的应答逐条交错" "two answers interleaved, message by message" | "只收自己的 SN" "takes its own SN" { oddities: &["unsolicited"], ..WHOLE };
    // how the catalogue is sent
    LostOnce "lost_once" Sending [17, 20] "第一次查询丢一条消息，第二次完整" "a message lost at the first query, the second is whole" | "再查一次补齐" "asks once more and fills the gap" { queries: 2, ..WHOLE };
    LostAlways "lost_always" Sending [17, 20] "查全部时每次都丢同一条消息，查分支不丢" "the same message lost whenever all is asked for, not when a branch is" | "补问分支，补不齐判不完整" "asks the branches; incomplete where they do not bring it" { oddities: &["branches_repaired"], queries: 2, ..WHOLE };
    Reordered "out_of_order" Sending [19] "乱序发送" "out of order" | "与次序无关" "does not care" { ..WHOLE };
    Paced "paced" Sending [] "每 100 毫秒一条一项的消息" "one message of one item every 100 ms" | "只要还在来就等" "waits as long as it comes" { ..WHOLE };
    StopAndWait "stop_and_wait" Sending [] "等到 200 才发下一条，等不到就不再发" "waits for each 200, and stops where none comes" | "解析之前先答 200" "answers 200 before it parses" { ..WHOLE };
    StopAndWaitWvp "stop_and_wait_wvp" Sending [] "等 200，最多 100 毫秒，然后照发（WVP）" "waits for each 200, at most 100 ms, then goes on (WVP)" | "100 毫秒内答 200" "answers within 100 ms" { ..WHOLE };
    Slow200 "slow_200" Sending [] "对查询 2 秒后才答 200，业务应答先到" "the 200 to a query after two seconds, its answer before" | "不等 200" "does not wait for the 200" { ..WHOLE };
    Burst "burst" Sending [19] "全部消息同时发出" "all messages at once" | "一条不丢" "loses none" { ..WHOLE };
    Refused "refused" Sending [24] "对目录查询答 403" "403 to the catalogue query" | "判查询被拒，不归咎设备" "refused, which is no device's fault" { why: &["query_refused"], ..NOTHING };
    BusyOnce "busy_once_503" Sending [52] "第一次查询答 503，第二次正常" "503 to the first query, the second is answered" | "稍后再查一次" "asks once more, later" { queries: 2, ..WHOLE };
    BigDatagrams "big_datagrams" Sending [17] "每个 UDP 报文近 64 kB" "UDP datagrams near 64 kB" | "收得下最大的报文" "takes the largest datagram" { ..WHOLE };
    SubtreeIgnored "subtree_ignored" Sending [24] "查子树也应答全部目录" "answers everything to a query for a part" | "不把它当作子树" "does not take it for the part" { ..WHOLE };
    Unregisters "unregisters" Sending [] "发到一半注销" "unregisters half-way" | "判不完整，说明平台中途离线" "incomplete, the platform left" { why: &["items_missing", "interrupted"], heard: &["unregistered"], queries: 1, ..SHORT };
    // what stands in every record
    ParentMissing "parent_missing" Records [28] "没有 ParentID" "no ParentID" | "挂在平台下" "attaches them to the platform" { ..WHOLE } => |d, _| d.remove("ParentID");
    ParentAbove "parent_above" Records [29] "ParentID 是上级平台自己的编码" "ParentID is the superior's own code" | "当作根，作提示" "takes it for the root, and says so" { rules: &["A23"], ..WHOLE };
    Placeholders "placeholders" Records [30] "值就是元素名：CivilCode、Manufacturer、Owner" "values that are the element's name: CivilCode, Manufacturer, Owner" | "判为占位文本" "a placeholder is no value" { rules: &["R02"], ..WHOLE } => |d, _| for name in ["CivilCode", "Manufacturer", "Owner"] { d.set(name, name); };
    NullTexts "null_texts" Records [31] "行政区划和地址写 \"null\"" "the text \"null\" as region and address" | "当作没有填" "takes it as absent" { rules: &["R02"], ..WHOLE } => |d, _| for name in ["CivilCode", "Address"] { d.set(name, "null"); };
    RegionOfAnother "region_of_another" Records [32] "转发时行政区划写成邻县" "CivilCode of the next county, written when forwarding" | "与编码前 6 位对照" "compares it with the code" { rules: &["R09"], ..WHOLE } => |d, _| d.set("CivilCode", "371724");
    VirtualOnly "virtual_only" Records [33] "摄像机只挂虚拟组织，不挂录像机" "cameras hang on virtual organisations only" | "支持 215、216 的树" "knows the tree of 215 and 216" { ..WHOLE } => |d, _| { let parent = d.get("ParentID").rsplit('/').next().unwrap_or_default().to_owned(); d.set("ParentID", parent); };
    Parental65535 "parental_65535" Records [35] "Parental 65535" "Parental 65535" | "非 0 即有下级" "not 0 means children" { ..WHOLE } => |d, _| d.set("Parental", "65535");
    // registration and keepalive
    NeedsAlgorithm "needs_algorithm" Registration [1] "401 没有 algorithm 就不再注册" "gives up on a 401 without algorithm" | "总写 algorithm=MD5" "always says algorithm=MD5" { ..WHOLE };
    WithoutQop "without_qop" Registration [2] "给了 qop，应答摘要仍不带 qop" "answers the digest without the qop that was offered" | "两种摘要都验" "verifies both forms" { heard: &["digest_without_qop"], ..WHOLE };
    DiesOf100 "dies_of_100" Registration [3] "REGISTER 收到 100 就不再注册" "gives up when REGISTER gets a 100" | "对 REGISTER 不发 100" "sends no 100 to REGISTER" { ..WHOLE };
    WrongPasswordFirst "wrong_password_first" Registration [4] "先用错误密码，再用正确密码" "a wrong password, then the right one" | "拒绝，改对后接受" "refuses, then lets it in" { heard: &["wrong_password", "registered"], ..WHOLE };
    OldAuthorization "old_authorization" Registration [5] "用同一 Call-ID 和旧的 Authorization 再注册" "registers again with the same Call-ID and the old Authorization" | "重新挑战，原注册不受影响" "challenges anew, the registration stands" { heard: &["replayed"], ..WHOLE };
    AsksBack "asks_back" Registration [6] "注册后又把上级当下级，查询其目录" "asks its superior for a catalogue, as if that were its subordinate" | "两个方向分开，照常应答" "keeps both directions apart, and answers" { ..WHOLE };
    KeepaliveOnly "keepalive_only" Registration [8] "只发心跳，收到 403 也不注册" "keepalives only, and a 403 does not make it register" | "列为未注册" "lists it as not registered" { why: &["not_asked"], heard: &["keepalive_unregistered"], queries: 0, ..NOTHING };
    OddHeartbeat "odd_heartbeat" Registration [9] "心跳间隔半秒，缺 SN，状态 ERROR" "keepalives every half second, without SN, Status ERROR" | "间隔设上下限，只当作还在" "bounds the interval, takes it as alive" { ..WHOLE };
    NoKeepalive "no_keepalive" Registration [10] "从不发心跳，只有其他消息" "never a keepalive, only other requests" | "任何请求都算在线" "any request shows that it lives" { ..WHOLE };
    PrivateContact "private_contact" Registration [11] "Contact 是内网地址" "a private address as Contact" | "按实际来源应答" "answers to the source" { heard: &["contact_not_source"], ..WHOLE };
    ExpiresShort "expires_short" Registration [] "注册有效期 60 秒" "asks for a validity of 60 s" | "给出自己的下限" "grants its own least" { ..WHOLE };
    ExpiresMissing "expires_missing" Registration [] "没有 Expires" "no Expires" | "用默认有效期" "grants a default" { heard: &["expires_missing"], ..WHOLE };
    ClockSkew "clock_skew" Registration [] "时钟快一小时" "a clock an hour fast" | "以自己的时钟为准" "goes by its own clock" { measured: &[("clock", "clock_off")], ..WHOLE };
    VersionUnknown "version_unknown" Registration [] "X-GB-Ver: 9.9" "X-GB-Ver: 9.9" | "按 2016 版，不拒绝" "takes 2016, refuses nothing" { ..WHOLE };
    // the octets on the line
    Reconnects "reconnects" Line [7] "TCP 断开重连后不注册，接着发" "a new TCP connection and no REGISTER on it" | "注册未到期就跟到新连接" "follows it while the registration is valid" { heard: &["connection_lost", "address_changed"], ..WHOLE };
    PortChanges "port_changes" Line [11] "注册后源端口改变（NAT）" "the source port changes while registered (NAT)" | "同一地址换端口则跟随" "follows a port of the same address" { heard: &["address_changed"], ..WHOLE };
    ViaStrict "via_strict" Line [12] "请求的 Via 不是上级地址就丢弃" "drops requests whose Via is not the superior's address" | "Via 写自己可达的地址" "writes the address it is reached at" { ..WHOLE };
    SocketStrict "socket_strict" Line [13] "不从注册时的地址来的请求就丢弃" "drops requests from another address than it registered with" | "从收到注册的套接字发" "sends from the socket of the REGISTER" { ..WHOLE };
    JakDatagrams "jak_datagrams" Line [14] "每个报文前有 4 字节的 jaK\\0" "a datagram of jaK\\0 before each message" | "忽略" "ignores them" { ..WHOLE };
    Cut4000 "cut_4000" Line [16] "报文在 4000 字节处截断" "messages are cut at 4000 octets" | "抢救完整的项，判不完整" "salvages whole items, incomplete" { oddities: &["content_length_wrong", "item_cut_off", "num_mismatch", "xml_not_well_formed"], ..SHORT };
    OverMtu "over_mtu" Line [17] "超过 1500 字节的 UDP 报文丢失" "UDP messages over 1500 octets are lost" | "再查，判不完整；建议改用 TCP" "asks again, incomplete; advises TCP" { ..SHORT };
    Lossy "lossy" Line [17] "每 5 个报文丢一个，靠重发补" "every fifth datagram is lost and sent again" | "重发的不算两条" "counts none twice" { ..WHOLE };
    Deaf "lost_200s" Line [19] "对方的 200 每两个丢一个，消息重发" "every second 200 of the superior is lost, the message comes again" | "对重发再答 200，不重复处理" "answers the repeat and does not take it twice" { ..WHOLE };
    RegisterTwice "register_twice" Line [] "REGISTER 连发两次" "each REGISTER twice" | "按事务去重" "absorbs the repeat" { ..WHOLE };
    BareLf "bare_lf" Line [18] "SIP 头只用 LF 换行" "SIP heads end their lines in LF alone" | "照样读" "reads it" { oddities: &["bare_lf"], ..WHOLE };
    TcpOctets "tcp_octets" Line [18] "TCP 每个字节一次写" "one octet a write over TCP" | "按 Content-Length 分帧" "frames by Content-Length" { ..WHOLE };
    TcpJoined "tcp_joined" Line [18] "TCP 几条消息一次写" "several messages in one write over TCP" | "按 Content-Length 分帧" "frames by Content-Length" { ..WHOLE };
    // SUBSCRIBE and NOTIFY
    SubscriptionRefused "subscription_refused" Subscription [41] "拒绝目录订阅（489）" "refuses the subscription (489)" | "改为定期查询" "polls instead" { ..WHOLE };
    SubscriptionContact "subscription_contact" Subscription [42] "订阅没有 Contact 就拒绝（400）" "refuses a SUBSCRIBE without Contact (400)" | "总带 Contact" "always writes Contact" { ..WHOLE };
    NotifyStorm "notify_storm" Subscription [25, 43] "收目录时连发 200 条 NOTIFY，SumNum 恒为 1，Num 带空格" "two hundred NOTIFYs while the catalogue is coming, SumNum always 1, Num with blanks" | "目录收完后再并入" "applies them after the catalogue" { ..WHOLE };
    // recordings, statuses, clocks
    RecordsGap "records_gap" Measures [] "每路录像中间缺两小时" "two hours missing in the middle of every camera's recordings" | "归并各段，列出缺口" "merges the spans and lists the gap" { measured: &[("records", "gaps"), ("status", "agrees"), ("clock", "in_time")], ..WHOLE };
    RecordsNone "records_none" Measures [] "应答没有录像（SumNum 0，没有列表）" "answers that there are no recordings (SumNum 0, no list)" | "是测得没有，不是没有应答" "measured as none, which is not no answer" { measured: &[("records", "nothing_recorded")], ..WHOLE };
    RecordsShort "records_short" Measures [] "录像清单少发最后一条消息" "the last message of a list of recordings is not sent" | "清单不全，不算缺录像" "the list is short, which proves no gap" { measured: &[("records", "list_short")], ..WHOLE };
    RecordsNoTotal "records_no_total" Measures [74] "录像清单没有 SumNum" "a list of recordings without SumNum" | "无从证明完整" "nothing proves it whole" { measured: &[("records", "no_total")], ..WHOLE };
    RecordsOverlap "records_overlap" Measures [] "录像段重叠、倒序、有时段外的，时间不补零" "recordings overlap, come in reverse, some outside of the window, times without leading zeros" | "归并后连续" "merges them: without a gap" { measured: &[("records", "covered")], ..WHOLE };
    RecordsOther "records_other_device" Measures [] "录像清单写别的设备编码" "a list of recordings names another device" | "不算这一路的录像" "counts none of it for this camera" { measured: &[("records", "other_device")], ..WHOLE };
    RecordsNeedType "records_need_type" Measures [75] "查录像没有 Type 就不应答" "answers a query for recordings only where it has Type" | "总带 Type=all" "always writes Type=all" { measured: &[("records", "covered")], ..WHOLE };
    RecordsSilent "records_silent" Measures [] "收下录像查询，不应答" "takes a query for recordings and answers nothing" | "不支持不等于没有录像；连续不应答就不再问" "not supported is not unrecorded; stops asking" { measured: &[("records", "no_answer")], ..WHOLE };
    RecordsBusy "records_busy" Measures [51] "查录像答 486" "486 to a query for recordings" | "立即不再问这台录像机" "leaves the recorder alone at once" { measured: &[("records", "refused")], ..WHOLE };
    StatusLies "status_lies" Measures [] "DeviceStatus 的在线与目录相反" "DeviceStatus says the opposite of the catalogue" | "报出不一致，不改目录状态" "says that they differ, and changes no status" { measured: &[("status", "differs")], ..WHOLE };
    StatusSilent "status_silent" Measures [] "不应答对通道的 DeviceStatus" "no answer to DeviceStatus about a channel" | "无法判断" "cannot tell" { measured: &[("status", "no_answer")], ..WHOLE };
    SnapshotForm "snapshot_form" Measures [] "抓拍图以表单上传，路径后加文件名" "a snapshot is uploaded as a form, the name of the file behind the path" | "照样收" "takes it" { measured: &[("snapshot", "snapshot_shows")], ..WHOLE };
    SnapshotPage "snapshot_page" Measures [] "上传的是一个网页，不是图" "a page is uploaded instead of a picture" | "按内容判断，不算画面" "goes by the octets: no picture" { measured: &[("snapshot", "snapshot_broken")], ..WHOLE };
    SnapshotError "snapshot_error" Measures [] "抓拍指令应答 ERROR" "ERROR to an order for a snapshot" | "无法判断，不是摄像机坏" "cannot tell, which proves no broken camera" { measured: &[("snapshot", "snapshot_refused")], ..WHOLE };
    SnapshotSilent "snapshot_silent" Measures [] "抓拍指令应答 OK，不上传" "OK to an order for a snapshot, and no upload" | "无法判断；连续没有就不再问" "cannot tell, and stops asking" { measured: &[("snapshot", "no_answer")], ..WHOLE };
    StatusNoTime "status_no_time" Measures [] "DeviceStatus 没有 DeviceTime" "DeviceStatus without DeviceTime" | "时钟无法判断" "cannot tell of the clock" { measured: &[("clock", "no_time")], ..WHOLE };
}

impl Trouble {
    /// Its line in the register.
    #[must_use]
    pub fn about(self) -> Option<&'static About> {
        TROUBLES.get(self as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_in_the_order_of_the_names() {
        for about in TROUBLES {
            assert_eq!(about.trouble.about().map(|a| a.id), Some(about.id));
            assert!(about.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{}", about.id);
        }
    }
}
