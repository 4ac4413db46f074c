//! Floor 2: from media packets to a picture: RTP, TCP framing, program stream, NAL units, key frame, decoder.
//!
//! Every state machine here takes octets and moments and does no I/O. Nothing a peer sends makes it panic or
//! hold more than its named limits.

pub mod access_unit;
pub mod codec;
pub mod draw;
pub mod framing;
pub mod histogram;
pub mod jpeg;
pub mod look;
pub mod meter;
pub mod mux;
pub mod nal;
pub mod picture;
pub mod ps;
pub mod receiver;
pub mod reorder;
pub mod rtp;
