use super::*;
use crate::media::codec::{h264, h265};
use crate::media::mux::{Clip, Packetizer, PsOptions, ps_pack};
use crate::media::nal::PayloadFormat;

const SSRC: u32 = 723_000_001;

fn clip(name: &str) -> Clip {
    let codec: &'static Codec = if name.starts_with("h265") { &h265::CODEC } else { &h264::CODEC };
    let path = format!("{}/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
    Clip::parse(codec, &std::fs::read(path).unwrap())
}

const BASELINE: &str = "h264_baseline_640x360.h264";

fn packets_of(clip: &Clip, options: PsOptions) -> Vec<Vec<u8>> {
    let mut packetizer = Packetizer { ssrc: SSRC, payload_type: 96, sequence: 65_500 };
    let frames = clip.frames.iter().zip(0_u32..);
    frames
        .flat_map(|(frame, i)| {
            let pack = ps_pack(frame, clip.codec, u64::from(i) * 3600, options);
            packetizer.octets(&pack, i * 3600)
        })
        .collect()
}

fn negotiated() -> Negotiated {
    Negotiated {
        ssrcs: vec![SSRC],
        payloads: vec![(96, "PS".into()), (98, "H264".into()), (99, "H265".into())],
        address: Some("192.0.2.31".parse().unwrap()),
        port: Some(62_010),
        tcp: false,
    }
}

const FROM: Source = Source { address: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 31)), 62_010), tcp: false };

/// Feeds packets one a millisecond; gives the first decoded picture's size with the packet number, and the
/// receiver.
fn run(packets: &[Vec<u8>]) -> (Option<(usize, usize)>, Receiver) {
    let mut receiver = Receiver::new(negotiated(), Vec::new());
    let mut picture = None;
    let mut try_decode = |receiver: &mut Receiver| {
        if let (None, Some((frame, codec, _))) = (picture, receiver.take_key_frame()) {
            picture = (codec.decode)(&frame.nals).ok().map(|p| (p.width(), p.height()));
        }
    };
    for (packet, ms) in packets.iter().zip(0..) {
        receiver.packet(packet, FROM, Mono::from_millis(ms));
        try_decode(&mut receiver);
    }
    receiver.flush(Mono::from_millis(1_000_000));
    try_decode(&mut receiver);
    (picture, receiver)
}

#[track_caller]
fn check(packets: &[Vec<u8>], size: Option<(usize, usize)>, oddities: &[&str]) -> Receiver {
    let (picture, receiver) = run(packets);
    assert_eq!(picture, size);
    assert_eq!(receiver.oddities().ids().collect::<Vec<_>>(), oddities);
    receiver
}

const SMALL: Option<(usize, usize)> = Some((640, 360));

#[test]
fn plain_streams_give_pictures_without_oddity() {
    for (name, size) in [
        (BASELINE, (640, 360)),
        ("h264_high_b_frames_704x576.h264", (704, 576)),
        ("h264_multi_slice_1280x720.h264", (1280, 720)),
        ("h264_high_1920x1080.h264", (1920, 1080)),
        ("h265_main_640x360.h265", (640, 360)),
        ("h265_main10_640x360.h265", (640, 360)),
    ] {
        check(&packets_of(&clip(name), PsOptions::default()), Some(size), &[]);
    }
}

#[test]
fn ps_deviations_are_put_up_with_and_named() {
    let with = |options: PsOptions| packets_of(&clip(BASELINE), options);
    let o = PsOptions::default();
    check(&with(PsOptions { no_map: true, ..o }), SMALL, &["ps_without_psm"]);
    check(&with(PsOptions { map_type: Some(0x24), ..o }), SMALL, &["psm_wrong"]);
    check(&with(PsOptions { length_zero: true, ..o }), SMALL, &["pes_length_zero"]);
    check(&with(PsOptions { private: true, ..o }), SMALL, &["ps_private_stream"]);
    check(&with(PsOptions { garbage: true, ..o }), SMALL, &["ps_resync"]);
    check(&with(PsOptions { stuffing: 3, ..o }), SMALL, &[]);
    check(&with(PsOptions { short_pack: true, ..o }), SMALL, &["ps_short_pack_header", "ps_without_psm"]);
}

