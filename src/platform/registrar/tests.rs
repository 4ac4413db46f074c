use bytes::Bytes;

use super::*;
use crate::base::secret::Secret;
use crate::edition::Edition;
use crate::net::Address;
use crate::platform::Role;
use crate::sip::dialog::Party;

const ID: &str = "37172300002000000002";

fn setting() -> PlatformSetting {
    PlatformSetting {
        name: "chengwu".into(),
        party: Party { id: ID.into(), domain: "3717230000".into() },
        role: Role::Subordinate,
        address: None,
        username: None,
        password: Some(Secret::new("pw")),
        edition: None,
        charset: None,
        media_ip: None,
        parallel: None,
        product: None,
        expected: None,
        expected_source: String::new(),
        control_cameras: Vec::new(),
        trust: None,
    }
}

fn udp(peer: &str) -> Hop {
    Hop { link: Link::Udp(0), peer: peer.parse().unwrap() }
}

fn tcp(id: u64, peer: &str) -> Hop {
    Hop { link: Link::Stream(id), peer: peer.parse().unwrap() }
}

const HERE: &str = "192.0.2.1:5060";

fn request(method: &str, id: &str, headers: &str) -> Message {
    let text = format!(
        "{method} sip:37172300002000000001@3717230000 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1\r\nFrom: <sip:{id}@3717230000>;tag=a\r\nTo: <sip:{id}@3717230000>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\nContact: <sip:{id}@10.0.0.9:5060>\r\n{headers}\r\n"
    );
    Message::parse_datagram(&Bytes::from(text)).unwrap()
}

struct Bench {
    registrar: Registrar,
    count: u32,
}

impl Bench {
    fn new(setting: PlatformSetting) -> Self {
        Self { registrar: Registrar::new("3717230000", vec![setting]), count: 0 }
    }

    fn send(&mut self, headers: &str, hop: Hop, now: Mono) -> Reply {
        self.count += 1;
        self.registrar.register(
            &request("REGISTER", ID, headers),
            hop,
            now,
            Timestamp::from_micros(0),
            u128::from(self.count).to_be_bytes(),
        )
    }

    /// The whole exchange with a password; gives the last reply and the header that was used.
    fn log_in(&mut self, password: &str, more: &str, hop: Hop, now: Mono) -> (Reply, String) {
        let reply = self.send(more, hop, now);
        assert_eq!(reply.code, 401);
        let challenge = Challenge::parse(&reply.headers[0].1).unwrap();
        let answer = Credentials::answer(&challenge, ID, &Secret::new(password), ("REGISTER", "sip:x@y"), (1, "cn"));
        let header = format!("Authorization: {}\r\n{more}", answer.render());
        (self.send(&header, hop, now), header)
    }
}

fn kind(reply: &Reply) -> HeardKind {
    reply.heard.as_ref().unwrap().0
}

#[test]
fn a_platform_registers_refreshes_and_unregisters() {
    let mut bench = Bench::new(setting());
    let (reply, _) = bench.log_in("pw", "Expires: 3600\r\nUser-Agent: Demo\r\nX-GB-Ver: 3.0\r\n", udp(HERE), Mono::ZERO);
    assert_eq!((reply.code, reply.change, kind(&reply)), (200, Some((0, Change::Registered)), HeardKind::Registered));
    assert!(reply.headers.contains(&("Expires", "3600".into())));
    assert!(reply.headers.contains(&("Date", "1970-01-01T08:00:00.000".into())));
    let registration = bench.registrar.registration(0).unwrap();
    assert_eq!((registration.user_agent.as_str(), registration.version.as_deref()), ("Demo", Some("3.0")));
    let (reply, _) = bench.log_in("pw", "Expires: 3600\r\n", udp(HERE), Mono::from_millis(1));
    assert_eq!(reply.change, Some((0, Change::Refreshed)));
    let (reply, _) = bench.log_in("pw", "Expires: 0\r\n", udp(HERE), Mono::from_millis(2));
    assert_eq!((reply.change, bench.registrar.registration(0)), (Some((0, Change::Unregistered)), None));
}

