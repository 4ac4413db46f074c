//! `gbaudit init` as a person and as a script run it, against the simulator: what is written, and who may knock. What is said of each way
//! it goes wrong: [`crate::pairing_troubles`].

use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::config::Settings;
use gbaudit::pairing::settings::UNKNOWN;
use gbaudit::sip::digest::{Challenge, Credentials};

use serde_json::{Value, json};

use crate::command::{Running, ended, free_port};
use crate::peers::{Peer, item};
use crate::support::{MACHINE, PLATFORM, folder};

/// The code that is proposed for us.
pub const OWN: &str = "37172300002000990001";
/// Longer than any test.
pub const LONG: &str = "10m";
/// A small catalogue of the simulator.
pub const CAMERAS: &str = "[catalog]\ncameras = 2\n";

/// A place to pair in: a folder and the port of signalling.
pub struct Place {
    pub folder: PathBuf,
    pub port: u16,
}

impl Place {
    pub fn new(name: &str) -> Self {
        Self { folder: folder(name), port: free_port() }
    }

    pub fn listen(&self) -> String {
        format!("udp:127.0.0.1:{}", self.port)
    }

    /// Starts `init` the scripted way and waits until it listens.
    pub fn init(&self, more: &[&str]) -> Running {
        let listen = self.listen();
        let arguments = ["init", "--yes", "--county", "371723", "--platform-type", "wvp", "--listen", &listen, "--wait", LONG];
        let mut init = Running::start(&self.folder, &[&arguments, more].concat());
        init.says("正在监听");
        init
    }

    /// Starts a platform that registers here.
    pub fn platform(&self, id: &str, more: &str, rest: &str) -> Running {
        self.platform_over("udp", id, more, rest)
    }

    pub fn platform_over(&self, transport: &str, id: &str, more: &str, rest: &str) -> Running {
        let (port, own) = (free_port(), self.port);
        let text = format!(
            "[platform]\nid = \"{id}\"\nname = \"模拟平台\"\nlisten = \"{transport}:127.0.0.1:{port}\"\n{more}\n\
             [superior]\nid = \"{OWN}\"\naddress = \"{transport}:127.0.0.1:{own}\"\npassword_file = \"gbaudit.secret\"\nretry_s = 1\n{rest}\n"
        );
        std::fs::write(self.folder.join("sim.toml"), text).unwrap();
        Running::start(&self.folder, &["simulate"])
    }

    pub fn settings(&self) -> Settings {
        gbaudit::config::load(&self.folder.join("gbaudit.toml"), Lang::Zh).unwrap()
    }

    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    pub fn password(&self) -> String {
        self.file("gbaudit.secret").trim().to_owned()
    }
}

/// A platform that is one socket and says what it is told to.
pub struct Caller {
    pub socket: UdpSocket,
    /// What it calls us.
    pub uri: String,
    /// Where it says it is to be called.
    pub contact: String,
    id: String,
    to: u16,
    number: u32,
}

impl Caller {
    pub fn new(place: &Place, id: &str) -> Self {
        Self::at("127.0.0.1", place, id)
    }

    pub fn at(ip: &str, place: &Place, id: &str) -> Self {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let (uri, contact) = (format!("sip:{OWN}@3717230000"), socket.local_addr().unwrap().to_string());
        Self { socket, uri, contact, id: id.to_owned(), to: place.port, number: 0 }
    }

    pub fn raw(&self, octets: &[u8]) {
        self.socket.send_to(octets, ("127.0.0.1", self.to)).unwrap();
    }

