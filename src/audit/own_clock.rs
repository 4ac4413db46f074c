//! Who keeps the clock of this machine right, as far as the files it leaves tell. No daemon is asked and nothing is run.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::base::time::Timestamp;
use crate::evidence::soundness::{ClockState, OwnClock};

/// A keeper of clocks, and the marks it leaves.
struct Keeper {
    name: &'static str,
    /// It is there while the keeper runs.
    running: &'static [&'static str],
    /// It is there once the clock has been set; empty: this keeper leaves no such mark.
    set: &'static str,
    /// Written whenever it learns something of the clock.
    learnt: &'static [&'static str],
}

const KEEPERS: [Keeper; 3] = [
    Keeper {
        name: "systemd-timesyncd",
        running: &["/run/systemd/timesync"],
        set: "/run/systemd/timesync/synchronized",
        learnt: &["/var/lib/systemd/timesync/clock"],
    },
    Keeper {
        name: "chronyd",
        running: &["/run/chrony/chronyd.pid", "/run/chronyd.pid"],
        set: "",
        learnt: &["/var/lib/chrony/drift", "/var/lib/chrony/chrony.drift"],
    },
    Keeper {
        name: "ntpd",
        running: &["/run/ntpd.pid"],
        set: "",
        learnt: &["/var/lib/ntp/ntp.drift", "/var/lib/ntpsec/ntp.drift", "/var/lib/ntp/drift"],
    },
];

/// What can be seen now.
#[must_use]
pub fn read() -> OwnClock {
    judge(|path| {
        let found = std::fs::metadata(Path::new(path)).ok()?;
        let since = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp::from_micros(i64::try_from(since.as_micros()).ok()?))
    })
}

/// By when each file was last written, where it is there.
fn judge(written: impl Fn(&str) -> Option<Timestamp>) -> OwnClock {
    let there = |path: &str| !path.is_empty() && written(path).is_some();
    let running = |keeper: &&Keeper| keeper.running.iter().any(|path| there(path)) || there(keeper.set);
    // Two may be installed; who has set the clock keeps it.
    let keeper = KEEPERS.iter().find(|keeper| there(keeper.set)).or_else(|| KEEPERS.iter().find(running));
    let Some(keeper) = keeper else { return OwnClock { state: ClockState::Unknown, by: String::new(), marked: None } };
    let state = match keeper.set {
        "" => ClockState::Running,
        set if there(set) => ClockState::Synchronised,
        _ => ClockState::NotSynchronised,
    };
    let marked = keeper.learnt.iter().filter_map(|path| written(path)).max();
    OwnClock { state, by: keeper.name.to_owned(), marked: marked.map(Timestamp::rfc3339) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_clock_is_what_its_keepers_leave() {
        let at = Timestamp::parse_rfc3339("2026-11-24T01:00:00Z").unwrap();
        let seen = |files: &[&str]| {
            let clock = judge(|path| files.contains(&path).then_some(at));
            (clock.state.id(), clock.by, clock.marked.is_some())
        };
        assert_eq!(seen(&[]), ("unknown", String::new(), false));
        let timesync = ["/run/systemd/timesync", "/run/systemd/timesync/synchronized", "/var/lib/systemd/timesync/clock"];
        assert_eq!(seen(&timesync), ("synchronised", "systemd-timesyncd".into(), true));
        assert_eq!(seen(&timesync[..1]), ("not_synchronised", "systemd-timesyncd".into(), false));
        let chrony = ["/run/chrony/chronyd.pid", "/var/lib/chrony/drift"];
        assert_eq!(seen(&chrony), ("running", "chronyd".into(), true));
        assert_eq!(seen(&[chrony[0], timesync[1]]).1, "systemd-timesyncd");
        assert_eq!(seen(&["/run/ntpd.pid"]), ("running", "ntpd".into(), false));
    }
}
