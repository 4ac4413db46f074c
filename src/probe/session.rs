//! One call to one camera: INVITE, answer, ACK, media, picture, BYE.
//!
//! Whatever happens, the dialog is ended: BYE after every 2xx, CANCEL when there was none, and a 2xx that comes
//! after that gets its ACK and BYE too. Times are taken when octets arrive, so a busy decoder makes no camera late.

mod farewell;
mod judgment;
mod observe;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::blame::{self, detail};
use super::decode::Decoded;
use super::ending::{BYE_PATIENCE, end_late, may_connect};
use super::outcome::ends::{self, Ends, PeerClock};
use super::outcome::stages::{Stages, Step};
use super::outcome::{Attempt, Cause, Ending, MediaFacts, MediaTransport};
use super::plan::Job;
use super::staging;
use super::switchboard::Switchboard;
use super::traffic::Counted;
use crate::base::charset;
use crate::base::clock::{Clock as _, Mono};
use crate::base::oddity::{self, Oddities};
use crate::base::text::excerpt;
use crate::evidence::tape::{Kind, Recorder, Tape, Way};
use crate::media::codec::DecodeError;
use crate::media::picture::Sight;
use crate::media::receiver::{Negotiated, Receiver};
use crate::net::endpoint::{Call, ClientEvent, Incoming};
use crate::net::media::{Arrival, MediaSocket};
use crate::net::peer::{Peer, authorize, response};
use crate::net::{Stop, random_name};
use crate::probe::decode::Looking;
use crate::sip::builder::SDP;
use crate::sip::dialog::{Call as Names, Dialog, Invitation, Party};
use crate::sip::header::subject;
use crate::sip::message::{Message, Method};
use crate::sip::sdp::{Media, Offer, Sdp, Setup, live_ssrc};
use crate::sip::transaction::{Failure, TIMEOUT};
use crate::store::ledger::book::Asked;

/// How long a TCP connection for media may take after the ACK.
pub const TCP_PATIENCE: Duration = Duration::from_secs(5);
/// How long a platform whose connection broke may take to answer over the next one.
const BACK_PATIENCE: Duration = Duration::from_secs(8);
/// How long after the answer to a BYE packets may still be on their way.
const STRAGGLING: Duration = Duration::from_secs(2);
/// How long a decoder may take once everything else is over.
const DECODE_PATIENCE: Duration = Duration::from_secs(10);
/// How often time is told to what depends on it.
const TICK: Duration = Duration::from_millis(50);
/// Digits 7 to 10 of `y=` are ours.
const STREAMS: u16 = 10_000;
/// Read of the body of a refusal, octets.
const MAX_REFUSAL_BYTES: usize = 2_048;
/// Kept of it.
const MAX_REFUSAL_CHARS: usize = 300;
/// Where a clock was read.
const ANSWER: &str = "answer";
/// Provisional responses kept.
const MAX_PROVISIONAL: usize = 16;

/// How calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// A picture counts until then, from INVITE.
    pub limit: Duration,
    /// Listening goes on until then.
    pub listen: Duration,
    /// A call with a visible picture goes on so long after it; nothing: it is over then.
    pub observe: Duration,
    /// Offer PS alone.
    pub ps_only: bool,
    /// How pictures are looked at.
    pub looking: Looking,
    /// Whether it is taped.
    pub taped: bool,
}

/// Who is told as soon as a call was answered 2xx: the target and the number of its [`Job`].
pub type Answers = mpsc::Sender<(usize, u32)>;

/// A call that has ended.
#[derive(Debug)]
pub struct Ended {
    /// What was seen.
    pub attempt: Attempt,
    /// A picture of it.
    pub jpeg: Option<Vec<u8>>,
    /// The key frame that was judged.
    pub frame: Option<Vec<u8>>,
    /// What went over the wires.
    pub tape: Option<Tape>,
    /// It was broken off because everything had to end; it proves nothing.
    pub broken_off: bool,
    /// When the platform last sent anything in it.
    pub sign: Option<Mono>,
    /// Waits for a late answer to end that too, if one may still come.
    pub late: Option<JoinHandle<()>>,
}

impl Ended {
    /// A call that ended by a bug of ours.
    #[must_use]
    pub fn by_bug(board: &Switchboard, job: &Job) -> Self {
        Self::ours(blank(board, job), detail::BUG)
    }

