//! How a catalogue is sent: message by message, at a pace, waiting for answers or not.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::answer::Messages;
use super::platform::{Said, Tally};
use super::trouble::Trouble;
use super::world::World;
use crate::net::endpoint::Endpoint;
use crate::net::peer::{Answer, Peer};
use crate::net::random_name;
use crate::sip::builder::MANSCDP;
use crate::sip::dialog::Call;
use crate::sip::transaction::TIMEOUT;

/// Between two messages of a slow sender.
const PACE: Duration = Duration::from_millis(100);
/// How long WVP waits for a 200 before it goes on without.
const FALLBACK: Duration = Duration::from_millis(100);
/// Messages under way at once of one that bursts.
const BURST: usize = 1_024;
/// The same where messages are lost, or share a write: waiting for each would take the whole time.
const SOME: usize = 16;
/// Notifications of a storm.
const STORM: u32 = 200;

/// One catalogue to be sent.
pub(super) struct Sending {
    pub world: Arc<World>,
    pub endpoint: Endpoint,
    pub peer: Peer,
    pub sn: u32,
    pub asked: String,
    /// Catalogue queries answered before.
    pub round: u32,
    pub said: mpsc::Sender<Said>,
    pub tally: Arc<Tally>,
    /// To be told when the platform is to leave.
    pub leave: Arc<Notify>,
}

impl Sending {
    pub(super) async fn run(self) {
        let has = |trouble| self.world.scene().has(trouble);
        let scene = self.world.scene();
        let (strict, fallback) = (has(Trouble::StopAndWait), has(Trouble::StopAndWaitWvp));
        let window = match () {
            // Those that wait for each answer do so by themselves.
            () if has(Trouble::Burst) || strict || fallback => BURST,
            () if has(Trouble::OverMtu) || has(Trouble::TcpJoined) || has(Trouble::Lossy) || has(Trouble::Deaf) => SOME,
            () => scene.sending.window.max(1),
        };
        let turns = Arc::new(Semaphore::new(window));
        let half = self.world.items().div_ceil(2 * scene.sending.per_message.max(1)) as u64;
        if has(Trouble::NotifyStorm) {
            tokio::spawn(storm(self.world.clone(), self.endpoint.clone(), self.peer.clone()));
        }
        let mut sent = 0;
        for body in Messages::new(&self.world, self.sn, &self.asked).after(self.round) {
            let Ok(turn) = turns.clone().acquire_owned().await else { return };
            let (endpoint, peer) = (self.endpoint.clone(), self.peer.clone());
            let one = tokio::spawn(async move {
                let answer = peer.message(&endpoint, MANSCDP, body, TIMEOUT).await;
                drop(turn);
                matches!(answer, Ok(Answer::Final(response)) if response.code() == Some(200))
            });
            sent += 1;
            if strict {
                if !one.await.unwrap_or(false) {
                    break;
                }
            } else if fallback && timeout(FALLBACK, one).await.is_err() {
                self.tally.fell_back();
            }
            if has(Trouble::Paced) {
                sleep(PACE).await;
            }
            if has(Trouble::Unregisters) && sent == half {
                self.leave.notify_one();
                break;
            }
        }
        let _ = self.said.try_send(Said::CatalogSent(sent));
    }
}

/// Notifications outside of any subscription, as fast as they go.
async fn storm(world: Arc<World>, endpoint: Endpoint, peer: Peer) {
    let (id, tag) = (random_name(), random_name());
    for number in 0..STORM {
        let branch = random_name();
        let call = Call { id: &id, branch: &branch, tag: &tag, number: number + 1 };
        let octets = peer
            .local
            .request("NOTIFY", &peer.party, &peer.hostport(), &call)
            .header("Event", "Catalog")
            .header("Subscription-State", "active")
            .body(MANSCDP, Messages::notification(&world, number))
            .build();
        if endpoint.request(octets, peer.hop, TIMEOUT).await.is_err() {
            return;
        }
    }
}
