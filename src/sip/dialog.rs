//! Dialogs of INVITE (RFC 3261 section 12) and the requests of one party outside of them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::builder::Builder;
use super::header::uri::escape_user;
use super::header::via::COOKIE;
use super::message::{Message, Start};

/// One of the two ends, as it writes itself into headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// 统一编码
    pub id: String,
    /// SIP domain, the host part of From.
    pub domain: String,
}

/// Ourselves on one transport: what Via and Contact have to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Who we are.
    pub party: Party,
    /// `UDP`, `TCP` or `TLS`.
    pub transport: &'static str,
    /// `ip:port` at which the peer reaches us.
    pub sent_by: String,
}

impl Local {
    /// A Via value for a new transaction.
    #[must_use]
    pub fn via(&self, branch: &str) -> String {
        format!("SIP/2.0/{} {};rport;branch={COOKIE}{branch}", self.transport, self.sent_by)
    }

    /// Our From value.
    #[must_use]
    pub fn from(&self, tag: &str) -> String {
        format!("<sip:{}@{}>;tag={tag}", self.party.id, self.party.domain)
    }

    /// Our Contact value.
    #[must_use]
    pub fn contact(&self) -> String {
        let transport = match self.transport {
            "UDP" => "",
            "TLS" => ";transport=tls",
            _ => ";transport=tcp",
        };
        format!("<sip:{}@{}{transport}>", self.party.id, self.sent_by)
    }

    /// Begins a request outside of a dialog. `target` is whom it is for, `hostport` where the peer is
    /// reached, `unique` names branch, tag and Call-ID.
    #[must_use]
    pub fn request(&self, method: &str, target: &Party, hostport: &str, call: &Call<'_>) -> Builder {
        let user = escape_user(&target.id);
        Builder::request(method, &format!("sip:{user}@{hostport}"))
            .header("Via", &self.via(call.branch))
            .header("From", &self.from(call.tag))
            .header("To", &format!("<sip:{user}@{}>", target.domain))
            .header("Call-ID", call.id)
            .header("CSeq", &format!("{} {method}", call.number))
            .header("Max-Forwards", "70")
    }
}

/// The names of a request: unique, from random octets of whoever calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// Call-ID.
    pub id: &'a str,
    /// Branch, without the cookie.
    pub branch: &'a str,
    /// From tag.
    pub tag: &'a str,
    /// `CSeq` number.
    pub number: u32,
}

/// How far a process that did not make a dialog counts on from the number it knows: whoever made it may have sent several
/// BYEs since, and the other end drops what is not higher (section 12.2.2).
const BEYOND_EARLIER_REQUESTS: u32 = 100;

/// A dialog an INVITE made, seen from one end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    call_id: String,
    /// Our From value with tag.
    local: String,
    /// Their To value with tag.
    remote: String,
    remote_tag: String,
    /// Their Contact: the Request-URI of what we send.
    target: String,
    route: Vec<String>,
    number: u32,
}

