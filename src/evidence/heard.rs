//! What is heard on the signalling port, for the waiting screen and the report (谁来过).

use serde::{Deserialize, Serialize};

use crate::base::lang::{Lang, Text};
use crate::base::text::excerpt;

/// Lines kept of one run; a peer that knocks for ever fills no memory.
pub const MAX_HEARD: usize = 1_000;

macro_rules! heard {
    ($($name:ident $id:literal $zh:literal $en:literal;)+) => {
        /// A kind of event; `{}` in its text stands for the detail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum HeardKind { $(#[doc = concat!("`", $en, "`")] $name),+ }

        impl HeardKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The id in results.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// The text, with `{}` for the detail.
            #[must_use]
            pub const fn text(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }
        }
    };
}

heard! {
    Registered "registered" "平台已注册（{}）" "the platform has registered ({})";
    Restored "restored" "沿用仍然有效的注册（{}）" "a registration that is still valid is used ({})";
    ExpiresMissing "expires_missing" "注册未带有效期，按默认给出（{}）" "REGISTER without an expiry, granted the default ({})";
    ContactNotSource "contact_not_source" "Contact 地址与实际来源不同（NAT），按来源应答（{}）" "Contact differs from the source (NAT), the source is answered ({})";
    DigestWithoutQop "digest_without_qop" "给了 qop，摘要应答未带 qop，已按旧式核对（{}）" "qop was offered and the digest came without, verified in the old form ({})";
    Refreshed "refreshed" "平台续注册（{}）" "the platform refreshed its registration ({})";
    Unregistered "unregistered" "平台已注销（{}）" "the platform unregistered ({})";
    Challenged "challenged" "收到注册，已要求认证（{}）" "REGISTER received, challenged ({})";
    WrongPassword "wrong_password" "密码不一致：对方已收到 401 挑战但应答错误（{}）" "wrong password: the peer answered the challenge wrongly ({})";
    WrongUser "wrong_user" "认证用户名与设置不同（{}）" "another user name than set ({})";
    Stranger "stranger" "收到陌生平台的注册，未在设置中，已拒绝（{}）" "a stranger tried to register, not in the settings, refused ({})";
    AddressRefused "address_refused" "注册来自设置之外的地址，已拒绝（{}）" "REGISTER from an address that is not the one set, refused ({})";
    Certificate "certificate" "对方要求 GB 35114 证书注册，本工具不支持，已要求密码认证（{}）" "the peer wants GB 35114 certificates, which we lack; asked for a password ({})";
    Replayed "replayed" "重复使用旧的认证应答，已重新要求认证（{}）" "an old answer was used again, challenged anew ({})";
    KeepaliveUnregistered "keepalive_unregistered" "收到心跳，但对方未注册，已答 403 促其重新注册（{}）" "keepalive of a peer that is not registered, answered 403 so that it registers ({})";
    MessageUnregistered "message_unregistered" "收到未注册一方的消息，未采信（{}）" "a message of somebody not registered, not believed ({})";
    AddressChanged "address_changed" "来源地址改变（{}）" "the source address changed ({})";
    Offline "offline" "心跳中断，平台视为离线（{}）" "keepalives stopped, the platform counts as off line ({})";
    ConnectionLost "connection_lost" "TCP 连接断开（{}）" "the TCP connection broke ({})";
    Malformed "malformed" "收到不是 SIP 的数据（{}）" "octets that are not SIP ({})";
    HalfMessage "half_message" "TCP 连接只发来半条消息便静默或断开（{}）" "half a message over TCP, then silence or the end ({})";
    TooLarge "too_large" "消息正文超过上限，已答 413（{}）" "a body over the limit, answered 413 ({})";
    UnusableRequest "unusable_request" "请求缺少必要的头域或自相矛盾，已拒绝（{}）" "a request that lacks headers or contradicts itself, refused ({})";
    UnknownMethod "unknown_method" "不支持的方法，已答 405（{}）" "a method we do not have, answered 405 ({})";
    TooManyConnections "too_many_connections" "TCP 连接过多，已拒绝（{}）" "too many TCP connections, refused ({})";
    StrangerTooMany "stranger_too_many" "陌生来源发来过多，超出部分不再作答（{}）" "a stranger writes too much, beyond the limit it gets no answer ({})";
    StrangersTooMany "strangers_too_many" "陌生来源合计过多，超出部分不再作答；平台若尚未注册，请在 [[platform]] address 写明其地址（{}）" "strangers together write too much, beyond the limit they get no answer; write the platform's address in [[platform]] address if it has not registered yet ({})";
    StrangerTooLarge "stranger_too_large" "未注册一方的消息过大，连接已关闭（{}）" "a message too large for somebody not registered, connection closed ({})";
    LockedOut "locked_out" "密码错误次数过多，暂停认证（{}）" "too many wrong passwords, locked out for a while ({})";
    StrangersForgotten "strangers_forgotten" "陌生来源的地址过多，最久未来的不再分别计数，平台不受影响（{}）" "too many addresses of strangers, the longest silent are no longer told apart; no platform is affected ({})";
    GuessersForgotten "guessers_forgotten" "密码错误的来源过多，最早的不再记着（{}）" "too many sources of wrong passwords, the oldest are no longer remembered ({})";
    NoncesForgotten "nonces_forgotten" "未应答的认证挑战过多，最早的作废，其来源会再次收到 401（{}）" "too many challenges without an answer, the oldest are void and whoever answers one gets 401 again ({})";
    RepeatsForgotten "repeats_forgotten" "已答请求保留不下，更早的若重发，按新请求再收一次，条目不会重复计数（{}）" "more answered requests than are kept, an older one that is repeated is taken anew, no item counts twice ({})";
    LinesLeftOut "lines_left_out" "此类记录过多，其余只计数（{}）" "too many lines of this kind, the others are only counted ({})";
    DatagramsLost "datagrams_lost" "本机 UDP 接收缓冲溢出，有报文丢失；可执行 sysctl -w net.core.rmem_max=8388608（{}）" "our UDP receive buffer ran over and datagrams were lost; sysctl -w net.core.rmem_max=8388608 ({})";
    InboxFull "inbox_full" "目录消息来得比处理快，部分已答 503 请对方重发（{}）" "catalogue messages come faster than they are read, some were answered 503 so that they come again ({})";
    QueueFull "queue_full" "请求来得比应答快，部分未应答，等待对方重发（{}）" "requests come faster than they are answered, some were not, and come again ({})";
    TlsFailed "tls_failed" "TLS 握手未完成；请核对两端的端口与传输方式（tls: 或 tcp:）（{}）" "a TLS handshake came to nothing; compare port and transport of both ends (tls: or tcp:) ({})";
    TlsUntrusted "tls_untrusted" "对方的 TLS 证书不在 tls_ca 之内；请向对方索取其证书或 CA（PEM），写入 [[platform]] tls_ca（{}）" "the peer's TLS certificate is not covered by tls_ca; ask for its certificate or CA (PEM) and write the file into [[platform]] tls_ca ({})";
    TlsName "tls_name" "对方的 TLS 证书不是给这个地址的；核实后请把证书上的名称写入 [[platform]] tls_name（{}）" "the peer's TLS certificate is for another name; if it is the right one, write that name into [[platform]] tls_name ({})";
    TlsUnverified "tls_unverified" "按设置未核对对方的 TLS 证书（tls_verify = \"off\"）（{}）" "as set, the peer's TLS certificate was not verified (tls_verify = \"off\") ({})";
    TlsOnPlainPort "tls_on_plain_port" "对方在 TCP 端口上用 TLS；请让对方改用 TCP，或在 [local] listen 写 tls: 地址（{}）" "TLS on the port for plain TCP; have the peer use TCP, or add a tls: address to [local] listen ({})";
    RegisterSent "register_sent" "正在向平台注册（{}）" "registering with the platform ({})";
    RegisterRefused "register_refused" "平台拒绝注册（{}）" "the platform refused the registration ({})";
    RegisterUnanswered "register_unanswered" "平台没有应答注册（{}）" "the platform did not answer the registration ({})";
    OurPasswordWrong "our_password_wrong" "平台两次拒绝我方密码，请核对 password（{}）" "the platform refused our password twice, check password ({})";
    RefusedBySuperior "refused_by_superior" "上级平台拒绝其注册（{}）" "its superior platform refused the registration ({})";
    StreamWithoutCall "stream_without_call" "抓包中的码流没有对应的点播，不计入（{}）" "a stream in the capture without its call, not counted ({})";
    OtherCalls "other_calls" "抓包中不能归到本平台摄像机的点播，不计入（{}）" "calls in the capture that belong to no camera here, not counted ({})";
    LateAnswer "late_answer" "收到早先点播的迟到应答，已确认并挂断（{}）" "a late answer to an earlier call, acknowledged and hung up ({})";
    ClockSkew "clock_skew" "平台时钟与本机相差（{}）" "the platform's clock differs from ours ({})";
}

