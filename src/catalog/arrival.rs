//! One catalogue body as it arrived: the document in it, and how it came.

use std::sync::Arc;

use crate::base::time::Timestamp;
use crate::manscdp::document::Document;

/// Characters kept of a Call-ID.
pub const MAX_CALL_ID_CHARS: usize = 200;

/// A body that was received and read.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// What it says.
    pub document: Document,
    /// When it came.
    pub at: Timestamp,
    /// By which way, by its place among the ways of the run.
    pub way: u16,
    /// As NOTIFY, not as MESSAGE.
    pub notify: bool,
    /// Its Call-ID; the file's name for files.
    pub call_id: Arc<str>,
    /// Octets kept of it.
    pub octets: u64,
}

impl Arrival {
    /// Whether it tells of changes and answers no query: a `Notify`, also one sent as MESSAGE.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        is_notice(&self.document)
    }
}

impl From<Document> for Arrival {
    fn from(document: Document) -> Self {
        Self { document, ..Self::default() }
    }
}

/// Whether a document is a notice of changes in the catalogue (2022 annex N).
#[must_use]
pub fn is_notice(document: &Document) -> bool {
    document.root == "Notify" && document.command().eq_ignore_ascii_case("Catalog")
}
