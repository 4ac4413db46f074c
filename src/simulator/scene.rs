//! What a simulated platform is like, as set.

use std::collections::BTreeSet;
use std::time::Duration;

use super::behaviour::Behaviour;
use super::fault::Fault;
use super::trouble::Trouble;
use crate::base::charset::Charset;
use crate::base::secret::Secret;
use crate::manscdp::item::Element;
use crate::net::{Address, Trust};
use crate::sip::dialog::Party;

/// How the catalogue is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Items in one message.
    pub per_message: usize,
    /// Messages sent before the first of them is answered.
    pub window: usize,
    /// Items in another order than they are numbered.
    pub shuffle: bool,
    /// So many messages are sent once more, as new ones.
    pub repeat: usize,
    /// So many items are never sent.
    pub drop: usize,
    /// SumNum is so much too high.
    pub sum_num_excess: u64,
    /// Num says one more than there are.
    pub num_wrong: bool,
    /// SN is another one.
    pub sn_wrong: bool,
    /// An empty message at the end.
    pub trailing_empty: bool,
    /// An answer to somebody else's query in between.
    pub stray: bool,
    /// So many items are sent with an unescaped `&` and `<` in the address.
    pub broken_xml: usize,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            per_message: 3,
            window: 1,
            shuffle: false,
            repeat: 0,
            drop: 0,
            sum_num_excess: 0,
            num_wrong: false,
            sn_wrong: false,
            trailing_empty: false,
            stray: false,
            broken_xml: 0,
        }
    }
}

/// A fault, and how many cameras have it.
#[derive(Debug, Clone, Copy)]
pub struct FaultShare {
    /// It.
    pub fault: &'static Fault,
    /// How many.
    pub cameras: usize,
}

/// A way to answer calls, and how many cameras have it.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourShare {
    /// It.
    pub behaviour: &'static Behaviour,
    /// How many.
    pub cameras: usize,
}

/// A camera of which everything is said, and nothing drawn.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Its number, from 0.
    pub camera: usize,
    /// Its name; nothing: as drawn.
    pub name: Option<String>,
    /// What is wrong with its record.
    pub fault: Option<&'static Fault>,
    /// How calls to it are answered.
    pub behaviour: Option<&'static Behaviour>,
    /// Its Status is OFF.
    pub offline: bool,
    /// What an administrator has put right since: elements, and what is sent in them.
    pub corrected: Vec<(Element, String)>,
}

/// A simulated platform.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its code and domain.
    pub party: Party,
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub listen: Address,
    /// Whom it registers with.
    pub superior: Party,
    /// Where that is.
    pub address: Address,
    /// The name in digests.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The charset of its XML.
    pub charset: Charset,
    /// Its `X-GB-Ver`.
    pub version: Option<String>,
    /// Cameras.
    pub cameras: usize,
    /// Cameras on one recorder.
    pub per_recorder: usize,
    /// Cameras whose Status is OFF.
    pub offline: usize,
    /// Calls at once of the whole platform, beyond which it answers 503; 0 = any number.
    pub sessions: usize,
    /// Calls at once of one recorder, beyond which it answers 486; 0 = any number.
    pub sessions_per_recorder: usize,
    /// What a stream is like.
    pub media: Media,
    /// Pairs of different cameras under one code.
    pub duplicates: usize,
    /// From which everything random comes.
    pub seed: u64,
    /// How the catalogue is sent.
    pub sending: Sending,
    /// Troubles of the platform itself.
    pub troubles: BTreeSet<Trouble>,
    /// Broken records.
    pub faults: Vec<FaultShare>,
    /// Ways to answer calls other than well.
    pub behaviours: Vec<BehaviourShare>,
    /// Cameras that are not drawn.
    pub fixed: Vec<Fixed>,
    /// How soon a registration that was not answered is tried again.
    pub retry: Duration,
    /// Whose certificate is believed, where that is over TLS.
    pub trust: Option<Trust>,
}

/// What the streams of a scene are like that no behaviour makes otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// Kilobits a second that are filled up with filler data; 0 = as it comes.
    pub kbit_s: u64,
    /// Seconds from one key frame to the next.
    pub key_interval_s: u64,
    /// A stream is joined somewhere between two key frames, as a camera's is that was on before, and not at one.
    pub joined_anywhere: bool,
}

impl Default for Media {
    fn default() -> Self {
        Self { kbit_s: 0, key_interval_s: 1, joined_anywhere: false }
    }
}

impl Scene {
    /// Whether the platform has this trouble.
    #[must_use]
    pub fn has(&self, trouble: Trouble) -> bool {
        self.troubles.contains(&trouble)
    }
}
