//! `gbaudit check corrections.xlsx --against RUN`: what every edit would do, before anyone touches a platform.

use std::io::Write as _;
use std::path::PathBuf;

use clap::ArgMatches;

use super::report::Source;
use super::{Failure, Outcome, output, terminal};
use crate::audit::assess::{assess, assess_edited};
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::base::text::{excerpt, visible};
use crate::catalog::Edit;
use crate::catalog::import::{FileKind, Grid, MAX_SPREADSHEET_BYTES, grid_from_csv, grids};
use crate::correction::back::{self, Back, Refused};
use crate::correction::change;
use crate::correction::effect::{Effect, effect, rate_line};
use crate::correction::table::csv_of;
use crate::evidence::Evidence;
use crate::profile::RateId;
use crate::report::Report;

/// Rows named on the screen.
const MAX_SHOWN: usize = 20;
/// The files of `--out`.
const EFFECTS_FILE: &str = "edits.csv";
const CODES_FILE: &str = "code_changes.csv";

/// A table tried out on a run.
pub(super) struct Trial {
    before: Report,
    /// As if.
    pub(super) after: Report,
    back: Back,
    effect: Effect,
    /// What was taken.
    pub(super) edits: Vec<Edit>,
}

impl Trial {
    /// Judges the run with the edits of a table in. `load` gives its evidence, as often as it is asked.
    pub(super) fn of(
        (shown, octets): (&str, &[u8]),
        load: impl Fn() -> Result<Evidence, Failure>,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let grids = grids_of(shown, octets, lang)?;
        let before = assess(load()?, lang, None)?;
        let back = back::read(&before, &grids, lang).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
        let edits: Vec<_> = back.taken.iter().map(|taken| taken.edit.clone()).collect();
        let after = assess_edited(load()?, &edits, lang, None)?;
        let effect = effect(&before, &after, &back.taken);
        Ok(Self { before, after, back, effect, edits })
    }
}

pub(super) fn run(matches: &ArgMatches, run: &str, lang: Lang) -> Outcome {
    let files: Vec<&PathBuf> = matches.get_many::<PathBuf>("files").into_iter().flatten().collect();
    let [file] = files.as_slice() else {
        return Err(Failure::usage(say!(lang, "--against 一次只核对一个整改清单", "--against takes one correction table")));
    };
    let octets = super::check::read(file, MAX_SPREADSHEET_BYTES as u64, lang)?;
    let source = Source::named(run, matches, lang)?;
    let trial = Trial::of((&file.display().to_string(), &octets), || source.only_one(lang), lang)?;
    for line in trial.told(lang).into_iter().chain(trial.worth_saying(lang)) {
        terminal::line(&line);
    }
    if let Some(folder) = matches.get_one::<PathBuf>("out") {
        output::prepare(folder, lang)?;
        let today = super::today();
        let who = matches.get_one::<String>("who").map(String::as_str).unwrap_or_default();
        let codes = change::code_changes(&trial.before, &trial.edits, &today, who);
        let unwritten = |error: &std::io::Error| output::unwritten(error, folder, lang);
        let table = csv_of([titles(lang)].into_iter().chain(trial.rows(lang)));
        output::atomically(&folder.join(EFFECTS_FILE), |out| out.write_all(table.as_bytes())).map_err(|e| unwritten(&e))?;
        if !codes.is_empty() {
            let text = change::code_changes_csv(&codes);
            output::atomically(&folder.join(CODES_FILE), |out| out.write_all(text.as_bytes())).map_err(|e| unwritten(&e))?;
        }
    }
    Ok(0)
}

/// The sheets of a workbook, or the one of a CSV.
fn grids_of(shown: &str, octets: &[u8], lang: Lang) -> Result<Vec<Grid>, Failure> {
    match FileKind::of(octets) {
        FileKind::Spreadsheet => grids(octets, lang).map_err(|why| Failure::usage(format!("{shown}: {why}"))),
        FileKind::Csv => {
            let mut grid = grid_from_csv(octets, lang)
                .map_err(|(line, message)| Failure::problems(&[Problem { file: shown.to_owned(), line, message }]))?;
            // What was put before a value so that no spreadsheet computes it is taken off again.
            for cell in grid.rows.iter_mut().flatten().filter(|cell| cell.starts_with('\'')) {
                cell.remove(0);
            }
            Ok(vec![grid])
        }
        _ => Err(Failure::usage(say!(
            lang,
            "{shown}：--against 后面核对的应为 gbaudit fix 生成的 .xlsx 或 .csv",
            "{shown}: with --against it must be an .xlsx or .csv made by gbaudit fix"
        ))),
    }
}

