//! What a verdict on a catalogue rests on, query by query.

use super::{Purpose, QueryEnd};
use crate::catalog::sources::Testimony;

/// Queries told one by one; files may hold the answers to any number of them.
pub const MAX_PARTS: usize = 1_000;
/// Codes named of what changed during a run.
pub const MAX_NAMED: usize = 1_000;

/// On what a complete catalogue is called complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Basis {
    /// One answer reached the total it declares.
    Declared,
    /// Two whole answers are the same.
    TwoAnswers,
    /// Several short answers together reach the declared total.
    Union,
    /// Full answers and those of branches together reach it.
    Branches,
    /// It is not complete, or nothing was declared.
    #[default]
    Nothing,
}

impl Basis {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::TwoAnswers => "two_answers",
            Self::Union => "union",
            Self::Branches => "branches",
            Self::Nothing => "none",
        }
    }
}

/// What came of one query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its number among our queries, from 1.
    pub number: u32,
    /// Its SN; nothing for a file that has none.
    pub sn: Option<u64>,
    /// What it is for.
    pub purpose: Purpose,
    /// The node it asks about; empty for the platform.
    pub about: String,
    /// How it ended.
    pub end: QueryEnd,
    /// Largest `SumNum` of its answer.
    pub declared: Option<u64>,
    /// Distinct items.
    pub received: u64,
    /// Items that repeat another to the letter.
    pub repeated: u64,
    /// Codes under which several different items came.
    pub colliding: u64,
    /// Items picked out of broken XML.
    pub salvaged: u64,
    /// Items cut off.
    pub cut_off: u64,
    /// Bodies.
    pub messages: u64,
    /// Of these, under a foreign SN.
    pub foreign: u64,
    /// Of these, after the next query had been asked.
    pub late: u64,
    /// A branch was asked and the whole list came, or the answer names another node: branches are not supported.
    pub ignored: bool,
    /// Items of a branch that no full answer has.
    pub extra: u64,
}

impl Part {
    /// Declared and not received.
    #[must_use]
    pub fn missing(&self) -> Option<u64> {
        self.declared.map(|declared| declared.saturating_sub(self.received))
    }

    /// Whether exactly what was declared came.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.declared == Some(self.received)
    }
}

/// How the catalogue of the end differs from the first one, by code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Codes that were not there.
    pub added: Named,
    /// Codes that are gone; only told where the later answer is whole.
    pub vanished: Named,
    /// Codes whose items differ in more than Status.
    pub changed: Named,
    /// The later answer was whole.
    pub whole: bool,
}

/// Codes, counted and the first of them named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// How many.
    pub count: u64,
    /// The first [`MAX_NAMED`] in their order.
    pub codes: Vec<String>,
}

impl Named {
    pub(super) fn of(codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut named = Self::default();
        for code in codes {
            named.count += 1;
            if named.codes.len() < MAX_NAMED {
                named.codes.push(code.into());
            }
        }
        named
    }
}

/// 目录完整性证明
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// What a complete catalogue is complete by.
    pub basis: Basis,
    /// Query by query.
    pub parts: Vec<Part>,
    /// Queries past `MAX_PARTS`.
    pub parts_left_out: u64,
    /// Items that only branches brought.
    pub from_branches: u64,
    /// Items the branches brought of a kind no full answer has: not counted.
    pub doubted: u64,
    /// The catalogue asked for once more at the end.
    pub changes: Option<Changes>,
    /// What the sources say, filled in by whoever knows them.
    pub sources: Vec<Testimony>,
}