    pub fn send(&mut self, method: &str, more: &str, body: &str) {
        self.number += 1;
        let Self { uri, contact, id, number, .. } = &*self;
        let (local, length) = (self.socket.local_addr().unwrap(), body.len());
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK{local}{number}\r\nFrom: <sip:{id}@3717230000>;tag=1\r\n\
             To: <sip:{id}@3717230000>\r\nCall-ID: {id}\r\nCSeq: {number} {method}\r\nContact: <sip:{id}@{contact}>\r\n\
             Max-Forwards: 70\r\nUser-Agent: caller\r\n{more}Content-Length: {length}\r\n\r\n{body}"
        );
        self.raw(text.as_bytes());
    }

    /// The next message that begins so; nothing where none comes.
    pub fn try_hear(&self, wanted: &str) -> Option<String> {
        let mut octets = vec![0; 65_536];
        loop {
            let length = self.socket.recv(&mut octets).ok()?;
            let text = String::from_utf8_lossy(&octets[..length]).into_owned();
            if text.starts_with(wanted) {
                return Some(text);
            }
        }
    }

    pub fn hears(&self, wanted: &str) -> String {
        self.try_hear(wanted).unwrap_or_else(|| panic!("{wanted} never came"))
    }

    /// Registers, or with no validity takes its registration back; what it is told at last.
    pub fn registers(&mut self, password: &str, seconds: u32) -> String {
        let expires = format!("Expires: {seconds}\r\n");
        self.send("REGISTER", &expires, "");
        let asked = self.hears("SIP/2.0 ");
        let challenge = asked.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: ")).and_then(Challenge::parse);
        let Some(challenge) = challenge else { return asked };
        let answer = Credentials::answer(&challenge, &self.id, &Secret::new(password), ("REGISTER", &self.uri), (1, "cn"));
        self.send("REGISTER", &format!("{expires}Authorization: {}\r\n", answer.render()), "");
        self.hears("SIP/2.0 ")
    }

    pub fn keepalive(&mut self) {
        let body = format!(
            "<?xml version=\"1.0\"?>\r\n<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>{}</DeviceID><Status>OK</Status></Notify>",
            self.id
        );
        self.send("MESSAGE", "Content-Type: Application/MANSCDP+xml\r\n", &body);
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[test]
fn a_platform_is_paired_with_and_the_settings_are_good_for_an_audit() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing");
    let init = place.init(&["--platform-id", PLATFORM, "--media-ports", "36100-36107"]);
    let settings = place.settings();
    assert_eq!((settings.local.party.id.as_str(), settings.local.party.domain.as_str()), (OWN, "3717230000"));
    assert_eq!((settings.platforms[0].party.id.as_str(), settings.platforms[0].address), (PLATFORM, None));
    let platform = place.platform(PLATFORM, "", CAMERAS);
    let done = init.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    for wanted in ["收到注册：编码 37172300002000000002，地址 UDP 127.0.0.1:", "密码正确", "已接受"] {
        assert!(done.said.contains(wanted), "no {wanted} in {}", done.said);
    }
    for wanted in ["SIP服务国标编码", "国标级联 → 添加", "其中摄像机 2 路", "画面：3717230001132", "对接成功"]
    {
        assert!(done.out.contains(wanted), "no {wanted} in {}", done.out);
    }
    // Nobody else learns the password: it stands on the sheet and in its file.
    let secret = place.file("gbaudit.secret");
    let secret = secret.trim();
    assert_eq!(secret.len(), 16);
    assert!(done.out.contains(secret) && !done.said.contains(secret) && !place.file("gbaudit.toml").contains(secret));
    #[cfg(unix)]
    for (name, expected) in [("gbaudit.secret", 0o600), ("级联配置对照表.txt", 0o600), ("级联配置对照表.docx", 0o600)]
    {
        assert_eq!(mode(&place.folder.join(name)), expected, "{name}");
    }
    assert!(place.file("防火墙命令.txt").contains("36100-36107") && place.folder.join("端口开通申请表.docx").exists());
    let platform_of = place.settings().platforms.remove(0);
    let address = platform_of.address.unwrap().to_string();
    assert!(address.starts_with("udp:127.0.0.1:"), "{address}");
    assert_eq!(platform_of.product.as_deref(), Some("wvp"));
    // The registration is there already: nobody waits for the next one.
    let audit = ended(&place.folder, &["audit", "-c", "gbaudit.toml", "--probe-limit", "1", "--out", "out"]);
    platform.interrupt();
    platform.end();
    assert!([0, 1, 4].contains(&audit.code), "{} {}{}", audit.code, audit.out, audit.said);
    assert!(audit.said.contains("沿用仍然有效的注册"), "{}", audit.said);
    let again = ended(&place.folder, &["init", "--yes", "--county", "371723", "--no-listen"]);
    assert_eq!(again.code, 2);
    assert!(again.said.contains("gbaudit.toml 已存在") && again.said.contains("--resume"), "{}", again.said);
}

