//! What the facts of this machine mean for a run: a checklist, a remedy to every line that needs one. Pure.

use std::net::{IpAddr, SocketAddr};

use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::base::time::Timestamp;
use crate::evidence::soundness::{ClockState, OwnClock};
use crate::net::Address;

/// A clock before this program was written is wrong.
const EARLIEST_YEAR: &str = "2026";
/// Drift that platforms put up with, seconds; the standard names no number.
const DRIFT: i64 = 60;
/// Bytes of receive buffer below which catalogues that come in one burst lose datagrams.
const ENOUGH_BUFFER: usize = 1024 * 1024;
/// Open files a run needs beside those of its sessions.
const SPARE_FILES: u64 = 128;
/// A session over TCP holds a UDP socket, a listener and a connection.
const FILES_A_SESSION: u64 = 3;

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Good,
    Remark,
    Bad,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) mark: Mark,
    pub(super) text: String,
    /// What to do about it.
    pub(super) remedy: Option<String>,
}

fn good(text: String) -> Line {
    Line { mark: Mark::Good, text, remedy: None }
}

fn remark(text: String, remedy: String) -> Line {
    Line { mark: Mark::Remark, text, remedy: Some(remedy) }
}

fn bad(text: String, remedy: String) -> Line {
    Line { mark: Mark::Bad, text, remedy: Some(remedy) }
}

/// A network card with one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Card {
    pub(in crate::cli) name: String,
    pub(in crate::cli) ip: IpAddr,
    /// Bits of its network.
    pub(in crate::cli) prefix: u8,
}

/// The way to one platform.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) name: String,
    /// Where the platform is, if the settings say so.
    pub(super) peer: Option<SocketAddr>,
    /// Our address on the way there, or why there is no way.
    pub(super) source: Result<IpAddr, String>,
    /// Where we listen with its transport.
    pub(super) listen: Option<SocketAddr>,
    /// What the settings say it sees instead.
    pub(super) advertise: Option<SocketAddr>,
}

/// What kind of address one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Unspecified,
    Loopback,
    LinkLocal,
    Private,
    Public,
}

fn reach(ip: IpAddr) -> Reach {
    match ip.to_canonical() {
        ip if ip.is_unspecified() => Reach::Unspecified,
        ip if ip.is_loopback() => Reach::Loopback,
        IpAddr::V4(ip) if ip.is_link_local() => Reach::LinkLocal,
        // 100.64.0.0/10: shared by the customers of a carrier.
        IpAddr::V4(ip) if ip.is_private() || (ip.to_bits() >> 22) == (0x6440_0000 >> 22) => Reach::Private,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Reach::LinkLocal,
        IpAddr::V6(ip) if ip.is_unique_local() => Reach::Private,
        IpAddr::V4(_) | IpAddr::V6(_) => Reach::Public,
    }
}

impl Card {
    /// Somebody outside may reach it.
    pub(in crate::cli) fn is_usable(&self) -> bool {
        !self.is_inner() && matches!(reach(self.ip), Reach::Private | Reach::Public)
    }

    /// Made by a container or virtual machine on this computer: nobody outside routes to it.
    fn is_inner(&self) -> bool {
        ["docker", "br-", "veth", "virbr", "cni", "flannel", "podman", "lxc"].iter().any(|p| self.name.starts_with(p))
    }

