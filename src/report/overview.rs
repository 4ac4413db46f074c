//! What stands above single reports, of several platforms or of several rounds, as papers for people: what it is about, the five
//! rates, and lists. Whoever has such a result says what stands in it; one writer a format draws them all.

use super::Tally;
use super::workbook::{Cell, Imprint};
use super::xlsx::{Column, readings};
use crate::base::lang::{Lang, Text};
use crate::base::time::Timestamp;
use crate::indicator::{RateResult, Reading};
use crate::profile::RateId;

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