#[test]
fn over_tcp_the_catalogue_comes_over_the_connection_of_the_registration() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-tcp");
    let tcp = format!("tcp:127.0.0.1:{}", place.port);
    let init = place.init(&["--listen", &tcp, "--media-ports", "36140-36147"]);
    let platform = place.platform_over("tcp", PLATFORM, "", CAMERAS);
    let done = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    let address = place.settings().platforms[0].address.unwrap().to_string();
    assert!(address.starts_with("tcp:127.0.0.1:"), "{address}");
}

#[test]
fn a_platform_of_another_make_is_paired_with_too() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-peer");
    let init = place.init(&["--media-ports", "36160-36167"]);
    let items: Vec<Value> = (0..12).map(|n| item(n, &format!("成武县文亭街道{n:03}号路口枪机"))).collect();
    let peer = Peer::start(
        "pairing",
        json!({
            "id": PLATFORM, "superior_id": OWN, "password": place.file("gbaudit.secret").trim(), "charset": "gb18030",
            "superior": place.listen(), "local": "udp:127.0.0.1:0", "channels": {}, "catalog": {"items": items, "per_message": 3},
        }),
    );
    let done = init.end();
    let summary = peer.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    assert!(done.said.contains("User-Agent gbpeer") && done.out.contains("其中摄像机 12 路"), "{}{}", done.said, done.out);
    assert_eq!(summary["warnings"], json!([]));
    let dialogs = summary["dialogs"].as_array().unwrap();
    assert!((1..=3).contains(&dialogs.len()) && dialogs.iter().all(|d| d["ended_by"] != "none"), "{dialogs:#?}");
}

#[test]
fn a_person_answers_the_questions_and_accepts_whoever_knocks() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-person");
    let listen = place.listen();
    let (mut init, mut keyboard) = Running::asked(&place.folder, &["init", "--listen", &listen, "--media-ports", "36110-36117"]);
    // A slip first; then no address, the first kind of platform, and no code.
    keyboard.write_all("\n成五县\n成武县\n10.0.0.8:5060\n\n1\n3717\n\n".as_bytes()).unwrap();
    init.says("正在监听");
    assert_eq!(place.settings().platforms[0].party.id, UNKNOWN);
    // Whatever was typed before the question is no answer to it.
    keyboard.write_all("y\n".as_bytes()).unwrap();
    init.says("还没有平台注册，不用输入");
    let platform = place.platform(PLATFORM, "", CAMERAS);
    init.says("收到注册：编码");
    keyboard.write_all("也许\n是\n".as_bytes()).unwrap();
    let done = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    for wanted in [
        "不能为空，请写区县的全称",
        "没有找到“成五县”",
        "只写 IP 地址，不带端口",
        "平台是哪一家的",
        "现有 4 位",
        "不知道可直接按回车",
        "密码正确",
        "是否接受 37172300002000000002？",
        "请写 y（接受）或 n（不接受）",
        OWN,
    ] {
        assert!(done.said.contains(wanted), "no {wanted} in {}", done.said);
    }
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
}

