//! `gbaudit recheck`: the records again after a cleaning round, with the calls of the last run; what changed, and what became of the rates.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};

use super::audit::{Carried, alone, carry_out, chosen, not_opened, order, platform_arg, settings, wait_arg};
use super::deliver::{deliver, kept_not};
use super::probe::{last_called, listed};
use super::{Failure, Outcome, config, exit_code, exit_zero, output, terminal};
use crate::audit::assess::assess;
use crate::audit::carry::{can_be_carried, carry};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, pad};
use crate::catalog::Item;
use crate::diff::{self, Diff, screen};
use crate::evidence::{Evidence, ProbePlan};
use crate::manscdp::item::Element;
use crate::platform::PlatformSetting;
use crate::report::{Exit, summary};
use crate::store::{Store, StoreError};

/// Records shown one by one.
const MAX_SHOWN: usize = 50;
/// Columns of a name.
const MAX_NAME: usize = 24;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("recheck")
        .about(say!(
            lang,
            "快速复查：重新收取目录、判断记录，点播结果沿用最近一次检测并注明日期",
            "a quick second look: a fresh catalogue, records judged anew, the calls of the last run carried along and dated"
        ))
        .override_usage(
            "gbaudit recheck [NAME|DEVICE_ID]... [--list FILE] [-c gbaudit.toml] [--platform NAME]... [--run RUN] [--out DIR]",
        )
        .after_help(say!(
            lang,
            "例：平台上改完记录后 gbaudit recheck 永昌路\n写名称（或其中几个字）、设备编码或名单（--list）时，只列出这些记录；比率总是全部的。",
            "Example: after records were mended, gbaudit recheck 永昌路\nWith names (or part of one), codes or a list only those records are listed; the rates are always those of all."
        ))
        .arg(Arg::new("which").value_name("NAME|DEVICE_ID").num_args(0..).help(say!(
            lang,
            "只列出这些：名称中的字，或设备编码",
            "only these are listed: part of a name, or a device code"
        )))
        .arg(Arg::new("list").long("list").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "只列出名单中的（XLSX、CSV，有“设备编码”一列）",
            "only those of a list (XLSX, CSV with a column 设备编码 or device_id)"
        )))
        .arg(Arg::new("run").long("run").value_name("RUN").help(say!(
            lang,
            "与这个批次比较并沿用其点播结果，默认最近一次点播过的",
            "compared with this run, whose calls are carried along; default the last that called cameras"
        )))
        .arg(config(lang))
        .arg(platform_arg(lang))
        .arg(wait_arg(lang))
        .arg(output::font(lang))
        .arg(super::out(lang, &say!(lang, "不写文件，只显示", "none, it is only shown")))
        .arg(exit_zero(lang))
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let wanted = Wanted::of(matches, lang)?;
    let formats = output::Formats::of(matches, lang)?;
    let settings = settings(matches, lang)?;
    let platforms = chosen(matches, &settings, lang)?;
    let mut order = order(matches, &settings, platforms, ProbePlan::No);
    order.measure.what.clear();
    let _alone = alone(&settings, &order, lang)?;
    // Before anybody is asked anything: without an earlier run there is nothing to look at again.
    let mut earlier = HashMap::new();
    {
        let store = Store::open(&settings.store).map_err(|error| not_opened(&error, lang))?;
        for platform in &order.platforms {
            let found = before(&store, platform, matches, lang)?;
            earlier.insert(platform.name.clone(), found);
        }
    }
    let folder = matches.get_one::<PathBuf>("out");
    if let Some(folder) = folder {
        output::prepare(folder, lang)?;
    }
    let Carried { mut evidence, mut store, mut failed } = carry_out(order, Vec::new(), &settings, lang)?;
    let mut worst = Exit::Reached;
    for one in &mut evidence {
        let Some(before) = earlier.remove(&one.header.platform.name) else { continue };
        // What did not come to its end says nothing of calls either.
        if one.header.incomplete.is_none() {
            carry(one, &before);
        }
        if let Some(store) = &mut store {
            failed = failed.or(store.put(one).err());
        }
        let (before, after) = (assess(before, lang, None)?, assess(one.clone(), lang, None)?);
        let diff = diff::diff(&before, &after, &[]);
        terminal::out(&screen::diff(&diff));
        terminal::out(&records(&diff, &wanted, lang));
        // What is written is also shown.
        if folder.is_none() {
            terminal::line("");
            terminal::out(&summary::render(&after));
        }
        if after.exit().rank() > worst.rank() {
            worst = after.exit();
        }
    }
    if let Some(folder) = folder {
        deliver(evidence, store.as_slice(), (folder, &formats), None, lang)?;
    }
    match failed {
        Some(error) => Err(kept_not(&error, lang)),
        None => Ok(exit_code(worst, matches)),
    }
}

