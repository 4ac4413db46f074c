//! One call as the called side: answer, wait for the ACK, send, end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{interval, sleep, timeout};

use super::behaviour::{Answer, Options, Ssrc};
use super::platform::Tally;
use super::scenery::View;
use super::stream::{FRAME_MS, Stream};
use crate::manscdp::command::{self, Dialect};
use crate::net::endpoint::{Endpoint, Incoming};
use crate::net::peer::response;
use crate::net::random_name;
use crate::sip;
use crate::sip::builder::{MANSCDP, SDP};
use crate::sip::dialog::{Dialog, Local, Party};
use crate::sip::header::subject;
use crate::sip::message::{Message, Method};
use crate::sip::sdp::{Sdp, Setup};

/// How long the ACK may take; then the call is ended.
const ACK_PATIENCE: Duration = Duration::from_secs(32);
/// How long a stream goes on without anybody hanging up.
const LONGEST: Duration = Duration::from_mins(10);
/// How long a media connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// The port named where nothing is sent.
const UNHEARD_PORT: u16 = 40_000;

/// A call to be answered.
pub(super) struct Call {
    pub endpoint: Endpoint,
    pub invite: Incoming,
    pub requests: mpsc::Receiver<Incoming>,
    pub acknowledged: oneshot::Receiver<()>,
    pub options: Options,
    /// Its part of the calls the platform and the recorder take at once.
    pub turns: Vec<OwnedSemaphorePermit>,
    /// How often the channel was called before.
    pub before: u32,
    pub device_id: String,
    /// What it sees.
    pub view: View,
    /// Who is told what the camera says by itself, and how.
    pub party: Party,
    pub dialect: Dialect,
    pub tally: Arc<Tally>,
}

/// What media is sent over.
enum Wire {
    Udp { socket: UdpSocket, to: SocketAddr },
    Listen(TcpListener),
    Connect(SocketAddr),
    None,
}

impl Call {
    /// Answers, and sends until the call ends.
    pub(super) async fn run(mut self) {
        self.tally.begin();
        self.answer().await;
        self.endpoint.unwatch(self.invite.message.call_id().unwrap_or_default()).await;
        drop(self.turns);
        self.tally.end();
    }

    async fn answer(&mut self) {
        let offer = Sdp::parse(&self.invite.message.body);
        let udp = offer.as_ref().and_then(|o| o.video().map(|m| !m.tcp)).unwrap_or(true);
        if let Some(code) = self.options.provisional {
            self.respond(code, None).await;
        }
        let status = match self.options.answer {
            Answer::Nothing => {
                self.until_cancelled(false).await;
                return;
            }
            Answer::OnlyTrying => {
                self.respond(100, None).await;
                self.until_cancelled(true).await;
                return;
            }
            Answer::Status(code, times) if times == 0 || self.before < times => code,
            Answer::RefuseUdp if udp => 488,
            _ if self.options.subject_strict && !names(&self.invite.message, &self.device_id) => 400,
            _ => 200,
        };
        sleep(Duration::from_millis(self.options.answer_after_ms)).await;
        if status != 200 {
            self.tally.refused();
            self.respond(status, None).await;
            return;
        }
        let Some(offer) = offer.filter(|o| o.video().is_some()) else {
            self.respond(488, None).await;
            return;
        };
        self.tally.answered();
        let (wire, body, ssrc) = self.describe(&offer).await;
        let tag = random_name();
        let accepted = self.accept(&body, &tag).await;
        for _ in 1..self.options.copies {
            let _ = self.endpoint.transmit(accepted.clone(), self.invite.hop).await;
        }
        let mut dialog = Dialog::callee(&self.invite.message, &tag);
        let acknowledged = tokio::select! {
            acknowledged = timeout(ACK_PATIENCE, &mut self.acknowledged) => matches!(acknowledged, Ok(Ok(()))),
            () = hung_up(&mut self.requests, &self.endpoint, self.options.ignore_bye) => return self.tally.hung_up(),
        };
        if !acknowledged {
            return self.hang_up(dialog.as_mut()).await;
        }
        if self.options.lose_ack_ms > 0 {
            sleep(Duration::from_millis(self.options.lose_ack_ms)).await;
            let _ = self.endpoint.transmit(accepted, self.invite.hop).await;
        }
        if self.options.media_status {
            self.say_ended().await;
        }
        let stream = Stream::new(self.options, ssrc, self.view.clone());
        let ends = (self.options.bye_after_ms > 0).then(|| Duration::from_millis(self.options.bye_after_ms));
        let sending = send(wire, stream, self.options);
        tokio::pin!(sending);
        let ended = async {
            match ends {
                Some(after) => sleep(after).await,
                None => sleep(LONGEST).await,
            }
        };
        tokio::pin!(ended);
        let mut sent = false;
        loop {
            tokio::select! {
                () = hung_up(&mut self.requests, &self.endpoint, self.options.ignore_bye) => {
                    self.tally.hung_up();
                    if self.options.leak_ms > 0 {
                        let _ = timeout(Duration::from_millis(self.options.leak_ms), sending).await;
                    }
                    return;
                }
                () = &mut ended => return self.hang_up(dialog.as_mut()).await,
                () = &mut sending, if !sent => sent = true,
            }
        }
    }

