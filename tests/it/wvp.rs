//! The script for WVP, run by Python against a stand-in of its channel API on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gbaudit::base::lang::Lang;
use gbaudit::correction::layout::Layout;
use gbaudit::correction::place::Place;
use gbaudit::correction::{Correction, Grade, Wanted, corrections, script};
use gbaudit::manscdp::item::Element;
use gbaudit::report::Report;
use serde_json::{Value, json};

use crate::join::RUN;
use crate::support::{folder, report_of_table};

const TOKEN: &str = "eyJ0b2tlbiI6InN3b3JkZmlzaCJ9";

/// What the stand-in holds and was asked.
#[derive(Default)]
struct State {
    channels: BTreeMap<u64, Value>,
    /// Bodies of the updates.
    updates: Vec<Value>,
    /// The channel that may not be changed.
    locked: Option<u64>,
    /// Updates are answered well and not done.
    is_deaf: bool,
    /// Where every call is sent on to.
    elsewhere: Option<String>,
    calls: usize,
}

/// WVP's three calls: answers are wrapped, lists have pages, an update takes the whole object.
struct StandIn {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    fn start(channels: Vec<Value>) -> Self {
        let channels = channels.into_iter().map(|c| (c["gbId"].as_u64().unwrap(), c)).collect();
        let state = Arc::new(Mutex::new(State { channels, ..State::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, over) = (state.clone(), is_over.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                answer(stream.unwrap(), &shared);
            }
        });
        Self { state, address, is_over, thread: Some(thread) }
    }

    fn channel(&self, id: u64) -> Value {
        self.state.lock().unwrap().channels[&id].clone()
    }

    fn all(&self) -> BTreeMap<u64, Value> {
        self.state.lock().unwrap().channels.clone()
    }

    fn updates(&self) -> Vec<Value> {
        self.state.lock().unwrap().updates.clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut token, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "access-token" => value.trim().clone_into(&mut token),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => (),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let mut state = state.lock().unwrap();
    state.calls += 1;
    let mut stream = reader.into_inner();
    if let Some(elsewhere) = &state.elsewhere {
        write!(stream, "HTTP/1.1 302 Found\r\nLocation: {elsewhere}{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        return;
    }
    let (status, wrapped) = if token == TOKEN {
        ("200 OK", served(&mut state, method, path, &query, &body))
    } else {
        ("401 Unauthorized", json!({"code": 401, "msg": format!("请登录后重新请求 {token}"), "data": null}))
    };
    let text = wrapped.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
    .unwrap();
}

fn served(state: &mut State, method: &str, path: &str, query: &BTreeMap<&str, &str>, body: &[u8]) -> Value {
    let good = |data: Value| json!({"code": 0, "msg": "成功", "data": data});
    let bad = |msg: &str| json!({"code": 100, "msg": msg, "data": null});
    match (method, path) {
        ("GET", "/api/common/channel/list") => {
            let (page, count): (usize, usize) = (query["page"].parse().unwrap(), query["count"].parse().unwrap());
            let is_like =
                |c: &&Value| ["gbDeviceId", "gbName"].iter().any(|f| c[f].as_str().is_some_and(|t| t.contains(query["query"])));
            let found: Vec<&Value> = state.channels.values().filter(is_like).collect();
            let list: Vec<&&Value> = found.iter().skip((page - 1) * count).take(count).collect();
            good(json!({"total": found.len(), "pageNum": page, "pageSize": count, "list": list}))
        }
        ("GET", "/api/common/channel/one") => match query["id"].parse().ok().and_then(|id: u64| state.channels.get(&id)) {
            Some(channel) => good(channel.clone()),
            None => bad("通道不存在"),
        },
        ("POST", "/api/common/channel/update") => {
            let channel: Value = serde_json::from_slice(body).unwrap();
            let id = channel["gbId"].as_u64().unwrap();
            if state.locked == Some(id) {
                return bad("数据库错误\u{1b}[2J");
            }
            state.updates.push(channel.clone());
            if !state.is_deaf {
                state.channels.insert(id, channel);
            }
            good(Value::Null)
        }
        _ => bad("没有这个接口"),
    }
}

/// The channels as the run saw them, with what the run knows nothing of.
fn channels() -> Vec<Value> {
    let lines = RUN.lines().skip(1).zip(1..);
    lines
        .map(|(line, id)| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |text: &str| text.parse::<f64>().unwrap();
            json!({
                "gbId": id, "gbDeviceId": cells[0], "gbName": cells[1], "gbCivilCode": cells[2],
                "gbLongitude": number(cells[3]), "gbLatitude": number(cells[4]), "gbIpAddress": cells[5],
                "gbPassword": "swordfish", "gbPtzType": 3, "dataType": 1, "streamId": null
            })
        })
        .collect()
}

fn python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    if !there {
        println!("SKIPPED: there is no python3 here, the script for WVP was not run");
    }
    there
}