    fn ours(mut attempt: Attempt, why: &str) -> Self {
        (attempt.cause, attempt.detail) = (Some(Cause::OurFault), why.to_owned());
        Self { attempt, jpeg: None, frame: None, tape: None, broken_off: false, sign: None, late: None }
    }
}

/// An attempt of which nothing is known yet.
fn blank(board: &Switchboard, job: &Job) -> Attempt {
    let mut stages = Stages::default();
    stages.mark(Step::Planned, 0, if job.variant { "variant" } else { "" });
    Attempt {
        number: job.number,
        transport: job.transport,
        started: board.clock.wall().rfc3339_millis(),
        call_id: random_name(),
        provisional: Vec::new(),
        status: None,
        reason: String::new(),
        body: String::new(),
        answer_ms: None,
        first_packet_ms: None,
        first_picture_ms: None,
        first_visible_ms: None,
        media: MediaFacts::default(),
        picture: None,
        cause: None,
        detail: String::new(),
        ending: Ending::NotSent,
        oddities: Vec::new(),
        stages,
        ends: None,
    }
}

/// Calls a camera.
pub async fn call(board: &Switchboard, peer: &Peer, job: &Job, terms: Terms, stop: Stop, answers: Answers) -> Ended {
    let mut attempt = blank(board, job);
    let address = peer.media_ip.unwrap_or_else(|| board.endpoint.media_ip(peer.hop));
    let media = match board.ports.open(address.is_ipv4(), job.transport != MediaTransport::Udp) {
        Ok(media) => media,
        Err(error) => {
            tracing::warn!(device_id = %job.device_id, phase = "Invite", %error, "no media port");
            return Ended::ours(attempt, detail::NO_MEDIA_PORT);
        }
    };
    attempt.stages.mark(Step::Socket, 0, &format!("{address} {}", media.number()));
    let (ours, here) = (board.endpoint.ours(peer.hop), SocketAddr::new(address, media.number()));
    let ssrc = live_ssrc(&peer.local.party.id, board.streams.fetch_add(1, Ordering::Relaxed) % STREAMS);
    let offer = Offer {
        our_id: &peer.local.party.id,
        address,
        port: media.number(),
        tcp: match job.transport {
            MediaTransport::Udp => None,
            MediaTransport::TcpPassive => Some(Setup::Passive),
            MediaTransport::TcpActive => Some(Setup::Active),
        },
        ssrc: &ssrc,
        ps_only: terms.ps_only || job.variant,
    };
    attempt.ends = Some(Box::new(Ends {
        signalling: ends::Signalling {
            transport: peer.hop.transport().to_owned(),
            ours: ours.to_string(),
            theirs: peer.hop.peer.to_string(),
        },
        media: Some(ends::Media { ours: here.to_string(), ..ends::Media::default() }),
        ssrc: ends::Ssrc { asked: ssrc.clone(), ..ends::Ssrc::default() },
        clock: None,
    }));
    let invite = Invite {
        target: Party { id: job.device_id.clone(), domain: peer.party.domain.clone() },
        call_id: attempt.call_id.clone(),
        tag: random_name(),
        number: 1,
        subject: subject::live(&job.device_id, &ssrc, &peer.local.party.id),
        sdp: offer.render(),
    };
    let octets = invite.render(peer, None);
    // Written by ourselves a moment ago.
    let Ok(message) = Message::parse_datagram(&octets) else { return Ended::ours(attempt, detail::ENDPOINT) };
    if !write_down(board, peer, &message).await {
        return Ended::ours(attempt, detail::LEDGER);
    }
    if stop.is_stopped() {
        board.closed(&invite.call_id, "not_sent").await;
        return Ended { broken_off: true, ..Ended::ours(attempt, detail::ENDPOINT) };
    }
    // The disk may have taken its time; that is not the camera's.
    let started = board.clock.mono();
    let wall = board.clock.wall();
    attempt.started = wall.rfc3339_millis();
    let tape = terms.taped.then(|| Recorder::new(wall, started, ours));
    let sent = async {
        let requests = board.endpoint.watch(&invite.call_id, tape.clone()).await?;
        let call = board.endpoint.request(octets.clone(), peer.hop, TIMEOUT).await?;
        Ok::<_, crate::net::NetError>((requests, call))
    };
    let Ok((requests, call)) = sent.await else { return Ended::ours(attempt, detail::ENDPOINT) };
    board.count(|f| f.invites += 1);
    attempt.stages.mark(Step::Invite, board.clock.mono().millis_since(started), &peer.hop.peer.to_string());
    let receiver = Receiver::new(Negotiated::default(), media.stragglers());
    let session = Session {
        board: board.clone(),
        peer: peer.clone(),
        terms,
        answers: (answers, (job.index, job.number)),
        flow: None,
        told_octets: 0,
        offered: offer.tcp,
        ssrc: ssrc.parse().ok(),
        invite,
        message,
        call,
        requests,
        media,
        here,
        tape,
        receiver,
        attempt,
        oddities: Oddities::default(),
        started,
        at_limit: None,
        dialog: None,
        verdict: None,
        sight: None,
        refused: None,
        noise: 0,
        decoding: None,
        connect_by: None,
        back_by: None,
        sign: None,
        had_answer: false,
        authorized: false,
        peer_hung_up: false,
        call_over: false,
        over: false,
        jpeg: None,
        frame: None,
        observing: None,
    };
    session.run(stop).await
}

