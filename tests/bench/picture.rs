//! What looking at one key frame of 1080p costs, all checks, black and one colour among them: `cargo bench --bench picture`.
//! Nothing here passes or fails; `docs/PERFORMANCE.md` has the figures. Decoding, which is not part of it, stands beside it.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement may fail loudly")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use gbaudit::media::codec::h264;
use gbaudit::media::look::look;
use gbaudit::media::mux::Clip;
use gbaudit::media::picture::{Picture, Plane};

const ROUNDS: usize = 101;

fn main() {
    let path = format!("{}/fixtures/media/h264_high_1920x1080.h264", env!("CARGO_MANIFEST_DIR"));
    let clip = Clip::parse(&h264::CODEC, &std::fs::read(&path).unwrap());
    let key = clip.frames.iter().find(|frame| frame.key).unwrap();
    let pattern = (h264::CODEC.decode)(&key.nals).unwrap();
    println!("{:<44}{:>10}{:>10}", "one frame of 1920x1080, ms", "median", "least");
    row("decoded", || (h264::CODEC.decode)(&key.nals).is_ok());
    for (name, picture) in
        [("test pattern", pattern), ("textured scene with grain", scene(3)), ("one colour with an OSD", card())]
    {
        row(&format!("looked at: {name}"), || look(&picture, gbaudit::profile::Black::default()).hits.len());
    }
    let long = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-picture.h264");
    let copies = usize::try_from(PEER_FRAMES).unwrap().div_ceil(clip.frames.len());
    std::fs::write(&long, std::fs::read(&path).unwrap().repeat(copies)).unwrap();
    if let (Some(chain), Some(plain)) = (peer(&long, CHAIN), peer(&long, "null")) {
        let each = (chain.saturating_sub(plain)).as_secs_f64() * 1_000.0 / f64::from(PEER_FRAMES);
        println!("ffmpeg's {CHAIN}, decoding taken off: {each:.2} ms of CPU a frame");
    }
}

/// What FFmpeg has of the same kind.
const CHAIN: &str = "blackdetect,freezedetect,signalstats,blurdetect";
const PEER_FRAMES: u32 = 100;

/// CPU time FFmpeg takes over so many frames with a chain of filters; nothing where it is not there.
fn peer(path: &std::path::Path, filters: &str) -> Option<Duration> {
    let frames = PEER_FRAMES.to_string();
    let before = children();
    let status = Command::new("ffmpeg")
        .args(["-v", "quiet", "-nostdin", "-i"])
        .arg(path)
        .args(["-frames:v", &frames, "-vf", filters, "-f", "null", "-"])
        .status()
        .ok()?;
    status.success().then(|| children().saturating_sub(before))
}

/// CPU time of all children that have ended: fields 16 and 17, in ticks of 10 ms.
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn row<T>(name: &str, work: impl Fn() -> T) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let millis = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1_000.0);
    println!("{name:<44}{:>10}{:>10}", millis(times[ROUNDS / 2]), millis(times[0]));
}

fn picture(luma: impl Fn(usize, usize) -> u8, chroma: [u8; 2]) -> Picture {
    let (wide, high) = (1_920, 1_080);
    let y = (0..wide * high).map(|at| luma(at % wide, at / wide)).collect();
    let flat = |value: u8| Plane::from_octets(vec![value; wide / 2 * (high / 2)], wide / 2, high / 2);
    Picture::new(Plane::from_octets(y, wide, high), flat(chroma[0]), flat(chroma[1]), true).unwrap()
}

fn scene(grain: usize) -> Picture {
    let noise = |x: usize, y: usize| {
        let n = u32::try_from(x * 7_919 + y * 104_729).unwrap().wrapping_mul(2_654_435_761);
        usize::try_from(n >> 24).unwrap() % (2 * grain + 1)
    };
    picture(|x, y| u8::try_from(60 + x / 37 * 11 % 90 + y / 23 * 7 % 70 + noise(x, y)).unwrap(), [124, 131])
}

fn card() -> Picture {
    picture(|x, y| if x < 600 && y < 60 { 235 } else { 41 }, [240, 110])
}
