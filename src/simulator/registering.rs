//! How a simulated platform registers with its superior and keeps alive, with the troubles of that.
//!
//! Not [`crate::platform::registrant`]: that is how we do it, and it does it well.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::dialect;
use super::platform::Said;
use super::scene::Scene;
use super::trouble::Trouble;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::secret::Secret;
use crate::manscdp::command;
use crate::net::endpoint::{ClientEvent, Endpoint};
use crate::net::peer::{Answer, Peer, Whereabouts};
use crate::net::tls::Trust;
use crate::net::{Address, NetError, Protocol, Stop, random_name};
use crate::sip::builder::{Builder, MANSCDP};
use crate::sip::digest::{Challenge, Credentials};
use crate::sip::header::param;
use crate::sip::message::Message;
use crate::sip::transaction::{Hop, Link, TIMEOUT};

/// Validity asked for, seconds.
const EXPIRES: u64 = 3_600;
/// The same of a platform that wants too little.
const EXPIRES_SHORT: u64 = 60;
/// 心跳
const KEEPALIVE: Duration = Duration::from_mins(1);
/// The same of a platform whose settings are odd.
const ODD_KEEPALIVE: Duration = Duration::from_millis(500);
/// Keepalives without an answer after which the superior counts as gone.
const MISSES: u32 = 3;
/// A refused platform tries again after this (2.3: not sooner than a minute).
const REFUSED_PAUSE: Duration = Duration::from_mins(1);
/// How long unregistering at the end may take.
const FAREWELL: Duration = Duration::from_millis(1_500);
/// How fast a clock that is wrong is, seconds.
pub(super) const SKEW_S: i64 = 3_600;
/// An address no superior reaches.
const PRIVATE: &str = "10.255.255.1:5060";
/// A version no edition has.
const UNKNOWN_VERSION: &str = "9.9";

/// A platform that registers.
pub(super) struct Registering {
    pub endpoint: Endpoint,
    pub scene: Scene,
    /// Where the superior is, or the line to it.
    pub superior: Address,
    pub said: mpsc::Sender<Said>,
    /// Says when the platform unregisters for good.
    pub leave: Arc<Notify>,
    /// The connection that broke last.
    pub broken: watch::Receiver<Option<Link>>,
    pub clock: Arc<SystemClock>,
}

enum Outcome {
    Accepted { granted: u64, authorization: Option<String> },
    Refused(String),
    Unanswered,
}

/// Why a registration is over.
enum Left {
    /// It is to be refreshed, over the same way.
    Expiring,
    /// Nobody answers any more.
    Lost,
    /// The platform itself left.
    Unregistered,
}

/// The names of one registration: all of its REGISTERs have them.
struct Names {
    call_id: String,
    tag: String,
    number: u32,
}

impl Registering {
    /// Registers until stopped, then unregisters.
    pub(super) async fn run(self, mut stop: Stop) {
        let mut names = Names { call_id: random_name(), tag: random_name(), number: 0 };
        let mut wrong_password = self.scene.has(Trouble::WrongPasswordFirst);
        let mut kept = None;
        loop {
            let hop = match kept.take() {
                Some(hop) => Ok(hop),
                None => tokio::select! {
                    hop = self.way() => hop,
                    () = stop.stopped() => return,
                },
            };
            let mut pause = self.scene.retry;
            if let Ok(hop) = hop {
                if self.scene.has(Trouble::KeepaliveOnly) {
                    tokio::select! {
                        _ = self.stay(hop, u64::MAX) => (),
                        () = stop.stopped() => return,
                    }
                    continue;
                }
                let password = if wrong_password { Some(Secret::new("not-the-password")) } else { self.scene.password.clone() };
                let outcome = tokio::select! {
                    outcome = self.register(&mut names, hop, (Some(EXPIRES), TIMEOUT), password) => outcome,
                    () = stop.stopped() => return,
                };
                match outcome {
                    Outcome::Accepted { granted, authorization } => {
                        self.tell(Said::Registered);
                        self.settle(&mut names, hop, authorization).await;
                        let left = tokio::select! {
                            left = self.stay(hop, granted) => left,
                            () = stop.stopped() => Left::Unregistered,
                        };
                        match left {
                            Left::Expiring => {
                                kept = Some(hop);
                                continue;
                            }
                            Left::Lost => self.tell(Said::NotRegistered(hop.peer.to_string())),
                            Left::Unregistered => {
                                let password = self.scene.password.clone();
                                let leaving = self.register(&mut names, hop, (Some(0), FAREWELL), password);
                                let _ = tokio::time::timeout(FAREWELL, leaving).await;
                                return;
                            }
                        }
                    }
                    Outcome::Refused(why) => {
                        self.tell(Said::NotRegistered(why));
                        if !std::mem::take(&mut wrong_password) {
                            pause = REFUSED_PAUSE;
                        }
                    }
                    Outcome::Unanswered => self.tell(Said::NotRegistered(self.superior.to_string())),
                }
            }
            tokio::select! {
                () = sleep(pause) => (),
                () = stop.stopped() => return,
            }
        }
    }

