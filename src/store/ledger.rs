//! The ledger of calls: what is open is written down before it can be, so that the next start ends what a killed one left.
//!
//! A file of lines beside the store, one a process, not a table in it: an INVITE waits until its line is on the disk, and must
//! not wait behind a catalogue of a gigabyte; SQLite in its WAL mode does not promise that at a commit. Whatever is asked for
//! at the same moment goes to the disk in one go. The file is locked as long as its process lives, so that nobody ends the
//! calls of an audit that goes on; without an open call it is removed.

pub mod book;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::StoreError;
use crate::base::time::Timestamp;
use crate::sip::dialog::Dialog;
use book::{Asked, Book, Entry, OpenCall};

/// Lines on their way to the file; each of a thousand calls has a few.
const QUEUE: usize = 16_384;
/// Lines written in one go.
const BATCH: usize = 1_024;
/// A file that has grown so long is begun anew with what is open.
const ROTATE_BYTES: u64 = 8 * 1024 * 1024;
/// Read of a file of an earlier process; none grows so large.
const MAX_FILE_BYTES: u64 = 8 * ROTATE_BYTES;
/// How long the disk may take before an INVITE is given up.
const ASK_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may hold up the ACK of a 2xx.
const ANSWER_PATIENCE: Duration = Duration::from_millis(500);
/// Files of one store.
const MAX_FILES: u32 = 1_000;

enum Order {
    Line { entry: Box<Entry>, kept: Option<oneshot::Sender<bool>> },
    Finish { left: oneshot::Sender<usize> },
}

/// The ledger of this process. Every copy writes to the same file.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Option<mpsc::Sender<Order>>);

impl Ledger {
    /// Begins a ledger beside a store. What earlier processes left open is taken over into it, and given.
    ///
    /// # Errors
    /// When its folder cannot be read or written.
    pub fn open(store: &Path, run_id: &str, now: Timestamp) -> Result<(Self, Vec<OpenCall>), StoreError> {
        let place = Place::beside(store, run_id);
        let mut book = Book::default();
        let earlier = place.earlier(&mut book)?;
        let old = book.forget_old(now);
        if old + usize::try_from(book.left_out).unwrap_or(usize::MAX) > 0 {
            tracing::warn!(old, left_out = book.left_out, "calls of earlier runs are not ended any more");
        }
        let left: Vec<OpenCall> = book.open().cloned().collect();
        let sheet = Sheet::begin(&place, &book)?;
        let pages = Pages { place, book, sheet };
        // What was in them stands in ours now.
        for (path, _locked) in earlier {
            std::fs::remove_file(path)?;
        }
        let (orders, waiting) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("ledger".to_owned()).spawn(move || pages.keep(waiting))?;
        Ok((Self(Some(orders)), left))
    }

    /// An INVITE is about to be sent. Says whether that is on the disk; if not, it must not be sent.
    pub async fn asked(&self, asked: Asked) -> bool {
        self.write(Entry::Asked(asked), ASK_PATIENCE).await
    }

    /// A 2xx came. An ACK is not held up for long: the dialog exists anyhow.
    pub async fn answered(&self, dialog: &Dialog, now: Timestamp) {
        let entry = Entry::Answered { at: now.micros(), dialog: dialog.clone() };
        if !self.write(entry, ANSWER_PATIENCE).await {
            tracing::warn!(call_id = dialog.call_id(), phase = "Answered", "the ledger of calls is late");
        }
    }

    /// A dialog has ended.
    pub async fn hung_up(&self, dialog: &Dialog, by_peer: bool, now: Timestamp) {
        let (call, tag) = (dialog.call_id().to_owned(), dialog.remote_tag().to_owned());
        self.note(Entry::HungUp { at: now.micros(), call, tag, by_peer }).await;
    }

    /// No answer can come any more.
    pub async fn closed(&self, call: &str, how: &str, now: Timestamp) {
        self.note(Entry::Closed { at: now.micros(), call: call.to_owned(), how: how.to_owned() }).await;
    }

    /// Waits until all is written, and ends the ledger. Gives the number of calls that were left open: the next start ends them.
    pub async fn finish(&self) -> usize {
        let Some(orders) = &self.0 else { return 0 };
        let (left, told) = oneshot::channel();
        let _ = orders.send(Order::Finish { left }).await;
        told.await.unwrap_or_default()
    }

