//! Floor 9: a subordinate platform that is made up, answers over real SIP and RTP, and knows the truth.
//!
//! Everything about it follows from its [`scene::Scene`]: the same scene gives the same catalogue, the same pictures
//! and the same truth, so that a run can be scored against it later. It does not know the rules of the judge: what
//! a fault breaks stands in the register of faults.

pub mod answer;
pub mod behaviour;
mod channel;
pub mod fault;
mod line;
pub mod platform;
mod registering;
pub mod scene;
pub mod score;
mod sending;
pub mod stream;
pub mod trouble;
pub mod world;
