//! What was decoded is given back: a decoder that keeps a little of every picture ends a night of a hundred thousand cameras.

use std::process::Command;

use gbaudit::media::codec::{Codec, h264, h265};
use gbaudit::media::nal::AnnexB;

/// Pictures decoded; each is some 350 kB.
const PICTURES: u64 = 60;
/// Kilobytes that may stay of them.
const MAY_STAY: u64 = 4_000;

/// Parameter sets and the first key picture of a clip; `other`: whether a NAL unit is a slice of another picture.
fn key_frame(name: &str, other: fn(u8) -> bool) -> Vec<Vec<u8>> {
    let path = format!("{}/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut splitter = AnnexB::default();
    splitter.push(&std::fs::read(path).unwrap());
    splitter.flush();
    splitter.take().into_iter().map(|nal| nal.octets).take_while(|nal| !other(nal[0])).collect()
}

fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_decoded_picture_leaves_nothing_behind() {
    // In a process of its own: what other tests take is no matter here.
    let arguments = ["--ignored", "--exact", "memory::pictures_decoded_alone"];
    let alone = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&alone.stdout);
    assert!(alone.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "the test above runs it in a process of its own"]
fn pictures_decoded_alone() {
    let clips: [(&Codec, Vec<Vec<u8>>); 2] = [
        (&h264::CODEC, key_frame("h264_baseline_640x360.h264", |first| first & 0x1F == 1)),
        (&h265::CODEC, key_frame("h265_main_640x360.h265", |first| (first >> 1) & 0x3F < 16)),
    ];
    for (codec, nals) in clips {
        // What is set up once is no matter either.
        (0..5).for_each(|_| drop((codec.decode)(&nals).unwrap()));
        let before = resident_kilobytes();
        (0..PICTURES).for_each(|_| drop((codec.decode)(&nals).unwrap()));
        let stayed = resident_kilobytes().saturating_sub(before);
        assert!(stayed < MAY_STAY, "{}: {stayed} kB stayed of {PICTURES} pictures", codec.name);
    }
}
