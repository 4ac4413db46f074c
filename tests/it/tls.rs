//! SIP over TLS: an audit, and everything that can be wrong with the two ends. The certificates are made here.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::catalog::CatalogState;
use gbaudit::config::scene::read_scene;
use gbaudit::evidence::heard::{Heard, HeardKind};
use gbaudit::evidence::{Evidence, ProbePlan};
use gbaudit::net::endpoint::{Endpoint, bind};
use gbaudit::net::tls::Identity;
use gbaudit::net::{Address, LocalSetting, NetError, Protocol, Stop, Trust};
use gbaudit::platform::hub::Hub;
use gbaudit::platform::{PlatformSetting, Role};
use gbaudit::simulator::platform::{Tally, local_setting, run as run_platform};
use gbaudit::simulator::world::World;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, channel};

use crate::support::{AUDITOR, Auditor, PLATFORM, Witness, folder, loopback, party, platform, report};

const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate of its own making for these names, and its key, as PEM.
fn own(names: &[&str]) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    (CertificateParams::new(names).unwrap().self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// An authority, and a certificate of it for these names with its key.
fn signed(names: &[&str]) -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}

fn local(listen: Vec<Address>, identity: Option<Identity>) -> LocalSetting {
    LocalSetting {
        party: party(AUDITOR),
        listen,
        advertise: None,
        media_ip: None,
        media_ports: 39_100..=39_101,
        identity,
        version: None,
    }
}

/// The door of an audit that listens on TLS and on TCP.
struct Door {
    runtime: Runtime,
    live: Receiver<Heard>,
    tls: SocketAddr,
    tcp: SocketAddr,
    _hub: Hub,
}

impl Door {
    fn open((certificate, key): &(String, String)) -> Self {
        let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
        let local = local(vec![loopback(Protocol::Tcp, 0), loopback(Protocol::Tls, 0)], Some(identity));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let inside = runtime.enter();
        let bound = bind(&local).unwrap();
        let addresses = bound.addresses();
        let clock = Arc::new(SystemClock::default());
        let (endpoint, events) = Endpoint::start(local, bound, clock.clone()).unwrap();
        let (sender, live) = channel(1_000);
        let hub = Hub::start(endpoint, events, vec![platform(Role::Subordinate, None)], vec![None], sender, Stop::new().1, clock);
        drop(inside);
        Self { runtime, live, tcp: addresses[0].socket, tls: addresses[1].socket, _hub: hub }
    }

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

    /// Connects as one of ours would.
    fn connect(&self, address: SocketAddr, trust: &Trust) -> Result<(), NetError> {
        let setting = local(vec![loopback(Protocol::Tcp, 0)], None);
        self.runtime.block_on(async {
            let bound = bind(&setting).unwrap();
            let (endpoint, _events) = Endpoint::start(setting, bound, Arc::new(SystemClock::default())).unwrap();
            endpoint.connect(address, Some(trust)).await.map(drop)
        })
    }
}

