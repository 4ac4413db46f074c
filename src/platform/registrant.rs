//! We register with a superior platform (RFC 3261 section 10.2), keep alive, refresh, and unregister at the end.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::PlatformSetting;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::time::Timestamp;
use crate::edition;
use crate::evidence::heard::HeardKind;
use crate::manscdp::command::{self, Dialect};
use crate::net::endpoint::Endpoint;
use crate::net::peer::{Answer, Peer, Whereabouts, authorize};
use crate::net::tls::TlsError;
use crate::net::{Address, NetError, Protocol, Stop, Trust, random_name};
use crate::probe::outcome::ends::PeerClock;
use crate::sip::builder::MANSCDP;
use crate::sip::dialog::Call;
use crate::sip::header::param;
use crate::sip::message::Message;
use crate::sip::transaction::{Hop, TIMEOUT};

/// Validity we ask for, seconds.
const EXPIRES: u64 = 3_600;
/// Keepalive interval and misses, as the standard sets them on both sides.
const KEEPALIVE: Duration = Duration::from_mins(1);
const MISSES: u32 = 3;
/// Wait after a connection could not be made, or nothing answered.
const RETRY: Duration = Duration::from_secs(5);
/// Seconds a platform's clock may be off without a word; the standard names no number.
pub(super) const MAX_SKEW: i64 = 60;
/// Where a clock was read.
pub(super) const REGISTRATION: &str = "registration";
/// How long the unregistering at the end may take.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// What the registrant tells.
#[derive(Debug)]
pub enum Told {
    /// Registered, over this way.
    Online {
        /// The way.
        hop: Hop,
        /// What the platform calls itself.
        user_agent: String,
        /// Its `X-GB-Ver`.
        version: Option<String>,
    },
    /// The platform is gone.
    Lost(String),
    /// It will not have us.
    Refused(String),
    /// Something worth a line.
    Heard(HeardKind, String),
    /// What its clock shows.
    Clock(PeerClock),
}

enum Outcome {
    Accepted {
        granted: u64,
        response: Box<Message>,
    },
    Refused(String),
    Unanswered,
    /// Refused for now.
    Later,
}

struct Registrant {
    endpoint: Endpoint,
    setting: PlatformSetting,
    address: Address,
    told: mpsc::Sender<Told>,
    call_id: String,
    tag: String,
    number: u32,
    /// The `X-GB-Ver` it last answered with.
    version: Option<String>,
}

/// Registers until stopped, then unregisters.
pub async fn run(
    endpoint: Endpoint,
    setting: PlatformSetting,
    address: Address,
    told: mpsc::Sender<Told>,
    mut stop: Stop,
    clock: std::sync::Arc<SystemClock>,
) {
    let mut registrant =
        Registrant { endpoint, setting, address, told, call_id: random_name(), tag: random_name(), number: 0, version: None };
    loop {
        let hop = tokio::select! {
            hop = registrant.way() => hop,
            () = stop.stopped() => return,
        };
        let Ok(hop) = hop else {
            tokio::select! {
                () = sleep(RETRY) => continue,
                () = stop.stopped() => return,
            }
        };
        registrant.tell(Told::Heard(HeardKind::RegisterSent, hop.peer.to_string())).await;
        let outcome = tokio::select! {
            outcome = registrant.register(hop, EXPIRES, TIMEOUT) => outcome,
            () = stop.stopped() => return,
        };
        match outcome {
            Outcome::Accepted { granted, response } => {
                registrant.greet(hop, &response, &clock).await;
                tokio::select! {
                    () = registrant.stay(hop, granted, &clock) => (),
                    () = stop.stopped() => {
                        let _ = tokio::time::timeout(FAREWELL, registrant.register(hop, 0, FAREWELL)).await;
                        return;
                    }
                }
            }
            Outcome::Refused(why) => {
                registrant.tell(Told::Refused(why)).await;
                return;
            }
            Outcome::Later => (),
            Outcome::Unanswered => {
                registrant.tell(Told::Heard(HeardKind::RegisterUnanswered, hop.peer.to_string())).await;
            }
        }
        tokio::select! {
            () = sleep(RETRY) => (),
            () = stop.stopped() => return,
        }
    }
}

