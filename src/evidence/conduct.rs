//! How the calls of a run were conducted: whom it chose to call and in what order, and whether it ended when the rest could not
//! change the answer any more.

use serde::{Deserialize, Serialize};

/// Everything of it; empty where every camera was called in the order of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conduct {
    /// Calling was to end when the answer is certain; the seed of the order of the calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_seed: Option<u64>,
    /// The codes that were drawn, or all of them where calling was to end early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// Runs of the same day before this one, where the profile asks for several rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_rounds: Option<Vec<String>>,
    /// What recorders and the platform bear, where it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// Who was called first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<First>,
}

impl Conduct {
    /// Nothing is to be said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Sessions at once that a recorder or the platform was found to bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The recorder, empty for cameras that hang under none; nothing where it is of the whole platform.
    pub recorder: Option<String>,
    /// As set.
    pub set: u32,
    /// As learnt by the end of the run.
    pub sessions: u32,
    /// So many were refused, to two cameras at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<u32>,
    /// The run began with what earlier nights had learnt.
    pub remembered: bool,
}

/// A draw, as it was made; anybody who has the catalogue can make it again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sampling {
    /// Codes of cameras in the catalogue.
    pub population: u64,
    /// What was drawn from, community by community and class by class; empty where it was drawn from all at once, or not drawn.
    pub strata: Vec<Stratum>,
    /// What was drawn, in the order of the calls.
    pub drawn: Vec<Drawn>,
    /// Whether calling could have ended before all of these were called, looked at after each wave of calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
}

/// The cameras of one community and one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// The community's code; empty where it is not known.
    pub community: String,
    /// A word of [`crate::profile::PositionClass`].
    pub class: String,
    /// Codes of it in the catalogue.
    pub cameras: u64,
    /// Of these, drawn.
    pub drawn: u64,
}

/// A code that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The code.
    pub code: String,
    /// Its place in [`Sampling::strata`]; nothing where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratum: Option<u32>,
}

/// What was known after a wave of calls. All counts are of codes that count in the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Codes there are to be called.
    pub of: u64,
    /// Settled so far.
    pub called: u64,
    /// Of these, with a picture.
    pub pictures: u64,
    /// Of these, such that prove nothing.
    pub doubtful: u64,
    /// What is certain by then: `true` reached, `false` missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
}

impl Sampling {
    /// What was certain in the end.
    #[must_use]
    pub fn certain(&self) -> Option<bool> {
        self.looks.last().and_then(|look| look.certain)
    }
}

/// Cameras that were called before the others, by what earlier runs know of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct First {
    /// Not in the catalogue of the last run.
    pub never_seen: u64,
    /// Another record than in the last run.
    pub changed: u64,
    /// With a picture in some of the last runs and without in others.
    pub flapping: u64,
}
