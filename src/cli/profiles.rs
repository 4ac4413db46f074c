//! `gbaudit profiles`, `gbaudit profile NAME`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use super::{Failure, Outcome, output, terminal};
use crate::base::lang::{Lang, say};
use crate::base::text::pad;
use crate::profile::{EMBEDDED, Profile};
use crate::report::document::Typeface;
use crate::report::form;

pub(super) fn list_command(lang: Lang) -> Command {
    Command::new("profiles")
        .about(say!(lang, "列出内置口径", "lists the embedded profiles"))
        .override_usage("gbaudit profiles")
        .after_help(say!(lang, "例：gbaudit profiles", "Example: gbaudit profiles"))
}

pub(super) fn show_command(lang: Lang) -> Command {
    Command::new("profile")
        .about(say!(lang, "以 TOML 显示一个口径，可另存后修改", "prints a profile as TOML, to be saved and changed"))
        .override_usage(say!(
            lang,
            "gbaudit profile <名称或文件> [--confirm 检测口径确认单.docx]",
            "gbaudit profile <NAME or FILE> [--confirm FILE.docx]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit profile sd-2022-basic > 本地口径.toml\n检测前由各方确认：gbaudit profile 本地口径.toml --confirm 检测口径确认单.docx",
            "Example: gbaudit profile sd-2022-basic > local.toml\nTo be agreed on before an audit: gbaudit profile local.toml --confirm confirmation.docx"
        ))
        .arg(
            Arg::new("confirm").long("confirm").value_name("FILE.docx").value_parser(clap::value_parser!(PathBuf)).help(say!(
                lang,
                "写出检测口径确认单（一页 Word）：每个影响结论的选项一个方框，供各方盖章",
                "writes the confirmation of the profile, one page of Word: a box for each choice that can turn a verdict, for the parties to sign"
            )),
        )
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
    let Some(file) = matches.get_one::<PathBuf>("confirm") else {
        terminal::out(&profile.source);
        return Ok(0);
    };
    let shown = file.display().to_string();
    let is = |kind: &str| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(kind));
    if !is("docx") && !is("pdf") {
        return Err(Failure::usage(say!(
            lang,
            "--confirm {shown}：文件名应以 .docx 或 .pdf 结尾",
            "--confirm {shown}: the name must end in .docx or .pdf"
        )));
    }
    output::ready(file, lang)?;
    let form = form::form(&profile, lang);
    let typeface = Typeface::default();
    let write = |out: &mut BufWriter<File>| if is("pdf") { form.save_pages(&typeface, out) } else { form.save(out) };
    output::atomically(file, write).map_err(|e| output::unwritten(&e, file, lang))?;
    let hash = profile.hash();
    terminal::line(&say!(lang, "检测口径确认单  {shown}", "confirmation  {shown}"));
    terminal::line(&say!(
        lang,
        "各方确认后写入设置 [audit]：confirmation = \"编号\"，confirmation_hash = \"{hash}\"",
        "once confirmed, into the settings, [audit]: confirmation = \"NUMBER\", confirmation_hash = \"{hash}\""
    ));
    Ok(0)
}
