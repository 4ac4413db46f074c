//! What happens to the octets between a simulated platform and its superior. Pure: [`crate::net::relay`] has the sockets.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;

use super::trouble::{Area, Trouble};
use crate::net::relay::{Bend, Pass};
use crate::sip::message::Message;

/// A stack that keeps its NAT mapping open with this.
const JAK: &[u8] = b"jaK\0";
/// What a stack of a fixed buffer sends of a message, octets.
const STACK_LIMIT: usize = 4_000;
/// What a path without fragments lets through, octets.
const MTU: usize = 1_500;
/// The message of the catalogue before which the platform moves: in the middle, when nothing is under way.
const MOVES_BEFORE: u64 = 4;
/// Of so many datagrams one is lost.
const LOSS: u64 = 5;
/// Of so many 200s one is lost.
const LOSS_OF_200: u64 = 2;

/// The line of one platform.
#[derive(Debug)]
pub(super) struct Line {
    troubles: BTreeSet<Trouble>,
    superior: SocketAddr,
    sent: u64,
    answers: u64,
    /// Messages of the catalogue sent.
    catalogue: u64,
}

impl Line {
    /// The line of a platform with these troubles; nothing where none of them is one of lines.
    pub(super) fn new(troubles: &BTreeSet<Trouble>, superior: SocketAddr) -> Option<Self> {
        let lines = troubles.iter().filter(|t| t.about().is_some_and(|about| about.area == Area::Line));
        let troubles: BTreeSet<Trouble> = lines.copied().collect();
        (!troubles.is_empty()).then_some(Self { troubles, superior, sent: 0, answers: 0, catalogue: 0 })
    }

    fn has(&self, trouble: Trouble) -> bool {
        self.troubles.contains(&trouble)
    }
}

impl Bend for Line {
    fn out(&mut self, message: Bytes) -> Vec<Pass> {
        self.sent += 1;
        let too_large = self.has(Trouble::OverMtu) && message.len() > MTU;
        if too_large || (self.has(Trouble::Lossy) && self.sent.is_multiple_of(LOSS)) {
            return Vec::new();
        }
        let mut message = message;
        if self.has(Trouble::BareLf) {
            message = bare_lf(&message);
        }
        if self.has(Trouble::Cut4000) {
            message.truncate(STACK_LIMIT);
        }
        let mut passes = Vec::new();
        if is_catalogue(&message) {
            self.catalogue += 1;
            let moves = self.has(Trouble::PortChanges) || self.has(Trouble::Reconnects);
            if moves && self.catalogue == MOVES_BEFORE {
                passes.push(Pass::Reopen);
            }
        }
        if self.has(Trouble::JakDatagrams) {
            passes.push(Pass::Octets(Bytes::from_static(JAK)));
        }
        if self.has(Trouble::RegisterTwice) && message.starts_with(b"REGISTER ") {
            passes.push(Pass::Octets(message.clone()));
        }
        if self.has(Trouble::TcpOctets) {
            passes.extend((0..message.len()).map(|at| Pass::Octets(message.slice(at..=at))));
        } else {
            passes.push(Pass::Octets(message));
        }
        passes
    }

    fn back(&mut self, message: Bytes, from: SocketAddr) -> Vec<Pass> {
        if self.has(Trouble::SocketStrict) && from != self.superior {
            return Vec::new();
        }
        let read = Message::parse_datagram(&message).ok();
        let is_request = read.as_ref().is_some_and(|m| m.method().is_some());
        if self.has(Trouble::ViaStrict) && is_request {
            let host = read.as_ref().and_then(Message::via).map(|via| via.host);
            if host.is_none_or(|host| host.trim_matches(['[', ']']) != self.superior.ip().to_string()) {
                return Vec::new();
            }
        }
        if self.has(Trouble::Deaf) && read.as_ref().is_some_and(|m| m.code() == Some(200)) {
            self.answers += 1;
            if self.answers.is_multiple_of(LOSS_OF_200) {
                return Vec::new();
            }
        }
        vec![Pass::Octets(message)]
    }

