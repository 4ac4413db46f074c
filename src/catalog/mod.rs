//! Floor 3: the thing audited. Items with their raw texts, what kind each is, how they hang together, and
//! whether the answer they came in is complete.

pub mod answer;
pub mod arrival;
pub mod assemble;
pub mod branch;
pub mod collect;
pub mod field;
pub mod import;
pub mod item;
pub mod journal;
pub mod kind;
pub mod notice;
pub mod sources;
pub mod tree;
pub mod tree_health;

pub use answer::AnswerSet;
pub use arrival::Arrival;
pub use assemble::{Catalog, CatalogState, Counts, Edit, assemble};
pub use field::Field;
pub use item::Item;
pub use kind::Kind;
