//! A SIP stack made by others: its digest, transactions and retransmissions against ours, with a platform of our own
//! few lines on top.

use std::sync::Arc;

use gbaudit::catalog::CatalogState;
use gbaudit::net::Protocol;
use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::registration::Registration;
use rsipstack::sip::{Header, Method, StatusCode, Uri};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::TransportLayer;
use rsipstack::transport::udp::UdpConnection;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::{AUDITOR, Auditor, PASSWORD, PLATFORM, Witness, file, report};

const CODES: [&str; 3] = ["37172300001320000001", "37172300001320000002", "37172300001320000003"];

fn catalogue(sn: &str) -> String {
    let item = |code: &&str| {
        format!(
            "<Item><DeviceID>{code}</DeviceID><Name>文亭街道{code}</Name><Manufacturer>M</Manufacturer><Model>IPC</Model>\
             <CivilCode>371723</CivilCode><Parental>0</Parental><ParentID>{PLATFORM}</ParentID><Status>ON</Status></Item>"
        )
    };
    let items: String = CODES.iter().map(item).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<Response><CmdType>Catalog</CmdType><SN>{sn}</SN><DeviceID>{PLATFORM}</DeviceID>\
         <SumNum>3</SumNum><DeviceList Num=\"3\">{items}</DeviceList></Response>"
    )
}

fn audited(password: &'static str, wait: std::time::Duration) -> gbaudit::report::Report {
    let mut auditor = Auditor::new(35_600);
    auditor.order.wait = wait;
    assert!(auditor.order.local.listen.iter().any(|a| a.protocol == Protocol::Udp));
    let server: Uri = format!("sip:{AUDITOR}@{}", auditor.udp).parse().unwrap();
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |mut over| {
        let cancel = CancellationToken::new();
        let transport = TransportLayer::new(cancel.clone());
        let udp =
            UdpConnection::create_connection("127.0.0.1:0".parse().unwrap(), None, Some(cancel.child_token())).await.unwrap();
        transport.add_transport(udp.into());
        let endpoint = EndpointBuilder::new().with_transport_layer(transport).with_cancel_token(cancel.clone()).build();
        let inner = endpoint.inner.clone();
        let serving = tokio::spawn(async move { inner.serve().await });
        let credential = Credential { username: PLATFORM.into(), password: password.into(), realm: None, auth_username: None };
        let mut registration = Registration::new(endpoint.inner.clone(), Some(credential));
        let _ = registration.register(server.clone(), Some(3_600)).await;
        let mut incoming = endpoint.incoming_transactions().unwrap();
        loop {
            let mut transaction = tokio::select! {
                () = over.stopped() => break,
                transaction = incoming.recv() => transaction.unwrap(),
            };
            let request = transaction.original.clone();
            match request.method {
                Method::Message => {
                    transaction.reply(StatusCode::OK).await.unwrap();
                    let body = String::from_utf8_lossy(&request.body).into_owned();
                    if body.contains("<CmdType>Catalog</CmdType>") {
                        let sn = body.split("<SN>").nth(1).unwrap().split('<').next().unwrap().to_owned();
                        let via = endpoint.inner.get_via(None, None).unwrap();
                        let own: Uri = format!("sip:{PLATFORM}@3717230000").parse().unwrap();
                        let from = rsipstack::sip::typed::From { display_name: None, uri: own, params: vec![] };
                        let to = rsipstack::sip::typed::To { display_name: None, uri: server.clone(), params: vec![] };
                        let from = from.with_tag("peer".into());
                        let mut message = endpoint.inner.make_request(Method::Message, server.clone(), via, from, to, 1, None);
                        message.headers.push(Header::ContentType("Application/MANSCDP+xml".into()));
                        message.body = catalogue(&sn).into_bytes();
                        let key = TransactionKey::from_request(&message, TransactionRole::Client).unwrap();
                        let mut sending = Transaction::new_client(key, message, endpoint.inner.clone(), None);
                        sending.send().await.unwrap();
                        tokio::spawn(async move { while sending.receive().await.is_some() {} });
                    }
                }
                Method::Invite => {
                    let code = request.uri.auth.as_ref().map(|a| a.user.clone()).unwrap_or_default();
                    let status = [StatusCode::BusyHere, StatusCode::NotFound, StatusCode::TemporarilyUnavailable]
                        [CODES.iter().position(|c| *c == code).unwrap()]
                    .clone();
                    tokio::spawn(async move {
                        transaction.reply(StatusCode::Ringing).await.unwrap();
                        transaction.reply(status).await.unwrap();
                        // The ACK ends it.
                        while transaction.receive().await.is_some() {}
                    });
                }
                _ => transaction.reply(StatusCode::OK).await.unwrap(),
            }
        }
        cancel.cancel();
        serving.abort();
    });
    report(evidence.into_iter().next().unwrap())
}

#[test]
fn another_stack_registers_answers_and_refuses() {
    let report = audited(PASSWORD, std::time::Duration::from_secs(30));
    assert_eq!(report.catalog.state, CatalogState::Complete, "{:?}", report.header.heard);
    let lines: Vec<Value> = file(&report, "devices.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said: Vec<(&str, u64)> =
        lines.iter().map(|l| (l["probe"]["cause"].as_str().unwrap(), l["probe"]["attempts"].as_u64().unwrap())).collect();
    assert_eq!(said, [("capacity", 3), ("rejected", 1), ("rejected", 3)], "{lines:#?}");
    assert!(report.probes.values().flat_map(|r| &r.attempts).all(|a| a.provisional == [180]));
}

#[test]
fn another_stack_with_a_wrong_password_stays_outside() {
    let report = audited("trout", std::time::Duration::from_secs(3));
    assert_eq!(report.header.incomplete.map(gbaudit::evidence::Incomplete::id), Some("never_registered"));
    let kinds: Vec<&str> = report.header.heard.iter().map(|h| h.kind.id()).collect();
    assert!(kinds.contains(&"wrong_password"), "{kinds:?}");
}