/// Writes into the ledger that an INVITE is about to be sent. What could not be written must not be sent.
async fn write_down(board: &Switchboard, peer: &Peer, message: &Message) -> bool {
    let Some(invite) = Invitation::of(message) else { return false };
    let asked = Asked {
        at: board.clock.wall().micros(),
        platform: peer.party.id.clone(),
        device_id: message.to().map(|to| to.uri.user).unwrap_or_default(),
        transport: peer.hop.transport().to_owned(),
        peer: peer.hop.peer.to_string(),
        invite,
    };
    board.ledger.asked(asked).await
}

/// Our INVITE, to be written more than once.
struct Invite {
    target: Party,
    call_id: String,
    tag: String,
    number: u32,
    subject: String,
    sdp: Vec<u8>,
}

impl Invite {
    fn render(&self, peer: &Peer, authorization: Option<&(&'static str, String)>) -> Bytes {
        let branch = random_name();
        let names = Names { id: &self.call_id, branch: &branch, tag: &self.tag, number: self.number };
        let mut builder = peer
            .local
            .request("INVITE", &self.target, &peer.hostport(), &names)
            .header("Contact", &peer.local.contact())
            .header("Subject", &self.subject);
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        builder.body(SDP, self.sdp.clone()).build()
    }
}

/// A key frame being decoded.
struct Decoding {
    /// When its last octet came.
    at: Mono,
    task: JoinHandle<Decoded>,
}

struct Session {
    board: Switchboard,
    peer: Peer,
    terms: Terms,
    answers: (Answers, (usize, u32)),
    /// There once media comes.
    flow: Option<Counted>,
    /// Octets of it the line knows of.
    told_octets: u64,
    offered: Option<Setup>,
    ssrc: Option<u32>,
    invite: Invite,
    message: Message,
    call: Call,
    requests: mpsc::Receiver<Incoming>,
    media: MediaSocket,
    /// Where media is to come.
    here: SocketAddr,
    tape: Option<Recorder>,
    receiver: Receiver,
    attempt: Attempt,
    oddities: Oddities,
    started: Mono,
    /// The cause as it stood when the limit was reached.
    at_limit: Option<(Cause, String)>,
    dialog: Option<Dialog>,
    /// A cause nothing that follows can change.
    verdict: Option<(Cause, String)>,
    /// What the last decoded picture showed.
    sight: Option<Sight>,
    /// Why the last key frame gave no picture.
    refused: Option<DecodeError>,
    /// Octets over TCP that were no packets.
    noise: usize,
    decoding: Option<Decoding>,
    /// Until when a TCP connection has to be there.
    connect_by: Option<Mono>,
    /// The connection INVITE went over broke: until when the answer may come over another.
    back_by: Option<Mono>,
    /// When the platform last sent anything.
    sign: Option<Mono>,
    /// It had answered before we gave up.
    had_answer: bool,
    authorized: bool,
    peer_hung_up: bool,
    call_over: bool,
    over: bool,
    jpeg: Option<Vec<u8>>,
    frame: Option<Vec<u8>>,
    /// A visible picture is held against those that follow it.
    observing: Option<observe::Watched>,
}

impl Session {
    async fn run(mut self, mut stop: Stop) -> Ended {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.over {
            let clock = self.board.clock.clone();
            let (media, receiver, noise) = (&mut self.media, &mut self.receiver, &mut self.noise);
            let tape = (self.tape.as_ref(), self.here);
            tokio::select! {
                // Signalling first: the answer says how to read the media.
                biased;
                () = stop.stopped() => break,
                event = self.call.next(), if !self.call_over => self.event(event).await,
                Some(incoming) = self.requests.recv() => self.request(incoming).await,
                decoded = finished(&mut self.decoding) => self.decoded(decoded),
                _ = tick.tick() => self.tick(),
                () = media.receive(|arrival| arrived(arrival, receiver, noise, tape, clock.mono())) => (),
            }
            self.look();
        }
        let hurry = stop.is_stopped();
        self.had_answer = self.attempt.status.is_some();
        let late = self.hang_up(hurry).await;
        if matches!(self.attempt.ending, Ending::Bye | Ending::PeerBye) {
            self.sign = Some(self.board.clock.mono());
        }
        if !hurry {
            self.last_look().await;
        }
        self.board.endpoint.unwatch(&self.invite.call_id).await;
        let seen = self.receiver.seen();
        let hung_up = matches!(self.attempt.ending, Ending::Bye | Ending::PeerBye);
        let until = hung_up.then(|| self.board.clock.mono().plus(STRAGGLING));
        self.media.remember(self.receiver.stragglers(until));
        self.board.count(|f| f.media_bytes += seen.bytes);
        let broken_off = hurry && self.attempt.first_visible_ms.is_none();
        self.conclude(&seen);
        let tape = self.tape.as_ref().map(Recorder::take);
        Ended { attempt: self.attempt, jpeg: self.jpeg, frame: self.frame, tape, broken_off, sign: self.sign, late }
    }