#[test]
fn a_foreign_ssrc_source_or_payload_type_never_passes_silently() {
    let mut packets = packets_of(&clip(BASELINE), PsOptions::default());
    for packet in &mut packets {
        packet[8..12].copy_from_slice(&7_u32.to_be_bytes());
        packet[1] = (packet[1] & 0x80) | 0x64;
    }
    check(&packets, SMALL, &["payload_type_mismatch", "ssrc_mismatch"]);

    let mut receiver = Receiver::new(negotiated(), Vec::new());
    let other = Source { address: "198.51.100.1:5".parse().unwrap(), tcp: false };
    receiver.packet(&packets_of(&clip(BASELINE), PsOptions::default())[0], other, Mono::ZERO);
    assert_eq!(receiver.oddities().ids().collect::<Vec<_>>(), ["source_address_mismatch", "source_port_mismatch"]);
}

#[test]
fn stragglers_of_an_earlier_call_are_not_a_picture() {
    let mut expected = negotiated();
    expected.ssrcs = vec![1];
    let left = Straggler { ssrc: SSRC, source: FROM.address, next: 65_490, until: None };
    let mut receiver = Receiver::new(expected, vec![left]);
    for packet in packets_of(&clip(BASELINE), PsOptions::default()) {
        receiver.packet(&packet, FROM, Mono::ZERO);
    }
    receiver.flush(Mono::ZERO);
    assert!(receiver.take_key_frame().is_none());
    assert_eq!((receiver.shortfall(), receiver.seen().packets), (Shortfall::NoPacket, 0));
}

#[test]
fn a_gateway_that_sends_every_stream_under_one_ssrc_is_not_taken_for_its_own_straggler() {
    let mut expected = negotiated();
    expected.ssrcs = vec![1];
    let here = Straggler { ssrc: SSRC, source: FROM.address, next: 65_490, until: None };
    let elsewhere = Straggler { source: "192.0.2.31:62012".parse().unwrap(), ..here };
    let over = Straggler { until: Some(Mono::from_millis(10)), ..here };
    let numbered_anew = Straggler { next: 30_000, ..here };
    for earlier in [elsewhere, over, numbered_anew] {
        let mut receiver = Receiver::new(expected.clone(), vec![earlier]);
        for packet in packets_of(&clip(BASELINE), PsOptions::default()) {
            receiver.packet(&packet, FROM, Mono::from_millis(10));
        }
        receiver.flush(Mono::from_millis(10));
        assert!(receiver.take_key_frame().is_some(), "{earlier:?}");
    }
}

#[test]
fn reordered_and_repeated_packets_cost_nothing() {
    let mut packets = packets_of(&clip(BASELINE), PsOptions::default());
    for i in (0..packets.len() - 1).step_by(2) {
        packets.swap(i, i + 1);
    }
    packets.insert(5, packets[3].clone());
    // The very first packet came second: it is late for a receiver that began with the other one.
    check(&packets, SMALL, &["packets_reordered", "packets_repeated"]);
}

#[test]
fn a_lost_packet_in_the_first_key_frame_waits_for_the_next_one() {
    let clip = clip(BASELINE);
    let mut packets = packets_of(&clip, PsOptions::default());
    packets.remove(2);
    let (picture, receiver) = run(&packets);
    assert_eq!(picture, SMALL);
    let ids: Vec<_> = receiver.oddities().ids().collect();
    assert!(ids.contains(&"packets_lost"), "{ids:?}");
    let only_first: Vec<_> = packets.into_iter().take(20).collect();
    let (picture, receiver) = run(&only_first);
    assert_eq!((picture, receiver.shortfall()), (None, Shortfall::DamagedInTransit));
}

#[test]
fn a_sender_that_cannot_count_is_believed_the_second_time() {
    let clip = clip(BASELINE);
    let mut packetizer = Packetizer { ssrc: SSRC, payload_type: 96, sequence: 0 };
    let mut packets = Vec::new();
    for (frame, i) in clip.frames.iter().zip(0_u32..) {
        let mut pack = ps_pack(frame, clip.codec, 0, PsOptions::default());
        let pes = pack.windows(4).position(|w| w == [0, 0, 1, 0xE0]).unwrap();
        let length = u16::from_be_bytes([pack[pes + 4], pack[pes + 5]]) + 20;
        pack[pes + 4..pes + 6].copy_from_slice(&length.to_be_bytes());
        packets.extend(packetizer.octets(&pack, i * 3600));
    }
    check(&packets, SMALL, &["key_frame_damaged", "pes_length_wrong"]);
}

