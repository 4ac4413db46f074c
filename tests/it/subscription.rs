//! A platform of a few lines on a bare socket: what it is asked beyond the catalogue, and what its notices come to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gbaudit::catalog::CatalogState;
use gbaudit::evidence::{Evidence, ProbePlan};
use gbaudit::platform::CrossCheck;
use gbaudit::report::Report;
use tokio::net::UdpSocket;

use crate::support::{AUDITOR, Auditor, PLATFORM, Stopped, Witness, file, report};

const NVR: &str = "37172300011180000001";

fn camera(n: usize) -> String {
    format!("37172300011320{n:06}")
}

fn item(code: &str, parent: &str, more: &str) -> String {
    format!("<Item><DeviceID>{code}</DeviceID><Name>name {code}</Name><ParentID>{parent}</ParentID>{more}</Item>")
}

fn body(root: &str, command: &str, sn: &str, device: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<{root}><CmdType>{command}</CmdType><SN>{sn}</SN>\
         <DeviceID>{device}</DeviceID>{more}</{root}>"
    )
}

fn list(sum: usize, items: &[String]) -> String {
    format!("<SumNum>{sum}</SumNum><DeviceList Num=\"{}\">{}</DeviceList>", items.len(), items.concat())
}

fn header<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(inside, _)| inside)
}

/// What the peer does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Accepts subscriptions, and leaves the last camera out of full answers.
    Short,
    /// Refuses subscriptions, answers in full.
    Refusing,
}

#[derive(Default)]
struct Seen {
    subscribes: Vec<String>,
    notifies_answered: usize,
    branches: Vec<String>,
    infos: Vec<String>,
}

struct Peer {
    socket: UdpSocket,
    auditor: SocketAddr,
    way: Way,
    seen: Arc<Mutex<Seen>>,
    number: u32,
}

impl Peer {
    async fn send(&mut self, method: &str, headers: &str, content: &str) {
        self.number += 1;
        let (n, own) = (self.number, self.socket.local_addr().unwrap());
        let dialog = if headers.contains("Call-ID") { String::new() } else { format!("Call-ID: peer-{n}\r\n") };
        let ends = if headers.contains("From") {
            String::new()
        } else {
            format!("From: <sip:{PLATFORM}@3717230000>;tag=p{n}\r\nTo: <sip:{AUDITOR}@3717230000>\r\n")
        };
        let text = format!(
            "{method} sip:{AUDITOR}@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK{n}\r\n{ends}{dialog}\
             CSeq: {n} {method}\r\nMax-Forwards: 70\r\nContact: <sip:{PLATFORM}@{own}>\r\n{headers}\
             Content-Type: Application/MANSCDP+xml\r\nContent-Length: {}\r\n\r\n{content}",
            content.len()
        );
        self.socket.send_to(text.as_bytes(), self.auditor).await.unwrap();
    }

    async fn answer(&self, request: &str, status: &str, more: &str) {
        let to = header(request, "To");
        let to = if to.contains("tag=") { to.to_owned() } else { format!("{to};tag=peer") };
        let copied: String =
            ["Via", "From", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", header(request, name))).concat();
        let text = format!("SIP/2.0 {status}\r\n{copied}To: {to}\r\n{more}Content-Length: 0\r\n\r\n");
        self.socket.send_to(text.as_bytes(), self.auditor).await.unwrap();
    }

    async fn query(&mut self, request: &str) {
        let (sn, device) = (between(request, "<SN>", "<").to_owned(), between(request, "<DeviceID>", "<").to_owned());
        match between(request, "<CmdType>", "<") {
            "Catalog" => {
                let all: Vec<String> = std::iter::once(item(NVR, PLATFORM, "<Parental>1</Parental>"))
                    .chain((0..4).map(|n| item(&camera(n), NVR, "<Parental>0</Parental><Status>ON</Status>")))
                    .collect();
                let (sum, items) = match (device == PLATFORM, self.way) {
                    (true, Way::Short) => (5, &all[..4]),
                    (true, Way::Refusing) => (5, &all[..]),
                    (false, _) => {
                        self.seen.lock().unwrap().branches.push(device.clone());
                        (5, &all[..])
                    }
                };
                let content = body("Response", "Catalog", &sn, &device, &list(sum, items));
                self.send("MESSAGE", "", &content).await;
            }
            "DeviceInfo" => {
                self.seen.lock().unwrap().infos.push(device.clone());
                let channels = if device == PLATFORM { "0" } else { "4" };
                let content =
                    body("Response", "DeviceInfo", &sn, &device, &format!("<Result>OK</Result><Channel>{channels}</Channel>"));
                self.send("MESSAGE", "", &content).await;
            }
            _ => (),
        }
    }

    async fn subscribe(&mut self, request: &str) {
        self.seen.lock().unwrap().subscribes.push(request.to_owned());
        if self.way == Way::Refusing {
            return self.answer(request, "405 Method Not Allowed", "").await;
        }
        self.answer(
            request,
            "200 OK",
            &format!("Contact: <sip:{PLATFORM}@{}>\r\nExpires: 600\r\n", self.socket.local_addr().unwrap()),
        )
        .await;
        if header(request, "Expires") == "0" {
            return;
        }
        let told = [
            item(&camera(0), NVR, "<Event>OFF</Event>"),
            item(&camera(1), NVR, "<Event>DEL</Event>"),
            item(&camera(9), NVR, "<Event>ADD</Event><Status>ON</Status>"),
        ];
        let content = body("Notify", "Catalog", "77", PLATFORM, &list(3, &told));
        let headers = format!(
            "Call-ID: {}\r\nFrom: {};tag=peer\r\nTo: {}\r\nEvent: {}\r\nSubscription-State: active\r\n",
            header(request, "Call-ID"),
            header(request, "To"),
            header(request, "From"),
            header(request, "Event")
        );
        self.send("NOTIFY", &headers, &content).await;
    }

    async fn run(mut self, mut over: Stopped) {
        self.send("REGISTER", "Expires: 3600\r\n", "").await;
        let mut buffer = vec![0; 65_536];
        loop {
            let length = tokio::select! {
                received = self.socket.recv_from(&mut buffer) => received.unwrap().0,
                () = over.stopped() => return,
            };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.starts_with("SIP/2.0 200") && header(&text, "CSeq").ends_with("NOTIFY") {
                self.seen.lock().unwrap().notifies_answered += 1;
            } else if text.starts_with("MESSAGE") {
                self.answer(&text, "200 OK", "").await;
                self.query(&text).await;
            } else if text.starts_with("SUBSCRIBE") {
                self.subscribe(&text).await;
            } else if !text.starts_with("SIP/2.0") {
                self.answer(&text, "200 OK", "").await;
            }
        }
    }
}

fn audited(way: Way, check: CrossCheck, first_port: u16) -> (Report, Seen) {
    let mut auditor = Auditor::new(first_port);
    auditor.order.plan = ProbePlan::No;
    auditor.order.platforms[0].password = None;
    auditor.order.catalog.cross_check = check;
    let (seen, address) = (Arc::<Mutex<Seen>>::default(), auditor.udp);
    let shared = seen.clone();
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |over| {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Peer { socket, auditor: address, way, seen: shared, number: 0 }.run(over).await;
    });
    let evidence: Evidence = evidence.into_iter().next().unwrap();
    (report(evidence), Arc::into_inner(seen).unwrap().into_inner().unwrap())
}