impl HeardKind {
    /// Whether a limit of ours was reached: that is told of every run, however much else there is to tell.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::TooManyConnections
                | Self::StrangersTooMany
                | Self::StrangersForgotten
                | Self::GuessersForgotten
                | Self::NoncesForgotten
                | Self::RepeatsForgotten
                | Self::DatagramsLost
                | Self::InboxFull
                | Self::QueueFull
        )
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When, microseconds.
    pub at: i64,
    /// What.
    pub kind: HeardKind,
    /// Who and where.
    pub detail: String,
}

impl Heard {
    /// For people. What a peer sent cannot repaint the screen.
    #[must_use]
    pub fn render(&self, lang: Lang) -> String {
        self.kind.text().get(lang).replace("{}", &excerpt(&self.detail, 200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_a_place_for_the_detail_in_both_languages() {
        for kind in HeardKind::ALL {
            let text = kind.text();
            assert!(text.zh.contains("{}") && text.en.contains("{}"), "{}", kind.id());
        }
    }

    #[test]
    fn a_hostile_detail_is_made_visible() {
        let heard = Heard { at: 0, kind: HeardKind::Stranger, detail: "\u{1b}[2J3401".into() };
        assert!(heard.render(Lang::Zh).contains("\\u{1b}[2J3401"));
    }
}
