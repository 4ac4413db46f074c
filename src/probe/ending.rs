//! How calls end: BYE for every dialog, the one nobody expected any more too.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::switchboard::Switchboard;
use crate::base::clock::Clock as _;
use crate::net::endpoint::{Call, ClientEvent};
use crate::net::peer::{Answer, Peer, authorize};
use crate::net::random_name;
use crate::sip::dialog::{Dialog, Local};
use crate::sip::header::uri::SipUri;
use crate::sip::message::Message;
use crate::sip::transaction::{ClientId, Hop, Link};

/// How long the answer to a BYE may take; on UDP that is four BYEs.
pub(super) const BYE_PATIENCE: Duration = Duration::from_secs(4);
/// How often it is looked whether a platform is back.
const LOOK: Duration = Duration::from_millis(200);

/// A cancelled INVITE nobody has answered yet.
pub(super) struct Late {
    pub(super) board: Switchboard,
    pub(super) peer: Peer,
    pub(super) invite: Message,
    pub(super) call: Call,
}

impl Late {
    /// Until its transaction ends by itself.
    pub(super) async fn wait(mut self) {
        while let Some(ClientEvent::Response { message, .. }) = self.call.next().await {
            if message.code().is_some_and(|code| (200..300).contains(&code)) {
                end_late(&self.board, &self.peer, &self.invite, self.call.id, &message, BYE_PATIENCE).await;
            }
        }
        self.board.closed(self.invite.call_id().unwrap_or_default(), "cancelled").await;
    }
}

/// A 2xx nobody wants: acknowledged and hung up.
pub(super) async fn end_late(
    board: &Switchboard,
    peer: &Peer,
    invite: &Message,
    id: ClientId,
    answer: &Message,
    patience: Duration,
) {
    let Some(dialog) = Dialog::caller(invite, answer) else { return };
    board.ledger.answered(&dialog, board.clock.wall()).await;
    let ack = dialog.ack(&peer.local, &random_name());
    let _ = board.endpoint.acknowledge(id, dialog.remote_tag(), ack).await;
    board.count(|f| f.dialogs += 1);
    hang_up(board, peer, dialog, patience).await;
}

/// Sends BYE. Says whether it was answered.
pub(super) async fn hang_up(board: &Switchboard, peer: &Peer, mut dialog: Dialog, patience: Duration) -> bool {
    let answered = say_bye(board, peer, &mut dialog, patience).await;
    board.count(|f| {
        f.ended += 1;
        f.byes_unanswered += u64::from(!answered);
    });
    // One nobody answered stays open in the ledger: the next start tries again.
    if answered {
        board.ledger.hung_up(&dialog, false, board.clock.wall()).await;
    }
    answered
}

/// Sends BYE wherever the peer may be. Says whether it was answered.
pub(super) async fn say_bye(board: &Switchboard, peer: &Peer, dialog: &mut Dialog, patience: Duration) -> bool {
    let target = dialog.target().to_owned();
    let mut hop = peer.now().unwrap_or(peer.hop);
    let mut answered = ask_bye(board, peer, dialog, &board.endpoint.local(hop), hop, patience).await;
    if !answered && hop.is_reliable() {
        // Its connection broke: the platform streams on until it is told over the next one.
        let until = Instant::now() + patience;
        while !answered && Instant::now() < until {
            match peer.now().filter(|now| *now != hop) {
                Some(now) => {
                    hop = now;
                    answered = ask_bye(board, peer, dialog, &board.endpoint.local(hop), hop, patience).await;
                }
                None => sleep(LOOK).await,
            }
        }
    }
    if !answered {
        // Perhaps it only listens at the address it names.
        if let Some(hop) = other_way(board, peer, &target) {
            let local = board.endpoint.local(hop);
            answered = ask_bye(board, peer, dialog, &local, hop, patience / 2).await;
        }
    }
    answered
}

async fn ask_bye(board: &Switchboard, peer: &Peer, dialog: &mut Dialog, local: &Local, hop: Hop, patience: Duration) -> bool {
    let mut authorization: Option<(&'static str, String)> = None;
    for _ in 0..2 {
        let mut builder = dialog.request("BYE", local, &random_name());
        if let Some((name, value)) = &authorization {
            builder = builder.header(name, value);
        }
        match board.endpoint.ask(builder.build(), hop, patience).await {
            Ok(Answer::Final(answer)) => {
                let credentials = peer.credentials.as_ref().filter(|_| authorization.is_none());
                authorization = credentials.and_then(|c| authorize(&answer, "BYE", dialog.target(), c));
                if authorization.is_none() {
                    return true;
                }
            }
            Ok(Answer::Failed(_)) | Err(_) => return false,
        }
    }
    true
}

/// The address in a Contact, when it is another one than that the platform was met at.
fn other_way(board: &Switchboard, peer: &Peer, contact: &str) -> Option<Hop> {
    let uri = SipUri::parse(contact)?;
    let address = SocketAddr::new(uri.host.trim_matches(['[', ']']).parse().ok()?, uri.port.unwrap_or(5060));
    let usable = address != peer.hop.peer && may_connect(address, peer.hop.peer) && matches!(peer.hop.link, Link::Udp(_));
    if usable { board.endpoint.udp_hop(address).ok() } else { None }
}

/// A platform does not make us talk to this machine, or to everybody.
pub(super) fn may_connect(address: SocketAddr, met: SocketAddr) -> bool {
    let ip = address.ip();
    let local = ip.is_loopback() && !met.ip().is_loopback();
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !local && ip != std::net::Ipv4Addr::BROADCAST
}
