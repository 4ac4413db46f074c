//! Rows folded by cause: one recorder, one unit, one batch put right clears many at once.

use std::collections::{HashMap, HashSet};

use super::Correction;
use super::place::Place;
use crate::base::lang::{Lang, Text, say};
use crate::manscdp::item::Element;
use crate::report::Report;

/// Fewer cameras than this have no common cause; the two rows of one position are one camera's.
const FEWEST: usize = 2;

/// What the rows of a fold have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// 录像机
    Recorder,
    /// 单位: the first eight digits of the code, the centre that gave it.
    Unit,
    /// 同批导入: one manufacturer and model.
    Batch,
    /// Nothing.
    Single,
}

impl By {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Recorder => Text::new("录像机", "recorder"),
            Self::Unit => Text::new("接入单位", "unit"),
            Self::Batch => Text::new("同批导入", "import batch"),
            Self::Single => Text::new("单路", "single camera"),
        }
    }
}

/// Rows that have one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What they have in common.
    pub by: By,
    /// Its code or name.
    pub id: String,
    /// The rule that speaks first.
    pub rule: &'static str,
    /// The element.
    pub element: Element,
    /// Where to change it.
    pub place: Place,
    /// Places in the list of rows.
    pub rows: Vec<usize>,
    /// The one value that is right for all of them, if there is one.
    pub value: Option<String>,
}

impl Fold {
    /// 一台录像机改一处，消除 64 条
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let (by, id, rows) = (self.by.title().get(lang), &self.id, self.rows.len());
        match (self.by, &self.value) {
            (By::Single, _) => say!(lang, "逐路修改 {rows} 条", "{rows} rows, one by one"),
            (_, Some(_)) => say!(lang, "{by} {id}：改一处，消除 {rows} 条", "{by} {id}: one place to change, {rows} rows gone"),
            (_, None) => {
                say!(lang, "{by} {id}：{rows} 条，在同一处逐条填写", "{by} {id}: {rows} rows, each to be filled in, in one place")
            }
        }
    }
}

/// Longitude for both axes: a position is put right as one.
#[must_use]
pub const fn pair(element: Element) -> Element {
    match element {
        Element::Latitude => Element::Longitude,
        other => other,
    }
}

/// What a fold's element is called.
#[must_use]
pub const fn title(element: Element) -> Text {
    match element {
        Element::Longitude => Text::new("经纬度", "position"),
        other => other.title(),
    }
}

/// Which cause a row may share with others, the nearest first.
fn causes(report: &Report, row: &Correction) -> [Option<(By, String)>; 3] {
    let camera = report.cameras.get(row.camera);
    let item = camera.and_then(|c| report.item(c.item));
    let recorder = camera.and_then(|c| c.recorder.clone()).map(|id| (By::Recorder, id));
    let unit =
        item.and_then(|i| i.id().get(..8)).filter(|u| crate::base::device_id::is_digits(u)).map(|u| (By::Unit, u.to_owned()));
    let batch = item.and_then(|i| {
        let (maker, model) = (i.text(Element::Manufacturer)?, i.text(Element::Model)?);
        Some((By::Batch, format!("{maker} {model}")))
    });
    [recorder, unit, batch]
}

/// Folds rows: each stands under the nearest cause that it shares with others, the largest folds first.
#[must_use]
pub fn folds(report: &Report, rows: &[Correction]) -> Vec<Fold> {
    type Key = (By, String, &'static str, Element, Place);
    let mut left: Vec<usize> = (0..rows.len()).collect();
    let mut folds: Vec<Fold> = Vec::new();
    let fold = |(by, id, rule, element, place): Key, places: Vec<usize>| {
        let mut values = places.iter().map(|place| rows.get(*place).and_then(|row| row.proposed.as_ref()));
        let first = values.next().flatten();
        let value = first.filter(|first| values.all(|value| value == Some(*first))).cloned();
        Fold { by, id, rule, element, place, rows: places, value }
    };
    for level in 0..3 {
        let mut groups: HashMap<Key, Vec<usize>> = HashMap::new();
        let mut rest = Vec::new();
        for index in left {
            let Some(row) = rows.get(index) else { continue };
            let cause = causes(report, row).get(level).cloned().flatten();
            match (cause, row.rules.first()) {
                (Some((by, id)), Some(rule)) => {
                    groups.entry((by, id, rule, pair(row.element), row.place.clone())).or_default().push(index);
                }
                _ => rest.push(index),
            }
        }
        for (key, group) in groups {
            let cameras: HashSet<usize> = group.iter().filter_map(|place| rows.get(*place)).map(|row| row.camera).collect();
            if cameras.len() < FEWEST {
                rest.extend(group);
            } else {
                folds.push(fold(key, group));
            }
        }
        rest.sort_unstable();
        left = rest;
    }
    let mut singles: HashMap<Key, Vec<usize>> = HashMap::new();
    for index in left {
        let Some(row) = rows.get(index) else { continue };
        let rule = row.rules.first().copied().unwrap_or_default();
        singles.entry((By::Single, String::new(), rule, pair(row.element), row.place.clone())).or_default().push(index);
    }
    folds.extend(singles.into_iter().map(|(key, rows)| fold(key, rows)));
    folds.sort_by(|a, b| {
        let rank = |f: &Fold| (f.by == By::Single, std::cmp::Reverse(f.rows.len()));
        let named = (a.by, &a.id, a.rule, a.element).cmp(&(b.by, &b.id, b.rule, b.element));
        // Two that differ in the place alone stand in the order of their rows.
        rank(a).cmp(&rank(b)).then(named).then_with(|| a.rows.cmp(&b.rows))
    });
    folds
}
