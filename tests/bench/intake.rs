//! How fast catalogue answers are taken in: `cargo bench --bench intake`. Nothing here passes or fails; `docs/PERFORMANCE.md`
//! has the figures.
//!
//! The door of an audit (endpoint, hub, and whoever reads the bodies as XML) runs in a process of its own, so that its memory is
//! its own; the sender is this one. Over UDP on loopback, messages of one item. Nothing is sent twice: what is lost is lost.
//!
//! `rate`: so many a second for ten seconds, whether answered or not. `strangers`: the same from addresses no platform is at,
//! beside a platform at 1,000 a second. `wait`: the next message when the last one is answered, as many senders do it; held
//! against the same sender and a process that answers every datagram at once with octets of the same length.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measurement may fail loudly"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gbaudit::base::clock::SystemClock;
use gbaudit::manscdp::document::Document;
use gbaudit::net::endpoint::{Endpoint, bind};
use gbaudit::net::{Address, LocalSetting, Protocol, Stop};
use gbaudit::platform::hub::Hub;
use gbaudit::platform::{PlatformSetting, Role};
use gbaudit::sip::dialog::Party;

const AUDITOR: &str = "37172300002000000001";
const PLATFORM: &str = "37172300002000000002";
/// How long a rate is kept up.
const SECONDS: u64 = 10;
/// The last answers may come so much later.
const LINGER: Duration = Duration::from_secs(2);
/// A sender that waits longer than this takes its message for lost.
const FALLBACK: Duration = Duration::from_millis(100);
/// What a field sender's `send` may do before it looks at the clock again.
const TICK: Duration = Duration::from_millis(1);
/// Messages of the sender that waits.
const WAITED: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => serve(),
        ["echo", length] => echo(length.parse().unwrap()),
        ["rate", rate] => rated(rate.parse().unwrap(), 0),
        ["strangers", rate] => rated(1_000, rate.parse().unwrap()),
        ["wait", count] => waited(count.parse().unwrap()),
        _ => {
            header();
            for rate in [5_000, 10_000, 15_000, 20_000, 30_000] {
                rated(rate, 0);
            }
            rated(1_000, 30_000);
            waited(WAITED);
        }
    }
}

fn header() {
    println!(
        "{:<22}{:>9}{:>10}{:>9}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}{:>10}{:>12}",
        "what", "offered", "200", "503", "other", "lost", "kept", "p50", "p99", "worst", "user+sys", "peak memory"
    );
}

fn party(id: &str) -> Party {
    Party { id: id.into(), domain: id[..10].into() }
}

// The receiving process.

