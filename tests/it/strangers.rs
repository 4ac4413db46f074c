//! Whoever is not registered: what it is told, what becomes of what it sends, and what a flood of it costs the others.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use gbaudit::base::clock::SystemClock;
use gbaudit::evidence::heard::{Heard, HeardKind};
use gbaudit::net::endpoint::{Endpoint, bind};
use gbaudit::net::strangers::{ALL, MAX_STRANGER_BYTES, MAX_STRANGER_CONNECTIONS, SOURCE};
use gbaudit::net::{LocalSetting, Protocol, Stop};
use gbaudit::platform::hub::{Hub, Inbound, MAX_HEARD_OF_ANYBODY};
use gbaudit::platform::{PlatformSetting, Role};
use socket2::{Domain, Socket, Type};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, channel};

use crate::support::{AUDITOR, PLATFORM, loopback, party, platform};

const PATIENCE: Duration = Duration::from_secs(20);
/// When a datagram is sent again.
const REPEAT: Duration = Duration::from_millis(500);
const ANSWER: &str = "<?xml version=\"1.0\"?>\r\n<Response><CmdType>Catalog</CmdType><SN>17</SN><DeviceID>37172300002000000002</DeviceID></Response>";

/// The door of an audit: endpoint and hub, and the inbox of the one platform without a password.
struct Door {
    runtime: Runtime,
    hub: Hub,
    inbox: Receiver<Inbound>,
    live: Receiver<Heard>,
    udp: SocketAddr,
    tcp: SocketAddr,
}

impl Door {
    fn open() -> Self {
        let local = LocalSetting {
            party: party(AUDITOR),
            listen: vec![loopback(Protocol::Udp, 0), loopback(Protocol::Tcp, 0)],
            advertise: None,
            media_ip: None,
            media_ports: 39_000..=39_001,
            identity: None,
            version: None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let inside = runtime.enter();
        let bound = bind(&local).unwrap();
        let addresses = bound.addresses();
        let clock = Arc::new(SystemClock::default());
        let (endpoint, events) = Endpoint::start(local, bound, clock.clone()).unwrap();
        let (sender, live) = channel(100_000);
        let setting = PlatformSetting { password: None, ..platform(Role::Subordinate, None) };
        let hub = Hub::start(endpoint, events, vec![setting], vec![None], sender, Stop::new().1, clock);
        drop(inside);
        let inbox = hub.inbox(0).unwrap();
        Self { runtime, hub, inbox, live, udp: addresses[0].socket, tcp: addresses[1].socket }
    }

    /// Everything that has been put into the inbox when the hub is asked.
    fn received(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.inbox.try_recv().ok()).map(|i| String::from_utf8(i.body.to_vec()).unwrap()).collect()
    }

    /// Waits until something of this kind was heard.
    fn hears(&mut self, kind: HeardKind) -> Heard {
        let Self { runtime, live, .. } = self;
        let heard = async {
            loop {
                let heard = live.recv().await.unwrap();
                if heard.kind == kind {
                    return heard;
                }
            }
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, heard).await }).unwrap_or_else(|_| panic!("never {kind:?}"))
    }

    fn count(&self, kind: HeardKind) -> usize {
        self.hub.heard().iter().filter(|h| h.kind == kind).count()
    }
}

