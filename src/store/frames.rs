//! Key frames pictures were judged by (关键帧留存): the octets themselves, so that somebody else can look at them again.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};

impl Store {
    /// Adds a key frame.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_key_frame(&mut self, run_id: &str, platform: &str, name: &str, octets: &[u8]) -> Result<(), StoreError> {
        if let Some(run) = self.key(run_id, platform)? {
            self.connection.execute("INSERT OR IGNORE INTO key_frame VALUES (?1, ?2, ?3)", params![run, name, octets])?;
        }
        Ok(())
    }

    /// A key frame, by its name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn key_frame(&self, run_id: &str, platform: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(None) };
        let sql = "SELECT octets FROM key_frame WHERE run = ?1 AND name = ?2";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![run, name], |row| row.get(0)).optional()?)
    }

    /// How long a key frame is, if it is there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn key_frame_size(&self, run_id: &str, platform: &str, name: &str) -> Result<Option<u64>, StoreError> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(None) };
        let sql = "SELECT length(octets) FROM key_frame WHERE run = ?1 AND name = ?2";
        let size = self.connection.prepare_cached(sql)?.query_row(params![run, name], |row| row.get::<_, i64>(0)).optional()?;
        Ok(size.map(i64::unsigned_abs))
    }

    /// Copies the key frames of a platform's run into another store.
    ///
    /// # Errors
    /// When either file fails.
    pub fn copy_key_frames(&self, run_id: &str, platform: &str, to: &mut Self) -> Result<(), StoreError> {
        let (Some(run), Some(other)) = (self.key(run_id, platform)?, to.key(run_id, platform)?) else { return Ok(()) };
        let mut statement = self.connection.prepare("SELECT name, octets FROM key_frame WHERE run = ?1")?;
        let mut rows = statement.query([run])?;
        let transaction = to.connection.transaction()?;
        while let Some(row) = rows.next()? {
            let (name, octets): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            transaction.execute("INSERT OR IGNORE INTO key_frame VALUES (?1, ?2, ?3)", params![other, name, octets])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::evidence;

    #[test]
    fn a_key_frame_is_kept_copied_and_removed_with_the_snapshots() {
        let folder = std::env::temp_dir().join(format!("gbaudit-frames-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let (mut store, mut copy) = (Store::open(&folder.join("a.db")).unwrap(), Store::open(&folder.join("b.db")).unwrap());
        let one = evidence("r", "p");
        store.put(&one).unwrap();
        copy.put(&one).unwrap();
        for _ in 0..2 {
            store.put_key_frame("r", "p", "n", b"frame").unwrap();
        }
        store.put_key_frame("x", "p", "n", b"of no run").unwrap();
        store.copy_key_frames("r", "p", &mut copy).unwrap();
        for store in [&store, &copy] {
            assert_eq!(store.key_frame("r", "p", "n").unwrap().as_deref(), Some(b"frame".as_slice()));
            assert_eq!(store.key_frame_size("r", "p", "n").unwrap(), Some(5));
        }
        let edge = one.header.started().plus_seconds(1);
        store.remove(edge, edge).unwrap();
        assert_eq!(store.key_frame_size("r", "p", "n").unwrap(), None);
    }
}
