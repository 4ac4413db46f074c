//! Floor 7: runs and their evidence in one SQLite file; so are the registrations that outlive a run.
//!
//! The same layout serves the store beside the settings and the `evidence.db` of every result folder, so a folder
//! can be drawn again by itself. Beside it lies the ledger of the calls that are open.

mod alive;
mod frames;
pub mod ledger;
pub mod lock;
pub mod problems;
mod retention;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::base::time::Timestamp;
use crate::evidence::{Evidence, Header, Message, ProbePlan, Table};
use crate::probe::outcome::ProbeRecord;

/// Version of the layout (`PRAGMA user_version`).
const VERSION: i64 = 6;
/// The layout, step by step; as many as [`VERSION`] says.
const STEPS: [&str; 6] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
];
/// Days after which what was learnt of a recorder says nothing any more.
const CAPACITY_DAYS: i64 = 30;
/// How long another program may hold the file before we give up.
const BUSY_MS: u32 = 10_000;
/// How often SQLite is asked again where it does not wait by itself.
const BUSY_TRIES: u32 = 200;
/// Between two of these.
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Why the store could not do something: our failure.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("the store {} cannot be opened", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// It was written by a newer version of the program.
    #[error("the store {} has layout {version}, this program knows {VERSION}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
    },
    /// SQLite failed.
    #[error("the store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// What stands in it cannot be read.
    #[error("the store holds what cannot be read")]
    Json(#[from] serde_json::Error),
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A registration kept from one run to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRegistration {
    /// The platform's code.
    pub platform: String,
    /// Our UDP socket it registered at.
    pub socket: SocketAddr,
    /// Where it is.
    pub peer: SocketAddr,
    /// When it runs out.
    pub expires: Timestamp,
    /// Its User-Agent.
    pub user_agent: String,
    /// Its `X-GB-Ver`.
    pub version: Option<String>,
}

/// Sessions at once that a recorder or a platform was found to bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCapacity {
    /// The platform's code.
    pub platform: String,
    /// The recorder's, empty for cameras that hang under none; nothing where it is of the whole platform.
    pub recorder: Option<String>,
    /// At once.
    pub sessions: u32,
    /// So many were refused.
    pub wall: Option<u32>,
    /// When it was learnt.
    pub at: Timestamp,
}

pub use self::retention::{Expired, Removed, RunsRemoved, before};

/// The store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

/// Switches to write-ahead logging. SQLite does not wait for another program that does the same at this moment.
fn wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && tries < BUSY_TRIES => {
                tries += 1;
                std::thread::sleep(BUSY_PAUSE);
            }
            done => return done,
        }
    }
}