    fn tell(&self, said: Said) {
        let _ = self.said.try_send(said);
    }

    fn has(&self, trouble: Trouble) -> bool {
        self.scene.has(trouble)
    }

    async fn way(&self) -> Result<Hop, NetError> {
        match self.superior.protocol {
            Protocol::Udp => self.endpoint.udp_hop(self.superior.socket),
            Protocol::Tcp => self.endpoint.connect(self.superior.socket, None).await,
            Protocol::Tls => {
                let trust = self.scene.trust.clone().unwrap_or_else(Trust::unverified);
                self.endpoint.connect(self.superior.socket, Some(&trust)).await
            }
        }
    }

    /// One REGISTER as it is sent.
    fn request(&self, names: &mut Names, hop: Hop, expires: Option<u64>, authorization: Option<&str>) -> Builder {
        names.number += 1;
        let local = self.endpoint.local(hop);
        let own = format!("<sip:{}@{}>", local.party.id, local.party.domain);
        let contact =
            if self.has(Trouble::PrivateContact) { format!("<sip:{}@{PRIVATE}>", local.party.id) } else { local.contact() };
        let mut builder = Builder::request("REGISTER", &self.server())
            .header("Via", &local.via(&random_name()))
            .header("From", &format!("{own};tag={}", names.tag))
            .header("To", &own)
            .header("Call-ID", &names.call_id)
            .header("CSeq", &format!("{} REGISTER", names.number))
            .header("Contact", &contact)
            .header("Max-Forwards", "70");
        let expires = match expires {
            Some(0) => Some(0),
            _ if self.has(Trouble::ExpiresMissing) => None,
            _ if self.has(Trouble::ExpiresShort) => Some(EXPIRES_SHORT),
            expires => expires,
        };
        if let Some(expires) = expires {
            builder = builder.header("Expires", &expires.to_string());
        }
        let version = if self.has(Trouble::VersionUnknown) { Some(UNKNOWN_VERSION) } else { self.scene.version.as_deref() };
        if let Some(version) = version {
            builder = builder.header("X-GB-Ver", version);
        }
        if self.has(Trouble::ClockSkew) {
            let date = self.clock.wall().plus_seconds(SKEW_S).beijing("%Y-%m-%dT%H:%M:%S%.3f");
            builder = builder.header("Date", &date);
        }
        if let Some(authorization) = authorization {
            builder = builder.header("Authorization", authorization);
        }
        builder
    }

    fn server(&self) -> String {
        format!("sip:{}@{}", self.scene.superior.id, self.scene.superior.domain)
    }

