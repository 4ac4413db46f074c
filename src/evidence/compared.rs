//! What a catalogue is held against and never judged by: kept among the supplied tables, under keys of its own.

use super::{Header, Supplied};

/// 台账: a list of the cameras there are, as CSV; several sheets are several tables.
pub const LEDGER: &str = "ledger";
/// 画面查看表: pictures a person has looked at, as CSV.
pub const REVIEWED: &str = "reviewed";
/// What an earlier run of the same platform had, as JSON.
pub const EARLIER_RUN: &str = "earlier_run";

impl Header {
    /// The tables of a key.
    pub fn tables_of<'h>(&'h self, key: &'h str) -> impl Iterator<Item = &'h Supplied> {
        self.supplied.iter().filter(move |table| table.key == key)
    }
}
