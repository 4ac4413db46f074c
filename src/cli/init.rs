//! `gbaudit init`: pairing with a platform that has never seen us. Asks, proposes, writes what is to be handed over, then listens and shows
//! who knocks.

mod ask;
mod listen;

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use self::ask::Asker;
use self::listen::Waiting;
use super::audit::{taken, wait_arg};
use super::doctor::facts;
use super::doctor::judge::Card;
use super::{Failure, Outcome, out, output, terminal};
use crate::base::device_id::is_digits;
use crate::base::lang::{Lang, Text, say};
use crate::base::secret::Secret;
use crate::base::text::excerpt;
use crate::config::secret_file;
use crate::division::Divisions;
use crate::net::{self, Address, NetError, Protocol, route_to};
use crate::pairing::labels::{Labels, PRODUCTS, Product, product};
use crate::pairing::own::{self, County, Found};
use crate::pairing::sheet::Sheet;
use crate::pairing::{Plan, SECRET, SETTINGS, ports, settings};
use crate::probe::setting::ProbeSetting;

/// The ports of signalling that are proposed: the usual one, and one for where that is taken, by a platform on this machine perhaps.
const SIGNALLING: [u16; 2] = [5060, 15060];
/// The first port of media that is proposed.
const FIRST_MEDIA_PORT: u16 = 30_000;
/// Digits of a code.
const CODE_DIGITS: usize = 20;
/// Regions of one name that are listed.
const MAX_LISTED: usize = 12;
/// Largest mapping file.
const MAX_LABELS_BYTES: u64 = 64 * 1024;
/// What was settled where a pairing is gone on with.
const BESIDE_RESUME: [&str; 13] = [
    "county",
    "interface",
    "platform-type",
    "platform-id",
    "platform-address",
    "name",
    "id",
    "listen",
    "advertise",
    "media-ports",
    "labels",
    "no-listen",
    "force",
];
/// Octets drawn for a password; a few of them are left out.
const RANDOM_BYTES: usize = 512;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("init")
        .about(say!(
            lang,
            "对接：生成编码、密码、级联配置对照表、端口开通申请表和设置文件，再等待平台注册，收一次目录、点播一路画面",
            "pairing: proposes code and password, writes the sheets and the settings, waits for the platform, asks for one catalogue and one picture"
        ))
        .override_usage(
            "gbaudit init [--out DIR]\n       gbaudit init --yes --county 371723 [--interface IP] [--platform-type wvp] [--platform-id CODE] [--no-listen] [--wait 30m]\n       gbaudit init --resume [--out DIR]",
        )
        .after_help(say!(
            lang,
            "例：gbaudit init\n    gbaudit init --yes --county 371723 --interface 10.0.0.5 --platform-type wvp --platform-id 37172300002000000002 --no-listen\n    gbaudit init --resume        以后继续等待平台注册",
            "Example: gbaudit init\n         gbaudit init --yes --county 371723 --interface 10.0.0.5 --platform-type wvp --platform-id 37172300002000000002 --no-listen\n         gbaudit init --resume        waits for the platform once more"
        ))
        .args(arguments(lang))
}

