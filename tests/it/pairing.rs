//! `gbaudit init` as a person and as a script run it, against the simulator: what is written, who may knock, and what is said of each way it
//! goes wrong.

use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use gbaudit::base::lang::Lang;
use gbaudit::config::Settings;
use gbaudit::pairing::settings::UNKNOWN;

use serde_json::{Value, json};

use crate::command::{Ended, Running, ended, free_port};
use crate::peers::{Peer, item};
use crate::support::{MACHINE, PLATFORM, folder};

const OWN: &str = "37172300002000990001";
/// Longer than any test.
const LONG: &str = "10m";

/// A place to pair in: a folder and the port of signalling.
struct Place {
    folder: PathBuf,
    port: u16,
}

impl Place {
    fn new(name: &str) -> Self {
        Self { folder: folder(name), port: free_port() }
    }

    fn listen(&self) -> String {
        format!("udp:127.0.0.1:{}", self.port)
    }

    /// Starts `init` the scripted way and waits until it listens.
    fn init(&self, more: &[&str]) -> Running {
        let listen = self.listen();
        let arguments = ["init", "--yes", "--county", "371723", "--platform-type", "wvp", "--listen", &listen, "--wait", LONG];
        let mut init = Running::start(&self.folder, &[&arguments, more].concat());
        init.says("正在监听");
        init
    }

    /// Starts a platform that registers here.
    fn platform(&self, id: &str, more: &str, rest: &str) -> Running {
        self.platform_over("udp", id, more, rest)
    }

    fn platform_over(&self, transport: &str, id: &str, more: &str, rest: &str) -> Running {
        let (port, own) = (free_port(), self.port);
        let text = format!(
            "[platform]\nid = \"{id}\"\nname = \"模拟平台\"\nlisten = \"{transport}:127.0.0.1:{port}\"\n{more}\n\
             [superior]\nid = \"{OWN}\"\naddress = \"{transport}:127.0.0.1:{own}\"\npassword_file = \"gbaudit.secret\"\nretry_s = 1\n{rest}\n"
        );
        std::fs::write(self.folder.join("sim.toml"), text).unwrap();
        Running::start(&self.folder, &["simulate"])
    }

    fn settings(&self) -> Settings {
        gbaudit::config::load(&self.folder.join("gbaudit.toml"), Lang::Zh).unwrap()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }
}

const CAMERAS: &str = "[catalog]\ncameras = 2\n";

/// Pairs with a platform that has a trouble; gives what `init` came to.
fn paired(place: &Place, options: &[&str], trouble: &str, rest: &str) -> Ended {
    let init = place.init(options);
    let platform = place.platform(PLATFORM, &format!("troubles = [{trouble}]"), rest);
    let ended = init.end();
    platform.interrupt();
    platform.end();
    ended
}

/// Waits until a sentence is said of a platform that cannot be paired with, then ends both.
fn said_of(place: &Place, options: &[&str], mut platform: impl FnMut() -> Running, sentence: &str) -> Ended {
    let mut init = place.init(options);
    let platform = platform();
    init.says(sentence);
    init.interrupt();
    let ended = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.said);
    assert!(ended.out.contains("没有对接成功") && ended.out.contains(sentence), "{}", ended.out);
    ended
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
    keyboard.write_all("成五县\n成武县\n\n1\n\n".as_bytes()).unwrap();
    init.says("正在监听");
    assert_eq!(place.settings().platforms[0].party.id, UNKNOWN);
    let platform = place.platform(PLATFORM, "", CAMERAS);
    keyboard.write_all("也许\n是\n".as_bytes()).unwrap();
    let done = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    for wanted in ["没有找到“成五县”", "平台是哪一家的", "密码正确，是否接受？", "请回答 y 或 n", OWN]
    {
        assert!(done.said.contains(wanted), "no {wanted} in {}", done.said);
    }
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
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
        done.said.contains("which network card reaches the platform") && done.said.contains("a number or an address"),
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
    assert!(at_end.said.contains("输入已结束"), "{}", at_end.said);
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
    assert!(forced.said.contains("沿用已有的口令文件"));
    assert_eq!(std::fs::read_to_string(folder.join("gbaudit.secret")).unwrap(), secret);
}

#[test]
fn nobody_knocked() {
    let place = Place::new("pairing-nobody");
    let listen = place.listen();
    let ended = ended(&place.folder, &["init", "--yes", "--county", "371723", "--listen", &listen, "--wait", "1s"]);
    assert_eq!(ended.code, 3);
    for wanted in ["一直没有收到任何报文", &listen, "端口开通申请表", "gbaudit init --resume"] {
        assert!(ended.out.contains(wanted), "no {wanted} in {}", ended.out);
    }
}

