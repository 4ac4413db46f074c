//! The form in which a table goes into the evidence when it does not stay as it is: UTF-8 CSV whose headers are element
//! names, with the row of the original first, passwords as stars, and what nobody reads left out.

use std::collections::BTreeMap;

use super::columns::{Layout, Use};
use super::damage::Damage;
use super::{Intake, Note, Sheet};
use crate::base::lang::{Lang, say};
use crate::base::oddity;
use crate::base::text::{excerpt, is_blank};
use crate::manscdp::item::Element;

/// The column that says which row of the original a line was.
pub(super) const ROW_HEADER: &str = "#row";
/// Largest table in this form, octets.
pub const MAX_TABLE_BYTES: usize = 1024 * 1024 * 1024;

/// Characters of what a note names.
const MAX_DETAIL_CHARS: usize = 1000;

/// Codes of 20 digits, which spreadsheets damage.
const CODES: [Element; 3] = [Element::DeviceID, Element::ParentID, Element::BusinessGroupID];

/// One element of the row being read.
#[derive(Debug)]
struct Slot {
    element: Element,
    rank: u32,
    text: String,
    numeric: bool,
}

/// A table being rewritten, or only looked at.
#[derive(Debug)]
pub(super) struct Canonical {
    slots: Vec<Slot>,
    by_element: BTreeMap<Element, usize>,
    out: Option<csv::Writer<Vec<u8>>>,
    rows: u64,
    masked: u64,
    damage: Damage,
    errors: (u64, String),
    differ: BTreeMap<Element, u64>,
}

impl Canonical {
    /// `rewrite`: lines are written; otherwise only counted.
    pub(super) fn new(rewrite: bool, layout: &Layout) -> Self {
        let writer = || csv::WriterBuilder::new().flexible(true).has_headers(false).from_writer(Vec::new());
        let mut table = Self {
            slots: Vec::new(),
            by_element: BTreeMap::new(),
            out: rewrite.then(writer),
            rows: 0,
            masked: 0,
            damage: Damage::default(),
            errors: (0, String::new()),
            differ: BTreeMap::new(),
        };
        for used in &layout.uses {
            if let Some(Use::Element(element, _)) = used {
                table.slot(*element);
            }
        }
        table
    }

    /// Puts a cell into the row. Of several columns of one element the lowest rank that is not blank stands.
    pub(super) fn put(&mut self, used: Use, text: &str, numeric: bool) {
        let Use::Element(element, rank) = used else { return };
        if is_blank(text) {
            return;
        }
        let number = self.slot(element);
        let Some(slot) = self.slots.get_mut(number) else { return };
        if !slot.text.is_empty() {
            if slot.text != text {
                *self.differ.entry(element).or_default() += 1;
            }
            if slot.rank <= rank {
                return;
            }
        }
        slot.text.clear();
        slot.text.push_str(text);
        (slot.rank, slot.numeric) = (rank, numeric);
    }

    /// The element's place in a line; a new one comes last.
    pub(super) fn slot(&mut self, element: Element) -> usize {
        *self.by_element.entry(element).or_insert_with(|| {
            self.slots.push(Slot { element, rank: 0, text: String::new(), numeric: false });
            self.slots.len() - 1
        })
    }

    /// Counts a password that stands in the row.
    pub(super) const fn hide(&mut self) {
        self.masked += 1;
    }

    /// Counts a cell that holds a formula's error.
    pub(super) fn error(&mut self, place: impl FnOnce() -> String) {
        self.errors.0 += 1;
        if self.errors.0 == 1 {
            self.errors.1 = place();
        }
    }

    /// Ends the row; a blank one leaves no line. `number`: where it stands in the original, from 1.
    ///
    /// # Errors
    /// When the table grows over the limit.
    pub(super) fn end_row(&mut self, number: u64, lang: Lang) -> Result<(), String> {
        if self.slots.iter().all(|slot| slot.text.is_empty()) {
            return Ok(());
        }
        self.rows += 1;
        if let Some(out) = &mut self.out {
            // Writing to memory does not fail.
            let _ = out.write_field(number.to_string());
            for slot in &self.slots {
                let _ =
                    out.write_field(if slot.element == Element::Password && !slot.text.is_empty() { "*" } else { &slot.text });
            }
            let _ = out.write_record(None::<&[u8]>);
            if out.get_ref().len() > MAX_TABLE_BYTES {
                return Err(too_much(lang));
            }
        }
        for slot in &mut self.slots {
            if CODES.contains(&slot.element) && !slot.text.is_empty() {
                self.damage.see(&slot.text, slot.numeric);
            }
            slot.text.clear();
        }
        Ok(())
    }

    /// The finished table with what there is to say about it. `kept`: the octets that stand when nothing was rewritten.
    pub(super) fn finish(self, name: String, layout: &Layout, kept: Vec<u8>, into: &mut Intake) {
        let mut note = |kind, count, detail: String| {
            let detail = excerpt(&detail, MAX_DETAIL_CHARS);
            into.notes.push(Note { table: name.clone(), kind, count, detail });
        };
        if let Some((count, example)) = self.damage.found() {
            note(oddity::EXCEL_DAMAGED_CODE, count, example.to_owned());
        }
        if self.errors.0 > 0 {
            note(oddity::CELL_ERROR, self.errors.0, self.errors.1);
        }
        // Only objects name a member twice that has one name.
        let again = self.differ.iter().filter(|(element, _)| layout.twice.iter().all(|(other, _)| other != *element));
        for (element, rows) in again {
            note(oddity::COLUMN_TWICE, *rows, element.name().to_owned());
        }
        for (element, names) in &layout.twice {
            let rows = self.differ.get(element).copied().unwrap_or_default();
            note(oddity::COLUMN_TWICE, rows, format!("{}: {}", element.name(), names.join(" > ")));
        }
        if !layout.unknown.is_empty() {
            note(oddity::COLUMN_NOT_USED, layout.unknown.len() as u64, layout.unknown.join("、"));
        }
        into.masked += self.masked;
        into.rows += self.rows;
        let octets = match self.out {
            None => kept,
            Some(out) => {
                let names = self.slots.iter().map(|slot| slot.element.name());
                let header = std::iter::once(ROW_HEADER).chain(names).collect::<Vec<_>>().join(",");
                // Objects of JSON name their elements as they come, so the header is known last.
                let mut octets = out.into_inner().unwrap_or_default();
                octets.splice(0..0, header.bytes().chain([b'\n']));
                octets.shrink_to_fit();
                octets
            }
        };
        into.sheets.push(Sheet { name, octets });
    }
}

/// The sentence about a table over [`MAX_TABLE_BYTES`].
pub(super) fn too_much(lang: Lang) -> String {
    let limit = MAX_TABLE_BYTES / (1024 * 1024);
    say!(lang, "表格内容超过 {limit} MB，请分成几个文件", "the table holds over {limit} MB, split it")
}
