//! `gbaudit doctor`: is everything in place for a run, and what will the platform see of us.

pub(super) mod facts;
pub(super) mod judge;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgMatches, Command};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use self::judge::{Line, Mark};
use super::{Failure, Outcome, config, terminal};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::config::Settings;
use crate::net::endpoint::RECEIVE_BUFFER_BYTES;
use crate::net::route_to;
use crate::pairing::settings::UNKNOWN;
use crate::platform::{PlatformSetting, Role};
use crate::store::Store;

/// Columns of a terminal.
const COLUMNS: usize = 80;

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

/// The checklist as it is printed.
struct Findings {
    lang: Lang,
    worst: Mark,
}

impl Findings {
    fn say(&mut self, line: &Line) {
        let word = match line.mark {
            Mark::Good => say!(self.lang, "正常", "good"),
            Mark::Remark => say!(self.lang, "注意", "note"),
            Mark::Bad => say!(self.lang, "错误", "wrong"),
        };
        self.worst = self.worst.max(line.mark);
        let word = crate::base::text::pad(&format!("[{word}]"), 8);
        terminal::out(&wrapped(&word, &visible(&line.text)));
        if let Some(remedy) = &line.remedy {
            terminal::out(&wrapped("      → ", &visible(remedy)));
        }
    }
}

/// A text in lines that fit a terminal; the later ones stand under the beginning of the text.
fn wrapped(before: &str, text: &str) -> String {
    let margin = before.width();
    let (mut out, mut column) = (before.to_owned(), margin);
    for word in words(text) {
        let wide = word.trim_end().width();
        if column + wide > COLUMNS && column > margin {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', margin));
            column = margin;
        }
        out.push_str(word);
        column += word.width();
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Where a line may end: behind a blank, and behind a Chinese character that no closing mark follows.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let wide = |c: char| c.width() == Some(2);
        let closing = next.is_some_and(|n| "，。；：、）”！？".contains(n));
        let ends = match next {
            None => true,
            Some(_) if closing || "（“".contains(c) => false,
            Some(next) => c == ' ' || wide(c) || wide(next),
        };
        if ends {
            let end = at + c.len_utf8();
            words.extend(text.get(begin..end));
            begin = end;
        }
    }
    words
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let path = matches.get_one::<PathBuf>("config").cloned().unwrap_or_else(|| PathBuf::from("gbaudit.toml"));
    let settings = crate::config::load(&path, lang).map_err(|p| Failure::problems(&p))?;
    let mut findings = Findings { lang, worst: Mark::Good };
    let (shown, n) = (path.display().to_string(), settings.platforms.len());
    let text = say!(lang, "设置文件 {shown} 可用，平台 {n} 个", "settings {shown} are usable, {n} platforms");
    findings.say(&Line { mark: Mark::Good, text, remedy: None });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    {
        // Sockets belong to a runtime, though nothing runs here.
        let _inside = runtime.enter();
        ports(&settings, &mut findings);
    }
    platforms(&settings, &mut findings);
    clocks_and_store(&settings, &mut findings);
    if let Some((granted, most)) = facts::buffer() {
        findings.say(&judge::buffer(granted, most, RECEIVE_BUFFER_BYTES, lang));
    }
    if let Some(granted) = facts::files() {
        findings.say(&judge::files(granted, settings.probe.parallel, lang));
    }
    for platform in &settings.platforms {
        forms(&settings, platform, lang);
    }
    Ok(if findings.worst == Mark::Bad { super::USAGE } else { 0 })
}

fn ports(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    for address in &settings.local.listen {
        let taken = facts::taken(&settings.local, *address);
        let taken = taken.as_ref().map(|(why, owner)| (why.as_str(), owner.as_deref()));
        findings.say(&judge::port(*address, taken, lang));
    }
    let range = &settings.local.media_ports;
    let free = facts::free_ports(&settings.local);
    findings.say(&judge::media((*range.start(), *range.end()), free, settings.probe.parallel, lang));
}