fn arguments(lang: Lang) -> Vec<Arg> {
    let of = |name: &'static str, zh, en| Arg::new(name).long(name).help(Text::new(zh, en).get(lang));
    let text = |name: &'static str, value: &'static str, zh, en| of(name, zh, en).value_name(value);
    let flag = |name: &'static str, zh, en| of(name, zh, en).action(ArgAction::SetTrue);
    let wait = Text::new("等待注册的时间，默认 30m", "how long to wait for the platform, default 30m");
    vec![
        flag("yes", "不提问，供脚本使用；没有给出的项用建议值", "asks nothing, for scripts; what is not given is as proposed"),
        text("county", "NAME|CODE", "区县：名称或 6 位代码", "the county: its name or six digits"),
        text("interface", "NAME|IP", "能到达平台的网卡：名称或地址", "the card that reaches the platform: name or address"),
        text("platform-type", "wvp|hikvision|dahua|uniview|other", "平台是哪一家的", "what the platform is"),
        text(
            "platform-id",
            "CODE",
            "平台的 20 位编码；不写则看注册方",
            "the platform's code; without it whoever registers is shown",
        ),
        text(
            "platform-address",
            "IP",
            "平台的地址，用于选网卡和写防火墙命令",
            "its address, to choose the card and for the firewall",
        )
        .value_parser(value_parser!(IpAddr)),
        text("name", "NAME", "平台名称，用于报告和文件夹", "its name in reports and folders"),
        text("id", "CODE", "本工具的 20 位编码，代替建议的", "our own code instead of the one proposed"),
        text("listen", "udp:IP:PORT", "信令监听地址，可写多次", "where signalling is listened for, may be given several times")
            .action(ArgAction::Append),
        text("advertise", "IP:PORT", "平台看到的本机地址（NAT）", "our address as the platform sees it (NAT)")
            .value_parser(value_parser!(SocketAddr)),
        text("media-ports", "30000-30127", "收流端口范围", "ports for media"),
        text("labels", "FILE", "平台表单的标签文件（TOML），代替内置的", "a mapping file (TOML) instead of the embedded one")
            .value_parser(value_parser!(PathBuf)),
        text(
            "show-labels",
            "TYPE",
            "只输出这一家的标签文件，供修改",
            "only prints the mapping file of a kind of platform, to be edited",
        ),
        flag("no-listen", "只生成文件，不等待注册", "writes the files and does not wait"),
        flag("resume", "用已有的设置文件继续等待注册", "waits with the settings that are there already")
            .conflicts_with_all(BESIDE_RESUME),
        wait_arg(lang).value_name("30m").default_value("30m").help(wait.get(lang)),
        flag(
            "force",
            "覆盖已有的设置文件和表（密码文件保留沿用）",
            "overwrites settings and sheets (a password file is kept and used)",
        ),
        out(lang, Text::new("当前文件夹", "the current one").get(lang)),
    ]
}

/// What is written for people.
struct Papers {
    sheet_text: PathBuf,
    sheet: PathBuf,
    request: PathBuf,
    firewall: PathBuf,
}

impl Papers {
    fn of(folder: &Path, lang: Lang) -> Self {
        let file = |zh, en| folder.join(Text::new(zh, en).get(lang));
        Self {
            sheet_text: file("级联配置对照表.txt", "pairing-sheet.txt"),
            sheet: file("级联配置对照表.docx", "pairing-sheet.docx"),
            request: file("端口开通申请表.docx", "port-request.docx"),
            firewall: file("防火墙命令.txt", "firewall-commands.txt"),
        }
    }

    fn all(&self) -> [&Path; 4] {
        [&self.sheet_text, &self.sheet, &self.request, &self.firewall]
    }
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    if let Some(word) = matches.get_one::<String>("show-labels") {
        let product = product(word).ok_or_else(|| Failure::usage(format!("--show-labels: {}", kinds(word, lang))))?;
        terminal::out(&product.example(lang));
        return Ok(0);
    }
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(|| PathBuf::from("."));
    let file = folder.join(SETTINGS);
    let mut asker = Asker::new(matches.get_flag("yes"), lang);
    let wait = matches.get_one("wait").copied().unwrap_or_default();
    if matches.get_flag("resume") {
        return listen::wait(Waiting { file: &file, wait, lang }, asker);
    }
    let papers = Papers::of(&folder, lang);
    if !matches.get_flag("force") {
        let there = [file.as_path()].into_iter().chain(papers.all()).find(|path| path.exists());
        if let Some(path) = there {
            let shown = path.strip_prefix(".").unwrap_or(path).display();
            return Err(Failure::usage(say!(
                lang,
                "{shown} 已存在，没有覆盖；继续等待平台注册用 --resume，重新生成用 --force，或换一个 --out",
                "{shown} is there already and was not overwritten: --resume waits with it, --force writes it anew, or choose another --out"
            )));
        }
    }
    // A labels file that cannot be used is found before anything is asked.
    let own_labels = matches.get_one::<PathBuf>("labels").map(|path| read_labels(path, lang)).transpose()?;
    if !asker.is_silent() {
        terminal::complain(&say!(
            lang,
            "本工具以“上级平台”身份接入。先回答几个问题，再写出设置和要交给平台的各表，然后等待平台注册。按 Ctrl+C 随时退出。",
            "gbaudit stands above the platform as its superior. First some questions; then settings and sheets are written and the platform is waited for. Ctrl+C leaves at any time."
        ));
    }
    let plan = agreed(matches, &mut asker, lang)?;
    let labels = match own_labels {
        Some(labels) => labels,
        None => Labels::read(plan.product.id, plan.product.file, lang).map_err(|p| Failure::problems(&p))?,
    };
    if !matches.get_flag("no-listen") {
        plan.listen.iter().try_for_each(|address| can_listen(*address).map_err(|e| taken(&e, lang)))?;
    }
    output::prepare(&folder, lang)?;
    let password = password(&folder, lang)?;
    let sheet = Sheet { plan: &plan, labels: &labels, password: &password, lang };
    write(&plan, &sheet, (&folder, &papers), lang)?;
    // What was written has to be what the other commands read.
    crate::config::load(&file, lang).map_err(|p| Failure::problems(&p))?;
    terminal::out(&format!("\n{}\n", sheet.text()));
    told(&file, &papers, lang);
    if matches.get_flag("no-listen") {
        let next = listen::resume(&file);
        terminal::line(&say!(lang, "平台填好后执行：{next}", "once the platform is filled in: {next}"));
        return Ok(0);
    }
    listen::wait(Waiting { file: &file, wait, lang }, asker)
}

