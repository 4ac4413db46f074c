//! A scripted stand-in for the administrator: reads what the screen says and nothing else, types what it asks for, copies the sheet into
//! the form of a platform that is not of this repository, and gets its first catalogue.
//!
//! `GBAUDIT_FRESH=DIR` has the program of an unpacked archive at `DIR/gbaudit` run with `DIR` as its whole world (`packaging/try.sh`).

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gb28181_rs::config::Transport;

use crate::device_crate::{Superior, alive, config};
use crate::support::{MACHINE, folder};

/// No step takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// The screen: both streams, as they come.
type Screen = Arc<(Mutex<String>, Condvar)>;

/// The program and who sits before it.
struct Admin {
    child: Child,
    keyboard: ChildStdin,
    screen: Screen,
    /// So far was read.
    read: usize,
}

fn show(mut stream: impl Read + Send + 'static, screen: Screen) {
    std::thread::spawn(move || {
        let (mut octets, mut left) = ([0; 4096], Vec::new());
        while let Ok(n @ 1..) = stream.read(&mut octets) {
            left.extend_from_slice(&octets[..n]);
            let whole = std::str::from_utf8(&left).map_or_else(|error| error.valid_up_to(), str::len);
            let text = String::from_utf8(left.drain(..whole).collect()).unwrap();
            screen.0.lock().unwrap().push_str(&text);
            screen.1.notify_all();
        }
    });
}

impl Admin {
    fn sits_down(mut program: Command, folder: &Path) -> Self {
        program.current_dir(folder).env_remove("GBAUDIT_LANG");
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let screen = Screen::default();
        show(child.stdout.take().unwrap(), screen.clone());
        show(child.stderr.take().unwrap(), screen.clone());
        Self { keyboard: child.stdin.take().unwrap(), child, screen, read: 0 }
    }

    /// Waits until the screen says something, further on; gives what stands up to there.
    fn reads(&mut self, wanted: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut text = self.screen.0.lock().unwrap();
        loop {
            if let Some(at) = text[self.read..].find(wanted) {
                let to = self.read + at + wanted.len();
                let part = text[self.read..to].to_owned();
                self.read = to;
                return part;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never said {wanted}:\n{text}");
            text = self.screen.1.wait_timeout(text, left).unwrap().0;
        }
    }

    fn types(&mut self, text: &str) {
        writeln!(self.keyboard, "{text}").unwrap();
    }
}

/// What stands on the sheet behind a label.
fn entered<'s>(sheet: &'s str, label: &str) -> &'s str {
    let line = sheet.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_else(|| panic!("no {label}:\n{sheet}"));
    let value = line.trim_start().trim_start_matches(label).trim_start();
    value.split(['（', ' ']).next().unwrap()
}

#[test]
fn from_the_program_to_the_first_catalogue_of_a_platform_of_another_make() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = std::env::var_os("GBAUDIT_FRESH").map(PathBuf::from);
    let (mut program, place) = match &fresh {
        Some(root) => {
            let mut program = Command::new("chroot");
            program.arg(root).arg("/gbaudit");
            (program, root.clone())
        }
        None => (Command::new(env!("CARGO_BIN_EXE_gbaudit")), folder("admin")),
    };
    program.arg("init");
    let begun = Instant::now();
    let mut admin = Admin::sits_down(program, &place);
    admin.reads("区县");
    admin.types("成武");
    admin.reads("平台的 IP 地址");
    admin.types("");
    admin.reads("哪块网卡");
    // The other platform is on this machine.
    admin.types("127.0.0.1");
    admin.reads("平台是哪一家的");
    admin.types("1");
    admin.reads("20 位国标编码");
    admin.types("");
    let sheet = admin.reads("正在监听");
    let superior = Superior {
        port: entered(&sheet, "SIP服务端口").parse().unwrap(),
        domain: entered(&sheet, "SIP服务国标域"),
        password: entered(&sheet, "SIP认证密码"),
    };
    assert_eq!(entered(&sheet, "SIP服务国标编码"), "37172300002000990001");
    assert_eq!(entered(&sheet, "SIP服务IP"), "127.0.0.1");
    let config = config(&superior, Transport::Udp);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (over, until) = tokio::sync::oneshot::channel::<()>();
    let peer = runtime.spawn(alive(config, async {
        let _ = until.await;
    }));
    let knock = admin.reads("是否接受");
    assert!(knock.contains("收到注册") && knock.contains("密码正确"), "{knock}");
    admin.types("y");
    let paired = admin.reads("对接成功");
    assert!(paired.contains("摄像机 3 路"), "{paired}");
    let code = admin.child.wait().unwrap().code();
    let _ = over.send(());
    runtime.block_on(peer).unwrap();
    assert_eq!(code, Some(0));
    println!("the machine's part took {:.1} s", begun.elapsed().as_secs_f64());
    // What was written needs no other setting: every check of it passes but those of this machine.
    let settings = gbaudit::config::load(&place.join("gbaudit.toml"), gbaudit::base::lang::Lang::Zh).unwrap();
    assert_eq!(settings.platforms[0].party.id, crate::support::PLATFORM);
    assert_eq!(settings.audit.jurisdiction, ["371723"]);
}

#[test]
fn the_menu_runs_what_is_chosen_and_comes_back() {
    let folder = folder("menu");
    let file = folder.join("目 录.xml");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/runs/seven_cameras/catalogue.xml"), &file).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gbaudit"));
    program.arg("menu");
    let mut admin = Admin::sits_down(program, &folder);
    admin.reads("请输入编号");
    admin.types("99");
    admin.reads("0 到 7 的编号");
    admin.types("4");
    // No settings here.
    admin.reads("> gbaudit doctor");
    admin.reads("没有开始");
    admin.types("7");
    admin.reads("文件（可把文件拖进");
    admin.types("\"nowhere.xml\"");
    admin.reads("没有这个文件");
    admin.types(&format!("\"{}\"", file.display()));
    admin.reads("总结论");
    admin.reads("请输入编号");
    admin.types("0");
    assert!(admin.child.wait().unwrap().code().is_some());
    assert!(folder.join("目 录-检测结果/report.html").exists());
}

#[test]
fn files_given_without_a_command_are_checked() {
    let folder = folder("dropped");
    let file = folder.join("目录.xml");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/runs/seven_cameras/catalogue.xml"), &file).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gbaudit"));
    program.arg(&file);
    let mut admin = Admin::sits_down(program, &folder);
    admin.reads("总结论");
    admin.child.wait().unwrap();
    assert!(folder.join("目录-检测结果/report.html").exists());
}