impl Store {
    /// Opens a store, and makes it if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened or made, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open { path: path.to_owned(), source };
        make_private(path)?;
        let connection = Connection::open(path).map_err(open)?;
        connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_MS))).map_err(open)?;
        wal(&connection).map_err(open)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(open)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(open)?;
        let mut store = Self { connection };
        // At once: two programs that find no store must not both make one.
        let transaction = store.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(open)?;
        let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(open)?;
        let done = usize::try_from(version).unwrap_or(usize::MAX);
        let Some(steps) = STEPS.get(done..) else { return Err(StoreError::Newer { path: path.to_owned(), version }) };
        for step in steps {
            transaction.execute_batch(step).map_err(open)?;
        }
        transaction.pragma_update(None, "user_version", VERSION).map_err(open)?;
        transaction.commit().map_err(open)?;
        Ok(store)
    }

    /// Puts all of a platform's run in, in place of what was there of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, evidence: &Evidence) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let run = put_header(&transaction, &evidence.header, true)?;
        put_messages(&transaction, run, &evidence.messages)?;
        transaction.execute("DELETE FROM sheet WHERE run = ?1", [run])?;
        for (number, table) in evidence.tables.iter().enumerate() {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            transaction.execute("INSERT INTO sheet VALUES (?1, ?2, ?3, ?4)", params![run, number, table.name, table.octets])?;
        }
        transaction.execute("DELETE FROM probe WHERE run = ?1", [run])?;
        for record in &evidence.probes {
            put_probe(&transaction, run, record)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Begins a platform's run: what is known when its catalogue is in.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(&mut self, header: &Header, messages: &[Message]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let run = put_header(&transaction, header, false)?;
        put_messages(&transaction, run, messages)?;
        transaction.commit()?;
        Ok(())
    }

    /// Goes on with a platform's run: what is kept of it stays, and it is not whole until it is put in again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn reopen(&mut self, header: &Header) -> Result<(), StoreError> {
        put_header(&self.connection, header, false).map(|_| ())
    }

    /// Adds what came of calling one code.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_probe(&mut self, run_id: &str, platform: &str, record: &ProbeRecord) -> Result<(), StoreError> {
        match self.key(run_id, platform)? {
            Some(run) => put_probe(&self.connection, run, record),
            None => Ok(()),
        }
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_snapshot(&mut self, run_id: &str, platform: &str, name: &str, jpeg: &[u8]) -> Result<(), StoreError> {
        if let Some(run) = self.key(run_id, platform)? {
            self.connection.execute("INSERT OR IGNORE INTO snapshot VALUES (?1, ?2, ?3)", params![run, name, jpeg])?;
        }
        Ok(())
    }

    /// The ids of the runs, the newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn runs(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM run GROUP BY id ORDER BY max(begun) DESC, max(key) DESC")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The headers of a run, a platform each, in the order they were put in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn headers(&self, run_id: &str) -> Result<Vec<Header>, StoreError> {
        let mut statement = self.connection.prepare("SELECT header FROM run WHERE id = ?1 ORDER BY key")?;
        let rows = statement.query_map([run_id], |row| row.get::<_, String>(0))?;
        rows.map(|header| Ok(serde_json::from_str(&header?)?)).collect()
    }

    /// The header of a platform's newest run that came to its end, by its name in the settings.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_header(&self, platform: &str) -> Result<Option<Header>, StoreError> {
        let sql = "SELECT header FROM run WHERE platform = ?1 AND whole = 1 ORDER BY begun DESC, key DESC LIMIT 1";
        let header: Option<String> = self.connection.query_row(sql, [platform], |row| row.get(0)).optional()?;
        Ok(header.map(|header| serde_json::from_str(&header)).transpose()?)
    }

    /// The evidence of a run, a platform each, in the order they were put in. Empty when there is no such run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(&self, run_id: &str) -> Result<Vec<Evidence>, StoreError> {
        let mut statement = self.connection.prepare("SELECT key, header FROM run WHERE id = ?1 ORDER BY key")?;
        let rows = statement.query_map([run_id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let rows: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
        rows.into_iter().map(|(run, header)| self.load_one(run, &header)).collect()
    }

    fn load_one(&self, run: i64, header: &str) -> Result<Evidence, StoreError> {
        let mut statement =
            self.connection.prepare("SELECT at, way, notify, call_id, body FROM message WHERE run = ?1 ORDER BY number")?;
        let messages = statement.query_map([run], |row| {
            Ok(Message {
                at: Timestamp::from_micros(row.get(0)?),
                way: row.get(1)?,
                notify: row.get(2)?,
                call_id: row.get(3)?,
                body: row.get::<_, Vec<u8>>(4)?.into(),
            })
        })?;
        let messages = messages.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare("SELECT name, octets FROM sheet WHERE run = ?1 ORDER BY number")?;
        let tables = statement.query_map([run], |row| Ok(Table { name: row.get(0)?, octets: row.get(1)? }))?;
        let tables = tables.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare("SELECT record FROM probe WHERE run = ?1 ORDER BY device_id")?;
        let mut probes = Vec::new();
        for record in statement.query_map([run], |row| row.get::<_, String>(0))? {
            probes.push(serde_json::from_str(&record?)?);
        }
        Ok(Evidence { header: serde_json::from_str(header)?, messages, tables, probes })
    }

    /// The ids of ended runs of a platform before a moment, the newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn earlier(&self, run_id: &str, platform: &str, before: Timestamp, most: u32) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id FROM run WHERE platform = ?1 AND whole AND begun < ?2 AND id <> ?3
                   ORDER BY begun DESC, key DESC LIMIT ?4";
        let mut statement = self.connection.prepare(sql)?;
        let ids = statement.query_map(params![platform, before.micros(), run_id, most], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Ids of runs of the same platform under the same profile on the same day in Beijing that called every camera and came to
    /// their end, this one among them, by their times.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rounds_like(&self, like: &Header) -> Result<Vec<String>, StoreError> {
        let day = |header: &Header| header.started().beijing("%Y-%m-%d");
        let sql = "SELECT header FROM run WHERE platform = ?1 AND whole AND begun BETWEEN ?2 AND ?3 ORDER BY begun, key";
        let mut statement = self.connection.prepare(sql)?;
        let around = [-86_400, 86_400].map(|seconds| like.started().plus_seconds(seconds).micros());
        let rows = statement.query_map(params![like.platform.name, around[0], around[1]], |row| row.get::<_, String>(0))?;
        let mut runs = Vec::new();
        for row in rows {
            let header: Header = serde_json::from_str(&row?)?;
            let same = header.platform.id == like.platform.id && header.profile == like.profile && day(&header) == day(like);
            if same
                && header.probing == ProbePlan::All
                && header.carried.is_none()
                && header.incomplete.is_none()
                && header.conduct.stop_seed.is_none()
            {
                runs.push(header.run_id);
            }
        }
        Ok(runs)
    }

    /// Octets of the catalogue bodies of a platform's run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn catalogue_bytes(&self, run_id: &str, platform: &str) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(length(body)), 0) FROM message JOIN run ON run.key = message.run
                   WHERE run.id = ?1 AND run.platform = ?2";
        let octets: i64 = self.connection.query_row(sql, [run_id, platform], |row| row.get(0))?;
        Ok(octets.unsigned_abs())
    }

    /// Octets of what is kept of a platform's run, pictures left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bytes_of_run(&self, run_id: &str, platform: &str) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(length(record)), 0) FROM probe JOIN run ON run.key = probe.run
                   WHERE run.id = ?1 AND run.platform = ?2";
        let octets: i64 = self.connection.query_row(sql, [run_id, platform], |row| row.get(0))?;
        Ok(octets.unsigned_abs() + self.catalogue_bytes(run_id, platform)?)
    }

    /// The evidence of one platform of a run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load_platform(&self, run_id: &str, platform: &str) -> Result<Option<Evidence>, StoreError> {
        let sql = "SELECT key, header FROM run WHERE id = ?1 AND platform = ?2";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let found = self.connection.query_row(sql, [run_id, platform], row).optional()?;
        found.map(|(run, header)| self.load_one(run, &header)).transpose()
    }

    /// Hands out the pictures of a platform's run, one by one.
    ///
    /// # Errors
    /// When the file cannot be read, or whoever takes them fails.
    pub fn snapshots<E: From<StoreError>>(
        &self,
        run_id: &str,
        platform: &str,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(()) };
        let sql = "SELECT name, jpeg FROM snapshot WHERE run = ?1 ORDER BY name";
        let mut statement = self.connection.prepare(sql).map_err(StoreError::from)?;
        let mut rows = statement.query([run]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let name: String = row.get(0).map_err(StoreError::from)?;
            let jpeg: Vec<u8> = row.get(1).map_err(StoreError::from)?;
            take(&name, &jpeg)?;
        }
        Ok(())
    }

    /// Keeps the tape of an attempt.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_tape(
        &mut self,
        run_id: &str,
        platform: &str,
        device_id: &str,
        number: u32,
        octets: &[u8],
    ) -> Result<(), StoreError> {
        if let Some(run) = self.key(run_id, platform)? {
            let sql = "INSERT OR REPLACE INTO tape VALUES (?1, ?2, ?3, ?4)";
            self.connection.prepare_cached(sql)?.execute(params![run, device_id, number, octets])?;
        }
        Ok(())
    }

    /// Throws the tapes of a code away: it gave a picture in the end.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn drop_tapes(&mut self, run_id: &str, platform: &str, device_id: &str) -> Result<(), StoreError> {
        if let Some(run) = self.key(run_id, platform)? {
            self.connection.execute("DELETE FROM tape WHERE run = ?1 AND device_id = ?2", params![run, device_id])?;
        }
        Ok(())
    }

    /// The tapes of a code, by the numbers of its attempts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tapes(&self, run_id: &str, platform: &str, device_id: &str) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(Vec::new()) };
        let sql = "SELECT number, octets FROM tape WHERE run = ?1 AND device_id = ?2 ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![run, device_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Copies the tapes of a platform's run into another store.
    ///
    /// # Errors
    /// When either file fails.
    pub fn copy_tapes(&self, run_id: &str, platform: &str, to: &mut Self) -> Result<(), StoreError> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(()) };
        let mut statement = self.connection.prepare("SELECT device_id, number, octets FROM tape WHERE run = ?1")?;
        let mut rows = statement.query([run])?;
        let transaction = to.connection.transaction()?;
        let sql = "SELECT key FROM run WHERE id = ?1 AND platform = ?2";
        let other: Option<i64> = transaction.query_row(sql, [run_id, platform], |row| row.get(0)).optional()?;
        if let Some(other) = other {
            while let Some(row) = rows.next()? {
                let (code, number, octets): (String, u32, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
                transaction
                    .execute("INSERT OR REPLACE INTO tape VALUES (?1, ?2, ?3, ?4)", params![other, code, number, octets])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many tapes there are of a platform's run, and their octets.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count_tapes(&self, run_id: &str, platform: &str) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT count(*), coalesce(sum(length(octets)), 0) FROM tape JOIN run ON run.key = tape.run
                   WHERE run.id = ?1 AND run.platform = ?2";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (count, octets) = self.connection.query_row(sql, [run_id, platform], row)?;
        Ok((count.unsigned_abs(), octets.unsigned_abs()))
    }

    /// A picture of a platform's run, by its name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn picture(&self, run_id: &str, platform: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(run) = self.key(run_id, platform)? else { return Ok(None) };
        let sql = "SELECT jpeg FROM snapshot WHERE run = ?1 AND name = ?2";
        Ok(self.connection.query_row(sql, params![run, name], |row| row.get(0)).optional()?)
    }

    /// Ends the file's side files, so that it can be moved and read by itself.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(self) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "journal_mode", "DELETE")?;
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Registrations with our code that have not run out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn registrations(&self, local: &str, now: Timestamp) -> Result<Vec<KeptRegistration>, StoreError> {
        let sql =
            "SELECT platform, socket, peer, expires, user_agent, version FROM registration WHERE local = ?1 AND expires > ?2";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![local, now.micros()], |row| {
            let address = |index| row.get::<_, String>(index).map(|text| text.parse().ok());
            let (socket, peer): (Option<SocketAddr>, Option<SocketAddr>) = (address(1)?, address(2)?);
            let (Some(socket), Some(peer)) = (socket, peer) else { return Ok(None) };
            Ok(Some(KeptRegistration {
                platform: row.get(0)?,
                socket,
                peer,
                expires: Timestamp::from_micros(row.get(3)?),
                user_agent: row.get(4)?,
                version: row.get(5)?,
            }))
        })?;
        let kept: Vec<Option<KeptRegistration>> = rows.collect::<Result<_, _>>()?;
        Ok(kept.into_iter().flatten().collect())
    }

    /// Keeps a registration; `None` when the platform has none any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_registration(&mut self, local: &str, platform: &str, kept: Option<&KeptRegistration>) -> Result<(), StoreError> {
        match kept {
            Some(r) => self.connection.execute(
                "INSERT OR REPLACE INTO registration VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![local, platform, r.socket.to_string(), r.peer.to_string(), r.expires.micros(), r.user_agent, r.version],
            )?,
            None => self.connection.execute("DELETE FROM registration WHERE local = ?1 AND platform = ?2", [local, platform])?,
        };
        Ok(())
    }

    /// What recorders and platforms were found to bear lately.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn capacities(&self, now: Timestamp) -> Result<Vec<KeptCapacity>, StoreError> {
        let sql = "SELECT platform, whole, recorder, sessions, wall, at FROM capacity WHERE at > ?1";
        let mut statement = self.connection.prepare(sql)?;
        let since = now.plus_seconds(-CAPACITY_DAYS * 86_400).micros();
        let rows = statement.query_map([since], |row| {
            let (whole, recorder): (bool, String) = (row.get(1)?, row.get(2)?);
            Ok(KeptCapacity {
                platform: row.get(0)?,
                recorder: (!whole).then_some(recorder),
                sessions: row.get(3)?,
                wall: row.get(4)?,
                at: Timestamp::from_micros(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps what was found of recorders and platforms; what was known of others stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_capacities(&mut self, kept: &[KeptCapacity]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for one in kept {
            let recorder = one.recorder.as_deref();
            transaction.prepare_cached("INSERT OR REPLACE INTO capacity VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
                one.platform,
                recorder.is_none(),
                recorder.unwrap_or_default(),
                one.sessions,
                one.wall,
                one.at.micros()
            ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn key(&self, run_id: &str, platform: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT key FROM run WHERE id = ?1 AND platform = ?2";
        Ok(self.connection.prepare_cached(sql)?.query_row([run_id, platform], |row| row.get(0)).optional()?)
    }
}

fn put_header(connection: &Connection, header: &Header, whole: bool) -> Result<i64, StoreError> {
    let sql = "INSERT INTO run (id, platform, begun, whole, header) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (id, platform) DO UPDATE SET begun = ?3, whole = ?4, header = ?5 RETURNING key";
    let json = serde_json::to_string(header)?;
    let values = params![header.run_id, header.platform.name, header.started, whole, json];
    Ok(connection.query_row(sql, values, |row| row.get(0))?)
}

fn put_messages(connection: &Connection, run: i64, messages: &[Message]) -> Result<(), StoreError> {
    connection.execute("DELETE FROM message WHERE run = ?1", [run])?;
    let mut statement = connection
        .prepare("INSERT INTO message (run, number, at, call_id, body, way, notify) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (number, message) in messages.iter().enumerate() {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        statement.execute(params![
            run,
            number,
            message.at.micros(),
            message.call_id,
            &*message.body,
            message.way,
            message.notify
        ])?;
    }
    Ok(())
}

fn put_probe(connection: &Connection, run: i64, record: &ProbeRecord) -> Result<(), StoreError> {
    let json = serde_json::to_string(record)?;
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO probe VALUES (?1, ?2, ?3)")?;
    statement.execute(params![run, record.device_id, json])?;
    Ok(())
}

/// A new file is readable by its owner alone: it holds addresses and positions.
fn make_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if !path.exists() {
        use std::os::unix::fs::OpenOptionsExt as _;
        std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    }
    Ok(())
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use super::*;
    use crate::evidence::tests::evidence;
    use crate::probe::outcome::Untested;

    pub(in crate::store) fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("gbaudit-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let path = folder("whole").join("a.db");
        let mut store = Store::open(&path).unwrap();
        let mut one = evidence("r1", "chengwu");
        one.probes.push(ProbeRecord::untested("37172300011310000001", Untested::ProbeLimit));
        store.put(&one).unwrap();
        store.put(&evidence("r1", "dingtao")).unwrap();
        store.put_snapshot("r1", "chengwu", "x.jpg", b"jpeg").unwrap();
        store.put_snapshot("r1", "chengwu", "x.jpg", b"jpeg").unwrap();
        store.close().unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(store.load("r1").unwrap(), [one, evidence("r1", "dingtao")]);
        assert_eq!(store.load("r2").unwrap(), []);
        let mut names = Vec::new();
        store
            .snapshots::<StoreError>("r1", "chengwu", |name, jpeg| {
                names.push((name.to_owned(), jpeg.to_vec()));
                Ok(())
            })
            .unwrap();
        assert_eq!(names, [("x.jpg".to_owned(), b"jpeg".to_vec())]);
    }

    #[test]
    fn putting_a_run_in_again_replaces_it_and_keeps_its_pictures() {
        let mut store = Store::open(&folder("again").join("a.db")).unwrap();
        let one = evidence("r1", "chengwu");
        store.begin(&one.header, &one.messages).unwrap();
        store.put_snapshot("r1", "chengwu", "x.jpg", b"jpeg").unwrap();
        store.put_probe("r1", "chengwu", &ProbeRecord::untested("1", Untested::Interrupted)).unwrap();
        assert_eq!(store.load("r1").unwrap()[0].probes.len(), 1, "a killed run keeps what was measured");
        store.put(&one).unwrap();
        assert_eq!(store.load("r1").unwrap(), [one]);
        let mut count = 0;
        store
            .snapshots::<StoreError>("r1", "chengwu", |_, _| {
                count += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(count, 1);
    }

    #[test]
    fn a_store_of_an_earlier_program_is_read_and_brought_up_to_date() {
        let path = folder("older").join("a.db");
        make_private(&path).unwrap();
        let older = Connection::open(&path).unwrap();
        older.execute_batch(STEPS[0]).unwrap();
        older.pragma_update(None, "user_version", 1).unwrap();
        let mut header = serde_json::to_value(evidence("r1", "chengwu").header).unwrap();
        header.as_object_mut().unwrap().remove("ways");
        older.execute("INSERT INTO run VALUES (1, 'r1', 'chengwu', 5, 1, ?1)", [header.to_string()]).unwrap();
        older.execute("INSERT INTO message VALUES (1, 0, 7, 'c', x'b3c9')", []).unwrap();
        drop(older);
        let store = Store::open(&path).unwrap();
        let read = store.load("r1").unwrap().remove(0);
        assert_eq!(read.header.ways, []);
        let message =
            Message { at: Timestamp::from_micros(7), call_id: "c".into(), body: vec![0xB3, 0xC9].into(), ..Message::default() };
        assert_eq!(read.messages, [message]);
        drop(store);
        assert_eq!(Store::open(&path).unwrap().load("r1").unwrap().len(), 1, "brought up to date once");
    }

    #[test]
    fn what_layout_five_knew_of_cameras_and_rates_stays_and_nothing_is_made_up() {
        let path = folder("five").join("a.db");
        make_private(&path).unwrap();
        let older = Connection::open(&path).unwrap();
        STEPS.iter().take(5).for_each(|step| older.execute_batch(step).unwrap());
        older.pragma_update(None, "user_version", 5).unwrap();
        older.execute("INSERT INTO alive VALUES ('p', '1', 20)", []).unwrap();
        older.execute("INSERT INTO watched VALUES ('p', 10, 2)", []).unwrap();
        let rates = "INSERT INTO run_rates (platform, run, at, complete, cameras, profile) VALUES ('p', 'r', 10, 1, 2, 'h')";
        older.execute(rates, []).unwrap();
        drop(older);
        let at = Timestamp::from_micros;
        let mut store = Store::open(&path).unwrap();
        store.put_alive("p", at(30), ["1", "2"].into_iter()).unwrap();
        let seen = store.alive("p", at(40), [("1", true), ("2", false)].into_iter()).unwrap();
        let firsts = ["1", "2"].map(|code| seen.first.first(code));
        assert_eq!((seen.since, firsts), (Some(10), [None, Some(30)]), "nobody knows since when the first is on line");
        assert_eq!(store.rates_between("p", at(0), at(20)).unwrap()[0].problems, None);
    }

    #[test]
    fn the_newest_run_comes_first() {
        let mut store = Store::open(&folder("order").join("a.db")).unwrap();
        for (id, started) in [("a", 5), ("b", 9), ("c", 7)] {
            let mut one = evidence(id, "chengwu");
            one.header.started = started;
            store.put(&one).unwrap();
        }
        assert_eq!(store.runs().unwrap(), ["b", "c", "a"]);
    }

    #[test]
    fn registrations_are_kept_until_they_run_out() {
        let mut store = Store::open(&folder("registration").join("a.db")).unwrap();
        let kept = KeptRegistration {
            platform: "37172300002000000002".into(),
            socket: "127.0.0.1:5060".parse().unwrap(),
            peer: "127.0.0.1:5061".parse().unwrap(),
            expires: Timestamp::from_micros(1_000),
            user_agent: "x".into(),
            version: None,
        };
        store.put_registration("me", &kept.platform, Some(&kept)).unwrap();
        assert_eq!(store.registrations("me", Timestamp::from_micros(999)).unwrap(), std::slice::from_ref(&kept));
        assert_eq!(store.registrations("me", Timestamp::from_micros(1_000)).unwrap(), []);
        assert_eq!(store.registrations("other", Timestamp::from_micros(0)).unwrap(), []);
        store.put_registration("me", &kept.platform, None).unwrap();
        assert_eq!(store.registrations("me", Timestamp::from_micros(0)).unwrap(), []);
    }

    #[test]
    fn what_was_learnt_of_recorders_is_known_for_some_weeks() {
        let mut store = Store::open(&folder("capacity").join("a.db")).unwrap();
        let at = Timestamp::from_micros(1_000_000);
        let kept = |recorder: Option<&str>, sessions, wall| KeptCapacity {
            platform: "p".into(),
            recorder: recorder.map(Into::into),
            sessions,
            wall,
            at,
        };
        store.put_capacities(&[kept(None, 8, None), kept(Some(""), 4, None), kept(Some("r"), 3, Some(4))]).unwrap();
        store.put_capacities(&[kept(Some("r"), 2, Some(3))]).unwrap();
        let found = store.capacities(at).unwrap();
        assert_eq!(found.len(), 3);
        assert!(found.contains(&kept(None, 8, None)) && found.contains(&kept(Some("r"), 2, Some(3))), "{found:?}");
        assert_eq!(store.capacities(at.plus_seconds(31 * 86_400)).unwrap(), []);
    }

    #[test]
    fn a_store_of_a_newer_program_is_not_touched() {
        let path = folder("newer").join("a.db");
        let store = Store::open(&path).unwrap();
        store.connection.pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        assert!(matches!(Store::open(&path), Err(StoreError::Newer { version: 99, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_new_store_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder("mode").join("a.db");
        Store::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
