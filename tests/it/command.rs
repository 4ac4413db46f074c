//! The program as a person runs it: what it says to bad input, and what it leaves behind.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{AUDITOR, MACHINE, PLATFORM, folder};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gbaudit");
/// No step of a test takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program, running; everything it says is kept.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    pub said: String,
}

/// How it ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub said: String,
}

impl Running {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::begin(folder, arguments, Stdio::null())
    }

    /// With somebody at the keyboard.
    pub fn asked(folder: &Path, arguments: &[&str]) -> (Self, ChildStdin) {
        let mut running = Self::begin(folder, arguments, Stdio::piped());
        let keyboard = running.child.stdin.take().unwrap();
        (running, keyboard)
    }

    fn begin(folder: &Path, arguments: &[&str], input: Stdio) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(folder)
            .stdin(input)
            .env("SECRET_OF_THE_PLATFORM", "swordfish")
            .env_remove("GBAUDIT_LANG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let said = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: String::new() }
    }

    /// Waits until it says something.
    pub fn says(&mut self, wanted: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.said.contains(wanted) {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.extend([line.as_str(), "\n"]),
                Err(error) => panic!("{error}, and it never said {wanted}:\n{}", self.said),
            }
        }
    }

    /// Ctrl+C.
    pub fn interrupt(&self) {
        // The shell's own: a bare system has no other.
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub fn end(mut self) -> Ended {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        self.said.extend(self.lines.iter().flat_map(|line| [line, "\n".to_owned()]));
        Ended { code, out, said: self.said }
    }
}

pub fn ended(folder: &Path, arguments: &[&str]) -> Ended {
    Running::start(folder, arguments).end()
}

/// A port free for UDP and TCP.
pub fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The settings of an audit; gives the folder and the signalling port.
fn settings(name: &str, more: &str) -> (PathBuf, u16) {
    let folder = folder(name);
    let port = free_port();
    let text = format!(
        "[local]\nid = \"{AUDITOR}\"\nlisten = [\"udp:127.0.0.1:{port}\", \"tcp:127.0.0.1:{port}\"]\n{more}\n\
         [audit]\nprofile = \"demo\"\njurisdiction = [\"371723\"]\n"
    );
    std::fs::write(folder.join("gbaudit.toml"), text).unwrap();
    (folder, port)
}

const ONE_PLATFORM: &str = "[[platform]]\nname = \"chengwu\"\nid = \"37172300002000000002\"\nrole = \"subordinate\"\npassword_env = \"SECRET_OF_THE_PLATFORM\"\n";
const WITHOUT_PASSWORD: &str =
    "[[platform]]\nname = \"chengwu\"\nid = \"37172300002000000002\"\nrole = \"subordinate\"\nauth = \"none\"\n";

/// A peer that says exactly what it is told to, over one connection.
struct Raw {
    stream: TcpStream,
    local: SocketAddr,
    read: Vec<u8>,
    /// Messages nobody has asked for yet.
    held: Vec<String>,
}

impl Raw {
    fn connect(port: u16) -> Self {
        let end = Instant::now() + PATIENCE;
        loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    let local = stream.local_addr().unwrap();
                    return Self { stream, local, read: Vec::new(), held: Vec::new() };
                }
                Err(error) if Instant::now() > end => panic!("{error}"),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    fn request(&mut self, method: &str, from: &str, number: u32, more: &str, body: &[u8]) {
        let (uri, local) = (format!("sip:{AUDITOR}@3717230000"), self.local);
        let to = if method == "REGISTER" { from } else { AUDITOR };
        let head = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/TCP {local};rport;branch=z9hG4bK{from}{number}\r\n\
             From: <sip:{from}@3717230000>;tag={number}\r\nTo: <sip:{to}@3717230000>\r\nCall-ID: {method}{number}@{local}\r\n\
             CSeq: {number} {method}\r\nContact: <sip:{from}@{local}>\r\nMax-Forwards: 70\r\n{more}Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(head.as_bytes()).unwrap();
        self.stream.write_all(body).unwrap();
    }

    /// The next message that begins so; others are held for later.
    fn message(&mut self, wanted: &str) -> String {
        if let Some(index) = self.held.iter().position(|m| m.starts_with(wanted)) {
            return self.held.remove(index);
        }
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            if let Some(head) = text.find("\r\n\r\n") {
                let length = text[..head]
                    .lines()
                    .find_map(|l| {
                        l.to_ascii_lowercase().strip_prefix("content-length:").map(|v| v.trim().parse::<usize>().unwrap())
                    })
                    .unwrap_or(0);
                if self.read.len() >= head + 4 + length {
                    let message = String::from_utf8_lossy(&self.read[..head + 4 + length]).into_owned();
                    self.read.drain(..head + 4 + length);
                    if message.starts_with(wanted) {
                        return message;
                    }
                    self.held.push(message);
                    continue;
                }
            }
            let mut buffer = vec![0; 65_536];
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "closed while waiting for {wanted}");
            self.read.extend(&buffer[..read]);
        }
    }

    /// Answers a request with 200.
    fn ok(&mut self, request: &str) {
        let copied = ["via:", "from:", "to:", "call-id:", "cseq:"];
        let mut answer = "SIP/2.0 200 OK\r\n".to_owned();
        for line in request.lines().filter(|l| copied.iter().any(|c| l.to_ascii_lowercase().starts_with(c))) {
            answer += line;
            if line.to_ascii_lowercase().starts_with("to:") && !line.contains("tag=") {
                answer += ";tag=peer";
            }
            answer += "\r\n";
        }
        self.stream.write_all((answer + "Content-Length: 0\r\n\r\n").as_bytes()).unwrap();
    }

    /// Answers everything that is not the catalogue query; that one is given back.
    fn catalogue_query(&mut self) -> String {
        loop {
            let request = self.message("MESSAGE");
            self.ok(&request);
            if request.contains("<CmdType>Catalog</CmdType>") {
                return request.split("<SN>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            }
        }
    }
}

fn catalogue(sn: &str, items: &str, count: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<Response><CmdType>Catalog</CmdType><SN>{sn}</SN>\
         <DeviceID>{PLATFORM}</DeviceID><SumNum>{count}</SumNum><DeviceList Num=\"{count}\">{items}</DeviceList></Response>"
    )
}

