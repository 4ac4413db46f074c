//! Every result file of a small run, kept: a change of one character is seen, and looked at before it is accepted.

use gbaudit::base::lang::Lang;
use gbaudit::base::time::Timestamp;
use gbaudit::evidence::heard::{Heard, HeardKind};
use gbaudit::evidence::soundness::{ClockState, Control, OwnClock, Soundness, Tapes, When};
use gbaudit::evidence::{Evidence, Footprint, Header, Message, Mode, PlatformFacts, ProbePlan, Query, WaiverFile, Witnesses};
use gbaudit::probe::outcome::ProbeRecord;
use gbaudit::probe::outcome::ends::{Ends, Media, PeerClock, Signalling, Ssrc};
use gbaudit::profile::RateId;
use gbaudit::report::{EXPORTERS, Report, summary};

use crate::support::{AUDITOR, PLATFORM, file};

/// What was known of our own side: a control camera with a picture before and after, and both clocks.
fn soundness(probes: &[ProbeRecord]) -> Soundness {
    let control = |when| Control { when, record: ProbeRecord { snapshot: None, ..probes[0].clone() } };
    let at = Timestamp::parse_rfc3339("2026-11-24T00:59:58Z").unwrap();
    Soundness {
        clock: Some(OwnClock {
            state: ClockState::Synchronised,
            by: "systemd-timesyncd".into(),
            marked: Some("2026-11-24T00:40:00Z".into()),
        }),
        peer_clock: PeerClock::read("2026-11-24T08:59:59.250", "registration", at, None),
        controls: vec![control(When::Before), control(When::After)],
        tapes: Some(Tapes { kept: 6, bytes: 41_000, left_out: 1 }),
    }
}

/// Both ends of the first call.
fn ends() -> Ends {
    let text = |text: &str| Some(text.to_owned());
    Ends {
        signalling: Signalling { transport: "UDP".into(), ours: "192.0.2.9:5060".into(), theirs: "192.0.2.7:5060".into() },
        media: Some(Media { ours: "192.0.2.9:30000".into(), told: text("192.0.2.8:9000"), seen: text("192.0.2.8:9000") }),
        ssrc: Ssrc { asked: "0723000001".into(), answered: text("0723000001"), seen: text("0723000001") },
        clock: PeerClock::read(
            "Tue, 24 Nov 2026 01:00:03 GMT",
            "answer",
            Timestamp::parse_rfc3339("2026-11-24T01:00:01.012Z").unwrap(),
            Some(12),
        ),
    }
}

pub(crate) fn evidence() -> Evidence {
    let mut probes: Vec<ProbeRecord> =
        serde_json::from_str(include_str!("../../fixtures/runs/seven_cameras/probes.json")).unwrap();
    probes[0].attempts[0].ends = Some(Box::new(ends()));
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap().micros();
    let started = at("2026-11-24T01:00:00Z");
    Evidence {
        header: Header {
            run_id: "20261124-0900-0001".into(),
            mode: Mode::Live,
            started,
            finished: at("2026-11-24T01:02:10Z"),
            version: "0.0.0".into(),
            incomplete: None,
            profile: gbaudit::profile::Profile::embedded("sd-2022-basic").unwrap().to_owned(),
            jurisdiction: vec!["371723".into()],
            rates: RateId::ALL.iter().map(|r| r.key().to_owned()).collect(),
            platform: PlatformFacts {
                name: "chengwu".into(),
                id: PLATFORM.into(),
                role: "subordinate".into(),
                transport: "UDP".into(),
                address: "192.0.2.7:5060".into(),
                user_agent: "Platform 5.1".into(),
                edition: "2016".into(),
                edition_source: "default".into(),
                device: vec![("DeviceName".into(), "成武县视频平台".into()), ("Manufacturer".into(), "厂商甲".into())],
                expected: Some(9),
                expected_source: "平台首页".into(),
            },
            local_id: AUDITOR.into(),
            queries: vec![Query { sn: 17, before: 0, sent: started, end: "answered".into(), ..Query::default() }],
            ways: vec![],
            witnesses: Witnesses::default(),
            probing: ProbePlan::All,
            conduct: gbaudit::evidence::conduct::Conduct::default(),
            resumed: Vec::new(),
            footprint: Footprint {
                queries: 3,
                invites: 10,
                peak_sessions: 4,
                dialogs: 5,
                ended: 5,
                media_bytes: 29_588,
                ..Footprint::default()
            },
            heard: vec![Heard { at: started, kind: HeardKind::Stranger, detail: "34020000002000000009 192.0.2.9:5060".into() }],
            masked_passwords: 0,
            soundness: soundness(&probes),
            signalling: vec![],
            boundaries: None,
            supplied: vec![],
            waivers: None,
            measured: None,
            carried: None,
            confirmation: None,
        },
        messages: vec![Message {
            at: Timestamp::from_micros(started),
            call_id: "catalogue".into(),
            body: include_bytes!("../../fixtures/runs/seven_cameras/catalogue.xml").to_vec().into(),
            ..Message::default()
        }],
        tables: vec![],
        probes,
    }
}