impl Dialog {
    /// From our INVITE and a 2xx to it. `None` when either lacks the headers every message has.
    #[must_use]
    pub fn caller(invite: &Message, response: &Message) -> Option<Self> {
        let Start::Request { uri, .. } = &invite.start else { return None };
        let contact = response.contact().map(|_| response.header_values("contact"));
        let target = contact.and_then(|c| c.first().map(|v| bare_uri(v))).unwrap_or_else(|| uri.clone());
        let remote = response.header("to").or_else(|| invite.header("to"))?.to_owned();
        let mut route: Vec<_> = response.header_values("record-route").into_iter().map(ToOwned::to_owned).collect();
        route.reverse();
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local: invite.header("from")?.to_owned(),
            remote_tag: response.to().and_then(|t| t.tag().map(ToOwned::to_owned)).unwrap_or_default(),
            remote,
            target,
            route,
            number: invite.cseq()?.number,
        })
    }

    /// From a 2xx to an INVITE that is not known any more; `met` is where it came from.
    #[must_use]
    pub fn unasked(response: &Message, met: std::net::SocketAddr) -> Option<Self> {
        let to = response.to()?;
        let contact = response.contact().map(|_| response.header_values("contact"));
        let target = contact.and_then(|c| c.first().map(|v| bare_uri(v)));
        let mut route: Vec<_> = response.header_values("record-route").into_iter().map(ToOwned::to_owned).collect();
        route.reverse();
        Some(Self {
            call_id: response.call_id()?.to_owned(),
            local: response.header("from")?.to_owned(),
            remote_tag: to.tag().unwrap_or_default().to_owned(),
            remote: response.header("to")?.to_owned(),
            target: target.unwrap_or_else(|| format!("sip:{}@{met}", escape_user(&to.uri.user))),
            route,
            number: response.cseq()?.number,
        })
    }

    /// The same for another process than the one that made it: its requests count on from far above.
    #[must_use]
    pub fn taken_over(mut self) -> Self {
        self.number = self.number.saturating_add(BEYOND_EARLIER_REQUESTS);
        self
    }

    /// From their INVITE, answered with `tag` in To.
    #[must_use]
    pub fn callee(invite: &Message, tag: &str) -> Option<Self> {
        let to = invite.header("to")?;
        let target = invite.header_values("contact").first().map(|v| bare_uri(v));
        let from = invite.from()?;
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local: if invite.to()?.tag().is_some() { to.to_owned() } else { format!("{to};tag={tag}") },
            remote: invite.header("from")?.to_owned(),
            remote_tag: from.tag().unwrap_or_default().to_owned(),
            target: target.unwrap_or_else(|| format!("sip:{}@{}", escape_user(&from.uri.user), from.uri.host)),
            route: invite.header_values("record-route").into_iter().map(ToOwned::to_owned).collect(),
            number: 0,
        })
    }

    /// The Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The peer's tag; tells forks apart.
    #[must_use]
    pub fn remote_tag(&self) -> &str {
        &self.remote_tag
    }

    /// Whether a 2xx belongs to this dialog, and not to another one of the same INVITE.
    #[must_use]
    pub fn is_answer(&self, response: &Message) -> bool {
        response.to().is_some_and(|to| to.tag().unwrap_or_default() == self.remote_tag)
    }

    /// The peer's Contact, where requests are addressed to.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The ACK of the 2xx that made this dialog.
    #[must_use]
    pub fn ack(&self, local: &Local, branch: &str) -> Bytes {
        self.compose("ACK", self.number, local, branch).build()
    }

    /// The next request inside the dialog.
    #[must_use]
    pub fn request(&mut self, method: &str, local: &Local, branch: &str) -> Builder {
        self.number = self.number.wrapping_add(1);
        self.compose(method, self.number, local, branch)
    }

    /// Whether a request belongs here.
    #[must_use]
    pub fn owns(&self, request: &Message) -> bool {
        request.call_id() == Some(&self.call_id)
    }

    fn compose(&self, method: &str, number: u32, local: &Local, branch: &str) -> Builder {
        let mut builder = Builder::request(method, &self.target)
            .header("Via", &local.via(branch))
            .header("From", &self.local)
            .header("To", &self.remote)
            .header("Call-ID", &self.call_id)
            .header("CSeq", &format!("{number} {method}"))
            .header("Max-Forwards", "70");
        for route in &self.route {
            builder = builder.header("Route", route);
        }
        builder
    }
}

/// `<sip:..>;x=y` without name, brackets and header parameters.
fn bare_uri(value: &str) -> String {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default().trim().to_owned(),
        None => value.split(';').next().unwrap_or_default().trim().to_owned(),
    }
}

/// What of an INVITE is needed to take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Call-ID.
    pub call_id: String,
    uri: String,
    via: String,
    from: String,
    to: String,
    number: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    route: Vec<String>,
}

impl Invitation {
    /// Of an INVITE of ours. `None` when it lacks the headers every message has.
    #[must_use]
    pub fn of(invite: &Message) -> Option<Self> {
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            uri: invite.request_uri()?.to_owned(),
            via: (*invite.header_values("via").first()?).to_owned(),
            from: invite.header("from")?.to_owned(),
            to: invite.header("to")?.to_owned(),
            number: invite.cseq()?.number,
            route: invite.header_values("route").into_iter().map(ToOwned::to_owned).collect(),
        })
    }

    /// Its CANCEL: same Request-URI, Via, From, To, Call-ID and number (section 9.1).
    #[must_use]
    pub fn cancel(&self) -> Bytes {
        self.compose("CANCEL")
    }

    /// Itself, as far as its answers are concerned.
    #[must_use]
    pub fn invite(&self) -> Bytes {
        self.compose("INVITE")
    }

    fn compose(&self, method: &str) -> Bytes {
        let mut builder = Builder::request(method, &self.uri)
            .header("Via", &self.via)
            .header("From", &self.from)
            .header("To", &self.to)
            .header("Call-ID", &self.call_id)
            .header("CSeq", &format!("{} {method}", self.number))
            .header("Max-Forwards", "70");
        for route in &self.route {
            builder = builder.header("Route", route);
        }
        builder.build()
    }
}

