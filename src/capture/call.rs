//! The INVITEs of a capture (点播): whom, when, what was answered, who hung up. Media is looked for elsewhere.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::signalling::Seen;
use crate::base::charset;
use crate::base::clock::Mono;
use crate::base::oddity::{self, Oddities};
use crate::base::text::excerpt;
use crate::probe::blame;
use crate::probe::outcome::MediaTransport;
use crate::sip::header::subject;
use crate::sip::header::uri::SipUri;
use crate::sip::message::{Message, Method};
use crate::sip::sdp::{Sdp, Setup};

/// Calls followed in one capture.
pub const MAX_CALLS: usize = 200_000;
/// Provisional responses kept of a call.
const MAX_PROVISIONAL: usize = 16;
/// Kept of the body of a refusal.
const MAX_REFUSAL_BYTES: usize = 2_048;
const MAX_REFUSAL_CHARS: usize = 300;

/// What was answered in the end.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Refused with the status of the call.
    Refused,
    /// A 2xx that can be used.
    Usable(Box<Sdp>),
    /// A 2xx that cannot, and the detail of why.
    Unusable(&'static str),
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Call-ID.
    pub call_id: String,
    /// Who called.
    pub source: SocketAddr,
    /// Who was called.
    pub destination: SocketAddr,
    /// Over TCP.
    pub tcp: bool,
    /// The camera's code.
    pub device_id: String,
    /// When INVITE was captured first.
    pub started: Mono,
    /// A live picture was asked for: neither playback nor download nor talk.
    pub live: bool,
    /// The offer.
    pub offer: Option<Sdp>,
    /// Provisional responses.
    pub provisional: Vec<u16>,
    /// When the first of them came.
    pub heard: Option<Mono>,
    /// When the caller was asked for a password.
    pub challenged: Option<Mono>,
    /// The final response: status, reason, when.
    pub status: Option<u16>,
    /// Its reason phrase.
    pub reason: String,
    /// What a refusal carried.
    pub body: String,
    /// When it came.
    pub answered: Option<Mono>,
    /// What it was.
    pub answer: Option<Answer>,
    /// When the caller cancelled or hung up.
    pub left: Option<Mono>,
    /// The caller cancelled.
    pub cancelled: bool,
    /// When the called side hung up.
    pub peer_left: Option<Mono>,
    /// When a BYE was answered.
    pub bye_answered: Option<Mono>,
    /// What was put up with.
    pub oddities: Oddities,
    tag: String,
    /// The number of its INVITE.
    cseq: u32,
}

impl Call {
    fn new(seen: &Seen, call_id: &str) -> Self {
        let message = &seen.message;
        let named = message.request_uri().and_then(SipUri::parse).map(|uri| uri.user).filter(|user| !user.is_empty());
        let device_id =
            named.or_else(|| message.header("subject").and_then(subject::sender).map(ToOwned::to_owned)).unwrap_or_default();
        let mut call = Self {
            call_id: call_id.to_owned(),
            source: seen.source,
            destination: seen.destination,
            tcp: seen.tcp,
            device_id: excerpt(&device_id, 64),
            started: seen.at,
            live: true,
            offer: None,
            provisional: Vec::new(),
            heard: None,
            challenged: None,
            status: None,
            reason: String::new(),
            body: String::new(),
            answered: None,
            answer: None,
            left: None,
            cancelled: false,
            peer_left: None,
            bye_answered: None,
            oddities: Oddities::default(),
            tag: message.from().and_then(|f| f.tag().map(ToOwned::to_owned)).unwrap_or_default(),
            cseq: message.cseq().map_or(0, |cseq| cseq.number),
        };
        call.offered(message);
        call
    }

    /// Refused for good: not asked for a password.
    const fn is_refused(&self) -> bool {
        matches!(self.answer, Some(Answer::Refused)) && !matches!(self.status, Some(401 | 407))
    }

    fn offered(&mut self, message: &Message) {
        self.offer = Sdp::parse(&message.body);
        let session = self.offer.as_ref().map_or("", |sdp| sdp.session.trim());
        let other = ["playback", "download", "talk"].iter().any(|s| session.eq_ignore_ascii_case(s));
        // A broadcast is asked for by the device, with sound alone.
        self.live = !other && self.offer.as_ref().is_none_or(|sdp| sdp.media.is_empty() || sdp.video().is_some());
    }

