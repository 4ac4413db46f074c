//! How long pictures and tapes are kept (保存期限): they show people and their addresses, and are removed when their time is over.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::params;

use super::{Store, StoreError};
use crate::base::time::Timestamp;

/// Pictures of one platform's run whose time is over, where results of it were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The folder.
    pub folder: PathBuf,
    /// The names of its pictures, all of them ours.
    pub names: Vec<String>,
    /// There are tapes among what has to go.
    pub tapes: bool,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Snapshots.
    pub snapshots: u64,
    /// Tapes.
    pub tapes: u64,
}

impl Removed {
    /// The sum of two.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { snapshots: self.snapshots + other.snapshots, tapes: self.tapes + other.tapes }
    }
}

impl Store {
    /// Remembers where results of a platform's run were written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_folder(&mut self, run_id: &str, platform: &str, folder: &str) -> Result<(), StoreError> {
        if let Some(run) = self.key(run_id, platform)? {
            self.connection.execute("INSERT OR IGNORE INTO folder VALUES (?1, ?2)", params![run, folder])?;
        }
        Ok(())
    }

    /// The folders with pictures or tapes of runs that began before these moments.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn expired(&self, snapshots_before: Timestamp, tapes_before: Timestamp) -> Result<Vec<Expired>, StoreError> {
        let sql = "SELECT folder.run, folder.path, run.begun < ?1, run.begun < ?2 FROM folder JOIN run ON run.key = folder.run
                   WHERE run.begun < ?1 OR run.begun < ?2 ORDER BY folder.run, folder.path";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![snapshots_before.micros(), tapes_before.micros()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?))
        })?;
        let mut expired = Vec::new();
        for row in rows {
            let (run, path, pictures, tapes) = row?;
            let mut named = self.connection.prepare("SELECT name FROM snapshot WHERE run = ?1 AND ?2 ORDER BY name")?;
            let names = named.query_map(params![run, pictures], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            let count = "SELECT ?2 AND EXISTS (SELECT 1 FROM tape WHERE run = ?1)";
            let tapes: bool = self.connection.query_row(count, params![run, tapes], |row| row.get(0))?;
            if !names.is_empty() || tapes {
                expired.push(Expired { folder: PathBuf::from(path), names, tapes });
            }
        }
        Ok(expired)
    }

    /// Removes pictures and tapes of runs that began before these moments; the runs themselves stay.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove(&mut self, snapshots_before: Timestamp, tapes_before: Timestamp) -> Result<Removed, StoreError> {
        // What is removed is written over.
        self.connection.pragma_update(None, "secure_delete", true)?;
        let transaction = self.connection.transaction()?;
        let of = |table: &str| format!("DELETE FROM {table} WHERE run IN (SELECT key FROM run WHERE begun < ?1)");
        let snapshots = transaction.execute(&of("snapshot"), [snapshots_before.micros()])? as u64;
        // They show what the snapshots show.
        transaction.execute(&of("key_frame"), [snapshots_before.micros()])?;
        let tapes = transaction.execute(&of("tape"), [tapes_before.micros()])? as u64;
        transaction.commit()?;
        Ok(Removed { snapshots, tapes })
    }
}

/// The moment before which what is kept for so long is over.
#[must_use]
pub fn before(now: Timestamp, span: Duration) -> Timestamp {
    now.plus_seconds(-i64::try_from(span.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::evidence;

    #[test]
    fn what_is_over_is_removed_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("gbaudit-retention-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut store = Store::open(&folder.join("a.db")).unwrap();
        for (run, begun) in [("old", 1_000_000), ("new", 9_000_000)] {
            let mut one = evidence(run, "p");
            one.header.started = begun;
            store.put(&one).unwrap();
            store.put_snapshot(run, "p", "a.jpg", b"jpeg").unwrap();
            store.put_tape(run, "p", "c", 1, b"tape").unwrap();
            store.put_folder(run, "p", run).unwrap();
            store.put_folder(run, "p", run).unwrap();
        }
        let (now, day) = (Timestamp::from_micros(9_500_000), Duration::from_secs(1));
        let edge = before(now, day);
        let gone = Expired { folder: "old".into(), names: vec!["a.jpg".into()], tapes: true };
        assert_eq!(store.expired(edge, edge).unwrap(), std::slice::from_ref(&gone));
        let zero = Timestamp::from_micros(0);
        assert_eq!(store.expired(zero, edge).unwrap(), [Expired { names: vec![], ..gone }], "each has a time of its own");
        assert_eq!(store.remove(zero, edge).unwrap(), Removed { snapshots: 0, tapes: 1 });
        assert_eq!(store.remove(edge, edge).unwrap(), Removed { snapshots: 1, tapes: 0 });
        assert_eq!(store.expired(edge, edge).unwrap(), []);
        assert_eq!(store.picture("old", "p", "a.jpg").unwrap(), None);
        assert_eq!(store.picture("new", "p", "a.jpg").unwrap().as_deref(), Some(b"jpeg".as_slice()));
        assert_eq!(store.tapes("new", "p", "c").unwrap(), [(1, b"tape".to_vec())]);
        let mut copy = Store::open(&folder.join("b.db")).unwrap();
        copy.put(&evidence("new", "p")).unwrap();
        store.copy_tapes("new", "p", &mut copy).unwrap();
        assert_eq!(copy.tapes("new", "p", "c").unwrap().len(), 1);
        copy.drop_tapes("new", "p", "c").unwrap();
        assert_eq!(copy.tapes("new", "p", "c").unwrap().len(), 0);
        assert_eq!(store.load("old").unwrap().len(), 1, "the run itself stays");
    }
}