/// The CANCEL of an INVITE.
#[must_use]
pub fn cancel(invite: &Message) -> Option<Bytes> {
    Some(Invitation::of(invite)?.cancel())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Local {
        Local {
            party: Party { id: "37172300002000000001".into(), domain: "3717230000".into() },
            transport: "UDP",
            sent_by: "192.0.2.9:5060".into(),
        }
    }

    fn invite() -> Message {
        let camera = Party { id: "37172300011320000001".into(), domain: "3717230000".into() };
        let call = Call { id: "c1", branch: "b1", tag: "t1", number: 7 };
        let octets = local().request("INVITE", &camera, "192.0.2.1:5060", &call).header("Contact", &local().contact()).build();
        Message::parse_datagram(&octets).unwrap()
    }

    fn ok() -> Message {
        Message::parse_datagram(&Bytes::from_static(
            b"SIP/2.0 200 OK\r\nVia: x\r\nFrom: <sip:37172300002000000001@3717230000>;tag=t1\r\nTo: <sip:37172300011320000001@3717230000>;tag=p1\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\nRecord-Route: <sip:a;lr>, <sip:b;lr>\r\nContact: \"x\" <sip:cam@10.0.0.7:5062>;expires=1\r\n\r\n",
        ))
        .unwrap()
    }

    #[test]
    fn ack_and_bye_follow_the_dialog() {
        let mut dialog = Dialog::caller(&invite(), &ok()).unwrap();
        let ack = Message::parse_datagram(&dialog.ack(&local(), "b2")).unwrap();
        assert_eq!(ack.start, Start::Request { method: super::super::message::Method::Ack, uri: "sip:cam@10.0.0.7:5062".into() });
        assert_eq!(ack.cseq().unwrap().number, 7);
        assert_eq!(ack.header_values("route"), ["<sip:b;lr>", "<sip:a;lr>"]);
        let bye = Message::parse_datagram(&dialog.request("BYE", &local(), "b3").build()).unwrap();
        assert_eq!((bye.cseq().unwrap().number, bye.to().unwrap().tag(), bye.from().unwrap().tag()), (8, Some("p1"), Some("t1")));
        assert!(dialog.owns(&bye));
    }

    #[test]
    fn another_process_takes_a_dialog_over_with_higher_numbers() {
        let kept = serde_json::to_string(&Dialog::caller(&invite(), &ok()).unwrap()).unwrap();
        let known: Dialog = serde_json::from_str(&kept).unwrap();
        let unasked = Dialog::unasked(&ok(), "192.0.2.1:5060".parse().unwrap()).unwrap();
        assert_eq!(known, unasked, "a 2xx says all of its dialog");
        let bye = Message::parse_datagram(&known.taken_over().request("BYE", &local(), "b4").build()).unwrap();
        assert_eq!((bye.cseq().unwrap().number, bye.to().unwrap().tag()), (108, Some("p1")));
        assert_eq!(bye.header_values("route"), ["<sip:b;lr>", "<sip:a;lr>"]);
    }

    #[test]
    fn an_invitation_is_taken_back_after_it_was_kept() {
        let kept = serde_json::to_string(&Invitation::of(&invite()).unwrap()).unwrap();
        let known: Invitation = serde_json::from_str(&kept).unwrap();
        assert_eq!(Some(known.cancel()), cancel(&invite()));
    }

    #[test]
    fn the_callee_turns_the_ends_round() {
        let mut dialog = Dialog::callee(&invite(), "p1").unwrap();
        let bye = Message::parse_datagram(&dialog.request("BYE", &local(), "b9").build()).unwrap();
        assert_eq!((bye.to().unwrap().tag(), bye.from().unwrap().tag()), (Some("t1"), Some("p1")));
        assert_eq!(dialog.target(), "sip:37172300002000000001@192.0.2.9:5060");
    }

    #[test]
    fn a_cancel_is_the_invite_by_another_name() {
        let cancel = Message::parse_datagram(&cancel(&invite()).unwrap()).unwrap();
        assert_eq!(cancel.via(), invite().via());
        assert_eq!(cancel.header("cseq"), Some("7 CANCEL"));
    }

    #[test]
    fn odd_codes_are_escaped_in_uris() {
        let camera = Party { id: "9B02/1#".into(), domain: "3717230000".into() };
        let call = Call { id: "c", branch: "b", tag: "t", number: 1 };
        let octets = local().request("INVITE", &camera, "h", &call).build();
        let message = Message::parse_datagram(&octets).unwrap();
        assert_eq!(message.to().unwrap().uri.user, "9B02/1#");
    }
}
