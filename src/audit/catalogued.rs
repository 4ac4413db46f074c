//! From recorded bodies to a catalogue whose items have a kind. Pure.

use super::AssessError;
use crate::base::charset::{self, Certainty, Charset};
use crate::base::lang::Lang;
use crate::base::oddity::OddityKind;
use crate::catalog::assemble::{CatalogState, NOT_ASKED, NOT_CAPTURED};
use crate::catalog::import;
use crate::catalog::kind::kind_of;
use crate::catalog::tree::Tree;
use crate::catalog::{Catalog, Kind, assemble};
use crate::edition::Edition;
use crate::evidence::{Header, Message, Mode, Query, Table};
use crate::manscdp::document::Document;

/// A catalogue, sorted into kinds.
#[derive(Debug)]
pub struct Catalogued {
    /// The catalogue.
    pub catalog: Catalog,
    /// The kind of each item.
    pub kinds: Vec<Kind>,
    /// The edition it was read by.
    pub edition: Edition,
}

/// Puts the catalogue of a run together.
///
/// # Errors
/// When a table cannot be read.
pub fn catalogued(header: &Header, messages: &[Message], tables: &[Table], lang: Lang) -> Result<Catalogued, AssessError> {
    let edition = Edition::parse(&header.platform.edition).unwrap_or(Edition::Gb2016);
    let queries: Vec<_> = header.queries.iter().map(Query::record).collect();
    let mut catalog = assemble(&header.platform.id, &queries, documents(messages));
    if header.mode == Mode::Live && queries.is_empty() {
        // Nobody could be asked: that is no file without a total.
        catalog.state = CatalogState::Incomplete;
        catalog.why = vec![NOT_ASKED];
    }
    let captured = header.mode == Mode::File && !header.platform.address.is_empty();
    if captured && queries.is_empty() && messages.is_empty() && tables.is_empty() {
        catalog.state = CatalogState::Incomplete;
        catalog.why = vec![NOT_CAPTURED];
    }
    for noted in &header.signalling {
        if let Some(kind) = OddityKind::by_id(&noted.kind) {
            catalog.oddities.add_many(kind, noted.count, &noted.example);
        }
    }
    for table in tables {
        let rows = import::rows_from_csv(&table.octets, lang).map_err(|(line, message)| AssessError::Table {
            name: table.name.clone(),
            line,
            message,
        })?;
        catalog.add_table(rows.items);
    }
    let kinds = {
        let tree = Tree::new(&catalog.items);
        catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), edition)).collect()
    };
    Ok(Catalogued { catalog, kinds, edition })
}

/// Reads the recorded bodies: what is unambiguous tells the charset of what is not.
fn documents(messages: &[Message]) -> Vec<Document> {
    let usual = usual_charset(messages.iter().map(|m| m.body.as_slice()));
    messages.iter().filter_map(|m| Document::parse(&m.body, usual).ok()).filter(import::is_catalog).collect()
}

/// The charset most of the unambiguous bodies are in.
fn usual_charset<'a>(bodies: impl Iterator<Item = &'a [u8]>) -> Option<Charset> {
    let (mut gb, mut utf8) = (0_u64, 0_u64);
    for body in bodies {
        let decoded = charset::decode(body, None, None);
        if decoded.certainty == Certainty::Sure {
            match decoded.charset {
                Charset::Gb18030 => gb += 1,
                Charset::Utf8 => utf8 += 1,
            }
        }
    }
    match gb.cmp(&utf8) {
        std::cmp::Ordering::Greater => Some(Charset::Gb18030),
        std::cmp::Ordering::Less => Some(Charset::Utf8),
        std::cmp::Ordering::Equal => None,
    }
}
