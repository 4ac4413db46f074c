//! `diff.html` and `mirror.html`: what stands on the screen, and the rows of the table below it; no script, no network.

use std::io::{self, Write};

use askama::Template;

use super::mirror::Mirror;
use super::output::{COLUMNS, MIRROR_COLUMNS, NO_RECORDER, NO_UNIT, Row, group_name, mirror_rows, rows, rule_title};
use super::sums::{Group, Sums};
use super::{Diff, Moves, Note, screen};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, grouped, visible};

/// Rows listed; a page of more is too heavy for a browser, and the table has them all.
const MAX_ROWS: usize = 5_000;
/// Rows of a table of sums; `diff_groups.csv` has them all.
const MAX_GROUPS: usize = 200;
/// Longest text of a cell.
const MAX_CELL: usize = 200;

/// The columns of counts, of failures and of missing pictures.
const COUNTS: [Text; 7] = [
    Text::new("新增", "new"),
    Text::new("其中反复", "came back"),
    Text::new("消除", "closed"),
    Text::new("仍在", "still open"),
    Text::new("无法判断", "cannot tell"),
    Text::new("随消失的", "with gone ones"),
    Text::new("随新出现的", "with new ones"),
];

/// A table of sums.
struct Sum {
    title: &'static str,
    first: &'static str,
    /// Over the counts: what they are of.
    kinds: Vec<&'static str>,
    counts: Vec<&'static str>,
    rows: Vec<(String, Vec<String>)>,
    rest: Option<String>,
}

/// The three tables, each with its sums at the end.
fn sums(diff: &Diff<'_>) -> Vec<Sum> {
    let lang = diff.after.lang;
    let cells = |moves: Moves| {
        let Moves { new, reopened, closed, still, untold, only_before, only_after } = moves;
        let back = if diff.has_book { reopened.to_string() } else { "—".to_owned() };
        let counts = [closed, still, untold, only_before, only_after].map(|n| n.to_string());
        [new.to_string(), back].into_iter().chain(counts)
    };
    let both = |sums: &Sums| cells(sums.failures).chain(cells(sums.missing)).collect::<Vec<_>>();
    let (failures, missing) = (Text::new("不合规", "failures").get(lang), Text::new("未出图", "no picture").get(lang));
    let all = Text::new("合计", "all").get(lang);
    let counts = |times: usize| COUNTS.map(|count| count.get(lang)).repeat(times);
    let rest = |n: usize| {
        let (total, most) = (grouped(n as u64), grouped(MAX_GROUPS as u64));
        (n > MAX_GROUPS).then(|| {
            say!(
                lang,
                "共 {total} 个，按新增、仍在由多到少列出 {most} 个；全部见 diff_groups.csv。",
                "{total} in all, the {most} with most that is new or open are listed; diff_groups.csv has them all."
            )
        })
    };
    let failing: Vec<_> = diff.rules.iter().filter(|rule| !rule.failures.is_nothing()).collect();
    let rule = |rule: &super::RuleMoves| {
        let (id, title) = (rule.rule, rule_title(rule.rule, lang));
        (format!("{id} {title}"), cells(rule.failures).collect())
    };
    let by_rule = Sum {
        title: Text::new("按规则", "By rule").get(lang),
        first: Text::new("规则", "rule").get(lang),
        kinds: vec![failures],
        counts: counts(1),
        rows: failing.into_iter().map(rule).chain([(all.to_owned(), cells(diff.total.failures).collect())]).collect(),
        rest: None,
    };
    let of = |title: Text, first: Text, groups: &[Group], name: &dyn Fn(&Group) -> String| Sum {
        title: title.get(lang),
        first: first.get(lang),
        kinds: vec![failures, missing],
        counts: counts(2),
        rows: groups
            .iter()
            .take(MAX_GROUPS)
            .map(|group| (excerpt(&name(group), MAX_CELL), both(&group.sums)))
            .chain([(all.to_owned(), both(&diff.total))])
            .collect(),
        rest: rest(groups.len()),
    };
    let by_unit =
        of(Text::new("按责任单位", "By responsible unit"), Text::new("责任单位", "unit"), &diff.units, &|group| {
            group_name(group, NO_UNIT, lang)
        });
    let coded = |group: &Group| match (&group.key, group.name.as_str()) {
        (Some(code), name) if !name.is_empty() => format!("{} {}", visible(code), visible(name)),
        _ => group_name(group, NO_RECORDER, lang),
    };
    let by_recorder = of(Text::new("按录像机", "By recorder"), Text::new("录像机", "recorder"), &diff.recorders, &coded);
    vec![by_rule, by_unit, by_recorder]
}

#[derive(Template)]
#[template(path = "compared.html")]
struct Page<'a> {
    lang: Lang,
    title: String,
    notes: &'a [Note],
    summary: String,
    sums: Vec<Sum>,
    one_by_one: &'static str,
    nothing: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    rest: Option<String>,
}

impl<'a> Page<'a> {
    fn new(
        lang: Lang,
        title: String,
        notes: &'a [Note],
        (summary, sums): (String, Vec<Sum>),
        (columns, all): (&[Text], Vec<Row>),
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
        Self {
            lang,
            title,
            notes,
            summary,
            sums,
            one_by_one: Text::new("逐条", "One by one").get(lang),
            nothing: Text::new("没有差异。", "There is no difference.").get(lang),
            columns: columns.iter().skip(1).map(|column| column.get(lang)).collect(),
            rows: all.into_iter().take(MAX_ROWS).map(|row| row.iter().map(|cell| excerpt(cell, MAX_CELL)).collect()).collect(),
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
    Page::new(lang, title, &diff.notes, (screen::summary(diff), sums(diff)), (&COLUMNS, rows(diff)), "diff.csv").write(out)
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
    let table = (MIRROR_COLUMNS.as_slice(), mirror_rows(mirror));
    Page::new(lang, title, &mirror.notes, (screen::mirror(mirror), Vec::new()), table, "mirror.csv").write(out)
}
