//! The register of the ways a pairing goes wrong: what is seen, and what to do about it. One entry a way; `{}` in a sentence stands for
//! the detail.

use crate::base::lang::{Lang, Text};
use crate::base::text::excerpt;

/// Shown of a detail, characters.
const MAX_DETAIL: usize = 240;

macro_rules! troubles {
    ($($name:ident $id:literal { $title_zh:literal $title_en:literal $zh:literal $en:literal $remedy_zh:literal $remedy_en:literal })+) => {
        /// A way a pairing goes wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Trouble { $(#[doc = $title_en] $name),+ }

        impl Trouble {
            /// All of them, in the order in which they are met.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its id.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// In a few words.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($title_zh, $title_en)),+ }
            }

            /// What is seen.
            #[must_use]
            pub const fn sentence(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }

            /// What to do.
            #[must_use]
            pub const fn remedy(self) -> Text {
                match self { $(Self::$name => Text::new($remedy_zh, $remedy_en)),+ }
            }
        }
    };
}

troubles! {
    NobodyKnocked "nobody_knocked" {
        "无人来访" "nobody knocked"
        "一直没有收到任何报文（监听 {}）" "nothing at all has come (listening on {})"
        "请核对：平台页面是否已“启用”；其中的地址和端口是否与对照表一致；两端防火墙和中间设备是否已按《端口开通申请表》放行（UDP 和 TCP）；本机可用 tcpdump -ni any port 信令端口 看有无报文"
        "see whether the entry is switched on on the platform, whether its address and port are those of the sheet, and whether the ports of the request are open on both ends and between them (UDP and TCP); tcpdump -ni any port PORT shows whether anything arrives here"
    }
    NoRegistration "no_registration" {
        "来过，但不是注册" "something came, but no registration"
        "收到过报文，但没有一个是可用的注册（监听 {}）" "something came, but no registration that could be used (listening on {})"
        "请核对平台页面的端口和信令传输（UDP、TCP，不是 TLS）与对照表一致，以及指向本机的确是级联注册；收到的是什么，见上面各行"
        "compare port and transport on the platform's form (UDP or TCP, no TLS) with the sheet, and see that it is cascading that points here; the lines above say what came"
    }
    KeepaliveOnly "keepalive_only" {
        "只有心跳" "keepalives only"
        "只收到心跳，没有注册（{}）；已答 403 促其重新注册" "keepalives came and no registration ({}); answered 403 so that it registers"
        "平台以为注册仍有效：请在平台页面把该上级平台停用再启用，或重启其级联服务"
        "the platform believes that it is still registered: switch the entry off and on again, or restart its cascading service"
    }
    ChallengeUnanswered "challenge_unanswered" {
        "未带密码" "no password came"
        "收到注册，已要求认证，对方没有带密码再来（{}）" "a registration was challenged and the peer did not come back with a password ({})"
        "请在平台页面填写认证密码；若已填写，多为我方应答没有到达对方：核对返回方向的防火墙，以及对方是否只认 TCP 或 UDP"
        "enter the password on the platform; if it is there, our answer did not arrive: look at the firewall on the way back, and at the transport"
    }
    WrongPassword "wrong_password" {
        "密码不一致" "wrong password"
        "密码不一致：对方的认证应答不是用对照表中的密码算出的（{}）" "wrong password: the peer's answer does not fit it ({})"
        "请把对照表中的密码重新复制到平台页面（不要带空格，区分大小写）；改后若仍被拒，两分钟后会再次受理"
        "copy the password of the sheet into the platform's form again (no blanks, capitals matter); after several wrong ones wait two minutes"
    }
    Stranger "stranger" {
        "编码不是所填的平台" "another code than the one given"
        "注册方的编码与所填的平台编码不同（{}）" "the code that registers is not the one given for the platform ({})"
        "如果它就是要对接的平台，请以它的编码重新运行（--platform-id）；否则请核对平台页面的本级编码，或让该平台停用指向本机的级联"
        "if it is the platform you mean, run again with its code (--platform-id); otherwise compare the code on the platform's form, or have that platform switch its entry for us off"
    }
    WrongDomain "wrong_domain" {
        "域不一致" "another domain"
        "平台填写的上级域与本工具不同（{}）" "the platform has another domain for us ({})"
        "请把平台页面的 SIP 域改为对照表中的值（本工具编码前 10 位）"
        "correct the domain on the platform's form to that of the sheet (the first ten digits of our code)"
    }
    WrongServer "wrong_server" {
        "上级编码不一致" "another code for us"
        "平台填写的上级平台编码不是本工具的编码（{}）" "the platform has another code for us ({})"
        "请把平台页面的上级平台编码（SIP 服务器编码）改为对照表中的值，否则查询和点播可能被拒"
        "correct the code of the superior on the platform's form to that of the sheet, or queries and calls may be refused"
    }
    BehindNat "behind_nat" {
        "经过地址转换（NAT）" "behind NAT"
        "平台自报的地址与报文实际来源不同（{}），中间有地址转换" "the address the platform gives is not the one its packets come from ({}): there is NAT in between"
        "信令已按实际来源应答；点播不通时，请在转换设备上放行媒体端口，并在设置中写 advertise 和 media_ip（平台能到达的本机地址）；优先用 TCP 信令"
        "we answer to the source; if no media arrives, open the media ports there and set advertise and media_ip (our address as the platform reaches it); prefer TCP for signalling"
    }
    CatalogRefused "catalog_refused" {
        "拒绝目录查询" "the catalogue was refused"
        "已注册，但目录查询被拒（{}）" "it has registered and refuses the catalogue query ({})"
        "请在平台上为本上级开通目录查询权限（授权、共享），并核对平台页面的上级平台编码与对照表一致"
        "grant this superior the catalogue on the platform, and compare its code for us with the sheet"
    }
    CatalogSilent "catalog_silent" {
        "目录没有应答" "no answer to the catalogue query"
        "已注册，但目录查询没有应答（{}）" "it has registered and does not answer the catalogue query ({})"
        "请核对：平台的目录消息是否发往对照表中的地址和端口；UDP 大报文是否被丢弃（改用 TCP 信令）；平台日志中有无目录推送的错误"
        "see whether the platform sends its catalogue to the address and port of the sheet, whether large datagrams are lost on the way (use TCP), and what its log says"
    }
    CatalogEmpty "catalog_empty" {
        "目录为 0 条" "an empty catalogue"
        "已注册，但目录为 0 条：请检查是否已做“通道共享”（{}）" "it has registered and its catalogue is empty: are the cameras shared with us? ({})"
        "请在平台上把要检测的全部摄像机共享（推送、授权）给本上级，再重新运行或执行 gbaudit catalog"
        "share every camera to be audited with this superior, then run again, or gbaudit catalog"
    }
    NoCameras "no_cameras" {
        "目录中没有摄像机" "no camera in the catalogue"
        "目录中没有摄像机，只有组织或其他设备（{}）" "the catalogue holds no camera, only organisations or other devices ({})"
        "请检查共享时是否只勾选了目录而没有勾选通道，以及摄像机编码第 11—13 位的类型是否为 131、132"
        "see whether only folders were shared and no channels, and whether digits 11 to 13 of the codes are 131 or 132"
    }
    CatalogShort "catalog_short" {
        "目录没有收全" "the catalogue came short"
        "目录没有收全，或不能证明收全（{}）" "the catalogue did not come whole, or nothing proves that it did ({})"
        "实收少于声明数，多为 UDP 大报文丢失：请把平台页面的信令传输改为 TCP，或减少每条消息的条数；没有声明总数的，请平台厂家补上 SumNum；执行 gbaudit catalog --explain 看证明"
        "where items are missing large datagrams are lost, most often: use TCP for signalling, or fewer items a message; where no total was declared its vendor has to add SumNum; gbaudit catalog --explain shows the proof"
    }
    CatalogDisputed "catalog_disputed" {
        "目录条数对不上" "a disputed catalogue"
        "目录条数对不上，有争议（{}）" "the numbers of the catalogue contradict each other ({})"
        "平台声明的总数与实际发送的不一致：请由平台厂家核对目录应答的 SumNum；执行 gbaudit catalog --explain 看证明"
        "the platform declares another total than it sends: have its vendor look at SumNum of the answer; gbaudit catalog --explain shows the proof"
    }
    MediaClosed "media_closed" {
        "码流没有到达" "no media arrives"
        "点播有应答，但没有收到码流（{}）" "the call is answered and no media arrives ({})"
        "多为媒体端口未放行：请按《端口开通申请表》放行媒体端口（UDP 和 TCP，来源含平台的流媒体服务器），并核对 media_ip 是平台能到达的地址"
        "the media ports are closed, most often: open those of the request (UDP and TCP, also from the platform's media servers), and see that media_ip is an address the platform reaches"
    }
    NoPicture "no_picture" {
        "没有画面" "no picture"
        "试点播的摄像机没有出图（{}）" "none of the cameras that were called gave a picture ({})"
        "请在平台上确认这些摄像机能播放；原因的说明见 gbaudit cause；其余摄像机由 gbaudit audit 逐路检测"
        "see whether they play on the platform; gbaudit cause explains the cause; gbaudit audit calls the others"
    }
    Unfinished "unfinished" {
        "本工具没有试完" "we did not finish"
        "本工具没有试完，不能据此判断平台（{}）" "we did not finish, which says nothing of the platform ({})"
        "请重新执行，等它自己结束；若不是按 Ctrl+C 停止的，先执行 gbaudit doctor 检查本机"
        "run again and let it end by itself; where nobody pressed Ctrl+C, gbaudit doctor checks this machine first"
    }
    PlatformLost "platform_lost" {
        "平台中途离线" "the platform left"
        "平台在收取目录或点播时离线（{}）" "the platform went off line meanwhile ({})"
        "请核对平台的网络和心跳设置（60 秒、3 次），再重新运行"
        "look at its network and its keepalives (60 s, 3 times), then run again"
    }
}

impl Trouble {
    /// What is seen, with its detail; nothing in it can repaint the screen.
    #[must_use]
    pub fn said(self, detail: &str, lang: Lang) -> String {
        self.sentence().get(lang).replace("{}", &excerpt(detail, MAX_DETAIL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_place_for_its_detail_and_a_remedy_in_both_languages() {
        let ids: std::collections::HashSet<&str> = Trouble::ALL.iter().map(|trouble| trouble.id()).collect();
        assert_eq!(ids.len(), Trouble::ALL.len());
        for trouble in Trouble::ALL {
            let sentence = trouble.sentence();
            assert_eq!(sentence.zh.matches("{}").count(), 1, "{}", trouble.id());
            assert_eq!(sentence.en.matches("{}").count(), 1, "{}", trouble.id());
            assert!(!trouble.remedy().zh.is_empty() && !trouble.remedy().en.is_empty());
        }
        let said = Trouble::CatalogEmpty.said("\u{1b}[2J3717", Lang::Zh);
        assert!(said.starts_with("已注册，但目录为 0 条：请检查是否已做“通道共享”") && said.contains("\\u{1b}"), "{said}");
    }
}