fn request(method: &str, from: &str, number: u32, body: &str) -> String {
    format!(
        "{method} sip:{AUDITOR}@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK{method}{from}{number}\r\n\
         From: <sip:{from}@3717230000>;tag=t\r\nTo: <sip:{AUDITOR}@3717230000>\r\nCall-ID: {method}-{from}-{number}\r\n\
         CSeq: {number} {method}\r\nContact: <sip:{from}@127.0.0.1:5060>\r\nExpires: 3600\r\nMax-Forwards: 70\r\n\
         Content-Type: Application/MANSCDP+xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A peer over UDP, at an address of its own.
struct Udp(UdpSocket);

impl Udp {
    fn at(ip: &str, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.connect(to).unwrap();
        socket.set_read_timeout(Some(REPEAT)).unwrap();
        Self(socket)
    }

    /// Sent again as SIP does, until there is an answer to it.
    fn ask(&self, text: &str) -> String {
        let call = text.lines().find(|l| l.starts_with("Call-ID")).unwrap();
        let mut buffer = [0; 4_096];
        for _ in 0..40 {
            self.0.send(text.as_bytes()).unwrap();
            while let Ok(length) = self.0.recv(&mut buffer) {
                let told = String::from_utf8(buffer[..length].to_vec()).unwrap();
                if told.contains(call) {
                    return told;
                }
            }
        }
        panic!("no answer to {text}");
    }

    /// How many answers have come by now.
    fn answers(&self) -> usize {
        self.0.set_nonblocking(true).unwrap();
        std::iter::from_fn(|| self.0.recv(&mut [0; 4_096]).ok()).count()
    }
}

/// A connection from an address of its own.
fn tcp_from(ip: &str, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(ip.parse().unwrap(), 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// What a connection is told until it has an answer.
fn ask_tcp(stream: &mut TcpStream, text: &str) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let (mut said, mut buffer) = (Vec::new(), [0; 4_096]);
    while !said.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed");
        said.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn nothing_of_a_stranger_reaches_the_catalogue() {
    let mut door = Door::open();
    let real = Udp::at("127.0.0.1", door.udp);
    assert!(real.ask(&request("REGISTER", PLATFORM, 1, "")).starts_with("SIP/2.0 200"));
    let stranger = Udp::at("127.0.0.2", door.udp);
    let mut stream = TcpStream::connect(door.tcp).unwrap();
    let mut elsewhere = tcp_from("127.0.0.2", door.tcp);
    for (number, method) in (2..).zip(["MESSAGE", "NOTIFY"]) {
        let told = stranger.ask(&request(method, "34010000002000000001", number, ANSWER));
        assert!(told.starts_with("SIP/2.0 403"), "{method} of a stranger: {told}");
        let told = stranger.ask(&request(method, PLATFORM, 10 + number, ANSWER));
        assert!(told.starts_with("SIP/2.0 403"), "{method} in the platform's name from another address: {told}");
        let told = ask_tcp(&mut stream, &request(method, "34010000002000000001", 20 + number, ANSWER));
        // Over TCP the address is the platform's, the name is not.
        assert!(told.starts_with("SIP/2.0 403"), "{method} over TCP: {told}");
        let told = ask_tcp(&mut elsewhere, &request(method, PLATFORM, 40 + number, ANSWER));
        assert!(told.starts_with("SIP/2.0 403"), "{method} over TCP in the platform's name from another address: {told}");
    }
    for text in [ANSWER, "<Notify><CmdType>Keepalive</CmdType></Notify>", ""] {
        let told = stranger.ask(&request("MESSAGE", PLATFORM, 30 + u32::try_from(text.len()).unwrap(), text));
        assert!(told.starts_with("SIP/2.0 403"), "{told}");
    }
    assert_eq!(door.received(), Vec::<String>::new());
    assert!(real.ask(&request("MESSAGE", PLATFORM, 99, ANSWER)).starts_with("SIP/2.0 200"));
    assert_eq!(door.received(), [ANSWER], "the platform's own is there");
}

#[test]
fn a_flood_of_strangers_costs_some_lines_and_no_platform_anything() {
    let mut door = Door::open();
    let real = Udp::at("127.0.0.1", door.udp);
    assert!(real.ask(&request("REGISTER", PLATFORM, 1, "")).starts_with("SIP/2.0 200"));
    let strangers: Vec<Udp> = (2..=9).map(|n| Udp::at(&format!("127.0.0.{n}"), door.udp)).collect();
    let begun = std::time::Instant::now();
    let mut answered = 0;
    for n in 0..30_000_u32 {
        let one = &strangers[n as usize % strangers.len()];
        one.0.send(request("MESSAGE", &format!("{n:020}"), n + 1, ANSWER).as_bytes()).unwrap();
        if n % 1_000 == 0 {
            let told = real.ask(&request("MESSAGE", PLATFORM, 100_000 + n, ANSWER));
            answered += usize::from(told.starts_with("SIP/2.0 200"));
        }
    }
    assert_eq!(answered, 30);
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    door.hears(HeardKind::StrangerTooMany);
    let told: usize = strangers.iter().map(Udp::answers).sum();
    let most = strangers.len() * (SOURCE.at_once as usize + seconds * SOURCE.each_second as usize);
    assert!(told > 0 && told <= most.min(ALL.at_once as usize + seconds * ALL.each_second as usize), "{told} answers");
    // A busy machine may take minutes over it.
    let minutes = seconds / 60 + 2;
    for kind in [HeardKind::StrangerTooMany, HeardKind::MessageUnregistered] {
        let lines = door.count(kind);
        assert!((1..=minutes * strangers.len()).contains(&lines), "each source is named once a minute: {lines} of {kind:?}");
    }
    assert!(door.hub.heard().len() < MAX_HEARD_OF_ANYBODY);
    assert_eq!(door.received().len(), 30);
}

#[test]
fn connections_of_one_stranger_are_counted_and_what_it_begins_is_bounded() {
    let mut door = Door::open();
    let most = MAX_STRANGER_CONNECTIONS as usize;
    let streams: Vec<TcpStream> = (0..=most).map(|_| TcpStream::connect(door.tcp).unwrap()).collect();
    door.hears(HeardKind::TooManyConnections);
    let mut last = &streams[most];
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(last.read(&mut [0; 1]).unwrap_or(0), 0, "the one too many is closed");
    let mut first = &streams[0];
    let head = request("MESSAGE", PLATFORM, 1, "").replace("Content-Length: 0", "Content-Length: 8000000");
    first.write_all(head.as_bytes()).unwrap();
    // It may be closed while we write.
    let _ = first.write_all(&vec![b'x'; MAX_STRANGER_BYTES + 64 * 1024]);
    door.hears(HeardKind::StrangerTooLarge);
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(first.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(TcpStream::connect(door.tcp).is_ok());
}

/// Each table that has to drop something says so once, with its limit.
#[test]
fn what_a_full_table_forgets_is_said() {
    let mut door = Door::open();
    let real = Udp::at("127.0.0.1", door.udp);
    assert!(real.ask(&request("REGISTER", PLATFORM, 1, "")).starts_with("SIP/2.0 200"));
    // Answered requests: some hundred with a Call-ID as long as a datagram allows are more than are kept.
    let long = "x".repeat(50_000);
    let asked = (2..4_000).take_while(|number| {
        let text = request("MESSAGE", PLATFORM, *number, ANSWER).replace("Call-ID: ", &format!("Call-ID: {long}"));
        real.0.send(text.as_bytes()).unwrap();
        // One that is answered in between keeps us at the pace of the door.
        real.ask(&request("MESSAGE", PLATFORM, 10_000 + number, ANSWER));
        door.count(HeardKind::RepeatsForgotten) == 0
    });
    let asked = asked.count();
    assert!(asked > 300, "not before the limit is reached: {asked}");
    assert!(door.hears(HeardKind::RepeatsForgotten).detail.starts_with("> 64 MiB, "));
    // Strangers: more addresses than are told apart, each with something against it.
    let text = request("MESSAGE", "34010000002000000001", 1, ANSWER);
    let flood = |_: &u32| {
        for n in 0..8_000_u32 {
            let one = Udp::at(&format!("127.1.{}.{}", n / 250, n % 250 + 1), door.udp);
            for _ in 0..5 {
                // The kernel refuses some while the door's answers find nobody.
                let _ = one.0.send(text.as_bytes());
            }
        }
        door.count(HeardKind::StrangersForgotten) == 0
    };
    assert!((0..50).take_while(flood).count() < 50);
    assert!(door.hears(HeardKind::StrangersForgotten).detail.starts_with("> 4096, "));
    assert!(real.ask(&request("MESSAGE", PLATFORM, 99_999, ANSWER)).starts_with("SIP/2.0 200"));
}
