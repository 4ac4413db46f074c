//! Floor 2: SIP (RFC 3261) as octets and values, with the state machines that are told the time.
//!
//! Lenient where the field is: what was put up with is kept as oddities. No sockets here.

pub mod admission;
pub mod builder;
pub mod dialog;
pub mod digest;
pub mod framer;
pub mod header;
pub mod message;
pub mod sdp;
pub mod transaction;

use crate::base::oddity::{Oddity, OddityKind};
use crate::base::text::excerpt;

/// Oddities of one kind that are kept of one message: a peer that sends thousands has said it with these.
pub const MAX_ODDITIES_OF_A_KIND: usize = 8;
/// Characters kept of what stood there.
const MAX_DETAIL_CHARS: usize = 120;

/// Notes what was put up with; neither the number nor the length is the sender's to choose.
fn note(oddities: &mut Vec<Oddity>, kind: OddityKind, detail: &str) {
    if oddities.iter().filter(|o| o.kind == kind).count() < MAX_ODDITIES_OF_A_KIND {
        oddities.push(kind.at(excerpt(detail, MAX_DETAIL_CHARS)));
    }
}