    fn gathers(&self) -> bool {
        self.has(Trouble::TcpJoined)
    }
}

fn is_catalogue(message: &[u8]) -> bool {
    memchr::memmem::find(message, b"<CmdType>Catalog<").is_some()
}

/// The same message with line ends of LF alone in its head.
fn bare_lf(message: &Bytes) -> Bytes {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 4);
    let (head, body) = message.split_at_checked(end).unwrap_or((message, b""));
    head.iter().filter(|b| **b != b'\r').chain(body).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"MESSAGE sip:3@4 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nContent-Length: 49\r\n\r\n<Query><CmdType>Catalog</CmdType>\r\n</Query>";

    fn superior() -> SocketAddr {
        "192.0.2.1:5060".parse().unwrap()
    }

    fn line(trouble: Trouble) -> Line {
        Line::new(&BTreeSet::from([trouble]), superior()).unwrap()
    }

    fn octets(passes: Vec<Pass>) -> Vec<Bytes> {
        passes.into_iter().filter_map(|pass| if let Pass::Octets(octets) = pass { Some(octets) } else { None }).collect()
    }

    #[test]
    fn a_platform_without_troubles_of_lines_needs_none() {
        assert!(Line::new(&BTreeSet::from([Trouble::LostOnce]), superior()).is_none());
    }

    #[test]
    fn each_trouble_of_outgoing_messages_does_what_it_says() {
        let message = Bytes::from_static(QUERY);
        let out = |trouble| octets(line(trouble).out(message.clone()));
        assert_eq!(out(Trouble::JakDatagrams), [Bytes::from_static(b"jaK\0"), message.clone()]);
        assert_eq!(out(Trouble::TcpOctets).len(), message.len());
        let lf = out(Trouble::BareLf).concat();
        assert!(lf.starts_with(b"MESSAGE sip:3@4 SIP/2.0\nVia") && lf.ends_with(b"\r\n</Query>"), "only the head");
        let register = Bytes::from_static(b"REGISTER sip:1@2 SIP/2.0\r\n\r\n");
        assert_eq!(octets(line(Trouble::RegisterTwice).out(register)).len(), 2);
        assert_eq!(octets(line(Trouble::Cut4000).out(vec![b'x'; 5_000].into()))[0].len(), 4_000);
        assert!(line(Trouble::OverMtu).out(vec![b'x'; 1_501].into()).is_empty());
        let mut moving = line(Trouble::PortChanges);
        let moved: Vec<_> = (0..6).map(|_| moving.out(message.clone()).contains(&Pass::Reopen)).collect();
        assert_eq!(moved, [false, false, false, true, false, false], "once, before the fourth");
        let mut lossy = line(Trouble::Lossy);
        assert_eq!((0..10).filter(|_| lossy.out(message.clone()).is_empty()).count(), 2);
    }

    #[test]
    fn each_trouble_of_incoming_messages_does_what_it_says() {
        let message = Bytes::from_static(QUERY);
        let elsewhere = "192.0.2.2:5060".parse().unwrap();
        assert!(line(Trouble::SocketStrict).back(message.clone(), elsewhere).is_empty());
        assert_eq!(line(Trouble::SocketStrict).back(message.clone(), superior()).len(), 1);
        assert_eq!(line(Trouble::ViaStrict).back(message.clone(), elsewhere).len(), 1, "Via is what counts");
        let foreign = Bytes::from(String::from_utf8_lossy(QUERY).replace("192.0.2.1", "10.0.0.1"));
        assert!(line(Trouble::ViaStrict).back(foreign, superior()).is_empty());
        let ok = Bytes::from_static(b"SIP/2.0 200 OK\r\nCall-ID: x\r\n\r\n");
        let mut deaf = line(Trouble::Deaf);
        assert_eq!((0..4).filter(|_| deaf.back(ok.clone(), superior()).is_empty()).count(), 2);
    }
}