#[test]
fn video_without_ps_is_found_by_its_units() {
    for (name, format, payload_type) in [
        (BASELINE, PayloadFormat::H264, 98),
        (BASELINE, PayloadFormat::H264, 96),
        ("h265_main_640x360.h265", PayloadFormat::H265, 99),
        ("h265_main_640x360.h265", PayloadFormat::H265, 96),
    ] {
        let clip = clip(name);
        let mut packetizer = Packetizer { ssrc: SSRC, payload_type, sequence: 0 };
        let packets: Vec<_> =
            clip.frames.iter().zip(0_u32..).flat_map(|(frame, i)| packetizer.raw(frame, format, i * 3600)).collect();
        check(&packets, SMALL, &["raw_elementary"]);
    }
}

#[test]
fn shortfalls_are_told_apart() {
    let shortfall = |packets: &[Vec<u8>]| {
        let (picture, receiver) = run(packets);
        assert_eq!(picture, None);
        receiver.shortfall()
    };
    let o = PsOptions::default();
    assert_eq!(shortfall(&[]), Shortfall::NoPacket);
    assert_eq!(shortfall(&packets_of(&clip(BASELINE), PsOptions { audio_only: true, ..o })), Shortfall::NoVideo);
    assert_eq!(shortfall(&packets_of(&clip("h264_p_frames_only_640x360.h264"), o)), Shortfall::NoKeyFrame);

    let mut late = clip(BASELINE);
    late.frames.drain(..1);
    late.frames.truncate(20);
    assert_eq!(shortfall(&packets_of(&late, o)), Shortfall::NoKeyFrame, "slices without any parameter set");

    let mut bare = clip(BASELINE);
    bare.frames.iter_mut().for_each(|f| f.nals.retain(|n| !matches!(n[0] & 0x1F, 7 | 8)));
    assert_eq!(shortfall(&packets_of(&bare, o)), Shortfall::NoParameterSets);

    let svac = Clip {
        codec: &h264::CODEC,
        frames: (0..40).map(|i| crate::media::mux::Frame { nals: vec![vec![0xF5; 3000]], key: i % 10 == 0 }).collect(),
    };
    assert_eq!(shortfall(&packets_of(&svac, PsOptions { map_type: Some(0x80), ..o })), Shortfall::Unsupported("SVAC"));
}

#[test]
fn a_transport_stream_is_named() {
    let mut packetizer = Packetizer { ssrc: SSRC, payload_type: 96, sequence: 0 };
    let mut packet = vec![0x47, 0x40, 0x00, 0x10];
    packet.resize(188, 0xFF);
    let packets: Vec<_> = (0..6).flat_map(|i| packetizer.octets(&packet.repeat(7), i * 3600)).collect();
    assert_eq!(run(&packets).1.shortfall(), Shortfall::Unsupported("MPEG-TS"));
}

/// Periodic intra refresh has one IDR and then none: who joins later has no picture to begin with (4.8.3 leaves it open).
#[test]
fn a_stream_of_intra_refresh_gives_a_picture_from_its_idr_alone() {
    let mut refresh = clip("h264_recovery_point_640x360.h264");
    check(&packets_of(&refresh, PsOptions::default()), SMALL, &[]);
    refresh.frames.remove(0);
    let (picture, receiver) = run(&packets_of(&refresh, PsOptions::default()));
    assert_eq!((picture, receiver.shortfall()), (None, Shortfall::NoKeyFrame));
    assert_eq!(receiver.seen().seen.refreshes, 3, "pictures 25, 50 and 75");
}

#[test]
fn a_source_that_changes_its_ssrc_in_the_middle_goes_on() {
    let clip = clip(BASELINE);
    let packets = packets_of(&clip, PsOptions::default());
    // The first key frame is cut in its middle by the change.
    let renamed = packets.iter().enumerate().map(|(n, packet)| {
        let mut packet = packet.clone();
        if n >= 3 {
            packet[8..12].copy_from_slice(&(SSRC + 1).to_be_bytes());
        }
        packet
    });
    check(&renamed.collect::<Vec<_>>(), SMALL, &["ssrc_mismatch", "two_ssrcs"]);
}