#[test]
fn a_platform_is_audited_over_tls_and_the_report_says_so() {
    let (certificate, key) = own(&["127.0.0.1"]);
    let place = folder("tls-audit");
    std::fs::write(place.join("auditor.crt"), &certificate).unwrap();
    let mut auditor = Auditor::new(39_200);
    auditor.order.local.listen = vec![loopback(Protocol::Tls, 0)];
    auditor.order.local.identity = Some(Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap());
    auditor.order.plan = ProbePlan::Limit(2);
    let inside = auditor.runtime.enter();
    auditor.bound = bind(&auditor.order.local).unwrap();
    let address = auditor.bound.addresses()[0];
    assert_eq!(address.protocol, Protocol::Tls);
    auditor.order.platforms[0].address = Some(Address { protocol: Protocol::Tls, ..loopback(Protocol::Tls, 5061) });
    let text = format!(
        "[platform]\nid = \"{PLATFORM}\"\nlisten = \"udp:127.0.0.1:0\"\nversion = \"3.0\"\n[superior]\nid = \"{AUDITOR}\"\n\
         address = \"{address}\"\npassword = \"swordfish\"\nretry_s = 1\ntls_ca = \"auditor.crt\"\n[catalog]\ncameras = 20\n"
    );
    let scene = read_scene("s.toml", &text, &place, Lang::En).unwrap();
    let simulated = bind(&local_setting(&scene)).unwrap();
    drop(inside);
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |stop| {
        let (said, _heard) = channel(16);
        let clock = Arc::new(SystemClock::default());
        run_platform(Arc::new(World::new(scene)), simulated, Arc::new(Tally::default()), said, stop, clock).await.unwrap();
    });
    let evidence: Evidence = evidence.into_iter().next().unwrap();
    assert!(!evidence.messages.is_empty());
    assert!(evidence.header.ways.iter().all(|way| way.transport == "TLS"), "{:?}", evidence.header.ways);
    let facts = &evidence.header.platform;
    assert_eq!((facts.transport.as_str(), facts.edition.as_str(), facts.edition_source.as_str()), ("TLS", "2022", "header"));
    // Calls go the same way, and so do their BYEs.
    let answers: Vec<_> = evidence.probes.iter().flat_map(|probe| &probe.attempts).map(|attempt| attempt.status).collect();
    assert_eq!((answers.as_slice(), evidence.probes.len()), (&[Some(200); 2][..], 20));
    let footprint = evidence.header.footprint;
    assert_eq!((footprint.dialogs, footprint.ended, footprint.byes_unanswered), (2, 2, 0));
    let report = report(evidence);
    assert_eq!((report.catalog.state, report.cameras.len()), (CatalogState::Complete, 20));
}

#[test]
fn a_peer_is_believed_as_it_stands_or_by_its_authority_and_name() {
    let pair = own(&["platform.example"]);
    let door = Door::open(&pair);
    let trust = |pem: &str| Trust::from_pem(pem.as_bytes()).unwrap();
    door.connect(door.tls, &trust(&pair.0)).expect("its own certificate, whatever the name");
    door.connect(door.tls, &Trust::unverified()).expect("not verified");
    let stranger = door.connect(door.tls, &trust(&own(&["127.0.0.1"]).0)).unwrap_err();
    assert!(stranger.to_string().contains("tls_ca"), "{stranger}");

    let (authority, certificate, key) = signed(&["sip.example.cn"]);
    let door = Door::open(&(certificate, key));
    let other = door.connect(door.tls, &trust(&authority)).unwrap_err();
    assert!(other.to_string().contains("sip.example.cn"), "{other}");
    door.connect(door.tls, &trust(&authority).named("sip.example.cn").unwrap()).expect("by its name");
    let (_, certificate, key) = signed(&["127.0.0.1"]);
    let door = Door::open(&(certificate, key));
    assert!(door.connect(door.tls, &trust(&authority)).is_err(), "another authority");
}

#[test]
fn our_side_says_what_to_write_when_the_certificate_is_not_believed() {
    let door = Door::open(&own(&["127.0.0.1"]));
    let superior = PlatformSetting {
        trust: Some(Trust::from_pem(own(&["127.0.0.1"]).0.as_bytes()).unwrap()),
        ..platform(Role::Superior, Some(Address { protocol: Protocol::Tls, socket: door.tls }))
    };
    let setting = local(vec![loopback(Protocol::Tcp, 0)], None);
    let (sender, mut live) = channel(100);
    let (_stopper, stop) = Stop::new();
    let heard = door.runtime.block_on(async {
        let bound = bind(&setting).unwrap();
        let clock = Arc::new(SystemClock::default());
        let (endpoint, events) = Endpoint::start(setting, bound, clock.clone()).unwrap();
        let _hub = Hub::start(endpoint, events, vec![superior], vec![None], sender, stop, clock);
        tokio::time::timeout(PATIENCE, live.recv()).await.unwrap().unwrap()
    });
    assert_eq!(heard.kind, HeardKind::TlsUntrusted);
    let (zh, en) = (heard.render(Lang::Zh), heard.render(Lang::En));
    assert!(zh.contains("写入 [[platform]] tls_ca") && en.contains("write the file into [[platform]] tls_ca"), "{zh}\n{en}");
}