    fn ms(&self, at: Mono) -> u64 {
        at.millis_since(self.started)
    }

    /// Writes down a step taken now.
    fn mark(&mut self, step: Step, evidence: &str) {
        let ms = self.ms(self.board.clock.mono());
        self.attempt.stages.mark(step, ms, evidence);
    }

    /// Hands the next key frame to a decoder, one at a time.
    fn look(&mut self) {
        if self.media.is_connected() && self.attempt.stages.get(Step::Connected).is_none() {
            self.mark(Step::Connected, "");
        }
        if self.observing.is_some() {
            return self.look_again();
        }
        if self.decoding.is_some() || self.attempt.first_visible_ms.is_some() {
            return;
        }
        if let Some((frame, codec, at)) = self.receiver.take_key_frame() {
            let task = self.board.decoders.decode(frame, codec, at, self.terms.looking);
            self.decoding = Some(Decoding { at, task });
        }
    }

    fn tick(&mut self) {
        let now = self.board.clock.mono();
        self.receiver.tick(now);
        self.tell_traffic();
        if self.connect_by.is_some_and(|by| now >= by) {
            self.connect_by = None;
            if !self.media.is_connected() && self.receiver.seen().packets == 0 {
                self.settle(Cause::NoMedia, detail::NO_TCP_CONNECTION);
            }
        }
        if self.dialog.is_none() && self.attempt.status.is_none() && self.back_by.is_some_and(|by| now >= by) {
            self.settle(Cause::NoAnswer, detail::CONNECTION_LOST);
        }
        // A key frame that came in time and waits for its decoder decides, however slow we are.
        let limit = self.started.plus(self.terms.limit);
        let undecided = self.decoding.as_ref().is_some_and(|d| d.at <= limit);
        if self.at_limit.is_none() && now >= limit && !undecided {
            self.at_limit = Some(self.cause());
        }
        if now.since(self.started) >= self.terms.listen.max(self.terms.limit) {
            self.over = true;
        }
        self.over |= self.observing.as_ref().is_some_and(|watched| now >= watched.until);
    }

    fn tell_traffic(&mut self) {
        let octets = self.receiver.seen().bytes;
        if octets > self.told_octets {
            self.flow.get_or_insert_with(|| self.board.traffic.flows());
            self.board.traffic.brought(octets - self.told_octets);
            self.told_octets = octets;
        }
    }

