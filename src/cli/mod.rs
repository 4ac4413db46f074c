//! Floor 11: the command line. One subcommand a file, one line in `COMMANDS`; printing belongs here.

mod accept;
mod against;
mod audit;
mod bundle;
mod capture;
mod catalog;
mod causes;
mod check;
mod complaint;
mod deliver;
mod demo;
mod diff;
mod doctor;
mod draw;
mod evidence;
mod fix;
mod init;
mod join;
mod layouts;
mod menu;
mod nightly;
mod notice;
mod output;
mod period;
mod probe;
mod problems;
mod profiles;
mod progress;
mod recheck;
mod report;
mod retention;
mod rounds;
mod rules;
mod shell;
mod simulate;
mod template;
mod terminal;
mod verify;
mod view;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::base::lang::{Lang, Text, say};
use crate::base::settings_file::Problem;

/// Bad usage, bad settings, unreadable input, a port taken: found before the first packet.
const USAGE: u8 = 2;

/// Why a command did not do its work.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    lines: Vec<String>,
}

impl Failure {
    /// The user has to change something.
    fn usage(line: impl Into<String>) -> Self {
        Self { code: USAGE, lines: vec![line.into()] }
    }

    /// Something in a file.
    fn problems(problems: &[Problem]) -> Self {
        Self { code: USAGE, lines: problems.iter().map(Problem::render).collect() }
    }
}

type Outcome = Result<u8, Failure>;

/// One subcommand.
struct Subcommand {
    name: &'static str,
    build: fn(Lang) -> Command,
    run: fn(&ArgMatches, Lang) -> Outcome,
}

/// Every subcommand, in the order of the help.
const COMMANDS: &[Subcommand] = &[
    Subcommand { name: "demo", build: demo::command, run: demo::run },
    Subcommand { name: "init", build: init::command, run: init::run },
    Subcommand { name: "audit", build: audit::command, run: audit::run },
    Subcommand { name: "probe", build: probe::command, run: probe::run },
    Subcommand { name: "accept", build: accept::command, run: accept::run },
    Subcommand { name: "recheck", build: recheck::command, run: recheck::run },
    Subcommand { name: "draw", build: draw::command, run: draw::run },
    Subcommand { name: "catalog", build: catalog::command, run: catalog::run },
    Subcommand { name: "check", build: check::command, run: check::run },
    Subcommand { name: "report", build: report::command, run: report::run },
    Subcommand { name: "view", build: view::command, run: view::run },
    Subcommand { name: "evidence", build: evidence::command, run: evidence::run },
    Subcommand { name: "verify", build: verify::command, run: verify::run },
    Subcommand { name: "diff", build: diff::command, run: diff::run },
    Subcommand { name: "nightly", build: nightly::command, run: nightly::run },
    Subcommand { name: "period", build: period::command, run: period::run },
    Subcommand { name: "notice", build: notice::command, run: notice::run },
    Subcommand { name: "fix", build: fix::command, run: fix::run },
    Subcommand { name: "template", build: template::command, run: template::run },
    Subcommand { name: "simulate", build: simulate::command, run: simulate::run },
    Subcommand { name: "rules", build: rules::list_command, run: rules::list },
    Subcommand { name: "rule", build: rules::page_command, run: rules::page },
    Subcommand { name: "cause", build: causes::command, run: causes::run },
    Subcommand { name: "profiles", build: profiles::list_command, run: profiles::list },
    Subcommand { name: "profile", build: profiles::show_command, run: profiles::show },
    Subcommand { name: "menu", build: menu::command, run: menu::run },
    Subcommand { name: "doctor", build: doctor::command, run: doctor::run },
    Subcommand { name: "completions", build: shell::completions_command, run: shell::completions },
    Subcommand { name: "man", build: shell::man_command, run: shell::man },
];

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let lang = language(&arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>());
    logs();
    // A double click has no arguments, and its window closes with the program.
    let clicked = cfg!(windows) && arguments.len() == 1 && std::io::stdin().is_terminal();
    let dropped = menu::dropped(&arguments, lang);
    let stays = cfg!(windows) && dropped.is_some() && std::io::stdin().is_terminal();
    let arguments = match dropped {
        Some(arguments) => arguments,
        None if clicked => arguments.into_iter().chain(["menu".into()]).collect(),
        None => arguments,
    };
    let code = dispatch(arguments, lang);
    if stays {
        menu::before_closing(lang);
    }
    ExitCode::from(code)
}

/// Runs a command line; what goes wrong is said.
fn dispatch(arguments: Vec<OsString>, lang: Lang) -> u8 {
    // Names of files need not be UTF-8.
    let matches = match build(lang).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return complaint::answer(&error, lang),
    };
    let outcome = match matches.subcommand() {
        Some((name, matches)) => match COMMANDS.iter().find(|c| c.name == name) {
            Some(command) => (command.run)(matches, lang),
            None => Ok(0),
        },
        None => {
            terminal::out(&build(lang).render_long_help().to_string());
            Ok(USAGE)
        }
    };
    outcome.unwrap_or_else(|failure| {
        for line in &failure.lines {
            terminal::complain(&format!("gbaudit: {line}"));
        }
        failure.code
    })
}

