//! Floor 2: MANSCDP, the XML command set of GB/T 28181 annex A, octets to values and back.
//!
//! Parsing is lenient and tells what it put up with; nothing is judged here.

pub mod command;
pub mod document;
pub mod item;
pub mod mask;
pub mod octets;
mod packed;
mod plain;
mod salvage;
mod titles;
mod walk;
