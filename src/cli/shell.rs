//! `gbaudit completions SHELL`, `gbaudit man`.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::{Failure, Outcome, terminal};
use crate::base::lang::{Lang, say};

pub(super) fn completions_command(lang: Lang) -> Command {
    Command::new("completions")
        .about(say!(lang, "输出命令行补全脚本", "prints a completion script for a shell"))
        .override_usage("gbaudit completions <bash|zsh|fish|powershell|elvish>")
        .after_help(say!(
            lang,
            "例：gbaudit completions bash > /etc/bash_completion.d/gbaudit",
            "Example: gbaudit completions bash > /etc/bash_completion.d/gbaudit"
        ))
        .arg(
            Arg::new("shell")
                .required(true)
                .value_name("bash|zsh|fish|powershell|elvish")
                .value_parser(value_parser!(Shell))
                .help(say!(lang, "哪一种命令行", "which shell")),
        )
}

pub(super) fn man_command(lang: Lang) -> Command {
    Command::new("man")
        .about(say!(lang, "输出手册页（roff）", "prints the manual page (roff)"))
        .override_usage("gbaudit man")
        .after_help(say!(lang, "例：gbaudit man | man -l -", "Example: gbaudit man | man -l -"))
}

pub(super) fn completions(matches: &ArgMatches, lang: Lang) -> Outcome {
    if let Some(shell) = matches.get_one::<Shell>("shell") {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut super::build(lang), "gbaudit", &mut script);
        terminal::out(&String::from_utf8_lossy(&script));
    }
    Ok(0)
}

pub(super) fn man(_: &ArgMatches, lang: Lang) -> Outcome {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(super::build(lang)).render(&mut page);
    written.map_err(|e| Failure::usage(e.to_string()))?;
    terminal::out(&String::from_utf8_lossy(&page));
    Ok(0)
}