/// `init` with a person at the keyboard who has answered every question, and listens.
fn attended(place: &Place, more: &[&str]) -> (Running, std::process::ChildStdin) {
    let listen = place.listen();
    let arguments =
        ["init", "--county", "371723", "--platform-address", "127.0.0.1", "--platform-type", "wvp", "--listen", &listen];
    let (mut init, mut keyboard) = Running::asked(&place.folder, &[&arguments, more].concat());
    keyboard.write_all(b"\n").unwrap();
    init.says("正在监听");
    (init, keyboard)
}

#[test]
fn an_answer_belongs_to_the_platform_that_was_shown_and_to_nobody_else() {
    let place = Place::new("pairing-shown");
    let (mut init, mut keyboard) = attended(&place, &["--wait", LONG]);
    let (password, other) = (place.password(), "37172300002000000009");
    let mut shown = Caller::new(&place, PLATFORM);
    assert!(shown.registers(&password, 3600).starts_with("SIP/2.0 200"));
    init.says("收到注册：编码 37172300002000000002");
    // It leaves, and somebody else comes, before the person has answered.
    let mut second = Caller::new(&place, other);
    assert!(second.registers(&password, 3600).starts_with("SIP/2.0 200"));
    assert!(shown.registers(&password, 0).starts_with("SIP/2.0 200"));
    keyboard.write_all("y\n".as_bytes()).unwrap();
    init.says("37172300002000000002 已离线或注册已过期，没有接受");
    init.says("收到注册：编码 37172300002000000009");
    assert_eq!(place.settings().platforms[0].party.id, UNKNOWN);
    keyboard.write_all("n\n".as_bytes()).unwrap();
    init.says("已拒绝 37172300002000000009");
    assert!(second.registers(&password, 3600).starts_with("SIP/2.0 403"));
    // The same code from another address is not what was shown either.
    #[cfg(target_os = "linux")]
    {
        assert!(shown.registers(&password, 3600).starts_with("SIP/2.0 200"));
        let mut elsewhere = Caller::at("127.0.0.2", &place, PLATFORM);
        assert!(elsewhere.registers(&password, 3600).starts_with("SIP/2.0 200"));
        keyboard.write_all("\n".as_bytes()).unwrap();
        init.says("37172300002000000002 已改从 127.0.0.2:");
    }
    init.interrupt();
    let done = init.end();
    assert_eq!(done.code, 3, "{}{}", done.out, done.said);
    assert!(done.out.contains("已按要求停止") && done.out.contains("有平台注册，但没有接受"), "{}", done.out);
    assert_eq!(place.settings().platforms[0].party.id, UNKNOWN);
}

#[test]
fn a_question_nobody_answers_ends_with_the_time_and_one_nobody_can_answer_at_once() {
    let place = Place::new("pairing-unanswered");
    let (mut init, keyboard) = attended(&place, &["--wait", "3s"]);
    let mut caller = Caller::new(&place, PLATFORM);
    assert!(caller.registers(&place.password(), 3600).starts_with("SIP/2.0 200"));
    init.says("收到注册：编码");
    let done = init.end();
    assert_eq!(done.code, 3, "{}{}", done.out, done.said);
    for wanted in ["3 秒 的时限已到", "--wait", "有平台注册，但没有接受", "gbaudit init --resume"] {
        assert!(done.out.contains(wanted), "no {wanted} in {}", done.out);
    }
    drop(keyboard);
    let place = Place::new("pairing-input-over");
    let (init, keyboard) = attended(&place, &["--wait", LONG]);
    drop(keyboard);
    let done = init.end();
    assert_eq!(done.code, 2, "{}{}", done.out, done.said);
    assert!(done.said.contains("无人能回答是否接受") && done.said.contains("gbaudit init --resume --yes"), "{}", done.said);
    // So does a question of the first part, which says what gives its answer.
    let place = Place::new("pairing-input-short");
    let (init, mut keyboard) = Running::asked(&place.folder, &["init", "--county", "371723", "--listen", &place.listen()]);
    keyboard.write_all(b"10.0.0.8\n").unwrap();
    drop(keyboard);
    let done = init.end();
    assert_eq!(done.code, 2, "{}{}", done.out, done.said);
    assert!(done.said.contains("输入已结束") && done.said.contains("--platform-type"), "{}", done.said);
    assert_eq!(std::fs::read_dir(&place.folder).unwrap().count(), 0, "nothing was written");
}

