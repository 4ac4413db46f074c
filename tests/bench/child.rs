//! A process measured from outside: how long it took, and the most memory it held.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One measurement.
#[derive(Clone, Copy)]
pub struct Measured {
    pub time: Duration,
    pub kilobytes: u64,
}

/// The median time, and the peak of that run.
pub fn median(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by_key(|m| m.time);
    runs[runs.len() / 2]
}

/// Runs to the end, timed from outside, its memory watched.
pub fn process(command: &mut Command) -> Measured {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let id = child.id();
    let watcher = std::thread::spawn(move || {
        let mut peak = 0;
        while let Some(now) = peak_kilobytes(id) {
            peak = now.max(peak);
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let status = child.wait().unwrap();
    let time = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    Measured { time, kilobytes: watcher.join().unwrap() }
}

/// `VmHWM` of a process that still runs.
pub fn peak_kilobytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}