    /// Our side of the media, and how it is described.
    async fn describe(&self, offer: &Sdp) -> (Wire, Vec<u8>, u32) {
        let media = offer.video().cloned().unwrap_or_default();
        let ip = offer.address().unwrap_or(self.invite.hop.peer.ip());
        let to = SocketAddr::new(ip, media.port);
        let own: IpAddr = self.endpoint.media_ip(self.invite.hop);
        let tcp = media.tcp && !self.options.udp_anyway;
        let setup = media.setup.unwrap_or(Setup::Passive);
        let (wire, port, word) = if !tcp && self.options.udp_closed {
            (Wire::None, UNHEARD_PORT, "")
        } else if tcp {
            match (setup, self.options.no_connect || self.options.answer == Answer::Conflict) {
                (Setup::Passive, false) => (Wire::Connect(to), 9, "active"),
                (Setup::Active, false) => match TcpListener::bind((own, 0)).await {
                    Ok(listener) => {
                        let port = listener.local_addr().map_or(0, |a| a.port());
                        (Wire::Listen(listener), port, "passive")
                    }
                    Err(_) => (Wire::None, 0, "passive"),
                },
                (Setup::Passive, true) => (Wire::None, 9, "active"),
                (Setup::Active, true) => (Wire::None, 9, "passive"),
            }
        } else {
            match UdpSocket::bind((own, 0)).await {
                Ok(socket) => {
                    let port = socket.local_addr().map_or(0, |a| a.port());
                    (Wire::Udp { socket, to }, port, "")
                }
                Err(_) => (Wire::None, 0, ""),
            }
        };
        let word = match (self.options.answer, setup) {
            (Answer::Conflict, Setup::Passive) => "passive",
            (Answer::Conflict, Setup::Active) => "active",
            _ => word,
        };
        let offered = offer.ssrc().unwrap_or(1);
        let ssrc = match self.options.ssrc {
            Ssrc::Offered | Ssrc::Unnamed | Ssrc::Stale => offered,
            Ssrc::Chosen => 23_000_000 + offered % 1_000,
            Ssrc::Wrong => offered ^ 0x00F0_0000,
        };
        let named = match self.options.ssrc {
            Ssrc::Unnamed => None,
            Ssrc::Chosen => Some(ssrc),
            Ssrc::Offered | Ssrc::Wrong | Ssrc::Stale => Some(offered),
        };
        let body = match self.options.answer {
            Answer::Garbage => b"\x00\x01 this is no session description \xFF".to_vec(),
            Answer::Empty => Vec::new(),
            _ => {
                let port = if self.options.answer == Answer::PortZero { 0 } else { port };
                self.sdp(own, port, tcp.then_some(word), named)
            }
        };
        let wire =
            if matches!(self.options.answer, Answer::Garbage | Answer::Empty | Answer::PortZero) { Wire::None } else { wire };
        (wire, body, ssrc)
    }