/// The run whose calls are carried along.
fn before(store: &Store, platform: &PlatformSetting, matches: &ArgMatches, lang: Lang) -> Result<Evidence, Failure> {
    let (name, id) = (platform.name.as_str(), platform.party.id.as_str());
    let shown = excerpt(name, 40);
    let unreadable = |error: StoreError| not_opened(&error, lang);
    if let Some(run) = matches.get_one::<String>("run") {
        let found = store.load_platform(run, name).map_err(unreadable)?;
        let fits = |own: &Evidence| own.header.platform.id == id && can_be_carried(&own.header);
        return found.filter(fits).ok_or_else(|| {
            Failure::usage(say!(
                lang,
                "批次 {run} 中没有平台 {shown} 的完整点播结果；请换一个 --run，或先运行 gbaudit audit",
                "run {run} has no whole set of calls of the platform {shown}: name another --run, or run gbaudit audit first"
            ))
        });
    }
    let found = last_called(store, (name, id), ("", SystemClock::default().wall())).map_err(unreadable)?;
    found.ok_or_else(|| {
        Failure::usage(say!(
            lang,
            "平台 {shown} 还没有检测过，没有可沿用的点播结果；请先运行 gbaudit audit",
            "the platform {shown} has not been audited yet, there are no calls to carry along: run gbaudit audit first"
        ))
    })
}

/// Which records are listed; nothing: those that changed.
struct Wanted {
    names: Vec<String>,
    codes: HashSet<String>,
}

impl Wanted {
    fn of(matches: &ArgMatches, lang: Lang) -> Result<Self, Failure> {
        let words = matches.get_many::<String>("which").into_iter().flatten().cloned();
        let (codes, names): (HashSet<String>, Vec<String>) = {
            let (codes, names): (Vec<String>, Vec<String>) = words.partition(|word| is_code(word));
            (codes.into_iter().collect(), names)
        };
        let mut wanted = Self { names, codes };
        if let Some(file) = matches.get_one::<PathBuf>("list") {
            wanted.codes.extend(listed(file, lang)?);
        }
        Ok(wanted)
    }

    fn is_everything(&self) -> bool {
        self.names.is_empty() && self.codes.is_empty()
    }

    fn has(&self, item: &Item) -> bool {
        let name = || item.sent(Element::Name).unwrap_or_default();
        self.is_everything() || self.codes.contains(item.id()) || self.names.iter().any(|part| name().contains(part.as_str()))
    }
}

fn is_code(word: &str) -> bool {
    word.len() >= 18 && word.bytes().all(|b| b.is_ascii_digit())
}

/// The records, one by one: what was mended, what is new, and of those asked for what is still open.
fn records(diff: &Diff<'_>, wanted: &Wanted, lang: Lang) -> String {
    let mut lines = Vec::new();
    let line = |word: String, item: &Item, rule: &str, message: &str| {
        let name = pad(&excerpt(item.sent(Element::Name).unwrap_or_default(), MAX_NAME), MAX_NAME);
        format!("  {}  {}  {name}  {rule} {}", pad(&word, 6), excerpt(item.id(), 24), excerpt(message, 120))
    };
    for change in diff.findings.iter().filter(|change| change.counts) {
        let item = if change.is_new { diff.young(change.camera) } else { diff.old(change.camera) };
        if let Some(item) = item.filter(|item| wanted.has(item)) {
            let word = if change.is_new { say!(lang, "新问题", "new") } else { say!(lang, "已改好", "mended") };
            lines.push(line(word, item, change.rule, change.message));
        }
    }
    if !wanted.is_everything() {
        let mut found = 0;
        for camera in &diff.after.cameras {
            let Some(item) = diff.after.item(camera.item).filter(|item| wanted.has(item)) else { continue };
            found += 1;
            let open = camera.judgement.findings.iter().filter(|finding| finding.counts);
            lines.extend(open.map(|own| line(say!(lang, "仍有", "open"), item, own.rule, &own.finding.message)));
        }
        if found == 0 {
            lines.push(say!(lang, "  目录中没有所列的摄像机", "  the catalogue has none of the cameras asked for"));
        }
    }
    let all = lines.len();
    let mut out = say!(lang, "逐条记录（{all}）\n", "record by record ({all})\n");
    for line in lines.iter().take(MAX_SHOWN) {
        out.push_str(line);
        out.push('\n');
    }
    if all > MAX_SHOWN {
        let shown = MAX_SHOWN;
        let rest = say!(
            lang,
            "  以上为前 {shown} 条；全部见 gbaudit diff --out 文件夹，或用 --list 指定\n",
            "  the first {shown}; all of them by gbaudit diff --out DIR, or name them with --list\n"
        );
        out.push_str(&rest);
    }
    out
}