    fn response(&mut self, seen: &Seen) {
        let message = &seen.message;
        let code = message.code().unwrap_or_default();
        match code {
            100..=199 => {
                self.heard.get_or_insert(seen.at);
                if !matches!(code, 100 | 101 | 180 | 183) {
                    self.oddities.add(oddity::PROVISIONAL_UNUSUAL.at(code.to_string()));
                }
                if self.provisional.len() < MAX_PROVISIONAL {
                    self.provisional.push(code);
                }
            }
            _ if self.status.is_some_and(|s| (200..300).contains(&s)) => {
                if (200..300).contains(&code) {
                    self.oddities.note(oddity::FORKED);
                }
            }
            // A 2xx that crossed a CANCEL is the answer all the same.
            _ if self.status.is_some() && code >= 300 => (),
            _ => {
                if seen.whole {
                    self.oddities.extend(message.oddities.iter().cloned());
                }
                self.status = Some(code);
                self.reason = excerpt(message.reason(), 80);
                self.answered = Some(seen.at);
                if code >= 300 {
                    let octets = message.body.get(..message.body.len().min(MAX_REFUSAL_BYTES)).unwrap_or_default();
                    self.body = excerpt(charset::decode(octets, None, None).text.trim(), MAX_REFUSAL_CHARS);
                    self.answer = Some(Answer::Refused);
                } else {
                    self.answer = Some(self.read_answer(message));
                }
            }
        }
    }

    fn read_answer(&mut self, message: &Message) -> Answer {
        let sdp = match blame::of_answer(&message.body) {
            Ok(sdp) => sdp,
            Err(detail) => return Answer::Unusable(detail),
        };
        self.oddities.extend(sdp.oddities.iter().cloned());
        let ours = self.offer.as_ref().and_then(Sdp::ssrc);
        match (&sdp.y, sdp.ssrc()) {
            (None, _) => self.oddities.note(oddity::SDP_WITHOUT_Y),
            (Some(y), None) => self.oddities.add(oddity::SDP_BAD_Y.at(y.clone())),
            (Some(_), chosen) if chosen != ours => self.oddities.note(oddity::SSRC_CHOSEN_BY_PEER),
            _ => (),
        }
        let setup = |sdp: &Sdp| sdp.video().filter(|m| m.tcp).and_then(|m| m.setup);
        let offered = self.offer.as_ref().and_then(setup);
        if offered.is_some() && offered == setup(&sdp) {
            return Answer::Unusable(blame::detail::SETUP_CONFLICT);
        }
        Answer::Usable(Box::new(sdp))
    }

    /// What the answer agreed, if it agreed anything.
    #[must_use]
    pub fn agreed(&self) -> Option<&Sdp> {
        match &self.answer {
            Some(Answer::Usable(sdp)) => Some(sdp),
            _ => None,
        }
    }

    /// How media was asked for.
    #[must_use]
    pub fn transport(&self) -> MediaTransport {
        let video = self.offer.as_ref().and_then(Sdp::video);
        let answered = self.agreed().and_then(Sdp::video).and_then(|m| m.setup);
        match video {
            Some(media) if media.tcp => match (media.setup, answered) {
                (Some(Setup::Active), _) | (None, Some(Setup::Passive)) => MediaTransport::TcpActive,
                _ => MediaTransport::TcpPassive,
            },
            _ => MediaTransport::Udp,
        }
    }

    /// Where media is to arrive: the offer's address, and the same port where INVITE came from, which differs where
    /// an address is translated on the way.
    #[must_use]
    pub fn receiving(&self) -> Vec<SocketAddr> {
        addresses(self.offer.as_ref(), self.source.ip())
    }

    /// Where the called side listens, when media is fetched from it over TCP.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        match self.transport() {
            MediaTransport::TcpActive => addresses(self.agreed(), self.destination.ip()),
            MediaTransport::Udp | MediaTransport::TcpPassive => Vec::new(),
        }
    }

    /// Where the answer says media comes from, and the same port where the called side was met.
    #[must_use]
    pub fn sending(&self) -> Vec<SocketAddr> {
        addresses(self.agreed(), self.destination.ip())
    }

    /// The SSRCs of offer and answer.
    #[must_use]
    pub fn ssrcs(&self) -> Vec<u32> {
        self.offer.iter().chain(self.agreed()).filter_map(Sdp::ssrc).collect()
    }
}