    fn holds(&self, other: IpAddr) -> bool {
        let (own, other) = (self.ip.to_canonical(), other.to_canonical());
        match (own, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32_u32.saturating_sub(self.prefix.into());
                a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128_u32.saturating_sub(self.prefix.into());
                a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// What a platform sees of us, and whether it gets there. `contained`: we run in a container.
pub(super) fn way(way: &Way, cards: &[Card], contained: bool, lang: Lang) -> Vec<Line> {
    let name = excerpt(&way.name, 24);
    let Some(peer) = way.peer else { return vec![unknown(way, &name, cards, lang)] };
    let source = match &way.source {
        Ok(source) => *source,
        Err(error) => {
            return vec![bad(
                say!(lang, "平台 {name}（{peer}）：没有路由（{error}）", "platform {name} ({peer}): no route ({error})"),
                say!(lang, "请核对 address、网关和网线（ip route get）", "compare address, gateway and cable (ip route get)"),
            )];
        }
    };
    let card = cards.iter().find(|c| c.ip.to_canonical() == source.to_canonical());
    let nic = card.map_or_else(|| "?".to_owned(), |c| excerpt(&c.name, 16));
    let seen_ip = way.advertise.map_or(source, |a| a.ip());
    // Without a listener of that transport it sees a connection of ours, whose port is any.
    let seen = way.advertise.or_else(|| Some(SocketAddr::new(source, way.listen?.port())));
    let seen = seen.map_or_else(|| seen_ip.to_string(), |seen| seen.to_string());
    let mut lines = vec![good(say!(
        lang,
        "平台 {name}（{peer}）：经网卡 {nic}，本机地址 {source}，对方看到 {seen}",
        "platform {name} ({peer}): by {nic}, our address {source}, it sees {seen}"
    ))];
    lines.extend(heard_at(way, source, lang));
    lines.push(routable(seen_ip, peer, way.advertise.is_some(), card, contained, lang));
    lines
}

/// The socket hears on the address the route uses.
fn heard_at(way: &Way, source: IpAddr, lang: Lang) -> Option<Line> {
    let listen = way.listen?;
    let (ip, port) = (listen.ip().to_canonical(), listen.port());
    if ip.is_unspecified() || ip == source.to_canonical() {
        return None;
    }
    let remedy = say!(
        lang,
        "[local] listen 改写 0.0.0.0:{port} 或 {source}:{port}",
        "write 0.0.0.0:{port} or {source}:{port} in [local] listen"
    );
    let text = say!(
        lang,
        "只监听 {listen}，而对方的报文到 {source}",
        "only {listen} is listened on, while the platform's packets go to {source}"
    );
    Some(if ip.is_loopback() { bad(text, remedy) } else { remark(text, remedy) })
}

fn routable(ip: IpAddr, peer: SocketAddr, advertised: bool, card: Option<&Card>, contained: bool, lang: Lang) -> Line {
    let here = matches!(reach(peer.ip()), Reach::Loopback);
    let forward = || {
        say!(
            lang,
            "在网关上映射信令端口和收流端口，并在 [local] 写 advertise = \"公网IP:端口\"",
            "forward the signalling and media ports at the gateway, and write advertise = \"public-ip:port\" in [local]"
        )
    };
    match reach(ip) {
        Reach::Unspecified => bad(
            say!(lang, "{ip} 不是可以到达的地址", "{ip} is no address one can reach"),
            say!(lang, "advertise 写对方看到的 IP:端口", "write into advertise the IP:port the platform sees"),
        ),
        Reach::Loopback if here => good(say!(lang, "双方都在本机", "both are on this machine")),
        Reach::Loopback => bad(
            say!(lang, "对方到不了 {ip}：这是本机回环地址", "the platform cannot reach {ip}: that is loopback"),
            say!(lang, "listen、advertise 写本机网卡的地址", "write the address of a network card into listen and advertise"),
        ),
        Reach::LinkLocal => bad(
            say!(lang, "{ip} 是未分配到地址的网卡", "{ip} is a card that was given no address"),
            say!(lang, "检查 DHCP 或设置固定地址", "look at DHCP, or set a fixed address"),
        ),
        _ if !advertised && card.is_some_and(Card::is_inner) => {
            bad(say!(lang, "{ip} 属于本机内部网桥，外面到不了", "{ip} belongs to a bridge inside this machine"), forward())
        }
        _ if !advertised && contained && !here => remark(
            say!(lang, "程序在容器里运行，{ip} 可能只在容器内有效", "we run in a container, {ip} may be valid only inside"),
            say!(
                lang,
                "用 --network host 运行，或发布端口并写 advertise",
                "run with --network host, or publish the ports and write advertise"
            ),
        ),
        Reach::Private if reach(peer.ip()) == Reach::Public => remark(
            say!(lang, "对方在公网，{ip} 是内网地址，对方到不了", "the platform is public and {ip} private: it cannot get there"),
            forward(),
        ),
        Reach::Public if reach(peer.ip()) == Reach::Private && !advertised => remark(
            say!(
                lang,
                "对方在内网，{ip} 是公网地址，可能经过地址转换",
                "the platform is private and {ip} public: NAT may be between"
            ),
            say!(lang, "请与网络管理员核对对方到本机的路由", "ask the network's administrators for the route back"),
        ),
        _ if card.is_some_and(|c| c.holds(peer.ip())) && !advertised => {
            good(say!(lang, "与对方在同一网段", "in one network with the platform"))
        }
        _ => good(say!(
            lang,
            "与对方不在同一网段，需双向路由和防火墙放行",
            "in another network than the platform: routes and firewalls have to let both directions pass"
        )),
    }
}

/// A platform whose address nobody wrote: what may be entered there.
fn unknown(way: &Way, name: &str, cards: &[Card], lang: Lang) -> Line {
    let port = way.listen.map_or(0, |l| l.port());
    if let Some(advertise) = way.advertise {
        return good(say!(
            lang,
            "平台 {name}：地址未写；按设置，对方看到 {advertise}",
            "platform {name}: its address is not set; as set, it sees {advertise}"
        ));
    }
    let outside = |c: &&Card| matches!(reach(c.ip), Reach::Private | Reach::Public) && !c.is_inner();
    let all: Vec<String> =
        cards.iter().filter(outside).map(|c| format!("{} {}", excerpt(&c.name, 16), SocketAddr::new(c.ip, port))).collect();
    let list = all.join(&say!(lang, "、", ", "));
    let remedy = say!(
        lang,
        "知道平台地址时写 address = \"udp:IP:端口\"，即可核对路由并限定来源",
        "write address = \"udp:IP:port\" once it is known: then the route is checked and nobody else registers"
    );
    match all.len() {
        0 => bad(
            say!(lang, "平台 {name}：本机没有对外的地址", "platform {name}: this machine has no address towards outside"),
            say!(lang, "检查网卡（ip addr）", "look at the network cards (ip addr)"),
        ),
        1 => remark(
            say!(lang, "平台 {name}：地址未写；对方应填 {list}", "platform {name}: its address is not set; it is to use {list}"),
            remedy,
        ),
        _ => remark(
            say!(
                lang,
                "平台 {name}：地址未写；对方应填其中之一：{list}",
                "platform {name}: its address is not set; it is to use one of {list}"
            ),
            remedy,
        ),
    }
}

/// Whether a signalling port can be had. `taken`: why not, and by whom it is taken.
pub(super) fn port(address: Address, taken: Option<(&str, Option<&str>)>, lang: Lang) -> Line {
    let port = address.socket.port();
    let Some((why, owner)) = taken else {
        return good(say!(lang, "信令端口 {address} 可用", "the signalling port {address} is free"));
    };
    let (who, look) = match owner {
        Some(owner) => (
            say!(lang, "，占用者 {owner}", ", held by {owner}"),
            say!(lang, "结束它，或改 [local] listen", "end it, or change [local] listen"),
        ),
        None => (
            String::new(),
            say!(
                lang,
                "用 ss -lntup | grep {port} 查看占用者，或改 [local] listen",
                "see who has it with ss -lntup | grep {port}, or change [local] listen"
            ),
        ),
    };
    bad(
        say!(lang, "信令端口 {address} 不可用（{why}{who}）", "the signalling port {address} is not to be had ({why}{who})"),
        look,
    )
}

/// Whether there are media ports enough.
pub(super) fn media((first, last): (u16, u16), free: u32, needed: u32, lang: Lang) -> Line {
    let text = say!(
        lang,
        "收流端口 {first}-{last}：可用 {free} 个（只用偶数），同时点播 {needed} 路；防火墙需放行该范围的 UDP 和 TCP",
        "media ports {first}-{last}: {free} free (even ones), {needed} sessions at once; open the range for UDP and TCP in the firewall"
    );
    if free >= needed {
        return good(text);
    }
    let remedy = say!(lang, "加大 media_ports 的范围，或减小 [probe] parallel", "widen media_ports, or lower [probe] parallel");
    if free > 0 { remark(text, remedy) } else { bad(text, remedy) }
}

/// Whether our clock can be believed. `kept`: who on this machine keeps it right, as far as can be seen.
pub(super) fn clock(now: Timestamp, kept: &OwnClock, lang: Lang) -> Line {
    let shown = now.beijing("%Y-%m-%d %H:%M:%S");
    let (state, keeper) = (kept.state.title().get(lang), &kept.by);
    let by = if keeper.is_empty() { String::new() } else { say!(lang, "，{state}（{keeper}）", ", {state} ({keeper})") };
    let text = say!(lang, "本机时钟（北京时间）{shown}{by}", "the clock says {shown} (Beijing time){by}");
    let remedy = say!(
        lang,
        "平台以本机校时：请启用 NTP（timedatectl set-ntp true）",
        "platforms set theirs by it: enable NTP (timedatectl set-ntp true)"
    );
    match kept.state {
        _ if now.beijing("%Y").as_str() < EARLIEST_YEAR => bad(text, remedy),
        ClockState::Synchronised | ClockState::Running => good(text),
        ClockState::NotSynchronised => remark(text, remedy),
        ClockState::Unknown => remark(text, say!(lang, "平台以本机校时，请核对", "platforms set theirs by it, so check it")),
    }
}

/// What the last run showed of a platform's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drift {
    pub(super) run: String,
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
    /// What its registration said, where that was off.
    pub(super) heard: Option<String>,
    /// `DeviceTime` of its DeviceStatus, some moment of the run.
    pub(super) device_time: Option<String>,
}

/// Whether a platform's clock and ours agreed in the last run.
pub(super) fn drift(name: &str, drift: Option<&Drift>, lang: Lang) -> Line {
    let name = excerpt(name, 24);
    let Some(drift) = drift else {
        return good(say!(
            lang,
            "平台 {name}：还没有检测过，时钟偏差未知",
            "platform {name}: never audited, its clock is not known"
        ));
    };
    let run = &drift.run;
    let seconds = drift.device_time.as_deref().and_then(|text| outside(text, drift.begun, drift.ended));
    let said = match (&drift.heard, seconds) {
        (Some(heard), _) => excerpt(heard, 60),
        (None, Some(seconds)) if seconds.abs() > DRIFT => format!("{seconds:+} s"),
        (None, Some(_)) => {
            return good(say!(lang, "平台 {name}：批次 {run} 中时钟一致", "platform {name}: its clock agreed in run {run}"));
        }
        (None, None) => {
            return good(say!(
                lang,
                "平台 {name}：批次 {run} 中没有给出时间，或相差不超过 {DRIFT} 秒",
                "platform {name}: told no time in run {run}, or one within {DRIFT} s"
            ));
        }
    };
    remark(
        say!(
            lang,
            "平台 {name}：批次 {run} 中时钟与本机相差（{said}）",
            "platform {name}: in run {run} its clock differed from ours ({said})"
        ),
        say!(
            lang,
            "请平台校时，录像时间和日志才能对上",
            "have the platform set its clock, or recordings and logs will not match"
        ),
    )
}

/// How far a time of the form `2026-11-24T09:30:00` (Beijing) lies outside of a span, seconds.
fn outside(text: &str, begun: Timestamp, ended: Timestamp) -> Option<i64> {
    let theirs = Timestamp::parse_rfc3339(&format!("{}+08:00", text.trim()))?.micros();
    let micros = if theirs < begun.micros() { theirs - begun.micros() } else { (theirs - ended.micros()).max(0) };
    Some(micros / 1_000_000)
}

/// Whether the kernel gives UDP the room it was asked for.
pub(super) fn buffer(granted: usize, most: Option<usize>, asked: usize, lang: Lang) -> Line {
    let limit = most.map_or_else(String::new, |most| say!(lang, "，上限 {most}", ", at most {most}"));
    let text = say!(
        lang,
        "UDP 接收缓冲：要求 {asked} 字节，得到 {granted}{limit}",
        "UDP receive buffer: {asked} bytes asked for, {granted} given{limit}"
    );
    if granted >= ENOUGH_BUFFER {
        return good(text);
    }
    remark(
        text,
        say!(
            lang,
            "小于 1 MB 时目录突发会丢包：sysctl -w net.core.rmem_max={asked}",
            "below 1 MB a burst of the catalogue is lost: sysctl -w net.core.rmem_max={asked}"
        ),
    )
}

/// Whether files enough may be open.
pub(super) fn files(granted: u64, parallel: u32, lang: Lang) -> Line {
    let needed = u64::from(parallel) * FILES_A_SESSION + SPARE_FILES;
    let text = say!(lang, "可打开文件数 {granted}，需要约 {needed}", "open files {granted}, about {needed} needed");
    if granted >= needed {
        return good(text);
    }
    bad(
        text,
        say!(
            lang,
            "启动前执行 ulimit -n {needed}，或减小 [probe] parallel",
            "ulimit -n {needed} before the start, or lower [probe] parallel"
        ),
    )
}

/// Whether a port of ours is heard at an address a platform may use. `called`: as it went, with what the system said.
pub(super) fn heard(address: Address, at: IpAddr, called: &Result<(), String>, lang: Lang) -> Line {
    let (protocol, target) = (address.protocol.name(), SocketAddr::new(at, address.socket.port()));
    match called {
        Ok(()) => good(say!(
            lang,
            "自检呼叫 {protocol} {target}：收到（只经本机，不说明外面的防火墙）",
            "a call of ourselves to {protocol} {target} was heard (inside this machine: it says nothing of firewalls outside)"
        )),
        Err(why) => {
            let why = if why.is_empty() { say!(lang, "没有收到", "nothing was heard") } else { excerpt(why, 80) };
            let scheme = protocol.to_ascii_lowercase();
            let port = target.port();
            bad(
                say!(lang, "自检呼叫 {protocol} {target}：{why}", "a call of ourselves to {protocol} {target}: {why}"),
                say!(
                    lang,
                    "本机防火墙或安全软件拦住了，请放行 {port}/{scheme}（firewall-cmd --add-port={port}/{scheme}，或 iptables、安全软件的设置）",
                    "a firewall or guard of this machine is in the way: open {port}/{scheme} (firewall-cmd --add-port={port}/{scheme}, iptables, or the guard's settings)"
                ),
            )
        }
    }
}

/// Free space below which a run may not come to its end.
const LEAST_ROOM: u64 = 200 << 20;
/// Free space that is enough where no run has shown how much it takes.
const ENOUGH_ROOM: u64 = 2 << 30;

/// Whether there is room for another run: its evidence in the store, and once more in its results. `last`: octets of the last.
pub(super) fn room(free: u64, last: Option<u64>, lang: Lang) -> Line {
    let needed = last.map_or(ENOUGH_ROOM, |last| last.saturating_mul(3).max(LEAST_ROOM));
    let (shown, wanted) = (free >> 20, needed >> 20);
    let text =
        say!(lang, "磁盘可用 {shown} MB，一次检测约需 {wanted} MB", "{shown} MB of disk free, a run takes some {wanted} MB");
    let remedy = say!(
        lang,
        "清理磁盘，缩短 [retention] 的保存期限，或把 [store] url 改到别的盘",
        "free some, shorten what [retention] keeps, or move [store] url to another disk"
    );
    match free {
        _ if free >= needed => good(text),
        _ if free < LEAST_ROOM => bad(text, remedy),
        _ => remark(text, remedy),
    }
}

/// Letters of report.pdf: those built in have all of GBK, `without` are names of the settings with others.
pub(super) fn letters(without: &[String], lang: Lang) -> Line {
    if without.is_empty() {
        return good(say!(
            lang,
            "字体：report.pdf 用内置的宋体，不需要安装字体",
            "letters: report.pdf has those built in, no font has to be installed"
        ));
    }
    let names = excerpt(&without.join(&say!(lang, "、", ", ")), 60);
    remark(
        say!(
            lang,
            "字体：{names} 中有内置宋体没有的字，report.pdf 中会印成 [U+xxxx]",
            "letters: {names} has some that are not built in, report.pdf prints them as [U+xxxx]"
        ),
        say!(lang, "生成报告时用 --font 指定有这些字的字体文件", "name a font that has them with --font"),
    )
}

/// Whether we are allowed more than a guest needs.
pub(super) fn root(lang: Lang) -> Line {
    remark(
        say!(lang, "以 root 运行：检测不需要 root 权限", "we run as root, which an audit does not need"),
        say!(
            lang,
            "平时用普通用户运行（软件包已建立 gbaudit 用户）；1024 以下的端口才需要权限",
            "use a user of its own (the packages make one, gbaudit); only ports below 1024 need more"
        ),
    )
}

/// A secret that others on this machine can read.
pub(super) fn open_secret(file: &str, lang: Lang) -> Line {
    remark(
        say!(lang, "本机其他用户可以读取 {file}（含密码或私钥）", "others on this machine can read {file}, which holds a secret"),
        say!(lang, "执行 chmod 600 {file}", "chmod 600 {file}"),
    )
}

/// What was last heard of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Last {
    /// The end of its last run.
    pub(super) at: Option<Timestamp>,
    /// Its code then.
    pub(super) id: Option<String>,
    /// Its edition, where it had declared one.
    pub(super) edition: Option<String>,
    /// Where it was.
    pub(super) address: SocketAddr,
    /// What it calls itself.
    pub(super) user_agent: String,
}

/// Whether the settings agree with what was last heard. `set`: the platform's code, address and edition there.
pub(super) fn agrees(
    name: &str,
    (id, address, edition): (&str, Option<SocketAddr>, Option<&str>),
    last: Option<&Last>,
    lang: Lang,
) -> Vec<Line> {
    let name = excerpt(name, 24);
    let Some(last) = last else {
        return vec![remark(
            say!(lang, "平台 {name}：还没有听到过它", "platform {name} was never heard"),
            say!(
                lang,
                "在平台上按下面的对照表填写，再运行 gbaudit init --resume 或 gbaudit audit 等它注册",
                "enter on the platform what stands below, then wait for it with gbaudit init --resume or gbaudit audit"
            ),
        )];
    };
    let Last { address: met, user_agent, .. } = last;
    let when = last.at.map_or_else(String::new, |at| at.beijing("%Y-%m-%d %H:%M"));
    let agent = excerpt(user_agent, 40);
    let mut lines = Vec::new();
    if let Some(set) = address.filter(|set| set.ip().to_canonical() != met.ip().to_canonical()) {
        lines.push(remark(
            say!(
                lang,
                "平台 {name}：设置的地址是 {set}，上次听到它在 {met}",
                "platform {name}: set to {set}, last heard at {met}"
            ),
            say!(
                lang,
                "平台换了地址就改 address；没有换则查明 {met} 是谁",
                "change address if it has moved; if not, find out who {met} is"
            ),
        ));
    }
    if let Some(told) = last.id.as_deref().filter(|told| *told != id) {
        let told = excerpt(told, 40);
        lines.push(remark(
            say!(
                lang,
                "平台 {name}：设置的编码是 {id}，上次是 {told}",
                "platform {name}: its code is set to {id}, it was {told}"
            ),
            say!(
                lang,
                "与平台的“本级编码”核对，改 [[platform]] id",
                "compare with the platform's own code and change [[platform]] id"
            ),
        ));
    }
    if let (Some(set), Some(told)) = (edition, last.edition.as_deref().filter(|told| Some(*told) != edition)) {
        lines.push(remark(
            say!(
                lang,
                "平台 {name}：设置的标准版本是 {set}，它声明的是 {told}",
                "platform {name}: its edition is set to {set}, it declares {told}"
            ),
            say!(
                lang,
                "没有特别原因就删去 edition，以平台声明为准",
                "drop edition without a reason of its own: what it declares counts"
            ),
        ));
    }
    if lines.is_empty() {
        lines.push(good(say!(
            lang,
            "平台 {name}：与上次听到的一致（{met}，{agent}，{when}）",
            "platform {name}: as it was last heard ({met}, {agent}, {when})"
        )));
    }
    lines
}

/// Our certificate, and whom we believe without one.
pub(super) fn unverified(name: &str, lang: Lang) -> Line {
    let name = excerpt(name, 24);
    remark(
        say!(
            lang,
            "平台 {name}：按设置不核对 TLS 证书，任何人都可冒充它",
            "platform {name}: as set its TLS certificate is not verified, anybody may stand in for it"
        ),
        say!(
            lang,
            "把对方的证书或 CA 写入 tls_ca，去掉 tls_verify",
            "write its certificate or CA into tls_ca and drop tls_verify"
        ),
    )
}

/// Who holds a socket, by the tables of `/proc/net`: the inode that is bound to a port. Pure text.
pub(super) fn inode_of(table: &str, port: u16, listening: bool) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let local = columns.nth(1)?;
        let state = columns.nth(1)?;
        let bound = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
        // 0A: a TCP socket that listens.
        (bound == port && (!listening || state == "0A")).then(|| columns.nth(5)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Protocol;

    #[test]
    fn a_call_of_ourselves_that_is_not_heard_is_a_firewall_of_this_machine() {
        let address = Address { protocol: Protocol::Udp, socket: "0.0.0.0:5060".parse().unwrap() };
        let at = "10.0.0.5".parse().unwrap();
        assert_eq!(heard(address, at, &Ok(()), Lang::Zh).mark, Mark::Good);
        for why in ["", "Connection refused"] {
            let line = heard(address, at, &Err(why.to_owned()), Lang::Zh);
            assert_eq!(line.mark, Mark::Bad);
            assert!(line.text.contains("10.0.0.5:5060") && line.remedy.unwrap().contains("5060/udp"));
        }
    }

    #[test]
    fn room_is_that_of_the_last_run_three_times() {
        let mark = |free, last| room(free, last, Lang::Zh).mark;
        assert_eq!(mark(3 << 30, None), Mark::Good);
        assert_eq!(mark(1 << 30, None), Mark::Remark);
        assert_eq!(mark(1 << 30, Some(100 << 20)), Mark::Good);
        assert_eq!(mark(1 << 30, Some(1 << 30)), Mark::Remark);
        assert_eq!(mark(100 << 20, Some(1)), Mark::Bad);
        assert_eq!(mark(1 << 30, Some(u64::MAX)), Mark::Remark);
    }

    #[test]
    fn settings_are_held_against_what_was_last_heard() {
        let met: SocketAddr = "10.0.0.8:5060".parse().unwrap();
        let last = Last {
            at: None,
            id: Some("37172300002000000002".into()),
            edition: Some("2022".into()),
            address: met,
            user_agent: "WVP\u{1b}[2J".into(),
        };
        let of = |id, address, edition| agrees("chengwu", (id, address, edition), Some(&last), Lang::Zh);
        let same = of("37172300002000000002", Some(met), Some("2022"));
        assert!(same.len() == 1 && same[0].mark == Mark::Good, "{same:?}");
        // A port changes from registration to registration.
        assert_eq!(of("37172300002000000002", Some("10.0.0.8:5061".parse().unwrap()), None)[0].mark, Mark::Good);
        let other = of("37172300002000000003", Some("10.0.0.9:5060".parse().unwrap()), Some("2016"));
        assert!(other.len() == 3 && other.iter().all(|line| line.mark == Mark::Remark && line.remedy.is_some()), "{other:?}");
        assert_eq!(agrees("chengwu", ("1", None, None), None, Lang::En)[0].mark, Mark::Remark);
    }

    fn card(name: &str, ip: &str, prefix: u8) -> Card {
        Card { name: name.into(), ip: ip.parse().unwrap(), prefix }
    }

    /// The marks of a way, and its text.
    fn judged(peer: &str, source: &str, listen: &str, advertise: Option<&str>, cards: &[Card]) -> (Vec<Mark>, String) {
        let one = Way {
            name: "p".into(),
            peer: Some(peer.parse().unwrap()),
            source: Ok(source.parse().unwrap()),
            listen: Some(listen.parse().unwrap()),
            advertise: advertise.map(|a| a.parse().unwrap()),
        };
        let lines = way(&one, cards, false, Lang::En);
        (lines.iter().map(|l| l.mark).collect(), format!("{lines:?}"))
    }

    #[test]
    fn whether_the_platform_gets_to_the_address_it_sees() {
        let cards = [card("eth0", "10.0.0.5", 24), card("docker0", "172.17.0.1", 16), card("lo", "127.0.0.1", 8)];
        let any = "0.0.0.0:5060";
        let cases = [
            ("10.0.0.8:5060", "10.0.0.5", any, None, Mark::Good, "in one network"),
            ("10.9.0.8:5060", "10.0.0.5", any, None, Mark::Good, "in another network"),
            ("203.0.113.8:5060", "10.0.0.5", any, None, Mark::Remark, "advertise"),
            ("203.0.113.8:5060", "10.0.0.5", any, Some("198.51.100.1:5060"), Mark::Good, "it sees 198.51.100.1:5060"),
            ("10.0.0.8:5060", "10.0.0.5", any, Some("127.0.0.1:5060"), Mark::Bad, "loopback"),
            ("10.0.0.8:5060", "10.0.0.5", any, Some("0.0.0.0:5060"), Mark::Bad, "no address one can reach"),
            ("172.17.0.2:5060", "172.17.0.1", any, None, Mark::Bad, "bridge"),
            ("127.0.0.1:5061", "127.0.0.1", any, None, Mark::Good, "on this machine"),
            ("169.254.7.7:5060", "169.254.1.1", any, None, Mark::Bad, "given no address"),
            ("10.0.0.8:5060", "100.64.3.3", any, None, Mark::Good, "in another network"),
            ("203.0.113.8:5060", "100.64.3.3", any, None, Mark::Remark, "private"),
        ];
        for (peer, source, listen, advertise, mark, text) in cases {
            let (marks, said) = judged(peer, source, listen, advertise, &cards);
            assert_eq!(marks, [Mark::Good, mark], "{peer} {said}");
            assert!(said.contains(text), "{peer} {said}");
        }
        let (_, said) = judged("10.0.0.8:5060", "10.0.0.5", any, None, &cards);
        assert!(said.contains("by eth0, our address 10.0.0.5, it sees 10.0.0.5:5060"), "{said}");
    }

    #[test]
    fn a_socket_that_does_not_hear_the_route_is_named() {
        let cards = [card("eth0", "10.0.0.5", 24)];
        let (marks, said) = judged("10.0.0.8:5060", "10.0.0.5", "127.0.0.1:5060", None, &cards);
        assert_eq!(marks.get(1), Some(&Mark::Bad), "{said}");
        let (marks, _) = judged("10.0.0.8:5060", "10.0.0.5", "10.1.1.1:5060", None, &cards);
        assert_eq!(marks.get(1), Some(&Mark::Remark));
        let (marks, _) = judged("10.0.0.8:5060", "10.0.0.5", "10.0.0.5:5060", None, &cards);
        assert_eq!(marks.len(), 2);
    }

    #[test]
    fn in_a_container_the_address_may_be_its_own() {
        let one = Way {
            name: "p".into(),
            peer: Some("10.0.0.8:5060".parse().unwrap()),
            source: Ok("172.18.0.2".parse().unwrap()),
            listen: None,
            advertise: None,
        };
        let lines = way(&one, &[card("eth0", "172.18.0.2", 16)], true, Lang::En);
        assert_eq!(lines.last().unwrap().mark, Mark::Remark);
        assert!(lines.last().unwrap().remedy.as_ref().unwrap().contains("--network host"));
    }

    #[test]
    fn a_platform_without_an_address_is_told_which_of_ours_to_use() {
        let one = Way { name: "p".into(), peer: None, source: Err(String::new()), listen: None, advertise: None };
        let said = |cards: &[Card]| unknown(&one, "p", cards, Lang::En);
        let line = said(&[card("eth0", "10.0.0.5", 24), card("docker0", "172.17.0.1", 16), card("lo", "127.0.0.1", 8)]);
        assert!(line.text.contains("it is to use eth0 10.0.0.5:0") && !line.text.contains("docker0"), "{}", line.text);
        assert!(said(&[card("a", "10.0.0.5", 24), card("b", "10.1.0.5", 24)]).text.contains("one of a 10.0.0.5"));
        assert_eq!(said(&[card("lo", "127.0.0.1", 8)]).mark, Mark::Bad);
    }

    #[test]
    fn a_taken_port_names_its_holder() {
        let address = Address { protocol: Protocol::Udp, socket: "0.0.0.0:5060".parse().unwrap() };
        assert_eq!(port(address, None, Lang::En).mark, Mark::Good);
        let line = port(address, Some(("in use", Some("sipd (77)"))), Lang::En);
        assert!(line.mark == Mark::Bad && line.text.contains("held by sipd (77)"), "{line:?}");
        assert!(port(address, Some(("in use", None)), Lang::En).remedy.unwrap().contains("grep 5060"));
    }

    #[test]
    fn the_holder_is_found_in_the_tables_of_the_kernel() {
        let udp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                   14: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 0\n";
        assert_eq!(inode_of(udp, 5060, false), Some(4711));
        assert_eq!(inode_of(udp, 5061, false), None);
        let tcp = "head\n 0: 0100007F:13C4 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 1 1 0\n\
                   1: 00000000:13C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 2 1 0\n";
        assert_eq!(inode_of(tcp, 5060, true), Some(2));
        assert_eq!(inode_of("head\nrubbish\n", 5060, true), None);
    }

    #[test]
    fn the_clocks() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let now = at("2026-11-24T01:00:00Z");
        let by = |state, by: &str| OwnClock { state, by: by.into(), marked: None };
        let kept = by(ClockState::Running, "chronyd");
        assert_eq!(clock(now, &kept, Lang::En).mark, Mark::Good);
        assert!(clock(now, &kept, Lang::En).text.contains("chronyd"));
        assert_eq!(clock(now, &by(ClockState::NotSynchronised, "systemd-timesyncd"), Lang::En).mark, Mark::Remark);
        assert_eq!(clock(now, &by(ClockState::Unknown, ""), Lang::En).mark, Mark::Remark);
        assert_eq!(clock(Timestamp::from_micros(0), &kept, Lang::En).mark, Mark::Bad);
        let run = |heard: Option<&str>, device_time: Option<&str>| Drift {
            run: "r".into(),
            begun: now,
            ended: at("2026-11-24T01:10:00Z"),
            heard: heard.map(Into::into),
            device_time: device_time.map(Into::into),
        };
        let mark = |d: Drift| drift("p", Some(&d), Lang::En);
        assert_eq!(drift("p", None, Lang::En).mark, Mark::Good);
        assert_eq!(mark(run(None, Some("2026-11-24T09:05:00"))).mark, Mark::Good);
        assert!(mark(run(None, Some("2026-11-24T09:15:00"))).text.contains("+300 s"));
        assert!(mark(run(None, Some("2026-11-24T08:00:00"))).text.contains("-3600 s"));
        assert!(mark(run(Some("3717 -90 s"), None)).text.contains("-90 s"));
        assert_eq!(mark(run(None, Some("yesterday"))).mark, Mark::Good);
    }

    #[test]
    fn limits_have_a_remedy_with_a_number() {
        assert_eq!(buffer(8 << 20, Some(8 << 20), 8 << 20, Lang::En).mark, Mark::Good);
        let line = buffer(212_992, Some(212_992), 8_388_608, Lang::En);
        assert!(line.mark == Mark::Remark && line.remedy.unwrap().contains("rmem_max=8388608"));
        let line = files(256, 64, Lang::En);
        assert!(line.mark == Mark::Bad && line.remedy.unwrap().contains("ulimit -n 320"));
        assert_eq!(media((30_000, 30_999), 500, 64, Lang::En).mark, Mark::Good);
        assert_eq!(media((30_000, 30_999), 5, 64, Lang::En).mark, Mark::Remark);
        assert_eq!(media((30_000, 30_999), 0, 64, Lang::En).mark, Mark::Bad);
    }
}
