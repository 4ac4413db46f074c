//! How a call is ended: BYE for a dialog, CANCEL for an INVITE nobody has answered.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Session;
use crate::base::clock::Clock as _;
use crate::base::oddity;
use crate::net::endpoint::{Call, ClientEvent};
use crate::net::peer::response;
use crate::probe::ending::{BYE_PATIENCE, Late, end_late, hang_up};
use crate::probe::outcome::Ending;
use crate::probe::outcome::stages::Step;
use crate::sip::dialog;
use crate::sip::transaction::TIMEOUT;

/// How long the end of a cancelled INVITE is waited for before somebody else does.
const CANCEL_PATIENCE: Duration = Duration::from_secs(2);
/// The same when everything has to end: a 2xx that is on its way is still hung up, within two seconds in all.
const CANCEL_HURRY: Duration = Duration::from_millis(1_600);
/// How long the answer to a BYE is waited for when everything has to end.
const HURRY: Duration = Duration::from_millis(800);

impl Session {
    /// Ends the dialog, or the INVITE. Gives who waits for an answer that may still come.
    pub(super) async fn hang_up(&mut self, hurry: bool) -> Option<JoinHandle<()>> {
        if self.peer_hung_up && self.dialog.is_some() {
            self.attempt.ending = Ending::PeerBye;
            self.board.count(|f| {
                f.ended += 1;
                f.ended_by_peer += 1;
            });
            if let Some(dialog) = &self.dialog {
                self.board.ledger.hung_up(dialog, true, self.board.clock.wall()).await;
            }
            return None;
        }
        if self.dialog.is_none() && self.attempt.status.is_some() {
            self.attempt.ending = Ending::Refused;
            self.board.closed(&self.invite.call_id, "refused").await;
            return None;
        }
        if self.dialog.is_none() {
            return self.cancel(hurry).await;
        }
        self.bye(hurry).await;
        None
    }

    pub(super) async fn bye(&mut self, hurry: bool) {
        let Some(dialog) = self.dialog.take() else { return };
        self.mark(Step::Bye, "");
        let patience = if hurry { HURRY } else { BYE_PATIENCE };
        let bye = hang_up(&self.board, &self.peer, dialog, patience);
        tokio::pin!(bye);
        // Theirs may cross ours, and has to be answered too.
        let answered = loop {
            tokio::select! {
                answered = &mut bye => break answered,
                Some(incoming) = self.requests.recv() => {
                    let octets = response(&incoming.message, incoming.hop, 200).build();
                    let _ = self.board.endpoint.respond(incoming.id, 200, octets).await;
                }
            }
        };
        self.attempt.ending = if answered { Ending::Bye } else { Ending::ByeUnanswered };
        if answered {
            let ms = self.ms(self.board.clock.mono());
            self.attempt.stages.mark(Step::ByeAnswered, ms, "");
        } else {
            self.oddities.note(oddity::BYE_UNANSWERED);
        }
    }

    /// Nobody answered: the INVITE is cancelled, heard or not. A peer that stays silent may not have it at all.
    pub(super) async fn cancel(&mut self, hurry: bool) -> Option<JoinHandle<()>> {
        self.mark(Step::Cancel, "");
        let heard = !self.attempt.provisional.is_empty();
        self.attempt.ending = if heard { Ending::Cancel } else { Ending::Silence };
        self.board.count(|f| f.cancelled += 1);
        let octets = dialog::cancel(&self.message)?;
        let patience = if hurry { CANCEL_HURRY } else { CANCEL_PATIENCE };
        let left = TIMEOUT.saturating_sub(self.board.clock.mono().since(self.started));
        let _ = self.board.endpoint.expect_end(self.call.id, left.max(patience)).await;
        let deadline = Instant::now() + patience;
        let endpoint = self.board.endpoint.clone();
        let there = self.peer.now().unwrap_or(self.peer.hop);
        let cancelling = endpoint.ask(octets, there, patience);
        tokio::pin!(cancelling);
        let mut asked = false;
        loop {
            tokio::select! {
                _ = &mut cancelling, if !asked => asked = true,
                event = self.call.next() => match event {
                    Some(ClientEvent::Response { message, .. }) => match message.code().unwrap_or_default() {
                        100..=199 => (),
                        200..=299 => {
                            // Answered in the same moment.
                            self.final_status(&message);
                            self.attempt.ending = Ending::Bye;
                            end_late(&self.board, &self.peer, &self.message, self.call.id, &message, patience).await;
                            return None;
                        }
                        _ => {
                            self.attempt.ending = Ending::Cancel;
                            self.board.closed(&self.invite.call_id, "cancelled").await;
                            return None;
                        }
                    },
                    Some(ClientEvent::Failed(_)) | None => {
                        self.board.closed(&self.invite.call_id, "cancelled").await;
                        return None;
                    }
                },
                () = sleep_until(deadline) => break,
            }
        }
        if hurry {
            // What may still come of it is for the next start: it stays open in the ledger.
            return None;
        }
        let late = Late {
            board: self.board.clone(),
            peer: self.peer.clone(),
            invite: self.message.clone(),
            call: std::mem::replace(&mut self.call, Call::closed()),
        };
        Some(tokio::spawn(late.wait()))
    }
}
