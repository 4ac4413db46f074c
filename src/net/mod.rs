//! Floor 7: the only SIP and media sockets.

pub mod endpoint;
pub mod media;
pub mod peer;
pub mod ports;
pub mod relay;
pub mod strangers;
pub mod tcp;
pub mod tls;
mod udp;
pub mod upload;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::sip::dialog::Party;

pub use tls::Trust;

/// Transport of signalling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// UDP
    Udp,
    /// TCP
    Tcp,
    /// TLS over TCP
    Tls,
}

impl Protocol {
    /// As in Via.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// The port where none is written.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
        }
    }
}

/// `udp:127.0.0.1:15060`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// Its transport.
    pub protocol: Protocol,
    /// IP and port.
    pub socket: SocketAddr,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.protocol.name().to_lowercase(), self.socket)
    }
}

/// What is wrong with a text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSlip {
    /// It does not begin with a transport.
    Protocol,
    /// No IP and port follow.
    Socket,
}

impl std::str::FromStr for Address {
    type Err = AddressSlip;

    fn from_str(text: &str) -> Result<Self, AddressSlip> {
        let (scheme, rest) = text.split_once(':').ok_or(AddressSlip::Protocol)?;
        let protocol = match scheme {
            "udp" => Protocol::Udp,
            "tcp" => Protocol::Tcp,
            "tls" => Protocol::Tls,
            _ => return Err(AddressSlip::Protocol),
        };
        let socket = rest.trim().parse().map_err(|_| AddressSlip::Socket)?;
        Ok(Self { protocol, socket })
    }
}

/// Ports for media as they are written, `30000-30127`: none that belongs to the system, and one that is even.
#[must_use]
pub fn media_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-')?;
    let range = first.trim().parse::<u16>().ok()?..=last.trim().parse::<u16>().ok()?;
    (*range.start() >= 1024 && range.clone().any(|port| port % 2 == 0)).then_some(range)
}

/// Ourselves, as set.
#[derive(Debug, Clone)]
pub struct LocalSetting {
    /// Our code and domain.
    pub party: Party,
    /// Where we listen.
    pub listen: Vec<Address>,
    /// Our address as peers see it, if it is another one (NAT).
    pub advertise: Option<SocketAddr>,
    /// Written into SDP instead of the address that routes to the peer.
    pub media_ip: Option<IpAddr>,
    /// Ports for media.
    pub media_ports: RangeInclusive<u16>,
    /// Our certificate, for addresses over TLS.
    pub identity: Option<tls::Identity>,
    /// Our `X-GB-Ver`, whatever the peer speaks; `None`: as its edition asks.
    pub version: Option<String>,
}

/// Why a socket is not to be had: our failure, never a camera's.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The port is taken, or the address is not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: Address,
        /// Why.
        source: std::io::Error,
    },
    /// A connection could not be made.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The handshake of TLS came to nothing.
    #[error("no TLS with {address}: {source}")]
    Tls {
        /// Whom with.
        address: SocketAddr,
        /// Why.
        source: tls::TlsError,
    },
    /// No media port is free.
    #[error("no media port is free")]
    NoMediaPort,
    /// Another socket operation failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// An address over TLS without a certificate of ours.
    #[error("no certificate for TLS (tls_certificate, tls_key)")]
    NoCertificate,
    /// We listen on no socket of that transport.
    #[error("no {} socket to send from", .0.name())]
    NoSocket(Protocol),
    /// The endpoint has ended.
    #[error("the endpoint has ended")]
    Closed,
}

/// The address of ours that routes to a peer; no packet is sent.
///
/// # Errors
/// When there is no route.
pub fn route_to(peer: SocketAddr) -> std::io::Result<IpAddr> {
    let any: SocketAddr = if peer.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = std::net::UdpSocket::bind(any)?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}

/// Octets asked of the system at once: every answer has a name in it, and a call to the system for each is a third of its cost.
const RANDOM_BYTES: usize = 4_096;

thread_local! {
    /// Random octets, and how many of them are spent.
    static RANDOM: RefCell<([u8; RANDOM_BYTES], usize)> = const { RefCell::new(([0; RANDOM_BYTES], RANDOM_BYTES)) };
}

/// Random octets for names nobody else may guess.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    const { assert!(N <= RANDOM_BYTES) };
    RANDOM.with_borrow_mut(|(octets, spent)| {
        if *spent + N > RANDOM_BYTES {
            // The system's generator does not fail once the system is up; what was there before is no name of ours any more.
            let _ = getrandom::fill(octets);
            *spent = 0;
        }
        let begin = std::mem::replace(spent, *spent + N);
        let mut taken = [0; N];
        if let Some(fresh) = octets.get_mut(begin..begin + N) {
            // Nobody finds in memory what was given out.
            taken.swap_with_slice(fresh);
        }
        taken
    })
}

/// A random name: hexadecimal, 16 digits.
#[must_use]
pub fn random_name() -> String {
    crate::base::text::hex(&random::<8>())
}

/// Says when everything has to end: all sessions closed, nothing new begun.
#[derive(Debug, Clone)]
pub struct Stop(tokio::sync::watch::Receiver<bool>);

/// Who may say so.
#[derive(Debug)]
pub struct Stopper(tokio::sync::watch::Sender<bool>);

impl Stop {
    /// A stop nobody has asked for yet, and who may.
    #[must_use]
    pub fn new() -> (Stopper, Self) {
        let (sender, receiver) = tokio::sync::watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Returns once it was asked for, or when nobody is left who could.
    pub async fn stopped(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }
}

impl Stopper {
    /// Asks everything to end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_it_is_written_and_says_which_half_is_wrong() {
        for text in ["udp:10.0.0.5:5060", "tcp:10.0.0.5:5060", "tls:[::1]:5061"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["10.0.0.5:5060", "sip:10.0.0.5:5060", "", "UDP:10.0.0.5:5060"] {
            assert_eq!(text.parse::<Address>(), Err(AddressSlip::Protocol), "{text}");
        }
        for text in ["udp:", "udp:10.0.0.5", "tcp:host:5060", "udp:10.0.0.5:70000"] {
            assert_eq!(text.parse::<Address>(), Err(AddressSlip::Socket), "{text}");
        }
    }

    #[test]
    fn media_ports_are_two_numbers_above_those_of_the_system_with_an_even_one_among_them() {
        assert_eq!(media_ports("30000-30127"), Some(30_000..=30_127));
        assert_eq!(media_ports(" 30001 - 30002 "), Some(30_001..=30_002));
        for text in ["30000", "80-90", "30127-30000", "30001-30001", "a-b", "30000-70000"] {
            assert_eq!(media_ports(text), None, "{text}");
        }
    }

    #[test]
    fn random_names_differ_across_refills() {
        let names: std::collections::HashSet<String> = (0..3 * RANDOM_BYTES / 8).map(|_| random_name()).collect();
        assert_eq!(names.len(), 3 * RANDOM_BYTES / 8);
        assert_ne!(random::<16>(), [0; 16]);
    }
}