#[test]
fn rates_of_the_stream_are_measured_on_the_way() {
    let clip = clip(BASELINE);
    let mut receiver = Receiver::new(negotiated(), Vec::new());
    let mut packetizer = Packetizer { ssrc: SSRC, payload_type: 96, sequence: 1 };
    for (frame, i) in clip.frames.iter().zip(0_u32..60) {
        let pack = ps_pack(frame, clip.codec, u64::from(i) * 3600, PsOptions::default());
        for packet in packetizer.octets(&pack, i * 3600) {
            receiver.packet(&packet, FROM, Mono::from_millis(u64::from(i) * 40));
        }
    }
    let seen = receiver.seen();
    assert_eq!((seen.rates.frame_rate_x100, seen.rates.jitter_us, seen.seen.gop), (Some(2_500), Some(0), Some(25)));
    assert!(seen.rates.bitrate_kbps.is_some_and(|rate| (100..2_000).contains(&rate)), "{:?}", seen.rates);
}

#[test]
fn noise_is_no_video() {
    let mut state = 3_u64;
    let mut noise = |n: usize| -> Vec<u8> {
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                u8::try_from(state >> 56).unwrap()
            })
            .collect()
    };
    let mut packetizer = Packetizer { ssrc: SSRC, payload_type: 96, sequence: 0 };
    let in_rtp: Vec<_> = (0..400).flat_map(|i| packetizer.octets(&noise(1000), i)).collect();
    let (picture, receiver) = run(&in_rtp);
    assert_eq!((picture, receiver.shortfall()), (None, Shortfall::NoVideo));
    packetizer.payload_type = 98;
    let as_h264: Vec<_> = (0..400).flat_map(|i| packetizer.octets(&noise(1000), i)).collect();
    assert_eq!(run(&as_h264).1.shortfall(), Shortfall::NoVideo);
    let bare: Vec<_> = (0..400).map(|_| noise(700)).collect();
    assert_eq!(run(&bare).1.shortfall(), Shortfall::NoVideo);
}

#[test]
fn encrypted_video_is_our_limit_and_not_a_missing_one() {
    let frames = (0..30).map(|i| crate::media::mux::Frame { nals: vec![vec![0xA7; 2000]], key: i == 0 }).collect();
    let mut packets = packets_of(&Clip { codec: &h264::CODEC, frames }, PsOptions::default());
    // Not even start codes are left.
    for packet in &mut packets {
        let mut from = 12;
        while let Some(at) = packet[from..].windows(4).position(|w| w == [0, 0, 0, 1]) {
            packet[from + at..from + at + 4].fill(0x99);
            from += at + 4;
        }
    }
    assert_eq!(run(&packets).1.shortfall(), Shortfall::Opaque);
}

#[test]
fn the_source_with_video_wins_over_a_louder_one() {
    let mut packets = Vec::new();
    let mut other = Packetizer { ssrc: 9, payload_type: 8, sequence: 0 };
    for packet in packets_of(&clip(BASELINE), PsOptions::default()) {
        packets.extend(other.octets(&[0xD5; 160], 0));
        packets.extend(other.octets(&[0xD5; 160], 0));
        packets.push(packet);
    }
    let (picture, receiver) = run(&packets);
    assert_eq!((picture, receiver.seen().ssrc), (SMALL, Some(SSRC)));
    assert!(receiver.oddities().has(oddity::TWO_SSRCS));
}

#[test]
fn a_picture_nothing_follows_is_complete_after_a_second_of_silence() {
    let clip = clip(BASELINE);
    let first: Vec<_> = packets_of(&Clip { codec: clip.codec, frames: clip.frames[..1].to_vec() }, PsOptions::default());
    let mut receiver = Receiver::new(negotiated(), Vec::new());
    for packet in &first {
        receiver.packet(packet, FROM, Mono::from_millis(40));
    }
    receiver.tick(Mono::from_millis(900));
    assert!(receiver.take_key_frame().is_none());
    receiver.tick(Mono::from_millis(1_040));
    let (frame, _, at) = receiver.take_key_frame().unwrap();
    assert_eq!((frame.whole, at), (true, Mono::from_millis(40)), "timed by its last packet, not by our patience");
}
