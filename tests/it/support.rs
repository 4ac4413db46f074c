//! What the tests share: an audit in this process, on ports of this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gbaudit::audit::AuditSetting;
use gbaudit::audit::run::{Keeper, Memory, Observer, Order, Progress, run};
use gbaudit::base::clock::SystemClock;
use gbaudit::base::lang::Lang;
use gbaudit::base::secret::Secret;
use gbaudit::evidence::soundness::Soundness;
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Table, Witnesses};
use gbaudit::net::endpoint::{Bound, bind};
use gbaudit::net::{Address, LocalSetting, Protocol, Stop};
use gbaudit::platform::{CatalogSetting, PlatformSetting, Role};
use gbaudit::probe::outcome::{MediaTransport, ProbeRecord};
use gbaudit::probe::setting::ProbeSetting;
use gbaudit::profile::RateId;
use gbaudit::report::Report;
use gbaudit::sip::dialog::Party;
use gbaudit::store::{KeptCapacity, KeptRegistration};

pub const AUDITOR: &str = "37172300002000000001";
pub const PLATFORM: &str = "37172300002000000002";
pub const PASSWORD: &str = "swordfish";

/// Whoever streams to many sessions at once holds this, so that no test starves another of its two cores.
pub static MACHINE: Mutex<()> = Mutex::new(());

/// An empty folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn party(id: &str) -> Party {
    Party { id: id.to_owned(), domain: id[..10].to_owned() }
}

pub fn loopback(protocol: Protocol, port: u16) -> Address {
    Address { protocol, socket: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port) }
}

/// Says when the audit is over.
pub type Stopped = Stop;

/// Watches nothing and keeps nothing but what it was told.
#[derive(Default)]
pub struct Witness {
    pub pictures: Mutex<Vec<(String, Vec<u8>)>>,
    pub tapes: Mutex<Vec<(String, u32, Vec<u8>)>>,
}

impl Observer for Witness {
    fn told(&self, _: Progress) {}
}

impl Keeper for Witness {
    fn catalogued(&self, _: &Header, _: &[Message]) {}
    fn resumed(&self, _: &Header) {}
    fn probed(&self, _: &str, _: &ProbeRecord) {}
    fn snapshot(&self, _: &str, name: &str, jpeg: &[u8]) {
        self.pictures.lock().unwrap().push((name.to_owned(), jpeg.to_vec()));
    }
    fn tape(&self, _: &str, device_id: &str, number: u32, octets: Vec<u8>) {
        self.tapes.lock().unwrap().push((device_id.to_owned(), number, octets));
    }
    fn untape(&self, _: &str, device_id: &str) {
        self.tapes.lock().unwrap().retain(|(code, ..)| code != device_id);
    }
    fn registration(&self, _: &str, _: Option<KeptRegistration>) {}
    fn capacities(&self, _: Vec<KeptCapacity>) {}
}

/// An auditor that listens on both transports.
pub struct Auditor {
    pub runtime: tokio::runtime::Runtime,
    pub bound: Bound,
    pub order: Order,
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
}