fn told(file: &Path, papers: &Papers, lang: Lang) {
    terminal::line(&say!(lang, "已写入：", "written:"));
    for path in [file].into_iter().chain(papers.all()) {
        terminal::line(&format!("  {}", path.strip_prefix(".").unwrap_or(path).display()));
    }
    terminal::line(&say!(
        lang,
        "下一步：对照表交平台管理人员填写并启用，端口按申请表开通，本机防火墙按命令放行。",
        "next: have the platform's administrator enter the sheet and switch it on, the ports of the request opened, and this host's firewall with the commands."
    ));
}

fn write(plan: &Plan, sheet: &Sheet<'_>, (folder, papers): (&Path, &Papers), lang: Lang) -> Result<(), Failure> {
    let failed = |error: std::io::Error| output::unwritten(&error, folder, lang);
    // The sheets hold the password.
    output::privately(&papers.sheet_text, |out| out.write_all(sheet.text().as_bytes())).map_err(failed)?;
    output::privately(&papers.sheet, |out| sheet.document(out)).map_err(failed)?;
    output::atomically(&papers.request, |out| ports::document(plan, lang, out)).map_err(failed)?;
    output::atomically(&papers.firewall, |out| out.write_all(ports::firewall(plan, lang).as_bytes())).map_err(failed)?;
    let text = settings::text(plan, lang);
    output::atomically(&folder.join(SETTINGS), |out| out.write_all(text.as_bytes())).map_err(failed)
}

/// The password of an earlier pairing in this folder, or a new one, which is kept at once.
fn password(folder: &Path, lang: Lang) -> Result<Secret, Failure> {
    let path = folder.join(SECRET);
    let shown = path.display();
    if path.exists() {
        let secret = secret_file(&path, &shown.to_string(), lang).map_err(Failure::usage)?;
        terminal::complain(&say!(
            lang,
            "沿用已有的密码文件 {shown}；要换密码请先删除它",
            "the password in {shown} is used; delete it to have a new one"
        ));
        return Ok(secret);
    }
    let mut octets = [0; RANDOM_BYTES];
    let drawn = getrandom::fill(&mut octets).map_err(|e| e.to_string());
    let text = drawn.and_then(|()| own::password(octets).ok_or_else(String::new));
    let text =
        text.map_err(|e| Failure::usage(say!(lang, "系统没有给出随机数：{e}", "the system gave no random numbers: {e}")))?;
    output::privately(&path, |out| writeln!(out, "{text}")).map_err(|e| output::unwritten(&e, folder, lang))?;
    Ok(Secret::new(text))
}

