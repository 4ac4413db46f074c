//! `gbaudit rules`, `gbaudit rule CODE`: the register, and one page of it.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, Outcome, terminal};
use crate::base::lang::{Lang, say};
use crate::base::text::pad;
use crate::rules::{REGISTER, Rule};

pub(super) fn list_command(lang: Lang) -> Command {
    Command::new("rules")
        .about(say!(lang, "列出全部检查规则", "lists the rules"))
        .override_usage("gbaudit rules [--json]")
        .after_help(say!(lang, "例：gbaudit rules --json", "Example: gbaudit rules --json"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help(say!(
            lang,
            "以 JSON 输出，供程序读取",
            "as JSON, for programs"
        )))
}

pub(super) fn page_command(lang: Lang) -> Command {
    Command::new("rule")
        .about(say!(lang, "显示一条规则的说明", "shows the page of one rule"))
        .override_usage(say!(lang, "gbaudit rule <代码>", "gbaudit rule <CODE>"))
        .after_help(say!(lang, "例：gbaudit rule D05", "Example: gbaudit rule D05"))
        .arg(Arg::new("code").required(true).value_name("CODE").help(say!(
            lang,
            "规则代码，如 D05",
            "the rule's code, such as D05"
        )))
}

pub(super) fn list(matches: &ArgMatches, lang: Lang) -> Outcome {
    if matches.get_flag("json") {
        let rules: Vec<_> = REGISTER
            .iter()
            .map(|rule| {
                let page = rule.page();
                serde_json::json!({
                    "rule": rule.id,
                    "field": rule.field.key(),
                    "elements": rule.elements.iter().map(|e| e.name()).collect::<Vec<_>>(),
                    "severity": rule.severity.key(),
                    "core": rule.core.key(),
                    "editions": rule.editions.key(),
                    "basis": rule.basis.key(),
                    "autofix": rule.autofix.key(),
                    "step": rule.step.place(),
                    "title_zh": page.side(Lang::Zh).title,
                    "title_en": page.side(Lang::En).title,
                })
            })
            .collect();
        match serde_json::to_string_pretty(&rules) {
            Ok(text) => terminal::line(&text),
            Err(error) => return Err(Failure::usage(error.to_string())),
        }
        return Ok(0);
    }
    for rule in REGISTER {
        terminal::line(&format!(
            "{}  {}{}{}",
            rule.id,
            pad(rule.field.title().get(lang), 14),
            pad(rule.basis.title().get(lang), if lang == Lang::Zh { 12 } else { 24 }),
            rule.page().side(lang).title
        ));
    }
    Ok(0)
}

pub(super) fn page(matches: &ArgMatches, lang: Lang) -> Outcome {
    let code = matches.get_one::<String>("code").map(String::as_str).unwrap_or_default();
    let Some(rule) = Rule::find(code) else {
        let near = REGISTER
            .iter()
            .max_by(|a, b| {
                let likeness = |r: &Rule| strsim::jaro_winkler(r.id, &code.to_uppercase());
                likeness(a).total_cmp(&likeness(b))
            })
            .map_or("", |r| r.id);
        return Err(Failure::usage(say!(
            lang,
            "没有规则 {code}，是否想看 {near}？全部规则见 gbaudit rules",
            "there is no rule {code}, did you mean {near}? All of them: gbaudit rules"
        )));
    };
    let page = rule.page();
    let side = page.side(lang);
    terminal::line(&format!("{}  {}", rule.id, side.title));
    let (field, basis) = (rule.field.title().get(lang), rule.basis.title().get(lang));
    terminal::line(&say!(lang, "字段：{field}    依据：{basis}", "field: {field}    basis: {basis}"));
    let elements = rule.elements.iter().map(|e| e.name()).collect::<Vec<_>>().join(" ");
    let editions = rule.editions.title().get(lang);
    terminal::line(&say!(lang, "元素：{elements}    适用版本：{editions}", "elements: {elements}    editions: {editions}"));
    for (heading, text) in &side.sections {
        terminal::line(&format!("\n{heading}"));
        for line in text.lines() {
            terminal::line(&format!("  {line}"));
        }
    }
    Ok(0)
}