fn drawn(lang: Lang) -> Report {
    gbaudit::audit::assess::assess(evidence(), lang, None).unwrap()
}

#[test]
fn the_summary_in_both_languages() {
    insta::assert_snapshot!("summary.zh", summary::render(&drawn(Lang::Zh)));
    insta::assert_snapshot!("summary.en", summary::render(&drawn(Lang::En)));
}

#[test]
fn every_file_of_every_exporter() {
    let report = drawn(Lang::Zh);
    for name in EXPORTERS.iter().flat_map(|e| e.files).map(|f| f.name) {
        insta::assert_snapshot!(name, file(&report, name));
    }
}

#[test]
fn waivers_of_several_platforms_are_counted_together() {
    let text = "rule,code,reason,approver,until\nG05,37172300011320000003,moved,office,2026-11-24\n\
                D05,38*,moved,office,2026-11-24\n*,37*,moved,office,2026-11-23\n";
    let mut together = gbaudit::audit::together::Together::default();
    for name in ["chengwu", "juye"] {
        let mut evidence = evidence();
        evidence.header.platform.name = name.into();
        evidence.header.waivers = Some(WaiverFile { name: "waivers.csv".into(), text: text.into() });
        if name == "juye" {
            evidence.messages.clear();
        }
        together.add(&gbaudit::audit::assess::assess(evidence, Lang::En, Some(name.into())).unwrap());
    }
    let union = together.finish().unwrap();
    let tally = union.waivers.as_ref().unwrap();
    assert_eq!(
        tally.rows.iter().map(|r| (r.state().key(), r.cameras)).collect::<Vec<_>>(),
        [("effective", 1), ("unused", 0), ("expired", 0)]
    );
    assert_eq!(union.readings.iter().find(|r| r.id == "compliance.with_waivers").map(|r| r.value.denominator), Some(7));
    for file in gbaudit::report::union::FILES.iter().filter(|file| ["report.json", "report.html"].contains(&file.name)) {
        let mut written = Vec::new();
        (file.write)(&union, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains("37172300011320000003") && written.contains("expired"), "{}", file.name);
    }
    let screen = gbaudit::report::union::render(&union);
    assert!(screen.contains("3 waivers as of 2026-11-24: 1 effective, 1 expired, 1 unused"), "{screen}");
}

#[test]
fn nothing_a_platform_sent_is_live_in_what_a_clerk_opens() {
    let report = drawn(Lang::Zh);
    let (html, csv) = (file(&report, "report.html"), file(&report, "findings.csv"));
    assert!(!html.contains("<script") && !html.contains("<b>Found"), "a tag of the platform's stands in the page");
    assert!(html.contains("&#60;script&#62;") || html.contains("&lt;script&gt;"));
    assert!(csv.starts_with('\u{feff}'));
    let cells =
        csv::ReaderBuilder::new().has_headers(false).from_reader(csv.trim_start_matches('\u{feff}').as_bytes()).into_records();
    for cell in cells.flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell} is a formula");
    }
}

#[test]
fn the_public_edition_of_a_live_run_names_no_address_and_no_serial() {
    let mut with_waivers = evidence();
    let text = "rule,code,reason,approver,until\nG05,37172300011320000003,搬到别处,某办公室,2026-11-24\n";
    with_waivers.header.waivers = Some(WaiverFile { name: "某人.csv".into(), text: text.into() });
    for evidence in [evidence(), with_waivers] {
        let public = gbaudit::report::public::edition(gbaudit::audit::assess::assess(evidence, Lang::Zh, None).unwrap());
        for name in ["report.html", "findings.csv", "estate.csv", "units.csv", "report.xlsx", "report.docx"] {
            let text = file(&public, name);
            for secret in
                ["192.0.2.", "00000001", "1320000003", "snapshots/", ".jpg", "Platform 5.1", "搬到别处", "某办公室", "某人"]
            {
                assert!(!text.contains(secret), "{secret} stands in {name}");
            }
        }
    }
}