/// Runs the door until standard input closes, then says how many items were kept and how much memory and time that took.
fn serve() {
    let local = LocalSetting {
        party: party(AUDITOR),
        listen: vec![Address { protocol: Protocol::Udp, socket: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0) }],
        advertise: None,
        media_ip: None,
        media_ports: 30_000..=30_001,
        identity: None,
        version: None,
    };
    let platform = PlatformSetting {
        name: "bench".into(),
        party: party(PLATFORM),
        role: Role::Subordinate,
        address: None,
        username: None,
        password: None,
        edition: None,
        charset: None,
        media_ip: None,
        parallel: None,
        product: None,
        expected: None,
        expected_source: String::new(),
        control_cameras: Vec::new(),
        trust: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let kept = Arc::new(AtomicU64::new(0));
    let counting = kept.clone();
    let (_stopper, stop) = Stop::new();
    let _hub = runtime.block_on(async move {
        let bound = bind(&local).unwrap();
        println!("{}", bound.addresses()[0].socket);
        std::io::stdout().flush().unwrap();
        let clock = Arc::new(SystemClock::default());
        let (endpoint, events) = Endpoint::start(local, bound, clock.clone()).unwrap();
        let (live, mut heard) = tokio::sync::mpsc::channel(1_024);
        let hub = Hub::start(endpoint, events, vec![platform], vec![None], live, stop, clock);
        let mut inbox = hub.inbox(0).unwrap();
        tokio::spawn(async move { while heard.recv().await.is_some() {} });
        tokio::spawn(async move {
            while let Some(inbound) = inbox.recv().await {
                let items = Document::parse(&inbound.body, None).map_or(0, |document| document.items.len());
                counting.fetch_add(items as u64, Ordering::Relaxed);
            }
        });
        hub
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    // Ticks of a hundredth of a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 =
        stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    println!("{} {} {}", kept.load(Ordering::Relaxed), peak.unwrap_or(0), ticks * 10);
    runtime.shutdown_background();
}

/// Answers every datagram at once.
fn echo(length: usize) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("{}", socket.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let mut buffer = vec![0; 65_535];
    while let Ok((_, peer)) = socket.recv_from(&mut buffer) {
        socket.send_to(&buffer[..length], peer).unwrap();
    }
}

/// A receiving process, from outside.
struct Receiver {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Receiver {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        Self { child, lines, address: line.trim().parse().unwrap() }
    }

    /// Items kept, peak memory in kB, processor time in ms.
    fn end(mut self) -> (u64, u64, u64) {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        self.child.wait().unwrap();
        let mut numbers = line.split_whitespace().map(|n| n.parse::<u64>().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap(), numbers.next().unwrap())
    }
}

// The sender.

/// Digits that differ from message to message.
const DIGITS: usize = 8;

/// A message of which only a number differs, in every place it stands.
struct Template {
    octets: Vec<u8>,
    places: Vec<usize>,
}

impl Template {
    fn new(platform: &str) -> Self {
        let mark = "########";
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>17</SN>\r\n\
             <DeviceID>{PLATFORM}</DeviceID>\r\n<SumNum>100000</SumNum>\r\n<DeviceList Num=\"1\">\r\n<Item>\r\n\
             <DeviceID>371723001131{mark}</DeviceID>\r\n<Name>Camera {mark}</Name>\r\n<Manufacturer>bench</Manufacturer>\r\n\
             <Model>x</Model>\r\n<Owner>0</Owner>\r\n<CivilCode>371723</CivilCode>\r\n<Address>-</Address>\r\n<Parental>0</Parental>\r\n\
             <ParentID>{PLATFORM}</ParentID>\r\n<SafetyWay>0</SafetyWay>\r\n<RegisterWay>1</RegisterWay>\r\n<Secrecy>0</Secrecy>\r\n\
             <Status>ON</Status>\r\n<Longitude>115.889612</Longitude>\r\n<Latitude>34.952813</Latitude>\r\n</Item>\r\n</DeviceList>\r\n\
             </Response>\r\n"
        );
        let text = format!(
            "MESSAGE sip:{AUDITOR}@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK{mark}\r\n\
             From: <sip:{platform}@3717230000>;tag=t{mark}\r\nTo: <sip:{AUDITOR}@3717230000>\r\nCall-ID: {mark}@127.0.0.1\r\n\
             CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nUser-Agent: bench\r\nContent-Type: Application/MANSCDP+xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let places = text.match_indices(mark).map(|(at, _)| at).collect();
        Self { octets: text.into_bytes(), places }
    }

    fn number(&mut self, number: usize) -> &[u8] {
        let digits = format!("{number:0DIGITS$}");
        for place in &self.places {
            self.octets[*place..*place + DIGITS].copy_from_slice(digits.as_bytes());
        }
        &self.octets
    }
}

/// Code and number of a response.
fn response(octets: &[u8]) -> Option<(u16, usize)> {
    let code = std::str::from_utf8(octets.get(8..11)?).ok()?.parse().ok()?;
    let text = octets.windows(9).position(|w| w == b"Call-ID: ")? + 9;
    let number = std::str::from_utf8(octets.get(text..text + DIGITS)?).ok()?.parse().ok()?;
    Some((code, number))
}

fn socket(ip: Ipv4Addr, to: SocketAddr) -> UdpSocket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    let _ = socket.set_recv_buffer_size(8 * 1024 * 1024);
    socket.bind(&SocketAddr::new(ip.into(), 0).into()).unwrap();
    let socket = UdpSocket::from(socket);
    socket.connect(to).unwrap();
    socket.set_read_timeout(Some(LINGER)).unwrap();
    socket
}

fn register(socket: &UdpSocket) {
    let text = format!(
        "REGISTER sip:{AUDITOR}@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKregister\r\n\
         From: <sip:{PLATFORM}@3717230000>;tag=t\r\nTo: <sip:{PLATFORM}@3717230000>\r\nCall-ID: register\r\nCSeq: 1 REGISTER\r\n\
         Contact: <sip:{PLATFORM}@127.0.0.1:5060>\r\nExpires: 3600\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    let mut buffer = [0; 4_096];
    socket.send(text.as_bytes()).unwrap();
    let length = socket.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"SIP/2.0 200"));
}

/// What came back.
#[derive(Default)]
struct Answers {
    good: u64,
    later: u64,
    other: u64,
    /// Nanoseconds from sending to the 200.
    waits: Vec<u64>,
}

/// Messages at a rate, evenly in ticks; gives how many were sent.
fn send_at(rate: u64, socket: &UdpSocket, template: &mut Template, sent_at: &[AtomicU64], begun: Instant) -> usize {
    let mut sent = 0;
    loop {
        let now = begun.elapsed();
        if now >= Duration::from_secs(SECONDS) {
            return sent;
        }
        let due = ((now.as_secs_f64() * rate as f64) as usize).min(sent_at.len());
        while sent < due {
            sent_at[sent].store(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
            // A full buffer of our own: the same octets once more.
            while socket.send(template.number(sent)).is_err() {}
            sent += 1;
        }
        std::thread::sleep(TICK);
    }
}

/// Takes answers until nothing has come for a while after the end.
fn take(socket: &UdpSocket, sent_at: &[AtomicU64], begun: Instant, ended: &AtomicBool) -> Answers {
    let mut answers = Answers::default();
    let mut buffer = [0; 4_096];
    loop {
        let Ok(length) = socket.recv(&mut buffer) else {
            if ended.load(Ordering::Relaxed) {
                return answers;
            }
            continue;
        };
        match response(&buffer[..length]) {
            Some((200, number)) => {
                answers.good += 1;
                answers.waits.push(begun.elapsed().as_nanos() as u64 - sent_at[number].load(Ordering::Relaxed));
            }
            Some((503, _)) => answers.later += 1,
            _ => answers.other += 1,
        }
    }
}

fn micros(sorted: &[u64], part: f64) -> f64 {
    let at = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |n| *n as f64 / 1_000.0)
}

