//! What one call's media costs once its octets are here, and how fast a program stream is taken apart, each beside FFmpeg's
//! programs on the same octets: `cargo bench --bench media`. Nothing here passes or fails; `docs/PERFORMANCE.md` has the
//! figures. Without `ffprobe` and `ffmpeg` only our half is printed.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement may fail loudly")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gbaudit::base::clock::Mono;
use gbaudit::media::codec::h264;
use gbaudit::media::mux::{Clip, Packetizer, PsOptions, ps_pack};
use gbaudit::media::ps::{Demuxer, VideoSink};
use gbaudit::media::receiver::{Negotiated, Receiver, Source};

/// Pictures of a call: two seconds.
const FRAMES: usize = 50;
/// Of a picture at 2 Mbit/s and 25 pictures a second.
const PICTURE_OCTETS: usize = 10_000;
const ROUNDS: usize = 101;
/// Children are timed by the system's clock ticks of 10 ms, so many of them together.
const CHILDREN: u32 = 20;
const SESSIONS: usize = 200;
const STREAM_OCTETS: usize = 256 * 1024 * 1024;
/// Payload of an RTP packet as platforms cut a program stream.
const PIECE: usize = 1_400;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for name in ["h264_baseline_640x360", "h264_high_1920x1080"] {
        let clip = clip(name);
        verdict(name, &clip, folder);
    }
    demux(&clip("h264_baseline_640x360"), folder);
}

fn clip(name: &str) -> Clip {
    let path = format!("{}/fixtures/media/{name}.h264", env!("CARGO_MANIFEST_DIR"));
    Clip::parse(&h264::CODEC, &std::fs::read(path).unwrap())
}

/// The packs of a stream of 2 Mbit/s that begins in the middle of a group: the key frame comes last. What a picture lacks is
/// filler data (H.264, 7.3.2.7), as encoders of constant rate send it.
fn packs(clip: &Clip) -> Vec<Vec<u8>> {
    let key = clip.frames.iter().find(|frame| frame.key).unwrap();
    let others: Vec<_> = clip.frames.iter().filter(|frame| !frame.key).collect();
    let frames = (1..FRAMES).map(|n| others[n % others.len()]).chain([key, others[0]]);
    let padded = frames.map(|frame| {
        let mut frame = frame.clone();
        let filler = PICTURE_OCTETS.saturating_sub(frame.nals.iter().map(Vec::len).sum());
        frame.nals.push([&[0x0C], vec![0xFF; filler].as_slice(), &[0x80]].concat());
        frame
    });
    (0..).zip(padded).map(|(n, frame)| ps_pack(&frame, &h264::CODEC, n * 3_600, PsOptions::default())).collect()
}

/// From the packets of a call to its key frame, and to what a decoder makes of it.
fn verdict(name: &str, clip: &Clip, folder: &Path) {
    let packs = packs(clip);
    let mut packetizer = Packetizer { ssrc: 7, payload_type: 96, sequence: 0 };
    let packets: Vec<Vec<u8>> = (0..).zip(&packs).flat_map(|(n, pack)| packetizer.octets(pack, n * 3_600)).collect();
    let octets: usize = packs.iter().map(Vec::len).sum();
    println!("{name}: {FRAMES} pictures, the key frame the last, {octets} B in {} packets", packets.len());
    let mut key = None;
    let ours = median(|| {
        let mut receiver = Receiver::new(negotiated(), Vec::new());
        receive(&mut receiver, &packets);
        receiver.flush(Mono::from_millis(3_000));
        key = receiver.take_key_frame();
        black_box(receiver.seen());
    });
    let (key, codec, _) = key.unwrap();
    let decoded = median(|| {
        black_box((codec.decode)(&key.nals).is_ok());
    });
    println!("  octets to key frame {:.3} ms, its decoding {:.1} ms", millis(ours), millis(decoded));
    let before = resident();
    let held: Vec<Receiver> = (0..SESSIONS)
        .map(|_| {
            let mut receiver = Receiver::new(negotiated(), Vec::new());
            receive(&mut receiver, &packets[..packets.len() - 3]);
            receiver
        })
        .collect();
    println!("  {SESSIONS} calls held before their key frame is whole: {} kB each", (resident() - before) / held.len() as u64);
    let path = folder.join("call.ps");
    std::fs::write(&path, packs.concat()).unwrap();
    let arguments = ["-v", "error", "-f", "mpeg", "-show_streams", "-of", "json"];
    if let Some((theirs, memory)) = child("ffprobe", &arguments, &path, &[]) {
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!("  ffprobe -show_streams {:.0} ms of CPU, {memory} kB: {ratio:.0} times ours", millis(theirs));
    }
}

