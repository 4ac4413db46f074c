//! `gbaudit nightly`: the night's report of a stored run, beside the run before it.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::report::Source;
use super::{Outcome, config, deliver, output, terminal};
use crate::audit::assess::assess;
use crate::audit::recall::MAX_TRIED;
use crate::base::lang::{Lang, say};
use crate::diff::nightly::{NIGHTS, csv, html, nightly, opening};
use crate::evidence::Evidence;
use crate::evidence::problems::RunRates;
use crate::report::Report;
use crate::store::{Store, StoreError};

const DAY_S: i64 = 86_400;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("nightly")
        .about(say!(
            lang,
            "日报：一次检测与上一次相比，按责任单位的在线、离线、异常和较上次的变化",
            "the night's report: a run beside the one before it, by unit"
        ))
        .override_usage("gbaudit nightly [RUN | latest] [--out DIR]")
        .after_help(say!(lang, "例：gbaudit nightly latest --out 日报", "Example: gbaudit nightly latest --out night"))
        .arg(Arg::new("run").default_value("latest").value_name("RUN").help(say!(
            lang,
            "批次号或 latest（默认）",
            "a run's id, or latest (default)"
        )))
        .arg(config(lang))
        .arg(Arg::new("out").long("out").value_name("DIR").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "写入 nightly.html、nightly.csv 的文件夹；不写则只显示",
            "folder for nightly.html and nightly.csv; without it they are only shown"
        )))
}

/// The latest run before this one whose catalogue is whole.
fn before(store: &Store, after: &Report, lang: Lang) -> Result<Option<Report>, StoreError> {
    let header = &after.header;
    for run in store.earlier(&header.run_id, &header.platform.name, header.started(), MAX_TRIED)? {
        let Some(evidence) = store.load_platform(&run, &header.platform.name)? else { continue };
        let same = evidence.header.platform.id == header.platform.id && evidence.header.incomplete.is_none();
        let report = Some(evidence).filter(|_| same).and_then(|evidence| assess(evidence, lang, None).ok());
        if let Some(report) = report.filter(|report| !report.catalog.state.voids()) {
            return Ok(Some(report));
        }
    }
    Ok(None)
}

/// What the book says of a run: new, came back, closed, and of the nights up to it; nothing where it was not kept.
fn book(store: &Store, after: &Report) -> Result<(Option<[u64; 3]>, Vec<RunRates>), StoreError> {
    let (platform, at) = (&after.header.platform.id, after.header.started());
    let nights = store.rates_between(platform, at.plus_seconds(-NIGHTS * DAY_S), at.plus_seconds(1))?;
    let Some(own) = nights.iter().find(|run| run.run == after.header.run_id) else { return Ok((None, Vec::new())) };
    if let Some([new, back, _, _, closed]) = own.problems {
        return Ok((Some([new, back, closed]), nights));
    }
    // Counted before the book kept it with the run.
    let book = store.problems_since(platform, at)?;
    let count =
        |of: &dyn Fn(&crate::evidence::problems::Problem) -> bool| book.iter().filter(|problem| of(problem)).count() as u64;
    let counts = [
        count(&|problem| problem.first == at),
        count(&|problem| problem.returns > 0 && problem.since == at && problem.first != at),
        count(&|problem| problem.closed == Some(at)),
    ];
    Ok((Some(counts), nights))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let source = Source::find(matches, lang)?;
    let evidence: Vec<Evidence> = source.all(lang)?;
    let several = evidence.len() > 1;
    for one in evidence {
        let name = one.header.platform.name.clone();
        let after = assess(one, lang, None)?;
        let store = source.store_of(&name);
        let unreadable = |error: StoreError| deliver::kept_not(&error, lang);
        let (earlier, (problems, nights)) = match store {
            Some(store) => (before(store, &after, lang).map_err(unreadable)?, book(store, &after).map_err(unreadable)?),
            None => (None, (None, Vec::new())),
        };
        let night = nightly(earlier.as_ref(), &after, problems, nights);
        terminal::out(&opening(&night));
        let Some(above) = matches.get_one::<PathBuf>("out") else { continue };
        let folder = if several { output::below(above, &name) } else { above.clone() };
        output::prepare(&folder, lang)?;
        let unwritten = |error: &std::io::Error| output::unwritten(error, &folder, lang);
        output::atomically(&folder.join("nightly.html"), |out| html(&night, out)).map_err(|e| unwritten(&e))?;
        output::atomically(&folder.join("nightly.csv"), |out| csv(&night, out)).map_err(|e| unwritten(&e))?;
        let shown = folder.display().to_string();
        terminal::line(&say!(lang, "已写 {shown}：nightly.html、nightly.csv", "written {shown}: nightly.html, nightly.csv"));
    }
    Ok(0)
}
