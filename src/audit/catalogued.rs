//! From recorded bodies to a catalogue whose items have a kind. Pure.

use std::borrow::Borrow;

use super::AssessError;
use super::basis::edition;
use crate::base::charset::{Certainty, Charset};
use crate::base::lang::Lang;
use crate::base::oddity::{self, OddityKind};
use crate::catalog::arrival::is_notice;
use crate::catalog::assemble::{CatalogState, NOT_ASKED, NOT_CAPTURED};
use crate::catalog::import;
use crate::catalog::kind::kind_of;
use crate::catalog::sources::{Said, Subscribed, Testimony, testify};
use crate::catalog::tree::Tree;
use crate::catalog::{Arrival, Catalog, Kind, assemble};
use crate::evidence::{Header, Message, Mode, Query, Subscription, Table};
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
    let mut catalog = assemble(&header.platform.id, &queries, arrivals(messages));
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
    if header.witnesses.branches_left_out > 0 {
        let left_out = header.witnesses.branches_left_out;
        catalog.oddities.add_many(oddity::BRANCH_LIMIT, left_out, &left_out.to_string());
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
    let kinds: Vec<Kind> = {
        let tree = Tree::new(&catalog.items);
        catalog.items.iter().map(|i| kind_of(i, tree.has_children(i.id()), edition)).collect()
    };
    let cameras = kinds.iter().filter(|kind| **kind == Kind::Camera).count() as u64;
    catalog.proof.sources = sources(header, &catalog, cameras, lang);
    Ok(Catalogued { catalog, kinds })
}

/// What each source says of a catalogue.
fn sources(header: &Header, catalog: &Catalog, cameras: u64, lang: Lang) -> Vec<Testimony> {
    let witnesses = &header.witnesses;
    let recorders: Vec<_> = witnesses.channels.iter().map(|c| (c.device_id.clone(), c.number())).collect();
    let platform_channels = header.platform.device.iter().find(|(name, _)| name == "Channel").map(|(_, text)| text.as_str());
    let said = Said {
        platform_channels,
        recorders: &recorders,
        expected: header.platform.expected.map(|n| (n, header.platform.expected_source.as_str())),
        subscribed: witnesses.subscription.as_ref().map_or(Subscribed::NotAsked, Subscription::state),
        cameras,
    };
    testify(catalog, &said, lang)
}

/// Reads the recorded bodies and lets each go once it is read. What is unambiguous tells the charset of what is not;
/// the few that are not are kept, and read again should most be in the other one.
fn arrivals<M: Borrow<Message>>(messages: impl IntoIterator<Item = M>) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    let mut unsure: Vec<(usize, M)> = Vec::new();
    let (mut gb, mut utf8) = (0_u64, 0_u64);
    for message in messages {
        let received = message.borrow();
        let Ok(document) = Document::parse(&received.body, None) else { continue };
        let charset = document.charset;
        arrivals.push(Arrival {
            document,
            at: received.at,
            way: received.way,
            notify: received.notify,
            call_id: received.call_id.clone(),
            octets: received.body.len() as u64,
        });
        match charset {
            Some((Charset::Gb18030, Certainty::Sure)) => gb += 1,
            Some((Charset::Utf8, Certainty::Sure)) => utf8 += 1,
            Some((_, Certainty::Ambiguous | Certainty::Damaged)) => unsure.push((arrivals.len() - 1, message)),
            _ => (),
        }
    }
    let usual = match gb.cmp(&utf8) {
        std::cmp::Ordering::Greater => Some(Charset::Gb18030),
        std::cmp::Ordering::Less => Some(Charset::Utf8),
        std::cmp::Ordering::Equal => None,
    };
    for (place, message) in unsure {
        if let (Some(slot), Ok(document)) = (arrivals.get_mut(place), Document::parse(&message.borrow().body, usual)) {
            slot.document = document;
        }
    }
    arrivals.retain(|arrival| import::is_catalog(&arrival.document) || is_notice(&arrival.document));
    arrivals
}