#[test]
fn a_wrong_password() {
    let place = Place::new("pairing-password");
    let ended = said_of(
        &place,
        &["--platform-id", PLATFORM],
        || {
            std::fs::write(place.folder.join("gbaudit.secret"), "anothersecret").unwrap();
            place.platform(PLATFORM, "", CAMERAS)
        },
        "密码不一致",
    );
    assert!(ended.out.contains("重新复制到平台页面"), "{}", ended.out);
    assert!(!ended.said.contains("anothersecret"));
}

#[test]
fn a_stranger() {
    let place = Place::new("pairing-stranger");
    let stranger = "37172300002000000009";
    let ended = said_of(
        &place,
        &["--platform-id", PLATFORM],
        || place.platform(stranger, "", CAMERAS),
        "注册方的编码与所填的平台编码不同",
    );
    assert!(ended.out.contains(stranger) && ended.out.contains(PLATFORM), "{}", ended.out);
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
}

#[test]
fn only_keepalives() {
    let place = Place::new("pairing-keepalive");
    let trouble = "troubles = [\"keepalive_only\"]";
    let ended = said_of(&place, &[], || place.platform(PLATFORM, trouble, CAMERAS), "只收到心跳，没有注册");
    assert!(ended.out.contains("停用再启用"), "{}", ended.out);
}

#[test]
fn another_domain_for_us() {
    let place = Place::new("pairing-domain");
    let mut init = place.init(&[]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "REGISTER sip:{OWN}@3402000000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1\r\nFrom: <sip:{PLATFORM}@3402000000>;tag=1\r\n\
         To: <sip:{PLATFORM}@3402000000>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:{PLATFORM}@127.0.0.1>\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(text.as_bytes(), ("127.0.0.1", place.port)).unwrap();
    init.says("平台填写的上级域与本工具不同");
    init.interrupt();
    let ended = init.end();
    assert_eq!(ended.code, 3);
    for wanted in ["3402000000 ≠ 3717230000", "改为对照表中的值", "对方没有带口令再来"] {
        assert!(ended.out.contains(wanted), "no {wanted} in {}", ended.out);
    }
}

#[test]
fn a_catalogue_of_nothing() {
    let place = Place::new("pairing-empty");
    let ended = paired(&place, &[], "\"empty_with_list\"", CAMERAS);
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.said);
    assert!(ended.out.contains("已注册，但目录为 0 条：请检查是否已做“通道共享”"), "{}", ended.out);
    // It is the right platform all the same.
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
}

#[test]
fn a_catalogue_that_is_refused() {
    let place = Place::new("pairing-refused");
    let ended = paired(&place, &[], "\"refused\"", CAMERAS);
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.said);
    assert!(ended.out.contains("目录查询被拒（403）") && ended.out.contains("开通目录查询权限"), "{}", ended.out);
}

#[test]
fn a_platform_behind_nat_is_paired_with_and_its_address_not_written() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-nat");
    let ended = paired(&place, &["--media-ports", "36120-36127"], "\"private_contact\"", CAMERAS);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.said);
    assert!(ended.said.contains("平台自报的地址与报文实际来源不同"), "{}", ended.said);
    assert_eq!(place.settings().platforms[0].address, None);
}

#[test]
fn no_media_and_waiting_once_more_with_settings_of_an_earlier_day() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-media");
    let listen = place.listen();
    let arguments = ["init", "--yes", "--county", "371723", "--listen", &listen, "--media-ports", "36130-36137", "--no-listen"];
    assert_eq!(ended(&place.folder, &arguments).code, 0);
    let text = place.file("gbaudit.toml") + "\n[probe]\ntransports = [\"udp\"]\n";
    std::fs::write(place.folder.join("gbaudit.toml"), text).unwrap();
    let mut init = Running::start(&place.folder, &["init", "--yes", "--resume", "--wait", LONG]);
    init.says("正在监听");
    let rest = "[catalog]\ncameras = 1\n[[channel]]\nbehaviour = \"silence\"\ncameras = 1\n";
    let platform = place.platform(PLATFORM, "", rest);
    let ended = init.end();
    platform.interrupt();
    platform.end();
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.said);
    assert!(ended.out.contains("没有收到码流") && ended.out.contains("放行媒体端口"), "{}", ended.out);
    let settings = place.settings();
    assert_eq!((settings.platforms[0].party.id.as_str(), settings.probe.transports.len()), (PLATFORM, 1));
}