    fn settle(&mut self, cause: Cause, detail: &str) {
        self.verdict = Some((cause, detail.to_owned()));
        self.over = true;
    }

    async fn event(&mut self, event: Option<ClientEvent>) {
        if matches!(event, Some(ClientEvent::Response { .. })) {
            self.sign = Some(self.board.clock.mono());
        }
        match event {
            None if self.dialog.is_none() => self.settle(Cause::OurFault, detail::ENDPOINT),
            // The transaction of an answered INVITE has ended; the dialog goes on.
            None => self.call_over = true,
            Some(ClientEvent::Failed(Failure::LinkLost)) if self.dialog.is_none() => {
                self.back_by = Some(self.board.clock.mono().plus(BACK_PATIENCE));
            }
            Some(ClientEvent::Failed(Failure::Timeout)) if self.dialog.is_none() => self.settle(Cause::NoAnswer, detail::SILENCE),
            Some(ClientEvent::Failed(_)) => (),
            Some(ClientEvent::Response { message, repeated }) => self.response(&message, repeated).await,
        }
    }

    async fn response(&mut self, message: &Message, repeated: bool) {
        let code = message.code().unwrap_or_default();
        match code {
            100..=199 => {
                self.mark(Step::Provisional, &code.to_string());
                if !matches!(code, 100 | 101 | 180 | 183) {
                    self.oddities.add(oddity::PROVISIONAL_UNUSUAL.at(code.to_string()));
                }
                if self.attempt.provisional.len() < MAX_PROVISIONAL {
                    self.attempt.provisional.push(code);
                }
            }
            200..=299 if repeated => self.oddities.note(oddity::FINAL_REPEATED),
            // Copies sent in one go overtake our ACK.
            200..=299 if self.dialog.as_ref().is_some_and(|d| d.is_answer(message)) => self.oddities.note(oddity::FINAL_REPEATED),
            200..=299 if self.dialog.is_some() => {
                self.oddities.note(oddity::FORKED);
                end_late(&self.board, &self.peer, &self.message, self.call.id, message, BYE_PATIENCE).await;
            }
            200..=299 => self.answered(message).await,
            401 | 407 if !self.authorized => {
                self.mark(Step::Challenged, &code.to_string());
                self.challenged(message).await;
            }
            _ => {
                self.final_status(message);
                let detail = format!("status_{code}");
                self.settle(blame::of_status(code), &detail);
            }
        }
    }

    fn final_status(&mut self, message: &Message) {
        self.oddities.extend(message.oddities.iter().cloned());
        self.attempt.status = message.code();
        self.attempt.reason = excerpt(message.reason(), 80);
        if message.code().is_some_and(|code| code >= 300) {
            let octets = message.body.get(..message.body.len().min(MAX_REFUSAL_BYTES)).unwrap_or_default();
            self.attempt.body = excerpt(charset::decode(octets, None, None).text.trim(), MAX_REFUSAL_CHARS);
        }
        let round_trip = self.ms(self.board.clock.mono());
        self.attempt.answer_ms = Some(round_trip);
        if let (Some(ends), Some(date)) = (&mut self.attempt.ends, message.header("date")) {
            ends.clock = PeerClock::read(date, ANSWER, self.board.clock.wall(), Some(round_trip));
        }
        self.mark(Step::Answer, &message.code().unwrap_or_default().to_string());
    }

    async fn challenged(&mut self, challenge: &Message) {
        self.oddities.note(oddity::CHALLENGED);
        self.authorized = true;
        let uri = self.message.request_uri().unwrap_or_default().to_owned();
        let header = self.peer.credentials.as_ref().and_then(|c| authorize(challenge, "INVITE", &uri, c));
        let Some(header) = header else {
            self.final_status(challenge);
            return self.settle(Cause::Rejected, &format!("status_{}", challenge.code().unwrap_or_default()));
        };
        self.invite.number += 1;
        let octets = self.invite.render(&self.peer, Some(&header));
        let Ok(message) = Message::parse_datagram(&octets) else { return self.settle(Cause::OurFault, detail::ENDPOINT) };
        if !write_down(&self.board, &self.peer, &message).await {
            self.final_status(challenge);
            return self.settle(Cause::OurFault, detail::LEDGER);
        }
        match self.board.endpoint.request(octets, self.peer.hop, TIMEOUT).await {
            Ok(call) => {
                (self.call, self.message) = (call, message);
                self.board.count(|f| f.invites += 1);
            }
            Err(_) => self.settle(Cause::OurFault, detail::ENDPOINT),
        }
    }

