//! How the tree of the catalogue holds together, for every format.

use serde::Serialize;

use super::Report;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped, visible};
use crate::catalog::tree_health::{DEPTH_LIMIT, TroubleCount};

/// Longest code shown.
const MAX_CODE: usize = 160;

#[derive(Serialize)]
pub(super) struct TreeJson<'a> {
    nodes: u64,
    roots: u64,
    depth: u32,
    depth_limit: u32,
    cycles: u64,
    several_parents: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<TroubleJson<'a>>,
}

#[derive(Serialize)]
struct TroubleJson<'a> {
    kind: &'static str,
    text: &'static str,
    todo: &'static str,
    nodes: u64,
    cameras: u64,
    examples: &'a [String],
}

impl<'a> TreeJson<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let tree = &report.tree;
        let trouble = |count: &'a TroubleCount| TroubleJson {
            kind: count.trouble.key(),
            text: count.trouble.title().get(report.lang),
            todo: count.trouble.todo().get(report.lang),
            nodes: count.nodes,
            cameras: count.cameras,
            examples: &count.examples,
        };
        Self {
            nodes: tree.nodes,
            roots: tree.roots,
            depth: tree.depth,
            depth_limit: DEPTH_LIMIT,
            cycles: tree.cycles,
            several_parents: tree.several_parents,
            troubles: tree.troubles.iter().map(trouble).collect(),
        }
    }
}

/// One trouble, as text.
pub(super) struct TroubleRow {
    pub(super) title: &'static str,
    pub(super) todo: &'static str,
    pub(super) nodes: String,
    pub(super) cameras: String,
    pub(super) examples: String,
}

pub(super) fn rows(report: &Report) -> Vec<TroubleRow> {
    let row = |count: &TroubleCount| TroubleRow {
        title: count.trouble.title().get(report.lang),
        todo: count.trouble.todo().get(report.lang),
        nodes: grouped(count.nodes),
        cameras: grouped(count.cameras),
        examples: count.examples.iter().map(|code| excerpt(&visible(code), MAX_CODE)).collect::<Vec<_>>().join("  "),
    };
    report.tree.troubles.iter().map(row).collect()
}

pub(super) fn numbers(report: &Report) -> Vec<(String, String)> {
    let (lang, tree) = (report.lang, &report.tree);
    let (depth, limit) = (tree.depth, DEPTH_LIMIT);
    vec![
        (say!(lang, "节点", "nodes"), grouped(tree.nodes)),
        (say!(lang, "没有上级节点的", "without a parent"), grouped(tree.roots)),
        (say!(lang, "层数", "levels"), say!(lang, "{depth}（不宜超过 {limit}）", "{depth} (not more than {limit})")),
        (say!(lang, "挂在多个父节点下的", "under several parents"), grouped(tree.several_parents)),
    ]
}

/// What is wrong, on the screen; nothing where nothing is.
pub(super) fn told(report: &Report) -> Option<String> {
    let lang: Lang = report.lang;
    let parts = report.tree.troubles.iter().map(|count| {
        let (title, n) = (count.trouble.title().get(lang), grouped(count.nodes + count.cameras));
        format!("{title} {n}")
    });
    let parts = parts.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
    (!parts.is_empty()).then_some(parts)
}
