//! Floor 9: a subordinate platform that is made up, answers over real SIP and RTP, and knows the truth.
//!
//! Everything about it follows from its [`scene::Scene`]: the same scene gives the same catalogue, the same pictures
//! and the same truth, so that a run can be scored against it later. It does not know the rules of the judge: what
//! a fault breaks stands in the register of faults.

pub mod answer;
mod archive;
pub mod behaviour;
mod channel;
pub mod deviation;
pub mod fault;
pub mod generated;
mod line;
pub mod platform;
mod registering;
pub mod scene;
pub mod scenery;
pub mod score;
mod sending;
pub mod stream;
pub mod trouble;
pub mod world;

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::scene::{Scene, Sending};
    use super::trouble::Trouble;
    use crate::base::charset::Charset;
    use crate::net::{Address, Protocol};
    use crate::sip::dialog::Party;

    /// A scene of this floor's own tests.
    pub(crate) fn scene(cameras: usize, per_message: usize, troubles: &[Trouble]) -> Scene {
        let party = |id: &str| Party { id: id.to_owned(), domain: "3717230000".into() };
        let address = Address { protocol: Protocol::Udp, socket: ([127, 0, 0, 1], 0).into() };
        Scene {
            party: party("37172300002000000002"),
            name: "模拟平台".into(),
            listen: address,
            superior: party("37172300002000000001"),
            address,
            username: None,
            password: None,
            trust: None,
            charset: Charset::Gb18030,
            version: None,
            cameras,
            per_recorder: 16,
            offline: 0,
            sessions: 0,
            sessions_per_recorder: 0,
            media: super::scene::Media::default(),
            duplicates: 0,
            seed: 1,
            sending: Sending { per_message, ..Sending::default() },
            troubles: troubles.iter().copied().collect(),
            faults: Vec::new(),
            behaviours: Vec::new(),
            fixed: Vec::new(),
            retry: Duration::from_secs(5),
        }
    }
}
