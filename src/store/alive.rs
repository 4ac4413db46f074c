//! 末次在线: when each camera of a platform was last seen alive, over all runs, also those that are no longer kept.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::base::time::Timestamp;
use crate::position::seen::History;

impl Store {
    /// Notes which cameras of a platform, by its code, a run that ended has seen alive.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_alive<'c>(
        &mut self,
        platform: &str,
        at: Timestamp,
        codes: impl Iterator<Item = &'c str>,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let sql = "INSERT INTO alive VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
            let mut statement = transaction.prepare(sql)?;
            for code in codes {
                statement.execute(params![platform, code, at.micros()])?;
            }
        }
        transaction.execute(
            "INSERT INTO watched VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET since = min(since, excluded.since), runs = runs + 1",
            params![platform, at.micros()],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// What earlier runs saw of cameras that are silent now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn alive<'c>(&self, platform: &str, silent: impl Iterator<Item = &'c str>) -> Result<History, StoreError> {
        let watched = self.connection.query_row("SELECT since, runs FROM watched WHERE platform = ?1", [platform], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let Some((since, runs)) = watched.optional()? else { return Ok(History::default()) };
        let mut statement = self.connection.prepare("SELECT at FROM alive WHERE platform = ?1 AND device_id = ?2")?;
        let mut alive = BTreeMap::new();
        for code in silent {
            if let Some(at) = statement.query_row([platform, code], |row| row.get(0)).optional()? {
                alive.insert(code.to_owned(), at);
            }
        }
        Ok(History { since: Some(since), runs: runs.unsigned_abs(), alive })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_a_camera_was_alive_outlives_its_runs() {
        let folder = crate::store::tests::folder("alive");
        let mut store = Store::open(&folder.join("s.db")).unwrap();
        assert_eq!(store.alive("p", ["1"].into_iter()).unwrap(), History::default());
        let at = Timestamp::from_micros;
        store.put_alive("p", at(20), ["1", "2"].into_iter()).unwrap();
        store.put_alive("p", at(30), ["2"].into_iter()).unwrap();
        // A run that is put in again later was earlier all the same.
        store.put_alive("p", at(10), ["1", "3"].into_iter()).unwrap();
        let seen = store.alive("p", ["1", "2", "3", "4"].into_iter()).unwrap();
        assert_eq!((seen.since, seen.runs), (Some(10), 3));
        assert_eq!(seen.alive.into_iter().collect::<Vec<_>>(), [("1".into(), 20), ("2".into(), 30), ("3".into(), 10)]);
        assert_eq!(store.alive("other", ["1"].into_iter()).unwrap(), History::default());
    }
}