fn camera(number: u32) -> String {
    format!(
        "<Item><DeviceID>3717230000132000{number:04}</DeviceID><Name>文亭街道东口{number}号</Name><Manufacturer>M</Manufacturer>\
         <Model>IPC</Model><CivilCode>371723</CivilCode><Parental>0</Parental><ParentID>{PLATFORM}</ParentID><Status>ON</Status>\
         <Longitude>115.889351</Longitude><Latitude>34.952891</Latitude></Item>"
    )
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_bad_setting_is_named_with_its_line_and_the_nearest_key() {
    let folder = folder("bad-setting");
    std::fs::write(
        folder.join("gbaudit.toml"),
        format!("[local]\nid = \"{AUDITOR}\"\nlistn = [\"udp:127.0.0.1:5060\"]\n\n[probe]\nparallel = \"many\"\n"),
    )
    .unwrap();
    let ended = ended(&folder, &["audit"]);
    assert_eq!(ended.code, 2, "{}", ended.said);
    for wanted in ["gbaudit.toml:3", "listn", "listen", "gbaudit.toml:6", "parallel"] {
        assert!(ended.said.contains(wanted), "no {wanted} in\n{}", ended.said);
    }
    assert!(!folder.join("gbaudit.db").exists(), "nothing was begun");
}

#[test]
fn a_missing_settings_file_and_an_unknown_command_say_what_to_write() {
    let folder = folder("no-setting");
    let missing = ended(&folder, &["audit"]);
    assert_eq!(missing.code, 2);
    assert!(missing.said.contains("gbaudit.toml"), "{}", missing.said);
    let unknown = ended(&folder, &["audti", "--lang", "en"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.said.contains("audit"), "{}", unknown.said);
}

#[test]
fn a_port_already_taken_is_found_before_the_first_packet() {
    let (folder, port) = settings("port-taken", ONE_PLATFORM);
    let _taken = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let ended = ended(&folder, &["audit", "--wait", "1s"]);
    assert_eq!(ended.code, 2);
    assert!(ended.said.contains(&format!("端口已被占用：udp:127.0.0.1:{port}")), "{}", ended.said);
    assert!(ended.said.contains("ss -lntup"), "{}", ended.said);
}

#[test]
fn an_unwritable_folder_is_found_before_the_first_packet() {
    let (folder, _) = settings("unwritable", ONE_PLATFORM);
    std::fs::write(folder.join("file"), "x").unwrap();
    let ended = ended(&folder, &["audit", "--wait", "1s", "--out", "file/results"]);
    assert_eq!(ended.code, 2);
    assert!(ended.said.contains("结果文件夹 file/results 不可写"), "{}", ended.said);
}

#[test]
fn a_platform_that_never_registers_ends_in_3_and_everybody_who_knocked_is_named() {
    let (folder, port) = settings("never", ONE_PLATFORM);
    // Longer than half a message is waited for.
    let mut audit = Running::start(&folder, &["audit", "--wait", "36s", "--out", "out"]);
    let mut half = Raw::connect(port);
    half.stream.write_all(b"MESSAGE sip:x@y SIP/2.0\r\nContent-Length: 500\r\n\r\nhalf").unwrap();
    let mut stranger = Raw::connect(port);
    stranger.request("REGISTER", "34020000002000000009", 1, "Expires: 3600\r\n", b"");
    assert!(stranger.message("SIP/2.0").starts_with("SIP/2.0 403"));
    let mut liar = Raw::connect(port);
    liar.request("REGISTER", PLATFORM, 1, "Expires: 3600\r\n", b"");
    let challenge = liar.message("SIP/2.0 401");
    let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let realm = challenge.split("realm=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer = format!(
        "Expires: 3600\r\nAuthorization: Digest username=\"{PLATFORM}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"sip:{AUDITOR}@3717230000\", \
         response=\"00000000000000000000000000000000\", algorithm=MD5\r\n"
    );
    liar.request("REGISTER", PLATFORM, 2, &answer, b"");
    assert!(liar.message("SIP/2.0").starts_with("SIP/2.0 40"));
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"\x16\x03\x01 this is no SIP at all\r\n\r\n", ("127.0.0.1", port)).unwrap();
    let mut vast = Raw::connect(port);
    let _ = vast.stream.write_all(
        b"MESSAGE sip:x@y SIP/2.0\r\nVia: SIP/2.0/TCP 1.2.3.4;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
          To: <sip:x@y>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 10485760\r\n\r\n",
    );
    let block = vec![b'a'; 65_536];
    for _ in 0..160 {
        vast.stream.write_all(&block).unwrap();
    }
    assert!(vast.message("SIP/2.0").starts_with("SIP/2.0 413"));
    audit.says("收到陌生平台的注册");
    let ended = audit.end();
    assert_eq!(ended.code, 3, "{}{}", ended.said, ended.out);
    let everything = ended.said + &ended.out;
    for wanted in [
        "收到陌生平台的注册",
        "34020000002000000009",
        "密码不一致",
        "收到不是 SIP 的数据",
        "只发来半条消息便静默",
        "正文超过上限",
        "平台一直没有注册",
        "未完成",
        "密码不一致：请核对",
    ] {
        assert!(everything.contains(wanted), "no {wanted} in\n{everything}");
    }
    assert!(!everything.contains("swordfish"));
    let report = json(&folder.join("out/report.json"));
    assert_eq!((&report["run"]["complete"], &report["run"]["incomplete"]), (&false.into(), &"never_registered".into()));
    assert_eq!(report["overall"], "undecided");
    let kinds: Vec<&str> = report["heard"].as_array().unwrap().iter().map(|h| h["kind"].as_str().unwrap()).collect();
    for kind in ["stranger", "challenged", "wrong_password", "malformed", "half_message", "too_large"] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
}

#[test]
fn an_xml_bomb_and_a_body_of_ten_megabytes_cost_the_rest_of_the_catalogue_nothing() {
    let (folder, port) = settings("bomb", WITHOUT_PASSWORD);
    let mut audit = Running::start(&folder, &["audit", "--wait", "30s", "--no-probe", "--out", "out"]);
    let mut peer = Raw::connect(port);
    peer.request("REGISTER", PLATFORM, 1, "Expires: 3600\r\n", b"");
    assert!(peer.message("SIP/2.0").starts_with("SIP/2.0 200"));
    let sn = peer.catalogue_query();
    let mut bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">".to_owned();
    for level in 1..12 {
        let below = if level == 1 { "lol".to_owned() } else { format!("lol{}", level - 1) };
        bomb += &format!("<!ENTITY lol{level} \"{}\">", format!("&{below};").repeat(10));
    }
    bomb += &format!(
        "]><Response><CmdType>Catalog</CmdType><SN>{sn}</SN><DeviceID>{PLATFORM}</DeviceID><Name>&lol11;</Name></Response>"
    );
    peer.request("MESSAGE", PLATFORM, 10, "Content-Type: Application/MANSCDP+xml\r\n", bomb.as_bytes());
    peer.message("SIP/2.0");
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    peer.request("MESSAGE", PLATFORM, 11, "Content-Type: Application/MANSCDP+xml\r\n", deep.as_bytes());
    peer.message("SIP/2.0");
    peer.request("MESSAGE", PLATFORM, 12, "Content-Type: Application/MANSCDP+xml\r\n", &vec![b' '; 10 * 1024 * 1024]);
    assert!(peer.message("SIP/2.0").starts_with("SIP/2.0 413"));
    let items: String = (1..=3).map(camera).collect();
    peer.request("MESSAGE", PLATFORM, 13, "Content-Type: Application/MANSCDP+xml\r\n", catalogue(&sn, &items, 3).as_bytes());
    assert!(peer.message("SIP/2.0").starts_with("SIP/2.0 200"));
    audit.says("目录");
    let ended = audit.end();
    let report = json(&folder.join("out/report.json"));
    assert_eq!(report["catalog"]["state"], "complete", "{}{}", ended.said, ended.out);
    assert_eq!((&report["catalog"]["received"], &report["catalog"]["cameras"]), (&3.into(), &3.into()));
    assert_eq!(report["rates"]["compliance"]["denominator"], 3);
    let text = report.to_string();
    assert!(text.contains("too_large") && text.contains("xml_dtd_refused"), "{text}");
}

/// A scene of the simulated platform, in a folder of its own.
fn scene(folder: &Path, name: &str, id: &str, auditor: u16, more: &str) -> PathBuf {
    let path = folder.join(format!("{name}.toml"));
    let text = format!(
        "[platform]\nid = \"{id}\"\nname = \"{name}\"\nlisten = \"udp:127.0.0.1:0\"\n\
         [superior]\nid = \"{AUDITOR}\"\naddress = \"udp:127.0.0.1:{auditor}\"\nauth = \"none\"\nretry_s = 1\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn ctrl_c_ends_every_session_within_two_seconds_and_keeps_what_was_measured() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (folder, port) =
        settings("stopped", &format!("media_ports = \"33000-33199\"\n{WITHOUT_PASSWORD}[probe]\ninvite_gap_ms = 0\n"));
    // Cameras that give no key frame for long: sessions stay open.
    let sim =
        scene(&folder, "sim", PLATFORM, port, "[catalog]\ncameras = 40\n[[channel]]\nbehaviour = \"no_key\"\ncameras = 30\n");
    let mut audit = Running::start(&folder, &["audit", "--out", "out"]);
    audit.says("只读取目录");
    let mut platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    platform.says("开始被点播");
    let asked = Instant::now();
    audit.interrupt();
    let ended = audit.end();
    let took = asked.elapsed();
    platform.interrupt();
    let platform = platform.end();
    assert_eq!(ended.code, 3, "{}", ended.said);
    println!("ended {took:?} after Ctrl+C");
    assert!(took < Duration::from_secs(4), "{took:?}, two seconds for the sessions and the time to write");
    assert!(platform.out.contains("未结束 0"), "{}", platform.out);
    let report = json(&folder.join("out/report.json"));
    assert_eq!((&report["run"]["complete"], &report["run"]["incomplete"]), (&false.into(), &"stopped".into()));
    assert_eq!(report["footprint"]["dialogs"], report["footprint"]["ended"]);
    let lines = std::fs::read_to_string(folder.join("out/devices.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 40, "every camera stays in the denominator");
    assert!(lines.contains("\"cause\":\"untested\""));
    // What was kept is drawn again, byte for byte, from the store and from the folder.
    let again = self::ended(&folder, &["report", "latest", "--out", "again"]);
    assert_eq!(again.code, 3, "{}", again.said);
    for file in ["report.json", "devices.jsonl", "nodes.jsonl", "probes.jsonl", "findings.csv", "report.html", "corrections.xlsx"]
    {
        let read = |place: &str| std::fs::read(folder.join(place).join(file)).unwrap();
        assert!(read("out") == read("again"), "{file} differs");
    }
}

#[test]
fn cameras_named_are_called_again_beside_what_was_found_before() {
    let (folder, port) = settings("probe", WITHOUT_PASSWORD);
    let sim =
        scene(&folder, "sim", PLATFORM, port, "[catalog]\ncameras = 6\n[[channel]]\nbehaviour = \"not_found\"\ncameras = 1\n");
    let platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    let audited = ended(&folder, &["audit", "--out", "out", "--exit-zero"]);
    assert_eq!(audited.code, 0, "{}", audited.said);
    let lines: Vec<Value> = std::fs::read_to_string(folder.join("out/devices.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |picture: bool| {
        let line = lines.iter().find(|line| (line["probe"]["verdict"] == "picture") == picture).unwrap();
        line["device_id"].as_str().unwrap().to_owned()
    };
    let (dark, lit, absent) = (of(false), of(true), "37172300001329999999");
    std::fs::write(folder.join("again.csv"), format!("序号,设备编码,异议\n1,{dark},画面正常\n2,{absent},\n")).unwrap();
    let run = |more: &[&str]| ended(&folder, &[&["probe"], more].concat());

    let again = run(&[&lit, "--list", "again.csv", "--record", "record.docx"]);
    assert_eq!(again.code, 1, "{}", again.said);
    for wanted in ["共 3 路：出图 1，未出图 1，存疑或未点播 0，目录中没有 1", "原结果　未出图", "原结果　出图", "（404）"]
    {
        assert!(again.out.contains(wanted), "{wanted}: {}", again.out);
    }
    let paper = super::support::unpacked(&std::fs::read(folder.join("record.docx")).unwrap());
    for wanted in ["复测记录表", &dark, absent, "目录中没有这个编码", "双方意见"] {
        assert!(paper.contains(wanted), "{wanted}");
    }
    let one = run(&[&lit, "--json", "--record", "record.pdf"]);
    assert_eq!(one.code, 0, "{}", one.said);
    let line: Value = serde_json::from_str(one.out.lines().next().unwrap()).unwrap();
    assert_eq!((&line["device_id"], &line["now"]["result"]), (&lit.as_str().into(), &"picture".into()));
    // The run before is the audit, and not the measurement in between.
    let audit = json(&folder.join("out/report.json"))["run"]["id"].clone();
    assert_eq!(line["before"]["run"], audit);
    assert!(std::fs::read(folder.join("record.pdf")).unwrap().starts_with(b"%PDF-"));
    assert_eq!(run(&[absent]).code, 4, "nobody knows anything of it");

    // The same number draws the same cameras, as `audit --sample` would, and their pictures are on one page.
    let draw = |seed: &str, out: &str| ended(&folder, &["draw", "--seed", seed, "--count", "3", "--out", out, "--exit-zero"]);
    let (first, second) = (draw("6328", "drawn"), draw("6328", "again"));
    assert_eq!((first.code, second.code), (0, 0), "{}", first.said);
    let codes = |ended: &Ended| {
        let lines = ended.out.lines().filter(|line| line.starts_with("3717"));
        lines.map(|line| line[..20].to_owned()).collect::<Vec<_>>()
    };
    assert!(codes(&first).len() == 3 && codes(&first) == codes(&second), "{}", first.out);
    let page = std::fs::read_to_string(folder.join("drawn/draw.html")).unwrap();
    let pictures = codes(&first).iter().filter(|code| **code != dark).count();
    assert_eq!(page.matches("<img src=\"data:image/jpeg;base64,").count(), pictures, "{}", first.out);
    assert!(page.contains("（种子）6328，从目录的 6 路"));
    // Three cameras on the spot are no audit whose calls could stand for all.
    let second = ended(&folder, &["recheck", "--exit-zero"]);
    assert!(second.out.contains(&format!("点播结果沿用批次 {}", audit.as_str().unwrap())), "{}{}", second.said, second.out);
    platform.interrupt();
    platform.end();

    for (arguments, said) in [
        (["东门"].as_slice(), "20 位数字"),
        (&[&lit, "--record", "record.txt"], ".docx 或 .pdf"),
        (&["--list", "none.xlsx"], "读不到表"),
        (&["--list", "gbaudit.toml"], "设备编码"),
    ] {
        let refused = run(arguments);
        assert!(refused.code == 2 && refused.said.contains(said), "{arguments:?}: {}", refused.said);
    }
}

#[test]
fn mended_records_are_looked_at_again_with_the_calls_of_the_last_run() {
    let (folder, port) = settings("recheck", WITHOUT_PASSWORD);
    let refused = ended(&folder, &["recheck"]);
    assert!(refused.code == 2 && refused.said.contains("gbaudit audit"), "{}", refused.said);
    let wrong = "[catalog]\ncameras = 6\n[[fault]]\nkind = \"name_default\"\ncameras = 2\n";
    let sim = scene(&folder, "sim", PLATFORM, port, wrong);
    let platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    assert_eq!(ended(&folder, &["audit", "--out", "out", "--exit-zero"]).code, 0);
    platform.interrupt();
    platform.end();
    let before = json(&folder.join("out/report.json"));
    assert_eq!(before["rates"]["compliance"]["numerator"], 4);

    let sim = scene(&folder, "mended", PLATFORM, port, "[catalog]\ncameras = 7\n");
    let platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    let again = ended(&folder, &["recheck", "--out", "again", "--exit-zero"]);
    assert_eq!(again.code, 0, "{}{}", again.said, again.out);
    assert_eq!(again.out.matches("已改好").count(), 2, "{}", again.out);
    let run = before["run"]["id"].as_str().unwrap();
    assert!(again.out.contains(&format!("点播结果沿用批次 {run}")), "{}", again.out);
    let after = json(&folder.join("again/report.json"));
    assert_eq!(after["run"]["carried"]["run"], run);
    assert_eq!(after["rates"]["compliance"]["numerator"], 7);
    let output =
        |report: &Value| (report["rates"]["output"]["numerator"].clone(), report["rates"]["output"]["denominator"].clone());
    assert_eq!((output(&before), output(&after)), ((6.into(), 6.into()), (6.into(), 7.into())), "the new one is not tested");
    assert_eq!(after["footprint"]["dialogs"], 0);
    for paper in ["report.html", "report.docx"] {
        let octets = std::fs::read(folder.join("again").join(paper)).unwrap();
        let text = if octets.starts_with(b"PK") { super::support::unpacked(&octets) } else { String::from_utf8(octets).unwrap() };
        assert!(text.contains(&format!("点播结果沿用批次 {run}")), "{paper}");
    }
    let pictures = |folder_name: &str| std::fs::read_dir(folder.join(folder_name).join("snapshots")).unwrap().count();
    assert!(pictures("again") == pictures("out") && pictures("out") > 0);

    // Drawn again from what was kept it is the same, and what was carried is not carried further.
    assert_eq!(ended(&folder, &["report", "latest", "--out", "drawn", "--exit-zero"]).code, 0);
    let read = |place: &str| std::fs::read(folder.join(place)).unwrap();
    assert!(read("again/report.json") == read("drawn/report.json") && read("again/devices.jsonl") == read("drawn/devices.jsonl"));
    let bundled = ended(&folder, &["report", "latest", "--out", "drawn", "--bundle", "recheck.zip", "--bundle-pictures", "all"]);
    assert_ne!(bundled.code, 2, "{}", bundled.said);
    let verified = ended(&folder, &["verify", "recheck.zip"]);
    assert_eq!(verified.code, 0, "{}{}", verified.said, verified.out);
    let second = ended(&folder, &["recheck", "永昌路", "--exit-zero"]);
    assert!(second.code == 0 && second.out.contains(&format!("点播结果沿用批次 {run}")), "{}{}", second.said, second.out);
    platform.interrupt();
    platform.end();
}

#[test]
fn an_acceptance_batch_runs_its_rounds_freezes_its_inputs_and_is_one_result() {
    let (folder, port) = settings("accept", WITHOUT_PASSWORD);
    let refused = ended(&folder, &["accept", "--rounds", "09:30,15:00,20:30"]);
    assert!(refused.code == 2 && refused.said.contains("只有一轮"), "{}", refused.said);
    let file = folder.join("gbaudit.toml");
    let profile = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/data/demo.toml")).unwrap();
    std::fs::write(folder.join("two.toml"), profile.replace("rounds = 1", "rounds = 2")).unwrap();
    let text = std::fs::read_to_string(&file).unwrap().replace("profile = \"demo\"", "profile = \"two.toml\"");
    std::fs::write(&file, &text).unwrap();
    for (rounds, said) in [("09:30", "2 个由早到晚"), ("15:00,09:30", "2 个由早到晚"), ("x,y", "2 个由早到晚")] {
        let refused = ended(&folder, &["accept", "--rounds", rounds]);
        assert!(refused.code == 2 && refused.said.contains(said), "{rounds}: {}", refused.said);
    }
    let sim = scene(&folder, "sim", PLATFORM, port, "[catalog]\ncameras = 5\n");
    let platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    let accepted = ended(&folder, &["accept", "--rounds", "09:30,15:00", "--rehearse", "--out", "batch", "--exit-zero"]);
    assert_eq!(accepted.code, 0, "{}{}", accepted.said, accepted.out);
    let batch = json(&folder.join("batch/accept.json"));
    let rounds = batch["rounds"].as_array().unwrap();
    assert!(rounds.len() == 2 && rounds.iter().all(|turn| turn["ended"] == true), "{batch}");
    let one = json(&folder.join("batch/report.json"));
    assert_eq!(one["run"]["complete"], true);
    assert!(one["run"]["batch"].as_str().unwrap().contains(batch["id"].as_str().unwrap()));
    assert_eq!(one["rates"]["output"]["numerator"], 5);
    for (number, turn) in (1..).zip(rounds) {
        let own = json(&folder.join(format!("batch/round-{number}/report.json")));
        assert_eq!(own["run"]["id"], turn["run"]);
    }
    let page = std::fs::read_to_string(folder.join("batch/report.html")).unwrap();
    assert!(page.contains("演练，各轮没有按约定时刻进行") && accepted.out.contains("验收批次"));
    // As if the second round had been killed before it was noted: it is not run again, and gives the same result.
    let ended_run = rounds[1]["run"].clone();
    let mut again = batch.clone();
    again["rounds"][1]["ended"] = false.into();
    std::fs::write(folder.join("batch/accept.json"), again.to_string()).unwrap();
    assert_eq!(ended(&folder, &["accept", "--out", "batch", "--exit-zero"]).code, 0);
    let after = json(&folder.join("batch/accept.json"));
    assert_eq!((&after["rounds"][1]["run"], after == batch), (&ended_run, true));
    // What was frozen stays as it was.
    let refused = ended(&folder, &["accept", "--rounds", "10:00,15:00", "--out", "batch"]);
    assert!(refused.code == 2 && refused.said.contains("约定的时刻不同"), "{}", refused.said);
    std::fs::write(&file, format!("{text}rates = [\"output\"]\n")).unwrap();
    let refused = ended(&folder, &["accept", "--out", "batch"]);
    assert!(refused.code == 2 && refused.said.contains("rates"), "{}", refused.said);
    std::fs::write(folder.join("batch/accept.json"), "{}").unwrap();
    assert_eq!(ended(&folder, &["accept", "--out", "batch"]).code, 2);
    platform.interrupt();
    platform.end();
}

#[test]
fn several_platforms_have_a_folder_each_and_a_sum_above() {
    let other = "37172400002000000002";
    let platforms =
        format!("{WITHOUT_PASSWORD}[[platform]]\nname = \"juye\"\nid = \"{other}\"\nrole = \"subordinate\"\nauth = \"none\"\n");
    let (folder, port) = settings("several", &platforms);
    let first =
        scene(&folder, "first", PLATFORM, port, "[catalog]\ncameras = 20\n[[fault]]\nkind = \"name_default\"\ncameras = 1\n");
    let second = scene(&folder, "second", other, port, "[catalog]\ncameras = 10\ndrop = 1\n");
    let mut audit = Running::start(&folder, &["audit", "--no-probe", "--out", "out", "--bundle", "audit.zip"]);
    audit.says("只读取目录");
    let simulated = [&first, &second].map(|scene| Running::start(&folder, &["simulate", "-c", scene.to_str().unwrap()]));
    let ended = audit.end();
    for platform in simulated {
        platform.interrupt();
        platform.end();
    }
    assert_eq!(ended.code, 3, "the worst of both: {}{}", ended.said, ended.out);
    assert!(ended.out.contains("合计  2 个平台"), "{}", ended.out);
    let [sum, chengwu, juye] =
        ["report.json", "chengwu/report.json", "juye/report.json"].map(|p| json(&folder.join("out").join(p)));
    assert_eq!(
        (&chengwu["run"]["complete"], &juye["run"]["complete"], &sum["run"]["complete"]),
        (&true.into(), &false.into(), &false.into())
    );
    for part in ["numerator", "denominator"] {
        let of = |report: &Value| report["rates"]["compliance"][part].as_u64().unwrap();
        assert_eq!(of(&sum), of(&chengwu) + of(&juye), "{part}");
    }
    assert_eq!(sum["rates"]["compliance"]["verdict"], "not_measurable", "one void catalogue voids the sum");
    assert_eq!(sum["platforms"].as_array().unwrap().len(), 2);
    let lines = std::fs::read_to_string(folder.join("out/juye/devices.jsonl")).unwrap();
    assert!(lines.lines().all(|line| line.contains("\"platform\":\"juye\"")));
    assert!(folder.join("out/report.html").exists());
    let before = std::fs::read(folder.join("out/report.json")).unwrap();
    let again = self::ended(&folder, &["report", "out", "--bundle", "again.zip"]);
    assert_eq!(again.code, 3, "{}", again.said);
    assert!(before == std::fs::read(folder.join("out/report.json")).unwrap(), "drawn again, it is another");
    for (part, report) in [&chengwu, &juye].into_iter().enumerate() {
        let name = report["platform"]["name"].as_str().unwrap();
        assert_eq!(sum["platforms"][part]["evidence"], report["run"]["evidence"], "the sum names the digest of each");
        let [live, stored] = ["audit", "again"].map(|of| std::fs::read(folder.join(format!("{of}-{name}.zip"))).unwrap());
        assert!(live == stored, "{name}: of the run as it ended and of the stored one, the same octets");
        let verified = self::ended(&folder, &["verify", &format!("audit-{name}.zip")]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.said);
    }
}

#[test]
fn two_platforms_behind_one_socket_are_told_apart_by_their_names() {
    let other = "37172400002000000002";
    let platforms =
        format!("{WITHOUT_PASSWORD}[[platform]]\nname = \"juye\"\nid = \"{other}\"\nrole = \"subordinate\"\nauth = \"none\"\n");
    let (folder, port) = settings("one-socket", &platforms);
    let audit = Running::start(&folder, &["audit", "--wait", "30s", "--no-probe", "--out", "out"]);
    let mut peer = Raw::connect(port);
    for (number, id) in (1..).zip([PLATFORM, other]) {
        peer.request("REGISTER", id, number, "Expires: 3600\r\n", b"");
        assert!(peer.message("SIP/2.0").starts_with("SIP/2.0 200"));
    }
    for number in 10..12 {
        let query = loop {
            let request = peer.message("MESSAGE");
            peer.ok(&request);
            if request.contains("<CmdType>Catalog</CmdType>") {
                break request;
            }
        };
        let asked = if query.contains(&format!("<DeviceID>{other}</DeviceID>")) { other } else { PLATFORM };
        let sn = query.split("<SN>").nth(1).unwrap().split('<').next().unwrap();
        let body = catalogue(sn, &camera(number), 1).replace(PLATFORM, asked);
        peer.request("MESSAGE", asked, number, "Content-Type: Application/MANSCDP+xml\r\n", body.as_bytes());
    }
    let ended = audit.end();
    for name in ["chengwu", "juye"] {
        let report = json(&folder.join("out").join(name).join("report.json"));
        let catalog = &report["catalog"];
        assert_eq!(
            (&catalog["state"], &catalog["received"]),
            (&"complete".into(), &1.into()),
            "{name} {catalog}\n{}",
            ended.said
        );
    }
}

#[test]
fn a_platform_that_reconnects_before_it_answered_is_asked_again_where_it_is() {
    let (folder, port) = settings("flapping", WITHOUT_PASSWORD);
    let audit = Running::start(&folder, &["audit", "--wait", "30s", "--no-probe", "--out", "out"]);
    let mut first = Raw::connect(port);
    first.request("REGISTER", PLATFORM, 1, "Expires: 3600\r\n", b"");
    assert!(first.message("SIP/2.0").starts_with("SIP/2.0 200"));
    drop(first.catalogue_query());
    drop(first);
    let mut second = Raw::connect(port);
    second.request("REGISTER", PLATFORM, 2, "Expires: 3600\r\n", b"");
    assert!(second.message("SIP/2.0").starts_with("SIP/2.0 200"));
    let sn = second.catalogue_query();
    let body = catalogue(&sn, &camera(1), 1);
    second.request("MESSAGE", PLATFORM, 12, "Content-Type: Application/MANSCDP+xml\r\n", body.as_bytes());
    let ended = audit.end();
    let report = json(&folder.join("out/report.json"));
    assert_eq!(report["catalog"]["state"], "complete", "{}{}", ended.said, ended.out);
}

#[test]
fn an_audit_that_judged_nothing_reaches_nothing() {
    let (folder, port) = settings("nothing", WITHOUT_PASSWORD);
    let settings = std::fs::read_to_string(folder.join("gbaudit.toml")).unwrap() + "rates = [\"output\"]\n";
    std::fs::write(folder.join("gbaudit.toml"), settings).unwrap();
    let sim = scene(&folder, "sim", PLATFORM, port, "[catalog]\ncameras = 3\n");
    let mut audit = Running::start(&folder, &["audit", "--no-probe", "--out", "out"]);
    audit.says("只读取目录");
    let platform = Running::start(&folder, &["simulate", "-c", sim.to_str().unwrap()]);
    let ended = audit.end();
    platform.interrupt();
    platform.end();
    assert_eq!(ended.code, 3, "{}{}", ended.said, ended.out);
    let report = json(&folder.join("out/report.json"));
    assert_eq!((&report["overall"], &report["run"]["complete"]), (&"undecided".into(), &false.into()));
}

#[test]
fn regions_are_judged_by_the_codes_of_the_day_of_judgment() {
    let folder = folder("as-of");
    let body = "<?xml version=\"1.0\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>37172300002000000002</DeviceID>\
                <SumNum>1</SumNum><DeviceList Num=\"1\"><Item><DeviceID>37172700011320000001</DeviceID><Name>East gate 1</Name>\
                <CivilCode>371727</CivilCode><Longitude>115.573300</Longitude><Latitude>35.071900</Latitude></Item></DeviceList></Response>";
    std::fs::write(folder.join("file.xml"), body).unwrap();
    let judged = |day: &str| {
        let arguments = ["check", "file.xml", "--lang", "en", "--jurisdiction", "371703", "--as-of", day, "--out", "results"];
        let ended = ended(&folder, &arguments);
        let report: Value = serde_json::from_slice(&std::fs::read(folder.join("results/report.json")).unwrap()).unwrap();
        assert_eq!(report["run"]["regions"]["as_of"], day);
        (report["fields"]["region"]["pass"].clone(), ended.out.contains("regions are judged by the codes of that year"))
    };
    // 定陶县 371727 became 371703 in 2016.
    assert_eq!(judged("2015-06-30"), (Value::from(1), true));
    assert_eq!(judged("2026-11-24"), (Value::from(0), false));
}

#[test]
fn a_file_without_a_catalogue_answer_is_refused() {
    let folder = folder("no-catalogue");
    let bodies = [
        "<?xml version=\"1.0\"?><Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>1</DeviceID><Status>OK</Status></Notify>",
        "<reply>not found</reply>",
        "<?xml version=\"1.0\"?><Response><CmdType>RecordInfo</CmdType><SN>1</SN><DeviceID>1</DeviceID><SumNum>1</SumNum>\
         <RecordList Num=\"1\"><Item><DeviceID>37172300001320000001</DeviceID><Name>x</Name></Item></RecordList></Response>",
    ];
    for body in bodies {
        std::fs::write(folder.join("file.xml"), body).unwrap();
        let ended = ended(&folder, &["check", "file.xml"]);
        assert_eq!(ended.code, 2, "{body}: {}{}", ended.said, ended.out);
        assert!(ended.said.contains("没有目录应答"), "{}", ended.said);
    }
}

#[test]
fn waivers_are_shown_beside_the_headline_and_come_back_from_the_evidence() {
    let folder = folder("waivers");
    let row = |n| format!("3717230001132000000{n},东门{n}号枪机,371723,115.889600,34.952800\n");
    let rows = (1..=9).map(row).collect::<Vec<_>>().concat();
    let table =
        format!("设备编码,设备名称,行政区划,经度,纬度\n{rows}37172300011320000010,,371723,0,0\n").replace("东门1号枪机", "");
    std::fs::write(folder.join("cameras.csv"), table).unwrap();
    let waivers = "规则,编码,理由,批准人,有效期\n\
                   N01,3717230001132000000?,改造中,平台管理科,2026-11-24\n\
                   *,37172300011320000010,<b>在建</b>,=平台管理科,2026-11-23\n\
                   D05,3717*,未用到,平台管理科,2027-01-01\n";
    std::fs::write(folder.join("waivers.csv"), [b"\xEF\xBB\xBF", waivers.as_bytes()].concat()).unwrap();
    let check = ["check", "cameras.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24"];
    let without = ended(&folder, &[&check[..], &["--out", "without"]].concat());
    let with = ended(&folder, &[&check[..], &["--waivers", "waivers.csv", "--out", "with"]].concat());
    assert_eq!((without.code, with.code), (1, 1), "{}{}", without.said, with.said);
    let (without, report) = (json(&folder.join("without/report.json")), json(&folder.join("with/report.json")));
    for same in ["rates", "overall", "fields", "rules"] {
        assert_eq!(report[same], without[same], "waivers change no {same}");
    }
    assert_eq!(without["waivers"], Value::Null);
    assert_eq!(report["rates"]["compliance"]["numerator"], 8);
    let reading = report["readings"].as_array().unwrap().iter().find(|r| r["id"] == "compliance.with_waivers").unwrap();
    assert_eq!((&reading["numerator"], &reading["denominator"], &reading["verdict"]), (&9.into(), &10.into(), &"pass".into()));
    let shown = &report["waivers"];
    let lines = |state: &str| shown[state].as_array().unwrap().iter().map(|w| w["line"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!((lines("effective"), lines("expired"), lines("unused")), (vec![2], vec![3], vec![4]));
    assert_eq!((&shown["cameras"], &shown["compliant_by_waiver"], &shown["many"]), (&1.into(), &1.into(), &true.into()));
    for said in ["9/10 = 90.00%", "过期：第 3 行", "未用到：第 4 行", "超过摄像机 10 路的 5%"] {
        assert!(with.out.contains(said), "{said} in\n{}", with.out);
    }
    let page = std::fs::read_to_string(folder.join("with/report.html")).unwrap();
    assert!(page.contains("在建") && !page.contains("<b>在建") && page.contains("平台管理科"));
    let findings = std::fs::read_to_string(folder.join("with/findings.csv")).unwrap();
    let waived: Vec<&str> = findings.lines().filter(|l| l.trim_end().ends_with(",2")).collect();
    assert!(waived.len() == 1 && waived[0].contains(",N01,"), "{findings}");
    // Drawn again from the evidence alone, on another day, every file is the same.
    let again = ended(&folder, &["report", "with", "--out", "again"]);
    assert_eq!(again.code, 1, "{}", again.said);
    for name in [
        "report.json",
        "devices.jsonl",
        "nodes.jsonl",
        "findings.csv",
        "report.html",
        "corrections.xlsx",
        "report.xlsx",
        "report.docx",
    ] {
        let [first, second] = ["with", "again"].map(|side| std::fs::read(folder.join(side).join(name)).unwrap());
        assert!(first == second, "{name}");
    }
    std::fs::write(folder.join("waivers.csv"), "规则,编码,理由,批准人,有效期\nN01,3717*,,平台管理科,2026-12-31\n").unwrap();
    let refused = ended(&folder, &[&check[..], &["--waivers", "waivers.csv"]].concat());
    assert!(refused.code == 2 && refused.said.contains("waivers.csv:2: 理由为空"), "{} {}", refused.code, refused.said);
}

#[test]
fn the_confirmation_the_public_edition_and_the_notices_are_written_where_they_belong() {
    let folder = folder("papers_to_sign");
    let text = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let ok = ended(&folder, &["profile", "sd-2022-basic", "--confirm", "form.docx"]);
    assert_eq!(ok.code, 0, "{}", ok.said);
    assert_eq!(ended(&folder, &["profile", "sd-2022-basic", "--confirm", "form.pdf"]).code, 0);
    assert!(text("form.pdf").starts_with(b"%PDF-"));
    assert!(text("form.docx").starts_with(b"PK") && ok.out.contains("confirmation_hash = \""), "{}", ok.out);
    assert_eq!(ended(&folder, &["profile", "sd-2022-basic", "--confirm", "form.odt"]).code, 2);

    let table = "DeviceID,Name,CivilCode,Longitude,Latitude,ManagementUnit\n\
        37172300011320000001,东门枪机,371723,115.889601,34.952301,../../evil\n\
        37172300011320000002,Camera 01,371723,0,0,../../evil\n";
    std::fs::write(folder.join("table.csv"), table).unwrap();
    let arguments = ["check", "table.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", "own", "--exit-zero"];
    assert_eq!(ended(&folder, &arguments).code, 0);
    assert!(text("own/report.xlsx").starts_with(b"PK") && text("own/report.docx").starts_with(b"PK"));
    assert!(text("own/report.pdf").starts_with(b"%PDF-"));
    for (font, said) in [("table.csv", "不能用"), ("none.ttf", "读不了")] {
        let refused = ended(&folder, &["report", "own", "--format", "pdf", "--out", "pages", "--font", font]);
        assert!(refused.code == 2 && refused.said.contains(said), "{}", refused.said);
        assert!(!folder.join("pages").exists());
    }
    let letters = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/document/data/NotoSerifCJKsc-Regular-GBK.otf");
    let ok = ended(&folder, &["report", "own", "--format", "pdf", "--out", "pages", "--font", letters, "--exit-zero"]);
    assert_eq!(ok.code, 0, "{}", ok.said);
    assert!(text("pages/report.pdf") == text("own/report.pdf") && !folder.join("pages/report.docx").exists());

    let refused = ended(&folder, &["report", "own", "--edition", "public"]);
    assert!(refused.code == 2 && refused.said.contains("--out"), "{}", refused.said);
    let refused = ended(&folder, &["report", "own", "--edition", "public", "--out", "own"]);
    assert!(refused.code == 2 && refused.said.contains("内部版"), "{}", refused.said);
    let refused = ended(&folder, &["report", "own", "--edition", "public", "--out", "public", "--format", "json"]);
    assert!(refused.code == 2 && refused.said.contains("html,csv,xlsx,docx,pdf"), "{}", refused.said);
    let ok = ended(&folder, &["report", "own", "--edition", "public", "--out", "public", "--exit-zero"]);
    assert_eq!(ok.code, 0, "{}", ok.said);
    let names: Vec<String> = std::fs::read_dir(folder.join("public"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(["report.docx", "report.pdf"].iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    for name in names.iter().filter(|name| [".html", ".csv"].iter().any(|end| name.ends_with(end))) {
        let text = String::from_utf8(text(&format!("public/{name}"))).unwrap();
        assert!(!text.contains("320000001") && !text.contains("115.88"), "{name}");
    }
    for name in ["evidence.db", "corrections.xlsx", "devices.jsonl", "journal.jsonl", "snapshots"] {
        assert!(!folder.join("public").join(name).exists(), "{name}");
    }

    let ok = ended(&folder, &["fix", "own", "--notices", "notices"]);
    assert_eq!(ok.code, 0, "{}", ok.said);
    assert!(text("notices/notice-0001.docx").starts_with(b"PK"), "{}", ok.out);
    assert!(String::from_utf8(text("notices/index.csv")).unwrap().contains("evil"));
    assert!(!folder.join("evil").exists() && std::fs::read_dir(folder.join("notices")).unwrap().count() == 2);
}

#[test]
fn a_second_run_on_the_same_store_is_refused_and_told_who_is_there() {
    let (folder, _) = settings("one-at-a-time", WITHOUT_PASSWORD);
    let mut first = Running::start(&folder, &["audit", "--wait", "60s", "--out", "first"]);
    first.says("只读取目录");
    for command in ["audit", "catalog"] {
        let second = ended(&folder, &[command, "--wait", "1s"]);
        assert_eq!(second.code, 2, "{}", second.said);
        let process = format!("进程 {}", first.child.id());
        assert!(second.said.contains("另一次检测正在进行") && second.said.contains(&process), "{}", second.said);
    }
    assert!(!folder.join("out").exists(), "nothing is left of a run that did not begin");
    first.interrupt();
    assert_eq!(first.end().code, 3);
    assert_eq!(ended(&folder, &["audit", "--wait", "1s", "--out", "third"]).code, 3, "the lock goes with its process");
}
