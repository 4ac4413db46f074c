//! Floor 1: 行政区划. Which region codes are in force, which were and what came of them, and where they lie.
//!
//! The tables are embedded; their sources and licences stand in NOTICE.

pub mod boundary;
pub mod codes;
pub mod grassroots;
pub mod jurisdiction;
pub mod names;
pub mod towns;

pub use boundary::{Area, Boundaries, Shape, Standing};
pub use codes::{CodeStatus, Divisions, Level};
pub use grassroots::GrassrootsCode;
pub use jurisdiction::Jurisdiction;
pub use towns::{Town, Towns};