fn read_labels(path: &Path, lang: Lang) -> Result<Labels, Failure> {
    let shown = path.display().to_string();
    let mut octets = Vec::new();
    let opened = std::fs::File::open(path);
    opened
        .and_then(|file| file.take(MAX_LABELS_BYTES + 1).read_to_end(&mut octets))
        .map_err(|e| Failure::usage(say!(lang, "读不到标签文件 {shown}：{e}", "the mapping file {shown} cannot be read: {e}")))?;
    let text = String::from_utf8(octets).ok().filter(|text| text.len() as u64 <= MAX_LABELS_BYTES);
    let text = text.ok_or_else(|| {
        let kib = MAX_LABELS_BYTES / 1024;
        Failure::usage(say!(
            lang,
            "{shown} 不是标签文件：应为不超过 {kib} KiB 的 UTF-8 文本；可用 gbaudit init --show-labels wvp 取出一份再改",
            "{shown} is no mapping file, which is text in UTF-8 of {kib} KiB at most; gbaudit init --show-labels wvp prints one to edit"
        ))
    })?;
    Labels::read(&shown, &text, lang).map_err(|p| Failure::problems(&p))
}

/// Everything that has to be known, given or asked.
fn agreed(matches: &ArgMatches, asker: &mut Asker, lang: Lang) -> Result<Plan, Failure> {
    let given = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let refused = |name: &str, why: String| Failure::usage(format!("--{name}: {why}"));
    let read = |name: &str, text: &str, why: Result<String, String>| why.map_err(|e| refused(name, format!("{text}　{e}")));
    let county = match given("county") {
        Some(text) => county_of(text, lang).map_err(|why| refused("county", why))?,
        None if asker.is_silent() => {
            return Err(Failure::usage(say!(
                lang,
                "请写明区县，例如 --county 371723 或 --county 成武县",
                "name the county, for example --county 371723"
            )));
        }
        None => asker.ask(
            &say!(lang, "区县（名称或 6 位代码，如 成武县 或 371723）：", "county (its name or six digits, such as 371723):"),
            "--county",
            |text| county_of(text, lang),
        )?,
    };
    let platform_ip = match matches.get_one::<IpAddr>("platform-address") {
        Some(ip) => Some(*ip),
        None if asker.is_silent() => None,
        None => asker.ask(
            &say!(lang, "平台的 IP 地址（不知道可直接按回车）：", "IP address of the platform (Enter where it is not known):"),
            "--platform-address",
            |text| optional(text, |text| ip_of(text, lang)),
        )?,
    };
    let listen: Option<Vec<Address>> = match matches.get_many::<String>("listen") {
        Some(texts) => {
            Some(texts.map(|text| address(text, lang).map_err(|why| refused("listen", why))).collect::<Result<_, _>>()?)
        }
        None => None,
    };
    // Whoever listens at every address has to say which of them is the platform's way.
    let told = listen.as_ref().and_then(|all| all.first()).map(|address| address.socket.ip()).filter(|ip| !ip.is_unspecified());
    let host = match told {
        Some(ip) => ip,
        None => card(given("interface"), platform_ip, asker, lang)?,
    };
    let listen = listen.unwrap_or_else(|| proposed(host, lang));
    let product = match given("platform-type") {
        Some(word) => product(word).ok_or_else(|| refused("platform-type", kinds(word, lang)))?,
        None if asker.is_silent() => PRODUCTS.last().unwrap_or(&PRODUCTS[0]),
        None => asker.ask(&which_product(lang), "--platform-type", |text| product_of(text, lang))?,
    };
    let platform_id = match given("platform-id") {
        Some(text) => {
            read("platform-id", text, code(text, lang))?;
            Some(text.to_owned())
        }
        None if asker.is_silent() => None,
        None => asker.ask(
            &say!(
                lang,
                "平台的 20 位国标编码（不知道可直接按回车，注册时显示）：",
                "the platform's 20-digit code (Enter where it is not known; it is shown when it registers):"
            ),
            "--platform-id",
            |text| {
                optional(text, |text| code(text, lang))
                    .map_err(|why| say!(lang, "{why}；不知道可直接按回车", "{why}; Enter where it is not known"))
            },
        )?,
    };
    let id = match given("id") {
        Some(text) => read("id", text, code(text, lang))?,
        None => own::code(&county, platform_id.as_deref()),
    };
    if platform_id.as_deref() == Some(id.as_str()) {
        return Err(refused("id", say!(lang, "与平台的编码相同", "it is the platform's own")));
    }
    let title = &county.title;
    terminal::complain(&say!(
        lang,
        "{title}，本工具的编码：{id}。使用前请上级主管部门确认它未被占用（--id 可换）。",
        "{title}, our code: {id}. Have the superior authority confirm that it is free (--id takes another)."
    ));
    let name = given("name").map_or_else(|| format!("{}视频平台", county.name), ToOwned::to_owned);
    if name.trim().is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return Err(refused(
            "name",
            say!(lang, "用作文件夹名，不能含 / \\ 或以 . 开头", "it names a folder: no / \\ and no leading dot"),
        ));
    }
    let media_ports = match given("media-ports") {
        Some(text) => net::media_ports(text).ok_or_else(|| {
            refused(
                "media-ports",
                say!(lang, "{text} 应写作 30000-30127，不低于 1024", "{text} must look like 30000-30127, not below 1024"),
            )
        })?,
        None => {
            let most = u16::try_from(2 * ProbeSetting::default().parallel - 1).unwrap_or(u16::MAX - FIRST_MEDIA_PORT);
            FIRST_MEDIA_PORT..=FIRST_MEDIA_PORT + most
        }
    };
    let advertise = matches.get_one::<SocketAddr>("advertise").copied();
    Ok(Plan { own: Plan::party(&id), county, host, listen, advertise, media_ports, product, name, platform_id, platform_ip })
}