#[test]
fn a_later_pairing_changes_the_address_in_force_and_says_so_where_the_settings_cannot_be_read() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-address");
    let listen = place.listen();
    let arguments = ["init", "--yes", "--county", "371723", "--listen", &listen, "--media-ports", "36170-36177", "--no-listen"];
    assert_eq!(ended(&place.folder, &arguments).code, 0);
    // Somebody wrote an address of an earlier day below the one of the example.
    let text = place.file("gbaudit.toml").replace("\ntype = ", "\naddress = \"udp:127.0.0.1:9\"\ntype = ");
    std::fs::write(place.folder.join("gbaudit.toml"), &text).unwrap();
    let resume = ["init", "--yes", "--resume", "--wait", LONG];
    let mut init = Running::start(&place.folder, &resume);
    init.says("正在监听");
    let platform = place.platform(PLATFORM, "", CAMERAS);
    let done = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    let address = place.settings().platforms[0].address.unwrap();
    assert!(address.socket.ip().is_loopback() && address.socket.port() != 9, "{address}");
    let text = place.file("gbaudit.toml");
    assert_eq!(text.lines().filter(|line| line.starts_with("address = ")).count(), 1, "{text}");
    // Settings that were broken meanwhile are no settings to go on with.
    let mut init = Running::start(&place.folder, &resume);
    init.says("正在监听");
    std::fs::write(place.folder.join("gbaudit.toml"), text.replace("[audit]", "[audti]")).unwrap();
    let platform = place.platform(PLATFORM, "", CAMERAS);
    let done = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(done.code, 2, "{}{}", done.out, done.said);
    assert!(done.said.contains("没有自动写入") && done.said.contains("audti"), "{}", done.said);
}

#[test]
fn a_port_of_the_moment_is_not_taken_for_the_address_of_the_platform() {
    let place = Place::new("pairing-port");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    // Without a port a Contact means the usual one.
    caller.contact = "127.0.0.1".into();
    assert!(caller.registers(&place.password(), 3600).starts_with("SIP/2.0 200"));
    init.says("平台的地址没有写入设置");
    init.interrupt();
    let done = init.end();
    let port = caller.socket.local_addr().unwrap().port();
    assert!(done.said.contains(&format!("报文来自端口 {port}，平台自报的端口为 5060")), "{}", done.said);
    assert_eq!((place.settings().platforms[0].party.id.as_str(), place.settings().platforms[0].address), (PLATFORM, None));
}