impl Auditor {
    /// Binds its sockets. `first_port`: its media ports begin there, so that tests do not meet.
    pub fn new(first_port: u16) -> Self {
        let listen = vec![loopback(Protocol::Udp, 0), loopback(Protocol::Tcp, 0)];
        let mut local = LocalSetting {
            party: party(AUDITOR),
            listen,
            advertise: None,
            media_ip: None,
            media_ports: first_port..=first_port + 399,
            identity: None,
            version: None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let bound = {
            let _inside = runtime.enter();
            bind(&local).unwrap()
        };
        let addresses = bound.addresses();
        local.listen.clone_from(&addresses);
        let of = |protocol| addresses.iter().find(|a| a.protocol == protocol).unwrap().socket;
        let (udp, tcp) = (of(Protocol::Udp), of(Protocol::Tcp));
        let order = Order {
            run_id: "test".into(),
            local,
            platforms: vec![platform(Role::Subordinate, None)],
            audit: AuditSetting {
                profile: gbaudit::config::load_profile("demo", Path::new(""), Lang::Zh).unwrap(),
                jurisdiction: vec!["371723".into()],
                rates: RateId::ALL.to_vec(),
                boundaries: None,
                supplied: vec![],
                waivers: None,
                confirmation: None,
            },
            plan: ProbePlan::All,
            named: Vec::new(),
            probe: ProbeSetting {
                parallel_per_platform: 24,
                parallel_per_device: 24,
                parallel: 24,
                invite_gap: Duration::from_millis(5),
                ..ProbeSetting::default()
            },
            catalog: CatalogSetting::default(),
            measure: gbaudit::evidence::measured::MeasureSetting::default(),
            wait: Duration::from_secs(30),
        };
        Self { runtime, bound, order, udp, tcp }
    }

    pub fn transports(mut self, transports: &[MediaTransport]) -> Self {
        self.order.probe.transports = transports.to_vec();
        self
    }

    /// Runs to its end, together with whatever it is to audit.
    pub fn audit<T>(self, witness: Arc<Witness>, peer: impl AsyncFnOnce(Stopped) -> T) -> (Vec<Evidence>, T) {
        let Self { runtime, bound, order, .. } = self;
        runtime.block_on(async move {
            let (_stopper, stop) = Stop::new();
            let (over, until) = Stop::new();
            let audit = async {
                let clock = Arc::new(SystemClock::default());
                let evidence = run(order, bound, Memory::default(), stop, clock, (witness.clone(), witness)).await.unwrap();
                over.stop();
                evidence
            };
            tokio::join!(audit, peer(until))
        })
    }
}

pub fn platform(role: Role, address: Option<Address>) -> PlatformSetting {
    PlatformSetting {
        name: "chengwu".into(),
        party: party(PLATFORM),
        role,
        address,
        username: None,
        password: Some(Secret::new(PASSWORD)),
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

/// The report of one platform's evidence.
pub fn report(evidence: Evidence) -> Report {
    gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap()
}

/// A result file of a report, as text.
pub fn file(report: &Report, name: &str) -> String {
    let file = gbaudit::report::EXPORTERS.iter().flat_map(|e| e.files).find(|f| f.name == name).unwrap();
    let mut octets = Vec::new();
    (file.write)(report, &mut octets).unwrap();
    match octets.as_slice() {
        [b'P', b'K', ..] => unpacked(&octets),
        [b'%', b'P', b'D', b'F', ..] => bookmarks(&octets),
        _ => String::from_utf8(octets).unwrap(),
    }
}

/// The frame of a document of pages: how many there are, the bookmarks, and how far down each of them leads.
fn bookmarks(octets: &[u8]) -> String {
    let text: String = octets.iter().map(|&b| b as char).collect();
    let pages = text.match_indices("/Type/Page").filter(|(at, _)| text.as_bytes()[at + 10] != b's').count();
    let object = |number: &str| text.split_once(&format!("\n{number} 0 obj\n")).unwrap().1.split_once("\nendobj").unwrap().0;
    let mut out = format!("{pages} pages\n");
    for entry in text.split("/Title<FEFF").skip(1) {
        let (title, rest) = entry.split_once('>').unwrap();
        let units: Vec<u16> =
            (0..title.len()).step_by(4).map(|at| u16::from_str_radix(&title[at..at + 4], 16).unwrap()).collect();
        let Some((destination, _)) = rest.strip_prefix("/Dest ").and_then(|rest| rest.split_once(" 0 R")) else { continue };
        let place = object(destination).split(" 0 R").nth(1).unwrap();
        out.push_str(&format!("{}{place}\n", String::from_utf16(&units).unwrap()));
    }
    out
}

/// What a reader sees of a workbook or a document: the parts with its texts, a line a row or paragraph.
pub fn unpacked(octets: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(octets)).unwrap();
    let mut names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    let shown = |name: &String| {
        name.starts_with("xl/worksheets/sheet")
            || ["xl/sharedStrings.xml", "xl/workbook.xml", "docProps/core.xml", "word/document.xml"].contains(&name.as_str())
    };
    let mut out = String::new();
    for name in names.into_iter().filter(shown) {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(&name).unwrap(), &mut text).unwrap();
        for begin in ["<row ", "<si>", "<sheet ", "<w:p>", "<w:tr>", "<w:tbl>"] {
            text = text.replace(begin, &format!("\n{begin}"));
        }
        out.push_str(&format!("== {name}\n{text}\n"));
    }
    out
}

/// The report of a run whose catalogue is this table, judged for 371723 on a fixed day.
pub fn report_of_table(table: &str) -> Report {
    report(evidence_of_table(table))
}

/// The evidence of it.
pub fn evidence_of_table(table: &str) -> Evidence {
    let at = gbaudit::base::time::Timestamp::from_beijing_date("2026-11-24").unwrap().micros();
    Evidence {
        header: Header {
            run_id: "20261124-0000-0001".into(),
            mode: Mode::File,
            started: at,
            finished: at,
            version: "0.0.0".into(),
            incomplete: None,
            profile: gbaudit::profile::Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec!["371723".into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts { edition: "2016".into(), edition_source: "default".into(), ..PlatformFacts::default() },
            local_id: String::new(),
            queries: Vec::new(),
            ways: Vec::new(),
            witnesses: Witnesses::default(),
            probing: ProbePlan::No,
            conduct: gbaudit::evidence::conduct::Conduct::default(),
            resumed: Vec::new(),
            footprint: Footprint::default(),
            heard: Vec::new(),
            masked_passwords: 0,
            soundness: Soundness::default(),
            signalling: Vec::new(),
            boundaries: None,
            waivers: None,
            measured: None,
            carried: None,
            confirmation: None,
            supplied: Vec::new(),
        },
        messages: Vec::new(),
        tables: vec![Table { name: "run.csv".into(), octets: table.as_bytes().to_vec() }],
        probes: Vec::new(),
    }
}
