//! The words of [`Attempt::detail`](super::Attempt::detail): finer than the cause, stable in results. What they mean for
//! people, and who is to blame, says `probe/cause`.

/// Nothing was heard.
pub const SILENCE: &str = "silence";
/// Something provisional was heard, and no final answer.
pub const PROVISIONAL_ONLY: &str = "provisional_only";
/// The signalling connection of the call broke before anything was answered.
pub const CONNECTION_LOST: &str = "connection_lost";
/// TCP was agreed and no connection came to be.
pub const NO_TCP_CONNECTION: &str = "no_tcp_connection";
/// Both sides want to connect, or both to listen.
pub const SETUP_CONFLICT: &str = "setup_conflict";
/// The answer's media port is 0.
pub const PORT_ZERO: &str = "port_zero";
/// A 200 without a session description.
pub const NO_SDP: &str = "no_sdp";
/// A session description without a media line.
pub const UNPARSABLE_SDP: &str = "unparsable_sdp";
/// No video in the session description.
pub const NO_VIDEO_LINE: &str = "no_video_line";
/// The peer hung up. May stand behind another word and a comma.
pub const PEER_BYE: &str = "peer_bye";
/// Key frames were damaged on the way.
pub const DAMAGED_IN_TRANSIT: &str = "damaged_in_transit";
/// Key frames came without parameter sets.
pub const NO_PARAMETER_SETS: &str = "no_parameter_sets";
/// Octets over TCP that are no packets.
pub const NOT_RTP: &str = "not_rtp";
/// Video without any structure.
pub const ENCRYPTED_OR_UNKNOWN: &str = "encrypted_or_unknown";
/// We had no media port.
pub const NO_MEDIA_PORT: &str = "no_media_port";
/// Our endpoint failed.
pub const ENDPOINT: &str = "endpoint";
/// The call could not be written down, so it was not made.
pub const LEDGER: &str = "ledger";
/// A picture whose quality is asked for, and nobody looked.
pub const NOT_LOOKED_AT: &str = "not_looked_at";
/// Our decoder did not end in time.
pub const DECODER_SLOW: &str = "decoder_slow";
/// Our decoder failed.
pub const DECODER_GAVE_UP: &str = "decoder_gave_up";
/// A call of ours ended by a bug.
pub const BUG: &str = "bug";
/// A picture came after the limit; milliseconds follow.
pub const LATE: &str = "late_";
/// A refusal; its status follows.
pub const STATUS: &str = "status_";