#[test]
fn the_network_card_is_chosen_by_number_or_by_address_and_loopback_only_by_name() {
    let folder = folder("pairing-card");
    let (init, mut keyboard) =
        Running::asked(&folder, &["init", "--county", "成武", "--platform-type", "other", "--no-listen", "--lang", "en"]);
    keyboard.write_all(b"\n999\n127.0.0.1\n37172300002000000002\n").unwrap();
    let done = init.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    assert!(
        done.said.contains("which network card reaches the platform")
            && done.said.contains("write a number, a name or an address"),
        "{}",
        done.said
    );
    assert!(done.out.contains("Pairing sheet") && done.out.contains("were not verified"), "{}", done.out);
    let settings = gbaudit::config::load(&folder.join("gbaudit.toml"), Lang::En).unwrap();
    assert!(settings.local.listen.iter().all(|address| address.socket.ip().is_loopback()));
    for name in ["pairing-sheet.docx", "port-request.docx", "firewall-commands.txt"] {
        assert!(folder.join(name).exists(), "{name}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_said_before_anything_is_written() {
    let folder = folder("pairing-usage");
    let at_end = ended(&folder, &["init"]);
    assert_eq!(at_end.code, 2);
    assert!(at_end.said.contains("输入已结束") && at_end.said.contains("--county"), "{}", at_end.said);
    let slip = "title = \"a\"\nmenu = \"b\"\n[labels]\ndomian = \"c\"\n";
    std::fs::write(folder.join("own.toml"), slip).unwrap();
    let given =
        |more: &[&str]| ended(&folder, &[&["init", "--yes", "--no-listen", "--listen", "udp:127.0.0.1:15060"], more].concat());
    for (more, wanted) in [
        (vec![], "--county 371723"),
        (vec!["--county", "鼓楼区"], "320106 江苏省南京市鼓楼区"),
        (vec!["--county", "371723", "--platform-id", "3717"], "20 位"),
        (vec!["--county", "371723", "--platform-type", "hik"], "hikvision"),
        (vec!["--county", "371723", "--labels", "own.toml"], "own.toml:4"),
        (vec!["--county", "371723", "--listen", "udp:127.0.0.1"], "udp:10.0.0.5:5060"),
        (vec!["--county", "371723", "--platform-id", OWN, "--id", OWN], "与平台的编码相同"),
    ] {
        let said = given(&more);
        assert_eq!(said.code, 2, "{more:?} {}", said.said);
        assert!(said.said.contains(wanted), "no {wanted} in {}", said.said);
    }
    std::fs::write(folder.join("large.toml"), "#".repeat(70_000)).unwrap();
    let large = given(&["--county", "371723", "--labels", "large.toml"]);
    assert!(large.code == 2 && large.said.contains("不是标签文件"), "{}", large.said);
    std::fs::remove_file(folder.join("large.toml")).unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("udp:{}", taken.local_addr().unwrap());
    let port = ended(&folder, &["init", "--yes", "--county", "371723", "--listen", &address]);
    assert!(port.code == 2 && port.said.contains("端口已被占用"), "{}", port.said);
    let both = ended(&folder, &["init", "--resume", "--county", "371723"]);
    assert!(both.code == 2 && both.said.contains("--county"), "{}", both.said);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing was written");
    let card = ended(&folder, &["init", "--yes", "--county", "371723", "--interface", "nowhere0"]);
    assert!(card.code == 2 && card.said.contains("本机没有网卡 nowhere0") && card.said.contains("127.0.0.1"), "{}", card.said);
}

#[test]
fn a_sheet_with_the_users_own_labels_and_a_platform_that_is_written_over_only_by_force() {
    let folder = folder("pairing-labels");
    let shown = ended(&folder, &["init", "--show-labels", "other"]);
    assert!(shown.code == 0 && shown.out.contains("# id = \"\""), "{}", shown.out);
    let own = "title = \"甲平台\"\nmenu = \"上级对接\"\n[labels]\nid = \"上级编号\"\ncharset = \"\"\n";
    std::fs::write(folder.join("own.toml"), own).unwrap();
    let listen = ["--listen", "udp:0.0.0.0:15060", "--interface", "127.0.0.1"];
    let arguments = [&["init", "--yes", "--county", "成武", "--labels", "own.toml", "--no-listen"], &listen[..]].concat();
    let first = ended(&folder, &arguments);
    assert_eq!(first.code, 0, "{}", first.said);
    assert!(
        first.out.contains("上级编号") && !first.out.contains("字符集") && first.out.contains("gbaudit init --resume"),
        "{}",
        first.out
    );
    // Heard at every address, but told one of them.
    assert!(first.out.contains("127.0.0.1") && !first.out.contains("0.0.0.0"), "{}", first.out);
    let secret = std::fs::read_to_string(folder.join("gbaudit.secret")).unwrap();
    let forced = ended(&folder, &[&arguments[..], &["--force"]].concat());
    assert_eq!(forced.code, 0, "{}", forced.said);
    assert!(forced.said.contains("沿用已有的密码文件"));
    assert_eq!(std::fs::read_to_string(folder.join("gbaudit.secret")).unwrap(), secret);
}