/// Chinese unless asked otherwise, by `--lang` or `GBAUDIT_LANG`, whatever the locale.
fn language(arguments: &[String]) -> Lang {
    let mut asked = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--lang" {
            asked = rest.next().cloned();
        } else if let Some(value) = argument.strip_prefix("--lang=") {
            asked = Some(value.to_owned());
        }
    }
    let variable = || std::env::var("GBAUDIT_LANG").ok();
    asked.or_else(variable).and_then(|text| Lang::parse(&text)).unwrap_or_default()
}

fn logs() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("GBAUDIT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// The day, in Beijing.
fn today() -> String {
    use crate::base::clock::{Clock as _, SystemClock};
    SystemClock::default().wall().beijing("%Y-%m-%d")
}

/// The whole command line.
fn build(lang: Lang) -> Command {
    let about = say!(
        lang,
        "测量 GB/T 28181 视频平台的指标4：收取目录、判断记录、点播画面、计算比率、留下证据",
        "Measures indicator 4 of a GB/T 28181 video platform: catalogue, records, pictures, rates, evidence"
    );
    let mut command = styled(Command::new("gbaudit"), lang)
        .about(about)
        .override_usage(say!(lang, "gbaudit <命令> [选项]", "gbaudit <command> [options]"))
        .after_help(say!(
            lang,
            "先试一试：gbaudit demo\n每个命令都有 --help。",
            "Try it: gbaudit demo\nEvery command has --help."
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help_heading(Text::new("选项", "Options").get(lang))
                .help(say!(lang, "显示版本", "print the version")),
        )
        .arg(
            Arg::new("lang")
                .long("lang")
                .global(true)
                .value_name("zh|en")
                .value_parser(["zh", "en"])
                .hide_possible_values(true)
                .help_heading(Text::new("选项", "Options").get(lang))
                .help(say!(
                    lang,
                    "界面和报告的语言，默认 zh（或 GBAUDIT_LANG）",
                    "language of screen and reports, default zh (or GBAUDIT_LANG)"
                )),
        )
        .disable_help_subcommand(true)
        .subcommand_required(false);
    for subcommand in COMMANDS {
        command = command.subcommand(styled((subcommand.build)(lang), lang));
    }
    command
}

/// Headings in the user's language.
fn styled(command: Command, lang: Lang) -> Command {
    let template = match lang {
        Lang::Zh => "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}",
        Lang::En => "{about-with-newline}\nUsage: {usage}\n\n{all-args}{after-help}",
    };
    command
        .subcommand_help_heading(Text::new("命令", "Commands").get(lang))
        .help_template(template)
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help(say!(lang, "显示帮助", "print help")))
        .mut_args(|arg| {
            let heading = if arg.is_positional() { Text::new("参数", "Arguments") } else { Text::new("选项", "Options") };
            // The name of the value lists them, in either language.
            let arg = arg.help_heading(heading.get(lang));
            let takes_values = arg.get_action().takes_values();
            if takes_values { arg.hide_possible_values(true) } else { arg }
        })
}

/// `--exit-zero`, for commands that audit.
fn exit_zero(lang: Lang) -> Arg {
    Arg::new("exit-zero").long("exit-zero").action(ArgAction::SetTrue).help(say!(
        lang,
        "未达标和未判定时也以 0 退出（不影响 2 和 3）",
        "exit with 0 also when rates are missed or undecided (never instead of 2 or 3)"
    ))
}

/// `--out DIR`
fn out(lang: Lang, default: &str) -> Arg {
    Arg::new("out").long("out").value_name("DIR").value_parser(clap::value_parser!(std::path::PathBuf)).help(say!(
        lang,
        "结果文件夹，默认 {default}",
        "folder for the results, default {default}"
    ))
}

/// `-c FILE`
fn config(lang: Lang) -> Arg {
    Arg::new("config")
        .short('c')
        .long("config")
        .value_name("FILE")
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help(say!(lang, "设置文件，默认 gbaudit.toml", "settings file, default gbaudit.toml"))
}

/// The exit code of a finished report.
fn exit_code(exit: crate::report::Exit, matches: &ArgMatches) -> u8 {
    let zero = matches.get_flag("exit-zero");
    match exit.code() {
        1 | 4 if zero => 0,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_in_both_languages() {
        build(Lang::Zh).debug_assert();
        build(Lang::En).debug_assert();
    }

    #[test]
    fn the_language_is_chinese_unless_asked_otherwise() {
        let args = |text: &str| text.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
        assert_eq!(language(&args("gbaudit audit --lang en")), Lang::En);
        assert_eq!(language(&args("gbaudit --lang=en audit")), Lang::En);
        assert_eq!(language(&args("gbaudit audit")), Lang::Zh);
    }

    #[test]
    fn every_command_has_an_example_in_its_help() {
        for lang in [Lang::Zh, Lang::En] {
            for subcommand in COMMANDS {
                let help = (subcommand.build)(lang).render_long_help().to_string();
                assert!(help.contains(&format!("gbaudit {}", subcommand.name)), "{}: {help}", subcommand.name);
            }
        }
    }
}
