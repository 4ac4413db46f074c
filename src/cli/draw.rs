//! `gbaudit draw`: a check on the spot, of cameras drawn by a number the residents name.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::audit::{Carried, alone, carry_out, chosen, order, platform_arg, settings, wait_arg};
use super::deliver::kept_not;
use super::{Failure, Outcome, config, exit_code, exit_zero, output, probe, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::evidence::ProbePlan;
use crate::report::retest::{page, retest};
use crate::store::{Store, StoreError};

/// Cameras of one draw: more than a page and a meeting can take is an audit.
const MOST: u64 = 200;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("draw")
        .about(say!(
            lang,
            "现场抽查：按居民报出的数字抽取摄像机，当场点播并出示画面",
            "a check on the spot: cameras drawn by a number the residents name, called at once, their pictures shown"
        ))
        .override_usage("gbaudit draw --seed N [--count 10] [-c gbaudit.toml] [--platform NAME] [--out DIR]")
        .after_help(say!(
            lang,
            "例：gbaudit draw --seed 6328 --count 10 --out 抽查\n抽法与 audit --sample 相同：按社区和类别分层，由种子和编码的哈希决定，谁都可以重算。",
            "Example: gbaudit draw --seed 6328 --count 10 --out draw\nDrawn as audit --sample draws: by communities and classes, by hashes of seed and code, which anybody can compute again."
        ))
        .arg(Arg::new("seed").long("seed").value_name("N").required(true).value_parser(value_parser!(u64)).help(say!(
            lang,
            "居民报出的数字",
            "the number the residents named"
        )))
        .arg(
            Arg::new("count")
                .long("count")
                .value_name("10")
                .default_value("10")
                .hide_default_value(true)
                .value_parser(value_parser!(u64).range(1..=MOST))
                .help(say!(lang, "抽几路，默认 10，最多 {MOST}", "how many cameras, default 10, at most {MOST}")),
        )
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(super::out(lang, &say!(lang, "out/批次号", "out/RUN")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let number = |name: &str| matches.get_one::<u64>(name).copied().unwrap_or_default();
    let (seed, size) = (number("seed"), number("count"));
    let settings = settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    if platforms.len() > 1 {
        return Err(Failure::usage(say!(
            lang,
            "设置中有几个平台；请用 --platform 指定抽查哪一个",
            "the settings have several platforms: name the one to draw from with --platform"
        )));
    }
    let order = order(matches, &settings, platforms, ProbePlan::Sample { size, seed });
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(|| PathBuf::from("out").join(&order.run_id));
    output::prepare(&folder, lang)?;
    let _alone = alone(&settings, &order, lang)?;
    let Carried { evidence, mut store, mut failed } = carry_out(order, Vec::new(), &settings, lang)?;
    let Some(one) = evidence.into_iter().next() else { return Ok(0) };
    let (run, platform) = (one.header.run_id.clone(), one.header.platform.name.clone());
    if let Some(store) = &mut store {
        failed = failed.or(store.put(&one).err());
    }
    let drawn: Vec<String> = one.header.conduct.sampling.iter().flat_map(|own| &own.drawn).map(|own| own.code.clone()).collect();
    let earlier = store.as_ref().and_then(|store| probe::earlier(store, &one, lang));
    let report = assess(one, lang, None)?;
    if drawn.is_empty() {
        let why = report.header.incomplete.map_or_else(
            || say!(lang, "目录中没有摄像机可抽", "the catalogue has no camera to draw"),
            |incomplete| incomplete.text().get(lang).to_owned(),
        );
        return Err(Failure { code: 3, lines: vec![say!(lang, "没有抽查：{why}", "nothing was drawn: {why}")] });
    }
    let retest = retest(&report, earlier.as_ref(), &drawn);
    terminal::out(&retest.render());
    let picture = |name: &str| -> Result<Option<Vec<u8>>, StoreError> {
        store.as_ref().map_or(Ok(None), |store: &Store| store.picture(&run, &platform, name))
    };
    let mut pictures = Vec::new();
    for line in retest.lines() {
        let octets = line.snapshot.as_deref().map_or(Ok(None), &picture);
        pictures.push(octets.map_err(|error| kept_not(&error, lang))?);
    }
    let file = folder.join("draw.html");
    output::atomically(&file, |out| page(&retest, seed, &pictures, out))
        .map_err(|error| output::unwritten(&error, &folder, lang))?;
    let shown = std::fs::canonicalize(&file).unwrap_or(file).display().to_string();
    terminal::line(&say!(lang, "画面  {shown}", "pictures  {shown}"));
    match failed {
        Some(error) => Err(kept_not(&error, lang)),
        None => Ok(exit_code(retest.exit(), matches)),
    }
}