#[test]
fn a_short_answer_is_repaired_by_its_branch_and_notices_stand_beside_it() {
    let (report, seen) = audited(Way::Short, CrossCheck::Off, 36_000);
    assert_eq!(report.catalog.state, CatalogState::Complete, "{:?}", report.catalog.proof.parts);
    assert_eq!((report.catalog.proof.basis.name(), report.catalog.proof.from_branches), ("branches", 1));
    assert_eq!(seen.branches, [NVR], "only the recorder that says it has more channels");
    assert_eq!(seen.infos.first().map(String::as_str), Some(NVR));

    let [begin, end] = seen.subscribes.as_slice() else { panic!("{:?}", seen.subscribes) };
    assert!(header(begin, "Event").starts_with("Catalog;id=") && !header(begin, "Contact").is_empty());
    assert_eq!((header(begin, "Expires"), header(end, "Expires")), ("600", "0"));
    assert_eq!((header(begin, "Call-ID"), header(begin, "Event")), (header(end, "Call-ID"), header(end, "Event")));
    assert!(header(end, "To").contains("tag=peer"), "inside the dialog");
    assert_eq!(seen.notifies_answered, 1);
    let subscription = report.header.witnesses.subscription.as_ref().unwrap();
    assert_eq!((subscription.outcome.as_str(), subscription.ended, subscription.lost), ("accepted", true, false));

    let notices = &report.catalog.notices;
    assert_eq!((notices.messages, notices.deleted(), notices.added.len()), (1, 1, 1));
    assert_eq!(report.cameras.len(), 4, "what is deleted meanwhile stays, what is added does not come in");
    let lines: Vec<serde_json::Value> =
        file(&report, "devices.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["status"], &lines[0]["notified"]["status"]), (&"ON".into(), &"OFF".into()));
    assert_eq!(lines[1]["notified"]["deleted"], true);
    let json: serde_json::Value = serde_json::from_str(&file(&report, "report.json")).unwrap();
    assert_eq!((&json["catalog"]["proof"], &json["catalog"]["notified"]["off"]), (&"branches".into(), &1.into()));
    let journal: Vec<serde_json::Value> =
        file(&report, "journal.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let standings: Vec<_> = journal.iter().map(|line| line["standing"].as_str().unwrap()).collect();
    assert_eq!(standings, ["answer", "answer", "answer", "notified"]);
    assert_eq!((&journal[3]["method"], &journal[0]["transport"]), (&"NOTIFY".into(), &"UDP".into()));
}

#[test]
fn a_refused_subscription_costs_nothing_and_a_whole_list_for_a_branch_is_no_branch() {
    let (report, seen) = audited(Way::Refusing, CrossCheck::Tree, 36_400);
    assert_eq!(report.catalog.state, CatalogState::Complete);
    assert_eq!(report.catalog.proof.basis.name(), "two_answers");
    assert_eq!((seen.subscribes.len(), seen.branches.as_slice()), (1, &[NVR.to_owned()][..]));
    assert!(report.catalog.proof.parts.last().unwrap().ignored, "five of five for a recorder");
    let source = |id: &str| report.catalog.proof.sources.iter().find(|t| t.source.id() == id).unwrap().agreement.name();
    let said = ["query_1", "query_2", "branches", "platform_channels", "recorder_channels", "subscription", "poll"].map(source);
    assert_eq!(said, ["agrees", "agrees", "cannot_tell", "cannot_tell", "agrees", "cannot_tell", "not_asked"]);
    assert_eq!(report.header.incomplete, None);
}