#[test]
fn the_validity_comes_from_header_contact_or_default_and_stays_in_bounds() {
    let granted = |headers: &str| {
        let mut bench = Bench::new(PlatformSetting { password: None, ..setting() });
        let reply = bench.send(headers, udp(HERE), Mono::ZERO);
        reply.headers.iter().find(|(name, _)| *name == "Expires").unwrap().1.clone()
    };
    assert_eq!(granted("Expires: 7200\r\n"), "7200");
    assert_eq!(granted(""), "3600");
    assert_eq!(granted("Expires: 5\r\n"), "300");
    assert_eq!(granted("Expires: 99999999\r\n"), "604800");
}

#[test]
fn a_wrong_password_is_challenged_once_more_then_refused_and_never_locked_out() {
    let mut bench = Bench::new(setting());
    let (first, _) = bench.log_in("wrong", "", udp(HERE), Mono::ZERO);
    assert_eq!((first.code, kind(&first)), (401, HeardKind::WrongPassword));
    assert!(!first.headers[0].1.contains("qop"), "the second challenge is without qop");
    let (second, _) = bench.log_in("wrong", "", udp(HERE), Mono::ZERO);
    assert_eq!((second.code, kind(&second)), (403, HeardKind::WrongPassword));
    assert_eq!(bench.log_in("pw", "", udp(HERE), Mono::ZERO).0.code, 200);
}

#[test]
fn an_old_answer_cannot_be_used_again() {
    let mut bench = Bench::new(setting());
    let (_, header) = bench.log_in("pw", "", udp(HERE), Mono::ZERO);
    let replay = bench.send(&header, udp("198.51.100.9:5060"), Mono::from_millis(5));
    assert_eq!((replay.code, kind(&replay), replay.change), (401, HeardKind::Replayed, None));
    assert!(replay.headers[0].1.contains("stale=true"));
    assert_eq!(bench.registrar.registration(0).unwrap().hop, udp(HERE));
}

#[test]
fn strangers_and_other_addresses_are_refused() {
    let mut registrar = Registrar::new("3717230000", vec![setting()]);
    let reply = registrar.register(
        &request("REGISTER", "34010000002000000001", ""),
        udp(HERE),
        Mono::ZERO,
        Timestamp::from_micros(0),
        [0; 16],
    );
    assert_eq!((reply.code, kind(&reply)), (403, HeardKind::Stranger));

    let address = |text: &str, protocol| Some(Address { protocol, socket: text.parse().unwrap() });
    let mut bench = Bench::new(PlatformSetting { address: address(HERE, Protocol::Udp), password: None, ..setting() });
    assert_eq!(bench.send("", udp("192.0.2.1:5061"), Mono::ZERO).code, 403);
    assert_eq!(bench.send("", udp("192.0.2.2:5060"), Mono::ZERO).code, 403);
    assert_eq!(bench.send("", udp(HERE), Mono::ZERO).code, 200);
    assert_eq!(bench.send("", tcp(1, "192.0.2.1:40000"), Mono::ZERO).code, 200, "over TCP the port is another one");
    assert_eq!(bench.send("", tcp(2, "192.0.2.9:40000"), Mono::ZERO).code, 403);
}

#[test]
fn another_user_name_and_certificates_are_named() {
    let mut bench = Bench::new(PlatformSetting { username: Some("admin".into()), ..setting() });
    assert_eq!(kind(&bench.log_in("pw", "", udp(HERE), Mono::ZERO).0), HeardKind::WrongUser);
    let mut bench = Bench::new(setting());
    let reply = bench.send("Authorization: Capability algorithm=\"A:SM2\"\r\n", udp(HERE), Mono::ZERO);
    assert_eq!((reply.code, kind(&reply)), (401, HeardKind::Certificate));
}

