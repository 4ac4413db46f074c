//! `gbaudit doctor`: is everything in place for a run, and what will the platform see of us.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use clap::{ArgMatches, Command};

use super::{Failure, Outcome, config, terminal};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::config::Settings;
use crate::net::{Protocol, endpoint, route_to};
use crate::platform::{PlatformSetting, Role};
use crate::store::Store;

/// A clock before this program was written is wrong.
const EARLIEST_YEAR: &str = "2026";
/// Bytes of receive buffer below which catalogues that come in one burst lose datagrams.
const ENOUGH_BUFFER: usize = 1024 * 1024;
/// Open files a run needs beside those of its sessions.
const SPARE_FILES: u64 = 128;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("doctor")
        .about(say!(
            lang,
            "检查设置、地址、端口、时钟和数据文件，并说明平台侧应如何填写",
            "checks settings, addresses, ports, clock and store, and says what to enter on the platform"
        ))
        .override_usage("gbaudit doctor [-c gbaudit.toml]")
        .after_help(say!(lang, "例：gbaudit doctor -c gbaudit.toml", "Example: gbaudit doctor -c gbaudit.toml"))
        .arg(config(lang))
}

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    Remark,
    Bad,
}

struct Findings {
    lang: Lang,
    worst: Mark,
}

impl Findings {
    fn say(&mut self, mark: Mark, text: &str) {
        let word = match mark {
            Mark::Good => say!(self.lang, "正常", "good"),
            Mark::Remark => say!(self.lang, "注意", "note"),
            Mark::Bad => say!(self.lang, "错误", "wrong"),
        };
        if mark == Mark::Bad || self.worst == Mark::Good {
            self.worst = mark;
        }
        terminal::line(&format!("[{word}] {text}"));
    }
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let path = matches.get_one::<PathBuf>("config").cloned().unwrap_or_else(|| PathBuf::from("gbaudit.toml"));
    let settings = crate::config::load(&path, lang).map_err(|p| Failure::problems(&p))?;
    let mut findings = Findings { lang, worst: Mark::Good };
    let (shown, n) = (path.display().to_string(), settings.platforms.len());
    findings.say(Mark::Good, &say!(lang, "设置文件 {shown} 可用，平台 {n} 个", "settings {shown} are usable, {n} platforms"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    {
        // Sockets belong to a runtime, though nothing runs here.
        let _inside = runtime.enter();
        ports(&settings, &mut findings);
    }
    addresses(&settings, &mut findings);
    clock(&mut findings);
    store(&settings, &mut findings);
    limits(&settings, &mut findings);
    for platform in &settings.platforms {
        forms(&settings, platform, lang);
    }
    Ok(if findings.worst == Mark::Bad { super::USAGE } else { 0 })
}

fn ports(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    for address in &settings.local.listen {
        let one = crate::net::LocalSetting { listen: vec![*address], ..settings.local.clone() };
        match endpoint::bind(&one) {
            Ok(_) => findings.say(Mark::Good, &say!(lang, "信令端口 {address} 可用", "the signalling port {address} is free")),
            Err(error) => {
                let port = address.socket.port();
                let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                findings.say(
                    Mark::Bad,
                    &say!(
                        lang,
                        "信令端口 {address} 不可用（{source}）；可用 ss -lntup | grep {port} 查看占用者",
                        "the signalling port {address} is not to be had ({source}); see who has it with ss -lntup | grep {port}"
                    ),
                );
            }
        }
    }
    let range = settings.local.media_ports.clone();
    let (first, last) = (*range.start(), *range.end());
    let mut free = 0_u32;
    for port in range.filter(|p| p % 2 == 0) {
        free += u32::from(UdpSocket::bind(("0.0.0.0", port)).is_ok());
    }
    let needed = settings.probe.parallel;
    let mark = if free >= needed {
        Mark::Good
    } else if free > 0 {
        Mark::Remark
    } else {
        Mark::Bad
    };
    findings.say(
        mark,
        &say!(
            lang,
            "收流端口 {first}-{last}：可用 {free} 个（只用偶数），同时点播 {needed} 路；防火墙需放行该范围的 UDP 和 TCP",
            "media ports {first}-{last}: {free} free (even ones), {needed} sessions at once; open the range for UDP and TCP in the firewall"
        ),
    );
}

fn addresses(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    for platform in &settings.platforms {
        let id = &platform.party.id;
        if id.len() != 20 || !id.bytes().all(|b| b.is_ascii_digit()) {
            let n = id.len();
            findings.say(
                Mark::Remark,
                &say!(
                    lang,
                    "platform.id = {id} 是 {n} 位，国标编码应为 20 位数字，请核对",
                    "platform.id = {id} has {n} characters; a code has 20 digits, compare it"
                ),
            );
        }
        let Some(address) = platform.address else { continue };
        let (name, socket) = (excerpt(&platform.name, 24), address.socket);
        match route_to(socket) {
            Ok(ip) => findings.say(
                Mark::Good,
                &say!(lang, "到平台 {name}（{socket}）的本机地址是 {ip}", "our address towards {name} ({socket}) is {ip}"),
            ),
            Err(error) => findings.say(
                Mark::Bad,
                &say!(lang, "没有到平台 {name}（{socket}）的路由：{error}", "there is no route to {name} ({socket}): {error}"),
            ),
        }
    }
}

fn clock(findings: &mut Findings) {
    let lang = findings.lang;
    let now = SystemClock::default().wall();
    let shown = now.beijing("%Y-%m-%d %H:%M:%S");
    let mark = if now.beijing("%Y").as_str() >= EARLIEST_YEAR { Mark::Good } else { Mark::Bad };
    findings.say(
        mark,
        &say!(
            lang,
            "本机时钟（北京时间）{shown}；平台以此校时，请核对",
            "the clock says {shown} (Beijing time); platforms set theirs by it, so check it"
        ),
    );
}

fn store(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    let shown = settings.store.display().to_string();
    match Store::open(&settings.store).and_then(|store| store.runs()) {
        Ok(runs) => {
            let n = runs.len();
            findings.say(
                Mark::Good,
                &say!(lang, "数据文件 {shown} 可用，已有批次 {n} 个", "the store {shown} is usable, {n} runs in it"),
            );
        }
        Err(error) => {
            let source = std::error::Error::source(&error).map(|s| format!("：{s}")).unwrap_or_default();
            findings.say(Mark::Bad, &say!(lang, "数据文件不可用：{error}{source}", "the store cannot be used: {error}{source}"));
        }
    }
}

/// What the machine grants: buffers and open files.
fn limits(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    let granted = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok().and_then(|text| text.trim().parse::<usize>().ok());
    if let Some(granted) = granted {
        let mark = if granted >= ENOUGH_BUFFER { Mark::Good } else { Mark::Remark };
        findings.say(
            mark,
            &say!(
                lang,
                "UDP 接收缓冲上限 {granted} 字节；小于 1 MB 时目录突发可能丢包，可执行 sysctl -w net.core.rmem_max=8388608",
                "UDP receive buffers up to {granted} bytes; below 1 MB a burst may be lost: sysctl -w net.core.rmem_max=8388608"
            ),
        );
    }
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(files) = files {
        // A session over TCP holds a UDP socket, a listener and a connection.
        let needed = u64::from(settings.probe.parallel) * 3 + SPARE_FILES;
        let mark = if files >= needed { Mark::Good } else { Mark::Bad };
        findings.say(
            mark,
            &say!(
                lang,
                "可打开文件数 {files}，需要约 {needed}（ulimit -n）",
                "open files {files}, about {needed} needed (ulimit -n)"
            ),
        );
    }
}

/// What has to be entered on the platform for us to meet.
fn forms(settings: &Settings, platform: &PlatformSetting, lang: Lang) {
    let local = &settings.local;
    let (name, id, domain) = (excerpt(&platform.name, 24), &local.party.id, &local.party.domain);
    if platform.role == Role::Superior {
        terminal::line(&say!(
            lang,
            "\n平台 {name}（上级）：请对方把下级平台编码 {id} 加入并开通目录和点播权限",
            "\nplatform {name} (superior): ask for {id} to be entered there as subordinate, with catalogue and live view"
        ));
        return;
    }
    terminal::line(&say!(
        lang,
        "\n平台 {name}：在其“级联 / 上级平台 / 上级域”页面填写",
        "\nplatform {name}: enter on its page for cascading to a superior platform"
    ));
    let row = |key: String, value: &str| terminal::line(&format!("  {}{value}", crate::base::text::pad(&key, 34)));
    row(say!(lang, "SIP 服务器编码（ID）", "SIP server ID"), id);
    row(say!(lang, "SIP 域", "SIP domain"), domain);
    for address in &local.listen {
        let shown = local.advertise.map_or_else(|| seen(address.socket, platform), |a| a.to_string());
        let protocol = match address.protocol {
            Protocol::Udp => "UDP",
            Protocol::Tcp => "TCP",
        };
        row(say!(lang, "SIP 服务器地址和端口（{protocol}）", "SIP server address, port ({protocol})"), &shown);
    }
    row(say!(lang, "设备编码（平台自己的）", "device ID (the platform's own)"), &platform.party.id);
    row(say!(lang, "认证用户名", "user name"), platform.username.as_deref().unwrap_or(&platform.party.id));
    let password = if platform.password.is_some() {
        say!(lang, "与设置中的口令一致", "the password of the settings")
    } else {
        say!(lang, "不认证（auth = \"none\"）", "none (auth = \"none\")")
    };
    row(say!(lang, "密码", "password"), &password);
}

/// Where we listen, as somebody else would write it.
fn seen(socket: SocketAddr, platform: &PlatformSetting) -> String {
    if !socket.ip().is_unspecified() {
        return socket.to_string();
    }
    let towards = platform.address.map(|a| a.socket).and_then(|peer| route_to(peer).ok());
    // Any address outside shows which of ours is used by default; nothing is sent.
    let outward = || route_to(SocketAddr::new(IpAddr::from([192, 0, 2, 1]), 9)).ok();
    let ip = towards.or_else(outward).unwrap_or(socket.ip());
    SocketAddr::new(ip, socket.port()).to_string()
}