    /// A 2xx: acknowledged whatever it says, then read.
    async fn answered(&mut self, message: &Message) {
        self.final_status(message);
        let Some(dialog) = Dialog::caller(&self.message, message) else {
            return self.settle(Cause::BadAnswer, detail::NO_SDP);
        };
        self.board.ledger.answered(&dialog, self.board.clock.wall()).await;
        let ack = dialog.ack(&self.peer.local, &random_name());
        let _ = self.board.endpoint.acknowledge(self.call.id, dialog.remote_tag(), ack).await;
        self.board.count(|f| f.dialogs += 1);
        self.dialog = Some(dialog);
        // Whoever cannot take it now learns it at the end of the call.
        let _ = self.answers.0.try_send(self.answers.1);
        let sdp = match blame::of_answer(&message.body) {
            Ok(sdp) => sdp,
            Err(detail) => return self.settle(Cause::BadAnswer, detail),
        };
        for oddity in &sdp.oddities {
            self.oddities.add(oddity.clone());
        }
        self.mark(Step::Sdp, &staging::of_sdp(&sdp));
        if let Some(ends) = &mut self.attempt.ends {
            staging::told(ends, &sdp);
        }
        let Some(media) = sdp.video().cloned() else { return };
        let chosen = self.negotiated_ssrc(&sdp);
        self.receiver.negotiate(Negotiated {
            ssrcs: self.ssrc.into_iter().chain(chosen).collect(),
            payloads: media.payloads.iter().map(|pt| (*pt, media.encoding(*pt).unwrap_or_default())).collect(),
            address: sdp.address(),
            port: (!media.tcp).then_some(media.port),
            tcp: self.offered.is_some(),
        });
        self.connect(&sdp, &media);
    }

    fn negotiated_ssrc(&mut self, sdp: &Sdp) -> Option<u32> {
        match (&sdp.y, sdp.ssrc()) {
            (None, _) => self.oddities.note(oddity::SDP_WITHOUT_Y),
            (Some(y), None) => self.oddities.add(oddity::SDP_BAD_Y.at(y.clone())),
            (Some(_), chosen) if chosen != self.ssrc => self.oddities.note(oddity::SSRC_CHOSEN_BY_PEER),
            _ => (),
        }
        sdp.ssrc()
    }

    /// Who connects, when media goes over TCP. An answer without TCP means that UDP will come to the same port.
    fn connect(&mut self, sdp: &Sdp, media: &Media) {
        let Some(offered) = self.offered else { return };
        if !media.tcp {
            return;
        }
        if media.setup == Some(offered) {
            return self.settle(Cause::BadAnswer, detail::SETUP_CONFLICT);
        }
        self.connect_by = Some(self.board.clock.mono().plus(TCP_PATIENCE));
        if offered == Setup::Active {
            let addresses = candidates(self.peer.hop.peer, sdp, media.port);
            if let Some(tape) = &self.tape {
                let now = self.board.clock.mono();
                for theirs in &addresses {
                    let way = Way { ours: self.here, theirs: *theirs, from_us: true };
                    tape.record(|tape| tape.connection(Kind::MediaTried, way, now));
                }
            }
            self.media.connect(addresses, TCP_PATIENCE);
        }
    }

    /// A request of the peer's inside the dialog.
    async fn request(&mut self, incoming: Incoming) {
        self.sign = Some(self.board.clock.mono());
        let code = match incoming.message.method() {
            Some(Method::Bye) => {
                self.mark(Step::PeerBye, "");
                self.peer_hung_up = true;
                self.over = true;
                200
            }
            Some(Method::Invite) => 488,
            Some(Method::Cancel) => 481,
            _ => 200,
        };
        let octets = response(&incoming.message, incoming.hop, code).build();
        let _ = self.board.endpoint.respond(incoming.id, code, octets).await;
    }

