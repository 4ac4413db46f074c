//! Hash tables for a catalogue: short keys that outsiders wrote, looked up many times a camera.
//!
//! Seeded anew in every process, as those of the standard library are, so that nobody can write a million keys of one
//! hash; nothing may depend on the order in which such a table is walked, and no such hash leaves the process.

/// The seeded hasher.
pub type State = foldhash::fast::RandomState;
/// A map by short keys.
pub type KeyMap<K, V> = std::collections::HashMap<K, V, State>;
/// A set of short keys.
pub type KeySet<K> = std::collections::HashSet<K, State>;
