//! A camera made by others: the device side of an independent crate registers with us, and is audited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gb28181_rs::config::{CatalogChannel, Gb28181Config, Transport};
use gb28181_rs::frame::{AccessUnit, Nalu};
use gb28181_rs::mock::MockFrameHub;
use gb28181_rs::server::Gb28181Server;
use gbaudit::catalog::CatalogState;
use gbaudit::probe::outcome::MediaTransport;
use serde_json::Value;

use crate::support::{AUDITOR, Auditor, PASSWORD, PLATFORM, Witness, file, report};

const CHANNELS: [&str; 3] = ["37172300001320000001", "37172300001320000002", "37172300001320000003"];

/// What stands between start codes.
fn nal_units(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = (3..stream.len()).filter(|i| stream[i - 3..*i] == [0, 0, 1]).collect();
    let ends = starts.iter().skip(1).map(|i| i - 3).chain([stream.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let unit = &stream[*start..end];
            // A start code of four octets leaves its first behind.
            unit.strip_suffix(&[0]).unwrap_or(unit)
        })
        .collect()
}

/// The pictures of a clip, one access unit each.
fn clip() -> Vec<Vec<Nalu>> {
    let octets = include_bytes!("../../fixtures/media/h264_baseline_640x360.h264");
    let mut units: Vec<Vec<Nalu>> = vec![vec![]];
    for data in nal_units(octets) {
        let nalu_type = data[0] & 0x1F;
        let full = units.last().unwrap().iter().any(|n| matches!(n.nalu_type, 1 | 5));
        if full {
            units.push(vec![]);
        }
        units.last_mut().unwrap().push(Nalu {
            nalu_type,
            data: data.to_vec(),
            is_idr: nalu_type == 5,
            is_sps: nalu_type == 7,
            is_pps: nalu_type == 8,
            is_aud: nalu_type == 9,
        });
    }
    units
}

/// What it is told of whom it registers with.
pub struct Superior<'a> {
    pub port: u16,
    pub domain: &'a str,
    pub password: &'a str,
}

/// A platform of three cameras, as that crate is set.
pub fn config(superior: &Superior<'_>, transport: Transport) -> Gb28181Config {
    let config = serde_json::json!({
        "platform_sip_address": "127.0.0.1", "platform_sip_port": superior.port, "device_id": PLATFORM, "channel_id": CHANNELS[0],
        "sip_domain": superior.domain, "password": superior.password, "local_sip_port": 0, "heartbeat_interval_secs": 60,
    });
    let mut config: Gb28181Config = serde_json::from_value(config).unwrap();
    config.transport = transport;
    config.extra_channels = CHANNELS
        .iter()
        .map(|id| CatalogChannel {
            device_id: (*id).to_owned(),
            name: format!("文亭街道{id}"),
            manufacturer: "M".into(),
            model: "IPC".into(),
            status: "ON".into(),
            ptz_type: Some(3),
            photoelectric_imaging_type: None,
        })
        .collect();
    config
}

/// Lets it live, its pictures going round, until something ends.
pub async fn alive(config: Gb28181Config, over: impl Future<Output = ()>) {
    let hub = Arc::new(MockFrameHub::new());
    let mut server = Gb28181Server::start(config, hub.clone(), None).await.unwrap();
    let clip = clip();
    let mut beat = tokio::time::interval(Duration::from_millis(40));
    let mut pictures = clip.iter().cycle();
    let mut over = std::pin::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => break,
            _ = beat.tick() => {
                let nalus = pictures.next().unwrap().clone();
                let is_key_frame = nalus.iter().any(|n| n.is_idr);
                hub.write(AccessUnit { nalus, timestamp: Instant::now(), is_key_frame });
            }
        }
    }
    server.shutdown().await.unwrap();
}

fn audited(transport: Transport, media: MediaTransport, first_port: u16) {
    let mut auditor = Auditor::new(first_port).transports(&[media]);
    // It serves one viewer at a time. Its own item, of type 200, is a node and no camera.
    auditor.order.probe.parallel = 1;
    let port = if transport == Transport::Udp { auditor.udp } else { auditor.tcp }.port();
    let config = config(&Superior { port, domain: &AUDITOR[..10], password: PASSWORD }, transport);
    let (evidence, ()) = auditor.audit(Arc::new(Witness::default()), async move |mut over| alive(config, over.stopped()).await);
    let report = report(evidence.into_iter().next().unwrap());
    assert_eq!(report.catalog.state, CatalogState::Complete, "{:?}", report.header.heard);
    let lines: Vec<Value> = file(&report, "devices.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let codes: Vec<&str> = lines.iter().map(|l| l["device_id"].as_str().unwrap()).collect();
    assert_eq!(codes, CHANNELS);
    for line in &lines {
        assert_eq!(line["probe"]["verdict"], "picture", "{line:#} {:#?}", report.probes);
        assert_eq!((&line["probe"]["width"], &line["probe"]["height"]), (&640.into(), &360.into()));
    }
    assert_eq!(report.header.footprint.dialogs, report.header.footprint.ended);
}

#[test]
fn a_device_of_another_make_over_udp() {
    audited(Transport::Udp, MediaTransport::Udp, 34_000);
}

#[test]
fn a_device_of_another_make_over_udp_with_media_over_tcp() {
    audited(Transport::Udp, MediaTransport::TcpPassive, 34_400);
    audited(Transport::Udp, MediaTransport::TcpActive, 34_800);
}

#[test]
fn a_device_of_another_make_that_dials_in_over_tcp() {
    audited(Transport::TcpOut, MediaTransport::Udp, 35_200);
}