impl Registrant {
    async fn tell(&self, told: Told) {
        let _ = self.told.send(told).await;
    }

    async fn way(&self) -> Result<Hop, NetError> {
        let hop = match self.address.protocol {
            Protocol::Udp => self.endpoint.udp_hop(self.address.socket),
            Protocol::Tcp => self.endpoint.connect(self.address.socket, None).await,
            Protocol::Tls => {
                let trust = self.setting.trust.clone().unwrap_or_else(Trust::unverified);
                if !trust.verifies() {
                    self.tell(Told::Heard(HeardKind::TlsUnverified, self.address.socket.to_string())).await;
                }
                self.endpoint.connect(self.address.socket, Some(&trust)).await
            }
        };
        if let Err(error) = &hop {
            let kind = match error {
                NetError::Tls { source: TlsError::Untrusted(_), .. } => HeardKind::TlsUntrusted,
                NetError::Tls { source: TlsError::OtherName(_), .. } => HeardKind::TlsName,
                NetError::Tls { source: TlsError::Failed(_), .. } => HeardKind::TlsFailed,
                _ => HeardKind::RegisterUnanswered,
            };
            self.tell(Told::Heard(kind, error.to_string())).await;
        }
        hop
    }

    /// One REGISTER with its challenges: a fresh one is answered once, a stale one once more.
    async fn register(&mut self, hop: Hop, expires: u64, patience: Duration) -> Outcome {
        let local = self.endpoint.local(hop);
        let server = format!("sip:{}@{}", self.setting.party.id, self.setting.party.domain);
        let mut authorization: Option<(&'static str, String)> = None;
        let mut challenges = 0;
        loop {
            self.number += 1;
            let branch = random_name();
            let call = Call { id: &self.call_id, branch: &branch, tag: &self.tag, number: self.number };
            // From and To are ourselves; the Request-URI is the server (1.3).
            let own = format!("<sip:{}@{}>", local.party.id, local.party.domain);
            let mut builder = crate::sip::builder::Builder::request("REGISTER", &server)
                .header("Via", &local.via(call.branch))
                .header("From", &format!("{own};tag={}", call.tag))
                .header("To", &own)
                .header("Call-ID", call.id)
                .header("CSeq", &format!("{} REGISTER", call.number))
                .header("Contact", &local.contact())
                .header("Max-Forwards", "70")
                .header("Expires", &expires.to_string());
            if let Some(version) = self.own_version() {
                builder = builder.header("X-GB-Ver", &version);
            }
            if let Some((name, value)) = &authorization {
                builder = builder.header(name, value);
            }
            let answer = self.endpoint.ask(builder.build(), hop, patience).await;
            let Ok(Answer::Final(response)) = answer else { return Outcome::Unanswered };
            if let Some(version) = response.header("x-gb-ver") {
                self.version = Some(version.to_owned());
            }
            match response.code().unwrap_or_default() {
                200..=299 => {
                    let granted = granted(&response).unwrap_or(expires);
                    return Outcome::Accepted { granted, response };
                }
                code @ (401 | 407) => {
                    challenges += 1;
                    let who = format!("{} {code}", hop.peer);
                    let stale = ["www-authenticate", "proxy-authenticate"]
                        .iter()
                        .filter_map(|name| response.header(name))
                        .any(|v| v.to_ascii_lowercase().replace(['"', ' '], "").contains("stale=true"));
                    let Some(password) = self.setting.password.clone() else {
                        return Outcome::Refused(format!("{who} auth = \"none\""));
                    };
                    if challenges > 2 || (challenges == 2 && !stale) {
                        self.tell(Told::Heard(HeardKind::OurPasswordWrong, who.clone())).await;
                        return Outcome::Refused(who);
                    }
                    let username = self.setting.username.clone().unwrap_or_else(|| local.party.id.clone());
                    match authorize(&response, "REGISTER", &server, &(username, password)) {
                        Some(header) => authorization = Some(header),
                        None => {
                            self.tell(Told::Heard(HeardKind::Certificate, who.clone())).await;
                            return Outcome::Refused(who);
                        }
                    }
                }
                code => {
                    let why = format!("{} {code} {}", hop.peer, response.reason());
                    self.tell(Told::Heard(HeardKind::RegisterRefused, why.clone())).await;
                    // A platform that starts up or is overloaded may take us later.
                    let passing = matches!(code, 408 | 480 | 500..=599);
                    return if passing { Outcome::Later } else { Outcome::Refused(why) };
                }
            }
        }
    }

    /// Our `X-GB-Ver`, where it is set or the platform's edition has that header.
    fn own_version(&self) -> Option<String> {
        let (edition, _) = edition::choose(self.setting.edition, self.version.as_deref());
        self.endpoint.setting().version.clone().or_else(|| edition.own_header().map(ToOwned::to_owned))
    }

    async fn greet(&self, hop: Hop, response: &Message, clock: &SystemClock) {
        let user_agent = response.header("user-agent").or_else(|| response.header("server")).unwrap_or_default();
        if let Some(clock) = response.header("date").and_then(|d| PeerClock::read(d, REGISTRATION, clock.wall(), None)) {
            self.tell(Told::Clock(clock)).await;
        }
        if let Some(skew) = response.header("date").and_then(|d| skew_seconds(d, clock.wall()))
            && skew.abs() > MAX_SKEW
        {
            self.tell(Told::Heard(HeardKind::ClockSkew, skewed(&self.setting.party.id, skew))).await;
        }
        self.tell(Told::Online { hop, user_agent: user_agent.to_owned(), version: self.version.clone() }).await;
    }

    /// Keeps the registration alive until it is lost.
    async fn stay(&mut self, hop: Hop, granted: u64, clock: &SystemClock) {
        let mut misses = 0;
        let mut sn = 0;
        let mut refresh = clock.mono().plus(refresh_after(granted));
        let peer = Peer {
            party: self.setting.party.clone(),
            hop,
            local: self.endpoint.local(hop),
            media_ip: None,
            whereabouts: Whereabouts::default(),
            credentials: self
                .setting
                .password
                .clone()
                .map(|p| (self.setting.username.clone().unwrap_or_else(|| self.endpoint.setting().party.id.clone()), p)),
        };
        loop {
            // Some grant less than a minute.
            sleep(KEEPALIVE.min(refresh.since(clock.mono())).max(Duration::from_secs(1))).await;
            if clock.mono() >= refresh {
                match self.register(hop, EXPIRES, TIMEOUT).await {
                    Outcome::Accepted { granted, .. } => {
                        refresh = clock.mono().plus(refresh_after(granted));
                    }
                    Outcome::Refused(why) => return self.tell(Told::Lost(why)).await,
                    Outcome::Unanswered | Outcome::Later => misses += 1,
                }
            }
            sn += 1;
            let body = command::keepalive(Dialect::default(), sn, &self.endpoint.setting().party.id);
            let answer = peer.message(&self.endpoint, MANSCDP, body, KEEPALIVE / 4).await;
            misses = match answer {
                Ok(Answer::Final(response)) if response.code() == Some(200) => 0,
                _ => misses + 1,
            };
            if misses >= MISSES {
                return self.tell(Told::Lost(hop.peer.to_string())).await;
            }
        }
    }
}

/// Registered anew after two thirds of what was granted.
fn refresh_after(granted: u64) -> Duration {
    Duration::from_secs((granted * 2 / 3).max(5))
}

/// The validity granted: of our Contact, else the header.
fn granted(response: &Message) -> Option<u64> {
    let contact = response.contact().and_then(|c| param(&c.params, "expires")?.trim().parse().ok());
    contact.or_else(|| response.header("expires").and_then(|v| v.trim().parse().ok()))
}

/// Whose clock is off by how much, as it is told.
pub(super) fn skewed(id: &str, seconds: i64) -> String {
    format!("{id} {seconds:+} s")
}

/// How far a Date header is from our clock.
pub(super) fn skew_seconds(date: &str, now: Timestamp) -> Option<i64> {
    let (theirs, _) = Timestamp::parse_date_header(date)?;
    Some((theirs.micros() - now.micros()) / 1_000_000)
}