    fn sdp(&self, ip: IpAddr, port: u16, setup: Option<&str>, ssrc: Option<u32>) -> Vec<u8> {
        let payload_type = Stream::announced(self.options);
        let encoding = match payload_type {
            98 => "H264",
            100 => "H265",
            _ => "PS",
        };
        let profile = if setup.is_some() { "TCP/RTP/AVP" } else { "RTP/AVP" };
        let id = &self.device_id;
        let mut out = format!(
            "v=0\r\no={id} 0 0 IN IP4 {ip}\r\ns=Play\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=video {port} {profile} {payload_type}\r\na=sendonly\r\na=rtpmap:{payload_type} {encoding}/90000\r\n"
        );
        if let Some(setup) = setup {
            out.push_str(&format!("a=setup:{setup}\r\na=connection:new\r\n"));
        }
        if let Some(ssrc) = ssrc {
            out.push_str(&format!("y={ssrc:010}\r\n"));
        }
        out.into_bytes()
    }

    async fn respond(&self, code: u16, body: Option<Vec<u8>>) {
        let mut builder = response(&self.invite.message, self.invite.hop, code);
        if let Some(body) = body {
            builder = builder.body(SDP, body);
        }
        let _ = self.endpoint.respond(self.invite.id, code, builder.build()).await;
    }

    /// The 200; what was sent comes back.
    async fn accept(&self, body: &[u8], tag: &str) -> Bytes {
        let (request, hop) = (&self.invite.message, self.invite.hop);
        let reason = crate::sip::builder::reason_phrase(200);
        let mut builder = crate::sip::builder::Builder::response(request, hop.peer, 200, reason, tag)
            .header("Contact", &self.endpoint.local(hop).contact());
        if !body.is_empty() {
            builder = builder.body(SDP, body.to_vec());
        }
        let octets = builder.build();
        let _ = self.endpoint.respond(self.invite.id, 200, octets.clone()).await;
        octets
    }

    /// MediaStatus 121 outside of the dialog, with the channel in From, as some platforms send it at the end of a file (4.9).
    async fn say_ended(&self) {
        let (id, tag, branch) = (random_name(), random_name(), random_name());
        let local = self.endpoint.local(self.invite.hop);
        let local = Local { party: Party { id: self.device_id.clone(), ..local.party.clone() }, ..local };
        let body = command::notify(self.dialect, "MediaStatus", &self.device_id, &[("NotifyType", "121")]);
        let call = sip::dialog::Call { id: &id, branch: &branch, tag: &tag, number: 1 };
        let octets = local.request("MESSAGE", &self.party, &self.invite.hop.peer.to_string(), &call).body(MANSCDP, body).build();
        let _ = self.endpoint.ask(octets, self.invite.hop, ACK_PATIENCE).await;
    }

    /// Waits for the CANCEL; `polite` peers say 487 to the INVITE then.
    async fn until_cancelled(&mut self, polite: bool) {
        while let Ok(Some(incoming)) = timeout(ACK_PATIENCE, self.requests.recv()).await {
            let cancel = incoming.message.method() == Some(&Method::Cancel);
            answer(&self.endpoint, &incoming, 200).await;
            if cancel {
                self.tally.cancelled();
                if polite {
                    self.respond(487, None).await;
                }
                return;
            }
        }
    }

