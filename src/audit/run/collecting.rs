//! The catalogue of a platform: waiting for it, ending what a killed run left open on it, asking, and asking about branches.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;

use super::super::catalogued::{Catalogued, catalogued};
use super::{Found, OnePlatform, Progress, keep_registration};
use crate::base::lang::Lang;
use crate::catalog::assemble::ITEMS_MISSING;
use crate::catalog::branch;
use crate::evidence::{Header, Incomplete};
use crate::manscdp::command::Dialect;
use crate::net::peer::Peer;
use crate::platform::hub::{Inbound, Online, PeerState};
use crate::platform::query::{self, Collected, Line};
use crate::platform::{CrossCheck, Role};
use crate::probe::replay::{HungUp, Replayed, replay};

impl OnePlatform {
    /// Waits for the platform and collects its catalogue.
    pub(super) async fn collect(
        &mut self,
        found: &mut Found,
        state: &mut watch::Receiver<PeerState>,
        inbox: &mut mpsc::Receiver<Inbound>,
    ) -> Result<(Peer, Dialect), Incomplete> {
        loop {
            let online = self.wait_online(state).await?;
            let restored = online.restored;
            let peer = self.peer(&online);
            found.transport = peer.local.transport;
            if !restored && self.setting.role == Role::Subordinate {
                // A killed run too leaves it to the next.
                keep_registration(&self.hub, self.index, &self.setting, &self.board.endpoint, &*self.keeper);
            }
            self.replay(found, &peer, restored).await;
            let dialect = self.dialect(&online);
            found.online = Some(online);
            if found.kept_catalogue {
                if restored && !query::lives(&self.board.endpoint, &peer, dialect).await {
                    if self.wait_fresh(state).await {
                        continue;
                    }
                    return Err(Incomplete::NotAnswering);
                }
                self.keeper.resumed(&Header { incomplete: Some(Incomplete::Stopped), ..self.header(found) });
                return Ok((peer, dialect));
            }
            let (observer, platform) = (self.observer.clone(), self.setting.name.clone());
            let progress = move |received, declared| {
                observer.told(Progress::Catalog { platform: platform.clone(), received, declared });
            };
            let mut stop = self.stop.clone();
            let (endpoint, clock) = (&self.board.endpoint, &self.board.clock);
            let mut line =
                Line { endpoint, inbox: &mut *inbox, state: &mut *state, dialect, stop: &mut stop, clock, progress: &progress };
            let check = self.order.catalog.cross_check;
            found.collected = query::catalog(&mut line, &peer, check != CrossCheck::Off).await;
            let refused = found.collected.queries.last().is_some_and(|q| q.end.starts_with("refused:"));
            if restored && (found.collected.unreachable || refused) && !self.stop.is_stopped() {
                // The registration kept from an earlier run leads nowhere: wait for a new one.
                found.collected = Collected::default();
                if self.wait_fresh(state).await {
                    continue;
                }
                return Err(Incomplete::NotAnswering);
            }
            self.branches(found, &mut line, &peer).await;
            self.observer.told(Progress::CatalogDone { platform: self.setting.name.clone() });
            self.keeper
                .catalogued(&Header { incomplete: Some(Incomplete::Stopped), ..self.header(found) }, &found.collected.messages);
            if found.collected.lost {
                return Err(Incomplete::PlatformLost);
            }
            if self.stop.is_stopped() {
                return Err(Incomplete::Stopped);
            }
            // It may have moved while it was asked.
            let peer = state.borrow().online().map_or(peer, |online| self.peer(online));
            return Ok((peer, dialect));
        }
    }

    /// Ends what a killed run left open on the platform, before anything is asked of it. Only what was never answered is
    /// followed further while the run goes on.
    async fn replay(&mut self, found: &mut Found, peer: &Peer, restored: bool) {
        if self.left_open.is_empty() {
            return;
        }
        let (hub, index) = (self.hub.clone(), self.index);
        let hung_up: HungUp = Arc::new(move |call_id| hub.has_hung_up(index, call_id));
        let again = |calls| replay(self.board.clone(), peer.clone(), calls, hung_up.clone(), self.stop.clone());
        let (dialogs, asked): (Vec<_>, Vec<_>) = self.left_open.iter().cloned().partition(|call| !call.dialogs.is_empty());
        let ended = again(dialogs).await;
        // Where a kept registration leads nowhere nobody was told; that is tried once more when it has registered.
        if restored && ended.calls > 0 && ended.unanswered == ended.calls {
            return;
        }
        if !asked.is_empty() {
            found.taken_back = Some(tokio::spawn(again(asked)));
        }
        self.left_open.clear();
        found.replayed = ended;
        self.tell_replayed(ended);
    }