/// Nothing, or what the text stands for.
fn optional<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn county_of(text: &str, lang: Lang) -> Result<County, String> {
    let listed = |all: &[County]| {
        let one = |county: &County| format!("{} {}", county.code, county.title);
        let more = if all.len() > MAX_LISTED { " ..." } else { "" };
        all.iter().take(MAX_LISTED).map(one).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str()) + more
    };
    let shown = excerpt(text, 40);
    if text.is_empty() {
        return Err(say!(
            lang,
            "不能为空，请写区县的全称或 6 位代码，如 成武县、371723",
            "it is needed: write the county's full name or six digits, such as 371723"
        ));
    }
    match own::county(text, Divisions::embedded()) {
        Found::One(county) => Ok(county),
        Found::Several(all) => {
            let all = listed(&all);
            Err(say!(lang, "“{shown}”有多个，请写代码：{all}", "\"{shown}\" is several, write the code: {all}"))
        }
        Found::Retired(heirs) => {
            let heirs = listed(&heirs);
            Err(say!(lang, "{shown} 不是现行代码，现为：{heirs}", "{shown} is not in force, it is now: {heirs}"))
        }
        Found::Nothing => Err(say!(
            lang,
            "没有找到“{shown}”，请写全称或 6 位代码，如 成武县、371723",
            "\"{shown}\" was not found: write the full name or six digits, such as 371723"
        )),
    }
}

fn code(text: &str, lang: Lang) -> Result<String, String> {
    if text.len() == CODE_DIGITS && is_digits(text) {
        return Ok(text.to_owned());
    }
    let count = text.chars().count();
    Err(if is_digits(text) {
        say!(
            lang,
            "应为 20 位数字，现有 {count} 位，例如 37172300002000000002",
            "20 digits are needed and these are {count}, such as 37172300002000000002"
        )
    } else {
        say!(lang, "应为 20 位数字，例如 37172300002000000002", "20 digits are needed, such as 37172300002000000002")
    })
}

/// The address of a platform: no port, and none that stands for all.
fn ip_of(text: &str, lang: Lang) -> Result<IpAddr, String> {
    if text.parse::<SocketAddr>().is_ok() {
        return Err(say!(
            lang,
            "只写 IP 地址，不带端口，例如 10.0.0.8",
            "write the IP address without the port, such as 10.0.0.8"
        ));
    }
    text.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified() && !ip.is_multicast()).ok_or_else(|| {
        let shown = excerpt(text, 40);
        say!(
            lang,
            "“{shown}”不是平台的 IP 地址，应如 10.0.0.8（用英文句点）；不知道可直接按回车",
            "\"{shown}\" is no IP address of a platform, which looks like 10.0.0.8; Enter where it is not known"
        )
    })
}

fn address(text: &str, lang: Lang) -> Result<Address, String> {
    // The platform has to be told the port, and TLS needs a certificate.
    let usable = |address: &Address| address.socket.port() != 0 && address.protocol != Protocol::Tls;
    let shown = excerpt(text, 60);
    text.parse().ok().filter(usable).ok_or_else(|| {
        say!(
            lang,
            "{shown} 应写作 udp:10.0.0.5:5060 或 tcp:10.0.0.5:5060（tls 需要证书，请对接后在设置文件中改）",
            "{shown} must look like udp:10.0.0.5:5060 or tcp:10.0.0.5:5060 (tls needs a certificate: set it in the settings afterwards)"
        )
    })
}