    async fn hang_up(&mut self, dialog: Option<&mut Dialog>) {
        self.tally.hung_up();
        let Some(dialog) = dialog else { return };
        let local = self.endpoint.local(self.invite.hop);
        let bye: Bytes = dialog.request("BYE", &local, &random_name()).build();
        let endpoint = self.endpoint.clone();
        let asking = endpoint.ask(bye, self.invite.hop, Duration::from_secs(4));
        tokio::pin!(asking);
        // Theirs may cross ours.
        loop {
            tokio::select! {
                _ = &mut asking => return,
                Some(incoming) = self.requests.recv() => answer(&endpoint, &incoming, 200).await,
            }
        }
    }
}

/// Whether the Subject of an INVITE names this device as its sender.
fn names(invite: &Message, device_id: &str) -> bool {
    invite.header("subject").and_then(subject::sender) == Some(device_id)
}

/// Until the peer hangs up. Other requests are answered on the way.
async fn hung_up(requests: &mut mpsc::Receiver<Incoming>, endpoint: &Endpoint, ignore: bool) {
    while let Some(incoming) = requests.recv().await {
        match incoming.message.method() {
            Some(Method::Bye) if ignore => return,
            Some(Method::Bye) => {
                answer(endpoint, &incoming, 200).await;
                return;
            }
            _ => answer(endpoint, &incoming, 200).await,
        }
    }
    std::future::pending::<()>().await;
}

async fn answer(endpoint: &Endpoint, incoming: &Incoming, code: u16) {
    let message: &Message = &incoming.message;
    let _ = endpoint.respond(incoming.id, code, response(message, incoming.hop, code).build()).await;
}

/// Sends pictures in time, until the connection breaks.
async fn send(wire: Wire, mut stream: Stream, options: Options) {
    match wire {
        Wire::None => (),
        Wire::Udp { socket, to } => {
            let other = if options.other_port { UdpSocket::bind((to.ip(), 0)).await.ok() } else { None };
            let socket = other.unwrap_or(socket);
            let mut tick = interval(Duration::from_millis(FRAME_MS));
            loop {
                tick.tick().await;
                for packet in stream.next_picture() {
                    let _ = socket.send_to(&packet, to).await;
                }
            }
        }
        Wire::Connect(to) => {
            if let Ok(Ok(connection)) = timeout(CONNECT_PATIENCE, TcpStream::connect(to)).await {
                send_over(connection, stream, options).await;
            }
        }
        Wire::Listen(listener) => {
            if let Ok(Ok((connection, _))) = timeout(CONNECT_PATIENCE, listener.accept()).await {
                send_over(connection, stream, options).await;
            }
        }
    }
}

async fn send_over(mut connection: TcpStream, mut stream: Stream, options: Options) {
    let mut tick = interval(Duration::from_millis(FRAME_MS));
    loop {
        tick.tick().await;
        let mut octets = Vec::new();
        for packet in stream.next_picture() {
            let length = u16::try_from(packet.len()).unwrap_or(u16::MAX).to_be_bytes();
            if options.dollar {
                octets.extend_from_slice(b"$\0");
            }
            octets.extend_from_slice(&length);
            octets.extend_from_slice(&packet);
        }
        let chunk = if options.tcp_chunk == 0 { octets.len().max(1) } else { options.tcp_chunk };
        for part in octets.chunks(chunk) {
            if connection.write_all(part).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_to_name_the_device_and_not_its_domain() {
        let invite = |subject: &str| {
            let text = format!("INVITE sip:1@2 SIP/2.0\r\nCall-ID: x\r\n{subject}Content-Length: 0\r\n\r\n");
            Message::parse_datagram(&bytes::Bytes::from(text)).unwrap()
        };
        let device = "37172300011320000001";
        assert!(names(&invite("Subject: 37172300011320000001:07,37172300002000000001:0\r\n"), device));
        assert!(!names(&invite("Subject: 37172300002000000002:07,37172300002000000001:0\r\n"), device));
        assert!(!names(&invite(""), device));
    }
}
