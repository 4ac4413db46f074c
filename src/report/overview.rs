//! What stands above single reports, of several platforms or of several rounds, as papers for people: what it is about, the five
//! rates, and lists. Whoever has such a result says what stands in it; one writer a format draws them all.

use super::audience::Audience;
use super::document::{self, Document, Layout};
use super::workbook::{Cell, Imprint};
use super::xlsx::{Column, readings};
use super::{Tally, paper};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::grouped;
use crate::base::time::Timestamp;
use crate::indicator::{RateResult, Reading};
use crate::profile::RateId;

/// Columns of a list that can be read side by side on paper.
const MAX_COLUMNS: usize = 10;

/// Of the width of a column in a workbook, what counts on paper, where texts go on below; and what its edges take.
const MAX_SHARE: u16 = 36;
const MARGIN: u16 = 4;

/// Makes a row of a list.
type Make<'a> = Box<dyn Fn(usize) -> Vec<Cell> + Sync + 'a>;

/// A list.
pub struct Listed<'a> {
    /// What it is called.
    pub name: Text,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Columns that stay when one scrolls to the right.
    pub frozen: u16,
    /// Its rows.
    pub rows: usize,
    /// Makes one of them, from its number.
    pub make: Make<'a>,
}

impl Listed<'_> {
    /// As a part of a document: a table, or where that would be too wide a small one a row.
    fn lay(&self, document: &mut Document, number: usize, lang: Lang) {
        let name = self.name.get(lang);
        document.heading(&say!(lang, "附件{number}　{name}", "Attachment {number}: {name}"));
        let shown = self.rows.min(paper::MAX_ROWS);
        let text = |cell: Cell| match cell {
            Cell::Text(text) => text,
            Cell::Number(number) => grouped(number),
        };
        let rows = (0..shown).map(|index| (self.make)(index).into_iter().map(text).collect::<Vec<_>>());
        if self.columns.len() > MAX_COLUMNS {
            for row in rows {
                let titles = self.columns.iter().map(|column| column.title.get(lang).to_owned());
                paper::facts(document, titles.zip(row).collect(), lang);
            }
        } else {
            let columns = self.columns.iter().map(|column| document::Column {
                title: column.title.get(lang),
                share: u32::from(column.width.min(MAX_SHARE) + MARGIN),
                align: if column.is_number { document::Align::Right } else { document::Align::Left },
            });
            let rows: Vec<Vec<String>> = rows.collect();
            document.table(&columns.collect::<Vec<_>>(), rows.iter().map(Vec::as_slice));
        }
        if self.rows == 0 {
            document.note(Text::new("没有。", "None.").get(lang));
        }
        paper::rest(document, shown, self.rows, lang);
    }
}

/// The whole.
pub struct Overview<'a> {
    /// Its title.
    pub title: String,
    /// The runs it is made of.
    pub run: String,
    /// When the last ended.
    pub finished: Timestamp,
    /// The language of texts for people.
    pub lang: Lang,
    /// What it is about: names and values.
    pub facts: Vec<(String, String)>,
    /// The rates.
    pub rates: &'a [RateResult],
    /// The rates it answers for.
    pub asked: &'a [RateId],
    /// Fields of the records.
    pub fields: [Tally; 4],
    /// The lists.
    pub lists: Vec<Listed<'a>>,
}

impl Overview<'_> {
    /// Whose it is.
    #[must_use]
    pub fn imprint(&self) -> Imprint<'_> {
        Imprint { run: &self.run, finished: self.finished, lang: self.lang }
    }

    /// The same as a document to be signed and filed.
    #[must_use]
    pub fn paper(&self) -> Document {
        let (lang, t) = (self.lang, |zh: &'static str, en: &'static str| Text::new(zh, en).get(self.lang));
        let document = Document::new(&self.title, Some(self.finished), Layout::Official);
        let mut document = document.marked(Some(Audience::Internal.mark().get(lang))).in_small_print();
        document.heading(t("一、检测结论", "1. Conclusion"));
        paper::conclusions(&mut document, self.rates, self.asked, lang);
        document.heading(t("二、检测对象与范围", "2. What was audited"));
        paper::facts(&mut document, self.facts.clone(), lang);
        document.heading(t("三、指标结果（分子、分母、公式）", "3. The rates: numerator, denominator, formula"));
        paper::formulas(&mut document, self.rates, self.asked, lang);
        document.subheading(t("合规率的字段", "Fields of compliance"));
        paper::fields(&mut document, self.fields, None, lang);
        for (number, listed) in (1..).zip(&self.lists) {
            listed.lay(&mut document, number, lang);
        }
        document
    }
}

/// 其他算法, as a list.
#[must_use]
pub fn readings<'a>(all: &'a [Reading], asked: &[RateId], lang: Lang) -> Listed<'a> {
    let of: Vec<&Reading> = all.iter().filter(|reading| asked.contains(&reading.rate)).collect();
    Listed {
        name: readings::NAME,
        columns: readings::COLUMNS.to_vec(),
        frozen: 0,
        rows: of.len(),
        make: Box::new(move |index| of.get(index).map(|reading| readings::row(reading, lang)).unwrap_or_default()),
    }
}
