use super::*;

fn peer(reliable: bool) -> Hop {
    let link = if reliable { Link::Stream(1) } else { Link::Udp(0) };
    Hop { link, peer: "192.0.2.1:5060".parse().unwrap() }
}

fn request(method: &str, number: u32) -> Bytes {
    Bytes::from(format!(
        "{method} sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{number}\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>\r\nCall-ID: c\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    ))
}

fn parsed(octets: &Bytes) -> Box<Message> {
    Box::new(Message::parse_datagram(octets).unwrap())
}

fn response(code: u16, method: &str, number: u32, tag: &str) -> Box<Message> {
    parsed(&Bytes::from(format!(
        "SIP/2.0 {code} x\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{number}\r\nFrom: <sip:1@2>;tag=a\r\nTo: <sip:3@4>;tag={tag}\r\nCall-ID: c\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    )))
}

/// What the layer did, shortened: `send METHOD`, `send 200`, `got 200`, `request MESSAGE`, `timeout`.
fn did(t: &mut Transactions) -> Vec<String> {
    std::iter::from_fn(|| t.poll())
        .map(|action| match action {
            Action::Transmit { octets, .. } => {
                let message = Message::parse_datagram(&octets).unwrap();
                match message.method() {
                    Some(method) => format!("send {}", method.as_str()),
                    None => format!("send {}", message.code().unwrap()),
                }
            }
            Action::Request { message, cancels, .. } => {
                let what = if cancels.is_some() { " of an INVITE" } else { "" };
                format!("request {}{what}", message.method().unwrap().as_str())
            }
            Action::Ack { .. } => "ack".into(),
            Action::Response { message, repeated: false, .. } => format!("got {}", message.code().unwrap()),
            Action::Response { message, .. } => format!("again {}", message.code().unwrap()),
            Action::Failed { failure, .. } => format!("{failure:?}").to_lowercase(),
            Action::Stray { message, .. } => format!("stray {}", message.code().unwrap()),
        })
        .collect()
}

/// Runs the clock to `until` and tells at which milliseconds something was sent.
fn sent_at(t: &mut Transactions, until_ms: u64) -> Vec<u64> {
    let mut at = Vec::new();
    while let Some(next) = t.next_deadline().filter(|n| *n <= Mono::from_millis(until_ms)) {
        t.tick(next);
        if did(t).iter().any(|d| d.starts_with("send")) {
            at.push(next.millis_since(Mono::ZERO));
        }
    }
    at
}

#[test]
fn a_silent_peer_is_asked_at_the_times_of_rfc_3261_and_given_up_after_32_s() {
    let mut t = Transactions::default();
    t.request(request("MESSAGE", 1), peer(false), TIMEOUT, Mono::ZERO);
    assert_eq!(did(&mut t), ["send MESSAGE"]);
    assert_eq!(sent_at(&mut t, 31_999), [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    t.tick(Mono::from_millis(32_000));
    assert_eq!(did(&mut t), ["timeout"]);
    assert_eq!((t.counts(), t.next_deadline()), ((0, 0), None));
}

#[test]
fn an_invite_doubles_its_interval_without_bound() {
    let mut t = Transactions::default();
    t.request(request("INVITE", 1), peer(false), TIMEOUT, Mono::ZERO);
    did(&mut t);
    assert_eq!(sent_at(&mut t, 31_999), [500, 1500, 3500, 7500, 15_500, 31_500]);
}

#[test]
fn the_answer_to_a_request_of_an_earlier_process_is_taken_and_nothing_is_sent_for_it() {
    let mut t = Transactions::default();
    t.adopt(request("INVITE", 1), peer(false), Duration::from_secs(8), Mono::ZERO);
    assert_eq!((did(&mut t).len(), sent_at(&mut t, 7_999).len()), (0, 0));
    t.receive(response(487, "INVITE", 1, "b"), peer(false), Mono::from_millis(7_999));
    assert_eq!(did(&mut t), ["send ACK", "got 487"]);
    t.adopt(request("INVITE", 2), peer(false), Duration::from_secs(8), Mono::from_millis(8_000));
    t.tick(Mono::from_millis(16_000));
    assert_eq!(did(&mut t), ["timeout"]);
}

#[test]
fn nothing_is_repeated_over_tcp() {
    let mut t = Transactions::default();
    t.request(request("MESSAGE", 1), peer(true), TIMEOUT, Mono::ZERO);
    did(&mut t);
    assert_eq!(sent_at(&mut t, 31_999), Vec::<u64>::new());
}

#[test]
fn an_answered_message_is_over_and_late_copies_are_swallowed() {
    let mut t = Transactions::default();
    t.request(request("MESSAGE", 1), peer(false), TIMEOUT, Mono::ZERO);
    did(&mut t);
    t.receive(response(200, "MESSAGE", 1, "b"), peer(false), Mono::from_millis(10));
    assert_eq!(did(&mut t), ["got 200"]);
    t.receive(response(200, "MESSAGE", 1, "b"), peer(false), Mono::from_millis(20));
    assert_eq!(did(&mut t), Vec::<String>::new());
    t.tick(Mono::from_millis(5_010));
    assert_eq!(t.counts(), (0, 0));
}

#[test]
fn every_copy_of_a_200_to_an_invite_is_acknowledged_again() {
    let mut t = Transactions::default();
    let id = t.request(request("INVITE", 1), peer(false), TIMEOUT, Mono::ZERO);
    t.receive(response(100, "INVITE", 1, ""), peer(false), Mono::from_millis(5));
    t.receive(response(200, "INVITE", 1, "b"), peer(false), Mono::from_millis(10));
    assert_eq!(did(&mut t), ["send INVITE", "got 100", "got 200"]);
    t.acknowledge(id, "b", request("ACK", 1));
    assert_eq!(did(&mut t), ["send ACK"]);
    t.receive(response(200, "INVITE", 1, "b"), peer(false), Mono::from_millis(510));
    assert_eq!(did(&mut t), ["send ACK", "again 200"]);
    t.receive(response(200, "INVITE", 1, "fork"), peer(false), Mono::from_millis(600));
    assert_eq!(did(&mut t), ["got 200"], "another dialog of the same INVITE");
}

#[test]
fn a_refused_invite_is_acknowledged_by_the_layer_itself() {
    let mut t = Transactions::default();
    t.request(request("INVITE", 1), peer(false), TIMEOUT, Mono::ZERO);
    did(&mut t);
    t.receive(response(486, "INVITE", 1, "b"), peer(false), Mono::from_millis(10));
    assert_eq!(did(&mut t), ["send ACK", "got 486"]);
    t.receive(response(486, "INVITE", 1, "b"), peer(false), Mono::from_millis(510));
    assert_eq!(did(&mut t), ["send ACK"]);
}

#[test]
fn a_provisional_answer_ends_repeats_and_timeout_until_the_caller_cancels() {
    let mut t = Transactions::default();
    let id = t.request(request("INVITE", 1), peer(false), TIMEOUT, Mono::ZERO);
    t.receive(response(180, "INVITE", 1, "b"), peer(false), Mono::from_millis(10));
    did(&mut t);
    assert_eq!(t.next_deadline(), None);
    t.expect_end(id, TIMEOUT, Mono::from_millis(20_000));
    t.tick(Mono::from_millis(52_000));
    assert_eq!(did(&mut t), ["timeout"]);
}

#[test]
fn a_response_with_a_foreign_via_is_matched_by_its_call() {
    let mut t = Transactions::default();
    t.request(request("MESSAGE", 1), peer(false), TIMEOUT, Mono::ZERO);
    did(&mut t);
    let mut odd = response(200, "MESSAGE", 1, "b");
    odd.headers.retain(|h| h.name != "via");
    t.receive(odd, peer(false), Mono::from_millis(10));
    assert_eq!(did(&mut t), ["got 200"]);
    t.receive(response(200, "MESSAGE", 9, "b"), peer(false), Mono::from_millis(20));
    assert_eq!(did(&mut t), ["stray 200"]);
}

#[test]
fn a_repeat_is_answered_from_the_transaction_and_not_handled_twice() {
    let mut t = Transactions::default();
    let message = parsed(&request("MESSAGE", 1));
    t.receive(message.clone(), peer(false), Mono::ZERO);
    let Some(Action::Request { id, .. }) = t.poll() else { panic!("no request") };
    t.receive(message.clone(), peer(false), Mono::ZERO);
    assert_eq!(did(&mut t), Vec::<String>::new(), "nothing to answer with yet");
    t.respond(id, 200, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"), Mono::ZERO);
    t.receive(message.clone(), peer(false), Mono::from_millis(500));
    assert_eq!(did(&mut t), ["send 200", "send 200"]);
    t.tick(Mono::from_millis(32_000));
    assert_eq!(t.counts(), (0, 0));
}

#[test]
fn another_body_under_an_old_branch_is_a_new_message() {
    let mut t = Transactions::default();
    let mut message = parsed(&request("MESSAGE", 1));
    t.receive(message.clone(), peer(false), Mono::ZERO);
    message.body = Bytes::from_static(b"<other/>");
    t.receive(message, peer(false), Mono::ZERO);
    assert_eq!(did(&mut t), ["request MESSAGE", "request MESSAGE"]);
}

#[test]
fn our_200_to_an_invite_is_repeated_until_the_ack() {
    let mut t = Transactions::default();
    t.receive(parsed(&request("INVITE", 1)), peer(false), Mono::ZERO);
    let Some(Action::Request { id, .. }) = t.poll() else { panic!("no request") };
    t.respond(id, 200, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"), Mono::ZERO);
    assert_eq!(did(&mut t), ["send 200"]);
    assert_eq!(sent_at(&mut t, 1_600), [500, 1500]);
    t.receive(parsed(&request("ACK", 1)), peer(false), Mono::from_millis(1_700));
    assert_eq!(did(&mut t), ["ack"]);
    assert_eq!(sent_at(&mut t, 40_000), Vec::<u64>::new());
}

#[test]
fn a_cancel_names_the_invite_it_ends() {
    let mut t = Transactions::default();
    t.receive(parsed(&request("INVITE", 1)), peer(false), Mono::ZERO);
    t.receive(parsed(&request("CANCEL", 1)), peer(false), Mono::ZERO);
    assert_eq!(did(&mut t), ["request INVITE", "request CANCEL of an INVITE"]);
}

#[test]
fn a_broken_connection_fails_what_was_asked_over_it() {
    let mut t = Transactions::default();
    t.request(request("MESSAGE", 1), peer(true), TIMEOUT, Mono::ZERO);
    t.request(request("MESSAGE", 2), peer(false), TIMEOUT, Mono::ZERO);
    did(&mut t);
    t.link_lost(Link::Stream(1));
    assert_eq!((did(&mut t), t.counts().0), (vec!["linklost".to_owned()], 1));
}

#[test]
fn what_peers_make_us_hold_is_bounded_by_octets() {
    let mut t = Transactions::default();
    let response = Bytes::from(vec![b'x'; 64 * 1024]);
    for number in 0..3_000 {
        t.receive(parsed(&request("MESSAGE", number)), peer(false), Mono::ZERO);
        let Some(Action::Request { id, .. }) = t.poll() else { panic!("no request") };
        t.respond(id, 200, response.clone(), Mono::ZERO);
        t.poll();
    }
    assert!(t.held_bytes <= MAX_HELD_BYTES, "{}", t.held_bytes);
    let kept = t.counts().1;
    assert!(kept < 1_100);
    assert_eq!(t.take_forgotten() + u64::try_from(kept).unwrap(), 3_000, "what is not kept is counted");
    assert_eq!(t.take_forgotten(), 0);
}
