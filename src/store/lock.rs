//! One run at a time on a store: two would double what the platform has to bear, and each would blame it for that.
//!
//! The lock is the operating system's and goes with its process, however that ends. The file stays; it says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{StoreError, make_private};

/// Behind the store's name.
const SUFFIX: &str = "-lock";
/// Read of what the holder says of itself.
const MAX_HOLDER: u64 = 200;

/// A run's hold on its store; it ends when this is dropped.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "holding it is its use")] File);

/// Somebody else's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it says of itself; empty where it cannot be read.
    pub by: String,
}

impl RunLock {
    /// Takes the lock of a store, and says in it who we are. The inner error: somebody else has it.
    ///
    /// # Errors
    /// When the file beside the store cannot be made.
    pub fn take(store: &Path, who: &str) -> Result<Result<Self, Held>, StoreError> {
        let path = beside(store);
        make_private(&path)?;
        let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Whoever has just taken it may not have written yet.
                let _ = file.take(MAX_HOLDER).read_to_string(&mut by);
                return Ok(Err(Held { by: by.trim().to_owned() }));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(who.as_bytes())?;
        Ok(Ok(Self(file)))
    }
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(SUFFIX);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_second_is_told_who_is_there() {
        let folder = std::env::temp_dir().join(format!("gbaudit-lock-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let store = folder.join("a.db");
        let first = RunLock::take(&store, "20261124-0200-0001 123\n").unwrap().unwrap();
        let second = RunLock::take(&store, "20261124-0300-0002 124\n").unwrap();
        assert_eq!(second.unwrap_err(), Held { by: "20261124-0200-0001 123".into() });
        assert!(RunLock::take(&folder.join("b.db"), "").unwrap().is_ok(), "another store is another matter");
        drop(first);
        assert!(RunLock::take(&store, "x").unwrap().is_ok());
        assert!(RunLock::take(&folder.join("none").join("a.db"), "x").is_err());
    }
}