fn platforms(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    let (cards, contained) = (facts::cards(), facts::contained());
    for platform in &settings.platforms {
        let id = &platform.party.id;
        if id == UNKNOWN {
            let name = excerpt(&platform.name, 24);
            findings.say(&Line {
                mark: Mark::Remark,
                text: say!(lang, "平台 {name} 的编码还不知道", "the code of platform {name} is not known yet"),
                remedy: Some(say!(lang, "等它注册：gbaudit init --resume", "wait for it: gbaudit init --resume")),
            });
        }
        if id.len() != 20 || !id.bytes().all(|b| b.is_ascii_digit()) {
            let n = id.len();
            findings.say(&Line {
                mark: Mark::Remark,
                text: say!(lang, "platform.id = {id} 是 {n} 位", "platform.id = {id} has {n} characters"),
                remedy: Some(say!(lang, "国标编码应为 20 位数字，请核对", "a code has 20 digits, compare it")),
            });
        }
        for line in judge::way(&facts::way(settings, platform), &cards, contained, lang) {
            findings.say(&line);
        }
        if platform.trust.as_ref().is_some_and(|trust| !trust.verifies()) {
            findings.say(&judge::unverified(&platform.name, lang));
        }
    }
}

fn clocks_and_store(settings: &Settings, findings: &mut Findings) {
    let lang = findings.lang;
    findings.say(&judge::clock(SystemClock::default().wall(), &crate::audit::own_clock::read(), lang));
    let shown = settings.store.display().to_string();
    let opened = Store::open(&settings.store).and_then(|store| store.runs().map(|runs| (store, runs.len())));
    match opened {
        Ok((store, n)) => {
            let text = say!(lang, "数据文件 {shown} 可用，已有批次 {n} 个", "the store {shown} is usable, {n} runs in it");
            findings.say(&Line { mark: Mark::Good, text, remedy: None });
            for platform in &settings.platforms {
                findings.say(&judge::drift(&platform.name, facts::drift(&store, platform).as_ref(), lang));
            }
        }
        Err(error) => {
            let source = std::error::Error::source(&error).map(|s| format!("：{s}")).unwrap_or_default();
            findings.say(&Line {
                mark: Mark::Bad,
                text: say!(lang, "数据文件不可用：{error}{source}", "the store cannot be used: {error}{source}"),
                remedy: Some(say!(
                    lang,
                    "改 [store] url，或核对该文件夹的权限",
                    "change [store] url, or look at the folder's permissions"
                )),
            });
        }
    }
}

/// What has to be entered on the platform for us to meet.
fn forms(settings: &Settings, platform: &PlatformSetting, lang: Lang) {
    let local = &settings.local;
    let (name, id, domain) = (excerpt(&platform.name, 24), &local.party.id, &local.party.domain);
    if platform.role == Role::Superior {
        let text = say!(
            lang,
            "平台 {name}（上级）：请对方把下级平台编码 {id} 加入并开通目录和点播权限",
            "platform {name} (superior): ask for {id} to be entered there as subordinate, with catalogue and live view"
        );
        terminal::out(&format!("\n{}", wrapped("", &text)));
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
        let protocol = address.protocol.name();
        row(say!(lang, "SIP 服务器地址和端口（{protocol}）", "SIP server address, port ({protocol})"), &shown);
    }
    row(say!(lang, "设备编码（平台自己的）", "device ID (the platform's own)"), &platform.party.id);
    row(say!(lang, "认证用户名", "user name"), platform.username.as_deref().unwrap_or(&platform.party.id));
    let password = if platform.password.is_some() {
        say!(lang, "与设置中的密码一致", "the password of the settings")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_a_terminal_in_both_languages() {
        let zh = "平台 chengwu（10.0.0.8:5060）：经网卡 eth0，本机地址 10.0.0.5，对方看到 10.0.0.5:5060，防火墙需放行该范围的 UDP 和 TCP。";
        let en =
            "platform chengwu (10.0.0.8:5060): by eth0, our address 10.0.0.5, it sees 10.0.0.5:5060; open it in the firewall";
        for text in [zh, en] {
            let out = wrapped("[good]  ", text);
            assert!(out.lines().count() > 1 && out.lines().all(|l| l.width() <= COLUMNS), "{out}");
            assert!(out.lines().skip(1).all(|l| l.starts_with("        ")), "{out}");
            let joined: String = out.lines().map(|l| l.get(8..).unwrap()).collect();
            let bare = |t: &str| t.replace(' ', "");
            assert_eq!(bare(&joined), bare(text));
            assert!(!out.lines().any(|l| l.trim_start().starts_with(['，', '。', '）'])), "{out}");
        }
    }
}