#[test]
fn plain_sip_on_the_tls_port_and_tls_on_the_plain_one_are_named() {
    let pair = own(&["127.0.0.1"]);
    let mut door = Door::open(&pair);
    let mut plain = TcpStream::connect(door.tls).unwrap();
    plain.write_all(b"OPTIONS sip:1@2 SIP/2.0\r\n\r\n").unwrap();
    let heard = door.hears(HeardKind::TlsFailed);
    assert!(heard.detail.ends_with("not TLS"), "{}", heard.detail);
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut rest = Vec::new();
    let _ = plain.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"SIP/2.0"));

    let error = door.connect(door.tcp, &Trust::from_pem(pair.0.as_bytes()).unwrap()).unwrap_err();
    assert!(matches!(error, NetError::Tls { .. }), "{error}");
    door.hears(HeardKind::TlsOnPlainPort);
}

#[test]
fn half_a_handshake_ends_and_others_get_in_meanwhile() {
    let pair = own(&["127.0.0.1"]);
    let mut door = Door::open(&pair);
    // The head of a record that never comes.
    let mut silent = TcpStream::connect(door.tls).unwrap();
    silent.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    door.connect(door.tls, &Trust::from_pem(pair.0.as_bytes()).unwrap()).expect("while the other is silent");
    let heard = door.hears(HeardKind::TlsFailed);
    assert!(heard.detail.ends_with("silent for 5 s"), "{}", heard.detail);
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent.read(&mut [0; 64]).unwrap_or(0), 0);
}

#[test]
fn settings_of_tls_say_what_to_write() {
    let place = folder("tls-settings");
    let (certificate, key) = own(&["127.0.0.1"]);
    std::fs::write(place.join("a.crt"), &certificate).unwrap();
    std::fs::write(place.join("a.key"), &key).unwrap();
    std::fs::write(place.join("b.key"), own(&["127.0.0.1"]).1).unwrap();
    let read = |local: &str, platform: &str| {
        let text = format!(
            "[local]\nid = \"{AUDITOR}\"\n{local}\n[[platform]]\nname = \"p\"\nid = \"{PLATFORM}\"\nauth = \"none\"\n{platform}\n[audit]\n"
        );
        gbaudit::config::read("g.toml", &text, &place, Lang::En)
            .map_err(|p| p.iter().map(gbaudit::base::settings_file::Problem::render).collect::<Vec<_>>().join("\n"))
    };
    let tls = "listen = [\"tls:127.0.0.1:5061\"]";
    let good = read(&format!("{tls}\ntls_certificate = \"a.crt\"\ntls_key = \"a.key\""), "").unwrap();
    assert!(good.local.identity.is_some());
    assert!(read(tls, "").unwrap_err().contains("write tls_certificate"));
    let wrong = read(&format!("{tls}\ntls_certificate = \"a.crt\"\ntls_key = \"b.key\""), "").unwrap_err();
    assert!(wrong.contains("is not that of a.crt"), "{wrong}");
    let wrong = read(&format!("{tls}\ntls_certificate = \"a.key\"\ntls_key = \"a.key\""), "").unwrap_err();
    assert!(wrong.contains("no usable certificate in a.key"), "{wrong}");
    let superior = "role = \"superior\"\naddress = \"tls:127.0.0.1:5061\"";
    assert!(read("", superior).unwrap_err().contains("tls_verify = \"off\""));
    assert!(!read("", &format!("{superior}\ntls_verify = \"off\"")).unwrap().platforms[0].trust.as_ref().unwrap().verifies());
    assert!(read("", &format!("{superior}\ntls_ca = \"a.crt\"")).unwrap().platforms[0].trust.as_ref().unwrap().verifies());
    assert!(read("", &format!("{superior}\ntls_ca = \"none.crt\"")).unwrap_err().contains("none.crt cannot be read"));
    let named = read("", &format!("{superior}\ntls_ca = \"a.crt\"\ntls_name = \"no name!\"")).unwrap_err();
    assert!(named.contains("tls_name"), "{named}");
}