fn addresses(sdp: Option<&Sdp>, met: IpAddr) -> Vec<SocketAddr> {
    let Some(sdp) = sdp else { return Vec::new() };
    let Some(port) = sdp.video().map(|m| m.port).filter(|port| *port > 0) else { return Vec::new() };
    let mut found: Vec<SocketAddr> = sdp.address().into_iter().chain([met]).map(|ip| SocketAddr::new(ip, port)).collect();
    found.dedup();
    found
}

/// All calls of a capture, in the order they began.
#[derive(Debug, Default)]
pub struct Calls {
    /// The calls.
    pub calls: Vec<Call>,
    by_id: HashMap<String, usize>,
    /// More calls were there than are followed.
    pub too_many: u64,
}

impl Calls {
    /// Takes a message, if it belongs to a call or begins one.
    pub fn take(&mut self, seen: &Seen) {
        let message = &seen.message;
        let Some(call_id) = message.call_id() else { return };
        let known = self.by_id.get(call_id).copied();
        let method = match message.method() {
            Some(method) => method.clone(),
            None => match message.cseq() {
                Some(cseq) => cseq.method,
                None => return,
            },
        };
        let is_request = message.method().is_some();
        let opens = is_request && method == Method::Invite && message.to().is_none_or(|to| to.tag().is_none());
        let number = message.cseq().map_or(0, |cseq| cseq.number);
        // Some try again under the same Call-ID after a refusal.
        let known = known.filter(|n| {
            let before = self.calls.get(*n);
            !(opens && before.is_some_and(|c| c.is_refused() && c.cseq != number))
        });
        let Some(known) = known else {
            if opens {
                if self.calls.len() >= MAX_CALLS {
                    self.too_many += 1;
                    return;
                }
                self.by_id.insert(call_id.to_owned(), self.calls.len());
                self.calls.push(Call::new(seen, call_id));
            }
            return;
        };
        let Some(call) = self.calls.get_mut(known) else { return };
        match (is_request, method) {
            // The same call again, with what was asked for.
            (true, Method::Invite) if matches!(call.status, Some(401 | 407)) => {
                call.oddities.note(oddity::CHALLENGED);
                call.challenged = call.challenged.or(call.answered);
                (call.status, call.answered, call.answer) = (None, None, None);
                call.body.clear();
                call.cseq = number;
                call.offered(message);
            }
            // Another number is that of a change to the call.
            (false, Method::Invite) if number == call.cseq => call.response(seen),
            (true, Method::Cancel) => {
                call.cancelled = true;
                call.left.get_or_insert(seen.at);
            }
            (true, Method::Bye) => {
                let by_caller = match message.from().as_ref().and_then(|f| f.tag()) {
                    Some(tag) => tag == call.tag,
                    None => seen.source.ip() == call.source.ip() && seen.destination == call.destination,
                };
                if by_caller {
                    call.left.get_or_insert(seen.at);
                } else {
                    call.peer_left.get_or_insert(seen.at);
                }
            }
            (false, Method::Bye) => {
                call.bye_answered.get_or_insert(seen.at);
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn seen(ms: u64, from_caller: bool, text: &str) -> Seen {
        let (caller, called) = ("10.0.0.1:5060".parse().unwrap(), "10.0.0.2:5060".parse().unwrap());
        let (source, destination) = if from_caller { (caller, called) } else { (called, caller) };
        let message = Message::parse_datagram(&Bytes::from(text.replace('\n', "\r\n"))).unwrap();
        Seen { at: Mono::from_millis(ms), source, destination, tcp: false, whole: true, message }
    }

    const INVITE: &str = "INVITE sip:37172300011320000001@3717230000 SIP/2.0\nFrom: <sip:a@b>;tag=one\nTo: <sip:c@d>\nCall-ID: x\nCSeq: 1 INVITE\n\n\
        v=0\nc=IN IP4 192.0.2.9\ns=Play\nm=video 30000 RTP/AVP 96\ny=0100000001\n";

    fn response(code: u16, cseq: &str, body: &str) -> String {
        format!("SIP/2.0 {code} Reason\nFrom: <sip:a@b>;tag=one\nTo: <sip:c@d>;tag=two\nCall-ID: x\nCSeq: {cseq}\n\n{body}")
    }

    #[test]
    fn a_call_from_invite_to_bye() {
        let mut calls = Calls::default();
        calls.take(&seen(0, true, INVITE));
        calls.take(&seen(5, false, &response(100, "1 INVITE", "")));
        calls.take(&seen(30, false, &response(200, "1 INVITE", "v=0\nc=IN IP4 192.0.2.8\nm=video 9 RTP/AVP 96\ny=0100000001\n")));
        calls.take(&seen(
            900,
            true,
            "BYE sip:c@d SIP/2.0\nFrom: <sip:a@b>;tag=one\nTo: <sip:c@d>;tag=two\nCall-ID: x\nCSeq: 2 BYE\n\n",
        ));
        calls.take(&seen(910, false, &response(200, "2 BYE", "")));
        let call = &calls.calls[0];
        assert_eq!(call.device_id, "37172300011320000001");
        assert_eq!(
            (call.status, call.answered, call.left),
            (Some(200), Some(Mono::from_millis(30)), Some(Mono::from_millis(900)))
        );
        assert!(call.live && call.bye_answered.is_some() && call.peer_left.is_none() && call.agreed().is_some());
        assert_eq!(call.receiving(), ["192.0.2.9:30000".parse().unwrap(), "10.0.0.1:30000".parse().unwrap()]);
        assert_eq!(call.ssrcs(), [100_000_001, 100_000_001]);
        assert_eq!(call.oddities.ids().count(), 1, "only the missing Content-Length: {:?}", call.oddities);
    }

    #[test]
    fn a_challenge_is_no_refusal_and_playback_is_no_live_picture() {
        let mut calls = Calls::default();
        calls.take(&seen(0, true, INVITE));
        calls.take(&seen(5, false, &response(401, "1 INVITE", "")));
        calls.take(&seen(9, true, &INVITE.replace("1 INVITE", "2 INVITE").replace("s=Play", "s=Playback")));
        calls.take(&seen(20, false, &response(486, "2 INVITE", "all busy")));
        let call = &calls.calls[0];
        assert_eq!((call.status, call.body.as_str(), call.live), (Some(486), "all busy", false));
        assert!(matches!(call.answer, Some(Answer::Refused)) && call.oddities.has(oddity::CHALLENGED));
    }

    #[test]
    fn trying_again_under_one_call_id_is_a_call_and_a_refresh_is_none() {
        let mut calls = Calls::default();
        calls.take(&seen(0, true, INVITE));
        calls.take(&seen(5, false, &response(486, "1 INVITE", "")));
        calls.take(&seen(900, true, &INVITE.replace("1 INVITE", "2 INVITE")));
        let answer = "v=0\nc=IN IP4 192.0.2.8\nm=video 9 RTP/AVP 96\ny=0100000001\n";
        calls.take(&seen(910, false, &response(200, "2 INVITE", answer)));
        calls.take(&seen(950, true, &INVITE.replace("1 INVITE", "3 INVITE").replace("<sip:c@d>", "<sip:c@d>;tag=two")));
        calls.take(&seen(960, false, &response(200, "3 INVITE", answer)));
        let statuses: Vec<_> = calls.calls.iter().map(|c| c.status).collect();
        assert_eq!(statuses, [Some(486), Some(200)]);
        assert!(!calls.calls[1].oddities.has(oddity::FORKED));
    }

    #[test]
    fn what_a_device_asks_for_with_sound_alone_is_no_live_picture() {
        let mut calls = Calls::default();
        calls.take(&seen(0, true, &INVITE.replace("m=video", "m=audio")));
        assert!(!calls.calls[0].live);
    }

    #[test]
    fn a_password_in_an_address_is_no_part_of_the_code() {
        let mut calls = Calls::default();
        calls.take(&seen(0, true, &INVITE.replace("sip:37172300011320000001@", "sip:37172300011320000001:geheim@")));
        assert_eq!(calls.calls[0].device_id, "37172300011320000001");
    }
}
