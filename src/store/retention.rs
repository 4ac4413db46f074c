//! How long pictures and tapes are kept (保存期限): they show people and their addresses, and are removed when their time is over. Whole
//! runs stay unless somebody sets a time for them too; what outlives them stands in tables of its own (`alive`, `problems`).

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::params;

use super::{Store, StoreError};
use crate::base::time::Timestamp;
use crate::evidence::problems::RETURN_DAYS;

/// Of so many pages one may be free before the file is made anew without them: a night fills free pages again.
const FREE_PART: i64 = 4;

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

/// What became of runs whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunsRemoved {
    /// Removed; of several platforms each counts.
    pub runs: u64,
    /// Still needed, and kept.
    pub needed: u64,
    /// Octets by which the file became smaller.
    pub freed: u64,
}

/// A run whose time is over.
struct Old {
    key: i64,
    platform_id: String,
    begun: i64,
    /// A round of an acceptance, or what it is cannot be read.
    round: bool,
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

    /// Removes whole runs that began before a moment, with all that is kept of them. What is still needed stays: the newest run of
    /// each platform, and the newest that came to its end; rounds of an acceptance, whose result is drawn from all of them; the runs
    /// in which a problem that is not closed, or may still come back, was first and last found.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove_runs(&mut self, before: Timestamp, now: Timestamp) -> Result<RunsRemoved, StoreError> {
        let over = self.over(before)?;
        if over.is_empty() {
            return Ok(RunsRemoved::default());
        }
        let (newest, found) = (self.newest()?, self.found_in(now)?);
        let is_needed =
            |old: &Old| old.round || newest.contains(&old.key) || found.contains(&(old.platform_id.clone(), old.begun));
        let gone: Vec<i64> = over.iter().filter(|old| !is_needed(old)).map(|old| old.key).collect();
        let needed = (over.len() - gone.len()) as u64;
        if gone.is_empty() {
            return Ok(RunsRemoved { needed, ..RunsRemoved::default() });
        }
        // What is removed is written over.
        self.connection.pragma_update(None, "secure_delete", true)?;
        let transaction = self.connection.transaction()?;
        for key in &gone {
            // All that is kept of it goes with it.
            transaction.prepare_cached("DELETE FROM run WHERE key = ?1")?.execute([key])?;
        }
        transaction.commit()?;
        // A file that cannot be made smaller now (no room for a copy, somebody reads it) is made so another night.
        let freed = self.give_back().unwrap_or_else(|error| {
            tracing::warn!(%error, "the free pages of the store cannot be given back now");
            0
        });
        Ok(RunsRemoved { runs: gone.len() as u64, needed, freed })
    }

    fn over(&self, before: Timestamp) -> Result<Vec<Old>, StoreError> {
        // What cannot be read is not judged, and kept.
        let sql = "SELECT key, CASE WHEN json_valid(header) THEN coalesce(json_extract(header, '$.platform.id'), '') ELSE '' END,
                          begun,
                          CASE WHEN json_valid(header) THEN json_extract(header, '$.conduct.earlier_rounds') IS NOT NULL ELSE 1 END
                   FROM run WHERE begun < ?1 ORDER BY key";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([before.micros()], |row| {
            Ok(Old { key: row.get(0)?, platform_id: row.get(1)?, begun: row.get(2)?, round: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest run of each platform by its name, and the newest that came to its end.
    fn newest(&self) -> Result<HashSet<i64>, StoreError> {
        let sql = "SELECT key FROM run AS own WHERE
                       key = (SELECT key FROM run WHERE platform = own.platform ORDER BY begun DESC, key DESC LIMIT 1)
                    OR key = (SELECT key FROM run WHERE platform = own.platform AND whole ORDER BY begun DESC, key DESC LIMIT 1)";
        let mut statement = self.connection.prepare(sql)?;
        let keys = statement.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// Of each platform, by its code: when runs began in which problems were found that the book still goes on with.
    fn found_in(&self, now: Timestamp) -> Result<HashSet<(String, i64)>, StoreError> {
        let one = |moment: &str| format!("SELECT platform, {moment} FROM problem WHERE closed IS NULL OR closed >= ?1");
        let sql = ["first", "since", "last"].map(one).join(" UNION ");
        let mut statement = self.connection.prepare(&sql)?;
        let since = now.plus_seconds(-RETURN_DAYS * 86_400).micros();
        let rows = statement.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes the file anew without its free pages, where they are many. Gives the octets it became smaller by.
    fn give_back(&self) -> Result<u64, StoreError> {
        let number = |name: &str| self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let (pages, free, size) = (number("page_count")?, number("freelist_count")?, number("page_size")?);
        if free.saturating_mul(FREE_PART) < pages {
            return Ok(0);
        }
        self.connection.execute_batch("VACUUM")?;
        // The new pages stand in the side file until now.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let left = number("page_count")?;
        Ok(pages.saturating_sub(left).saturating_mul(size).unsigned_abs())
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
    use crate::evidence::problems::{Problem, RunRates};
    use crate::evidence::tests::evidence;
    use crate::probe::outcome::{ProbeRecord, Untested};

    #[test]
    fn whole_runs_go_but_for_those_that_are_needed_and_the_file_becomes_smaller() {
        let path = crate::store::tests::folder("runs").join("a.db");
        let mut store = Store::open(&path).unwrap();
        let day = |n: i64| Timestamp::from_micros(1_000_000).plus_seconds(n * 86_400);
        let platform_id = evidence("x", "p").header.platform.id;
        for n in 0..12 {
            for platform in ["p", "q"] {
                let mut one = evidence(&format!("r{n:02}"), platform);
                one.header.started = day(n).micros();
                // A run of another platform of the same hours: its problems have a book of their own.
                one.header.platform.id = if platform == "p" { platform_id.clone() } else { "other".into() };
                one.header.conduct.earlier_rounds = (n == 3).then(Vec::new);
                one.probes.extend((0..50).map(|n| ProbeRecord::untested(&format!("{n}"), Untested::ProbeLimit)));
                store.put(&one).unwrap();
                store.put_snapshot(&one.header.run_id, platform, "a.jpg", &vec![7; 40_000]).unwrap();
                store.put_folder(&one.header.run_id, platform, "out").unwrap();
            }
        }
        // The newest of q did not come to its end; the one before it did.
        let mut stopped = evidence("r12", "q");
        stopped.header.started = day(12).micros();
        store.begin(&stopped.header, &[]).unwrap();
        let problem = |id: &str, first: i64, last: i64, closed: Option<i64>| Problem {
            id: id.into(),
            device_id: "1".into(),
            what: "N03".into(),
            first: day(first),
            since: day(first),
            last: day(last),
            closed: closed.map(day),
            returns: 0,
            name: String::new(),
            unit: String::new(),
        };
        let (open, long) = (problem("a", 1, 5, None), problem("b", 2, 6, Some(90)));
        store.put_problems(&platform_id, [&open, &long].into_iter()).unwrap();
        let rates = RunRates {
            run: "r00".into(),
            at: day(0),
            complete: true,
            cameras: 1,
            rates: [None; 5],
            profile: "h".into(),
            problems: None,
        };
        store.put_rates(&platform_id, &rates).unwrap();
        store.put_alive(&platform_id, day(0), ["1"].into_iter()).unwrap();
        let size = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
        store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let before = size(&path);
        assert_eq!(store.remove_runs(day(0), day(100)).unwrap(), RunsRemoved::default());
        let done = store.remove_runs(day(50), day(100)).unwrap();
        let left = |platform: &str| {
            let sql = "SELECT id FROM run WHERE platform = ?1 ORDER BY id";
            let mut statement = store.connection.prepare(sql).unwrap();
            statement.query_map([platform], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>()
        };
        // A problem that is open was found in 1 and 5; one long closed in nothing that is needed; 3 is a round.
        assert_eq!(left("p"), ["r01", "r03", "r05", "r11"]);
        assert_eq!(left("q"), ["r03", "r11", "r12"]);
        assert_eq!((done.runs, done.needed), (18, 7));
        let after = size(&path);
        assert!(after * 2 < before && done.freed == before - after, "{before} {after} {done:?}");
        let sql = "SELECT count(*) FROM probe WHERE run NOT IN (SELECT key FROM run)";
        assert_eq!(store.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "nothing is left of them");
        // What outlives them.
        assert_eq!(store.rates_between(&platform_id, day(0), day(1)).unwrap(), [rates]);
        assert_eq!(store.problems(&platform_id, day(91)).unwrap().len(), 2);
        assert_eq!(store.alive(&platform_id, day(20), [("1", false)].into_iter()).unwrap().alive.len(), 1);
        let done = store.remove_runs(day(50), day(100)).unwrap();
        assert_eq!(done, RunsRemoved { needed: 7, ..RunsRemoved::default() }, "once");
        // A problem that may still come back is needed as an open one is.
        assert_eq!(store.remove_runs(day(50), day(93)).unwrap().runs, 0);
    }

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