fn negotiated() -> Negotiated {
    Negotiated { ssrcs: vec![7], payloads: vec![(96, "PS".into())], ..Negotiated::default() }
}

fn receive(receiver: &mut Receiver, packets: &[Vec<u8>]) {
    let source = Source { address: "127.0.0.1:30000".parse().unwrap(), tcp: false };
    for (n, packet) in (0..).zip(packets) {
        receiver.packet(packet, source, Mono::from_millis(n));
    }
}

#[derive(Default)]
struct Count(u64);

impl VideoSink for Count {
    fn video(&mut self, octets: &[u8]) {
        self.0 += black_box(octets).len() as u64;
    }
    fn gap(&mut self) {}
    fn short_pes(&mut self) {}
}

fn demux(clip: &Clip, folder: &Path) {
    let unit: Vec<u8> = (0..)
        .zip(&clip.frames)
        .flat_map(|(n, frame)| ps_pack(frame, &h264::CODEC, n * 3_600, PsOptions { audio: true, ..PsOptions::default() }))
        .collect();
    let stream: Vec<u8> = unit.iter().copied().cycle().take(STREAM_OCTETS / unit.len() * unit.len()).collect();
    let mut damaged = stream.clone();
    // One octet in ten thousand is another, start codes and lengths among them.
    for (n, at) in (0..damaged.len()).step_by(10_000).enumerate() {
        let at = (at + n * 7_919 % 10_000).min(damaged.len() - 1);
        damaged[at] ^= 0x5A;
    }
    println!("program stream of {} MB in memory, pieces of {PIECE} B", stream.len() / 1_000_000);
    let mut rates = Vec::new();
    for (what, octets) in [("whole", &stream), ("damaged", &damaged)] {
        let mut times: Vec<(Duration, u64, u64)> = (0..5)
            .map(|_| {
                let (mut demuxer, mut sink, start) = (Demuxer::default(), Count::default(), Instant::now());
                octets.chunks(PIECE).for_each(|piece| demuxer.push(piece, &mut sink));
                (start.elapsed(), sink.0, demuxer.seen.packs)
            })
            .collect();
        times.sort_unstable();
        let (time, video, packs) = times[2];
        rates.push(rate(octets.len(), time));
        println!("  ours, {what}: {:.2} GB/s, {packs} packs, {} MB of video", rates[rates.len() - 1], video / 1_000_000);
    }
    // In memory for the peer too, where the machine has such a folder.
    let place = Path::new("/dev/shm");
    let path = if place.is_dir() { place } else { folder }.join(format!("gbaudit-bench-{}.ps", std::process::id()));
    for (ours, (what, octets)) in rates.into_iter().zip([("whole", &stream), ("damaged", &damaged)]) {
        std::fs::write(&path, octets).unwrap();
        let before = ["-v", "quiet", "-nostdin", "-f", "mpeg"];
        let after = ["-map", "0:v", "-c", "copy", "-f", "null", "-"];
        if let Some((theirs, memory)) = child("ffmpeg", &before, &path, &after) {
            let theirs = rate(octets.len(), theirs);
            println!("  ffmpeg -c copy, {what}: {theirs:.2} GB/s of CPU time, {memory} kB; ours {:.2} times", ours / theirs);
        }
    }
    let _ = std::fs::remove_file(path);
}

fn rate(octets: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(octets).unwrap()) / time.as_secs_f64() / 1e9
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn resident() -> u64 {
    number(&std::fs::read_to_string("/proc/self/status").unwrap(), "VmRSS:")
}

fn number(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// CPU time of one run of a program, and the most memory any child of this process had; nothing where it is not there.
fn child(program: &str, before: &[&str], file: &PathBuf, after: &[&str]) -> Option<(Duration, u64)> {
    let input: &[&str] = if program == "ffmpeg" { &["-i"] } else { &[] };
    let run = || {
        let mut command = Command::new(program);
        command.args(before).args(input).arg(file).args(after).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let (mut most, status) = (0, format!("/proc/{}/status", child.id()));
        while child.try_wait().ok()?.is_none() {
            let now = std::fs::read_to_string(&status).unwrap_or_default();
            let peak = now.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            most = most.max(peak.unwrap_or_default());
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(most)
    };
    let start = children();
    let mut most = 0;
    for _ in 0..CHILDREN {
        most = most.max(run()?);
    }
    Some((children().saturating_sub(start) / CHILDREN, most))
}

/// CPU time of all children that have ended: fields 16 and 17, in ticks of 10 ms.
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}
