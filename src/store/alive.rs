//! 首次在线、末次在线: when each camera of a platform was first and last seen alive, over all runs, also those that are no longer
//! kept.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::base::time::Timestamp;
use crate::position::seen::{Firsts, History};

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
            // Of two moments the earlier; what was not known stays so.
            let sql = "INSERT INTO alive (platform, device_id, at, first) VALUES (?1, ?2, ?3, ?3)
                       ON CONFLICT DO UPDATE SET at = max(at, excluded.at), first = min(first, excluded.first)";
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

    /// What earlier runs saw of the cameras of a run that began then: of each its code, and whether it is alive now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn alive<'c>(
        &self,
        platform: &str,
        started: Timestamp,
        cameras: impl Iterator<Item = (&'c str, bool)>,
    ) -> Result<History, StoreError> {
        let watched = self.connection.query_row("SELECT since, runs FROM watched WHERE platform = ?1", [platform], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let Some((since, runs)) = watched.optional()? else { return Ok(History::default()) };
        let mut statement = self.connection.prepare("SELECT at, first FROM alive WHERE platform = ?1 AND device_id = ?2")?;
        let (mut alive, mut firsts) = (BTreeMap::new(), BTreeMap::new());
        for (code, now) in cameras {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?));
            let known = statement.query_row([platform, code], row).optional()?;
            if let Some((at, _)) = known.filter(|_| !now) {
                alive.insert(code.to_owned(), at);
            }
            // One that nobody saw before is seen now, or was never seen.
            let first = known.map_or(now.then_some(started.micros()), |(_, first)| first);
            firsts.insert(code, first);
        }
        Ok(History { since: Some(since), runs: runs.unsigned_abs(), alive, first: Firsts::of(&firsts), open: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_camera_was_alive_outlives_its_runs() {
        let folder = crate::store::tests::folder("alive");
        let mut store = Store::open(&folder.join("s.db")).unwrap();
        let at = Timestamp::from_micros;
        let silent = |store: &Store, platform: &str, codes: &[&str]| {
            store.alive(platform, at(40), codes.iter().map(|code| (*code, false))).unwrap()
        };
        assert_eq!(silent(&store, "p", &["1"]), History::default());
        store.put_alive("p", at(20), ["1", "2"].into_iter()).unwrap();
        store.put_alive("p", at(30), ["2"].into_iter()).unwrap();
        // A run that is put in again later was earlier all the same.
        store.put_alive("p", at(10), ["1", "3"].into_iter()).unwrap();
        let seen = silent(&store, "p", &["1", "2", "3", "4"]);
        assert_eq!((seen.since, seen.runs), (Some(10), 3));
        assert_eq!(seen.alive.into_iter().collect::<Vec<_>>(), [("1".into(), 20), ("2".into(), 30), ("3".into(), 10)]);
        let firsts = |seen: &History| ["1", "2", "3", "4"].map(|code| seen.first.first(code));
        assert_eq!(silent(&store, "other", &["1"]), History::default());
        // Alive now: when it was last seen needs no book, and one that is new is seen for the first time.
        let seen = store.alive("p", at(40), [("1", true), ("2", true), ("3", false), ("4", true)].into_iter()).unwrap();
        assert_eq!(firsts(&seen), [Some(10), Some(20), Some(10), Some(40)]);
        assert_eq!(seen.alive.into_keys().collect::<Vec<_>>(), ["3"]);
    }
}