impl Trial {
    /// What came of it, in sentences: how much was taken, and each rate before and after.
    pub(super) fn told(&self, lang: Lang) -> Vec<String> {
        let Self { before, after, back, effect, .. } = self;
        let (taken, unchanged, refused) = (back.taken.len(), back.unchanged, back.refused.len());
        let run = &before.header.run_id;
        let mut told = vec![say!(
            lang,
            "批次 {run}：采用修改 {taken} 处，未改 {unchanged} 行，不能采用 {refused} 行。以下为假设已改的结果，平台没有被改动。",
            "Run {run}: {taken} edits, {unchanged} rows without one, {refused} rows refused. What follows is as if; no platform was changed."
        )];
        if !back.results.is_empty() {
            let results: Vec<String> = back.results.iter().map(|(said, n)| format!("{said} {n}")).collect();
            let results = results.join(say!(lang, "，", ", ").as_str());
            told.push(say!(
                lang,
                "处理结果：{results}（仅记录，不改变比率）",
                "Results: {results} (noted only, no rate changes by them)"
            ));
        }
        told.extend(crate::report::summary::stamp(before));
        told.extend(RateId::ALL.map(|rate| format!("  {}", rate_line(before, after, rate, lang).unwrap_or_default())));
        let (helped, harmed) = (effect.helped, effect.harmed);
        if helped + harmed > 0 {
            told.push(say!(
                lang,
                "  没有改的摄像机中：{helped} 路随之变为合规，{harmed} 路变为不合规",
                "  of the cameras not edited {helped} become compliant, {harmed} are no longer compliant"
            ));
        }
        told
    }

    /// The rows a person should look at again, the first of them.
    pub(super) fn worth_saying(&self, lang: Lang) -> Vec<String> {
        let Self { back, effect, .. } = self;
        let mut told = Vec::new();
        let worth_saying = |row: &&crate::correction::effect::RowEffect| !row.left.is_empty() || !row.new.is_empty();
        for row in effect.rows.iter().filter(worth_saying).take(MAX_SHOWN) {
            let (number, said) = (row.row, row.say(lang));
            told.push(say!(lang, "  第 {number} 行：{said}", "  row {number}: {said}"));
        }
        for Refused { row, why } in back.refused.iter().take(MAX_SHOWN) {
            told.push(say!(lang, "  第 {row} 行不能采用：{why}", "  row {row} refused: {why}"));
        }
        let more = back.refused.len().saturating_sub(MAX_SHOWN);
        if more > 0 {
            told.push(say!(
                lang,
                "  另有 {more} 行不能采用，见 --out 的 {EFFECTS_FILE}",
                "  {more} more refused: see {EFFECTS_FILE} of --out"
            ));
        }
        told
    }

    /// Every row with what came of it, under [`titles`].
    pub(super) fn rows(&self, lang: Lang) -> Vec<Vec<String>> {
        let Self { before, back, effect, .. } = self;
        let mut lines = Vec::new();
        for (taken, row) in back.taken.iter().zip(&effect.rows) {
            let item = before.item(taken.edit.item);
            let sent = |element| item.and_then(|i| i.sent(element)).map(|text| visible(text).into_owned()).unwrap_or_default();
            lines.push(vec![
                taken.row.to_string(),
                sent(crate::manscdp::item::Element::DeviceID),
                taken.edit.element.title().get(lang).to_owned(),
                sent(taken.edit.element),
                visible(&taken.edit.value).into_owned(),
                row.say(lang),
            ]);
        }
        for Refused { row, why } in &back.refused {
            let why = excerpt(why, 200);
            let outcome = say!(lang, "不能采用：{why}", "refused: {why}");
            lines.push(vec![row.to_string(), String::new(), String::new(), String::new(), String::new(), outcome]);
        }
        lines
    }
}

/// The columns of [`Trial::rows`].
pub(super) fn titles(lang: Lang) -> Vec<String> {
    vec![
        say!(lang, "行号", "row"),
        say!(lang, "设备编码", "device code"),
        say!(lang, "字段", "field"),
        say!(lang, "当前值", "value now"),
        say!(lang, "修正值", "corrected value"),
        say!(lang, "结果", "outcome"),
    ]
}
