//! Ends the calls a killed process left open: BYE for each dialog, CANCEL for an INVITE that nobody had answered yet. As long
//! as the answer to one of those may still come it is waited for, and a 2xx gets its ACK and BYE.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ending::{end_late, say_bye};
use super::switchboard::Switchboard;
use crate::base::clock::Clock as _;
use crate::base::time::Timestamp;
use crate::net::Stop;
use crate::net::endpoint::ClientEvent;
use crate::net::peer::{Answer, Peer};
use crate::net::random_name;
use crate::sip::message::Message;
use crate::sip::transaction::TIMEOUT;
use crate::store::ledger::book::OpenCall;

/// Calls ended at once.
pub const AT_ONCE: usize = 64;
/// How long an answer may take; the platform has just been heard.
const PATIENCE: Duration = Duration::from_secs(4);

/// How often it is looked whether it has ended elsewhere.
const LOOK: Duration = Duration::from_millis(200);

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Calls that were left open.
    pub calls: u64,
    /// Of them, those of which nobody answered the end.
    pub unanswered: u64,
}

impl Replayed {
    /// Two of them together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { calls: self.calls + other.calls, unanswered: self.unanswered + other.unanswered }
    }
}

/// Says whether a call was answered late and hung up where answers nobody waits for come in.
pub type HungUp = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Ends them. What nobody answers stays in the ledger.
pub async fn replay(board: Switchboard, peer: Peer, left: Vec<OpenCall>, hung_up: HungUp, mut stop: Stop) -> Replayed {
    let mut replayed = Replayed { calls: left.len() as u64, unanswered: 0 };
    let mut waiting = left.into_iter();
    let mut ending = JoinSet::new();
    loop {
        while ending.len() < AT_ONCE
            && let Some(call) = waiting.next()
        {
            ending.spawn(end(board.clone(), peer.clone(), call, hung_up.clone()));
        }
        tokio::select! {
            () = stop.stopped() => {
                replayed.unanswered += (ending.len() + waiting.len()) as u64;
                return replayed;
            }
            ended = ending.join_next() => match ended {
                Some(answered) => replayed.unanswered += u64::from(!answered.unwrap_or_default()),
                None => return replayed,
            }
        }
    }
}

/// Ends one. Says whether that was answered.
async fn end(board: Switchboard, peer: Peer, call: OpenCall, hung_up: HungUp) -> bool {
    tracing::info!(platform = %call.asked.platform, device_id = %call.asked.device_id, call_id = %call.asked.invite.call_id,
        phase = "Replay", dialogs = call.dialogs.len(), "a call an earlier run left open is ended");
    if call.dialogs.is_empty() {
        return take_back(&board, &peer, &call, &hung_up).await;
    }
    let mut all = true;
    for dialog in call.dialogs {
        let hop = peer.now().unwrap_or(peer.hop);
        // Perhaps the ACK never left.
        let ack = dialog.ack(&board.endpoint.local(hop), &random_name());
        let _ = board.endpoint.transmit(ack, hop).await;
        let mut dialog = dialog.taken_over();
        let answered = say_bye(&board, &peer, &mut dialog, PATIENCE).await;
        if answered {
            board.ledger.hung_up(&dialog, false, board.clock.wall()).await;
        }
        all &= answered;
    }
    all
}

/// Cancels an INVITE, and ends the dialog if there comes to be one all the same.
async fn take_back(board: &Switchboard, peer: &Peer, call: &OpenCall, hung_up: &HungUp) -> bool {
    let hop = peer.now().unwrap_or(peer.hop);
    let invite = call.asked.invite.invite();
    let Ok(message) = Message::parse_datagram(&invite) else { return false };
    // An answer that has left comes again until then.
    let age = Duration::from_millis(board.clock.wall().millis_since(Timestamp::from_micros(call.asked.at)));
    let patience = TIMEOUT.saturating_sub(age).max(PATIENCE);
    let Ok(mut answers) = board.endpoint.adopt(invite, hop, patience).await else { return false };
    let cancelled = board.endpoint.ask(call.asked.invite.cancel(), hop, PATIENCE).await;
    loop {
        // Its answer may have come before we waited for it.
        let answer = match timeout(LOOK, answers.next()).await {
            Ok(answer) => answer,
            Err(_) if hung_up(&call.asked.invite.call_id) => break,
            Err(_) => continue,
        };
        match answer {
            Some(ClientEvent::Response { message: answer, .. }) => match answer.code().unwrap_or_default() {
                100..=199 => (),
                200..=299 => {
                    end_late(board, peer, &message, answers.id, &answer, PATIENCE).await;
                    return true;
                }
                _ => break,
            },
            Some(ClientEvent::Failed(_)) | None if matches!(cancelled, Ok(Answer::Final(_))) => break,
            Some(ClientEvent::Failed(_)) | None => return false,
        }
    }
    board.closed(&call.asked.invite.call_id, "cancelled").await;
    true
}
