//! Floor 0: the words every other floor uses. No I/O, no protocol.

pub mod blocks;
pub mod charset;
pub mod clock;
pub mod datum;
pub mod device_id;
pub mod fraction;
pub mod geo;
pub mod keyed;
pub mod lang;
pub mod oddity;
pub mod secret;
pub mod settings_file;
pub mod text;
pub mod time;