fn rated(rate: u64, strangers: u64) {
    let receiver = Receiver::start(&["serve"]);
    let socket = socket(Ipv4Addr::LOCALHOST, receiver.address);
    register(&socket);
    let sent_at: Vec<AtomicU64> = (0..rate * SECONDS).map(|_| AtomicU64::new(0)).collect();
    let (ended, begun) = (AtomicBool::new(false), Instant::now());
    let address = receiver.address;
    let (sent, mut answers, told) = std::thread::scope(|scope| {
        let taking = scope.spawn(|| take(&socket, &sent_at, begun, &ended));
        let flooding = (strangers > 0).then(|| scope.spawn(move || flood(strangers, address, begun)));
        let sent = send_at(rate, &socket, &mut Template::new(PLATFORM), &sent_at, begun);
        let told = flooding.map_or(0, |f| f.join().unwrap());
        ended.store(true, Ordering::Relaxed);
        (sent, taking.join().unwrap(), told)
    });
    let (kept, peak, busy) = receiver.end();
    answers.waits.sort_unstable();
    let lost = sent as u64 - answers.good - answers.later - answers.other;
    let what = if strangers > 0 { format!("{strangers} strangers/s") } else { "rate".to_owned() };
    println!(
        "{what:<22}{:>7}/s{:>10}{:>9}{:>9}{lost:>9}{kept:>8}{:>7.0} us{:>7.0} us{:>6.0} ms{:>7} ms{:>9} MB",
        rate,
        answers.good,
        answers.later,
        answers.other,
        micros(&answers.waits, 0.5),
        micros(&answers.waits, 0.99),
        micros(&answers.waits, 1.0) / 1_000.0,
        busy,
        peak / 1_000,
    );
    if strangers > 0 {
        println!("    strangers were answered {told} times in {SECONDS} s");
    }
}

/// Messages of strangers from a hundred addresses; gives how often they were answered.
fn flood(rate: u64, to: SocketAddr, begun: Instant) -> u64 {
    let sockets: Vec<UdpSocket> = (1..=100).map(|n| socket(Ipv4Addr::new(127, 0, 1, n), to)).collect();
    let mut template = Template::new("34010000002000000001");
    let (mut sent, mut told, mut buffer) = (0_usize, 0, [0; 4_096]);
    sockets.iter().for_each(|s| s.set_nonblocking(true).unwrap());
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as usize;
        while sent < due {
            let _ = sockets[sent % sockets.len()].send(template.number(sent));
            sent += 1;
        }
        std::thread::sleep(TICK);
    }
    std::thread::sleep(LINGER);
    for one in &sockets {
        while one.recv(&mut buffer).is_ok() {
            told += 1;
        }
    }
    told
}

/// One message at a time; gives what it took in all, and each wait in nanoseconds.
fn one_by_one(count: usize, socket: &UdpSocket, template: &mut Template) -> (Duration, Vec<u64>) {
    let mut buffer = [0; 4_096];
    let begun = Instant::now();
    let waits = (0..count).map(|number| {
        let octets = template.number(number);
        let sent = Instant::now();
        socket.send(octets).unwrap();
        socket.recv(&mut buffer).unwrap();
        sent.elapsed().as_nanos() as u64
    });
    let waits = waits.collect();
    (begun.elapsed(), waits)
}

fn waited(count: usize) {
    let mut template = Template::new(PLATFORM);
    let bare = Receiver::start(&["echo", "420"]);
    let (own, _) = one_by_one(count, &socket(Ipv4Addr::LOCALHOST, bare.address), &mut template);
    drop(bare);
    let receiver = Receiver::start(&["serve"]);
    let socket = socket(Ipv4Addr::LOCALHOST, receiver.address);
    register(&socket);
    let (took, mut waits) = one_by_one(count, &socket, &mut template);
    let (kept, peak, busy) = receiver.end();
    waits.sort_unstable();
    let late = waits.iter().filter(|w| Duration::from_nanos(**w) > FALLBACK).count();
    println!(
        "{:<22}{:>9}{:>10}{:>9}{:>9}{:>9}{kept:>8}{:>7.0} us{:>7.0} us{:>6.0} ms{busy:>7} ms{:>9} MB",
        "one at a time",
        "-",
        waits.len(),
        0,
        0,
        0,
        micros(&waits, 0.5),
        micros(&waits, 0.99),
        micros(&waits, 1.0) / 1_000.0,
        peak / 1_000
    );
    let each = |d: Duration| d.as_secs_f64() * 1e6 / count as f64;
    println!(
        "    {count} items in {:.2} s, {:.1} us each; a process that only answers: {:.1} us; {:.2} times; waits over 100 ms: {late}",
        took.as_secs_f64(),
        each(took),
        each(own),
        took.as_secs_f64() / own.as_secs_f64(),
    );
}