    /// A REGISTER and what its challenges ask for.
    async fn register(
        &self,
        names: &mut Names,
        hop: Hop,
        (expires, patience): (Option<u64>, Duration),
        password: Option<Secret>,
    ) -> Outcome {
        let mut authorization: Option<String> = None;
        let mut challenges = 0;
        loop {
            let octets = self.request(names, hop, expires, authorization.as_deref()).build();
            let Ok(mut call) = self.endpoint.request(octets, hop, patience).await else { return Outcome::Unanswered };
            let response = loop {
                match call.next().await {
                    Some(ClientEvent::Response { message, .. }) if message.code().is_some_and(|c| c < 200) => {
                        if self.has(Trouble::DiesOf100) {
                            return Outcome::Refused(format!("{} 100", hop.peer));
                        }
                    }
                    Some(ClientEvent::Response { message, .. }) => break message,
                    Some(ClientEvent::Failed(_)) | None => return Outcome::Unanswered,
                }
            };
            let code = response.code().unwrap_or_default();
            let why = format!("{} {code} {}", hop.peer, response.reason());
            match code {
                200..=299 => {
                    let granted = granted(&response).or(expires).unwrap_or(EXPIRES);
                    return Outcome::Accepted { granted, authorization };
                }
                401 | 407 => {
                    challenges += 1;
                    let value = response.header("www-authenticate").or_else(|| response.header("proxy-authenticate"));
                    let value = value.unwrap_or_default();
                    if self.has(Trouble::NeedsAlgorithm) && !value.to_ascii_lowercase().contains("algorithm") {
                        return Outcome::Refused(why);
                    }
                    let (Some(mut challenge), Some(password)) = (Challenge::parse(value), password.clone()) else {
                        return Outcome::Refused(why);
                    };
                    if challenges > 2 || (challenges == 2 && !challenge.stale) {
                        return Outcome::Refused(why);
                    }
                    challenge.qop_auth &= !self.has(Trouble::WithoutQop);
                    let username = self.scene.username.clone().unwrap_or_else(|| self.scene.party.id.clone());
                    let asked = ("REGISTER", self.server());
                    let asked = (asked.0, asked.1.as_str());
                    let credentials = Credentials::answer(&challenge, &username, &password, asked, (1, &random_name()));
                    authorization = Some(credentials.render());
                }
                408 | 480 | 500..=599 => return Outcome::Unanswered,
                _ => return Outcome::Refused(why),
            }
        }
    }

    /// What a platform does once it is registered, besides staying so.
    async fn settle(&self, names: &mut Names, hop: Hop, authorization: Option<String>) {
        if self.has(Trouble::OldAuthorization) {
            let again = self.request(names, hop, Some(EXPIRES), authorization.as_deref()).build();
            // Whatever comes back, it goes on as before.
            let _ = self.endpoint.ask(again, hop, FAREWELL).await;
        }
        if self.has(Trouble::AsksBack) {
            let body = command::query(dialect(self.scene.charset), "Catalog", 1, &self.scene.superior.id);
            let _ = self.peer(hop).message(&self.endpoint, MANSCDP, body, TIMEOUT).await;
        }
    }

    fn peer(&self, hop: Hop) -> Peer {
        Peer {
            party: self.scene.superior.clone(),
            hop,
            local: self.endpoint.local(hop),
            credentials: None,
            media_ip: None,
            whereabouts: Whereabouts::default(),
        }
    }

    /// Keeps the registration alive until it is lost, runs out, or the platform leaves.
    async fn stay(&self, hop: Hop, granted: u64) -> Left {
        let peer = self.peer(hop);
        let pause = if self.has(Trouble::OddHeartbeat) || self.has(Trouble::KeepaliveOnly) { ODD_KEEPALIVE } else { KEEPALIVE };
        // Registered anew after two thirds of what was granted.
        let refresh = Instant::now() + Duration::from_secs((granted.min(31_536_000) * 2 / 3).max(5));
        let (mut misses, mut sn) = (0, 0);
        let mut broken = self.broken.clone();
        loop {
            tokio::select! {
                () = sleep(pause) => (),
                () = sleep_until(refresh) => return Left::Expiring,
                _ = broken.wait_for(|link| *link == Some(hop.link)) => return Left::Lost,
                () = self.leave.notified() => return Left::Unregistered,
            }
            if self.has(Trouble::NoKeepalive) {
                continue;
            }
            sn += 1;
            let body = if self.has(Trouble::OddHeartbeat) {
                let id = &self.scene.party.id;
                let content = format!("<CmdType>Keepalive</CmdType>\r\n<DeviceID>{id}</DeviceID>\r\n<Status>ERROR</Status>\r\n");
                dialect(self.scene.charset).body("Notify", &content)
            } else {
                command::keepalive(dialect(self.scene.charset), sn, &self.scene.party.id)
            };
            misses = match peer.message(&self.endpoint, MANSCDP, body, KEEPALIVE / 4).await {
                Ok(Answer::Final(response)) if response.code() == Some(200) => 0,
                _ => misses + 1,
            };
            if misses >= MISSES && !self.has(Trouble::KeepaliveOnly) {
                return Left::Lost;
            }
        }
    }
}

/// The validity granted: of our Contact, else the header.
fn granted(response: &Message) -> Option<u64> {
    let contact = response.contact().and_then(|c| param(&c.params, "expires")?.trim().parse().ok());
    contact.or_else(|| response.header("expires").and_then(|v| v.trim().parse().ok()))
}
