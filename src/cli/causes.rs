//! `gbaudit cause [ID]`: the register of causes of no picture, and one page of it.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, Outcome, terminal};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::pad;
use crate::probe::cause::{Why, register};

pub(super) fn command(lang: Lang) -> Command {
    Command::new("cause")
        .about(say!(lang, "列出未出图的原因，或显示其中一种的说明", "lists the causes of no picture, or shows the page of one"))
        .override_usage(say!(lang, "gbaudit cause [代码] [--json]", "gbaudit cause [ID] [--json]"))
        .after_help(say!(lang, "例：gbaudit cause recorder_busy", "Example: gbaudit cause recorder_busy"))
        .arg(Arg::new("id").value_name("ID").help(say!(
            lang,
            "原因代码（probe.why），如 recorder_busy；不写则列出全部",
            "the cause's id (probe.why), such as recorder_busy; without it all are listed"
        )))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).conflicts_with("id").help(say!(
            lang,
            "以 JSON 输出，供程序读取",
            "as JSON, for programs"
        )))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    match matches.get_one::<String>("id") {
        Some(id) => terminal::out(&page(find(id, lang)?, lang)),
        None if matches.get_flag("json") => {
            let causes: Vec<_> = register().map(json).collect();
            terminal::line(&serde_json::to_string_pretty(&causes).map_err(|error| Failure::usage(error.to_string()))?);
        }
        None => terminal::out(&list(lang)),
    }
    Ok(0)
}

fn find(id: &str, lang: Lang) -> Result<&'static Why, Failure> {
    Why::find(id).ok_or_else(|| {
        let likeness = |why: &&Why| strsim::jaro_winkler(why.id, &id.to_lowercase());
        let near = register().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).map_or("", |why| why.id);
        Failure::usage(say!(
            lang,
            "没有原因 {id}，是否想看 {near}？全部原因见 gbaudit cause",
            "there is no cause {id}, did you mean {near}? All of them: gbaudit cause"
        ))
    })
}

fn json(why: &Why) -> serde_json::Value {
    let text = |text: Text| serde_json::json!({"zh": text.zh, "en": text.en});
    serde_json::json!({
        "why": why.id,
        "cause": why.cause.id(),
        "blame": why.blame.id(),
        "doubtful": why.doubtful,
        "title": text(why.title),
        "means": text(why.means),
        "basis": text(why.basis),
        "todo": text(why.todo),
    })
}

/// One line each.
fn list(lang: Lang) -> String {
    let doubtful = Text::new("存疑", "doubtful").get(lang);
    let (blames, marks) = if lang == Lang::Zh { (16, 6) } else { (36, 10) };
    let mut out = String::new();
    for why in register() {
        let mark = if why.doubtful { doubtful } else { "" };
        let (id, blame) = (pad(why.id, 26), pad(why.blame.title().get(lang), blames));
        let _ = writeln!(out, "{id}{blame}{}{}", pad(mark, marks), why.title.get(lang));
    }
    out
}

fn page(why: &Why, lang: Lang) -> String {
    let (title, cause, blame) = (why.title.get(lang), why.cause.title().get(lang), why.blame.title().get(lang));
    let mut out = format!("{}  {title}\n", why.id);
    let _ = writeln!(out, "{}", say!(lang, "归类：{cause}    责任归属：{blame}", "under: {cause}    put down to: {blame}"));
    let proof = if why.doubtful {
        Text::new(
            "存疑：留在分母中、不计入分子，计入最好情况",
            "doubtful: in the denominator, not in the numerator, in the best case",
        )
    } else {
        Text::new("不存疑：计为未出图", "proven: counts as no picture")
    };
    let _ = writeln!(out, "{}", proof.get(lang));
    for (heading, text) in [
        (Text::new("含义", "What it means"), why.means),
        (Text::new("依据", "What it rests on"), why.basis),
        (Text::new("怎么办", "What to do"), why.todo),
    ] {
        let _ = writeln!(out, "\n{}\n  {}", heading.get(lang), text.get(lang));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whose_it_is_and_what_to_do() {
        let busy = page(find("RECORDER_BUSY", Lang::Zh).unwrap(), Lang::Zh);
        for part in ["recorder_busy", "486", "录像机并发已满", "存疑", "怎么办"] {
            assert!(busy.contains(part), "{part}: {busy}");
        }
        let proven = page(find("no_packet", Lang::En).unwrap(), Lang::En);
        assert!(proven.contains("put down to: camera") && proven.contains("proven"), "{proven}");
    }

    #[test]
    fn a_misspelt_one_is_told_the_nearest() {
        let failure = find("recorder_bussy", Lang::En).unwrap_err();
        assert!(failure.lines.iter().any(|line| line.contains("recorder_busy")), "{failure:?}");
    }

    #[test]
    fn the_list_has_a_line_for_each() {
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(list(lang).lines().count(), register().count());
        }
    }
}
