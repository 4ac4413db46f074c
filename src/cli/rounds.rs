//! `gbaudit report --rounds RUN RUN RUN`: the rounds of one day as one result.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::deliver::place;
use super::report::Source;
use super::{Failure, Outcome, exit_code, output, terminal};
use crate::audit::assess::assess;
use crate::audit::rounds::{Refused, Together};
use crate::base::lang::{Lang, say};
use crate::evidence::{Evidence, Header};
use crate::report::Exit;
use crate::report::document::Typeface;
use crate::report::rounds::{self, Rounds};

pub(super) fn run(runs: &[String], matches: &ArgMatches, lang: Lang) -> Outcome {
    let sources = runs.iter().map(|run| Source::named(run, matches, lang)).collect::<Result<Vec<_>, _>>()?;
    let first = runs
        .first()
        .map(|run| Path::new(run).file_name().map_or_else(|| run.clone(), |name| name.to_string_lossy().into_owned()));
    let default = || PathBuf::from("out").join(format!("rounds-{}", first.clone().unwrap_or_default()));
    let above = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(default);
    output::prepare(&above, lang)?;
    let typeface = output::Formats::of(matches, lang)?.typeface;
    let exit = put_together(&sources, &above, (&typeface, None), lang)?;
    Ok(exit_code(exit, matches))
}

/// Puts rounds together, a platform each, and writes what comes of it. `batch`: what stands of their batch, if they are one.
pub(super) fn put_together(
    sources: &[Source],
    above: &Path,
    (typeface, batch): (&Typeface, Option<&str>),
    lang: Lang,
) -> Result<Exit, Failure> {
    let mut platforms = BTreeSet::new();
    for source in sources {
        platforms.extend(source.headers(lang)?.into_iter().map(|header| header.platform.name));
    }
    let several = platforms.len() > 1;
    let mut worst = Exit::Reached;
    for name in platforms {
        let folder = if several { output::below(above, &name) } else { above.to_owned() };
        let mut together = together(sources, &name, lang)?;
        together.typeface = typeface.clone();
        together.batch = batch.map(ToOwned::to_owned);
        output::prepare(&folder, lang)?;
        output::write_rounds(&together, &folder).map_err(|error| output::unwritten(&error, &folder, lang))?;
        terminal::out(&rounds::render(&together));
        terminal::line(&place(&folder, lang));
        if together.exit().rank() > worst.rank() {
            worst = together.exit();
        }
    }
    Ok(worst)
}

/// The rounds of one platform, in the order of their times.
fn together(sources: &[Source], platform: &str, lang: Lang) -> Result<Rounds, Failure> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for source in sources {
        evidence.extend(source.all(lang)?.into_iter().filter(|one| one.header.platform.name == platform));
    }
    evidence.sort_by(|a, b| (a.header.started, &a.header.run_id).cmp(&(b.header.started, &b.header.run_id)));
    let headers: Vec<Header> = evidence.iter().map(|one| one.header.clone()).collect();
    let mut together = Together::default();
    for evidence in evidence {
        let report = assess(evidence, lang, None).map_err(|error| Failure::usage(error.to_string()))?;
        together.add(&report).map_err(|refused| Failure::usage(told(&refused, lang)))?;
    }
    let none = || Failure::usage(say!(lang, "没有可合并的轮次", "there is no round to be put together"));
    let mut rounds = together.finish().ok_or_else(none)?;
    if let Some(like) = headers.first() {
        for source in sources {
            rounds.not_named.extend(source.rounds_like(like, lang)?);
        }
        rounds.not_named.retain(|run| !headers.iter().any(|header| header.run_id == *run));
        rounds.not_named.sort_unstable();
        rounds.not_named.dedup();
    }
    Ok(rounds)
}

fn told(refused: &Refused, lang: Lang) -> String {
    match refused {
        Refused::OneRound => say!(
            lang,
            "口径只有一轮，不需要合并；几轮合并用口径 sd-2022-acceptance，或在口径中写 [schedule]",
            "the profile has one round, nothing is to be put together; use the profile sd-2022-acceptance, or write [schedule] in yours"
        ),
        Refused::TooMany(most) => say!(
            lang,
            "口径为 {most} 轮，列出的更多：取哪几轮不能由人挑选，请只列出事先约定的 {most} 轮",
            "the profile has {most} rounds and more were named: nobody may choose among them, name the {most} that were agreed on"
        ),
        Refused::Twice(run) => say!(lang, "批次 {run} 列了两次", "run {run} is named twice"),
        Refused::Other(run) => say!(
            lang,
            "批次 {run} 的平台、口径、辖区或作答的比率与第一轮不同，不能合并",
            "run {run} is of another platform, profile, jurisdiction, or answers for other rates than the first round"
        ),
        Refused::OtherDay(run) => say!(
            lang,
            "批次 {run} 与第一轮不是同一天（北京时间），不能合并",
            "run {run} is of another day (Beijing time) than the first round"
        ),
        Refused::NotACensus(run) => say!(
            lang,
            "批次 {run} 没有点播全部摄像机（--no-probe、--probe-limit、--sample 或 --stop-when-certain），不能作为一轮",
            "run {run} did not call every camera (--no-probe, --probe-limit, --sample or --stop-when-certain) and is no round"
        ),
    }
}
