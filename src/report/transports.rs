//! 传输方式: over which transport pictures came, and who gave one only after another transport had brought none. A finding, not a
//! fault: the rate counts a picture however it came.

use serde::Serialize;

use super::Report;
use super::estate::Told;
use crate::base::lang::{Text, say};
use crate::base::text::grouped;
use crate::probe::outcome::MediaTransport;

/// Recorders listed in `report.json`, those with most cameras first.
const MAX_RECORDERS: usize = 1_000;
/// Fewer cameras of a recorder than this may well fall back each for a reason of its own.
const MIN_WHOLE: u64 = 3;

/// What came of one transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Codes called over it.
    pub tried: u64,
    /// Of these, with a picture over it.
    pub pictures: u64,
    /// Of these, without one over it, and with one over another.
    pub failed: u64,
}

/// Cameras of a recorder, or under none, that needed another transport than the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The recorder; empty for cameras under none.
    pub recorder: String,
    /// Its codes with a picture.
    pub pictures: u64,
    /// Of these, only over another transport than the first.
    pub fallback: u64,
    /// What brought nothing, of the first of them.
    pub failed: MediaTransport,
    /// What brought the picture, of the first of them.
    pub worked: MediaTransport,
}

impl Group {
    /// Whether all of it that gives a picture needs another transport.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.fallback == self.pictures && self.fallback >= MIN_WHOLE
    }
}

/// What came of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transports {
    /// Those that were used, in the order of the settings' words.
    pub used: Vec<(MediaTransport, Used)>,
    /// Codes with a picture only over another transport than the first.
    pub fallback: u64,
    /// By recorder, where there are any; most first.
    pub groups: Vec<Group>,
}

const TRANSPORTS: Text = Text::new("传输方式", "transport");

/// What there is to say; nothing where the first transport was enough.
pub(super) fn told(report: &Report) -> Option<Told> {
    let (lang, transports) = (report.lang, &report.transports);
    if transports.fallback == 0 {
        return None;
    }
    let used = transports.used.iter().filter(|(_, used)| used.pictures > 0);
    let used = used.map(|(transport, used)| format!("{} {}", transport.name(), grouped(used.pictures)));
    let used = used.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
    let failed = transports.used.iter().filter(|(_, used)| used.failed > 0);
    let failed = failed.map(|(transport, used)| format!("{} {}", transport.name(), grouped(used.failed)));
    let failed = failed.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
    let n = grouped(transports.fallback);
    let whole = transports.groups.iter().filter(|group| !group.recorder.is_empty() && group.is_whole()).count() as u64;
    let whole = match whole {
        0 => String::new(),
        whole => {
            let whole = grouped(whole);
            say!(lang, "，其中 {whole} 台录像机整台如此", ", among them {whole} whole recorders")
        }
    };
    Some((
        TRANSPORTS,
        say!(
            lang,
            "出图 {used} 路；{n} 路换了传输方式才出图（不通的：{failed}）{whole}",
            "pictures {used}; {n} cameras only over another transport than the first (without: {failed}){whole}"
        ),
    ))
}

#[derive(Serialize)]
pub(super) struct TransportsJson<'a> {
    used: Vec<UsedJson>,
    fallback: u64,
    recorders: Vec<GroupJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorders_left_out: Option<u64>,
}

#[derive(Serialize)]
struct UsedJson {
    transport: &'static str,
    tried: u64,
    pictures: u64,
    failed: u64,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    device_id: Option<&'a str>,
    pictures: u64,
    fallback: u64,
    failed: &'static str,
    worked: &'static str,
}

impl<'a> TransportsJson<'a> {
    /// Nothing where nothing was called.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let transports = &report.transports;
        let group = |group: &'a Group| GroupJson {
            device_id: Some(group.recorder.as_str()).filter(|id| !id.is_empty()),
            pictures: group.pictures,
            fallback: group.fallback,
            failed: group.failed.name(),
            worked: group.worked.name(),
        };
        (!transports.used.is_empty()).then(|| Self {
            used: transports
                .used
                .iter()
                .map(|(transport, used)| UsedJson {
                    transport: transport.name(),
                    tried: used.tried,
                    pictures: used.pictures,
                    failed: used.failed,
                })
                .collect(),
            fallback: transports.fallback,
            recorders: transports.groups.iter().take(MAX_RECORDERS).map(group).collect(),
            recorders_left_out: Some(transports.groups.len().saturating_sub(MAX_RECORDERS) as u64).filter(|n| *n > 0),
        })
    }
}