    pub(super) fn tell_replayed(&self, replayed: Replayed) {
        if replayed.calls > 0 {
            self.observer.told(Progress::Replayed { platform: self.setting.name.clone(), replayed });
        }
    }

    /// Asks about the branches that can lack items of an answer that came short, or about all of them to check a whole one.
    async fn branches(&self, found: &mut Found, line: &mut Line<'_>, peer: &Peer) {
        let check = self.order.catalog.cross_check;
        check.name().clone_into(&mut found.witnesses.cross_check);
        let may_be_short = found.collected.queries.len() > 1;
        if found.collected.lost || self.stop.is_stopped() || (check != CrossCheck::Tree && !may_be_short) {
            return;
        }
        let Some(Catalogued { catalog, kinds }) = self.catalogued(found) else { return };
        let short = catalog.why.contains(&ITEMS_MISSING);
        if catalog.items.is_empty() || !(short || (check == CrossCheck::Tree && !catalog.state.voids())) {
            return;
        }
        let recorders = branch::recorders(&catalog.items);
        found.witnesses.channels = query::channels(line, peer, &recorders, &mut found.collected).await;
        let own = [self.setting.party.id.as_str(), self.board.endpoint.setting().party.id.as_str()];
        let branches = if check == CrossCheck::Tree {
            branch::all(&catalog.items, &kinds, &own)
        } else {
            let numbers = found.witnesses.channels.iter().filter_map(|c| Some((c.device_id.clone(), c.number()?)));
            branch::lacking(&catalog.items, &kinds, &numbers.collect::<Vec<_>>(), &own)
        };
        found.witnesses.branches_left_out = branches.left_out;
        for (code, reason) in &branches.asked {
            tracing::info!(platform = %self.setting.name, branch = %code, reason = reason.title().en, "asking about a branch");
        }
        let codes: Vec<String> = branches.asked.into_iter().map(|(code, _)| code).collect();
        query::branches(line, peer, &codes, &mut found.collected).await;
    }

    /// The catalogue as it stands.
    pub(super) fn catalogued(&self, found: &Found) -> Option<Catalogued> {
        let header = self.header(found);
        // A million items are worth a second of a core; other platforms go on meanwhile.
        let catalogued = tokio::task::block_in_place(|| catalogued(&header, &found.collected.messages, &[], Lang::default()));
        // Only tables fail, and a live run has none.
        catalogued.inspect_err(|error| tracing::error!(%error, "the catalogue could not be put together")).ok()
    }

    /// Waits until the platform is registered, by the deadline of the whole run.
    async fn wait_online(&mut self, state: &mut watch::Receiver<PeerState>) -> Result<Online, Incomplete> {
        loop {
            match &*state.borrow_and_update() {
                PeerState::Online(online) => return Ok(online.clone()),
                PeerState::Refused(_) => return Err(Incomplete::RegistrationRefused),
                PeerState::Waiting | PeerState::Lost(_) => (),
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return Err(Incomplete::NeverRegistered);
                },
                () = sleep_until(self.deadline) => return Err(Incomplete::NeverRegistered),
                () = self.stop.stopped() => return Err(Incomplete::Stopped),
            }
        }
    }

    /// Waits until the platform itself has been heard of.
    async fn wait_fresh(&mut self, state: &mut watch::Receiver<PeerState>) -> bool {
        loop {
            if matches!(&*state.borrow_and_update(), PeerState::Online(online) if !online.restored) {
                return true;
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return false;
                },
                () = sleep_until(self.deadline) => return false,
                () = self.stop.stopped() => return false,
            }
        }
    }
}