#[test]
fn messages_are_believed_only_from_where_a_platform_registered() {
    let mut bench = Bench::new(setting());
    let message = request("MESSAGE", ID, "");
    let standing = |bench: &mut Bench, hop: Hop, ms: u64| bench.registrar.message(&message, hop, true, Mono::from_millis(ms));
    assert_eq!(standing(&mut bench, udp(HERE), 0), Standing::Unregistered(0));
    bench.log_in("pw", "", udp(HERE), Mono::ZERO);
    assert_eq!(standing(&mut bench, udp(HERE), 1), Standing::Known(0));
    assert!(matches!(standing(&mut bench, udp("192.0.2.1:5999"), 2), Standing::Moved(0, _)), "a NAT gave it another port");
    assert_eq!(standing(&mut bench, udp("198.51.100.9:5060"), 3), Standing::Unregistered(0), "another address is not followed");
    assert_eq!(
        bench.registrar.message(&request("MESSAGE", "34010000002000000001", ""), udp("198.51.100.9:1"), false, Mono::ZERO),
        Standing::Stranger
    );
    // From may be the channel: then the way it came decides.
    let channel = request("MESSAGE", "37172300011320000001", "");
    assert_eq!(bench.registrar.message(&channel, udp("192.0.2.1:5999"), false, Mono::from_millis(4)), Standing::Known(0));
    assert_eq!(standing(&mut bench, udp("192.0.2.1:5999"), 4_000_000), Standing::Unregistered(0), "the registration ran out");
}

#[test]
fn three_missed_keepalives_or_a_run_out_validity_are_off_line() {
    let mut bench = Bench::new(setting());
    bench.log_in("pw", "", udp(HERE), Mono::ZERO);
    assert!(bench.registrar.lost(Mono::from_millis(185_000)).is_empty());
    assert_eq!(bench.registrar.lost(Mono::from_millis(185_001)).len(), 1);
    assert_eq!(bench.registrar.registration(0), None);
}

#[test]
fn a_slower_keepalive_is_learnt() {
    let mut bench = Bench::new(setting());
    bench.log_in("pw", "Expires: 86400\r\n", udp(HERE), Mono::ZERO);
    let message = request("MESSAGE", ID, "");
    for n in 1..=5 {
        bench.registrar.message(&message, udp(HERE), true, Mono::from_millis(n * 120_000));
    }
    assert_eq!(bench.registrar.registration(0).unwrap().patience(), Duration::from_secs(365));
}

#[test]
fn too_many_wrong_passwords_lock_a_source_out_of_one_code_for_a_while() {
    let other = PlatformSetting { party: Party { id: "37172300002000000003".into(), ..setting().party }, ..setting() };
    let mut bench = Bench { registrar: Registrar::new("3717230000", vec![setting(), other]), count: 0 };
    let attacker = udp("198.51.100.9:5060");
    let mut kinds = Vec::new();
    for n in 0..MAX_WRONG as u64 {
        kinds.push(bench.log_in("guess", "", attacker, Mono::from_millis(n * 1_000)).0.code);
    }
    assert_eq!(kinds, [401, 403, 401, 403, 403]);
    let at = Mono::from_millis(6_000);
    let locked = bench.send("", attacker, at);
    assert_eq!((locked.code, kind(&locked)), (403, HeardKind::LockedOut));
    assert!(locked.heard.unwrap().1.ends_with("-> 08:01:59"), "it says until when");
    assert_eq!(bench.send("", udp("198.51.100.9:9"), at).code, 403, "another port is the same source");
    assert_eq!(bench.log_in("pw", "", udp(HERE), at).0.code, 200, "the right platform at its own address");
    let neighbour = request("REGISTER", "37172300002000000003", "");
    let reply = bench.registrar.register(&neighbour, attacker, at, Timestamp::from_micros(0), [9; 16]);
    assert_eq!(reply.code, 401, "another platform behind the same address");
    let later = Mono::from_millis(4_000).plus(LOCKED_FOR);
    assert_eq!(bench.log_in("pw", "", attacker, later).0.code, 200, "a corrected password gets in afterwards");
}

#[test]
fn a_registered_platform_is_not_locked_out_by_somebody_behind_its_address() {
    let mut bench = Bench::new(setting());
    assert_eq!(bench.log_in("pw", "", udp(HERE), Mono::ZERO).0.code, 200);
    for n in 0..MAX_WRONG as u64 {
        bench.log_in("guess", "", udp("192.0.2.1:6000"), Mono::from_millis(n));
    }
    assert_eq!(bench.send("", udp("192.0.2.1:6000"), Mono::from_millis(9)).code, 403);
    assert_eq!(bench.log_in("pw", "", udp(HERE), Mono::from_millis(9)).0.code, 200);
}

