//! `diff.html` and `mirror.html`: what stands on the screen, and the rows of the table below it; no script, no network.

use std::io::{self, Write};

use askama::Template;

use super::mirror::Mirror;
use super::output::{COLUMNS, MIRROR_COLUMNS, Row, mirror_rows, rows};
use super::{Diff, Note, screen};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, grouped};

/// Rows listed; a page of more is too heavy for a browser, and the table has them all.
const MAX_ROWS: usize = 5_000;
/// Longest text of a cell.
const MAX_CELL: usize = 200;

#[derive(Template)]
#[template(path = "compared.html")]
struct Page<'a> {
    lang: Lang,
    title: String,
    notes: &'a [Note],
    summary: String,
    one_by_one: &'static str,
    nothing: &'static str,
    columns: [&'static str; 7],
    rows: Vec<Row>,
    rest: Option<String>,
}

impl<'a> Page<'a> {
    fn new(
        lang: Lang,
        title: String,
        notes: &'a [Note],
        summary: String,
        (columns, all): ([Text; 8], Vec<Row>),
        file: &str,
    ) -> Self {
        let (total, most) = (grouped(all.len() as u64), grouped(MAX_ROWS as u64));
        let rest = (all.len() > MAX_ROWS).then(|| {
            say!(
                lang,
                "共 {total} 条，此处列出前 {most} 条；全部见 {file}。",
                "{total} in all, the first {most} are listed; {file} has them all."
            )
        });
        let [_, columns @ ..] = columns;
        Self {
            lang,
            title,
            notes,
            summary,
            one_by_one: Text::new("逐条", "One by one").get(lang),
            nothing: Text::new("没有差异。", "There is no difference.").get(lang),
            columns: columns.map(|column| column.get(lang)),
            rows: all.into_iter().take(MAX_ROWS).map(|row| row.map(|cell| excerpt(&cell, MAX_CELL))).collect(),
            rest,
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.render().map_err(io::Error::other)?.as_bytes())
    }
}

/// Writes `diff.html`.
///
/// # Errors
/// When it cannot be written.
pub fn diff(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lang = diff.after.lang;
    let name = excerpt(&diff.after.header.platform.name, MAX_CELL);
    let title = say!(lang, "{name}　两次检测的变化", "{name}: what changed between two runs");
    Page::new(lang, title, &diff.notes, screen::diff(diff), (COLUMNS, rows(diff)), "diff.csv").write(out)
}

/// Writes `mirror.html`.
///
/// # Errors
/// When it cannot be written.
pub fn mirror(mirror: &Mirror<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lang = mirror.upper.lang;
    let (up, down) = (&mirror.upper.header.platform.name, &mirror.lower.header.platform.name);
    let (up, down) = (excerpt(up, MAX_CELL), excerpt(down, MAX_CELL));
    let title = say!(lang, "镜像核对　上级 {up}，下级 {down}", "Mirror audit: {up} above, {down} below");
    Page::new(lang, title, &mirror.notes, screen::mirror(mirror), (MIRROR_COLUMNS, mirror_rows(mirror)), "mirror.csv").write(out)
}
