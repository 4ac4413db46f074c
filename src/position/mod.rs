//! Floor 4: 关键位置. What the user's three tables say, and which camera watches which position. Pure.
//!
//! A catalogue tells what cameras there are; what *should* be watched, and what was installed and never connected, only
//! the user's tables can tell: the plan (点位表), the ledger (台账) and the assignment table (点位归属表), which holds both.

pub mod assignment;
pub mod ledger;
pub mod link;
pub mod named;
pub mod plan;
pub mod seen;
pub mod table;

use crate::base::geo::Position;
use crate::base::lang::Lang;
pub use crate::profile::Crs;
use crate::profile::PositionClass;
use table::{Note, Wrong};

/// The key of the plan among the supplied tables.
pub const PLAN: &str = "plan";
/// The key of the ledger as the user wrote it; what it is compared by stands under another.
pub const INSTALLED: &str = "installed";
/// The key of the assignment table.
pub const ASSIGNMENT: &str = "assignment";
/// The key of when cameras were last seen alive, by the user's account.
pub const SEEN_ALIVE: &str = "seen_alive";
/// The key of the same by our own runs.
pub const HISTORY: &str = "history";
/// The key of a list of cameras that are to be called again.
pub const NAMED: &str = "named";
/// The key of the scope, a community.
pub const SCOPE: &str = "scope";

/// 社区, by its code or, where there is none, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Community {
    /// 12-digit statistical code; may be empty.
    pub code: String,
    /// Its name; may be empty.
    pub name: String,
}

impl Community {
    /// Whether nothing is known of it.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.code.is_empty() && self.name.is_empty()
    }
}

/// Whether a position has to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanState {
    /// 启用
    #[default]
    Active,
    /// 不适用: declared with a reason, left out of the denominator and listed.
    NotApplicable,
    /// 在建: in the denominator, not covered.
    UnderConstruction,
}

/// One row of 关键位置点位表.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its row.
    pub row: usize,
    /// Where it belongs.
    pub community: Community,
    /// 小区
    pub compound: String,
    /// 点位编号
    pub id: String,
    /// 类别
    pub class: PositionClass,
    /// What the plan calls a class beyond the four; empty otherwise.
    pub class_name: String,
    /// 说明
    pub description: String,
    /// Where it is.
    pub at: Option<Position>,
    /// In what system that is.
    pub crs: Crs,
    /// Codes of cameras, or their numbers in the ledger.
    pub cameras: Vec<String>,
    /// Whether it has to be watched.
    pub state: PlanState,
    /// Why not.
    pub reason: String,
    /// Who approved that.
    pub approver: String,
    /// Who fixed the list, and when.
    pub surveyed: String,
}

/// What became of an installed camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LifeState {
    /// 在用
    #[default]
    InUse,
    /// 停用: stays in the denominators.
    Suspended,
    /// 维修: stays in the denominators.
    Repair,
    /// 拆除, with its date: out of the denominators.
    Removed,
    /// 无摄像机: a channel nothing hangs on.
    NoCamera,
}

impl LifeState {
    /// Whether there is a camera to be counted.
    #[must_use]
    pub const fn is_installed(self) -> bool {
        !matches!(self, Self::Removed | Self::NoCamera)
    }
}

/// One row of 摄像机台账.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its row.
    pub row: usize,
    /// 台账编号; empty where only the code is known.
    pub id: String,
    /// Its codes; a camera that stands in the catalogue twice has two.
    pub codes: Vec<String>,
    /// Its name.
    pub name: String,
    /// Positions it is said to watch.
    pub positions: Vec<String>,
    /// Where it belongs.
    pub community: Community,
    /// 小区
    pub compound: String,
    /// 责任单位
    pub unit: String,
    /// Whether it is public video, where the table says so.
    pub public: Option<bool>,
    /// What became of it.
    pub state: LifeState,
}

/// What the user's tables say, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// 点位表; `None` where none was given.
    pub plan: Option<Vec<Planned>>,
    /// 台账 or 归属表; `None` where none was given.
    pub installed: Option<Vec<Installed>>,
    /// The rows of 归属表 are what the ledger is made of: who belongs where is confirmed.
    pub assigned: bool,
    /// When cameras were last seen alive, by the user's account.
    pub seen_alive: seen::SeenAlive,
    /// By our own runs.
    pub history: seen::History,
    /// A community; empty: the whole platform.
    pub scope: String,
    /// Cells that were understood though they are not written as the table asks, by the table's name.
    pub notes: Vec<(String, Note)>,
}

/// A table that cannot be used: its name and what is wrong in it.
pub type TableWrong = (String, Vec<Wrong>);

impl Inventory {
    /// Out of the supplied tables: of each its key, its name, its text.
    ///
    /// # Errors
    /// The first table that cannot be read.
    pub fn of<'t>(tables: impl Iterator<Item = (&'t str, &'t str, &'t str)>, lang: Lang) -> Result<Self, TableWrong> {
        let mut own = Self::default();
        let (mut plan, mut assigned): (Option<Vec<Planned>>, Vec<assignment::Assigned>) = (None, Vec::new());
        let mut planned_by = String::new();
        for (key, name, text) in tables {
            let told = |wrong| (name.to_owned(), wrong);
            let mut notes = Vec::new();
            if key == PLAN || (key == ASSIGNMENT && planned_by.is_empty()) {
                name.clone_into(&mut planned_by);
            }
            match key {
                PLAN => plan.get_or_insert_default().extend(plan::parse(text, &mut notes, lang).map_err(told)?),
                INSTALLED => {
                    let rows = ledger::parse(text, &mut notes, lang).map_err(told)?;
                    own.installed.get_or_insert_default().extend(rows);
                }
                ASSIGNMENT => {
                    assigned.extend(assignment::parse(text, &mut notes, lang).map_err(told)?);
                    own.assigned = true;
                }
                SEEN_ALIVE => own.seen_alive = seen::parse(text, &mut notes, lang).map_err(told)?,
                HISTORY => own.history = seen::History::parse(text).unwrap_or_default(),
                SCOPE => text.clone_into(&mut own.scope),
                _ => (),
            }
            own.notes.extend(notes.into_iter().map(|note| (name.to_owned(), note)));
        }
        if own.assigned {
            let (positions, cameras) = assignment::split(assigned);
            // A plan and a ledger of their own hold before what the assignment table repeats of them.
            if plan.is_none() && !positions.is_empty() {
                plan = Some(positions);
            }
            own.installed = Some(assignment::merge(own.installed.take(), cameras));
        }
        if let Some(rows) = &plan {
            plan::unique(rows, lang).map_err(|wrong| (planned_by, wrong))?;
        }
        own.plan = plan;
        Ok(own)
    }

    /// Whether any of the three tables was given.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.plan.is_some() || self.installed.is_some()
    }
}
