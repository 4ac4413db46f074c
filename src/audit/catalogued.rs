//! From recorded bodies to a catalogue whose items have a kind. Pure.

use std::borrow::Borrow;

use super::AssessError;
use super::basis::edition;
use crate::base::charset::{Certainty, Charset};
use crate::base::lang::Lang;
use crate::base::oddity::OddityKind;
use crate::catalog::assemble::{CatalogState, NOT_ASKED, NOT_CAPTURED};
use crate::catalog::import;
use crate::catalog::kind::kind_of;
use crate::catalog::tree::Tree;
use crate::catalog::{Catalog, Kind, assemble};
use crate::evidence::{Header, Message, Mode, Query, Table};
use crate::manscdp::document::Document;

/// A catalogue, sorted into kinds.
#[derive(Debug)]
pub struct Catalogued {
    /// The catalogue.
    pub catalog: Catalog,
    /// The kind of each item.
    pub kinds: Vec<Kind>,
}

/// Puts the catalogue of a run together.
///
/// # Errors
/// When a table cannot be read.
pub fn catalogued(
    header: &Header,
    messages: impl IntoIterator<Item = impl Borrow<Message>, IntoIter: ExactSizeIterator>,
    tables: &[Table],
    lang: Lang,
) -> Result<Catalogued, AssessError> {
    let edition = edition(header);
    let queries: Vec<_> = header.queries.iter().map(Query::record).collect();
    let messages = messages.into_iter();
    let nothing = messages.len() == 0 && tables.is_empty();
    let mut catalog = assemble(&header.platform.id, &queries, documents(messages));
    if header.mode == Mode::Live && queries.is_empty() {
        // Nobody could be asked: that is no file without a total.
        catalog.state = CatalogState::Incomplete;
        catalog.why = vec![NOT_ASKED];
    }
    let captured = header.mode == Mode::File && !header.platform.address.is_empty();
    if captured && queries.is_empty() && nothing {
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
    Ok(Catalogued { catalog, kinds })
}

/// Reads the recorded bodies and lets each go once it is read. What is unambiguous tells the charset of what is not;
/// the few that are not are kept, and read again should most be in the other one.
fn documents<M: Borrow<Message>>(messages: impl IntoIterator<Item = M>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut unsure: Vec<(usize, M)> = Vec::new();
    let (mut gb, mut utf8) = (0_u64, 0_u64);
    for message in messages {
        let Ok(document) = Document::parse(&message.borrow().body, None) else { continue };
        match document.charset {
            Some((Charset::Gb18030, Certainty::Sure)) => gb += 1,
            Some((Charset::Utf8, Certainty::Sure)) => utf8 += 1,
            Some((_, Certainty::Ambiguous | Certainty::Damaged)) => unsure.push((documents.len(), message)),
            _ => (),
        }
        documents.push(document);
    }
    let usual = match gb.cmp(&utf8) {
        std::cmp::Ordering::Greater => Some(Charset::Gb18030),
        std::cmp::Ordering::Less => Some(Charset::Utf8),
        std::cmp::Ordering::Equal => None,
    };
    for (place, message) in unsure {
        if let (Some(slot), Ok(document)) = (documents.get_mut(place), Document::parse(&message.borrow().body, usual)) {
            *slot = document;
        }
    }
    documents.retain(import::is_catalog);
    documents
}