    async fn write(&self, entry: Entry, patience: Duration) -> bool {
        let Some(orders) = &self.0 else { return true };
        let (kept, told) = oneshot::channel();
        let written = async {
            orders.send(Order::Line { entry: Box::new(entry), kept: Some(kept) }).await.is_ok() && told.await.unwrap_or_default()
        };
        timeout(patience, written).await.unwrap_or_default()
    }

    async fn note(&self, entry: Entry) {
        if let Some(orders) = &self.0 {
            let _ = orders.send(Order::Line { entry: Box::new(entry), kept: None }).await;
        }
    }
}

/// Where the files of a store's ledgers are.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// What their names begin with.
    prefix: OsString,
    run_id: String,
}

impl Place {
    fn beside(store: &Path, run_id: &str) -> Self {
        let folder = store.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let mut prefix = store.file_name().unwrap_or_default().to_owned();
        prefix.push("-calls-");
        Self { folder, prefix, run_id: run_id.to_owned() }
    }

    /// Reads the files of processes that have ended; they stay locked until they are removed.
    fn earlier(&self, book: &mut Book) -> std::io::Result<Vec<(PathBuf, File)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            if !name.starts_with(self.prefix.as_encoded_bytes()) || path.extension().is_none_or(|e| e != "jsonl") {
                continue;
            }
            // Gone meanwhile, or locked: somebody else's.
            let Ok(file) = File::open(&path) else { continue };
            if file.try_lock().is_err() {
                continue;
            }
            let mut text = Vec::new();
            (&file).take(MAX_FILE_BYTES).read_to_end(&mut text)?;
            book.read(&text);
            found.push((path, file));
        }
        Ok(found)
    }

    /// A new file. It has its name only once it is locked.
    fn create(&self) -> std::io::Result<(PathBuf, File)> {
        let mut options = OpenOptions::new();
        options.create_new(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        for number in 0..MAX_FILES {
            let mut name = self.prefix.clone();
            name.push(format!("{}-{number}.jsonl", self.run_id));
            let path = self.folder.join(&name);
            name.push(".new");
            let unnamed = self.folder.join(&name);
            if path.exists() {
                continue;
            }
            let file = match options.open(&unnamed) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            file.lock()?;
            std::fs::rename(&unnamed, &path)?;
            // The name too is to survive a loss of power.
            #[cfg(unix)]
            File::open(&self.folder)?.sync_all()?;
            return Ok((path, file));
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }
}

/// The file that is written, and what it says.
struct Pages {
    place: Place,
    book: Book,
    sheet: Sheet,
}

/// An open file.
struct Sheet {
    path: PathBuf,
    file: File,
    written: u64,
    /// The last line may have been cut off.
    torn: bool,
}

impl Sheet {
    /// A new file that says what is open.
    fn begin(place: &Place, book: &Book) -> std::io::Result<Self> {
        let (path, file) = place.create()?;
        let mut sheet = Self { path, file, written: 0, torn: false };
        let entries: Vec<Entry> = book.entries().collect();
        sheet.append(&entries, true)?;
        Ok(sheet)
    }

    fn append(&mut self, entries: &[Entry], to_disk: bool) -> std::io::Result<()> {
        let mut octets = Vec::new();
        if self.torn {
            octets.push(b'\n');
        }
        for entry in entries {
            serde_json::to_writer(&mut octets, entry)?;
            octets.push(b'\n');
        }
        self.torn = true;
        self.file.write_all(&octets)?;
        self.torn = false;
        self.written += octets.len() as u64;
        if to_disk { self.file.sync_data() } else { Ok(()) }
    }
}

impl Pages {
    fn keep(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut finish = None;
        while finish.is_none() && orders.blocking_recv_many(&mut batch, BATCH) > 0 {
            let (mut entries, mut waiting) = (Vec::new(), Vec::new());
            for order in batch.drain(..) {
                match order {
                    Order::Line { entry, kept } => {
                        self.book.add(&entry);
                        entries.push(*entry);
                        waiting.extend(kept);
                    }
                    Order::Finish { left } => finish = Some(left),
                }
            }
            let written = self.sheet.append(&entries, !waiting.is_empty());
            if let Err(error) = &written {
                tracing::error!(file = %self.sheet.path.display(), %error, "the ledger of calls cannot be written");
            }
            for kept in waiting {
                let _ = kept.send(written.is_ok());
            }
            if self.sheet.written > ROTATE_BYTES {
                self.rotate();
            }
        }
        let left = self.book.len();
        if left == 0 {
            let _ = std::fs::remove_file(&self.sheet.path);
        }
        // Its lock goes with it, before anybody is told.
        drop(self);
        if let Some(finish) = finish {
            let _ = finish.send(left);
        }
    }

    /// Goes on in a new file; until what is open stands in it the old one stays.
    fn rotate(&mut self) {
        match Sheet::begin(&self.place, &self.book) {
            Ok(next) => {
                let old = std::mem::replace(&mut self.sheet, next);
                let _ = std::fs::remove_file(&old.path);
            }
            Err(error) => {
                tracing::error!(file = %self.sheet.path.display(), %error, "the ledger of calls cannot be begun anew");
                // Tried again when as much has come again.
                self.sheet.written = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::book::tests::{asked, dialog};
    use super::*;

    fn store(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("gbaudit-ledger-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("a.db")
    }

    fn files(store: &Path) -> usize {
        std::fs::read_dir(store.parent().unwrap()).unwrap().count()
    }

    fn open(store: &Path, run: &str) -> (Ledger, Vec<String>) {
        let (ledger, left) = Ledger::open(store, run, Timestamp::from_micros(9)).unwrap();
        (ledger, left.into_iter().map(|call| call.asked.invite.call_id).collect())
    }

    #[tokio::test]
    async fn what_is_left_open_is_found_by_the_next_and_by_nobody_before_that() {
        let store = store("left");
        let (first, left) = open(&store, "r1");
        assert!(left.is_empty());
        for call in ["a", "b", "c"] {
            assert!(first.asked(asked(call, 1)).await);
        }
        first.answered(&dialog("a", "x"), Timestamp::from_micros(2)).await;
        first.answered(&dialog("b", "x"), Timestamp::from_micros(2)).await;
        first.hung_up(&dialog("b", "x"), false, Timestamp::from_micros(3)).await;
        first.closed("c", "refused", Timestamp::from_micros(3)).await;
        assert!(first.asked(asked("d", 4)).await, "in the order they were told");
        let (meanwhile, left) = open(&store, "r2");
        assert!(left.is_empty(), "the first one lives");
        assert_eq!(first.finish().await, 2);
        assert!(!first.asked(asked("e", 1)).await, "after the end nothing is sent");
        let (second, left) = open(&store, "r1");
        assert_eq!(left, ["a", "d"]);
        assert_eq!(files(&store), 2, "what was taken over stands in one file");
        second.hung_up(&dialog("a", "x"), false, Timestamp::from_micros(5)).await;
        second.closed("d", "cancelled", Timestamp::from_micros(5)).await;
        assert_eq!((second.finish().await, meanwhile.finish().await), (0, 0));
        assert_eq!(files(&store), 0);
    }

    #[tokio::test]
    async fn a_long_file_is_begun_anew_with_what_is_open() {
        let store = store("long");
        let (first, _) = open(&store, "r1");
        assert!(first.asked(asked("open", 1)).await);
        let mut long = asked("long", 1);
        long.device_id = "x".repeat(1024 * 1024);
        for _ in 0..10 {
            assert!(first.asked(long.clone()).await);
        }
        first.closed("long", "refused", Timestamp::from_micros(3)).await;
        assert_eq!(first.finish().await, 1);
        assert_eq!(files(&store), 1);
        let file = std::fs::read_dir(store.parent().unwrap()).unwrap().next().unwrap().unwrap();
        assert!(file.metadata().unwrap().len() < ROTATE_BYTES);
        assert_eq!(open(&store, "r2").1, ["open"]);
    }

    #[tokio::test]
    async fn a_ledger_that_is_none_holds_nobody_up() {
        let none = Ledger::default();
        assert!(none.asked(asked("a", 1)).await);
        assert_eq!(none.finish().await, 0);
    }
}
