//! `gbaudit profiles`, `gbaudit profile NAME`.

use std::path::Path;

use clap::{Arg, ArgMatches, Command};

use super::{Failure, Outcome, terminal};
use crate::base::lang::{Lang, say};
use crate::base::text::pad;
use crate::profile::{EMBEDDED, Profile};

pub(super) fn list_command(lang: Lang) -> Command {
    Command::new("profiles")
        .about(say!(lang, "列出内置口径", "lists the embedded profiles"))
        .override_usage("gbaudit profiles")
        .after_help(say!(lang, "例：gbaudit profiles", "Example: gbaudit profiles"))
}

pub(super) fn show_command(lang: Lang) -> Command {
    Command::new("profile")
        .about(say!(lang, "以 TOML 显示一个口径，可另存后修改", "prints a profile as TOML, to be saved and changed"))
        .override_usage(say!(lang, "gbaudit profile <名称或文件>", "gbaudit profile <NAME or FILE>"))
        .after_help(say!(
            lang,
            "例：gbaudit profile sd-2022-basic > 本地口径.toml",
            "Example: gbaudit profile sd-2022-basic > local.toml"
        ))
        .arg(Arg::new("name").required(true).value_name("NAME").help(say!(
            lang,
            "口径名称或 TOML 文件",
            "an embedded name or a TOML file"
        )))
}

pub(super) fn list(_: &ArgMatches, lang: Lang) -> Outcome {
    for (name, text) in EMBEDDED {
        let profile = Profile::parse(name, text, lang).map_err(|p| Failure::problems(&p))?;
        terminal::line(&format!("{}  {}", pad(name, 20), profile.title(lang)));
    }
    Ok(0)
}

pub(super) fn show(matches: &ArgMatches, lang: Lang) -> Outcome {
    let name = matches.get_one::<String>("name").map(String::as_str).unwrap_or_default();
    let profile = crate::config::load_profile(name, Path::new("."), lang).map_err(|p| Failure::problems(&p))?;
    terminal::out(&profile.source);
    Ok(0)
}