fn written(name: &str, report: &Report, rows: &[Correction]) -> PathBuf {
    let folder = folder(name);
    let layout = Layout::parse("wvp-script", Layout::embedded("wvp-script").unwrap(), Lang::Zh).unwrap();
    std::fs::write(folder.join("wvp.py"), script::wvp(report, &layout, rows).text).unwrap();
    folder
}

/// The script of the run of [`RUN`].
fn of_run(name: &str) -> PathBuf {
    let report = report_of_table(RUN);
    written(name, &report, &corrections(&report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false }))
}

struct Ended {
    code: i32,
    out: String,
    said: String,
}

fn run_with(folder: &Path, server: &str, token: &str, more: &[&str]) -> Ended {
    let ended = Command::new("python3")
        .args(["wvp.py", "--server", server, "--pause", "0"])
        .args(more)
        .current_dir(folder)
        .env("WVP_TOKEN", token)
        // A proxy of this machine's must not see the token.
        .env("http_proxy", "http://127.0.0.1:1")
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    let ended = Ended { code: ended.status.code().unwrap(), out: text(ended.stdout), said: text(ended.stderr) };
    assert!(!ended.out.contains(token) && !ended.said.contains(token), "the token is shown");
    assert!(!ended.said.contains("Traceback"), "{}", ended.said);
    ended
}

fn run(folder: &Path, stand_in: &StandIn, more: &[&str]) -> Ended {
    run_with(folder, &format!("http://{}/", stand_in.address), TOKEN, more)
}

#[test]
fn it_shows_then_writes_exactly_the_rows_and_puts_them_back() {
    if !python() {
        return;
    }
    let folder = of_run("wvp_apply");
    let stand_in = StandIn::start(channels());
    let before = stand_in.all();

    let dry = run(&folder, &stand_in, &[]);
    assert_eq!(dry.code, 1, "{}{}", dry.out, dry.said);
    assert!(dry.out.contains("gbLongitude: 34.9528 -> 115.8896") && dry.out.contains("没有写入"), "{}", dry.out);
    assert!(dry.out.contains("可改 2 路，未改 1 路") && dry.out.contains("平台上有 2 路通道用这个编码"), "{}", dry.out);
    assert_eq!((stand_in.all(), stand_in.updates()), (before.clone(), vec![]));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");

    let done = run(&folder, &stand_in, &["--apply", "--undo-file", "undo.jsonl"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.said);
    assert!(done.out.contains("已改 2 路，未改 1 路") && done.out.contains("撤销文件 undo.jsonl"), "{}", done.out);
    let mut wanted = before.clone();
    let first = wanted.get_mut(&1).unwrap();
    (first["gbLongitude"], first["gbLatitude"]) = (json!(115.8896), json!(34.9528));
    wanted.get_mut(&3).unwrap()["gbDeviceId"] = json!("37172300011320000003");
    assert_eq!(stand_in.all(), wanted);
    assert_eq!(stand_in.updates().len(), 2);
    let undo = std::fs::read_to_string(folder.join("undo.jsonl")).unwrap();
    let lines: Vec<Value> = undo.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines.len(), &lines[0]["before"]["gbLongitude"], &lines[0]["before"]["gbPtzType"]),
        (2, &json!(34.9528), &json!(3))
    );
    assert!(!undo.contains("swordfish"));

    // Once more there is nothing to do, and no undo file for it.
    let again = run(&folder, &stand_in, &["--apply", "--undo-file", "second.jsonl"]);
    assert!(again.out.contains("已改 0 路") && again.out.contains("已是建议值"), "{}", again.out);
    assert!(stand_in.updates().len() == 2 && !folder.join("second.jsonl").exists());

    assert_eq!(run(&folder, &stand_in, &["--undo", "undo.jsonl", "--dry-run"]).code, 0);
    assert_eq!(stand_in.all(), wanted);
    let back = run(&folder, &stand_in, &["--undo", "undo.jsonl"]);
    assert!(back.code == 0 && back.out.contains("改回 2 路，未改 0 路"), "{}{}", back.out, back.said);
    assert_eq!(stand_in.all(), before);
    assert!(run(&folder, &stand_in, &["--undo", "undo.jsonl"]).out.contains("改回 0 路，未改 0 路"));
}

