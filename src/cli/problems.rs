//! The book of problems of each platform: held against every finished run, kept in the store, told on the screen and in
//! `problems.csv`.

use std::io::Write as _;
use std::path::Path;

use super::{output, terminal};
use crate::audit::positions::alive;
use crate::audit::problems::{after, counted, rates};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::visible;
use crate::correction::table::csv_of;
use crate::diff::period::what_title;
use crate::evidence::problems::{Problem, RunRates, Turn, days_open};
use crate::report::Report;
use crate::store::{Store, StoreError};

/// The file beside the results.
const FILE: &str = "problems.csv";

/// The columns of `problems.csv`.
const COLUMNS: [Text; 11] = [
    Text::new("问题编号", "id"),
    Text::new("状态", "state"),
    Text::new("设备编码", "device code"),
    Text::new("设备名称", "name"),
    Text::new("问题代码", "rule"),
    Text::new("问题描述", "problem"),
    Text::new("责任单位", "responsible unit"),
    Text::new("首次发现", "first seen"),
    Text::new("连续异常天数", "days in a row"),
    Text::new("反复次数", "came back"),
    Text::new("销号时间", "closed"),
];

/// What is to be kept of a platform.
pub(super) struct Book {
    platform: String,
    problems: Vec<(Problem, Turn)>,
    rates: RunRates,
    /// Cameras that were alive; nothing where no catalogue came.
    alive: Option<Vec<String>>,
}

/// Holds a finished run against the book; writes and tells what came of it.
pub(super) fn held(store: &Store, report: &Report, folder: &Path, lang: Lang) -> Option<Book> {
    let platform = report.header.platform.id.clone();
    let before = match store.problems(&platform, report.header.started()) {
        Ok(before) => before,
        Err(error) => {
            tracing::warn!(%error, "the book of problems cannot be read");
            return None;
        }
    };
    let problems = after(report, before);
    let table = table(&problems, report, lang);
    if let Err(error) = output::atomically(&folder.join(FILE), |out| out.write_all(table.as_bytes())) {
        tracing::warn!(%error, "problems.csv cannot be written");
    }
    let counted = counted(&problems);
    let counts = Turn::ALL.iter().zip(counted).map(|(turn, n)| format!("{} {n}", turn.title().get(lang)));
    let counts = counts.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
    terminal::line(&say!(lang, "问题台账  {counts}（{FILE}）", "problems  {counts} ({FILE})"));
    // A catalogue nobody sent watched nobody.
    let alive = (!report.cameras.is_empty()).then(|| alive(report));
    Some(Book { platform, problems, rates: rates(report, Some(counted)), alive })
}

/// Keeps the books.
pub(super) fn keep(store: &mut Store, books: &[Book]) -> Result<(), StoreError> {
    for book in books {
        store.put_problems(&book.platform, book.problems.iter().map(|(problem, _)| problem))?;
        store.put_rates(&book.platform, &book.rates)?;
        if let Some(alive) = &book.alive {
            store.put_alive(&book.platform, book.rates.at, alive.iter().map(String::as_str))?;
        }
    }
    Ok(())
}

fn table(problems: &[(Problem, Turn)], report: &Report, lang: Lang) -> String {
    let at = report.header.started();
    let day = |at: crate::base::time::Timestamp| at.beijing("%Y-%m-%d");
    let row = |(problem, turn): &(Problem, Turn)| {
        let days = if *turn == Turn::Closed { String::new() } else { days_open(problem, at).to_string() };
        [
            problem.id.clone(),
            turn.title().get(lang).to_owned(),
            visible(&problem.device_id).into_owned(),
            visible(&problem.name).into_owned(),
            problem.what.clone(),
            what_title(&problem.what, lang),
            visible(&problem.unit).into_owned(),
            day(problem.first),
            days,
            problem.returns.to_string(),
            problem.closed.map(day).unwrap_or_default(),
        ]
        .to_vec()
    };
    let titles = COLUMNS.iter().map(|column| column.get(lang).to_owned()).collect::<Vec<_>>();
    csv_of(std::iter::once(titles).chain(problems.iter().map(row)))
}
