//! A peer as it is addressed: where it was last heard, as whom we write to it, with which password.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::endpoint::{ClientEvent, Endpoint};
use super::{NetError, random_name};
use crate::base::secret::Secret;
use crate::sip::builder::Builder;
use crate::sip::dialog::{Call, Local, Party};
use crate::sip::digest::{Challenge, Credentials};
use crate::sip::message::Message;
use crate::sip::transaction::{Failure, Hop};

/// Tells where a peer is now, if it is within reach.
type WhereNow = dyn Fn() -> Option<Hop> + Send + Sync;

/// Where a peer is by now: a platform whose connection broke comes back over another.
#[derive(Clone, Default)]
pub struct Whereabouts(Option<Arc<WhereNow>>);

impl Whereabouts {
    /// As `now` tells.
    #[must_use]
    pub fn new(now: impl Fn() -> Option<Hop> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }
}

impl std::fmt::Debug for Whereabouts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Whereabouts({:?})", self.0.as_ref().map(|now| now()))
    }
}

/// A registered platform.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its code and domain.
    pub party: Party,
    /// Where it was last heard.
    pub hop: Hop,
    /// Where it is by now.
    pub whereabouts: Whereabouts,
    /// Ourselves towards it.
    pub local: Local,
    /// To answer challenges of requests with.
    pub credentials: Option<(String, Secret)>,
    /// Our media address towards it, where it is not the one of the settings for all.
    pub media_ip: Option<std::net::IpAddr>,
}

/// What came of a request that has one answer.
#[derive(Debug)]
pub enum Answer {
    /// A final response.
    Final(Box<Message>),
    /// None came.
    Failed(Failure),
}

impl Peer {
    /// Where it is by now; nothing while it is out of reach.
    #[must_use]
    pub fn now(&self) -> Option<Hop> {
        self.whereabouts.0.as_ref().map_or(Some(self.hop), |now| now())
    }

    /// `ip:port` to write into Request-URIs.
    #[must_use]
    pub fn hostport(&self) -> String {
        self.hop.peer.to_string()
    }

    /// Sends a MESSAGE to the platform and waits for its transport answer. A challenge is answered once.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn message(
        &self,
        endpoint: &Endpoint,
        content_type: &str,
        body: Vec<u8>,
        patience: Duration,
    ) -> Result<Answer, NetError> {
        let (id, tag) = (random_name(), random_name());
        let mut authorization: Option<(&'static str, String)> = None;
        for number in 1..=2 {
            let branch = random_name();
            let call = Call { id: &id, branch: &branch, tag: &tag, number };
            let mut builder = self.local.request("MESSAGE", &self.party, &self.hostport(), &call);
            if let Some((name, value)) = &authorization {
                builder = builder.header(name, value);
            }
            let octets = builder.body(content_type, body.clone()).build();
            let answer = endpoint.ask(octets, self.hop, patience).await?;
            match &answer {
                Answer::Final(response) if number == 1 => match self.authorize(response, "MESSAGE") {
                    Some(header) => authorization = Some(header),
                    None => return Ok(answer),
                },
                _ => return Ok(answer),
            }
        }
        Ok(Answer::Failed(Failure::Timeout))
    }

    /// The header that answers a challenge of a request addressed to the platform, if it can be answered.
    #[must_use]
    pub fn authorize(&self, response: &Message, method: &str) -> Option<(&'static str, String)> {
        let uri = format!("sip:{}@{}", self.party.id, self.hostport());
        authorize(response, method, &uri, self.credentials.as_ref()?)
    }
}

/// The header that answers a 401 or 407.
#[must_use]
pub fn authorize(response: &Message, method: &str, uri: &str, credentials: &(String, Secret)) -> Option<(&'static str, String)> {
    let (challenge, name) = match response.code()? {
        401 => ("www-authenticate", "Authorization"),
        407 => ("proxy-authenticate", "Proxy-Authorization"),
        _ => return None,
    };
    let challenge = response.headers.iter().filter(|h| h.name == challenge).find_map(|h| Challenge::parse(&h.value))?;
    let (username, password) = credentials;
    let answer = Credentials::answer(&challenge, username, password, (method, uri), (1, &random_name()));
    Some((name, answer.render()))
}

impl Endpoint {
    /// Sends a request that has one answer and waits for it.
    ///
    /// # Errors
    /// When the endpoint has ended.
    pub async fn ask(&self, octets: Bytes, hop: Hop, patience: Duration) -> Result<Answer, NetError> {
        let mut call = self.request(octets, hop, patience).await?;
        loop {
            match call.next().await {
                Some(ClientEvent::Response { message, .. }) if message.code().is_some_and(|c| c < 200) => (),
                Some(ClientEvent::Response { message, .. }) => return Ok(Answer::Final(message)),
                Some(ClientEvent::Failed(failure)) => return Ok(Answer::Failed(failure)),
                None => return Err(NetError::Closed),
            }
        }
    }
}

/// A response to a request of the peer's, from its message.
#[must_use]
pub fn response(request: &Message, hop: Hop, code: u16) -> Builder {
    Builder::response(request, hop.peer, code, crate::sip::builder::reason_phrase(code), &random_name())
}