#[test]
fn a_channel_that_is_not_as_the_run_saw_it_is_left_alone() {
    if !python() {
        return;
    }
    let folder = of_run("wvp_stale");
    let stand_in = StandIn::start(channels());
    let stale = |id: u64, field: &str, value: Value| stand_in.state.lock().unwrap().channels.get_mut(&id).unwrap()[field] = value;
    stale(1, "gbLatitude", json!(34.9));
    // The code that is proposed for another channel is taken here.
    stale(2, "gbDeviceId", json!("37172300011320000003"));
    let before = stand_in.all();
    let ended = run(&folder, &stand_in, &["--apply", "--undo-file", "undo.jsonl"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("gbLatitude 现为“34.9”，检测时为“115.889600”，已变动"), "{}", ended.out);
    assert!(ended.out.contains("已改 0 路，未改 3 路"), "{}", ended.out);
    assert_eq!((stand_in.all(), folder.join("undo.jsonl").exists()), (before, false));

    // What somebody changed after us is not put back.
    let stand_in = StandIn::start(channels());
    assert_eq!(run(&folder, &stand_in, &["--apply", "--undo-file", "undo.jsonl"]).code, 1);
    stand_in.state.lock().unwrap().channels.get_mut(&1).unwrap()["gbLongitude"] = json!(116.0);
    let ended = run(&folder, &stand_in, &["--undo", "undo.jsonl"]);
    assert!(ended.code == 1 && ended.out.contains("改回 1 路，未改 1 路"), "{}", ended.out);
    assert_eq!(stand_in.channel(1)["gbLongitude"], json!(116.0));
    // Never over another undo file.
    std::fs::write(folder.join("kept.jsonl"), "kept").unwrap();
    let ended = run(&folder, &stand_in, &["--apply", "--undo-file", "kept.jsonl"]);
    assert_eq!((ended.code, std::fs::read_to_string(folder.join("kept.jsonl")).unwrap().as_str()), (2, "kept"));
}

#[test]
fn what_the_platform_refuses_stops_the_row_and_a_wrong_token_stops_all() {
    if !python() {
        return;
    }
    let folder = of_run("wvp_refused");
    let stand_in = StandIn::start(channels());
    stand_in.state.lock().unwrap().locked = Some(1);
    let ended = run(&folder, &stand_in, &["--apply", "--undo-file", "a.jsonl"]);
    assert!(ended.code == 1 && ended.out.contains("平台拒绝（100）：数据库错误\\x1b[2J"), "{}", ended.out);
    assert_eq!(stand_in.channel(3)["gbDeviceId"], json!("37172300011320000003"), "the next row was done");
    // What was prepared and not done is put back without a word.
    assert_eq!(run(&folder, &stand_in, &["--undo", "a.jsonl"]).code, 0);

    stand_in.state.lock().unwrap().is_deaf = true;
    stand_in.state.lock().unwrap().locked = None;
    let ended = run(&folder, &stand_in, &["--apply", "--undo-file", "b.jsonl"]);
    assert!(ended.out.contains("写入后读回 gbLongitude 为“34.9528”"), "{}", ended.out);

    let before = stand_in.state.lock().unwrap().calls;
    let ended = run_with(&folder, &format!("http://{}", stand_in.address), "wrong-token", &["--apply"]);
    assert_eq!((ended.code, stand_in.state.lock().unwrap().calls), (2, before + 1), "one call, and no more");
    assert!(ended.said.lines().count() == 1 && ended.said.contains("令牌无效"), "{}", ended.said);

    let other = StandIn::start(channels());
    stand_in.state.lock().unwrap().elsewhere = Some(format!("http://{}", other.address));
    let ended = run(&folder, &stand_in, &["--apply"]);
    assert!(ended.code == 1 && ended.out.contains("HTTP 302"), "{}{}", ended.out, ended.said);
    assert_eq!(other.state.lock().unwrap().calls, 0, "the token went elsewhere");

    let address = other.address;
    drop(other);
    let ended = run_with(&folder, &format!("http://{address}"), TOKEN, &[]);
    assert!(ended.code == 2 && ended.said.starts_with("停止：连接平台失败"), "{}", ended.said);
    for (server, token, words) in [("ftp://x", TOKEN, "--server 应以 http"), ("http://x", "a\nb", "令牌含有空格")] {
        let ended = run_with(&folder, server, token, &[]);
        assert!(ended.code == 2 && ended.said.contains(words), "{}", ended.said);
    }
}

#[test]
fn no_name_gets_out_of_the_script_and_the_right_page_is_found() {
    if !python() {
        return;
    }
    let hostile = "\"\"\"'''\\\" + __import__('os').system('touch broken') + \"\n</script>\u{2028}{x}%s\\N{DEL}\u{202e}东门 #\\";
    let new = "东门\" \\\n\u{2029}";
    let quoted = hostile.replace('"', "\"\"");
    let report = report_of_table(&format!("设备编码,设备名称\n37172300011320000001,\"{quoted}\"\n"));
    assert_eq!(report.item(report.cameras[0].item).unwrap().sent(Element::Name), Some(hostile));
    let row = Correction {
        camera: 0,
        element: Element::Name,
        current: hostile.into(),
        proposed: Some(new.into()),
        candidates: vec![],
        grade: Grade::Suggest,
        rules: vec!["N01"],
        reasons: vec![],
        counts: true,
        place: Place::Here,
    };
    let folder = written("wvp_hostile", &report, &[row]);
    // Most of what is found has the code in its name; the channel itself stands on the second page.
    let channel = |id: u64, code: &str, name: &str| json!({"gbId": id, "gbDeviceId": code, "gbName": name, "gbLongitude": null});
    let mut channels: Vec<Value> = (1..150).map(|id| channel(id, &format!("{id}"), "旧37172300011320000001")).collect();
    channels.push(channel(150, "37172300011320000001", hostile));
    let stand_in = StandIn::start(channels);
    let ended = run(&folder, &stand_in, &["--apply", "--undo-file", "undo.jsonl"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.said);
    assert_eq!(stand_in.channel(150)["gbName"], json!(new));
    assert!(!folder.join("broken").exists() && !ended.out.contains('\u{202e}') && !ended.out.contains('\u{2028}'));
    assert_eq!(run(&folder, &stand_in, &["--undo", "undo.jsonl"]).code, 0);
    assert_eq!(stand_in.channel(150)["gbName"], json!(hostile));
}

#[test]
fn the_program_writes_the_layouts() {
    let folder = folder("layouts_program");
    std::fs::write(folder.join("run.csv"), RUN).unwrap();
    let gbaudit = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_gbaudit"))
            .args(arguments)
            .current_dir(&folder)
            .env_remove("GBAUDIT_LANG")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    };
    let check = ["check", "run.csv", "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", "run", "--exit-zero"];
    assert_eq!(gbaudit(&check).0, 0);
    let (code, said) = gbaudit(&["fix", "run", "--layout", "standard,wvp,wvp-script", "--out", "out"]);
    assert!(code == 0 && said.contains("脚本中 3 路"), "{said}");
    let table = std::fs::read_to_string(folder.join("out/wvp.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(
        lines.next(),
        Some("\u{FEFF}原编码,编码,名称,行政区域,经度,纬度,安装地址,父节点编码,设备厂商,设备型号,问题代码,问题说明")
    );
    assert!(
        table.contains("37172300011320000001,37172300011320000001,东门街路口枪机1,371723,115.889600,34.952800,东门街与伯乐大街交叉口,,厂商甲,型号甲,G05,"),
        "{table}"
    );
    assert_eq!(lines.count(), 3);
    assert!(folder.join("out/standard.xlsx").exists());
    let script = std::fs::read_to_string(folder.join("out/wvp-script.py")).unwrap();
    assert!(script.contains("东门街路口枪机1") && !script.contains("__DATA__"));

    let own = "form = \"xlsx\"\n[[column]]\ntitle = \"=code\"\nelement = \"DeviceID\"\nvalue = \"old\"\n[[column]]\ntitle = \"lng\"\nelement = \"Longitude\"\n";
    std::fs::write(folder.join("own.toml"), own).unwrap();
    assert_eq!(gbaudit(&["fix", "run", "--layout", "own.toml", "--grade", "suggest", "--out", "own.xlsx"]).0, 0);
    let book = gbaudit::catalog::import::grids(&std::fs::read(folder.join("own.xlsx")).unwrap(), Lang::Zh).unwrap();
    assert_eq!((book[0].name.as_str(), &book[0].rows[0]), ("own", &vec!["=code".to_owned(), "lng".to_owned()]));
    assert!(book[0].rows.contains(&vec!["37172300011320000001".to_owned(), "115.889600".to_owned()]), "{:?}", book[0].rows);

    std::fs::write(folder.join("bad.toml"), "form = \"csv\"\ncolumns = 1\n").unwrap();
    for (layout, out, words) in [
        ("wvpp", "a.csv", "没有版式 wvpp（内置：standard, wvp, wvp-script）"),
        ("bad.toml", "a.csv", "bad.toml:2: 不认识的设置 columns"),
        ("wvp", "a.xlsx", "应以 .csv 结尾"),
        ("wvp,wvp", "two", "同名的版式"),
    ] {
        let (code, said) = gbaudit(&["fix", "run", "--layout", layout, "--out", out]);
        assert!(code == 2 && said.contains(words), "{said}");
    }
    assert_eq!(gbaudit(&["fix", "run", "--layout", "wvp"]).0, 2);
}
