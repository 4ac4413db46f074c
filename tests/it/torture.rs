//! The torture messages of RFC 4475 and RFC 5118 (`fixtures/sip/torture`), each over UDP and over TCP, against their table.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gbaudit::base::clock::SystemClock;
use gbaudit::net::endpoint::{Endpoint, Event, bind};
use gbaudit::net::{LocalSetting, Protocol};
use gbaudit::sip::admission::{Admission, admit};
use gbaudit::sip::digest::Credentials;
use gbaudit::sip::framer::{Frame, StreamFramer};
use gbaudit::sip::header::name_addr::NameAddr;
use gbaudit::sip::header::param;
use gbaudit::sip::header::uri::SipUri;
use gbaudit::sip::message::Message;
use gbaudit::sip::sdp::Sdp;

use super::support::{AUDITOR, loopback, party};

struct Row {
    name: String,
    udp: String,
    tcp: String,
    /// What the message of the datagram holds, by key.
    parsed: Vec<(String, String)>,
    octets: Bytes,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/sip/torture")
}

fn rows() -> Vec<Row> {
    let mut table = csv::Reader::from_path(folder().join("table.csv")).unwrap();
    table
        .deserialize::<BTreeMap<String, String>>()
        .map(|row| {
            let mut row = row.unwrap();
            let mut take = |name: &str| row.remove(name).unwrap_or_else(|| panic!("no column {name}"));
            let name = take("name");
            let octets = std::fs::read(folder().join(format!("{name}.dat"))).unwrap().into();
            let parsed = take("parsed");
            let pairs = parsed.split(" | ").filter(|p| !p.is_empty()).map(|pair| pair.split_once('=').unwrap());
            let parsed = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            Row { name, udp: take("udp"), tcp: take("tcp"), parsed, octets }
        })
        .collect()
}

fn verdict(message: &Message, stream: bool) -> String {
    match (message.code(), admit(message, stream)) {
        (Some(_), _) => "response".into(),
        (None, Admission::Taken) => "taken".into(),
        (None, Admission::Dropped) => "dropped".into(),
        (None, Admission::Refused(refusal)) => refusal.code.to_string(),
    }
}

fn over_tcp(octets: &[u8]) -> Vec<String> {
    let mut framer = StreamFramer::default();
    framer.push(octets);
    let mut verdicts: Vec<String> = std::iter::from_fn(|| framer.next_frame())
        .map(|frame| match frame {
            Frame::Message(message) => verdict(&message, true),
            Frame::TooLarge { .. } => "413".into(),
            Frame::Lost(why) => format!("lost: {why}"),
        })
        .collect();
    if framer.pending_bytes() > 0 {
        verdicts.push("waiting".into());
    }
    verdicts
}

fn address(uri: &SipUri) -> String {
    let port = uri.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}@{}{port}", uri.user, uri.host).replace('\0', "\\0")
}

fn named(named: Option<NameAddr>) -> String {
    named.map_or("none".into(), |n| format!("{} {}", address(&n.uri), n.tag().unwrap_or("-")))
}

/// What a key of the column `parsed` stands for.
fn value(message: &Message, key: &str) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".into());
    match key {
        "method" => or_none(message.method().map(|m| m.as_str().to_owned())),
        "uri" => or_none(message.request_uri().and_then(SipUri::parse).as_ref().map(address)),
        "code" => or_none(message.code().map(|c| c.to_string())),
        "reason" => message.reason().to_owned(),
        "via" => or_none(message.via().map(|v| format!("{} {} {}", v.transport, v.sent_by(), v.branch().unwrap_or("-")))),
        "vias" => message.header_values("via").len().to_string(),
        "received" => or_none(message.via().and_then(|v| param(&v.params, "received").map(ToOwned::to_owned))),
        "from" => named(message.from()),
        "to" => named(message.to()),
        "contact" => or_none(message.contact().as_ref().map(|c| address(&c.uri))),
        "contacts" => message.header_values("contact").len().to_string(),
        "contact-params" => or_none(message.contact().map(|c| names(&c.params))),
        "contact-uri-params" => or_none(message.contact().map(|c| names(&c.uri.params))),
        "call-id" => or_none(message.call_id().map(ToOwned::to_owned)),
        "cseq" => or_none(message.cseq().map(|c| format!("{} {}", c.number, c.method.as_str()))),
        "body" => message.body.len().to_string(),
        "media" => {
            or_none(Sdp::parse(&message.body).map(|s| s.media.iter().map(|m| m.kind.as_str()).collect::<Vec<_>>().join(",")))
        }
        "media-address" => or_none(Sdp::parse(&message.body).and_then(|s| s.address()).map(|a| a.to_string())),
        "credentials" => or_none(message.header("authorization").and_then(Credentials::parse).map(|c| c.username)),
        "oddities" => message.oddities.iter().map(|o| o.kind.id).collect::<Vec<_>>().join(","),
        header => or_none(header.strip_prefix("header:").and_then(|name| message.header(name)).map(ToOwned::to_owned)),
    }
}