/// Both transports of a port that is free.
fn proposed(host: IpAddr, lang: Lang) -> Vec<Address> {
    let free = |port: &u16| on_port(host, *port).into_iter().all(|address| can_listen(address).is_ok());
    let usual = SIGNALLING[0];
    let port = SIGNALLING.into_iter().find(free).unwrap_or(usual);
    if port != usual {
        terminal::complain(&say!(
            lang,
            "端口 {usual} 已被占用（可能是本机上的平台），改用 {port}",
            "port {usual} is taken (by a platform on this machine, perhaps), {port} is used"
        ));
    }
    on_port(host, port).to_vec()
}

fn can_listen(address: Address) -> Result<(), NetError> {
    let bound = match address.protocol {
        Protocol::Udp => UdpSocket::bind(address.socket).map(drop),
        Protocol::Tcp | Protocol::Tls => TcpListener::bind(address.socket).map(drop),
    };
    bound.map_err(|source| NetError::Listen { address, source })
}

/// Both transports of a port on our address.
fn on_port(ip: IpAddr, port: u16) -> [Address; 2] {
    [Protocol::Udp, Protocol::Tcp].map(|protocol| Address { protocol, socket: SocketAddr::new(ip, port) })
}

fn kinds(word: &str, lang: Lang) -> String {
    let all = PRODUCTS.iter().map(|p| p.id).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
    let word = excerpt(word, 40);
    say!(lang, "不认识 {word}，可写：{all}", "{word} is unknown, write one of: {all}")
}

fn which_product(lang: Lang) -> String {
    let all = PRODUCTS.iter().zip(1..).map(|(p, n)| format!("{n} {}", p.title.get(lang))).collect::<Vec<_>>().join("  ");
    let last = PRODUCTS.len();
    say!(lang, "平台是哪一家的（{all}；回车 = {last}）：", "what the platform is ({all}; Enter = {last}):")
}

fn product_of(text: &str, lang: Lang) -> Result<&'static Product, String> {
    let number = if text.is_empty() { Some(PRODUCTS.len()) } else { text.parse::<usize>().ok() };
    let chosen = match number {
        Some(number) => number.checked_sub(1).and_then(|at| PRODUCTS.get(at)),
        None => product(text),
    };
    chosen.ok_or_else(|| {
        let (last, kinds) = (PRODUCTS.len(), kinds(text, lang));
        say!(lang, "请写编号 1—{last}；{kinds}", "write a number from 1 to {last}; {kinds}")
    })
}

