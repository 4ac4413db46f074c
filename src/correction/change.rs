//! Edits somebody accepted, what they change, and 编码变更对照: the codes that go with them.

use super::Correction;
use super::table::csv_of;
use crate::catalog::Edit;
use crate::manscdp::item::Element;
use crate::report::Report;

/// A code that became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// 旧编码
    pub old: String,
    /// 新编码
    pub new: String,
    /// 日期
    pub date: String,
    /// 经办人
    pub who: String,
}

/// The edits that would put these rows right, where a value is proposed.
#[must_use]
pub fn edits<'c>(report: &Report, rows: impl Iterator<Item = &'c Correction>) -> Vec<Edit> {
    rows.filter_map(|row| {
        let item = report.cameras.get(row.camera)?.item;
        Some(Edit { item, element: row.element, value: row.proposed.clone()? })
    })
    .collect()
}

/// The codes that edits change.
#[must_use]
pub fn code_changes(report: &Report, edits: &[Edit], date: &str, who: &str) -> Vec<CodeChange> {
    let changed = edits.iter().filter(|edit| edit.element == Element::DeviceID);
    changed
        .filter_map(|edit| {
            let old = report.item(edit.item)?.id().to_owned();
            let new = edit.value.clone();
            (old != new).then(|| CodeChange { old, new, date: date.to_owned(), who: who.to_owned() })
        })
        .collect()
}

/// The table as CSV, of the form that `[tables] code_changes` reads.
#[must_use]
pub fn code_changes_csv(changes: &[CodeChange]) -> String {
    let titles = ["旧编码", "新编码", "日期", "经办人"].map(ToOwned::to_owned);
    let lines = changes.iter().map(|change| [&change.old, &change.new, &change.date, &change.who].map(Clone::clone));
    csv_of(std::iter::once(titles).chain(lines))
}