fn names(params: &[(String, Option<String>)]) -> String {
    params.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
}

#[test]
fn every_message_is_read_as_its_table_says() {
    let mut wrong = Vec::new();
    let rows = rows();
    for row in &rows {
        let message = Message::parse_datagram(&row.octets);
        let udp = message.as_ref().map_or("ignored".into(), |m| verdict(m, false));
        if udp != row.udp {
            wrong.push(format!("{} over UDP: {udp}, not {}", row.name, row.udp));
        }
        let tcp = over_tcp(&row.octets);
        let tcp = if tcp.is_empty() { "ignored".to_owned() } else { tcp.join(" + ") };
        if tcp != row.tcp {
            wrong.push(format!("{} over TCP: {tcp}, not {}", row.name, row.tcp));
        }
        for (key, wanted) in &row.parsed {
            let got = message.as_ref().map_or("not read".into(), |m| value(m, key));
            if got != *wanted {
                wrong.push(format!("{}: {key} is {got:?}, not {wanted:?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.iter().all(|row| row.udp == "ignored" || !row.parsed.is_empty()), "a message that is read says what is read");
}

#[test]
fn the_table_names_every_file_once() {
    let mut named: Vec<String> = rows().into_iter().map(|row| row.name).collect();
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_str().unwrap().strip_suffix(".dat").map(ToOwned::to_owned))
        .collect();
    named.sort();
    files.sort();
    assert_eq!(named, files);
    assert_eq!(files.len(), 49 + 12, "RFC 4475, RFC 5118");
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_verdicts() {
    for row in rows() {
        let whole = over_tcp(&row.octets);
        for size in [1, 2, 3, 7, 64, 1_000] {
            let mut framer = StreamFramer::default();
            let mut verdicts = Vec::new();
            for chunk in row.octets.chunks(size) {
                framer.push(chunk);
                while let Some(frame) = framer.next_frame() {
                    let Frame::Message(message) = frame else { panic!("{}: {frame:?}", row.name) };
                    verdicts.push(verdict(&message, true));
                }
            }
            if framer.pending_bytes() > 0 {
                verdicts.push("waiting".into());
            }
            assert_eq!(verdicts, whole, "{} in reads of {size}", row.name);
        }
    }
}

/// The whole way: a bound endpoint is sent every message, and after each one that has to come through.
#[tokio::test]
async fn an_endpoint_answers_each_as_the_table_says_and_lives_on() {
    let setting = LocalSetting {
        party: party(AUDITOR),
        listen: vec![loopback(Protocol::Udp, 0)],
        advertise: None,
        media_ip: None,
        media_ports: 1..=2,
    };
    let bound = bind(&setting).unwrap();
    let ours = bound.addresses()[0].socket;
    let (endpoint, mut events) = Endpoint::start(setting, bound, Arc::new(SystemClock::default())).unwrap();
    let peer = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut wrong = Vec::new();
    for (number, row) in rows().into_iter().enumerate() {
        peer.send_to(&row.octets, ours).await.unwrap();
        let fence = format!("fence-{number}");
        let request = format!(
            "OPTIONS sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{fence}\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>\r\nCall-ID: {fence}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        peer.send_to(request.as_bytes(), ours).await.unwrap();
        let mut taken = false;
        loop {
            let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap();
            let Event::Request(incoming) = event else { continue };
            if incoming.message.call_id() == Some(&fence) {
                break;
            }
            taken = true;
        }
        // What was refused was answered before the fence was read.
        let mut buffer = vec![0; 65_535];
        let answer = peer.try_recv(&mut buffer).ok().map(|length| {
            let answer = Message::parse_datagram(&Bytes::copy_from_slice(&buffer[..length])).unwrap();
            answer.code().unwrap().to_string()
        });
        let got = answer.unwrap_or_else(|| if taken { "taken".into() } else { "nothing".into() });
        let wanted = if matches!(row.udp.as_str(), "response" | "ignored") { "nothing" } else { row.udp.as_str() };
        if got != wanted {
            wrong.push(format!("{}: {got}, not {wanted}", row.name));
        }
    }
    endpoint.stop().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