#[test]
fn of_a_platform_that_makes_room_nothing_is_remembered() {
    let mut bench = Bench::new(setting());
    for _ in 0..MAX_WRONG {
        bench.log_in("wrong", "", udp(HERE), Mono::ZERO);
    }
    assert_eq!(kind(&bench.send("", udp(HERE), Mono::ZERO)), HeardKind::LockedOut);
    bench.registrar.replace(0, setting());
    assert_eq!(bench.log_in("pw", "", udp(HERE), Mono::ZERO).0.code, 200);
    bench.registrar.replace(0, setting());
    assert!(bench.registrar.registration(0).is_none());
}

#[test]
fn an_answer_to_a_nonce_we_never_gave_is_not_held_against_its_source() {
    let mut bench = Bench::new(setting());
    let challenge = Challenge { realm: "3717230000".into(), nonce: "made up".into(), ..Challenge::default() };
    let answer = Credentials::answer(&challenge, ID, &Secret::new("guess"), ("REGISTER", "sip:x@y"), (1, "cn"));
    for _ in 0..3 * MAX_WRONG {
        let reply = bench.send(&format!("Authorization: {}\r\n", answer.render()), udp(HERE), Mono::ZERO);
        assert_eq!((reply.code, kind(&reply)), (401, HeardKind::Challenged));
    }
    assert_eq!(bench.log_in("pw", "", udp(HERE), Mono::ZERO).0.code, 200);
}

#[test]
fn what_is_remembered_of_wrong_passwords_is_bounded() {
    let mut bench = Bench::new(setting());
    for n in 0..MAX_ATTEMPTS as u64 + 100 {
        let hop = udp(&format!("10.{}.{}.1:5060", n / 256, n % 256));
        bench.log_in("guess", "", hop, Mono::from_millis(n));
    }
    assert_eq!(bench.registrar.attempts.len(), MAX_ATTEMPTS);
    let told: Vec<_> = bench.registrar.take_forgotten().collect();
    assert_eq!(told, [(HeardKind::GuessersForgotten, format!("> {MAX_ATTEMPTS}, 100"))]);
    assert_eq!(bench.registrar.take_forgotten().count(), 0, "said once");
}

#[test]
fn our_version_goes_to_whom_the_edition_has_that_header_for() {
    let version = |edition: Option<Edition>, headers: &str, id: &str| {
        let mut registrar = Registrar::new("3717230000", vec![PlatformSetting { edition, ..setting() }]);
        let reply =
            registrar.register(&request("REGISTER", id, headers), udp(HERE), Mono::ZERO, Timestamp::from_micros(0), [0; 16]);
        reply.headers.into_iter().find(|(name, _)| *name == "X-GB-Ver").map(|(_, value)| value)
    };
    assert_eq!(version(None, "X-GB-Ver: 3.0\r\n", ID).as_deref(), Some("3.0"), "also in a 401");
    assert_eq!(version(Some(Edition::Gb2022), "", ID).as_deref(), Some("3.0"));
    assert_eq!(version(None, "", ID), None);
    assert_eq!(version(None, "X-GB-Ver: 2.0\r\n", ID), None);
    assert_eq!(version(Some(Edition::Gb2016), "X-GB-Ver: 3.0\r\n", ID), None, "the operator comes first");
    assert_eq!(version(None, "X-GB-Ver: 3.0\r\n", "34010000002000000001"), None, "a stranger is told nothing");
}

#[test]
fn a_version_declared_once_stays() {
    let mut bench = Bench::new(setting());
    bench.log_in("pw", "X-GB-Ver: 3.0\r\n", udp(HERE), Mono::ZERO);
    bench.log_in("pw", "", udp(HERE), Mono::ZERO);
    assert_eq!(bench.registrar.registration(0).unwrap().version.as_deref(), Some("3.0"));
}

#[test]
fn where_tls_is_set_nothing_else_will_do() {
    let address = Some(Address { protocol: Protocol::Tls, socket: HERE.parse().unwrap() });
    let mut bench = Bench::new(PlatformSetting { address, password: None, ..setting() });
    for plain in [udp(HERE), tcp(1, "192.0.2.1:40000")] {
        let reply = bench.send("", plain, Mono::ZERO);
        assert_eq!((reply.code, kind(&reply)), (403, HeardKind::AddressRefused));
    }
    let secure = Hop { link: Link::Secure(2), peer: "192.0.2.1:40001".parse().unwrap() };
    assert_eq!(bench.send("", secure, Mono::ZERO).code, 200);
}
