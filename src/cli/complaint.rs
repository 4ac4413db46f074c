//! What is wrong with a command line, in the user's language.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{USAGE, terminal};
use crate::base::lang::{Lang, say};

/// Prints help and version on stdout, everything else on stderr.
pub(super) fn answer(error: &Error, lang: Lang) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            terminal::out(&error.render().to_string());
            0
        }
        _ => {
            terminal::complain(&format!("gbaudit: {}", explain(error, lang)));
            USAGE
        }
    }
}

fn explain(error: &Error, lang: Lang) -> String {
    let get = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let argument = get(ContextKind::InvalidArg);
    let value = get(ContextKind::InvalidValue);
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .map(get)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let hint = if near.is_empty() { String::new() } else { say!(lang, "，是否想写 {near}？", ", did you mean {near}?") };
    let more = say!(lang, "；用 --help 查看用法", "; see --help");
    match error.kind() {
        ErrorKind::UnknownArgument => {
            say!(lang, "不认识的参数 {argument}{hint}{more}", "unknown argument {argument}{hint}{more}")
        }
        ErrorKind::InvalidSubcommand => {
            let name = get(ContextKind::InvalidSubcommand);
            say!(lang, "不认识的命令 {name}{hint}{more}", "unknown command {name}{hint}{more}")
        }
        ErrorKind::MissingRequiredArgument => say!(lang, "缺少参数 {argument}{more}", "missing {argument}{more}"),
        ErrorKind::InvalidValue if value.is_empty() => {
            say!(lang, "{argument} 缺少值{more}", "{argument} needs a value{more}")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let valid = get(ContextKind::ValidValue);
            let valid = if valid.is_empty() { String::new() } else { say!(lang, "，可写：{valid}", ", write: {valid}") };
            say!(lang, "{argument} 不能是 \"{value}\"{valid}{more}", "{argument} cannot be \"{value}\"{valid}{more}")
        }
        ErrorKind::ArgumentConflict => {
            let other = get(ContextKind::PriorArg);
            say!(lang, "{argument} 不能与 {other} 同时使用", "{argument} cannot be used with {other}")
        }
        _ => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}
