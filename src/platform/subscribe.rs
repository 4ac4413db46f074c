//! 目录订阅 (2022 section 9.11, annex N): asks to be told of changes while a run goes on, and ends that at its end.
//!
//! What is told comes through the hub like every other body and is looked at after the sync. Nothing that is measured
//! depends on it: a platform that refuses is polled once more where the run is long, and nothing is waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::query::fresh_sn;
use crate::base::clock::{Clock as _, SystemClock};
use crate::evidence::Subscription;
use crate::manscdp::command::{self, Dialect};
use crate::net::endpoint::Endpoint;
use crate::net::peer::{Answer, Peer};
use crate::net::{Stop, random, random_name};
use crate::sip::builder::{Builder, MANSCDP};
use crate::sip::dialog::{Call, Dialog};
use crate::sip::message::Message;

/// Seconds asked for.
pub const EXPIRES: u64 = 600;
/// The shortest time between two refreshes, whatever the platform grants.
const MIN_REFRESH: Duration = Duration::from_secs(30);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How long the answer to the end may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// A platform that refuses is asked for its catalogue once more where the run took longer: never sooner.
pub const POLL_AFTER: Duration = Duration::from_mins(10);

/// Whether the catalogue has to be asked for once more, because nobody told of changes.
#[must_use]
pub fn has_to_poll(subscription: Option<&Subscription>, since_sync: Duration) -> bool {
    subscription.is_some_and(|s| !s.is_good()) && since_sync >= POLL_AFTER
}

/// Subscribes, refreshes at half time, and ends it when `done` or stopped.
pub async fn keep(
    endpoint: &Endpoint,
    peer: &Peer,
    dialect: Dialect,
    clock: &Arc<SystemClock>,
    (stop, done): (&mut Stop, impl Future<Output = ()>),
) -> Subscription {
    let mut told = Subscription { sn: fresh_sn(), asked: clock.wall().micros(), ..Subscription::default() };
    let mut asking = Asking::new(endpoint, peer, dialect, told.sn);
    let Some(mut dialog) = asking.begin(&mut told).await else { return told };
    tokio::pin!(done);
    loop {
        let refresh = Instant::now() + (Duration::from_secs(told.expires) / 2).max(MIN_REFRESH);
        tokio::select! {
            () = &mut done => break,
            () = stop.stopped() => break,
            () = sleep_until(refresh) => {
                // One that is not answered, or is gone at the platform, tells of nothing any more.
                match asking.within(&mut dialog, EXPIRES, ANSWER).await {
                    Some(granted) => {
                        told.refreshed += 1;
                        told.expires = granted;
                    }
                    None => {
                        told.lost = true;
                        break;
                    }
                }
            }
        }
    }
    told.ended = asking.within(&mut dialog, 0, FAREWELL).await.is_some();
    told
}

struct Asking<'a> {
    endpoint: &'a Endpoint,
    peer: Peer,
    dialect: Dialect,
    sn: u32,
    /// `Catalog;id=N`
    event: String,
}

impl<'a> Asking<'a> {
    fn new(endpoint: &'a Endpoint, peer: &Peer, dialect: Dialect, sn: u32) -> Self {
        let id = u16::from_be_bytes(random());
        Self { endpoint, peer: peer.clone(), dialect, sn, event: format!("Catalog;id={id}") }
    }

    /// What every SUBSCRIBE carries. Some refuse one without a Contact.
    fn dress(&self, builder: Builder, expires: u64) -> Builder {
        let body = command::query(self.dialect, "Catalog", self.sn, &self.peer.party.id);
        builder
            .header("Contact", &self.peer.local.contact())
            .header("Event", &self.event)
            .header("Expires", &expires.to_string())
            .body(MANSCDP, body)
    }

    /// The first one; a challenge is answered once.
    async fn begin(&mut self, told: &mut Subscription) -> Option<Dialog> {
        let (id, tag) = (random_name(), random_name());
        let mut authorization: Option<(&'static str, String)> = None;
        "silent".clone_into(&mut told.outcome);
        for number in 1..=2 {
            let branch = random_name();
            let call = Call { id: &id, branch: &branch, tag: &tag, number };
            let mut builder = self.peer.local.request("SUBSCRIBE", &self.peer.party, &self.peer.hostport(), &call);
            if let Some((name, value)) = &authorization {
                builder = builder.header(name, value);
            }
            let octets = self.dress(builder, EXPIRES).build();
            let request = Message::parse_datagram(&octets).ok()?;
            let Ok(Answer::Final(response)) = self.endpoint.ask(octets, self.peer.hop, ANSWER).await else { return None };
            let code = response.code().unwrap_or(0);
            if (200..300).contains(&code) {
                "accepted".clone_into(&mut told.outcome);
                told.expires = granted(&response);
                return Dialog::caller(&request, &response);
            }
            told.outcome = format!("refused:{code}");
            authorization = self.peer.authorize(&response, "SUBSCRIBE").filter(|_| number == 1);
            authorization.as_ref()?;
        }
        None
    }

    /// Another one in the dialog. Gives the seconds granted.
    async fn within(&mut self, dialog: &mut Dialog, expires: u64, patience: Duration) -> Option<u64> {
        if let Some(hop) = self.peer.now() {
            (self.peer.hop, self.peer.local) = (hop, self.endpoint.local(hop));
        }
        let mut authorization: Option<(&'static str, String)> = None;
        for number in 1..=2 {
            let mut builder = dialog.request("SUBSCRIBE", &self.peer.local, &random_name());
            if let Some((name, value)) = &authorization {
                builder = builder.header(name, value);
            }
            let octets = self.dress(builder, expires).build();
            let Ok(Answer::Final(response)) = self.endpoint.ask(octets, self.peer.hop, patience).await else { return None };
            if response.code().is_some_and(|code| (200..300).contains(&code)) {
                return Some(granted(&response));
            }
            authorization = self.peer.authorize(&response, "SUBSCRIBE").filter(|_| number == 1);
            authorization.as_ref()?;
        }
        None
    }
}

/// Seconds granted by a 200; what we asked for where it does not say, and never longer.
fn granted(response: &Message) -> u64 {
    response.header("expires").and_then(|text| text.trim().parse().ok()).unwrap_or(EXPIRES).min(EXPIRES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_without_notices_is_polled_and_no_other() {
        let with = |outcome: &str, lost| Subscription { outcome: outcome.into(), lost, ..Subscription::default() };
        let long = POLL_AFTER + Duration::from_secs(1);
        assert!(!has_to_poll(None, long), "nothing was subscribed to");
        assert!(has_to_poll(Some(&with("refused:405", false)), long) && has_to_poll(Some(&with("silent", false)), long));
        assert!(!has_to_poll(Some(&with("refused:405", false)), POLL_AFTER.saturating_sub(Duration::from_secs(1))));
        assert!(!has_to_poll(Some(&with("accepted", false)), long) && has_to_poll(Some(&with("accepted", true)), long));
    }

    #[test]
    fn what_is_granted_is_believed_up_to_what_was_asked_for() {
        let response = |expires: &str| {
            let text = format!("SIP/2.0 200 OK\r\nVia: x\r\n{expires}Call-ID: c\r\nCSeq: 1 SUBSCRIBE\r\n\r\n");
            granted(&Message::parse_datagram(&bytes::Bytes::from(text)).unwrap())
        };
        assert_eq!([response(""), response("Expires: 60\r\n"), response("Expires: 99999\r\n")], [600, 60, 600]);
    }
}