    fn decoded(&mut self, decoded: Decoded) {
        self.decoding = None;
        if self.observing.is_some() {
            return self.compare(decoded);
        }
        let ms = self.ms(decoded.at);
        match decoded.result {
            Ok(seen) => {
                let now = self.ms(self.board.clock.mono());
                self.attempt.stages.mark(Step::Decoded, now, &staging::of_picture(&seen.facts));
                self.attempt.stages.renew(Step::LookedAt, now, staging::of_sight(seen.sight));
                self.attempt.first_picture_ms.get_or_insert(ms);
                self.sight = Some(seen.sight);
                self.refused = None;
                self.attempt.picture = Some(seen.facts);
                self.jpeg = seen.jpeg.or(self.jpeg.take());
                self.frame = seen.frame;
                if seen.sight == Sight::Visible {
                    self.attempt.first_visible_ms = Some(ms);
                    self.observe(decoded.at);
                }
            }
            Err(error) => {
                self.mark(Step::NotDecoded, &error.to_string());
                tracing::debug!(call_id = %self.invite.call_id, phase = "FirstKeyFrame", %error, "a key frame gave no picture");
                // More of the same will not be supported either.
                self.over |= matches!(error, DecodeError::Unsupported(_));
                self.refused = Some(error);
            }
        }
    }

    /// What was still on its way when the call ended.
    async fn last_look(&mut self) {
        if self.attempt.first_visible_ms.is_some() {
            return;
        }
        let now = self.board.clock.mono();
        let (media, receiver, noise) = (&mut self.media, &mut self.receiver, &mut self.noise);
        let tape = (self.tape.as_ref(), self.here);
        media.finish(|arrival| arrived(arrival, receiver, noise, tape, now));
        self.receiver.flush(now);
        for _ in 0..2 {
            self.look();
            let Some(decoding) = self.decoding.take() else { return };
            match timeout(DECODE_PATIENCE, decoding.task).await {
                Ok(Ok(decoded)) => self.decoded(decoded),
                Ok(Err(_)) | Err(_) => self.verdict = Some((Cause::OurFault, detail::DECODER_SLOW.to_owned())),
            }
        }
    }
}

/// Addresses to connect to for media: where the platform was met comes first, since the announced one is often
/// private (table of deviations, row 57).
fn candidates(met: SocketAddr, sdp: &Sdp, port: u16) -> Vec<SocketAddr> {
    let mut addresses = vec![SocketAddr::new(met.ip(), port)];
    if let Some(named) = sdp.address().map(|ip| SocketAddr::new(ip, port))
        && named.ip() != met.ip()
        && may_connect(named, met)
    {
        addresses.push(named);
    }
    addresses
}

/// Hands media on, and writes it on the tape as it came: `here` is where it was asked to be sent.
fn arrived(
    arrival: Arrival<'_>,
    receiver: &mut Receiver,
    noise: &mut usize,
    (tape, here): (Option<&Recorder>, SocketAddr),
    now: Mono,
) {
    let record = |write: &dyn Fn(&mut Tape)| {
        if let Some(tape) = tape {
            tape.record(write);
        }
    };
    // The address others know us by, and the port the connection really has.
    let own = |local: SocketAddr| SocketAddr::new(here.ip(), local.port());
    match arrival {
        Arrival::Packet(octets, source) => {
            if !source.tcp {
                let way = Way { ours: here, theirs: source.address, from_us: false };
                record(&|tape| tape.media(Kind::MediaUdp, way, octets, now));
            }
            receiver.packet(octets, source, now);
        }
        Arrival::Noise(octets) => *noise = noise.saturating_add(octets),
        Arrival::Opened(local, peer, from_us) => {
            record(&|tape| tape.connection(Kind::MediaOpened, Way { ours: own(local), theirs: peer, from_us }, now));
        }
        Arrival::Read(octets, local, peer) => {
            record(&|tape| tape.media(Kind::MediaTcp, Way { ours: own(local), theirs: peer, from_us: false }, octets, now));
        }
    }
}

async fn finished(decoding: &mut Option<Decoding>) -> Decoded {
    match decoding {
        Some(decoding) => match (&mut decoding.task).await {
            Ok(decoded) => decoded,
            Err(_) => Decoded { at: Mono::ZERO, result: Err(DecodeError::GaveUp) },
        },
        None => std::future::pending().await,
    }
}
