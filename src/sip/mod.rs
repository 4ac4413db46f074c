//! Floor 2: SIP (RFC 3261) as octets and values, with the state machines that are told the time.
//!
//! Lenient where the field is: what was put up with is kept as oddities. No sockets here.

pub mod builder;
pub mod dialog;
pub mod digest;
pub mod framer;
pub mod header;
pub mod message;
pub mod sdp;
pub mod transaction;