/// Our address on the card that reaches the platform.
fn card(wanted: Option<&str>, platform: Option<IpAddr>, asker: &mut Asker, lang: Lang) -> Result<IpAddr, Failure> {
    let cards = facts::cards();
    let shown = |card: &Card| format!("{} {}", excerpt(&card.name, 16), card.ip);
    let list = |cards: &[&Card]| cards.iter().map(|c| shown(c)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
    if let Some(wanted) = wanted {
        let ip: Option<IpAddr> = wanted.parse().ok();
        // Of a card with several addresses the one of version 4.
        let of = |v4: bool| cards.iter().find(|c| (Some(c.ip) == ip || c.name == wanted) && (c.ip.is_ipv4() || !v4));
        return of(true).or_else(|| of(false)).map(|c| c.ip).ok_or_else(|| {
            let (wanted, all) = (excerpt(wanted, 40), list(&cards.iter().collect::<Vec<_>>()));
            Failure::usage(say!(
                lang,
                "本机没有网卡 {wanted}，现有：{all}",
                "there is no network card {wanted}, there are: {all}"
            ))
        });
    }
    let mut usable: Vec<&Card> = cards.iter().filter(|card| card.is_usable()).collect();
    let towards = platform.and_then(|ip| route_to(SocketAddr::new(ip, SIGNALLING[0])).ok());
    let routed = usable.iter().position(|card| Some(card.ip) == towards);
    // Version 4 before version 6: few platforms speak the latter.
    let v4 = || usable.iter().enumerate().filter(|(_, card)| card.ip.is_ipv4()).map(|(at, _)| at);
    let sure = routed.is_some() || v4().count() == 1 || usable.len() == 1;
    let proposed = routed.or_else(|| v4().next()).or((!usable.is_empty()).then_some(0));
    let all = list(&usable);
    if asker.is_silent() {
        let certain = proposed.filter(|_| sure).and_then(|at| usable.get(at)).map(|card| card.ip);
        return certain.ok_or_else(|| {
            Failure::usage(if usable.is_empty() {
                say!(
                    lang,
                    "没有可用的网卡（只有回环或容器地址），请用 --interface 写明，例如 --interface 10.0.0.5",
                    "there is no usable network card (only loopback or containers): name one with --interface, such as --interface 10.0.0.5"
                )
            } else {
                say!(
                    lang,
                    "有几块网卡，请用 --interface 写明能到达平台的一块：{all}",
                    "there are several network cards, name the one that reaches the platform with --interface: {all}"
                )
            })
        });
    }
    if usable.is_empty() {
        // Loopback too, but nobody gets it by pressing Enter.
        usable = cards.iter().collect();
    }
    let listed = usable.iter().zip(1..).map(|(card, n)| format!("{n}) {}", shown(card))).collect::<Vec<_>>().join("  ");
    let enter = proposed.map_or_else(String::new, |at| {
        let n = at + 1;
        say!(lang, "（回车 = {n}）", " (Enter = {n})")
    });
    let question =
        say!(lang, "哪块网卡能到达平台：{listed}{enter}：", "which network card reaches the platform: {listed}{enter}:");
    asker.ask(&question, "--interface", |text| {
        let at = if text.is_empty() { proposed } else { text.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) };
        let by_number = at.and_then(|at| usable.get(at)).map(|card| card.ip);
        let by_name = || cards.iter().find(|card| card.name == text || card.ip.to_string() == text).map(|card| card.ip);
        by_number
            .or_else(by_name)
            .ok_or_else(|| say!(lang, "请写编号、网卡名或地址：{listed}", "write a number, a name or an address: {listed}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_read_or_refused_with_what_to_write() {
        assert_eq!(county_of("成武", Lang::Zh).unwrap().code, "371723");
        assert!(county_of("鼓楼区", Lang::Zh).unwrap_err().contains("320106 江苏省南京市鼓楼区"));
        assert!(county_of("370181", Lang::Zh).unwrap_err().contains("章丘区"));
        assert!(county_of("成五县", Lang::Zh).unwrap_err().contains("371723"));
        assert!(code("3717230000200000000", Lang::Zh).is_err());
        assert_eq!(address("tcp:10.0.0.5:5060", Lang::Zh).unwrap().to_string(), "tcp:10.0.0.5:5060");
        for text in ["10.0.0.5:5060", "udp:10.0.0.5", "udp:10.0.0.5:0", "sip:10.0.0.5:5060"] {
            assert!(address(text, Lang::Zh).unwrap_err().contains(text), "{text}");
        }
        assert!(address("tls:10.0.0.5:5061", Lang::Zh).unwrap_err().contains("证书"));
        assert_eq!(ip_of("10.0.0.8", Lang::Zh).unwrap().to_string(), "10.0.0.8");
        assert!(ip_of("10.0.0.8:5060", Lang::Zh).unwrap_err().contains("不带端口"));
        for text in ["10.0.0", "10。0。0。8", "0.0.0.0", "platform", "224.0.0.1"] {
            assert!(ip_of(text, Lang::Zh).unwrap_err().contains("10.0.0.8"), "{text}");
        }
        assert!(code("3717230000200000000", Lang::Zh).unwrap_err().contains("现有 19 位"));
        assert!(county_of("", Lang::Zh).unwrap_err().contains("不能为空"));
        assert_eq!(product_of("", Lang::Zh).unwrap().id, "other");
        assert_eq!((product_of("1", Lang::Zh).unwrap().id, product_of("大华", Lang::Zh).unwrap().id), ("wvp", "dahua"));
        for text in ["9", "0", "某某"] {
            assert!(product_of(text, Lang::Zh).unwrap_err().contains("wvp"), "{text}");
        }
    }
}
