//! Floor 10: a page to look at (浏览页): the runs of a store, their reports and files, and what an edited correction sheet would do.
//! It changes nothing, neither in the store nor on a platform.
//!
//! Who may look is [`gate`]'s, what is seen [`page`]'s; [`http`] is the shell that has the sockets. What is on the shelf, and how a
//! report is drawn, comes in as a [`Shelf`].

pub mod gate;
pub mod http;
pub mod page;

use std::path::PathBuf;

/// A run in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub run: String,
    /// When, in Beijing.
    pub period: String,
    /// Its platforms.
    pub platforms: String,
    /// How it ended.
    pub state: String,
    /// It ended well.
    pub whole: bool,
    /// The five rates, as far as they are known without judging again.
    pub rates: Vec<String>,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its place below the run, with `/` between folders.
    pub path: String,
    /// Its size.
    pub octets: u64,
}

/// A run looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The run.
    pub listed: Listed,
    /// Its platforms, by name.
    pub platforms: Vec<String>,
    /// The five rates of each, with their verdicts.
    pub rates: Vec<(String, Vec<String>)>,
    /// The files drawn of it.
    pub leaves: Vec<Leaf>,
}

/// What a file holds.
#[derive(Debug)]
pub enum Held {
    /// A file on the disk.
    File(PathBuf),
    /// A picture out of the store.
    Picture(Vec<u8>),
}

/// What an edited correction sheet would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// In sentences, the rates among them.
    pub told: Vec<String>,
    /// Titles of the columns.
    pub titles: Vec<String>,
    /// Row by row.
    pub rows: Vec<Vec<String>>,
}

/// What there is to look at. An error is one sentence in the user's language.
pub trait Shelf: Send + Sync + 'static {
    /// The newest runs, and how many more there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self) -> Result<(Vec<Listed>, usize), String>;

    /// A run with its files, drawn if they have not been; nothing where there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read or the files cannot be written.
    fn show(&self, run: &str) -> Result<Option<Shown>, String>;

    /// A file of a run; nothing where it has no such file.
    ///
    /// # Errors
    /// As [`Shelf::show`].
    fn read(&self, run: &str, path: &str) -> Result<Option<Held>, String>;

    /// What a sheet would do to the rates of a platform's run.
    ///
    /// # Errors
    /// When the store or the sheet cannot be read.
    fn try_sheet(&self, run: &str, platform: &str, octets: &[u8]) -> Result<Tried, String>;
}
