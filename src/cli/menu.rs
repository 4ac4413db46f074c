//! `gbaudit menu`: the everyday commands by number, for who starts the program with a double click (Windows) and does not know the
//! command line. What is chosen is run as if it had been typed, in a process of its own: Ctrl+C ends that and comes back here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{ArgMatches, Command};

use super::audit::Interrupts;
use super::{COMMANDS, Failure, Outcome, terminal};
use crate::base::lang::{Lang, Text, say};

/// What can be chosen: what it is, and the words that are typed.
const CHOICES: [(Text, &[&str]); 7] = [
    (
        Text::new(
            "演示：模拟一个平台并检测它（一分钟，不需要设置）",
            "a demonstration on a simulated platform (a minute, no settings)",
        ),
        &["demo"],
    ),
    (Text::new("演练：跟着做一遍，从未达标到改好（十分钟）", "a rehearsal, step by step (ten minutes)"), &["demo", "--guided"]),
    (Text::new("对接：与平台第一次见面", "pairing: meeting a platform for the first time"), &["init"]),
    (Text::new("自检：这台机器和设置", "this machine and the settings"), &["doctor"]),
    (Text::new("检测：按 gbaudit.toml 检测平台", "an audit, by gbaudit.toml"), &["audit"]),
    (Text::new("查看：在浏览器中看各批次和报告", "runs and reports in the browser"), &["view"]),
    (Text::new("检查文件：目录、台账、抓包", "files: catalogues, ledgers, captures"), &["check"]),
];

pub(super) fn command(lang: Lang) -> Command {
    Command::new("menu")
        .about(say!(
            lang,
            "按编号选择常用命令（Windows 下双击即为此）",
            "everyday commands by number (on Windows a double click opens it)"
        ))
        .override_usage("gbaudit menu")
        .after_help(say!(lang, "例：gbaudit menu", "Example: gbaudit menu"))
}

pub(super) fn run(_: &ArgMatches, lang: Lang) -> Outcome {
    let program = std::env::current_exe().map_err(|error| unusable(&error, lang))?;
    let running = Arc::new(AtomicBool::new(false));
    outlive(running.clone());
    let mut last = 0;
    loop {
        let Some(typed) = chosen(lang) else { return Ok(last) };
        let shown = typed.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() });
        terminal::line(&format!("> gbaudit {}", shown.collect::<Vec<_>>().join(" ")));
        running.store(true, Ordering::SeqCst);
        let ended = std::process::Command::new(&program)
            .args(["--lang", if lang == Lang::Zh { "zh" } else { "en" }])
            .args(&typed)
            .status();
        running.store(false, Ordering::SeqCst);
        let code = ended.map_err(|error| unusable(&error, lang))?.code();
        last = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(3);
        terminal::line(&said(last, lang));
    }
}

fn unusable(error: &std::io::Error, lang: Lang) -> Failure {
    Failure::usage(say!(lang, "不能启动命令：{error}", "the command cannot be started: {error}"))
}

/// Ctrl+C is meant for what runs; with nothing running it ends the menu.
fn outlive(running: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let mut interrupts = Interrupts::listen();
            loop {
                interrupts.next().await;
                if !running.load(Ordering::SeqCst) {
                    std::process::exit(0);
                }
            }
        });
    });
}

/// The words of the command chosen; nothing when the menu is left.
fn chosen(lang: Lang) -> Option<Vec<String>> {
    terminal::line("");
    for (number, (what, _)) in (1..).zip(CHOICES) {
        terminal::line(&format!("  {number}  {}", what.get(lang)));
    }
    terminal::line(&say!(lang, "  0  退出", "  0  leave"));
    let most = CHOICES.len();
    let number = terminal::asked(&say!(lang, "请输入编号：", "number:"), |text| match text.parse::<usize>() {
        Ok(number) if number <= most => Ok(number),
        _ => Err(say!(lang, "请输入 0 到 {most} 的编号", "a number from 0 to {most}")),
    })?;
    let (_, words) = number.checked_sub(1).and_then(|place| CHOICES.get(place))?;
    let mut typed: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    if words.first() == Some(&"check") {
        let question = say!(lang, "文件（可把文件拖进这个窗口）：", "the file (it can be dropped into this window):");
        let file = terminal::asked(&question, |text| {
            let file = unquoted(text);
            if Path::new(file).is_file() {
                return Ok(file.to_owned());
            }
            Err(say!(lang, "没有这个文件，请写完整路径", "there is no such file: write the whole path"))
        })?;
        let folder = beside(Path::new(&file), lang);
        typed.extend([file, "--out".to_owned(), folder.display().to_string()]);
    }
    Some(typed)
}

/// What an exit code means, in a sentence.
fn said(code: u8, lang: Lang) -> String {
    match code {
        0 => say!(lang, "（完成）", "(done)"),
        1 => say!(lang, "（完成：有指标未达标，或有矛盾）", "(done: something is missed, or contradicts)"),
        4 => say!(lang, "（完成：有指标未判定）", "(done: something is undecided)"),
        3 => say!(lang, "（没有完成，原因见上）", "(not completed, see above)"),
        _ => say!(lang, "（没有开始，按上面的提示改正后再试）", "(not begun: put right what is said above and try again)"),
    }
}

/// A path as a terminal drops it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(text)
}

/// The folder of results beside a file.
fn beside(file: &Path, lang: Lang) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(say!(lang, "{stem}-检测结果", "{stem}-results"))
}

/// Files dropped on the program: the command line that checks them, where every argument is a file and none a command.
pub(super) fn dropped(arguments: &[OsString], lang: Lang) -> Option<Vec<OsString>> {
    let (program, files) = arguments.split_first()?;
    let first = Path::new(files.first()?);
    let is_command = COMMANDS.iter().any(|command| first.as_os_str() == command.name);
    if is_command || !files.iter().all(|file| Path::new(file).is_file()) {
        return None;
    }
    let folder = beside(first, lang).into_os_string();
    let before = [program.clone(), "check".into()];
    Some(before.into_iter().chain(files.iter().cloned()).chain(["--out".into(), folder]).collect())
}

/// Keeps a window open that closes with the program.
pub(super) fn before_closing(lang: Lang) {
    let _ = terminal::asked(&say!(lang, "按回车关闭", "Enter closes this"), |_| Ok(()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_a_command() {
        for (_, words) in CHOICES {
            assert!(COMMANDS.iter().any(|command| Some(&command.name) == words.first()), "{words:?}");
        }
    }

    #[test]
    fn paths_are_read_as_they_are_dropped() {
        assert_eq!(unquoted(" \"C:\\a b\\x.xlsx\" "), "C:\\a b\\x.xlsx");
        assert_eq!(unquoted("'/a b/x.xml'"), "/a b/x.xml");
        assert_eq!(unquoted("\""), "\"");
        assert_eq!(beside(Path::new("/a/目录.xml"), Lang::Zh), Path::new("/a/目录-检测结果"));
    }

    #[test]
    fn only_files_are_dropped() {
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let of = |words: &[&str]| dropped(&words.iter().map(OsString::from).collect::<Vec<_>>(), Lang::En);
        let line = of(&["gbaudit", own, own]).unwrap();
        assert_eq!(line[1..4], ["check".into(), OsString::from(own), OsString::from(own)]);
        assert!(line.last().unwrap().to_string_lossy().ends_with("Cargo-results"));
        assert_eq!(of(&["gbaudit"]), None);
        assert_eq!(of(&["gbaudit", own, "--out"]), None);
        assert_eq!(of(&["gbaudit", "check", own]), None);
    }
}
